"""`custom_vjp`: the rule is what counts, wherever the function is used.

Rules differ from the true derivative where that shows who was asked; else the oracles are
derivatives by hand, and central differences of the gradients that NumPy has. Start at `RULES`.
"""

import functools
import threading

import hypothesis
import hypothesis.extra.numpy as arrays
import hypothesis.strategies as st
import numpy as np
import pytest
from scipy import special

import jitgrad
from jitgrad import ArgumentError, DTypeError, GradientError, JitError, ShapeError

X = np.array([[0.3, -1.2, 2.0], [0.7, 1.1, -0.4]])


@jitgrad.custom_vjp
def log1pexp(x):
    return jitgrad.log1p(jitgrad.exp(x))


log1pexp.defvjp(lambda x: (log1pexp(x), x), lambda x, g: (g * (1 - 1 / (1 + jitgrad.exp(x))),))


@jitgrad.custom_vjp
def bessel(x):
    return special.jv(0, np.asarray(x))


bessel.defvjp(
    lambda x: (bessel(x), np.asarray(x)),
    lambda x, g: (-np.asarray(g) * special.jv(1, x),),
)


@jitgrad.custom_vjp
def called_bessel(x):
    return jitgrad.pure_callback(functools.partial(special.jv, 0), x, x)


called_bessel.defvjp(
    lambda x: (called_bessel(x), x),
    lambda x, g: (-g * jitgrad.pure_callback(functools.partial(special.jv, 1), x, x),),
)


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


#: Name -> the function, and its derivative in NumPy.
RULES = {
    "tensors": (log1pexp, sigmoid),
    "arrays": (bessel, lambda a: -special.j1(a)),
    "callback": (called_bessel, lambda a: -special.j1(a)),
}


@pytest.mark.parametrize("name", RULES)
def test_the_rule_gives_the_gradient(name, tier):
    f, slope = RULES[name]
    np.testing.assert_allclose(jitgrad.grad(lambda x: f(x).sum())(X), slope(X), rtol=1e-12)
    for factor in (1.0, 2.0):  # the same program, of other values
        x = jitgrad.tensor(factor * X, requires_grad=True)
        (f(x * 2) * factor).sum().backward()
        np.testing.assert_allclose(x.grad.numpy(), 2 * factor * slope(2 * factor * X), rtol=1e-12)


@pytest.mark.parametrize("name", ["tensors", "callback"])
def test_under_jit_each_call_has_its_values(name, tier):
    f, slope = RULES[name]
    gradient = jitgrad.jit(jitgrad.grad(lambda x: (f(x) * x).sum()))
    for factor in (1.0, -0.5, 3.0):
        a = factor * X
        value = np.asarray(f(jitgrad.tensor(a)))
        np.testing.assert_allclose(gradient(a), slope(a) * a + value, rtol=1e-12)


def test_numpy_in_the_function_is_an_error_under_jit():
    with pytest.raises(JitError, match="concrete value"):
        jitgrad.jit(jitgrad.grad(lambda x: bessel(x).sum()))(X)


def test_a_rule_in_numpy_is_called_in_each_call_under_jit(tier):
    @jitgrad.custom_vjp
    def double(x):
        return 2 * x

    double.defvjp(lambda x: (2 * x, x), lambda x, g: (np.asarray(g) * np.asarray(x),))
    gradient = jitgrad.jit(jitgrad.grad(lambda x: (double(x) * 3).sum()))
    for factor in (1.0, 2.0, -1.0):
        np.testing.assert_allclose(gradient(factor * X), 3 * factor * X)


FACTOR = 2.0


