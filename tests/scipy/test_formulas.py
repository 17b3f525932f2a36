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


def test_wrong_uses_are_refused():
    for error, call in (
        (ArgumentError, lambda: linalg.polar(A, "up")),
        (ShapeError, lambda: linalg.companion(A)),
        (ShapeError, lambda: linalg.khatri_rao(A, TALL)),
        (ShapeError, lambda: linalg.expm_frechet(A, TALL)),
        (ShapeError, lambda: linalg.matmul_toeplitz(V, A)),
        (ShapeError, lambda: linalg.solve_circulant(V, A)),
        (ArgumentError, lambda: stats.skew(X, nan_policy="omit")),
    ):
        with pytest.raises(error, match="got"):
            call()
