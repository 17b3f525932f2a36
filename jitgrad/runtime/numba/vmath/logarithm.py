"""Logarithms and what is made of them: log, log2, log10, log1p, arcsinh, arccosh, arctanh,
logaddexp. Start at `log`.

x = 2 ** n * (1 + f) with 1 + f between the roots of 1/2 and 2, and log(1 + f) = 2 artanh(s), s = f
/ (2 + f), which is put together as K. C. Ng's fdlibm (https://www.netlib.org/fdlibm) has it, so
that f, which is exact, is added last.
"""

import math

from .core import (
    abs_,
    at_most,
    bits,
    fma,
    horner,
    like,
    power_of_two,
    real,
    select,
    sqrt,
    width,
    with_sign,
)  # fmt: skip
from .exp import exp2_and_less, exp_of

LN2 = math.log(2.0)
_SQRT2 = math.sqrt(2.0)

#: (2 artanh(s) / s - 2) / s ** 2 for |s| < 0.172, in powers of s ** 2, float64 and float32
_LOG = (
    [
        0.14798884351707825,
        0.15313777921984875,
        0.18183574130287677,
        0.22222198401727583,
        0.2857142874388506,
        0.39999999999408736,
        0.6666666666666735,
    ],
    [0.29874384, 0.39977452, 0.66666776],
)
#: The same for |s| < 0.364.
_ARTANH = (
    [
        1.8795573636386234e-01,
        5.505205184671415e-02,
        1.1383609518777896e-01,
        1.165190939183036e-01,
        1.3342988157272903e-01,
        1.5384069864326202e-01,
        1.8181838282589688e-01,
        2.2222221757862443e-01,
        2.857142857764935e-01,
        3.999999999995849e-01,
        6.666666666666676e-01,
    ],
    [2.597864e-01, 2.0972295e-01, 2.865913e-01, 3.999735e-01, 6.6666692e-01],
)
#: (arsinh(x) / x - 1) / x ** 2 for |x| < 0.53, in powers of x ** 2
_ARSINH = (
    [
        1.498173780868171e-03,
        -4.418312714598349e-03,
        7.2509199322386576e-03,
        -9.454167103814281e-03,
        1.1494230354010213e-02,
        -1.3957357205808138e-02,
        1.735209721392723e-02,
        -2.2372119561343506e-02,
        3.0381942971392052e-02,
        -4.464285711158028e-02,
        7.499999999968862e-02,
        -1.666666666666658e-01,
    ],
    [-1.2482023e-02, 2.7731758e-02, -4.4298373e-02, 7.4979953e-02, -1.6666628e-01],
)


def split(u):
    """(k, n, f) with u = 2 ** k * (1 + f), for a normal u > 0; n is k as a float."""
    w = width(u)
    b = bits(u)
    k = (b - w.sqrt_half_bits) >> w.mantissa
    return k, real(k + w.round_bits) - w.round, real(b - (k << w.mantissa)) - 1.0


def _pair(f):
    """(half, s, rest) with log(1 + f) = f - (half - s * rest)."""
    s = f / (2.0 + f)
    z = s * s
    half = (0.5 * f) * f
    return half, s, fma(horner(_LOG, z), z, half)


def _log(n, f, f_low=None):
    """n log 2 + log(1 + f)."""
    ln2, ln2_low = width(f).ln2
    half, s, rest = _pair(f)
    low = n * ln2_low if f_low is None else fma(n, ln2_low, f_low)
    return fma(n, ln2, f - (half - fma(s, rest, low)))


def _log_to(base, n, f):
    """log(1 + f) * base, for a `base` in two parts, + n."""
    half, s, rest = _pair(f)
    rest = fma(s, rest, -half)
    return n + fma(f, base[0], fma(f, base[1], rest * base[0]))


def lifted(x):
    """(u, e) with x = u * 2 ** e and a normal u; e makes the logarithm right for 0 and negative
    numbers, too."""
    w = width(x)
    tiny = x < w.least_normal
    e = select(x < 0.0, like(x, math.nan), select(x == 0.0, like(x, -math.inf), -float(w.lift)))
    return select(tiny, x * 2.0**w.lift, x), select(tiny, e, 0.0)


def log(x):
    """The natural logarithm."""
    u, e = lifted(x)
    _, n, f = split(u)
    return select(x < math.inf, _log(n + e, f), x)


def log_over(x, inverse, low):
    """log(x / c), with all digits beside c, by the inverse of `c` in two parts."""
    u, e = lifted(x)
    main = u * inverse
    n, f, f_low = _split_sum(main, fma(u, inverse, -main) + u * low)
    return select(x < math.inf, _log(n + e, f, f_low), x)


