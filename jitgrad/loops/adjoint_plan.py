"""The plan of an adjoint: what is active, which loops are merged, what is kept, what is undone.

A load can be done again in the reverse sweep if memory still holds what it held, or is made to: a
store whose old value matters is *undone* at its own place there. `AdjointPlan` holds the decisions;
start at its constructor.
"""

from collections import defaultdict

from ..base.errors import NotDifferentiable
from ..runtime.numba.inference import I64
from .activity import Activity
from .aliases import Aliases
from .apart import Distinct
from .dependence import Dependence
from .form import CALLS, LOOPS, STORES, Action, Val, walk
from .merging import Merging
from .needs import TURNS, Needs, bytes_of
from .versions import find_version

#: Rounds until the loads that are done again settle.
ROUNDS = 20


class AdjointPlan(Dependence, Merging, Needs):
    """What the reverse of `form` by the arguments `wrt` does.

    Attributes
    ----------
    act, actc : set
        Active values, alias classes of active arrays.
    merged : dict
        Merged loop -> the region that it stands in.
    homes : set of Region
        The body, and turns that are reversed at once: their own values are there.
    kept, replay : dict
        Scope -> values on its tape, values computed again.
    old : dict
        Store to undo -> the value that it overwrote.
    versions : dict
        Loop -> what its turns write new arrays for, so that it need not be undone.
    early_undo : dict
        (region, class) -> whether its stores are undone before all else of the region.
    warnings : list of (loc, text)
    """

    kept: dict
    replay: dict
    need: dict
    early_undo: dict
    can_late: dict
    can_early: dict

    def __init__(self, form, wrt):
        self.form, self.aliases, self._made = form, Aliases(form), None
        self._reads, self._known = {}, {}
        self.number_places()
        self.loads = [a for a in walk(form.body) if a.kind in ("load", *CALLS)]
        self.stores = [a for a in walk(form.body) if a.kind in STORES]
        activity = Activity(form, self.aliases, wrt)
        self.act, self.actc = activity.values, activity.memory
        self.warnings = activity.warnings
        self.undone, self.replayed, self.pinned, self.old = set(), set(), set(), {}
        for a in walk(form.body):  # loops of which nobody knows beforehand how often they turn
            if a.kind == "while" or (a.kind == "for" and a.left_early):
                a.attrs["trips"] = Val(I64, "turns", a, a.region)
        self.merged, self.homes, self.checkpointed = {}, {form.body}, set()
        self.versions = {}
        self.find_checkpoints()
        self.merge(form.body, dict.fromkeys(form.body.yields))
        self.settle_modes()
        self.choose()

    def find_checkpoints(self):
        for a in self.form.body.actions:
            if not a.attrs.get("checkpoint"):
                continue
            if not self.has_work(a.regions[0]) and not any(p in self.act for p in a.phis):
                continue
            if any(p.is_array for p in a.phis):
                raise NotDifferentiable(
                    "got arrays that change names in a loop with checkpoints, expected writes into "
                    "them",
                    a.loc,
                )
            self.checkpointed.add(a)
            self.homes.add(a.regions[0])

    def active_memory(self, array):
        return self.aliases.of(array) in self.actc

    def has_work(self, region):
        """Whether the reverse sweep does anything for what is in `region`."""
        return any(self.is_work(a) for a in walk(region))

    def is_active_call(self, a):
        return any(self.active_memory(v) if v.is_array else v in self.act for v in a.res)

    def is_work(self, a):
        if a.kind in STORES:
            return self.active_memory(a.args[0]) or a in self.old or self.to_undo(a)
        if a.kind in ("pure", "load"):
            return a.out in self.act
        if a.kind in CALLS:
            return self.is_active_call(a)
        if a.kind == "if":
            return any(r in self.act for r in a.res)
        return a.kind in LOOPS and any(p in self.act for p in a.phis)

    # --- stores that are undone -------------------------------------------------------------------

    def settle_modes(self):
        """For each region and class: whether its stores are undone before anything else of the
        region is reversed."""
        self.early_undo, self.can_late, self.can_early = {}, {}, {}
        inside = defaultdict(list)
        for s in self.stores:
            inside[s.region, self.aliases.of(s.args[0])].append(s)
        for load in self.loads:
            at = self.place[load][-1][1]
            tops = [
                next(k for r, k in self.place[s] if r is load.region)
                for s in self.stores
                if self.touches(load, s) and s.region.within(load.region) and self.clash(load, s)
            ]
            self.can_late[load] = all(k < at for k in tops)
            self.can_early[load] = all(k > at for k in tops)
        for (r, c), stores in inside.items():
            self.early_undo[r, c] = self.undone_early(r, c, stores)

    def undone_early(self, r, c, stores):
        own = [a for a in self.loads if a.region is r and c in self.aliases.of_all(a.args)]
        if all(self.can_late[a] for a in own) or not all(self.can_early[a] for a in own):
            return False
        nested = any(
            a.region is not r
            and a.kind in ("store", "addto", "load", *CALLS)
            and c in self.aliases.of_all((*a.args, *a.res))
            for a in walk(r)
        )
        indices = [i for s in stores for i in s.index]
        return not nested and not any(self.from_loads(i, own) for i in indices)

    def from_loads(self, v, loads):
        a = v.action
        if v.is_const or a is None:
            return False
        if a in loads:
            return True
        return a.kind in ("pure", "load") and any(self.from_loads(x, loads) for x in a.args)

    def again(self, load):
        """Whether a load can be done again where its region is reversed."""
        for s in self.stores:
            kept = self.touches(load, s) and self.aliases.of(s.args[0]) not in self.undone
            if kept and self.overwrites(load, s):
                return False
        undone = self.aliases.of_all(load.args) & self.undone
        if any(self.early_undo.get((load.region, c)) for c in undone):
            return self.can_early[load]
        return self.can_late[load] or not undone

    def to_undo(self, store):
        if self.aliases.of(store.args[0]) not in self.undone:
            return False
        return any(self.touches(a, store) and self.overwrites(a, store) for a in self.replayed)

    def choose(self):
        """Which classes are undone: those of which that keeps less than it costs."""
        self.undone |= self.read_by_calls()
        cost = self.settled()[2]
        hazard = {
            self.aliases.of(s.args[0])
            for s in self.stores
            for a in self.loads
            if self.touches(a, s) and self.overwrites(a, s)
        }
        for c in hazard - self.undone:
            self.undone.add(c)
            trial = self.settled()[2]
            if trial < cost:
                cost = trial
            else:
                self.undone.discard(c)
        _, undo, _ = self.settled()
        self.find_versions(undo)
        for s in undo:
            if all(s is not it.store for found in self.versions.values() for it in found):
                self.keep_old(s)
        if undo:
            self.number_places()
        _, self.kept, self.replay, again, _ = found = self.needs()
        self.need, self.replayed = found[0], again

    def settled(self):
        """(needs, stores to undo, cost) for the classes undone now."""
        self.replayed = set()
        for _ in range(ROUNDS):
            found = self.needs()
            if found[3] == self.replayed:
                break
            self.replayed |= found[3]
        undo = [s for s in self.stores if self.to_undo(s)]
        extra = sum(
            TURNS ** len(self.loops_of(s)) * bytes_of(s.args[0].type.dtype)
            for s in undo
            if s.region not in self.homes
        )
        return found, undo, found[4] + extra

    def read_by_calls(self):
        """Classes of arrays that library calls read: they must be as they were."""
        out = set()
        for a in walk(self.form.body):
            if a.kind not in CALLS or not self.is_active_call(a):
                continue
            for c in self.aliases.of_all(self.read_by(a)):
                if any(
                    (self.touches(a, s) and self.overwrites(a, s))
                    or (self.aliases.of(s.args[0]) is c and self.before(a, s))
                    for s in self.stores
                ):
                    out.add(c)
        return out

    def find_versions(self, undo):
        """Which of the stores to undo write arrays of their own instead, one in each cycle."""
        distinct, cycles = Distinct(self.form, self.aliases), set()
        for s in undo:
            loop, it = find_version(self, s, distinct) or (None, None)
            if it is not None and not cycles & {(loop, k) for k in it.cycle}:
                cycles |= {(loop, k) for k in it.cycle}
                self.versions.setdefault(loop, []).append(it)

    def keep_old(self, s):
        """Loads what a store is about to overwrite."""
        array, *ix = s.args[:-1]
        old = Action("load", None, (array, *ix), loc=s.loc)
        old.region = s.region
        old.res = [Val(array.type.dtype, f"{array.hint}_old", old, s.region)]
        s.region.actions.insert(s.region.actions.index(s), old)
        self.old[s] = old.out
        self.pinned.add(old)
