"""sin, cos, tan and the inverses arcsin, arccos, arctan, arctan2. Start at `sin`.

Multiples of pi / 2 are taken away in three parts with fused multiply-adds, after W. J. Cody and W.
Waite, which holds for arguments that are not `is_far`; a polynomial does the rest. A kernel that
meets a far one is run again with libm's.
"""

import math

from .core import (
    abs_,
    bits,
    both,
    flipped,
    fma,
    horner,
    like,
    select,
    sqrt,
    width,
    with_sign,
)  # fmt: skip

#: (sin(r) / r - 1) / r ** 2 for |r| < pi / 4 (float32: 0.83), in powers of r ** 2
_SIN = (
    [
        1.5898437030381972e-10,
        -2.5050791109667632e-08,
        2.755731394414368e-06,
        -1.984126983071201e-04,
        8.333333333323903e-03,
        -1.666666666666664e-01,
    ],
    [-1.947334e-04, 8.331838e-03, -1.666665e-01],
)
#: (cos(r) - 1 + r ** 2 / 2) / r ** 4, likewise
_COS = (
    [
        -1.1358687536843857e-11,
        2.087570433132412e-09,
        -2.7557314210357946e-07,
        2.4801587288984112e-05,
        -1.3888888888873325e-03,
        4.1666666666666595e-02,
    ],
    [2.4427893e-05, -1.3887356e-03, 4.166665e-02],
)
#: (tan(r) / r - 1) / r ** 2 for |r| < pi / 4 (float32: 0.86), in powers of r ** 2
_TAN = (
    [
        2.094824626178174e-05,
        -4.5228969731698704e-05,
        9.010333491295937e-05,
        -2.7092530949626026e-05,
        1.370252816360492e-04,
        2.221378704192043e-04,
        5.951465833484816e-04,
        1.4547385630409146e-03,
        3.592292265763326e-03,
        8.863218811740053e-03,
        2.1869489633974594e-02,
        5.396825392562813e-02,
        1.3333333333416794e-01,
        3.333333333333276e-01,
    ],
    [
        5.6255516e-03,
        -2.6301555e-03,
        1.3141751e-02,
        2.032541e-02,
        5.425926e-02,
        1.3330771e-01,
        3.333341e-01,
    ],
)
#: (arcsin(s) / s - 1) / s ** 2 for s ** 2 <= 1/4, in powers of s ** 2
_ARCSIN = (
    [
        3.197642467120736e-02,
        -1.6318055607111866e-02,
        1.958818708768577e-02,
        6.506020327941906e-03,
        1.21743033981043e-02,
        1.3884457331017239e-02,
        1.7359783837256317e-02,
        2.237175278625121e-02,
        3.038195935734036e-02,
        4.464285682296906e-02,
        7.500000000343508e-02,
        1.666666666666538e-01,
    ],
    [4.2231236e-02, 2.4140848e-02, 4.5478299e-02, 7.4952334e-02, 1.6666754e-01],
)
#: (arctan(t) / t - 1) / t ** 2 for |t| <= 1, in powers of t ** 2
_ARCTAN = (
    [
        -2.0258050971156117e-05,
        2.230182666248815e-04,
        -1.1640566849061144e-03,
        3.855943340251049e-03,
        -9.18451888008012e-03,
        1.697800740272809e-02,
        -2.58267952454511e-02,
        3.4067831314018165e-02,
        -4.0926407316621116e-02,
        4.6739513499911664e-02,
        -5.239233818436389e-02,
        5.877308042363675e-02,
        -6.665860427236243e-02,
        7.69221294117305e-02,
        -9.090901236589544e-02,
        1.111111067883505e-01,
        -1.4285714271338432e-01,
        1.9999999999755097e-01,
        -3.333333333333186e-01,
    ],
    [
        2.9206846e-03,
        -1.6367897e-02,
        4.321181e-02,
        -7.5522095e-02,
        1.0666002e-01,
        -1.4211055e-01,
        1.9993773e-01,
        -3.3333153e-01,
    ],
)


