"""Recording: a value enters the current segment, an operation takes its step there, and a value is
materialised.

An operation seen before is one look-up of its key in the state that the segment has reached; one
that is new there is built and checked (`grow`). Stale views are recorded anew when they are used
(`refresh`). What follows what came last is recorded by machine code (`machine_records`). Start at
`record_in` and `materialise`.
"""

from operator import attrgetter

from ..base import anomaly
from ..base.config import config
from ..ops.marks import STOP, stop, variable
from .execute import flush, let_go, pause, peek
from .gate import LOCK, gate
from .handles import Again, Classes, adopt, new
from .keys import VARIABLE, node_of
from .pieces import is_cut
from .places import head_between, place_of_caller
from .segment import (
    active_traces,
    begins_turn,
    enter_state,
    in_mode,
    local,
    operation_before,
    record_state,
    renewed,
    revive,
    unrolled,
)

_requires_grad = attrgetter("requires_grad")


def grow(seg, before, key):
    """The state after `before` by the operation `key`, which is new there: shapes, dtypes and
    errors are settled now.

    None if the segment is over, or ends now, so that the operands have to be asked again.
    """
    if before.over:
        return renewed(seg)
    if begins_turn(seg):
        return None
    out = revive(before, key)
    if out is not None:
        return out
    try:
        node, operands, numbers = node_of(key, before.numbers, {})
    except Exception:
        let_go(seg)
        raise
    requires_grad = (
        node.dtype.kind in "fc" and node.op is not STOP and True in map(_requires_grad, operands)
    )
    if requires_grad and not before.grad:
        node, requires_grad = stop(node), False
    _verify(node)
    place, head = None, None
    if anomaly.threads and anomaly.looks():
        place = _noted(seg, key, node)
    elif seg.tracing is None:
        end, place = operation_before(before), place_of_caller()
        head = None if end is None else head_between(end.place, place)
        if seg.whole is None and is_cut(head, end):
            pause(seg)
            return None
    return record_state(
        seg, before, key, node, requires_grad, operands, numbers, place=place, head=head
    )


def _verify(node):
    if config.verify:
        from ..ir.verify import verify

        verify(node)


def _noted(seg, key, node):
    from .nan_origins import noted  # which few programs look for

    return noted(seg, key, node)


def variable_state(seg, before, state):
    """The state after the value of `state` became a gradient root; None if the segment is over."""
    if before.over:
        return renewed(seg)
    if seg.tracing is not None and unrolled(seg):
        return None
    key = (VARIABLE, state)
    out = before.next.get(key) or revive(before, key)
    if out is None:
        node = variable(state.node, len(before.roots))
        place = _noted(seg, key, node) if anomaly.looks() else None
        out = record_state(seg, before, key, node, True, (), before.numbers, True, place)
    return out


def enter(t, seg):  # noqa: C901 - the hot path of each tensor that enters
    """The state of `t` as an operand of the thread's current segment `seg`, which it enters as a
    leaf.

    None if another segment has begun meanwhile, as by the recording of a stale view: then all
    operands must be asked again."""
    if t._x is not None and t._x.stale:
        refresh(t)
        if local.seg is not seg:
            return None
        if t._seg is seg:
            return t._state
    if seg.entered is not None:
        known = seg.entered.get(t)
        if known is not None and known[1] is t._value:
            return known[0]
    if seg.tracing is not None and unrolled(seg):
        return None
    value, aval = t._value, t._state.aval
    if value is None:
        value = peek(t)
    operand = value if seg.tracing is None else seg.tracing.of(t, value)
    before = seg.state
    state = before.then
    if state.key is not aval:  # not what came last time
        state = before.next.get(aval)
        if state is None:
            if before.over:
                return renewed(seg)
            state = enter_state(before, aval)
        before.then = state
    # Value and edge go where the state before says: that is nothing's until the state is stored.
    leaves, edges, number, edge = seg.leaves, seg.edges, before.leaves, t._edge
    if seg.state is before and len(leaves) <= number:
        leaves.append(None)
    if aval.requires_grad:
        root = len(before.roots)
        if seg.state is before and len(edges) <= root:
            edges.append(None)
    if seg.state is not before:  # it enters again: see `segment`
        return None if local.seg is not seg else enter(t, seg)
    leaves[number] = operand
    if aval.requires_grad:
        edges[root] = edge
    seg.state = state
    if gate.alone:
        t._seg, t._state = seg, state
    else:
        _hold(t, seg, state, value)
    return state


