"""Ordinary loops under `jit`: their turns become a loop node, and values and gradients are those of
the same loop without `jit`."""

import numpy as np
import pytest
from tiers import in_numpy

import jitgrad
from jitgrad.control import LOOP, roll
from jitgrad.ir import toposort
from jitgrad.runtime.stats import stats
from jitgrad.tracing.replay import Plan

TURNS = 60


@pytest.fixture
def graphs(monkeypatch):
    """The graphs of plans that `jit` makes, of which smaller ones are searched as well."""
    monkeypatch.setattr(roll, "SEARCHED", 200)
    made = []

    def plan(roots, *args, **kwargs):
        made.append(roots)
        return Plan(roots, *args, **kwargs)

    monkeypatch.setattr("jitgrad.tracing.replay.Plan", plan)
    return made


def oscillator(x, v, xs, h):
    for _ in range(TURNS):
        v = v - h * jitgrad.sin(x) * (1.0 + 0.1 * v)
        x = x + h * v
    return (x * v).sum()


def with_energies(x, v, xs, h):
    """The first turn and what comes before read the same distances."""
    energy = lambda x, v: 0.5 * (v * v).sum() - ((x * x).sum() + 0.1) ** -0.5
    before = energy(x, v)
    for _ in range(TURNS):
        drag = jitgrad.tanh(jitgrad.sin(v) * 0.3 + jitgrad.cos(v) * 0.1)
        v = v - h * (x * ((x * x).sum() + 0.1) ** -1.5 + drag * v)
        x = x + h * v
    return energy(x, v) - before


def driven(x, v, xs, h):
    """Elements of a sequence, numbers of each turn, and what is collected."""
    out = []
    for t in range(TURNS):
        x = jitgrad.tanh(x * 0.9 + xs[t] * v) + np.cos(0.1 * t)
        out.append((x * x).sum())
    return jitgrad.stack(out).mean() + x.sum()


def backwards(x, v, xs, h):
    for t in reversed(range(TURNS)):
        x = jitgrad.sin(x + v * xs[t] + t * h)
    return (x * x).sum()


def multistep(x, v, xs, h):
    """What three turns before have made."""
    fs = [x * 0.1, x * 0.2, x * 0.3]
    for _ in range(TURNS):
        fs.append(jitgrad.sin(x) * v)
        x = x + h * (2.3 * fs[-1] - 1.6 * fs[-2] + 0.4 * fs[-4])
    return x.sum()


def nested(x, v, xs, h):
    for t in range(20):
        for k in range(12):
            x = jitgrad.sin(x * v) + xs[k] * 0.3
        v = v * 0.9 + (x * xs[t]).mean() * 0.1
    return (x * v).sum()


def written(x, v, xs, h):
    x = x.clone()
    for t in range(TURNS):
        x[t % 3] = x[(t + 1) % 3] * v.sum() * 0.3 + 0.1
        v = jitgrad.cos(v + x * h)
    return x.sum() + v.sum()


def ended(x, v, xs, h):
    """An end by Python, and turns that differ."""
    for t in range(1000):
        x = jitgrad.sin(x + v * h) + xs[t % TURNS] * 0.1
        if t == 30:
            x = x * 2.0
        if t > 50:
            break
    return x.sum()


PROGRAMS = [oscillator, with_energies, driven, backwards, multistep, nested, written, ended]


def arguments():
    rng = np.random.default_rng(7)
    return [jitgrad.tensor(rng.uniform(-1, 1, s)) for s in ((3,), (3,), (max(TURNS, 60), 3))]


def flat(value, grads):
    return [np.asarray(value), *[np.asarray(g) for g in grads]]


@pytest.fixture
def check(graphs):
    """Compares values and gradients of a program with those without `jit`, and sees that it has
    loops."""

    def check(program):
        both = jitgrad.value_and_grad(program, (0, 1, 2))
        compiled = jitgrad.jit(both)
        for h in (0.1, 0.07):
            ours = flat(*compiled(*arguments(), h))
            with in_numpy():
                theirs = flat(*both(*arguments(), h))
            for a, b in zip(ours, theirs, strict=True):
                np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-11)
        assert any(n.op is LOOP for n in toposort(graphs[0]))

    return check


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_values_and_gradients_are_those_without_jit(program, check, monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "never")
    check(program)


@pytest.mark.parametrize("program", [oscillator, nested], ids=lambda f: f.__name__)
def test_compiled_values_and_gradients_are_those_without_jit(program, check, monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "always")
    check(program)


def test_the_graph_does_not_grow_with_the_turns(graphs, monkeypatch):
    for program, gradients in ((oscillator, True), (driven, False), (backwards, False)):
        sizes = set()
        for turns in (30, 60):
            monkeypatch.setitem(globals(), "TURNS", turns)
            both = jitgrad.value_and_grad(program, (0, 1, 2)) if gradients else program
            jitgrad.jit(both)(*arguments(), 0.1)
            sizes.add(len(toposort(graphs[-1])))
        assert len(sizes) == 1


def test_numbers_of_each_call_are_those_of_its_arguments(tier, graphs):
    @jitgrad.jit
    def f(x, h):
        for t in range(100):
            x = jitgrad.sin(x + h * t)
        return x

    x = jitgrad.tensor([0.3, 0.4])
    for h in (0.5, 0.25):
        expected = np.array([0.3, 0.4])
        for t in range(100):
            expected = np.sin(expected + h * t)
        np.testing.assert_allclose(np.asarray(f(x, h)), expected, rtol=1e-12)
    assert any(n.op is LOOP for n in toposort(graphs[0]))


