"""Elementwise operations: arithmetic, comparison, elementary functions. One entry each.

The partial derivatives are formulas on IR nodes with the result at hand as ``out``; see
`registry.elementwise` for what an entry may say. `code` is the expression in kernels, where names
such as ``maximum`` or ``power`` are the helpers of `jitgrad.runtime.numba.support`.
"""

import math
import operator as python

import numpy as np

from ..base.dtypes import BOOL, is_float
from ..base.errors import ArgumentError, DTypeError
from ..ir import NUMBER, Node, const
from ..ir.shapes import as_int
from .kinks import at_kinks, shares, side, smooth_square
from .marks import revalue
from .registry import (
    REGISTRY,
    as_node,
    by_dtypes,
    cast,
    choice_dtypes,
    common_dtypes,
    composite,
    elementwise,
    ufunc_dtypes,
)

LN2, LN10 = math.log(2), math.log(10)


# --- arithmetic -----------------------------------------------------------------------------------

add = elementwise(
    "add",
    np.add,
    lambda x, y, out: (1, 1),
    code="({0} + {1})",
    operator="add",
    in_place="add_",
    doc="x + y.",
)
subtract = elementwise(
    "subtract",
    np.subtract,
    lambda x, y, out: (1, -1),
    code="({0} - {1})",
    operator="sub",
    in_place="sub_",
    doc="x - y.",
)
multiply = elementwise(
    "multiply",
    np.multiply,
    lambda x, y, out: (y, x),
    code="({0} * {1})",
    operator="mul",
    in_place="mul_",
    doc="x * y.",
    scales=True,
)
divide = elementwise(
    "divide",
    np.divide,
    lambda x, y, out: (1 / y, -out / y),
    code="({0} / {1})",
    operator="truediv",
    in_place="div_",
    prepare=("reciprocal({0})", "quotient({0}, {1}, {2})", "({0} * {2})"),
    cost=4,
    scales=True,
    aliases=("true_divide",),
    on=(0.5, 2),
    doc="x / y.",
)
floor_divide = elementwise(
    "floor_divide",
    np.floor_divide,
    lambda x, y, out: (0, 0),
    code="floor_divide({0}, {1})",
    operator="floordiv",
    on=((2.1, 2.9), (0.9, 1.0)),
    doc="The largest integer not above x / y.",
)
remainder = elementwise(
    "remainder",
    np.remainder,
    lambda x, y, out: (1, -floor_divide(x, y)),
    code="remainder({0}, {1})",
    operator="mod",
    aliases=("mod",),
    on=((2.1, 2.9), (0.9, 1.0)),
    doc="x - y * floor(x / y), with the sign of y.",
)
fmod = elementwise(
    "fmod",
    np.fmod,
    lambda x, y, out: (1, -trunc(x / y)),
    code="fmod({0}, {1})",
    on=((2.1, 2.9), (0.9, 1.0)),
    doc="The remainder of x / y, with the sign of x.",
)
negative = elementwise(
    "negative",
    np.negative,
    lambda x, out: -1,
    code="(-{0})",
    operator="neg",
    in_place="neg_",
    doc="-x.",
    scales=True,
)
positive = elementwise(
    "positive", np.positive, lambda x, out: 1, code="(+{0})", operator="pos", doc="+x."
)
absolute = elementwise(
    "absolute",
    np.absolute,
    lambda x, out: side(x),
    code="abs({0})",
    operator="abs",
    in_place="abs_",
    aliases=("abs",),
    kink={0.0: 0.0},
    squared=lambda node: square(node.src[0]),
    doc="The magnitude of x; its derivative at 0 is 0, as in PyTorch.",
)
fabs = elementwise(
    "fabs", np.fabs, lambda x, out: side(x), code="abs({0})", kink={0.0: 0.0},
    squared=lambda node: square(node.src[0]), doc="The magnitude of a float.",
)  # fmt: skip
sign = elementwise(
    "sign",
    np.sign,
    lambda x, out: 0,
    code="sign({0})",
    kink={0.0: 0.0},
    level=True,
    doc="-1, 0 or 1, as x is negative, 0 or positive.",
)
reciprocal = elementwise(
    "reciprocal",
    np.reciprocal,
    lambda x, out: -out * out,
    code="(1 / {0})",
    on=(0.5, 2),
    doc="1 / x.",
)


