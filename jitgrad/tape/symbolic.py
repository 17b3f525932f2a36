"""Tracing a function as a whole, for `jitgrad.jit`: values that are formulas.

Within a `Trace` the tape works as ever, segments, views, writes and sweeps, but what flows through
it as the values of tensors are `Traced`: nodes over the trace's own leaves. Where a plan would
run, `link` puts nodes of the trace where the plan has leaves. So a program with
gradients, and gradients of gradients, becomes one graph, of which one plan is made; nothing is
computed, and asking for a concrete value that only a call will know is a `JitError`.

Leaves are the `inputs`: arguments, for which the function gets proxies; tensors and arrays that it
reaches in other ways, which must have a source where each call finds them again (`sources`);
constants made by the function itself; and random numbers. A Python number among the arguments is a
`SymbolicScalar`: an expression of arguments as long as nobody asks for its value, and from then on
part of what the trace is for.

Tensors from outside are changed while a function is traced as by any program, and put back in the
end (`touch`, `restore`); what changed is found by `changes`. Start at `Trace.of` and `Trace.link`.
"""

from contextlib import contextmanager
from weakref import ref

import numpy as np

from ..base import anomaly
from ..base.dtypes import NUMBER_DTYPE
from ..base.errors import JitError
from ..interpret.program import interpreter
from ..ir import LEAF, NUMBER, const, leaf, number, rebuilt, toposort, toposort_by
from ..ops.marks import STOP, differentiable_sources, stop
from ..ops.primitives import broadcast
from . import handles
from .concrete import END, refusal
from .record import materialise
from .segment import NEVER, OVER, Segment, State, active_traces, local
from .symbols import SymbolicScalar
from .views import parent_of

#: Operations of a segment when turns are looked for in it first.
FIRST_LOOK = 1024
#: Elements of the largest values of constants that a trace keeps.
SETTLED = 1024


class Unreplayable(Exception):
    """The traced function does what no plan does, for this reason; it can only be called as it
    is."""


class Traced:
    """What stands for a value: `node` computes it. `known` is the value itself, where calls have
    the same one."""

    __slots__ = ("tracing", "node", "known", "source", "_stopped")

    def __init__(self, trace, node, known=None, source=None):
        self.tracing, self.node, self.known, self.source, self._stopped = (
            trace,
            node,
            known,
            source,
            None,
        )

    def concrete_value(self):
        """The value, on which the trace depends from now on."""
        if self.known is None:
            self._settle()
        if self.source is not None:
            self.source.fixed = True
        return self.known

    def _settle(self):
        """Computes what comes of constants alone, which what follows is then made of."""
        trace = self.tracing
        self.known = trace.constant(self.node)
        if self.known is None:
            raise self._refusal()
        if np.size(self.known) and not trace.differentiable(self.node):
            self.node = trace.node(self.known, self.node)

    def _refusal(self):
        self.tracing.asked = True
        return JitError(refusal(*self.tracing.doing))

    def stopped(self):
        """The value as that of a tensor which does not require grad."""
        if self._stopped is None:
            needed = self.tracing.differentiable(self.node)
            self._stopped = (
                Traced(self.tracing, stop(self.node), self.known, self.source) if needed else self
            )
        return self._stopped

    def origin(self):
        """What computes the value, whether or not gradients go through it."""
        node = self.node
        while node.op is STOP:
            (node,) = node.src
        return node

    def copy(self):
        """Values never change."""
        return self

    def __add__(self, other):  # cotangents
        return Traced(self.tracing, self.node + self.tracing.node(other, self.node))

    __radd__ = __add__

    def __bool__(self):
        raise self._refusal()

    __float__ = __int__ = __index__ = __complex__ = __len__ = __iter__ = __bool__

    def __array__(self, dtype=None, copy=None):
        raise self._refusal()

    def __getitem__(self, index):
        raise self._refusal()


class Input:
    """Where a leaf of the trace gets its value from in a call: from `source`, from `draw()`, or
    it is `value`."""

    __slots__ = ("source", "draw", "value")

    def __init__(self, source=None, draw=None, value=None):
        self.source, self.draw, self.value = source, draw, value


