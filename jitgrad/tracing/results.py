"""What is handed back for what was passed: a tensor for a tensor, an array for an array, a number
for a number.

Transforms compute with tensors whatever they are given. Their results go back here, so that
code written for NumPy (SciPy's optimisers, for one) gets what it passed. A result that is part of
an outer differentiation stays a tensor: as an array it would lose its gradient. While `jit` traces
there are no values yet: the results stay tensors within the function, and each call hands them
back. Start at `conversion`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..tape.handles import Handle
from ..tape.record import materialise
from ..tape.segment import active_traces, local
from ..tape.symbols import SymbolicScalar

Conversion = Callable[[Any], Any]


def of_value(conversions: Sequence[Conversion]) -> Conversion:
    """What makes of a value what belongs to arguments whose gradients are converted by
    `conversions`: a tensor if one of them is, or if there are none."""
    if not conversions or as_is in conversions:
        return as_is
    return when_known(as_float if set(conversions) == {as_float} else as_scalar)


def conversion(x: Any) -> Conversion:
    """What makes of a gradient what belongs to the argument `x`, once there are values."""
    tracing = local.seg.tracing if active_traces else None
    if isinstance(x, Handle):
        proxy = None if tracing is None else tracing.proxies.get(id(x))
        return (
            as_is
            if proxy is None
            else {"array": as_array, "scalar": as_scalar}.get(proxy.source.kind, as_is)
        )
    if type(x) in (float, complex, SymbolicScalar):
        return as_float
    return as_scalar if isinstance(x, np.generic) else as_array


def when_known(conversion: Conversion) -> Conversion:
    """`conversion`, to be made in each call where `jit` traces."""
    tracing = local.seg.tracing if active_traces else None
    if tracing is None or conversion is as_is:
        return conversion

    def later(t: Handle) -> Handle:
        tracing.handed[id(t)] = t, conversion
        return t

    return later


def of_derivative(conversion: Conversion) -> Conversion:
    """What makes of a derivative by an argument what belongs to it: a number where there is one
    alone, an array of the shape of the results otherwise."""
    if conversion is as_float:
        return lambda t: as_array(t) if t.shape else as_float(t)
    return conversion


def of_second(first: Conversion, second: Conversion) -> Conversion:
    """What makes of a second derivative by two arguments what belongs to both."""
    if as_is in (first, second):
        return as_is
    return of_derivative(as_float) if first is second is as_float else as_array


def as_is(t: Any) -> Any:
    return t


def as_float(t: Any) -> Any:
    if t.requires_grad or t.shape:
        return t
    return (complex if t.dtype.kind == "c" else float)(materialise(t))


def as_scalar(t: Any) -> Any:
    """A NumPy scalar, as NumPy's functions give for arrays; an array if it has dimensions."""
    return t if t.requires_grad else as_array(t) if t.shape else t.dtype.type(materialise(t))


def as_array(t: Any) -> Any:
    """The values as an array of the caller's own, which may be written to."""
    if t.requires_grad:
        return t
    value = materialise(t)
    if not t.shape:
        return np.array(value, t.dtype)
    # What holds `t` is the caller's list, this frame and the call that counts.
    own = t._x is None and sys.getrefcount(t) <= 3 and _is_own(value)
    return value.reshape(t.shape) if own else np.array(value.reshape(t.shape))


def _is_own(value: np.ndarray) -> bool:
    """Whether no other tensor, array or recorded program has the memory of a tensor's value."""
    held = (
        sys.getrefcount(value) <= 4
    )  # the tensor, the caller's frame, this one and the call that counts
    base = value.base
    while held and base is not None:
        held = sys.getrefcount(base) <= 3  # what is on it, this frame and the call
        base = getattr(base, "base", None)
    return held and value.flags.writeable
