"""Concatenations of what a loop has handed out, in one piece.

Values that a program collects in a list are elements of what a loop hands out, each for itself;
where they are stacked, one after another, that is what was handed out. Start at `with_rows`.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..ir import CONST, Node, rebuilt, toposort
from ..ops.joining import CONCATENATE
from ..ops.movement import SLICE, permute, slice_node
from ..ops.primitives import reshape_to

#: The fewest operands of a concatenation, and in a row, that are one.
FEWEST = 6


def with_rows(roots: Sequence[Node]) -> list[Node]:
    """`roots` with one operand for those of a concatenation that are elements of one array, in
    their order."""
    order = toposort(list(roots))
    if not any(_is_long(n) for n in order):
        return list(roots)
    new: dict[Node, Node] = {}
    for n in order:
        src = tuple([new[s] for s in n.src])
        new[n] = _joined(n, src) if _is_long(n) else rebuilt(n, src)
    return [new[r] for r in roots]


def _is_long(node: Node) -> bool:
    return node.op is CONCATENATE and len(node.src) >= FEWEST


def _joined(node: Node, src: tuple[Node, ...]) -> Node:
    pieces: list[Node] = []
    k = 0
    while k < len(src):
        n = _in_a_row(src, k)
        if n < FEWEST:
            pieces.append(src[k])
            k += 1
        else:
            pieces.append(_piece(src[k], src[k + 1], n, node.arg))
            k += n
    if len(pieces) == 1:
        return pieces[0]
    return Node(CONCATENATE, tuple(pieces), node.arg, node.shape, node.dtype)


def _element(node: Node) -> tuple[Node, int] | None:
    """The array that a node is an element of, along its first axis, and which; None for others."""
    shape = node.shape
    while node.op.kind == "reshape":
        node = node.src[0]
    if node.op is not SLICE or node.shape[:1] != (1,):
        return None
    x, first, *others = node.src
    is_whole = node.shape[1:] == x.shape[1:] and all(s.op is CONST and s.arg == 0 for s in others)
    if not is_whole or first.op is not CONST or node.arg[1:] != (1,) * (x.ndim - 1) or not shape:
        return None
    return x, int(first.arg)


def _in_a_row(src: Sequence[Node], k: int) -> int:
    """How many operands from the k-th on are elements of one array, one after another."""
    if k + 1 == len(src):
        return 1
    first, second = _element(src[k]), _element(src[k + 1])
    if first is None or second is None or abs(second[1] - first[1]) != 1:
        return 1
    (x, i), step, n = first, second[1] - first[1], 1
    while k + n < len(src) and src[k + n].shape == src[k].shape:
        found = _element(src[k + n])
        if found is None or found[0] is not x or found[1] != i + n * step:
            break
        n += 1
    return n


def _piece(first: Node, second: Node, n: int, axis: int) -> Node:
    """`n` elements, of which these are the first ones, joined along an axis."""
    found, after = _element(first), _element(second)
    assert found is not None
    assert after is not None
    (x, i), step = found, after[1] - found[1]
    shape = first.shape
    return joined_rows(rows_of(x, i, step, n), shape, axis)


def rows_of(x: Node, first: int, step: int, n: int) -> Node:
    """``x[first::step]``, n rows."""
    if (first, step, n) == (0, 1, x.shape[0]):
        return x
    inner = x.shape[1:]
    starts, steps = (first, *[0] * len(inner)), (step, *[1] * len(inner))
    return slice_node(x, starts, steps, (n, *inner))


def joined_rows(rows: Node, shape: tuple[int, ...], axis: int) -> Node:
    """The concatenation of rows, each of this shape, along an axis."""
    n = rows.shape[0]
    rows = reshape_to(rows, (n, *shape))
    axes = (*range(1, axis + 1), 0, *range(axis + 1, rows.ndim))
    return reshape_to(permute(rows, axes), (*shape[:axis], n * shape[axis], *shape[axis + 1 :]))
