"""Continuous distributions, each in its standard form. Start at `norm`."""

from __future__ import annotations

import math
from typing import Any

from ..special.catalogue import op
from .densities import ContinuousDistribution as Continuous
from .standard import Standard

LOG_ROOT_2PI = 0.5 * math.log(2 * math.pi)
EULER = 0.5772156649015329
ROOT_HALF = math.sqrt(0.5)


def _positive(*shapes: Any) -> Any:
    out = shapes[0] > 0
    for s in shapes[1:]:
        out = out & (s > 0)
    return out


# --- the normal distribution and its kin ----------------------------------------------------------

norm = Continuous(
    "norm",
    (),
    Standard(
        lambda x: -0.5 * op.square(x) - LOG_ROOT_2PI,
        cdf=op.ndtr,
        sf=lambda x: op.ndtr(-x),
        logcdf=op.log_ndtr,
        logsf=lambda x: op.log_ndtr(-x),
        ppf=op.ndtri,
        isf=lambda q: -op.ndtri(q),
        mean=lambda: 0.0,
        var=lambda: 1.0,
        entropy=lambda: LOG_ROOT_2PI + 0.5,
        draw=lambda rng, size: rng.standard_normal(size),
    ),
    "The normal distribution: density exp(-x ** 2 / 2) / sqrt(2 pi).",
)
halfnorm = Continuous(
    "halfnorm",
    (),
    Standard(
        lambda x: 0.5 * math.log(2 / math.pi) - 0.5 * op.square(x),
        low=0.0,
        cdf=lambda x: op.erf(x * ROOT_HALF),
        sf=lambda x: op.erfc(x * ROOT_HALF),
        logsf=lambda x: op.log_ndtr(-x) + math.log(2.0),
        ppf=lambda q: op.ndtri(0.5 + 0.5 * q),
        isf=lambda q: -op.ndtri(0.5 * q),
        mean=lambda: math.sqrt(2 / math.pi),
        var=lambda: 1 - 2 / math.pi,
        entropy=lambda: 0.5 * math.log(math.pi / 2) + 0.5,
        draw=lambda rng, size: op.absolute(rng.standard_normal(size)),
    ),
    "The absolute value of a normal variable: density sqrt(2 / pi) exp(-x ** 2 / 2) from 0 on.",
)
lognorm = Continuous(
    "lognorm",
    ("s",),
    Standard(
        lambda x, s: _lognorm_log(x, s),
        low=0.0,
        cdf=lambda x, s: op.ndtr(op.log(x) / s),
        sf=lambda x, s: op.ndtr(-op.log(x) / s),
        logcdf=lambda x, s: op.log_ndtr(op.log(x) / s),
        logsf=lambda x, s: op.log_ndtr(-op.log(x) / s),
        ppf=lambda q, s: op.exp(s * op.ndtri(q)),
        isf=lambda q, s: op.exp(-s * op.ndtri(q)),
        mean=lambda s: op.exp(0.5 * op.square(s)),
        var=lambda s: op.expm1(op.square(s)) * op.exp(op.square(s)),
        entropy=lambda s: op.log(s) + (LOG_ROOT_2PI + 0.5),
        valid=_positive,
    ),
    "The exponential of a normal variable with the standard deviation s.",
)


def _lognorm_log(x: Any, s: Any) -> Any:
    inside = x > 0
    log = op.log(op.where(inside, x, 1.0))
    return op.where(inside, -0.5 * op.square(log / s) - log - op.log(s) - LOG_ROOT_2PI, -math.inf)


def _log_between(a: Any, b: Any) -> Any:
    """log(ndtr(b) - ndtr(a)) for a < b: of the two tails that are the smaller ones."""
    right = a > 0
    low, high = op.where(right, -b, a), op.where(right, -a, b)
    first, second = op.log_ndtr(high), op.log_ndtr(low)
    return first + op.log1p(-op.exp(second - first))


def _truncnorm_ppf(q: Any, a: Any, b: Any) -> Any:
    """In the left tail by the logarithm of the distribution function, in the right one by that of
    its complement."""
    right = a > 0
    log_q, log_rest, mass = op.log(q), op.log1p(-q), _log_between(a, b)
    below = op.logaddexp(op.log_ndtr(a), log_q + mass)
    above = op.logaddexp(op.log_ndtr(-b), log_rest + mass)
    out = op.ndtri_exp(op.where(right, above, below))
    return op.where(right, -out, out)


