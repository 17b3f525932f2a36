"""`jitgrad.autograd`: gradients on request and the gradient mode, by the names of `torch.autograd`.

    >>> x = jitgrad.tensor([1.0, 2.0], requires_grad=True)
    >>> jitgrad.autograd.grad((x * x).sum(), x)
    (tensor([2., 4.]),)

`grad` here takes results and inputs, as PyTorch's does; `jitgrad.grad` takes a function, as JAX's.
"""

import sys as _sys

from ..base.missing import missing as _missing
from ..frontend.gradients import backward, grad
from ..frontend.modes import enable_grad, is_grad_enabled, no_grad, set_grad_enabled

__all__ = [
    "backward",
    "enable_grad",
    "grad",
    "is_grad_enabled",
    "no_grad",
    "set_grad_enabled",
]


def __getattr__(name):
    raise _missing("jitgrad.autograd", name, _sys.modules[__name__])


def __dir__():
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
