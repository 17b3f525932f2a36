"""`jitgrad.autograd`: gradients on request and the gradient mode, by the names of `torch.autograd`.

    >>> x = jitgrad.tensor([1.0, 2.0], requires_grad=True)
    >>> jitgrad.autograd.grad((x * x).sum(), x)
    (tensor([2., 4.]),)

`grad` here takes results and inputs, as PyTorch's does; `jitgrad.grad` takes a function, as JAX's.
"""

import importlib as _importlib
import sys as _sys

from ..base.missing import missing as _missing
from ..frontend.gradients import backward, grad
from ..frontend.modes import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    no_grad,
    set_grad_enabled,
)

#: Names that are imported when they are first asked for, and where from.
_LAZY = {
    "Function": "function",
    "anomaly_mode": "anomaly_mode",
    "detect_anomaly": "anomaly_mode",
    "function": "function",
    "functional": "functional",
    "gradcheck": "checks",
    "graph": "graph",
    "gradgradcheck": "checks",
    "set_detect_anomaly": "anomaly_mode",
}

__all__ = [
    "Function",
    "anomaly_mode",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "function",
    "functional",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "graph",
    "inference_mode",
    "is_grad_enabled",
    "no_grad",
    "set_detect_anomaly",
    "set_grad_enabled",
]


def __getattr__(name):
    if name not in _LAZY:
        raise _missing("jitgrad.autograd", name, _sys.modules[__name__])
    home = _importlib.import_module(f"{__name__}.{_LAZY[name]}")
    value = globals()[name] = home if name == _LAZY[name] else getattr(home, name)
    return value


def __dir__():
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
