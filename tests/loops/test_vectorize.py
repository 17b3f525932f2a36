"""`jitgrad.vectorize`, and numba's functions of that name on tensors: values, derivatives of any
order against finite differences and formulas, fusion, dtypes, and what is refused at which line."""

import inspect
import math
import re

import numba
import numpy as np
import pytest

import jitgrad

X = np.array([[0.5, 1.0, 2.0], [2.5, 3.0, 0.1]])
TABLE = np.array([1.0, 2.0])


def kepler(m, e):
    x = m
    while abs(x - e * math.sin(x) - m) > 1e-14:
        x -= (x - e * math.sin(x) - m) / (1 - e * math.cos(x))
    return x


def horner(x, n):
    total = 0.0
    for k in range(n):
        total *= x
        if k % 2:
            total += 1.0 / (k + 1)
        else:
            total -= math.exp(-x)
    return total


def counted_(x):
    if x < 0:
        raise ValueError("negative")
    return x * x


def floored_(x):
    return x * math.floor(x)


by_hand, horner_ = np.vectorize(kepler), horner
kepler, horner = jitgrad.vectorize(kepler), jitgrad.vectorize(horner)


def leaf(x):
    return jitgrad.tensor(x, requires_grad=True)


def test_on_arrays_it_is_numbas():
    assert isinstance(kepler, type(numba.vectorize(lambda x: x)))
    np.testing.assert_array_equal(kepler(X, 0.3), by_hand(X, 0.3))

    @numba.njit
    def within(x):
        return kepler(x, 0.3).sum()

    assert within(X) == pytest.approx(kepler(X, 0.3).sum())
    out = np.empty_like(X)
    assert kepler(X, 0.3, out=out) is out


def test_values_and_derivatives(tier):
    """The anomaly y(m, e) has dy/dm = 1 / (1 - e cos y), dy/de = sin(y) / (1 - e cos y)."""
    m, e = leaf(X), leaf(0.3)
    y = kepler(m, e)
    np.testing.assert_allclose(y.detach().numpy(), by_hand(X, 0.3), rtol=1e-14)
    (y * y).sum().backward()
    y = by_hand(X, 0.3)
    slope = 1 / (1 - 0.3 * np.cos(y))
    np.testing.assert_allclose(m.grad.numpy(), 2 * y * slope, rtol=1e-10)
    np.testing.assert_allclose(e.grad.numpy(), (2 * y * np.sin(y) * slope).sum(), rtol=1e-10)


def test_every_order_in_both_modes():
    def f(x):
        return horner(x, 5).sum()

    x = X[0]
    first = jitgrad.grad(f)
    second = jitgrad.hessian(f)(x).diagonal()
    step = 1e-5
    np.testing.assert_allclose(
        first(x), (horner(x + step, 5) - horner(x - step, 5)) / 2 / step, rtol=1e-8
    )
    np.testing.assert_allclose(second, (first(x + step) - first(x - step)) / 2 / step, rtol=1e-8)
    third = jitgrad.grad(lambda x: (jitgrad.jvp(jitgrad.grad(f), (x,), (np.ones(3),))[1]).sum())
    second_at = [jitgrad.hessian(f)(x + s).diagonal() for s in (step, -step)]
    np.testing.assert_allclose(third(x), (second_at[0] - second_at[1]) / 2 / step, rtol=1e-7)
    jitgrad.check_grads(lambda m, e: kepler(m, e), (X, np.array([[0.1], [0.4]])))


def test_it_is_fused():
    """The value, the gradient and what is around them are one kernel, which calls the emitted
    functions that stand in it."""
    m = leaf(np.linspace(0.1, 3, 100))
    loss = (jitgrad.exp(kepler(m * 2, 0.2)) - 1).sum()
    kernels = jitgrad.explain(loss.backward).kernels
    assert [k.kind for k in kernels] == ["flat"]
    assert {"exp", "kepler", "kepler_m", "sum"} <= set(kernels[0].operations)
    assert re.search(r"^def kepler_\w{8}\(m, e\):$", kernels[0].source, re.M)


