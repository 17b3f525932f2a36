"""Gradient descent in autograd's form: ``sgd``, ``rmsprop`` and ``adam`` of a function
``grad(x, i)`` of parameters and the number of the step.

Parameters are any nested tuples, lists and dicts of arrays; a step is one on a vector of all of
them. `jitgrad.optim` has optimisers whose steps are one kernel. Start at `Rule`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..base.surface import surface
from .flatten import flatten

__all__ = ["adam", "rmsprop", "sgd"]

Gradient = Callable[[Any, int], Any]
Callback = Callable[[Any, int, Any], Any] | None
#: ``step(x, g, i)``: what is added to the parameters, from their gradient in step `i`.
Step = Callable[[Any, Any, int], Any]


def _descend(grad: Gradient, x0: Any, callback: Callback, num_iters: int, step: Step) -> Any:
    x, unflatten = flatten(x0)
    for i in range(num_iters):
        params = unflatten(x)
        g = grad(params, i)
        if callback:
            callback(params, i, g)
        x = x + step(x, flatten(g)[0], i)
    return unflatten(x)


@surface
def sgd(
    grad: Gradient,
    x0: Any,
    callback: Callback = None,
    num_iters: int = 200,
    step_size: float = 0.1,
    mass: float = 0.9,
) -> Any:
    """Stochastic gradient descent with momentum.

    Parameters
    ----------
    grad : callable
        ``grad(x, i)`` is the gradient at parameters `x` in step `i`.
    x0 : tensors, arrays, numbers, or nested tuples, lists and dicts of them
        The parameters to begin with.
    callback : callable, optional
        ``callback(x, i, g)`` is called before each step.
    num_iters : int
    step_size : float
    mass : float
        How much of the velocity is kept: ``v = mass * v - (1 - mass) * g``.

    Returns
    -------
    The parameters, like `x0`.

    See Also
    --------
    https://github.com/HIPS/autograd; `jitgrad.optim.SGD`.

    Examples
    --------
    >>> from jitgrad.misc.optimizers import sgd
    >>> sgd(lambda x, i: 2 * x, np.array([1.0, -1.0])).round(4) + 0.0
    array([0., 0.])
    """
    velocity: Any = 0.0

    def step(x: Any, g: Any, i: int) -> Any:
        nonlocal velocity
        velocity = mass * velocity - (1.0 - mass) * g
        return step_size * velocity

    return _descend(grad, x0, callback, num_iters, step)


@surface
def rmsprop(
    grad: Gradient,
    x0: Any,
    callback: Callback = None,
    num_iters: int = 100,
    step_size: float = 0.1,
    gamma: float = 0.9,
    eps: float = 1e-8,
) -> Any:
    """Gradient descent with steps over a running root mean square of gradients, which begins at 1.

    Parameters
    ----------
    grad, x0, callback, num_iters, step_size
        As in `sgd`.
    gamma : float
        How much of the mean square is kept in a step.
    eps : float
        Added to the root.

    References
    ----------
    Tieleman and Hinton, "Lecture 6.5: rmsprop", 2012; https://github.com/HIPS/autograd

    Examples
    --------
    >>> from jitgrad.misc.optimizers import rmsprop
    >>> bool(abs(rmsprop(lambda x, i: 2 * x, 3.0)) < 0.1)
    True
    """
    square: Any = 1.0

    def step(x: Any, g: Any, i: int) -> Any:
        nonlocal square
        square = square * gamma + g**2 * (1 - gamma)
        return -step_size * g / (np.sqrt(square) + eps)

    return _descend(grad, x0, callback, num_iters, step)


@surface
def adam(
    grad: Gradient,
    x0: Any,
    callback: Callback = None,
    num_iters: int = 100,
    step_size: float = 0.001,
    b1: float = 0.9,
    b2: float = 0.999,
    eps: float = 1e-8,
) -> Any:
    """Gradient descent with running means of the gradient and of its square, both corrected for
    their beginning at 0.

    Parameters
    ----------
    grad, x0, callback, num_iters, step_size
        As in `sgd`.
    b1, b2 : float
        How much of the two means is kept in a step.
    eps : float
        Added to the root of the mean square.

    References
    ----------
    Kingma and Ba, "Adam: a method for stochastic optimization", https://arxiv.org/abs/1412.6980;
    https://github.com/HIPS/autograd

    Examples
    --------
    >>> from jitgrad.misc.optimizers import adam
    >>> bool(abs(adam(lambda x, i: 2 * x, 1.0, num_iters=300, step_size=0.1)) < 0.01)
    True
    """
    mean: Any = 0.0
    square: Any = 0.0

    def step(x: Any, g: Any, i: int) -> Any:
        nonlocal mean, square
        mean = (1 - b1) * g + b1 * mean
        square = (1 - b2) * g**2 + b2 * square
        corrected = mean / (1 - b1 ** (i + 1))
        return -step_size * corrected / (np.sqrt(square / (1 - b2 ** (i + 1))) + eps)

    return _descend(grad, x0, callback, num_iters, step)
