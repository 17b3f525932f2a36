"""NumPy functions by topic (`jitgrad.numpy.functions`): values, shapes and dtypes against NumPy on
arrays, gradients against central differences of NumPy's function. `CASES` has a call per line, by
the name of the function."""

import subprocess
import sys

import numpy as np
import pytest
from numpy_calls import CASES, MASK, NAN, C, V, W, ours
from numpy_oracle import A, B, check_gradient, leaf

import jitgrad
import jitgrad.numpy as jnp
from jitgrad import AliasError, ArgumentError, GradientError, ShapeError

# fmt: off
#: Functions with an entry, and objects that are indexed: keywords and forms beside the usual ones.
FORMS = [
    lambda x, y: np.reshape(x, (3, 2), order="F"), lambda x, y: np.ravel(x * y, order="F"),
    lambda x, y: x.reshape(3, 2, order="F") * y.flatten(order="F")[0], lambda x, y: x.ravel("F"),
    lambda x, y: np.take(x, [5, -7, 1], mode="wrap"), lambda x, y: np.take(x, [[9, -9]], axis=1, mode="clip"),
    lambda x, y: x.take([9], 0, mode="clip"),
    lambda x, y: np.nan_to_num(np.where(A == 2.0, np.nan, x), nan=1.0, posinf=2.0),
    lambda x, y: np.mean(x, axis=0, where=MASK), lambda x, y: np.mean(x, where=MASK[:, :1], keepdims=True),
    lambda x, y: np.var(x, where=MASK), lambda x, y: np.std(x, axis=1, where=MASK, ddof=0.5),
    lambda x, y: np.var(x, axis=1, mean=np.mean(x, axis=1, keepdims=True)),
    lambda x, y: np.std(x, axis=0, mean=y[:1]),
    lambda x, y: np.sum(x, axis=1, where=MASK, initial=3.0), lambda x, y: np.prod(x, where=MASK),
    lambda x, y: np.max(x, axis=1, where=MASK, initial=-1.0), lambda x, y: np.min(x, initial=0.3),
    lambda x, y: np.interp(x + 0.03, [0.5, 1.5, -1.1], y[0], period=4.0),
    lambda x, y: np.interp(x + 0.03, W, V[:3], period=-3.0),
    lambda x, y: np.conj(x), lambda x, y: np.conjugate(x) * y.conj(), lambda x, y: x.real + y.imag,
    lambda x, y: np.lib.stride_tricks.sliding_window_view(x, 2, 1),
    lambda x, y: np.lib.stride_tricks.sliding_window_view(x, (2, 2)),
    lambda x, y: np.lib.stride_tricks.sliding_window_view(x, (2, 2), (1, 1)),
    lambda x, y: np.lib.stride_tricks.sliding_window_view(x, 3, axis=-1) * y[:, :1, None],
    lambda x, y: np.cov(x, aweights=y[0] ** 2), lambda x, y: np.cov(x, fweights=[1, 2, 1], aweights=y[0] ** 2, ddof=1),
    lambda x, y: ours(x, "r_")[x[0], 1.0, y[0]], lambda x, y: ours(x, "r_")["1,2", x[0], y[0]],
    lambda x, y: ours(x, "c_")[x[0], y[0], [1, 2, 3]], lambda x, y: ours(x, "r_")[0:3, x[0]],
    lambda x, y: ours(x, "r_")[x[0, 0]:y[0, 0]:4j, x[0]], lambda x, y: ours(x, "mgrid")[0:x[0, 0]:3j, y[0, 0]:2:2j],
    lambda x, y: ours(x, "ogrid")[0:x[0, 0]:3j, y[0, 0]:2:2j][1] * x[0, 0], lambda x, y: ours(x, "mgrid")[0:x[0, 0]:3j],
]
if hasattr(np, "matvec"):
    FORMS += [lambda x, y: np.matvec(x, y), lambda x, y: np.vecmat(x[:, :2], y),
              lambda x, y: np.matvec(C, y[:, :1] + V)]
# fmt: on


def calls(table):
    return [
        pytest.param(c, id=f"{name}-{k}")
        for name, cases in table.items()
        for k, c in enumerate(cases)
    ]


@pytest.fixture(autouse=True)
def numpy_tier(monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "never")


@pytest.mark.each("call", [*calls(CASES), *calls({"form": FORMS})])
def test_values_and_gradients(call):
    out, grads = check_gradient(call, A, B)
    assert out.requires_grad and grads is not None