def _reciprocal(of_floats, x):
    """Of an integer 0 it is what NumPy has on this machine."""
    out = of_floats(x)
    if not isinstance(x, Node) or x.dtype.kind not in "iu":
        return out
    with np.errstate(all="ignore"):
        of_zero = int(np.reciprocal(np.zeros(1, x.dtype))[0])
    zero = equal(x, 0)
    return where(zero, const(of_zero, x.dtype), of_floats(where(zero, 1, x)))


_of_floats = reciprocal.build
reciprocal.build = lambda x: _reciprocal(_of_floats, x)
square = elementwise("square", np.square, lambda x, out: 2 * x, code="({0} * {0})", doc="x * x.")


def _smooth(x, out):
    """`out`, the square of `x`, with the derivatives of what it is a function of where `x` has a
    kink."""
    smooth = smooth_square(x) if isinstance(x, Node) and is_float(x.dtype) else None
    return out if smooth is None else revalue(out, smooth)


multiply.op.scaled = at_kinks
_square, _multiply = square.build, multiply.build
square.build = lambda x: _smooth(x, _square(x))
multiply.build = lambda x, y: _smooth(x, _multiply(x, y)) if x is y else _multiply(x, y)
sqrt = elementwise(
    "sqrt",
    np.sqrt,
    lambda x, out: 0.5 / out,
    code="math.sqrt({0})",
    in_place="sqrt_",
    squared=lambda node: node.src[0],
    cost=4,
    on=(0.5, 2),
    doc="The square root.",
)
cbrt = elementwise(
    "cbrt",
    np.cbrt,
    lambda x, out: 1 / (3 * out * out),
    code="cbrt({0})",
    cost=18,
    on=(0.5, 2),
    doc="The cube root.",
)
slope0 = elementwise(
    "slope0",
    None,
    lambda x, out: where(equal(x, 0), float("nan"), -2 * square(out)),
    code="(np.{t}(0.5) / {0} if {0} != 0 else {0})",
    cost=4,
    on=(0.5, 2),
    public=False,
    dtypes=ufunc_dtypes(np.sqrt),
    reference=lambda x, node: np.where(x == 0, x, node.dtype.type(0.5) / x),
    doc="Half of 1 / x, and 0 at 0, but nan its derivative there: there is none to choose.",
)
root0 = elementwise(
    "root0",
    np.sqrt,
    lambda x, out: slope0(out),
    squared=lambda node: node.src[0],
    code="math.sqrt({0})",
    cost=4,
    on=(0.5, 2),
    public=False,
    kink={0.0: (0.0, float("nan"))},
    doc="The square root with derivative 0 at 0: a primitive because norm and std need that "
    "there, as in PyTorch; the "
    "second derivative there is nan.",
)

# --- selection ------------------------------------------------------------------------------------

where = elementwise(
    "where",
    np.where,
    lambda c, x, y, out: (None, cast(c, x.dtype), 1 - cast(c, x.dtype)),
    code="({1} if {0} else {2})",
    dtypes=choice_dtypes,
    operands=3,
    args=("condition", "x", "y"),
    method=False,
    doc="x where condition holds, else y.",
)


def _select_vjp(g, node):
    # Multiplying by a 0/1 mask would turn an inf cotangent into nan; selecting does not.
    c, zero = node.src[0], 0.0
    return (None, where(c, g, zero), where(c, zero, g)) if is_float(node.dtype) else (None,) * 3


def _select_jvp(t, node):
    zero = as_node(0.0)
    x, y = (cast(zero, node.dtype) if v is None else v for v in t[1:])
    return None if t[1] is None and t[2] is None else where(node.src[0], x, y)


where.op.vjp, where.op.jvp = _select_vjp, _select_jvp


def _first(compare):
    """A tie, or two nan, are the first's, as PyTorch has it."""

    def partials(x, y, out):
        first = logical_or(compare(x, y), isnan(y))
        return cast(first, out.dtype), cast(logical_not(first), out.dtype)

    return partials


def _extreme(name, numpy, partials, tie, **entry):
    return elementwise(
        name, numpy, partials, code=f"{name}({{0}}, {{1}})", kink={"tie": tie}, **entry
    )


