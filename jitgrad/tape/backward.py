"""The backward sweep: over segments in reverse order of execution, without recursion.

A segment that is still pending is run *together* with its backward: one joint plan of values and gradients. One that
ran is swept by a plan of its state, the cotangents given and the roots asked for. Cotangents that leave a
segment go along its `edges`: to a leaf's ``.grad`` (`Accumulate`) or into an earlier segment.

``create_graph=True`` records the backward on the tape instead, as operations on tensors (`replay`): so a gradient has a
gradient. Start at `Sweep`.
"""

import heapq
from weakref import ref

from .._dtypes import NUMBER_DTYPE
from .._errors import GradientError
from ..autodiff import pull_back
from ..ir import CONST, LEAF, NUMBER, Node, const, leaf, toposort
from ..ops.marks import VARIABLE
from ..runtime.execute import Plan
from . import tensors
from .execute import flush, graph_of, records, settle
from .segment import Raw, Segment, State, local, saves


class Accumulate:
    """Where a leaf's cotangents go: its ``.grad``."""

    __slots__ = ("ref",)

    def __init__(self, tensor):
        self.ref = ref(tensor)


class Backward:
    """The backward plan of a state: for the places cotangents come in, and the roots (and cuts) wanted."""

    __slots__ = ("plan", "visited", "sinks", "live", "rg")

    def __init__(self, state, given, cuts, wanted, dear=(), live=None, implicit=False):
        sources = [state.roots[i] for i in wanted] + [c.node for c in cuts]
        cots, start = {}, state.leaves + len(dear)
        for k, s in enumerate(given):
            g = const(1.0, s.dtype) if implicit else leaf(start + k, s.shape, s.dtype)
            cots[s.node] = cots[s.node] + g if s.node in cots else g
        blocked = {s.node for s in given} & {c.node for c in cuts}
        stop = set(state.roots) | {c.node for c in cuts} - blocked
        grads = pull_back(cots, sources, stop)
        grads = [None if src in blocked else g for src, g in zip(sources, grads)]
        self.sinks = [k for k, g in enumerate(grads) if g is not None]
        grads = [grads[k] for k in self.sinks]
        if dear:
            grads = substitute(
                grads, {node: leaf(state.leaves + k, node.shape, node.dtype) for k, node in enumerate(dear)}
            )
        path = records(state)
        self.live = [(s.slot, s) for s in path if live[s.slot]] if live else []
        self.rg = any(s.rg for _, s in self.live)
        self.visited = _visited(given, {c for c in cuts if c not in given})
        self.plan = Plan([*(s.node for _, s in self.live), *grads], f"backward of {len(path)} records")


def substitute(roots, mapping):
    """`roots` with nodes replaced."""
    new = {}
    for node in toposort(roots):
        if node in mapping:
            new[node] = mapping[node]
        else:
            src = tuple(new[s] for s in node.src)
            new[node] = node if src == node.src else Node(node.op, src, node.arg, node.shape, node.dtype)
    return [new[r] for r in roots]


def _visited(given, cuts):
    """The records a sweep from `given` goes through."""
    seen, stack = set(), list(given)
    while stack:
        s = stack.pop()
        if s.slot >= 0 and s not in seen and s not in cuts:
            seen.add(s)
            stack.extend(o for o in _states(s.operands) if o.rg)
    return frozenset(seen)


def _states(operands):
    for o in operands:
        if type(o) is State:
            yield o
        elif type(o) is tuple:
            yield from (s for s in o if type(s) is State)