def test_what_rules_reach_is_no_stale_constant():
    global FACTOR
    weights = np.ones(3)

    @jitgrad.custom_vjp
    def identity(x):
        return x * 1

    identity.defvjp(lambda x: (x * 1, None), lambda _, g: (g * weights * FACTOR,))
    gradient = jitgrad.jit(jitgrad.grad(lambda x: identity(x).sum()))
    try:
        for FACTOR in (2.0, 3.0):
            for first in (1.0, 5.0):
                weights[0] = first
                assert gradient(np.zeros(3)).tolist() == [FACTOR * first, FACTOR, FACTOR]
    finally:
        FACTOR = 2.0
    identity.defvjp(lambda x: (x * 1, None), lambda _, g: (g * 7,))
    assert gradient(np.zeros(3)).tolist() == [7.0] * 3


# --- higher orders --------------------------------------------------------------------------------


def test_higher_orders_differentiate_the_rule():
    third = jitgrad.grad(jitgrad.grad(jitgrad.grad(log1pexp)))
    for a in (-1.0, 0.0, 2.0):
        s = sigmoid(a)
        assert third(a) == pytest.approx(s * (1 - s) * (1 - 2 * s), rel=1e-10)
    v = np.ones_like(X)
    s = sigmoid(X)
    for transform in (lambda f: f, jitgrad.jit):
        product = transform(jitgrad.hvp(lambda x: log1pexp(x).sum()))
        np.testing.assert_allclose(product(X, v), s * (1 - s), rtol=1e-10)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize("form", ["output", "same call", "other call"])
def test_a_rule_that_uses_its_function(form, order):
    """Whose derivative is twice itself, however the rule gets at it."""

    @jitgrad.custom_vjp
    def f(x):
        return jitgrad.exp(x)

    def forward(x):
        out = f(x)
        return out, (out, x)

    def backward(kept, g):
        out, x = kept
        again = {"output": lambda: out, "same call": lambda: f(x), "other call": lambda: f(x * 1)}
        return (2 * again[form]() * g,)

    f.defvjp(forward, backward)
    derivative = f
    for _ in range(order):
        derivative = jitgrad.grad(derivative)
    assert derivative(0.5) == pytest.approx(2**order * np.exp(0.5), rel=1e-12)


def test_there_is_an_end_to_rules_that_call_their_function_elsewhere():
    @jitgrad.custom_vjp
    def f(x):
        return jitgrad.exp(x)

    f.defvjp(lambda x: (f(x), x), lambda x, g: (f(x * 1) * g,))
    derivative = f
    for _ in range(5):
        derivative = jitgrad.grad(derivative)
    with pytest.raises(GradientError, match="order 5"):
        derivative(0.5)


def test_residuals_have_their_own_derivative():
    """As in JAX: what `fwd` computes for the rule is differentiated with it."""

    @jitgrad.custom_vjp
    def cube(x):
        return x**3

    cube.defvjp(lambda x: (x**3, 3 * x**2), lambda slope, g: (g * slope,))
    for transform in (lambda f: f, jitgrad.jit):
        assert transform(jitgrad.grad(jitgrad.grad(cube)))(2.0) == pytest.approx(12.0)
        assert transform(jitgrad.hvp(cube))(2.0, 1.0) == pytest.approx(12.0)
        assert transform(jitgrad.hessian(cube))(2.0) == pytest.approx(12.0)
    x = jitgrad.tensor(2.0, requires_grad=True)
    y = cube(x)
    y.item()
    (g,) = jitgrad.autograd.grad(y, x, create_graph=True)
    assert jitgrad.autograd.grad(g, x)[0].item() == pytest.approx(12.0)


def test_a_second_derivative_of_a_rule_in_numpy_is_an_error():
    with pytest.raises(GradientError, match="NumPy arrays"):
        jitgrad.grad(jitgrad.grad(bessel))(1.0)


def test_forward_mode_is_the_transpose_of_a_linear_rule():
    t = np.linspace(-1, 1, 6).reshape(X.shape)
    _, tangent = jitgrad.jvp(log1pexp, (X,), (t,))
    np.testing.assert_allclose(tangent, sigmoid(X) * t, rtol=1e-12)
    with pytest.raises(GradientError, match="not linear"):
        jitgrad.jvp(lambda x: clipped(0.5, x), (X,), (t,))


# --- containers, results, arguments ---------------------------------------------------------------


