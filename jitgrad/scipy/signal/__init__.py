"""`jitgrad.scipy.signal`: convolutions and filters with derivatives, by SciPy's names.

    >>> lfilter([1.0], [1.0, -0.5], [1.0, 0.0, 0.0])
    array([1.  , 0.5 , 0.25])

Derivatives are those by signals, coefficients and states of filters. Windows, and what designs
filters, are SciPy's. Start at `lfilter` and `convolve`.
"""

import sys as _sys
from typing import Any as _Any

from ...base.extras import function_of as _function_of
from ...base.missing import missing as _missing
from .by_transforms import hilbert
from .convolutions import convolve, convolve2d, correlate, correlate2d, fftconvolve, oaconvolve
from .filters import filtfilt, lfilter, lfilter_zi, sosfilt, sosfilt_zi, sosfiltfilt
from .smoothing import detrend, savgol_filter

#: What has no derivatives: windows, coefficients of filters.
_THEIRS = (
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
    *("iirpeak", "remez", "savgol_coeffs", "sos2tf", "sos2zpk", "tf2sos", "tf2zpk", "windows"),
    *("zpk2sos", "zpk2tf"),
)
__all__ = [
    "convolve",
    "convolve2d",
    "correlate",
    "correlate2d",
    "detrend",
    "fftconvolve",
    "filtfilt",
    "hilbert",
    "lfilter",
    "lfilter_zi",
    "oaconvolve",
    "savgol_filter",
    "sosfilt",
    "sosfilt_zi",
    "sosfiltfilt",
]


def __getattr__(name: str) -> _Any:
    if name in _THEIRS:
        return _function_of("scipy.signal", name)
    raise _missing("jitgrad.scipy.signal", name, _sys.modules[__name__])


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
