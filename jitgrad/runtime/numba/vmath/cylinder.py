"""Bessel functions of order 0 and 1, modified ones and those of the first kind. Start at
`bessel_i0`.

Up to 8 a modified one is a polynomial in x ** 2 / 4 whose terms have one sign; beyond it is
exp(x) / sqrt(x) times a polynomial in 1 / x. Those of the first kind are, up to 8, products of
factors that are 0 where they are and a polynomial in 64 - x ** 2, whose terms have one sign, too;
beyond, they are a cosine and a sine with amplitudes that are polynomials in 1 / x ** 2. Beside the
zeros beyond 8 the error is that of the amplitude, as in other libraries.
"""

import math

from .core import NARROW, abs_, at_least, at_most, fma, horner, select, sqrt, width, with_sign
from .exp import exp
from .sincos import cos, sin

#: I0(x), and 2 I1(x) / x, for x up to 8, in powers of x ** 2 / 4
_I0 = (
    [
        1.1878953964749532e-29, 2.028366182494006e-27, 5.944203174006472e-25,
        1.3133715278540638e-22, 2.5793550076763408e-20, 4.358334710700707e-18,
        6.276086646504913e-16, 7.594058046421518e-14, 7.59405844867196e-12,
        6.151187325963343e-10, 3.936759889164635e-08, 1.929012345678522e-06,
        6.944444444444514e-05, 0.0017361111111111106, 0.02777777777777778, 0.25, 1.0, 1.0,
    ],
    [
        1.42256256e-13, 5.22001019e-12, 6.59923505e-10, 3.88650534e-08, 1.93249275e-06,
        6.94296032e-05, 0.00173614861, 0.0277777258, 0.25000003, 1, 1,
    ],
)  # fmt: skip
_I1 = (
    [
        2.0317357328792033e-28, 3.231711155321882e-26, 8.923095331984664e-24,
        1.8385212806908107e-21, 3.3531996328789963e-19, 5.229996634720306e-17,
        6.903695773168091e-15, 7.594058016774673e-13, 6.834652605090866e-11,
        4.920949860736145e-09, 2.7557319224156454e-07, 1.1574074074071192e-05,
        0.0003472222222222254, 0.006944444444444442, 0.08333333333333333, 0.5, 1.0,
    ],
    [
        1.44202825e-12, 4.59348219e-11, 5.30128075e-09, 2.71833784e-07, 1.15959929e-05,
        0.000347147055, 0.00694458559, 0.0833332092, 0.50000006, 1,
    ],
)  # fmt: skip
#: sqrt(x) exp(-x) I(x) for x beyond 8, in powers of 1 / x, mapped to -1 to 1
_I0_FAR = (
    [
        1.3821887020972023e-11, -6.253372345545163e-11, -1.0660589174063204e-10,
        4.689144989007498e-10, 3.9014928948002246e-10, -1.6485552057225956e-09,
        -9.490913342817704e-10, 3.6827887621328655e-09, 1.9042679959691045e-09,
        -5.996665602023831e-09, -3.767208264297614e-09, 7.457821106551809e-09,
        7.672909309698687e-09, -5.4163526084746525e-09, -1.3446173485600413e-08,
        -6.744431625566888e-09, 7.562228651643402e-09, 2.1547807411173424e-08,
        3.9324899480209554e-08, 8.872225463979146e-08, 2.9735991731399064e-07,
        1.4838475270509145e-06, 1.1143033568832835e-05, 0.00013621607247997315,
        0.0033605519589629236, 0.4021765094718925,
    ],
    [
        3.70386658e-07, 1.63879463e-06, 1.11024829e-05, 0.000136156406, 0.00336055807,
        0.402176499,
    ],
)  # fmt: skip
_I1_FAR = (
    [
        -1.3516243087105026e-11, 6.490360903160989e-11, 1.0291470007920189e-10,
        -4.870103708831881e-10, -3.7201736044556513e-10, 1.7142805298820642e-09,
        8.98207210187299e-10, -3.839232799818568e-09, -1.8136892727592475e-09,
        6.28559718156276e-09, 3.6810553846943982e-09, -7.915571459634167e-09,
        -7.759688254156679e-09, 5.9859690377331645e-09, 1.4070530580048748e-08,
        6.731249424649731e-09, -8.435102119792515e-09, -2.33733588117457e-08,
        -4.312825921790227e-08, -1.0001293986070569e-07, -3.483856311847343e-07,
        -1.8349100847197118e-06, -1.5038546896273589e-05, -0.0002192357606871098,
        -0.00974957711874691, 0.3893984589478757,
    ],
    [
        -1.23872965e-07, -4.20552681e-07, -1.82390158e-06, -1.50045717e-05, -0.000219237845,
        -0.00974958111, 0.389398456,
    ],
)  # fmt: skip
_MIDDLE, _SCALE = 0.0625000005, 16.000000128
#: J0(x), and J1(x) / x, without their first two zeros, for x up to 8, in powers of 64 - x ** 2
_J0 = (
    [
        1.045397427275937e-49, 1.0715960262715332e-46, 1.619197286626437e-43,
        1.9935966606303765e-40, 2.2011453550824725e-37, 2.1388289326055196e-34,
        1.814472098666365e-31, 1.3300284737561126e-28, 8.322730525202822e-26,
        4.382699877262462e-23, 1.9088661011417394e-20, 6.731368825758536e-18,
        1.87066965315171e-15, 3.954481984466193e-13, 6.0575145730178e-11,
        6.2620157171422934e-09, 3.892888086377495e-07, 1.1646260988991307e-05,
        8.793873470842997e-05,
    ],
    [
        1.38502442e-25, 3.56459643e-23, 1.97369963e-20, 6.70047067e-18, 1.87159002e-15,
        3.95431084e-13, 6.05753364e-11, 6.26201446e-09, 3.892888e-07, 1.16462606e-05,
        8.79387371e-05,
    ],
)  # fmt: skip
_J1 = (
    [
        4.135871180627787e-48, 4.000304253915499e-45, 5.7282538531849834e-42,
        6.645823073972372e-39, 6.890154411022389e-36, 6.259148941496166e-33,
        4.93929862549767e-30, 3.348151401387935e-27, 1.9241117587977185e-24,
        9.228132412910296e-22, 3.6235292835773776e-19, 1.1373503906436648e-16,
        2.7671915094932868e-14, 5.0083104352972075e-12, 6.362093552249545e-10,
        5.189375913321539e-08, 2.3266977186249897e-06, 4.0232757124382825e-05,
    ],
    [
        3.22438316e-24, 7.4597984e-22, 3.7499517e-19, 1.13204471e-16, 2.76853735e-14,
        5.00810764e-12, 6.36211084e-10, 5.18937533e-08, 2.32669777e-06, 4.02327569e-05,
    ],
)  # fmt: skip
#: Those zeros, in two parts, for float64 and float32
_ZEROS = (
    (
        (
            (2.404825557695773, -1.176691651530894e-16),
            (2.404825448989868, 1.087059047222283e-07),
        ),
        (
            (5.520078110286311, 8.088597146146722e-17),
            (5.520078182220459, -7.193414575112911e-08),
        ),
    ),
    (
        (
            (3.8317059702075125, -1.5269184090088067e-16),
            (3.8317060470581055, -7.685058989181925e-08),
        ),
        (
            (7.015586669815619, -9.414165653410389e-17),
            (7.015586853027344, -1.832117249023213e-07),
        ),
    ),
)
#: The amplitudes P(x) and x Q(x) for x beyond 8, in powers of 1 / x ** 2, mapped to -1 to 1
_P0 = (
    [
        -1.2232247224136535e-14, 3.337571147467678e-14, -6.265141640650905e-14,
        2.45069118051066e-13, -1.0647349319535398e-12, 4.7839815932031285e-12,
        -2.4868010120317577e-11, 1.5493497655619307e-10, -1.2116711999240762e-09,
        1.2800096228456924e-08, -2.0523179426045523e-07, 6.136591108648544e-06,
        -0.0005363322061681182, 0.9994572414607686,
    ],
    [
        -2.07053873e-07, 6.14956389e-06, -0.000536331616, 0.99945724,
    ],
)  # fmt: skip
_Q0 = (
    [
        1.8016053944812407e-14, -4.05549708982453e-14, 3.41435952795971e-14,
        -1.311318284141057e-13, 5.614997249188472e-13, -1.8721941270811916e-12,
        6.8690821175275004e-12, -2.8688464806262335e-11, 1.3619098168637533e-10,
        -7.572811754024956e-10, 5.144287529899613e-09, -4.533647362894666e-08,
        5.683764372271443e-07, -1.1815488983064558e-05, 0.0005466154297377479,
        -0.12444087605043316,
    ],
    [
        -4.67074024e-08, 5.75011484e-07, -1.18148519e-05, 0.000546613766, -0.124440879,
    ],
)  # fmt: skip
_P1 = (
    [
        1.2948467877598722e-14, -3.5435258158719654e-14, 6.703581664759152e-14,
        -2.630926762328318e-13, 1.1473232925820722e-12, -5.187890987233565e-12,
        2.718806248887731e-11, -1.7123276972021117e-10, 1.3598051445554205e-09,
        -1.4704312802593179e-08, 2.453167900069013e-07, -7.95862878591966e-06,
        0.0008987463993815918, 1.000907083801566,
    ],
    [
        2.47370053e-07, -7.97352459e-06, 0.000898745726, 1.00090706,
    ],
)  # fmt: skip
_Q1 = (
    [
        -1.8950469612593462e-14, 4.2735009955472694e-14, -3.637262612235452e-14,
        1.3970852910548842e-13, -5.977995645883767e-13, 2.0011767462686015e-12,
        -7.378002656099478e-12, 3.098343186849209e-11, -1.4811702061934863e-10,
        8.312221157427641e-10, -5.718734206822475e-09, 5.1346082633563117e-08,
        -6.63216354716323e-07, 1.4567622611880888e-05, -0.0007696655791119937,
        0.37421494295778235,
    ],
    [
        5.28562616e-08, -6.7058744e-07, 1.45669173e-05, -0.000769663719, 0.374214947,
    ],
)  # fmt: skip
_MIDDLE_OF_SQUARES, _SCALE_OF_SQUARES = 0.007813, 128.00819252432154
#: Up to here polynomials are in powers of x ** 2. Beyond the second one I(x) is infinite.
_NEAR, _INFINITE = 8.0, 1000.0


