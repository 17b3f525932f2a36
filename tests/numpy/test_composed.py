"""NumPy functions made of jitgrad's operations (`numpy.composed`, `rearranged`, `statistics`,
`contraction`): values, shapes and dtypes against NumPy on arrays, gradients against central
differences of NumPy's function.

`CASES` has a call per line; `test_every_handler_is_called` fails where a function is in none.
"""

import numpy as np
import numpy_calls
import pytest
from numpy_oracle import A, B, check_gradient, leaf

import jitgrad
import jitgrad.numpy as jnp
from jitgrad import ArgumentError, AxisError, DTypeError, GradientError, ShapeError
from jitgrad.numpy import functions
from jitgrad.numpy.functions import composed, contraction, rearranged, statistics, writes

S = np.array([[0.5, -1.5, 2.0], [3.0, 0.25, -4.0], [1.25, -0.75, 0.125]])
C = np.random.default_rng(3).standard_normal((2, 3, 4))
V, W = np.array([0.3, -1.2, 2.5, 0.7]), np.array([1.5, -0.5, 0.25])
N = np.where(np.abs(A) > 2.5, np.nan, A)
W6 = np.arange(1.0, 7.0).reshape(2, 3)
GRID = np.array([0.0, 1.0, 2.5, 4.0])

# fmt: off
CASES = {
    "row_stack": [lambda x, y: jnp.row_stack([x, y]) if isinstance(x, jitgrad.Tensor) else np.vstack([x, y])],
    "trim_zeros": [lambda x, y: np.trim_zeros(x[0] * (A[0] > 0)), lambda x, y: np.trim_zeros(x[1] * (A[1] < 0), "f")],
    "vstack": [lambda x, y: np.vstack([x, y]), lambda x, y: np.vstack((x, B, y))],
    "hstack": [lambda x, y: np.hstack([x, y])],
    "dstack": [lambda x, y: np.dstack([x, y])],
    "column_stack": [lambda x, y: np.column_stack([x, y]), lambda x, y: np.column_stack([x[:, 0], y])],
    "block": [lambda x, y: np.block([[x, y], [y, x]]), lambda x, y: np.block([[x, np.ones((2, 1))]])],
    "array_split": [lambda x, y: np.array_split(x, 2, 1)[0] * np.array_split(y, 2, 1)[0]],
    "split": [lambda x, y: np.split(x, 2)[1] * np.split(y, [1])[0]],
    "vsplit": [lambda x, y: np.vsplit(x, 2)[0] * y], "hsplit": [lambda x, y: np.hsplit(x, 3)[2] * y],
    "dsplit": [lambda x, y: np.dsplit(np.stack([x, y], -1), 2)[1]],
    "unstack": [lambda x, y: np.unstack(x)[1] * np.unstack(y, axis=0)[0]],
    "rollaxis": [lambda x, y: np.rollaxis(np.stack([x, y]), 2)],
    "cumulative_sum": [lambda x, y: np.cumulative_sum(x, axis=1) * y,
                       lambda x, y: np.cumulative_sum(x, axis=0, include_initial=True)],
    "cumulative_prod": [lambda x, y: np.cumulative_prod(x, axis=1) * y],
    "linalg.trace": [lambda x, y: np.linalg.trace(x @ y.T)],
    "linalg.diagonal": [lambda x, y: np.linalg.diagonal(np.stack([x, y]), offset=1)],
    "atleast_1d": [lambda x, y: np.atleast_1d(x[0, 0]), lambda x, y: np.atleast_1d(x, y[0, 0])[1]],
    "atleast_2d": [lambda x, y: np.atleast_2d(x[0]), lambda x, y: np.atleast_2d(x[0, 0])],
    "atleast_3d": [lambda x, y: np.atleast_3d(x), lambda x, y: np.atleast_3d(x[0]),
                   lambda x, y: np.atleast_3d(x[0, 0])],
    "rot90": [lambda x, y, k=k: np.rot90(np.stack([x, y]), k, (0, 2)) for k in (-1, 0, 1, 2, 3)],
    "broadcast_arrays": [lambda x, y: np.broadcast_arrays(x, y[0])[1] * np.broadcast_arrays(x, y)[0]],
    "meshgrid": [lambda x, y, k=k, kw=kw: np.meshgrid(x[0], y[1], [1.0, 2.0], **kw)[k]
                 for k in (0, 1) for kw in ({}, {"indexing": "ij"}, {"sparse": True})],
    "select": [lambda x, y: np.select([A > 1, A < 0], [x, x * y], 3.0), lambda x, y: np.select([A > 1], [x])],
    "interp": [lambda x, y: np.interp(x, GRID, V),
               lambda x, y: np.interp([-1.0, 0.5, 2.5, 9.0], GRID, x.reshape(-1)[:4]),
               lambda x, y: np.interp(x, GRID, V, left=-1.0, right=2.0), lambda x, y: np.interp(x, [1.0], y[0, :1])],
    "diff": [lambda x, y: np.diff(x), lambda x, y: np.diff(x, axis=0), lambda x, y: np.diff(x, 2),
             lambda x, y: np.diff(x, 0), lambda x, y: np.diff(x, prepend=1.0, append=y)],
    "ediff1d": [lambda x, y: np.ediff1d(x), lambda x, y: np.ediff1d(x, to_end=y[0], to_begin=2.0)],
    "trapezoid": [lambda x, y: np.trapezoid(x), lambda x, y: np.trapezoid(x, dx=0.5, axis=0),
                  lambda x, y: np.trapezoid(x, y[0]), lambda x, y: np.trapezoid(x, dx=[0.5, 2.0]),
                  lambda x, y: np.trapezoid(x[None], y), lambda x, y: np.trapezoid(x, y[None, :, :]),
                  lambda x, y: np.trapezoid(x, y), lambda x, y: np.trapezoid(x, y[:, 0], axis=0)],
    "cross": [lambda x, y: np.cross(x, y), lambda x, y: np.cross(x.T, y, axisa=0),
              lambda x, y: np.cross(x.T, y.T, axis=0)],
    "linalg.cross": [lambda x, y: np.linalg.cross(x, y)],
    "kron": [lambda x, y: np.kron(x, y), lambda x, y: np.kron(x, y[0])], "vdot": [lambda x, y: np.vdot(x, y)],
    "convolve": [lambda x, y, m=m: np.convolve(x.reshape(-1), y[0], m) for m in ("full", "same", "valid")]
                + [lambda x, y: np.convolve(x[0], y.reshape(-1), "same")]
                + [lambda x, y, m=m: np.convolve(x.reshape(-1), y[0], m) for m in (0, 1, 2)],
    "correlate": [lambda x, y, m=m: np.correlate(x.reshape(-1), y[0], m) for m in ("full", "same", "valid")]
                 + [lambda x, y, m=m: np.correlate(x[0, :2], y.reshape(-1)[:5], m) for m in ("full", "same", "valid")],
    "vander": [lambda x, y: np.vander(x[0]), lambda x, y: np.vander(x[0], 5, increasing=True)],
    "gradient": [lambda x, y: np.gradient(x[0]), lambda x, y: np.gradient(x, axis=1), lambda x, y: np.gradient(x)[0],
                 lambda x, y: np.gradient(x, 0.5, 2.0)[1], lambda x, y: np.gradient(x, GRID[:3], axis=1),
                 lambda x, y: np.gradient(x, GRID[:3], axis=1, edge_order=2),
                 lambda x, y: np.gradient(x, 3.0, axis=(1,), edge_order=2),
                 lambda x, y: np.gradient(x[0], np.array([0.0, 1.0, 3.0]) + 0 * y[0])],
    "linalg.multi_dot": [lambda x, y: np.linalg.multi_dot([x, y.T, x])],
    "linalg.matrix_power": [lambda x, y, n=n: np.linalg.matrix_power(x @ y.T, n) for n in (1, 2, 5, -1, -2)],
    "linalg.slogdet": [lambda x, y: np.linalg.slogdet(x @ y.T)[1], lambda x, y: np.linalg.slogdet(x @ y.T).sign],
    "linalg.eigh": [lambda x, y: np.linalg.eigh(x @ x.T)[0], lambda x, y: np.linalg.eigh(x @ x.T, "U").eigenvectors**2],
    "linalg.eig": [lambda x, y: abs(np.linalg.eig(x @ y.T + np.eye(2))[0])],
    "linalg.eigvalsh": [lambda x, y: np.linalg.eigvalsh(x @ x.T)],
    "linalg.svd": [lambda x, y: np.linalg.svd(x, False).S, lambda x, y: np.linalg.svd(x * y, False)[0]**2,
                   lambda x, y: np.linalg.svd(x @ y.T).Vh**2, lambda x, y: np.linalg.svd(x, compute_uv=False)],
    "linalg.qr": [lambda x, y: np.linalg.qr(x.T).Q, lambda x, y: np.linalg.qr(x)[1], lambda x, y: np.linalg.qr(y.T, "r"),
                  lambda x, y: np.linalg.qr(x @ y.T, "complete").R],
    "linalg.pinv": [lambda x, y: np.linalg.pinv(x), lambda x, y: np.linalg.pinv(x @ x.T, 1e-12, hermitian=True),
                    lambda x, y: np.linalg.pinv(y * 1.0, rtol=None), lambda x, y: np.linalg.pinv(x.T, rtol=1e-9)],
    "linalg.lstsq": [lambda x, y: np.linalg.lstsq(x.T, y[0])[0], lambda x, y: np.linalg.lstsq(x.T, y.T)[1],
                     lambda x, y: np.linalg.lstsq(x, y[:, 0])[0], lambda x, y: np.linalg.lstsq(x, y)[3]],
    "linalg.tensorsolve": [lambda x, y: np.linalg.tensorsolve((x.T @ y + 5 * np.eye(3)).reshape(3, 1, 3), y[:1].T)],
    "linalg.tensorinv": [lambda x, y: np.linalg.tensorinv((x.T @ y + 5 * np.eye(3)).reshape(3, 1, 3), 1)],
    "linalg.cond": [lambda x, y, p=p: np.linalg.cond(x @ y.T + np.eye(2), p) for p in (None, 2, -2, 1, "fro", np.inf)],
    "real_if_close": [lambda x, y: np.real_if_close(x)],
    "partition": [lambda x, y: np.partition(x, 1), lambda x, y: np.partition(x, 0, axis=0),
                  lambda x, y: np.partition(x, 2, axis=None)],
    "append": [lambda x, y: np.append(x, y), lambda x, y: np.append(x, y, axis=0), lambda x, y: np.append(A, y, 1),
               lambda x, y: np.append(x, 2.0)],
    "insert": [lambda x, y: np.insert(x, 1, 5.0), lambda x, y: np.insert(x, [0, 2], y[:, :2], axis=1),
               lambda x, y: np.insert(x, 1, y[0], axis=0)],
    "delete": [lambda x, y: np.delete(x, 1), lambda x, y: np.delete(x, [0, 2], axis=1)],
    "resize": [lambda x, y: np.resize(x, (3, 4)), lambda x, y: np.resize(x, 2)],
    "choose": [lambda x, y: np.choose([[0, 1, 1], [1, 0, 0]], [x, y]),
               lambda x, y: np.choose([[3, 1, 1], [1, 0, 0]], [x, y], mode="wrap")],
    "compress": [lambda x, y: np.compress([False, True], x), lambda x, y: np.compress([True, False, True], x, axis=1)],
    "extract": [lambda x, y: np.extract(A > 0, x)],
    "diag": [lambda x, y: np.diag(x), lambda x, y: np.diag(x, 1), lambda x, y: np.diag(x[0]),
             lambda x, y: np.diag(x[0], -2)],
    "diagflat": [lambda x, y: np.diagflat(x), lambda x, y: np.diagflat(x, 1)],
    "tril": [lambda x, y: np.tril(x), lambda x, y: np.tril(np.stack([x, y]), -1)],
    "triu": [lambda x, y: np.triu(x), lambda x, y: np.triu(x, 1)],
    "average": [lambda x, y: np.average(x), lambda x, y: np.average(x, 0), lambda x, y: np.average(x, weights=y * y),
                lambda x, y: np.average(x, axis=1, weights=[1.0, 2.0, 3.0], keepdims=True),
                lambda x, y: np.average(x, 0, W6, returned=True)[0],
                lambda x, y: np.average(x, 1, returned=True)[1] * x[:, 0],
                lambda x, y: np.average(x, 0, y * y, returned=True)[1],
                lambda x, y: np.average(x, (1, 0), (y * y).T)],
    "cov": [lambda x, y: np.cov(x), lambda x, y: np.cov(x, y), lambda x, y: np.cov(x, rowvar=False, bias=True),
            lambda x, y: np.cov(x[0]), lambda x, y: np.cov(x, ddof=0), lambda x, y: np.cov(x, fweights=[1, 2, 3]),
            lambda x, y: np.cov(x, aweights=[0.5, 2.0, 1.0]),
            lambda x, y: np.cov(x, fweights=[1, 2, 3], aweights=[0.5, 2.0, 1.0])],
    "corrcoef": [lambda x, y: np.corrcoef(x), lambda x, y: np.corrcoef(x, y)],
    "einsum": [lambda x, y, s=s: np.einsum(s, x, y)
               for s in ("ij,kj->ik", "ij,ij->", "ij,ij->i", "ij,kl->jlik", "ij,kj", "ij,kl->ik",
                         "...j,...j->...", "i...,i...")]
              + [lambda x, y: np.einsum(x, [0, 1], y, [2, 1], [2, 0]), lambda x, y: np.einsum(x, [30, 0], y, [30, 0]),
                 lambda x, y: np.einsum(x, [..., 1], y, [..., 1], [...]), lambda x, y: np.einsum(x, [1, 0]),
                 lambda x, y: np.einsum(x, [30, 2]),
                 lambda x, y: np.einsum("ij->ji", x), lambda x, y: np.einsum("ij->", x),
                 lambda x, y: np.einsum("ij", x), lambda x, y: np.einsum("ii->i", x @ y.T),
                 lambda x, y: np.einsum("ii", x @ y.T), lambda x, y: np.einsum("iij->j", np.stack([x, y])),
                 lambda x, y: np.einsum("ij,kj,k->i", x, y, y[:, 0]),
                 lambda x, y: np.einsum("bij,bkj->bik", np.stack([x, y]), np.stack([y, y])),
                 lambda x, y: np.einsum("ij,jk,kl,lm->im", x, y.T, x, y.T, optimize=True),
                 lambda x, y: np.einsum("i,j,k->kij", x[0], y[0], x[1])],
}