class Proxy:
    """What the function gets for a tensor `real` or an array at `source`: `tensor`, at first with
    the value `first`.

    What is reached from outside, too, has none: the function gets the tensor itself.
    """

    __slots__ = ("tensor", "leaf", "real", "source", "first", "grad")

    def __init__(self, tensor, leaf, real, source, first):
        self.tensor, self.leaf, self.real, self.source, self.first, self.grad = (
            tensor,
            leaf,
            real,
            source,
            first,
            None,
        )


class Saved:
    """A tensor from outside as it was before tracing began."""

    __slots__ = ("tensor", "state", "value", "edge", "grad", "stale")

    def __init__(self, t):
        x = t._x
        self.tensor, self.state, self.value, self.edge = t, t._state.aval, t._value, t._edge
        self.grad, self.stale = (None, False) if x is None else (x.grad, x.stale)


class Trace:
    """A trace under way in this thread; `sources` finds where a tensor or an array is for later
    calls."""

    #: What traces.
    by = "jit"
    #: Whether turns are rolled while they are traced; the turns, where they are. `look` is the
    #: number of operations at which they are looked for, `expected` where they are known to begin.
    rolls = True
    turns = expected = None
    look: int
    more: int
    #: Weak references to tensors of the segment whose places others have taken.
    rebound = ()
    #: Whether somebody asked for a concrete value that there is none of.
    asked = False
    #: What goes on, and what to do where a concrete value is needed: see `concrete.refusal`.
    doing = "jit traces the function", END

    def __init__(self, sources):
        self.sources = sources
        if anomaly.looks() and local.seg.tracing is None:
            anomaly.here.origins = {}  # of what is traced from now on
        self.root = State(None)  # of its segments: their states end with the trace
        self.inputs, self.numbers, self.known_numbers = [], [], {}
        self.wrapped, self.handles, self.saved, self.proxies, self.seen = {}, {}, {}, {}, {}
        self.handed = {}  # tensors that transforms gave, with what each call makes of them
        self.grad_inputs, self.hooked, self.inside, self.closed = set(), False, False, False
        self.rows, self.unsettled = {}, {}
        self.recorded = {}  # the nodes that the program has made so far, in its order
        self.settled = {}  # node -> its value, of constants that were looked at
        self.looks_again()

    # ------------------------------------------------------------------ turns

    def looks_again(self, operations=0, is_worth_it=True):
        """Looks for turns once a segment that has some operations has as many more: twice as many
        as the last time, unless that was worth it."""
        self.turns = self.expected = None
        self.more = FIRST_LOOK if is_worth_it else 2 * self.more
        self.look = operations + self.more if self.rolls else NEVER
        if not operations:
            self.rebound = []

    def pauses(self, seg):
        """Looks for turns, unless some are rolled."""
        if self.turns is None:
            from .turn_search import look  # which imports loops, that few programs have

            look(seg)

    def rebinds(self, t, other):
        """Before `t` takes the place of `other` in a segment."""
        self.touch(t)
        if other._seg is not None:
            self.rebound.append(ref(other))
            if self.turns is not None:
                self.turns.rebinds(t, other)

    # ------------------------------------------------------------------ values

    def leaf(self, shape, dtype, requires_grad=False, known=None, **where):
        """What stands for the value of a new input."""
        node = leaf(len(self.inputs), shape, dtype)
        self.inputs.append(Input(**where))
        if requires_grad:
            self.grad_inputs.add(node)
        return Traced(self, node, known, where.get("source"))

    def of(self, t, value):
        """What stands for the value of `t`, which is `value` outside."""
        if type(value) is Traced:
            if value.tracing is not self:
                raise value.tracing.leaked()
            return value if t._state.requires_grad or not self.grad_inputs else value.stopped()
        kept = self.wrapped.get(id(t))
        if kept is not None and kept[1] is value:
            return kept[2]
        aval = t._state.aval
        if self.is_own(t):
            out = self.leaf(aval.shape, aval.dtype, known=value, value=value)
        else:
            source = self.found(t)
            source.used = True
            self.touch(t)
            out = self.leaf(aval.shape, aval.dtype, aval.requires_grad, value, source=source)
        self.wrapped[id(t)] = t, value, out
        return out

    def has(self, value):
        """Whether a value is one of the trace."""
        return type(value) is Traced and value.tracing is self

    def found(self, t):
        source = self.sources.find(t)
        if source is None:
            raise JitError(
                f"got a tensor of shape {t.shape} and dtype {t.dtype} in a function under jit "
                "that is neither an "
                "argument nor held by a variable, attribute, list or dict the function names, so "
                "that another call "
                "could not tell whether it is still the same; pass it as an argument"
            )
        return source

    def knows(self, t):
        """Whether every call has the same value of `t`; runs nothing."""
        return t._value is not None and (type(t._value) is not Traced or t._value.known is not None)

    def varies(self, t):
        """Whether calls may have other values of `t`: all but what the function itself makes of
        constants."""
        value = materialise(t)
        return value.known is None or value.source is not None

    def node(self, value, like):
        """The node of a value: one that stands for it, or a cotangent of ones."""
        if type(value) is Traced:
            return value.node
        first = value if not like.shape else value[0].item()
        if not like.shape or (value == first).all():
            return broadcast(const(first, like.dtype), like.shape)
        return self.leaf(like.shape, like.dtype, value=value).node

    def constant(self, node):
        """The value of a node that comes of what the function makes itself in each call, or None:
        nothing of it comes of an argument, of what is found outside, or of random numbers.

        Values of small nodes are kept, so that a loop that looks in each turn computes one turn."""
        settled = self.settled
        order = toposort([node], lambda n: () if n in settled else n.src)
        if not all(map(self._is_fixed, order)):
            return None
        settled |= {n: self.inputs[n.arg].value for n in order if n.op is LEAF}
        known = [n for n in order if n in settled]
        below = {n: leaf(k, n.shape, n.dtype) for k, n in enumerate(known)}
        new = [n for n in order if n not in below]
        for n in new:
            below[n] = rebuilt(n, tuple([below[s] for s in n.src]))
        kept = [n for n in new if n is node or (n.op.kind == "elementwise" and n.size <= SETTLED)]
        values = interpreter([below[n] for n in kept])([settled[n] for n in known], self.numbers)
        settled.update(zip(kept, values, strict=True))
        return settled[node]

    def _is_fixed(self, node):
        """Whether a leaf or a number is a constant that the function made; all else is."""
        if node.op is LEAF:
            made = self.inputs[node.arg].value is not None
            return made and node is leaf(node.arg, node.shape, node.dtype)
        return node.op is not NUMBER or type(self.numbers[node.arg]) is not SymbolicScalar

    def number(self, value, dtype):
        """The node of a Python number."""
        key = (dtype, value.code if type(value) is SymbolicScalar else repr(value))
        node = self.known_numbers.get(key)
        if node is None:
            node = self.known_numbers[key] = number(len(self.numbers), dtype)
            self.numbers.append(value)
        return node

    def number_tensor(self, number):
        """A number among the arguments as a 0-d tensor."""
        dtype = NUMBER_DTYPE[number.kind]
        return handles.from_value(Traced(self, self.number(number, dtype)), (), dtype, None)

    def link(self, roots, leaves, numbers, order=()):
        """What stands for the values of `roots`, which a plan would compute from `leaves` and
        `numbers`; the program has recorded nodes in the given order."""
        new = {}
        for node in toposort_by(order, roots) if order else toposort(roots):
            if node.op is LEAF:
                new[node] = self.node(leaves[node.arg], node)
            elif node.op is NUMBER:
                new[node] = self.number(numbers[node.arg], node.dtype)
            else:
                new[node] = rebuilt(node, tuple([new[s] for s in node.src]))
        self.recorded |= dict.fromkeys(new.values())
        return [Traced(self, new[root]) for root in roots]

    def differentiable(self, root):
        """Whether a derivative leads from `root` to an input that requires grad."""
        seen, stack = self.seen, [root]
        while stack:
            node = stack[-1]
            todo = [s for s in differentiable_sources(node) if s not in seen]
            if todo:
                stack.extend(todo)
            else:
                seen[node] = node in self.grad_inputs or any(
                    [seen[s] for s in differentiable_sources(node)]
                )
                stack.pop()
        return seen[root]

    def draw(self, make, shape, dtype):
        """A tensor of random numbers that ``make()`` draws in each call, as a flat array or a
        number."""
        return handles.from_value(self.leaf(shape, dtype, draw=make), shape, dtype, None)

    @contextmanager
    def admitted(self, x):
        """While a NumPy function runs for operands `x`: arrays that it makes of them are none of
        the user's."""
        self.check(x)
        self.inside = True
        try:
            yield
        finally:
            self.inside = False

    def check(self, x, fixed=False):
        """Sees that arrays in nested sequences have a source; where their values are read now, it
        is `fixed`."""
        if isinstance(x, np.ndarray):
            source = self.sources.array(x, self.inside)
            if source is not None and fixed:
                source.used = source.fixed = True
        elif isinstance(x, (list, tuple, dict)):
            for item in x.values() if isinstance(x, dict) else x:
                self.check(item, fixed)

    def array(self, a):
        """The tensor of an array that the function reaches, or None for one that it made."""
        source = self.sources.array(a, self.inside)
        if source is None:
            return None
        source.used = True
        proxy = self.proxy_of(source)
        if proxy is not None:
            return proxy.tensor
        kept = self.wrapped.get(id(a))
        if kept is None:
            value = np.array(a, order="C").reshape(-1) if a.ndim else a.item()
            kept = self.wrapped[id(a)] = (
                a,
                value,
                self.leaf(a.shape, a.dtype, known=value, source=source),
            )
        return handles.from_value(kept[2], a.shape, a.dtype, None)

    def written_back(self, t):
        """A row picked by an index tensor, if `t` is one, was written where it came from."""
        self.unsettled.pop(id(t), None)

    def check_rows(self):
        """Refuses writes to rows that would be views without `jit`."""
        if self.unsettled:
            raise JitError(
                "got a write to x[i], with an index tensor i, under a name of its own in a "
                "function under jit, which "
                "would not be seen in x; write x[i] = value, or x[i] += value"
            )

    def check_graph(self, leaves, fixed=False):
        """Refuses to sweep through a graph that was made before tracing began, unless it is `fixed`
        to what a trace depends on."""
        if not fixed and any([type(v) is not Traced and v is not None for v in leaves]):
            raise JitError(
                "got a backward inside a function under jit that leads on into what was computed "
                "outside of it; "
                "pass x.detach().requires_grad_(), or differentiate outside"
            )

    # ------------------------------------------------------------------ tensors

    def make_proxy(self, real, source, shape, dtype):
        """The tensor that stands for the tensor or array `real` among the arguments."""
        requires_grad = isinstance(real, handles.Handle) and real.requires_grad
        source.used = True
        first = self.leaf(shape, dtype, requires_grad, source=source)
        own = t = handles.from_value(first, shape, dtype, None)
        if requires_grad:
            own.requires_grad_()
            t = own if real.is_leaf else own.clone()
        proxy = Proxy(t, own, real, source, materialise(t))
        self.proxies[id(t)] = self.proxies[id(own)] = proxy
        return t

    def proxy_of(self, source):
        """The proxy for what is at a source, or None."""
        return next((s for s in self.proxies.values() if s.source is source), None)

    def source_of(self, t):
        """The source of an argument, by what the function got for it, or of a tensor outside; None
        if it has none."""
        proxy = self.proxies.get(id(t))
        return self.sources.find(t) if proxy is None else proxy.source

    def reaches(self, t):
        """Whether the function may use `t`: what it is a view of may be known to others only."""
        return id(t) in self.proxies or self.is_own(t) or self.sources.find(t) is not None

    def asks_leaf(self, t):
        """Notes that the trace depends on whether `t` is a leaf."""
        source = self.source_of(t)
        if source is not None:
            source.rooted = True

    def detaches(self, t):
        """Before `t` is cut off in place: a view is cut off from what it shares memory with,
        too."""
        source = self.source_of(t)
        if source is not None and source.kind == "tensor" and parent_of(source.object) is not None:
            raise Unreplayable("it detaches, in place, a view that it did not make")

    def writes(self, t):
        """Notes that `t`, and what it is a view of, is written to, perhaps with what it holds
        already."""
        guarded = local.seg.state.grad
        while t is not None:
            source = self.source_of(t)
            if source is not None:
                source.written = True
                source.guarded = source.guarded or guarded
            guarded = guarded and parent_of(t) is not None and not t._x.step.cuts
            t = parent_of(t)

    def wants(self, tensors):
        """Notes that gradients of these are asked for."""
        for source in map(self.source_of, tensors):
            if source is not None:
                source.wanted = True

    def made(self, handles):
        """Notes tensors that the trace made."""
        for t in handles:
            if id(t) not in self.saved:
                self.handles[id(t)] = ref(t)

    def is_own(self, t):
        weak = self.handles.get(id(t))
        return (weak is not None and weak() is t) or (
            t._seg is not None and t._seg.tracing is self and self.is_new(t)
        )

    def is_new(self, t):
        """Whether `t`, which is in a segment of the trace, is a record of it that is
        pending."""
        return t._value is None and id(t) not in self.saved

    def touch(self, t):
        """Notes what a tensor from outside is, before it changes."""
        if id(t) in self.rows:
            self.unsettled[id(t)] = t
        if id(t) in self.saved:
            return
        if self.is_own(t):
            self.made((t,))  # it may leave its segment now
        else:
            self.saved[id(t)] = Saved(t)

    def touch_grad(self, t):
        """Before the gradient of `t` is read or set."""
        proxy = self.proxies.get(id(t))
        if proxy is not None and proxy.leaf is t:
            source = proxy.source
            source.rooted = True
            if not source.uses_grad:
                inner = self.sources.grad(source)
                if inner is not None:
                    other = self.proxy_of(inner)
                    proxy.grad = handles.extra(t).grad = (
                        inner.object if other is None else other.tensor
                    )
        elif proxy is not None:
            raise Unreplayable(
                "it asks for the gradient of an argument that is a result of operations"
            )
        elif not self.is_own(t):
            source = self.found(t)
            source.rooted = True
            self.touch(t)
            if not source.uses_grad:
                self.sources.grad(source)

    def hook(self, t):
        if id(t) in self.proxies or not self.is_own(t):
            raise JitError(
                "got a hook on a tensor from outside in a function under jit, where it would be "
                "installed once for all "
                "calls; install it outside"
            )
        self.hooked = True

    # ------------------------------------------------------------------ the end

    def leaked(self):
        """The error that a use of its values raises when it is `closed`."""
        return JitError(
            f"got a tensor that a function under {self.by} let out (by a list, an attribute or a "
            "global) while it was traced, and that has no value; give it back as a result"
        )

    def close(self, mode):
        """Ends the trace, which leaves nothing behind; may be done again, after an
        interrupt."""
        self.closed = True  # what is pending in its segments has no value from now on
        self.restore()
        if local.seg.tracing is self:
            local.seg = Segment(mode)
        self.expire()
        if self in active_traces:
            active_traces.remove(self)

    def restore(self):
        """Puts tensors from outside back; those of the trace that are still held have no value
        from now on."""
        for s in self.saved.values():
            t = s.tensor
            if t._value is not s.value or t._state.aval is not s.state or t._edge is not s.edge:
                t._seg, t._state, t._value, t._edge = None, s.state, s.value, s.edge
            elif t._seg is not None and t._seg.tracing is self:
                t._seg, t._state = None, s.state
            if t._x is not None:
                t._x.grad, t._x.stale = s.grad, s.stale

    def forget(self):
        """Lets go of all tensors: they must not live on until cycles are collected."""
        for source in self.sources.all():
            source.object = source.parent = source.data = None
        for held in (self.wrapped, self.handles, self.saved, self.proxies):
            held.clear()

    def expire(self):
        """Tensors of the trace that somebody still holds have no value from now on."""
        gone = Segment()
        gone.state, gone.broken = OVER[True], self.leaked
        gone.end()
        for weak in self.handles.values():
            t = weak()
            if t is not None:
                parent = parent_of(t)
                if parent is not None and parent._x is not None and parent._x.children:
                    parent._x.children[:] = [
                        c for c in parent._x.children if c() is not t
                    ]  # it follows no more
                t._seg, t._state, t._value, t._edge, t._x = gone, t._state.aval, None, None, None
