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

`_state` tells shape, dtype and whether it requires grad in every case, and for a handle that is in
a segment its place there. The value of a handle never changes in place: a write rebinds the handle
(`adopt`).

Threads may share tensors: a handle is in one segment at a time, and while that one goes on no other
thread changes the handle's place: its segment notes the handle in `entered`. `LOCK` guards the
changes of place. Start at `Handle` and `enter`.
"""

import math

import numpy as np

from ..base.errors import ArgumentError
from ..base.typing import Operations
from .execute import concrete_value, materialise, pause, peek
from .segment import (
    LOCK,
    AbstractValue,
    enter_state,
    gate,
    grow,
    guarded,
    local,
    locked,
    recordings,
    renewed,
    variable_state,
)

__all__ = [
    "ELEMENT",
    "Extra",
    "Handle",
    "adopt",
    "enter",
    "extra",
    "from_value",
    "materialise",
    "ones_value",
    "own",
    "record",
    "rooted",
    "concrete_value",
    "vacate",
]

new = object.__new__


class Handle(Operations):
    """The slots of a tensor."""

    __slots__ = ("_seg", "_state", "_value", "_edge", "_x", "__weakref__")

    def __new__(cls, *args, **kwargs):
        raise ArgumentError(
            f"got {cls.__name__}(...), which makes nothing; use jitgrad.tensor(data)"
        )


class Extra:
    """What few tensors have: a gradient, hooks (`retains` is that of retain_grad), what views need
    (see `views`).

    `element` marks ``x[i]``, a value of its own to which nothing can be written that was meant for
    `x`."""

    __slots__ = (
        "grad",
        "hooks",
        "retains",
        "parent",
        "step",
        "children",
        "stale",
        "strides",
        "element",
    )

    def __init__(self, element=False):
        self.grad = self.hooks = self.retains = self.parent = self.step = self.children = (
            self.strides
        ) = None
        self.stale, self.element = False, element


#: The `Extra` of all elements that have nothing else; nobody changes it.
ELEMENT = Extra(element=True)


def extra(t):
    """The `Extra` of `t`, made when first asked for."""
    return _extra(t) if t._x is None or t._x is ELEMENT else t._x


@guarded
def _extra(t, safe=False):
    if not (safe or gate.alone):
        return locked(_extra, (t, True))
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
    t._seg, t._state, t._value, t._edge, t._x = (
        None,
        AbstractValue(shape, dtype, edge is not None),
        value,
        edge,
        None,
    )
    if recordings and local.seg.tracing is not None:
        local.seg.tracing.made((t,))
    return t


def enter(t, seg):
    """The state of `t` as an operand of the thread's current segment `seg`, which it enters as a
    leaf.

    None if another segment has begun meanwhile, as by the recording of a stale view: then all
    operands must be asked."""
    if t._x is not None and t._x.stale:
        from .views import refresh

        refresh(t)
        if local.seg is not seg:
            return None
        if t._seg is seg:
            return t._state
    if seg.entered is not None:
        known = seg.entered.get(t)
        if known is not None and known[1] is t._value:
            return known[0]
    value, aval = t._value, t._state.aval
    if value is None:
        value = peek(t)
    stands = value if seg.tracing is None else seg.tracing.of(t, value)
    before = seg.state
    state = before.next.get(aval)
    if state is None:
        if before.over:
            return renewed(seg)
        state = enter_state(before, aval)
    leaves, edges, place, edge = seg.leaves, seg.edges, before.leaves, t._edge
    if seg.state is before and len(leaves) <= place:
        leaves.append(None)
    if aval.requires_grad:
        root = len(before.roots)
        if seg.state is before and len(edges) <= root:
            edges.append(None)
    if seg.state is not before:  # it enters again: see `segment`
        return None if local.seg is not seg else enter(t, seg)
    leaves[place] = stands
    if aval.requires_grad:
        edges[root] = edge
    seg.state = state
    if gate.alone:
        t._seg, t._state = seg, state
        return state
    with LOCK:
        holder = t._seg
        if (holder is None or holder.state.over) and t._value is value:
            t._seg, t._state = seg, state
            return state
    if seg.entered is None:
        seg.entered = {}
    seg.entered[t] = state, value
    return state


def states(operands):
    """The current segment, and the states of tensors in it."""
    while True:
        seg = local.seg
        out = [t._state if t._seg is seg else enter(t, seg) for t in operands]
        if None not in out:
            return seg, out


def record(key_of, operands, numbers=()):
    """One record: its key is ``key_of(*states)``, of the operands' states."""
    while True:
        seg, given = states(operands)
        out = record_in(seg, key_of(*given), numbers)
        if out is not None:
            return out


