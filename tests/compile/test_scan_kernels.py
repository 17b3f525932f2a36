"""Scans in programs, with kernels: shapes, axes, directions, dtypes, layouts, lengths around
blocks, what is fused.

NumPy is the oracle, in long double where rounding counts; gradients are compared with central
differences of the same program on arrays. A program is written once, for tensors and arrays: `scan`
is the only function that tells them apart. `test_scan` has the values and gradients at special
points. Start at `PROGRAMS`.
"""

import numpy as np
import pytest
from scans import SCANS, recurrence, scan
from tiers import in_numpy

import jitgrad

EXACT = ("cummax", "cummin")
#: What a long axis is cut in: lengths are around it.
BLOCK = 32768


@pytest.fixture(autouse=True)
def kernels(monkeypatch):
    jitgrad.synchronize()
    monkeypatch.setattr(jitgrad.config, "compile", "always")


def data(name, shape, dtype, rng):
    """Values whose running results stay within range, however long."""
    dtype = np.dtype(dtype)
    if dtype.kind != "f":
        return (
            rng.integers(0, 2, shape).astype(dtype)
            if dtype.kind == "b"
            else rng.integers(-3, 4, shape).astype(dtype)
        )
    x = rng.standard_normal(shape)
    return (
        np.exp(0.01 * x) * np.where(rng.uniform(size=shape) < 0.5, -1, 1)
        if name == "cumprod"
        else x
    ).astype(dtype)


def agrees(got, x, name, axis, reverse=False):
    """`got` is the scan of the array `x`, to the last bits where nothing is rounded."""
    want = scan(name, x, axis, reverse)
    assert got.shape == want.shape
    if name in EXACT or want.dtype.kind != "f":
        np.testing.assert_array_equal(got, want)
        return
    exact, n = scan(name, x.astype(np.longdouble), axis, reverse), max(x.shape[axis], 1)
    scale = (
        scan("cumsum", np.abs(x).astype(np.longdouble), axis, reverse)
        if name == "cumsum"
        else 1 + np.abs(exact)
    )
    bound = np.finfo(got.dtype).eps * (4 + (n if name == "cumprod" else 2 * np.sqrt(n))) * scale
    assert (np.abs(got - exact) <= bound).all(), (
        f"off by {np.max(np.abs(got - exact) / bound):.3g} of what is allowed"
    )


def by_kernels(name, x, axis, reverse=False):
    return scan(name, jitgrad.tensor(x), axis, reverse).numpy()


# --- values: shapes, axes, directions, dtypes -----------------------------------------------------

SHAPES = [(1,), (7,), (1000,), (1, 5), (5, 1), (40, 50), (2, 1, 4), (3, 70, 2), (2, 3, 2, 5)]
DTYPES = [np.float64, np.float32, np.int32, np.bool_]


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda d: np.dtype(d).name)
@pytest.mark.parametrize("name", SCANS)
def test_every_axis_of_every_shape(name, dtype):
    rng = np.random.default_rng(0)
    for shape in SHAPES if dtype is np.float64 else SHAPES[2::4]:
        x = data(name, shape, dtype, rng)
        for axis in range(len(shape)):
            for reverse in (False, True):
                got = by_kernels(name, x, axis, reverse)
                if (
                    got.dtype.kind == "f" and x.dtype.kind != "f"
                ):  # of integers NumPy's is a float16
                    x = x.astype(got.dtype)
                agrees(got, x, name, axis, reverse)


@pytest.mark.parametrize("name", [*SCANS, "recurrence"])
def test_empty(name):
    for shape in ((0,), (0, 3), (3, 0), (2, 0, 3)):
        for axis in range(len(shape)):
            t = jitgrad.zeros(shape, requires_grad=True)
            out = (
                recurrence(t * 2, t + 0.5, axis)
                if name == "recurrence"
                else scan(name, t * 2, axis)
            )
            assert out.shape == shape
            out.sum().backward()
            assert t.grad.shape == shape


LENGTHS = [BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK - 1, 2 * BLOCK + 1, 100_003, 131_071]
LONG = [
    *[((n,), 0) for n in LENGTHS],
    ((3, BLOCK + 7), 1),
    ((BLOCK + 7, 3), 0),
    ((2, 40_001, 2), 1),
    ((1, 70_001), 1),
]


@pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])
@pytest.mark.parametrize("name", SCANS)
def test_long(name, dtype):
    rng = np.random.default_rng(1)
    for shape, axis in LONG if dtype is np.float64 else LONG[2::4]:
        x = data(name, shape, dtype, rng)
        for reverse in (False, True):
            agrees(by_kernels(name, x, axis, reverse), x, name, axis, reverse)


@pytest.mark.parametrize("dtype", [np.int64, np.uint8], ids=lambda d: np.dtype(d).name)
@pytest.mark.parametrize("name", ["cumsum", "cummax"])
def test_long_integers(name, dtype):
    rng = np.random.default_rng(2)
    for shape, axis in LONG[4:8]:
        x = data(name, shape, dtype, rng)
        for reverse in (False, True):
            agrees(by_kernels(name, x, axis, reverse), x, name, axis, reverse)


@pytest.mark.parametrize("name", SCANS)
def test_specials_around_blocks(name):
    """nan, infinities and zeros at the ends of blocks go as far as in NumPy, and no further."""
    rng, n = np.random.default_rng(3), 2 * BLOCK + 5
    for places, values in (
        ([BLOCK - 1], [np.inf]),
        ([BLOCK], [-np.inf]),
        ([BLOCK, BLOCK + 1], [np.inf, -np.inf]),
        ([2 * BLOCK], [np.nan]),
        ([BLOCK - 1, 2 * BLOCK], [0.0, np.inf]),
        ([BLOCK + 3, 2 * BLOCK - 1], [np.nan, np.inf]),
        ([0], [-np.inf]),
    ):
        x = data(name, n, np.float64, rng)
        x[places] = values
        for reverse in (False, True):
            with np.errstate(all="ignore"):
                want = scan(name, x, 0, reverse)
            np.testing.assert_allclose(by_kernels(name, x, 0, reverse), want, rtol=1e-9, atol=1e-9)
    x = np.full(n, -np.inf)
    x[BLOCK + 2] = 1.0
    np.testing.assert_array_equal(
        by_kernels("logcumsumexp", x, 0), np.where(np.arange(n) < BLOCK + 2, -np.inf, 1.0)
    )


# --- layouts: views are scanned as they lie -------------------------------------------------------

