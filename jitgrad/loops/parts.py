"""Parallel loops in parts, which threads run: what becomes of `prange`, in either sweep.

The turns of a loop are divided into parts by the sizes alone, so results have the same bits for any
number of threads. A part has what it sums for itself, and what it adds to places that others add
to, too, in an array of its own; these are added up behind the loop, part after part:

    for i in prange(n):                        for part in ...:  # on threads
        s += f(x[i], p)                            total = 0.0
        p_b[0] += g(x[i], p)                       for i in range(first, last):
                                                       total += f(x[i], p)
                                                       p_b_parts[part, 0] += g(x[i], p)
                                                   s_parts[part] = total
                                               for part in ...:
                                                   s += s_parts[part]

A loop whose turns cannot be told apart stays as it is. Done on forms that are printed; `emit` makes
a function of a part, and `runtime.numba.part_launch` runs it. Start at `in_parts`.
"""

from __future__ import annotations

from typing import Any

from ..runtime.numba.inference import I64, types
from .additions import additive
from .aliases import Aliases
from .apart import Distinct, apart, is_fresh
from .builder import Builder
from .clean import replace
from .form import ACCESSES, MAKERS, Action, Form, Region, Val, walk
from .gather import insert, span_of
from .part_work import work_of
from .tapes import Tape

#: The most parts of a loop, and the least work of one, in operations of a few cycles.
MOST, GRAIN = 64, 4096
#: How much work a place is worth that each part has for itself.
PLACE = 16
#: What a turn may consist of.
FREE = ("pure", "dim", "view", "alloc", "if", "for", "while", "test", "check", "tape", "lib")
#: Functions that are called for their effect -> the arguments that they write to.
WRITES = {
    **dict.fromkeys(("_dot_back", "_solve_back_1", "_solve_back_2"), (3, 4)),
    **dict.fromkeys(("_dot_add", "_dot_add_1", "_dot_add_2"), (0,)),
}


def in_parts(form: Form) -> Form:
    """Divides the loops that are marked as parallel."""
    for loop in list(walk(form.body)):
        if loop.kind == "for" and loop.attrs.get("parallel") and not _within_parts(loop):
            _divided(form, loop)
    return form


def _within_parts(loop: Action) -> bool:
    return any(r.action is not None and r.action.kind == "parts" for r in loop.region.up())


def _divided(form: Form, loop: Action) -> None:
    made = _made_for(form, loop)
    tapes = _tapes(loop, {a.attrs["tape"] for a in made})
    memory = _TouchedMemory(loop, Distinct(form, Aliases(form)))
    if tapes is not None and _is_counted(loop) and _sums(loop) and memory.keeps_apart():
        _Division(form, loop, tapes, made, memory.shared).make()


def _is_counted(loop: Action) -> bool:
    step = loop.args[2]
    return step.is_const and step.const in (1, -1) and not loop.left_early


def _sums(loop: Action) -> bool:
    """Whether a loop hands nothing on but sums."""
    r, relaxed = loop.regions[0], loop.attrs.get("relaxed", ())
    return all(
        isinstance(p.type, (types.Float, types.Integer)) and (p in relaxed or additive(p, y, r))
        for p, y in zip(loop.phis, r.yields, strict=True)
    )


# ----- memory


