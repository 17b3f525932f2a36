"""What programs for autograd ask of what is differentiated: its value, and whether it is.

Start at `getval`.
"""

from __future__ import annotations

from typing import Any

from .base.surface import surface
from .frontend.tensor import Tensor
from .tape.running import needs_grad

__all__ = ["getval", "isbox"]


@surface
def getval(x: Any) -> Any:
    """The value of a tensor, of which nothing is differentiated: an array, or a NumPy scalar where
    it has no dimensions. What is no tensor is given back as it is.

    Examples
    --------
    >>> from jitgrad.tracer import getval
    >>> getval(jitgrad.tensor([1.0, 2.0], requires_grad=True))
    array([1., 2.])
    """
    return x.detach().numpy()[()] if isinstance(x, Tensor) else x


def isbox(x: Any) -> bool:
    """Whether `x` is part of a differentiation.

    Examples
    --------
    >>> from jitgrad.tracer import isbox
    >>> isbox(jitgrad.tensor(1.0)), isbox(jitgrad.tensor(1.0, requires_grad=True))
    (False, True)
    """
    return isinstance(x, Tensor) and needs_grad(x)
