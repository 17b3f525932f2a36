"""The docstrings of the public functions, made of their entries and written to the file that
`jitgrad.frontend.docs` reads at import.

    python -m tools.docstrings            writes the file
    python -m tools.docstrings --check    ends with 1 if it is not as it should be

Everything in a docstring follows from the entry: the parameters have a sentence each in
`jitgrad.ops.parameters`, the example calls the function as it is sampled, and the derivative is
rendered from the partial derivatives (or is the entry's own sentence). Start at `docstring`.
"""

import sys
import textwrap

import numpy as np

import jitgrad
from jitgrad.base.errors import AxisError, DTypeError, ShapeError
from jitgrad.frontend.binding import SPELLINGS
from jitgrad.frontend.docs import FILE, MARK, SPECIAL_FILE, read
from jitgrad.frontend.special_functions import load
from jitgrad.ir import leaf
from jitgrad.ops import REGISTRY, REQUIRED
from jitgrad.ops.parameters import PARAMETERS

from .formulas import partial_derivatives

WIDTH = 88
AXES = {"axis", "axes", "axis1", "axis2", "source", "destination"}


def docstring(entry):
    """The docstring of the function of an entry."""
    sections = [
        ("Parameters", _parameters(entry)),
        ("Returns", _returns(entry)),
        ("Raises", _raises(entry)),
        ("Derivative", _derivative(entry)),
        ("See Also", _see_also(entry)),
        ("Examples", _examples(entry)),
    ]
    lines = [*textwrap.wrap(entry.doc, WIDTH), *_aliases(entry)]
    for title, body in sections:
        if body:
            lines += ["", title, "-" * len(title), *body]
    return "\n".join(lines)


def _aliases(entry):
    names = [f"`{name}`" for name in entry.names.aliases]
    return ["", f"Also called {' and '.join(names)}."] if names else []


# --- parameters, result, errors -------------------------------------------------------------------


def _takes_names(entry):
    """Whether the function takes parameters by name: those of one or two operands alone do not."""
    return bool(entry.params) or entry.view or entry.operands not in (1, 2)


def _parameters(entry):
    lines = []
    for name in entry.arguments:
        older = entry.names.optional.get(name)
        if entry.name in load().SPECIAL:
            no_gradient = " No gradient." if name in _refused_operands(entry) else ""
            lines += [f"{name} : array_like", f"    Real numbers.{no_gradient}"]
            continue
        lines += _parameter(name, ", optional" if older else "")
        lines += [f"    NumPy's older name `{older}` is accepted."] if older else []
    for name, default in entry.params.items():
        lines += _parameter(name, "" if default is REQUIRED else f", default {default!r}")
        others = [f"`{other}`" for other, own in SPELLINGS.items() if name in own]
        if others:
            accepted = "name {} is" if len(others) == 1 else "names {} are"
            lines.append(f"    PyTorch's {accepted.format(' and '.join(others))} accepted.")
    if _takes_names(entry) and not entry.view:
        lines += ["out : Tensor, optional", "    A tensor that the result is written to."]
    return lines


def _refused_operands(entry):
    """The operands of a special function that no gradient may go to."""
    nodes = [leaf(k, (), np.dtype(float)) for k in range(entry.operands)]
    try:
        marked = entry(*nodes).src
    except DTypeError:  # the first one is a whole number
        return entry.arguments[:1]
    names = zip(entry.arguments, marked, strict=True)
    return [name for name, source in names if source.op.name == "refused"]


def _parameter(name, rest):
    kind, sentence = PARAMETERS[name]
    return [f"{name} : {kind}{rest}", f"    {sentence}"]


def _returns(entry):
    return ["Tensor", f"    {_shape_of_result(entry)}"]


def _shape_of_result(entry):
    first = entry.arguments[0]
    if entry.returns:
        return entry.returns
    if "keepdims" in entry.params:
        return f"Of the shape of `{first}` without `axis`; with length 1 there if `keepdims`."
    if entry.view:
        alias = {
            "always": "A view of `x`: it shares the memory.",
            "dense": "A view of `x` where its layout allows, else a copy.",
            "ordered": "A view of `x` if its elements lie in this order, else a copy.",
        }
        return alias[entry.view.when]
    if entry.sampling.any_shape and entry.operands and entry.operands > 1:
        return "Of the shape that the operands have together, by broadcasting."
    flat = "; flat if `axis` is None" if _is_flattened(entry) else ""
    return f"Of the shape of `{first}`{flat}."


