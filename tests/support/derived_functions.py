"""Derivatives of functions with loops, run as plain Python or by numba, and their oracles.

`python tests/support/derived_functions.py FIRST LAST` compares random functions of these seeds with
dual numbers; with `-h` forward mode with reverse mode, and second derivatives with differences;
with `-n` compiled. Start at `against_duals`.
"""

import linecache
import math
import sys
import tempfile
import warnings
from collections import Counter

import duals
import numba
import numpy as np
from random_functions import Generator

import jitgrad
from jitgrad.loops.derive import Gradient, Jvp, Primal, VjpTangent
from jitgrad.runtime.numba import form_support, user_code
from jitgrad.runtime.numba.inference import typeof

LENGTH = 5
#: What functions raise where they are not defined.
UNDEFINED = (
    *(UnboundLocalError, NameError, ValueError, ZeroDivisionError, OverflowError),
    *(FloatingPointError, IndexError),
)
_folder = tempfile.TemporaryDirectory(prefix="functions-")
_made = 0


def loaded(text, **names):
    """The names of a module with this text, which stands in a file."""
    global _made
    _made += 1
    path = f"{_folder.name}/module{_made}.py"
    with open(path, "w") as file:
        file.write(text)
    linecache.checkcache(path)
    scope = {"__name__": f"module{_made}"}
    exec(compile(text, path, "exec"), scope)
    scope.update(names)
    return scope


def plain(derived):
    """The entry of a derivative as plain Python."""
    support = {k: getattr(form_support, k).py_func for k in form_support.__all__}
    scope = {**support, **user_code.outside, "np": np, "math": math}
    for text in (derived.core_text, derived.entry_text):
        exec(compile(text, f"<{derived.name}>", "exec"), scope)
    entry, given = scope[derived.name], derived.primal.globals
    return lambda *args: entry(*args, *given)


def as_python(text, name, here=False):
    """What `user_code.loaded` gives, not compiled: the entry, and no file."""
    support = {k: getattr(form_support, k).py_func for k in form_support.__all__}
    uncompiled = {"njit": lambda *args, **options: lambda f: f, "types": numba.types}
    uncompiled["entry"] = uncompiled["njit"]
    scope = {**support, **user_code.outside, **uncompiled, "np": np, "math": math}
    lines = [x for x in text.split("\n") if not x.startswith(("from ", "import "))]
    lines = [x for x in lines if " = outside[" not in x]
    exec(compile("\n".join(lines), f"<{name}>", "exec"), scope)
    return scope[name], None


def primal(function, args, argnums=None):
    return Primal(function, tuple(map(typeof, args)), argnums)


def copies(args):
    return [a.copy() if isinstance(a, np.ndarray) else a for a in args]


def arguments(seed):
    """Those of a random function, and directions for the first four."""
    rng, n = np.random.default_rng(seed), LENGTH
    args = [rng.normal(size=n), rng.normal(size=n), rng.normal(size=(n, n)), float(rng.normal())]
    args += [rng.integers(0, n, n), n]
    directions = [rng.normal(size=np.shape(a)) for a in args[:3]] + [float(rng.normal())]
    return args, directions


def inner(xs, ys):
    return sum(float(np.sum(np.asarray(x) * y)) for x, y in zip(xs, ys, strict=True))


def against_duals(seed, text=None, compiled=False):
    """What comes of comparing a random function: "right", "refused", "undefined" or "wrong", and
    why."""
    text = text or Generator(seed).text()
    args, directions = arguments(seed)
    given = [duals.of_array(a, d) for a, d in zip(args[:3], directions[:3], strict=True)]
    given.append(duals.Dual(args[3], directions[3]))
    try:
        want = duals.Dual.of(loaded(text, **duals.NAMES)["prog"](*given, *args[4:]))
    except UNDEFINED as error:
        return "undefined", str(error)
    if not math.isfinite(want.v) or not math.isfinite(want.d):
        return "undefined", "not finite"
    try:
        derived = Gradient(primal(loaded(text)["prog"], args), {})
    except jitgrad.GradientError as error:
        return "refused", error.reason
    value, grads = (derived if compiled else plain(derived))(*copies(args))
    got = inner(grads, directions)
    right = abs(value - want.v) <= 1e-9 * max(1, abs(want.v))
    right = right and abs(got - want.d) <= 1e-8 * max(1, abs(want.d))
    return ("right", "") if right else ("wrong", f"{value} for {want.v}, {got} for {want.d}")


def of_second_order(seed, text=None):
    """Forward mode against reverse mode, and forward over reverse against differences."""
    text = text or Generator(seed).text()
    args, directions = arguments(seed)
    function, n = loaded(text)["prog"], len(directions)
    try:
        gradient = plain(Gradient(primal(function, args), {}))
        jvp = Jvp(primal(function, args), {})
        twice = VjpTangent(primal(function, args), {})
    except jitgrad.GradientError as error:
        return "refused", error.reason
    written = [np.zeros_like(args[k]) for k in range(3) if _is_written(twice, k)]
    try:
        value, grads = gradient(*copies(args))
        tangent = plain(jvp)(*copies(args), *copies(directions))[2][0]
        found = plain(twice)(
            *copies(args), 1.0, *copies(written), *copies(directions), 0.0, *copies(written)
        )[1]

        def moved(step):
            pairs = zip(args[:n], directions, strict=True)
            return gradient(*[a + step * d for a, d in pairs], *args[n:])[1]

        eps = 1e-6
        differences = [
            [(np.asarray(p) - m) / (2 * e) for p, m in zip(moved(e), moved(-e), strict=True)]
            for e in (eps, eps / 2)
        ]
    except UNDEFINED as error:
        return "undefined", str(error)
    if not math.isfinite(value):
        return "undefined", "not finite"
    along = inner(grads, directions)
    if abs(tangent - along) > 1e-8 * max(1, abs(along)):
        return "wrong", f"forward {tangent}, reverse {along}"
    first, second = differences
    scale = max([1, *[np.max(np.abs(x)) for x in first]])
    if any(np.max(np.abs(x - y)) > 1e-4 * scale for x, y in zip(first, second, strict=True)):
        return "right", "not smooth here"
    error = max(np.max(np.abs(np.asarray(h) - x)) for h, x in zip(found, first, strict=True))
    return ("right", "") if error <= 1e-3 * scale else ("wrong", f"{error} of {scale}")


def _is_written(derived, k):
    return derived.primal.form.args[k] in derived.primal.mutated


def main():
    mode = sys.argv.pop(1) if sys.argv[1].startswith("-") else ""
    compare = of_second_order if mode == "-h" else against_duals
    options = {"compiled": True} if mode == "-n" else {}
    warnings.simplefilter("ignore")
    found, reasons = Counter(), Counter()
    for seed in range(int(sys.argv[1]), int(sys.argv[2])):
        try:
            kind, why = compare(seed, **options)
        except Exception as error:
            kind, why = "crash", f"{type(error).__name__}: {str(error)[:300]}"
        found[kind] += 1
        if kind in ("wrong", "crash"):
            print(seed, kind, why, flush=True)
        elif kind != "right":
            reasons[f"{kind}: {why[:70]}"] += 1
    print(dict(found))
    for why, n in reasons.most_common(12):
        print(n, why)


if __name__ == "__main__":
    main()
