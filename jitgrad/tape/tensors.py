"""What the tape knows of a tensor: the `Handle`, and how records make and rebind one.

A handle is either *pending* (`_seg` is the segment it was recorded in, `_value` is None) or has its value in `_value`; once it
entered the current segment as a leaf it has both. `_state` tells shape, dtype and whether it requires grad in every
case; `_edge` is where its cotangents go. The value of a handle never changes in place: a write rebinds the
handle (`adopt`). Start at `Handle` and `enter`.
"""

import numpy as np

from .._errors import ArgumentError
from .._typing import Operations
from .execute import flush, look, peek
from .segment import Sig, enter_state, grow, local, variable_state

__all__ = [
    "Extra", "Handle", "adopt", "enter", "from_value", "look", "ones_value", "record",
    "rooted", "vacate",
]  # fmt: skip

new = object.__new__


class Handle(Operations):
    """The slots of a tensor."""

    __slots__ = ("_seg", "_state", "_value", "_edge", "_x", "__weakref__")

    def __new__(cls, *args, **kwargs):
        raise ArgumentError(f"got {cls.__name__}(...), which makes nothing; use jitgrad.tensor(data)")


class Extra:
    """What few tensors have: a gradient, hooks (`retains` is that of retain_grad), and what views need (see `views`)."""

    __slots__ = ("grad", "hooks", "retains", "parent", "step", "children", "stale", "strides")

    def __init__(self):
        self.grad = self.hooks = self.retains = self.parent = self.step = self.children = self.strides = None
        self.stale = False


class _Class:
    tensor = Handle


def from_value(value, shape, dtype, edge):
    """A tensor of a value; with an edge, it requires grad."""
    t = new(_Class.tensor)
    t._seg, t._state, t._value, t._edge, t._x = None, Sig(shape, dtype, edge is not None), value, edge, None
    return t


def enter(t):
    """Makes `t` an operand of the current segment: afterwards ``t._seg is local.seg``."""
    if t._x is not None and t._x.stale:
        from .views import refresh

        refresh(t)
        if t._seg is local.seg:
            return
    if t._value is None:
        peek(t)
    seg, sig = local.seg, t._state.sig
    state = seg.state.next.get(sig)
    if state is None:
        state = enter_state(seg, sig)
    seg.leaves.append(t._value)
    if sig.rg:
        seg.edges.append(t._edge)
    seg.state = state  # last: another thread that looks at the segment must find all that its state counts
    t._seg, t._state = seg, state


def record(key_of, operands, numbers=()):
    """One record: ``key_of()`` gives the key once all of `operands` are in the segment."""
    while any(t._seg is not local.seg for t in operands):  # entering a stale view records, and may end the segment
        for t in operands:
            if t._seg is not local.seg:
                enter(t)
    seg = local.seg
    key = key_of()
    state = seg.state.next.get(key)
    if state is None:
        state = grow(seg, key)
    return emit(seg, state, numbers)


def emit(seg, state, numbers=()):
    """The handle of a record."""
    out = new(_Class.tensor)
    out._seg, out._state, out._value, out._edge, out._x = seg, state, None, None, None
    seg.numbers.extend(numbers)
    seg.state = state
    seg.handles.append(out)
    if state.full:
        flush(seg)
    return out


def rooted(t, edge):
    """A tensor of the value of `t` that is a gradient root."""
    if t._seg is not local.seg:
        enter(t)
    seg = local.seg
    state = variable_state(seg, t._state)
    seg.edges.append(edge)
    out = emit(seg, state)
    out._edge = edge
    return out


def ones_value(t):
    shape, dtype = t._state.shape, t._state.dtype
    return np.ones(int(np.prod(shape, dtype=np.int64)), dtype) if shape else 1.0


# --- rebinding -------------------------------------------------------------------------------------------------------


def vacate(t):
    """`t` gives up its record in the current segment, whose value others may still need."""
    seg = t._seg
    if (
        seg is not None
        and seg is local.seg
        and t._state.slot >= 0
        and t._value is None
        and seg.handles[t._state.slot] is t
    ):
        gap = seg.handles[t._state.slot] = new(Handle)
        gap._x = None


def adopt(t, other):
    """`t` becomes what `other` is."""
    if t is other:
        return
    vacate(t)
    t._seg, t._state, t._value, t._edge = other._seg, other._state, other._value, other._edge
    seg = t._seg
    if seg is local.seg and t._value is None and seg.handles[t._state.slot] is other:
        seg.handles[t._state.slot] = t
