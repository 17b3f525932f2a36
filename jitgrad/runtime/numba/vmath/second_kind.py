"""Bessel functions of the second kind and modified ones, of order 0 and 1. Start at `bessel_y0`.

Those of the second kind are, up to 4, 2 / pi log(x / c) times that of the first kind and a
polynomial in x ** 2, which are both 0 at their first zero c; up to 8 they are polynomials, and
beyond the waves that those of the first kind are. The modified ones are, up to 1, such a sum with
the logarithm of x / 2; beyond, they are exp(-x) / sqrt(x) times a polynomial in 1 / (1 + x). Beside
the zeros of the former, but for the first, the error is that of the amplitude.
"""

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
    sqrt,
    width,
    within,
)
from .cylinder import _NEAR, _P0, _P1, _Q0, _Q1, _waves
from .exp import exp
from .logarithm import log, log_over
from .sincos import cos, sin

#: What y0(x), and x y1(x), are beside 2 / pi log(x / c) j(x), without their first zero, for x up to
#: 4, in powers of x ** 2, mapped to -1 to 1
_Y0 = (
    [
        -4.0865035783284225e-15, 2.8354396231779715e-13, -1.6435642056114496e-11,
        7.826764474082815e-10, -2.993779413668966e-08, 8.947348116816984e-07,
        -2.0158522930042115e-05, 0.00032624801980007197, -0.003540534876529221,
        0.023160013280629718, -0.07560438045810589, 0.0794920345916413,
    ],
    [
        8.96390986e-07, -2.02110041e-05, 0.000326246896, -0.00354050868, 0.0231600143,
        -0.0756043866, 0.0794920325,
    ],
)  # fmt: skip
_Y1 = (
    [
        6.89171307499142e-14, -4.314843921883537e-12, 2.230201946224827e-10, -9.331793440250237e-09,
        3.076229502505842e-07, -7.716740562378064e-06, 0.0001404421019486103, -0.001727665885198831,
        0.012737320428140752, -0.042711138488216546, -0.0030738712375509005, 0.18612623508607282,
    ],
    [
        -7.73666306e-06, 0.000140981501, -0.00172765215, 0.0127370507, -0.0427111425,
        -0.00307383738, 0.186126232,
    ],
)  # fmt: skip
#: j0(x) and j1(x) / x, likewise
_J0 = (
    [
        1.529911522047063e-14, -1.0874329394756815e-12, 6.474430423168069e-11,
        -3.177438768471953e-09, 1.2577280629186403e-07, -3.910341979154333e-06,
        9.228173990226608e-05, -0.0015789541366878423, 0.01835270061006565, -0.1310320635136455,
        0.4795280821510107, -0.565959973761085, -0.1965480952704682,
    ],
    [
        -3.91777576e-06, 9.25337226e-05, -0.00157894811, 0.0183525421, -0.131032065, 0.479528099,
        -0.56595999, -0.196548089,
    ],
)  # fmt: skip
_J1 = (
    [
        5.949957421969306e-16, -4.590116773176941e-14, 2.9888027070056974e-12,
        -1.6186075175334352e-10, 7.1492389058444124e-09, -2.515456125910157e-07,
        6.843098462736797e-06, -0.00013842260985339654, 0.001973692670859966, -0.01835270061006565,
        0.0982740476352341, -0.23976404107550536, 0.14148999344027124,
    ],
    [
        -2.51921279e-07, 6.85741998e-06, -0.000138422314, 0.00197368371, -0.0183527004,
        0.0982740521, -0.239764035, 0.141489998,
    ],
)  # fmt: skip
#: y0 and y1 from 4 to 8, mapped to -1 to 1
_Y0_MIDDLE = (
    [
        5.2520106264530545e-12, -1.5639240835250245e-11, 1.938522384292921e-11,
        -6.449395025244038e-11, 3.442506609912401e-10, -1.1434462733242095e-09,
        -1.7120393544568957e-09, 8.741519797325393e-09, 2.7069178556735576e-07,
        -9.71400513298368e-07, -9.712448173271992e-06, 3.243719100745481e-05, 0.0002926573546991413,
        -0.0008876249916694182, -0.005452946550608331, 0.01475734239022671, 0.05980681768441293,
        -0.14046871822385443, -0.2844266596334455, 0.5180525865296924, 0.3500206886007965,
        -0.28819468398157916,
    ],
    [
        -8.77898219e-06, 2.95636473e-05, 0.000291400182, -0.000884407957, -0.0054521244,
        0.0147556793, 0.0598065518, -0.140468329, -0.28442663, 0.518052578, 0.350020677,
        -0.288194686,
    ],
)  # fmt: skip
_Y1_MIDDLE = (
    [
        1.959574736046025e-11, -5.5500002307599606e-11, 5.8173012379073854e-11,
        -1.825223229064756e-10, 7.909373955493642e-10, -2.9293385060667842e-09,
        8.895757060359195e-09, 1.2843760979754002e-08, -6.10064747170556e-08,
        -1.7594988589842662e-06, 5.828318307153989e-06, 5.341846585477999e-05,
        -0.0001621859306676277, -0.001316958096364658, 0.0035504999624837875, 0.01908531292715938,
        -0.04427202717028526, -0.14951704421103443, 0.28093743644769187, 0.4266399894501683,
        -0.5180525865296922, -0.17501034430039825,
    ],
    [
        5.68271162e-06, 4.81790739e-05, -0.000162013763, -0.00131106866, 0.00355039258,
        0.0190822575, -0.0442719944, -0.149516329, 0.280937433, 0.426639915, -0.518052578,
        -0.175010338,
    ],
)  # fmt: skip
#: Their first zeros, and the inverses of these, in two parts, for float64 and float32
_FIRST = (
    (
        (0.8935769662791675, 2.6596231539720385e-17, 1.1190977808704887, 1.0518920173996795e-16),
        (0.893576979637146, -1.33579787231497e-08, 1.1190978288650513, -4.7994561214181886e-08),
    ),
    (
        (2.197141326031017, -4.8259835876454966e-17, 0.4551368581312111, 9.409393165612907e-18),
        (2.197141408920288, -8.288927233479626e-08, 0.45513686537742615, -7.246215183442928e-09),
    ),
)
#: k0(x) + log(x / 2) i0(x), and (k1(x) - 1 / x - log(x / 2) i1(x)) / x, for x up to 1, in powers of
#: x ** 2 / 4, mapped to -1 to 1
_K0 = (
    [
        7.969255047604656e-17, 3.8470240672833994e-14, 1.4048137908223489e-11,
        3.699220071247323e-09, 6.566626026749579e-07, 7.073868286285269e-05, 0.003812939164235184,
        0.06026431240552072, -0.5206942059547768,
    ],
    [6.58270096e-07, 7.0742688e-05, 0.00381293776, 0.0602643117, -0.520694196],
)  # fmt: skip
_K1 = (
    [
        -4.539369137706726e-18, -2.474203122341719e-15, -1.0390988066706322e-12,
        -3.2221130649684736e-10, -6.96716971976819e-08, -9.64178900384416e-06,
        -0.0007377885393476029, -0.02247143926546034, 0.01686460928617237,
    ],
    [-7.00003042e-08, -9.6419617e-06, -0.00073778833, -0.0224714391, 0.016864609],
)  # fmt: skip
#: i0(x), and 2 i1(x) / x, likewise
_I0 = (
    [
        1.9065419670588926e-14, 7.491107434078047e-12, 2.1638241217882328e-09,
        4.3456267154608203e-07, 5.5970233822789745e-05, 0.004071574851713891, 0.1329769664783382,
        1.1289609294541276,
    ],
    [4.34453824e-07, 5.59729415e-05, 0.00407157512, 0.132976964, 1.12896097],
)  # fmt: skip
_I1 = (
    [
        2.3791922619317794e-15, 1.0677765453493472e-12, 3.595695849518663e-10,
        8.655296472858981e-08, 1.3906005490964027e-05, 0.0013432856117469973, 0.0651451976274221,
        1.0638157318267056,
    ],
    [8.65447163e-08, 1.3906455e-05, 0.00134328566, 0.0651451945, 1.06381571],
)  # fmt: skip
#: sqrt(x) exp(x) k(x) for x from 1 on, in powers of 1 / (1 + x), mapped to -1 to 1
_K0_FAR = (
    [
        1.5734214133102175e-11, -2.5465110843200385e-11, -5.176366151326493e-11,
        5.401801588986108e-11, 1.0179720618821942e-10, -2.542398927424472e-10,
        -2.805281327927739e-10, -9.394236432286536e-10, -2.2259814882797836e-09,
        -1.0107703639811794e-08, -2.7217551860932392e-08, -1.030783035926291e-07,
        -3.1005419350561304e-07, -1.1249594624564425e-06, -3.5911551638911406e-06,
        -1.3010580746854905e-05, -4.352560916933588e-05, -0.00016278282391723014,
        -0.0005746200406849612, -0.0023443540383582162, -0.009047854303700769,
        -0.051904142000699996, 1.2085585393824039,
    ],
    [
        -1.51517213e-06, -4.49240179e-06, -1.2539118e-05, -4.26985607e-05, -0.000163027449,
        -0.000574922247, -0.0023443019, -0.00904781651, -0.0519041456, 1.20855856,
    ],
)  # fmt: skip
_K1_FAR = (
    [
        -9.857302747927425e-12, 5.1193563364667195e-11, 8.740885774586283e-11,
        2.8580917687350347e-11, 2.5816567110857783e-10, 1.4328950589382105e-09,
        3.7183831845122494e-09, 1.1522476989442716e-08, 3.495036035574792e-08,
        1.1170751503679801e-07, 3.415785303629431e-07, 1.0820015707791225e-06,
        3.3583608081688645e-06, 1.0673202264422351e-05, 3.3556316511320525e-05,
        0.00010771773965349808, 0.00034412685010119955, 0.001126934887704291, 0.0036928469288373296,
        0.012635408079173993, 0.04365061563750063, 0.17753773382085045, 1.3970089271126294,
    ],
    [
        4.65245193e-06, 1.42952713e-05, 3.19606006e-05, 0.000103858576, 0.000345007516,
        0.00112867902, 0.00369262882, 0.0126350904, 0.0436506346, 0.177537754, 1.3970089,
    ],
)  # fmt: skip
#: 2 / pi, and up to where functions are near
_TWO_OVER_PI, _Y_NEAR, _K_NEAR = 2.0 / math.pi, 4.0, 1.0
_LN2 = math.log(2.0)


