"""gammaln, digamma and trigamma in kernels: their digits beside mpmath's, the same bits as in
Python, and operands below 0, which SciPy computes."""

import importlib
import sys

import numpy as np
import pytest
from folders import ROOT

import jitgrad
from jitgrad.runtime.numba import vmath

pytest.importorskip("mpmath")
scipy_special = pytest.importorskip("scipy.special")

sys.path.insert(0, str(ROOT))
points = pytest.importorskip("benchmarks.vmath_points")

from jitgrad.scipy import special  # noqa: E402

#: The largest errors, in units in the last place.
MOST = {"gammaln": 3.5, "digamma": 3.5, "trigamma": 3.0}
every = pytest.mark.parametrize("dtype", ["float64", "float32"])


def functions(name):
    """Ours and SciPy's."""
    if name == "trigamma":
        return lambda x: special.polygamma(1, x), lambda x: scipy_special.zeta(x.dtype.type(2), x)
    return getattr(special, name), getattr(scipy_special, name)


@pytest.fixture(autouse=True)
def compiled(monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "always")


@every
def test_digits(dtype):
    for name, most in MOST.items():
        (x,) = points.points(name, dtype, 80, np.random.default_rng(1))
        x = np.concatenate([x, np.array([1.4142134, 1.4701668, 0.876861, 1.4616321]).astype(dtype)])
        out = functions(name)[0](jitgrad.tensor(x)).numpy()
        assert out.dtype == dtype
        off = points.errors(name, out, (x,))
        assert off.max() <= most, (name, x[off.argmax()], off.max())
        with np.errstate(all="ignore"):
            some = x[:: max(1, x.size // 60)]
            want = np.array([getattr(vmath, name)(v) for v in some])
        np.testing.assert_array_equal(out[:: max(1, x.size // 60)], want)


@every
def test_operands_of_any_sign(dtype):
    edges = [0.0, -0.0, -1.0, -2.0, -0.5, -2.3, -30.7, np.inf, -np.inf, np.nan, 1.0, 2.0, 1e30]
    x = np.array(edges * 3).astype(dtype)
    for name in MOST:
        ours, theirs = functions(name)
        np.testing.assert_allclose(ours(jitgrad.tensor(x)), theirs(x), rtol=1e-6)
        positive = np.abs(x)
        np.testing.assert_allclose(ours(jitgrad.tensor(positive)), theirs(positive), rtol=1e-6)
        for value in edges:
            scalar = np.array(value, dtype)
            want = theirs(scalar)
            if not np.isneginf(value):  # gammaln(-inf) is inf in C
                np.testing.assert_allclose(
                    ours(jitgrad.tensor(scalar)), want, rtol=3e-6, atol=1e-6, err_msg=str(value)
                )
    t = jitgrad.tensor(np.array([-2.3, 3.0], dtype), requires_grad=True)
    special.gammaln(t).sum().backward()
    np.testing.assert_allclose(t.grad, scipy_special.psi(t.detach().numpy()), rtol=1e-5)
    slope = jitgrad.grad(lambda x: special.digamma(x).sum())(t.detach().numpy())
    np.testing.assert_allclose(slope, scipy_special.polygamma(1, t.detach().numpy()), rtol=1e-5)


@pytest.mark.parametrize("narrow", [False, True])
def test_the_polynomials_are_the_fitted_ones(narrow, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    fitted = importlib.import_module("minimax").table("stirling", narrow)
    ours = importlib.import_module("jitgrad.runtime.numba.vmath.log_gamma")._STIRLING[narrow]
    np.testing.assert_allclose(ours[-1], fitted[-1], rtol=1e-7 if narrow else 1e-15)
