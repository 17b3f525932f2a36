"""Contract: products that read each element once become multiplications and sums, which fuse with
what is around them.

A product with a vector is bound by memory: as a stage of a row program it reads the matrix while
its neighbours do, so that ``X @ w``, what is computed of it and ``X.T @ g`` read X once. A few
vectors side by side are as many products. Those of matrices stay BLAS's. And a sum of products with
a linear operation, whose transpose is computed anyway (for the gradient), is taken over the
transpose: ``sum(w * L(x))`` is ``sum(L'(w) * x)``.

Start at `contracted`, a rule of `simplify`, and `transposed`, which runs after all rules.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from ...ir import Node, rebuilt, toposort, users
from ...ops import REGISTRY
from ...ops.movement import pad_node, slice_node
from ...ops.primitives import SUM, broadcast, reshape_to
from .. import limits

_ADD, _MUL = (REGISTRY[name].op for name in ("add", "multiply"))


def contracted(node: Node, x: Node, y: Node) -> Node | None:
    """The product `node` of (..., n, k) and (..., k, m) where n, m or k is small, or None."""
    if node.dtype.kind == "b" or not node.size:
        return None
    n, m = node.shape[-2:]
    k = x.shape[-1]
    for few in (
        (1, limits.now.skinny)
        if max(x.size, y.size, node.size) >= limits.now.skinny_elements
        else (1,)
    ):
        if 0 < k <= few:
            terms = [_product(_part(x, -1, j), _part(y, -2, j), node.shape) for j in range(k)]
            return functools.reduce(
                lambda a, b: Node(_ADD, (a, b), None, node.shape, node.dtype), terms
            )
        if m <= few:
            return _joined(node, [_with_column(node, x, _part(y, -1, j)) for j in range(m)], -1)
        if n <= few:
            return _joined(node, [_with_row(node, _part(x, -2, j), y) for j in range(n)], -2)
    return None


def _with_column(node: Node, x: Node, y: Node) -> Node:
    """(..., n, k) times (..., k, 1)."""
    shape = (*node.shape[:-1], x.shape[-1])
    return _summed(node, x, reshape_to(y, (*y.shape[:-2], 1, y.shape[-2])), shape, node.ndim - 1)


def _with_row(node: Node, x: Node, y: Node) -> Node:
    """(..., 1, k) times (..., k, m)."""
    shape = (*node.shape[:-2], *y.shape[-2:])
    return _summed(node, reshape_to(x, (*x.shape[:-2], x.shape[-1], 1)), y, shape, node.ndim - 2)


def _part(x: Node, axis: int, j: int) -> Node:
    """Element `j` along `axis`, which stays with a length of 1; `x` itself if that is all of it."""
    axis += x.ndim
    if x.shape[axis] == 1:
        return x
    starts = tuple([j if a == axis else 0 for a in range(x.ndim)])
    return slice_node(
        x, starts, (1,) * x.ndim, tuple([1 if a == axis else n for a, n in enumerate(x.shape)])
    )


def _joined(node: Node, parts: Sequence[Node], axis: int) -> Node:
    """`parts`, each of length 1 along `axis`, side by side."""
    if len(parts) == 1:
        return parts[0]
    axis += node.ndim
    steps = (1,) * node.ndim
    starts = [tuple([j if a == axis else 0 for a in range(node.ndim)]) for j in range(len(parts))]
    pads = [pad_node(p, at, steps, node.shape) for p, at in zip(parts, starts, strict=True)]
    return functools.reduce(lambda a, b: Node(_ADD, (a, b), None, node.shape, node.dtype), pads)


def _product(x: Node, y: Node, shape: tuple[int, ...]) -> Node:
    return Node(_MUL, (broadcast(x, shape), broadcast(y, shape)), None, shape, x.dtype)


def _summed(node: Node, x: Node, y: Node, shape: tuple[int, ...], axis: int) -> Node:
    kept = shape[:axis] + shape[axis + 1 :]
    out = Node(SUM, (_product(x, y, shape),), (axis,), kept, node.dtype)
    return reshape_to(out, (*kept[:axis], 1, *kept[axis:]))


def transposed(roots: Sequence[Node]) -> Sequence[Node]:
    """`roots` with sums over a linear operation taken over its transpose, where that is there
    already."""
    order = toposort(roots)
    readers, present = users(order), set(order)
    sums = {node: _over_transpose(node, readers, present) for node in order if node.op is SUM}
    better = {node: out for node, out in sums.items() if out is not None}
    if not better:
        return roots
    new: dict[Node, Node] = {}
    stack = list(roots)
    while stack:  # sources first; what a sum is taken over now may come later in `order`
        node = stack[-1]
        src = better.get(node, node).src
        missing = [s for s in src if s not in new]
        stack.extend(missing)
        if not missing:
            new[stack.pop()] = rebuilt(better.get(node, node), tuple([new[s] for s in src]))
    return [new[root] for root in roots]


def _over_transpose(
    node: Node, readers: Mapping[Node, list[Node]], present: AbstractSet[Node]
) -> Node | None:
    """For the sum `node` of w * L(x) over the axis that the scan L goes along, the sum of L'(w) *
    x, or None."""
    (x,) = node.src
    if x.op is not _MUL or len(readers[x]) > 1:
        return None
    for scan, w in (x.src, x.src[::-1]):
        if (
            scan.op.kind == "scan"
            and scan.op.scales
            and scan.arg[0] in node.arg
            and len(readers[scan]) == 1
        ):
            (transpose,) = scan.op.vjp(w, scan)
            if transpose in present and scan not in _below(transpose):
                return rebuilt(node, (_product(scan.src[0], transpose, x.shape),))
    return None


def _below(node: Node) -> set[Node]:
    return set(toposort([node]))
