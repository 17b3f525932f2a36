# Written by `python -m tools.stubs`: change the functions, or tools, not this file.
# The names of NumPy 2.4.
"""`jitgrad.numpy`: NumPy's names and calling forms, on tensors."""

import builtins
from typing import Any, Protocol

from numpy import False_ as False_
from numpy import ScalarType as ScalarType
from numpy import True_ as True_
from numpy import bool as bool
from numpy import bool_ as bool_
from numpy import broadcast as broadcast
from numpy import busdaycalendar as busdaycalendar
from numpy import byte as byte
from numpy import bytes_ as bytes_
from numpy import cdouble as cdouble
from numpy import char as char
from numpy import character as character
from numpy import clongdouble as clongdouble
from numpy import complex64 as complex64
from numpy import complex128 as complex128
from numpy import complex256 as complex256
from numpy import complexfloating as complexfloating
from numpy import core as core
from numpy import csingle as csingle
from numpy import ctypeslib as ctypeslib
from numpy import datetime64 as datetime64
from numpy import double as double
from numpy import dtype as dtype
from numpy import dtypes as dtypes
from numpy import e as e
from numpy import emath as emath
from numpy import errstate as errstate
from numpy import euler_gamma as euler_gamma
from numpy import exceptions as exceptions
from numpy import f2py as f2py
from numpy import finfo as finfo
from numpy import flatiter as flatiter
from numpy import flexible as flexible
from numpy import float16 as float16
from numpy import float32 as float32
from numpy import float64 as float64
from numpy import float128 as float128
from numpy import floating as floating
from numpy import generic as generic
from numpy import half as half
from numpy import iinfo as iinfo
from numpy import index_exp as index_exp
from numpy import inexact as inexact
from numpy import inf as inf
from numpy import int8 as int8
from numpy import int16 as int16
from numpy import int32 as int32
from numpy import int64 as int64
from numpy import int_ as int_
from numpy import intc as intc
from numpy import integer as integer
from numpy import intp as intp
from numpy import lib as lib
from numpy import little_endian as little_endian
from numpy import long as long
from numpy import longdouble as longdouble
from numpy import longlong as longlong
from numpy import ma as ma
from numpy import matrix as matrix
from numpy import memmap as memmap
from numpy import nan as nan
from numpy import ndenumerate as ndenumerate
from numpy import ndindex as ndindex
from numpy import nditer as nditer
from numpy import newaxis as newaxis
from numpy import number as number
from numpy import object_ as object_
from numpy import pi as pi
from numpy import poly1d as poly1d
from numpy import random as random
from numpy import rec as rec
from numpy import recarray as recarray
from numpy import record as record
from numpy import s_ as s_
from numpy import sctypeDict as sctypeDict
from numpy import short as short
from numpy import signedinteger as signedinteger
from numpy import single as single
from numpy import str_ as str_
from numpy import strings as strings
from numpy import testing as testing
from numpy import timedelta64 as timedelta64
from numpy import typecodes as typecodes
from numpy import typing as typing
from numpy import ubyte as ubyte
from numpy import ufunc as ufunc
from numpy import uint as uint
from numpy import uint8 as uint8
from numpy import uint16 as uint16
from numpy import uint32 as uint32
from numpy import uint64 as uint64
from numpy import uintc as uintc
from numpy import uintp as uintp
from numpy import ulong as ulong
from numpy import ulonglong as ulonglong
from numpy import unsignedinteger as unsignedinteger
from numpy import ushort as ushort
from numpy import void as void
from numpy.typing import DTypeLike

from .. import Tensor, _ArrayLike
from . import fft as fft
from . import linalg as linalg
from . import polynomial as polynomial
from .array_api import Info as _Info

__all__ = [
    "False_", "ScalarType", "True_", "abs", "absolute", "acos", "acosh", "add", "all", "allclose",
    "amax", "amin", "angle", "any", "append", "apply_along_axis", "apply_over_axes", "arange",
    "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "argmax", "argmin",
    "argpartition", "argsort", "argwhere", "around", "array", "array2string", "array_equal",
    "array_equiv", "array_repr", "array_split", "array_str", "asanyarray", "asarray",
    "asarray_chkfinite", "ascontiguousarray", "asfortranarray", "asin", "asinh", "asmatrix",
    "astype", "atan", "atan2", "atanh", "atleast_1d", "atleast_2d", "atleast_3d", "average",
    "bartlett", "base_repr", "binary_repr", "bincount", "bitwise_and", "bitwise_count",
    "bitwise_invert", "bitwise_left_shift", "bitwise_not", "bitwise_or", "bitwise_right_shift",
    "bitwise_xor", "blackman", "block", "bmat", "bool", "bool_", "broadcast", "broadcast_arrays",
    "broadcast_shapes", "broadcast_to", "busday_count", "busday_offset", "busdaycalendar", "byte",
    "bytes_", "c_", "can_cast", "cbrt", "cdouble", "ceil", "char", "character", "choose", "clip",
    "clongdouble", "column_stack", "common_type", "complex128", "complex256", "complex64",
    "complexfloating", "compress", "concat", "concatenate", "conj", "conjugate", "convolve", "copy",
    "copysign", "copyto", "core", "corrcoef", "correlate", "cos", "cosh", "count_nonzero", "cov",
    "cross", "csingle", "ctypeslib", "cumprod", "cumsum", "cumulative_prod", "cumulative_sum",
    "datetime64", "datetime_as_string", "datetime_data", "deg2rad", "degrees", "delete", "diag",
    "diag_indices", "diag_indices_from", "diagflat", "diagonal", "diff", "digitize", "divide",
    "divmod", "dot", "double", "dsplit", "dstack", "dtype", "dtypes", "e", "ediff1d", "einsum",
    "einsum_path", "emath", "empty", "empty_like", "equal", "errstate", "euler_gamma", "exceptions",
    "exp", "exp2", "expand_dims", "expm1", "extract", "eye", "f2py", "fabs", "fft", "fill_diagonal",
    "finfo", "fix", "flatiter", "flatnonzero", "flexible", "flip", "fliplr", "flipud", "float128",
    "float16", "float32", "float64", "float_power", "floating", "floor", "floor_divide", "fmax",
    "fmin", "fmod", "format_float_positional", "format_float_scientific", "frexp", "from_dlpack",
    "frombuffer", "fromfile", "fromfunction", "fromiter", "frompyfunc", "fromregex", "fromstring",
    "full", "full_like", "gcd", "generic", "genfromtxt", "geomspace", "get_include",
    "get_printoptions", "getbufsize", "geterr", "geterrcall", "gradient", "greater",
    "greater_equal", "half", "hamming", "hanning", "heaviside", "histogram", "histogram2d",
    "histogram_bin_edges", "histogramdd", "hsplit", "hstack", "hypot", "i0", "identity", "iinfo",
    "imag", "index_exp", "indices", "inexact", "inf", "info", "inner", "insert", "int16", "int32",
    "int64", "int8", "int_", "intc", "integer", "interp", "intersect1d", "intp", "invert",
    "is_busday", "isclose", "iscomplex", "iscomplexobj", "isdtype", "isfinite", "isfortran", "isin",
    "isinf", "isnan", "isnat", "isneginf", "isposinf", "isreal", "isrealobj", "isscalar",
    "issubdtype", "iterable", "ix_", "kaiser", "kron", "lcm", "ldexp", "left_shift", "less",
    "less_equal", "lexsort", "lib", "linalg", "linspace", "little_endian", "load", "loadtxt", "log",
    "log10", "log1p", "log2", "logaddexp", "logaddexp2", "logical_and", "logical_not", "logical_or",
    "logical_xor", "logspace", "long", "longdouble", "longlong", "ma", "mask_indices", "matmul",
    "matrix", "matrix_transpose", "matvec", "max", "maximum", "may_share_memory", "mean", "median",
    "memmap", "meshgrid", "mgrid", "min", "min_scalar_type", "minimum", "mintypecode", "mod",
    "modf", "moveaxis", "multiply", "nan", "nan_to_num", "nanargmax", "nanargmin", "nancumprod",
    "nancumsum", "nanmax", "nanmean", "nanmedian", "nanmin", "nanpercentile", "nanprod",
    "nanquantile", "nanstd", "nansum", "nanvar", "ndarray", "ndenumerate", "ndim", "ndindex",
    "nditer", "negative", "nested_iters", "newaxis", "nextafter", "nonzero", "not_equal", "number",
    "object_", "ogrid", "ones", "ones_like", "outer", "packbits", "pad", "partition", "percentile",
    "permute_dims", "pi", "piecewise", "place", "poly", "poly1d", "polyadd", "polyder", "polydiv",
    "polyfit", "polyint", "polymul", "polynomial", "polysub", "polyval", "positive", "pow", "power",
    "printoptions", "prod", "promote_types", "ptp", "put", "put_along_axis", "putmask", "quantile",
    "r_", "rad2deg", "radians", "random", "ravel", "ravel_multi_index", "real", "real_if_close",
    "rec", "recarray", "reciprocal", "record", "remainder", "repeat", "require", "reshape",
    "resize", "result_type", "right_shift", "rint", "roll", "rollaxis", "roots", "rot90", "round",
    "row_stack", "s_", "save", "savetxt", "savez", "savez_compressed", "sctypeDict", "searchsorted",
    "select", "set_printoptions", "setbufsize", "setdiff1d", "seterr", "seterrcall", "setxor1d",
    "shape", "shares_memory", "short", "show_config", "show_runtime", "sign", "signbit",
    "signedinteger", "sin", "sinc", "single", "sinh", "size", "sort", "sort_complex", "spacing",
    "split", "sqrt", "square", "squeeze", "stack", "std", "str_", "strings", "subtract", "sum",
    "swapaxes", "take", "take_along_axis", "tan", "tanh", "tensordot", "test", "testing", "tile",
    "timedelta64", "trace", "transpose", "trapezoid", "tri", "tril", "tril_indices",
    "tril_indices_from", "trim_zeros", "triu", "triu_indices", "triu_indices_from", "true_divide",
    "trunc", "typecodes", "typename", "typing", "ubyte", "ufunc", "uint", "uint16", "uint32",
    "uint64", "uint8", "uintc", "uintp", "ulong", "ulonglong", "union1d", "unique", "unique_all",
    "unique_counts", "unique_inverse", "unique_values", "unpackbits", "unravel_index",
    "unsignedinteger", "unstack", "unwrap", "ushort", "vander", "var", "vdot", "vecdot", "vecmat",
    "vectorize", "void", "vsplit", "vstack", "where", "zeros", "zeros_like"
]  # fmt: skip

