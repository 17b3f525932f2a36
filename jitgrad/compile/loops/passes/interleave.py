"""Interleaved scans: several rows of a tile side by side, and what is around the scan in loops of vectors.

A loop that carries a running value is no loop of vectors: an exp in it is computed for one number at a time. And in a
scan each element waits for the one before. So a stage whose innermost loop is a scan takes some rows at a time, a
piece of each (strip-mining), and its body is distributed over three loops:

- the operands of the scan are *fed* into memory, row after row;
- the scan is *applied*: at each iteration all rows go one on, which the processor does at once, with vectors if the
  scan is expensive (what is left of a tile is fewer rows, which are taken one by one);
- the *rest*, which reads the running values, follows row after row.

Scans of scans take as many turns of the first two as they are deep, and so do the expensive functions of short rows
(see `distribute`). What a row goes on from at its next piece is in memory, too. Start at `Interleaved.loops`.
"""

from ... import limits
from ..expressions import (
    ZERO,
    combination,
    element,
    identity_literal,
    kept_as,
    plus,
    read,
    stored,
)
from ..ir import Accumulate, Expr, For, If, Let, Store, made
from ..tiles import is_expensive
from .distribute import applied_to_all, distributed, makers_of, needed, taken


class Memories:
    """Memory of pieces of rows, which the stages of a kernel use one after the other."""

    __slots__ = ("args", "known")

    def __init__(self, args):
        self.args, self.known = args, {}

    def of_stage(self):
        """A function that gives memory of which a stage has made no use yet."""
        used = {}

        def memory(dtype):
            k = used[dtype] = used.get(dtype, 0) + 1
            known = self.known.setdefault(dtype, [])
            if len(known) < k:
                known.append(self.args.scratch(dtype))
            return known[k - 1]

        return memory


