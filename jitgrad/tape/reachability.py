"""What a sweep asks of recorded programs: which records it goes through, where they lead, and which
are which.

Nodes are interned, so two equal records are one node, and a sum inside a mean is the sum that was
recorded before it: just what a plan should compute. But a hook, a wanted intermediate and a result
that is differentiated again belong to *one* record. For them the nodes of the path are built again,
each such value behind a mark of its own: `Apart`.
"""

from ..autodiff import pull_back
from ..base.errors import GradientError
from ..ir import LEAF, Node, leaf, toposort
from ..ops.marks import APART, ways
from ..ops.registry import zeros
from .keys import VARIABLE, renode
from .segment import records


class Apart:
    """The nodes of a path with the values of the states `marked` behind marks.

    `roots` are its gradient roots; ``node(state)`` is the node of a record, its mark if it has one;
    `marks` maps the marks to the path's own nodes, `inner` those of the states to the nodes behind
    them."""

    def __init__(self, end, marked):
        self.roots, self.nodes, self.marks, self.inner = end.roots, {}, {}, {}
        if not marked:
            return
        marked = frozenset(marked)
        roots = dict(zip(end.roots, end.roots, strict=True))
        for state in records(end):
            node = renode(state, self.nodes)
            if state.opcode is VARIABLE:
                roots[state.node] = node
            if state in marked:
                self.inner[state] = node
                node = Node(APART, (node,), state.slot, node.shape, node.dtype)
                self.marks[node] = state.node
            self.nodes[state] = node
        self.roots = tuple(roots.values())

    def node(self, state):
        return self.nodes.get(state, state.node)


def visited(end, given, cuts, wanted):
    """The records a sweep from `given` goes through on its ways to cuts and wanted roots."""
    above = upstream(given, cuts)
    if not cuts and len(wanted) == len(end.roots):  # all ways lead there
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


def upstream(given, cuts=()):
    """The records that `given` were computed from, and themselves."""
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
    """The numbers of the gradient roots that a derivative leads to from the value of a record."""
    found = state.plans.get("roots")
    if found is None:
        nodes = set(toposort([state.node], ways))
        found = state.plans["roots"] = tuple(
            i for i, root in enumerate(state.roots) if root in nodes
        )
    return found


class Towards:
    """Which edges lead to one of some tensors: a sweep for them needs to go no other way.

    `others` tells whether a way that was followed ends at another leaf; one that is gone does not
    count, since nobody can ask for its gradient."""

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
        todo, ways = [edge], {}
        while todo:
            e = todo.pop()
            if e in self.known or e in ways:
                continue
            if type(e) is tuple:
                todo.extend(ways.setdefault(e, self._ways(e)))
            else:
                self.known[e] = False
                self.others = self.others or (e is not None and e.ref() is not None)
        for e in sorted(
            ways, key=lambda e: (e[0].serial, e[1].slot)
        ):  # what was recorded first leads nowhere later
            self.known[e] = any([self.known[way] for way in ways[e]])
        return self.known[edge]

    def _ways(self, edge):
        graph, state = edge
        ways = [graph.edges[i] for i in roots_of(state)]
        if graph in self.states:
            above = upstream((state,))
            ways += [e for e in self.states[graph] if e[1] in above and e != edge]
        return ways
