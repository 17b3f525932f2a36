"""Continuous distributions of all numbers, of angles, and of extreme values, each in its standard
form, beside those of `continuous_forms`. Start at `skewnorm`."""

from __future__ import annotations

import math
from typing import Any

from ..special.catalogue import op
from .continuous_forms import EULER, LOG_ROOT_2PI, _positive
from .densities import ContinuousDistribution as Continuous
from .half_lines import _the_place, _until
from .standard import INF, Standard

# --- of all numbers -------------------------------------------------------------------------------


def _lean(a: Any) -> Any:
    return a / op.sqrt(1.0 + op.square(a))


skewnorm = Continuous(
    "skewnorm",
    ("a",),
    Standard(
        lambda x, a: math.log(2) - LOG_ROOT_2PI - 0.5 * op.square(x) + op.log_ndtr(a * x),
        cdf=lambda x, a: op.ndtr(x) - 2.0 * op.owens_t(x, a),
        sf=lambda x, a: op.ndtr(-x) + 2.0 * op.owens_t(x, a),
        logcdf=lambda x, a: op.where(
            x > 0,
            op.log1p(-op.ndtr(-x) - 2.0 * op.owens_t(x, a)),
            op.log(op.ndtr(x) - 2.0 * op.owens_t(x, a)),
        ),
        mean=lambda a: math.sqrt(2 / math.pi) * _lean(a),
        var=lambda a: 1.0 - 2 / math.pi * op.square(_lean(a)),
    ),
    "The skew normal distribution.",
)
powernorm = Continuous(
    "powernorm",
    ("c",),
    Standard(
        lambda x, c: op.log(c) - LOG_ROOT_2PI - 0.5 * op.square(x) + (c - 1.0) * op.log_ndtr(-x),
        cdf=lambda x, c: -op.expm1(c * op.log_ndtr(-x)),
        sf=lambda x, c: op.exp(c * op.log_ndtr(-x)),
        logsf=lambda x, c: c * op.log_ndtr(-x),
        ppf=lambda q, c: -op.ndtri_exp(op.log1p(-q) / c),
        isf=lambda q, c: -op.ndtri_exp(op.log(q) / c),
        valid=_positive,
    ),
    "A power of the survival function of the normal distribution.",
)
exponnorm = Continuous(
    "exponnorm",
    ("K",),
    Standard(
        lambda x, k: -op.log(k) + _with_exponential(x, k),
        cdf=lambda x, k: op.ndtr(x) - op.exp(_with_exponential(x, k)),
        sf=lambda x, k: op.ndtr(-x) + op.exp(_with_exponential(x, k)),
        mean=lambda k: k + 0.0,
        var=lambda k: 1.0 + op.square(k),
        valid=_positive,
    ),
    "The sum of a normal and an exponential variable with mean K.",
)


def _with_exponential(x: Any, k: Any) -> Any:
    rate, finite = 1.0 / k, x > -INF
    safe = op.where(finite, x, 0.0)
    return op.where(finite, rate * (0.5 * rate - safe) + op.log_ndtr(safe - rate), -INF)


gennorm = Continuous(
    "gennorm",
    ("beta",),
    Standard(
        lambda x, b: op.log(0.5 * b) - op.gammaln(1.0 / b) - op.power(op.absolute(x), b),
        cdf=lambda x, b: _two_sided(x, 0.5 * op.gammaincc(1.0 / b, op.power(op.absolute(x), b))),
        sf=lambda x, b: _two_sided(-x, 0.5 * op.gammaincc(1.0 / b, op.power(op.absolute(x), b))),
        ppf=lambda q, b: _turned(
            q,
            lambda p: op.power(op.gammainccinv(1.0 / b, 2.0 * p), 1.0 / b),
            lambda p: 2.0 * op.gamma(1.0 + 1.0 / b) * p,
        ),
        mean=lambda b: 0.0 * b,
        var=lambda b: op.exp(op.gammaln(3.0 / b) - op.gammaln(1.0 / b)),
        entropy=lambda b: 1.0 / b - op.log(0.5 * b) + op.gammaln(1.0 / b),
        valid=_positive,
    ),
    "The generalised normal distribution: density proportional to exp(-abs(x) ** beta).",
)


