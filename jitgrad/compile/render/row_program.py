"""The loops of a row program: its stages one after the other, for one tile after the other (see
`loops.tiles`).

A reduction lives in one of three places:

- in a *register*, where its loops are the innermost ones: it starts before them and is stored after
  them;
- in *memory*, an element of its result (or of local memory) per point that is kept, where a kept
  loop is further in (what the innermost loops add up to is in a register, too, and joins the
  element after them);
- in a *partial result of the chunk*, where it goes over outer loops: a number if nothing is kept,
  else an array.

A `LoweredStage` has the statements of one nest by depth, and where its reductions live. Start at
`ProgramForm.statements`, then `ProgramForm.stages`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ...ir.printer import counted
from .. import limits
from ..index.duplicates import common
from ..kernel import Units
from ..loops.expressions import (
    ZERO,
    combination,
    element,
    identity_literal,
    is_wide,
    joined,
    partial,
    plus,
    read,
    start_of,
    stored,
    sums_in_blocks,
)
from ..loops.ir import Accumulate, Expr, For, Free, Let, Local, Store, made
from ..loops.passes.distribute import applied_to_all, distributed
from ..loops.passes.interleave import Memories, interleaved
from ..loops.passes.prefetch import prefetches
from ..loops.passes.strip_mine import in_blocks, in_one_block
from ..loops.passes.unroll_jam import is_worth_it, rows_together, unrolled_and_jammed
from ..loops.stage_values import FIXED, TILE, StageValues
from ..loops.tiles import is_all_tiny, is_expensive, local_size, tiny
from .arguments import scratch_of, title
from .forms import LoopForm, decoded, operand_of, tile_of

if TYPE_CHECKING:
    from ...ir.node import Node
    from ..kernel import Kernel
    from ..loops.ir import Operand, Prefetch, Statement
    from ..loops.tiles import TiledProgram, TileNest
    from ..schedule.materialise import Fusion


def render_program(program: TiledProgram, fusion: Fusion) -> Kernel:
    """The kernel of a step of several stages, and how its launches are cut."""
    form = ProgramForm(program, fusion)
    kernel = form.render()
    kernel.units, kernel.gathered = form.units(), form.gathered
    return kernel


@dataclass(slots=True, eq=False)
class LoweredStage:
    """One nest: its statements (`values`), and where its reductions live."""

    nest: TileNest
    values: StageValues
    # number of a loop -> (reduction, accumulator) that start before it
    registers: dict[int, list[tuple[Node, str]]] = field(default_factory=dict)
    # what accumulates in registers, and in memory, at a point
    updates: list[Accumulate] = field(default_factory=list)
    elements: list[Accumulate] = field(default_factory=list)
    # (reduction, element meanwhile, element of its result)
    small: list[tuple[Node, Expr, Expr]] = field(default_factory=list)
    # sums of float32 in a block -> those they are added to
    short: dict[str, str] = field(default_factory=dict)
    tiles: dict[str, str] = field(default_factory=dict)  # the same, where a tile is a block
    carried: list[tuple[Node, str]] = field(default_factory=list)  # (scan, what it carries along)

    @property
    def loops(self) -> Sequence[str]:
        return self.values.loops

    def taken_in(self) -> list[Accumulate]:
        """The statements by which the reductions take in one more value."""
        return [*self.updates, *self.elements]


class ProgramForm(LoopForm):
    """The form of a step of several stages."""

    kind = "program"

    def __init__(self, program: TiledProgram, fusion: Fusion) -> None:
        super().__init__(program.stages[0], fusion)
        self.program = program
        self.top: list[Statement] = []
        self.totals: list[tuple[Node, str]] = []  # with their accumulators
        self.buffers: list[tuple[str, np.dtype, str]] = []  # name, dtype, number of elements
        # arrays that are asked for ahead of the first stage that reads them
        self.fetched: set[Node] = set()
        self.memories = Memories(self.args)
        self.args.made = frozenset(program.step.nodes)
        for node in program.step.nodes:
            if node in program.local:
                self.args.local[node] = self.args.fresh("l")
        self.gathered = [
            n for nest in program.stages for n in nest.reductions if nest.place_of(n) == "array"
        ]

    @property
    def whole(self) -> list[Node]:
        """The reductions over everything."""
        return [
            n
            for nest in self.program.stages
            for n in nest.reductions
            if nest.place_of(n) == "number"
        ]

    @property
    def grain(self) -> int:
        return limits.now.grain // self.program.weight

    def title(self) -> str:
        operations = [*(node.op.name for node in self.program.reductions), *self.args.operations]
        return f"{title(self.kind, operations)[:-1]}; {counted(len(self.program.stages), 'stage')}."

    def evaluate(self) -> None:
        """Values are evaluated stage by stage."""

    def statements(self) -> tuple[Statement, ...]:
        args, program = self.args, self.program
        cut = tile_of(
            "q", args.size(self.blocks), args.size(program.width), args.size(program.tile.size)
        )
        row, *tile = cut
        unit: list[Statement] = [row if program.outer else Let("q", "0"), *tile]
        names = [f"j{k}" for k in range(len(program.outer))]
        unit += decoded("q", program.outer, names, len(names), args)
        for nests in program.groups:
            unit += self.stages(nests)
        memory = self.memory()
        starts = [Let(acc, start_of(node)) for node, acc in self.totals]
        emptied = [self.emptied(node) for node in self.gathered]
        ends = [
            Store(element(args.array(n, "result"), "part"), partial(n, acc))
            for n, acc in self.totals
        ]
        free = [
            Free(name) for name in (*args.local.values(), *[name for name, _, _ in self.buffers])
        ]
        return (
            *memory,
            *self.top,
            *starts,
            *emptied,
            For("u", "start", "stop", tuple(unit)),
            *ends,
            *free,
        )

    def memory(self) -> list[Statement]:
        """The statements that make the memory of the kernel."""
        args = self.args
        out: list[Statement] = [scratch_of(*memory) for memory in self.args.memory]
        for node, name in args.local.items():
            args.listing.append(f"{name}: {node.dtype}, memory of one tile")
            size = args.size(local_size(self.fusion, node, self.program))
            out.append(Local(name, node.dtype.name, size))
        return [*out, *[Local(name, dtype.name, count) for name, dtype, count in self.buffers]]

    def emptied(self, node: Node) -> For:
        """The loop that starts the partial result of the chunk of a reduction."""
        array, size = self.args.array(node, "out"), self.args.size(node.size)
        place = element(array, Expr("{} * {} + {}", ("part", size, "k")))
        return For(
            "k",
            "0",
            self.args.size(node.size),
            (Store(place, stored(identity_literal(node), node.dtype)),),
        )

    # ------------------------------------------------------------------ stages

    def stages(self, nests: Sequence[TileNest]) -> list[Statement]:
        """The statements of one stage, or of those that share loops."""
        forwarded: dict[Node, str] = {}
        stages = [self.prepared(nest, forwarded) for nest in nests]
        out: list[Statement] = []
        for stage in stages:
            self.top += stage.values.at(0)
            out += [*stage.values.at(1), *self.start_memory(stage)]
        if len(stages) == 1:
            (stage,) = stages
            fixed = stage.values.at(FIXED)
            out += [For("t", "low", "high", fixed)] if fixed else []
            out += self.apply_functions(stage)
        fetches = list(prefetches(stages[0].values, self.fetched)) if len(stages) == 1 else []
        for stage in stages:
            out += self.around_tile(
                stage,
                lambda node, place, whole: Store(place, stored(identity_literal(node), node.dtype)),
            )
            out += [Let(name, ZERO) for name in stage.tiles]
        out += self.nested(stages, nests[0].outer, fetches)
        for stage in stages:
            out += [Accumulate(total, plus(total, name)) for name, total in stage.tiles.items()]
            out += self.around_tile(stage, _joined)
        return out

    def prepared(self, nest: TileNest, forwarded: dict[Node, str]) -> LoweredStage:
        """The `LoweredStage` of a nest: its values are evaluated, stored and reduced."""
        inner = iter(range(len(nest.loops)))
        names = [
            f"j{k}" if k < nest.outer else "t" if k == nest.tile else f"i{next(inner)}"
            for k in range(len(nest.loops))
        ]
        if nest.reverse and nest.scan is not None and not nest.interleaved:
            names[nest.scan] = f"b{names[nest.scan]}"
        values = StageValues(self.fusion, self.args, nest, names)
        values.tiny = frozenset([common(c) for loop in tiny(nest) for c in loop.classes])
        values.fast = (
            len(nest.loops) - 1 - len(tiny(nest)) if nest.shared < len(nest.loops) else None
        )
        values.forwarded = forwarded
        stage = LoweredStage(nest, values)
        for node in filter(self.fusion.scan_of, nest.maps):
            values.carries[node] = name = self.args.fresh("c")
            stage.carried.append((node, name))
            if nest.column:
                self.args.memory.append((name, node.dtype))
        for value in nest.values:
            values.evaluate(*value)
        for node in nest.maps:
            self.store(stage, node)
        for node in nest.reductions:
            self.start(stage, node)
        return stage

    def store(self, stage: LoweredStage, node: Node) -> None:
        nest, values = stage.nest, stage.values
        source = operand_of(node, self.fusion)
        if node in nest.forwarded:
            values.forwarded[node] = values.value(source)
        if node in nest.unstored:
            return
        place = element(self.args.array(node, "out"), values.place(node, nest.stores[node]))
        values.emit(nest.depth, Store(place, stored(values.value(source), node.dtype)))

    def start(self, stage: LoweredStage, node: Node) -> None:
        """Where the reduction lives, and the statement that takes one more value in."""
        nest, args = stage.nest, self.args
        value, place = stage.values.value(operand_of(node, self.fusion)), nest.place_of(node)
        level = max(nest.level(node), nest.outer)
        if place == "number" or level < len(nest.loops):
            self.start_register(stage, node, value, None if place == "number" else level)
            return
        whole = self.element(stage, node)
        if not self.is_small(node, nest):
            stage.elements.append(
                Accumulate(whole, joined(node, whole, value, reorder=True), node, value)
            )
            return
        memory = args.scratch(node.dtype)
        at_point: Operand = "0"
        for k in nest.kept(node):
            name, size = stage.loops[k], str(nest.loops[k].size)
            at_point = name if at_point == "0" else Expr("({}) * {} + {}", (at_point, size, name))
        at = element(memory, at_point)
        stage.small.append((node, at, whole))
        stage.updates.append(Accumulate(at, joined(node, at, value, reorder=True), node, value))

    def start_register(
        self, stage: LoweredStage, node: Node, value: str, level: int | None
    ) -> None:
        """A reduction in a register that starts before loop number `level`, or at the start of the
        chunk."""
        nest, acc, narrow = stage.nest, self.args.fresh("acc"), stage.nest.is_narrow(node)
        if level is None:
            self.totals.append((node, acc))
        else:
            stage.registers.setdefault(level, []).append((node, acc))
        if nest.place_of(node) == "register" and node in nest.forwarded:
            stage.values.forwarded[node] = self.args.fresh("v")
        if sums_in_blocks(node) and not narrow:
            total, acc = acc, self.args.fresh("part")
            sums = stage.tiles if level is None and is_all_tiny(nest) else stage.short
            sums[acc] = total
        stage.updates.append(
            Accumulate(acc, combination(node, acc, value, narrow=narrow), node, value)
        )

    @staticmethod
    def is_small(node: Node, nest: TileNest) -> bool:
        """Whether it goes over the tile, for few elements: memory that is registers once their
        loops are unrolled."""
        few = tiny(nest)
        return nest.tile in nest.reduced[node] and all(
            nest.loops[k] in few for k in nest.kept(node)
        )

    def element(self, stage: LoweredStage, node: Node) -> Expr:
        array, place = (
            self.args.array(node, "out"),
            stage.values.place(node, stage.nest.stores[node]),
        )
        if node in self.gathered:
            place = Expr("{} + {} * {}", (place, "part", self.args.size(node.size)))
        return element(array, place)

    # ------------------------------------------------------------------ around the loops

    def apply_functions(self, stage: LoweredStage) -> list[For]:
        """Where the innermost loop is short, expensive functions are applied to a tile beforehand
        (see `passes.distribute`)."""
        nest, values = stage.nest, stage.values
        apart = self.applied_apart(stage)
        if not apart:
            return []
        inner = nest.loops[nest.tile + 1 :]
        sizes, place = [self.args.size(loop.size) for loop in inner], TILE
        for number, (size, loop) in enumerate(
            zip(sizes, stage.loops[nest.tile + 1 :], strict=True)
        ):
            place = Expr("({}) * {} + {}" if number else "{} * {} + {}", (place, size, loop))
        count = self.args.size(self.program.width * math.prod(loop.size for loop in inner))

        def buffer(dtype: np.dtype) -> str:
            self.buffers.append((self.args.fresh("e"), dtype, count))
            return self.buffers[-1][0]

        body = values.at(nest.depth)
        turns, known = distributed(
            body, apart, place, buffer, lambda name: values.depths.get(name, 0)
        )
        points = Expr(" * ".join(["({} - {})", *["{}"] * len(sizes)]), ("high", "low", *sizes))
        out: list[For] = []
        for turn in turns:
            out += self.fed(stage, nest.outer, turn.feed)
            out.append(For("k", "0", points, applied_to_all(turn.applied)))
        values.lines[nest.depth] = [known.get(made(s), s) for s in body]
        return out

    def applied_apart(self, stage: LoweredStage) -> set[str]:
        """The names of what expensive functions make in an innermost loop that is too short for
        vectors."""
        nest = stage.nest
        if (
            nest.column
            or nest.tile == len(nest.loops) - 1
            or nest.scan is not None
            or is_all_tiny(nest)
        ):
            return set()
        return self.expensive(stage)

    @staticmethod
    def expensive(stage: LoweredStage) -> set[str]:
        """The names of what expensive functions make in the innermost loop."""
        nest, values = stage.nest, stage.values
        calls = [s for s in values.at(nest.depth) if isinstance(s, Let) and s.operation]
        calls = [s for s in calls if values.depths.get(s.name) == nest.depth]
        return {s.name for s in calls if s.operation and is_expensive(s.operation.node, nest)}

    def fed(
        self, stage: LoweredStage, k: int, statements: tuple[Statement, ...]
    ) -> tuple[For, ...]:
        """The loops from number `k` on, with `statements` in the innermost one."""
        nest, loop = stage.nest, self.opened(stage, k)
        if k < len(nest.loops) - 1:
            statements = (*stage.values.at(2 + k - nest.outer), *self.fed(stage, k + 1, statements))
        return (loop.around(*statements),)

    def start_memory(self, stage: LoweredStage) -> list[For]:
        """Loops that put the identity into the reductions in memory."""
        nest, out = stage.nest, []
        nodes = [n for n in nest.reductions if nest.place_of(n) == "memory"]
        for kept in dict.fromkeys(tuple(nest.kept(n)) for n in nodes):
            alike = [n for n in nodes if tuple(nest.kept(n)) == kept]
            out += self.loops_over(
                stage,
                kept,
                lambda alike=alike: [
                    Store(self.element(stage, node), stored(identity_literal(node), node.dtype))
                    for node in alike
                ],
            )
        return out

    def around_tile(self, stage: LoweredStage, statement: Callable[..., Any]) -> Iterator[For]:
        """Loops over the elements of small reductions, with ``statement(node, element, whole)`` in
        them."""
        for small in stage.small:
            yield from self.loops_over(
                stage, stage.nest.kept(small[0]), lambda small=small: [statement(*small)]
            )

    def loops_over(
        self, stage: LoweredStage, numbers: Sequence[int], innermost: Callable[..., Any]
    ) -> list[For]:
        """Loops with the given numbers, with ``innermost()`` in them."""
        loops = [self.opened(stage, k) for k in numbers]
        body = innermost()
        for loop in reversed(loops):
            body = [loop.around(*body)]
        return body

    # ------------------------------------------------------------------ the loops

    def opened(self, stage: LoweredStage, k: int) -> For:
        """Loop number `k`, in whose body nothing is but its variable; its length is named now."""
        nest, name = stage.nest, stage.loops[k]
        if k == nest.tile:
            return For("t", "low", "high")
        size = self.length(stage, k)
        if k == nest.scan and nest.reverse and not nest.interleaved:
            turn = name[1:]
            return For(turn, "0", size, (Let(name, Expr("{} - 1 - {}", (size, turn))),))
        return For(name, "0", size)

    def length(self, stage: LoweredStage, k: int) -> str:
        loop = stage.nest.loops[k]
        return str(loop.size) if loop in tiny(stage.nest) else self.args.size(loop.size)

    def nested(
        self,
        stages: Sequence[LoweredStage],
        k: int,
        fetches: Sequence[Prefetch],
        whole_rows: bool = False,
    ) -> list[Statement]:
        """The loops from number `k` on; `whole_rows` are not cut in blocks."""
        nest = stages[0].nest
        out: list[Statement] = []
        for stage in stages:
            out += [
                Let(acc, self.first(node, stage.nest)) for node, acc in stage.registers.get(k, ())
            ]
            if k == stage.nest.scan:
                out += self.start_carries(stage)
        if nest.interleaved and k + 1 == nest.scan:
            out += self.interleaved(stages[0], k)
        elif k == nest.shared - 1:
            out += [*fetches, *self.last_shared(stages, k, whole_rows)]
        else:
            out += self.shared(stages, k, fetches)
        for stage in stages:
            for node, acc in stage.registers.get(k, ()):
                out += self.finished(node, acc, stage)
        return out

    def interleaved(self, stage: LoweredStage, k: int) -> tuple[For, ...]:
        """Loop number `k`, over rows along which a scan goes, several at a time."""
        nest, values = stage.nest, stage.values
        rows = For("t", "low", "high")
        if k != nest.tile:
            rows = For(
                stage.loops[k], "0", self.args.size(nest.loops[k].size)
            )  # which is not unrolled
        rows = rows.around(*values.at(2 + k - nest.outer), *self.nested([stage], k + 1, ()))
        scans = {name: node for node, name in stage.carried}
        sums = {acc: node for node, acc in stage.registers.get(k + 1, ())}
        varies = lambda name: values.depths.get(name, 0)
        memory, fresh = self.memories.of_stage(), self.args.fresh
        apart = scans.keys() | self.expensive(stage)
        return interleaved(rows, scans, sums, apart, nest.reverse, varies, memory, fresh)

    def shared(
        self, stages: Sequence[LoweredStage], k: int, fetches: Sequence[Prefetch]
    ) -> list[Statement]:
        """Loop number `k`, which is not the last that the stages share; some rows of a tile at a
        time."""
        stage, nest = stages[0], stages[0].nest
        out: list[Statement] = []
        rows = rows_together(stage) if k == nest.tile and len(stages) == 1 else 1
        loop = self.opened(stage, k) if rows == 1 else For("t", "rest", "high")
        if rows > 1:
            share = self.args.size(rows if is_worth_it(stage) else 0)
            row = (
                *stage.values.at(2 + k - nest.outer),
                *self.nested(stages, k + 1, fetches, whole_rows=True),
            )
            out += unrolled_and_jammed(For("t", "low", "high", row), rows, share, self.args.fresh)
        for stage in stages:
            loop = loop.around(*stage.values.at(2 + k - nest.outer))
        return [*out, loop.around(*self.nested(stages, k + 1, fetches))]

    def last_shared(
        self, stages: Sequence[LoweredStage], k: int, whole_rows: bool
    ) -> tuple[Statement, ...]:
        """The last loop that the stages share; sums of float32 are taken in blocks, a tile being
        one."""
        stage, nest = stages[0], stages[0].nest
        short = {name: total for stage in stages for name, total in stage.short.items()}
        loop = self.opened(stage, k)
        for stage in stages:
            loop = loop.around(*self.within(stage, k))
        if whole_rows or k in (nest.tile, nest.scan) or nest.loops[k] in tiny(nest):
            return in_one_block(loop, short)
        return in_blocks(loop, short)

    def within(self, stage: LoweredStage, k: int) -> list[Statement]:
        """What a stage does at a point of the loops up to number `k`, of those that are shared or
        its own."""
        nest, out = stage.nest, [*stage.values.at(2 + k - stage.nest.outer)]
        if k == len(nest.loops) - 1:
            return [*out, *stage.taken_in()]
        registers = stage.registers.get(k + 1, ())
        out += [Let(acc, self.first(node, nest)) for node, acc in registers]
        loop = self.opened(stage, k + 1)
        out.append(loop.around(*self.within(stage, k + 1)))
        for node, acc in registers:
            out += self.finished(node, acc, stage)
        return out

    @staticmethod
    def first(node: Node, nest: TileNest) -> str:
        return identity_literal(node) if nest.is_narrow(node) else start_of(node)

    def finished(self, node: Node, acc: str, stage: LoweredStage) -> Iterator[Statement]:
        """The statements that hand on, and store, the sum `acc` of the innermost loops."""
        nest, forwarded = stage.nest, stage.values.forwarded
        value = acc if nest.is_narrow(node) or not is_wide(node) else Expr("np.float32({})", (acc,))
        if node in nest.forwarded:
            yield Let(forwarded[node], value)
            value = forwarded[node]
        if node in nest.unstored:
            return
        place = self.element(stage, node)
        if nest.place_of(node) == "register":
            yield Store(place, stored(value, node.dtype))
        else:
            yield Accumulate(place, joined(node, place, value), node, value)

    @staticmethod
    def start_carries(stage: LoweredStage) -> list[Statement]:
        """What the scans carry, before their loop: a number, or one per column."""
        starts = [stage.values.started(node) for node, _ in stage.carried]
        return [For("t", "low", "high", tuple(starts))] if stage.nest.column else starts

    # ------------------------------------------------------------------ units

    @property
    def blocks(self) -> int:
        return max(1, -(-self.program.tile.size // self.program.width))

    def units(self) -> Units:
        program = self.program
        sizes = [loop.size for loop in (*program.outer, program.tile)]
        if not all(sizes):
            return Units(0, 1)
        total = math.prod(sizes[:-1]) * self.blocks
        step = max(1, self.grain // max(1, program.points // total))
        if self.gathered:
            largest = max(node.size for node in self.gathered)
            most = program.points // (limits.now.partial_points * max(1, largest))
            chunks = max(1, min(limits.now.partial_chunks, most))
            step = max(step, -(-total // chunks))
        units = Units(total, step)
        units.parts = units.chunks
        return units


def _joined(node: Node, place: Expr, whole: Expr) -> Accumulate:
    """The statement that joins an element of a small reduction to that of the result."""
    value = read(place, node.dtype)
    return Accumulate(whole, joined(node, whole, value), node, value)
