"""Activations, by PyTorch's names and argument order; all but a few are operations of the
catalogue (`jitgrad.ops.activations`). Start at `relu`.
"""

from __future__ import annotations

from typing import Any

from ...base.errors import ArgumentError, ShapeError
from ...base.surface import surface
from ...ir.shapes import normalize_axis
from .shared import floats, op


def _in(input: Any, out: Any, inplace: bool) -> Any:
    """A result, written to the operand if that is asked for."""
    return input.copy_(out) if inplace else out


@surface
def relu(input: Any, inplace: bool = False) -> Any:
    """max(input, 0); see `jitgrad.relu`."""
    return _in(input, op.relu(input), inplace)


@surface
def relu6(input: Any, inplace: bool = False) -> Any:
    """`input` limited to [0, 6]; see `jitgrad.relu6`."""
    return _in(input, op.relu6(input), inplace)


@surface
def leaky_relu(input: Any, negative_slope: float = 0.01, inplace: bool = False) -> Any:
    """`input` above 0, a multiple of it below; see `jitgrad.leaky_relu`."""
    return _in(input, op.leaky_relu(input, negative_slope), inplace)


@surface
def elu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """`input` above 0, alpha * (exp(input) - 1) below; see `jitgrad.elu`."""
    return _in(input, op.elu(input, alpha), inplace)


@surface
def celu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """`input` above 0, alpha * (exp(input / alpha) - 1) below; see `jitgrad.celu`."""
    return _in(input, op.celu(input, alpha), inplace)


@surface
def selu(input: Any, inplace: bool = False) -> Any:
    """A scaled `elu`; see `jitgrad.selu`."""
    return _in(input, op.selu(input), inplace)


@surface
def gelu(input: Any, approximate: str = "none") -> Any:
    """`input` times the normal distribution function of it; see `jitgrad.gelu`."""
    return op.gelu(input, approximate)


@surface
def silu(input: Any, inplace: bool = False) -> Any:
    """input * sigmoid(input); see `jitgrad.silu`."""
    return _in(input, op.silu(input), inplace)


@surface
def mish(input: Any, inplace: bool = False) -> Any:
    """input * tanh(softplus(input)); see `jitgrad.mish`."""
    return _in(input, op.mish(input), inplace)


@surface
def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Any:
    """`input` limited to [min_val, max_val]; see `jitgrad.hardtanh`."""
    return _in(input, op.hardtanh(input, min_val, max_val), inplace)


@surface
def hardsigmoid(input: Any, inplace: bool = False) -> Any:
    """input / 6 + 1 / 2, limited to [0, 1]; see `jitgrad.hardsigmoid`."""
    return _in(input, op.hardsigmoid(input), inplace)


@surface
def hardswish(input: Any, inplace: bool = False) -> Any:
    """input * hardsigmoid(input); see `jitgrad.hardswish`."""
    return _in(input, op.hardswish(input), inplace)


@surface
def hardshrink(input: Any, lambd: float = 0.5) -> Any:
    """`input`, and 0 where its size is at most `lambd`; see `jitgrad.hardshrink`."""
    return op.hardshrink(input, lambd)


@surface
def softshrink(input: Any, lambd: float = 0.5) -> Any:
    """`input` nearer to 0 by `lambd`; see `jitgrad.softshrink`."""
    return op.softshrink(input, lambd)


@surface
def tanhshrink(input: Any) -> Any:
    """input - tanh(input); see `jitgrad.tanhshrink`."""
    return op.tanhshrink(input)


@surface
def softsign(input: Any) -> Any:
    """input / (1 + |input|); see `jitgrad.softsign`."""
    return op.softsign(input)


