"""The reverse sweep of an adjoint: per action of the form, last first, what passes cotangents on.
Part of the adjoint.

Cotangents of numbers are values of the form too: ``adj[v] = adj[v] + c`` makes a new one, so those
that a reverse loop carries are ordinary loop variables, and zeros fold away. Start at
`AdjointBackwards.reverse_region`.
"""

from ..base.errors import NotDifferentiable
from ..runtime.numba.inference import F64, I64, array_type
from .form import CALLS, STORES, Action, Region, Val
from .index_values import linear
from .rule_calls import add_to_array, pulled_back
from .slopes import pulled


class AdjointBackwards:
    #: Alias class -> the array of its cotangents, where the sweep is.
    shadow: dict

    def add(self, adj, v, g):
        """Adds `g` to the cotangent of `v`."""
        if v.is_const or v not in self.plan.act:
            return
        g = self.b.cast(g, v.type)
        adj[v] = self.b.pure("add", adj[v], g) if v in adj else g

    def reverse_region(self, r, env, adj):
        for a in reversed(r.actions):
            self.b.loc = a.loc
            rule = getattr(self, f"re_{a.kind}", None)
            if rule is not None:
                rule(a, env, adj)

    def re_pure(self, a, env, adj):
        g = adj.pop(a.out, None)
        if g is None or a.out not in self.plan.act:
            return
        args = [self.get(env, v) for v in a.args]
        for v, c in zip(a.args, pulled(a.fn, g, args, self.get(env, a.out)), strict=True):
            if c is not None:
                self.add(adj, v, c)

    def re_load(self, a, env, adj):
        g = adj.pop(a.out, None)
        if g is not None and self.plan.active_memory(a.args[0]):
            array, *ix = a.args
            index = [self.get(env, i) for i in ix]
            self.b.addto(self.shadow_of(array, env), *index, g, any_order=True)

    def re_store(self, a, env, adj):
        array, *ix, v = a.args
        if self.plan.active_memory(array):
            s, index = self.shadow_of(array, env), [self.get(env, i) for i in ix]
            if v in self.plan.act:
                self.add(adj, v, self.b.load(s, *index, hint=f"{v.hint}_b"))
            if not self.is_first(a):
                self.b.store(s, *index, self.b.const(0, array.type.dtype))
        self.undo_late(a, env)

    def re_addto(self, a, env, adj):
        array, *ix, v = a.args
        if self.plan.active_memory(array) and v in self.plan.act:
            s, index = self.shadow_of(array, env), [self.get(env, i) for i in ix]
            self.add(adj, v, self.b.load(s, *index, hint=f"{v.hint}_b"))
        self.undo_late(a, env)

    def is_first(self, store):
        """Whether nothing happened to the place of a store before: then nobody looks at its
        cotangent any more."""
        plan, array = self.plan, store.args[0]
        if array.action is None or array.action.kind != "alloc":
            return False
        c = plan.aliases.of(array)
        for o in (*plan.loads, *plan.stores):
            if o is store or c not in plan.aliases.of_all(o.args):
                continue
            if o.kind in STORES and o.args[-1] not in plan.act:
                continue  # it passes nothing on
            if plan.overwrites(self.as_load(o), store, True):
                return False
        return not plan.loops_of(store) or not self.comes_again(store)

    def as_load(self, a):
        """A load of the place that an action touches, for the dependence test."""
        if a.kind in ("load", *CALLS):
            return a
        probe = Action("load", None, a.args[:-1])
        self.plan.place[probe] = self.plan.place[a]
        return probe

    def comes_again(self, store):
        """Whether a store may come to one place twice."""
        plan = self.plan
        loops = plan.loops_of(store)
        ivs = {loop.regions[0].args[0] for loop in loops if loop.kind == "for"}
        if len(ivs) != len(loops):
            return True
        seen = set()
        for i in store.index:
            factors, _ = linear(i)
            mine = [v for v in factors if v in ivs]
            if len(mine) == 1 and all(v in ivs or plan.steady(v, loops) for v in factors):
                seen.add(mine[0])
        home = plan.scope(store.args[0].region)
        if home is not self.form.body:
            ivs = {v for v in ivs if v.region.depth() > home.depth()}
        return not ivs <= seen

    def re_lib(self, a, env, adj):
        if not self.plan.active_memory(a.out):
            return
        x, y = a.args
        shadows = []
        for v in (x, y):
            s = self.shadow_of(v, env) if self.plan.active_memory(v) else None
            shadows.append(self.zeros_like(v, self.get(env, v), "unused") if s is None else s)
        out_b = self.shadow_of(a.out, env)
        if a.fn == "dot":
            args, helper = (self.get(env, x), self.get(env, y)), "_dot_back"
        else:
            args, helper = (self.get(env, x), self.get(env, a.out)), f"_solve_back_{y.type.ndim}"
        self.b.emit("call", (*args, out_b, *shadows), fn=helper)

    def re_outside(self, a, env, adj):
        given = [None if v.is_array else adj.pop(v, None) for v in a.res]
        if not self.plan.is_active_call(a):
            return
        cotangents = [self.cotangent_of(v, g, env) for v, g in zip(a.res, given, strict=True)]
        for v, c in pulled_back(self.b, a, lambda v: self.get(env, v), cotangents):
            if v.is_array and self.plan.active_memory(v):
                add_to_array(self.b, self.shadow_of(v, env), c)
            elif not v.is_array:
                self.add(adj, v, c)

    def cotangent_of(self, v, g, env):
        """The cotangent of a result, zeros where it has none."""
        if not v.is_array:
            return g if g is not None else self.b.const(0.0)
        if self.plan.active_memory(v):
            return self.shadow_of(v, env)
        there = self.get(env, v)
        lengths = [self.b.dim(there, k) for k in range(v.type.ndim)]
        return self.b.alloc(lengths, F64, "zeros", hint=f"{v.hint}_b")

    # --- branches ---------------------------------------------------------------------------------

    def re_if(self, a, env, adj):
        plan, b = self.plan, self.b
        if not any(map(plan.has_work, a.regions)) and not any(v in adj for v in a.res):
            return
        given = [adj.pop(v, None) for v in a.res]
        parent, made, sides = b.region, [], []
        for r in a.regions:
            b.region = Region(parent)
            inner_env, inner, kept = dict(env), dict(adj), dict(self.shadow)
            self.restore(r, inner_env)
            for y, g in zip(r.yields, given, strict=False):
                if g is not None:
                    self.add(inner, y, g)
            self.reverse_region(r, inner_env, inner)
            self.shadow = kept
            made.append(b.region)
            sides.append({v: g for v, g in inner.items() if not _made_in(v, r)})
        b.region = parent
        keys = dict.fromkeys([*sides[0], *sides[1]])
        keys = [v for v in keys if sides[0].get(v) is not sides[1].get(v)]
        for new, side in zip(made, sides, strict=True):
            new.yields = [side.get(v, b.const(0, v.type)) for v in keys]
        out = b.emit("if", (self.get(env, a.args[0]),), [v.type for v in keys], regions=made)
        adj.update(sides[0])
        for v, w in zip(keys, out.res, strict=True):
            w.hint = f"{v.hint}_b"
            adj[v] = w

    # --- loops ------------------------------------------------------------------------------------

    def re_for(self, a, env, adj):
        plan = self.plan
        if a in plan.merged:
            self.re_merged(a, adj)
        elif plan.has_work(a.regions[0]) or any(p in plan.act for p in a.phis):
            _ReverseLoop(self, a, env, adj).make()
        else:
            for v in a.res:
                adj.pop(v, None)

    re_while = re_for

    def re_merged(self, a, adj):
        for v, first in zip(a.res, a.firsts, strict=True):
            g = adj.pop(v, None)
            if g is not None:
                self.add(adj, first, g)  # it only ever adds to what it began with
        for v, g in self.merged_out[a].items():
            self.add(adj, v, g)


