"""`jitgrad.optim`: optimisers.

Objects over parameters have the names, options and numbers of `torch.optim`:

    >>> x = jitgrad.tensor([3.0, 4.0], requires_grad=True)
    >>> opt = jitgrad.optim.Adam([x], lr=0.5)
    >>> for _ in range(50):
    ...     opt.zero_grad()
    ...     (x * x).sum().backward()
    ...     opt.step()
    >>> bool((x.abs() < 0.5).all())
    True

The same algorithms as pure functions over containers, for `jitgrad.jit` and `value_and_grad`, have
lower-case names: ``init, update = jitgrad.optim.adam(0.5)``. Schedules of learning rates are in
`jitgrad.optim.lr_scheduler`. Start at `Optimizer`; the formulas are in `rules`.
"""

import sys as _sys
from typing import NoReturn as _NoReturn

from ..base.missing import missing as _missing
from . import lr_scheduler
from .algorithms import SGD, Adagrad, Adam, AdamW, RMSprop
from .lbfgs import LBFGS
from .optimizer import Optimizer
from .pure import PureOptimizer, adagrad, adam, adamw, rmsprop, sgd

__all__ = [
    "LBFGS",
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "Optimizer",
    "PureOptimizer",
    "RMSprop",
    "adagrad",
    "adam",
    "adamw",
    "lr_scheduler",
    "rmsprop",
    "sgd",
]


def __getattr__(name: str) -> _NoReturn:
    raise _missing("jitgrad.optim", name, _sys.modules[__name__])


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
