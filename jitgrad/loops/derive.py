"""Derivatives of one function for one choice of types: form, transformed form, text, entry.

The *core* is the transformed form; the *entry* makes the arrays of cotangents or tangents, copies
what would be changed, and calls it. Both stand in one emitted module. Start at `Vjp`.
"""

import os
import re

from ..base.errors import NotDifferentiable
from ..runtime.numba import user_code
from ..runtime.numba.inference import F64, types
from .adjoint import reverse
from .aliases import Aliases, stored_classes
from .carrying import carry
from .clean import tidy
from .dead_stores import drop_overwritten
from .emit import texts
from .form import Val, has_cotangent, leaves, walk
from .free_sums import relax
from .fresh_shadows import assign
from .front import trace
from .gather import gather
from .parts import in_parts
from .tangent import forward
from .turn_order import ascend
from .well_formed import verify


def _tuple(parts):
    return f"({', '.join(parts)}{',' if parts else ''})"


class Primal:
    """The form of a function for argument types, and what its arguments and results are.

    Attributes
    ----------
    form : Form
    wrt : list of Val
        The arguments that are differentiated by: floats and arrays of them, of the arguments
        `argnums`, or those with the numbers `places` among numbers and arrays.
    mutated : list of Val
        Array arguments that are written to.
    results : list of Val
        The leaves of what is returned.
    """

    def __init__(self, function, argtypes, argnums=None, places=None):
        self.form = verify(tidy(trace(function, argtypes)))
        chosen = range(len(argtypes)) if argnums is None else argnums
        self.wrt = [
            v
            for k, tree in enumerate(self.form.arg_tree)
            if k in chosen
            for v in leaves(tree)
            if isinstance(v, Val) and not v.is_const and has_cotangent(v)
        ]
        if places is not None:
            self.wrt = [v for v in self.wrt if self.form.args.index(v) in places]
        aliases = Aliases(self.form)
        stored = stored_classes(self.form.body, aliases)
        self.mutated = [v for v in self.form.args if v.is_array and aliases.of(v) in stored]
        self.results = list(leaves(self.form.rets))
        self.seeded = [v for v in self.results if has_cotangent(v)]
        #: Whether each argument is a number or an array.
        self.of_leaves = all(isinstance(tree, Val) for tree in self.form.arg_tree)
        # As numba has them: the values that they have now.
        self.globals = [array.copy() for array, _ in self.form.globals.values()]

    def names(self, letter, vals):
        """Names for some of the arguments: a letter and the number."""
        return [f"{letter}{k}" for k, v in enumerate(self.form.args) if v in vals]

    @property
    def arrays(self):
        return [v for v in self.wrt if v.is_array]

    @property
    def numbers(self):
        return [v for v in self.form.args if v in self.wrt and not v.is_array]


