"""What the reverse sweep needs of the values of the forward sweep, and where it has it from.

A value is *needed* if the derivative of something active reads it, or if it steers the reverse
sweep (conditions, bounds, places). What belongs to the function's own level is still there; what
belongs to a loop's turn is kept on the loop's tape or computed again, by a minimum cut: as few
bytes as possible are kept per turn. Part of the plan; start at `Needs.settled_needs`.
"""

from ..runtime.numba.inference import BOOL, types
from .builder import Builder
from .form import CALLS, LOOPS, STORES, Region, Val, walk, within
from .index_values import linear
from .min_cut import FREE, SOURCE, min_cut
from .outside import rule_of
from .scalars import SCALARS
from .slopes import pulled

#: What keeping a reference to an array counts as, in bytes: arrays are rather made again.
ARRAY_PRICE = 10_000
#: How often a loop's turn is assumed to run.
TURNS = 100.0


def bytes_of(type_):
    return 1 if type_ == BOOL else type_.bitwidth // 8


class Needs:
    def reads(self, a, only=None):
        """The values that the derivative of an active pure action reads (by one operand)."""
        key = a, only
        if key not in self._reads:
            g = Val(a.out.type, "g")
            with Builder(Region()) as b:
                parts = pulled(a.fn, g, a.args, a.out)
            wanted = [
                p
                for p, x in zip(parts, a.args, strict=True)
                if p is not None and x in self.act and (only is None or x is only)
            ]
            self._reads[key] = _leaves_of(wanted, b.region, g)
        return self._reads[key]

    def needs(self):
        """(needed values, kept per scope, computed again per scope, loads done again, cost)."""
        need = _Wanted()
        for a in walk(self.form.body):
            self.want(a, need)
        need.add(*self.old.values())
        need = need.values
        scopes = sorted({self.scope(r) for r in self.regions()}, key=lambda r: -r.depth())
        kept, again, cost, loads = {}, {}, 0, set()
        for s in scopes:
            mine = {v for v in need if v.region is not None and self.scope(v.region) is s}
            if s in self.homes:  # what is computed at this level is there; branches hand theirs out
                mine = {v for v in mine if v.region is not s}
            cut, closure, outer = self.cut(s, mine)
            need |= outer
            kept[s], again[s] = cut, closure - cut
            for v in closure - cut:
                at_home = s in self.homes and v.region is s
                if v.action is not None and v.action.kind == "load" and not at_home:
                    loads.add(v.action)
            depth = sum(1 for r in s.up() if r.action is not None and r.action.kind in LOOPS)
            cost += TURNS**depth * sum([self.price(v) for v in cut])
        for a in walk(self.form.body):
            if a.kind in CALLS and self.is_active_call(a):
                loads.add(a)
        return need, kept, again, loads, cost

    def regions(self):
        out = [self.form.body]
        for a in walk(self.form.body):
            out.extend(a.regions)
        return out

    def want(self, a, need):
        """Notes what the reverse of an action needs."""
        if a.kind == "pure":
            if a.out in self.act:
                need.add(*self.reads(a))
        elif a.kind == "load":
            if a.out in self.act:
                need.add(*a.args[1:])
                need.shadow(a.args[0])
        elif a.kind in STORES:
            self.want_store(a, need)
        elif a.kind in CALLS:
            if self.is_active_call(a):
                need.add(*self.read_by(a))
        elif a.kind == "alloc":
            if self.active_memory(a.out):
                need.add(*a.args)
        elif a.kind == "if":
            if any(v in self.act for v in a.res) or any(map(self.has_work, a.regions)):
                need.add(a.args[0])
        elif a.kind in LOOPS:
            self.want_loop(a, need)

    def read_by(self, call):
        """What the derivative of a call reads."""
        rule = rule_of(call.attrs["function"]) if call.kind == "outside" else None
        return (*call.args, *call.res) if rule is None else rule.reads(call)

    def want_store(self, a, need):
        undone, active = self.to_undo(a), self.active_memory(a.args[0])
        if active or undone:
            need.add(*a.index)
        if active:
            need.shadow(a.args[0])
        if undone or a in self.old:
            need.add(a.args[0])

    def want_loop(self, a, need):
        if not self.has_work(a.regions[0]) and not any(p in self.act for p in a.phis):
            return
        if a.attrs.get("trips"):
            need.add(a.attrs["trips"])
            if a.kind == "for":
                need.add(a.args[0], a.args[2])
        else:
            need.add(*a.args[:3])
        need.add(*[v for v in a.res if v.is_array])

    # --- the cut of one scope ---------------------------------------------------------------------

    def ways(self, v):
        """How to have `v` in the reverse of the turn it belongs to: `FREE`, `SOURCE`, or from
        values."""
        a = v.action
        if a is None:
            return self.ways_of_variable(v)
        if a in self.pinned:
            return SOURCE
        if a.kind == "pure":
            return SOURCE if SCALARS[a.fn].dear else a.args
        if a.kind in ("dim", "view"):
            return a.args
        if a.kind == "load":
            return a.args if self.again(a) else SOURCE
        if a.kind == "if" and v in a.res and self.is_pure(a):
            return self.ways_of_branch(a)
        return SOURCE

    def ways_of_variable(self, v):
        r = v.region
        loop = r.action if r is not None else None
        if loop is not None and ((loop.kind == "for" and r.args[0] is v) or v.is_array):
            return FREE
        found = self.induction(v)
        return [found[0]] if found else SOURCE

    def ways_of_branch(self, a):
        def outside(v):
            return not v.is_const and not any(v.region.within(r) for r in a.regions)

        out = [a.args[0]]
        for o in within(a):
            out.extend([v for v in o.args if outside(v)])
        for r in a.regions:
            out.extend([y for y in r.yields if outside(y)])
        return out

    def induction(self, phi):
        """(first value, what each turn adds) of a whole number that a loop counts with."""
        loop = phi.region.action if phi.region is not None else None
        if loop is None or loop.kind not in LOOPS or not isinstance(phi.type, types.Integer):
            return None
        if phi not in loop.phis:
            return None
        k = loop.phis.index(phi)
        factors, c = linear(loop.regions[0].yields[k])
        if factors != {phi: 1} or (loop.kind == "for" and not loop.args[2].is_const):
            return None
        return loop.firsts[k], c

    def is_pure(self, branch):
        """Whether a branch computes nothing dear, and touches no memory."""
        return all(
            a.kind == "if" or (a.kind == "pure" and not SCALARS[a.fn].dear) for a in within(branch)
        )

    def price(self, v):
        if v.is_array:
            return ARRAY_PRICE
        return bytes_of(v.type)

    def cut(self, s, wanted):
        """The least that must be kept of scope `s` so that all of `wanted` can be had: (kept, all
        in use, from outside)."""

        def inside(v):
            if v.is_const or v.region is None or self.scope(v.region) is not s:
                return False
            return not (s in self.homes and v.region is s)

        ways, stack = {}, list(wanted)
        while stack:
            v = stack.pop()
            if v not in ways:
                way = self.ways(v)
                given = way is FREE or way is SOURCE
                ways[v] = way if given else [x for x in way if inside(x)]
                stack.extend(() if given else ways[v])
        cut = min_cut({v: self.price(v) for v in ways}, ways, wanted)
        closure, outer, stack = set(), set(), list(wanted)
        while stack:
            v = stack.pop()
            if v in closure:
                continue
            closure.add(v)
            if v in cut or ways[v] is FREE or ways[v] is SOURCE:
                continue
            stack.extend(ways[v])
            outer.update([x for x in self.ways(v) if not x.is_const and not inside(x)])
        return cut & closure, closure, outer


class _Wanted:
    def __init__(self):
        self.values = set()

    def add(self, *values):
        self.values.update([v for v in values if not v.is_const])

    def shadow(self, array):
        """What it takes to have the array of cotangents of an array."""
        a = array.action
        if a is None:
            return
        if a.kind == "view":
            self.add(*a.args[1:])
            self.shadow(a.args[0])
        elif a.kind == "alloc":
            self.add(*a.args)
        elif a.kind in CALLS:
            self.add(array)


def _leaves_of(values, region, g):
    """The values from outside of `region` that `values`, computed in it, are made of."""
    out, seen, stack = set(), set(), list(values)
    while stack:
        v = stack.pop()
        if v in seen or v.is_const or v is g:
            continue
        seen.add(v)
        if v.action is not None and v.action.region is region:
            stack.extend(v.action.args)
        else:
            out.add(v)
    return out
