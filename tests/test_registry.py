"""One loop over the registry: every entry against NumPy, finite differences, and forward against reverse."""

import statistics

import numpy as np
import pytest

import jitgrad
from jitgrad.autodiff import pull_back, push_forward
from jitgrad.functions import FUNCTIONS
from jitgrad.interpret import program as reference
from jitgrad.ir import Node, Op, leaf, toposort
from jitgrad.ops import REGISTRY, marks

SHAPE = (2, 3, 4)
FLOAT = np.dtype(float)

#: Entries whose values have no NumPy function of the same calling form: their oracle is here.
ORACLES = {
    "relu": lambda x: np.maximum(x, 0),
    "softplus": lambda x: np.logaddexp(x, 0),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "clip3": np.clip,
    "root0": np.sqrt,
    "slope0": lambda x: 0.5 / x,
    "power2": np.power,
    "erf": np.vectorize(__import__("math").erf),
    "erfc": np.vectorize(__import__("math").erfc),
    "flatten": np.ravel,
    "logsumexp": lambda x, axis=None, keepdims=False: np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims)),
    "softmax": lambda x, axis=-1: shares(x, axis),
    "log_softmax": lambda x, axis=-1: np.log(shares(x, axis)),
    "real": np.real,
    "imag": np.imag,
    "angle": np.angle,
    "matvec": lambda x, y: np.einsum("...ij,...j->...i", x, y),
    "vecmat": lambda x, y: np.einsum("...i,...ij->...j", x, y),
    "log_expit": lambda x: -np.logaddexp(-x, 0),
    "xlogy": lambda x, y: x * np.log(y),
    "xlog1py": lambda x, y: x * np.log1p(y),
    "entr": lambda x: -x * np.log(x),
    "rel_entr": lambda x, y: x * np.log(x / y),
    "kl_div": lambda x, y: x * np.log(x / y) - x + y,
    "logit": lambda x: np.log(x / (1 - x)),
    "ndtr": np.vectorize(statistics.NormalDist().cdf),
    "log_ndtr": lambda x: np.log(np.vectorize(statistics.NormalDist().cdf)(x)),
    "huber": lambda delta, r: np.where(np.abs(r) <= delta, r * r / 2, delta * (np.abs(r) - delta / 2)),
    "pseudo_huber": lambda delta, r: delta**2 * (np.sqrt(1 + (r / delta) ** 2) - 1),
    "exp10": lambda x: 10.0**x,
}


def shares(x, axis):
    """As SciPy and PyTorch have it: beside an infinity all is nan."""
    x = x if x.dtype.kind == "f" else x.astype(float)
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def running(ufunc):
    """The oracle of a scan: NumPy's accumulate, of what is flipped where it goes from the end."""

    def scan(x, axis=None, reverse=False):
        x, axis = (np.ravel(x), 0) if axis is None else (x, axis)
        return np.flip(ufunc.accumulate(np.flip(x, axis), axis), axis) if reverse else ufunc.accumulate(x, axis)

    return scan


def recurrence(x, decay, axis=-1, reverse=False):
    x, decay = (v if v.dtype.kind == "f" else v.astype(float) for v in (x, decay))
    x, decay = (np.moveaxis(np.flip(v, axis) if reverse else v, axis, 0) for v in (x, decay))
    out = [x[0]]
    for i in range(1, len(x)):
        out.append(decay[i] * out[-1] + x[i])
    out = np.moveaxis(np.stack(out), 0, axis)
    return np.flip(out, axis) if reverse else out


SCANS = {"cumsum": np.add, "cumprod": np.multiply, "cummax": np.maximum, "cummin": np.minimum}
ORACLES |= {name: running(ufunc) for name, ufunc in {**SCANS, "logcumsumexp": np.logaddexp}.items()}
ORACLES["linear_recurrence"] = recurrence


def added(x, indices, values, axis=None):
    out = np.ravel(x).copy() if axis is None else np.moveaxis(x, axis, 0).copy()
    shape = np.take(x, indices, axis).shape
    values = np.broadcast_to(values, shape)
    if axis is not None:
        axis %= x.ndim
        values = np.moveaxis(values, range(axis, axis + indices.ndim), range(indices.ndim))
    np.add.at(out, indices, values)
    return out.reshape(x.shape) if axis is None else np.moveaxis(out, 0, axis)