def _is_flattened(entry):
    """Whether the operation is one of the flat operand where no axis is named."""
    if "axis" not in entry.params or entry.operands != 1:
        return False
    case = {**entry.sampling.cases[0], "axis": None}
    try:
        return entry(leaf(0, (2, 3), np.dtype(float)), **case).shape == (6,)
    except (TypeError, AxisError):
        return False


def _raises(entry):
    found = {}
    special = entry.name in load().SPECIAL
    kinds = [] if special else _refused(entry)
    if special and (fixed := _refused_operands(entry)):
        found["GradientError"] = f"Where a gradient goes to {_listed(fixed)}."
    if kinds:
        found["DTypeError"] = f"Where an operand is of {' or '.join(kinds)}."
    elif "dtype" in entry.params:
        found["DTypeError"] = "Where `dtype` is no dtype that jitgrad has."
    if entry.operands is None or entry.operands > 1:
        broadcast = entry.sampling.any_shape and not entry.params
        found["ShapeError"] = (
            "Where the shapes do not broadcast." if broadcast else "Where the shapes do not fit."
        )
    elif _refuses_shapes(entry):
        found["ShapeError"] = f"Where the shape of `{entry.arguments[0]}` does not fit."
    if AXES & set(entry.params):
        found["AxisError"] = "Where there is no such axis, or an axis is named twice."
    if "indices" in entry.arguments:
        found["IndexOutOfRange"] = "Where an index is out of bounds."
    if entry.params:
        found["ArgumentError"] = "Where a parameter is not of the kind above."
    return [line for name, text in found.items() for line in (name, f"    {text}")]


def _listed(names):
    return " or ".join(f"`{name}`" for name in names)


def _refused(entry):
    """The kinds of dtypes that the operation is not defined for."""
    shapes, case = entry.sampling.shapes, entry.sampling.cases[0]
    refused = []
    for kind, dtype in {"bool": np.bool_, "integers": np.int64, "floats": np.float64}.items():
        domains = entry.sampling.domains
        own = [np.dtype(dtype) if d.kind == "f" or d == domains[0] else np.int64 for d in domains]
        nodes = [leaf(k, s, np.dtype(t)) for k, (s, t) in enumerate(zip(shapes, own, strict=True))]
        if entry.indices:
            nodes[1] = leaf(1, shapes[1], np.dtype(np.int64))
        try:
            called(entry, entry, nodes, case)
        except DTypeError:
            refused.append(kind)
    return refused


def _refuses_shapes(entry):
    """Whether an operand may have a shape that the operation is not defined for."""
    for shape in ((), (0,), (5,), (0, 3), (5, 7), (5, 7, 2)):
        for case in entry.sampling.cases:
            try:
                entry(leaf(0, shape, np.dtype(float)), **case)
            except ShapeError:
                return True
            except (AxisError, DTypeError):
                pass
    return False


def called(entry, function, operands, case):
    """``function`` of these operands, with the parameters of a case of the entry."""
    return function(operands, **case) if entry.operands is None else function(*operands, **case)


# --- derivative -----------------------------------------------------------------------------------


def _derivative(entry):
    if not entry.differentiable:
        return ["None: the result has no gradient."]
    if entry.derivative.level:
        return ["0 wherever there is one."]
    if entry.derivative.text:
        return [entry.derivative.text]
    if entry.derivative.partials is None:
        raise ValueError(f"the entry {entry.name} says nothing of its derivative: give it slope=")
    try:
        found = partial_derivatives(entry)
    except DTypeError:  # an operand is a whole number
        found = {"": "x" * WIDTH}
    if entry.name in load().SPECIAL:
        found = {k: v for k, v in found.items() if k not in _refused_operands(entry)}
        if any(len(v) >= WIDTH for v in found.values()):
            return ["A formula of other special functions, to any order."]
    return [f"d/d{name} = {formula}" for name, formula in found.items()]


def _see_also(entry):
    links = [numpy_name(entry.numpy)] if entry.numpy is not None else []
    links += [f"scipy.special.{entry.names.scipy}"] if entry.names.scipy else []
    return [", ".join(links)] if links else []


def numpy_name(function):
    """Where NumPy's documentation has a function: ``numpy.linalg.norm``."""
    module = getattr(function, "__module__", None) or "numpy"
    module = "scipy.special" if function in load().UFUNCS else module
    return f"{module}.{function.__name__}"


