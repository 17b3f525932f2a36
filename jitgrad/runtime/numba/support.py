"""Functions that kernels call: NumPy's meaning of operations whose plain Python form differs.

They are written in plain Python, so that a kernel's source can be run and stepped without
compiling; `lowering` tells numba how each is compiled. A kernel imports all of them. Start
anywhere.
"""

import numpy as np

from . import vmath
from .vmath import *
from .vmath.core import fma

__all__ = [
    *vmath.__all__,
    "falling",
    "fast_add",
    "fast_mul",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "isfinite",
    "maximum",
    "minimum",
    "is_extreme",
    "is_tiny",
    "power",
    "quotient",
    "reciprocal",
    "remainder",
    "rising",
    "round_even",
    "sign",
]


def fast_add(a, b):
    """a + b in an accumulator: the compiler may reorder the sum."""
    return a + b


def fast_mul(a, b):
    """a * b in an accumulator: the compiler may reorder the product."""
    return a * b


def reciprocal(b):
    """1 / b."""
    return 1 / b


def quotient(a, b, inverse):
    """a / b from the inverse of b: its remainder is added back.

    Correctly rounded but for the rarest of operands, where neither of them `is_tiny`; for a tiny a
    within 2 ulp.

    Source: P. Markstein, Computation of elementary functions on the IBM RISC System/6000 processor
    (1990), theorem 8."""
    out = a * inverse
    rest = fma(-out, b, a)
    return fma(rest, inverse, out) if rest + rest < rest or rest + rest > rest else out


def is_tiny(b):
    """Whether remainders of a division by b, or its inverse, may be out of range though the
    quotient is not."""
    kind = np.finfo(type(b))
    return bool(0 < abs(b) < kind.tiny / kind.eps)


def is_extreme(q):
    """Whether a sum of squares may have overflowed, or lost what underflowed."""
    kind = np.finfo(type(q))
    return bool(q < kind.tiny / kind.eps or q == np.inf)


def maximum(a, b):
    """The greater; nan where either is nan."""
    return a if (a > b or a != a) else b


def minimum(a, b):
    """The smaller; nan where either is nan."""
    return a if (a < b or a != a) else b


def fmax(a, b):
    """The greater; the other one where one is nan."""
    return a if (a >= b or b != b) else b


def fmin(a, b):
    """The smaller; the other one where one is nan."""
    return a if (a <= b or b != b) else b


def rising(p, n):
    """How many turns until a position that rises by one each turn enters or leaves [0, n); many if
    it will not."""
    return -p if p < 0 else n - p if p < n else 1 << 62


def falling(p, n):
    """As `rising`, for a position that falls by one each turn."""
    return p - n + 1 if p >= n else p + 1 if p >= 0 else 1 << 62


def sign(x):
    """-1, 0 or 1 in the type of x; nan stays nan."""
    return x * 0 + 1 if x > 0 else x * 0 - 1 if x < 0 else x * x


def isfinite(x):
    """Whether x is neither infinite nor nan."""
    return x - x == 0


def floor_divide(a, b):
    """NumPy's a // b: 0 for integers where b is 0; for floats exact where a - b*q rounds."""
    return np.floor_divide(a, b)


def remainder(a, b):
    """NumPy's a % b: the sign of b; 0 for integers where b is 0."""
    return np.remainder(a, b)


def fmod(a, b):
    """C's remainder: the sign of a; 0 for integers where b is 0."""
    return np.fmod(a, b)


def power(a, b):
    """a ** b in the type of a: for floats as C's pow; integers wrap around, and 1 / a ** -b is
    truncated for b < 0."""
    if isinstance(a, (float, np.floating)) or b >= 0:
        return vmath.power(a, b)
    return (
        a * 0 if a != 1 and a + 1 != 0 else a if b & 1 else a * a
    )  # a * a is 1 for other integers, too: it wraps around


def round_even(x):
    """The nearest whole number, halves to even, as a float."""
    return np.rint(x)
