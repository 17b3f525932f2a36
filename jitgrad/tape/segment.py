"""Recording: a segment per thread, and the automaton (a trie of `State`) that it walks.

A record is one step ``state = state.next[key]``, where the key is the operation, the states of its operands and its
static arguments. States are unique to a path, so *recording computes the plan's key*: a program seen before costs one
look-up per operation; shape inference, promotion and error checks ran when the state was made. Values are not in the
trie: arrays enter as leaves (keyed by dtype, shape and whether they require grad), Python numbers as numbers.

Start at `State`, `Segment` and `grow`; the fast paths are closures made in `jitgrad.functions`.
"""

import os
import threading
import time
from operator import attrgetter

from .._config import config
from .._dtypes import NUMBER_DTYPE
from .._errors import GradientError
from .._locks import lock
from ..ir import LEAF, Node, leaf, number
from ..ops.marks import STOP, stop, variable
from ..ops.movement import write_through
from .loops import ends

#: Held where a tensor's place changes and other threads may see it: see the table in `tensors`.
LOCK = lock()


class Gate:
    """Who is `alone` need not take `LOCK` (0.2 us); the second thread to record waits while the first is `busy`."""

    __slots__ = ("alone", "busy", "threads")

    def __init__(self):
        self.alone, self.busy, self.threads = True, False, 0

    def enter(self):
        """A thread begins to record."""
        with LOCK:
            self.threads += 1
        if self.threads > 1:
            self.alone = False
            while self.busy:
                time.sleep(1e-5)

    def reset(self):
        """In a forked child, of whose threads one is left."""
        self.busy = False


gate = Gate()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=gate.reset)


def guarded(function, *args):
    """``function(*args)`` while no other thread changes the place of a tensor."""
    try:
        gate.busy = True
        if gate.alone:
            return function(*args)
    finally:
        gate.busy = False
    with LOCK:
        return function(*args)


class Sig:
    """What a value looks like from outside: interned by (shape, dtype, requires grad); keys its entry as a leaf."""

    __slots__ = ("shape", "dtype", "rg", "sig", "node", "entry", "integer")
    _interned: dict = {}
    #: As that of a leaf's state: no record made it.
    slot = -1

    def __new__(cls, shape, dtype, rg):
        key = (shape, dtype, rg)
        out = cls._interned.get(key)
        if out is None:
            out = object.__new__(cls)
            out.shape, out.dtype, out.rg, out.node, out.entry = shape, dtype, rg, None, None
            out.sig, out.integer = out, dtype.kind in "iub"
            if len(cls._interned) > 100_000:
                cls._interned.clear()
            out = cls._interned.setdefault(key, out)
        return out


class State:
    """A place in the trie: all that was recorded so far in a segment, and the value made last.

    ================ ===================================================================================
    of the value     `node`, `shape`, `dtype`, `rg` (requires grad), `integer`, `sig` (as a leaf elsewhere)
    of the record    `key`, `entry` (its head), `operands` (states), `slot` (its number; leaves: -1), `saves`
    of the path      `parent`; counts: `records`, `rg_records`, `leaves`, `numbers`; `size` (nodes, roughly);
                     `roots` (gradient roots, in order); `grad` (the mode); `full` (the segment ends here)
    what comes next  `next` (states by key), `plans` (by live handles, or by what a sweep asks for)
    of loops         `like`, `unit`, `trips`: see `loops`
    ================ ===================================================================================
    """

    __slots__ = (
        "next", "parent", "node", "shape", "dtype", "rg", "sig", "slot", "records", "leaves", "numbers", "roots",
        "grad", "plans", "operands", "rg_records", "size", "key", "entry", "full", "integer", "saves", "like", "unit",
        "trips",
    )  # fmt: skip

    def __init__(self, parent, node=None, rg=False):
        self.next, self.parent, self.node, self.rg = {}, parent, node, rg
        self.plans, self.operands, self.slot = {}, (), -1
        self.entry = self.saves = self.like = self.trips = None
        self.unit = 0
        if parent is None:
            self.records = self.leaves = self.numbers = self.rg_records = self.size = 0
            self.roots, self.grad, self.full = (), True, False
            self.sig = self.shape = self.dtype = None
            return
        self.records, self.leaves, self.numbers = parent.records, parent.leaves, parent.numbers
        self.rg_records, self.size = parent.rg_records, parent.size
        self.roots, self.grad, self.full = parent.roots, parent.grad, False
        if node is not None:
            self.shape, self.dtype, self.integer = node.shape, node.dtype, node.dtype.kind in "iub"
            self.sig = Sig(node.shape, node.dtype, rg)