@surface
def softplus(input: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """log(1 + exp(beta * input)) / beta.

    Parameters
    ----------
    input : array_like
    beta : float
    threshold : float
        Taken for PyTorch's sake: nothing overflows here, and no straight line takes over.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> jitgrad.nn.functional.softplus(0.0, beta=2.0).round(4)
    tensor(0.3466)
    """
    return op.softplus(input) if beta == 1 else op.softplus(input * beta) / beta


@surface
def sigmoid(input: Any) -> Any:
    """1 / (1 + exp(-input)); see `jitgrad.sigmoid`."""
    return op.sigmoid(input)


@surface
def tanh(input: Any) -> Any:
    """The hyperbolic tangent; see `jitgrad.tanh`."""
    return op.tanh(input)


@surface
def logsigmoid(input: Any) -> Any:
    """log(sigmoid(input)); see `jitgrad.logsigmoid`."""
    return op.log_expit(input)


@surface
def threshold(input: Any, threshold: float, value: float, inplace: bool = False) -> Any:
    """`input` above a threshold, and a value elsewhere.

    Parameters
    ----------
    input : array_like
    threshold, value : float
    inplace : bool
        Write the result to `input`.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> jitgrad.nn.functional.threshold(jitgrad.tensor([1.0, 3.0]), 2.0, 7.0)
    tensor([7., 3.])
    """
    return _in(input, op.where(input > threshold, input, value), inplace)


@surface
def prelu(input: Any, weight: Any) -> Any:
    """`input` above 0, `weight` times it below.

    Parameters
    ----------
    input : array_like
        Channels are on the second axis.
    weight : array_like
        One number, or one for each channel; gradients go to it.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> jitgrad.nn.functional.prelu(jitgrad.tensor([-2.0, 2.0]), jitgrad.tensor([0.25]))
    tensor([-0.5,  2. ])
    """
    input, weight = floats(input), floats(weight, "weight")
    if weight.size != 1:
        channels = input.shape[1] if input.ndim > 1 else input.size
        if weight.shape != (channels,):
            raise ShapeError(
                f"got weight of shape {weight.shape} for {channels} channels, expected "
                f"({channels},)"
            )
        weight = weight.reshape([-1 if k == min(1, input.ndim - 1) else 1
                                 for k in range(input.ndim)])  # fmt: skip
    else:
        weight = weight.reshape(())
    return op.where(input > 0, input, weight * input)


@surface
def glu(input: Any, dim: int = -1) -> Any:
    """The first half along an axis times the sigmoid of the second half.

    Parameters
    ----------
    input : array_like
    dim : int

    Returns
    -------
    Tensor

    Examples
    --------
    >>> jitgrad.nn.functional.glu(jitgrad.tensor([2.0, 4.0, 0.0, 0.0]))
    tensor([1., 2.])
    """
    input = floats(input)
    axis = normalize_axis(dim, input.ndim)
    n = input.shape[axis]
    if n % 2:
        raise ShapeError(f"got axis {dim} of length {n}, expected an even length")
    before = (slice(None),) * axis
    return input[(*before, slice(0, n // 2))] * op.sigmoid(input[(*before, slice(n // 2, n))])


def _axis(input: Any, dim: int | None) -> int:
    if dim is None:
        raise ArgumentError("got no dim, expected the axis of the classes; pass dim=-1")
    return dim


@surface
def softmax(input: Any, dim: int | None = None, dtype: Any = None) -> Any:
    """exp(input) / sum(exp(input)) over `dim`; see `jitgrad.softmax`."""
    input = floats(input) if dtype is None else floats(input).to(dtype)
    return op.softmax(input, axis=_axis(input, dim))


@surface
def softmin(input: Any, dim: int | None = None, dtype: Any = None) -> Any:
    """The softmax of -input over `dim`; see `jitgrad.softmin`."""
    input = floats(input) if dtype is None else floats(input).to(dtype)
    return op.softmin(input, axis=_axis(input, dim))


@surface
def log_softmax(input: Any, dim: int | None = None, dtype: Any = None) -> Any:
    """log(softmax(input)) over `dim`; see `jitgrad.log_softmax`."""
    input = floats(input) if dtype is None else floats(input).to(dtype)
    return op.log_softmax(input, axis=_axis(input, dim))
