"""What the derivative of a turn reads of the turn rather than computing it again.

A turn is computed again from the carried values that it found, which is cheap for elementwise
operations and small arrays. Products of large matrices are another matter. Where the derivative
would need one again, the turn hands out instead either the products, or what the derivative reads
of all that is computed from them: whichever takes less memory. Start at `worth_keeping`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence

from ..ir import Node, toposort

#: Multiplications from which a product is expensive: it takes longer than to write its result and
#: read it again.
EXPENSIVE = 1 << 14
#: Kinds of movements that are as cheap after a result was kept.
MOVEMENTS = frozenset(("reshape", "broadcast", "permute"))


def worth_keeping(results: Sequence[Node], derivatives: Sequence[Node]) -> list[Node]:
    """Nodes under `results` that `derivatives` read, so that no product is computed again."""
    forward = {n for n in toposort(results) if n.src}
    order = toposort(derivatives)
    products = [n for n in order if n in forward and _is_expensive(n)]
    if not products:
        return []
    reads = _read_of(order, forward, products)
    return products if _bytes(products) < _bytes(reads) else reads


def _is_expensive(node: Node) -> bool:
    if node.op.kind != "call" or not node.src[0].ndim:
        return False
    return node.size * node.src[0].shape[-1] >= EXPENSIVE


def _read_of(
    order: Iterable[Node], forward: Collection[Node], products: Iterable[Node]
) -> list[Node]:
    """What the other nodes in `order` read of those in `forward` that come of `products`."""
    of_products = set(products)
    found: dict[Node, None] = {}
    for node in order:
        depends = [s for s in node.src if s in of_products]
        if node in forward:
            if depends:
                of_products.add(node)
            continue
        for s in depends:
            found[_moved(s, of_products)] = None
    return list(found)


def _moved(node: Node, of_products: Collection[Node]) -> Node:
    """What `node` is a movement of."""
    while node.op.kind in MOVEMENTS and node.src[0] in of_products:
        node = node.src[0]
    return node


def _bytes(nodes: Iterable[Node]) -> int:
    return sum(math.prod(n.shape) * n.dtype.itemsize for n in nodes)
