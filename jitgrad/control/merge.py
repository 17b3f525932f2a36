"""Loops that read in each turn what others have handed out in the same turn become one with them.

A loop found in a graph often stands beside another that goes through as many turns in the same
direction, and reads its sequences: a sum of what the turns of the first have made. As one loop they
need no memory for all turns. Start at `merged`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..ir import Node, leaf, substitute, toposort
from .body import Body, part_taken
from .loop_node import LOOP, run_loop
from .replace import Parts, Replacement, SameLoop, counted_loops, replaced


def merged(roots: Sequence[Node]) -> Sequence[Node]:
    """`roots` with loops that read others in the same turn as one loop with them."""
    while True:
        pair = _pair(counted_loops(toposort(roots)))
        if pair is None:
            return roots
        first, second = pair
        one = _Merged(first, second)
        old = (*first.nodes, *second.nodes)
        roots = replaced(roots, [Replacement(old, (first.turns, *one.sources), one.parts)])


def _pair(loops: Sequence[SameLoop]) -> tuple[SameLoop, SameLoop] | None:
    """Two loops that can be one: the second reads what the first hands out."""
    of = {node: loop for loop in loops for node in loop.nodes}
    for second in loops:
        for source in second.sources[second.body.moving.start :]:
            part = _flat(source)
            first = of.get(part.src[0]) if part.src else None
            if first is not None and first is not second and _are_one(first, second):
                return first, second
    return None


def _flat(x: Node) -> Node:
    while x.op.kind == "reshape":
        (x,) = x.src
    return x


def _element(source: Node, first: SameLoop) -> int | None:
    """The number of the result of `first` that is the sequence `source`."""
    part = _flat(source)
    if not part.src or part.src[0].op is not LOOP or part.src[0] not in first.nodes:
        return None
    body, k = first.body, part_taken(part.src[0], part)
    if k is None or k < body.carries or source.shape != (first.length, *body.results[k].shape):
        return None
    return k


def _are_one(first: SameLoop, second: SameLoop) -> bool:
    """Whether the loops go through the same turns, and `second` reads of `first` nothing but what
    each turn has made."""
    a, b = first.body, second.body
    if (first.turns, first.length, a.reverse) != (second.turns, second.length, b.reverse):
        return False
    made = {k for k in b.moving if _element(second.sources[k], first) is not None}
    others = [s for k, s in enumerate(second.sources) if k not in made]
    return bool(made) and not set(first.nodes) & set(toposort(others))


class _Merged:
    """The one loop for `first` and `second`: its `body`, its `sources`, and where the results of
    each are among its own."""

    def __init__(self, first: SameLoop, second: SameLoop) -> None:
        self.first, self.second = first, second
        a, b = first.body, second.body
        made = {k: _element(second.sources[k], first) for k in b.moving}
        elements = {k: n for k, n in made.items() if n is not None}
        groups = [(range(x.carries), x.still, x.moving) for x in (a, b)]
        places = [
            (which, k) for kind in range(3) for which in range(2) for k in groups[which][kind]
        ]
        places = [(which, k) for which, k in places if which == 0 or k not in elements]
        given = first.sources, second.sources
        self.sources = [given[which][k] for which, k in places]

        old = [(a, b)[which].parameters[k] for which, k in places]
        parameters = tuple([leaf(j, p.shape, p.dtype) for j, p in enumerate(old)])
        new: list[dict[Node, Node]] = [{}, {}]
        for (which, _), p, parameter in zip(places, old, parameters, strict=True):
            new[which][p] = parameter
        mine = substitute(a.results, new[0])
        others = substitute(
            b.results, new[1] | {b.parameters[k]: mine[n] for k, n in elements.items()}
        )
        n, m = a.carries, b.carries
        results = (*mine[:n], *others[:m], *mine[n:], *others[m:])
        self.body = Body(parameters, results, n + m, a.invariants + b.invariants, a.reverse)

    def parts(self, new: Mapping[Node, Node]) -> Parts:
        """The results of the loop over what `new` has for its sources."""
        given = [new[s] for s in self.sources]
        out = run_loop(self.body, self.first.length, new[self.first.turns], given)
        n, m, all_mine = self.first.body.carries, self.second.body.carries, self.first.body.results

        def part(node: Node, k: int) -> Node:
            if node in self.first.nodes:
                return out[k if k < n else m + k]
            return out[n + k if k < m else len(all_mine) + k]

        return part
