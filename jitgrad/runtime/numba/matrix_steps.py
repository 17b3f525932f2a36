"""The steps that algorithms on small matrices consist of, in plain Python: on numbers, and on
arrays of a number for each of several matrices, as `lane_values` compiles them. Start anywhere."""

import numpy as np

__all__ = [
    "conjugate_of",
    "has_none_above",
    "has_zero",
    "if_equal",
    "if_larger",
    "less_product",
    "log_of",
    "magnitude",
    "over",
    "plus",
    "real_of",
    "root",
    "sign_of",
    "size_of",
    "times",
]


def less_product(a, b, c):
    """a - b * c, rounded once where it is compiled."""
    return a - b * c


def plus(a, b):
    return a + b


def times(a, b):
    return a * b


def over(a, b):
    with np.errstate(all="ignore"):
        return np.divide(a, b)


def root(a):
    """The square root; nan of negative numbers."""
    with np.errstate(all="ignore"):
        return np.sqrt(a)


def log_of(a):
    """The logarithm; -inf of 0."""
    with np.errstate(all="ignore"):
        return np.log(a)


def magnitude(a):
    """What pivots are chosen by: of complex numbers the sum of the magnitudes of parts, as in
    LAPACK."""
    return abs(a.real) + abs(a.imag) if np.iscomplexobj(a) else abs(a)


def size_of(a):
    return abs(a)


def real_of(a):
    return a.real


def conjugate_of(a):
    return np.conjugate(a)


def sign_of(a):
    """-1, 0 or 1; of complex numbers those of size_of 1 in the same direction."""
    return np.sign(a)


def if_larger(a, b, x, y):
    """`x` where a > b, else `y`."""
    return np.where(a > b, x, y)


def if_equal(a, b, x, y):
    """`x` where a is b, else `y`."""
    return np.where(a == b, x, y)


def has_zero(a):
    """Whether a lane is 0."""
    return bool(np.any(a == 0))


def has_none_above(a, b):
    """Whether a lane is not above `b`: nan is not, either."""
    return not np.all(a > b)
