"""What a repeated block reads: how one operand of one of its operations goes on from turn to turn.

Each is one of the classes here, found in the middle of the turns and then compared with all of
them. Start at `Reader`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..base.dtypes import INT64
from ..ir import Node
from .ordered import OrderedGraph

#: A turn reads what so many turns before it have made, at most.
DELAY = 4
#: Kinds of movements that cost nothing in a turn, and how many of them, one of the other.
MOVES, MOVEMENTS = ("slice", "reshape", "broadcast", "permute"), 6
#: Kinds whose result is as large as their operand, or larger: what turns hand out is the operand.
ENLARGES = ("reshape", "broadcast", "permute", "pad")
#: Kinds of nodes that are given from outside.
GIVEN = ("leaf", "number", "const")


class LoopPlace(NamedTuple):
    """Where a loop is in a graph: after the turns `ahead`, which have no such places, one begins at
    each operation ``start + t * period``, `turns` in a row."""

    start: int
    period: int
    turns: int
    ahead: int = 0


@dataclass(frozen=True, slots=True)
class Same:
    """What the turn itself makes at a position."""

    position: int


@dataclass(frozen=True, slots=True)
class Before:
    """What the turn `delay` turns before made at a position."""

    position: int
    delay: int


@dataclass(frozen=True, slots=True)
class Still:
    """A node from outside."""

    node: int


@dataclass(frozen=True, slots=True)
class Counted:
    """An integer, ``first + t * step``."""

    first: int
    step: int


@dataclass(frozen=True, slots=True)
class Listed:
    """Numbers or arrays from outside that differ from turn to turn: the node of each turn."""

    nodes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Element:
    """What another loop, of this number, makes at a position in its turn ``first + t * step``."""

    loop: int
    position: int
    first: int
    step: int


@dataclass(frozen=True, slots=True)
class Moved:
    """A movement of what is known outside, like the node of this number: the turn makes it itself,
    though it was made elsewhere."""

    node: int
    operands: tuple[Operand, ...]


Operand = Same | Before | Still | Counted | Listed | Element | Moved


def leaves_of(operand: Operand) -> list[Operand]:
    """An operand, or those that a movement is of."""
    if isinstance(operand, Moved):
        return [leaf for o in operand.operands for leaf in leaves_of(o)]
    return [operand]


Reading = tuple[Operand, NDArray]


class Reader:
    """Finds out how operands go on in the turns at a `place` of a graph.

    `loop_of` has the number of the loop that an operation is in, or -1, and `places` are those of
    these loops.
    """

    def __init__(
        self, graph: OrderedGraph, place: LoopPlace, loop_of: NDArray, places: Sequence[LoopPlace]
    ) -> None:
        self.graph, self.place, self.loop_of, self.places = graph, place, loop_of, places
        self.begins = place.start + np.arange(place.turns) * place.period
        self.middle = place.turns // 2

    def reading(self, j: int, k: int) -> Reading | None:
        """How operand `k` at position `j` goes on, and for each turn whether it does; None for
        nohow."""
        nodes = self.graph.sources[k][self.begins + j]
        return self._read(nodes, is_start(self.graph.nodes[self.place.start + j], k))

    def _read(self, nodes: NDArray, starts: bool, depth: int = MOVEMENTS) -> Reading | None:
        node = int(nodes[self.middle])
        if node >= self.graph.count:
            if (nodes[1:-1] == node).all():
                known = not starts or self.graph.value(node) is not None
                return (Still(node), nodes == node) if known else None
            return self._given(nodes, starts)
        if starts:
            return None
        still = nodes[self.middle + 1] == node
        if not still and node >= self.place.start:
            return self._own(nodes)
        moved = self._moved(nodes, depth)
        if moved is not None:
            return moved
        if still:
            return Still(node), (nodes == node) & (self.begins > node)
        return self._element(nodes)

    def _own(self, nodes: NDArray) -> Reading | None:
        """What these turns or those before have made."""
        p = self.place.period
        offset = int(nodes[self.middle] - self.begins[self.middle])
        if offset < -p * DELAY:
            return None
        operand = Same(offset) if offset >= 0 else Before(offset % p, -(offset // p))
        return operand, nodes == self.begins + offset

    def _element(self, nodes: NDArray) -> Reading | None:
        """What the turns of another loop have made."""
        loop = int(self.loop_of[nodes[self.middle]])
        if loop < 0:
            return None
        other, m = self.places[loop], self.middle
        turn, position = np.divmod(nodes - other.start, other.period)
        turn += other.ahead
        step = int(turn[m + 1] - turn[m])
        first = int(turn[m]) - step * m
        inside = np.zeros(len(nodes), bool)
        made = nodes < self.graph.count
        inside[made] = self.loop_of[nodes[made]] == loop
        alike = (position == position[m]) & (turn == first + step * np.arange(len(nodes)))
        return Element(loop, int(position[m]), first, step), inside & alike

    def _moved(self, nodes: NDArray, depth: int) -> Reading | None:
        """The same movement in each turn of what is known outside."""
        graph, node = self.graph, int(nodes[self.middle])
        kind = graph.nodes[node].op.kind
        if not depth or kind not in (*MOVES, *ENLARGES):
            return None
        made = nodes < graph.count
        holds = made.copy()
        holds[made] = graph.signatures[nodes[made]] == graph.signatures[node]
        like = np.where(holds, nodes, node)
        operands = []
        for k in range(len(graph.nodes[node].src)):
            starts = is_start(graph.nodes[node], k)
            found = self._read(graph.sources[k][like], starts, depth - 1)
            if found is None or isinstance(found[0], Same | Before):
                return None
            operands.append(found[0])
            holds &= found[1]
        moved = Moved(node, tuple(operands))
        of_turns = any(isinstance(o, Element) for o in leaves_of(moved))
        return (moved, holds) if kind in (ENLARGES if of_turns else MOVES) else None

    def _given(self, nodes: NDArray, starts: bool) -> Reading | None:
        """Numbers or arrays that differ."""
        graph = self.graph
        likes = [graph.nodes[i] for i in nodes.tolist()]
        middle = likes[self.middle]
        values = [graph.value(i) if i >= graph.count else None for i in nodes.tolist()]
        numeric = np.array(
            [
                (n.shape, n.dtype) == (middle.shape, middle.dtype) and n.op.kind in GIVEN
                for n in likes
            ]
        )
        if middle.dtype == INT64:
            counted = self._counted(values)
            if counted is not None and (starts or counted[1].all()):
                return counted[0], counted[1] & numeric
        return None if starts else (Listed(tuple(nodes.tolist())), numeric)

    def _counted(self, values: list[Any]) -> tuple[Counted, NDArray] | None:
        m = self.middle
        if values[m] is None or values[m + 1] is None:
            return None
        step = int(values[m + 1]) - int(values[m])
        first = int(values[m]) - step * m
        holds = [v is not None and v == first + step * t for t, v in enumerate(values)]
        return Counted(first, step), np.array(holds)


def is_start(node: Node, k: int) -> bool:
    """Whether the k-th operand is where a slice starts, which only numbers can tell."""
    return k >= {"slice": 1, "pad": 1, "update": 2}.get(node.op.kind, k + 1)