LAYOUTS = {
    "transposed": lambda x: x.T,
    "reversed rows": lambda x: x[::-1],
    "reversed": lambda x: x[:, ::-1],
    "every second": lambda x: x[::2, 1::3],
    "part": lambda x: x[3:-2, 5:11],
    "one row": lambda x: x[4],
    "one column": lambda x: x[:, 4],
    "column as matrix": lambda x: x[:, 4:5],
    "new axis": lambda x: x[:, None, :],
    "folded": lambda x: x.reshape(4, 6, -1),
    "stretched row": lambda x: np.broadcast_to(x[2], (5, x.shape[1])),
    "stretched column": lambda x: np.broadcast_to(x[:, :1], (x.shape[0], 6)),
    "three axes turned": lambda x: x.reshape(4, 6, -1).transpose(2, 0, 1),
    "flat": lambda x: x.T.reshape(-1),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", [(24, 18)], ids=str)
def test_layouts(layout, shape):
    rng = np.random.default_rng(4)
    x = rng.standard_normal(shape)
    view = LAYOUTS[layout](x)
    for axis in range(view.ndim):
        for name, reverse in (("cumsum", False), ("cummax", True), ("logcumsumexp", False)):
            agrees(
                scan(name, LAYOUTS[layout](jitgrad.tensor(x)), axis, reverse).numpy(),
                view,
                name,
                axis,
                reverse,
            )
        t, w = jitgrad.tensor(x, requires_grad=True), rng.standard_normal(view.shape)
        (scan("cumsum", LAYOUTS[layout](t), axis) * jitgrad.tensor(w)).sum().backward()
        got = t.grad.numpy()
        with in_numpy():  # the same by NumPy's scan of the weights
            mine = jitgrad.tensor(x, requires_grad=True)
            (LAYOUTS[layout](mine) * jitgrad.tensor(scan("cumsum", w, axis, True))).sum().backward()
            np.testing.assert_allclose(got, mine.grad.numpy(), rtol=1e-12, atol=1e-12)


# --- programs: what is fused around scans, and their gradients ------------------------------------


def both_ways(x, w):
    return scan("cumsum", x) - 2 * scan("cumsum", x * w, reverse=True) + x


def of_scan(x, w):
    return scan("cumsum", np.tanh(scan("cumsum", x)) * w)


def normalized(x, w):
    running = scan("cumsum", np.exp(x))
    return running / running[..., -1:] * w


def centred(x, w):
    return scan("cumsum", x - x.mean(-1, keepdims=True)) * scan(
        "cumsum", w - w.mean(0, keepdims=True), 0
    )


def drawdown(x, w):
    level = scan("cumsum", 0.1 * x)
    return (scan("cummax", level) - level) * w


def survival(x, w):
    stay = 1 / (1 + np.exp(-x))
    alive = scan("cumprod", stay)
    return (alive * (1 - stay) * w).sum(-1)


def with_zeros(x, w):
    return scan("cumprod", np.where(np.abs(x) < 0.3, 0.0, x)) * w


def averages(x, w):
    return recurrence(0.1 * x, 0.9) * w + recurrence(x, 0.5 * np.tanh(w), reverse=True)


def in_a_loop(x, w):
    state = x
    for k in range(3):
        state = np.sin(scan("cumsum", state, k % x.ndim)) + w
    return state


def written(x, w):
    y = x * 1.0
    y[..., 1:] = scan("cumsum", x[..., 1:] * w[..., 1:])
    return scan("cumsum", y)


PROGRAMS = {
    "weighted": lambda x, w: scan("cumsum", x * w) * w + 1.0,
    "sum of a scan": lambda x, w: np.exp(-0.01 * scan("cumsum", x * x)).sum(),
    "sums over each axis": lambda x, w: (
        (scan("cumsum", x, 0) * w).sum(0).sum() + (scan("cumsum", x) * w).sum(-1).max()
    ),
    "both ways": both_ways,
    "both axes": lambda x, w: scan("cumsum", x, 0) * w + scan("cumsum", x * w, -1) ** 2,
    "integral image": lambda x, w: scan("cumsum", scan("cumsum", x, 0), -1) * w,
    "of a scan": of_scan,
    "normalized": normalized,
    "centred": centred,
    "drawdown": drawdown,
    "survival": survival,
    "with zeros": with_zeros,
    "smooth": lambda x, w: (
        np.exp(x - scan("logcumsumexp", x * 3)) * w + scan("logcumsumexp", w, reverse=True)
    ),
    "range": lambda x, w: (scan("cummax", x) - scan("cummin", x, reverse=True)) * w,
    "averages": averages,
    "last": lambda x, w: (scan("cumsum", np.sin(x))[..., -1] * w[..., 0]).sum(),
    "turned": lambda x, w: scan("cumsum", x[..., ::-1])[..., ::-1] * w + scan("cumsum", x.T).T,
    "shifted": lambda x, w: scan("cumsum", x[..., 1:] * w[..., :-1]) - x[..., :-1],
    "masked": lambda x, w: (
        scan("cumsum", np.where(x > 0, x * w, 0.0)) * (scan("cumsum", x > 0) % 2)
    ),
    "of a row": lambda x, w: scan("cumsum", np.broadcast_to(x.sum(0), x.shape), 0) * w,
    "of a column": lambda x, w: scan("cumprod", 1 + 0.1 * np.tanh(x[:, :1] + 0 * w)) * w,
    "of a sum": lambda x, w: scan("cumsum", (x * w).sum(-1)) * x.max(-1),
    "scan of a sum, then rows": lambda x, w: (scan("cumsum", x.sum(0)) + scan("cumsum", x, 0)) * w,
    "in a loop": in_a_loop,
    "written": written,
    "product": lambda x, w: scan("cumsum", x @ w.T) @ w,
    "whole": lambda x, w: scan("cumsum", x.reshape(-1), 0) * w.reshape(-1),
}
#: Shapes of programs: few and many, wide and narrow; one row and one column have kernels of their
#: own.
SIZES = [(4, 6), (60, 33), (3, 5000), (5000, 3)]
SINGLE = [(1, 9), (9, 1)]
#: Programs that are run in float32, too.
SHORT = (
    "weighted",
    "sums over each axis",
    "both axes",
    "of a scan",
    "drawdown",
    "survival",
    "smooth",
    "averages",
    "of a row",
    "whole",
)


def operands(shape):
    rng = np.random.default_rng(shape[0])
    return rng.standard_normal(shape), rng.standard_normal(shape)


def close(got, want, dtype=np.float64, ulps=2e4):
    off = ulps * np.finfo(dtype).eps
    np.testing.assert_allclose(
        got, want, rtol=off, atol=off * (1 + np.max(np.abs(want), initial=0))
    )


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name):
    f = PROGRAMS[name]
    for shape in SIZES[1:]:
        x, w = operands(shape)
        with np.errstate(over="ignore"):
            want = f(x, w)
        close(f(jitgrad.tensor(x), jitgrad.tensor(w)).numpy(), want)


