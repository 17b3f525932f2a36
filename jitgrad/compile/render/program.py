"""The loops of a row program: its stages one after the other, for one tile after the other (see `lower_program`).

A reduction lives in one of three places:

- in a *register*, where its loops are the innermost ones: it starts before them and is stored after them;
- in *memory*, an element of its result (or of local memory) per point that is kept, where a kept loop is further in
  (what the innermost loops add up to is in a register, too, and joins the element after them);
- in a *partial result of the chunk*, where it goes over outer loops: a number if nothing is kept, else an array.

Start at `Program.write`.
"""

import functools
import math

from ...ir.printer import counted
from ..index.duplicates import common
from ..kernel import Units
from ..loops.nest import points, weight
from ..loops.passes.distribute import target, turns
from ..loops.passes.interleave import Rows
from ..loops.passes.unroll_jam import abreast, fetched, write_abreast
from ..loops.tiles import is_dear, local_size, tiny
from .forms import BLOCK, GRAIN, Form, accumulated, sums_in_blocks
from .values import FIXED, TILE, combination, expression, identity_literal, is_wide, read, stored, title, typed

#: chunks of a step with partial results that are arrays, at most; and points per element of these
CHUNKS, GATHERED = 64, 8


def render_program(program, fusion):
    """The kernel of a step of several stages, and how its launches are cut."""
    form = Program(program, fusion)
    kernel = form.render()
    kernel.units, kernel.gathered = form.units(), form.gathered
    return kernel