class Sweep:
    """One call of backward() or grad().

    `wanted` is None to accumulate into leaves, or the tensors whose cotangents are asked for.
    """

    def __init__(self, retain, create, wanted=None):
        self.retain, self.create, self.wanted = retain, create, wanted
        self.todo, self.heap = {}, []
        self.leaves = {}  # Accumulate -> cotangent
        self.found = {}  # id of a wanted edge -> cotangent

    # A cotangent is a raw value (flat array or Python number), or a Tensor with create_graph.

    def give(self, edge, cot):
        """Adds `cot` to what `edge` gets."""
        if type(edge) is Accumulate:
            self.leaves[edge] = self.leaves[edge] + cot if edge in self.leaves else cot
            return
        graph, state = edge
        if graph not in self.todo:
            self.todo[graph] = {}
            heapq.heappush(self.heap, (-graph.serial, graph))
        cots = self.todo[graph]
        cots[state] = cots[state] + cot if state in cots else cot

    def run(self):
        while self.heap:
            graph = heapq.heappop(self.heap)[1]
            cots = self.todo.pop(graph)
            if graph.cuts:
                self._with_cuts(graph, cots)
            else:
                self._step(graph, cots, ())

    def _with_cuts(self, graph, cots):
        """Hooks and wanted intermediates: their cotangent is complete once all later ones were swept."""
        cuts = sorted((s for s in graph.cuts), key=lambda s: s.slot)
        self._step(graph, {s: g for s, g in cots.items() if s not in graph.cuts}, cuts, cots)
        while cuts:
            cut = cuts.pop()
            if cut in cots:
                g = cots.pop(cut)
                for call in graph.cuts[cut]:
                    new = call(self, cut, g)
                    g = g if new is None else new
                self._step(graph, {cut: g}, cuts, cots)

    def _step(self, graph, cots, cuts, into=None):
        if not cots:
            return
        given = tuple(sorted(cots, key=lambda s: s.slot))
        wanted = tuple(i for i, e in enumerate(graph.edges[: len(graph.state.roots)]) if e is not None)
        cuts = tuple(c for c in cuts if c.slot < given[-1].slot)
        key = (given, cuts, wanted, bool(graph.dear))
        back = graph.state.plans.get(key)
        if back is None:
            back = graph.state.plans[key] = Backward(graph.state, given, cuts, wanted, graph.dear)
        self._check(graph, back)
        values = [cots[s] for s in given]
        if self.create:
            grads = replay(graph, given, cuts, wanted, values)
        else:
            grads = zip(
                back.sinks, back.plan.run([*graph.leaves[: graph.state.leaves], *graph.saved, *values], graph.numbers)
            )
        self.route(graph, wanted, cuts, grads, into)
        if not self.retain:
            self._free(graph, back.visited)

    def route(self, graph, wanted, cuts, grads, into):
        for k, g in grads:
            if k < len(wanted):
                self.give(graph.edges[wanted[k]], g)
            else:
                state = cuts[k - len(wanted)]
                into[state] = into[state] + g if state in into else g

    def _check(self, graph, back):
        if graph.freed is not None and any(s in graph.freed and saves(s) for s in back.visited):
            raise GradientError(
                "got a backward through a graph whose values were freed by an earlier backward; "
                "pass retain_graph=True to the first call if you want to go through it again"
            )

    def _free(self, graph, visited):
        graph.freed = visited if graph.freed is None else graph.freed | visited
        if len(graph.freed) == graph.state.rg_records:
            graph.leaves, graph.saved = (None,) * len(graph.leaves), (None,) * len(graph.saved)


def pending(sweep, tensor, cot, implicit):
    """Runs the current segment and its backward from `tensor` as one joint plan."""
    seg = local.seg
    handles, end, state = seg.handles, seg.state, tensor._state
    live = tuple([c > 2 for c in map(tensors.getrefcount, handles)])
    key = (live, state, implicit)
    back = end.plans.get(key)
    if back is None:
        wanted = tuple(range(len(end.roots)))
        back = end.plans[key] = Backward(end, (state,), (), wanted, (), live, implicit)
    values = back.plan.run(seg.leaves if implicit else [*seg.leaves, cot], seg.numbers)
    graph = graph_of(seg) if back.rg else seg.graph
    settle(handles, back.live, values, graph)
    handles.clear()
    n, edges = len(back.live), seg.edges
    local.seg = Segment(end.grad)
    for k, g in zip(back.sinks, values[n:]):
        sweep.give(edges[k], g)
    if graph is not None and not sweep.retain:
        sweep._free(graph, back.visited)


def replay(graph, given, cuts, wanted, cots):
    """The backward of a graph as records on the tape: (number of the sink, Tensor) pairs."""
    state = graph.state
    sources = [state.roots[i] for i in wanted] + [c.node for c in cuts]
    inputs = {s.node: leaf(("cot", k), s.shape, s.dtype) for k, s in enumerate(given)}
    stop = set(state.roots) | {c.node for c in cuts}
    grads = pull_back(inputs, sources, stop)
    pairs = [(k, g) for k, g in enumerate(grads) if g is not None and sources[k] not in inputs]
    made = {leaf(("cot", k), s.shape, s.dtype): cots[k] for k, s in enumerate(given)}
    root_index = {n: i for i, n in enumerate(state.roots)}
    for node in toposort([g for _, g in pairs]):
        if node not in made:
            made[node] = _replayed(node, made, graph, root_index)
    return [(k, tensors.as_tensor(made[g], g)) for k, g in pairs]


def _replayed(node, made, graph, root_index):
    """One node on the tape: a Tensor, or the node itself where it depends on nothing."""
    edge = graph.edges[root_index[node]] if node in root_index else None
    if node.op is LEAF:
        return tensors.from_value(graph.leaves[node.arg], node.shape, node.dtype, edge)
    if node.op is NUMBER:
        value = graph.numbers[node.arg]
        return tensors.from_value(value, (), NUMBER_DTYPE[type(value)], None)
    src = [made[s] for s in node.src]
    if node.op is CONST or all(type(s) is Node for s in src):
        return node
    out = tensors.record_raw(Raw, node, src)
    return tensors.rooted(out, edge) if node.op is VARIABLE and edge is not None else out


def start(sweep, tensor, cot, implicit):
    """Begins `sweep` at `tensor`: jointly with its forward where that is pending."""
    seg = local.seg
    if tensor._seg is seg and type(tensor._edge) is not Accumulate and tensor._state.slot >= 0 and tensor._data is None:
        if not sweep.create and not seg.hooked and sweep.wanted is None:
            pending(sweep, tensor, None if implicit else tensors.look(cot), implicit)
            return
        flush(seg)
    edge = tensor._edge
    if not sweep.create:
        cot = tensors.ones_value(tensor) if implicit else tensors.look(cot)
    elif implicit:
        cot = tensors.from_value(tensors.ones_value(tensor), tensor.shape, tensor.dtype, None)
    sweep.give(edge, cot)
