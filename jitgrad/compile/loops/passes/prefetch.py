"""Software prefetch: a stage asks for the rows of memory that it reads later.

A loop that adds up a row, and what a tile does with such sums, let the processor wait for memory:
its own prefetching does little across the ends of short rows, and pauses between the tiles. So the
first stage that reads an array row by row asks for the row that comes some kilobytes later. Start
at `prefetches`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ... import limits
from ..ir import Expr, Prefetch
from ..nest import is_contiguous
from ..tiles import is_fetched, tiny

if TYPE_CHECKING:
    from ....ir.node import Node
    from ..ir import Operand
    from ..nest import Access
    from ..stage_values import StageValues
    from ..tiles import TileNest


def prefetches(values: StageValues, fetched: set[Node]) -> Iterator[Prefetch]:
    """A statement for each array that the stage reads row by row, and that is not `fetched` by one
    before it."""
    nest, args = values.nest, values.args
    last = len(nest.loops) - 1
    if values.fusion.literal:  # sizes are part of the kernel: they are small
        return
    if nest.column or nest.interleaved or last == nest.tile or nest.loops[last] in tiny(nest):
        return
    for (node, _), a in nest.loads.items():
        base = values.buffer(node)
        if (
            base in fetched
            or base in args.local
            or base in args.made
            or not _is_row_by_row(a, nest, last)
        ):
            continue
        fetched.add(base)
        size, n = node.dtype.itemsize, nest.loops[last].size
        wanted = is_fetched(n * size) and base.size * size >= limits.now.prefetched_array
        count = args.size(n if wanted else 0)
        ahead = args.size(
            -(-limits.now.prefetched_ahead // max(1, abs(a.strides[nest.tile]) * size))
        )
        loops: list[Operand] = [*values.loops[:-1], "0"]
        loops[nest.tile] = Expr("({} + {})", ("t", ahead))
        place = values.address(a, loops)
        yield Prefetch(args.array(base, "array"), place, count)


def _is_row_by_row(a: Access, nest: TileNest, last: int) -> bool:
    if a.guards or a.valid or a.lookups or a.symbols[nest.tile] is None:
        return False
    along = a.symbols[last]
    return along is not None and is_contiguous(along) and along.step > 0