def _far(table, a):
    """sqrt(a) exp(-a) I(a) for `a` of at least 8, and 1 / sqrt(a)."""
    inverse = 1.0 / at_least(a, _NEAR)
    return horner(table, (inverse - _MIDDLE) * _SCALE), sqrt(inverse)


def _grown(near, far, a):
    """A modified function by its values near and far."""
    value, root = far
    growth = exp(0.5 * at_most(a, _INFINITE))
    beyond = select(a < math.inf, value * root * growth * growth, a)
    return select(a <= _NEAR, near, beyond)


def _scaled(near, far, a):
    """The same times exp(-a)."""
    value, root = far
    return select(a <= _NEAR, near * exp(-at_most(a, _NEAR)), value * root)


def _quarter(a):
    near = at_most(a, _NEAR)
    return 0.25 * near * near


def bessel_i0(x):
    """The modified Bessel function of the first kind, of order 0."""
    a = abs_(x)
    return _grown(horner(_I0, _quarter(a)), _far(_I0_FAR, a), a)


def bessel_i0e(x):
    """`bessel_i0` times exp(-abs(x))."""
    a = abs_(x)
    return _scaled(horner(_I0, _quarter(a)), _far(_I0_FAR, a), a)


def bessel_i1(x):
    """The modified Bessel function of the first kind, of order 1."""
    a = abs_(x)
    near = 0.5 * at_most(a, _NEAR) * horner(_I1, _quarter(a))
    return with_sign(_grown(near, _far(_I1_FAR, a), a), x)


