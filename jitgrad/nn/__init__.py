"""`jitgrad.nn`: `functional`, the functions that networks are made of, by the names of
`torch.nn.functional`; and `utils`, what is done to gradients.

    >>> from jitgrad.nn import functional as F
    >>> F.mse_loss(jitgrad.tensor([1.0, 2.0]), jitgrad.tensor([1.0, 4.0]))
    tensor(2.)

There are no classes of layers: parameters are tensors that require grad, and a network is a
function of them. Start at `jitgrad.nn.functional`.
"""

import importlib as _importlib
import sys as _sys
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from ..base.missing import missing as _missing

if _TYPE_CHECKING:
    from . import functional, utils

__all__ = ["functional", "utils"]


def __getattr__(name: str) -> _Any:
    if name not in __all__:
        raise _missing("jitgrad.nn", name, _sys.modules[__name__])
    return _importlib.import_module(f"{__name__}.{name}")


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
