"""`custom_jvp`: the rule for tangents, and its transpose.

Start at `log1pexp`.
"""

import functools

import numpy as np
import pytest

import jitgrad
from jitgrad import ArgumentError, DTypeError, GradientError, ShapeError

X = np.array([0.3, -1.2, 2.0])


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


@jitgrad.custom_jvp
def log1pexp(x):
    return jitgrad.log1p(jitgrad.exp(x))


@log1pexp.defjvp
def rule(primals, tangents):
    (x,), (t,) = primals, tangents
    return log1pexp(x), (1 - 1 / (1 + jitgrad.exp(x))) * t


def test_both_modes_and_orders(tier):
    s, t = sigmoid(X), np.array([1.0, -2.0, 0.5])
    np.testing.assert_allclose(jitgrad.jvp(log1pexp, (X,), (t,))[1], s * t, rtol=1e-12)
    np.testing.assert_allclose(jitgrad.grad(lambda x: log1pexp(x).sum())(X), s, rtol=1e-12)
    product = jitgrad.hvp(lambda x: log1pexp(x).sum())
    np.testing.assert_allclose(product(X, t), s * (1 - s) * t, rtol=1e-10)
    np.testing.assert_allclose(jitgrad.jit(product)(X, t), s * (1 - s) * t, rtol=1e-10)
    np.testing.assert_allclose(
        jitgrad.vmap(jitgrad.grad(jitgrad.grad(log1pexp)))(X), s * (1 - s), rtol=1e-10
    )


def test_against_finite_differences():
    jitgrad.check_grads(log1pexp, (X,), order=3)


def test_the_rule_counts_and_not_the_function():
    f = jitgrad.custom_jvp(lambda x, y: x * y)
    f.defjvp(lambda primals, tangents: (f(*primals), 5 * tangents[0] - tangents[1]))
    assert jitgrad.grad(f, (0, 1))(2.0, 3.0) == (5.0, -1.0)
    assert jitgrad.jvp(f, (2.0, 3.0), (1.0, 10.0))[1] == -5.0


def test_rules_for_each_argument():
    @jitgrad.custom_jvp
    def f(x, y, z):
        return jitgrad.exp(x) * y + z

    f.defjvps(
        lambda t, out, x, y, z: t * (out - z), lambda t, out, x, y, z: t * (out - z) / y, None
    )
    first, second, third = jitgrad.grad(f, (0, 1, 2))(0.5, 2.0, 1.0)
    assert (first, second, third) == pytest.approx((2 * np.exp(0.5), np.exp(0.5), 0.0))
    assert jitgrad.grad(jitgrad.grad(f, 1), 0)(0.5, 2.0, 1.0) == pytest.approx(np.exp(0.5))
    f.defjvps(None, None, None)
    assert jitgrad.grad(f)(0.5, 2.0, 1.0) == 0.0


def test_numpy_in_the_function():
    @jitgrad.custom_jvp
    def sine(x):
        return np.sin(np.asarray(x))

    sine.defjvp(lambda p, t: (jitgrad.sin(p[0]), jitgrad.cos(p[0]) * t[0]))
    np.testing.assert_allclose(jitgrad.grad(lambda x: sine(x).sum())(X), np.cos(X))
    np.testing.assert_allclose(
        jitgrad.hvp(lambda x: sine(x).sum())(X, np.ones(3)), -np.sin(X), rtol=1e-12
    )


def test_static_arguments_and_containers():
    @functools.partial(jitgrad.custom_jvp, nondiff_argnums=(0,))
    def scaled(name, p):
        return {"out": p["x"] * 2}

    def tangent(name, primals, tangents):
        factor = 10.0 if name == "ten" else 1.0
        return scaled(name, *primals), {"out": factor * tangents[0]["x"]}

    scaled.defjvp(tangent)
    assert jitgrad.grad(lambda p: scaled("ten", p)["out"])({"x": 1.0}) == {"x": 10.0}
    assert jitgrad.grad(lambda p: scaled("one", p)["out"])({"x": 1.0}) == {"x": 1.0}
    with pytest.raises(ArgumentError, match="nondiff_argnums"):
        scaled.defjvps(None)


WRONG = {
    "no pair": (lambda p, t: t[0], ArgumentError, "expected a pair"),
    "not linear": (lambda p, t: (p[0], t[0] ** 2), GradientError, "not linear"),
    "shape": (lambda p, t: (p[0], t[0].sum()), ShapeError, r"shape \(\).*expected \(3,\)"),
    "dtype": (lambda p, t: (p[0], t[0].long()), DTypeError, "int64.*expected float64"),
    "structure": (lambda p, t: (p[0], (t[0],)), ArgumentError, "expected the structure"),
    "values": (lambda p, t: (p[0], np.sin(np.asarray(t[0]))), GradientError, "asks for the values"),
}


