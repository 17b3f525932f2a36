"""The NumPy interpreter block by block: with blocks of a few elements it must give what it gives in
one piece.

Blocks are made small here, so that small programs have many of them; memory is counted with blocks
of the usual size.
"""

import math
import random
import tracemalloc

import graphs as g
import numpy as np
import pytest
from against_numpy import check, profile
from hypothesis import given
from hypothesis import strategies as st
from programs import programs

import jitgrad
from jitgrad.interpret import blocked as stretches
from jitgrad.interpret import program as reference
from jitgrad.ir import leaf
from jitgrad.ops import REGISTRY
from jitgrad.runtime.plan import Plan
from jitgrad.tape import segment

F64 = np.dtype(float)


@pytest.fixture
def small(monkeypatch):
    """Blocks of three elements."""
    monkeypatch.setattr(stretches, "BLOCK", 3)
    segment.drop()
    yield
    segment.drop()


def of(name, *operands, **params):
    return REGISTRY[name](*operands, **params)


def steps(roots):
    return reference.Program(roots).steps


def stretches_of(roots):
    """The operations of each stretch."""
    return [
        [n.op.name for n in node.nodes] for function, node, *_ in steps(roots) if function is None
    ]


@pytest.mark.each("seed", range(150))
def test_random_graphs(small, seed):
    roots, leaves, numbers = g.random_graph(random.Random(seed))
    want = g.interpret(roots, leaves, numbers)
    before = [np.array(x) for x in leaves]
    program = reference.Program(roots)
    for _ in range(2):  # the second run finds registers as the first one found them
        for root, a, b in zip(roots, program(leaves, numbers), want, strict=True):
            if root.dtype.kind == "f":
                np.testing.assert_allclose(
                    a, b, rtol=1e-5 if root.dtype == np.float32 else 1e-12, atol=1e-12
                )
            else:
                np.testing.assert_array_equal(a, b)
    for a, b in zip(leaves, before, strict=True):
        np.testing.assert_array_equal(a, b)


@profile(150)
@given(program=programs(), segment=st.sampled_from([1, 128]))
def test_random_programs(small, program, segment):
    check(program, segment, "never")


def test_everything_of_one_axis_is_one_stretch(small):
    x = leaf(0, (10, 4), F64)
    e = of("exp", x - of("max", x, axis=1, keepdims=True))
    p = e / of("sum", e, axis=1, keepdims=True)
    (ops,) = stretches_of([of("sum", p * of("log", p)), p])
    assert ops.count("sum") >= 2 and {"max", "exp", "log"} <= set(ops)


def test_what_needs_the_whole_comes_later(small):
    x = leaf(0, (30,), F64)
    d = x - of("mean", x)
    first, second = stretches_of([of("sum", d * d)])
    assert "sum" in first and "multiply" in second


def test_rows_of_several_axes(small):
    """Operands of a length of 1, movements of rows, partial results of a leading axis."""
    rng = np.random.default_rng(0)
    a, b, c = (
        rng.standard_normal((7, 3, 2)),
        rng.standard_normal((3, 1)),
        rng.standard_normal((7, 1, 1)),
    )
    x, y, z = (leaf(i, v.shape, F64) for i, v in enumerate((a, b, c)))
    h = of("transpose", of("sin", x * y + z), (0, 2, 1))
    h = of("reshape", h, (7, 6))
    roots = [of("sum", h, axis=0), of("max", h), of("sum", h * h, axis=1), h]
    got = reference.run(roots, [v.reshape(-1) for v in (a, b, c)], [])
    w = np.sin(a * b + c).transpose(0, 2, 1).reshape(7, 6)
    for u, v in zip(got, (w.sum(0), w.max(), (w * w).sum(1), w), strict=True):
        np.testing.assert_allclose(u, np.ravel(v) if np.ndim(v) else v, rtol=1e-14)


