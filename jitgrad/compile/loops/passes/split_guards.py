"""Index-set splitting: a loop is cut where the guards in it change.

A load under a guard is a load under a condition, which is no vector instruction. The positions of
guards mostly rise or fall by one each iteration, so each guard holds in one interval: the range of
the loop is cut at the ends of the intervals, and in a piece where all guards hold, the loop has no
condition. Start at `split`.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import TYPE_CHECKING

from ..ir import Expr, If, Let, Select, While, made, rewrite, walk

if TYPE_CHECKING:
    from ..ir import For, Operand, Statement
    from ..stage_values import Interval


def conditions(body: tuple[Statement, ...], intervals: Sequence[Interval]) -> tuple[str, ...]:
    """The conditions in `body` that do not change in a piece: those of the `intervals`, and what is
    made outside."""
    own = set(map(made, walk(body))) - {i.inside for i in intervals}
    tests = [test for s in walk(body) if isinstance(s, Select) for test in s.tests]
    return tuple(dict.fromkeys([test for test in tests if test not in own]))


def assumed(
    body: tuple[Statement, ...], tests: tuple[str, ...] | AbstractSet[str]
) -> tuple[Statement, ...]:
    """`body` where all of `tests` hold."""

    def one(s: Statement) -> tuple[Statement, ...]:
        if isinstance(s, Let) and s.name in tests:
            return ()
        if not isinstance(s, Select):
            return (s,)
        left = tuple([test for test in s.tests if test not in tests])
        return (replace(s, tests=left) if left else Let(s.name, s.value),)

    return rewrite(body, one)


def split(loop: For, intervals: Sequence[Interval]) -> tuple[Statement, ...]:
    """`loop` in pieces, in each of which the guards have one value throughout."""
    tests = conditions(loop.body, intervals)
    if not tests:
        return (loop,)
    low, high = ("first", "end") if intervals else (loop.start, loop.stop)
    test = Expr(" & ".join(["{}"] * len(tests)), tests)
    inside = replace(loop, start=low, stop=high, body=assumed(loop.body, tests))
    piece = If(test, (inside,), (replace(loop, start=low, stop=high),))
    if not intervals:
        return (piece,)
    body: list[Statement] = [Let(loop.var, "first")]
    for i in intervals:
        body += [
            Let(i.place, i.value),
            Let(i.inside, Expr("({0} >= 0) & ({0} < {1})", (i.place, i.length))),
        ]
    end: Operand = loop.stop
    for i in intervals:
        change = Expr("rising({}, {})" if i.slope == 1 else "falling({}, {})", (i.place, i.length))
        body.append(Let("end", Expr("minimum({}, {} + {})", (end, "first", change))))
        end = "end"
    body += [piece, Let("first", "end")]
    return Let("first", loop.start), While(Expr("{} < {}", ("first", loop.stop)), tuple(body))
