"""Special functions: error functions, and what statistics and neural networks build on. One entry
each."""

import math

import numpy as np

from .elementwise import LN2, equal, exp, isinf, logical_and, where
from .registry import composite, elementwise, ufunc_dtypes

_floats = ufunc_dtypes(np.exp)
_erf, _erfc = np.frompyfunc(math.erf, 1, 1), np.frompyfunc(math.erfc, 1, 1)

erf = elementwise(
    "erf",
    None,
    lambda x, out: 2 / math.sqrt(math.pi) * exp(-x * x),
    code="erf({0})",
    cost=30,
    dtypes=_floats,
    reference=lambda x, node: np.asarray(_erf(x), dtype=node.dtype),
    scipy="erf",
    doc="The error function.",
)
erfc = elementwise(
    "erfc",
    None,
    lambda x, out: -2 / math.sqrt(math.pi) * exp(-x * x),
    code="erfc({0})",
    cost=40,
    dtypes=_floats,
    reference=lambda x, node: np.asarray(_erfc(x), dtype=node.dtype),
    scipy="erfc",
    doc="1 - erf(x), accurate for large x.",
)


def _sigmoid(x, node):
    e = np.exp(-np.abs(x))
    return np.maximum(x >= 0, e) / (1 + e)


# A primitive, since a formula without overflow on either side has a kink of its own at 0, and
# tanh(x / 2) loses the small values: sigmoid(-40) is 4e-18, and so is its derivative, which 1 -
# sigmoid(40) is not.
sigmoid = elementwise(
    "sigmoid",
    None,
    lambda x, out: out * sigmoid(-x),
    code="sigmoid({0})",
    in_place="sigmoid_",
    cost=15,
    dtypes=_floats,
    reference=_sigmoid,
    aliases=("expit",),
    scipy="expit",
    doc="1 / (1 + exp(-x)), without overflow and with every digit of small values.",
)


def _logaddexp_partials(scale):
    """The shares of exp(x) and of exp(y) in their sum.

    Of the difference, not from the result, whose digits are those of the larger operand; so they
    add up to 1 whatever the operands are. Two equal infinities have half each."""

    def partials(x, y, out):
        ahead = where(logical_and(equal(x, y), isinf(x)), 0.0, x - y)
        ahead = ahead if scale == 1 else ahead * scale
        return sigmoid(ahead), sigmoid(-ahead)

    return partials


logaddexp = elementwise(
    "logaddexp", np.logaddexp, _logaddexp_partials(1), code="logaddexp({0}, {1})", cost=40,
    doc="log(exp(x) + exp(y)), without overflow.",
)  # fmt: skip
logaddexp2 = elementwise(
    "logaddexp2", np.logaddexp2, _logaddexp_partials(LN2), code="logaddexp2({0}, {1})", cost=40,
    doc="log2(2 ** x + 2 ** y), without overflow.",
)  # fmt: skip
softplus = composite(
    "softplus",
    None,
    lambda x: logaddexp(x, 0.0),
    scipy="softplus",
    doc="log(1 + exp(x)), without overflow.",
)
