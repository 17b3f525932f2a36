"""`jitgrad.scipy.signal`: convolutions and filters with derivatives, by SciPy's names.

    >>> lfilter([1.0], [1.0, -0.5], [1.0, 0.0, 0.0])
    array([1.  , 0.5 , 0.25])

Derivatives are those by signals, coefficients and states of filters. Windows, what designs filters,
and what finds peaks are SciPy's, on values. Start at `lfilter` and `convolve`.
"""

import sys as _sys
from typing import Any as _Any

from ...base.extras import function_of as _function_of
from ...base.missing import missing as _missing
from . import windows
from .by_transforms import hilbert
from .convolutions import convolve, convolve2d, correlate, correlate2d, fftconvolve, oaconvolve
from .filters import filtfilt, lfilter, lfilter_zi, sosfilt, sosfilt_zi, sosfiltfilt
from .resampling import decimate, resample, resample_poly, upfirdn
from .responses import deconvolve, freqs, freqz, freqz_sos, medfilt, wiener
from .smoothing import detrend, savgol_filter
from .spectra import coherence, csd, istft, periodogram, spectrogram, stft, welch

#: What has no derivatives: windows, coefficients of filters, places of peaks. They are called on
#: values; a tensor that requires grad is refused.
_THEIRS = (
    *("argrelextrema", "argrelmax", "argrelmin", "check_COLA", "check_NOLA", "find_peaks"),
    *("find_peaks_cwt", "kaiserord", "kaiser_atten", "kaiser_beta", "peak_prominences"),
    *("peak_widths", "gammatone", "firls", "unique_roots"),
    *(
        "bessel",
        "butter",
        "buttord",
        "cheb1ord",
        "cheb2ord",
        "cheby1",
        "cheby2",
        "choose_conv_method",
    ),
    *("ellip", "firwin", "firwin2", "get_window", "iircomb", "iirdesign", "iirfilter", "iirnotch"),
    *("iirpeak", "remez", "savgol_coeffs", "sos2tf", "sos2zpk", "tf2sos", "tf2zpk"),
    *("zpk2sos", "zpk2tf"),
)
__all__ = [
    "coherence",
    "convolve",
    "convolve2d",
    "correlate",
    "correlate2d",
    "csd",
    "decimate",
    "deconvolve",
    "detrend",
    "fftconvolve",
    "filtfilt",
    "freqs",
    "freqz",
    "freqz_sos",
    "hilbert",
    "istft",
    "lfilter",
    "lfilter_zi",
    "medfilt",
    "oaconvolve",
    "periodogram",
    "resample",
    "resample_poly",
    "savgol_filter",
    "sosfilt",
    "sosfilt_zi",
    "sosfiltfilt",
    "spectrogram",
    "stft",
    "upfirdn",
    "welch",
    "wiener",
    "windows",
]


def __getattr__(name: str) -> _Any:
    if name in _THEIRS:
        return _function_of("scipy.signal", name)
    raise _missing("jitgrad.scipy.signal", name, _sys.modules[__name__])


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
