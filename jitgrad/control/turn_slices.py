"""Slices by the number of the turn become elements of sequences.

``x[t]`` of an invariant `x` is read where it lies as a slice. Where a loop is written in blocks
(see `checkpoint`), the number of the turn is not known to the inner loop alone: then rows of `x`
are a sequence, which is cut in blocks like others, and whose cotangents are handed out. A slice of
a few rows is joined of as many sequences. Start at `with_sequences`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..ir import Node, leaf, substitute, toposort
from ..ops.joining import concatenate
from ..ops.movement import SLICE, permute, slice_node
from ..ops.primitives import reshape_to
from .affine import affine
from .body import TURN, Body

#: Rows of a slice, at most.
ROWS = 8


def with_sequences(body: Body, length: int, sources: Sequence[Node]) -> tuple[Body, list[Node]]:
    """`body` with sequences in the place of slices of invariants, and the sources of its loop of
    `length` turns."""
    new: dict[Node, Node] = {}
    given, parameters = [*sources], [*body.parameters]
    for node in toposort(body.results):
        known = _moving(node, body, length)
        if known is None:
            continue
        axis, first, step = known
        rows, x = [], sources[node.src[0].arg]
        for k in range(node.shape[axis]):
            row = _rows(x, node, axis, first + k * node.arg[axis], step, length)
            given.append(row)
            parameters.append(leaf(len(parameters), row.shape[1:], row.dtype))
            rows.append(reshape_to(parameters[-1], _one_row(node, axis)))
        new[node] = rows[0] if len(rows) == 1 else concatenate(rows, axis=axis)
    results = tuple(substitute(body.results, new))
    return replace(body, parameters=tuple(parameters), results=results), given


def _one_row(node: Node, axis: int) -> tuple[int, ...]:
    return (*node.shape[:axis], 1, *node.shape[axis + 1 :])


def _moving(node: Node, body: Body, length: int) -> tuple[int, int, int] | None:
    """The axis along which a slice of an invariant moves by the turn, where it begins, and by how
    much it moves; None for all else."""
    if node.op is not SLICE or node.src[0] not in body.parameters:
        return None
    if node.src[0].arg not in body.still:
        return None
    starts = [affine(s) for s in node.src[1:]]
    moving = [a for a, s in enumerate(starts) if s.terms]
    if len(moving) != 1:
        return None
    (axis,) = moving
    first, terms = starts[axis]
    rows, stride = node.shape[axis], node.arg[axis]
    if len(terms) != 1 or terms[0][0] is not TURN or rows > ROWS:
        return None
    step = terms[0][1]
    ends = [first + step * t + stride * k for t in (0, length - 1) for k in (0, rows - 1)]
    inside = min(ends) >= 0 and max(ends) < node.src[0].shape[axis]
    return (axis, first, step) if inside else None


def _rows(x: Node, node: Node, axis: int, first: int, step: int, length: int) -> Node:
    """What the slice `node` of `x` is in all turns, if it begins at `first` and has a row: along
    the first axis."""
    starts = [first if a == axis else s for a, s in enumerate(node.src[1:])]
    steps = [step if a == axis else s for a, s in enumerate(node.arg)]
    shape = [length if a == axis else n for a, n in enumerate(node.shape)]
    others = [a for a in range(node.ndim) if a != axis]
    return reshape_to(
        permute(slice_node(x, starts, steps, shape), (axis, *others)),
        (length, *[node.shape[a] for a in others]),
    )