# --- example --------------------------------------------------------------------------------------


#: Digits behind the point that are shown.
DIGITS = 4
#: Seeds of samples: the first is taken whose results no machine rounds otherwise.
SEEDS = range(2, 12)


def _examples(entry):
    """A call as the entry is sampled with what it gives, and the gradient of its sum."""
    for seed in SEEDS:
        try:
            return _example(entry, *_sampled(entry, seed))
        except _Tied:
            pass
    raise AssertionError(f"{entry.name}: each sample has a result half way between two that show")


class _Tied(Exception):
    """A result lies half way between two of those that are shown."""


def _example(entry, arrays, case):
    setup = {name: _literal(x) for name, x in zip(_variables(entry, arrays), arrays, strict=True)}
    scope = {"jitgrad": jitgrad}
    lines = []
    for name, text in setup.items():
        lines += _statement(f"{name} = {text}")
        exec(f"{name} = {text}", scope)
    operands = list(setup) if entry.operands else [f"[{', '.join(setup)}]"]
    parameters = [f"{name}={value!r}" for name, value in case.items()]
    home = ".".join(filter(None, ("jitgrad", entry.names.home)))
    call = f"{home}.{entry.name}({', '.join([*operands, *parameters])})"
    lines += _shown(call, scope)
    fixed = _refused_operands(entry) if entry.name in load().SPECIAL else []
    which = next(
        (k for k, x in zip(setup, arrays, strict=True) if x.dtype.kind == "f" and k not in fixed),
        None,
    )
    if entry.differentiable and not entry.derivative.level and which:
        real = call if eval(call, scope).dtype.kind == "f" else f"jitgrad.abs({call})"
        gradient = f"jitgrad.grad(lambda {which}: {real}.sum())({which})"
        if abs(eval(gradient, scope)).max() > 1e-9:  # else it is a 0 with rounding errors
            lines += _shown(gradient, scope)
    return lines


def _variables(entry, arrays):
    return ["x", "y"] if entry.operands is None else entry.arguments[: len(arrays)]


def _sampled(entry, seed):
    """(operands, parameters) of an example: small, and with numbers of one digit."""
    sampling = entry.sampling
    case = next((case for case in sampling.cases if case), {})
    shapes = sampling.shapes
    if sampling.any_shape:
        elementwise = not entry.params and not entry.view
        small = ((3,) if elementwise else (2, 3),) * len(shapes)
        try:
            nodes = [leaf(k, s, np.dtype(float)) for k, s in enumerate(small)]
            called(entry, entry, nodes, case) if case else None
            shapes = small
        except (AxisError, ShapeError):
            pass  # the parameters are for more axes
    arrays = entry.sample(np.random.default_rng(seed), shapes)
    return [np.round(x, 1) + 0.0 if x.dtype.kind == "f" else x for x in arrays], case


def _literal(x):
    values = repr(x.tolist())
    return values if x.dtype.kind == "i" and x.ndim == 1 else f"jitgrad.tensor({values})"


def _statement(text):
    """A statement as an example, in as many lines as it takes."""
    if len(text) <= WIDTH:
        return [f">>> {text}"]
    text = text.replace("], [", "],\n... " + " " * (text.index("[[") + 1) + "[")
    return [f">>> {text}"]


def _shown(expression, scope):
    value = eval(expression, scope)
    if value.size > 12:
        expression += ".shape"
        value = value.shape
    elif value.dtype.kind == "f":
        digits = np.abs(value.numpy()) * 10**DIGITS % 1
        if (np.abs(digits - 0.5) < 1e-6).any():
            raise _Tied
    return [f">>> {expression}", *filter(None, repr(value).splitlines())]


def pages(registry=REGISTRY):
    """name -> docstring, of all public entries of a table."""
    return {name: docstring(entry) for name, entry in registry.items() if entry.public}


def main(arguments):
    jitgrad.config.compile, failed = "never", False
    for path, registry in ((FILE, REGISTRY), (SPECIAL_FILE, load().SPECIAL)):
        wanted, there = pages(registry), read(path)
        if "--check" in arguments:
            stale = [name for name in {**wanted, **there} if wanted.get(name) != there.get(name)]
            print(f"{path}: {', '.join(stale)}" if stale else "", end="")
            failed |= len(stale) > 0
            continue
        with open(path, "w", encoding="utf-8") as file:
            file.write(MARK.join([part for page in wanted.items() for part in page]))
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
