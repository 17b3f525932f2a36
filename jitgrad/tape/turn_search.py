"""Loops that a trace finds while it records them: when it looks for turns, and where they begin.

A function that `jit` traces records all turns of its loops. To record an operation for the first
time takes a hundred times as long as to record it again, so turns that repeat are rolled as soon as
there are enough of them (`rolled_turns`). Turns are looked for now and then, each time that the
segment has grown by a part: so it costs little where there are none.

Operations repeat if their opcodes and static arguments do (`boundaries.repeats`). They are turns if
the operands of each are those of the turn before, a turn on; this is asked where a turn begins, at
the place in the period where the least is carried on. Start at `look`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from .boundaries import likeness, repeats, statics
from .keys import VARIABLE, Opcode
from .rolled_turns import AGES, RolledTurns, is_shared
from .segment import State, operation_before, operations_to
from .turn_body import TurnBody, states_in

#: The fewest turns, and operations in all of them, that are rolled.
TURNS, OPERATIONS = AGES + 2, 512
#: Elements from which a value is large; operations from which turns with large ones are rolled, and
#: how many are one turn then: see `control.found`.
LARGE, MANY, FUSED = 1024, 4000, 128


class Expected(NamedTuple):
    """Turns of `period` operations begin after `at` operations."""

    period: int
    at: int


def look(seg: Any) -> None:
    """Begins to roll turns, if there are any in a segment that is being traced."""
    trace, state = seg.tracing, operation_before(seg.state)
    if state is None or seg.state is not state or state.operations < trace.look:
        return
    states = operations_to(state)
    expected, trace.expected = trace.expected, None
    if expected is None:
        expected = _expected(states, len(states))
    if expected is None:
        trace.look = len(states) * 5 // 4
    elif expected.at > len(states):
        trace.look, trace.expected = expected.at, expected
    elif not _begin(seg, states, expected.period):
        trace.look = len(states) * 5 // 4


def _expected(states: list[Any], count: int) -> Expected | None:
    """Where the next turn begins, after `count` operations or later; `states` are the last ones."""
    period, covered = repeats([likeness(s) for s in states])
    if not period or covered < max(OPERATIONS, TURNS * period):
        return None
    run = states[-covered:]
    if max(s.node.size for s in run[:period]) > LARGE:
        if covered < MANY:
            return None
        period *= max(1, FUSED // period)
        if covered < TURNS * period:
            return None
    first = _first(run, period)
    return Expected(period, count + (first - covered) % period)


def _first(run: list[Any], period: int) -> int:
    """The position in a run of turns where the least is carried from one to the next."""
    middle = len(run) // 2 // period * period
    number = {s: k for k, s in enumerate(run[: middle + period])}
    farthest = [0] * period  # for each position, how far away it is read
    for s in run[middle : middle + period]:
        for operand in s.operands:
            far = number[s] - number.get(operand, number[s])
            if 0 < far <= period:
                q = number[operand] % period
                farthest[q] = max(farthest[q], far)
    carried = [0] * period  # before each position
    for q, far in enumerate(farthest):
        for k in range(q + 1, q + far + 1):
            carried[k % period] += 1 + run[q].node.size
    return carried.index(min(carried))


def _begin(seg: Any, states: list[Any], period: int) -> bool:
    """Begins to roll the turns that `states` end with; False if they are too few."""
    turns = _Alike(states, period).turns()
    if len(turns) < TURNS or not all(map(_is_plain, turns[-1])):
        return False
    if is_shared(seg, turns):
        return False
    body = TurnBody(turns)
    rolled = RolledTurns(seg, turns, body) if body.fits else None
    if rolled is None or not rolled.fits():
        return False
    seg.tracing.turns = rolled
    rolled.hold()
    return True


def _is_plain(state: Any) -> bool:
    opcode = state.key[0]
    if opcode is VARIABLE:
        return False
    return type(opcode) is not Opcode or not (opcode.bundled or opcode.unfinished)


class _Alike:
    """The turns at the end of `states`: the operands of each are those of the next one, a turn
    back.

    What turns read of those before them, the first ones read of before the loop: `first` is the
    number of the turn that is the first one for that, of all that there is room for."""

    def __init__(self, states: list[Any], period: int) -> None:
        self.period, self.count = period, len(states) // period
        self.states = states[len(states) - self.count * period :]
        self.begin, self.first = self.states[0].slot, 0
        last = self.turn(self.count - 1)
        self.reads = [[self._read(o, last[0].slot) for o in states_in(s.key)] for s in last]
        self.likes = [_like(s) for s in last]

    def turns(self) -> list[list[Any]]:
        """Those that are alike, in their order."""
        number = self.count
        while number > self.first and self._is_alike(number - 1):
            number -= 1
        return [self.turn(k) for k in range(max(number, self.first), self.count)]

    def turn(self, number: int) -> list[Any]:
        return self.states[number * self.period : (number + 1) * self.period]

    def _read(self, operand: Any, begin: int) -> Any:
        """How far back an operand of the last turn is made, seen from its beginning; or the operand
        itself, which is none of the turns'."""
        back = operand.slot - begin
        return operand if operand.slot < 0 or -back > AGES * self.period else back

    def _is_alike(self, number: int) -> bool:
        turn = self.turn(number)
        for s, reads, like in zip(turn, self.reads, self.likes, strict=True):
            operands = states_in(s.key)
            if _like(s) != like or len(operands) != len(reads):
                return False
            if not all([self._goes_on(o, r, number) for o, r in zip(operands, reads, strict=True)]):
                return False
        return self._enters(turn, number)

    def _goes_on(self, operand: Any, read: Any, number: int) -> bool:
        """Whether a turn reads an operand as the last one does, or may as one of the first."""
        if type(read) is int:
            at = number * self.period + read
            if at >= 0 and self.states[at] is operand:
                return True
            if read >= 0:
                return False
            delay = -(read // self.period)
            self.first = max(self.first, number - delay + 1)
        elif operand is not read:
            return False
        self.first = max(self.first, (operand.slot - self.begin) // self.period + 1)
        return True

    def _enters(self, turn: list[Any], number: int) -> bool:
        """Whether the turn may be one: values may enter in the first turn alone."""
        before = self.states[number * self.period - 1] if number else turn[0].parent
        for s in turn:
            state = s.parent
            while state is not before:
                if state.node is None and s is not turn[0]:
                    return False
                self.first = max(self.first, number)
                state = state.parent
            before = s
        return True


def _like(state: Any) -> tuple[Any, ...]:
    """What the records of turns have in common: all but the operands."""
    return state.shape, state.dtype, state.requires_grad, statics(state.key, State)
