"""The loop node: values and derivatives of any order are those of the same turns written out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated import simulated

from jitgrad.autodiff import pull_back, push_forward
from jitgrad.base.dtypes import INT64
from jitgrad.compile import lower_graph
from jitgrad.control import Body, run_loop
from jitgrad.interpret.program import run
from jitgrad.ir import const, leaf
from jitgrad.ops import REGISTRY
from jitgrad.runtime.assemble import assemble
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


@settings(max_examples=60, derandomize=True, deadline=None)
@given(bodies(), st.sampled_from([(1, 1), (4, 4), (4, 2), (3, 1)]))
def test_a_loop_is_its_turns_written_out(body, counts):
    """Values, gradients, their gradients, tangents, and tangents of gradients."""
    length, turns = counts
    sources = [*PARAMETERS[:3], leaf(3, (length, *SHAPE), FLOAT)]
    one, w = const(1.0), sources[2]
    found = []
    for way in (run_loop, unrolled):
        out = way(body, length, turns, sources)
        grads = filled(pull_back({loss(out): one}, sources), sources)
        second = filled(pull_back({total(sin(g)): one for g in grads}, sources), sources)
        roots = [loss(out), *grads]
        tangents = filled(push_forward(roots, {sources[0]: w, sources[3]: sources[3]}), roots)
        found.append(([*out.values()], grads, second, tangents))
    for ours, theirs in zip(*found, strict=True):
        agree(ours, theirs, data(length))


@settings(max_examples=12, derandomize=True, deadline=None)
@given(bodies(), st.sampled_from([(4, 4), (4, 2), (3, 0)]), st.booleans())
def test_kernels_of_a_loop_compute_what_numpy_does(body, counts, is_nested):
    """Values and gradients, of loops in loops as well."""
    length, turns = counts
    sources = [*PARAMETERS[:3], leaf(3, (length, *SHAPE), FLOAT)]
    if is_nested:
        results = run_loop(body, length, turns, sources)
        inner = (results[0], results[1], total(results[2], axis=0), total(results[3]))
        parameters = (*PARAMETERS[:3], leaf(3, sources[3].shape, FLOAT))
        body = Body(parameters, inner, 2, 2)
    out = run_loop(body, length, turns, sources)
    scalar = sum((total(x * x) for x in out.values()), start=const(0.0))
    grads = filled(pull_back({scalar: const(1.0)}, sources), sources)
    roots = [*out.values(), *grads]
    with simulated():  # where each access to memory is checked
        checked = assemble(lower_graph(roots)).function(data(length), ())
    compiled = assemble(lower_graph(roots)).function(data(length), ())
    for a, b, c in zip(compiled, checked, run(roots, data(length), ()), strict=True):
        np.testing.assert_allclose(a, c, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(b, c, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("dtype", ["int64", "bool", "float32"])
def test_carried_values_of_several_dtypes(dtype):
    """Each dtype has a node of its own, of the same body."""
    dtype = np.dtype(dtype)
    x, k = leaf(0, SHAPE, FLOAT), leaf(1, (), dtype)
    new = REGISTRY["logical_not"](k) if dtype.kind == "b" else k + const(1, dtype)
    body = Body((x, k), (x * 2.0, new), 2, 0)
    out = run_loop(body, 5, 5, [x, k])
    got = run([out[0], out[1]], [np.arange(3.0), dtype.type(0)], [])
    assert got[0].tolist() == [0.0, 32.0, 64.0] and got[1] == (True if dtype.kind == "b" else 5)


def test_the_number_of_turns_may_be_a_value():
    x, n = leaf(0, SHAPE, FLOAT), leaf(1, (), INT64)
    body = Body((leaf(0, SHAPE, FLOAT),), (leaf(0, SHAPE, FLOAT) * 2.0,), 1, 0)
    out = run_loop(body, 6, n, [x])[0]
    (g,) = pull_back({total(out): const(1.0)}, [x])
    for turns in (0, 1, 6):
        value, grad = run([out, g], [np.ones(3), turns], [])
        assert value.tolist() == grad.tolist() == [2.0**turns] * 3


def test_no_turns():
    x, xs = leaf(0, SHAPE, FLOAT), leaf(1, (0, *SHAPE), FLOAT)
    body = Body((x, leaf(1, SHAPE, FLOAT)), (x * 2.0, x), 1, 0)
    out = run_loop(body, 0, 0, [x, xs])
    (g,) = pull_back({total(out[0]): const(1.0)}, [x])
    assert out[1].shape == (0, 3)
    assert [v.tolist() for v in run([out[0], g], [np.arange(3.0), np.empty(0)], [])] == [
        [0.0, 1.0, 2.0],
        [1.0, 1.0, 1.0],
    ]


def test_a_condition_ends_the_loop():
    x = leaf(0, (), FLOAT)
    body = Body((x,), (x * 2.0,), 1, 0, condition=x < 100.0)
    out = run_loop(body, 10, 10, [x])[0]
    (g,) = pull_back({out: const(1.0)}, [x])
    (t,) = push_forward([g], {x: const(1.0)})
    assert run([out, g], [3.0], []) == [192.0, 64.0]
    assert t is None or run([t], [3.0], []) == [0.0]
