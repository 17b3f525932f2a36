"""Losses between numbers, by PyTorch's names and argument order. Those of classes are in
`classification`. Start at `mse_loss`.
"""

from __future__ import annotations

import math
from typing import Any

from ...base.errors import ArgumentError, ShapeError
from ...base.surface import surface
from ...frontend.convert import as_operand
from .shared import floats, op, reduced


def _pair(input: Any, target: Any) -> tuple[Any, Any]:
    """Operands of one shape; broadcast, which PyTorch warns of, is an error."""
    input, target = floats(input), as_operand(target)
    if input.shape != target.shape:
        raise ShapeError(
            f"got input of shape {input.shape} and target of shape {target.shape}, expected the "
            "same; reshape one of them, or broadcast it with broadcast_to"
        )
    return input, target if target.dtype.kind == "f" else target.to(input.dtype)


def _weighted(loss: Any, weight: Any, reduction: str) -> Any:
    """The loss with weights of the elements; the mean is one by their sum."""
    if weight is None:
        return reduced(loss, reduction)
    weight = as_operand(weight)
    loss = loss * weight
    return loss.sum() / weight.sum() if reduction == "mean" else reduced(loss, reduction)


@surface
def mse_loss(input: Any, target: Any, *, reduction: str = "mean", weight: Any = None) -> Any:
    """The square of the difference.

    Parameters
    ----------
    input, target : array_like
        Of one shape.
    reduction : str
        "mean", "sum" or "none".
    weight : array_like, optional
        Of the elements; the mean is over their sum.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> jitgrad.nn.functional.mse_loss(jitgrad.tensor([1.0, 2.0]), jitgrad.tensor([1.0, 4.0]))
    tensor(2.)
    """
    input, target = _pair(input, target)
    return _weighted((input - target) ** 2, weight, reduction)


@surface
def l1_loss(input: Any, target: Any, *, reduction: str = "mean", weight: Any = None) -> Any:
    """The absolute difference.

    Parameters
    ----------
    input, target : array_like
        Of one shape.
    reduction : str
        "mean", "sum" or "none".
    weight : array_like, optional
        Of the elements; the mean is over their sum.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> jitgrad.nn.functional.l1_loss(jitgrad.tensor([1.0, 2.0]), jitgrad.tensor([1.0, 4.0]))
    tensor(1.)
    """
    input, target = _pair(input, target)
    return _weighted(op.absolute(input - target), weight, reduction)


@surface
def huber_loss(
    input: Any, target: Any, reduction: str = "mean", delta: float = 1.0, weight: Any = None
) -> Any:
    """The square of the difference over 2, up to `delta`, and a straight line beyond.

    Parameters
    ----------
    input, target : array_like
        Of one shape.
    reduction : str
        "mean", "sum" or "none".
    delta : float
        Above 0.
    weight : array_like, optional
        Of the elements; the mean is over their sum.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> jitgrad.nn.functional.huber_loss(jitgrad.tensor([0.0, 3.0]), jitgrad.tensor([1.0, 0.0]))
    tensor(1.5)
    """
    if not delta > 0:
        raise ArgumentError(f"got delta={delta}, expected a number above 0")
    input, target = _pair(input, target)
    return _weighted(op.huber(delta, input - target), weight, reduction)


@surface
def smooth_l1_loss(input: Any, target: Any, *, reduction: str = "mean", beta: float = 1.0) -> Any:
    """`huber_loss` over `beta`: the absolute difference, rounded at 0.

    Parameters
    ----------
    input, target : array_like
        Of one shape.
    reduction : str
        "mean", "sum" or "none".
    beta : float
        Where the straight line begins; 0 is `l1_loss`.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> jitgrad.nn.functional.smooth_l1_loss(jitgrad.tensor([0.0, 3.0]), jitgrad.tensor([1.0, 0.0]))
    tensor(1.5)
    """
    if not beta >= 0:
        raise ArgumentError(f"got beta={beta}, expected a number of at least 0")
    input, target = _pair(input, target)
    d = input - target
    return reduced(op.huber(beta, d) / beta if beta else op.absolute(d), reduction)


