"""jitgrad: gradients for NumPy and Numba code, on the CPU, at the speed of hand-written kernels.

    >>> import jitgrad
    >>> x = jitgrad.arange(4.0, requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    tensor([0., 2., 4., 6.])

Start at `tensor`, `Tensor.backward`, and the functional `grad` and `value_and_grad`. Operations
have NumPy's names.
"""

import sys as _sys
import typing as _typing

import numpy as _np

from . import linalg, numpy
from .base import missing as _missing
from .base.config import config
from .base.errors import *  # noqa: F403
from .diagnostics.explain import explain
from .diagnostics.profile import profile
from .frontend import gradients as autograd
from .frontend.creation import (
    arange,
    array,
    asarray,
    empty,
    empty_like,
    eye,
    from_numpy,
    full,
    full_like,
    linspace,
    manual_seed,
    normal,
    ones,
    ones_like,
    rand,
    randint,
    randn,
    tensor,
    zeros,
    zeros_like,
)  # fmt: skip
from .frontend.functions import NAMES as _NAMES
from .frontend.modes import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from .frontend.tensor import Tensor
from .numpy import meshgrid, split
from .numpy.dispatch import install as _install
from .runtime.launch import get_num_threads, set_num_threads
from .runtime.plan import synchronize
from .runtime.pool import release_memory
from .tracing.control_flow import cond, fori_loop, map, scan, switch, while_loop  # noqa: A004
from .tracing.jit import jit
from .tracing.transforms import grad, hvp, value_and_grad

__version__ = "0.1.0"
globals().update(_NAMES)
if _typing.TYPE_CHECKING:

    def __getattr__(name: str) -> _typing.Callable[..., Tensor]: ...  # the names of the catalogue

else:

    def __getattr__(name):
        raise _missing.missing("jitgrad", name, _sys.modules[__name__])


_install(Tensor)

float64, float32 = _np.float64, _np.float32
int8, int16, int32, int64 = _np.int8, _np.int16, _np.int32, _np.int64
uint8, uint16, uint32, uint64 = _np.uint8, _np.uint16, _np.uint32, _np.uint64
bool_ = _np.bool_
double, float_, long = float64, float64, int64
pi, e, inf, nan, newaxis = _np.pi, _np.e, _np.inf, _np.nan, None

__all__ = [
    "Tensor",
    "arange",
    "array",
    "asarray",
    "autograd",
    "cond",
    "config",
    "empty",
    "empty_like",
    "enable_grad",
    "explain",
    "eye",
    "fori_loop",
    "from_numpy",
    "full",
    "full_like",
    "get_num_threads",
    "grad",
    "hvp",
    "is_grad_enabled",
    "jit",
    "linalg",
    "linspace",
    "manual_seed",
    "map",
    "meshgrid",
    "no_grad",
    "normal",
    "numpy",
    "ones",
    "ones_like",
    "profile",
    "rand",
    "randint",
    "randn",
    "release_memory",
    "scan",
    "set_grad_enabled",
    "set_num_threads",
    "split",
    "switch",
    "synchronize",
    "tensor",
    "value_and_grad",
    "while_loop",
    "zeros",
    "zeros_like",
    *_NAMES,
]
_missing.install(
    Tensor, (*__all__, *(f"{_name}_" for _name in _NAMES), *numpy.__all__, *_np.linalg.__all__)
)
