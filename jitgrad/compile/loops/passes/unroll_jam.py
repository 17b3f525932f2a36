"""Rows of memory in the stages of a row program: fetched ahead, and taken several at a time.

*Ahead.* A loop that adds up a row, and what a tile does with such sums, let the processor wait for memory: its own
prefetching does little across the ends of short rows, and pauses between the tiles. So the first stage that reads an
array row by row asks for the row that comes `AHEAD` bytes later.

*Abreast.* A sum along a row ends with adding up the lanes of a vector, after what the row leaves behind whole vectors;
a sum over the rows reads and writes memory for each number it takes in. Both come once for several rows where the
innermost loop takes these together.

Start at `fetched` and `abreast`.
"""

import re

from ...render.values import combination, identity_literal
from ..nest import is_near
from ..tiles import ABREAST, is_fetched, tiny

#: How many bytes ahead, in arrays that do not stay in the second cache.
AHEAD, LARGE = 1 << 14, 1 << 18
#: Rows that are taken together where they have a sum each, and where they have one sum; flops per number, at most.
SUMS, GATHERED, CHEAP = 4, 8, 8
NAME = re.compile(r"\b(?:[a-z]+\d+|t)\b")


def fetched(form, nest):
    """A statement for each array that the stage `nest` reads row by row, and none before did."""
    w, last = form.writer, len(nest.loops) - 1
    if nest.column or last == nest.tile or nest.loops[last] in tiny(nest):
        return
    for (node, _), a in nest.loads.items():
        base = w.buffer(node)
        if base in form.fetched or base in w.local or base in w.made or a.guards or a.valid or a.lookups:
            continue
        if a.paces[nest.tile] is None or not is_near(a.paces[last]) or a.paces[last].step < 0:
            continue
        form.fetched.add(base)
        size, n = node.dtype.itemsize, nest.loops[last].size
        wanted = is_fetched(n * size) and base.size * size >= LARGE
        count = w.add_static("n", n if wanted else 0)
        ahead = w.add_static("n", -(-AHEAD // max(1, abs(a.strides[nest.tile]) * size)))
        loops = [*form.loops[:-1], "0"]
        loops[nest.tile] = f"(t + {ahead})"
        place = w.address(a, loops)
        yield f"prefetch({w.array(base, 'array')}, {place}, {count})"


def abreast(form, nest):
    """How many rows the stage `nest` takes together: 1 where that is not worth it, or not that simple."""
    last = len(nest.loops) - 1
    if nest.column or nest.scan is not None or last != nest.tile + 1 or form.is_unrolled(nest) or form.writer.guards:
        return 1
    if any(node not in nest.passing for node in nest.maps):
        return 1
    inner = [node for node, _, depth, is_load in nest.values if depth == form.last_of(nest) and not is_load]
    places = {form.place_of(node, nest) for node in nest.reductions}
    if sum(node.op.cost for node in inner) > CHEAP or not places or not places <= {"register", "array"}:
        return 1
    return SUMS if "register" in places else GATHERED


def write_abreast(form, nest, rows, fetches, indent):
    """The loop over groups of `rows` rows of the stage `nest`: the statements of each, with names of their own."""
    w, last = form.writer, len(nest.loops) - 1
    outer, inner = ([text for text, _ in w.lines.get(depth, ())] for depth in (2, form.last_of(nest)))
    sums = form.registers.get(last, ())
    gathered = [(node, element, value, w.fresh("acc")) for node, element, value in form.elements]
    own = {"t", *form.short, *[acc for _, acc in sums], *[text.partition(" = ")[0] for text in (*outer, *inner)]}

    def each(indent, texts):
        for r in range(rows):
            for text in texts:
                form.line(indent, NAME.sub(lambda name: f"{name[0]}_{r}" if name[0] in own else name[0], text))

    along = sums or form.short
    together = w.add_static("n", 0 if along and _bytes_of_row(nest) > ABREAST else rows)
    form.line(indent, f"rest = low + (high - low) // {rows} * {together}")
    form.line(indent, f"for first in range(low, rest, {rows}):")
    indent += 1
    for r in range(rows):
        form.line(indent, f"t_{r} = first + {r}")
    each(indent, [*fetches, *outer, *[f"{acc} = {form.first(node, nest)}" for node, acc in sums]])
    each(indent, [f"{part} = np.float32(0.0)" for part in form.short])  # rows of `ABREAST` bytes are one block
    form.header(nest, last, indent)
    taken = [*inner, *form.updates, *[f"{acc} = {combination(n, acc, value)}" for n, _, value, acc in gathered]]
    for node, _, _, acc in gathered:
        form.line(indent + 1, f"{acc} = {identity_literal(node)}")
    each(indent + 1, taken)
    for node, element, _, acc in gathered:
        form.line(indent + 1, f"{element} = {form.joined(node, element, acc)}")
    each(indent, [f"{total} = {total} + {part}" for part, total in form.short.items()])
    each(indent, [text for node, acc in sums for text in form.finished(node, acc, nest)])


def _bytes_of_row(nest):
    """Of the widest array that is read row by row."""
    moving = [node.dtype.itemsize for (node, _), a in nest.loads.items() if a.paces[-1] is not None]
    return nest.loops[-1].size * max(moving, default=1)