@pytest.mark.parametrize("call", calls(NAN))
def test_what_skips_nan(call):
    known = np.where(np.abs(A) > 2.5, np.nan, A)
    x = leaf(known)
    out, want = call(x), call(known)
    np.testing.assert_allclose(out.detach(), want, rtol=1e-13)
    g, direction = (
        np.random.default_rng(5).standard_normal(np.shape(want)),
        np.random.default_rng(6).standard_normal(A.shape),
    )
    (out * g).sum().backward()
    steps = [np.sum(g * call(known + h * direction)) for h in (1e-6, -1e-6)]
    assert np.sum(x.grad.numpy() * direction) == pytest.approx(
        (steps[0] - steps[1]) / 2e-6, rel=1e-6, abs=1e-8
    )
    assert (x.grad.numpy()[np.isnan(known)] == 0).all()


@pytest.mark.each("dtype", ["float32", "int64", "bool"])
@pytest.mark.each("call", [*calls(CASES), *calls({"form": FORMS})])
def test_dtypes_are_numpys(call, dtype):
    x, y = (np.abs(v).astype(dtype) for v in (A, B))
    with np.errstate(all="ignore"):
        try:
            want = call(x, y)
        except (TypeError, ValueError, ZeroDivisionError, AttributeError, IndexError, Warning):
            return
        got = call(jitgrad.tensor(x), jitgrad.tensor(y))
    if np.asarray(want).dtype == np.float16:
        return
    assert got.dtype == np.asarray(want).dtype
    np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3), (2, 0, 3), (2, 3, 4)])
def test_order(shape, order):
    x = np.arange(float(np.prod(shape))).reshape(shape)
    t = jitgrad.tensor(x, requires_grad=True)
    for f in (lambda x: x.reshape(-1, order=order), lambda x: x.ravel(order), lambda x: x.flatten(order),
              lambda x: np.reshape(x, shape[::-1], order=order), lambda x: np.ravel(x, order=order)):  # fmt: skip
        np.testing.assert_array_equal(f(t).detach(), f(x))
    seen = jitgrad.tensor(x)
    if x.size and x.ndim < 2:  # a view, as in NumPy
        seen.reshape(-1, order=order)[0] = 7.0
        assert seen.reshape(-1)[0] == 7.0
    with pytest.raises(ArgumentError, match="order"):
        t.reshape(-1, order="Z")


def test_windows_are_a_view():
    x = jitgrad.arange(5.0)
    windows = np.lib.stride_tricks.sliding_window_view(x, 3)
    x[2] = 10.0
    assert windows.tolist() == [[0.0, 1.0, 10.0], [1.0, 10.0, 3.0], [10.0, 3.0, 4.0]]
    with pytest.raises(AliasError):
        windows[0, 0] = 1.0
    for width in (0, 1, 5):
        want = np.lib.stride_tricks.sliding_window_view(np.arange(5.0), width)
        np.testing.assert_array_equal(
            np.lib.stride_tricks.sliding_window_view(jitgrad.arange(5.0), width), want
        )
    for wrong in (6, -1, (2, 2)):
        with pytest.raises(ShapeError, match="window"):
            jitgrad.sliding_window_view(x, wrong)


def test_windows_under_the_compiler(tier):
    x = jitgrad.arange(6.0, requires_grad=True)
    y = (jitgrad.sliding_window_view(x, 2) * jitgrad.tensor([1.0, 10.0])).sum(1)
    np.testing.assert_array_equal(y.detach(), [10.0, 21.0, 32.0, 43.0, 54.0])
    y.sum().backward()
    assert x.grad.tolist() == [1.0, 11.0, 11.0, 11.0, 11.0, 10.0]


def test_vectorize():
    @jnp.vectorize
    def step(x, y):
        return x * y if x > 0 else -y

    def want(x, y):
        return np.where(x > 0, x * y, -y)

    check_gradient(lambda x, y: step(x, y) if isinstance(x, jitgrad.Tensor) else want(x, y), A, B)
    check_gradient(lambda x: step(x, 2.0) if isinstance(x, jitgrad.Tensor) else want(x, 2.0), A)
    dot = jnp.vectorize(lambda x, y: (x @ y, x.sum()), signature="(n),(n)->(),()")
    check_gradient(
        lambda x, y: dot(x, y)[0] if isinstance(x, jitgrad.Tensor) else (x * y).sum(-1), A, B
    )
    assert jnp.vectorize(lambda x: 2 * x, otypes=[np.float32])([1, 2]).dtype == np.float32
    power = jnp.vectorize(lambda x, n: x**n, excluded=["n"])
    assert power(jitgrad.tensor([1.0, 3.0]), n=2).tolist() == [1.0, 9.0]
    assert isinstance(jnp.vectorize(lambda x: 1)(3), jitgrad.Tensor)
    with pytest.raises(ShapeError, match="expected elements"):
        step(jitgrad.zeros(0), 1.0)
    with pytest.raises(ArgumentError, match="signature"):
        dot(A)


