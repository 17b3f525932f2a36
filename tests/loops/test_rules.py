"""Functions of njit code whose derivative is given: those that cannot be looked into, as parts of
other functions and on tensors, in both modes and twice; and what is refused."""

import ctypes
import ctypes.util
import inspect
import math

import numba
import numpy as np
import pytest
from derived_functions import inner, loaded, plain, primal

import jitgrad
from jitgrad.loops.derive import Gradient, Jvp, VjpTangent

X, W = np.array([1.0, 2.5, 3.0]), np.array([1.0, -2.0, 0.5])


def of_ctypes(name):
    function = getattr(ctypes.CDLL(ctypes.util.find_library("m")), name)
    function.argtypes, function.restype = [ctypes.c_double], ctypes.c_double
    return function


cube_root, tangent = of_ctypes("cbrt"), of_ctypes("tan")
root = jitgrad.njit(cube_root)


@root.defvjp
def root_vjp(x, out, g):
    return g / (3 * out * out)


@root.defjvp
def root_jvp(args, tangents):
    out = root(args[0])
    return out, tangents[0] / (3 * out * out)


@jitgrad.njit
def ordered(x, scale):
    with numba.objmode(y="float64[:]", places="int64[:]"):
        places = np.argsort(x)
        y = x[places] * scale
    return y, places


@ordered.defvjp
def ordered_vjp(x, scale, out, g):
    back, total = np.zeros_like(x), 0.0
    for i in range(x.size):
        back[out[1][i]] += g[0][i] * scale
        total += g[0][i] * x[out[1][i]]
    return back, total


@jitgrad.njit
def roots(x, k):
    total = 0.0
    for i in range(x.size):
        total += root(x[i] * k) * x[i]
    return total


@jitgrad.njit
def sorting(x, w, n):
    total = 0.0
    y = x.copy()
    for t in range(n):
        y, places = ordered(y * w, 0.5)
        for i in range(y.size):
            total += y[i] * i * t * y[i] + places[i]
    return total


def by_hand_roots(x, k):
    out = np.cbrt(x * k)
    return np.sum(out * x), out + x * k / (3 * out**2), np.sum(x * x / (3 * out**2))


def test_of_ctypes_in_a_loop():
    value, (gx, gk) = jitgrad.value_and_grad(roots)(X, 2.0)
    for got, want in zip((value, gx, gk), by_hand_roots(X, 2.0), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-14)
    given = primal(roots, (X, 2.0))
    t = plain(Jvp(given, {}))(X, 2.0, W, 0.5)[2][0]
    assert t == pytest.approx(inner((gx, gk), (W, 0.5)), rel=1e-13)


def test_second_derivatives_execute_the_rules():
    twice = plain(VjpTangent(primal(roots, (X, 2.0)), {}))
    (hx, hk) = twice(X, 2.0, 1.0, W, 0.5, 0.0)[1]
    step = 1e-6
    up, down = (by_hand_roots(X + s * W, 2.0 + s * 0.5)[1:] for s in (step, -step))
    for h, u, d in zip((hx, hk), up, down, strict=True):
        np.testing.assert_allclose(h, (u - d) / (2 * step), rtol=1e-8)


def sorting_in_python(x, w, n):
    total, y = 0.0, x
    for t in range(n):
        y = y * w
        places = np.argsort(y)
        y = y[places] * 0.5
        total += np.sum(y * y * t * np.arange(len(y)) + places)
    return total


def test_arrays_and_results_in_object_mode():
    gradient = plain(Gradient(primal(sorting, (X, W, 3)), {}))
    value, grads = gradient(X, W, 3)
    assert value == pytest.approx(sorting_in_python(X, W, 3))
    step = 1e-6
    for k, d in enumerate((X + 1, W - 1)):
        moved = [[a + s * d if j == k else a for j, a in enumerate((X, W))] for s in (step, -step)]
        up, down = (sorting_in_python(*m, 3) for m in moved)
        assert inner([grads[k]], [d]) == pytest.approx((up - down) / (2 * step), rel=1e-7)


