"""Every entry of the registry with operands to call it with, and its value by NumPy. Start at
`CASES`."""

import statistics

import numpy as np
import pytest
import scipy.fft

from jitgrad.autodiff import pull_back
from jitgrad.interpret import program as reference
from jitgrad.ir import leaf
from jitgrad.ops import REGISTRY

FLOAT = np.dtype(float)

#: Entries whose values have no NumPy function of the same calling form: their oracle is here.
ORACLES = {
    "relu": lambda x: np.maximum(x, 0),
    "softplus": lambda x: np.logaddexp(x, 0),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "clip3": np.clip,
    "root0": np.sqrt,
    "slope0": lambda x: 0.5 / x,
    "power3h": lambda x: np.sqrt(x) * x,  # as for sqrt, of -inf there is none
    "power5h": lambda x: np.sqrt(x) * x * x,
    "powerm3h": lambda x: 1 / np.sqrt(x) / x,
    "powerm5h": lambda x: 1 / np.sqrt(x) / x / x,
    "power2": np.power,
    "erf": np.vectorize(__import__("math").erf),
    "erfc": np.vectorize(__import__("math").erfc),
    "flatten": np.ravel,
    "logsumexp": lambda x, axis=None, keepdims=False: np.log(
        np.sum(np.exp(x), axis=axis, keepdims=keepdims)
    ),
    "softmax": lambda x, axis=-1: shares(x, axis),
    "log_softmax": lambda x, axis=-1: np.log(shares(x, axis)),
    "real": np.real,
    "imag": np.imag,
    "angle": np.angle,
    "matvec": lambda x, y: np.einsum("...ij,...j->...i", x, y),
    "vecmat": lambda x, y: np.einsum("...i,...ij->...j", x, y),
    "log_expit": lambda x: -np.logaddexp(-x, 0),
    "xlogy": lambda x, y: x * np.log(y),
    "xlog1py": lambda x, y: x * np.log1p(y),
    "entr": lambda x: -x * np.log(x),
    "rel_entr": lambda x, y: x * np.log(x / y),
    "kl_div": lambda x, y: x * np.log(x / y) - x + y,
    "logit": lambda x: np.log(x / (1 - x)),
    "ndtr": np.vectorize(statistics.NormalDist().cdf),
    "log_ndtr": lambda x: np.log(np.vectorize(statistics.NormalDist().cdf)(x)),
    "huber": lambda delta, r: np.where(
        np.abs(r) <= delta, r * r / 2, delta * (np.abs(r) - delta / 2)
    ),
    "pseudo_huber": lambda delta, r: delta**2 * (np.sqrt(1 + (r / delta) ** 2) - 1),
    "exp10": lambda x: 10.0**x,
    "gelu": lambda x, approximate="none": (
        x
        * (
            1 / (1 + np.exp(-2 * np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
            if approximate == "tanh"
            else np.vectorize(statistics.NormalDist().cdf)(x)
        )
    ),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "mish": lambda x: x * np.tanh(np.log1p(np.exp(x))),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "tanhshrink": lambda x: x - np.tanh(x),
    "softmin": lambda x, axis=-1: shares(-(x if x.dtype.kind == "f" else x.astype(float)), axis),
    "elu": lambda x, alpha=1.0: np.where(x > 0, x, alpha * np.expm1(x)),
    "celu": lambda x, alpha=1.0: np.where(x > 0, x, alpha * np.expm1(x / alpha)),
    "selu": lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x)),
    "leaky_relu": lambda x, negative_slope=0.01: np.where(x > 0, x, negative_slope * x),
    "relu6": lambda x: np.clip(x, 0, 6),
    "hardtanh": lambda x, min_val=-1.0, max_val=1.0: np.clip(x, min_val, max_val),
    "hardsigmoid": lambda x: np.clip(x / 6 + 0.5, 0, 1),
    "hardswish": lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
    "hardshrink": lambda x, lambd=0.5: np.where(np.abs(x) > lambd, x, 0.0),
    "softshrink": lambda x, lambd=0.5: np.sign(x) * np.maximum(np.abs(x) - lambd, 0),
}


def shares(x, axis):
    """As SciPy and PyTorch have it: beside an infinity all is nan."""
    x = x if x.dtype.kind == "f" else x.astype(float)
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def running(ufunc):
    """The oracle of a scan: NumPy's accumulate, of what is flipped where it goes from the end."""

    def scan(x, axis=None, reverse=False):
        x, axis = (np.ravel(x), 0) if axis is None else (x, axis)
        return (
            np.flip(ufunc.accumulate(np.flip(x, axis), axis), axis)
            if reverse
            else ufunc.accumulate(x, axis)
        )

    return scan


def recurrence(x, decay, axis=-1, reverse=False):
    x, decay = (v if v.dtype.kind in "fc" else v.astype(float) for v in (x, decay))
    x, decay = (np.moveaxis(np.flip(v, axis) if reverse else v, axis, 0) for v in (x, decay))
    out = [x[0]]
    for i in range(1, len(x)):
        out.append(decay[i] * out[-1] + x[i])
    out = np.moveaxis(np.stack(out), 0, axis)
    return np.flip(out, axis) if reverse else out