def _hold(t, seg, state, value):
    """`t` is in the segment as `state`, or, where another thread's segment holds it or it was
    written to meanwhile, only its `value` is."""
    with LOCK:
        holder = t._seg
        if (holder is None or holder.state.over) and t._value is value:
            t._seg, t._state = seg, state
            return
    if seg.entered is None:
        seg.entered = {}
    seg.entered[t] = state, value


def states(operands):
    """The current segment, and the states of tensors in it."""
    while True:
        seg = local.seg
        out = [t._state if t._seg is seg else enter(t, seg) for t in operands]
        if None not in out:
            return seg, out


def record(key_of, operands, numbers=()):
    """Records one operation: its key is ``key_of(*states)``, of the operands' states."""
    while True:
        seg, given = states(operands)
        out = record_in(seg, key_of(*given), numbers)
        if out is not None:
            return out


def record_in(seg, key, numbers=(), extra=None):
    """The handle of the operation `key`, of states of `seg`, with this `Extra`; None if it has to
    be recorded again: see `segment`."""
    before = seg.state  # no call between this and the store of the next state, or it is asked again
    try:
        state = before.then = before.next[key]
        out = seg.handles[state.slot]
        if out is None or out._state is not state:
            if out is None:
                out = new(Classes.tensor)
                out._seg = out._value = out._edge = out._x = None
            out._state = state
            if seg.state is not before:
                raise Again
            seg.handles[state.slot] = out
        if state.numbers == before.numbers + 1:  # one, at half the price of a slice
            seg.numbers[before.numbers] = numbers[0]
        elif numbers:
            seg.numbers[state.number_slice] = numbers
        out._seg, out._x = seg, extra
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
        out = new(Classes.tensor)
        out._seg, out._state, out._value, out._edge, out._x = seg, state, None, edge, None
        edges, root = seg.edges, len(before.roots)
        if seg.state is before and len(edges) <= root:
            edges.append(None)
        if len(seg.handles) <= state.slot:
            seg.widen()
        if seg.state is not before:
            continue
        edges[root] = edge
        seg.spare = False
        seg.handles[state.slot] = out
        seg.state = state
        if state.pause:
            pause(seg)
        return out


# --- values ---------------------------------------------------------------------------------------


def refresh(t):
    """Records stale views anew: `t`, and before it those it is a view of."""
    chain = []
    while t is not None and t._x is not None and t._x.stale:
        chain.append(t)
        t = t._x.parent
    for t in reversed(chain):
        with LOCK:  # who finds it no longer stale must find it recorded
            if t._x.stale:
                _renew(t)


def _renew(t):
    x, edge = t._x, t._edge
    if active_traces and local.seg.tracing is not None:
        local.seg.tracing.touch(t)
    x.stale = False
    adopt(t, in_mode(x.step.grad, x.step, x.parent))
    if edge is not None:  # a view that is a leaf stays one
        adopt(t, rooted(t, edge))
    if x.retains is not None:
        x.retains.renew(t)


def materialise(t):
    """The value of `t`: a flat array, or a Python number if 0-d. Runs the segment if need be.

    While a function is recorded, it is what stands for the value: see `symbolic`, and
    `concrete_value` for what Python asks for."""
    value = t._value
    if value is None:
        if t._x is not None and t._x.stale:
            refresh(t)
        seg = local.seg
        if t._seg is seg:
            flush(seg)
        value = t._value
        if value is None:
            value = peek(t)
    if not active_traces:
        return value
    trace = local.seg.tracing
    return value if trace is None else trace.of(t, value)


def concrete_value(t):
    """The value of `t` for Python to use, which a recording has only of what is the same in every
    call."""
    value = materialise(t)
    return value if not active_traces or local.seg.tracing is None else value.concrete_value()
