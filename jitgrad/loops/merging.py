"""Merged loops: loops each of whose turns is reversed as soon as it is done, without a tape.

That is possible where turns do not wait for each other in the reverse sweep, and where the
cotangents of the loop's results are known before it runs. Source: what L. Hascoët and V. Pascual
call II-loops (*The Tapenade automatic differentiation tool*, ACM TOMS 39, 2013), found here without
being told. Part of the plan; start at `Merging.merge`.
"""

from .additions import additive
from .form import CALLS, MAKERS, STORES, walk
from .index_values import own_places


class Merging:
    def merge(self, home, seeds):
        """Finds merged loops among the actions of `home`, the body or the turn of one."""
        for a in home.actions:
            if a.kind != "for" or a.left_early or a in self.checkpointed:
                continue
            if self.has_work(a.regions[0]) and self.mergeable(a, home, seeds):
                r = a.regions[0]
                self.merged[a] = home
                self.homes.add(r)
                active = [y for p, y in zip(a.phis, r.yields, strict=True) if p in self.act]
                self.merge(r, dict.fromkeys(active))

    def mergeable(self, loop, home, seeds):
        r = loop.regions[0]
        for p, y in zip(loop.phis, r.yields, strict=True):
            if p.is_array or (p in self.act and not additive(p, y, r)):
                return False
        if not self.memory_allows(loop, home):
            return False
        tainted = self.depends(loop)
        return all([self.early(v, home, seeds, tainted) for v in loop.res if v in self.act])

    def memory_allows(self, loop, home):
        """Whether turns keep apart in memory, and nobody changes or uses later what they share."""
        inside = list(walk(loop.regions[0]))
        made = self.aliases.of_all([v for a in inside if a.kind in MAKERS for v in a.res])
        writes = [a for a in inside if a.kind in STORES]
        stored = {self.aliases.of(a.args[0]) for a in writes} - made
        loaded = set()
        for a in inside:
            if a.kind in ("load", *CALLS):
                loaded |= self.aliases.of_all(a.args)
        loaded -= made
        if stored & loaded:
            return False
        behind = self.behind(loop, inside)
        for a in behind:
            if a.kind in STORES and self.aliases.of(a.args[0]) in loaded & self.actc:
                return False
        used_behind = set()
        for a in behind:
            used_behind |= self.aliases.of_all(a.args)
        for s in writes:
            c = self.aliases.of(s.args[0])
            if c in stored & self.actc and (
                home is not self.form.body
                or c in used_behind
                or (s.kind == "store" and not own_places(loop, s))
            ):
                return False
        return True

    def behind(self, loop, inside):
        """Actions that come after a loop, which has those `inside`."""
        among = {id(a) for a in inside}
        return [
            a
            for a in walk(self.form.body)
            if id(a) not in among and a is not loop and self.before(loop, a)
        ]

    def depends(self, loop):
        """All values that depend on what a loop computes."""
        values = set(loop.res)
        memory = {self.aliases.of(a.args[0]) for a in walk(loop.regions[0]) if a.kind in STORES}
        while True:
            before = len(values), len(memory)
            for a in walk(self.form.body):
                self.spread(a, values, memory)
            if before == (len(values), len(memory)):
                return values

    def spread(self, a, values, memory):
        hit = any(v in values for v in a.args)
        if a.kind in ("load", *CALLS):
            hit = hit or bool(self.aliases.of_all(a.args) & memory)
        if a.regions and (hit or any(y in values for q in a.regions for y in q.yields)):
            values.update(a.res)
            for q in a.regions:
                values.update(q.args)
                if a.args and a.args[0] in values:
                    values.update(v for o in walk(q) for v in o.res)
        if hit:
            values.update(a.res)
            if a.kind in STORES:
                memory.add(self.aliases.of(a.args[0]))

    def early(self, v, home, seeds, tainted):
        """Whether the cotangent of `v`, a value of `home`, can be known before `v` is."""
        for a in walk(self.form.body):
            handed_on = any(v in q.yields for q in a.regions)
            if v not in a.args and not handed_on:
                continue
            if a.kind == "pure" and a.out not in self.act:
                continue
            if a.kind != "pure" or a.region is not home:
                if handed_on and v not in a.args and any(q is home for q in a.regions):
                    continue  # handed on by the turn: known from outside
                if a.kind in ("check", "test"):
                    continue
                return False
            read = self.reads(a, v)
            if read & tainted or not self.early(a.out, home, seeds, tainted):
                return False
            if not all([self.at_hand(x, home, tainted) for x in read]):
                return False
        return True

    def at_hand(self, v, home, tainted):
        """Whether `v` can be computed before what is tainted."""
        if v.is_const or v.region is not home:
            return True
        if v in tainted:
            return False
        a = v.action
        return a is None or (
            a.kind in ("pure", "dim") and all([self.at_hand(x, home, tainted) for x in a.args])
        )

    def turn_of(self, a):
        """The outermost turn that an action stands in of a loop that is merged or has
        checkpoints."""
        for r, _ in self.place[a]:
            if r.action in self.merged or r.action in self.checkpointed:
                return r
        return None

    def snapshots(self, loop):
        """Arrays from outside that a loop with checkpoints changes."""
        out = {}
        for a in walk(loop.regions[0]):
            if a.kind in STORES:
                array = a.args[0]
                while array.action is not None and array.action.kind == "view":
                    array = array.action.args[0]
                if not array.region.within(loop.regions[0]):
                    out[array] = True
        return list(out)
