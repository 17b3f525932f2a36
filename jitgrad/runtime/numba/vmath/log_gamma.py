"""The logarithm of the gamma function and its first two derivatives. Start at `gammaln`.

Both are a polynomial on an interval of length 1, which the recurrence brings other numbers to, as
far as it takes few steps: of gammaln these are one logarithm of a product, of digamma one quotient.
Beyond they are the asymptotic series of Stirling. Both are for numbers that are not negative, where
`is_below_zero` tells others, for which the reflection formula holds: it takes as long as all else.
"""

import math

from .core import abs_, at_least, at_most, both, chain, fma, horner, like, select, whole, width
from .logarithm import log
from .sincos import sin, tan

#: gammaln(2 + d) / d for d from -3/4 to 1/2, in powers of d
_LGAMMA = (
    [
        2.4806095686922314e-08, 3.075928967836018e-08, 8.490011429077136e-09,
        -6.405543307079383e-08, 2.962488468805224e-08, -8.211893343441476e-08,
        2.2594714927329972e-07, -4.5288269364367774e-07, 9.50246637339221e-07,
        -2.0390819508055737e-06, 4.375864486222945e-06, -9.439405872957153e-06,
        2.0507087449164963e-05, -4.492625429333192e-05, 9.945752255677875e-05,
        -0.0002231547568232589, 0.000509669524284549, -0.0011927539117810163,
        0.002890510330753461, -0.0073855510286722, 0.0205808084277844,
        -0.06735230105319812, 0.3224670334241132, 0.42278433509846713,
    ],
    [
        6.62583697703667e-05, -2.3449509171769023e-05, 7.450013072229922e-05,
        -0.0002398295036982745, 0.0005142285372130573, -0.001188719063065946,
        0.0028902278281748295, -0.007385943550616503, 0.02058080956339836,
        -0.0673522874712944, 0.32246702909469604, 0.42278432846069336,
    ],
)  # fmt: skip
#: x (gammaln(x) - (x - 1/2) log(x) + x - log(2 pi) / 2) for x > 8.5, in powers of 1 / x ** 2
_STIRLING = (
    [
        -0.0016801536419752989, 0.0008381987925716966, -0.0005952131264574793,
        0.0007936507137345062, -0.002777777777683916, 0.08333333333333331,
    ],
    [0.0007815744611434639, -0.002777715679258108, 0.0833333358168602],
)  # fmt: skip
#: digamma(y) / (y - root) for y from 1 to 2, in powers of y - root
_DIGAMMA = (
    [
        0.00025726641030825815, -0.0005760842110601753, 0.0005782581270895121,
        -0.0006253398774860832, 0.0010281883646651557, -0.0016059888908090932,
        0.0023204564172888144, -0.0033653639428472197, 0.004924164442007596,
        -0.007204950696250748, 0.010539060143652272, -0.015424742085159024,
        0.022597631695947043, -0.033161127271194656, 0.04880428874467668,
        -0.07219956124221559, 0.10782405068095527, -0.1639427054425213,
        0.2584997609557218, -0.4427631689835918, 0.9676722454476211,
    ],
    [
        -0.016220953315496445, 0.029527807608246803, -0.03407643362879753,
        0.047372665256261826, -0.07198094576597214, 0.1079433485865593,
        -0.1639576256275177, 0.2584962546825409, -0.44276291131973267, 0.9676722884178162,
    ],
)  # fmt: skip
#: x ** 2 (digamma(x) - log(x) + 1 / (2 x)) for x > 8, in powers of 1 / x ** 2
_DIGAMMA_FAR = (
    [
        0.017720108264888585, -0.00751943783096799, 0.004166222428860501,
        -0.003968252369453054, 0.0083333333312201, -0.08333333333333288,
    ],
    [-0.0038737906143069267, 0.008332787081599236, -0.0833333358168602],
)  # fmt: skip
#: Bernoulli's numbers, of index 2 on, by which trigamma (8 of them) and its derivatives are a
#: series in 1 / x ** 2 for x > 10
_BERNOULLI = (
    [
        854513 / 138, -174611 / 330, 43867 / 798, -3617 / 510, 7 / 6, -691 / 2730, 5 / 66,
        -1 / 30, 1 / 42, -1 / 30, 1 / 6,
    ],
    [1 / 42, -1 / 30, 1 / 6],
)  # fmt: skip
#: Where digamma is 0, in two parts, for float64 and float32
_ROOT = (1.4616321449683622, 9.549995429965697e-17), (1.4616321325302124, 1.243815006546356e-08)
#: log(2 pi) / 2 - 1/2, and log(pi)
_HALF_LOG_2PI_LESS, _LOG_PI = 0.4189385332046727, 1.1447298858494002
#: Up to here the recurrence is used.
_GAMMALN_NEAR, _DIGAMMA_NEAR, _TRIGAMMA_NEAR = 8.5, 8.0, 10.0


def is_below_zero(x) -> bool:
    """Whether a number is one that gammaln and digamma are not for."""
    return x < 0.0


