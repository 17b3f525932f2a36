"""Continuous distributions of numbers between two, each in its standard form, beside those of
`continuous_forms`. Start at `arcsine`."""

from __future__ import annotations

import math
from typing import Any

from ..special.catalogue import op
from .continuous_forms import LOG_ROOT_2PI, _positive
from .densities import ContinuousDistribution as Continuous
from .standard import INF, Standard

arcsine = Continuous(
    "arcsine",
    (),
    Standard(
        lambda x: -math.log(math.pi) - 0.5 * op.log(x * (1.0 - x)),
        low=0.0,
        high=1.0,
        inside=0.5,
        cdf=lambda x: 2 / math.pi * op.arcsin(op.sqrt(x)),
        sf=lambda x: 2 / math.pi * op.arcsin(op.sqrt(1.0 - x)),
        ppf=lambda q: op.square(op.sin(0.5 * math.pi * q)),
        isf=lambda q: op.square(op.cos(0.5 * math.pi * q)),
        mean=lambda: 0.5,
        var=lambda: 0.125,
        entropy=lambda: math.log(math.pi / 4),
    ),
    "The arcsine distribution between 0 and 1.",
)
anglit = Continuous(
    "anglit",
    (),
    Standard(
        lambda x: op.log(op.cos(2.0 * x)),
        low=-math.pi / 4,
        high=math.pi / 4,
        inside=0.0,
        cdf=lambda x: op.square(op.sin(x + math.pi / 4)),
        sf=lambda x: op.square(op.cos(x + math.pi / 4)),
        ppf=lambda q: op.arcsin(op.sqrt(q)) - math.pi / 4,
        isf=lambda q: op.arccos(op.sqrt(q)) - math.pi / 4,
        mean=lambda: 0.0,
        var=lambda: math.pi**2 / 16 - 0.5,
        entropy=lambda: 1 - math.log(2),
    ),
    "The anglit distribution: density cos(2 x) between -pi / 4 and pi / 4.",
)
cosine = Continuous(
    "cosine",
    (),
    Standard(
        lambda x: op.log1p(op.cos(x)) - math.log(2 * math.pi),
        low=-math.pi,
        high=math.pi,
        inside=0.0,
        cdf=lambda x: (math.pi + x + op.sin(x)) / (2 * math.pi),
        sf=lambda x: (math.pi - x - op.sin(x)) / (2 * math.pi),
        mean=lambda: 0.0,
        var=lambda: math.pi**2 / 3 - 2,
        entropy=lambda: math.log(4 * math.pi) - 1,
    ),
    "The cosine distribution: density (1 + cos(x)) / (2 pi) between -pi and pi.",
)
semicircular = Continuous(
    "semicircular",
    (),
    Standard(
        lambda x: math.log(2 / math.pi) + 0.5 * op.log1p(-op.square(x)),
        low=-1.0,
        high=1.0,
        inside=0.0,
        cdf=lambda x: 0.5 + (x * op.sqrt(1.0 - op.square(x)) + op.arcsin(x)) / math.pi,
        sf=lambda x: 0.5 - (x * op.sqrt(1.0 - op.square(x)) + op.arcsin(x)) / math.pi,
        mean=lambda: 0.0,
        var=lambda: 0.25,
        entropy=lambda: math.log(math.pi) - 0.5,
    ),
    "The semicircular distribution between -1 and 1.",
)
powerlaw = Continuous(
    "powerlaw",
    ("a",),
    Standard(
        lambda x, a: op.log(a) + op.xlogy(a - 1.0, x),
        low=0.0,
        high=1.0,
        inside=0.5,
        cdf=lambda x, a: op.power(x, a),
        sf=lambda x, a: -op.expm1(a * op.log(x)),
        logcdf=lambda x, a: a * op.log(x),
        ppf=lambda q, a: op.power(q, 1.0 / a),
        mean=lambda a: a / (a + 1.0),
        var=lambda a: a / ((a + 2.0) * op.square(a + 1.0)),
        entropy=lambda a: 1.0 - 1.0 / a - op.log(a),
        valid=_positive,
    ),
    "The distribution of a power of a uniform variable.",
)
bradford = Continuous(
    "bradford",
    ("c",),
    Standard(
        lambda x, c: op.log(c) - op.log1p(c * x) - op.log(op.log1p(c)),
        low=0.0,
        high=1.0,
        inside=0.5,
        cdf=lambda x, c: op.log1p(c * x) / op.log1p(c),
        ppf=lambda q, c: op.expm1(q * op.log1p(c)) / c,
        mean=lambda c: 1.0 / op.log1p(c) - 1.0 / c,
        valid=_positive,
    ),
    "Bradford's distribution between 0 and 1.",
)
johnsonsb = Continuous(
    "johnsonsb",
    ("a", "b"),
    Standard(
        lambda x, a, b: _johnson_log(x, a, b),
        low=0.0,
        high=1.0,
        inside=0.5,
        cdf=lambda x, a, b: op.ndtr(a + b * op.logit(x)),
        sf=lambda x, a, b: op.ndtr(-a - b * op.logit(x)),
        ppf=lambda q, a, b: op.sigmoid((op.ndtri(q) - a) / b),
        isf=lambda q, a, b: op.sigmoid((-op.ndtri(q) - a) / b),
        valid=lambda a, b: (b > 0) & (a == a),
    ),
    "Johnson's SB distribution between 0 and 1.",
)


