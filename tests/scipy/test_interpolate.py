"""`jitgrad.scipy.interpolate`: values are SciPy's; derivatives by values, knots and places are
those of differences, of both orders."""

import inspect

import numpy as np
import pytest
from doctests import run_doctest

import jitgrad
from jitgrad import ArgumentError, DTypeError, MissingError, ShapeError
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


@pytest.mark.parametrize("k", range(6))
def test_splines_of_every_degree_are_scipys(k):
    rng = np.random.default_rng(k)
    x, y = np.sort(rng.uniform(0, 5, 12)), rng.standard_normal((2, 12))
    q = np.array([x[0], x[3], x[-1], -0.5, 6.0, *rng.uniform(x[0], x[-1], 4)])
    given = [None, "periodic"]
    if k == 3:
        given += ["natural", "clamped", ([(1, [0.3, 0.2])], [(2, [0.1, 0.0])])]
    if k == 5:
        given += [([(1, [0.3, 0.2]), (2, [0.0, 1.0])], [(3, [0.1, 0.0]), (1, [0.0, 0.0])])]
    for condition in given:
        y[:, -1] = y[:, 0] if condition == "periodic" else y[:, -1]
        ours = interpolate.make_interp_spline(x, y, k, bc_type=condition, axis=1)
        scipys = theirs.make_interp_spline(x, y, k, bc_type=condition, axis=1)
        near(ours.t, scipys.t, 1e-13)
        near(ours.c, scipys.c)
        assert ours.extrapolate == scipys.extrapolate
        for nu in {0, 1, k, k + 1}:
            near(ours(q, nu), scipys(q, nu), 1e-8)
        for extrapolate in (False, "periodic"):
            near(ours(q, 0, extrapolate), scipys(q, 0, extrapolate), 1e-8)
        near(ours.derivative(min(k, 2))(q), scipys.derivative(min(k, 2))(q), 1e-8)
        if k:  # SciPy cuts the last piece of a step function off
            near(ours.antiderivative()(q), scipys.antiderivative()(q), 1e-8)
            for limits in ((0.5, 3.0), (4.0, -1.0, False), (-7.3, 11.0, "periodic")):
                near(ours.integrate(*limits), scipys.integrate(*limits))
        near(ours.integrate(x[2], x[5]), scipys.integrate(x[2], x[5]))
        again = interpolate.BSpline(ours.t, np.moveaxis(ours.c, 0, 1), k, axis=1)
        near(again(q[5:]), scipys(q[5:]))


def test_splines_on_knots_of_ones_own():
    x, t = np.arange(6.0), [0.0, 0.0, 0.0, 1.2, 2.5, 3.8, 5.0, 5.0, 5.0]
    q = np.linspace(-0.5, 5.5, 7)
    near(
        interpolate.make_interp_spline(x, np.sin(x), 2, t)(q),
        theirs.make_interp_spline(x, np.sin(x), 2, t)(q),
    )
    for knots in ([0.0, 1.0], [0.0, 1.0, 3.0], [0.0, 0.0, 1.0, 2.0]):
        ours, scipys = (lib.BSpline.basis_element(knots) for lib in (interpolate, theirs))
        near(ours.t, scipys.t)
        near(ours([0.5, 0.7]), scipys([0.5, 0.7]))
    z = np.exp(1j * x)
    near(interpolate.make_interp_spline(x, z)(q), theirs.make_interp_spline(x, z)(q))


def test_kinds_that_are_splines():
    x, y = np.linspace(0.0, 5.0, 7), np.cos(np.arange(7.0))
    for kind in ("slinear", "quadratic", 0, 1, 2, 3, 5):
        ours = interpolate.interp1d(x, y, kind, fill_value="extrapolate")
        near(
            ours([0.2, 4.9, 5.5]),
            theirs.interp1d(x, y, kind, fill_value="extrapolate")([0.2, 4.9, 5.5]),
        )


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
    "of degree 2": lambda x, y, q: interpolate.interp1d(x, y, "quadratic")(q[:3]),
    "of degree 4": lambda x, y, q: interpolate.make_interp_spline(x, y, 4)(q, 1),
    "conditions": lambda x, y, q: interpolate.make_interp_spline(
        x, y, bc_type=([(1, y[4])], [(2, q[0])])
    ).integrate(q[1], q[3]),
    "closed": lambda x, y, q: interpolate.make_interp_spline(
        x, jnp.concatenate([y[:4], y[:1]]), 3, bc_type="periodic"
    )(q),
    "basis": lambda x, y, q: interpolate.BSpline(
        jnp.concatenate([q[:1] - 1.0, x, q[3:] * 2]), y[:4], 2
    ).antiderivative()(q[1:3]),
    "linear": lambda x, y, q: interpolate.interp1d(x, y)(q[:3]),
    "step": lambda x, y, q: interpolate.interp1d(x, y, "previous")(q[:3]) * q[:3],
    "grid": lambda x, y, q: interpolate.RegularGridInterpolator((x, 10.0 * x), y[:, None] * y)(
        jnp.stack([q[:3], 9.0 * q[1] * q[:3]], axis=1)
    ),
}


