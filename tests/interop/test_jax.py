"""Functions across JAX: against its own gradients, in both directions and to several orders."""

import functools

import numpy as np
import pytest

import jitgrad
from jitgrad import DTypeError, GradientError, JitError

jax = pytest.importorskip("jax")
jnp = jax.numpy
bridge = jitgrad.interop.jax

RNG = np.random.default_rng(3)


@pytest.fixture(autouse=True)
def in_numpy(monkeypatch):
    """What is compiled is not the point."""
    monkeypatch.setattr(jitgrad.config, "compile", "never")


@pytest.fixture
def x64():
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", False)


def close(got, want, tolerance=1e-10):
    got, want = np.asarray(got), np.asarray(want)
    assert got.dtype == want.dtype and got.shape == want.shape
    np.testing.assert_allclose(got, want, tolerance, tolerance)


#: One text for both: `m` is jitgrad or jax.numpy.
FUNCTIONS = {
    "smooth": (lambda m, x, y: m.sin(x) * y + m.exp(x * 0.3) / (y * y + 1.0), [(2, 3), (3,)]),
    "0-d": (lambda m, x, y: m.tanh(x * y) * x, [(), ()]),
    "empty": (lambda m, x, y: m.sin(x) * y, [(0, 3), (3,)]),
    "one unused": (lambda m, x, y: m.sin(x), [(3,), (2,)]),
}


def summed(m, f):
    return lambda *xs: m.sin(f(*xs) * 1.3).sum()


def twice(m, grad, f):
    """The sum of the sines of the gradients of a function."""
    first = grad(summed(m, f), (0, 1))
    return lambda *xs: sum([m.sin(g * 1.3).sum() for g in first(*xs)])


def test_gradients_are_those_of_both_sides(x64):
    for name, dtype, tolerance in (
        ("smooth", np.float64, 1e-10),
        ("smooth", np.float32, 1e-4),
        ("0-d", np.float64, 1e-10),
        ("empty", np.float64, 1e-10),
        ("one unused", np.float64, 1e-10),
    ):
        formula, shapes = FUNCTIONS[name]
        f, g = (functools.partial(formula, m) for m in (jitgrad, jnp))
        arrays = [np.array(RNG.normal(size=s), dtype) for s in shapes]
        there, here = [jnp.asarray(a) for a in arrays], [jitgrad.tensor(a) for a in arrays]
        out, back = bridge.to_jax(f), bridge.from_jax(jax.jit(g))
        value = jax.jit(g)(*there)
        close(out(*there), value, tolerance)
        close(back(*here), value, tolerance)
        want = jax.jit(jax.grad(summed(jnp, g), (0, 1)))(*there)
        found = jax.jit(jax.grad(summed(jnp, out), (0, 1)))(*there)
        again = jitgrad.grad(summed(jitgrad, back), (0, 1))(*here)
        for a, b, c in zip(want, found, again, strict=True):
            close(b, a, tolerance)
            close(c, a, tolerance)


def test_second_order(x64):
    formula, shapes = FUNCTIONS["smooth"]
    f, g = (functools.partial(formula, m) for m in (jitgrad, jnp))
    arrays = [RNG.normal(size=s) for s in shapes]
    want = jax.jit(jax.grad(twice(jnp, jax.grad, g), (0, 1)))(*arrays)
    found = jax.jit(jax.grad(twice(jnp, jax.grad, bridge.to_jax(f)), (0, 1)))(*arrays)
    again = jitgrad.grad(twice(jitgrad, jitgrad.grad, bridge.from_jax(jax.jit(g))), (0, 1))(*arrays)
    for a, b, c in zip(want, found, again, strict=True):
        close(b, a)
        close(c, a)


def test_jaxs_transforms():
    f, g = bridge.to_jax(lambda x: (x**3).sum()), lambda x: (x**3).sum()
    x = jnp.arange(3.0)
    for transform in (
        jax.jit,
        jax.grad,
        lambda f: jax.jit(jax.jacrev(jax.grad(f))),
        lambda f: jax.jit(lambda x: jax.vmap(jax.grad(f))(x[:, None])),
        lambda f: lambda x: jax.lax.scan(lambda c, v: (c + f(v * x), c), 0.0, x)[0],
    ):
        close(transform(f)(x), transform(g)(x), 1e-6)


