"""Contract: products that read each element once become multiplications and sums, which fuse with what is around them.

A product with a vector is bound by memory: as a stage of a row program it reads the matrix while its neighbours do, so that
``X @ w``, what is computed of it and ``X.T @ g`` read X once. Products of matrices stay BLAS's. And a sum of products with a linear
operation, whose transpose is computed anyway (for the gradient), is taken over the transpose: ``sum(w * L(x))`` is ``sum(L'(w) * x)``.

Start at `contracted`, a rule of `simplify`, and `transposed`, which runs after all rules.
"""

from ..ir import Node, rebuilt, toposort, users
from ..ops import REGISTRY
from ..ops.registry import SUM, broadcast, reshape_to

_MUL = REGISTRY["multiply"].op


def contracted(node, x, y):
    """The product `node` of (..., n, k) and (..., k, m) where n, m or k is 1, or None."""
    if node.dtype.kind == "b" or not node.size:
        return None
    *rest, n, m = node.shape
    k = x.shape[-1]
    if k == 1:
        return _product(x, y, node.shape)
    if m == 1:
        shape = (*rest, n, k)
        return _summed(node, x, reshape_to(y, (*y.shape[:-2], 1, k)), shape, len(rest) + 1)
    if n == 1:
        shape = (*rest, k, m)
        return _summed(node, reshape_to(x, (*x.shape[:-2], k, 1)), y, shape, len(rest))
    return None


def _product(x, y, shape):
    return Node(_MUL, (broadcast(x, shape), broadcast(y, shape)), None, shape, x.dtype)


def _summed(node, x, y, shape, axis):
    kept = shape[:axis] + shape[axis + 1 :]
    return reshape_to(Node(SUM, (_product(x, y, shape),), (axis,), kept, node.dtype), node.shape)


def transposed(roots):
    """`roots` with sums over a linear operation taken over its transpose, where that is there already."""
    order = toposort(roots)
    readers, present = users(order), set(order)
    better = {node: _over_transpose(node, readers, present) for node in order if node.op is SUM}
    better = {node: out for node, out in better.items() if out is not None}
    if not better:
        return roots
    new, stack = {}, list(roots)
    while stack:  # sources first; what a sum is taken over now may come later in `order`
        node = stack[-1]
        src = better.get(node, node).src
        missing = [s for s in src if s not in new]
        stack.extend(missing)
        if not missing:
            new[stack.pop()] = rebuilt(better.get(node, node), tuple([new[s] for s in src]))
    return [new[root] for root in roots]


def _over_transpose(node, readers, present):
    """For the sum `node` of w * L(x) over the axis that the scan L goes along, the sum of L'(w) * x, or None."""
    (x,) = node.src
    if x.op is not _MUL or len(readers[x]) > 1:
        return None
    for scan, w in (x.src, x.src[::-1]):
        if scan.op.kind == "scan" and scan.op.scales and scan.arg[0] in node.arg and len(readers[scan]) == 1:
            (transpose,) = scan.op.vjp(w, scan)
            if transpose in present and scan not in _below(transpose):
                return rebuilt(node, (_product(scan.src[0], transpose, x.shape),))
    return None


def _below(node):
    return set(toposort([node]))