#: States of a generation (some 2 KiB each, with their plans): a bound on memory, for programs that never repeat. When
#: one is full, the trie grows anew; of the generation before, what is used meanwhile lives on (`revive`), and the rest
#: is dropped with the next.
GENERATION = 20_000
ROOT = State(None)
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
    _before[ROOT], ROOT.next = ROOT.next, {}


def revive(state, key):
    """What comes after `state` by `key` if the generation before knew it; what follows is revived when asked for."""
    global _count
    known = _before.get(state)
    out = known.pop(key, None) if known else None
    if out is None:
        return None
    _count += 1
    _before[out], out.next = out.next, {}
    return state.next.setdefault(key, out)


config.on_change("segment", drop)


class Segment:
    """What is being recorded: the state reached, a handle per record, and the values that entered.

    `entered` has the state and value of tensors that entered while another thread's segment held them; `before` the
    last states of segments that ended by themselves, if nobody looked since. A segment that has ended has no `leaves`.
    `tracing` is the recording of a function that the segment is part of (see `trace`); `broken` makes the error that a
    use of its values raises.
    """

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
        "broken",
        "tracing",
    )

    def __init__(self, grad=True, before=(), tracing=None):
        self.handles, self.numbers, self.leaves, self.edges = [], [], [], []
        self.before, self.trail = before, None
        self.graph, self.entered, self.views, self.broken, self.tracing = None, None, False, None, tracing
        self.state = ROOT if grad else switch(ROOT, False)

    def end(self):
        """It ran. Tensors refer to it until they enter another one, but must not keep all its values alive by that."""
        self.handles.clear()
        self.leaves = self.numbers = self.edges = self.graph = self.entered = None


#: Recordings under way, in any thread: while there are none, nobody needs to ask whether it is part of one (30 ns).
recordings: list = []


class _Local(threading.local):
    def __init__(self):
        gate.enter()
        self.seg = Segment()


local = _Local()


class Head:
    """The head of a record's key that is no entry of the catalogue: ``(head, operands..., static...)``.

    `size` is the number of nodes a record makes, roughly: long formulas end a segment sooner.
    """

    def __init__(self, name, operands, build, size=1):
        self.name, self.operands, self.build, self.size = name, operands, build, size


class Write:
    """Key of a write to a view: (Write, base, new, and of the view's step: its head, kinds of numbers, statics)."""


class Raw:
    """Key of an IR node recorded as it is: (Raw, op, arg, shape, dtype, *operands)."""


def switch(state, grad):
    """The state after gradients were switched on or off."""
    if state.grad == grad:
        return state
    if state.node is None and state.parent is not None:  # nothing was recorded since the last switch
        return state.parent
    out = state.next.get(grad) or revive(state, grad)
    if out is None:
        out = State(state)
        out.grad, out.slot = grad, -1
        out = state.next.setdefault(grad, out)
    return out


def add_state(parent, key, out):
    global _count
    out.key = key
    _count += 1
    if _count > GENERATION:
        renew()
    return parent.next.setdefault(key, out)  # another thread may have made it: a path has one state


