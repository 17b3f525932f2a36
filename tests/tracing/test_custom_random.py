"""Random programs of functions with rules of their own, against the same without rules: every
transform, to third order. Start at `program`."""

import numpy as np
import pytest

import jitgrad
from jitgrad.autograd import Function


@jitgrad.custom_vjp
def sine_times(x, y):
    return jitgrad.sin(x) * y


sine_times.defvjp(
    lambda x, y: (jitgrad.sin(x) * y, (jitgrad.cos(x) * y, jitgrad.sin(x))),
    lambda kept, g: (g * kept[0], g * kept[1]),
)


@jitgrad.custom_jvp
def cube(x):
    return x**3


cube.defjvp(lambda primals, tangents: (cube(*primals), 3 * primals[0] ** 2 * tangents[0]))


class TanhTimes(Function):
    @staticmethod
    def forward(ctx, x, y):
        out = jitgrad.tanh(x) * y
        ctx.save_for_backward(x, y, out)
        return out

    @staticmethod
    def backward(ctx, g):
        x, y, out = ctx.saved_tensors
        return g * (y - out * jitgrad.tanh(x)), g * jitgrad.tanh(x)


def wave(x):
    return jitgrad.sin(x * 2) * x


#: With rules, and without.
RULED = (
    sine_times,
    lambda x, y: cube(x),
    TanhTimes.apply,
    lambda x, y: jitgrad.checkpoint(wave)(x),
)
PLAIN = (
    lambda x, y: jitgrad.sin(x) * y,
    lambda x, y: x**3,
    lambda x, y: jitgrad.tanh(x) * y,
    lambda x, y: wave(x),
)


def program(steps, functions):
    def f(x):
        values = [x, x * 0.5 + 0.1]
        for k, i, j in steps:
            values.append(functions[k](values[i % len(values)], values[j % len(values)]))
        return (values[-1] * values[-2]).sum()

    return f


def second(f, t):
    return lambda x: (jitgrad.grad(f)(x) * jitgrad.tensor(t)).sum()


def third(f, t):
    return lambda x: (jitgrad.hvp(f)(x, jitgrad.tensor(t)) * jitgrad.tensor(t)).sum()


TRANSFORMS = {
    "grad": lambda f, x, t: jitgrad.grad(f)(x),
    "jvp": lambda f, x, t: jitgrad.jvp(f, (x,), (t,))[1],
    "grad of grad": lambda f, x, t: jitgrad.grad(second(f, t))(x),
    "hvp": lambda f, x, t: jitgrad.hvp(f)(x, t),
    "jit of hvp": lambda f, x, t: jitgrad.jit(jitgrad.hvp(f))(x, t),
    "jvp of grad": lambda f, x, t: jitgrad.jvp(jitgrad.grad(f), (x,), (t,))[1],
    "hessian": lambda f, x, t: jitgrad.hessian(f)(x) @ t,
    "jit of hessian": lambda f, x, t: jitgrad.jit(jitgrad.hessian(f))(x) @ t,
    "vmap of hvp": lambda f, x, t: jitgrad.vmap(jitgrad.hvp(f))(np.stack([x, t]), np.stack([t, x])),
    "third": lambda f, x, t: jitgrad.grad(third(f, t))(x),
}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", TRANSFORMS)
def test_rules_give_what_formulas_do(name, seed, monkeypatch):
    rng = np.random.default_rng(seed)
    monkeypatch.setattr(jitgrad.config, "segment", int(rng.choice([1, 3, 128])))
    steps = [tuple(map(int, rng.integers((4, 9, 9)))) for _ in range(rng.integers(2, 6))]
    x, t = rng.normal(size=(2, 3)) * 0.5
    got, want = [TRANSFORMS[name](program(steps, functions), x, t) for functions in (RULED, PLAIN)]
    np.testing.assert_allclose(got, want, rtol=1e-8, atol=1e-10)
