"""The forward sweep: tangents of inputs are pushed over what was recorded from them, segment by
segment, in the order of execution.

It goes over what a backward sweep goes over, the other way round. A segment that is still pending
is run *together* with its tangents, by one joint plan. One that ran has a plan of its tangents, for
the places tangents come in at and the results they are wanted of. With `create` the tangents are
recorded on the tape instead (`double.RecordedTangents`), so that they have derivatives.

With a `size`, tangents have a leading axis of that length: many directions in one pass. Start at
`pushed`.
"""

from functools import partial

from ..autodiff import push_forward
from ..base.errors import GradientError
from ..ir import leaf, substitute
from ..runtime.events import planning
from ..runtime.plan import Plan
from . import handles
from .backward import _plan
from .choices import places
from .double import RecordedTangents, alive
from .execute import finish, flush, live_handles, run
from .pieces import note_program
from .reachability import Reachability, Unshared, batched, roots_of, saves, visited
from .record import materialise
from .segment import local, operations_to


class Tangents:
    """The plan of the tangents of results of a segment, from those of the roots with the numbers
    `given`, and of the `cuts`, which are results themselves."""

    __slots__ = ("plan", "sinks", "visited")

    @planning
    def __init__(self, state, given, cuts, wanted, expensive, size):
        self.visited = visited(state, wanted, cuts, given)
        unshared = Unshared(state, cuts)
        sources = [*map(unshared.roots.__getitem__, given), *map(unshared.node, cuts)]
        first = state.leaves + len(expensive)
        tangents = {n: leaf(first + k, n.shape, n.dtype) for k, n in enumerate(sources)}
        found = push_forward([unshared.node(s) for s in wanted], tangents)
        self.sinks = [k for k, t in enumerate(found) if t is not None]
        nodes = [found[k] for k in self.sinks]
        if unshared.markers:
            nodes = substitute(nodes, unshared.markers)
        if expensive:
            nodes = substitute(nodes, places(expensive, state.leaves, nodes))
        nodes = batched(nodes, tangents.values(), size)
        parts = (("tangent", len(nodes)),)
        self.plan = Plan(nodes, "tangents", parts, recorded=state)


class JointTangents:
    """The joint plan of what is `live` of the current segment, which has reached `end`, and of the
    tangents of `states`. It reads the values `lists` after the leaves and the tangents.

    `numbers` are those of a function that is traced, whose loops are found first."""

    __slots__ = ("lists", "live", "plan", "requires_grad", "sinks")

    @planning
    def __init__(self, end, states, given, live, size, numbers=None):
        path = operations_to(end)
        self.live, self.lists = [(s.slot, s) for s in path if live[s.slot]], []
        self.requires_grad = any(s.requires_grad for _, s in self.live)
        nodes = [*[s.node for _, s in self.live], *[s.node for s in states]]
        if numbers is None:
            note_program(local.seg, path)
        else:
            from .traced_loops import with_loops  # which imports the loops, that few programs have

            first, order = end.leaves + len(given), [s.node for s in path]
            nodes, self.lists = with_loops(nodes, end.roots, numbers, first, order)
        values, outputs = nodes[: len(self.live)], nodes[len(self.live) :]
        sources = [end.roots[i] for i in given]
        tangents = {n: leaf(end.leaves + k, n.shape, n.dtype) for k, n in enumerate(sources)}
        found = push_forward(outputs, tangents)
        self.sinks = [k for k, t in enumerate(found) if t is not None]
        found = batched([found[k] for k in self.sinks], tangents.values(), size)
        parts = ("result", len(values)), ("tangent", len(found))
        self.plan = Plan(
            [*values, *found], "values and tangents", parts, records=len(path), recorded=end
        )