class Program(Form):
    """The form of a step of several stages."""

    kind = "program"

    def __init__(self, program, fusion):
        super().__init__(program.stages[0], fusion)
        self.program, self.top, self.totals, self.buffers = program, [], [], []
        self.fetched = set()  # arrays that are asked for ahead of the first stage that reads them
        self.pieces_of_rows = {}  # dtype -> the memories that stages have pieces of rows in
        w = self.writer
        w.made = frozenset(program.step.nodes)
        for node in program.step.nodes:
            if node in program.local:
                w.local[node] = w.fresh("l")
        self.gathered = [n for nest in program.stages for n in nest.reductions if self.place_of(n, nest) == "array"]

    @property
    def whole(self):
        """The reductions over everything."""
        return [n for nest in self.program.stages for n in nest.reductions if self.place_of(n, nest) == "number"]

    @property
    def grain(self):
        return GRAIN // weight(self.program)

    def place_of(self, node, nest):
        """Where the reduction lives: "register", "memory", "number" or "array" (of the chunk)."""
        gone = nest.reduced[node]
        shared = {*range(nest.outer), nest.tile}
        if len(gone) == len(nest.loops):
            return "number"
        if gone & shared:
            return "array"
        return "register" if gone == set(range(self.level(node, nest), len(nest.loops))) else "memory"

    def is_narrow(self, node, nest):
        """Whether what a sum of float32 adds up in unrolled loops is so few values that it stays so."""
        return sums_in_blocks(node) and self.level(node, nest) >= nest.shared

    def first(self, node, nest):
        return identity_literal(node) if self.is_narrow(node, nest) else _start(node)

    @staticmethod
    def last_of(nest):
        """The depth of the innermost loop of a stage."""
        return 1 + len(nest.loops) - nest.outer

    @staticmethod
    def level(node, nest):
        """The number of the first of the innermost loops that the reduction goes over."""
        k = len(nest.loops)
        while k and k - 1 in nest.reduced[node]:
            k -= 1
        return k

    # ------------------------------------------------------------------ the whole

    def write(self):
        w, program = self.writer, self.program
        blocks, width = w.add_static("n", self.blocks), w.add_static("n", program.width)
        size = w.add_static("n", program.tile.size)
        self.line(2, f"q = u // {blocks}" if program.outer else "q = 0")
        self.line(2, f"low = (u - q * {blocks}) * {width}")
        self.line(2, f"high = min(low + {width}, {size})")
        self.nest, self.loops = program.stages[0], [f"j{k}" for k in range(len(program.outer))]
        self.decode("q", 2, len(program.outer))
        for nests in program.groups:
            self.stages(nests)
        units, self.out = self.out, []
        for name, dtype in w.memory:
            self.line(1, f"{name} = scratch_{dtype.name}()")
        for node, name in w.local.items():
            w.listing.append(f"{name}: {node.dtype}, memory of one tile")
            count = w.add_static("n", local_size(self.fusion, node, program))
            self.line(1, f"{name} = local_{node.dtype.name}({count})")
        for name, dtype, count in self.buffers:
            self.line(1, f"{name} = local_{dtype.name}({count})")
        self.out += self.top
        for node, acc in self.totals:
            self.line(1, f"{acc} = {_start(node)}")
        for node in self.gathered:
            place = f"{w.array(node, 'out')}[part * {w.add_static('n', node.size)} + k]"
            self.line(1, f"for k in range({w.add_static('n', node.size)}):")
            self.line(2, f"{place} = {stored(identity_literal(node), node.dtype)}")
        self.line(1, "for u in range(start, stop):")
        self.out += units
        for node, acc in self.totals:
            self.line(1, f"{w.array(node, 'result')}[part] = {acc if is_wide(node) else accumulated(node, acc)}")
        for name in (*w.local.values(), *[name for name, _, _ in self.buffers]):
            self.line(1, f"free({name})")

    def title(self):
        operations = [*(node.op.name for node in self.program.reductions), *self.writer.operations]
        return f"{title(self.kind, operations)[:-1]}; {counted(len(self.program.stages), 'stage')}."

    def evaluate(self):
        """Values are evaluated stage by stage."""

    # ------------------------------------------------------------------ stages

    def stages(self, nests):
        """One stage, or those that share loops."""
        self.writer.handed.clear()
        stages = [self.prepared(nest) for nest in nests]
        each = functools.partial(map, self.take_up, stages)
        for nest in each():
            self.top += ["    " + text for text, _ in self.writer.lines.get(0, ())]
            self.body_of(1, 2)
            self.start_memory(nest)
        if len(nests) == 1:
            if self.writer.lines.get(FIXED):
                self.line(2, "for t in range(low, high):")
                self.body_of(FIXED, 3)
            self.apply_functions(nests[0])
        self.fetches = list(fetched(self, nests[0])) if len(nests) == 1 and not nests[0].rows else []
        for nest in each():
            self.around_tile(nest, lambda n, place, whole: f"{place} = {stored(identity_literal(n), n.dtype)}")
            for name in self.tiles:
                self.line(2, f"{name} = np.float32(0.0)")
        self.nested(stages, nests[0].outer, 2)
        for nest in each():
            for name, total in self.tiles.items():
                self.line(2, f"{total} = {total} + {name}")
            self.around_tile(nest, _joined)

    def take_up(self, stage):
        """Go on with a stage that is prepared; its nest."""
        vars(self).update(stage.state)
        vars(self.writer).update(stage.written)
        return stage.nest

    def prepared(self, nest):
        """The statements of a stage, by depth, and where its reductions live."""
        w = self.writer
        self.nest, w.lines = nest, {}
        w.begin_stage()
        w.tiny = frozenset([common(c) for loop in tiny(nest) for c in loop.classes])
        w.fast = len(nest.loops) - 1 - len(tiny(nest)) if nest.shared < len(nest.loops) else None
        inner = iter(range(len(nest.loops)))
        self.loops = [
            f"j{k}" if k < nest.outer else "t" if k == nest.tile else f"i{next(inner)}" for k in range(len(nest.loops))
        ]
        if nest.reverse and nest.scan is not None and not nest.rows:
            self.loops[nest.scan] = f"b{self.loops[nest.scan]}"
        self.start_scans(nest)
        for node, ctx, depth, is_load in nest.values:
            w.evaluate(node, ctx, depth, is_load, nest, self.loops)
        for node in nest.maps:
            self.store(node, nest)
        self.registers, self.updates, self.elements, self.small = {}, [], [], []
        self.short, self.tiles = {}, {}  # sums of float32 and those they are added to: in blocks; where a tile is one
        for node in nest.reductions:
            self.start(node, nest)
        return _Stage(self)

    @staticmethod
    def is_unrolled(nest):
        """Whether the tile is the innermost loop, once the others are unrolled."""
        return nest.tile + 1 < len(nest.loops) and len(tiny(nest)) == len(nest.loops) - nest.tile - 1

    def apply_functions(self, nest):
        """Where the innermost loop is short, dear functions are applied to a tile beforehand (see `render_short`)."""
        w, inner = self.writer, nest.loops[nest.tile + 1 :]
        if nest.column or not inner or nest.scan is not None:
            return
        if self.is_unrolled(nest):
            return  # the rows are in vectors
        dear = {n: f for n, f in w.functions.items() if is_dear(f[0], nest) and w.depths.get(n) == self.last}
        if not dear:
            return
        sizes, place = [w.add_static("n", loop.size) for loop in inner], TILE
        for size, loop in zip(sizes, self.loops[nest.tile + 1 :], strict=True):
            place = f"({place} * {size} + {loop})"
        count = w.add_static("n", self.program.width * math.prod(loop.size for loop in inner))

        def buffer(dtype):
            self.buffers.append((w.fresh("e"), dtype, count))
            return self.buffers[-1][0]

        lines = [text for text, _ in w.lines[self.last]]

        def apply(name, node, args, memory):
            return f"{memory}[k] = {stored(expression(node, args), node.dtype)}"

        done, known = turns(w, lines, dear, place[1:-1], buffer, apply)
        for turn in done:
            self.feed(nest, nest.outer, 2, turn.feed)
            self.line(2, f"for k in range((high - low) * {' * '.join(sizes)}):")
            for text in turn.applied:
                self.line(3, text)
        rest = [known.get(target(line), line) for line in lines]
        w.lines[self.last] = [(text, text) for text in rest]

    def feed(self, nest, k, indent, lines):
        """The loops from number `k` on, with `lines` in the innermost one."""
        self.header(nest, k, indent)
        if k < len(nest.loops) - 1:
            self.body_of(2 + k - nest.outer, indent + 1)
            self.feed(nest, k + 1, indent + 1, lines)
            return
        for text in lines:
            self.line(indent + 1, text)

    def store(self, node, nest):
        w = self.writer
        source = self.operand(node) if node.op.kind == "reduce" else (node, self.fusion.identity(node))
        if node in nest.handed:
            w.handed[node] = w.value(source)
        if node in nest.passing:
            return
        name = w.array(node, "out")
        place = w.place(node, nest.stores[node], self.loops, nest)
        w.emit(self.last, f"{name}[{place}] = {stored(w.value(source), node.dtype)}")

    def start_scans(self, nest):
        w, self.carried = self.writer, []
        for node in filter(self.fusion.scan_of, nest.maps):
            name = w.carries[node] = w.fresh("c")
            self.carried.append((node, name))
            if nest.column:
                w.memory.append((name, node.dtype))

    def start_carries(self, nest, indent):
        """What the scans carry, before their loop: a number, or one per column."""
        if nest.column:
            self.line(indent, "for t in range(low, high):")
        for node, name in self.carried:
            start = identity_literal(node)
            if nest.column:
                self.line(indent + 1, f"{name}[{TILE}] = {stored(start, node.dtype)}")
            else:
                self.line(indent, f"{name} = {start}")

    def start(self, node, nest):
        """Where the reduction is kept, and the statement that takes one more value in."""
        w = self.writer
        value, place = w.value(self.operand(node)), self.place_of(node, nest)
        level = max(self.level(node, nest), nest.outer)
        if place == "number" or level < len(nest.loops):
            acc = w.fresh("acc")
            if place == "number":
                self.totals.append((node, acc))
            else:
                self.registers.setdefault(level, []).append((node, acc))
            if place == "register" and node in nest.handed:
                w.handed[node] = w.fresh("v")
            if sums_in_blocks(node) and not self.is_narrow(node, nest):
                total, acc = acc, w.fresh("part")
                (self.tiles if place == "number" and self.is_unrolled(nest) else self.short)[acc] = total
            narrow = self.is_narrow(node, nest)
            text = combination(node, acc, value)
            self.updates.append(f"{acc} = {typed(text, node.dtype) if narrow else text}")
            return
        element = self.element(node, nest)
        if self.is_small(node, nest):
            memory, place = w.fresh("h"), "0"
            w.memory.append((memory, node.dtype))
            for k in self.kept(node, nest):
                place = self.loops[k] if place == "0" else f"({place}) * {nest.loops[k].size} + {self.loops[k]}"
            whole, element = element, f"{memory}[{place}]"
            self.small.append((node, element, whole))
            self.updates.append(f"{element} = {self.joined(node, element, value, reorder=True)}")
            return
        self.elements.append((node, element, value))

    def taken_in(self):
        """The statements by which the reductions of the stage take in one more value."""
        return [
            *self.updates,
            *[f"{e} = {self.joined(node, e, value, reorder=True)}" for node, e, value in self.elements],
        ]

    @staticmethod
    def joined(node, element, value, reorder=False):
        """What is stored in the element of memory when `value` is taken in."""
        return stored(combination(node, read(element, node.dtype), value, reorder=reorder), node.dtype)

    @staticmethod
    def kept(node, nest):
        """The loops within a unit that the reduction does not go over."""
        return [k for k in range(nest.outer, len(nest.loops)) if k not in nest.reduced[node]]

    def is_small(self, node, nest):
        """Whether it goes over the tile, for few elements: memory that is registers once their loops are unrolled."""
        few = tiny(nest)
        return nest.tile in nest.reduced[node] and all(nest.loops[k] in few for k in self.kept(node, nest))

    def around_tile(self, nest, text):
        """Loops over the elements of small reductions, with ``text(node, element, whole)`` in them."""
        for node, element, whole in self.small:
            indent = 2
            for k in self.kept(node, nest):
                self.header(nest, k, indent)
                indent += 1
            self.line(indent, text(node, element, whole))

    def element(self, node, nest):
        w = self.writer
        name, place = w.array(node, "out"), w.place(node, nest.stores[node], self.loops, nest)
        if node in self.gathered:
            place = f"{place} + part * {w.add_static('n', node.size)}"
        return f"{name}[{place}]"

    def start_memory(self, nest):
        """Loops that put the identity into the reductions in memory."""
        nodes = [n for n in nest.reductions if self.place_of(n, nest) == "memory"]
        for kept in dict.fromkeys(frozenset(range(len(nest.loops))) - nest.reduced[n] for n in nodes):
            indent = 2
            for k in sorted(k for k in kept if k >= nest.outer):
                self.header(nest, k, indent)
                indent += 1
            for node in nodes:
                if kept == frozenset(range(len(nest.loops))) - nest.reduced[node]:
                    self.line(indent, f"{self.element(node, nest)} = {stored(identity_literal(node), node.dtype)}")

    def header(self, nest, k, indent, bounds=None):
        if k == nest.tile:
            self.line(indent, "for t in range(low, high):")
            return
        if bounds is None:
            loop = nest.loops[k]
            size = str(loop.size) if loop in tiny(nest) else self.writer.add_static("n", loop.size)
        else:
            size = bounds
        if k == nest.scan and nest.reverse and not nest.rows:
            turn = self.loops[k][1:]
            self.line(indent, f"for {turn} in range({size}):")
            self.line(indent + 1, f"{self.loops[k]} = {size} - 1 - {turn}")
        else:
            self.line(indent, f"for {self.loops[k]} in range({size}):")

    def nested(self, stages, k, indent):
        """The loops from number `k` on."""
        for nest in map(self.take_up, stages):
            for node, acc in self.registers.get(k, ()):
                self.line(indent, f"{acc} = {self.first(node, nest)}")
            if k == nest.scan:
                self.start_carries(nest, indent)
        nest = stages[0].nest
        if nest.rows and k == nest.scan - 1:
            Rows(self, nest).write(indent)
        elif k == stages[0].last:
            for text in self.fetches:
                self.line(indent, text)
            self.last_shared(stages, k, indent)
        else:
            rows = abreast(self, nest) if k == nest.tile and len(stages) == 1 else 1
            if rows > 1:
                write_abreast(self, nest, rows, self.fetches, indent)
                self.line(indent, "for t in range(rest, high):")
            else:
                self.header(nest, k, indent)
            for nest in map(self.take_up, stages):
                self.body_of(2 + k - nest.outer, indent + 1)
            self.nested(stages, k + 1, indent + 1)
        for nest in map(self.take_up, stages):
            for node, acc in self.registers.get(k, ()):
                self.finish_register(node, acc, nest, indent)

    def finish_register(self, node, acc, nest, indent):
        for text in self.finished(node, acc, nest):
            self.line(indent, text)

    def finished(self, node, acc, nest):
        """The statements that hand on, and store, the sum `acc` of the innermost loops."""
        value = acc if self.is_narrow(node, nest) or not is_wide(node) else f"np.float32({acc})"
        if node in nest.handed:
            yield f"{self.writer.handed[node]} = {value}"
            value = self.writer.handed[node]
        if node in nest.passing:
            return
        element = self.element(node, nest)
        if self.place_of(node, nest) != "register":
            yield f"{element} = {self.joined(node, element, value)}"
        else:
            yield f"{element} = {stored(value, node.dtype)}"

    def last_shared(self, stages, k, indent):
        """The last loop that the stages share; sums of float32 are taken in blocks (see `render_forms.BLOCK`), a tile
        being one."""
        nest, bounds = self.take_up(stages[0]), None
        short = {name: total for stage in stages for name, total in stage.state["short"].items()}
        if short and k not in (nest.tile, nest.scan) and nest.loops[k] not in tiny(nest):
            size = self.writer.add_static("n", nest.loops[k].size)
            self.line(indent, f"for block in range(0, {size}, {BLOCK}):")
            indent, bounds = indent + 1, f"block, minimum(block + {BLOCK}, {size})"
        for name in short:
            self.line(indent, f"{name} = np.float32(0.0)")
        self.header(nest, k, indent, bounds)
        before = len(self.out)
        for stage in stages:
            self.within(stage, k, indent + 1)
        if len(self.out) == before:
            self.line(indent + 1, "pass")
        for name, total in short.items():
            self.line(indent, f"{total} = {total} + {name}")

    def within(self, stage, k, indent):
        """What a stage does at a point of the loops up to number `k`, of those that are shared or its own."""
        nest = self.take_up(stage)
        self.body_of(2 + k - nest.outer, indent)
        if k == len(nest.loops) - 1:
            for text in self.taken_in():
                self.line(indent, text)
            return
        for node, acc in self.registers.get(k + 1, ()):
            self.line(indent, f"{acc} = {self.first(node, nest)}")
        self.header(nest, k + 1, indent)
        self.within(stage, k + 1, indent + 1)
        for node, acc in self.registers.get(k + 1, ()):
            self.finish_register(node, acc, nest, indent)

    # ------------------------------------------------------------------ units

    @property
    def blocks(self):
        return max(1, -(-self.program.tile.size // self.program.width))

    def units(self):
        program = self.program
        sizes = [loop.size for loop in (*program.outer, program.tile)]
        if not all(sizes):
            return Units(0, 1)
        total = math.prod(sizes[:-1]) * self.blocks
        step = max(1, self.grain // max(1, points(program) // total))
        if self.gathered:
            largest = max(node.size for node in self.gathered)
            chunks = max(1, min(CHUNKS, points(program) // (GATHERED * max(1, largest))))
            step = max(step, -(-total // chunks))
        units = Units(total, step)
        units.parts = units.chunks
        return units


def _joined(node, place, whole):
    """The statement that joins an element of a small reduction to that of the result."""
    return f"{whole} = {Program.joined(node, whole, read(place, node.dtype))}"


class _Stage:
    """A stage that is prepared: what the form knows of it, and its statements."""

    def __init__(self, form):
        names = ("nest", "loops", "registers", "updates", "elements", "small", "short", "tiles", "carried")
        self.state = {name: getattr(form, name) for name in names}
        self.written = {name: getattr(form.writer, name) for name in ("lines", "tiny", "fast")}
        self.nest, self.last = form.nest, form.nest.shared - 1


def _start(node):
    return repr(float(node.op.identity(node.dtype))) if is_wide(node) else identity_literal(node)