def _truncnorm_mean(a: Any, b: Any) -> Any:
    mass = _log_between(a, b)
    return _density(a, mass) - _density(b, mass)


def _density(x: Any, mass: Any) -> Any:
    return op.exp(-0.5 * op.square(x) - LOG_ROOT_2PI - mass)


def _ends(a: Any, b: Any) -> Any:
    """a density(a) - b density(b), 0 at an end that is infinite."""
    mass, out = _log_between(a, b), 0.0
    for x, sign in ((a, 1.0), (b, -1.0)):
        finite = op.isfinite(x)
        safe = op.where(finite, x, 0.0)
        out = out + op.where(finite, sign * safe * _density(safe, mass), 0.0)
    return out


truncnorm = Continuous(
    "truncnorm",
    ("a", "b"),
    Standard(
        lambda x, a, b: -0.5 * op.square(x) - LOG_ROOT_2PI - _log_between(a, b),
        low=lambda a, b: a,
        high=lambda a, b: b,
        inside=lambda a, b: op.clip(0.0 * a, a, b),
        cdf=lambda x, a, b: op.exp(_log_between(a, x) - _log_between(a, b)),
        sf=lambda x, a, b: op.exp(_log_between(x, b) - _log_between(a, b)),
        logcdf=lambda x, a, b: _log_between(a, x) - _log_between(a, b),
        logsf=lambda x, a, b: _log_between(x, b) - _log_between(a, b),
        ppf=_truncnorm_ppf,
        mean=_truncnorm_mean,
        var=lambda a, b: 1.0 + _ends(a, b) - op.square(_truncnorm_mean(a, b)),
        entropy=lambda a, b: LOG_ROOT_2PI + 0.5 + _log_between(a, b) + 0.5 * _ends(a, b),
        valid=lambda a, b: a < b,
    ),
    "The normal distribution between a and b, which count in scales from the location.",
)


def _t_log(x: Any, df: Any) -> Any:
    half = 0.5 * df
    scale = -op.betaln(half, 0.5) - 0.5 * op.log(df)
    return scale - (half + 0.5) * op.log1p(op.square(x) / df)


def _t_entropy(df: Any) -> Any:
    half = 0.5 * df
    return (
        (half + 0.5) * (op.psi(half + 0.5) - op.psi(half)) + 0.5 * op.log(df) + op.betaln(half, 0.5)
    )


def _t_var(df: Any) -> Any:
    finite = df > 2
    safe = op.where(finite, df, 3.0)
    return op.where(finite, safe / (safe - 2.0), op.where(df > 1, math.inf, math.nan))


t = Continuous(
    "t",
    ("df",),
    Standard(
        _t_log,
        cdf=lambda x, df: op.stdtr(df, x),
        sf=lambda x, df: op.stdtr(df, -x),
        ppf=lambda q, df: op.stdtrit(df, q),
        isf=lambda q, df: -op.stdtrit(df, q),
        mean=lambda df: op.where(df > 1, 0.0, math.inf),
        var=_t_var,
        entropy=_t_entropy,
        valid=_positive,
    ),
    "Student's t distribution with df degrees of freedom.",
)
cauchy = Continuous(
    "cauchy",
    (),
    Standard(
        lambda x: -math.log(math.pi) - op.log1p(op.square(x)),
        cdf=lambda x: op.arctan2(1.0, -x) / math.pi,
        sf=lambda x: op.arctan2(1.0, x) / math.pi,
        ppf=lambda q: op.tan(math.pi * (q - 0.5)),
        isf=lambda q: op.tan(math.pi * (0.5 - q)),
        mean=lambda: math.nan,
        var=lambda: math.nan,
        entropy=lambda: math.log(4 * math.pi),
        draw=lambda rng, size: rng.standard_cauchy(size),
    ),
    "The Cauchy distribution: density 1 / (pi (1 + x ** 2)).",
)

# --- of positive numbers --------------------------------------------------------------------------

