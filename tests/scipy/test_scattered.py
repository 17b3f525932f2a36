"""Polynomials through points, and interpolation between points on no grid: values are SciPy's,
derivatives those of differences."""

import numpy as np
import pytest

import jitgrad
from jitgrad import ArgumentError, ShapeError

theirs = pytest.importorskip("scipy.interpolate")
interpolate = jitgrad.scipy.interpolate
RNG = np.random.default_rng(0)
X, Y, AT = np.array([0.0, 0.4, 1.1, 2.0, 2.3]), RNG.normal(size=(2, 5)), np.array([[0.4, 1.7, 2.5]])
POINTS, HEIGHTS = RNG.uniform(size=(12, 2)), RNG.normal(size=(12, 3))
PLACES = RNG.uniform(-0.1, 1.1, (3, 5, 2))


@pytest.fixture(autouse=True)
def interpreted(monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "never")


@pytest.mark.parametrize("name", ["KroghInterpolator", "BarycentricInterpolator"])
def test_polynomials(name):
    ours, want = getattr(interpolate, name)(X, Y, 1), getattr(theirs, name)(X, Y, 1)
    np.testing.assert_allclose(ours(AT), want(AT), rtol=1e-9)
    np.testing.assert_allclose(ours.derivative(AT, 2), want.derivative(AT, 2), rtol=1e-8)
    np.testing.assert_allclose(ours.derivatives(AT[0]), want.derivatives(AT[0]), rtol=1e-8)


@pytest.mark.parametrize("name", ["krogh", "barycentric", "pchip"])
def test_functions_of_one_call(name):
    f, want = (getattr(lib, f"{name}_interpolate") for lib in (interpolate, theirs))
    for der in (0, 1):
        np.testing.assert_allclose(f(X, Y[0], AT[0], der=der), want(X, Y[0], AT[0], der=der))


def test_triangles():
    ours = interpolate.LinearNDInterpolator(POINTS, HEIGHTS)
    np.testing.assert_allclose(ours(PLACES), theirs.LinearNDInterpolator(POINTS, HEIGHTS)(PLACES))
    for options in ({"fill_value": 7.0}, {"method": "nearest"}):
        given = POINTS, HEIGHTS[:, 0], (PLACES[..., 0], PLACES[..., 1])
        want = theirs.griddata(*given, **options)
        np.testing.assert_allclose(interpolate.griddata(*given, **options), want)


@pytest.mark.parametrize("kernel", ["linear", "thin_plate_spline", "cubic", "quintic", "gaussian"])
def test_radial_functions(kernel):
    options = {"kernel": kernel, "smoothing": 0.1, "epsilon": 1.5}
    flat = PLACES.reshape(-1, 2)
    ours = interpolate.RBFInterpolator(POINTS, HEIGHTS, **options)(flat)
    np.testing.assert_allclose(ours, theirs.RBFInterpolator(POINTS, HEIGHTS, **options)(flat))


SLOPES = {
    "krogh": lambda x, y, at: interpolate.KroghInterpolator(x[:, 0], y)(at[:, 0]),
    "at a point": lambda x, y, at: interpolate.KroghInterpolator(x[:, 0], y)(x[:2, 0]),
    "derivative": lambda x, y, at: interpolate.krogh_interpolate(x[:, 0], y, at[:, 0], 1),
    "triangles": lambda x, y, at: interpolate.LinearNDInterpolator(x, y)(at),
    "splines": lambda x, y, at: interpolate.RBFInterpolator(x, y, smoothing=0.1)(at),
    "distances": lambda x, y, at: interpolate.RBFInterpolator(x, y, kernel="linear")(at),
}


@pytest.mark.parametrize("name", SLOPES)
def test_slopes(name):
    x = np.array([[0.0, 0.1], [0.3, 0.9], [0.8, 0.2], [1.1, 1.2]])
    at = np.array([[0.4, 0.5], [0.6, 0.45]])
    jitgrad.check_grads(SLOPES[name], (x, HEIGHTS[:4, 0], at), order=1)


def test_refusals():
    with pytest.raises(ArgumentError, match="twice"):
        interpolate.KroghInterpolator([0.0, 0.0], [1.0, 2.0])
    with pytest.raises(ShapeError, match="values"):
        interpolate.KroghInterpolator(X, Y[:, :3], 1)
    with pytest.raises(ShapeError, match="expected"):
        interpolate.LinearNDInterpolator(POINTS, HEIGHTS[:3])
    with pytest.raises(ArgumentError, match="nearest"):
        interpolate.griddata(POINTS, HEIGHTS, PLACES, method="cubic")
    with pytest.raises(ArgumentError, match="epsilon"):
        interpolate.RBFInterpolator(POINTS, HEIGHTS, kernel="gaussian")
    with pytest.raises(ArgumentError, match="kernel"):
        interpolate.RBFInterpolator(POINTS, HEIGHTS, kernel="no")
    with pytest.raises(ArgumentError, match="jit"):
        jitgrad.jit(lambda x: interpolate.griddata(POINTS, HEIGHTS, x))(PLACES)