__array_api_version__: str

def __array_namespace_info__() -> _Info: ...

class _Ufunc(Protocol):
    nin: int
    nout: int
    identity: Any
    def reduce(self, array: _ArrayLike, /, *args: Any, **kwargs: Any) -> Any: ...
    def accumulate(self, array: _ArrayLike, /, *args: Any, **kwargs: Any) -> Any: ...
    def reduceat(self, array: _ArrayLike, /, *args: Any, **kwargs: Any) -> Any: ...
    def outer(self, A: _ArrayLike, B: _ArrayLike, /, **kwargs: Any) -> Any: ...
    def at(self, a: Any, indices: Any, /, *args: Any) -> None: ...

class _Unary(_Ufunc, Protocol):
    def __call__(self, x: _ArrayLike, /, out: Any = None, **kwargs: Any) -> Tensor: ...

class _Binary(_Ufunc, Protocol):
    def __call__(
        self, x1: _ArrayLike, x2: _ArrayLike, /, out: Any = None, **kwargs: Any
    ) -> Tensor: ...

class _Several(_Ufunc, Protocol):
    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...

abs: _Unary
"""The magnitude of x; its derivative at 0 is 0, as in PyTorch."""
absolute: _Unary
"""The magnitude of x; its derivative at 0 is 0, as in PyTorch."""
acos: _Unary
"""The inverse cosine of x, in radians."""
acosh: _Unary
"""The inverse hyperbolic cosine of x."""
add: _Binary
"""The sum x + y."""

def all(
    a: _ArrayLike, axis: Any = None, out: Any = None, keepdims: Any = ..., *, where: Any = ...
) -> Tensor:
    """Test whether all array elements along a given axis evaluate to True."""

def allclose(
    a: _ArrayLike, b: _ArrayLike, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: Any = False
) -> Any:
    """Returns True if two arrays are element-wise equal within a tolerance."""

def amax(
    a: _ArrayLike,
    axis: Any = None,
    out: Any = None,
    keepdims: Any = ...,
    initial: Any = ...,
    where: Any = ...,
) -> Tensor:
    """Return the maximum of an array or maximum along an axis."""

def amin(
    a: _ArrayLike,
    axis: Any = None,
    out: Any = None,
    keepdims: Any = ...,
    initial: Any = ...,
    where: Any = ...,
) -> Tensor:
    """Return the minimum of an array or minimum along an axis."""

def angle(z: Any, deg: Any = False) -> Any:
    """Return the angle of the complex argument."""

def any(
    a: _ArrayLike, axis: Any = None, out: Any = None, keepdims: Any = ..., *, where: Any = ...
) -> Tensor:
    """Test whether any array element along a given axis evaluates to True."""

def append(arr: _ArrayLike, values: Any, axis: Any = None) -> Any:
    """Append values to the end of an array."""

def apply_along_axis(func1d: Any, axis: Any, arr: _ArrayLike, *args: Any, **kwargs: Any) -> Any:
    """Apply a function to 1-D slices along the given axis."""

def apply_over_axes(func: Any, a: _ArrayLike, axes: Any) -> Any:
    """Apply a function repeatedly over multiple axes."""

def arange(
    start_or_stop: Any,
    /,
    stop: Any = None,
    step: Any = 1,
    *,
    dtype: DTypeLike | None = None,
    device: Any = None,
    like: Any = None,
    requires_grad: builtins.bool = False,
) -> Tensor:
    """Return evenly spaced values within a given interval."""

arccos: _Unary
"""The inverse cosine of x, in radians."""
arccosh: _Unary
"""The inverse hyperbolic cosine of x."""
arcsin: _Unary
"""The inverse sine of x, in radians."""
arcsinh: _Unary
"""The inverse hyperbolic sine of x."""
arctan: _Unary
"""The inverse tangent of x, in radians."""
arctan2: _Binary
"""The angle of the point with the coordinates (y, x), of which x is the height, in radians."""
arctanh: _Unary
"""The inverse hyperbolic tangent of x."""

def argmax(a: _ArrayLike, axis: Any = None, out: Any = None, *, keepdims: Any = ...) -> Tensor:
    """Returns the indices of the maximum values along an axis."""

def argmin(a: _ArrayLike, axis: Any = None, out: Any = None, *, keepdims: Any = ...) -> Tensor:
    """Returns the indices of the minimum values along an axis."""

def argpartition(
    a: _ArrayLike, kth: Any, axis: Any = -1, kind: Any = "introselect", order: Any = None
) -> Any:
    """Perform an indirect partition along the given axis using the algorithm specified by the
    `kind` keyword. It returns an array of indices of the same shape as `a` that index data
    along the given axis in partitioned order.
    """

def argsort(
    a: _ArrayLike,
    axis: Any = -1,
    kind: Any = None,
    order: Any = None,
    *,
    stable: Any = None,
    descending: Any = False,
) -> Tensor:
    """Returns the indices that would sort an array."""

def argwhere(a: _ArrayLike) -> Any:
    """Find the indices of array elements that are non-zero, grouped by element."""

def around(a: _ArrayLike, decimals: Any = 0, out: Any = None) -> Tensor:
    """Round an array to the given number of decimals."""

def array(
    object: Any,
    dtype: DTypeLike | None = None,
    *,
    copy: Any = True,
    order: Any = "K",
    subok: Any = False,
    ndmin: Any = 0,
    ndmax: Any = 0,
    like: Any = None,
    requires_grad: builtins.bool = False,
) -> Tensor:
    """Create an array."""

def array2string(
    a: _ArrayLike,
    max_line_width: Any = None,
    precision: Any = None,
    suppress_small: Any = None,
    separator: Any = " ",
    prefix: Any = "",
    *,
    formatter: Any = None,
    threshold: Any = None,
    edgeitems: Any = None,
    sign: Any = None,
    floatmode: Any = None,
    suffix: Any = "",
    legacy: Any = None,
) -> Any:
    """Return a string representation of an array."""

def array_equal(a1: _ArrayLike, a2: _ArrayLike, equal_nan: Any = False) -> Any:
    """True if two arrays have the same shape and elements, False otherwise."""

def array_equiv(a1: _ArrayLike, a2: _ArrayLike) -> Any:
    """Returns True if input arrays are shape consistent and all elements equal."""

def array_repr(
    arr: _ArrayLike, max_line_width: Any = None, precision: Any = None, suppress_small: Any = None
) -> Any:
    """Return the string representation of an array."""

def array_split(ary: _ArrayLike, indices_or_sections: Any, axis: Any = 0) -> Any:
    """Split an array into multiple sub-arrays."""

def array_str(
    a: _ArrayLike, max_line_width: Any = None, precision: Any = None, suppress_small: Any = None
) -> Any:
    """Return a string representation of the data in an array."""

def asanyarray(
    a: _ArrayLike,
    dtype: DTypeLike | None = None,
    order: Any = None,
    *,
    device: Any = None,
    copy: Any = None,
    like: Any = None,
    requires_grad: builtins.bool = False,
) -> Tensor:
    """Convert the input to an ndarray, but pass ndarray subclasses through."""

def asarray(
    a: _ArrayLike,
    dtype: DTypeLike | None = None,
    order: Any = None,
    *,
    device: Any = None,
    copy: Any = None,
    like: Any = None,
    requires_grad: builtins.bool = False,
) -> Tensor:
    """Convert the input to an array."""