class ForwardSweep:
    """One sweep from the tangents of some inputs; a tangent is a raw value, or a tensor with
    `create`."""

    def __init__(self, inputs, tangents, create=False, size=None, fixed=False):
        self.create, self.size, self.fixed, self.last = create, size, fixed, {}
        self.known = {x._edge: t for x, t in zip(inputs, tangents, strict=True)}
        self.cuts = [e for e in self.known if type(e) is tuple]
        self.reaches = Reachability(inputs)

    def with_tangents(self, seg, end, live, read):
        """The values of what is `live` of a segment, which ends at `end` and had leaves, numbers
        and edges `read`; the tangents are known to the graph that it becomes (`note`)."""
        states = tuple([s for s in operations_to(end) if live[s.slot] and s.requires_grad])
        (leaves, numbers, edges), self.last = read, {}
        pairs = zip(range(len(end.roots)), self.at(edges[: len(end.roots)]), strict=True)
        found = {i: t for i, t in pairs if t is not None}
        plan = _joint(seg, end, live, states, tuple(found), self.size, numbers)
        values = plan.plan.run([*leaves[: end.leaves], *found.values()], numbers)
        count = len(plan.live)
        self.last = dict.fromkeys(states)
        self.last.update(zip([states[k] for k in plan.sinks], values[count:], strict=True))
        return values[:count]

    def note(self, graph):
        """What was computed last are the tangents of the results of `graph`."""
        if graph is not None:
            self.known.update(((graph, s), t) for s, t in self.last.items())
        self.last = {}

    def at(self, edges):
        """The tangent at each of some edges; None where it is zero."""
        needed = self._needed(edges)
        for graph in sorted(needed, key=lambda graph: graph.serial):
            self._push(graph, sorted(needed[graph], key=lambda s: s.slot))
        return [self.known.get(e) for e in edges]

    def _needed(self, edges):
        """The results whose tangents are on the way to `edges`, by their graph."""
        out, todo = {}, list(edges)
        while todo:
            edge = todo.pop()
            if type(edge) is not tuple or edge in self.known or not self.reaches(edge):
                continue
            graph, state = edge
            states = out.setdefault(graph, set())
            if state not in states:
                states.add(state)
                todo += [graph.edges[i] for i in roots_of(state)]
        return out

    def _push(self, graph, wanted):
        """Results that entered their own segment again (another thread had materialised them) come
        before what was computed from them."""
        again = any(type(e) is tuple and e[0] is graph for e in graph.edges)
        for states in [(s,) for s in wanted] if again else [tuple(wanted)]:
            for s, t in zip(states, self._step(graph, states), strict=True):
                self.known[graph, s] = t

    def _step(self, graph, wanted):
        leaves, kept, edges, state = graph.leaves, graph.kept, graph.edges, graph.state
        known = [self.known.get(e) for e in edges[: len(state.roots)]]
        given = tuple([i for i, t in enumerate(known) if t is not None])
        cuts = [s for g, s in self.cuts if g is graph and s.slot < wanted[-1].slot]
        cuts = tuple(sorted(cuts, key=lambda s: s.slot))
        if not given and not cuts:
            return [None] * len(wanted)
        tangents = [*[known[i] for i in given], *[self.known[graph, c] for c in cuts]]
        trace = local.seg.tracing
        if trace is not None:
            trace.check_graph(leaves, self.fixed)
        key = given, cuts, wanted
        if self.create:
            states, held = alive(graph)
            plan = _plan(RecordedTangents, state, *key, states, kept[0], self.size)
            _check(graph, plan)
            found = plan.run(graph, tangents, held)
        else:
            expensive, saved = kept
            plan = _plan(Tangents, state, *key, expensive, self.size)
            _check(graph, plan)
            run = plan.plan.run if trace is None else partial(trace.link, plan.plan.roots)
            values = run([*leaves[: state.leaves], *saved, *tangents], graph.numbers)
            found = zip(plan.sinks, values, strict=True)
        out = [None] * len(wanted)
        for k, t in found:
            out[k] = t
        return out