def is_far(x) -> bool:
    """Whether sin, cos and tan of a finite `x` need libm."""
    a = abs_(x)
    return both(a >= width(x).far, a < math.inf)


def _quadrant(x):
    """(k, r, low) with x = k pi / 2 + r + low; of k only the low bits count."""
    w = width(x)
    first, second, third = w.half_pi
    t = fma(x, 2.0 / math.pi, w.round)
    n = t - w.round
    high = fma(n, -first, x)
    more = n * second
    r = high - more
    return bits(t), r, fma(n, -third, ((high - r) - more) - fma(n, second, -more))


def _turned(k, r, low):
    """The sine of r + low + k pi / 2."""
    z = r * r
    sine = r + fma(z * r, horner(_SIN, z), low)
    cosine = 1.0 + fma(z, fma(z, horner(_COS, z), -0.5), -(r * low))
    return flipped(select((k & 1) == 0, sine, cosine), k >> 1)


def sin(x):
    """The sine of x, which is not far."""
    return select(x == 0.0, x, _turned(*_quadrant(x)))


def cos(x):
    """The cosine of x, which is not far."""
    k, r, low = _quadrant(x)
    return _turned(k + 1, r, low)


def tan(x):
    """The tangent of x, which is not far."""
    k, r, low = _quadrant(x)
    z = r * r
    rest = fma(z * r, horner(_TAN, z), fma(z, low, low))
    out = r + rest
    inverse = -1.0 / out
    inverse = fma(inverse * inverse, (r - out) + rest, inverse)
    return select(x == 0.0, x, select((k & 1) == 0, out, inverse))


def _arcsine_parts(a):
    """(far, s, p): arcsin(a) = s + p, or pi / 2 - 2 (s + p) where a is `far` from 0."""
    far = a >= 0.5
    z = select(far, fma(a, -0.5, 0.5), a * a)
    s = select(far, sqrt(z), a)
    return far, s, horner(_ARCSIN, z) * z * s


def arcsin(x):
    """The inverse sine."""
    far, s, p = _arcsine_parts(abs_(x))
    high, low, _ = width(x).half_pi
    rest = fma(s, -2.0, high)
    low = fma(s, -2.0, high - rest) + fma(p, -2.0, low)
    return with_sign(select(far, rest + low, s + p), x)


def arccos(x):
    """The inverse cosine."""
    w = width(x)
    far, s, p = _arcsine_parts(abs_(x))
    high, low, _ = w.half_pi
    s, p = with_sign(s, x), with_sign(p, x)
    below = x < 0.0
    base = select(below, like(x, 2.0 * high), 0.0)
    rest = select(below, like(x, 2.0 * low), 0.0)
    return select(far, fma(s, 2.0, base) + fma(p, 2.0, rest), high - (s + (p - low)))


def _arctangent(t):
    """q with arctan(t) = t + q t for |t| <= 1."""
    z = t * t
    return horner(_ARCTAN, z) * z


def arctan(x):
    """The inverse tangent."""
    a = abs_(x)
    high, low, _ = width(x).half_pi
    inverse = 1.0 / a
    t = select(a > 1.0, inverse, a)
    q = _arctangent(t)
    return with_sign(select(a > 1.0, (high - t) + fma(-q, t, low), fma(q, t, t)), x)


def arctan2(y, x):
    """The angle of the point (x, y)."""
    w = width(x)
    high, low, _ = w.half_pi
    ax, ay = abs_(x), abs_(y)
    steep = ay > ax
    big, small = select(steep, ay, ax), select(steep, ax, ay)
    t = select(big == small, select(big == 0.0, big, 1.0), small / big)
    q = _arctangent(t)
    left = bits(x) < 0
    # pi / 2 - a where steep, pi - a on the left, pi / 2 + a where both
    base = select(steep, like(x, high), select(left, like(x, 2.0 * high), 0.0))
    rest = select(steep, like(x, low), select(left, like(x, 2.0 * low), 0.0))
    t = select(steep, -t, t)
    t = select(left, -t, t)
    return with_sign((base + t) + fma(q, t, rest), y)
