"""What batching rules are written with: an operation on many *rows* at once has them along a new
first axis of its operands.

A rule (`Op.batch`) gets each source with that axis, or None for one that is the same in all rows.
Start at `all_rows`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..base.dtypes import INT64
from ..ir import Node, const
from .movement import permute
from .primitives import BROADCAST, broadcast, reshape_to
from .registry import REGISTRY

#: The sources of a node with the axis of rows, None where they are the same in all.
Rows = Sequence["Node | None"]


def same_rows(x: Node, size: int) -> Node:
    """`size` rows that are all `x`."""
    x, shape = (x.src[0] if x.op is BROADCAST else x), x.shape
    return broadcast(reshape_to(x, (1, *x.shape)), (size, *shape))


def all_rows(rows: Rows, src: Sequence[Node], size: int) -> list[Node]:
    """Sources `src`, each with the axis of rows."""
    return [
        same_rows(x, size) if given is None else given for given, x in zip(rows, src, strict=True)
    ]


def on_rows(node: Node, src: Sequence[Node], arg: Any, size: int) -> Node:
    """The operation of `node` on sources with the axis of rows."""
    return Node(node.op, tuple(src), arg, (size, *node.shape), node.dtype)


def along_rows(rows: Rows, node: Node, size: int) -> Node:
    """The rule of what has an axis as its argument, and of all else no idea of axes."""
    return on_rows(node, all_rows(rows, node.src, size), node.arg + 1, size)


def each_row(rows: Rows, node: Node, size: int) -> Node:
    """The rule of what knows of no axes."""
    return on_rows(node, all_rows(rows, node.src, size), node.arg, size)


def places(length: int) -> Node:
    """0, 1, ... up to `length`."""
    return REGISTRY["cumsum"](broadcast(const(1, INT64), (length,)), 0) - const(1, INT64)


def row_numbers(shape: tuple[int, ...]) -> Node:
    """The number of the row for each element of an array of rows."""
    numbers = reshape_to(places(shape[0]), (shape[0],) + (1,) * (len(shape) - 1))
    return broadcast(numbers, shape)


def behind_axes(x: Node, count: int) -> Node:
    """`x` with its first axis behind the `count` axes after it."""
    return permute(x, (*range(1, count + 1), 0, *range(count + 1, x.ndim)))


def in_front(x: Node, axis: int) -> Node:
    """`x` with `axis` as its first one."""
    return permute(x, (axis, *[a for a in range(x.ndim) if a != axis]))


def indexed(rows: Rows, src: Sequence[Node], size: int) -> tuple[Node, ...]:
    """Index arrays `src`, some of which differ from row to row, behind the numbers of the rows."""
    index = all_rows(rows, src, size)
    return (row_numbers(index[0].shape), *index)
