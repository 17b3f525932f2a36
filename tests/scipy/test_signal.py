"""`jitgrad.scipy.signal`: values are SciPy's; derivatives by signals, coefficients and states are
those of differences, of both orders."""

import importlib
import inspect

import numpy as np
import pytest
from doctests import run_doctest

import jitgrad
from jitgrad import ArgumentError, DTypeError, MissingError, ShapeError
from jitgrad.scipy.signal.by_transforms import faster_by_transforms

theirs = pytest.importorskip("scipy.signal")
signal = jitgrad.scipy.signal


@pytest.fixture(autouse=True)
def interpreted(monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "never")


def near(x, y, tolerance=1e-10):
    x = np.asarray(x)
    assert x.shape == np.shape(y)
    np.testing.assert_allclose(x, y, rtol=tolerance, atol=tolerance)


SHAPES = [
    *[((7,), (3,)), ((3,), (7,)), ((5, 6), (2, 3)), ((2, 3), (5, 6)), ((5, 2), (3, 4))],
    *[((4, 5, 3), (2, 2, 2)), ((), ())],
]
BORDERS = [("fill", 0), ("fill", 2.0), ("wrap", 0), ("symm", 0)]


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_convolutions(mode):
    rng = np.random.default_rng(0)
    for shapes in SHAPES:
        x, y = (rng.standard_normal(shape) for shape in shapes)
        if mode == "valid" and shapes == ((5, 2), (3, 4)):
            with pytest.raises(ShapeError, match="at least as large"):
                signal.convolve(x, y, mode)
            continue
        for name in ("convolve", "correlate"):
            near(getattr(signal, name)(x, y, mode), getattr(theirs, name)(x, y, mode, "direct"))
        near(signal.fftconvolve(x, y, mode), theirs.fftconvolve(x, y, mode))
        if len(shapes[0]) == 2:
            for border in BORDERS:
                for name in ("convolve2d", "correlate2d"):
                    given = x, y, mode, *border
                    near(getattr(signal, name)(*given), getattr(theirs, name)(*given))


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_convolutions_by_transforms(mode):
    rng = np.random.default_rng(0)
    for shapes in SHAPES:
        x, y = (rng.standard_normal(shape) for shape in shapes)
        if mode == "valid" and shapes == ((5, 2), (3, 4)):
            continue
        for k in (1.0, 1.0 + 1j):
            for name in ("convolve", "correlate"):
                found = getattr(signal, name)(x, k * y, mode, "fft")
                near(found, getattr(theirs, name)(x, k * y, mode, "direct"))
    x = rng.standard_normal((2, 300))
    for length, axes in ((1, 1), (7, 1), (40, -1), (299, [1]), (310, 1)):
        y = rng.standard_normal((1, length))
        if mode == "valid" and length > 300:
            continue
        for name in ("fftconvolve", "oaconvolve"):
            near(getattr(signal, name)(x, y, mode, axes), getattr(theirs, name)(x, y, mode, axes))
    y = rng.standard_normal((2, 9))
    near(signal.oaconvolve(x, y, mode), theirs.oaconvolve(x, y, mode))


def test_the_faster_method_is_taken():
    x, y = np.random.default_rng(0).standard_normal((2, 60, 60))
    assert not faster_by_transforms((60, 60), (2, 2), "full")
    assert faster_by_transforms((60, 60), (60, 60), "full")
    near(signal.convolve(x, y), signal.convolve(x, y, method="direct"))


def test_analytic_signals():
    rng = np.random.default_rng(0)
    for shape, n, axis in (((8,), None, -1), ((7, 2), None, 0), ((2, 9), 12, 1), ((9,), 4, 0)):
        x = rng.standard_normal(shape)
        near(signal.hilbert(x, n, axis), theirs.hilbert(x, n, axis))
    assert signal.hilbert(np.ones(4, np.float32)).dtype == np.complex64


FILTERS = [
    *[([1.0, 0.5], [2.0]), ([0.5], [1.0, -0.5]), ([1.0, 0.3], [1.0, 0.4])],
    *[([0.2, 0.3, 0.1], [1.0, -0.5, 0.2]), ([0.2, 0.3], [2.0, -0.5, 0.2, 0.1])],
    *[([0.02] * 40, [1.0]), ([0.2, 0.3, 0.1], [1.0]), ([1.5], [1.0])],
]