def _over(f):
    return [lambda x: f(x), lambda x: f(x, axis=1)]


SKIPPING = (
    "nansum", "nanprod", "nancumsum", "nancumprod", "nanmax", "nanmin", "nanmean", "nanvar", "nanstd",
)
NAN = {name: _over(getattr(np, name)) for name in SKIPPING}
NAN["nansum"] += [lambda x: np.nansum(x, axis=0, keepdims=True, where=B > 0, initial=2.0)]
NAN["nanmax"] += [lambda x: np.nanmax(x, axis=0, keepdims=True), lambda x: np.nanmax(x, initial=0.1, where=B > 0)]
NAN["nanmean"] += [lambda x: np.nanmean(x, axis=0, keepdims=True), lambda x: np.nanmean(x, where=B > 0)]
NAN["nanvar"] += [lambda x: np.nanvar(x, ddof=1), lambda x: np.nanstd(x, correction=1, keepdims=True)]
#: Functions whose results have no gradient.
LEVEL = {
    "linalg.matrix_rank": [
        lambda x, y: np.linalg.matrix_rank(x @ y.T), lambda x, y: np.linalg.matrix_rank(x.T @ y, rtol=1e-9),
        lambda x, y: np.linalg.matrix_rank(x, tol=100.0), lambda x, y: np.linalg.matrix_rank(x[0]),
    ],
    "argpartition": [lambda x, y: np.argpartition(x, 1), lambda x, y: np.argpartition(x, 0, axis=0)],
}
# fmt: on