def _made_in(v, region):
    return v.region is not None and v.region.within(region)


class _ReverseLoop:
    """The loop that runs through the turns of loop `a` the other way.

    It carries the cotangents of active loop variables (`active`), sums for values from outside
    (`outer`), and arrays that change names (`moved`), with their shadows.
    """

    def __init__(self, work, a, env, adj):
        self.work, self.a, self.env, self.adj = work, a, env, adj
        self.plan, self.b, self.r = work.plan, work.b, a.regions[0]
        self.trips = a.attrs.get("trips")
        self.active = [k for k, p in enumerate(a.phis) if p in self.plan.act]
        self.moved = [k for k, p in enumerate(a.phis) if p.is_array]
        self.outer = work.outer_active(self.r)
        self.new = Region(self.b.region)
        counts = a.kind == "for" and self.trips is None
        self.iv = Val(I64, self.r.args[0].hint if counts else "turn", None, self.new)

    def make(self):
        a, b, work, new = self.a, self.b, self.work, self.new
        firsts, vals = self.carry()
        new.args = [self.iv, *vals]
        span = self.span()
        parent, b.region = b.region, new
        kept = dict(work.shadow)
        env, adj = dict(self.env), {}
        self.begin(env)
        self.number_of_turn(env)
        given = iter(vals)
        carried = {k: next(given) for k in self.active}
        adj.update({v: next(given) for v in self.outer})
        self.move_back(given, env)
        if a in work.states:
            work.clone(self.r, env)
            work.shadows_of(self.r, env)
        else:
            work.restore(self.r, env)
        for k in self.active:
            work.add(adj, self.r.yields[k], carried[k])
        work.reverse_region(self.r, env, adj)
        new.yields = self.handed_on(env, adj)
        b.region = parent
        work.shadow = kept
        out = b.emit(
            "for",
            (*span, *firsts),
            [v.type for v in vals],
            regions=(new,),
            parallel=a.attrs.get("parallel", False),
            brk=None,
        )
        for v, w in zip(vals, out.res, strict=True):
            w.hint = v.hint
        n = len(self.active)
        out.attrs["sums"] = set(vals[n : n + len(self.outer)])
        self.adj.update(zip(self.outer, out.res[n:], strict=False))
        for k, g in zip(self.active, out.res, strict=False):
            work.add(self.adj, a.firsts[k], g)

    def carry(self):
        """What the loop begins with, and its variables."""
        a, b, work, new = self.a, self.b, self.work, self.new
        firsts, vals = [], []

        def variable(first, type_, hint):
            firsts.append(first)
            vals.append(Val(type_, hint, None, new))

        for k in self.active:
            p = a.phis[k]
            variable(self.adj.pop(a.res[k], b.const(0, p.type)), p.type, f"{p.hint}_b")
        for v in self.outer:
            variable(self.adj.get(v, b.const(0, v.type)), v.type, f"{v.hint}_b")
        for k in self.moved:
            p = a.phis[k]
            variable(work.get(self.env, a.res[k]), p.type, p.hint)
            if work.is_twin(p):
                variable(work.shadow_of(a.res[k], self.env), p.type, f"{p.hint}_b")
        return firsts, vals

    def span(self):
        b, work, env = self.b, self.work, self.env
        one = b.const(-1)
        if self.trips is not None:
            return b.pure("add", work.get(env, self.trips), one), one, one
        lo, hi, step = (work.get(env, v) for v in self.a.args[:3])
        if step.is_const and step.const in (1, -1):
            back = b.const(-step.const)
            return b.pure("add", hi, back), b.pure("add", lo, back), back
        turns = b.pure("add", work.count(lo, hi, step), one)
        last = b.pure("add", lo, b.pure("mul", turns, step))
        return last, b.pure("sub", lo, step), b.pure("neg", step)

    def begin(self, env):
        """Goes back one place on the tape; with checkpoints has the state before the turn."""
        a, work = self.a, self.work
        tape = work.states.get(a) or work.tapes.get(self.r)
        if tape:
            work.tape_action(tape, "back", ())
        if a in work.states:
            for p in a.phis:
                env[p] = work.tape_action(tape, "pop", (), p.type, value=(p, ""))
            for array in self.plan.snapshots(a):
                kind = array_type(array.type.dtype, array.type.ndim)
                state = work.tape_action(tape, "pop", (), kind, value=(array, ""))
                work.copied(state, work.get(env, array))

    def number_of_turn(self, env):
        a, b, iv, r = self.a, self.b, self.iv, self.r
        if a.kind != "for":
            env["turn", r] = iv
            return
        lo, _, step = (self.work.get(self.env, v) for v in a.args[:3])
        if self.trips is not None:
            env[r.args[0]] = b.pure("add", lo, b.pure("mul", iv, step))
            env["turn", r] = iv
            return
        env[r.args[0]] = iv
        if any(self.plan.induction(p) for p in a.phis):
            turns = b.pure("sub", iv, lo)
            s = step.const if step.is_const else 1
            env["turn", r] = (
                turns
                if s == 1
                else b.pure("neg", turns)
                if s == -1
                else b.pure("floordiv", turns, b.const(s))
            )

    def move_back(self, given, env):
        """Arrays that change names: what each was called at the end of the turn."""
        a, work, r = self.a, self.work, self.r
        phis, seen = [a.phis[k] for k in self.moved], []
        for k in self.moved:
            y, p = r.yields[k], a.phis[k]
            array, shadow = next(given), next(given) if work.is_twin(p) else None
            if y not in phis or y in seen:
                raise NotDifferentiable(
                    f"got {p.hint}, an array bound to something new in each turn, expected names "
                    f"that change places (a, b = b, a); copy into it with {p.hint}[:] = ...",
                    a.loc,
                )
            seen.append(y)
            env[y] = array
            if shadow is not None:
                work.shadow[y] = shadow

    def handed_on(self, env, adj):
        a, b, work = self.a, self.b, self.work
        out = []
        for k in self.active:
            p = a.phis[k]
            out.append(b.cast(adj.pop(p, b.const(0, p.type)), p.type))
        out += [adj.get(v, b.const(0, v.type)) for v in self.outer]
        work.end_versions(a, self.iv, env)
        for k in self.moved:
            p = a.phis[k]
            out.append(env[p])
            if work.is_twin(p):
                out.append(work.shadow[p])
        return out
