"""One loop in the place of others: what both `merge` and `scatter` do to the graph around.

The loop nodes of one group have the same sources and the same body; there is one for each dtype of
results. Start at `replaced`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from ..ir import Node, rebuilt, toposort
from ..ops.primitives import reshape_to
from .body import Body, packed, part_taken
from .loop_node import LOOP


class SameLoop(NamedTuple):
    """The loop nodes of the same sources and body."""

    nodes: tuple[Node, ...]

    @property
    def body(self) -> Body:
        return self.nodes[0].arg.body

    @property
    def turns(self) -> Node:
        return self.nodes[0].src[0]

    @property
    def sources(self) -> tuple[Node, ...]:
        return self.nodes[0].src[1:]

    @property
    def length(self) -> int | None:
        return self.nodes[0].arg.length


def counted_loops(order: Sequence[Node]) -> list[SameLoop]:
    """The loops of a number of turns that have a length, and no condition."""
    found: dict[object, list[Node]] = {}
    for node in order:
        if node.op is LOOP and node.arg.body.condition is None and node.arg.length is not None:
            found.setdefault((node.src, node.arg.body, node.arg.length), []).append(node)
    return [SameLoop(tuple(nodes)) for nodes in found.values()]


#: The results of a new loop, by an old loop node and the number of its result.
Parts: TypeAlias = Callable[[Node, int], Node]


def replaced(
    roots: Sequence[Node],
    old: Sequence[Node],
    sources: Sequence[Node],
    make: Callable[[Mapping[Node, Node]], Parts],
) -> list[Node]:
    """`roots` with the results that ``make(new)`` gives in the place of those of the loop nodes
    `old`; `sources` is what these are made from, and `new` has what has become of each."""
    new: dict[Node, Node] = {}
    parts: Parts | None = None
    among, sources = set(old), tuple(sources)
    for node in toposort(list(roots), lambda n: sources if n in among else n.src):
        if node in among:
            if parts is None:
                parts = make(new)
            new[node] = packed(node.arg, {k: parts(node, k) for k in node.arg.results})
            continue
        k = part_taken(node.src[0], node) if node.src and node.src[0] in among else None
        if k is None:
            new[node] = rebuilt(node, tuple([new[s] for s in node.src]))
        else:
            assert parts is not None
            part = parts(node.src[0], k)
            new[node] = reshape_to(part, (part.size,))
    return [new[r] for r in roots]