def _two_sided(x: Any, tail: Any) -> Any:
    """A distribution function that is symmetric, from the smaller tail."""
    return op.where(x > 0, 1.0 - tail, tail)


def _turned(q: Any, distance: Any, start: Any) -> Any:
    """Its inverse, from how far a tail with this probability is, and how far the place of another
    small probability is from the middle, where the slope of the former by shapes is no number."""
    above, middle = q > 0.5, q == 0.5
    out = distance(op.where(middle, 0.25, op.where(above, 1.0 - q, q)))
    return op.where(middle, start(op.where(middle, q - 0.5, 1.0)), op.where(above, out, -out))


dgamma = Continuous(
    "dgamma",
    ("a",),
    Standard(
        lambda x, a: (
            op.xlogy(a - 1.0, op.absolute(x)) - op.absolute(x) - math.log(2) - op.gammaln(a)
        ),
        cdf=lambda x, a: _two_sided(x, 0.5 * op.gammaincc(a, op.absolute(x))),
        sf=lambda x, a: _two_sided(-x, 0.5 * op.gammaincc(a, op.absolute(x))),
        ppf=lambda q, a: _turned(
            q,
            lambda p: op.gammainccinv(a, 2.0 * p),
            lambda p: op.power(2.0 * op.gamma(1.0 + a), 1.0 / a) * op.power(p, 1.0 / a),
        ),
        mean=lambda a: 0.0 * a,
        var=lambda a: a * (a + 1.0),
        valid=_positive,
    ),
    "The double gamma distribution.",
)


