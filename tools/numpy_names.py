"""The table of NumPy's public names, `docs/numpy-names.md`: which have a gradient on tensors, which
give values only, and why.

    python -m tools.numpy_names            writes the page
    python -m tools.numpy_names --check    ends with 1 if it is not as it should be

What a name is follows from the tables by which jitgrad finds it: the registry's entries, the
formulas of `jitgrad.numpy.functions`, and what `jitgrad.numpy.fallback` says of the others. Start
at `of_function`.
"""

import inspect
import pathlib
import sys

import numpy as np

import jitgrad
from jitgrad.base.missing import INSTEAD, Missing
from jitgrad.frontend.functions import FUNCTIONS
from jitgrad.numpy import fallback
from jitgrad.numpy.dispatch import counterparts, formula
from jitgrad.numpy.functions.writes import VALUES
from jitgrad.numpy.namespace import CREATION, OWN
from jitgrad.numpy.ufunc_methods import METHODS
from jitgrad.random import smooth

from . import tables
from .formulas import partial_derivatives

PAGE = pathlib.Path(__file__).parent.parent / "docs" / "numpy-names.md"
HEAD = """# Every public name of NumPy, on tensors
Written by `python -m tools.numpy_names` from the tables by which names are found, for NumPy
{version}: change those, not this page. `jitgrad.numpy` has all of these names, and NumPy's own
functions, which are asked by its protocols, go the same way.

| kind | meaning |
| --- | --- |
| gradient | reverse and forward mode, to any order |
| values | tensors or numbers without a gradient: there is none to lose |
| refused | values, and `GradientError` where an operand requires grad, which would be lost |
| NumPy's | no function of tensors: NumPy's own object, dtype, constant or setting |
"""
GRADIENT, ONLY, REFUSED, NUMPYS = "gradient", "values", "refused", "NumPy's"
KINDS = {"b": "truth values", "i": "integers", "u": "integers"}


# --- what a name is -------------------------------------------------------------------------------


def of_function(home, name):
    """(kind, remark) of ``home.name``, a name of one of NumPy's modules."""
    value = getattr(home, name)
    if home is np and name in OWN:
        return GRADIENT, "of jitgrad's own"
    if value is np.ndarray:
        return NUMPYS, "in `jitgrad.numpy`: `jitgrad.Tensor`"
    if home is np and getattr(jitgrad.numpy, name) is not value and inspect.ismodule(value):
        return NUMPYS, "in `jitgrad.numpy`: a module of tensors"
    if not callable(value) or isinstance(value, type):
        return NUMPYS, _described(value)
    entry = counterparts().get(value)
    if entry is not None:
        return _of_entry(entry)
    handler = formula(value)
    if handler is not None:
        return (ONLY, VALUES[handler]) if handler in VALUES else (GRADIENT, "a formula")
    if isinstance(value, np.ufunc):
        return _of_ufunc(value)
    return _of_values(value, name)


def _described(value):
    if inspect.ismodule(value):
        return "a module"
    if isinstance(value, type):
        return "a dtype" if issubclass(value, np.generic) else "a class"
    return "a constant" if not callable(value) else "an object"


def _of_entry(entry):
    if not entry.differentiable:
        xs = entry.sample(np.random.default_rng(0))
        out = FUNCTIONS[entry.name](*map(jitgrad.tensor, xs))
        return ONLY, KINDS[out.dtype.kind]
    partials = partial_derivatives(entry) if entry.derivative.partials else {"x": ""}
    zero = all(text == "0" for text in partials.values())
    return GRADIENT, f"operation `{entry.name}`" + ("; it is zero" if zero else "")


def _of_ufunc(ufunc):
    """A ufunc without an entry: by the dtypes of its results for floats."""
    try:
        found = ufunc.resolve_dtypes((np.dtype(float),) * ufunc.nin + (None,) * ufunc.nout)
    except TypeError:
        return ONLY, "of integers or dates"
    kinds = {d.kind for d in found[ufunc.nin :]}
    return (ONLY, KINDS[kinds.pop()]) if kinds <= set(KINDS) else (REFUSED, "it has no rule")