def calls(table):
    return [
        pytest.param(c, id=f"{name}-{k}")
        for name, cases in table.items()
        for k, c in enumerate(cases)
    ]


@pytest.fixture(autouse=True)
def numpy_tier(monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "never")


@pytest.mark.each("call", calls(CASES))
def test_values_and_gradients(call):
    out, grads = check_gradient(call, A, B)
    assert out.requires_grad and grads is not None


@pytest.mark.parametrize("call", calls(LEVEL))
def test_values_without_gradients(call):
    out, grads = check_gradient(call, A, B)
    assert not out.requires_grad and grads is None


@pytest.mark.parametrize("call", calls(NAN))
def test_what_skips_nan(call):
    """Differences are of the numbers: nan stays nan, whatever is added to it."""
    x = leaf(N)
    out, want = call(x), call(N)
    assert out.shape == np.shape(want)
    np.testing.assert_allclose(out.detach(), want, rtol=1e-13)
    g = np.random.default_rng(5).standard_normal(np.shape(want))
    (out * g).sum().backward()
    direction = np.random.default_rng(6).standard_normal(N.shape)
    steps = [np.sum(g * call(N + h * direction)) for h in (1e-6, -1e-6)]
    assert np.sum(x.grad.numpy() * direction) == pytest.approx(
        (steps[0] - steps[1]) / 2e-6, rel=1e-6, abs=1e-8
    )
    assert (x.grad.numpy()[np.isnan(N)] == 0).all()