def asarray_chkfinite(a: _ArrayLike, dtype: DTypeLike | None = None, order: Any = None) -> Any:
    """Convert the input to an array, checking for NaNs or Infs."""

def ascontiguousarray(
    a: _ArrayLike,
    dtype: DTypeLike | None = None,
    *,
    like: Any = None,
    requires_grad: builtins.bool = False,
) -> Tensor:
    """Return a contiguous array (ndim >= 1) in memory (C order)."""

def asfortranarray(a: _ArrayLike, dtype: DTypeLike | None = None, *, like: Any = None) -> Any:
    """Return an array (ndim >= 1) laid out in Fortran order in memory."""

asin: _Unary
"""The inverse sine of x, in radians."""
asinh: _Unary
"""The inverse hyperbolic sine of x."""

def asmatrix(data: Any, dtype: DTypeLike | None = None) -> Any:
    """Interpret the input as a matrix."""

def astype(
    x: _ArrayLike, dtype: DTypeLike | None, /, *, copy: Any = True, device: Any = None
) -> Any:
    """Copies an array to a specified data type."""

atan: _Unary
"""The inverse tangent of x, in radians."""
atan2: _Binary
"""The angle of the point with the coordinates (y, x), of which x is the height, in radians."""
atanh: _Unary
"""The inverse hyperbolic tangent of x."""

def atleast_1d(*arys: Any) -> Any:
    """Convert inputs to arrays with at least one dimension."""

def atleast_2d(*arys: Any) -> Any:
    """View inputs as arrays with at least two dimensions."""

def atleast_3d(*arys: Any) -> Any:
    """View inputs as arrays with at least three dimensions."""

def average(
    a: _ArrayLike,
    axis: Any = None,
    weights: Any = None,
    returned: Any = False,
    *,
    keepdims: Any = ...,
) -> Any:
    """Compute the weighted average along the specified axis."""

def bartlett(M: Any) -> Any:
    """Return the Bartlett window."""

def base_repr(number: Any, base: Any = 2, padding: Any = 0) -> Any:
    """Return a string representation of a number in the given base system."""

def binary_repr(num: Any, width: Any = None) -> Any:
    """Return the binary representation of the input number as a string."""

def bincount(x: _ArrayLike, /, weights: Any = None, minlength: Any = 0) -> Any:
    """Count number of occurrences of each value in array of non-negative ints."""

bitwise_and: _Binary
"""The bits that x and y have, x & y."""
bitwise_count: _Unary
"""Computes the number of 1-bits in the absolute value of ``x``. Analogous to the builtin
`int.bit_count` or ``popcount`` in C++.
"""
bitwise_invert: _Unary
"""The bits that x does not have, ~x."""
bitwise_left_shift: _Binary
"""The bits of x moved up by y."""
bitwise_not: _Unary
"""The bits that x does not have, ~x."""
bitwise_or: _Binary
"""The bits that x or y has, x | y."""
bitwise_right_shift: _Binary
"""The bits of x moved down by y; the sign stays."""
bitwise_xor: _Binary
"""The bits that one of x and y has, x ^ y."""

def blackman(M: Any) -> Any:
    """Return the Blackman window."""

def block(arrays: Any) -> Any:
    """Assemble an nd-array from nested lists of blocks."""

def bmat(obj: Any, ldict: Any = None, gdict: Any = None) -> Any:
    """Build a matrix object from a string, nested sequence, or array."""

def broadcast_arrays(*args: Any, subok: Any = False) -> Any:
    """Broadcast any number of arrays against each other."""

def broadcast_shapes(*args: Any) -> Any:
    """Broadcast the input shapes into a single shape."""

def broadcast_to(array: Any, shape: Any, subok: Any = False) -> Tensor:
    """Broadcast an array to a new shape."""

def busday_count(
    begindates: Any,
    enddates: Any,
    weekmask: Any = "1111100",
    holidays: Any = ...,
    busdaycal: Any = None,
    out: Any = None,
) -> Any:
    """Counts the number of valid days between `begindates` and `enddates`, not including the day
    of `enddates`.
    """

def busday_offset(
    dates: Any,
    offsets: Any,
    roll: Any = "raise",
    weekmask: Any = "1111100",
    holidays: Any = None,
    busdaycal: Any = None,
    out: Any = None,
) -> Any:
    """First adjusts the date to fall on a valid day according to the ``roll`` rule, then applies
    offsets to the given dates counted in valid days.
    """

c_: Any

def can_cast(from_: Any, to: Any, casting: Any = "safe") -> Any:
    """Returns True if cast between data types can occur according to the casting rule."""

cbrt: _Unary
"""The cube root of x."""
ceil: _Unary
"""The smallest integer not below x."""

def choose(a: _ArrayLike, choices: Any, out: Any = None, mode: Any = "raise") -> Any:
    """Construct an array from an index array and a list of arrays to choose from."""

def clip(
    a: _ArrayLike,
    min: Any = ...,
    max: Any = ...,
    out: Any = None,
    *,
    a_min: Any = ...,
    a_max: Any = ...,
    **kwargs: Any,
) -> Tensor:
    """Clip (limit) the values in an array."""

def column_stack(tup: Any) -> Any:
    """Stack 1-D arrays as columns into a 2-D array."""

def common_type(*arrays: Any) -> Any:
    """Return a scalar type which is common to the input arrays."""

def compress(condition: Any, a: _ArrayLike, axis: Any = None, out: Any = None) -> Any:
    """Return selected slices of an array along given axis."""

def concat(
    arrays: Any,
    /,
    axis: Any = 0,
    out: Any = None,
    *,
    dtype: DTypeLike | None = None,
    casting: Any = "same_kind",
) -> Tensor:
    """Join a sequence of arrays along an existing axis."""

def concatenate(
    arrays: Any,
    /,
    axis: Any = 0,
    out: Any = None,
    *,
    dtype: DTypeLike | None = None,
    casting: Any = "same_kind",
) -> Tensor:
    """Join a sequence of arrays along an existing axis."""

conj: _Unary
"""The complex conjugate: of a real number the number itself."""
conjugate: _Unary
"""The complex conjugate: of a real number the number itself."""

def convolve(a: _ArrayLike, v: _ArrayLike, mode: Any = "full") -> Any:
    """Returns the discrete, linear convolution of two one-dimensional sequences."""

def copy(a: _ArrayLike, order: Any = "K", subok: Any = False) -> Any:
    """Return an array copy of the given object."""

copysign: _Binary
"""The magnitude of x with the sign of y."""

def copyto(dst: Any, src: Any, casting: Any = "same_kind", where: Any = True) -> Any:
    """Copies values from one array to another, broadcasting as necessary."""

def corrcoef(
    x: _ArrayLike, y: Any = None, rowvar: Any = True, *, dtype: DTypeLike | None = None
) -> Any:
    """Return Pearson product-moment correlation coefficients."""

def correlate(a: _ArrayLike, v: _ArrayLike, mode: Any = "valid") -> Any:
    """Cross-correlation of two 1-dimensional sequences."""

cos: _Unary
"""The cosine of x, in radians."""
cosh: _Unary
"""The hyperbolic cosine of x."""

def count_nonzero(a: _ArrayLike, axis: Any = None, *, keepdims: Any = False) -> Tensor:
    """Counts the number of non-zero values in the array ``a``."""

def cov(
    m: _ArrayLike,
    y: Any = None,
    rowvar: Any = True,
    bias: Any = False,
    ddof: Any = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: DTypeLike | None = None,
) -> Any:
    """Estimate a covariance matrix, given data and weights."""

def cross(
    a: _ArrayLike,
    b: _ArrayLike,
    axisa: Any = -1,
    axisb: Any = -1,
    axisc: Any = -1,
    axis: Any = None,
) -> Any:
    """Return the cross product of two (arrays of) vectors."""

def cumprod(
    a: _ArrayLike, axis: Any = None, dtype: DTypeLike | None = None, out: Any = None
) -> Tensor:
    """Return the cumulative product of elements along a given axis."""

def cumsum(
    a: _ArrayLike, axis: Any = None, dtype: DTypeLike | None = None, out: Any = None
) -> Tensor:
    """Return the cumulative sum of the elements along a given axis."""

def cumulative_prod(
    x: _ArrayLike,
    /,
    *,
    axis: Any = None,
    dtype: DTypeLike | None = None,
    out: Any = None,
    include_initial: Any = False,
) -> Any:
    """Return the cumulative product of elements along a given axis."""

def cumulative_sum(
    x: _ArrayLike,
    /,
    *,
    axis: Any = None,
    dtype: DTypeLike | None = None,
    out: Any = None,
    include_initial: Any = False,
) -> Any:
    """Return the cumulative sum of the elements along a given axis."""

def datetime_as_string(
    arr: _ArrayLike, unit: Any = None, timezone: Any = "naive", casting: Any = "same_kind"
) -> Any:
    """Convert an array of datetimes into an array of strings."""

def datetime_data(dtype: DTypeLike | None, /) -> Any:
    """Get information about the step size of a date or time type."""