def bessel_i1e(x):
    """`bessel_i1` times exp(-abs(x))."""
    a = abs_(x)
    near = 0.5 * at_most(a, _NEAR) * horner(_I1, _quarter(a))
    return with_sign(_scaled(near, _far(_I1_FAR, a), a), x)


def _without_zeros(table, zeros, a):
    """A function of the first kind for `a` up to 8, divided by `a` where its order is 1."""
    near = at_most(a, _NEAR)
    out = horner(table, fma(-near, near, 64.0))
    for zero in zeros:
        high, low = zero[width(a) is NARROW]
        out = out * ((near - high) - low) * (near + high)
    return out


def _waves(p, q, a):
    """The amplitudes of cosine and sine for `a` of at least 8, which is that, too."""
    far = at_least(a, _NEAR)
    inverse = 1.0 / far
    t = (inverse * inverse - _MIDDLE_OF_SQUARES) * _SCALE_OF_SQUARES
    size = sqrt(inverse * (1.0 / math.pi))
    return size * horner(p, t), size * inverse * horner(q, t), far


def bessel_j0(x):
    """The Bessel function of the first kind, of order 0, for numbers that are not `is_far`."""
    a = abs_(x)
    p, q, far = _waves(_P0, _Q0, a)
    sine, cosine = sin(far), cos(far)
    wave = fma(p, cosine + sine, -(q * (sine - cosine)))
    return select(a <= _NEAR, _without_zeros(_J0, _ZEROS[0], a), wave)


def bessel_j1(x):
    """The Bessel function of the first kind, of order 1, for numbers that are not `is_far`."""
    a = abs_(x)
    p, q, far = _waves(_P1, _Q1, a)
    sine, cosine = sin(far), cos(far)
    wave = fma(p, sine - cosine, q * (sine + cosine))
    out = select(a <= _NEAR, at_most(a, _NEAR) * _without_zeros(_J1, _ZEROS[1], a), wave)
    return select(x < 0.0, -out, out)
