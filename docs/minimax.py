"""``python docs/minimax.py [name...]``: the polynomials of `jitgrad.runtime.numba.vmath`, but for
digits that do not count.

`minimax` fits by the exchange of E. Ya. Remez (1934), weighted so that what is least is the error
beside the result. `FITS` says what is fitted, where, how many coefficients float64 and float32
have, and how many of the lowest are rounded first, one by one, the rest being fitted to what the
rounding left. It needs mpmath.
"""

import sys

import numpy as np
from mpmath import (
    asin,
    asinh,
    atan,
    atanh,
    besseli,
    besselj,
    besseljzero,
    besselk,
    bessely,
    besselyzero,
    ci,
    cos,
    digamma,
    e1,
    ei,
    ellipe,
    ellipk,
    erf,
    erfc,
    erfi,
    erfinv,
    exp,
    expm1,
    findroot,
    fresnelc,
    fresnels,
    lambertw,
    log,
    loggamma,
    lu_solve,
    matrix,
    mp,
    mpf,
    pi,
    polylog,
    rgamma,
    si,
    sin,
    sinh,
    sqrt,
    tan,
    tanh,
)

mp.dps = 110


def exchange(f, weight, low, high, n, points=None):
    """n coefficients, lowest first, of the polynomial P for which the largest weight * |P - f| is
    least."""
    m = points or 30 * (n + 1)
    x = [(low + high) / 2 - (high - low) / 2 * cos(pi * k / m) for k in range(m + 1)]
    wanted, weights = [f(v) for v in x], [weight(v) for v in x]
    places = [round(m * k / n) for k in range(n + 1)]
    for _ in range(30):
        rows, right = matrix(n + 1, n + 1), matrix(n + 1, 1)
        for i, k in enumerate(places):
            for j in range(n):
                rows[i, j] = (x[k] / high) ** j
            rows[i, n], right[i] = (-1) ** i / weights[k], wanted[k]
        found = lu_solve(rows, right)
        off = [
            w * (_value([found[j] for j in range(n)], v / high) - f)
            for w, v, f in zip(weights, x, wanted, strict=True)
        ]
        extrema = []
        for k, e in enumerate(off):
            if extrema and (e > 0) == (off[extrema[-1]] > 0):
                extrema[-1] = max(extrema[-1], k, key=lambda i: abs(off[i]))
            else:
                extrema.append(k)
        while len(extrema) > n + 1:
            extrema.pop(0 if abs(off[extrema[0]]) < abs(off[extrema[-1]]) else -1)
        if (
            len(extrema) < n + 1
            or extrema == places
            or max(map(abs, off)) < 1.02 * min(abs(off[k]) for k in extrema)
        ):
            break
        places = extrema
    return [found[j] / high**j for j in range(n)]


def _value(coefficients, x):
    out = mpf(0)
    for c in reversed(coefficients):
        out = out * x + c
    return out


def minimax(f, weight, low, high, n, rounded=0, number=np.float64):
    """The coefficients, highest first, as floats of the type `number`."""
    low, high, near, done = mpf(low), mpf(high), mpf("1e-13"), []
    while True:
        k = len(done)

        def left(v, k=k):
            v = v if abs(v) > near else near  # the functions have gaps at 0, which they would fill
            return (f(v) - _value(done, v)) / v**k

        rest = exchange(
            left,
            lambda v, k=k: weight(v) * abs(v) ** k if abs(v) > near else mpf("1e-60"),
            low,
            high,
            n - k,
        )
        if k == rounded:
            return [float(number(float(c))) for c in reversed(done + rest)]
        done.append(mpf(float(number(float(rest[0])))))


def odd(f):
    """(f(x) / x - 1) / x ** 2 in powers of x ** 2, beside f(x) / x."""
    return lambda z: (f(sqrt(z)) / sqrt(z) - 1) / z, lambda z: z * sqrt(z) / f(sqrt(z))


def tail(t):
    """erfc(a) * exp(a ** 2) * (a + 4) for t = (a - 4) / (a + 4)."""
    a = 4 * (1 + t) / (1 - t)
    return exp(a * a) * erfc(a) * (a + 4)


