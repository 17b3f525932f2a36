"""Running a segment: which values are alive, the plan for them, and what is saved for a backward
sweep.

Handles that only the segment itself refers to are dead, and their values are not computed. A
segment whose values require grad leaves a `Graph` behind: its inputs, and the results that are
expensive to compute again (reductions, products, scans); cheap elementwise parts are recomputed
(rematerialised) in registers by the backward plan.

While a plan is made and runs, other code of this thread may record into the segment, or run it (see
`segment`): what was computed is right all the same, and the segment ends only if nothing came after
it (`finish`). Start at `flush`.
"""

from contextlib import suppress
from functools import partial
from itertools import count
from sys import getrefcount
from weakref import getweakrefcount, ref

from ..base import anomaly
from ..base.errors import InterruptedRecording
from ..ir import BARRIERS, toposort
from ..ops.marks import gradient_sources, value_sources
from ..runtime.events import planning
from ..runtime.plan import Plan
from .gate import LOCK, gate, guarded, locked
from .handles import ELEMENT, note_view, note_views
from .machine_records import records
from .pieces import followed, goes_on, note_program
from .segment import (
    OVER,
    Segment,
    local,
    next_after,
    operation_before,
    operations_to,
    renewed,
    unrolled,
)

_serial = count()
#: By how often a handle is held, whether anybody but the segment, the list of those asked and the
#: question holds it.
HELD = bytes([held > 3 for held in range(256)])
#: Operations of segments that are short, and how many handles are kept that may serve again.
FEW, MOST = 32, 1024
#: By their number, the places of handles of such a segment.
NONE = [[None] * number for number in range(FEW)]


def lost():
    """The error for values that an interrupt took."""
    return InterruptedRecording(
        "got an interrupt (such as Ctrl-C) while an operation was recorded, so the values pending "
        "then are lost; "
        "compute them again"
    )


class Graph:
    """A segment that ran, as a node of the backward sweep.

    `edges` say where its roots' cotangents go; `kept` has the expensive results, as nodes and
    values; `alive` are its results that tensors hold, as (state, weak reference). Another thread
    may have materialised a tensor of a segment that goes on (`peeked`); as long as it does, its
    graph is `open`."""

    __slots__ = (
        "state",
        "leaves",
        "numbers",
        "edges",
        "serial",
        "kept",
        "freed",
        "cuts",
        "alive",
        "peeked",
        "open",
        "__weakref__",
    )

    def __init__(self, seg):
        self.state, self.leaves, self.numbers, self.edges = (
            seg.state,
            seg.leaves,
            seg.numbers,
            seg.edges,
        )
        self.serial = next(_serial)
        self.kept, self.freed, self.cuts, self.alive, self.peeked = ((), ()), None, None, [], False
        self.open = False


class Forward:
    """The plan of a state for one set of live handles."""

    __slots__ = ("plan", "live", "requires_grad", "expensive")

    @planning
    def __init__(self, state, live):
        path = operations_to(state)
        note_program(local.seg, path)
        self.live = [(s.slot, s) for s in path if live[s.slot]]
        nodes = [s.node for _, s in self.live]
        outputs = [s.node for _, s in self.live if s.requires_grad]
        self.requires_grad = bool(outputs)
        self.expensive = expensive_results(state, outputs) if outputs else ()
        parts = ("result", len(nodes)), ("kept for the backward", len(self.expensive))
        self.plan = Plan(
            [*nodes, *self.expensive], "forward", parts, records=len(path), recorded=state
        )


def expensive_results(state, outputs):
    """The expensive results between the roots and `outputs`, of those that are computed."""
    depends, out, valued = set(state.roots), [], set(toposort(outputs, value_sources))
    for node in toposort(outputs, gradient_sources):
        if any(s in depends for s in node.src):
            depends.add(node)
            if node in valued and (node.op.kind in BARRIERS or node.op.kind == "gather"):
                out.append(node)
    return tuple(out)


def live_handles(seg, handles, state):
    """A byte for each operation up to `state`: whether anybody but the segment holds its handle.

    Bytes, since a hundred of them are made, hashed and compared at half the price of a tuple's.
    Notes whether handles that nobody holds may serve again (`begin_next`), as they may not where a
    weak reference would find another tensor."""
    number, seg.free = state.operations, False
    if seg.views:
        _let_go_of_views(handles[:number])
    if (alive := records.alive) is not None:
        return alive(seg, handles, number)
    handles = handles[:number]
    try:
        if not seg.spare:
            return bytes(map(getrefcount, handles)).translate(HELD)
        # Both without a line of Python in between, at which other threads might go on.
        counts, weak = map(bytes, (map(getrefcount, handles), map(getweakrefcount, handles)))
        live = counts.translate(HELD)
        seg.free = not any(weak) or not _meet(weak, live)
        return live
    except ValueError:  # one is held more often than a byte can say
        return bytes([min(c, 255) for c in map(getrefcount, handles)]).translate(HELD)