class Derived:
    """A transformed form with its entry, which `loaded` compiles.

    Attributes
    ----------
    text : str
        The emitted module.
    signature : list
        The types of the entry's arguments.
    """

    text: str
    core_text: str
    entry_text: str
    name: str
    signature: list
    core: object

    word = "derivative"

    def __init__(self, primal, options):
        self.primal, self.options, self.entry_, self.file = primal, options, None, None
        self.all = [f"a{k}" for k in range(len(primal.form.args))]
        self.given = list(primal.form.globals)

    def finish(self, core, params, kinds, lines):
        """Emits the module: the core, and an entry of `params` with the types `kinds`."""
        f = self.primal.form
        self.core = core = verify(
            tidy(ascend(carry(in_parts(assign(gather(relax(drop_overwritten(core))))))))
        )
        taken = set(re.findall(r"[A-Za-z_]\w*", " ".join([*params, *lines])))
        *parts, main = texts(
            core,
            f"{self.word.capitalize()} of {f.name}.",
            bool(self.options.get("boundscheck")),
            taken,
        )
        self.core_text = "\n\n".join([*[f"@_in_parts\n{part}" for part in parts], main])
        self.name = f"{f.name}_{self.word.replace(' ', '_')}"
        params = [*params, *self.given]
        self.signature = [*kinds, *[v.type for _, v in f.globals.values()]]
        outside = sorted({a.fn for a in walk(core.body) if a.fn in user_code.outside})
        entry = user_code.decorator(self.options, self.signature, not outside)
        body = "".join([f"    {x}\n" for x in lines])
        self.entry_text = f"def {self.name}({', '.join(params)}):\n{body}"
        where = os.path.basename(f.file or "")
        whole = _in_place(main, core, lines)
        inner = user_code.decorator(self.options)
        self.text = user_code.module_text(
            f"{self.word.replace(' ', '_')} kernel of {where}: {f.name}.",
            [
                *[f"@_in_parts\n{inner}\n{part}" for part in parts],
                f"{entry}\ndef {self.name}({', '.join(params)}):\n{whole}",
            ],
            outside,
        )

    @property
    def entry(self):
        """The compiled entry; it takes the global arrays of the module as last arguments."""
        return self.compiled()

    def compiled(self, here=False):
        """The entry, compiled `here` where numba itself asks for it."""
        if self.entry_ is None:
            self.entry_, self.file = user_code.loaded(self.text, self.name, here)
        return self.entry_

    def __call__(self, *args):
        return self.entry(*args, *self.primal.globals)

    def kinds(self, vals):
        return [v.type for v in vals]

    def of_wrt(self, letter, numbers):
        """The parts of a gradient in the order of the arguments, from arrays of a letter and the
        texts of numbers."""
        numbers, p = iter(numbers), self.primal
        return _tuple(
            [
                f"{letter}{k}" if v.is_array else next(numbers)
                for k, v in enumerate(p.form.args)
                if v in p.wrt
            ]
        )

    def core_call(self, core, more):
        return f"{core.name}({', '.join([*self.all, *more, *self.given])})"


def with_globals(form):
    """Arrays that are constants of the user's module become arguments: texts hold no arrays."""
    for name, (_, v) in form.globals.items():
        v.hint = name
        form.args.append(v)
    form.globals = {}
    return form


def _in_place(core_text, core, lines):
    """The body of an entry with the core executed in place of its call: of two functions numba
    would compile the core twice, by itself and as a part of the entry."""
    doc, *body = core_text.rstrip().split("\n")[1:]
    result = body.pop().removeprefix("    return ")
    out = [doc]
    for line in lines:
        found = re.fullmatch(rf"(.+) = {core.name}\((.*)\)", line)
        if found is None:
            out.append(f"    {line}")
            continue
        given = zip(core.args, found[2].split(", "), strict=True)
        out += [f"    {v.name} = {text}" for v, text in given if v.name != text]
        out += [*body, f"    {found[1]} = {result}"]
    return "\n".join(out) + "\n"


class Vjp(Derived):
    """``entry(*args, *seeds, *written)`` -> results, contents of written arguments, gradients.

    `seeds` are the cotangents of the float results, `written` those of what the function leaves in
    the array arguments that it writes to. Neither these arguments nor the cotangents are changed.
    """

    word = "vjp"

    def __init__(self, primal, options):
        super().__init__(primal, options)
        p, f = primal, primal.form
        self.core_form = reverse(f, p.wrt, f"{f.name}_adjoint")
        self.warnings = self.core_form.plan.warnings
        mutated = [v for v in p.mutated if v in p.wrt]
        seeds = [f"s{k}" for k in range(len(p.seeded))]
        written = p.names("w", mutated)
        lines = [f"{n} = {n}.copy()" for n in p.names("a", p.mutated)]
        lines += [f"{n} = {n}.copy()" for n, v in zip(seeds, p.seeded, strict=True) if v.is_array]
        for n in p.names("b", p.arrays):
            w = "w" + n[1:]
            lines.append(f"{n} = {w}.copy()" if w in written else f"{n} = np.zeros_like(a{n[1:]})")
        call = self.core_call(self.core_form, [*seeds, *p.names("b", p.arrays)])
        lines.append(f"out, g = {call}")
        n = len(p.numbers)
        after = _tuple(p.names("a", p.mutated))
        grads = self.of_wrt("b", [f"g[{k}]" for k in range(n)])
        lines.append(f"return out, {after}, {grads}")
        kinds = [*self.kinds(f.args), *map(_new, p.seeded), *map(_new, mutated)]
        self.finish(with_globals(self.core_form), [*self.all, *seeds, *written], kinds, lines)


