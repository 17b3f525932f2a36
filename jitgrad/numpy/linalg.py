"""`numpy.linalg` on tensors: the names of NumPy; those jitgrad has no derivative of work on values
only."""

import sys

import numpy as np

from ..base.missing import missing
from .namespace import Namespace, named

__all__ = sorted(np.linalg.__all__)


def __getattr__(name):
    if name not in __all__:
        raise missing("jitgrad.numpy.linalg", name, sys.modules[__name__])
    value = globals()[name] = named(np.linalg, name)
    return value


def __dir__():
    return sorted({*globals(), *__all__})


sys.modules[__name__].__class__ = Namespace
