"""What the tape knows of a tensor: the `Handle`, and how records make and rebind one.

A handle is either *pending* (`_seg` is the segment it was recorded in, `_data` is None) or has its value in `_data`; once it
entered the current segment as a leaf it has both. `_state` tells shape, dtype and whether it requires grad in every
case; `_edge` is where its cotangents go. The value of a handle never changes in place: a write rebinds the
handle (`adopt`). Start at `Handle` and `enter`.
"""

from sys import getrefcount
from weakref import ref

import numpy as np

from ..ir import Node
from .execute import flush, look, peek
from .segment import Sig, Write, enter_state, grow, local, variable_state

__all__ = ["Extra", "Handle", "adopt", "enter", "from_value", "getrefcount", "look", "record", "record_raw", "rooted"]

new = object.__new__


class Handle:
    """The slots of a tensor."""

    __slots__ = ("_seg", "_state", "_data", "_edge", "_x", "__weakref__")


class Extra:
    """What few tensors have: a gradient, hooks, views. `parent` and `step` make a view: ``step(parent)`` records it."""

    __slots__ = ("grad", "hooks", "retains", "parent", "step", "children", "stale")

    def __init__(self):
        self.grad = self.hooks = self.parent = self.step = self.children = None
        self.retains = self.stale = False


class _Class:
    tensor = Handle


def from_value(value, shape, dtype, edge):
    """A tensor of a value; with an edge, it requires grad."""
    t = new(_Class.tensor)
    t._seg, t._state, t._data, t._edge, t._x = None, Sig(shape, dtype, edge is not None), value, edge, None
    return t


def enter(t):
    """Makes `t` an operand of the current segment: afterwards ``t._seg is local.seg``."""
    if t._x is not None and t._x.stale:
        refresh(t)
        if t._seg is local.seg:
            return
    if t._data is None:
        peek(t)
    seg, sig = local.seg, t._state.sig
    state = seg.state.next.get(sig)
    if state is None:
        state = enter_state(seg, sig)
    seg.state = state
    seg.leaves.append(t._data)
    if sig.rg:
        seg.edges.append(t._edge)
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
    out._seg, out._state, out._data, out._edge, out._x = seg, state, None, None, None
    seg.numbers.extend(numbers)
    seg.state = state
    seg.handles.append(out)
    if state.full:
        flush(seg)
    return out


def record_raw(head, node, src):
    operands = [s for s in src if type(s) is not Node]

    def key():
        states = tuple(s if type(s) is Node else s._state for s in src)
        return (head, node.op, node.arg, node.shape, node.dtype, *states)

    return record(key, operands)


def as_tensor(made, node):
    """The tensor of a replayed node; a constant becomes a value."""
    if type(made) is not Node:
        return made
    from ..compile import reference

    return from_value(reference.run([made], (), ())[0], node.shape, node.dtype, None)


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


# --- writes ----------------------------------------------------------------------------------------------------------


def vacate(t):
    """`t` gives up its record in the current segment, whose value others may still need."""
    seg = t._seg
    if (
        seg is not None
        and seg is local.seg
        and t._state.slot >= 0
        and t._data is None
        and seg.handles[t._state.slot] is t
    ):
        seg.handles[t._state.slot] = new(Handle)


def adopt(t, other):
    """`t` becomes what `other` is."""
    if t is other:
        return
    vacate(t)
    t._seg, t._state, t._data, t._edge = other._seg, other._state, other._data, other._edge
    seg = t._seg
    if seg is local.seg and t._data is None and seg.handles[t._state.slot] is other:
        seg.handles[t._state.slot] = t


def refresh(t):
    """A view whose parent was written to is recorded anew."""
    x = t._x
    x.stale = False
    adopt(t, x.step(x.parent))


def make_view(t, parent, step):
    """Makes `t`, which was recorded as ``step(parent)``, a view of it."""
    x = t._x = Extra()
    x.parent, x.step = parent, step
    if parent._x is None:
        parent._x = Extra()
    if parent._x.children is None:
        parent._x.children = []
    children = parent._x.children
    if len(children) > 8:
        children[:] = [c for c in children if c() is not None]
    children.append(ref(t))
    return t


def go_stale(t, but=None):
    """Views of `t` must be recorded anew before they are used."""
    stack = [t]
    while stack:
        x = stack.pop()._x
        if x is None or x.children is None:
            continue
        for c in x.children:
            c = c()
            if c is not None and c is not but:
                vacate(c)
                c._x.stale = True
                c._state, c._seg, c._data, c._edge = c._state.sig, None, None, None
                stack.append(c)


def write(t, value):
    """`t` takes the value of `value` (same shape and dtype); what it views, and other views of that, follow."""
    x = t._x
    below, top, chain = t, t, []
    while top._x is not None and top._x.parent is not None:
        chain.append(top._x)
        top = top._x.parent
    news, current = [value], value
    for x in chain:
        again = x.step(x.parent)
        base, state_of = x.parent, current
        current = record(lambda: (Write, base._state, again._state, state_of._state), (base, again, state_of))
        news.append(current)
    keep = below
    for k, new_value in enumerate(news):
        target = below if k == 0 else chain[k - 1].parent
        go_stale(target, keep if k else None)
        adopt(target, new_value)
        keep = target


__all__ += ["as_tensor", "go_stale", "make_view", "ones_value", "refresh", "vacate", "write"]
