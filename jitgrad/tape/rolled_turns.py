"""Turns of a loop that are rolled while a function is traced.

Where a trace has recorded the same turn again and again (`turn_search.look`), the next one is
recorded in the place of the last: when it begins, the segment goes back to the state that the last
turn began in, and what the program holds of the turns moves back by a turn. So a further turn takes
known steps through the trie, and leaves nothing but its numbers. As soon as an operation comes that
this turn does not have, or anybody asks what was recorded, the turns become one record, a loop
(`close`): as if they had been given to `scan`. Start at `RolledTurns`.

Handles that nobody holds when the next turn begins serve that one. Those that the program holds are
kept by their age in turns, and serve a later turn if they are dropped meanwhile. What is still held
after `AGES` turns, as what is collected in a list is, is handed out by the loop, and has no place
in the trie until that is made.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import compress, pairwise
from sys import getrefcount
from typing import TYPE_CHECKING, Any
from weakref import getweakrefcount, ref

import numpy as np

from ..base.config import config
from ..control import element
from .execute import HELD, lost
from .handles import ELEMENT, Classes, from_value, new, note_view
from .keys import Opcode
from .machine_records import records
from .record import grow, record
from .segment import NEVER, NOTHING, Segment, State, enter_state, operations_to
from .symbols import SymbolicScalar
from .turn_body import TurnBody, states_in

if TYPE_CHECKING:
    from typing import TypeAlias

    #: What was held when a turn ended: positions and handles.
    Held: TypeAlias = tuple[list[int], list[Any]]

#: How old, in turns, values may be that a turn reads.
AGES = 4
#: Turns after which it is worth the time of another core that the next ones are recorded faster.
MANY = 1000


class RolledTurns:
    """The turns that a segment has recorded as `turns` (their states), of which the last is done
    again and again: `rows` has the numbers of all turns, `held` for each age what the program
    held when the turn ended, as positions and handles, and `handed` weak references to what it
    holds of older turns, with position and turn."""

    def __init__(self, seg: Segment, turns: list[list[Any]], body: TurnBody) -> None:
        self.seg, self.turns, self.body = seg, turns, body
        self.begin, self.period = turns[-1][0].slot, len(turns[-1])
        self.start, self.back, self.end = turns[0][0].parent, turns[-2][-1], turns[-1][-1]
        ends = [self.start, *[turn[-1] for turn in turns]]
        self.rows = [tuple(seg.numbers[a.numbers : b.numbers]) for a, b in pairwise(ends)]
        self.kinds = list(map(type, self.rows[0]))
        self.plain = set(self.kinds) <= {float}  # numbers that go on whatever they are
        self.views = [q for q in reversed(range(self.period)) if _may_be_view(turns[-1][q])]
        self.held: list[Held] = []
        self.handed: list[tuple[int, int, ref]] = []
        self.cut = False

    def fits(self) -> bool:
        """Whether the numbers of the first turns go on as those of a loop do."""
        rows = self.rows
        return all([self._goes_on(rows[k], rows[k - 1]) for k in range(1, len(rows))])

    def _goes_on(self, row: tuple[Any, ...], last: tuple[Any, ...]) -> bool:
        """Whether the numbers of a turn do, after those of the `last` one."""
        if self.plain:
            return list(map(type, row)) == self.kinds
        for now, before, first, second in zip(row, last, *self.rows[:2], strict=True):
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
        if config.compile == "always":
            records.hurry()
        for age in range(last + 1):
            turn = self.turns[last - age]
            places, handles, _ = _held(seg, turn, self.views)
            if age < AGES:
                self.held.append((places, handles))
            else:
                for q, t in zip(places, handles, strict=True):
                    self._hand_out(q, last - age, t)
        seg.widen()
        for state in self.turns[last]:
            state.pause = False
        begin = self.turns[0][0].slot
        seg.handles[begin:] = [None] * (len(seg.handles) - begin)
        self._back(self.rows.pop())

    def go_on(self) -> bool:
        """Before an operation that does not follow on the last one in the turn: at the end of a
        turn, back to where it began. False where that may not be the end of one."""
        seg = self.seg
        if seg.state is not self.end:
            return False
        row = tuple(seg.numbers[self.back.numbers : self.end.numbers])
        if not self._goes_on(row, self.rows[-1]) or is_shared(seg, self.turns):
            return False
        self.cut, ahead = True, self.back.operations
        places, handles, free = _held(seg, self.turns[-1], self.views)
        if free:
            for q in places:
                seg.handles[ahead + q] = None
        else:
            seg.handles[ahead:] = [None] * (len(seg.handles) - ahead)
        self.held = [
            (places, handles),
            *[self._still(held) if held[0] else held for held in self.held],
        ]
        self._back(row)
        if len(self.rows) == MANY:
            records.hurry()
        return True

    def _back(self, row: tuple[Any, ...]) -> None:
        """Moves what is held back by a turn, and then the segment."""
        self.cut, last = True, len(self.turns) - 1
        if len(self.held) > AGES:
            for q, t in zip(*self.held.pop(), strict=True):
                if t._state is self.turns[last - AGES][q]:
                    self._hand_out(q, len(self.rows) - AGES, t)
        for age in reversed(range(len(self.held))):  # of what is at two of them, the later counts
            places, handles = self.held[age]
            now, to, left = self.turns[last - age], self.turns[last - 1 - age], False
            for q, t in zip(places, handles, strict=True):
                if t._state is now[q]:
                    t._state = to[q]
                else:
                    left = True
            if left:  # some have another place by now
                self.held[age] = _those_at(to, places, handles)
        self.rows.append(row)
        seg = self.seg
        seg.noted = min(seg.noted, self.begin)
        seg.spare, seg.state, self.cut = True, self.back, False

    def _still(self, held: Held) -> Held:
        """What is still held of the turns before; the other handles serve the next turn."""
        places, handles = held
        counts, weak = map(list, (map(getrefcount, handles), map(getweakrefcount, handles)))
        if min(counts) > 2:
            return held
        spare, ahead, turn = self.seg.handles, self.back.operations, self.turns[-1]
        for k, q in enumerate(places):
            if counts[k] <= 2:
                t = handles[k]
                t._x = None
                unknown = not weak[k] and t._edge is None and t._value is None
                if unknown and spare[ahead + q] is None and type(t) is Classes.tensor:
                    t._seg, t._state, spare[ahead + q] = self.seg, turn[q], t
        still = [k for k, n in enumerate(counts) if n > 2]
        return [places[k] for k in still], [handles[k] for k in still]

    def rebinds(self, t: Any, other: Any) -> None:
        """Before `t` takes the place of `other`."""
        for _, handles in self.held:
            handles[:] = [t if held is other else held for held in handles]
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
        self.go_on()
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
        for age, (places, handles) in enumerate(self.held):
            _let_go(places, handles)
            places, handles = _those_at(self.turns[last - 1 - age], places, handles)
            live |= {(q, age): t for q, t in zip(places, handles, strict=True)}
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


def _held(seg: Segment, turn: list[Any], views: Iterable[int]) -> tuple[list[int], list[Any], bool]:
    """The positions and handles of a turn that are held by more than the segment; whether the
    others may serve again (see `execute.begin_next`). Those at the positions `views` may be
    views."""
    made = seg.handles[turn[0].slot : turn[-1].slot + 1]
    if seg.views:
        _let_go_of_views(made, views)
    try:  # both without a line of Python in between, at which other threads might go on
        counts, weak = map(bytes, (map(getrefcount, made), map(getweakrefcount, made)))
    except ValueError:  # one is held more often than a byte can say
        counts = bytes([min(n, 255) for n in map(getrefcount, made)])
        weak = b"\1"
    taken = list(compress(range(len(made)), counts.translate(HELD)))
    handles = [made[q] for q in taken]
    if seg.spare and weak.count(0) == len(weak):
        return taken, handles, True
    return *_those_at(turn, taken, handles), False


def _let_go_of_views(made: list[Any], views: Iterable[int]) -> None:
    """Views that only the segment and the list of those `made` hold let go of what they are views
    of, the last ones first; the others are noted."""
    for q in views:
        t = made[q]
        x = t._x
        if x is not None and x is not ELEMENT:
            if getrefcount(t) <= 4:
                t._x = None
            elif x.parent is not None:
                note_view(t)


def _may_be_view(state: State) -> bool:
    """Whether a record of a state may be that of a view."""
    return type(state.opcode) is Opcode or state.opcode.view is not None


def _let_go(places: list[int], handles: list[Any]) -> None:
    """Forgets those that nobody else holds; of views the last ones first, which hold others."""
    for k in reversed(range(len(handles))):
        if getrefcount(handles[k]) <= 2:
            handles[k]._x = None
            del places[k], handles[k]


def _those_at(turn: list[Any], places: list[int], handles: list[Any]) -> Held:
    """Those that have their place in a turn."""
    known = [k for k, q in enumerate(places) if handles[k]._state is turn[q]]
    return [places[k] for k in known], [handles[k] for k in known]


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
