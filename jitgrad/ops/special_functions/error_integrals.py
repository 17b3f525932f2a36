"""Integrals of exponentials: error functions and their inverses, exponential, sine and cosine
integrals, Fresnel integrals. Start at `erfinv`."""

from __future__ import annotations

import math
from typing import Any

from ...ir import Node
from ..arithmetic import absolute, square
from ..comparison import equal, where
from ..exponential import exp, log, log1p
from ..special import erf
from ..trigonometric import cos, cosh, sin, sinh
from .table import special

ROOT_PI = math.sqrt(math.pi)


def _expansion(x: Node, near: Node, sign: int) -> Node:
    """The sum of (2n + 1)!! (sign / (2 x * x))^n, by which derivatives at large x differ from the
    first term of their asymptotic expansion, over x * x; anything where x is `near`."""
    u = square(1.0 / where(near, 1.0, x))
    total: Any = 0.0
    for odd in (11, 9, 7, 5, 3):
        total = u * (0.5 * sign * odd) * (1.0 + total)
    return u * (1.0 + total)


def _is_near(x: Node) -> Node:
    """Where a derivative is a difference that keeps its digits; the expansion needs no more than
    six terms elsewhere."""
    return absolute(x) < (50.0 if x.dtype.itemsize == 8 else 10.0)


def _erfcx_slope(x: Node, out: Node) -> Node:
    near = (x < 0) + _is_near(x)
    direct = 2.0 * where(near, x, 0.0) * where(near, out, 0.0) - 2 / ROOT_PI
    return where(near, direct, _expansion(x, near, -1) / -ROOT_PI)


def _dawsn_slope(x: Node, out: Node) -> Node:
    near = _is_near(x)
    direct = 1.0 - 2.0 * where(near, x, 0.0) * where(near, out, 0.0)
    return where(near, direct, _expansion(x, near, 1) * -0.5)


erfcx = special(
    "erfcx",
    _erfcx_slope,
    "The scaled complementary error function, exp(x * x) erfc(x).",
    fused=True,
)
erfi = special(
    "erfi",
    lambda x, out: 2 / ROOT_PI * exp(x * x),
    "The imaginary error function, -i erf(i x).",
    fused=True,
)
dawsn = special("dawsn", _dawsn_slope, "Dawson's integral.", fused=True)
erfinv = special(
    "erfinv",
    lambda y, out: ROOT_PI / 2 * exp(out * out),
    "The inverse of the error function.",
    fused=True,
    args=("y",),
    on=(-0.9, 0.9),
)
erfcinv = special(
    "erfcinv",
    lambda y, out: -ROOT_PI / 2 * exp(out * out),
    "The inverse of the complementary error function.",
    fused=True,
    args=("y",),
    on=(0.1, 1.9),
)
ndtri = special(
    "ndtri",
    lambda y, out: math.sqrt(2 * math.pi) * exp(0.5 * square(out)),
    "The inverse of the distribution function of the standard normal distribution.",
    fused=True,
    args=("y",),
    on=(0.05, 0.95),
)
ndtri_exp = special(
    "ndtri_exp",
    lambda y, out: math.sqrt(2 * math.pi) * exp(y + 0.5 * square(out)),
    "The inverse of `log_ndtr`.",
    args=("y",),
    on=(-4, -0.1),
)


def _owens_slopes(h: Node, a: Node, out: Node) -> tuple[Node, Node]:
    wide = 1.0 + square(a)
    by_h = exp(-0.5 * square(h)) * erf(a * h * math.sqrt(0.5)) / -math.sqrt(8 * math.pi)
    return by_h, exp(-0.5 * square(h) * wide) / (2 * math.pi * wide)


owens_t = special("owens_t", _owens_slopes, "Owen's function T(h, a).", args=("h", "a"))

# --- exponential, sine and cosine integrals -------------------------------------------------------

exp1 = special(
    "exp1",
    lambda x, out: -exp(-x) / x,
    "The exponential integral E1.",
    fused=True,
    on=(0.3, 3),
)
expi = special(
    "expi",
    lambda x, out: exp(x) / x,
    "The exponential integral Ei.",
    fused=True,
    on=(0.3, 3),
)


def _expn_slopes(n: Node, x: Node, out: Node) -> tuple[int, Node]:
    first = n < 1
    lower = -expn(where(first, 1, n) - 1, where(first, 1.0, x))
    return 0, where(first, -exp(-x) * (1.0 + 1.0 / x) / x, lower)


expn = special(
    "expn",
    _expn_slopes,
    "The exponential integrals E_n.",
    fixed={0: "n"},
    args=("n", "x"),
    sample=lambda rng, shapes: [
        rng.integers(0, 4, shapes[0]).astype(float),
        rng.uniform(0.3, 3, shapes[1]),
    ],
)


def _over(f: Node, x: Node) -> Node:
    """f / x, 1 at 0."""
    none = equal(x, 0)
    return where(none, 1.0, f / where(none, 1.0, x))


sine_integral = special(
    "sine_integral",
    lambda x, out: _over(sin(x), x),
    "The sine integral Si.",
    function="sici",
    result=0,
    fused=True,
    exact="(sign({0}) * (0.5 * math.pi) - math.cos({0}) / {0} if is_far({0})"
    " else sine_integral({0}))",
    check="is_far",
)
cosine_integral = special(
    "cosine_integral",
    lambda x, out: cos(x) / x,
    "The cosine integral Ci.",
    function="sici",
    result=1,
    fused=True,
    exact="((math.sin({0}) - math.cos({0}) / {0}) / {0} if is_far({0}) else cosine_integral({0}))",
    check="is_far",
    on=(0.3, 3),
)
hyperbolic_sine_integral = special(
    "hyperbolic_sine_integral",
    lambda x, out: _over(sinh(x), x),
    "The hyperbolic sine integral Shi.",
    function="shichi",
    result=0,
)
hyperbolic_cosine_integral = special(
    "hyperbolic_cosine_integral",
    lambda x, out: cosh(x) / x,
    "The hyperbolic cosine integral Chi.",
    function="shichi",
    result=1,
    on=(0.3, 3),
)
fresnel_sine = special(
    "fresnel_sine",
    lambda x, out: sin(math.pi / 2 * square(x)),
    "The Fresnel integral S.",
    function="fresnel",
    result=0,
    fused=True,
)
fresnel_cosine = special(
    "fresnel_cosine",
    lambda x, out: cos(math.pi / 2 * square(x)),
    "The Fresnel integral C.",
    function="fresnel",
    result=1,
    fused=True,
)


def _spence_slope(x: Node, out: Node) -> Node:
    near = (x > 0.5) * (x < 1.5)  # where 1 - x is exact
    off = where(near, x - 1.0, 0.5)
    none = equal(off, 0)
    inside = where(none, -1.0, -log1p(off) / where(none, 1.0, off))
    return where(near, inside, log(x) / (1.0 - where(near, 0.0, x)))


spence = special(
    "spence",
    _spence_slope,
    "Spence's function, the dilogarithm of 1 - x.",
    fused=True,
    on=(0.2, 3),
)
