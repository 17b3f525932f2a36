"""Large products of a turn are handed out for its derivative, not computed again."""

import itertools

import numpy as np
import pytest

import jitgrad
from jitgrad.control import LOOP, kept
from jitgrad.ir import leaf, toposort
from jitgrad.ops.primitives import reduce_sum
from jitgrad.tracing.replay import Plan

RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def same_numbers(monkeypatch):
    """For each test, whichever ran before it."""
    monkeypatch.setitem(globals(), "RNG", np.random.default_rng(0))


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

        slope = (value(1e-6) - value(-1e-6)) / 2e-6
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


def test_gates_are_kept_in_as_much_memory_as_their_argument(graphs):
    """An LSTM keeps four gates of a turn, not the products that they are computed from."""

    def lstm(W, U, xs, h):
        def turn(state, x):
            h, c = state
            z = h @ W + x @ U
            i, f, o = (1 / (1 + jitgrad.exp(-z[:, 40 * k : 40 * k + 40])) for k in range(3))
            c = f * c + i * jitgrad.tanh(z[:, 120:])
            return (o * jitgrad.tanh(c), c), None

        (h, _), _ = jitgrad.scan(turn, (h, h), xs)
        return (h * h).sum()

    W, U = (jitgrad.tensor(RNG.normal(size=(40, 160)) / 40) for _ in range(2))
    xs, h = (jitgrad.tensor(x) for x in inputs(40)[2:])
    jitgrad.jit(jitgrad.grad(lstm))(W, U, xs, h)
    loops = {n for roots in graphs for n in toposort(list(roots)) if n.op is LOOP}
    bodies = {n.arg.body for n in loops if not n.arg.body.reverse}
    handed = [r for body in bodies for r in body.results[body.carries :]]
    assert sorted(r.op.name for r in handed) == ["exp", "exp", "exp", "leaf", "leaf", "tanh"]


@pytest.mark.each("seed", range(30))
def test_a_cut_is_the_smallest_of_all_and_the_last_of_those(seed):
    rng = np.random.default_rng(seed)
    nodes = [leaf(k, (4, 3), np.dtype("float64")) for k in range(2)]
    for _ in range(7):
        x, y = (nodes[k] for k in rng.integers(max(len(nodes) - 4, 0), len(nodes), size=2))
        x, y = (reduce_sum(z, (1,)) if rng.random() < 0.3 and z.ndim == 2 else z for z in (x, y))
        nodes.append(x * y if x.ndim == y.ndim else x * x)
    inner = [n for n in toposort(nodes) if n.src]
    first, last = (list(dict.fromkeys(inner[k] for k in rng.integers(len(inner), size=2)))
                   for _ in range(2))  # fmt: skip

    def reached(cut):
        """What of `inner` depends on `first` but for what is cut, and is not cut."""
        out = set()
        for n in inner:
            if n not in cut and (n in first or not out.isdisjoint(n.src)):
                out.add(n)
        return out

    cuts = [c for k in range(4) for c in itertools.combinations(inner, k)
            if reached(c).isdisjoint(last)]  # fmt: skip
    least = min(sum(n.size for n in c) for c in cuts)
    found = kept._cut(first, last)
    assert reached(found).isdisjoint(last)
    assert sum(n.size for n in found) == least
    before = [len(reached(c)) for c in cuts if sum(n.size for n in c) == least]
    assert len(reached(found)) == max(before)
