"""The gamma function and its kin: logarithms and derivatives of it, beta functions, binomial
coefficients, zeta functions. Start at `gammaln`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...base.errors import GradientError
from ...ir import Node
from ..comparison import where
from .table import SCIPY, special

PLACES = (0.6, 4)

sinpi = special(
    "_sinpi", lambda x, out: math.pi * cospi(x), "sin(pi x).", fused=True, code="sinpi({0})"
)
cospi = special(
    "_cospi", lambda x, out: -math.pi * sinpi(x), "cos(pi x).", fused=True, code="cospi({0})"
)

gammaln = special(
    "gammaln",
    lambda x, out: psi(x),
    "The logarithm of the absolute value of the gamma function.",
    fused=True,
    exact="gammaln_anywhere({0})",
    check="is_below_zero",
    on=PLACES,
)
loggamma = special(
    "loggamma",
    lambda x, out: psi(x),
    "The logarithm of the gamma function: nan where that is negative.",
    on=PLACES,
)
psi = special(
    "psi",
    lambda x, out: trigamma(x),
    "The digamma function, the derivative of `gammaln`.",
    slope="d/dx = polygamma(1, x).",
    fused=True,
    code="digamma({0})",
    exact="digamma_anywhere({0})",
    check="is_below_zero",
    on=PLACES,
)


def _polygamma_of(n: int, name: str, slope: Callable[[Node, Node], Node]) -> Any:
    """Derivative number `n` of `psi`."""
    factor = (-1.0) ** (n + 1) * math.factorial(n)
    return special(
        f"_{name}",
        slope,
        f"Derivative number {n} of `psi`.",
        function=lambda x: factor * SCIPY.zeta(n + 1.0, x),
        operands=1,
        fused=True,
        code=f"{name}({{0}})",
        exact=f"{name}_anywhere({{0}})",
        check="is_below_zero",
        on=PLACES,
    )


trigamma = _polygamma_of(1, "trigamma", lambda x, out: tetragamma(x))
tetragamma = _polygamma_of(2, "tetragamma", lambda x, out: pentagamma(x))
pentagamma = _polygamma_of(3, "pentagamma", lambda x, out: -24.0 * zeta(5.0, x))
gamma = special("gamma", lambda x, out: out * psi(x), "The gamma function.", fused=True, on=PLACES)


def _rgamma_slope(x: Node, out: Node) -> Node:
    """By the reflection formula left of 1/2: there are no poles in it."""
    left = x < 0.5
    other = where(left, 1.0 - x, 1.0)
    mirrored = cospi(where(left, x, 0.0)) * gamma(other) - out * psi(other)
    falls = (x >= 0.5) * (x < math.inf)  # at infinity psi is infinite, and out 0
    return where(left, mirrored, where(falls, -out * psi(where(falls, x, 1.0)), -0.0 * out))


rgamma = special("rgamma", _rgamma_slope, "1 / gamma(x), 0 at its poles.", fused=True, on=(-2.5, 3))
gammasgn = special(
    "gammasgn",
    lambda x, out: 0,
    "The sign of the gamma function.",
    level=True,
    on=PLACES,
)


# --- zeta functions -------------------------------------------------------------------------------

#: Where the sum of a zeta function becomes an expansion (of Euler and Maclaurin), with how many
#: terms.
DIRECT, TERMS = 10, 10
BERNOULLI = [
    *(1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798),
    -174611 / 330,
]


def _zeta_by_exponent(m: np.ndarray, x: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Derivative number m by x of Hurwitz' zeta function: the sum of (-log(k + q)) ** m /
    (k + q) ** x, which right of 1 converges, and is continued to the left."""
    m, x, q = np.broadcast_arrays(m, x, q)
    if (x <= -3).any():
        raise GradientError(
            f"got a derivative of zeta by x at x = {x.min()}, expected x above -3: farther left no "
            "formula is known here; use .detach() on x if it should count as a constant"
        )
    out = np.full(x.shape, np.nan)
    for k in np.unique(m[m >= 0]).astype(int):
        here = (m == k) & (q > 0) & (x != 1)
        with np.errstate(over="ignore", invalid="ignore"):
            out[here] = (-1) ** k * _power_sum(k, x[here].astype(float), q[here].astype(float))
    return out


