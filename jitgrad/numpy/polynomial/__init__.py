"""`jitgrad.numpy.polynomial`: polynomials of NumPy's six bases on tensors, with derivatives by
places and coefficients.

    >>> import jitgrad.numpy as np
    >>> c = np.array([1.0, 0.0, 2.0], requires_grad=True)
    >>> np.polynomial.chebyshev.chebval(0.5, c)
    tensor(0., grad_fn=<SubtractBackward>)

Evaluation, derivatives, integrals, sums and products of series are ours, by NumPy's names; what
else there is, the classes, fits and roots among it, is NumPy's, which computes on values and raises
`GradientError` where a gradient would be lost. Start at `bases.Basis.val`.
"""

import sys as _sys

import numpy as _np

from ...base.missing import missing as _missing
from .bases import Basis as _Basis

polynomial = _Basis("polynomial")
chebyshev = _Basis("chebyshev")
legendre = _Basis("legendre")
laguerre = _Basis("laguerre")
hermite = _Basis("hermite")
hermite_e = _Basis("hermite_e")
__all__ = ["chebyshev", "hermite", "hermite_e", "laguerre", "legendre", "polynomial"]


def __getattr__(name):
    if name.startswith("_") or not hasattr(_np.polynomial, name):
        raise _missing(__name__, name, _sys.modules[__name__])
    return getattr(_np.polynomial, name)


def __dir__():
    return sorted({*_np.polynomial.__all__, *__all__})
