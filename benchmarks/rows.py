"""Programs over many rows: each is a function of one row, which `vmap` maps, and the same written
by hand for all rows.

`ROWS` maps a name to a `RowProgram`. ``row(xp, *inputs)`` is for one row, in a library's
namespace `xp`; its gradient by the first input is mapped over the inputs that have `axes`.
``by_hand(xp, *inputs)`` gives these gradients of all rows.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class RowProgram(NamedTuple):
    """A program for a row, the same for all, and its inputs."""

    row: Callable
    by_hand: Callable
    make: Callable
    axes: tuple


def _rng():
    return np.random.default_rng(0)


def _logistic_inputs(rows):
    rng = _rng()
    return rng.normal(size=20), rng.normal(size=(rows, 20)), rng.choice([-1.0, 1.0], rows)


def _logistic(xp, w, x, y):
    return xp.log1p(xp.exp(-y * (x @ w)))


def _logistic_by_hand(xp, w, x, y):
    z = xp.exp(-y * (x @ w))
    return (-z / (1 + z) * y)[:, None] * x


def _waves_inputs(rows):
    return (_rng().normal(size=(rows, 20)),)


def _waves(xp, x):
    return (xp.sin(x) * xp.exp(-x * x)).sum()


def _waves_by_hand(xp, x):
    return (xp.cos(x) - 2 * x * xp.sin(x)) * xp.exp(-x * x)


def _mlp_inputs(rows):
    rng = _rng()
    w = rng.normal(size=784 * 32) / 28, rng.normal(size=(32, 10)) / 6
    labels = np.eye(10)[np.arange(rows) % 10]
    return w[0].reshape(784, 32), w[1], rng.normal(size=(rows, 784)), labels


def _mlp(xp, w, v, x, y):
    z = xp.tanh(x @ w) @ v
    return xp.log(xp.exp(z - z.max()).sum()) + z.max() - (z * y).sum()


def _mlp_by_hand(xp, w, v, x, y):
    h = xp.tanh(x @ w)
    z = h @ v
    e = xp.exp(z - z.max(1)[:, None])
    g = ((e / e.sum(1)[:, None] - y) @ v.T) * (1 - h * h)
    return x[:, :, None] * g[:, None, :]


ROWS = {
    "logistic": RowProgram(_logistic, _logistic_by_hand, _logistic_inputs, (None, 0, 0)),
    "waves": RowProgram(_waves, _waves_by_hand, _waves_inputs, (0,)),
    "mlp": RowProgram(_mlp, _mlp_by_hand, _mlp_inputs, (None, None, 0, 0)),
}
