"""Vector math: within 2 ulp of extended precision, right at special values, and the same in Python and in kernels."""

import numpy as np
import pytest

import jitgrad
from jitgrad.runtime import vmath

EXTENDED = np.finfo(np.longdouble).nmant >= 63
SPECIAL = [0.0, -0.0, np.inf, -np.inf, np.nan, 5e-324, -5e-324, 1e-310, 800.0, -800.0, 1.0, -1.0, -2.0, 709.5, -745.2]
RANGES = {
    "exp": [(-708, 709), (-1, 1), (-745, -708)],
    "expm1": [(-40, 709), (-1, 1), (-1e-5, 1e-5)],
    "log": [(0.5, 2), (0.99, 1.01), (1e-320, 1e-308), (1, 1e300)],
    "log1p": [(-0.999, 10), (-1e-3, 1e-3), (-1e-12, 1e-12), (1, 1e300)],
    "tanh": [(-1, 1), (-22, 22), (-1e-6, 1e-6)],
    "sin": [(-7, 7), (-1e5, 1e5), (-1e12, 1e12)],
    "cos": [(-7, 7), (-1e5, 1e5), (-1e12, 1e12)],
    "sigmoid": [(-1, 1), (-700, 40)],
}
FORMS = [(lambda y: y.sum(), (4000,)), (lambda y: y.sum(0), (40, 100)), (lambda y: y.sum(1), (40, 100))]


@pytest.fixture(autouse=True)
def compiled(monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "always")


def numpy(name, x):
    with np.errstate(all="ignore"):
        return 1 / (1 + np.exp(-x)) if name == "sigmoid" else getattr(np, name)(x)


def ours(name, x):
    return getattr(jitgrad, name)(jitgrad.tensor(x)).numpy()


@pytest.mark.parametrize(("name", "low", "high"), [(n, *r) for n, ranges in RANGES.items() for r in ranges])
def test_within_two_ulp(name, low, high):
    rng = np.random.default_rng(len(name))
    if high > 1e200:
        x = np.exp(rng.uniform(np.log(low), np.log(high), 20_000))
    else:
        x = rng.uniform(low, high, 20_000)
    got, want = ours(name, x), numpy(name, x.astype(np.longdouble))
    ulp = np.spacing(np.abs(want.astype(np.float64))).astype(np.longdouble)
    assert np.max(np.abs(got - want) / ulp) <= (2.0 if EXTENDED else 4.0)


@pytest.mark.parametrize("name", RANGES)
def test_special_values(name):
    got, want = ours(name, np.array(SPECIAL)), numpy(name, np.array(SPECIAL))
    np.testing.assert_allclose(got, want, rtol=4e-16, atol=0)
    real = ~np.isnan(want)
    np.testing.assert_array_equal(np.signbit(got[real]), np.signbit(want[real]))


@pytest.mark.parametrize("name", RANGES)
def test_python_and_kernels_give_the_same_bits(name):
    x = np.array([0.3, 1.7, 5.5, 0.0, 1e-200, 30.0, 1e9])
    assert ours(name, x).tolist() == [getattr(vmath, name)(v) for v in x.tolist()]
    assert [float(getattr(jitgrad, name)(jitgrad.tensor(v))) for v in x.tolist()] == ours(name, x).tolist()


@pytest.mark.parametrize("name", RANGES)
def test_float32_is_rounded_once(name):
    x = np.random.default_rng(1).uniform(0.01, 20, 1000).astype(np.float32)
    got = ours(name, x)
    assert got.dtype == np.float32
    want = numpy(name, x.astype(np.float64)).astype(np.float32)
    assert np.max(np.abs(got - want) / np.spacing(np.abs(want))) <= 1


@pytest.mark.parametrize("name", ["sin", "cos"])
@pytest.mark.parametrize(("reduced", "shape"), FORMS)
def test_far_operands_are_reduced_in_full(name, reduced, shape):
    x = np.random.default_rng(2).uniform(-3, 3, shape)
    x.flat[[5, 77]] = [1e300, -(2.0**41)]
    t = jitgrad.tensor(x, requires_grad=True)
    out = reduced(getattr(jitgrad, name)(t))
    out.sum().backward()
    np.testing.assert_allclose(out.detach().numpy(), reduced(getattr(np, name)(x)), rtol=1e-12, atol=1e-12)
    slope = np.cos(x) if name == "sin" else -np.sin(x)
    np.testing.assert_allclose(t.grad.numpy(), slope, rtol=1e-14, atol=1e-15)


def test_far_scalars():
    for x in (1e22, -(2.0**50), 2.0**40, 2.0**40 - 1):
        assert abs(float(jitgrad.sin(jitgrad.tensor(x))) - np.sin(x)) <= 2e-16
        assert abs(float(jitgrad.cos(jitgrad.tensor(x))) - np.cos(x)) <= 2e-16
