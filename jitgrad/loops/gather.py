"""Gathering: a nest that adds to places beside its own becomes two, the second of which collects.

The adjoint of a stencil adds the cotangent of each place to its neighbours, so a turn waits for
what the one before has written, and nothing is vectorised. Where nobody else looks at the array
meanwhile, the turns leave what they would add in arrays with a place per turn (*planes*, with a
margin of zeros around), and a second nest adds to each place what the turns around it have left:

    for i in range(1, n - 1):                  for i in range(1, n - 1):
        g = ...                                    g = ...
        x_b[i] += -2 * g                           x_b[i] += -2 * g
        x_b[i - 1] += g                            plane[i + 1] = g
        x_b[i + 1] += g                        for i in range(0, n):
                                                   x_b[i] += plane[i] + plane[i + 2]

Nests that keep waiting for other places (sweeps in place) are left as they are. Source: what J.
Hückelheim et al. do to stencils (*Automatic differentiation for adjoint stencil loops*, ICPP 2019),
here with planes in place of recomputation. Done on forms that are printed. Start at `gather`.
"""

from __future__ import annotations

from typing import Any

from ..runtime.numba.inference import I64
from .aliases import Aliases
from .apart import Distinct, accesses_of, keep_apart, nests, never_meet
from .builder import Builder
from .form import ACCESSES, LOOPS, Action, Form, Region, Val
from .index_values import linear, nonneg, same_value

#: The most planes of one array, and the widest margin.
MOST, WIDEST = 3, 4


def gather(form: Form) -> Form:
    """Splits nests that add to neighbouring places."""
    distinct = Distinct(form, Aliases(form))
    for loops in list(nests(form)):
        if all(a.kind in ("pure", "dim", "tape", *ACCESSES) for a in loops[-1].regions[0].actions):
            while loops and not _gathered(form, loops, distinct):
                loops = loops[1:]
    return form


def _gathered(form: Form, loops: list[Action], distinct: Distinct) -> bool:
    """Splits a nest, if that lets its turns come in any order."""
    home = _home(loops[0], [x for loop in loops for x in loop.args[:2]])
    if home is None:
        return False
    accesses = accesses_of(loops[-1].regions[0])
    found = [g for g in _groups(loops, accesses) if g.alone(accesses, distinct)]
    moved = {a for g in found for a in g.moved}
    rest = [a for a in accesses if a not in moved]
    if not found or not keep_apart(loops, rest, distinct):
        return False
    for g in found:
        _Gathering(form, loops, g, home).make()
    return True


def _home(nest: Action, bounds: list[Val]) -> tuple[Region, Action] | None:
    """Where the planes of a nest are made, before which action: a region in no loop in which its
    bounds are known."""
    known = [v.region for v in bounds if v.region is not None]
    before, region = nest, nest.region
    home = None
    while region is not None:
        if all(any(q is r for q in region.up()) for r in known):
            home = region, before
        before, region = region.action, region.parent
    if home is None or any(r.action is not None and r.action.kind in LOOPS for r in home[0].up()):
        return None
    return home


class _Additions:
    """Additions to one array, at places that stand still but for the numbers of the nest.

    Attributes
    ----------
    shifts : dict
        Addition -> how far its place is from the numbers of the turn, for each loop.
    moved : list of Action
        The additions that become planes: all but those at one place.
    """

    def __init__(self, first: Action, axes: list[int], loops: list[Action]) -> None:
        self.array, self.first, self.axes, self.loops = first.args[0], first, axes, loops
        self.shifts: dict[Action, tuple[int, ...]] = {}
        self.moved: list[Action] = []

    def takes(self, a: Action, axes: list[int]) -> bool:
        """Whether an addition is of this group."""
        if a.args[0] is not self.array or axes != self.axes:
            return False
        pairs = zip(a.index, self.first.index, strict=True)
        return all(same_value(i, j) for k, (i, j) in enumerate(pairs) if k not in axes)

    def add(self, a: Action) -> None:
        self.shifts[a] = tuple([linear(a.index[k])[1] for k in self.axes])

    def settle(self) -> bool:
        """Chooses what stays: as few planes as possible are made of the others."""
        choices = dict.fromkeys(self.shifts.values())
        if len(choices) < 2 or any(max(c) - min(c) > WIDEST for c in zip(*choices, strict=True)):
            return False
        dtype = self.array.type.dtype
        if any(a.args[-1].type != dtype or self.source(a)[0].is_const for a in self.shifts):
            return False
        stays = min(choices, key=lambda c: len(self.planes(c)))
        self.moved = [a for a, c in self.shifts.items() if c != stays]
        return len(self.planes(stays)) <= MOST

    def planes(self, stays: tuple[int, ...]) -> set[Val]:
        return {self.source(a)[0] for a, c in self.shifts.items() if c != stays}

    def source(self, a: Action) -> tuple[Val, list[Action]]:
        return _source(a.args[-1], self.loops[0].regions[0])

    def alone(self, accesses: list[Action], distinct: Distinct) -> bool:
        """Whether nothing else in the nest touches these places."""
        nest = self.loops[0].regions[0]
        for a in accesses:
            if a in self.shifts:
                continue
            same = a.args[0] is self.array
            if not (never_meet(a, self.first, nest) if same else distinct(a.args[0], self.array)):
                return False
        return True


