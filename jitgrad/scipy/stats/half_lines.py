"""Continuous distributions of positive numbers, each in its standard form, beside those of
`continuous_forms`. Start at `chi`."""

from __future__ import annotations

import math
from typing import Any

from ..special.catalogue import op
from .continuous_forms import EULER, LOG_ROOT_2PI, ROOT_HALF, _from, _positive, gamma, lognorm
from .densities import ContinuousDistribution as Continuous
from .standard import Standard


def _from_0(log_density: Any) -> Any:
    """A density whose formula divides by the place, and which is 0 there."""
    return lambda x, *s: op.where(x > 0, log_density(op.where(x > 0, x, 1.0), *s), -math.inf)


def _until(formula: Any, far: float, exponent: Any) -> Any:
    """A formula with exp of an `exponent`, which is `far` where that overflows."""

    def of_place(x: Any, c: Any) -> Any:
        beyond = exponent(x, c) > 700.0
        return op.where(beyond, far, formula(op.where(beyond, 1.0, x), c))

    return of_place


def _the_place(x: Any, c: Any) -> Any:
    return x


# --- kin of the normal distribution ---------------------------------------------------------------

chi = Continuous(
    "chi",
    ("df",),
    Standard(
        lambda x, df: (
            op.xlogy(df - 1.0, x)
            - 0.5 * op.square(x)
            - (0.5 * df - 1.0) * math.log(2)
            - op.gammaln(0.5 * df)
        ),
        low=0.0,
        cdf=lambda x, df: op.gammainc(0.5 * df, 0.5 * op.square(x)),
        sf=lambda x, df: op.gammaincc(0.5 * df, 0.5 * op.square(x)),
        ppf=lambda q, df: op.sqrt(2.0 * op.gammaincinv(0.5 * df, q)),
        isf=lambda q, df: op.sqrt(2.0 * op.gammainccinv(0.5 * df, q)),
        mean=lambda df: math.sqrt(2) * op.poch(0.5 * df, 0.5),
        var=lambda df: df - 2.0 * op.square(op.poch(0.5 * df, 0.5)),
        entropy=lambda df: (
            op.gammaln(0.5 * df) + 0.5 * (df - math.log(2) - (df - 1.0) * op.psi(0.5 * df))
        ),
        valid=_positive,
    ),
    "The chi distribution with df degrees of freedom.",
)
maxwell = Continuous(
    "maxwell",
    (),
    Standard(
        lambda x: 0.5 * math.log(2 / math.pi) + 2.0 * op.log(x) - 0.5 * op.square(x),
        low=0.0,
        cdf=lambda x: op.gammainc(1.5, 0.5 * op.square(x)),
        sf=lambda x: op.gammaincc(1.5, 0.5 * op.square(x)),
        ppf=lambda q: op.sqrt(2.0 * op.gammaincinv(1.5, q)),
        isf=lambda q: op.sqrt(2.0 * op.gammainccinv(1.5, q)),
        mean=lambda: 2 * math.sqrt(2 / math.pi),
        var=lambda: 3 - 8 / math.pi,
        entropy=lambda: EULER + LOG_ROOT_2PI - 0.5,
    ),
    "Maxwell's distribution: density sqrt(2 / pi) x ** 2 exp(-x ** 2 / 2) from 0 on.",
)
nakagami = Continuous(
    "nakagami",
    ("nu",),
    Standard(
        lambda x, nu: (
            math.log(2)
            + op.xlogy(nu, nu)
            - op.gammaln(nu)
            + op.xlogy(2.0 * nu - 1.0, x)
            - nu * op.square(x)
        ),
        low=0.0,
        cdf=lambda x, nu: op.gammainc(nu, nu * op.square(x)),
        sf=lambda x, nu: op.gammaincc(nu, nu * op.square(x)),
        ppf=lambda q, nu: op.sqrt(op.gammaincinv(nu, q) / nu),
        isf=lambda q, nu: op.sqrt(op.gammainccinv(nu, q) / nu),
        mean=lambda nu: op.poch(nu, 0.5) / op.sqrt(nu),
        var=lambda nu: 1.0 - op.square(op.poch(nu, 0.5)) / nu,
        valid=_positive,
    ),
    "The Nakagami distribution.",
)
foldnorm = Continuous(
    "foldnorm",
    ("c",),
    Standard(
        lambda x, c: op.logaddexp(-0.5 * op.square(x - c), -0.5 * op.square(x + c)) - LOG_ROOT_2PI,
        low=0.0,
        cdf=lambda x, c: op.ndtr(x - c) - op.ndtr(-x - c),
        sf=lambda x, c: op.ndtr(c - x) + op.ndtr(-x - c),
        mean=lambda c: _folded_mean(c),
        var=lambda c: op.square(c) + 1.0 - op.square(_folded_mean(c)),
        valid=lambda c: c >= 0,
    ),
    "The absolute value of a normal variable with mean c.",
)


