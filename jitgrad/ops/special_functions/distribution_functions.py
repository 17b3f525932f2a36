"""Distribution functions by the names of Cephes: of the chi-square, F, gamma, Student's, binomial,
negative binomial and Poisson distribution.

Values are SciPy's; derivatives are those of the incomplete gamma and beta functions by the chain
rule. A number of events counts as the largest whole number not above it, so its derivative is 0.
Start at `chdtr`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...ir import Node
from ..arithmetic import sign, square
from ..exponential import exp, log, log1p
from ..rounding import floor, trunc
from .gammas import gammaln
from .incomplete import _beta_density, _gamma_density, betainc_ab, gammainc_a
from .table import special


def _chi(name: str, factor: float, doc: str) -> Any:
    def partials(v: Node, x: Node, out: Node) -> tuple[Node, Node]:
        a, place = 0.5 * v, 0.5 * x
        return factor * gammainc_a(a, place, (1,)), factor * _gamma_density(a, place)

    return special(name, partials, doc, args=("v", "x"), on=((0.5, 4), (0.3, 5)))


chdtr = _chi("chdtr", 0.5, "The distribution function of the chi-square distribution.")
chdtrc = _chi("chdtrc", -0.5, "The survival function of the chi-square distribution.")


def _chi_inverse(v: Node, p: Node, out: Node) -> tuple[Node, Node]:
    a, place = 0.5 * v, 0.5 * out
    inverse = 1.0 / _gamma_density(a, place)
    return gammainc_a(a, place, (1,)) * -inverse, -2.0 * inverse


chdtri = special(
    "chdtri",
    _chi_inverse,
    "The inverse of `chdtrc` in its second operand.",
    args=("v", "p"),
    on=((0.5, 4), (0.1, 0.9)),
)


def _gamma(name: str, factor: float, doc: str) -> Any:
    def partials(a: Node, b: Node, x: Node, out: Node) -> tuple[Node, Node, Node]:
        place = a * x
        density = factor * _gamma_density(b, place)
        return density * x, factor * gammainc_a(b, place, (1,)), density * a

    return special(name, partials, doc, args=("a", "b", "x"), on=((0.5, 2), (0.5, 4), (0.3, 3)))


gdtr = _gamma("gdtr", 1.0, "The distribution function of the gamma distribution.")
gdtrc = _gamma("gdtrc", -1.0, "The survival function of the gamma distribution.")


def _ratio(name: str, factor: float, doc: str) -> Any:
    def partials(n: Node, d: Node, x: Node, out: Node) -> tuple[Node, Node, Node]:
        whole = d + n * x
        a, b, place = 0.5 * n, 0.5 * d, n * x / whole
        density = factor * _beta_density(a, b, place) / square(whole)
        by_n = 0.5 * factor * betainc_ab(a, b, place, (1, 0)) + density * d * x
        by_d = 0.5 * factor * betainc_ab(a, b, place, (0, 1)) - density * n * x
        return by_n, by_d, density * n * d

    return special(name, partials, doc, args=("dfn", "dfd", "x"), on=((1, 5), (1, 5), (0.3, 3)))


fdtr = _ratio("fdtr", 1.0, "The distribution function of the F distribution.")
fdtrc = _ratio("fdtrc", -1.0, "The survival function of the F distribution.")

# --- Student's distribution -----------------------------------------------------------------------


def _student_density(df: Node, t: Node) -> Node:
    half = 0.5 * df
    scale = gammaln(half + 0.5) - gammaln(half) - 0.5 * log(math.pi * df)
    return exp(scale - (half + 0.5) * log1p(square(t) / df))


def _student_slopes(df: Node, t: Node) -> tuple[Node, Node]:
    density, place = _student_density(df, t), df / (df + square(t))
    by_df = -0.25 * sign(t) * betainc_ab(0.5 * df, 0.5, place, (1, 0)) - 0.5 * t * density / df
    return by_df, density


def _student_inverse(df: Node, out: Node) -> tuple[Node, Node]:
    by_df, density = _student_slopes(df, out)
    return -by_df / density, 1.0 / density


stdtr = special(
    "stdtr",
    lambda df, t, out: _student_slopes(df, t),
    "The distribution function of Student's t distribution.",
    args=("df", "t"),
    on=((1, 5), (0.2, 2)),
)
stdtrit = special(
    "stdtrit",
    lambda df, p, out: _student_inverse(df, out),
    "The inverse of `stdtr` in its second operand.",
    args=("df", "p"),
    on=((1, 5), (0.6, 0.9)),
)

# --- numbers of events ----------------------------------------------------------------------------


def _events(
    name: str, slope: Callable[..., Node], doc: str, args: tuple[str, ...], sample: Any
) -> Any:
    """A function of numbers of events and, last, of a rate or probability."""
    return special(
        name,
        lambda k, *rest: (*(0,) * (len(args) - 1), slope(floor(k), *rest[:-1])),
        doc,
        fixed={1: "n"} if len(args) == 3 else None,
        args=args,
        sample=sample,
    )


def _rates(rng: np.random.Generator, shapes: Any) -> list[np.ndarray]:
    return [rng.uniform(0.2, 3.8, shapes[0]), rng.uniform(0.5, 4, shapes[1])]


def _trials(rng: np.random.Generator, shapes: Any) -> list[np.ndarray]:
    k, n = rng.integers(0, 4, shapes[0]), np.full(shapes[1], 5)
    return [k, n, rng.uniform(0.2, 0.8, shapes[2])]


RATE, TRIALS = ("k", "m"), ("k", "n", "p")
pdtr = _events(
    "pdtr",
    lambda k, m: -_gamma_density(k + 1.0, m),
    "The distribution function of the Poisson distribution.",
    RATE,
    _rates,
)
pdtrc = _events(
    "pdtrc",
    lambda k, m: _gamma_density(k + 1.0, m),
    "The survival function of the Poisson distribution.",
    RATE,
    _rates,
)
bdtr = _events(
    "bdtr",
    lambda k, n, p: -_beta_density(k + 1.0, trunc(n) - k, p),
    "The distribution function of the binomial distribution.",
    TRIALS,
    _trials,
)
bdtrc = _events(
    "bdtrc",
    lambda k, n, p: _beta_density(k + 1.0, trunc(n) - k, p),
    "The survival function of the binomial distribution.",
    TRIALS,
    _trials,
)
nbdtr = _events(
    "nbdtr",
    lambda k, n, p: _beta_density(trunc(n), k + 1.0, p),
    "The distribution function of the negative binomial distribution.",
    TRIALS,
    _trials,
)
nbdtrc = _events(
    "nbdtrc",
    lambda k, n, p: -_beta_density(trunc(n), k + 1.0, p),
    "The survival function of the negative binomial distribution.",
    TRIALS,
    _trials,
)
