"""`jitgrad.scipy.signal.windows`: SciPy's windows, which are computed from values alone.

    >>> from jitgrad.scipy.signal import windows
    >>> windows.hann(5)
    array([0. , 0.5, 1. , 0.5, 0. ])

Start at `scipy.signal.windows.get_window`.
"""

from __future__ import annotations

import sys
from typing import Any

from ...base.extras import function_of, if_installed
from ...base.missing import missing

_THEIRS = "scipy.signal.windows"


def __getattr__(name: str) -> Any:
    if name == "__all__":
        return list(getattr(if_installed(_THEIRS), "__all__", ()))
    there = if_installed(_THEIRS)
    if name.startswith("_") or (there is not None and name not in there.__all__):
        raise missing(__name__, name, sys.modules[__name__])
    return function_of(_THEIRS, name)


def __dir__() -> list[str]:
    names = getattr(if_installed(_THEIRS), "__all__", ())
    return sorted({*names, *(name for name in globals() if name.startswith("__"))})
