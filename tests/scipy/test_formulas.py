"""Functions of SciPy that are formulas of others, of matrices and of samples: values are SciPy's,
derivatives those of differences."""

import numpy as np
import pytest

import jitgrad
from jitgrad import ArgumentError, ShapeError

pytest.importorskip("scipy")
import scipy.linalg as their_linalg
import scipy.stats as their_stats

linalg, stats = jitgrad.scipy.linalg, jitgrad.scipy.stats
RNG = np.random.default_rng(0)
A, B, TALL = 0.3 * RNG.normal(size=(3, 3)), 0.2 * RNG.normal(size=(3, 3)), RNG.normal(size=(4, 2))
S = A @ A.T + np.eye(3)
X, Q = np.abs(RNG.normal(size=(5, 2))) + 0.1, np.abs(RNG.normal(size=(5, 2))) + 0.1
V, R = RNG.normal(size=4) + np.array([4.0, 0, 0, 0]), RNG.normal(size=4)
BANDS = np.array([[0.0, 0, 0.3, 0.2], [0, 1, 1, 1.5], [4, 4, 5, 4]])

MATRICES = [
    ("fractional_matrix_power", (S,), {"t": 0.3}),
    ("fractional_matrix_power", (S,), {"t": -2}),
    *[(name, (A,), {}) for name in ("cosm", "sinm", "tanm", "coshm", "sinhm", "tanhm")],
    ("sinm", (A + 0.1j * B,), {}),
    ("expm_frechet", (A, B), {}),
    ("expm_frechet", (A, B), {"compute_expm": False}),
    *[("polar", (a,), {"side": side}) for a in (TALL, TALL.T) for side in ("right", "left")],
    ("polar", (A,), {}),
    ("companion", (V,), {}),
    ("khatri_rao", (TALL, X), {}),
    ("solve_toeplitz", (V, R), {}),
    ("matmul_toeplitz", (V, R), {}),
    ("matmul_toeplitz", (V, TALL + 1j), {}),
    ("solve_circulant", (V, R), {}),
    ("solve_circulant", (V, TALL), {}),
    *[(n, (BANDS + 0.1j * (BANDS < 3),), {}) for n in ("eigvals_banded",)],
    ("eigvals_banded", (A,), {"lower": True, "select": "i", "select_range": (1, 2)}),
    ("eigvalsh_tridiagonal", (V, R[:3]), {}),
    ("solve_lyapunov", (A + np.eye(3), S), {}),
    *[("rq", (a,), {"mode": mode}) for a in (A, TALL[:3].T) for mode in ("full", "economic", "r")],
    ("rq", (TALL.T + 1j * X[:4].T,), {"mode": "economic"}),
    ("orthogonal_procrustes", (TALL, TALL[::-1]), {}),
    ("diagsvd", (V,), {"M": 4, "N": 5}),
    ("leslie", (V, R[:3]), {}),
    ("fiedler", (R,), {}),
    *[
        ("convolution_matrix", (V,), {"n": n, "mode": m})
        for n in (2, 5)
        for m in ("full", "same", "valid")
    ],
    ("pinvh", (S,), {}),
    ("signm", (A,), {}),
    ("signm", (A + 0.1j * B,), {}),
    *[(name, (A - S,), {}) for name in ("logm", "sqrtm")],
    *[("subspace_angles", (TALL, x), {}) for x in (B[:, :1].repeat(4, 0).cumsum(0)[:4], X[:4])],
    ("solveh_banded", (BANDS, R), {}),
    ("solveh_banded", (BANDS[::-1] + 0, R), {"lower": True}),
]
SAMPLES = [
    *[("moment", (X,), {"order": k}) for k in (1, 2, 3)],
    ("moment", (X,), {"order": 2, "center": 1.0, "axis": None}),
    *[(n, (X,), {"bias": bias}) for n in ("skew", "kurtosis") for bias in (True, False)],
    ("kurtosis", (X,), {"fisher": False, "axis": None}),
    ("zscore", (X,), {"ddof": 1}),
    ("zscore", (X,), {"axis": None}),
    ("zmap", (Q, X), {}),
    ("gmean", (X,), {"axis": 1}),
    ("gmean", (X,), {"weights": Q}),
    ("hmean", (X,), {}),
    ("pmean", (X,), {"p": 3}),
    ("pmean", (X,), {"p": 0}),
    *[(name, (X,), {}) for name in ("gstd", "sem", "variation", "entropy")],
    ("entropy", (X, Q), {"base": 2, "axis": None}),
    *[("pearsonr", (X[:, 0], Q[:, 0]), {"alternative": a}) for a in ("two-sided", "less")],
    ("linregress", (X[:, 0], Q[:, 0]), {}),
    *[("ttest_1samp", (X, 0.4), {"alternative": a}) for a in ("two-sided", "greater")],
    ("ttest_rel", (X, Q), {}),
    *[("ttest_ind", (X, Q[:4]), {"equal_var": e}) for e in (True, False)],
    ("f_oneway", (X, Q[:4], X[:3] + 0.5), {}),
    ("iqr", (X,), {}),
    ("iqr", (X,), {"axis": 0, "rng": (10, 80), "scale": "normal"}),
    ("trim_mean", (X,), {"proportiontocut": 0.2}),
    ("median_abs_deviation", (X,), {"scale": "normal"}),
    ("wasserstein_distance", (X[:, 0], Q[:3, 1]), {}),
    ("circmean", (X,), {"high": 2.0, "low": -1.0}),
    *[(name, (X,), {"axis": 0}) for name in ("circvar", "circstd")],
    *[(name, (0.7, X[:, 0]), {}) for name in ("boxcox_llf", "yeojohnson_llf")],
]
CASES = [(linalg, their_linalg, *case) for case in MATRICES]
CASES += [(stats, their_stats, *case) for case in SAMPLES]


