"""A Hessian times a vector as one plan: the tangent of the gradient, for a segment that is still
pending.

Where all of a function was recorded in the current segment, its gradient's gradient needs no
operations of its own: the graph is differentiated backwards, and that forwards along the vector,
and what is run is the result alone. Neither the value nor the gradient is computed, unless somebody
holds them. Start at `product`.
"""

from ..autodiff import pull_back, push_forward
from ..ir import const, leaf
from ..ops.primitives import zeros
from ..runtime.plan import Plan
from .execute import finish, live_handles, run
from .pieces import note_program
from .reachability import batched, roots_of
from .segment import local, operations_to, unrolled


class HessianVectorProduct:
    """The plan for a result, the roots it is differentiated by, and the handles alive beside it;
    for `size` vectors at once, if it is given."""

    __slots__ = ("plan", "live", "requires_grad")

    def __init__(self, end, state, given, live, size=None):
        xs = [end.roots[i] for i in given]
        grads = pull_back({state.node: const(1.0, state.dtype)}, xs, end.roots)
        grads = [zeros(x) if g is None else g for g, x in zip(grads, xs)]
        tangents = {x: leaf(end.leaves + k, x.shape, x.dtype) for k, x in enumerate(xs)}
        found = push_forward(grads, tangents)
        found = [zeros(x) if h is None else h for h, x in zip(found, xs)]
        path = operations_to(end)
        note_program(local.seg, path)
        self.live = [(s.slot, s) for s in path if live[s.slot]]
        self.requires_grad = any(s.requires_grad for _, s in self.live)
        nodes = [*[s.node for _, s in self.live], *batched(found, tangents.values(), size)]
        self.plan = Plan(nodes, "Hessian times vector", records=len(path), recorded=end)


def product(held, xs, vs, size=None):
    """The values of the Hessian of the 0-d tensor in the list `held`, at the leaves `xs`, times the
    values `vs`, which have a leading axis of length `size` if there is one.

    The tensor is taken out of the list, so that it does not count as held. None, and nothing is
    changed, where it is not pending or was computed from more than leaves."""
    seg, t = local.seg, held[-1]
    unrolled(seg)
    handles, leaves, numbers, roots = seg.handles, seg.leaves, seg.numbers, seg.edges
    state, end = t._state, seg.state
    if (
        end.over
        or t._seg is not seg
        or t._edge is not None
        or t._value is not None
        or state.slot < 0
        or seg.graph is not None
    ):
        return None
    edges = [roots[i] for i in roots_of(state)]
    if any(edges.count(x._edge) != 1 for x in xs) or any(type(e) is tuple for e in edges):
        return None
    given = tuple([roots.index(x._edge) for x in xs])
    held.pop()
    del t
    live = live_handles(seg, handles, end)
    key = (HessianVectorProduct, live, state, given, size)
    second = end.plans.get(key)
    if second is None:
        second = end.plans[key] = HessianVectorProduct(end, state, given, live, size)
    values = run(second.plan, seg, [*leaves[: end.leaves], *vs], numbers)
    finish(seg, end, handles, second.live, values, second.requires_grad)
    return values[len(second.live) :]
