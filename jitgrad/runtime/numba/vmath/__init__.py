"""Vector math: elementary functions as straight code without branches, which loops of kernels
vectorise.

Range reduction, a polynomial, and the exponent put together bit by bit. numba's own calls are
scalar (libm). The functions are plain Python on floats and integers; `lowering` runs them
once on values that write LLVM instructions instead, so they cost a kernel no typing and no
inlining. `core` holds the few helpers that know which it is, the other modules the functions, each
for float64 and float32. docs/vmath.md says how fast and how exact they are, and where the
polynomials come from. Start at `exp`.
"""

from .cylinder import bessel_i0, bessel_i0e, bessel_i1, bessel_i1e, bessel_j0, bessel_j1
from .ellipse import ellipd, ellipe, ellipk, ellipkm1
from .error import erf, erfc
from .exp import cosh, exp, exp2, expm1, sigmoid, sinh, tanh
from .factorial import (
    beta,
    beta_anywhere,
    betaln,
    betaln_anywhere,
    cospi,
    gamma,
    rgamma,
    sinpi,
)
from .integral import (
    cosine_integral,
    exp1,
    expi,
    fresnel_cosine,
    fresnel_sine,
    sine_integral,
    spence,
)
from .log_gamma import (
    digamma,
    digamma_anywhere,
    gammaln,
    gammaln_anywhere,
    is_below_zero,
    pentagamma,
    pentagamma_anywhere,
    tetragamma,
    tetragamma_anywhere,
    trigamma,
    trigamma_anywhere,
)
from .logarithm import arccosh, arcsinh, arctanh, log, log1p, log2, log10, logaddexp, logaddexp2
from .omega import exprel, exprel_slope, wrightomega
from .pow import cbrt, hypot
from .pow import power as power
from .quantile import erfcinv, erfinv, ndtri
from .scaled import dawsn, erfcx, erfi
from .second_kind import (
    bessel_k0,
    bessel_k0e,
    bessel_k1,
    bessel_k1e,
    bessel_y0,
    bessel_y1,
)
from .sincos import arccos, arcsin, arctan, arctan2, cos, is_far, sin, tan

#: What kernels call by name; their `power` is that of `support`, which has integers, too.
__all__ = [
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "bessel_i0",
    "bessel_i0e",
    "bessel_i1",
    "bessel_i1e",
    "bessel_j0",
    "bessel_j1",
    "bessel_k0",
    "bessel_k0e",
    "bessel_k1",
    "bessel_k1e",
    "bessel_y0",
    "bessel_y1",
    "beta",
    "beta_anywhere",
    "betaln",
    "betaln_anywhere",
    "cbrt",
    "cos",
    "cosh",
    "cosine_integral",
    "cospi",
    "dawsn",
    "digamma",
    "digamma_anywhere",
    "ellipd",
    "ellipe",
    "ellipk",
    "ellipkm1",
    "erf",
    "erfc",
    "erfcinv",
    "erfcx",
    "erfi",
    "erfinv",
    "exp",
    "exp1",
    "exp2",
    "expi",
    "expm1",
    "exprel",
    "exprel_slope",
    "fresnel_cosine",
    "fresnel_sine",
    "gamma",
    "gammaln",
    "gammaln_anywhere",
    "hypot",
    "is_below_zero",
    "is_far",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "logaddexp2",
    "ndtri",
    "pentagamma",
    "pentagamma_anywhere",
    "rgamma",
    "sigmoid",
    "sin",
    "sine_integral",
    "sinh",
    "sinpi",
    "spence",
    "tan",
    "tanh",
    "tetragamma",
    "tetragamma_anywhere",
    "trigamma",
    "trigamma_anywhere",
    "wrightomega",
]
#: The functions by the number of their operands.
TWO = (
    "arctan2",
    "beta",
    "beta_anywhere",
    "betaln",
    "betaln_anywhere",
    "hypot",
    "logaddexp",
    "logaddexp2",
    "power",
)
ONE = tuple(name for name in __all__ if name not in TWO)
