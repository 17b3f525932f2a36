"""Traces: a segment per thread, and the automaton (a trie of `State`) that it walks.

To record an operation is one step ``state = state.next[key]``, where the key is the operation, the
states of its operands and its static arguments. States are unique to a path, so *recording computes
the plan's key*: a program seen before costs one look-up per operation; shape inference, promotion
and error checks ran when the state was made. Values are not in the trie: arrays enter as leaves
(keyed by dtype, shape and whether they require grad), Python numbers as numbers.

*Interrupts and re-entry.* An exception may come at any line (Ctrl-C, no memory), and so may other
code of the same thread that records or materialises (finalisers, signal handlers). So an operation
counts by one store, that of ``seg.state``: what is put into the segment's lists before it goes to
places that the state `before` names, where it is nothing until then and is overwritten by whatever
operation comes next. Who records asks for the state first, and stores the next one only if it is
still the same, without a call in between; if not, it is recorded again. A segment ends by such a
store, too (`OVER`).

Start at `State` and `Segment`; what the keys are is in `keys`, how an operation is recorded in
`record`.
"""

import threading

from ..base import anomaly
from ..base.config import config
from ..ir import LEAF, Node
from .boundaries import ends
from .gate import gate

new = object.__new__
#: (shape, dtype, whether it requires grad) -> the `AbstractValue` of that.
known_values: dict = {}


class AbstractValue:
    """Shape, dtype and whether a value requires grad: all that a trace knows of it. Interned, and
    the key by which a value enters a segment as a leaf."""

    __slots__ = ("shape", "dtype", "requires_grad", "aval", "node", "opcode", "integer")
    #: As that of a leaf's state: no operation made it.
    slot = -1

    def __new__(cls, shape, dtype, requires_grad):
        key = (shape, dtype, requires_grad)
        out = known_values.get(key)
        if out is None:
            out = object.__new__(cls)
            out.shape, out.dtype, out.requires_grad, out.node, out.opcode = (
                shape,
                dtype,
                requires_grad,
                None,
                None,
            )
            out.aval, out.integer = out, dtype.kind in "iub"
            if len(known_values) > 100_000:
                known_values.clear()
            out = known_values.setdefault(key, out)
        return out


class State:
    """A node of the trie: the trace recorded so far in a segment, and the value made last.

    ================ ==============================================================================
    of the value     `node`, `shape`, `dtype`, `requires_grad`, `integer`, `aval` (as a leaf
                     elsewhere)
    of the operation `key`, `opcode`, `operands` (states), `slot` (its number; leaves: -1), `saves`,
                     `number_slice` (its numbers among the segment's); `first`, `second` (what comes
                     after the opcode in the key), `statics` (its end, as whoever records has it),
                     `given` (the parameter that led to that, as it was given last), `form` (of a
                     view: see `views`)
    of the path      `parent`; counts: `operations`, `grad_operations`, `leaves`, `numbers`; `size`
                     (nodes, roughly); `capacity` (of the lists: see `capacity_for`); `roots`
                     (gradient roots, in order); `grad` (the mode); `full` (the segment ends here);
                     `pause` (it does, or its lists must grow); `over` (it ended before: `OVER`)
    what comes next  `next` (states by key), `then` (the one of these that came last, or `NOTHING`),
                     `plans` (by live handles, or by what a sweep asks for)
    of loops         `like`: see `boundaries`; `place`, `head`: see `places`; `cut`: it ends
                     here as a piece (see `pieces`)
    ================ ==============================================================================
    """

    __slots__ = (
        "next",
        "parent",
        "node",
        "shape",
        "dtype",
        "requires_grad",
        "aval",
        "slot",
        "operations",
        "leaves",
        "numbers",
        "roots",
        "grad",
        "plans",
        "operands",
        "grad_operations",
        "size",
        "key",
        "opcode",
        "full",
        "integer",
        "saves",
        "like",
        "place",
        "head",
        "cut",
        "pause",
        "over",
        "number_slice",
        "capacity",
        "then",
        "first",
        "second",
        "statics",
        "given",
        "form",
    )

    def __init__(self, parent, node=None, requires_grad=False):
        self.next, self.parent, self.node, self.requires_grad = {}, parent, node, requires_grad
        self.plans, self.operands, self.slot = {}, (), -1
        self.opcode = self.saves = self.form = self.like = self.number_slice = self.place = (
            self.head
        ) = None
        self.first = self.second = self.statics = self.key = None
        self.pause = self.cut = self.over = False
        self.then, self.given = NOTHING, UNKNOWN
        if parent is None:
            self.operations = self.leaves = self.numbers = self.grad_operations = self.size = 0
            self.capacity = ROOM
            self.roots, self.grad, self.full = (), True, False
            self.aval = self.shape = self.dtype = None
            return
        self.operations, self.leaves, self.numbers = (
            parent.operations,
            parent.leaves,
            parent.numbers,
        )
        self.grad_operations, self.size, self.capacity = (
            parent.grad_operations,
            parent.size,
            parent.capacity,
        )
        self.roots, self.grad, self.full = parent.roots, parent.grad, False
        if node is not None:
            self.shape, self.dtype, self.integer = node.shape, node.dtype, node.dtype.kind in "iub"
            self.aval = AbstractValue(node.shape, node.dtype, requires_grad)


