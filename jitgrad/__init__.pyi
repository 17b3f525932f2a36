# Written by `python -m tools.stubs`: change the functions, or tools, not this file.
"""jitgrad: gradients for NumPy and Numba code, on the CPU, at the speed of hand-written kernels."""

import builtins
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypeAlias, TypeVar, overload

import numpy as np
from numpy import bool_ as bool_
from numpy import complex64 as complex64
from numpy import complex128 as complex128
from numpy import float32 as float32
from numpy import float64 as float64
from numpy import int8 as int8
from numpy import int16 as int16
from numpy import int32 as int32
from numpy import int64 as int64
from numpy import uint8 as uint8
from numpy import uint16 as uint16
from numpy import uint32 as uint32
from numpy import uint64 as uint64
from numpy.typing import DTypeLike, NDArray

from . import autograd as autograd
from . import fft as fft
from . import interop as interop
from . import linalg as linalg
from . import nn as nn
from . import numpy as numpy
from . import optim as optim
from . import random as random
from . import scipy as scipy
from . import tree as tree
from .base.config import config as config
from .base.errors import AliasError as AliasError
from .base.errors import ArgumentError as ArgumentError
from .base.errors import AxisError as AxisError
from .base.errors import CompileError as CompileError
from .base.errors import DTypeError as DTypeError
from .base.errors import ExchangeError as ExchangeError
from .base.errors import GradientCheckError as GradientCheckError
from .base.errors import GradientError as GradientError
from .base.errors import GradientWarning as GradientWarning
from .base.errors import IndexOutOfRange as IndexOutOfRange
from .base.errors import IndexShapeError as IndexShapeError
from .base.errors import IntegerOverflow as IntegerOverflow
from .base.errors import InterruptedRecording as InterruptedRecording
from .base.errors import JitError as JitError
from .base.errors import JitgradError as JitgradError
from .base.errors import JitGradientError as JitGradientError
from .base.errors import JitgradWarning as JitgradWarning
from .base.errors import MissingError as MissingError
from .base.errors import NonFiniteError as NonFiniteError
from .base.errors import NotDifferentiable as NotDifferentiable
from .base.errors import ShapeError as ShapeError
from .diagnostics.explain import Explanation as _Explanation
from .diagnostics.explain import explain as explain
from .diagnostics.profile import profile as profile
from .differential_operators import deriv as deriv
from .differential_operators import grad_and_aux as grad_and_aux
from .differential_operators import grad_named as grad_named
from .differential_operators import hessian_tensor_product as hessian_tensor_product
from .differential_operators import hessian_vector_product as hessian_vector_product
from .differential_operators import holomorphic_grad as holomorphic_grad
from .differential_operators import make_ggnvp as make_ggnvp
from .differential_operators import make_hvp as make_hvp
from .differential_operators import make_jvp as make_jvp
from .differential_operators import make_vjp as make_vjp
from .differential_operators import multigrad_dict as multigrad_dict
from .differential_operators import tensor_jacobian_product as tensor_jacobian_product
from .differential_operators import vector_jacobian_product as vector_jacobian_product
from .extend import primitive as primitive
from .frontend.complex_views import is_complex as is_complex
from .frontend.complex_views import view_as_complex as view_as_complex
from .frontend.complex_views import view_as_real as view_as_real
from .frontend.creation import manual_seed as manual_seed
from .frontend.dlpack import from_dlpack as from_dlpack
from .frontend.modes import enable_grad as enable_grad
from .frontend.modes import inference_mode as inference_mode
from .frontend.modes import is_grad_enabled as is_grad_enabled
from .frontend.modes import is_inference_mode_enabled as is_inference_mode_enabled
from .frontend.modes import no_grad as no_grad
from .frontend.modes import set_grad_enabled as set_grad_enabled
from .frontend.nan_mode import debug_nans as debug_nans
from .frontend.vectorized import vectorize as vectorize
from .runtime.launch import get_num_threads as get_num_threads
from .runtime.launch import set_num_threads as set_num_threads
from .runtime.plan import synchronize as synchronize
from .runtime.pool import release_memory as release_memory
from .tracing.callbacks import pure_callback as pure_callback
from .tracing.control_flow import cond as cond
from .tracing.control_flow import fori_loop as fori_loop
from .tracing.control_flow import map as map
from .tracing.control_flow import scan as scan
from .tracing.control_flow import switch as switch
from .tracing.control_flow import while_loop as while_loop
from .tracing.custom import custom_jvp as custom_jvp
from .tracing.custom import custom_vjp as custom_vjp
from .tracing.custom import stop_gradient as stop_gradient
from .tracing.draw import draw as draw
from .tracing.gradient_checks import check_grads as check_grads
from .tracing.jacobians import hessian as hessian
from .tracing.jacobians import jacfwd as jacfwd
from .tracing.jacobians import jacobian as jacobian
from .tracing.jacobians import jacrev as jacrev
from .tracing.jacobians import value_and_jacobian as value_and_jacobian
from .tracing.njit import cfunc as cfunc
from .tracing.njit import njit as njit
from .tracing.products import jvp as jvp
from .tracing.products import linearize as linearize
from .tracing.products import vjp as vjp
from .tracing.recompute import checkpoint as checkpoint
from .tracing.transforms import elementwise_grad as elementwise_grad
from .tracing.transforms import grad as grad
from .tracing.transforms import hvp as hvp
from .tracing.transforms import value_and_grad as value_and_grad
from .tracing.vmap import vmap as vmap

__all__ = [
    "JitgradError", "ShapeError", "AxisError", "IndexOutOfRange", "IndexShapeError", "DTypeError",
    "ArgumentError", "ExchangeError", "IntegerOverflow", "MissingError", "GradientError",
    "GradientCheckError", "NotDifferentiable", "AliasError", "InterruptedRecording", "JitError",
    "JitGradientError", "NonFiniteError", "CompileError", "JitgradWarning", "GradientWarning",
    "autograd", "cfunc", "check_grads", "checkpoint", "cond", "custom_jvp", "custom_vjp",
    "debug_nans", "deriv", "draw", "elementwise_grad", "explain", "fft", "fori_loop", "from_dlpack",
    "grad", "grad_and_aux", "grad_named", "hessian", "hessian_tensor_product",
    "hessian_vector_product", "holomorphic_grad", "hvp", "interop", "is_complex", "jacfwd",
    "jacobian", "jacrev", "jit", "jvp", "linalg", "linearize", "make_ggnvp", "make_hvp", "make_jvp",
    "make_vjp", "meshgrid", "multigrad_dict", "njit", "nn", "optim", "primitive", "profile",
    "pure_callback", "random", "scan", "split", "stop_gradient", "switch",
    "tensor_jacobian_product", "tree", "value_and_grad", "value_and_jacobian",
    "vector_jacobian_product", "vectorize", "view_as_complex", "view_as_real", "vjp", "vmap",
    "while_loop", "where", "equal", "not_equal", "less", "less_equal", "greater", "greater_equal",
    "logical_and", "logical_or", "logical_xor", "logical_not", "isnan", "isfinite", "isinf",
    "floor", "ceil", "trunc", "fix", "rint", "round", "around", "add", "subtract", "multiply",
    "divide", "true_divide", "floor_divide", "remainder", "mod", "fmod", "reciprocal", "negative",
    "positive", "absolute", "abs", "fabs", "sign", "copysign", "square", "sqrt", "cbrt", "exp",
    "exp2", "expm1", "log", "log2", "log10", "log1p", "sum", "prod", "max", "amax", "min", "amin",
    "any", "all", "argmax", "argmin", "mean", "var", "std", "logsumexp", "softmax", "log_softmax",
    "count_nonzero", "ptp", "erf", "erfc", "sigmoid", "expit", "logaddexp", "logaddexp2",
    "softplus", "sin", "cos", "tan", "arcsin", "asin", "arccos", "acos", "arctan", "atan",
    "arctan2", "atan2", "hypot", "sinh", "cosh", "tanh", "arcsinh", "asinh", "arccosh", "acosh",
    "arctanh", "atanh", "deg2rad", "radians", "rad2deg", "degrees", "sinc", "gelu", "silu", "mish",
    "softsign", "tanhshrink", "softmin", "elu", "celu", "selu", "leaky_relu", "relu6", "hardtanh",
    "hardsigmoid", "hardswish", "hardshrink", "softshrink", "take", "add_at", "transpose",
    "permute_dims", "swapaxes", "moveaxis", "matrix_transpose", "expand_dims", "unsqueeze",
    "squeeze", "broadcast_to", "expand", "concatenate", "concat", "cat", "stack", "repeat", "tile",
    "diagonal", "trace", "flip", "flipud", "fliplr", "roll", "bitwise_and", "bitwise_or",
    "bitwise_xor", "invert", "bitwise_not", "left_shift", "bitwise_left_shift", "right_shift",
    "bitwise_right_shift", "power", "pow", "float_power", "matmul", "mm", "mv", "bmm", "tensordot",
    "dot", "inner", "outer", "vecdot", "matvec", "vecmat", "norm", "vector_norm", "matrix_norm",
    "eigvals", "svdvals", "solve", "inv", "det", "solve_triangular", "cholesky", "expm", "logm",
    "sqrtm", "solve_sylvester", "searchsorted", "argsort", "sort", "take_along_axis", "maximum",
    "minimum", "fmax", "fmin", "clip", "clamp", "relu", "heaviside", "nan_to_num", "real", "imag",
    "conjugate", "conj", "angle", "linear_recurrence", "reshape", "ravel", "flatten",
    "sliding_window_view", "cumsum", "cumprod", "cummax", "cummin", "logcumsumexp", "xlogy",
    "xlog1py", "entr", "rel_entr", "kl_div", "logit", "ndtr", "log_ndtr", "huber", "pseudo_huber",
    "log_expit", "logsigmoid", "exp10", "Tensor", "arange", "array", "asarray", "bool_",
    "complex64", "complex128", "config", "e", "empty", "empty_like", "enable_grad", "eye",
    "float32", "float64", "from_numpy", "full", "full_like", "get_num_threads", "inf",
    "inference_mode", "int16", "int32", "int64", "int8", "is_grad_enabled",
    "is_inference_mode_enabled", "linspace", "manual_seed", "nan", "newaxis", "no_grad", "normal",
    "ones", "ones_like", "pi", "rand", "randint", "randn", "release_memory", "set_grad_enabled",
    "set_num_threads", "synchronize", "tensor", "uint16", "uint32", "uint64", "uint8", "zeros",
    "zeros_like"
]  # fmt: skip

__version__: str

class _SupportsArray(Protocol):
    def __array__(self) -> NDArray[Any]: ...

_ArrayLike: TypeAlias = _SupportsArray | float | list[Any] | tuple[Any, ...] | range
_Ints: TypeAlias = int | Sequence[int]
_Function = TypeVar("_Function", bound=Callable[..., Any])

