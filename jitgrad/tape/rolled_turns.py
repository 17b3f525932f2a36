"""Turns of a loop that are rolled while a function is traced.

Where a trace has recorded the same turn again and again (`turn_search.look`), the next one is
recorded in the place of the last: the segment goes back to the state that the last turn began in,
and what the program holds of the turns moves back by a turn. So a further turn takes known steps
through the trie, and leaves nothing but its numbers. As soon as an operation comes that this turn
does not have, or anybody asks what was recorded, the turns become one record, a loop (`close`): as
if they had been given to `scan`. Start at `RolledTurns`.

The handles of turns that are held are known by weak references, by their age in turns. What is
still held after `AGES` turns, as what is collected in a list is, is handed out by the loop, and has
no place in the trie until that is made.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from sys import getrefcount
from typing import Any
from weakref import ref

import numpy as np

from ..control import element
from .execute import lost
from .handles import ELEMENT, Classes, from_value, new, note_view
from .keys import Opcode
from .record import grow, record
from .segment import NEVER, NOTHING, Segment, State, enter_state, operations_to
from .symbols import SymbolicScalar
from .turn_body import TurnBody, states_in

#: How old, in turns, values may be that a turn reads.
AGES = 4


class RolledTurns:
    """The turns that a segment has recorded as `turns` (their states), of which the last is done
    again and again: `rows` has the numbers of all turns, `held` for each age what the program
    holds, as position and weak reference, and `handed` what it holds of older turns, with the
    turn."""

    def __init__(self, seg: Segment, turns: list[list[Any]], body: TurnBody) -> None:
        self.seg, self.turns, self.body = seg, turns, body
        self.begin, self.period = turns[-1][0].slot, len(turns[-1])
        self.start, self.back, self.end = turns[0][0].parent, turns[-2][-1], turns[-1][-1]
        ends = [self.start, *[turn[-1] for turn in turns]]
        self.rows = [tuple(seg.numbers[a.numbers : b.numbers]) for a, b in pairwise(ends)]
        self.held: list[list[tuple[int, ref]]] = []
        self.handed: list[tuple[int, int, ref]] = []
        self.cut = False

    def fits(self) -> bool:
        """Whether the numbers of the first turns go on as those of a loop do."""
        return all([self._goes_on(k) for k in range(1, len(self.rows))])

    def _goes_on(self, k: int) -> bool:
        """Whether the numbers of turn `k` do."""
        rows = self.rows
        for now, before, first, second in zip(rows[k], rows[k - 1], rows[0], rows[1], strict=True):
            kind = type(now)
            if kind is not type(first):
                return False
            if kind is int:
                if now - before != second - first:
                    return False
            elif kind is SymbolicScalar:
                if now.kind is not float or now.code != first.code:
                    return False
            elif kind is not float:
                return False
        return True

    # ----- recording

    def hold(self) -> None:
        """Begins: what the program holds of the turns that are recorded gets its age."""
        seg, last = self.seg, len(self.turns) - 1
        for age in range(last + 1):
            turn = self.turns[last - age]
            kept = _held(seg, turn)
            if age < AGES:
                self.held.append([(q, ref(t)) for q, t in kept])
            else:
                for q, t in kept:
                    self._hand_out(q, last - age, t)
        self.end.pause = True
        self._back(self.rows.pop())

    def go_on(self) -> None:
        """After an operation at which the segment pauses: at the end of a turn, back to where it
        began."""
        seg = self.seg
        if seg.state is not self.end:
            return
        self.rows.append(tuple(seg.numbers[self.back.numbers : self.end.numbers]))
        if not self._goes_on(len(self.rows) - 1) or is_shared(seg, self.turns):
            self.rows.pop()
            self.close()
            return
        kept = _held(seg, self.turns[-1])
        self.held.insert(0, [(q, ref(t)) for q, t in kept])
        self._back(self.rows.pop())

    def _back(self, row: tuple[Any, ...]) -> None:
        """Moves what is held back by a turn, and then the segment."""
        self.cut, last = True, len(self.turns) - 1
        oldest = self.held.pop() if len(self.held) > AGES else ()
        for q, t in _still(oldest, self.turns[last - AGES]):
            self._hand_out(q, len(self.rows) - AGES, t)
        for age in range(AGES - 1, -1, -1):
            to = self.turns[last - 1 - age]
            for q, t in _still(self.held[age], self.turns[last - age]):
                t._state = to[q]
        self.rows.append(row)
        self.seg.noted = min(self.seg.noted, self.begin)
        ahead = self.back.operations
        self.seg.handles[ahead:] = [None] * (len(self.seg.handles) - ahead)  # others hold some
        self.seg.state, self.cut = self.back, False

    def rebinds(self, t: Any, other: Any) -> None:
        """Before `t` takes the place of `other`."""
        for group in self.held:
            group[:] = [(q, ref(t) if weak() is other else weak) for q, weak in group]
        self.handed = [(q, n, ref(t) if weak() is other else weak) for q, n, weak in self.handed]

    def _hand_out(self, q: int, turn: int, t: Any) -> None:
        """The value of turn number `turn` is read after the loop. Until then it has a state that
        nothing was recorded of."""
        self.handed.append((q, turn, ref(t)))
        t._state = self.turns[-1][q].aval

    # ----- the loop

    def close(self) -> None:
        """Records the turns as a loop, in their place, and anew what was recorded after them."""
        if self.cut:
            raise lost()
        seg, trace = self.seg, self.seg.tracing
        trace.turns, trace.look, self.cut = None, NEVER, True
        after, numbers = self._taken()
        new_states: dict[Any, Any] = {}
        seg.noted = min(seg.noted, self.start.operations)
        seg.state = self.start
        for s in self._leaves():
            seg.state = new_states[s] = enter_state(seg.state, s.aval)
        self.start.next.pop(self.turns[0][0].key, None)
        self.start.then = NOTHING
        self._record(new_states, [s for s, _ in after])
        for s, t in after:
            self._renew(s, t, new_states, numbers[s.parent.numbers : s.numbers])
        trace.looks_again(seg.state.operations, len(self.rows) >= 2 * len(self.turns))

    def _taken(self) -> tuple[list[tuple[Any, Any]], list[Any]]:
        """The states after the last whole turn with their handles, and the numbers of the segment,
        which holds no handles of the turns from then on."""
        seg, first = self.seg, self.turns[0][0].slot
        states = operations_to(seg.state)[self.begin :]
        after = list(zip(states, seg.handles[self.begin :], strict=False))
        seg.handles[first:] = [None] * (len(seg.handles) - first)
        return after, [*seg.numbers]

    def _leaves(self) -> list[State]:
        """The values that entered in the first turn."""
        out, s = [], self.turns[0][-1]
        while s is not self.start:
            if s.slot < 0:
                out.append(s)
            s = s.parent
        return out[::-1]

    def _record(self, new_states: dict[Any, Any], after: list[Any]) -> None:
        """Records the loop; finds the states that values of the last turns have from then on."""
        last = len(self.turns) - 1
        live: dict[tuple[int, int], Any] = {}
        for age, group in enumerate(self.held):
            live |= {(q, age): t for q, t in _still(group, self.turns[last - 1 - age])}
        handed = [(q, turn, t) for q, turn, weak in self.handed if (t := weak()) is not None]
        place = self.body.place
        read = [place[s] for state in after for s in states_in(state.key) if s in place]
        finals = list(dict.fromkeys([*live, *[(q, last - 1 - t) for t, q in read if t < last]]))
        rows = list(dict.fromkeys([q for q, _, _ in handed]))
        if not finals and not rows:
            return
        loop = self.body.recorded(self.rows, finals, rows)
        operands = [self._operand(x, new_states) for x in loop.operands]
        results = loop.formulas.recorded(operands, loop.numbers)
        for (q, age), made in zip(finals, results, strict=False):
            new_states[self.turns[last - 1 - age][q]] = made._state
            if (q, age) in live:
                self._place(live[q, age], made)
        given = dict(zip(rows, results[len(finals) :], strict=True))
        for q, turn, t in handed:
            opcode = Opcode("slice", 1, element_of(turn))
            self._place(t, record(lambda state, opcode=opcode: (opcode, state), (given[q],)))

    def _operand(self, x: Any, new_states: dict[Any, Any]) -> Any:
        """A tensor that is in the segment as the state `x`, or of an array."""
        if isinstance(x, np.ndarray):
            value = self.seg.tracing.leaf(x.shape, x.dtype, known=x, value=x)
            return from_value(value, x.shape, x.dtype, None)
        out = new(Classes.tensor)
        out._seg, out._state = self.seg, new_states.get(x, x)
        out._value = out._edge = out._x = None
        return out

    def _place(self, t: Any, made: Any) -> None:
        """`t` is the result of the operation whose result is `made`."""
        t._state = made._state
        self.seg.handles[made._state.slot] = t

    def _renew(self, s: Any, t: Any, new_states: dict[Any, Any], numbers: list[Any]) -> None:
        """Records anew what was recorded as `s` after the last whole turn."""
        seg = self.seg
        before, key = seg.state, _with(s.key, new_states)
        state = before.next.get(key) or grow(seg, before, key)
        if state.number_slice is not None:
            seg.numbers[state.number_slice] = numbers
        seg.handles[state.slot] = t
        if t._state is s:
            t._state = state
        seg.state = new_states[s] = state
        seg.widen()


def _with(part: Any, new: dict[Any, Any]) -> Any:
    """A key with other states."""
    if type(part) is tuple:
        return tuple([_with(p, new) for p in part])
    return new.get(part, part) if type(part) is State else part


def _held(seg: Any, turn: list[Any]) -> list[tuple[int, Any]]:
    """The handles of a turn that are held by more than the segment, with their positions. Views
    that are not held let go of what they are views of."""
    made = seg.handles[turn[0].slot : turn[-1].slot + 1]
    if seg.views:
        for t in reversed(made):
            x = t._x
            if x is None or x is ELEMENT:
                continue
            if getrefcount(t) <= 4:
                t._x = None
            elif x.parent is not None:
                note_view(t)
        x = t = None
    counts = list(map(getrefcount, made))
    return [(q, made[q]) for q, n in enumerate(counts) if n > 3 and made[q]._state is turn[q]]


def _still(group: Iterable[tuple[int, ref]], turn: list[Any]) -> list[tuple[int, Any]]:
    """What is still held of a turn, and has its place there."""
    known = [(q, weak()) for q, weak in group]
    return [(q, t) for q, t in known if t is not None and t._state is turn[q]]


def is_shared(seg: Any, turns: list[list[Any]]) -> bool:
    """Whether two tensors have one place in the turns."""
    trace, begin = seg.tracing, turns[0][0].slot
    if trace.rebound:
        known = [weak for weak in trace.rebound if (t := weak()) is not None and t._seg is seg]
        trace.rebound = known
        return any([t is not None and t._state.slot >= begin for t in [weak() for weak in known]])
    return False


def element_of(turn: int) -> Any:
    """What makes the node of an element of what a loop has handed out."""
    return lambda x: element(x, turn)
