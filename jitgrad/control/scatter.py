"""What each turn adds to rows of its own becomes what the turns hand out.

The derivative of ``x[t]`` in turn t is a row of zeros but one, and a backward loop that carries the
sum of them goes over the whole sum in each turn. The rows of all turns, one after another, are that
sum. Start at `scattered`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ..ir import Node, leaf, substitute, toposort
from ..ops import REGISTRY
from ..ops.movement import pad_node, permute, slice_node
from ..ops.primitives import reshape_to
from .affine import affine
from .body import TURN, Body
from .loop_node import run_loop
from .replace import Parts, Replacement, SameLoop, counted_loops, replaced

_ADD = REGISTRY["add"].op


class OwnRows(NamedTuple):
    """The rows of a turn: the node `pad`, which starts along `axis` at ``first + step * t``."""

    pad: Node
    axis: int
    first: int
    step: int

    @property
    def height(self) -> int:
        """How many rows a turn has."""
        return self.pad.src[0].shape[self.axis]


def scattered(roots: Sequence[Node]) -> Sequence[Node]:
    """`roots` with loops that hand out what they add to rows of their own in each turn."""
    found = []
    for loop in counted_loops(toposort(roots)):
        sums = {k: rows for k in range(loop.body.carries) if (rows := _sum_of_rows(loop, k))}
        if sums:
            made = _Scattered(loop, sums)
            found.append(Replacement(loop.nodes, (loop.turns, *loop.sources), made.parts))
    return scattered(replaced(roots, found)) if found else roots


def _sum_of_rows(loop: SameLoop, k: int) -> list[OwnRows] | None:
    """What the turns add to carried value `k`, if that is nothing but rows, and read by nobody in
    the turns."""
    body = loop.body
    carried, node = body.parameters[k], body.results[k]
    found: list[OwnRows] = []
    while node is not carried:
        if node.op is not _ADD:
            return None
        for x, y in (node.src, node.src[::-1]):
            rows = _rows(y, loop.length or 0)
            if rows is not None:
                found.append(rows)
                node = x
                break
        else:
            return None
    others = [r for j, r in enumerate(body.results) if j != k] + [rows.pad for rows in found]
    return found if carried not in toposort(others) else None


def _rows(pad: Node, length: int) -> OwnRows | None:
    """`pad` as rows that no other turn has."""
    if pad.op.kind != "pad" or not length:
        return None
    starts = [affine(start) for start in pad.src[1:]]
    moving = [axis for axis, start in enumerate(starts) if start.terms]
    if len(moving) != 1 or [n for n, _ in starts[moving[0]].terms] != [TURN]:
        return None
    (axis,) = moving
    first, step = starts[axis].const, starts[axis].terms[0][1]
    count, last = pad.src[0].shape[axis], first + step * (length - 1)
    apart = count == 1 or (count == abs(step) and pad.arg[axis] == 1)
    within = min(first, last) >= 0 and max(first, last) + count <= pad.shape[axis]
    return OwnRows(pad, axis, first, step) if apart and within else None


class _Scattered:
    """The loop without the carried values of `sums`, each a list of rows by number."""

    def __init__(self, loop: SameLoop, sums: Mapping[int, list[OwnRows]]) -> None:
        self.loop, self.sums = loop, sums
        body = loop.body
        self.kept = [k for k in range(len(body.parameters)) if k not in sums]
        old = [body.parameters[k] for k in self.kept]
        parameters = tuple([leaf(j, p.shape, p.dtype) for j, p in enumerate(old)])
        results = [r for k, r in enumerate(body.results) if k not in sums]
        made = [rows.pad.src[0] for found in sums.values() for rows in found]
        new = substitute([*results, *made], dict(zip(old, parameters, strict=True)))
        carries = body.carries - len(sums)
        self.body = Body(parameters, tuple(new), carries, body.invariants, body.reverse)
        left = [k for k in range(len(body.results)) if k not in sums]
        self.place = {k: j for j, k in enumerate(left)}

    def parts(self, new: Mapping[Node, Node]) -> Parts:
        """The results of the loop over what `new` has for its sources."""
        loop = self.loop
        given = [new[loop.sources[k]] for k in self.kept]
        out = run_loop(self.body, loop.length, new[loop.turns], given)
        handed = iter(range(len(self.place), len(self.body.results)))
        sums = {}
        for k, found in self.sums.items():
            sums[k] = new[loop.sources[k]]
            for rows in found:
                sums[k] = sums[k] + _joined(rows, out[next(handed)])
        return lambda _, k: sums[k] if k in sums else out[self.place[k]]


def _joined(rows: OwnRows, handed: Node) -> Node:
    """The sum over all turns, of what these have `handed` out."""
    turns, *shape = handed.shape
    axis, first, step = rows.axis, rows.first, rows.step
    if step < 0:
        first += step * (turns - 1)
        last = (turns - 1, *[0] * len(shape))
        handed = slice_node(handed, last, (-1, *[1] * len(shape)), handed.shape)
    axes = (*range(1, axis + 1), 0, *range(axis + 1, handed.ndim))
    whole = (*shape[:axis], turns * shape[axis], *shape[axis + 1 :])
    x = reshape_to(permute(handed, axes), whole)
    starts = [affine(start).const for start in rows.pad.src[1:]]
    steps = list(rows.pad.arg)
    starts[axis] = first
    steps[axis] = abs(step) if rows.height == 1 else 1
    return pad_node(x, tuple(starts), tuple(steps), rows.pad.shape)
