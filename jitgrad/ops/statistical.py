"""Functions of statistics that `scipy.special` has: x log(y) and its kin, the normal distribution,
robust losses.

They are formulas of other operations and keep SciPy's values at the edges (``xlogy(0, 0)`` is 0).
Where a formula is not defined, and another is chosen, it is given harmless operands, so that its
derivative there is no nan. Start at `xlogy`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ..ir import Node
from .arithmetic import absolute, sqrt, square
from .comparison import equal, isinf, isnan, logical_and, logical_not, logical_or, where
from .exponential import log, log1p
from .pointwise import elementwise
from .powers import power
from .primitives import as_node, cast
from .promotion import ufunc_dtypes
from .records import Names
from .registry import composite
from .special import erfc, logaddexp
from .trigonometric import hypot

if TYPE_CHECKING:
    from .registry import Entry

_floats, _floats2 = ufunc_dtypes(np.exp), ufunc_dtypes(np.hypot)


def _float(x: Node | float) -> Node:
    return cast(as_node(x), _floats((x,))[1])


def _two(x: Node | float, y: Node | float) -> tuple[Node, Node]:
    """Two operands as nodes of the float dtype they have together."""
    dtype = _floats2((x, y))[1]
    return cast(as_node(x), dtype), cast(as_node(y), dtype)


# --- x log y and its kin --------------------------------------------------------------------------


def _product_with_log(log: Entry, low: float) -> Callable[..., Node]:
    """x log(y), 0 where x is 0 and y no argument of the logarithm: there the derivative is 0, too,
    as in PyTorch."""

    def build(x: Node, y: Node) -> Node:
        x, y = _two(x, y)
        inside = logical_or(logical_and(y > low, y < float("inf")), isnan(y))
        return x * log(where(logical_and(equal(x, 0), logical_not(inside)), low + 1.0, y))

    return build


def _log_formula(name: str, build: Callable[..., Node], doc: str, slope: str) -> Entry:
    names = Names(method=False, scipy=name)
    return composite(name, build, doc, operands=2, on=(0.5, 2), slope=slope, names=names)


xlogy = _log_formula(
    "xlogy",
    _product_with_log(log, 0),
    "x log(y), 0 where x is 0.",
    "d/dx = log(y), d/dy = x / y.",
)
xlog1py = _log_formula(
    "xlog1py",
    _product_with_log(log1p, -1),
    "x log(1 + y), 0 where x is 0.",
    "d/dx = log(1 + y), d/dy = x / (1 + y).",
)


def _entr(x: Node | float) -> Node:
    x = _float(x)
    zero, inside = equal(x, 0), logical_or(x > 0, isnan(x))
    edge = where(zero, sqrt(where(zero, x, 1.0)), -float("inf"))  # a 0 whose derivative is inf
    return where(inside, -x * log(where(inside, x, 1.0)), edge)


entr = composite(
    "entr",
    _entr,
    "-x log(x), 0 at 0 and -inf below.",
    on=(0.5, 2),
    slope="d/dx = -log(x) - 1.",
    names=Names(method=False, scipy="entr"),
)


def _rel_entr(x: Node | float, y: Node | float) -> Node:
    x, y = _two(x, y)
    inside = logical_or(logical_and(x > 0, y > 0), logical_or(isnan(x), isnan(y)))
    edge = cast(where(logical_and(equal(x, 0), y >= 0), 0.0, float("inf")), x.dtype)
    # Where the logarithms below would cancel.
    near = logical_and(inside, logical_and(2 * x > y, x < 2 * y))
    ratio = log1p(where(near, (x - y) / where(near, y, 1.0), 0.0))
    far = logical_and(inside, logical_not(near))
    return where(
        inside, x * where(near, ratio, log(where(far, x, 1.0)) - log(where(far, y, 1.0))), edge
    )


rel_entr = _log_formula(
    "rel_entr",
    _rel_entr,
    "x log(x / y), 0 where x is 0, inf below.",
    "d/dx = log(x / y) + 1, d/dy = -x / y.",
)


def _kl_div(x: Node | float, y: Node | float) -> Node:
    x, y = _two(x, y)
    outside = logical_or(y < 0, logical_and(x > 0, y <= 0))
    return _rel_entr(x, y) + where(outside, 0.0, y - x)


kl_div = _log_formula(
    "kl_div",
    _kl_div,
    "x log(x / y) - x + y, y where x is 0.",
    "d/dx = log(x / y), d/dy = 1 - x / y.",
)


def _logit(x: Node | float) -> Node:
    x = _float(x)
    middle = logical_and(x > 0.25, x < 0.75)  # where the logarithms below would cancel
    safe, other = where(middle, x, 0.5), where(middle, 0.25, x)
    return where(middle, log1p((2 * safe - 1) / (1 - safe)), log(other) - log1p(-other))


logit = composite(
    "logit",
    _logit,
    "log(x / (1 - x)), the inverse of the sigmoid.",
    on=(0.3, 0.9),
    slope="d/dx = 1 / (x * (1 - x)).",
    names=Names(scipy="logit"),
)

# --- the normal distribution ----------------------------------------------------------------------

ROOT2 = math.sqrt(2)


def _ndtr(x: Node | float) -> Node:
    x = _float(x)
    # Far below 0 what rounding takes from the operand of erfc is many units of the result.
    return cast(0.5 * erfc(cast(x, np.dtype(np.float64)) / -ROOT2), x.dtype)


ndtr = composite(
    "ndtr",
    _ndtr,
    "The distribution function of the standard normal distribution.",
    slope="d/dx = exp(-x * x / 2) / sqrt(2 * pi), the density.",
    names=Names(method=False, scipy="ndtr"),
)
#: Below it the terms of the asymptotic series of erfc fall under the last bit of a float64 before
#: they rise again.
FAR = -12.0
_SERIES = [(-1) ** k * math.prod(range(1, 2 * k, 2)) for k in range(13)]


def _log_ndtr(x: Node | float) -> Node:
    x = _float(x)
    far, right = x < FAR, x > 0
    tail = where(far, x, FAR)
    near_zero = 1 / tail  # squares and their slopes overflow
    step: Node = near_zero * near_zero
    series: Node | float = 0.0
    for coefficient in reversed(_SERIES):
        series = series * step + float(coefficient)
    tail = -0.5 * tail * tail - log(-tail) - 0.5 * math.log(2 * math.pi) + log(series)
    near = where(logical_or(far, right), 0.0, x)
    upper = log1p(-0.5 * erfc(where(right, x, 0.0) / ROOT2))
    return where(far, tail, where(right, upper, log(0.5 * erfc(near / -ROOT2))))


log_ndtr = composite(
    "log_ndtr",
    _log_ndtr,
    "log(ndtr(x)), with every digit far below 0, where ndtr is 0.",
    slope="The density over ndtr(x).",
    names=Names(method=False, scipy="log_ndtr"),
)

# --- robust losses, powers ------------------------------------------------------------------------


def _huber(delta: Node | float, r: Node | float) -> Node:
    delta, r = _two(delta, r)
    size = absolute(r)
    out = where(size <= delta, 0.5 * square(r), delta * (size - 0.5 * delta))
    return where(delta < 0, float("inf"), out)


def _bend_partials(delta: Node, r: Node, out: Node) -> tuple[Node, Node]:
    size = hypot(delta, r)
    beyond = r * (r / (size + delta))  # of the size over delta
    along = where(absolute(r) > delta, delta * (r / size), r * (delta / size))
    return beyond * (beyond / size), along


def _bend_reference(delta: np.ndarray, r: np.ndarray, node: Node) -> np.ndarray:
    size = delta + np.hypot(delta, r)
    return r * np.where(np.abs(r) > delta, delta * (r / size), r * (delta / size))


# A primitive because derivatives of the formula multiply what overflows with what underflows.
_bend = elementwise(
    "pseudo_huber_bend",
    _bend_partials,
    "delta^2 (sqrt(1 + (r / delta)^2) - 1) for a positive delta, without the difference.",
    operands=2,
    code="({1} * ({0} * ({1} / ({0} + hypot({0}, {1}))) if abs({1}) > {0}"
    " else {1} * ({0} / ({0} + hypot({0}, {1})))))",
    cost=20,
    dtypes=ufunc_dtypes(np.hypot),
    reference=_bend_reference,
    on=(0.5, 2),
    public=False,
)


def _pseudo_huber(delta: Node | float, r: Node | float) -> Node:
    delta, r = _two(delta, r)
    finite = delta < float("inf")
    none = logical_or(equal(delta, 0), logical_and(equal(r, 0), logical_not(finite)))
    infinite = logical_or(delta < 0, logical_and(isinf(r), logical_and(finite, delta > 0)))
    return where(infinite, float("inf"), where(none, 0.0, _bend(where(none, 1.0, delta), r)))


def _robust(name: str, build: Callable[..., Node], doc: str, slope: str) -> Entry:
    names = Names(method=False, args=("delta", "r"), scipy=name)
    on = ((0.5, 1), (-3, 3))
    return composite(name, build, doc, operands=2, on=on, slope=slope, names=names)


huber = _robust(
    "huber",
    _huber,
    "r^2 / 2 up to |r| = delta, a straight line beyond.",
    "d/dr = r, limited to [-delta, delta]; d/ddelta = max(|r| - delta, 0).",
)
pseudo_huber = _robust(
    "pseudo_huber",
    _pseudo_huber,
    "delta^2 (sqrt(1 + (r / delta)^2) - 1), a smooth `huber`.",
    "d/dr = r / sqrt(1 + (r / delta) ** 2); for delta that of the formula.",
)
log_expit = composite(
    "log_expit",
    lambda x: -logaddexp(-_float(x), 0.0),
    "log(sigmoid(x)), without overflow.",
    slope="d/dx = sigmoid(-x).",
    names=Names(aliases=("logsigmoid",), method=False, scipy="log_expit"),
)
exp10 = composite(
    "exp10",
    lambda x: power(10.0, _float(x)),
    "The power 10 ** x.",
    slope="d/dx = log(10) * out.",
    names=Names(method=False, scipy="exp10"),
)
