"""`jitgrad.numpy.linalg`: all names of `numpy.linalg` on tensors, in NumPy's calling forms.

`jitgrad.linalg` has the same functions, and those of `scipy.linalg` that have gradients.
"""

import sys as _sys

import numpy as _np

from ..base.missing import missing as _missing
from .modules import Namespace as _Namespace
from .modules import lookup as _lookup

__all__ = sorted(_np.linalg.__all__)


def __getattr__(name):
    if name not in __all__:
        raise _missing(__name__, name, _sys.modules[__name__])
    value = globals()[name] = _lookup(__name__, name)
    return value


_sys.modules[__name__].__class__ = _Namespace
