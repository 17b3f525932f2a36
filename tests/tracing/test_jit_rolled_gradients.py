"""`jit`: a call whose arguments require grad, of a function with a loop in it: the loop is one
operation on the tape.

The oracles are the same program without `jit`, and differences.
"""

import contextlib

import numpy as np
import pytest
from tiers import in_numpy

import jitgrad
import jitgrad.numpy as jnp
from jitgrad.control import roll

A = np.array([0.3, 0.5, -0.2])


@pytest.fixture(autouse=True)
def small_graphs_are_searched(monkeypatch):
    monkeypatch.setattr(roll, "SEARCHED", 60)


def carried(p, xs):
    h = p[0]
    for _ in range(20):
        h = jnp.sin(h * p[1] + 0.1) - p[2]
    return h * h


def numbers(p, xs):
    h = p
    for k in range(20):
        h = h - 0.1 * (k * k + 1.0) * jnp.tanh(h) / 100.0
    return (h * p).sum()


def tensors(p, xs):
    h = p[0]
    for x in xs:
        h = jnp.tanh(h * x + p[1])
    return h


def arrays(p, xs):
    h = p
    for x in xs:
        h = jnp.tanh(h * x + p[::-1])
    return (h * h).sum()


def handed_out(p, xs):
    h, out = p, []
    for _ in range(20):
        h = jnp.sin(h + 0.2)
        out.append(h)
    return (jnp.stack(out) ** 2).mean() + h[0]


def several(p, xs):
    h, total = p, 0.0
    for _ in range(20):
        h = jnp.sin(h * 1.1)
        total = total + h.sum()
    return total, h.detach() * p, h[1]


def written(p, xs):
    y = jnp.zeros(20)
    y[0] = p[0]
    for k in range(19):
        y[k + 1] = jnp.sin(y[k] * p[1] + p[2])
    return (y * y).sum()


def total(out):
    return (
        out if isinstance(out, jitgrad.Tensor) else sum(k * t.sum() for k, t in enumerate(out, 1))
    )


PROGRAMS = {
    f.__name__: f for f in (carried, numbers, tensors, arrays, handed_out, several, written)
}


def given(name, required=True):
    rng = np.random.default_rng(3)
    xs = [rng.normal(size=3) if name == "arrays" else rng.normal() for _ in range(20)]
    return jitgrad.tensor(A, requires_grad=True), [
        jitgrad.tensor(x, requires_grad=required) for x in xs
    ]


@pytest.mark.parametrize("required", [True, False])
@pytest.mark.parametrize("name", PROGRAMS)
def test_values_and_gradients(name, required, tier):
    found = []
    jitted = jitgrad.jit(PROGRAMS[name])
    for f in (jitted, jitted, PROGRAMS[name]):
        with contextlib.nullcontext() if f is jitted else in_numpy():
            p, xs = given(name, required)
            out = total(f(p, xs))
            out.backward()
            slopes = [x.grad for x in xs if x.grad is not None]
            found.append((out.item(), p.grad.numpy(), *[g.numpy() for g in slopes]))
    for got in found[:2]:
        assert len(got) == len(found[2])
        for a, b in zip(got, found[2], strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("name", PROGRAMS)
def test_second_order(name):
    def curvature(f):
        p, xs = given(name, False)
        (g,) = jitgrad.autograd.grad(total(f(p, xs)), p, create_graph=True)
        return jitgrad.autograd.grad((g * g).sum(), p)[0].numpy()

    want, got = curvature(PROGRAMS[name]), curvature(jitgrad.jit(PROGRAMS[name]))
    np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-12)


def test_gradients_stop_where_the_function_stops_them():
    def f(p, q):
        h = k = p
        for _ in range(20):
            h, k = jnp.sin(h * q.detach()), jnp.cos(k.detach() + q)
        return h, k

    p, q = (jitgrad.tensor(v, requires_grad=True) for v in (A, A + 1))
    for _ in range(2):
        h, k = jitgrad.jit(f)(p, q)
        assert h.requires_grad and k.requires_grad
        assert jitgrad.autograd.grad(h.sum(), [p, q], allow_unused=True)[1] is None
        assert jitgrad.autograd.grad(k.sum(), [p, q], allow_unused=True)[0] is None


def test_kernels_do_not_grow_with_the_number_of_turns():
    def run(turns):
        def f(p):
            h, v = p[0], p[1]
            for _ in range(turns):
                h, v = h + 0.01 * v, v - 0.01 * jnp.sin(h) * p[2]
            return h * h + v * v

        jitted = jitgrad.jit(f)
        p = jitgrad.tensor(A, requires_grad=True)
        jitted(p)
        explained = jitgrad.explain(lambda: jitted(p).backward())
        step = 1e-6 * np.array([1.0, -2.0, 0.5])
        want = (f(jitgrad.tensor(A + step)) - f(jitgrad.tensor(A - step))).item() / 2
        np.testing.assert_allclose(p.grad.numpy() @ step, want, rtol=1e-6)
        return sorted(len(k.source or "") for k in explained.kernels)

    assert run(60) == run(90)
