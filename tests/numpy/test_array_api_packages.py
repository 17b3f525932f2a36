"""Packages written for the array API standard, on tensors: `array-api-compat` and
`array-api-extra`, and the paths of SciPy and scikit-learn.

Values are those that the same call gives for arrays; gradients are compared with differences. SciPy
reads its switch when it is imported, so its calls run in a process of their own.
"""

import inspect
import os
import subprocess
import sys

import numpy as np
import pytest
from folders import ROOT

import jitgrad
import jitgrad.numpy as jnp
from jitgrad import ArgumentError
from jitgrad.numpy.namespace import named


@pytest.fixture(autouse=True)
def numpy_tier(monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "never")


A = np.random.default_rng(2).uniform(0.2, 0.9, (4, 3))


def leaf(values):
    return jitgrad.tensor(values, requires_grad=True)


def test_compat_recognises_tensors():
    compat = pytest.importorskip("array_api_compat")
    x = leaf(A)
    assert compat.array_namespace(x, x * 2, 1.0) is jnp
    assert compat.is_array_api_obj(x) and compat.is_writeable_array(x)
    assert not compat.is_numpy_array(x) and not compat.is_lazy_array(x)
    assert compat.device(x) == "cpu" and compat.size(x) == 12
    assert compat.to_device(x, "cpu").requires_grad
    with pytest.raises(TypeError, match="namespaces"):
        compat.array_namespace(x, A)


#: Functions of array-api-extra: calls, and the same of NumPy where it has one.
EXTRA = {
    "cov": lambda xpx, x: xpx.cov(x),
    "kron": lambda xpx, x: xpx.kron(x, x),
    "pad": lambda xpx, x: xpx.pad(x, 1),
    "create_diagonal": lambda xpx, x: xpx.create_diagonal(x[0]),
    "atleast_nd": lambda xpx, x: xpx.atleast_nd(x, ndim=3),
    "apply_where": lambda xpx, x: xpx.apply_where(x > 0.5, x, lambda v: v**2, fill_value=0.0),
    "at": lambda xpx, x: xpx.at(x, 0).add(3.0, copy=True),
    "sinc": lambda xpx, x: xpx.sinc(x),
}


@pytest.mark.parametrize("name", EXTRA)
def test_extra_keeps_gradients(name):
    xpx = pytest.importorskip("array_api_extra")
    np.testing.assert_allclose(EXTRA[name](xpx, leaf(A)).detach(), EXTRA[name](xpx, A))
    jitgrad.check_grads(lambda x: EXTRA[name](xpx, x), (A,))


def run(script):
    env = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "SCIPY_ARRAY_API": "1",
        "JITGRAD_COMPILE": "never",
    }
    out = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", HEAD + script],
        capture_output=True, text=True, env=env, timeout=300,
    )  # fmt: skip
    assert out.returncode == 0, out.stdout + out.stderr


HEAD = """
import numpy as np, jitgrad
from jitgrad import GradientError, Tensor
A = np.random.default_rng(2).uniform(0.2, 0.9, (5, 3))
y = A[:, 0] * 2 + A[:, 1]


def check(smooth, calls):
    for name, f in calls.items():
        got = f(jitgrad.tensor(A))
        np.testing.assert_allclose(np.asarray(got), np.asarray(f(A)), rtol=1e-9, err_msg=name)
        assert isinstance(got, Tensor), name
        if smooth:
            jitgrad.check_grads(f, (A,), modes=["rev"])
"""


def test_scipy_takes_tensors():
    pytest.importorskip("scipy")
    run(
        """
from scipy import cluster, integrate, optimize, special, stats
check(True, {
    "skew": lambda x: stats.skew(x),
    "gmean": lambda x: stats.gmean(x),
    "zscore": lambda x: stats.zscore(x),
    "logsumexp": lambda x: special.logsumexp(x, axis=0),
    "softmax": lambda x: special.softmax(x),
    "expit": lambda x: special.expit(x),
    "gammaln": lambda x: special.gammaln(x),
    "rosen": lambda x: optimize.rosen(x),
    "trapezoid": lambda x: integrate.trapezoid(x),
    "whiten": lambda x: cluster.vq.whiten(x),
})
from scipy import signal
try:
    signal.detrend(jitgrad.tensor(A, requires_grad=True))
except GradientError:
    pass
else:
    raise AssertionError("what computes on values loses no gradient in silence")
"""
    )


