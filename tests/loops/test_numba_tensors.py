"""Functions of `njit` on tensors: an operation of the tape, with derivatives of two orders, writes,
`jit` and `vmap`."""

import collections

import numpy as np
import pytest
from derived_functions import as_python

import jitgrad
from jitgrad.runtime.numba import user_code

Pair = collections.namedtuple("Pair", "scale shift")


@jitgrad.njit
def energy(x, k):
    total = 0.0
    for i in range(x.size - 1):
        total += 0.5 * k * (x[i + 1] - x[i]) ** 3
    return total


@jitgrad.njit
def moved(u, c, n):
    out = np.zeros((n, 2))
    for i in range(n):
        out[i, 0] = u[i] * c * u[n - 1 - i]
        out[i, 1] = np.sin(out[i, 0])
    u[0] = out[1, 1] ** 2
    return out, c * u[1], n


@jitgrad.njit
def positive(x):
    n = 0
    for v in x:
        n += v > 0
    out = np.zeros(n)
    k = 0
    for v in x:
        if v > 0:
            out[k] = v * v
            k += 1
    return out


@jitgrad.njit
def of_pair(p, x):
    return p.scale * x[0] ** 2 + p.shift


@jitgrad.njit
def add_to(x, y):
    for i in range(x.size):
        x[i] += y[x.size - 1 - i]


FUNCTIONS = (energy, moved, positive, of_pair, add_to)


@pytest.fixture(autouse=True)
def uncompiled(request, monkeypatch):
    """Functions and derivatives run as plain Python, where the test is not about what numba makes
    of them: that costs seconds for each."""
    if "compiled" in request.node.name:
        return
    monkeypatch.setattr(user_code, "loaded", as_python)
    for f in FUNCTIONS:
        monkeypatch.setattr(f.gradients, "function", f.py_func)


X, K = np.array([0.0, 1.0, 3.0, 2.5]), 2.0


def leaf(x):
    return jitgrad.tensor(x, requires_grad=True)


def test_backward_compiled():
    f = jitgrad.njit(energy.py_func)
    x, k = leaf(X), leaf(K)
    out = 2 * f(x * x, k)
    assert isinstance(out, jitgrad.Tensor) and out.item() == 2 * f(X * X, K)
    out.backward()
    gx, gk = f.vjp(1.0, X * X, K)[1]  # compiled for the tensors
    step = 1e-6
    along = [f.vjp(1.0, X * X + s * X, K)[1][0] for s in (step, -step)]
    np.testing.assert_allclose(
        jitgrad.hvp(f)(X * X, X, K), (along[0] - along[1]) / (2 * step), rtol=1e-7, atol=1e-7
    )
    np.testing.assert_allclose(x.grad.numpy(), 2 * gx * 2 * X)
    assert k.grad.item() == pytest.approx(2 * gk)


def test_derivatives_of_both_modes_and_two_orders():
    jitgrad.check_grads(energy, (X, K), order=2)
    jitgrad.check_grads(lambda u, c: moved(u * 1.0, c, 4)[0], (X, K), order=2)
    hessian = jitgrad.hessian(energy)(X, K)
    np.testing.assert_allclose(hessian @ X, jitgrad.hvp(energy)(X, X, K), atol=1e-9)
    x, k = leaf(X), leaf(K)
    (g,) = jitgrad.autograd.grad(energy(x, k), x, create_graph=True)
    (g * g).sum().backward()
    by_hand = 2 * hessian @ jitgrad.grad(energy, 0)(X, K)
    np.testing.assert_allclose(x.grad.numpy(), by_hand)


def test_third_derivatives_are_refused():
    with pytest.raises(jitgrad.GradientError, match="third derivative of energy"):
        jitgrad.grad(lambda x: jitgrad.hessian(energy)(x, K).sum())(jitgrad.tensor(X))


def test_writes_and_several_results():
    c, u = leaf(K), jitgrad.tensor(X)
    out, scaled, n = moved(u, c, 4)
    plain = X.copy()
    expected = moved(plain, K, 4)
    np.testing.assert_array_equal(out.detach().numpy(), expected[0])
    np.testing.assert_array_equal(u.detach().numpy(), plain)
    assert scaled.item() == expected[1] and n.item() == 4 and n.dtype.kind == "i"
    (out.sum() + scaled + 10 * u[0]).backward()

    def value(c):
        v = X.copy()
        a, b, _ = moved(v, c, 4)
        return a.sum() + b + 10 * v[0]

    step = 1e-6
    assert c.grad.item() == pytest.approx((value(K + step) - value(K - step)) / 2 / step, rel=1e-7)