def parts(x):
    """The results of a function: SciPy's have classes of their own."""
    return (x,) if isinstance(x, (np.ndarray, jitgrad.Tensor, float)) else tuple(x)


@pytest.mark.parametrize(
    ("ours", "theirs", "name", "operands", "options"), CASES, ids=[c[2] for c in CASES]
)
def test_values_and_derivatives(ours, theirs, name, operands, options, monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "never")
    f = lambda *xs: getattr(ours, name)(*xs, **options)
    got, want = f(*map(jitgrad.tensor, operands)), getattr(theirs, name)(*operands, **options)
    for g, w in zip(*map(parts, (got, want)), strict=True):
        np.testing.assert_allclose(g, w, rtol=1e-9, atol=1e-11)
    jitgrad.check_grads(f, operands, order=1)


@pytest.mark.parametrize("name", ["solve_continuous_are", "solve_discrete_are"])
def test_riccati_equations(name, monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "never")
    rng = np.random.default_rng(7)
    f, half = getattr(linalg, name), lambda x: 0.5 * (x + x.conj().T)
    for k in (0.0, 1j):
        drawn = lambda *shape, k=k: rng.normal(size=shape) + k * rng.normal(size=shape)

        a, b, q, r = drawn(3, 3), drawn(3, 2), drawn(3, 3), drawn(2, 2)
        q, r = q @ q.conj().T + np.eye(3), r @ r.conj().T + np.eye(2)
        e, s = drawn(3, 3) + 3 * np.eye(3), 0.01 * drawn(3, 2)
        for given in ((a, b, q, r), (a, b, q, r, e, s)):
            want = getattr(their_linalg, name)(*given, balanced=False)  # with e, else wrong there
            np.testing.assert_allclose(f(*given), want, rtol=1e-8, atol=1e-9)
        g = lambda a, b, q, r, e, s: f(a, b, half(q), half(r), e, s)
        jitgrad.check_grads(g, (a, b, q, r, e, s), order=1)
        loss = jitgrad.grad(lambda a, f=f, rest=(b, q, r): (abs(f(a, *rest)) ** 2).sum())
        want = loss(a)
        np.testing.assert_allclose(jitgrad.jit(loss)(a), want)
        np.testing.assert_allclose(jitgrad.vmap(loss)(np.stack([a, a]))[1], want)
    a, b, q, r = (x.real for x in (a, b, q, r))
    jitgrad.check_grads(lambda a: f(a, b, half(q), half(r)), (a,), order=2)