def _about_zero(table, first_kind, order, a, argument):
    """The function of `argument` up to 4, times that to the power of the order: two terms that are
    0 at the first zero. `a` is the argument, but not 0 if the order is 1."""
    high, low, inverse, inverse_low = _FIRST[order][width(a) is NARROW]
    t = onto_unit(argument * argument, 0.0, _Y_NEAR**2)
    rest = horner(table, t) * ((argument - high) - low) * (argument + high)
    logarithm = log_over(a, inverse, inverse_low) * horner(first_kind, t)
    if order:
        logarithm = logarithm * (argument * argument)
    return fma(logarithm, _TWO_OVER_PI, rest)


def _beyond(table, x, wave):
    middle = horner(table, onto_unit(within(x, _Y_NEAR, _NEAR), _Y_NEAR, _NEAR))
    return select(x <= _NEAR, middle, wave)


def bessel_y0(x):
    """The Bessel function of the second kind, of order 0, for numbers that are not `is_far`."""
    near = at_most(x, _Y_NEAR)
    value = _about_zero(_Y0, _J0, 0, near, near)
    p, q, far = _waves(_P0, _Q0, x)
    sine, cosine = sin(far), cos(far)
    beyond = _beyond(_Y0_MIDDLE, x, fma(p, sine - cosine, q * (sine + cosine)))
    return select(x <= _Y_NEAR, value, beyond)


