"""Loops that materialise nothing: segments end with turns, and another number of turns is nothing
new."""

import re

import numpy as np
import pytest
from both import same

import jitgrad
from jitgrad.runtime.plan import observed_plans
from jitgrad.runtime.stats import stats
from jitgrad.tape import boundaries
from jitgrad.tape.boundaries import repeats

START = np.array([0.1, 0.2, 0.3])


def turns(count, step):
    """The gradient after `count` turns of `step`, by jitgrad and by its rule ``(value, slope) ->
    (value, slope)``."""
    x = jitgrad.tensor(START, requires_grad=True)
    y, want, slope = x, START, np.ones(3)
    for _ in range(count):
        y, (want, slope) = step(y), step(want, slope)
    (g,) = jitgrad.autograd.grad((y * y).sum(), x)
    same(g, 2 * want * slope, rtol=1e-9)


def short(y, slope=None):
    """A turn of three records."""
    out = 0.1 + y * 0.99 - 0.05
    return out if slope is None else (out, slope * 0.99)


def long(y, slope=None):
    """A turn of more records than a segment has."""
    for k in range(100):
        y = y * 1.001 + 0.001 * k
    out = (y - 5.0) / 2.0
    return out if slope is None else (out, slope * 1.001**100 / 2.0)


@pytest.mark.parametrize(("step", "count", "most"), [(short, 2000, 8), (long, 40, 14)])
def test_segments_of_a_long_loop_are_one_program(step, count, most):
    jitgrad.config.compile, before = "never", jitgrad.config.compile
    try:
        with observed_plans() as plans:
            turns(count, step)
    finally:
        jitgrad.config.compile = before
    assert len(plans) <= most, [plan.title for plan in plans]


def test_another_number_of_turns_compiles_nothing_new():
    counts = np.random.default_rng(3).permutation(np.arange(1, 150))
    jitgrad.synchronize()  # what is being compiled for other tests must not count here
    jitgrad.config.compile, before = "always", jitgrad.config.compile
    try:
        for count in counts[:60]:
            turns(count, short)
        kernels = stats.kernels
        for count in counts[60:]:
            turns(count, short)
    finally:
        jitgrad.config.compile = before
    assert stats.kernels == kernels


def test_a_loop_of_one_length_stays_in_one_piece():
    for _ in range(2):
        turns(37, lambda y, *slope: short(y, *slope))
    with observed_plans() as plans:
        turns(37, short)
    assert not plans  # seen before, and not cut since


def test_repeats():
    assert repeats(list("xyabcabcabc")) == (3, 9)
    assert repeats(list("aaaa")) == (1, 4)
    assert repeats(list("ababcababc")) == (5, 10)
    assert repeats(list("abcd")) == (0, 0)
    assert repeats([]) == (0, 0)


def test_what_follows_a_loop_in_pieces_is_not_cut_like_it():
    names = "sin cos tanh square arctan exp cosh negative log1p absolute".split()

    def program(count, names):
        x = y = jitgrad.tensor(START, requires_grad=True)
        for _ in range(count):
            y = y * 0.9 + 0.2
        for k in range(20):
            y = getattr(jitgrad, names[(k * k + k // 7) % 10])(jitgrad.tanh(y)) * (1.0 + k)
        return jitgrad.autograd.grad(y.sum(), x)[0].tolist()

    for count in range(2, 30, 2):
        program(count, names)
    with observed_plans() as plans:
        program(48, names[::-1])
    assert max(int(plan.title.split()[2]) for plan in plans) > 50, [plan.title for plan in plans]


def test_whole_numbers_and_floats_are_one_program():
    def program(a, b):
        x = jitgrad.tensor([1.0, 2.0], dtype="float32", requires_grad=True)
        y = ((x * a + b) / a - b > a) * (b - x) * a
        assert y.dtype == np.float32
        y.sum().backward()
        return x.grad.tolist()

    want = program(2, 3)
    with observed_plans() as plans:
        assert program(2.0, 3.0) == program(2, 3.0) == want
    assert not plans


def formula(x, terms):
    """A long formula of terms that have nothing in common but a few repeated operations."""
    rng, out = np.random.default_rng(5), x
    for k in range(terms):
        t = x
        for _ in range(rng.integers(1, 6)):
            t = t * 0.5 + 0.1 * k
        out = [out + t, out * t, out - t.sum(), out / (2.0 + t * t)][rng.integers(4)]
    return out


def plans_of(function):
    """What kind of plan runs, and how many records each has."""
    with observed_plans() as plans:
        function()
    found = [re.fullmatch(r"(.*) of (\d+) records", plan.title).groups() for plan in plans]
    return [kind for kind, _ in found], [int(records) for _, records in found]


def test_a_long_formula_is_one_program():
    x = jitgrad.tensor(START, requires_grad=True)
    kinds, records = plans_of(lambda: formula(x, 40).sum().backward())
    assert kinds == ["forward+backward"]
    assert records[0] > jitgrad.config.segment
    (slope,) = jitgrad.autograd.grad(formula(x, 40).sum(), x)
    step = 1e-6 * np.array([0.3, -0.5, 0.7])
    change = (formula(START + step, 40) - formula(START - step, 40)).sum()
    assert float((slope.numpy() * 2 * step).sum()) == pytest.approx(change, rel=1e-5)


def test_a_formula_without_end_is_cut():
    x = jitgrad.tensor(START, requires_grad=True)
    _, records = plans_of(lambda: formula(x, 400).sum().backward())
    assert len(records) > 2
    assert max(records) <= 4 * jitgrad.config.segment


def test_arrays_that_keep_entering_are_let_go(monkeypatch):
    monkeypatch.setattr(boundaries, "HELD", 8 * 1000 * 10)
    rng = np.random.default_rng(0)

    def run():
        y = jitgrad.zeros(1000)
        for k in range(200):
            y = y + np.full(1000, 0.5) * [1, 2, 3][rng.integers(3)]
            y = [y.sin, y.cos, y.exp, y.tanh][rng.integers(4)]()
            y = y * (1.0 + k) if rng.integers(2) else y - 1.0
        return y.sum()

    _, records = plans_of(lambda: run().numpy())
    assert len(records) > 2
    assert max(records) < 2 * jitgrad.config.segment
