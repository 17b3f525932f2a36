"""Align: a sum over a part of an array is taken over all of it, where that makes one kernel of two.

The gradient of a sum over slices is a sum of pads: ``(x[1:] - x[:-1])**2`` has one element less
than ``x``, and kernels join only over equal loop spaces. So ``sum(f)`` becomes ``sum(pad(f))``,
with a pad that stands in the graph anyway: its result reads what the gradient reads, at the same
points, and the loop is cut where the pad begins and ends (see `loops.passes.split_guards`). Start
at `fused`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...ir import Node, rebuilt, toposort
from .. import limits
from ..index.dims import Axes
from .materialise import fuse

if TYPE_CHECKING:
    from .materialise import Fusion


def fused(roots: Sequence[Node]) -> Fusion:
    """The `Fusion` of `roots`, or of the same with sums moved, if that has fewer steps."""
    plain, moved = fuse(roots), aligned(roots)
    if moved is roots:
        return plain
    joint = fuse(moved)
    return joint if len(joint.steps) < len(plain.steps) else plain


def aligned(roots: Sequence[Node]) -> Sequence[Node]:
    """`roots` with sums of everything taken over pads of their operands; `roots` itself where there
    is none."""
    order = toposort(roots)
    pads = [n for n in order if n.op.kind == "pad" and all(step == 1 for step in n.arg)]
    moved = _moved(pads, order) if pads else {}
    if not moved:
        return roots
    new: dict[Node, Node] = {}
    for node in toposort([moved.get(n, n) for n in order]):
        new[node] = rebuilt(node, tuple([new[moved.get(s, s)] for s in node.src]))
    return [new[moved.get(root, root)] for root in roots]


def _moved(pads: Sequence[Node], order: Sequence[Node]) -> dict[Node, Node]:
    """The sums of everything that are taken over a pad of their operand, and what stands for
    them."""
    sums = [n for n in order if n.op.kind == "reduce" and not n.ndim and _ends_with_zeros(n)]
    if not sums:
        return {}
    axes = Axes(order)
    moved: dict[Node, Node] = {}
    alike: dict[tuple[int, ...], dict[int, Node]] = {}
    for pad in pads:
        alike.setdefault(axes.of[pad.src[0]], {}).setdefault(
            pad.size, pad
        )  # the first one of each size stands for all
    for node in sums:
        (f,) = node.src
        near = next((p for p in alike.get(axes.of[f], {}).values() if _covers(p, f)), None)
        if near is not None:
            wide = Node(near.op, (f, *near.src[1:]), near.arg, near.shape, f.dtype)
            moved[node] = Node(node.op, (wide,), node.arg, (), node.dtype)
    return moved


def _ends_with_zeros(node: Node) -> bool:
    """Whether zeros beside its operand leave a reduction as it is."""
    return not node.op.identity(node.dtype)


def _covers(pad: Node, f: Node) -> bool:
    """Whether `pad`, which is of something like `f`, is not much larger."""
    most = max(limits.now.padded_growth * f.size, limits.now.padded_elements)
    return f.ndim > 0 and f.op.kind == "elementwise" and f.size > 0 and pad.size <= most
