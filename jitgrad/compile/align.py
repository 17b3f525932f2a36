"""Align: a sum over a part of an array is taken over all of it, where that makes one kernel of two.

The gradient of a sum over slices is a sum of pads: ``(x[1:] - x[:-1])**2`` has one element less than ``x``, and
kernels join only over equal loop spaces. So ``sum(f)`` becomes ``sum(pad(f))``, with a pad that stands in the graph
anyway: its result reads what the gradient reads, at the same points, and the loop is cut where the pad begins and ends
(see `render_forms`). Start at `align`.
"""

from ..ir import Node, rebuilt, toposort
from .axes import Axes

#: The most that a sum may grow by, as a factor, unless all is small: then a launch is what counts.
GROWTH, SMALL = 2, 4096


def align(roots):
    """`roots` with reductions over everything moved to the loop space of a root that reads the same."""
    order = toposort(roots)
    sums = [n for n in order if n.op.kind == "reduce" and not n.ndim and n.src[0].ndim and _ends_with_zeros(n)]
    if not sums or not any(n.op.kind == "pad" for n in order):
        return roots
    axes, new = Axes(order), {}
    for node in sums:
        pad = _host(node, roots, order, axes)
        if pad is not None:
            (f,) = node.src
            wide = Node(pad.op, (f, *pad.src[1:]), pad.arg, pad.shape, f.dtype)
            new[node] = Node(node.op, (wide,), node.arg, (), node.dtype)
    if not new:
        return roots
    made = {}
    for node in order:
        made[node] = rebuilt(new.get(node, node), tuple([made.get(s, s) for s in new.get(node, node).src]))
    return [made[root] for root in roots]


def _ends_with_zeros(node):
    """Whether zeros beside its operand leave a reduction as it is."""
    return not node.op.identity(node.dtype)


def _host(node, roots, order, axes):
    """A pad of something like the operand of the reduction `node` whose loop the reduction can join, or None."""
    (f,) = node.src
    if f.op.kind != "elementwise" or any(axes.of[root] == axes.of[f] for root in roots if root.ndim):
        return None  # a loop over the part is there anyway
    later = None
    for pad in order:
        if pad.op.kind != "pad" or pad.dtype != f.dtype or not _covers(pad, f, axes):
            continue
        if later is None:
            later = _readers(node, order)
        if _becomes_root(pad, roots, order, later):
            return pad
    return None


def _covers(pad, f, axes):
    g = pad.src[0]
    small = pad.size <= max(GROWTH * f.size, SMALL)
    return small and f.size and axes.of[g] == axes.of[f] and all(step == 1 for step in pad.arg)


def _readers(node, order):
    """All that depends on `node`."""
    out = {node}
    for n in order:
        if any(s in out for s in n.src):
            out.add(n)
    return out


def _becomes_root(pad, roots, order, later):
    """Whether a root over the loop space of `pad` is computed from it point by point, without what is in `later`."""
    reached = {pad}
    for n in order:
        if n.op.kind == "elementwise" and n.shape == pad.shape and n not in later and any(s in reached for s in n.src):
            reached.add(n)
    return any(root in reached for root in roots)
