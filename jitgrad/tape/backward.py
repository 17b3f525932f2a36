"""The backward sweep: over segments in reverse order of execution, without recursion.

A segment that is still pending is run *together* with its backward: one joint plan of values and
gradients. One that ran is swept by a plan of its state, the cotangents given and the roots asked
for. Cotangents that leave a segment go along its `edges`: to a leaf's ``.grad`` (`AccumulateGrad`)
or into an earlier segment.

``create_graph=True`` records the backward on the tape instead (see `replay`): so a gradient has a
gradient. Start at `Sweep`.
"""

from functools import cache, partial
from heapq import heappop, heappush
from weakref import ref

from ..autodiff import pull_back
from ..base.errors import GradientError
from ..ir import const, leaf, substitute
from ..runtime.events import planning
from ..runtime.plan import Plan
from . import handles
from .choices import places
from .double import RecordedBackward, alive
from .execute import finish, flush, live_handles, run
from .pieces import note_program
from .reachability import Unshared, batched, saves, visited, with_zeros
from .record import materialise
from .segment import AbstractValue, local, operations_to, unrolled


class AccumulateGrad:
    """Where a leaf's cotangents go: its ``.grad``."""

    __slots__ = ("ref",)

    def __init__(self, tensor):
        self.ref = ref(tensor)


def leaf_of(value, shape, dtype):
    """A new tensor of a float value that requires grad, and that nothing computed."""
    t = handles.from_value(value, shape, dtype, None)
    t._state, t._edge = AbstractValue(shape, dtype, True), AccumulateGrad(t)
    return t


class Backward:
    """The backward plan of a state: for the places cotangents come in, and the roots (and cuts)
    wanted. Cotangents have a leading axis of length `size`, if there is one."""

    __slots__ = ("plan", "visited", "sinks", "live", "requires_grad")

    @planning
    def __init__(
        self, state, given, cuts, wanted, expensive=(), live=None, implicit=False, size=None
    ):
        unshared = Unshared(state, cuts) if cuts else None
        roots, markers = (unshared.roots, unshared.markers) if cuts else (state.roots, ())
        nodes = [*map(unshared.node, given)] if cuts else [s.node for s in given]
        cots, leaves = cotangents(nodes, state.leaves + len(expensive), implicit)
        sources = [*map(roots.__getitem__, wanted), *(map(unshared.node, cuts) if cuts else ())]
        grads = pull_back(cots, sources, {*roots, *markers})
        self.sinks = range(len(grads))
        if None in grads:
            grads = with_zeros(grads, state, given, cuts, wanted)
            self.sinks = [k for k, g in enumerate(grads) if g is not None]
            grads = [grads[k] for k in self.sinks]
        if markers:
            grads = substitute(grads, markers)
        if expensive:
            grads = substitute(grads, places(expensive, state.leaves, grads))
        grads = batched(grads, leaves, size)
        path = operations_to(state)
        if live is not None:
            note_program(local.seg, path)
        self.live, self.requires_grad, values = [], False, []
        for s in path if live else ():
            if live[s.slot]:
                self.live.append((s.slot, s))
                self.requires_grad = self.requires_grad or s.requires_grad
                values.append(s.node)
        self.visited = visited(state, given, cuts, wanted)
        parts = ("result", len(values)), ("gradient", len(grads))
        title = "backward" if live is None else "forward+backward"
        self.plan = Plan(values + grads, title, parts, records=len(path), recorded=state)


def cotangents(nodes, start, implicit=False):
    """The cotangents of `nodes`, which may be equal, by node, and the leaves from number `start` on
    that they are; or ones."""
    cots, leaves = {}, []
    for k, node in enumerate(nodes):
        g = const(1.0, node.dtype) if implicit else leaf(start + k, node.shape, node.dtype)
        leaves += [] if implicit else [g]
        cots[node] = cots[node] + g if node in cots else g
    return cots, leaves


