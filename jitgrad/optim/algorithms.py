"""`SGD`, `Adam`, `AdamW`, `RMSprop` and `Adagrad`: PyTorch's optimisers, with its options and
numbers.

The formulas are in `rules`; what a step is, in `optimizer`. Start at `SGD`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..base.errors import ArgumentError
from ..frontend.tensor import Tensor
from . import rules
from .optimizer import Group, Optimizer


def _is_between(x: Any, low: float, end: float) -> bool:
    """Whether `x` is a number in [low, end), or a 0-d tensor, which is not looked into."""
    if isinstance(x, Tensor):
        return x.shape == ()
    return isinstance(x, (int, float, np.number)) and bool(low <= x < end)


def at_least_0(group: Group, *names: str) -> None:
    for name in names:
        if not _is_between(group[name], 0, math.inf):
            raise ArgumentError(
                f"got {name}={group[name]!r:.100}, expected a finite number of at least 0, or a "
                "0-d tensor"
            )


def betas_of(group: Group) -> None:
    """Checks two decay rates of averages."""
    betas = group["betas"]
    several = isinstance(betas, (tuple, list)) and len(betas) == 2
    if not several or not all(_is_between(b, 0, 1) for b in betas):
        raise ArgumentError(f"got betas={betas!r:.100}, expected two numbers in [0, 1)")


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum: ``p -= lr * v``, ``v = momentum * v + grad``.

    Parameters
    ----------
    params : iterable of Tensor, or of dict
        See `Optimizer`.
    lr : float or Tensor
        The learning rate.
    momentum, dampening : float
        The share of the velocity that stays, and the share of the gradient that is left out.
    weight_decay : float
        Adds this multiple of the parameter to its gradient.
    nesterov : bool
        Look ahead along the velocity.
    maximize : bool
        Climb instead.

    See Also
    --------
    https://pytorch.org/docs/stable/generated/torch.optim.SGD.html

    Examples
    --------
    >>> x = jitgrad.tensor([1.0, 2.0], requires_grad=True)
    >>> opt = jitgrad.optim.SGD([x], lr=0.25)
    >>> (x * x).sum().backward()
    >>> opt.step()
    >>> x
    tensor([0.5, 1. ], requires_grad=True)
    """

    algorithm = rules.SGD

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-3,
        momentum: Any = 0.0,
        dampening: Any = 0.0,
        weight_decay: Any = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        options = {"lr": lr, "momentum": momentum, "dampening": dampening}
        options |= {"weight_decay": weight_decay, "nesterov": nesterov, "maximize": maximize}
        super().__init__(params, options)

    def check(self, group: Group) -> None:
        at_least_0(group, "lr", "momentum", "weight_decay")
        if group["nesterov"] and (
            not rules.is_nonzero(group["momentum"]) or rules.is_nonzero(group["dampening"])
        ):
            raise ArgumentError(
                f"got nesterov=True with momentum={group['momentum']} and "
                f"dampening={group['dampening']}, expected a momentum above 0 and no dampening"
            )


class Adam(Optimizer):
    """Adam: steps along the average gradient, by its average size.

    Parameters
    ----------
    params : iterable of Tensor, or of dict
        See `Optimizer`.
    lr : float or Tensor
        The learning rate.
    betas : tuple of two floats
        How slowly the averages of the gradient and of its square change.
    eps : float
        Added to the size.
    weight_decay : float
        Adds this multiple of the parameter to its gradient, or, if decoupled, takes ``lr`` times it
        off the parameter itself.
    amsgrad : bool
        Divide by the largest average size so far.
    maximize : bool
        Climb instead.
    decoupled_weight_decay : bool
        As `AdamW` has it.

    See Also
    --------
    https://pytorch.org/docs/stable/generated/torch.optim.Adam.html

    Examples
    --------
    >>> x = jitgrad.tensor([1.0, -2.0], requires_grad=True)
    >>> opt = jitgrad.optim.Adam([x], lr=0.5)
    >>> (x * x).sum().backward()
    >>> opt.step()
    >>> x.detach().round(3)
    tensor([ 0.5, -1.5])
    """

    algorithm = rules.ADAM

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-3,
        betas: Any = (0.9, 0.999),
        eps: Any = 1e-8,
        weight_decay: Any = 0.0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
    ) -> None:
        options = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        options |= {"amsgrad": amsgrad, "maximize": maximize}
        options |= {"decoupled_weight_decay": decoupled_weight_decay}
        super().__init__(params, options)

    def check(self, group: Group) -> None:
        at_least_0(group, "lr", "eps", "weight_decay")
        betas_of(group)


