"""Forward mode, from form to form: each action is followed by its tangent.

It takes what `adjoint` makes, tapes included, so forward over reverse gives Hessian-vector
products, and the derivative of a derivative of any order. Start at `forward`.
"""

from ..base.errors import NotDifferentiable
from .activity import varied
from .aliases import Aliases
from .builder import Builder
from .clean import tidy
from .form import Form, Region, Val, leaves, like, walk
from .rule_calls import pushed
from .slopes import pulled
from .tapes import Tape


def forward(form, wrt, name=None):
    """The form with tangents of its arguments `wrt`.

    Its arguments are those of the form and the tangents of the arguments `given`: those of `wrt`,
    and arrays that come to have tangents. Its results are those of the form and the tangents of its
    float and array results."""
    return TangentWork(form, wrt, name or f"{form.name}_jvp").build()


class TangentWork:
    """`tan` has the tangents of numbers, `shadow` the arrays of tangents of arrays."""

    def __init__(self, form, wrt, name):
        self.form, self.wrt, self.name = form, set(wrt), name
        self.aliases = Aliases(form)
        self.b = Builder(Region())
        self.shadow, self.tan, self.tapes = {}, {}, {}
        marks, self.varied_tapes = varied(form, self.aliases, wrt)
        self.var, self.varc = marks.values, marks.memory

    def build(self):
        f, b = self.form, self.b
        args = [Val(v.type, v.hint, None, b.region) for v in f.args]
        env = dict(zip(f.args, args, strict=True))
        env.update({v: v for _, v in f.globals.values()})
        given, tangents = [], []
        with b:
            for v in f.args:
                if v in self.wrt or (v.is_array and self.active(v)):
                    t = Val(v.type, f"{v.hint}_t", None, b.region)
                    given.append(v)
                    tangents.append(t)
                    (self.shadow if v.is_array else self.tan)[v] = t
            self.clone(f.body, env)
            results = list(leaves(f.rets))
            rets = [env.get(v, v) for v in results]
            tans = [self.tangent_of_result(v, env) for v in results if v.is_float or v.is_array]
            b.region.yields = [*rets, *tans]
        tree = like(f.rets, iter(rets)) if f.rets is not None else None
        out = Form(self.name, args + tangents, b.region, (tree, tuple(tans)))
        out.globals, out.given, out.file = f.globals, given, f.file
        return tidy(out)

    def tangent_of_result(self, v, env):
        if not v.is_array:
            return self.tangent(v)
        if v in self.shadow:
            return self.shadow[v]
        there = self.get(env, v)
        lengths = [self.b.dim(there, k) for k in range(v.type.ndim)]
        return self.b.alloc(lengths, v.type.dtype, "zeros", hint=f"{v.hint}_t")

    def tangent(self, v):
        found = self.tan.get(v)
        return self.b.const(0, v.type) if found is None else found

    def active(self, array):
        return self.aliases.of(array) in self.varc

    def get(self, env, v):
        return v if v.is_const else env[v]

    def clone(self, region, env):
        for a in region.actions:
            self.b.loc = a.loc
            getattr(self, f"fw_{a.kind}", self.copy)(a, env)

    def copy(self, a, env, **attrs):
        at = {**a.attrs, **attrs}
        if at.get("lengths"):
            at["lengths"] = [self.get(env, v) for v in at["lengths"]]
        new = self.b.emit(
            a.kind, [self.get(env, v) for v in a.args], [v.type for v in a.res], fn=a.fn, **at
        )
        for v, w in zip(a.res, new.res, strict=True):
            w.hint = v.hint
            env[v] = w
        return new

    # --- numbers and memory -----------------------------------------------------------------------

    def fw_dim(self, a, env):
        env[a.out] = self.b.dim(self.get(env, a.args[0]), a.attrs["k"])

    def fw_pure(self, a, env):
        b, args = self.b, [self.get(env, v) for v in a.args]
        if a.fn == "cast":
            out = b.cast(args[0], a.attrs["target"])
        else:
            out = b.pure(a.fn, *args, hint=a.out.hint)
        env[a.out] = out
        if a.out not in self.var:
            return
        total = None
        for k, v in enumerate(a.args):
            t = self.tan.get(v)
            part = None if t is None else pulled(a.fn, t, args, out)[k]
            if part is not None:
                part = b.cast(part, a.out.type)
                total = part if total is None else b.pure("add", total, part)
        if total is not None:
            if total.hint == "v":
                total.hint = f"{a.out.hint}_t"
            self.tan[a.out] = total

    def fw_load(self, a, env):
        self.copy(a, env)
        if a.out in self.var:
            index = [self.get(env, i) for i in a.args[1:]]
            self.tan[a.out] = self.b.load(self.shadow[a.args[0]], *index, hint=f"{a.out.hint}_t")

    def fw_store(self, a, env):
        self.copy(a, env)
        array, *ix, v = a.args
        if self.active(array):
            t = self.tan.get(v)
            zero = self.b.const(0, array.type.dtype)
            index = [self.get(env, i) for i in ix]
            self.b.store(self.shadow[array], *index, zero if t is None else t)

    def fw_addto(self, a, env):
        self.copy(a, env)
        array, *ix, v = a.args
        if self.active(array) and self.tan.get(v) is not None:
            index = [self.get(env, i) for i in ix]
            order = {k: x for k, x in a.attrs.items() if k == "any_order"}
            self.b.addto(self.shadow[array], *index, self.tan[v], **order)

    def fw_alloc(self, a, env):
        self.copy(a, env)
        if self.active(a.out):
            lengths = [self.get(env, n) for n in a.args]
            self.shadow[a.out] = self.b.alloc(
                lengths, a.out.type.dtype, "zeros", hint=f"{a.out.hint}_t"
            )

    def fw_view(self, a, env):
        new = self.copy(a, env)
        if self.active(a.out):
            self.shadow[a.out] = self.b.emit(
                "view",
                [self.shadow[a.args[0]], *new.args[1:]],
                a.out.type,
                hint=f"{a.out.hint}_t",
                **new.attrs,
            )

    def fw_lib(self, a, env):
        new = self.copy(a, env)
        if not self.active(a.out):
            return
        if a.fn != "dot":
            raise NotDifferentiable(
                "got a solution of linear equations in forward mode or for second derivatives, of "
                "which only first derivatives are there; write it as loops",
                a.loc,
            )
        b, (x, y) = self.b, a.args
        lengths = [b.dim(new.out, k) for k in range(2)]
        self.shadow[a.out] = out = b.alloc(
            lengths, a.out.type.dtype, "zeros", hint=f"{a.out.hint}_t"
        )
        if self.active(x):
            b.emit("call", (out, self.shadow[x], self.get(env, y)), fn="_dot_add")
        if self.active(y):
            b.emit("call", (out, self.get(env, x), self.shadow[y]), fn="_dot_add")

    def fw_outside(self, a, env):
        if not any(self.active(v) if v.is_array else v in self.var for v in a.res):
            self.copy(a, env)
            return
        args = [self.get(env, v) for v in a.args]
        tangents = [self.any_tangent(v, x) for v, x in zip(a.args, args, strict=True)]
        out, found = pushed(self.b, a, args, tangents)
        for v, w, t in zip(a.res, out, found, strict=True):
            env[v] = w
            if v.is_array and self.active(v):
                self.shadow[v] = t
            elif v in self.var:
                self.tan[v] = t

    def any_tangent(self, v, there):
        """The tangent of an argument, zeros where it has none."""
        if not v.is_array:
            return self.tangent(v)
        if self.active(v):
            return self.shadow[v]
        lengths = [self.b.dim(there, k) for k in range(v.type.ndim)]
        return self.b.alloc(lengths, v.type.dtype, "zeros", hint=f"{v.hint}_t")

    def fw_call(self, a, env):
        """`_dot_back(x, y, out_b, x_b, y_b)`: x_b += out_b @ y.T, y_b += x.T @ out_b."""
        new = self.copy(a, env)
        if not any(v.is_array and self.active(v) for v in a.args):
            return
        if a.fn != "_dot_back":
            raise NotDifferentiable(
                "got second derivatives of a solution of linear equations, of which only first "
                "derivatives are there; write it as loops",
                a.loc,
            )
        x, y, g, x_b, y_b = a.args
        x_, y_, g_, *_ = new.args
        pairs = [(x_b, g, g_, y, y_, "_dot_add_2"), (y_b, x, x_, g, g_, "_dot_add_1")]
        for to, left, left_, right, right_, helper in pairs:
            if not self.active(to):
                continue
            for t, first in ((left, True), (right, False)):
                if self.active(t):
                    s = self.shadow[t]
                    operands = (s, right_) if first else (left_, s)
                    self.b.emit("call", (self.shadow[to], *operands), fn=helper)

    def fw_tape(self, a, env):
        at, old = a.attrs, a.attrs["tape"]
        if old not in self.tapes:
            extra = [
                (v, s + "_t")
                for v, s in old.entries
                if (v, s) in self.varied_tapes or (v.is_array and self.keeps_active(old, (v, s)))
            ]
            self.tapes[old] = Tape(old.entries + extra, old.exact)
        new = {**at, "tape": self.tapes[old]}
        self.copy(a, env, tape=self.tapes[old])
        if at["value"] is None:
            return
        v, suffix = at["value"]
        new["value"] = v, suffix + "_t"
        values = a.args or a.res
        active = self.active(values[0]) if v.is_array else at["value"] in self.varied_tapes
        if active:
            self.twin(a, new, v.is_array)

    def twin(self, a, attrs, is_array):
        """The same on the tape of tangents."""
        tangents = self.shadow if is_array else self.tan
        if a.attrs["what"] == "push":
            x = a.args[0]
            self.b.emit("tape", (self.shadow[x] if is_array else self.tangent(x),), **attrs)
        else:
            t = self.b.emit("tape", (), a.out.type, **attrs)
            t.hint = f"{a.out.hint}_t"
            tangents[a.out] = t

    def keeps_active(self, tape, entry):
        return any(
            a.kind == "tape"
            and a.attrs["tape"] is tape
            and a.attrs["value"] == entry
            and a.args
            and self.active(a.args[0])
            for a in walk(self.form.body)
        )

    # --- branches and loops -----------------------------------------------------------------------

    def with_tangents(self, values):
        """The numbers of those of `values` that have tangents: numbers, and arrays."""
        numbers = [k for k, v in enumerate(values) if v in self.var]
        return numbers, [k for k, v in enumerate(values) if v.is_array and self.active(v)]

    def fw_if(self, a, env):
        b, parent, sides = self.b, self.b.region, []
        numbers, arrays = self.with_tangents(a.res)
        for r in a.regions:
            b.region = Region(parent)
            inner = dict(env)
            self.clone(r, inner)
            b.region.yields = [self.get(inner, y) for y in r.yields]
            b.region.yields += [b.cast(self.tangent(r.yields[k]), a.res[k].type) for k in numbers]
            b.region.yields += [self.shadow[r.yields[k]] for k in arrays]
            sides.append(b.region)
        b.region = parent
        test = self.get(env, a.args[0])
        if a.attrs.get("guard"):  # it skips adding a 0, whose tangent may be none
            t = self.tan.get(a.args[0].action.args[0])
            if t is not None:
                test = b.pure("or", test, b.pure("ne", t, b.const(0, t.type)))
        kinds = [v.type for v in a.res]
        kinds += [kinds[k] for k in numbers + arrays]
        out = b.emit("if", (test,), kinds, regions=sides, **a.attrs)
        self.results(a, out, numbers, arrays, env)

    def results(self, a, out, numbers, arrays, env):
        n = len(a.res)
        for v, w in zip(a.res, out.res[:n], strict=True):
            w.hint = v.hint
            env[v] = w
        for k, w in zip(numbers + arrays, out.res[n:], strict=True):
            w.hint = f"{a.res[k].hint}_t"
            (self.shadow if k in arrays else self.tan)[a.res[k]] = w

    def fw_for(self, a, env):
        b, r, parent = self.b, a.regions[0], self.b.region
        phis, firsts = a.phis, a.firsts
        numbers, arrays = self.with_tangents(phis)
        new = Region(parent)
        new.args = [Val(v.type, v.hint, None, new) for v in r.args]
        inner = {**env, **dict(zip(r.args, new.args, strict=True))}
        inits = [self.get(env, v) for v in a.args]
        for k in numbers + arrays:
            t = Val(phis[k].type, f"{phis[k].hint}_t", None, new)
            new.args.append(t)
            if k in arrays:
                inits.append(self.shadow[firsts[k]])
                self.shadow[phis[k]] = t
            else:
                inits.append(b.cast(self.tangent(firsts[k]), phis[k].type))
                self.tan[phis[k]] = t
        b.region = new
        self.clone(r, inner)
        new.yields = [self.get(inner, y) for y in r.yields]
        new.yields += [b.cast(self.tangent(r.yields[k]), phis[k].type) for k in numbers]
        new.yields += [self.shadow[r.yields[k]] for k in arrays]
        b.region = parent
        attrs = {k: v for k, v in a.attrs.items() if k != "trips"}
        if attrs.get("pieces") is not None:
            attrs["pieces"] = self.tapes[attrs["pieces"]]
        kinds = [v.type for v in a.res]
        kinds += [kinds[k] for k in numbers + arrays]
        out = b.emit(a.kind, inits, kinds, regions=(new,), **attrs)
        trips = a.attrs.get("trips")
        if trips:
            out.attrs["trips"] = env[trips] = Val(trips.type, "turns", out, parent)
        self.results(a, out, numbers, arrays, env)

    fw_while = fw_for
