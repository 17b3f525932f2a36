"""The lanes of a blocked scan: a loop that carries running values, over several blocks side by
side.

An element of a scan waits for the one before. So a chunk is some blocks, the *lanes*, which are
interleaved: the processor works at all of them at once (cummax of 10**6: 0.4 ms, element by element
1.3). What does not divide by their number is done by the last lane alone. Where guards hold in an
interval of the loop only, the turns at which they hold in all lanes are interleaved, and the others
follow lane by lane. Start at `Lanes.loops`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..expressions import element, read, stored
from ..ir import Expr, For, If, Let, Store, Together
from .split_guards import assumed

if TYPE_CHECKING:
    from ..ir import Operand, Statement
    from ..stage_values import Interval


SPAN = Expr("{} - {}", ("stop", "start"))


@dataclass(frozen=True, slots=True)
class Lanes:
    """The loop over the chunk [start, stop) with `body`, as `count` lanes of so many turns as the
    name ``turns`` says.

    `running` has the name and the dtype of each running value; in `memory`, by that name, is where
    each lane has it. `intervals` are the guards of the body."""

    var: str
    body: tuple
    count: int
    running: tuple
    memory: dict
    reverse: bool
    intervals: tuple = ()

    def loops(self, size: Callable[[int], str]) -> tuple[Statement, ...]:
        """The statements; ``size(number)`` makes an argument of a number."""
        inside = assumed(self.body, {i.inside for i in self.intervals})
        if self.intervals:
            return self.guarded(inside, size)
        first = Expr("{} * {}", (str(self.count), "turns"))
        return (
            self.side_by_side("0", "turns", inside),
            *self.one_lane(str(self.count - 1), first, SPAN),
        )

    def guarded(
        self, inside: tuple[Statement, ...], size: Callable[[int], str]
    ) -> tuple[Statement, ...]:
        """The turns at which all guards hold in all lanes run side by side, what is before and
        behind lane by lane."""
        last = str(self.count - 1)
        out: list[Statement] = [Together((self.var, "low", "high"), ("start", "0", SPAN))]
        for i in self.intervals:
            low, high = _turns_inside(i)
            out += [Let(i.place, i.value), Let("low", low), Let("high", high)]
        if self.reverse:
            ends = [Expr("{} - {}", (SPAN, name)) for name in ("high", "low")]
            out.append(Together(("low", "high"), tuple(ends)))
        out.append(Let("high", Expr("min({}, {} - {} * {})", ("turns", "high", last, "turns"))))
        out.append(If(Expr("{} >= {}", ("low", "high")), (Together(("low", "high"), ("turns",)),)))
        # Numbers of turns that LLVM does not know: else it copies the loop for each, and takes
        # twice as long.
        twice, lanes = size(2), size(self.count)
        one = (
            Let("first", Expr("{} * {} + ({} if {} else 0)", ("lane", "turns", "high", "behind"))),
            Let(
                "end",
                Expr("{} * {} + ({} if {} else {})", ("lane", "turns", "turns", "behind", "low")),
            ),
            If(Expr("{} and {} == {}", ("behind", "lane", last)), (Let("end", SPAN),)),
            *self.one_lane("lane", "first", "end"),
        )
        middle = If(Expr("not {}", ("behind",)), (self.side_by_side("low", "high", inside),))
        return (*out, For("behind", "0", twice, (For("lane", "0", lanes, one), middle)))

    def side_by_side(self, low: str, high: str, body: tuple[Statement, ...]) -> For:
        place = self.place("{} - {} * {} - {}", "{} + {} * {} + {}", "lane", "turns", "turn")
        lane = For(
            "lane", "0", str(self.count), (place, *self.take("lane"), *body, *self.put("lane"))
        )
        return For("turn", low, high, (lane,))

    def one_lane(self, lane: str, low: Operand, high: Operand) -> tuple[Statement, ...]:
        place = self.place("{} - {}", "{} + {}", "turn")
        return (*self.take(lane), For("turn", low, high, (place, *self.body)), *self.put(lane))

    def place(self, back: str, forth: str, *turn: str) -> Let:
        """The index at a turn of the chunk, counted from its first one in the order of the scan."""
        if self.reverse:
            return Let(self.var, Expr(back, (Expr("{} - 1", ("stop",)), *turn)))
        return Let(self.var, Expr(forth, ("start", *turn)))

    def take(self, lane: str) -> list[Let]:
        return [
            Let(name, read(element(self.memory[name], lane), dtype)) for name, dtype in self.running
        ]

    def put(self, lane: str) -> list[Store]:
        return [
            Store(element(self.memory[name], lane), stored(name, dtype))
            for name, dtype in self.running
        ]


def _turns_inside(interval: Interval) -> tuple[Expr, ...]:
    """The bounds of the turns in which a guard holds, and those known before."""
    place, length = interval.place, interval.length
    if interval.slope == 1:
        return Expr("max({}, -{})", ("low", place)), Expr(
            "min({}, {} - {})", ("high", length, place)
        )
    return Expr("max({}, {} - {} + 1)", ("low", place, length)), Expr(
        "min({}, {} + 1)", ("high", place)
    )
