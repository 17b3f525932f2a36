"""Indexing: what ``x[...]`` means, and gather and scatter for integer arrays.

`parse` turns a Python index into a `Basic` part (slices, new axes: movement nodes, a view) and
index arrays (a copy). Integers and slice starts are passed as numbers, so that a loop over them
records one program. A boolean mask is turned into integer arrays before it gets here: its result's
shape depends on values.
"""

import math
import operator
from typing import NamedTuple

import numpy as np

from ..base.dtypes import BOOL, FLOAT64, INT64, is_float
from ..base.errors import ArgumentError, IndexOutOfRange, ShapeError
from ..base.foreign import refuse_subclass
from ..ir import Loops, Node, Op, const
from ..ir.shapes import broadcast_shapes, check_ndim, normalize_axis, stretches
from .arithmetic import add
from .comparison import where
from .marks import stop
from .movement import permute, slice_node
from .primitives import broadcast, cast, reshape_to, zeros
from .promotion import common_dtypes
from .records import Indices, Names
from .registry import operation
from .sampling import with_indices

# --- gather and its adjoint: index arrays on the leading axes -------------------------------------


def _scatter_add(g, *index, node):
    """Rows of floats by `numpy.bincount`, a third of the time of `numpy.add.at`, which is fast for
    single numbers."""
    lead, rest = node.shape[: len(index)], node.shape[len(index) :]
    width = math.prod(rest)
    if width < 2 or not g.size or not is_float(node.dtype):
        out = np.zeros(node.shape, node.dtype)
        np.add.at(out, index, g)
        return out
    row = np.ravel_multi_index(index, lead, mode="wrap").reshape(-1, 1) * width
    out = np.bincount(
        (row + np.arange(width)).reshape(-1), np.reshape(g, -1), math.prod(node.shape)
    )
    return out.reshape(node.shape).astype(node.dtype, copy=False)


