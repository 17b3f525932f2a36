"""Where the elementary functions are tried, and what they are there: mpmath is the oracle.

`RANGES` has, for each function, the intervals that random points are drawn from, as functions of
the dtype's `Limits`; `points` adds what lies on and beside thresholds. Start at `errors`.
"""

import math

import mpmath
import numpy as np

DTYPES = ("float64", "float32")


class Limits:
    """The thresholds of a dtype."""

    def __init__(self, dtype):
        info = np.finfo(dtype)
        self.dtype, self.max, self.normal, self.least = (
            info.dtype,
            float(info.max),
            float(info.tiny),
            float(info.smallest_subnormal),
        )
        self.high = math.log(self.max)  # exp is finite up to here
        self.low, self.edge = (
            math.log(self.least) - 0.7,
            math.log(self.normal),
        )  # exp is 0, and subnormal, from here on
        self.far = 2.0**40 if info.bits == 64 else 2.0**20  # up to here sin is computed in kernels
        self.epsilon = float(info.eps)


def _powers(low, high):
    """Numbers from `low` to `high`, as many of each magnitude."""
    return lambda rng, n: np.exp(rng.uniform(math.log(low), math.log(high), n))


def _signed(low, high):
    return lambda rng, n: _powers(low, high)(rng, n) * rng.choice([-1.0, 1.0], n)


def _logarithm(t):
    return [(0.5, 2), (0.99, 1.01), (t.least, t.normal), _powers(t.normal, t.max)]


def _multiples(t):
    """Neighbours of multiples of pi / 2."""

    def draw(rng, n):
        x = (rng.integers(1, int(t.far / 2), n) * (math.pi / 2)).astype(t.dtype)
        return np.nextafter(x, (x + rng.integers(-1, 2, n)).astype(t.dtype))

    return draw


def _circle(t):
    return [(-1, 1), (-7, 7), (-1e5, 1e5), (-t.far, t.far), _multiples(t), _signed(t.least, 1)]


