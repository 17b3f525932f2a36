"""`jitgrad.nn.utils`: what is done to gradients before a step, and parameters as one vector, by the
names of `torch.nn.utils`. Start at `clip_grad_norm_`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..base.errors import ArgumentError, ShapeError
from ..base.surface import surface
from ..frontend.convert import as_operand
from ..frontend.creation import tensor
from ..frontend.functions import FUNCTIONS
from ..frontend.modes import no_grad
from ..frontend.tensor import Tensor
from ..tape.symbols import SymbolicScalar

__all__ = ["clip_grad_norm_", "clip_grad_value_", "parameters_to_vector", "vector_to_parameters"]
concatenate, stack, absolute, minimum = (
    FUNCTIONS[name] for name in ("concatenate", "stack", "absolute", "minimum")
)


def _gradients(parameters: Any) -> list[Any]:
    parameters = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    return [p.grad for p in parameters if p.grad is not None]


def _check_bound(name: str, bound: Any) -> None:
    """Whether a bound is a number of at least 0, where it is not a tensor, whose value may not be
    looked at."""
    if isinstance(bound, (Tensor, SymbolicScalar)):
        return
    if not isinstance(bound, (int, float, np.number)) or not bound >= 0:
        raise ArgumentError(f"got {name}={bound!r:.100}, expected a number of at least 0")


@surface
def clip_grad_norm_(
    parameters: Any, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> Any:
    """Scales all gradients, in place, such that their norm as one vector is at most `max_norm`.

    Parameters
    ----------
    parameters : Tensor or iterable of Tensor
    max_norm : float
    norm_type : float
        Which norm; inf is the largest absolute value.
    error_if_nonfinite : bool
        Raise where the norm is nan or inf.

    Returns
    -------
    Tensor
        The norm before.

    Raises
    ------
    ArgumentError
        The norm is nan or inf, with `error_if_nonfinite`.

    Examples
    --------
    >>> w = jitgrad.ones(2, requires_grad=True)
    >>> (w * jitgrad.tensor([3.0, 4.0])).sum().backward()
    >>> jitgrad.nn.utils.clip_grad_norm_([w], 1.0)
    tensor(5.)
    >>> w.grad.round(4)
    tensor([0.6, 0.8])
    """
    _check_bound("max_norm", max_norm)
    if not isinstance(norm_type, (int, float)) or not norm_type > 0:
        raise ArgumentError(f"got norm_type={norm_type!r:.100}, expected a number above 0, or inf")
    grads = _gradients(parameters)
    if not grads:
        return tensor(0.0)
    with no_grad():
        if norm_type == float("inf"):
            total = stack([absolute(g).max() for g in grads]).max()
        else:
            powers = [(absolute(g) ** norm_type).sum() for g in grads]
            total = sum(powers[1:], powers[0]) ** (1.0 / norm_type)
        if error_if_nonfinite and not abs(total.item()) < float("inf"):
            raise ArgumentError(
                f"got gradients of norm {total.item()}, expected a finite one; look for the loss "
                "that is nan or inf"
            )
        scale = minimum(max_norm / (total + 1e-6), 1.0)
        for g in grads:
            g.copy_(g * scale.to(g.dtype))
    return total


@surface
def clip_grad_value_(parameters: Any, clip_value: float) -> None:
    """Limits each entry of the gradients, in place, to [-clip_value, clip_value].

    Parameters
    ----------
    parameters : Tensor or iterable of Tensor
    clip_value : float

    Examples
    --------
    >>> w = jitgrad.ones(2, requires_grad=True)
    >>> (w * jitgrad.tensor([3.0, -0.5])).sum().backward()
    >>> jitgrad.nn.utils.clip_grad_value_([w], 1.0)
    >>> w.grad
    tensor([ 1. , -0.5])
    """
    _check_bound("clip_value", clip_value)
    with no_grad():
        for g in _gradients(parameters):
            g.copy_(g.clip(-clip_value, clip_value))


@surface
def parameters_to_vector(parameters: Iterable[Any]) -> Any:
    """All parameters as one vector, through which gradients go.

    Parameters
    ----------
    parameters : iterable of Tensor

    Returns
    -------
    Tensor

    Examples
    --------
    >>> jitgrad.nn.utils.parameters_to_vector([jitgrad.ones(2, 2), jitgrad.zeros(1)])
    tensor([1., 1., 1., 1., 0.])
    """
    return concatenate([p.reshape(-1) for p in parameters])


@surface
def vector_to_parameters(vec: Any, parameters: Iterable[Any]) -> None:
    """Writes the parts of a vector to parameters.

    Parameters
    ----------
    vec : array_like
        As many elements as the parameters have together.
    parameters : iterable of Tensor

    Raises
    ------
    ShapeError
        The vector has another length.

    Examples
    --------
    >>> w = jitgrad.zeros(2)
    >>> jitgrad.nn.utils.vector_to_parameters([1.0, 2.0], [w])
    >>> w
    tensor([1., 2.])
    """
    vec, parameters, first = as_operand(vec), list(parameters), 0
    if vec.shape != (sum(p.size for p in parameters),):
        raise ShapeError(
            f"got a vector of shape {vec.shape} for {sum(p.size for p in parameters)} elements of "
            "parameters, expected as many"
        )
    with no_grad():
        for p in parameters:
            p.copy_(vec[first : first + p.size].reshape(p.shape))
            first += p.size
