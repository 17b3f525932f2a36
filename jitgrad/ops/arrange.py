"""Arrangements: repeat, tile, diagonal, trace. All are built of the shape operations and of `take`.

Start at `_diagonal`, a slice with a long step.
"""

from __future__ import annotations

import math
from typing import Any, SupportsIndex

import numpy as np

from ..base.dtypes import as_dtype
from ..base.errors import ArgumentError, AxisError, ShapeError
from ..ir import Node
from ..ir.shapes import Axes, as_int, check_size, normalize_axes, normalize_axis
from .indexing import _take, whole_numbers
from .joining import _concatenate
from .movement import pad_node, part, permute, slice_node
from .primitives import SUM, broadcast, reshape_to
from .records import Indices, Names, View
from .reduction import _accumulator, reduce
from .registry import REQUIRED, composite, movement, operation
from .sampling import COUNTS, Domain


def _repeated(shape: tuple[int, ...], repeats: Any, axis: Axes = None) -> np.ndarray:
    """The index of each element of the result, by which it is taken."""
    shape = shape or (1,)
    n = math.prod(shape) if axis is None else shape[normalize_axis(axis, len(shape))]
    counts = whole_numbers(repeats, "repeats", ArgumentError)
    if counts.ndim > 1 or (counts.size and not 0 <= counts.min() <= counts.max() < 1 << 62):
        raise ArgumentError(
            f"got repeats = {repeats!r}, expected a whole number of at least 0, or one per element"
        )
    if counts.size not in (1, n):
        raise ShapeError(
            f"got {counts.size} repeats for {n} elements, expected one, or one per element"
        )
    return np.repeat(np.arange(n), counts.astype(np.int64))


repeat = operation(
    np.repeat,
    _take,
    "Each element `repeats` times, along `axis` or of the flat tensor, as in NumPy (PyTorch's "
    "`repeat` is `tile`).",
    {"axis": None},
    operands=2,
    indices=Indices(_repeated),
    on=(Domain(-2, 2), COUNTS),
    shapes=((4, 3), (3,)),
    cases=({"axis": -1},),
    names=Names(args=("x", "repeats")),
    slope="The gradient of an element is the sum of those of its copies.",
    returns="As long along `axis` as the repeats add up to.",
    complex=True,
)


def _tile(x: Node, reps: Any) -> Node:
    reps = tuple(as_int(n, "reps") for n in (reps if isinstance(reps, (tuple, list)) else (reps,)))
    if any(n < 0 for n in reps):
        raise ShapeError(f"got reps = {reps}, expected numbers of at least 0")
    ndim = max(len(reps), x.ndim)
    reps, shape = (1,) * (ndim - len(reps)) + reps, (1,) * (ndim - x.ndim) + x.shape
    check_size(tuple(k * n for k, n in zip(reps, shape, strict=True)))
    parted = reshape_to(x, tuple(m for n in shape for m in (1, n)))
    tiled = broadcast(parted, tuple(m for pair in zip(reps, shape, strict=True) for m in pair))
    return reshape_to(tiled, tuple(k * n for k, n in zip(reps, shape, strict=True)))


tile = movement(
    np.tile,
    _tile,
    "The whole tensor so many times after one another, along each axis; what PyTorch calls "
    "`repeat`.",
    {"reps": REQUIRED},
    view=None,
    cases=({"reps": 2}, {"reps": (2, 1, 1, 3)}),
    names=Names(spread="reps"),
    slope="The gradient of an element is the sum of those of its copies.",
    returns="Each length times that of `reps`.",
)


def _diagonal(x: Node, offset: Any, axis1: SupportsIndex, axis2: SupportsIndex) -> Node:
    if x.ndim < 2:
        raise ShapeError(f"got a diagonal of shape {x.shape}, expected two axes or more")
    i, j, offset = (
        normalize_axis(axis1, x.ndim),
        normalize_axis(axis2, x.ndim),
        as_int(offset, "offset"),
    )
    if i == j:
        raise AxisError(
            f"got a diagonal over axes {axis1} and {axis2}, expected two different axes"
        )
    x = permute(x, (*tuple(a for a in range(x.ndim) if a not in (i, j)), i, j))
    n, m = x.shape[-2:]
    length = max(0, min(n, m - offset) if offset >= 0 else min(n + offset, m))
    start = (offset if offset >= 0 else -offset * m) if length else 0
    flat = reshape_to(x, (*x.shape[:-2], n * m))
    k = flat.ndim - 1
    return slice_node(flat, (0,) * k + (start,), (1,) * k + (m + 1,), (*x.shape[:-2], length))