def _source(v: Val, nest: Region) -> tuple[Val, list[Action]]:
    """What a value is a multiple of, by numbers that stand still in a nest, and the actions that
    make it of that, the last first."""
    a, made = v.action, []
    while a is not None and a.kind == "pure" and a.fn in ("neg", "mul", "div"):
        still = [k for k, x in enumerate(a.args) if _is_still(x, nest)]
        if a.fn != "neg" and (len(still) != 1 or (a.fn == "div" and still != [1])):
            break
        x = a.args[1 - still[0]] if still else a.args[0]
        if x.type != v.type:
            break
        made.append(a)
        v, a = x, x.action
    return v, made


def _is_still(v: Val, nest: Region) -> bool:
    return v.is_const or v.region is None or not v.region.within(nest)


def _groups(loops: list[Action], accesses: list[Action]) -> list[_Additions]:
    out: list[_Additions] = []
    for a in accesses:
        axes = _axes(loops, a) if a.attrs.get("any_order") and a.kind == "addto" else None
        if axes is None:
            continue
        group = next((g for g in out if g.takes(a, axes)), None)
        if group is None:
            group = _Additions(a, axes, loops)
            out.append(group)
        group.add(a)
    return [g for g in out if g.settle()]


def _axes(loops: list[Action], a: Action) -> list[int] | None:
    """For each loop the axis along which an access moves with its number, one by one; None where
    it does anything else."""
    nest, ivs = loops[0].regions[0], [loop.regions[0].args[0] for loop in loops]
    array, found = a.args[0], {}
    if array.region is not None and array.region.within(nest):
        return None
    for k, i in enumerate(a.index):
        if i.type != I64 or not nonneg(i):
            return None
        if not _is_still(i, nest):
            factors, _ = linear(i)
            iv = next(iter(factors), None)
            if factors != {iv: 1} or iv not in ivs or iv in found:
                return None
            found[iv] = k
    return [found[iv] for iv in ivs] if len(found) == len(ivs) else None


