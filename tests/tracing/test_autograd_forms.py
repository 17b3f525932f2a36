"""Autograd's calling forms with the import changed: operators, primitives with rules, `flatten`,
optimisers, fixed points and checks.

The oracles are derivatives by hand, differences, and autograd itself where it is installed.
"""

import collections
import importlib
import os
import subprocess
import sys

import numpy as np
import pytest
from folders import ROOT

import jitgrad
import jitgrad.numpy as jnp
from jitgrad import (
    ArgumentError,
    GradientCheckError,
    GradientError,
    MissingError,
    ShapeError,
    extend,
)
from jitgrad import differential_operators as operators
from jitgrad.extend import defjvp, defvjp, primitive
from jitgrad.misc import const_graph, flatten
from jitgrad.misc.fixed_points import fixed_point
from jitgrad.misc.flatten import flatten_func
from jitgrad.misc.optimizers import adam, rmsprop, sgd
from jitgrad.test_util import check_grads, combo_check
from jitgrad.tracer import getval, isbox


@pytest.fixture(autouse=True)
def numpy_tier(monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "never")


RNG = np.random.default_rng(5)
A, X, V, G = (RNG.normal(size=s) for s in ((3, 4), 4, 4, 3))


def f(np, a, x):
    """Of two arguments, three results."""
    return np.tanh(np.dot(a, x)) * np.sum(x**2)


def scalar(np, a, x):
    return np.sum(f(np, a, x) ** 2)


#: Each operator of autograd's, and what is asked of it: called with the library and its NumPy.
FORMS = {
    "grad": lambda o, np: o.grad(lambda *xs: scalar(np, *xs), argnum=1)(A, X),
    "grad_pair": lambda o, np: o.grad(lambda *xs: scalar(np, *xs), (0, 1))(A, X),
    "value_and_grad": lambda o, np: o.value_and_grad(lambda *xs: scalar(np, *xs), argnum=1)(A, X),
    "elementwise_grad": lambda o, np: o.elementwise_grad(np.sin)(X),
    "jacobian": lambda o, np: o.jacobian(lambda *xs: f(np, *xs), argnum=1)(A, X),
    "hessian": lambda o, np: o.hessian(lambda *xs: scalar(np, *xs), argnum=1)(A, X),
    "deriv": lambda o, np: o.deriv(np.tanh)(0.3),
    "grad_named": lambda o, np: o.grad_named(lambda a, x: scalar(np, a, x), "x")(A, X),
    "grad_and_aux": lambda o, np: o.grad_and_aux(lambda x: (np.sum(x**3), 1.5))(X),
    "make_vjp": lambda o, np: o.make_vjp(lambda *xs: f(np, *xs), 1)(A, X)[0](G),
    "make_vjp_value": lambda o, np: o.make_vjp(lambda *xs: f(np, *xs), 1)(A, X)[1],
    "make_vjp_pair": lambda o, np: o.make_vjp(lambda *xs: f(np, *xs), (0, 1))(A, X)[0](G),
    "make_jvp": lambda o, np: o.make_jvp(lambda *xs: f(np, *xs), 1)(A, X)(V),
    "make_jvp_reversemode": lambda o, np: o.make_jvp_reversemode(lambda x: f(np, A, x))(X)(V),
    "make_hvp": lambda o, np: o.make_hvp(lambda *xs: scalar(np, *xs), 1)(A, X)[0](V),
    "hessian_vector_product": lambda o, np: o.hessian_vector_product(
        lambda *xs: scalar(np, *xs), 1
    )(A, X, V),
    "hessian_tensor_product": lambda o, np: o.hessian_tensor_product(lambda *xs: scalar(np, *xs))(
        A, X, A + 1
    ),
    "vector_jacobian_product": lambda o, np: o.vector_jacobian_product(
        lambda *xs: f(np, *xs), 1
    )(A, X, G),
    "tensor_jacobian_product": lambda o, np: o.tensor_jacobian_product(
        lambda x: np.outer(x, x[:3])
    )(X, A.T),
    "make_ggnvp": lambda o, np: o.make_ggnvp(lambda x: f(np, A, x))(X)(V),
    "make_ggnvp_of": lambda o, np: o.make_ggnvp(
        lambda a, x: f(np, a, x), lambda y: np.sum(np.exp(y)), 1
    )(A, X)(V),
    "checkpoint": lambda o, np: o.grad(o.checkpoint(lambda x: scalar(np, A, x)))(X),
}  # fmt: skip