class Interleaved:
    """The last two loops of a `stage`: rows, and a scan along each.

    ``finished(node, acc)`` are the statements that hand on the sum `acc` of a row."""

    __slots__ = ("carries", "finished", "memory", "row", "scan", "scans", "stage", "sums", "width")

    def __init__(self, stage, memories, finished):
        nest = stage.nest
        self.stage, self.memory, self.finished = stage, memories.of_stage(), finished
        self.scans = {name: node for node, name in stage.carried}
        self.row, self.scan = stage.loops[nest.scan - 1], stage.loops[nest.scan]
        self.carries, self.sums, self.width = {}, {}, str(limits.now.interleaved_rows)

    def loops(self):
        stage, nest, args = self.stage, self.stage.nest, self.stage.values.args
        body = stage.values.at(nest.depth)
        apart = {s.name for s in body if isinstance(s, Let) and s.operation and self.is_apart(s.name, s.operation.node)}
        place = plus("here", self.scan)
        turns, known = distributed(body, apart, place, self.memory, lambda name: stage.values.depths.get(name, 0))
        self.carries = {name: (node, self.memory(node.dtype)) for name, node in self.scans.items()}
        self.sums = {acc: (node, self.memory(kept_as(node))) for node, acc in stage.registers.get(nest.scan, ())}
        at_tile = nest.scan - 1 == nest.tile
        low, high = ("low", "high") if at_tile else ("0", args.size(nest.loops[nest.scan - 1].size))
        starts = [
            Store(element(memory, "row"), stored(identity_literal(node), node.dtype))
            for node, memory in (*self.carries.values(), *self.sums.values())
        ]
        pieces = self.pieces()
        for turn in turns:
            pieces = pieces.around(*self.over_rows(turn.feed), *self.applied(turn.applied))
        ends = [s for s in body if not made(s)]
        wanted = needed([*ends, *stage.taken_in()], makers_of(body), known)
        pieces = pieces.around(*self.over_rows([*taken(body, wanted, known), *ends], rest=True))
        rows = Let("rows", Expr("min({}, {} - {})", (self.width, high, "first")))
        start = For("row", "0", self.width, tuple(starts))
        return (For("first", low, high, (rows, start, pieces, *self.finish()), self.width),)

    def is_apart(self, name, node):
        nest = self.stage.nest
        return name in self.scans or is_expensive(node, nest) and self.stage.values.depths.get(name) == nest.depth

    def pieces(self):
        """The loop over pieces of the rows, in the order of the scan; what is in each is in the order of memory."""
        nest = self.stage.nest
        size, length = self.stage.values.args.size(nest.loops[nest.scan].size), str(limits.now.interleaved_piece)
        left, right = "piece", Expr("min({} + {}, {})", ("piece", length, size))
        if nest.reverse:
            left = Expr("max({} - {} - {}, 0)", (size, "piece", length))
            right = Expr("{} - {}", (size, "piece"))
        span = Let("span", Expr("{} - {}", ("right", "left")))
        return For("piece", "0", size, (Let("left", left), Let("right", right), span), length)

    def of_row(self, *statements):
        """The loop over the rows."""
        return For("row", "0", "rows", (Let(self.row, plus("first", "row")), *statements))

    def finish(self):
        """The sums of the rows."""
        out = []
        for acc, (node, memory) in self.sums.items():
            out += [Let(acc, read(element(memory, "row"), kept_as(node))), *self.finished(node, acc)]
        return [self.of_row(*out)] if out else []

    def over_rows(self, statements, rest=False):
        """The loop over the rows with `statements` for each element; in the `rest`, reductions take more in.

        There are none where nothing has to be fed: the operands of a scan may be one number for all rows.
        """
        stage = self.stage
        updates, sums, short = (stage.taken_in(), self.sums, stage.short) if rest else ((), {}, {})
        if not statements and not updates:
            return ()
        around = stage.values.at(stage.nest.depth - 1)
        wanted = needed([*statements, *updates], makers_of(around), {})
        around = [s for s in around if made(s) in wanted or rest and not made(s)]
        take = [Let(acc, read(element(memory, "row"), kept_as(node))) for acc, (node, memory) in sums.items()]
        put = [Store(element(memory, "row"), stored(acc, kept_as(node))) for acc, (node, memory) in sums.items()]
        along = For(self.scan, "left", "right", (*statements, *updates))
        starts = [Let(name, ZERO) for name in short]
        ends = [Accumulate(total, Expr("{} + {}", (total, name))) for name, total in short.items()]
        here = Let("here", Expr("{} * {} - {}", ("row", "span", "left")))
        return (self.of_row(here, *around, *take, *starts, along, *ends, *put),)

    def applied(self, applied):
        """The functions and scans `applied` to what was fed."""
        out = []
        apart = [a for a in applied if a.name not in self.carries]
        if apart:
            out.append(For("k", "0", Expr("{} * {}", ("rows", "span")), applied_to_all(apart)))
        scans = [a for a in applied if a.name in self.carries]
        return [*out, self.scanned(scans)] if scans else out

    def scanned(self, scans):
        """All rows go one on at each iteration; if they are fewer, row after row."""
        places = [element(self.carries[a.name][1], "row") for a in scans]
        take = [Let(a.name, read(place, a.node.dtype)) for a, place in zip(scans, places, strict=True)]
        put = [Store(place, stored(a.name, a.node.dtype)) for a, place in zip(scans, places, strict=True)]
        at = Expr("{} - 1 - {}", ("span", "turn")) if self.stage.nest.reverse else "turn"
        step = [Let("k", Expr("{} * {} + {}", ("row", "span", at)))]
        for a in scans:
            values = [self.stage.values.args.fresh("v") for _ in a.operands]
            step += map(Let, values, a.operands)  # read once: what is read under a condition is a branch
            step.append(Let(a.name, combination(a.node, a.name, *values, reorder=False)))
            step.append(Store(element(a.memory, "k"), stored(a.name, a.node.dtype)))
        together = For("turn", "0", "span", (For("row", "0", self.width, (*take, *step, *put)),))
        one = For("row", "0", "rows", (*take, For("turn", "0", "span", tuple(step)), *put))
        return If(Expr("{} == {}", ("rows", self.width)), (together,), (one,))
