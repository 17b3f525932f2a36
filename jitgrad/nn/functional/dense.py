"""Products with weights, look-ups, dropout and attention, by PyTorch's names and argument order.
Start at `linear`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...base.errors import ArgumentError, DTypeError, IndexOutOfRange, ShapeError
from ...base.surface import surface
from ...frontend.convert import as_operand
from ...frontend.creation import arange, tensor
from ...frontend.stream import DEFAULT
from ...frontend.tensor import Tensor
from ...tape.handles import varies
from .shared import floats, op


@surface
def linear(input: Any, weight: Any, bias: Any = None) -> Any:
    """``input @ weight.T + bias``.

    Parameters
    ----------
    input : array_like
        Shape (..., in).
    weight : array_like
        Shape (out, in), or (in,).
    bias : array_like, optional
        Shape (out,).

    Returns
    -------
    Tensor

    Examples
    --------
    >>> jitgrad.nn.functional.linear(jitgrad.ones(2), jitgrad.ones(3, 2), jitgrad.ones(3))
    tensor([3., 3., 3.])
    """
    input, weight = floats(input), floats(weight, "weight")
    if input.shape[-1:] != weight.shape[-1:]:
        raise ShapeError(
            f"got input of shape {input.shape} and weight of shape {weight.shape}, expected the "
            "same last axis"
        )
    out = input @ (weight.T if weight.ndim == 2 else weight)
    return out if bias is None else out + bias


@surface
def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Any:
    """``input1 @ weight[k] @ input2 + bias[k]`` for each k.

    Parameters
    ----------
    input1, input2 : array_like
        Shapes (..., in1) and (..., in2).
    weight : array_like
        Shape (out, in1, in2).
    bias : array_like, optional
        Shape (out,).

    Returns
    -------
    Tensor

    Examples
    --------
    >>> x = jitgrad.ones(2)
    >>> jitgrad.nn.functional.bilinear(x, x, jitgrad.ones(3, 2, 2))
    tensor([4., 4., 4.])
    """
    input1, input2, weight = floats(input1), floats(input2), floats(weight, "weight")
    outs, ins1, ins2 = weight.shape
    if input1.shape[-1] != ins1 or input2.shape[-1] != ins2:
        raise ShapeError(
            f"got inputs of shapes {input1.shape} and {input2.shape} for weight of shape "
            f"{weight.shape}, expected last axes of {ins1} and {ins2}"
        )
    first = input1 @ weight.transpose((1, 0, 2)).reshape((ins1, outs * ins2))
    first = first.reshape((*input1.shape[:-1], outs, ins2))
    out = (first * op.expand_dims(input2, -2)).sum(axis=-1)
    return out if bias is None else out + bias


@surface
def embedding(input: Any, weight: Any, padding_idx: int | None = None) -> Any:
    """The rows of `weight` that `input` names.

    Parameters
    ----------
    input : array_like of int
        Of any shape; negative ones are an error.
    weight : array_like
        Shape (rows, features).
    padding_idx : int, optional
        A row that gets no gradient.

    Returns
    -------
    Tensor

    Raises
    ------
    IndexOutOfRange
        There is no such row.

    Examples
    --------
    >>> table = jitgrad.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> jitgrad.nn.functional.embedding(jitgrad.tensor([1, 0]), table)
    tensor([[3., 4.],
            [1., 2.]])
    """
    input, weight = as_operand(input), floats(weight, "weight")
    if input.dtype.kind not in "iu":
        raise DTypeError(f"got indices of dtype {input.dtype}, expected integers; use .long()")
    rows = weight.shape[0]
    if varies(input):
        input = op.where(input < 0, rows, input)  # which is out of range
    elif input.size and int(input.numpy().min()) < 0:
        raise IndexOutOfRange(
            f"got index {int(input.numpy().min())} for {rows} rows, expected 0 to {rows - 1}"
        )
    out = op.take(weight, input, axis=0)
    if padding_idx is None:
        return out
    row = padding_idx + rows if padding_idx < 0 else padding_idx
    return op.where(op.expand_dims(input == row, -1), out.detach(), out)


@surface
def one_hot(tensor: Any, num_classes: int = -1) -> Any:
    """1 at the place that an integer names on a new last axis, 0 elsewhere.

    Parameters
    ----------
    tensor : array_like of int
    num_classes : int
        The length of that axis; -1: one more than the largest, whose value is asked for.

    Returns
    -------
    Tensor
        Of int64.

    Raises
    ------
    IndexOutOfRange
        A value is negative, or too large.

    Examples
    --------
    >>> jitgrad.nn.functional.one_hot(jitgrad.tensor([1, 0]), 3)
    tensor([[0, 1, 0],
            [1, 0, 0]])
    """
    x = as_operand(tensor)
    if x.dtype.kind not in "iu":
        raise DTypeError(f"got values of dtype {x.dtype}, expected integers; use .long()")
    if varies(x) and num_classes > 0:  # a look-up checks them in each call
        x = op.where(x < 0, num_classes, x)
        return op.take(_unit(num_classes), x, axis=0)
    values = x.numpy()
    n = int(values.max()) + 1 if num_classes < 0 else num_classes
    if values.size and (values.min() < 0 or values.max() >= n):
        raise IndexOutOfRange(
            f"got values from {values.min()} to {values.max()}, expected 0 to {n - 1}"
        )
    return (op.expand_dims(x, -1) == arange(n)).to(np.int64)


def _unit(n: int) -> Any:
    rows = arange(n)
    return (op.expand_dims(rows, -1) == rows).to(np.int64)


# --- dropout --------------------------------------------------------------------------------------


def _dropped(
    input: Any, shape: tuple[int, ...], p: float, training: bool, inplace: bool, generator: Any
) -> Any:
    if not 0 <= p <= 1:
        raise ArgumentError(f"got p={p}, expected a probability in [0, 1]")
    input = floats(input)
    if not training or p == 0:
        return input
    stream = DEFAULT if generator is None else _stream_of(generator)
    dtype = np.float32 if input.dtype == np.float32 else np.float64
    draw = stream.drawn(lambda rng: rng.random(shape, dtype=dtype))
    out = op.where(draw >= p, input * (1 / (1 - p) if p < 1 else 0.0), 0.0)
    return input.copy_(out) if inplace else out


def _stream_of(generator: Any) -> Any:
    stream = getattr(generator, "_stream", None)
    if stream is None:
        raise ArgumentError(
            f"got generator of type {type(generator).__name__}, expected one of "
            "jitgrad.random.default_rng(seed)"
        )
    return stream


@surface
def dropout(
    input: Any,
    p: float = 0.5,
    training: bool = True,
    inplace: bool = False,
    *,
    generator: Any = None,
) -> Any:
    """Sets elements to 0 with a probability, and scales the others so that the mean stays.

    Parameters
    ----------
    input : array_like
    p : float
        The probability.
    training : bool
        Without it, `input` is given back as it is.
    inplace : bool
        Write the result to `input`.
    generator : jitgrad.random.Generator, optional
        Draws; by default the one that `jitgrad.manual_seed` seeds.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> x = jitgrad.nn.functional.dropout(jitgrad.ones(1000), 0.25)
    >>> bool(((x == 0) | (x == 4 / 3)).all())
    True
    """
    shape = as_operand(input).shape
    return _dropped(input, shape, p, training, inplace, generator)


def _of_channels(n: int, doc: str) -> Any:
    def function(
        input: Any,
        p: float = 0.5,
        training: bool = True,
        inplace: bool = False,
        *,
        generator: Any = None,
    ) -> Any:
        shape = as_operand(input).shape
        if len(shape) not in (n + 1, n + 2):
            raise ShapeError(f"got shape {shape}, expected {n + 1} or {n + 2} axes")
        return _dropped(input, shape[:-n] + (1,) * n, p, training, inplace, generator)

    function.__name__ = function.__qualname__ = f"dropout{n}d"
    function.__doc__ = f"`dropout` of whole channels: {doc} on the last axes have one draw."
    return surface(function)


dropout1d = _of_channels(1, "the elements")
dropout2d = _of_channels(2, "the pixels")
dropout3d = _of_channels(3, "the voxels")

# --- attention ------------------------------------------------------------------------------------


@surface
def scaled_dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
) -> Any:
    """``softmax(query @ key.T * scale) @ value``.

    Parameters
    ----------
    query, key, value : array_like
        Shapes (..., L, E), (..., S, E) and (..., S, V).
    attn_mask : array_like, optional
        True where a key is seen, or what is added to the scores.
    dropout_p : float
        The probability with which weights are dropped.
    is_causal : bool
        Each query sees keys up to its own place.
    scale : float, optional
        1 / sqrt(E) by default.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> q = jitgrad.zeros(2, 3)
    >>> value = jitgrad.tensor([[1.0], [3.0]])
    >>> jitgrad.nn.functional.scaled_dot_product_attention(q, q, value)
    tensor([[2.],
            [2.]])
    """
    query, key, value = floats(query), floats(key), floats(value)
    scale = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    scores = (query * scale) @ op.swapaxes(key, -1, -2)
    if is_causal:
        if attn_mask is not None:
            raise ArgumentError("got attn_mask and is_causal, expected one of them")
        rows, columns = arange(query.shape[-2]), arange(key.shape[-2])
        attn_mask = op.expand_dims(rows, -1) >= columns
    if attn_mask is not None:
        mask: Tensor = attn_mask if isinstance(attn_mask, Tensor) else tensor(attn_mask)
        is_seen = mask.dtype == np.bool_
        scores = op.where(mask, scores, -math.inf) if is_seen else scores + mask
    weights = op.softmax(scores, axis=-1)
    return dropout(weights, dropout_p) @ value
