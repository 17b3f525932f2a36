"""Dual numbers, and NumPy and `math` of them: the oracle of derivatives of functions with loops.

Functions run as they stand, in Python, on `Dual` and on arrays of them. Start at `Dual`.
"""

import math
import types

import numpy as np


class Dual:
    """A number `v` and its derivative `d`."""

    __slots__ = ("v", "d")
    __hash__ = None

    def __init__(self, v, d=0.0):
        self.v, self.d = float(v), float(d)

    @staticmethod
    def of(x):
        return x if isinstance(x, Dual) else Dual(x)

    def __add__(self, y):
        y = Dual.of(y)
        return Dual(self.v + y.v, self.d + y.d)

    __radd__ = __add__

    def __sub__(self, y):
        y = Dual.of(y)
        return Dual(self.v - y.v, self.d - y.d)

    def __rsub__(self, y):
        return Dual.of(y) - self

    def __mul__(self, y):
        y = Dual.of(y)
        return Dual(self.v * y.v, self.d * y.v + self.v * y.d)

    __rmul__ = __mul__

    def __truediv__(self, y):
        y = Dual.of(y)
        return Dual(self.v / y.v, (self.d - self.v / y.v * y.d) / y.v)

    def __rtruediv__(self, y):
        return Dual.of(y) / self

    def __pow__(self, n):
        return Dual(self.v**n, n * self.v ** (n - 1) * self.d if n else 0.0)

    def __neg__(self):
        return Dual(-self.v, -self.d)

    def __abs__(self):
        return Dual(abs(self.v), self.d * float(np.sign(self.v)))

    def __lt__(self, y):
        return self.v < Dual.of(y).v

    def __gt__(self, y):
        return self.v > Dual.of(y).v

    def __le__(self, y):
        return self.v <= Dual.of(y).v

    def __ge__(self, y):
        return self.v >= Dual.of(y).v

    def __eq__(self, y):
        return self.v == Dual.of(y).v

    def __ne__(self, y):
        return self.v != Dual.of(y).v

    def __float__(self):
        return self.v


def _sqrt(x):
    root = math.sqrt(x.v)
    return Dual(root, 0.5 / root * x.d)


FUNCTIONS = {
    "sin": lambda x: Dual(math.sin(x.v), math.cos(x.v) * x.d),
    "exp": lambda x: Dual(math.exp(x.v), math.exp(x.v) * x.d),
    "tanh": lambda x: Dual(math.tanh(x.v), (1 - math.tanh(x.v) ** 2) * x.d),
    "sqrt": _sqrt,
}


def _mapped(function):
    def mapped(x):
        if not isinstance(x, np.ndarray):
            return function(Dual.of(x))
        return np.array([function(Dual.of(t)) for t in x.ravel()], object).reshape(x.shape)

    return mapped


def smaller(*xs):
    """`min`, of which equal ones share the derivative."""
    if not any(isinstance(x, Dual) for x in xs):
        return min(*xs)
    out = Dual.of(xs[0])
    for x in map(Dual.of, xs[1:]):
        out = out if out.v < x.v else x if x.v < out.v else Dual(out.v, 0.5 * (out.d + x.d))
    return out


def larger(*xs):
    if not any(isinstance(x, Dual) for x in xs):
        return max(*xs)
    return -smaller(*[-Dual.of(x) for x in xs])


def zeros(shape):
    out = np.empty(shape, object)
    for place in np.ndindex(out.shape):
        out[place] = Dual(0)
    return out


def total(x):
    out = Dual(0)
    for t in np.ravel(x):
        out = out + t
    return out


_MAPPED = {name: _mapped(f) for name, f in FUNCTIONS.items()}
#: What programs have as `math`, as `np`, and further names.
MATH = types.SimpleNamespace(**_MAPPED)
NP = types.SimpleNamespace(
    **_MAPPED,
    zeros=zeros,
    empty=zeros,
    sum=total,
    dot=lambda x, y: x @ y,
    zeros_like=lambda x: zeros(x.shape),
    empty_like=lambda x: zeros(x.shape),
)
NAMES = {"math": MATH, "np": NP, "min": smaller, "max": larger}


def of_array(values, directions):
    pairs = zip(np.ravel(values), np.ravel(directions), strict=True)
    return np.array([Dual(v, d) for v, d in pairs], object).reshape(np.shape(values))
