"""Spectra, rates and responses of `jitgrad.scipy.signal`: values are SciPy's, derivatives those of
differences, of both orders. Start at `CASES`."""

import warnings

import numpy as np
import pytest

import jitgrad
from jitgrad import ArgumentError, GradientError, ShapeError

theirs = pytest.importorskip("scipy.signal")
signal = jitgrad.scipy.signal
RNG = np.random.default_rng(0)
X, Y, H = RNG.normal(size=(2, 50)), RNG.normal(size=(2, 50)), RNG.normal(size=5)
Z, LONG = X + 1j * Y, np.tile(X, 3)
B, A = theirs.butter(4, 0.3)
SOS = theirs.butter(4, 0.3, output="sos")
SHORT = {"nperseg": 16}


@pytest.fixture(autouse=True)
def interpreted(monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "never")


SEGMENTS = [
    *[{}, {"scaling": "spectrum"}, {"detrend": "linear"}, {"window": "hamming"}, {"nfft": 20}],
    *[{"nperseg": 15}, {"noverlap": 4}, {"fs": 3.0}, {"return_onesided": False}],
]
CASES = [
    *[(n, (X,), {**SHORT, **o}) for n in ("welch", "spectrogram", "stft") for o in SEGMENTS
      if (n, o) != ("stft", SEGMENTS[1])],
    *[(name, (X.T,), {**SHORT, "axis": 0}) for name in ("welch", "spectrogram", "stft")],
    *[(name, (Z,), {**SHORT, "return_onesided": False}) for name in ("welch", "stft")],
    *[("welch", (X,), {"nperseg": n, "average": "median"}) for n in (16, 8)],
    *[("periodogram", (X,), o) for o in ({}, {"nfft": 60}, {"nfft": 40}, {"window": "hann"})],
    *[("spectrogram", (X,), {**SHORT, "mode": m})
      for m in ("complex", "magnitude", "angle", "phase")],
    *[("stft", (X,), {**SHORT, "boundary": b}) for b in (None, "even", "odd", "constant")],
    *[("stft", (X,), {**SHORT, **o}) for o in ({"padded": False}, {"scaling": "psd"})],
    *[("csd", (X, y), SHORT) for y in (Y, Y[:, :40])],
    ("coherence", (X, Y), SHORT),
    *[("resample", (x, num), {"axis": 1})
      for x in (X, Z, X[:, :49], Z[:, :49]) for num in (1, 20, 21, 49, 50, 60, 61)],
    *[("resample", (x, 30), {"axis": 1, "window": "hamming"}) for x in (X, Z)],
    ("resample", (X[0], 30, np.arange(50.0)), {}),
    *[(name, given, {"up": up, "down": down, "axis": axis})
      for up, down in ((1, 1), (3, 1), (1, 3), (3, 2), (2, 5))
      for name, given, axis in (("upfirdn", (H, X), 1), ("upfirdn", (H, X.T), 0),
                                ("resample_poly", (X,), 1), ("resample_poly", (X.T,), 0))],
    ("resample_poly", (X, 3, 2), {"axis": 1, "window": H}),
    *[("decimate", (LONG, 3), {"ftype": f}) for f in ("iir", "fir")],
    ("decimate", (LONG.T, 3), {"ftype": "fir", "axis": 0, "zero_phase": False}),
    *[("freqz", (B, a), o) for a in (1, A) for o in ({}, {"worN": [0.1, 0.2]})],
    ("freqz", (B, A), {"worN": 11, "whole": True, "fs": 3.0}),
    ("freqz", (B, A), {"worN": 11, "include_nyquist": True}),
    *[("freqs", ([1.0, 2.0], [1.0, 3.0, 1.0]), o) for o in ({}, {"worN": [1.0, 2.0]})],
    *[("deconvolve", given, {}) for given in ((X[0], H), (H, X[0]))],
    *[("medfilt", (X,), {"kernel_size": k}) for k in (None, [1, 5])],
    *[("wiener", (X,), o) for o in ({}, {"mysize": [2, 5]}, {"mysize": 3, "noise": 0.5})],
]  # fmt: skip


def parts(out):
    return out if isinstance(out, tuple) else (out,)


