"""Responses of filters at frequencies, which are differentiable by coefficients; quotients of
signals; and filters by what is around an element. Start at `freqz`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import numpy as jnp
from ...base.errors import ArgumentError, ShapeError
from ...base.extras import function_of
from ...base.surface import surface
from ...ir.shapes import as_int
from ..vectors import known
from .convolutions import convolve, correlate
from .filters import lfilter
from .signals import given_back, signal

TURN = 2 * np.pi


def _angles(worN: Any, whole: bool, fs: float, include_nyquist: bool) -> np.ndarray:
    """Frequencies per sample."""
    if np.ndim(worN) or isinstance(worN, float):
        return TURN * np.asarray(worN, np.float64) / fs
    n = 512 if worN is None else as_int(worN, "worN")
    last = TURN if whole else np.pi
    return np.linspace(0.0, last, n, endpoint=include_nyquist and not whole)


def _polynomial(c: Any, w: np.ndarray) -> Any:
    """The polynomial of exp(-1j w) with the coefficients `c` along the last axis."""
    powers = np.exp(-1j * np.multiply.outer(np.arange(c.shape[-1]), w))
    return jnp.tensordot(c, powers, axes=1)


@surface
def freqz(
    b: Any,
    a: Any = 1,
    worN: Any = 512,
    whole: bool = False,
    plot: Any = None,
    fs: float = TURN,
    include_nyquist: bool = False,
) -> tuple[np.ndarray, Any]:
    """The response of a digital filter at frequencies, as `scipy.signal.freqz`.

    Parameters
    ----------
    b, a : array_like of shape (k,)
        The coefficients; they may require grad.
    worN, whole, plot, fs, include_nyquist
        As in SciPy.

    Returns
    -------
    w : ndarray
        Frequencies.
    h : array or Tensor
        The response, complex.

    References
    ----------
    ``scipy.signal.freqz``.

    Examples
    --------
    >>> w, h = freqz([0.5, 0.5], worN=2)
    >>> abs(h).round(3)
    array([1.   , 0.707])
    """
    top, below = (signal(np.atleast_1d(c) if not np.ndim(c) else c, "b") for c in (b, a))
    if top.ndim != 1 or below.ndim != 1:
        raise ShapeError(f"got b and a of shapes {top.shape} and {below.shape}, expected (k,)")
    w = _angles(worN, whole, fs, include_nyquist)
    h = given_back(_polynomial(top, w) / _polynomial(below, w), b, a)
    frequencies = w * (fs / TURN)
    if plot is not None:
        plot(frequencies, h)
    return frequencies, h


@surface
def freqz_sos(
    sos: Any, worN: Any = 512, whole: bool = False, fs: float = TURN
) -> tuple[np.ndarray, Any]:
    """The response of a filter of second order sections at frequencies, as
    `scipy.signal.freqz_sos`.

    Examples
    --------
    >>> w, h = freqz_sos([[1.0, 0.0, 0.0, 1.0, -0.5, 0.0]], worN=1)
    >>> h
    array([2.+0.j])
    """
    s = signal(sos, "sos")
    if s.ndim != 2 or s.shape[1] != 6:
        raise ShapeError(f"got sos of shape {s.shape}, expected (sections, 6)")
    w = _angles(worN, whole, fs, False)
    h = (_polynomial(s[:, :3], w) / _polynomial(s[:, 3:], w)).prod(axis=0)
    return w * (fs / TURN), given_back(h, sos)


@surface
def freqs(b: Any, a: Any, worN: Any = 200, plot: Any = None) -> tuple[np.ndarray, Any]:
    """The response of an analog filter at frequencies, as `scipy.signal.freqs`.

    Examples
    --------
    >>> w, h = freqs([1.0], [1.0, 1.0], worN=[0.0, 1.0])
    >>> h
    array([1. +0.j , 0.5-0.5j])
    """
    top, below = (signal(np.atleast_1d(c) if not np.ndim(c) else c, "b") for c in (b, a))
    if np.ndim(worN) or isinstance(worN, float):
        w = np.atleast_1d(np.asarray(worN, np.float64))
    else:
        values = known(top), known(below)
        if values[0] is None or values[1] is None:
            raise ArgumentError("got a number of frequencies under jit; give the frequencies, worN")
        n = 200 if worN is None else as_int(worN, "worN")
        w = function_of("scipy.signal", "freqs")(*values, n)[0]
    h = given_back(_at(top, w) / _at(below, w), b, a)
    if plot is not None:
        plot(w, h)
    return w, h


def _at(c: Any, w: np.ndarray) -> Any:
    """The polynomial of 1j w, the highest power first."""
    powers = np.arange(c.shape[-1])[::-1]
    return jnp.tensordot(c, (1j * w) ** powers[:, None], axes=1)


@surface
def deconvolve(signal: Any, divisor: Any) -> tuple[Any, Any]:
    """The quotient and the rest of a signal and a divisor, as polynomials, as
    `scipy.signal.deconvolve`.

    Examples
    --------
    >>> deconvolve([1.0, 3.0, 2.0], [1.0, 1.0])
    (array([1., 2.]), array([0., 0., 0.]))
    """
    x, d = jnp.asarray(signal), jnp.asarray(divisor)
    if x.ndim != 1 or d.ndim != 1:
        raise ShapeError(f"got shapes {x.shape} and {d.shape}, expected (n,) and (k,)")
    n, k = x.shape[0], d.shape[0]
    if k > n:
        return given_back(jnp.zeros(0), signal, divisor), given_back(1.0 * x, signal, divisor)
    impulse = np.zeros(n - k + 1)
    impulse[0] = 1.0
    quotient = jnp.asarray(lfilter(x, d, impulse))
    rest = x - jnp.asarray(convolve(d, quotient))
    return given_back(quotient, signal, divisor), given_back(rest, signal, divisor)


def _around(size: Any, ndim: int, odd: bool) -> tuple[int, ...]:
    """How many elements are around one, along each axis."""
    sizes = np.broadcast_to(3 if size is None else np.asarray(size), (ndim,))
    if odd and any(n % 2 == 0 for n in sizes):
        raise ArgumentError(f"got kernel_size={size}, expected odd numbers")
    return tuple(int(n) for n in sizes)


@surface
def medfilt(volume: Any, kernel_size: Any = None) -> Any:
    """The median of what is around each element, with zeros beyond the ends, as
    `scipy.signal.medfilt`.

    Examples
    --------
    >>> medfilt([1.0, 9.0, 2.0, 3.0], 3)
    array([1., 2., 3., 2.])
    """
    t = signal(volume, "volume")
    sizes = _around(kernel_size, t.ndim, True)
    padded = jnp.pad(t, [(n // 2, n // 2) for n in sizes])
    axes = tuple(range(t.ndim))
    views = jnp.lib.stride_tricks.sliding_window_view(padded, sizes, axis=axes)
    return given_back(jnp.median(views.reshape((*t.shape, -1)), axis=-1), volume)


@surface
def wiener(im: Any, mysize: Any = None, noise: Any = None) -> Any:
    """The mean around each element, and as much of the rest as the variance there is above that of
    the noise, as `scipy.signal.wiener`.

    Examples
    --------
    >>> wiener([1.0, 1.0, 4.0, 1.0], 3, 2.0).round(3)
    array([0.667, 2.   , 2.   , 1.462])
    """
    t = signal(im, "im")
    sizes = _around(mysize, t.ndim, False)
    ones, count = np.ones(sizes), float(np.prod(sizes))
    mean = jnp.asarray(correlate(t, ones, "same")) / count
    variance = jnp.asarray(correlate(t * t, ones, "same")) / count - mean * mean
    level = variance.mean() if noise is None else noise
    low = variance < level
    share = 1 - level / jnp.where(low, 1.0, variance)
    return given_back(jnp.where(low, mean, mean + (t - mean) * share), im)