@functools.partial(jitgrad.custom_vjp, nondiff_argnums=(0,))
def clipped(limit, x):
    return x


clipped.defvjp(lambda limit, x: (x, None), lambda limit, _, g: (jitgrad.clip(g, -limit, limit),))


def test_the_cotangents_of_several_results_meet_in_one_call(tier):
    """The rule is not linear, so that it matters."""

    @jitgrad.custom_vjp
    def both(x):
        return x, {"double": 2 * x}

    both.defvjp(
        lambda x: (both(x), None),
        lambda _, g: (jitgrad.clip(g[0] + 10 * g[1]["double"], -5.0, 5.0),),
    )

    def loss(x):
        first, rest = both(x)
        return (first * 3).sum() + (rest["double"] * jitgrad.tensor([0.1, 0.5, -2.0])).sum()

    assert jitgrad.grad(loss)(np.zeros(3)).tolist() == [4.0, 5.0, -5.0]
    assert jitgrad.jit(jitgrad.grad(loss))(np.zeros(3)).tolist() == [4.0, 5.0, -5.0]


def test_containers_of_arguments():
    @jitgrad.custom_vjp
    def f(p, x, label):
        return p["w"] * x + p["b"][0]

    f.defvjp(
        lambda p, x, label: (f(p, x, label), (p, x, label)),
        lambda kept, g: (
            {"w": g * kept[1] * (2 if kept[2] == "twice" else 1), "b": (g,)},
            None,
            None,
        ),
    )
    p = {"w": 2.0, "b": (1.0,)}
    assert jitgrad.grad(f)(p, 3.0, "once") == {"w": 3.0, "b": (1.0,)}
    assert jitgrad.grad(f)(p, 3.0, "twice") == {"w": 6.0, "b": (1.0,)}
    assert jitgrad.grad(lambda p: f(p, x=3.0, label="once"))(p) == {"w": 3.0, "b": (1.0,)}
    assert jitgrad.grad(f, 1)(p, 3.0, "once") == 0.0


def test_integer_results_have_no_cotangent():
    @jitgrad.custom_vjp
    def f(x):
        return x * 2, x.argmax()

    def backward(_, g):
        assert g[1] is None
        return (g[0] * 5,)

    f.defvjp(lambda x: (f(x), None), backward)
    x = jitgrad.tensor([1.0, 3.0], requires_grad=True)
    y, place = f(x)
    assert not place.requires_grad and place.item() == 1
    y.sum().backward()
    assert x.grad.tolist() == [5.0, 5.0]


def test_methods_can_be_decorated():
    class Scaled:
        def __init__(self, factor):
            self.factor = factor

        @functools.partial(jitgrad.custom_vjp, nondiff_argnums=(0,))
        def __call__(self, x):
            return x

        @staticmethod
        def forward(own, x):
            return x, None

        @staticmethod
        def backward(own, _, g):
            return (g * own.factor,)

    Scaled.__call__.defvjp(Scaled.forward, Scaled.backward)
    assert jitgrad.grad(Scaled(4.0).__call__)(1.0) == 4.0


def test_float32_stays_float32():
    x = jitgrad.tensor(X, dtype=jitgrad.float32, requires_grad=True)
    y = log1pexp(x)
    y.sum().backward()
    assert y.dtype == x.grad.dtype == np.float32
    np.testing.assert_allclose(x.grad.numpy(), sigmoid(X), rtol=1e-6)


def test_without_a_gradient_the_function_is_called_as_it_is():
    calls = []

    @jitgrad.custom_vjp
    def f(x):
        calls.append("function")
        return x * 2

    def forward(x):
        calls.append("rule")
        return x * 2, None

    f.defvjp(forward, lambda _, g: (g,))
    x = jitgrad.tensor(1.0, requires_grad=True)
    assert f(1.0) == 2.0
    with jitgrad.no_grad():
        assert not f(x).requires_grad
    assert calls == ["function", "function"]
    f(x)
    assert calls[2:] == ["rule"]