def _let_go_of_views(handles):
    """A dead view keeps its parent: lets go of the later ones first, and notes the others."""
    found = [t for t in handles if t is not None and t._x is not None and t._x is not ELEMENT]
    handles.clear()
    while found:
        t = found.pop()
        if getrefcount(t) <= 3:
            t._x = None
        elif t._x.parent is not None:
            note_view(t)
        del t  # it counts, too


def _meet(weak, live):
    """Whether there are weak references to what is not live."""
    return any([w and not held for w, held in zip(weak, live)])


def flush(seg):
    """Runs the thread's current segment and starts the next one.

    Most segments between looks at values are short, were seen before, and have no views. What
    these need is done here; all others go the long way, at whichever line they are found."""
    state, handles, leaves, numbers = seg.state, seg.handles, seg.leaves, seg.numbers
    number = state.operations  # from here on a finaliser may end the segment
    plain = state.slot >= 0 and not (seg.views or seg.row or anomaly.threads)
    if number >= FEW or seg.tracing is not None or not plain:
        return _flush(seg)
    alive = records.alive
    try:
        if alive is not None:
            live = alive(seg, handles, number)
        else:
            live = bytes(map(getrefcount, handles[:number])).translate(HELD)
    except ValueError:
        return _flush(seg)
    forward = state.plans.get(live)
    if forward is None or not forward.live or local.push is not None:
        return _flush(seg)
    try:
        values = forward.plan.run(leaves, numbers)
    except BaseException:
        _leave(seg)
        raise
    graph = None
    if forward.requires_grad:
        graph = graph_of(seg)
        if forward.expensive and graph is not None:
            graph.kept = forward.expensive, values[len(forward.live) :]
    settle(seg, handles, forward.live, values, graph)
    if seg.state is not state or state.full or state.cut:
        return _flush(seg)
    seg.last, seg.state = state, OVER[state.grad]
    if alive is not None and seg.free and seg.spare:
        for slot, _ in forward.live:
            handles[slot] = None
    else:
        handles[:number] = NONE[number]
    local.seg = next_after(seg, state, handles)
    return None


def _flush(seg):
    """`flush`, of any segment."""
    if seg.tracing is not None:
        unrolled(seg)
    while True:
        state, handles, leaves, numbers = seg.state, seg.handles, seg.leaves, seg.numbers
        edges, held = seg.edges, ()
        if state.over:
            return renewed(seg)
        if state.operations:
            live = live_handles(seg, handles, state)
            forward = state.plans.get(live)
            if forward is None:
                forward = state.plans[live] = Forward(state, live)
            if held := forward.live:
                needs_grad, graph = forward.requires_grad, None
                push = local.push if needs_grad and seg.tracing is None else None
                try:
                    if seg.tracing is None and push is None:
                        values = forward.plan.run(leaves, numbers)
                    elif push is None:
                        values = _linked(forward.plan, seg)(leaves, numbers)
                    else:  # a forward sweep, which goes on with what is computed now
                        values = push.with_tangents(seg, state, live, (leaves, numbers, edges))
                except BaseException:
                    _leave(seg)
                    raise
                if needs_grad:
                    graph = graph_of(seg)
                    if push is not None:
                        push.note(graph)
                    elif forward.expensive and graph is not None:
                        kept = values[len(held) :]  # at once: another thread may sweep it
                        graph.kept = forward.expensive, kept
                settle(seg, handles, held, values, graph)
        if seg.state is state:  # no call between this and the next line
            seg.last, seg.state = state, OVER[state.grad]
            break
    begin_next(seg, state, handles, held, True)


def begin_next(seg, state, handles, live, in_row=False):
    """Begins the segment after `seg`, which ended at `state` with these `live` values and its
    `handles`, and lets go of what it held. It may be one of a row of segments, unless a backward
    ended it.

    What nobody holds any more is there for the next operations, since making and freeing a handle
    takes as long as all else that a record does."""
    if seg.tracing is not None:
        handles = None
    elif seg.free and seg.spare:
        for slot, _ in live:
            handles[slot] = None
    else:
        number = state.operations
        handles[:number] = [None] * number
    if handles is not None and len(handles) > MOST:
        del handles[MOST:]
    end = state if state.slot >= 0 or not in_row else operation_before(state)
    if not in_row or not (seg.row or (end is not None and (end.full or end.cut))):
        local.seg = Segment(state.grad, (), seg.tracing, state.capacity, 0, None, handles)
    else:
        local.seg = following(seg, state, end, handles)
    seg.end()


