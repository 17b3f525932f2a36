"""NumPy functions that are no operation of the catalogue and still mean something of their own for
tensors.

Copies and new tensors, writes into a tensor (``np.copyto``, ``np.put``...), and whether two tensors
share memory. Each function here has NumPy's name and calling form; `HANDLERS` lists them. Writers
are built of indexing by flat position, whose derivative the catalogue knows.
"""

import numpy as np

from ...base.dtypes import as_dtype
from ...base.errors import ArgumentError, DTypeError, IndexOutOfRange
from ...frontend import creation, dlpack
from ...frontend.convert import as_operand, written
from ...frontend.functions import FUNCTIONS
from ...frontend.tensor import Tensor
from ...tape.views import parent_of
from ..fallback import arrays, on_arrays, refuse_gradient
from ..signature import as_mask

HANDLERS: dict = {}


def handler(function):
    """Registers what stands for NumPy's function of the same name, where this NumPy has it."""
    if hasattr(np, function.__name__):
        HANDLERS[getattr(np, function.__name__)] = function
    return function


def stands_for(function, ours):
    """Registers `ours` for a function of NumPy's, whose name it takes; for None, which this NumPy
    has not, nothing."""
    if function is not None:
        ours.__name__ = ours.__qualname__ = function.__name__
        HANDLERS[function] = ours


#: Functions that stand for NumPy's and whose results have no gradient -> why.
VALUES: dict = {}


def valued(reason):
    """Notes why what stands for a function of NumPy's has no gradient."""

    def noted(function):
        VALUES[function] = reason
        return function

    return noted


def numpys(name):
    """The function of that name, such as "linalg.trace", or None where this NumPy has it not."""
    home, _, name = name.rpartition(".")
    return getattr(getattr(np, home) if home else np, name, None)


# --- new tensors ----------------------------------------------------------------------------------


@handler
def array(object, dtype=None, *, copy=True, order="K", subok=False, ndmin=0):
    """``numpy.array``; tensors, alone or in nested sequences, keep their gradient."""
    out = creation.array(object, dtype)
    return out if out.ndim >= ndmin else out.reshape((1,) * (ndmin - out.ndim) + out.shape)


@handler
def asarray(a, dtype=None, order=None, *, device=None, copy=None):
    """``numpy.asarray``: a tensor of that dtype is given back as it is."""
    if isinstance(a, Tensor):
        return a if not copy and dtype in (None, a.dtype) else array(a, dtype)
    return creation.asarray(a, dtype, copy)


HANDLERS[np.asanyarray] = HANDLERS[np.ascontiguousarray] = HANDLERS[np.asfortranarray] = asarray


@handler
def asarray_chkfinite(a, dtype=None, order=None):
    """``numpy.asarray_chkfinite``: looks at the values."""
    a = asarray(a, dtype)
    if not np.isfinite(a._array()).all():
        raise ArgumentError("got infinities or nan, expected finite numbers only")
    return a


@handler
def copy(a, order="K", subok=False):
    """``numpy.copy``: part of the graph."""
    return as_operand(a).clone()


@handler
def astype(x, dtype, /, *, copy=True, device=None):
    """``numpy.astype``."""
    return as_operand(x).astype(dtype, copy=copy)


@handler
def full(shape, fill_value, dtype=None, order="C", *, device=None):
    """``numpy.full``; a tensor as value keeps its gradient."""
    return creation.full(shape, fill_value, dtype)


@handler
def full_like(a, fill_value, dtype=None, order="K", subok=True, shape=None, *, device=None):
    """``numpy.full_like``; a tensor as value keeps its gradient."""
    a = as_operand(a)
    return creation.full(
        a.shape if shape is None else shape, fill_value, as_dtype(dtype or a.dtype)
    )


@handler
def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0, *, device=None):
    """``numpy.linspace``; tensors as ends keep their gradient."""
    out = creation.linspace(start, stop, num, dtype, endpoint=endpoint, axis=axis)
    parts = num - 1 if endpoint else num
    step = (as_operand(stop) - as_operand(start)) / (float(parts) if parts > 0 else float("nan"))
    return (out, step) if retstep else out


@handler
@valued("memory of another library; a tensor that requires grad is refused")
def from_dlpack(x, /, *, device=None, copy=None):
    """``numpy.from_dlpack``: memory that may be written to is copied, as all that becomes
    tensors."""
    return dlpack.from_dlpack(x, device=device, copy=copy)


@handler
def searchsorted(a, v, side="left", sorter=None):
    """``numpy.searchsorted``."""
    a = as_operand(a)
    return FUNCTIONS["searchsorted"](
        a if sorter is None else FUNCTIONS["take"](a, sorter), as_operand(v), side=side
    )


# --- truth of a condition -------------------------------------------------------------------------


def nonzero_where(condition):
    """``numpy.where`` of a condition alone: positions, which have no gradient."""
    return on_arrays(np.nonzero, (condition,), {})


# --- memory ---------------------------------------------------------------------------------------


def _root(t):
    while parent_of(t) is not None:
        t = parent_of(t)
    return t


