"""Losses of classes and of probabilities, by PyTorch's names and argument order. Start at
`cross_entropy`.

Labels are integers, which are checked: a negative one is an error, as one that is too large, unless
it is `ignore_index`.
"""

from __future__ import annotations

from typing import Any

from ...base.errors import ArgumentError, DTypeError, ShapeError
from ...base.surface import surface
from ...frontend.convert import as_operand
from ...tape.handles import varies
from .loss import _pair
from .shared import floats, op, reduced


def _labels(input: Any, target: Any, ignore_index: int) -> tuple[Any, Any]:
    """Labels that are positions of classes, and which ones count; None for all."""
    target = as_operand(target)
    shape = input.shape[:1] + input.shape[2:] if input.ndim > 1 else ()
    if target.shape != shape:
        raise ShapeError(
            f"got labels of shape {target.shape} for an input of shape {input.shape}, expected "
            f"{shape}: the input's without the axis of classes"
        )
    if target.dtype.kind not in "iu":
        raise DTypeError(f"got labels of dtype {target.dtype}, expected integers; use .long()")
    classes, counts = input.shape[min(1, input.ndim - 1)], target != ignore_index
    if not varies(target):
        values = target.numpy()
        ignored = values == ignore_index
        if not ignored.any() and (not values.size or values.min() >= 0):
            return target, None
    wrong = op.logical_and(target < 0, counts)
    target = op.where(counts, op.where(wrong, classes, target), 0)
    return target, counts


def _picked(x: Any, labels: Any) -> Any:
    """The entries of `x`, classes on the second axis, that labels name."""
    axis = min(1, x.ndim - 1)
    return op.take_along_axis(x, op.expand_dims(labels, axis), axis=axis).squeeze(axis)


def _shaped(weight: Any, input: Any) -> Any:
    """Weights of classes, beside the input."""
    weight = floats(weight, "weight")
    classes = input.shape[min(1, input.ndim - 1)]
    if weight.shape != (classes,):
        raise ShapeError(
            f"got weight of shape {weight.shape} for {classes} classes, expected ({classes},)"
        )
    return weight.reshape([-1 if k == min(1, input.ndim - 1) else 1 for k in range(input.ndim)])


@surface
def nll_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Any:
    """Minus the log-probability of a class.

    Parameters
    ----------
    input : array_like
        Log-probabilities, of shape (N, C, ...) or (C,).
    target : array_like of int
        Labels, of shape (N, ...) or ().
    weight : array_like, optional
        Of the classes; the mean is over the sum of those of the labels.
    ignore_index : int
        A label that does not count.
    reduction : str
        "mean", "sum" or "none".

    Returns
    -------
    Tensor

    Raises
    ------
    IndexOutOfRange
        A label is no class.

    Examples
    --------
    >>> p = jitgrad.log(jitgrad.tensor([[0.5, 0.25, 0.25]]))
    >>> jitgrad.nn.functional.nll_loss(p, jitgrad.tensor([1])).round(4)
    tensor(1.3863)
    """
    input = floats(input)
    labels, counts = _labels(input, target, ignore_index)
    return _nll(input, labels, counts, weight, reduction, 0.0)


def _nll(logs: Any, labels: Any, counts: Any, weight: Any, reduction: str, smoothing: float) -> Any:
    loss, share = -_picked(logs, labels), None
    if smoothing:
        axis = min(1, logs.ndim - 1)
        every = logs if weight is None else logs * _shaped(weight, logs)
        rest = every.sum(axis=axis) * (-smoothing / logs.shape[axis])
    if weight is not None:
        share = op.take(_shaped(weight, logs).reshape(-1), labels)
        loss = loss * share
    if smoothing:
        loss = (1 - smoothing) * loss + rest
    if counts is not None:
        loss = op.where(counts, loss, 0.0)
        share = op.where(counts, 1.0 if share is None else share, 0.0)
    if reduction == "mean" and share is not None:
        return loss.sum() / share.to(loss.dtype).sum()
    return reduced(loss, reduction)


@surface
def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    """Minus the log of the softmax of the input at a class, or averaged by probabilities.

    Parameters
    ----------
    input : array_like
        Logits, of shape (N, C, ...) or (C,).
    target : array_like
        Labels (integers, of shape (N, ...)), or probabilities (floats, of the shape of the input).
    weight : array_like, optional
        Of the classes; with labels, the mean is over the sum of those of the labels.
    ignore_index : int
        A label that does not count.
    reduction : str
        "mean", "sum" or "none".
    label_smoothing : float
        The share of each target that is spread over all classes.

    Returns
    -------
    Tensor

    Raises
    ------
    IndexOutOfRange
        A label is no class.

    See Also
    --------
    https://pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html

    Examples
    --------
    >>> logits = jitgrad.tensor([[2.0, 0.0], [0.0, 2.0]], requires_grad=True)
    >>> loss = jitgrad.nn.functional.cross_entropy(logits, jitgrad.tensor([0, 1]))
    >>> loss.detach().round(4)
    tensor(0.1269)
    """
    if not 0 <= label_smoothing <= 1:
        raise ArgumentError(f"got label_smoothing={label_smoothing}, expected a number in [0, 1]")
    input, target = floats(input), as_operand(target)
    axis = min(1, input.ndim - 1)
    if target.dtype.kind != "f":
        labels, counts = _labels(input, target, ignore_index)
        logs = op.log_softmax(input, axis=axis)
        return _nll(logs, labels, counts, weight, reduction, label_smoothing)
    if target.shape != input.shape:
        raise ShapeError(
            f"got probabilities of shape {target.shape} for an input of shape {input.shape}, "
            "expected the same shape, or labels as integers"
        )
    if label_smoothing:
        target = target * (1 - label_smoothing) + label_smoothing / input.shape[axis]
    logs = op.log_softmax(input, axis=axis)
    logs = logs if weight is None else logs * _shaped(weight, input)
    return reduced(-(target * logs).sum(axis=axis), reduction)