def test_a_function_in_numpy_gives_tensors_for_tensors():
    for x in (jitgrad.tensor(X), jitgrad.tensor(X, requires_grad=True)):
        assert isinstance(bessel(x), jitgrad.Tensor)
        with jitgrad.no_grad():
            assert isinstance(bessel(x), jitgrad.Tensor)
    assert type(bessel(X)) is np.ndarray


# --- loops and rows -------------------------------------------------------------------------------


@pytest.mark.parametrize("transform", [lambda f: f, jitgrad.jit], ids=["eager", "jit"])
def test_in_the_body_of_a_loop(transform, tier):
    def loss(c, xs):
        def turn(c, x):
            return log1pexp(c) + x, clipped(0.5, c)

        c, ys = jitgrad.scan(turn, c, xs)
        return c + ys.sum()

    def written(c, xs):
        total = 0.0
        for k in range(4):
            total = total + clipped(0.5, c)
            c = jitgrad.log1p(jitgrad.exp(c)) + xs[k]
        return c + total

    xs = np.array([0.1, 0.2, 0.3, 0.4])
    got = transform(jitgrad.grad(loss, (0, 1)))(0.3, xs)
    want = jitgrad.grad(written, (0, 1))(0.3, xs)
    np.testing.assert_allclose(got[0], want[0], rtol=1e-12)
    np.testing.assert_allclose(got[1], want[1], rtol=1e-12)


def test_rules_and_functions_in_numpy_in_loops(tier):
    @jitgrad.custom_vjp
    def double(x):
        return 2 * x

    double.defvjp(lambda x: (2 * x, x), lambda x, g: (np.asarray(g) * np.asarray(x),))

    def loss(x):
        return jitgrad.scan(lambda c, _: (double(c) * 0.5 + x, None), x, length=3)[0].sum()

    def written(x):
        c = x
        for _ in range(3):
            c = double(c) * 0.5 + x
        return c.sum()

    a = np.array([0.3, 0.7])
    want = jitgrad.grad(written)(a)
    for f in (loss, written):
        np.testing.assert_allclose(jitgrad.grad(f)(a), want, rtol=1e-12)
        np.testing.assert_allclose(jitgrad.jit(jitgrad.grad(f))(a), want, rtol=1e-12)

    def sine(x):
        return jitgrad.pure_callback(np.sin, x, x)

    for transform in (lambda f: f, jitgrad.jit):
        scanned = transform(lambda xs: jitgrad.scan(lambda c, x: (sine(c) + x, sine(x)), a, xs))
        last, ys = scanned(X[:, :2])
        np.testing.assert_allclose(last, np.sin(np.sin(a) + X[0, :2]) + X[1, :2], rtol=1e-12)
        np.testing.assert_allclose(ys, np.sin(X[:, :2]), rtol=1e-12)
        chosen = transform(lambda p, x: jitgrad.cond(p, sine, lambda x: x * 1, x))
        for p in (True, False):
            got = chosen(jitgrad.tensor(p), a)
            np.testing.assert_allclose(got, np.sin(a) if p else a, rtol=1e-12)


def test_python_loops_under_jit(tier):
    """They become loops, with the rule in their bodies."""

    @jitgrad.custom_vjp
    def f(x):
        return jitgrad.exp(x)

    f.defvjp(lambda x: (f(x), f(x)), lambda out, g: (g * out * 1.5,))

    def loss(x):
        for _ in range(20):
            x = f(x * 0.3)
        return x.sum()

    a, v = np.array([0.3, 0.7]), np.ones(2)
    np.testing.assert_allclose(jitgrad.jit(jitgrad.grad(loss))(a), jitgrad.grad(loss)(a))
    np.testing.assert_allclose(jitgrad.jit(jitgrad.hvp(loss))(a, v), jitgrad.hvp(loss)(a, v))