#: Name -> intervals of the operand, (low, high) or draw(rng, n).
RANGES = {
    "exp": lambda t: [(-1, 1), (t.low, t.high), (t.low, t.edge)],
    "exp2": lambda t: [
        (-1, 1),
        (t.low * 1.442695, t.high * 1.442695),
        (t.low * 1.442695, t.edge * 1.442695),
    ],
    "expm1": lambda t: [(-1, 1), (0.3, 0.42), (-40, t.high), _signed(t.least, 1)],
    "log": _logarithm,
    "log2": _logarithm,
    "log10": _logarithm,
    "log1p": lambda t: [
        (-1, 1),
        (0.3, 0.6),
        (-1e-3, 1e-3),
        _signed(t.least, 0.9),
        _powers(1, t.max),
    ],
    "sin": _circle,
    "cos": _circle,
    "tan": _circle,
    "tanh": lambda t: [(-1, 1), (0.6, 0.9), (-20, 20), _signed(t.least, 1)],
    "sinh": lambda t: [(-1, 1), (0.9, 1.8), (-t.high - 0.6, t.high + 0.6), _signed(t.least, 1)],
    "cosh": lambda t: [(-2, 2), (-t.high - 0.6, t.high + 0.6)],
    "arcsin": lambda t: [(-1, 1), (0.45, 0.55), (0.999, 1), _signed(t.least, 1)],
    "arccos": lambda t: [(-1, 1), (-0.55, -0.45), (0.45, 0.55), (0.999, 1), (-1e-3, 1e-3)],
    "arctan": lambda t: [(-1, 1), (0.9, 1.1), (-20, 20), _signed(t.least, t.max)],
    "arcsinh": lambda t: [(-1, 1), (0.5, 0.6), (-20, 20), _signed(t.least, t.max)],
    "arccosh": lambda t: [(1, 1.02), (1, 3), _powers(1, t.max)],
    "arctanh": lambda t: [(-1, 1), (0.3, 0.4), (0.999, 1), _signed(t.least, 1)],
    "cbrt": lambda t: [(-8, 8), (t.least, t.normal), _signed(t.least, t.max)],
    "erf": lambda t: [(-1, 1), (-6, 6), _signed(t.least, 1)],
    "erfc": lambda t: [
        (-1, 1),
        (0, 6),
        (-6, math.sqrt(-t.low)),
        (math.sqrt(-t.edge) - 1, math.sqrt(-t.low)),
    ],
    "sigmoid": lambda t: [(-1, 1), (t.low, 40), (-6, 6)],
    "gammaln": lambda t: [(0, 0.5), (0.5, 3), (3, 9), (8, 30), _powers(t.normal, t.max / 1e3)],
    "trigamma": lambda t: [(0.1, 1), (1, 3), (2, 11), (9, 30), _powers(1e-15, t.max / 1e3)],
    "digamma": lambda t: [(0.1, 1), (1, 2), (1.45, 1.47), (2, 9), _powers(1 / t.max * 2, t.max)],
}
#: Name -> pairs of intervals of the operands.
PAIRS = {
    "arctan2": lambda t: [
        ((-1, 1), (-1, 1)),
        ((-1e-3, 1e-3), (-1, 1)),
        (_signed(t.least, t.max),) * 2,
    ],
    "hypot": lambda t: [
        ((-1, 1), (-1, 1)),
        ((0, t.normal), (0, t.normal)),
        (_signed(t.least, t.max),) * 2,
    ],
    "power": lambda t: [
        ((0.5, 2), (-t.high, t.high)),
        ((0, 10), (-10, 10)),
        (_powers(t.least, t.max), (-1.1, 1.1)),
        ((1 - 1e-3, 1 + 1e-3), (t.edge * 1e3, t.high * 1e3)),
        (_powers(t.normal**0.25, 1), (1, 4.3)),
    ],
    "logaddexp": lambda t: [((t.low, 40), (0, 0)), ((0, 3), (-40, 40)), ((0, t.high), (0, t.high))],
    "logaddexp2": lambda t: [
        ((t.low, 40), (0, 0)),
        ((0, 3), (-40, 40)),
        ((0, t.high), (0, t.high)),
    ],
}


def _scaled(f):
    return lambda x: f(x) * mpmath.exp(x)


