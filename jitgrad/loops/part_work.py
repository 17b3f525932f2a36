"""The work of a loop, roughly: what its division into parts goes by (`parts`).

Operations are counted, those of inner loops by their turns, which are taken from the middle of the
outer range where they depend on the turn. Start at `work_of`.
"""

from __future__ import annotations

from ..runtime.numba.inference import I64
from .builder import Builder
from .form import ACCESSES, Action, Region, Val
from .index_values import linear
from .scalars import SCALARS

#: The work of a dear function and of one that calls a library, and how often a loop goes round of
#: which nothing is known.
DEAR, CALL, TURNS = 10, 1000, 16


def work_of(b: Builder, loop: Action, turns: Val) -> Val:
    """The work of all turns, before the loop."""
    return b.pure("mul", turns, _TurnWork(b, loop, turns).of(loop.regions[0]))


class _TurnWork:
    def __init__(self, b: Builder, loop: Action, turns: Val) -> None:
        self.b, self.turn = b, loop.regions[0]
        half = b.pure("floordiv", turns, b.const(2))
        self.middle = b.pure("add", loop.args[0], half)
        if loop.args[2].const < 0:
            self.middle = b.pure("sub", loop.args[0], half)

    def of(self, region: Region) -> Val:
        b, plain = self.b, 1
        total = b.const(0)
        for a in region.actions:
            plain += _weight(a)
            for r in a.regions:
                n = self.turns_of(a) if a.kind == "for" else b.const(TURNS)
                work = self.of(r)
                total = b.pure("add", total, work if a.kind == "if" else b.pure("mul", n, work))
        return b.pure("add", total, b.const(plain))

    def turns_of(self, loop: Action) -> Val:
        b, step = self.b, loop.args[2]
        ends = [self.known(v) for v in loop.args[:2]]
        if None in ends or not step.is_const:
            return b.const(TURNS)
        lo, hi = ends if step.const > 0 else reversed(ends)
        span = b.pure("sub", hi, lo)  # type: ignore[arg-type]
        return b.pure("max", b.pure("floordiv", span, b.const(abs(step.const))), b.const(1))

    def known(self, v: Val) -> Val | None:
        """A whole number before the loop, or what it is in the turn in the middle."""
        if v.is_const or v.region is None or not v.region.within(self.turn):
            return v
        b = self.b
        factors, c = linear(v)
        out = b.const(c)
        for x, f in factors.items():
            if x is self.turn.args[0]:
                x = self.middle
            elif x.type != I64 or (x.region is not None and x.region.within(self.turn)):
                return None
            out = b.pure("add", out, b.pure("mul", x, b.const(f)))
        return out


def _weight(a: Action) -> int:
    if a.kind in ("lib", "call", "outside", "alloc"):
        return CALL
    if a.kind in ACCESSES:
        return 1
    if a.kind != "pure" or not a.out.is_float:
        return 0
    return DEAR if SCALARS[str(a.fn)].dear else 1
