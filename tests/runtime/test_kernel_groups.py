"""Small kernels of a plan run as one call of a driver: they give what NumPy gives, in memory of
their own, and groups end where Python comes between."""

import threading
from dataclasses import replace

import numpy as np
import pytest

from jitgrad.compile import limits, lower_graph, lower_plan
from jitgrad.interpret import program as interpreter
from jitgrad.ir import const, leaf, number
from jitgrad.ops import REGISTRY
from jitgrad.ops.movement import slice_node
from jitgrad.ops.primitives import broadcast, cast, reshape_to
from jitgrad.runtime import launch
from jitgrad.runtime.assemble import assemble

FLOAT, SINGLE, INT, BOOL = (np.dtype(t) for t in ("float64", "float32", "int64", "bool"))
sin, tanh, total, matmul = (REGISTRY[n] for n in ("sin", "tanh", "sum", "matmul"))
cumsum, where, greatest = (REGISTRY[n] for n in ("cumsum", "where", "max"))
M, S = (3, 4), (2, 3)
RNG = np.random.default_rng(3)


def rows(x, n):
    """Steps that are not fused: a number made of an array, and an array made of that."""
    s = tanh(total(x * x)) * n
    y = x * broadcast(s, x.shape)
    return y, s, total(y, axis=1)


def everything():
    """Roots of all kinds, over two dtypes, and what they are computed of."""
    x, f, k = leaf(0, M, FLOAT), leaf(1, S, SINGLE), leaf(2, (4,), INT)
    n, m, c = number(0, FLOAT), number(1, SINGLE), number(2, INT)
    y, s, r = rows(x, n)
    g, t, q = rows(f, m)
    item = slice_node(y, (1, 2), (1, 1), (1, 1))
    first = reshape_to(item, ())
    one = total(reshape_to(r, (1, 3)), axis=1)
    large = total(y) > total(r) * 2.0
    roots = [
        y, s, r, g, t, q, item, first * s + 1.0, one, cumsum(y, axis=1),
        where(broadcast(large, (4,)), k, k * broadcast(c, (4,))), large, total(k) + c,
        slice_node(r, (1,), (1,), (2,)), n, x, greatest(g), cast(s, SINGLE) * t,
        reshape_to(y, (12,)), broadcast(s * 2.0, (2,)),
    ]  # fmt: skip
    leaves = [RNG.standard_normal(12), RNG.standard_normal(6).astype("f4"), np.arange(4)]
    return roots, leaves, [0.7, 1.25, 3]


def arrays(values):
    return [np.asarray(v) for v in values]


def test_results_of_all_kinds_are_those_of_numpy_in_memory_of_their_own():
    roots, leaves, numbers = everything()
    lowered = lower_plan(roots)
    assert lowered.groups == [(0, len(lowered.kernels))]
    made = assemble(lowered)
    want = arrays(interpreter.run(roots, leaves, numbers))
    got = made.function(leaves, numbers)
    before = [np.copy(v) for v in got]
    for k, (x, y) in enumerate(zip(arrays(got), want, strict=True)):
        np.testing.assert_allclose(x, y.reshape(x.shape), 2e-6, err_msg=str(roots[k]))
        assert isinstance(got[k], np.ndarray) == bool(roots[k].ndim)
        assert roots[k].ndim == 0 or got[k].dtype == roots[k].dtype
    made.function([x * 2 for x in leaves], [n * 2 for n in numbers])
    for x, y, root in zip(got, before, roots, strict=True):
        np.testing.assert_array_equal(x, y, err_msg=str(root))


def test_an_operand_too_large_for_a_kernel_ends_the_group():
    x, n = leaf(0, M, FLOAT), number(0, FLOAT)
    y, s, r = rows(sin(x), n)
    roots = [y, r, s]
    run = assemble(lower_plan(roots)).function
    for scale in (1.0, 1e12, 1.0):
        leaves = [RNG.standard_normal(12) * scale]
        want = interpreter.run(roots, leaves, [0.5])
        for got, value in zip(run(leaves, [0.5]), want, strict=True):
            np.testing.assert_allclose(np.reshape(got, np.shape(value)), value, 1e-9)


