"""Order: argsort, sort, and elements picked by an index for each position along an axis
(take_along_axis).

The order is NumPy's, and has no derivative; sorting is picking in that order. Picking and its
adjoint are two primitives because an index per position is no index array on leading axes, as
`indexing.GATHER` has it. Start at `along`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..base.dtypes import INT64
from ..base.errors import ArgumentError, ShapeError
from ..ir import Loops, Node, Op, const
from ..ir.shapes import Axes, broadcast_shapes, normalize_axis
from .arithmetic import floor_divide
from .comparison import isnan, less, less_equal, logical_and, logical_not, logical_or, where
from .indexing import _TAKEN, _in_bounds, whole_numbers
from .primitives import broadcast, cast, reshape_to
from .promotion import common_dtypes
from .records import Indices, Names
from .registry import composite, operation
from .rows import Rows, all_rows, along_rows, on_rows
from .sampling import with_indices


def _grid(index: np.ndarray, shape: tuple[int, ...], axis: int) -> tuple[np.ndarray, ...]:
    """Index arrays, one per axis, that stand for `index` along `axis` of an array of this shape."""
    ndim = len(shape)
    grid = [np.arange(n).reshape((-1,) + (1,) * (ndim - 1 - a)) for a, n in enumerate(shape)]
    return tuple(index if a == axis else positions for a, positions in enumerate(grid))


def _add_along(g: np.ndarray, index: np.ndarray, node: Node) -> np.ndarray:
    out = np.zeros(node.shape, node.dtype)
    np.add.at(out, _grid(index, node.shape, node.arg), g)
    return out


def _adding_along(node: Node, limits: Any) -> Loops | None:
    """`ADD_ALONG` as loops over the axes before and behind, where no axis of the index is
    stretched: a unit for each of the first, or for a part of the others."""
    (g, index), axis = node.src, node.arg
    if (
        node.dtype.kind == "b"
        or index.shape != g.shape
        or any(
            n != m for a, (n, m) in enumerate(zip(g.shape, node.shape, strict=True)) if a != axis
        )
    ):
        return None
    outer, inner = math.prod(g.shape[:axis]), math.prod(g.shape[axis + 1 :])
    tiles = max(1, inner // limits.call_tile) if outer < limits.call_units else 1
    sizes = (inner, node.shape[axis], g.shape[axis], -(-inner // tiles), tiles)
    code = _LAST if axis == node.ndim - 1 else _ALONG
    return Loops(code, sizes, outer * tiles if node.size else 0, g.size)


_ALONG = """
for u in range(start, stop):
    p = u // n4
    first, low = p * n1, (u - p * n4) * n3
    high, source = min(low + n3, n0), p * n2 * n0
    for r in range(first, first + n1):
        for j in range(r * n0 + low, r * n0 + high):
            out[j] = 0
    for k in range(n2):
        for j in range(low, high):
            out[(first + x1[source + j]) * n0 + j] += x0[source + j]
        source += n0
"""
_LAST = """
for j in range(start * n1, stop * n1):
    out[j] = 0
for u in range(start, stop):
    for k in range(u * n2, (u + 1) * n2):
        out[u * n1 + x1[k]] += x0[k]
"""


ARGSORT = Op(
    "argsort",
    "call",
    lambda x, node: np.argsort(x, axis=node.arg, kind="stable"),
    vjp=lambda g, node: (None,),
    jvp=lambda t, node: None,
    batch=along_rows,
)
ALONG = Op(
    "along",
    "gather",
    lambda x, index, node: x[_grid(index, x.shape, node.arg)],
    vjp=lambda g, node: (
        Node(ADD_ALONG, (g, node.src[1]), node.arg, node.src[0].shape, g.dtype),
        None,
    ),
    jvp=lambda t, node: along(t[0], node.src[1], node.arg),
)
ADD_ALONG = Op(
    "add_along",
    "call",
    _add_along,
    loops=_adding_along,
    vjp=lambda g, node: (along(g, node.src[1], node.arg), None),
    jvp=lambda t, node: Node(ADD_ALONG, (t[0], node.src[1]), node.arg, node.shape, node.dtype),
    batch=along_rows,
)


def along(x: Node, index: Node, axis: int) -> Node:
    """out[..., i, ...] = x[..., index[..., i, ...], ...]; the other axes broadcast."""
    rest = tuple(1 if a == axis else n for a, n in enumerate(x.shape))
    shape = broadcast_shapes(rest, index.shape)
    return Node(ALONG, (x, index), axis, shape, x.dtype)


def _search_rows(rows: Rows, node: Node, size: int) -> Node:
    """Rows of `v` are more elements of it; where `a` differs from row to row, the places are found
    by bisection, of all rows at once."""
    a, v = rows
    if a is None:
        assert v is not None
        return on_rows(node, (node.src[0], v), node.arg, size)
    (v,) = all_rows((v,), node.src[1:], size)
    count = a.shape[1]
    v = reshape_to(v, (size, node.size))
    low = broadcast(const(0), v.shape)
    high = broadcast(const(count), v.shape)
    for _ in range(count.bit_length()):
        middle = floor_divide(low + high, 2)
        goes_on = less(low, high)
        picked = along(a, where(goes_on, middle, 0), 1)
        behind = logical_and(goes_on, _belongs_behind(v, picked, node.arg))
        high = where(logical_and(goes_on, logical_not(behind)), middle, high)
        low = where(behind, middle + 1, low)
    return reshape_to(low, (size, *node.shape))


def _belongs_behind(v: Node, x: Node, side: str) -> Node:
    """Whether `v` belongs behind the element `x`, in NumPy's order, in which nan comes last."""
    if side == "left":
        return logical_or(less(x, v), logical_and(isnan(v), logical_not(isnan(x))))
    return logical_or(less_equal(x, v), isnan(v))


