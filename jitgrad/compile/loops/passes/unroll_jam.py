"""Unroll-and-jam: several iterations of a loop side by side, in the loops within it.

A sum along a row ends with adding up the lanes of a vector, after what the row leaves behind whole
vectors; a sum over the rows reads and writes memory for each number it takes in. Both come once for
several rows where the innermost loop takes these together: what is accumulated in memory is in a
register meanwhile. Start at `unrolled_and_jammed`; which stages gain by it says `rows_together`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from ... import limits
from ..expressions import combination, identity_literal, joined
from ..ir import Accumulate, Block, Expr, For, Let, Prefetch, made, renamed, walk
from ..tiles import is_all_tiny

if TYPE_CHECKING:
    from ..ir import Statement
    from ..tiles import TileNest


def unrolled_and_jammed(
    loop: For, rows: int, share: str, fresh: Callable[[str], str]
) -> tuple[Let, For]:
    """`loop` with `rows` iterations at a time, as far as there are so many: up to `rest`, where it
    goes on one by one.

    `share` is the name of how many of `rows` are taken so, 0 for none; ``fresh(letter)`` makes a
    name."""
    own = {loop.var, *filter(None, map(made, walk(loop.body)))}
    own.update(
        s.place for s in walk(loop.body) if isinstance(s, Accumulate) and isinstance(s.place, str)
    )
    copies = [{name: f"{name}_{r}" for name in own} for r in range(rows)]
    numbers = [Let(f"{loop.var}_{r}", Expr("{} + {}", ("first", str(r)))) for r in range(rows)]
    span = Expr("{0} + ({1} - {0}) // {2} * {3}", (loop.start, loop.stop, str(rows), share))
    body = (*numbers, *_jammed(loop.body, copies, fresh))
    return Let("rest", span), For("first", loop.start, "rest", body, str(rows))


def _jammed(
    statements: Sequence[Statement], copies: Sequence[dict[str, str]], fresh: Callable[[str], str]
) -> list[Statement]:
    """A copy of each run of statements after the other; loops are jammed."""
    out: list[Statement] = []
    for kind, group in groupby(
        statements, lambda s: type(s) if isinstance(s, (For, Block)) else None
    ):
        run: list[Any] = list(group)
        if kind is For:
            out += [_jammed_loop(loop, copies, fresh) for loop in run]
        elif kind is Block:
            for block in run:
                out += [s for names in copies for s in renamed(block.body, names)]
        else:
            run.sort(key=lambda s: not isinstance(s, Prefetch))
            out += [s for names in copies for s in renamed(run, names)]
    return out


def _jammed_loop(loop: For, copies: Sequence[dict[str, str]], fresh: Callable[[str], str]) -> For:
    """A loop within: what its iterations accumulate in one element of memory is in a register for
    all copies."""
    before: list[Statement] = []
    after: list[Statement] = []
    body: list[Statement] = []
    for s in loop.body:
        if isinstance(s, Accumulate) and not isinstance(s.place, str):
            acc = fresh("acc")
            before.append(Let(acc, identity_literal(s.node)))
            after.append(Accumulate(s.place, joined(s.node, s.place, acc), s.node, acc))
            s = Accumulate(acc, combination(s.node, acc, s.operand), s.node, s.operand)
        body.append(s)
    return replace(loop, body=(*before, *_jammed(body, copies, fresh), *after))


def rows_together(stage: Any) -> int:
    """How many rows a stage takes together: 1 where that is not worth it, or not that simple, or
    where LLVM unrolls the loops."""
    nest = stage.nest
    if stage.values.fusion.literal or not _is_simple(nest) or stage.values.guards:
        return 1
    inner = [node for node, _, depth, is_load in nest.values if depth == nest.depth and not is_load]
    places = {nest.place_of(node) for node in nest.reductions}
    if sum(node.op.cost for node in inner) > limits.now.jammed_flops or places - {
        "register",
        "array",
    }:
        return 1
    return limits.now.jammed_sums if "register" in places else limits.now.jammed_rows


def _is_simple(nest: TileNest) -> bool:
    """Whether all that the nest leaves are sums, over rows of one loop that is not unrolled."""
    if (
        nest.column
        or nest.scan is not None
        or len(nest.loops) != nest.tile + 2
        or is_all_tiny(nest)
    ):
        return False
    return bool(nest.reductions) and all(node in nest.unstored for node in nest.maps)


def is_worth_it(stage: Any) -> bool:
    """Whether the rows of the stage are not so long that several were asked for in too large
    pieces."""
    nest = stage.nest
    moving = [
        node.dtype.itemsize for (node, _), a in nest.loads.items() if a.symbols[-1] is not None
    ]
    row = nest.loops[-1].size * max(moving, default=1)
    return not (
        (stage.registers.get(len(nest.loops) - 1) or stage.short) and row > limits.now.jammed_bytes
    )
