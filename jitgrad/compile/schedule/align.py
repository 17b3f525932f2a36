"""Align: a sum over a part of an array is taken over all of it, where that makes one kernel of two.

The gradient of a sum over slices is a sum of pads: ``(x[1:] - x[:-1])**2`` has one element less
than ``x``, and kernels join only over equal loop spaces. So ``sum(f)`` becomes ``sum(pad(f))``,
with a pad that stands in the graph anyway: its result reads what the gradient reads, at the same
points, and the loop is cut where the pad begins and ends (see `loops.passes.split_guards`). Start
at `fused`.
"""

from ...ir import Node, rebuilt, toposort
from .. import limits
from ..index.dims import Axes
from .fuse import fuse


def fused(roots):
    """The `Fusion` of `roots`, or of the same with sums moved, if that has fewer steps."""
    plain, moved = fuse(roots), aligned(roots)
    if moved is roots:
        return plain
    joint = fuse(moved)
    return joint if len(joint.steps) < len(plain.steps) else plain


def aligned(roots):
    """`roots` with sums of everything taken over pads of their operands; `roots` itself where there
    is none."""
    order = toposort(roots)
    pads = [n for n in order if n.op.kind == "pad" and all(step == 1 for step in n.arg)]
    moved = _moved(pads, order) if pads else {}
    if not moved:
        return roots
    new = {}
    for node in toposort([moved.get(n, n) for n in order]):
        new[node] = rebuilt(node, tuple([new[moved.get(s, s)] for s in node.src]))
    return [new[moved.get(root, root)] for root in roots]


def _moved(pads, order):
    """The sums of everything that are taken over a pad of their operand, and what stands for
    them."""
    sums = [n for n in order if n.op.kind == "reduce" and not n.ndim and _ends_with_zeros(n)]
    if not sums:
        return {}
    axes, moved, alike = Axes(order), {}, {}
    for pad in pads:
        alike.setdefault(axes.of[pad.src[0]], {}).setdefault(
            pad.size, pad
        )  # the first one of each size stands for all
    for node in sums:
        (f,) = node.src
        pad = next((p for p in alike.get(axes.of[f], {}).values() if _covers(p, f)), None)
        if pad is not None:
            wide = Node(pad.op, (f, *pad.src[1:]), pad.arg, pad.shape, f.dtype)
            moved[node] = Node(node.op, (wide,), node.arg, (), node.dtype)
    return moved


def _ends_with_zeros(node):
    """Whether zeros beside its operand leave a reduction as it is."""
    return not node.op.identity(node.dtype)


def _covers(pad, f):
    """Whether `pad`, which is of something like `f`, is not much larger."""
    most = max(limits.now.padded_growth * f.size, limits.now.padded_elements)
    return f.ndim and f.op.kind == "elementwise" and f.size and pad.size <= most
