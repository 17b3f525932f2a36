"""Functions of statistics that `scipy.special` has: x log(y) and its kin, the normal distribution,
robust losses.

They are formulas of other operations and keep SciPy's values at the edges (``xlogy(0, 0)`` is 0).
Where a formula is not defined, and another is chosen, it is given harmless operands, so that its
derivative there is no nan. Start at `xlogy`.
"""

import math

import numpy as np

from .elementwise import (
    absolute,
    equal,
    expm1,
    isnan,
    log,
    log1p,
    logical_and,
    logical_not,
    logical_or,
    sqrt,
    square,
    where,
)
from .powers import power
from .registry import as_node, cast, composite, ufunc_dtypes
from .special import erfc, logaddexp

_floats, _floats2 = ufunc_dtypes(np.exp), ufunc_dtypes(np.hypot)


def _float(x):
    return cast(x, _floats((x,))[1])


def _two(x, y):
    """Two operands as nodes of the float dtype they have together."""
    dtype = _floats2((x, y))[1]
    return cast(as_node(x), dtype), cast(as_node(y), dtype)


# --- x log y and its kin --------------------------------------------------------------------------


def _product_with_log(log, low):
    """x log(y), 0 where x is 0 and y no argument of the logarithm: there the derivative is 0, too,
    as in PyTorch."""

    def build(x, y):
        x, y = _two(x, y)
        inside = logical_or(logical_and(y > low, y < float("inf")), isnan(y))
        return x * log(where(logical_and(equal(x, 0), logical_not(inside)), low + 1.0, y))

    return build


_LOGS = {"operands": 2, "method": False, "on": (0.5, 2)}
xlogy = composite(
    "xlogy",
    None,
    _product_with_log(log, 0),
    **_LOGS,
    scipy="xlogy",
    doc="x log(y), 0 where x is 0.",
)
xlog1py = composite(
    "xlog1py",
    None,
    _product_with_log(log1p, -1),
    **_LOGS,
    scipy="xlog1py",
    doc="x log(1 + y), 0 where x is 0.",
)


def _entr(x):
    x = _float(x)
    zero, inside = equal(x, 0), logical_or(x > 0, isnan(x))
    edge = where(zero, sqrt(where(zero, x, 1.0)), -float("inf"))  # a 0 whose derivative is inf
    return where(inside, -x * log(where(inside, x, 1.0)), edge)


entr = composite(
    "entr",
    None,
    _entr,
    method=False,
    on=(0.5, 2),
    scipy="entr",
    doc="-x log(x), 0 at 0 and -inf below.",
)


def _rel_entr(x, y):
    x, y = _two(x, y)
    inside = logical_or(logical_and(x > 0, y > 0), logical_or(isnan(x), isnan(y)))
    edge = cast(where(logical_and(equal(x, 0), y >= 0), 0.0, float("inf")), x.dtype)
    near = logical_and(
        inside, logical_and(2 * x > y, x < 2 * y)
    )  # where the logarithms below would cancel
    ratio = log1p(where(near, (x - y) / where(near, y, 1.0), 0.0))
    far = logical_and(inside, logical_not(near))
    return where(
        inside, x * where(near, ratio, log(where(far, x, 1.0)) - log(where(far, y, 1.0))), edge
    )


rel_entr = composite(
    "rel_entr",
    None,
    _rel_entr,
    **_LOGS,
    scipy="rel_entr",
    doc="x log(x / y), 0 where x is 0, inf below.",
)


def _kl_div(x, y):
    x, y = _two(x, y)
    outside = logical_or(y < 0, logical_and(x > 0, y <= 0))
    return _rel_entr(x, y) + where(outside, 0.0, y - x)


kl_div = composite(
    "kl_div", None, _kl_div, **_LOGS, scipy="kl_div", doc="x log(x / y) - x + y, y where x is 0."
)


def _logit(x):
    x = _float(x)
    middle = logical_and(x > 0.25, x < 0.75)  # where the logarithms below would cancel
    safe, other = where(middle, x, 0.5), where(middle, 0.25, x)
    return where(middle, log1p((2 * safe - 1) / (1 - safe)), log(other) - log1p(-other))


logit = composite(
    "logit",
    None,
    _logit,
    on=(0.3, 0.9),
    scipy="logit",
    doc="log(x / (1 - x)), the inverse of the sigmoid.",
)

# --- the normal distribution ----------------------------------------------------------------------

ROOT2 = math.sqrt(2)
ndtr = composite(
    "ndtr", None, lambda x: 0.5 * erfc(_float(x) / -ROOT2), method=False, scipy="ndtr",
    doc="The distribution function of the standard normal distribution.",
)  # fmt: skip
#: Below it the terms of the asymptotic series of erfc fall under the last bit of a float64 before
#: they rise again.
FAR = -12.0
_SERIES = [(-1) ** k * math.prod(range(1, 2 * k, 2)) for k in range(13)]


def _log_ndtr(x):
    x = _float(x)
    far, right = x < FAR, x > 0
    tail = where(far, x, FAR)
    step, series = 1 / square(tail), 0.0
    for coefficient in reversed(_SERIES):
        series = series * step + float(coefficient)
    tail = -0.5 * square(tail) - log(-tail) - 0.5 * math.log(2 * math.pi) + log(series)
    near = where(logical_or(far, right), 0.0, x)
    upper = log1p(-0.5 * erfc(where(right, x, 0.0) / ROOT2))
    return where(far, tail, where(right, upper, log(0.5 * erfc(near / -ROOT2))))


log_ndtr = composite(
    "log_ndtr", None, _log_ndtr, method=False, scipy="log_ndtr",
    doc="log(ndtr(x)), with every digit far below 0, where ndtr is 0.",
)  # fmt: skip

# --- robust losses, powers ------------------------------------------------------------------------


def _huber(delta, r):
    delta, r = _two(delta, r)
    size = absolute(r)
    out = where(size <= delta, 0.5 * square(r), delta * (size - 0.5 * delta))
    return where(delta < 0, float("inf"), out)


def _pseudo_huber(delta, r):
    delta, r = _two(delta, r)
    none = logical_or(equal(delta, 0), logical_and(equal(r, 0), logical_not(delta < float("inf"))))
    inside = square(delta) * expm1(0.5 * log1p(square(r / where(none, 1.0, delta))))
    return where(delta < 0, float("inf"), where(none, 0.0, inside))


_ROBUST = {"operands": 2, "method": False, "on": ((0.5, 1), (-3, 3)), "args": ("delta", "r")}
huber = composite(
    "huber",
    None,
    _huber,
    **_ROBUST,
    scipy="huber",
    doc="r^2 / 2 up to |r| = delta, a straight line beyond.",
)
pseudo_huber = composite(
    "pseudo_huber", None, _pseudo_huber, **_ROBUST, scipy="pseudo_huber",
    doc="delta^2 (sqrt(1 + (r / delta)^2) - 1), a smooth `huber`.",
)  # fmt: skip
log_expit = composite(
    "log_expit",
    None,
    lambda x: -logaddexp(-_float(x), 0.0),
    aliases=("logsigmoid",),
    scipy="log_expit",
    method=False,
    doc="log(sigmoid(x)), without overflow.",
)


exp10 = composite(
    "exp10", None, lambda x: power(10.0, _float(x)), method=False, scipy="exp10", doc="10 ** x."
)