def log2(x):
    """The logarithm to base 2."""
    u, e = lifted(x)
    _, n, f = split(u)
    return select(x < math.inf, _log_to(width(x).log2e, n + e, f), x)


def log10(x):
    """The logarithm to base 10."""
    u, e = lifted(x)
    _, n, f = split(u)
    n, unit = n + e, width(x).log10_2
    return select(x < math.inf, fma(n, unit[0], _log_to(width(x).log10e, n * unit[1], f)), x)


def _split_sum(u, low):
    """(n, f, f_low) with u + low = 2 ** n * (1 + f + f_low)."""
    k, n, f = split(u)
    # Of a large u the low part is nothing; its factor would not be a normal number.
    low = low * power_of_two(-at_most(k, width(u).bias - 1), width(u))
    total = f + low
    return n, total, (f - total) + low


def _sum_with_one(x):
    """(u, low) with 1 + x = u + low."""
    u = 1.0 + x
    back = u - x
    return u, (x - (u - back)) + (1.0 - back)


def log1p(x):
    """log(1 + x), accurate near 0."""
    u, low = _sum_with_one(x)
    n, f, _ = _split_sum(u, low)
    e = select(u > 0.0, like(x, 0.0), select(u == 0.0, like(x, -math.inf), math.nan))
    return with_sign(select(x < math.inf, _log(n + e, f), x), x)


def arcsinh(x):
    """The inverse hyperbolic sine."""
    a = abs_(x)
    square = a * a
    big = square == math.inf
    root = select(big, like(a, 0.0), sqrt(fma(a, a, 1.0)))
    u = a + root
    n, f, _ = _split_sum(u, a - (u - root))
    out = _log(n, f) + select(big, like(a, LN2), 0.0)
    near = fma(horner(_ARSINH, square) * square, a, a)
    return with_sign(select(a < 0.53, near, select(a < math.inf, out, a)), x)


def arccosh(x):
    """The inverse hyperbolic cosine."""
    big = x > width(x).huge
    t = x - 1.0
    root = select(big, like(x, 0.0), sqrt(fma(t, t, t + t)))
    u = x + root
    out = _log(*_split_sum(u, root - (u - x))) + select(big, like(x, LN2), 0.0)
    return select(x < 1.0, like(x, math.nan), select(x < math.inf, out, x))


def arctanh(x):
    """The inverse hyperbolic tangent."""
    w = width(x)
    a = at_most(abs_(x), 1.0 - 0.5 * w.epsilon)
    # (1 + a) / (1 - a) is about 2 ** k: bit patterns are logarithms, nearly
    above, below = 1.0 + a, 1.0 - a
    k = (bits(above) - bits(below)) >> w.mantissa
    p = power_of_two(k, w)
    rest = fma(-p, (1.0 - below) - a, (1.0 - above) + a)  # what both lost
    s = (fma(-p, below, above) + rest) / fma(p, below, above)
    z = s * s
    half_n = 0.5 * (real(k + w.round_bits) - w.round)
    out = fma(half_n, w.ln2[0], s + fma(horner(_ARTANH, z) * z, 0.5 * s, half_n * w.ln2[1]))
    at_end = select(abs_(x) == 1.0, like(x, math.inf), like(x, math.nan))
    return with_sign(select(abs_(x) < 1.0, out, at_end), x)


def _sum_of_exp(a, b, power):
    """(the larger, exp(the smaller - the larger)): power(y, low) is the exponential of y + low."""
    swap = a > b
    high, low = select(swap, a, b), select(swap, b, a)
    y = low - high
    back = y - low
    rest = (low - (y - back)) - (high + back)
    rest = select(y > width(a).exp2_range[0], rest, 0.0)  # of a large difference it may be large
    return high, power(
        select(low == high, like(a, 0.0), y), select(low == high, like(a, 0.0), rest)
    )


def logaddexp(a, b):
    """log(exp(a) + exp(b)) without overflow."""
    high, e = _sum_of_exp(a, b, exp_of)
    n, f, _ = _split_sum(*_sum_with_one(e))
    return high + _log(n, f)


def logaddexp2(a, b):
    """log2(2 ** a + 2 ** b) without overflow.

    1 + e is 2 * (1 + (e - 1) / 2) for an e near 1, and the power of two is put to the larger
    operand first, exactly where the two cancel: about 0 comes from operands of about -1."""
    high, (e, less) = _sum_of_exp(a, b, exp2_and_less)
    near = e > _SQRT2 - 1.0
    n = select(near, like(a, 1.0), 0.0)
    return (high + n) + _log_to(width(a).log2e, like(a, 0.0), select(near, 0.5 * less, e))