def _folded_mean(c: Any) -> Any:
    return math.sqrt(2 / math.pi) * op.exp(-0.5 * op.square(c)) + c * op.erf(c * ROOT_HALF)


rice = Continuous(
    "rice",
    ("b",),
    Standard(
        lambda x, b: op.log(x) - 0.5 * op.square(x - b) + op.log(op.i0e(x * b)),
        low=0.0,
        cdf=None,
        valid=lambda b: b >= 0,
    ),
    "The Rice distribution, of the distance from 0 of a normal point in the plane.",
)
gibrat = Continuous(
    "gibrat",
    (),
    Standard(
        lambda x: lognorm.standard.log_density(x, 1.0 + 0.0 * x),
        low=0.0,
        cdf=lambda x: op.ndtr(op.log(x)),
        sf=lambda x: op.ndtr(-op.log(x)),
        logcdf=lambda x: op.log_ndtr(op.log(x)),
        logsf=lambda x: op.log_ndtr(-op.log(x)),
        ppf=lambda q: op.exp(op.ndtri(q)),
        isf=lambda q: op.exp(-op.ndtri(q)),
        mean=lambda: math.exp(0.5),
        var=lambda: math.e * math.expm1(1.0),
        entropy=lambda: LOG_ROOT_2PI + 0.5,
    ),
    "The exponential of a standard normal variable.",
)
levy = Continuous(
    "levy",
    (),
    Standard(
        _from_0(lambda x: -LOG_ROOT_2PI - 1.5 * op.log(x) - 0.5 / x),
        low=0.0,
        cdf=lambda x: op.erfc(op.sqrt(0.5 / x)),
        sf=lambda x: op.erf(op.sqrt(0.5 / x)),
        ppf=lambda q: 1.0 / op.square(op.ndtri(0.5 * q)),
        isf=lambda q: 0.5 / op.square(op.erfinv(q)),
        mean=lambda: math.inf,
        var=lambda: math.inf,
    ),
    "The Levy distribution.",
)
invgauss = Continuous(
    "invgauss",
    ("mu",),
    Standard(
        _from_0(lambda x, mu: _inverse_gauss_log(x, mu)),
        low=0.0,
        cdf=lambda x, mu: op.exp(_inverse_gauss_logcdf(x, mu)),
        sf=lambda x, mu: op.exp(_inverse_gauss_logsf(x, mu)),
        logcdf=lambda x, mu: _inverse_gauss_logcdf(x, mu),
        logsf=lambda x, mu: _inverse_gauss_logsf(x, mu),
        mean=lambda mu: mu + 0.0,
        var=lambda mu: mu * mu * mu,
        valid=_positive,
    ),
    "The inverse Gaussian distribution with mean mu.",
)


def _inverse_gauss_log(x: Any, mu: Any) -> Any:
    return -LOG_ROOT_2PI - 1.5 * op.log(x) - 0.5 * op.square(x / mu - 1.0) / x


def _two_tails(x: Any, mu: Any) -> tuple[Any, Any]:
    root = 1.0 / op.sqrt(x)
    return (x / mu - 1.0) * root, 2.0 / mu + op.log_ndtr(-(x / mu + 1.0) * root)


