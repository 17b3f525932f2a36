"""What keeps apart in memory: arrays that are no part of one another, turns of loops that touch
places of their own, and nests of loops.

An alias class says which arrays may be the same memory at some time; two buffers that change names
in a loop are of one class, and still two at any moment (`Distinct`). A *nest* is loops around
nothing but the next one, over ranges that stand before it (`nests`). Start at `keep_apart`.
"""

from __future__ import annotations

from collections.abc import Iterator

from .aliases import Aliases
from .form import ACCESSES, LOOPS, MAKERS, Action, Form, Region, Val, walk
from .index_values import differ, own_places


class Distinct:
    """Whether two arrays share no memory, at any one moment."""

    def __init__(self, form: Form, aliases: Aliases) -> None:
        self.args, self.aliases = set(form.args), aliases

    def __call__(self, a: Val, b: Val) -> bool:
        if a is b:
            return False
        if self.aliases.of(a) is not self.aliases.of(b):
            return True
        if _is_older(a, b) or _is_older(b, a):
            return True
        (x, k), (y, j) = _carried(a), _carried(b)
        if x is not None and x is y and (a in x.phis) == (b in x.phis):
            return self.change_places(x, k, j)
        mine, others = self.origins(a), self.origins(b)
        return mine is not None and others is not None and not mine & others

    def change_places(self, loop: Action, k: int, j: int) -> bool:
        """Whether loop variables `k` and `j` are different arrays in each turn: they hand their
        arrays on among loop variables that begin as different ones."""
        to = _handed_on(loop)
        seen = set()
        while (k, j) not in seen:
            seen.add((k, j))
            if k not in to or j not in to or not self(loop.firsts[k], loop.firsts[j]):
                return False
            k, j = to[k], to[j]
        return True

    def origins(self, v: Val) -> set[Val] | None:
        """The arrays, arguments or newly made, that `v` may be or be a part of; None for any."""
        loop, k = _carried(v)
        if loop is None:
            if v.action is None:
                return {v} if v in self.args else None
            if v.action.kind == "view":
                return self.origins(v.action.args[0])
            return {v} if v.action.kind in MAKERS else None
        to, out, seen = _handed_on(loop), set(), set()
        while k not in seen:
            seen.add(k)
            found = self.origins(loop.firsts[k])
            if k not in to or found is None:
                return None
            out |= found
            k = to[k]
        return out


def _is_older(a: Val, b: Val) -> bool:
    """Whether `b` is an array that a turn of a loop makes (see `versions`), and `a` one that the
    loop carries."""
    loop, _ = _carried(a)
    return is_fresh(b) and loop is not None and a in loop.phis and b.region is loop.regions[0]


def is_fresh(v: Val) -> bool:
    """Whether `v` is a part of memory that belongs to nothing else, as a new array does."""
    return v.action is not None and v.action.kind == "view" and bool(v.action.attrs.get("fresh"))


def _carried(v: Val) -> tuple[Action | None, int]:
    """The loop that `v` is a variable or a result of, and its number there."""
    a = v.action
    if a is not None:
        return (a, a.res.index(v)) if a.kind in LOOPS and v in a.res else (None, 0)
    loop = v.region.action if v.region is not None else None
    if loop is not None and loop.kind in LOOPS and v in loop.phis:
        return loop, loop.phis.index(v)
    return None, 0


def is_carried(v: Val) -> bool:
    """Whether `v` is a variable or a result of a loop."""
    return _carried(v)[0] is not None


def _handed_on(loop: Action) -> dict[int, int]:
    """{number of a loop variable: that of the one which was its array a turn before}, of arrays
    that stay among the loop variables."""
    phis, yields = loop.phis, loop.regions[0].yields
    arrays = [k for k, p in enumerate(phis) if p.is_array]
    return {k: phis.index(yields[k]) for k in arrays if yields[k] in phis}


# ----- turns


def keep_apart(loops: list[Action], accesses: list[Action], distinct: Distinct) -> bool:
    """Whether the turns of each of `loops` keep apart in what they write: no turn touches a place
    that another one writes to."""
    writes = [a for a in accesses if a.kind != "load"]
    return all(apart(loops, w, a, distinct) for w in writes for a in accesses)


def apart(loops: list[Action], x: Action, y: Action, distinct: Distinct) -> bool:
    """Whether two accesses never meet in two turns: they are of two arrays, in parts that keep
    apart, or for each loop both at the turn's own place along some axis."""
    array, nest = x.args[0], loops[0].regions[0]
    if array.region is not None and array.region.within(nest):
        return False
    if y.args[0] is not array:
        return distinct(array, y.args[0])
    if never_meet(x, y, nest):
        return True
    return all(own_places(loop, x) & own_places(loop, y) for loop in loops)


def never_meet(x: Action, y: Action, nest: Region) -> bool:
    """Whether two accesses of one array keep apart in all turns in `nest`, by an axis along which
    both stand still there."""
    return any(
        _steady(i, nest) and _steady(j, nest) and differ(i, j)
        for i, j in zip(x.index, y.index, strict=True)
    )


def _steady(v: Val, nest: Region) -> bool:
    return v.is_const or v.region is None or not v.region.within(nest)


# ----- nests


def nests(form: Form) -> Iterator[list[Action]]:
    """The nests of a form, as large as they can be: their loops, the outermost first."""
    for a in list(walk(form.body)):
        if a.kind == "for" and not any(o.kind in LOOPS for o in walk(a.regions[0])):
            loops = [a]
            if not simple(a):
                continue
            while (around := _around(loops[0])) is not None:
                loops.insert(0, around)
            yield loops


def simple(loop: Action) -> bool:
    """Whether a loop counts by one and hands nothing on but sums whose order is free."""
    step = loop.args[2]
    counted = step.is_const and step.const in (1, -1) and not loop.left_early
    return counted and in_any_order(loop) and not loop.attrs.get("pieces")


def in_any_order(loop: Action) -> bool:
    """Whether a loop hands nothing on but sums whose order is free."""
    relaxed = loop.attrs.get("relaxed", ())
    return all(p in relaxed for p in loop.phis)


def _around(loop: Action) -> Action | None:
    """The loop that is around this one and nothing else but whole numbers."""
    region = loop.region
    outer = region.action
    if outer is None or outer.kind != "for" or not simple(outer):
        return None
    if not all(_steady(v, region) for v in loop.args[:3]):
        return None
    rest = [a for a in region.actions if a is not loop]
    return outer if all(a.kind in ("pure", "dim") and not a.out.is_float for a in rest) else None


def accesses_of(region: Region) -> list[Action]:
    return [a for a in walk(region) if a.kind in ACCESSES]
