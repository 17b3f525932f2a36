"""Hypergeometric functions, those of Lambert and Wright, and orthogonal polynomials at a place.

Their parameters are fixed: no formula is known for the derivatives in them. Start at `hyp2f1`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...ir import Node
from ..arithmetic import absolute
from ..comparison import equal, where
from .table import SCIPY, special

PLACE = (-0.8, 0.8)


def _with_parameters(
    name: str,
    parameters: tuple[str, ...],
    slope: Callable[..., Node],
    doc: str,
    on: tuple[float, float] = PLACE,
    last: str = "z",
) -> Any:
    """A function of parameters and a place; ``slope(*parameters, place)`` is the derivative in
    that."""
    return special(
        name,
        lambda *xs: (*(0,) * len(parameters), slope(*xs[:-1])),
        doc,
        fixed=dict(enumerate(parameters)),
        args=(*parameters, last),
        on=(*((0.5, 2),) * len(parameters), on),
    )


hyp0f1 = _with_parameters(
    "hyp0f1",
    ("v",),
    lambda v, z: hyp0f1(v + 1.0, z) / v,
    "The confluent hypergeometric limit function 0F1.",
)
hyp1f1 = _with_parameters(
    "hyp1f1",
    ("a", "b"),
    lambda a, b, z: a / b * hyp1f1(a + 1.0, b + 1.0, z),
    "The confluent hypergeometric function 1F1.",
    last="x",
)
hyp2f1 = _with_parameters(
    "hyp2f1",
    ("a", "b", "c"),
    lambda a, b, c, z: a * b / c * hyp2f1(a + 1.0, b + 1.0, c + 1.0, z),
    "The hypergeometric function 2F1 of Gauss.",
)
hyperu = _with_parameters(
    "hyperu",
    ("a", "b"),
    lambda a, b, z: -a * hyperu(a + 1.0, b + 1.0, z),
    "The confluent hypergeometric function U.",
    on=(0.5, 3),
    last="x",
)
wright_bessel = _with_parameters(
    "wright_bessel",
    ("a", "b"),
    lambda a, b, z: wright_bessel(a, a + b, z),
    "Wright's generalised Bessel function.",
    on=(0.5, 3),
    last="x",
)


wrightomega = special(
    "wrightomega",
    lambda x, out: out / (1.0 + out),
    "Wright's omega function, W(exp(x)).",
    fused=True,
)
_exprel_slope = special(
    "_exprel_slope",
    lambda x, out: hyp1f1(3.0, 4.0, x) / 3.0,
    "The derivative of `exprel`.",
    function=lambda x: 0.5 * SCIPY.hyp1f1(2.0, 3.0, x),
    operands=1,
    fused=True,
    code="exprel_slope({0})",
)
exprel = special(
    "exprel",
    lambda x, out: _exprel_slope(x),
    "(exp(x) - 1) / x, 1 at 0.",
    slope="d/dx = (exp(x) - out) / x, 0.5 at 0.",
    fused=True,
)

# --- orthogonal polynomials -----------------------------------------------------------------------


def _polynomial(
    name: str,
    parameters: tuple[str, ...],
    slope: Callable[..., Node],
    doc: str,
    mirrored: Callable[[Any], Any] = lambda n: n,
) -> Any:
    """A polynomial of degree n, or the function that SciPy has for a degree that is no whole
    number: ``slope(below, n, *parameters, x)`` is the derivative of one of a degree other than 0,
    where `below` is n - 1. `mirrored` is the degree, at least where it is negative, whose function
    is the same."""

    def partials(*xs: Any) -> tuple:
        n, *rest = xs[:-1]
        n = mirrored(n)
        none = equal(n, 0)
        found = slope(where(none, 1, n) - 1, n, *rest)
        return (*(0,) * len(rest), where(none, 0.0, found))

    return special(
        name,
        partials,
        doc,
        fixed=dict(enumerate(("n", *parameters))),
        args=("n", *parameters, "x"),
        sample=lambda rng, shapes: [
            rng.integers(0, 5, shapes[0]),
            *[rng.uniform(0.5, 2, shape) for shape in shapes[1:-1]],
            rng.uniform(-0.8, 0.8, shapes[-1]),
        ],
    )


eval_jacobi = _polynomial(
    "eval_jacobi",
    ("alpha", "beta"),
    lambda k, n, a, b, x: 0.5 * (n + a + b + 1.0) * eval_jacobi(k, a + 1.0, b + 1.0, x),
    "Jacobi polynomials.",
)
eval_legendre = _polynomial(
    "eval_legendre",
    (),
    lambda k, n, x: 0.5 * (n + 1.0) * eval_jacobi(k, 1.0, 1.0, x),
    "Legendre polynomials.",
    mirrored=lambda n: where(n < 0, -1 - n, n),
)
eval_gegenbauer = _polynomial(
    "eval_gegenbauer",
    ("alpha",),
    lambda k, n, a, x: 2.0 * a * eval_gegenbauer(k, a + 1.0, x),
    "Gegenbauer polynomials.",
)
eval_chebyt = _polynomial(
    "eval_chebyt",
    (),
    lambda k, n, x: n * eval_chebyu(k, x),
    "Chebyshev polynomials of the first kind.",
    mirrored=absolute,
)
eval_chebyu = _polynomial(
    "eval_chebyu",
    (),
    lambda k, n, x: (  # U of -2 - n is that of n, negated, and that of -1 is 0
        where(equal(n, -1), 0.0, where(n < -1, -2.0, 2.0))
        * eval_gegenbauer(where(equal(n, -1), 0, where(n < -1, -4 - k, k)), 2.0, x)
    ),
    "Chebyshev polynomials of the second kind.",
)
eval_laguerre = _polynomial(
    "eval_laguerre", (), lambda k, n, x: -eval_genlaguerre(k, 1.0, x), "Laguerre polynomials."
)
eval_genlaguerre = _polynomial(
    "eval_genlaguerre",
    ("alpha",),
    lambda k, n, a, x: -eval_genlaguerre(k, a + 1.0, x),
    "Generalised Laguerre polynomials.",
)
eval_hermite = _polynomial(
    "eval_hermite",
    (),
    lambda k, n, x: 2.0 * n * eval_hermite(k, x),
    "Hermite polynomials, as in physics.",
)
eval_hermitenorm = _polynomial(
    "eval_hermitenorm",
    (),
    lambda k, n, x: n * eval_hermitenorm(k, x),
    "Hermite polynomials, as in probability.",
)
