"""What the turns of a loop add up over all lanes is added up for each lane, and over all of them
after the loop.

The gradient by a parameter that all trajectories of a simulation share is a sum over them, which
the backward loop carries. In each turn that sum joins all lanes (see `lane_axes`), but no turn
reads it. So each lane may have a sum of its own. Start at `summed_after`.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ...control import Body, run_loop
from ...control.loop_node import numbered
from ...control.replace import Parts, Replacement, SameLoop, counted_loops, replaced
from ...ir.node import Node, substitute, toposort
from ...ops import REGISTRY
from ...ops.movement import permute
from ...ops.primitives import SUM, broadcast, reduce_sum, reshape_to, zeros
from .. import limits
from .lane_axes import AxisClasses, tile_of
from .lift import Unliftable, lifted, multiplied

_ADD, _SUBTRACT, _POSITIVE, _NEGATIVE, _MULTIPLY, _DIVIDE = [
    REGISTRY[name].op for name in ("add", "subtract", "positive", "negative", "multiply", "divide")
]


#: Terms of a sum, at most: a graph may have one and the same any number of times.
MOST_TERMS = 64


class Term(NamedTuple):
    """What a turn adds to a sum: `total` is a sum over axes that stands for the node `base`, and
    `above` the linear operations on it, from the first to the last."""

    total: Node
    base: Node
    above: tuple[Node, ...]

    @property
    def whole(self) -> Node:
        return self.above[-1] if self.above else self.base

    def of_each(self, axis: int) -> Node:
        """The same without the sum over `axis`, which becomes the last one."""
        x, axes = self.total.src[0], self.total.arg
        others = tuple([a for a in axes if a != axis])
        part, last = reduce_sum(x, others), axis - sum(a < axis for a in others)
        part = permute(part, (*[a for a in range(part.ndim) if a != last], last))
        below = self.base
        for node in self.above:
            part = _applied(node, below, part)
            below = node
        return part


def _applied(node: Node, below: Node, part: Node) -> Node:
    """The linear `node` of `below`, of `part`, which has a last axis more."""
    shape = (*node.shape, part.shape[-1])
    if node.op.kind == "reshape":
        return reshape_to(part, shape)
    if node.op.kind == "permute":
        return permute(part, (*node.arg, node.ndim))
    if node.op.kind == "broadcast":
        return broadcast(part, shape)
    src = [part if s is below else broadcast(reshape_to(s, (*s.shape, 1)), shape) for s in node.src]
    return Node(node.op, tuple(src), node.arg, shape, node.dtype)


def summed_after(roots: Sequence[Node]) -> Sequence[Node]:
    """`roots` with loops that have lanes once their sums over these are made after them."""
    found = []
    for loop in counted_loops(toposort(roots)):
        made = _with_lanes(loop)
        if made is not None:
            found.append(Replacement(loop.nodes, (loop.turns, *loop.sources), made.parts))
    return summed_after(replaced(roots, found)) if found else roots


def _with_lanes(loop: SameLoop) -> _Summed | None:
    body = loop.body
    if max([n.size for n in toposort(body.roots)]) <= limits.now.literal_points:
        return None
    terms = {k: found for k in range(body.carries) if any(map(_term, found := _added(body, k)))}
    if not terms:
        return None
    try:
        if tile_of(body, lifted(body.roots, products=True)) is not None:
            return None
        for axes in _candidates(body, terms):
            made = _Summed(loop, terms, axes)
            if (
                made.totals
                and tile_of(made.body, lifted(made.body.roots, products=True)) is not None
            ):
                return made
    except Unliftable:
        pass
    return None


def _added(body: Body, k: int) -> list[Node]:
    """What the turns add to carried value `k`, if it is read by nobody in the turns; or nothing."""
    carried, times = body.parameters[k], 0
    found: list[Node] = []
    waiting = [body.results[k]]
    while waiting:
        if len(found) > MOST_TERMS:
            return []
        node = waiting.pop()
        if node is carried:
            times += 1
        elif node.op in (_ADD, _POSITIVE):
            waiting += node.src
        elif node.op is _SUBTRACT:
            waiting.append(node.src[0])
            found.append(-node.src[1])
        else:
            found.append(node)
    others = [r for j, r in enumerate(body.results) if j != k]
    return found if times == 1 and carried not in toposort([*others, *found]) else []


def _term(node: Node, depth: int = 0) -> Term | None:
    """`node` as a linear function of a sum, or None."""
    if depth > limits.now.factor_depth:
        return None
    total = multiplied(node) if node.op is not SUM else node
    if total is not None:
        return Term(total, node, ())
    for below in _linear_operands(node):
        term = _term(below, depth + 1)
        if term is not None:
            return Term(term.total, term.base, (*term.above, node))
    return None


def _linear_operands(node: Node) -> tuple[Node, ...]:
    """The operands of which a node is a linear function, while others stay the same."""
    is_product = node.op is _MULTIPLY and node.src[0] is not node.src[1]
    is_same = node.op in (_POSITIVE, _NEGATIVE)
    if is_product or is_same or node.op.kind in ("reshape", "permute", "broadcast"):
        return node.src
    return node.src[:1] if node.op is _DIVIDE else ()


def _candidates(body: Body, terms: Mapping[int, Sequence[Node]]) -> Iterator[Mapping[Node, int]]:
    """For each class of axes that may be one of lanes, the axis of what is summed in turns."""
    sums = [t for found in terms.values() for x in found if (t := _term(x)) is not None]
    others = [r for k, r in enumerate(body.results) if k not in terms]
    graph = lifted([*others, *[t.total.src[0] for t in sums]], products=True)
    summed = graph[len(others) :]
    for axes in AxisClasses(toposort(graph)).lanes():
        pairs = zip(sums, summed, strict=True)
        yield {t.total: axes[x] for t, x in pairs if axes.get(x) in t.total.arg}


class _Summed:
    """The loop that also carries a sum for each lane, of the sums over the axes `lanes`."""

    def __init__(
        self, loop: SameLoop, terms: Mapping[int, Sequence[Node]], lanes: Mapping[Node, int]
    ) -> None:
        self.loop, body = loop, loop.body
        results, parts = [*body.results], {}
        for k, added in terms.items():
            found = {x: t for x in added if (t := _term(x)) is not None and t.total in lanes}
            rest = [x for x in added if x not in found]
            each = [t.of_each(lanes[t.total]) for x in added if (t := found.get(x)) is not None]
            if each:
                parts[k] = functools.reduce(operator.add, each)
                results[k] = functools.reduce(operator.add, rest, body.parameters[k])
        #: The numbers of the carried values that have such sums, and zeros like these.
        self.totals = {k: zeros(x) for k, x in parts.items()}
        n, m, old = body.carries, len(parts), body.parameters
        parameters = numbered([*old[:n], *parts.values(), *old[n:]])
        known = dict(zip(old, (*parameters[:n], *parameters[n + m :]), strict=True))
        new = substitute([*results[:n], *parts.values(), *results[n:]], known)
        new[n : n + m] = [p + x for p, x in zip(parameters[n : n + m], new[n : n + m], strict=True)]
        self.body = Body(parameters, tuple(new), n + m, body.invariants, body.reverse)

    def parts(self, new: Mapping[Node, Node]) -> Parts:
        """The results of the loop over what `new` has for its sources."""
        loop, n, m = self.loop, self.loop.body.carries, len(self.totals)
        first = [new[s] for s in loop.sources]
        given = [*first[:n], *self.totals.values(), *first[n:]]
        out = run_loop(self.body, loop.length, new[loop.turns], given)
        sums = {k: out[n + j] for j, k in enumerate(self.totals)}
        after = {k: out[k] + reduce_sum(x, (x.ndim - 1,)) for k, x in sums.items()}
        return lambda _, k: after[k] if k in after else out[k if k < n else k + m]
