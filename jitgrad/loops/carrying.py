"""Carrying: elements of an array that neighbouring turns of a loop share, as variables of the loop.

What one turn writes and a later one reads goes through memory otherwise, which a processor has
ready many cycles later than a number. A *line* is the accesses of one array whose places move along
one axis by one per turn; of it the elements between the first and the last place that a turn
touches are carried. Done last, on forms that are printed. Start at `carry`.
"""

from ..runtime.numba.inference import BOOL, I64
from .aliases import Aliases
from .clean import replace
from .form import ACCESSES, Action, Region, Val, walk, within
from .index_values import linear, nonneg

#: The most elements of a line that a loop carries.
MOST = 4


def carry(form):
    """Makes loop variables of what neighbouring turns share in memory."""
    loops = [a for a in walk(form.body) if a.kind == "for" and _simple(a)]
    aliases = Aliases(form)
    for loop in loops:
        lines = _lines(loop, aliases)
        if lines:
            around = _Around(loop)
            for line in lines:
                _Carried(form, loop, line, around).make()
            around.place()
    return form


def _simple(loop):
    step = loop.args[2]
    counted = step.is_const and step.const in (1, -1) and not loop.left_early
    return counted and not loop.attrs.get("pieces")


class _Line:
    """Accesses of one array along one axis.

    `at` has how far ahead the place of an access is: a turn comes to places as they are further
    ahead first, and finds them one less ahead in the next turn."""

    def __init__(self, array, axis):
        self.array, self.axis, self.at = array, axis, {}

    @property
    def first(self):
        return max(self.at.values())

    @property
    def last(self):
        return min(self.at.values())

    def writes(self):
        return [d for a, d in self.at.items() if a.kind != "load"]

    def shared(self):
        """Whether a later turn reads what one writes."""
        writes = self.writes()
        if not writes or self.first - self.last > MOST:
            return False
        return any(a.kind != "store" and d < max(writes) for a, d in self.at.items())


def _lines(loop, aliases):
    """The lines to be carried of a loop."""
    r, touched = loop.regions[0], {}
    for a in within(loop):
        arrays = [*a.args, *a.res, *[p for q in a.regions for p in q.args]]
        for c in aliases.of_all(arrays):
            touched.setdefault(c, []).append(a)
    out = []
    for accesses in touched.values():
        own = all(a.kind in ACCESSES and a.region is r for a in accesses)
        if not own or not any(a.kind != "load" for a in accesses):
            continue
        out += _of_class(loop, accesses)
    return out


def _of_class(loop, accesses):
    """Those of the accesses of one alias class; none, unless all lines keep apart."""
    array, lines = accesses[0].args[0], {}
    if array.region is not None and array.region.within(loop.regions[0]):
        return []
    for a in accesses:
        found = _place(loop, a) if a.args[0] is array else None
        if found is None:
            return []
        key, axis, ahead = found
        lines.setdefault(key, _Line(array, axis)).at[a] = ahead
    keys = list(lines)
    apart = all(_apart(x, y) for k, x in enumerate(keys) for y in keys[:k])
    return [line for line in lines.values() if line.shared()] if apart else []


def _place(loop, a):
    """(what tells lines apart, the axis that moves, how far ahead) of an access, or None."""
    r, iv = loop.regions[0], loop.regions[0].args[0]
    key, moving = [], None
    for k, i in enumerate(a.index):
        if i.type != I64 or not nonneg(i):
            return None
        factors, c = linear(i)
        if any(v is not iv and v.region is not None and v.region.within(r) for v in factors):
            return None
        if iv in factors:
            if moving is not None or factors[iv] not in (1, -1):
                return None
            moving = k, c * factors[iv] * loop.args[2].const
            c = None
        key.append((frozenset(factors.items()), c))
    return None if moving is None else (tuple(key), *moving)


def _apart(x, y):
    """Whether two lines surely never meet."""
    return any(
        f == g and c is not None and d is not None and c != d
        for (f, c), (g, d) in zip(x, y, strict=True)
    )


class _Around:
    """What stands before and behind a loop, where it has a turn at all: elsewhere there need not be
    a place to read."""

    def __init__(self, loop):
        self.loop, self.home = loop, loop.region
        lo, hi, step = loop.args[:3]
        test = Action("pure", "lt" if step.const > 0 else "gt", (lo, hi), loc=loop.loc)
        test.res = [Val(BOOL, "v", test, self.home)]
        sides, ends = (Region(self.home), Region(self.home)), (Region(self.home), Region(self.home))
        self.test = test
        self.branch = Action("if", None, test.res, sides, {}, loop.loc)
        self.guard = Action("if", None, test.res, ends, {}, loop.loc)
        for a in (test, self.branch, self.guard):
            a.region = self.home

    def first(self, v):
        """What a variable of the loop begins with: `v`, which is read before."""
        inside, outside = self.branch.regions
        inside.yields.append(v)
        outside.yields.append(Val(v.type, const=0.0))
        self.branch.res.append(Val(v.type, v.hint, self.branch, self.home))
        return self.branch.res[-1]

    def place(self):
        actions = self.home.actions
        at = actions.index(self.loop)
        behind = [self.guard] if self.guard.regions[0].actions else []
        actions[at : at + 1] = [self.test, self.branch, self.loop, *behind]


