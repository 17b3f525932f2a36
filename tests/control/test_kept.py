"""Large products of a turn are handed out for its derivative, not computed again."""

import numpy as np
import pytest

import jitgrad
from jitgrad.control import LOOP
from jitgrad.ir import toposort
from jitgrad.tracing.replay import Plan

RNG = np.random.default_rng(0)


@pytest.fixture
def graphs(monkeypatch):
    made = []

    def plan(roots, *args, **kwargs):
        made.append(roots)
        return Plan(roots, *args, **kwargs)

    monkeypatch.setattr("jitgrad.tracing.replay.Plan", plan)
    return made


def net(W, U, xs, h):
    def turn(h, x):
        return jitgrad.tanh(h @ W + x @ U), None

    h, _ = jitgrad.scan(turn, h, xs)
    return (h * h).sum()


def gates(W, U, xs, h):
    def turn(h, x):
        z = jitgrad.exp(-(h @ W)) + x @ U
        return h / (1.0 + z * z) + jitgrad.sin(z), None

    h, _ = jitgrad.scan(turn, h, xs)
    return (h * h).sum()


def inputs(n, turns=7):
    W, U = (RNG.normal(size=(n, n)) / n for _ in range(2))
    return W, U, RNG.normal(size=(turns, n, n)), RNG.normal(size=(n, n))


def products(graphs):
    """How many products there are in the bodies of loops."""
    bodies = {n.arg.body for roots in graphs for n in toposort(list(roots)) if n.op is LOOP}
    return sorted(
        sum(n.op.name == "matmul" for n in toposort(list(body.results))) for body in bodies
    )


@pytest.mark.parametrize("model", [net, gates])
def test_large_products_are_computed_once(model, graphs, tier):
    args = [jitgrad.tensor(x) for x in inputs(40)]
    step = jitgrad.jit(jitgrad.value_and_grad(model, argnums=(0, 1)))
    _, grads = step(*args)
    assert max(products(graphs)) <= 5  # two for the value, and three for the derivative alone
    backward = products(graphs)[0] if len(products(graphs)) > 1 else 0
    assert backward <= 3
    for k, g in enumerate(grads):
        d = RNG.normal(size=(40, 40))

        def value(step, k=k, d=d):
            moved = [x + step * d if j == k else x for j, x in enumerate(args)]
            return float(model(*moved))

        slope = (value(1e-5) - value(-1e-5)) / 2e-5
        assert float((g * d).sum()) == pytest.approx(slope, rel=1e-6)


@pytest.mark.parametrize("n", [3, 40])
def test_second_derivatives(n, tier):
    W, U, xs, h = map(jitgrad.tensor, inputs(n, turns=4))
    d = jitgrad.tensor(RNG.normal(size=(n, n)))

    def slope(W):
        return (jitgrad.grad(lambda W: net(W, U, xs, h))(W) * d).sum()

    (curved,) = [jitgrad.jit(jitgrad.grad(slope))(W)]
    e = RNG.normal(size=(n, n))
    change = (float(slope(W + 1e-5 * e)) - float(slope(W - 1e-5 * e))) / 2e-5
    assert float((curved * e).sum()) == pytest.approx(change, rel=1e-5)
