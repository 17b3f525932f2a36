"""What the generated text of a trace calls (see `replay`): the records, writes and views of a
later call.

Start at `aliases`, which tells calls apart by which of the tensors they reach are one, or views of
one another.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from ..base.dtypes import FLOAT64
from ..base.errors import GradientError
from ..ir import leaf
from ..tape.backward import AccumulateGrad
from ..tape.execute import Graph
from ..tape.handles import Handle, adopt, from_value, note_views
from ..tape.segment import AbstractValue, Segment, State, active_traces, in_mode, local
from ..tape.views import DETACH, detached, make_view, top

if TYPE_CHECKING:
    from ..tape.views import ViewStep

#: What `aliases` gives for calls that no trace is for.
EAGER = "eager"
#: And for calls in which two captured variables that a trace took for two are one.
SAME = "same"


def lost(t: Handle) -> Any:
    """A result that requires grad only by a leaf of the function's own, which nobody can reach any
    more."""
    root = from_value(t._value, t.shape, t.dtype, None)
    root = from_value(t._value, t.shape, t.dtype, AccumulateGrad(root))
    return root.clone()


def view(t: Handle, steps: Iterable[ViewStep]) -> Any:
    """The view that `steps` lead to."""
    for step in steps:
        t = detached(t) if step.opcode is DETACH else in_mode(step.grad, make_view, t, step)
    return t


def write(t: Any, value: Any) -> None:
    """What the function wrote to a tensor or array from outside; a leaf stays one."""
    seg = local.seg
    if seg.noted != seg.state.operations:
        note_views(seg)  # that `t` has
    if _holds_a_value(t) and not active_traces:
        t._value = value
        return
    if isinstance(t, np.ndarray):
        np.copyto(t, np.reshape(value, t.shape))
    elif t._x is None or (t._x.parent is None and not t._x.children):
        adopt(t, from_value(value, t.shape, t.dtype, t._edge))
    else:
        in_mode(False, t._write, from_value(value, t.shape, t.dtype, None), True)


def _holds_a_value(t: Any) -> bool:
    """Whether `t` is a tensor of a value that no other tensor shares: another value is all that a
    write changes."""
    if not isinstance(t, Handle) or t._seg is not None or type(t._state) is not AbstractValue:
        return False
    return t._x is None or (t._x.parent is None and not t._x.children)


# --- what shares memory ---------------------------------------------------------------------------


def aliases(moved: tuple[Any, ...], given: tuple[Any, ...], outside: tuple[Any, ...]) -> Any:
    """Which tensors found share memory with one of those `moved`: the ids of each group of more
    than one.

    A trace has stand-ins for the arguments `given`, which share nothing with each other or with
    what is `outside`: a group with one of them is for no trace (EAGER), or for another one if
    two of them are the same (SAME)."""
    found = given + outside
    tops = [
        id(x) if isinstance(x, np.ndarray) or x._x is None or x._x.parent is None else id(top(x))
        for x in found
    ]
    if len(set(tops)) == len(tops) and not any(isinstance(x, np.ndarray) for x in moved):
        return ()
    return _groups(moved, given, found, tops)


def _groups(
    moved: tuple[Any, ...], given: tuple[Any, ...], found: tuple[Any, ...], tops: list[int]
) -> Any:
    """As `aliases`, of tensors whose memory is that of those with the ids `tops`."""
    groups: tuple[tuple[int, ...], ...] = ()
    for x in moved:
        if isinstance(x, np.ndarray):
            if sum(isinstance(y, np.ndarray) and np.may_share_memory(x, y) for y in found) > 1:
                return EAGER
            continue
        key = id(top(x))
        if tops.count(key) > 1:
            group = [y for y, other in zip(found, tops) if other == key]
            ids = tuple(map(id, group))
            if len(set(ids)) < len(ids):
                return SAME
            if any(y is z for y in given for z in group):
                return EAGER
            groups += () if ids in groups else (ids,)
    return groups


def guarded(*written: Any) -> bool:
    """Whether one of some tensors, written to with gradients on, is a view of one that requires
    grad: such writes may have to be refused."""
    for t in written:
        while (
            isinstance(t, Handle)
            and t._x is not None
            and t._x.parent is not None
            and not t._x.step.cuts
        ):
            t = t._x.parent
            if t.requires_grad:
                return True
    return False


# --- the end of a graph that was freed ------------------------------------------------------------


def _freed_edge() -> tuple[Graph, State]:
    """The edge of a result whose graph the function freed: a sweep raises there."""

    def refuse(sweep: Any, state: State, g: Any) -> NoReturn:
        raise GradientError(
            "got a backward through a result of a function under jit that went through it itself "
            "by backward(); "
            "pass retain_graph=True to that call, or call backward() outside only"
        )

    seg = Segment()
    graph, state = Graph(seg), State(seg.state, leaf(0, (), FLOAT64), True)
    refuse.last = True  # type: ignore[attr-defined]
    graph.cuts = {state: [refuse]}
    return graph, state


FREED = _freed_edge()