class Along:
    """While a function runs: segments that end are run together with their tangents, those of
    `sweep`. Within a trace, where all is one graph in the end, and within another sweep, nothing is
    done."""

    __slots__ = ("begins", "sweep")

    def __init__(self, sweep):
        self.sweep = sweep
        self.begins = local.push is None and local.seg.tracing is None

    def __enter__(self):
        if self.begins:
            local.push = self.sweep

    def __exit__(self, kind, error, trace):
        if self.begins:
            local.push = None


def _check(graph, plan):
    freed = graph.freed
    if freed is not None and any(s in freed and saves(s) for s in plan.visited):
        raise GradientError(
            "got tangents through a graph whose values were freed by a backward; pass "
            "retain_graph=True to that one"
        )


def _pending(sweep, held, drop):
    """The tangents of the tensors `held`, all of which are pending in the current segment, which
    runs now; None, and nothing was done, where they are not."""
    seg = local.seg
    end, handles, leaves, numbers, edges = (
        seg.state, seg.handles, seg.leaves, seg.numbers, seg.edges
    )  # fmt: skip
    if end.over or seg.graph is not None or not all([_is_pending(t, seg) for t in held]):
        return None
    states = tuple([t._state for t in held])
    if drop:
        held.clear()
    wanted = sorted({i for s in states for i in roots_of(s)})
    pairs = zip(wanted, sweep.at([edges[i] for i in wanted]), strict=True)
    found = {i: t for i, t in pairs if t is not None}
    live = live_handles(seg, handles, end)
    plan = _joint(seg, end, live, states, tuple(found), sweep.size, numbers)
    given = [*leaves[: end.leaves], *found.values(), *plan.lists]
    values = run(plan.plan, seg, given, numbers)
    finish(seg, end, handles, plan.live, values, plan.requires_grad)
    out = [None] * len(states)
    for k, t in zip(plan.sinks, values[len(plan.live) :], strict=True):
        out[k] = t
    return out


def _joint(seg, end, live, states, given, size, numbers):
    """The `JointTangents`, made once; in a trace, with loops, for the same numbers."""
    key = (JointTangents, states, given, live, size)
    if seg.tracing is not None:
        from .traced_loops import with_numbers  # which imports the loops

        make = lambda: JointTangents(end, *key[1:], numbers)
        return with_numbers(end, ("traced", *key), numbers, make)
    plan = end.plans.get(key)
    if plan is None:
        plan = end.plans[key] = JointTangents(end, *key[1:])
    return plan


def _is_pending(t, seg):
    return t._seg is seg and t._value is None and t._edge is None and t._state.slot >= 0


def pushed(held, inputs, tangents, create=False, size=None, drop=False, fixed=False, sweep=None):
    """The tangents of the tensors `held`, from those of `inputs`; None where one is zero. Graphs
    are `fixed` as in `backward.Sweep`.

    `tangents` are tensors, with a leading axis of length `size` if there is one; so are the
    results. A `sweep` may know tangents of segments that have ended already. Where the values are
    not needed, the tensors are taken out of the list (`drop`), so that they do not count as
    held."""
    avals = [t._state.aval for t in held]
    found = None
    if not create:
        sweep = sweep or ForwardSweep(inputs, [*map(materialise, tangents)], False, size, fixed)
        if not sweep.cuts and all([x._value is not None for x in inputs]):
            found = _pending(sweep, held, drop)
    if found is None:
        flush(local.seg)
        _settled(held)
        _settled(inputs)
        sweep = ForwardSweep(inputs, tangents, True, size, fixed) if create else sweep
        found = sweep.at([t._edge for t in held])
    return [_as_tensor(t, aval, size) for t, aval in zip(found, avals, strict=True)]


def _settled(tensors):
    for t in tensors:
        if t._value is None:
            materialise(t)


def _as_tensor(t, aval, size):
    if t is None or isinstance(t, handles.Handle):
        return t
    shape = aval.shape if size is None else (size, *aval.shape)
    return handles.from_value(t, shape, aval.dtype, None)