def test_logarithms_and_roots_are_complex_where_they_must_be(monkeypatch):
    """Of real matrices, as values say; on the cut, derivatives are those of one side."""
    monkeypatch.setattr(jitgrad.config, "compile", "never")
    turn = np.array([[0.0, 1.0], [-1.0, 0.0]])
    for name in ("logm", "sqrtm"):
        f, theirs = getattr(linalg, name), getattr(their_linalg, name)
        for a in (S, -S, A, np.diag([1.0, -2.0, 3.0]), turn, np.stack([S, -S]), np.array([[2]])):
            got, want = f(a), theirs(a)
            assert got.dtype == want.dtype
            np.testing.assert_allclose(got, want, atol=1e-11)
        jitgrad.check_grads(f, (np.diag([1.0, -2.0, 3.0]) + 0.1 * A,), order=2)
        assert f(-S.astype("f4")).dtype == np.complex64
        with pytest.raises(ArgumentError, match="complex"):
            np.asarray(jitgrad.jit(f)(-S))
    got = linalg.fractional_matrix_power(-S, 0.5)
    np.testing.assert_allclose(got, their_linalg.sqrtm(-S), atol=1e-12)


def test_eigenvectors_of_bands():
    for got, want in (
        (linalg.eig_banded(BANDS), their_linalg.eig_banded(BANDS)),
        (linalg.eigh_tridiagonal(V, R[:3]), their_linalg.eigh_tridiagonal(V, R[:3])),
    ):
        for g, w in zip(got, want, strict=True):
            np.testing.assert_allclose(abs(np.asarray(g)), abs(w), atol=1e-12)
    jitgrad.check_grads(lambda d, e: linalg.eigh_tridiagonal(d, e)[1] ** 2, (V, R[:3]), order=1)
    singular = jitgrad.grad(lambda a: linalg.signm(a).sum())(np.diag([1.0, 0.0]))
    assert np.isnan(singular).all()
    angles = jitgrad.jit(linalg.subspace_angles)(np.ones((4, 2)), TALL)
    assert np.isnan(angles).all()


@pytest.mark.parametrize("lower", [False, True])
def test_factors_of_banded_matrices(lower, monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "never")
    f = lambda ab: linalg.cholesky_banded(ab, lower=lower)
    for ab in (BANDS, BANDS + 0.1j * (BANDS < 3), BANDS[2:], BANDS[1:]):
        ab = ab[::-1] + 0 if lower else ab
        want, count = their_linalg.cholesky_banded(ab, lower=lower), len(ab) - 1
        for k in range(count + 1):  # SciPy leaves what is no element of a band as it was
            band = np.s_[k, : 4 - k] if lower else np.s_[count - k, k:]
            np.testing.assert_allclose(np.asarray(f(ab))[band], want[band], rtol=1e-12)
        jitgrad.check_grads(f, (ab,), order=1)
        if np.iscomplexobj(ab):  # there is no `solve_banded` of complex matrices
            continue
        solve = lambda c, b: linalg.cho_solve_banded((c, lower), b)
        for b in (R, TALL):
            found = their_linalg.cho_solve_banded((want, lower), b)
            np.testing.assert_allclose(solve(want, b), found, rtol=1e-12)
        jitgrad.check_grads(lambda ab, b, solve=solve: solve(f(ab), b), (ab, R), order=1)


def test_wrong_uses_are_refused():
    for error, call in (
        (ArgumentError, lambda: linalg.polar(A, "up")),
        (ArgumentError, lambda: linalg.rq(A, mode="up")),
        (ArgumentError, lambda: linalg.eigvals_banded(BANDS, select="v", select_range=(0, 1))),
        (ArgumentError, lambda: linalg.subspace_angles(np.ones((3, 2)), TALL[:3])),
        (ArgumentError, lambda: linalg.pinvh(S, return_rank=True)),
        (ArgumentError, lambda: linalg.convolution_matrix(V, 2, "up")),
        (ArgumentError, lambda: linalg.solve_continuous_are(A, TALL[:3], A, np.eye(2))),
        (ShapeError, lambda: linalg.solve_discrete_are(A, TALL, S, np.eye(2))),
        (ShapeError, lambda: linalg.signm(TALL)),
        (ShapeError, lambda: linalg.eigh_tridiagonal(V, R)),
        (ShapeError, lambda: linalg.diagsvd(V, 3, 3)),
        (ShapeError, lambda: linalg.companion(A)),
        (ShapeError, lambda: linalg.khatri_rao(A, TALL)),
        (ShapeError, lambda: linalg.expm_frechet(A, TALL)),
        (ShapeError, lambda: linalg.matmul_toeplitz(V, A)),
        (ShapeError, lambda: linalg.solve_circulant(V, A)),
        (ArgumentError, lambda: stats.skew(X, nan_policy="omit")),
    ):
        with pytest.raises(error, match="got"):
            call()