@pytest.mark.parametrize("name", PROGRAMS)
def test_gradients_of_programs(name):
    """Of both operands, against differences of the program on arrays, along a direction."""
    f = PROGRAMS[name]
    for shape in SIZES[:1] + SINGLE:
        values = operands(shape)
        rng, want = np.random.default_rng(5), f(*values)
        g = rng.standard_normal(np.shape(want))
        tensors = [jitgrad.tensor(v, requires_grad=True) for v in values]
        out = f(*tensors)
        (out * jitgrad.tensor(g)).sum().backward()
        close(out.detach().numpy(), want)
        for k, t in enumerate(tensors):
            v = rng.standard_normal(shape) / np.sqrt(values[0].size)
            ends = [f(*(a + s * v * (i == k) for i, a in enumerate(values))) for s in (1e-6, -1e-6)]
            numeric = np.vdot(g, (ends[0] - ends[1]) / 2e-6)
            got = 0.0 if t.grad is None else np.vdot(v, t.grad.numpy())
            assert got == pytest.approx(numeric, rel=1e-5, abs=1e-5 * np.linalg.norm(g)), (
                f"operand {k}, {shape}"
            )


@pytest.mark.parametrize("name", SHORT[::2])
def test_programs_in_float32(name):
    """Values and gradients, against those in float64."""
    f = PROGRAMS[name]
    values, results = operands((60, 33)), {}
    for dtype in (np.float64, np.float32):
        tensors = [
            jitgrad.tensor(v.astype(np.float32).astype(dtype), requires_grad=True) for v in values
        ]
        out = f(*tensors)
        out.sum().backward()
        assert out.dtype == dtype
        results[dtype] = [
            out.detach().numpy(),
            *(t.grad.numpy() for t in tensors if t.grad is not None),
        ]
    for got, want in zip(results[np.float32], results[np.float64], strict=True):
        close(got, want, np.float32, 1e3)


def numpy_gradients(name, x, w, axis, reverse):
    """The gradient of ``sum(w * scan(x))`` by formulas of NumPy's scans."""
    if name == "cumsum":
        return scan("cumsum", w, axis, not reverse)
    if name == "cumprod":
        return scan("cumsum", w * scan("cumprod", x, axis, reverse), axis, not reverse) / x
    if name == "logcumsumexp":
        out = scan("logcumsumexp", x, axis, reverse)
        return np.exp(x) * scan("cumsum", w * np.exp(-out), axis, not reverse)
    x, w = (np.moveaxis(np.flip(v, axis) if reverse else v, axis, -1) for v in (x, w))
    place = np.maximum.accumulate(np.where(x == scan(name, x), np.arange(x.shape[-1]), 0), -1)
    out = np.zeros(x.shape)
    lanes = np.indices(x.shape)
    lanes[-1] = place
    np.add.at(out, tuple(lanes), w)
    out = np.moveaxis(out, -1, axis)
    return np.flip(out, axis) if reverse else out


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("name", SCANS)
def test_gradients_of_long_scans(name, reverse):
    rng = np.random.default_rng(6)
    for shape, axis in (((40, 30), 1), ((40, 30), 0), LONG[2], LONG[6]):
        x, w = data(name, shape, np.float64, rng), rng.standard_normal(shape)
        t = jitgrad.tensor(x, requires_grad=True)
        (scan(name, t, axis, reverse) * jitgrad.tensor(w)).sum().backward()
        want = numpy_gradients(name, x, w, axis, reverse)
        np.testing.assert_allclose(t.grad.numpy(), want, rtol=1e-8, atol=1e-10 * np.abs(want).max())