class Gradient(Derived):
    """``entry(*args)`` -> value, gradients, of a function that returns one number."""

    word = "gradient"

    def __init__(self, primal, options):
        super().__init__(primal, options)
        p, f = primal, primal.form
        if len(p.results) != 1 or len(p.seeded) != 1 or p.results[0].is_array:
            got = ", ".join([str(v.type) for v in p.results]) or "nothing"
            raise NotDifferentiable(
                f"got a function {f.name} that returns {got}, expected one float; give the "
                "cotangents of the results to `vjp`"
            )
        self.core_form = reverse(f, p.wrt, f"{f.name}_adjoint")
        self.warnings = self.core_form.plan.warnings
        lines = [f"{n} = {n}.copy()" for n in p.names("a", p.mutated)]
        lines += [f"{n} = np.zeros_like(a{n[1:]})" for n in p.names("b", p.arrays)]
        call = self.core_call(self.core_form, [one(p.seeded[0].type), *p.names("b", p.arrays)])
        lines.append(f"value, g = {call}")
        grads = self.of_wrt("b", [f"g[{k}]" for k in range(len(p.numbers))])
        lines.append(f"return value, {grads}")
        self.finish(with_globals(self.core_form), self.all, self.kinds(f.args), lines)


class Jvp(Derived):
    """``entry(*args, *tangents)`` -> results, contents of written arguments, tangents of the float
    results, tangents of the written arguments."""

    word = "jvp"

    def __init__(self, primal, options):
        super().__init__(primal, options)
        p, f = primal, primal.form
        core = forward(f, p.wrt, f"{f.name}_tangent")
        given = [*core.given]
        written = [v for v in p.mutated if v in p.wrt]
        more = [v for v in given if v not in p.wrt]  # arrays that only come to have tangents
        lines = [f"{n} = {n}.copy()" for n in p.names("a", p.mutated) + p.names("t", written)]
        lines += [f"t{n[1:]} = np.zeros_like({n})" for n in p.names("a", more)]
        call = self.core_call(core, p.names("t", given))
        lines.append(f"out, t = {call}")
        after = _tuple(p.names("a", p.mutated))
        lines.append(f"return out, {after}, t, {_tuple(p.names('t', written))}")
        kinds = [*self.kinds(f.args), *map(_new, self.primal_order(p.wrt))]
        params = [*self.all, *p.names("t", p.wrt)]
        self.finish(with_globals(core), params, kinds, lines)

    def primal_order(self, vals):
        return [v for v in self.primal.form.args if v in vals]


class JvpTangent(Derived):
    """Forward over forward: ``entry(*args, *tangents, *directions)`` -> second tangents of the
    float results, those of the written arguments."""

    word = "jvp tangent"

    def __init__(self, primal, options):
        super().__init__(primal, options)
        p, f = primal, primal.form
        first, n = forward(f, p.wrt, f"{f.name}_tangent"), len(f.args)
        by = [a for a, v in zip(first.args, f.args, strict=False) if v in p.wrt]
        core = forward(first, by, f"{f.name}_second_tangent")
        tangents = p.names("t", first.given)
        names = dict(zip(first.args, [*self.all, *tangents], strict=True))
        written = [v for v in p.mutated if v in p.wrt]
        more = [v for v in first.given if v not in p.wrt]
        lines = [f"{m} = {m}.copy()" for m in p.names("a", p.mutated) + p.names("t", written)]
        lines += [f"t{m[1:]} = np.zeros_like({m})" for m in p.names("a", more)]
        lines += [self.second_direction(v, names[v], v in by) for v in core.given]
        call = self.core_call(core, [*tangents, *[f"u{names[v]}" for v in core.given]])
        lines.append(f"(out, t), u = {call}")
        count = sum(1 for v in p.results if v.is_float or v.is_array)
        have = {names[v] for v in core.given}
        after = [f"u{m}" if m in have else f"np.zeros_like({m})" for m in p.names("t", written)]
        seconds = _tuple([f"u[{count + k}]" for k in range(count)])
        lines.append(f"return {seconds}, {_tuple(after)}")
        order = [v for v in f.args if v in p.wrt]
        kinds = [*self.kinds(f.args), *map(_new, order), *map(_new, order)]
        params = [*self.all, *p.names("t", p.wrt), *p.names("da", p.wrt)]
        assert len(first.args) == n + len(tangents)
        self.finish(with_globals(core), params, kinds, lines)

    def second_direction(self, v, name, given):
        """The line that makes the second direction of an argument of the first tangent."""
        if not given:
            return f"u{name} = np.zeros_like({name})"
        return f"u{name} = d{name}{'.copy()' if v.is_array else ''}"


