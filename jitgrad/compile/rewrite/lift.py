"""The body of a loop as a graph that is computed without Python: what a plan would leave to Python
is written in what kernels compute.

- In a plan a 0-d value is a Python number. Here 0-d parameters and elementwise values are arrays of
  shape (1,), which stay in memory from turn to turn. Reductions to 0-d stay as they are, since
  their results are words that the kernels write.
- Arrays that are joined become writes to one, and products of small matrices sums. Larger products
  are BLAS's, which a driver calls (`compile.strided`).

Start at `lifted`.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...base.dtypes import INT64
from ...control import LOOP
from ...control.affine import affine
from ...control.turn_operands import is_start
from ...ir.node import Node, leaf, rebuilt, toposort
from ...ops.joining import CONCATENATE
from ...ops.linear_algebra import MATMUL
from ...ops.movement import pad_node, update_node
from ...ops.primitives import broadcast, reduce_sum, reshape_to
from .. import limits

ONE = (1,)
#: Kinds whose 0-d values stay: what an array of one element is made of where it is read.
NUMBERS = frozenset(("number", "const", "reduce"))


class Unliftable(Exception):
    """What a compiled loop cannot hold: its turns are run from Python."""


def lifted(roots: Sequence[Node], products: bool = False) -> list[Node]:
    """The graphs of `roots`, in which every 0-d value that is not one of `NUMBERS` is an array;
    with `products`, those of large matrices are sums, too."""
    lifting = _Lifting(products)
    for node in toposort(list(roots)):
        lifting.add(node)
    return [lifting.made[r] if r.shape else lifting.array(r) for r in roots]


class _Lifting:
    """The nodes `made` of others; `indices` are the 0-d integers that are known with the number of
    the turn, as they were."""

    def __init__(self, products: bool) -> None:
        self.products = products
        self.made: dict[Node, Node] = {}
        self.indices: dict[Node, Node] = {}

    def add(self, node: Node) -> None:
        kind = node.op.kind
        if _is_index(node, self.indices):
            self.indices[node] = rebuilt(node, tuple([self.indices[s] for s in node.src]))
        if node.shape or kind in NUMBERS:
            src = tuple([self._operand(node, k) for k in range(len(node.src))])
            self.made[node] = _written(node, src, self.products)
        else:
            self.made[node] = self._stored(node)

    def _stored(self, node: Node) -> Node:
        """A 0-d value as an array."""
        kind = node.op.kind
        if kind == "leaf":
            return leaf(node.arg, ONE, node.dtype)
        if kind == "elementwise":
            src = tuple([self.array(s) for s in node.src])
            return Node(node.op, src, node.arg, ONE, node.dtype)
        if kind == "reshape":
            return self.array(node.src[0])
        if node.op.loops and node.op.loops(node, limits.now):
            src = tuple([self._operand(node, k) for k in range(len(node.src))])
            return Node(node.op, src, node.arg, ONE, node.dtype)
        raise Unliftable(f"a 0-d {node.op.name}")

    def array(self, node: Node) -> Node:
        """What stands for the 0-d `node`, as an array."""
        return reshape_to(self.made[node], ONE)

    def _operand(self, reader: Node, k: int) -> Node:
        s = reader.src[k]
        if s in self.indices and (is_start(reader, k) or (reader.op.kind == "gather" and k)):
            return self.indices[s]
        return _read(self.made[s], s, reader)


def _is_index(node: Node, indices: dict[Node, Node]) -> bool:
    """Whether the 0-d `node` is computed of the number of the turn as the starts of slices are."""
    if node.ndim or node.dtype != INT64:
        return False
    if node.op.kind in ("number", "const"):
        return True
    known = node.op.kind == "elementwise" and all(s in indices for s in node.src)
    return known and all(n.op.kind == "number" for n, _ in affine(node).terms)


def _read(new: Node, old: Node, reader: Node) -> Node:
    """A 0-d operand of `reader` that may be an array now."""
    if new.shape == old.shape or reader.op.kind in ("reshape", "broadcast") or reader.op is LOOP:
        return new
    raise Unliftable(f"a 0-d operand of {reader.op.name}")


def _written(node: Node, src: tuple[Node, ...], products: bool) -> Node:
    """`node` of the operands `src`, as what kernels compute."""
    if node.op is CONCATENATE:
        return _joined(node, src)
    if node.op is MATMUL and (products or _is_small(node)):
        return _product(node, *src)
    return rebuilt(node, src)


def _is_small(product: Node) -> bool:
    """Whether a product of matrices is better done by kernels."""
    now = limits.now
    most = now.loop_product if product.ndim == 2 else now.loop_stack_product
    return product.size * product.src[0].shape[-1] <= most


def multiplied(node: Node) -> Node | None:
    """A product of matrices as a sum over an axis; None for other nodes."""
    return _product(node, *node.src) if node.op is MATMUL else None


def _joined(node: Node, parts: Sequence[Node]) -> Node:
    axis, steps = node.arg, (1,) * node.ndim
    begins = [0]
    for x in parts:
        begins.append(begins[-1] + x.shape[axis])
    starts = [tuple([b if a == axis else 0 for a in range(node.ndim)]) for b in begins]
    out = pad_node(parts[0], starts[0], steps, node.shape)
    for x, start in zip(parts[1:], starts[1:], strict=False):
        out = update_node(out, x, start, steps)
    return out


def _product(node: Node, x: Node, y: Node) -> Node:
    """(..., n, k) times (..., k, m) as a sum over the second axis of three."""
    *many, n, m = node.shape
    shape = (*many, n, x.shape[-1], m)
    x = broadcast(reshape_to(x, (*x.shape, 1)), shape)
    y = broadcast(reshape_to(y, (*y.shape[:-2], 1, *y.shape[-2:])), shape)
    return reduce_sum(x * y, (len(many) + 1,))