def test_every_handler_is_called():
    ours = (composed, contraction, rearranged, statistics)
    made = {
        f: h
        for f, h in writes.HANDLERS.items()
        if h.__module__ in {m.__name__ for m in ours}
        or (h.__module__.startswith(functions.__name__) and h.__module__ != writes.__name__)
        or hasattr(h, "__wrapped__")
    }
    assert len(made) > 50
    named = {f"linalg.{f.__name__}" if f.__module__ == "numpy.linalg" else f.__name__ for f in made}
    assert named == {*CASES, *LEVEL, *NAN, *numpy_calls.CASES, *numpy_calls.NAN}


@pytest.mark.each("dtype", ["float32", "int64", "bool"])
@pytest.mark.each("call", calls(CASES))
def test_dtypes_are_numpys(call, dtype):
    x, y = (np.abs(v).astype(dtype) for v in (A, B))
    with np.errstate(all="ignore"):
        try:
            want = call(x, y)
        except (TypeError, ZeroDivisionError, np.linalg.LinAlgError):
            return
        got = call(jitgrad.tensor(x), jitgrad.tensor(y))
    if np.asarray(want).dtype == np.float16:
        return
    assert got.dtype == np.asarray(want).dtype
    np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-5)


def test_power_zero():
    got = np.linalg.matrix_power(leaf(S), 0)
    np.testing.assert_array_equal(got, np.eye(3))


