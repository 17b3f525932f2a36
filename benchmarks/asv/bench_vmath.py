"""Elementary functions in kernels, a row each: time for an array that stays in the cache, beside
NumPy's and libm's.

Bare loops are measured, without recording and launching. `python -m benchmarks.tools.vmath_table`
prints all of them with their errors.
"""

import math

import numpy as np

from benchmarks import common
from benchmarks.common import Prepared, ratio
from jitgrad.runtime.numba import vmath

N = 8192
#: Predicates, and functions that kernels of arrays do not call, are left out.
NAMES = sorted(
    name
    for name in (*vmath.ONE, *vmath.TWO)
    if not name.startswith("is_") and not name.endswith("_anywhere")
)
DTYPES = ["float64", "float32"]
BESSEL = tuple(name for name in NAMES if name.startswith("bessel_"))
#: Those that SciPy has and neither NumPy nor the C library; those of polygamma by their order.
SCIPY = (
    *BESSEL,
    *("beta", "betaln", "dawsn", "digamma", "ellipe", "ellipk", "ellipkm1", "erfcinv", "erfcx"),
    *("erfi", "erfinv", "exp1", "expi", "exprel", "ndtri", "rgamma", "spence", "wrightomega"),
)
POLYGAMMA = {"trigamma": 1, "tetragamma": 2, "pentagamma": 3}
#: Functions of SciPy's with several results, and which of them it is.
ONE_OF = {
    "cosine_integral": ("sici", 1),
    "fresnel_cosine": ("fresnel", 1),
    "fresnel_sine": ("fresnel", 0),
    "sine_integral": ("sici", 0),
}
#: Those that nobody else has.
OURS = ("cospi", "ellipd", "exprel_slope", "sinpi")
#: Where the operands are, if not between -3 and 3.
ON = {
    "arccos": (-1, 1),
    "arccosh": (1, 5),
    "arcsin": (-1, 1),
    "arctanh": (-1, 1),
    **{name: (0.1 if name[7] in "ky" else -20, 20) for name in BESSEL},
    **dict.fromkeys(("beta", "betaln", "digamma", "exp1", "expi", "gamma", *POLYGAMMA), (0.1, 30)),
    **dict.fromkeys(("ellipd", "ellipe", "ellipk"), (-1, 1)),
    "ellipkm1": (0, 2),
    "erfcinv": (0.01, 1.99),
    "erfinv": (-0.99, 0.99),
    "ndtri": (0.01, 0.99),
    "rgamma": (0.1, 30),
    "spence": (0, 5),
    "exp": (-5, 5),
    "exp2": (-5, 5),
    "gammaln": (0.1, 30),
    "hypot": (0.1, 3),
    "log": (0.1, 10),
    "log10": (0.1, 10),
    "log1p": (-0.5, 5),
    "log2": (0.1, 10),
    "power": (0.1, 3),
}
#: How numba calls the C library: its scalar functions.
LIBM = {
    "arccos": "math.acos(x)",
    "arccosh": "math.acosh(x)",
    "arcsin": "math.asin(x)",
    "arcsinh": "math.asinh(x)",
    "arctan": "math.atan(x)",
    "arctan2": "math.atan2(x, y)",
    "arctanh": "math.atanh(x)",
    "cbrt": "np.cbrt(x)",
    **dict.fromkeys((*SCIPY, *POLYGAMMA, *ONE_OF, *OURS), ""),
    "exp2": "np.exp2(x)",
    "gamma": "math.gamma(x)",
    "gammaln": "math.lgamma(x)",
    "hypot": "math.hypot(x, y)",
    "log2": "np.log2(x)",
    "power": "x**y",
    "logaddexp": "max(x, y) + math.log1p(math.exp(-abs(x - y)))",
    "logaddexp2": "max(x, y) + math.log1p(np.exp2(-abs(x - y))) / math.log(2)",
    "sigmoid": "1 / (1 + math.exp(-x))",
}


def looped(expression, two):
    """``run(x, [y,] out)``: a compiled loop over one expression."""
    arrays, values = ("x_, y_", "x, y = x_[i], y_[i]") if two else ("x_", "x = x_[i]")
    loop = f"    for i in range(len(out)):\n        {values}\n        out[i] = {expression}\n"
    text = f"def run({arrays}, out):\n{loop}"
    names = {"math": math, "np": np, **{f"our_{name}": getattr(vmath, name) for name in NAMES}}
    exec(text, names)
    if common.COMPILE == "never":
        return names["run"]
    import numba

    from jitgrad.runtime.numba import lowering  # noqa: F401  it tells numba of the functions
    from jitgrad.runtime.numba.private import Plain

    return numba.njit(error_model="numpy", pipeline_class=Plain)(names["run"])


def ours(name):
    two = name in vmath.TWO
    return looped(f"our_{name}({'x, y' if two else 'x'})", two)


def libm(name):
    """The C library's function, or None."""
    if LIBM.get(name) == "":
        return None
    return looped(LIBM.get(name, f"math.{name}(x)"), name in vmath.TWO)


def by_numpy(name):
    """NumPy's function with the result as last operand, or SciPy's, or None."""
    if name in (*SCIPY, "gamma", "gammaln"):
        import scipy.special

        return getattr(scipy.special, name.removeprefix("bessel_"))
    if name in POLYGAMMA:
        from scipy.special import polygamma

        return lambda x, out=None: polygamma(POLYGAMMA[name], x)
    if name in ONE_OF:
        import scipy.special

        function, k = ONE_OF[name]
        return lambda x, out=None: getattr(scipy.special, function)(x)[k]
    return getattr(np, name, None)


def operands(name, dtype):
    """The operands and an array for the result."""
    n = 8 if common.COMPILE == "never" else N
    rng = np.random.default_rng(0)
    xs = [
        rng.uniform(*ON.get(name, (-3, 3)), n).astype(dtype)
        for _ in range(2 if name in vmath.TWO else 1)
    ]
    return *xs, np.empty(n, dtype)


class Function(Prepared):
    params = [NAMES, DTYPES]
    param_names = ["function", "dtype"]

    def prepare(self, name, dtype):
        self.arrays, self.kernel = operands(name, dtype), ours(name)
        self.kernel(*self.arrays)

    def time_kernel(self, name, dtype):
        self.kernel(*self.arrays)


class BesideNumPy(Function):
    time_kernel = None

    def prepare(self, name, dtype):
        if by_numpy(name) is None:
            raise NotImplementedError("NumPy has no such function")
        super().prepare(name, dtype)

    def track_ratio(self, name, dtype):
        return ratio(lambda: self.kernel(*self.arrays), lambda: by_numpy(name)(*self.arrays))

    track_ratio.unit = "ratio"


class BesideLibm(Function):
    time_kernel = None

    def prepare(self, name, dtype):
        super().prepare(name, dtype)
        self.other = libm(name)
        if self.other is None:
            raise NotImplementedError("the C library has no such function")
        self.other(*self.arrays)

    def track_ratio(self, name, dtype):
        return ratio(lambda: self.kernel(*self.arrays), lambda: self.other(*self.arrays))

    track_ratio.unit = "ratio"
