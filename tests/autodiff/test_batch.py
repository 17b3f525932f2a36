"""Batching: the graph for many rows gives what that for one row gives for each of them."""

import itertools
import sys

import numpy as np
import pytest
from registry_cases import CASES, FLOAT, graph, run
from simulated import simulated

import jitgrad
import jitgrad.autodiff.rule_rows  # which sets the rules of some operations
from jitgrad.autodiff import batch, pull_back, push_forward
from jitgrad.compile import lower_graph
from jitgrad.control import LOOP
from jitgrad.ir import CONST, LEAF, NUMBER, Op, leaf, toposort
from jitgrad.ir.node import SIZE
from jitgrad.ops import REGISTRY
from jitgrad.ops.batching import BY_KIND
from jitgrad.ops.marks import BUNDLE
from jitgrad.runtime.assemble import assemble

ROWS = 3


@pytest.fixture(autouse=True, scope="module")
def nothing_is_compiled_beside():
    jitgrad.synchronize()


#: Operations without a rule, and why.
NONE = {
    LEAF: "has no sources",
    NUMBER: "has no sources",
    CONST: "has no sources",
    SIZE: "has no sources",
    BUNDLE: "is no value: its sources are",
}


def operations():
    """The operations of entries, and all that modules of the package name."""
    modules = [m for name, m in sys.modules.items() if name.startswith("jitgrad.")]
    named = [x for m in modules for x in vars(m).values() if type(x) is Op]
    return {*named, *[e.op for e in REGISTRY.values() if e.op is not None]}


def test_every_operation_has_a_rule():
    found = operations()
    assert LOOP in found and len(found) > 100
    assert {op for op in found if op.batch is None and op.kind not in BY_KIND} == set(NONE)


def rows_of(xs, which, entry):
    """Operands, of which those in `which` have rows of other values."""
    samples = [entry.sample(np.random.default_rng(100 + k)) for k in range(ROWS)]
    return [np.stack([s[i] for s in samples]) if i in which else x for i, x in enumerate(xs)]


def check(roots, nodes, xs, which, given=(), rtol=1e-9):
    """`roots` for rows against each row alone; of `nodes`, those `which` differ."""
    new = {nodes[i]: leaf(i, xs[i].shape, xs[i].dtype) for i in which}
    batched = batch(roots, new, ROWS)
    for root, out in zip(roots, batched, strict=True):
        if out is None:
            reached = set(toposort([root]))
            assert not any(nodes[i] in reached for i in which)
            continue
        assert out.shape == (ROWS, *root.shape) and out.dtype == root.dtype
        (got,) = run([out], xs, given)
        for k in range(ROWS):
            row = [x[k] if i in which else x for i, x in enumerate(xs)]
            (want,) = run([root], row, given)
            np.testing.assert_allclose(
                np.reshape(got, out.shape)[k], np.reshape(want, root.shape), rtol=rtol, atol=1e-10
            )


def subsets(n):
    return [s for k in range(1, min(n, 3) + 1) for s in itertools.combinations(range(n), k)]


@pytest.mark.each(("entry", "case"), CASES)
def test_rows_of_every_entry(entry, case):
    xs, nodes, out = graph(entry, case)
    for which in subsets(len(xs)):
        check([out], nodes, rows_of(xs, which, entry), which)


DIFFERENTIABLE = [p for p in CASES if p.values[0].differentiable]


@pytest.mark.each(("entry", "case"), DIFFERENTIABLE)
def test_rows_of_derivatives(entry, case):
    """Gradients and tangents, where operands and cotangents differ from row to row."""
    xs, nodes, out = graph(entry, case)
    floats = [i for i, x in enumerate(xs) if x.dtype == FLOAT]
    g = leaf(len(xs), out.shape, FLOAT)
    grads = [d for d in pull_back({out: g}, [nodes[i] for i in floats]) if d is not None]
    tangents = [leaf(len(xs) + 1 + k, xs[i].shape, FLOAT) for k, i in enumerate(floats)]
    along = push_forward([out], dict(zip([nodes[i] for i in floats], tangents, strict=True)))
    roots = [*grads, *[t for t in along if t is not None]]
    rng = np.random.default_rng(7)
    more = [rng.standard_normal(n.shape) for n in (g, *tangents)]
    every = [*nodes, g, *tangents]
    for which in [(0,), tuple(range(len(xs))), (len(xs),), tuple(range(len(every)))]:
        given = rows_of(xs, which, entry)
        given += [
            np.stack([v + k for k in range(ROWS)]) if len(xs) + j in which else v
            for j, v in enumerate(more)
        ]
        check(roots, every, given, which)


@pytest.mark.each(("entry", "case"), CASES)
def test_rows_in_kernels(entry, case):
    """What kernels compute of the graph for rows is what NumPy computes of it."""
    xs, nodes, out = graph(entry, case)
    which = tuple(range(len(xs)))
    given = rows_of(xs, which, entry)
    new = {nodes[i]: leaf(i, given[i].shape, given[i].dtype) for i in which}
    (rows,) = batch([out], new, ROWS)
    flat = [x.reshape(-1) for x in given]
    with simulated():
        (got,) = assemble(lower_graph([rows])).function(flat, ())
    (want,) = run([rows], given)
    np.testing.assert_allclose(np.reshape(got, -1), np.reshape(want, -1), rtol=1e-9, atol=1e-12)