def test_filters():
    rng = np.random.default_rng(0)
    for b, a in FILTERS:
        order = max(len(a), len(b)) - 1
        for axis, shape in ((-1, (9,)), (0, (9, 2)), (1, (2, 9, 3)), (0, (0, 2))):
            if not shape[0] and len(a) == 1:
                continue  # which SciPy does not take
            x = rng.standard_normal(shape)
            near(signal.lfilter(b, a, x, axis), theirs.lfilter(b, a, x, axis))
            if order and x.size:
                z = rng.standard_normal(
                    [order if k == axis % x.ndim else n for k, n in enumerate(shape)]
                )
                found, expected = (m.lfilter(b, a, x, axis, z) for m in (signal, theirs))
                near(found[0], expected[0])
                near(found[1], expected[1])
        if 0 < order < 9:
            near(signal.lfilter_zi(b, a), theirs.lfilter_zi(b, a))
            x = rng.standard_normal((2, 40))
            for pad in ("odd", "even", "constant", None):
                near(signal.filtfilt(b, a, x, -1, pad), theirs.filtfilt(b, a, x, -1, pad), 1e-8)
            near(signal.filtfilt(b, a, x.T, 0, padlen=4), theirs.filtfilt(b, a, x.T, 0, padlen=4))


def test_sections():
    rng = np.random.default_rng(0)
    sos, x = theirs.butter(5, 0.3, output="sos"), rng.standard_normal((2, 40))
    near(signal.sosfilt(sos, x), theirs.sosfilt(sos, x))
    near(signal.sosfilt_zi(sos), theirs.sosfilt_zi(sos))
    near(signal.sosfiltfilt(sos, x.T, 0), theirs.sosfiltfilt(sos, x.T, 0))
    z = rng.standard_normal((3, 2, 2))
    for found, expected in zip(
        signal.sosfilt(sos, x, zi=z), theirs.sosfilt(sos, x, zi=z), strict=True
    ):
        near(found, expected)


def test_smoothing():
    x = np.random.default_rng(0).standard_normal((2, 20))
    for mode in ("interp", "mirror", "nearest", "wrap", "constant"):
        for window, order, deriv in ((5, 2, 0), (5, 3, 1), (4, 2, 0), (7, 4, 2)):
            given = {"deriv": deriv, "delta": 0.5, "mode": mode, "cval": 1.0}
            near(
                signal.savgol_filter(x, window, order, **given),
                theirs.savgol_filter(x, window, order, **given),
            )
    near(signal.savgol_filter(x.T, 5, 2, axis=0), theirs.savgol_filter(x.T, 5, 2, axis=0))
    for given in ({}, {"type": "constant"}, {"bp": [5, 13]}, {"axis": 0}):
        near(signal.detrend(x, **given), theirs.detrend(x, **given))
    narrow = x.astype(np.float32)
    for mode in ("interp", "nearest"):
        assert signal.savgol_filter(narrow, 5, 2, mode=mode).dtype == np.float32
    for dtype in (np.float32, np.complex64):
        assert signal.detrend(x.astype(dtype)).dtype == dtype


B, A = np.array([0.2, 0.3, 0.1]), np.array([1.3, -0.5, 0.2])
FUNCTIONS = {
    "second order": lambda b, a, x: signal.lfilter(b, a, x, 0),
    "first order": lambda b, a, x: signal.lfilter(b[:2], a[:2], x, 0),
    "no feedback": lambda b, a, x: signal.lfilter(b, [1.0], x, 0) * a[1],
    "with a state": lambda b, a, x: signal.lfilter(b, a, x, 0, x[:2])[1],
    "both ways": lambda b, a, x: signal.filtfilt(b, a, x, 0, padlen=2),
    "convolution": lambda b, a, x: signal.convolve(x, b[:, None] * a, "same"),
    "by transforms": lambda b, a, x: signal.convolve(x, b[:, None] * a[:2], "same", "fft"),
    "by blocks": lambda b, a, x: signal.oaconvolve(x.reshape(-1), b) * a[1],
    "envelope": lambda b, a, x: abs(signal.hilbert(x * b[0], axis=0)) * a[1],
    "smoothing": lambda b, a, x: signal.savgol_filter(x * a[0], 3, 1, axis=0)[:, 0] * b[1],
}


@pytest.mark.parametrize("form", FUNCTIONS)
def test_derivatives(form):
    x = np.random.default_rng(0).standard_normal((4, 2))
    first = ("second order", "no feedback", "both ways", "smoothing")
    order = 1 if form in first else 2
    jitgrad.check_grads(FUNCTIONS[form], (B, A, x), order=order)