def test_broadcasting_dtypes_and_layouts(tier):
    e = np.array([[0.1], [0.4]])
    np.testing.assert_allclose(kepler(jitgrad.tensor(X), e).numpy(), kepler(X, e))
    t = jitgrad.tensor(X).T[::2]
    np.testing.assert_allclose(kepler(t, 0.3).numpy(), kepler(np.ascontiguousarray(X.T[::2]), 0.3))
    assert kepler(jitgrad.tensor(0.5), 0.3).shape == ()
    assert kepler(jitgrad.zeros((0, 3)), 0.3).shape == (0, 3)
    x = leaf(X.astype(np.float32))
    out = horner(x, 4)
    assert out.dtype == np.float64 == horner(X.astype(np.float32), 4).dtype  # as numba has it
    out.sum().backward()
    assert x.grad.dtype == np.float32
    whole = jitgrad.tensor(np.array([2, 3]))
    np.testing.assert_allclose(horner(0.5, whole).numpy(), horner(0.5, np.array([2, 3])))


def test_jit_vmap_and_loops():
    x = jitgrad.tensor(X)
    step = jitgrad.jit(jitgrad.grad(lambda x: (kepler(x, 0.3) ** 2).sum()))
    want = 2 * kepler(X, 0.3) / (1 - 0.3 * np.cos(kepler(X, 0.3)))
    for _ in range(2):
        np.testing.assert_allclose(step(x).numpy(), want, rtol=1e-10)
    np.testing.assert_allclose(jitgrad.vmap(lambda r: kepler(r, 0.3))(x).numpy(), kepler(X, 0.3))
    carry, _ = jitgrad.scan(lambda c, r: (kepler(c, 0.1) + r, c), x[0] * 0, x)
    want = kepler(kepler(X[0] * 0, 0.1) + X[0], 0.1) + X[1]
    np.testing.assert_allclose(carry.numpy(), want, rtol=1e-14)


def test_functions_of_numba():
    lazy, eager = numba.vectorize(horner_), numba.vectorize(["f8(f8, i8)"])(horner_)
    for f in (lazy, eager):
        x = leaf(X)
        f(x, 3).sum().backward()
        want = jitgrad.grad(lambda x: horner(x, 3).sum())(X)
        np.testing.assert_allclose(x.grad.numpy(), want)
    narrow = numba.vectorize(["f4(f4, i8)"])(horner_)
    x = leaf(X.astype(np.float32))
    assert narrow(x, 3).dtype == np.float32
    narrow(x, 3).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), want, rtol=1e-5)


def test_what_raises_is_called(tier):
    counted = jitgrad.vectorize(counted_)
    x = leaf(np.array([1.0, 2.0]))
    counted(x).sum().backward()
    assert x.grad.tolist() == [2.0, 4.0]
    with pytest.raises(Exception, match="negative"):
        counted(jitgrad.tensor([-1.0])).numpy()


def test_what_is_refused():
    """At the line of the user's function."""

    def recursive(x):
        return recursive(x - 1) if x > 0 else x

    def pair(x):
        return x, x

    def table(x):
        return x * TABLE[1]

    line = inspect.getsourcelines(recursive)[1] + 1
    with pytest.raises(jitgrad.NotDifferentiable, match=rf"test_vectorize.py:{line}"):
        jitgrad.vectorize(recursive)(leaf(1.0))
    with pytest.raises(jitgrad.NotDifferentiable, match="one number"):
        jitgrad.vectorize(pair)(leaf(1.0))
    with pytest.raises(jitgrad.NotDifferentiable, match="array"):
        numba.vectorize(table)(leaf(1.0))
    assert numba.vectorize(table)(jitgrad.tensor([1.5])).tolist() == [3.0]  # no gradient is lost
    with pytest.raises(jitgrad.ArgumentError, match="def"):
        jitgrad.vectorize("f8(f8)")
    with pytest.raises(jitgrad.ArgumentError, match="kepler"):
        kepler(leaf(1.0))


def test_a_cut_is_told():
    floored = jitgrad.vectorize(floored_)
    x = leaf(np.array([1.5, 2.5]))
    with pytest.warns(jitgrad.GradientWarning, match="floor"):
        floored(x).sum().backward()
    assert x.grad.tolist() == [1.0, 2.0]