dweibull = Continuous(
    "dweibull",
    ("c",),
    Standard(
        lambda x, c: (
            op.log(0.5 * c) + op.xlogy(c - 1.0, op.absolute(x)) - op.power(op.absolute(x), c)
        ),
        cdf=lambda x, c: _two_sided(x, 0.5 * op.exp(-op.power(op.absolute(x), c))),
        sf=lambda x, c: _two_sided(-x, 0.5 * op.exp(-op.power(op.absolute(x), c))),
        ppf=lambda q, c: _turned(
            q,
            lambda p: op.power(-op.log(2.0 * p), 1.0 / c),
            lambda p: 2.0 ** (1.0 / c) * op.power(p, 1.0 / c),
        ),
        mean=lambda c: 0.0 * c,
        var=lambda c: op.gamma(1.0 + 2.0 / c),
        valid=_positive,
    ),
    "The double Weibull distribution.",
)
hypsecant = Continuous(
    "hypsecant",
    (),
    Standard(
        lambda x: math.log(2 / math.pi) - op.absolute(x) - op.log1p(op.exp(-2.0 * op.absolute(x))),
        cdf=lambda x: _two_sided(x, 2 / math.pi * op.arctan(op.exp(-op.absolute(x)))),
        sf=lambda x: _two_sided(-x, 2 / math.pi * op.arctan(op.exp(-op.absolute(x)))),
        ppf=lambda q: op.log(op.tan(0.5 * math.pi * q)),
        isf=lambda q: -op.log(op.tan(0.5 * math.pi * q)),
        mean=lambda: 0.0,
        var=lambda: math.pi**2 / 4,
        entropy=lambda: math.log(2 * math.pi),
    ),
    "The hyperbolic secant distribution.",
)
genlogistic = Continuous(
    "genlogistic",
    ("c",),
    Standard(
        lambda x, c: op.log(c) + op.log_expit(-x) + c * op.log_expit(x),
        cdf=lambda x, c: op.exp(c * op.log_expit(x)),
        sf=lambda x, c: -op.expm1(c * op.log_expit(x)),
        logcdf=lambda x, c: c * op.log_expit(x),
        ppf=lambda q, c: -op.log(op.expm1(-op.log(q) / c)),
        mean=lambda c: EULER + op.psi(c),
        var=lambda c: math.pi**2 / 6 + op.polygamma(1.0, c),
        valid=_positive,
    ),
    "The generalised logistic distribution.",
)
loggamma = Continuous(
    "loggamma",
    ("c",),
    Standard(
        _until(lambda x, c: c * x - op.exp(x) - op.gammaln(c), -INF, _the_place),
        cdf=_until(lambda x, c: op.gammainc(c, op.exp(x)), 1.0, _the_place),
        sf=_until(lambda x, c: op.gammaincc(c, op.exp(x)), 0.0, _the_place),
        ppf=lambda q, c: op.log(op.gammaincinv(c, q)),
        isf=lambda q, c: op.log(op.gammainccinv(c, q)),
        mean=lambda c: op.psi(c),
        var=lambda c: op.polygamma(1.0, c),
        valid=_positive,
    ),
    "The logarithm of a gamma variable.",
)
moyal = Continuous(
    "moyal",
    (),
    Standard(
        lambda x: -0.5 * (x + op.exp(-x)) - LOG_ROOT_2PI,
        cdf=lambda x: op.erfc(op.exp(-0.5 * x) * math.sqrt(0.5)),
        sf=lambda x: op.erf(op.exp(-0.5 * x) * math.sqrt(0.5)),
        ppf=lambda q: -op.log(2.0 * op.square(op.erfcinv(q))),
        isf=lambda q: -op.log(2.0 * op.square(op.erfinv(q))),
        mean=lambda: EULER + math.log(2),
        var=lambda: math.pi**2 / 2,
    ),
    "The Moyal distribution.",
)
johnsonsu = Continuous(
    "johnsonsu",
    ("a", "b"),
    Standard(
        lambda x, a, b: (
            op.log(b)
            - LOG_ROOT_2PI
            - 0.5 * op.log1p(op.square(x))
            - 0.5 * op.square(a + b * op.arcsinh(x))
        ),
        cdf=lambda x, a, b: op.ndtr(a + b * op.arcsinh(x)),
        sf=lambda x, a, b: op.ndtr(-a - b * op.arcsinh(x)),
        ppf=lambda q, a, b: op.sinh((op.ndtri(q) - a) / b),
        isf=lambda q, a, b: op.sinh((-op.ndtri(q) - a) / b),
        valid=lambda a, b: (b > 0) & (a == a),
    ),
    "Johnson's SU distribution.",
)


def _sides(x: Any, k: Any) -> Any:
    return op.where(x >= 0, -x * k, x / k)


laplace_asymmetric = Continuous(
    "laplace_asymmetric",
    ("kappa",),
    Standard(
        lambda x, k: _sides(x, k) - op.log(k + 1.0 / k),
        cdf=lambda x, k: op.where(
            x >= 0,
            1.0 - op.exp(_sides(x, k)) / (1.0 + k * k),
            op.exp(_sides(x, k)) * (k * k / (1.0 + k * k)),
        ),
        sf=lambda x, k: op.where(
            x >= 0,
            op.exp(_sides(x, k)) / (1.0 + k * k),
            1.0 - op.exp(_sides(x, k)) * (k * k / (1.0 + k * k)),
        ),
        ppf=lambda q, k: op.where(
            q >= k * k / (1.0 + k * k),
            -op.log((1.0 - q) * (1.0 + k * k)) / k,
            op.log(q * (1.0 + k * k) / (k * k)) * k,
        ),
        mean=lambda k: 1.0 / k - k,
        var=lambda k: 1.0 / (k * k) + k * k,
        entropy=lambda k: 1.0 + op.log(k + 1.0 / k),
        valid=_positive,
    ),
    "The asymmetric Laplace distribution.",
)


def _skewed(x: Any, a: Any) -> Any:
    return x / op.where(x > 0, 1.0 + a, 1.0 - a)