def test_jitted_functions_as_rules():
    @jitgrad.custom_vjp
    @jitgrad.jit
    def square(x):
        return x * x

    square.defvjp(jitgrad.jit(lambda x: (x * x, x)), jitgrad.jit(lambda x, g: (g * x * 3,)))
    for transform in (lambda f: f, jitgrad.jit):
        assert transform(jitgrad.grad(square))(2.0) == 6.0
        assert transform(jitgrad.grad(jitgrad.grad(square)))(2.0) == 3.0


def test_rules_in_numpy_have_no_rows():
    f = jitgrad.custom_vjp(lambda x: 2 * x)
    f.defvjp(lambda x: (2 * x, x), lambda x, g: (np.asarray(g) * 2,))
    with pytest.raises(GradientError, match="NumPy arrays, of values that differ from row to row"):
        jitgrad.vmap(jitgrad.grad(lambda x: f(x).sum()))(X)


def test_vmap_is_each_row():
    @jitgrad.custom_vjp
    def f(x, w):
        return jitgrad.sin(x) * w, x.sum()

    def forward(x, w):
        out = f(x, w)
        return out, (x, w, out)

    def backward(kept, g):
        x, w, out = kept
        return 2 * g[0] * jitgrad.cos(x) * w + g[1] * out[1], g[0] * out[0]

    f.defvjp(forward, backward)

    def loss(x, w):
        a, b = f(x, w)
        return (a * a).sum() + b * b

    w = np.array([1.0, 2.0, 3.0])
    gradient = jitgrad.grad(loss, (0, 1))
    each = [gradient(x, w) for x in X]
    rows = jitgrad.vmap(gradient, (0, None))(X, w)
    total = jitgrad.grad(lambda w: jitgrad.vmap(loss, (0, None))(jitgrad.tensor(X), w).sum())(w)
    for k in (0, 1):
        np.testing.assert_allclose(rows[k], [e[k] for e in each], rtol=1e-12)
    np.testing.assert_allclose(total, sum(e[1] for e in each), rtol=1e-12)
    second = jitgrad.hvp(lambda x: loss(x, w))
    np.testing.assert_allclose(jitgrad.vmap(second)(X, X), [second(x, x) for x in X], rtol=1e-12)


# --- errors ---------------------------------------------------------------------------------------


def fails(forward, backward):
    @jitgrad.custom_vjp
    def f(x):
        return x * 2

    f.defvjp(forward, backward)
    return f


def twice(x):
    return x * 2, x


WRONG = {
    "no tuple": (twice, lambda x, g: g, ArgumentError, "Tensor from the rule"),
    "too many": (twice, lambda x, g: (g, g), ArgumentError, "2 results"),
    "shape": (twice, lambda x, g: (g[0],), ShapeError, r"shape \(3,\).*expected \(2, 3\)"),
    "structure": (twice, lambda x, g: ({"a": g},), ArgumentError, r"\['a'\]"),
    "dtype": (twice, lambda x, g: (g.long(),), DTypeError, "int64.*expected float64"),
    "no tensor": (twice, lambda x, g: ("g",), DTypeError, "no tensor"),
    "an error": (twice, lambda x, g: 1 / 0, ZeroDivisionError, "division"),
    "no pair": (lambda x: x, lambda x, g: (g,), ArgumentError, "expected a pair"),
}


@pytest.mark.parametrize("transform", [lambda f: f, jitgrad.jit], ids=["eager", "jit"])
@pytest.mark.parametrize("name", WRONG)
def test_errors_in_rules(name, transform):
    forward, backward, error, text = WRONG[name]
    f = fails(forward, backward)
    x, y = jitgrad.tensor(X, requires_grad=True), jitgrad.ones(3) * 2
    with pytest.raises(error, match=text):
        transform(jitgrad.grad(lambda x: f(x).sum()))(x)
    assert x.grad is None and x.requires_grad and jitgrad.is_grad_enabled()
    assert y.tolist() == [2.0] * 3
    (x * 2).sum().backward()
    assert x.grad.tolist() == [[2.0] * 3] * 2