ORACLES["add_at"] = added
LOGICAL = {"bitwise_and", "bitwise_or", "bitwise_xor", "invert"}
SHIFTS = {"left_shift", "right_shift", "shl", "shr"}


def operands(entry):
    n = entry.operands or len(entry.shapes)
    shapes = entry.shapes or (SHAPE,) * n
    ranges = entry.on if isinstance(entry.on[0], tuple) else (entry.on,) * n
    rng = np.random.default_rng(len(entry.name) * 7 + 1)
    out = [rng.uniform(*r, s) for r, s in zip(ranges, shapes)]
    if entry.name in LOGICAL:
        return [x > 0 for x in out]
    if entry.name in SHIFTS:
        return [np.abs(np.ceil(x)).astype(int) for x in out]
    if entry.name == "where":
        out[0] = out[0] > 0
    if entry.host:
        out[1] = np.array([2, 0, 1]) if entry.name == "repeat" else np.array([[1, 0, 1]])
    return out


CASES = [pytest.param(e, c, id=f"{name}-{i}") for name, e in REGISTRY.items() for i, c in enumerate(e.cases)]


@pytest.fixture(autouse=True)
def numpy_tier(monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "never")


@pytest.mark.parametrize(("entry", "case"), CASES)
def test_value(entry, case):
    xs = operands(entry)
    numpy = ORACLES.get(entry.name) or entry.numpy
    assert numpy is not None, "an entry needs a NumPy function or an oracle"
    function = FUNCTIONS[entry.name]
    assert (entry.name in jitgrad.__dict__) == entry.public
    if entry.operands is None:
        got, want = function(xs, **case), numpy(xs, **case)
    else:
        kwargs = {("ord" if k == "ord" else k): v for k, v in case.items()}
        positional = [kwargs.pop("shape")] if "shape" in kwargs else []
        got = function(*(jitgrad.tensor(x) for x in xs), *positional, **kwargs)
        want = numpy(*xs, *positional, **kwargs)
    assert got.shape == np.shape(want)
    np.testing.assert_allclose(np.asarray(got), want, rtol=1e-12, atol=1e-14)


def graph(entry, case):
    xs = operands(entry)
    nodes = [leaf(i, x.shape, x.dtype) for i, x in enumerate(xs)]
    out = entry(nodes, **case) if entry.operands is None else entry(*nodes, **case)
    return xs, nodes, out


def run(roots, xs, extra=()):
    return reference.run(roots, [np.ravel(x) if np.ndim(x) else x for x in (*xs, *extra)], [])


DIFFERENTIABLE = [p for p in CASES if p.values[0].differentiable]


@pytest.mark.parametrize(("entry", "case"), DIFFERENTIABLE)
def test_derivatives(entry, case):
    """Reverse against central differences, forward against reverse, and the gradient's own derivative."""
    xs, nodes, out = graph(entry, case)
    rng = np.random.default_rng(3)
    which = [i for i, x in enumerate(xs) if x.dtype == FLOAT]
    g = leaf(len(xs), out.shape, FLOAT)
    gv = rng.standard_normal(out.shape)
    grads = pull_back({out: g}, [nodes[i] for i in which])
    directions = [rng.standard_normal(xs[i].shape) for i in which]
    values = [None if d is None else run([d], xs, [gv])[0] for d in grads]
    reverse = sum(np.sum(v * d.reshape(np.shape(v))) for v, d in zip(values, directions) if v is not None)

    def at(h):
        moved = list(xs)
        for i, d in zip(which, directions):
            moved[i] = xs[i] + h * d
        return np.sum(np.asarray(run([out], moved)[0]) * np.reshape(gv, -1))

    numeric = (at(1e-6) - at(-1e-6)) / 2e-6
    assert reverse == pytest.approx(numeric, rel=2e-6, abs=2e-7)

    tangents = [leaf(len(xs) + 1 + k, xs[i].shape, FLOAT) for k, i in enumerate(which)]
    (t,) = push_forward([out], dict(zip([nodes[i] for i in which], tangents)))
    forward = 0.0 if t is None else np.sum(np.asarray(run([t], xs, [gv, *directions])[0]) * np.reshape(gv, -1))
    assert forward == pytest.approx(reverse, rel=1e-9, abs=1e-11)


@pytest.mark.parametrize(("entry", "case"), DIFFERENTIABLE)
def test_second_order(entry, case):
    check_second_order(entry, case, operands(entry))


