"""`jitgrad.linalg`: the operations of the catalogue that NumPy has in `numpy.linalg`, as the
functions of `jitgrad`.

    >>> x = jitgrad.tensor([3.0, -4.0], requires_grad=True)
    >>> jitgrad.linalg.norm(x)
    tensor(5., grad_fn=<NormBackward>)

Made from the registry, as `jitgrad` itself is: an entry is here if its NumPy function is.
"""

import sys as _sys
import typing as _typing

import numpy as _np

from .base.missing import missing as _missing
from .frontend.functions import FUNCTIONS as _FUNCTIONS
from .numpy.dispatch import counterparts as _counterparts

_names = {_np_name: getattr(_np.linalg, _np_name) for _np_name in _np.linalg.__all__}
globals().update(
    {n: _FUNCTIONS[_counterparts()[f].name] for n, f in _names.items() if f in _counterparts()}
)
__all__ = [n for n, f in _names.items() if f in _counterparts()]

if _typing.TYPE_CHECKING:
    from .frontend.tensor import Tensor as _Tensor

    def __getattr__(name: str) -> _typing.Callable[..., _Tensor]: ...  # the names of the registry

else:

    def __getattr__(name):
        raise _missing("jitgrad.linalg", name, _sys.modules[__name__])
