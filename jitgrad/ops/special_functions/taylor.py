"""Taylor polynomials of two variables, as arrays of coefficients: derivatives of any order of what
is computed by sums, products and quotients.

`Taylor` has the coefficients of one function for many places at once; its operators are those of
truncated polynomials. Start at `incomplete_gamma` and `incomplete_beta`, which are sums of series
and continued fractions whose operands are such polynomials.

Sources: W. Gautschi, "A computational procedure for incomplete gamma functions", 1979 (where the
series and where the continued fraction is used); W. J. Lentz, 1976, in the form of I. J. Thompson
and A. R. Barnett, 1986 (how continued fractions are evaluated).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .table import SCIPY

#: Places that are computed together: their coefficients stay in the cache.
BLOCK = 4096
#: Terms after which a sum that has not settled is left: those of parameters about 1e8.
MOST = 100_000
TINY = 1e-300
#: The Bernoulli numbers of even index, from the second on.
BERNOULLI = SCIPY.bernoulli(18)[2::2]


class Taylor:
    """``c[i][j]`` is the coefficient of ``s ** i * t ** j``, an array, or a number for all."""

    __slots__ = ("c",)

    def __init__(self, c: list[list[Any]]) -> None:
        self.c = c

    @classmethod
    def variable(cls, x: Any, order: tuple[int, int], by: tuple[float, float]) -> Taylor:
        """x + by[0] * s + by[1] * t."""
        c = [[0.0] * (order[1] + 1) for _ in range(order[0] + 1)]
        c[0][0] = x
        if order[0]:
            c[1][0] = by[0]
        if order[1]:
            c[0][1] = by[1]
        return cls(c)

    def _places(self) -> Any:
        return ((i, j) for i in range(len(self.c)) for j in range(len(self.c[0])))

    def _made(self, f: Callable[[int, int], Any]) -> Taylor:
        return Taylor([[f(i, j) for j in range(len(self.c[0]))] for i in range(len(self.c))])

    def __add__(self, other: Any) -> Taylor:
        if isinstance(other, Taylor):
            return self._made(lambda i, j: self.c[i][j] + other.c[i][j])
        return self._made(lambda i, j: self.c[i][j] + other if i == j == 0 else self.c[i][j])

    __radd__ = __add__

    def __neg__(self) -> Taylor:
        return self._made(lambda i, j: -self.c[i][j])

    def __sub__(self, other: Any) -> Taylor:
        return self + -other

    def __mul__(self, other: Any) -> Taylor:
        if not isinstance(other, Taylor):
            return self._made(lambda i, j: self.c[i][j] * other)
        return self._made(
            lambda i, j: sum(
                self.c[k][m] * other.c[i - k][j - m] for k in range(i + 1) for m in range(j + 1)
            )
        )

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Taylor:
        if not isinstance(other, Taylor):
            return self * (1.0 / other)
        inverse = 1.0 / other.c[0][0]
        out = self._made(lambda i, j: None)
        for i, j in self._places():
            rest = self.c[i][j] - sum(
                other.c[k][m] * out.c[i - k][j - m]
                for k in range(i + 1)
                for m in range(j + 1)
                if k or m
            )
            out.c[i][j] = rest * inverse
        return out

    def exp(self) -> Taylor:
        out = self._made(lambda i, j: None)
        out.c[0][0] = np.exp(self.c[0][0])
        for i, j in self._places():
            if i:
                out.c[i][j] = (
                    sum(
                        k * self.c[k][m] * out.c[i - k][j - m]
                        for k in range(1, i + 1)
                        for m in range(j + 1)
                    )
                    / i
                )
            elif j:
                out.c[i][j] = sum(m * self.c[0][m] * out.c[0][j - m] for m in range(1, j + 1)) / j
        return out

    def within(self, other: Taylor) -> bool:
        """Whether all coefficients are nothing beside those of `other`."""
        return all(
            np.all(np.abs(self.c[i][j]) <= 1e-17 * np.abs(other.c[i][j]) + TINY)
            for i, j in self._places()
        )

    def is_one(self) -> bool:
        """Whether it is 1, to the last digits."""
        return all(np.all(np.abs(self.c[i][j] - (i == j == 0)) <= 2e-16) for i, j in self._places())


def in_blocks(function: Callable[..., Any], *xs: np.ndarray) -> np.ndarray:
    """``function(*xs)`` of float64 arrays of one shape, block by block."""
    flat = [np.ascontiguousarray(x, np.float64).reshape(-1) for x in xs]
    out = np.empty(flat[0].size)
    with np.errstate(all="ignore"):
        for begin in range(0, out.size, BLOCK):
            part = slice(begin, begin + BLOCK)
            out[part] = function(*[x[part] for x in flat])
    return out.reshape(np.shape(xs[0]))


def chosen(
    which: np.ndarray, yes: Callable[..., Any], no: Callable[..., Any], *xs: Any
) -> np.ndarray:
    """`yes` of the places where `which` is, `no` of the others."""
    out = np.empty(which.shape)
    for function, mask in ((yes, which), (no, ~which)):
        if mask.any():
            out[mask] = function(*[x[mask] for x in xs])
    return out


# --- the incomplete gamma function ----------------------------------------------------------------


def _stirling_rest(a: np.ndarray) -> np.ndarray:
    """What gammaln(a) is beyond (a - 1/2) log(a) - a + log(2 pi) / 2, for a of at least 10."""
    inverse = 1.0 / a
    square = inverse * inverse
    out = np.zeros_like(a)
    for k in range(9, 0, -1):
        out = out * square + BERNOULLI[k - 1] / (2 * k * (2 * k - 1))
    return out * inverse


def _gamma_weight(a: np.ndarray, x: np.ndarray, n: int) -> Taylor:
    """x ** a * exp(-x) / gamma(a + 1) as a function of a."""
    large, log = np.maximum(a, 10.0), np.log(x)
    off = (x - large) / large
    # of large a, whose terms would cancel: Stirling's series
    by_series = (
        large * (np.log1p(off) - off) - 0.5 * np.log(2 * math.pi * large) - _stirling_rest(large)
    )
    first = np.where(a > 10, by_series, a * log - x - SCIPY.gammaln(a + 1.0))
    c = [first, log - SCIPY.psi(a + 1.0)]
    c += [-SCIPY.polygamma(k - 1, a + 1.0) / math.factorial(k) for k in range(2, n + 1)]
    return Taylor([[v] for v in c[: n + 1]]).exp()


def _by_series(a: np.ndarray, x: np.ndarray, n: int) -> np.ndarray:
    """Derivative number n in a of the lower incomplete gamma function, by its series."""
    place = Taylor.variable(a, (n, 0), (1.0, 0.0))
    term = total = Taylor.variable(np.ones_like(a), (n, 0), (0.0, 0.0))
    for k in range(1, MOST):
        term = term * x / (place + float(k))
        total = total + term
        if term.within(total):
            break
    return (_gamma_weight(a, x, n) * total).c[n][0] * math.factorial(n)


def _by_fraction(a: np.ndarray, x: np.ndarray, n: int) -> np.ndarray:
    """The same by the continued fraction of the upper one."""
    place = Taylor.variable(a, (n, 0), (1.0, 0.0))
    b = x + 1.0 - a
    b = Taylor.variable(b, (n, 0), (-1.0, 0.0))
    one = Taylor.variable(np.ones_like(a), (n, 0), (0.0, 0.0))
    c, d = one * (1.0 / TINY), one / b
    total = d
    for k in range(1, MOST):
        numerator = (place - float(k)) * float(k)
        b = b + 2.0
        d = one / (numerator * d + b)
        c = b + numerator / c
        step = c * d
        total = total * step
        if step.is_one():
            break
    return -(_gamma_weight(a, x, n) * place * total).c[n][0] * math.factorial(n)


def incomplete_gamma(a: np.ndarray, x: np.ndarray, n: int) -> np.ndarray:
    """Derivative number `n`, at least the first, of `scipy.special.gammainc` in a."""

    def block(a: np.ndarray, x: np.ndarray) -> np.ndarray:
        inside = (a >= 0) & (x > 0) & (x < math.inf) & (a < math.inf)
        safe_a, safe_x = np.where(inside, a, 1.0), np.where(inside, x, 1.0)
        out = chosen(
            safe_x <= safe_a + 1.0,
            lambda a, x: _by_series(a, x, n),
            lambda a, x: _by_fraction(a, x, n),
            safe_a,
            safe_x,
        )
        edge = np.where((a < 0) | (x < 0) | np.isnan(a) | np.isnan(x), math.nan, 0.0)
        return np.where(inside, out, edge)

    return in_blocks(block, a, x)


# --- the incomplete beta function -----------------------------------------------------------------


def _beta_weight(a: np.ndarray, b: np.ndarray, x: np.ndarray, order: tuple[int, int]) -> Taylor:
    """x ** a * (1 - x) ** b / beta(a, b) as a function of a and b."""
    both = a + b

    def coefficient(i: int, j: int) -> Any:
        k = i + j
        if k == 0:
            return a * np.log(x) + b * np.log1p(-x) - SCIPY.betaln(a, b)
        polygamma = SCIPY.psi if k == 1 else lambda v: SCIPY.polygamma(k - 1, v)
        out = polygamma(both)
        if not j:
            out = out - polygamma(a)
        if not i:
            out = out - polygamma(b)
        if k == 1:
            out = out + (np.log(x) if i else np.log1p(-x))
        return out / (math.factorial(i) * math.factorial(j))

    return Taylor(
        [[coefficient(i, j) for j in range(order[1] + 1)] for i in range(order[0] + 1)]
    ).exp()


def _beta_fraction(
    a: np.ndarray, b: np.ndarray, x: np.ndarray, order: tuple[int, int]
) -> np.ndarray:
    """A derivative of the incomplete beta function, by its continued fraction."""
    p = Taylor.variable(a, order, (1.0, 0.0))
    q = Taylor.variable(b, order, (0.0, 1.0))
    both = p + q
    one = Taylor.variable(np.ones_like(a), order, (0.0, 0.0))
    c, d = one, one / (one - both * x / (p + 1.0))
    total = d
    for k in range(1, MOST):
        m = float(k)
        even = (q - m) * (m * x) / ((p + (2 * m - 1)) * (p + 2 * m))
        odd = -(p + m) * (both + m) * x / ((p + 2 * m) * (p + (2 * m + 1)))
        for numerator in (even, odd):
            d = one / (one + numerator * d)
            c = one + numerator / c
            step = c * d
            total = total * step
        if step.is_one():
            break
    found = _beta_weight(a, b, x, order) * total / p
    return found.c[order[0]][order[1]] * math.factorial(order[0]) * math.factorial(order[1])


def incomplete_beta(
    a: np.ndarray, b: np.ndarray, x: np.ndarray, order: tuple[int, int]
) -> np.ndarray:
    """The derivative of `scipy.special.betainc` of `order` in a and b, at least of the first."""

    def block(a: np.ndarray, b: np.ndarray, x: np.ndarray) -> np.ndarray:
        inside = (a > 0) & (b > 0) & (x > 0) & (x < 1) & (a < math.inf) & (b < math.inf)
        a1, b1, x1 = (np.where(inside, v, w) for v, w in ((a, 1.0), (b, 1.0), (x, 0.5)))
        out = chosen(
            x1 <= (a1 + 1.0) / (a1 + b1 + 2.0),
            lambda a, b, x: _beta_fraction(a, b, x, order),
            lambda a, b, x: -_beta_fraction(b, a, 1.0 - x, order[::-1]),
            a1,
            b1,
            x1,
        )
        nowhere = ~((a > 0) & (b > 0) & (x >= 0) & (x <= 1))
        return np.where(inside, out, np.where(nowhere, math.nan, 0.0))

    return in_blocks(block, a, b, x)
