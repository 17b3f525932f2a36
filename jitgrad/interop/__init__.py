"""`jitgrad.interop`: functions of other libraries on tensors, and functions on tensors in other
libraries, with gradients through both.

`jitgrad.interop.torch` has `to_torch`, `from_torch` and `from_module`, `jitgrad.interop.jax` has
`to_jax` and `from_jax`. The libraries are imported when one of these is called. Data alone goes by
DLPack: `jitgrad.from_dlpack`, and ``from_dlpack`` of the other library.
"""

import importlib as _importlib
import sys as _sys
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from ..base.missing import missing as _missing

if _TYPE_CHECKING:
    from . import jax, torch

__all__ = ["jax", "torch"]


def __getattr__(name: str) -> _Any:
    if name not in __all__:
        raise _missing("jitgrad.interop", name, _sys.modules[__name__])
    return _importlib.import_module(f"{__name__}.{name}")


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
