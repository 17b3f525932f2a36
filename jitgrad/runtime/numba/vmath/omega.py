"""Wright's omega function, W(exp(t)) with Lambert's W, and (exp(x) - 1) / x. Start at
`wrightomega`.

Up to exp(t) = 0.6 it is a polynomial in the root of exp(t) + 1 / e, by which W has no bend. Beyond,
it solves w + log(w) = t, by one step of F. N. Fritsch, R. E. Shafer and W. P. Crowley (1973), which
makes four times as many digits of those that a polynomial in t, or log(t), has.
"""

import math

from .core import (
    abs_,
    at_least,
    at_most,
    fma,
    horner,
    like,
    onto_unit,
    select,
    sqrt,
    within,
)
from .exp import exp, expm1
from .logarithm import log

#: W(z) / z for z up to 0.6, in powers of the root of z + 1 / e, mapped to -1 to 1
_UPPER = (
    [
        -6.785204827367653e-09, 1.58608951482527e-08, 1.2302438562688936e-08,
        -3.280720831871301e-08, -7.534785180637241e-08, 1.8325261382905852e-07,
        -1.3339062135270212e-07, 2.6557381652473785e-07, -9.121562663157744e-07,
        2.044808356210005e-06, -4.237780513670814e-06, 9.304628026325724e-06,
        -2.0618057363779083e-05, 4.5300557461274153e-05, -9.929317546003474e-05,
        0.00021739848494899838, -0.0004750465276512205, 0.0010354639264344614,
        -0.0022502329942639615, 0.0048717952091469055, -0.010496886146607527, 0.02247357821716843,
        -0.04769762212867113, 0.09996596852544659, -0.2054629961493297, 0.4083632620179012,
        -0.7579965019029287, 1.1567927299637422,
    ],
    [
        -0.000206991841, 0.000477267778, -0.000322864653, 0.000626371184, -0.00234281877,
        0.00516772456, -0.0104734646, 0.0223671533, -0.0476985425, 0.0999838561, -0.20546338,
        0.40836215, -0.7579965, 1.15679276,
    ],
)  # fmt: skip
#: W(exp(t)) for t up to 3, and W(exp(t)) / t for t up to 710, in powers of log(t), mapped to -1
#: to 1
_MIDDLE = (
    [
        0.00012257258856493035, -3.8885947829943544e-05, -0.0009776240678317943,
        0.002797566801889039, -0.0008904408656385588, -0.029278800671105224, 0.18054199927887016,
        0.9297084893144052, 1.1259554431820091,
    ],
    [0.00301004131, -0.00209729862, -0.0295928996, 0.180939078, 0.929789782, 1.12593734],
)  # fmt: skip
_FAR = (
    [
        -0.012567232895417484, 0.00519935682622076, 0.046218423913617766, -0.07097592813959867,
        0.038421702493377466, 0.03445124900171791, -0.12750011353476134, 0.15869159960188284,
        0.9187973828914304,
    ],
    [-0.0624956638, 0.0852614492, 0.0308567416, -0.142043248, 0.158947438, 0.91950804],
)  # fmt: skip
#: The derivative of (exp(x) - 1) / x for x from -1.5 to 1.5, mapped to -1 to 1
_SLOPE = (
    [
        1.1443319888118114e-14, 1.4986929392082425e-13, 1.7452597287156293e-12,
        1.968994786989106e-11, 2.0928775665294066e-10, 2.083610590542272e-09,
        1.9347736908954954e-08, 1.6668816492384534e-07, 1.3242449061780394e-06,
        9.63087205962395e-06, 6.356375558097028e-05, 0.00037667410714242104, 0.0019775390624998807,
        0.009040178571428623, 0.035156250000000014, 0.1125, 0.28125, 0.5, 0.5,
    ],
    [
        9.47630724e-06, 6.68066059e-05, 0.000377581833, 0.00197484391, 0.00903937407, 0.0351571403,
        0.112500235, 0.281249911, 0.49999997, 0.5,
    ],
)  # fmt: skip
_NEAR, _MOST, _INVERSE_E = 0.6, 710.0, math.exp(-1.0)
#: From here on t - log(t) is right, and a step may overflow.
_HUGE = 2.0**60
_LOG_NEAR, _ROOT_NEAR = math.log(_NEAR), math.sqrt(_NEAR + _INVERSE_E)


def _step(w, rest):
    """A solution of w + log(w) = t by a nearby w, and t - w - log(w)."""
    next_ = w + 1.0
    e = rest / next_
    q = 2.0 * fma(rest, 2.0 / 3.0, next_)
    return w * (1.0 + e * ((q - e) / (q - 2.0 * e)))


def _omega(t):
    """W(exp(t)) for `t` from log(0.6) on."""
    middle = horner(_MIDDLE, onto_unit(within(t, _LOG_NEAR, 3.0), _LOG_NEAR, 3.0))
    logarithm = log(at_least(t, 3.0))
    place = onto_unit(at_most(logarithm, math.log(_MOST)), math.log(3.0), math.log(_MOST))
    far = select(t < _MOST, t * horner(_FAR, place), t - logarithm)
    w = select(t <= 3.0, middle, far)
    huge = select(t < math.inf, w, t)
    return select(t < _HUGE, _step(w, (t - w) - log(w)), huge)


def wrightomega(x):
    """Wright's omega function, W(exp(x))."""
    z = exp(at_most(x, _LOG_NEAR))
    place = onto_unit(sqrt(z + _INVERSE_E), 0.0, _ROOT_NEAR)
    return select(x <= _LOG_NEAR, z * horner(_UPPER, place), _omega(x))


def exprel(x):
    """(exp(x) - 1) / x, 1 at 0."""
    out = expm1(x) / x
    return select(x == 0.0, like(x, 1.0), select(x == math.inf, x, out))


def exprel_slope(x):
    """The derivative of `exprel`."""
    near = horner(_SLOPE, within(x, -1.5, 1.5) * (2.0 / 3.0))
    inverse = 1.0 / x
    far = fma(exp(x) * (1.0 - inverse), inverse, inverse * inverse)
    return select(abs_(x) <= 1.5, near, select(x == math.inf, x, far))
