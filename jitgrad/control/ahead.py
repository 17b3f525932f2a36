"""The turns before those in a row: the first turns of a loop, whose operations are mixed with
others in the order of the graph.

What a first turn begins with may be shared with what comes before the loop (an energy of the first
state reads the same distances as the first step), and so it has its places elsewhere. Its results
are what the first turn in a row reads of the turn before it; from there its operations are those of
any turn, source by source. The loop makes them again, and what others read of them stays as it is:
so the turn is worth it where little of it stays. Start at `with_turns_ahead`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..base.dtypes import INT64
from .ordered import OrderedGraph
from .turn_operands import (
    GIVEN,
    Before,
    Counted,
    Element,
    Listed,
    LoopPlace,
    Moved,
    Operand,
    Same,
    Still,
    leaves_of,
)

#: What each operation of a turn reads: the numbers of its sources.
Reads = list[tuple[int, ...]]


class Turns:
    """The turns of a loop: those in a row at `place`, and those `ahead` of them, in their order."""

    def __init__(self, graph: OrderedGraph, place: LoopPlace, operands: list[list[Operand]]):
        self.graph, self.place, self.operands = graph, place, operands
        self.ahead: list[Reads] = []

    @property
    def count(self) -> int:
        return len(self.ahead) + self.place.turns

    def source(self, j: int, k: int, turn: int) -> int:
        """The number of what the operation at position `j` reads as its k-th in a turn."""
        if turn < len(self.ahead):
            return self.ahead[turn][j][k]
        start, p = self.place.start, self.place.period
        return int(self.graph.sources[k][start + j + (turn - len(self.ahead)) * p])


def with_turns_ahead(
    graph: OrderedGraph,
    place: LoopPlace,
    operands: list[list[Operand]],
    loop_of: NDArray,
    places: Sequence[LoopPlace],
) -> Turns:
    """The turns at `place`, whose operands go on like `operands`, and those ahead of them that are
    alike. `loop_of` and `places` are those of a `Reader`."""
    turns = Turns(graph, place, operands)
    while True:
        found = _turn_before(turns, loop_of)
        if found is None or not _is_worth_it(turns, found):
            return turns
        earlier = _Earlier(graph, places)
        reads = [_sources(graph, found[j]) for j in range(place.period)]
        moved = [
            [earlier.operand(o, s) for o, s in zip(row, src, strict=True)]
            for row, src in zip(turns.operands, reads, strict=True)
        ]
        rows = [[o for o in row if o is not None] for row in moved]
        if list(map(len, rows)) != list(map(len, moved)):
            return turns
        turns.operands, turns.ahead = rows, [reads, *turns.ahead]
        turns.place = turns.place._replace(ahead=len(turns.ahead))


def _sources(graph: OrderedGraph, i: int) -> tuple[int, ...]:
    return tuple([graph.ids[s] for s in graph.nodes[i].src])


def _turn_before(turns: Turns, loop_of: NDArray) -> dict[int, int] | None:
    """The operations of the turn before the first one, by position: what that reads of it, and what
    these are made of; None if there is none, or not all of it is found."""
    graph, start = turns.graph, turns.place.start
    found: dict[int, int] = {}
    todo = [
        (operand.position, turns.source(j, k, operand.delay - 1))
        for j, row in enumerate(turns.operands)
        for k, operand in enumerate(row)
        if isinstance(operand, Before)
    ]
    while todo:
        q, i = todo.pop()
        if q in found:
            if found[q] != i:
                return None
            continue
        if i >= graph.count or loop_of[i] >= 0:
            return None
        if graph.signatures[i] != graph.signatures[start + q]:
            return None
        found[q] = i
        own = zip(turns.operands[q], _sources(graph, i), strict=True)
        todo += [(operand.position, s) for operand, s in own if isinstance(operand, Same)]
    return found if len(found) == turns.place.period else None


def _is_worth_it(turns: Turns, found: dict[int, int]) -> bool:
    """Whether others read no more than half of the operations `found`."""
    mine = set(found.values())
    if len(mine) < len(found):
        return False
    left, readers = _still_read(turns), _readers(turns, mine)
    stay = set()
    for i in sorted(mine, reverse=True):
        if i in left or any(r not in mine or r in stay for r in readers.get(i, ())):
            stay.add(i)
    return 2 * len(stay) <= len(mine)


def _still_read(turns: Turns) -> set[int]:
    """What stands still in the turns, and what operations with many operands read."""
    rows = [leaves_of(operand) for row in turns.operands for operand in row]
    still = {part.node for row in rows for part in row if isinstance(part, Still)}
    graph = turns.graph
    wide = [n for n in graph.nodes[: graph.count] if len(n.src) > graph.wide]
    return still | {graph.ids[s] for n in wide for s in n.src}


def _readers(turns: Turns, mine: set[int]) -> dict[int, list[int]]:
    """Which operations read each of `mine`, but for those of the turns in a row."""
    place, numbers = turns.place, np.array(sorted(mine))
    begin, end = place.start, place.start + place.turns * place.period
    out: dict[int, list[int]] = {}
    for column in turns.graph.sources:
        for reader in np.flatnonzero(np.isin(column, numbers)).tolist():
            if not begin <= reader < end:
                out.setdefault(int(column[reader]), []).append(reader)
    return out


class _Earlier:
    """How operands go on from the turn before."""

    def __init__(self, graph: OrderedGraph, places: Sequence[LoopPlace]) -> None:
        self.graph, self.places = graph, places

    def operand(self, operand: Operand, i: int) -> Operand | None:
        """`operand` of turns of which the first one reads node `i`; None if that does not go on
        so."""
        if isinstance(operand, Same | Before):
            return operand
        if isinstance(operand, Still):
            return operand if operand.node == i else None
        if isinstance(operand, Moved):
            return self._moved(operand, i)
        if isinstance(operand, Element):
            return self._element(operand, i)
        like = self.graph.nodes[operand.nodes[0]] if isinstance(operand, Listed) else None
        node = self.graph.nodes[i]
        if node.op.kind not in GIVEN:
            return None
        if isinstance(operand, Counted):
            first = operand.first - operand.step
            holds = (node.shape, node.dtype) == ((), INT64) and self.graph.value(i) == first
            return Counted(first, operand.step) if holds else None
        assert like is not None
        if (node.shape, node.dtype) != (like.shape, like.dtype):
            return None
        return Listed((i, *operand.nodes))

    def _moved(self, operand: Moved, i: int) -> Operand | None:
        graph = self.graph
        if i >= graph.count or graph.signatures[i] != graph.signatures[operand.node]:
            return None
        inner = [
            self.operand(o, s) for o, s in zip(operand.operands, _sources(graph, i), strict=True)
        ]
        known = tuple([o for o in inner if o is not None])
        return Moved(operand.node, known) if len(known) == len(inner) else None

    def _element(self, operand: Element, i: int) -> Operand | None:
        other, turn = self.places[operand.loop], operand.first - operand.step
        begin = other.start + (turn - other.ahead) * other.period
        inside = other.ahead <= turn < other.ahead + other.turns
        if not inside or i != begin + operand.position:
            return None
        return replace(operand, first=turn)
