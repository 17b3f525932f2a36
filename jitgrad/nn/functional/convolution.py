"""Convolutions as products of matrices with windows, by PyTorch's names and argument order.

The windows of all images are copied side by side, as columns, and BLAS multiplies them by the
weights, once for each group. Start at `conv2d`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ...base.errors import ArgumentError, ShapeError
from ...base.surface import surface
from .shared import floats, op, tuple_of
from .windows import pad, padded, windows


def _convolved(
    n: int, input: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any,
    groups: int,
) -> Any:  # fmt: skip
    """A convolution over the last `n` axes."""
    x, weight = floats(input), floats(weight, "weight")
    if x.ndim == n + 1:
        out = _convolved(n, x[None], weight, bias, stride, padding, dilation, groups)
        return out[0:1].reshape(out.shape[1:])
    _check(n, x, weight, groups)
    stride, dilation = tuple_of(n, stride, "stride"), tuple_of(n, dilation, "dilation")
    if any(k < 1 for k in (*stride, *dilation)):
        raise ArgumentError(f"got stride={stride}, dilation={dilation}, expected at least 1")
    x = _with_padding(x, weight.shape[2:], padding, stride, dilation)
    out = _products(n, x, weight, stride, dilation, groups)
    return out if bias is None else out + floats(bias, "bias").reshape((-1,) + (1,) * n)


def _check(n: int, x: Any, weight: Any, groups: int) -> None:
    if x.ndim != n + 2 or weight.ndim != n + 2:
        raise ShapeError(
            f"got input of shape {x.shape} and weight of shape {weight.shape}, expected {n + 1} or "
            f"{n + 2} axes, and {n + 2}"
        )
    if x.shape[1] != weight.shape[1] * groups or weight.shape[0] % groups:
        raise ShapeError(
            f"got {x.shape[1]} channels and weight of shape {weight.shape} in {groups} groups, "
            f"expected {weight.shape[1] * groups} channels, and a multiple of the groups of "
            "results"
        )


def _with_padding(
    x: Any, size: Sequence[int], padding: Any, stride: Sequence[int], dilation: Sequence[int]
) -> Any:
    if padding == "valid":
        return x
    if padding == "same":
        if any(s != 1 for s in stride):
            raise ArgumentError(f"got padding='same' with stride={stride}, expected stride 1")
        total = [d * (k - 1) for k, d in zip(size, dilation, strict=True)]
        x = padded(x, [t // 2 for t in total])
        if any(t % 2 for t in total):
            x = pad(x, [e for t in reversed(total) for e in (0, t % 2)])
        return x
    if isinstance(padding, str):
        raise ArgumentError(f"got padding={padding!r}, expected integers, 'valid' or 'same'")
    return padded(x, tuple_of(len(size), padding, "padding"))


def _products(
    n: int, x: Any, weight: Any, stride: Sequence[int], dilation: Sequence[int], groups: int
) -> Any:
    """One product for each group: of all windows of all images, as columns side by side."""
    views = windows(x, weight.shape[2:], stride, dilation)
    places = views.shape[2 : 2 + n]
    order = (1, *range(2 + n, 2 + 2 * n), 0, *range(2, 2 + n))
    rows = weight.shape[1] * math.prod(weight.shape[2:])
    count = x.shape[0] * math.prod(places)
    columns = op.transpose(views, order).reshape((groups, rows, count))
    if groups == 1:
        out = weight.reshape((weight.shape[0], rows)) @ columns.reshape((rows, count))
    else:
        out = weight.reshape((groups, weight.shape[0] // groups, rows)) @ columns
    return out.reshape((weight.shape[0], x.shape[0], *places)).swapaxes(0, 1)


@surface
def conv1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    """The cross-correlation of sequences with kernels.

    Parameters
    ----------
    input : array_like
        Shape (N, C, L) or (C, L).
    weight : array_like
        Shape (out, C / groups, K).
    bias : array_like, optional
        Shape (out,).
    stride, dilation : int
        Steps between windows, and between the elements of one.
    padding : int or str
        Zeros on both sides; "valid" is none, "same" keeps the length.
    groups : int
        Parts of the channels that are convolved apart.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> x, w = jitgrad.arange(5.0).reshape(1, 1, 5), jitgrad.ones(1, 1, 3)
    >>> jitgrad.nn.functional.conv1d(x, w)
    tensor([[[3., 6., 9.]]])
    """
    return _convolved(1, input, weight, bias, stride, padding, dilation, groups)


@surface
def conv2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    """The cross-correlation of images with kernels.

    Parameters
    ----------
    input : array_like
        Shape (N, C, H, W) or (C, H, W).
    weight : array_like
        Shape (out, C / groups, KH, KW).
    bias : array_like, optional
        Shape (out,).
    stride, dilation : int or tuple of int
        Steps between windows, and between the elements of one.
    padding : int, tuple of int or str
        Zeros on both sides; "valid" is none, "same" keeps the lengths.
    groups : int
        Parts of the channels that are convolved apart.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> jitgrad.nn.functional.conv2d(jitgrad.ones(1, 1, 3, 3), jitgrad.ones(1, 1, 2, 2))
    tensor([[[[4., 4.],
              [4., 4.]]]])
    """
    return _convolved(2, input, weight, bias, stride, padding, dilation, groups)


@surface
def conv3d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    """The cross-correlation of volumes with kernels; parameters are those of `conv2d`, with one
    axis more.

    Examples
    --------
    >>> x = jitgrad.ones(1, 1, 2, 2, 2)
    >>> jitgrad.nn.functional.conv3d(x, x).item()
    8.0
    """
    return _convolved(3, input, weight, bias, stride, padding, dilation, groups)


@surface
def unfold(
    input: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> Any:
    """The windows of images as columns.

    Parameters
    ----------
    input : array_like
        Shape (N, C, H, W).
    kernel_size, dilation, padding, stride : int or tuple of int
        As those of `conv2d`.

    Returns
    -------
    Tensor
        Shape (N, C * KH * KW, places).

    Examples
    --------
    >>> jitgrad.nn.functional.unfold(jitgrad.ones(1, 2, 3, 3), 2).shape
    (1, 8, 4)
    """
    x = floats(input)
    size = tuple_of(2, kernel_size, "kernel_size")
    x = padded(x, tuple_of(2, padding, "padding"))
    steps, gaps = tuple_of(2, stride, "stride"), tuple_of(2, dilation, "dilation")
    views = windows(x, size, steps, gaps)
    views = op.transpose(views, (0, 1, 4, 5, 2, 3))
    return views.reshape((x.shape[0], x.shape[1] * math.prod(size), -1))
