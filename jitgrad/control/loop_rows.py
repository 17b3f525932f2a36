"""The batching rule of the loop node: one loop for many rows, whose body is that of a turn in all
rows at once.

Which carried values differ from row to row is found by following the body until nothing is added.
Where rows have numbers of turns of their own (a condition, or a branch that some rows take), the
loop goes on until no row does. Rows that have ended keep their values: each turn selects, its
operands as well as its results. The first is for derivatives, since what a turn computes of a row
that has ended may be nan, and so is 0 times its slope; and where a turn could raise an error or
not end there, it gets the operands of a row that goes on. Start at `batch_loop`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from ..autodiff import batch
from ..base.dtypes import INT64
from ..ir import Node, const, leaf, substitute, toposort
from ..ops import REGISTRY
from ..ops.host import HOST
from ..ops.indexing import IN_BOUNDS, SOME, gather
from ..ops.marks import stop
from ..ops.primitives import broadcast, reshape_to, zeros
from ..ops.rows import Rows, in_front, same_rows
from .body import TURN, Body
from .loop_node import LOOP, numbered, run_loop

_where, _any, _max, _first = (REGISTRY[name] for name in ("where", "any", "max", "argmax"))


def batch_loop(rows: Rows, node: Node, size: int) -> Node:
    """The value of a loop node for `size` rows."""
    body, length, results = node.arg
    turns, *sources = node.src
    counts, *given = rows
    ends = None if counts is None else leaf("counts", (size,), INT64)
    given_at = {k for k, x in enumerate(given) if x is not None}
    differs = _differing(body, given_at, ends is not None, size)
    of_rows, differing = _body_of_rows(body, differs, ends, size)
    if counts is not None:
        counts = reshape_to(counts, (size,))
        turns = _max(counts, None) if size else const(0)
    read = [
        _source(body, k, x, given[k], size) if k in differs else x for k, x in enumerate(sources)
    ]
    if counts is not None:
        read.insert(body.moving.start, counts)
    out = run_loop(of_rows, length, turns, read, results)
    parts = []
    for k in results:
        if k not in differing:
            x = same_rows(out[k], size)
        else:
            x = out[k] if k < body.carries else in_front(out[k], 1)
        parts.append(reshape_to(x, (size, math.prod(x.shape[1:]))))
    return REGISTRY["concatenate"](parts, axis=1) if len(parts) > 1 else parts[0]


def _source(body: Body, k: int, x: Node, rows: Node | None, size: int) -> Node:
    """The source `k` of the loop for rows: a carried value that differs after a turn, or what is
    given for them, sequences with the axis of turns in front."""
    shape = body.parameters[k].shape
    if rows is None:
        return same_rows(reshape_to(x, shape), size)
    if k in body.moving:
        return reshape_to(in_front(rows, 1), (rows.shape[1], size, *shape))
    return reshape_to(rows, (size, *shape))


def _marks(body: Body, differs: Iterable[int], size: int) -> dict[Node, Node]:
    """For the parameters that differ, leaves that stand for all rows of them."""
    parameters = [body.parameters[k] for k in sorted(differs)]
    return {p: leaf(("rows", p.arg), (size, *p.shape), p.dtype) for p in parameters}


def _differing(body: Body, differs: set[int], ends: bool, size: int) -> set[int]:
    """The numbers of the parameters that differ from row to row: those in `differs`, carried values
    that depend on them, and all of these where rows end by themselves."""
    while True:
        out = batch(body.roots, _marks(body, differs, size), size)
        by_itself = ends or (body.condition is not None and out[-1] is not None)
        carried = range(body.carries)
        now = differs | {k for k in carried if by_itself or out[k] is not None}
        if now == differs:
            return differs
        differs = now


def _body_of_rows(
    body: Body, differs: set[int], ends: Node | None, size: int
) -> tuple[Body, set[int]]:
    """The body of a turn in all rows, and the numbers of its results that differ; `ends` is a leaf
    for the numbers of turns of the rows, where they have some of their own."""
    marks = _marks(body, differs, size)
    goes_on, condition = _going_on(body, marks, ends, size)
    read = marks if goes_on is None else _of_rows_going_on(body, marks, goes_on)
    out = batch(body.results, read, size)
    differing = {
        k
        for k, x in enumerate(out)
        if x is not None or goes_on is not None or (k in differs and k < body.carries)
    }
    results = [*body.results]
    for k in differing:
        x = out[k]
        results[k] = x = same_rows(body.results[k], size) if x is None else x
        if goes_on is not None:
            before = marks[body.parameters[k]] if k < body.carries else zeros(x)
            results[k] = _selected(goes_on, x, before)
    return _with_marks(body, marks, ends, results, condition), differing


def _going_on(
    body: Body, marks: Mapping[Node, Node], ends: Node | None, size: int
) -> tuple[Node | None, Node | None]:
    """Which rows have a turn, None if all have; and the condition of the loop for all rows."""
    condition, rows = body.condition, None
    if condition is not None:
        (rows,) = batch([condition], marks, size)
    if ends is not None:
        within = broadcast(TURN, (size,)) < ends
        rows = within if condition is None else within & (rows or broadcast(condition, (size,)))
    if rows is None or condition is None:
        return rows, condition
    return rows, _any(rows, None)


def _selected(goes_on: Node, x: Node, y: Node) -> Node:
    """`x` in rows that go on, `y` in others."""
    rows = reshape_to(goes_on, goes_on.shape + (1,) * (x.ndim - 1))
    return _where(broadcast(rows, x.shape), x, y)


def _of_rows_going_on(body: Body, marks: Mapping[Node, Node], goes_on: Node) -> dict[Node, Node]:
    """What a turn reads in the place of `marks`, so that no derivative leads to rows that have
    ended."""
    careful = any(n.op in (IN_BOUNDS, SOME, HOST, LOOP) for n in toposort(body.results))
    if not careful or not goes_on.size:
        return {p: _selected(goes_on, x, stop(x)) for p, x in marks.items()}
    first = reshape_to(_first(goes_on, None), (1,))
    return {
        p: _selected(goes_on, x, broadcast(stop(gather(x, (first,))), x.shape))
        for p, x in marks.items()
    }


def _with_marks(
    body: Body,
    marks: Mapping[Node, Node],
    ends: Node | None,
    results: Sequence[Node],
    condition: Node | None,
) -> Body:
    """The body whose parameters stand for rows where there are `marks`, with `ends` as one more
    invariant."""
    old = [marks.get(p, p) for p in body.parameters]
    if ends is not None:
        old.insert(body.moving.start, ends)
    parameters = numbered(old)
    roots = substitute(
        [*results, *([] if condition is None else [condition])],
        dict(zip(old, parameters, strict=True)),
    )
    condition = None if condition is None else roots.pop()
    still = body.invariants + (ends is not None)
    return Body(parameters, tuple(roots), body.carries, still, body.reverse, condition)


LOOP.batch = batch_loop
