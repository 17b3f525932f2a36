"""Spectra of segments that overlap: `stft` and `istft`, and the estimates of densities.

Segments are a view of the signal, windows and frequencies are constants, and all else are formulas.
Start at `_transformed`.
"""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np

from ... import fft
from ... import numpy as jnp
from ...base.errors import ArgumentError, ShapeError
from ...base.extras import function_of
from ...base.surface import surface
from ...ir.shapes import as_int, normalize_axis
from .by_transforms import _overlapped
from .signals import given_back, signal
from .smoothing import detrend as _detrended

#: Modes of `pad` that boundaries are, with what it is told.
BOUNDARIES: dict[Any, dict[str, Any]] = {
    "zeros": {"mode": "constant"},
    "constant": {"mode": "edge"},
    "even": {"mode": "reflect"},
    "odd": {"mode": "reflect", "reflect_type": "odd"},
    None: {},
}


class Segments(NamedTuple):
    """How a signal is cut: the window, how far segments are apart, and the length of transforms."""

    window: np.ndarray
    step: int
    nfft: int

    @property
    def length(self) -> int:
        return len(self.window)

    def scale(self, scaling: str, fs: float) -> float:
        """What squares of transforms are multiplied by."""
        if scaling in ("density", "psd"):
            return 1.0 / (fs * float((self.window * self.window).sum()))
        if scaling == "spectrum":
            return 1.0 / float(self.window.sum()) ** 2
        raise ArgumentError(f"got scaling={scaling!r}, expected 'density' (or 'psd') or 'spectrum'")


def _window(window: Any, nperseg: Any, most: int | None) -> np.ndarray:
    """The window of the segments of a signal of `most` elements, if that is known."""
    if isinstance(window, (str, tuple)):
        length = 256 if nperseg is None else as_int(nperseg, "nperseg")
        if most is not None and length > most:
            if nperseg is not None:
                told = f"got nperseg={length} for {most} elements, uses {most}"
                warnings.warn(told, UserWarning, 4)
            length = most
        return np.asarray(function_of("scipy.signal", "get_window")(window, length))
    window = np.asarray(window, np.float64)
    if window.ndim != 1 or nperseg not in (None, len(window)):
        raise ShapeError(
            f"got a window of shape {window.shape} for nperseg={nperseg}, expected (nperseg,)"
        )
    if most is not None and len(window) > most:
        raise ShapeError(f"got a window of {len(window)} elements for {most}, expected fewer")
    return window


def _segments(window: Any, nperseg: Any, noverlap: Any, nfft: Any, most: int | None) -> Segments:
    window = _window(window, nperseg, most)
    length = len(window)
    overlap = length // 2 if noverlap is None else as_int(noverlap, "noverlap")
    transformed = length if nfft is None else as_int(nfft, "nfft")
    if not length or not 0 <= overlap < length or transformed < length:
        raise ArgumentError(
            f"got nperseg={length}, noverlap={overlap} and nfft={transformed}, expected "
            "0 <= noverlap < nperseg <= nfft"
        )
    return Segments(window, length - overlap, transformed)


def _last(x: Any, axis: int, what: str = "x") -> tuple[Any, int]:
    """A signal with `axis` behind the others, and where it was."""
    t = signal(x, what)
    if not t.ndim:
        raise ShapeError(f"got a number as {what}, expected an array")
    axis = normalize_axis(as_int(axis, "axis"), t.ndim)
    return jnp.moveaxis(t, axis, -1), axis


def _transformed(x: Any, cut: Segments, detrend: Any, real: bool) -> Any:
    """The transforms of the segments of a signal, (..., segments, frequencies)."""
    views = jnp.lib.stride_tricks.sliding_window_view(x, cut.length, axis=-1)
    parts = views[..., :: cut.step, :]
    if callable(detrend):
        parts = detrend(parts)
    elif detrend:
        parts = _detrended(parts, type=detrend)
    parts = parts * cut.window.astype(parts.real.dtype)
    return (fft.rfft if real else fft.fft)(parts, n=cut.nfft, axis=-1)


def _frequencies(cut: Segments, fs: float, real: bool) -> np.ndarray:
    return (np.fft.rfftfreq if real else np.fft.fftfreq)(cut.nfft, 1 / fs)


def _times(n: int, cut: Segments, fs: float) -> np.ndarray:
    return np.arange(cut.length / 2, n - cut.length / 2 + 1, cut.step) / fs


def _is_one_sided(return_onesided: bool, *given: Any) -> bool:
    return bool(return_onesided) and all(t.dtype.kind == "f" for t in given)