def bessel_y1(x):
    """The Bessel function of the second kind, of order 1, for numbers that are not `is_far`."""
    near = at_most(abs_(x), _Y_NEAR)
    value = _about_zero(_Y1, _J1, 1, at_least(near, width(x).least_normal), near) / near
    p, q, far = _waves(_P1, _Q1, x)
    sine, cosine = sin(far), cos(far)
    beyond = _beyond(_Y1_MIDDLE, x, fma(-p, sine + cosine, q * (sine - cosine)))
    return select(x < 0.0, like(x, math.nan), select(x <= _Y_NEAR, value, beyond))


def _k_near(x):
    """(x up to 1, x ** 2 / 4 of it mapped to -1 to 1)."""
    near = at_most(x, _K_NEAR)
    return near, onto_unit(0.25 * near * near, 0.0, 0.25)


def _k0_near(x):
    near, t = _k_near(x)
    return fma(_LN2 - log(near), horner(_I0, t), horner(_K0, t))  # half of the least number is 0


def _k1_near(x):
    near, t = _k_near(abs_(x))
    logarithm = log(0.5 * at_least(near, width(x).least_normal))
    out = 1.0 / near + near * fma(0.5 * logarithm, horner(_I1, t), horner(_K1, t))
    return select(x < 0.0, like(x, math.nan), out)


def _k_far(table, x):
    """exp(x) times the function for x from 1 on."""
    far = at_least(x, _K_NEAR)
    t = onto_unit(1.0 / (far + 1.0), 0.0, 0.5)
    return horner(table, t) * sqrt(1.0 / far)


def bessel_k0(x):
    """The modified Bessel function of the second kind, of order 0."""
    return select(x <= _K_NEAR, _k0_near(x), _k_far(_K0_FAR, x) * exp(-x))


def bessel_k0e(x):
    """`bessel_k0` times exp(x)."""
    near = _k0_near(x) * exp(at_most(x, _K_NEAR))
    return select(x <= _K_NEAR, near, _k_far(_K0_FAR, x))


def bessel_k1(x):
    """The modified Bessel function of the second kind, of order 1."""
    return select(x <= _K_NEAR, _k1_near(x), _k_far(_K1_FAR, x) * exp(-x))


def bessel_k1e(x):
    """`bessel_k1` times exp(x)."""
    near = _k1_near(x) * exp(at_most(x, _K_NEAR))
    return select(x <= _K_NEAR, near, _k_far(_K1_FAR, x))
