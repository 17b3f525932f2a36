"""The body of a loop, made of the records of its turns (see `rolled_turns`).

What a turn reads of turns before it is carried, what it reads from before the loop is an invariant.
A Python number that is the same in all turns is an invariant, too; an integer that goes on by as
much in each is counted by the number of the turn; other numbers are a sequence. What a turn
computes of invariants alone is computed once, before the loop. Start at `TurnBody`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..base.dtypes import INT64
from ..control import TURN, Body, counter, is_start, run_loop, sources_led_to
from ..ir import CONST, NUMBER, SIZE, Node, leaf, number, substitute, toposort
from ..ops.marks import differentiable_sources, stop
from ..ops.primitives import zeros
from .double import Formulas
from .keys import renode
from .segment import State
from .symbols import SymbolicScalar

if TYPE_CHECKING:
    from typing import TypeAlias

    from numpy.typing import NDArray

    #: What turns carry: the position that makes it, and what the first turns read in its place.
    Line: TypeAlias = tuple[int, tuple[Any, ...]]

#: Kinds of operations that each turn does again, though it could read their results: they cost
#: nothing.
MOVES = ("slice", "reshape", "broadcast", "permute")


class RecordedLoop(NamedTuple):
    """A loop as one record: `formulas` of `operands`, which are states or arrays of numbers, and of
    `numbers`."""

    formulas: Formulas
    operands: list[Any]
    numbers: list[Any]


def states_in(key: tuple[Any, ...]) -> list[Any]:
    """The operands of a key that are states, in their order."""
    out: list[Any] = []
    for part in key:
        if type(part) is State:
            out.append(part)
        elif type(part) is tuple:
            out += states_in(part)
    return out


class TurnBody:
    """What a turn does: `turns` has the states that the first turns of the loop were recorded as,
    which are alike. `fits` is whether a loop can be made of them."""

    def __init__(self, turns: Sequence[Sequence[Any]]) -> None:
        self.turns, self.last = turns, len(turns) - 1
        self.place = {s: (t, q) for t, turn in enumerate(turns) for q, s in enumerate(turn)}
        self.lines: dict[Line, list[Node]] = {}
        self.outside: dict[Any, Node] = {}
        self.made: list[Node] = []
        fits = all(self._add(q) for q in range(len(turns[-1])))
        self.fits = fits and bool(self.lines) and all(map(_is_known, toposort(self.made)))

    def _add(self, q: int) -> bool:
        """Makes the node of the record at position `q`; False where one state is two operands that
        go on in two ways."""
        state = self.turns[self.last][q]
        nodes: dict[Any, Node] = {}
        for k, operand in enumerate(states_in(state.key)):
            node = self._operand(q, k, operand)
            if nodes.setdefault(operand, node) is not node:
                return False
        before = state.parent.numbers - self.turns[self.last - 1][-1].numbers
        self.made.append(renode(state, nodes, 1 + before))
        return True

    def _operand(self, q: int, k: int, operand: Any) -> Node:
        turn, position = self.place.get(operand, (-1, 0))
        if turn < 0:
            return self._outer(operand)
        if turn == self.last:
            return self.made[position]
        first = [states_in(self.turns[t][q].key)[k] for t in range(self.last - turn)]
        return self._carried(position, tuple(first))[-1]

    def _outer(self, state: Any) -> Node:
        if state.node.op in (CONST, SIZE):
            return state.node
        name = ("outside", len(self.outside))
        return self.outside.setdefault(state, leaf(name, state.shape, state.dtype))

    def _carried(self, q: int, first: tuple[Any, ...]) -> list[Node]:
        """The values that position `q` has made one turn ago, two turns ago, ..."""
        if (q, first) not in self.lines:
            self.lines[q, first] = self._parameters(len(self.lines), q, len(first))
        return self.lines[q, first]

    def _parameters(self, line: int, q: int, ages: int) -> list[Node]:
        s = self.turns[self.last][q]
        return [leaf(("carried", line, age), s.shape, s.dtype) for age in range(ages)]

    # ----- the loop

    def recorded(
        self,
        rows: Sequence[tuple[Any, ...]],
        finals: Sequence[tuple[int, int]],
        handed: Sequence[int],
    ) -> RecordedLoop:
        """The loop of turns with these `rows` of numbers.

        Its results are those of `finals`, positions and ages (that of the last turn is 0), and then
        all that turns have made at the positions `handed`."""
        count, numbers, lines = len(rows), _Numbers(rows), self._lines(finals)
        carried = [x for _, parameters, _ in lines for x in parameters]
        roots = [n for q, line, _ in lines for n in (self.made[q], *line[:-1])]
        roots += [self.made[q] for q in handed]
        roots = substitute(roots, numbers.replaced(roots))
        still = _invariants(roots, {*carried, *numbers.elements, TURN})
        body = _body(carried, still, numbers.elements, roots)
        wanted = [_place(lines, q, age) for q, age in finals]
        wanted += range(len(carried), len(roots))
        sources = [x for _, _, first in lines for x in first] + [*still, *numbers.sequences]
        out = run_loop(body, count, count, sources, wanted)
        positions = [*[q for q, _ in finals], *handed]
        results = [(k, self.turns[-1][q]) for k, q in zip(wanted, positions, strict=True)]
        return self._record(body, results, out, sources, numbers)

    def _record(
        self,
        body: Body,
        results: Sequence[tuple[int, Any]],
        out: Mapping[int, Node],
        sources: Sequence[Node],
        numbers: _Numbers,
    ) -> RecordedLoop:
        """The record of the `results` of a loop, numbers of it and what the last turn has recorded
        of them; `out` has their nodes."""
        nodes = [out[k] if s.requires_grad else stop(out[k]) for k, s in results]
        led = self._led_to(body, results, sources, numbers.sequences)
        formulas = Formulas(nodes, (), led, "loop")
        given: dict[Node, Any] = {node: s for s, node in self.outside.items()}
        given |= zip(numbers.sequences, numbers.arrays, strict=True)
        still = [numbers.still[n] for n in formulas.numbers]
        return RecordedLoop(formulas, [given[n] for n in formulas.operands], still)

    def _lines(self, finals: Iterable[tuple[int, int]]) -> list[tuple[int, list[Node], list[Node]]]:
        """Of each line its position, parameters, and what these are at first; those that only what
        comes after the loop reads begin as zeros."""
        out = [
            (q, parameters, [self._outer(s) for s in reversed(first)])
            for (q, first), parameters in self.lines.items()
        ]
        for q, age in finals:
            if not any(at == q and len(line) > age for at, line, _ in out):
                line = self._parameters(len(out), q, age + 1)
                out.append((q, line, [zeros(n) for n in line]))
        return out

    def _led_to(
        self,
        body: Body,
        results: Sequence[tuple[int, Any]],
        sources: Sequence[Node],
        sequences: Sequence[Node],
    ) -> list[set[Node]]:
        """For each of the `results` the leaves that it depends on: those that derivatives lead to,
        and those that are free of gradients; none, where it needs no gradient."""
        states = self.outside.items()
        free = {*sequences, *[n for s, n in states if not s.requires_grad]}
        own = {n for s, n in states if s.requires_grad}
        out = []
        for k, state in results:
            led = toposort([sources[j] for j in sources_led_to(body, k)], differentiable_sources)
            out.append({*(own.intersection(led) or own), *free} if state.requires_grad else set())
        return out


def _body(
    carried: list[Node], still: list[Node], elements: list[Node], roots: Sequence[Node]
) -> Body:
    """The body of these parameters, in their order."""
    old = [*carried, *still, *elements]
    parameters = tuple([leaf(k, n.shape, n.dtype) for k, n in enumerate(old)])
    results = substitute(roots, dict(zip(old, parameters, strict=True)))
    return Body(parameters, tuple(results), len(carried), len(still))


def _is_known(node: Node) -> bool:
    """Whether slices begin where numbers tell."""
    return all(s.op in (CONST, NUMBER) for k, s in enumerate(node.src) if is_start(node, k))


def _place(lines: Sequence[tuple[int, list[Node], list[Node]]], q: int, age: int) -> int:
    """The number of the carried value that position `q` has made `age` turns before the last."""
    at = 0
    for position, line, _ in lines:
        if position == q and len(line) > age:
            return at + age
        at += len(line)
    raise AssertionError("a value that is read after the loop has a line")


def _invariants(roots: Sequence[Node], moving: Collection[Node]) -> list[Node]:
    """What the turns read of what is the same in all of them, and does not depend on `moving`."""
    changes, out = set(moving), dict[Node, None]()
    for node in toposort(roots):
        if any([s in changes for s in node.src]):
            changes.add(node)
            todo = [s for s in node.src if s not in changes]
        else:
            todo = [node] if node in roots and node not in changes else []
        while todo:
            n = todo.pop()
            if n.op.kind in MOVES:
                todo += n.src
            elif n.op not in (CONST, SIZE):
                out[n] = None
    return list(out)


class _Numbers:
    """The Python numbers of all turns, a row of each: what stands for them in the body. `still` has
    the values of those that stay what they are; `elements` are parts of the `sequences`, leaves
    that have the values `arrays`."""

    def __init__(self, rows: Sequence[tuple[Any, ...]]) -> None:
        self.rows = rows
        self.still: dict[Node, Any] = {}
        self.elements: list[Node] = []
        self.sequences: list[Node] = []
        self.arrays: list[NDArray[Any]] = []
        self.known: dict[Any, Node] = {}

    def replaced(self, roots: Sequence[Node]) -> dict[Node, Node]:
        """What stands for each number under `roots`: that of column k is number k + 1."""
        nodes = [n for n in toposort(roots) if n.op is NUMBER and n is not TURN]
        return {n: self._column(n, [row[n.arg - 1] for row in self.rows]) for n in nodes}

    def _column(self, node: Node, values: list[Any]) -> Node:
        first = values[0]
        if type(first) is SymbolicScalar:
            return self._same((node.dtype, "code", first.code), node, first)
        if node.dtype == INT64:
            return counter(first, values[1] - first)
        array = np.array(values, node.dtype)
        key = node.dtype, array.tobytes()
        if key[1] == array[:1].tobytes() * len(values):
            return self._same((node.dtype, repr(first)), node, first)
        if key not in self.known:
            number = len(self.elements)
            self.known[key] = leaf(("element", number), (), node.dtype)
            self.elements.append(self.known[key])
            self.sequences.append(leaf(("sequence", number), array.shape, node.dtype))
            self.arrays.append(array)
        return self.known[key]

    def _same(self, key: Any, node: Node, value: Any) -> Node:
        if key not in self.known:
            self.known[key] = number(len(self.still) + 1, node.dtype)
            self.still[self.known[key]] = value
        return self.known[key]
