"""Functions of `support` that are several steps, in the Python that kernels are written in, and
which of them serves operands of which kinds. Start at `LONGER`."""

import math

import numpy as np

from ..numba import support, vmath
from .kinds import Number, plain
from .operations import common
from .support_code import _frem as frem

# ----- of floats


def floored_quotient(a, b):
    if b == 0:
        return a / b
    mod = frem(a, b)
    div = (a - mod) / b
    if mod != 0 and (b < 0) != (mod < 0):
        div -= 1
    if div != 0:
        low = np.floor(div)
        return low + 1 if div - low > 0.5 else low
    return math.copysign(div * 0, a / b)


def floored_rest(a, b):
    mod = frem(a, b)
    if mod != 0:
        return mod + b if (b < 0) != (mod < 0) else mod
    return math.copysign(mod, b)


def rest(a, b):
    return frem(a, b)


def real_power(a, b):
    return vmath.power(a, b)


# ----- of integers


def signed_quotient(a, b):  # the least integer over -1 wraps around
    return a - a if b == 0 else -a if b == -1 else a // b


def unsigned_quotient(a, b):  # a * 0 would make a float of uint64
    return a - a if b == 0 else a // b


def whole_floored_rest(a, b):
    return a - a if b == 0 else a % b


def whole_rest(a, b):
    if b == 0:
        return a - a
    rest = a % b
    return rest - b if rest != 0 and (a < 0) != (b < 0) else rest


def _numbers(kinds):
    return len(kinds) == 2 and all(isinstance(plain(k), Number) for k in kinds)


def _by_kind(real, signed, unsigned):
    def chosen(*kinds):
        if not _numbers(kinds):
            return None
        kinds = tuple(map(plain, kinds))
        if any(k.is_float for k in kinds):
            return real, kinds
        return (signed if all(k.signed for k in kinds) else unsigned), kinds

    return chosen


def _power(*kinds):
    if not _numbers(kinds) or not common(kinds).is_float:
        return None  # of integers: numba's
    return real_power, tuple(map(plain, kinds))


#: A function -> what chooses (the function that serves, kinds of its operands) for kinds.
LONGER = {
    support.floor_divide: _by_kind(floored_quotient, signed_quotient, unsigned_quotient),
    support.remainder: _by_kind(floored_rest, whole_floored_rest, whole_floored_rest),
    support.fmod: _by_kind(rest, whole_rest, whole_rest),
    support.power: _power,
}
