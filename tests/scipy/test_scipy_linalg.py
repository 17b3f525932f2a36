"""`jitgrad.scipy.linalg` and what SciPy adds to linear algebra: values against SciPy, gradients
against differences. Start at `CALLS`.
"""

import numpy as np
import pytest

import jitgrad
from jitgrad import ArgumentError, GradientError, MissingError, ShapeError

theirs = pytest.importorskip("scipy.linalg")
ours = jitgrad.scipy.linalg

RNG = np.random.default_rng(0)
A = RNG.standard_normal((5, 5)) + 2 * np.eye(5)
S = A @ A.T + np.eye(5)
B, V = RNG.standard_normal((5, 2)), RNG.standard_normal(5)
TALL = RNG.standard_normal((5, 3))
BANDS = np.array([[0.0, 1.0, 2.0, -1.0, 1.0], [5.0, 6.0, 7.0, 5.0, 6.0], [1.0, 2.0, 1.0, 3.0, 0.0],
                  [1.0, -1.0, 2.0, 0.0, 0.0]])  # fmt: skip

#: name -> the call on a namespace and a matrix, the matrix, and whether its gradient is checked.
CALLS = {
    "cholesky": (lambda lib, a: lib.cholesky(a), S),
    "cholesky, lower": (lambda lib, a: lib.cholesky(a, lower=True), S),
    "cho_solve": (lambda lib, a: lib.cho_solve(lib.cho_factor(a), B), S),
    "det": (lambda lib, a: lib.det(a, check_finite=False), A),
    "inv": (lambda lib, a: lib.inv(a), A),
    "pinv": (lambda lib, a: lib.pinv(a), TALL),
    "solve": (lambda lib, a: lib.solve(a, B), A),
    "solve, pos": (lambda lib, a: lib.solve(a, V, assume_a="pos"), S),
    "solve, sym": (lambda lib, a: lib.solve(a, V, assume_a="sym"), S),
    "solve, upper": (lambda lib, a: lib.solve(a, V, assume_a="upper triangular"), np.triu(A)),
    "solve, lower": (
        lambda lib, a: lib.solve(a, V, assume_a="lower triangular", transposed=True),
        np.tril(A),
    ),
    "solve, bands": (
        lambda lib, a: lib.solve(a, V, assume_a="tridiagonal"),
        np.tril(np.triu(A, -1), 1),
    ),
    "solve, transposed": (lambda lib, a: lib.solve(a, V, transposed=True), A),
    "solve_triangular": (lambda lib, a: lib.solve_triangular(a, B, trans="T", lower=True), A),
    "solve_banded": (lambda lib, a: lib.solve_banded((2, 1), a, B), BANDS),
    "solve_banded, vector": (lambda lib, a: lib.solve_banded((1, 0), a, V), BANDS[1:3]),
    "lu": (lambda lib, a: lib.lu(a)[1] + lib.lu(a)[2], A),
    "lu, permuted": (lambda lib, a: lib.lu(a, permute_l=True)[0], A),
    "lu, tall": (lambda lib, a: lib.lu(a)[1] @ lib.lu(a)[2] ** 2, TALL),
    "lu, wide": (lambda lib, a: lib.lu(a)[1] @ lib.lu(a)[2] ** 2, TALL.T),
    "lu, tall, permuted": (lambda lib, a: lib.lu(a, permute_l=True)[0], TALL),
    "eig": (lambda lib, a: abs(lib.eig(a)[1]) * abs(lib.eig(a)[0]), A),
    "eig, general": (lambda lib, a: abs(lib.eig(a, S)[0]), A),
    "eig, left": (lambda lib, a: abs(lib.eig(a, left=True)[1]), A),
    "eig, left alone": (lambda lib, a: abs(lib.eig(a, left=True, right=False)[1]), A),
    "eigvals": (lambda lib, a: lib.eigvals(a).real, A),
    "lu_factor": (lambda lib, a: lib.lu_factor(a)[0], A),
    "lu_factor, tall": (lambda lib, a: lib.lu_factor(a)[0], TALL),
    "lu_factor, wide": (lambda lib, a: lib.lu_factor(a)[0], TALL.T),
    "lu_solve": (lambda lib, a: lib.lu_solve(lib.lu_factor(a), B), A),
    "lu_solve, transposed": (lambda lib, a: lib.lu_solve(lib.lu_factor(a), V, trans=1), A),
    "eigh": (lambda lib, a: lib.eigh(a)[0] + (lib.eigh(a)[1] ** 2).sum(0), S),
    "eigh, some": (lambda lib, a: lib.eigh(a, subset_by_index=(1, 3))[1] ** 2, S),
    "eigh, general": (lambda lib, a: lib.eigh(a, S + np.eye(5))[1] ** 2, S),
    "eigvalsh": (lambda lib, a: lib.eigvalsh(a, S, lower=False), S + np.diag(V)),
    "svd": (lambda lib, a: lib.svd(a, full_matrices=False)[0] ** 2, TALL),
    "svdvals": (lambda lib, a: lib.svdvals(a), TALL),
    "qr": (lambda lib, a: lib.qr(a, mode="economic")[1] ** 2, TALL),
    "qr, r": (lambda lib, a: lib.qr(a, mode="r")[0] ** 2, TALL),
    "lstsq": (lambda lib, a: lib.lstsq(a, V)[0], TALL),
    "norm": (lambda lib, a: lib.norm(a, 2), A),
    "expm": (lambda lib, a: lib.expm(a / 3), A),
    "circulant": (lambda lib, a: lib.circulant(a[0]), A),
    "hankel": (lambda lib, a: lib.hankel(a[0], a[1, :3]), A),
    "hankel, zeros": (lambda lib, a: lib.hankel(a[0]), A),
    "toeplitz": (lambda lib, a: lib.toeplitz(a[0], a[1]), A),
    "lyapunov": (lambda lib, a: lib.solve_discrete_lyapunov(a / 9, S), A),
    "lyapunov, bilinear": (lambda lib, a: lib.solve_discrete_lyapunov(a / 9, S, "bilinear"), A),
}


