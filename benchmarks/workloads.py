"""The workloads, each defined once: a loss that reads the same in every library, its inputs, and
NumPy by hand.

A loss takes the library's functions as `xp` (`benchmarks.libraries` has them) and the inputs; the
first `wrt` of them are differentiated. `by_hand` gives the value and the gradients by formulas on
arrays: what a careful user of NumPy writes, and the oracle that every library is checked against
before it is timed. Start at `WORKLOADS`.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np


class Workload(NamedTuple):
    name: str
    loss: Callable[..., Any]
    by_hand: Callable[..., Any]
    make: Callable[..., Any]
    wrt: int = 1
    step: str = "gradient"  # or "hvp": the product of the Hessian and the second input

    def inputs(self, n, dtype="float64", seed=0):
        """Arrays of about `n` elements in the largest."""
        return [np.asarray(a, dtype) for a in self.make(np.random.default_rng(seed), n)]

    def least_bytes(self, inputs):
        """What must be in memory at once: the inputs and the gradients."""
        outputs = inputs[:1] if self.step == "hvp" else inputs[: self.wrt]
        return sum(a.nbytes for a in (*inputs, *outputs))


WORKLOADS = {}


def workload(by_hand, make, **fields):
    def register(loss):
        WORKLOADS[loss.__name__] = Workload(loss.__name__, loss, by_hand, make, **fields)
        return loss

    return register


def vector(rng, n):
    return (rng.standard_normal(n),)


def vectors(rng, n):
    return rng.standard_normal(n), rng.standard_normal(n)


def square(n):
    return (math.isqrt(n),) * 2


def matrix(rng, n):
    return (rng.standard_normal(square(n)),)


def matrices(rng, n):
    return rng.standard_normal(square(n)), rng.standard_normal(square(n))


# --- one pass over arrays -------------------------------------------------------------------------


@workload(lambda x: (2 * (x @ x), 4 * x), vector)
def sumsq(xp, x):
    return 2 * xp.dot(x, x)


def _chain(x):
    a = np.abs(x)
    s, c, t, e, ln = np.sin(x), np.cos(x), np.tanh(x), np.exp(-x * x), np.log1p(a)
    slopes = (c - 2 * x * s) * e + np.sign(x) / (1 + a) * t + ln * (1 - t * t)
    return np.sum(s * e + ln * t), slopes


@workload(_chain, vector)
def chain(xp, x):
    return xp.sum(xp.sin(x) * xp.exp(-x * x) + xp.log1p(xp.abs(x)) * xp.tanh(x))


def _normalised_rows(a):
    s = a.sum(1, keepdims=True)
    b = a / s
    return np.sum(b * b), 2 / s * (b - np.sum(b * b, 1, keepdims=True))


@workload(_normalised_rows, lambda rng, n: (rng.uniform(0.5, 1.5, square(n)),))
def normalised_rows(xp, a):
    b = a / xp.sum(a, 1, keepdims=True)
    return xp.sum(b * b)


def _norms(a):
    norm, mean = np.linalg.norm(a), a.mean(0)
    return norm + np.abs(a).sum() + mean @ mean, a / norm + np.sign(a) + 2 * mean / len(a)


@workload(_norms, matrix)
def norms(xp, a):
    mean = xp.sum(a, 0) / a.shape[0]
    return xp.norm(a) + xp.sum(xp.abs(a)) + xp.sum(mean * mean)


# --- cumulative sums ------------------------------------------------------------------------------


def _cumsum(axis):
    def by_hand(a, w):
        return np.sum(w * np.cumsum(a, axis)), np.flip(np.cumsum(np.flip(w, axis), axis), axis)

    return by_hand


@workload(_cumsum(0), matrices)
def cumsum_down(xp, a, w):
    return xp.sum(w * xp.cumsum(a, 0))


@workload(_cumsum(1), matrices)
def cumsum_along(xp, a, w):
    return xp.sum(w * xp.cumsum(a, 1))


@workload(_cumsum(0), vectors)
def cumsum_long(xp, a, w):
    return xp.sum(w * xp.cumsum(a, 0))


# --- rows -----------------------------------------------------------------------------------------


def _softmax(a, w):
    p = np.exp(a - a.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    inner = np.sum(w * p, 1, keepdims=True)
    return inner.sum(), p * (w - inner)


@workload(_softmax, matrices)
def softmax(xp, a, w):
    return xp.sum(w * xp.softmax(a, 1))


def _logsumexp(a):
    top = a.max(1, keepdims=True)
    e = np.exp(a - top)
    s = e.sum(1, keepdims=True)
    return np.sum(np.log(s) + top), e / s


@workload(_logsumexp, matrix)
def logsumexp(xp, a):
    return xp.sum(xp.logsumexp(a, 1))


def _layer_norm(a, gain, shift, w):
    mean = a.mean(1, keepdims=True)
    r = 1 / np.sqrt(((a - mean) ** 2).mean(1, keepdims=True) + 1e-5)
    h, g = (a - mean) * r, w * gain
    gradient = r * (g - g.mean(1, keepdims=True) - h * (g * h).mean(1, keepdims=True))
    return np.sum(w * (h * gain + shift)), gradient, (w * h).sum(0), w.sum(0)


def _layer_norm_data(rng, n):
    a, w = matrices(rng, n)
    return a, rng.standard_normal(len(a)), rng.standard_normal(len(a)), w


@workload(_layer_norm, _layer_norm_data, wrt=3)
def layer_norm(xp, a, gain, shift, w):
    m = a.shape[1]
    centred = a - xp.sum(a, 1, keepdims=True) / m
    h = centred / xp.sqrt(xp.sum(centred * centred, 1, keepdims=True) / m + 1e-5)
    return xp.sum(w * (h * gain + shift))


@workload(lambda a: (a.var(1).sum(), 2 / a.shape[1] * (a - a.mean(1, keepdims=True))), matrix)
def variance(xp, a):
    return xp.sum(xp.var(a, 1))


# --- models ---------------------------------------------------------------------------------------


def _logistic(w, x, y):
    z = -y * (x @ w)
    e = np.exp(-np.abs(z))
    return np.mean(np.maximum(z, 0) + np.log1p(e)), x.T @ (
        -y * np.where(z > 0, 1, e) / (1 + e)
    ) / len(x)


def _logistic_data(rng, n, d=50):
    x = rng.standard_normal((max(n // d, 2), d))
    return 0.1 * rng.standard_normal(d), x, np.sign(rng.standard_normal(len(x)))


@workload(_logistic, _logistic_data)
def logistic(xp, w, x, y):
    return xp.sum(xp.softplus(-y * (x @ w))) / x.shape[0]


def _perceptron(w1, b1, w2, b2, x, y):
    a = x @ w1 + b1
    h = np.maximum(a, 0)
    z = h @ w2 + b2
    top = z.max(1, keepdims=True)
    e = np.exp(z - top)
    total = e.sum(1, keepdims=True)
    dz = (e / total - y) / len(x)
    da = dz @ w2.T * (a > 0)
    loss = (np.log(total) + top).sum() - np.sum(y * z)
    return loss / len(x), x.T @ da, da.sum(0), h.T @ dz, dz.sum(0)


def _perceptron_data(rng, n, inputs=784, hidden=256, classes=10):
    rows = max(n // inputs, 2)
    weights = rng.standard_normal((inputs, hidden)) * (2 / inputs) ** 0.5, np.zeros(hidden)
    weights += rng.standard_normal((hidden, classes)) * (2 / hidden) ** 0.5, np.zeros(classes)
    return (
        *weights,
        rng.uniform(0, 1, (rows, inputs)),
        np.eye(classes)[rng.integers(0, classes, rows)],
    )


@workload(_perceptron, _perceptron_data, wrt=4)
def perceptron(xp, w1, b1, w2, b2, x, y):
    z = xp.relu(x @ w1 + b1) @ w2 + b2
    return (xp.sum(xp.logsumexp(z, 1)) - xp.sum(y * z)) / x.shape[0]


def _rosenbrock(x):
    a, b = x[:-1], x[1:] - x[:-1] * x[:-1]
    g = np.zeros_like(x)
    g[:-1] = -400 * a * b - 2 * (1 - a)
    g[1:] += 200 * b
    return np.sum(100 * b * b + (1 - a) * (1 - a)), g


@workload(_rosenbrock, vector)
def rosenbrock(xp, x):
    a, b = x[:-1], x[1:] - x[:-1] * x[:-1]
    return xp.sum(100 * b * b + (1 - a) * (1 - a))


def _rosenbrock_hvp(x, v):
    h = np.zeros_like(x)
    h[:-1] = (1200 * x[:-1] ** 2 - 400 * x[1:] + 2) * v[:-1] - 400 * x[:-1] * v[1:]
    h[1:] += 200 * v[1:] - 400 * x[:-1] * v[:-1]
    return (h,)


WORKLOADS["rosenbrock_hvp"] = Workload(
    "rosenbrock_hvp", rosenbrock, _rosenbrock_hvp, vectors, step="hvp"
)
