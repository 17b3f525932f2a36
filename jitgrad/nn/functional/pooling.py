"""Pooling: the largest elements and the means of windows, by PyTorch's names and argument order.
Start at `max_pool2d`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...base.errors import ArgumentError, ShapeError
from ...base.surface import surface
from ...frontend.creation import tensor
from .shared import floats, op, tuple_of
from .windows import pad, padded, windows


def _views(
    n: int, x: Any, size: Any, stride: Any, padding: Any, dilation: Any, ceil: bool, value: float
) -> tuple[Any, tuple[int, ...]]:
    """The windows, and their size."""
    if x.ndim not in (n + 1, n + 2):
        raise ShapeError(f"got shape {x.shape}, expected {n + 1} or {n + 2} axes")
    size = tuple_of(n, size, "kernel_size")
    stride = size if stride is None else tuple_of(n, stride, "stride")
    dilation, padding = tuple_of(n, dilation, "dilation"), tuple_of(n, padding, "padding")
    if min(*size, *stride, *dilation) < 1:
        raise ArgumentError(
            f"got kernel_size={size}, stride={stride} and dilation={dilation}, expected at least 1"
        )
    if any(2 * p > k for p, k in zip(padding, size, strict=True)):
        raise ArgumentError(
            f"got padding={padding} for windows of {size}, expected at most half of these"
        )
    x = padded(x, padding, value)
    if ceil:
        x = _longer(x, size, stride, dilation, padding, value)
    return windows(x, size, stride, dilation), size


def _longer(x: Any, size: Any, stride: Any, dilation: Any, padding: Any, value: float) -> Any:
    """`x` with so much at the end that the last windows, which begin within, fit."""
    ends = []
    rows = zip(x.shape[-len(size) :], size, stride, dilation, padding, strict=True)
    for length, k, s, d, p in rows:
        span = (k - 1) * d + 1
        count = math.ceil((length - span) / s) + 1
        if (count - 1) * s >= length - p:  # it would begin in the padding
            count -= 1
        ends.append(max((count - 1) * s + span - length, 0))
    return pad(x, [e for end in reversed(ends) for e in (0, end)], value=value)


def _max(
    n: int, input: Any, size: Any, stride: Any, padding: Any, dilation: Any, ceil: bool
) -> Any:
    views, _ = _views(n, floats(input), size, stride, padding, dilation, ceil, -math.inf)
    return views.max(axis=tuple(range(-n, 0)))


def _average(
    n: int, input: Any, size: Any, stride: Any, padding: Any, ceil: bool, padded_count: bool,
    divisor: int | None = None,
) -> Any:  # fmt: skip
    x = floats(input)
    views, size = _views(n, x, size, stride, padding, 1, ceil, 0.0)
    total = views.sum(axis=tuple(range(-n, 0)))
    if divisor is not None:
        return total / divisor
    whole = not any(tuple_of(n, padding, "padding"))
    if not ceil and (padded_count or whole):
        return total / math.prod(size)
    ones = np.ones(x.shape[-n:])
    if padded_count:
        ones = np.pad(ones, [(p, p) for p in tuple_of(n, padding, "padding")], constant_values=1.0)
        padding = 0
    ones = tensor(ones, dtype=x.dtype).reshape((1, *ones.shape))
    counts, _ = _views(n, ones, size, stride, padding, 1, ceil, 0.0)
    return total / counts.sum(axis=tuple(range(-n, 0)))[0:1].reshape(total.shape[-n:])


@surface
def max_pool1d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> Any:
    """The largest elements of windows over the last axis; see `max_pool2d`.

    Examples
    --------
    >>> jitgrad.nn.functional.max_pool1d(jitgrad.tensor([[1.0, 3.0, 2.0, 0.0]]), 2)
    tensor([[3., 2.]])
    """
    return _max(1, input, kernel_size, stride, padding, dilation, ceil_mode)


@surface
def max_pool2d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> Any:
    """The largest elements of windows over the last two axes.

    Equal elements of a window share its gradient, where PyTorch gives it to the first.

    Parameters
    ----------
    input : array_like
        Shape (N, C, H, W) or (C, H, W).
    kernel_size : int or tuple of int
    stride : int or tuple of int, optional
        Steps between windows; their size by default.
    padding, dilation : int or tuple of int
    ceil_mode : bool
        Also windows that end behind the image.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> jitgrad.nn.functional.max_pool2d(jitgrad.arange(16.0).reshape(1, 1, 4, 4), 2)
    tensor([[[[ 5.,  7.],
              [13., 15.]]]])
    """
    return _max(2, input, kernel_size, stride, padding, dilation, ceil_mode)


@surface
def max_pool3d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> Any:
    """The largest elements of windows over the last three axes; see `max_pool2d`.

    Examples
    --------
    >>> jitgrad.nn.functional.max_pool3d(jitgrad.ones(1, 2, 2, 2), 2).shape
    (1, 1, 1, 1)
    """
    return _max(3, input, kernel_size, stride, padding, dilation, ceil_mode)


@surface
def avg_pool1d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:
    """The means of windows over the last axis; see `avg_pool2d`.

    Examples
    --------
    >>> jitgrad.nn.functional.avg_pool1d(jitgrad.tensor([[1.0, 3.0, 2.0, 0.0]]), 2)
    tensor([[2., 1.]])
    """
    return _average(1, input, kernel_size, stride, padding, ceil_mode, count_include_pad)


@surface
def avg_pool2d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:
    """The means of windows over the last two axes.

    Parameters
    ----------
    input : array_like
        Shape (N, C, H, W) or (C, H, W).
    kernel_size : int or tuple of int
    stride : int or tuple of int, optional
        Steps between windows; their size by default.
    padding : int or tuple of int
    ceil_mode : bool
        Also windows that end behind the image.
    count_include_pad : bool
        Whether zeros of the padding count.
    divisor_override : int, optional
        What sums are divided by.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> jitgrad.nn.functional.avg_pool2d(jitgrad.arange(4.0).reshape(1, 2, 2), 2)
    tensor([[[1.5]]])
    """
    return _average(
        2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


@surface
def avg_pool3d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:
    """The means of windows over the last three axes; see `avg_pool2d`.

    Examples
    --------
    >>> jitgrad.nn.functional.avg_pool3d(jitgrad.ones(1, 2, 2, 2), 2)
    tensor([[[[1.]]]])
    """
    return _average(
        3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def _adaptive(n: int, input: Any, output_size: Any) -> Any:
    """Means of as many windows as are asked for: a product with a matrix along each axis."""
    x = floats(input)
    if x.ndim not in (n + 1, n + 2):
        raise ShapeError(f"got shape {x.shape}, expected {n + 1} or {n + 2} axes")
    sizes = output_size if isinstance(output_size, (tuple, list)) else (output_size,) * n
    for k, size in enumerate(sizes):
        axis = x.ndim - n + k
        length = x.shape[axis]
        if size is None or size == length:
            continue
        weights = np.zeros((size, length))
        for i in range(size):
            first, end = i * length // size, -(-(i + 1) * length // size)
            weights[i, first:end] = 1 / (end - first)
        moved = op.moveaxis(x, axis, -1) @ tensor(weights.T, dtype=x.dtype)
        x = op.moveaxis(moved, -1, axis)
    return x


@surface
def adaptive_avg_pool1d(input: Any, output_size: Any) -> Any:
    """The means of `output_size` windows over the last axis.

    Examples
    --------
    >>> jitgrad.nn.functional.adaptive_avg_pool1d(jitgrad.tensor([[1.0, 3.0, 5.0]]), 1)
    tensor([[3.]])
    """
    return _adaptive(1, input, output_size)


@surface
def adaptive_avg_pool2d(input: Any, output_size: Any) -> Any:
    """The means of as many windows over the last two axes as `output_size` says.

    Parameters
    ----------
    input : array_like
        Shape (N, C, H, W) or (C, H, W).
    output_size : int or tuple of int or None
        None is the length of the axis.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> jitgrad.nn.functional.adaptive_avg_pool2d(jitgrad.ones(1, 4, 6), (2, 3)).shape
    (1, 2, 3)
    """
    return _adaptive(2, input, output_size)
