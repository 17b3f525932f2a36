"""The same elements in another shape: reshape, ravel, flatten, in C or Fortran order; and windows
that slide.

Fortran order, in which the first index runs fastest, is C order between two reversals of the axes.
Start at `_reshaped`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..base.errors import ArgumentError, ShapeError
from ..ir import Node
from ..ir.shapes import Axes, as_int, normalize_axis, reshape_shape
from .movement import permute, slice_node
from .primitives import broadcast, reshape_to
from .records import Names, View
from .registry import REQUIRED, movement


def _backward(x: Node) -> Node:
    return permute(x, tuple(reversed(range(x.ndim))))


def _reshaped(x: Node, shape: Any, order: str) -> Node:
    if order not in ("C", "F", "A", "K"):
        raise ArgumentError(f"got order={order!r}, expected 'C' or 'F'")
    if order != "F":  # the others ask for the layout in memory, which users see as C order
        return reshape_to(x, shape)
    return _backward(reshape_to(_backward(x), tuple(reversed(shape))))


_ORDER = {"order": "C"}
reshape = movement(
    np.reshape,
    lambda x, shape, order: _reshaped(x, reshape_shape(x.shape, shape), order),
    "The same elements in C order, in another shape; one length may be -1.",
    {"shape": REQUIRED, **_ORDER},
    view=View("dense"),
    cases=({"shape": (-1,)}, {"shape": (1, -1, 2)}, {"shape": (2, -1), "order": "F"}),
    shapes=((3, 4),),
    names=Names(spread="shape"),
)
ravel = movement(
    np.ravel,
    lambda x, order: _reshaped(x, (x.size,), order),
    "All elements on one axis, in C order: a view of what lies so, else a copy.",
    _ORDER,
    view=View("ordered"),
    cases=({}, {"order": "F"}),
)
flatten = movement(
    "flatten",
    lambda x, order: _reshaped(x, (x.size,), order),
    "All elements on one axis, in C order, as a new tensor.",
    _ORDER,
    view=None,
    cases=({}, {"order": "F"}),
    returns="Of shape (x.size,).",
)


# --- windows --------------------------------------------------------------------------------------


def _slid(x: Node, width: int, axis: int) -> Node:
    """Windows of `width` along `axis`, on a new last axis.

    Copies of a row one after the other, cut into rows that are one longer, start each one element
    later."""
    n = x.shape[axis]
    if not 0 <= width <= n:
        raise ShapeError(
            f"got a window of {width} for axis {axis} of length {n}, expected 0 to {n}"
        )
    last = (*(a for a in range(x.ndim) if a != axis), axis)
    rest = tuple(x.shape[a] for a in last[:-1])
    x = broadcast(reshape_to(permute(x, last), (*rest, 1, n)), (*rest, width + 1, n))
    x = reshape_to(x, (*rest, (width + 1) * n))
    k = len(rest)
    x = slice_node(x, (0,) * (k + 1), (1,) * (k + 1), (*rest, width * (n + 1)))
    x = reshape_to(x, (*rest, width, n + 1))
    x = slice_node(x, (0,) * (k + 2), (1,) * (k + 2), (*rest, width, n - width + 1))
    return permute(x, (*range(axis), k + 1, *range(axis, k), k))


def _sliding_window_view(x: Node, window_shape: Any, axis: Axes) -> Node:
    several = isinstance(window_shape, tuple)
    widths = tuple(
        as_int(n, "window length") for n in (window_shape if several else (window_shape,))
    )
    axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = tuple(normalize_axis(a, x.ndim) for a in axes)
    if len(widths) != len(axes):
        raise ShapeError(
            f"got {len(widths)} window lengths for {len(axes)} axes of shape {x.shape}, expected "
            "as many"
        )
    for width, a in zip(widths, axes, strict=True):
        x = _slid(x, width, a)
    return x


sliding_window_view = movement(
    np.lib.stride_tricks.sliding_window_view,
    _sliding_window_view,
    "Windows that slide along the axes, on new last axes: a view that cannot be written to.",
    {"window_shape": REQUIRED, "axis": None},
    shapes=((4, 5),),
    cases=(
        {"window_shape": (2, 3)},
        {"window_shape": 2, "axis": -1},
        {"window_shape": (2, 2), "axis": (1, 1)},
    ),
    names=Names(method=False),
    returns="A view of shape (..., n - w + 1, w), for a window of w along the last axis of n.",
)
