"""The error functions erf and erfc. Start at either."""

from .core import (
    NARROW,
    abs_,
    at_most,
    bits,
    chain,
    fma,
    horner,
    narrowed,
    power_of_two,
    select,
    widened,
    width,
    with_sign,
)
from .exp import exp_of, expm1_of, reduced

#: (-log(erfc(a)) / a - 2 / sqrt(pi)) / a for 0 <= a < 5.95 (float32: 3.95), weighted with what of
#: it is seen in erf
_ERF = (
    [
        -3.6408814556901774e-15,
        1.6359145358983554e-13,
        -3.4065495929659647e-12,
        4.353944608418793e-11,
        -3.8052327672642903e-10,
        2.3883838043760852e-09,
        -1.0905956578719051e-08,
        3.507544324955201e-08,
        -6.716521973046293e-08,
        -8.383853190531151e-09,
        5.644636058321487e-07,
        -2.0280334529473396e-06,
        3.1221237214599077e-06,
        3.179848700198656e-06,
        -2.958317649892784e-05,
        6.442476799310191e-05,
        2.5902628657088928e-05,
        -5.9013182511045e-04,
        1.6962075295537653e-03,
        -2.0919483170024814e-04,
        -1.912844699533076e-02,
        1.0277260330144282e-01,
        6.366197723675876e-01,
    ],
    [
        -9.340802e-06,
        1.1842766e-04,
        -6.3576776e-04,
        1.672658e-03,
        -1.6636825e-04,
        -1.914959e-02,
        1.0277680e-01,
        6.366195e-01,
    ],
)
#: 2 / sqrt(pi) in two parts
_SLOPE = (1.1283791670955126, 1.533545961316588e-17), (1.128379225730896, -5.863538342219759e-08)
#: erfc(a) * exp(a ** 2) * (a + 4) in powers of (a - 4) / (a + 4), for 0 <= a < 27.3; and one for
#: float32, a < 10.1
_ERFC = [
    -2.767016686832298e-09, -1.3841520582662713e-08, 9.615707148093203e-09, 1.243569482670803e-07,
    -8.687267723028074e-08, -8.485420726990873e-07, 1.4324893151458637e-06, 4.696759019817516e-06,
    -1.8864653039100485e-05, -3.636328409424595e-06, 1.7681391744001003e-04, -4.550523570568907e-04,
    -2.80959071012918e-04, 6.112055601881354e-03, -2.6370053316626476e-02, 7.638151491423076e-02,
    -1.7401093724147618e-01, 3.308515878777907e-01, -5.40853831313188e-01, 7.732087022652409e-01,
    -9.765487290808824e-01, 1.095995661000491e+00,
]  # fmt: skip
_ERFC_REST = 4.7886115391635774e-17  # of the last coefficient
#: The derivative of that polynomial.
_ERFC_SLOPE = [2.0436781555845456, -2.3894642732988185, 1.4273885398622626, -0.9060972132464769]
_SHORT_ERFC = [
    -7.575606069860134e-04, -3.9222908077846926e-04, 6.215231119964482e-03, -2.6295145437479413e-02,
    7.637329222921697e-02, -1.7402420428042883e-01, 3.308513765994439e-01, -5.40852953567616e-01,
    7.732087255280868e-01, -9.765487453521338e-01, 1.0959956609106782e+00,
]  # fmt: skip


#: (e ** r - 1) / r in powers of r, for float32 in float64
_SHORT_EXP = [
    1.9922572544872695e-04, 1.3946415788871542e-03, 8.333253232159126e-03, 4.1666264648565064e-02,
    1.6666666955836115e-01, 5.000000079790515e-01, 9.99999999973773e-01,
]  # fmt: skip


def erf(x):
    """The error function: 1 - exp(-q) with a q that grows from 0 without bends."""
    narrow = width(x) is NARROW
    a = at_most(abs_(x), 3.95 if narrow else 5.95)
    slope, slope_low = _SLOPE[narrow]
    p = fma(horner(_ERF, a, last=1), a, slope)
    q = a * -p
    k, r = reduced(q)
    return with_sign(abs_(expm1_of(k, r, -fma(a, slope_low, fma(a, p, q)))), x)


def _wide_erfc(a):
    """erfc(a) for a of at least 0 in float64."""
    d = a + 4.0
    back = d - a
    d_low = (a - (d - back)) + (4.0 - back)
    inverse = 1.0 / d
    inverse_low = fma(fma(-inverse, d, 1.0), inverse, -(inverse * d_low) * inverse)
    t = fma(inverse, -8.0, 1.0)
    t_low = fma(inverse, -8.0, 1.0 - t) - 8.0 * inverse_low
    *upper, fourth, third, second, last = _ERFC
    q = chain((horner((upper, None), t), fourth, third), t)
    g = fma(t, q, second)
    h = fma(t, g, last)
    slope = chain(_ERFC_SLOPE, t)  # roughly, which will do for what t lacks
    h_low = fma(fma(t, q, second - g), t, fma(t, g, last - h)) + fma(t_low, slope, _ERFC_REST)
    p = h * inverse
    p_low = fma(h, inverse, -p) + fma(h, inverse_low, h_low * inverse)
    square = -(a * a)
    return exp_of(square, -fma(a, a, square), (p, p_low))


def _short_erfc(a):
    """erfc(a) for a of at least 0 in float64, to some 30 bits."""
    w = width(a)
    inverse = 1.0 / (a + 4.0)
    square = -(a * a)
    t = fma(square, w.log2e[0], w.round)
    r = fma(t - w.round, -w.ln2[0], square)
    e = fma(horner((_SHORT_EXP, None), r), r, 1.0) * power_of_two(bits(t) - w.round_bits, w)
    return horner((_SHORT_ERFC, None), fma(inverse, -8.0, 1.0)) * inverse * e


def erfc(x):
    """1 - erf(x), accurate for large x."""
    narrow = width(x) is NARROW
    if narrow:
        x = widened(x)
    a = at_most(abs_(x), 10.1 if narrow else 27.3)
    out = (_short_erfc if narrow else _wide_erfc)(a)
    out = select(x < 0.0, 2.0 - out, out)
    return narrowed(out) if narrow else out
