"""The values of a loop nest as statements: loads, operations, guards, each at the depth of the
innermost loop that it depends on.

`StageValues` belongs to one stage of a kernel and fills `lines`, a list of statements for each
depth; names and arguments are those of the kernel. The loops around the statements are put there by
`render.forms`. Start at `StageValues.evaluate`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ...base.dtypes import FLOAT64
from ...ir import CONST, const
from .. import limits
from ..index.maps import BoundsGuard, pad_guards
from .expressions import (
    Term,
    baked,
    combination,
    element,
    expression,
    identity_literal,
    is_constant,
    literal,
    name_of,
    read,
    stored,
    total,
)
from .ir import Expr, Flag, Let, Operand, Operation, Select, Store
from .nest import SymbolicStride, depth_of_loop, guard_axes, is_beside

if TYPE_CHECKING:
    from ...ir.node import Node
    from ..index.maps import AxisIndex, Context, Value
    from ..schedule.materialise import Fusion
    from .ir import Statement
    from .nest import Access


#: the depth of statements in the loop over the tile before the loops of a column stage; a point's
#: number in its tile
FIXED, TILE = "fixed", Expr("({} - {})", ("t", "low"))


class Interval(NamedTuple):
    """A guard that holds in one interval of the innermost loop: a position that rises or falls by
    one each iteration.

    A loop with conditions in it runs at half of its speed or less, so its range is cut where a
    guard changes, and the pieces in which all guards hold are loops without any (see
    `passes.split_guards`)."""

    place: str  # the name of the position in the operand of the pad
    value: Operand  # what it is computed from
    inside: str  # the name of the condition
    length: str
    slope: int


class StageValues:
    """The statements of one stage.

    `exact` writes the expressions that are right for any operand, and checks none. Guards at the
    depth `split_at` that hold in one interval of the loop are `intervals`, so that the loop can be
    split; they are tested in each iteration only where they are `tested`."""

    __slots__ = (
        "args",
        "carries",
        "computed",
        "depths",
        "exact",
        "fast",
        "fixed",
        "fusion",
        "guards",
        "forwarded",
        "intervals",
        "lines",
        "loops",
        "names",
        "nest",
        "split_at",
        "tested",
        "tiny",
        "unfixed",
        "zeroed",
    )

    def __init__(
        self,
        fusion: Fusion,
        args: Any,
        nest: Any = None,
        loops: Sequence[str] = (),
        exact: bool = False,
        split_at: int | None = None,
        tested: bool = False,
    ) -> None:
        self.fusion, self.args, self.nest, self.loops = fusion, args, nest, loops
        self.exact, self.split_at, self.tested = exact, split_at, tested
        self.lines: dict[int | str, list[Statement]] = {}
        self.names: dict[Value, Any] = {}
        self.computed: dict[tuple, str] = {}  # operation and its operands -> the name of the value
        # name of a load -> the guards outside of which it is zero
        self.zeroed: dict[str, frozenset[str]] = {}
        self.guards: dict[BoundsGuard, Any] = {}
        self.intervals: list[Interval] = []
        self.depths: dict[str, int | str] = {}  # name of a value -> its depth, or FIXED
        self.fixed = False  # whether what is emitted belongs to the loop over the tile, too
        # guard -> its statements, while they are not in that loop
        self.unfixed: dict[BoundsGuard, list] = {}
        # the classes of axes whose lengths are part of the kernel
        self.tiny: frozenset[int] = frozenset()
        # the number of the loop that is in vectors, if not the last one
        self.fast: int | None = None
        self.carries: dict[Node, str] = {}  # scan -> the name of what is carried along
        # node -> the name of its value, made by another stage at the same point
        self.forwarded: dict[Node, str] = {}

    def at(self, depth: int | str) -> tuple[Statement, ...]:
        """The statements at a depth."""
        return tuple(self.lines.get(depth, ()))

    def emit(self, depth: int | str, statement: Statement) -> None:
        self.lines.setdefault(depth, []).append(statement)
        if self.fixed:
            self.lines.setdefault(FIXED, []).append(statement)

    def keep(self, depth: int, name: str, value: Expr, dtype: np.dtype) -> None:
        """Compute a value that does not change in the inner loops of a column stage once per
        column, not at `depth`."""
        place = element(self.args.scratch(dtype), TILE)
        before, self.fixed = self.fixed, False
        self.emit(FIXED, Let(name, value))
        self.emit(FIXED, Store(place, stored(name, dtype)))
        self.emit(depth, Let(name, read(place, dtype)))
        self.fixed = before

    # ------------------------------------------------------------------ values

    def value(self, pair: Value) -> str:
        """The name or literal of the (node, context) `pair`, which was evaluated before.

        A constant that may come from a size is an argument of its own at each use: two sizes may be
        equal by chance."""
        name = self.names[pair]
        return name if isinstance(name, str) else self.args.add_static("k", name)

    def evaluate(self, node: Node, ctx: Context, depth: int, is_load: bool) -> None:
        """Emit what computes `node` in `ctx`; its name goes to `names`."""
        self.fixed = self.nest is not None and (node, ctx) in self.nest.fixed
        self.names[node, ctx] = name = self._evaluated(node, ctx, depth, is_load)
        if isinstance(name, str):
            self.depths.setdefault(name, FIXED if self.fixed else depth)
        self.fixed = False

    def _evaluated(self, node: Node, ctx: Context, depth: int, is_load: bool) -> str | Node:
        kind = node.op.kind
        if kind == "const":
            return literal(node.arg, node.dtype) if node.op is CONST and baked(node.arg) else node
        if is_load:
            return self._loaded(node, ctx, depth)
        if kind == "elementwise":
            return self.elementwise(node, self.fusion.reads(node, ctx), depth)
        if kind == "pad":
            return self.pad(node, ctx, depth)
        if node in self.carries:
            return self.carry(node, self.fusion.reads(node, ctx), depth)
        return self.names[self.fusion.reads(node, ctx)[0]]

    def _loaded(self, node: Node, ctx: Context, depth: int) -> str:
        if not node.ndim:
            return self._number(node)
        return self.forwarded[node] if node in self.forwarded else self.load(node, ctx, depth)

    def _number(self, node: Node) -> str:
        """The name of a 0-d value that comes from outside; loops are given the parts of a complex
        one, since an argument is a float or an integer."""
        if node.dtype.kind != "c" or self.nest is None:
            return self.args.scalar(node)
        parts = [self.args.part(node, part) for part in (0, 1)]
        name = self.args.fresh("v")
        self.emit(0, Let(name, Expr("complex({}, {})", tuple(parts))))
        return name

    def elementwise(self, node: Node, sources: Sequence[Value], depth: int) -> str:
        key = (node.op, node.dtype, depth, *[self.names[pair] for pair in sources])
        if key in self.computed:
            return self.computed[key]
        args = [self.value(pair) for pair in sources]
        if node.op.check and not self.exact:
            for operand in args:
                self.check(f"{node.op.check}({{}})", operand, depth)
        value = self.prepared(node, args, sources[-1][0], depth) or expression(
            node, args, self.exact
        )
        self.computed[key] = name = self.args.fresh("v")
        if self.fixed and node.op.cost >= limits.now.fixed_flops:
            self.keep(depth, name, value, node.dtype)
        else:
            self.emit(depth, Let(name, value, Operation(node, tuple(args))))
        self.args.note(name, node, args)
        return name

    def check(self, test: str, operand: str, depth: int) -> None:
        """An operand must be in range: loops check it, and the plan is run again by NumPy if it is
        not."""
        if (test, operand) not in self.args.far:
            self.args.far[test, operand] = None
            self.emit(depth, Flag(Expr(test, (operand,))))

    def prepared(self, node: Node, args: Sequence[str], last: Node, depth: int) -> Expr | None:
        """The expression of an operation whose last operand is invariant in the innermost loop, if
        it has a faster one."""
        if not node.op.prepare or self.exact or node.dtype.kind != "f":
            return None
        still = self.depths.get(args[-1], 0)
        if self.fixed or still == depth:
            return None
        prepare, exact, loose = node.op.prepare
        form = loose if self.fusion.is_factor(node) else exact
        key = (node.op, args[-1])
        if key not in self.computed:
            self.computed[key] = name = self.args.fresh("v")
            value = Expr(prepare, (args[-1],))
            if still == FIXED:
                self.keep(depth, name, value, node.dtype)
            else:
                self.emit(still, Let(name, value))
            if not is_constant(last):
                self.args.far["is_tiny({})", name] = None
                self.emit(still, Flag(Expr("is_tiny({})", (args[-1],))))
        return Expr(form, (*args, self.computed[key]))

    def carry(self, node: Node, sources: Sequence[Value], depth: int) -> str:
        """The running value of a scan at the innermost loop: a variable, or one per column of the
        tile."""
        values = [self.value(source) for source in sources]
        name = self.carries[node]
        if not self.nest.column:
            value = combination(node, name, *values, reorder=False)
            self.emit(depth, Let(name, value, Operation(node, tuple(values))))
            return name
        out, place = self.args.fresh("v"), element(name, TILE)
        self.emit(
            depth, Let(out, combination(node, read(place, node.dtype), *values, reorder=False))
        )
        self.emit(depth, Store(place, stored(out, node.dtype)))
        return out

    def buffer(self, node: Node) -> Any:
        """The array that `node` is read from."""
        while node.op.kind == "reshape" and node not in self.fusion.kept:
            node = node.src[0]
        return node

    def load(self, node: Node, ctx: Context, depth: int) -> str:
        a = self.nest.loads[node, ctx]
        tests = [self.guard(g) for g in a.valid]
        buffer = self.buffer(node)
        array = self.args.array(buffer, "out" if buffer in self.args.made else "array")
        name = self.args.fresh("v")
        value = read(element(array, self.place(buffer, a)), node.dtype)
        if tests:
            self.zeroed[name] = frozenset(tests)
        self.emit(depth, _select(name, tests, value, literal(0, node.dtype)))
        self.args.listing.append(f"{name} = {array}[...]: {name_of(node.dtype)}")
        return name

    def pad(self, node: Node, ctx: Context, depth: int) -> str:
        tests = [self.guard(g) for g in pad_guards(self.fusion.axes, node, ctx)]
        (source,) = self.fusion.reads(node, ctx)[:1]
        if not tests:
            return self.names[source]
        inner, zero = self.value(source), literal(0, node.dtype)
        if inner == zero or self.zeroed.get(inner, frozenset()).issuperset(tests):
            return inner  # it is zero already where this pad makes it so
        name = self.args.fresh("v")
        self.emit(depth, _select(name, tests, inner, zero))
        self.args.note(name, node, [inner])
        return name

    # ------------------------------------------------------------------ places

    def stride(self, value: int, symbol: SymbolicStride) -> str:
        return str(value) if self._is_baked(symbol) else self.args.stride(value, symbol)

    def inner_stride(self, value: int, symbol: SymbolicStride) -> Operand:
        return str(value) if self._is_baked(symbol) else self.args.inner_stride(value, symbol)

    def _is_baked(self, symbol: SymbolicStride) -> bool:
        """Whether a stride is the product of lengths that are part of the kernel."""
        return bool(symbol.inner) and self.tiny.issuperset(symbol.inner)

    def address(self, a: Access, loops: Sequence[Operand] | None = None) -> Operand:
        """The expression of the element an `Access` means; `loops` are the loop variables."""
        loops = self.loops if loops is None else loops
        offset = self.args.offset(a.const - a.near, a.terms, a.offset)
        parts: list[Term] = [(False, "{}", (offset,))] if offset else []
        fast = len(loops) - 1 if self.fast is None else self.fast
        for k, (stride, symbol) in enumerate(zip(a.strides, a.symbols, strict=True)):
            if symbol is None:
                continue
            if (k >= fast or self.tiny) and not symbol.inner and symbol.step in (1, -1):
                parts.append((symbol.step < 0, "{}", (loops[k],)))
            else:
                of = self.stride if k < fast else self.inner_stride
                parts.append(_product(of(stride, symbol), loops[k]))
        for guard, stride, symbol in a.guards:
            parts.append(self._looked_up(self.guards[guard][0], stride, symbol))
        for lookup, stride, symbol in a.lookups:
            parts.append(self._looked_up(self.value(lookup[:2]), stride, symbol))
        if a.near:
            parts.append((a.near < 0, str(abs(a.near)), ()))
        return total(parts)

    def _looked_up(self, place: str, stride: int, symbol: SymbolicStride) -> Term:
        if not symbol.inner and symbol.step == 1:
            return False, "{}", (place,)
        return _product(self.stride(stride, symbol), place)

    def place(self, node: Node, a: Access) -> Operand:
        """The address of an access to `node`: in local memory, columns are counted from the start
        of the tile."""
        if node not in self.args.local:
            return self.address(a)
        return self.address(
            a, [TILE if k == self.nest.tile else name for k, name in enumerate(self.loops)]
        )

    # ------------------------------------------------------------------ guards

    def guard(self, guard: BoundsGuard) -> str:
        """The condition under which the position of `guard` is inside the operand."""
        if guard in self.guards:
            if self.fixed:
                self._fix(guard)
            return self.guards[guard][1]
        self.guards[guard] = self._guarded(guard)
        return self.guards[guard][1]

    def _guarded(self, guard: BoundsGuard) -> tuple[str, str, int | None]:
        """Emit the position of a guard and its condition: (their names, how the position moves with
        a loop)."""
        index, args = guard.index, self.args
        number = {loop.axis: k for k, loop in enumerate(self.nest.loops)}
        variable, slope = self._variable(index, number)
        depth = max((depth_of_loop(self.nest, number[a]) for a in guard_axes(guard)), default=0)
        parts = [self._moving(index.step, variable)] if variable else []
        place, inside = args.fresh("p"), args.fresh("g")
        first = len(self.lines.get(depth, ()))
        value = total([*parts, *self._offset(index)])
        length = args.add_static("m", guard.length)
        slope = (
            slope * index.step
            if slope in (1, -1) and index.step in (1, -1) and guard.step == 1
            else None
        )
        split = slope is not None and depth == self.split_at
        self.emit(depth, Let(place, value))
        if slope is not None and split:
            self.intervals.append(Interval(place, value, inside, length, slope))
        form = "({0} >= 0) & ({0} < {1})"
        exact: tuple[str, ...] = ()
        if guard.step != 1:
            place, exact = self._divided(place, guard.step, depth)
            form += " & ({0} * {2} == {3})"
        if not split or self.tested:
            self.emit(depth, Let(inside, Expr(form, (place, length, *exact))))
        if not self.fixed:
            self.unfixed[guard] = self.lines[depth][first:]
        return place, inside, slope

    def _moving(self, step: int, variable: str) -> Term:
        if step == 1:
            return False, "{}", (variable,)
        return _product(self.stride(step, SymbolicStride(step, ())), variable)

    def _fix(self, guard: BoundsGuard) -> None:
        """Put the statements of a guard in the loop over the tile, too."""
        if guard in self.unfixed:
            if isinstance(guard.index.var, BoundsGuard):
                self.guard(guard.index.var)
            self.lines.setdefault(FIXED, []).extend(self.unfixed.pop(guard))

    def _variable(self, index: AxisIndex, number: Mapping[int, int]) -> tuple[str, int | None]:
        """What the position of a guard moves with, and how: a loop, or the position of another
        guard."""
        if isinstance(index.var, BoundsGuard):
            self.guard(index.var)
            variable, _, slope = self.guards[index.var]
            return variable, slope
        return (self.loops[number[index.var]], 1) if index.var is not None else ("", 0)

    def _offset(self, index: AxisIndex) -> list[Term]:
        if is_beside(index):
            return [(index.const < 0, str(abs(index.const)), ())] if index.const else []
        name = self.args.offset(index.const, index.terms, bool(index.const) or index.step < 0)
        return [(False, "{}", (name,))] if name else []

    def _divided(self, position: str, step: int, depth: int) -> tuple[str, tuple[str, ...]]:
        """The name of `position` divided by `step`, and what says whether it is that exactly."""
        place, stride = self.args.fresh("p"), self.stride(step, SymbolicStride(step, ()))
        inverse = self.args.add_static("k", const(1.0 / step, FLOAT64))
        self.emit(
            depth, Let(place, Expr("np.int64({} * {} + 0.5)", (position, inverse)))
        )  # no division: it takes 5 ns
        return place, (stride, position)

    # ------------------------------------------------------------------ scans

    def started(self, node: Node) -> Statement:
        """The statement that starts what the scan `node` carries along."""
        name, start = self.carries[node], identity_literal(node)
        return (
            Store(element(name, TILE), stored(start, node.dtype))
            if self.nest.column
            else Let(name, start)
        )


def _select(name: str, tests: Sequence[str], value: Operand, other: str) -> Statement:
    return Select(name, tuple(tests), value, other) if tests else Let(name, value)


def _product(stride: Operand, loop: Operand) -> Term:
    """A part of a sum."""
    if isinstance(stride, str) and stride.startswith("-"):
        return True, "{} * {}", (stride[1:], loop)
    return False, "{} * {}", (stride, loop)
