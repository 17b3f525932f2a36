"""What a sweep asks of traces: which operations are reachable from which, and which leaves.

Nodes are interned (common subexpressions are eliminated), so two equal operations are one node, and
a sum inside a mean is the sum that was recorded before it: just what a plan should compute. But a
hook, a wanted intermediate and a result that is differentiated again belong to *one* operation. For
them this is undone: the nodes of the path are built again, each such value behind an identity
marker of its own (`Unshared`). Start at `Reachability` and `visited`.
"""

from typing import Any
from weakref import WeakKeyDictionary

from ..autodiff import batch, pull_back
from ..base.errors import GradientError
from ..ir import LEAF, Node, leaf, rebuilt, toposort
from ..ops.marks import APART, STOP, sources_of_any_order
from ..ops.primitives import broadcast, zeros
from .keys import VARIABLE, renode
from .segment import operations_to


class Unshared:
    """The nodes of a path with the values of the states `marked` behind identity markers.

    `roots` are its gradient roots; ``node(state)`` is the node of an operation, its marker if it
    has one; `markers` maps the markers to the path's own nodes, `inner` those of the states to the
    nodes behind them."""

    def __init__(self, end, marked):
        self.roots, self.nodes, self.markers, self.inner = end.roots, {}, {}, {}
        if not marked:
            return
        marked = frozenset(marked)
        roots = dict(zip(end.roots, end.roots, strict=True))
        for state in operations_to(end):
            node = renode(state, self.nodes)
            if state.opcode is VARIABLE:
                roots[state.node] = node
            if state in marked:
                self.inner[state] = node
                node = Node(APART, (node,), state.slot, node.shape, node.dtype)
                self.markers[node] = state.node
            self.nodes[state] = node
        self.roots = tuple(roots.values())

    def node(self, state):
        return self.nodes.get(state, state.node)


def visited(end, given, cuts, wanted):
    """The operations from which cuts and wanted roots are reachable, among those that `given` were
    computed from."""
    above = upstream(given, cuts)
    if not cuts and len(wanted) == len(end.roots):  # all of them
        return frozenset(above)
    sources = {*(end.roots[i] for i in wanted), *(c.node for c in cuts)}
    for node in toposort([s.node for s in given]):
        if not sources.isdisjoint(node.src):
            sources.add(node)
    return frozenset(s for s in above if s.node in sources)


def with_zeros(grads, end, given, cuts, wanted):
    """`grads` of the wanted roots and cuts, with zeros for those that `given` depend on with
    derivative zero."""
    cuts_found, nodes = set(), set()
    for s in upstream(given, cuts):
        nodes.add(s.node)
        for o in s.operands:
            (cuts_found if o in cuts else nodes).add(o if o in cuts else o.node)
    reached = [end.roots[i] in nodes for i in wanted] + [c in cuts_found for c in cuts]
    sources = [end.roots[i] for i in wanted] + [c.node for c in cuts]
    return [
        zeros(s) if g is None and r else g for g, s, r in zip(grads, sources, reached, strict=True)
    ]


def in_rows(n, size):
    """The leaf `n` with a leading axis of length `size`, if there is one."""
    return n if size is None else leaf(n.arg, (size, *n.shape), n.dtype)


def batched(nodes, leaves, size):
    """`nodes` with a leading axis of length `size`, as the `leaves` get one; as they are without a
    size."""
    if size is None:
        return list(nodes)
    rows = {n: in_rows(n, size) for n in leaves}
    found = zip(nodes, batch(nodes, rows, size), strict=True)
    return [broadcast(n, (size, *n.shape)) if b is None else b for n, b in found]


def upstream(given, cuts=()):
    """The operations that `given` were computed from, and themselves."""
    seen, stack = set(cuts), list(given)
    for s in stack:  # it grows
        if s.slot >= 0 and s not in seen:
            seen.add(s)
            stack.extend([o for o in s.operands if o.requires_grad])
    return seen.difference(cuts)


def saves(state):
    """Whether the derivative of this record needs any of its values: if not, it can be gone through
    again."""
    if state.saves is None:
        state.saves = _saves(state)
    return state.saves


def _saves(state):
    g = leaf(1 << 40, state.shape, state.dtype)
    sources = [s.node for s in state.operands if s.requires_grad]
    try:
        grads = pull_back(
            {state.node: g}, sources, stop=[n for n in sources if n is not state.node]
        )
    except GradientError:
        return True
    inner = {s.node for s in state.operands} | {state.node}
    return any(
        n in inner or (n.op is LEAF and n is not g)
        for n in toposort([x for x in grads if x is not None])
    )


def roots_of(state):
    """The numbers of the gradient roots that are reachable by derivatives of any order from the
    value of an operation."""
    found = state.plans.get("roots")
    if found is None:
        nodes = set(toposort([state.node], sources_of_any_order))
        found = state.plans["roots"] = tuple(
            i for i, root in enumerate(state.roots) if root in nodes
        )
    return found


#: Whether a value depends on others, if derivatives stopped nowhere: by its node and theirs.
_depending: WeakKeyDictionary[Node, dict[Any, bool]] = WeakKeyDictionary()


def depends_on(state, inputs):
    """Whether the value of `state`, recorded with gradients off, has a derivative by those of
    `inputs`, states of the same segment."""
    if state.dtype.kind not in "fc":
        return False
    sources = tuple(dict.fromkeys([s.node for s in inputs]))
    known = _depending.setdefault(state.node, {})
    key = tuple([id(n) for n in sources])
    if key not in known:
        known[key] = _depends(state.node, sources)
    return known[key]


def _depends(root, sources):
    new = dict.fromkeys(sources)
    for node in toposort([root], lambda n: () if n in sources else n.src):
        if node in sources:
            new[node] = node
        elif node.op is STOP:
            new[node] = new[node.src[0]]
        else:
            new[node] = rebuilt(node, tuple([new[s] for s in node.src]))
    out = new[root]
    try:
        grads = pull_back({out: leaf(1 << 40, out.shape, out.dtype)}, sources)
    except GradientError:
        return True
    return any(g is not None for g in grads)


class Reachability:
    """From which edges one of some tensors is reachable: a sweep for them visits no others.

    `others` tells whether the search met another leaf; one that is gone does not count, since
    nobody can ask for its gradient."""

    def __init__(self, tensors):
        self.others = False
        self.known = {t._edge: True for t in tensors}
        self.states = {}
        for t in tensors:
            if type(t._edge) is tuple:
                self.states.setdefault(t._edge[0], []).append(t._edge)

    def __call__(self, edge):
        answer = self.known.get(edge)
        return self._search(edge) if answer is None else answer

    def _search(self, edge):
        todo, found = [edge], {}
        while todo:
            e = todo.pop()
            if e in self.known or e in found:
                continue
            if type(e) is tuple:
                todo.extend(found.setdefault(e, self._successors(e)))
            else:
                self.known[e] = False
                self.others = self.others or (e is not None and e.ref() is not None)
        for e in sorted(
            found, key=lambda e: (e[0].serial, e[1].slot)
        ):  # what was recorded first does not reach what came later
            self.known[e] = any([self.known[after] for after in found[e]])
        return self.known[edge]

    def _successors(self, edge):
        graph, state = edge
        out = [graph.edges[i] for i in roots_of(state)]
        if graph in self.states:
            above = upstream((state,))
            out += [e for e in self.states[graph] if e[1] in above and e != edge]
        return out