#: How many operations and numbers a segment has room for at first, and by how much these grow, each
#: time in 0.7 us: to more than the 128 operations that it has in most loops in one step. `flush`
#: gives the next segment as many as the last one needed, so that segments of a loop do not grow,
#: and short ones, as between looks at values, are made quickly.
ROOM, GROWTH = 32, 5
#: States of a generation (some 2 KiB each, with their plans): a bound on memory, for programs that
#: never repeat. When one is full, the trie grows anew; of the generation before, what is used
#: meanwhile lives on (`revive`), and the rest is dropped with the next.
GENERATION = 20_000
#: As a parameter that nobody gives.
UNKNOWN = object()
#: What comes next where nothing did yet: no operation.
NOTHING = None
NOTHING = State(None)
ROOT = State(None)
#: Where the traces of turns begin, which are traced in each call of `scan` and the like. Those of
#: whole functions, which may be long and are traced once, have a root of their own each.
TURN_ROOT = State(None)
#: The states of segments that ended, by the mode that they ended in: nothing comes after them.
OVER = State(None), State(None)
OVER[False].grad = False
for _state in OVER:
    _state.over, _state.next = True, {not _state.grad: OVER[not _state.grad]}
#: A number of operations that no segment has.
NEVER = 1 << 62
_count = 0
_before: dict = {}


def drop(*_):
    """Drops the whole trie."""
    renew()
    _before.clear()


def renew():
    """Begins a generation."""
    global _count
    _count = 0
    _before.clear()
    for root in (ROOT, TURN_ROOT):
        _before[root], root.next, root.then = root.next, {}, NOTHING


def revive(state, key):
    """What comes after `state` by `key` if the generation before knew it; what follows is revived
    when asked for."""
    global _count
    known = _before.get(state)
    out = known.pop(key, None) if known else None
    if out is None:
        return None
    _count += 1
    _before[out], out.next, out.then = out.next, {}, NOTHING
    return state.next.setdefault(key, out)


config.on_change("segment", drop)
config.on_change("checkpoint_mb", drop)


def capacity_for(state):
    """Length of the lists for the operations and numbers that `state` counts: more than these, so
    that the next one has one."""
    out = state.capacity
    while out <= state.operations or out <= state.numbers:
        out *= GROWTH
    return out


class Segment:
    """What is being recorded: the state reached, a handle per operation, and the values that
    entered.

    Of each list the state says how much counts (see the module). `handles` and `numbers` have
    places ahead: in a segment that goes on, `capacity_for` those that the state counts. At places
    ahead `handles` may have handles that nobody else knows, for the next operations. Those of
    dropped results become such unless they were given more than a record gives (`spare`), or
    somebody may still find them (not `free`): see `execute.begin_next`. `entered`
    has the state and value of tensors that entered while another thread's segment held them;
    `before` the last states of segments that ended by themselves, if nothing was materialised
    since; of these, `row` is the hash of the pieces of loops, and `whole` says why they go on where
    they would end as such (see `pieces`). `views` is whether views were recorded, and `noted` how
    many operations are known to be none that `handles.note_views` has to note. `tracing` is the
    recording of a function that the segment is part of (see `symbolic`); `broken` makes the error
    that a use of its values raises; `last` is the state that the segment ended with."""

    __slots__ = (
        "state",
        "handles",
        "numbers",
        "leaves",
        "edges",
        "entered",
        "before",
        "trail",
        "graph",
        "views",
        "noted",
        "broken",
        "tracing",
        "last",
        "row",
        "whole",
        "spare",
        "free",
    )

    def __init__(
        self, grad=True, before=(), tracing=None, capacity=ROOM, row=0, whole=None, handles=None
    ):
        self.handles = [None] * capacity if handles is None else handles
        self.numbers, self.leaves, self.edges = [None] * capacity, [], []
        self.trail = self.graph = self.entered = self.broken = None
        self.before, self.tracing, self.row, self.whole = before, tracing, row, whole
        self.noted, self.views, self.spare, self.free = 0, False, True, False
        if tracing is None:
            root = ROOT
        else:
            root = tracing.root
            tracing.looks_again()
        if anomaly.threads and anomaly.looks():
            root = State(None)  # a path of its own, whose states know the lines
        self.state = root if grad else switch(root, False)

    def widen(self):
        """Makes room for more operations and numbers. Other code may end the segment meanwhile:
        then lists grow that nobody has any more."""
        state, handles, numbers = self.state, self.handles, self.numbers
        if not state.over:
            handles.extend([None] * (state.capacity - len(handles)))
            numbers.extend([None] * (state.capacity - len(numbers)))

    def end(self):
        """Its state is `OVER`. Tensors refer to it until they enter another, but must not keep its
        values by that."""
        self.handles = ()
        self.leaves = self.numbers = self.edges = self.graph = self.entered = None
        if self.tracing is None:
            self.before, self.last, self.trail, self.whole = (), None, None, None


