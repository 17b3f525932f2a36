"""The gamma function itself, its inverse, and beta functions. Start at `gamma`.

Up to 5.5 the inverse of the gamma function is a polynomial on an interval of length 1, which the
recurrence brings other numbers to. Beyond it is exp of the series of Stirling, of which the
logarithm has twice the digits. Numbers below 0 are mirrored.
"""

import math

from .core import (
    abs_,
    at_least,
    at_most,
    bits,
    both,
    either,
    fma,
    horner,
    like,
    real,
    select,
    whole,
    width,
)
from .exp import exp, exp_of
from .log_gamma import gammaln_anywhere
from .logarithm import log, log1p
from .pow import _log_parts

#: 1 / gamma(2 + d) for d from -1/2 to 1/2, in powers of d
_INVERSE = (
    [
        -1.23613571965657e-09, -1.995160851333917e-07, 1.3388450065410025e-06,
        -2.5912461843845298e-06, -1.7545908411107556e-05, 0.000145596574889886,
        -0.0003608378139986498, -0.0008043298201567669, 0.008023273022396521, -0.017645244547788635,
        -0.024552490005414845, 0.19109110138763655, -0.2330937364217864, -0.42278433509846675, 1.0,
    ],
    [
        -0.000365969987, -0.000722545257, 0.00802276749, -0.0176606458, -0.0245522447, 0.191092178,
        -0.233093753, -0.422784358, 1,
    ],
)  # fmt: skip
#: x (gammaln(x) - (x - 1/2) log(x) + x - log(2 pi) / 2) for x > 5.5, in powers of 1 / x ** 2
_STIRLING = (
    [
        0.07010145893244868, -0.024239869791682727, 0.0062534650548532736, -0.0019146921610606604,
        0.0008417200093920055, -0.000595237904464653, 0.0007936507930554077, -0.0027777777777770597,
        0.08333333333333333,
    ],
    [-0.000544888375, 0.000792646897, -0.00277777133, 0.0833333358],
)  # fmt: skip
#: sin(pi r) / r for r up to 1/2, in powers of r ** 2
_SINE = (
    [
        7.694723350268182e-07, -2.190318497003841e-05, 0.00046629968856379863, -0.00737043047871106,
        0.08214588656988543, -0.5992645293187376, 2.550164039877294, -5.167712780049969,
        3.141592653589793,
    ],
    [0.0775600895, -0.598241985, 2.55006981, -5.16770983, 3.14159274],
)  # fmt: skip
_HALF_LOG_2PI, _LN2 = 0.9189385332046728, math.log(2.0)
#: Up to here the recurrence is used; from here on Stirling's series times a factor is inf or 0, or
#: the logarithm has too few digits for the function of it.
_NEAR, _MOST, _FAR = 5.5, 400.0, 1000.0
#: Below it the gamma function is 1 / x, and a product with the sine may be 0.
_TINY = 2.0**-60


def _near(a, start, most=_NEAR):
    """(p, q) with p / q the gamma function of `a` up to `most`; `start` is `a` with its sign."""
    near = at_most(a, most)
    count = whole(near)
    product = like(a, 1.0)
    for k in range(1, int(most - 0.5)):
        product = product * select(count > k + 1.5, near - float(k), 1.0)
    below = select(count < 0.5, start * (near + 1.0), start)
    return product, horner(_INVERSE, near - count) * select(count < 1.5, below, 1.0)


def _rest(a):
    """What the logarithm is beyond (a - 1/2) log(a) - a + log(2 pi) / 2, for `a` from 5.5 on."""
    inverse = 1.0 / a
    return horner(_STIRLING, inverse * inverse) * inverse


def _logarithm(a):
    """The logarithm of the gamma function for `a` from 5.5 to 1000, in two parts."""
    high, low = _log_parts(a, 0.0)
    less = a - 0.5
    product = less * high
    y = product - a
    lost = (product - y) - a
    total = y + _HALF_LOG_2PI
    lost = lost + ((y - total) + _HALF_LOG_2PI)
    return total, fma(less, high, -product) + fma(less, low, lost + _rest(a))


def _sine(a):
    """(sin(pi a), whether that is 0), for an `a` of at least 0."""
    n = whole(a)
    r = a - n
    half = 0.5 * n
    out = horner(_SINE, r * r) * r
    return select(whole(half) == half, out, -out), r == 0.0


def _power(x, sign):
    """The gamma function to the power of `sign`, 1 or -1, and whether `x` is a negative integer."""
    a, negative = abs_(x), x < 0.0
    within = a <= _NEAR
    top, bottom = _near(a, select(negative, at_most(a, _NEAR), at_most(x, _NEAR)))
    top, bottom = select(within, top, 1.0), select(within, bottom, 1.0)
    sine, pole = _sine(a)
    times = a * sine
    p = select(negative, bottom * -math.pi, top)
    q = select(negative, times * top, bottom)
    base = p / q if sign > 0 else q / p
    total, low = _logarithm(at_least(at_most(a, _MOST), _NEAR))
    half = select(negative, like(x, -0.5 * sign), 0.5 * sign)
    root = select(within, 1.0, exp_of(total * half, low * half))
    return (base * root) * root, both(negative, pole)


def gamma(x):
    """The gamma function."""
    out, pole = _power(x, 1)
    return select(abs_(x) < _TINY, 1.0 / x, select(pole, like(x, math.nan), out))


def sinpi(x):
    """sin(pi x)."""
    out, _ = _sine(abs_(x))
    return select(x < 0.0, -out, out)


