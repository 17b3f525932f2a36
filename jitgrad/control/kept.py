"""What the derivative of a turn reads of the turn rather than computing it again.

A turn is computed again from the carried values that it found, which is cheap for elementwise
operations and small arrays. Products of large matrices are another matter. Where the derivative
would need one again, the turn hands out instead what lies between the products and what the
derivative reads, where it takes the least memory: a cut of the graph between them, and of several
the last one, after which the least is computed again. Start at `worth_keeping`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from typing import TypeAlias

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
    return _cut(products, reads)


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


def _bytes(node: Node) -> int:
    return math.prod(node.shape) * node.dtype.itemsize


#: The sides of a node where what it depends on flows in, and where its readers take it; the ends.
IN, OUT, START, END = range(4)
Place: TypeAlias = "tuple[Node | None, int]"
#: How much more can flow from a place to those beside it; each has the way back, too.
Room: TypeAlias = "dict[Place, dict[Place, float]]"


def _cut(first: Sequence[Node], last: Sequence[Node]) -> list[Node]:
    """The nodes of fewest bytes of which each way from `first` to `last` has one; of several such
    cuts the one nearest to `last`.

    They are where a flow from `first` to `last` is stopped, of which a node lets as much through as
    it has bytes."""
    room = _room(first, last)
    while True:
        following = _leading_to_end(room)
        place: Place | None = (None, START)
        if place not in following:
            break
        way = []
        while (after := following[place]) is not None:
            way.append((place, after))
            place = after
        most = min(room[a][b] for a, b in way)
        for a, b in way:
            room[a][b] -= most
            room[b][a] += most
    return [
        n
        for n, side in room
        if n and side == OUT and (n, OUT) in following and (n, IN) not in following
    ]


def _room(first: Sequence[Node], last: Sequence[Node]) -> Room:
    room: Room = {(None, END): {}}

    def way(a: Place, b: Place, most: float) -> None:
        room.setdefault(a, {})[b] = most
        room.setdefault(b, {}).setdefault(a, 0)

    begins, ends = dict.fromkeys(first), dict.fromkeys(last)
    below: set[Node] = set()
    for n in toposort([*last]):
        src = [s for s in dict.fromkeys(n.src) if s in below]
        if src or n in begins:
            below.add(n)
            way((n, IN), (n, OUT), math.inf if n.op.kind in MOVEMENTS else _bytes(n))
            for s in src:
                way((s, OUT), (n, IN), math.inf)
            if n in begins:
                way((None, START), (n, IN), math.inf)
            if n in ends:
                way((n, OUT), (None, END), math.inf)
    return room


def _leading_to_end(room: Room) -> dict[Place, Place | None]:
    """The places from which more can flow to the end, with the next one on a shortest way."""
    found: dict[Place, Place | None] = {(None, END): None}
    todo = list(found)
    for place in todo:
        for before in room[place]:
            if before not in found and room[before][place] > 0:
                found[before] = place
                todo.append(before)
    return found