#: Special functions -> what they are, and intervals of operands: away from zeros beside which the
#: error is one of the amplitude.
SPECIAL = {
    "bessel_i0": (lambda x: mpmath.besseli(0, x), [(-9, 9), (8, 80)]),
    "bessel_i0e": (lambda x: mpmath.besseli(0, x) * mpmath.exp(-abs(x)), [(-9, 9), (8, 80)]),
    "bessel_i1": (lambda x: mpmath.besseli(1, x), [(-9, 9), (8, 80)]),
    "bessel_i1e": (lambda x: mpmath.besseli(1, x) * mpmath.exp(-abs(x)), [(-9, 9), (8, 80)]),
    "bessel_j0": (lambda x: mpmath.besselj(0, x), [(0, 7)]),
    "bessel_j1": (lambda x: mpmath.besselj(1, x), [(0, 7)]),
    "bessel_k0": (lambda x: mpmath.besselk(0, x), [(0, 1), (1, 80)]),
    "bessel_k0e": (_scaled(lambda x: mpmath.besselk(0, x)), [(0, 1), (1, 80)]),
    "bessel_k1": (lambda x: mpmath.besselk(1, x), [(0, 1), (1, 80)]),
    "bessel_k1e": (_scaled(lambda x: mpmath.besselk(1, x)), [(0, 1), (1, 80)]),
    "bessel_y0": (lambda x: mpmath.bessely(0, x), [(0, 3)]),
    "bessel_y1": (lambda x: mpmath.bessely(1, x), [(0, 4)]),
    "cosine_integral": (mpmath.ci, [(0, 2)]),
    "cospi": (mpmath.cospi, [(-9, 9)]),
    "dawsn": (
        lambda x: mpmath.erfi(x) * mpmath.sqrt(mpmath.pi) / 2 / mpmath.exp(x * x),
        [(-5, 5), (4, 30)],
    ),
    "ellipd": (lambda m: (mpmath.ellipk(m) - mpmath.ellipe(m)) / m, [(0, 1), (-9, 0)]),
    "ellipe": (mpmath.ellipe, [(0, 1), (-9, 0)]),
    "ellipk": (mpmath.ellipk, [(0, 1), (-9, 0)]),
    "ellipkm1": (lambda p: mpmath.ellipk(1 - p), [(0, 1), (1, 9)]),
    "erfcinv": (lambda y: mpmath.erfinv(1 - y), [(0.01, 1.99)]),
    "erfcx": (lambda x: mpmath.exp(x * x) * mpmath.erfc(x), [(-5, 9), (9, 90)]),
    "erfi": (mpmath.erfi, [(-5, 5)]),
    "erfinv": (mpmath.erfinv, [(-0.999, 0.999)]),
    "exp1": (mpmath.e1, [(0, 1), (1, 80)]),
    "expi": (mpmath.ei, [(-9, 9), (0.36, 0.38), (9, 80)]),
    "exprel": (lambda x: mpmath.expm1(x) / x, [(-9, 9)]),
    "exprel_slope": (lambda x: (mpmath.exp(x) * (x - 1) + 1) / x**2, [(-9, 9)]),
    "fresnel_cosine": (mpmath.fresnelc, [(-2, 2), (2, 9)]),
    "fresnel_sine": (mpmath.fresnels, [(-2, 2), (2, 9)]),
    "gamma": (mpmath.gamma, [(-9, 9), (5, 34)]),
    "ndtri": (lambda y: -mpmath.sqrt(2) * mpmath.erfinv(1 - 2 * y), [(0.01, 0.99)]),
    "pentagamma": (lambda x: mpmath.polygamma(3, x), [(0, 3), (3, 30)]),
    "rgamma": (mpmath.rgamma, [(-9, 9), (5, 34)]),
    "sine_integral": (mpmath.si, [(-6, 6), (6, 30)]),
    "sinpi": (mpmath.sinpi, [(-9, 9)]),
    "spence": (lambda x: mpmath.polylog(2, 1 - x), [(0, 1), (1, 9)]),
    "tetragamma": (lambda x: mpmath.polygamma(2, x), [(0, 3), (3, 30)]),
    "wrightomega": (lambda x: mpmath.lambertw(mpmath.exp(x)).real, [(-9, 4), (4, 99)]),
    "beta": (mpmath.beta, [((0, 5), (0, 5)), ((5, 12), (0, 12))]),
    "betaln": (lambda a, b: mpmath.log(mpmath.beta(a, b)), [((2, 99), (1, 99))]),
}


def _special(t):
    """Numbers every function is tried at, where it is defined."""
    x = [
        0.0,
        t.least,
        t.normal,
        t.normal / 2,
        0.25,
        0.5,
        0.53,
        0.7,
        1.0,
        2.0,
        3.0,
        math.pi / 2,
        20.0,
        100.0,
        t.max,
    ]
    x += [
        t.high,
        t.low,
        t.edge,
        1 - t.epsilon / 2,
        1 + t.epsilon,
        math.sqrt(0.5),
        math.sqrt(2),
        t.far * (1 - t.epsilon),
    ]
    x = np.array(x + [-v for v in x]).astype(t.dtype)
    with np.errstate(over="ignore"):
        return np.unique(
            np.concatenate([x, np.nextafter(x, t.dtype.type(9)), np.nextafter(x, t.dtype.type(-9))])
        )


