"""The loops of a kernel, one writer per form of nest (see `lower`): the skeleton that statements are put into.

Every form has the same outside: ``body(start, stop, part, ...)`` runs the units ``start <= u < stop``. What a unit
is (a point, a row, a block of columns) and how many there are is the form's matter: `FORMS` maps the form to
the writer of its loops and to the function that counts its units.

Start at `render_loop`.
"""

import math

from ..._dtypes import FLOAT64
from ..kernel import Kernel, Units
from ..loops.nest import COLUMNS, GRAIN, INNER, points, weight
from .values import HEADER, Writer, combination, identity_literal, is_wide, read, stored, title

#: Values of float32 that are summed in float32, before their sum is added to one of float64. Vectors of float32 have
#: twice as many; a lane of them adds 64 values or less, about as many as NumPy adds below its tree.
BLOCK = 1024
PARTS = 16  # blocks of rows that a column reduction is split in, where its columns are few


def render_loop(nest, fusion):
    """The kernel of a loop step, and how its launches are cut."""
    form = FORMS[nest.form](nest, fusion)
    kernel = form.render()
    kernel.units, kernel.gathered = form.units(), nest.reductions if nest.form == "column" else []
    return kernel


class Form:
    """The common part: statements by depth, stores, arguments."""

    splits = False  # whether the innermost loop is run in pieces, each with the same guards throughout

    def __init__(self, nest, fusion):
        self.nest, self.fusion = nest, fusion
        self.writer = Writer(fusion)
        self.writer.split_at = self.last if self.splits else None
        self.loops = [f"i{k}" for k in range(len(nest.loops))]
        self.out = []

    def line(self, indent, text):
        self.out.append("    " * indent + text)

    def body_of(self, depth, indent, inside=False):
        for texts in self.writer.lines.get(depth, ()):
            if texts[inside]:
                self.line(indent, texts[inside])

    @property
    def last(self):
        """The depth of the innermost loop."""
        return 1 if self.nest.form == "flat" else 1 + len(self.nest.loops) - self.nest.outer

    @property
    def grain(self):
        """The points of one chunk."""
        return GRAIN // weight(self.nest)

    @property
    def whole(self):
        """The reductions over everything, whose results are numbers in the first slots of the arguments."""
        return self.nest.reductions if self.nest.form in ("flat", "rows") else []

    def evaluate(self):
        w, nest = self.writer, self.nest
        for node, ctx, depth, is_load in nest.values:
            w.evaluate(node, ctx, depth, is_load, nest, self.loops)
        for node in nest.maps:
            if node in nest.passing:
                continue
            source = self.operand(node) if node.op.kind == "reduce" else (node, self.fusion.identity(node))
            name = w.array(node, "out")
            value = stored(w.value(source), node.dtype)
            w.emit(self.last, f"{name}[{w.address(nest.stores[node], self.loops)}] = {value}")
        self.values = {n: w.value(self.operand(n)) for n in nest.reductions}

    def operand(self, node):
        return node.src[0], self.fusion.identity(node.src[0])

    def render(self):
        w = self.writer
        loops = self.body()
        head = HEADER.format(title=self.title(), listing="\n".join(w.listing))
        return Kernel(self.kind, f"{head}\n{loops}\n\n\n{self.entry()}", w.static, w.dynamic, self.whole)

    @property
    def kind(self):
        return self.nest.form

    def title(self):
        operations = [*(node.op.name for node in self.nest.reductions), *self.writer.operations]
        return title(self.kind, operations, len(self.nest.loops))

    def body(self):
        """The loops as a function; it raises a flag where it met an operand too far for its code."""
        self.evaluate()
        self.write()
        w = self.writer
        first = last = ()
        if w.far:
            flag = w.add_dynamic("f", "far", None)
            first, last = ["    far = False"], ["    if far:", f"        {flag}[0] = 1"]
        head = f"@body\ndef body({', '.join(['start', 'stop', 'part', *w.static_names, *w.dynamic_names])}):"
        return "\n".join([head, *first, *self.out, *last])

    def entry(self):
        """The uniform entry: unpacks 8-byte slots (results, pointer to the static block, dynamic arguments)."""
        w = self.writer
        results = self.whole
        args, slot = [], len(results) + 1
        for k, value in enumerate(w.static):
            args.append(f"c[{k}]" if isinstance(value, int) else _number("c", k, value.dtype))
        for kind, what in w.dynamic:
            if kind == "index":
                args.append(f"a[{slot}]")
            elif kind == "number":
                args.append(_number("a", slot, what.dtype))
            elif kind == "far":
                args.append(f"array_int64(a, {slot})")
            elif kind == "result":
                args.append(f"result_{result_dtype(what).name}(a, {results.index(what)}, {slot})")
            else:
                args.append(f"array_{what.dtype.name}(a, {slot})")
            slot += 1
        lines = ["@entry", "def chunk(start, stop, part, args):", "    a = slots(args)"]
        if w.static:
            lines.append(f"    c = slots(a[{len(results)}])")
        call = f"(start, stop, part, {', '.join(args)})"
        lines.append(f"    body{call}")
        return "\n".join(lines) + "\n"

    # ------------------------------------------------------------------ pieces of the loops

    def inner_loops(self, first, indent, bounds=None):
        """Open the loops from number `first` on, statements of each depth in their place; the indent inside."""
        nest = self.nest
        for k in range(first, len(nest.loops)):
            low, high = (bounds or {}).get(k, ("0", None))
            high = high or self.writer.add_static("n", nest.loops[k].size)
            text = high if low == "0" else f"{low}, {high}"
            self.line(indent, f"for {self.loops[k]} in range({text}):")
            indent += 1
            self.body_of(2 + k - nest.outer, indent)
        return indent

    def decode(self, source, indent, count):
        """The variables of the first `count` loops from the row number `source`."""
        for k in reversed(range(count)):
            if k == 0:
                self.line(indent, f"{self.loops[0]} = {source}")
                break
            size = self.writer.add_static("n", self.nest.loops[k].size)
            quotient = f"q{k}"
            self.line(indent, f"{quotient} = {source} // {size}")
            self.line(indent, f"{self.loops[k]} = {source} - {quotient} * {size}")
            source = quotient

    def pieces(self, indent, low, high):
        """The innermost loop over [low, high), cut where a guard changes; without guards, in one piece."""
        w, loop = self.writer, self.loops[-1]
        if not w.tested:
            self.innermost(indent, low, high, False)
            return
        first, end = low, high
        if w.intervals:
            first, end = "first", "end"
            self.line(indent, f"first = {low}")
            self.line(indent, f"while first < {high}:")
            indent += 1
            self.line(indent, f"{loop} = first")
            for i in w.intervals:
                self.line(indent, f"{i.place} = {i.text}")
                self.line(indent, f"{i.inside} = ({i.place} >= 0) & ({i.place} < {i.length})")
            ends = [f"first + {'rising' if i.slope == 1 else 'falling'}({i.place}, {i.length})" for i in w.intervals]
            for k, text in enumerate(ends):
                self.line(indent, f"end = minimum({'end' if k else high}, {text})")
        self.line(indent, f"if {' & '.join(w.tested)}:")
        self.innermost(indent + 1, first, end, True)
        self.line(indent, "else:")
        self.innermost(indent + 1, first, end, False)
        if w.intervals:
            self.line(indent, "first = end")

    def innermost(self, indent, low, high, inside):
        short = [k for k, node in enumerate(self.nest.reductions) if sums_in_blocks(node)]
        if short:
            self.line(indent, f"for block in range({low}, {high}, {BLOCK}):")
            indent += 1
            for k in short:
                self.line(indent, f"block_sum{k} = np.float32(0.0)")
            low, high = "block", f"minimum(block + {BLOCK}, {high})"
        self.line(indent, f"for {self.loops[-1]} in range({low}, {high}):")
        self.body_of(self.last, indent + 1, inside)
        self.accumulate(indent + 1, short)
        for k in short:
            self.line(indent, f"acc{k} = acc{k} + block_sum{k}")

    def start_accumulators(self, indent):
        for k, node in enumerate(self.nest.reductions):
            start = repr(float(node.op.identity(node.dtype))) if is_wide(node) else identity_literal(node)
            self.line(indent, f"acc{k} = {start}")

    def accumulate(self, indent, short=()):
        for k, node in enumerate(self.nest.reductions):
            name = f"block_sum{k}" if k in short else f"acc{k}"
            self.line(indent, f"{name} = {combination(node, name, self.values[node])}")

    def finish_whole(self):
        """Results of a reduction over everything: one partial result per chunk."""
        for k, node in enumerate(self.nest.reductions):
            value = f"acc{k}" if is_wide(node) else accumulated(node, f"acc{k}")
            self.line(1, f"{self.writer.array(node, 'result')}[part] = {value}")