maximum = _extreme(
    "maximum",
    np.maximum,
    lambda x, y, out: shares(x, y),
    0.5,
    doc="The larger of x and y; nan where either is nan.",
)
minimum = _extreme(
    "minimum",
    np.minimum,
    lambda x, y, out: shares(y, x),
    0.5,
    doc="The smaller of x and y; nan where either is nan.",
)
fmax = _extreme(
    "fmax",
    np.fmax,
    _first(lambda x, y: x >= y),
    1.0,
    doc="The larger of x and y, x where they are equal; ignores nan.",
)
fmin = _extreme(
    "fmin", np.fmin, _first(lambda x, y: x <= y), 1.0,
    doc="The smaller of x and y, x where they are equal; ignores nan.",
)  # fmt: skip


def _clip_partials(x, low, high, out):
    crossed = low > high  # then the value is `high`; of nan nothing is passed on
    inside = logical_and(logical_and(x >= low, x <= high), logical_not(crossed))
    return tuple(
        cast(c, out.dtype)
        for c in (inside, logical_and(x < low, logical_not(crossed)), logical_or(x > high, crossed))
    )


clip3 = elementwise(
    "clip3",
    lambda x, low, high: np.minimum(np.maximum(x, low), high),
    _clip_partials,
    code="minimum(maximum({0}, {1}), {2})",
    dtypes=common_dtypes,
    operands=3,
    public=False,
    on=((-2, 2), (-1.5, -1.4), (1.4, 1.5)),
    doc="clip with both bounds: a primitive, as its derivative at a bound is 1, unlike that of "
    "maximum and minimum.",
)


def _clip(x, low=None, high=None):
    if low is None and high is None:
        return x
    inf = float("inf") if is_float(x.dtype) else None
    if low is None:
        return clip3(x, -inf, high) if inf else minimum(x, high)
    if high is None:
        return clip3(x, low, inf) if inf else maximum(x, low)
    return clip3(x, low, high)


clip = composite(
    "clip", np.clip, _clip, operands=3, args=("x", "min", "max"), aliases=("clamp",),
    optional={"min": "a_min", "max": "a_max"}, on=((-2, 2), (-1.5, -1.4), (1.4, 1.5)),
    saturates={1: False, 2: True},
    doc="x limited to [min, max]; a bound may be None, which is no bound.",
)  # fmt: skip
relu = composite(
    "relu",
    None,
    lambda x: where(x <= 0, 0, x),
    in_place="relu_",
    kink={0.0: 0.0},
    doc="max(x, 0), with derivative 0 at 0; nan stays nan.",
)

# --- comparison and logic -------------------------------------------------------------------------


def _compare(name, symbol, operator):
    out = elementwise(
        name,
        getattr(np, name),
        None,
        code=f"({{0}} {symbol} {{1}})",
        operator=operator,
        floats=BOOL,
        compares=True,
        doc=f"x {symbol} y, elementwise.",
    )
    alike, function = out.build, getattr(python, operator)
    out.build = lambda x, y: _compared(alike, out.loop, function, x, y)
    return out


def _compared(alike, loop, function, x, y):
    """NumPy compares int64 with uint64 as what they are, where no dtype has room for both."""
    if (
        not isinstance(x, Node)
        or not isinstance(y, Node)
        or x.dtype is y.dtype
        or NUMBER in (x.op, y.op)
    ):
        return alike(x, y)
    (a, b), _ = loop((x.dtype, y.dtype))
    if a is b:
        return alike(x, y)
    x, y = cast(x, a), cast(y, b)
    if a.kind == "i":
        return where(x < 0, function(-1, 0), alike(cast(x, b), y))
    return where(y < 0, function(0, -1), alike(x, cast(y, a)))


equal = _compare("equal", "==", "eq")
not_equal = _compare("not_equal", "!=", "ne")
less = _compare("less", "<", "lt")
less_equal = _compare("less_equal", "<=", "le")
greater = _compare("greater", ">", "gt")
greater_equal = _compare("greater_equal", ">=", "ge")


def _logical(name, code, n):
    rule = by_dtypes(lambda asked: ((BOOL,) * n, BOOL))
    return elementwise(
        name,
        getattr(np, name),
        None,
        code=code,
        dtypes=rule,
        operands=n,
        doc=f"{name}, by truth value.",
    )


