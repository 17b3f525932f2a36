"""What the tape knows of a tensor: the `Handle`, and how records make and rebind one.

========= ======================== ======== ===================== ================================
a handle  `_seg`                   `_value` `_edge`               becomes
========= ======================== ======== ===================== ================================
pending   where it was recorded    None     None, or that of a    valued: its segment ran, or another
                                            leaf (see `rooted`)   thread asked for it (`peek`)
valued    None, or one that ended  there    of what requires grad entered: used in a segment
entered   the segment it is in     there    the same              valued: that segment ended
stale     None                     None     that of a leaf        pending: used (`views.refresh`)
========= ======================== ======== ===================== ================================

`_state` tells shape, dtype and whether it requires grad in every case, and for a handle that is in a segment its place
there. The value of a handle never changes in place: a write rebinds the handle (`adopt`).

Threads may share tensors: a handle is in one segment at a time, and while that one goes on no other thread
changes the handle's place: its segment notes the handle in `entered`. `LOCK` guards the changes of place. Start
at `Handle` and `enter`.
"""

import math

import numpy as np

from .._errors import ArgumentError
from .._typing import Operations
from .execute import flush, look, peek, seen
from .segment import LOCK, Sig, enter_state, gate, grow, guarded, local, recordings, variable_state

__all__ = [
    "ELEMENT", "Extra", "Handle", "adopt", "enter", "extra", "from_value", "look", "ones_value", "own", "record",
    "rooted", "seen", "vacate",
]  # fmt: skip

new = object.__new__


class Handle(Operations):
    """The slots of a tensor."""

    __slots__ = ("_seg", "_state", "_value", "_edge", "_x", "__weakref__")

    def __new__(cls, *args, **kwargs):
        raise ArgumentError(f"got {cls.__name__}(...), which makes nothing; use jitgrad.tensor(data)")


class Extra:
    """What few tensors have: a gradient, hooks (`retains` is that of retain_grad), what views need (see `views`).

    `element` marks ``x[i]``, a value of its own to which nothing can be written that was meant for `x`.
    """

    __slots__ = ("grad", "hooks", "retains", "parent", "step", "children", "stale", "strides", "element")

    def __init__(self, element=False):
        self.grad = self.hooks = self.retains = self.parent = self.step = self.children = self.strides = None
        self.stale, self.element = False, element


#: The `Extra` of all elements that have nothing else; nobody changes it.
ELEMENT = Extra(element=True)


def extra(t):
    """The `Extra` of `t`, made when first asked for."""
    return guarded(_extra, t) if t._x is None or t._x is ELEMENT else t._x


def _extra(t):
    if t._x is None or t._x is ELEMENT:
        t._x = Extra(element=t._x is ELEMENT)
    return t._x


def own(t):
    """`t`, written to by ``t += y``, is no element of another tensor any more."""
    x = t._x
    if x is ELEMENT:
        t._x = None
    elif x is not None:
        x.element = False


class _Class:
    tensor = Handle


def from_value(value, shape, dtype, edge):
    """A tensor of a value; with an edge, it requires grad."""
    t = new(_Class.tensor)
    t._seg, t._state, t._value, t._edge, t._x = None, Sig(shape, dtype, edge is not None), value, edge, None
    if recordings and local.seg.tracing is not None:
        local.seg.tracing.made((t,))
    return t


def enter(t):
    """The state of `t` as an operand of the current segment, which it enters as a leaf.

    If `t` is a stale view it is recorded instead, which may end the segment: look at ``local.seg`` again.
    """
    if t._x is not None and t._x.stale:
        from .views import refresh

        refresh(t)
        if t._seg is local.seg:
            return t._state
    seg = local.seg
    if seg.entered is not None:
        known = seg.entered.get(t)
        if known is not None and known[1] is t._value:
            return known[0]
    value, sig = t._value, t._state.sig
    if value is None:
        value = peek(t)
    stands = value if seg.tracing is None else seg.tracing.of(t, value)
    state = seg.state.next.get(sig)
    if state is None:
        state = enter_state(seg, sig)
    seg.leaves.append(stands)
    if sig.rg:
        seg.edges.append(t._edge)
    seg.state = state  # last: another thread that looks at the segment must find all that its state counts
    try:
        gate.busy = True
        if gate.alone:
            t._seg, t._state = seg, state
            return state
    finally:
        gate.busy = False
    with LOCK:
        holder = t._seg
        if (holder is None or holder.leaves is None) and t._value is value:
            t._seg, t._state = seg, state
            return state
    if seg.entered is None:
        seg.entered = {}
    seg.entered[t] = state, value
    return state


def states(operands):
    """The states of tensors, all in the current segment."""
    while True:
        seg = local.seg
        out = [t._state if t._seg is seg else enter(t) for t in operands]
        if local.seg is seg:
            return out


def record(key_of, operands, numbers=()):
    """One record: its key is ``key_of(*states)``, of the operands' states."""
    key = key_of(*states(operands))
    seg = local.seg
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
    state = t._state if t._seg is local.seg else enter(t)
    seg = local.seg
    state = variable_state(seg, state)
    seg.edges.append(edge)
    out = emit(seg, state)
    out._edge = edge
    return out


def ones_value(t):
    shape, dtype = t._state.shape, t._state.dtype
    return np.ones(math.prod(shape), dtype) if shape else 1.0


def varies(t):
    """Whether a recording is under way, and calls of it may have other values of `t`."""
    return bool(recordings) and local.seg.tracing is not None and local.seg.tracing.varies(t)


# --- rebinding -------------------------------------------------------------------------------------------------------


def vacate(t):
    """`t` gives up its record in a segment that goes on: others may still need the value."""
    guarded(_vacate, t)


def _vacate(t):
    seg = t._seg
    slot = -1 if seg is None else t._state.slot
    if 0 <= slot < len(seg.handles) and seg.handles[slot] is t:
        gap = seg.handles[slot] = new(Handle)
        gap._seg, gap._state, gap._value, gap._edge, gap._x = None, t._state, None, None, None


def adopt(t, other):
    """`t` becomes what `other` is."""
    if t is not other:
        if recordings and local.seg.tracing is not None:
            local.seg.tracing.touch(t)
        guarded(_adopt, t, other)


def _adopt(t, other):
    _vacate(t)
    t._seg, t._state, t._value, t._edge = other._seg, other._state, other._value, other._edge
    seg = t._seg
    if seg is local.seg and t._state.slot >= 0 and seg.handles[t._state.slot] is other:
        seg.handles[t._state.slot] = t
