"""A loop in NumPy: one turn after another, each operation by its `reference`.

Start at `reference`.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..base.errors import ArgumentError
from ..ir import Node, toposort
from ..ops.marks import unmarked
from .body import Body, checked_turns, part_shape


@functools.lru_cache(512)
def _turn(roots: tuple[Node, ...]) -> Callable[[Sequence[Any], int], Sequence[Any]]:
    """``turn(parameters, t)`` -> the values of `roots`, graphs over the parameters of a body."""
    roots = tuple(unmarked(roots, toposort(roots)))
    order = toposort(roots)
    at = {node: k for k, node in enumerate(order)}
    registers: list[Any] = [None] * len(order)
    given, counters, steps = [], [], []
    for k, node in enumerate(order):
        kind = node.op.kind
        if kind == "leaf":
            given.append((k, node.arg))
        elif kind == "number":
            counters.append(k)
        elif kind == "const":
            registers[k] = node.dtype.type(node.arg)
        else:
            steps.append((_reference(node), node, [at[s] for s in node.src], k))
    found = [at[r] for r in roots]

    def turn(parameters: Sequence[Any], t: int) -> list[Any]:
        values = registers.copy()
        for k, i in given:
            values[k] = parameters[i]
        for k in counters:
            values[k] = np.int64(t)
        for function, node, src, k in steps:
            values[k] = function(*[values[i] for i in src], node=node)
        return [values[k] for k in found]

    return turn


def _reference(node: Node) -> Callable[..., Any]:
    assert node.op.reference is not None, f"{node.op.name} has no meaning in NumPy"
    return node.op.reference


def _always(parameters: Sequence[Any], t: int) -> Sequence[Any]:
    return (True,)


def reference(turns: Any, *sources: Any, node: Node) -> Any:
    """The value of a loop node, in NumPy."""
    return run_turns(turns, sources, node, _turn)


def run_turns(turns: Any, sources: Sequence[Any], node: Node, turn_of: Callable[..., Any]) -> Any:
    """The value of a loop node; ``turn_of(roots)(parameters, t)`` gives the values of `roots`,
    graphs over the parameters of a body."""
    body, _, results = node.arg
    turns = checked_turns(turns, node.arg)
    n, m = body.carries, body.moving.start
    carried, invariants, sequences = list(sources[:n]), sources[n:m], sources[m:]
    handed = {
        k: np.zeros(part_shape(node.arg, k), body.results[k].dtype) for k in results if k >= n
    }
    turn = turn_of(body.results)
    goes_on = _always if body.condition is None else turn_of((body.condition,))
    for t in _numbers(turns, body):
        if not goes_on((*carried, *invariants), t)[0]:
            break
        out = turn((*carried, *invariants, *[s[t] for s in sequences]), t)
        carried = [*out[:n]]
        for k, ys in handed.items():
            ys[t] = out[k]
    else:
        if body.condition is not None and goes_on((*carried, *invariants), turns)[0]:
            raise ArgumentError(
                f"got a loop that goes on after max_turns={turns} turns, expected it to "
                "end; pass more"
            )
    parts = [np.ravel(carried[k] if k < n else handed[k]) for k in results]
    return np.concatenate(parts, dtype=node.dtype)


def holds(body: Body, parameters: Sequence[Any], t: int) -> bool:
    """Whether a loop with a condition has the turn `t`, which would find these carried values and
    invariants."""
    assert body.condition is not None
    return bool(_turn((body.condition,))(parameters, t)[0])


def _numbers(turns: int, body: Body) -> range:
    """The numbers of the turns, in the order in which they are run."""
    return range(turns - 1, -1, -1) if body.reverse else range(turns)