def test_values_out_and_errors():
    out, whole = jitgrad.zeros(2, 3), jitgrad.zeros(2, 3)
    np.modf(jitgrad.tensor(A), out=(out, whole))
    np.testing.assert_array_equal(out + whole, A)
    assert np.ldexp(jitgrad.tensor(A), 1, out=out) is out and (out == 2 * A).all()
    special = np.array([np.inf, -np.inf, np.nan, 0.0, -0.0, 5e-324, 1.7e308])
    for f in (lambda x: np.modf(x)[0], lambda x: np.modf(x)[1], lambda x: np.frexp(x)[0], lambda x: np.frexp(x)[1],
              lambda x: np.ldexp(x, -1070), lambda x: np.ldexp(x, 2000), lambda x: np.ldexp(x, -3000)):  # fmt: skip
        with np.errstate(all="ignore"):
            np.testing.assert_array_equal(f(jitgrad.tensor(special)), f(special))
    assert np.ldexp(leaf(1e-300), 2000) == np.ldexp(1e-300, 2000)
    x = leaf(A)
    for kind, f in (
        (ShapeError, lambda: np.pad(x[:, :0], 1, "mean")), (ArgumentError, lambda: np.pad(x, 1, "middle")),
        (ArgumentError, lambda: np.pad(x, 1, "mean", end_values=0)), (ArgumentError, lambda: np.pad(x, -1, "mean")),
        (ShapeError, lambda: np.pad(x, (1, 2, 3))), (ShapeError, lambda: np.polyint(x)),
        (ArgumentError, lambda: np.polyder(x[0], -1)), (ShapeError, lambda: np.bincount([0, 1], x[0])),
        (ArgumentError, lambda: np.piecewise(x, [x > 0], [])),
        (ArgumentError, lambda: np.interp(x, W, V[:3], period=0)),
        (ShapeError, lambda: np.apply_along_axis(np.sum, 0, x[:, :0])), (ArgumentError, lambda: jnp.r_["r", x]),
        (ShapeError, lambda: np.apply_over_axes(lambda v, k: v.sum(), x, 0)),
        (ArgumentError, lambda: np.take(x, [0], mode="wrapped")), (ArgumentError, lambda: np.ldexp(x, 1, where=MASK)),
        (ArgumentError, lambda: np.polyfit(x[0], A[0], -1)), (ArgumentError, lambda: np.polyfit(x[0], A[0], 2, cov=True)),
        (ArgumentError, lambda: np.polyfit(x[0], A, 1)), (GradientError, lambda: jnp.mgrid[0 : x[0, 0] : 0.5]),
        (ShapeError, lambda: np.piecewise(x, [x[0] > 0], [1.0])),
        (ArgumentError, lambda: jnp.asarray_chkfinite([np.nan])),
        (GradientError, lambda: np.histogramdd(x)), (GradientError, lambda: np.histogram(x, "auto")),
    ):  # fmt: skip
        with pytest.raises(kind, match="got"):
            f()


def test_no_gradient_is_advised_to_be_lost():
    x = leaf(A[:, :2])
    for f in (np.spacing, np.histogram_bin_edges):
        with pytest.raises(GradientError, match="jitgrad has") as error:
            f(x)
        assert "detach" not in str(error.value).split("; where no gradient is wanted")[0]


