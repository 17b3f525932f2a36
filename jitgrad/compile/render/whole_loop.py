"""A loop over a small state as one kernel: the statements of all kernels of a turn, one after
another, in a sequential loop over the turns.

What a turn computes lies in memory of the kernel's own, which is small and on its stack. Once LLVM
has unrolled the loops over it, its places are literals, and so the state is in registers. Elements
of sequences are read where they lie, and what is handed out is written to its place. The statements
are those of the kernels that a driver would call otherwise (see `turn`), with other names. A loop
within the turn is a kernel of this form, too, and becomes a loop in the loop.

How many turns there are and how long sequences are is known to the arguments alone, so one kernel
serves all. Start at `render_whole_loop`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ...base.dtypes import SUPPORTED
from ...control.affine import first_element
from ...control.body import most_turns, offsets
from ...ir.node import toposort
from .. import limits
from ..kernel import Units, parts_of, result_dtype
from ..loops.expressions import element, identity_literal, literal, read, stored
from ..loops.ir import (
    Expr,
    Flag,
    For,
    Free,
    Leave,
    Let,
    Local,
    Statement,
    Store,
    names_made,
    renamed,
    rewrite,
    substituted,
    walk,
)
from ..loops.passes.fold import folded
from ..schedule.materialise import call_operands, flat_base
from .arguments import Arguments, scratch_of, title
from .frame import framed

if TYPE_CHECKING:
    from ...control import Body
    from ...ir.node import Node
    from ..kernel import Kernel
    from ..loops.ir import Operand
    from ..schedule.materialise import Fusion

#: What makes memory of fixed size, and the most bytes of it.
SCRATCH = {str(scratch_of("", dtype).value) for dtype in SUPPORTED}
SCRATCH_BYTES = 1024 * 8
#: The number of the turn, as it is counted, and as the body sees it.
COUNTED, TURN = "step", "turn"


def render_whole_loop(node: Node, outer: Fusion, lowered: Any) -> Kernel | None:
    """The kernel of the loop `node` of the graph of `outer`, of whose turn all kernels have
    statements; None where it were too large."""
    return if_small(WholeLoop(node, node.arg.body, outer, lowered).kernel())


def if_small(kernel: Kernel) -> Kernel | None:
    """`kernel`, unless it takes long to compile, or much of the stack."""
    assert kernel.statements is not None
    statements = tuple(walk(kernel.statements.statements))
    memory = sum(map(stack_of, statements))
    is_small = len(statements) <= limits.now.loop_statements and memory <= limits.now.loop_stack
    return kernel if is_small else None


class WholeLoop:
    """The statements before the turns, in a turn and after them, and what holds each value."""

    def __init__(self, node: Node, body: Body, outer: Fusion, lowered: Any) -> None:
        self.node, self.looped, self.body, self.outer = node, node.arg, body, outer
        self.lowered, self.fusion, self.args = lowered, lowered.fusion, Arguments()
        self.before: list[Statement] = []
        self.opening: list[Statement] = []  # of a turn: where its elements of sequences lie
        self.during: list[Statement] = []
        self.after: list[Statement] = []
        #: The memory of an array, by node or by the number of a parameter.
        self.arrays: dict[Any, str] = {}
        self.viewed: dict[str, str] = {}  # the memory that a part of it is a result of
        self.numbers: dict[Node, str] = {}  # 0-d values
        #: Where the results begin in the value of the loop, as arguments: that depends on its
        #: length.
        self.begins = {
            k: self.args.size(begin) if begin else "0"
            for k, begin in offsets(self.looped)[0].items()
        }

    def kernel(self) -> Kernel:
        turns = self.turns()
        for k in range(self.body.carries):
            self.carried(k)
        for number, kernel in enumerate(self.lowered.kernels):
            self.part(kernel, number)
            if kernel.statements is not None:
                self.args.helpers |= dict.fromkeys(kernel.statements.helpers)
        self.end_of_turn(turns)
        self.results(turns)
        counted = Let(TURN, Expr("{} - 1 - {}", (turns, COUNTED)) if self.body.reverse else COUNTED)
        steps = Expr("{} + 1", (turns,)) if self.asks_once_more else turns
        loop = For(COUNTED, "0", steps, (counted, *self.opening, *self.during))
        statements = self.all_turns(loop)
        kernel = framed("loop", title("loop", self.operations()), statements, self.args, ())
        kernel.nodes = [self.node]
        kernel.work = sum(k.work for k in self.lowered.kernels) * (self.looped.length or 1)
        kernel.units = self.units(kernel)
        return kernel

    def all_turns(self, loop: For) -> tuple[Statement, ...]:
        """What is around the `loop` over the turns."""
        return folded((*self.before, loop, *self.after))

    def units(self, kernel: Kernel) -> Units:
        return Units(1, 1)

    def operations(self) -> list[str]:
        """The names of what a turn computes."""
        nodes = toposort(self.body.roots)
        return [n.op.name for n in nodes if n.op.kind not in ("leaf", "number", "const")]

    @property
    def asks_once_more(self) -> bool:
        """Whether the condition is asked after the last turn that there may be, too: it says
        whether the loop has come to its end. Such a turn would read no sequences."""
        return self.body.condition is not None and not self.body.moving

    # ------------------------------------------------------------------ memory

    def memory(self, dtype: np.dtype, size: int) -> str:
        name = self.args.fresh("m")
        self.before.append(Local(name, dtype.name, str(max(size, 1)), on_stack=True))
        return name

    def copied(self, to: str, source: str, size: int) -> Statement:
        if size == 1:
            return Store(element(to, "0"), element(source, "0"))
        k = self.args.fresh("k")
        return For(k, "0", str(size), (Store(element(to, k), element(source, k)),))

    # ------------------------------------------------------------------ before the turns

    def turns(self) -> str:
        """The name of the number of turns, which is no larger than there is room for."""
        args, most, node = self.args, most_turns(self.looped), self.node.src[0]
        if node.op.kind == "const" and (most is None or node.arg <= most):
            return args.add_static("n", max(int(node.arg), 0))
        source, is_number = self.given(-1)
        count = source if is_number else element(source, "0")
        if most is None:
            self.before.append(Let("turns", Expr("max({}, 0)", (count,))))
        else:
            room = args.add_static("n", most)
            self.before += [
                Flag(Expr("({} > {})", (count, room))),
                Let("turns", Expr("max(min({}, {}), 0)", (count, room))),
            ]
            args.far[self.node] = True
        return "turns"

    def given(self, k: int) -> tuple[str, bool]:
        """What has source `k` of the loop: a name, and whether it is that of a number, which may
        stand for all elements; source -1 is the number of turns."""
        base, _, _ = call_operands(self.node)[1 + k]
        if not base.ndim:
            return self.args.scalar(base), True
        if base in self.outer.kept or (
            base not in self.outer.fills and base not in self.outer.views
        ):
            return self.args.array(base, "array"), False
        if base in self.outer.fills:
            return self.args.scalar(self.outer.fills[base]), True
        begin, name = first_element(base), self.args.fresh("e")
        source = self.args.array(flat_base(base.src[0]), "array")
        place = self.args.offset(begin.const, begin.terms, True)
        self.before.append(Let(name, Expr("offset_by({}, {})", (source, place))))
        return name, False

    def filled(self, dtype: np.dtype, size: int, number: str) -> str:
        """Memory with one number throughout."""
        name, value = self.memory(dtype, size), stored(number, dtype)
        if size == 1:
            self.before.append(Store(element(name, "0"), value))
        else:
            k = self.args.fresh("k")
            self.before.append(For(k, "0", str(size), (Store(element(name, k), value),)))
        return name

    def carried(self, k: int) -> None:
        p, (source, is_number) = self.body.parameters[k], self.given(k)
        if is_number:
            self.arrays[k] = self.filled(p.dtype, p.size, source)
        else:
            self.arrays[k] = to = self.memory(p.dtype, p.size)
            self.before.append(self.taken(k, to, source))

    def parameter(self, k: int) -> str:
        """The memory of an invariant, or of an element of a sequence, from when it is first
        read."""
        if k in self.arrays:
            return self.arrays[k]
        p, (source, is_number) = self.body.parameters[k], self.given(k)
        if is_number:
            name = self.filled(p.dtype, p.size, source)
        elif k in self.body.moving:
            name = self.args.fresh("e")
            self.opening.append(Let(name, place_of_turn(source, "0", self.turn_size(p, k))))
            name = self.placed(k, name, self.opening)
        else:
            name = self.placed(k, source, self.before)
        self.arrays[k] = name
        return name

    # ------------------------------------------------------------------ arrays from outside

    def turn_size(self, node: Node, k: int, is_result: bool = False) -> Operand:
        """How many elements a turn has of parameter or result `k`, which is `node`."""
        return str(node.size)

    def taken(self, k: int, to: str, source: str) -> Statement:
        """Parameter `k` is copied from `source`, an array from outside."""
        return self.copied(to, source, self.body.parameters[k].size)

    def placed(self, k: int, source: str, statements: list[Statement]) -> str:
        """The memory of parameter `k`, which `source` has; `statements` get what makes it."""
        return source

    def given_out(self, k: int, to: str, name: str) -> Statement:
        """Result `k` is copied from `name` to `to`, its place in the value of the loop."""
        return self.copied(to, name, self.body.results[k].size)

    # ------------------------------------------------------------------ a kernel of the turn

    def part(self, kernel: Kernel, number: int) -> None:
        """Everything that `kernel` does, with what it reads and writes in memory of this one."""
        if kernel.kind == "scalar":
            self.scalars(kernel, number)
            return
        parts = kernel.statements
        assert parts is not None
        for node in kernel.nodes:
            self.arrays[node] = self.memory(node.dtype, node.size)
        results = {node: self.memory(result_dtype(node), 1) for node in kernel.results}
        names = self.constants(kernel)
        names |= {"start": "0", "stop": str(kernel.units.total), "part": "0"}
        for name, (kind, what) in zip(parts.dynamic, kernel.dynamic, strict=False):
            names[name] = results[what] if kind == "result" else self.argument(kind, what)
        statements = self.with_own_variables(on_stack(parts.statements))
        self.write(statements, names, number)
        if parts.raises:
            self.args.far[kernel] = True
        for node, name in results.items():
            self.reduced(node, name)

    def scalars(self, kernel: Kernel, number: int) -> None:
        """What `kernel` computes of numbers."""
        for node, argument in kernel.passed.items():
            self.numbers[node] = self.named(self.argument(*argument))
        parts = kernel.statements
        if not kernel.results or parts is None:
            return
        names = self.constants(kernel)
        for name, argument in zip(parts.dynamic, kernel.dynamic, strict=True):
            names[name] = self.named(self.argument(*argument))
        self.write(parts.statements, names, number)
        for node, name in zip(kernel.results, parts.returned, strict=True):
            self.numbers[node] = self.named(substituted(name, names))

    def constants(self, kernel: Kernel) -> dict[str, Any]:
        """The names of arguments of this kernel for the constants of another."""
        assert kernel.statements is not None
        pairs = zip(kernel.statements.static, kernel.static, strict=True)
        return {name: self.args.add_static("n", value) for name, value in pairs}

    def named(self, value: Operand) -> str:
        """A name for an expression of this turn."""
        if isinstance(value, str):
            return value
        name = self.args.fresh("r")
        self.during.append(Let(name, value))
        return name

    def write(self, statements: tuple[Statement, ...], names: dict[str, Any], number: int) -> None:
        """Adds `statements` to those of the turn, with `names` for what they read; what they make
        gets names of its own, which are noted."""
        own = dict.fromkeys(name for s in walk(statements) for name in names_made(s))
        names |= {name: f"{name}_{number}" for name in own}
        self.during += renamed(statements, names)

    def with_own_variables(self, statements: tuple[Statement, ...]) -> tuple[Statement, ...]:
        """The statements with a variable of its own for each loop, so that loops of one iteration
        can be folded."""

        def one(s: Statement) -> tuple[Statement, ...]:
            if not isinstance(s, For):
                return (s,)
            own = self.args.fresh("z")  # no name of a kernel begins so
            return (replace(s, var=own, body=renamed(s.body, {s.var: own})),)

        return rewrite(statements, one)

    def argument(self, kind: str, what: Any) -> Operand:
        if kind == "number":
            return self.number(what)
        if kind == "index":
            return self.index(*what)
        if kind == "item":
            node, const, terms = what
            return read(element(self.array(node), self.index(const, terms)), node.dtype)
        if kind == "carry":
            return self.start_of_blocks(what, parts_of(self.units_of(what)))
        return self.array(what)

    def units_of(self, scan: Node) -> Units:
        return next(k.units for k in self.lowered.kernels if scan in [n for n, _ in k.carried])

    def start_of_blocks(self, scan: Node, count: int) -> str:
        """What the blocks of a scan go on from: nothing."""
        name, start = self.memory(scan.dtype, count), stored(identity_literal(scan), scan.dtype)
        self.before += [Store(element(name, str(k)), start) for k in range(count)]
        return name

    def number(self, node: Node) -> str:
        if node.op.kind == "number":
            return TURN
        if node.op.kind == "const":
            return self.args.add_static("n", node)
        return self.numbers[node]

    def index(self, const: int, terms: Sequence[tuple[Node, int]]) -> Operand:
        """An integer that may depend on the number of the turn."""
        const += sum(int(n.arg) * coef for n, coef in terms if n.op.kind == "const")
        slope = sum(coef for n, coef in terms if n.op.kind == "number")
        return Expr("({} + {} * {})", (str(const), str(slope), TURN)) if slope else str(const)

    def array(self, node: Node) -> str:
        while node not in self.fusion.kept and node.op.kind == "reshape" and node.src[0].ndim:
            node = node.src[0]
        return self.parameter(node.arg) if node.op.kind == "leaf" else self.arrays[node]

    def reduced(self, node: Node, memory: str) -> None:
        """What a reduction of everything has left in `memory`, as others read it."""
        value: Operand = read(element(memory, "0"), result_dtype(node))
        if node.dtype.name == "float32":
            value = Expr("np.float32({})", (value,))
        if node.ndim:
            self.arrays[node] = to = self.memory(node.dtype, 1)
            self.during.append(Store(element(to, "0"), stored(value, node.dtype)))
        else:
            self.numbers[node] = name = self.args.fresh("r")
            self.during.append(Let(name, value))

    # ------------------------------------------------------------------ the end of a turn

    def end_of_turn(self, turns: str) -> None:
        """Results are handed out, and become the carried values of the next turn."""
        body, roots = self.body, [self.root(root) for root in self.fusion.roots]
        if body.condition is not None:
            self.before.append(Let("ended", "False"))
            self.during += [
                Let("ended", Expr("({} == 0)", (element(roots.pop(), "0"),))),
                Leave("ended"),
            ]
            if self.asks_once_more:
                self.during.append(Leave(Expr("({} == {})", (COUNTED, turns))))
            if most_turns(self.looped) is None:
                self.during.append(Leave(Expr("interrupted({})", (COUNTED,))))
            self.after.append(Flag(Expr("(not {})", ("ended",))))
            self.args.far[self.node] = True
        begins, out = self.begins, self.out()
        for k in self.looped.results:
            if k >= body.carries:
                size, to = self.turn_size(body.results[k], k, True), self.args.fresh("w")
                self.during.append(Let(to, place_of_turn(out, begins[k], size)))
                self.during.append(self.given_out(k, to, roots[k]))
        self.carry(roots[: body.carries])

    def carry(self, roots: list[str]) -> None:
        """The carried values become what is in the memory `roots`."""
        carried = [self.arrays[k] for k in range(len(roots))]
        sizes = [self.body.parameters[k].size for k in range(len(roots))]
        held: dict[str, str] = {}
        for k, (name, root) in enumerate(zip(carried, roots, strict=True)):
            if self.viewed.get(root, root) in carried and root != name and root not in held:
                held[root] = copy = self.memory(self.body.parameters[k].dtype, sizes[k])
                self.during.append(self.copied(copy, root, sizes[k]))
        for name, root, size in zip(carried, roots, sizes, strict=True):
            if root != name:
                self.during.append(self.copied(name, held.get(root, root), size))

    def root(self, root: Node) -> str:
        """The memory of a result."""
        base = flat_base(root)
        if base in self.fusion.views and base not in self.arrays:
            self.arrays[base] = name = self.args.fresh("e")
            source, place = self.array(flat_base(base.src[0])), self.index(*first_element(base))
            self.viewed[name] = source
            self.during.append(Let(name, Expr("offset_by({}, {})", (source, place))))
            return name
        return self.array(base)

    # ------------------------------------------------------------------ after the turns

    def out(self) -> str:
        return self.args.array(self.node, "out")

    def results(self, turns: str) -> None:
        """The last carried values are written, and zeros where no turn has handed anything out."""
        body, begins = self.body, self.begins
        for k in self.looped.results:
            if k < body.carries:
                to = self.args.fresh("w")
                place = Expr("offset_by({}, {})", (self.out(), begins[k]))
                self.after += [Let(to, place), self.given_out(k, to, self.arrays[k])]
            else:
                self.before += self.zeros(k, begins[k], turns)

    def zeros(self, k: int, begin: str, turns: str) -> Iterator[Statement]:
        length, count = self.looped.length, self.node.src[0]
        if self.body.condition is None and count.op.kind == "const" and count.arg == length:
            return
        yield from self.zeros_from(turns if self.body.condition is None else "0", k, begin)

    def zeros_from(self, first: str, k: int, begin: str) -> Iterator[Statement]:
        """Zeros in the places of result `k` from turn `first` on."""
        node, length = self.body.results[k], self.looped.length
        at, size = self.args.fresh("k"), str(node.size)
        start = Expr("{} + {} * {}", (begin, first, size))
        stop = Expr("{} + {} * {}", (begin, self.args.size(length), size))
        zero = stored(literal(0, node.dtype), node.dtype)
        yield For(at, start, stop, (Store(element(self.out(), at), zero),))


def place_of_turn(array: str, begin: str, size: Operand) -> Expr:
    """The memory of this turn's part of `array`, from `begin` on, `size` elements a turn."""
    place = TURN if size == "1" else Expr("{} * {}", (TURN, size))
    place = place if begin == "0" else Expr("{} + {}", (begin, place))
    return Expr("offset_by({}, {})", (array, place))


def stack_of(s: Statement) -> int:
    """The bytes on the stack that a statement takes."""
    if isinstance(s, Local):
        return int(s.count) * np.dtype(s.dtype).itemsize
    is_scratch = isinstance(s, Let) and isinstance(s.value, Expr) and s.value.form in SCRATCH
    return SCRATCH_BYTES if is_scratch else 0


def on_stack(statements: tuple[Statement, ...]) -> tuple[Statement, ...]:
    """The statements with their memory on the stack, where it takes no time to make."""

    def moved(s: Statement) -> tuple[Statement, ...]:
        if isinstance(s, Free):
            return ()
        return (Local(s.name, s.dtype, s.count, True),) if isinstance(s, Local) else (s,)

    return rewrite(statements, moved)
