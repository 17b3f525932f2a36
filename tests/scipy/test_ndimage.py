"""`jitgrad.scipy.ndimage`: values are SciPy's, derivatives those of differences. Start at
`FILTERS`."""

import inspect
import itertools

import numpy as np
import pytest
from doctests import run_doctest

import jitgrad
from jitgrad import ArgumentError, DTypeError, MissingError, ShapeError

theirs = pytest.importorskip("scipy.ndimage")
ndimage = jitgrad.scipy.ndimage
RNG = np.random.default_rng(0)
X, W, V = RNG.normal(size=(7, 6)), RNG.normal(size=(3, 2)), RNG.normal(size=4)
TURN = [[0.9, 0.2], [-0.1, 1.1]]
PLACES = RNG.uniform(-9, 14, (2, 40))


@pytest.fixture(autouse=True)
def interpreted(monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "never")


LINEAR = ("correlate", "convolve")
FILTERS = [
    *[(n, (X, W), o) for n in LINEAR for o in ({"cval": 1.5}, {"origin": (1, 0)})],
    *[(f"{n}1d", (X, V), o) for n in LINEAR for o in ({"axis": 0}, {"origin": 1})],
    ("convolve1d", (X, V[:3]), {"origin": -1}),
    ("gaussian_filter", (X, 1.0), {}),
    ("gaussian_filter", (X, (1.0, 0.5)), {"order": (1, 2), "radius": 2}),
    ("gaussian_filter1d", (X, 2.0), {"order": 3}),
    *[(name, (X, 1.0), {}) for name in ("gaussian_laplace", "gaussian_gradient_magnitude")],
    ("uniform_filter", (X, (3, 4)), {}),
    *[(name, (X,), {}) for name in ("sobel", "prewitt", "laplace")],
    *[(f"{name}_filter", (X,), o) for name in ("maximum", "minimum", "median")
      for o in ({"size": (2, 4)}, {"footprint": [[1, 0], [1, 1]]})],
    ("rank_filter", (X, 2, 3), {}),
]  # fmt: skip
PLACED = [
    ("map_coordinates", (X, PLACES), {"cval": 0.7}),
    ("shift", (X, (0.3, -1.7)), {"cval": 0.2}),
    *[("zoom", (X, factor), {}) for factor in ((1.5, 0.7), 2)],
    *[("affine_transform", (X, m, (0.51, 0.12)), {}) for m in (TURN, [0.9, 1.2])],
    ("affine_transform", (X, [[0.9, 0.2, 1.0], [-0.1, 1.1, 0.1]]), {"output_shape": (3, 4)}),
    *[("rotate", (X, 30), {"reshape": r}) for r in (True, False)],
]  # fmt: skip


def check(name, given, options):
    got, want = getattr(ndimage, name)(*given, **options), getattr(theirs, name)(*given, **options)
    assert got.dtype == want.dtype
    # SciPy's first sum of such splines takes in itself, which shows where rows are short.
    cut = options.get("order") in (2, 3, 4, 5) and options["mode"] in ("reflect", "grid-mirror")
    near = 1e-6 if cut else 1e-9
    np.testing.assert_allclose(got, want, atol=near, err_msg=f"{name} {options}")


@pytest.mark.parametrize("mode", ["reflect", "mirror", "nearest", "wrap", "constant"])
def test_filters(mode):
    for name, given, options in FILTERS:
        check(name, given, {**options, "mode": mode})


@pytest.mark.parametrize(
    "mode",
    [
        "constant",
        "nearest",
        "mirror",
        "reflect",
        "wrap",
        "grid-wrap",
        "grid-mirror",
        "grid-constant",
    ],
)
def test_values_at_places(mode):
    check("map_coordinates", (X, PLACES), {"mode": mode, "order": 0})
    for order in (1, 2, 3, 4, 5):
        if order == 1 or mode != "grid-constant":
            for name, (x, *given), options in PLACED:
                if order > 3 and mode in ("reflect", "grid-mirror"):
                    x = np.tile(x, 3)[:, :13].T @ np.tile(x, 3)
                check(name, (x, *given), {**options, "mode": mode, "order": order})


def test_zoom_of_cells_and_splines():
    check("zoom", (X, 2), {"mode": "nearest", "order": 1, "grid_mode": True})
    for mode in ("mirror", "nearest", "reflect", "wrap", "grid-wrap", "constant"):
        found, want = (module.spline_filter(X, mode=mode) for module in (ndimage, theirs))
        np.testing.assert_allclose(found, want, atol=2e-8, err_msg=mode)
        for order in (2, 4, 5):
            wide = np.tile(X, (4, 4))
            found, want = (m.spline_filter(wide, order, mode=mode) for m in (ndimage, theirs))
            np.testing.assert_allclose(found, want, atol=1e-9, err_msg=f"{mode} {order}")
    check("spline_filter1d", (X,), {"order": 4, "axis": 0, "mode": "mirror"})
    np.testing.assert_array_equal(ndimage.spline_filter(X, order=1), X)
    for n, order in itertools.product((1, 2, 3), (2, 3, 4, 5)):  # shorter than what a place takes
        for mode in ("mirror", "constant", "reflect", "nearest", "grid-wrap"):
            at = np.arange(float(n))
            got = ndimage.map_coordinates(V[:n], at[None], order=order, mode=mode)
            np.testing.assert_allclose(got, V[:n], atol=1e-9, err_msg=f"{n} {order} {mode}")
    with pytest.raises(ArgumentError, match="got mode='around'"):
        ndimage.spline_filter(X, mode="around")
    volume = RNG.normal(size=(4, 5, 3))
    check("rotate", (volume, 20), {"mode": "constant", "order": 1, "axes": (0, 2)})