SEARCHSORTED = Op(
    "searchsorted",
    "call",
    lambda a, v, node: np.searchsorted(a, v, side=node.arg),
    vjp=lambda g, node: (None, None),
    jvp=lambda t, node: None,
    batch=_search_rows,
)


def _searchsorted(a: Any, v: Any, side: str) -> Node:
    if side not in ("left", "right"):
        raise ArgumentError(f"got side = {side!r}, expected 'left' or 'right'")
    if not isinstance(a, Node) or a.ndim != 1:
        raise ShapeError(
            f"got a of shape {getattr(a, 'shape', ())}, expected one axis of sorted elements"
        )
    v = v if isinstance(v, Node) else const(v, common_dtypes((a, v))[1])
    return Node(SEARCHSORTED, (a, v), side, v.shape, INT64)


searchsorted = operation(
    np.searchsorted,
    _searchsorted,
    "Where the elements of `v` belong in the sorted `a`: before equal ones, or behind them for "
    "side='right'.",
    {"side": "left"},
    operands=2,
    op=SEARCHSORTED,
    shapes=((4,), (2, 3)),
    cases=({}, {"side": "right"}),
    differentiable=False,
    names=Names(args=("a", "v")),
    returns="Of the shape of `v`.",
)

_ORDER = {"axis": -1, "kind": None, "stable": None}
_KINDS = (None, "quicksort", "mergesort", "heapsort", "stable")


def _ordered(x: Node, axis: Axes, kind: str | None) -> tuple[Node, int]:
    """The tensor to sort, and along which axis: that of the flat one for None."""
    if kind not in _KINDS:
        raise ArgumentError(
            f"got kind = {kind!r}, expected one of {', '.join(map(repr, _KINDS[1:]))}"
        )
    return (reshape_to(x, (x.size,)), 0) if axis is None else (x, normalize_axis(axis, x.ndim))


def _argsort(x: Node, axis: Axes, kind: str | None, stable: bool | None) -> Node:
    x, axis = _ordered(
        reshape_to(x, (1,)) if x.ndim == 0 else x, axis, kind
    )  # NumPy's is of one element, too
    return Node(ARGSORT, (x,), axis, x.shape, INT64)


def _sort(x: Node, axis: Axes, kind: str | None, stable: bool | None) -> Node:
    x, axis = _ordered(x, axis, kind)
    return along(x, Node(ARGSORT, (x,), axis, x.shape, INT64), axis)


argsort = operation(
    np.argsort,
    _argsort,
    "The indices that sort along `axis` (of the flat tensor for None); ties keep their order, "
    "nan comes last.",
    _ORDER,
    op=ARGSORT,
    cases=({}, {"axis": 0}),
    differentiable=False,
    complex=True,
)
sort = composite(
    np.sort,
    _sort,
    "The elements in ascending order along `axis`, as a new tensor: the method `x.sort()` is in "
    "place, as NumPy's.",
    _ORDER,
    cases=({}, {"axis": 0}, {"axis": None}),
    names=Names(method=False),
    slope="The gradient goes back to where the elements came from.",
    complex=True,
)


def _along_axis(
    shape: tuple[int, ...], indices: tuple[int, ...], axis: Axes = -1
) -> tuple[int, int]:
    """The length and number of the axis that indices of a shape name."""
    if axis is None:
        shape, axis = (math.prod(shape),), 0
    axis = normalize_axis(axis, len(shape))
    if len(indices) != len(shape):
        raise ShapeError(
            f"got indices of {len(indices)} dimensions for a tensor of {len(shape)}, expected as "
            "many; insert axes "
            "with indices[:, None]"
        )
    return shape[axis], axis


def _check_along(shape: tuple[int, ...], indices: Any, axis: Axes = -1) -> np.ndarray:
    """The index array, in bounds and without negative entries."""
    array = whole_numbers(indices, "indices")
    return _in_bounds(array, *_along_axis(shape, array.shape, axis))


def _take_along_axis(x: Node, indices: Any, axis: Axes) -> Node:
    if not isinstance(indices, Node):
        raise ArgumentError(f"got indices {indices!r}, expected integers")
    x, axis = (reshape_to(x, (x.size,)), 0) if axis is None else (x, normalize_axis(axis, x.ndim))
    return along(x, cast(indices, INT64), axis)


take_along_axis = operation(
    np.take_along_axis,
    _take_along_axis,
    "The element at an index for each place along `axis` (of the flat tensor for None), such as "
    "`argsort` gives.",
    {"axis": -1},
    operands=2,
    op=ALONG,
    indices=Indices(_check_along, _along_axis),
    sample=with_indices,
    cases=({"axis": 0}, {"axis": 1}),
    shapes=((2, 3), (1, 3)),
    names=Names(method=False, args=("x", "indices")),
    slope=_TAKEN,
    returns="Of the shape of `indices`, broadcast with the other axes of `x`.",
    complex=True,
)
