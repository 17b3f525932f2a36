"""`x[mask]` under `jit`, where only a call knows the mask: values and gradients are those without
`jit`, and what needs the number of elements is refused."""

import warnings

import numpy as np
import pytest

import jitgrad
from jitgrad import JitError, ShapeError
from jitgrad import numpy as jnp

X, Y = np.array([-1.0, 0.0, 2.0, 3.0]), np.array(1.0)
ROWS, W = np.arange(-6.0, 6).reshape(4, 3), np.array([1.0, 2.0, 3.0])


@pytest.fixture(autouse=True)
def interpreted(monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "never")


def written(change):
    """A function that changes a copy of its operand."""

    def f(x, y):
        out = x * 1.0
        change(out, out > 0, y)
        return (out * out).sum()

    return f


def add(x, m, y):
    x[m] += y


def scale(x, m, y):
    x[m] *= 2
    x[~m] -= y


def log(x, m, y):
    x[m] = jnp.log(x[m])


def other_arrays(x, m, y):
    x[m] += (y * x)[m] - jnp.sin(x[m])


def numpys(x, m, y):
    x[m] = np.sqrt(x[m]) * y


def turns(x, m, y):
    for _ in range(3):
        x[x < 2] += y * 0.5
        x[x > 2] *= 0.9


def shifted(x, m, y):
    """Where the mask is not true, the slope by `y` is infinite or nan."""
    x[m] = jnp.log(x[m] - y + 1e-9) + x[m] ** y


WRITES = [add, scale, log, other_arrays, numpys, turns, shifted]
REDUCTIONS = {
    "sum": lambda x, y: (x[x > 0] ** y).sum(),
    "mean": lambda x, y: ((x[x > 0] - y) ** 2).mean(),
    "prod": lambda x, y: jnp.prod(x[x > 0] * y) + jnp.any(x[x > 0] > 2) + jnp.all(x[x > 0] > 2),
    "numpy's": lambda x, y: np.sum(np.exp(x[x > 0]) * y),
    "composites": lambda x, y: jnp.mean(jitgrad.sigmoid(x[x > 0]) + y),
    "none": lambda x, y: (x[x > 100] * y).sum(),
    "where": lambda x, y: jnp.where(x[x > 0] > 2.5, x[x > 0], y).sum(),
    "extremes": lambda x, y: (jnp.maximum(x[x > 0], 2.5) + jnp.clip(x[x > 0], 0, y + 1)).sum(),
}
OF_ROWS = {
    "sum": lambda x, w: (x[x[:, 0] > 0] * w).sum(),
    "mean of columns": lambda x, w: (jnp.mean(x[x[:, 0] > 0], axis=0) * w).sum(),
    "add": written(lambda x, m, w: add(x, m[:, 0], w)),
    "all": written(lambda x, m, w: x.__setitem__(m, -x[m])),
    "one value": written(lambda x, m, w: x.__setitem__(m[:, 0], w)),
}
CASES = [(f.__name__, written(f), X, Y) for f in WRITES]
CASES += [(name, f, X, Y) for name, f in REDUCTIONS.items()]
CASES += [(f"rows, {name}", f, ROWS, W) for name, f in OF_ROWS.items()]


