"""``create_graph=True``: the backward of a graph as operations on the tape, so that a gradient has
a gradient.

Every cotangent that leaves the graph becomes *one* operation: its node is the whole derivative
formula, with the graph's inputs and the cotangents given as operands. What is a gradient root in
the middle of the graph (a leaf that was written to) becomes one again, so formulas end there. Start
at `RecordedBackward`.
"""

import functools
from weakref import WeakValueDictionary

from ..autodiff import pull_back
from ..interpret.program import interpreter
from ..ir import LEAF, NUMBER, leaf, number, rebuilt, toposort
from ..ops.marks import differentiable_sources
from ..runtime.events import planning
from . import handles
from .keys import Opcode
from .reachability import Unshared, visited, with_zeros
from .record import record, rooted
from .segment import local
from .symbols import kind_of
from .views import detaching


class RecordedBackward:
    """The operations for one set of results that cotangents come in at, of roots and cuts they go
    to, and of results alive.

    Results that tensors hold are operands as they are: a second derivative may be asked for at
    them."""

    @planning
    def __init__(self, state, given, cuts, wanted, alive):
        self.visited = visited(state, given, cuts, wanted)
        unshared = Unshared(state, {*cuts, *alive})
        self.held = [(s, {unshared.node(s), unshared.inner[s]}) for s in alive]
        sources = [unshared.roots[i] for i in wanted] + [unshared.node(c) for c in cuts]
        self.cots = [leaf(("cot", k), s.shape, s.dtype) for k, s in enumerate(given)]
        self.roots = {node: i for i, node in enumerate(unshared.roots)}
        stops = {*self.roots, *(node for _, nodes in self.held for node in nodes)}
        inputs = {}
        for s, g in zip(given, self.cots):  # equal operations are one node
            node = unshared.node(s)
            inputs[node] = inputs[node] + g if node in inputs else g
        grads = pull_back(inputs, sources, {*self.roots, *(unshared.node(c) for c in cuts)})
        grads = with_zeros(grads, state, given, cuts, wanted)
        grads = [(k, g) for k, g in enumerate(grads) if g is not None]
        inner = [n for n in toposort([g for _, g in grads]) if n in self.roots and n.op is not LEAF]
        self.inner = [(n, Formula(n.src[0], stops)) for n in inner]
        self.sinks = [(k, Formula(g, stops)) for k, g in grads]

    def run(self, graph, cots, alive):
        """(number of the sink, Tensor) pairs."""
        made = dict(zip(self.cots, cots))
        for state, nodes in self.held:
            for node in nodes:
                made.setdefault(node, alive[state])
        for node, formula in self.inner:
            if node not in made:
                made[node] = rooted(
                    formula.record(made, self.roots, graph), graph.edges[self.roots[node]]
                )
        return [(k, formula.record(made, self.roots, graph)) for k, formula in self.sinks]


def alive(graph):
    """The results of a graph that tensors hold: states, and the tensors by state."""
    states, held = [], {}
    for state, weak in graph.alive:
        t = weak()
        if (
            t is not None
            and t._edge == (graph, state)
            and t._value is not None
            and state not in held
        ):
            states.append(state)
            held[state] = t
    return tuple(states), held


#: Opcodes of formulas by what they compute of operands and numbers in their order: equal formulas
#: are equal operations, so that a program whose gradients stay pending until it differentiates
#: again comes back to states that it had before.
_opcodes: WeakValueDictionary = WeakValueDictionary()


class Formula:
    """A node as one operation on what it is computed from."""

    def __init__(self, node, stops):
        self.node, self.operands, self.numbers = node, [], []
        order = []
        for n in _above(node, stops):
            part = (
                self.operands
                if n.op is LEAF or n in stops
                else self.numbers
                if n.op is NUMBER
                else order
            )
            part.append(n)
        self.order = order
        reached = set(toposort([node], lambda n: () if n in stops else differentiable_sources(n)))
        self.cuts = [n not in reached for n in self.operands]
        places = [leaf(k, n.shape, n.dtype) for k, n in enumerate(self.operands)]
        places += [number(k, n.dtype) for k, n in enumerate(self.numbers)]
        key = self._build(*places), len(places)
        self.opcode = _opcodes.get(key) or _opcodes.setdefault(
            key, Opcode(node.op.name, len(places), self._build, len(order))
        )

    def _build(self, *new):
        new = dict(zip((*self.operands, *self.numbers), new))
        for n in self.order:
            src = tuple([new[s] for s in n.src])
            new[n] = rebuilt(n, src)
        return new[self.node]

    def record(self, made, roots, graph):
        """The tensor; operands that are not in `made` are put there."""
        for n in self.operands:
            if n not in made:
                made[n] = _input(n, roots, graph)
        if self.node in made:
            return made[self.node]
        numbers = [graph.numbers[n.arg] for n in self.numbers]
        if not self.operands:
            trace = local.seg.tracing
            run = (
                interpreter([self.node])
                if trace is None
                else functools.partial(trace.link, [self.node])
            )
            (value,) = run((), graph.numbers)
            return handles.from_value(value, self.node.shape, self.node.dtype, None)
        return self.recorded([made[n] for n in self.operands], numbers)

    def recorded(self, operands, numbers):
        """The operation on tensors; through those that no derivative leads to no gradient goes, not
        even of zeros."""
        if True in self.cuts:
            operands = [
                detaching()(t) if cut and t.requires_grad else t
                for t, cut in zip(operands, self.cuts)
            ]
        kinds = [kind_of(n) for n in numbers]
        return record(lambda *states: (self.opcode, *states, *kinds), operands, numbers)


def _above(node, stops):
    """What `node` is computed from, sources first, up to leaves, numbers and `stops`."""
    return toposort([node], lambda n: () if n in stops else n.src)


def _input(node, roots, graph):
    """The tensor of a leaf of the graph: the very one it came from, where that has not changed
    since."""
    value, edge = graph.leaves[node.arg], graph.edges[roots[node]] if node in roots else None
    origin = edge.ref() if edge is not None and type(edge) is not tuple else None
    if origin is not None and origin._value is value and origin._edge is edge:
        return origin
    return handles.from_value(value, node.shape, node.dtype, edge)