SCANS = {"cumsum": np.add, "cumprod": np.multiply, "cummax": np.maximum, "cummin": np.minimum}
ORACLES |= {name: running(ufunc) for name, ufunc in {**SCANS, "logcumsumexp": np.logaddexp}.items()}
ORACLES["linear_recurrence"] = recurrence


def added(x, indices, values, axis=None):
    out = np.ravel(x).copy() if axis is None else np.moveaxis(x, axis, 0).copy()
    shape = np.take(x, indices, axis).shape
    values = np.broadcast_to(values, shape)
    if axis is not None:
        axis %= x.ndim
        values = np.moveaxis(values, range(axis, axis + indices.ndim), range(indices.ndim))
    np.add.at(out, indices, values)
    return out.reshape(x.shape) if axis is None else np.moveaxis(out, 0, axis)


ORACLES["add_at"] = added
ORACLES["pseudo_huber_bend"] = lambda delta, r: delta**2 * (np.sqrt(1 + (r / delta) ** 2) - 1)


def triangular_solution(a, b, trans=0, lower=False, unit_diagonal=False):
    a = np.tril(a, -unit_diagonal) if lower else np.triu(a, unit_diagonal)
    a = a + np.eye(len(a)) if unit_diagonal else a
    return np.linalg.solve(a.T if trans else a, b)


ORACLES["solve_triangular"] = triangular_solution
ORACLES |= {
    f"{way}{name}{along}": getattr(scipy.fft, f"{way}{name}{along}")
    for way in ("", "i")
    for name in ("dct", "dst")
    for along in ("", "n")
}


def by_eigenvalues(function):
    """A function of a matrix, of its eigenvalues."""

    def f(a):
        values, vectors = np.linalg.eig(a)
        out = vectors * function(values + 0j) @ np.linalg.inv(vectors)
        return out if np.iscomplexobj(a) else out.real

    return f


ORACLES |= {"expm": by_eigenvalues(np.exp), "logm": by_eigenvalues(np.log)}
ORACLES["sqrtm"] = by_eigenvalues(np.sqrt)


def sylvester_solution(a, b, q):
    m, n = q.shape
    whole = np.kron(a, np.eye(n)) + np.kron(np.eye(m), b.T)
    return np.linalg.solve(whole, q.ravel()).reshape(m, n)


ORACLES["solve_sylvester"] = sylvester_solution


def operands(entry):
    return entry.sample(np.random.default_rng(len(entry.name) * 7 + 1))


CASES = [
    pytest.param(e, c, id=f"{name}-{i}")
    for name, e in REGISTRY.items()
    for i, c in enumerate(e.sampling.cases)
]


def graph(entry, case, first=0):
    """Sampled operands, the leaves that stand for them from number `first` on, and the result."""
    xs = operands(entry)
    nodes = [leaf(i, x.shape, x.dtype) for i, x in enumerate(xs, first)]
    out = entry(nodes, **case) if entry.operands is None else entry(*nodes, **case)
    return xs, nodes, out


def run(roots, xs, extra=()):
    return reference.run(roots, [np.ravel(x) if np.ndim(x) else x for x in (*xs, *extra)], [])


def cotangent(rng, node):
    """Values of the shape and kind of a node's: complex ones have two parts."""
    real = rng.standard_normal(node.shape)
    return real + 1j * rng.standard_normal(node.shape) if node.dtype.kind == "c" else real


def inner(x, y):
    """What `y` changes by along `x`, or the other way round: of complex numbers, part by part."""
    return np.sum((np.conj(np.reshape(x, -1)) * np.reshape(y, -1)).real)


def check_second_order(entry, case, xs):
    """The gradient's gradient at `xs` against central differences of the gradient."""
    nodes = [leaf(i, x.shape, x.dtype) for i, x in enumerate(xs)]
    out = entry(nodes, **case) if entry.operands is None else entry(*nodes, **case)
    which = [i for i, x in enumerate(xs) if x.dtype == FLOAT]
    rng = np.random.default_rng(4)
    direction = getattr(entry, "sampling", REGISTRY["add"].sampling).direction
    gv, directions = (
        cotangent(rng, out),
        [direction(rng, xs[i].shape) for i in which],
    )
    g = leaf(len(xs), out.shape, out.dtype)
    grads = [d for d in pull_back({out: g}, [nodes[i] for i in which]) if d is not None]
    if not grads:
        return
    cots = [rng.standard_normal(d.shape) for d in grads]
    leaves = [leaf(len(xs) + 1 + k, d.shape, FLOAT) for k, d in enumerate(grads)]
    start = {}
    for d, c in zip(grads, leaves, strict=True):
        start[d] = start[d] + c if d in start else c
    second = pull_back(start, [nodes[i] for i in which])
    got = sum(
        np.sum(np.reshape(run([s], xs, [gv, *cots])[0], -1) * d.reshape(-1))
        for s, d in zip(second, directions, strict=True)
        if s is not None
    )

    def at(h):
        moved = list(xs)
        for i, d in zip(which, directions, strict=True):
            moved[i] = xs[i] + h * d
        return sum(
            np.sum(np.reshape(v, -1) * c.reshape(-1))
            for v, c in zip(run(grads, moved, [gv]), cots, strict=True)
        )

    numeric = (at(1e-6) - at(-1e-6)) / 2e-6
    assert got == pytest.approx(numeric, rel=5e-6, abs=5e-6)