def _power_sum(m: int, x: np.ndarray, q: np.ndarray) -> np.ndarray:
    """The sum of log(k + q) ** m / (k + q) ** x."""
    total = sum((np.log(q + k) ** m * (q + k) ** -x for k in range(DIRECT)), np.zeros_like(x))
    a = q + DIRECT
    log, power = np.log(a), a**-x
    rest = [math.factorial(m) / math.factorial(i) * log**i / (x - 1) ** (m - i + 1)
            for i in range(m + 1)]  # fmt: skip
    total += a * power * sum(rest) + 0.5 * log**m * power
    # the derivatives of log(t) ** m / t ** x are polynomials of log(t) over powers of t
    polynomial = [np.zeros_like(x)] * m + [np.ones_like(x)]
    for j in range(2 * TERMS - 1):
        polynomial = [
            (i + 1) * (polynomial[i + 1] if i < m else 0.0) - (x + j) * polynomial[i]
            for i in range(m + 1)
        ]
        if j % 2 == 0:
            value = sum(c * log**i for i, c in enumerate(polynomial))
            total -= BERNOULLI[j // 2] / math.factorial(j + 2) * value * power / a ** (j + 1)
    return np.where(np.isinf(x), 0.0, total)


def _zeta_slopes(m: Node, x: Node, q: Node, out: Node) -> tuple:
    by_q = -x * zeta_by_exponent(m, x + 1.0, q)
    lower = where(m > 0, m - 1.0, 0.0)
    return 0, zeta_by_exponent(m + 1.0, x, q), by_q - m * zeta_by_exponent(lower, x + 1.0, q)


zeta_by_exponent = special(
    "zeta_by_exponent",
    _zeta_slopes,
    "A derivative by x of the zeta function of Hurwitz.",
    function=_zeta_by_exponent,
    operands=3,
    fixed={0: "m"},
    args=("m", "x", "q"),
    sample=lambda rng, shapes: [
        rng.integers(0, 3, shapes[0]).astype(float),
        rng.uniform(1.5, 4, shapes[1]),
        rng.uniform(0.5, 3, shapes[2]),
    ],
)
zeta = special(
    "zeta",
    lambda x, q, out: (zeta_by_exponent(1.0, x, q), -x * zeta(x + 1.0, q)),
    "The zeta function of Hurwitz, the sum of 1 / (k + q) ** x over k = 0, 1, 2, ...",
    function="_zeta",
    args=("x", "q"),
    on=((1.5, 4), (0.5, 3)),
)
riemann_zeta = special(
    "riemann_zeta",
    lambda x, out: zeta_by_exponent(1.0, x, 1.0),
    "The zeta function of Riemann.",
    function="_riemann_zeta",
    on=(1.5, 4),
)
zetac = special(
    "zetac",
    lambda x, out: zeta_by_exponent(1.0, x, 1.0),
    "The zeta function of Riemann minus 1.",
    on=(1.5, 4),
)

# --- derivatives of digamma -----------------------------------------------------------------------


def _polygamma(n: np.ndarray, x: np.ndarray) -> Any:
    return SCIPY.polygamma(n, x)


polygamma = special(
    "polygamma",
    lambda n, x, out: (0, polygamma(n + 1.0, x)),
    "The polygamma functions: derivative number n of `digamma`.",
    function=_polygamma,
    operands=2,
    fixed={0: "n"},
    args=("n", "x"),
    sample=lambda rng, shapes: [
        rng.integers(0, 4, shapes[0]).astype(float),
        rng.uniform(0.5, 3, shapes[1]),
    ],
)

# --- beta functions, binomials --------------------------------------------------------------------


def _of_both(a: Node, b: Node) -> tuple[Node, Node]:
    """The partial derivatives of `betaln`."""
    both = psi(a + b)
    return psi(a) - both, psi(b) - both


def _scaled(out: Node, partials: tuple[Node, Node]) -> tuple[Node, Node]:
    return out * partials[0], out * partials[1]


betaln = special(
    "betaln",
    lambda a, b, out: _of_both(a, b),
    "The logarithm of the absolute value of the beta function.",
    fused=True,
    exact="betaln_anywhere({0}, {1})",
    check="is_below_zero",
    args=("a", "b"),
    on=PLACES,
)
beta = special(
    "beta",
    lambda a, b, out: _scaled(out, _of_both(a, b)),
    "The beta function, gamma(a) gamma(b) / gamma(a + b).",
    fused=True,
    exact="beta_anywhere({0}, {1})",
    check="is_below_zero",
    args=("a", "b"),
    on=PLACES,
)
binom = special(
    "binom",
    lambda n, k, out: _scaled(
        out, (psi(n + 1.0) - psi(n - k + 1.0), psi(n - k + 1.0) - psi(k + 1.0))
    ),
    "Binomial coefficients, of real numbers.",
    args=("n", "k"),
    on=((3, 6), (0.2, 2.5)),
)
poch = special(
    "poch",
    lambda z, m, out: _scaled(out, (psi(z + m) - psi(z), psi(z + m))),
    "The rising factorial, gamma(z + m) / gamma(z).",
    args=("z", "m"),
    on=PLACES,
)
