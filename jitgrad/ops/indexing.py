"""Indexing: what ``x[...]`` means, and gather and scatter for integer arrays.

`parse` turns a Python index into an `Index`: a basic part (slices and new axes, which are movement
nodes and give a view) and index arrays (which give a copy). Integers and slice starts are passed as
numbers, so that a loop over them is traced once. A boolean mask is turned into integer arrays
before it gets here, since the shape of its result depends on values.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..base.dtypes import BOOL, FLOAT64, INT64, is_float
from ..base.errors import ArgumentError, IndexOutOfRange, IndexShapeError, ShapeError
from ..base.foreign import refuse_subclass
from ..ir import Loops, Node, Op, const
from ..ir.shapes import Axes, broadcast_shapes, check_ndim, normalize_axis, stretches
from .arithmetic import add
from .comparison import equal, logical_and, where
from .marks import stop
from .movement import permute, slice_node
from .primitives import broadcast, cast, reshape_to, zeros
from .promotion import common_dtypes
from .records import Indices, Names
from .registry import operation
from .rows import Rows, all_rows, behind_axes, each_row, in_front, indexed, places
from .sampling import with_indices

# --- gather and its adjoint: index arrays on the leading axes -------------------------------------


def _scatter_add(g: np.ndarray, *index: np.ndarray, node: Node) -> np.ndarray:
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


def _adding(node: Node, limits: Any) -> Loops | None:
    """`SCATTER_ADD` as loops.

    The indices are visited in order, so the order of a sum depends on the sizes alone. Wide rows
    are cut into ranges of columns, one work item each. Narrow rows that are indexed often,
    `scatter_repeats` times each on average, are summed in several partial arrays, each for a part
    of the indices.
    Otherwise there is one work item: to find the indices that belong to a part of the result would
    take as long as to add all of them. Floats are summed in float64."""
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


def _scatter_set(x: np.ndarray, v: np.ndarray, *index: np.ndarray, node: Node) -> np.ndarray:
    out = np.array(x)
    out[index] = v
    return out


def _add_rows(rows: Rows, node: Node, size: int) -> Node:
    g, *index = rows
    if all(i is None for i in index):
        assert g is not None
        count, ndim = len(index), node.src[1].ndim
        shape = (*node.shape[:count], size, *node.shape[count:])
        return in_front(scatter_add(behind_axes(g, ndim), node.src[1:], shape), count)
    (g,) = all_rows((g,), node.src[:1], size)
    if node.src[1].size == 1:
        named = _named(all_rows(index, node.src[1:], size), (size, *node.shape))
        return where(named, _at_all(g, node.shape[len(index) :], named), 0)
    return scatter_add(g, indexed(index, node.src[1:], size), (size, *node.shape))


def _set_rows(rows: Rows, node: Node, size: int) -> Node:
    index = rows[2:]
    x, v = all_rows(rows[:2], node.src[:2], size)
    if all(i is None for i in index):
        count, ndim = len(index), node.src[2].ndim
        out = scatter_set(behind_axes(x, count), behind_axes(v, ndim), node.src[2:])
        return in_front(out, count)
    if node.src[2].size == 1:
        named = _named(all_rows(index, node.src[2:], size), x.shape)
        return where(named, _at_all(v, node.shape[len(index) :], named), x)
    return scatter_set(x, v, indexed(index, node.src[2:], size))


def _named(index: Sequence[Node], shape: tuple[int, ...]) -> Node:
    """Which elements of rows are at the one place that `index` has for each row: there nothing is
    added up, so a choice for each element does, which fuses."""
    out = None
    for axis, i in enumerate(index, 1):
        along = (1,) * axis + shape[axis : axis + 1] + (1,) * (len(shape) - axis - 1)
        place = broadcast(reshape_to(places(shape[axis]), along), shape)
        here = equal(place, broadcast(reshape_to(i, shape[:1] + (1,) * (len(shape) - 1)), shape))
        out = here if out is None else logical_and(out, here)
    assert out is not None
    return out


def _at_all(x: Node, rest: tuple[int, ...], named: Node) -> Node:
    """What belongs at one place of each row, of the shape `rest`, at all places of it."""
    lead = named.ndim - len(rest) - 1
    return broadcast(reshape_to(x, x.shape[:1] + (1,) * lead + rest), named.shape)


def _last_rows(rows: Rows, node: Node, size: int) -> Node:
    index = indexed(rows, node.src, size)
    return Node(LAST_WRITES, index, (size, *node.arg), index[0].shape, BOOL)


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
    batch=_add_rows,
)


def _set_vjp(g: Node, node: Node) -> tuple[Node | None, ...]:
    index = node.src[2:]
    return (scatter_set(g, zeros(node.src[1]), index), gather(g, index), *(None,) * len(index))


def _set_jvp(t: Sequence[Any], node: Node) -> Node:
    x, v = (zeros(s) if u is None else u for u, s in zip(t[:2], node.src[:2], strict=True))
    return scatter_set(x, v, node.src[2:])


SCATTER_SET = Op("scatter_set", "call", _scatter_set, vjp=_set_vjp, jvp=_set_jvp, batch=_set_rows)


IN_BOUNDS = Op(
    "in_bounds",
    "call",
    lambda index, node: _in_bounds(np.asarray(index), *node.arg),
    vjp=lambda g, node: (None,),
    jvp=lambda t, node: None,
    batch=each_row,
)
SOME = Op(
    "some_elements",
    "call",
    lambda count, node: _some(np.asarray(count), node.arg),
    vjp=lambda g, node: (None,),
    jvp=lambda t, node: None,
    batch=each_row,
)
LAST_WRITES = Op(
    "last_writes",
    "call",
    lambda *index, node: _last_writes(np.broadcast_arrays(*index), node.arg),
    vjp=lambda g, node: (None,) * len(node.src),
    jvp=lambda t, node: None,
    batch=_last_rows,
)


def _some(count: np.ndarray, name: str) -> np.ndarray:
    if not count.all():
        raise ShapeError(
            f"got no elements under a mask in {name}(), expected one at least; choose by "
            f"jitgrad.where(mask, x, y).{name}()"
        )
    return count


def in_bounds(index: Node, n: int, axis: int) -> Node:
    """The index array `index`, for an axis of length `n`, which is checked when it is
    materialised: in the result no entry is negative."""
    if index.dtype.kind not in "iu":
        raise IndexOutOfRange(f"got an index tensor of dtype {index.dtype}, expected integers")
    return Node(IN_BOUNDS, (index,), (n, axis), index.shape, INT64)


def some(count: Node, name: str) -> Node:
    """The numbers of elements that the reduction `name` is of: checked, when it is materialised."""
    return Node(SOME, (count,), name, count.shape, count.dtype)


def written_last(index: Sequence[Node], lengths: tuple[int, ...]) -> Node:
    """A mask of the entries of index arrays, for axes of these lengths, that no later entry
    repeats."""
    return Node(LAST_WRITES, tuple(index), lengths, index[0].shape, BOOL)


def gather(x: Node, index: Sequence[Node]) -> Node:
    """x[index arrays], on x's leading axes.

    Kernels read without checking the indices: whoever makes an index array has checked that they
    are in bounds and not negative (`parse`, `_check_take`, `in_bounds`; order.argsort makes no
    others).
    """
    return Node(
        GATHER, (x, *index), None, check_ndim(index[0].shape + x.shape[len(index) :]), x.dtype
    )


def scatter_add(g: Node, index: Sequence[Node], shape: tuple[int, ...]) -> Node:
    return Node(SCATTER_ADD, (g, *index), None, shape, g.dtype)


def scatter_set(x: Node, v: Node, index: Sequence[Node]) -> Node:
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


def parse(shape: tuple[int, ...], index: Any) -> Index:
    """An `Index` for ``x[index]`` where x has `shape`; bounds are checked here."""
    parts = index if isinstance(index, tuple) else (index,)
    items = _without_ellipsis([_array_or_same(i) for i in parts], len(shape), index)
    steps: list[int] = []
    lengths: list[int] = []
    starts: list[int] = []
    out: list[int] = []
    axes: list[int] = []
    arrays: list[np.ndarray] = []
    axis = 0
    for item in items:
        if item is None:
            out.append(1)
        elif (
            isinstance(item, np.ndarray) and item.ndim == 0
        ):  # True or False: a new axis, of length 1 or 0
            axes.append(len(out))
            out.append(1)
            arrays.append(np.zeros(int(item), np.int64))
        elif isinstance(item, np.ndarray):
            if item.dtype == bool:
                _mask_fits(item, shape, axis)
            for array in item.nonzero() if item.dtype == bool else (item,):
                arrays.append(_in_bounds(array, shape[axis], axis))
                axes.append(len(out))
                steps.append(1)
                lengths.append(shape[axis])
                starts.append(0)
                out.append(shape[axis])
                axis += 1
        else:
            start, length, step = _part(item, shape[axis], axis)
            steps.append(step)
            lengths.append(length)
            starts.append(start)
            if isinstance(item, slice):
                out.append(length)
            axis += 1
    first = _first(items, axes)
    if arrays:
        common = _common([a.shape for a in arrays])
        arrays = [np.ascontiguousarray(np.broadcast_to(a, common)) for a in arrays]
    return Index(
        tuple(steps), tuple(lengths), tuple(out), tuple(axes), first, tuple(starts), tuple(arrays)
    )


def _common(shapes: list[tuple[int, ...]]) -> tuple[int, ...]:
    """The shape that index arrays broadcast to."""
    try:
        return broadcast_shapes(*shapes)
    except ShapeError as error:
        raise IndexShapeError(str(error)) from None


def _part(item: Any, n: int, axis: int) -> tuple[int, int, int]:
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


def _first(items: Sequence[Any], axes: Sequence[int]) -> int:
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


def whole_numbers(values: Any, what: str, error: type[Exception] = IndexOutOfRange) -> np.ndarray:
    """`values`, positions or how often, as an array of integers."""
    array = as_array(values, what, error)
    if array.dtype.kind not in "iu":
        raise error(f"got {what} of dtype {array.dtype}, expected integers")
    return array


def as_array(values: Any, what: str, error: type[Exception] = IndexOutOfRange) -> np.ndarray:
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


def _array_or_same(item: Any) -> Any:
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


def _without_ellipsis(items: list[Any], ndim: int, index: Any) -> list[Any]:
    used = sum(
        i.ndim
        if isinstance(i, np.ndarray) and i.dtype == bool
        else 0
        if i is None or i is Ellipsis
        else 1
        for i in items
    )
    ellipses = [k for k, i in enumerate(items) if i is Ellipsis]
    if used > ndim:
        raise IndexOutOfRange(
            f"got {used} indices for a tensor of {ndim} dimensions; leave some out"
        )
    if len(ellipses) > 1:
        raise IndexOutOfRange(f"got {len(ellipses)} ellipses in {index!r}, expected one at most")
    at = ellipses[0] if ellipses else len(items)
    return items[:at] + [slice(None)] * (ndim - used) + items[at + len(ellipses) :]


def _mask_fits(mask: np.ndarray, shape: tuple[int, ...], axis: int) -> None:
    if mask.shape != shape[axis : axis + mask.ndim]:
        raise IndexOutOfRange(
            f"got a boolean mask of shape {mask.shape} for axes of shape "
            f"{shape[axis : axis + mask.ndim]}, "
            "expected the same shape"
        )


def _in_bounds(array: np.ndarray, n: int, axis: int) -> np.ndarray:
    array = array.astype(np.int64)  # a copy: the user's may change before it is used
    if array.size and not (-n <= array.min() and array.max() < n):
        wrong = array.min() if array.min() < -n else array.max()
        raise IndexOutOfRange(
            f"got index {wrong} for axis {axis} of length {n}, expected {-n} <= index < {n}"
        )
    return np.where(array < 0, array + n, array) if array.size and array.min() < 0 else array


def _slice_indices(item: slice, n: int) -> tuple[int, int, int]:
    try:
        return item.indices(n)
    except (TypeError, ValueError) as error:
        raise IndexOutOfRange(
            f"got {item!r}: {error}; slices take integers and None, and a step other than 0"
        ) from None


# --- nodes of an index ----------------------------------------------------------------------------


def view(x: Node, starts: Sequence[Node | int], index: Index) -> Node:
    """The basic part: slices, dropped and new axes."""
    return reshape_to(slice_node(x, starts, index.steps, index.lengths), index.shape)


def _fronted(ndim: int, axes: tuple[int, ...]) -> tuple[int, ...]:
    return axes + tuple(a for a in range(ndim) if a not in axes)


def pick(x: Node, arrays: Sequence[Node], index: Index) -> Node:
    """The arrays' part, on the view `x`: gather on leading axes, then the new axes moved where
    NumPy has them."""
    out = gather(permute(x, _fronted(x.ndim, index.axes)), arrays)
    k, first = arrays[0].ndim, index.first
    order = tuple(range(k, k + first)) + tuple(range(k)) + tuple(range(k + first, out.ndim))
    return permute(out, order)


def last_writes(index: Index, shape: tuple[int, ...]) -> np.ndarray | None:
    """Where elements are indexed several times, a mask of the writes that come last and stay; None
    where no element is.

    `shape` is that of the view that the arrays index.
    """
    last = _last_writes(index.arrays, tuple(shape[a] for a in index.axes))
    return None if last.all() else last


def _last_writes(arrays: Sequence[np.ndarray], lengths: tuple[int, ...]) -> np.ndarray:
    """A mask of the entries of index arrays that no later entry repeats."""
    return last_of(np.ravel_multi_index(arrays, lengths).reshape(-1)).reshape(arrays[0].shape)


def last_of(flat: np.ndarray) -> np.ndarray:
    """A mask of the numbers in a row that no later one repeats."""
    last = np.ones(flat.size, bool)
    if np.logical_and.reduce(flat[1:] > flat[:-1]):
        return last
    unique, first = np.unique(flat[::-1], return_index=True)
    if unique.size < flat.size:
        last[:] = False
        last[flat.size - 1 - first] = True
    return last


def put(x: Node, arrays: Sequence[Node], v: Node, index: Index, last: Node | None = None) -> Node:
    """The view `x` after ``x[arrays] = v``; of several values for one element the one in `last`
    counts."""
    order = _fronted(x.ndim, index.axes)
    k, first = arrays[0].ndim, index.first
    rest = tuple(x.shape[a] for a in order[len(arrays) :])
    shape = rest[:first] + arrays[0].shape + rest[first:]
    while v.ndim > len(shape) and v.shape[0] == 1:
        v = reshape_to(v, v.shape[1:])
    if not stretches(v.shape, shape):
        raise ShapeError(
            f"got a value of shape {v.shape} for a part of shape {shape}, expected one that "
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


def _take_along(
    shape: tuple[int, ...], indices: tuple[int, ...], axis: Axes = None, mode: str = "raise"
) -> tuple[int, int]:
    """The length and number of the axis that the indices of `take` name."""
    if mode != "raise":
        raise ArgumentError(
            f"got mode={mode!r} for indices whose values are only known in a call of "
            "the traced function; bring them into bounds "
            "first, as in numpy.clip(indices, 0, n - 1) or indices % n"
        )
    return (
        (math.prod(shape), 0) if axis is None else (shape[normalize_axis(axis, len(shape))], axis)
    )


def _take(x: Node, indices: Any, axis: Axes, mode: str = "raise") -> Node:
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


def _check_take(
    shape: tuple[int, ...], indices: Any, axis: Axes = None, mode: str = "raise"
) -> np.ndarray:
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
    complex=True,
)


def _add_at(x: Node, indices: Any, values: Node | float, axis: Axes) -> Node:
    if not isinstance(indices, Node):
        raise ArgumentError(f"got indices {indices!r}, expected integers")
    shape = x.shape
    if axis is None:
        x, axis = reshape_to(x, (x.size,)), 0
    axis, k = normalize_axis(axis, x.ndim), indices.ndim
    dtype = common_dtypes((x, values))[1]
    values = values if isinstance(values, Node) else const(values, dtype)
    indexed = x.shape[:axis] + indices.shape + x.shape[axis + 1 :]
    if broadcast_shapes(values.shape, indexed) != indexed:
        raise ShapeError(
            f"got values of shape {values.shape} for elements of shape {indexed}, expected "
            "one that broadcasts to it"
        )
    values = broadcast(cast(values, dtype), indexed)
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
    complex=True,
)
