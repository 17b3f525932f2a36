"""The forward sweep of an adjoint: the form again, with what the plan keeps put on tapes. Part of
the adjoint.

A merged loop is reversed here, turn by turn; of a loop with checkpoints only the state before each
piece is kept. Start at `AdjointForwards.clone`.
"""

from ..base.errors import NotDifferentiable
from ..runtime.numba.inference import I64
from .form import LOOPS, MAKERS, Region, Val, within
from .slopes import pulled
from .tapes import FIRST, Tape


class AdjointForwards:
    #: Alias class -> the array of its cotangents, and scope -> tapes, where the sweep is; whether
    #: nothing is kept, as in a piece that runs again.
    shadow: dict
    tapes: dict
    plainly: bool

    def get(self, env, v):
        """The value that stands for `v` here."""
        if v.is_const:
            return v
        if v not in env:
            env[v] = (
                v if v.region is None else Val(v.type, f"{v.hint}_unknown", None, self.b.region)
            )
        return env[v]

    def clone(self, region, env):
        """The actions of a home region again; tapes are made before what needs them."""
        for a in region.actions:
            for r in self.loops_within(a):
                self.new_tape(r, env)
            self.clone_action(a, env)

    def loops_within(self, a):
        """The turns of loops in `a` that tapes are made for here: not those within merged loops."""
        if a in self.plan.merged:
            return
        for r in a.regions:
            if a.kind in LOOPS:
                yield r
            for o in r.actions:
                yield from self.loops_within(o)

    def clone_action(self, a, env):
        b = self.b
        b.loc = a.loc
        if a.kind == "pure":
            env[a.out] = self.clone_pure(a, env)
        elif a.kind == "dim":
            env[a.out] = b.dim(self.get(env, a.args[0]), a.attrs["k"])
        elif a.kind == "if":
            self.clone_if(a, env)
        elif a.kind in LOOPS:
            self.clone_loop(a, env)
        else:
            self.clone_other(a, env)
        tape = self.tapes.get(self.plan.scope(a.region))
        if tape:
            trips = a.attrs.get("trips")
            for v in [*a.res, *([trips] if trips else [])]:
                if v in tape.values:
                    self.push(tape, v, env)

    def clone_pure(self, a, env):
        args = [self.get(env, v) for v in a.args]
        if a.fn == "cast":
            return self.b.cast(args[0], a.attrs["target"])
        return self.b.pure(a.fn, *args, hint=a.out.hint)

    def clone_other(self, a, env):
        plan, attrs = self.plan, dict(a.attrs)
        if "lengths" in attrs:
            attrs["lengths"] = [self.get(env, v) for v in attrs["lengths"]]
        new = self.b.emit(
            a.kind, [self.get(env, v) for v in a.args], [v.type for v in a.res], fn=a.fn, **attrs
        )
        self.name_results(a.res, new.res, env)
        if a.kind == "alloc" and self.is_twin(a.out):
            if plan.scope(a.region) is not self.form.body:
                raise NotDifferentiable(
                    f"got {a.out.hint}, an array made in a loop and bound to another name there, "
                    "expected it to be made before the loop",
                    a.loc,
                )
            lengths = [self.get(env, v) for v in a.args]
            self.shadow[a.out] = self.zeros(a.out.type, lengths, f"{a.out.hint}_b")
        if a.kind == "view" and self.is_twin(a.out):
            self.shadow_of(a.out, env)

    def name_results(self, old, new, env):
        for v, w in zip(old, new, strict=False):
            w.hint = v.hint
            env[v] = w

    def clone_if(self, a, env):
        b, plan = self.b, self.plan
        home = plan.scope(a.region)
        handed = []  # what the reverse of a home needs of its branches
        if home in plan.homes:
            handed = [
                v
                for v in plan.kept.get(home, ())
                if v.action is not None and any(v.region.within(r) for r in a.regions)
            ]
            handed.sort(key=plan.order_of)
        sides, parent = [], b.region
        cond = self.get(env, a.args[0])
        for r in a.regions:
            b.region = Region(parent)
            inner = dict(env)
            self.clone_side(r, inner)
            b.region.yields = [self.get(inner, y) for y in r.yields]
            for v in handed:
                b.region.yields.append(inner[v] if v.region.within(r) else self.blank(v))
            sides.append(b.region)
        b.region = parent
        both = [*a.res, *handed]
        out = b.emit("if", (cond,), [v.type for v in both], regions=sides)
        self.name_results(both, out.res, env)

    def blank(self, v):
        """What stands for a value of a branch that was not taken."""
        if not v.is_array:
            return self.b.const(0, v.type)
        return self.b.alloc([self.b.const(0)] * v.type.ndim, v.type.dtype, hint=v.hint)

    def clone_side(self, region, env):
        for a in region.actions:
            self.clone_action(a, env)

    # --- loops ------------------------------------------------------------------------------------

    def clone_loop(self, a, env):
        if a in self.plan.merged:
            self.clone_merged(a, env)
        elif a in self.plan.checkpointed and not self.plainly:
            self.clone_pieces(a, env)
        else:
            self.clone_plain_loop(a, env)

    def new_turn(self, a, env):
        """A region for a turn, and what its values are."""
        new = Region(self.b.region)
        new.args = [Val(v.type, v.hint, None, new) for v in a.regions[0].args]
        return new, {**env, **dict(zip(a.regions[0].args, new.args, strict=True))}

    def clone_plain_loop(self, a, env):
        b, plan, r = self.b, self.plan, a.regions[0]
        tape, trips = self.tapes.get(r), a.attrs.get("trips")
        inits = [self.get(env, v) for v in a.args]
        growing = tape and not tape.exact
        unknown = a.kind == "while" or a.left_early
        if growing and not unknown:
            self.tape_action(tape, "reserve", (self.count(*inits[:3]),))
        self.make_histories(a, inits, env)
        new, inner = self.new_turn(a, env)
        twins = [k for k, p in enumerate(a.phis) if self.is_twin(p)]
        kept_shadow = dict(self.shadow)
        for k in twins:
            p = a.phis[k]
            s = Val(p.type, f"{p.hint}_b", None, new)
            inits.append(self.shadow_of(a.firsts[k], env))
            new.args.append(s)
            self.shadow[p] = s
        parent, b.region = b.region, new
        if tape:
            for p in a.phis:
                if p in tape.values:
                    self.push(tape, p, inner)
        self.begin_versions(a, inner)
        self.clone_side(r, inner)
        new.yields = [self.get(inner, y) for y in r.yields]
        new.yields += [self.shadow_of(r.yields[k], inner) for k in twins]
        if tape:
            self.tape_action(tape, "step", ())
        b.region = parent
        attrs = {"brk": a.attrs.get("brk"), "parallel": a.attrs.get("parallel", False)}
        if growing and unknown:
            attrs["pieces"] = tape
        kinds = [v.type for v in a.res] + [a.phis[k].type for k in twins]
        out = b.emit(a.kind, inits, kinds, regions=(new,), **attrs)
        self.name_results(a.res, out.res, env)
        self.shadow = kept_shadow
        for k, s in zip(twins, out.res[len(a.res) :], strict=True):
            s.hint = f"{a.phis[k].hint}_b"
            self.shadow[a.res[k]] = s
        if trips is not None and trips in plan.need:
            out.attrs["trips"] = env[trips] = Val(I64, trips.hint, out, parent)

    def clone_merged(self, a, env):
        """A loop each of whose turns is reversed as soon as it is done."""
        b, plan, r = self.b, self.plan, a.regions[0]
        given = {k: self.early(v, a.region, env) for k, v in enumerate(a.res) if v in plan.act}
        outer = self.outer_active(r)
        self.shadows_of_made(a.region, env)
        inits = [self.get(env, v) for v in a.args] + [b.const(0, v.type) for v in outer]
        new, inner = self.new_turn(a, env)
        sums = [Val(v.type, f"{v.hint}_b", None, new) for v in outer]
        new.args += sums
        kept, tapes, parent = dict(self.shadow), dict(self.tapes), b.region
        for o in r.actions:
            for q in self.loops_within(o):
                self.new_tape(q, env)
        b.region = new
        self.seeds[r] = {}
        adj = dict(zip(outer, sums, strict=True))
        for k, g in given.items():
            if g is not None:
                self.seeds[r].setdefault(r.yields[k], []).append(g)
        self.clone(r, inner)
        for k, g in given.items():
            if g is not None:
                self.add(adj, r.yields[k], g)
        self.shadows_of(r, inner)
        self.reverse_region(r, inner, adj)
        new.yields = [self.get(inner, y) for y in r.yields]
        new.yields += [adj.get(v, b.const(0, v.type)) for v in outer]
        b.region = parent
        self.shadow, self.tapes = kept, tapes
        kinds = [v.type for v in (*a.res, *outer)]
        out = b.emit(
            "for",
            inits,
            kinds,
            regions=(new,),
            brk=None,
            parallel=a.attrs.get("parallel", False),
        )
        self.name_results(a.res, out.res, env)
        sums = out.res[len(a.res) :]
        for v, w in zip(outer, sums, strict=True):
            w.hint = f"{v.hint}_b"
        self.merged_out[a] = dict(zip(outer, sums, strict=True))

    def shadows_of_made(self, home, env):
        """Makes the shadows of arrays that a home, and those around it, have made so far: what a
        merged loop made within its turn would be lost behind it."""
        for r in home.up():
            for o in r.actions:
                for v in o.res if o.kind in ("view", *MAKERS) else ():
                    if v.is_array and v in env and self.plan.active_memory(v):
                        self.shadow_of(v, env)

    def early(self, v, home, env):
        """The cotangent of `v`, a value of region `home`, before it is computed; None for 0."""
        b, plan, total = self.b, self.plan, None
        for g in self.seeds[home].get(v, ()):
            total = g if total is None else b.pure("add", total, g)
        for a in home.actions:
            if a.kind != "pure" or v not in a.args or a.out not in plan.act:
                continue
            g = self.early(a.out, home, env)
            if g is None:
                continue
            wanted = plan.reads(a, v)
            args = [
                self.at_hand(x, env) if x in wanted or x.is_const else self.get(dict(env), x)
                for x in (*a.args, a.out)
            ]
            for x, c in zip(a.args, pulled(a.fn, g, args[:-1], args[-1]), strict=True):
                if x is v and c is not None:
                    c = b.cast(c, v.type)
                    total = c if total is None else b.pure("add", total, c)
        return total

    def at_hand(self, v, env):
        if v.is_const or v in env:
            return self.get(env, v)
        for x in v.action.args:
            self.at_hand(x, env)
        self.clone_action(v.action, env)
        return env[v]

    def clone_pieces(self, a, env):
        """A loop with checkpoints: the state before each turn is kept, and nothing else."""
        b, plan, r = self.b, self.plan, a.regions[0]
        arrays = plan.snapshots(a)
        tape = self.states[a] = Tape([(v, "") for v in (*a.phis, *arrays)], False)
        self.tape_action(tape, "new", (b.const(1),))
        inits = [self.get(env, v) for v in a.args]
        self.tape_action(tape, "reserve", (self.count(*inits[:3]),))
        new, inner = self.new_turn(a, env)
        parent, b.region = b.region, new
        for p in a.phis:
            self.tape_action(tape, "push", (inner[p],), value=(p, ""))
        for array in arrays:
            copy = self.copied(self.get(env, array))
            self.tape_action(tape, "push", (copy,), value=(array, ""))
        kept = self.tapes, plan.kept, self.plainly
        self.tapes, plan.kept, self.plainly = {}, {}, True
        self.clone_side(r, inner)
        self.tapes, plan.kept, self.plainly = kept
        new.yields = [self.get(inner, y) for y in r.yields]
        self.tape_action(tape, "step", ())
        b.region = parent
        kinds = [v.type for v in a.res]
        out = b.emit("for", inits, kinds, regions=(new,), brk=None, parallel=False)
        self.name_results(a.res, out.res, env)

    # --- tapes ------------------------------------------------------------------------------------

    def new_tape(self, r, env):
        """Makes the tape of a loop's turns, with its size, if that is known."""
        plan, b = self.plan, self.b
        values = sorted(
            plan.kept.get(r, ()), key=lambda v: (v.action is not None, plan.order_of(v), v.hint)
        )
        if not values or r in self.tapes:
            return
        size = self.known_size(r, env)
        self.tapes[r] = tape = Tape([(v, "") for v in values], size is not None)
        self.tape_action(tape, "new", (b.const(FIRST) if size is None else size,))

    def known_size(self, r, env):
        """How many turns there will be in all, or None."""
        plan, size, q = self.plan, self.b.const(1), r
        while q not in plan.homes:
            a = q.action
            if a is not None and a.kind in LOOPS:
                bounds = a.args[:3]
                if a.kind == "while" or a.left_early:
                    return None
                if not all(v.is_const or (v in env and v.region in plan.homes) for v in bounds):
                    return None
                turns = self.count(*[self.get(env, v) for v in bounds])
                size = self.b.pure("mul", size, turns)
            q = q.parent
        return size

    def count(self, lo, hi, step):
        """How often a range goes round."""
        b = self.b
        if not step.is_const:
            span = b.pure("floordiv", b.pure("sub", lo, hi), step)
            return b.pure("max", b.pure("neg", span), b.const(0))
        n = b.pure("sub", hi, lo) if step.const > 0 else b.pure("sub", lo, hi)
        k = abs(step.const)
        if k != 1:
            n = b.pure("floordiv", b.pure("add", n, b.const(k - 1)), b.const(k))
        return b.pure("max", n, b.const(0))

    def push(self, tape, v, env):
        self.tape_action(tape, "push", (self.get(env, v),), value=(v, ""))

    def tape_action(self, tape, what, args, result=None, value=None):
        return self.b.emit("tape", args, result, what=what, tape=tape, value=value)

    def outer_active(self, r):
        """Active numbers from outside of a loop that its turns use."""
        out = {}
        for a in (o for top in r.actions for o in (top, *within(top))):
            for v in [*a.args, *[y for q in a.regions for y in q.yields]]:
                if v in self.plan.act and not v.region.within(r):
                    out[v] = True
        for y in r.yields:
            if y in self.plan.act and not y.region.within(r):
                out[y] = True
        return list(out)
