"""`jitgrad.linalg`: the functions of `numpy.linalg` that have gradients, and others.

    >>> x = jitgrad.tensor([3.0, -4.0], requires_grad=True)
    >>> jitgrad.linalg.norm(x)
    tensor(5., grad_fn=<NormBackward>)

Functions of one result are operations of the catalogue, as the functions of `jitgrad` are; those of
several, and formulas, are the ones that answer NumPy (`decompositions` and `matrix_functions` in
`jitgrad.numpy.functions`).
`jitgrad.numpy.linalg` has all names of `numpy.linalg` in NumPy's calling forms. How things are
computed is in `jitgrad.ops`: `linear_algebra`, `solving`, `eigen`, `singular_values` and others.
"""

import sys as _sys

import numpy as _np

from .base.missing import missing as _missing
from .frontend.functions import FUNCTIONS as _FUNCTIONS
from .numpy.dispatch import counterparts as _counterparts
from .numpy.dispatch import formula as _formula
from .numpy.functions.scipy_matrices import FORMULAS as _FORMULAS
from .numpy.namespace import named as _named

#: Functions of the catalogue that NumPy has not.
_MORE = ("expm", "logm", "solve_sylvester", "solve_triangular", "sqrtm")


def _function(name):
    """What `jitgrad.linalg` has by a name of `numpy.linalg`, or None."""
    theirs = getattr(_np.linalg, name)
    if theirs in _counterparts():
        return _FUNCTIONS[_counterparts()[theirs].name]
    ours = _formula(theirs)
    if ours is None:
        return None
    out = _named(_np.linalg, name)
    out.__module__, out.__wrapped__ = __name__, ours
    out.__doc__ = ours.__doc__ or out.__doc__
    return out


_found = {name: _function(name) for name in _np.linalg.__all__}
_found |= {name: _FUNCTIONS[name] for name in _MORE}
_found |= {f.__name__: f for f in _FORMULAS}
globals().update({name: f for name, f in _found.items() if f is not None})
__all__ = [name for name, f in _found.items() if f is not None]


def __getattr__(name):
    raise _missing("jitgrad.linalg", name, _sys.modules[__name__])


def __dir__():
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