def enter_state(seg, sig):
    """The state after a value like `sig` entered."""
    out = seg.state.next.get(sig) or revive(seg.state, sig)
    if out is None:
        node = Node(LEAF, (), seg.state.leaves, sig.shape, sig.dtype)
        out = State(seg.state, node, sig.rg)
        out.leaves += 1
        if sig.rg:
            out.roots += (node,)
        out = add_state(seg.state, sig, out)
    return out


_rg = attrgetter("rg")


def grow(seg, key):
    """The state after the record `key`, which is new here: shapes, dtypes and errors are settled now."""
    out = revive(seg.state, key) if _before else None
    if out is not None:
        return out
    node, operands, numbers = _built(key, seg.state.numbers, {})
    rg = node.dtype.kind == "f" and node.op is not STOP and True in map(_rg, operands)
    if rg and not seg.state.grad:
        node, rg = stop(node), False
    if config.verify:
        from ..ir.verify import verify

        verify(node)
    return record_state(seg, key, node, rg, operands, numbers)


def _built(key, numbers, nodes):
    """The node of a record, the states it reads, and the numbers used so far; `nodes` replaces those of states."""
    head = key[0]
    if head is Write:
        operands = (*key[1:3], *key[4])
    elif head is Raw:
        operands = key[5:]
    else:
        operands = key[1] if head.operands is None else key[1 : head.operands + 1]
    src, states = [], []
    for s in operands:
        if type(s) is State:
            states.append(s)
            s = nodes.get(s, s.node) if nodes else s.node
        elif s in NUMBER_DTYPE:
            s = number(numbers, NUMBER_DTYPE[s])
            numbers += 1
        src.append(s)
    if head is Write:
        (base, new, *starts), (step, _, statics) = src, key[3:]
        node = write_through(base, lambda base: step.build(base, *starts, *statics), new)
    elif head is Raw:
        node = Node(key[1], tuple(src), *key[2:5])
    elif head.operands is None:
        node = head.build(src, *key[2:])
    else:
        node = head.build(*src, *key[head.operands + 1 :])
    return node, tuple(states), numbers


def renode(state, nodes):
    """The node of a record, built again with the nodes of some states replaced."""
    key = state.key
    if key[0] is variable:
        return variable(nodes.get(key[1], key[1].node), state.node.arg)
    node, _, _ = _built(key, state.parent.numbers, nodes)
    return stop(node) if state.node.op is STOP and node.op is not STOP else node


def records(state):
    """The states of the records on the path to `state`, in order."""
    out = []
    while state is not None:
        if state.slot >= 0:
            out.append(state)
        state = state.parent
    return out[::-1]


def record_state(seg, key, node, rg, operands, numbers, root=False):
    out = State(seg.state, node, rg)
    out.slot, out.operands, out.entry, out.key = out.records, operands, key[0], key
    out.records += 1
    out.rg_records += rg
    out.numbers = numbers
    out.size = seg.state.size + getattr(key[0], "size", 1)
    out.full = ends(seg, out)
    if root:
        out.roots += (node,)
    return add_state(seg.state, key, out)


def variable_state(seg, state):
    """The state after `state`'s value became a gradient root."""
    key = (variable, state)
    out = seg.state.next.get(key) or revive(seg.state, key)
    if out is None:
        node = variable(state.node, len(seg.state.roots))
        out = record_state(seg, key, node, True, (), seg.state.numbers, root=True)
    return out


def saves(state):
    """Whether the derivative of this record needs any of its values: if not, it can be gone through again."""
    if state.saves is None:
        state.saves = _saves(state)
    return state.saves


def _saves(state):
    from ..autodiff import pull_back
    from ..ir import toposort

    g = leaf(1 << 40, state.shape, state.dtype)
    sources = [s.node for s in state.operands if s.rg]
    try:
        grads = pull_back({state.node: g}, sources, stop=[n for n in sources if n is not state.node])
    except GradientError:
        return True
    inner = {s.node for s in state.operands} | {state.node}
    return any(n in inner or (n.op is LEAF and n is not g) for n in toposort([x for x in grads if x is not None]))
