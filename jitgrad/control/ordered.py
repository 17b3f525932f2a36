"""A graph in an order, as arrays: operations in their order, and what each reads, by numbers.

Operations are numbered by their place in the order, sources first; leaves, numbers and constants
have numbers after those. So what the same position reads in all turns of a repeated block is a
strided part of an array. Start at `OrderedGraph`.
"""

from __future__ import annotations

import collections
import functools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..ir import CONST, SIZE, Node, toposort
from .repeats import TURNS

#: Operations that read more than so many nodes collect what turns have made, and are in no loop,
#: unless each turn has one of them (`widest_in_turns`); more than the last are in none at all.
WIDE, WIDEST = 8, 64


class OrderedGraph:
    """The nodes in `order`; `known` has the values of numbers that no call changes.

    Attributes
    ----------
    nodes : list of Node
        By number; the first `count` are operations, in their order.
    sources : list of array
        ``sources[k][i]`` is the number of what operation i reads as its k-th; -1 for none, and
        where it reads more than `wide`.
    """

    def __init__(self, order: Sequence[Node], known: Mapping[Node, Any]) -> None:
        self.known = known
        self.wide = widest_in_turns(order)
        self.nodes = [n for n in order if n.src]
        self.count = len(self.nodes)
        self.nodes += [n for n in order if not n.src]
        self.ids = {n: i for i, n in enumerate(self.nodes)}

    @functools.cached_property
    def sources(self) -> list[NDArray]:
        ids, wide = self.ids, self.wide
        read = [
            [ids[s] for s in n.src] if len(n.src) <= wide else [] for n in self.nodes[: self.count]
        ]
        widest = max(map(len, read), default=0)
        columns = np.full((widest, self.count), -1, np.int64)
        for i, src in enumerate(read):
            for k, s in enumerate(src):
                columns[k, i] = s
        return [*columns]

    @functools.cached_property
    def signatures(self) -> NDArray:
        """A number for each operation, equal for those that may be the same one in two turns."""
        numbers: dict[Any, int] = {}
        out = []
        for i, n in enumerate(self.nodes[: self.count]):
            shapes = tuple([s.shape for s in n.src])
            key = i if len(n.src) > self.wide else (n.op, n.arg, n.shape, n.dtype, shapes)
            out.append(numbers.setdefault(key, len(numbers)))
        return np.array(out, np.int64)

    def value(self, i: int) -> Any:
        """The value of node i if it is a number that no call changes, else None."""
        node = self.nodes[i]
        return node.arg if node.op in (CONST, SIZE) else self.known.get(node)


def widest_in_turns(order: Sequence[Node]) -> int:
    """The most nodes that operations of turns read, in a graph with the nodes `order`.

    Turns read one another, so a stack of a state in each is made of those before; what collects the
    results of turns is not.
    """
    counts = collections.Counter([len(n.src) for n in order])
    often = [n for n, count in counts.items() if WIDE < n <= WIDEST and count >= TURNS]
    return max([n for n in often if _longest_chain(order, n) >= TURNS], default=WIDE)


def _longest_chain(order: Sequence[Node], width: int) -> int:
    """How many of the nodes that read `width` others follow one another."""
    lengths: dict[Node, int] = {}
    for node in order:
        before = max([lengths[s] for s in node.src], default=0)
        lengths[node] = before + (len(node.src) == width)
    return max(lengths.values(), default=0)


# --- orders ---------------------------------------------------------------------------------------


def by_depth(roots: Sequence[Node]) -> list[Node]:
    """The nodes under `roots`, sources first, by how deep they are in the graph: turns that depend
    on one another follow one another, with all that they give to sums and lists.

    What need not be made so early (it is an element of a sequence, or is for a backward sweep) has
    its place before the first operation that reads it, and so has what only that is made of.
    """
    order = toposort(roots)
    wide = widest_in_turns(order)
    depth: dict[Node, int] = {}
    for node in order:
        depth[node] = max([depth[s] for s in node.src], default=-1) + 1
    place = dict.fromkeys(order, len(order))
    for root in roots:
        place[root] = depth[root]
    for node in reversed(order):
        own = depth[node]
        for s in node.src:
            last = (place[node] if depth[s] + 1 == own else own) - 1
            place[s] = min(place[s], last if len(node.src) <= wide else depth[s])
    return sorted(order, key=place.__getitem__)


def by_chain(roots: Sequence[Node]) -> list[Node]:
    """The nodes under `roots`, sources first, of which the deepest comes first: so turns follow one
    another, and loops that have nothing to do with one another, too."""
    depth: dict[Node, int] = {}
    sources: dict[Node, Sequence[Node]] = {}
    for node in toposort(roots):
        src = node.src
        if len(src) > 1:
            src = tuple(sorted(src, key=depth.__getitem__, reverse=True))
        sources[node] = src
        depth[node] = depth[src[0]] + 1 if src else 0
    return toposort(roots, sources.__getitem__)
