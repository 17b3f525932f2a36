"""power, cbrt and hypot. Start at `power`."""

import math

from .core import (
    WIDE,
    abs_,
    bits,
    both,
    either,
    fma,
    horner,
    like,
    real,
    select,
    sqrt,
    whole,
    width,
    with_sign,
    within,
)  # fmt: skip
from .exp import exp_of
from .logarithm import split

#: ((2 artanh(s) / s - 2) / s ** 2 - 2/3) / s ** 2 for |s| < 0.172, in powers of s ** 2
_LOG = (
    [
        0.1319912998533275,
        0.13256527371525498,
        0.15386769255773863,
        0.18181784121488548,
        0.22222222522560492,
        0.28571428570085866,
        0.40000000000002284,
    ],
    [0.23420912, 0.28547046, 0.40000153],
)
#: ((1 - h) ** (-1/3) - 1) / h for |h| < 0.103
_ROOT = ([0.17441191136207557, 0.22349888663106635, 0.33332974238784],) * 2
#: By how much a bit pattern is less than a logarithm, with which 1/3 of it errs least.
_SHIFTED = 0.051


def _log_parts(u, e):
    """log(u * 2 ** e) as a sum of two floats, to some 67 or 33 bits."""
    w = width(u)
    _, n, f = split(u)
    n = n + e
    d = 2.0 + f
    inverse = 1.0 / d
    s = f * inverse
    s_low = (fma(-s, d, f) - s * (f - (d - 2.0))) * inverse
    z = s * s
    z_low = fma(s, s, -z) + (s + s) * s_low
    third, third_low = w.two_thirds
    q = fma(horner(_LOG, z), z, third_low)
    c = third + q
    c_low = (third - c) + q
    cube = s * z
    cube_low = fma(s, z, -cube) + fma(s, z_low, s_low * z)
    tail = cube * c
    tail_low = fma(cube, c, -tail) + fma(cube, c_low, cube_low * c)
    ln2, ln2_low = w.ln2_head
    main, twice = n * ln2, s + s
    high = main + twice
    low = (main - high) + twice
    total = high + tail
    low = ((high - total) + tail) + (low + fma(n, ln2_low, fma(2.0, s_low, tail_low)))
    return total, low


def power(x, y):
    """x ** y, as C's pow."""
    w = width(x)
    a, inf = abs_(x), math.inf
    tiny = a < w.least_normal
    high, low = _log_parts(select(tiny, a * 2.0**w.lift, a), select(tiny, like(a, -w.lift), 0.0))
    usual = both(a > 0.0, a < inf)
    high = select(usual, high, select(a == 0.0, like(a, -inf), a))
    p = within(y, -w.most_power, w.most_power)
    product = p * high
    low = select(
        abs_(product) < 2048.0, fma(p, high, -product) + p * low, 0.0
    )  # beyond it may be large
    out = exp_of(product, low)
    integer = whole(y) == y
    half = 0.5 * y
    out = real(bits(out) | select(both(integer, whole(half) != half), bits(x) & w.sign, 0))
    out = select(both(both(x < 0.0, usual), whole(y) != y), like(x, math.nan), out)
    return select(either(y == 0.0, x == 1.0), 1.0, out)


def cbrt(x):
    """The cube root."""
    w = width(x)
    a = abs_(x)
    tiny = a < w.least_normal
    u = select(tiny, a * 2.0**w.lift, a)
    # A bit pattern is a logarithm, nearly: its upper half, divided by -3 as a float, gives the
    # inverse root to a tenth.
    drop = w.mantissa - (20 if w is WIDE else 14)
    upper = real((bits(u) >> drop) + w.round_bits) - w.round
    start = float(round(4 / 3 * (w.bias - _SHIFTED) * 2 ** (w.mantissa - drop)))
    r = real((bits(fma(upper, -1.0 / 3.0, w.round + start)) - w.round_bits) << drop)
    h = fma(u * r, -(r * r), 1.0)
    r = fma(r * h, horner(_ROOT, h), r)
    if w is WIDE:
        r = fma(fma(u * r, -(r * r), 1.0) * (1.0 / 3.0), r, r)
    square = r * r
    y = u * square
    y = fma(fma(y * y, -y, u), square * (1.0 / 3.0), y)
    y = select(tiny, y * 2.0 ** (-w.lift // 3), y)
    return with_sign(select(a < math.inf, y, a), x)


def hypot(x, y):
    """The square root of x ** 2 + y ** 2, without overflow on the way."""
    w = width(x)
    ax, ay = abs_(x), abs_(y)
    big, small = select(ax > ay, ax, ay), select(ax > ay, ay, ax)
    e = within(bits(big) & w.inf_bits, 1 << w.mantissa, w.inf_bits - (2 << w.mantissa))
    down = real(2 * w.one_bits - e)
    p, q = big * down, small * down
    out = sqrt(fma(p, p, q * q)) * real(e)
    inf = like(x, math.inf)
    return select(ax == inf, inf, select(ay == inf, inf, out))
