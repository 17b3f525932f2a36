"""Loops in blocks of turns: values and derivatives are those of the turns written out."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiers import in_numpy

import jitgrad
from jitgrad.autodiff import pull_back, push_forward
from jitgrad.base.config import config
from jitgrad.base.dtypes import INT64
from jitgrad.control import LOOP, Body, checkpoint, run_loop, tidied
from jitgrad.control.checkpoint import in_blocks, lengths, too_much
from jitgrad.interpret.program import run
from jitgrad.ir import const, leaf, toposort
from tests.support.loop_bodies import (
    FLOAT,
    PARAMETERS,
    SHAPE,
    agree,
    bodies,
    data,
    filled,
    loss,
    sin,
    total,
    unrolled,
)


@pytest.fixture
def least(monkeypatch):
    """Loops of four turns and more keep as little as they can."""
    monkeypatch.setattr(checkpoint, "FEW", 4)
    before, config.checkpoint_mb = config.checkpoint_mb, 0
    yield
    config.checkpoint_mb = before


@settings(max_examples=60, derandomize=True, deadline=None)
@given(bodies(), st.sampled_from([(2, 2), (3, 3), (2, 1, 2)]), st.integers(0, 3), st.booleans())
def test_blocks_are_the_loop(body, levels, more, counted):
    """The turns in blocks, and some after them; their number may be a value."""
    length = math.prod(levels) + more
    sources = [*PARAMETERS[:3], leaf(3, (length, *SHAPE), FLOAT)]
    for turns in (length, length - 1, 1, 0) if counted else (length,):
        number = leaf(4, (), INT64) if counted else const(turns)
        out = in_blocks(body, length, number, sources, levels)
        right = run_loop(body, length, turns, sources)
        values = [*data(length), turns]
        roots = [*out.values()], [right[k] for k in out]
        agree(*roots, values)


@settings(max_examples=40, derandomize=True, deadline=None)
@given(bodies(), st.sampled_from([(5, 5), (11, 11), (9, 7)]))
def test_derivatives_of_any_order(body, counts):
    length, turns = counts
    sources = [*PARAMETERS[:3], leaf(3, (length, *SHAPE), FLOAT)]
    one, w, found = const(1.0), sources[2], []
    before, few, config.checkpoint_mb, checkpoint.FEW = config.checkpoint_mb, checkpoint.FEW, 0, 4
    try:
        for way in (run_loop, unrolled):
            out = way(body, length, turns, sources)
            grads = filled(pull_back({loss(out): one}, sources), sources)
            second = filled(pull_back({total(sin(g)): one for g in grads}, sources), sources)
            tangents = filled(push_forward(grads, {sources[0]: w, sources[3]: sources[3]}), grads)
            found.append((grads, second, tangents))
    finally:
        config.checkpoint_mb, checkpoint.FEW = before, few
    for ours, theirs in zip(*found, strict=True):
        agree(ours, theirs, data(length))


def test_levels():
    carried = [leaf(0, (1 << 17,), FLOAT)]  # 1 MiB
    assert not too_much(200, carried) and not too_much(1 << 30, [])
    assert too_much(10_000, carried) and lengths(10_000, carried) == (100, 100)
    assert lengths(10_007, carried) == (100, 100)
    assert lengths(1 << 16, carried) == (40, 40, 40)
    assert too_much(None, carried)
    assert math.prod(lengths(None, carried)) >= 1 << 40


def test_less_is_kept(least):
    """What loops hand out is that of the blocks' beginnings, and of one block at a time."""
    x = leaf(0, SHAPE, FLOAT)
    body = Body((x,), (sin(x),), 1, 0)
    (g,) = pull_back({total(run_loop(body, 10_000, 10_000, [x])[0]): const(1.0)}, [x])
    assert max(n.size for n in toposort([g]) if n.op is LOOP) < 10_000
    (value,) = run([g], [np.full(3, 0.5)], [])
    y, right = np.full(3, 0.5), np.ones(3)
    for _ in range(10_000):
        right, y = right * np.cos(y), np.sin(y)
    np.testing.assert_allclose(value, right, rtol=1e-9)


def test_second_order_through_jit(tier, least):
    def f(w):
        def turn(y, x):
            return jitgrad.sin(y * w) + x, y * w

        xs = jitgrad.linspace(0.0, 1.0, 17)[:, None] * jitgrad.ones(3)
        y, ys = jitgrad.scan(turn, w * 0.5, xs)
        return (y * y).sum() + (ys * ys).sum()

    def written_out(w):
        y, ys = w * 0.5, 0.0
        for k in range(17):
            ys = ys + (y * w) ** 2
            y = jitgrad.sin(y * w) + k / 16
        return (y * y).sum() + ys.sum()

    w = jitgrad.tensor([0.3, 0.7, 1.1])
    for transform in (jitgrad.grad, lambda f: lambda w: jitgrad.hvp(f)(w, w)):
        with in_numpy():
            right = transform(written_out)(w).numpy()
        np.testing.assert_allclose(jitgrad.jit(transform(f))(w).numpy(), right, rtol=1e-9)


def test_slices_by_the_turn_in_blocks(tier, least):
    """Rows and windows of invariants are sequences of the blocks, and their cotangents too."""

    def f(loop):
        def turn(i, c, x, y):
            window = (x[i : i + 3] * x[2 * i]).sum(0) + y[:, 16 - i]
            return jitgrad.sin(c + window) * (i * 0.1 + 1) + x[i, 1]

        def value(x, y):
            out = loop(0, 17, lambda i, c: turn(i, c, x, y), x[0] * 1.0)
            return (out * out).sum()

        return value

    def in_python(start, stop, turn, c):
        for i in range(start, stop):
            c = turn(i, c)
        return c

    rng = np.random.default_rng(3)
    x, y = jitgrad.tensor(rng.normal(size=(40, 3))), jitgrad.tensor(rng.normal(size=(3, 17)))
    ours = jitgrad.jit(jitgrad.value_and_grad(f(jitgrad.fori_loop), (0, 1)))(x, y)
    with in_numpy():
        value, slopes = jitgrad.value_and_grad(f(in_python), (0, 1))(x, y)
        right = [out.numpy() for out in (value, *slopes)]
    for a, b in zip((ours[0], *ours[1]), right, strict=True):
        np.testing.assert_allclose(a.numpy(), b, rtol=1e-9, atol=1e-12)


def test_a_loop_that_reads_another_is_not_taken_for_its_blocks(monkeypatch):
    """The sums of a backward loop are many, but nobody asks for its blocks."""
    x = leaf(0, (50, 3), FLOAT)
    body = Body(
        (leaf(0, SHAPE, FLOAT), leaf(1, (50, 3), FLOAT)),
        (sin(leaf(0, SHAPE, FLOAT)) + total(leaf(1, (50, 3), FLOAT)),), 1, 1,
    )  # fmt: skip
    start = leaf(1, SHAPE, FLOAT)
    out = run_loop(body, 400, 400, [start, x])[0]
    (g,) = pull_back({total(out): const(1.0)}, [x])
    before, config.checkpoint_mb = config.checkpoint_mb, 0
    try:
        monkeypatch.setattr(checkpoint, "FEW", 401)
        loops = [n for n in toposort(tidied([g])) if n.op is LOOP]
        monkeypatch.setattr(checkpoint, "FEW", 64)
        assert len([n for n in toposort(tidied([g])) if n.op is LOOP]) == len(loops)
    finally:
        config.checkpoint_mb = before
