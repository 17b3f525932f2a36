"""Small programs to measure first calls with: a loss in a library's namespace, and its gradient by
hand in NumPy.

`PROGRAMS` maps a name to a `Program`. A loss gets the namespace (`jitgrad` or `torch`, in names
that both have) and tensors; `hand` gets arrays and returns (value, gradient in the first one), as
somebody writes it who knows NumPy and some calculus. `make(n)` gives the inputs, of about n
elements in all. Hessian-vector products have order 2: `hand` gives the product with the last input,
which `loss` does not get.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Program(NamedTuple):
    """A loss, its inputs, and its value and gradient by hand; `most` is the size from which it
    takes too long."""

    loss: Callable
    hand: Callable
    make: Callable
    order: int = 1
    most: float = math.inf


PROGRAMS: dict = {}


def _vector(n):
    return (np.random.default_rng(0).uniform(-1, 1, n),)


def _vectors(n):
    rng = np.random.default_rng(0)
    return rng.uniform(-1, 1, n), rng.uniform(-1, 1, n)


def _square(n):
    m = max(2, math.isqrt(n))
    return (np.random.default_rng(0).uniform(-1, 1, (m, m)),)


def _rows(n):
    """A table of rows of ten."""
    return (np.random.default_rng(0).uniform(-1, 1, (max(2, n // 10), 10)),)


def _regression(n):
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (max(2, n // 10), 10))
    return rng.uniform(-1, 1, 10), X, rng.uniform(-1, 1, len(X))


def program(hand, make=_vector, order=1, most=math.inf):
    """Registers the loss it decorates under its own name."""

    def register(loss):
        PROGRAMS[loss.__name__] = Program(loss, hand, make, order, most)
        return loss

    return register


# --- elementwise, and one sum ---------------------------------------------------------------------


@program(lambda x: (x @ x, 2 * x))
def dot(xp, x):
    return x @ x


@program(lambda x: (np.sum(((x + 3) * x - 2) * x), (3 * x + 6) * x - 2))
def polynomial(xp, x):
    return (((x + 3) * x - 2) * x).sum()


def _gauss(x):
    e = np.exp(-0.5 * x * x)
    return e.sum(), -x * e


@program(_gauss)
def gauss(xp, x):
    return xp.exp(-0.5 * x * x).sum()


def _chain(x):
    e, t, log = np.exp(-x * x), np.tanh(x), np.log1p(x * x)
    s = np.sin(x)
    return np.sum(s * e + log * t), (np.cos(x) - 2 * x * s) * e + 2 * x / (1 + x * x) * t + log * (
        1 - t * t
    )


@program(_chain)
def chain(xp, x):
    return (xp.sin(x) * xp.exp(-x * x) + xp.log1p(x * x) * xp.tanh(x)).sum()


def _softplus(x):
    e = np.exp(-np.abs(x))
    return np.sum(np.maximum(x, 0) + np.log1p(e)), np.where(x > 0, 1, e) / (1 + e)


@program(_softplus)
def softplus(xp, x):
    return (xp.where(x > 0, x, 0.0) + xp.log1p(xp.exp(-xp.abs(x)))).sum()


def _rational(x):
    d = 1 + x * x
    return np.sum(x / d), (1 - x * x) / (d * d)


@program(_rational)
def rational(xp, x):
    return (x / (1 + x * x)).sum()


def _hyperbola(x):
    r = np.sqrt(1 + x * x)
    return r.mean(), x / r / x.size


@program(_hyperbola)
def hyperbola(xp, x):
    return xp.sqrt(1 + x * x).mean()


def _huber(x):
    a = np.abs(x)
    return np.sum(np.where(a < 0.5, 0.5 * x * x, 0.5 * a - 0.125)), np.where(
        a < 0.5, x, 0.5 * np.sign(x)
    )


@program(_huber)
def huber(xp, x):
    a = xp.abs(x)
    return xp.where(a < 0.5, 0.5 * x * x, 0.5 * a - 0.125).sum()


@program(lambda x, y: (np.sum(np.sin(x * y)), np.cos(x * y) * y), make=_vectors)
def two_arrays(xp, x, y):
    return xp.sin(x * y).sum()


def _powers(x):
    a = np.abs(x) + 0.1
    return np.sum(a**2.5), 2.5 * a**1.5 * np.sign(x)


@program(_powers)
def powers(xp, x):
    return ((xp.abs(x) + 0.1) ** 2.5).sum()


def _twenty_steps(x):
    d = np.ones_like(x)
    for _ in range(20):
        d *= 1 + 0.1 * np.cos(x)
        x = x + 0.1 * np.sin(x)
    return x.sum(), d


@program(_twenty_steps)
def twenty_steps(xp, x):
    for _ in range(20):
        x = x + 0.1 * xp.sin(x)
    return x.sum()


# --- reductions and scans -------------------------------------------------------------------------


def _norm(x):
    r = math.sqrt(x @ x)
    return r, x / r


@program(_norm)
def norm(xp, x):
    return xp.sqrt((x * x).sum())


def _variance(x):
    d = x - x.mean()
    return d @ d / x.size, 2 * d / x.size


@program(_variance)
def variance(xp, x):
    d = x - x.mean()
    return (d * d).mean()


def _logsumexp(x):
    m = x.max()
    e = np.exp(x - m)
    s = e.sum()
    return m + math.log(s), e / s


@program(_logsumexp)
def logsumexp(xp, x):
    m = x.detach().max()
    return m + xp.log(xp.exp(x - m).sum())


def _entropy(A):
    z = A - A.max(1, keepdims=True)
    e = np.exp(z)
    s = e.sum(1, keepdims=True)
    p, log = e / s, z - np.log(s)
    h = -np.sum(p * log, 1, keepdims=True)
    return h.sum(), -p * (log + h)


@program(_entropy, make=_rows)
def entropy_of_rows(xp, A):
    z = A - xp.amax(A.detach(), 1)[:, None]
    e = xp.exp(z)
    s = e.sum(1)[:, None]
    return -(e / s * (z - xp.log(s))).sum()


def _normalized(A):
    mean = A.mean(1, keepdims=True)
    d = A - mean
    r = 1 / np.sqrt((d * d).mean(1, keepdims=True) + 1e-5)
    y = d * r
    g = np.cos(y)
    return np.sin(y).sum(), r * (g - g.mean(1, keepdims=True) - y * (g * y).mean(1, keepdims=True))


@program(_normalized, make=_rows)
def normalized_rows(xp, A):
    d = A - A.mean(1)[:, None]
    return xp.sin(d / xp.sqrt((d * d).mean(1) + 1e-5)[:, None]).sum()


@program(
    lambda A: (np.sum(A.mean(0) ** 2), np.tile(2 * A.mean(0) / len(A), (len(A), 1))), make=_rows
)
def column_means(xp, A):
    m = A.mean(0)
    return (m * m).sum()


def _best(A):
    k = A.argmax(1)[:, None]
    v, g = np.take_along_axis(A, k, 1), np.zeros_like(A)
    np.put_along_axis(g, k, 2 * v, 1)
    return np.sum(v * v), g


@program(_best, make=_rows)
def largest_of_rows(xp, A):
    v = xp.amax(A, 1)
    return (v * v).sum()


@program(lambda x, w: (w @ np.cumsum(x), np.cumsum(w[::-1])[::-1]), make=_vectors)
def running_sum(xp, x, w):
    return (w * xp.cumsum(x, 0)).sum()


# --- slices, writes and indices -------------------------------------------------------------------


def _roughness(x):
    d, g = x[1:] - x[:-1], np.zeros_like(x)
    g[1:] += 2 * d
    g[:-1] -= 2 * d
    return d @ d, g


@program(_roughness)
def roughness(xp, x):
    d = x[1:] - x[:-1]
    return (d * d).sum()


def _stencil(A):
    lap, g = -4 * A[1:-1, 1:-1], np.zeros_like(A)
    lap += A[2:, 1:-1] + A[:-2, 1:-1] + A[1:-1, 2:] + A[1:-1, :-2]
    g[1:-1, 1:-1] = -8 * lap
    for part in (g[2:, 1:-1], g[:-2, 1:-1], g[1:-1, 2:], g[1:-1, :-2]):
        part += 2 * lap
    return np.sum(lap * lap), g


@program(
    _stencil,
    make=lambda n: (np.random.default_rng(0).uniform(-1, 1, (max(4, math.isqrt(n)),) * 2),),
)
def laplacian(xp, A):
    lap = A[2:, 1:-1] + A[:-2, 1:-1] + A[1:-1, 2:] + A[1:-1, :-2] - 4 * A[1:-1, 1:-1]
    return (lap * lap).sum()


def _rosenbrock(x):
    a, b, g = x[:-1], x[1:] - x[:-1] ** 2, np.zeros_like(x)
    g[:-1] = -400 * a * b - 2 * (1 - a)
    g[1:] += 200 * b
    return np.sum(100 * b * b + (1 - a) ** 2), g


@program(_rosenbrock)
def rosenbrock(xp, x):
    a, b = x[:-1], x[1:] - x[:-1] * x[:-1]
    return (100 * b * b + (1 - a) * (1 - a)).sum()


def _elements(x):
    value, g, n = 0.0, np.zeros_like(x), len(x)
    for i in range(12):
        p, q = i % n, (5 * i + 1) % n
        value += x[p] * x[q]
        g[p] += x[q]
        g[q] += x[p]
    return value, g


@program(_elements)
def elements_in_a_loop(xp, x):
    value, n = 0.0, x.shape[0]
    for i in range(12):
        value = value + x[i % n] * x[(5 * i + 1) % n]
    return value


def _written(x):
    y, g = 2 * x, np.full_like(x, 2.0)
    y[::2], g[::2] = x[::2] ** 2, 2 * x[::2]
    y[0], g[0] = 1, 0
    return y @ y, 2 * y * g


@program(_written)
def writes(xp, x):
    y = 2 * x
    y[::2] = x[::2] * x[::2]
    y[0] = 1.0
    return (y * y).sum()


def _running_writes(x):
    y, scale = x.copy(), np.ones_like(x)
    for i in range(min(10, len(x))):
        y[i:] *= 0.9
        scale[i:] *= 0.9
    return np.sum(np.sin(y)), np.cos(y) * scale


@program(_running_writes)
def writes_in_a_loop(xp, x):
    y = x.clone()
    for i in range(min(10, len(x))):
        y[i:] *= 0.9
    return xp.sin(y).sum()


@program(
    lambda x, w: (np.sum(np.concatenate((x, w)) ** 2 * np.concatenate((w, x))), 2 * x * w + w * w),
    make=_vectors,
)
def joined(xp, x, w):
    y = xp.concatenate((x, w))
    return (y * y * xp.concatenate((w, x))).sum()


# --- products -------------------------------------------------------------------------------------


def _matrix_square(A):
    B = A @ A
    return np.sum(B * B), 2 * (B @ A.T + A.T @ B)


@program(_matrix_square, make=_square, most=2e6)
def matrix_square(xp, A):
    B = A @ A
    return (B * B).sum()


@program(lambda A: (np.sum(A.T * A), 2 * A.T.copy()), make=_square)
def beside_its_transpose(xp, A):
    return (A.T * A).sum()


def _least_squares(w, X, y):
    r = X @ w - y
    return r @ r / len(X), 2 * (X.T @ r) / len(X)


@program(_least_squares, make=_regression)
def least_squares(xp, w, X, y):
    r = X @ w - y
    return (r * r).mean()


def _logistic(w, X, y):
    z = X @ w * y
    return np.logaddexp(0, -z).mean(), X.T @ (-y / (1 + np.exp(z))) / len(X)


@program(_logistic, make=_regression)
def logistic(xp, w, X, y):
    z = -(X @ w) * y
    return (xp.where(z > 0, z, 0.0) + xp.log1p(xp.exp(-xp.abs(z)))).mean()


def _layer(W, X, y):
    h = np.tanh(X @ W)
    r = h.sum(1) - y
    return r @ r, X.T @ (2 * r[:, None] * (1 - h * h))


@program(
    _layer, make=lambda n: (np.random.default_rng(1).uniform(-1, 1, (10, 8)), *_regression(n)[1:])
)
def layer(xp, W, X, y):
    r = xp.tanh(X @ W).sum(1) - y
    return (r * r).sum()


def _distances(P):
    d = P[:, None] - P
    r = np.sqrt((d * d).sum(2) + 1)
    return r.sum(), 2 * (d / r[:, :, None]).sum(1)


@program(
    _distances,
    make=lambda n: (np.random.default_rng(0).uniform(-1, 1, (max(2, math.isqrt(n // 2)), 2)),),
)
def distances(xp, P):
    d = P[:, None] - P
    return xp.sqrt((d * d).sum(2) + 1).sum()


# --- control flow and second order ----------------------------------------------------------------


def _doubling(x):
    factor = 1.0
    while np.abs(x * factor).sum() < 100 * x.size:
        factor *= 2
    return (x * factor).sum(), np.full_like(x, factor)


@program(_doubling)
def doubling(xp, x):
    while xp.abs(x).sum() < 100 * x.shape[0]:
        x = x * 2
    return x.sum()


def _gauss_hvp(x, v):
    e = np.exp(-0.5 * x * x)
    return e.sum(), (x * x - 1) * e * v


@program(_gauss_hvp, make=_vectors, order=2)
def gauss_hvp(xp, x):
    return xp.exp(-0.5 * x * x).sum()


def _rosenbrock_hvp(x, v):
    a, h = x[:-1], np.zeros_like(x)
    h[:-1] = (1200 * a * a - 400 * x[1:] + 2) * v[:-1] - 400 * a * v[1:]
    h[1:] += -400 * a * v[:-1] + 200 * v[1:]
    return _rosenbrock(x)[0], h


@program(_rosenbrock_hvp, make=_vectors, order=2)
def rosenbrock_hvp(xp, x):
    return rosenbrock(xp, x)


def step(xp, grad, name, inputs, x):
    """One value and derivative of a program, in a library like PyTorch: `grad` is its
    ``autograd.grad``."""
    program = PROGRAMS[name]
    if program.order == 1:
        x.grad = None
        y = program.loss(xp, x, *inputs[1:])
        y.backward()
        return y, x.grad
    y = program.loss(xp, x, *inputs[1:-1])
    (g,) = grad(y, (x,), create_graph=True)
    (h,) = grad(g, (x,), inputs[-1])
    return y, h