logical_and = _logical("logical_and", "({0} and {1})", 2)
logical_or = _logical("logical_or", "({0} or {1})", 2)
logical_xor = _logical("logical_xor", "({0} != {1})", 2)
logical_not = _logical("logical_not", "(not {0})", 1)
bitwise_and = elementwise(
    "bitwise_and", np.bitwise_and, None, code="({0} & {1})", operator="and", doc="x & y."
)
bitwise_or = elementwise(
    "bitwise_or", np.bitwise_or, None, code="({0} | {1})", operator="or", doc="x | y."
)
bitwise_xor = elementwise(
    "bitwise_xor", np.bitwise_xor, None, code="({0} ^ {1})", operator="xor", doc="x ^ y."
)
invert = elementwise(
    "invert",
    np.invert,
    None,
    code="np.invert({0})",
    operator="invert",
    aliases=("bitwise_not",),
    doc="~x.",
)
_shl = elementwise(
    "shl",
    np.left_shift,
    None,
    code="({0} << {1})",
    public=False,
    doc="x << y for y within the bits of x.",
)
_shr = elementwise(
    "shr",
    np.right_shift,
    None,
    code="({0} >> {1})",
    public=False,
    doc="x >> y for y within the bits of x.",
)


_shifted_dtypes = ufunc_dtypes(np.left_shift)


def _shifted(shift, beyond):
    """A shift by any number of bits: machines take those within the bits of x, NumPy goes on to
    what is `beyond`."""

    def build(x, y):
        _, dtype = _shifted_dtypes((x, y))
        x, y = (cast(v, dtype) if isinstance(v, Node) else const(v, dtype) for v in (x, y))
        within = logical_and(y >= 0, y < 8 * dtype.itemsize)
        return where(within, shift(x, where(within, y, 0)), beyond(x))

    return build


left_shift = composite(
    "left_shift", np.left_shift, _shifted(_shl, lambda x: 0), operands=2, operator="lshift",
    aliases=("bitwise_left_shift",), differentiable=False, doc="The bits of x moved up by y.",
)  # fmt: skip
right_shift = composite(
    "right_shift",
    np.right_shift,
    _shifted(
        _shr,
        lambda x: _shr(x, const(8 * x.dtype.itemsize - 1, x.dtype)) if x.dtype.kind == "i" else 0,
    ),
    operands=2,
    operator="rshift",
    aliases=("bitwise_right_shift",),
    differentiable=False,
    doc="The bits of x moved down by y; the sign stays.",
)
isnan = elementwise(
    "isnan", np.isnan, None, code="({0} != {0})", floats=BOOL, doc="Whether x is nan."
)
isfinite = elementwise(
    "isfinite",
    np.isfinite,
    None,
    code="isfinite({0})",
    floats=BOOL,
    doc="Whether x is neither infinite nor nan.",
)
isinf = elementwise(
    "isinf",
    np.isinf,
    None,
    code="(abs({0}) == math.inf)",
    floats=BOOL,
    doc="Whether x is infinite.",
)

# --- exponentials and logarithms ------------------------------------------------------------------

exp = elementwise(
    "exp", np.exp, lambda x, out: out, code="exp({0})", in_place="exp_", cost=10, doc="e ** x."
)
exp2 = elementwise(
    "exp2", np.exp2, lambda x, out: out * LN2, code="exp2({0})", cost=10, doc="2 ** x."
)
expm1 = elementwise(
    "expm1",
    np.expm1,
    lambda x, out: out + 1,
    code="expm1({0})",
    cost=12,
    doc="exp(x) - 1, accurate near 0.",
)
log = elementwise(
    "log",
    np.log,
    lambda x, out: 1 / x,
    code="log({0})",
    in_place="log_",
    cost=12,
    on=(0.5, 2),
    doc="The natural logarithm.",
)
log2 = elementwise(
    "log2",
    np.log2,
    lambda x, out: 1 / (x * LN2),
    code="log2({0})",
    cost=13,
    on=(0.5, 2),
    doc="The logarithm to base 2.",
)
log10 = elementwise(
    "log10",
    np.log10,
    lambda x, out: 1 / (x * LN10),
    code="log10({0})",
    cost=14,
    on=(0.5, 2),
    doc="The logarithm to base 10.",
)
log1p = elementwise(
    "log1p",
    np.log1p,
    lambda x, out: 1 / (1 + x),
    code="log1p({0})",
    cost=15,
    on=(-0.5, 2),
    doc="log(1 + x), accurate near 0.",
)