def test_methods_of_arrays(tier):
    x, a = jitgrad.tensor(A), A.copy()
    for f in (
        lambda x: x.item(3), lambda x: x.item(1, 2), lambda x: x.item(-1), lambda x: x.item((0, 1)),
        lambda x: x.compress([True, False, True], 1), lambda x: x.flat[1], lambda x: x.flat[1:4],
        lambda x: x.flat[[0, 5]],
        lambda x: list(x.flat)[2], lambda x: len(x.flat), lambda x: np.asarray(x.flat), lambda x: x.flat[::2],
    ):  # fmt: skip
        np.testing.assert_array_equal(f(x), f(a))
    np.testing.assert_array_equal(
        jitgrad.tensor([1, 0]).choose(A[:, :2]), np.array([1, 0]).choose(A[:, :2])
    )
    for t in (x, a):
        t.flat[[0, -1]] = [7.0, 8.0]
        t.flat[1:4] = 2.0
    np.testing.assert_array_equal(x, a)
    x.flat = a.flat = [1.0, 2.0]
    np.testing.assert_array_equal(x, a)
    copied = x.flat[:2]
    copied[0] = 100.0
    assert x[0, 0] == 1.0
    for wrong in (
        lambda: x.item(6),
        lambda: x.item(0, 3),
        lambda: x.item("a"),
        lambda: x.item(0, 0, 0),
    ):
        with pytest.raises(IndexError, match="got item"):
            wrong()
    grad = jitgrad.grad(lambda v: (v.flat[1:3] ** 2).sum() + v.compress([False, True], 0).sum())(
        jitgrad.tensor(A)
    )
    assert grad.tolist() == [[0.0, -3.0, 4.0], [1.0, 1.0, 1.0]]


def test_edges_of_numpys_functions():
    """What a random search over functions, keywords and shapes found."""
    inf, nan = np.inf, np.nan
    for f in (
        lambda np, x: np.hypot.reduce(x[:1], axis=0), lambda np, x: np.hypot.reduce(x, axis=()),
        lambda np, x: np.logaddexp.reduce(x[0, 0]), lambda np, x: np.argmin(x[:0], axis=1),
        lambda np, x: np.gradient(x[0] * np.asarray([1.0, nan, 1.0])), lambda np, x: np.linalg.norm(x[0, :0], inf),
        lambda np, x: np.convolve(x[0], np.asarray([inf, 1.0]), "same"), lambda np, x: np.convolve(x[0], [nan, 1.0]),
        lambda np, x: np.geomspace(x[0, 0], 3.0, 2), lambda np, x: np.histogram(x[0, :1], 3)[1],
        lambda np, x: np.pad(x[:0], ((0, 0), (1, 1)), "mean"), lambda np, x: np.select([x > 0], [x], 1),
        lambda np, x: np.diff(x[0, 0], 0), lambda np, x: np.polymul([0.0, 0.0, 1.0], x[0]),
        lambda np, x: np.polyval([[1.0, 2.0], [3.0, 4.0]], x[:, :2]), lambda np, x: np.asfortranarray(x),
        lambda np, x: np.quantile(np.asarray([1.0, inf]), [0.2, 0.9], method="lower"), lambda np, x: np.modf(x * 2)[0],
        lambda np, x: np.asarray_chkfinite(x), lambda np, x: np.quantile(x, [0, 1]),
        lambda np, x: np.mean(x, axis=0, where=x > 0, dtype="f8"),
    ):  # fmt: skip
        with np.errstate(all="ignore"):
            want = f(np, A)
        got = f(jnp, jitgrad.tensor(A))
        assert got.shape == np.shape(want) and got.dtype == np.asarray(want).dtype
        np.testing.assert_allclose(got, want, rtol=1e-13)
    assert jitgrad.grad(lambda x: np.modf(x)[0].sum())(
        jitgrad.tensor([0.0, 2.0, -1.5])
    ).tolist() == [1.0, 1.0, 1.0]
    narrow = jitgrad.tensor(A.astype(np.float32))
    assert (
        np.quantile(narrow, [0, 1]).dtype == np.float32
        and np.quantile(narrow, [0.5]).dtype == np.float64
    )
    for f in (lambda: np.max(jitgrad.tensor(np.uint8([1])), initial=-1), lambda: np.vecdot(jitgrad.ones(1), np.ones(3)),
              lambda: np.delete(jitgrad.ones(3), 7), lambda: np.split(jitgrad.ones(3), 2),
              lambda: np.partition(jitgrad.ones(3), 5), lambda: np.unique(jitgrad.ones(3), axis=4),
              lambda: np.diag(jitgrad.ones(1, 1, 1)), lambda: np.histogram(jitgrad.tensor([inf]), 3)):  # fmt: skip
        with pytest.raises(jitgrad.JitgradError, match="got"):
            f()


def test_extremes_of_complex_numbers_without_nan():
    a = np.array([[1 + 2j, complex(np.nan, 1), 2 + 0j], [complex(0, np.nan), -1j, -1 + 1j]])
    for f in (np.nanmax, np.nanmin):
        for axis in (None, 0, 1):
            np.testing.assert_array_equal(f(jitgrad.tensor(a), axis=axis), f(a, axis=axis))


