"""Dependence: whether a store may change what a load has read, before that is needed again.

The test is on linear forms of indices, loop by loop: the next turns of a loop may overwrite what a
turn has read, unless the index tells that they do not. Part of the plan; start at
`Dependence.overwrites`.
"""

from .form import CALLS, LOOPS, MAKERS, walk
from .index_values import differ, linear, nonneg


class Dependence:
    #: Action -> where it stands: ((region, number), ...) from the body inwards.
    place: dict
    _made: dict | None

    # --- places -----------------------------------------------------------------------------------

    def number_places(self):
        """Where each action stands: ((region, number), ...) from the body inwards."""
        self.place = {}

        def visit(region, path):
            for k, a in enumerate(region.actions):
                self.place[a] = (*path, (region, k))
                for r in a.regions:
                    visit(r, self.place[a])

        visit(self.form.body, ())

    def order_of(self, v):
        """A key that sorts values by where they are computed."""
        return [k for _, k in self.place.get(v.action, ())] if v.action is not None else [-1]

    def scope(self, region):
        """The loop's turn (or the function) that a region belongs to."""
        for r in region.up():
            if r.parent is None or (r.action is not None and r.action.kind in LOOPS):
                return r
        return region

    def loops_of(self, a):
        return [r.action for r, _ in self.place[a] if r.action and r.action.kind in LOOPS]

    def before(self, x, y):
        """Whether action x stands before y in the text."""
        for (r, i), (q, j) in zip(self.place[x], self.place[y], strict=False):
            if r is not q:
                return r.action.regions.index(r) < r.action.regions.index(q)
            if i != j:
                return i < j
        return False

    # --- memory -----------------------------------------------------------------------------------

    def makers(self):
        """Per class the regions in which its arrays are made; None for other places."""
        made = {}
        for a in walk(self.form.body):
            if a.kind in MAKERS:
                for c in self.aliases.of_all(a.res):
                    made.setdefault(c, []).append(a.region)
            for r in a.regions:
                for p in r.args:
                    if p.is_array:
                        made.setdefault(self.aliases.of(p), []).extend((None, None))
        for p in self.form.args:
            if p.is_array:
                made.setdefault(self.aliases.of(p), []).extend((None, None))
        return made

    def private(self, array):
        """The region in which the only array of a class is made, or None."""
        if self._made is None:
            self._made = self.makers()
        found = self._made.get(self.aliases.of(array), ())
        return found[0] if len(found) == 1 else None

    def touches(self, load, store):
        """Whether a load and a store belong to one class."""
        c = self.aliases.of(store.args[0])
        return c in self.aliases.of_all((*load.args, *load.res))

    def overwrites(self, load, store, always=False):
        """Whether `store` may change, later, what `load` has read, before the turn of the load is
        reversed; `always` leaves out that some turns are reversed at once."""
        key = load, store, always
        if key not in self._known:
            self._known[key] = self._overwrites(load, store, always)
        return self._known[key]

    def _overwrites(self, load, store, always):
        turn = None if always else self.turn_of(load)
        if turn is not None and not store.region.within(turn):
            if turn.action in self.merged or self.in_snapshot(store, turn.action):
                return False
            turn = None
        common = self.common_loops(load, store, turn)
        gap = self.gaps(load, store, common) if self.comparable(load, store, common) else {}
        if gap is None:
            return False
        for loop in common:
            iv = loop.regions[0].args[0] if loop.kind == "for" else None
            if iv is None or iv not in gap or not loop.args[2].is_const:
                return True
            ahead = gap[iv] * (1 if loop.args[2].const > 0 else -1)
            if ahead:
                return ahead > 0
        return self.before(load, store)

    def in_snapshot(self, store, loop):
        return self.aliases.of(store.args[0]) in self.aliases.of_all(self.snapshots(loop))

    def common_loops(self, load, store, turn):
        """The loops whose turns a store may be ahead of a load in."""
        made, common = self.private(store.args[0]), []
        for x, y in zip(self.loops_of(load), self.loops_of(store), strict=False):
            if x is not y:
                break
            if turn is not None and turn.within(x.regions[0]):
                continue  # the turn is reversed before the next changes anything
            if made is None or not made.within(x.regions[0]):
                common.append(x)  # else a turn has an array of its own
        return common

    def comparable(self, load, store, common):
        """Whether a load and a store are of the very same array, so that indices tell."""
        array = store.args[0]
        if load.kind != "load" or load.args[0] is not array:
            return False
        a = array.action
        return a is None or a.kind in MAKERS or self.steady(array, common)

    def gaps(self, load, store, common):
        """How many turns later a store comes to the place of a load, for each loop of which that is
        known; None where it never comes there."""
        ivs = {loop.regions[0].args[0]: loop for loop in common if loop.kind == "for"}
        gap = {}
        for a, b in zip(load.index, store.index, strict=True):
            found = self.gap(a, b, ivs, common)
            if found is None:
                return None
            iv, d = found
            if iv is not None and gap.setdefault(iv, d) != d:
                return None
        return gap

    def gap(self, a, b, ivs, common):
        """(variable of a loop, turns) by which index `b` comes later to the place of index `a`;
        (None, 0) where that is not known, None where it never does."""
        unknown = None, 0
        (fa, ca), (fb, cb) = linear(a), linear(b)
        if not all(v in ivs or self.steady(v, common) for v in (*fa, *fb)):
            return unknown
        if not (nonneg(a) and nonneg(b)):
            return unknown
        outside = [{v: f for v, f in x.items() if v not in ivs} for x in (fa, fb)]
        inside = [{v: f for v, f in x.items() if v in ivs} for x in (fa, fb)]
        if outside[0] != outside[1] or inside[0] != inside[1] or len(inside[0]) > 1:
            return unknown
        if not inside[0]:
            return None if ca != cb else unknown
        ((iv, factor),) = inside[0].items()
        return None if (ca - cb) % factor else (iv, (ca - cb) // factor)

    def steady(self, v, loops):
        """Whether `v` is the same in all turns of `loops`."""
        if v.is_const or v.region is None:
            return True
        return not any(v.region.within(loop.regions[0]) for loop in loops)

    def clash(self, x, y):
        """Whether two accesses of one turn may meet."""
        if x.kind in CALLS or y.kind in CALLS or x.args[0] is not y.args[0]:
            return True
        return not any(map(differ, x.index, y.index))