SLOPES = {
    "correlate": lambda x, w: ndimage.correlate(x, w[:4].reshape((2, 2))),
    "convolve1d": lambda x, w: ndimage.convolve1d(x, w[:3], mode="mirror"),
    "gaussian": lambda x, w: ndimage.gaussian_filter(x, (w[0], 0.8), order=(1, 0)),
    "magnitude": lambda x, w: ndimage.gaussian_gradient_magnitude(x, w[1]),
    "median": lambda x, w: ndimage.median_filter(x, 3),
    "maximum": lambda x, w: ndimage.maximum_filter(x, 2),
    "linear": lambda x, w: ndimage.map_coordinates(x, w.reshape((2, 3)), order=1),
    "cubic": lambda x, w: ndimage.map_coordinates(x, w.reshape((2, 3)), mode="reflect"),
    "quadratic": lambda x, w: ndimage.map_coordinates(x, w.reshape((2, 3)), order=2),
    "quartic": lambda x, w: ndimage.rotate(x, 30 * w[0], reshape=False, order=4, mode="nearest"),
    "quintic": lambda x, w: ndimage.shift(x, (w[0], w[1]), order=5, mode="grid-wrap"),
    "shift": lambda x, w: ndimage.shift(x, (w[0], w[1]), mode="grid-wrap"),
    "zoom": lambda x, w: ndimage.zoom(x, 1.5),
    "affine": lambda x, w: ndimage.affine_transform(
        x, w[:4].reshape((2, 2)), w[4:], mode="nearest"
    ),
    "rotate": lambda x, w: ndimage.rotate(x, 30 * w[0], reshape=False, mode="mirror"),
}


@pytest.mark.parametrize("name", SLOPES)
def test_slopes(name):
    rng = np.random.default_rng(1)
    x, w = rng.normal(size=(4, 3)), rng.uniform(0.55, 0.95, 6)

    def loss(x, w):
        out = SLOPES[name](x, w)
        return (out * np.cos(np.arange(float(out.size))).reshape(out.shape)).sum()

    jitgrad.check_grads(loss, (x, w), order=2 if name == "gaussian" else 1)


def test_transforms_of_functions():
    f = lambda x: ndimage.gaussian_filter(ndimage.shift(x, 0.5, order=1), 1.0)
    want = f(X)
    np.testing.assert_allclose(jitgrad.jit(f)(X), want, rtol=1e-12)
    np.testing.assert_allclose(jitgrad.vmap(f)(np.stack([X, X]))[1], want, rtol=1e-12)
    assert ndimage.sobel(X.astype(np.float32)).dtype == np.float32


def test_refusals():
    with pytest.raises(DTypeError, match="astype"):
        ndimage.sobel(np.arange(5))
    with pytest.raises(ArgumentError, match="order"):
        ndimage.shift(X, 1.0, order=6)
    with pytest.raises(ArgumentError, match="mode"):
        ndimage.correlate1d(X, V, mode="no")
    with pytest.raises(ArgumentError, match="origin"):
        ndimage.correlate1d(X, V, origin=5)
    with pytest.raises(ShapeError, match="coordinates"):
        ndimage.map_coordinates(X, PLACES[:1])
    with pytest.raises(ArgumentError, match="output"):
        ndimage.sobel(X, output=np.zeros_like(X))
    with pytest.raises(ArgumentError, match="radius"):
        jitgrad.jit(lambda s: ndimage.gaussian_filter(X, s))(jitgrad.asarray(1.0))
    with pytest.raises(ArgumentError, match="reshape"):
        jitgrad.jit(lambda s: ndimage.rotate(X, s))(jitgrad.asarray(1.0))
    with pytest.raises(MissingError, match="label"):
        ndimage.label  # noqa: B018


@pytest.mark.parametrize("name", ndimage.__all__)
def test_examples_of_docstrings(name):
    text = inspect.cleandoc(getattr(ndimage, name).__doc__)
    assert run_doctest(text, name, "docstring", ndimage) > 0


def test_percentiles():
    x = np.random.default_rng(0).normal(size=(5, 6))
    for p in (0, 20, 50.0, 99, 100, -30):
        for given in ({"size": 3}, {"footprint": np.array([[1, 0], [1, 1]])}):
            got = ndimage.percentile_filter(x, p, **given)
            np.testing.assert_allclose(got, theirs.percentile_filter(x, p, **given))
    f = lambda x: jitgrad.asarray(ndimage.percentile_filter(x, 30, 3))
    jitgrad.check_grads(f, (x,), order=1)
    with pytest.raises(ArgumentError, match="percentile"):
        ndimage.percentile_filter(x, 101, 3)
