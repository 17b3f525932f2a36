"""Special functions: error functions, and what statistics and neural networks build on. One entry each."""

import math

import numpy as np

from .elementwise import exp, logaddexp
from .registry import composite, elementwise, ufunc_dtypes

_floats = ufunc_dtypes(np.exp)
_erf, _erfc = np.frompyfunc(math.erf, 1, 1), np.frompyfunc(math.erfc, 1, 1)

erf = elementwise(
    "erf", None, lambda x, out: 2 / math.sqrt(math.pi) * exp(-x * x), code="erf({0})", cost=30, dtypes=_floats,
    reference=lambda x, node: np.asarray(_erf(x), dtype=node.dtype), doc="The error function.",
)  # fmt: skip
erfc = elementwise(
    "erfc", None, lambda x, out: -2 / math.sqrt(math.pi) * exp(-x * x), code="erfc({0})", cost=40, dtypes=_floats,
    reference=lambda x, node: np.asarray(_erfc(x), dtype=node.dtype), doc="1 - erf(x), accurate for large x.",
)  # fmt: skip


def _sigmoid(x, node):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, node.dtype.type(1), e) / (1 + e)


# A primitive, since a formula without overflow on either side has a kink of its own at 0, and tanh(x / 2) loses the
# small values: sigmoid(-40) is 4e-18, and so is its derivative, which 1 - sigmoid(40) is not.
sigmoid = elementwise(
    "sigmoid", None, lambda x, out: out * sigmoid(-x), code="sigmoid({0})", in_place="sigmoid_", cost=15,
    dtypes=_floats, reference=_sigmoid, aliases=("expit",),
    doc="1 / (1 + exp(-x)), without overflow and with every digit of small values.",
)  # fmt: skip
softplus = composite("softplus", None, lambda x: logaddexp(x, 0.0), doc="log(1 + exp(x)), without overflow.")
