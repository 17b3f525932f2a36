"""Special functions: error functions, and what statistics and neural networks build on. One entry
each."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ..ir import Node
from .comparison import equal, isinf, logical_and, where
from .exponential import LN2, exp
from .pointwise import elementwise
from .promotion import ufunc_dtypes
from .records import Names
from .registry import composite

_floats = ufunc_dtypes(np.exp)
_erf, _erfc = np.frompyfunc(math.erf, 1, 1), np.frompyfunc(math.erfc, 1, 1)

erf = elementwise(
    "erf",
    lambda x, out: 2 / math.sqrt(math.pi) * exp(-x * x),
    "The error function, 2 / sqrt(pi) times the integral of exp(-t * t) from 0 to x.",
    cost=30,
    dtypes=_floats,
    reference=lambda x, node: np.asarray(_erf(x), dtype=node.dtype),
    names=Names(scipy="erf"),
)
erfc = elementwise(
    "erfc",
    lambda x, out: -2 / math.sqrt(math.pi) * exp(-x * x),
    "1 - erf(x), accurate for large x.",
    cost=40,
    dtypes=_floats,
    reference=lambda x, node: np.asarray(_erfc(x), dtype=node.dtype),
    names=Names(scipy="erfc"),
)


def _sigmoid(x: np.ndarray, node: Node) -> np.ndarray:
    e = np.exp(-np.abs(x))
    return np.maximum(x >= 0, e) / (1 + e)


# A primitive, since a formula without overflow on either side has a kink of its own at 0, and
# tanh(x / 2) loses the small values: sigmoid(-40) is 4e-18, and so is its derivative, which 1 -
# sigmoid(40) is not.
sigmoid = elementwise(
    "sigmoid",
    lambda x, out: out * sigmoid(-x),
    "1 / (1 + exp(-x)), without overflow and with every digit of small values.",
    cost=15,
    dtypes=_floats,
    reference=_sigmoid,
    names=Names(aliases=("expit",), in_place="sigmoid_", scipy="expit"),
)


def _logaddexp_partials(scale: float) -> Callable[..., tuple[Node, Node]]:
    """The shares of exp(x) and of exp(y) in their sum.

    Of the difference, not from the result, whose digits are those of the larger operand; so they
    add up to 1 whatever the operands are. Two equal infinities have half each."""

    def partials(x: Node, y: Node, out: Node) -> tuple[Node, Node]:
        ahead = where(logical_and(equal(x, y), isinf(x)), 0.0, x - y)
        ahead = ahead if scale == 1 else ahead * scale
        return sigmoid(ahead), sigmoid(-ahead)

    return partials


logaddexp = elementwise(
    np.logaddexp,
    _logaddexp_partials(1),
    "log(exp(x) + exp(y)), without overflow.",
    cost=40,
    slope="d/dx = sigmoid(x - y), d/dy = sigmoid(y - x): the shares of both in the sum.",
)
logaddexp2 = elementwise(
    np.logaddexp2,
    _logaddexp_partials(LN2),
    "log2(2 ** x + 2 ** y), without overflow.",
    cost=40,
    slope="The shares of 2 ** x and of 2 ** y in their sum.",
)
softplus = composite(
    "softplus",
    lambda x: logaddexp(x, 0.0),
    "log(1 + exp(x)), without overflow.",
    slope="d/dx = sigmoid(x).",
    names=Names(scipy="softplus"),
)