def test_threads_run_a_long_group_in_memory_of_their_own(monkeypatch):
    monkeypatch.setattr(launch, "PARALLEL_WORK", 1)  # so that a group is long
    x, n = leaf(0, M, FLOAT), number(0, FLOAT)
    roots = rows(x, n)
    run = assemble(lower_plan(roots)).function
    leaves = [[RNG.standard_normal(12)] for _ in range(4)]
    want = [arrays(run(given, [0.5])) for given in leaves]
    wrong = []

    def several(k):
        for _ in range(300):
            for got, value in zip(run(leaves[k], [0.5]), want[k], strict=True):
                if not np.array_equal(got, value):
                    wrong.append(k)

    threads = [threading.Thread(target=several, args=(k,)) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong


@pytest.mark.parametrize("far", [False, True])
def test_what_is_watched_runs_kernel_by_kernel(far):
    roots, leaves, numbers = everything()
    seconds = []
    leaves[0] = leaves[0] * (1e12 if far else 1.0)
    timed = assemble(lower_plan(roots), lambda k: seconds.append).function
    got, plain = timed(leaves, numbers), assemble(lower_plan(roots)).function(leaves, numbers)
    assert len(seconds) > 5
    for x, y in zip(got, plain, strict=True):
        np.testing.assert_array_equal(x, y)


# ---------------------------------------------------------------------- where groups end


def test_a_step_by_numpy_comes_between_groups():
    x = leaf(0, (40, 40), FLOAT)
    y, s, r = rows(x, number(0, FLOAT))
    z, *others = rows(REGISTRY["cholesky"](y), s)
    lowered = lower_plan([z, *others, r])
    calls = [k for k, kernel in enumerate(lowered.kernels) if kernel.kind == "call"]
    assert len(calls) == 1
    assert [(0, calls[0]), (calls[0] + 1, len(lowered.kernels))] == lowered.groups


def test_products_are_part_of_a_group():
    """Of transposes, stacks, and parts of what lies outside, or within the group."""
    x, w, k = leaf(0, (6, 5), FLOAT), leaf(1, (3, 4, 5), FLOAT), number(0, INT)
    y, s, r = rows(x, number(1, FLOAT))
    some, own = slice_node(x, (k, 0), (1, 1), (4, 5)), slice_node(y, (1, 0), (1, 1), (3, 5))
    transpose = REGISTRY["transpose"]
    made = [
        matmul(y, transpose(x)), tanh(matmul(some, transpose(own))), matmul(w, transpose(y)),
        matmul(transpose(some), matmul(some, transpose(x))),
        sin(matmul(reshape_to(r, (1, 6)), y)), s,
    ]  # fmt: skip
    lowered = lower_plan(made)
    assert lowered.groups == [(0, len(lowered.kernels))]
    run = assemble(lowered).function
    for k in (0, 2):
        leaves = [RNG.standard_normal(n) for n in (30, 60)]
        got, want = (f(leaves, [k, 0.7]) for f in (run, interpreter.Program(made)))
        for a, b in zip(arrays(got), arrays(want), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-13, atol=1e-14)


def test_large_arrays_and_much_memory_end_a_group(monkeypatch):
    roots = rows(leaf(0, (30, 40), FLOAT), number(0, FLOAT))
    small = lower_plan(roots).groups
    monkeypatch.setattr(limits, "now", replace(limits.now, group_array=1000))
    large = lower_plan(roots).groups
    assert sum(stop - start for start, stop in large) < sum(b - a for a, b in small)
    roots = list(rows(leaf(0, M, FLOAT), number(0, FLOAT)))
    for _ in range(3):
        roots += rows(roots[-3], number(0, FLOAT))
    monkeypatch.setattr(limits, "now", replace(limits.now, group_array=1000, group_memory=300))
    lowered = lower_plan(roots)
    assert lowered.groups
    for start, stop in lowered.groups:
        kept = [n for k in lowered.kernels[start:stop] for n in k.nodes]
        assert sum(n.size * n.dtype.itemsize for n in kept) <= 300


def test_one_kernel_alone_and_turns_of_loops_are_no_groups():
    assert lower_plan([sin(leaf(0, M, FLOAT))]).groups == []
    assert lower_graph(rows(leaf(0, M, FLOAT), const(1.0))).groups == []
