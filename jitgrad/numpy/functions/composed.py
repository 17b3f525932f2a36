"""NumPy functions that are formulas of operations jitgrad has, so that their gradients come by
themselves.

Each function has NumPy's name, calling form and meaning. `BY_NUMPY` lists those whose
implementation in NumPy is Python and runs on tensors as it is; `rearranged` has those that only
move elements, `statistics` those of statistics, and `contraction` einsum. Start at `BY_NUMPY` and
`special.handler`, whose table `protocol.dispatch` looks at first.
"""

import functools
from types import SimpleNamespace

import numpy as np

from ...base.dtypes import SUPPORTED, is_complex, is_inexact
from ...base.errors import ArgumentError, AxisError, DTypeError, ShapeError
from ...frontend.convert import as_operand, put_together
from ...frontend.functions import FUNCTIONS
from ...frontend.tensor import Tensor
from ...ir.shapes import as_int, broadcast_shapes, normalize_axis
from ...ops.joining import JOINED
from ...tape.keys import Opcode
from ...tape.segment import local
from ..fallback import arrays, asked
from ..sequences import ARRAY, SEQUENCE, mapped
from ..signature import NOTHING
from .writes import VALUES, handler, numpys, stands_for

op = SimpleNamespace(**FUNCTIONS)

#: Functions whose implementation in NumPy is made of others that take tensors, and what their first
#: operand is.
BY_NUMPY = {
    "array_split": ARRAY,
    "cumulative_prod": ARRAY,
    "cumulative_sum": ARRAY,
    "dsplit": ARRAY,
    "hsplit": ARRAY,
    "linalg.diagonal": ARRAY,
    "linalg.trace": ARRAY,
    "rollaxis": ARRAY,
    "split": ARRAY,
    "unstack": ARRAY,
    "vsplit": ARRAY,
}


def _by_numpy(function, kind):
    """NumPy's own implementation, entered behind the dispatch that led here; what it converts is a
    tensor before it."""

    @functools.wraps(function)
    def run(first, /, *args, **kwargs):
        return asked(function.__wrapped__, mapped(kind, first, as_operand), *args, **kwargs)

    return run


for _name, _kind in BY_NUMPY.items():
    if numpys(_name) is not None:  # NumPy 2.0 has no unstack, cumulative_sum...
        stands_for(numpys(_name), _by_numpy(numpys(_name), _kind))


def _joining(function, build):
    """A function that joins a sequence of tensors: one record, unless a dtype is asked for."""
    opcode = Opcode(None, None, build)

    def joined(tup, **kwargs):
        items = tuple(as_operand(tup)) if isinstance(tup, (Tensor, np.ndarray)) else tup
        if not kwargs and isinstance(items, (list, tuple)) and items:
            return put_together(opcode, items)
        return asked(function.__wrapped__, mapped(SEQUENCE, tup, as_operand), **kwargs)

    return joined


for _name, _build in JOINED.items():
    stands_for(getattr(np, _name), _joining(getattr(np, _name), _build))


@handler
def row_stack(tup, *, dtype=None, casting="same_kind"):
    return np.vstack(mapped(SEQUENCE, tup, as_operand), dtype=dtype, casting=casting)


# --- shapes ---------------------------------------------------------------------------------------


def _at_least(ndim, shaped):
    def atleast(*arys):
        out = [x if x.ndim >= ndim else x.reshape(shaped(x.shape)) for x in map(as_operand, arys)]
        return out[0] if len(out) == 1 else tuple(out)

    return atleast


stands_for(np.atleast_1d, _at_least(1, lambda shape: (1,)))
stands_for(np.atleast_2d, _at_least(2, lambda shape: (1, *shape) if shape else (1, 1)))
stands_for(
    np.atleast_3d,
    _at_least(3, lambda shape: {0: (1, 1, 1), 1: (1, *shape, 1), 2: (*shape, 1)}[len(shape)]),
)