class Flat(Form):
    splits = True

    def write(self):
        self.body_of(0, 1)
        self.start_accumulators(1)
        self.pieces(1, "start", "stop")
        self.finish_whole()

    def units(self):
        return Units(self.nest.loops[0].size, self.grain)


class Rows(Form):
    splits = True

    def write(self):
        w, nest = self.writer, self.nest
        blocks, width = w.add_static("n", self.blocks), w.add_static("n", INNER)
        inner = w.add_static("n", nest.loops[-1].size)
        self.body_of(0, 1)
        self.start_accumulators(1)
        self.line(1, "for u in range(start, stop):")
        self.line(2, f"t = u // {blocks}")
        self.line(2, f"low = (u - t * {blocks}) * {width}")
        self.line(2, f"high = min(low + {width}, {inner})")
        self.decode("t", 2, nest.outer)
        self.body_of(1, 2)
        self.pieces(2, "low", "high")
        self.finish_whole()

    @property
    def blocks(self):
        return max(1, -(-self.nest.loops[-1].size // INNER))

    def units(self):
        rows = math.prod(loop.size for loop in self.nest.loops[:-1])
        inner = self.nest.loops[-1].size
        total = rows * self.blocks if inner else 0
        return Units(total, max(1, self.grain // max(1, min(inner, INNER))))


class Row(Form):
    def write(self):
        w, nest = self.writer, self.nest
        self.body_of(0, 1)
        self.line(1, "for u in range(start, stop):")
        self.decode("u", 2, nest.outer)
        self.body_of(1, 2)
        self.start_accumulators(2)
        self.accumulate(self.inner_loops(nest.outer, 2))
        for k, node in enumerate(nest.reductions):
            name = w.array(node, "out")
            self.line(2, f"{name}[{w.address(nest.stores[node], self.loops)}] = {accumulated(node, f'acc{k}')}")

    def units(self):
        kept = math.prod(loop.size for loop in self.nest.loops[: self.nest.outer])
        row = max(1, points(self.nest) // max(1, kept))
        return Units(kept, max(1, self.grain // row))


class Column(Form):
    """Reduced loops outside, a block of kept columns inside; few columns: the rows are split in parts, too."""

    def write(self):
        w, nest = self.writer, self.nest
        last = len(nest.loops) - 1
        blocks, width = w.add_static("n", self.blocks), w.add_static("n", COLUMNS)
        columns, kept = w.add_static("n", nest.loops[last].size), w.add_static("n", self.kept)
        height, rows = w.add_static("n", self.height), w.add_static("n", nest.loops[nest.outer].size)
        self.body_of(0, 1)
        self.line(1, "for u in range(start, stop):")
        self.line(2, f"t = u // {blocks}")
        self.line(2, f"low = (u - t * {blocks}) * {width}")
        self.line(2, f"high = min(low + {width}, {columns})")
        self.line(2, f"piece = t // {kept}")
        self.line(2, f"t -= piece * {kept}")
        self.line(2, f"first = piece * {height}")
        self.line(2, f"end = min(first + {height}, {rows})")
        self.decode("t", 2, nest.outer)
        self.body_of(1, 2)
        places = [self.place(node) for node in nest.reductions]
        self.line(2, f"for i{last} in range(low, high):")
        for node, place in zip(nest.reductions, places, strict=True):
            self.line(3, f"{place} = {stored(identity_literal(node), node.dtype)}")
        indent = self.inner_loops(nest.outer, 2, {nest.outer: ("first", "end"), last: ("low", "high")})
        for node, place in zip(nest.reductions, places, strict=True):
            joined = combination(node, read(place, node.dtype), self.values[node], reorder=False)
            self.line(indent, f"{place} = {stored(joined, node.dtype)}")

    def place(self, node):
        w = self.writer
        name, address = w.array(node, "out"), w.address(self.nest.stores[node], self.loops)
        return f"{name}[{address} + piece * {w.add_static('n', node.size)}]"

    @property
    def blocks(self):
        return max(1, -(-self.nest.loops[-1].size // COLUMNS))

    @property
    def kept(self):
        return max(1, math.prod(loop.size for loop in self.nest.loops[: self.nest.outer]))

    @property
    def parts(self):
        """Blocks of rows: by the sizes alone, so that results do not depend on the number of threads."""
        nest = self.nest
        rows = nest.loops[nest.outer].size
        if self.kept * self.blocks >= PARTS or points(nest) < 4 * GRAIN:
            return 1
        out = max(n.size for n in nest.reductions)
        return max(1, min(PARTS, rows // 8, points(nest) // (8 * max(out, 1)), points(nest) // GRAIN))

    @property
    def height(self):
        rows = self.nest.loops[self.nest.outer].size
        return max(1, -(-rows // self.parts))

    def units(self):
        nest = self.nest
        if not all(loop.size for loop in (*nest.loops[: nest.outer], nest.loops[-1])):
            return Units(0, 1)
        pieces = max(1, -(-nest.loops[nest.outer].size // self.height))
        total = self.kept * self.blocks * pieces
        return Units(total, max(1, self.grain // max(1, points(nest) // total)), pieces)


FORMS = {"flat": Flat, "rows": Rows, "row": Row, "column": Column}


def result_dtype(node):
    """As what kernels give the result of a reduction over everything: floats are combined, and rounded, later."""
    return FLOAT64 if node.dtype.kind == "f" else node.dtype


def sums_in_blocks(node):
    """Whether sums of a block stay narrow; products would overflow."""
    return is_wide(node) and not node.op.identity(node.dtype)


def accumulated(node, acc):
    """What an accumulator has in the end, to be stored."""
    return f"np.float32({acc})" if is_wide(node) else stored(acc, node.dtype)


def _number(block, slot, dtype):
    """The expression that reads a number from a slot."""
    if dtype.kind == "f":
        text = f"as_float({block}[{slot}])"
        return text if dtype.name == "float64" else f"np.{dtype.name}({text})"
    if dtype.kind == "b":
        return f"({block}[{slot}] != 0)"
    return f"{block}[{slot}]" if dtype.name == "int64" else f"np.{dtype.name}({block}[{slot}])"