def test_scikit_learn_takes_tensors():
    pytest.importorskip("sklearn")
    run(
        """
import sklearn
from sklearn import decomposition, linear_model, metrics, preprocessing
from sklearn.metrics import pairwise
target = lambda x: y if isinstance(x, np.ndarray) else jitgrad.tensor(y)
with sklearn.config_context(array_api_dispatch=True):
    check(True, {
        "maxabs": lambda x: preprocessing.MaxAbsScaler().fit_transform(x),
        "minmax": lambda x: preprocessing.MinMaxScaler().fit_transform(x),
        "normalizer": lambda x: preprocessing.Normalizer().fit_transform(x),
        "ridge": lambda x: linear_model.Ridge(solver="svd").fit(x, target(x)).coef_,
        "pca": lambda x: decomposition.PCA(2, svd_solver="full").fit(x).explained_variance_,
        "rbf": lambda x: pairwise.rbf_kernel(x, x + 0.1),
        "cosine": lambda x: pairwise.cosine_similarity(x, x + 0.1),
    })
    check(False, {"scaler": lambda x: preprocessing.StandardScaler().fit_transform(x)})
    labels, scores = jitgrad.tensor([0, 1, 1, 0]), jitgrad.tensor([0.1, 0.4, 0.6, 0.5])
    assert metrics.roc_auc_score(labels, scores) == 0.75
    assert metrics.mean_squared_error(scores, scores + 0.5) == 0.25
"""
    )


@pytest.mark.parametrize("axis", [0, -1, None])
def test_descending_orders(axis):
    x = np.array([[2.0, 1.0, 2.0, 0.0], [1.0, 1.0, 3.0, 3.0]])
    got = jnp.sort(leaf(x), axis=axis, descending=True)
    assert got.requires_grad
    np.testing.assert_array_equal(got.detach(), -np.sort(-x, axis=axis))
    order = jnp.argsort(x, axis=axis, descending=True, stable=True)
    np.testing.assert_array_equal(order, np.argsort(-x, axis=axis, stable=True))
    np.testing.assert_array_equal(jnp.sort(a=x, axis=axis), np.sort(x, axis))
    jitgrad.check_grads(lambda x: jnp.sort(x, axis=-1, descending=True), (A,))


def test_unique_values_are_sorted():
    """As PyTorch gives them, which scikit-learn expects; NumPy's come in any order."""
    for values in ([3, 1, 2, 1, 3], [2.0, np.nan, 1.0, np.nan], [True, False]):
        got = np.asarray(jnp.unique_values(jnp.asarray(values)))
        np.testing.assert_array_equal(got, np.unique(np.asarray(values), equal_nan=False))


def test_what_the_standard_has_beyond_numpy():
    for function in (jnp.sort, jnp.argsort):
        assert inspect.signature(function).parameters["descending"].default is False
    places = [p.name for p in inspect.signature(jnp.clip).parameters.values() if p.kind == 1]
    assert places == ["a", "min", "max", "out"]
    for bounds in ({"min": 1, "max": 2}, {"a_min": 1, "a_max": 2}):
        np.testing.assert_array_equal(jnp.clip(jnp.arange(4), **bounds), [1, 1, 2, 2])
    for function in (named(np.fft, "fftfreq"), named(np.fft, "rfftfreq")):
        assert {"n", "d", "dtype", "device"} == {*inspect.signature(function).parameters}
        got = function(5, d=0.5, dtype=np.float32, device="cpu")
        assert got.dtype == np.float32
        np.testing.assert_allclose(got, getattr(np.fft, function.__name__)(5, 0.5), rtol=1e-6)
        assert function(4).dtype == np.float64
        with pytest.raises(ArgumentError, match="the only one"):
            function(4, device="cuda")
    info = jnp.__array_namespace_info__()
    assert info.devices() == ("cpu",) and info.default_device() == "cpu"
    assert info.default_dtypes()["complex floating"] == np.complex128
