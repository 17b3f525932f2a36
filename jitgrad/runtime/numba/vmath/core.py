"""What the vector math is written in: constants, and helpers for numbers and for values that write
instructions.

A function runs on NumPy scalars, float64 or float32, in Python, and on the values of `llvm_trace`
when a kernel is compiled. Only the helpers below know which it is. Most functions are one text for
both widths: constants and coefficients are taken from the `Width` of the operand. Start at `Width`
and `horner`.
"""

import math
from fractions import Fraction

import numpy as np

LN2 = Fraction(0xB17217F7D1CF79ABC9E3B39803F2F6AF40F343267298B62D8A, 1 << 200)
LOG2E = Fraction(0x171547652B82FE1777D0FFDA0D23A7D11D6AEF551BAD2B4B11, 1 << 196)
LOG10E = Fraction(0x6F2DEC549B9438CA9AADD557D699EE191F71A30122E4D101, 1 << 192)
PI = Fraction(0x3243F6A8885A308D313198A2E03707344A4093822299F31D0, 1 << 192)


class Instruction:
    """What stands for a number of a kernel, and writes instructions: `llvm_trace.Value`."""

    __slots__ = ()


class Width:
    """The constants of a float type, each rounded to it.

    `exp_range` and `exp2_range` are arguments below and above which the result is 0 and inf, and
    one between them below which it may be subnormal. Up to `far` the parts of pi are enough for
    sin, cos and tan."""

    def __init__(self, number, integer, mantissa, exp_range, exp2_range, far):
        info = np.finfo(number)
        self.number, self.integer, self.mantissa = number, integer, mantissa
        self.exp_range, self.exp2_range, self.far = exp_range, exp2_range, far
        self.bias = info.maxexp - 1
        #: adding it leaves the nearest integer in the low bits
        self.round = 1.5 * 2.0**mantissa
        self.round_bits = int(number(self.round).view(integer))
        self.sign = -(1 << (info.bits - 1))
        self.one_bits, self.inf_bits = self.bias << mantissa, (2 * self.bias + 1) << mantissa
        self.sqrt_half_bits = int(number(math.sqrt(0.5)).view(integer))
        self.least_normal, self.epsilon = float(info.tiny), float(info.eps)
        self.lift = (
            mantissa + 2 - (mantissa + 2) % 3
        )  # subnormals are scaled by this power of 2; a multiple of 3
        self.lost = float(math.floor(math.log(self.epsilon))) - 2.0  # exp of less is lost beside 1
        self.huge = 2.0 ** (self.bias // 2 - 2)  # its square is finite, and 1 beside it is nothing
        self.most_power = 2.0 ** (
            mantissa + 12
        )  # of a larger exponent nothing but 0, 1 and inf is left
        # no part of these is negative: times -inf, which the logarithm of 0 is made of, they do not
        # cancel
        self.ln2 = self.parts(LN2, 2, mantissa + 1)
        self.log10_2 = self.parts(LN2 * LOG10E, 2, mantissa + 2)
        self.log2e, self.log10e = self.parts(LOG2E), self.parts(LOG10E)
        self.half_pi, self.two_thirds = self.parts(PI / 2, 3), self.parts(Fraction(2, 3))
        #: with a first part of few digits: its product with an exponent is exact
        self.ln2_head = self.parts(LN2, 2, mantissa + 1 - self.bias.bit_length())

    def parts(self, value, count=2, head=None):
        """The fraction `value` as a sum of `count` floats, the largest first: of `head` binary
        places, if given."""
        out = [] if head is None else [float(Fraction(int(value * 2**head), 2**head))]
        value -= sum(map(Fraction, out))
        while len(out) < count:
            out.append(float(self.number(float(value))))
            value -= Fraction(out[-1])
        return out


WIDE = Width(np.float64, np.int64, 52, (-746.0, -700.0, 710.0), (-1080.0, -1000.0, 1024.0), 2.0**40)
NARROW = Width(np.float32, np.int32, 23, (-105.0, -85.0, 89.0), (-155.0, -120.0, 128.0), 2.0**20)


def width(x):
    """The `Width` of a float, an integer of the same size, or a value."""
    if isinstance(x, Instruction):
        return NARROW if x.is_narrow() else WIDE
    return NARROW if isinstance(x, (np.float32, np.int32)) else WIDE


def select(condition, a, b):
    """`a` where the condition holds, else `b`; one of them at least is no plain number."""
    if isinstance(condition, Instruction):
        return condition.select(a, b)
    out, other = (a, b) if condition else (b, a)
    return (
        out
        if isinstance(out, np.generic) or not isinstance(other, np.generic)
        else type(other)(out)
    )


def both(a, b):
    """Whether two conditions hold."""
    return a & b


def either(a, b):
    """Whether one of two conditions holds."""
    return a | b


def fma(a, b, c):
    """a * b + c, rounded once."""
    for v in (a, b, c):
        if isinstance(v, Instruction):
            return v.fma(a, b, c)
    number = np.float32 if any(isinstance(v, np.float32) for v in (a, b, c)) else np.float64
    a, b, c = number(a), number(b), number(c)
    if not (np.isfinite(a) and np.isfinite(b) and np.isfinite(c)):
        with np.errstate(all="ignore"):
            return a * b + c
    exact = Fraction(float(a)) * Fraction(float(b)) + Fraction(float(c))
    if not exact:
        return a * b + c  # the sign of zero
    if abs(exact) >= 2 * Fraction(float(np.finfo(number).max)):
        return number(-math.inf if exact < 0 else math.inf)
    return _nearest_float32(exact) if number is np.float32 else np.float64(exact)


def _nearest_float32(exact):
    """The fraction `exact` rounded once: through a float64 that is odd where it is not exact."""
    near = np.float64(exact)
    rest = exact - Fraction(float(near))
    if rest and near.view(np.int64) % 2 == 0:
        near = np.nextafter(near, math.copysign(math.inf, rest))
    with np.errstate(over="ignore"):
        return np.float32(near)


def bits(x):
    """The bit pattern of a float as an integer."""
    return x.bits() if isinstance(x, Instruction) else _scalar(x).view(width(x).integer)


def real(n):
    """The float of a bit pattern."""
    return n.real() if isinstance(n, Instruction) else n.view(width(n).number)


def _scalar(x):
    return x if isinstance(x, np.generic) else np.float64(x)


def like(x, number):
    """`number` in the type of `x`."""
    return x.constant(number) if isinstance(x, Instruction) else type(_scalar(x))(number)


def sqrt(x):
    return x.sqrt() if isinstance(x, Instruction) else np.sqrt(x)


def whole(x):
    """The nearest integer, halves to even, as a float."""
    return x.rint() if isinstance(x, Instruction) else np.rint(x)


def widened(x):
    """A float32 as float64."""
    return x.widened() if isinstance(x, Instruction) else np.float64(x)


def narrowed(x):
    """A float64 rounded to float32."""
    return x.narrowed() if isinstance(x, Instruction) else np.float32(x)


def abs_(x):
    return x.abs() if isinstance(x, Instruction) else abs(_scalar(x))


def with_sign(x, y):
    """`x`, which is not negative unless `y` is, with the sign of `y`."""
    return real(bits(x) | (bits(y) & width(x).sign))


def flipped(x, n):
    """`x`, negated where the lowest bit of `n` is 1."""
    w = width(x)
    return real(bits(x) ^ (n << (w.mantissa + (11 if w is WIDE else 8))))


def within(x, low, high):
    """`x` clipped; nan stays nan."""
    return at_most(at_least(x, low), high)


def at_least(x, low):
    return select(x < low, low, x)


def at_most(x, high):
    return select(x > high, high, x)


def onto_unit(x, low, high):
    """What maps the interval from `low` to `high` onto -1 to 1."""
    half = 0.5 * (high - low)
    return fma(x, 1.0 / half, -0.5 * (low + high) / half)


def horner(table, x, last=3):
    """The polynomial whose coefficients, highest first, `table` has for the width of `x`.

    A long one is two in x ** 2, or four in x ** 4, so that fewer operations wait for each other,
    but for its `last` steps: the parts may be larger than their sum."""
    coefficients = table[width(x) is NARROW]
    if len(coefficients) < 8:
        return chain(coefficients, x)
    return chain(
        (_split_chain(coefficients[:-last], x, len(coefficients) > 15), *coefficients[-last:]), x
    )


def _split_chain(coefficients, x, again=False):
    square = x * x
    part = _split_chain if again else chain
    return fma(part(coefficients[-2::-2][::-1], square), x, part(coefficients[::-2][::-1], square))


def chain(coefficients, x):
    """The polynomial with these coefficients, highest first."""
    out = coefficients[0]
    for c in coefficients[1:]:
        out = fma(out, x, c)
    return out


def power_of_two(k, w):
    """2 ** k for an integer that is the exponent of a normal number."""
    return real((k + w.bias) << w.mantissa)