class AdamW(Adam):
    """Adam whose weight decay is taken off the parameters, and no part of the gradient.

    Parameters
    ----------
    params, lr, betas, eps, weight_decay, amsgrad, maximize
        As `Adam` has them.

    See Also
    --------
    https://pytorch.org/docs/stable/generated/torch.optim.AdamW.html

    Examples
    --------
    >>> x = jitgrad.tensor([2.0], requires_grad=True)
    >>> opt = jitgrad.optim.AdamW([x], lr=0.1, weight_decay=0.5)
    >>> (0 * x).sum().backward()
    >>> opt.step()
    >>> x.detach()
    tensor([1.9])
    """

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-3,
        betas: Any = (0.9, 0.999),
        eps: Any = 1e-8,
        weight_decay: Any = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            maximize=maximize,
            decoupled_weight_decay=True,
        )


class RMSprop(Optimizer):
    """Steps along the gradient, divided by its average size.

    Parameters
    ----------
    params : iterable of Tensor, or of dict
        See `Optimizer`.
    lr : float or Tensor
        The learning rate.
    alpha : float
        How slowly the average of the squared gradient changes.
    eps : float
        Added to the size.
    weight_decay, momentum : float
        As `SGD` has them.
    centered : bool
        Divide by the standard deviation instead.
    maximize : bool
        Climb instead.

    See Also
    --------
    https://pytorch.org/docs/stable/generated/torch.optim.RMSprop.html

    Examples
    --------
    >>> x = jitgrad.tensor([1.0], requires_grad=True)
    >>> opt = jitgrad.optim.RMSprop([x], lr=0.1, alpha=0.75)
    >>> (x * x).sum().backward()
    >>> opt.step()
    >>> x.detach().round(6)
    tensor([0.8])
    """

    algorithm = rules.RMSPROP

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-2,
        alpha: Any = 0.99,
        eps: Any = 1e-8,
        weight_decay: Any = 0.0,
        momentum: Any = 0.0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        options = {"lr": lr, "alpha": alpha, "eps": eps, "weight_decay": weight_decay}
        options |= {"momentum": momentum, "centered": centered, "maximize": maximize}
        super().__init__(params, options)

    def check(self, group: Group) -> None:
        at_least_0(group, "lr", "eps", "weight_decay", "momentum", "alpha")


class Adagrad(Optimizer):
    """Steps along the gradient, divided by the root of the sum of its squares so far.

    Parameters
    ----------
    params : iterable of Tensor, or of dict
        See `Optimizer`.
    lr : float or Tensor
        The learning rate.
    lr_decay : float
        The rate of step t is ``lr / (1 + (t - 1) * lr_decay)``.
    weight_decay : float
        As `SGD` has it.
    initial_accumulator_value : float
        What the sums begin with.
    eps : float
        Added to the root.
    maximize : bool
        Climb instead.

    See Also
    --------
    https://pytorch.org/docs/stable/generated/torch.optim.Adagrad.html

    Examples
    --------
    >>> x = jitgrad.tensor([1.0], requires_grad=True)
    >>> opt = jitgrad.optim.Adagrad([x], lr=0.25)
    >>> (x * x).sum().backward()
    >>> opt.step()
    >>> x.detach().round(6)
    tensor([0.75])
    """

    algorithm = rules.ADAGRAD

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-2,
        lr_decay: Any = 0.0,
        weight_decay: Any = 0.0,
        initial_accumulator_value: Any = 0.0,
        eps: Any = 1e-10,
        *,
        maximize: bool = False,
    ) -> None:
        options = {"lr": lr, "lr_decay": lr_decay, "eps": eps, "weight_decay": weight_decay}
        options |= {"initial_accumulator_value": initial_accumulator_value, "maximize": maximize}
        super().__init__(params, options)

    def check(self, group: Group) -> None:
        at_least_0(group, "lr", "lr_decay", "weight_decay", "initial_accumulator_value", "eps")
