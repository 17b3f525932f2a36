"""The batching rules of kinds of operations: what an elementwise operation, a movement, a
reduction, a scan or a gather is for many rows at once. Calls have theirs beside their other rules.

A slice whose start differs from row to row is a gather, and a write there a scatter. Start at
`BY_KIND`, or at `rows`, which rules are written with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..ir import Node
from .indexing import gather, scatter_add, scatter_set
from .joining import CONCATENATE
from .movement import pad_node, permute, slice_node, update_node
from .order import along
from .primitives import broadcast, reshape_to
from .rows import (
    Rows,
    all_rows,
    behind_axes,
    each_row,
    in_front,
    indexed,
    on_rows,
    places,
    row_numbers,
)


def _broadcast(rows: Rows, node: Node, size: int) -> Node:
    (x,) = all_rows(rows, node.src, size)
    return broadcast(x, (size, *node.shape))


def _permute(rows: Rows, node: Node, size: int) -> Node:
    (x,) = all_rows(rows, node.src, size)
    return permute(x, (0, *[a + 1 for a in node.arg]))


def _reshape(rows: Rows, node: Node, size: int) -> Node:
    (x,) = all_rows(rows, node.src, size)
    return reshape_to(x, (size, *node.shape))


def _reduce(rows: Rows, node: Node, size: int) -> Node:
    return on_rows(node, all_rows(rows, node.src, size), tuple([a + 1 for a in node.arg]), size)


def _scan(rows: Rows, node: Node, size: int) -> Node:
    axis, reverse = node.arg
    return on_rows(node, all_rows(rows, node.src, size), (axis + 1, reverse), size)


def _gather(rows: Rows, node: Node, size: int) -> Node:
    x, *index = rows
    if node.arg is not None:
        return _along(rows, node, size)
    if all(i is None for i in index):
        assert x is not None
        count, ndim = len(index), node.src[1].ndim
        return in_front(gather(behind_axes(x, count), node.src[1:]), ndim)
    if x is None:
        return gather(node.src[0], all_rows(index, node.src[1:], size))
    return gather(x, indexed(index, node.src[1:], size))


def _along(rows: Rows, node: Node, size: int) -> Node:
    x, index = [
        reshape_to(s, (1, *s.shape)) if given is None else given
        for given, s in zip(rows, node.src, strict=True)
    ]
    return along(x, index, node.arg + 1)


# --- slices and writes, whose starts may differ ---------------------------------------------------


class _Window:
    """The part of arrays of the shape `whole` that a slice, a pad or an update is about, of the
    lengths `part`, where some starts differ from row to row.

    Along axes with one start for all rows it is a slice; of the others, `axes`, each has an index
    array. `order` brings rows and these axes to the front.
    """

    def __init__(
        self,
        starts: Rows,
        node: Node,
        whole: tuple[int, ...],
        part: tuple[int, ...],
        size: int,
    ) -> None:
        own = node.src[len(node.src) - len(starts) :]
        self.axes = [a for a, s in enumerate(starts) if s is not None]
        self.starts = [0, *[0 if a in self.axes else s for a, s in enumerate(own)]]
        self.steps = [1, *[1 if a in self.axes else s for a, s in enumerate(node.arg)]]
        cut = [n if a in self.axes else part[a] for a, n in enumerate(whole)]
        self.cut = (size, *cut)
        rest = [a for a in range(len(whole)) if a not in self.axes]
        self.order = (0, *[a + 1 for a in (*self.axes, *rest)])
        lengths = [part[a] for a in self.axes]
        shape = (size, *lengths)
        index = []
        for k, axis in enumerate(self.axes):
            start, n = starts[axis], lengths[k]
            assert start is not None
            first = reshape_to(start, (size,) + (1,) * len(lengths))
            steps = reshape_to(places(n), (n,) + (1,) * (len(lengths) - 1 - k))
            index.append(broadcast(first, shape) + broadcast(steps, shape) * node.arg[axis])
        self.index = [row_numbers(shape), *index]

    def fronted(self, x: Node) -> Node:
        return permute(x, self.order)

    def back(self, x: Node) -> Node:
        return permute(x, tuple([self.order.index(a) for a in range(x.ndim)]))


def _slice(rows: Rows, node: Node, size: int) -> Node:
    starts = rows[1:]
    (x,) = all_rows(rows[:1], node.src[:1], size)
    if all(s is None for s in starts):
        return _sliced(x, node, size)
    w = _Window(starts, node, node.src[0].shape, node.shape, size)
    x = slice_node(x, w.starts, w.steps, w.cut)
    return w.back(gather(w.fronted(x), w.index))


def _sliced(x: Node, node: Node, size: int) -> Node:
    """Of joined pieces, what is one of them is that piece: so are parts of what a loop leaves."""
    shape = (size, *node.shape)
    if x.op is CONCATENATE and all(s == 1 for s in node.arg):
        axis, begin = x.arg, 0
        for piece in x.src:
            start = node.src[axis]  # of the axis before, without that of rows
            if piece.shape == shape and start.op.kind == "const" and start.arg == begin:
                return piece
            begin += piece.shape[axis]
    return slice_node(x, (0, *node.src[1:]), (1, *node.arg), shape)


def _pad(rows: Rows, node: Node, size: int) -> Node:
    starts = rows[1:]
    (g,) = all_rows(rows[:1], node.src[:1], size)
    shape = (size, *node.shape)
    if all(s is None for s in starts):
        return pad_node(g, (0, *node.src[1:]), (1, *node.arg), shape)
    w = _Window(starts, node, node.shape, node.src[0].shape, size)
    whole = tuple([w.cut[a] for a in w.order])
    added = w.back(scatter_add(w.fronted(g), w.index, whole))
    return pad_node(added, w.starts, w.steps, shape)


def _update(rows: Rows, node: Node, size: int) -> Node:
    starts = rows[2:]
    x, new = all_rows(rows[:2], node.src[:2], size)
    if all(s is None for s in starts):
        return update_node(x, new, (0, *node.src[2:]), (1, *node.arg))
    w = _Window(starts, node, node.shape, node.src[1].shape, size)
    part = w.fronted(slice_node(x, w.starts, w.steps, w.cut))
    written = w.back(scatter_set(part, w.fronted(new), w.index))
    return update_node(x, written, w.starts, w.steps)


#: The rule of each kind of operations; of calls there is none for all.
BY_KIND: dict[str, Callable[[Sequence[Node | None], Node, int], Node]] = {
    "elementwise": each_row,
    "broadcast": _broadcast,
    "permute": _permute,
    "reshape": _reshape,
    "slice": _slice,
    "pad": _pad,
    "update": _update,
    "gather": _gather,
    "reduce": _reduce,
    "scan": _scan,
}