class Sweep:
    """One call of backward() or grad().

    `reaches` is None to accumulate into leaves, or tells which edges lead to the tensors whose
    cotangents are asked for. With a `size`, cotangents have a leading axis of that length. The
    graphs of what is `fixed` stay the same, so that a trace may take their values as they are."""

    def __init__(self, retain, create, reaches=None, size=None, fixed=False):
        self.retain, self.create, self.reaches, self.size = retain, create, reaches, size
        self.fixed = fixed
        self.todo, self.heap = {}, []
        self.leaves = {}  # AccumulateGrad -> cotangent

    # A cotangent is a raw value (flat array or Python number), or a Tensor with create_graph.

    def give(self, edge, cot):
        """Adds `cot` to what `edge` gets, which leads somewhere."""
        if type(edge) is AccumulateGrad:
            cots, place = self.leaves, edge
        else:
            graph, place = edge
            cots = self.todo.get(graph)
            if cots is None:
                self.todo[graph] = {place: cot}
                heappush(self.heap, (-graph.serial, graph))
                return
        cots[place] = cots[place] + cot if place in cots else cot

    def run(self):
        heap, todo, retain = self.heap, self.todo, self.retain
        while heap:
            graph = heappop(heap)[1]
            cots = todo.pop(graph)
            if graph.cuts or graph.peeked:
                visited = self._with_cuts(graph, cots)
            else:
                visited = self._step(graph, cots, ())
            if not retain:
                self._free(graph, visited)

    def _with_cuts(self, graph, cots):
        """Hooks, wanted intermediates, and results that entered their own segment again (another
        thread had materialised them): their cotangent is complete once all later ones were swept.
        """
        cuts = {
            *(graph.cuts or ()),
            *(e[1] for e in graph.edges if type(e) is tuple and e[0] is graph),
        }
        cuts = sorted(
            (s for s in cuts if self.reaches is None or self.reaches((graph, s))),
            key=lambda s: s.slot,
        )
        visited = self._step(graph, {s: g for s, g in cots.items() if s not in cuts}, cuts, cots)
        while cuts:
            cut = cuts.pop()
            if cut in cots:
                g = cots.pop(cut)
                for call in tuple((graph.cuts or {}).get(cut, ())):  # a hook may remove hooks
                    new = call(self, cut, g)
                    g = g if new is None else new
                visited |= self._step(graph, {cut: g}, cuts, cots)
        return visited

    def _step(self, graph, cots, cuts, into=None):
        """Sweeps from `cots` to roots and cuts; the operations it went through."""
        if not cots:
            return frozenset()
        given = tuple(cots) if len(cots) == 1 else tuple(sorted(cots, key=_slot))
        # Another thread may end the graph's segment now, or free it: values first, then what tells
        # if they are there.
        leaves, kept, edges, state = graph.leaves, graph.kept, graph.edges, graph.state
        wanted = self._wanted(edges[: len(state.roots)])
        cuts = tuple([c for c in cuts if c.slot < given[-1].slot]) if cuts else ()
        trace = local.seg.tracing
        if trace is not None and (wanted or cuts):
            trace.check_graph(leaves, self.fixed)
        values = [cots[s] for s in given] if len(given) > 1 else cots.values()
        if self.create:
            values = list(values)
            states, held = alive(graph)
            back = _plan(RecordedBackward, state, given, cuts, wanted, states, kept[0], self.size)
            if graph.freed is not None:
                self._check(graph, back)
            grads = back.run(graph, values, held)
        else:
            expensive, saved = kept
            key = given, cuts, wanted, expensive, None, False, self.size
            back = state.plans.get((Backward, *key)) or _plan(Backward, state, *key)
            if graph.freed is not None:
                self._check(graph, back)
            run = back.plan.run if trace is None else partial(trace.link, back.plan.roots)
            grads = zip(back.sinks, run([*leaves[: state.leaves], *saved, *values], graph.numbers))
        many = len(wanted)
        for k, g in grads:
            edge = edges[wanted[k]] if k < many else (graph, cuts[k - many])
            if type(edge) is tuple and edge[0] is graph:
                into[edge[1]] = into[edge[1]] + g if edge[1] in into else g
            else:
                self.give(edge, g)
        return back.visited

    def _wanted(self, edges):
        """The numbers of the roots whose cotangents go on to where some are asked for."""
        if self.reaches is None:
            if None not in edges:
                return _numbers(len(edges))
            return tuple([i for i, e in enumerate(edges) if e is not None])
        known, reaches = self.reaches.known, self.reaches
        return tuple(
            [i for i, e in enumerate(edges) if e is not None and (known.get(e) or reaches(e))]
        )

    def _check(self, graph, back):
        freed = graph.freed or ()
        if any(s in freed and saves(s) for s in back.visited):
            raise GradientError(
                "got a backward through a graph whose values were freed by an earlier backward; "
                "pass retain_graph=True to the first call if you want to go through it again"
            )

    def _free(self, graph, visited):
        graph.freed = freed = visited if graph.freed is None else graph.freed | visited
        if len(freed) == graph.state.grad_operations and not graph.open:
            expensive, saved = graph.kept
            graph.leaves = (None,) * len(graph.leaves)
            if saved:
                graph.kept = expensive, (None,) * len(saved)