def _inverse_gauss_logcdf(x: Any, mu: Any) -> Any:
    a, second = _two_tails(x, mu)
    return op.logaddexp(op.log_ndtr(a), second)


def _inverse_gauss_logsf(x: Any, mu: Any) -> Any:
    a, second = _two_tails(x, mu)
    first = op.log_ndtr(-a)
    return first + op.log1p(-op.exp(second - first))


def _wald(formula: Any) -> Any:
    return lambda x: formula(x, 1.0 + 0.0 * x)


wald = Continuous(
    "wald",
    (),
    Standard(
        _from_0(_wald(_inverse_gauss_log)),
        low=0.0,
        cdf=lambda x: op.exp(_wald(_inverse_gauss_logcdf)(x)),
        sf=lambda x: op.exp(_wald(_inverse_gauss_logsf)(x)),
        logcdf=_wald(_inverse_gauss_logcdf),
        logsf=_wald(_inverse_gauss_logsf),
        mean=lambda: 1.0,
        var=lambda: 1.0,
    ),
    "The inverse Gaussian distribution with mean 1.",
)
fatiguelife = Continuous(
    "fatiguelife",
    ("c",),
    Standard(
        _from_0(
            lambda x, c: (
                op.log1p(x)
                - op.log(2.0 * c)
                - LOG_ROOT_2PI
                - 1.5 * op.log(x)
                - 0.5 * op.square((x - 1.0) / c) / x
            )
        ),
        low=0.0,
        cdf=lambda x, c: op.ndtr((op.sqrt(x) - 1.0 / op.sqrt(x)) / c),
        sf=lambda x, c: op.ndtr((1.0 / op.sqrt(x) - op.sqrt(x)) / c),
        ppf=lambda q, c: _fatigue(c * op.ndtri(q)),
        isf=lambda q, c: _fatigue(-c * op.ndtri(q)),
        mean=lambda c: 1.0 + 0.5 * op.square(c),
        var=lambda c: op.square(c) * (1.0 + 1.25 * op.square(c)),
        valid=_positive,
    ),
    "The distribution of Birnbaum and Saunders.",
)


def _fatigue(t: Any) -> Any:
    return 0.25 * op.square(t + op.sqrt(op.square(t) + 4.0))


# --- kin of the gamma and the exponential distribution --------------------------------------------

erlang = Continuous("erlang", ("a",), gamma.standard, "The gamma distribution.")
gengamma = Continuous(
    "gengamma",
    ("a", "c"),
    Standard(
        lambda x, a, c: (
            op.log(op.absolute(c)) + op.xlogy(c * a - 1.0, x) - op.power(x, c) - op.gammaln(a)
        ),
        low=0.0,
        cdf=lambda x, a, c: _either(c, op.gammainc, op.gammaincc, a, op.power(x, c)),
        sf=lambda x, a, c: _either(c, op.gammaincc, op.gammainc, a, op.power(x, c)),
        ppf=lambda q, a, c: op.power(_either(c, op.gammaincinv, op.gammainccinv, a, q), 1.0 / c),
        isf=lambda q, a, c: op.power(_either(c, op.gammainccinv, op.gammaincinv, a, q), 1.0 / c),
        mean=lambda a, c: op.poch(a, 1.0 / c),
        var=lambda a, c: op.poch(a, 2.0 / c) - op.square(op.poch(a, 1.0 / c)),
        valid=lambda a, c: (a > 0) & (c != 0),
    ),
    "The generalised gamma distribution.",
)


def _either(c: Any, rising: Any, falling: Any, a: Any, x: Any) -> Any:
    return op.where(c > 0, rising(a, x), falling(a, x))


