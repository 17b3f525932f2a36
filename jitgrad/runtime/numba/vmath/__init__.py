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
from .error import erf, erfc
from .exp import cosh, exp, exp2, expm1, sigmoid, sinh, tanh
from .gamma import (
    digamma,
    digamma_anywhere,
    gammaln,
    gammaln_anywhere,
    is_below_zero,
    trigamma,
    trigamma_anywhere,
)
from .logarithm import arccosh, arcsinh, arctanh, log, log1p, log2, log10, logaddexp, logaddexp2
from .pow import cbrt, hypot
from .pow import power as power
from .quantile import erfcinv, erfinv, ndtri
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
    "cbrt",
    "cos",
    "cosh",
    "digamma",
    "digamma_anywhere",
    "erf",
    "erfc",
    "erfcinv",
    "erfinv",
    "exp",
    "exp2",
    "expm1",
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
    "sigmoid",
    "sin",
    "sinh",
    "tan",
    "tanh",
    "trigamma",
    "trigamma_anywhere",
]
#: The functions by the number of their operands.
TWO = ("arctan2", "hypot", "logaddexp", "logaddexp2", "power")
ONE = tuple(name for name in __all__ if name not in TWO)
