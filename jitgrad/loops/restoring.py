"""Restoring: having the values that the reverse of a region needs. Part of the adjoint.

They come from the tape, or are computed again; stores whose old values matter are undone. Start at
`Restoring.restore`.
"""

from ..base.errors import NotDifferentiable
from .form import Region, within


class Restoring:
    #: Scope -> tapes, where the sweep is.
    tapes: dict

    def restore(self, r, env):
        """Has everything that the reverse of region `r` needs of its own values."""
        plan, scope = self.plan, self.plan.scope(r)
        mine = [*plan.kept.get(scope, ()), *plan.replay.get(scope, ())]
        mine = sorted([v for v in mine if v.region is r], key=lambda v: (plan.order_of(v), v.hint))
        for v in mine:
            self.ensure(v, env, r, scope)
        for (q, c), early in plan.early_undo.items():
            if q is r and early and c in plan.undone:
                self.undo_early(r, c, env, scope)
        self.shadows_of(r, env)

    def ensure(self, v, env, r, scope):
        """The value that stands for `v`, of the turn `scope`, made if it is not there."""
        if v.is_const or v in env:
            return self.get(env, v)
        plan, b, a = self.plan, self.b, v.action
        b.loc = a.loc if a is not None else None
        if v in plan.kept.get(scope, ()):
            out = self.tape_action(self.tapes[scope], "pop", (), v.type, value=(v, ""))
            out.hint = v.hint
            env[v] = out
            return out
        if a is None:
            return self.counted(v, env, r)
        if a.kind == "load":
            c = plan.aliases.of(a.args[0])
            if plan.early_undo.get((a.region, c)) and c in plan.undone:
                self.undo_early(a.region, c, env, scope)
        if a.kind == "if":
            self.ensure_branch(a, env, r, scope)
            return env[v]
        for x in a.args:
            if not x.is_const and x.region is not None and plan.scope(x.region) is scope:
                self.ensure(x, env, r, scope)
        kept, self.tapes = self.tapes, {}
        try:
            self.clone_action(a, env)
        finally:
            self.tapes = kept
        return env[v]

    def counted(self, v, env, r):
        """A whole number that a loop counts with, from the number of the turn."""
        found = self.plan.induction(v)
        if found is None or ("turn", r) not in env:
            raise NotDifferentiable(
                f"got {v.hint}, a loop variable that is not at hand in the reverse sweep"
            )
        first, step = found
        more = self.b.pure("mul", env["turn", r], self.b.const(step))
        env[v] = self.b.pure("add", self.get(env, first), more, hint=v.hint)
        return env[v]

    def ensure_branch(self, a, env, r, scope):
        """A branch again, with all that it reads from outside."""
        plan = self.plan

        def outside(v):
            if v.is_const or any(v.region.within(q) for q in a.regions):
                return False
            return plan.scope(v.region) is scope

        reads = [x for o in (a, *within(a)) for x in o.args]
        reads += [y for q in a.regions for y in q.yields]
        for v in reads:
            if outside(v):
                self.ensure(v, env, r, scope)
        self.clone_pure_if(a, env)

    def clone_pure_if(self, a, env):
        b, sides, parent = self.b, [], self.b.region
        for r in a.regions:
            b.region = Region(parent)
            inner = dict(env)
            for o in r.actions:
                if o.kind == "if":
                    self.clone_pure_if(o, inner)
                else:
                    inner[o.out] = (
                        self.clone_pure(o, inner)
                        if o.kind == "pure"
                        else b.dim(self.get(inner, o.args[0]), o.attrs["k"])
                    )
            b.region.yields = [self.get(inner, y) for y in r.yields]
            sides.append(b.region)
        b.region = parent
        cond = self.get(env, a.args[0])
        out = b.emit("if", (cond,), [v.type for v in a.res], regions=sides)
        self.name_results(a.res, out.res, env)

    # --- stores that are undone -------------------------------------------------------------------

    def undo_early(self, r, c, env, scope):
        """Undoes all stores of a region to a class, once."""
        if ("undone", r, c) in env:
            return
        env["undone", r, c] = True
        for s in reversed(r.actions):
            if s in self.plan.old and self.plan.aliases.of(s.args[0]) is c:
                self.undo(s, env, r, scope)

    def undo(self, s, env, r, scope):
        plan, old = self.plan, self.plan.old[s]
        array, *ix = s.args[:-1]
        for x in (array, *ix, old):
            if x.is_const or x.region is None or x.region is self.form.body:
                continue
            if plan.scope(x.region) is scope:
                self.ensure(x, env, r, scope)
        self.b.loc = s.loc
        index = [self.get(env, i) for i in ix]
        self.b.store(self.get(env, array), *index, self.get(env, old))

    def undo_late(self, s, env):
        """Undoes a store at its own place, unless that was done early."""
        plan = self.plan
        if s in plan.old and not plan.early_undo.get((s.region, plan.aliases.of(s.args[0]))):
            self.undo(s, env, s.region, plan.scope(s.region))
