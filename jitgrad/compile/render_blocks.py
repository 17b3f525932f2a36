"""The loops of a scan of all there is: it runs twice over its blocks, in parallel both times.

First each block leaves its *totals* (`Op.totals`; `Totals`), from the identity. The plan joins them in order to what
each block goes on from, its *carry* (`Op.join`), from which the second kernel makes the results (`Blocks`).

An element of a scan waits for the one before. So a chunk is `LANES` blocks that lie side by side, whose turns are
taken in turns: the processor works at all of them at once (value by value: cummax of 10**6 took 1.3 ms, in lanes 0.4).
What does not divide by that, and a scan of one chunk, which runs once, is done by the last lane alone. Blocks depend on
the sizes only, so results do not depend on the number of threads.

Start at `Lanes.write`.
"""

from typing import NamedTuple

from .._dtypes import FLOAT64
from ..ir import Op
from .lower import LANES
from .render import combination, identity_literal, is_wide, read, stored
from .render_forms import Form, Units


class Total(NamedTuple):
    """The number `op` that a block of the scan `node` leaves."""

    op: Op
    node: object
    dtype: object


def totals_of(node):
    """What a block of the scan `node` leaves; of float32 in float64, where that makes a difference."""
    parts = [Total(op, node, node.dtype) for op in node.op.totals]
    return [part._replace(dtype=FLOAT64) if is_wide(part) else part for part in parts]


def parts_of(units):
    """How many blocks the chunks of a launch are."""
    return units.chunks * LANES


def render_totals(nest, fusion):
    """The kernel of the first pass."""
    form = Totals(nest, fusion)
    kernel = form.render()
    kernel.units, kernel.gathered, kernel.totals = form.units(), [], [part for part, *_ in form.running]
    return kernel


def render_blocks(nest, fusion):
    """The kernel of the second pass, or of the only one."""
    form = Blocks(nest, fusion)
    kernel = form.render()
    kernel.units, kernel.gathered, kernel.carried = form.units(), [], list(form.writer.carries)
    return kernel


class Lanes(Form):
    """The loops of both passes; `running` has (what a block goes on from, the name of its number, its dtype)."""

    def write(self):
        w, total = self.writer, self.nest.loops[0].size
        memory = {name: w.fresh("h") for _, name, _ in self.running}
        lanes = w.add_static("n", LANES if self.units().chunks > 1 else total + 1)
        self.body_of(0, 1)
        self.start_accumulators(1)
        for _, name, dtype in self.running:
            self.line(1, f"{memory[name]} = scratch_{dtype.name}()")
        self.line(1, f"turns = (stop - start) // {lanes}")
        self.line(1, f"for lane in range({LANES}):")
        for what, name, dtype in self.running:
            self.line(2, f"{memory[name]}[lane] = {stored(self.first(what), dtype)}")
        self.line(1, "for turn in range(turns):")
        self.line(2, f"for lane in range({LANES}):")
        self.line(3, f"i0 = {self.place('lane * turns + turn')}")
        for _, name, dtype in self.running:
            self.line(3, f"{name} = {read(f'{memory[name]}[lane]', dtype)}")
        self.turn(3)
        for _, name, dtype in self.running:
            self.line(3, f"{memory[name]}[lane] = {stored(name, dtype)}")
        for _, name, dtype in self.running:
            self.line(1, f"{name} = {read(f'{memory[name]}[{LANES - 1}]', dtype)}")
        self.line(1, f"for turn in range({LANES} * turns, stop - start):")
        self.line(2, f"i0 = {self.place('turn')}")
        self.turn(2)
        self.finish(memory)

    def place(self, turn):
        """The index at a turn of the chunk."""
        return f"stop - 1 - ({turn})" if self.nest.reverse else f"start + {turn}"

    def turn(self, indent):
        self.body_of(1, indent)
        self.accumulate(indent)

    def units(self):
        # A multiple of 4 KiB between the lanes would put all of them in the same places of the cache.
        return Units(self.nest.loops[0].size, max(1, self.grain - self.grain // 64))


class Totals(Lanes):
    """The first pass: what each block leaves."""

    def evaluate(self):
        super().evaluate()
        w, self.running = self.writer, []
        for node in self.nest.scans:
            values = [w.value(pair) for pair in self.fusion.reads(node, self.fusion.identity(node))]
            for part in totals_of(node):
                name = w.fresh("t")
                self.running.append((part, name, part.dtype))
                w.emit(1, f"{name} = {combination(part, name, *values, reorder=False)}")
                w.operations.append(part.op.name)

    @staticmethod
    def first(part):
        return identity_literal(part)

    def finish(self, memory):
        for part, name, dtype in self.running:
            kept, out = memory[name], self.writer.total(part)
            self.line(1, f"{kept}[{LANES - 1}] = {stored(name, dtype)}")
            self.line(1, f"for lane in range({LANES}):")
            self.line(2, f"{out}[part * {LANES} + lane] = {kept}[lane]")


class Blocks(Lanes):
    """The second pass: each block from its carry, with what is computed around the scans."""

    def evaluate(self):
        w = self.writer
        w.carries = {node: w.fresh("c") for node in self.nest.maps if self.fusion.scan_of(node)}
        self.running = [(node, name, node.dtype) for node, name in w.carries.items()]
        super().evaluate()

    def first(self, node):
        return read(f"{self.writer.array(node, 'carry')}[part * {LANES} + lane]", node.dtype)

    def finish(self, memory):
        self.finish_whole()