def called(f, *given, **options):
    """Without SciPy's warnings of complex signals, and of windows beyond the ends."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return parts(f(*given, **options))


@pytest.mark.parametrize("name", sorted({name for name, _, _ in CASES}))
def test_values(name):
    for case, given, options in CASES:
        if case != name:
            continue
        got = called(getattr(signal, name), *given, **options)
        want = called(getattr(theirs, name), *given, **options)
        for x, y in zip(got, want, strict=True):
            assert np.shape(x) == np.shape(y) and np.asarray(x).dtype == np.asarray(y).dtype
            np.testing.assert_allclose(x, y, rtol=1e-9, atol=1e-9, err_msg=str(options))


@pytest.mark.skipif(not hasattr(theirs, "freqz_sos"), reason="of a later SciPy")
def test_responses_of_sections():
    for x, y in zip(signal.freqz_sos(SOS), theirs.freqz_sos(SOS), strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("options", [{}, {"nperseg": 15}, {"noverlap": 12}])
def test_signals_of_transforms(options):
    options = {**SHORT, **options}
    z = theirs.stft(X[0], **options)[2]
    for given, more in ((z, {}), (z.T, {"time_axis": 0, "freq_axis": 1}), (z, {"boundary": False})):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            want = theirs.istft(given, **options, **more)
        for x, y in zip(signal.istft(given, **options, **more), want, strict=True):
            np.testing.assert_allclose(x, y, rtol=1e-9, atol=1e-10)
    _, _, z = theirs.stft(X, **options)
    back = signal.istft(np.moveaxis(z, -1, 0), **options, time_axis=0, freq_axis=2)[1]
    np.testing.assert_allclose(back[:50], X.T, atol=1e-12)


SMALL = {"nperseg": 4}
SLOPES = {
    "welch": lambda x: signal.welch(x, **SMALL)[1],
    "median": lambda x: signal.welch(x, **SMALL, average="median")[1],
    "csd": lambda x: abs(signal.csd(x, x[::-1] ** 2, **SMALL)[1]),
    "coherence": lambda x: signal.coherence(x, x[::-1], **SMALL)[1],
    "stft": lambda x: signal.stft(x, **SMALL)[2].imag ** 2,
    "istft": lambda x: signal.istft(signal.stft(x**2, **SMALL)[2], **SMALL)[1] ** 2,
    "spectrogram": lambda x: signal.spectrogram(x, **SMALL)[2],
    "resample": lambda x: signal.resample(x, 7) ** 2,
    "upfirdn": lambda x: signal.upfirdn(x[:3], x, 3, 2),
    "resample_poly": lambda x: signal.resample_poly(x, 3, 2, window=x[:5]),
    "freqz": lambda x: abs(signal.freqz(x[:3], x[3:6], worN=3)[1]),
    "freqz_sos": lambda x: abs(signal.freqz_sos(x[:12].reshape((2, 6)), worN=3)[1]),
    "freqs": lambda x: abs(signal.freqs(x[:2], x[3:6], worN=[0.1, 1.0])[1]),
    "deconvolve": lambda x: signal.deconvolve(x, x[:3])[0],
    "medfilt": lambda x: signal.medfilt(x) ** 2,
    "wiener": lambda x: signal.wiener(x, 3, 0.4),
}

#: What is also differentiated twice; the others are of the same operations.
TWICE = ("welch", "upfirdn", "freqz_sos", "wiener")


@pytest.mark.parametrize("name", SLOPES)
def test_slopes(name):
    x = np.random.default_rng(1).uniform(0.5, 2.0, 12)
    weights = np.cos(np.arange(100.0))

    def loss(x):
        out = SLOPES[name](x)
        return (out * weights[: out.size].reshape(out.shape)).sum()

    jitgrad.check_grads(loss, (x,), order=2 if name in TWICE else 1)


def test_transforms_of_functions():
    """Through `jit` and `vmap`; decimation is linear."""
    f = lambda x: signal.welch(x, **SHORT)[1]
    want = theirs.welch(X, **SHORT)[1]
    np.testing.assert_allclose(jitgrad.jit(f)(X), want, rtol=1e-12)
    np.testing.assert_allclose(jitgrad.vmap(f)(X), want, rtol=1e-12)
    w = np.cos(np.arange(50.0))
    g = jitgrad.grad(lambda x: (signal.decimate(x, 3) * w).sum())(LONG[0])
    at = lambda e: (theirs.decimate(LONG[0] + e * np.sin(np.arange(150.0)), 3) * w).sum()
    assert float((g * np.sin(np.arange(150.0))).sum()) == pytest.approx(at(0.5) - at(-0.5))


def test_refusals():
    with pytest.raises(ArgumentError, match="noverlap"):
        signal.welch(X, nperseg=4, noverlap=4)
    with pytest.raises(ArgumentError, match="scaling"):
        signal.welch(X, scaling="no")
    with pytest.raises(ArgumentError, match="boundary"):
        signal.stft(X, nperseg=4, boundary="no")
    with pytest.raises(ArgumentError, match="domain"):
        signal.resample(X, 4, domain="freq")
    with pytest.raises(ShapeError, match="window"):
        signal.welch(X, window=np.ones((2, 2)))
    with pytest.raises(ArgumentError, match="odd"):
        signal.medfilt(X, 2)
    with pytest.warns(UserWarning, match="nperseg"):
        signal.welch(X, nperseg=100)
    x = jitgrad.tensor(X[0])
    np.testing.assert_array_equal(signal.find_peaks(x)[0], theirs.find_peaks(X[0])[0])
    with pytest.raises(GradientError):
        signal.find_peaks(x.requires_grad_())