class _Carried:
    def __init__(self, form, loop, line, around):
        self.form, self.loop, self.line, self.around = form, loop, line, around
        self.r, self.iv = loop.regions[0], loop.regions[0].args[0]
        self.array, self.dtype = line.array, line.array.type.dtype
        self.sample = next(iter(line.at))
        # What a turn has of the line, by how far ahead it is.
        self.now = {d: self.phi() for d in range(line.last, line.first)}
        self.lowest_write, self.highest_write = min(line.writes()), max(line.writes())

    def phi(self):
        return Val(self.dtype, f"{self.array.hint}_near", None, self.r)

    def make(self):
        loop, r, around = self.loop, self.r, self.around
        phis, ahead = list(self.now.values()), list(self.now)
        begin, end = around.branch.regions[0], around.guard.regions[0]
        for d in ahead:
            index = self.indices(begin, loop.args[0], d)
            loop.args.append(around.first(self.load(begin, index, loop.loc)))
        self.turn()
        r.args += phis
        r.yields += [self.now[d + 1] for d in ahead]
        results = [Val(self.dtype, p.hint, loop, loop.region) for p in phis]
        loop.res += results
        for d, v in zip(ahead, results, strict=True):
            if self.lowest_write <= d < self.highest_write:  # written, and not in memory yet
                self.store(end, self.indices(end, loop.args[1], d), v)

    # --- the turn ---------------------------------------------------------------------------------

    def turn(self):
        """Rewrites the turn on `now`; what is not written any more goes to memory at the end."""
        line, r, new = self.line, self.r, {}
        old, r.actions = r.actions, []
        for a in old:
            ahead = line.at.get(a)
            if ahead is None:
                r.actions.append(a)
            elif a.kind == "store":
                self.now[ahead] = self.cast(a.args[-1], a.loc)
            else:
                v = self.present(a, ahead)
                if a.kind == "load":
                    new[a.out] = v
                else:
                    more = self.cast(a.args[-1], a.loc)
                    self.now[ahead] = self.put(r, "pure", "add", (v, more), self.dtype, a.loc)
        self.store(r, self.indices(r, self.iv, self.lowest_write), self.now[self.lowest_write])
        if new:
            replace(self.form, new)
            self.now = {d: self.settled(v, new) for d, v in self.now.items()}

    def settled(self, v, new):
        while v in new:
            v = new[v]
        return v

    def present(self, a, ahead):
        """What is at a place; the turn is the first to come to that which is furthest ahead."""
        if ahead not in self.now:
            self.now[ahead] = self.load(self.r, a.index, a.loc)
        return self.now[ahead]

    def cast(self, v, loc):
        if v.type == self.dtype:
            return v
        if v.is_const:
            return Val(self.dtype, const=float(v.const))
        return self.put(self.r, "pure", "cast", (v,), self.dtype, loc, {"target": self.dtype})

    # --- actions ----------------------------------------------------------------------------------

    def indices(self, region, number, ahead):
        """The index of the place `ahead` in the turn with this number."""
        line, out = self.line, []
        for k, i in enumerate(self.sample.index):
            v = self.at_turn(region, i, number)
            if k == line.axis:
                factor = linear(i)[0][self.iv] * self.loop.args[2].const
                v = self.plus(region, v, (ahead - line.at[self.sample]) * factor)
            out.append(v)
        return out

    def at_turn(self, region, i, number):
        """A whole number of the turn, for the turn with this number."""
        if i is self.iv:
            return number
        if i.is_const or i.region is None or not i.region.within(self.r):
            return i
        a = i.action
        args = [self.at_turn(region, x, number) for x in a.args]
        if a.fn in ("add", "sub") and args[1].is_const:
            return self.plus(region, args[0], (1, -1)[a.fn == "sub"] * args[1].const)
        return self.put(region, "pure", a.fn, args, i.type, a.loc, a.attrs)

    def plus(self, region, v, k):
        """A whole number more by a constant; additions of constants in a row are one."""
        a = v.action
        if a is not None and a.fn == "add" and a.args[1].is_const and v.type == I64:
            v, k = a.args[0], k + a.args[1].const
        if v.is_const:
            return Val(I64, const=v.const + k)
        return self.put(region, "pure", "add", (v, Val(I64, const=k)), I64) if k else v

    def load(self, region, index, loc):
        out = self.put(region, "load", None, (self.array, *index), self.dtype, loc)
        out.hint = f"{self.array.hint}_near"
        return out

    def store(self, region, index, v):
        store = Action("store", None, (self.array, *index, v), loc=self.sample.loc)
        store.region = region
        region.actions.append(store)

    def put(self, region, kind, fn, args, type_, loc=None, attrs=None):
        a = Action(kind, fn, args, attrs=dict(attrs or {}), loc=loc)
        a.region = region
        a.res = [Val(type_, "v", a, region)]
        region.actions.append(a)
        return a.out
