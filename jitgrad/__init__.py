"""jitgrad: gradients for NumPy and Numba code, on the CPU, at the speed of hand-written kernels.

    >>> import jitgrad
    >>> x = jitgrad.arange(4.0, requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    tensor([0., 2., 4., 6.])

Start at `tensor`, `Tensor.backward`, and the functional `grad` and `value_and_grad`. Operations
have NumPy's names.
"""

import importlib as _importlib
import sys as _sys

import numpy as _np

from .base import errors as _errors
from .base import missing as _missing
from .base.config import config
from .base.errors import *  # noqa: F403 - the classes of errors and warnings, all of them public
from .frontend import operators as _operators  # noqa: F401 - gives tensors operators and methods
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
)
from .frontend.functions import NAMES as _NAMES
from .frontend.modes import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from .frontend.tensor import Tensor
from .numpy.protocols import install as _install
from .runtime.launch import get_num_threads, set_num_threads
from .runtime.plan import synchronize
from .runtime.pool import release_memory

__version__ = "0.1.0"
globals().update(_NAMES)
_install(Tensor)

float64, float32 = _np.float64, _np.float32
complex128, complex64 = _np.complex128, _np.complex64
int8, int16, int32, int64 = _np.int8, _np.int16, _np.int32, _np.int64
uint8, uint16, uint32, uint64 = _np.uint8, _np.uint16, _np.uint32, _np.uint64
bool_ = _np.bool_
pi, e, inf, nan, newaxis = _np.pi, _np.e, _np.inf, _np.nan, None

#: Names that are imported when they are first asked for, and where from: `import jitgrad` does not
#: wait for what many programs never use. A module stands for itself.
_LAZY = {
    "autograd": "autograd",
    "cfunc": "tracing.njit",
    "check_grads": "tracing.gradient_checks",
    "checkpoint": "tracing.recompute",
    "cond": "tracing.control_flow",
    "custom_jvp": "tracing.custom",
    "custom_vjp": "tracing.custom",
    "debug_nans": "frontend.nan_mode",
    "deriv": "differential_operators",
    "draw": "tracing.draw",
    "elementwise_grad": "tracing.transforms",
    "explain": "diagnostics.explain",
    "fft": "fft",
    "fori_loop": "tracing.control_flow",
    "from_dlpack": "frontend.dlpack",
    "grad": "tracing.transforms",
    "grad_and_aux": "differential_operators",
    "grad_named": "differential_operators",
    "hessian": "tracing.jacobians",
    "hessian_tensor_product": "differential_operators",
    "hessian_vector_product": "differential_operators",
    "holomorphic_grad": "differential_operators",
    "hvp": "tracing.transforms",
    "interop": "interop",
    "is_complex": "frontend.complex_views",
    "jacfwd": "tracing.jacobians",
    "jacobian": "tracing.jacobians",
    "jacrev": "tracing.jacobians",
    "jit": "tracing.jit",
    "jvp": "tracing.products",
    "linalg": "linalg",
    "linearize": "tracing.products",
    "make_ggnvp": "differential_operators",
    "make_hvp": "differential_operators",
    "make_jvp": "differential_operators",
    "make_vjp": "differential_operators",
    "map": "tracing.control_flow",
    "meshgrid": "numpy",
    "multigrad_dict": "differential_operators",
    "njit": "tracing.njit",
    "nn": "nn",
    "optim": "optim",
    "primitive": "extend",
    "profile": "diagnostics.profile",
    "pure_callback": "tracing.callbacks",
    "random": "random",
    "scan": "tracing.control_flow",
    "scipy": "scipy",
    "split": "numpy",
    "stop_gradient": "tracing.custom",
    "switch": "tracing.control_flow",
    "tensor_jacobian_product": "differential_operators",
    "tree": "tree",
    "value_and_grad": "tracing.transforms",
    "value_and_jacobian": "tracing.jacobians",
    "vector_jacobian_product": "differential_operators",
    "vectorize": "frontend.vectorized",
    "view_as_complex": "frontend.complex_views",
    "view_as_real": "frontend.complex_views",
    "vjp": "tracing.products",
    "vmap": "tracing.vmap",
    "while_loop": "tracing.control_flow",
}
#: Public names that ``from jitgrad import *`` leaves to what programs have by them: NumPy and SciPy
#: themselves, and a builtin that NumPy has no function of the same name for.
_NOT_STARRED = frozenset(("map", "numpy", "scipy"))

__all__ = [
    *(name for name in vars(_errors) if not name.startswith("_")),
    *(name for name in _LAZY if name not in _NOT_STARRED),
    *_NAMES,
    "Tensor",
    "arange",
    "array",
    "asarray",
    "bool_",
    "complex64",
    "complex128",
    "config",
    "e",
    "empty",
    "empty_like",
    "enable_grad",
    "eye",
    "float32",
    "float64",
    "from_numpy",
    "full",
    "full_like",
    "get_num_threads",
    "inf",
    "inference_mode",
    "int16",
    "int32",
    "int64",
    "int8",
    "is_grad_enabled",
    "is_inference_mode_enabled",
    "linspace",
    "manual_seed",
    "nan",
    "newaxis",
    "no_grad",
    "normal",
    "ones",
    "ones_like",
    "pi",
    "rand",
    "randint",
    "randn",
    "release_memory",
    "set_grad_enabled",
    "set_num_threads",
    "synchronize",
    "tensor",
    "uint16",
    "uint32",
    "uint64",
    "uint8",
    "zeros",
    "zeros_like",
]
_missing.install(
    Tensor,
    (
        *__all__,
        *_NOT_STARRED,
        *(f"{_name}_" for _name in _NAMES),
        *_np.__all__,
        *_np.linalg.__all__,
    ),
)


def __getattr__(name):
    if name not in _LAZY:
        raise _missing.missing("jitgrad", name, _sys.modules[__name__])
    home = _importlib.import_module(f"{__name__}.{_LAZY[name]}")
    value = globals()[name] = home if name == _LAZY[name] else getattr(home, name)
    return value


def __dir__():
    dunders = [name for name in globals() if name.startswith("__")]
    return sorted({*__all__, *_NOT_STARRED, *dunders})