def test_a_filter_under_jit():
    x = np.random.default_rng(0).standard_normal(30)
    power = jitgrad.jit(lambda a, x: (signal.lfilter(B, a, x) ** 2).sum())
    near(power(jitgrad.tensor(A), jitgrad.tensor(x)), (theirs.lfilter(B, A, x) ** 2).sum())


def test_wrong_uses_are_typed_errors():
    with pytest.raises(ArgumentError, match=r"got a\[0\] = 0"):
        signal.lfilter([1.0], [0.0, 1.0], np.ones(3))
    with pytest.raises(ShapeError, match=r"got zi of shape \(3,\), expected \(1,\)"):
        signal.lfilter([1.0, 1.0], [1.0], np.ones(3), zi=np.ones(3))
    with pytest.raises(ArgumentError, match="got mode='half'"):
        signal.convolve(np.ones(3), np.ones(2), "half")
    with pytest.raises(ArgumentError, match="got method='fast'"):
        signal.convolve(np.ones(3), np.ones(2), method="fast")
    with pytest.raises(ShapeError, match="broadcast along the others"):
        signal.fftconvolve(np.ones((2, 3)), np.ones((3, 3)), axes=1)
    with pytest.raises(DTypeError, match="expected real numbers"):
        signal.hilbert(np.ones(3) + 1j)
    with pytest.raises(ArgumentError, match="got N=0"):
        signal.hilbert(np.ones(3), 0)
    with pytest.raises(ShapeError, match="as many dimensions"):
        signal.convolve(np.ones(3), np.ones((2, 2)))
    with pytest.raises(ShapeError, match="for padlen=6, expected more"):
        signal.filtfilt([1.0, 1.0], [1.0], np.ones(5), padlen=6)
    with pytest.raises(ArgumentError, match="a window that SciPy does not take"):
        signal.savgol_filter(np.ones(5), 3, 4)
    with pytest.raises(DTypeError):
        signal.lfilter([1.0], [1.0], np.array(["a"]))
    with pytest.raises(MissingError, match="has no 'lombscargle'"):
        signal.lombscargle  # noqa: B018
    assert signal.butter is theirs.butter and signal.windows.hann is theirs.windows.hann


@pytest.mark.parametrize("name", signal.__all__)
def test_examples_of_docstrings(name):
    text = inspect.cleandoc(getattr(signal, name).__doc__)
    assert run_doctest(text, name, "docstring", signal) > 0


@pytest.mark.parametrize("mode", ["full", "valid", "same"])
def test_convolutions_along_some_axes(mode):
    """Each element against SciPy's convolution of two matrices, whichever array is the larger."""
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((2, 3, 5, 4)), rng.standard_normal((3, 2, 3, 4))
    for a, b in ((x, y), (y.swapaxes(0, 1), x.swapaxes(0, 1))):
        got = signal.convolve(a, b, mode, axes=([2, 3], [2, -1]), dot_axes=([1], [0]))
        for i, j in np.ndindex(len(a), b.shape[1]):
            pairs = zip(a[i], b[:, j], strict=True)
            want = sum(theirs.convolve(p, q, mode) for p, q in pairs)
            np.testing.assert_allclose(got[i, j], want, atol=1e-12)
    apart = signal.convolve(x[0, 0], y[0, 0], mode, axes=([0], [1]))
    assert apart.shape[:2] == (4, 3)
    np.testing.assert_allclose(apart[1, 2], theirs.convolve(x[0, 0, :, 1], y[0, 0, 2], mode))
    f = lambda x, y: signal.convolve(x, y, mode, axes=([1], [1]), dot_axes=([0], [0]))
    jitgrad.check_grads(f, (x[0, :, :, 0], y[:, 0, :, 0]), order=2)
    with pytest.raises(jitgrad.ArgumentError, match="each axis once"):
        signal.convolve(x, y, axes=([1], [0]), dot_axes=([1], [1]))


def test_windows_are_a_module_of_scipys_name():
    module = importlib.import_module("jitgrad.scipy.signal.windows")
    assert module is signal.windows and set(theirs.windows.__all__) <= set(dir(module))
    near(module.hann(5), theirs.windows.hann(5))
    with pytest.raises(MissingError, match=r"scipy\.signal\.windows has no 'nothing'"):
        module.nothing  # noqa: B018