deg2rad: _Unary
"""The angle x, in degrees, in radians."""
degrees: _Unary
"""The angle x, in radians, in degrees."""

def delete(arr: _ArrayLike, obj: Any, axis: Any = None) -> Any:
    """Return a new array with sub-arrays along an axis deleted. For a one dimensional array,
    this returns those entries not returned by `arr[obj]`.
    """

def diag(v: _ArrayLike, k: Any = 0) -> Any:
    """Extract a diagonal or construct a diagonal array."""

def diag_indices(n: Any, ndim: Any = 2) -> Any:
    """Return the indices to access the main diagonal of an array."""

def diag_indices_from(arr: _ArrayLike) -> Any:
    """Return the indices to access the main diagonal of an n-dimensional array."""

def diagflat(v: _ArrayLike, k: Any = 0) -> Any:
    """Create a two-dimensional array with the flattened input as a diagonal."""

def diagonal(a: _ArrayLike, offset: Any = 0, axis1: Any = 0, axis2: Any = 1) -> Tensor:
    """Return specified diagonals."""

def diff(a: _ArrayLike, n: Any = 1, axis: Any = -1, prepend: Any = ..., append: Any = ...) -> Any:
    """Calculate the n-th discrete difference along the given axis."""

def digitize(x: _ArrayLike, bins: Any, right: Any = False) -> Any:
    """Return the indices of the bins to which each value in input array belongs."""

divide: _Binary
"""The quotient x / y."""
divmod: _Several
"""Return element-wise quotient and remainder simultaneously."""

def dot(a: _ArrayLike, b: _ArrayLike, out: Any = None) -> Tensor:
    """Dot product of two arrays. Specifically,"""

def dsplit(ary: _ArrayLike, indices_or_sections: Any) -> Any:
    """Split array into multiple sub-arrays along the 3rd axis (depth)."""

def dstack(tup: Any) -> Any:
    """Stack arrays in sequence depth wise (along third axis)."""

def ediff1d(ary: _ArrayLike, to_end: Any = None, to_begin: Any = None) -> Any:
    """The differences between consecutive elements of an array."""

def einsum(*operands: Any, out: Any = None, optimize: Any = False, **kwargs: Any) -> Any:
    """Evaluates the Einstein summation convention on the operands."""

def einsum_path(*operands: Any, optimize: Any = "greedy", einsum_call: Any = False) -> Any:
    """Evaluates the lowest cost contraction order for an einsum expression by considering the
    creation of intermediate arrays.
    """

def empty(
    shape: Any,
    dtype: DTypeLike | None = None,
    order: Any = "C",
    *,
    device: Any = None,
    like: Any = None,
    requires_grad: builtins.bool = False,
) -> Tensor:
    """Return a new array of given shape and type, without initializing entries."""

def empty_like(
    prototype: Any,
    /,
    dtype: DTypeLike | None = None,
    order: Any = "K",
    subok: Any = True,
    shape: Any = None,
    *,
    device: Any = None,
    requires_grad: builtins.bool = False,
) -> Tensor:
    """Return a new array with the same shape and type as a given array."""

equal: _Binary
"""Whether x == y, for each element."""
exp: _Unary
"""The exponential e ** x."""
exp2: _Unary
"""The power 2 ** x."""

def expand_dims(a: _ArrayLike, axis: Any) -> Tensor:
    """Expand the shape of an array."""

expm1: _Unary
"""exp(x) - 1, accurate near 0."""

def extract(condition: Any, arr: _ArrayLike) -> Any:
    """Return the elements of an array that satisfy some condition."""

def eye(
    N: Any,
    M: Any = None,
    k: Any = 0,
    dtype: DTypeLike | None = ...,
    order: Any = "C",
    *,
    device: Any = None,
    like: Any = None,
    requires_grad: builtins.bool = False,
) -> Tensor:
    """Return a 2-D array with ones on the diagonal and zeros elsewhere."""

fabs: _Unary
"""The magnitude of a float; its derivative at 0 is 0."""

def fill_diagonal(a: _ArrayLike, val: Any, wrap: Any = False) -> Any:
    """Fill the main diagonal of the given array of any dimensionality."""

def fix(x: _ArrayLike, out: Any = None) -> Tensor:
    """Round to nearest integer towards zero."""

def flatnonzero(a: _ArrayLike) -> Any:
    """Return indices that are non-zero in the flattened version of a."""

def flip(m: _ArrayLike, axis: Any = None) -> Tensor:
    """Reverse the order of elements in an array along the given axis."""

def fliplr(m: _ArrayLike) -> Tensor:
    """Reverse the order of elements along axis 1 (left/right)."""

def flipud(m: _ArrayLike) -> Tensor:
    """Reverse the order of elements along axis 0 (up/down)."""

float_power: _Binary
"""The power x ** y, computed in float64."""
floor: _Unary
"""The largest integer not above x."""
floor_divide: _Binary
"""The largest integer not above x / y."""
fmax: _Binary
"""The larger of x and y, x where they are equal; ignores nan."""
fmin: _Binary
"""The smaller of x and y, x where they are equal; ignores nan."""
fmod: _Binary
"""The remainder of x / y, with the sign of x."""

def format_float_positional(
    x: _ArrayLike,
    precision: Any = None,
    unique: Any = True,
    fractional: Any = True,
    trim: Any = "k",
    sign: Any = False,
    pad_left: Any = None,
    pad_right: Any = None,
    min_digits: Any = None,
) -> Any:
    """Format a floating-point scalar as a decimal string in positional notation."""

def format_float_scientific(
    x: _ArrayLike,
    precision: Any = None,
    unique: Any = True,
    trim: Any = "k",
    sign: Any = False,
    pad_left: Any = None,
    exp_digits: Any = None,
    min_digits: Any = None,
) -> Any:
    """Format a floating-point scalar as a decimal string in scientific notation."""

frexp: _Several
"""Decompose the elements of x into mantissa and twos exponent."""

def from_dlpack(
    x: _ArrayLike, /, *, device: Any = None, copy: Any = None, requires_grad: builtins.bool = False
) -> Tensor:
    """Create a NumPy array from an object implementing the ``__dlpack__`` protocol. Generally,
    the returned NumPy array is a view of the input object. See [1]_ and [2]_ for more
    details.
    """

def frombuffer(
    buffer: Any,
    dtype: DTypeLike | None = None,
    count: Any = -1,
    offset: Any = 0,
    *,
    like: Any = None,
) -> Any:
    """Interpret a buffer as a 1-dimensional array."""

def fromfile(
    file: Any,
    dtype: DTypeLike | None = None,
    count: Any = -1,
    sep: Any = "",
    offset: Any = 0,
    *,
    like: Any = None,
) -> Any:
    """Construct an array from data in a text or binary file."""

def fromfunction(
    function: Any, shape: Any, *, dtype: DTypeLike | None = ..., like: Any = None, **kwargs: Any
) -> Any:
    """Construct an array by executing a function over each coordinate."""

def fromiter(iter: Any, dtype: DTypeLike | None, count: Any = -1, *, like: Any = None) -> Any:
    """Create a new 1-dimensional array from an iterable object."""

def frompyfunc(func: Any, /, nin: Any, nout: Any, **kwargs: Any) -> Any:
    """Takes an arbitrary Python function and returns a NumPy ufunc."""

def fromregex(file: Any, regexp: Any, dtype: DTypeLike | None, encoding: Any = None) -> Any:
    """Construct an array from a text file, using regular expression parsing."""

def fromstring(*args: Any, **kwargs: Any) -> Any: ...
def full(
    shape: Any,
    fill_value: Any,
    dtype: DTypeLike | None = None,
    order: Any = "C",
    *,
    device: Any = None,
    like: Any = None,
    requires_grad: builtins.bool = False,
) -> Tensor:
    """Return a new array of given shape and type, filled with `fill_value`."""

def full_like(
    a: _ArrayLike,
    fill_value: Any,
    dtype: DTypeLike | None = None,
    order: Any = "K",
    subok: Any = True,
    shape: Any = None,
    *,
    device: Any = None,
    requires_grad: builtins.bool = False,
) -> Tensor:
    """Return a full array with the same shape and type as a given array."""

gcd: _Binary
"""Returns the greatest common divisor of ``|x1|`` and ``|x2|``"""

def genfromtxt(
    fname: Any,
    dtype: DTypeLike | None = ...,
    comments: Any = "#",
    delimiter: Any = None,
    skip_header: Any = 0,
    skip_footer: Any = 0,
    converters: Any = None,
    missing_values: Any = None,
    filling_values: Any = None,
    usecols: Any = None,
    names: Any = None,
    excludelist: Any = None,
    deletechars: Any = " !#$%&'()*+,-./:;<=>?@[\\]^{|}~",
    replace_space: Any = "_",
    autostrip: Any = False,
    case_sensitive: Any = True,
    defaultfmt: Any = "f%i",
    unpack: Any = None,
    usemask: Any = False,
    loose: Any = True,
    invalid_raise: Any = True,
    max_rows: Any = None,
    encoding: Any = None,
    *,
    ndmin: Any = 0,
    like: Any = None,
) -> Any:
    """Load data from a text file, with missing values handled as specified."""