skewcauchy = Continuous(
    "skewcauchy",
    ("a",),
    Standard(
        lambda x, a: -math.log(math.pi) - op.log1p(op.square(_skewed(x, a))),
        cdf=lambda x, a: (
            0.5 * (1.0 - a) + op.where(x > 0, 1.0 + a, 1.0 - a) / math.pi * op.arctan(_skewed(x, a))
        ),
        ppf=lambda q, a: _skew_cauchy_ppf(q, a),
        mean=lambda a: math.nan + a,
        var=lambda a: math.nan + a,
        valid=lambda a: op.absolute(a) < 1,
    ),
    "The skewed Cauchy distribution.",
)


def _skew_cauchy_ppf(q: Any, a: Any) -> Any:
    middle = 0.5 * (1.0 - a)
    width = op.where(q > middle, 1.0 + a, 1.0 - a)
    return op.tan(math.pi / width * (q - middle)) * width


norminvgauss = Continuous(
    "norminvgauss",
    ("a", "b"),
    Standard(
        lambda x, a, b: _normal_inverse_gauss_log(x, a, b),
        cdf=None,
        mean=lambda a, b: b / op.sqrt(op.square(a) - op.square(b)),
        var=lambda a, b: op.square(a) / op.power(op.square(a) - op.square(b), 1.5),
        valid=lambda a, b: (a > 0) & (op.absolute(b) < a),
    ),
    "The normal inverse Gaussian distribution.",
)


def _normal_inverse_gauss_log(x: Any, a: Any, b: Any) -> Any:
    far = op.sqrt(1.0 + op.square(x))
    root = op.sqrt(op.square(a) - op.square(b))
    return op.log(a * op.k1e(a * far) / far) - math.log(math.pi) + b * x - a * far + root


# --- angles ---------------------------------------------------------------------------------------


def _around(x: Any, k: Any) -> Any:
    return k * op.cosm1(x) - math.log(2 * math.pi) - op.log(op.i0e(k))


def _circular_entropy(k: Any) -> Any:
    return -k * op.i1e(k) / op.i0e(k) + math.log(2 * math.pi) + op.log(op.i0e(k)) + k


vonmises = Continuous(
    "vonmises",
    ("kappa",),
    Standard(
        _around,
        cdf=None,
        mean=lambda k: 0.0 * k,
        entropy=_circular_entropy,
        valid=lambda k: k >= 0,
    ),
    "The von Mises distribution on the circle: density exp(kappa cos(x)) / (2 pi i0(kappa)).",
)
vonmises_line = Continuous(
    "vonmises_line",
    ("kappa",),
    Standard(
        _around,
        low=-math.pi,
        high=math.pi,
        inside=0.0,
        cdf=None,
        mean=lambda k: 0.0 * k,
        entropy=_circular_entropy,
        valid=lambda k: k >= 0,
    ),
    "The von Mises distribution between -pi and pi.",
)
wrapcauchy = Continuous(
    "wrapcauchy",
    ("c",),
    Standard(
        lambda x, c: (
            op.log1p(-op.square(c))
            - math.log(2 * math.pi)
            - op.log(1.0 + op.square(c) - 2.0 * c * op.cos(x))
        ),
        low=0.0,
        high=2 * math.pi,
        inside=1.0,
        cdf=None,
        entropy=lambda c: math.log(2 * math.pi) + op.log1p(-op.square(c)),
        valid=lambda c: (c > 0) & (c < 1),
    ),
    "The Cauchy distribution on the circle.",
)

# --- of extreme values ----------------------------------------------------------------------------


def _log1p_over(c: Any, x: Any) -> Any:
    """log1p(c x) / c, which is x where c is 0."""
    u = c * x
    near = op.absolute(u) < 1e-3
    small, safe = op.where(near, u, 0.0), op.where(near, 1.0, c)
    series: Any = 1 / 7
    for k in (6, 5, 4, 3, 2, 1):
        series = 1 / k - small * series
    return op.where(near, x * series, op.log1p(op.where(near, 1.0, u)) / safe)


