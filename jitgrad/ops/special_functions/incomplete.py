"""Incomplete gamma and beta functions and their inverses, with derivatives of any order in all
operands.

Those in the place are densities. Those in the parameters are operations of their own, computed as
Taylor coefficients (`taylor`), with the order as argument; their derivatives in the place are those
of the density in the parameters, which have a closed form. Start at `gammainc`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...ir import Node, Op
from ..comparison import equal, where
from ..exponential import exp, log, log1p
from ..pointwise import _alike
from ..rows import each_row
from ..statistical import xlog1py, xlogy
from .gammas import betaln, gammaln, pentagamma, polygamma, psi, tetragamma, trigamma
from .table import _floats, special
from .taylor import incomplete_beta, incomplete_gamma

Order = tuple[int, ...]


def _polygamma(k: int, x: Node) -> Node:
    in_kernels = (psi, trigamma, tetragamma, pentagamma)
    return in_kernels[k](x) if k < len(in_kernels) else polygamma(float(k), x)


def _of_exponential(
    density: Node, slope: Callable[[int, Order], Node | float], order: Order
) -> Node:
    """The derivative of a density exp(g) of an order in its parameters: ``slope(k, order)`` is the
    derivative of g of this order, and once more in parameter k."""
    if not any(order):
        return density
    k = next(i for i, n in enumerate(order) if n)
    less = tuple([n - (i == k) for i, n in enumerate(order)])
    out: Any = 0.0
    for part in np.ndindex(*[n + 1 for n in less]):
        ways = math.prod(math.comb(n, m) for n, m in zip(less, part, strict=True))
        rest = tuple([n - m for n, m in zip(less, part, strict=True)])
        out = out + ways * _of_exponential(density, slope, part) * slope(k, rest)
    return out


def _derivative(
    name: str,
    parameters: int,
    numbers: Callable[..., np.ndarray],
    density: Callable[..., Node],
) -> Callable[..., Node]:
    """The operation that is a function's derivative of a given order in its parameters, which come
    before the place; ``density(*operands, order)`` is the derivative in the place."""

    def partials(node: Node) -> tuple[Node, ...]:
        more = [tuple([n + (i == k) for i, n in enumerate(node.arg)]) for k in range(parameters)]
        return (*[made(*node.src, order) for order in more], density(*node.src, node.arg))

    def vjp(g: Node, node: Node) -> list[Node]:
        return [g * p for p in partials(node)]

    def jvp(tangents: Any, node: Node) -> Node | None:
        terms = [t * p for t, p in zip(tangents, partials(node), strict=True) if t is not None]
        return sum(terms[1:], terms[0]) if terms else None

    op = Op(
        name,
        "call",
        lambda *xs, node: numbers(*xs, node.arg).astype(node.dtype),
        vjp=vjp,
        jvp=jvp,
        batch=each_row,
        flops=lambda node: 2000 * node.size,
    )

    def made(*xs: Any) -> Node:
        *operands, order = xs
        loop, out = _floats(tuple([x.dtype if isinstance(x, Node) else type(x) for x in operands]))
        src, shape = _alike(tuple(operands), loop)
        return Node(op, src, order, shape, out)

    return made


# --- gamma ----------------------------------------------------------------------------------------


def _gamma_density(a: Node, x: Node, order: Order = (0,)) -> Node:
    """exp(-x) x ** (a - 1) / gamma(a), and derivatives of it in a."""

    def slope(k: int, rest: Order) -> Node:
        found = _polygamma(rest[0], a)
        return log(safe) - found if rest[0] == 0 else -found

    far = equal(x, math.inf)
    safe = where(far, 1.0, x)
    value = _of_exponential(exp(xlogy(a - 1.0, safe) - safe - gammaln(a)), slope, order)
    return where(far, 0.0, value)


gammainc_a = _derivative(
    "gammainc_a", 1, lambda a, x, order: incomplete_gamma(a, x, order[0]), _gamma_density
)
SHAPE = ("a", "x")
ON = ((0.5, 4), (0.3, 5))
gammainc = special(
    "gammainc",
    lambda a, x, out: (gammainc_a(a, x, (1,)), _gamma_density(a, x)),
    "The regularised lower incomplete gamma function.",
    args=SHAPE,
    on=ON,
)
gammaincc = special(
    "gammaincc",
    lambda a, x, out: (-gammainc_a(a, x, (1,)), -_gamma_density(a, x)),
    "The regularised upper incomplete gamma function.",
    args=SHAPE,
    on=ON,
)


def _gamma_inverse(a: Node, out: Node, sign: float) -> tuple[Node, Node]:
    inverse = 1.0 / _gamma_density(a, out)
    return -gammainc_a(a, out, (1,)) * inverse, sign * inverse


gammaincinv = special(
    "gammaincinv",
    lambda a, y, out: _gamma_inverse(a, out, 1.0),
    "The inverse of `gammainc` in its second operand.",
    args=("a", "y"),
    on=((0.5, 4), (0.1, 0.9)),
)
gammainccinv = special(
    "gammainccinv",
    lambda a, y, out: _gamma_inverse(a, out, -1.0),
    "The inverse of `gammaincc` in its second operand.",
    args=("a", "y"),
    on=((0.5, 4), (0.1, 0.9)),
)

# --- beta -----------------------------------------------------------------------------------------


def _beta_density(a: Node, b: Node, x: Node, order: Order = (0, 0)) -> Node:
    """x ** (a - 1) (1 - x) ** (b - 1) / beta(a, b), and derivatives of it in a and b."""

    def slope(k: int, rest: Order) -> Node:
        n = sum(rest)
        out = _polygamma(n, a + b)
        if rest[1 - k] == 0:
            out = out - _polygamma(n, b if k else a)
        return out if n else out + (log1p(-x) if k else log(x))

    value = exp(xlogy(a - 1.0, x) + xlog1py(b - 1.0, -x) - betaln(a, b))
    return _of_exponential(value, slope, order)


betainc_ab = _derivative("betainc_ab", 2, incomplete_beta, _beta_density)


def _beta_slopes(a: Node, b: Node, x: Node) -> tuple[Node, Node, Node]:
    return betainc_ab(a, b, x, (1, 0)), betainc_ab(a, b, x, (0, 1)), _beta_density(a, b, x)


def _beta_inverse(a: Node, b: Node, out: Node, sign: float) -> tuple[Node, Node, Node]:
    by_a, by_b, density = _beta_slopes(a, b, out)
    inverse = 1.0 / density
    return -by_a * inverse, -by_b * inverse, sign * inverse


PAIR, ON_PAIR = ("a", "b", "x"), ((0.5, 4), (0.5, 4), (0.1, 0.9))
betainc = special(
    "betainc",
    lambda a, b, x, out: _beta_slopes(a, b, x),
    "The regularised incomplete beta function.",
    args=PAIR,
    on=ON_PAIR,
)
betaincc = special(
    "betaincc",
    lambda a, b, x, out: tuple([-p for p in _beta_slopes(a, b, x)]),
    "The complement of `betainc`.",
    args=PAIR,
    on=ON_PAIR,
)
betaincinv = special(
    "betaincinv",
    lambda a, b, y, out: _beta_inverse(a, b, out, 1.0),
    "The inverse of `betainc` in its last operand.",
    args=("a", "b", "y"),
    on=ON_PAIR,
)
betainccinv = special(
    "betainccinv",
    lambda a, b, y, out: _beta_inverse(a, b, out, -1.0),
    "The inverse of `betaincc` in its last operand.",
    args=("a", "b", "y"),
    on=ON_PAIR,
)