def test_errors_are_raised_at_the_users_line():
    f = fails(twice, lambda x, g: (g, g))
    with pytest.raises(ArgumentError) as info:
        jitgrad.jit(jitgrad.grad(f))(1.0)
    assert info.traceback[-2].path == info.traceback[0].path


def test_without_a_rule():
    f = jitgrad.custom_vjp(lambda x: x * 2)
    assert f(1.0) == 2.0
    with pytest.raises(GradientError, match="defvjp"):
        jitgrad.grad(f)(1.0)
    with pytest.raises(ArgumentError, match="function to decorate"):
        jitgrad.custom_vjp(3)
    with pytest.raises(ArgumentError, match="bwd of type int"):
        f.defvjp(lambda x: (x, x), 3)
    with pytest.raises(ArgumentError, match="nondiff_argnums"):
        jitgrad.custom_vjp(lambda x: x, nondiff_argnums=2)(1.0)


# --- kernels, finite differences ------------------------------------------------------------------


def test_rules_are_fused_as_the_formula_is():
    @jitgrad.custom_vjp
    def sine(x):
        return jitgrad.sin(x)

    sine.defvjp(lambda x: (jitgrad.sin(x), x), lambda x, g: (g * jitgrad.cos(x),))

    def kernels(f):
        x = jitgrad.tensor(np.linspace(0.0, 1.0, 5000), requires_grad=True)
        y = (f(x * 2) * 3).sum()
        loss = jitgrad.jit(jitgrad.value_and_grad(lambda x: (f(x * 2) * 3).sum()))
        return [
            [k.operations for k in jitgrad.explain(call, *args).kernels]
            for call, args in ((y.backward, ()), (loss, (x.detach(),)))
        ]

    assert kernels(sine) == kernels(jitgrad.sin)


def test_against_finite_differences():
    for f in (log1pexp, called_bessel):
        jitgrad.check_grads(f, (X,), order=1)
    jitgrad.check_grads(log1pexp, (X,), order=3)
    jitgrad.check_grads(bessel, (X,), order=1, modes=("rev",))


# --- threads, random shapes -----------------------------------------------------------------------


def test_threads_have_rules_of_their_own(tier):
    failures = []

    def work(k):
        try:
            for n in range(20):
                a = X + 0.1 * k + 0.01 * n
                np.testing.assert_allclose(
                    jitgrad.grad(lambda x: log1pexp(x).sum())(a), sigmoid(a), rtol=1e-12
                )
                np.testing.assert_allclose(
                    jitgrad.grad(lambda x: bessel(x).sum())(a), -special.j1(a), rtol=1e-12
                )
        except Exception as error:  # reported in the main thread
            failures.append(error)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


@hypothesis.given(
    a=arrays.arrays(
        st.sampled_from([np.float64, np.float32]),
        arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
        elements=st.floats(-2, 2, width=32),
    ),
    name=st.sampled_from(sorted(RULES)),
)
@hypothesis.settings(max_examples=40)
def test_any_shape(a, name):
    f, slope = RULES[name]
    x = jitgrad.tensor(a, requires_grad=True)
    y = f(x)
    assert y.shape == a.shape
    (g,) = jitgrad.autograd.grad(y.sum() if a.ndim else y, x)
    assert g.shape == a.shape and g.dtype == a.dtype
    np.testing.assert_allclose(g.numpy(), slope(a), rtol=1e-5, atol=1e-6)


# --- stop_gradient --------------------------------------------------------------------------------


def test_stop_gradient_takes_containers():
    stopped = jitgrad.stop_gradient
    gradient = jitgrad.grad(lambda p: (p["a"] * stopped(p)["b"][0]).sum())
    assert gradient({"a": 2.0, "b": (3.0,)}) == {"a": 3.0, "b": (0.0,)}
    x = jitgrad.tensor([1.0], requires_grad=True)
    y = stopped(x * 2)
    assert not y.requires_grad
    y[0] = 5.0
    assert x.tolist() == [1.0]
    assert stopped({"a": "text", "n": 3}) == {"a": "text", "n": 3}