def stirling(z):
    """x times what gammaln(x) is beyond (x - 1/2) log(x) - x + log(2 pi) / 2, where z is
    1 / x ** 2."""
    x = 1 / sqrt(z)
    return (loggamma(x) - (x - mpf(1) / 2) * log(x) + x - log(2 * pi) / 2) * x


def digamma_far(z):
    """x ** 2 times what digamma(x) is beyond log(x) - 1 / (2 x), for z = 1 / x ** 2."""
    x = 1 / sqrt(z)
    return (digamma(x) - log(x) + 1 / (2 * x)) / z


def lgamma(d):
    return loggamma(2 + d) / d


def about_root(y):
    return digamma(DIGAMMA_ROOT + y) / y


def from_unit(low, high):
    """What maps -1 to 1 onto an interval."""
    middle, half = (mpf(low) + mpf(high)) / 2, (mpf(high) - mpf(low)) / 2
    return lambda t: middle + half * t


def relative(f, *interval):
    """f on an interval as a function on -1 to 1, and the weight of relative errors."""
    place = from_unit(*interval) if interval else lambda t: t
    return lambda t: f(place(t)), lambda t: 1 / abs(f(place(t)))


def inverse_erf(w):
    """erfinv(x) / x for w = -log(1 - x ** 2)."""
    if w < mpf("1e-60"):
        return sqrt(pi) / 2
    x = sqrt(1 - exp(-w))
    if w < 3:
        return erfinv(x) / x
    out, wanted = sqrt(w), -w - log(1 + x)
    for _ in range(200):  # the logarithm of erfc is nearly a parabola
        rest = erfc(out)
        step = (log(rest) - wanted) * rest * sqrt(pi) / 2 * exp(out * out)
        out += step
        if abs(step) < mpf(10) ** (8 - mp.dps):
            return out / x
    raise ArithmeticError(w)


def inverse_erf_far(r):
    """r times that for r = 1 / (2 + sqrt(w))."""
    return r * inverse_erf((1 / r - 2) ** 2)


def modified(n):
    """In powers of z = x ** 2 / 4: I0(x), and 2 / x times I1(x)."""
    return lambda z: besseli(n, 2 * sqrt(z)) / sqrt(z) ** n if z else mpf(1)


def modified_far(n):
    """sqrt(x) exp(-x) I(x) for h = 1 / x."""
    return lambda h: besseli(n, 1 / h) * exp(-1 / h) / sqrt(h)


def oscillating(n):
    """In powers of 64 - x ** 2, which have one sign: J0(x), and J1(x) / x, without the first two
    zeros."""
    first, second = (besseljzero(n, k) ** 2 for k in (1, 2))
    below = lambda z: besselj(n, sqrt(z)) / sqrt(z) ** n if z else mpf(1) / (1 + n)
    return lambda u: below(64 - u) / ((64 - u - first) * (64 - u - second))


def hankel(n, part):
    """P(x), and x Q(x), in powers of h = 1 / x ** 2, by which J(x) is sqrt(2 / (pi x)) times
    P cos(x - turn) - Q sin(x - turn)."""

    def f(h):
        x = 1 / sqrt(h)
        turn, size = x - (2 * n + 1) * pi / 4, sqrt(pi * x / 2)
        j, y = size * besselj(n, x), size * bessely(n, x)
        return x * (y * cos(turn) - j * sin(turn)) if part else j * cos(turn) + y * sin(turn)

    return f


def absolute(f, *interval):
    """f on an interval as a function on -1 to 1, and the weight of absolute errors."""
    place = from_unit(*interval)
    return lambda t: f(place(t)), lambda t: mpf(1)


def beside(f, whole, *interval):
    """f on an interval as a function on -1 to 1, weighted by what it is a part of."""
    place = from_unit(*interval)
    return lambda t: f(place(t)), lambda t: 1 / abs(whole(place(t)))


def outward(f, least, shift, power=1):
    """What `relative` makes of f(x) for x from `least` to infinity, in 1 / (x ** power + shift)."""
    least = mpf(least) ** power + shift
    back = lambda h: (1 / h - shift) ** (mpf(1) / power)
    return relative(lambda h: f(back(h)), TINY, 1 / least)


