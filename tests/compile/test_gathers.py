"""Indexing by arrays: values, gradients and second derivatives against NumPy by hand, in each tier
and in many pieces.

What is picked at places named several times adds up in the gradient. Kernels run in Python
(`simulated`) with every access checked, and compiled. Start at `CASES`.
"""

import contextlib

import numpy as np
import pytest
from programs_seen import forget_programs
from simulated import simulated

import jitgrad as jg

MODES = ("never", "simulated", "small", "always")


def forget():
    """Let the next run make new plans."""
    forget_programs()


@contextlib.contextmanager
def running(mode):
    jg.synchronize()
    before, jg.config.compile = jg.config.compile, "never" if mode == "never" else "always"
    forget()
    try:
        with (
            simulated(small=mode == "small")
            if mode in ("simulated", "small")
            else contextlib.nullcontext()
        ):
            yield
    finally:
        jg.config.compile = before
        forget()


def places(*shape, n, seed=0):
    return np.random.default_rng(seed).integers(-n, n, shape)


#: shape of what is indexed, and the index
CASES = {
    "vector": ((5,), places(40, n=5)),
    "rows": ((5, 3), places(40, n=5)),
    "wide rows": ((4, 37), places(30, n=4)),
    "rows of one": ((6, 1), places(20, n=6)),
    "rows of nothing": ((6, 0), places(20, n=6)),
    "a table of one row": ((1, 4), places(20, n=1)),
    "planes": ((4, 2, 3), places(12, n=4)),
    "nothing": ((5, 3), np.zeros(0, np.int64)),
    "nothing of nothing": ((0, 3), np.zeros(0, np.int64)),
    "one": ((5, 3), np.array([2])),
    "index of two axes": ((5, 3), places(4, 6, n=5)),
    "two indices": ((5, 3), (places(40, n=5), places(40, n=3, seed=1))),
    "two indices that broadcast": ((5, 3, 2), (places(4, 1, n=5), places(6, n=3, seed=1))),
    "three indices": ((3, 4, 5, 2), (places(50, n=3), places(50, n=4), places(50, n=5))),
    "columns": ((3, 5), (slice(None), places(9, n=5))),
    "columns of planes": ((3, 5, 2), (slice(None), places(9, n=5))),
    "apart": ((3, 2, 5), (places(9, n=3), slice(None), places(9, n=5))),
    "of a slice": ((6, 8), (slice(1, None, 2), places(9, n=8))),
    "of a reversed slice": ((6, 8), (slice(None, None, -1), places(9, n=8))),
    "beside an integer": ((6, 8, 3), (2, places(9, n=8))),
    "new axis": ((6, 3), (None, places(9, n=6))),
    "mask": ((6, 3), np.random.default_rng(3).random((6, 3)) < 0.5),
    "mask of rows": ((6, 3), np.random.default_rng(3).random(6) < 0.5),
    "bytes": ((5, 3), places(9, n=5).astype(np.int8)),
    "unsigned": ((5, 3), np.array([4, 0, 4], np.uint8)),
}


def added(shape, index, values):
    out = np.zeros(shape)
    np.add.at(out, index, values)
    return out


def data(name, dtype=np.float64):
    shape, index = CASES[name]
    rng = np.random.default_rng(5)
    x = rng.standard_normal(shape).astype(dtype)
    return x, index, rng.standard_normal(x[index].shape).astype(dtype)


@pytest.mark.each("mode", MODES)
@pytest.mark.each("dtype", [np.float64, np.float32])
@pytest.mark.each("name", CASES)
def test_value_and_gradient(name, dtype, mode):
    x, index, w = data(name, dtype)
    with running(mode):
        t = jg.tensor(x, requires_grad=True)
        y = t[index]
        (jg.tanh(y) * w).sum().backward()
        assert y.shape == w.shape
        np.testing.assert_array_equal(y.detach().numpy(), x[index])
        expected = added(
            x.shape, index, w.astype(float) * (1 - np.tanh(x[index].astype(float)) ** 2)
        )
        np.testing.assert_allclose(
            t.grad, expected, rtol=0, atol=1e-13 if dtype == np.float64 else 4e-6
        )
        assert t.grad.dtype == dtype