class _TouchedMemory:
    """What the turns of a loop touch; `shared` has the arrays that several add to one place of, in
    an order that is free, with these additions."""

    def __init__(self, loop: Action, distinct: Distinct) -> None:
        self.loop, self.turn, self.distinct = loop, loop.regions[0], distinct
        self.shared: dict[Val, list[Action]] = {}
        self.touched: dict[Action, Action] = {}
        #: Arrays that are read as wholes.
        self.read: set[Val] = set()

    def keeps_apart(self) -> bool:
        """Whether parts may run at the same time."""
        if not all([self.take(a) for a in walk(self.turn)]):
            return False
        probes = list(self.touched)
        for w in probes:
            if w.kind != "load" and not all([self.apart(w, x) for x in probes]):
                return False
        written = {w.args[0] for w in probes if w.kind != "load"}
        if not all(self.distinct(v, w) for v in self.read for w in written):
            return False
        return all([self.is_only_added_to(array) for array in self.shared])

    def take(self, a: Action) -> bool:
        """Looks at an action of a turn; False where nothing is known of it."""
        if a.kind in ACCESSES:
            probe = self.resolved(a)
            if not self.is_own(probe.args[0]):
                self.touched[probe] = a
                return not probe.args[0].region or not probe.args[0].region.within(self.turn)
            return True
        arrays = [_root(v) for v in a.args if v.is_array and a.kind != "view"]
        if a.kind == "call":
            written = [_root(a.args[k]) for k in WRITES.get(str(a.fn), range(len(a.args)))]
            self.read.update(v for v in arrays if not self.is_own(v))
            return all(map(self.is_own, written))
        if a.kind == "lib":
            self.read.update(v for v in arrays if not self.is_own(v))
        return a.kind in FREE and a.fn not in ("thread_id", "thread_count")

    def is_own(self, array: Val) -> bool:
        """Whether a turn makes an array for itself."""
        origins = self.distinct.origins(array)
        return bool(origins) and all(
            v.action is not None and v.action.kind in MAKERS and v.region.within(self.turn)  # type: ignore[union-attr]
            for v in origins or ()
        )

    def resolved(self, a: Action) -> Action:
        """An access of the array that a view is of, at the same place."""
        array, index = a.args[0], list(a.index)
        while array.action is not None and array.action.kind == "view" and not is_fresh(array):
            made = array.action
            index = self.through(made, index)
            array = made.args[0]
        probe = Action(a.kind, None, [array, *index, *a.args[1 + len(a.index) :]], attrs=a.attrs)
        probe.region = a.region
        return probe

    def through(self, view: Action, index: list[Val]) -> list[Val]:
        numbers, given, out = iter(view.args[1:]), iter(index), []
        for s in view.attrs["spec"]:
            first = next(numbers)
            if s == "i":
                out.append(first)
                continue
            next(numbers)
            i = next(given)
            plain = s[1] == 1 and first.is_const and first.const == 0
            out.append(i if plain else Val(I64, "unknown", None, self.turn))
        return [*out, *given]

    def apart(self, w: Action, x: Action) -> bool:
        """Whether two accesses never meet, or are additions that each part may have for itself."""
        if apart([self.loop], w, x, self.distinct):
            return True
        if w.args[0] is not x.args[0] or not (self.is_free(w) and self.is_free(x)):
            return False
        self.shared.setdefault(w.args[0], [])
        return True

    def is_free(self, probe: Action) -> bool:
        """Whether an access is an addition to a whole array whose order is free."""
        a = self.touched[probe]
        free = probe.kind == "addto" and probe.attrs.get("any_order")
        return bool(free) and a.args[0] is probe.args[0]

    def is_only_added_to(self, array: Val) -> bool:
        for probe, a in self.touched.items():
            if probe.args[0] is array and self.is_free(probe):
                self.shared[array].append(a)
            elif probe.args[0] is array or not self.distinct(probe.args[0], array):
                return False
        return True


def _root(v: Val) -> Val:
    while v.action is not None and v.action.kind == "view" and not is_fresh(v):
        v = v.action.args[0]
    return v


# ----- tapes


def _made_for(form: Form, loop: Action) -> list[Action]:
    """What makes the tapes before a loop that only its turns use: what one writes there, it reads
    itself."""
    made: dict[Tape, Action] = {}
    outside: set[Tape] = set()
    for a in walk(form.body):
        if a.kind == "tape":
            tape = a.attrs["tape"]
            if a.region.within(loop.regions[0]):
                continue
            if a.attrs["what"] == "new" and tape not in made:
                made[tape] = a
            else:
                outside.add(tape)
    used = {a.attrs["tape"] for a in walk(loop.regions[0]) if a.kind == "tape"}
    return [a for tape, a in made.items() if tape in used - outside]