def test_arguments_that_are_written_to():
    with pytest.raises(jitgrad.AliasError):
        moved(leaf(X), 1.0, 4)
    x = jitgrad.tensor(X)
    with pytest.raises(jitgrad.AliasError, match="argument 0 of add_to"):
        add_to(x[:2], x[2:])
    a, b = X.copy(), X.copy()
    moved(a, jitgrad.tensor(K), 4)
    moved(b, K, 4)
    np.testing.assert_array_equal(a, b)


def test_jit_and_lengths_that_depend_on_values():
    def f(x, k):
        return jitgrad.grad(lambda x: energy(x * 2, k) * k)(x)

    x, k = jitgrad.tensor(X), jitgrad.tensor(K)
    compiled = jitgrad.jit(f)
    for _ in range(2):
        np.testing.assert_allclose(compiled(x, k).numpy(), f(x, k).numpy())
    x = leaf(X - 1)
    out = positive(x)
    assert out.shape == (2,)
    out.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 2 * np.maximum(X - 1, 0))
    with pytest.raises(jitgrad.JitError, match="depend on values"):
        jitgrad.jit(positive)(x)


def test_vmap():
    rows, ks = np.arange(12.0).reshape(3, 4) ** 2 / 50, np.array([1.0, 2.0, -1.0])
    by_hand = [energy(r, k) for r, k in zip(rows, ks, strict=True)]
    mapped = jitgrad.vmap(energy)(jitgrad.tensor(rows), jitgrad.tensor(ks))
    np.testing.assert_allclose(mapped.numpy(), by_hand)
    gradient = jitgrad.vmap(jitgrad.grad(energy, argnums=0), in_axes=(0, None))
    grads = gradient(jitgrad.tensor(rows), jitgrad.tensor(K))
    by_hand = [jitgrad.grad(energy, 0)(r, K) for r in rows]
    np.testing.assert_allclose(grads.numpy(), by_hand)
    jitgrad.check_grads(lambda x, k: jitgrad.vmap(energy, in_axes=(0, None))(x, k), (rows, 1.5))


def test_containers_and_which_arguments():
    pair = Pair(jitgrad.tensor(2.0), 1.0)
    value, (p, x) = jitgrad.value_and_grad(of_pair)(pair, jitgrad.tensor([3.0]))
    assert value.item() == 19.0
    assert p.scale.item() == 9.0 and x.tolist() == [12.0]
    x, k = jitgrad.tensor(X), jitgrad.tensor(K)
    gx, gk = jitgrad.grad(energy)(x, k)
    assert gx.shape == (4,) and gk.shape == ()
    assert jitgrad.grad(energy, argnums=1)(x, k).shape == ()


def scaled(x, scale=2.0, power=2, shift=None):
    return x**power * scale if shift is None else x + shift


def test_arguments_that_are_left_out():
    f, x = jitgrad.njit(scaled), leaf(3.0)
    for args, options, value, slope in (
        ((), {}, 18.0, 12.0),
        ((4.0,), {}, 36.0, 24.0),
        ((), {"power": 3}, 54.0, 54.0),
        ((), {"shift": 1.0}, 4.0, 1.0),
    ):
        out = f(x, *args, **options)
        assert out.item() == value
        assert jitgrad.grad(lambda x: f(x, *args, **options))(x).item() == slope  # noqa: B023


def test_array_without_axes_indexed_by_nothing():
    def f(x, a):
        y = x.copy()
        y[()] = x[()] ** 2 * a
        return y[()] * a

    value, (gx, ga) = jitgrad.value_and_grad(jitgrad.njit(f))(np.array(3.0), 2.0)
    assert value == 36.0 and gx == 24.0 and gx.shape == () and ga == 36.0


def test_half_precision_is_refused():
    with pytest.raises(jitgrad.NotDifferentiable, match="argument x of type .*float16"):
        jitgrad.grad(jitgrad.njit(scaled))(np.float16(2))
    with pytest.raises(jitgrad.NotDifferentiable, match="argument x of type .*float16"):
        jitgrad.grad(jitgrad.njit(energy), argnums=1)(np.ones(3, np.float16), 1.0)


def test_numbers_that_jit_traces():
    f = jitgrad.njit(scaled)
    compiled = jitgrad.jit(lambda x, scale, power: f(x, scale, power).sum())
    for scale, power in ((2.0, 2), (3.0, 2), (3.0, 3)):
        assert compiled(leaf(3.0), scale, power).item() == scale * 3.0**power
        x = leaf(3.0)
        compiled(x, scale, power).backward()
        assert x.grad.item() == scale * power * 3.0 ** (power - 1)