gamma = Continuous(
    "gamma",
    ("a",),
    Standard(
        lambda x, a: op.xlogy(a - 1.0, x) - x - op.gammaln(a),
        low=0.0,
        cdf=lambda x, a: op.gammainc(a, x),
        sf=lambda x, a: op.gammaincc(a, x),
        ppf=lambda q, a: op.gammaincinv(a, q),
        isf=lambda q, a: op.gammainccinv(a, q),
        mean=lambda a: a + 0.0,
        var=lambda a: a + 0.0,
        entropy=lambda a: op.psi(a) * (1.0 - a) + a + op.gammaln(a),
        valid=_positive,
    ),
    "The gamma distribution: density x ** (a - 1) exp(-x) / gamma(a) from 0 on.",
)
invgamma = Continuous(
    "invgamma",
    ("a",),
    Standard(
        lambda x, a: _invgamma_log(x, a),
        low=0.0,
        cdf=lambda x, a: op.gammaincc(a, 1.0 / x),
        sf=lambda x, a: op.gammainc(a, 1.0 / x),
        ppf=lambda q, a: 1.0 / op.gammainccinv(a, q),
        isf=lambda q, a: 1.0 / op.gammaincinv(a, q),
        mean=lambda a: _from(a, 1.0, lambda s: 1.0 / (s - 1.0), math.inf),
        var=lambda a: _from(a, 2.0, lambda s: 1.0 / (op.square(s - 1.0) * (s - 2.0)), math.inf),
        entropy=lambda a: a - (a + 1.0) * op.psi(a) + op.gammaln(a),
        valid=_positive,
    ),
    "The inverse of a gamma variable: density x ** (-a - 1) exp(-1 / x) / gamma(a) from 0 on.",
)


def _invgamma_log(x: Any, a: Any) -> Any:
    inside = x > 0
    safe = op.where(inside, x, 1.0)
    return op.where(inside, -(a + 1.0) * op.log(safe) - op.gammaln(a) - 1.0 / safe, -math.inf)


def _from(s: Any, least: float, formula: Any, other: float) -> Any:
    """A moment that there is for shape parameters above `least`."""
    there = s > least
    return op.where(there, formula(op.where(there, s, least + 1.0)), other)


chi2 = Continuous(
    "chi2",
    ("df",),
    Standard(
        lambda x, df: (
            op.xlogy(0.5 * df - 1.0, x) - 0.5 * x - op.gammaln(0.5 * df) - 0.5 * math.log(2) * df
        ),
        low=0.0,
        cdf=lambda x, df: op.chdtr(df, x),
        sf=lambda x, df: op.chdtrc(df, x),
        ppf=lambda q, df: 2.0 * op.gammaincinv(0.5 * df, q),
        isf=lambda q, df: op.chdtri(df, q),
        mean=lambda df: df + 0.0,
        var=lambda df: 2.0 * df,
        entropy=lambda df: (
            0.5 * df + math.log(2) + op.gammaln(0.5 * df) + (1.0 - 0.5 * df) * op.psi(0.5 * df)
        ),
        valid=_positive,
    ),
    "The chi-square distribution with df degrees of freedom.",
)


def _f_log(x: Any, n: Any, d: Any) -> Any:
    return (
        0.5 * d * op.log(d)
        + 0.5 * n * op.log(n)
        + op.xlogy(0.5 * n - 1.0, x)
        - 0.5 * (n + d) * op.log(d + n * x)
        - op.betaln(0.5 * n, 0.5 * d)
    )


def _f_ppf(w: Any, n: Any, d: Any) -> Any:
    return d * w / (n * (1.0 - w))


