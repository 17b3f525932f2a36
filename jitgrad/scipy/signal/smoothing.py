"""`savgol_filter` and `detrend`: linear maps of a signal, whose matrices are constants.

Start at `savgol_filter`.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from ... import numpy as jnp
from ...base.dtypes import real_of
from ...base.errors import ArgumentError, ShapeError
from ...base.extras import extra
from ...base.surface import surface
from ...ir.shapes import as_int, normalize_axis
from .signals import given_back, signal

#: Modes of `savgol_filter`, and those of `pad` that they are.
BORDERS = {"mirror": "reflect", "nearest": "edge", "wrap": "wrap", "constant": "constant"}


@surface
def savgol_filter(
    x: Any,
    window_length: int,
    polyorder: int,
    deriv: int = 0,
    delta: float = 1.0,
    axis: int = -1,
    mode: str = "interp",
    cval: float = 0.0,
) -> Any:
    """Least squares by polynomials in moving windows, as `scipy.signal.savgol_filter`.

    Parameters
    ----------
    x : array_like
        The signal; it may require grad.
    window_length, polyorder, deriv, delta, axis, mode, cval
        As in SciPy.

    References
    ----------
    ``scipy.signal.savgol_filter``; Savitzky and Golay, Anal. Chem. 36 (1964).

    Examples
    --------
    >>> savgol_filter([1.0, 4.0, 9.0, 16.0, 25.0], 3, 2)
    array([ 1.,  4.,  9., 16., 25.])
    """
    if mode != "interp" and mode not in BORDERS:
        raise ArgumentError(f"got mode={mode!r}, expected interp or one of {', '.join(BORDERS)}")
    n = as_int(window_length, "window_length")
    theirs = extra("scipy.signal", "jitgrad.scipy.signal")
    try:
        kernel = theirs.savgol_coeffs(n, polyorder, deriv=deriv, delta=delta)[::-1].copy()
    except ValueError as error:
        raise ArgumentError(f"got a window that SciPy does not take: {error}") from None
    y = signal(x, "x")
    if not y.ndim:
        raise ShapeError("got a number as x, expected an array")
    place = normalize_axis(as_int(axis, "axis"), y.ndim)
    y = jnp.moveaxis(y, place, -1)
    real = real_of(y.dtype)
    kernel, half, before = kernel.astype(real), n // 2, (n - 1) // 2
    if mode == "interp":
        if n > y.shape[-1]:
            raise ShapeError(
                f"got {y.shape[-1]} elements along the axis for mode='interp', expected at least "
                f"window_length={n}"
            )
        inner = _windows(y, n)[..., half - before :, :] @ kernel
        ends = [m.astype(real) for m in _ends(n, polyorder, deriv, delta)]
        out = jnp.concatenate([y[..., :n] @ ends[0], inner, y[..., -n:] @ ends[1]], axis=-1)
    else:
        more = {"constant_values": cval} if mode == "constant" else {}
        widths = [*[(0, 0)] * (y.ndim - 1), (before, half)]
        out = _windows(jnp.pad(y, widths, mode=BORDERS[mode], **more), n) @ kernel
    return given_back(jnp.moveaxis(out, -1, place), x)


def _windows(y: Any, n: int) -> Any:
    return jnp.lib.stride_tricks.sliding_window_view(y, n, axis=-1)


def _ends(n: int, order: int, deriv: int, delta: float) -> tuple[np.ndarray, np.ndarray]:
    """The matrices of the elements at the ends: of the polynomial through the first window, and the
    last one."""
    times, half = np.arange(n, dtype=float), n // 2
    fit = np.linalg.pinv(np.vander(times, order + 1, increasing=True))
    powers = np.arange(order + 1)
    factor = np.ones(order + 1)
    for k in range(deriv):
        factor = factor * np.maximum(powers - k, 0)

    def at(t: np.ndarray) -> np.ndarray:
        values = factor * np.asarray(t)[:, None] ** np.maximum(powers - deriv, 0)
        return (values @ fit).T / delta**deriv

    return at(times[:half]), at(times[n - half :])


@surface
def detrend(
    data: Any, axis: int = -1, type: str = "linear", bp: Any = 0, overwrite_data: bool = False
) -> Any:
    """A signal without its mean, or its linear trend, as `scipy.signal.detrend`.

    Parameters
    ----------
    data : array_like
        The signal; it may require grad.
    axis, type, bp
        As in SciPy. `overwrite_data` has no effect.

    References
    ----------
    ``scipy.signal.detrend``.

    Examples
    --------
    >>> detrend([1.0, 2.0, 4.0], type="constant")
    array([-1.33333333, -0.33333333,  1.66666667])
    """
    if type not in ("linear", "l", "constant", "c"):
        raise ArgumentError(f"got type={type!r}, expected 'linear' or 'constant'")
    y = signal(data, "data")
    if not y.ndim:
        raise ShapeError("got a number as data, expected an array")
    place = normalize_axis(as_int(axis, "axis"), y.ndim)
    if type in ("constant", "c"):
        return given_back(y - jnp.mean(y, axis=place, keepdims=True), data)
    y = jnp.moveaxis(y, place, 0)
    n = y.shape[0]
    cuts = np.unique(np.concatenate([[0], np.atleast_1d(bp), [n]])).astype(int)
    if cuts.size and (cuts[0] < 0 or cuts[-1] > n):
        raise ArgumentError(f"got bp={bp!r} for {n} elements, expected places within")
    parts = []
    for first, last in itertools.pairwise(cuts):
        part = y[first:last]
        times = np.stack([np.arange(1.0, last - first + 1) / (last - first), np.ones(last - first)])
        flat = part.reshape((last - first, -1))
        fit = np.linalg.pinv(times.T)
        real = real_of(y.dtype)
        trend = times.T.astype(real) @ (fit.astype(real) @ flat)
        parts.append(part - trend.reshape(part.shape))
    return given_back(jnp.moveaxis(jnp.concatenate(parts), 0, place), data)