def cospi(x):
    """cos(pi x)."""
    a = abs_(x)
    n = whole(a)
    half, r = 0.5 * n, 0.5 - abs_(a - n)
    out = horner(_SINE, r * r) * r
    return select(whole(half) == half, out, -out)


def rgamma(x):
    """1 / gamma(x), 0 at its poles."""
    out, pole = _power(x, -1)
    out = select(either(pole, x == -math.inf), like(x, 0.0), out)
    return select(abs_(x) < _TINY, x, out)


def _sorted(a, b):
    a, b = abs_(a), abs_(b)
    swap = b < a
    return select(swap, b, a), select(swap, a, b)


def _sum(a, b):
    """a + b, and what that lacks."""
    out = a + b
    back = out - a
    return out, (a - (out - back)) + (b - back)


def _rough_digamma(a):
    """digamma(a), roughly: log(a + 1/2) - 1 / a, by a bit pattern, nearly a logarithm."""
    w = width(a)
    more = bits(a + 0.5) - w.one_bits
    integral = more >> w.mantissa
    power = real(integral + w.round_bits) - w.round
    rest = real(more - (integral << w.mantissa) + w.one_bits) - 1.0
    return (rest * (1.343 - 0.343 * rest) + power) * _LN2 - 1.0 / a


def betaln(a, b):
    """The logarithm of the beta function of numbers that are not negative."""
    a, b = _sorted(a, b)
    b = at_least(b, width(b).least_normal)
    both_far, far = a > _NEAR, b > _NEAR
    s, s_low = _sum(a, b)
    (p_a, q_a), (p_b, q_b) = _near(a, at_most(a, _NEAR)), _near(b, at_most(b, _NEAR))
    most = 2.0 * _NEAR
    p_s, q_s = _near(s, at_most(s, most), most)
    inverse = q_a * (select(far, 1.0, p_s * q_b) / (p_a * select(far, 1.0, p_b * q_s)))
    ratio = a / b
    inverse = fma(inverse, select(far, 0.0, s_low * _rough_digamma(s)), inverse)
    logarithm = -log(select(both_far, s / a, inverse))
    of_b, of_ratio = log(at_least(b, 1.0)), log1p(at_most(ratio, 1.0))
    rest_b = _rest(at_least(b, _NEAR)) - _rest(at_least(s, _NEAR))
    rest = rest_b + _rest(at_least(a, _NEAR)) + (_HALF_LOG_2PI - 0.5 * of_b)
    large = fma(a - 0.5, logarithm, rest) - b * of_ratio
    middle = logarithm - fma(s - 0.5, of_ratio, fma(a, of_b - 1.0, -rest_b))
    out = select(both_far, large, select(far, middle, logarithm))
    return select(b == math.inf, select(a > 0.0, like(a, -math.inf), math.inf), out)


def _as_product(a):
    """(p, q, total, low): the gamma function of `a` is p / q times exp(total + low)."""
    within = a <= _NEAR
    p, q = _near(a, at_most(a, _NEAR))
    total, low = _logarithm(at_most(at_least(a, _NEAR), _FAR))
    none = like(a, 0.0)
    return (
        select(within, p, 1.0),
        select(within, q, 1.0),
        select(within, none, total),
        select(within, none, low),
    )


def beta(a, b):
    """The beta function of numbers that are not negative."""
    a, b = _sorted(a, b)
    s, s_low = _sum(a, at_least(b, width(b).least_normal))
    p_a, q_a, total_a, low_a = _as_product(a)
    p_b, q_b, total_b, low_b = _as_product(b)
    p_s, q_s, total_s, low_s = _as_product(s)
    base = ((p_a * p_b * q_s) / (p_s * q_b)) / q_a
    of_both, lost = _sum(total_a, total_b)
    total, more = _sum(of_both, -total_s)
    low_s = fma(s_low, _rough_digamma(s), low_s)
    near = base * exp_of(total, (lost + more) + ((low_a + low_b) - low_s))
    return select(s > _FAR, exp(betaln(a, b)), near)


def _sign(x):
    """That of the gamma function."""
    half = 0.5 * whole(x - 0.5)
    return select(both(x < 0.0, whole(half) != half), like(x, -1.0), 1.0)


def _mirrored(a, b):
    """(the logarithm of the absolute value, the sign) of the beta function of any numbers."""
    whole_a, whole_b = both(a <= 0.0, whole(a) == a), both(b <= 0.0, whole(b) == b)
    pole, other = either(whole_a, whole_b), select(whole_a, b, a)
    x, y = select(pole, 1.0 - a - b, a), select(pole, other, b)
    size = gammaln_anywhere(x) + gammaln_anywhere(y) - gammaln_anywhere(x + y)
    half = 0.5 * y
    odd = select(whole(half) == half, like(y, 1.0), -1.0)
    signed = both(whole(y) == y, x > 0.0)
    infinite = select(both(signed, y > 0.0), size, like(a, math.inf))
    sign = select(pole, select(signed, odd, 1.0), _sign(x) * _sign(y) * _sign(x + y))
    size = select(pole, infinite, size)
    return size, sign


def betaln_anywhere(a, b):
    """The logarithm of the absolute value of the beta function."""
    size, _ = _mirrored(a, b)
    return select(either(a < 0.0, b < 0.0), size, betaln(a, b))


def beta_anywhere(a, b):
    """The beta function."""
    size, sign = _mirrored(a, b)
    return select(either(a < 0.0, b < 0.0), sign * exp(size), beta(a, b))
