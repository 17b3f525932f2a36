"""Scans of all there is: they run twice over blocks, so what goes from block to block must be what
a loop would carry.

The oracle is a loop over Python's numbers. Most tests run kernels in Python, with chunks of 16
elements and lanes of 4 (`simulated`), so that short arrays have many blocks; the rest compiles few
programs and runs them at several lengths. `test_scan_kernels` has scans along the axes of larger
arrays. Start at `looped`.
"""

import contextlib
import math

import numpy as np
import pytest
from programs_seen import forget_programs
from simulated import simulated

import jitgrad
from jitgrad.base.dtypes import FLOAT64, INT64
from jitgrad.compile import limits
from jitgrad.ir import NUMBER, Node, const, leaf
from jitgrad.ops import REGISTRY
from jitgrad.ops.movement import pad_node, slice_node
from jitgrad.ops.primitives import reshape_to
from jitgrad.runtime.plan import Plan

inf, nan = math.inf, math.nan
LANES = limits.now.scan_lanes
STEP = limits.now.grain - limits.now.grain // 64  # points of a chunk
SCANS = {
    "cumsum": np.add,
    "cumprod": np.multiply,
    "cummax": np.maximum,
    "cummin": np.minimum,
    "logcumsumexp": np.logaddexp,
}


@contextlib.contextmanager
def tier(mode):
    """Within, plans are made anew, with kernels or without."""
    jitgrad.synchronize()
    before, jitgrad.config.compile = jitgrad.config.compile, mode
    forget_programs()
    try:
        yield
    finally:
        jitgrad.config.compile = before
        forget_programs()


def looped(x, decay, reverse=False):
    out, last = [], 0.0
    step = -1 if reverse else 1
    for new, factor in zip(x[::step].tolist(), decay[::step].tolist(), strict=True):
        last = last * factor + new if factor else new
        out.append(last)
    return np.array(out[::step])


def recurrence(x, decay, reverse=False):
    return jitgrad.linear_recurrence(
        jitgrad.tensor(x), jitgrad.tensor(decay), reverse=reverse
    ).numpy()


def accumulated(name, x, reverse=False):
    with np.errstate(all="ignore"):
        return SCANS[name].accumulate(x[::-1])[::-1] if reverse else SCANS[name].accumulate(x)


# --- any number of blocks, with kernels run in Python ---------------------------------------------


@pytest.mark.parametrize("reverse", [False, True])
def test_recurrences_of_every_length(reverse):
    rng = np.random.default_rng(0)
    for n in [*range(40), 63, 64, 65, 100]:
        x, decay = rng.standard_normal(n), rng.uniform(-1.5, 1.5, n)
        decay[rng.uniform(size=n) < 0.1] = 0
        with tier("always"), simulated(small=True):
            np.testing.assert_allclose(
                recurrence(x, decay, reverse), looped(x, decay, reverse), rtol=1e-9, atol=1e-12
            )


def around(lib, x, w):
    """Scans in both directions with what is fused around them, next to shifted reads, of one
    operand and of two."""

    def scan(name, *args, **options):
        return getattr(lib, name)(*args, **options)

    weighted = scan("cumsum", x * w) + scan("cummax", x) * w
    faded = scan("linear_recurrence", x[1:] * w[:-1], 0.5 * w[1:], reverse=True)
    return (weighted[1:] * faded).sum() + scan("cumprod", 1 + 0.1 * x)[-1] + (faded * faded).sum()


def test_scans_and_what_is_around_them_and_their_gradients():
    """By kernels run in Python, and by NumPy, whose scans have no blocks, or others."""
    rng = np.random.default_rng(1)
    for n in (3, 4, 17, 31, 50):
        values, found = [rng.standard_normal(n) for _ in range(2)], []
        for mode, small in (("never", False), ("always", True)):
            with tier(mode), simulated(small=small):
                tensors = [jitgrad.tensor(v, requires_grad=True) for v in values]
                out = around(jitgrad, *tensors)
                grads = jitgrad.autograd.grad(out, tensors, create_graph=True)
                second = jitgrad.autograd.grad(sum((g * g).sum() for g in grads), tensors)
                found.append([out.item(), *[g.detach().numpy().copy() for g in (*grads, *second)]])
        for got, want in zip(*found, strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-9 * np.abs(want).max())