@handler
def rot90(m, k=1, axes=(0, 1)):
    m, k = as_operand(m), as_int(k, "k") % 4
    if len(axes) != 2 or m.ndim < 2 or len({normalize_axis(a, m.ndim) for a in axes}) != 2:
        raise AxisError(
            f"got axes {axes} for a rotation of shape {m.shape}, expected two different ones of "
            "its axes"
        )
    first, second = axes
    if k % 2 == 0:
        return m.flip(tuple(axes)) if k else m[:]
    return (
        m.flip(second).swapaxes(first, second) if k == 1 else m.swapaxes(first, second).flip(second)
    )


@handler
def broadcast_arrays(*args, subok=False):
    # What is no number, as the None for "not given" of plotting functions, is stretched as NumPy
    # stretches it.
    args = [
        as_operand(x) if isinstance(x, Tensor) or _is_numeric(x) else np.asarray(x) for x in args
    ]
    shape = broadcast_shapes(*(x.shape for x in args)) if args else ()
    return tuple(
        np.broadcast_to(x, shape) if isinstance(x, np.ndarray) else x.broadcast_to(shape)
        for x in args
    )


def _is_numeric(x):
    return isinstance(x, (list, tuple, float, int)) or np.asarray(x).dtype in SUPPORTED


@handler
def meshgrid(*xi, copy=True, sparse=False, indexing="xy"):
    if indexing not in ("xy", "ij"):
        raise ArgumentError(f"got indexing={indexing!r}, expected 'xy' or 'ij'")
    places = list(range(len(xi)))
    if indexing == "xy":
        places[:2] = places[:2][::-1]
    parts = [
        as_operand(x).reshape([-1 if k == place else 1 for k in range(len(xi))])
        for x, place in zip(xi, places, strict=True)
    ]
    if sparse:
        return tuple(x.clone() for x in parts) if copy else tuple(parts)
    whole = broadcast_arrays(*parts)
    return tuple(x.clone() for x in whole) if copy else whole


# --- choices --------------------------------------------------------------------------------------


@handler
def select(condlist, choicelist, default=0):
    if len(condlist) != len(choicelist) or not condlist:
        raise ArgumentError(
            f"got {len(condlist)} conditions for {len(choicelist)} choices, expected as many, and "
            "one at least"
        )
    for condition in condlist:
        if as_operand(condition).dtype != np.bool_:
            raise DTypeError(
                f"got a condition of dtype {as_operand(condition).dtype} in numpy.select, "
                "expected bool; "
                "compare first, as in x > 0"
            )
    values = [x if type(x) in (int, float) else as_operand(x) for x in (*choicelist, default)]
    dtype = np.result_type(*(x if type(x) in (int, float) else x.dtype for x in values))
    *choices, out = [as_operand(x).to(dtype) for x in values]
    for condition, choice in zip(reversed(condlist), reversed(choices), strict=True):
        out = op.where(condition, choice, out)
    return out


@handler
def interp(x, xp, fp, left=None, right=None, period=None):
    if period is not None:
        return _interp_periodic(x, xp, fp, period)
    x, xp, fp = as_operand(x), as_operand(xp).double(), as_operand(fp).double()
    if xp.ndim != 1 or xp.shape != fp.shape or not xp.size:
        raise ShapeError(
            f"got points of shape {xp.shape} and values of {fp.shape}, expected the same number "
            "on one axis"
        )
    x, last = x.double(), xp.size - 1
    at = op.clip(op.searchsorted(xp, x, side="right") - 1, 0, max(last - 1, 0))
    after = op.minimum(at + 1, last)
    x0, y0, x1 = op.take(xp, at), op.take(fp, at), op.take(xp, after)
    width = op.equal(x0, x1)  # a point alone: its value, whatever is divided by
    slope = (op.take(fp, after) - y0) / (x1 - x0 + width)
    out = op.where(op.isnan(x), x, y0 + slope * (x - x0))
    out = op.where(x < xp[0], fp[0] if left is None else left, out)
    out = op.where(op.equal(x, xp[-1]), fp[-1], out)
    return op.where(x > xp[-1], fp[-1] if right is None else right, out)


