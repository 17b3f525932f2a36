"""Rendering: the numba source of a kernel, and what its arguments are bound to.

The source of a kernel holds no sizes: lengths, strides, offsets and most constants are arguments, and all names are
given by first appearance, so the same program on other shapes is the same text, and is compiled once.
`Writer` turns values into statements; the loops around them come from `render_forms`. Start at `Writer`.
"""

import math
from typing import NamedTuple

from ..._dtypes import BOOL, FLOAT64, INT64
from ...ir import CONST, const
from ...ir.printer import counted
from ..index.maps import Guard, pad_guards
from ..loops.nest import Pace, depth_of_loop, guard_axes, is_beside

HEADER = '''"""{title}

{listing}
"""

import math

import numpy as np

from jitgrad.runtime.build import *
from jitgrad.runtime.support import *

'''

#: reductions of floats whose combination may be reordered, so that the loop vectorises
REORDERED = {"({0} + {1})": "fast_add({0}, {1})", "({0} * {1})": "fast_mul({0}, {1})"}
#: names of operations that the first line of a kernel has
NAMED = 8


def title(kind, operations, loops=0):
    """The first line of a kernel: it is made of what the text has anyway, so that equal kernels stay equal.

    The plan a kernel was made for is not in it: one kernel serves many.
    """
    names = list(dict.fromkeys(operations))
    size = [counted(loops, "loop")] if loops else []
    size += [counted(len(operations), "operation")]
    what = ", ".join(names[:NAMED]) or "copy"
    return f"{kind} kernel, {', '.join(size)}: {what}{', ...' if len(names) > NAMED else '.'}"


#: dtypes of Python's own numbers, which numba's arithmetic keeps
WIDE = frozenset((FLOAT64, INT64))
#: Operations that leave float32 a float32, in numba as in NumPy: a conversion compiles three times as long as they do.
ARITHMETIC = {"({0} + {1})", "({0} - {1})", "({0} * {1})", "({0} / {1})", "({0} * {0})", "(-{0})", "(+{0})"}

#: flops from which a column stage computes a value of the tile once, not at each turn of its inner loops
KEPT = 4
#: the depth of statements in the loop over the tile before the loops of a column stage; a point's number in its tile
FIXED, TILE = "fixed", "(t - low)"

_SPECIAL = {"nan": "math.nan", "inf": "math.inf", "-inf": "-math.inf"}


def literal(value, dtype):
    """`value` as an expression of `dtype`."""
    if dtype.kind == "b":
        return str(bool(value))
    if dtype.kind == "f":
        text = _SPECIAL.get(repr(float(value)), repr(float(value)))
    else:
        text = str(int(value))
    if dtype in WIDE:
        return f"({text})" if text.startswith("-") else text
    return f"np.{dtype.name}({text})"


def baked(value):
    """Whether the constant `value` may stand in the code: it must not be one that comes from a size."""
    if isinstance(value, bool) or not math.isfinite(value) or abs(value) in (0, 0.5, 1, 2, 3, 4):
        return True
    return not any(abs(v - round(v)) < 1e-9 * abs(v) for v in (value, 1 / value))


def typed(text, dtype):
    """`text` converted to `dtype` where numba's arithmetic may have widened it."""
    if dtype in WIDE or dtype == BOOL or text.startswith(f"np.{dtype.name}("):
        return text
    return f"np.{dtype.name}({text})"


def read(place, dtype):
    """The value at `place` of an array; kernels see arrays of bool as bytes."""
    return f"({place} != 0)" if dtype.kind == "b" else place


def stored(value, dtype):
    return f"np.uint8({value})" if dtype.kind == "b" else value


def cast_name(dtype):
    return "bool_" if dtype.kind == "b" else dtype.name


class Interval(NamedTuple):
    """A guard that holds in one interval of the innermost loop: a position that rises or falls by one each turn.

    A loop with conditions in it runs at half of its speed or less, so its range is cut where a guard changes, and
    the pieces in which all guards hold are loops without any (see `render_forms.Form.pieces`).
    """

    place: str  # the name of the position in the operand of the pad
    text: str  # what it is computed from
    inside: str  # the name of the condition
    length: str
    slope: int