@pytest.fixture(autouse=True)
def numpy_tier(monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "never")


@pytest.mark.parametrize("name", CALLS)
def test_values_are_those_of_scipy(name):
    call, a = CALLS[name]
    got, want = np.asarray(call(ours, jitgrad.tensor(a))), call(theirs, a)
    np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("name", CALLS)
def test_gradients_are_differences(name):
    """In a direction, which is symmetric where one half of a matrix is read."""
    call, a = CALLS[name]
    weights = np.cos(np.arange(call(theirs, a).size)).reshape(call(theirs, a).shape)
    at = lambda a: float((call(theirs, a) * weights).sum())
    t = np.random.default_rng(1).standard_normal(a.shape)
    if a is S or name == "eigvalsh":
        t = t + t.T
    if a.shape[0] in (2, 4):
        t = t * (a != 0)
    f = lambda a: (call(ours, a) * weights).sum()
    h = 1e-6
    want = (at(a + h * t) - at(a - h * t)) / (2 * h)
    got = float((np.asarray(jitgrad.grad(f)(a)) * t).sum())
    assert got == pytest.approx(want, rel=1e-5, abs=1e-7)
    _, tangent = jitgrad.jvp(f, (a,), (t,))
    assert float(tangent) == pytest.approx(got, rel=1e-8, abs=1e-9)


def test_complete_decompositions():
    for got, want in zip(ours.qr(TALL), theirs.qr(TALL), strict=True):
        np.testing.assert_allclose(got, want, atol=1e-12)
    for got, want in zip(ours.svd(TALL), theirs.svd(TALL), strict=True):
        assert got.shape == want.shape
    p, low, up = ours.lu(np.stack([A, S]))
    np.testing.assert_allclose(p @ low @ up, np.stack([A, S]), atol=1e-12)
    for a in (A, TALL, TALL.T):
        np.testing.assert_array_equal(ours.lu_factor(a)[1], theirs.lu_factor(a)[1])
        found = [((*lib.qr(a, mode="raw")[0], lib.qr(a, mode="raw")[1])) for lib in (ours, theirs)]
        for got, want in zip(*found, strict=True):
            np.testing.assert_allclose(got, want, atol=1e-12)


def test_least_squares_under_jit():
    """The rank is a tensor there, and residuals that NumPy would not give are nan."""
    run = jitgrad.jit(lambda a, b: ours.lstsq(a, b))
    for a, b in ((TALL, V), (np.ones((5, 3)), V), (TALL.T, V[:3])):
        got, want = run(a, b), np.linalg.lstsq(a, b, None)
        np.testing.assert_allclose(got[0], want[0], atol=1e-12)
        assert int(got[2]) == want[2]
        expected = want[1] if want[1].size or a.shape[0] <= a.shape[1] else [np.nan]
        np.testing.assert_allclose(got[1], expected)


def test_systems_in_rows():
    got = jitgrad.vmap(lambda ab: ours.solve_banded((2, 1), ab, V))(np.stack([BANDS, 2 * BANDS]))
    want = theirs.solve_banded((2, 1), BANDS, V)
    np.testing.assert_allclose(got, np.stack([want, want / 2]), rtol=1e-12)


def test_refused_arguments():
    for kind, f in (
        (ShapeError, lambda: ours.lu(V)),
        (ShapeError, lambda: ours.lu_factor(V)),
        (ShapeError, lambda: ours.lu_solve(ours.lu_factor(TALL), V)),
        (GradientError, lambda: ours.qr(jitgrad.tensor(A, requires_grad=True), mode="raw")),
        (ShapeError, lambda: ours.solve_banded((1, 1), BANDS, V)),
        (ShapeError, lambda: ours.circulant(A)),
        (ShapeError, lambda: ours.hankel(A)),
        (ShapeError, lambda: ours.solve_discrete_lyapunov(A, B)),
        (ArgumentError, lambda: ours.solve_discrete_lyapunov(A, A, "x")),
        (ArgumentError, lambda: ours.solve_banded((-1, 4), BANDS, V)),
        (ArgumentError, lambda: ours.lu_solve(A, V)),
        (ArgumentError, lambda: ours.lu_solve(ours.lu_factor(A), V, trans=3)),
        (ArgumentError, lambda: ours.qr(TALL, pivoting=True)),
        (ArgumentError, lambda: ours.qr(TALL, mode="full, raw")),
        (ArgumentError, lambda: ours.eigh(S, subset_by_value=(0, 1))),
        (ArgumentError, lambda: ours.eigh(S, subset_by_index=(0, 5))),
    ):
        with pytest.raises(kind, match="got"):
            f()
    for name in ("null_space", "orth"):
        with pytest.raises(MissingError, match="svd"):
            getattr(ours, name)
