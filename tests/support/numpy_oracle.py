"""What the tests of NumPy's protocols share: operands, and a check of values and gradients against
NumPy.

The oracle of a gradient is the central difference of NumPy's own function on arrays. Start at
`check_gradient`.
"""

import numpy as np
import pytest

import jitgrad

rng = np.random.default_rng(11)
A = np.array([[0.5, -1.5, 2.0], [3.0, 0.25, -4.0]])
B = np.array([[1.5, 2.0, -0.5], [0.75, -2.5, 1.0]])


def home(function):
    """The module of a NumPy function; ufuncs did not say before NumPy 2.1."""
    return getattr(function, "__module__", "numpy")


def leaf(x):
    return jitgrad.tensor(x, requires_grad=np.asarray(x).dtype == np.float64)


def check_gradient(f, *xs):
    """Values and gradients of ``f(tensors)``, against ``f(arrays)`` and its central differences."""
    ts = [leaf(x) for x in xs]
    out, want = f(*ts), f(*xs)
    assert isinstance(out, jitgrad.Tensor)
    assert out.shape == np.shape(want) and out.dtype == np.asarray(want).dtype
    np.testing.assert_allclose(out.detach().numpy(), want, rtol=1e-12, atol=1e-13)
    leaves = [t for t in ts if t.requires_grad]
    if not out.requires_grad:
        return out, None
    g = rng.standard_normal(out.shape)
    g = g + 1j * rng.standard_normal(out.shape) if out.dtype.kind == "c" else g
    grads = jitgrad.autograd.grad(out, leaves, g, allow_unused=True)
    directions = [rng.standard_normal(t.shape) for t in leaves]
    got = sum(
        float(np.sum(d * np.asarray(v)))
        for v, d in zip(grads, directions, strict=True)
        if v is not None
    )

    def at(h):
        moves = iter(directions)
        moved = [x + h * next(moves) if t.requires_grad else x for x, t in zip(xs, ts, strict=True)]
        return float(np.sum((np.conj(g) * np.asarray(f(*moved))).real))

    assert got == pytest.approx((at(1e-6) - at(-1e-6)) / 2e-6, rel=1e-5, abs=1e-6)
    return out, grads


def replaced(x, make):
    if isinstance(x, np.ndarray):
        return make(x)
    return type(x)(replaced(i, make) for i in x) if isinstance(x, (list, tuple)) else x


def flat(x):
    return [x] if not isinstance(x, (list, tuple)) else [j for i in x for j in flat(i)]