@pytest.mark.parametrize("transform", [lambda f: f, jitgrad.jit], ids=["eager", "jit"])
@pytest.mark.parametrize("name", WRONG)
def test_errors(name, transform):
    jvp, error, text = WRONG[name]
    f = jitgrad.custom_jvp(lambda x: x * 2)
    f.defjvp(jvp)
    with pytest.raises(error, match=text):
        transform(jitgrad.grad(lambda x: f(x).sum()))(X)
    assert jitgrad.is_grad_enabled()


def test_without_a_rule():
    f = jitgrad.custom_jvp(lambda x: x * 2)
    assert f(1.0) == 2.0
    with pytest.raises(GradientError, match="defjvp"):
        jitgrad.grad(f)(1.0)
    f.defjvps(None, None)
    with pytest.raises(ArgumentError, match="2 rules"):
        jitgrad.grad(f)(1.0)


def test_a_result_that_is_an_argument_has_the_derivative_of_the_rule():
    """A rule that reads the result by calling its function, of a function that gives back a value
    which somebody else has computed."""

    @jitgrad.custom_jvp
    def known_exp(x, value):
        return value

    @known_exp.defjvp
    def rule(primals, tangents):
        out = known_exp(*primals)
        return out, out * tangents[0]

    value = np.exp(0.5)
    f = lambda x: known_exp(x, value)
    assert jitgrad.grad(f)(0.5) == jitgrad.grad(jitgrad.grad(f))(0.5) == value


INNER = jitgrad.tensor([0.5, 0.4, -1.0])


def slope_along(x, t):
    """The derivative along `t` of a gradient at a constant place, of sin(x) p."""
    inner = jitgrad.grad(lambda p, x: (p * jitgrad.sin(x)).sum())
    return jitgrad.jvp(lambda x: inner(INNER, x), (x,), (t,))[1]


def test_gradients_within_rules_and_bodies_depend_on_what_is_traced():
    """They were constants, where the place of the gradient was one."""
    sine = jitgrad.custom_jvp(jitgrad.sin)
    sine.defjvp(lambda xs, ts: (jitgrad.sin(xs[0]), slope_along(xs[0], ts[0])))
    other = jitgrad.custom_vjp(jitgrad.sin)
    other.defvjp(lambda x: (jitgrad.sin(x), x), lambda x, g: (slope_along(x, g),))
    for f in (sine, other):
        np.testing.assert_allclose(jitgrad.grad(f)(X), np.cos(X))
        np.testing.assert_allclose(jitgrad.jvp(f, (X,), (X,))[1], X * np.cos(X))
        np.testing.assert_allclose(jitgrad.hvp(f)(X, np.ones(3)), -np.sin(X))
    ones = jitgrad.ones(3)
    found = jitgrad.fori_loop(0, 1, lambda _, x: slope_along(x, ones), jitgrad.tensor(X))
    np.testing.assert_allclose(found, np.cos(X))
    again = jitgrad.checkpoint(lambda x: slope_along(x, ones))
    np.testing.assert_allclose(jitgrad.grad(again)(X), -np.sin(X))


@pytest.mark.parametrize("jit", [False, True])
def test_rules_with_loops(jit):
    """A loop of values and tangents is one, whose cotangents read the values alone."""

    def turns(x):
        return jitgrad.fori_loop(0, 3, lambda _, y: y + 0.1 * y * y, x)

    f = jitgrad.custom_jvp(turns)
    f.defjvp(lambda xs, ts: jitgrad.jvp(turns, xs, ts))
    damped = jitgrad.custom_jvp(lambda x: x * 0.9**3)
    damped.defjvp(
        lambda xs, ts: (xs[0] * 0.9**3, jitgrad.fori_loop(0, 3, lambda _, t: t * 0.9, ts[0]))
    )
    for ours, plain in ((f, turns), (damped, lambda x: x * 0.9**3)):
        for derivative in (
            lambda f: jitgrad.grad(f)(X),
            lambda f: jitgrad.jvp(f, (X,), (X,))[1],
            lambda f: jitgrad.hvp(lambda x: f(x) ** 2)(X, X),
        ):
            call = lambda g, of=derivative: (jitgrad.jit(of, static_argnums=0) if jit else of)(g)
            np.testing.assert_allclose(call(ours), call(plain), rtol=1e-12)
    bad = jitgrad.custom_jvp(turns)
    bad.defjvp(lambda xs, ts: (turns(xs[0]), turns(ts[0])))
    with pytest.raises(GradientError, match="not linear in the tangents"):
        jitgrad.grad(bad)(X)


def test_rules_of_cotangents_with_loops_have_no_forward_mode():
    f = jitgrad.custom_vjp(lambda x: x * 2)
    loop = lambda _, g: (jitgrad.fori_loop(0, 3, lambda _, c: c * 1.1, g),)
    f.defvjp(lambda x: (x * 2, None), loop)
    with pytest.raises(GradientError, match="custom_vjp gives none.*or has loops; give it"):
        jitgrad.jvp(f, (1.0,), (1.0,))