@pytest.mark.parametrize("reverse", [False, True])
def test_long_recurrences(reverse):
    rng = np.random.default_rng(7)
    for shape, axis in LONG[2:]:
        x, decay, w = (
            rng.standard_normal(shape),
            rng.uniform(-1, 1, shape),
            rng.standard_normal(shape),
        )
        decay[rng.uniform(size=shape) < 0.001] = 0
        want = recurrence(x, decay, axis, reverse)
        ts = [jitgrad.tensor(v, requires_grad=True) for v in (x, decay)]
        out = recurrence(*ts, axis, reverse)
        np.testing.assert_allclose(out.detach().numpy(), want, rtol=1e-10, atol=1e-12)
        (out * jitgrad.tensor(w)).sum().backward()
        ends = (slice(None),) * axis
        one, rest = (
            ((*ends, slice(1)), (*ends, slice(1, None)))
            if not reverse
            else ((*ends, slice(-1, None)), (*ends, slice(-1)))
        )
        turn = [np.zeros(shape), np.zeros(shape)]  # the decay to come, and what came before
        turn[0][(*ends, slice(-1) if not reverse else slice(1, None))] = decay[rest]
        turn[1][rest] = want[(*ends, slice(-1) if not reverse else slice(1, None))]
        assert not turn[1][one].any()
        first = recurrence(w, turn[0], axis, not reverse)
        np.testing.assert_allclose(ts[0].grad.numpy(), first, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(ts[1].grad.numpy(), first * turn[1], rtol=1e-10, atol=1e-11)


def test_a_long_recurrence_whose_products_overflow():
    n = 3 * BLOCK + 1
    for reverse in (False, True):
        x, decay = np.zeros(n), np.full(n, 3.0)
        x[-2:] = 1.0, 2.0
        x = x[::-1].copy() if reverse else x
        want = np.append(np.zeros(n - 2), [1.0, 5.0])
        got = jitgrad.linear_recurrence(
            jitgrad.tensor(x), jitgrad.tensor(decay), reverse=reverse
        ).numpy()
        np.testing.assert_array_equal(got[::-1] if reverse else got, want)
    t = jitgrad.ones(n, requires_grad=True)
    jitgrad.linear_recurrence(t, jitgrad.tensor(decay))[1].backward()
    np.testing.assert_array_equal(t.grad.numpy(), np.append([3.0, 1.0], np.zeros(n - 2)))


# --- threads --------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(300_001,), (400, 1000), (100_001, 5)], ids=str)
@pytest.mark.parametrize("name", ["cumsum", "logcumsumexp", "recurrence"])
def test_the_number_of_threads_changes_no_bit(name, shape):
    rng, before = np.random.default_rng(8), jitgrad.get_num_threads()
    x, w = data(name, shape, np.float64, rng), rng.standard_normal(shape)
    seen = []
    try:
        for threads in (1, 2, 1):
            jitgrad.set_num_threads(threads)
            parts = []
            for axis in range(len(shape)):
                t, u = (jitgrad.tensor(v, requires_grad=True) for v in (x, w))
                out = (
                    recurrence(t, 0.9 * np.tanh(u), axis)
                    if name == "recurrence"
                    else scan(name, t, axis, axis == 1)
                )
                (out * u).sum().backward()
                parts += [out.detach().numpy().copy(), t.grad.numpy().copy(), u.grad.numpy().copy()]
            seen.append([p.tobytes() for p in parts])
    finally:
        jitgrad.set_num_threads(before)
    assert seen[0] == seen[1] == seen[2]
