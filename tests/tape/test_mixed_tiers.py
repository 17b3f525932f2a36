"""A forward by one tier and its derivative by the other, whose roundings differ: what is computed
again is not what the forward had, bit for bit."""

import numpy as np
import pytest

import jitgrad
import jitgrad.numpy as jnp


def extremes(x):
    y = jnp.sin(x) * jnp.exp(x)
    top = y.max(axis=1, keepdims=True)
    chosen = jnp.where(y == top, y * y, 0.0)  # a mask of the program's own
    return (
        y.max(axis=1).sum()
        + 2 * y.min()
        + 3 * chosen.sum()
        + 5 * jnp.maximum.accumulate(y, axis=1).sum()
        + 7 * jnp.linalg.norm(y, np.inf)
        + 11 * jnp.median(y)
        + 13 * jnp.sort(y, axis=0)[1].sum()
        + 17 * jnp.where(y >= jnp.sort(y, axis=1)[:, 3:4], y, 0.0).sum()
    )


X = np.random.default_rng(0).standard_normal((8, 6))


TIERS = [("never", "never"), ("never", "always"), ("always", "never")]


@pytest.mark.parametrize("record", [False, True], ids=["gradient", "recorded"])
def test_extremes(monkeypatch, record):
    found = []
    for forward, backward in TIERS:
        x = jitgrad.tensor(X, requires_grad=True)
        monkeypatch.setattr(jitgrad.config, "compile", forward)
        out = extremes(x)
        out.item()
        monkeypatch.setattr(jitgrad.config, "compile", backward)
        (grad,) = jitgrad.autograd.grad(out, [x], create_graph=record)
        found.append(grad.detach().numpy())
    for grad in found[1:]:
        np.testing.assert_allclose(grad, found[0], rtol=1e-12, atol=1e-12)


def test_a_second_derivative_through_products_that_are_computed_again(tier):
    """What is kept of the first forward is the maximum alone, not the product that it is of."""

    def f(x):
        y = jnp.tanh(x) @ X
        return ((y - y.max()) * y).sum() + (jnp.tanh(y) @ X.T).max() ** 2

    x, t = X[0, :6], X[1, :6]
    x, t = np.resize(x, 8), np.resize(t, 8)
    got = jitgrad.hvp(f)(x, t)
    near = [np.asarray(jitgrad.grad(f)(jitgrad.tensor(x + h * t))) for h in (1e-6, -1e-6)]
    np.testing.assert_allclose(np.asarray(got), (near[0] - near[1]) / 2e-6, rtol=1e-6, atol=1e-7)
