"""The functions of numbers that the form has: how each is written, and which entry it is.

What is known of one (its derivative, its cost, whether it is level between jumps) is what its entry
in the catalogue says; here stand the text that numba compiles, and NumPy's and Python's names for
it. Start at `SCALARS`; derivatives are made in `slopes`.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..ops import REGISTRY
from ..runtime.numba.inference import BOOL, F64, I64, result_type, types, unify

#: Flops from which a function is worth a place on a tape rather than computing it again.
DEAR = 8


class Scalar(NamedTuple):
    """A function of numbers.

    Attributes
    ----------
    text : str
        How a call is written, of the texts of the operands.
    call : callable or None
        What numba is asked the type of the result of.
    entry : str or None
        The entry of the catalogue that has its derivative; None for what has none.
    kind : callable or None
        ``kind(*types)`` -> the type of the result, where numba is not asked.
    fold : callable or None
        What computes it of constants.
    slope : str or None
        The function of the form that is its derivative, where it has no entry.
    """

    text: str
    call: Any = None
    entry: str | None = None
    kind: Callable[..., Any] | None = None
    fold: Callable[..., Any] | None = None
    slope: str | None = None

    @property
    def differentiable(self) -> bool:
        if self.slope is not None:
            return True
        return self.entry is not None and REGISTRY[self.entry].differentiable

    @property
    def dear(self) -> bool:
        if self.slope is not None:
            return True
        return self.entry is not None and REGISTRY[self.entry].op.cost >= DEAR


def _operator(text: str, function: Any, entry: str | None = None) -> Scalar:
    return Scalar(text, function, entry, fold=function)


def _function(name: str, entry: str = "") -> Scalar:
    function = getattr(math, name)
    return Scalar(f"math.{name}({{}})", function, entry or name, fold=function)


def _boolean(*kinds: Any) -> Any:
    return BOOL


def _whole(*kinds: Any) -> Any:
    return I64


def _float_of(kind: Any) -> Any:
    return kind if isinstance(kind, types.Float) else F64


SCALARS = {
    "add": _operator("{} + {}", operator.add, "add"),
    "sub": _operator("{} - {}", operator.sub, "subtract"),
    "mul": _operator("{} * {}", operator.mul, "multiply"),
    "div": _operator("{} / {}", operator.truediv, "divide"),
    "neg": _operator("-{}", operator.neg, "negative"),
    "pow": _operator("{} ** {}", operator.pow, "power2"),
    "floordiv": _operator("{} // {}", operator.floordiv, "floor_divide"),
    "mod": _operator("{} % {}", operator.mod, "remainder"),
    "fmod": Scalar("math.fmod({}, {})", math.fmod, "fmod"),
    "lt": _operator("{} < {}", operator.lt),
    "le": _operator("{} <= {}", operator.le),
    "gt": _operator("{} > {}", operator.gt),
    "ge": _operator("{} >= {}", operator.ge),
    "eq": _operator("{} == {}", operator.eq),
    "ne": _operator("{} != {}", operator.ne),
    "and": Scalar("{} and {}", kind=_boolean, fold=lambda x, y: x and y),
    "or": Scalar("{} or {}", kind=_boolean, fold=lambda x, y: x or y),
    "not": Scalar("not {}", operator.not_, kind=_boolean, fold=operator.not_),
    "bitand": Scalar("{} & {}", operator.and_),
    "bitor": Scalar("{} | {}", operator.or_),
    "bitxor": Scalar("{} ^ {}", operator.xor),
    "lshift": Scalar("{} << {}", operator.lshift),
    "rshift": Scalar("{} >> {}", operator.rshift),
    "invert": Scalar("~{}", operator.invert),
    "select": Scalar("({1} if {0} else {2})", None, "where", kind=lambda c, a, b: unify(a, b)),
    "min": Scalar("min({}, {})", min, "minimum", fold=min),
    "max": Scalar("max({}, {})", max, "maximum", fold=max),
    "fmin": Scalar("np.fmin({}, {})", np.fmin, "fmin"),
    "fmax": Scalar("np.fmax({}, {})", np.fmax, "fmax"),
    "abs": Scalar("abs({})", abs, "absolute"),
    "sign": Scalar("np.sign({})", np.sign, "sign"),
    "copysign": Scalar("math.copysign({}, {})", math.copysign, "copysign"),
    "exp": _function("exp"),
    "exp2": Scalar("np.exp2({})", np.exp2, "exp2"),
    "expm1": _function("expm1"),
    "log": _function("log"),
    "log1p": _function("log1p"),
    "log2": Scalar("np.log2({})", np.log2, "log2"),
    "log10": _function("log10"),
    "sqrt": _function("sqrt"),
    "cbrt": Scalar("np.cbrt({})", np.cbrt, "cbrt"),
    "sin": _function("sin"),
    "cos": _function("cos"),
    "tan": _function("tan"),
    "asin": _function("asin", "arcsin"),
    "acos": _function("acos", "arccos"),
    "atan": _function("atan", "arctan"),
    "atan2": Scalar("math.atan2({}, {})", math.atan2, "arctan2"),
    "sinh": _function("sinh"),
    "cosh": _function("cosh"),
    "tanh": _function("tanh"),
    "asinh": _function("asinh", "arcsinh"),
    "acosh": _function("acosh", "arccosh"),
    "atanh": _function("atanh", "arctanh"),
    "erf": _function("erf"),
    "erfc": _function("erfc"),
    # Their entries are loaded with SciPy, which need not be there.
    "lgamma": Scalar("math.lgamma({})", math.lgamma, slope="digamma"),
    "digamma": Scalar("_digamma({})", kind=_float_of, slope="trigamma"),
    "trigamma": Scalar("_trigamma({})", kind=_float_of),
    "hypot": Scalar("math.hypot({}, {})", math.hypot, "hypot"),
    "floor": Scalar("np.floor({})", np.floor, "floor"),
    "ceil": Scalar("np.ceil({})", np.ceil, "ceil"),
    "trunc": Scalar("np.trunc({})", np.trunc, "trunc"),
    "rint": Scalar("np.rint({})", np.rint, "rint"),
    "isnan": Scalar("np.isnan({})", np.isnan),
    "isfinite": Scalar("np.isfinite({})", np.isfinite),
    "isinf": Scalar("np.isinf({})", np.isinf),
    "cast": Scalar("{target}({})", entry="positive"),
    "stop": Scalar("({})", kind=lambda x: x),
    "thread_id": Scalar("numba.get_thread_id()", kind=_whole),
    "thread_count": Scalar("numba.get_num_threads()", kind=_whole),
    "accumulate": Scalar("_accumulate({}, {})", kind=lambda x, y: unify(x, y)),
    "clip_index": Scalar("_clip_index({}, {})", kind=_whole),
}


def _names() -> dict[str, str]:
    """What NumPy, `math` and Python call them."""
    out = {}
    for fn, scalar in SCALARS.items():
        if scalar.entry is None or fn in ("cast", "select"):
            continue
        entry = REGISTRY[scalar.entry]
        for name in (fn, entry.name, *entry.names.aliases):
            out[name] = fn
    out |= {"abs": "abs", "fabs": "abs", "power": "pow", "pow": "pow", "float_power": "pow"}
    out |= {"lgamma": "lgamma", "isnan": "isnan", "isfinite": "isfinite", "isinf": "isinf"}
    out |= {"logical_and": "and", "logical_or": "or", "logical_not": "not"}
    out |= {"less": "lt", "less_equal": "le", "greater": "gt", "greater_equal": "ge"}
    out |= {"equal": "eq", "not_equal": "ne", "invert": "invert", "bitwise_not": "invert"}
    out |= {"bitwise_and": "bitand", "bitwise_or": "bitor", "bitwise_xor": "bitxor"}
    out |= {"left_shift": "lshift", "right_shift": "rshift"}
    del out["min"], out["max"]  # of arrays these are reductions
    return out


#: Name in NumPy, `math` or Python -> the function of the form.
NAMES = _names()


def scalar_type(fn: str, kinds: tuple) -> Any:
    """The type of a function of numbers of these types; None where numba has none."""
    scalar = SCALARS[fn]
    return result_type(scalar.call, kinds) if scalar.kind is None else scalar.kind(*kinds)
