"""Linear systems, determinants and decompositions: values against NumPy on drawn shapes, dtypes and
strides, gradients against PyTorch, rows under `vmap`, what is factorised once, and singular,
repeated and empty matrices.

That derivatives of both modes and of second order are right is tested with the registry. Start at
`FUNCTIONS`.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.linalg import LinAlgError

import jitgrad
from jitgrad import ArgumentError, GradientError, ShapeError
from jitgrad.ops import lapack

L = jitgrad.linalg


@pytest.fixture(autouse=True)
def numpy_tier(monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "never")


@pytest.fixture(params=["scipy", "numpy"])
def backend(request, monkeypatch):
    """LAPACK of SciPy where that is installed, and array operations of NumPy."""
    if request.param == "numpy":
        monkeypatch.setattr(lapack, "if_installed", lambda module: None)
    else:
        pytest.importorskip("scipy")


def matrices(lead, n, dtype=np.float64, seed=0):
    """Matrices that are as well conditioned as they are drawn."""
    a = np.random.default_rng(seed).uniform(-1, 1, (*lead, n, n))
    return (a + 2 * np.eye(n)).astype(dtype)


def close(got, want, dtype=np.float64):
    assert got.dtype == want.dtype and got.shape == want.shape
    rtol = 1e-9 if dtype == np.float64 else 2e-3
    np.testing.assert_allclose(np.asarray(got), want, rtol=rtol, atol=rtol)


LEADS = st.sampled_from([(), (1,), (3,), (2, 3), (0,), (7,)])
SIZES = st.sampled_from([0, 1, 2, 3, 5, 17])


@settings(deadline=None, max_examples=60)
@given(LEADS, SIZES, st.sampled_from([np.float64, np.float32]), st.booleans(), st.integers(0, 99))
def test_values(lead, n, dtype, turned, seed):
    a = matrices(lead, n, dtype, seed)
    a = a.swapaxes(-1, -2) if turned else a
    b = np.random.default_rng(seed + 1).standard_normal((*lead, n, 2)).astype(dtype)[..., ::-1]
    t = jitgrad.asarray(a)
    close(L.solve(t, b), np.linalg.solve(a, b), dtype)
    close(L.inv(t), np.linalg.inv(a), dtype)
    close(L.det(t), np.asarray(np.linalg.det(a)), dtype)
    for got, want in zip(L.slogdet(t), np.linalg.slogdet(a), strict=True):
        close(got, np.asarray(want), dtype)
    s = a @ a.swapaxes(-1, -2) + np.eye(n, dtype=dtype)
    close(L.cholesky(s), np.linalg.cholesky(s), dtype)
    close(L.eigh(s).eigenvalues, np.linalg.eigh(s).eigenvalues, dtype)
    close(L.svdvals(t), np.linalg.svdvals(a), dtype)
    q, r = L.qr(t)
    close(q @ r, a, dtype)


@pytest.mark.parametrize("n", [3, 16, 60, 130])
@pytest.mark.parametrize("lead", [(), (5,)])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_factors_by_scipy_and_by_numpy(backend, lead, n, dtype):
    """Matrices that need exchanges of rows, beyond one panel of columns."""
    a = np.random.default_rng(n).standard_normal((*lead, n, n)).astype(dtype)
    b = np.random.default_rng(1).standard_normal((*lead, n, 3)).astype(dtype)
    packed = lapack.lu(a)
    wide = a.astype(np.float64)
    for transposed in (False, True):
        x = lapack.lu_solve(packed, b, transposed)
        got = (wide.swapaxes(-1, -2) if transposed else wide) @ x
        np.testing.assert_allclose(got, b, rtol=0, atol=1e-9 if dtype == np.float64 else 0.1)
    sign, log = np.linalg.slogdet(wide)
    np.testing.assert_array_equal(lapack.sign_of_lu(packed), sign)
    got = np.log(np.abs(lapack.diagonal_of_lu(packed))).sum(-1)
    np.testing.assert_allclose(got, log, rtol=1e-4)


@pytest.mark.each("n", [3, 60])
@pytest.mark.each("lead", [(), (5,)])
@pytest.mark.each("unit", [False, True])
@pytest.mark.each("transposed", [False, True])
@pytest.mark.each("lower", [False, True])
def test_triangular_systems(backend, lead, n, lower, transposed, unit):
    a = np.random.default_rng(n).uniform(-1, 1, (*lead, n, n)) / n + np.eye(n)
    b = np.random.default_rng(1).standard_normal((*lead, n, 3))
    x = lapack.solve_triangular(a, b, lower, transposed, unit)
    half = (np.tril if lower else np.triu)(a)
    half = half - np.eye(n) * (np.diagonal(half, 0, -2, -1)[..., None] - 1) if unit else half
    np.testing.assert_allclose((half.swapaxes(-1, -2) if transposed else half) @ x, b, atol=1e-12)


@pytest.mark.parametrize(
    ("a", "b"),
    [((5, 1, 3, 3), (4, 3, 2)), ((3, 3), (4, 2, 3, 2)), ((4, 3, 3), (3,)), ((3, 3), (3,))],
)
def test_stacks_broadcast(a, b):
    a, b = matrices(a[:-2], 3), np.random.default_rng(1).standard_normal(b)
    close(L.solve(a, b), np.linalg.solve(a, b))
    got = jitgrad.grad(lambda a: (L.solve(a, b) ** 2).sum())(a)
    h = 1e-6 * np.random.default_rng(2).standard_normal(a.shape)
    at = lambda a: (np.linalg.solve(a, b) ** 2).sum()
    assert (np.asarray(got) * h).sum() == pytest.approx((at(a + h) - at(a - h)) / 2, rel=1e-6)


@pytest.mark.parametrize("dtype", ["int64", "int8", "bool"])
def test_integers_count_as_float64(dtype):
    a = np.eye(2).astype(dtype)
    assert L.inv(a).dtype == L.solve(a, a).dtype == L.cholesky(a).dtype == np.float64
    assert L.det(a).dtype == L.svdvals(a).dtype == np.float64


def test_nan_is_not_singular():
    a = np.array([[np.nan, 1.0], [1.0, 2.0]])
    assert np.isnan(L.solve(a, np.ones(2)).numpy()).any() and np.isnan(float(L.det(a)))
    assert np.isnan(L.slogdet(a).logabsdet.numpy())


# --- gradients ------------------------------------------------------------------------------------

S = matrices((2,), 4) @ matrices((2,), 4).swapaxes(-1, -2) + np.diag(np.arange(4.0))
#: name -> the function with a namespace of linear algebra, and its operand.
FUNCTIONS = {
    "solve": (lambda lib, a: lib.solve(a, a[..., :2] + 1), matrices((2,), 4)),
    "inv": (lambda lib, a: lib.inv(a), matrices((2,), 4)),
    "det": (lambda lib, a: lib.det(a), matrices((2,), 4)),
    "slogdet": (lambda lib, a: lib.slogdet(a)[1], matrices((2,), 4)),
    "cholesky": (lambda lib, a: lib.cholesky(a), S),
    "eigh": (lambda lib, a: lib.eigh(a)[0] + (lib.eigh(a)[1] ** 2).sum(-1), S),
    "eigvalsh": (lambda lib, a: lib.eigvalsh(a), S),
    "svd": (lambda lib, a: lib.svd(a, full_matrices=False)[0] ** 2, matrices((2,), 4)[..., :3]),
    "svdvals": (lambda lib, a: lib.svdvals(a), matrices((2,), 4)[..., :3]),
    "qr": (lambda lib, a: lib.qr(a)[0] @ lib.qr(a)[1] ** 2, matrices((2,), 4)[..., :3]),
    "qr of wide": (lambda lib, a: lib.qr(a)[1], matrices((2,), 4)[..., :3, :]),
    "pinv": (lambda lib, a: lib.pinv(a), matrices((2,), 4)[..., :3]),
    "matrix_power": (lambda lib, a: lib.matrix_power(a, -2), matrices((2,), 4)),
    "cond": (lambda lib, a: lib.cond(a), matrices((2,), 4)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradients_are_those_of_pytorch(name):
    torch = pytest.importorskip("torch")
    f, a = FUNCTIONS[name]
    x = jitgrad.tensor(a, requires_grad=True)
    y = torch.tensor(np.ascontiguousarray(a), requires_grad=True)
    out, want = f(L, x), f(torch.linalg, y)
    np.testing.assert_allclose(out.detach().numpy(), want.detach().numpy(), rtol=1e-9, atol=1e-11)
    g = np.random.default_rng(0).standard_normal(out.shape)
    out.backward(jitgrad.tensor(g))
    want.backward(torch.tensor(g))
    np.testing.assert_allclose(x.grad.numpy(), y.grad.numpy(), rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_rows_under_vmap(name):
    f, a = FUNCTIONS[name]
    g = lambda a: f(L, a).sum()
    stacked = np.stack([a, 1.5 * a, a.copy() + np.eye(*a.shape[-2:])])
    got = jitgrad.vmap(jitgrad.grad(g))(stacked)
    want = np.stack([np.asarray(jitgrad.grad(g)(row)) for row in stacked])
    np.testing.assert_allclose(np.asarray(got), want, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_jit(name):
    f, a = FUNCTIONS[name]
    g = jitgrad.jit(jitgrad.value_and_grad(lambda a: (f(L, a) ** 2).sum()))
    for x in (a, 1.5 * a, a):
        value, grad = jitgrad.value_and_grad(lambda a: (f(L, a) ** 2).sum())(x)
        got = g(x)
        np.testing.assert_allclose(np.asarray(got[0]), np.asarray(value), rtol=1e-12)
        np.testing.assert_allclose(np.asarray(got[1]), np.asarray(grad), rtol=1e-10, atol=1e-12)


def test_a_matrix_is_factorised_once(monkeypatch):
    """For the solution, the determinant, and the gradients of both."""
    calls, lu = [], lapack.lu
    monkeypatch.setattr(lapack, "lu", lambda a: calls.append(1) or lu(a))
    x = jitgrad.tensor(matrices((), 4), requires_grad=True)
    out = L.solve(x, np.ones(4)).sum() + L.slogdet(x).logabsdet + L.inv(x).sum()
    out.backward()
    x.grad.numpy()
    assert len(calls) == 1


# --- where derivatives end ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "a", [np.ones((3, 3)), np.diag([1.0, 2.0, 0.0]), np.zeros((2, 2)), np.zeros((1, 1)),
          np.arange(9.0).reshape(3, 3), np.eye(3)]
)  # fmt: skip
def test_det_of_any_matrix_has_a_gradient(a):
    """The cofactors, one determinant of a smaller matrix each."""
    n = len(a)
    minor = lambda i, j: np.linalg.det(np.delete(np.delete(a, i, 0), j, 1))
    want = [[(-1) ** (i + j) * minor(i, j) for j in range(n)] for i in range(n)]
    np.testing.assert_allclose(jitgrad.grad(L.det)(a), want, atol=1e-13)


@pytest.mark.parametrize(
    "a",
    [
        *(np.ones((3, 3)), np.zeros((2, 2)), np.diag([1.0, 2, 0, 0]), np.array([[0.0]])),
        *(np.vander([1.0, 2, 4]), np.outer([1, 2, 3j], [1, 1j, 2]), np.stack([np.eye(3)] * 2)),
    ],
)
def test_det_of_any_matrix_has_second_derivatives(a):
    jitgrad.check_grads(L.det, (a,), order=2)


def test_det_has_third_derivatives():
    jitgrad.check_grads(L.det, (np.vander([1.0, 2, 4]) / 4,), order=3)
    with pytest.raises(np.linalg.LinAlgError):
        np.asarray(jitgrad.grad(lambda a: jitgrad.hessian(L.det)(a).sum())(np.zeros((3, 3))))
    assert np.isnan(np.asarray(jitgrad.hessian(L.det)(np.full((3, 3), np.nan)))).all()


def test_singular_matrices_raise_where_values_are_computed():
    a = jitgrad.tensor(np.ones((2, 2)), requires_grad=True)
    for f in (L.inv, lambda a: L.solve(a, np.ones(2)), lambda a: L.solve_triangular(a * 0.0, a)):
        out = f(a)
        with pytest.raises(LinAlgError, match="Singular"):
            out.detach().numpy()
    with pytest.raises(LinAlgError, match="positive definite"):
        L.cholesky(-a).detach().numpy()
    assert float(L.slogdet(a).logabsdet.detach()) == -np.inf
    with pytest.raises(LinAlgError):
        jitgrad.grad(lambda a: L.slogdet(a).logabsdet)(np.ones((2, 2)))
    assert float(a.detach().sum()) == 4.0  # and nothing else is lost


def test_repeated_values():
    """Values alone have a gradient; vectors have none, and it is not made up."""
    eye = np.eye(3)
    np.testing.assert_allclose(jitgrad.grad(lambda a: (L.eigvalsh(a) ** 3).sum())(eye), 3 * eye)
    np.testing.assert_allclose(jitgrad.grad(lambda a: L.svdvals(a).sum())(eye), eye, atol=1e-15)
    weights = np.arange(9.0).reshape(3, 3)
    for f in (lambda a: L.eigh(a)[1], lambda a: L.svd(a)[0], lambda a: L.svd(a)[2]):
        got = jitgrad.grad(lambda a, f=f: (f(a) * weights).sum())(eye)
        assert not np.isfinite(got).all()


def test_symmetric_matrices_have_symmetric_gradients():
    for f in (L.cholesky, L.eigvalsh, lambda a: L.eigh(a)[1] ** 2):
        got = jitgrad.grad(lambda a, f=f: (f(a) * np.arange(3.0)).sum())(S[0, :3, :3])
        np.testing.assert_allclose(got, got.T, rtol=1e-12)


def test_halves_that_are_read():
    a = S[0]
    low, up = np.tril(a), np.triu(a)
    close(L.cholesky(low), np.linalg.cholesky(a))
    close(L.cholesky(up, upper=True), np.linalg.cholesky(a).T)
    close(L.eigvalsh(low), np.linalg.eigvalsh(a))
    close(L.eigvalsh(up, "U"), np.linalg.eigvalsh(a))


def test_refused_arguments():
    a = jitgrad.ones((2, 3))
    for kind, f in (
        (ShapeError, lambda: L.inv(a)),
        (ShapeError, lambda: L.det(jitgrad.ones(3))),
        (ShapeError, lambda: L.solve(jitgrad.eye(3), jitgrad.ones((2, 2)))),
        (ShapeError, lambda: L.solve(jitgrad.eye(3), jitgrad.ones(()))),
        (ArgumentError, lambda: L.eigh(jitgrad.eye(3), "X")),
        (ArgumentError, lambda: L.solve_triangular(jitgrad.eye(3), jitgrad.eye(3), trans="Q")),
        (ArgumentError, lambda: L.pinv(a, rcond=1.0, rtol=1.0)),
        (ArgumentError, lambda: L.multi_dot([a])),
        (ShapeError, lambda: L.multi_dot([a, jitgrad.ones(3), a])),
        (ShapeError, lambda: L.tensorinv(a, 1)),
        (ShapeError, lambda: L.tensorsolve(a, a)),
        (ShapeError, lambda: L.lstsq(jitgrad.ones((2, 2, 2)), jitgrad.ones(2))),
        (ShapeError, lambda: L.cond(jitgrad.ones(3))),
        (GradientError, lambda: L.qr(jitgrad.tensor(np.ones((2, 3)), requires_grad=True), "raw")),
    ):
        with pytest.raises(kind, match="got"):
            f()


def test_products_in_the_best_order():
    xs = [
        np.random.default_rng(k).standard_normal(s)
        for k, s in enumerate([(9, 2), (2, 30), (30, 1)])
    ]
    close(L.multi_dot(xs), np.linalg.multi_dot(xs))
    close(
        L.multi_dot([xs[0][:, 0], *[np.ones((9, 4)), np.ones(4)]]),
        np.asarray((xs[0][:, 0].sum()) * 4.0),
    )


# --- SciPy's --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["expm", "logm", "sqrtm"])
@pytest.mark.parametrize("lead", [(), (3,), (0,)])
def test_functions_of_matrices(name, lead):
    linalg = pytest.importorskip("scipy.linalg")
    a = matrices(lead, 4) @ matrices(lead, 4).swapaxes(-1, -2)
    got = getattr(L, name)(a)
    assert got.shape == a.shape
    for x, y in zip(got.numpy().reshape(-1, 4, 4), a.reshape(-1, 4, 4), strict=True):
        np.testing.assert_allclose(x, getattr(linalg, name)(y), rtol=1e-10, atol=1e-12)


def test_the_gradient_of_expm_is_that_of_pytorch():
    torch = pytest.importorskip("torch")
    pytest.importorskip("scipy")
    a, g = matrices((2,), 3), np.random.default_rng(0).standard_normal((2, 3, 3))
    y = torch.tensor(a, requires_grad=True)
    torch.matrix_exp(y).backward(torch.tensor(g))
    got = jitgrad.grad(lambda a: (L.expm(a) * g).sum())(a)
    np.testing.assert_allclose(got, y.grad.numpy(), rtol=1e-8, atol=1e-10)


def test_functions_without_a_real_result():
    pytest.importorskip("scipy")
    for f in (L.sqrtm, L.logm):
        with pytest.raises(ArgumentError, match="complex"):
            f(-np.eye(2)).numpy()


@pytest.mark.filterwarnings("ignore:.*singular", "ignore:logm result")
def test_singular_matrices_have_no_derivative_of_roots_and_logarithms():
    pytest.importorskip("scipy")
    a = np.diag([4.0, 0.0])
    np.testing.assert_allclose(L.sqrtm(a), np.diag([2.0, 0.0]))
    for f, singular in ((L.sqrtm, a), (L.logm, np.zeros((2, 2)))):
        with pytest.raises(
            GradientError, match=f"singular matrix for a derivative of {f.__name__}"
        ):
            jitgrad.grad(lambda a, f=f: f(a).sum())(singular)
    np.testing.assert_allclose(jitgrad.grad(lambda a: L.expm(a).sum())(0 * a), np.ones((2, 2)))
    assert np.isnan(L.logm(np.full((3, 3), np.nan))).all()


def test_without_scipy_the_error_names_the_extra(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "scipy.linalg", None)
    with pytest.raises(jitgrad.MissingError, match=r"jitgrad\[scipy\]"):
        L.expm(np.eye(2)).numpy()


@pytest.mark.parametrize("lower", [False, True])
def test_cho_solve(lower):
    a, b = S[0], np.random.default_rng(0).standard_normal((4, 2))
    close(L.cho_solve(L.cho_factor(a, lower), b), np.linalg.solve(a, b))
    f = lambda a: (L.cho_solve(L.cho_factor(a, lower), b) ** 2).sum()
    want = jitgrad.grad(lambda a: (L.solve(a, b) ** 2).sum())(a)
    np.testing.assert_allclose(jitgrad.grad(f)(a), (want + want.T) / 2, rtol=1e-9, atol=1e-12)


def test_arranged_matrices():
    linalg = pytest.importorskip("scipy.linalg")
    x, y, v = np.ones((2, 3)), np.arange(4.0).reshape(2, 2), np.arange(1.0, 4.0)
    close(L.block_diag(x, y, v, 5.0), linalg.block_diag(x, y, v, 5.0))
    close(L.block_diag(), linalg.block_diag())
    close(L.toeplitz(v), linalg.toeplitz(v))
    close(L.toeplitz(v, y[1]), linalg.toeplitz(v, y[1]))
    g = np.arange(6.0).reshape(3, 2)
    got = jitgrad.grad(lambda c: (L.toeplitz(c, y[1]) * g).sum())(v)
    np.testing.assert_array_equal(got, [g[0, 0] + g[1, 1], g[1, 0] + g[2, 1], g[2, 0]])
    a, q = matrices((), 3), np.ones((3, 3))
    close(L.solve_continuous_lyapunov(a, q), linalg.solve_continuous_lyapunov(a, q))
    for f in (
        lambda: L.block_diag(np.ones((2, 2, 2))),
        lambda: L.toeplitz(x),
        lambda: L.cho_solve(x, v),
        lambda: L.solve_sylvester(y, y, x),
    ):
        with pytest.raises((ShapeError, ArgumentError), match="got"):
            f()


@pytest.mark.parametrize("ord", [2, -2, "nuc"])
def test_norms_of_singular_values(ord):
    a = np.random.default_rng(0).standard_normal((2, 4, 3))
    close(L.matrix_norm(a, ord=ord), np.linalg.matrix_norm(a, ord=ord))
    close(L.norm(a, ord, axis=(2, 0)), np.linalg.norm(a, ord, axis=(2, 0)))