# --- rounding: piecewise constant, derivative 0 ---------------------------------------------------

floor = elementwise(
    "floor",
    np.floor,
    lambda x, out: 0,
    code="np.floor({0})",
    on=(0.1, 0.9),
    level=True,
    doc="The largest integer not above x.",
)
ceil = elementwise(
    "ceil",
    np.ceil,
    lambda x, out: 0,
    code="np.ceil({0})",
    on=(0.1, 0.9),
    level=True,
    doc="The smallest integer not below x.",
)
trunc = elementwise(
    "trunc",
    np.trunc,
    lambda x, out: 0,
    code="np.trunc({0})",
    on=(0.1, 0.9),
    aliases=("fix",),
    level=True,
    doc="x without its fraction.",
)
rint = elementwise(
    "rint",
    np.rint,
    lambda x, out: 0,
    code="round_even({0})",
    on=(0.6, 1.4),
    level=True,
    doc="The nearest integer, ties to even.",
)


def _round(x, decimals=0):
    if x.dtype.kind == "b":
        raise DTypeError("got round() of dtype bool, expected numbers; convert with .astype first")
    whole, decimals = x.dtype.kind in "iu", as_int(decimals, "a number of decimals")
    if abs(decimals) > 308:
        raise ArgumentError(f"got a number of decimals = {decimals}, expected one from -308 to 308")
    if decimals >= 0 and whole:
        return x
    scale = 10.0 ** abs(decimals)
    if decimals == 0:
        return rint(x)
    out = rint(x * scale) / scale if decimals > 0 else rint(x / scale) * scale
    return cast(out, x.dtype) if whole else out


round_ = composite(
    "round",
    np.round,
    _round,
    {"decimals": 0},
    operator="round",
    on=(0.6, 1.4),
    level=True,
    aliases=("around",),
    doc="x to so many decimals, ties to even.",
)
copysign = elementwise(
    "copysign",
    np.copysign,
    lambda x, y, out: (copysign(1.0, y) * side(x), 0),
    code="math.copysign({0}, {1})",
    squared=lambda node: square(node.src[0]),
    on=(0.5, 2),
    doc="The magnitude of x with the sign of y.",
)
heaviside = composite(
    "heaviside", np.heaviside, lambda x, y: _heaviside(x, y), operands=2,
    on=(0.5, 2), method=False, doc="0 below 0, y at 0, 1 above.",
)  # fmt: skip


_step_dtypes = ufunc_dtypes(np.heaviside)


def _heaviside(x, y):
    (dtype, _), _ = _step_dtypes((x, y))
    x, y = cast(as_node(x), dtype), cast(as_node(y), dtype)
    return where(x > 0, 1.0, where(equal(x, 0), y, where(isnan(x), x, 0.0)))


nan_to_num = composite(
    "nan_to_num",
    np.nan_to_num,
    lambda *given: _nan_to_num(*given),
    {"nan": 0.0, "posinf": None, "neginf": None},
    cases=({}, {"nan": 1.5, "neginf": -2.0}),
    doc="nan to a number, infinities to others: the largest by default.",
)


def _nan_to_num(x, nan, posinf, neginf):
    if not is_float(x.dtype):
        return x
    top = float(np.finfo(x.dtype).max)
    high, low = top if posinf is None else posinf, -top if neginf is None else neginf
    return where(isnan(x), nan, where(x > top, high, where(x < -top, low, x)))


# --- operators on nodes: how the formulas above read ----------------------------------------------


def install(cls, wrap):
    """Gives `cls` the operators of the catalogue: ``wrap(entry, reflected)`` makes each method."""
    for entry in REGISTRY.values():
        if entry.operator:
            setattr(cls, f"__{entry.operator}__", wrap(entry, False))
            if entry.operands == 2 and entry.operator not in ("eq", "ne", "lt", "le", "gt", "ge"):
                setattr(cls, f"__r{entry.operator}__", wrap(entry, True))


def _node_method(entry, reflected):
    if entry.operator in ("eq", "ne"):  # nodes are dictionary keys: their equality stays identity
        return getattr(object, f"__{entry.operator}__")
    return (lambda x, y: entry.build(y, x)) if reflected else entry.build


install(Node, _node_method)