def _clamped_log(x: Any) -> Any:
    """The logarithm, at least -100."""
    return op.where(x <= 0, -100.0, op.maximum(op.log(op.where(x <= 0, 1.0, x)), -100.0))


@surface
def binary_cross_entropy(
    input: Any, target: Any, weight: Any = None, *, reduction: str = "mean"
) -> Any:
    """Minus the log-probability of `target`, 1 or 0, of which `input` is the probability of 1.

    Parameters
    ----------
    input : array_like
        In [0, 1]. Logarithms are at least -100, and at 0 and 1 themselves their slope is 0.
    target : array_like
    weight : array_like, optional
        Of the elements.
    reduction : str
        "mean", "sum" or "none".

    Returns
    -------
    Tensor

    Examples
    --------
    >>> jitgrad.nn.functional.binary_cross_entropy([0.5, 0.5], [0.0, 1.0]).round(4)
    tensor(0.6931)
    """
    input, target = _pair(input, target)
    loss = -(target * _clamped_log(input) + (1 - target) * _clamped_log(1 - input))
    return reduced(loss if weight is None else loss * as_operand(weight), reduction)


@surface
def binary_cross_entropy_with_logits(
    input: Any,
    target: Any,
    weight: Any = None,
    *,
    reduction: str = "mean",
    pos_weight: Any = None,
) -> Any:
    """`binary_cross_entropy` of the sigmoid of the input, without overflow.

    Parameters
    ----------
    input, target : array_like
        Of one shape.
    weight : array_like, optional
        Of the elements.
    reduction : str
        "mean", "sum" or "none".
    pos_weight : array_like, optional
        Of the target 1; it is broadcast.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> F = jitgrad.nn.functional
    >>> F.binary_cross_entropy_with_logits([0.0, 800.0], [0.0, 1.0], reduction="none").round(4)
    tensor([0.6931, 0.    ])
    """
    input, target = _pair(input, target)
    loss = op.softplus(-input)
    if pos_weight is not None:
        loss = loss * (1 + (as_operand(pos_weight) - 1) * target)
    loss = loss + (1 - target) * input
    return reduced(loss if weight is None else loss * as_operand(weight), reduction)


@surface
def kl_div(input: Any, target: Any, *, reduction: str = "mean", log_target: bool = False) -> Any:
    """The Kullback-Leibler divergence of `target` from the log-probabilities `input`.

    `jitgrad.kl_div` is SciPy's function of this name.

    Parameters
    ----------
    input : array_like
        Log-probabilities.
    target : array_like
        Probabilities, or their logarithms.
    reduction : str
        "batchmean" (the sum over the length of the first axis), "mean", "sum" or "none".
    log_target : bool
        Whether `target` are logarithms.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> p = jitgrad.tensor([[0.5, 0.5]])
    >>> jitgrad.nn.functional.kl_div(jitgrad.log(p), p, reduction="batchmean")
    tensor(0.)
    """
    input, target = _pair(input, target)
    if log_target:
        loss = op.exp(target) * (target - input)
    else:
        loss = op.xlogy(target, target) - target * input
    if reduction == "batchmean":
        return loss.sum() / input.shape[0]
    return reduced(loss, reduction)


@surface
def multilabel_soft_margin_loss(
    input: Any, target: Any, weight: Any = None, *, reduction: str = "mean"
) -> Any:
    """`binary_cross_entropy_with_logits`, averaged over the classes on the last axis.

    Parameters
    ----------
    input, target : array_like
        Of one shape.
    weight : array_like, optional
        Of the classes.
    reduction : str
        "mean", "sum" or "none".

    Returns
    -------
    Tensor

    Examples
    --------
    >>> F = jitgrad.nn.functional
    >>> F.multilabel_soft_margin_loss(jitgrad.zeros(1, 2), jitgrad.ones(1, 2)).round(4)
    tensor(0.6931)
    """
    input, target = _pair(input, target)
    loss = -(target * op.log_expit(input) + (1 - target) * op.log_expit(-input))
    loss = loss if weight is None else loss * as_operand(weight)
    return reduced(loss.mean(axis=-1), reduction)


@surface
def multi_margin_loss(
    input: Any,
    target: Any,
    p: int = 1,
    margin: float = 1.0,
    weight: Any = None,
    *,
    reduction: str = "mean",
) -> Any:
    """The hinge loss of classes: by how much others come within `margin` of the right one.

    Parameters
    ----------
    input : array_like
        Scores, of shape (N, C) or (C,).
    target : array_like of int
        Labels, of shape (N,) or ().
    p : int
        1, or 2 for squares.
    margin : float
    weight : array_like, optional
        Of the classes.
    reduction : str
        "mean", "sum" or "none".

    Returns
    -------
    Tensor

    Examples
    --------
    >>> jitgrad.nn.functional.multi_margin_loss(jitgrad.tensor([[2.0, 1.5]]), jitgrad.tensor([0]))
    tensor(0.25)
    """
    input = floats(input)
    labels, _ = _labels(input, target, -100)
    axis = min(1, input.ndim - 1)
    right = op.expand_dims(_picked(input, labels), axis)
    over = op.relu(margin - right + input) ** p
    if weight is not None:
        over = over * op.expand_dims(op.take(floats(weight), labels), axis)
    own = op.take_along_axis(over, op.expand_dims(labels, axis), axis=axis)
    return reduced((over.sum(axis=axis) - own.squeeze(axis)) / input.shape[axis], reduction)
