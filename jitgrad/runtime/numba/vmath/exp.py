"""exp and what is made of it: exp2, expm1, sigmoid, sinh, cosh, tanh. Start at `exp`.

e ** x = 2 ** k * e ** r with |r| <= log(2) / 2, and e ** r is a polynomial. The reduction is that
of W. J. Cody and W. Waite, Software Manual for the Elementary Functions (1980), with fused
multiply-adds.
"""

from .core import (
    abs_,
    at_most,
    bits,
    fma,
    horner,
    like,
    power_of_two,
    select,
    width,
    with_sign,
    within,
)  # fmt: skip

#: (e ** r - 1) / r, in powers of r, float64 and float32; relative errors 2 ** -58 and 2 ** -29
_EXP = (
    [
        2.5119082241358324e-08,
        2.7631630850038167e-07,
        2.7557211535557774e-06,
        2.4801488981247385e-05,
        1.9841269924506162e-04,
        1.3888888947927304e-03,
        8.333333333302162e-03,
        4.166666666651197e-02,
        1.6666666666666716e-01,
        5.000000000000013e-01,
        1.0,
    ],
    [1.3954836e-03, 8.375195e-03, 4.1666117e-02, 1.6666415e-01, 5.0e-01, 1.0],
)
#: (2 ** r - 1) / r
_EXP2 = (
    [
        4.4574228939198303e-10,
        7.073936038595018e-09,
        1.017804623533881e-07,
        1.3215434400305806e-06,
        1.5252733868046746e-05,
        1.540353045885841e-04,
        1.3333558146378568e-03,
        9.618129107592768e-03,
        5.550410866482174e-02,
        2.4022650695910133e-01,
        6.931471805599453e-01,
    ],
    [1.5476669e-04, 1.3400537e-03, 9.618003e-03, 5.5503272e-02, 2.4022651e-01, 6.9314718e-01],
)
#: (e ** r - 1 - r) / r ** 2
_EXPM1 = (
    [
        2.0883768727500295e-09,
        2.5109304728584586e-08,
        2.755737332119849e-07,
        2.7557243487812506e-06,
        2.4801587210178914e-05,
        1.984126988678623e-04,
        1.3888888888940886e-03,
        8.3333333333214e-03,
        4.166666666666656e-02,
        1.6666666666666677e-01,
        5.0e-01,
    ],
    [1.3882222e-03, 8.36665e-03, 4.1667208e-02, 1.6666542e-01, 4.9999997e-01],
)
#: (tanh(x) / x - 1) / x ** 2 for |x| < 0.7, in powers of x ** 2
_TANH = (
    [
        4.800620731099646e-06,
        -2.7068346662310927e-05,
        8.812580460411443e-05,
        -2.3483889968773112e-04,
        5.885790952606507e-04,
        -1.4554945118551703e-03,
        3.5920731253825484e-03,
        -8.863229578514728e-03,
        2.186948812375487e-02,
        -5.3968253951454825e-02,
        1.3333333333298933e-01,
        -3.333333333333309e-01,
    ],
    [-5.140502e-03, 2.009437e-02, -5.355997e-02, 1.3329132e-01, -3.333319e-01],
)
#: (sinh(x) / x - 1) / x ** 2 for |x| < 1, in powers of x ** 2
_SINH = (
    [
        7.758730323017549e-13,
        1.6057260507080738e-10,
        2.5052123125379843e-08,
        2.755731915715591e-06,
        1.9841269841431566e-04,
        8.333333333333148e-03,
        1.6666666666666669e-01,
    ],
    [2.0372280e-04, 8.3302828e-03, 1.6666717e-01],
)


def reduced(y):
    """(k, r) with y = k log(2) + r; k is an integer."""
    w = width(y)
    t = fma(y, w.log2e[0], w.round)
    n = t - w.round
    return bits(t) - w.round_bits, fma(n, -w.ln2[1], fma(n, -w.ln2[0], y))


def scaled(p, k, low):
    """p * 2 ** k, also where `low` says that this may not be a normal number."""
    # Twice a power that could be one too large; and a larger power where the last factor makes it
    # small again.
    power = power_of_two(select(low, k + 63, k - 1), width(p))
    return p * power * select(low, like(p, 2.0**-63), 2.0)


