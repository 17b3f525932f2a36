"""Trigonometric and hyperbolic functions and their inverses. One entry each."""

import math

import numpy as np

from .elementwise import absolute, equal, sqrt, square, where
from .registry import composite, elementwise

sin = elementwise(
    "sin", np.sin, lambda x, out: cos(x), code="sin({0})", in_place="sin_",
    exact="(math.sin({0}) if is_far({0}) else sin({0}))", check="is_far", cost=12,
    doc="The sine of x, in radians.",
)  # fmt: skip
cos = elementwise(
    "cos",
    np.cos,
    lambda x, out: -sin(x),
    code="cos({0})",
    in_place="cos_",
    exact="(math.cos({0}) if is_far({0}) else cos({0}))",
    check="is_far",
    cost=12,
    doc="The cosine of x, in radians.",
)
tan = elementwise(
    "tan", np.tan, lambda x, out: 1 + out * out, code="tan({0})",
    exact="(math.tan({0}) if is_far({0}) else tan({0}))", check="is_far", cost=17, on=(-1, 1),
    doc="The tangent of x, in radians.",
)  # fmt: skip
arcsin = elementwise(
    "arcsin",
    np.arcsin,
    lambda x, out: 1 / sqrt(1 - x * x),
    code="arcsin({0})",
    cost=12,
    on=(-0.8, 0.8),
    aliases=("asin",),
    doc="The inverse sine, in radians.",
)
arccos = elementwise(
    "arccos",
    np.arccos,
    lambda x, out: -1 / sqrt(1 - x * x),
    code="arccos({0})",
    cost=14,
    on=(-0.8, 0.8),
    aliases=("acos",),
    doc="The inverse cosine, in radians.",
)
arctan = elementwise(
    "arctan",
    np.arctan,
    lambda x, out: 1 / (1 + x * x),
    code="arctan({0})",
    cost=17,
    aliases=("atan",),
    doc="The inverse tangent, in radians.",
)


def _square_sum(x, y):
    """x² + y², and 1 at the origin, where the derivatives are 0, as in PyTorch."""
    out = x * x + y * y
    return where(equal(out, 0), 1.0, out)


arctan2 = elementwise(
    "arctan2", np.arctan2, lambda x, y, out: (y / _square_sum(x, y), -x / _square_sum(x, y)),
    code="arctan2({0}, {1})", cost=25, on=(0.5, 2), aliases=("atan2",),
    doc="The angle of the point (y, x), in radians.",
)  # fmt: skip
hypot = elementwise(
    "hypot",
    np.hypot,
    lambda x, y, out: (x / out, y / out),
    code="hypot({0}, {1})",
    cost=8,
    on=(0.5, 2),
    squared=lambda node: square(node.src[0]) + square(node.src[1]),
    doc="The Euclidean norm of (x, y).",
)
sinh = elementwise(
    "sinh", np.sinh, lambda x, out: cosh(x), code="sinh({0})", cost=15, doc="The hyperbolic sine."
)
cosh = elementwise(
    "cosh", np.cosh, lambda x, out: sinh(x), code="cosh({0})", cost=12, doc="The hyperbolic cosine."
)
tanh = elementwise(
    "tanh",
    np.tanh,
    lambda x, out: 1 - out * out,
    code="tanh({0})",
    in_place="tanh_",
    cost=16,
    doc="The hyperbolic tangent.",
)
arcsinh = elementwise(
    "arcsinh",
    np.arcsinh,
    lambda x, out: 1 / sqrt(x * x + 1),
    code="arcsinh({0})",
    cost=28,
    aliases=("asinh",),
    doc="The inverse hyperbolic sine.",
)
arccosh = elementwise(
    "arccosh",
    np.arccosh,
    lambda x, out: 1 / sqrt(x * x - 1),
    code="arccosh({0})",
    cost=25,
    on=(1.5, 3),
    aliases=("acosh",),
    doc="The inverse hyperbolic cosine.",
)
arctanh = elementwise(
    "arctanh",
    np.arctanh,
    lambda x, out: 1 / (1 - x * x),
    code="arctanh({0})",
    cost=17,
    on=(-0.8, 0.8),
    aliases=("atanh",),
    doc="The inverse hyperbolic tangent.",
)
deg2rad = elementwise(
    "deg2rad",
    np.deg2rad,
    lambda x, out: math.pi / 180,
    code="({0} * np.{t}(math.pi / 180))",
    aliases=("radians",),
    doc="Degrees to radians.",
)
rad2deg = elementwise(
    "rad2deg",
    np.rad2deg,
    lambda x, out: 180 / math.pi,
    code="({0} * np.{t}(180 / math.pi))",
    aliases=("degrees",),
    doc="Radians to degrees.",
)


sinc = composite(
    "sinc", np.sinc, lambda x: _sinc(x), on=(0.2, 2), doc="sin(pi x) / (pi x), and 1 at 0.",
)  # fmt: skip


def _sinc(x):
    """Near 0 by the series: derivatives of sin(y) / y cancel there, and have no digits left at
    1e-8."""
    y = math.pi * x
    near = absolute(y) < 0.25
    square_, safe = square(where(near, y, 0.0)), where(near, 1.0, y)
    series = 1 - square_ / 110
    for factor in (72, 42, 20, 6):
        series = 1 - square_ / factor * series
    return where(near, series, sin(safe) / safe)
