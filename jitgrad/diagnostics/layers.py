"""Where boxes of a picture stand: in layers from top to bottom, as Sugiyama, Tagawa and Toda (1981)
have it.

A box is below all that it reads. Long arrows get a place in each layer that they pass. The order in
a layer is by the mean place of neighbours, sweep by sweep; then boxes move towards their
neighbours as far as others let them. Start at `layered`.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

#: Space between boxes of a layer, and between layers; sweeps that order and move them.
ACROSS, DOWN, SWEEPS = 18.0, 34.0, 8
#: The width of the place of an arrow that passes.
PASSAGE = 8.0

Size = tuple[float, float]


class Centre(NamedTuple):
    """The centre of a box."""

    x: float
    y: float


@dataclass
class Layout:
    """Where boxes are, from (0, 0) on, where arrows pass (the upper and the lower edge of each
    layer), and the size of the whole."""

    places: dict[Any, Centre]
    passages: dict[tuple[Any, Any], list[Centre]]
    size: Size


class _Passage(NamedTuple):
    """Where an arrow passes a layer."""

    arrow: tuple[Any, Any]
    layer: int


class Port(NamedTuple):
    """Where arrows of a box pass the upper or lower edge of what is laid out."""

    box: Any
    is_upper: bool


def layered(sizes: Mapping[Any, Size], arrows: Sequence[tuple[Any, Any]]) -> Layout:
    """Where boxes of these sizes stand, that `arrows` connect; a `Port` has no size, and stands in
    the first or last layer.

    Parameters
    ----------
    sizes : dict of hashable to (float, float)
    arrows : sequence of pairs of keys of `sizes`

    Returns
    -------
    Layout
    """
    arrows = [(a, b) for a, b in dict.fromkeys(arrows) if a != b]
    depth = _depths(list(sizes), arrows)
    arrows = [(a, b) for a, b in arrows if depth[a] < depth[b]]
    rows: list[list[Any]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for box in sizes:
        rows[depth[box]].append(box)
    steps, passing = _with_passages(rows, arrows, depth)
    wide = {p: (PASSAGE, 0.0) for row in rows for p in row if type(p) is _Passage}
    all_sizes: dict[Any, Size] = {**sizes, **wide}
    _order(rows, steps)
    across = _across(rows, steps, all_sizes)
    left = min((x - all_sizes[b][0] / 2 for b, x in across.items()), default=0.0)
    width = max((x + all_sizes[b][0] / 2 - left for b, x in across.items()), default=0.0)
    places, edges, height = _down(rows, across, left, all_sizes)
    passages = {
        arrow: [Centre(places[p].x, y) for p in passed for y in edges[p]]
        for arrow, passed in passing.items()
    }
    return Layout({b: places[b] for b in sizes}, passages, (width, height))


def _down(
    rows: Sequence[Sequence[Any]],
    across: Mapping[Any, float],
    left: float,
    sizes: Mapping[Any, Size],
) -> tuple[dict[Any, Centre], dict[Any, tuple[float, float]], float]:
    """Centres of boxes, the upper and lower edge of their layer, and the height of all."""
    places: dict[Any, Centre] = {}
    edges: dict[Any, tuple[float, float]] = {}
    top = 0.0
    for row in rows:
        height = max((sizes[b][1] for b in row), default=0.0)
        places.update({b: Centre(across[b] - left, top + height / 2) for b in row})
        edges.update(dict.fromkeys(row, (top, top + height)))
        top += height + DOWN
    return places, edges, max(top - DOWN, 0.0)


def _depths(boxes: Sequence[Any], arrows: Sequence[tuple[Any, Any]]) -> dict[Any, int]:
    """The layer of each box: one below the lowest that it reads; and inputs right above the first
    that reads them."""
    reads = _by(arrows, 1)
    depth: dict[Any, int] = {}
    for box in boxes:
        stack = [box]
        opened: set[Hashable] = set()
        while stack:
            b = stack[-1]
            todo = [s for s in reads.get(b, ()) if s not in depth and s not in opened]
            if todo and b not in depth:
                opened.add(b)
                stack += todo
                continue
            depth.setdefault(b, max((depth.get(s, -1) for s in reads.get(b, ())), default=-1) + 1)
            stack.pop()
    readers = _by(arrows, 0)
    last = max(depth.values(), default=0)
    for box in boxes:
        if type(box) is Port:
            depth[box] = 0 if box.is_upper else last
        elif not reads.get(box) and readers.get(box):
            depth[box] = max(0, min(depth[r] for r in readers[box]) - 1)
    return depth


def _by(arrows: Sequence[tuple[Any, Any]], end: int) -> dict[Any, list[Any]]:
    """The other ends of arrows, by this end."""
    out: dict[Any, list[Any]] = {}
    for arrow in arrows:
        out.setdefault(arrow[end], []).append(arrow[1 - end])
    return out


def _with_passages(
    rows: list[list[Any]], arrows: Sequence[tuple[Any, Any]], depth: Mapping[Any, int]
) -> tuple[list[tuple[Any, Any]], dict[tuple[Any, Any], list[_Passage]]]:
    """Arrows from one layer to the next, and what each of `arrows` passes."""
    steps: list[tuple[Any, Any]] = []
    passing: dict[tuple[Any, Any], list[_Passage]] = {}
    for arrow in arrows:
        a, b = arrow
        passed = passing[arrow] = [_Passage(arrow, k) for k in range(depth[a] + 1, depth[b])]
        for p in passed:
            rows[p.layer].append(p)
        chain = [a, *passed, b]
        steps += itertools.pairwise(chain)
    return steps, passing


def _order(rows: list[list[Any]], steps: Sequence[tuple[Any, Any]]) -> None:
    """Sorts each row by where its neighbours are."""
    above, below = _by(steps, 1), _by(steps, 0)
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        for row in rows if down else rows[::-1]:
            near = above if down else below
            at = _positions(rows)
            key = {b: _mean([at[n] for n in near.get(b, ())], at[b]) for b in row}
            row.sort(key=key.__getitem__)


def _positions(rows: Sequence[Sequence[Any]]) -> dict[Any, float]:
    """Where each box is in its row, from 0 to 1."""
    return {b: (k + 0.5) / len(row) for row in rows for k, b in enumerate(row)}


def _mean(values: Sequence[float], default: float) -> float:
    return sum(values) / len(values) if values else default


def _across(
    rows: Sequence[Sequence[Any]], steps: Sequence[tuple[Any, Any]], sizes: Mapping[Any, Size]
) -> dict[Any, float]:
    """The centre of each box, from left to right."""
    above, below = _by(steps, 1), _by(steps, 0)
    x: dict[Any, float] = {}
    for row in rows:
        left = 0.0
        for b in row:
            x[b] = left + sizes[b][0] / 2
            left += sizes[b][0] + ACROSS
        for b in row:
            x[b] -= left / 2
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        for row in rows if down else rows[::-1]:
            near = above if down else below
            wanted = [_mean([x[n] for n in near.get(b, ())], x[b]) for b in row]
            x.update(zip(row, _apart(row, wanted, sizes), strict=True))
    return x


def _apart(row: Sequence[Any], wanted: Sequence[float], sizes: Mapping[Any, Size]) -> list[float]:
    """Centres as near to those `wanted` as the order and the space between boxes allow: boxes that
    would overlap stand side by side about their mean."""
    blocks: list[list[Any]] = []  # [sum of the offsets that are wanted, boxes, width, first]
    for k, b in enumerate(row):
        width = sizes[b][0] + ACROSS
        blocks.append([wanted[k] - width / 2, 1, width, k])
        while len(blocks) > 1 and _start(blocks[-2]) + blocks[-2][2] > _start(blocks[-1]):
            total, count, width, _ = blocks.pop()
            last = blocks[-1]
            last[0] += total - count * last[2]
            last[1] += count
            last[2] += width
    out = []
    for block, after in zip(blocks, [*blocks[1:], None], strict=True):
        left = _start(block)
        for b in row[block[3] : len(row) if after is None else after[3]]:
            out.append(left + (sizes[b][0] + ACROSS) / 2)
            left += sizes[b][0] + ACROSS
    return out


def _start(block: Sequence[Any]) -> float:
    return block[0] / block[1]