def _adding(node, limits):
    """`SCATTER_ADD` as loops.

    Positions come in order, so a sum depends on the sizes alone. Wide rows are cut into columns, a
    unit each. Narrow ones that are named often, `scatter_repeats` times each on average, are added
    up in several arrays, for a part of the positions each. Else there is one unit: what the
    positions say is known in a place each of memory, and to look for the positions of a part of the
    places takes as long as to add. Floats are added up in float64."""
    _g, *index = node.src
    if node.dtype.kind == "b" or any(i.dtype != INT64 for i in index):
        return None
    lead, rest, k = node.shape[: len(index)], node.shape[len(index) :], index[0].size
    rows, width = math.prod(lead), math.prod(rest)
    wide = FLOAT64 if is_float(node.dtype) else node.dtype
    large = k * width > limits.grain
    tiles = max(1, width // limits.call_tile) if large else 1
    tile = -(-width // tiles)
    parts = 1
    if tiles == 1 and is_float(node.dtype):
        often = k // (limits.scatter_repeats * max(rows, 1))
        parts = max(1, min(limits.scatter_parts, k * width // limits.grain, often))
    row = "x1[k]"
    for axis in range(1, len(index)):
        row = f"({row} * n{axis + 5} + x{axis + 1}[k])"
    sizes = (width, rows, tile, tiles, -(-k // parts), k, *lead[1:])
    short = not rest or (width <= limits.scatter_width and large)
    code = _SHORT.replace("n0", str(width)) if short else _ROWS
    return Loops(
        code.replace("ROW", row), sizes, tiles * parts if node.size else 0, k * width, parts, wide
    )


_ROWS = """
for u in range(start, stop):
    p = u // n3
    first, low = p * n1, (u - p * n3) * n2
    high = min(low + n2, n0)
    for r in range(first, first + n1):
        for j in range(r * n0 + low, r * n0 + high):
            out[j] = 0
    for k in range(p * n4, min(p * n4 + n4, n5)):
        place, source = (first + ROW) * n0, k * n0
        for j in range(low, high):
            out[place + j] += x0[source + j]
"""
_SHORT = """
for u in range(start, stop):
    for j in range(u * n1 * n0, (u + 1) * n1 * n0):
        out[j] = 0
    for k in range(u * n4, min(u * n4 + n4, n5)):
        place, source = (u * n1 + ROW) * n0, k * n0
        for j in range(n0):
            out[place + j] += x0[source + j]
"""


def _scatter_set(x, v, *index, node):
    out = np.array(x)
    out[index] = v
    return out


GATHER = Op(
    "gather",
    "gather",
    lambda x, *index, node: x[index],
    vjp=lambda g, node: (
        scatter_add(g, node.src[1:], node.src[0].shape),
        *(None,) * (len(node.src) - 1),
    ),
    jvp=lambda t, node: gather(t[0], node.src[1:]),
)
SCATTER_ADD = Op(
    "scatter_add",
    "call",
    _scatter_add,
    vjp=lambda g, node: (gather(g, node.src[1:]), *(None,) * (len(node.src) - 1)),
    jvp=lambda t, node: scatter_add(t[0], node.src[1:], node.shape),
    combine="({0} + {1})",
    loops=_adding,
)


def _set_vjp(g, node):
    index = node.src[2:]
    return (scatter_set(g, zeros(node.src[1]), index), gather(g, index), *(None,) * len(index))


def _set_jvp(t, node):
    x, v = (zeros(s) if u is None else u for u, s in zip(t[:2], node.src[:2], strict=True))
    return scatter_set(x, v, node.src[2:])


SCATTER_SET = Op("scatter_set", "call", _scatter_set, vjp=_set_vjp, jvp=_set_jvp)


IN_BOUNDS = Op(
    "in_bounds",
    "call",
    lambda index, node: _in_bounds(np.asarray(index), *node.arg),
    vjp=lambda g, node: (None,),
    jvp=lambda t, node: None,
)
LAST_WRITES = Op(
    "last_writes",
    "call",
    lambda *index, node: _last_of(np.broadcast_arrays(*index), node.arg),
    vjp=lambda g, node: (None,) * len(node.src),
    jvp=lambda t, node: None,
)


def in_bounds(index, n, axis):
    """An index array that nobody has seen yet, for an axis of `n`: checked when it is computed,
    none is negative."""
    if index.dtype.kind not in "iu":
        raise IndexOutOfRange(f"got an index tensor of dtype {index.dtype}, expected integers")
    return Node(IN_BOUNDS, (index,), (n, axis), index.shape, INT64)


def written_last(index, lengths):
    """Of index arrays, for axes of these lengths, which entries name their place last."""
    return Node(LAST_WRITES, tuple(index), lengths, index[0].shape, BOOL)


def gather(x, index):
    """x[index arrays], on x's leading axes.

    Kernels read at these places unseen: whoever makes an index array has checked that they are
    there, and none is negative (`parse`, `_check_take`, `in_bounds`; order.argsort makes no other).
    """
    return Node(
        GATHER, (x, *index), None, check_ndim(index[0].shape + x.shape[len(index) :]), x.dtype
    )


def scatter_add(g, index, shape):
    return Node(SCATTER_ADD, (g, *index), None, shape, g.dtype)


def scatter_set(x, v, index):
    return Node(SCATTER_SET, (x, v, *index), None, x.shape, x.dtype)


# --- what x[...] means ----------------------------------------------------------------------------


class Index(NamedTuple):
    """A parsed index. `starts` and `arrays` are values; the rest is static and keys the plan."""

    steps: tuple  # per axis of x
    lengths: tuple  # per axis of x, after slicing
    shape: tuple  # after integers are dropped and new axes put in: the view's
    axes: tuple  # axes of the view that arrays index
    first: int  # where the arrays' axes go in the result
    starts: tuple
    arrays: tuple


def parse(shape, index):
    """An `Index` for ``x[index]`` where x has `shape`; bounds are checked here."""
    items = index if isinstance(index, tuple) else (index,)
    items = _without_ellipsis([_array_or_same(i) for i in items], len(shape), index)
    steps, lengths, starts, out, axes, arrays, axis = [], [], [], [], [], [], 0
    for item in items:
        if item is None:
            out.append(1)
        elif (
            isinstance(item, np.ndarray) and item.ndim == 0
        ):  # True or False: a new axis, of length 1 or 0
            axes.append(len(out)), out.append(1), arrays.append(np.zeros(int(item), np.int64))
        elif isinstance(item, np.ndarray):
            if item.dtype == bool:
                _mask_fits(item, shape, axis)
            for array in item.nonzero() if item.dtype == bool else (item,):
                arrays.append(_in_bounds(array, shape[axis], axis))
                axes.append(len(out))
                (
                    steps.append(1),
                    lengths.append(shape[axis]),
                    starts.append(0),
                    out.append(shape[axis]),
                )
                axis += 1
        else:
            start, length, step = _part(item, shape[axis], axis)
            steps.append(step), lengths.append(length), starts.append(start)
            if isinstance(item, slice):
                out.append(length)
            axis += 1
    first = _first(items, axes)
    if arrays:
        common = broadcast_shapes(*(a.shape for a in arrays))
        arrays = [np.ascontiguousarray(np.broadcast_to(a, common)) for a in arrays]
    return Index(
        tuple(steps), tuple(lengths), tuple(out), tuple(axes), first, tuple(starts), tuple(arrays)
    )


def _part(item, n, axis):
    """(start, length, step) of a slice or an integer."""
    if isinstance(item, slice):
        start, stop, step = _slice_indices(item, n)
        length = len(range(start, stop, step))
        return (start if length else 0), length, step
    if not -n <= item < n:
        raise IndexOutOfRange(
            f"got index {item} for axis {axis} of length {n}, expected {-n} <= index < {n}"
        )
    return (item + n if item < 0 else item), 1, 1


def _first(items, axes):
    """Where the arrays' axes go: in place if arrays (and, beside them, integers) stand together,
    else in front."""
    if not axes:
        return 0
    together = [
        k for k, item in enumerate(items) if item is not None and not isinstance(item, slice)
    ]
    if together[-1] - together[0] != len(together) - 1:
        return 0
    return sum(1 for item in items[: together[0]] if item is None or isinstance(item, slice))


def whole_numbers(values, what, error=IndexOutOfRange):
    """`values`, positions or how often, as an array of integers."""
    array = as_array(values, what, error)
    if array.dtype.kind not in "iu":
        raise error(f"got {what} of dtype {array.dtype}, expected integers")
    return array


def as_array(values, what, error=IndexOutOfRange):
    """`values` as an array, of whatever kind."""
    try:
        return np.asarray(values)
    except (
        ValueError,
        TypeError,
        OverflowError,
    ) as problem:  # ragged, or of what NumPy does not know
        raise error(
            f"got {what} of type {type(values).__name__} that make no array: {problem}"
        ) from None


def _array_or_same(item):
    if item is None or item is Ellipsis or isinstance(item, slice):
        return item
    if isinstance(item, (bool, np.bool_)):
        return np.asarray(item)
    if not isinstance(item, (list, np.ndarray)):
        try:
            return operator.index(item)
        except TypeError:
            pass
    refuse_subclass(item)
    array = as_array(item, "indices")
    if array.size == 0 and not isinstance(item, np.ndarray):
        array = array.astype(np.int64)
    if array.dtype != bool and array.dtype.kind not in "iu":
        raise IndexOutOfRange(
            f"got an index of type {type(item).__name__} ({array.dtype}), "
            "expected integers, slices, None, ... or boolean masks"
        )
    return int(array) if array.ndim == 0 and array.dtype != bool else array


def _without_ellipsis(items, ndim, index):
    used = sum(
        i.ndim
        if isinstance(i, np.ndarray) and i.dtype == bool
        else 0
        if i is None or i is Ellipsis
        else 1
        for i in items
    )
    places = [k for k, i in enumerate(items) if i is Ellipsis]
    if used > ndim:
        raise IndexOutOfRange(
            f"got {used} indices for a tensor of {ndim} dimensions; leave some out"
        )
    if len(places) > 1:
        raise IndexOutOfRange(f"got {len(places)} ellipses in {index!r}, expected one at most")
    at = places[0] if places else len(items)
    return items[:at] + [slice(None)] * (ndim - used) + items[at + len(places) :]


def _mask_fits(mask, shape, axis):
    if mask.shape != shape[axis : axis + mask.ndim]:
        raise IndexOutOfRange(
            f"got a boolean mask of shape {mask.shape} for axes of shape "
            f"{shape[axis : axis + mask.ndim]}, "
            "expected the same shape"
        )


def _in_bounds(array, n, axis):
    array = array.astype(np.int64)  # a copy: the user's may change before it is used
    if array.size and not (-n <= array.min() and array.max() < n):
        wrong = array.min() if array.min() < -n else array.max()
        raise IndexOutOfRange(
            f"got index {wrong} for axis {axis} of length {n}, expected {-n} <= index < {n}"
        )
    return np.where(array < 0, array + n, array) if array.size and array.min() < 0 else array


def _slice_indices(item, n):
    try:
        return item.indices(n)
    except (TypeError, ValueError) as error:
        raise IndexOutOfRange(
            f"got {item!r}: {error}; slices take integers and None, and a step other than 0"
        ) from None


# --- nodes of an index ----------------------------------------------------------------------------


def view(x, starts, index):
    """The basic part: slices, dropped and new axes."""
    return reshape_to(slice_node(x, starts, index.steps, index.lengths), index.shape)


def _fronted(ndim, axes):
    return axes + tuple(a for a in range(ndim) if a not in axes)


def pick(x, arrays, index):
    """The arrays' part, on the view `x`: gather on leading axes, then the new axes moved where
    NumPy has them."""
    out = gather(permute(x, _fronted(x.ndim, index.axes)), arrays)
    k, first = arrays[0].ndim, index.first
    order = tuple(range(k, k + first)) + tuple(range(k)) + tuple(range(k + first, out.ndim))
    return permute(out, order)


def last_writes(index, shape):
    """Where places are named several times, a mask of what is written last, and stays; None where
    none is.

    `shape` is that of the view that the arrays index.
    """
    last = _last_of(index.arrays, tuple(shape[a] for a in index.axes))
    return None if last.all() else last


def _last_of(arrays, lengths):
    """Which entries of index arrays name their place last."""
    flat = np.ravel_multi_index(arrays, lengths).reshape(-1)
    last = np.ones(flat.size, bool)
    if flat.size < 2 or (np.diff(flat) > 0).all():
        return last.reshape(arrays[0].shape)
    unique, first = np.unique(flat[::-1], return_index=True)
    if unique.size < flat.size:
        last[:] = False
        last[flat.size - 1 - first] = True
    return last.reshape(arrays[0].shape)


def put(x, arrays, v, index, last=None):
    """The view `x` after ``x[arrays] = v``; of values for one place the one in `last` counts."""
    order = _fronted(x.ndim, index.axes)
    k, first = arrays[0].ndim, index.first
    rest = tuple(x.shape[a] for a in order[len(arrays) :])
    shape = rest[:first] + arrays[0].shape + rest[first:]
    while v.ndim > len(shape) and v.shape[0] == 1:
        v = reshape_to(v, v.shape[1:])
    if not stretches(v.shape, shape):
        raise ShapeError(
            f"got a value of shape {v.shape} for a place of shape {shape}, expected one that "
            "broadcasts to it"
        )
    v = broadcast(cast(v, x.dtype), shape)
    v = permute(
        v, tuple(range(first, first + k)) + tuple(range(first)) + tuple(range(first + k, v.ndim))
    )
    if last is not None:
        v = where(
            broadcast(reshape_to(last, last.shape + (1,) * (v.ndim - k)), v.shape), v, stop(v)
        )
    out = scatter_set(permute(x, order), v, arrays)
    return permute(out, tuple(np.argsort(order).tolist()))


def _take_along(shape, indices, axis=None, mode="raise"):
    """The length and number of the axis that the indices of `take` name."""
    if mode != "raise":
        raise ArgumentError(
            f"got mode={mode!r} for indices that only a call of the recorded function knows; "
            "bring them into bounds "
            "first, as in numpy.clip(indices, 0, n - 1) or indices % n"
        )
    return (
        (math.prod(shape), 0) if axis is None else (shape[normalize_axis(axis, len(shape))], axis)
    )


def _take(x, indices, axis, mode="raise"):
    if not isinstance(indices, Node):
        raise ArgumentError(f"got indices {indices!r}, expected integers")
    if axis is None or x.ndim == 0:  # a value alone counts as an axis of one element
        x, axis = reshape_to(x, (x.size,)), 0 if axis is None else axis
    axis = normalize_axis(axis, x.ndim)
    out = gather(permute(x, _fronted(x.ndim, (axis,))), (cast(indices, INT64),))
    k = indices.ndim
    return permute(
        out, tuple(range(k, k + axis)) + tuple(range(k)) + tuple(range(k + axis, out.ndim))
    )


def _check_take(shape, indices, axis=None, mode="raise"):
    """The index array of `take`, in bounds and without negative entries; `mode` brings others
    there."""
    shape = shape or (1,)
    n = shape[normalize_axis(axis, len(shape))] if axis is not None else math.prod(shape)
    array = whole_numbers(indices, "indices")
    if mode not in ("raise", "wrap", "clip"):
        raise ArgumentError(f"got mode={mode!r}, expected 'raise', 'wrap' or 'clip'")
    if mode != "raise" and n:
        array = (
            np.clip(array.astype(np.int64), 0, n - 1)
            if mode == "clip"
            else array.astype(np.int64) % n
        )
    return _in_bounds(array, n, 0 if axis is None else axis)


_TAKEN = "The gradient goes to the elements that were taken, summed where one was taken repeatedly."
take = operation(
    np.take,
    _take,
    "Elements at `indices` along `axis` (of the flat tensor by default).",
    {"axis": None, "mode": "raise"},
    operands=2,
    indices=Indices(_check_take, _take_along),
    sample=with_indices,
    cases=({}, {"axis": 0}, {"axis": -1}, {"mode": "wrap"}),
    shapes=((2, 3, 4), (1, 3)),
    names=Names(args=("x", "indices")),
    slope=_TAKEN,
    returns="Of the shape of `x` with that of `indices` in place of `axis`.",
)


def _add_at(x, indices, values, axis):
    if not isinstance(indices, Node):
        raise ArgumentError(f"got indices {indices!r}, expected integers")
    shape = x.shape
    if axis is None:
        x, axis = reshape_to(x, (x.size,)), 0
    axis, k = normalize_axis(axis, x.ndim), indices.ndim
    dtype = common_dtypes((x, values))[1]
    values = values if isinstance(values, Node) else const(values, dtype)
    places = x.shape[:axis] + indices.shape + x.shape[axis + 1 :]
    if broadcast_shapes(values.shape, places) != places:
        raise ShapeError(
            f"got values of shape {values.shape} for places of shape {places}, expected one that "
            "broadcasts to it"
        )
    values = broadcast(cast(values, dtype), places)
    values = permute(values, _fronted(values.ndim, tuple(range(axis, axis + k))))
    order = _fronted(x.ndim, (axis,))
    added = scatter_add(values, (cast(indices, INT64),), tuple(x.shape[a] for a in order))
    return reshape_to(add(cast(x, dtype), permute(added, tuple(np.argsort(order).tolist()))), shape)


add_at = operation(
    "add_at",
    _add_at,
    "x with `values` added at `indices` along `axis` (of the flat tensor by default), each time "
    "one is repeated.",
    {"axis": None},
    operands=3,
    indices=Indices(_check_take, _take_along),
    sample=with_indices,
    cases=({}, {"axis": 0}, {"axis": -1}),
    shapes=((2, 3, 3), (1, 3), (1, 3)),
    names=Names(method=False, args=("x", "indices", "values")),
    slope="1 for x; for values the gradient at the indices.",
)