class Writer:
    """Names, arguments and statements of one kernel.

    `far` has the operands that must not be too large for the code of an operation: loops check them, and the plan is
    run again by NumPy if one is. `exact` writes the expressions that are right for any operand instead.
    """

    def __init__(self, fusion, exact=False):
        self.fusion, self.exact, self.far = fusion, exact, {}
        self.lines = {}
        self.names = {}
        self.static, self.static_names = [], []
        self.dynamic, self.dynamic_names = [], []
        self.arrays = {}
        self.computed = {}  # operation and its operands -> the name of the value
        self.zeroed = {}  # name of a load -> the guards outside of which it is zero
        self.guards, self.strides, self.listing, self.operations = {}, {}, [], []
        self.counts = {}
        self.split_at = None  # the depth at which guards split the range of the loop (see `Interval`)
        self.cut = True  # whether they have one value throughout each part, or only where all of them hold
        self.intervals, self.constant, self.tested = [], set(), {}
        self.made, self.local = frozenset(), {}  # arrays the kernel makes; memory of one tile: node -> name
        self.depths = {}  # name of a value -> its depth, or FIXED
        self.fixed = False  # whether what is emitted belongs to the loop over the tile, too
        self.unfixed = {}  # guard -> its statements, while they are not in that loop
        self.scratch = {}  # name of a value of that loop -> the memory it is kept in
        self.memory = []  # (name, dtype) of these
        self.tiny = frozenset()  # the classes of axes whose lengths are part of the kernel
        self.fast = None  # the number of the loop that is in vectors, if not the last one
        self.carries = {}  # scan -> the name of what is carried along
        self.handed = {}  # node -> the name of its value, made by another stage at the same point
        self.functions = {}  # name of a value -> its operation, a node, and the names of its operands

    def begin_stage(self):
        """Forget what is known at the points of the stage before; arguments stay."""
        known = self.lines, self.names, self.computed, self.zeroed, self.guards, self.depths, self.unfixed
        for names in (*known, self.functions):
            names.clear()

    def fresh(self, letter):
        k = self.counts.get(letter, 0)
        self.counts[letter] = k + 1
        return f"{letter}{k}"

    def emit(self, depth, text, inside=None):
        """A statement; `inside` is what it is where all guards hold that split the loop."""
        line = (text, text if inside is None else inside)
        self.lines.setdefault(depth, []).append(line)
        if self.fixed:
            self.lines.setdefault(FIXED, []).append(line)

    def keep(self, depth, name, text, dtype):
        """Compute a value that does not change in the inner loops of a column stage once per column, not at `depth`."""
        memory = self.scratch[name] = self.fresh("h")
        place = f"{memory}[{TILE}]"
        before, self.fixed = self.fixed, False
        self.emit(FIXED, f"{name} = {text}")
        self.emit(FIXED, f"{place} = {stored(name, dtype)}")
        self.emit(depth, f"{name} = {read(place, dtype)}")
        self.fixed = before
        self.memory.append((memory, dtype))

    def add_static(self, letter, value):
        name = self.fresh(letter)
        self.static.append(value)
        self.static_names.append(name)
        return name

    def add_dynamic(self, letter, kind, what):
        name = self.fresh(letter)
        self.dynamic.append((kind, what))
        self.dynamic_names.append(name)
        return name

    def array(self, node, kind):
        if node in self.local:
            return self.local[node]
        if (node, kind) not in self.arrays:
            letter = {"array": "x", "out": "o", "result": "r", "carry": "y"}[kind]
            self.arrays[node, kind] = name = self.add_dynamic(letter, kind, node)
            rank = f"{node.ndim}d" if node.ndim else "0d"
            self.listing.append(f"{name}: {node.dtype} {rank}{'' if kind == 'array' else ' (written)'}")
        return self.arrays[node, kind]

    def total(self, part):
        """The array with what the blocks of a scan leave."""
        name = self.add_dynamic("r", "total", part)
        self.listing.append(f"{name}: {part.dtype}, {part.op.name} of each block (written)")
        return name

    # ------------------------------------------------------------------ values

    def scalar(self, node):
        """The name of a 0-d value that comes from outside."""
        if (node, "number") not in self.arrays:
            self.arrays[node, "number"] = name = self.add_dynamic("n", "number", node)
            self.listing.append(f"{name}: {node.dtype} number")
        return self.arrays[node, "number"]

    def value(self, pair):
        """The expression of the (node, context) `pair`, which was evaluated before.

        A constant that may come from a size is an argument of its own at each use: two sizes may be equal by chance.
        """
        name = self.names[pair]
        return name if isinstance(name, str) else self.add_static("k", name)

    def offset(self, const, terms, present):
        """The name of an integer known when the kernel is called, or "" for one that is 0 for every shape."""
        if terms:
            return self.add_dynamic("d", "index", (const, terms))
        return self.add_static("d", const) if present else ""

    def stride(self, value, pace):
        """The name of a stride: one for all that are equal for every shape."""
        if pace.inner and self.tiny.issuperset(pace.inner):
            return str(value)
        if pace not in self.strides:
            self.strides[pace] = self.add_static("s", value)
        return self.strides[pace]

    def inner_stride(self, value, pace):
        """A stride along the innermost loop. LLVM makes a copy of the loop for one that is 1 where it is an argument,
        and no vectors for others; so the argument is one less (a + a.T, 300 x 300, exp and gradient: 480 us, 160 so).
        """
        if pace.inner and self.tiny.issuperset(pace.inner):
            return str(value)
        if ("fast", pace) not in self.strides:
            self.strides["fast", pace] = self.add_static("s", value - 1)
        return f"({self.strides['fast', pace]} + 1)"

    def address(self, a, loops):
        """The expression of the element an `Access` means; `loops` are the loop variables."""
        parts = [self.offset(a.const - a.near, a.terms, a.offset)]
        fast = len(loops) - 1 if self.fast is None else self.fast
        for k, (stride, pace) in enumerate(zip(a.strides, a.paces, strict=True)):
            if pace is None:
                continue
            if (k >= fast or self.tiny) and not pace.inner and pace.step in (1, -1):
                parts.append(loops[k] if pace.step == 1 else f"-{loops[k]}")
            else:
                text = self.stride(stride, pace) if k < fast else self.inner_stride(stride, pace)
                parts.append(f"{text} * {loops[k]}")
        for guard, stride, pace in a.guards:
            place = self.guards[guard][0]
            near = not pace.inner and pace.step == 1
            parts.append(place if near else f"{self.stride(stride, pace)} * {place}")
        for lookup, stride, pace in a.lookups:
            place = self.value(lookup[:2])
            near = not pace.inner and pace.step == 1
            parts.append(place if near else f"{self.stride(stride, pace)} * {place}")
        parts.append(str(a.near) if a.near else "")
        return " + ".join(p for p in parts if p).replace("+ -", "- ") or "0"

    def place(self, node, a, loops, nest):
        """The address of an access to `node`: in local memory, columns are counted from the start of the tile."""
        if node in self.local:
            loops = [TILE if k == nest.tile else name for k, name in enumerate(loops)]
        return self.address(a, loops)

    def guard(self, guard, nest, loops):
        """The condition under which the position of `guard` is inside the operand."""
        if guard in self.guards:
            if self.fixed and guard in self.unfixed:
                if isinstance(guard.index.var, Guard):
                    self.guard(guard.index.var, nest, loops)
                self.lines.setdefault(FIXED, []).extend(self.unfixed.pop(guard))
            return self.guards[guard][1]
        index = guard.index
        number = {loop.axis: k for k, loop in enumerate(nest.loops)}
        if isinstance(index.var, Guard):
            self.guard(index.var, nest, loops)
            variable, _, slope = self.guards[index.var]
        else:
            variable, slope = (loops[number[index.var]], 1) if index.var is not None else ("", 0)
        depth = max((depth_of_loop(nest, number[a]) for a in guard_axes(guard)), default=0)
        if variable and index.step != 1:
            variable = f"{self.stride(index.step, Pace(index.step, ()))} * {variable}"
        place, inside = self.fresh("p"), self.fresh("g")
        first = len(self.lines.get(depth, ()))
        present = bool(index.const) or index.step < 0
        offset = str(index.const) if is_beside(index) else self.offset(index.const, index.terms, present)
        text = " + ".join(t for t in (variable, offset) if t not in ("", "0")).replace("+ -", "- ") or "0"
        length = self.add_static("m", guard.length)
        slope = slope * index.step if slope in (1, -1) and index.step in (1, -1) and guard.step == 1 else None
        split = slope is not None and depth == self.split_at
        self.emit(depth, f"{place} = {text}")
        if split:
            self.intervals.append(Interval(place, text, inside, length, slope))
        exact = ""
        if guard.step != 1:
            position, place = place, self.fresh("p")
            step = self.stride(guard.step, Pace(guard.step, ()))
            inverse = self.add_static("k", const(1.0 / guard.step, FLOAT64))
            self.emit(depth, f"{place} = np.int64({position} * {inverse} + 0.5)")  # no division: it takes 5 ns
            exact = f" & ({place} * {step} == {position})"
        if not split or not self.cut:
            test = f"{inside} = ({place} >= 0) & ({place} < {length}){exact}"
            self.emit(depth, test, "" if split else None)
        if split or depth != self.split_at:
            self.constant.add(inside)
        self.guards[guard] = place, inside, slope
        if not self.fixed:
            self.unfixed[guard] = self.lines[depth][first:]
        return inside

    def conditional(self, depth, tests, value, zero):
        """(`value` where all of `tests` hold and `zero` elsewhere, the same where those of one value per loop hold)."""
        if depth == self.split_at:
            self.tested.update(dict.fromkeys(t for t in tests if t in self.constant))
        return self._choice(tests, value, zero), self._choice([t for t in tests if t not in self.constant], value, zero)

    @staticmethod
    def _choice(tests, value, zero):
        inside = " & ".join(tests)
        if value == "True":
            return inside or value
        return f"{value} if {inside} else {zero}" if inside else value

    def evaluate(self, node, ctx, depth, is_load, nest, loops):
        """Emit what computes `node` in `ctx`; its name goes to `names`."""
        kind = node.op.kind
        self.fixed = (node, ctx) in getattr(nest, "fixed", ())
        if kind == "const":
            self.names[node, ctx] = literal(node.arg, node.dtype) if node.op is CONST and baked(node.arg) else node
        elif is_load and not node.ndim:
            self.names[node, ctx] = self.scalar(node)
        elif is_load and node in self.handed:
            self.names[node, ctx] = self.handed[node]
        elif is_load:
            self.names[node, ctx] = self.load(node, ctx, depth, nest, loops)
        elif kind == "elementwise":
            self.names[node, ctx] = self.elementwise(node, self.fusion.reads(node, ctx), depth)
        elif kind == "pad":
            self.names[node, ctx] = self.pad(node, ctx, depth, nest, loops)
        elif node in self.carries:
            self.names[node, ctx] = self.carry(node, self.fusion.reads(node, ctx), depth, nest)
        else:
            (source,) = self.fusion.reads(node, ctx)[:1]
            self.names[node, ctx] = self.names[source]
        name = self.names[node, ctx]
        if isinstance(name, str):
            self.depths.setdefault(name, FIXED if self.fixed else depth)
        self.fixed = False

    def elementwise(self, node, sources, depth):
        key = (node.op, node.dtype, depth, *[self.names[pair] for pair in sources])
        if key not in self.computed:
            args = [self.value(pair) for pair in sources]
            if node.op.check and not self.exact and (node.op.check, args[0]) not in self.far:
                self.far[node.op.check, args[0]] = None
                self.emit(depth, f"far = far | {node.op.check}({args[0]})")
            text = self.prepared(node, args, sources[-1][0], depth) or expression(node, args, self.exact)
            self.computed[key] = name = self.fresh("v")
            self.functions[name] = node, args
            if self.fixed and node.op.cost >= KEPT:
                self.keep(depth, name, text, node.dtype)
            else:
                self.emit(depth, f"{name} = {text}")
            self.note(name, node, args)
        return self.computed[key]

    def prepared(self, node, args, last, depth):
        """The expression of an operation whose last operand stands still in the innermost loop, if it has a faster
        one."""
        if not node.op.prepare or self.exact or node.dtype.kind != "f":
            return None
        still = self.depths.get(args[-1], 0)
        if self.fixed or still == depth:
            return None
        prepare, exact, loose = node.op.prepare
        text = loose if self.fusion.is_factor(node) else exact
        key = (node.op, args[-1])
        if key not in self.computed:
            self.computed[key] = name = self.fresh("v")
            if still == FIXED:
                self.keep(depth, name, prepare.format(args[-1]), node.dtype)
            else:
                self.emit(still, f"{name} = {prepare.format(args[-1])}")
            if not is_constant(last):
                self.far[name] = None
                self.emit(still, f"far = far | is_tiny({args[-1]})")
        return text.format(*args, self.computed[key])

    def carry(self, node, sources, depth, nest):
        """The running value of a scan at the innermost loop: a variable, or one per column of the tile."""
        values = [self.value(source) for source in sources]
        name = self.carries[node]
        if not nest.column:
            self.functions[name] = node, values
            self.emit(depth, f"{name} = {combination(node, name, *values, reorder=False)}")
            return name
        out, place = self.fresh("v"), f"{name}[{TILE}]"
        self.emit(depth, f"{out} = {combination(node, read(place, node.dtype), *values, reorder=False)}")
        self.emit(depth, f"{place} = {stored(out, node.dtype)}")
        return out

    def buffer(self, node):
        """The array that `node` is read from."""
        while node.op.kind == "reshape" and node not in self.fusion.kept:
            node = node.src[0]
        return node

    def load(self, node, ctx, depth, nest, loops):
        a = nest.loads[node, ctx]
        tests = [self.guard(g, nest, loops) for g in a.valid]
        buffer = self.buffer(node)
        array = self.array(buffer, "out" if buffer in self.made else "array")
        name = self.fresh("v")
        text = read(f"{array}[{self.place(buffer, a, loops, nest)}]", node.dtype)
        if tests:
            self.zeroed[name] = frozenset(tests)
        anywhere, inside = self.conditional(depth, tests, text, literal(0, node.dtype))
        self.emit(depth, f"{name} = {anywhere}", f"{name} = {inside}")
        self.listing.append(f"{name} = {array}[...]: {node.dtype}")
        return name

    def pad(self, node, ctx, depth, nest, loops):
        tests = [self.guard(g, nest, loops) for g in pad_guards(self.fusion.axes, node, ctx)]
        (source,) = self.fusion.reads(node, ctx)[:1]
        if not tests:
            return self.names[source]
        inner, zero = self.value(source), literal(0, node.dtype)
        if inner == zero or self.zeroed.get(inner, frozenset()).issuperset(tests):
            return inner  # it is zero already where this pad makes it so
        name = self.fresh("v")
        anywhere, inside = self.conditional(depth, tests, inner, zero)
        self.emit(depth, f"{name} = {anywhere}", f"{name} = {inside}")
        self.note(name, node, [inner])
        return name

    def note(self, name, node, args):
        """Put an operation into the listing at the head of the kernel."""
        self.listing.append(f"{name} = {node.op.name}({', '.join(args)}): {node.dtype}")
        self.operations.append(node.op.name)


