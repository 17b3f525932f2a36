"""Scans along the rows of a tile: several rows side by side, and what is around the scan in loops of vectors.

A loop that carries a running value is no loop of vectors: an exp in it is computed for one number at a time. And in a
scan each element waits for the one before. So a stage whose innermost loop is a scan takes `LANES` rows at a time, a
piece of each, in three parts:

- the operands of the scan are *fed* into memory, row after row;
- the scan is *applied*: at each turn all rows go one on, which the processor does at once, with vectors if the scan
  is dear (what is left of a tile is less than `LANES` rows, which are taken one by one);
- the *rest*, which reads the running values, follows row after row.

Scans of scans take as many turns of the first two as they are deep, and so do the dear functions of short rows (see
`render_short`). What a row goes on from at its next piece is in memory, too. Start at `Rows.write`.
"""

from ...._dtypes import FLOAT64
from ...render.values import combination, expression, identity_literal, is_wide, read, stored
from ..tiles import LANES, is_dear
from .distribute import needed, taken, target, turns

#: Elements of one piece of a row: what is fed of all rows is in memory of a fixed size, and in the first cache.
PIECE = 1024 // LANES


class Rows:
    """The last two loops of a stage of the row program `form`: rows, and a scan along each."""

    def __init__(self, form, nest):
        self.form, self.nest, self.writer = form, nest, form.writer
        self.scans = {name: node for node, name in form.carried}
        self.k, self.used = nest.scan - 1, {}

    def write(self, indent):
        form, nest, w = self.form, self.nest, self.writer
        dear = {n: f for n, f in w.functions.items() if n in self.scans or self.is_apart(n, f[0])}
        lines, place = [text for text, _ in w.lines[form.last]], f"here + {form.loops[nest.scan]}"
        done, known = turns(w, lines, dear, place, self.memory, lambda *function: function)
        self.carries = {name: (node, self.memory(node.dtype)) for name, node in self.scans.items()}
        self.sums = {acc: (node, self.memory(_kept_as(node))) for node, acc in form.registers.get(nest.scan, ())}
        low, high = ("low", "high") if self.k == nest.tile else ("0", w.add_static("n", nest.loops[self.k].size))
        form.line(indent, f"for first in range({low}, {high}, {LANES}):")
        form.line(indent + 1, f"rows = min({LANES}, {high} - first)")
        form.line(indent + 1, f"for row in range({LANES}):")
        for node, memory in (*self.carries.values(), *self.sums.values()):
            form.line(indent + 2, f"{memory}[row] = {stored(identity_literal(node), node.dtype)}")
        self.pieces(indent + 1)
        for turn in done:
            self.over_rows(indent + 2, turn.feed)
            self.apply(indent + 2, turn.applied)
        made = {target(line): line for line in lines if target(line)}
        ends = [line for line in lines if not target(line)]
        wanted = needed([*ends, *form.taken_in()], made, known)
        self.over_rows(indent + 2, [*taken(lines, wanted, known), *ends], rest=True)
        self.finish(indent + 1)

    def pieces(self, indent):
        """The loop over pieces of the rows, in the order of the scan; what is in each is in the order of memory."""
        form, size = self.form, self.writer.add_static("n", self.nest.loops[self.nest.scan].size)
        left, right = "piece", f"min(piece + {PIECE}, {size})"
        if self.nest.reverse:
            left, right = f"max({size} - piece - {PIECE}, 0)", f"{size} - piece"
        form.line(indent, f"for piece in range(0, {size}, {PIECE}):")
        form.line(indent + 1, f"left = {left}")
        form.line(indent + 1, f"right = {right}")
        form.line(indent + 1, "span = right - left")

    def finish(self, indent):
        """The sums of the rows."""
        if self.sums:
            self.form.line(indent, "for row in range(rows):")
            self.form.line(indent + 1, f"{self.form.loops[self.k]} = first + row")
        for acc, (node, memory) in self.sums.items():
            self.form.line(indent + 1, f"{acc} = {read(f'{memory}[row]', _kept_as(node))}")
            self.form.finish_register(node, acc, self.nest, indent + 1)

    def is_apart(self, name, node):
        return is_dear(node, self.nest) and self.writer.depths.get(name) == self.form.last

    def memory(self, dtype):
        """Memory of the form of which this stage has made no use yet."""
        k = self.used[dtype] = self.used.get(dtype, 0) + 1
        known = self.form.pieces_of_rows.setdefault(dtype, [])
        if len(known) < k:
            known.append(self.writer.fresh("h"))
            self.writer.memory.append((known[-1], dtype))
        return known[k - 1]

    def over_rows(self, indent, lines, rest=False):
        """The loop over the rows with `lines` for each element; in the `rest`, reductions take more in.

        There are no lines where nothing has to be fed: the operands of a scan may be one number for all rows.
        """
        form, w = self.form, self.writer
        updates, sums, short = (form.taken_in(), self.sums, form.short) if rest else ((), {}, {})
        if not lines and not updates:
            return
        form.line(indent, "for row in range(rows):")
        indent += 1
        form.line(indent, f"{form.loops[self.k]} = first + row")
        form.line(indent, "here = row * span - left")
        around = [text for text, _ in w.lines.get(form.last - 1, ())]
        wanted = needed([*lines, *updates], {target(line): line for line in around if target(line)}, {})
        for line in around:
            if target(line) in wanted or rest and not target(line):
                form.line(indent, line)
        for acc, (node, memory) in sums.items():
            form.line(indent, f"{acc} = {read(f'{memory}[row]', _kept_as(node))}")
        for name in short:
            form.line(indent, f"{name} = np.float32(0.0)")
        form.line(indent, f"for {form.loops[self.nest.scan]} in range(left, right):")
        for text in (*lines, *updates):
            form.line(indent + 1, text)
        for name, total in short.items():
            form.line(indent, f"{total} = {total} + {name}")
        for acc, (node, memory) in sums.items():
            form.line(indent, f"{memory}[row] = {stored(acc, _kept_as(node))}")

    def apply(self, indent, applied):
        """The functions and scans `applied`, (name, node, operands, memory of the result) each, to what was fed."""
        form, carries, scans = self.form, self.carries, [a for a in applied if a[0] in self.carries]
        apart = [a for a in applied if a[0] not in carries]
        if apart:
            form.line(indent, "for k in range(rows * span):")
            for _, node, args, memory in apart:
                form.line(indent + 1, f"{memory}[k] = {stored(expression(node, args), node.dtype)}")
        if not scans:
            return
        place = f"k = row * span + {'span - 1 - turn' if self.nest.reverse else 'turn'}"
        take = [f"{n} = {read(f'{carries[n][1]}[row]', node.dtype)}" for n, node, *_ in scans]
        put = [f"{carries[n][1]}[row] = {stored(n, node.dtype)}" for n, node, *_ in scans]
        step = [place]
        for name, node, args, memory in scans:
            values = [self.writer.fresh("v") for _ in args]  # read once: what is read under a condition is a branch
            step.extend(f"{value} = {arg}" for value, arg in zip(values, args, strict=True))
            step.append(f"{name} = {combination(node, name, *values, reorder=False)}")
            step.append(f"{memory}[k] = {stored(name, node.dtype)}")
        form.line(indent, f"if rows == {LANES}:")
        form.line(indent + 1, "for turn in range(span):")
        form.line(indent + 2, f"for row in range({LANES}):")
        for text in (*take, *step, *put):
            form.line(indent + 3, text)
        form.line(indent, "else:")
        form.line(indent + 1, "for row in range(rows):")
        for text in take:
            form.line(indent + 2, text)
        form.line(indent + 2, "for turn in range(span):")
        for text in step:
            form.line(indent + 3, text)
        for text in put:
            form.line(indent + 2, text)


def _kept_as(node):
    """The dtype that sums of `node` are kept in on the way."""
    return FLOAT64 if is_wide(node) else node.dtype