@pytest.mark.parametrize("form", FUNCTIONS)
def test_derivatives(form):
    x, q = np.array([0.0, 0.4, 1.0, 1.7, 2.0]), np.array([0.2, 0.9, 1.8, 2.3])
    order = 2 if form in ("spline", "monotonic", "grid", "basis") else 1
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
    spline = interpolate.make_interp_spline
    with pytest.raises(ArgumentError, match="got 5 conditions.* for 4 coeff"):
        spline(
            np.arange(3.0), np.zeros(3), 2, [0.0] * 3 + [1.0] + [2.0] * 3, ([(1, 0.0)], [(1, 0.0)])
        )
    with pytest.raises(ArgumentError, match="order 4 for a spline of degree 3"):
        spline(np.arange(5.0), np.zeros(5), bc_type=([(4, 0.0)], []))
    with pytest.raises(ArgumentError, match="got bc_type 'free'"):
        spline(np.arange(5.0), np.zeros(5), bc_type="free")
    with pytest.raises(ArgumentError, match="not sorted"):
        interpolate.BSpline([0.0, 1.0, 0.5, 2.0], np.zeros(2), 1)
    with pytest.raises(ShapeError, match="got 4 knots and 1 coefficients for degree 1"):
        interpolate.BSpline(np.arange(4.0), np.zeros(1), 1)
    with pytest.raises(ArgumentError, match="got nu=3 for a spline of degree 2"):
        spline(np.arange(5.0), np.zeros(5), 2).derivative(3)
    with pytest.raises(MissingError, match="has no 'bisplrep'"):
        interpolate.bisplrep  # noqa: B018


def test_places_that_are_nan():
    """Also of pieces that are constant."""
    x, y = np.arange(6.0), np.arange(6.0) ** 2
    at = np.array([np.nan, 1.5, 5.0])
    for kind in ("zero", 0, 1, 2, "linear", "cubic", "nearest"):
        ours, its = (m.interp1d(x, y, kind)(at) for m in (interpolate, theirs))
        np.testing.assert_allclose(ours, its)
    for k in (0, 1, 3):
        t, c = np.arange(8.0 + k), np.arange(14.0).reshape(7, 2)
        ours, its = (m.BSpline(t, c, k)(at + k) for m in (interpolate, theirs))
        np.testing.assert_allclose(ours, its)


@pytest.mark.parametrize("name", interpolate.__all__)
def test_examples_of_docstrings(name):
    text = inspect.cleandoc(getattr(interpolate, name).__doc__)
    assert run_doctest(text, name, "docstring", interpolate) > 0


@pytest.mark.parametrize("kind", ["linear", "cubic", "slinear", "quadratic", 3, *STEPS])
def test_samples_are_few_complex_or_float32(kind):
    rng = np.random.default_rng(1)
    for n in (0, 1, 2, 3, 4) if kind != "linear" else (0, 2, 4):
        for dtypes in (("f8", "c16"), ("f4", "f4"), ("f4", "c8"), ("f8", "f4"), ("f8", "i8")):
            x = np.array([0.0, 1.0, 2.5, 3.0])[:n].astype(dtypes[0])
            y = (rng.normal(size=(2, n)) * 3 + (1j if "c" in dtypes[1] else 0)).astype(dtypes[1])
            at = np.array([0.25, 1.0, -1.0, 8.0], dtypes[0])
            for options in ({"bounds_error": False}, {"fill_value": "extrapolate"}):
                try:
                    its = theirs.interp1d(x, y, kind, **options)(at)
                except ValueError:
                    with pytest.raises((ShapeError, ArgumentError)):
                        interpolate.interp1d(x, jitgrad.tensor(y), kind, **options)
                    continue
                ours = interpolate.interp1d(x, jitgrad.tensor(y), kind, **options)(at)
                assert ours.dtype == its.dtype
                tolerance = 1e-9 if dtypes[0] == "f8" and dtypes[1] != "f4" else 1e-4
                np.testing.assert_allclose(ours, its, rtol=tolerance, atol=tolerance)


def test_one_sample_is_no_line():
    """It has its value at its place, where SciPy's answer depends on dtypes and options."""
    y = jitgrad.tensor([2.0], requires_grad=True)
    f = interpolate.interp1d([1.0], y, fill_value="extrapolate")
    near(f([0.0, 1.0, 2.0]).detach(), [np.nan, 2.0, np.nan])
    f(1.0).backward()
    near(y.grad, [1.0])


def test_complex_values_have_gradients():
    rng = np.random.default_rng(0)
    x, at = np.array([0.0, 1.0, 2.5, 3.0, 4.0]), np.array([0.3, 2.7])
    y = jitgrad.tensor(rng.normal(size=5) + 1j * rng.normal(size=5), requires_grad=True)
    near(
        interpolate.CubicSpline(x, y)(at).detach(),
        theirs.CubicSpline(x, y.detach().numpy())(at),
    )
    for kind in ("linear", "cubic"):
        jitgrad.check_grads(lambda y, k=kind: interpolate.interp1d(x, y, k)(at), (y,))
    jitgrad.check_grads(lambda y: interpolate.interpn((x,), y, at[:, None]), (y,))
    with pytest.raises(DTypeError, match="complex128"):
        interpolate.PchipInterpolator(x, y)