def _of_values(value, name):
    if name in fallback.NO_GRADIENT:
        return ONLY, fallback.NO_GRADIENT[name]
    if name in fallback.SAVING:
        return ONLY, "written to a file"
    if name in fallback.BY_SHAPE:
        return ONLY, "of shapes and dtypes alone"
    if name in CREATION:
        return ONLY, "a new tensor; `requires_grad=True` makes it a leaf"
    if hasattr(value, "_implementation"):  # NumPy asks its arguments
        return REFUSED, "it has no rule"
    return NUMPYS, "it asks no tensors"


#: Arguments of methods that need some, and are no functions of NumPy's.
ARGUMENTS = {"astype": (np.float64,), "to_device": ("cpu",), "fill": (1.0,)}


def of_method(name):
    """(kind, remark) of a method or attribute of arrays."""
    value = inspect.getattr_static(jitgrad.Tensor, name)
    if isinstance(value, Missing):
        return "missing", INSTEAD.get(name) or f"use jitgrad.numpy.{name}"
    if hasattr(value, "entry"):
        return _of_entry(value.entry)
    if (
        name not in ARGUMENTS
        and callable(getattr(np, name, None))
        and not isinstance(value, property)
    ):
        return of_function(np, name)
    x = jitgrad.ones((1, 1), requires_grad=True).clone()
    found = getattr(x, name)
    found = found(*ARGUMENTS.get(name, ())) if callable(found) else found
    if isinstance(found, jitgrad.Tensor) and found.requires_grad:
        return GRADIENT, "a view or a copy"
    if found is None:
        return GRADIENT, "it writes in place"
    return (GRADIENT, "its elements") if name == "flat" else (ONLY, type(found).__name__)


def of_random(name):
    """(kind, remark) of a name of `numpy.random`, as `jitgrad.random` has it."""
    if name not in jitgrad.random.__all__:
        value = getattr(np.random, name, None)
        return NUMPYS, _described(value) if isinstance(value, type) else "NumPy's global generator"
    if name in vars(smooth.SmoothDraws):
        return GRADIENT, "a formula of a standard draw and of location, scale and the like"
    return ONLY, "draws"


# --- the page -------------------------------------------------------------------------------------


def sections():
    """Title -> {name: (kind, remark)}."""

    def of(home, names):
        return {name: of_function(home, name) for name in sorted(names)}

    methods = [name for name in dir(np.ndarray) if not name.startswith("_")]
    draws = {*np.random.__all__, *(n for n in dir(np.random.Generator) if n[0] != "_")}
    return {
        "numpy": of(np, [n for n in np.__all__ if not n.startswith("_")]),
        "numpy.linalg": of(np.linalg, np.linalg.__all__),
        "numpy.fft": of(np.fft, np.fft.__all__),
        "numpy.random, as jitgrad.random": {n: of_random(n) for n in sorted(draws)},
        "Methods and attributes of arrays": {n: of_method(n) for n in methods},
        "Methods of ufuncs": dict.fromkeys(METHODS, (GRADIENT, "of ufuncs that have an operation")),
    }


def _shown(name, kind, remark):
    """A name as it is shown, with its kind and remark, of which that of operations is one."""
    if remark.startswith("operation `"):
        own = remark.removeprefix("operation ").partition(";")
        name = name if own[0] == f"`{name}`" else f"{name} ({own[0].strip('`')})"
        remark = "an operation" + ("; it is zero" if own[2] else "")
    name, _, more = name.partition(" ")
    return f"`{name}` {more}".strip(), (kind, remark)


def text():
    """The page."""
    out = [HEAD.format(version=tables.minor(np))]
    for title, rows in sections().items():
        out += [f"## {title}", "| kind | what it is | names |", "| --- | --- | --- |"]
        named = [_shown(name, *row) for name, row in rows.items()]
        out += tables.rows(named, [GRADIENT, ONLY, REFUSED, "missing", NUMPYS])
        out.append("")
    return "\n".join(out)


def is_stale():
    """Whether the page is not as it should be; one for another NumPy is left alone."""
    return tables.is_stale(PAGE, "NumPy", np, text)


def main(arguments):
    return tables.write(PAGE, is_stale(), text, bool(arguments))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