@pytest.mark.parametrize(("f", "x", "y"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_values_and_gradients_are_those_without_jit(f, x, y):
    eager = jitgrad.value_and_grad(f, argnums=(0, 1))
    traced = jitgrad.jit(eager)
    for a in (x, -x, x + 0.5):
        for got, want in zip(
            jitgrad.tree.leaves(traced(a, y)), jitgrad.tree.leaves(eager(a, y)), strict=True
        ):
            np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-14)


def test_second_derivatives_and_rows():
    f = lambda x: written(log)(x, 1.0)
    np.testing.assert_allclose(jitgrad.jit(jitgrad.hessian(f))(X), jitgrad.hessian(f)(X))
    mean = lambda x: REDUCTIONS["mean"](x, 2.0)
    rows = np.stack([X, X + 1])
    np.testing.assert_allclose(jitgrad.jit(jitgrad.vmap(mean))(rows), [mean(x) for x in rows])


@pytest.mark.parametrize(
    "f",
    [
        lambda x: jnp.cumsum(x[x > 0]).sum(),
        lambda x: jitgrad.softmax(x[x > 0]).sum(),
        lambda x: x[x > 0].max(keepdims=True),
        lambda x: (x[x > 0] + 1j * x[x > 0]).max(),
        lambda x: x[x > 0][0],
        lambda x: np.median(x[x > 0]),
        lambda x: x[x > 0] @ x[x > 0],
        lambda x: x[x > 0].reshape(-1).sum(),
        lambda x: x[x > 0].sum(keepdims=True),
        lambda x: (x[x > 0] * x).sum(),
        lambda x: len(x[x > 0]) + x.sum(),
        lambda x: x[x > 0],
        lambda x: {"part": x[x > 0] * 2},
        lambda x: np.asarray(x[x > 0]).sum(),
        lambda x: jnp.concatenate([x[x > 0], x]).sum(),
        lambda x: jitgrad.cond(x.sum() > 0, lambda: x[x > 0], lambda: x[x > 0]).sum(),
    ],
)
def test_what_needs_the_number_of_elements_is_refused(f):
    with pytest.raises(JitError, match="only a call knows how many|known only to a call"):
        jitgrad.jit(f)(jitgrad.tensor(X))


def test_masks_that_differ_are_refused():
    def f(x):
        out = x * 1.0
        out[x > 0] = x[x > 1]
        return out

    with pytest.raises(JitError, match="under another mask"):
        jitgrad.jit(f)(jitgrad.tensor(X))

    def g(x):
        out = x * 1.0
        out[1:] = x[x > 1]
        return out

    with pytest.raises(JitError, match="a write to an index that is no mask"):
        jitgrad.jit(g)(jitgrad.tensor(X))


@pytest.mark.parametrize("name", ["std", "var"])
@pytest.mark.parametrize("ddof", [0, 1])
def test_spreads_of_elements_under_a_mask(name, ddof):
    """Of all, along the rows of a matrix, of one element, and of none."""
    for x, axis in ((X, None), (X[:3], None), (ROWS, None), (ROWS, 0), (X + 1j * X[::-1], None)):
        mask = x.real > 0 if x.ndim == 1 else x[:, 0] > -5

        def f(x, m, axis=axis):
            return getattr(x[m], name)(axis=axis, ddof=ddof)

        got = jitgrad.jit(f)(x, mask)
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            np.testing.assert_allclose(got, f(x, mask), rtol=1e-12)
    g = jitgrad.grad(lambda x: getattr(x[x > 0], name)(ddof=ddof))
    for x in (X, ROWS):
        np.testing.assert_allclose(jitgrad.jit(g)(x), g(x), rtol=1e-12, atol=1e-15)
    assert np.isnan(jitgrad.jit(lambda x: getattr(x[x > 9], name)())(X))


def test_parts_of_an_order():
    """`partition` while `jit` traces: what is left and right of a place, and its gradient."""
    x = np.random.default_rng(0).standard_normal((3, 9))
    got = np.asarray(jitgrad.jit(lambda x: np.partition(x, 4, axis=1))(x))
    want = np.partition(x, 4, axis=1)
    np.testing.assert_array_equal(got[:, 4], want[:, 4])
    np.testing.assert_array_equal(np.sort(got[:, :4]), np.sort(want[:, :4]))
    places = np.asarray(jitgrad.jit(lambda x: np.argpartition(x, 4, axis=1))(x))
    np.testing.assert_array_equal(np.take_along_axis(x, places, 1)[:, 4], want[:, 4])
    g = jitgrad.grad(lambda x: np.partition(x, 4, axis=1)[:, 4].sum())
    np.testing.assert_array_equal(jitgrad.jit(g)(x), g(x))
    with pytest.raises(jitgrad.ArgumentError, match="kth"):
        jitgrad.jit(lambda x: np.partition(x, 9, axis=1))(x)


EXTREMES = [getattr(np, name) for name in ("max", "min", "argmax", "argmin", "ptp", "amax")]
EXTREMES += [jnp.count_nonzero, lambda x, axis: x.min(axis=axis)]


@pytest.mark.each("f", EXTREMES)
@pytest.mark.each("axis", [None, 0])
def test_extremes_of_elements_under_a_mask(f, axis):
    """Of floats and integers, with infinities and nan, along the rows of a matrix, and of ties."""
    ties = np.array([[3.0, -np.inf, 1], [-1, -np.inf, 5], [3, -np.inf, 5], [9, 9, 9]])
    for x in (X, ROWS, ties, ties * np.nan, np.array([[2, 1], [2, 7], [9, 9]]), X > 0, np.exp(X)):
        for mask in (np.arange(len(x)) < len(x) - 1, np.arange(len(x)) > 0, x < 9):
            if (axis == 0 and mask.ndim > 1) or not mask.any() or (x.dtype == bool and f is np.ptp):
                continue
            got = jitgrad.jit(lambda x, m: f(x[m], axis=axis))(x, mask)
            with np.errstate(invalid="ignore"):
                want = np.asarray(f(x[mask], axis=axis))
            np.testing.assert_array_equal(got, want)
            assert got.dtype == want.dtype


def test_gradients_of_extremes_under_a_mask():
    for name in ("max", "min", "ptp"):
        f = lambda x, axis, name=name: (getattr(jnp, name)(x[x[..., 0] > -4], axis=axis) ** 2).sum()
        for axis in (None, 0):
            g = jitgrad.grad(lambda x, f=f, axis=axis: f(x, axis))
            np.testing.assert_allclose(jitgrad.jit(g)(ROWS), g(ROWS))
            _, t = jitgrad.jvp(jitgrad.jit(lambda x, f=f, axis=axis: f(x, axis)), (ROWS,), (ROWS,))
            np.testing.assert_allclose(t, (np.asarray(g(ROWS)) * ROWS).sum())
    rows = np.stack([X, X + 1])
    largest = lambda x: x[x < 3].max() + x[x < 3].argmax()
    np.testing.assert_array_equal(
        jitgrad.jit(jitgrad.vmap(largest))(rows), [largest(x) for x in rows]
    )
    for name in ("max", "argmin", "ptp"):
        with pytest.raises(ShapeError, match=rf"no elements under a mask in {name}|max"):
            print(jitgrad.jit(lambda x, name=name: getattr(jnp, name)(x[x > 9]))(X))


PIECES = {
    "else": lambda x, y: jnp.piecewise(x, [x < 0, x >= 2], [lambda x: x * y, jnp.log, 5.0]),
    "numpy's": lambda x, y: np.piecewise(x, x < 0, [lambda x: x * y, 7]),
    "a number": lambda x, y: np.piecewise(x, [x < 0, x > 0], [lambda x: x * y, lambda x: y]),
    "arguments": lambda x, y: jnp.piecewise(x, [x < 0], [lambda x, k: x * y * k, jnp.power], y),
    "masks in rows": lambda x, y: jnp.piecewise(x, jnp.stack([x < 0, x > 0]), [1, lambda x: x * y]),
    "one": lambda x, y: jnp.piecewise(x[2], [x[2] < 0], [0, lambda x: x**y]),
    "matrix": lambda x, y: jnp.piecewise(
        x.reshape(2, 2), [x.reshape(2, 2) < 0], [lambda x: x * y, jnp.exp]
    ),
}


@pytest.mark.each("name", PIECES)
def test_functions_in_pieces(name):
    f = jitgrad.value_and_grad(lambda x, y: (PIECES[name](x, y) ** 2).sum(), argnums=(0, 1))
    for x in (X, -X):
        for got, want in zip(
            jitgrad.tree.leaves(jitgrad.jit(f)(x, Y)), jitgrad.tree.leaves(f(x, Y)), strict=True
        ):
            np.testing.assert_allclose(got, want, rtol=1e-12)