@surface
def gaussian_nll_loss(
    input: Any,
    target: Any,
    var: Any,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Any:
    """Minus the log of the normal density of `target`, with mean `input` and variance `var`.

    Parameters
    ----------
    input, target : array_like
        Of one shape.
    var : array_like
        Of that shape, or with a last axis of length 1 or none; values below `eps` count as `eps`.
    full : bool
        With the constant.
    eps : float
    reduction : str
        "mean", "sum" or "none".

    Returns
    -------
    Tensor

    Examples
    --------
    >>> one = jitgrad.ones(2)
    >>> jitgrad.nn.functional.gaussian_nll_loss(one, 3 * one, one)
    tensor(2.)
    """
    input, target = _pair(input, target)
    var = floats(var, "var") if not isinstance(var, float) else op.positive(var)
    if var.shape == input.shape[:-1] and var.shape != input.shape:
        var = var[..., None]
    below = var.detach()
    var = var + (op.maximum(below, eps) - below)
    loss = 0.5 * (op.log(var) + (input - target) ** 2 / var)
    return reduced(loss + 0.5 * math.log(2 * math.pi) if full else loss, reduction)


@surface
def poisson_nll_loss(
    input: Any,
    target: Any,
    log_input: bool = True,
    *,
    full: bool = False,
    eps: float = 1e-8,
    reduction: str = "mean",
) -> Any:
    """Minus the log of the probability of the counts `target`.

    Parameters
    ----------
    input : array_like
        The logarithm of the mean, or the mean itself.
    target : array_like
    log_input : bool
        Whether `input` is a logarithm.
    full : bool
        With Stirling's approximation of what does not depend on `input`.
    eps : float
        Added to a mean of 0.
    reduction : str
        "mean", "sum" or "none".

    Returns
    -------
    Tensor

    Examples
    --------
    >>> jitgrad.nn.functional.poisson_nll_loss(jitgrad.zeros(2), jitgrad.ones(2))
    tensor(1.)
    """
    input, target = _pair(input, target)
    loss = op.exp(input) - target * input if log_input else input - target * op.log(input + eps)
    if full:
        large = op.where(target > 1, target, 1.0)
        stirling = large * op.log(large) - large + 0.5 * op.log(2 * math.pi * large)
        loss = loss + op.where(target > 1, stirling, 0.0)
    return reduced(loss, reduction)


@surface
def hinge_embedding_loss(
    input: Any, target: Any, margin: float = 1.0, *, reduction: str = "mean"
) -> Any:
    """`input` where `target` is 1, ``max(0, margin - input)`` where it is -1.

    Parameters
    ----------
    input, target : array_like
        Of one shape.
    margin : float
    reduction : str
        "mean", "sum" or "none".

    Returns
    -------
    Tensor

    Examples
    --------
    >>> x = jitgrad.tensor([0.25, 0.25])
    >>> jitgrad.nn.functional.hinge_embedding_loss(x, jitgrad.tensor([1, -1]), reduction="none")
    tensor([0.25, 0.75])
    """
    input, target = _pair(input, target)
    below = op.where(target != 1, op.relu(margin - input), 0.0)
    return reduced(below + op.where(target != -1, input, 0.0), reduction)


@surface
def margin_ranking_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, *, reduction: str = "mean"
) -> Any:
    """``max(0, margin - target * (input1 - input2))``.

    Parameters
    ----------
    input1, input2, target : array_like
        `target` is 1 where the first should be larger, else -1.
    margin : float
    reduction : str
        "mean", "sum" or "none".

    Returns
    -------
    Tensor

    Examples
    --------
    >>> a, b = jitgrad.tensor([3.0]), jitgrad.tensor([1.0])
    >>> jitgrad.nn.functional.margin_ranking_loss(a, b, jitgrad.tensor([-1.0]))
    tensor(2.)
    """
    input1, input2 = floats(input1), floats(input2)
    return reduced(op.relu(margin - as_operand(target) * (input1 - input2)), reduction)