halfgennorm = Continuous(
    "halfgennorm",
    ("beta",),
    Standard(
        lambda x, b: op.log(b) - op.gammaln(1.0 / b) - op.power(x, b),
        low=0.0,
        cdf=lambda x, b: op.gammainc(1.0 / b, op.power(x, b)),
        sf=lambda x, b: op.gammaincc(1.0 / b, op.power(x, b)),
        ppf=lambda q, b: op.power(op.gammaincinv(1.0 / b, q), 1.0 / b),
        isf=lambda q, b: op.power(op.gammainccinv(1.0 / b, q), 1.0 / b),
        entropy=lambda b: 1.0 / b - op.log(b) + op.gammaln(1.0 / b),
        valid=_positive,
    ),
    "The upper half of a generalised normal distribution.",
)
exponweib = Continuous(
    "exponweib",
    ("a", "c"),
    Standard(
        lambda x, a, c: (
            op.log(a)
            + op.log(c)
            + op.xlogy(a - 1.0, -op.expm1(-op.power(x, c)))
            - op.power(x, c)
            + op.xlogy(c - 1.0, x)
        ),
        low=0.0,
        cdf=lambda x, a, c: op.power(-op.expm1(-op.power(x, c)), a),
        sf=lambda x, a, c: -op.expm1(a * op.log(-op.expm1(-op.power(x, c)))),
        ppf=lambda q, a, c: op.power(-op.log1p(-op.power(q, 1.0 / a)), 1.0 / c),
        valid=_positive,
    ),
    "A power of Weibull's distribution function.",
)
exponpow = Continuous(
    "exponpow",
    ("b",),
    Standard(
        _until(
            lambda x, b: (
                1.0 + op.log(b) + op.xlogy(b - 1.0, x) + op.power(x, b) - op.exp(op.power(x, b))
            ),
            -math.inf,
            op.power,
        ),
        low=0.0,
        cdf=_until(lambda x, b: -op.expm1(-op.expm1(op.power(x, b))), 1.0, op.power),
        sf=_until(lambda x, b: op.exp(-op.expm1(op.power(x, b))), 0.0, op.power),
        logsf=_until(lambda x, b: -op.expm1(op.power(x, b)), -math.inf, op.power),
        ppf=lambda q, b: op.power(op.log1p(-op.log1p(-q)), 1.0 / b),
        isf=lambda q, b: op.power(op.log1p(-op.log(q)), 1.0 / b),
        valid=_positive,
    ),
    "The exponential power distribution.",
)
gompertz = Continuous(
    "gompertz",
    ("c",),
    Standard(
        _until(lambda x, c: op.log(c) + x - c * op.expm1(x), -math.inf, _the_place),
        low=0.0,
        cdf=_until(lambda x, c: -op.expm1(-c * op.expm1(x)), 1.0, _the_place),
        sf=_until(lambda x, c: op.exp(-c * op.expm1(x)), 0.0, _the_place),
        logsf=_until(lambda x, c: -c * op.expm1(x), -math.inf, _the_place),
        ppf=lambda q, c: op.log1p(-op.log1p(-q) / c),
        isf=lambda q, c: op.log1p(-op.log(q) / c),
        valid=_positive,
    ),
    "The Gompertz distribution.",
)
invweibull = Continuous(
    "invweibull",
    ("c",),
    Standard(
        _from_0(lambda x, c: op.log(c) - (c + 1.0) * op.log(x) - op.power(x, -c)),
        low=0.0,
        cdf=lambda x, c: op.exp(-op.power(x, -c)),
        sf=lambda x, c: -op.expm1(-op.power(x, -c)),
        logcdf=lambda x, c: -op.power(x, -c),
        ppf=lambda q, c: op.power(-op.log(q), -1.0 / c),
        isf=lambda q, c: op.power(-op.log1p(-q), -1.0 / c),
        mean=lambda c: _from(c, 1.0, lambda s: op.gamma(1.0 - 1.0 / s), math.inf),
        entropy=lambda c: 1.0 + EULER + EULER / c - op.log(c),
        valid=_positive,
    ),
    "The inverse of a Weibull variable.",
)

# --- tails that are powers ------------------------------------------------------------------------