def exp_of(y, low=None, factor=None):
    """e ** (y + low), times a factor of about 1 in two parts."""
    w = width(y)
    lowest, small, highest = w.exp_range
    y = within(y, lowest, highest)
    if low is None:
        k, r = reduced(y)
        return scaled(fma(horner(_EXP, r), r, 1.0), k, y < small)
    t = fma(y, w.log2e[0], w.round)
    n = t - w.round
    high, low = fma(n, -w.ln2[0], y), fma(n, -w.ln2[1], low)
    r = high + low
    p = horner(_EXP, r)
    out = fma(p, r, 1.0)
    if factor is not None:
        upper = horner([c[:-1] for c in _EXP], r)
        p = fma(upper, r, 1.0)
        out = fma(p, r, 1.0)
        low = fma(fma(upper, r, 1.0 - p), r, (high - r) + low)
        high, rest = factor
        rest = fma(out, rest, fma(p, r, (1.0 - out) + low) * high)
        exact = out * high
        out = exact + (fma(out, high, -exact) + rest)
    return scaled(out, bits(t) - w.round_bits, y < small)


def exp(x):
    """e ** x."""
    return exp_of(x)


def _exp2_parts(y, low=None):
    """(k, p, r, small) with 2 ** (y + low) = 2 ** k * (1 + p * r); `small` where that may not be a
    normal number."""
    w = width(y)
    lowest, small, highest = w.exp2_range
    y = within(y, lowest, highest)
    t = y + w.round
    r = y - (t - w.round)
    if low is not None:
        r = r + low
    return bits(t) - w.round_bits, horner(_EXP2, r), r, y < small


def exp2_and_less(y, low):
    """(2 ** (y + low), the same less 1, accurate near 0)."""
    k, p, r, small = _exp2_parts(y, low)
    out = scaled(fma(p, r, 1.0), k, small)
    return out, select(k == 0, p * r, out - 1.0)


def exp2_of(y, low=None):
    """2 ** (y + low)."""
    k, p, r, small = _exp2_parts(y, low)
    return scaled(fma(p, r, 1.0), k, small)


def exp2(x):
    """2 ** x."""
    return exp2_of(x)


def expm1_of(k, r, low=None):
    """2 ** k * e ** (r + low) - 1."""
    m = horner(_EXPM1, r) * r
    m = fma(m, r, r) if low is None else r + fma(m, r, low)
    half = power_of_two(k - 1, width(r))
    out = fma(half, m, half - 0.5)
    return select(k == 0, m, out + out)  # of a subnormal number a half may be lost


def expm1(x):
    """exp(x) - 1, accurate near 0."""
    w = width(x)
    return with_sign(expm1_of(*reduced(within(x, w.lost, w.exp_range[2]))), x)


def sigmoid(x):
    """1 / (1 + exp(-x)), with every digit of small values."""
    e = exp(-abs_(x))
    below = x < 0.0
    d = 1.0 + e
    out = select(below, e, 1.0) / d
    rest = (1.0 - d) + e  # out / d is out * (1 - out) on the left, and out * out on the right
    return fma(out * -rest, select(below, 1.0 - out, out), out)


def _plain_exp(a, shift):
    """e ** a / 2 ** shift for an `a` for which this is a normal number."""
    k, r = reduced(a)
    return fma(horner(_EXP, r), r, 1.0) * power_of_two(k - shift, width(a))


def tanh(x):
    """The hyperbolic tangent."""
    a = abs_(x)
    y, w = at_most(a, 20.0), width(x)
    t = fma(y, 2.0 * w.log2e[0], w.round)
    r = fma(y, 2.0 * w.log2e[0], w.round - t)
    e = fma(horner(_EXP2, r), r, 1.0) * power_of_two(bits(t) - w.round_bits, w)
    far = 1.0 - 2.0 / (e + 1.0)  # what e lacks is lost beside 1
    z = a * a
    return with_sign(select(a < 0.7, fma(horner(_TANH, z) * z, a, a), far), x)


def _half_exp(a):
    """e ** a / 2, which may be inf."""
    quarter = _plain_exp(at_most(a, width(a).exp_range[2] + 1.0), 2)
    return quarter + quarter


def sinh(x):
    """The hyperbolic sine."""
    a = abs_(x)
    e = _half_exp(a)
    z = a * a
    return with_sign(select(a < 1.0, fma(horner(_SINH, z) * z, a, a), e - 0.25 / e), x)


def cosh(x):
    """The hyperbolic cosine."""
    e = _half_exp(abs_(x))
    return e + 0.25 / e
