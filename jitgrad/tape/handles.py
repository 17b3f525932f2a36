"""What the tape knows of a tensor: the `Handle`, and how one is made and rebound.

========= ======================== ======== ===================== ================================
a handle  `_seg`                   `_value` `_edge`               becomes
========= ======================== ======== ===================== ================================
pending   where it was recorded    None     None, or that of a    valued: its segment ran, or
                                            leaf (see `rooted`)   another thread asked for it
                                                                  (`peek`)
valued    None, or one that ended  there    of what requires grad entered: used in a segment
entered   the segment it is in     there    the same              valued: that segment ended
stale     None                     None     that of a leaf        pending: used (`record.refresh`)
========= ======================== ======== ===================== ================================

`_state` tells shape, dtype and whether it requires grad in every case, and for a handle that is in
a segment its place there. The value of a handle never changes in place: a write rebinds the handle
(`adopt`).

Threads may share tensors: a handle is in one segment at a time, and while that one goes on no other
thread changes the handle's place: its segment notes the handle in `entered`. `LOCK` guards the
changes of place. Start at `Handle` and `from_value`; how one enters a segment is in `record`.
"""

import math
from typing import TYPE_CHECKING, Any
from weakref import ref

import numpy as np

from ..base.errors import ArgumentError
from ..base.typing import Operations
from .gate import gate, guarded, locked
from .segment import AbstractValue, active_traces, known_values, local

new = object.__new__


class Handle(Operations):
    """The slots of a tensor."""

    __slots__ = ("_seg", "_state", "_value", "_edge", "_x", "__weakref__")

    if TYPE_CHECKING:
        _seg: Any
        _state: Any
        _value: Any
        _edge: Any
        _x: Any

    def __new__(cls, *args, **kwargs):
        raise ArgumentError(
            f"got {cls.__name__}(...), which makes nothing; use jitgrad.tensor(data)"
        )


class Again(IndexError):
    """Other code has recorded while a handle was made, or one that nobody knows was given another
    state: the operation is recorded again. Where a list is too short, it is, too."""


class Extra:
    """What few tensors have: a gradient, hooks (`after` are those that come after it was added,
    `retains` is that of retain_grad), what views need (see `views`): the step `form` that makes the
    view of `parent`, but for its `numbers`, and whether it is `noted` among the `children` of that.

    `element` marks ``x[i]``, a value of its own to which nothing can be written that was meant for
    `x`."""

    #: What one has that was given nothing: to give it takes time, and most is never asked for.
    grad = hooks = after = retains = parent = form = children = strides = None
    numbers, stale, element, noted = (), False, False, False

    @property
    def step(self):
        """The step from the parent to the view, with its numbers."""
        return self.form.renumbered(self.numbers) if self.numbers else self.form


#: The `Extra` of all elements that have nothing else; nobody changes it.
ELEMENT = Extra()
ELEMENT.element = True


def extra(t):
    """The `Extra` of `t`, made when first asked for."""
    return _extra(t) if t._x is None or t._x is ELEMENT else t._x


@guarded
def _extra(t, safe=False):
    if not (safe or gate.alone):
        return locked(_extra, (t, True))
    if t._x is None or t._x is ELEMENT:
        x = Extra()
        x.element = t._x is ELEMENT
        if t._seg is not None:
            t._seg.spare = False
        t._x = x
    return t._x


# --- views ----------------------------------------------------------------------------------------


def note_views(seg):
    """Notes the views that were recorded in a segment: their parents know them from now on.

    That is needed where something is written, and where the segment ends (`execute.live_handles`);
    most views are dropped before, and need no weak reference. It may be done again."""
    state, handles = seg.state, seg.handles
    for t in handles[seg.noted : state.operations]:
        x = None if t is None else t._x
        if x is not None and x.parent is not None:
            note_view(t)
    if seg.state is state:
        seg.noted = state.operations


gate.note = note_views


def note_view(t):
    """Notes a view, unless that was done."""
    x = t._x
    if x is not None and not x.noted:  # it is None where its thread let go of it meanwhile
        add_child(x.parent, ref(t))
        x.noted = True


@guarded
def add_child(parent, child, safe=False):
    """Notes that `child`, a weak reference, is a view of `parent`."""
    if not (safe or gate.alone):
        return locked(add_child, (parent, child, True))
    x = parent._x
    if x is None or x is ELEMENT:
        x = extra(parent)
    children = x.children
    if children is None:
        x.children = [child]
        return
    held = len(children)
    if held >= 16 and not held & (held - 1):  # now and then: each power of two
        children[:] = [c for c in children if c() is not None]
    children.append(child)


def own(t):
    """`t`, written to by ``t += y``, is no element of another tensor any more."""
    x = t._x
    if x is ELEMENT:
        t._x = None
    elif x is not None:
        x.element = False


class Classes:
    """The class of the tensors that are made: the module that defines it puts it here."""

    tensor = Handle


def of_graph(value, shape, dtype, edge):
    """A tensor of a value of a graph, which may have been made before a trace that is under way:
    then it is none of the trace's own, which would take it for a constant."""
    t, key = new(Classes.tensor), (shape, dtype, edge is not None)
    t._state = known_values.get(key) or AbstractValue(*key)
    t._value, t._edge = value, edge
    t._seg = t._x = None
    return t


def from_value(value, shape, dtype, edge):
    """A tensor of a value; with an edge, it requires grad."""
    t, key = new(Classes.tensor), (shape, dtype, edge is not None)
    t._state = known_values.get(key) or AbstractValue(*key)
    t._value, t._edge = value, edge
    t._seg = t._x = None
    if active_traces and local.seg.tracing is not None:
        local.seg.tracing.made((t,))
    return t


def ones_value(t):
    shape, dtype = t._state.shape, t._state.dtype
    return np.ones(math.prod(shape), dtype) if shape else 1.0


def varies(t):
    """Whether a recording is under way, and calls of it may have other values of `t`."""
    return bool(active_traces) and local.seg.tracing is not None and local.seg.tracing.varies(t)


# --- rebinding ------------------------------------------------------------------------------------


@guarded
def vacate(t, seg, state, safe=False):
    """The operation `state` of `seg`, whose result was `t`, is nobody's, but its value may be
    needed."""
    if seg is None or state.slot < 0:
        return
    if not (safe or gate.alone):
        return locked(vacate, (t, seg, state, True))
    gap = new(Handle)
    gap._seg, gap._state, gap._value, gap._edge, gap._x = None, state, None, None, None
    try:
        if seg.handles[state.slot] is t:
            seg.spare = False
            seg.handles[state.slot] = gap
    except IndexError:  # the segment ended
        pass


def adopt(t, other):
    """`t` becomes what `other` is."""
    if t is not other:
        if active_traces and local.seg.tracing is not None:
            local.seg.tracing.rebinds(t, other)
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
                there.spare = False
                there.handles[slot] = t
        except IndexError:  # the segment ended
            pass
    t._seg, t._state, t._value, t._edge = other._seg, other._state, other._value, other._edge
    if seg is not there or state is not t._state:
        vacate(t, seg, state, True)