def is_constant(node):
    while node.op.kind in ("broadcast", "reshape", "permute"):
        node = node.src[0]
    return node.op.kind == "const"


def expression(node, args, exact=False):
    code = exact and node.op.exact or node.op.code
    text = code.format(*args, t=cast_name(node.dtype))
    if node.dtype.kind == "b" and node.src[0].dtype.kind == "b":
        return f"({text} != 0)"  # True + True is 2 in a kernel
    kept = node.dtype.kind == "f" and code in ARITHMETIC and all(s.dtype == node.dtype for s in node.src)
    return text if kept else typed(text, node.dtype)


def is_wide(node):
    """Whether a reduction accumulates in float64: long sums and products of float32 lose too much otherwise."""
    return node.dtype.name == "float32" and (node.op.combine in REORDERED or node.op.kind == "total")


def combination(node, acc, *values, reorder=True):
    """The expression that joins `values` to the accumulator `acc` of the reduce or scan `node`."""
    code = node.op.combine
    if reorder and node.dtype.kind == "f":
        code = REORDERED.get(code, code)
    if reorder and is_wide(node):
        return code.format(acc, *values)
    return typed(code.format(acc, *values), node.dtype)


def identity_literal(node):
    return literal(node.op.identity(node.dtype), node.dtype)
