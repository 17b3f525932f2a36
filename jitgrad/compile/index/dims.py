"""Symbolic dimensions: which axes of a program have one length, whatever the sizes are.

Kernels are shared by all shapes, so nothing in them may come from two lengths that happen to be
equal, or from one that happens to be 1. Each axis of each node has a *class*, an int: axes of one
class have one length for every shape of the program. The axes of operands of an elementwise
operation are of one class; a slice, a pad or a call makes a new one. `UNIT` is the class of axes
that the program itself made: new axes, and reduced ones that were kept. A leaf's axis of length 1
is an axis like any other.

An error here costs speed or another kernel, never a value: axes are joined only where their lengths
are equal. Start at `Axes`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...ir.shapes import keep_axes
from .duplicates import UNIT, with_duplicates

if TYPE_CHECKING:
    from ...ir.node import Node


class Axes:
    """The classes of the axes of the nodes in `order` (sources first): ``of[node]``, one per axis,
    no two the same."""

    def __init__(self, order: Sequence[Node]) -> None:
        self._parents = [UNIT]
        # classes of stretched 0-d values: interned, so one node may stand for unrelated axes
        self._free: set[int] = set()
        self._made: dict[tuple, int] = {}
        self._stretched = _stretched(order)
        # squeezing reshape -> for each axis of its source the axis of the result, or None
        self.targets: dict[Node, tuple[int | None, ...]] = {}
        # set of classes -> the order in which loops over them are numbered
        self._orders: dict[frozenset[int], tuple[int, ...]] = {}
        self.of: Mapping[Node, tuple[int, ...]] = {}
        for node in order:
            self.of[node] = _RULES[node.op.kind](self, node)
        self.of = {
            node: tuple([self._root(c) for c in classes]) for node, classes in self.of.items()
        }
        self.of = with_duplicates(order, self.of, self.targets)

    def space(self, node: Node) -> tuple[tuple[int, ...], ...]:
        """The loop space of `node`, (classes, lengths): its axes but those of class UNIT; () only
        for 0-d values.

        Nodes with the same axes in another order share their space: it has the order of the first
        one asked for."""
        long = {c: n for c, n in zip(self.of[node], node.shape, strict=True) if c != UNIT}
        if not long and node.ndim:
            return (UNIT,), (1,)
        classes = self.loops(node)
        return classes, tuple([long[c] for c in classes])

    def loops(self, node: Node) -> tuple[int, ...]:
        """The classes of the loops over `node`, in the order of its space."""
        classes = tuple([c for c in self.of[node] if c != UNIT])
        return self._orders.setdefault(frozenset(classes), classes)

    # ------------------------------------------------------------------ classes

    def _new(self) -> int:
        self._parents.append(len(self._parents))
        return len(self._parents) - 1

    def _root(self, c: int) -> int:
        parents = self._parents
        while parents[c] != c:
            parents[c] = c = parents[parents[c]]  # halves the way for those who come later
        return c

    def _join(self, classes: Sequence[int]) -> int:
        first, *others = [self._root(c) for c in classes]
        for c in others:
            self._parents[c] = first
        return first

    def _once(self, *key: Any) -> int:
        """The class of `key`: the same part of the same axis."""
        if key not in self._made:
            self._made[key] = self._new()
        return self._made[key]

    # ------------------------------------------------------------------ rules, by kind of operation

    def _fresh(self, node: Node) -> tuple[int, ...]:
        return tuple([self._new() for _ in node.shape])

    def _elementwise(self, node: Node) -> tuple[int, ...]:
        return self._shared([self.of[s] for s in node.src])

    def _shared(self, operands: Sequence[Sequence[int | None]]) -> tuple[int, ...]:
        """The classes of axes of which each is one of every operand; None stands for one that is
        stretched."""
        out = []
        for classes in zip(*operands, strict=True):
            named = [c for c in classes if c]
            bound = [c for c in named if c not in self._free]
            out.append(self._join(bound) if bound else named[0] if named else UNIT)
        return tuple(out)

    def _gather(self, node: Node) -> tuple[int, ...]:
        x, *index = node.src
        if node.arg is None:
            return self._shared([self.of[i] for i in index]) + self.of[x][len(index) :]
        whole: list[tuple[int | None, ...]]
        whole = [(*self.of[x][: node.arg], None, *self.of[x][node.arg + 1 :]), self.of[index[0]]]
        sizes = [s.shape for s in node.src]
        parts = zip(whole, sizes, strict=True)
        return self._shared(
            [[c if n == m else None for c, n, m in zip(*p, node.shape, strict=True)] for p in parts]
        )

    def _broadcast(self, node: Node) -> tuple[int, ...]:
        (x,) = node.src
        free = not any(self.of[x])
        out = []
        for c, n, full in zip(self.of[x], x.shape, node.shape, strict=True):
            if n != full:
                c = self._new()
                if free:
                    self._free.add(c)
            out.append(c)
        return tuple(out)

    def _permute(self, node: Node) -> tuple[int, ...]:
        return tuple([self.of[node.src[0]][a] for a in node.arg])

    def _reshape(self, node: Node) -> tuple[int, ...]:
        (x,) = node.src
        known = self.of[x]
        if not squeezes(node):
            return tuple([self._once("reshape", known, node.shape, a) for a in range(node.ndim)])
        self.targets[node] = targets = _aligned(node, known, self._stretched.get(node, ()))
        out = [UNIT] * node.ndim
        for c, target in zip(known, targets, strict=True):
            if target is not None:
                out[target] = c
        return tuple(out)

    def _slice(self, node: Node) -> tuple[int, ...]:
        sizes = zip(node.shape, node.src[0].shape, strict=True)
        whole = [n == full and step == 1 for (n, full), step in zip(sizes, node.arg, strict=True)]
        return self._parts(node, whole, node.shape)

    def _pad(self, node: Node) -> tuple[int, ...]:
        sizes = zip(node.src[0].shape, node.shape, node.src[1:], node.arg, strict=True)
        return self._parts(
            node, [is_whole(start, step, n, full) for n, full, start, step in sizes], node.shape
        )

    def _parts(self, node: Node, whole: Sequence[bool], shape: tuple[int, ...]) -> tuple[int, ...]:
        axes = zip(self.of[node.src[0]], whole, node.src[1:], node.arg, shape, strict=True)
        out = []
        for c, same, start, step, n in axes:
            if same:
                out.append(c)
            elif start.op.kind == "const" and (c == UNIT or c in self._free):
                out.append(self._new())
            else:
                out.append(self._once(node.op.kind, c, start, step, n))
        return tuple(out)

    def _reduce(self, node: Node) -> tuple[int, ...]:
        return tuple([c for axis, c in enumerate(self.of[node.src[0]]) if axis not in node.arg])


def is_whole(start: Node, step: int, length: int, full: int) -> bool:
    """Whether a pad adds nothing along an axis."""
    return start.op.kind == "const" and start.arg == 0 and step == 1 and length == full


def squeezes(node: Node) -> bool:
    """Whether the reshape `node` only inserts or removes axes of length 1."""
    return [n for n in node.shape if n != 1] == [n for n in node.src[0].shape if n != 1]


def _stretched(order: Sequence[Node]) -> dict[Node, set[int]]:
    """For each reshape the axes that a broadcast stretches: these are new."""
    out: dict[Node, set[int]] = {}
    for node in order:
        if node.op.kind == "broadcast" and node.src[0].op.kind == "reshape":
            axes = [
                a
                for a, (n, m) in enumerate(zip(node.src[0].shape, node.shape, strict=True))
                if n != m
            ]
            out.setdefault(node.src[0], set()).update(axes)
    return out


def _aligned(
    node: Node, classes: tuple[int, ...], stretched: Collection[int]
) -> tuple[int | None, ...]:
    """For each axis of the source of the squeezing reshape `node` the axis it becomes, or None.

    Which of several axes of length 1 is new is not known: those a broadcast stretches, those a
    reduction dropped, and those further left, as NumPy's broadcasting puts them."""
    (x,) = node.src
    new = set(stretched)
    if x.op.kind == "reduce" and node.shape == keep_axes(x.src[0].shape, x.arg):
        new.update(x.arg)
    targets: list[int | None] = [None] * x.ndim
    (ones, longs), (new_ones, new_longs) = _ones(x.shape), _ones(node.shape)
    for source, target in zip(longs, new_longs, strict=True):
        targets[source] = target
    for sources, places in zip(ones, new_ones, strict=True):
        sources = [s for s in sources if classes[s] != UNIT]
        places = [p for p in places if p not in new]
        for source, place in zip(reversed(sources), reversed(places), strict=False):
            targets[source] = place
    return tuple(targets)


def _ones(shape: tuple[int, ...]) -> tuple[list[list[int]], list[int]]:
    """The axes of length 1 before each longer axis (and after the last), and the longer axes."""
    ones: list[list[int]] = [[]]
    longs: list[int] = []
    for axis, n in enumerate(shape):
        if n == 1:
            ones[-1].append(axis)
        else:
            longs.append(axis)
            ones.append([])
    return ones, longs


_RULES = {
    "leaf": Axes._fresh,
    "call": Axes._fresh,
    "gather": Axes._gather,
    "number": Axes._fresh,
    "const": Axes._fresh,
    "scan": Axes._elementwise,
    "elementwise": Axes._elementwise,
    "broadcast": Axes._broadcast,
    "permute": Axes._permute,
    "reshape": Axes._reshape,
    "slice": Axes._slice,
    "pad": Axes._pad,
    "reduce": Axes._reduce,
}
