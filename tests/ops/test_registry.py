"""One loop over the registry: every entry against NumPy, finite differences, and forward against
reverse."""

import numpy as np
import pytest
from registry_cases import (
    CASES,
    FLOAT,
    ORACLES,
    check_second_order,
    cotangent,
    graph,
    inner,
    operands,
    run,
)

import jitgrad
from jitgrad.autodiff import pull_back, push_forward
from jitgrad.frontend.functions import FUNCTIONS
from jitgrad.ir import Node, Op, leaf, toposort
from jitgrad.ops import REGISTRY, marks


@pytest.fixture(autouse=True)
def numpy_tier(monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "never")


@pytest.mark.each(("entry", "case"), CASES)
def test_value(entry, case):
    xs = operands(entry)
    numpy = ORACLES.get(entry.name) or entry.numpy
    assert numpy is not None, "an entry needs a NumPy function or an oracle"
    function = FUNCTIONS[entry.name]
    at_home = jitgrad.__dict__.get(entry.name) is function
    assert at_home == (entry.public and not entry.names.home)
    if entry.operands is None:
        got, want = function(xs, **case), numpy(xs, **case)
    else:
        kwargs = {("ord" if k == "ord" else k): v for k, v in case.items()}
        positional = [kwargs.pop("shape")] if "shape" in kwargs else []
        got = function(*(jitgrad.tensor(x) for x in xs), *positional, **kwargs)
        want = numpy(*xs, *positional, **kwargs)
    assert got.shape == np.shape(want)
    np.testing.assert_allclose(np.asarray(got), want, rtol=1e-12, atol=1e-14)


DIFFERENTIABLE = [p for p in CASES if p.values[0].differentiable]


@pytest.mark.each(("entry", "case"), DIFFERENTIABLE)
def test_derivatives(entry, case):
    """Reverse against central differences, forward against reverse, and the gradient's own
    derivative."""
    xs, nodes, out = graph(entry, case)
    rng = np.random.default_rng(3)
    which = [i for i, x in enumerate(xs) if x.dtype == FLOAT]
    g = leaf(len(xs), out.shape, out.dtype)
    gv = cotangent(rng, out)
    grads = pull_back({out: g}, [nodes[i] for i in which])
    directions = [entry.sampling.direction(rng, xs[i].shape) for i in which]
    values = [None if d is None else run([d], xs, [gv])[0] for d in grads]
    reverse = sum(
        np.sum(v * d.reshape(np.shape(v)))
        for v, d in zip(values, directions, strict=True)
        if v is not None
    )

    def at(h):
        moved = list(xs)
        for i, d in zip(which, directions, strict=True):
            moved[i] = xs[i] + h * d
        return inner(gv, run([out], moved)[0])

    numeric = (at(1e-6) - at(-1e-6)) / 2e-6
    assert reverse == pytest.approx(numeric, rel=2e-6, abs=2e-7)

    tangents = [leaf(len(xs) + 1 + k, xs[i].shape, FLOAT) for k, i in enumerate(which)]
    (t,) = push_forward([out], dict(zip([nodes[i] for i in which], tangents, strict=True)))
    forward = 0.0 if t is None else inner(gv, run([t], xs, [gv, *directions])[0])
    assert forward == pytest.approx(reverse, rel=1e-9, abs=1e-11)


@pytest.mark.each(("entry", "case"), DIFFERENTIABLE)
def test_second_order(entry, case):
    check_second_order(entry, case, operands(entry))


def test_oracles_are_needed():
    stale = [name for name in ORACLES if name not in REGISTRY]
    assert not stale


# --- references -----------------------------------------------------------------------------------

ELEMENTWISE = {e.op for e in REGISTRY.values() if e.op is not None and e.op.kind == "elementwise"}
ELEMENTWISE |= {
    op for op in vars(marks).values() if isinstance(op, Op) and op.kind == "elementwise"
}
#: Shapes that operands may have where NumPy stretches them itself, one of them in full.
STRETCHED = [(3, 4), (1, 4), (3, 1), (1, 1)]


def references():
    """Operations with the number of their operands and the dtypes they may have, from nodes that
    entries make."""
    for op in sorted(ELEMENTWISE, key=lambda op: op.name):
        entry = next((e for e in REGISTRY.values() if e.op is op), None)
        count = entry.operands if entry is not None else 2 if op is marks.REVALUE else 1
        for dtype in DTYPES:
            yield pytest.param(op, entry, count, dtype, id=f"{op.name}-{dtype}")


DTYPES = [np.dtype(t) for t in ("float64", "float32", "int64", "int8", "uint8", "uint64", "bool")]


@pytest.mark.each(("op", "entry", "count", "dtype"), [*references()])
def test_reference_of_stretched_operands(op, entry, count, dtype):
    """The NumPy tier leaves stretching to NumPy where one operand has the full shape: whichever it
    is, the result has the shape and dtype of the node."""
    rng = np.random.default_rng(1)
    for full in range(count):
        for short in STRETCHED:
            shapes = [STRETCHED[0] if k == full else short for k in range(count)]
            given = [leaf(k, STRETCHED[0], dtype) for k in range(count)]
            try:
                node = (
                    entry.build(*given)
                    if entry is not None
                    else Node(op, tuple(given), None, *_like(given[0]))
                )
            except jitgrad.DTypeError:
                return
            (node,) = [n for n in toposort([node]) if n.op is op]  # within a formula for integers
            values = [
                rng.integers(0, 3, s).astype(x.dtype) for s, x in zip(shapes, node.src, strict=True)
            ]
            with np.errstate(all="ignore"):
                out = op.reference(*values, node=node)
            assert (out.shape, out.dtype) == (node.shape, node.dtype)


def _like(node):
    return node.shape, node.dtype


@pytest.mark.parametrize("name", sorted(name for name, e in REGISTRY.items() if e.derivative.level))
def test_level_entries_have_a_derivative_of_zero(name):
    x = np.array([-1.3, 0.2, 0.4, 2.7])
    assert (
        jitgrad.grad(lambda v: jitgrad.frontend.functions.FUNCTIONS[name](v).sum())(x).tolist()
        == [0.0] * 4
    )