def record_in(seg, key, numbers=()):
    """The handle of the record `key`, of states of `seg`; None if the record has to be made again:
    see `segment`."""
    out = new(_Class.tensor)
    out._seg, out._value, out._edge, out._x = seg, None, None, None
    before = seg.state  # no call between this and the store of the next state
    try:
        out._state = state = before.next[key]
        if numbers:
            seg.numbers[state.place] = numbers
        seg.handles[state.slot] = out
        seg.state = state
    except KeyError:
        grow(seg, before, key)
        return None
    except IndexError:
        seg.widen()
        return None
    if state.pause:
        pause(seg)
    return out


def rooted(t, edge):
    """A tensor of the value of `t` that is a gradient root."""
    while True:
        seg, (given,) = states((t,))
        before = seg.state
        state = variable_state(seg, before, given)
        if state is None:
            continue
        out = new(_Class.tensor)
        out._seg, out._state, out._value, out._edge, out._x = seg, state, None, edge, None
        edges, root = seg.edges, len(before.roots)
        if seg.state is before and len(edges) <= root:
            edges.append(None)
        if len(seg.handles) <= state.slot:
            seg.widen()
        if seg.state is not before:
            continue
        edges[root] = edge
        seg.handles[state.slot] = out
        seg.state = state
        if state.pause:
            pause(seg)
        return out


def ones_value(t):
    shape, dtype = t._state.shape, t._state.dtype
    return np.ones(math.prod(shape), dtype) if shape else 1.0


def varies(t):
    """Whether a recording is under way, and calls of it may have other values of `t`."""
    return bool(recordings) and local.seg.tracing is not None and local.seg.tracing.varies(t)


# --- rebinding ------------------------------------------------------------------------------------


@guarded
def vacate(t, seg, state, safe=False):
    """The record `state` of `seg`, which was that of `t`, is nobody's, but its value may be
    needed."""
    if seg is None or state.slot < 0:
        return
    if not (safe or gate.alone):
        return locked(vacate, (t, seg, state, True))
    gap = new(Handle)
    gap._seg, gap._state, gap._value, gap._edge, gap._x = None, state, None, None, None
    try:
        if seg.handles[state.slot] is t:
            seg.handles[state.slot] = gap
    except IndexError:  # the segment ended
        pass


def adopt(t, other):
    """`t` becomes what `other` is."""
    if t is not other:
        if recordings and local.seg.tracing is not None:
            local.seg.tracing.touch(t)
        _adopt(t, other)


@guarded
def _adopt(t, other, safe=False):
    """The one store is that of the four; before it the segment has `t` at a place that is not yet
    its own, after it at one that is no more, and `settle` gives values to none such."""
    if not (safe or gate.alone):
        return locked(_adopt, (t, other, True))
    seg, state = t._seg, t._state
    there = other._seg
    if there is local.seg:
        slot = other._state.slot
        try:
            if slot >= 0 and there.handles[slot] is other:
                there.handles[slot] = t
        except IndexError:  # the segment ended
            pass
    t._seg, t._state, t._value, t._edge = other._seg, other._state, other._value, other._edge
    if seg is not there or state is not t._state:
        vacate(t, seg, state, True)
