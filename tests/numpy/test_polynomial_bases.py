"""`jitgrad.numpy.polynomial`: values are those of `numpy.polynomial`, derivatives those of
differences, by places and coefficients."""

import importlib.util
import types

import numpy as np
import pytest
from doctests import run_doctest

import jitgrad
from jitgrad import ArgumentError, GradientError, ShapeError
from jitgrad.numpy import polynomial as ours

PREFIXES = {"polynomial": "poly", "chebyshev": "cheb", "legendre": "leg", "laguerre": "lag"}
PREFIXES |= {"hermite": "herm", "hermite_e": "herme"}


@pytest.fixture(autouse=True)
def interpreted(monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "never")


def functions(basis, form):
    return [getattr(getattr(m, basis), PREFIXES[basis] + form) for m in (ours, np.polynomial)]


def calls(n):
    rng = np.random.default_rng(n)
    x, y, z = rng.uniform(-1, 1, (3, 2, 3))
    c, other = rng.standard_normal(n), rng.standard_normal(3)
    yield from [("val", (x, c)), ("val", (0.3, c)), ("val", (x, rng.standard_normal((n, 2))))]
    yield ("val", (x, rng.standard_normal((n, 2, 3)), False))
    yield ("val", (x, c + 1j))
    for form in ("val2d", "grid2d"):
        yield (form, (x, y, rng.standard_normal((n, 3))))
    for form in ("val3d", "grid3d"):
        yield (form, (x, y, z, rng.standard_normal((n, 3, 2))))
    yield ("vander", (x, n))
    yield from [("der", (c,)), ("der", (c, 2, 0.5)), ("der", (rng.standard_normal((n, 2)),))]
    if n > 1:  # of one, hermeder gives the axes the other way round
        yield ("der", (rng.standard_normal((2, n)), 1, 1, 1))
    yield from [("int", (c,)), ("int", (c, 2, [1, 2], 0.5, 2.0))]
    yield from [("int", (rng.standard_normal((n, 2)), 1, 3.0))]
    yield from [(form, (c, other)) for form in ("add", "sub", "mul")]
    yield from [("fromroots", (c,)), ("fromroots", (np.array([1j, -1j, 2.0]),))]
    yield from [("roots", (c,)), ("roots", (c + [1j] * n,))]


@pytest.mark.parametrize("basis", PREFIXES)
def test_values_are_numpys(basis):
    for n in (1, 2, 5):
        for form, args in calls(n):
            mine, numpys = functions(basis, form)
            found, expected = np.asarray(mine(*args)), numpys(*args)
            assert found.shape == expected.shape, (form, n)
            np.testing.assert_allclose(found, expected, atol=1e-11, err_msg=form)


@pytest.mark.parametrize("basis", PREFIXES)
def test_derivatives(basis):
    val, der, mul = (functions(basis, form)[0] for form in ("val", "der", "mul"))
    x, c = np.array([0.3, -0.7]), np.array([0.5, 1.0, -2.0, 0.25])
    jitgrad.check_grads(val, (x, c), order=2)
    jitgrad.check_grads(lambda c: mul(der(c), c), (c,))
    roots, fromroots = (functions(basis, form)[0] for form in ("roots", "fromroots"))
    jitgrad.check_grads(lambda c: fromroots(roots(c)).real, (c,), order=2)
    slope = jitgrad.grad(lambda x: val(x, c).sum())(x)
    np.testing.assert_allclose(slope, val(x, der(c)))


def test_what_numpy_computes_loses_no_gradient():
    c = jitgrad.tensor([1.0, 0.0, -4.0], requires_grad=True)
    with pytest.raises(GradientError):
        ours.polynomial.polytrim(c)
    np.testing.assert_allclose(ours.polynomial.polytrim(c.detach()), [1.0, 0.0, -4.0])
    assert ours.Chebyshev is np.polynomial.Chebyshev
    assert ours.chebyshev.chebdomain is np.polynomial.chebyshev.chebdomain


def test_wrong_uses_are_typed_errors():
    with pytest.raises(ShapeError, match="expected some"):
        ours.polynomial.polyval(0.5, np.ones(0))
    with pytest.raises(ShapeError, match="the same shape"):
        ours.polynomial.polyval2d(np.ones(2), np.ones(3), np.ones((2, 2)))
    with pytest.raises(ArgumentError, match="got deg=-1"):
        ours.hermite.hermvander(0.5, -1)
    with pytest.raises(ShapeError, match="lowest degree first"):
        ours.chebyshev.chebmul(np.ones((2, 2)), np.ones(2))
    with pytest.raises(AttributeError, match="chebnothing"):
        ours.chebyshev.chebnothing  # noqa: B018


def test_the_example_of_the_module():
    assert run_doctest(ours.__doc__, "polynomial", "docstring", ours) > 0


def test_roots_have_the_precision_of_the_coefficients():
    c = np.array([1, 2, 3, 4], np.float32)
    for name in PREFIXES:
        our, their = functions(name, "roots")
        assert our(c).dtype == np.complex64
        np.testing.assert_allclose(our(c), their(c), rtol=1e-4)


def test_coefficients_that_are_not_finite_have_no_roots():
    """As in NumPy, where the call raises the error, not who reads the result."""
    for c in ([1, np.nan, 2], [1, np.inf], [np.nan, 1]):
        for module in (np, jitgrad.numpy):
            with pytest.raises(np.linalg.LinAlgError):
                module.roots(jitgrad.tensor(c) if module is not np else np.array(c))
    for c in ([np.nan], [np.inf, 1, 2], [0, np.nan, 0]):
        np.testing.assert_array_equal(jitgrad.numpy.roots(jitgrad.tensor(c)), np.roots(c))


def test_bases_are_modules_of_numpys_names():
    """`import numpy.polynomial.chebyshev` is how NumPy's are used."""
    for name in PREFIXES:
        module = importlib.import_module(f"jitgrad.numpy.polynomial.{name}")
        assert module is getattr(ours, name) and isinstance(module, types.ModuleType)
        assert importlib.util.find_spec(module.__name__) is module.__spec__
    from jitgrad.numpy.polynomial.chebyshev import chebval

    assert chebval is ours.chebyshev.chebval
