"""`jitgrad.scipy`: functions of SciPy on tensors, with gradients, by SciPy's names and calling
forms.

A module is imported when it is first used. Their values are SciPy's where no kernel of jitgrad's
computes them: install it by ``pip install jitgrad[scipy]``. Start at the module of the theme.
"""

import importlib as _importlib
import pkgutil as _pkgutil
import sys as _sys
from typing import Any as _Any

from ..base.missing import missing as _missing

#: The modules of SciPy that have a counterpart, which is a module or a package of this folder.
_MODULES = {
    *("fft", "integrate", "interpolate", "linalg", "ndimage", "optimize", "signal", "sparse"),
    *("special", "stats"),
}
__all__ = sorted({module.name for module in _pkgutil.iter_modules(__path__)} & _MODULES)


def __getattr__(name: str) -> _Any:
    if name not in __all__:
        raise _missing("jitgrad.scipy", name, _sys.modules[__name__])
    return _importlib.import_module(f"{__name__}.{name}")


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
