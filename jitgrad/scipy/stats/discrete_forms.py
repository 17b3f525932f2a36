"""Distributions of whole numbers. Start at `poisson`."""

from __future__ import annotations

from typing import Any

from ..special.catalogue import op
from .event_counts import DiscreteDistribution as Discrete
from .standard import Standard


def _probability(p: Any) -> Any:
    return (p >= 0) & (p <= 1)


def _log_choose(n: Any, k: Any) -> Any:
    return op.gammaln(n + 1.0) - op.gammaln(k + 1.0) - op.gammaln(n - k + 1.0)


def _trials(n: Any, p: Any) -> Any:
    return (n >= 0) & (op.floor(n) == n) & _probability(p)


def _below_all(n: Any, k: Any) -> Any:
    """n - k, at least 1: the distribution function asks for it below the last event only."""
    return op.maximum(n - k, 1.0)


poisson = Discrete(
    "poisson",
    ("mu",),
    Standard(
        lambda k, mu: op.xlogy(k, mu) - op.gammaln(k + 1.0) - mu,
        low=0.0,
        inside=0.0,
        cdf=lambda k, mu: op.gammaincc(k + 1.0, mu),
        sf=lambda k, mu: op.gammainc(k + 1.0, mu),
        mean=lambda mu: mu + 0.0,
        var=lambda mu: mu + 0.0,
        valid=lambda mu: mu >= 0,
    ),
    "The Poisson distribution: exp(-mu) mu ** k / k!.",
    lambda rng, mu, size: rng.poisson(mu, size),
)
binom = Discrete(
    "binom",
    ("n", "p"),
    Standard(
        lambda k, n, p: _log_choose(n, k) + op.xlogy(k, p) + op.xlog1py(n - k, -p),
        low=0.0,
        high=lambda n, p: n,
        inside=0.0,
        cdf=lambda k, n, p: op.betaincc(k + 1.0, _below_all(n, k), p),
        sf=lambda k, n, p: op.betainc(k + 1.0, _below_all(n, k), p),
        mean=lambda n, p: n * p,
        var=lambda n, p: n * p * (1.0 - p),
        valid=_trials,
    ),
    "The binomial distribution: the number of events in n trials of probability p.",
    lambda rng, n, p, size: rng.binomial(n, p, size),
)
bernoulli = Discrete(
    "bernoulli",
    ("p",),
    Standard(
        lambda k, p: op.xlogy(k, p) + op.xlog1py(1.0 - k, -p),
        low=0.0,
        high=1.0,
        inside=0.0,
        cdf=lambda k, p: 1.0 - p + 0.0 * k,
        sf=lambda k, p: p + 0.0 * k,
        mean=lambda p: p + 0.0,
        var=lambda p: p * (1.0 - p),
        entropy=lambda p: op.entr(p) + op.entr(1.0 - p),
        valid=_probability,
    ),
    "One trial of probability p: 1 or 0.",
    lambda rng, p, size: rng.binomial(1, p, size),
)
geom = Discrete(
    "geom",
    ("p",),
    Standard(
        lambda k, p: op.xlog1py(k - 1.0, -p) + op.log(p),
        low=1.0,
        inside=1.0,
        cdf=lambda k, p: -op.expm1(op.xlog1py(k, -p)),
        sf=lambda k, p: op.exp(op.xlog1py(k, -p)),
        logsf=lambda k, p: op.xlog1py(k, -p),
        mean=lambda p: 1.0 / p,
        var=lambda p: (1.0 - p) / op.square(p),
        entropy=lambda p: -op.log(p) - op.xlog1py(1.0 - p, -p) / p,
        valid=lambda p: (p > 0) & (p <= 1),
    ),
    "The number of the first event in trials of probability p.",
    lambda rng, p, size: rng.geometric(p, size),
)
nbinom = Discrete(
    "nbinom",
    ("n", "p"),
    Standard(
        lambda k, n, p: (
            op.gammaln(n + k)
            - op.gammaln(k + 1.0)
            - op.gammaln(n)
            + n * op.log(p)
            + op.xlog1py(k, -p)
        ),
        low=0.0,
        inside=0.0,
        cdf=lambda k, n, p: op.betainc(n, k + 1.0, p),
        sf=lambda k, n, p: op.betaincc(n, k + 1.0, p),
        mean=lambda n, p: n * (1.0 - p) / p,
        var=lambda n, p: n * (1.0 - p) / op.square(p),
        valid=lambda n, p: (n > 0) & (p > 0) & (p <= 1),
    ),
    "The negative binomial distribution: how many trials fail before n events of probability p.",
    lambda rng, n, p, size: rng.negative_binomial(n, p, size),
)