def test_our_transforms(x64):
    y = RNG.normal(size=3)
    f = bridge.from_jax(jax.jit(lambda x, n: (jnp.sin(x) * y).sum() ** n, static_argnums=1))
    here = lambda x: (jitgrad.sin(x) * y).sum() ** 2
    x, t = RNG.normal(size=3), RNG.normal(size=3)
    for transform in (
        jitgrad.hessian,
        lambda g: lambda x: jitgrad.jvp(g, (x,), (t,)),
        lambda g: lambda x: jitgrad.vmap(jitgrad.grad(g))(np.stack([x, t])),
        lambda g: jitgrad.jit(jitgrad.grad(g)),
    ):
        got, want = transform(lambda x: f(x, 2))(x), transform(here)(x)
        for a, b in zip(jitgrad.tree.leaves(got), jitgrad.tree.leaves(want), strict=True):
            np.testing.assert_allclose(a, b, 1e-10)


def test_containers_and_what_has_no_gradient(x64):
    def f(m, p, index, mask, scale, name):
        assert name == "name"
        out = p["w"][0][index] * scale
        return {"out": m.where(mask, out, p["w"][1]), "index": index + 1, "name": 3}

    w = [RNG.normal(size=4), RNG.normal(size=2)]
    index, mask = np.array([3, 1]), np.array([True, False])
    found = []
    for kind, grad, call in (
        (jnp.asarray, jax.grad, bridge.to_jax(functools.partial(f, jitgrad))),
        (jitgrad.tensor, jitgrad.grad, bridge.from_jax(functools.partial(f, jnp))),
    ):
        given = {"w": [kind(a) for a in w]}, kind(index), kind(mask)
        out = call(*given, 2.0, name="name")
        assert int(out["name"]) == 3 and np.asarray(out["index"]).dtype == np.int64
        g = grad(lambda p, call=call, given=given: call(p, *given[1:], 2.0, "name")["out"].sum())
        found.append([out["out"], *g(given[0])["w"]])
    for a, b in zip(*found, strict=True):
        close(b, a)


def test_nothing_is_rounded_in_silence():
    assert not jax.config.jax_enable_x64
    single = bridge.to_jax(lambda x: jitgrad.sin(x) * 2.0)
    assert single(np.ones(2, np.float32)).dtype == np.float32
    for call in (
        lambda: single(np.ones(2)),
        lambda: bridge.to_jax(lambda x: x * np.ones(2))(jnp.ones(2)),
        lambda: bridge.to_jax(lambda x: x.argmax())(jnp.ones(2)),
        lambda: bridge.from_jax(jnp.sin)(jitgrad.ones(2)),
        lambda: jitgrad.jit(lambda x: bridge.from_jax(jnp.sin)(x))(jitgrad.ones(2)),
    ):
        with pytest.raises(DTypeError, match="jax_enable_x64"):
            call()
    x = jitgrad.ones(2, dtype=np.float32)
    assert bridge.from_jax(jnp.sin)(x).dtype == np.float32
    with pytest.raises(DTypeError, match="float16"):
        bridge.from_jax(lambda x: x.astype(jnp.bfloat16))(x)


def test_functions_that_ask_for_values():
    f = lambda x: x * float(x.sum())
    with pytest.raises(JitError, match="result_shape_dtypes"):
        bridge.to_jax(f)(jnp.ones(3))
    x = jnp.ones(3)
    told = bridge.to_jax(f, result_shape_dtypes=jax.ShapeDtypeStruct((3,), np.float32))
    close(jax.jit(told)(x), 3 * x)
    wrong = bridge.to_jax(lambda x: x, result_shape_dtypes=jax.ShapeDtypeStruct((2,), np.float32))
    with pytest.raises(JitError, match="expected"):
        wrong(x)


def test_what_would_lose_a_gradient_is_an_error():
    p = jitgrad.ones(2, dtype=np.float32, requires_grad=True)
    f = bridge.to_jax(lambda x: (x * p).sum())
    with pytest.raises(GradientError, match="beside its arguments"):
        jax.grad(f)(jnp.ones(2))


def test_a_function_there_and_back(x64):
    f = bridge.to_jax(bridge.from_jax(jnp.sin))
    close(jax.jit(jax.grad(f))(0.5 * jnp.ones(())), jnp.cos(0.5 * jnp.ones(())))
