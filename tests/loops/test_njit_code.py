"""Derivatives within njit code, as C functions, with checkpoints and stops, and `explain`."""

import ctypes

import numba
import numpy as np
import pytest
from derived_functions import plain, primal

import jitgrad
from jitgrad.loops.derive import Gradient


@jitgrad.njit
def rosenbrock(x, scale=100.0):
    total = 0.0
    for i in range(x.shape[0] - 1):
        total += scale * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2
    return total


@jitgrad.njit
def two(p, x):
    return p[0] * x * x, np.sum(x) * p[1]


@jitgrad.njit
def pieces(u, c, n):
    v = u.copy()
    for _ in jitgrad.checkpoint(range(n), every=3):
        for i in range(1, v.size - 1):
            v[i] += c * (v[i - 1] - 2 * v[i] + v[i + 1]) * v[i]
    return np.sum(v * v) * jitgrad.stop_gradient(c)


@jitgrad.njit
def whole(u, c, n):
    v = u.copy()
    for _ in range(n):
        for i in range(1, v.size - 1):
            v[i] += c * (v[i - 1] - 2 * v[i] + v[i + 1]) * v[i]
    return np.sum(v * v)


def test_gradients_within_njit_code():
    @numba.njit
    def descend(x, rate, n):
        for _ in range(n):
            value, slope = rosenbrock.value_and_grad(x)
            x = x - rate * slope
        return value, x

    x = np.array([0.5, 0.2, 0.1])
    value, found = descend(x, 1e-3, 200)
    for _ in range(200):
        expected, slope = rosenbrock.value_and_grad(x)
        x = x - 1e-3 * slope
    np.testing.assert_allclose(found, x, rtol=1e-12)
    assert value == pytest.approx(expected)

    @numba.njit
    def pulled(x):
        return two.vjp((np.ones(3), 2.0), (2.0, 3.0), x)

    x = np.arange(3.0)
    (squares, total), ((a, b), slope) = pulled(x)
    np.testing.assert_array_equal(squares, 2 * x * x)
    assert (total, a, b) == (9.0, 5.0, 6.0)
    np.testing.assert_array_equal(slope, 4 * x + 6)
    assert str(two.vjp((np.ones(3), 2.0), (2.0, 3.0), x)) == str(pulled(x))


def test_what_is_refused_within_njit_code():
    @jitgrad.njit
    def refused(x):
        return np.linalg.svd(x)[1][0]

    @numba.njit
    def call(x):
        return refused.value_and_grad(x)

    with pytest.raises(Exception, match="svd, which has no derivative"):
        call(np.eye(2))


def test_a_c_function():
    @jitgrad.cfunc("float64(float64)")
    def slope(x):
        return rosenbrock.value_and_grad(np.array([x, 1.0]))[1][0]

    at = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)(slope.address)
    assert at(0.5) == pytest.approx(-400 * 0.5 * (1 - 0.25) - 2 * 0.5)
    assert slope.ctypes(0.5) == at(0.5)


def test_checkpoints_and_stops():
    u = np.linspace(0, 1, 8) ** 2
    given = u, 0.1, 10
    value, (gu, gc) = plain(Gradient(primal(pieces, given), {}))(*given)
    other, (hu, hc) = plain(Gradient(primal(whole, given), {}))(*given)
    assert value == 0.1 * other
    assert other == pytest.approx(whole.py_func(*given), rel=1e-14)
    np.testing.assert_allclose(gu, 0.1 * hu, rtol=1e-12)
    assert gc == pytest.approx(0.1 * hc)
    assert jitgrad.checkpoint(range(3), every=2) == range(3)


def test_explain():
    e = jitgrad.explain(whole, np.ones(8), 0.1, 10)
    assert "def whole_" in e.source and e.file.endswith(".py")
    assert e.kept and all(size > 0 for _, _, size in e.kept)
    assert e.undone == [] or e.undone[0] > 0
    with open(e.file) as file:
        assert file.read() == e.source
    assert "kept per turn" in str(e)
    assert two.gradients.derived("vjp", [(2.0, 3.0), np.ones(3)]).core_form.plan.merged


def test_arguments_that_are_left_out_are_constants():
    x = np.array([0.5, 0.2])
    assert jitgrad.grad(rosenbrock)(x).shape == (2,)
    assert len(jitgrad.grad(rosenbrock)(x, 100.0)) == 2
    assert jitgrad.grad(rosenbrock)(x, scale=100.0)[1] == pytest.approx((0.2 - 0.25) ** 2)
