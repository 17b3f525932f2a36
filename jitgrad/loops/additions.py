"""Sums: additions to one place in every turn of a loop, and loop variables that are only added to.

`promote` makes of the first a number that is added to the place once, behind the loop; `additive`
finds the second. Start there.
"""

from ..runtime.numba.inference import BOOL
from .aliases import Aliases
from .builder import Builder
from .form import CALLS, LOOPS, Action, Region, Val, walk


def promote(form):
    aliases = Aliases(form)
    for loop in list(_inner_first(form.body)):
        r = loop.regions[0]
        other = set()
        for a in walk(r):
            if a.kind in ("load", "store", "call", "tape", *CALLS):
                other |= aliases.of_all(a.args)
        for a in [o for o in _own(r) if o.kind == "addto"]:
            steady = all(
                x.is_const or x.region is None or not x.region.within(r) for x in a.args[:-1]
            )
            if steady and aliases.of(a.args[0]) not in other:
                _promoted(loop, a)
    return form


def _own(region):
    """Actions of a turn, without those of inner loops."""
    for a in region.actions:
        yield a
        if a.kind == "if":
            for r in a.regions:
                yield from _own(r)


def _inner_first(region):
    for a in list(region.actions):
        for r in a.regions:
            yield from _inner_first(r)
        if a.kind in LOOPS:
            yield a


def _promoted(loop, add):
    array, *ix, v = add.args
    r, dtype, home = loop.regions[0], array.type.dtype, loop.region
    with Builder(add.region) as b:
        region = add.region
        region.actions.remove(add)
        v = b.cast(v, dtype)
        while region is not r:  # out of the branches that it stands in
            branch = region.action
            for side in branch.regions:
                side.yields.append(v if side is region else b.const(0, dtype))
            v = Val(dtype, v.hint if not v.is_const else "v", branch, branch.region)
            branch.res.append(v)
            region = branch.region
        b.region = r
        acc = Val(dtype, f"{array.hint}_sum", None, r)
        r.args.append(acc)
        if add.attrs.get("any_order"):
            loop.attrs["sums"] = {*loop.attrs.get("sums", ()), acc}
        r.yields.append(b.pure("add", acc, v))
        loop.args.append(b.const(0, dtype))
        out = Val(dtype, acc.hint, loop, home)
        loop.res.append(out)
        # Behind the loop, where something was added: the place may not exist where nothing was.
        where = Region(home)
        late = Action("addto", None, (array, *ix, out), attrs=dict(add.attrs), loc=add.loc)
        late.region = where
        where.actions.append(late)
        test = Action("pure", "ne", (out, b.const(0, dtype)), loc=add.loc)
        test.res.append(Val(BOOL, "v", test, home))
        guard = Action("if", None, (test.out,), (where, Region(home)), {"guard": True}, add.loc)
        at = home.actions.index(loop) + 1
        for a in (test, guard):
            a.region = home
        home.actions[at:at] = [test, guard]


def additive(phi, y, r):
    """Whether a loop only ever adds to `phi`, by what does not depend on it; `y` is what it is at
    the end of a turn `r`."""
    found = _Additive(phi)
    return found.visit(r) and y in found.tainted and sum(z in found.tainted for z in r.yields) == 1


class _Additive:
    def __init__(self, phi):
        self.tainted = {phi}

    def visit(self, region):
        return all([self.action(a) for a in region.actions])

    def action(self, a):
        hit = [v for v in a.args if v in self.tainted]
        if a.kind == "pure":
            return not hit or self.pure(a, hit)
        if a.kind == "if":
            return self.branch(a)
        if a.kind in LOOPS:
            return self.loop(a)
        return not hit

    def pure(self, a, hit):
        self.tainted.add(a.out)
        if a.fn in ("add", "accumulate"):
            return len(hit) == 1
        return a.fn == "sub" and hit == [a.args[0]]

    def branch(self, a):
        if a.args[0] in self.tainted or not all([self.visit(q) for q in a.regions]):
            return False
        for v, x, z in zip(a.res, a.regions[0].yields, a.regions[1].yields, strict=True):
            if (x in self.tainted) != (z in self.tainted):
                return False
            if x in self.tainted:
                self.tainted.add(v)
        return True

    def loop(self, a):
        n = len(a.args) - len(a.firsts)
        if any(v in self.tainted for v in a.args[:n]):
            return False
        marked = [k for k, first in enumerate(a.firsts) if first in self.tainted]
        self.tainted.update(a.phis[k] for k in marked)
        if not self.visit(a.regions[0]):
            return False
        for k, z in enumerate(a.regions[0].yields):
            if (z in self.tainted) != (k in marked):
                return False
        self.tainted.update(a.res[k] for k in marked)
        return True
