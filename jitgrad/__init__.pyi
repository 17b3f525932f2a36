# Written by `python -m tools.stubs`: change the functions, or tools, not this file.
"""jitgrad: gradients for NumPy and Numba code, on the CPU, at the speed of hand-written kernels."""

import builtins
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypeAlias, TypeVar, overload

import numpy as np
from numpy import bool_ as bool_
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
from . import linalg as linalg
from . import numpy as numpy
from .base.config import config as config
from .base.errors import AliasError as AliasError
from .base.errors import ArgumentError as ArgumentError
from .base.errors import AxisError as AxisError
from .base.errors import CompileError as CompileError
from .base.errors import DTypeError as DTypeError
from .base.errors import GradientError as GradientError
from .base.errors import GradientWarning as GradientWarning
from .base.errors import IndexOutOfRange as IndexOutOfRange
from .base.errors import IntegerOverflow as IntegerOverflow
from .base.errors import InterruptedRecording as InterruptedRecording
from .base.errors import JitError as JitError
from .base.errors import JitgradError as JitgradError
from .base.errors import JitGradientError as JitGradientError
from .base.errors import JitgradWarning as JitgradWarning
from .base.errors import MissingError as MissingError
from .base.errors import ShapeError as ShapeError
from .diagnostics.explain import Explanation as _Explanation
from .diagnostics.explain import explain as explain
from .diagnostics.profile import profile as profile
from .frontend.creation import manual_seed as manual_seed
from .frontend.modes import enable_grad as enable_grad
from .frontend.modes import is_grad_enabled as is_grad_enabled
from .frontend.modes import no_grad as no_grad
from .frontend.modes import set_grad_enabled as set_grad_enabled
from .runtime.launch import get_num_threads as get_num_threads
from .runtime.launch import set_num_threads as set_num_threads
from .runtime.plan import synchronize as synchronize
from .runtime.pool import release_memory as release_memory
from .tracing.control_flow import cond as cond
from .tracing.control_flow import fori_loop as fori_loop
from .tracing.control_flow import map as map
from .tracing.control_flow import scan as scan
from .tracing.control_flow import switch as switch
from .tracing.control_flow import while_loop as while_loop
from .tracing.transforms import grad as grad
from .tracing.transforms import hvp as hvp
from .tracing.transforms import value_and_grad as value_and_grad