class Tensor:
    """An array with a gradient: eager to use, recorded as it goes, computed when a value is
    needed.
    """

    @property
    def T(self) -> Tensor:
        """The axes in another order; reversed by default."""

    def __abs__(self, /) -> Tensor: ...
    def __add__(self, other: _ArrayLike, /) -> Tensor: ...
    def __and__(self, other: _ArrayLike, /) -> Tensor: ...
    def __array__(
        self, dtype: DTypeLike | None = None, copy: builtins.bool | None = None
    ) -> NDArray[Any]: ...
    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any: ...
    def __array_namespace__(self, *, api_version: str | None = None) -> Any: ...
    __array_priority__: builtins.int
    def __array_ufunc__(self, ufunc: Any, method: Any, *inputs: Any, **kwargs: Any) -> Any: ...
    def __bool__(self) -> builtins.bool: ...
    def __complex__(self) -> complex: ...
    def __contains__(self, value: object) -> builtins.bool: ...
    def __copy__(self) -> Tensor: ...
    def __deepcopy__(self, memo: Any) -> Tensor: ...
    def __divmod__(self, other: _ArrayLike) -> tuple[Tensor, Tensor]: ...
    def __dlpack__(
        self,
        *,
        stream: Any = None,
        max_version: Any = None,
        dl_device: Any = None,
        copy: Any = None,
    ) -> Any: ...
    def __dlpack_device__(self) -> tuple[builtins.int, builtins.int]: ...
    def __eq__(self, other: object, /) -> Tensor: ...  # type: ignore[override]
    def __float__(self) -> builtins.float: ...
    def __floordiv__(self, other: _ArrayLike, /) -> Tensor: ...
    def __format__(self, spec: str) -> str: ...
    def __ge__(self, other: _ArrayLike, /) -> Tensor: ...
    def __getitem__(self, index: Any) -> Tensor: ...
    def __gt__(self, other: _ArrayLike, /) -> Tensor: ...
    def __iadd__(self, other: _ArrayLike, /) -> Tensor: ...
    def __iand__(self, other: _ArrayLike, /) -> Tensor: ...
    def __ifloordiv__(self, other: _ArrayLike, /) -> Tensor: ...
    def __ilshift__(self, other: _ArrayLike, /) -> Tensor: ...
    def __imatmul__(self, other: _ArrayLike, /) -> Tensor: ...
    def __imod__(self, other: _ArrayLike, /) -> Tensor: ...
    def __imul__(self, other: _ArrayLike, /) -> Tensor: ...
    def __index__(self) -> builtins.int: ...
    def __int__(self) -> builtins.int: ...
    def __invert__(self, /) -> Tensor: ...
    def __ior__(self, other: _ArrayLike, /) -> Tensor: ...
    def __ipow__(self, other: _ArrayLike, /) -> Tensor: ...
    def __irshift__(self, other: _ArrayLike, /) -> Tensor: ...
    def __isub__(self, other: _ArrayLike, /) -> Tensor: ...
    def __iter__(self) -> Iterator[Tensor]: ...
    def __itruediv__(self, other: _ArrayLike, /) -> Tensor: ...
    def __ixor__(self, other: _ArrayLike, /) -> Tensor: ...
    def __le__(self, other: _ArrayLike, /) -> Tensor: ...
    def __len__(self) -> builtins.int: ...
    def __lshift__(self, other: _ArrayLike, /) -> Tensor: ...
    def __lt__(self, other: _ArrayLike, /) -> Tensor: ...
    def __matmul__(self, other: _ArrayLike, /) -> Tensor: ...
    def __mod__(self, other: _ArrayLike, /) -> Tensor: ...
    def __mul__(self, other: _ArrayLike, /) -> Tensor: ...
    def __ne__(self, other: object, /) -> Tensor: ...  # type: ignore[override]
    def __neg__(self, /) -> Tensor: ...
    def __or__(self, other: _ArrayLike, /) -> Tensor: ...
    def __pos__(self, /) -> Tensor: ...
    def __pow__(self, other: _ArrayLike, /) -> Tensor: ...
    def __radd__(self, other: _ArrayLike, /) -> Tensor: ...
    def __rand__(self, other: _ArrayLike, /) -> Tensor: ...
    def __rdivmod__(self, other: _ArrayLike) -> tuple[Tensor, Tensor]: ...
    def __repr__(self) -> str: ...
    def __rfloordiv__(self, other: _ArrayLike, /) -> Tensor: ...
    def __rlshift__(self, other: _ArrayLike, /) -> Tensor: ...
    def __rmatmul__(self, other: _ArrayLike, /) -> Tensor: ...
    def __rmod__(self, other: _ArrayLike, /) -> Tensor: ...
    def __rmul__(self, other: _ArrayLike, /) -> Tensor: ...
    def __ror__(self, other: _ArrayLike, /) -> Tensor: ...
    def __round__(self, decimals: builtins.int = 0) -> Tensor: ...
    def __rpow__(self, other: _ArrayLike, /) -> Tensor: ...
    def __rrshift__(self, other: _ArrayLike, /) -> Tensor: ...
    def __rshift__(self, other: _ArrayLike, /) -> Tensor: ...
    def __rsub__(self, other: _ArrayLike, /) -> Tensor: ...
    def __rtruediv__(self, other: _ArrayLike, /) -> Tensor: ...
    def __rxor__(self, other: _ArrayLike, /) -> Tensor: ...
    def __setitem__(self, index: Any, value: _ArrayLike) -> None: ...
    def __str__(self) -> str: ...
    def __sub__(self, other: _ArrayLike, /) -> Tensor: ...
    def __truediv__(self, other: _ArrayLike, /) -> Tensor: ...
    def __xor__(self, other: _ArrayLike, /) -> Tensor: ...
    def abs_(self, /) -> Tensor:
        """`absolute`, written into this tensor."""

    absolute = __abs__
    def add(self, y: _ArrayLike, /) -> Tensor:
        """The sum x + y."""

    def add_(self, y: _ArrayLike, /) -> Tensor:
        """`add`, written into this tensor."""

    def all(
        self,
        axis: _Ints | None = None,
        keepdims: builtins.bool = False,
        *,
        dim: _Ints | None = ...,
        dims: _Ints | None = ...,
        keepdim: builtins.bool = ...,
        out: Tensor | None = None,
    ) -> Tensor:
        """Whether all elements are true, or not 0."""

    def any(
        self,
        axis: _Ints | None = None,
        keepdims: builtins.bool = False,
        *,
        dim: _Ints | None = ...,
        dims: _Ints | None = ...,
        keepdim: builtins.bool = ...,
        out: Tensor | None = None,
    ) -> Tensor:
        """Whether any element is true, or not 0."""

    def arccos(self) -> Tensor:
        """The inverse cosine of x, in radians."""

    def arccosh(self) -> Tensor:
        """The inverse hyperbolic cosine of x."""

    def arcsin(self) -> Tensor:
        """The inverse sine of x, in radians."""

    def arcsinh(self) -> Tensor:
        """The inverse hyperbolic sine of x."""

    def arctan(self) -> Tensor:
        """The inverse tangent of x, in radians."""

    def arctan2(self, y: _ArrayLike, /) -> Tensor:
        """The angle of the point with the coordinates (y, x), of which x is the height, in
        radians.
        """

    def arctanh(self) -> Tensor:
        """The inverse hyperbolic tangent of x."""

    def argmax(
        self,
        axis: _Ints | None = None,
        keepdims: builtins.bool = False,
        *,
        dim: _Ints | None = ...,
        dims: _Ints | None = ...,
        keepdim: builtins.bool = ...,
        out: Tensor | None = None,
    ) -> Tensor:
        """Where the first largest element along `axis` is, or that of the flat tensor."""

    def argmin(
        self,
        axis: _Ints | None = None,
        keepdims: builtins.bool = False,
        *,
        dim: _Ints | None = ...,
        dims: _Ints | None = ...,
        keepdim: builtins.bool = ...,
        out: Tensor | None = None,
    ) -> Tensor:
        """Where the first smallest element along `axis` is, or that of the flat tensor."""

    def argsort(
        self,
        axis: _Ints = -1,
        kind: str | None = None,
        stable: builtins.bool | None = None,
        *,
        dim: _Ints = ...,
        dims: _Ints = ...,
        out: Tensor | None = None,
    ) -> Tensor:
        """The indices that sort along `axis` (of the flat tensor for None); ties keep their
        order, nan comes last.
        """

    def astype(self, dtype: DTypeLike, copy: builtins.bool = True) -> Tensor:
        """The values in another dtype."""

    def backward(
        self,
        gradient: _ArrayLike | None = None,
        retain_graph: builtins.bool | None = None,
        create_graph: builtins.bool = False,
        inputs: Tensor | Sequence[Tensor] | None = None,
    ) -> None:
        """Adds the gradient of this tensor to the `.grad` of the leaves it was computed from."""

    def bitwise_and(self, y: _ArrayLike, /) -> Tensor:
        """The bits that x and y have, x & y."""

    def bitwise_or(self, y: _ArrayLike, /) -> Tensor:
        """The bits that x or y has, x | y."""

    def bitwise_xor(self, y: _ArrayLike, /) -> Tensor:
        """The bits that one of x and y has, x ^ y."""

    def bool(self) -> Tensor:
        """As bool."""

    def broadcast_to(self, *shape: _Ints) -> Tensor:
        """The tensor stretched to a shape, in which -1 keeps a length; a view that cannot be
        written to.
        """

    def cbrt(self) -> Tensor:
        """The cube root of x."""

    def ceil(self) -> Tensor:
        """The smallest integer not below x."""

    def choose(self, choices: _ArrayLike, out: Tensor | None = None, mode: str = "raise") -> Tensor:
        """For each element the choice of that number, as `numpy.choose`."""

    def clip(self, min: _ArrayLike | None = None, max: _ArrayLike | None = None) -> Tensor:
        """x limited to [min, max]; a bound may be None, which is no bound."""

    def clone(self) -> Tensor:
        """A copy that is part of the graph."""

    def compress(
        self, condition: _ArrayLike, axis: builtins.int | None = None, out: Tensor | None = None
    ) -> Tensor:
        """The slices along `axis` where the condition holds, as `numpy.compress`."""

    def conjugate(self) -> Tensor:
        """The complex conjugate: of a real number the number itself."""

    def contiguous(self) -> Tensor:
        """The tensor itself: its elements are in order as far as one can see."""

    copy = clone
    def copy_(self, value: _ArrayLike) -> Tensor:
        """Writes `value`, broadcast and cast, into this tensor."""

    def copysign(self, y: _ArrayLike, /) -> Tensor:
        """The magnitude of x with the sign of y."""

    def cos(self) -> Tensor:
        """The cosine of x, in radians."""

    def cos_(self, /) -> Tensor:
        """`cos`, written into this tensor."""

    def cosh(self) -> Tensor:
        """The hyperbolic cosine of x."""

    def cpu(self) -> Tensor:
        """The tensor itself: there is no other device."""

    def cummax(
        self,
        axis: _Ints | None = None,
        reverse: builtins.bool = False,
        *,
        dim: _Ints | None = ...,
        dims: _Ints | None = ...,
        out: Tensor | None = None,
    ) -> Tensor:
        """The largest element so far along `axis` (of the flat tensor by default),
        np.maximum.accumulate; after a nan all is nan.
        """

    def cummin(
        self,
        axis: _Ints | None = None,
        reverse: builtins.bool = False,
        *,
        dim: _Ints | None = ...,
        dims: _Ints | None = ...,
        out: Tensor | None = None,
    ) -> Tensor:
        """The smallest element so far along `axis` (of the flat tensor by default),
        np.minimum.accumulate; after a nan all is nan.
        """

    def cumprod(
        self,
        axis: _Ints | None = None,
        dtype: DTypeLike | None = None,
        reverse: builtins.bool = False,
        *,
        dim: _Ints | None = ...,
        dims: _Ints | None = ...,
        out: Tensor | None = None,
    ) -> Tensor:
        """The running product along `axis` (of the flat tensor by default), from the end if
        `reverse`.
        """

    def cumsum(
        self,
        axis: _Ints | None = None,
        dtype: DTypeLike | None = None,
        reverse: builtins.bool = False,
        *,
        dim: _Ints | None = ...,
        dims: _Ints | None = ...,
        out: Tensor | None = None,
    ) -> Tensor:
        """The running sum along `axis` (of the flat tensor by default), from the end if
        `reverse`.
        """

    @property
    def data(self) -> Tensor:
        """The same values, through which no gradient goes, as `detach`; a tensor that is
        assigned becomes the value of this one, which stays what it is in the graph.
        """

    @data.setter
    def data(self, value: Tensor) -> None: ...
    def deg2rad(self) -> Tensor:
        """The angle x, in degrees, in radians."""

    def detach(self) -> Tensor:
        """The same values, through which no gradient goes; shares writes with this tensor."""

    def detach_(self) -> Tensor:
        """Cuts this tensor off from the graph it was computed in."""

    @property
    def device(self) -> str:
        """Where the values are: always "cpu"."""

    def diagonal(
        self, offset: builtins.int = 0, axis1: builtins.int = 0, axis2: builtins.int = 1
    ) -> Tensor:
        """The diagonal number `offset` of the matrices on two axes, as the last axis."""

    def dim(self) -> builtins.int:
        """The number of dimensions."""

    def div_(self, y: _ArrayLike, /) -> Tensor:
        """`divide`, written into this tensor."""

    def divide(self, y: _ArrayLike, /) -> Tensor:
        """The quotient x / y."""

    def dot(self, y: _ArrayLike, /) -> Tensor:
        """The dot product, by NumPy's rules for more dimensions."""

    def double(self) -> Tensor:
        """As float64."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """The NumPy dtype of the elements."""

    def equal(self, y: _ArrayLike, /) -> Tensor:
        """Whether x == y, for each element."""

    def erf(self) -> Tensor:
        """The error function, 2 / sqrt(pi) times the integral of exp(-t * t) from 0 to x."""

    def erfc(self) -> Tensor:
        """1 - erf(x), accurate for large x."""

    def exp(self) -> Tensor:
        """The exponential e ** x."""

    def exp2(self) -> Tensor:
        """The power 2 ** x."""

    def exp_(self, /) -> Tensor:
        """`exp`, written into this tensor."""

    def expand_dims(self, axis: _Ints, *, dim: _Ints = ..., dims: _Ints = ...) -> Tensor:
        """New axes of length 1 at the given places of the result."""

    def explain(self) -> _Explanation:
        """What computes the value, kernel by kernel; it is materialised for that. See
        `jitgrad.explain`.
        """

    def expm1(self) -> Tensor:
        """exp(x) - 1, accurate near 0."""

    def fabs(self) -> Tensor:
        """The magnitude of a float; its derivative at 0 is 0."""

    def fill(self, value: _ArrayLike) -> Tensor:
        """Sets every element to a value."""

    def fill_(self, value: _ArrayLike) -> Tensor:
        """Sets every element to a value."""

    @property
    def flat(self) -> Any:
        """The elements in C order, to iterate over, index and assign; see `Flat`."""

    @flat.setter
    def flat(self, value: Any) -> None: ...
    def flatten(self, order: str = "C", *, out: Tensor | None = None) -> Tensor:
        """All elements on one axis, in C order, as a new tensor."""

    def flip(
        self, axis: _Ints | None = None, *, dim: _Ints | None = ..., dims: _Ints | None = ...
    ) -> Tensor:
        """The order along `axis` reversed (all axes by default)."""

    def float(self) -> Tensor:
        """As float32, as in PyTorch."""

    def floor(self) -> Tensor:
        """The largest integer not above x."""

    def floor_divide(self, y: _ArrayLike, /) -> Tensor:
        """The largest integer not above x / y."""

    def fmax(self, y: _ArrayLike, /) -> Tensor:
        """The larger of x and y, x where they are equal; ignores nan."""

    def fmin(self, y: _ArrayLike, /) -> Tensor:
        """The smaller of x and y, x where they are equal; ignores nan."""

    def fmod(self, y: _ArrayLike, /) -> Tensor:
        """The remainder of x / y, with the sign of x."""

    @property
    def grad(self) -> Tensor | None:
        """The gradient collected so far, or None."""

    @grad.setter
    def grad(self, value: Tensor | None) -> None: ...
    @property
    def grad_fn(self) -> Any:
        """What computed this tensor: its ``name()``, and the ``next_functions`` that its
        gradients go to; None for leaves.
        """

    def greater(self, y: _ArrayLike, /) -> Tensor:
        """Whether x > y, for each element."""

    def greater_equal(self, y: _ArrayLike, /) -> Tensor:
        """Whether x >= y, for each element."""

    def hypot(self, y: _ArrayLike, /) -> Tensor:
        """The Euclidean norm of (x, y)."""

    @property
    def imag(self) -> Tensor:
        """The imaginary part: of a real tensor zeros. Writes to it change the tensor, if
        complex.
        """

    @imag.setter
    def imag(self, value: Tensor) -> None: ...
    def int(self) -> Tensor:
        """As int32, as in PyTorch."""

    invert = __invert__
    def is_inference(self) -> builtins.bool:
        """False: there are no tensors that only `inference_mode` knows."""

    @property
    def is_leaf(self) -> builtins.bool:
        """Whether no operation that has a gradient made this tensor, so that `.grad` is
        collected here.
        """

    def isfinite(self) -> Tensor:
        """Whether x is neither infinite nor nan."""

    def isinf(self) -> Tensor:
        """Whether x is infinite."""

    def isnan(self) -> Tensor:
        """Whether x is nan."""

    def item(self, *index: Any) -> Any:
        """The one element as a Python number; of several, the one that an index names, as
        NumPy's method takes it.
        """

    @property
    def itemsize(self) -> builtins.int:
        """The bytes of one element."""

    def left_shift(self, y: _ArrayLike, /) -> Tensor:
        """The bits of x moved up by y."""

    def less(self, y: _ArrayLike, /) -> Tensor:
        """Whether x < y, for each element."""

    def less_equal(self, y: _ArrayLike, /) -> Tensor:
        """Whether x <= y, for each element."""

    def linear_recurrence(
        self,
        decay: _ArrayLike,
        axis: _Ints = -1,
        reverse: builtins.bool = False,
        *,
        dim: _Ints = ...,
        dims: _Ints = ...,
        out: Tensor | None = None,
    ) -> Tensor:
        """out[i] = decay[i] * out[i - 1] + x[i] along `axis`, out[0] = x[0]: moving averages,
        filters, discounted sums. A decay of 0 forgets all that came before, inf and nan, too.
        """

    def log(self) -> Tensor:
        """The natural logarithm of x."""

    def log10(self) -> Tensor:
        """The logarithm to base 10."""

    def log1p(self) -> Tensor:
        """log(1 + x), accurate near 0."""

    def log2(self) -> Tensor:
        """The logarithm to base 2."""

    def log_(self, /) -> Tensor:
        """`log`, written into this tensor."""

    def log_softmax(
        self, axis: _Ints = -1, *, dim: _Ints = ..., dims: _Ints = ..., out: Tensor | None = None
    ) -> Tensor:
        """log(softmax(x)) over `axis`, without overflow, whatever is added to x."""

    def logaddexp(self, y: _ArrayLike, /) -> Tensor:
        """log(exp(x) + exp(y)), without overflow."""

    def logaddexp2(self, y: _ArrayLike, /) -> Tensor:
        """log2(2 ** x + 2 ** y), without overflow."""

    def logcumsumexp(
        self,
        axis: _Ints | None = None,
        reverse: builtins.bool = False,
        *,
        dim: _Ints | None = ...,
        dims: _Ints | None = ...,
        out: Tensor | None = None,
    ) -> Tensor:
        """log(cumsum(exp(x))) along `axis` (of the flat tensor by default),
        np.logaddexp.accumulate, without overflow.
        """

    def logical_and(self, y: _ArrayLike, /) -> Tensor:
        """Whether both x and y are true, or not 0."""

    def logical_not(self) -> Tensor:
        """Whether x is false, or 0."""

    def logical_or(self, y: _ArrayLike, /) -> Tensor:
        """Whether x or y, or both, are true, or not 0."""

    def logical_xor(self, y: _ArrayLike, /) -> Tensor:
        """Whether one of x and y is true, or not 0."""

    def logit(self) -> Tensor:
        """log(x / (1 - x)), the inverse of the sigmoid."""

    def logsumexp(
        self,
        axis: _Ints | None = None,
        keepdims: builtins.bool = False,
        *,
        dim: _Ints | None = ...,
        dims: _Ints | None = ...,
        keepdim: builtins.bool = ...,
        out: Tensor | None = None,
    ) -> Tensor:
        """log(sum(exp(x))) over `axis` (all axes by default), without overflow."""

    def long(self) -> Tensor:
        """As int64."""

    @property
    def mT(self) -> Tensor:
        """The last two axes exchanged."""

    def matmul(self, y: _ArrayLike, /) -> Tensor:
        """The matrix product; stacks of matrices (..., n, k) @ (..., k, m) broadcast."""

    def max(
        self,
        axis: _Ints | None = None,
        keepdims: builtins.bool = False,
        *,
        dim: _Ints | None = ...,
        dims: _Ints | None = ...,
        keepdim: builtins.bool = ...,
        out: Tensor | None = None,
    ) -> Tensor:
        """The largest element along `axis` (of all by default); complex numbers are ordered by
        their real, then by their imaginary parts.
        """

    def maximum(self, y: _ArrayLike, /) -> Tensor:
        """The larger of x and y; nan where either is nan."""

    def mean(
        self,
        axis: _Ints | None = None,
        dtype: DTypeLike | None = None,
        keepdims: builtins.bool = False,
        *,
        dim: _Ints | None = ...,
        dims: _Ints | None = ...,
        keepdim: builtins.bool = ...,
        out: Tensor | None = None,
    ) -> Tensor:
        """The arithmetic mean over `axis` (all axes by default)."""

    def min(
        self,
        axis: _Ints | None = None,
        keepdims: builtins.bool = False,
        *,
        dim: _Ints | None = ...,
        dims: _Ints | None = ...,
        keepdim: builtins.bool = ...,
        out: Tensor | None = None,
    ) -> Tensor:
        """The smallest element along `axis` (of all by default); complex numbers are ordered by
        their real, then by their imaginary parts.
        """

    def minimum(self, y: _ArrayLike, /) -> Tensor:
        """The smaller of x and y; nan where either is nan."""

    def mul_(self, y: _ArrayLike, /) -> Tensor:
        """`multiply`, written into this tensor."""

    def multiply(self, y: _ArrayLike, /) -> Tensor:
        """The product x * y."""

    def nan_to_num(
        self,
        nan: builtins.float = 0.0,
        posinf: builtins.float | None = None,
        neginf: builtins.float | None = None,
        *,
        out: Tensor | None = None,
    ) -> Tensor:
        """x with numbers in place of nan and of infinities, which become the largest by default."""

    @property
    def nbytes(self) -> builtins.int:
        """The bytes of all elements."""

    @property
    def ndim(self) -> builtins.int:
        """The number of dimensions."""

    def neg_(self, /) -> Tensor:
        """`negative`, written into this tensor."""

    negative = __neg__
    def nonzero(self) -> tuple[Tensor, ...]:
        """The indices of the elements that are not 0: one tensor per dimension, as in NumPy, and
        no gradient.
        """

    def norm(
        self,
        ord: builtins.float | str | None = None,
        axis: _Ints | None = None,
        keepdims: builtins.bool = False,
        *,
        dim: _Ints | None = ...,
        dims: _Ints | None = ...,
        keepdim: builtins.bool = ...,
        out: Tensor | None = None,
    ) -> Tensor:
        """The norm of vectors (one axis) or matrices (two), by default of all elements; its
        derivative at 0 is 0.
        """

    def not_equal(self, y: _ArrayLike, /) -> Tensor:
        """Whether x != y, for each element."""

    def numel(self) -> builtins.int:
        """The number of elements."""

    def numpy(self) -> NDArray[Any]:
        """The values as a NumPy array that cannot be written to, and that later writes to the
        tensor do not change.
        """

    def partition(
        self,
        kth: _Ints,
        axis: builtins.int = -1,
        kind: str = "introselect",
        order: str | None = None,
    ) -> None:
        """Moves the elements in place so that those at `kth` are where sorting would put them,
        as NumPy's method does.
        """

    positive = __pos__
    def power(self, y: _ArrayLike, /) -> Tensor:
        """The power x ** y."""

    def prod(
        self,
        axis: _Ints | None = None,
        dtype: DTypeLike | None = None,
        keepdims: builtins.bool = False,
        *,
        dim: _Ints | None = ...,
        dims: _Ints | None = ...,
        keepdim: builtins.bool = ...,
        out: Tensor | None = None,
    ) -> Tensor:
        """The product over `axis` (all axes by default)."""

    def put(self, indices: _ArrayLike, values: _ArrayLike, mode: str = "raise") -> None:
        """Writes `values` at flat positions, as `numpy.put`."""

    def rad2deg(self) -> Tensor:
        """The angle x, in radians, in degrees."""

    def ravel(self, order: str = "C") -> Tensor:
        """All elements on one axis, in C order: a view of what lies so, else a copy."""

    @property
    def real(self) -> Tensor:
        """The real part: of a real tensor the tensor itself. Writes to it change the tensor."""

    @real.setter
    def real(self, value: Tensor) -> None: ...
    def reciprocal(self) -> Tensor:
        """The reciprocal 1 / x."""

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> Any:
        """Calls ``hook(grad)`` when the gradient is computed; what it returns replaces it,
        unless that is None.
        """

    def register_post_accumulate_grad_hook(self, hook: Callable[[Tensor], None]) -> Any:
        """Calls ``hook(x)`` with this leaf `x` each time that a gradient was added to its
        `.grad`, as to make a step of an optimiser and let go of the gradient.
        """

    def relu(self) -> Tensor:
        """max(x, 0), with derivative 0 at 0; nan stays nan."""

    def relu_(self, /) -> Tensor:
        """`relu`, written into this tensor."""

    def remainder(self, y: _ArrayLike, /) -> Tensor:
        """The remainder x - y * floor(x / y), with the sign of y."""

    def repeat(
        self,
        repeats: builtins.int | _ArrayLike,
        axis: _Ints | None = None,
        *,
        dim: _Ints | None = ...,
        dims: _Ints | None = ...,
        out: Tensor | None = None,
    ) -> Tensor:
        """Each element `repeats` times, along `axis` or of the flat tensor, as in NumPy
        (PyTorch's `repeat` is `tile`).
        """

    @property
    def requires_grad(self) -> builtins.bool:
        """Whether gradients go to this tensor, or through it."""

    @requires_grad.setter
    def requires_grad(self, value: builtins.bool) -> None: ...
    def requires_grad_(self, value: builtins.bool = True) -> Tensor:
        """Makes this a leaf whose gradient is collected in `.grad` (or not any more)."""

    def reshape(self, *shape: _Ints, order: str = "C") -> Tensor:
        """The same elements in C order, in another shape; one length may be -1."""

    def reshape_as(self, other: _ArrayLike) -> Tensor:
        """The same elements in the shape of another tensor."""

    def retain_grad(self) -> None:
        """Collect the gradient of this result of operations in `.grad`, too."""

    @property
    def retains_grad(self) -> builtins.bool:
        """Whether `retain_grad` was called on this result of operations."""

    def right_shift(self, y: _ArrayLike, /) -> Tensor:
        """The bits of x moved down by y; the sign stays."""

    def rint(self) -> Tensor:
        """The nearest integer, ties to even."""

    def roll(
        self,
        shift: _Ints,
        axis: _Ints | None = None,
        *,
        dim: _Ints | None = ...,
        dims: _Ints | None = ...,
        shifts: _Ints = ...,
        out: Tensor | None = None,
    ) -> Tensor:
        """Elements moved on by `shift`, those that leave at the end entering at the start."""

    def round(self, decimals: builtins.int = 0, *, out: Tensor | None = None) -> Tensor:
        """The nearest number of so many decimals, ties to even."""

    def searchsorted(
        self, v: _ArrayLike, side: str = "left", *, out: Tensor | None = None
    ) -> Tensor:
        """Where the elements of `v` belong in the sorted `a`: before equal ones, or behind them
        for side='right'.
        """

    @property
    def shape(self) -> tuple[builtins.int, ...]:
        """The lengths of the axes, as a tuple."""

    def sigmoid(self) -> Tensor:
        """1 / (1 + exp(-x)), without overflow and with every digit of small values."""

    def sigmoid_(self, /) -> Tensor:
        """`sigmoid`, written into this tensor."""

    def sign(self) -> Tensor:
        """-1, 0 or 1, as x is negative, 0 or positive; of a complex number x / abs(x)."""

    def sin(self) -> Tensor:
        """The sine of x, in radians."""

    def sin_(self, /) -> Tensor:
        """`sin`, written into this tensor."""

    def sinc(self) -> Tensor:
        """sin(pi x) / (pi x), and 1 at 0."""

    def sinh(self) -> Tensor:
        """The hyperbolic sine of x."""

    @property
    def size(self) -> builtins.int:
        """The number of elements."""

    def softmax(
        self, axis: _Ints = -1, *, dim: _Ints = ..., dims: _Ints = ..., out: Tensor | None = None
    ) -> Tensor:
        """exp(x) / sum(exp(x)) over `axis`, without overflow, whatever is added to x."""

    def softplus(self) -> Tensor:
        """log(1 + exp(x)), without overflow."""

    def sort(
        self,
        axis: builtins.int = -1,
        kind: str | None = None,
        order: str | None = None,
        *,
        stable: builtins.bool | None = None,
        **others: Any,
    ) -> None:
        """Sorts the tensor in place along `axis`, as NumPy's method does; the sorted copy is
        `jitgrad.sort`.
        """

    def sqrt(self) -> Tensor:
        """The square root of x."""

    def sqrt_(self, /) -> Tensor:
        """`sqrt`, written into this tensor."""

    def square(self) -> Tensor:
        """The square x * x."""

    def squeeze(
        self, axis: _Ints | None = None, *, dim: _Ints | None = ..., dims: _Ints | None = ...
    ) -> Tensor:
        """Without axes of length 1."""

    def std(
        self,
        axis: _Ints | None = None,
        ddof: builtins.float = 0,
        keepdims: builtins.bool = False,
        correction: builtins.float | None = None,
        *,
        dim: _Ints | None = ...,
        dims: _Ints | None = ...,
        keepdim: builtins.bool = ...,
        unbiased: builtins.bool = ...,
        out: Tensor | None = None,
    ) -> Tensor:
        """The standard deviation over `axis`, the root of `var`."""

    def sub_(self, y: _ArrayLike, /) -> Tensor:
        """`subtract`, written into this tensor."""

    def subtract(self, y: _ArrayLike, /) -> Tensor:
        """The difference x - y."""

    def sum(
        self,
        axis: _Ints | None = None,
        dtype: DTypeLike | None = None,
        keepdims: builtins.bool = False,
        *,
        dim: _Ints | None = ...,
        dims: _Ints | None = ...,
        keepdim: builtins.bool = ...,
        out: Tensor | None = None,
    ) -> Tensor:
        """The sum over `axis` (all axes by default)."""

    def swapaxes(self, axis1: builtins.int, axis2: builtins.int) -> Tensor:
        """Two axes exchanged."""

    def take(
        self,
        indices: _ArrayLike,
        axis: _Ints | None = None,
        mode: str = "raise",
        *,
        dim: _Ints | None = ...,
        dims: _Ints | None = ...,
        out: Tensor | None = None,
    ) -> Tensor:
        """Elements at `indices` along `axis` (of the flat tensor by default)."""

    def tan(self) -> Tensor:
        """The tangent of x, in radians."""

    def tanh(self) -> Tensor:
        """The hyperbolic tangent of x."""

    def tanh_(self, /) -> Tensor:
        """`tanh`, written into this tensor."""

    def tile(self, *reps: _Ints, dims: _Ints = ..., out: Tensor | None = None) -> Tensor:
        """The whole tensor so many times after one another, along each axis; what PyTorch calls
        `repeat`.
        """

    def to(self, dtype: DTypeLike) -> Tensor:
        """The values in another dtype; the tensor itself where it has that dtype, or for "cpu",
        the only device.
        """

    def to_device(self, device: str, /, *, stream: None = None) -> Tensor:
        """The tensor itself, for "cpu", the only device; a method of the array API standard."""

    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers."""

    def trace(
        self,
        offset: builtins.int = 0,
        axis1: builtins.int = 0,
        axis2: builtins.int = 1,
        dtype: DTypeLike | None = None,
        *,
        out: Tensor | None = None,
    ) -> Tensor:
        """The sum of the diagonal number `offset` of the matrices on two axes."""

    def transpose(self, *axes: _Ints | None, dims: _Ints | None = ...) -> Tensor:
        """The axes in another order; reversed by default."""

    def trunc(self) -> Tensor:
        """The integer part of x: x without its fraction."""

    def type(self, dtype: DTypeLike) -> Tensor:
        """As `to`."""

    def var(
        self,
        axis: _Ints | None = None,
        ddof: builtins.float = 0,
        keepdims: builtins.bool = False,
        correction: builtins.float | None = None,
        *,
        dim: _Ints | None = ...,
        dims: _Ints | None = ...,
        keepdim: builtins.bool = ...,
        unbiased: builtins.bool = ...,
        out: Tensor | None = None,
    ) -> Tensor:
        """The variance over `axis`, with n - ddof degrees of freedom (0, as NumPy)."""

    def view(self, *shape: _Ints | DTypeLike) -> Tensor:
        """The same elements in another shape, never copied, as in PyTorch; `reshape` copies
        where it must.
        """

    def zero_(self) -> Tensor:
        """Sets every element to 0."""

    abs = __abs__
    acos = arccos
    acosh = arccosh
    amax = max
    amin = min
    around = round
    asin = arcsin
    asinh = arcsinh
    atan = arctan
    atan2 = arctan2
    atanh = arctanh
    bitwise_left_shift = left_shift
    bitwise_not = __invert__
    bitwise_right_shift = right_shift
    bmm = matmul
    clamp = clip
    conj = conjugate
    degrees = rad2deg
    expand = broadcast_to
    expit = sigmoid
    fix = trunc
    mm = matmul
    mod = remainder
    mv = matmul
    permute = transpose
    permute_dims = transpose
    pow = power
    radians = deg2rad
    t = transpose
    true_divide = divide
    unsqueeze = expand_dims

@overload
def jit(
    function: _Function, *, static_argnums: Any = (), static_argnames: Any = (), check: bool = False
) -> _Function: ...
@overload
def jit(
    function: None = None,
    *,
    static_argnums: Any = (),
    static_argnames: Any = (),
    check: bool = False,
) -> Callable[[_Function], _Function]: ...
def meshgrid(
    *xi: _ArrayLike, copy: bool = True, sparse: bool = False, indexing: str = "xy"
) -> tuple[Tensor, ...]:
    """Return a tuple of coordinate matrices from coordinate vectors.

    >>> import numpy as np
    >>> nx, ny = (3, 2)
    >>> x = np.linspace(0, 1, nx)
    >>> y = np.linspace(0, 1, ny)
    >>> xv, yv = np.meshgrid(x, y)
    >>> xv
    array([[0. , 0.5, 1. ],
           [0. , 0.5, 1. ]])
    >>> yv
    array([[0.,  0.,  0.],
           [1.,  1.,  1.]])
    """

def split(ary: _ArrayLike, indices_or_sections: _Ints | _ArrayLike, axis: int = 0) -> list[Tensor]:
    """Split an array into multiple sub-arrays as views into `ary`.

    >>> import numpy as np
    >>> x = np.arange(9.0)
    >>> np.split(x, 3)
    [array([0.,  1.,  2.]), array([3.,  4.,  5.]), array([6.,  7.,  8.])]
    """

def arange(
    *args: _ArrayLike,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    device: str | None = None,
) -> Tensor:
    """Evenly spaced values, as `numpy.arange`.

    >>> jitgrad.arange(3.0, requires_grad=True)
    tensor([0., 1., 2.], requires_grad=True)
    """

def array(
    data: _ArrayLike,
    dtype: DTypeLike | None = None,
    copy: bool = True,
    requires_grad: bool = False,
    *,
    device: str | None = None,
) -> Tensor:
    """A tensor with a copy of `data`, as `numpy.array`; tensors, also in sequences, keep their
    gradient.

    >>> jitgrad.array([1, 2], dtype=jitgrad.float32)
    tensor([1., 2.], dtype=float32)
    """

def asarray(
    data: _ArrayLike,
    dtype: DTypeLike | None = None,
    copy: bool | None = None,
    *,
    device: str | None = None,
) -> Tensor:
    """`data` as a tensor; a tensor of that dtype is given back as it is, unless a copy is asked
    for.

    >>> x = jitgrad.asarray([1.0, 2.0])
    >>> jitgrad.asarray(x) is x
    True
    """

e: float

def empty(
    *size: _Ints,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    shape: _Ints | None = None,
    device: str | None = None,
) -> Tensor:
    """A tensor of a shape, as `numpy.empty`; lengths may be given one by one.

    >>> jitgrad.empty(2, 3).shape
    (2, 3)
    """

def empty_like(
    x: _ArrayLike,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    *,
    device: str | None = None,
) -> Tensor:
    """As `numpy.empty_like`.

    >>> jitgrad.empty_like(jitgrad.arange(3)).shape
    (3,)
    """

def eye(
    n: int,
    m: int | None = None,
    k: int = 0,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    *,
    device: str | None = None,
) -> Tensor:
    """Ones on the diagonal number `k` of an n x m matrix, zeros elsewhere.

    >>> jitgrad.eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """

def from_numpy(a: NDArray[Any]) -> Tensor:
    """A tensor with the values of an array. They are copied: a tensor never changes under a
    recorded program.

    >>> jitgrad.from_numpy(np.eye(2))
    tensor([[1., 0.],
            [0., 1.]])
    """

def full(
    shape: _Ints,
    fill_value: _ArrayLike,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    *,
    device: str | None = None,
) -> Tensor:
    """A tensor of a shape filled with a value; a tensor as value keeps its gradient.

    >>> jitgrad.full((2, 2), 7.0)
    tensor([[7., 7.],
            [7., 7.]])
    """

def full_like(
    x: _ArrayLike,
    fill_value: _ArrayLike,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    *,
    device: str | None = None,
) -> Tensor:
    """A tensor of the shape of `x`, filled with a value.

    >>> jitgrad.full_like(jitgrad.arange(3), 7)
    tensor([7, 7, 7])
    """

inf: float

def linspace(
    start: _ArrayLike,
    stop: _ArrayLike,
    num: int = 50,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    *,
    endpoint: bool = True,
    axis: int = 0,
    device: str | None = None,
) -> Tensor:
    """`num` values from `start` to `stop`, as `numpy.linspace`; tensors as ends keep their
    gradient.

    >>> jitgrad.linspace(0, 1, 3)
    tensor([0. , 0.5, 1. ])
    """

nan: float
newaxis: None

def normal(
    mean: _ArrayLike = 0.0,
    std: _ArrayLike = 1.0,
    size: _Ints | None = None,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    *,
    device: str | None = None,
) -> Tensor:
    """Normal values of a mean and a standard deviation; tensors as either keep their gradient.

    >>> jitgrad.normal(5.0, 0.0, (2,))
    tensor([5., 5.])
    """

def ones(
    *size: _Ints,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    shape: _Ints | None = None,
    device: str | None = None,
) -> Tensor:
    """A tensor of a shape, as `numpy.ones`; lengths may be given one by one.

    >>> jitgrad.ones(2, 3).shape
    (2, 3)
    """

def ones_like(
    x: _ArrayLike,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    *,
    device: str | None = None,
) -> Tensor:
    """As `numpy.ones_like`.

    >>> jitgrad.ones_like(jitgrad.arange(3)).shape
    (3,)
    """

pi: float

def rand(
    *size_: _Ints,
    size: _Ints | None = None,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    device: str | None = None,
) -> Tensor:
    """Uniform values in [0, 1) of a shape.

    >>> jitgrad.rand(2, 3).shape
    (2, 3)
    """

def randint(
    low: int, high: int, size: _Ints, *, dtype: DTypeLike | None = None, device: str | None = None
) -> Tensor:
    """Uniform integers in [low, high).

    >>> jitgrad.randint(0, 1, (2,))
    tensor([0, 0])
    """

def randn(
    *size_: _Ints,
    size: _Ints | None = None,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    device: str | None = None,
) -> Tensor:
    """Standard normal values of a shape.

    >>> jitgrad.randn(2, 3).shape
    (2, 3)
    """

def tensor(
    data: _ArrayLike,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    device: str | None = None,
) -> Tensor:
    """A new tensor with a copy of `data`, through which no gradient goes.

    >>> x = jitgrad.tensor([1.0, 2.0], requires_grad=True)
    """

def zeros(
    *size: _Ints,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    shape: _Ints | None = None,
    device: str | None = None,
) -> Tensor:
    """A tensor of a shape, as `numpy.zeros`; lengths may be given one by one.

    >>> jitgrad.zeros(2, 3).shape
    (2, 3)
    """

def zeros_like(
    x: _ArrayLike,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    *,
    device: str | None = None,
) -> Tensor:
    """As `numpy.zeros_like`.

    >>> jitgrad.zeros_like(jitgrad.arange(3)).shape
    (3,)
    """

def absolute(x: _ArrayLike, /) -> Tensor:
    """The magnitude of x; its derivative at 0 is 0, as in PyTorch.

    NumPy's is numpy.absolute.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> jitgrad.absolute(x)
    tensor([1. , 0.8, 1.3])
    >>> jitgrad.grad(lambda x: jitgrad.absolute(x).sum())(x)
    tensor([-1., -1.,  1.])
    """

def add(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """The sum x + y.

    NumPy's is numpy.add.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> y = jitgrad.tensor([-1.6, 0.4, 0.9])
    >>> jitgrad.add(x, y)
    tensor([-2.6, -0.4,  2.2])
    >>> jitgrad.grad(lambda x: jitgrad.add(x, y).sum())(x)
    tensor([1., 1., 1.])
    """

def add_at(
    x: _ArrayLike,
    indices: _ArrayLike,
    values: _ArrayLike,
    axis: _Ints | None = None,
    *,
    dim: _Ints | None = ...,
    dims: _Ints | None = ...,
    out: Tensor | None = None,
) -> Tensor:
    """x with `values` added at `indices` along `axis` (of the flat tensor by default), each time
    one is repeated.

    >>> x = jitgrad.tensor([[[-1.0, -0.8, 1.3],
    ...                     [-1.6, 0.4, 0.9],
    ...                     [-1.2, -1.8, -0.9]],
    ...                     [[0.6, 0.2, -1.4],
    ...                     [-0.3, 0.7, -0.3],
    ...                     [0.5, 1.9, 0.7]]])
    >>> indices = jitgrad.tensor([[1, 0, 1]])
    >>> values = jitgrad.tensor([[0.0, 1.6, 1.1]])
    >>> jitgrad.add_at(x, indices, values, axis=0).shape
    (2, 3, 3)
    >>> jitgrad.grad(lambda x: jitgrad.add_at(x, indices, values, axis=0).sum())(x).shape
    (2, 3, 3)
    """

def all(
    x: _ArrayLike,
    axis: _Ints | None = None,
    keepdims: bool = False,
    *,
    dim: _Ints | None = ...,
    dims: _Ints | None = ...,
    keepdim: bool = ...,
    out: Tensor | None = None,
) -> Tensor:
    """Whether all elements are true, or not 0.

    NumPy's is numpy.all.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.all(x, axis=0)
    tensor([ True,  True,  True])
    """

def angle(x: _ArrayLike, deg: bool = False, *, out: Tensor | None = None) -> Tensor:
    """The angle in the complex plane: of a real number 0 or pi, as it is positive or negative.

    >>> x = jitgrad.tensor([[0.9, 0.9, 1.7], [0.6, 1.4, 1.6]])
    >>> jitgrad.angle(x, deg=True)
    tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """

def any(
    x: _ArrayLike,
    axis: _Ints | None = None,
    keepdims: bool = False,
    *,
    dim: _Ints | None = ...,
    dims: _Ints | None = ...,
    keepdim: bool = ...,
    out: Tensor | None = None,
) -> Tensor:
    """Whether any element is true, or not 0.

    NumPy's is numpy.any.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.any(x, axis=0)
    tensor([ True,  True,  True])
    """

def arccos(x: _ArrayLike, /) -> Tensor:
    """The inverse cosine of x, in radians.

    NumPy's is numpy.arccos.

    >>> x = jitgrad.tensor([-0.4, -0.3, 0.5])
    >>> jitgrad.arccos(x)
    tensor([1.9823, 1.8755, 1.0472])
    >>> jitgrad.grad(lambda x: jitgrad.arccos(x).sum())(x)
    tensor([-1.0911, -1.0483, -1.1547])
    """

def arccosh(x: _ArrayLike, /) -> Tensor:
    """The inverse hyperbolic cosine of x.

    NumPy's is numpy.arccosh.

    >>> x = jitgrad.tensor([1.9, 1.9, 2.7])
    >>> jitgrad.arccosh(x)
    tensor([1.2572, 1.2572, 1.6502])
    >>> jitgrad.grad(lambda x: jitgrad.arccosh(x).sum())(x)
    tensor([0.619 , 0.619 , 0.3987])
    """

def arcsin(x: _ArrayLike, /) -> Tensor:
    """The inverse sine of x, in radians.

    NumPy's is numpy.arcsin.

    >>> x = jitgrad.tensor([-0.4, -0.3, 0.5])
    >>> jitgrad.arcsin(x)
    tensor([-0.4115, -0.3047,  0.5236])
    >>> jitgrad.grad(lambda x: jitgrad.arcsin(x).sum())(x)
    tensor([1.0911, 1.0483, 1.1547])
    """

def arcsinh(x: _ArrayLike, /) -> Tensor:
    """The inverse hyperbolic sine of x.

    NumPy's is numpy.arcsinh.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> jitgrad.arcsinh(x)
    tensor([-0.8814, -0.7327,  1.0785])
    >>> jitgrad.grad(lambda x: jitgrad.arcsinh(x).sum())(x)
    tensor([0.7071, 0.7809, 0.6097])
    """

def arctan(x: _ArrayLike, /) -> Tensor:
    """The inverse tangent of x, in radians.

    NumPy's is numpy.arctan.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> jitgrad.arctan(x)
    tensor([-0.7854, -0.6747,  0.9151])
    >>> jitgrad.grad(lambda x: jitgrad.arctan(x).sum())(x)
    tensor([0.5   , 0.6098, 0.3717])
    """

def arctan2(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """The angle of the point with the coordinates (y, x), of which x is the height, in radians.

    NumPy's is numpy.arctan2.

    >>> x = jitgrad.tensor([0.9, 0.9, 1.7])
    >>> y = jitgrad.tensor([0.6, 1.4, 1.6])
    >>> jitgrad.arctan2(x, y)
    tensor([0.9828, 0.5713, 0.8157])
    >>> jitgrad.grad(lambda x: jitgrad.arctan2(x, y).sum())(x)
    tensor([0.5128, 0.5054, 0.2936])
    """

def arctanh(x: _ArrayLike, /) -> Tensor:
    """The inverse hyperbolic tangent of x.

    NumPy's is numpy.arctanh.

    >>> x = jitgrad.tensor([-0.4, -0.3, 0.5])
    >>> jitgrad.arctanh(x)
    tensor([-0.4236, -0.3095,  0.5493])
    >>> jitgrad.grad(lambda x: jitgrad.arctanh(x).sum())(x)
    tensor([1.1905, 1.0989, 1.3333])
    """

def argmax(
    x: _ArrayLike,
    axis: _Ints | None = None,
    keepdims: bool = False,
    *,
    dim: _Ints | None = ...,
    dims: _Ints | None = ...,
    keepdim: bool = ...,
    out: Tensor | None = None,
) -> Tensor:
    """Where the first largest element along `axis` is, or that of the flat tensor.

    NumPy's is numpy.argmax.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.argmax(x, axis=0)
    tensor([0, 1, 0])
    """

def argmin(
    x: _ArrayLike,
    axis: _Ints | None = None,
    keepdims: bool = False,
    *,
    dim: _Ints | None = ...,
    dims: _Ints | None = ...,
    keepdim: bool = ...,
    out: Tensor | None = None,
) -> Tensor:
    """Where the first smallest element along `axis` is, or that of the flat tensor.

    NumPy's is numpy.argmin.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.argmin(x, axis=0)
    tensor([1, 0, 1])
    """

def argsort(
    x: _ArrayLike,
    axis: _Ints = -1,
    kind: str | None = None,
    stable: bool | None = None,
    *,
    dim: _Ints = ...,
    dims: _Ints = ...,
    out: Tensor | None = None,
) -> Tensor:
    """The indices that sort along `axis` (of the flat tensor for None); ties keep their order,
    nan comes last.

    NumPy's is numpy.argsort.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.argsort(x, axis=0)
    tensor([[1, 0, 1],
            [0, 1, 0]])
    """

def bitwise_and(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """The bits that x and y have, x & y.

    NumPy's is numpy.bitwise_and.

    >>> x = jitgrad.tensor([True, True, False])
    >>> y = jitgrad.tensor([True, False, False])
    >>> jitgrad.bitwise_and(x, y)
    tensor([ True, False, False])
    """

def bitwise_or(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """The bits that x or y has, x | y.

    NumPy's is numpy.bitwise_or.

    >>> x = jitgrad.tensor([True, True, False])
    >>> y = jitgrad.tensor([True, False, False])
    >>> jitgrad.bitwise_or(x, y)
    tensor([ True,  True, False])
    """

def bitwise_xor(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """The bits that one of x and y has, x ^ y.

    NumPy's is numpy.bitwise_xor.

    >>> x = jitgrad.tensor([True, True, False])
    >>> y = jitgrad.tensor([True, False, False])
    >>> jitgrad.bitwise_xor(x, y)
    tensor([False,  True, False])
    """

def broadcast_to(x: _ArrayLike, shape: _Ints) -> Tensor:
    """The tensor stretched to a shape, in which -1 keeps a length; a view that cannot be written
    to.

    NumPy's is numpy.broadcast_to.

    >>> x = jitgrad.tensor([[-1.0], [-0.8], [1.3]])
    >>> jitgrad.broadcast_to(x, shape=(2, 3, 4)).shape
    (2, 3, 4)
    >>> jitgrad.grad(lambda x: jitgrad.broadcast_to(x, shape=(2, 3, 4)).sum())(x)
    tensor([[8.],
            [8.],
            [8.]])
    """

def cbrt(x: _ArrayLike, /) -> Tensor:
    """The cube root of x.

    NumPy's is numpy.cbrt.

    >>> x = jitgrad.tensor([0.9, 0.9, 1.7])
    >>> jitgrad.cbrt(x)
    tensor([0.9655, 0.9655, 1.1935])
    >>> jitgrad.grad(lambda x: jitgrad.cbrt(x).sum())(x)
    tensor([0.3576, 0.3576, 0.234 ])
    """

def ceil(x: _ArrayLike, /) -> Tensor:
    """The smallest integer not below x.

    NumPy's is numpy.ceil.

    >>> x = jitgrad.tensor([0.3, 0.3, 0.8])
    >>> jitgrad.ceil(x)
    tensor([1., 1., 1.])
    """

def celu(x: _ArrayLike, alpha: float = 1.0, *, out: Tensor | None = None) -> Tensor:
    """x above 0, alpha * (exp(x / alpha) - 1) below: smooth for each alpha.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.celu(x, alpha=0.5)
    tensor([[-0.4323, -0.3991,  1.3   ],
            [-0.4796,  0.4   ,  0.9   ]])
    >>> jitgrad.grad(lambda x: jitgrad.celu(x, alpha=0.5).sum())(x)
    tensor([[0.1353, 0.2019, 1.    ],
            [0.0408, 1.    , 1.    ]])
    """

def cholesky(a: _ArrayLike, upper: bool = False, *, out: Tensor | None = None) -> Tensor:
    """The Cholesky factors of symmetric positive definite matrices, complex ones Hermitian, of
    which the lower half is read, or the upper one with upper=True.

    NumPy's is numpy.linalg.cholesky.

    >>> a = jitgrad.tensor([[2.0, 0.8, 0.5], [0.8, 2.2, 0.2], [0.5, 0.2, 2.8]])
    >>> jitgrad.cholesky(a, upper=True)
    tensor([[1.4142e+00, 5.6569e-01, 3.5355e-01],
            [0.0000e+00, 1.3711e+00, 2.0243e-17],
            [0.0000e+00, 0.0000e+00, 1.6355e+00]])
    >>> jitgrad.grad(lambda a: jitgrad.cholesky(a, upper=True).sum())(a)
    tensor([[0.2741, 0.1165, 0.1313],
            [0.1165, 0.3647, 0.3647],
            [0.1313, 0.3647, 0.3057]])
    """

def clip(x: _ArrayLike, min: _ArrayLike | None = None, max: _ArrayLike | None = None) -> Tensor:
    """x limited to [min, max]; a bound may be None, which is no bound.

    NumPy's is numpy.clip.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> min = jitgrad.tensor([-1.5, -1.4, -1.4])
    >>> max = jitgrad.tensor([1.4, 1.4, 1.4])
    >>> jitgrad.clip(x, min, max)
    tensor([-1. , -0.8,  1.3])
    >>> jitgrad.grad(lambda x: jitgrad.clip(x, min, max).sum())(x)
    tensor([1., 1., 1.])
    """

def concatenate(
    arrays: Sequence[_ArrayLike] | Tensor,
    axis: _Ints = 0,
    *,
    dim: _Ints = ...,
    dims: _Ints = ...,
    out: Tensor | None = None,
) -> Tensor:
    """Tensors joined along an axis they have.

    NumPy's is numpy.concatenate.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3, -1.6],
    ...                     [0.4, 0.9, -1.2, -1.8],
    ...                     [-0.9, 0.6, 0.2, -1.4]])
    >>> y = jitgrad.tensor([[-0.3, 0.7, -0.3, 0.5],
    ...                     [1.9, 0.7, -0.4, -1.3],
    ...                     [-0.6, 0.0, 1.6, 1.1]])
    >>> jitgrad.concatenate([x, y], axis=1).shape
    (3, 8)
    >>> jitgrad.grad(lambda x: jitgrad.concatenate([x, y], axis=1).sum())(x)
    tensor([[1., 1., 1., 1.],
            [1., 1., 1., 1.],
            [1., 1., 1., 1.]])
    """

def conjugate(x: _ArrayLike, /) -> Tensor:
    """The complex conjugate: of a real number the number itself.

    NumPy's is numpy.conjugate.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> jitgrad.conjugate(x)
    tensor([-1. , -0.8,  1.3])
    >>> jitgrad.grad(lambda x: jitgrad.conjugate(x).sum())(x)
    tensor([1., 1., 1.])
    """

def copysign(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """The magnitude of x with the sign of y.

    NumPy's is numpy.copysign.

    >>> x = jitgrad.tensor([0.9, 0.9, 1.7])
    >>> y = jitgrad.tensor([0.6, 1.4, 1.6])
    >>> jitgrad.copysign(x, y)
    tensor([0.9, 0.9, 1.7])
    >>> jitgrad.grad(lambda x: jitgrad.copysign(x, y).sum())(x)
    tensor([1., 1., 1.])
    """

def cos(x: _ArrayLike, /) -> Tensor:
    """The cosine of x, in radians.

    NumPy's is numpy.cos.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> jitgrad.cos(x)
    tensor([0.5403, 0.6967, 0.2675])
    >>> jitgrad.grad(lambda x: jitgrad.cos(x).sum())(x)
    tensor([ 0.8415,  0.7174, -0.9636])
    """

def cosh(x: _ArrayLike, /) -> Tensor:
    """The hyperbolic cosine of x.

    NumPy's is numpy.cosh.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> jitgrad.cosh(x)
    tensor([1.5431, 1.3374, 1.9709])
    >>> jitgrad.grad(lambda x: jitgrad.cosh(x).sum())(x)
    tensor([-1.1752, -0.8881,  1.6984])
    """

def count_nonzero(
    x: _ArrayLike,
    axis: _Ints | None = None,
    keepdims: bool = False,
    *,
    dim: _Ints | None = ...,
    dims: _Ints | None = ...,
    keepdim: bool = ...,
    out: Tensor | None = None,
) -> Tensor:
    """How many elements are not 0.

    NumPy's is numpy.count_nonzero.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.count_nonzero(x, axis=0)
    tensor([2, 2, 2])
    """

def cummax(
    x: _ArrayLike,
    axis: _Ints | None = None,
    reverse: bool = False,
    *,
    dim: _Ints | None = ...,
    dims: _Ints | None = ...,
    out: Tensor | None = None,
) -> Tensor:
    """The largest element so far along `axis` (of the flat tensor by default),
    np.maximum.accumulate; after a nan all is nan.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.cummax(x, axis=0)
    tensor([[-1. , -0.8,  1.3],
            [-1. ,  0.4,  1.3]])
    >>> jitgrad.grad(lambda x: jitgrad.cummax(x, axis=0).sum())(x)
    tensor([[2., 1., 2.],
            [0., 1., 0.]])
    """

def cummin(
    x: _ArrayLike,
    axis: _Ints | None = None,
    reverse: bool = False,
    *,
    dim: _Ints | None = ...,
    dims: _Ints | None = ...,
    out: Tensor | None = None,
) -> Tensor:
    """The smallest element so far along `axis` (of the flat tensor by default),
    np.minimum.accumulate; after a nan all is nan.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.cummin(x, axis=0)
    tensor([[-1. , -0.8,  1.3],
            [-1.6, -0.8,  0.9]])
    >>> jitgrad.grad(lambda x: jitgrad.cummin(x, axis=0).sum())(x)
    tensor([[1., 2., 1.],
            [1., 0., 1.]])
    """

def cumprod(
    x: _ArrayLike,
    axis: _Ints | None = None,
    dtype: DTypeLike | None = None,
    reverse: bool = False,
    *,
    dim: _Ints | None = ...,
    dims: _Ints | None = ...,
    out: Tensor | None = None,
) -> Tensor:
    """The running product along `axis` (of the flat tensor by default), from the end if
    `reverse`.

    NumPy's is numpy.cumprod.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.cumprod(x, axis=0)
    tensor([[-1.  , -0.8 ,  1.3 ],
            [ 1.6 , -0.32,  1.17]])
    >>> jitgrad.grad(lambda x: jitgrad.cumprod(x, axis=0).sum())(x)
    tensor([[-0.6,  1.4,  1.9],
            [-1. , -0.8,  1.3]])
    """

def cumsum(
    x: _ArrayLike,
    axis: _Ints | None = None,
    dtype: DTypeLike | None = None,
    reverse: bool = False,
    *,
    dim: _Ints | None = ...,
    dims: _Ints | None = ...,
    out: Tensor | None = None,
) -> Tensor:
    """The running sum along `axis` (of the flat tensor by default), from the end if `reverse`.

    NumPy's is numpy.cumsum.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.cumsum(x, axis=0)
    tensor([[-1. , -0.8,  1.3],
            [-2.6, -0.4,  2.2]])
    >>> jitgrad.grad(lambda x: jitgrad.cumsum(x, axis=0).sum())(x)
    tensor([[2., 2., 2.],
            [1., 1., 1.]])
    """

def deg2rad(x: _ArrayLike, /) -> Tensor:
    """The angle x, in degrees, in radians.

    NumPy's is numpy.deg2rad.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> jitgrad.deg2rad(x)
    tensor([-0.0175, -0.014 ,  0.0227])
    >>> jitgrad.grad(lambda x: jitgrad.deg2rad(x).sum())(x)
    tensor([0.0175, 0.0175, 0.0175])
    """

def det(a: _ArrayLike, /) -> Tensor:
    """The determinants of square matrices.

    NumPy's is numpy.linalg.det.

    >>> a = jitgrad.tensor([[2.5, -0.4, 0.6], [-0.8, 3.2, 0.5], [-0.6, -0.9, 2.5]])
    >>> jitgrad.det(a)
    tensor(22.029)
    >>> jitgrad.grad(lambda a: jitgrad.det(a).sum())(a)
    tensor([[ 8.45,  1.7 ,  2.64],
            [ 0.46,  6.61,  2.49],
            [-2.12, -1.73,  7.68]])
    """

def diagonal(x: _ArrayLike, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """The diagonal number `offset` of the matrices on two axes, as the last axis.

    NumPy's is numpy.diagonal.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.diagonal(x, offset=1)
    tensor([-0.8,  0.9])
    >>> jitgrad.grad(lambda x: jitgrad.diagonal(x, offset=1).sum())(x)
    tensor([[0., 1., 0.],
            [0., 0., 1.]])
    """

def divide(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """The quotient x / y.

    NumPy's is numpy.divide.

    >>> x = jitgrad.tensor([0.9, 0.9, 1.7])
    >>> y = jitgrad.tensor([0.6, 1.4, 1.6])
    >>> jitgrad.divide(x, y)
    tensor([1.5   , 0.6429, 1.0625])
    >>> jitgrad.grad(lambda x: jitgrad.divide(x, y).sum())(x)
    tensor([1.6667, 0.7143, 0.625 ])
    """

def dot(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """The dot product, by NumPy's rules for more dimensions.

    NumPy's is numpy.dot.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3, -1.6])
    >>> y = jitgrad.tensor([0.4, 0.9, -1.2, -1.8])
    >>> jitgrad.dot(x, y)
    tensor(0.2)
    >>> jitgrad.grad(lambda x: jitgrad.dot(x, y).sum())(x)
    tensor([ 0.4,  0.9, -1.2, -1.8])
    """

def eigvals(a: _ArrayLike, /) -> Tensor:
    """The eigenvalues of square matrices, complex numbers always, as in PyTorch and JAX.

    NumPy's is numpy.linalg.eigvals.

    >>> a = jitgrad.tensor([[-0.2, -0.2, 0.3], [-0.3, 2.1, 0.2], [-0.2, -0.4, 3.8]])
    >>> jitgrad.eigvals(a)
    tensor([-0.2062+0.j,  2.1639+0.j,  3.7423+0.j], dtype=complex128)
    >>> jitgrad.grad(lambda a: jitgrad.abs(jitgrad.eigvals(a)).sum())(a)
    tensor([[-0.9916, -0.2483, -0.1242],
            [-0.1456,  0.9818, -0.0091],
            [ 0.1564,  0.0195,  1.0098]])
    """

def elu(x: _ArrayLike, alpha: float = 1.0, *, out: Tensor | None = None) -> Tensor:
    """x above 0, alpha * (exp(x) - 1) below.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.elu(x, alpha=0.5)
    tensor([[-0.3161, -0.2753,  1.3   ],
            [-0.3991,  0.4   ,  0.9   ]])
    >>> jitgrad.grad(lambda x: jitgrad.elu(x, alpha=0.5).sum())(x)
    tensor([[0.1839, 0.2247, 1.    ],
            [0.1009, 1.    , 1.    ]])
    """

def entr(x: _ArrayLike, /) -> Tensor:
    """-x log(x), 0 at 0 and -inf below.

    >>> x = jitgrad.tensor([0.9, 0.9, 1.7])
    >>> jitgrad.entr(x)
    tensor([ 0.0948,  0.0948, -0.9021])
    >>> jitgrad.grad(lambda x: jitgrad.entr(x).sum())(x)
    tensor([-0.8946, -0.8946, -1.5306])
    """

def equal(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """Whether x == y, for each element.

    NumPy's is numpy.equal.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> y = jitgrad.tensor([-1.6, 0.4, 0.9])
    >>> jitgrad.equal(x, y)
    tensor([False, False, False])
    """

def erf(x: _ArrayLike, /) -> Tensor:
    """The error function, 2 / sqrt(pi) times the integral of exp(-t * t) from 0 to x.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> jitgrad.erf(x)
    tensor([-0.8427, -0.7421,  0.934 ])
    >>> jitgrad.grad(lambda x: jitgrad.erf(x).sum())(x)
    tensor([0.4151, 0.595 , 0.2082])
    """

def erfc(x: _ArrayLike, /) -> Tensor:
    """1 - erf(x), accurate for large x.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> jitgrad.erfc(x)
    tensor([1.8427, 1.7421, 0.066 ])
    >>> jitgrad.grad(lambda x: jitgrad.erfc(x).sum())(x)
    tensor([-0.4151, -0.595 , -0.2082])
    """

def exp(x: _ArrayLike, /) -> Tensor:
    """The exponential e ** x.

    NumPy's is numpy.exp.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> jitgrad.exp(x)
    tensor([0.3679, 0.4493, 3.6693])
    >>> jitgrad.grad(lambda x: jitgrad.exp(x).sum())(x)
    tensor([0.3679, 0.4493, 3.6693])
    """

def exp10(x: _ArrayLike, /) -> Tensor:
    """The power 10 ** x.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> jitgrad.exp10(x)
    tensor([ 0.1   ,  0.1585, 19.9526])
    >>> jitgrad.grad(lambda x: jitgrad.exp10(x).sum())(x)
    tensor([ 0.2303,  0.3649, 45.9426])
    """

def exp2(x: _ArrayLike, /) -> Tensor:
    """The power 2 ** x.

    NumPy's is numpy.exp2.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> jitgrad.exp2(x)
    tensor([0.5   , 0.5743, 2.4623])
    >>> jitgrad.grad(lambda x: jitgrad.exp2(x).sum())(x)
    tensor([0.3466, 0.3981, 1.7067])
    """

def expand_dims(x: _ArrayLike, axis: _Ints, *, dim: _Ints = ..., dims: _Ints = ...) -> Tensor:
    """New axes of length 1 at the given places of the result.

    NumPy's is numpy.expand_dims.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.expand_dims(x, axis=0)
    tensor([[[-1. , -0.8,  1.3],
             [-1.6,  0.4,  0.9]]])
    >>> jitgrad.grad(lambda x: jitgrad.expand_dims(x, axis=0).sum())(x)
    tensor([[1., 1., 1.],
            [1., 1., 1.]])
    """

def expm(a: _ArrayLike, /) -> Tensor:
    """The exponentials of square matrices, by SciPy.

    >>> a = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9], [-1.2, -1.8, -0.9]])
    >>> jitgrad.expm(a)
    tensor([[ 0.8719, -1.2993,  0.2443],
            [-1.5167,  1.897 ,  0.0725],
            [ 0.4403, -1.1067,  0.0358]])
    >>> jitgrad.grad(lambda a: jitgrad.expm(a).sum())(a)
    tensor([[-0.1099, -0.0395, -0.1229],
            [-0.1177, -0.0068, -0.2023],
            [ 0.2815,  0.5485, -0.2443]])
    """

def expm1(x: _ArrayLike, /) -> Tensor:
    """exp(x) - 1, accurate near 0.

    NumPy's is numpy.expm1.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> jitgrad.expm1(x)
    tensor([-0.6321, -0.5507,  2.6693])
    >>> jitgrad.grad(lambda x: jitgrad.expm1(x).sum())(x)
    tensor([0.3679, 0.4493, 3.6693])
    """

def fabs(x: _ArrayLike, /) -> Tensor:
    """The magnitude of a float; its derivative at 0 is 0.

    NumPy's is numpy.fabs.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> jitgrad.fabs(x)
    tensor([1. , 0.8, 1.3])
    >>> jitgrad.grad(lambda x: jitgrad.fabs(x).sum())(x)
    tensor([-1., -1.,  1.])
    """

def flatten(x: _ArrayLike, order: str = "C", *, out: Tensor | None = None) -> Tensor:
    """All elements on one axis, in C order, as a new tensor.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.flatten(x, order='F')
    tensor([-1. , -1.6, -0.8,  0.4,  1.3,  0.9])
    >>> jitgrad.grad(lambda x: jitgrad.flatten(x, order='F').sum())(x)
    tensor([[1., 1., 1.],
            [1., 1., 1.]])
    """

def flip(
    x: _ArrayLike, axis: _Ints | None = None, *, dim: _Ints | None = ..., dims: _Ints | None = ...
) -> Tensor:
    """The order along `axis` reversed (all axes by default).

    NumPy's is numpy.flip.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.flip(x, axis=0)
    tensor([[-1.6,  0.4,  0.9],
            [-1. , -0.8,  1.3]])
    >>> jitgrad.grad(lambda x: jitgrad.flip(x, axis=0).sum())(x)
    tensor([[1., 1., 1.],
            [1., 1., 1.]])
    """

def fliplr(x: _ArrayLike, /) -> Tensor:
    """Columns in reverse order.

    NumPy's is numpy.fliplr.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3, -1.6],
    ...                     [0.4, 0.9, -1.2, -1.8],
    ...                     [-0.9, 0.6, 0.2, -1.4]])
    >>> jitgrad.fliplr(x)
    tensor([[-1.6,  1.3, -0.8, -1. ],
            [-1.8, -1.2,  0.9,  0.4],
            [-1.4,  0.2,  0.6, -0.9]])
    >>> jitgrad.grad(lambda x: jitgrad.fliplr(x).sum())(x)
    tensor([[1., 1., 1., 1.],
            [1., 1., 1., 1.],
            [1., 1., 1., 1.]])
    """

def flipud(x: _ArrayLike, /) -> Tensor:
    """Rows in reverse order.

    NumPy's is numpy.flipud.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3, -1.6],
    ...                     [0.4, 0.9, -1.2, -1.8],
    ...                     [-0.9, 0.6, 0.2, -1.4]])
    >>> jitgrad.flipud(x)
    tensor([[-0.9,  0.6,  0.2, -1.4],
            [ 0.4,  0.9, -1.2, -1.8],
            [-1. , -0.8,  1.3, -1.6]])
    >>> jitgrad.grad(lambda x: jitgrad.flipud(x).sum())(x)
    tensor([[1., 1., 1., 1.],
            [1., 1., 1., 1.],
            [1., 1., 1., 1.]])
    """

def float_power(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """The power x ** y, computed in float64.

    NumPy's is numpy.float_power.

    >>> x = jitgrad.tensor([0.9, 0.9, 1.7])
    >>> y = jitgrad.tensor([0.6, 1.4, 1.6])
    >>> jitgrad.float_power(x, y)
    tensor([0.9387, 0.8629, 2.3373])
    >>> jitgrad.grad(lambda x: jitgrad.float_power(x, y).sum())(x)
    tensor([0.6258, 1.3422, 2.1998])
    """

def floor(x: _ArrayLike, /) -> Tensor:
    """The largest integer not above x.

    NumPy's is numpy.floor.

    >>> x = jitgrad.tensor([0.3, 0.3, 0.8])
    >>> jitgrad.floor(x)
    tensor([0., 0., 0.])
    """

def floor_divide(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """The largest integer not above x / y.

    NumPy's is numpy.floor_divide.

    >>> x = jitgrad.tensor([2.3, 2.3, 2.8])
    >>> y = jitgrad.tensor([0.9, 1.0, 1.0])
    >>> jitgrad.floor_divide(x, y)
    tensor([2., 2., 2.])
    """

def fmax(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """The larger of x and y, x where they are equal; ignores nan.

    NumPy's is numpy.fmax.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> y = jitgrad.tensor([-1.6, 0.4, 0.9])
    >>> jitgrad.fmax(x, y)
    tensor([-1. ,  0.4,  1.3])
    >>> jitgrad.grad(lambda x: jitgrad.fmax(x, y).sum())(x)
    tensor([1., 0., 1.])
    """

def fmin(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """The smaller of x and y, x where they are equal; ignores nan.

    NumPy's is numpy.fmin.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> y = jitgrad.tensor([-1.6, 0.4, 0.9])
    >>> jitgrad.fmin(x, y)
    tensor([-1.6, -0.8,  0.9])
    >>> jitgrad.grad(lambda x: jitgrad.fmin(x, y).sum())(x)
    tensor([0., 1., 0.])
    """

def fmod(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """The remainder of x / y, with the sign of x.

    NumPy's is numpy.fmod.

    >>> x = jitgrad.tensor([2.3, 2.3, 2.8])
    >>> y = jitgrad.tensor([0.9, 1.0, 1.0])
    >>> jitgrad.fmod(x, y)
    tensor([0.5, 0.3, 0.8])
    >>> jitgrad.grad(lambda x: jitgrad.fmod(x, y).sum())(x)
    tensor([1., 1., 1.])
    """

def gelu(x: _ArrayLike, approximate: str = "none", *, out: Tensor | None = None) -> Tensor:
    """x times the distribution function of the standard normal distribution at x.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.gelu(x, approximate='tanh')
    tensor([[-0.1588, -0.1696,  1.1739],
            [-0.0879,  0.2622,  0.7342]])
    >>> jitgrad.grad(lambda x: jitgrad.gelu(x, approximate='tanh').sum())(x)
    tensor([[-0.083 , -0.0196,  1.1259],
            [-0.1231,  0.8027,  1.0551]])
    """

def greater(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """Whether x > y, for each element.

    NumPy's is numpy.greater.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> y = jitgrad.tensor([-1.6, 0.4, 0.9])
    >>> jitgrad.greater(x, y)
    tensor([ True, False,  True])
    """

def greater_equal(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """Whether x >= y, for each element.

    NumPy's is numpy.greater_equal.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> y = jitgrad.tensor([-1.6, 0.4, 0.9])
    >>> jitgrad.greater_equal(x, y)
    tensor([ True, False,  True])
    """

def hardshrink(x: _ArrayLike, lambd: float = 0.5, *, out: Tensor | None = None) -> Tensor:
    """x, and 0 where |x| is at most `lambd`.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.hardshrink(x, lambd=0.25)
    tensor([[-1. , -0.8,  1.3],
            [-1.6,  0.4,  0.9]])
    >>> jitgrad.grad(lambda x: jitgrad.hardshrink(x, lambd=0.25).sum())(x)
    tensor([[1., 1., 1.],
            [1., 1., 1.]])
    """

def hardsigmoid(x: _ArrayLike, /) -> Tensor:
    """x / 6 + 1 / 2, limited to [0, 1].

    >>> x = jitgrad.tensor([-1.9, -1.6, 2.5])
    >>> jitgrad.hardsigmoid(x)
    tensor([0.1833, 0.2333, 0.9167])
    >>> jitgrad.grad(lambda x: jitgrad.hardsigmoid(x).sum())(x)
    tensor([0.1667, 0.1667, 0.1667])
    """

def hardswish(x: _ArrayLike, /) -> Tensor:
    """x times `hardsigmoid` of x.

    >>> x = jitgrad.tensor([-1.9, -1.6, 2.5])
    >>> jitgrad.hardswish(x)
    tensor([-0.3483, -0.3733,  2.2917])
    >>> jitgrad.grad(lambda x: jitgrad.hardswish(x).sum())(x)
    tensor([-0.1333, -0.0333,  1.3333])
    """

def hardtanh(
    x: _ArrayLike, min_val: float = -1.0, max_val: float = 1.0, *, out: Tensor | None = None
) -> Tensor:
    """x limited to [min_val, max_val].

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.hardtanh(x, min_val=-0.5, max_val=1.5)
    tensor([[-0.5, -0.5,  1.3],
            [-0.5,  0.4,  0.9]])
    >>> jitgrad.grad(lambda x: jitgrad.hardtanh(x, min_val=-0.5, max_val=1.5).sum())(x)
    tensor([[0., 0., 1.],
            [0., 1., 1.]])
    """

def heaviside(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """The step function: 0 below 0, y at 0, 1 above.

    NumPy's is numpy.heaviside.

    >>> x = jitgrad.tensor([0.9, 0.9, 1.7])
    >>> y = jitgrad.tensor([0.6, 1.4, 1.6])
    >>> jitgrad.heaviside(x, y)
    tensor([1., 1., 1.])
    """

def huber(delta: _ArrayLike, r: _ArrayLike, /) -> Tensor:
    """r^2 / 2 up to |r| = delta, a straight line beyond.

    >>> delta = jitgrad.tensor([0.6, 0.6, 0.9])
    >>> r = jitgrad.tensor([-2.4, 0.6, 1.4])
    >>> jitgrad.huber(delta, r)
    tensor([1.26 , 0.18 , 0.855])
    >>> jitgrad.grad(lambda delta: jitgrad.huber(delta, r).sum())(delta)
    tensor([1.8, 0. , 0.5])
    """

def hypot(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """The Euclidean norm of (x, y).

    NumPy's is numpy.hypot.

    >>> x = jitgrad.tensor([0.9, 0.9, 1.7])
    >>> y = jitgrad.tensor([0.6, 1.4, 1.6])
    >>> jitgrad.hypot(x, y)
    tensor([1.0817, 1.6643, 2.3345])
    >>> jitgrad.grad(lambda x: jitgrad.hypot(x, y).sum())(x)
    tensor([0.8321, 0.5408, 0.7282])
    """

def imag(x: _ArrayLike, /) -> Tensor:
    """The imaginary part: of a real tensor zeros. Writes to it change the tensor, if complex.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.imag(x)
    tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """

def inner(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """The sum of products over the last axes.

    NumPy's is numpy.inner.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3, -1.6],
    ...                     [0.4, 0.9, -1.2, -1.8],
    ...                     [-0.9, 0.6, 0.2, -1.4]])
    >>> y = jitgrad.tensor([[-0.3, 0.7, -0.3, 0.5], [1.9, 0.7, -0.4, -1.3]])
    >>> jitgrad.inner(x, y)
    tensor([[-1.45, -0.9 ],
            [-0.03,  4.21],
            [-0.07,  0.45]])
    >>> jitgrad.grad(lambda x: jitgrad.inner(x, y).sum())(x)
    tensor([[ 1.6,  1.4, -0.7, -0.8],
            [ 1.6,  1.4, -0.7, -0.8],
            [ 1.6,  1.4, -0.7, -0.8]])
    """

def inv(a: _ArrayLike, /) -> Tensor:
    """The inverse matrices.

    NumPy's is numpy.linalg.inv.

    >>> a = jitgrad.tensor([[2.5, -0.4, 0.6], [-0.8, 3.2, 0.5], [-0.6, -0.9, 2.5]])
    >>> jitgrad.inv(a)
    tensor([[ 0.3836,  0.0209, -0.0962],
            [ 0.0772,  0.3001, -0.0785],
            [ 0.1198,  0.113 ,  0.3486]])
    >>> jitgrad.grad(lambda a: jitgrad.inv(a).sum())(a)
    tensor([[-0.179 , -0.1734, -0.3376],
            [-0.1338, -0.1296, -0.2524],
            [-0.0536, -0.0519, -0.1011]])
    """

def invert(x: _ArrayLike, /) -> Tensor:
    """The bits that x does not have, ~x.

    NumPy's is numpy.invert.

    >>> x = jitgrad.tensor([True, True, False])
    >>> jitgrad.invert(x)
    tensor([False, False,  True])
    """

def isfinite(x: _ArrayLike, /) -> Tensor:
    """Whether x is neither infinite nor nan.

    NumPy's is numpy.isfinite.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> jitgrad.isfinite(x)
    tensor([ True,  True,  True])
    """

def isinf(x: _ArrayLike, /) -> Tensor:
    """Whether x is infinite.

    NumPy's is numpy.isinf.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> jitgrad.isinf(x)
    tensor([False, False, False])
    """

def isnan(x: _ArrayLike, /) -> Tensor:
    """Whether x is nan.

    NumPy's is numpy.isnan.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> jitgrad.isnan(x)
    tensor([False, False, False])
    """

def kl_div(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """x log(x / y) - x + y, y where x is 0.

    >>> x = jitgrad.tensor([0.9, 0.9, 1.7])
    >>> y = jitgrad.tensor([0.6, 1.4, 1.6])
    >>> jitgrad.kl_div(x, y)
    tensor([0.0649, 0.1024, 0.0031])
    >>> jitgrad.grad(lambda x: jitgrad.kl_div(x, y).sum())(x)
    tensor([ 0.4055, -0.4418,  0.0606])
    """

def leaky_relu(x: _ArrayLike, negative_slope: float = 0.01, *, out: Tensor | None = None) -> Tensor:
    """x above 0, a small multiple of it below.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.leaky_relu(x, negative_slope=0.25)
    tensor([[-0.25, -0.2 ,  1.3 ],
            [-0.4 ,  0.4 ,  0.9 ]])
    >>> jitgrad.grad(lambda x: jitgrad.leaky_relu(x, negative_slope=0.25).sum())(x)
    tensor([[0.25, 0.25, 1.  ],
            [0.25, 1.  , 1.  ]])
    """

def left_shift(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """The bits of x moved up by y.

    NumPy's is numpy.left_shift.

    >>> x = [2, 0, 0]
    >>> y = [0, 1, 2]
    >>> jitgrad.left_shift(x, y)
    tensor([2, 0, 0])
    """

def less(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """Whether x < y, for each element.

    NumPy's is numpy.less.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> y = jitgrad.tensor([-1.6, 0.4, 0.9])
    >>> jitgrad.less(x, y)
    tensor([False,  True, False])
    """

def less_equal(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """Whether x <= y, for each element.

    NumPy's is numpy.less_equal.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> y = jitgrad.tensor([-1.6, 0.4, 0.9])
    >>> jitgrad.less_equal(x, y)
    tensor([False,  True, False])
    """

def linear_recurrence(
    x: _ArrayLike,
    decay: _ArrayLike,
    axis: _Ints = -1,
    reverse: bool = False,
    *,
    dim: _Ints = ...,
    dims: _Ints = ...,
    out: Tensor | None = None,
) -> Tensor:
    """out[i] = decay[i] * out[i - 1] + x[i] along `axis`, out[0] = x[0]: moving averages,
    filters, discounted sums. A decay of 0 forgets all that came before, inf and nan, too.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> decay = jitgrad.tensor([[-0.6, -0.8, -0.4], [0.3, 0.1, -0.6]])
    >>> jitgrad.linear_recurrence(x, decay, axis=0)
    tensor([[-1.  , -0.8 ,  1.3 ],
            [-1.9 ,  0.32,  0.12]])
    >>> jitgrad.grad(lambda x: jitgrad.linear_recurrence(x, decay, axis=0).sum())(x)
    tensor([[1.3, 1.1, 0.4],
            [1. , 1. , 1. ]])
    """

def log(x: _ArrayLike, /) -> Tensor:
    """The natural logarithm of x.

    NumPy's is numpy.log.

    >>> x = jitgrad.tensor([0.9, 0.9, 1.7])
    >>> jitgrad.log(x)
    tensor([-0.1054, -0.1054,  0.5306])
    >>> jitgrad.grad(lambda x: jitgrad.log(x).sum())(x)
    tensor([1.1111, 1.1111, 0.5882])
    """

def log10(x: _ArrayLike, /) -> Tensor:
    """The logarithm to base 10.

    NumPy's is numpy.log10.

    >>> x = jitgrad.tensor([0.9, 0.9, 1.7])
    >>> jitgrad.log10(x)
    tensor([-0.0458, -0.0458,  0.2304])
    >>> jitgrad.grad(lambda x: jitgrad.log10(x).sum())(x)
    tensor([0.4825, 0.4825, 0.2555])
    """

def log1p(x: _ArrayLike, /) -> Tensor:
    """log(1 + x), accurate near 0.

    NumPy's is numpy.log1p.

    >>> x = jitgrad.tensor([0.2, 0.2, 1.5])
    >>> jitgrad.log1p(x)
    tensor([0.1823, 0.1823, 0.9163])
    >>> jitgrad.grad(lambda x: jitgrad.log1p(x).sum())(x)
    tensor([0.8333, 0.8333, 0.4   ])
    """

def log2(x: _ArrayLike, /) -> Tensor:
    """The logarithm to base 2.

    NumPy's is numpy.log2.

    >>> x = jitgrad.tensor([0.9, 0.9, 1.7])
    >>> jitgrad.log2(x)
    tensor([-0.152 , -0.152 ,  0.7655])
    >>> jitgrad.grad(lambda x: jitgrad.log2(x).sum())(x)
    tensor([1.603 , 1.603 , 0.8486])
    """

def log_expit(x: _ArrayLike, /) -> Tensor:
    """log(sigmoid(x)), without overflow.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> jitgrad.log_expit(x)
    tensor([-1.3133, -1.1711, -0.241 ])
    >>> jitgrad.grad(lambda x: jitgrad.log_expit(x).sum())(x)
    tensor([0.7311, 0.69  , 0.2142])
    """

def log_ndtr(x: _ArrayLike, /) -> Tensor:
    """log(ndtr(x)), with every digit far below 0, where ndtr is 0.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> jitgrad.log_ndtr(x)
    tensor([-1.841 , -1.5519, -0.1018])
    >>> jitgrad.grad(lambda x: jitgrad.log_ndtr(x).sum())(x)
    tensor([1.5251, 1.3674, 0.1897])
    """

def log_softmax(
    x: _ArrayLike,
    axis: _Ints = -1,
    *,
    dim: _Ints = ...,
    dims: _Ints = ...,
    out: Tensor | None = None,
) -> Tensor:
    """log(softmax(x)) over `axis`, without overflow, whatever is added to x.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.log_softmax(x, axis=0)
    tensor([[-0.4375, -1.4633, -0.513 ],
            [-1.0375, -0.2633, -0.913 ]])
    >>> jitgrad.grad(lambda x: jitgrad.log_softmax(x, axis=0).sum())(x)
    tensor([[-0.2913,  0.537 , -0.1974],
            [ 0.2913, -0.537 ,  0.1974]])
    """

def logaddexp(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """log(exp(x) + exp(y)), without overflow.

    NumPy's is numpy.logaddexp.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> y = jitgrad.tensor([-1.6, 0.4, 0.9])
    >>> jitgrad.logaddexp(x, y)
    tensor([-0.5625,  0.6633,  1.813 ])
    >>> jitgrad.grad(lambda x: jitgrad.logaddexp(x, y).sum())(x)
    tensor([0.6457, 0.2315, 0.5987])
    """

def logaddexp2(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """log2(2 ** x + 2 ** y), without overflow.

    NumPy's is numpy.logaddexp2.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> y = jitgrad.tensor([-1.6, 0.4, 0.9])
    >>> jitgrad.logaddexp2(x, y)
    tensor([-0.269 ,  0.9213,  2.1138])
    >>> jitgrad.grad(lambda x: jitgrad.logaddexp2(x, y).sum())(x)
    tensor([0.6025, 0.3033, 0.5689])
    """

def logcumsumexp(
    x: _ArrayLike,
    axis: _Ints | None = None,
    reverse: bool = False,
    *,
    dim: _Ints | None = ...,
    dims: _Ints | None = ...,
    out: Tensor | None = None,
) -> Tensor:
    """log(cumsum(exp(x))) along `axis` (of the flat tensor by default), np.logaddexp.accumulate,
    without overflow.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.logcumsumexp(x, axis=0)
    tensor([[-1.    , -0.8   ,  1.3   ],
            [-0.5625,  0.6633,  1.813 ]])
    >>> jitgrad.grad(lambda x: jitgrad.logcumsumexp(x, axis=0).sum())(x)
    tensor([[1.6457, 1.2315, 1.5987],
            [0.3543, 0.7685, 0.4013]])
    """

def logical_and(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """Whether both x and y are true, or not 0.

    NumPy's is numpy.logical_and.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> y = jitgrad.tensor([-1.6, 0.4, 0.9])
    >>> jitgrad.logical_and(x, y)
    tensor([ True,  True,  True])
    """

def logical_not(x: _ArrayLike, /) -> Tensor:
    """Whether x is false, or 0.

    NumPy's is numpy.logical_not.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> jitgrad.logical_not(x)
    tensor([False, False, False])
    """

def logical_or(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """Whether x or y, or both, are true, or not 0.

    NumPy's is numpy.logical_or.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> y = jitgrad.tensor([-1.6, 0.4, 0.9])
    >>> jitgrad.logical_or(x, y)
    tensor([ True,  True,  True])
    """

def logical_xor(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """Whether one of x and y is true, or not 0.

    NumPy's is numpy.logical_xor.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> y = jitgrad.tensor([-1.6, 0.4, 0.9])
    >>> jitgrad.logical_xor(x, y)
    tensor([False, False, False])
    """

def logit(x: _ArrayLike, /) -> Tensor:
    """log(x / (1 - x)), the inverse of the sigmoid.

    >>> x = jitgrad.tensor([0.5, 0.5, 0.8])
    >>> jitgrad.logit(x)
    tensor([0.    , 0.    , 1.3863])
    >>> jitgrad.grad(lambda x: jitgrad.logit(x).sum())(x)
    tensor([4.  , 4.  , 6.25])
    """

def logm(a: _ArrayLike, /) -> Tensor:
    """The principal logarithms of square matrices, by SciPy.

    >>> a = jitgrad.tensor([[2.0, 0.8, 0.5], [0.8, 2.2, 0.2], [0.5, 0.2, 2.8]])
    >>> jitgrad.logm(a)
    tensor([[0.588 , 0.3981, 0.2079],
            [0.3981, 0.7117, 0.0445],
            [0.2079, 0.0445, 1.0087]])
    >>> jitgrad.grad(lambda a: jitgrad.logm(a).sum())(a)
    tensor([[0.3029, 0.3095, 0.2924],
            [0.3095, 0.3164, 0.2987],
            [0.2924, 0.2987, 0.2825]])
    """

def logsumexp(
    x: _ArrayLike,
    axis: _Ints | None = None,
    keepdims: bool = False,
    *,
    dim: _Ints | None = ...,
    dims: _Ints | None = ...,
    keepdim: bool = ...,
    out: Tensor | None = None,
) -> Tensor:
    """log(sum(exp(x))) over `axis` (all axes by default), without overflow.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.logsumexp(x, axis=0)
    tensor([-0.5625,  0.6633,  1.813 ])
    >>> jitgrad.grad(lambda x: jitgrad.logsumexp(x, axis=0).sum())(x)
    tensor([[0.6457, 0.2315, 0.5987],
            [0.3543, 0.7685, 0.4013]])
    """

def matmul(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """The matrix product; stacks of matrices (..., n, k) @ (..., k, m) broadcast.

    NumPy's is numpy.matmul.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3, -1.6],
    ...                     [0.4, 0.9, -1.2, -1.8],
    ...                     [-0.9, 0.6, 0.2, -1.4]])
    >>> y = jitgrad.tensor([[-0.3, 0.7], [-0.3, 0.5], [1.9, 0.7], [-0.4, -1.3]])
    >>> jitgrad.matmul(x, y)
    tensor([[ 3.65,  1.89],
            [-1.95,  2.23],
            [ 1.03,  1.63]])
    >>> jitgrad.grad(lambda x: jitgrad.matmul(x, y).sum())(x)
    tensor([[ 0.4,  0.2,  2.6, -1.7],
            [ 0.4,  0.2,  2.6, -1.7],
            [ 0.4,  0.2,  2.6, -1.7]])
    """

def matrix_norm(
    x: _ArrayLike,
    keepdims: bool = False,
    ord: float | str | None = "fro",
    *,
    keepdim: bool = ...,
    out: Tensor | None = None,
) -> Tensor:
    """The norm of the matrices on the last two axes; derivative 0 at 0.

    NumPy's is numpy.linalg.matrix_norm.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.matrix_norm(x, ord=1)
    tensor(2.6)
    >>> jitgrad.grad(lambda x: jitgrad.matrix_norm(x, ord=1).sum())(x)
    tensor([[-1., -0.,  0.],
            [-1.,  0.,  0.]])
    """

def matrix_transpose(x: _ArrayLike, /) -> Tensor:
    """The last two axes exchanged.

    NumPy's is numpy.matrix_transpose.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3, -1.6],
    ...                     [0.4, 0.9, -1.2, -1.8],
    ...                     [-0.9, 0.6, 0.2, -1.4]])
    >>> jitgrad.matrix_transpose(x)
    tensor([[-1. ,  0.4, -0.9],
            [-0.8,  0.9,  0.6],
            [ 1.3, -1.2,  0.2],
            [-1.6, -1.8, -1.4]])
    >>> jitgrad.grad(lambda x: jitgrad.matrix_transpose(x).sum())(x)
    tensor([[1., 1., 1., 1.],
            [1., 1., 1., 1.],
            [1., 1., 1., 1.]])
    """

def matvec(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """Products of the matrices on the last axes of x with the vectors on y's last axis.

    NumPy's is numpy.matvec.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3, -1.6],
    ...                     [0.4, 0.9, -1.2, -1.8],
    ...                     [-0.9, 0.6, 0.2, -1.4]])
    >>> y = jitgrad.tensor([-0.3, 0.7, -0.3, 0.5])
    >>> jitgrad.matvec(x, y)
    tensor([-1.45, -0.03, -0.07])
    >>> jitgrad.grad(lambda x: jitgrad.matvec(x, y).sum())(x)
    tensor([[-0.3,  0.7, -0.3,  0.5],
            [-0.3,  0.7, -0.3,  0.5],
            [-0.3,  0.7, -0.3,  0.5]])
    """

def max(
    x: _ArrayLike,
    axis: _Ints | None = None,
    keepdims: bool = False,
    *,
    dim: _Ints | None = ...,
    dims: _Ints | None = ...,
    keepdim: bool = ...,
    out: Tensor | None = None,
) -> Tensor:
    """The largest element along `axis` (of all by default); complex numbers are ordered by their
    real, then by their imaginary parts.

    NumPy's is numpy.max.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.max(x, axis=0)
    tensor([-1. ,  0.4,  1.3])
    >>> jitgrad.grad(lambda x: jitgrad.max(x, axis=0).sum())(x)
    tensor([[1., 0., 1.],
            [0., 1., 0.]])
    """

def maximum(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """The larger of x and y; nan where either is nan.

    NumPy's is numpy.maximum.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> y = jitgrad.tensor([-1.6, 0.4, 0.9])
    >>> jitgrad.maximum(x, y)
    tensor([-1. ,  0.4,  1.3])
    >>> jitgrad.grad(lambda x: jitgrad.maximum(x, y).sum())(x)
    tensor([1., 0., 1.])
    """

def mean(
    x: _ArrayLike,
    axis: _Ints | None = None,
    dtype: DTypeLike | None = None,
    keepdims: bool = False,
    *,
    dim: _Ints | None = ...,
    dims: _Ints | None = ...,
    keepdim: bool = ...,
    out: Tensor | None = None,
) -> Tensor:
    """The arithmetic mean over `axis` (all axes by default).

    NumPy's is numpy.mean.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.mean(x, axis=0)
    tensor([-1.3, -0.2,  1.1])
    >>> jitgrad.grad(lambda x: jitgrad.mean(x, axis=0).sum())(x)
    tensor([[0.5, 0.5, 0.5],
            [0.5, 0.5, 0.5]])
    """

def min(
    x: _ArrayLike,
    axis: _Ints | None = None,
    keepdims: bool = False,
    *,
    dim: _Ints | None = ...,
    dims: _Ints | None = ...,
    keepdim: bool = ...,
    out: Tensor | None = None,
) -> Tensor:
    """The smallest element along `axis` (of all by default); complex numbers are ordered by
    their real, then by their imaginary parts.

    NumPy's is numpy.min.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.min(x, axis=0)
    tensor([-1.6, -0.8,  0.9])
    >>> jitgrad.grad(lambda x: jitgrad.min(x, axis=0).sum())(x)
    tensor([[0., 1., 0.],
            [1., 0., 1.]])
    """

def minimum(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """The smaller of x and y; nan where either is nan.

    NumPy's is numpy.minimum.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> y = jitgrad.tensor([-1.6, 0.4, 0.9])
    >>> jitgrad.minimum(x, y)
    tensor([-1.6, -0.8,  0.9])
    >>> jitgrad.grad(lambda x: jitgrad.minimum(x, y).sum())(x)
    tensor([0., 1., 0.])
    """

def mish(x: _ArrayLike, /) -> Tensor:
    """x * tanh(softplus(x)).

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> jitgrad.mish(x)
    tensor([-0.3034, -0.284 ,  1.186 ])
    >>> jitgrad.grad(lambda x: jitgrad.mish(x).sum())(x)
    tensor([0.0592, 0.1382, 1.0836])
    """

def moveaxis(x: _ArrayLike, source: _Ints, destination: _Ints) -> Tensor:
    """Axes moved to new places, the others in order.

    NumPy's is numpy.moveaxis.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.moveaxis(x, source=0, destination=-1)
    tensor([[-1. , -1.6],
            [-0.8,  0.4],
            [ 1.3,  0.9]])
    >>> jitgrad.grad(lambda x: jitgrad.moveaxis(x, source=0, destination=-1).sum())(x)
    tensor([[1., 1., 1.],
            [1., 1., 1.]])
    """

def multiply(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """The product x * y.

    NumPy's is numpy.multiply.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> y = jitgrad.tensor([-1.6, 0.4, 0.9])
    >>> jitgrad.multiply(x, y)
    tensor([ 1.6 , -0.32,  1.17])
    >>> jitgrad.grad(lambda x: jitgrad.multiply(x, y).sum())(x)
    tensor([-1.6,  0.4,  0.9])
    """

def nan_to_num(
    x: _ArrayLike,
    nan: float = 0.0,
    posinf: float | None = None,
    neginf: float | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """x with numbers in place of nan and of infinities, which become the largest by default.

    NumPy's is numpy.nan_to_num.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.nan_to_num(x, nan=1.5, neginf=-2.0)
    tensor([[-1. , -0.8,  1.3],
            [-1.6,  0.4,  0.9]])
    >>> jitgrad.grad(lambda x: jitgrad.nan_to_num(x, nan=1.5, neginf=-2.0).sum())(x)
    tensor([[1., 1., 1.],
            [1., 1., 1.]])
    """

def ndtr(x: _ArrayLike, /) -> Tensor:
    """The distribution function of the standard normal distribution.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> jitgrad.ndtr(x)
    tensor([0.1587, 0.2119, 0.9032])
    >>> jitgrad.grad(lambda x: jitgrad.ndtr(x).sum())(x)
    tensor([0.242 , 0.2897, 0.1714])
    """

def negative(x: _ArrayLike, /) -> Tensor:
    """The negative -x.

    NumPy's is numpy.negative.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> jitgrad.negative(x)
    tensor([ 1. ,  0.8, -1.3])
    >>> jitgrad.grad(lambda x: jitgrad.negative(x).sum())(x)
    tensor([-1., -1., -1.])
    """

def norm(
    x: _ArrayLike,
    ord: float | str | None = None,
    axis: _Ints | None = None,
    keepdims: bool = False,
    *,
    dim: _Ints | None = ...,
    dims: _Ints | None = ...,
    keepdim: bool = ...,
    out: Tensor | None = None,
) -> Tensor:
    """The norm of vectors (one axis) or matrices (two), by default of all elements; its
    derivative at 0 is 0.

    NumPy's is numpy.linalg.norm.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.norm(x, axis=0)
    tensor([1.8868, 0.8944, 1.5811])
    >>> jitgrad.grad(lambda x: jitgrad.norm(x, axis=0).sum())(x)
    tensor([[-0.53  , -0.8944,  0.8222],
            [-0.848 ,  0.4472,  0.5692]])
    """

def not_equal(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """Whether x != y, for each element.

    NumPy's is numpy.not_equal.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> y = jitgrad.tensor([-1.6, 0.4, 0.9])
    >>> jitgrad.not_equal(x, y)
    tensor([ True,  True,  True])
    """

def outer(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """All products of an element of x and one of y.

    NumPy's is numpy.outer.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> y = jitgrad.tensor([-1.6, 0.4, 0.9, -1.2])
    >>> jitgrad.outer(x, y)
    tensor([[ 1.6 , -0.4 , -0.9 ,  1.2 ],
            [ 1.28, -0.32, -0.72,  0.96],
            [-2.08,  0.52,  1.17, -1.56]])
    >>> jitgrad.grad(lambda x: jitgrad.outer(x, y).sum())(x)
    tensor([-1.5, -1.5, -1.5])
    """

def positive(x: _ArrayLike, /) -> Tensor:
    """The number itself, +x, as a new tensor.

    NumPy's is numpy.positive.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> jitgrad.positive(x)
    tensor([-1. , -0.8,  1.3])
    >>> jitgrad.grad(lambda x: jitgrad.positive(x).sum())(x)
    tensor([1., 1., 1.])
    """

def power(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """The power x ** y.

    NumPy's is numpy.power.

    >>> x = jitgrad.tensor([0.9, 0.9, 1.7])
    >>> y = jitgrad.tensor([0.6, 1.4, 1.6])
    >>> jitgrad.power(x, y)
    tensor([0.9387, 0.8629, 2.3373])
    >>> jitgrad.grad(lambda x: jitgrad.power(x, y).sum())(x)
    tensor([0.6258, 1.3422, 2.1998])
    """

def prod(
    x: _ArrayLike,
    axis: _Ints | None = None,
    dtype: DTypeLike | None = None,
    keepdims: bool = False,
    *,
    dim: _Ints | None = ...,
    dims: _Ints | None = ...,
    keepdim: bool = ...,
    out: Tensor | None = None,
) -> Tensor:
    """The product over `axis` (all axes by default).

    NumPy's is numpy.prod.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.prod(x, axis=0)
    tensor([ 1.6 , -0.32,  1.17])
    >>> jitgrad.grad(lambda x: jitgrad.prod(x, axis=0).sum())(x)
    tensor([[-1.6,  0.4,  0.9],
            [-1. , -0.8,  1.3]])
    """

def pseudo_huber(delta: _ArrayLike, r: _ArrayLike, /) -> Tensor:
    """delta^2 (sqrt(1 + (r / delta)^2) - 1), a smooth `huber`.

    >>> delta = jitgrad.tensor([0.6, 0.6, 0.9])
    >>> r = jitgrad.tensor([-2.4, 0.6, 1.4])
    >>> jitgrad.pseudo_huber(delta, r)
    tensor([1.1243, 0.1491, 0.6879])
    >>> jitgrad.grad(lambda delta: jitgrad.pseudo_huber(delta, r).sum())(delta)
    tensor([1.4194, 0.0728, 0.351 ])
    """

def ptp(
    x: _ArrayLike,
    axis: _Ints | None = None,
    keepdims: bool = False,
    *,
    dim: _Ints | None = ...,
    dims: _Ints | None = ...,
    keepdim: bool = ...,
    out: Tensor | None = None,
) -> Tensor:
    """The range over `axis` (all axes by default), max - min.

    NumPy's is numpy.ptp.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.ptp(x, axis=0)
    tensor([0.6, 1.2, 0.4])
    >>> jitgrad.grad(lambda x: jitgrad.ptp(x, axis=0).sum())(x)
    tensor([[ 1., -1.,  1.],
            [-1.,  1., -1.]])
    """

def rad2deg(x: _ArrayLike, /) -> Tensor:
    """The angle x, in radians, in degrees.

    NumPy's is numpy.rad2deg.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> jitgrad.rad2deg(x)
    tensor([-57.2958, -45.8366,  74.4845])
    >>> jitgrad.grad(lambda x: jitgrad.rad2deg(x).sum())(x)
    tensor([57.2958, 57.2958, 57.2958])
    """

def ravel(x: _ArrayLike, order: str = "C") -> Tensor:
    """All elements on one axis, in C order: a view of what lies so, else a copy.

    NumPy's is numpy.ravel.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.ravel(x, order='F')
    tensor([-1. , -1.6, -0.8,  0.4,  1.3,  0.9])
    >>> jitgrad.grad(lambda x: jitgrad.ravel(x, order='F').sum())(x)
    tensor([[1., 1., 1.],
            [1., 1., 1.]])
    """

def real(x: _ArrayLike, /) -> Tensor:
    """The real part: of a real tensor the tensor itself. Writes to it change the tensor.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.real(x)
    tensor([[-1. , -0.8,  1.3],
            [-1.6,  0.4,  0.9]])
    >>> jitgrad.grad(lambda x: jitgrad.real(x).sum())(x)
    tensor([[1., 1., 1.],
            [1., 1., 1.]])
    """

def reciprocal(x: _ArrayLike, /) -> Tensor:
    """The reciprocal 1 / x.

    NumPy's is numpy.reciprocal.

    >>> x = jitgrad.tensor([0.9, 0.9, 1.7])
    >>> jitgrad.reciprocal(x)
    tensor([1.1111, 1.1111, 0.5882])
    >>> jitgrad.grad(lambda x: jitgrad.reciprocal(x).sum())(x)
    tensor([-1.2346, -1.2346, -0.346 ])
    """

def rel_entr(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """x log(x / y), 0 where x is 0, inf below.

    >>> x = jitgrad.tensor([0.9, 0.9, 1.7])
    >>> y = jitgrad.tensor([0.6, 1.4, 1.6])
    >>> jitgrad.rel_entr(x, y)
    tensor([ 0.3649, -0.3976,  0.1031])
    >>> jitgrad.grad(lambda x: jitgrad.rel_entr(x, y).sum())(x)
    tensor([1.4055, 0.5582, 1.0606])
    """

def relu(x: _ArrayLike, /) -> Tensor:
    """max(x, 0), with derivative 0 at 0; nan stays nan.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> jitgrad.relu(x)
    tensor([0. , 0. , 1.3])
    >>> jitgrad.grad(lambda x: jitgrad.relu(x).sum())(x)
    tensor([0., 0., 1.])
    """

def relu6(x: _ArrayLike, /) -> Tensor:
    """x limited to [0, 6].

    >>> x = jitgrad.tensor([0.6, 1.0, 6.1])
    >>> jitgrad.relu6(x)
    tensor([0.6, 1. , 6. ])
    >>> jitgrad.grad(lambda x: jitgrad.relu6(x).sum())(x)
    tensor([1., 1., 0.])
    """

def remainder(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """The remainder x - y * floor(x / y), with the sign of y.

    NumPy's is numpy.remainder.

    >>> x = jitgrad.tensor([2.3, 2.3, 2.8])
    >>> y = jitgrad.tensor([0.9, 1.0, 1.0])
    >>> jitgrad.remainder(x, y)
    tensor([0.5, 0.3, 0.8])
    >>> jitgrad.grad(lambda x: jitgrad.remainder(x, y).sum())(x)
    tensor([1., 1., 1.])
    """

def repeat(
    x: _ArrayLike,
    repeats: int | _ArrayLike,
    axis: _Ints | None = None,
    *,
    dim: _Ints | None = ...,
    dims: _Ints | None = ...,
    out: Tensor | None = None,
) -> Tensor:
    """Each element `repeats` times, along `axis` or of the flat tensor, as in NumPy (PyTorch's
    `repeat` is `tile`).

    NumPy's is numpy.repeat.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3],
    ...                     [-1.6, 0.4, 0.9],
    ...                     [-1.2, -1.8, -0.9],
    ...                     [0.6, 0.2, -1.4]])
    >>> repeats = [2, 1, 2]
    >>> jitgrad.repeat(x, repeats, axis=-1).shape
    (4, 5)
    >>> jitgrad.grad(lambda x: jitgrad.repeat(x, repeats, axis=-1).sum())(x)
    tensor([[2., 1., 2.],
            [2., 1., 2.],
            [2., 1., 2.],
            [2., 1., 2.]])
    """

def reshape(x: _ArrayLike, shape: _Ints, order: str = "C") -> Tensor:
    """The same elements in C order, in another shape; one length may be -1.

    NumPy's is numpy.reshape.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3, -1.6],
    ...                     [0.4, 0.9, -1.2, -1.8],
    ...                     [-0.9, 0.6, 0.2, -1.4]])
    >>> jitgrad.reshape(x, shape=(-1,))
    tensor([-1. , -0.8,  1.3, -1.6,  0.4,  0.9, -1.2, -1.8, -0.9,  0.6,  0.2,
            -1.4])
    >>> jitgrad.grad(lambda x: jitgrad.reshape(x, shape=(-1,)).sum())(x)
    tensor([[1., 1., 1., 1.],
            [1., 1., 1., 1.],
            [1., 1., 1., 1.]])
    """

def right_shift(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """The bits of x moved down by y; the sign stays.

    NumPy's is numpy.right_shift.

    >>> x = [2, 0, 0]
    >>> y = [0, 1, 2]
    >>> jitgrad.right_shift(x, y)
    tensor([2, 0, 0])
    """

def rint(x: _ArrayLike, /) -> Tensor:
    """The nearest integer, ties to even.

    NumPy's is numpy.rint.

    >>> x = jitgrad.tensor([0.8, 0.8, 1.3])
    >>> jitgrad.rint(x)
    tensor([1., 1., 1.])
    """

def roll(
    x: _ArrayLike,
    shift: _Ints,
    axis: _Ints | None = None,
    *,
    dim: _Ints | None = ...,
    dims: _Ints | None = ...,
    shifts: _Ints = ...,
    out: Tensor | None = None,
) -> Tensor:
    """Elements moved on by `shift`, those that leave at the end entering at the start.

    NumPy's is numpy.roll.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.roll(x, shift=2)
    tensor([[ 0.4,  0.9, -1. ],
            [-0.8,  1.3, -1.6]])
    >>> jitgrad.grad(lambda x: jitgrad.roll(x, shift=2).sum())(x)
    tensor([[1., 1., 1.],
            [1., 1., 1.]])
    """

def round(x: _ArrayLike, decimals: int = 0, *, out: Tensor | None = None) -> Tensor:
    """The nearest number of so many decimals, ties to even.

    NumPy's is numpy.round.

    >>> x = jitgrad.tensor([[0.8, 0.8, 1.3], [0.7, 1.1, 1.2]])
    >>> jitgrad.round(x)
    tensor([[1., 1., 1.],
            [1., 1., 1.]])
    """

def searchsorted(
    a: _ArrayLike, v: _ArrayLike, side: str = "left", *, out: Tensor | None = None
) -> Tensor:
    """Where the elements of `v` belong in the sorted `a`: before equal ones, or behind them for
    side='right'.

    NumPy's is numpy.searchsorted.

    >>> a = jitgrad.tensor([-1.0, -0.8, 1.3, -1.6])
    >>> v = jitgrad.tensor([[0.4, 0.9, -1.2], [-1.8, -0.9, 0.6]])
    >>> jitgrad.searchsorted(a, v, side='right')
    tensor([[2, 4, 0],
            [0, 1, 2]])
    """

def selu(x: _ArrayLike, /) -> Tensor:
    """A scaled `elu`, which keeps mean 0 and variance 1.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> jitgrad.selu(x)
    tensor([-1.1113, -0.9681,  1.3659])
    >>> jitgrad.grad(lambda x: jitgrad.selu(x).sum())(x)
    tensor([0.6468, 0.79  , 1.0507])
    """

def sigmoid(x: _ArrayLike, /) -> Tensor:
    """1 / (1 + exp(-x)), without overflow and with every digit of small values.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> jitgrad.sigmoid(x)
    tensor([0.2689, 0.31  , 0.7858])
    >>> jitgrad.grad(lambda x: jitgrad.sigmoid(x).sum())(x)
    tensor([0.1966, 0.2139, 0.1683])
    """

def sign(x: _ArrayLike, /) -> Tensor:
    """-1, 0 or 1, as x is negative, 0 or positive; of a complex number x / abs(x).

    NumPy's is numpy.sign.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> jitgrad.sign(x)
    tensor([-1., -1.,  1.])
    """

def silu(x: _ArrayLike, /) -> Tensor:
    """x * sigmoid(x), also called swish.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> jitgrad.silu(x)
    tensor([-0.2689, -0.248 ,  1.0216])
    >>> jitgrad.grad(lambda x: jitgrad.silu(x).sum())(x)
    tensor([0.0723, 0.1389, 1.0046])
    """

def sin(x: _ArrayLike, /) -> Tensor:
    """The sine of x, in radians.

    NumPy's is numpy.sin.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> jitgrad.sin(x)
    tensor([-0.8415, -0.7174,  0.9636])
    >>> jitgrad.grad(lambda x: jitgrad.sin(x).sum())(x)
    tensor([0.5403, 0.6967, 0.2675])
    """

def sinc(x: _ArrayLike, /) -> Tensor:
    """sin(pi x) / (pi x), and 1 at 0.

    NumPy's is numpy.sinc.

    >>> x = jitgrad.tensor([0.7, 0.7, 1.7])
    >>> jitgrad.sinc(x)
    tensor([ 0.3679,  0.3679, -0.1515])
    >>> jitgrad.grad(lambda x: jitgrad.sinc(x).sum())(x)
    tensor([-1.3652, -1.3652,  0.4349])
    """

def sinh(x: _ArrayLike, /) -> Tensor:
    """The hyperbolic sine of x.

    NumPy's is numpy.sinh.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> jitgrad.sinh(x)
    tensor([-1.1752, -0.8881,  1.6984])
    >>> jitgrad.grad(lambda x: jitgrad.sinh(x).sum())(x)
    tensor([1.5431, 1.3374, 1.9709])
    """

def sliding_window_view(
    x: _ArrayLike,
    window_shape: _Ints,
    axis: _Ints | None = None,
    *,
    dim: _Ints | None = ...,
    dims: _Ints | None = ...,
) -> Tensor:
    """Windows that slide along the axes, on new last axes: a view that cannot be written to.

    NumPy's is numpy.sliding_window_view.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3, -1.6, 0.4],
    ...                     [0.9, -1.2, -1.8, -0.9, 0.6],
    ...                     [0.2, -1.4, -0.3, 0.7, -0.3],
    ...                     [0.5, 1.9, 0.7, -0.4, -1.3]])
    >>> jitgrad.sliding_window_view(x, window_shape=(2, 3)).shape
    (3, 3, 2, 3)
    >>> jitgrad.grad(lambda x: jitgrad.sliding_window_view(x, window_shape=(2, 3)).sum())(x).shape
    (4, 5)
    """

def softmax(
    x: _ArrayLike,
    axis: _Ints = -1,
    *,
    dim: _Ints = ...,
    dims: _Ints = ...,
    out: Tensor | None = None,
) -> Tensor:
    """exp(x) / sum(exp(x)) over `axis`, without overflow, whatever is added to x.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.softmax(x, axis=0)
    tensor([[0.6457, 0.2315, 0.5987],
            [0.3543, 0.7685, 0.4013]])
    """

def softmin(
    x: _ArrayLike,
    axis: _Ints = -1,
    *,
    dim: _Ints = ...,
    dims: _Ints = ...,
    out: Tensor | None = None,
) -> Tensor:
    """The softmax of -x over `axis`.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.softmin(x, axis=0)
    tensor([[0.3543, 0.7685, 0.4013],
            [0.6457, 0.2315, 0.5987]])
    """

def softplus(x: _ArrayLike, /) -> Tensor:
    """log(1 + exp(x)), without overflow.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> jitgrad.softplus(x)
    tensor([0.3133, 0.3711, 1.541 ])
    >>> jitgrad.grad(lambda x: jitgrad.softplus(x).sum())(x)
    tensor([0.2689, 0.31  , 0.7858])
    """

def softshrink(x: _ArrayLike, lambd: float = 0.5, *, out: Tensor | None = None) -> Tensor:
    """x nearer to 0 by `lambd`, and 0 where |x| is at most that.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.softshrink(x, lambd=0.25)
    tensor([[-0.75, -0.55,  1.05],
            [-1.35,  0.15,  0.65]])
    >>> jitgrad.grad(lambda x: jitgrad.softshrink(x, lambd=0.25).sum())(x)
    tensor([[1., 1., 1.],
            [1., 1., 1.]])
    """

def softsign(x: _ArrayLike, /) -> Tensor:
    """x / (1 + |x|).

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> jitgrad.softsign(x)
    tensor([-0.5   , -0.4444,  0.5652])
    >>> jitgrad.grad(lambda x: jitgrad.softsign(x).sum())(x)
    tensor([0.25  , 0.3086, 0.189 ])
    """

def solve(a: _ArrayLike, b: _ArrayLike, /) -> Tensor:
    """The solutions x of the linear systems a x = b.

    NumPy's is numpy.linalg.solve.

    >>> a = jitgrad.tensor([[2.5, -0.4, 0.6], [-0.8, 3.2, 0.5], [-0.6, -0.9, 2.5]])
    >>> b = jitgrad.tensor([[0.3, 0.1], [-0.7, -0.1], [0.3, -0.2]])
    >>> jitgrad.solve(a, b)
    tensor([[ 0.0716,  0.0555],
            [-0.2104, -0.0066],
            [ 0.0614, -0.069 ]])
    >>> jitgrad.grad(lambda a: jitgrad.solve(a, b).sum())(a)
    tensor([[-0.0738,  0.126 ,  0.0044],
            [-0.0552,  0.0942,  0.0033],
            [-0.0221,  0.0377,  0.0013]])
    """

def solve_sylvester(a: _ArrayLike, b: _ArrayLike, q: _ArrayLike) -> Tensor:
    """The solutions x of the Sylvester equations a x + x b = q, by SciPy.

    >>> a = jitgrad.tensor([[1.8, -0.2, 0.3], [-0.4, 2.1, 0.2], [-0.3, -0.4, 1.8]])
    >>> b = jitgrad.tensor([[2.2, 0.1], [-0.3, 1.9]])
    >>> q = jitgrad.tensor([[0.2, -0.1], [0.1, 0.5], [0.2, -0.1]])
    >>> jitgrad.solve_sylvester(a, b, q)
    tensor([[ 0.046 , -0.0203],
            [ 0.0335,  0.123 ],
            [ 0.0555, -0.0169]])
    >>> jitgrad.grad(lambda a: jitgrad.solve_sylvester(a, b, q).sum())(a)
    tensor([[-0.006 , -0.0521, -0.0099],
            [-0.0056, -0.0469, -0.0091],
            [-0.0047, -0.0368, -0.0076]])
    """

def solve_triangular(
    a: _ArrayLike,
    b: _ArrayLike,
    trans: int | str = 0,
    lower: bool = False,
    unit_diagonal: bool = False,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """The solutions x of the linear systems a x = b with triangular matrices a, of which one
    half is read.

    >>> a = jitgrad.tensor([[2.2, -0.5, 0.6], [0.2, 2.2, -0.1], [0.0, -0.7, 3.5]])
    >>> b = jitgrad.tensor([[-0.8, -0.2], [0.0, -0.1], [0.2, 0.5]])
    >>> jitgrad.solve_triangular(a, b, lower=True)
    tensor([[-0.3636, -0.0909],
            [ 0.0331, -0.0372],
            [ 0.0638,  0.1354]])
    >>> jitgrad.grad(lambda a: jitgrad.solve_triangular(a, b, lower=True).sum())(a)
    tensor([[ 0.1841, -0.    , -0.    ],
            [ 0.2479,  0.0023, -0.    ],
            [ 0.1299,  0.0012, -0.0569]])
    """

def sort(
    x: _ArrayLike,
    axis: _Ints = -1,
    kind: str | None = None,
    stable: bool | None = None,
    *,
    dim: _Ints = ...,
    dims: _Ints = ...,
    out: Tensor | None = None,
) -> Tensor:
    """The elements in ascending order along `axis`, as a new tensor: the method `x.sort()` is in
    place, as NumPy's.

    NumPy's is numpy.sort.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.sort(x, axis=0)
    tensor([[-1.6, -0.8,  0.9],
            [-1. ,  0.4,  1.3]])
    >>> jitgrad.grad(lambda x: jitgrad.sort(x, axis=0).sum())(x)
    tensor([[1., 1., 1.],
            [1., 1., 1.]])
    """

def sqrt(x: _ArrayLike, /) -> Tensor:
    """The square root of x.

    NumPy's is numpy.sqrt.

    >>> x = jitgrad.tensor([0.9, 0.9, 1.7])
    >>> jitgrad.sqrt(x)
    tensor([0.9487, 0.9487, 1.3038])
    >>> jitgrad.grad(lambda x: jitgrad.sqrt(x).sum())(x)
    tensor([0.527 , 0.527 , 0.3835])
    """

def sqrtm(a: _ArrayLike, /) -> Tensor:
    """The principal square roots of square matrices, by SciPy.

    >>> a = jitgrad.tensor([[2.0, 0.8, 0.5], [0.8, 2.2, 0.2], [0.5, 0.2, 2.8]])
    >>> jitgrad.sqrtm(a)
    tensor([[1.3771, 0.2796, 0.1598],
            [0.2796, 1.4558, 0.0498],
            [0.1598, 0.0498, 1.6649]])
    >>> jitgrad.grad(lambda a: jitgrad.sqrtm(a).sum())(a)
    tensor([[0.2753, 0.278 , 0.2706],
            [0.278 , 0.2807, 0.2732],
            [0.2706, 0.2732, 0.2662]])
    """

def square(x: _ArrayLike, /) -> Tensor:
    """The square x * x.

    NumPy's is numpy.square.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> jitgrad.square(x)
    tensor([1.  , 0.64, 1.69])
    >>> jitgrad.grad(lambda x: jitgrad.square(x).sum())(x)
    tensor([-2. , -1.6,  2.6])
    """

def squeeze(
    x: _ArrayLike, axis: _Ints | None = None, *, dim: _Ints | None = ..., dims: _Ints | None = ...
) -> Tensor:
    """Without axes of length 1.

    NumPy's is numpy.squeeze.

    >>> x = jitgrad.tensor([[[-1.0, -0.8]], [[1.3, -1.6]], [[0.4, 0.9]]])
    >>> jitgrad.squeeze(x, axis=1)
    tensor([[-1. , -0.8],
            [ 1.3, -1.6],
            [ 0.4,  0.9]])
    >>> jitgrad.grad(lambda x: jitgrad.squeeze(x, axis=1).sum())(x)
    tensor([[[1., 1.]],
            [[1., 1.]],
            [[1., 1.]]])
    """

def stack(
    arrays: Sequence[_ArrayLike] | Tensor,
    axis: _Ints = 0,
    *,
    dim: _Ints = ...,
    dims: _Ints = ...,
    out: Tensor | None = None,
) -> Tensor:
    """Tensors of equal shape joined along a new axis.

    NumPy's is numpy.stack.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3, -1.6],
    ...                     [0.4, 0.9, -1.2, -1.8],
    ...                     [-0.9, 0.6, 0.2, -1.4]])
    >>> y = jitgrad.tensor([[-0.3, 0.7, -0.3, 0.5],
    ...                     [1.9, 0.7, -0.4, -1.3],
    ...                     [-0.6, 0.0, 1.6, 1.1]])
    >>> jitgrad.stack([x, y], axis=-1).shape
    (3, 4, 2)
    >>> jitgrad.grad(lambda x: jitgrad.stack([x, y], axis=-1).sum())(x)
    tensor([[1., 1., 1., 1.],
            [1., 1., 1., 1.],
            [1., 1., 1., 1.]])
    """

def std(
    x: _ArrayLike,
    axis: _Ints | None = None,
    ddof: float = 0,
    keepdims: bool = False,
    correction: float | None = None,
    *,
    dim: _Ints | None = ...,
    dims: _Ints | None = ...,
    keepdim: bool = ...,
    unbiased: bool = ...,
    out: Tensor | None = None,
) -> Tensor:
    """The standard deviation over `axis`, the root of `var`.

    NumPy's is numpy.std.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.std(x, axis=0)
    tensor([0.3, 0.6, 0.2])
    >>> jitgrad.grad(lambda x: jitgrad.std(x, axis=0).sum())(x)
    tensor([[ 0.5, -0.5,  0.5],
            [-0.5,  0.5, -0.5]])
    """

def subtract(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """The difference x - y.

    NumPy's is numpy.subtract.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> y = jitgrad.tensor([-1.6, 0.4, 0.9])
    >>> jitgrad.subtract(x, y)
    tensor([ 0.6, -1.2,  0.4])
    >>> jitgrad.grad(lambda x: jitgrad.subtract(x, y).sum())(x)
    tensor([1., 1., 1.])
    """

def sum(
    x: _ArrayLike,
    axis: _Ints | None = None,
    dtype: DTypeLike | None = None,
    keepdims: bool = False,
    *,
    dim: _Ints | None = ...,
    dims: _Ints | None = ...,
    keepdim: bool = ...,
    out: Tensor | None = None,
) -> Tensor:
    """The sum over `axis` (all axes by default).

    NumPy's is numpy.sum.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.sum(x, axis=0)
    tensor([-2.6, -0.4,  2.2])
    >>> jitgrad.grad(lambda x: jitgrad.sum(x, axis=0).sum())(x)
    tensor([[1., 1., 1.],
            [1., 1., 1.]])
    """

def svdvals(a: _ArrayLike, /) -> Tensor:
    """The singular values of matrices, in descending order.

    NumPy's is numpy.linalg.svdvals.

    >>> a = jitgrad.tensor([[0.8, -0.2, 0.3],
    ...                     [-0.3, 2.1, 0.2],
    ...                     [-0.2, -0.4, 2.8],
    ...                     [0.1, 0.0, -0.3]])
    >>> jitgrad.svdvals(a)
    tensor([2.8686, 2.1466, 0.7831])
    >>> jitgrad.grad(lambda a: jitgrad.svdvals(a).sum())(a)
    tensor([[ 0.9841,  0.031 ,  0.1502],
            [-0.049 ,  0.991 ,  0.1243],
            [-0.1343, -0.1305,  0.9756],
            [ 0.1058,  0.0047, -0.1011]])
    """

def swapaxes(x: _ArrayLike, axis1: int, axis2: int) -> Tensor:
    """Two axes exchanged.

    NumPy's is numpy.swapaxes.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.swapaxes(x, axis1=0, axis2=-1)
    tensor([[-1. , -1.6],
            [-0.8,  0.4],
            [ 1.3,  0.9]])
    >>> jitgrad.grad(lambda x: jitgrad.swapaxes(x, axis1=0, axis2=-1).sum())(x)
    tensor([[1., 1., 1.],
            [1., 1., 1.]])
    """

def take(
    x: _ArrayLike,
    indices: _ArrayLike,
    axis: _Ints | None = None,
    mode: str = "raise",
    *,
    dim: _Ints | None = ...,
    dims: _Ints | None = ...,
    out: Tensor | None = None,
) -> Tensor:
    """Elements at `indices` along `axis` (of the flat tensor by default).

    NumPy's is numpy.take.

    >>> x = jitgrad.tensor([[[-1.0, -0.8, 1.3, -1.6],
    ...                     [0.4, 0.9, -1.2, -1.8],
    ...                     [-0.9, 0.6, 0.2, -1.4]],
    ...                     [[-0.3, 0.7, -0.3, 0.5],
    ...                     [1.9, 0.7, -0.4, -1.3],
    ...                     [-0.6, 0.0, 1.6, 1.1]]])
    >>> indices = jitgrad.tensor([[1, 1, 1]])
    >>> jitgrad.take(x, indices, axis=0).shape
    (1, 3, 3, 4)
    >>> jitgrad.grad(lambda x: jitgrad.take(x, indices, axis=0).sum())(x).shape
    (2, 3, 4)
    """

def take_along_axis(
    x: _ArrayLike,
    indices: _ArrayLike,
    axis: _Ints = -1,
    *,
    dim: _Ints = ...,
    dims: _Ints = ...,
    out: Tensor | None = None,
) -> Tensor:
    """The element at an index for each place along `axis` (of the flat tensor for None), such as
    `argsort` gives.

    NumPy's is numpy.take_along_axis.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> indices = jitgrad.tensor([[0, 1, 0]])
    >>> jitgrad.take_along_axis(x, indices, axis=0)
    tensor([[-1. ,  0.4,  1.3]])
    >>> jitgrad.grad(lambda x: jitgrad.take_along_axis(x, indices, axis=0).sum())(x)
    tensor([[1., 0., 1.],
            [0., 1., 0.]])
    """

def tan(x: _ArrayLike, /) -> Tensor:
    """The tangent of x, in radians.

    NumPy's is numpy.tan.

    >>> x = jitgrad.tensor([-0.5, -0.4, 0.6])
    >>> jitgrad.tan(x)
    tensor([-0.5463, -0.4228,  0.6841])
    >>> jitgrad.grad(lambda x: jitgrad.tan(x).sum())(x)
    tensor([1.2984, 1.1788, 1.468 ])
    """

def tanh(x: _ArrayLike, /) -> Tensor:
    """The hyperbolic tangent of x.

    NumPy's is numpy.tanh.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> jitgrad.tanh(x)
    tensor([-0.7616, -0.664 ,  0.8617])
    >>> jitgrad.grad(lambda x: jitgrad.tanh(x).sum())(x)
    tensor([0.42  , 0.5591, 0.2574])
    """

def tanhshrink(x: _ArrayLike, /) -> Tensor:
    """x - tanh(x).

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> jitgrad.tanhshrink(x)
    tensor([-0.2384, -0.136 ,  0.4383])
    >>> jitgrad.grad(lambda x: jitgrad.tanhshrink(x).sum())(x)
    tensor([0.58  , 0.4409, 0.7426])
    """

def tensordot(
    x: _ArrayLike, y: _ArrayLike, axes: _Ints = 2, *, dims: _Ints = ..., out: Tensor | None = None
) -> Tensor:
    """The product summed over pairs of axes.

    NumPy's is numpy.tensordot.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9], [-1.2, -1.8, -0.9]])
    >>> y = jitgrad.tensor([[0.6, 0.2, -1.4], [-0.3, 0.7, -0.3], [0.5, 1.9, 0.7]])
    >>> jitgrad.tensordot(x, y, axes=1)
    tensor([[ 0.29,  1.71,  2.55],
            [-0.63,  1.67,  2.75],
            [-0.63, -3.21,  1.59]])
    >>> jitgrad.grad(lambda x: jitgrad.tensordot(x, y, axes=1).sum())(x)
    tensor([[-0.6,  0.1,  3.1],
            [-0.6,  0.1,  3.1],
            [-0.6,  0.1,  3.1]])
    """

def tile(x: _ArrayLike, reps: _Ints, *, dims: _Ints = ..., out: Tensor | None = None) -> Tensor:
    """The whole tensor so many times after one another, along each axis; what PyTorch calls
    `repeat`.

    NumPy's is numpy.tile.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.tile(x, reps=2)
    tensor([[-1. , -0.8,  1.3, -1. , -0.8,  1.3],
            [-1.6,  0.4,  0.9, -1.6,  0.4,  0.9]])
    >>> jitgrad.grad(lambda x: jitgrad.tile(x, reps=2).sum())(x)
    tensor([[2., 2., 2.],
            [2., 2., 2.]])
    """

def trace(
    x: _ArrayLike,
    offset: int = 0,
    axis1: int = 0,
    axis2: int = 1,
    dtype: DTypeLike | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """The sum of the diagonal number `offset` of the matrices on two axes.

    NumPy's is numpy.trace.

    >>> x = jitgrad.tensor([[[-1.0, -0.8, 1.3, -1.6],
    ...                     [0.4, 0.9, -1.2, -1.8],
    ...                     [-0.9, 0.6, 0.2, -1.4]],
    ...                     [[-0.3, 0.7, -0.3, 0.5],
    ...                     [1.9, 0.7, -0.4, -1.3],
    ...                     [-0.6, 0.0, 1.6, 1.1]]])
    >>> jitgrad.trace(x, offset=-1, axis1=1, axis2=2)
    tensor([1. , 1.9])
    >>> jitgrad.grad(lambda x: jitgrad.trace(x, offset=-1, axis1=1, axis2=2).sum())(x).shape
    (2, 3, 4)
    """

def transpose(x: _ArrayLike, axes: _Ints | None = None, *, dims: _Ints | None = ...) -> Tensor:
    """The axes in another order; reversed by default.

    NumPy's is numpy.transpose.

    >>> x = jitgrad.tensor([[[-1.0, -0.8, 1.3, -1.6],
    ...                     [0.4, 0.9, -1.2, -1.8]],
    ...                     [[-0.9, 0.6, 0.2, -1.4],
    ...                     [-0.3, 0.7, -0.3, 0.5]],
    ...                     [[1.9, 0.7, -0.4, -1.3],
    ...                     [-0.6, 0.0, 1.6, 1.1]]])
    >>> jitgrad.transpose(x, axes=(1, 0, 2)).shape
    (2, 3, 4)
    >>> jitgrad.grad(lambda x: jitgrad.transpose(x, axes=(1, 0, 2)).sum())(x).shape
    (3, 2, 4)
    """

def trunc(x: _ArrayLike, /) -> Tensor:
    """The integer part of x: x without its fraction.

    NumPy's is numpy.trunc.

    >>> x = jitgrad.tensor([0.3, 0.3, 0.8])
    >>> jitgrad.trunc(x)
    tensor([0., 0., 0.])
    """

def var(
    x: _ArrayLike,
    axis: _Ints | None = None,
    ddof: float = 0,
    keepdims: bool = False,
    correction: float | None = None,
    *,
    dim: _Ints | None = ...,
    dims: _Ints | None = ...,
    keepdim: bool = ...,
    unbiased: bool = ...,
    out: Tensor | None = None,
) -> Tensor:
    """The variance over `axis`, with n - ddof degrees of freedom (0, as NumPy).

    NumPy's is numpy.var.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.var(x, axis=0)
    tensor([0.09, 0.36, 0.04])
    >>> jitgrad.grad(lambda x: jitgrad.var(x, axis=0).sum())(x)
    tensor([[ 0.3, -0.6,  0.2],
            [-0.3,  0.6, -0.2]])
    """

def vecdot(
    x: _ArrayLike,
    y: _ArrayLike,
    axis: _Ints = -1,
    *,
    dim: _Ints = ...,
    dims: _Ints = ...,
    out: Tensor | None = None,
) -> Tensor:
    """Dot products of vectors along `axis`; complex numbers of x are conjugated.

    NumPy's is numpy.vecdot.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3, -1.6],
    ...                     [0.4, 0.9, -1.2, -1.8],
    ...                     [-0.9, 0.6, 0.2, -1.4]])
    >>> y = jitgrad.tensor([[-0.3, 0.7, -0.3, 0.5],
    ...                     [1.9, 0.7, -0.4, -1.3],
    ...                     [-0.6, 0.0, 1.6, 1.1]])
    >>> jitgrad.vecdot(x, y)
    tensor([-1.45,  4.21, -0.68])
    >>> jitgrad.grad(lambda x: jitgrad.vecdot(x, y).sum())(x)
    tensor([[-0.3,  0.7, -0.3,  0.5],
            [ 1.9,  0.7, -0.4, -1.3],
            [-0.6,  0. ,  1.6,  1.1]])
    """

def vecmat(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """Products of the vectors on the last axis of x with the matrices on y's last axes; complex
    vectors are conjugated.

    NumPy's is numpy.vecmat.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> y = jitgrad.tensor([[-1.6, 0.4, 0.9, -1.2],
    ...                     [-1.8, -0.9, 0.6, 0.2],
    ...                     [-1.4, -0.3, 0.7, -0.3]])
    >>> jitgrad.vecmat(x, y)
    tensor([ 1.22, -0.07, -0.47,  0.65])
    >>> jitgrad.grad(lambda x: jitgrad.vecmat(x, y).sum())(x)
    tensor([-1.5, -1.9, -1.3])
    """

def vector_norm(
    x: _ArrayLike,
    axis: _Ints | None = None,
    keepdims: bool = False,
    ord: float | str | None = 2,
    *,
    dim: _Ints | None = ...,
    dims: _Ints | None = ...,
    keepdim: bool = ...,
    out: Tensor | None = None,
) -> Tensor:
    """The norm of the elements along `axis` (all by default) as one vector; derivative 0 at 0.

    NumPy's is numpy.linalg.vector_norm.

    >>> x = jitgrad.tensor([[[-1.0, -0.8, 1.3, -1.6],
    ...                     [0.4, 0.9, -1.2, -1.8],
    ...                     [-0.9, 0.6, 0.2, -1.4]],
    ...                     [[-0.3, 0.7, -0.3, 0.5],
    ...                     [1.9, 0.7, -0.4, -1.3],
    ...                     [-0.6, 0.0, 1.6, 1.1]]])
    >>> jitgrad.vector_norm(x, axis=(0, 2))
    tensor([2.6096, 3.4059, 2.7019])
    >>> jitgrad.grad(lambda x: jitgrad.vector_norm(x, axis=(0, 2)).sum())(x).shape
    (2, 3, 4)
    """

def where(condition: _ArrayLike, x: _ArrayLike, y: _ArrayLike) -> Tensor:
    """The elements of x where the condition holds, else those of y.

    NumPy's is numpy.where.

    >>> condition = jitgrad.tensor([True, True, False])
    >>> x = jitgrad.tensor([-1.6, 0.4, 0.9])
    >>> y = jitgrad.tensor([-1.2, -1.8, -0.9])
    >>> jitgrad.where(condition, x, y)
    tensor([-1.6,  0.4, -0.9])
    >>> jitgrad.grad(lambda x: jitgrad.where(condition, x, y).sum())(x)
    tensor([1., 1., 0.])
    """

def xlog1py(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """x log(1 + y), 0 where x is 0.

    >>> x = jitgrad.tensor([0.9, 0.9, 1.7])
    >>> y = jitgrad.tensor([0.6, 1.4, 1.6])
    >>> jitgrad.xlog1py(x, y)
    tensor([0.423 , 0.7879, 1.6244])
    >>> jitgrad.grad(lambda x: jitgrad.xlog1py(x, y).sum())(x)
    tensor([0.47  , 0.8755, 0.9555])
    """

def xlogy(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """x log(y), 0 where x is 0.

    >>> x = jitgrad.tensor([0.9, 0.9, 1.7])
    >>> y = jitgrad.tensor([0.6, 1.4, 1.6])
    >>> jitgrad.xlogy(x, y)
    tensor([-0.4597,  0.3028,  0.799 ])
    >>> jitgrad.grad(lambda x: jitgrad.xlogy(x, y).sum())(x)
    tensor([-0.5108,  0.3365,  0.47  ])
    """

abs = absolute
acos = arccos
acosh = arccosh
amax = max
amin = min
around = round
asin = arcsin
asinh = arcsinh
atan = arctan
atan2 = arctan2
atanh = arctanh
bitwise_left_shift = left_shift
bitwise_not = invert
bitwise_right_shift = right_shift
bmm = matmul
cat = concatenate
clamp = clip
concat = concatenate
conj = conjugate
degrees = rad2deg
expand = broadcast_to
expit = sigmoid
fix = trunc
logsigmoid = log_expit
mm = matmul
mod = remainder
mv = matmul
permute_dims = transpose
pow = power
radians = deg2rad
true_divide = divide
unsqueeze = expand_dims
