"""Normalisations: means and variances taken out, by PyTorch's names and argument order. Start at
`layer_norm`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...base.errors import ArgumentError, ShapeError
from ...base.surface import surface
from ...frontend.modes import no_grad
from ...frontend.tensor import Tensor
from .shared import floats, op


def _scaled(x: Any, weight: Any, bias: Any, shape: Sequence[int] | None = None) -> Any:
    for p, combine in ((weight, op.multiply), (bias, op.add)):
        if p is not None:
            p = floats(p, "weight or bias")
            x = combine(x, p if shape is None else p.reshape(shape))
    return x


def _centred(x: Any, axes: tuple[int, ...], eps: float) -> Any:
    d = x - x.mean(axis=axes, keepdims=True)
    return d / op.sqrt((d * d).mean(axis=axes, keepdims=True) + eps)


def _last_axes(x: Any, normalized_shape: Any) -> tuple[int, ...]:
    several = isinstance(normalized_shape, (tuple, list))
    shape = tuple(normalized_shape) if several else (normalized_shape,)
    if not shape or x.shape[-len(shape) :] != shape:
        raise ShapeError(
            f"got normalized_shape={normalized_shape} for shape {x.shape}, expected its last axes"
        )
    return tuple(range(x.ndim - len(shape), x.ndim))


@surface
def layer_norm(
    input: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Any:
    """Mean 0 and variance 1 over the last axes, then times `weight`, plus `bias`.

    Parameters
    ----------
    input : array_like
    normalized_shape : int or sequence of int
        The lengths of these axes.
    weight, bias : array_like, optional
        Of that shape.
    eps : float
        Added to the variance.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> jitgrad.nn.functional.layer_norm(jitgrad.tensor([1.0, 3.0]), 2).round(3)
    tensor([-1.,  1.])
    """
    input = floats(input)
    return _scaled(_centred(input, _last_axes(input, normalized_shape), eps), weight, bias)


@surface
def rms_norm(
    input: Any, normalized_shape: Any, weight: Any = None, eps: float | None = None
) -> Any:
    """Mean square 1 over the last axes, then times `weight`.

    Parameters
    ----------
    input : array_like
    normalized_shape : int or sequence of int
        The lengths of these axes.
    weight : array_like, optional
        Of that shape.
    eps : float, optional
        Added to the mean square; the precision of the dtype by default.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> jitgrad.nn.functional.rms_norm(jitgrad.tensor([3.0, 3.0]), 2)
    tensor([1., 1.])
    """
    input = floats(input)
    axes = _last_axes(input, normalized_shape)
    eps = float(np.finfo(input.dtype).eps) if eps is None else eps
    scale = op.sqrt((input * input).mean(axis=axes, keepdims=True) + eps)
    return _scaled(input / scale, weight, None)


@surface
def batch_norm(
    input: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    """Mean 0 and variance 1 of each channel over the batch, or by running averages.

    Parameters
    ----------
    input : array_like
        Shape (N, C, ...).
    running_mean, running_var : Tensor or None
        Shape (C,). In training they are moved, in place, towards the mean and the unbiased variance
        of the batch; else these are taken instead.
    weight, bias : array_like, optional
        Shape (C,).
    training : bool
        Take the batch's own mean and variance.
    momentum : float
        The share of the batch in the running averages.
    eps : float
        Added to the variance.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> x = jitgrad.tensor([[1.0], [3.0]])
    >>> jitgrad.nn.functional.batch_norm(x, None, None, training=True).round(3)
    tensor([[-1.],
            [ 1.]])
    """
    input = floats(input)
    if input.ndim < 2:
        raise ShapeError(f"got shape {input.shape}, expected (N, C, ...)")
    axes, shape = (0, *range(2, input.ndim)), (1, -1) + (1,) * (input.ndim - 2)
    if not training:
        if running_mean is None or running_var is None:
            raise ArgumentError(
                "got no running averages outside of training, expected both; pass training=True"
            )
        mean, var = (floats(x).reshape(shape) for x in (running_mean, running_var))
        return _scaled((input - mean) / op.sqrt(var + eps), weight, bias, shape)
    n = input.size // max(input.shape[1], 1)
    if n < 2:
        raise ShapeError(f"got shape {input.shape} in training, expected several values a channel")
    if running_mean is not None and running_var is not None:
        _check_averages(running_mean, running_var)
        _move(input.detach(), running_mean, running_var, axes, momentum)
    return _scaled(_centred(input, axes, eps), weight, bias, shape)


def _check_averages(*averages: Any) -> None:
    for x in averages:
        if not isinstance(x, Tensor):
            raise ArgumentError(
                f"got running averages of type {type(x).__name__} in training, expected tensors, "
                "which are updated in place; use jitgrad.tensor(data), or pass None"
            )


def _move(x: Any, mean: Any, var: Any, axes: tuple[int, ...], momentum: float) -> None:
    with no_grad():
        mean.copy_(mean + momentum * (x.mean(axis=axes) - mean))
        var.copy_(var + momentum * (x.var(axis=axes, ddof=1) - var))


@surface
def group_norm(
    input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Any:
    """Mean 0 and variance 1 over groups of channels, for each element of the batch.

    Parameters
    ----------
    input : array_like
        Shape (N, C, ...).
    num_groups : int
        A divisor of C.
    weight, bias : array_like, optional
        Shape (C,).
    eps : float
        Added to the variance.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> jitgrad.nn.functional.group_norm(jitgrad.tensor([[1.0, 3.0]]), 1).round(3)
    tensor([[-1.,  1.]])
    """
    input = floats(input)
    if input.ndim < 2 or num_groups < 1 or input.shape[1] % num_groups:
        raise ShapeError(
            f"got shape {input.shape} for {num_groups} groups, expected (N, C, ...) with C a "
            "multiple of that"
        )
    groups = input.reshape((input.shape[0], num_groups, -1))
    out = _centred(groups, (2,), eps).reshape(input.shape)
    return _scaled(out, weight, bias, (1, -1) + (1,) * (input.ndim - 2))


@surface
def instance_norm(
    input: Any,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    """Mean 0 and variance 1 of each channel of each element of the batch.

    Parameters
    ----------
    input : array_like
        Shape (N, C, ...).
    running_mean, running_var : Tensor, optional
        Taken where `use_input_stats` is False; otherwise they are not supported.
    weight, bias : array_like, optional
        Shape (C,).
    use_input_stats : bool
    momentum : float
        Taken for PyTorch's sake.
    eps : float
        Added to the variance.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> jitgrad.nn.functional.instance_norm(jitgrad.tensor([[[1.0, 3.0]]])).round(3)
    tensor([[[-1.,  1.]]])
    """
    if not use_input_stats:
        return batch_norm(input, running_mean, running_var, weight, bias, False, momentum, eps)
    if running_mean is not None or running_var is not None:
        raise ArgumentError(
            "got running averages for instance_norm, which keeps none here; pass None"
        )
    input = floats(input)
    if input.ndim < 3:
        raise ShapeError(f"got shape {input.shape}, expected (N, C, L, ...)")
    out = _centred(input, tuple(range(2, input.ndim)), eps)
    return _scaled(out, weight, bias, (1, -1) + (1,) * (input.ndim - 2))


@surface
def normalize(input: Any, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Any:
    """Vectors along an axis, divided by their norm.

    Parameters
    ----------
    input : array_like
    p : float
        Which norm.
    dim : int
    eps : float
        The least norm.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> jitgrad.nn.functional.normalize(jitgrad.tensor([3.0, 4.0]), dim=0)
    tensor([0.6, 0.8])
    """
    input = floats(input)
    return input / op.maximum(op.vector_norm(input, ord=p, axis=dim, keepdims=True), eps)