@surface
def soft_margin_loss(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """log(1 + exp(-target * input)), for targets of 1 and -1.

    Parameters
    ----------
    input, target : array_like
        Of one shape.
    reduction : str
        "mean", "sum" or "none".

    Returns
    -------
    Tensor

    Examples
    --------
    >>> jitgrad.nn.functional.soft_margin_loss(jitgrad.zeros(2), jitgrad.ones(2)).round(4)
    tensor(0.6931)
    """
    input, target = _pair(input, target)
    return reduced(op.softplus(-target * input), reduction)


@surface
def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    *,
    reduction: str = "mean",
) -> Any:
    """``max(0, margin + |anchor - positive| - |anchor - negative|)``.

    Parameters
    ----------
    anchor, positive, negative : array_like
        Vectors on the last axis.
    margin, p, eps : float
        `p` is that of the norm, and `eps` is added to each difference.
    swap : bool
        Take the smaller one of the distances of `negative` to both others.
    reduction : str
        "mean", "sum" or "none".

    Returns
    -------
    Tensor

    Examples
    --------
    >>> a, b = jitgrad.zeros(1, 2), jitgrad.ones(1, 2)
    >>> jitgrad.nn.functional.triplet_margin_loss(a, a, b).item() == 0.0
    True
    """
    near = pairwise_distance(anchor, positive, p, eps)
    far = pairwise_distance(anchor, negative, p, eps)
    if swap:
        far = op.minimum(far, pairwise_distance(positive, negative, p, eps))
    return reduced(op.relu(margin + near - far), reduction)


@surface
def pairwise_distance(
    x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Any:
    """The norm of differences of vectors on the last axis.

    Parameters
    ----------
    x1, x2 : array_like
    p, eps : float
        `p` is that of the norm, and `eps` is added to each difference.
    keepdim : bool

    Returns
    -------
    Tensor

    Examples
    --------
    >>> jitgrad.nn.functional.pairwise_distance(jitgrad.zeros(1, 2), jitgrad.ones(1, 2)).round(4)
    tensor([1.4142])
    """
    return op.vector_norm(floats(x1) - floats(x2) + eps, ord=p, axis=-1, keepdims=keepdim)


@surface
def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Any:
    """The cosine of the angle between vectors along an axis.

    Parameters
    ----------
    x1, x2 : array_like
        They are broadcast.
    dim : int
    eps : float
        The least norm.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> x = jitgrad.tensor([[1.0, 0.0]])
    >>> jitgrad.nn.functional.cosine_similarity(x, jitgrad.tensor([[2.0, 0.0]]))
    tensor([1.])
    """
    x1, x2 = floats(x1), floats(x2)
    norms = [op.vector_norm(x, axis=dim, keepdims=True) for x in (x1, x2)]
    x1, x2 = (x / op.maximum(n, eps) for x, n in zip((x1, x2), norms, strict=True))
    return (x1 * x2).sum(axis=dim)


@surface
def cosine_embedding_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, *, reduction: str = "mean"
) -> Any:
    """1 - cos where `target` is 1, ``max(0, cos - margin)`` where it is -1.

    Parameters
    ----------
    input1, input2 : array_like
        Vectors on the last axis.
    target : array_like
    margin : float
    reduction : str
        "mean", "sum" or "none".

    Returns
    -------
    Tensor

    Examples
    --------
    >>> x = jitgrad.tensor([[1.0, 0.0]])
    >>> jitgrad.nn.functional.cosine_embedding_loss(x, x, jitgrad.tensor([-1]))
    tensor(1.)
    """
    cos, target = cosine_similarity(input1, input2, -1, 1e-12), as_operand(target)
    loss = op.where(target == 1, 1 - cos, 0.0)
    return reduced(loss + op.where(target == -1, op.relu(cos - margin), 0.0), reduction)