@pytest.mark.each("mode", MODES)
@pytest.mark.each("name", CASES)
def test_second_order(name, mode):
    x, index, w = data(name)
    v = np.random.default_rng(6).standard_normal(x.shape)
    expected = added(x.shape, index, 6 * w * x[index] * v[index])
    with running(mode):
        loss = lambda t: (t[index] ** 3 * w).sum()
        np.testing.assert_allclose(
            jg.hvp(loss)(jg.tensor(x), jg.tensor(v)), expected, rtol=0, atol=1e-12
        )
        t = jg.tensor(x, requires_grad=True)
        loss(t).backward(create_graph=True)
        g, t.grad = t.grad, None
        (g * v).sum().backward()
        np.testing.assert_allclose(t.grad, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("mode", MODES)
def test_what_is_made_of_what_is_picked(mode):
    """Sums of rows, a softmax of them, indices of indices, the same places twice, and values
    computed before."""
    rng = np.random.default_rng(7)
    x, i, j = rng.standard_normal((6, 4)), rng.integers(-6, 6, 30), rng.integers(0, 30, 50)

    def f(t, xp):
        e = xp.exp(t[i])
        soft = e / e.sum(1)[:, None]
        return (
            (soft[:, 0] * t[i][:, 1]).sum()
            + (t[i][j] ** 2).sum()
            + (xp.sin(t * t)[i].T * 2.0).sum()
        )

    with running(mode):
        t = jg.tensor(x, requires_grad=True)
        y = f(t, jg)
        y.backward()
        np.testing.assert_allclose(y.item(), f(x, np), rtol=1e-13)
        d = rng.standard_normal(x.shape)
        slope = (f(x + 1e-6 * d, np) - f(x - 1e-6 * d, np)) / 2e-6
        np.testing.assert_allclose((np.asarray(t.grad) * d).sum(), slope, rtol=1e-7)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("axis", [0, 1, 2, None])
def test_places_along_an_axis(axis, mode):
    rng = np.random.default_rng(10)
    x = rng.standard_normal((3, 4, 5))
    sizes = {
        None: [(60,)],
        0: [(7, 4, 5), (2, 1, 5)],
        1: [(3, 6, 5), (1, 2, 5)],
        2: [(3, 4, 1), (3, 1, 9)],
    }[axis]
    flat = x.reshape(-1) if axis is None else x
    for size in sizes:
        index = rng.integers(0, 60 if axis is None else x.shape[axis], size)
        at = 0 if axis is None else axis
        picked = np.take_along_axis(flat, index, at)
        w = rng.standard_normal(picked.shape)
        grid = list(np.broadcast_arrays(*np.indices(picked.shape, sparse=True)))
        grid[at] = np.broadcast_to(index, picked.shape)
        with running(mode):
            t = jg.tensor(x, requires_grad=True)
            y = jg.take_along_axis(t, index, axis)
            np.testing.assert_array_equal(y.detach().numpy(), picked)
            (y**2 * w).sum().backward()
            expected = added(flat.shape, tuple(grid), 2 * picked * w).reshape(x.shape)
            np.testing.assert_allclose(t.grad, expected, rtol=0, atol=1e-13)
            t = jg.tensor(x, requires_grad=True)
            w = rng.standard_normal(flat.shape)
            (jg.sort(t, axis) * w).sum().backward()
            np.testing.assert_array_equal(
                t.grad, np.take_along_axis(w, flat.argsort(at).argsort(at), at).reshape(x.shape)
            )


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", ["uint8", "int32", "int64", "bool", "float32", "float64"])
def test_repeated_additions(dtype, mode):
    x, i = np.arange(12).reshape(4, 3).astype(dtype), np.array([0, 0, -1, 2, 0] * 5)
    v = (np.arange(75).reshape(25, 3) * 20).astype(dtype)
    expected = x.copy()
    np.add.at(expected, i, v)
    with running(mode):
        out = np.asarray(jg.add_at(jg.tensor(x), i, jg.tensor(v), 0))
        np.testing.assert_array_equal(out, expected)
        assert out.dtype == expected.dtype


@pytest.mark.parametrize("mode", MODES)
def test_writes_at_places(mode):
    x, i = np.arange(12.0).reshape(4, 3), np.array([1, 3, 1, 0])
    v = np.arange(12.0).reshape(4, 3) + 0.5
    with running(mode):
        a, b = jg.tensor(x, requires_grad=True), jg.tensor(v, requires_grad=True)
        t = a * 1.0
        t[i] = b
        t[np.array([0, 2])] += 2 * b[:2]
        expected = x.copy()
        expected[i] = v
        expected[[0, 2]] += 2 * v[:2]
        np.testing.assert_array_equal(t.detach().numpy(), expected)
        (t * x).sum().backward()
        np.testing.assert_array_equal(a.grad, x * np.array([0, 0, 1, 0])[:, None])
        written = x[i] * np.array([0, 1, 1, 1])[:, None]
        written[:2] += 2 * x[[0, 2]]
        np.testing.assert_array_equal(b.grad, written)


@pytest.mark.each("mode", MODES)
@pytest.mark.each(
    "index", [2, np.array(-1), np.array([1]), np.zeros((0, 2), int), [[0, 2], [2, 2]]], ids=repr
)
@pytest.mark.each("axis", [None, 0, 1])
def test_take(axis, index, mode):
    x = np.random.default_rng(11).standard_normal((4, 3))
    with running(mode):
        t = jg.tensor(x, requires_grad=True)
        y = jg.take(t, index, axis)
        np.testing.assert_array_equal(y.detach().numpy(), np.take(x, index, axis))
        (jg.sin(y) * jg.take(t, 1)).sum().backward()
        places = np.take(np.arange(12).reshape(4, 3), index, axis)
        expected = added((12,), places, np.cos(x.flat[places]) * x.flat[1])
        expected[1] += np.sin(x.flat[places]).sum()
        np.testing.assert_allclose(t.grad, expected.reshape(4, 3), rtol=0, atol=1e-13)
        v = jg.tensor(x[0], requires_grad=True)
        out = jg.add_at(v, np.array(2), v[1])
        (out**2).sum().backward()
        np.testing.assert_allclose(
            v.grad, 2 * x[0] + [0, 2 * (x[0, 1] + x[0, 2]), 2 * x[0, 1]], atol=1e-13
        )


def test_results_are_the_same_with_any_number_of_threads():
    rng = np.random.default_rng(8)
    cases = ((50, 1, 300_000), (50, 3, 100_000), (300, 160, 3000), (40_000, 2, 100_000))
    before = jg.get_num_threads()
    with running("always"):
        for rows, width, k in cases:
            x, i = rng.standard_normal((rows, width)), rng.integers(0, rows, k)
            w, grads = rng.standard_normal((k, width)), []
            for threads in (1, 2, 2):
                jg.set_num_threads(threads)
                t = jg.tensor(x, requires_grad=True)
                (t[i] * w).sum().backward()
                grads.append(np.asarray(t.grad))
            jg.set_num_threads(before)
            np.testing.assert_array_equal(grads[0], grads[1])
            np.testing.assert_array_equal(grads[1], grads[2])
            np.testing.assert_allclose(grads[0], added(x.shape, i, w), rtol=1e-9, atol=1e-11)


def test_float32_adds_up_in_float64():
    """Each of many parts is rounded once: 1e5 numbers near 1 whose plain float32 sum is off in the
    fourth digit."""
    k = 100_000
    w = np.random.default_rng(9).uniform(0.9, 1.1, (k, 2)).astype(np.float32)
    with running("always"):
        t = jg.tensor(np.zeros((3, 2), np.float32), requires_grad=True)
        (t[np.zeros(k, int)] * w).sum().backward()
        np.testing.assert_array_equal(
            np.asarray(t.grad)[0], w.sum(0, dtype=np.float64).astype(np.float32)
        )


@pytest.mark.parametrize("mode", MODES)
def test_places_out_of_bounds_raise_where_they_are_named(mode):
    with running(mode):
        t = jg.tensor(np.zeros((4, 2)))
        for index in (np.array([0, 4]), np.array([-5]), (slice(None), np.array([2]))):
            with pytest.raises(IndexError):
                t[index]
        i = np.array([0, 3])
        y = t[i] + 1
        i[:] = 100  # the user's array may change before it is used
        np.testing.assert_array_equal(np.asarray(y), np.ones((2, 2)))