@cache
def _numbers(n):
    """0 to n - 1."""
    return tuple(range(n))


def _slot(state):
    return state.slot


def _plan(kind, state, *key):
    """The backward of a state, made once."""
    out = state.plans.get((kind, *key))
    if out is None:
        out = state.plans[(kind, *key)] = kind(state, *key)
    return out


def pending(sweep, tensor, cot, implicit):
    """Runs the current segment and its backward from `tensor` as one joint plan; whether it did."""
    seg = local.seg
    handles, leaves, numbers, edges = seg.handles, seg.leaves, seg.numbers, seg.edges
    end, state = seg.state, tensor._state
    if end.over or tensor._seg is not seg:
        return False
    live = live_handles(seg, handles, end)
    if sweep.reaches is None:
        wanted = tuple(range(len(end.roots)))
    else:
        wanted = tuple([i for i, edge in enumerate(edges[: len(end.roots)]) if sweep.reaches(edge)])
    key = (live, state, implicit, wanted, sweep.size)
    back = end.plans.get(key)
    given = leaves if implicit else [*leaves[: end.leaves], cot]
    if seg.tracing is not None:
        from .traced_loops import traced_backward  # which imports the loops, that few programs have

        back = traced_backward(end, key, numbers)
        given = [*leaves[: end.leaves], cot, *back.lists]
    elif back is None:
        back = end.plans[key] = Backward(end, (state,), (), wanted, (), live, implicit, sweep.size)
    values = run(back.plan, seg, given, numbers)
    graph = finish(seg, end, handles, back.live, values, back.requires_grad)
    for k, g in zip(back.sinks, values[len(back.live) :]):
        sweep.give(edges[wanted[k]], g)
    if graph is not None and not sweep.retain:
        sweep._free(graph, back.visited)
    return True


def start(sweep, tensor, cot, implicit):
    """Begins `sweep` at `tensor`: jointly with its forward where that is pending."""
    if not sweep.create and not implicit:
        cot = materialise(cot)  # it may be pending, too: then both run now
    seg = local.seg
    unrolled(seg)
    if tensor._seg is seg and type(tensor._edge) is not AccumulateGrad and tensor._state.slot >= 0:
        joint = not sweep.create and seg.graph is None and tensor._value is None
        if joint and pending(sweep, tensor, cot, implicit):
            return
        flush(seg)
    if tensor._edge is None:  # pending in another thread
        materialise(tensor)
    edge = tensor._edge
    if implicit and not sweep.create:
        cot = handles.ones_value(tensor)
    elif implicit:
        cot = handles.from_value(handles.ones_value(tensor), tensor.shape, tensor.dtype, None)
    if sweep.reaches is None or sweep.reaches(edge):
        sweep.give(edge, cot)
