"""Strip-mining of sums: those of float32 are taken in blocks.

The numbers of a block are summed in float32, and their sum is added to one of float64: vectors of
float32 have twice as many. A lane of them adds 64 values or less, about as many as NumPy adds below
its tree. Start at `in_blocks`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from ... import limits
from ..expressions import ZERO
from ..ir import Accumulate, Block, Expr, For, Let

if TYPE_CHECKING:
    from ..ir import Statement


def in_one_block(loop: For, sums: Mapping[str, str]) -> tuple[Statement, ...]:
    """`loop` as one block; `sums` maps the name of the sum of a block to that of the sum of all."""
    if not sums:
        return (loop,)
    starts = tuple([Let(part, ZERO) for part in sums])
    ends = tuple(
        [Accumulate(whole, Expr("{} + {}", (whole, part))) for part, whole in sums.items()]
    )
    return Block(starts), loop, Block(ends)


def in_blocks(loop: For, sums: Mapping[str, str]) -> tuple[For, ...]:
    """`loop` in blocks of so many iterations."""
    if not sums:
        return (loop,)
    block = str(limits.now.sum_block)
    stop = Expr("minimum({} + {}, {})", ("block", block, loop.stop))
    body = in_one_block(replace(loop, start="block", stop=stop), sums)
    return (For("block", loop.start, loop.stop, body, block),)