__all__ = [
    "JitgradError", "ShapeError", "AxisError", "IndexOutOfRange", "DTypeError", "ArgumentError",
    "IntegerOverflow", "MissingError", "GradientError", "AliasError", "InterruptedRecording",
    "JitError", "JitGradientError", "CompileError", "JitgradWarning", "GradientWarning", "autograd",
    "cond", "explain", "fori_loop", "grad", "hvp", "jit", "linalg", "meshgrid", "profile", "scan",
    "split", "switch", "value_and_grad", "while_loop", "add", "subtract", "multiply", "divide",
    "true_divide", "floor_divide", "remainder", "mod", "fmod", "negative", "positive", "absolute",
    "abs", "fabs", "sign", "reciprocal", "square", "sqrt", "cbrt", "where", "maximum", "minimum",
    "fmax", "fmin", "clip", "clamp", "relu", "equal", "not_equal", "less", "less_equal", "greater",
    "greater_equal", "logical_and", "logical_or", "logical_xor", "logical_not", "bitwise_and",
    "bitwise_or", "bitwise_xor", "invert", "bitwise_not", "left_shift", "bitwise_left_shift",
    "right_shift", "bitwise_right_shift", "isnan", "isfinite", "isinf", "exp", "exp2", "expm1",
    "log", "log2", "log10", "log1p", "floor", "ceil", "trunc", "fix", "rint", "round", "around",
    "copysign", "heaviside", "nan_to_num", "transpose", "permute_dims", "swapaxes", "moveaxis",
    "matrix_transpose", "expand_dims", "unsqueeze", "squeeze", "broadcast_to", "expand", "flip",
    "flipud", "fliplr", "roll", "concatenate", "concat", "cat", "stack", "take", "add_at", "sum",
    "prod", "max", "amax", "min", "amin", "any", "all", "argmax", "argmin", "mean", "var", "std",
    "logsumexp", "softmax", "log_softmax", "count_nonzero", "ptp", "repeat", "tile", "diagonal",
    "trace", "power", "pow", "float_power", "matmul", "mm", "mv", "bmm", "tensordot", "dot",
    "inner", "outer", "vecdot", "matvec", "vecmat", "norm", "vector_norm", "matrix_norm",
    "searchsorted", "argsort", "sort", "take_along_axis", "real", "imag", "conjugate", "conj",
    "angle", "linear_recurrence", "reshape", "ravel", "flatten", "sliding_window_view", "erf",
    "erfc", "sigmoid", "expit", "logaddexp", "logaddexp2", "softplus", "cumsum", "cumprod",
    "cummax", "cummin", "logcumsumexp", "xlogy", "xlog1py", "entr", "rel_entr", "kl_div", "logit",
    "ndtr", "log_ndtr", "huber", "pseudo_huber", "log_expit", "logsigmoid", "exp10", "sin", "cos",
    "tan", "arcsin", "asin", "arccos", "acos", "arctan", "atan", "arctan2", "atan2", "hypot",
    "sinh", "cosh", "tanh", "arcsinh", "asinh", "arccosh", "acosh", "arctanh", "atanh", "deg2rad",
    "radians", "rad2deg", "degrees", "sinc", "Tensor", "arange", "array", "asarray", "bool_",
    "config", "e", "empty", "empty_like", "enable_grad", "eye", "float32", "float64", "from_numpy",
    "full", "full_like", "get_num_threads", "inf", "int16", "int32", "int64", "int8",
    "is_grad_enabled", "linspace", "manual_seed", "nan", "newaxis", "no_grad", "normal", "ones",
    "ones_like", "pi", "rand", "randint", "randn", "release_memory", "set_grad_enabled",
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
        """x + y."""

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
        """Whether all elements are true."""

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
        """Whether any element is true."""

    def arccos(self) -> Tensor:
        """The inverse cosine, in radians."""

    def arccosh(self) -> Tensor:
        """The inverse hyperbolic cosine."""

    def arcsin(self) -> Tensor:
        """The inverse sine, in radians."""

    def arcsinh(self) -> Tensor:
        """The inverse hyperbolic sine."""

    def arctan(self) -> Tensor:
        """The inverse tangent, in radians."""

    def arctan2(self, y: _ArrayLike, /) -> Tensor:
        """The angle of the point (y, x), in radians."""

    def arctanh(self) -> Tensor:
        """The inverse hyperbolic tangent."""

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
        """argmax along `axis`, or of the flat tensor."""

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
        """argmin along `axis`, or of the flat tensor."""

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
        """x & y."""

    def bitwise_or(self, y: _ArrayLike, /) -> Tensor:
        """x | y."""

    def bitwise_xor(self, y: _ArrayLike, /) -> Tensor:
        """x ^ y."""

    def bool(self) -> Tensor:
        """As bool."""

    def broadcast_to(self, *shape: _Ints) -> Tensor:
        """The tensor stretched to a shape, in which -1 keeps a length; a view that cannot be
        written to.
        """

    def cbrt(self) -> Tensor:
        """The cube root."""

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
        """The complex conjugate: x."""

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
        """The hyperbolic cosine."""

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
        np.maximum.accumulate; of equal ones the last has the gradient, as in PyTorch, and
        after a nan all is nan.
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
        np.minimum.accumulate; of equal ones the last has the gradient, as in PyTorch, and
        after a nan all is nan.
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
        """The running product along `axis` (of the flat tensor by default); its gradient is
        right with zeros.
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

    def deg2rad(self) -> Tensor:
        """Degrees to radians."""

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
        """x / y."""

    def dot(self, y: _ArrayLike, /) -> Tensor:
        """The dot product, by NumPy's rules for more dimensions."""

    def double(self) -> Tensor:
        """As float64."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """The NumPy dtype of the elements."""

    def equal(self, y: _ArrayLike, /) -> Tensor:
        """x == y, elementwise."""

    def erf(self) -> Tensor:
        """The error function."""

    def erfc(self) -> Tensor:
        """1 - erf(x), accurate for large x."""

    def exp(self) -> Tensor:
        """e ** x."""

    def exp2(self) -> Tensor:
        """2 ** x."""

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
        """The magnitude of a float."""

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
        """What computed this tensor, by name; None for leaves."""

    def greater(self, y: _ArrayLike, /) -> Tensor:
        """x > y, elementwise."""

    def greater_equal(self, y: _ArrayLike, /) -> Tensor:
        """x >= y, elementwise."""

    def hypot(self, y: _ArrayLike, /) -> Tensor:
        """The Euclidean norm of (x, y)."""

    @property
    def imag(self) -> Tensor:
        """The imaginary part: zeros."""

    def int(self) -> Tensor:
        """As int32, as in PyTorch."""

    invert = __invert__
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
        """x < y, elementwise."""

    def less_equal(self, y: _ArrayLike, /) -> Tensor:
        """x <= y, elementwise."""

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
        """The natural logarithm."""

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
        """log(softmax(x)) over `axis`, without overflow; its digits do not depend on what is
        added to x.
        """

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
        """logical_and, by truth value."""

    def logical_not(self) -> Tensor:
        """logical_not, by truth value."""

    def logical_or(self, y: _ArrayLike, /) -> Tensor:
        """logical_or, by truth value."""

    def logical_xor(self, y: _ArrayLike, /) -> Tensor:
        """logical_xor, by truth value."""

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
        """log(sum(exp(x))) over `axis`, without overflow."""

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
        """The largest element along `axis`; ties share the gradient."""

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
        """The arithmetic mean over `axis`."""

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
        """The smallest element along `axis`; ties share the gradient."""

    def minimum(self, y: _ArrayLike, /) -> Tensor:
        """The smaller of x and y; nan where either is nan."""

    def mul_(self, y: _ArrayLike, /) -> Tensor:
        """`multiply`, written into this tensor."""

    def multiply(self, y: _ArrayLike, /) -> Tensor:
        """x * y."""

    def nan_to_num(
        self,
        nan: builtins.float = 0.0,
        posinf: builtins.float | None = None,
        neginf: builtins.float | None = None,
        *,
        out: Tensor | None = None,
    ) -> Tensor:
        """nan to a number, infinities to others: the largest by default."""

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
        """x != y, elementwise."""

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
        """x ** y."""

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
        """The product over `axis`; its gradient is right with zeros."""

    def put(self, indices: _ArrayLike, values: _ArrayLike, mode: str = "raise") -> None:
        """Writes `values` at flat positions, as `numpy.put`."""

    def rad2deg(self) -> Tensor:
        """Radians to degrees."""

    def ravel(self, order: str = "C") -> Tensor:
        """All elements on one axis, in C order: a view of what lies so, else a copy."""

    @property
    def real(self) -> Tensor:
        """The real part: the tensor itself."""

    def reciprocal(self) -> Tensor:
        """1 / x."""

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> Any:
        """Calls ``hook(grad)`` when the gradient is computed; what it returns replaces it,
        unless that is None.
        """

    def relu(self) -> Tensor:
        """max(x, 0), with derivative 0 at 0; nan stays nan."""

    def relu_(self, /) -> Tensor:
        """`relu`, written into this tensor."""

    def remainder(self, y: _ArrayLike, /) -> Tensor:
        """x - y * floor(x / y), with the sign of y."""

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
        """x to so many decimals, ties to even."""

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
        """-1, 0 or 1, as x is negative, 0 or positive."""

    def sin(self) -> Tensor:
        """The sine of x, in radians."""

    def sin_(self, /) -> Tensor:
        """`sin`, written into this tensor."""

    def sinc(self) -> Tensor:
        """sin(pi x) / (pi x), and 1 at 0."""

    def sinh(self) -> Tensor:
        """The hyperbolic sine."""

    @property
    def size(self) -> builtins.int:
        """The number of elements."""

    def softmax(
        self, axis: _Ints = -1, *, dim: _Ints = ..., dims: _Ints = ..., out: Tensor | None = None
    ) -> Tensor:
        """exp(x) / sum(exp(x)) over `axis`, without overflow; its digits do not depend on what
        is added to x.
        """

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
        """The square root."""

    def sqrt_(self, /) -> Tensor:
        """`sqrt`, written into this tensor."""

    def square(self) -> Tensor:
        """x * x."""

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
        """The standard deviation over `axis`; derivative 0 where it is 0."""

    def sub_(self, y: _ArrayLike, /) -> Tensor:
        """`subtract`, written into this tensor."""

    def subtract(self, y: _ArrayLike, /) -> Tensor:
        """x - y."""

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
        """The hyperbolic tangent."""

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
        """x without its fraction."""

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

    >>> y = jitgrad.absolute(jitgrad.tensor([0.25]))
    """

def add(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """x + y.

    NumPy's is numpy.add.

    >>> y = jitgrad.add(jitgrad.tensor([0.25]), jitgrad.tensor([0.25]))
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

    >>> y = jitgrad.add_at(jitgrad.ones((2, 3, 3)), np.zeros((1, 3), int), jitgrad.ones((1, 3)))
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
    """Whether all elements are true.

    NumPy's is numpy.all.

    >>> y = jitgrad.all(jitgrad.ones((2, 3, 4)))
    """

def angle(x: _ArrayLike, deg: bool = False, *, out: Tensor | None = None) -> Tensor:
    """The angle in the complex plane: 0 or pi, as x is positive or negative.

    >>> y = jitgrad.angle(jitgrad.ones((2, 3, 4)))
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
    """Whether any element is true.

    NumPy's is numpy.any.

    >>> y = jitgrad.any(jitgrad.ones((2, 3, 4)))
    """

def arccos(x: _ArrayLike, /) -> Tensor:
    """The inverse cosine, in radians.

    NumPy's is numpy.arccos.

    >>> y = jitgrad.arccos(jitgrad.tensor([0.25]))
    """

def arccosh(x: _ArrayLike, /) -> Tensor:
    """The inverse hyperbolic cosine.

    NumPy's is numpy.arccosh.

    >>> y = jitgrad.arccosh(jitgrad.tensor([2.5]))
    """

def arcsin(x: _ArrayLike, /) -> Tensor:
    """The inverse sine, in radians.

    NumPy's is numpy.arcsin.

    >>> y = jitgrad.arcsin(jitgrad.tensor([0.25]))
    """

def arcsinh(x: _ArrayLike, /) -> Tensor:
    """The inverse hyperbolic sine.

    NumPy's is numpy.arcsinh.

    >>> y = jitgrad.arcsinh(jitgrad.tensor([0.25]))
    """

def arctan(x: _ArrayLike, /) -> Tensor:
    """The inverse tangent, in radians.

    NumPy's is numpy.arctan.

    >>> y = jitgrad.arctan(jitgrad.tensor([0.25]))
    """

def arctan2(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """The angle of the point (y, x), in radians.

    NumPy's is numpy.arctan2.

    >>> y = jitgrad.arctan2(jitgrad.tensor([1.5]), jitgrad.tensor([1.5]))
    """

def arctanh(x: _ArrayLike, /) -> Tensor:
    """The inverse hyperbolic tangent.

    NumPy's is numpy.arctanh.

    >>> y = jitgrad.arctanh(jitgrad.tensor([0.25]))
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
    """argmax along `axis`, or of the flat tensor.

    NumPy's is numpy.argmax.

    >>> y = jitgrad.argmax(jitgrad.ones((2, 3, 4)))
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
    """argmin along `axis`, or of the flat tensor.

    NumPy's is numpy.argmin.

    >>> y = jitgrad.argmin(jitgrad.ones((2, 3, 4)))
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

    >>> y = jitgrad.argsort(jitgrad.ones((2, 3, 4)))
    """

def bitwise_and(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """x & y.

    NumPy's is numpy.bitwise_and.

    >>> y = jitgrad.bitwise_and(jitgrad.tensor([6]), jitgrad.tensor([6]))
    """

def bitwise_or(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """x | y.

    NumPy's is numpy.bitwise_or.

    >>> y = jitgrad.bitwise_or(jitgrad.tensor([6]), jitgrad.tensor([6]))
    """

def bitwise_xor(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """x ^ y.

    NumPy's is numpy.bitwise_xor.

    >>> y = jitgrad.bitwise_xor(jitgrad.tensor([6]), jitgrad.tensor([6]))
    """

def broadcast_to(x: _ArrayLike, shape: _Ints) -> Tensor:
    """The tensor stretched to a shape, in which -1 keeps a length; a view that cannot be written
    to.

    NumPy's is numpy.broadcast_to.

    >>> y = jitgrad.broadcast_to(jitgrad.ones((3, 1)), shape=(2, 3, 4))
    """

def cbrt(x: _ArrayLike, /) -> Tensor:
    """The cube root.

    NumPy's is numpy.cbrt.

    >>> y = jitgrad.cbrt(jitgrad.tensor([1.5]))
    """

def ceil(x: _ArrayLike, /) -> Tensor:
    """The smallest integer not below x.

    NumPy's is numpy.ceil.

    >>> y = jitgrad.ceil(jitgrad.tensor([0.75]))
    """

def clip(x: _ArrayLike, min: _ArrayLike | None = None, max: _ArrayLike | None = None) -> Tensor:
    """x limited to [min, max]; a bound may be None, which is no bound.

    NumPy's is numpy.clip.

    >>> y = jitgrad.clip(jitgrad.ones((2, 3, 4)), jitgrad.ones((2, 3, 4)), jitgrad.ones((2, 3, 4)))
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

    >>> y = jitgrad.concatenate([jitgrad.ones((3, 4)), jitgrad.ones((3, 4))])
    """

def conjugate(x: _ArrayLike, /) -> Tensor:
    """The complex conjugate: x.

    NumPy's is numpy.conjugate.

    >>> y = jitgrad.conjugate(jitgrad.ones((2, 3, 4)))
    """

def copysign(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """The magnitude of x with the sign of y.

    NumPy's is numpy.copysign.

    >>> y = jitgrad.copysign(jitgrad.tensor([1.5]), jitgrad.tensor([1.5]))
    """

def cos(x: _ArrayLike, /) -> Tensor:
    """The cosine of x, in radians.

    NumPy's is numpy.cos.

    >>> y = jitgrad.cos(jitgrad.tensor([0.25]))
    """

def cosh(x: _ArrayLike, /) -> Tensor:
    """The hyperbolic cosine.

    NumPy's is numpy.cosh.

    >>> y = jitgrad.cosh(jitgrad.tensor([0.25]))
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

    >>> y = jitgrad.count_nonzero(jitgrad.ones((2, 3, 4)))
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
    np.maximum.accumulate; of equal ones the last has the gradient, as in PyTorch, and after a
    nan all is nan.

    >>> y = jitgrad.cummax(jitgrad.ones((2, 3, 4)))
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
    np.minimum.accumulate; of equal ones the last has the gradient, as in PyTorch, and after a
    nan all is nan.

    >>> y = jitgrad.cummin(jitgrad.ones((2, 3, 4)))
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
    """The running product along `axis` (of the flat tensor by default); its gradient is right
    with zeros.

    NumPy's is numpy.cumprod.

    >>> y = jitgrad.cumprod(jitgrad.ones((2, 3, 4)))
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

    >>> y = jitgrad.cumsum(jitgrad.ones((2, 3, 4)))
    """

def deg2rad(x: _ArrayLike, /) -> Tensor:
    """Degrees to radians.

    NumPy's is numpy.deg2rad.

    >>> y = jitgrad.deg2rad(jitgrad.tensor([0.25]))
    """

def diagonal(x: _ArrayLike, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """The diagonal number `offset` of the matrices on two axes, as the last axis.

    NumPy's is numpy.diagonal.

    >>> y = jitgrad.diagonal(jitgrad.ones((2, 3, 4)))
    """

def divide(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """x / y.

    NumPy's is numpy.divide.

    >>> y = jitgrad.divide(jitgrad.tensor([1.5]), jitgrad.tensor([1.5]))
    """

def dot(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """The dot product, by NumPy's rules for more dimensions.

    NumPy's is numpy.dot.

    >>> y = jitgrad.dot(jitgrad.ones((4,)), jitgrad.ones((4,)))
    """

def entr(x: _ArrayLike, /) -> Tensor:
    """-x log(x), 0 at 0 and -inf below.

    >>> y = jitgrad.entr(jitgrad.ones((2, 3, 4)))
    """

def equal(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """x == y, elementwise.

    NumPy's is numpy.equal.

    >>> y = jitgrad.equal(jitgrad.tensor([0.25]), jitgrad.tensor([0.25]))
    """

def erf(x: _ArrayLike, /) -> Tensor:
    """The error function.

    >>> y = jitgrad.erf(jitgrad.tensor([0.25]))
    """

def erfc(x: _ArrayLike, /) -> Tensor:
    """1 - erf(x), accurate for large x.

    >>> y = jitgrad.erfc(jitgrad.tensor([0.25]))
    """

def exp(x: _ArrayLike, /) -> Tensor:
    """e ** x.

    NumPy's is numpy.exp.

    >>> y = jitgrad.exp(jitgrad.tensor([0.25]))
    """

def exp10(x: _ArrayLike, /) -> Tensor:
    """10 ** x.

    >>> y = jitgrad.exp10(jitgrad.ones((2, 3, 4)))
    """

def exp2(x: _ArrayLike, /) -> Tensor:
    """2 ** x.

    NumPy's is numpy.exp2.

    >>> y = jitgrad.exp2(jitgrad.tensor([0.25]))
    """

def expand_dims(x: _ArrayLike, axis: _Ints, *, dim: _Ints = ..., dims: _Ints = ...) -> Tensor:
    """New axes of length 1 at the given places of the result.

    NumPy's is numpy.expand_dims.

    >>> y = jitgrad.expand_dims(jitgrad.ones((2, 3, 4)), axis=0)
    """

def expm1(x: _ArrayLike, /) -> Tensor:
    """exp(x) - 1, accurate near 0.

    NumPy's is numpy.expm1.

    >>> y = jitgrad.expm1(jitgrad.tensor([0.25]))
    """

def fabs(x: _ArrayLike, /) -> Tensor:
    """The magnitude of a float.

    NumPy's is numpy.fabs.

    >>> y = jitgrad.fabs(jitgrad.tensor([0.25]))
    """

def flatten(x: _ArrayLike, order: str = "C", *, out: Tensor | None = None) -> Tensor:
    """All elements on one axis, in C order, as a new tensor.

    >>> y = jitgrad.flatten(jitgrad.ones((2, 3, 4)))
    """

def flip(
    x: _ArrayLike, axis: _Ints | None = None, *, dim: _Ints | None = ..., dims: _Ints | None = ...
) -> Tensor:
    """The order along `axis` reversed (all axes by default).

    NumPy's is numpy.flip.

    >>> y = jitgrad.flip(jitgrad.ones((2, 3, 4)))
    """

def fliplr(x: _ArrayLike, /) -> Tensor:
    """Columns in reverse order.

    NumPy's is numpy.fliplr.

    >>> y = jitgrad.fliplr(jitgrad.ones((3, 4)))
    """

def flipud(x: _ArrayLike, /) -> Tensor:
    """Rows in reverse order.

    NumPy's is numpy.flipud.

    >>> y = jitgrad.flipud(jitgrad.ones((3, 4)))
    """

def float_power(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """x ** y, computed in float64.

    NumPy's is numpy.float_power.

    >>> y = jitgrad.float_power(jitgrad.ones((2, 3, 4)), jitgrad.ones((2, 3, 4)))
    """

def floor(x: _ArrayLike, /) -> Tensor:
    """The largest integer not above x.

    NumPy's is numpy.floor.

    >>> y = jitgrad.floor(jitgrad.tensor([0.75]))
    """

def floor_divide(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """The largest integer not above x / y.

    NumPy's is numpy.floor_divide.

    >>> y = jitgrad.floor_divide(jitgrad.tensor([2.75]), jitgrad.tensor([1.2]))
    """

def fmax(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """The larger of x and y, x where they are equal; ignores nan.

    NumPy's is numpy.fmax.

    >>> y = jitgrad.fmax(jitgrad.tensor([0.25]), jitgrad.tensor([0.25]))
    """

def fmin(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """The smaller of x and y, x where they are equal; ignores nan.

    NumPy's is numpy.fmin.

    >>> y = jitgrad.fmin(jitgrad.tensor([0.25]), jitgrad.tensor([0.25]))
    """

def fmod(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """The remainder of x / y, with the sign of x.

    NumPy's is numpy.fmod.

    >>> y = jitgrad.fmod(jitgrad.tensor([2.75]), jitgrad.tensor([1.2]))
    """

def greater(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """x > y, elementwise.

    NumPy's is numpy.greater.

    >>> y = jitgrad.greater(jitgrad.tensor([0.25]), jitgrad.tensor([0.25]))
    """

def greater_equal(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """x >= y, elementwise.

    NumPy's is numpy.greater_equal.

    >>> y = jitgrad.greater_equal(jitgrad.tensor([0.25]), jitgrad.tensor([0.25]))
    """

def heaviside(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """0 below 0, y at 0, 1 above.

    NumPy's is numpy.heaviside.

    >>> y = jitgrad.heaviside(jitgrad.ones((2, 3, 4)), jitgrad.ones((2, 3, 4)))
    """

def huber(delta: _ArrayLike, r: _ArrayLike, /) -> Tensor:
    """r^2 / 2 up to |r| = delta, a straight line beyond.

    >>> y = jitgrad.huber(jitgrad.ones((2, 3, 4)), jitgrad.ones((2, 3, 4)))
    """

def hypot(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """The Euclidean norm of (x, y).

    NumPy's is numpy.hypot.

    >>> y = jitgrad.hypot(jitgrad.tensor([1.5]), jitgrad.tensor([1.5]))
    """

def imag(x: _ArrayLike, /) -> Tensor:
    """The imaginary part: zeros.

    >>> y = jitgrad.imag(jitgrad.ones((2, 3, 4)))
    """

def inner(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """The sum of products over the last axes.

    NumPy's is numpy.inner.

    >>> y = jitgrad.inner(jitgrad.ones((3, 4)), jitgrad.ones((2, 4)))
    """

def invert(x: _ArrayLike, /) -> Tensor:
    """~x.

    NumPy's is numpy.invert.

    >>> y = jitgrad.invert(jitgrad.tensor([6]))
    """

def isfinite(x: _ArrayLike, /) -> Tensor:
    """Whether x is neither infinite nor nan.

    NumPy's is numpy.isfinite.

    >>> y = jitgrad.isfinite(jitgrad.tensor([0.25]))
    """

def isinf(x: _ArrayLike, /) -> Tensor:
    """Whether x is infinite.

    NumPy's is numpy.isinf.

    >>> y = jitgrad.isinf(jitgrad.tensor([0.25]))
    """

def isnan(x: _ArrayLike, /) -> Tensor:
    """Whether x is nan.

    NumPy's is numpy.isnan.

    >>> y = jitgrad.isnan(jitgrad.tensor([0.25]))
    """

def kl_div(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """x log(x / y) - x + y, y where x is 0.

    >>> y = jitgrad.kl_div(jitgrad.ones((2, 3, 4)), jitgrad.ones((2, 3, 4)))
    """

def left_shift(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """The bits of x moved up by y.

    NumPy's is numpy.left_shift.

    >>> y = jitgrad.left_shift(jitgrad.tensor([6]), jitgrad.tensor([6]))
    """

def less(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """x < y, elementwise.

    NumPy's is numpy.less.

    >>> y = jitgrad.less(jitgrad.tensor([0.25]), jitgrad.tensor([0.25]))
    """

def less_equal(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """x <= y, elementwise.

    NumPy's is numpy.less_equal.

    >>> y = jitgrad.less_equal(jitgrad.tensor([0.25]), jitgrad.tensor([0.25]))
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

    >>> y = jitgrad.linear_recurrence(jitgrad.ones((2, 3, 4)), jitgrad.ones((2, 3, 4)))
    """

def log(x: _ArrayLike, /) -> Tensor:
    """The natural logarithm.

    NumPy's is numpy.log.

    >>> y = jitgrad.log(jitgrad.tensor([1.5]))
    """

def log10(x: _ArrayLike, /) -> Tensor:
    """The logarithm to base 10.

    NumPy's is numpy.log10.

    >>> y = jitgrad.log10(jitgrad.tensor([1.5]))
    """

def log1p(x: _ArrayLike, /) -> Tensor:
    """log(1 + x), accurate near 0.

    NumPy's is numpy.log1p.

    >>> y = jitgrad.log1p(jitgrad.tensor([1]))
    """

def log2(x: _ArrayLike, /) -> Tensor:
    """The logarithm to base 2.

    NumPy's is numpy.log2.

    >>> y = jitgrad.log2(jitgrad.tensor([1.5]))
    """

def log_expit(x: _ArrayLike, /) -> Tensor:
    """log(sigmoid(x)), without overflow.

    >>> y = jitgrad.log_expit(jitgrad.ones((2, 3, 4)))
    """

def log_ndtr(x: _ArrayLike, /) -> Tensor:
    """log(ndtr(x)), with every digit far below 0, where ndtr is 0.

    >>> y = jitgrad.log_ndtr(jitgrad.ones((2, 3, 4)))
    """

def log_softmax(
    x: _ArrayLike,
    axis: _Ints = -1,
    *,
    dim: _Ints = ...,
    dims: _Ints = ...,
    out: Tensor | None = None,
) -> Tensor:
    """log(softmax(x)) over `axis`, without overflow; its digits do not depend on what is added
    to x.

    >>> y = jitgrad.log_softmax(jitgrad.ones((2, 3, 4)))
    """

def logaddexp(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """log(exp(x) + exp(y)), without overflow.

    NumPy's is numpy.logaddexp.

    >>> y = jitgrad.logaddexp(jitgrad.tensor([0.25]), jitgrad.tensor([0.25]))
    """

def logaddexp2(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """log2(2 ** x + 2 ** y), without overflow.

    NumPy's is numpy.logaddexp2.

    >>> y = jitgrad.logaddexp2(jitgrad.tensor([0.25]), jitgrad.tensor([0.25]))
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

    >>> y = jitgrad.logcumsumexp(jitgrad.ones((2, 3, 4)))
    """

def logical_and(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """logical_and, by truth value.

    NumPy's is numpy.logical_and.

    >>> y = jitgrad.logical_and(jitgrad.tensor([0.25]), jitgrad.tensor([0.25]))
    """

def logical_not(x: _ArrayLike, /) -> Tensor:
    """logical_not, by truth value.

    NumPy's is numpy.logical_not.

    >>> y = jitgrad.logical_not(jitgrad.tensor([0.25]))
    """

def logical_or(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """logical_or, by truth value.

    NumPy's is numpy.logical_or.

    >>> y = jitgrad.logical_or(jitgrad.tensor([0.25]), jitgrad.tensor([0.25]))
    """

def logical_xor(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """logical_xor, by truth value.

    NumPy's is numpy.logical_xor.

    >>> y = jitgrad.logical_xor(jitgrad.tensor([0.25]), jitgrad.tensor([0.25]))
    """

def logit(x: _ArrayLike, /) -> Tensor:
    """log(x / (1 - x)), the inverse of the sigmoid.

    >>> y = jitgrad.logit(jitgrad.ones((2, 3, 4)))
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
    """log(sum(exp(x))) over `axis`, without overflow.

    >>> y = jitgrad.logsumexp(jitgrad.ones((2, 3, 4)))
    """

def matmul(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """The matrix product; stacks of matrices (..., n, k) @ (..., k, m) broadcast.

    NumPy's is numpy.matmul.

    >>> y = jitgrad.matmul(jitgrad.ones((3, 4)), jitgrad.ones((4, 2)))
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

    >>> y = jitgrad.matrix_norm(jitgrad.ones((2, 3, 4)))
    """

def matrix_transpose(x: _ArrayLike, /) -> Tensor:
    """The last two axes exchanged.

    NumPy's is numpy.matrix_transpose.

    >>> y = jitgrad.matrix_transpose(jitgrad.ones((3, 4)))
    """

def matvec(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """Products of the matrices on the last axes of x with the vectors on y's last axis.

    NumPy's is numpy.matvec.

    >>> y = jitgrad.matvec(jitgrad.ones((3, 4)), jitgrad.ones((4,)))
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
    """The largest element along `axis`; ties share the gradient.

    NumPy's is numpy.max.

    >>> y = jitgrad.max(jitgrad.ones((2, 3, 4)))
    """

def maximum(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """The larger of x and y; nan where either is nan.

    NumPy's is numpy.maximum.

    >>> y = jitgrad.maximum(jitgrad.tensor([0.25]), jitgrad.tensor([0.25]))
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
    """The arithmetic mean over `axis`.

    NumPy's is numpy.mean.

    >>> y = jitgrad.mean(jitgrad.ones((2, 3, 4)))
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
    """The smallest element along `axis`; ties share the gradient.

    NumPy's is numpy.min.

    >>> y = jitgrad.min(jitgrad.ones((2, 3, 4)))
    """

def minimum(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """The smaller of x and y; nan where either is nan.

    NumPy's is numpy.minimum.

    >>> y = jitgrad.minimum(jitgrad.tensor([0.25]), jitgrad.tensor([0.25]))
    """

def moveaxis(x: _ArrayLike, source: _Ints, destination: _Ints) -> Tensor:
    """Axes moved to new places, the others in order.

    NumPy's is numpy.moveaxis.

    >>> y = jitgrad.moveaxis(jitgrad.ones((2, 3, 4)), source=0, destination=-1)
    """

def multiply(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """x * y.

    NumPy's is numpy.multiply.

    >>> y = jitgrad.multiply(jitgrad.tensor([0.25]), jitgrad.tensor([0.25]))
    """

def nan_to_num(
    x: _ArrayLike,
    nan: float = 0.0,
    posinf: float | None = None,
    neginf: float | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """nan to a number, infinities to others: the largest by default.

    NumPy's is numpy.nan_to_num.

    >>> y = jitgrad.nan_to_num(jitgrad.ones((2, 3, 4)))
    """

def ndtr(x: _ArrayLike, /) -> Tensor:
    """The distribution function of the standard normal distribution.

    >>> y = jitgrad.ndtr(jitgrad.ones((2, 3, 4)))
    """

def negative(x: _ArrayLike, /) -> Tensor:
    """-x.

    NumPy's is numpy.negative.

    >>> y = jitgrad.negative(jitgrad.tensor([0.25]))
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

    >>> y = jitgrad.norm(jitgrad.ones((2, 3, 4)))
    """

def not_equal(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """x != y, elementwise.

    NumPy's is numpy.not_equal.

    >>> y = jitgrad.not_equal(jitgrad.tensor([0.25]), jitgrad.tensor([0.25]))
    """

def outer(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """All products of an element of x and one of y.

    NumPy's is numpy.outer.

    >>> y = jitgrad.outer(jitgrad.ones((3,)), jitgrad.ones((4,)))
    """

def positive(x: _ArrayLike, /) -> Tensor:
    """+x.

    NumPy's is numpy.positive.

    >>> y = jitgrad.positive(jitgrad.tensor([0.25]))
    """

def power(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """x ** y.

    NumPy's is numpy.power.

    >>> y = jitgrad.power(jitgrad.ones((2, 3, 4)), jitgrad.ones((2, 3, 4)))
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
    """The product over `axis`; its gradient is right with zeros.

    NumPy's is numpy.prod.

    >>> y = jitgrad.prod(jitgrad.ones((2, 3, 4)))
    """

def pseudo_huber(delta: _ArrayLike, r: _ArrayLike, /) -> Tensor:
    """delta^2 (sqrt(1 + (r / delta)^2) - 1), a smooth `huber`.

    >>> y = jitgrad.pseudo_huber(jitgrad.ones((2, 3, 4)), jitgrad.ones((2, 3, 4)))
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
    """The range, max - min, over `axis`.

    NumPy's is numpy.ptp.

    >>> y = jitgrad.ptp(jitgrad.ones((2, 3, 4)))
    """

def rad2deg(x: _ArrayLike, /) -> Tensor:
    """Radians to degrees.

    NumPy's is numpy.rad2deg.

    >>> y = jitgrad.rad2deg(jitgrad.tensor([0.25]))
    """

def ravel(x: _ArrayLike, order: str = "C") -> Tensor:
    """All elements on one axis, in C order: a view of what lies so, else a copy.

    NumPy's is numpy.ravel.

    >>> y = jitgrad.ravel(jitgrad.ones((2, 3, 4)))
    """

def real(x: _ArrayLike, /) -> Tensor:
    """The real part: the tensor itself.

    >>> y = jitgrad.real(jitgrad.ones((2, 3, 4)))
    """

def reciprocal(x: _ArrayLike, /) -> Tensor:
    """1 / x.

    NumPy's is numpy.reciprocal.

    >>> y = jitgrad.reciprocal(jitgrad.tensor([1.5]))
    """

def rel_entr(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """x log(x / y), 0 where x is 0, inf below.

    >>> y = jitgrad.rel_entr(jitgrad.ones((2, 3, 4)), jitgrad.ones((2, 3, 4)))
    """

def relu(x: _ArrayLike, /) -> Tensor:
    """max(x, 0), with derivative 0 at 0; nan stays nan.

    >>> y = jitgrad.relu(jitgrad.ones((2, 3, 4)))
    """

def remainder(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """x - y * floor(x / y), with the sign of y.

    NumPy's is numpy.remainder.

    >>> y = jitgrad.remainder(jitgrad.tensor([2.75]), jitgrad.tensor([1.2]))
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

    >>> y = jitgrad.repeat(jitgrad.ones((4, 3)), np.zeros((3,), int), axis=-1)
    """

def reshape(x: _ArrayLike, shape: _Ints, order: str = "C") -> Tensor:
    """The same elements in C order, in another shape; one length may be -1.

    NumPy's is numpy.reshape.

    >>> y = jitgrad.reshape(jitgrad.ones((3, 4)), shape=(-1,))
    """

def right_shift(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """The bits of x moved down by y; the sign stays.

    NumPy's is numpy.right_shift.

    >>> y = jitgrad.right_shift(jitgrad.tensor([6]), jitgrad.tensor([6]))
    """

def rint(x: _ArrayLike, /) -> Tensor:
    """The nearest integer, ties to even.

    NumPy's is numpy.rint.

    >>> y = jitgrad.rint(jitgrad.tensor([1.25]))
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

    >>> y = jitgrad.roll(jitgrad.ones((2, 3, 4)), shift=2)
    """

def round(x: _ArrayLike, decimals: int = 0, *, out: Tensor | None = None) -> Tensor:
    """x to so many decimals, ties to even.

    NumPy's is numpy.round.

    >>> y = jitgrad.round(jitgrad.ones((2, 3, 4)))
    """

def searchsorted(
    a: _ArrayLike, v: _ArrayLike, side: str = "left", *, out: Tensor | None = None
) -> Tensor:
    """Where the elements of `v` belong in the sorted `a`: before equal ones, or behind them for
    side='right'.

    NumPy's is numpy.searchsorted.

    >>> y = jitgrad.searchsorted(jitgrad.ones((4,)), jitgrad.ones((2, 3)))
    """

def sigmoid(x: _ArrayLike, /) -> Tensor:
    """1 / (1 + exp(-x)), without overflow and with every digit of small values.

    >>> y = jitgrad.sigmoid(jitgrad.tensor([0.25]))
    """

def sign(x: _ArrayLike, /) -> Tensor:
    """-1, 0 or 1, as x is negative, 0 or positive.

    NumPy's is numpy.sign.

    >>> y = jitgrad.sign(jitgrad.tensor([0.25]))
    """

def sin(x: _ArrayLike, /) -> Tensor:
    """The sine of x, in radians.

    NumPy's is numpy.sin.

    >>> y = jitgrad.sin(jitgrad.tensor([0.25]))
    """

def sinc(x: _ArrayLike, /) -> Tensor:
    """sin(pi x) / (pi x), and 1 at 0.

    NumPy's is numpy.sinc.

    >>> y = jitgrad.sinc(jitgrad.ones((2, 3, 4)))
    """

def sinh(x: _ArrayLike, /) -> Tensor:
    """The hyperbolic sine.

    NumPy's is numpy.sinh.

    >>> y = jitgrad.sinh(jitgrad.tensor([0.25]))
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

    >>> y = jitgrad.sliding_window_view(jitgrad.ones((4, 5)), window_shape=(2, 3))
    """

def softmax(
    x: _ArrayLike,
    axis: _Ints = -1,
    *,
    dim: _Ints = ...,
    dims: _Ints = ...,
    out: Tensor | None = None,
) -> Tensor:
    """exp(x) / sum(exp(x)) over `axis`, without overflow; its digits do not depend on what is
    added to x.

    >>> y = jitgrad.softmax(jitgrad.ones((2, 3, 4)))
    """

def softplus(x: _ArrayLike, /) -> Tensor:
    """log(1 + exp(x)), without overflow.

    >>> y = jitgrad.softplus(jitgrad.ones((2, 3, 4)))
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

    >>> y = jitgrad.sort(jitgrad.ones((2, 3, 4)))
    """

def sqrt(x: _ArrayLike, /) -> Tensor:
    """The square root.

    NumPy's is numpy.sqrt.

    >>> y = jitgrad.sqrt(jitgrad.tensor([1.5]))
    """

def square(x: _ArrayLike, /) -> Tensor:
    """x * x.

    NumPy's is numpy.square.

    >>> y = jitgrad.square(jitgrad.tensor([0.25]))
    """

def squeeze(
    x: _ArrayLike, axis: _Ints | None = None, *, dim: _Ints | None = ..., dims: _Ints | None = ...
) -> Tensor:
    """Without axes of length 1.

    NumPy's is numpy.squeeze.

    >>> y = jitgrad.squeeze(jitgrad.ones((3, 1, 2)))
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

    >>> y = jitgrad.stack([jitgrad.ones((3, 4)), jitgrad.ones((3, 4))])
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
    """The standard deviation over `axis`; derivative 0 where it is 0.

    NumPy's is numpy.std.

    >>> y = jitgrad.std(jitgrad.ones((2, 3, 4)))
    """

def subtract(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """x - y.

    NumPy's is numpy.subtract.

    >>> y = jitgrad.subtract(jitgrad.tensor([0.25]), jitgrad.tensor([0.25]))
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

    >>> y = jitgrad.sum(jitgrad.ones((2, 3, 4)))
    """

def swapaxes(x: _ArrayLike, axis1: int, axis2: int) -> Tensor:
    """Two axes exchanged.

    NumPy's is numpy.swapaxes.

    >>> y = jitgrad.swapaxes(jitgrad.ones((2, 3, 4)), axis1=0, axis2=-1)
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

    >>> y = jitgrad.take(jitgrad.ones((2, 3, 4)), [0])
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

    >>> y = jitgrad.take_along_axis(jitgrad.ones((2, 3)), np.zeros((1, 3), int), axis=0)
    """

def tan(x: _ArrayLike, /) -> Tensor:
    """The tangent of x, in radians.

    NumPy's is numpy.tan.

    >>> y = jitgrad.tan(jitgrad.tensor([0.25]))
    """

def tanh(x: _ArrayLike, /) -> Tensor:
    """The hyperbolic tangent.

    NumPy's is numpy.tanh.

    >>> y = jitgrad.tanh(jitgrad.tensor([0.25]))
    """

def tensordot(
    x: _ArrayLike, y: _ArrayLike, axes: _Ints = 2, *, dims: _Ints = ..., out: Tensor | None = None
) -> Tensor:
    """The product summed over pairs of axes.

    NumPy's is numpy.tensordot.

    >>> y = jitgrad.tensordot(jitgrad.ones((3, 3)), jitgrad.ones((3, 3)), axes=1)
    """

def tile(x: _ArrayLike, reps: _Ints, *, dims: _Ints = ..., out: Tensor | None = None) -> Tensor:
    """The whole tensor so many times after one another, along each axis; what PyTorch calls
    `repeat`.

    NumPy's is numpy.tile.

    >>> y = jitgrad.tile(jitgrad.ones((2, 3, 4)), reps=2)
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

    >>> y = jitgrad.trace(jitgrad.ones((2, 3, 4)))
    """

def transpose(x: _ArrayLike, axes: _Ints | None = None, *, dims: _Ints | None = ...) -> Tensor:
    """The axes in another order; reversed by default.

    NumPy's is numpy.transpose.

    >>> y = jitgrad.transpose(jitgrad.ones((3, 2, 4)))
    """

def trunc(x: _ArrayLike, /) -> Tensor:
    """x without its fraction.

    NumPy's is numpy.trunc.

    >>> y = jitgrad.trunc(jitgrad.tensor([0.75]))
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

    >>> y = jitgrad.var(jitgrad.ones((2, 3, 4)))
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
    """Dot products of vectors along `axis`.

    NumPy's is numpy.vecdot.

    >>> y = jitgrad.vecdot(jitgrad.ones((3, 4)), jitgrad.ones((3, 4)))
    """

def vecmat(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """Products of the vectors on the last axis of x with the matrices on y's last axes.

    NumPy's is numpy.vecmat.

    >>> y = jitgrad.vecmat(jitgrad.ones((3,)), jitgrad.ones((3, 4)))
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

    >>> y = jitgrad.vector_norm(jitgrad.ones((2, 3, 4)))
    """

def where(condition: _ArrayLike, x: _ArrayLike, y: _ArrayLike) -> Tensor:
    """x where condition holds, else y.

    NumPy's is numpy.where.

    >>> y = jitgrad.where([True], jitgrad.tensor([0.25]), jitgrad.tensor([0.25]))
    """

def xlog1py(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """x log(1 + y), 0 where x is 0.

    >>> y = jitgrad.xlog1py(jitgrad.ones((2, 3, 4)), jitgrad.ones((2, 3, 4)))
    """

def xlogy(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """x log(y), 0 where x is 0.

    >>> y = jitgrad.xlogy(jitgrad.ones((2, 3, 4)), jitgrad.ones((2, 3, 4)))
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