lomax = Continuous(
    "lomax",
    ("c",),
    Standard(
        lambda x, c: op.log(c) - (c + 1.0) * op.log1p(x),
        low=0.0,
        cdf=lambda x, c: -op.expm1(-c * op.log1p(x)),
        sf=lambda x, c: op.exp(-c * op.log1p(x)),
        logsf=lambda x, c: -c * op.log1p(x),
        ppf=lambda q, c: op.expm1(-op.log1p(-q) / c),
        isf=lambda q, c: op.expm1(-op.log(q) / c),
        mean=lambda c: _from(c, 1.0, lambda s: 1.0 / (s - 1.0), math.inf),
        var=lambda c: _from(c, 2.0, lambda s: s / ((s - 2.0) * op.square(s - 1.0)), math.inf),
        entropy=lambda c: 1.0 + 1.0 / c - op.log(c),
        valid=_positive,
    ),
    "Pareto's distribution from 0 on.",
)
fisk = Continuous(
    "fisk",
    ("c",),
    Standard(
        lambda x, c: op.log(c) + op.xlogy(c - 1.0, x) - 2.0 * op.log1p(op.power(x, c)),
        low=0.0,
        cdf=lambda x, c: op.sigmoid(c * op.log(x)),
        sf=lambda x, c: op.sigmoid(-c * op.log(x)),
        logcdf=lambda x, c: op.log_expit(c * op.log(x)),
        logsf=lambda x, c: op.log_expit(-c * op.log(x)),
        ppf=lambda q, c: op.exp(op.logit(q) / c),
        isf=lambda q, c: op.exp(-op.logit(q) / c),
        entropy=lambda c: 2.0 - op.log(c),
        valid=_positive,
    ),
    "The exponential of a logistic variable.",
)
burr12 = Continuous(
    "burr12",
    ("c", "d"),
    Standard(
        lambda x, c, d: (
            op.log(c) + op.log(d) + op.xlogy(c - 1.0, x) - (d + 1.0) * op.log1p(op.power(x, c))
        ),
        low=0.0,
        cdf=lambda x, c, d: -op.expm1(-d * op.log1p(op.power(x, c))),
        sf=lambda x, c, d: op.exp(-d * op.log1p(op.power(x, c))),
        logsf=lambda x, c, d: -d * op.log1p(op.power(x, c)),
        ppf=lambda q, c, d: op.power(op.expm1(-op.log1p(-q) / d), 1.0 / c),
        isf=lambda q, c, d: op.power(op.expm1(-op.log(q) / d), 1.0 / c),
        valid=_positive,
    ),
    "Burr's distribution of type XII.",
)
burr = Continuous(
    "burr",
    ("c", "d"),
    Standard(
        _from_0(
            lambda x, c, d: (
                op.log(c)
                + op.log(d)
                - (c + 1.0) * op.log(x)
                - (d + 1.0) * op.log1p(op.power(x, -c))
            )
        ),
        low=0.0,
        cdf=lambda x, c, d: op.exp(-d * op.log1p(op.power(x, -c))),
        sf=lambda x, c, d: -op.expm1(-d * op.log1p(op.power(x, -c))),
        logcdf=lambda x, c, d: -d * op.log1p(op.power(x, -c)),
        ppf=lambda q, c, d: op.power(op.expm1(-op.log(q) / d), -1.0 / c),
        isf=lambda q, c, d: op.power(op.expm1(-op.log1p(-q) / d), -1.0 / c),
        valid=_positive,
    ),
    "Burr's distribution of type III.",
)
mielke = Continuous(
    "mielke",
    ("k", "s"),
    Standard(
        lambda x, k, s: op.log(k) + op.xlogy(k - 1.0, x) - (1.0 + k / s) * op.log1p(op.power(x, s)),
        low=0.0,
        cdf=lambda x, k, s: op.power(x, k) / op.power(1.0 + op.power(x, s), k / s),
        ppf=lambda q, k, s: op.power(1.0 / op.expm1(-s / k * op.log(q)), 1.0 / s),
        valid=_positive,
    ),
    "Mielke's beta-kappa distribution.",
)
betaprime = Continuous(
    "betaprime",
    ("a", "b"),
    Standard(
        lambda x, a, b: op.xlogy(a - 1.0, x) - op.xlog1py(a + b, x) - op.betaln(a, b),
        low=0.0,
        cdf=lambda x, a, b: op.betainc(a, b, x / (1.0 + x)),
        sf=lambda x, a, b: op.betaincc(a, b, x / (1.0 + x)),
        ppf=lambda q, a, b: _odds(op.betaincinv(a, b, q)),
        isf=lambda q, a, b: _odds(op.betainccinv(a, b, q)),
        mean=lambda a, b: _from(b, 1.0, lambda s: a / (s - 1.0), math.inf),
        var=lambda a, b: _from(
            b, 2.0, lambda s: a * (a + s - 1.0) / ((s - 2.0) * op.square(s - 1.0)), math.inf
        ),
        valid=_positive,
    ),
    "The odds of a beta variable.",
)


