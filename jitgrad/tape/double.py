"""``create_graph=True``: the backward of a graph as operations on the tape, so that a gradient has
a gradient.

All cotangents that leave the graph become *one* record (`Formulas`): their nodes are the whole
formulas of the derivatives, with the graph's inputs and the cotangents given as operands. What is a
gradient root in the middle of the graph (a leaf that was written to) becomes one again, so formulas
end there. Start at `RecordedBackward`.
"""

import functools
from weakref import WeakValueDictionary

from ..autodiff import pull_back, push_forward
from ..base.dtypes import NUMBER_DTYPE
from ..base.errors import GradientError
from ..interpret.program import interpreter
from ..ir import LEAF, NUMBER, leaf, number, rebuilt, toposort
from ..ops.marks import bundle, differentiable_sources, revalue, stop
from ..runtime.events import planning
from . import handles
from .choices import chooses, compared_choices
from .keys import Opcode
from .reachability import Unshared, batched, in_rows, visited, with_zeros
from .record import record, record_in, rooted
from .segment import local, operations_to

#: The type of a number of a formula, by its dtype.
KIND = {dtype: kind for kind, dtype in NUMBER_DTYPE.items()}


class RecordedBackward:
    """The operations for one set of results that cotangents come in at, of roots and cuts they go
    to, and of results alive.

    Results that tensors hold are operands as they are: a second derivative may be asked for at
    them. Of the `expensive` ones that the graph has kept, only derivatives are computed again."""

    given: list
    sinks: list
    inner: list
    formulas: object
    held: list
    roots: dict
    kept: dict

    @planning
    def __init__(self, state, given, cuts, wanted, alive, expensive=(), size=None):
        self.visited = visited(state, given, cuts, wanted)
        unshared, stops = self._begin(state, cuts, alive, expensive)
        sources = [unshared.roots[i] for i in wanted] + [unshared.node(c) for c in cuts]
        self.cots = [leaf(("cot", k), s.shape, s.dtype) for k, s in enumerate(given)]
        inputs = {}
        for s, g in zip(given, self.cots):  # equal operations are one node
            node = unshared.node(s)
            inputs[node] = inputs[node] + g if node in inputs else g
        grads = pull_back(inputs, sources, {*self.roots, *(unshared.node(c) for c in cuts)})
        grads = with_zeros(grads, state, given, cuts, wanted)
        self._note(grads, stops, size)

    def _begin(self, state, cuts, alive, expensive):
        """The nodes of the path to `state`, and those that formulas end at."""
        unshared = Unshared(state, {*cuts, *alive})
        self.held = [(s, {unshared.node(s), unshared.inner[s]}) for s in alive]
        self.roots = {node: i for i, node in enumerate(unshared.roots)}
        self.kept = _kept(state, unshared, expensive)
        return unshared, {*self.roots, *(node for _, nodes in self.held for node in nodes)}

    def _note(self, found, stops, size):
        """Sorts derivatives by what they are: values there are already, or formulas; and finds the
        roots in the middle that these are computed from."""
        grads = self._in_rows(found, size)
        self.given = [(k, g) for k, g in grads if g.op is LEAF or g in stops]
        computed = [(k, g) for k, g in grads if g.op is not LEAF and g not in stops]
        nodes = _with_values([g for _, g in computed], stops, self.kept)
        self.sinks = [k for k, _ in computed]
        self.formulas = Formulas(nodes, stops) if nodes else None
        inner = [n for n in toposort([g for _, g in grads]) if n in self.roots and n.op is not LEAF]
        sources = [_with_values((n.src[0],), stops, self.kept) for n in inner]
        self.inner = [(n, Formulas(s, stops)) for n, s in zip(inner, sources, strict=True)]

    def _in_rows(self, found, size):
        """The derivatives that are not zero, each with its number."""
        places = [k for k, g in enumerate(found) if g is not None]
        found = batched([found[k] for k in places], self.cots, size)
        self.cots = [in_rows(n, size) for n in self.cots]
        return list(zip(places, found, strict=True))

    def run(self, graph, cots, alive):
        """(number of the sink, Tensor) pairs."""
        made = dict(zip(self.cots, cots))
        for state, nodes in self.held:
            for node in nodes:
                made.setdefault(node, alive[state])
        for node in self.kept.values():
            value = graph.kept[1][node.arg[1]]
            made[node] = handles.from_value(value, node.shape, node.dtype, None)
        for node, formula in self.inner:
            if node not in made:
                _check_root(graph)
                (value,) = formula.record(made, self.roots, graph)
                made[node] = rooted(value, graph.edges[self.roots[node]])
        out = [(k, _input(node, made, self.roots, graph)) for k, node in self.given]
        if self.formulas is not None:
            out += zip(self.sinks, self.formulas.record(made, self.roots, graph))
        return out


