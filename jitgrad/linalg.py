"""`jitgrad.linalg`: the functions of `numpy.linalg` that have gradients, in jitgrad's own form.

    >>> x = jitgrad.tensor([3.0, -4.0], requires_grad=True)
    >>> jitgrad.linalg.norm(x)
    tensor(5., grad_fn=<NormBackward>)

They are operations of the catalogue, as the functions of `jitgrad` are: a function is here if it is
that of an entry. `jitgrad.numpy.linalg` has all names of `numpy.linalg` in NumPy's calling forms,
those without gradients, too; how the operations are computed is in `jitgrad.ops.linear_algebra`.
"""

import sys as _sys

import numpy as _np

from .base.missing import missing as _missing
from .frontend.functions import FUNCTIONS as _FUNCTIONS
from .numpy.dispatch import counterparts as _counterparts

_numpys = {name: getattr(_np.linalg, name) for name in _np.linalg.__all__}
globals().update(
    {n: _FUNCTIONS[_counterparts()[f].name] for n, f in _numpys.items() if f in _counterparts()}
)
__all__ = [n for n, f in _numpys.items() if f in _counterparts()]


def __getattr__(name):
    raise _missing("jitgrad.linalg", name, _sys.modules[__name__])


def __dir__():
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
