"""The loops in a graph: which operations are turns of which, and what others read of them.

`repeats` finds where operations repeat themselves, `turn_operands` how each operand goes on from
turn to turn; where every one does, the turns are one loop. Turns at the ends that differ are none
of it. Start at `found_loops`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..ir import Node, leaf
from .ahead import Turns, with_turns_ahead
from .ordered import OrderedGraph, by_chain, by_depth
from .repeats import TURNS, Run, repeats
from .turn_operands import (
    MOVES,
    Before,
    Counted,
    Element,
    Listed,
    LoopPlace,
    Moved,
    Operand,
    Reader,
    Still,
    leaves_of,
)

#: So many times as many operations as the turns of its loops have may be left of a graph without
#: another search, in another order.
LEFT = 4
#: Elements from which nodes are large, and operations from which a graph with large ones has loops:
#: to hand out what turns make costs more memory traffic than what is fused saves calls. So many
#: operations of several turns are one turn then.
LARGE, MANY, FUSED = 1024, 4000, 128
#: Kinds of operations that read what others have made at other places, so that turns are not fused
#: with one another; and operations from which a graph with such turns has loops.
APART, SOME = frozenset(("call", "scan", "gather", "slice", "pad", "update")), 96
#: So many places where turns may begin are compared: where x and v follow one another, as much is
#: carried if they begin before v.
BEGINNINGS = 3
#: As many turns may be one turn of a loop.
ALTERNATE = 4


def found_loops(
    roots: Sequence[Node],
    known: Mapping[Node, Any],
    first: int | None,
    is_long: bool,
    order: Sequence[Node],
) -> FoundLoops:
    """The loops under `roots`, in the order in which the fewest operations are left; `known`,
    `first` and `order` are those of `rolled`. Where the graph `is_long`, turns are loops that
    would be fused with one another otherwise."""
    orders: list[Callable[[], Sequence[Node]]] = [lambda: by_depth(roots), lambda: by_chain(roots)]
    if order:
        orders.insert(0, lambda: order)
    tried = []
    for nodes in orders:
        loops = _found(nodes(), known, first, is_long)
        if loops.left <= LEFT * loops.within:
            return loops
        tried.append(loops)
    return min(tried, key=lambda found: found.left)


def _found(
    order: Sequence[Node], known: Mapping[Node, Any], first: int | None, is_long: bool
) -> FoundLoops:
    graph = OrderedGraph(order, known)
    loops = FoundLoops(graph, first, is_long)
    for run in repeats(graph.signatures):
        loops.add(run)
    return loops


class FoundLoop:
    """The `turns` at a `place` of a graph, and for each position how its operands go on.

    There are `count` turns; `reverse` is the direction in which the loop is run that stands for
    them. `last` has the positions that others read of the last turn alone, `handed` those that they
    read of others.
    """

    def __init__(self, turns: Turns, reverse: bool) -> None:
        self.turns, self.place, self.operands = turns, turns.place, turns.operands
        self.count, self.reverse = turns.count, reverse
        self.last: dict[int, None] = {}
        self.handed: dict[int, None] = {}

    def index(self, turn: int) -> int:
        """Where a turn stands in sequences of the loop."""
        return self.count - 1 - turn if self.reverse else turn

    def located(self, i: int) -> tuple[int, int]:
        """Turn and position of an operation of the turns in a row."""
        turn, position = divmod(i - self.place.start, self.place.period)
        return turn + self.place.ahead, position


class FoundLoops:
    """The loops of a graph, each after those that it reads."""

    def __init__(self, graph: OrderedGraph, first: int | None, is_long: bool) -> None:
        self.graph, self.first, self.is_long = graph, first, is_long
        self.all: list[FoundLoop] = []
        self.of = np.full(graph.count, -1)  # the number of its loop, for each operation
        self.lists: dict[Node, tuple[Node, ...]] = {}

    @property
    def left(self) -> int:
        """How many operations there will be."""
        return int((self.of < 0).sum()) + self.within

    @property
    def within(self) -> int:
        """How many of them are in loops."""
        return sum(loop.place.period for loop in self.all)

    def add(self, run: Run) -> None:
        """The turns of `run` as a loop, as many as there are that go on alike: each by itself, or
        else two or more that take turns, as ``x[t % 3]`` does. Turns of large arrays that are fused
        with one another are several from the start."""
        block = self.graph.nodes[run.start : run.start + run.period]
        if all(n.op.kind in MOVES for n in block):
            return  # whoever reads them makes them again
        fused = 1
        if not self._are_apart(run, block):
            is_large = max(n.size for n in block) > LARGE
            if not self.is_long or (is_large and self.graph.count < MANY):
                return
            fused = max(1, FUSED // run.period) if is_large else 1
        for times in (fused, *range(1, ALTERNATE + 1)):
            if self._is_added(run._replace(period=run.period * times)):
                return

    def _are_apart(self, run: Run, block: Sequence[Node]) -> bool:
        """Whether turns are not fused with one another."""
        for node in block:
            kind, source = node.op.kind, self.graph.ids[node.src[0]]
            if kind in APART and (kind == "call" or run.start <= source < run.stop):
                return True
        return False

    def _is_added(self, run: Run) -> bool:
        if run.turns < TURNS:
            return False
        found = [self._turns(run, first) for first in _first_positions(self.graph, run)]
        turns = max([t for t in found if t is not None], key=lambda t: t.count, default=None)
        if turns is None:
            return False
        place = turns.place
        self.of[place.start : place.start + place.turns * place.period] = len(self.all)
        self.all.append(FoundLoop(turns, self._is_reverse(turns.operands)))
        return True

    def _turns(self, run: Run, first: int) -> Turns | None:
        """The turns of `run` that go on alike, if each begins at the position `first`; None if they
        are too few."""
        start = run.start + first
        place = LoopPlace(start, run.period, (run.stop - start) // run.period)
        if place.turns < TURNS:
            return None
        found = self._operands(place)
        if found is None:
            return None
        operands, holds = found
        alike, end = _longest(np.logical_and.reduce([h for row in holds for h in row]))
        begin = alike
        while begin > 0 and self._may_begin(begin - 1, alike, place, operands, holds):
            begin -= 1
        if end - begin < TURNS:
            return None
        operands = [[_shifted(o, begin, end) for o in row] for row in operands]
        place = LoopPlace(start + begin * run.period, run.period, end - begin)
        places = [loop.place for loop in self.all]
        return with_turns_ahead(self.graph, place, operands, self.of, places)

    def _operands(self, place: LoopPlace) -> tuple[list[list[Operand]], list[list[NDArray]]] | None:
        operands: list[list[Operand]] = []
        holds: list[list[NDArray]] = []
        reader = Reader(self.graph, place, self.of, [loop.place for loop in self.all])
        for j in range(place.period):
            row = []
            for k in range(len(self.graph.nodes[place.start + j].src)):
                found = reader.reading(j, k)
                if found is None or (self.first is None and _has_list(found[0])):
                    return None
                row.append(found)
            operands.append([o for o, _ in row])
            holds.append([h for _, h in row])
        return operands, holds

    def _may_begin(
        self,
        begin: int,
        alike: int,
        place: LoopPlace,
        operands: list[list[Operand]],
        holds: list[list[NDArray]],
    ) -> bool:
        """Whether the loop may begin with turn `begin`, where all is alike from turn `alike` on:
        what is carried may be anything from outside at first."""
        start = place.start + begin * place.period
        for j, row in enumerate(operands):
            for k, operand in enumerate(row):
                delay = operand.delay if isinstance(operand, Before) else 0
                at = place.start + j + np.arange(begin, begin + delay) * place.period
                given = self.graph.sources[k][at]
                if ((given >= start) & (given < self.graph.count)).any():
                    return False
                if not holds[j][k][begin + delay : alike].all():
                    return False
        return True

    def _is_reverse(self, operands: list[list[Operand]]) -> bool:
        """Whether the turns read those of another loop from the last to the first."""
        return any(
            (o.step < 0) != self.all[o.loop].reverse
            for row in operands
            for operand in row
            for o in leaves_of(operand)
            if isinstance(o, Element)
        )

    # ----- what is read of the turns

    def ask(self, roots: Sequence[Node]) -> None:
        """Notes for each loop what others read of its turns."""
        graph = self.graph
        asked = {graph.ids[r] for r in roots}
        for k, column in enumerate(graph.sources):
            inner = np.where((column >= 0) & (column < graph.count), column, 0)
            loop = np.where(inner == column, self.of[inner], -1)
            found = (loop >= 0) & (loop != self.of)
            for other in self.all:
                asked |= self._asked_otherwise(other, k, found)
            asked |= set(column[found].tolist())
        for i, node in enumerate(graph.nodes[: graph.count]):
            if len(node.src) and graph.sources[0][i] < 0:
                asked |= {graph.ids[s] for s in node.src}
        for i in sorted(asked):
            if i < graph.count and self.of[i] >= 0:
                self._ask_for(i)
        for loop_ in self.all:
            loop_.last = {q: None for q in loop_.last if q not in loop_.handed}

    def _asked_otherwise(self, loop: FoundLoop, k: int, found: NDArray) -> set[int]:
        """The nodes that movements in the turns of a loop read; `found` loses the operands that are
        such movements, or elements of what is handed out."""
        asked = set()
        start, p, turns, _ = loop.place
        for j, row in enumerate(loop.operands):
            operand = row[k] if k < len(row) else None
            if not isinstance(operand, Element | Moved):
                continue
            for part in leaves_of(operand):
                if isinstance(part, Element):
                    self.all[part.loop].handed[part.position] = None
                elif isinstance(part, Still) and isinstance(operand, Moved):
                    asked.add(part.node)
            found[start + j : start + turns * p : p] = False
        return asked

    def _ask_for(self, i: int) -> None:
        loop = self.all[self.of[i]]
        turn, position = loop.located(i)
        (loop.last if turn == loop.count - 1 else loop.handed)[position] = None

    # ----- lists

    def listed(self, nodes: Sequence[Node]) -> Node:
        """The leaf of a list of numbers or leaves."""
        assert self.first is not None
        numbers = tuple(nodes)
        for made, known in self.lists.items():
            if known == numbers:
                return made
        new = leaf(
            self.first + len(self.lists), (len(numbers), *numbers[0].shape), numbers[0].dtype
        )
        self.lists[new] = numbers
        return new


def _shifted(operand: Operand, begin: int, end: int) -> Operand:
    """An operand where there are the turns from `begin` to `end` alone."""
    if isinstance(operand, Element | Counted):
        return replace(operand, first=operand.first + begin * operand.step)
    if isinstance(operand, Listed):
        return Listed(operand.nodes[begin:end])
    if isinstance(operand, Moved):
        inner = [_shifted(o, begin, end) for o in operand.operands]
        return Moved(operand.node, tuple(inner))
    return operand


def _has_list(operand: Operand) -> bool:
    return any(isinstance(o, Listed) for o in leaves_of(operand))


def _longest(holds: NDArray) -> tuple[int, int]:
    """Begin and end of the longest stretch of true values."""
    edges = np.flatnonzero(np.diff(np.r_[0, holds.astype(np.int8), 0]))
    begins, ends = edges[::2], edges[1::2]
    if not len(begins):
        return 0, 0
    best = int(np.argmax(ends - begins))
    return int(begins[best]), int(ends[best])


def _first_positions(graph: OrderedGraph, run: Run) -> list[int]:
    """Where in a block turns may begin, so that the least is carried from turn to turn."""
    start, p = run.start, run.period
    middle = start + run.turns // 2 * p
    farthest = np.zeros(p, np.int64)  # for each position, how far away it is read
    for column in graph.sources:
        at = np.arange(middle, middle + p)
        far = at - column[middle : middle + p]
        mine = (column[middle : middle + p] >= 0) & (far > 0) & (far <= p)
        np.maximum.at(farthest, (at - far - start)[mine] % p, far[mine])
    cost = np.zeros(2 * p + 1, np.int64)
    for q in np.flatnonzero(farthest).tolist():
        size = 1 + graph.nodes[start + q].size
        cost[q + 1] += size
        cost[q + 1 + int(farthest[q])] -= size
    cost = np.cumsum(cost)
    carried = cost[:p] + cost[p : 2 * p]
    return np.flatnonzero(carried == carried.min())[:BEGINNINGS].tolist()
