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


class Replacement(NamedTuple):
    """The results of the loop nodes `old` are those that ``make(new)`` gives, which are made from
    what has become of the `sources`."""

    old: tuple[Node, ...]
    sources: tuple[Node, ...]
    make: Callable[[Mapping[Node, Node]], Parts]


def replaced(roots: Sequence[Node], replacements: Sequence[Replacement]) -> list[Node]:
    """`roots` after all replacements, in one pass; no loop node is in two of them."""
    new: dict[Node, Node] = {}
    of = {node: one for one in replacements for node in one.old}
    parts: dict[tuple[Node, ...], Parts] = {}
    for node in toposort(list(roots), lambda n: of[n].sources if n in of else n.src):
        one = of.get(node)
        if one is not None:
            if one.old not in parts:
                parts[one.old] = one.make(new)
            made = {k: parts[one.old](node, k) for k in node.arg.results}
            new[node] = packed(node.arg, made)
            continue
        one = of.get(node.src[0]) if node.src else None
        k = None if one is None else part_taken(node.src[0], node)
        if one is None or k is None:
            new[node] = rebuilt(node, tuple([new[s] for s in node.src]))
        else:
            part = parts[one.old](node.src[0], k)
            new[node] = reshape_to(part, (part.size,))
    return [new[r] for r in roots]
