"""`jitgrad.scipy.interpolate`: values are SciPy's; derivatives by values, knots and places are
those of differences, of both orders."""

import inspect

import numpy as np
import pytest
from doctests import run_doctest

import jitgrad
from jitgrad import ArgumentError, MissingError, ShapeError
from jitgrad import numpy as jnp

theirs = pytest.importorskip("scipy.interpolate")
interpolate = jitgrad.scipy.interpolate


@pytest.fixture(autouse=True)
def interpreted(monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "never")


def near(x, y, tolerance=1e-9):
    x = np.asarray(x)
    assert x.shape == np.shape(y)
    np.testing.assert_allclose(x, y, rtol=tolerance, atol=tolerance)


CONDITIONS = ["not-a-knot", "natural", "clamped", ((1, 0.5), (2, 0.3)), ("natural", "not-a-knot")]
STEPS = ["nearest", "nearest-up", "next", "previous", "zero"]


@pytest.mark.parametrize("n", [2, 3, 4, 9])
def test_values_are_scipys(n):
    rng = np.random.default_rng(n)
    x, q = np.sort(rng.uniform(0, 3, n)), rng.uniform(-1, 4, (2, 5))
    for axis, shape in ((0, (n,)), (1, (2, n, 3))):
        y = rng.standard_normal(shape)
        for condition in CONDITIONS[: 5 if axis == 0 else 2]:
            ours = interpolate.CubicSpline(x, y, axis, condition)
            scipys = theirs.CubicSpline(x, y, axis, condition)
            near(ours.c, scipys.c)
            for nu in (0, 1, 4):
                near(ours(q, nu), scipys(q, nu))
            for extrapolate in (False, "periodic"):
                near(ours(q, extrapolate=extrapolate), scipys(q, extrapolate=extrapolate))
            near(ours.derivative(2)(q), scipys.derivative(2)(q))
            near(ours.antiderivative(2)(q), scipys.antiderivative(2)(q), 1e-8)
            near(ours.integrate(0.1, 2.0), scipys.integrate(0.1, 2.0))
            near(ours(1.0), scipys(1.0))
        closed = np.moveaxis(y.copy(), axis, 0)
        closed[-1] = closed[0]
        closed = np.moveaxis(closed, 0, axis)
        near(
            interpolate.CubicSpline(x, closed, axis, "periodic")(q),
            theirs.CubicSpline(x, closed, axis, "periodic")(q),
        )
        for name, given in (
            ("PchipInterpolator", {}),
            ("Akima1DInterpolator", {}),
            ("Akima1DInterpolator", {"method": "makima", "extrapolate": True}),
            ("CubicHermiteSpline", {"dydx": 2 * y}),
        ):
            ours = getattr(interpolate, name)(x, y, axis=axis, **given)
            near(ours(q), getattr(theirs, name)(x, y, axis=axis, **given)(q))
        for kind in ("linear", *STEPS, *(["cubic"] if n > 3 else [])):
            for given in (
                {"fill_value": "extrapolate"},
                {"bounds_error": False},
                {"bounds_error": False, "fill_value": (1.0, 2.0)},
            ):
                ours = interpolate.interp1d(x[::-1], np.flip(y, axis), kind, axis, **given)
                near(ours(q), theirs.interp1d(x, y, kind, axis, **given)(q))


def test_grids():
    rng = np.random.default_rng(0)
    grid = [np.sort(rng.uniform(0, 1, n)) for n in (4, 3, 2)]
    values, q = rng.standard_normal((4, 3, 2, 2)), rng.uniform(-0.2, 1.2, (6, 5, 3))
    q[0, 0, 0] = np.nan
    for method in ("linear", "nearest"):
        for fill in (np.nan, None, 3.0):
            ours = interpolate.RegularGridInterpolator(grid, values, method, False, fill)
            given = {"method": method, "bounds_error": False, "fill_value": fill}
            near(ours(q), theirs.RegularGridInterpolator(grid, values, **given)(q))
    near(
        interpolate.interpn(grid, values, tuple(np.moveaxis(q, -1, 0)), "linear", False, 0.0),
        theirs.interpn(grid, values, q, "linear", False, 0.0),
    )