def _diagonal_strides(
    shape: tuple[int, ...],
    strides: tuple[int, ...],
    offset: Any,
    axis1: SupportsIndex,
    axis2: SupportsIndex,
) -> tuple[int, ...]:
    """A step along a diagonal is one along each of its axes, however the matrices lie."""
    pair = [normalize_axis(a, len(shape)) for a in (axis1, axis2)]
    rest = [s for a, s in enumerate(strides) if a not in pair]
    return (*rest, sum(strides[a] for a in pair))


_DIAGONAL = {"offset": 0, "axis1": 0, "axis2": 1}
diagonal = movement(
    np.diagonal,
    _diagonal,
    "The diagonal number `offset` of the matrices on two axes, as the last axis.",
    _DIAGONAL,
    view=View(layout=_diagonal_strides),
    cases=({}, {"offset": 1}, {"offset": -2, "axis1": 2, "axis2": 0}),
    returns="A view of shape (..., k), for diagonals of k elements.",
)


def _trace(x: Node, offset: Any, axis1: SupportsIndex, axis2: SupportsIndex, dtype: Any) -> Node:
    x = _diagonal(x, offset, axis1, axis2)
    return reduce(
        SUM, x, -1, False, as_dtype(dtype) if dtype is not None else _accumulator(x.dtype)
    )


trace = composite(
    np.trace,
    _trace,
    "The sum of the diagonal number `offset` of the matrices on two axes.",
    {**_DIAGONAL, "dtype": None},
    cases=({}, {"offset": -1, "axis1": 1, "axis2": 2}),
    slope="1 on the diagonal, else 0.",
    returns="Of the shape of `x` without the two axes.",
    complex=True,
)


def _zero_padded(x: Node, shape: tuple[int, ...], before: tuple[int, ...]) -> Node:
    return pad_node(x, before, (1,) * x.ndim, shape)


def _numpys_zeros_around(x: np.ndarray, shape: tuple[int, ...], before: tuple[int, ...]) -> Any:
    widths = [(b, n - m - b) for b, m, n in zip(before, x.shape, shape, strict=True)]
    return np.pad(x, widths)


zero_padded = composite(
    "zero_padded",
    _zero_padded,
    "Zeros of `shape` that have `x` from the place `before` on.",
    {"shape": REQUIRED, "before": REQUIRED},
    numpy=_numpys_zeros_around,
    cases=({"shape": (6, 5), "before": (1, 0)}, {"shape": (4, 9), "before": (0, 2)}),
    shapes=((4, 5),),
    names=Names(method=False),
    slope="The gradient is the part of that of the result that is `x`.",
    public=False,
    complex=True,
)


def _flip(x: Node, axis: Axes) -> Node:
    axes = normalize_axes(axis, x.ndim)
    starts = [n - 1 if i in axes else 0 for i, n in enumerate(x.shape)]
    return (
        slice_node(x, starts, [-1 if i in axes else 1 for i in range(x.ndim)], x.shape)
        if x.size
        else x
    )


flip = movement(
    np.flip,
    _flip,
    "The order along `axis` reversed (all axes by default).",
    {"axis": None},
    cases=({}, {"axis": 0}),
)
flipud = movement(
    np.flipud,
    lambda x: _flip(x, 0),
    "Rows in reverse order.",
    shapes=((3, 4),),
    names=Names(method=False),
)
fliplr = movement(
    np.fliplr,
    lambda x: _flip(x, 1),
    "Columns in reverse order.",
    shapes=((3, 4),),
    names=Names(method=False),
)


def _roll(x: Node, shift: Any, axis: Axes) -> Node:
    if axis is None:
        return reshape_to(_roll(reshape_to(x, (x.size,)), shift, 0), x.shape)
    shifts = shift if isinstance(shift, (tuple, list)) else (shift,)
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    if len(shifts) != len(axes):
        if 1 not in (len(shifts), len(axes)):
            raise ArgumentError(
                f"got {len(shifts)} shifts for {len(axes)} axes, expected as many, or one"
            )
        shifts, axes = (
            shifts * (len(axes) if len(shifts) == 1 else 1),
            axes * (len(shifts) if len(axes) == 1 else 1),
        )
    for k, a in zip(shifts, axes, strict=True):
        a = normalize_axis(a, x.ndim)
        n = x.shape[a]
        k = as_int(k, "a shift") % n if n else 0
        if k:
            x = _concatenate([part(x, a, n - k, k), part(x, a, 0, n - k)], a)
    return x


roll = movement(
    np.roll,
    _roll,
    "Elements moved on by `shift`, those that leave at the end entering at the start.",
    {"shift": REQUIRED, "axis": None},
    view=None,
    cases=({"shift": 2}, {"shift": -1, "axis": 0}),
)
