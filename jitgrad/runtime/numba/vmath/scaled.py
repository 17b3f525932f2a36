"""The scaled complementary error function and Dawson's integral. Start at `erfcx`."""

import math

from .core import (
    NARROW,
    abs_,
    at_least,
    at_most,
    fma,
    horner,
    like,
    onto_unit,
    select,
    width,
    with_sign,
)
from .exp import exp_of

#: erfc(a) * exp(a ** 2) * (a + 4) in powers of (a - 4) / (a + 4), for all a of at least 0
_ERFCX = (
    [
        2.4367675149258678e-11, -1.834059986968237e-10, -2.276989370150693e-10,
        2.3075646348668524e-09, 1.117872682758248e-09, -1.8162552067570543e-08,
        -9.266413869026548e-10, 1.2688145956021188e-07, -7.374563898830179e-08,
        -8.47812607857195e-07, 1.4231025174391924e-06, 4.695011075902066e-06,
        -1.8860454266453215e-05, -3.6353102447280926e-06, 0.00017681270640385643,
        -0.0004550526649482628, -0.0002809588468790988, 0.0061120556544951585,
        -0.026370053342210403, 0.07638151490929698, -0.17401093723982844, 0.3308515878780167,
        -0.5408538313132378, 0.773208702265237, -0.976548729080882, 1.095995661000491,
    ],
    [
        0.000125922365, -0.000446125225, -0.000223463503, 0.00609627413, -0.0264016315, 0.076390706,
        -0.174002573, 0.330849379, -0.540854752, 0.773208857, -0.976548672, 1.09599566,
    ],
)  # fmt: skip
#: Its derivative, roughly
_ERFCX_SLOPE = ([0.5337, -1.149, 1.287, -1.518, 1.551, -0.9824],) * 2
#: (1 + x ** 2) dawsn(x) / x for x up to 4, in powers of x ** 2, mapped to -1 to 1
_DAWSON = (
    [
        2.6922418530719147e-09, -1.0689828740375404e-08, 1.9044917779889006e-08,
        -6.363522487333465e-08, 2.83985242161985e-07, -9.425393474695704e-07, 2.835098065703516e-06,
        -8.549562013069486e-06, 2.493790872643737e-05, -6.90590319488401e-05,
        0.00018213602817151564, -0.0004573105387004195, 0.0010891811342081143,
        -0.0024519310261794216, 0.00519745579374971, -0.010327001457477421, 0.01912720155417613,
        -0.032795602436528445, 0.05158697350606576, -0.07351322805720564, 0.09310676314920975,
        -0.10135639064252033, 0.08809696104840795, -0.04712266337505739, -0.018052495291851545,
        0.0921031239323853, -0.15313886995537687, 0.18396265945571288, -0.1818223172649332,
        0.1585098066502901, -0.1305365658045104, 0.6083916655801547,
    ],
    [
        0.00247157761, -0.00604280783, 0.00187264709, -0.00168595603, 0.0233014803, -0.0435553119,
        0.048481036, -0.0656318367, 0.0945307463, -0.104878701, 0.0876968876, -0.046173133,
        -0.0179865249, 0.0919571221, -0.153144687, 0.183973998, -0.181822091, 0.158509463,
        -0.130536571, 0.608391643,
    ],
)  # fmt: skip
#: x dawsn(x) for x from 4 on, in powers of 1 / x ** 2, mapped to -1 to 1
_DAWSON_FAR = (
    [
        -2.742074788154505e-10, 3.547894968334573e-10, 2.229730765591969e-09,
        -2.835431818694665e-09, -8.423739696618037e-09, 1.061357837941385e-08,
        1.996195575281925e-08, -2.5073634960563284e-08, -3.4450119584653595e-08,
        4.2705871135049756e-08, 4.9394562140862286e-08, -5.636672767210768e-08,
        -6.797105870288543e-08, 5.6124470096167804e-08, 9.763052703527262e-08,
        -2.012798918491946e-08, -1.2608117810681492e-07, -9.105738010477908e-08,
        3.637840175478534e-08, 1.6491250003443962e-07, 2.970660910619715e-07, 5.968213870774775e-07,
        1.7379291494749005e-06, 7.507677774848306e-06, 4.792593708081069e-05, 0.0004768322737611572,
        0.008646073144815003, 0.5082109864490417,
    ],
    [
        1.68778783e-07, 6.9939324e-07, 1.87655712e-06, 7.48272396e-06, 4.78800102e-05,
        0.000476834393, 0.00864607748, 0.508210957,
    ],
)  # fmt: skip
#: Up to here Dawson's integral is near.
_NEAR = 4.0
#: exp of its square is infinite.
_INFINITE = 32.0


def erfcx(x):
    """exp(x ** 2) erfc(x)."""
    a = abs_(x)
    d = a + 4.0
    inverse = 1.0 / d
    t = fma(inverse, -8.0, 1.0)
    lost = fma(inverse, -8.0, 1.0 - t)
    inverse_low = select(a < math.inf, fma(-inverse, d, 1.0) * inverse, 0.0)
    second, last = (like(a, c) for c in _ERFCX[width(a) is NARROW][-2:])
    upper = horner([c[:-2] for c in _ERFCX], t)
    g = fma(t, upper, second)
    h = fma(t, g, last)
    rest = fma(fma(t, upper, second - g), t, fma(t, g, last - h))
    rest = fma(lost - 8.0 * inverse_low, horner(_ERFCX_SLOPE, t), rest)
    right = fma(h, inverse, fma(h, inverse_low, rest * inverse))
    finite = at_most(a, _INFINITE)
    square = finite * finite
    left = 2.0 * exp_of(square, fma(finite, finite, -square)) - right
    return select(x < 0.0, left, right)


def dawsn(x):
    """exp(-x ** 2) times the integral of exp(t ** 2) for t from 0 to x."""
    a = abs_(x)
    square = at_most(a, _NEAR) * at_most(a, _NEAR)
    near = horner(_DAWSON, onto_unit(square, 0.0, _NEAR**2)) * a
    far = at_least(a, _NEAR)
    inverse = 1.0 / (far * far)
    beyond = horner(_DAWSON_FAR, onto_unit(inverse, 0.0, _NEAR**-2))
    within = a <= _NEAR
    return with_sign(select(within, near, beyond) / select(within, 1.0 + square, a), x)


def erfi(x):
    """The imaginary error function, -i erf(i x)."""
    finite = at_most(abs_(x), _INFINITE)
    square = finite * finite
    root = exp_of(0.5 * square, 0.5 * fma(finite, finite, -square))
    return (dawsn(with_sign(finite, x)) * (2.0 / math.sqrt(math.pi)) * root) * root