LAYOUTS = {
    "every third": (lambda v: np.repeat(v, 3), lambda t: t[::3]),
    "backwards": (lambda v: v[::-1].copy(), lambda t: t[::-1]),
    "part": (lambda v: np.concatenate([[9.0], v, [9.0, 9.0]]), lambda t: t[1:-2]),
    "column": (lambda v: np.stack([v, v + 1], 1), lambda t: t[:, 0]),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(layout):
    lay, view = LAYOUTS[layout]
    rng = np.random.default_rng(2)
    x, decay, g = rng.standard_normal(45), rng.uniform(-1, 1, 45), rng.standard_normal(45)
    for reverse in (False, True):
        with tier("always"), simulated(small=True):
            ts = [jitgrad.tensor(lay(v), requires_grad=True) for v in (x, decay)]
            out = jitgrad.linear_recurrence(*map(view, ts), reverse=reverse)
            (out * jitgrad.tensor(g)).sum().backward()
            want = looped(x, decay, reverse)
            np.testing.assert_allclose(out.detach().numpy(), want, rtol=1e-12, atol=1e-14)
            back = looped(
                g, np.append(decay[1:], 0) if not reverse else np.append(0, decay[:-1]), not reverse
            )
            earlier = np.append(0, want[:-1]) if not reverse else np.append(want[1:], 0)
            np.testing.assert_allclose(view(ts[0].grad).numpy(), back, rtol=1e-12, atol=1e-14)
            np.testing.assert_allclose(
                view(ts[1].grad).numpy(), back * earlier, rtol=1e-12, atol=1e-14
            )


# --- what is out of range stays where a loop has it -----------------------------------------------


def out_of_range(n):
    """(x, decay) by name: infinities, nan and products that leave the range, before and behind a
    decay of 0."""
    rng = np.random.default_rng(3)
    x, small = rng.standard_normal(n), rng.uniform(-1, 1, n)
    cut = small.copy()
    cut[n // 2] = 0

    def put(value, place):
        out = x.copy()
        out[place] = value
        return out

    tiny, peak = np.zeros(n), np.full(n, 1.01)
    tiny[0], peak[n // 2 :] = 1e-305, 0.99
    grows = np.full(n, 30.0)
    grows[n // 2] = 0
    return {
        "inf": (put(inf, 3), small),
        "inf, cut": (put(-inf, 3), cut),
        "nan": (put(nan, 3), small),
        "nan, cut": (put(nan, 3), cut),
        "inf in the last run": (put(inf, n - 3), cut),
        "two infinities": (put([inf, -inf], [3, n // 2 + 2]), small),
        "runs": (x, np.where(rng.uniform(size=n) < 0.1, 0.0, 1.0)),
        "overflow": (np.abs(x), np.full(n, 30.0)),
        "overflow, cut": (x, grows),
        "tiny, grows": (tiny, peak),
        "zeros, overflow": (np.zeros(n), np.full(n, 30.0)),
        "decay is inf": (x, np.where(np.arange(n) == n // 3, inf, cut)),
        "decay is nan": (x, np.where(np.arange(n) == n // 3, nan, cut)),
    }


@pytest.mark.parametrize("mode", ["kernels", "always", "never"])
def test_recurrences_out_of_range(mode):
    n = 100 if mode == "kernels" else 3 * STEP + 7
    for name, (x, decay) in out_of_range(n).items():
        for reverse in (False, True) if mode == "kernels" else (True,):
            kernels = simulated(small=True) if mode == "kernels" else contextlib.nullcontext()
            with tier("always" if mode == "kernels" else mode), kernels:
                got = recurrence(x, decay, reverse)
            np.testing.assert_allclose(
                got, looped(x, decay, reverse), rtol=1e-9, atol=1e-300, err_msg=name
            )


def test_products_out_of_range():
    """A product of a block that leaves the range says nothing of what the loop has, which starts
    from elsewhere."""
    n = 100
    rng = np.random.default_rng(4)
    zero = np.full(n, 1e10)
    zero[5] = 0
    wide = 10.0 ** rng.uniform(-40, 40, n)
    places = np.arange(n)
    for x in (
        np.repeat([1e-10, 1e10], n // 2), np.repeat([1e10, 1e-10], n // 2),
        zero, np.where(zero, 1e-10, 0), wide, -wide,
        np.repeat([1e-10, 1e10, 1e-10, 1e10], n // 4), np.where(places == 70, inf, 0.5),
        np.where(places == 70, inf, zero), np.where(places == 70, nan, 1e-30),
    ):  # fmt: skip
        for reverse in (False, True):
            with tier("always"), simulated(small=True):
                got = jitgrad.cumprod(jitgrad.tensor(x), reverse=reverse).numpy()
            want = accumulated("cumprod", x, reverse)
            np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-300)
    zeros = np.full(3 * STEP, 1.1)
    zeros[7] = 0
    with tier("always"):
        assert not jitgrad.cumprod(jitgrad.tensor(zeros)).numpy()[7:].any()


# --- compiled kernels -----------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])
@pytest.mark.parametrize("reverse", [False, True])
def test_long_recurrences(reverse, dtype):
    rng = np.random.default_rng(5)
    with tier("always"):
        for n in (
            STEP,
            STEP + 1,
            2 * STEP - 1,
            2 * STEP + LANES + 1,
            *([1_000_000] if dtype == np.float64 else ()),
        ):
            x, decay = rng.standard_normal(n).astype(dtype), rng.uniform(-1, 1, n).astype(dtype)
            decay[rng.uniform(size=n) < 0.001] = 0
            got, want = recurrence(x, decay, reverse), looped(x, decay, reverse)
            assert got.dtype == dtype
            eps = np.finfo(dtype).eps
            np.testing.assert_allclose(got, want, rtol=0, atol=30 * eps * np.abs(want).max())


LONG = 2 * STEP + 5


def long_data(name, rng):
    """Values whose running results stay in range, with ties."""
    x = rng.standard_normal(LONG)
    return (
        np.exp(0.01 * x) if name == "cumprod" else np.round(x, 1) if name != "logcumsumexp" else x
    )


@pytest.mark.parametrize("name", SCANS)
def test_gradients_of_a_long_vector_are_those_of_torch(name):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(6)
    x, w = long_data(name, rng), rng.standard_normal(LONG)
    t = torch.tensor(x, requires_grad=True)
    out = getattr(torch, name)(t, 0)
    out = out.values if name in ("cummax", "cummin") else out
    (out * torch.tensor(w)).sum().backward()
    with tier("always"):
        mine = jitgrad.tensor(x, requires_grad=True)
        got = getattr(jitgrad, name)(mine)
        (got * jitgrad.tensor(w)).sum().backward()
        np.testing.assert_allclose(
            got.detach().numpy(), out.detach().numpy(), rtol=1e-10, atol=1e-10
        )
        scale = np.abs(t.grad.numpy()).max()
        np.testing.assert_allclose(mine.grad.numpy(), t.grad.numpy(), rtol=1e-8, atol=1e-11 * scale)


@pytest.mark.parametrize("name", ["cumprod", "logcumsumexp"])
def test_second_derivatives_of_a_long_vector(name):
    """Hessian times vector, against differences of the gradient."""
    rng = np.random.default_rng(7)
    x, v = 1 + 0.01 * rng.standard_normal(LONG), rng.standard_normal(LONG)
    weights = jitgrad.tensor(rng.standard_normal(LONG) / LONG)

    def f(t):
        return (getattr(jitgrad, name)(t) * weights).sum()

    with tier("always"):
        x = np.where(np.arange(LONG) == 50, 0.0, x) if name == "cumprod" else x
        got = jitgrad.hvp(f)(jitgrad.tensor(x), jitgrad.tensor(v)).numpy()
        grad = jitgrad.grad(f)
        ends = [grad(jitgrad.tensor(x + s * v)).numpy() for s in (1e-6, -1e-6)]
    want = (ends[0] - ends[1]) / 2e-6
    np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5 * np.abs(want).max())


# --- what becomes one kernel ----------------------------------------------------------------------


def kernels(f):
    with tier("always"):
        return jitgrad.explain(f).kernels


@pytest.mark.parametrize("name", SCANS)
def test_a_scan_with_its_gradient_is_a_few_kernels(name):
    """Each scan runs twice; what is dear around one has loops of its own, of vectors."""
    x, w = jitgrad.ones(LONG, requires_grad=True), jitgrad.ones(LONG)
    found = kernels(lambda: (w * getattr(jitgrad, name)(x)).sum().backward())
    assert {k.kind for k in found} <= {"flat", "scalar", "scalars"}
    assert sum(k.kind == "flat" for k in found) <= (6 if name == "logcumsumexp" else 4)


def test_dear_values_are_kept_for_both_passes():
    x = jitgrad.ones(LONG)
    for f in (
        lambda: jitgrad.cumsum(np.sin(np.tanh(x))),
        lambda: np.sin(np.tanh(jitgrad.cumsum(x))),
    ):
        loops = [k.operations for k in kernels(f)]
        assert len(loops) == 3 and sum("sin" in names for names in loops) == 1
        assert not any("sin" in names and "cumsum" in names for names in loops)
    assert len(kernels(lambda: jitgrad.cumsum(x * x + 1) * 2)) == 2


def test_chunks_that_a_guard_crosses_are_right():
    """Within a chunk the lanes run without guards where all of these hold in all lanes."""
    rng = np.random.default_rng(8)
    for n, first in ((45, 1), (70, 20), (70, 40), (33, 32)):
        x = rng.standard_normal(n)
        for reverse in (False, True):
            with tier("always"), simulated(small=True):
                t = jitgrad.tensor(x)
                y = jitgrad.zeros(n)
                y[first:] = t[:-first]
                y = y + jitgrad.flip(t)
                z = y * 1.0
                z[: n - first] = t[first:]
                got = (jitgrad.cumsum(y * z, reverse=reverse) + z).numpy()
            shifted, ahead = np.append(np.zeros(first), x[:-first]) + x[::-1], x[first:]
            ahead = np.append(ahead, shifted[n - first :])
            want = accumulated("cumsum", shifted * ahead, reverse) + ahead
            np.testing.assert_allclose(got, want, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("mode", ["simulated", "kernels"])
def test_rows_that_lie_in_the_padding(mode):
    """A guard that does not change along the scan is tested all the same: here of the number of the
    row."""
    n = 300 if mode == "simulated" else 70_000
    x, row = leaf(0, (1, n), FLOAT64), Node(NUMBER, (), 0, (), INT64)
    zero = const(0, INT64)
    padded = pad_node(x, (const(1, INT64), zero), (1, 1), (4, n))
    picked = reshape_to(slice_node(padded, (row, zero), (1, 1), (1, n)), (n,))
    twice = Node(REGISTRY["add"].op, (picked, picked), None, (n,), FLOAT64)
    data = np.random.default_rng(0).uniform(-1, 1, n)
    with simulated(small=True) if mode == "simulated" else contextlib.nullcontext():
        plan = Plan([Node(REGISTRY["cumsum"].op, (twice,), (0, False), (n,), FLOAT64)])
        plan.compile()
        for k in range(4):
            want = np.cumsum(2 * data) if k == 1 else np.zeros(n)
            np.testing.assert_allclose(plan.run([data], (k,))[0], want, rtol=1e-9, atol=1e-9)
