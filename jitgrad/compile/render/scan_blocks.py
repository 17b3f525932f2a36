"""The blocked scan: a scan over everything runs twice over its blocks, in parallel both times.

First each block leaves its *totals* (`Op.totals`; `Totals`), from the identity. The plan joins them in order to what
each block goes on from, its *carry* (`Op.join`), from which the second kernel makes the results (`Blocks`).

An element of a scan waits for the one before. So a chunk is some blocks, the *lanes*, interleaved: the
processor works at all of them at once (cummax of 10**6: 0.4 ms, element by element 1.3). What does not divide by
that, and a scan of one chunk, which runs once, is done by the last lane alone. Blocks depend on the sizes only, so
results do not depend on the number of threads.

Start at `Lanes.statements`.
"""

from typing import NamedTuple

from ..._dtypes import FLOAT64
from ...ir import Op
from .. import limits
from ..kernel import Units
from ..loops.expressions import combination, element, identity_literal, is_wide, read, stored
from ..loops.ir import Expr, For, If, Let, Store, Together
from ..loops.passes.split_guards import assumed
from .forms import Form

SPAN = Expr("{} - {}", ("stop", "start"))


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
    kernel.units, kernel.totals = units, [what for what, *_ in form.running]
    return kernel


def render_blocks(nest, fusion):
    """The kernel of the second pass, or of the only one."""
    size, grain = nest.loops[0].size, limits.now.grain // nest.weight
    # A multiple of 4 KiB between the lanes would put all of them in the same places of the cache.
    form = Blocks(nest, fusion, Units(size, max(1, grain - grain // 64)))
    kernel = form.render()
    kernel.units, kernel.carried = form.blocks, list(form.values.carries)
    return kernel


class Lanes(Form):
    """The loops of both passes; `running` has (what a block goes on from, the name of its number, its dtype)."""

    splits = True

    def __init__(self, nest, fusion, units):
        super().__init__(nest, fusion, tested=True)
        self.blocks, self.memory, self.lanes = units, {}, str(limits.now.scan_lanes)
        self.last = str(limits.now.scan_lanes - 1)

    def statements(self):
        args, values = self.args, self.values
        self.memory = {name: args.fresh("h") for _, name, _ in self.running}
        lanes = args.size(limits.now.scan_lanes if self.blocks.chunks > 1 else self.nest.loops[0].size + 1)
        scratch = [Let(self.memory[name], Expr(f"scratch_{dtype.name}()")) for _, name, dtype in self.running]
        turns = Let("turns", Expr("({}) // {}", (SPAN, lanes)))
        starts = [
            Store(element(self.memory[name], "lane"), stored(self.first(what), dtype))
            for what, name, dtype in self.running
        ]
        start = For("lane", "0", self.lanes, tuple(starts))
        before = (*values.at(0), *self.start_accumulators(), *scratch, turns, start)
        body = (*values.at(1), *self.accumulate())
        inside = assumed(body, {i.inside for i in values.intervals})
        if values.intervals:
            return (*before, *self.guarded(body, inside), *self.finish())
        rest = self.one_lane(self.last, Expr("{} * {}", (self.lanes, "turns")), SPAN, body)
        return (*before, self.side_by_side("0", "turns", inside), *rest, *self.finish())

    def guarded(self, body, inside):
        """The turns at which all guards hold in all lanes run side by side, what is before and behind lane by lane."""
        out = [Together(("i0", "low", "high"), ("start", "0", SPAN))]
        for i in self.values.intervals:
            low, high = _turns_inside(i)
            out += [Let(i.place, i.value), Let("low", low), Let("high", high)]
        if self.nest.reverse:
            ends = [Expr("{} - {}", (SPAN, name)) for name in ("high", "low")]
            out.append(Together(("low", "high"), tuple(ends)))
        out.append(Let("high", Expr("min({}, {} - {} * {})", ("turns", "high", self.last, "turns"))))
        out.append(If(Expr("{} >= {}", ("low", "high")), (Together(("low", "high"), ("turns",)),)))
        # Numbers of turns that LLVM does not know: else it copies the loop for each, and takes twice as long.
        twice, lanes = self.args.size(2), self.args.size(limits.now.scan_lanes)
        last = Expr("{} and {} == {}", ("behind", "lane", self.last))
        one = (
            Let("first", Expr("{} * {} + ({} if {} else 0)", ("lane", "turns", "high", "behind"))),
            Let("end", Expr("{} * {} + ({} if {} else {})", ("lane", "turns", "turns", "behind", "low"))),
            If(last, (Let("end", SPAN),)),
            *self.one_lane("lane", "first", "end", body),
        )
        middle = If(Expr("not {}", ("behind",)), (self.side_by_side("low", "high", inside),))
        return [*out, For("behind", "0", twice, (For("lane", "0", lanes, one), middle))]

    def side_by_side(self, low, high, body):
        place = self.place("{} - {} * {} - {}", "{} + {} * {} + {}", "lane", "turns", "turn")
        lane = For("lane", "0", self.lanes, (place, *self.take("lane"), *body, *self.put("lane")))
        return For("turn", low, high, (lane,))

    def one_lane(self, lane, low, high, body):
        place = self.place("{} - {}", "{} + {}", "turn")
        return (*self.take(lane), For("turn", low, high, (place, *body)), *self.put(lane))

    def place(self, back, forth, *turn):
        """The index at a turn of the chunk, counted from its first one in the order of the scan."""
        if self.nest.reverse:
            return Let("i0", Expr(back, (Expr("{} - 1", ("stop",)), *turn)))
        return Let("i0", Expr(forth, ("start", *turn)))

    def take(self, lane):
        return [Let(name, read(element(self.memory[name], lane), dtype)) for _, name, dtype in self.running]

    def put(self, lane):
        return [Store(element(self.memory[name], lane), stored(name, dtype)) for _, name, dtype in self.running]


def _turns_inside(interval):
    """The bounds of the turns in which a guard holds, and those known before."""
    place, length = interval.place, interval.length
    if interval.slope == 1:
        return Expr("max({}, -{})", ("low", place)), Expr("min({}, {} - {})", ("high", length, place))
    return Expr("max({}, {} - {} + 1)", ("low", place, length)), Expr("min({}, {} + 1)", ("high", place))


def _of_lane(array):
    """The element of `array` that belongs to a lane of the chunk."""
    return element(array, Expr("{} * {} + {}", ("part", str(limits.now.scan_lanes), "lane")))


class Totals(Lanes):
    """The first pass: what each block leaves."""

    def evaluate(self):
        super().evaluate()
        values, self.running = self.values, []
        for node in self.nest.scans:
            operands = [values.value(pair) for pair in self.fusion.reads(node, self.fusion.identity(node))]
            for part in totals_of(node):
                name = self.args.fresh("t")
                self.running.append((part, name, part.dtype))
                values.emit(1, Let(name, combination(part, name, *operands, reorder=False)))
                self.args.operations.append(part.op.name)

    @staticmethod
    def first(part):
        return identity_literal(part)

    def finish(self):
        for part, name, _ in self.running:
            out = self.args.total(part)
            yield For("lane", "0", self.lanes, (Store(_of_lane(out), element(self.memory[name], "lane")),))


class Blocks(Lanes):
    """The second pass: each block from its carry, with what is computed around the scans."""

    def evaluate(self):
        values = self.values
        values.carries = {node: self.args.fresh("c") for node in self.nest.maps if self.fusion.scan_of(node)}
        self.running = [(node, name, node.dtype) for node, name in values.carries.items()]
        super().evaluate()

    def first(self, node):
        return read(_of_lane(self.args.array(node, "carry")), node.dtype)

    def finish(self):
        return self.finish_whole()