def _places(t):
    """The flat position in its root of each element of `t`."""
    steps, top = [], t
    while parent_of(top) is not None:
        steps.append(top._x.step)
        top = parent_of(top)
    out = as_operand(np.arange(top.size).reshape(top.shape))
    for step in reversed(steps):
        out = step(out)
    return out._array()


@handler
@valued("whether views may overlap")
def may_share_memory(a, b, /, max_work=None):
    """Whether a write to one may be seen in the other: they are views of the same tensor, or the
    same."""
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return _root(a) is _root(b)
    return np.may_share_memory(*arrays((a, b)))


@handler
@valued("whether views overlap")
def shares_memory(a, b, /, max_work=None):
    """Whether a write to one is seen in the other: they have an element in common."""
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return _root(a) is _root(b) and bool(np.intersect1d(_places(a), _places(b)).size)
    return np.shares_memory(*arrays((a, b)))


# --- writes ---------------------------------------------------------------------------------------


MAKE_A_TENSOR = (
    "make the array a tensor, into which gradients go, as in jitgrad.zeros(shape) for "
    "numpy.zeros(shape)"
)


def _into_array(function, target, *operands):
    """A write into an array: its gradient would be lost."""
    refuse_gradient(f"numpy.{function.__name__} into an array", operands, MAKE_A_TENSOR)
    function(target, *arrays(operands))


def _write(target, places, values):
    """``target.flat[places] = values``, `values` repeated as needed."""
    places = np.asarray(places)
    values = written(values, target.dtype).reshape((-1,))
    if places.size and not values.size:
        raise ArgumentError(f"got no values for {places.size} places, expected at least one")
    if places.size:
        new = target.reshape((-1,)).clone()
        new[places] = values[np.arange(places.size) % values.size]
        target.copy_(new.reshape(target.shape))


@handler
def copyto(dst, src, casting="same_kind", where=True):
    """``numpy.copyto``."""
    if not isinstance(dst, Tensor):
        refuse_gradient("numpy.copyto into an array", (src, where), MAKE_A_TENSOR)
        return np.copyto(dst, arrays(src), casting, arrays(where))
    weak = type(src) in (int, float, bool) and np.result_type(dst.dtype, src) == dst.dtype
    value = written(src, dst.dtype) if weak else as_operand(src)
    if not weak and not np.can_cast(value.dtype, dst.dtype, casting):
        raise DTypeError(
            f"np.copyto() got {value.dtype} values for a {dst.dtype} tensor, which "
            f"casting={casting!r} does not allow; "
            "convert them with .astype first"
        )
    if where is not True:
        value = FUNCTIONS["where"](as_mask(where), value.to(dst.dtype), dst)
    dst.copy_(value)


@handler
def put(a, ind, v, mode="raise"):
    """``numpy.put``."""
    if not isinstance(a, Tensor):
        return _into_array(np.put, a, ind, v, mode)
    ind = np.asarray(arrays(ind)).reshape(-1)
    if mode not in ("raise", "wrap", "clip"):
        raise ArgumentError(f"np.put() got mode={mode!r}, expected 'raise', 'wrap' or 'clip'")
    if mode == "raise" and ind.size and not -a.size <= ind.min() <= ind.max() < a.size:
        raise IndexOutOfRange(
            f"np.put() got indices from {ind.min()} to {ind.max()} for {a.size} elements"
        )
    ind = np.clip(ind, 0, a.size - 1) if mode == "clip" else ind % a.size
    _write(a, ind, v)


@handler
def putmask(a, mask, values):
    """``numpy.putmask``: values by the position of the element."""
    if not isinstance(a, Tensor):
        return _into_array(np.putmask, a, mask, values)
    places = np.flatnonzero(_mask_of(a, mask))
    values = written(values, a.dtype).reshape((-1,))
    _write(a, places, values[places % values.size] if values.size else values)


@handler
def place(arr, mask, vals):
    """``numpy.place``: values in turn."""
    if not isinstance(arr, Tensor):
        return _into_array(np.place, arr, mask, vals)
    _write(arr, np.flatnonzero(_mask_of(arr, mask)), vals)


def _mask_of(a, mask):
    mask = np.asarray(arrays(mask)).astype(bool)
    if mask.shape != a.shape:
        raise ArgumentError(
            f"got a mask of shape {mask.shape} for a tensor of shape {a.shape}, expected the same "
            "shape"
        )
    return mask


@handler
def put_along_axis(arr, indices, values, axis):
    """``numpy.put_along_axis``."""
    if not isinstance(arr, Tensor):
        return _into_array(np.put_along_axis, arr, indices, values, axis)
    places = np.arange(arr.size).reshape(arr.shape)
    places = np.take_along_axis(places, np.asarray(arrays(indices)), axis)
    _write(
        arr, places.reshape(-1), FUNCTIONS["broadcast_to"](written(values, arr.dtype), places.shape)
    )


@handler
def fill_diagonal(a, val, wrap=False):
    """``numpy.fill_diagonal``."""
    if not isinstance(a, Tensor):
        return _into_array(np.fill_diagonal, a, val, wrap)
    marks = np.zeros(a.shape, dtype=bool)
    np.fill_diagonal(marks, True, wrap)
    _write(a, np.flatnonzero(marks), val)