class RecordedTangents(RecordedBackward):
    """The operations for the tangents of the results `wanted`, from those of the roots with the
    numbers `given` and of the `cuts`."""

    @planning
    def __init__(self, state, given, cuts, wanted, alive, expensive=(), size=None):
        self.visited = visited(state, wanted, cuts, given)
        unshared, stops = self._begin(state, cuts, alive, expensive)
        sources = [*map(unshared.roots.__getitem__, given), *map(unshared.node, cuts)]
        self.cots = [leaf(("tangent", k), n.shape, n.dtype) for k, n in enumerate(sources)]
        tangents = dict(zip(sources, self.cots, strict=True))
        self._note(push_forward([unshared.node(s) for s in wanted], tangents), stops, size)


def _kept(state, unshared, expensive):
    """The nodes of records whose values a graph has kept, and leaves for these values."""
    places, out = {node: k for k, node in enumerate(expensive)}, {}
    for s in operations_to(state) if expensive else ():
        if s.node in places:
            out.setdefault(unshared.node(s), leaf(("kept", places[s.node]), s.shape, s.dtype))
    return out


def _with_values(nodes, stops, kept):
    """`nodes` with the values of those in `kept` read, whose derivatives stay what they are."""
    if not kept:
        return nodes
    new, compared = {}, compared_choices(nodes, stops) if any(map(chooses, kept)) else ()
    for n in _above(nodes, stops):
        ends = n in stops or n.op is LEAF
        new[n] = n if ends else rebuilt(n, tuple([new[s] for s in n.src]))
        if n in kept and not ends and n not in compared:
            new[n] = revalue(kept[n], new[n])
    return [new[n] for n in nodes]


def _check_root(graph):
    """Refuses to record in a trace what leads on, from the middle of a graph, to what was computed
    before the trace."""
    trace = local.seg.tracing
    if trace is not None and not all([trace.has(value) for value in graph.leaves]):
        raise GradientError(
            "got a second derivative, while a function is traced, through a tensor that was "
            "written to, or made to require grad, in a function differentiated before; "
            "differentiate that within the traced function"
        )


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


