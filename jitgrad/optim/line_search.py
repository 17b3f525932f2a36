"""A line search for the strong Wolfe conditions, along ``x + t * d``.

The step found makes the function small enough (by `ENOUGH` of the slope at 0) and its slope flat
enough (`FLAT`). Steps grow until they bracket such a one, and the bracket is then narrowed by cubic
interpolation (Nocedal and Wright, Numerical Optimization, algorithms 3.5 and 3.6). Start at
`strong_wolfe`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

ENOUGH, FLAT = 1e-4, 0.9
#: Steps that are tried at most, and the least width of a bracket, in units of x.
MOST, NARROW = 25, 1e-9


class Point(NamedTuple):
    """A step `t`, with the value, the gradient and the slope along the direction there."""

    t: float
    value: float
    gradient: Any
    slope: float


def cubic_minimum(a: Point, b: Point, low: float, high: float) -> float:
    """Where the cubic through two points with their slopes is least, between `low` and `high`."""
    if a.t > b.t:
        a, b = b, a
    chord = a.slope + b.slope - 3 * (a.value - b.value) / (a.t - b.t)
    square = chord * chord - a.slope * b.slope
    if not square >= 0:
        return (low + high) / 2
    root = math.sqrt(square)
    share = (b.slope + root - chord) / (b.slope - a.slope + 2 * root)
    return min(max(b.t - (b.t - a.t) * share, low), high)


class WolfeSearch:
    """One search: `at(t)` gives the `Point` at a step, `start` is that at 0."""

    def __init__(self, at: Callable[[float], Point], start: Point, size: float) -> None:
        self.at, self.start, self.size, self.tried = at, start, size, 0

    def is_high(self, p: Point) -> bool:
        return p.value > self.start.value + ENOUGH * p.t * self.start.slope

    def is_flat(self, p: Point) -> bool:
        return abs(p.slope) <= -FLAT * self.start.slope

    def bracket(self, t: float) -> tuple[list[Point], bool]:
        """One point that will do, or two around such a one; and whether the search is over."""
        before, now = self.start, self.at(t)
        while self.tried < MOST:
            if self.is_high(now) or (self.tried > 1 and now.value >= before.value):
                return [before, now], False
            if self.is_flat(now):
                return [now], True
            if now.slope >= 0:
                return [before, now], False
            low, high = now.t + 0.01 * (now.t - before.t), 10 * now.t
            before, now = now, self.at(cubic_minimum(before, now, low, high))
            self.tried += 1
        return [self.start, now], True

    def narrowed(self, ends: list[Point]) -> Point:
        """The best point found between two."""
        stuck = False
        low, high = _ordered(ends)
        while self.tried < MOST:
            first, last = sorted((low.t, high.t))
            if (last - first) * self.size < NARROW:
                break
            t = cubic_minimum(low, high, first, last)
            t, stuck = _inside(t, first, last, stuck)
            now = self.at(t)
            self.tried += 1
            if self.is_high(now) or now.value >= low.value:
                low, high = _ordered([low, now])
                continue
            if self.is_flat(now):
                return now
            if now.slope * (high.t - low.t) >= 0:
                high = low
            low = now
        return low


def _ordered(ends: list[Point]) -> tuple[Point, Point]:
    first, last = ends
    return (first, last) if first.value <= last.value else (last, first)


def _inside(t: float, first: float, last: float, stuck: bool) -> tuple[float, bool]:
    """A step that is not again next to the same end, and whether it is next to one."""
    margin = 0.1 * (last - first)
    if min(last - t, t - first) >= margin:
        return t, False
    if not (stuck or t >= last or t <= first):
        return t, True
    return (last - margin if abs(t - last) < abs(t - first) else first + margin), False


def strong_wolfe(at: Callable[[float], Point], start: Point, t: float, size: float) -> Point:
    """The point to go to from `start`, by a search that begins with the step `t`; `size` is the
    largest entry of the direction."""
    search = WolfeSearch(at, start, size)
    ends, done = search.bracket(t)
    if len(ends) == 1:
        return ends[0]
    return _ordered(ends)[0] if done else search.narrowed(ends)