def test_zeros_of_polynomials():
    """Complex roots always, as eigenvalues, and coefficients that are real where zeros come in
    pairs."""
    p, matrix = np.array([0.0, 1.0, -3.0, 2.5, 7.0, 0.0]), A[:, :2] + np.diag([0.0, 5.0])
    np.testing.assert_allclose(np.roots(jitgrad.tensor(p)), np.roots(p), rtol=1e-13)
    for coefficients in (p, np.array([2.0, 6.0]), np.array([1.0, 3.0, 2.0]), np.zeros(2)):
        assert np.roots(jitgrad.tensor(coefficients)).dtype == complex
    np.testing.assert_allclose(
        np.sort(np.asarray(jitgrad.jit(np.roots)(p[1:]))), np.sort(np.roots(p))
    )
    jitgrad.check_grads(np.roots, (p[1:5],), order=2)
    jitgrad.check_grads(np.roots, (p[1:5] * [1, 1j, 2, 1],), order=1)
    jitgrad.check_grads(np.roots, (np.array([2.0, -6.0, 3.0, 0.0]),), order=2)
    with pytest.raises(jitgrad.GradientError, match="leading coefficients of 0"):
        np.roots(jitgrad.tensor(p, requires_grad=True))
    jitgrad.check_grads(np.poly, (matrix,), order=2)
    for zeros in ([1j, -1j, 2], [1j, 2, 3], [], matrix, matrix * 1j):
        for dtype in (np.complex64, np.complex128):
            known = np.array(zeros, dtype)
            got, want = np.poly(jitgrad.tensor(known)), np.poly(known)
            assert np.asarray(got).dtype == np.asarray(want).dtype
            np.testing.assert_allclose(got, want, rtol=1e-5)


@pytest.mark.filterwarnings("ignore:Arrays of 2-dimensional vectors")
def test_cross_products_in_the_plane():
    for f in (lambda x, y: np.cross(x[:, :2], y[:, :2]), lambda x, y: np.cross(x[:, :2], y),
              lambda x, y: np.cross(x[:, :2], y[0])):  # fmt: skip
        check_gradient(f, A, B)


def test_counts_with_weights_under_jit():
    """What is counted is known when the function is traced, how much it weighs is not."""
    a, w = np.random.default_rng(0).standard_normal((2, 12))
    x, y, places = a.reshape(3, 4), w.reshape(3, 4), np.arange(12) % 5
    for f in (
        lambda np, w: np.histogram(x, 4, weights=w)[0],
        lambda np, w: np.histogram(x, 4, weights=w, density=True)[0],
        lambda np, w: np.histogram2d(x.ravel(), a, 3, weights=w.reshape(-1))[0],
        lambda np, w: np.bincount(places, weights=w.reshape(-1)),
    ):
        np.testing.assert_allclose(jitgrad.jit(lambda w, f=f: f(jnp, w))(y), f(np, y), rtol=1e-12)
        slope = lambda w, f=f: (f(jnp, w) ** 2).sum()
        (g,) = jitgrad.jit(jitgrad.grad(slope, (0,)))(y)
        step = 1e-6 * np.cos(y)
        apart = (f(np, y + step) ** 2).sum() - (f(np, y - step) ** 2).sum()
        assert 2 * float((g * step).sum()) == pytest.approx(apart, rel=1e-6)
    assert jnp.bincount(jitgrad.tensor(places)).tolist() == np.bincount(places).tolist()
    narrow = jitgrad.tensor(y.ravel().astype("float32"))
    assert jnp.histogram2d(a, a, 3, weights=narrow)[0].dtype == float  # as NumPy's


def test_all_modules_of_functions_are_loaded():
    """In a new process, where no test has imported one by its name."""
    code = (
        "import pkgutil, sys\n"
        "from jitgrad.numpy import functions\n"
        "functions.load()\n"
        "names = [m.name for m in pkgutil.iter_modules(functions.__path__, 'jitgrad.numpy.functions.')]\n"
        "assert names\n"
        "assert not {*names} - {*sys.modules}, {*names} - {*sys.modules}\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_padding_keeps_the_sign_of_its_zeros():
    for value in (0.0, -0.0, 0):
        got = jnp.pad(leaf(np.ones(2)), 1, constant_values=value).detach().numpy()
        want = np.pad(np.ones(2), 1, constant_values=value)
        np.testing.assert_array_equal(np.signbit(got), np.signbit(want))
