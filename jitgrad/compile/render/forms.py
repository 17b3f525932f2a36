"""The loops of a kernel, one writer per form of nest (see `loops.nest`): the skeleton that
statements are put into.

Every form has the same outside: ``body(start, stop, part, ...)`` runs the units ``start <= u <
stop``. What a unit is (a point, a row, a block of columns) and how many there are is the form's
matter: `FORMS` maps the form of a nest to the class that makes its loops and counts its units.

A form evaluates the values of its nest to statements by depth, makes loops of them, applies
transformations (`loops.passes`), and has the result printed. Start at `render_loop`, then
`LoopForm.render`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .. import limits
from ..kernel import Units
from ..loops.expressions import (
    accumulated,
    combination,
    element,
    identity_literal,
    joined,
    partial,
    start_of,
    stored,
    sums_in_blocks,
)
from ..loops.ir import Accumulate, Do, Expr, For, Let, Store, rewrite
from ..loops.passes.split_guards import split
from ..loops.passes.strip_mine import in_blocks
from ..loops.stage_values import StageValues
from .arguments import Arguments, title
from .frame import framed

if TYPE_CHECKING:
    from ...ir.node import Node
    from ..index.maps import Value
    from ..kernel import Kernel
    from ..loops.ir import Statement
    from ..loops.nest import Loop, Nest
    from ..schedule.materialise import Fusion


def render_loop(nest: Nest, fusion: Fusion) -> Kernel:
    """The kernel of a loop step, and how its launches are cut."""
    form = FORMS[nest.form](nest, fusion)
    kernel = form.render()
    kernel.units, kernel.gathered = form.units(), nest.reductions if nest.form == "column" else []
    return kernel


class LoopForm:
    """The common part: values, stores, arguments, the functions around the loops."""

    #: Whether the innermost loop is run in pieces, each with the same guards throughout; not where
    #: LLVM unrolls it and decides on each guard.
    splits = False

    def __init__(self, nest: Nest, fusion: Fusion, tested: bool = False) -> None:
        self.nest, self.fusion, self.args = nest, fusion, Arguments(fusion.literal)
        self.loops = [f"i{k}" for k in range(len(nest.loops))]
        self.reduced: dict[Node, Any] = {}  # what each reduction adds up
        self.splits = self.splits and not fusion.literal
        depth = nest.depth if self.splits else None
        self.values = StageValues(
            fusion, self.args, nest, self.loops, split_at=depth, tested=tested
        )

    @property
    def grain(self) -> int:
        """The points of one chunk."""
        return limits.now.grain // self.nest.weight

    @property
    def whole(self) -> list[Node]:
        """The reductions over everything, whose results are numbers in the first slots of the
        arguments."""
        return self.nest.reductions if self.nest.form in ("flat", "rows") else []

    if TYPE_CHECKING:  # what each form says for itself

        def statements(self) -> tuple[Statement, ...]: ...

        def units(self) -> Units: ...

    def evaluate(self) -> None:
        values, nest = self.values, self.nest
        for value in nest.values:
            values.evaluate(*value)
        for node in nest.maps:
            if node not in nest.unstored:
                array = self.args.array(node, "out")
                place = element(array, values.address(nest.stores[node]))
                source = values.value(operand_of(node, self.fusion))
                values.emit(nest.depth, Store(place, stored(source, node.dtype)))
        self.reduced = {n: values.value(operand_of(n, self.fusion)) for n in nest.reductions}

    def render(self) -> Kernel:
        self.evaluate()
        statements = self.statements()
        return framed(self.kind, self.title(), statements, self.args, self.whole)

    @property
    def kind(self) -> str:
        return self.nest.form

    def title(self) -> str:
        operations = [*(node.op.name for node in self.nest.reductions), *self.args.operations]
        return title(self.kind, operations, len(self.nest.loops))

    # ------------------------------------------------------------------ pieces of the loops

    def inner_loops(
        self,
        first: int,
        innermost: Callable[..., Any],
        bounds: Mapping[int, tuple[str, ...]] | None = None,
    ) -> tuple[For, ...]:
        """The loops from number `first` on, statements of each depth in their place, `innermost` in
        the last."""
        nest, bounds = self.nest, bounds or {}
        loops = []
        for k in range(first, len(nest.loops)):
            low, high = bounds[k] if k in bounds else ("0", self.args.size(nest.loops[k].size))
            loops.append(For(self.loops[k], low, high, self.values.at(2 + k - nest.outer)))
        body = innermost()
        for loop in reversed(loops):
            body = (loop.around(*body),)
        return body

    def pieces(self, low: str, high: str) -> tuple[Statement, ...]:
        """The innermost loop over [low, high): split where a guard changes, and float32 is summed
        in blocks."""
        narrow = [k for k, node in enumerate(self.nest.reductions) if sums_in_blocks(node)]
        body = (*self.values.at(self.nest.depth), *self.accumulate(narrow))
        loop, sums = (
            For(self.loops[-1], low, high, body),
            {f"block_sum{k}": f"acc{k}" for k in narrow},
        )
        pieces = split(loop, self.values.intervals) if self.splits else (loop,)
        return rewrite(pieces, lambda s: in_blocks(s, sums) if isinstance(s, For) else (s,))

    def start_accumulators(self) -> list[Let]:
        return [Let(f"acc{k}", start_of(node)) for k, node in enumerate(self.nest.reductions)]

    def accumulate(self, narrow: Sequence[int] = ()) -> Iterator[Accumulate]:
        for k, node in enumerate(self.nest.reductions):
            name, value = f"block_sum{k}" if k in narrow else f"acc{k}", self.reduced[node]
            yield Accumulate(name, combination(node, name, value), node, value)

    def finish_whole(self) -> list[Store]:
        """Results of a reduction over everything: one partial result per chunk."""
        return [
            Store(element(self.args.array(node, "result"), "part"), partial(node, f"acc{k}"))
            for k, node in enumerate(self.nest.reductions)
        ]

    def decode(self, source: str, count: int) -> list[Let]:
        return decoded(source, self.nest.loops, self.loops, count, self.args)


class FlatForm(LoopForm):
    splits = True

    def statements(self) -> tuple[Statement, ...]:
        return (
            *self.values.at(0),
            *self.start_accumulators(),
            *self.pieces("start", "stop"),
            *self.finish_whole(),
        )

    def units(self) -> Units:
        return Units(self.nest.loops[0].size, self.grain)


class RowsForm(LoopForm):
    splits = True

    def statements(self) -> tuple[Statement, ...]:
        args, nest = self.args, self.nest
        cut = tile_of(
            "t",
            args.size(self.blocks),
            args.size(limits.now.block_inner),
            args.size(nest.loops[-1].size),
        )
        unit = (
            *cut,
            *self.decode("t", nest.outer),
            *self.values.at(1),
            *self.pieces("low", "high"),
        )
        loop = For("u", "start", "stop", unit)
        return (*self.values.at(0), *self.start_accumulators(), loop, *self.finish_whole())

    @property
    def blocks(self) -> int:
        return max(1, -(-self.nest.loops[-1].size // limits.now.block_inner))

    def units(self) -> Units:
        rows = math.prod(loop.size for loop in self.nest.loops[:-1])
        inner = self.nest.loops[-1].size
        total = rows * self.blocks if inner else 0
        return Units(total, max(1, self.grain // max(1, min(inner, limits.now.block_inner))))


class RowForm(LoopForm):
    def statements(self) -> tuple[Statement, ...]:
        nest = self.nest
        unit = [*self.decode("u", nest.outer), *self.values.at(1), *self.start_accumulators()]
        unit += self.inner_loops(nest.outer, self.accumulate)
        for k, node in enumerate(nest.reductions):
            name = self.args.array(node, "out")
            place = element(name, self.values.address(nest.stores[node]))
            unit.append(Store(place, accumulated(node, f"acc{k}")))
        return (*self.values.at(0), For("u", "start", "stop", tuple(unit)))

    def units(self) -> Units:
        kept = math.prod(loop.size for loop in self.nest.loops[: self.nest.outer])
        row = max(1, self.nest.points // max(1, kept))
        return Units(kept, max(1, self.grain // row))


class ColumnForm(LoopForm):
    """Reduced loops outside, a block of kept columns inside; few columns: the rows are split in
    parts, too."""

    def statements(self) -> tuple[Statement, ...]:
        args, nest = self.args, self.nest
        last = len(nest.loops) - 1
        blocks, width = args.size(self.blocks), args.size(limits.now.block_columns)
        columns, kept = args.size(nest.loops[last].size), args.size(self.kept)
        height, rows = args.size(self.height), args.size(nest.loops[nest.outer].size)
        unit = [
            *tile_of("t", blocks, width, columns),
            Let("piece", Expr("{} // {}", ("t", kept))),
            Do(Expr("{} -= {} * {}", ("t", "piece", kept)), changes="t"),
            Let("first", Expr("{} * {}", ("piece", height))),
            Let("end", Expr("min({} + {}, {})", ("first", height, rows))),
            *self.decode("t", nest.outer),
            *self.values.at(1),
        ]
        places = {node: self.place(node) for node in nest.reductions}
        starts = [
            Store(place, stored(identity_literal(node), node.dtype))
            for node, place in places.items()
        ]
        unit.append(For(f"i{last}", "low", "high", tuple(starts)))

        def innermost() -> Iterator[Accumulate]:
            for node, place in places.items():
                value = self.reduced[node]
                yield Accumulate(place, joined(node, place, value), node, value)

        unit += self.inner_loops(
            nest.outer, innermost, {nest.outer: ("first", "end"), last: ("low", "high")}
        )
        return (*self.values.at(0), For("u", "start", "stop", tuple(unit)))

    def place(self, node: Node) -> Expr:
        name, address = self.args.array(node, "out"), self.values.address(self.nest.stores[node])
        return element(name, Expr("{} + {} * {}", (address, "piece", self.args.size(node.size))))

    @property
    def blocks(self) -> int:
        return max(1, -(-self.nest.loops[-1].size // limits.now.block_columns))

    @property
    def kept(self) -> int:
        return max(1, math.prod(loop.size for loop in self.nest.loops[: self.nest.outer]))

    @property
    def parts(self) -> int:
        """Blocks of rows: by the sizes alone, so that results do not depend on the number of
        threads."""
        nest = self.nest
        rows = nest.loops[nest.outer].size
        if self.kept * self.blocks >= limits.now.column_parts or nest.points < 4 * limits.now.grain:
            return 1
        out = max(n.size for n in nest.reductions)
        bounds = (
            limits.now.column_parts,
            rows // 8,
            nest.points // (8 * max(out, 1)),
            nest.points // limits.now.grain,
        )
        return max(1, min(bounds))

    @property
    def height(self) -> int:
        rows = self.nest.loops[self.nest.outer].size
        return max(1, -(-rows // self.parts))

    def units(self) -> Units:
        nest = self.nest
        if not all(loop.size for loop in (*nest.loops[: nest.outer], nest.loops[-1])):
            return Units(0, 1)
        pieces = max(1, -(-nest.loops[nest.outer].size // self.height))
        total = self.kept * self.blocks * pieces
        return Units(total, max(1, self.grain // max(1, nest.points // total)), pieces)


FORMS = {"flat": FlatForm, "rows": RowsForm, "row": RowForm, "column": ColumnForm}


def operand_of(node: Node, fusion: Fusion) -> Value:
    """What is stored, or summed, for `node`: a reduction takes its operand."""
    source = node.src[0] if node.op.kind == "reduce" else node
    return source, fusion.identity(source)


def tile_of(row: str, blocks: str, width: str, size: str) -> tuple[Let, ...]:
    """The number of the row that the unit `u` is in, and the tile [low, high) of it."""
    return (
        Let(row, Expr("{} // {}", ("u", blocks))),
        Let("low", Expr("({} - {} * {}) * {}", ("u", row, blocks, width))),
        Let("high", Expr("min({} + {}, {})", ("low", width, size))),
    )


def decoded(
    source: str, loops: Sequence[Loop], names: Sequence[str], count: int, args: Arguments
) -> list[Let]:
    """The variables of the first `count` loops, which have `names`, from the row number
    `source`."""
    out = []
    for k in reversed(range(1, count)):
        size, quotient = args.size(loops[k].size), f"q{k}"
        out.append(Let(quotient, Expr("{} // {}", (source, size))))
        out.append(Let(names[k], Expr("{} - {} * {}", (source, quotient, size))))
        source = quotient
    return [*out, Let(names[0], source)] if count else out
