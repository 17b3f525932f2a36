"""The blocked scan: a scan over everything runs twice over its blocks, in parallel both times.

First each block leaves its *totals* (`Op.totals`; `Totals`), from the identity. The plan joins them
in order to what each block goes on from, its *carry* (`Op.join`), from which the second kernel
makes the results (`Blocks`).

A chunk is several blocks, which are interleaved (`passes.lanes`); a scan of one chunk runs once.
Blocks depend on the sizes only, so results do not depend on the number of threads.

Start at `BlockedScan.statements`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from ...base.dtypes import FLOAT64
from ...ir import Op
from .. import limits
from ..kernel import Units
from ..loops.expressions import combination, element, identity_literal, is_wide, read, stored
from ..loops.ir import Expr, For, Let, Store
from ..loops.passes.lanes import SPAN, Lanes
from .arguments import scratch_of
from .forms import LoopForm

if TYPE_CHECKING:
    import numpy as np

    from ...ir.node import Node
    from ..kernel import Kernel
    from ..loops.ir import Operand, Statement
    from ..loops.nest import Nest
    from ..schedule.materialise import Fusion


class Total(NamedTuple):
    """The number `op` that a block of the scan `node` leaves."""

    op: Op
    node: Node
    dtype: np.dtype


def totals_of(node: Node) -> list[Total]:
    """What a block of the scan `node` leaves; of float32 in float64, where that makes a
    difference."""
    parts = [Total(op, node, node.dtype) for op in node.op.totals]
    return [part._replace(dtype=FLOAT64) if is_wide(part) else part for part in parts]


def render_totals(nest: Nest, fusion: Fusion, units: Units) -> Kernel:
    """The kernel of the first pass; `units` are those of the second."""
    form = Totals(nest, fusion, units)
    kernel = form.render()
    kernel.units, kernel.totals = units, [what for what, *_ in form.running]
    return kernel


def render_blocks(nest: Nest, fusion: Fusion) -> Kernel:
    """The kernel of the second pass, or of the only one."""
    size, grain = nest.loops[0].size, limits.now.grain // nest.weight
    # A multiple of 4 KiB between the lanes would put all of them in the same places of the cache.
    form = Blocks(nest, fusion, Units(size, max(1, grain - grain // 64)))
    kernel = form.render()
    kernel.units, kernel.carried = (
        form.blocks,
        [(node, totals_of(node)) for node in form.values.carries],
    )
    return kernel


class BlockedScan(LoopForm):
    """The loops of both passes; `running` has (what a block goes on from, the name of its number,
    its dtype)."""

    splits = True
    first: Callable[[Any], Operand]
    finish: Callable[[], Iterable[Statement]]

    def __init__(self, nest: Nest, fusion: Fusion, units: Units) -> None:
        super().__init__(nest, fusion, tested=True)
        self.blocks = units
        self.memory: dict[str, str] = {}
        self.running: list[tuple[Any, str, np.dtype]] = []

    def statements(self) -> tuple[Statement, ...]:
        args, values, count = self.args, self.values, limits.now.scan_lanes
        self.memory = {name: args.fresh("h") for _, name, _ in self.running}
        lanes = args.size(count if self.blocks.chunks > 1 else self.nest.loops[0].size + 1)
        scratch = [scratch_of(self.memory[name], dtype) for _, name, dtype in self.running]
        turns = Let("turns", Expr("({}) // {}", (SPAN, lanes)))
        starts = [
            Store(element(self.memory[name], "lane"), stored(self.first(what), dtype))
            for what, name, dtype in self.running
        ]
        start = For("lane", "0", str(count), tuple(starts))
        before = (*values.at(0), *self.start_accumulators(), *scratch, turns, start)
        body, running = (
            (*values.at(1), *self.accumulate()),
            tuple([(name, dtype) for _, name, dtype in self.running]),
        )
        reverse, intervals = self.nest.reverse, tuple(values.intervals)
        loop = Lanes(self.loops[0], body, count, running, self.memory, reverse, intervals)
        return (*before, *loop.loops(args.size), *self.finish())


def _of_lane(array: str) -> Expr:
    """The element of `array` that belongs to a lane of the chunk."""
    return element(array, Expr("{} * {} + {}", ("part", str(limits.now.scan_lanes), "lane")))


class Totals(BlockedScan):
    """The first pass: what each block leaves."""

    def evaluate(self) -> None:
        super().evaluate()
        values, self.running = self.values, []
        for node in self.nest.scans:
            operands = [
                values.value(pair) for pair in self.fusion.reads(node, self.fusion.identity(node))
            ]
            for part in totals_of(node):
                name = self.args.fresh("t")
                self.running.append((part, name, part.dtype))
                values.emit(1, Let(name, combination(part, name, *operands, reorder=False)))
                self.args.operations.append(part.op.name)

    @staticmethod
    def first(part: Total) -> str:
        return identity_literal(part)

    def finish(self) -> Iterator[For]:
        for part, name, _ in self.running:
            out = self.args.total(part)
            left = Store(_of_lane(out), element(self.memory[name], "lane"))
            yield For("lane", "0", str(limits.now.scan_lanes), (left,))


class Blocks(BlockedScan):
    """The second pass: each block from its carry, with what is computed around the scans."""

    def evaluate(self) -> None:
        values = self.values
        values.carries = {
            node: self.args.fresh("c") for node in self.nest.maps if self.fusion.scan_of(node)
        }
        self.running = [(node, name, node.dtype) for node, name in values.carries.items()]
        super().evaluate()

    def first(self, node: Node) -> Expr:
        return read(_of_lane(self.args.array(node, "carry")), node.dtype)

    def finish(self) -> list[Store]:
        return self.finish_whole()
