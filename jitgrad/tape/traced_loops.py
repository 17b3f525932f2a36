"""The backward sweep of what a traced function has recorded: its loops are found before it is
differentiated.

The derivative of a loop is a loop of as many turns. Where turns are written out when the sweep
begins, so are those of the sweep: it takes as long again, those at the ends are unlike the others,
and what they read of one another is all handed out. Start at `TracedBackward`.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..autodiff import pull_back
from ..control import rolled
from ..ir import LEAF, NUMBER, Node, const, leaf, rebuilt, substitute, toposort_by
from ..ops import REGISTRY
from ..runtime.events import planning
from ..runtime.plan import Plan
from .reachability import batched, visited, with_zeros
from .segment import State, operations_to
from .symbols import SymbolicScalar


class TracedBackward:
    """The joint plan of the values at `state` and their backward from `given`, of which only the
    graph is used: `plan.roots`. It reads the values `lists` after the leaves and the cotangent.

    `live` says which values are wanted, `wanted` the numbers of the gradient roots; `implicit` is a
    cotangent of one."""

    __slots__ = ("lists", "live", "plan", "requires_grad", "sinks", "visited")

    @planning
    def __init__(
        self,
        state: State,
        given: State,
        wanted: tuple[int, ...],
        live: bytes,
        implicit: bool,
        numbers: Sequence[Any],
        size: int | None = None,
    ) -> None:
        recorded = operations_to(state)
        self.live = [(s.slot, s) for s in recorded if live[s.slot]]
        self.requires_grad = any(s.requires_grad for _, s in self.live)
        nodes = [*[s.node for _, s in self.live], given.node]
        order = [s.node for s in recorded]
        first = state.leaves + 1
        (*values, out), self.lists = with_loops(nodes, state.roots, numbers, first, order)
        g = const(1.0, given.dtype) if implicit else leaf(state.leaves, given.shape, given.dtype)
        grads = pull_back({out: g}, [state.roots[i] for i in wanted], state.roots)
        if None in grads:
            grads = with_zeros(grads, state, (given,), (), wanted)
        self.sinks = [k for k, d in enumerate(grads) if d is not None]
        self.visited = visited(state, (given,), (), wanted)
        grads = batched([grads[k] for k in self.sinks], [g], size)
        self.plan = Plan([*values, *grads], "forward+backward")


def traced_backward(end: State, key: tuple, numbers: Sequence[Any]) -> TracedBackward:
    """The `TracedBackward` of what was recorded up to `end`, of a key (live, given, implicit,
    wanted, size): the last one, where it was made of the same numbers. A function that is traced in
    each call, such as that of `vmap`, comes here again."""
    live, given, implicit, wanted, size = key
    make = lambda: TracedBackward(end, given, wanted, live, implicit, numbers, size)
    return with_numbers(end, (TracedBackward, key), numbers, make)


def with_numbers(end: State, key: tuple, numbers: Sequence[Any], make: Callable[[], Any]) -> Any:
    """What ``make()`` gives for what was recorded up to `end`: the last one, where it was made of
    the same numbers."""
    used = tuple(numbers[: end.numbers])
    known = not any(type(x) is SymbolicScalar for x in used) and repr(used)
    kept = end.plans.get(key)
    if kept is not None and kept[0] == known is not False:
        return kept[1]
    out = make()
    end.plans[key] = known, out
    return out


def with_loops(
    nodes: Sequence[Node],
    roots: Sequence[Node],
    numbers: Sequence[Any],
    first: int,
    recorded: Sequence[Node],
) -> tuple[list[Node], list[Any]]:
    """`nodes` with loops, and the values of the leaves from number `first` on that these read:
    lists of Python numbers that differ from turn to turn.

    `roots` are the gradient roots: where one is made within the graph, it stays as it is. `numbers`
    has the values of Python numbers, `recorded` the operations in the order of the program."""
    if any(root.op is not LEAF for root in roots):
        return list(nodes), []
    nodes, order = _with_equal_numbers(nodes, numbers, recorded)
    known = {n: numbers[n.arg] for n in order if n.op is NUMBER}
    known = {n: value for n, value in known.items() if type(value) is not SymbolicScalar}
    out = rolled(nodes, known, first, with_slope=True, order=order)
    values: list[Any] = []
    inner: dict[Node, Node] = {}
    for made, elements in out.lists.items():
        if any(n.op is LEAF or (n.op is NUMBER and n not in known) for n in elements):
            values.append(None)
            inner[made] = REGISTRY["stack"](list(elements))
        else:
            values.append(np.array([known.get(n, n.arg) for n in elements], made.dtype))
    return substitute(out.roots, inner), values


def _with_equal_numbers(
    nodes: Sequence[Node], numbers: Sequence[Any], recorded: Sequence[Node]
) -> tuple[list[Node], list[Node]]:
    """`nodes` with one number for all that are equal (on the tape each record has its own), and all
    that is under them in the order in which it was recorded."""
    first: dict[Any, Node] = {}
    new: dict[Node, Node] = {}
    for n in toposort_by(recorded, nodes):
        if n.op is NUMBER:
            value = numbers[n.arg]
            key = value.code if type(value) is SymbolicScalar else repr(value)
            new[n] = first.setdefault((n.dtype, type(value), key), n)
        else:
            new[n] = rebuilt(n, tuple([new[s] for s in n.src])) if n.src else n
    return [new[n] for n in nodes], list(dict.fromkeys(new.values()))