def next_after(seg, state, handles):
    """The segment after `seg`, which ended at `state` when a value was asked for, and is let go of:
    as `Segment` and `Segment.end`, in half the time."""
    out = new(Segment)
    out.state = ROOT if state.grad else switch(ROOT, False)
    out.handles, out.numbers, out.leaves, out.edges = handles, [None] * state.capacity, [], []
    out.trail = out.graph = out.entered = out.broken = out.tracing = out.whole = out.last = None
    out.before, out.row, out.noted = (), 0, 0
    out.views = out.free = False
    out.spare = True
    seg.handles = seg.before = ()
    seg.leaves = seg.numbers = seg.edges = seg.graph = seg.entered = None
    seg.last = seg.trail = seg.whole = None
    return out


def renewed(seg):
    """Begins the segment after `seg`, which ended, if an interrupt kept that from being done."""
    if local.seg is seg:
        local.seg = Segment(seg.state.grad, (), seg.tracing)


class ActiveTraces(list):
    """A list that stands for itself where a function that looks at it is pickled by value."""

    def __reduce__(self):
        return "active_traces"


#: Recordings under way, in any thread: while there are none, nobody needs to ask whether it is
#: part of one (30 ns).
active_traces: list = ActiveTraces()


class _Local(threading.local):
    def __init__(self):
        gate.enter(self.__dict__)
        self.seg = Segment()
        self.push = None  # the `tangents.ForwardSweep` that goes along with the segments that end


local = _Local()


def unrolled(seg):
    """Records the turns as a loop that a segment rolls while it is traced; whether there were
    any. All that reads more of its state than the key of the next operation begins with this."""
    turns = None if seg.tracing is None else seg.tracing.turns
    if turns is None or turns.seg is not seg:
        return False
    turns.close()
    return True


def begins_turn(seg):
    """`unrolled`, before an operation: where it may be the first one of the next turn, the segment
    goes back to where turns begin."""
    turns = None if seg.tracing is None else seg.tracing.turns
    if turns is None or turns.seg is not seg:
        return False
    if not turns.go_on():
        turns.close()
    return True


def switch(state, grad):
    """The state after gradients were switched on or off."""
    if state.grad == grad:
        return state
    if (
        state.node is None and state.parent is not None
    ):  # nothing was recorded since the last switch
        return state.parent
    out = state.next.get(grad) or revive(state, grad)
    if out is None:
        out = State(state)
        out.grad, out.slot = grad, -1
        out = state.next.setdefault(grad, out)
    return out


def set_mode(grad):
    """Switches gradients on or off in this thread."""
    while True:
        seg = local.seg
        before = seg.state
        if before.grad == grad:
            return
        if seg.tracing is not None and unrolled(seg):
            continue
        after = switch(before, grad)
        if seg.state is before:
            seg.state = after
            return


def in_mode(grad, function, *args):
    """``function(*args)`` with gradients on or off."""
    before = local.seg.state.grad
    try:
        try:
            set_mode(grad)
            return function(*args)
        finally:
            set_mode(before)
    finally:  # an interrupt may have cut the first
        set_mode(before)


def add_state(parent, key, out):
    global _count
    out.key = key
    _count += 1
    if _count > GENERATION:
        renew()
    return parent.next.setdefault(key, out)  # another thread may have made it: a path has one state


def enter_state(before, aval):
    """The state after a value like `aval` entered."""
    out = before.next.get(aval) or revive(before, aval)
    if out is None:
        node = Node(LEAF, (), before.leaves, aval.shape, aval.dtype)
        out = State(before, node, aval.requires_grad)
        out.leaves += 1
        if aval.requires_grad:
            out.roots += (node,)
        out = add_state(before, aval, out)
    return out


def operations_to(state):
    """The states of the operations on the path to `state`, in order."""
    out = []
    while state is not None:
        if state.slot >= 0:
            out.append(state)
        state = state.parent
    return out[::-1]


def operation_before(state):
    """The state of the last operation up to `state`, or None."""
    while state is not None and state.slot < 0:
        state = state.parent
    return state


def record_state(
    seg, before, key, node, requires_grad, operands, numbers, root=False, place=None, head=None
):
    out = State(before, node, requires_grad)
    out.place, out.head = place, head
    out.slot, out.operands, out.opcode, out.key = out.operations, operands, key[0], key
    out.first, out.second = (*key[1:], None, None)[:2]
    out.operations += 1
    out.grad_operations += requires_grad
    out.numbers = numbers
    out.size = before.size + key[0].size
    at_once = anomaly.threads > 0 and seg.tracing is None and anomaly.looks()
    out.full = not key[0].unfinished and (at_once or ends(seg, out))
    out.capacity = capacity_for(out)
    out.pause = out.full or out.capacity > before.capacity
    if seg.tracing is not None and out.operations >= seg.tracing.look:
        out.pause = True
    out.number_slice = slice(before.numbers, numbers) if numbers > before.numbers else None
    if root:
        out.roots += (node,)
    return add_state(before, key, out)
