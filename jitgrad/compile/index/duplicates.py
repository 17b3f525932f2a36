"""Symbolic dimensions as numbers, and how two axes of one dimension in one node are distinguished.

A loop space has each class once. Where one occurs twice in a node (``p[:, None] - p[None]``, ``a +
a.T``), its axes are *duplicates*: classes of the same length, distinguished by a number. The number
goes from operand to result, so it says along which loop a value is made: the sum over the rows of a
square has the duplicate of its columns, and who reads it in the loop over the rows is seen to read
another point than where it was made. Where operands disagree (``a + a.T``), the result has the
numbers of one of them, and the other is read transposed; operands that are broadcast along an axis
do not count.

What is decided here costs a kernel more or less, never a value, but for one thing: a reduction
keeps the duplicates of its operand, in whose loops it is made. Start at `with_duplicates`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...ir.node import Node


UNIT = 0  #: the class of axes that the program itself made
_DUPLICATES = 1 << 32  # more than there are classes


#: For each of some operands the numbers that it has for the axes of a node, or None.
Offers = Sequence[Sequence[int | None]]


def duplicate(c: int, number: int) -> int:
    """The class for those axes of the class `c` that have `number`; `c` itself is number 0."""
    return c + number * _DUPLICATES


def common(c: int) -> int:
    """The class that `c` is a duplicate of: axes of the same length for every shape have the same
    one."""
    return c if c < _DUPLICATES else c % _DUPLICATES


def with_duplicates(
    order: Sequence[Node],
    of: Mapping[Node, tuple[int, ...]],
    targets: Mapping[Node, tuple[int | None, ...]],
) -> Mapping[Node, tuple[int, ...]]:
    """`of` (node -> the classes of its axes) with duplicates for classes that occur more than once
    in a node."""
    named = [[c for c in classes if c != UNIT] for classes in of.values()]
    if all(len(set(classes)) == len(classes) for classes in named):
        return of
    numbers: dict[Node, list[int]] = {}  # the number of each axis
    loose: dict[Node, set[int]] = {}  # the axes along which a node is only stretched
    out = {}
    for node in order:
        if (
            node.op.kind == "reduce"
        ):  # made in the loops of its operand: it has their numbers, whatever they are
            offers: Offers = [[numbers[node.src[0]][a] for a in _ORIGINS["reduce"](node, targets)]]
        else:
            offers = _offers(node, of, numbers, loose, targets)
        found = numbers[node] = _chosen(of[node], offers)
        out[node] = tuple([duplicate(c, k) for c, k in zip(of[node], found, strict=True)])
        loose[node] = {
            a for a in range(node.ndim) if offers and all(offer[a] is None for offer in offers)
        }
    return out


def _offers(
    node: Node,
    of: Mapping[Node, tuple[int, ...]],
    numbers: Mapping[Node, list[int]],
    loose: Mapping[Node, set[int]],
    targets: Mapping[Node, tuple[int | None, ...]],
) -> Offers:
    """Lists of the numbers that operands have for the axes of `node`, the one that knows most
    first."""
    own = {
        s: [None if a in loose[s] or c == UNIT else numbers[s][a] for a, c in enumerate(of[s])]
        for s in node.src
    }
    if node.op.kind in ("elementwise", "scan"):
        return sorted(own.values(), key=lambda offer: offer.count(None))
    if node.op.kind not in _ORIGINS or (node.op.kind == "reshape" and node not in targets):
        return []
    known = own[node.src[0]]
    return [[None if a is None else known[a] for a in _ORIGINS[node.op.kind](node, targets)]]


def _chosen(classes: tuple[int, ...], offers: Offers) -> list[Any]:
    """A number for each axis, distinct within a class: one that is offered, if it is free, else the
    first that is."""
    out, taken = [0 if c == UNIT else None for c in classes], set()
    first_free = [[k] * len(classes) for k in range(len(classes))]
    numbers: Sequence[int | None]
    for numbers in (*offers, *first_free):
        for axis, (c, k) in enumerate(zip(classes, numbers, strict=True)):
            if out[axis] is None and k is not None and (c, k) not in taken:
                out[axis] = k
                taken.add((c, k))
    return out


def _unstretched(node: Node, targets: Mapping[Node, tuple[int | None, ...]]) -> list[int | None]:
    sizes = zip(node.src[0].shape, node.shape, strict=True)
    return [axis if n == full else None for axis, (n, full) in enumerate(sizes)]


def _reshaped(node: Node, targets: Mapping[Node, tuple[int | None, ...]]) -> list[int | None]:
    places = targets[node]
    return [places.index(axis) if axis in places else None for axis in range(node.ndim)]


#: kind of operation -> for each axis of the result the axis of the operand that it is, or None
_ORIGINS = {
    "broadcast": _unstretched,
    "permute": lambda node, targets: node.arg,
    "reshape": _reshaped,
    "slice": lambda node, targets: range(node.ndim),
    "pad": lambda node, targets: range(node.ndim),
    "reduce": lambda node, targets: [a for a in range(node.src[0].ndim) if a not in node.arg],
}
