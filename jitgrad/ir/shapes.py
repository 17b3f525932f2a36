"""Shape rules: broadcasting, axes, reshape. Pure functions on tuples of ints; NumPy's rules and
words.

Start at `broadcast_shapes`. Errors are raised here once, so that every operation words them alike.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Collection, Sequence
from typing import Any, SupportsIndex

from ..base.errors import ArgumentError, AxisError, ShapeError

#: What users may give as axes: an integer, a sequence of them, or None for all.
Axes = Any


def broadcast_shapes(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The common shape, by NumPy's rules."""
    first = shapes[0]
    if shapes.count(first) == len(shapes):
        return first
    ndim = max(map(len, shapes))
    out = [1] * ndim
    for shape in shapes:
        for i, n in enumerate(shape, ndim - len(shape)):
            if n != 1:
                if out[i] not in (1, n):
                    raise ShapeError(
                        f"got shapes {' and '.join(map(str, shapes))}, which do not broadcast: "
                        f"along axis {i - ndim} the lengths are {out[i]} and {n}, expected equal "
                        "lengths or 1; "
                        "reshape one of them, or insert an axis with x[:, None]"
                    )
                out[i] = n
    return tuple(out)


def stretches(shape: tuple[int, ...], target: tuple[int, ...]) -> bool:
    """Whether something of `shape` broadcasts to exactly `target`."""
    missing = len(target) - len(shape)
    return missing >= 0 and all(n in (1, m) for n, m in zip(shape, target[missing:], strict=True))


#: More bytes than an address can count; of fewer that there are not, NumPy says so by a
#: MemoryError.
BYTES = 1 << 63
#: Dimensions that NumPy's arrays can have.
MOST = 64


def check_ndim(shape: tuple[int, ...]) -> tuple[int, ...]:
    """`shape`, which must have no more dimensions than NumPy's arrays."""
    if len(shape) > MOST:
        raise ShapeError(
            f"got a shape of {len(shape)} dimensions, expected {MOST} at most; join some by "
            ".reshape"
        )
    return shape


def check_size(shape: tuple[int, ...]) -> tuple[int, ...]:
    """`shape`, which must be one that memory could hold."""
    if math.prod(shape) > BYTES // 8:
        raise ShapeError(f"got the shape {shape}, expected one that fits into memory")
    return check_ndim(shape)


def as_int(value: Any, what: str) -> int:
    try:
        return operator.index(value)
    except TypeError:
        raise ArgumentError(f"got {what} = {value!r}, expected an integer") from None


def normalize_axis(axis: SupportsIndex, ndim: int) -> int:
    """One axis as 0 <= axis < ndim."""
    i = as_int(axis, "axis")
    if not -ndim <= i < ndim:
        raise AxisError(
            f"got axis {i} for a tensor of {ndim} dimensions, expected {-ndim} <= axis < {ndim}"
        )
    return i % ndim


def normalize_axes(axis: Axes, ndim: int) -> tuple[int, ...]:
    """None (all axes), one axis or a sequence of axes, as a sorted tuple; repeats are refused."""
    if axis is None:
        return tuple(range(ndim))
    given: Sequence[Any] = axis if isinstance(axis, (tuple, list)) else (axis,)
    axes = tuple(normalize_axis(a, ndim) for a in given)
    if len(set(axes)) != len(axes):
        raise AxisError(
            f"got axis = {tuple(given)}, in which an axis is repeated; name each axis once"
        )
    return tuple(sorted(axes))


def reduced_axes(axis: Axes, ndim: int) -> tuple[int, ...]:
    """The axes a reduction goes over; of a 0-d value, 0 or -1 may be named, as in NumPy and
    PyTorch, and is none."""
    if ndim == 0 and axis is not None and not isinstance(axis, (tuple, list)):
        normalize_axis(axis, 1)
        return ()
    return normalize_axes(axis, ndim)


def reshape_shape(
    shape: tuple[int, ...], new: SupportsIndex | Sequence[SupportsIndex]
) -> tuple[int, ...]:
    """`new` with its -1 filled in; must hold as many elements as `shape`."""
    new = tuple(as_int(n, "length") for n in (new if isinstance(new, (tuple, list)) else (new,)))
    size = math.prod(shape)
    if new.count(-1) == 1:
        rest = -math.prod(new)
        if rest <= 0 or size % rest:
            if rest == 0 and size == 0:
                raise ShapeError(
                    f"got reshape of {shape} to {new}: with no elements, -1 could be any length; "
                    "name it"
                )
            raise ShapeError(
                f"got reshape of {shape} ({size} elements) to {new}, expected lengths that "
                f"multiply to {size}"
            )
        new = tuple(size // rest if n == -1 else n for n in new)
    if any(n < 0 for n in new) or math.prod(new) != size:
        raise ShapeError(
            f"got reshape of {shape} ({size} elements) to {new}, expected lengths that multiply "
            f"to {size}; "
            "one of them may be -1"
        )
    return new


def drop_axes(shape: tuple[int, ...], axes: Collection[int]) -> tuple[int, ...]:
    return (
        tuple([n for i, n in enumerate(shape) if i not in axes]) if len(axes) < len(shape) else ()
    )


def keep_axes(shape: tuple[int, ...], axes: Collection[int]) -> tuple[int, ...]:
    return (
        tuple([1 if i in axes else n for i, n in enumerate(shape)])
        if len(axes) < len(shape)
        else (1,) * len(axes)
    )


def contiguous(shape: Sequence[int]) -> tuple[int, ...]:
    """The strides, in elements, of an array in C order."""
    return tuple([math.prod(shape[axis + 1 :]) for axis in range(len(shape))])