def leaves(x):
    return [y for item in x for y in leaves(item)] if isinstance(x, (tuple, list)) else [x]


@pytest.mark.parametrize("name", FORMS)
def test_operators_are_autograds(name):
    theirs = pytest.importorskip("autograd.differential_operators")
    want = leaves(FORMS[name](theirs, pytest.importorskip("autograd.numpy")))
    got = leaves(FORMS[name](operators, jnp))
    assert len(got) == len(want)
    for a, b in zip(got, want, strict=True):
        assert not isinstance(a, jitgrad.Tensor), "NumPy in, NumPy out"
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-12)
        assert np.shape(a) == np.shape(b)


def test_every_operator_of_autograd_is_there_by_its_name():
    theirs = pytest.importorskip("autograd")
    later = {"holomorphic_grad"} - {*jitgrad.__all__}
    public = {n for n in vars(theirs) if not n.startswith("_") and callable(vars(theirs)[n])}
    containers = {"dict", "isinstance", "list", "tuple", "type"}
    assert public - containers - later <= {*jitgrad.__all__}
    for module in ("builtins", "differential_operators", "extend", "test_util", "tracer"):
        ours = importlib.import_module(f"jitgrad.{module}")
        assert callable(getattr(ours, ours.__all__[0]))
    builtins = importlib.import_module("jitgrad.builtins")
    assert all(getattr(builtins, n).__module__ == "builtins" for n in containers)


def test_operators_go_into_one_another():
    product = jitgrad.grad(lambda x: jnp.sum(jitgrad.make_vjp(jnp.sin)(x)[0](V) * V))(X)
    np.testing.assert_allclose(product, -np.sin(X) * V * V)
    twice = jitgrad.deriv(jitgrad.deriv(lambda x: x**4))
    assert twice(2.0) == pytest.approx(48.0)
    x = jitgrad.tensor(X, requires_grad=True)
    jitgrad.make_jvp(jnp.sin)(x)(V)[1].sum().backward()
    np.testing.assert_allclose(x.grad, -np.sin(X) * V)


def test_multigrad_dict_has_all_parameters():
    def g(a, b=2.0, *rest, k=3.0, **more):
        return a * b * k + sum(x**2 for x in rest) + more["z"] ** 3

    got = jitgrad.multigrad_dict(g)(5.0, 7.0, 1.0, z=2.0)
    assert [*got] == ["a", "b", "rest", "k", "more"]
    assert dict(got) == {"a": 21.0, "b": 15.0, "rest": (2.0,), "k": 35.0, "more": {"z": 12.0}}


def test_wrong_uses_of_operators():
    with pytest.raises(ArgumentError, match="argnum 2 for 1 positional"):
        jitgrad.make_vjp(jnp.sin, 2)(1.0)
    with pytest.raises(ArgumentError, match="argnums=0 and argnum=1, expected one"):
        jitgrad.grad(jnp.sin, 0, argnum=1)
    for name in ("make_vjp", "make_jvp", "deriv", "multigrad_dict", "make_ggnvp"):
        with pytest.raises(ArgumentError, match="expected a function"):
            getattr(jitgrad, name)(3.0)


# --- primitives -----------------------------------------------------------------------------------


def exponential():
    @primitive
    def exponential(x):
        assert type(x) in (np.ndarray, float, np.float64), "values, and no tensors"
        return np.exp(x)

    return exponential


