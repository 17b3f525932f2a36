"""Bessel functions of an order that is a number of a program: formulas of those of order 0 and 1,
which kernels compute.

Those of the second kind, and K, are by the recurrence in the order from 0 and 1 on, K of half
orders in closed form. Those of the first kind, and I, are too where the place is beyond the order;
the recurrence loses digits before, where they are their power series. Start at `first_kind`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ...frontend.tensor import Tensor
from .catalogue import op

Function = Callable[[Any], Any]
#: Up to here formulas are used.
MOST, MOST_MODIFIED = 6, 4


def _whole(v: Any, x: Any, most: int) -> int | None:
    """The order, if it is one that there is a formula for."""
    if not isinstance(v, (int, float)) or not isinstance(x, Tensor) or x.dtype.kind != "f":
        return None
    return int(v) if abs(v) <= most and v == int(v) else None


def _recurrence(n: int, x: Any, low: Any, high: Any, sign: float) -> Any:
    """The function of order n from those of order 0 and 1: that of k + 1 is 2 k / x times that of
    k, plus or minus that of k - 1."""
    inverse = 2.0 / x
    for k in range(1, n):
        low, high = high, high * (inverse * float(k)) + sign * low
    return low if n == 0 else high


def _series(n: int, x: Any, within: float, sign: float) -> Any:
    """The power series of J (with `sign` -1) or I (1), for places up to `within`."""
    z, term, k = 0.25 * within * within, 1.0, 0
    terms = []
    while abs(term) * z**k > 1e-18:
        terms.append(term)
        k += 1
        term = term * sign / (k * (n + k))
    quarter = 0.25 * op.square(x)
    out: Any = terms[-1]
    for term in terms[-2::-1]:
        out = out * quarter + term
    half = 0.5 * x
    for k in range(1, n + 1):
        out = out * (half * (1.0 / k))
    return out


def _mirrored(value: Any, v: float, n: int) -> Any:
    """That of order -n, where it is not the same."""
    return -value if v < 0 and n % 2 else value


def first_kind(zero: Function, one: Function) -> Callable[[Any, Any], Any]:
    """J of an order, from those of order 0 and 1."""

    def formula(v: Any, x: Any) -> Any:
        order = _whole(v, x, MOST)
        if order is None:
            return None
        n = abs(order)
        if n < 2:
            return _mirrored(one(x) if n else zero(x), v, n)
        near = op.absolute(x) < float(n)
        far = op.where(near, float(n), x)
        beyond = _recurrence(n, far, zero(far), one(far), -1.0)
        inside = _series(n, op.where(near, x, 0.0), n, -1.0)
        return _mirrored(op.where(near, inside, beyond), v, n)

    return formula


def modified(zero: Function, one: Function, scaled: bool) -> Callable[[Any, Any], Any]:
    """I of an order, times op.exp(-abs(x)) if `scaled`, from those of order 0 and 1 that are
    scaled."""

    def formula(v: Any, x: Any) -> Any:
        order = _whole(v, x, MOST_MODIFIED)
        if order is None or abs(order) < 2:
            return None
        n, within = abs(order), 2.0 * abs(order)
        size = op.absolute(x)
        near = size < within
        far = op.where(near, within, x)
        low, high = zero(far), one(far)
        for k in range(1, n):
            low, high = high, low - high * (2.0 * k / far)
        inside = _series(n, op.where(near, x, 0.0), within, 1.0)
        if scaled:
            return op.where(near, inside * op.exp(-op.where(near, size, 0.0)), high)
        growth = op.exp(0.5 * op.where(near, 0.0, size))
        return op.where(near, inside, high * growth * growth)

    return formula


def second_kind(zero: Function, one: Function) -> Callable[[Any, Any], Any]:
    """Y of an order, from those of order 0 and 1."""

    def formula(v: Any, x: Any) -> Any:
        order = _whole(v, x, MOST)
        if order is None:
            return None
        n = abs(order)
        if n < 2:
            return _mirrored(one(x) if n else zero(x), v, n)
        low, high, inverse = zero(x), one(x), 2.0 / op.absolute(x)
        for k in range(1, n):
            less = op.where(op.equal(low, -math.inf), 0.0, low)  # infinity less infinity, near 0
            low, high = high, high * (inverse * float(k)) - less
        return _mirrored(high, v, n)

    return formula


def modified_second(
    zero: Function, one: Function, scaled: bool, halves: bool = True
) -> Callable[[Any, Any], Any]:
    """K of an order, also of half ones if `halves`, times exp(x) if `scaled`, from those of order 0
    and 1."""

    def formula(v: Any, x: Any) -> Any:
        order = _whole(v, x, MOST)
        if order is not None:
            return _recurrence(abs(order), op.absolute(x), zero(x), one(x), 1.0)
        order = None if not (halves and isinstance(v, float)) else _whole(abs(v) - 0.5, x, MOST)
        if order is None:
            return None
        inverse = 0.5 / op.absolute(x)
        out: Any = float(math.factorial(2 * order) // math.factorial(order))
        for k in range(order - 1, -1, -1):
            ways = math.factorial(order + k) // (math.factorial(k) * math.factorial(order - k))
            out = out * inverse + float(ways)
        out = op.sqrt(op.where(x < 0, math.nan, math.pi * inverse)) * out
        return out if scaled else out * op.exp(-x)

    return formula


#: Name -> ``formula(v, x)``, None where there is none.
FORMULAS = {
    "jv": first_kind(op.j0, op.j1),
    "yv": second_kind(op.y0, op.y1),
    "yn": second_kind(op.y0, op.y1),
    "iv": modified(op.i0e, op.i1e, False),
    "ive": modified(op.i0e, op.i1e, True),
    "kv": modified_second(op.k0, op.k1, False),
    "kn": modified_second(op.k0, op.k1, False, halves=False),
    "kve": modified_second(op.k0e, op.k1e, True),
}
