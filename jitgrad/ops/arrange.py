"""Arrangements: repeat, tile, diagonal, trace. All are built of the shape operations and of `take`.

Start at `_diagonal`, a slice with a long step.
"""

import math

import numpy as np

from ..base.dtypes import as_dtype
from ..base.errors import ArgumentError, AxisError, ShapeError
from ..ir.shapes import as_int, check_size, normalize_axis
from .indexing import _take, whole_numbers
from .movement import permute, slice_node
from .reduction import _accumulator, reduce
from .registry import REQUIRED, SUM, Entry, broadcast, composite, movement, reshape_to


def _repeated(shape, repeats, axis=None):
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


repeat = Entry(
    "repeat",
    np.repeat,
    _take,
    2,
    {"axis": None},
    args=("x", "repeats"),
    host=_repeated,
    shapes=((4, 3), (3,)),
    cases=({"axis": -1},),
    doc="Each element `repeats` times, along `axis` or of the flat tensor, as in NumPy (PyTorch's "
    "`repeat` is `tile`).",
)


def _tile(x, reps):
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
    "tile",
    np.tile,
    _tile,
    {"reps": REQUIRED},
    view=False,
    spread="reps",
    cases=({"reps": 2}, {"reps": (2, 1, 1, 3)}),
    doc="The whole tensor so many times after one another, along each axis; what PyTorch calls "
    "`repeat`.",
)


def _diagonal(x, offset, axis1, axis2):
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


def _diagonal_strides(shape, strides, offset, axis1, axis2):
    """A step along a diagonal is one along each of its axes, however the matrices lie."""
    pair = [normalize_axis(a, len(shape)) for a in (axis1, axis2)]
    rest = [s for a, s in enumerate(strides) if a not in pair]
    return (*rest, sum(strides[a] for a in pair))


_DIAGONAL = {"offset": 0, "axis1": 0, "axis2": 1}
diagonal = movement(
    "diagonal", np.diagonal, _diagonal, _DIAGONAL, layout=_diagonal_strides,
    cases=({}, {"offset": 1}, {"offset": -2, "axis1": 2, "axis2": 0}),
    doc="The diagonal number `offset` of the matrices on two axes, as the last axis.",
)  # fmt: skip


def _trace(x, offset, axis1, axis2, dtype):
    x = _diagonal(x, offset, axis1, axis2)
    return reduce(
        SUM, x, -1, False, as_dtype(dtype) if dtype is not None else _accumulator(x.dtype)
    )


trace = composite(
    "trace",
    np.trace,
    _trace,
    {**_DIAGONAL, "dtype": None},
    cases=({}, {"offset": -1, "axis1": 1, "axis2": 2}),
    doc="The sum of the diagonal number `offset` of the matrices on two axes.",
)