def check_second_order(entry, case, xs):
    """The gradient's gradient at `xs` against central differences of the gradient."""
    nodes = [leaf(i, x.shape, x.dtype) for i, x in enumerate(xs)]
    out = entry(nodes, **case) if entry.operands is None else entry(*nodes, **case)
    which = [i for i, x in enumerate(xs) if x.dtype == FLOAT]
    rng = np.random.default_rng(4)
    gv, directions = rng.standard_normal(out.shape), [rng.standard_normal(xs[i].shape) for i in which]
    g = leaf(len(xs), out.shape, FLOAT)
    grads = [d for d in pull_back({out: g}, [nodes[i] for i in which]) if d is not None]
    if not grads:
        return
    cots = [rng.standard_normal(d.shape) for d in grads]
    leaves = [leaf(len(xs) + 1 + k, d.shape, FLOAT) for k, d in enumerate(grads)]
    start = {}
    for d, c in zip(grads, leaves):
        start[d] = start[d] + c if d in start else c
    second = pull_back(start, [nodes[i] for i in which])
    got = sum(
        np.sum(np.reshape(run([s], xs, [gv, *cots])[0], -1) * d.reshape(-1))
        for s, d in zip(second, directions)
        if s is not None
    )

    def at(h):
        moved = list(xs)
        for i, d in zip(which, directions):
            moved[i] = xs[i] + h * d
        return sum(np.sum(np.reshape(v, -1) * c.reshape(-1)) for v, c in zip(run(grads, moved, [gv]), cots))

    numeric = (at(1e-6) - at(-1e-6)) / 2e-6
    assert got == pytest.approx(numeric, rel=5e-6, abs=5e-6)


def test_oracles_are_needed():
    stale = [name for name in ORACLES if name not in REGISTRY]
    assert not stale


# --- references ------------------------------------------------------------------------------------------------------

ELEMENTWISE = {e.op for e in REGISTRY.values() if e.op is not None and e.op.kind == "elementwise"}
ELEMENTWISE |= {op for op in vars(marks).values() if isinstance(op, Op) and op.kind == "elementwise"}
#: Shapes that operands may have where NumPy stretches them itself, one of them in full.
STRETCHED = [(3, 4), (1, 4), (3, 1), (1, 1)]


def references():
    """Operations with the number of their operands and the dtypes they may have, from nodes that entries make."""
    for op in sorted(ELEMENTWISE, key=lambda op: op.name):
        entry = next((e for e in REGISTRY.values() if e.op is op), None)
        count = entry.operands if entry is not None else 2 if op is marks.REVALUE else 1
        for dtype in DTYPES:
            yield pytest.param(op, entry, count, dtype, id=f"{op.name}-{dtype}")


DTYPES = [np.dtype(t) for t in ("float64", "float32", "int64", "int8", "uint8", "uint64", "bool")]


@pytest.mark.parametrize(("op", "entry", "count", "dtype"), [*references()])
def test_reference_of_stretched_operands(op, entry, count, dtype):
    """The NumPy tier leaves stretching to NumPy where one operand has the full shape: whichever it is, the result has
    the shape and dtype of the node."""
    rng = np.random.default_rng(1)
    for full in range(count):
        for short in STRETCHED:
            shapes = [STRETCHED[0] if k == full else short for k in range(count)]
            given = [leaf(k, STRETCHED[0], dtype) for k in range(count)]
            try:
                node = entry.build(*given) if entry is not None else Node(op, tuple(given), None, *_like(given[0]))
            except jitgrad.DTypeError:
                return
            (node,) = [n for n in toposort([node]) if n.op is op]  # within a formula for integers
            values = [rng.integers(0, 3, s).astype(x.dtype) for s, x in zip(shapes, node.src, strict=True)]
            with np.errstate(all="ignore"):
                out = op.reference(*values, node=node)
            assert (out.shape, out.dtype) == (node.shape, node.dtype)


def _like(node):
    return node.shape, node.dtype


@pytest.mark.parametrize("name", sorted(name for name, e in REGISTRY.items() if e.level))
def test_level_entries_have_a_derivative_of_zero(name):
    x = np.array([-1.3, 0.2, 0.4, 2.7])
    assert jitgrad.grad(lambda v: jitgrad.functions.FUNCTIONS[name](v).sum())(x).tolist() == [0.0] * 4