def scaled_tail(t):
    """`tail` up to infinity, which is 1."""
    return tail(min(t, 1 - mpf("1e-20")))


def dawson(x):
    return sqrt(pi) / 2 * exp(-x * x) * erfi(x)


def second_kind(n):
    """In powers of z = x ** 2: what Y(x), times x where n is 1, is beside
    2 / pi log(x / zero) J(x), without its first zero."""
    zero = besselyzero(n, 1)

    def f(z):
        x = sqrt(z)
        rest = bessely(n, x) - 2 / pi * log(x / zero) * besselj(n, x)
        return rest * x**n / (z - zero**2)

    return f


def modified_second(n):
    """In powers of z = x ** 2 / 4, what K0(x) is beside -log(x / 2) I0(x), and, divided by x, what
    K1(x) is beside 1 / x + log(x / 2) I1(x); and all of them."""
    sign = (-1) ** n

    def f(z):
        x = 2 * sqrt(z)
        rest = besselk(n, x) + sign * log(x / 2) * besseli(n, x)
        return (rest - 1 / x) / x if n else rest

    return f, lambda z: besselk(n, 2 * sqrt(z)) / (2 * sqrt(z)) ** n


def auxiliary(second):
    """x f(x) and x ** 2 g(x), by which sine and cosine integrals are waves."""

    def f(x):
        s, c = si(x) - pi / 2, ci(x)
        return -x * x * (s * sin(x) + c * cos(x)) if second else x * (c * sin(x) - s * cos(x))

    return f


def auxiliary_of_fresnel(second):
    """pi x f(x) and pi ** 2 x ** 3 g(x), by which Fresnel integrals are waves."""

    def f(x):
        s, c, t = mpf(1) / 2 - fresnels(x), mpf(1) / 2 - fresnelc(x), pi * x * x / 2
        if second:
            return pi**2 * x**3 * (c * cos(t) + s * sin(t))
        return pi * x * (s * cos(t) - c * sin(t))

    return f


def dilogarithm(w):
    """What Li2(1 - exp(-u)) is beside u - u ** 2 / 4, over u ** 3, for w = u ** 2."""
    u = sqrt(w)
    return (polylog(2, 1 - exp(-u)) - u + w / 4) / (w * u)


#: Where Ei and Ci are 0.
EI_ROOT, CI_ROOT = (
    findroot(f, mpf(x), tol=mpf(10) ** -200) for f, x in ((ei, "0.3725"), (ci, "0.6165"))
)


def of_lambert(root):
    """lambertw(z) / z for the root of z + 1 / e."""
    z = root * root - exp(-1)
    return lambertw(z).real / z if abs(z) > mpf("1e-40") else 1 - z


#: Lambert's W of exp(t), and that over t for the logarithm of t.
omega = lambda t: lambertw(exp(t)).real
over_omega = lambda s: omega(exp(s)) / exp(s)


def exprel_slope(x):
    return (exp(x) * (x - 1) + 1) / x**2 if abs(x) > mpf("1e-30") else mpf(1) / 2