def _johnson_log(x: Any, a: Any, b: Any) -> Any:
    within = (x > 0) & (x < 1)
    y = op.where(within, x, 0.5)
    out = -op.log(y * (1.0 - y)) - 0.5 * op.square(a + b * op.logit(y))
    return op.where(within, op.log(b) - LOG_ROOT_2PI + out, -INF)


triang = Continuous(
    "triang",
    ("c",),
    Standard(
        lambda x, c: math.log(2) + op.log(op.where(x < c, _over(x, c), _over(1.0 - x, 1.0 - c))),
        low=0.0,
        high=1.0,
        inside=0.5,
        cdf=lambda x, c: op.where(
            x < c, x * _over(x, c), 1.0 - (1.0 - x) * _over(1.0 - x, 1.0 - c)
        ),
        sf=lambda x, c: op.where(x < c, 1.0 - x * _over(x, c), (1.0 - x) * _over(1.0 - x, 1.0 - c)),
        ppf=lambda q, c: op.where(
            q < c,
            op.sqrt(op.where(q < c, c, 1.0) * q),
            1.0 - op.sqrt(op.where(q < c, 1.0, 1.0 - c) * (1.0 - q)),
        ),
        mean=lambda c: (c + 1.0) / 3.0,
        var=lambda c: (1.0 - c + c * c) / 18.0,
        entropy=lambda c: 0.5 - math.log(2) + 0.0 * c,
        valid=lambda c: (c >= 0) & (c <= 1),
    ),
    "The triangular distribution between 0 and 1, whose density is largest at c.",
)


def _over(x: Any, c: Any) -> Any:
    """x / c of a c that may be 0, where nobody takes it."""
    none = c == 0
    return op.where(none, 1.0, x / op.where(none, 1.0, c))


truncexpon = Continuous(
    "truncexpon",
    ("b",),
    Standard(
        lambda x, b: -x - op.log(-op.expm1(-b)),
        low=0.0,
        high=lambda b: b,
        inside=lambda b: 0.5 * b,
        cdf=lambda x, b: op.expm1(-x) / op.expm1(-b),
        sf=lambda x, b: (op.exp(-b) - op.exp(-x)) / op.expm1(-b),
        ppf=lambda q, b: -op.log1p(q * op.expm1(-b)),
        valid=_positive,
    ),
    "The exponential distribution between 0 and b.",
)
truncpareto = Continuous(
    "truncpareto",
    ("b", "c"),
    Standard(
        lambda x, b, c: op.log(b) - op.log(-op.expm1(-b * op.log(c))) - (b + 1.0) * op.log(x),
        low=1.0,
        high=lambda b, c: c,
        inside=lambda b, c: 0.5 * (1.0 + c),
        cdf=lambda x, b, c: op.expm1(-b * op.log(x)) / op.expm1(-b * op.log(c)),
        ppf=lambda q, b, c: op.exp(-op.log1p(q * op.expm1(-b * op.log(c))) / b),
        valid=lambda b, c: (b > 0) & (c > 1),
    ),
    "Pareto's distribution between 1 and c.",
)


def _log_uniform(name: str) -> Any:
    return Continuous(
        name,
        ("a", "b"),
        Standard(
            lambda x, a, b: -op.log(x) - op.log(op.log(b) - op.log(a)),
            low=lambda a, b: a,
            high=lambda a, b: b,
            inside=lambda a, b: 0.5 * (a + b),
            cdf=lambda x, a, b: (op.log(x) - op.log(a)) / (op.log(b) - op.log(a)),
            sf=lambda x, a, b: (op.log(b) - op.log(x)) / (op.log(b) - op.log(a)),
            ppf=lambda q, a, b: op.exp(op.log(a) + q * (op.log(b) - op.log(a))),
            mean=lambda a, b: (b - a) / (op.log(b) - op.log(a)),
            entropy=lambda a, b: 0.5 * (op.log(a) + op.log(b)) + op.log(op.log(b) - op.log(a)),
            valid=lambda a, b: (a > 0) & (b > a),
        ),
        "The distribution of numbers between a and b whose logarithm is uniform.",
    )


loguniform, reciprocal = _log_uniform("loguniform"), _log_uniform("reciprocal")