def test_all_nan():
    x = leaf([[np.nan, np.nan], [1.0, np.nan]])
    for function, want in (
        (np.nanmean, [np.nan, 1.0]),
        (np.nanmax, [np.nan, 1.0]),
        (np.nanvar, [np.nan, 0.0]),
    ):
        out = function(x, axis=1)
        np.testing.assert_array_equal(out.detach(), want)
        np.testing.assert_array_equal(np.median(x, axis=1).detach(), [np.nan, np.nan])
    np.nanstd(x, axis=1)[1].backward()
    assert x.grad.tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_parts_of_a_split_are_views():
    x = jitgrad.zeros(4)
    np.split(x, 2)[1][:] = 1.0
    assert x.tolist() == [0.0, 0.0, 1.0, 1.0]
    first, second = np.atleast_1d(x, jitgrad.tensor(3.0))
    assert first is x and second.shape == (1,)


def test_second_order():
    def f(x):
        return (np.median(x) * np.einsum("i,i->", x, x) + np.cov(x) * np.diff(x).sum()).sum()

    got = jitgrad.hvp(f)(jitgrad.tensor(V), jitgrad.tensor([1.0, -2.0, 0.5, 3.0]))
    steps = [
        jitgrad.grad(f)(jitgrad.tensor(V + h * np.array([1.0, -2.0, 0.5, 3.0]))).numpy()
        for h in (1e-6, -1e-6)
    ]
    np.testing.assert_allclose(got, (steps[0] - steps[1]) / 2e-6, rtol=1e-7)


def test_lists_and_out():
    for function, args in ((np.vstack, ([[1.0], [2.0]],)), (np.diff, ([1.0, 4.0],)), (np.cov, ([1.0, 2.0, 4.0],)),
                           (np.diag, ([1.0, 2.0],)), (np.median, ([3.0, 1.0],)), (np.pad, ([1.0], 1)),
                           (np.real, ([1.0],)), (np.trapezoid, ([1.0, 3.0],))):  # fmt: skip
        got = getattr(jnp, function.__name__)(*args)
        assert isinstance(got, jitgrad.Tensor)
        np.testing.assert_allclose(got, function(*args))
    out = jitgrad.zeros(2)
    assert np.median(leaf(A), axis=1, out=out) is out and out.requires_grad
    np.testing.assert_allclose(out.detach(), np.median(A, 1))
    assert jnp.real(np.array([2 + 1j])).tolist() == [2.0]


