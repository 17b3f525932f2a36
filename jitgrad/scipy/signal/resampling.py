"""Signals at other rates: `resample` by Fourier transforms, `upfirdn`, `resample_poly` and
`decimate` by filters. Start at `resample`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ... import fft
from ... import numpy as jnp
from ...base.errors import ArgumentError, ShapeError
from ...base.extras import extra
from ...base.surface import surface
from ...ir.shapes import as_int, normalize_axis
from .convolutions import fftconvolve
from .filters import sosfiltfilt
from .signals import given_back, signal
from .spectra import _last


def _theirs() -> Any:
    return extra("scipy.signal", "jitgrad.scipy.signal")


def _rate(value: Any, name: str) -> int:
    out = as_int(value, name)
    if out < 1:
        raise ArgumentError(f"got {name}={out}, expected at least 1")
    return out


@surface
def resample(
    x: Any, num: int, t: Any = None, axis: int = 0, window: Any = None, domain: str = "time"
) -> Any:
    """A periodic signal as `num` samples, by its Fourier transform, as `scipy.signal.resample`.

    Parameters
    ----------
    x : array_like
        The signal; it may require grad.
    num, t, axis, window
        As in SciPy. The `domain` is "time".

    Returns
    -------
    array or Tensor
        With `num` elements along `axis`; with `t` also the new times.

    References
    ----------
    ``scipy.signal.resample``.

    Examples
    --------
    >>> resample([1.0, 0.0, -1.0, 0.0], 8).round(3)
    array([ 1.   ,  0.707,  0.   , -0.707, -1.   , -0.707,  0.   ,  0.707])
    """
    if domain != "time":
        raise ArgumentError(f"got domain={domain!r}, expected 'time'; take ifft of x first")
    y, place = _last(x, axis)
    n, num = y.shape[-1], _rate(num, "num")
    real = y.dtype.kind == "f"
    z = (fft.rfft if real else fft.fft)(y, axis=-1)
    if window is not None:
        z = z * _weights(window, n)[: z.shape[-1]].astype(y.real.dtype)
    fewer = min(n, num)
    low, even = fewer // 2 + 1, fewer % 2 == 0 and n != num
    # the middle frequency of an even number stands for both signs
    middle = (2.0 if num < n else 0.5) if even else 1.0
    ends = np.ones(low, y.real.dtype)
    if real:
        ends[-1] = middle
        z = _widened(z[..., :low] * ends, num // 2 + 1)
        out = fft.irfft(z, n=num, axis=-1)
    else:
        out = fft.ifft(_two_sided(z, num, fewer, even), n=num, axis=-1)
    out = given_back(jnp.moveaxis(out * (num / n), -1, place), x)
    if t is None:
        return out
    t = np.asarray(t)
    return out, np.arange(num) * (t[1] - t[0]) * n / num + t[0]


def _weights(window: Any, n: int) -> np.ndarray:
    """A window in the order of frequencies."""
    if callable(window):
        return np.asarray(window(np.fft.fftfreq(n)))
    if not isinstance(window, (str, tuple)):
        window = np.asarray(window)
        if window.shape != (n,):
            raise ShapeError(f"got a window of shape {window.shape}, expected ({n},)")
        return window
    return np.fft.ifftshift(_theirs().get_window(window, n))


def _widened(z: Any, length: int) -> Any:
    return jnp.pad(z, [*[(0, 0)] * (z.ndim - 1), (0, length - z.shape[-1])])


def _two_sided(z: Any, num: int, fewer: int, even: bool) -> Any:
    """The spectrum of `num` frequencies of both signs."""
    positive, negative = z[..., : (fewer + 1) // 2], z[..., z.shape[-1] - (fewer - 1) // 2 :]
    if fewer % 2:
        gap = num - fewer
        middle = [jnp.zeros((*z.shape[:-1], gap), dtype=z.dtype)]
    elif not even:
        return z
    elif num < z.shape[-1]:  # both signs become one frequency
        middle = [z[..., fewer // 2, None] + z[..., z.shape[-1] - fewer // 2, None]]
    else:
        half = 0.5 * z[..., fewer // 2, None]
        middle = [half, jnp.zeros((*z.shape[:-1], num - fewer - 1), dtype=z.dtype), half]
    if fewer == 1:
        return jnp.concatenate([positive, *middle], axis=-1)
    return jnp.concatenate([positive, *middle, negative], axis=-1)


@surface
def upfirdn(
    h: Any, x: Any, up: int = 1, down: int = 1, axis: int = -1, mode: str = "constant"
) -> Any:
    """A signal with zeros between its elements, filtered, of which every so many elements are kept,
    as `scipy.signal.upfirdn`.

    Parameters
    ----------
    h : array_like of shape (k,)
        The coefficients of the filter.
    x : array_like
        The signal; both may require grad.
    up, down, axis
        As in SciPy. Beyond the ends are zeros (`mode`).

    References
    ----------
    ``scipy.signal.upfirdn``.

    Examples
    --------
    >>> upfirdn([1.0, 1.0, 1.0], [1.0, 2.0], up=3)
    array([1., 1., 1., 2., 2., 2.])
    """
    if mode != "constant":
        raise ArgumentError(f"got mode={mode!r}, expected 'constant'; pad x before")
    taps, up, down = signal(h, "h"), _rate(up, "up"), _rate(down, "down")
    y, place = _last(x, axis)
    if taps.ndim != 1 or not taps.size or not y.shape[-1]:
        raise ShapeError(f"got h of shape {taps.shape} and x of shape {y.shape}, expected elements")
    n = y.shape[-1]
    if up > 1:
        spread = jnp.pad(y[..., None], [*[(0, 0)] * y.ndim, (0, up - 1)])
        y = spread.reshape((*y.shape[:-1], n * up))[..., : (n - 1) * up + 1]
    taps = taps.reshape((*[1] * (y.ndim - 1), -1))
    out = _convolved(y, taps)[..., ::down]
    return given_back(jnp.moveaxis(out, -1, place), h, x)


def _convolved(x: Any, h: Any) -> Any:
    """The full convolution along the last axis."""
    return jnp.asarray(fftconvolve(x, h, axes=-1))


@surface
def resample_poly(
    x: Any,
    up: int,
    down: int,
    axis: int = 0,
    window: Any = ("kaiser", 5.0),
    padtype: str = "constant",
    cval: float | None = None,
) -> Any:
    """A signal at `up / down` times its rate, by a filter of several phases, as
    `scipy.signal.resample_poly`.

    Parameters
    ----------
    x : array_like
        The signal; it may require grad.
    up, down, axis, window
        As in SciPy; `window` may be the filter. Beyond the ends are zeros (`padtype`).

    References
    ----------
    ``scipy.signal.resample_poly``.

    Examples
    --------
    >>> resample_poly(np.ones(30), 1, 2)[7].round(2)
    np.float64(1.0)
    """
    if padtype != "constant" or cval not in (None, 0):
        raise ArgumentError(
            f"got padtype={padtype!r} and cval={cval}, expected zeros; pad x before"
        )
    up, down = _rate(up, "up"), _rate(down, "down")
    up, down = up // math.gcd(up, down), down // math.gcd(up, down)
    t = signal(x, "x")
    place = normalize_axis(as_int(axis, "axis"), t.ndim)
    if up == down == 1:
        return given_back(1.0 * t, x)
    n, rate = t.shape[place], max(up, down)
    taps: Any
    if isinstance(window, (str, tuple)):
        half = 10 * rate
        taps = _theirs().firwin(2 * half + 1, 1.0 / rate, window=window).astype(t.real.dtype)
    else:
        taps = signal(window, "window")
        half = (taps.size - 1) // 2
    before = down - half % down
    wanted, skipped = -(-n * up // down), (half + before) // down
    have = ((n - 1) * up + taps.size + before - 1) // down + 1
    after = max(0, (wanted + skipped - have) * down)
    out = upfirdn(jnp.pad(taps * up, (before, after)), t, up, down, place)
    kept = (*[slice(None)] * place, slice(skipped, skipped + wanted))
    return given_back(out[kept], x, window)


@surface
def decimate(
    x: Any,
    q: int,
    n: int | None = None,
    ftype: Any = "iir",
    axis: int = -1,
    zero_phase: bool = True,
) -> Any:
    """A signal without its high frequencies, of which every `q` elements one is kept, as
    `scipy.signal.decimate`.

    Parameters
    ----------
    x : array_like
        The signal; it may require grad.
    q, n, axis
        As in SciPy.
    ftype : "iir" or "fir"
    zero_phase : bool
        True for "iir".

    References
    ----------
    ``scipy.signal.decimate``.

    Examples
    --------
    >>> decimate(np.ones(200), 4)[25].round(2)
    np.float64(0.99)
    """
    if ftype not in ("iir", "fir") or (ftype == "iir" and not zero_phase):
        raise ArgumentError(
            f"got ftype={ftype!r} and zero_phase={zero_phase}, expected 'iir' with zero_phase or "
            "'fir'; use lfilter and a slice"
        )
    q, t = _rate(q, "q"), signal(x, "x")
    place = normalize_axis(as_int(axis, "axis"), t.ndim)
    if ftype == "iir":
        sos = _theirs().cheby1(8 if n is None else n, 0.05, 0.8 / q, output="sos")
        out = sosfiltfilt(sos.astype(t.real.dtype), t, axis=place)
        return given_back(out[(*[slice(None)] * place, slice(None, None, q))], x)
    taps = _theirs().firwin((20 * q if n is None else n) + 1, 1.0 / q, window="hamming")
    if zero_phase:
        return given_back(jnp.asarray(resample_poly(t, 1, q, place, taps)), x)
    wanted = -(-t.shape[place] // q)
    out = upfirdn(taps, t, 1, q, place)
    return given_back(out[(*[slice(None)] * place, slice(0, wanted))], x)