def _tapes(loop: Action, own: set[Tape]) -> dict[Tape, tuple[str, list[Action]]] | None:
    """The tapes from outside that turns write or read, without those of a turn's `own`: {tape: (the
    way, loops around its turn within `loop`)}; None where it is not known where a turn stands on
    them."""
    inside = [a for a in walk(loop.regions[0]) if a.kind == "tape"]
    own = own | {a.attrs["tape"] for a in inside if a.attrs["what"] == "new"}
    grown = [a.attrs.get("pieces") for a in walk(loop.regions[0])]
    if not own.issuperset(filter(None, grown)):
        return None
    out: dict[Tape, tuple[str, list[Action]]] = {}
    used = {a.attrs["tape"] for a in inside} - own
    for a in inside:
        tape, what = a.attrs["tape"], a.attrs["what"]
        if tape in own or what in ("push", "pop"):
            continue
        around = _counted_around(a, loop)
        if what not in ("step", "back") or tape in out or around is None:
            return None
        out[tape] = what, around
    return out if used == set(out) and all(map(_is_exact, used)) else None


def _is_exact(tape: Tape) -> bool:
    return tape.exact and not any(v.is_array for v, _ in tape.entries)


def _counted_around(a: Action, loop: Action) -> list[Action] | None:
    """The loops between an action and `loop`, if their ranges stand before `loop`."""
    out, region = [], a.region
    while region is not loop.regions[0]:
        inner = region.action
        if inner.kind != "for" or inner.left_early or not inner.args[2].is_const:
            return None
        bounds = inner.args[:3]
        if any(v.region is not None and v.region.within(loop.regions[0]) for v in bounds):
            return None
        out.append(inner)
        region = inner.region
    return out


# ----- the parts