def _power(x: Any, y: Any, cut: Segments, fs: Any, detrend: Any, real: bool, scaling: str) -> Any:
    """The cross spectra of segments, (..., segments, frequencies)."""
    left = _transformed(x, cut, detrend, real)
    right = left if y is x else _transformed(y, cut, detrend, real)
    out: Any = jnp.conj(left) * right * cut.scale(scaling, fs)
    if not real:
        return out
    twice = np.full(out.shape[-1], 2.0, out.real.dtype)  # negative frequencies count as well
    twice[0] = 1.0
    if cut.nfft % 2 == 0:
        twice[-1] = 1.0
    return out * twice


@surface
def csd(
    x: Any,
    y: Any,
    fs: float = 1.0,
    window: Any = "hann",
    nperseg: int | None = None,
    noverlap: int | None = None,
    nfft: int | None = None,
    detrend: Any = "constant",
    return_onesided: bool = True,
    scaling: str = "density",
    axis: int = -1,
    average: str = "mean",
) -> tuple[np.ndarray, Any]:
    """The cross spectral density of two signals by Welch's method, as `scipy.signal.csd`: the mean
    of those of segments that overlap.

    Parameters
    ----------
    x, y : array_like
        Signals of the same shape but for `axis`, the shorter of which is followed by zeros; they
        may require grad.
    fs, window, nperseg, noverlap, nfft, detrend, return_onesided, scaling, axis, average
        As in SciPy.

    Returns
    -------
    f : ndarray
        Frequencies.
    Pxy : array or Tensor
        With as many elements along `axis`; complex.

    References
    ----------
    ``scipy.signal.csd``; Welch, "The use of the fast Fourier transform for the estimation of power
    spectra" (1967).

    Examples
    --------
    >>> f, p = csd([1.0, -1.0, 1.0, -1.0], [2.0, -2.0, 2.0, -2.0], nperseg=4, detrend=False)
    >>> p.real.round(3)
    array([0.   , 2.667, 5.333])
    """
    same = y is x
    (left, place), (right, _) = _last(x, axis), _last(y, axis, "y")
    longer = max(left.shape[-1], right.shape[-1])
    left, right = (
        jnp.pad(t, [*[(0, 0)] * (t.ndim - 1), (0, longer - t.shape[-1])])
        if t.shape[-1] < longer
        else t
        for t in (left, right)
    )
    real = _is_one_sided(return_onesided, left, right)
    cut = _segments(window, nperseg, noverlap, nfft, longer)
    power = _power(left, left if same else right, cut, fs, detrend, real, scaling)
    out = _averaged(power, average)
    return _frequencies(cut, fs, real), given_back(jnp.moveaxis(out, -1, place), x, y)