def points(name, dtype, n, rng):
    """The operands to try: `n` numbers from each interval, and the hard ones."""
    t = Limits(dtype)

    def draw(interval):
        x = interval(rng, n) if callable(interval) else rng.uniform(*interval, n)
        return np.clip(x, -t.max, t.max).astype(t.dtype)

    if name in SPECIAL:
        intervals = SPECIAL[name][1]
        pairs = intervals if isinstance(intervals[0][0], tuple) else [(i,) for i in intervals]
        columns = zip(*([draw(interval) for interval in pair] for pair in pairs), strict=True)
        return tuple([np.concatenate(c) for c in columns])
    if name in PAIRS:
        columns = zip(
            *([draw(interval) for interval in pair] for pair in PAIRS[name](t)), strict=True
        )
        x, y = (np.concatenate(c) for c in columns)
        if name != "power":
            return x, y
        some = _special(t)
        some = some[some > 0]
        a, b = (
            v.ravel()
            for v in np.meshgrid(some, np.array([0.5, 1, 2, 3, 1 / 3, -1, -2.5]).astype(t.dtype))
        )
        return np.concatenate([x, a]), np.concatenate([y, b])
    x = np.concatenate([*map(draw, RANGES[name](t)), _special(t)])
    return (x[_defined(name, x, t)],)


def _defined(name, x, t):
    if name in ("log", "log2", "log10"):
        return x > 0
    if name == "log1p":
        return x > -1
    if name in ("arcsin", "arccos"):
        return np.abs(x) <= 1
    if name == "arctanh":
        return np.abs(x) < 1
    if name == "arccosh":
        return x >= 1
    if name in ("gammaln", "digamma", "trigamma"):
        return (x > 0) & (x < t.max / 1e3) & (x > 2 / t.max)
    return np.abs(x) < t.far if name in ("sin", "cos", "tan") else np.isfinite(x)


ORACLES = {
    "exp2": lambda x: mpmath.mpf(2) ** x,
    "log2": lambda x: mpmath.log(x, 2),
    "log10": mpmath.log10,
    "arcsin": mpmath.asin,
    "arccos": mpmath.acos,
    "arctan": mpmath.atan,
    "arctan2": mpmath.atan2,
    "arcsinh": mpmath.asinh,
    "arccosh": mpmath.acosh,
    "arctanh": mpmath.atanh,
    "cbrt": lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)),
    "erfc": lambda x: mpmath.erfc(
        min(x, 100)
    ),  # mpmath has none for the largest numbers; this is 0 for any dtype
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "gammaln": mpmath.loggamma,
    "trigamma": lambda x: mpmath.polygamma(1, x),
    "hypot": mpmath.hypot,
    "power": lambda x, y: x**y,
    "logaddexp": lambda x, y: max(x, y) + mpmath.log1p(mpmath.exp(-abs(x - y))),
    "logaddexp2": lambda x, y: (
        max(x, y) + mpmath.log1p(mpmath.mpf(2) ** -abs(x - y)) / mpmath.log(2)
    ),
}


def errors(name, got, operands):
    """How many units in the last place each value is from the true one.

    What rounds to inf may be the largest number, and the other way round.
    """
    oracle = SPECIAL[name][0] if name in SPECIAL else ORACLES.get(name) or getattr(mpmath, name)
    t = Limits(got.dtype)
    out = np.empty(got.size)
    with mpmath.workprec(200):
        for k, (value, *args) in enumerate(
            zip(got.tolist(), *(x.tolist() for x in operands), strict=True)
        ):
            want = oracle(*map(mpmath.mpf, args))
            near = min(max(want, -t.max), t.max)
            value = min(max(value, -t.max), t.max) if abs(near) > t.max * (1 - t.epsilon) else value
            unit = float(np.spacing(t.dtype.type(min(abs(float(near)), t.max * (1 - t.epsilon)))))
            out[k] = float(abs(value - near) / unit) if math.isfinite(value) else math.inf
    return out