def test_what_has_no_gradient_says_so():
    x = leaf(A)
    for f in (
        lambda: np.quantile(A, leaf(0.5), method="weibull"),
        lambda: np.quantile(A, 0.5, method="inverted_cdf", weights=x),
        lambda: np.histogramdd(x),
        lambda: np.compress([True, False], x, axis=0, out=jitgrad.zeros(1, 3)),
        lambda: np.einsum("ij->i", x, casting="unsafe"),
    ):
        with pytest.raises(GradientError, match="has no gradient|gradient would be lost"):
            f()
    np.testing.assert_allclose(np.pad(jitgrad.tensor(A), 1, mode="mean"), np.pad(A, 1, mode="mean"))
    np.testing.assert_allclose(
        np.quantile(jitgrad.tensor(A), 0.3, method="nearest"), np.quantile(A, 0.3, method="nearest")
    )


def test_median_of_nothing():
    """nan as in NumPy, without its warning."""
    for f in (np.median, np.nanmedian):
        x = leaf(np.zeros((2, 0)))
        assert np.isnan(f(x).item())
        out = f(x, axis=1, keepdims=True)
        assert out.shape == (2, 1) and np.isnan(out.detach()).all() and f(x, axis=0).shape == (0,)
        out.sum().backward()
        assert x.grad.shape == (2, 0)


@pytest.mark.parametrize(
    "q",
    [
        50,
        50.0,
        [50],
        np.float64(50),
        np.float32(50),
        np.int64(50),
        np.array(50.0),
        np.array([50], np.float32),
    ],
    ids=repr,
)
def test_dtype_of_percentiles(q):
    x = A.astype(np.float32)
    want, got = np.percentile(x, q), np.percentile(jitgrad.tensor(x), q)
    assert got.dtype == want.dtype and got.shape == want.shape
    np.testing.assert_allclose(got, want, rtol=1e-6)


def test_parameters_that_are_arrays():
    x = jitgrad.tensor(A)
    for reps in (np.array([1, 2]), np.array(2), np.int64(2)):
        np.testing.assert_array_equal(np.tile(x, reps), np.tile(A, reps))
    np.testing.assert_array_equal(
        np.roll(x, np.array([1, 2]), (0, 1)), np.roll(A, np.array([1, 2]), (0, 1))
    )


def test_errors():
    x = leaf(A)
    for kind, f in (
        (ArgumentError, lambda: np.einsum("ij,jk", x)),
        (ShapeError, lambda: np.einsum("ijk->k", x)),
        (ShapeError, lambda: np.einsum("ij,jk", x, x)),
        (ArgumentError, lambda: np.einsum("ij->k", x)),
        (ShapeError, lambda: np.cross(x[:, :1], x)),
        (ArgumentError, lambda: np.quantile(x, 1.5)),
        (ArgumentError, lambda: np.diff(x, -1)),
        (ShapeError, lambda: np.quantile(jitgrad.zeros(0), 0.5)),
        (ShapeError, lambda: np.convolve(x, W)),
        (ShapeError, lambda: np.correlate(W, x)),
        (ArgumentError, lambda: np.convolve(x[0], W, 3)),
        (AxisError, lambda: np.gradient(x, axis=(0, -2))),
        (DTypeError, lambda: np.select([x > 0, x], [x, x])),
        (ArgumentError, lambda: np.cov(x, fweights=[1.5, 1, 1])),
        (DTypeError, lambda: np.ediff1d(jitgrad.arange(3), to_begin=0.5)),
        (ArgumentError, lambda: np.einsum(x)),
        (ArgumentError, lambda: np.einsum(x, ["a", 1])),
        (ArgumentError, lambda: np.einsum(x, [0, 52])),
        (ArgumentError, lambda: np.einsum(x, [0, -1])),
        (ArgumentError, lambda: np.einsum(x, x)),
        (ShapeError, lambda: np.average(x, weights=[1.0, 2.0])),
        (ArgumentError, lambda: np.meshgrid(x[0], indexing="yx")),
    ):
        with pytest.raises(kind, match="got"):
            f()
    with pytest.raises(ZeroDivisionError):
        np.average(x, weights=np.zeros((2, 3)))