FUNCTIONS = {
    "spline": lambda x, y, q: interpolate.CubicSpline(x, y)(q),
    "slope": lambda x, y, q: interpolate.CubicSpline(x, y, bc_type="natural")(q, 1),
    "periodic": lambda x, y, q: interpolate.CubicSpline(
        x, jnp.concatenate([y[:4], y[:1]]), bc_type="periodic"
    )(q),
    "ends": lambda x, y, q: interpolate.CubicSpline(x[:4], y[:4], bc_type=((1, y[4]), (2, q[0])))(
        q[1:]
    ),
    "integral": lambda x, y, q: interpolate.CubicSpline(x, y).integrate(q[0], q[2]),
    "monotonic": lambda x, y, q: interpolate.PchipInterpolator(x, y)(q),
    "akima": lambda x, y, q: interpolate.Akima1DInterpolator(x, y)(q[:3]),
    "linear": lambda x, y, q: interpolate.interp1d(x, y)(q[:3]),
    "step": lambda x, y, q: interpolate.interp1d(x, y, "previous")(q[:3]) * q[:3],
    "grid": lambda x, y, q: interpolate.RegularGridInterpolator((x, 10.0 * x), y[:, None] * y)(
        jnp.stack([q[:3], 9.0 * q[1] * q[:3]], axis=1)
    ),
}


@pytest.mark.parametrize("form", FUNCTIONS)
def test_derivatives(form):
    x, q = np.array([0.0, 0.4, 1.0, 1.7, 2.0]), np.array([0.2, 0.9, 1.8, 2.3])
    order = 2 if form in ("spline", "monotonic", "grid") else 1
    jitgrad.check_grads(FUNCTIONS[form], (x, np.sin(3 * x) + 0.2 * x, q), order=order)


def test_results_are_arrays_unless_something_is_a_tensor():
    x, y = [0.0, 1.0, 2.0, 3.0], np.array([0.0, 1.0, 8.0, 27.0])
    spline = interpolate.CubicSpline(x, y)
    assert type(spline(1.5)) is np.ndarray and type(spline.c) is np.ndarray
    assert isinstance(spline(jitgrad.tensor(1.5)), jitgrad.Tensor)
    assert isinstance(interpolate.CubicSpline(x, jitgrad.tensor(y))(1.5), jitgrad.Tensor)
    slope = jitgrad.jit(jitgrad.grad(lambda y: interpolate.CubicSpline(x, y).integrate(0.0, 3.0)))
    near(slope(y), np.array([3, 9, 9, 3]) / 8)


def test_wrong_uses_are_typed_errors():
    cubic = interpolate.CubicSpline
    with pytest.raises(ArgumentError, match="not increasing"):
        cubic([0.0, 0.0, 1.0], np.zeros(3))
    with pytest.raises(ShapeError, match="got 2 values for 3 knots"):
        cubic([0.0, 1.0, 2.0], np.zeros(2))
    with pytest.raises(ArgumentError, match="at the ends of a periodic spline"):
        cubic([0.0, 1.0, 2.0], [0.0, 1.0, 2.0], bc_type="periodic")
    with pytest.raises(ArgumentError, match="got bc_type 'free'"):
        cubic([0.0, 1.0], [0.0, 1.0], bc_type="free")
    with pytest.raises(ArgumentError, match="got kind='quartic'"):
        interpolate.interp1d([0.0, 1.0], [0.0, 1.0], "quartic")
    with pytest.raises(ArgumentError, match="expected them between 0.0 and 1.0"):
        interpolate.interp1d([0.0, 1.0], [0.0, 1.0])(2.0)
    with pytest.raises(ArgumentError, match="outside of the grid"):
        interpolate.interpn(([0.0, 1.0],), [0.0, 1.0], [[2.0]])
    with pytest.raises(ShapeError, match=r"expected \(\.\.\., 1\)"):
        interpolate.interpn(([0.0, 1.0],), [0.0, 1.0], [[2.0, 1.0]])
    with pytest.raises(MissingError, match="has no 'griddata'"):
        interpolate.griddata  # noqa: B018


@pytest.mark.parametrize("name", interpolate.__all__)
def test_examples_of_docstrings(name):
    text = inspect.cleandoc(getattr(interpolate, name).__doc__)
    assert run_doctest(text, name, "docstring", interpolate) > 0