def test_a_rule_is_differentiated_again():
    exp = exponential()
    defvjp(exp, lambda ans, x: lambda g: g * ans)
    assert [g(0.5) for g in derivatives(exp)] == pytest.approx([np.exp(0.5)] * 3)
    np.testing.assert_allclose(
        jitgrad.hessian(lambda x: exp(x).sum())(X), np.diag(np.exp(X)), atol=1e-15
    )
    jitgrad.check_grads(lambda x: exp(2 * x), (X,), order=2)
    assert exp(0.5) == np.exp(0.5) and isinstance(exp(jitgrad.tensor(X)), jitgrad.Tensor)
    x = jitgrad.tensor(X, requires_grad=True)
    exp(x).sum().backward()
    np.testing.assert_allclose(x.grad, np.exp(X))


def derivatives(f, count=3):
    for _ in range(count):
        f = jitgrad.grad(f)
        yield f


def test_a_primitive_of_operations_goes_through_jit():
    @primitive
    def logsumexp(x):
        peak = jnp.max(x)
        return peak + jnp.log(jnp.sum(jnp.exp(x - peak)))

    defvjp(logsumexp, lambda ans, x: lambda g: jnp.full(x.shape, g) * jnp.exp(x - ans))
    p = np.exp(X) / np.exp(X).sum()
    np.testing.assert_allclose(jitgrad.jit(jitgrad.grad(logsumexp))(X), p)
    np.testing.assert_allclose(jitgrad.hessian(logsumexp)(X), np.diag(p) - np.outer(p, p))


def test_rules_by_argument():
    @primitive
    def scaled(x, how, y, *, power=1):
        return how * x * y**power

    defvjp(
        scaled,
        lambda ans, x, how, y, power: lambda g: g * how * y**power,
        lambda ans, x, how, y, power: lambda g: g * power * how * x * y ** (power - 1),
        argnums=(0, 2),
    )
    assert jitgrad.grad(lambda x, y: scaled(x, 10, y, power=3), (0, 1))(2.0, 3.0) == (270.0, 540.0)
    assert jitgrad.grad(lambda y: scaled(2.0, 10, y, power=3))(3.0) == 540.0
    with pytest.raises(GradientError, match="scaled with respect to argument 1, which has no"):
        jitgrad.grad(lambda how: scaled(2.0, how, 3.0))(1.0)
    defvjp(scaled, lambda ans, x, how, y: lambda g: g * how * y, None)
    assert jitgrad.grad(lambda how: scaled(2.0, how, 3.0) + how)(1.0) == 1.0
    each = primitive(lambda *xs: sum(x * (k + 1) for k, x in enumerate(xs)))
    extend.defvjp_argnum(each, lambda argnum, ans, args, kwargs: lambda g: g * (argnum + 1))
    assert jitgrad.grad(each, (0, 2))(1.0, 1.0, 1.0) == (1.0, 3.0)
    extend.defvjp_argnums(
        each, lambda argnums, ans, args, kwargs: lambda g: [g * (k + 1) for k in argnums]
    )
    assert jitgrad.grad(each, (2, 1))(1.0, 1.0, 1.0) == (3.0, 2.0)


def test_tangents_alone_give_both_modes():
    exp = exponential()
    defjvp(exp, lambda g, ans, x: g * ans)
    assert jitgrad.jvp(exp, (0.5,), (2.0,)) == pytest.approx((np.exp(0.5), 2 * np.exp(0.5)))
    assert [g(0.5) for g in derivatives(exp, 2)] == pytest.approx([np.exp(0.5)] * 2)
    dot = primitive(lambda x, y: np.dot(x, y))
    defjvp(dot, lambda g, ans, x, y: jnp.dot(g, y), lambda g, ans, x, y: jnp.dot(x, g))
    np.testing.assert_allclose(jitgrad.grad(dot)(X, V), V)
    np.testing.assert_allclose(jitgrad.grad(dot, 1)(X, V), X)
    defjvp(dot, None, lambda g, ans, x, y: jnp.dot(x, g))
    assert not jitgrad.grad(dot)(X, V).any()
    twice = primitive(lambda x: 2 * x)
    for rule in (lambda: extend.def_linear(twice), lambda: defjvp(twice, "same")):
        rule()
        assert jitgrad.jvp(twice, (3.0,), (5.0,)) == (6.0, 10.0)
        assert jitgrad.grad(twice)(3.0) == 2.0
    extend.defjvp_argnum(twice, lambda argnum, g, ans, args, kwargs: 2 * g)
    assert jitgrad.grad(twice)(3.0) == 2.0
    extend.defjvp_argnums(twice, lambda argnums, gs, ans, args, kwargs: 2 * gs[0])
    assert jitgrad.grad(twice)(3.0) == 2.0