def _interp_periodic(x, xp, fp, period):
    """The same of points that repeat: one more on either side."""
    if period == 0:
        raise ArgumentError("got period=0, expected another number")
    period = abs(period)
    x, xp, fp = (
        op.remainder(as_operand(x).double(), period),
        op.remainder(as_operand(xp).double(), period),
        as_operand(fp),
    )
    if xp.ndim != 1 or xp.shape != fp.shape or not xp.size:
        raise ShapeError(
            f"got points of shape {xp.shape} and values of {fp.shape}, expected the same number "
            "on one axis"
        )
    order = op.argsort(xp)
    xp, fp = op.take(xp, order), op.take(fp, order)
    xp = op.concatenate([xp[-1:] - period, xp, xp[:1] + period])
    return interp(x, xp, op.concatenate([fp[-1:], fp, fp[:1]]))


# --- differences and products ---------------------------------------------------------------------


@handler
def diff(a, n=1, axis=-1, prepend=NOTHING, append=NOTHING):
    a, n = as_operand(a), as_int(n, "n")
    if n < 0:
        raise ArgumentError(f"got n = {n}, expected a number of differences of at least 0")
    if n == 0:
        return a
    axis = normalize_axis(axis, a.ndim)
    parts = [prepend, a, append]
    a = op.concatenate([_edge(x, a.shape, axis) for x in parts if x is not NOTHING], axis)
    for _ in range(n):
        a = a.swapaxes(0, axis)
        a = (a[1:] != a[:-1] if a.dtype == np.bool_ else a[1:] - a[:-1]).swapaxes(0, axis)
    return a


def _edge(x, shape, axis):
    """What is put before or behind: a number stands for one element along `axis`."""
    x = as_operand(x)
    return (
        x if x.shape else x.broadcast_to(tuple(1 if k == axis else m for k, m in enumerate(shape)))
    )


@handler
def gradient(f, *varargs, axis=None, edge_order=1):
    f = as_operand(f)
    if f.dtype == np.bool_ and all(np.ndim(step) == 0 for step in varargs):
        raise DTypeError(
            "got a gradient of dtype bool, expected numbers; convert with .astype first"
        )
    f = f if is_inexact(f.dtype) else f.double()
    axes = _axes_of_gradient(axis, f.ndim)
    steps = (
        varargs * len(axes)
        if len(varargs) == 1 and np.ndim(varargs[0]) == 0
        else varargs or (1.0,) * len(axes)
    )
    if len(steps) != len(axes) or edge_order not in (1, 2):
        raise ArgumentError(
            f"got {len(varargs)} spacings for {len(axes)} axes and edge_order={edge_order}, "
            "expected none, one, or one per axis, and 1 or 2"
        )
    out = [
        _slopes(f.swapaxes(0, a), h, edge_order).swapaxes(0, a)
        for a, h in zip(axes, steps, strict=True)
    ]
    return out[0] if len(out) == 1 else tuple(out)


