"""Bessel functions and their kin: of the first and second kind, modified, exponentially scaled,
spherical; those of Struve, Kelvin and Airy.

Derivatives are by the recurrences in the order, where these have no quotient that is not defined at
0. Orders are fixed: no formula is known for the derivative in them. Start at `jv`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...ir import Node
from ..arithmetic import absolute, sign, sqrt, square
from ..comparison import where
from ..exponential import exp, log
from ..rounding import trunc
from .gammas import gammaln
from .table import SCIPY, special

ORDER, POSITIVE = ("v", "x"), (0.5, 4)


def _of_order(name: str, slope: Callable[[Node, Node, Node], Node], doc: str, **fields: Any) -> Any:
    """A function of an order and a place; `slope(v, x, out)` is the derivative in the place."""
    return special(
        name,
        lambda v, x, out: (0, slope(v, x, out)),
        doc,
        fixed={0: "v"},
        args=ORDER,
        on=((0.5, 2.5), POSITIVE),
        **fields,
    )


def _whole_orders(rng: np.random.Generator, shapes: Any) -> list[np.ndarray]:
    return [rng.integers(0, 4, shapes[0]).astype(float), rng.uniform(0.5, 4, shapes[1])]


def _half(below: Any, above: Any) -> Any:
    return 0.5 * (below + above)


jv = _of_order(
    "jv",
    lambda v, x, out: _half(jv(v - 1.0, x), -jv(v + 1.0, x)),
    "Bessel functions of the first kind, of order v.",
)
yv = _of_order(
    "yv",
    lambda v, x, out: _half(yv(v - 1.0, x), -yv(v + 1.0, x)),
    "Bessel functions of the second kind, of order v.",
)
iv = _of_order(
    "iv",
    lambda v, x, out: _half(iv(v - 1.0, x), iv(v + 1.0, x)),
    "Modified Bessel functions of the first kind, of order v.",
)
kv = _of_order(
    "kv",
    lambda v, x, out: -_half(kv(v - 1.0, x), kv(v + 1.0, x)),
    "Modified Bessel functions of the second kind, of order v.",
)
jve = _of_order(
    "jve",
    lambda v, x, out: _half(jve(v - 1.0, x), -jve(v + 1.0, x)),
    "Exponentially scaled Bessel functions of the first kind: of real numbers, `jv`.",
)
yve = _of_order(
    "yve",
    lambda v, x, out: _half(yve(v - 1.0, x), -yve(v + 1.0, x)),
    "Exponentially scaled Bessel functions of the second kind: of real numbers, `yv`.",
)
ive = _of_order(
    "ive",
    lambda v, x, out: _half(ive(v - 1.0, x), ive(v + 1.0, x)) - sign(x) * out,
    "iv(v, x) exp(-|x|).",
)
kve = _of_order(
    "kve",
    lambda v, x, out: out - _half(kve(v - 1.0, x), kve(v + 1.0, x)),
    "kv(v, x) exp(x).",
)
yn = special(
    "yn",
    lambda n, x, out: (0, _half(yn(trunc(n) - 1, x), -yn(trunc(n) + 1, x))),
    "Bessel functions of the second kind, of whole order n: that of n without its fraction.",
    fixed={0: "n"},
    args=("n", "x"),
    sample=_whole_orders,
)
kn = special(
    "kn",
    lambda n, x, out: (0, -_half(kn(absolute(trunc(n) - 1), x), kn(trunc(n) + 1, x))),
    "Modified Bessel functions of the second kind, of whole order n, as for `yn`.",
    fixed={0: "n"},
    args=("n", "x"),
    sample=_whole_orders,
)

# --- of order 0 and 1 -----------------------------------------------------------------------------

#: Below this x the slopes of j1 and i1 are sums: their formulas have a quotient by x, whose
#: derivatives would lose digits.
SMALL = 0.25


def _of_first_order(x: Node, by_quotient: Callable[[Node], Node], turn: float) -> Node:
    """The slope of j1 or i1: the sum of (2 k + 1) (turn x ** 2 / 4) ** k / (2 k! (k + 1)!), or
    `by_quotient` of an x that is not small."""
    small = absolute(x) < SMALL
    z = square(where(small, x, 0.0)) * (0.25 * turn)
    out: Any = None
    for k in reversed(range(8)):
        term = (2 * k + 1) / (2 * math.factorial(k) * math.factorial(k + 1))
        out = term if out is None else out * z + term
    return where(small, out, by_quotient(where(small, 1.0, x)))


def _far(of_cosine: str, of_sine: str, place: str = "abs({0})") -> str:
    """A Bessel function far out, where kernels of scalars call libm: cosine and sine with
    amplitudes of which two terms are left."""
    wave = f"(math.cos({place}) * {of_cosine} + math.sin({place}) * {of_sine})"
    return f"{wave} / math.sqrt(math.pi * {place}) if is_far({{0}}) else "


j0 = special(
    "j0",
    lambda x, out: -j1(x),
    "The Bessel function of the first kind, of order 0.",
    fused=True,
    code="bessel_j0({0})",
    exact=f"({_far('(1 - 0.125 / abs({0}))', '(1 + 0.125 / abs({0}))')}bessel_j0({{0}}))",
    check="is_far",
)
j1 = special(
    "j1",
    lambda x, out: _of_first_order(x, lambda x: j0(x) - j1(x) / x, -1.0),
    "The Bessel function of the first kind, of order 1.",
    fused=True,
    code="bessel_j1({0})",
    exact=f"({_far('(0.375 / {0} - sign({0}))', '(0.375 / {0} + sign({0}))')}bessel_j1({{0}}))",
    check="is_far",
)
y0 = special(
    "y0",
    lambda x, out: -y1(x),
    "The Bessel function of the second kind, of order 0.",
    fused=True,
    code="bessel_y0({0})",
    exact=f"({_far('-(1 + 0.125 / {0})', '(1 - 0.125 / {0})', '{0}')}bessel_y0({{0}}))",
    check="is_far",
    on=POSITIVE,
)
y1 = special(
    "y1",
    lambda x, out: y0(x) - out / x,
    "The Bessel function of the second kind, of order 1.",
    fused=True,
    code="bessel_y1({0})",
    exact=f"({_far('-(1 + 0.375 / {0})', '(0.375 / {0} - 1)', '{0}')}bessel_y1({{0}}))",
    check="is_far",
    on=POSITIVE,
)
i0 = special(
    "i0",
    lambda x, out: i1(x),
    "The modified Bessel function of the first kind, of order 0.",
    fused=True,
    code="bessel_i0({0})",
)
i1 = special(
    "i1",
    lambda x, out: _of_first_order(x, lambda x: i0(x) - i1(x) / x, 1.0),
    "The modified Bessel function of the first kind, of order 1.",
    fused=True,
    code="bessel_i1({0})",
)
i0e = special(
    "i0e",
    lambda x, out: i1e(x) - sign(x) * out,
    "i0(x) exp(-|x|).",
    kink={0: 0},
    fused=True,
    code="bessel_i0e({0})",
)
i1e = special(
    "i1e",
    lambda x, out: _slope_of_i1e(x) - sign(x) * out,
    "i1(x) exp(-|x|).",
    fused=True,
    code="bessel_i1e({0})",
)


def _slope_of_i1e(x: Node) -> Node:
    """That of i1, times exp(-|x|)."""
    small = absolute(x) < SMALL
    near = exp(where(small, -absolute(x), 0.0))
    return near * _of_first_order(x, lambda x: i0e(x) - i1e(x) / x, 1.0)


def _modified(name: str, slope: Callable[..., Node], doc: str) -> Any:
    return special(name, slope, doc, fused=True, code=f"bessel_{name}({{0}})", on=POSITIVE)


k0 = _modified(
    "k0",
    lambda x, out: -k1(x),
    "The modified Bessel function of the second kind, of order 0.",
)
k1 = _modified(
    "k1",
    lambda x, out: -k0(x) - out / x,
    "The modified Bessel function of the second kind, of order 1.",
)
k0e = _modified("k0e", lambda x, out: out - k1e(x), "k0(x) exp(x).")
k1e = _modified("k1e", lambda x, out: out - k0e(x) - out / x, "k1(x) exp(x).")

# --- spherical ------------------------------------------------------------------------------------


def _spherical(name: str, slope: Callable[..., Node], doc: str) -> Any:
    function = getattr(SCIPY, name)
    return special(
        name,
        lambda n, x, out: (0, slope(trunc(n), x, out)),
        doc,
        function=lambda n, x: function(n.astype(np.int64), x),
        operands=2,
        fixed={0: "n"},
        args=("n", "z"),
        sample=_whole_orders,
    )


def _between(f: Any, below: float, above: float) -> Callable[..., Node]:
    """The derivative by the functions of the orders beside it."""

    def slope(n: Node, x: Node, out: Node) -> Node:
        lower = f()(where(n < 1, 1.0, n) - 1.0, x)
        return (below * n * lower + above * (n + 1.0) * f()(n + 1.0, x)) / (2.0 * n + 1.0)

    return slope


spherical_jn = _spherical(
    "spherical_jn",
    _between(lambda: spherical_jn, 1.0, -1.0),
    "Spherical Bessel functions of the first kind, of whole order n.",
)
spherical_yn = _spherical(
    "spherical_yn",
    _between(lambda: spherical_yn, 1.0, -1.0),
    "Spherical Bessel functions of the second kind, of whole order n.",
)
spherical_in = _spherical(
    "spherical_in",
    _between(lambda: spherical_in, 1.0, 1.0),
    "Modified spherical Bessel functions of the first kind, of whole order n.",
)
spherical_kn = _spherical(
    "spherical_kn",
    _between(lambda: spherical_kn, -1.0, -1.0),
    "Modified spherical Bessel functions of the second kind, of whole order n.",
)

# --- Struve, Kelvin, Airy -------------------------------------------------------------------------


def _rest(v: Node, x: Node) -> Node:
    """What the recurrences of Struve functions have beside those of Bessel functions."""
    return exp(v * log(0.5 * x) - gammaln(v + 1.5)) / math.sqrt(math.pi)


struve = _of_order(
    "struve",
    lambda v, x, out: _half(struve(v - 1.0, x) - struve(v + 1.0, x), _rest(v, x)),
    "Struve functions H of order v.",
)
modstruve = _of_order(
    "modstruve",
    lambda v, x, out: _half(modstruve(v - 1.0, x) + modstruve(v + 1.0, x), _rest(v, x)),
    "Modified Struve functions L of order v.",
)
ber = special("ber", lambda x, out: berp(x), "The Kelvin function ber.", on=POSITIVE)
bei = special("bei", lambda x, out: beip(x), "The Kelvin function bei.", on=POSITIVE)
ker = special("ker", lambda x, out: kerp(x), "The Kelvin function ker.", on=POSITIVE)
kei = special("kei", lambda x, out: keip(x), "The Kelvin function kei.", on=POSITIVE)
berp = special("berp", lambda x, out: -bei(x) - out / x, "The derivative of `ber`.", on=POSITIVE)
beip = special("beip", lambda x, out: ber(x) - out / x, "The derivative of `bei`.", on=POSITIVE)
kerp = special("kerp", lambda x, out: -kei(x) - out / x, "The derivative of `ker`.", on=POSITIVE)
keip = special("keip", lambda x, out: ker(x) - out / x, "The derivative of `kei`.", on=POSITIVE)


def _airy(name: str, slope: Callable[..., Node], doc: str, function: str, result: int) -> Any:
    return special(name, slope, doc, function=function, result=result, on=POSITIVE)


airy_ai = _airy("airy_ai", lambda x, out: airy_aip(x), "The Airy function Ai.", "airy", 0)
airy_aip = _airy("airy_aip", lambda x, out: x * airy_ai(x), "Its derivative.", "airy", 1)
airy_bi = _airy("airy_bi", lambda x, out: airy_bip(x), "The Airy function Bi.", "airy", 2)
airy_bip = _airy("airy_bip", lambda x, out: x * airy_bi(x), "Its derivative.", "airy", 3)


def _root(x: Node) -> Node:
    """The derivative of the exponent that scales: 0 where nothing is scaled."""
    scaled = x > 0
    return where(scaled, sqrt(where(scaled, x, 1.0)), 0.0)


airye_ai = _airy(
    "airye_ai",
    lambda x, out: airye_aip(x) + _root(x) * out,
    "The Airy function Ai, exponentially scaled.",
    "airye",
    0,
)
airye_aip = _airy(
    "airye_aip", lambda x, out: x * airye_ai(x) + _root(x) * out, "Its derivative.", "airye", 1
)
airye_bi = _airy(
    "airye_bi",
    lambda x, out: airye_bip(x) - _root(x) * out,
    "The Airy function Bi, exponentially scaled.",
    "airye",
    2,
)
airye_bip = _airy(
    "airye_bip", lambda x, out: x * airye_bi(x) - _root(x) * out, "Its derivative.", "airye", 3
)