f = Continuous(
    "f",
    ("dfn", "dfd"),
    Standard(
        _f_log,
        low=0.0,
        cdf=lambda x, n, d: op.fdtr(n, d, x),
        sf=lambda x, n, d: op.fdtrc(n, d, x),
        ppf=lambda q, n, d: _f_ppf(op.betaincinv(0.5 * n, 0.5 * d, q), n, d),
        isf=lambda q, n, d: _f_ppf(op.betainccinv(0.5 * n, 0.5 * d, q), n, d),
        mean=lambda n, d: _from(d, 2.0, lambda s: s / (s - 2.0), math.inf) + 0.0 * n,
        var=lambda n, d: _from(
            d,
            4.0,
            lambda s: 2.0 * op.square(s / (s - 2.0)) * (n + s - 2.0) / (n * (s - 4.0)),
            math.inf,
        ),
        entropy=lambda n, d: (
            op.log(d)
            - op.log(n)
            + op.betaln(0.5 * n, 0.5 * d)
            + (1.0 - 0.5 * n) * op.psi(0.5 * n)
            - (1.0 + 0.5 * d) * op.psi(0.5 * d)
            + 0.5 * (n + d) * op.psi(0.5 * (n + d))
        ),
        valid=_positive,
    ),
    "The F distribution with dfn and dfd degrees of freedom.",
)
expon = Continuous(
    "expon",
    (),
    Standard(
        lambda x: -x,
        low=0.0,
        cdf=lambda x: -op.expm1(-x),
        sf=lambda x: op.exp(-x),
        logsf=lambda x: -x,
        ppf=lambda q: -op.log1p(-q),
        isf=lambda q: -op.log(q),
        mean=lambda: 1.0,
        var=lambda: 1.0,
        entropy=lambda: 1.0,
        draw=lambda rng, size: rng.standard_exponential(size),
    ),
    "The exponential distribution: density exp(-x) from 0 on.",
)
weibull_min = Continuous(
    "weibull_min",
    ("c",),
    Standard(
        lambda x, c: op.log(c) + op.xlogy(c - 1.0, x) - op.power(x, c),
        low=0.0,
        cdf=lambda x, c: -op.expm1(-op.power(x, c)),
        sf=lambda x, c: op.exp(-op.power(x, c)),
        logsf=lambda x, c: -op.power(x, c),
        ppf=lambda q, c: op.power(-op.log1p(-q), 1.0 / c),
        isf=lambda q, c: op.power(-op.log(q), 1.0 / c),
        mean=lambda c: op.gamma(1.0 + 1.0 / c),
        var=lambda c: op.gamma(1.0 + 2.0 / c) - op.square(op.gamma(1.0 + 1.0 / c)),
        entropy=lambda c: EULER + 1.0 - EULER / c - op.log(c),
        valid=_positive,
    ),
    "The Weibull distribution of least values: density c x ** (c - 1) exp(-x ** c) from 0 on.",
)
rayleigh = Continuous(
    "rayleigh",
    (),
    Standard(
        lambda x: op.log(x) - 0.5 * op.square(x),
        low=0.0,
        cdf=lambda x: -op.expm1(-0.5 * op.square(x)),
        sf=lambda x: op.exp(-0.5 * op.square(x)),
        logsf=lambda x: -0.5 * op.square(x),
        ppf=lambda q: op.sqrt(-2.0 * op.log1p(-q)),
        isf=lambda q: op.sqrt(-2.0 * op.log(q)),
        mean=lambda: math.sqrt(math.pi / 2),
        var=lambda: 2 - math.pi / 2,
        entropy=lambda: EULER / 2 + 1 - 0.5 * math.log(2),
    ),
    "The Rayleigh distribution: density x exp(-x ** 2 / 2) from 0 on.",
)
pareto = Continuous(
    "pareto",
    ("b",),
    Standard(
        lambda x, b: op.log(b) - (b + 1.0) * op.log(x),
        low=1.0,
        inside=2.0,
        cdf=lambda x, b: -op.expm1(-b * op.log(x)),
        sf=lambda x, b: op.exp(-b * op.log(x)),
        logsf=lambda x, b: -b * op.log(x),
        ppf=lambda q, b: op.exp(-op.log1p(-q) / b),
        isf=lambda q, b: op.exp(-op.log(q) / b),
        mean=lambda b: _from(b, 1.0, lambda s: s / (s - 1.0), math.inf),
        var=lambda b: _from(b, 2.0, lambda s: s / ((s - 2.0) * op.square(s - 1.0)), math.inf),
        entropy=lambda b: 1.0 + 1.0 / b - op.log(b),
        valid=_positive,
    ),
    "The Pareto distribution: density b / x ** (b + 1) from 1 on.",
)

# --- of numbers between two -----------------------------------------------------------------------

uniform = Continuous(
    "uniform",
    (),
    Standard(
        lambda x: 0.0 * x,
        low=0.0,
        high=1.0,
        inside=0.5,
        cdf=lambda x: x,
        sf=lambda x: 1.0 - x,
        ppf=lambda q: q,
        isf=lambda q: 1.0 - q,
        mean=lambda: 0.5,
        var=lambda: 1 / 12,
        entropy=lambda: 0.0,
        draw=lambda rng, size: rng.random(size),
    ),
    "The uniform distribution between 0 and 1: from loc to loc + scale.",
)
beta = Continuous(
    "beta",
    ("a", "b"),
    Standard(
        lambda x, a, b: op.xlogy(a - 1.0, x) + op.xlog1py(b - 1.0, -x) - op.betaln(a, b),
        low=0.0,
        high=1.0,
        inside=0.5,
        cdf=lambda x, a, b: op.betainc(a, b, x),
        sf=lambda x, a, b: op.betaincc(a, b, x),
        ppf=lambda q, a, b: op.betaincinv(a, b, q),
        isf=lambda q, a, b: op.betainccinv(a, b, q),
        mean=lambda a, b: a / (a + b),
        var=lambda a, b: a * b / (op.square(a + b) * (a + b + 1.0)),
        entropy=lambda a, b: (
            op.betaln(a, b)
            - (a - 1.0) * op.psi(a)
            - (b - 1.0) * op.psi(b)
            + (a + b - 2.0) * op.psi(a + b)
        ),
        valid=_positive,
    ),
    "The beta distribution: density x ** (a - 1) (1 - x) ** (b - 1) / beta(a, b) from 0 to 1.",
)

