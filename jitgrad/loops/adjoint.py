"""Reverse mode, from form to form: a forward sweep that keeps what the plan says, then the actions
in reverse order.

The result is in the form again, so it is tidied, printed, and can be differentiated forward (see
`tangent`). Its arguments are those of the function, a cotangent for each float result, and an array
to add to for each array argument; its results are the function's and the cotangents of numbers.
Start at `reverse`.
"""

from ..base.errors import NotDifferentiable
from .additions import promote
from .adjoint_plan import AdjointPlan
from .builder import Builder
from .clean import tidy
from .form import MAKERS, Form, Region, Val, has_cotangent, leaves, like
from .forward_sweep import AdjointForwards
from .restoring import Restoring
from .reverse_sweep import AdjointBackwards
from .shadows import Shadows
from .versions import Versions


def reverse(form, wrt, name=None):
    """The adjoint of a form by the arguments `wrt`."""
    return Adjoint(form, wrt, name or f"{form.name}_vjp").build()


class Adjoint(AdjointForwards, Restoring, AdjointBackwards, Shadows, Versions):
    """The making of an adjoint.

    `shadow` has the arrays of cotangents, `tapes` the tapes of loops' turns, `states` those of
    loops with checkpoints, `seeds` per home the cotangents that its values have from outside.
    """

    def __init__(self, form, wrt, name):
        self.form, self.wrt, self.name = form, wrt, name
        self.plan = AdjointPlan(form, wrt)
        self.b = Builder(Region())
        self.tapes, self.shadow, self.states, self.merged_out = {}, {}, {}, {}
        self.plainly, self.histories = False, {}
        self.twins = self.twin_classes()
        self.seeds = {form.body: {}}

    def build(self):
        f, b = self.form, self.b
        args = [Val(v.type, v.hint, None, b.region) for v in f.args]
        env = dict(zip(f.args, args, strict=True))
        env.update({v: v for _, v in f.globals.values()})
        results = list(leaves(f.rets))
        with b:
            seeds = [self.seed(v) if has_cotangent(v) else None for v in results]
            shadows = self.given_shadows()
            self.local_shadows(args)
            self.claim(results, seeds)
            self.clone(f.body, env)
            rets = [self.get(env, v) for v in results]
            adj = {}
            for v, g in zip(results, seeds, strict=True):
                if g is not None:
                    self.start(v, g, env, adj)
            self.shadows_of(f.body, env)
            self.reverse_region(f.body, env, adj)
            numbers = [v for v in f.args if v in self.wrt and not v.is_array]
            grads = [adj.get(v, b.const(0, v.type)) for v in numbers]
            values = like(f.rets, iter(rets)) if f.rets is not None else None
            b.region.yields = [*rets, *grads]
        given = [s for s in seeds if s is not None]
        out = Form(self.name, [*args, *given, *shadows], b.region, (values, tuple(grads)))
        out.globals, out.plan, out.file = f.globals, self.plan, f.file
        return tidy(promote(tidy(out)))

    def seed(self, v):
        """The argument for the cotangent of a result."""
        return Val(v.type, f"{v.hint}_seed" if v.is_array else "seed", None, self.b.region)

    def given_shadows(self):
        """The arguments for arrays of cotangents."""
        arrays = [v for v in self.form.args if v in self.wrt and v.is_array]
        for v in arrays:
            self.shadow[v] = Val(v.type, f"{v.hint}_b", None, self.b.region)
        return [self.shadow[v] for v in arrays]

    def local_shadows(self, args):
        """Arrays that it is not differentiated by, but that active values are written to."""
        for v, there in zip(self.form.args, args, strict=True):
            if v.is_array and v not in self.shadow and self.plan.active_memory(v):
                self.shadow[v] = self.zeros_like(v, there, f"{v.hint}_b")

    def claim(self, results, seeds):
        """What is handed back has its cotangents from the caller."""
        for v, s in zip(results, seeds, strict=True):
            if s is not None and not v.is_array:
                self.seeds[self.form.body].setdefault(v, []).append(s)
            if s is None or not v.is_array or v.action is None:
                continue
            made = v.action.kind in MAKERS and v.region is self.form.body
            if made and self.plan.active_memory(v):
                if v in self.shadow:
                    raise NotDifferentiable(
                        f"got the array {v.hint} twice among the results, expected one; return a "
                        "copy"
                    )
                self.shadow[v] = s

    def start(self, v, g, env, adj):
        """Brings the cotangent of a result in."""
        if not v.is_array:
            if v in self.plan.act:
                self.add(adj, v, g)
            return
        view = v.action is not None and v.action.kind == "view"
        if v in self.form.args or view:
            raise NotDifferentiable(
                "got an array argument, or a part of one, as a result, expected a new array; "
                "return a copy"
            )
        if self.plan.active_memory(v) and self.shadow.get(v) is not g:
            self.added(g, self.shadow_of(v, env))
