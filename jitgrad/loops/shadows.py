"""Shadows: the arrays of cotangents that belong to arrays. Part of the adjoint.

An allocation has a shadow of zeros, made at the head of the reverse of its scope; a view the same
view of the shadow of its base. What the function returns has the caller's array as its shadow.
Start at `Shadows.shadow_of`.
"""

from ..base.errors import NotDifferentiable
from ..runtime.numba.inference import array_type
from .form import CALLS, LOOPS, MAKERS, walk


class Shadows:
    def twin_classes(self):
        """Classes of arrays that change names in loops: their shadows go along in the forward
        sweep."""
        out = set()
        for a in walk(self.form.body):
            if a.kind in LOOPS:
                out |= self.plan.aliases.of_all(a.phis)
        return out & self.plan.actc

    def is_twin(self, array):
        return array.is_array and self.plan.aliases.of(array) in self.twins

    def shadow_of(self, array, env):
        """The array of cotangents that belongs to `array`, here."""
        known = self.shadow.get(array)
        if known is not None and self.is_here(known):
            return known
        made = array.action
        kind = made.kind if made is not None else None
        if kind == "view":
            out = self.view_of_shadow(array, env)
        elif kind == "alloc":
            lengths = [self.get(env, n) for n in made.args]
            out = self.zeros(array.type, lengths, f"{array.hint}_b")
        elif kind in CALLS:
            out = self.zeros_like(array, self.get(env, array), f"{array.hint}_b")
        elif self.plan.active_memory(array):
            raise NotDifferentiable(
                f"got {array.hint}, an array whose cotangents cannot be followed; make it before "
                "the loop or branch, and write into it",
                self.b.loc,
            )
        else:
            return None
        self.shadow[array] = out
        return out

    def view_of_shadow(self, array, env):
        made = array.action
        base = self.shadow_of(made.args[0], env)
        index = [self.get(env, x) for x in made.args[1:]]
        out = self.b.emit(
            "view", [base, *index], array.type, hint=f"{array.hint}_b", spec=made.attrs["spec"]
        )
        if made.attrs.get("lengths"):
            out.action.attrs["lengths"] = [self.get(env, n) for n in made.attrs["lengths"]]
        return out

    def zeros(self, type_, lengths, hint):
        return self.b.alloc(lengths, type_.dtype, "zeros", hint=hint)

    def zeros_like(self, array, there, hint):
        lengths = [self.b.dim(there, k) for k in range(array.type.ndim)]
        return self.zeros(array_type(array.type.dtype, array.type.ndim), lengths, hint)

    def shadows_of(self, region, env):
        """Makes the shadows of arrays that are made in a region."""
        for a in region.actions:
            for v in a.res if a.kind in ("view", *MAKERS) else ():
                if v.is_array and self.plan.active_memory(v):
                    self.shadow_of(v, env)

    def is_here(self, shadow):
        return shadow.region is None or any(r is shadow.region for r in self.b.region.up())

    def copied(self, source, to=None):
        """The elements of `source` written into `to`, or into a new array."""
        b = self.b
        if to is None:
            lengths = [b.dim(source, k) for k in range(source.type.ndim)]
            to = b.alloc(lengths, source.type.dtype, hint=source.hint)
        shape = [b.dim(to, k) for k in range(source.type.ndim)]
        b.nest(shape, lambda index: b.store(to, *index, b.load(source, *index)))
        return to

    def added(self, source, to):
        """The elements of `source` added to those of `to`."""
        b = self.b
        shape = [b.dim(to, k) for k in range(source.type.ndim)]
        b.nest(shape, lambda index: b.addto(to, *index, b.load(source, *index)))