def _averaged(power: Any, average: str) -> Any:
    """The mean of segments, or their median, whose expectation is that of the mean."""
    if average == "mean":
        return power.mean(axis=-2)
    if average != "median":
        raise ArgumentError(f"got average={average!r}, expected 'mean' or 'median'")
    twos = 2 * np.arange(1.0, (power.shape[-2] - 1) // 2 + 1)
    bias = 1 + np.sum(1 / (twos + 1) - 1 / twos)
    middle = jnp.median(power.real, axis=-2) + 1j * jnp.median(power.imag, axis=-2)
    return middle / bias


@surface
def welch(
    x: Any,
    fs: float = 1.0,
    window: Any = "hann",
    nperseg: int | None = None,
    noverlap: int | None = None,
    nfft: int | None = None,
    detrend: Any = "constant",
    return_onesided: bool = True,
    scaling: str = "density",
    axis: int = -1,
    average: str = "mean",
) -> tuple[np.ndarray, Any]:
    """The power spectral density of a signal by Welch's method, as `scipy.signal.welch`; see `csd`.

    Returns
    -------
    f : ndarray
        Frequencies.
    Pxx : array or Tensor
        With as many elements along `axis`.

    Examples
    --------
    >>> wave = np.cos(2 * np.pi * 0.25 * np.arange(64))
    >>> f, p = welch(wave, nperseg=16)
    >>> f[p.argmax()]
    np.float64(0.25)
    """
    given = nperseg, noverlap, nfft, detrend, return_onesided, scaling, axis, average
    f, out = csd(x, x, fs, window, *given)
    return f, out.real


@surface
def periodogram(
    x: Any,
    fs: float = 1.0,
    window: Any = "boxcar",
    nfft: int | None = None,
    detrend: Any = "constant",
    return_onesided: bool = True,
    scaling: str = "density",
    axis: int = -1,
) -> tuple[np.ndarray, Any]:
    """The power spectral density of a signal as one segment, as `scipy.signal.periodogram`.

    Examples
    --------
    >>> f, p = periodogram([1.0, -1.0, 1.0, -1.0])
    >>> p
    array([0., 0., 4.])
    """
    t, place = _last(x, axis)
    n = t.shape[-1]
    length = n if nfft is None else as_int(nfft, "nfft")
    t = t[..., :length] if length < n else t
    window = "boxcar" if window is None else window
    n, length = t.shape[-1], max(length, t.shape[-1])
    out = welch(t, fs, window, n, 0, length, detrend, return_onesided, scaling)
    return out[0], given_back(jnp.moveaxis(out[1], -1, place), x)


@surface
def coherence(
    x: Any,
    y: Any,
    fs: float = 1.0,
    window: Any = "hann",
    nperseg: int | None = None,
    noverlap: int | None = None,
    nfft: int | None = None,
    detrend: Any = "constant",
    axis: int = -1,
) -> tuple[np.ndarray, Any]:
    """The squared magnitude of the coherence of two signals, as `scipy.signal.coherence`:
    ``abs(Pxy) ** 2 / Pxx / Pyy`` of `csd` and `welch`.

    Examples
    --------
    >>> x = np.sin(np.arange(40.0) ** 2)
    >>> f, c = coherence(x, 3 * x, nperseg=8)
    >>> c.round(6)
    array([1., 1., 1., 1., 1.])
    """
    given: dict[str, Any] = {"nperseg": nperseg, "noverlap": noverlap, "nfft": nfft}
    given |= {"detrend": detrend, "axis": axis}
    f, cross = csd(x, y, fs, window, **given)
    one, other = (welch(t, fs, window, **given)[1] for t in (x, y))
    return f, (cross.real**2 + cross.imag**2) / one / other


@surface
def stft(
    x: Any,
    fs: float = 1.0,
    window: Any = "hann",
    nperseg: int | None = 256,
    noverlap: int | None = None,
    nfft: int | None = None,
    detrend: Any = False,
    return_onesided: bool = True,
    boundary: str | None = "zeros",
    padded: bool = True,
    axis: int = -1,
    scaling: str = "spectrum",
) -> tuple[np.ndarray, np.ndarray, Any]:
    """The Fourier transforms of segments of a signal, as `scipy.signal.stft`.

    Parameters
    ----------
    x : array_like
        The signal; it may require grad.
    fs, window, nperseg, noverlap, nfft, detrend, return_onesided, boundary, padded, axis, scaling
        As in SciPy.

    Returns
    -------
    f, t : ndarray
        Frequencies and times.
    Zxx : array or Tensor
        Complex, with frequencies along `axis` and times behind all axes.

    References
    ----------
    ``scipy.signal.stft``.

    Examples
    --------
    >>> f, t, z = stft(np.ones(8), nperseg=4)
    >>> z.shape, abs(z[0]).round(3)
    ((3, 5), array([0.75, 1.  , 1.  , 1.  , 0.25]))
    """
    if boundary not in BOUNDARIES:
        raise ArgumentError(f"got boundary={boundary!r}, expected one of {list(BOUNDARIES)}")
    y, place = _last(x, axis)
    cut = _segments(window, nperseg, noverlap, nfft, y.shape[-1])
    lead, half = [(0, 0)] * (y.ndim - 1), cut.length // 2
    if boundary is not None:
        y = jnp.pad(y, [*lead, (half, half)], **BOUNDARIES[boundary])
    if padded:
        more = -(y.shape[-1] - cut.length) % cut.step % cut.length
        y = jnp.pad(y, [*lead, (0, more)])
    real = _is_one_sided(return_onesided, y)
    out = _transformed(y, cut, detrend, real) * np.sqrt(cut.scale(scaling, fs))
    times = _times(y.shape[-1], cut, fs) - (cut.length / 2 / fs if boundary is not None else 0.0)
    return _frequencies(cut, fs, real), times, given_back(jnp.moveaxis(out, -1, place), x)


@surface
def istft(
    Zxx: Any,
    fs: float = 1.0,
    window: Any = "hann",
    nperseg: int | None = None,
    noverlap: int | None = None,
    nfft: int | None = None,
    input_onesided: bool = True,
    boundary: bool = True,
    time_axis: int = -1,
    freq_axis: int = -2,
    scaling: str = "spectrum",
) -> tuple[np.ndarray, Any]:
    """The signal whose segments have the Fourier transforms `Zxx`, as `scipy.signal.istft`: the one
    with the least squares of differences.

    Returns
    -------
    t : ndarray
        Times.
    x : array or Tensor
        Real with `input_onesided`.

    References
    ----------
    ``scipy.signal.istft``; Griffin and Lim, "Signal estimation from modified short-time Fourier
    transform" (1984).

    Examples
    --------
    >>> x = np.array([1.0, 4.0, 2.0, 3.0, 0.0, 1.0, 5.0, 2.0])
    >>> istft(stft(x, nperseg=4)[2], nperseg=4)[1].round(6)
    array([1., 4., 2., 3., 0., 1., 5., 2.])
    """
    z = signal(Zxx, "Zxx")
    if z.ndim < 2:
        raise ShapeError(f"got Zxx of shape {z.shape}, expected axes of frequencies and times")
    z = jnp.moveaxis(z, (time_axis, freq_axis), (-2, -1))
    found = 2 * (z.shape[-1] - 1) if input_onesided else z.shape[-1]
    if nfft is None and nperseg is not None and input_onesided and nperseg == found + 1:
        nfft = nperseg  # an odd number
    length = found if nperseg is None else as_int(nperseg, "nperseg")
    cut = _segments(window, length, noverlap, found if nfft is None else nfft, None)
    parts = (fft.irfft if input_onesided else fft.ifft)(z, n=cut.nfft, axis=-1)[..., : cut.length]
    window = cut.window.astype(parts.real.dtype)
    total = cut.length + (parts.shape[-2] - 1) * cut.step
    out = _overlapped(parts * window, parts.ndim - 2, cut.step, total)
    squares = np.zeros(total, window.dtype)
    for k in range(parts.shape[-2]):
        squares[k * cut.step : k * cut.step + cut.length] += window * window
    out = out / np.where(squares > 1e-10, squares, 1.0) / np.sqrt(cut.scale(scaling, fs))
    half = cut.length // 2
    if boundary:
        out = out[..., half : total - half]
    times = np.arange(out.shape[-1]) / fs
    time, freq = (normalize_axis(a, z.ndim) for a in (time_axis, freq_axis))
    return times, given_back(jnp.moveaxis(out, -1, time - (freq < time)), Zxx)


@surface
def spectrogram(
    x: Any,
    fs: float = 1.0,
    window: Any = ("tukey", 0.25),
    nperseg: int | None = None,
    noverlap: int | None = None,
    nfft: int | None = None,
    detrend: Any = "constant",
    return_onesided: bool = True,
    scaling: str = "density",
    axis: int = -1,
    mode: str = "psd",
) -> tuple[np.ndarray, np.ndarray, Any]:
    """The spectra of segments of a signal, as `scipy.signal.spectrogram`: densities, or with `mode`
    'complex', 'magnitude', 'angle' or 'phase' what transforms are.

    Returns
    -------
    f, t : ndarray
        Frequencies and times.
    Sxx : array or Tensor
        With frequencies along `axis` and times behind all axes.

    Examples
    --------
    >>> f, t, s = spectrogram(np.cos(np.pi * np.arange(32.0)), nperseg=8)
    >>> s.shape, f[s[:, 0].argmax()]
    ((5, 4), np.float64(0.5))
    """
    forms: dict[str, Any] = {"complex": lambda z: z, "magnitude": abs, "angle": jnp.angle}
    if mode not in (*forms, "psd", "phase"):
        raise ArgumentError(f"got mode={mode!r}, expected one of psd, phase, {', '.join(forms)}")
    y, place = _last(x, axis)
    length = min(256 if nperseg is None else nperseg, y.shape[-1])
    if noverlap is None:
        noverlap = (length if isinstance(window, (str, tuple)) else len(window)) // 8
    cut = _segments(window, nperseg, noverlap, nfft, y.shape[-1])
    real = _is_one_sided(return_onesided, y)
    if mode == "psd":
        out = _power(y, y, cut, fs, detrend, real, scaling).real
    else:
        z = _transformed(y, cut, detrend, real) * np.sqrt(cut.scale(scaling, fs))
        out = jnp.unwrap(jnp.angle(z), axis=-1) if mode == "phase" else forms[mode](z)
    times = _times(y.shape[-1], cut, fs)
    return _frequencies(cut, fs, real), times, given_back(jnp.moveaxis(out, -1, place), x)