def test_primitives_that_lose_a_gradient_are_refused():
    exp = exponential()
    with pytest.raises(GradientError, match="a primitive without derivatives.*defvjp"):
        jitgrad.grad(exp)(1.0)
    with pytest.raises(ArgumentError, match="decorate the function"):
        defvjp(np.exp, lambda ans, x: lambda g: g)
    with pytest.raises(ArgumentError, match="expected a function"):
        primitive(3)
    with pytest.raises(MissingError, match="tree.register"):
        _ = extend.VSpace
    shape = extend.notrace_primitive(lambda x: x.shape)
    assert jitgrad.grad(lambda x: x.sum() * shape(x)[0])(X).tolist() == [4.0] * 4


# --- values, checks -------------------------------------------------------------------------------


def test_values_of_what_is_differentiated():
    seen = []
    jitgrad.grad(lambda x: (seen.append((getval(x), isbox(x))), x.sum())[1])(X)
    (value, boxed) = seen[0]
    assert boxed and type(value) is np.ndarray and not isbox(X) and getval(3) == 3
    np.testing.assert_array_equal(value, X)


def test_checks():
    check_grads(lambda a, x: f(jnp, a, x), 1, order=2)(A, X)
    check_grads(lambda a, x: f(jnp, a, x), (0, 1), modes=["rev"], order=1)(A, X)
    combo_check(lambda x, k: x**k, modes=["fwd"], order=1)([1.0, 2.0], k=[2, 3])
    with pytest.raises(AssertionError):
        check_grads(lambda x: x * jitgrad.stop_gradient(x))(2.0)
    with pytest.raises(GradientCheckError):
        combo_check(lambda x, k: jitgrad.stop_gradient(x) * x**k)([1.0], [2])


# --- flatten, optimisers, fixed points ------------------------------------------------------------

Pair = collections.namedtuple("Pair", "a b")


@pytest.mark.parametrize(
    "value",
    [3.0, X, [X, (A, 2.0)], {"b": X, "a": {"c": 1.0}}, Pair(X, [A]), [], {}, np.zeros((0, 2))],
    ids=str,
)
def test_flatten(value):
    vector, unflatten = flatten(value)
    theirs = pytest.importorskip("autograd.misc")
    if np.size(vector):  # autograd warns of nothing to flatten
        want = theirs.flatten(list(value) if isinstance(value, Pair) else value)[0]
        np.testing.assert_array_equal(vector, want)
    again = unflatten(vector)
    assert type(again) is type(value) or value == 3.0
    np.testing.assert_array_equal(flatten(again)[0], vector)
    with pytest.raises(ShapeError, match="as many elements as the container"):
        unflatten(np.zeros(len(vector) + 1))


def test_flatten_keeps_gradients():
    got = jitgrad.grad(lambda p: jnp.sum(flatten(p)[0] ** 3))({"b": X, "a": 2.0})
    assert got["a"] == 12.0
    np.testing.assert_allclose(got["b"], 3 * X**2)
    _, unflatten = flatten({"b": X, "a": 2.0})
    np.testing.assert_allclose(
        jitgrad.grad(lambda v: jnp.sum(unflatten(v)["b"] ** 2))(np.ones(5)), [0, 2, 2, 2, 2]
    )
    g, _, vector = flatten_func(lambda p: p["a"] * p["b"], {"b": X, "a": 2.0})
    np.testing.assert_allclose(jitgrad.grad(lambda v: g(v).sum())(vector), [X.sum(), *[2.0] * 4])


