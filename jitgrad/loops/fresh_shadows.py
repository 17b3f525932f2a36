"""Shadows that change places: a turn assigns what it has first to add, instead of zeroing for it.

The adjoint of a turn that writes one of two buffers and reads the other takes the cotangent of each
place from one shadow, leaves a zero there, and adds to the other, which the turn before has zeroed.
The zero need not be written where the next turn assigns:

    for t in reversed(range(nt)):              for t in reversed(range(nt)):
        for i in range(1, n - 1):                  for i in range(1, n - 1):
            g = v_b[i]                                 g = v_b[i]
            v_b[i] = 0.0                               u_b[i] = -2 * g
            u_b[i] += -2 * g                       ...
        ...                                        u_b, v_b = v_b, u_b
        u_b, v_b = v_b, u_b                    v_b[1 : n - 1] = 0.0

Both nests cover one box, the same in each turn, of which nothing is read before; the first turn has
to find zeros there, and the last one's are written behind the loop. Done on forms that are printed,
behind `gather`, which leaves one addition for each place. Start at `assign`.
"""

from __future__ import annotations

from .aliases import Aliases
from .apart import Distinct
from .builder import Builder
from .form import LOOPS, Action, Form, Region, Val, within
from .gather import insert
from .index_values import same_value
from .versions import box_of


def assign(form: Form) -> Form:
    """Drops zeros that are written for the next turn to add to."""
    distinct = Distinct(form, Aliases(form))
    for loop in list(form.body.actions):
        if loop.kind == "for" and loop.args[2].is_const and not loop.left_early:
            for taken, given in _pairs(loop):
                found = _Box.find(loop, taken, given)
                if (
                    found is not None
                    and _is_alone(loop, found, distinct)
                    and _is_zero(form, loop, given, distinct)
                ):
                    found.rewrite()
    return form


def _pairs(loop: Action) -> list[tuple[Val, Val]]:
    """The arrays that change places."""
    phis, yields = loop.phis, loop.regions[0].yields
    to = {p: y for p, y in zip(phis, yields, strict=True) if p.is_array}
    return [(p, y) for p, y in to.items() if p is not y and to.get(y) is p]


class _Box:
    """The nest of a turn that takes cotangents of `taken` and adds to `given`.

    Attributes
    ----------
    zero, addition : Action
        What leaves zeros, and what adds at the same places.
    nest : list of Action
        The loops around both, the outermost first.
    """

    def __init__(self, loop: Action, nest: list[Action], zero: Action, addition: Action) -> None:
        self.loop, self.nest, self.zero, self.addition = loop, nest, zero, addition
        self.taken, self.given = zero.args[0], addition.args[0]

    @classmethod
    def find(cls, loop: Action, taken: Val, given: Val) -> _Box | None:
        zero, added = _taking(loop, taken), []
        if zero is not None:
            added = [a for a in zero.region.actions if a.kind == "addto" and a.args[0] is given]
        if zero is None or len(added) != 1 or added[0].args[-1].type != given.type.dtype:
            return None
        loops = [r.action for r in zero.region.up() if r.action is not None][::-1]
        nested = len(loops) > 1 and all(a.kind == "for" for a in loops)
        same = all(map(same_value, zero.index, added[0].index))
        fits = nested and same and loops[0] is loop and box_of(loops, zero) is not None
        return cls(loop, loops[1:], zero, added[0]) if fits else None

    def rewrite(self) -> None:
        """Assigns, and leaves zeros behind the loop."""
        a = self.addition
        a.kind, a.attrs = "store", {}
        self.zero.region.actions.remove(self.zero)
        loop, nest = self.loop, self.nest
        lo, hi, step = loop.args[:3]
        with Builder(Region()) as b:
            b.loc = nest[0].loc
            some = b.pure("lt" if step.const > 0 else "gt", lo, hi)
            outside, inside = b.region, Region(b.region)
            b.region = inside
            numbers: dict[Val, Val] = {}
            regions = []
            for old in nest:
                r = Region(b.region)
                numbers[old.regions[0].args[0]] = Val(old.regions[0].args[0].type, "i", None, r)
                r.args.append(numbers[old.regions[0].args[0]])
                regions.append(r)
                b.region = r
            last = loop.res[loop.phis.index(self.given)]
            index = [self.moved(b, i, numbers) for i in self.zero.index]
            b.store(last, *index, b.const(0, last.type.dtype))
            for old, r in zip(reversed(nest), reversed(regions), strict=True):
                b.region = r.parent
                parallel = old.attrs.get("parallel", False)
                b.emit("for", old.args[:3], [], regions=(r,), parallel=parallel, brk=None)
            b.region = outside
            b.emit("if", (some,), [], regions=(inside, Region(outside)))
            rest = loop.region.actions[loop.region.actions.index(loop) + 1 :]
            insert(b.region, loop.region, rest[0] if rest else None)

    def moved(self, b: Builder, i: Val, numbers: dict[Val, Val]) -> Val:
        """An index at the numbers of other loops: `box_of` has made sure that it is one of them,
        and a constant."""
        if i in numbers:
            return numbers[i]
        if i.action is None:
            return i
        return b.pure(str(i.action.fn), *[self.moved(b, x, numbers) for x in i.action.args])


def _is_alone(loop: Action, box: _Box, distinct: Distinct) -> bool:
    """Whether nothing else of a turn touches the one shadow, nor the other before it is assigned,
    under these names or others."""
    turn = loop.regions[0]
    at = turn.actions.index(box.nest[0])

    def fits(a: Action, x: Val, behind: bool) -> bool:
        if a in (box.zero, box.addition) or a.kind == "dim":
            return True
        if x is box.taken:
            read = a.kind == "load" and a.region is box.zero.region
            before = read and _before(a, box.zero)
            return before and all(map(same_value, a.index, box.zero.index))
        if x is box.given:
            return behind and a.kind in ("load", "addto")
        return distinct(x, box.taken) and distinct(x, box.given)

    for k, top in enumerate(turn.actions):
        for a in (top, *within(top)):
            if any(x.is_array for x in a.res) and a.kind not in ("alloc", "load"):
                same = [x for x in a.res if x.is_array and not distinct(x, box.taken)]
                if same:
                    return False
            if not all(fits(a, x, k > at) for x in a.args if x.is_array):
                return False
    return True


def _taking(loop: Action, taken: Val) -> Action | None:
    """What leaves a zero in an array, where nothing else in a loop stores into it."""
    zeros = [a for a in within(loop) if a.kind == "store" and a.args[0] is taken]
    value = zeros[0].args[-1] if len(zeros) == 1 else None
    return zeros[0] if value is not None and value.is_const and value.const == 0 else None


def _before(x: Action, y: Action) -> bool:
    actions = x.region.actions
    return actions.index(x) < actions.index(y)


def _is_zero(form: Form, loop: Action, given: Val, distinct: Distinct) -> bool:
    """Whether nobody has written to the shadow that the first turn adds to."""
    first = loop.firsts[loop.phis.index(given)]
    origins = distinct.origins(first)
    if not origins:
        return False
    for v in origins:
        if v.action is None or v.action.kind != "alloc" or v.action.fn != "zeros":
            return False
        if v.region is not form.body:
            return False
    for top in form.body.actions[: form.body.actions.index(loop)]:
        for a in (top, *within(top)):
            if a.kind in LOOPS or a.kind == "dim":
                continue
            if any(x.is_array and not distinct(x, first) for x in a.args):
                return False
    return True
