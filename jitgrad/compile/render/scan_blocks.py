"""The loops of a scan of all there is: it runs twice over its blocks, in parallel both times.

First each block leaves its *totals* (`Op.totals`; `Totals`), from the identity. The plan joins them in order to what
each block goes on from, its *carry* (`Op.join`), from which the second kernel makes the results (`Blocks`).

An element of a scan waits for the one before. So a chunk is `LANES` blocks, the *lanes*, taken in turns:
the processor works at all of them at once (cummax of 10**6: 0.4 ms, element by element 1.3). What does not divide by
that, and a scan of one chunk, which runs once, is done by the last lane alone. Blocks depend on the sizes only, so
results do not depend on the number of threads.

Start at `Lanes.write`.
"""

from typing import NamedTuple

from ..._dtypes import FLOAT64
from ...ir import Op
from ..kernel import LANES, Units
from ..loops.nest import weight
from .forms import Form
from .values import combination, identity_literal, is_wide, read, stored

GRAIN = 1 << 15  #: points of one chunk


class Total(NamedTuple):
    """The number `op` that a block of the scan `node` leaves."""

    op: Op
    node: object
    dtype: object


def totals_of(node):
    """What a block of the scan `node` leaves; of float32 in float64, where that makes a difference."""
    parts = [Total(op, node, node.dtype) for op in node.op.totals]
    return [part._replace(dtype=FLOAT64) if is_wide(part) else part for part in parts]


def render_totals(nest, fusion, units):
    """The kernel of the first pass; `units` are those of the second."""
    form = Totals(nest, fusion, units)
    kernel = form.render()
    kernel.units, kernel.gathered, kernel.totals = units, [], [part for part, *_ in form.running]
    return kernel


def render_blocks(nest, fusion):
    """The kernel of the second pass, or of the only one."""
    size, grain = nest.loops[0].size, GRAIN // weight(nest)
    # A multiple of 4 KiB between the lanes would put all of them in the same places of the cache.
    form = Blocks(nest, fusion, Units(size, max(1, grain - grain // 64)))
    kernel = form.render()
    kernel.units, kernel.gathered, kernel.carried = form.units, [], list(form.writer.carries)
    return kernel


class Lanes(Form):
    """The loops of both passes; `running` has (what a block goes on from, the name of its number, its dtype)."""

    splits = True

    def __init__(self, nest, fusion, units):
        super().__init__(nest, fusion)
        self.units, self.writer.cut = units, False

    def write(self):
        w, total = self.writer, self.nest.loops[0].size
        memory = {name: w.fresh("h") for _, name, _ in self.running}
        lanes = w.add_static("n", LANES if self.units.chunks > 1 else total + 1)
        self.body_of(0, 1)
        self.start_accumulators(1)
        for _, name, dtype in self.running:
            self.line(1, f"{memory[name]} = scratch_{dtype.name}()")
        self.line(1, f"turns = (stop - start) // {lanes}")
        self.line(1, f"for lane in range({LANES}):")
        for what, name, dtype in self.running:
            self.line(2, f"{memory[name]}[lane] = {stored(self.first(what), dtype)}")
        if w.intervals:
            self.guarded(memory)
        else:
            self.side_by_side(1, "turns", memory)
            self.one_lane(1, LANES - 1, f"{LANES} * turns, stop - start", memory)
        self.finish(memory)

    def guarded(self, memory):
        """The turns at which all guards hold in all lanes run side by side, what is before and behind lane by lane."""
        self.line(1, "i0, low, high = start, 0, stop - start")
        for i in self.writer.intervals:
            self.line(1, f"{i.place} = {i.text}")
            rising = i.slope == 1
            self.line(1, f"low = max(low, {f'-{i.place}' if rising else f'{i.place} - {i.length} + 1'})")
            self.line(1, f"high = min(high, {f'{i.length} - {i.place}' if rising else f'{i.place} + 1'})")
        if self.nest.reverse:
            self.line(1, "low, high = stop - start - high, stop - start - low")
        self.line(1, f"high = min(turns, high - {LANES - 1} * turns)")
        self.line(1, "if low >= high:")
        self.line(2, "low = high = turns")
        # Numbers of turns that LLVM does not know: else it copies the loop for each, and takes twice as long.
        twice, lanes = self.writer.add_static("n", 2), self.writer.add_static("n", LANES)
        self.line(1, f"for behind in range({twice}):")
        self.line(2, f"for lane in range({lanes}):")
        self.line(3, "first = lane * turns + (high if behind else 0)")
        self.line(3, "end = lane * turns + (turns if behind else low)")
        self.line(3, f"if behind and lane == {LANES - 1}:")
        self.line(4, "end = stop - start")
        self.one_lane(3, "lane", "first, end", memory)
        self.line(2, "if not behind:")
        self.side_by_side(3, "low, high", memory)

    def side_by_side(self, indent, turns, memory):
        self.line(indent, f"for turn in range({turns}):")
        self.line(indent + 1, f"for lane in range({LANES}):")
        indent += 2
        self.line(indent, f"i0 = {self.place('lane * turns + turn')}")
        self.take(indent, "lane", memory)
        self.turn(indent, True)
        self.put(indent, "lane", memory)

    def one_lane(self, indent, lane, turns, memory):
        self.take(indent, lane, memory)
        self.line(indent, f"for turn in range({turns}):")
        self.line(indent + 1, f"i0 = {self.place('turn')}")
        self.turn(indent + 1, False)
        self.put(indent, lane, memory)

    def take(self, indent, lane, memory):
        for _, name, dtype in self.running:
            self.line(indent, f"{name} = {read(f'{memory[name]}[{lane}]', dtype)}")

    def put(self, indent, lane, memory):
        for _, name, dtype in self.running:
            self.line(indent, f"{memory[name]}[{lane}] = {stored(name, dtype)}")

    def place(self, turn):
        """The index at a turn of the chunk."""
        return f"stop - 1 - {turn}".replace("+", "-") if self.nest.reverse else f"start + {turn}"

    def turn(self, indent, inside):
        self.body_of(1, indent, inside)
        self.accumulate(indent)


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
        for part, name, _ in self.running:
            out = self.writer.total(part)
            self.line(1, f"for lane in range({LANES}):")
            self.line(2, f"{out}[part * {LANES} + lane] = {memory[name]}[lane]")


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