def _odds(p: Any) -> Any:
    return p / (1.0 - p)


halfcauchy = Continuous(
    "halfcauchy",
    (),
    Standard(
        lambda x: math.log(2 / math.pi) - op.log1p(op.square(x)),
        low=0.0,
        cdf=lambda x: 2 / math.pi * op.arctan(x),
        sf=lambda x: 2 / math.pi * op.arctan2(1.0, x),
        ppf=lambda q: op.tan(0.5 * math.pi * q),
        isf=lambda q: 1.0 / op.tan(0.5 * math.pi * q),
        mean=lambda: math.inf,
        var=lambda: math.inf,
        entropy=lambda: math.log(2 * math.pi),
    ),
    "The absolute value of a Cauchy variable.",
)
foldcauchy = Continuous(
    "foldcauchy",
    ("c",),
    Standard(
        lambda x, c: op.log(
            (1.0 / (1.0 + op.square(x - c)) + 1.0 / (1.0 + op.square(x + c))) / math.pi
        ),
        low=0.0,
        cdf=lambda x, c: (op.arctan(x - c) + op.arctan(x + c)) / math.pi,
        sf=lambda x, c: (op.arctan2(1.0, x - c) + op.arctan2(1.0, x + c)) / math.pi,
        mean=lambda c: math.inf + 0.0 * c,
        var=lambda c: math.inf + 0.0 * c,
        valid=lambda c: c >= 0,
    ),
    "The absolute value of a Cauchy variable with location c.",
)
halflogistic = Continuous(
    "halflogistic",
    (),
    Standard(
        lambda x: math.log(2) - x - 2.0 * op.log1p(op.exp(-x)),
        low=0.0,
        cdf=lambda x: op.tanh(0.5 * x),
        sf=lambda x: 2.0 * op.sigmoid(-x),
        logsf=lambda x: math.log(2) + op.log_expit(-x),
        ppf=lambda q: 2.0 * op.arctanh(q),
        isf=lambda q: -op.logit(0.5 * q),
        mean=lambda: 2 * math.log(2),
        var=lambda: math.pi**2 / 3 - (2 * math.log(2)) ** 2,
        entropy=lambda: 2 - math.log(2),
    ),
    "The absolute value of a logistic variable.",
)


def _log_laplace(x: Any, below: Any, above: Any) -> Any:
    return op.where(x < 1, below, above)


loglaplace = Continuous(
    "loglaplace",
    ("c",),
    Standard(
        lambda x, c: op.log(0.5 * c) + op.where(x < 1, c - 1.0, -c - 1.0) * op.log(x),
        low=0.0,
        cdf=lambda x, c: _log_laplace(x, 0.5 * op.power(x, c), 1.0 - 0.5 * op.power(x, -c)),
        sf=lambda x, c: _log_laplace(x, 1.0 - 0.5 * op.power(x, c), 0.5 * op.power(x, -c)),
        ppf=lambda q, c: op.power(op.where(q < 0.5, 2.0 * q, 1.0 / (2.0 - 2.0 * q)), 1.0 / c),
        isf=lambda q, c: op.power(op.where(q > 0.5, 2.0 - 2.0 * q, 0.5 / q), 1.0 / c),
        entropy=lambda c: math.log(2) + 1.0 - op.log(c),
        valid=_positive,
    ),
    "The exponential of a Laplace variable.",
)
