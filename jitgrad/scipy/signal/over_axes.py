"""Convolutions along some axes, with sums of products over others, as a layer of a network has
them: the form that autograd's `scipy.signal.convolve` adds to SciPy's.

They are products of windows, which are a view. Start at `over_axes`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import numpy as jnp
from ...base.errors import ArgumentError, ShapeError
from ...ir.shapes import normalize_axes


def over_axes(x: Any, y: Any, axes: Any, dot_axes: Any, mode: str) -> Any:
    """The convolution along the pairs of `axes`, summed over the pairs of `dot_axes`. The result
    has the other axes of `x`, those of `y`, and then those of the convolution."""
    both = [range(x.ndim), range(y.ndim)] if axes is None else axes
    along = _pairs("axes", both, x, y)
    dot = _pairs("dot_axes", ((), ()) if dot_axes is None else dot_axes, x, y)
    for taken, ndim in zip(zip(along, dot, strict=True), (x.ndim, y.ndim), strict=True):
        if len({*taken[0], *taken[1]}) != len(taken[0]) + len(taken[1]) or not ndim:
            raise ArgumentError(f"got axes={axes} and dot_axes={dot_axes}, expected each axis once")
    lengths = [(x.shape[a], y.shape[b]) for a, b in zip(*along, strict=True)]
    if mode == "valid" and any(a < b for a, b in lengths):
        if any(a > b for a, b in lengths):
            raise ShapeError(
                f"got arrays of shapes {x.shape} and {y.shape} with mode='valid', expected one at "
                "least as large as the other along all axes of the convolution"
            )
        out = over_axes(y, x, along[::-1], dot[::-1], mode)
        first = y.ndim - len(along[1]) - len(dot[1])
        last = out.ndim - len(along[0])
        return jnp.transpose(out, [*range(first, last), *range(first), *range(last, out.ndim)])
    return _slid(x, y, along, dot, mode)


def _pairs(name: str, given: Any, x: Any, y: Any) -> list[tuple[int, ...]]:
    if len(given) != 2 or len(given[0]) != len(given[1]):
        raise ArgumentError(f"got {name}={given}, expected two sequences with as many axes")
    return [normalize_axes(tuple(g), t.ndim) for g, t in zip(given, (x, y), strict=True)]


def _slid(x: Any, y: Any, along: Sequence[Any], dot: Sequence[Any], mode: str) -> Any:
    """The products of `y`, turned round, with the windows of `x`."""
    sizes = [y.shape[b] for b in along[1]]
    if mode != "valid":
        width = [(0, 0)] * x.ndim
        for axis, size in zip(along[0], sizes, strict=True):
            right = size - 1 if mode == "full" else (size - 1) // 2
            width[axis] = (size - 1 if mode == "full" else size - 1 - right, right)
        x = jnp.pad(x, width)
    windows = np.lib.stride_tricks.sliding_window_view(x, tuple(sizes), along[0]) if sizes else x
    behind = [*range(x.ndim, windows.ndim)]
    summed = [*dot[0], *behind], [*dot[1], *along[1]]
    out = jnp.tensordot(windows, jnp.flip(y, along[1]) if sizes else y, axes=summed)
    left = [k for k in range(x.ndim) if k not in dot[0]]
    moved = [left.index(k) for k in along[0]]
    order = [k for k in range(out.ndim) if k not in moved]
    return jnp.transpose(out, [*order, *moved])
