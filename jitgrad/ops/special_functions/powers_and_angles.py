"""Transformations by Box and Cox, and elementary functions that SciPy has beside NumPy's. Start at
`boxcox`."""

from __future__ import annotations

import math

from ...ir import Node
from ..arithmetic import square
from ..comparison import equal, where
from ..exponential import log, log1p
from ..powers import power
from ..trigonometric import sin
from .hypergeometric import hyp1f1, hyp2f1
from .table import special


def _forward(logarithm: Node, lmbda: Node) -> Node:
    """The derivative of (x ** lmbda - 1) / lmbda in lmbda, from log(x)."""
    none = equal(logarithm, -math.inf)  # of 0, where it is -1 / lmbda
    safe = where(none, 0.0, logarithm)
    usual = 0.5 * square(safe) * hyp1f1(2.0, 3.0, lmbda * safe)
    return where(none, 1.0 / square(where(none, lmbda, 1.0)), usual)


def _back(y: Node, lmbda: Node, power: Node) -> tuple[Node, Node]:
    inside = lmbda * y
    by_lmbda = -0.5 * power * square(y) * hyp2f1(2.0, 2.0, 3.0, -inside)
    return power / (1.0 + inside), by_lmbda


ARGS, ON = ("x", "lmbda"), ((0.5, 3), (-1, 1))
boxcox = special(
    "boxcox",
    lambda x, lmbda, out: (power(x, lmbda - 1.0), _forward(log(x), lmbda)),
    "The transformation of Box and Cox: (x ** lmbda - 1) / lmbda, log(x) where lmbda is 0.",
    args=ARGS,
    on=ON,
)
boxcox1p = special(
    "boxcox1p",
    lambda x, lmbda, out: (power(1.0 + x, lmbda - 1.0), _forward(log1p(x), lmbda)),
    "The transformation of Box and Cox of 1 + x.",
    args=ARGS,
    on=ON,
)
inv_boxcox = special(
    "inv_boxcox",
    lambda y, lmbda, out: _back(y, lmbda, out),
    "The inverse of `boxcox`.",
    args=("y", "lmbda"),
    on=((-0.5, 0.5), (-1, 1)),
)
inv_boxcox1p = special(
    "inv_boxcox1p",
    lambda y, lmbda, out: _back(y, lmbda, out + 1.0),
    "The inverse of `boxcox1p`.",
    args=("y", "lmbda"),
    on=((-0.5, 0.5), (-1, 1)),
)
cosm1 = special("cosm1", lambda x, out: -sin(x), "cos(x) - 1, accurate near 0.")
powm1 = special(
    "powm1",
    lambda x, y, out: (y * power(x, y - 1.0), (out + 1.0) * log(x)),
    "x ** y - 1, accurate where that is near 0.",
    on=(0.5, 2),
)
DEGREE = math.pi / 180
sindg = special("sindg", lambda x, out: DEGREE * cosdg(x), "The sine of x degrees.")
cosdg = special("cosdg", lambda x, out: -DEGREE * sindg(x), "The cosine of x degrees.")
tandg = special("tandg", lambda x, out: DEGREE * (1.0 + square(out)), "The tangent of x degrees.")
cotdg = special(
    "cotdg",
    lambda x, out: -DEGREE * (1.0 + square(out)),
    "The cotangent of x degrees.",
    on=(20, 70),
)
