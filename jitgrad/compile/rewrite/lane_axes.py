"""The axis along which the body of a loop is elementwise, and the body for a few places of it.

A simulation of many trajectories at once computes each as if it were alone: there is an axis that
some arrays of a turn have, and along which nothing is added up, shifted or picked. The places along
it are *lanes*. All turns can be run for a few lanes, and then for the next, so what a turn computes
is small again, and lanes are shared among threads.

Axes that are elementwise with one another are of one class; an operation that mixes places along an
axis makes its class unfit. Start at `tile_of`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from ...control import Body
from ...ir.node import Node, leaf, toposort
from .. import limits

if TYPE_CHECKING:
    from collections.abc import Iterable

#: An axis of a node.
Place: TypeAlias = tuple[Node, int]
#: For each source of a node, which axis of the node each of its axes is elementwise with, or None.
Along: TypeAlias = list[tuple[int | None, ...]]


class Tile(NamedTuple):
    """The `body` for `width` of its `lanes`, with arrays of `points` elements at most; the axes
    of lanes of its `parameters` and `results`, or None for what is the same in all lanes."""

    body: Body
    lanes: int
    width: int
    points: int
    parameters: tuple[int | None, ...]
    results: tuple[int | None, ...]

    @property
    def tiles(self) -> int:
        return -(-self.lanes // self.width)


def tile_of(body: Body, roots: Sequence[Node]) -> Tile | None:
    """The body with the results `roots`, for as many lanes as make all of its arrays small; None
    where it has no lanes, or other arrays are large, too."""
    if body.condition is not None:
        return None
    order = toposort(roots)
    classes = AxisClasses(order)
    parameters = {n.arg: n for n in order if n.op.kind == "leaf"}
    for k in range(body.carries):
        if k in parameters:
            classes.join(parameters[k], roots[k], _same(roots[k]))
    for axes in classes.lanes():
        if _fits(order, axes):
            return _tiled(body, roots, order, axes)
    return None


def _fits(order: Iterable[Node], axes: Mapping[Node, int]) -> bool:
    """Whether the arrays of a turn are small for a few of the lanes that `axes` has."""
    now, computed = limits.now, [n for n in order if n.src]
    shared = [n.size for n in computed if n not in axes]
    parts = [n.size // n.shape[axes[n]] * now.lanes for n in order if n in axes]
    is_small = max(shared, default=0) <= now.literal_points and max(parts) <= now.lane_points
    # what all lanes share is computed again for each tile
    return is_small and sum(shared) <= sum(parts)


def _tiled(
    body: Body, roots: Sequence[Node], order: Sequence[Node], axes: Mapping[Node, int]
) -> Tile:
    count, width = next(n.shape[a] for n, a in axes.items()), limits.now.lanes
    new: dict[Node, Node] = {}
    for node in order:
        src, shape = tuple([new[s] for s in node.src]), list(node.shape)
        if node in axes:
            shape[axes[node]] = width
        new[node] = Node(node.op, src, node.arg, tuple(shape), node.dtype)
    read = {n.arg: n for n in order if n.op.kind == "leaf"}
    # a carried value that no turn reads is the result where there are no turns
    read = {**dict(enumerate(roots[: body.carries])), **read}
    parameters = [
        leaf(k, new[read[k]].shape, p.dtype) if k in read else p
        for k, p in enumerate(body.parameters)
    ]
    results = tuple([new[r] for r in roots])
    tile = Body(tuple(parameters), results, body.carries, body.invariants, body.reverse)
    of_parameters = [axes.get(read[k]) if k in read else None for k in range(len(parameters))]
    of_results = [axes.get(r) for r in roots]
    points = max(n.size for n in new.values())
    return Tile(tile, count, width, points, tuple(of_parameters), tuple(of_results))


class AxisClasses:
    """The classes of the axes of all nodes of `order` (sources first), and which of them are
    mixed."""

    def __init__(self, order: Sequence[Node]) -> None:
        self.order = order
        self._parents: dict[Place, Place] = {}
        self._mixed: set[Place] = set()
        for node in order:
            if node.src:
                self._add(node)

    def lanes(self) -> list[dict[Node, int]]:
        """The classes that are elementwise everywhere, each as the axis of it that each node has;
        first those of most elements."""
        mixed = {self._root(place) for place in self._mixed}
        found: dict[Place, dict[Node, int]] = {}
        for node in self.order:
            for axis, n in enumerate(node.shape):
                root = self._root((node, axis))
                if n == 1 or root in mixed:
                    continue
                known = found.setdefault(root, {})
                if node in known:
                    mixed.add(root)  # two axes of one array
                known[node] = axis
        few = limits.now.lanes
        fit = [
            axes
            for root, axes in found.items()
            if root not in mixed and root[0].shape[root[1]] >= few and any(n.src for n in axes)
        ]
        return sorted(fit, key=lambda axes: -sum(n.size for n in axes))

    def join(self, source: Node, node: Node, along: tuple[int | None, ...]) -> None:
        """Axes of `source` are elementwise with those of `node` that `along` has, and others
        mixed."""
        for axis, to in enumerate(along):
            if to is None:
                self._mixed.add((source, axis))
            else:
                self._parents[self._root((source, axis))] = self._root((node, to))

    def _root(self, place: Place) -> Place:
        parents = self._parents
        while (parent := parents.setdefault(place, place)) != place:
            parents[place] = place = parents[parent]
        return place

    def _add(self, node: Node) -> None:
        rule = _RULES.get(node.op.kind, _nothing)
        along = rule(node)
        for source, axes in zip(node.src, along, strict=True):
            self.join(source, node, axes)
        reached = {axis for axes in along for axis in axes}
        if node.op.kind != "broadcast":  # what is stretched is the same at all places
            self._mixed |= {(node, a) for a in range(node.ndim) if a not in reached}


# --- which axes are elementwise, by kind of operation ---------------------------------------------


def _same(node: Node) -> tuple[int | None, ...]:
    return tuple(range(node.ndim))


def _nothing(node: Node) -> Along:
    return [(None,) * s.ndim for s in node.src]


def _elementwise(node: Node) -> Along:
    return [_same(node) for _ in node.src]


def _stretched(node: Node) -> Along:
    return [_of_lengths(s, node) for s in node.src]


def _of_lengths(source: Node, node: Node) -> tuple[int | None, ...]:
    """Axes of the same lengths as those of `node`; other ones are stretched, or cut."""
    pairs = zip(source.shape, node.shape, strict=True)
    return tuple([a if n == m else None for a, (n, m) in enumerate(pairs)])


def _permute(node: Node) -> Along:
    return [tuple([node.arg.index(a) for a in range(node.ndim)])]


def _reshape(node: Node) -> Along:
    (x,) = node.src
    at = {(math.prod(node.shape[:a]), n): a for a, n in enumerate(node.shape) if n != 1}
    return [tuple([at.get((math.prod(x.shape[:a]), n)) for a, n in enumerate(x.shape)])]


def _whole(part: Node, whole: Node, steps: Sequence[int]) -> tuple[int | None, ...]:
    """The axes along which a part is everything."""
    pairs = zip(_of_lengths(part, whole), steps, strict=True)
    return tuple([a if step == 1 else None for a, step in pairs])


def _part(node: Node) -> Along:
    return [_whole(node.src[0], node, node.arg), *[() for _ in node.src[1:]]]


def _update(node: Node) -> Along:
    along = _whole(node.src[1], node, node.arg)
    return [along, along, *[() for _ in node.src[2:]]]


def _gather(node: Node) -> Along:
    x, *index = node.src
    if node.arg is not None:
        of_x = [a if axis != node.arg else None for axis, a in enumerate(_of_lengths(x, node))]
        return [tuple(of_x), _of_lengths(index[0], node)]
    lead, n = len(index), index[0].ndim
    behind = range(n, n + x.ndim - lead)
    return [(*[None] * lead, *behind), *[tuple(range(n)) for _ in index]]


def _reduce(node: Node) -> Along:
    kept = iter(range(node.ndim))
    return [tuple([None if a in node.arg else next(kept) for a in range(node.src[0].ndim)])]


def _scan(node: Node) -> Along:
    return [tuple([None if a == node.arg[0] else a for a in range(node.ndim)]) for _ in node.src]


_RULES: dict[str, Callable[[Node], Along]] = {
    "elementwise": _elementwise, "broadcast": _stretched, "permute": _permute,
    "reshape": _reshape, "slice": _part, "pad": _part, "update": _update, "gather": _gather,
    "reduce": _reduce, "scan": _scan,
}  # fmt: skip
