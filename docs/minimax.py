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
    cos,
    digamma,
    erf,
    erfc,
    exp,
    expm1,
    findroot,
    log,
    loggamma,
    lu_solve,
    matrix,
    mp,
    mpf,
    pi,
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


#: Where digamma is 0.
DIGAMMA_ROOT = findroot(digamma, mpf("1.4616321449683623"), tol=mpf(10) ** -200)
HALF_LN2, ROOT = log(2) / 2 * mpf("1.002"), (sqrt(2) - 1) / (sqrt(2) + 1) * mpf("1.001")
ARTANH = lambda z: (2 * atanh(sqrt(z)) / sqrt(z) - 2) / z, lambda z: z / 2
COS = lambda z: (cos(sqrt(z)) - 1 + z / 2) / z**2, lambda z: z**2 / cos(sqrt(z))
PLAIN, FIRST = (0, 0), (3, 2)
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
