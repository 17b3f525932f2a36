"""Signals as operands: what functions of `jitgrad.scipy.signal` take and hand back.

Start at `given_back`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...base.errors import DTypeError
from ...frontend.convert import as_operand
from ...frontend.tensor import Tensor
from ..vectors import known


def signal(x: Any, what: str) -> Any:
    """`x` as a tensor of floats."""
    t = as_operand(x)
    if t.dtype.kind in "fc":
        return t
    if t.dtype.kind not in "biu":
        raise DTypeError(f"got {what} of dtype {t.dtype}, expected floats")
    return t.to(np.float64)


def given_back(out: Any, *given: Any) -> Any:
    """A result: a tensor if one of the arguments is, or if it requires grad, or while `jit`
    traces; else an array."""
    if any(isinstance(x, Tensor) for x in given) or out.requires_grad:
        return out
    values = known(out)
    return out if values is None else values
