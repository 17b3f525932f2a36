"""The entries of convolutions: sums of shifted arrays, and the products of windows with an array.

They are calls of NumPy's within a plan. Both are linear in each operand, and each other's
transposes: of ``out[k] = sum(x[i] * y[k - i])`` the cotangents are the products of windows of `g`
with the other operand, and of these they are a convolution again. What lies beyond the end of an
array is no product with 0, so infinities there do not become nan. Start at `_convolved`.

Transforms of Fourier's, which are faster for large operands, are `jitgrad.scipy.signal`'s, since
they round otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..base.errors import ShapeError
from ..ir import Node, Op
from .records import Names
from .registry import operation
from .rows import each_row

#: Up to so many products with a whole array each, rows are computed side by side.
SIDE_BY_SIDE = 64


def _lead(node: Node) -> int:
    """How many axes in front are those of rows: `node.arg` axes are convolved."""
    return node.ndim - node.arg


def _by_rows(function: Any, node: Node, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """``function(x, y, out)`` for what is convolved along several axes or of a few rows; along one
    axis, each row by NumPy's convolution."""
    lead = _lead(node)
    out = np.zeros(node.shape, node.dtype)
    if node.arg > 1 or (lead and math.prod(y.shape[lead:]) <= SIDE_BY_SIDE):
        function(x, y, out)
        return out
    for place in np.ndindex(*node.shape[:lead]):
        if node.op is CONVOLVED:
            out[place] = np.convolve(x[place], y[place], "full")
        else:
            out[place] = np.convolve(x[place], y[place][::-1], "valid")
    return out


def _part(place: Sequence[int], lengths: Sequence[int]) -> Any:
    """The index of what begins at a place of the last axes and has these lengths."""
    return (..., *[slice(k, k + n) for k, n in zip(place, lengths, strict=True)])


def _elements(y: np.ndarray, lead: int) -> Any:
    """The places behind `lead` axes, with the elements there, which have as many axes as `y`."""
    shape = y.shape[lead:]
    for place in np.ndindex(*shape):
        yield place, y[(..., *place)].reshape((*y.shape[:lead], *[1] * len(shape)))


def _convolved_reference(x: np.ndarray, y: np.ndarray, node: Node) -> np.ndarray:
    lead = _lead(node)
    if math.prod(x.shape[lead:]) < math.prod(y.shape[lead:]):
        x, y = y, x

    def add(x: np.ndarray, y: np.ndarray, out: np.ndarray) -> None:
        for place, factor in _elements(y, lead):
            out[_part(place, x.shape[lead:])] += x * factor

    return _by_rows(add, node, x, y)


def _windows_reference(x: np.ndarray, y: np.ndarray, node: Node) -> np.ndarray:
    lead, behind = _lead(node), node.shape[_lead(node) :]

    def add(x: np.ndarray, y: np.ndarray, out: np.ndarray) -> None:
        if math.prod(y.shape[lead:]) > math.prod(behind):  # a sum for each window
            axes = tuple(range(lead, y.ndim))
            for place in np.ndindex(*behind):
                part = x[_part(place, y.shape[lead:])]
                out[(..., *place)] = (part * y).sum(axes, dtype=out.dtype)
            return
        for place, factor in _elements(y, lead):
            out += x[_part(place, behind)] * factor

    return _by_rows(add, node, x, y)


def _convolved_vjp(g: Node, node: Node) -> tuple[Node, Node]:
    x, y = node.src
    return _windows(g, y, node.arg), _windows(g, x, node.arg)


def _windows_vjp(g: Node, node: Node) -> tuple[Node, Node]:
    x, y = node.src
    return _convolved(g, y, node.arg), _windows(x, g, node.arg)


def _jvp(t: Sequence[Node | None], node: Node) -> Node | None:
    x, y = node.src
    build = _convolved if node.op is CONVOLVED else _windows
    by_x = None if t[0] is None else build(t[0], y, node.arg)
    by_y = None if t[1] is None else build(x, t[1], node.arg)
    return by_y if by_x is None else by_x if by_y is None else by_x + by_y


def _flops(node: Node) -> int:
    """Two for each product: the operands' sizes say how many there are."""
    x, y = node.src
    lead = _lead(node)
    other = x.shape[lead:] if node.op is CONVOLVED else node.shape[lead:]
    return 2 * y.size * math.prod(other)


CONVOLVED = Op(
    "convolved",
    "call",
    _convolved_reference,
    vjp=_convolved_vjp,
    jvp=_jvp,
    batch=each_row,
    flops=_flops,
)
WINDOWS = Op(
    "window_products",
    "call",
    _windows_reference,
    vjp=_windows_vjp,
    jvp=_jvp,
    batch=each_row,
    flops=_flops,
)


def _convolved(x: Node, y: Node, axes: int) -> Node:
    """The whole convolution along the last `axes` axes, of operands with the same rows."""
    lead = x.ndim - axes
    pairs = zip(x.shape[lead:], y.shape[lead:], strict=True)
    shape = (*x.shape[:lead], *[n + m - 1 for n, m in pairs])
    return Node(CONVOLVED, (x, y), axes, shape, x.dtype)


def _windows(x: Node, y: Node, axes: int) -> Node:
    """The sums of products of `y` with the windows of its shape in `x`."""
    lead = x.ndim - axes
    pairs = zip(x.shape[lead:], y.shape[lead:], strict=True)
    shape = (*x.shape[:lead], *[n - m + 1 for n, m in pairs])
    return Node(WINDOWS, (x, y), axes, shape, x.dtype)


# --- entries --------------------------------------------------------------------------------------


def _checked(x: Node, y: Node) -> None:
    if x.ndim != y.ndim or not x.ndim or not x.size or not y.size:
        raise ShapeError(
            f"got arrays of shapes {x.shape} and {y.shape} to convolve, expected as many axes in "
            "both, and some elements"
        )


def _whole(x: Node, y: Node) -> Node:
    _checked(x, y)
    return _convolved(x, y, x.ndim)


def _within(x: Node, y: Node) -> Node:
    _checked(x, y)
    if any(n < m for n, m in zip(x.shape, y.shape, strict=True)):
        raise ShapeError(
            f"got windows of shape {y.shape} in an array of shape {x.shape}, expected at most that"
        )
    return _windows(x, y, x.ndim)


def _numpys(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Along several axes, by Fourier transforms."""
    if x.ndim == 1:
        return np.convolve(x, y)
    lengths = [n + m - 1 for n, m in zip(x.shape, y.shape, strict=True)]
    axes = list(range(x.ndim))
    out = np.fft.ifftn(np.fft.fftn(x, lengths, axes) * np.fft.fftn(y, lengths, axes), axes=axes)
    return out if np.iscomplexobj(x) or np.iscomplexobj(y) else out.real


def _numpys_windows(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    windows = np.lib.stride_tricks.sliding_window_view(x, y.shape)
    return (windows * y).sum(tuple(range(x.ndim, 2 * x.ndim)))


_SHAPES = ((4, 5), (2, 3))
_NAMES = Names(args=("x", "y"), method=False)
operation(
    "convolved",
    _whole,
    "The whole convolution of two arrays along all axes.",
    numpy=_numpys,
    operands=2,
    op=CONVOLVED,
    shapes=_SHAPES,
    names=_NAMES,
    public=False,
    complex=True,
)
operation(
    "window_products",
    _within,
    "The sums of products of an array with all windows of its shape in another one.",
    numpy=_numpys_windows,
    operands=2,
    op=WINDOWS,
    shapes=_SHAPES,
    names=_NAMES,
    public=False,
    complex=True,
)
