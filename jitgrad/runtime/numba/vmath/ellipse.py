"""Complete elliptic integrals, of the parameter m. Start at `ellipk`.

Of p = 1 - m up to 1/2 they are two functions without a bend, one of them times log(p), beyond they
are functions of m. That of the logarithm in `ellipk` is the integral itself: one polynomial is
both. A p beyond 1, an m below 0, is inverted.
"""

import math

from .core import at_least, at_most, fma, horner, onto_unit, select, sqrt, width
from .logarithm import log

#: ellipk(m) for m up to 1/2, mapped to -1 to 1
_K = (
    [
        3.960596473556854e-11, 1.1974992401270178e-10, 1.809296346517194e-10, 6.029933768428859e-10,
        2.3544817936575795e-09, 7.507344159614987e-09, 2.3722222569003223e-08,
        7.706037634075649e-08, 2.5219004089926854e-07, 8.30710095585851e-07, 2.7628376882610873e-06,
        9.29909071479075e-06, 3.1769956931516124e-05, 0.00011066757564295407, 0.0003957381708070738,
        0.001468987169198201, 0.005775663647209984, 0.025095277399422897, 0.13543296215331996,
        1.685750354812596,
    ],
    [
        1.18940752e-05, 3.89855632e-05, 0.000108116001, 0.000390053523, 0.00146999711,
        0.00577728404, 0.0250951368, 0.135432839, 1.68575037,
    ],
)  # fmt: skip
#: ellipk(1 - p) + log(p) ellipk(p) / pi for p up to 1/2, mapped to -1 to 1
_K_REST = (
    [
        5.048148658841758e-12, 1.621821476408615e-11, 3.2281906670490076e-11,
        1.1482392812136885e-10, 4.4310449527427594e-10, 1.5516288034115588e-09,
        5.486397862187296e-09, 1.9887707433945142e-08, 7.35259682772226e-08, 2.7837844140495024e-07,
        1.0866470040887963e-06, 4.413518180598556e-06, 1.8914877105254917e-05,
        8.751988233629886e-05, 0.0004557101547014165, 0.002912281267785302, 0.028876927342018188,
        1.4126425650163983,
    ],
    [
        1.29438058e-06, 5.0329736e-06, 1.87326223e-05, 8.71185912e-05, 0.000455769594,
        0.00291236304, 0.0288769212, 1.4126426,
    ],
)  # fmt: skip
#: ellipe(m) for m up to 1/2, mapped to -1 to 1
_E = (
    [
        -2.5419556309682726e-12, -8.000446712305306e-12, -1.4929169808960475e-11,
        -5.361084871726203e-11, -2.097941396752153e-10, -7.268164734239283e-10,
        -2.5385887661972064e-09, -9.098750591402696e-09, -3.3179627294563007e-08,
        -1.2348895233089523e-07, -4.7175533968640577e-07, -1.8632198303614994e-06,
        -7.689317332008774e-06, -3.3718484923768314e-05, -0.0001616860458039626,
        -0.0008964350561412381, -0.0065722223541841126, -0.1091440727365845, 1.4674622093394272,
    ],
    [
        -5.8403856e-07, -2.17590946e-06, -7.56786585e-06, -3.34748802e-05, -0.000161739328,
        -0.000896503974, -0.00657221396, -0.109144069, 1.46746218,
    ],
)  # fmt: skip
#: ellipe(1 - p) + log(p) (ellipk(p) - ellipe(p)) / pi for p up to 1/2, mapped to -1 to 1
_E_REST = (
    [
        1.5900703996895156e-12, 5.154001837345247e-12, 9.833884816971278e-12,
        3.4593857518941584e-11, 1.3512276162255234e-10, 4.700600270776866e-10,
        1.6445833307770178e-09, 5.903261509522725e-09, 2.1572296925945036e-08,
        8.050215502510821e-08, 3.0858423510084116e-07, 1.2242990210876135e-06,
        5.084569920093576e-06, 2.2506890041064695e-05, 0.00010959592320381358,
        0.0006256681764514594, 0.004937794546575327, 0.11913507630971892, 1.1147317556030956,
    ],
    [
        3.72212554e-07, 1.42872261e-06, 5.02437706e-06, 2.23469979e-05, 0.000109618821,
        0.00062571367, 0.00493779127, 0.119135074, 1.11473179,
    ],
)  # fmt: skip
#: (ellipk(p) - ellipe(p)) / (pi p) for p up to 1/2, mapped to -1 to 1
_D = (
    [
        3.7747877072330606e-11, 1.1515339005798981e-10, 1.8579160735559547e-10,
        6.136421496594602e-10, 2.331310200073939e-09, 7.47061292696978e-09, 2.3791753019997415e-08,
        7.758099223365313e-08, 2.550155755719723e-07, 8.449086715627761e-07, 2.830110708759645e-06,
        9.610521845372701e-06, 3.321256090885939e-05, 0.00011748411464839855, 0.0004293170831713129,
        0.0016469205388047552, 0.006848259376621505, 0.033472053592558386, 0.2779330989633405,
    ],
    [
        3.60456306e-06, 1.18192447e-05, 3.24742032e-05, 0.000115743642, 0.000429598847,
        0.00164741662, 0.00684822164, 0.0334720165, 0.277933091,
    ],
)  # fmt: skip


class _Place:
    """p, inverted where it is beyond 1, and what is made of it."""

    def __init__(self, p):
        self.inverted = p > 1.0
        self.q = q = select(self.inverted, 1.0 / p, p)
        self.near_one = q < 0.5
        self.low = low = at_most(q, 0.5)
        self.of_low = onto_unit(low, 0.0, 0.5)
        #: of the smaller one of p and m
        self.of_less = onto_unit(select(self.near_one, q, 1.0 - q), 0.0, 0.5)
        w = width(p)
        self.log = log(at_least(low, w.least_normal * w.epsilon))


def _first(place):
    value = horner(_K, place.of_less)
    rest = horner(_K_REST, place.of_low)
    return select(place.near_one, fma(place.log * (-1.0 / math.pi), value, rest), value)


def _second(place):
    rest = fma(-(place.log * place.low), horner(_D, place.of_low), horner(_E_REST, place.of_low))
    return select(place.near_one, rest, horner(_E, place.of_less))


def ellipkm1(p):
    """The complete elliptic integral of the first kind at 1 - p."""
    place = _Place(p)
    out = _first(place) * select(place.inverted, sqrt(place.q), 1.0)
    return select(p > 0.0, out, math.inf - log(p))


def ellipk(m):
    """The complete elliptic integral of the first kind."""
    return ellipkm1(1.0 - m)


def ellipe(m):
    """The complete elliptic integral of the second kind."""
    p = 1.0 - m
    place = _Place(p)
    out = _second(place) * select(place.inverted, sqrt(p), 1.0)
    return select(p < 0.0, log(p), out)


def ellipd(m):
    """(ellipk(m) - ellipe(m)) / m."""
    p = 1.0 - m
    place = _Place(p)
    first, second, less = _first(place), _second(place), 1.0 - place.q
    near = horner(_D, place.of_less) * math.pi
    usual = select(place.near_one, (first - second) / less, near)
    mirrored = select(place.near_one, (second - place.q * first) / less, first - near)
    out = select(place.inverted, mirrored * sqrt(place.q), usual)
    return select(p > 0.0, out, math.inf - log(p))