class Formulas:
    """Nodes as results of one record on what they are computed from together; records are called
    by `name`, or by the operations of their nodes.

    What they have in common is computed once, as the nodes share it. Of several nodes that is a
    bundle, whose results are a record each, of the bundle alone.

    `led_to` has for each node the leaves that a derivative of it leads to, where the nodes tell of
    too many, as loops do: to no others goes a gradient, not even of zeros. Of the leaves `flat` the
    nodes tell nothing any more, as they were written over: their gradients are zeros where
    `led_to` has them."""

    def __init__(self, nodes, stops, led_to=None, name=None, flat=()):
        self.name = name
        self.nodes, self.operands, self.numbers, self.order = tuple(nodes), [], [], []
        for n in _above(self.nodes, stops):
            part = (
                self.operands
                if n.op is LEAF or n in stops
                else self.numbers
                if n.op is NUMBER
                else self.order
            )
            part.append(n)
        self.kinds = tuple([KIND[n.dtype] for n in self.numbers])
        self.operands += sorted({*flat}.difference(self.operands), key=lambda n: n.arg)
        places = [leaf(k, n.shape, n.dtype) for k, n in enumerate(self.operands)]
        places += [number(k, n.dtype) for k, n in enumerate(self.numbers)]
        reached = [self._places(self._reached(node)) for node in self.nodes]
        self.depends = reached if led_to is None else [*map(self._places, led_to)]
        self.cuts = [set(r).difference(d) for r, d in zip(reached, self.depends, strict=True)]
        key = self._built(*places), len(places), name, tuple(self.depends)
        self.opcode = _opcodes.get(key) or _opcodes.setdefault(key, self._whole(len(places)))

    def _whole(self, places):
        """The opcode of the record, which has those of its results."""
        size, opcodes = len(self.order), []
        if len(self.nodes) == 1:
            build = lambda *new: self._built(*new)[0]
            return self._opcode(0, places, build, size)
        for k in range(len(self.nodes)):
            opcode = self._opcode(k, 1, lambda held, k=k: held.src[k], 0)
            opcode.bundled = opcode.unfinished = True
            opcodes.append(opcode)
        opcode.size, opcode.unfinished = size, False  # of the last one
        whole = Opcode("bundle", places, lambda *new: bundle(self._built(*new)), 0)
        whole.unfinished, whole.results = True, tuple(opcodes)
        return whole

    def _opcode(self, k, places, build, size):
        out = Opcode(self.name or self.nodes[k].op.name, places, build, size)
        out.depends = self.depends[k]
        return out

    def _reached(self, node):
        ends = set(self.operands)
        return set(toposort([node], lambda n: () if n in ends else differentiable_sources(n)))

    def _places(self, found):
        return tuple([k for k, n in enumerate(self.operands) if n in found])

    def _built(self, *new):
        """The nodes with others for the operands and numbers."""
        out = self._substituted(new)
        for k, cut in enumerate(self.cuts):
            if cut:
                stopped = [stop(n) if i in cut else n for i, n in enumerate(new)]
                out[k] = self._substituted(stopped)[k]
        return tuple(out)

    def _substituted(self, new):
        new = dict(zip((*self.operands, *self.numbers), new))
        for n in self.order:
            src = tuple([new[s] for s in n.src])
            new[n] = rebuilt(n, src)
        return [new[n] for n in self.nodes]

    def record(self, made, roots, graph):
        """The tensors; operands that are not in `made` are put there."""
        for n in self.operands:
            made[n] = _input(n, made, roots, graph)
        if not self.operands:
            trace, nodes = local.seg.tracing, self.nodes
            run = interpreter(nodes) if trace is None else functools.partial(trace.link, nodes)
            values = run((), graph.numbers)
            return [
                handles.from_value(v, n.shape, n.dtype, None)
                for v, n in zip(values, nodes, strict=True)
            ]
        numbers = [graph.numbers[n.arg] for n in self.numbers]
        return self.recorded([made[n] for n in self.operands], numbers)

    def recorded(self, operands, numbers):
        """The tensors, of tensors and numbers."""
        out = None
        while out is None:
            whole = record(lambda *states: (self.opcode, *states, *self.kinds), operands, numbers)
            if not self.opcode.results:
                return (whole,)
            seg, state = whole._seg, whole._state
            del whole  # nobody holds the bundle, so that it is not computed
            out = None if seg is None else self._parts(seg, state)
        return out

    def _parts(self, seg, state):
        """The results of the bundle `state`; None if its segment ended meanwhile."""
        out = []
        for opcode in self.opcode.results:
            t = record_in(seg, (opcode, state))
            while t is None:  # it is new in the trie
                if local.seg is not seg:
                    return None
                t = record_in(seg, (opcode, state))
            out.append(t)
        return out


def _above(nodes, stops):
    """What `nodes` are computed from, sources first, up to leaves, numbers and `stops`."""
    return toposort(nodes, lambda n: () if n in stops else n.src)


def _input(node, made, roots, graph):
    """The tensor of a leaf of the graph: the very one it came from, where that has not changed
    since."""
    if node in made:
        return made[node]
    value, edge = graph.leaves[node.arg], graph.edges[roots[node]] if node in roots else None
    origin = edge.ref() if edge is not None and type(edge) is not tuple else None
    if origin is not None and origin._value is value and origin._edge is edge:
        return origin
    trace = local.seg.tracing
    before = trace is not None and edge is not None and not trace.has(value)
    make = handles.of_graph if before else handles.from_value
    return make(value, node.shape, node.dtype, edge)