def test_alone_on_tensors_and_in_njit_code():
    x = jitgrad.tensor([3.0, 1.0, 2.0], requires_grad=True)
    y, places = ordered(x, 2.0)
    assert y.tolist() == [2.0, 4.0, 6.0] and places.tolist() == [1, 2, 0]
    (y * jitgrad.tensor([1.0, 10.0, 100.0])).sum().backward()
    assert x.grad.tolist() == [200.0, 2.0, 20.0]

    @numba.njit
    def within(x):
        return root.value_and_grad(x)

    assert within(8.0) == pytest.approx((2.0, 1 / 12))
    assert jitgrad.grad(root)(8.0) == pytest.approx(1 / 12)


def of_text(body, rule, given="defvjp"):
    """``f(x)`` that calls ``special(x)``, of which a rule is given."""
    text = f"import numba\nimport numpy as np\n\n\ndef special(x):\n    {body}\n\n\n"
    text += f"def rule(x, out, g):\n    {rule}\n\n\ndef f(x):\n    return special(x)[0] * 2.0\n"
    scope = loaded(text)
    scope["special"] = jitgrad.njit(scope["special"])
    getattr(scope["special"], given)(scope["rule"])
    return scope["f"]


REFUSED = [
    ("return x * 2", "return g, g", "got 2 cotangents from the vjp of special, expected a tuple"),
    ("return x * 2", "return g.sum()", "a cotangent of 0 axes from the vjp of special, expected 1"),
]


@pytest.mark.parametrize(("body", "rule", "says"), REFUSED)
def test_rules_that_do_not_fit(body, rule, says):
    with pytest.raises(jitgrad.NotDifferentiable, match=says):
        Gradient(primal(of_text(body, rule), (X,)), {})


def test_lengths_and_memory_are_checked():
    short = plain(Gradient(primal(of_text("return x * 2", "return g[1:]"), (X,)), {}))
    with pytest.raises(ValueError, match="line [0-9]+: lengths differ"):
        short(X)
    same = plain(Gradient(primal(of_text("return x", "return g"), (X,)), {}))
    with pytest.raises(ValueError, match="an argument as a result"):
        same(X)


def test_functions_that_write():
    with pytest.raises(jitgrad.ArgumentError, match="writes into its argument x"):
        of_text("x[0] = 1.0\n    return x * 2", "return g")
    with pytest.raises(jitgrad.ArgumentError, match="expected a function"):
        root.defvjp(3)


def test_modes_that_are_not_given():
    with pytest.raises(jitgrad.NotDifferentiable, match=r"give its tangent with ordered\.defjvp"):
        Jvp(primal(sorting, (X, W, 3)), {})
    text = "return x * 2"
    with pytest.raises(jitgrad.NotDifferentiable, match="give its vjp with special.defvjp"):
        Gradient(primal(of_text(text, "return g", "defjvp"), (X,)), {})


def of_tangent(x, k):
    return tangent(k) * x


def table(x):
    return x[0] * cube_root(x[1])


def test_without_a_rule():
    """Where nothing is differentiated, a function is called; else it is refused, with its line."""
    value, (g,) = plain(Gradient(primal(of_tangent, (2.0, 0.5), (0,)), {}))(2.0, 0.5)
    assert (value, g) == (2 * math.tan(0.5), math.tan(0.5))
    line = inspect.getsourcelines(of_tangent)[1] + 1
    with pytest.raises(jitgrad.NotDifferentiable, match=rf":{line}: got a call of tan.*defvjp"):
        Gradient(primal(of_tangent, (2.0, 0.5)), {})
    with pytest.raises(jitgrad.NotDifferentiable, match="cbrt"):
        Gradient(primal(table, (X,)), {})
    with pytest.raises(jitgrad.NotDifferentiable, match="elementwise"):
        jitgrad.vectorize(of_tangent)(jitgrad.tensor([1.0], requires_grad=True), 1.0)


def test_a_rule_that_comes_later_counts():
    @jitgrad.njit
    def square(x):
        return x * x

    assert jitgrad.grad(square)(3.0) == 6.0
    square.defvjp(lambda x, out, g: 10 * g)
    assert jitgrad.grad(square)(3.0) == 10.0


@numba.cfunc("float64(float64)")
def of_numba(x):
    return x * x


def through_cfunc(x):
    return of_numba(x) + x


def test_c_functions_of_numba_are_looked_into():
    assert plain(Gradient(primal(through_cfunc, (3.0,)), {}))(3.0) == (12.0, (7.0,))