scaled_ei = lambda h: exp(-1 / h) * ei(1 / h) / h
#: Where digamma is 0.
DIGAMMA_ROOT = findroot(digamma, mpf("1.4616321449683623"), tol=mpf(10) ** -200)
HALF_LN2, ROOT = log(2) / 2 * mpf("1.002"), (sqrt(2) - 1) / (sqrt(2) + 1) * mpf("1.001")
ARTANH = lambda z: (2 * atanh(sqrt(z)) / sqrt(z) - 2) / z, lambda z: z / 2
COS = lambda z: (cos(sqrt(z)) - 1 + z / 2) / z**2, lambda z: z**2 / cos(sqrt(z))
PLAIN, FIRST = (0, 0), (3, 2)
#: The upper end of -1 to 1: a little more, so that no place of the fit is 0.
PAST = mpf("1.001")
#: The lower end of intervals from 0 on, for functions that have a gap there.
TINY = mpf("1e-25")
#: 1 / (2 + sqrt(w)) for w from 8 to 37.5, and to 746; 1 / x ** 2 for x beyond 8.
FAR = 1 / (2 + sqrt(mpf("37.5"))), 1 / (2 + sqrt(mpf(8)))
FARTHEST, BEYOND_8 = (1 / (2 + sqrt(mpf(746))), FAR[0]), (mpf("1e-6"), mpf(1) / 64)
#: name -> ((function, weight), interval for float64, for float32, coefficients of each, rounded
#: first of each)
FITS = {
    "exp": ((lambda r: expm1(r) / r, abs), (-HALF_LN2, HALF_LN2), None, (11, 6), PLAIN),
    "exp2": ((lambda r: expm1(r * log(2)) / r, abs), (-0.501, 0.501), None, (11, 6), PLAIN),
    "expm1": ((lambda r: (expm1(r) - r) / r**2, lambda r: r**2 / abs(expm1(r))),
              (-HALF_LN2, HALF_LN2), None, (11, 5), PLAIN),
    "tanh": (odd(tanh), (0, mpf("0.7") ** 2), None, (12, 5), FIRST),
    "sinh": (odd(sinh), (0, 1), None, (7, 3), PLAIN),
    "log": (ARTANH, (0, ROOT**2), None, (7, 3), PLAIN),
    "artanh": (ARTANH, (0, mpf("0.364") ** 2), None, (11, 5), FIRST),
    "arsinh": (odd(asinh), (0, mpf("0.53") ** 2), None, (12, 5), FIRST),
    "power": ((lambda z: (ARTANH[0](z) - mpf(2) / 3) / z, lambda z: z * z),
              (0, ROOT**2), None, (7, 3), PLAIN),
    "sin": (odd(sin), (0, (pi / 4 * mpf("1.0005")) ** 2), (0, mpf("0.83") ** 2), (6, 3), (2, 2)),
    "cos": (COS, (0, (pi / 4 * mpf("1.0005")) ** 2), (0, mpf("0.83") ** 2), (6, 3), (2, 2)),
    "tan": (odd(tan), (0, (pi / 4 * mpf("1.001")) ** 2), (0, mpf("0.86") ** 2), (14, 7), (0, 2)),
    "arcsin": ((odd(asin)[0], lambda z: z), (0, 0.2501), None, (12, 5), PLAIN),
    "arctan": (odd(atan), (0, 1), None, (19, 8), PLAIN),
    "erf": ((lambda a: (-log(erfc(a)) / a - 2 / sqrt(pi)) / a, lambda a: a * a * erfc(a) / erf(a)),
            (0, 5.95), (0, 3.95), (23, 8), PLAIN),
    "erfc": ((tail, lambda t: 1 / tail(t)), (-1, 23.3 / 31.3), (-1, 6.1 / 14.1), (22, 11), PLAIN),
    "lgamma": ((lgamma, lambda d: 1 / abs(lgamma(d))), (-0.7501, 0.5), None, (24, 12), PLAIN),
    "stirling": ((stirling, lambda z: mpf(1)), ("1e-6", 1 / mpf("8.5") ** 2), None, (6, 3), PLAIN),
    "digamma": ((about_root, lambda y: 1 / abs(about_root(y))),
                (1 - DIGAMMA_ROOT, 2 - DIGAMMA_ROOT), None, (21, 10), PLAIN),
    "digamma_far": ((digamma_far, lambda z: mpf(1)), ("1e-6", 1 / mpf(8) ** 2), None, (6, 3),
                    PLAIN),
    "inverse_erf": (relative(inverse_erf, 0, 8), (-1, PAST), None, (29, 14), PLAIN),
    "inverse_erf_far": (relative(inverse_erf_far, *FAR), (-1, PAST), None, (26, 11), PLAIN),
    "inverse_erf_farthest": (relative(inverse_erf_far, *FARTHEST), (-1, PAST), None, (24, 9),
                             PLAIN),
    "i0": (relative(modified(0)), ("1e-6", 16), None, (18, 11), PLAIN),
    "i1": (relative(modified(1)), ("1e-6", 16), None, (17, 10), PLAIN),
    "i0_far": (relative(modified_far(0), "1e-9", 0.125), (-1, PAST), None, (26, 6), PLAIN),
    "i1_far": (relative(modified_far(1), "1e-9", 0.125), (-1, PAST), None, (26, 7), PLAIN),
    "j0": (relative(oscillating(0)), ("1e-6", 64), None, (19, 11), PLAIN),
    "j1": (relative(oscillating(1)), ("1e-6", 64), None, (18, 10), PLAIN),
    "p0": (relative(hankel(0, 0), *BEYOND_8), (-1, PAST), None, (14, 4), PLAIN),
    "q0": (relative(hankel(0, 1), *BEYOND_8), (-1, PAST), None, (16, 5), PLAIN),
    "p1": (relative(hankel(1, 0), *BEYOND_8), (-1, PAST), None, (14, 4), PLAIN),
    "q1": (relative(hankel(1, 1), *BEYOND_8), (-1, PAST), None, (16, 5), PLAIN),
    "rgamma": ((lambda d: rgamma(2 + d), lambda d: 1 / rgamma(2 + d)), (-0.501, 0.5), None,
               (15, 9), PLAIN),
    "stirling_near": ((stirling, lambda z: mpf(1)), ("1e-6", 1 / mpf("5.5") ** 2), None, (9, 4),
                      PLAIN),
    "sinpi": ((lambda z: sin(pi * sqrt(z)) / sqrt(z), lambda z: sqrt(z) / sin(pi * sqrt(z))),
              (TINY, 0.25), None, (9, 5), PLAIN),
    "erfcx": (relative(scaled_tail), (-1, 1), None, (26, 12), PLAIN),
    "dawson": (relative(lambda z: (1 + z) * dawson(sqrt(z)) / sqrt(z), TINY, 16), (-1, PAST),
               None, (32, 20), PLAIN),
    "dawson_far": (outward(lambda x: x * dawson(x), 4, 0, 2), (-1, PAST), None, (28, 8), PLAIN),
    "y0": (absolute(second_kind(0), TINY, 16), (-1, PAST), None, (12, 7), PLAIN),
    "y1": (absolute(second_kind(1), TINY, 16), (-1, PAST), None, (12, 7), PLAIN),
    "y0_j0": (absolute(lambda z: besselj(0, sqrt(z)), TINY, 16), (-1, PAST), None, (13, 8), PLAIN),
    "y1_j1": (absolute(lambda z: besselj(1, sqrt(z)) / sqrt(z), TINY, 16), (-1, PAST), None,
              (13, 8), PLAIN),
    "y0_middle": (absolute(lambda x: bessely(0, x), 4, 8), (-1, PAST), None, (22, 12), PLAIN),
    "y1_middle": (absolute(lambda x: bessely(1, x), 4, 8), (-1, PAST), None, (22, 12), PLAIN),
    "k0": (beside(*modified_second(0), TINY, 0.25), (-1, PAST), None, (9, 5), PLAIN),
    "k1": (beside(*modified_second(1), TINY, 0.25), (-1, PAST), None, (9, 5), PLAIN),
    "k0_i0": (relative(modified(0), TINY, 0.25), (-1, PAST), None, (8, 5), PLAIN),
    "k1_i1": (relative(modified(1), TINY, 0.25), (-1, PAST), None, (8, 5), PLAIN),
    "k0_far": (outward(lambda x: sqrt(x) * exp(x) * besselk(0, x), 1, 1), (-1, PAST), None,
               (23, 10), PLAIN),
    "k1_far": (outward(lambda x: sqrt(x) * exp(x) * besselk(1, x), 1, 1), (-1, PAST), None,
               (23, 11), PLAIN),
    "e1": (beside(lambda x: e1(x) + log(x), e1, TINY, 1), (-1, PAST), None, (13, 7), PLAIN),
    "e1_far": (outward(lambda x: x * exp(x) * e1(x), 1, 2), (-1, PAST), None, (30, 13), PLAIN),
    "ei": (relative(lambda x: (ei(x) - log(x / EI_ROOT)) / (x - EI_ROOT), TINY, 6), (-1, PAST),
           None, (22, 13), PLAIN),
    "ei_6": (relative(scaled_ei, mpf(1) / 12, mpf(1) / 6), (-1, PAST), None, (21, 9), PLAIN),
    "ei_12": (relative(scaled_ei, mpf(1) / 24, mpf(1) / 12), (-1, PAST), None, (20, 8), PLAIN),
    "ei_24": (relative(scaled_ei, mpf(1) / 60, mpf(1) / 24), (-1, PAST), None, (15, 6), PLAIN),
    "ei_60": (relative(scaled_ei, TINY, mpf(1) / 60), (-1, PAST), None, (11, 5), PLAIN),
    "ellipk": (relative(ellipk, 0, 0.5), (-1, PAST), None, (20, 9), PLAIN),
    "ellipk_rest": (relative(lambda p: ellipk(1 - p) + ellipk(p) / pi * log(p), TINY, 0.5),
                    (-1, PAST), None, (18, 8), PLAIN),
    "ellipe": (relative(ellipe, 0, 0.5), (-1, PAST), None, (19, 9), PLAIN),
    "ellipe_rest": (relative(lambda p: ellipe(1 - p) + (ellipk(p) - ellipe(p)) / pi * log(p),
                             TINY, 0.5), (-1, PAST), None, (19, 9), PLAIN),
    "ellipe_log": (relative(lambda p: (ellipk(p) - ellipe(p)) / (pi * p), TINY, 0.5),
                   (-1, PAST), None, (19, 9), PLAIN),
    "dilogarithm": ((dilogarithm, lambda w: mpf(1)), (TINY, log(3) ** 2), None, (8, 4), PLAIN),
    "si": (relative(lambda z: si(sqrt(z)) / sqrt(z), TINY, 36), (-1, PAST), None, (15, 10),
           PLAIN),
    "ci": (absolute(lambda z: (ci(sqrt(z)) - log(sqrt(z) / CI_ROOT)) / (z - CI_ROOT**2), TINY,
                    4), (-1, PAST), None, (9, 5), PLAIN),
    "ci_middle": (absolute(ci, 2, 6), (-1, PAST), None, (29, 14), PLAIN),
    "wave_f": (outward(auxiliary(False), 6, 48, 2), (-1, PAST), None, (23, 10), PLAIN),
    "wave_g": (outward(auxiliary(True), 6, 48, 2), (-1, PAST), None, (26, 11), PLAIN),
    "fresnel_c": (relative(lambda z: fresnelc(z**0.25) / z**0.25, TINY, mpf("1.5") ** 4),
                  (-1, PAST), None, (13, 8), PLAIN),
    "fresnel_s": (relative(lambda z: fresnels(z**0.25) / z**0.75, TINY, mpf("1.5") ** 4),
                  (-1, PAST), None, (12, 8), PLAIN),
    "fresnel_f": (outward(auxiliary_of_fresnel(False), "1.5", 2, 2), (-1, PAST), None, (24, 9),
                  PLAIN),
    "fresnel_g": (outward(auxiliary_of_fresnel(True), "1.5", 2, 2), (-1, PAST), None, (26, 10),
                  PLAIN),
    "lambertw": (relative(of_lambert, 0, sqrt(mpf("0.6") + exp(-1))), (-1, PAST), None, (28, 14),
                 PLAIN),
    "omega": (relative(omega, log(mpf("0.6")), 3), (-1, PAST), None, (9, 6), PLAIN),
    "omega_far": (relative(over_omega, log(3), log(710)), (-1, PAST), None, (9, 6), PLAIN),
    "exprel_slope": (relative(exprel_slope, -1.5, 1.5), (-1, PAST), None, (19, 10), PLAIN),
    "root": ((lambda h: ((1 - h) ** (-mpf(1) / 3) - 1) / h,
              lambda h: abs(h) * (1 - h) ** (mpf(1) / 3)),
             (-0.1031, 0.103), None, (3, 3), PLAIN),
}  # fmt: skip


def table(name, narrow):
    """The table that vmath has for float64, or for float32 where `narrow`."""
    (f, weight), wide, other, counts, rounded = FITS[name]
    number = np.float32 if narrow else np.float64
    return minimax(
        f, weight, *(other if narrow and other else wide), counts[narrow], rounded[narrow], number
    )


if __name__ == "__main__":
    for name in sys.argv[1:] or FITS:
        print(name, *(table(name, narrow) for narrow in (False, True)), sep="\n    ")