def _axes_of_gradient(axis, ndim):
    named = range(ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = [normalize_axis(a, ndim) for a in named]
    if len(set(axes)) != len(axes):
        raise AxisError(f"got axis {axis} for a gradient, expected each axis once")
    return axes


def _slopes(f, spacing, edge_order):
    """Central differences along the first axis; `spacing` is a number, or the places of the
    values."""
    n, spacing = len(f), as_operand(spacing)
    if n < edge_order + 1 or spacing.shape not in ((), (n,)):
        raise ShapeError(
            f"got spacing of shape {spacing.shape} for {n} values, "
            f"expected a number or {n} places, and {edge_order + 1} values at least"
        )
    h = spacing.broadcast_to((n - 1,)) if not spacing.shape else spacing[1:] - spacing[:-1]
    h = h.to(np.result_type(f.dtype, h.dtype) if spacing.shape else f.dtype).reshape(
        (-1,) + (1,) * (f.ndim - 1)
    )
    slope = (f[1:] - f[:-1]) / h
    left, right = h[:-1], h[1:]
    if spacing.shape:
        inner = (right * slope[:-1] + left * slope[1:]) / (left + right)
    else:  # the value between has no part in it, whatever it is
        inner = (f[2:] - f[:-2]) / (left + right)
    first, last = slope[:1], slope[-1:]
    if edge_order == 2:
        first = first - (slope[1:2] - slope[:1]) * h[:1] / (h[:1] + h[1:2])
        last = last + (slope[-1:] - slope[-2:-1]) * h[-1:] / (h[-1:] + h[-2:-1])
    return op.concatenate([first, inner, last]).to(f.dtype)


@handler
def ediff1d(ary, to_end=None, to_begin=None):
    ary = as_operand(ary).reshape((-1,))
    parts = [to_begin, ary[1:] - ary[:-1], to_end]
    parts = [None if x is None else as_operand(x).reshape((-1,)) for x in parts]
    for x in parts:
        if x is not None and not np.can_cast(x.dtype, ary.dtype, "same_kind"):
            raise DTypeError(
                f"got {x.dtype} ends for differences of {ary.dtype}; convert them with .astype "
                "first"
            )
    return op.concatenate([x.to(ary.dtype) for x in parts if x is not None])


@handler
def trapezoid(y, x=None, dx=1.0, axis=-1):
    y = as_operand(y)
    k = normalize_axis(axis, y.ndim)
    if x is None:
        widths = (
            dx if isinstance(dx, (int, float)) else as_operand(dx)
        )  # a number does not widen the dtype
    else:
        x = as_operand(x)
        widths = diff(x, axis=0 if x.ndim == 1 else axis)
        widths = (
            widths.reshape([-1 if i == k else 1 for i in range(y.ndim)]) if x.ndim == 1 else widths
        )
    before = (slice(None),) * k
    return (widths * (y[(*before, slice(1, None))] + y[(*before, slice(-1))]) / 2.0).sum(axis)


@handler
def cross(a, b, axisa=-1, axisb=-1, axisc=-1, axis=None):
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = op.moveaxis(as_operand(a), axisa, 0), op.moveaxis(as_operand(b), axisb, 0)
    if len(a) == len(b) == 2:  # in the plane, as NumPy still has them
        return a[0] * b[1] - a[1] * b[0]
    a, b = (
        op.concatenate([x, np.zeros((1, *x.shape[1:]), x.dtype)]) if len(x) == 2 else x
        for x in (a, b)
    )
    if a.shape[0] != 3 or b.shape[0] != 3:
        raise ShapeError(
            f"got vectors of {len(a)} and {len(b)} elements for a cross product, expected 3 and 3"
        )
    out = op.stack([a[i] * b[j] - a[j] * b[i] for i, j in ((1, 2), (2, 0), (0, 1))])
    return op.moveaxis(out, 0, axisc)


def _cross_on(x1, x2, /, *, axis=-1):
    """The cross product of vectors of three elements.

    Parameters
    ----------
    x1, x2 : Tensor
        Of three elements along `axis`; other axes are broadcast.
    axis : int
        The axis of the vectors.

    Returns
    -------
    Tensor

    Raises
    ------
    ShapeError
        Vectors of other lengths.

    See Also
    --------
    https://numpy.org/doc/stable/reference/generated/numpy.linalg.cross.html

    Examples
    --------
    >>> jitgrad.linalg.cross(jitgrad.tensor([1.0, 0.0, 0.0]), jitgrad.tensor([0.0, 1.0, 0.0]))
    tensor([0., 0., 1.])
    """
    return cross(x1, x2, axis=axis)


stands_for(np.linalg.cross, _cross_on)


@handler
def kron(a, b):
    a, b = as_operand(a), as_operand(b)
    ndim = max(a.ndim, b.ndim)
    n, m = ((1,) * (ndim - x.ndim) + x.shape for x in (a, b))
    out = a.reshape([k for length in n for k in (length, 1)]) * b.reshape(
        [k for length in m for k in (1, length)]
    )
    return out.reshape([i * j for i, j in zip(n, m, strict=True)])


def conjugated(x):
    """The conjugate of a tensor, which is itself if it is real."""
    return op.conjugate(x) if is_complex(x.dtype) else x


@handler
def vdot(a, b, /):
    return op.dot(conjugated(as_operand(a)).reshape((-1,)), as_operand(b).reshape((-1,)))


#: NumPy's numbers of the modes of `convolve`.
_MODES = {0: "valid", 1: "same", 2: "full"}


def _on_one_axis(x):
    x = as_operand(x)
    if x.ndim > 1:
        raise ShapeError(
            f"got shape {x.shape} to convolve or correlate, expected one axis; use .reshape(-1), "
            "or a row"
        )
    return x.reshape((-1,))


@handler
def convolve(a, v, mode="full"):
    a, v, mode = _on_one_axis(a), _on_one_axis(v), _MODES.get(mode, mode)
    if not a.size or not v.size or mode not in ("full", "same", "valid"):
        raise ArgumentError(
            f"got {a.size} and {v.size} elements to convolve with mode={mode!r}, "
            "expected one at least, and 'full', 'same' or 'valid'"
        )
    a, v = (v, a) if v.size > a.size else (a, v)
    if mode == "valid":
        return op.window_products(a, v[::-1])
    full = op.convolved(a, v)
    skip, length = ((v.size - 1) // 2, a.size) if mode == "same" else (0, full.size)
    return full[skip : skip + length]


@handler
def correlate(a, v, mode="valid"):
    if 0 in (as_operand(a).ndim, as_operand(v).ndim):
        raise ShapeError("got a 0-d operand to correlate, expected one axis")
    a, v = _on_one_axis(a), _on_one_axis(v)
    if v.size > a.size:  # NumPy correlates the other way round, and reverses what comes out
        return conjugated(correlate(v, a, mode)[::-1])
    return convolve(a, conjugated(v[::-1]), mode)


@handler
def vander(x, N=None, increasing=False):
    x = as_operand(x)
    if x.ndim != 1:
        raise ShapeError(f"got a tensor of shape {x.shape} for vander, expected one axis")
    x = x.to(np.promote_types(x.dtype, int))
    powers = np.arange(x.size if N is None else as_int(N, "N"))
    return x[:, None] ** as_operand((powers if increasing else powers[::-1]).astype(x.dtype))


@handler
def sort_complex(a):
    a = as_operand(a)
    if not is_complex(a.dtype):
        a = a.to(np.complex64 if a.dtype.char in "bhBH" else np.complex128)
    return op.sort(a)


# --- parts of a number ----------------------------------------------------------------------------


stands_for(np.real, op.real)
stands_for(np.imag, op.imag)
stands_for(np.angle, op.angle)


@handler
def real_if_close(a, tol=100):
    a = as_operand(a)
    if not is_complex(a.dtype):
        return a
    bound = tol * float(np.finfo(a.dtype).eps) if tol > 1 else tol
    return a.real if (op.absolute(a.imag) < bound).all() else a


@handler
def partition(a, kth, axis=-1, kind="introselect", order=None):
    a = as_operand(a)
    a, axis = (a.reshape((-1,)), 0) if axis is None else (a, axis)
    if local.seg.tracing is not None:  # an order of all elements is one of parts
        _check_parts(a, kth, axis)
        return op.sort(a, axis)
    return op.take_along_axis(a, asked(np.argpartition, a._array(), arrays(kth), axis, kind), axis)


@handler
def argpartition(a, kth, axis=-1, kind="introselect", order=None):
    a = as_operand(a)
    a, axis = (a.reshape((-1,)), 0) if axis is None else (a, axis)
    if local.seg.tracing is not None:
        _check_parts(a, kth, axis)
        return op.argsort(a, axis)
    return as_operand(asked(np.argpartition, arrays(a.detach()), arrays(kth), axis, kind))


VALUES[argpartition] = "positions"


def _check_parts(a, kth, axis):
    """Refuses, while `jit` traces, what NumPy does in a call."""
    shape = np.broadcast_to(np.zeros(1), (a.shape[normalize_axis(as_int(axis, "axis"), a.ndim)],))
    asked(np.argpartition, shape, arrays(kth))
