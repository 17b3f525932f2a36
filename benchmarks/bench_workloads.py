"""Value and gradient of what users compute, small and large; the sizes are those of published comparisons.

`WORKLOADS` has for each its loss and its inputs; the first `wrt` of them are differentiated.
"""

import numpy as np

import jitgrad

from .common import warm


def chain(x):
    return jitgrad.sum(jitgrad.sin(x) * jitgrad.exp(-x * x) + jitgrad.log1p(jitgrad.abs(x)) * jitgrad.tanh(x))


def sum_of_squares(x):
    return 2 * jitgrad.dot(x, x)


def normalised_rows(a):
    b = a / a.sum(1, keepdims=True)
    return (b * b).sum()


def weighted_cumsum(a, w):
    return (w * jitgrad.cumsum(a, -1)).sum()


def norms(a):
    mean = a.mean(0)
    return jitgrad.norm(a) + jitgrad.abs(a).sum() + (mean * mean).sum()


def logistic(w, x, y):
    return jitgrad.softplus(-y * (x @ w)).mean()


def perceptron(w1, b1, w2, b2, x, y):
    z = jitgrad.maximum(x @ w1 + b1, 0) @ w2 + b2
    return (jitgrad.logsumexp(z, 1) - (y * z).sum(1)).mean()


def rosenbrock(x):
    a, b = x[:-1], x[1:] - x[:-1] * x[:-1]
    return (100 * b * b + (1 - a) * (1 - a)).sum()


def _normal(rng, *shape):
    return rng.standard_normal(shape)


def _logistic_data(rng, n, d):
    return 0.1 * _normal(rng, d), _normal(rng, n, d), np.sign(_normal(rng, n))


def _perceptron_data(rng, n, a, h, o):
    weights = _normal(rng, a, h) * (2 / a) ** 0.5, np.zeros(h), _normal(rng, h, o) * (2 / h) ** 0.5, np.zeros(o)
    return *weights, rng.uniform(0, 1, (n, a)), np.eye(o)[rng.integers(0, o, n)]


#: name -> (loss, inputs from a generator and a size, small size, large size, inputs differentiated)
WORKLOADS = {
    "chain": (chain, lambda rng, n: (_normal(rng, n),), (100,), (10**6,), 1),
    "sum_of_squares": (sum_of_squares, lambda rng, n: (_normal(rng, n),), (1000,), (10**6,), 1),
    "normalised_rows": (normalised_rows, lambda rng, *s: (rng.uniform(0.5, 1.5, s),), (5, 4), (1000, 1000), 1),
    "weighted_cumsum": (weighted_cumsum, lambda rng, *s: (_normal(rng, *s), _normal(rng, *s)), (5, 4), (2000, 2000), 1),
    "norms": (norms, lambda rng, *s: (_normal(rng, *s),), (5, 4), (1000, 1000), 1),
    "logistic": (logistic, _logistic_data, (200, 5), (100_000, 50), 1),
    "perceptron": (perceptron, _perceptron_data, (8, 6, 5, 3), (128, 784, 256, 10), 4),
    "rosenbrock": (rosenbrock, lambda rng, n: (_normal(rng, n),), (10,), (10**6,), 1),
}


class ValueAndGradient:
    params = [list(WORKLOADS), ["small", "large"]]
    param_names = ["workload", "size"]

    def setup(self, name, size):
        self.loss, make, small, large, wrt = WORKLOADS[name]
        arrays = make(np.random.default_rng(0), *(small if size == "small" else large))
        self.inputs = [jitgrad.tensor(a, requires_grad=k < wrt) for k, a in enumerate(arrays)]
        self.leaves = self.inputs[:wrt]
        warm(self.step)

    def step(self):
        for x in self.leaves:
            x.grad = None
        value = self.loss(*self.inputs)
        value.backward()
        return value

    def time_value_and_gradient(self, name, size):
        self.step()


class NewShapes:
    """Ten sizes through one program: the kernels of the first serve them all."""

    def setup(self):
        rng = np.random.default_rng(0)
        self.xs = [jitgrad.tensor(rng.standard_normal(n), requires_grad=True) for n in range(1000, 2000, 100)]
        warm(self.step)

    def step(self):
        for x in self.xs:
            x.grad = None
            chain(x).backward()

    def time_ten_sizes(self):
        self.step()

    def track_kernels_of_ten_more_sizes(self):
        from jitgrad.runtime.stats import stats

        before = stats.kernels
        for n in range(5000, 6000, 100):
            chain(jitgrad.linspace(0.0, 1.0, n, requires_grad=True)).backward()
        return stats.kernels - before

    track_kernels_of_ten_more_sizes.unit = "kernels made"