def _pareto_end(c: Any) -> Any:
    bounded = c < 0
    return op.where(bounded, -1.0 / op.where(bounded, c, -1.0), INF)


def _pareto_log(x: Any, c: Any) -> Any:
    end = op.isinf(x) | (c * x <= -1.0)  # where the logarithm is infinite, and a factor may be 0
    at_end = op.where(c == -1.0, 0.0, op.where(c < -1.0, INF, -INF))
    return op.where(end, at_end, -(1.0 + c) * _log1p_over(c, op.where(end, 0.0, x)))


genpareto = Continuous(
    "genpareto",
    ("c",),
    Standard(
        lambda x, c: _pareto_log(x, c),
        low=0.0,
        high=_pareto_end,
        inside=lambda c: op.where(c < 0, 0.5 / op.where(c < 0, -c, 1.0), 1.0),
        cdf=lambda x, c: -op.expm1(-_log1p_over(c, x)),
        sf=lambda x, c: op.exp(-_log1p_over(c, x)),
        logsf=lambda x, c: -_log1p_over(c, x),
        ppf=lambda q, c: -op.log1p(-q) * op.exprel(-c * op.log1p(-q)),
        isf=lambda q, c: -op.log(q) * op.exprel(-c * op.log(q)),
        entropy=lambda c: 1.0 + c,
        valid=lambda c: c == c,
    ),
    "The generalised Pareto distribution.",
)


def _extreme_end(c: Any, side: Any, far: float) -> Any:
    return op.where(side, 1.0 / op.where(side, c, 1.0), far)


def _extreme_log(x: Any, c: Any) -> Any:
    """At infinity, and at the end of the support, the terms may be of opposite signs; SciPy's
    density there is 0, but for the exponent 1, of which it is 1."""
    end = op.isinf(x) | (c * x >= 1.0)
    y = _log1p_over(-c, op.where(end, 0.0, x))
    at_end = op.where((c == 1.0) & (x > 0), 0.0, -INF)
    return op.where(end, at_end, -op.exp(-y) - y * (1.0 - c))


genextreme = Continuous(
    "genextreme",
    ("c",),
    Standard(
        _extreme_log,
        low=lambda c: _extreme_end(c, c < 0, -INF),
        high=lambda c: _extreme_end(c, c > 0, INF),
        inside=lambda c: 0.0 * c,
        cdf=lambda x, c: op.exp(-op.exp(-_log1p_over(-c, x))),
        sf=lambda x, c: -op.expm1(-op.exp(-_log1p_over(-c, x))),
        logcdf=lambda x, c: -op.exp(-_log1p_over(-c, x)),
        ppf=lambda q, c: _extreme_ppf(-op.log(-op.log(q)), c),
        isf=lambda q, c: _extreme_ppf(-op.log(-op.log1p(-q)), c),
        valid=lambda c: c == c,
    ),
    "The generalised extreme value distribution, with SciPy's sign of c.",
)


def _extreme_ppf(y: Any, c: Any) -> Any:
    return y * op.exprel(-c * y)


weibull_max = Continuous(
    "weibull_max",
    ("c",),
    Standard(
        lambda x, c: op.log(c) + op.xlogy(c - 1.0, -x) - op.power(-x, c),
        high=0.0,
        inside=-1.0,
        cdf=lambda x, c: op.exp(-op.power(-x, c)),
        sf=lambda x, c: -op.expm1(-op.power(-x, c)),
        logcdf=lambda x, c: -op.power(-x, c),
        ppf=lambda q, c: -op.power(-op.log(q), 1.0 / c),
        isf=lambda q, c: -op.power(-op.log1p(-q), 1.0 / c),
        mean=lambda c: -op.gamma(1.0 + 1.0 / c),
        var=lambda c: op.gamma(1.0 + 2.0 / c) - op.square(op.gamma(1.0 + 1.0 / c)),
        entropy=lambda c: EULER + 1.0 - EULER / c - op.log(c),
        valid=_positive,
    ),
    "The Weibull distribution of largest values, up to 0.",
)