# --- of all numbers -------------------------------------------------------------------------------


def _laplace_cdf(x: Any) -> Any:
    tail = 0.5 * op.exp(-op.absolute(x))
    return op.where(x > 0, 1.0 - tail, tail)


def _laplace_logcdf(x: Any) -> Any:
    tail = -op.absolute(x) - math.log(2)
    return op.where(x > 0, op.log1p(-op.exp(tail)), tail)


def _laplace_ppf(q: Any) -> Any:
    above = q > 0.5
    tail = op.log(2.0 * op.where(above, 1.0 - q, q))
    return op.where(above, -tail, tail)


laplace = Continuous(
    "laplace",
    (),
    Standard(
        lambda x: -math.log(2) - op.absolute(x),
        cdf=_laplace_cdf,
        sf=lambda x: _laplace_cdf(-x),
        logcdf=_laplace_logcdf,
        logsf=lambda x: _laplace_logcdf(-x),
        ppf=_laplace_ppf,
        isf=lambda q: -_laplace_ppf(q),
        mean=lambda: 0.0,
        var=lambda: 2.0,
        entropy=lambda: math.log(2) + 1,
        draw=lambda rng, size: rng.laplace(size=size),
    ),
    "The Laplace distribution: density exp(-|x|) / 2.",
)
logistic = Continuous(
    "logistic",
    (),
    Standard(
        lambda x: op.log_expit(x) + op.log_expit(-x),
        cdf=op.sigmoid,
        sf=lambda x: op.sigmoid(-x),
        logcdf=op.log_expit,
        logsf=lambda x: op.log_expit(-x),
        ppf=op.logit,
        isf=lambda q: -op.logit(q),
        mean=lambda: 0.0,
        var=lambda: math.pi**2 / 3,
        entropy=lambda: 2.0,
        draw=lambda rng, size: rng.logistic(size=size),
    ),
    "The logistic distribution: its distribution function is 1 / (1 + exp(-x)).",
)


def _least(far: float, formula: Any) -> Any:
    """A formula of x and exp(x), which is `far` where that overflows."""

    def of_place(x: Any) -> Any:
        beyond = x > 700.0
        safe = op.where(beyond, 0.0, x)
        return op.where(beyond, far, formula(safe, op.exp(safe)))

    return of_place


_gumbel = {
    "density": _least(-math.inf, lambda x, e: x - e),
    "cdf": _least(1.0, lambda x, e: -op.expm1(-e)),
    "sf": _least(0.0, lambda x, e: op.exp(-e)),
    "logsf": _least(-math.inf, lambda x, e: -e),
}
gumbel_l = Continuous(
    "gumbel_l",
    (),
    Standard(
        _gumbel["density"],
        cdf=_gumbel["cdf"],
        sf=_gumbel["sf"],
        logsf=_gumbel["logsf"],
        ppf=lambda q: op.log(-op.log1p(-q)),
        isf=lambda q: op.log(-op.log(q)),
        mean=lambda: -EULER,
        var=lambda: math.pi**2 / 6,
        entropy=lambda: EULER + 1,
        draw=lambda rng, size: -rng.gumbel(size=size),
    ),
    "The Gumbel distribution of least values: density exp(x - exp(x)).",
)
gumbel_r = Continuous(
    "gumbel_r",
    (),
    Standard(
        lambda x: _gumbel["density"](-x),
        cdf=lambda x: _gumbel["sf"](-x),
        sf=lambda x: _gumbel["cdf"](-x),
        logcdf=lambda x: _gumbel["logsf"](-x),
        ppf=lambda q: -op.log(-op.log(q)),
        isf=lambda q: -op.log(-op.log1p(-q)),
        mean=lambda: EULER,
        var=lambda: math.pi**2 / 6,
        entropy=lambda: EULER + 1,
        draw=lambda rng, size: rng.gumbel(size=size),
    ),
    "The Gumbel distribution of largest values: density exp(-x - exp(-x)).",
)