class _Gathering:
    """The planes of a group: made at `home`, written in the nest, and collected behind it."""

    spans: list
    offsets: list
    planes: dict

    def __init__(
        self, form: Form, loops: list[Action], group: _Additions, home: tuple[Region, Action]
    ) -> None:
        self.loops, self.group, self.home = loops, group, home
        shifts = [group.shifts[a] for a in group.moved]
        self.low = [min(c) for c in zip(*shifts, strict=True)]
        self.high = [max(c) for c in zip(*shifts, strict=True)]
        self.margin = [h - c for h, c in zip(self.high, self.low, strict=True)]

    def make(self) -> None:
        region, before = self.home
        with Builder(Region()) as b:
            b.loc = self.loops[0].loc
            self.spans = [span_of(b, loop) for loop in self.loops]
            # What is added to the number of a turn to have its place in a plane.
            self.offsets = [
                b.pure("sub", b.const(m), lo)
                for m, (lo, _) in zip(self.margin, self.spans, strict=True)
            ]
            shape = [
                b.pure("add", b.pure("max", b.pure("sub", hi, lo), b.const(0)), b.const(2 * m))
                for m, (lo, hi) in zip(self.margin, self.spans, strict=True)
            ]
            array, self.planes = self.group.array, {}
            for a in self.group.moved:
                v, _ = self.group.source(a)
                if v not in self.planes:
                    made = b.alloc(shape, array.type.dtype, "zeros", hint=f"{array.hint}_plane")
                    self.planes[v] = made
            insert(b.region, region, before)
        self.write()
        self.collect()

    def write(self) -> None:
        """Puts what turns would add into the planes."""
        region = self.loops[-1].regions[0]
        numbers = [loop.regions[0].args[0] for loop in self.loops]
        done = set()
        for a in self.group.moved:
            v, _ = self.group.source(a)
            if v not in done:
                done.add(v)
                with Builder(Region()) as b:
                    b.loc = a.loc
                    b.store(self.planes[v], *self.at(b, numbers, (0,) * len(numbers)), v)
                    insert(b.region, region, a)
            region.actions.remove(a)

    def at(self, b: Builder, numbers: list[Val], shift: tuple[int, ...]) -> list[Val]:
        """The place in the planes of the turn that adds with `shift` to the place `numbers`."""
        return [
            b.pure("add", n, b.pure("sub", o, b.const(c)))
            if o.is_const
            else b.pure("add", b.pure("add", n, o), b.const(-c))
            for n, o, c in zip(numbers, self.offsets, shift, strict=True)
        ]

    def collect(self) -> None:
        """The nest that adds to each place what the turns around it have left, where there was any
        turn: elsewhere there need not be a place."""
        nest = self.loops[0]
        with Builder(Region()) as b:
            b.loc = nest.loc
            turns = [b.pure("lt", lo, hi) for lo, hi in self.spans]
            any_turn = turns[0]
            for test in turns[1:]:
                any_turn = b.pure("and", any_turn, test)
            outside, inside = b.region, Region(b.region)
            b.region = inside
            self.collect_over(b, [], self.loops)
            b.region = outside
            b.emit("if", (any_turn,), [], regions=(inside, Region(outside)))
            at = nest.region.actions.index(nest) + 1
            behind = nest.region.actions[at] if at < len(nest.region.actions) else None
            insert(b.region, nest.region, behind)

    def collect_over(self, b: Builder, numbers: list[Val], loops: list[Action]) -> None:
        k = len(numbers)
        if not loops:
            b.addto(self.group.array, *self.index(numbers), self.sum(b, numbers))
            return
        lo, hi = self.spans[k]
        parent, turn = b.region, Region(b.region)
        first, last = (
            b.pure("add", lo, b.const(self.low[k])),
            b.pure("add", hi, b.const(self.high[k])),
        )
        number = Val(I64, loops[0].regions[0].args[0].hint, None, turn)
        turn.args.append(number)
        b.region = turn
        self.collect_over(b, [*numbers, number], loops[1:])
        b.region = parent
        parallel = loops[0].attrs.get("parallel", False)
        b.emit("for", (first, last, b.const(1)), [], regions=(turn,), parallel=parallel, brk=None)

    def index(self, numbers: list[Val]) -> list[Val]:
        out = list(self.group.first.index)
        for k, n in zip(self.group.axes, numbers, strict=True):
            out[k] = n
        return out

    def sum(self, b: Builder, numbers: list[Val]) -> Val:
        total: Any = None
        for a in self.group.moved:
            v, made = self.group.source(a)
            x = b.load(self.planes[v], *self.at(b, numbers, self.group.shifts[a]), hint=v.hint)
            sign = "add"
            for o in reversed(made):
                if o.fn == "neg":
                    sign = "sub" if sign == "add" else "add"
                else:
                    before = v if o is made[-1] else made[made.index(o) + 1].out
                    x = b.pure(str(o.fn), *[x if y is before else y for y in o.args])
            if total is None:
                total = x if sign == "add" else b.pure("neg", x)
            else:
                total = b.pure(sign, total, x)
        return total


def span_of(b: Builder, loop: Action) -> tuple[Val, Val]:
    """The numbers of a loop, counted up: (the first, the one behind the last)."""
    lo, hi, step = loop.args[:3]
    if step.const > 0:
        return lo, hi
    return b.pure("add", hi, b.const(1)), b.pure("add", lo, b.const(1))


def insert(made: Region, region: Region, before: Action | None) -> None:
    """Moves the actions of `made` into `region`, to its end or before an action."""
    at = len(region.actions) if before is None else region.actions.index(before)
    tail = region.actions[at:]
    del region.actions[at:]
    made.moved_to(region)
    region.actions.extend(tail)