class _Division:
    """A loop divided into parts; `shared` has the arrays that parts have for themselves."""

    turns: Val
    parts: Val

    def __init__(
        self,
        form: Form,
        loop: Action,
        tapes: dict[Tape, tuple[str, list[Action]]],
        made: list[Action],
        shared: dict[Val, list[Action]],
    ) -> None:
        self.form, self.loop, self.tapes, self.shared = form, loop, tapes, shared
        self.made = made
        self.sums: list[Val] = []
        self.copies: list[tuple[Val, Val]] = []

    def make(self) -> None:
        loop, home = self.loop, self.loop.region
        before = home.actions[home.actions.index(loop) + 1 :][:1]
        home.actions.remove(loop)
        with Builder(Region()) as b:
            b.loc = loop.loc
            lo, hi = span_of(b, loop)
            self.turns = b.pure("max", b.pure("sub", hi, lo), b.const(0))
            work = work_of(b, loop, self.turns)
            self.parts = self.count(b, work)
            size = b.pure("add", b.pure("add", self.turns, self.parts), b.const(-1))
            size = b.pure("max", b.pure("floordiv", size, self.parts), b.const(0))
            for p in loop.phis:
                made = b.alloc([self.parts], p.type, hint=f"{p.hint}_parts")
                self.sums.append(made)
            for array, additions in self.shared.items():
                self.copy(b, array, additions)
            steps = {t: self.steps(b, around) for t, (_, around) in self.tapes.items()}
            self.part(b, lo, hi, size, work, steps)
            for tape, (what, _) in self.tapes.items():
                n = b.pure("mul", self.turns, steps[tape])
                self.move(b, tape, "ahead" if what == "step" else "skip", n)
            self.collect(b)
            new = dict(zip(loop.res, self.totals(b), strict=True))
            insert(b.region, home, before[0] if before else None)
        if new:
            replace(self.form, new)

    def count(self, b: Builder, work: Val) -> Val:
        """How many parts: by the work, and by what each of them has for itself."""
        parts = b.pure("min", b.pure("floordiv", work, b.const(GRAIN)), b.const(MOST))
        places: Any = None
        for array in self.shared:
            size = b.const(1)
            for k in range(array.type.ndim):
                size = b.pure("mul", size, b.dim(array, k))
            places = size if places is None else b.pure("add", places, size)
        if places is not None:
            most = b.pure("add", b.pure("mul", places, b.const(PLACE)), b.const(1))
            parts = b.pure("min", parts, b.pure("floordiv", work, b.pure("max", most, b.const(1))))
        return b.pure("max", b.pure("min", parts, self.turns), b.const(1))

    def copy(self, b: Builder, array: Val, additions: list[Action]) -> None:
        lengths = [b.dim(array, k) for k in range(array.type.ndim)]
        dtype = array.type.dtype
        made = b.alloc([self.parts, *lengths], dtype, "zeros", hint=f"{array.hint}_parts")
        self.copies.append((array, made))

    def steps(self, b: Builder, around: list[Action]) -> Val:
        """How far a turn goes on a tape."""
        out = b.const(1)
        for loop in around:
            lo, hi, step = loop.args[:3]
            n = b.pure("sub", hi, lo) if step.const > 0 else b.pure("sub", lo, hi)
            k = abs(step.const)
            if k != 1:
                n = b.pure("floordiv", b.pure("add", n, b.const(k - 1)), b.const(k))
            out = b.pure("mul", out, b.pure("max", n, b.const(0)))
        return out

    def move(self, b: Builder, tape: Tape, what: str, n: Val) -> None:
        b.emit("tape", (n,), what=what, tape=tape, value=None)

    def part(
        self, b: Builder, lo: Val, hi: Val, size: Val, work: Val, steps: dict[Tape, Val]
    ) -> None:
        """The loop over the parts, around that over the turns of one."""
        loop, outside, turn = self.loop, b.region, Region(b.region)
        part = Val(I64, "part", None, turn)
        turn.args.append(part)
        b.region = turn
        first = b.pure("add", lo, b.pure("mul", part, size))
        last = b.pure("min", b.pure("add", first, size), hi)
        for a in self.made:
            a.region.actions.remove(a)
            a.region = turn
            turn.actions.append(a)
        for tape, (what, _) in self.tapes.items():
            if what == "step":
                n = b.pure("mul", b.pure("sub", first, lo), steps[tape])
                self.move(b, tape, "ahead", n)
            else:
                n = b.pure("mul", b.pure("sub", hi, last), steps[tape])
                self.move(b, tape, "skip", n)
        down = loop.args[2].const < 0
        minus = b.const(-1)
        span = (first, last, b.const(1))
        if down:
            span = (b.pure("add", last, minus), b.pure("add", first, minus), minus)
        inner = b.emit(
            "for",
            (*span, *[b.const(0, p.type) for p in loop.phis]),
            [p.type for p in loop.phis],
            regions=tuple(loop.regions),
            **loop.attrs,
        )
        inner.regions[0].parent = turn
        for array, v in zip(self.sums, inner.res, strict=True):
            b.store(array, part, v)
        for (_, copy), additions in zip(self.copies, self.shared.values(), strict=True):
            for a in additions:
                a.args = [copy, part, *a.args[1:]]
        b.region = outside
        b.emit("parts", (self.parts, work), [], regions=(turn,))

    def collect(self, b: Builder) -> None:
        """Adds what parts have added, part after part."""
        for array, copy in self.copies:
            lengths = [b.dim(array, k) for k in range(array.type.ndim)]
            b.nest(
                [self.parts, *lengths],
                lambda index, array=array, copy=copy: b.addto(
                    array, *index[1:], b.load(copy, *index), any_order=True
                ),
            )

    def totals(self, b: Builder) -> list[Val]:
        loop, outside, turn = self.loop, b.region, Region(b.region)
        if not self.sums:
            return []
        part = Val(I64, "part", None, turn)
        phis = [Val(p.type, p.hint, None, turn) for p in loop.phis]
        turn.args = [part, *phis]
        b.region = turn
        turn.yields = [
            b.pure("add", p, b.load(array, part)) for p, array in zip(phis, self.sums, strict=True)
        ]
        b.region = outside
        span = b.const(0), self.parts, b.const(1)
        kinds = [p.type for p in phis]
        out = b.emit("for", (*span, *loop.firsts), kinds, regions=(turn,), parallel=False, brk=None)
        return list(out.res)