def gammaln(a):
    """The logarithm of the gamma function of a number that is not negative."""
    near = at_most(a, _GAMMALN_NEAR)
    # from 5/4 on without the logarithm, which would nearly cancel
    count = select(both(near > 1.25, near < 1.5), like(a, 2.0), whole(near))
    d = near - count
    at_two = horner(_LGAMMA, d) * d
    product = like(a, 1.0)
    for k in range(1, 7):
        product = product * select(count > k + 1.5, near - float(k), 1.0)
    below = select(count < 0.5, near * (near + 1.0), near)
    product = select(count < 1.5, below, product)
    within = a <= _GAMMALN_NEAR
    logarithm = log(select(within, product, a))
    inverse = 1.0 / at_least(a, _GAMMALN_NEAR)
    rest = horner(_STIRLING, inverse * inverse) * inverse + _HALF_LOG_2PI_LESS
    far = fma(a - 0.5, logarithm - 1.0, rest)
    return select(within, at_two + select(count < 1.5, -logarithm, logarithm), far)


def gammaln_anywhere(x):
    """The logarithm of the absolute value of the gamma function."""
    a = abs_(x)
    out = gammaln(a)
    sine = abs_(sin((a - whole(a)) * math.pi))
    mirrored = _LOG_PI - log(a * sine) - out
    return select(x < 0.0, select(a < math.inf, mirrored, x), out)


def digamma(a):
    """The derivative of `gammaln` at a number that is not negative."""
    root, root_low = _ROOT[width(a).mantissa < 30]
    near = at_most(a, _DIGAMMA_NEAR)
    count = whole(near - 0.5)
    y = near - (count - 1.0)
    at_one = (y - root) - root_low
    above, below = like(a, 0.0), like(a, 1.0)
    for k in range(1, 8):
        step = near - float(k)
        taken = count > k + 0.5
        above = select(taken, fma(above, step, below), above)
        below = select(taken, below * step, below)
    first = count < 0.5
    above, below = select(first, like(a, -1.0), above), select(first, near, below)
    value = fma(horner(_DIGAMMA, at_one), at_one, above / below)
    inverse = 1.0 / at_least(a, _DIGAMMA_NEAR)
    square = inverse * inverse
    far = log(a) + fma(square, horner(_DIGAMMA_FAR, square), -0.5 * inverse)
    return select(a <= _DIGAMMA_NEAR, value, far)


def digamma_anywhere(x):
    """The derivative of `gammaln_anywhere`."""
    negative = x < 0.0
    value = digamma(select(negative, 1.0 - x, x))
    off = x - whole(x)
    mirrored = value - math.pi / tan(off * math.pi)
    return select(negative, select(off == 0.0, like(x, math.nan), mirrored), value)


def trigamma(a):
    """The derivative of `digamma` at a number that is not negative: the series of Stirling, of
    small numbers that of ten more, and the ten squares between."""
    near = at_most(a, _TRIGAMMA_NEAR)
    within = a <= _TRIGAMMA_NEAR
    inverse = 1.0 / select(within, near + _TRIGAMMA_NEAR, a)
    square = inverse * inverse
    series = chain(_BERNOULLI[width(a).mantissa < 30][-8:], square)
    out = fma(fma(series, inverse, like(a, 0.5)), square, inverse)
    total = out
    for k in reversed(range(1, int(_TRIGAMMA_NEAR))):
        step = near + float(k)
        total = total + 1.0 / (step * step)
    return select(within, total + 1.0 / (near * near), out)


def trigamma_anywhere(x):
    """The derivative of `digamma_anywhere`."""
    negative = x < 0.0
    value = trigamma(select(negative, 1.0 - x, x))
    ratio = math.pi / sin((x - whole(x)) * math.pi)
    mirrored = ratio * ratio - value
    return select(negative, select(x > -math.inf, mirrored, like(x, math.inf)), value)


def _higher(n, a):
    """Derivative number `n`, at least the second, of `digamma`, over (-1) ** (n + 1) n!, as
    `trigamma` is computed."""
    near = at_most(abs_(a), _TRIGAMMA_NEAR)
    within = a <= _TRIGAMMA_NEAR
    inverse = 1.0 / select(within, near + _TRIGAMMA_NEAR, a)
    square = inverse * inverse
    terms, series = _BERNOULLI[width(a).mantissa < 30], []
    for k, b in enumerate(reversed(terms), 1):
        series.append(b * math.comb(2 * k + n - 1, n) / (2 * k))
    total = fma(chain(series[::-1], square), inverse, like(a, 0.5))
    total = fma(total, inverse, like(a, 1.0 / n))
    power = like(a, 1.0)
    for _ in range(n):
        power = power * inverse
    out = total = total * power

    def term(step):
        product = step
        for _ in range(n):
            product = product * step
        return 1.0 / product

    for k in reversed(range(1, int(_TRIGAMMA_NEAR))):
        total = total + term(near + float(k))
    return select(within, total + term(near), out)


def tetragamma(a):
    """The derivative of `trigamma` at a number that is not negative."""
    return -2.0 * _higher(2, a)


def tetragamma_anywhere(x):
    """The derivative of `trigamma_anywhere`."""
    negative = x < 0.0
    value = tetragamma(select(negative, 1.0 - x, x))
    angle = (x - whole(x)) * math.pi
    ratio = math.pi / sin(angle)
    return select(negative, value - 2.0 * math.pi * ratio * ratio / tan(angle), value)


def pentagamma(a):
    """The derivative of `tetragamma` at a number that is not negative."""
    return 6.0 * _higher(3, a)


def pentagamma_anywhere(x):
    """The derivative of `tetragamma_anywhere`."""
    negative = x < 0.0
    value = pentagamma(select(negative, 1.0 - x, x))
    ratio = math.pi / sin((x - whole(x)) * math.pi)
    square = ratio * ratio
    return select(negative, fma(square, 6.0 * square - 4.0 * math.pi**2, -value), value)