@pytest.mark.parametrize("optimizer", [sgd, rmsprop, adam])
def test_optimisers_are_autograds(optimizer):
    theirs = getattr(pytest.importorskip("autograd.misc.optimizers"), optimizer.__name__)
    start, seen = {"w": X, "b": [0.5, A]}, []

    def gradient(p, i):
        return {"w": 2 * p["w"] + i, "b": [np.cos(p["b"][0]), p["b"][1] ** 3]}

    def callback(p, i, g):
        seen.append((i, p["b"][0], g["w"].shape))

    got = optimizer(gradient, start, callback, 7, 0.05)
    want = theirs(gradient, start, None, 7, 0.05)
    np.testing.assert_allclose(flatten(got)[0], flatten(want)[0], rtol=1e-12)
    assert [i for i, *_ in seen] == [*range(7)] and seen[0] == (0, 0.5, (4,))
    assert type(got["w"]) is np.ndarray and start["b"][0] == 0.5


def test_optimisers_are_differentiated_through():
    final = lambda rate: sgd(jitgrad.grad(lambda x, i: x**2), 1.0 + 0 * rate, None, 5, rate)
    rate, step = 0.1, 1e-6
    slope = (final(rate + step) - final(rate - step)) / (2 * step)
    assert jitgrad.grad(final)(rate) == pytest.approx(slope, rel=1e-6)


def test_fixed_points_have_derivatives_of_the_point():
    def newton(a):
        return lambda x: 0.5 * (x + a["a"] / x)

    def root(a, guess=1.0):
        return fixed_point(newton, a, guess, lambda x, y: abs(x - y), 1e-12)

    value, slope = jitgrad.value_and_grad(root)({"a": 2.0})
    assert value == pytest.approx(2**0.5) and slope["a"] == pytest.approx(0.5 / 2**0.5)
    assert root({"a": 4.0}) == pytest.approx(2.0)
    linear = lambda b: lambda x: 0.3 * jnp.tanh(jnp.dot(A[:, :3], x)) + b
    point = lambda b: fixed_point(linear, b, np.zeros(3), lambda x, y: jnp.max(abs(x - y)), 1e-13)
    jitgrad.check_grads(lambda b: jnp.sum(point(b) ** 2), (G,), modes=["rev"])
    assert jitgrad.grad(jitgrad.grad(lambda a: root({"a": a})))(2.0) == pytest.approx(
        -0.25 * 2**-1.5, rel=1e-6
    )


def test_const_graph_is_traced_once():
    calls = []
    g = const_graph(lambda k, x: (calls.append(1), k * x)[1], 3.0)
    assert [float(g(jitgrad.tensor(v))) for v in (1.0, 2.0)] == [3.0, 6.0] and len(calls) == 1


def test_random_numbers_are_numpys():
    import jitgrad.numpy.random as npr

    assert npr is np.random is jnp.random
    with pytest.raises(GradientError):
        npr.normal(jitgrad.tensor(X, requires_grad=True))


def test_integers_of_shapes_are_parameters():
    """NumPy's programs compute shapes by its functions, which give tensors here."""
    x = jnp.ones((4, 3, 2))
    n = jnp.prod(x.shape[1:])
    assert x.reshape((4, n)).shape == jnp.reshape(x, (x.shape[0], n)).shape == (4, 6)
    assert jnp.tile(x[:, :, 0], (n, 1)).shape == (24, 3)
    assert jnp.transpose(x, jnp.argsort([2, 0, 1])).shape == (3, 2, 4)
    np.testing.assert_array_equal(jnp.roll(jnp.arange(7), n), np.roll(np.arange(7), 6))
    with pytest.raises(ArgumentError, match="expected Python numbers"):
        jnp.reshape(x, (4, jitgrad.tensor(6.0)))


def test_distributions_are_imported_as_modules():
    """As autograd has them."""
    pytest.importorskip("scipy")
    script = """
import jitgrad.scipy.stats.multivariate_normal as mvn
import jitgrad.scipy.stats.norm as norm
from jitgrad.scipy.stats import t
import jitgrad, numpy as np
print(mvn is jitgrad.scipy.stats.multivariate_normal, norm is jitgrad.scipy.stats.norm)
print(abs(jitgrad.grad(norm.logpdf)(0.5, 0.0, 1.0) + 0.5) < 1e-12)
"""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    out = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=env, timeout=120
    )
    assert out.stdout.split() == ["True"] * 3, out.stderr