def test_turns_of_large_arrays_are_fused_instead(graphs):
    def f(x):
        for _ in range(100):
            x = jitgrad.sin(x) * 0.5 + x
        return x

    for size, rolled in ((10, True), (10_000, False)):
        jitgrad.jit(f)(jitgrad.tensor(np.ones(size)))
        assert any(n.op is LOOP for n in toposort(graphs[-1])) is rolled


def test_turns_that_draw_random_numbers(tier, graphs):
    def f(x):
        for _ in range(100):
            x = jitgrad.sin(x) + jitgrad.randn(3) * 0.1
        return x

    jitted, x = jitgrad.jit(f), jitgrad.tensor([0.1, 0.2, 0.3])
    for seed in (0, 0, 1):
        jitgrad.manual_seed(seed)
        expected = np.asarray(f(x))
        jitgrad.manual_seed(seed)
        np.testing.assert_allclose(np.asarray(jitted(x)), expected, rtol=1e-12)
    assert any(n.op is LOOP for n in toposort(graphs[0]))


def test_turns_that_read_arrays_of_their_own(tier, graphs):
    def f(x, weights, scales):
        for w, scale in zip(weights, scales, strict=True):
            x = jitgrad.tanh(w @ x) * scale
        return (x * x).sum()

    def weights(seed):
        return [jitgrad.tensor(w) for w in np.random.default_rng(seed).normal(size=(80, 3, 3))]

    both = jitgrad.value_and_grad(f, (0, 1))
    jitted, x = jitgrad.jit(both), jitgrad.tensor([0.1, 0.2, 0.3])
    for seed in (0, 1):
        scales = [jitgrad.tensor(0.9 + 0.01 * k * (seed + 1)) for k in range(80)]
        (a, (gx, gw)), (b, (hx, hw)) = (g(x, weights(seed), scales) for g in (jitted, both))
        for p, q in zip((a, gx, *gw), (b, hx, *hw), strict=True):
            np.testing.assert_allclose(np.asarray(p), np.asarray(q), rtol=1e-9, atol=1e-12)
    assert any(n.op is LOOP for n in toposort(graphs[0]))


def test_another_number_of_turns_makes_no_kernel(graphs, monkeypatch):
    """Lengths of sequences are no part of kernels, whichever elements of them a turn reads."""
    monkeypatch.setattr(jitgrad.config, "compile", "always")

    def model(p, ys):
        s, total = p[0], 0.0
        for t in range(1, ys.shape[0]):
            s = p[0] + p[1] * ys[t - 1] * ys[t - 1] + p[2] * s
            total = total + jitgrad.log(s) + ys[t] * ys[t] / s
        return total

    step = jitgrad.jit(jitgrad.value_and_grad(model))
    p = jitgrad.tensor([0.1, 0.2, 0.7])
    made = []
    for turns in (300, 450, 999):
        step(p, np.random.default_rng(0).normal(size=turns))
        made.append(stats.kernels)
    assert made[0] == made[1] == made[2]
    assert all(any(n.op is LOOP for n in toposort(list(graph))) for graph in graphs)


def recurrent(W, xs, cs, h):
    """Large products, elements of sequences, and numbers from one."""
    for t in range(xs.shape[0]):
        h = jitgrad.tanh(h @ W + xs[t]) * cs[t]
    return (h * h).sum()


def heat(u, xs, cs, h):
    """Writes in place of what is read beside."""
    v = u.clone()
    for _ in range(xs.shape[0]):
        v[1:-1] += 0.2 * (v[2:] - 2 * v[1:-1] + v[:-2])
    return (v * v).sum()


@pytest.mark.parametrize("model", [recurrent, heat])
def test_turns_of_large_arrays_that_are_not_fused_are_loops(model, monkeypatch, tier):
    made = []

    def plan(roots, *args, **kwargs):
        made.append(roots)
        return Plan(roots, *args, **kwargs)

    monkeypatch.setattr("jitgrad.tracing.replay.Plan", plan)
    step = jitgrad.jit(jitgrad.value_and_grad(model, argnums=(0, 1, 2)))
    for turns in (12, 31):
        rng = np.random.default_rng(1)
        args = [
            rng.normal(size=shape) / 6 for shape in ((40, 40), (turns, 40, 40), turns, (40, 40))
        ]
        tensors = [jitgrad.tensor(x, requires_grad=k < 3) for k, x in enumerate(args)]
        value, grads = step(*[t.detach() for t in tensors])
        with in_numpy():
            want = model(*tensors)
            slopes = jitgrad.autograd.grad(want, tensors[:3], allow_unused=True)
            slopes = [None if g is None else g.numpy() for g in slopes]
            want = want.item()
        assert value.item() == pytest.approx(want, rel=1e-12)
        for mine, other in zip(grads, slopes, strict=True):
            other = np.zeros(mine.shape) if other is None else other
            np.testing.assert_allclose(mine.detach().numpy(), other, rtol=1e-9, atol=1e-13)
    sizes = [len(toposort(list(roots))) for roots in made]
    assert sizes[0] == sizes[-1]


def test_a_first_turn_that_shares_with_others_is_in_the_loop(graphs):
    x, v = [jitgrad.tensor(a) for a in np.random.default_rng(5).uniform(0.5, 1, (2, 3))]
    for function in (with_energies, jitgrad.value_and_grad(with_energies, (0, 1))):
        graphs.clear()
        jitgrad.jit(function)(x, v, None, 0.01)
        found = [n for n in toposort(graphs[-1]) if n.op is LOOP]
        assert found and {n.arg.length for n in found} == {TURNS}