def geomspace(
    start: Any,
    stop: Any,
    num: Any = 50,
    endpoint: Any = True,
    dtype: DTypeLike | None = None,
    axis: Any = 0,
    *,
    requires_grad: builtins.bool = False,
) -> Tensor:
    """Return numbers spaced evenly on a log scale (a geometric progression)."""

def get_include() -> Any:
    """Return the directory that contains the NumPy \\*.h header files."""

def get_printoptions() -> Any:
    """Return the current print options."""

def getbufsize() -> Any:
    """Return the size of the buffer used in ufuncs."""

def geterr() -> Any:
    """Get the current way of handling floating-point errors."""

def geterrcall() -> Any:
    """Return the current callback function used on floating-point errors."""

def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: Any = 1) -> Any:
    """Return the gradient of an N-dimensional array."""

greater: _Binary
"""Whether x > y, for each element."""
greater_equal: _Binary
"""Whether x >= y, for each element."""

def hamming(M: Any) -> Any:
    """Return the Hamming window."""

def hanning(M: Any) -> Any:
    """Return the Hanning window."""

heaviside: _Binary
"""The step function: 0 below 0, y at 0, 1 above."""

def histogram(
    a: _ArrayLike, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> Any:
    """Compute the histogram of a dataset."""

def histogram2d(
    x: _ArrayLike,
    y: _ArrayLike,
    bins: Any = 10,
    range: Any = None,
    density: Any = None,
    weights: Any = None,
) -> Any:
    """Compute the bi-dimensional histogram of two data samples."""

def histogram_bin_edges(
    a: _ArrayLike, bins: Any = 10, range: Any = None, weights: Any = None
) -> Any:
    """Function to calculate only the edges of the bins used by the `histogram` function."""

def histogramdd(
    sample: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> Any:
    """Compute the multidimensional histogram of some data."""

def hsplit(ary: _ArrayLike, indices_or_sections: Any) -> Any:
    """Split an array into multiple sub-arrays horizontally (column-wise)."""

def hstack(tup: Any, *, dtype: DTypeLike | None = None, casting: Any = "same_kind") -> Any:
    """Stack arrays in sequence horizontally (column wise)."""

hypot: _Binary
"""The Euclidean norm of (x, y)."""

def i0(x: _ArrayLike) -> Any:
    """Modified Bessel function of the first kind, order 0."""

def identity(
    n: Any,
    dtype: DTypeLike | None = None,
    *,
    like: Any = None,
    requires_grad: builtins.bool = False,
) -> Tensor:
    """Return the identity array."""

def imag(val: Any) -> Any:
    """Return the imaginary part of the complex argument."""

def indices(dimensions: Any, dtype: DTypeLike | None = ..., sparse: Any = False) -> Any:
    """Return an array representing the indices of a grid."""

def info(
    object: Any = None, maxwidth: Any = 76, output: Any = None, toplevel: Any = "numpy"
) -> Any:
    """Get help information for an array, function, class, or module."""

def inner(a: _ArrayLike, b: _ArrayLike, /) -> Tensor:
    """Inner product of two arrays."""

def insert(arr: _ArrayLike, obj: Any, values: Any, axis: Any = None) -> Any:
    """Insert values along the given axis before the given indices."""

def interp(
    x: _ArrayLike, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None
) -> Any:
    """One-dimensional linear interpolation for monotonically increasing sample points."""

def intersect1d(ar1: Any, ar2: Any, assume_unique: Any = False, return_indices: Any = False) -> Any:
    """Find the intersection of two arrays."""

invert: _Unary
"""The bits that x does not have, ~x."""

def is_busday(
    dates: Any,
    weekmask: Any = "1111100",
    holidays: Any = None,
    busdaycal: Any = None,
    out: Any = None,
) -> Any:
    """Calculates which of the given dates are valid days, and which are not."""

def isclose(
    a: _ArrayLike, b: _ArrayLike, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: Any = False
) -> Any:
    """Returns a boolean array where two arrays are element-wise equal within a tolerance."""

def iscomplex(x: _ArrayLike) -> Any:
    """Returns a bool array, where True if input element is complex."""

def iscomplexobj(x: _ArrayLike) -> Any:
    """Check for a complex type or an array of complex numbers."""

def isdtype(dtype: DTypeLike | None, kind: Any) -> Any:
    """Determine if a provided dtype is of a specified data type ``kind``."""

isfinite: _Unary
"""Whether x is neither infinite nor nan."""

def isfortran(a: _ArrayLike) -> Any:
    """Check if the array is Fortran contiguous but *not* C contiguous."""

def isin(
    element: Any,
    test_elements: Any,
    assume_unique: Any = False,
    invert: Any = False,
    *,
    kind: Any = None,
) -> Any:
    """Calculates ``element in test_elements``, broadcasting over `element` only. Returns a
    boolean array of the same shape as `element` that is True where an element of `element` is
    in `test_elements` and False otherwise.
    """

isinf: _Unary
"""Whether x is infinite."""
isnan: _Unary
"""Whether x is nan."""
isnat: _Unary
"""Test element-wise for NaT (not a time) and return result as a boolean array."""

def isneginf(x: _ArrayLike, out: Any = None) -> Any:
    """Test element-wise for negative infinity, return result as bool array."""

def isposinf(x: _ArrayLike, out: Any = None) -> Any:
    """Test element-wise for positive infinity, return result as bool array."""

def isreal(x: _ArrayLike) -> Any:
    """Returns a bool array, where True if input element is real."""

def isrealobj(x: _ArrayLike) -> Any:
    """Return True if x is a not complex type or an array of complex numbers."""

def isscalar(element: Any) -> Any:
    """Returns True if the type of `element` is a scalar type."""

def issubdtype(arg1: Any, arg2: Any) -> Any:
    """Returns True if first argument is a typecode lower/equal in type hierarchy."""

def iterable(y: _ArrayLike) -> Any:
    """Check whether or not an object can be iterated over."""

def ix_(*args: Any) -> Any:
    """Construct an open mesh from multiple sequences."""

def kaiser(M: Any, beta: Any) -> Any:
    """Return the Kaiser window."""

def kron(a: _ArrayLike, b: _ArrayLike) -> Any:
    """Kronecker product of two arrays."""

lcm: _Binary
"""Returns the lowest common multiple of ``|x1|`` and ``|x2|``"""
ldexp: _Binary
"""Returns x1 * 2**x2, element-wise."""
left_shift: _Binary
"""The bits of x moved up by y."""
less: _Binary
"""Whether x < y, for each element."""
less_equal: _Binary
"""Whether x <= y, for each element."""

def lexsort(keys: Any, axis: Any = -1) -> Any:
    """Perform an indirect stable sort using a sequence of keys."""

def linspace(
    start: Any,
    stop: Any,
    num: Any = 50,
    endpoint: Any = True,
    retstep: Any = False,
    dtype: DTypeLike | None = None,
    axis: Any = 0,
    *,
    device: Any = None,
    requires_grad: builtins.bool = False,
) -> Tensor:
    """Return evenly spaced numbers over a specified interval."""

def load(
    file: Any,
    mmap_mode: Any = None,
    allow_pickle: Any = False,
    fix_imports: Any = True,
    encoding: Any = "ASCII",
    *,
    max_header_size: Any = 10000,
) -> Any:
    """Load arrays or pickled objects from ``.npy``, ``.npz`` or pickled files."""

def loadtxt(
    fname: Any,
    dtype: DTypeLike | None = ...,
    comments: Any = "#",
    delimiter: Any = None,
    converters: Any = None,
    skiprows: Any = 0,
    usecols: Any = None,
    unpack: Any = False,
    ndmin: Any = 0,
    encoding: Any = None,
    max_rows: Any = None,
    *,
    quotechar: Any = None,
    like: Any = None,
) -> Any:
    """Load data from a text file."""

log: _Unary
"""The natural logarithm of x."""
log10: _Unary
"""The logarithm to base 10."""
log1p: _Unary
"""log(1 + x), accurate near 0."""
log2: _Unary
"""The logarithm to base 2."""
logaddexp: _Binary
"""log(exp(x) + exp(y)), without overflow."""
logaddexp2: _Binary
"""log2(2 ** x + 2 ** y), without overflow."""
logical_and: _Binary
"""Whether both x and y are true, or not 0."""
logical_not: _Unary
"""Whether x is false, or 0."""
logical_or: _Binary
"""Whether x or y, or both, are true, or not 0."""
logical_xor: _Binary
"""Whether one of x and y is true, or not 0."""

def logspace(
    start: Any,
    stop: Any,
    num: Any = 50,
    endpoint: Any = True,
    base: Any = 10.0,
    dtype: DTypeLike | None = None,
    axis: Any = 0,
    *,
    requires_grad: builtins.bool = False,
) -> Tensor:
    """Return numbers spaced evenly on a log scale."""

def mask_indices(n: Any, mask_func: Any, k: Any = 0) -> Any:
    """Return the indices to access (n, n) arrays, given a masking function."""

matmul: _Binary
"""The matrix product; stacks of matrices (..., n, k) @ (..., k, m) broadcast."""

def matrix_transpose(x: _ArrayLike, /) -> Tensor:
    """Transposes a matrix (or a stack of matrices) ``x``."""

matvec: _Binary
"""Products of the matrices on the last axes of x with the vectors on y's last axis."""

def max(
    a: _ArrayLike,
    axis: Any = None,
    out: Any = None,
    keepdims: Any = ...,
    initial: Any = ...,
    where: Any = ...,
) -> Tensor:
    """Return the maximum of an array or maximum along an axis."""

maximum: _Binary
"""The larger of x and y; nan where either is nan."""

def may_share_memory(a: _ArrayLike, b: _ArrayLike, /, max_work: Any = 0) -> Any:
    """Determine if two arrays might share memory"""

def mean(
    a: _ArrayLike,
    axis: Any = None,
    dtype: DTypeLike | None = None,
    out: Any = None,
    keepdims: Any = ...,
    *,
    where: Any = ...,
) -> Tensor:
    """Compute the arithmetic mean along the specified axis."""

def median(
    a: _ArrayLike,
    axis: Any = None,
    out: Any = None,
    overwrite_input: Any = False,
    keepdims: Any = False,
) -> Any:
    """Compute the median along the specified axis."""

def meshgrid(*xi: Any, copy: Any = True, sparse: Any = False, indexing: Any = "xy") -> Any:
    """Return a tuple of coordinate matrices from coordinate vectors."""

mgrid: Any

def min(
    a: _ArrayLike,
    axis: Any = None,
    out: Any = None,
    keepdims: Any = ...,
    initial: Any = ...,
    where: Any = ...,
) -> Tensor:
    """Return the minimum of an array or minimum along an axis."""

def min_scalar_type(a: _ArrayLike, /) -> Any:
    """For scalar ``a``, returns the data type with the smallest size and smallest scalar kind
    which can hold its value. For non-scalar array ``a``, returns the vector's dtype
    unmodified.
    """

minimum: _Binary
"""The smaller of x and y; nan where either is nan."""

def mintypecode(typechars: Any, typeset: Any = "GDFgdf", default: Any = "d") -> Any:
    """Return the character for the minimum-size type to which given types can be safely cast."""

mod: _Binary
"""The remainder x - y * floor(x / y), with the sign of y."""
modf: _Several
"""Return the fractional and integral parts of an array, element-wise."""

def moveaxis(a: _ArrayLike, source: Any, destination: Any) -> Tensor:
    """Move axes of an array to new positions."""

multiply: _Binary
"""The product x * y."""

def nan_to_num(
    x: _ArrayLike, copy: Any = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None
) -> Tensor:
    """Replace NaN with zero and infinity with large finite numbers (default behaviour) or with
    the numbers defined by the user using the `nan`, `posinf` and/or `neginf` keywords.
    """

def nanargmax(a: _ArrayLike, axis: Any = None, out: Any = None, *, keepdims: Any = ...) -> Any:
    """Return the indices of the maximum values in the specified axis ignoring NaNs. For all-NaN
    slices ``ValueError`` is raised. Warning: the results cannot be trusted if a slice
    contains only NaNs and -Infs.
    """

def nanargmin(a: _ArrayLike, axis: Any = None, out: Any = None, *, keepdims: Any = ...) -> Any:
    """Return the indices of the minimum values in the specified axis ignoring NaNs. For all-NaN
    slices ``ValueError`` is raised. Warning: the results cannot be trusted if a slice
    contains only NaNs and Infs.
    """

def nancumprod(
    a: _ArrayLike, axis: Any = None, dtype: DTypeLike | None = None, out: Any = None
) -> Any:
    """Return the cumulative product of array elements over a given axis treating Not a Numbers
    (NaNs) as one. The cumulative product does not change when NaNs are encountered and
    leading NaNs are replaced by ones.
    """

def nancumsum(
    a: _ArrayLike, axis: Any = None, dtype: DTypeLike | None = None, out: Any = None
) -> Any:
    """Return the cumulative sum of array elements over a given axis treating Not a Numbers
    (NaNs) as zero. The cumulative sum does not change when NaNs are encountered and leading
    NaNs are replaced by zeros.
    """

def nanmax(
    a: _ArrayLike,
    axis: Any = None,
    out: Any = None,
    keepdims: Any = ...,
    initial: Any = ...,
    where: Any = ...,
) -> Any:
    """Return the maximum of an array or maximum along an axis, ignoring any NaNs. When all-NaN
    slices are encountered a ``RuntimeWarning`` is raised and NaN is returned for that slice.
    """

def nanmean(
    a: _ArrayLike,
    axis: Any = None,
    dtype: DTypeLike | None = None,
    out: Any = None,
    keepdims: Any = ...,
    *,
    where: Any = ...,
) -> Any:
    """Compute the arithmetic mean along the specified axis, ignoring NaNs."""

def nanmedian(
    a: _ArrayLike,
    axis: Any = None,
    out: Any = None,
    overwrite_input: Any = False,
    keepdims: Any = ...,
) -> Any:
    """Compute the median along the specified axis, while ignoring NaNs."""

def nanmin(
    a: _ArrayLike,
    axis: Any = None,
    out: Any = None,
    keepdims: Any = ...,
    initial: Any = ...,
    where: Any = ...,
) -> Any:
    """Return minimum of an array or minimum along an axis, ignoring any NaNs. When all-NaN
    slices are encountered a ``RuntimeWarning`` is raised and Nan is returned for that slice.
    """

def nanpercentile(
    a: _ArrayLike,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: Any = False,
    method: Any = "linear",
    keepdims: Any = ...,
    *,
    weights: Any = None,
) -> Any:
    """Compute the qth percentile of the data along the specified axis, while ignoring nan
    values.
    """

def nanprod(
    a: _ArrayLike,
    axis: Any = None,
    dtype: DTypeLike | None = None,
    out: Any = None,
    keepdims: Any = ...,
    initial: Any = ...,
    where: Any = ...,
) -> Any:
    """Return the product of array elements over a given axis treating Not a Numbers (NaNs) as
    ones.
    """

def nanquantile(
    a: _ArrayLike,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: Any = False,
    method: Any = "linear",
    keepdims: Any = ...,
    *,
    weights: Any = None,
) -> Any:
    """Compute the qth quantile of the data along the specified axis, while ignoring nan values.
    Returns the qth quantile(s) of the array elements.
    """

def nanstd(
    a: _ArrayLike,
    axis: Any = None,
    dtype: DTypeLike | None = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: Any = ...,
    *,
    where: Any = ...,
    mean: Any = ...,
    correction: Any = ...,
) -> Any:
    """Compute the standard deviation along the specified axis, while ignoring NaNs."""

def nansum(
    a: _ArrayLike,
    axis: Any = None,
    dtype: DTypeLike | None = None,
    out: Any = None,
    keepdims: Any = ...,
    initial: Any = ...,
    where: Any = ...,
) -> Any:
    """Return the sum of array elements over a given axis treating Not a Numbers (NaNs) as zero."""

def nanvar(
    a: _ArrayLike,
    axis: Any = None,
    dtype: DTypeLike | None = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: Any = ...,
    *,
    where: Any = ...,
    mean: Any = ...,
    correction: Any = ...,
) -> Any:
    """Compute the variance along the specified axis, while ignoring NaNs."""

ndarray = Tensor

def ndim(a: _ArrayLike) -> Any:
    """Return the number of dimensions of an array."""

negative: _Unary
"""The negative -x."""

def nested_iters(
    op: Any,
    axes: Any,
    flags: Any = None,
    op_flags: Any = None,
    op_dtypes: Any = None,
    order: Any = "K",
    casting: Any = "safe",
    buffersize: Any = 0,
) -> Any:
    """Create nditers for use in nested loops"""

nextafter: _Binary
"""Return the next floating-point value after x1 towards x2, element-wise."""

def nonzero(a: _ArrayLike) -> Any:
    """Return the indices of the elements that are non-zero."""

not_equal: _Binary
"""Whether x != y, for each element."""
ogrid: Any

def ones(
    shape: Any,
    dtype: DTypeLike | None = None,
    order: Any = "C",
    *,
    device: Any = None,
    like: Any = None,
    requires_grad: builtins.bool = False,
) -> Tensor:
    """Return a new array of given shape and type, filled with ones."""

def ones_like(
    a: _ArrayLike,
    dtype: DTypeLike | None = None,
    order: Any = "K",
    subok: Any = True,
    shape: Any = None,
    *,
    device: Any = None,
    requires_grad: builtins.bool = False,
) -> Tensor:
    """Return an array of ones with the same shape and type as a given array."""

def outer(a: _ArrayLike, b: _ArrayLike, out: Any = None) -> Tensor:
    """Compute the outer product of two vectors."""

def packbits(a: _ArrayLike, /, axis: Any = None, bitorder: Any = "big") -> Any:
    """Packs the elements of a binary-valued array into bits in a uint8 array."""

def pad(array: Any, pad_width: Any, mode: Any = "constant", **kwargs: Any) -> Any:
    """Pad an array."""

def partition(
    a: _ArrayLike, kth: Any, axis: Any = -1, kind: Any = "introselect", order: Any = None
) -> Any:
    """Return a partitioned copy of an array."""

def percentile(
    a: _ArrayLike,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: Any = False,
    method: Any = "linear",
    keepdims: Any = False,
    *,
    weights: Any = None,
) -> Any:
    """Compute the q-th percentile of the data along the specified axis."""

def permute_dims(a: _ArrayLike, axes: Any = None) -> Tensor:
    """Returns an array with axes transposed."""

def piecewise(x: _ArrayLike, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    """Evaluate a piecewise-defined function."""

def place(arr: _ArrayLike, mask: Any, vals: Any) -> Any:
    """Change elements of an array based on conditional and input values."""

def poly(seq_of_zeros: Any) -> Any:
    """Find the coefficients of a polynomial with the given sequence of roots."""

def polyadd(a1: _ArrayLike, a2: _ArrayLike) -> Any:
    """Find the sum of two polynomials."""

def polyder(p: Any, m: Any = 1) -> Any:
    """Return the derivative of the specified order of a polynomial."""

def polydiv(u: Any, v: _ArrayLike) -> Any:
    """Returns the quotient and remainder of polynomial division."""

def polyfit(
    x: _ArrayLike,
    y: _ArrayLike,
    deg: Any,
    rcond: Any = None,
    full: Any = False,
    w: Any = None,
    cov: Any = False,
) -> Any:
    """Least squares polynomial fit."""

def polyint(p: Any, m: Any = 1, k: Any = None) -> Any:
    """Return an antiderivative (indefinite integral) of a polynomial."""

def polymul(a1: _ArrayLike, a2: _ArrayLike) -> Any:
    """Find the product of two polynomials."""

def polysub(a1: _ArrayLike, a2: _ArrayLike) -> Any:
    """Difference (subtraction) of two polynomials."""

def polyval(p: Any, x: _ArrayLike) -> Any:
    """Evaluate a polynomial at specific values."""

positive: _Unary
"""The number itself, +x, as a new tensor."""
pow: _Binary
"""The power x ** y."""
power: _Binary
"""The power x ** y."""

def printoptions(*args: Any, **kwargs: Any) -> Any:
    """Context manager for setting print options."""

def prod(
    a: _ArrayLike,
    axis: Any = None,
    dtype: DTypeLike | None = None,
    out: Any = None,
    keepdims: Any = ...,
    initial: Any = ...,
    where: Any = ...,
) -> Tensor:
    """Return the product of array elements over a given axis."""

def promote_types(type1: Any, type2: Any, /) -> Any:
    """Returns the data type with the smallest size and smallest scalar kind to which both
    ``type1`` and ``type2`` may be safely cast. The returned data type is always considered
    "canonical", this mainly means that the promoted dtype will always be in native byte
    order.
    """

def ptp(a: _ArrayLike, axis: Any = None, out: Any = None, keepdims: Any = ...) -> Tensor:
    """Range of values (maximum - minimum) along an axis."""

def put(a: _ArrayLike, ind: Any, v: _ArrayLike, mode: Any = "raise") -> Any:
    """Replaces specified elements of an array with given values."""

def put_along_axis(arr: _ArrayLike, indices: Any, values: Any, axis: Any) -> Any:
    """Put values into the destination array by matching 1d index and data slices."""

def putmask(a: _ArrayLike, /, mask: Any, values: Any) -> Any:
    """Changes elements of an array based on conditional and input values."""

def quantile(
    a: _ArrayLike,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: Any = False,
    method: Any = "linear",
    keepdims: Any = False,
    *,
    weights: Any = None,
) -> Any:
    """Compute the q-th quantile of the data along the specified axis."""

r_: Any
rad2deg: _Unary
"""The angle x, in radians, in degrees."""
radians: _Unary
"""The angle x, in degrees, in radians."""

def ravel(a: _ArrayLike, order: Any = "C") -> Tensor:
    """Return a contiguous flattened array."""

def ravel_multi_index(multi_index: Any, dims: Any, mode: Any = "raise", order: Any = "C") -> Any:
    """Converts a tuple of index arrays into an array of flat indices, applying boundary modes to
    the multi-index.
    """

def real(val: Any) -> Any:
    """Return the real part of the complex argument."""

def real_if_close(a: _ArrayLike, tol: Any = 100) -> Any:
    """If input is complex with all imaginary parts close to zero, return real parts."""

reciprocal: _Unary
"""The reciprocal 1 / x."""
remainder: _Binary
"""The remainder x - y * floor(x / y), with the sign of y."""

def repeat(a: _ArrayLike, repeats: Any, axis: Any = None) -> Tensor:
    """Repeat each element of an array after themselves"""

def require(
    a: _ArrayLike, dtype: DTypeLike | None = None, requirements: Any = None, *, like: Any = None
) -> Any:
    """Return an ndarray of the provided type that satisfies requirements."""

def reshape(a: _ArrayLike, /, shape: Any, order: Any = "C", *, copy: Any = None) -> Tensor:
    """Gives a new shape to an array without changing its data."""

def resize(a: _ArrayLike, new_shape: Any) -> Any:
    """Return a new array with the specified shape."""

def result_type(*arrays_and_dtypes: Any) -> Any:
    """Returns the type that results from applying the NumPy :ref:`type promotion
    <arrays.promotion>` rules to the arguments.
    """

right_shift: _Binary
"""The bits of x moved down by y; the sign stays."""
rint: _Unary
"""The nearest integer, ties to even."""

def roll(a: _ArrayLike, shift: Any, axis: Any = None) -> Tensor:
    """Roll array elements along a given axis."""

def rollaxis(a: _ArrayLike, axis: Any, start: Any = 0) -> Any:
    """Roll the specified axis backwards, until it lies in a given position."""

def roots(p: Any) -> Any:
    """Return the roots of a polynomial with coefficients given in p."""

def rot90(m: _ArrayLike, k: Any = 1, axes: Any = ...) -> Any:
    """Rotate an array by 90 degrees in the plane specified by axes."""

def round(a: _ArrayLike, decimals: Any = 0, out: Any = None) -> Tensor:
    """Evenly round to the given number of decimals."""

def row_stack(tup: Any, *, dtype: DTypeLike | None = None, casting: Any = "same_kind") -> Any:
    """Stack arrays in sequence vertically (row wise)."""

def save(file: Any, arr: _ArrayLike, allow_pickle: Any = True) -> Any:
    """Save an array to a binary file in NumPy ``.npy`` format."""

def savetxt(
    fname: Any,
    X: Any,
    fmt: Any = "%.18e",
    delimiter: Any = " ",
    newline: Any = "\n",
    header: Any = "",
    footer: Any = "",
    comments: Any = "# ",
    encoding: Any = None,
) -> Any:
    """Save an array to a text file."""

def savez(file: Any, *args: Any, allow_pickle: Any = True, **kwds: Any) -> Any:
    """Save several arrays into a single file in uncompressed ``.npz`` format."""

def savez_compressed(file: Any, *args: Any, allow_pickle: Any = True, **kwds: Any) -> Any:
    """Save several arrays into a single file in compressed ``.npz`` format."""

def searchsorted(a: _ArrayLike, v: _ArrayLike, side: Any = "left", sorter: Any = None) -> Tensor:
    """Find indices where elements should be inserted to maintain order."""

def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    """Return an array drawn from elements in choicelist, depending on conditions."""

def set_printoptions(
    precision: Any = None,
    threshold: Any = None,
    edgeitems: Any = None,
    linewidth: Any = None,
    suppress: Any = None,
    nanstr: Any = None,
    infstr: Any = None,
    formatter: Any = None,
    sign: Any = None,
    floatmode: Any = None,
    *,
    legacy: Any = None,
    override_repr: Any = None,
) -> Any:
    """Set printing options."""

def setbufsize(size: Any) -> Any:
    """Set the size of the buffer used in ufuncs."""

def setdiff1d(ar1: Any, ar2: Any, assume_unique: Any = False) -> Any:
    """Find the set difference of two arrays."""

def seterr(
    all: Any = None, divide: Any = None, over: Any = None, under: Any = None, invalid: Any = None
) -> Any:
    """Set how floating-point errors are handled."""

def seterrcall(func: Any) -> Any:
    """Set the floating-point error callback function or log object."""

def setxor1d(ar1: Any, ar2: Any, assume_unique: Any = False) -> Any:
    """Find the set exclusive-or of two arrays."""

def shape(a: _ArrayLike) -> Any:
    """Return the shape of an array."""

def shares_memory(a: _ArrayLike, b: _ArrayLike, /, max_work: Any = -1) -> Any:
    """Determine if two arrays share memory."""

def show_config(mode: Any = "stdout") -> Any:
    """Show libraries and system information on which NumPy was built and is being used"""

def show_runtime() -> Any:
    """Print information about various resources in the system including available intrinsic
    support and BLAS/LAPACK library in use
    """

sign: _Unary
"""-1, 0 or 1, as x is negative, 0 or positive; of a complex number x / abs(x)."""
signbit: _Unary
"""Returns element-wise True where signbit is set (less than zero)."""
sin: _Unary
"""The sine of x, in radians."""

def sinc(x: _ArrayLike) -> Tensor:
    """Return the normalized sinc function."""

sinh: _Unary
"""The hyperbolic sine of x."""

def size(a: _ArrayLike, axis: Any = None) -> Any:
    """Return the number of elements along a given axis."""

def sort(
    a: _ArrayLike,
    axis: Any = -1,
    kind: Any = None,
    order: Any = None,
    *,
    stable: Any = None,
    descending: Any = False,
) -> Tensor:
    """Return a sorted copy of an array."""

def sort_complex(a: _ArrayLike) -> Any:
    """Sort a complex array using the real part first, then the imaginary part."""

spacing: _Unary
"""Return the distance between x and the nearest adjacent number."""

def split(ary: _ArrayLike, indices_or_sections: Any, axis: Any = 0) -> Any:
    """Split an array into multiple sub-arrays as views into `ary`."""

sqrt: _Unary
"""The square root of x."""
square: _Unary
"""The square x * x."""

def squeeze(a: _ArrayLike, axis: Any = None) -> Tensor:
    """Remove axes of length one from `a`."""

def stack(
    arrays: Any,
    axis: Any = 0,
    out: Any = None,
    *,
    dtype: DTypeLike | None = None,
    casting: Any = "same_kind",
) -> Tensor:
    """Join a sequence of arrays along a new axis."""

def std(
    a: _ArrayLike,
    axis: Any = None,
    dtype: DTypeLike | None = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: Any = ...,
    *,
    where: Any = ...,
    mean: Any = ...,
    correction: Any = ...,
) -> Tensor:
    """Compute the standard deviation along the specified axis."""

subtract: _Binary
"""The difference x - y."""

def sum(
    a: _ArrayLike,
    axis: Any = None,
    dtype: DTypeLike | None = None,
    out: Any = None,
    keepdims: Any = ...,
    initial: Any = ...,
    where: Any = ...,
) -> Tensor:
    """Sum of array elements over a given axis."""

def swapaxes(a: _ArrayLike, axis1: Any, axis2: Any) -> Tensor:
    """Interchange two axes of an array."""

def take(
    a: _ArrayLike, indices: Any, axis: Any = None, out: Any = None, mode: Any = "raise"
) -> Tensor:
    """Take elements from an array along an axis."""

def take_along_axis(arr: _ArrayLike, indices: Any, axis: Any = -1) -> Tensor:
    """Take values from the input array by matching 1d index and data slices."""

tan: _Unary
"""The tangent of x, in radians."""
tanh: _Unary
"""The hyperbolic tangent of x."""

def tensordot(a: _ArrayLike, b: _ArrayLike, axes: Any = 2) -> Tensor:
    """Compute tensor dot product along specified axes."""

def test(
    label: Any = "fast",
    verbose: Any = 1,
    extra_argv: Any = None,
    doctests: Any = False,
    coverage: Any = False,
    durations: Any = -1,
    tests: Any = None,
) -> Any:
    """Pytest test runner."""

def tile(A: Any, reps: Any) -> Tensor:
    """Construct an array by repeating A the number of times given by reps."""

def trace(
    a: _ArrayLike,
    offset: Any = 0,
    axis1: Any = 0,
    axis2: Any = 1,
    dtype: DTypeLike | None = None,
    out: Any = None,
) -> Tensor:
    """Return the sum along diagonals of the array."""

def transpose(a: _ArrayLike, axes: Any = None) -> Tensor:
    """Returns an array with axes transposed."""

def trapezoid(y: _ArrayLike, x: Any = None, dx: Any = 1.0, axis: Any = -1) -> Any:
    """Integrate along the given axis using the composite trapezoidal rule."""

def tri(
    N: Any, M: Any = None, k: Any = 0, dtype: DTypeLike | None = ..., *, like: Any = None
) -> Any:
    """An array with ones at and below the given diagonal and zeros elsewhere."""

def tril(m: _ArrayLike, k: Any = 0) -> Any:
    """Lower triangle of an array."""

def tril_indices(n: Any, k: Any = 0, m: Any = None) -> Any:
    """Return the indices for the lower-triangle of an (n, m) array."""

def tril_indices_from(arr: _ArrayLike, k: Any = 0) -> Any:
    """Return the indices for the lower-triangle of arr."""

def trim_zeros(filt: Any, trim: Any = "fb", axis: Any = None) -> Any:
    """Remove values along a dimension which are zero along all other."""

def triu(m: _ArrayLike, k: Any = 0) -> Any:
    """Upper triangle of an array."""

def triu_indices(n: Any, k: Any = 0, m: Any = None) -> Any:
    """Return the indices for the upper-triangle of an (n, m) array."""

def triu_indices_from(arr: _ArrayLike, k: Any = 0) -> Any:
    """Return the indices for the upper-triangle of arr."""

true_divide: _Binary
"""The quotient x / y."""
trunc: _Unary
"""The integer part of x: x without its fraction."""

def typename(char: Any) -> Any:
    """Return a description for the given data type code."""

def union1d(ar1: Any, ar2: Any) -> Any:
    """Find the union of two arrays."""

def unique(
    ar: Any,
    return_index: Any = False,
    return_inverse: Any = False,
    return_counts: Any = False,
    axis: Any = None,
    *,
    equal_nan: Any = True,
    sorted: Any = True,
) -> Any:
    """Find the unique elements of an array."""

def unique_all(x: _ArrayLike) -> Any:
    """Find the unique elements of an array, and counts, inverse, and indices."""

def unique_counts(x: _ArrayLike) -> Any:
    """Find the unique elements and counts of an input array `x`."""

def unique_inverse(x: _ArrayLike) -> Any:
    """Find the unique elements of `x` and indices to reconstruct `x`."""

def unique_values(x: _ArrayLike) -> Any:
    """Returns the unique elements of an input array `x`."""

def unpackbits(a: _ArrayLike, /, axis: Any = None, count: Any = None, bitorder: Any = "big") -> Any:
    """Unpacks elements of a uint8 array into a binary-valued output array."""

def unravel_index(indices: Any, shape: Any, order: Any = "C") -> Any:
    """Converts a flat index or array of flat indices into a tuple of coordinate arrays."""

def unstack(x: _ArrayLike, /, *, axis: Any = 0) -> Any:
    """Split an array into a sequence of arrays along the given axis."""

def unwrap(p: Any, discont: Any = None, axis: Any = -1, *, period: Any = 6.283185307179586) -> Any:
    """Unwrap by taking the complement of large deltas with respect to the period."""

def vander(x: _ArrayLike, N: Any = None, increasing: Any = False) -> Any:
    """Generate a Vandermonde matrix."""

def var(
    a: _ArrayLike,
    axis: Any = None,
    dtype: DTypeLike | None = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: Any = ...,
    *,
    where: Any = ...,
    mean: Any = ...,
    correction: Any = ...,
) -> Tensor:
    """Compute the variance along the specified axis."""

def vdot(a: _ArrayLike, b: _ArrayLike, /) -> Any:
    """Return the dot product of two vectors."""

vecdot: _Binary
"""Dot products of vectors along `axis`; complex numbers of x are conjugated."""
vecmat: _Binary
"""Products of the vectors on the last axis of x with the matrices on y's last axes; complex
vectors are conjugated.
"""
vectorize: Any

def vsplit(ary: _ArrayLike, indices_or_sections: Any) -> Any:
    """Split an array into multiple sub-arrays vertically (row-wise)."""

def vstack(tup: Any, *, dtype: DTypeLike | None = None, casting: Any = "same_kind") -> Any:
    """Stack arrays in sequence vertically (row wise)."""

def where(condition: Any, x: Any = None, y: Any = None, /) -> Tensor:
    """Return elements chosen from `x` or `y` depending on `condition`."""

def zeros(
    shape: Any,
    dtype: DTypeLike | None = None,
    order: Any = "C",
    *,
    device: Any = None,
    like: Any = None,
    requires_grad: builtins.bool = False,
) -> Tensor:
    """Return a new array of given shape and type, filled with zeros."""

def zeros_like(
    a: _ArrayLike,
    dtype: DTypeLike | None = None,
    order: Any = "K",
    subok: Any = True,
    shape: Any = None,
    *,
    device: Any = None,
    requires_grad: builtins.bool = False,
) -> Tensor:
    """Return an array of zeros with the same shape and type as a given array."""