class VjpTangent(Derived):
    """Forward over reverse: ``entry(*args, *seeds, *written, *directions, *seed directions,
    *written directions)`` -> gradients, their tangents. It is the derivative of `Vjp`."""

    word = "vjp tangent"

    def __init__(self, primal, options):
        super().__init__(primal, options)
        p, f = primal, primal.form
        adjoint = reverse(f, p.wrt, f"{f.name}_adjoint")
        n = len(f.args)
        args, seeds = adjoint.args[:n], adjoint.args[n : n + len(p.seeded)]
        shadows = adjoint.args[n + len(p.seeded) :]
        by = [a for a, v in zip(args, f.args, strict=True) if v in p.wrt]
        mutated = [v for v in p.mutated if v in p.wrt]
        places = [k for k, v in enumerate(p.arrays) if v in mutated]
        core = forward(
            adjoint, [*by, *seeds, *[shadows[k] for k in places]], f"{f.name}_adjoint_tangent"
        )
        s = [f"s{k}" for k in range(len(seeds))]
        names = dict(zip(adjoint.args, [*self.all, *s, *p.names("b", p.arrays)], strict=True))
        lines = self.made(p, s, mutated)
        lines += self.tangents(core, names, p, mutated)
        call = self.core_call(
            core, [*s, *p.names("b", p.arrays), *["t" + names[v] for v in core.given]]
        )
        lines.append(f"(out, g), t = {call}")
        lines.append(f"return {self.pair(p, names, core, shadows)}")
        order = [v for v in f.args if v in p.wrt]
        params = [*self.all, *s, *p.names("w", mutated)]
        params += ["d" + n for n in (*p.names("a", p.wrt), *s, *p.names("w", mutated))]
        kinds = [*self.kinds(f.args), *map(_new, p.seeded), *map(_new, mutated)]
        kinds += map(_new, [*order, *p.seeded, *mutated])
        self.finish(with_globals(core), params, kinds, lines)

    def made(self, p, seeds, mutated):
        """Copies, and arrays of cotangents."""
        lines = [f"{n} = {n}.copy()" for n in p.names("a", p.mutated)]
        lines += [f"{n} = {n}.copy()" for n, v in zip(seeds, p.seeded, strict=True) if v.is_array]
        written = p.names("w", mutated)
        for n in p.names("b", p.arrays):
            w = "w" + n[1:]
            lines.append(f"{n} = {w}.copy()" if w in written else f"{n} = np.zeros_like(a{n[1:]})")
        return lines

    def tangents(self, core, names, p, mutated):
        """``t<name>`` for each argument of the adjoint that has a tangent."""
        directions = {f"a{k}" for k, v in enumerate(p.form.args) if v in p.wrt}
        directions |= {f"s{k}" for k in range(len(p.seeded))}
        written = p.names("w", mutated)
        lines = []
        for v in core.given:
            n = names[v]
            if n in directions:
                lines.append(f"t{n} = d{n}{'.copy()' if v.is_array else ''}")
            elif n[0] == "b" and "w" + n[1:] in written:
                lines.append(f"t{n} = dw{n[1:]}.copy()")
            else:
                lines.append(f"t{n} = np.zeros_like({n})")
        have = {names[v] for v in core.given}
        lines += [f"t{n} = np.zeros_like({n})" for n in p.names("b", p.arrays) if n not in have]
        return lines

    def pair(self, p, names, core, shadows):
        """The gradients and their tangents."""
        count = len(p.numbers)
        # The tangents of the float and array results come first, then those of the gradients.
        first = sum(1 for v in p.results if v.is_float or v.is_array)
        grads = self.of_wrt("b", [f"g[{k}]" for k in range(count)])
        return f"{grads}, {self.of_wrt('tb', [f't[{first + k}]' for k in range(count)])}"


def one(kind):
    return "1.0" if kind == F64 else "np.float32(1.0)"


def _new(v):
    """The type of a cotangent or tangent of a value: arrays are in C order."""
    if v.is_array:
        return types.Array(v.type.dtype, v.type.ndim, "C")
    return v.type
