"""Loops found in a graph: a block of operations that repeats itself becomes a loop node.

What an ordinary loop of Python records is the same operations again and again. `repeats` finds
where they repeat, `turn_operands` how each operand goes on from turn to turn; where every one does,
the turns are one loop. Turns at the ends that differ stay as they are. What others read of the
turns is handed out, and they read its elements; of the last turn alone it is a carried value. A
loop that reads what another made in its turns, as a backward sweep does, reads sequences of that.

It is exact: with the turns written out again the graph is the one that was given. Bodies are
searched in turn, for loops within loops. Start at `rolled`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from ..base.dtypes import INT64
from ..ir import CONST, NUMBER, SIZE, Node, const, leaf, rebuilt, toposort, toposort_by
from ..ops.joining import CONCATENATE
from ..ops.movement import slice_node
from ..ops.primitives import reshape_to, zeros
from .body import TURN, Body
from .collected import joined_rows, rows_of, with_rows
from .found import SOME, FoundLoop, FoundLoops, found_loops
from .loop_node import run_loop
from .repeats import TURNS
from .turn_operands import (
    Before,
    Counted,
    Element,
    Listed,
    Moved,
    Operand,
    Same,
    Still,
    is_start,
    leaves_of,
)

#: Operations of a graph from which turns are loops that would else be fused with one another.
#: Compiled without loops, 540 operations on three numbers run in 10 us, and in 40 with loops; from
#: some thousand on compiling takes many seconds.
SEARCHED = 1000


class Rolled(NamedTuple):
    """`roots` with loops, which read the leaves `lists`: arrays of numbers, constants and leaves,
    one after another."""

    roots: list[Node]
    lists: dict[Node, tuple[Node, ...]]


def rolled(
    roots: Sequence[Node],
    known: Mapping[Node, Any] | None = None,
    first: int | None = None,
    with_slope: bool = False,
    order: Sequence[Node] = (),
) -> Rolled:
    """The graph with its repeated turns as loops.

    Parameters
    ----------
    roots : sequence of Node
    known : mapping, optional
        The values of those Python numbers and 0-d leaves that are the same in all calls.
    first : int, optional
        The number of the first leaf that may be made, for a list of numbers; None makes none.
    with_slope : bool
        Whether derivatives are to come, which make a graph three times as large, roughly.
    order : sequence of Node, optional
        All nodes under `roots`, sources first, in the order in which the program made them.
    """
    roots = with_rows(roots)
    order = toposort_by(order, roots) if order else ()
    operations = [n for n in order or toposort(roots) if n.src]
    count = len(operations) * (3 if with_slope else 1)
    if count < min(SOME, SEARCHED):
        return Rolled(list(roots), {})
    loops = found_loops(roots, known or {}, first, count >= SEARCHED, order)
    if not loops.all:
        return Rolled(list(roots), {})
    loops.ask(roots)
    return Rolled(Rolling(loops).roots(roots), loops.lists)


class Rolling:
    """The new nodes, by the numbers of the old ones; and the results of loops, by position: those
    of the `last` turn, and what all turns have `handed` out."""

    def __init__(self, loops: FoundLoops) -> None:
        self.loops, self.graph = loops, loops.graph
        self.new: dict[int, Node] = {}
        self.last: list[dict[int, Node]] = []
        self.handed: list[dict[int, Node]] = []

    def roots(self, roots: Sequence[Node]) -> list[Node]:
        i, graph = 0, self.graph
        while i < graph.count:
            number = int(self.loops.of[i])
            if number < 0:
                self.new[i] = self._outside(graph.nodes[i])
                i += 1
                continue
            loop = self.loops.all[number]
            last, handed = made_loop(loop, self)
            self.last.append(last)
            self.handed.append(handed)
            i += loop.place.turns * loop.place.period
        return [self.node(graph.ids[r]) for r in roots]

    def node(self, i: int) -> Node:
        """The new node of the old one of number i."""
        if i >= self.graph.count:
            return self.graph.nodes[i]
        if i not in self.new:
            number = int(self.loops.of[i])
            loop = self.loops.all[number]
            turn, position = loop.located(i)
            if position in self.last[number] and turn == loop.count - 1:
                self.new[i] = self.last[number][position]
            else:
                self.new[i] = element(self.handed[number][position], loop.index(turn))
        return self.new[i]

    def _outside(self, node: Node) -> Node:
        src = [self.graph.ids[s] for s in node.src]
        if node.op is CONCATENATE and len(src) >= TURNS:
            return self._concatenated(node, src)
        return rebuilt(node, tuple([self.node(s) for s in src]))

    def _concatenated(self, node: Node, src: list[int]) -> Node:
        """A concatenation, with what turns have handed out in one piece."""
        pieces: list[Node] = []
        k = 0
        while k < len(src):
            n = self._in_a_row(src, k)
            if n < TURNS:
                pieces.append(self.node(src[k]))
                k += 1
            else:
                pieces.append(self._piece(src[k], src[k + 1], n, node.arg))
                k += n
        if len(pieces) == 1:
            return pieces[0]
        return Node(CONCATENATE, tuple(pieces), node.arg, node.shape, node.dtype)

    def _in_a_row(self, src: list[int], k: int) -> int:
        """How many of the nodes from the k-th on the same position has made in turns in a row."""
        if k + 1 == len(src) or src[k] >= self.graph.count or self.loops.of[src[k]] < 0:
            return 1
        number = self.loops.of[src[k]]
        p, step = self.loops.all[number].place.period, src[k + 1] - src[k]
        if abs(step) != p:
            return 1
        n = 1
        while (
            k + n < len(src)
            and src[k + n] == src[k] + n * step
            and src[k + n] < self.graph.count
            and self.loops.of[src[k + n]] == number
        ):
            n += 1
        return n

    def _piece(self, i: int, after: int, n: int, axis: int) -> Node:
        number = int(self.loops.of[i])
        loop = self.loops.all[number]
        (turn, position), (second, _) = loop.located(i), loop.located(after)
        at = loop.index(turn)
        handed = self.handed[number][position]
        rows = rows_of(handed, at, loop.index(second) - at, n)
        return joined_rows(rows, handed.shape[1:], axis)

    def elements(self, loop: FoundLoop, operand: Element) -> Node:
        """The sequence of what another loop has handed out."""
        other = self.loops.all[operand.loop]
        first, second = [other.index(operand.first + loop.index(t) * operand.step) for t in (0, 1)]
        handed = self.handed[operand.loop][operand.position]
        return rows_of(handed, first, second - first, loop.count)


def element(x: Node, k: int) -> Node:
    """What a loop has handed out as `x`, of turn `k`."""
    shape = x.shape[1:]
    row = slice_node(x, (k, *[0] * len(shape)), (1,) * x.ndim, (1, *shape))
    return reshape_to(row, shape)


def made_loop(loop: FoundLoop, new: Rolling) -> tuple[dict[int, Node], dict[int, Node]]:
    """The node of a loop: the last values and what is handed out, by position."""
    turn = _Turn(loop, new)
    made = turn.nodes()
    carried = turn.results(made)
    handed = [made[q] for q in loop.handed]
    roots = [*carried, *handed]
    results = rolled(roots, order=toposort_by(made, roots)).roots
    parameters, counts = turn.parameters, turn.counts
    body = Body(tuple(parameters), tuple(results), counts[0], counts[1], loop.reverse)
    turns, n = loop.count, len(carried)
    numbers = {q: turn.last_of(q) for q in loop.last}
    wanted = [*numbers.values(), *range(n, n + len(handed))]
    out = run_loop(body, turns, turns, turn.given, wanted)
    last = {q: out[k] for q, k in numbers.items()}
    return last, {q: out[n + k] for k, q in enumerate(loop.handed)}


#: Values carried: the position of what makes them, and what the first turns read of it.
Line: TypeAlias = tuple[int, tuple[int, ...]]


class _Turn:
    """The body of a loop: `parameters` and what they are given, in the order of both; `counts` of
    the carried values and invariants."""

    def __init__(self, loop: FoundLoop, new: Rolling) -> None:
        self.loop, self.graph = loop, new.graph
        self.lines, self.still, self.moving = self._read()
        moving = {operand: self._sequence(operand, new) for operand in self.moving}
        known = {q for q, _ in self.lines}
        self.only_last = [q for q in loop.last if q not in known]
        start = loop.place.start
        carried = [new.node(i) for _, given in self.lines for i in reversed(given)]
        carried += [zeros(self.graph.nodes[start + q]) for q in self.only_last]
        still = [new.node(i) for i in self.still]
        self.counts = len(carried), len(still)
        self.given = [*carried, *still, *moving.values()]
        shapes = [x.shape for x in (*carried, *still)] + [x.shape[1:] for x in moving.values()]
        likes = enumerate(zip(shapes, self.given, strict=True))
        self.parameters = [leaf(k, shape, x.dtype) for k, (shape, x) in likes]
        self.line, self.outside = self._named()

    def _read(self) -> tuple[list[Line], list[int], list[Listed | Element]]:
        """What the turns read: lines of values carried (a position, and what the first turns read
        of it), nodes that stand still, and moving sequences."""
        lines: dict[tuple[int, tuple[int, ...]], None] = {}
        outside: dict[Operand, None] = {}
        for j, row in enumerate(self.loop.operands):
            for k, operand in enumerate(row):
                if isinstance(operand, Before):
                    lines[operand.position, self._given(j, k, operand.delay)] = None
                else:
                    outside |= dict.fromkeys(leaves_of(operand))
        still = [o.node for o in outside if isinstance(o, Still)]
        still = [i for i in still if self.graph.nodes[i].op not in (CONST, SIZE)]
        return list(lines), still, [o for o in outside if isinstance(o, Listed | Element)]

    def _sequence(self, operand: Listed | Element, new: Rolling) -> Node:
        if isinstance(operand, Element):
            return new.elements(self.loop, operand)
        nodes = [self.graph.nodes[i] for i in operand.nodes]
        return new.loops.listed(nodes[::-1] if self.loop.reverse else nodes)

    def _named(self) -> tuple[dict[Line, list[Node]], dict[Any, Node]]:
        """Which parameters are which operand: for each line the values of one turn ago, of two
        turns ago, ...; and those of what is read from outside."""
        places = iter(self.parameters)
        line = {line: [next(places) for _ in line[1]] for line in self.lines}
        for _ in self.only_last:
            next(places)
        outside: dict[Any, Node] = {Still(i): next(places) for i in self.still}
        outside |= {operand: next(places) for operand in self.moving}
        return line, outside

    def _given(self, j: int, k: int, delay: int) -> tuple[int, ...]:
        """What the first turns read of turns before."""
        return tuple([self.loop.turns.source(j, k, t) for t in range(delay)])

    def nodes(self) -> list[Node]:
        """The operations of a turn, by position."""
        made: list[Node] = []
        for j, row in enumerate(self.loop.operands):
            node = self.graph.nodes[self.loop.place.start + j]
            src = []
            for k, operand in enumerate(row):
                if isinstance(operand, Same):
                    src.append(made[operand.position])
                elif isinstance(operand, Before):
                    line = operand.position, self._given(j, k, operand.delay)
                    src.append(self.line[line][-1])
                else:
                    src.append(self._outside(operand, is_start(node, k)))
            made.append(rebuilt(node, tuple(src)))
        return made

    def _outside(self, operand: Operand, starts: bool) -> Node:
        """An operand that no turn of this loop makes."""
        if isinstance(operand, Still):
            node = self.graph.nodes[operand.node]
            if node.op is NUMBER and starts:
                return const(self.graph.value(operand.node), INT64)
            return self.outside.get(operand, node)
        if isinstance(operand, Counted):
            last = self.loop.count - 1
            if self.loop.reverse:
                return counter(operand.first + last * operand.step, -operand.step)
            return counter(operand.first, operand.step)
        if isinstance(operand, Moved):
            node = self.graph.nodes[operand.node]
            inner = enumerate(operand.operands)
            return rebuilt(node, tuple([self._outside(o, is_start(node, k)) for k, o in inner]))
        return self.outside[operand]

    def results(self, made: list[Node]) -> list[Node]:
        """The next carried values."""
        out: list[Node] = []
        for (q, _), values in self.line.items():
            out += [made[q], *values[:-1]]
        return out + [made[q] for q in self.only_last]

    def last_of(self, q: int) -> int:
        """The number of the carried value that position q has made."""
        at = 0
        for position, given in self.lines:
            if position == q:
                return at
            at += len(given)
        return at + self.only_last.index(q)


def counter(first: int, step: int) -> Node:
    """``first + step * t`` of the number of the turn."""
    if not step:
        return const(first, INT64)
    out = TURN if step == 1 else TURN * const(step, INT64)
    return out + const(first, INT64) if first else out
