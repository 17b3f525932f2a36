"""`jitgrad.numpy`: NumPy's names and calling forms, on tensors.

    >>> import jitgrad.numpy as np
    >>> x = np.linspace(0, 1, 5, requires_grad=True)
    >>> np.add.reduce(np.exp(x), dtype=np.float64).backward()

Every public name of NumPy is here. Functions of jitgrad's catalogue, and those composed of them,
have gradients; the others compute on values and give tensors, and raise `GradientError` where a
gradient would be lost. Creation functions take ``requires_grad=``. dtypes, constants, classes,
`random` and other submodules are NumPy's own. Names are made when they are first used
(`modules.Namespace`).

Start at `dispatch.dispatch`: the same way is taken by NumPy's own functions when a tensor is passed
to them.
"""

import importlib as _importlib
import sys as _sys

import numpy as _np

from ..base.missing import missing as _missing
from ..frontend.tensor import Tensor as _Tensor
from . import fft as fft
from . import linalg as linalg
from .array_api import API_VERSIONS as _API_VERSIONS
from .array_api import Info as _Info
from .modules import Namespace as _Namespace
from .modules import lookup as _lookup

ndarray = _Tensor
__array_namespace_info__ = _Info
__array_api_version__ = _API_VERSIONS[-1]
__all__ = sorted(name for name in _np.__all__ if not name.startswith("_"))

# Below, only builtins that NumPy has no function of the same name for: `any` is NumPy's once it was
# asked for.


def __getattr__(name):
    if name == "special":  # asked for by SciPy, of namespaces of arrays (SCIPY_ARRAY_API)
        return _importlib.import_module("jitgrad.scipy.special")
    if name == "polynomial":
        return _importlib.import_module(f"{__name__}.polynomial")
    if name not in __all__:
        raise _missing(__name__, name, _sys.modules[__name__])
    value = globals()[name] = _lookup(__name__, name)
    return value


_sys.modules[__name__].__class__ = _Namespace