def test_regions_are_added_in_place(small):
    """A gradient that is a sum of many regions fills one array; the regions are never whole
    arrays."""
    x = jitgrad.tensor(np.linspace(1, 2, 20), requires_grad=True)
    with jitgrad.runtime.plan.observed_plans() as plans:
        sum(x[i] * x[3 * i + 1] for i in range(6)).backward()
    v, want = np.linspace(1, 2, 20), np.zeros(20)
    for i in range(6):
        want[i] += v[3 * i + 1]
        want[3 * i + 1] += v[i]
    np.testing.assert_allclose(x.grad.numpy(), want, rtol=1e-14)
    made = [
        node.op.name for plan in plans for _, node, *_ in steps(plan.roots) if hasattr(node, "op")
    ]
    functions = [f.__closure__ for plan in plans for f, *_ in steps(plan.roots) if f]
    assert made.count("pad") == 12 and functions


def test_leaves_and_results_are_not_written_to(small):
    """In place only where nobody else reads: not a leaf, not a result, not what a view of it is
    read from later."""
    x = jitgrad.tensor(np.arange(12.0), requires_grad=True)
    y = x * 1.5
    kept = y.clone()
    view = y[2:5]
    seen = view * 2  # reads the old values of what is written next
    y[3:8] = -1.0
    y[:2] = y[1:3]
    (y.sum() + seen.sum() + kept.sum()).backward()
    want = 1.5 * np.arange(12)
    assert x.tolist() == list(range(12)) and kept.tolist() == want.tolist()
    assert seen.tolist() == (2 * want[2:5]).tolist()
    want[3:8] = -1
    want[:2] = want[1:3].copy()
    assert y.tolist() == want.tolist()
    slope = np.full(12, 3.0)
    slope[3:8] -= 1.5
    slope[2:5] += 3
    slope[0] -= 1.5
    slope[2] += 1.5
    np.testing.assert_allclose(x.grad.numpy(), slope)


def test_too_slow_is_told_early(small):
    x = leaf(0, (300,), F64)
    program, values = reference.Program([of("sum", of("sin", x) * x)]), [np.arange(300.0)]
    with pytest.raises(stretches.TooSlow):
        program(values, [], limit=0.0)
    assert program(values, [], limit=1e9) == program(values, [])


def test_what_numpy_would_be_slow_at_is_compiled_first(small, monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "auto")
    monkeypatch.setattr("jitgrad.runtime.plan.SLOW", 0.0)
    x = leaf(0, (300,), F64)
    plan = Plan([of("sum", of("sin", x) * x)])
    (value,) = plan.run([np.arange(300.0)], [])
    assert plan.run is plan._compiled
    np.testing.assert_allclose(
        value, np.sum(np.sin(np.arange(300.0)) * np.arange(300.0)), rtol=1e-12
    )


def peak(function):
    """Bytes that NumPy had at the most during a call beyond those before it, and the result."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        out = function()
        return tracemalloc.get_traced_memory()[1] - before, out
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("mode", ["never", "auto"])
def test_peak_of_memory_of_a_chain(monkeypatch, mode):
    """Outputs and a few blocks, in a first call."""
    monkeypatch.setattr(jitgrad.config, "compile", mode)
    monkeypatch.setattr("jitgrad.runtime.plan.SLOW", math.inf)  # by NumPy on any machine
    n = 2_000_000
    x = jitgrad.tensor(np.linspace(-1, 1, n), requires_grad=True)

    def call():
        y = (
            jitgrad.sin(x) * jitgrad.exp(-x * x) + jitgrad.log1p(jitgrad.abs(x)) * jitgrad.tanh(x)
        ).sum()
        y.backward()
        return y.item()

    added, _ = peak(call)
    assert added < 8 * n * 1.2


def test_blocks_of_complex_numbers():
    """They take twice the memory of floats."""
    x = np.random.default_rng(3).normal(size=3 * stretches.BLOCK)
    t = jitgrad.tensor(x, requires_grad=True)
    z = jitgrad.exp(1j * t) * (t + 2j) - 1j
    (abs(z) ** 2).sum().backward()
    want = np.exp(1j * x) * (x + 2j) - 1j
    np.testing.assert_allclose(z.detach().numpy(), want, rtol=1e-13)
    slope = np.exp(1j * x) * (1j * (x + 2j) + 1)
    np.testing.assert_allclose(t.grad.numpy(), 2 * (want.conj() * slope).real, rtol=1e-9, atol=1e-9)