def following(seg, state, end, handles):
    """The segment after one of a row: it ended at `state` by itself, after the operation `end`, or
    follows pieces."""
    row = followed(seg.row, end) if seg.row or end.cut else 0
    if end is None or not (end.full or end.cut):
        return Segment(state.grad, (), seg.tracing, state.capacity, handles=handles)
    before = (*seg.before[-3:], state)
    return Segment(state.grad, before, seg.tracing, state.capacity, row, seg.whole, handles)


def let_go(seg):
    """After an operation failed: the segment must not keep what entered for it, which nobody may
    ever need.

    The tensors may refer to their place in it, so it ends: by itself where nothing was recorded,
    else it runs."""
    state = seg.state
    if seg is not local.seg or seg.tracing is not None or state.slot >= 0 or state.over:
        return
    if state.operations:
        with suppress(
            Exception
        ):  # the values are asked for singly, then, and raise what they raise
            flush(seg)
    elif state.leaves:
        seg.last, seg.state = state, OVER[state.grad]
        local.seg = Segment(state.grad, seg.before)
        seg.end()


def pause(seg):
    """What is to be done at a state that asks for it; nothing, if the segment has ended since."""
    if seg.tracing is not None:
        seg.tracing.pauses(seg)
    state = operation_before(seg.state)  # values may have entered since
    if state is None or not (state.full or (state.cut and not goes_on(seg, state))):
        seg.widen()
    elif seg is local.seg:
        flush(seg)


def finish(seg, state, handles, live, values, requires_grad):
    """Settles the values that the segment has at `state`, and ends it; gives its graph."""
    graph = graph_of(seg) if requires_grad else None
    settle(seg, handles, live, values, graph)
    if seg.state is state:  # no call between this and the next line
        seg.last, seg.state = state, OVER[state.grad]
        begin_next(seg, state, handles, live)
    else:
        flush(seg)
    return graph


def run(plan, seg, leaves, numbers):
    """The values of a plan of the current segment."""
    try:
        return (plan.run if seg.tracing is None else _linked(plan, seg))(leaves, numbers)
    except BaseException:
        _leave(seg)
        raise


def _linked(plan, seg):
    """What stands for running a plan while a function is recorded."""
    seg.tracing.made([t for t in seg.handles if t is not None])
    order = [s.node for s in operations_to(seg.state)]
    return partial(seg.tracing.link, plan.roots, order=order)


def _leave(seg):
    """Its plan failed: another segment begins, and what is pending in this one is asked singly (see
    `peek`)."""
    if local.seg is seg:
        if seg.views:
            note_views(seg)
        local.seg = Segment(seg.state.grad, (), seg.tracing)
        seg.handles = []


def graph_of(seg):
    """The graph of a segment; None if that has ended meanwhile."""
    graph = seg.graph
    if graph is None:
        graph = Graph(seg)
        if graph.state.over:
            return None
        seg.graph = graph
    graph.state, graph.open = seg.state, False
    return graph


@guarded
def settle(seg, handles, live, values, graph, safe=False):
    """Gives the live handles their values, and their place in the graph. It may be done again, but
    not once the segment is over: then all have theirs, and the next one has the list."""
    if not (safe or gate.alone):
        return locked(settle, (seg, handles, live, values, graph, True))
    for (slot, state), value in zip(live, values):
        if seg.state.over:
            return
        t = handles[slot]
        if (
            t._seg is not seg or t._state is not state
        ):  # it has another place by now, or was settled before
            continue
        if graph is not None and state.requires_grad and t._edge is None:
            graph.alive.append((state, ref(t)))
            t._edge = (graph, state)
        if t._value is None:
            t._value = value  # after its edge: other threads take a value to be complete
        t._seg = None


def peek(t):
    """The value of a tensor that is pending in another thread's segment, which is left to go on."""
    with LOCK:  # it may run just now
        if t._value is not None:
            return t._value
        seg, state = t._seg, t._state
        if seg.broken is not None:
            raise seg.broken()
        if seg.tracing is not None and seg.tracing.closed:
            raise seg.tracing.leaked()
        if seg.state.over:
            raise lost()
        seg.spare = False  # its handle has a value from now on
        graph = seg.graph or Graph(seg)
        graph.state, graph.peeked, graph.open = seg.state, True, True
        if state.requires_grad:
            seg.graph = graph
        leaves, numbers = graph.leaves, graph.numbers
    plan = state.plans.get("peek")
    if plan is None:
        made = Plan([state.node], "one value", (("result", 1),), recorded=state)
        plan = state.plans.setdefault("peek", made)
    (value,) = plan.run(leaves, numbers)
    with LOCK:
        if t._value is None and t._seg is seg and t._state is state:  # nobody wrote to it meanwhile
            if state.requires_grad and t._edge is None:
                t._edge = (graph, state)
            t._value = value
    return value
