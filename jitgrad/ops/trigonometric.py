"""Trigonometric and hyperbolic functions and their inverses. One entry each."""

from __future__ import annotations

import math

import numpy as np

from ..base.dtypes import is_complex
from ..ir import Node, const
from . import complex_parts
from .arithmetic import absolute, slope0, sqrt, square
from .comparison import equal, where
from .pointwise import elementwise
from .records import Names
from .registry import composite


def _one_minus(x: Node) -> Node:
    """1 - x, of which a complex one keeps the sign of an imaginary part of 0, on which the side of
    a branch cut depends: NumPy takes a real number for one with an imaginary part of +0."""
    return -(x - 1) if is_complex(x.dtype) else 1 - x


def _one_plus(x: Node) -> Node:
    """1 + x, as `_one_minus`."""
    return _one_minus(-x) if is_complex(x.dtype) else x + 1


def _slope_of_arctan(x: Node, out: Node) -> Node:
    """Of complex numbers by factors: squares beyond 1e154 are infinite in both parts, and nan in
    their sum."""
    if not is_complex(x.dtype):
        return 1 / (1 + x * x)
    i = const(1j, x.dtype)
    return (1 / (x - i)) * (1 / (x + i))


def _slope_of_arctanh(x: Node, out: Node) -> Node:
    """As `_slope_of_arctan`."""
    return -(1 / (x - 1)) * (1 / (x + 1)) if is_complex(x.dtype) else 1 / (1 - x * x)


sin = elementwise(
    np.sin,
    lambda x, out: cos(x),
    "The sine of x, in radians.",
    exact="(math.sin({0}) if is_far({0}) else sin({0}))",
    check="is_far",
    cost=12,
    names=Names(in_place="sin_"),
    parts=complex_parts.sin,
)
cos = elementwise(
    np.cos,
    lambda x, out: -sin(x),
    "The cosine of x, in radians.",
    exact="(math.cos({0}) if is_far({0}) else cos({0}))",
    check="is_far",
    cost=12,
    names=Names(in_place="cos_"),
    parts=complex_parts.cos,
)
tan = elementwise(
    np.tan,
    lambda x, out: 1 + out * out,
    "The tangent of x, in radians.",
    exact="(math.tan({0}) if is_far({0}) else tan({0}))",
    check="is_far",
    cost=17,
    on=(-1, 1),
    parts=complex_parts.tan,
)
arcsin = elementwise(
    np.arcsin,
    lambda x, out: 1 / sqrt(_one_minus(x * x)),
    "The inverse sine of x, in radians.",
    cost=12,
    on=(-0.8, 0.8),
    names=Names(aliases=("asin",)),
    parts=complex_parts.arcsin,
)
arccos = elementwise(
    np.arccos,
    lambda x, out: -1 / sqrt(_one_minus(x * x)),
    "The inverse cosine of x, in radians.",
    cost=14,
    on=(-0.8, 0.8),
    names=Names(aliases=("acos",)),
    parts=complex_parts.arccos,
)
arctan = elementwise(
    np.arctan,
    _slope_of_arctan,
    "The inverse tangent of x, in radians.",
    cost=17,
    names=Names(aliases=("atan",)),
    parts=complex_parts.arctan,
)


def _square_sum(x: Node, y: Node) -> Node:
    """x² + y², and 1 at the origin, where the derivatives are 0, as in PyTorch."""
    out = x * x + y * y
    return where(equal(out, 0), 1.0, out)


arctan2 = elementwise(
    np.arctan2,
    lambda x, y, out: (y / _square_sum(x, y), -x / _square_sum(x, y)),
    "The angle of the point with the coordinates (y, x), of which x is the height, in radians.",
    cost=25,
    on=(0.5, 2),
    slope="d/dx = y / (x * x + y * y), d/dy = -x / (x * x + y * y); 0 at the origin.",
    names=Names(aliases=("atan2",)),
)
hypot = elementwise(
    np.hypot,
    lambda x, y, out: (x / out, y / out),
    "The Euclidean norm of (x, y).",
    squared=lambda node: square(node.src[0]) + square(node.src[1]),
    cost=8,
    on=(0.5, 2),
)
# A primitive because the magnitude of a complex number has derivative 0 at 0, as in PyTorch.
elementwise(
    "modulus",
    lambda x, y, out: (x * (slope0(out) * 2), y * (slope0(out) * 2)),
    "The Euclidean norm of (x, y) with derivative 0 at 0; the second derivative there is nan.",
    numpy=np.hypot,
    code="hypot({0}, {1})",
    squared=lambda node: square(node.src[0]) + square(node.src[1]),
    cost=8,
    on=(0.5, 2),
    public=False,
)
sinh = elementwise(
    np.sinh, lambda x, out: cosh(x), "The hyperbolic sine of x.", cost=15, parts=complex_parts.sinh
)
cosh = elementwise(
    np.cosh,
    lambda x, out: sinh(x),
    "The hyperbolic cosine of x.",
    cost=12,
    parts=complex_parts.cosh,
)
tanh = elementwise(
    np.tanh,
    lambda x, out: 1 - out * out,
    "The hyperbolic tangent of x.",
    cost=16,
    names=Names(in_place="tanh_"),
    parts=complex_parts.tanh,
)
arcsinh = elementwise(
    np.arcsinh,
    lambda x, out: 1 / sqrt(_one_plus(x * x)),
    "The inverse hyperbolic sine of x.",
    cost=28,
    names=Names(aliases=("asinh",)),
    parts=complex_parts.arcsinh,
)
arccosh = elementwise(
    np.arccosh,
    lambda x, out: (
        1 / (sqrt(x - 1) * sqrt(_one_plus(x)) if is_complex(x.dtype) else sqrt(x * x - 1))
    ),
    "The inverse hyperbolic cosine of x.",
    cost=25,
    on=(1.5, 3),
    names=Names(aliases=("acosh",)),
    parts=complex_parts.arccosh,
)
arctanh = elementwise(
    np.arctanh,
    _slope_of_arctanh,
    "The inverse hyperbolic tangent of x.",
    cost=17,
    on=(-0.8, 0.8),
    names=Names(aliases=("atanh",)),
    parts=complex_parts.arctanh,
)
deg2rad = elementwise(
    np.deg2rad,
    lambda x, out: math.pi / 180,
    "The angle x, in degrees, in radians.",
    code="({0} * np.{t}(math.pi / 180))",
    names=Names(aliases=("radians",)),
)
rad2deg = elementwise(
    np.rad2deg,
    lambda x, out: 180 / math.pi,
    "The angle x, in radians, in degrees.",
    code="({0} * np.{t}(180 / math.pi))",
    names=Names(aliases=("degrees",)),
)


def _sinc(x: Node) -> Node:
    """Near 0 by the series: derivatives of sin(y) / y cancel there, and have no digits left at
    1e-8."""
    y = math.pi * x
    near = absolute(y) < 0.25
    square_, safe = square(where(near, y, 0.0)), where(near, 1.0, y)
    series = 1 - square_ / 110
    for factor in (72, 42, 20, 6):
        series = 1 - square_ / factor * series
    return where(near, series, sin(safe) / safe)


sinc = composite(
    np.sinc,
    _sinc,
    "sin(pi x) / (pi x), and 1 at 0.",
    on=(0.2, 2),
    slope="d/dx = (cos(pi * x) - out) / x, and 0 at 0.",
    complex=True,
)
