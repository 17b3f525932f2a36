"""Lowering: one step of a `Fusion` becomes a `Nest`: loops, memory accesses, and what is computed
at which depth.

The loops are put in the order that makes most accesses contiguous, and neighbours are collapsed
where each access has one stride along both. Both are decided by `SymbolicStride`: what is known of
a stride for every shape. The nest has one of these forms, whose loops are written by
`render.forms`:

====== ==================================================================================
flat   one loop, its range split in chunks; may reduce everything
rows   several loops; the outer ones flattened into rows, the inner cut in blocks; may reduce
       everything
row    reduced loops innermost: accumulators in registers, one row of kept points per unit
column a kept loop innermost: accumulates into a block of the output, vectorised across columns
====== ==================================================================================

Loops of length 1 are loops like any other, but where one would be the innermost (a row of one
element costs more than a point), or where a partial reduction keeps or reduces just that of a long
array (it is then one over everything, which is cut in chunks, or none): there they are left out.
Nothing else here looks at a length.

Start at `lower`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from ...ir.node import Node
from ...ir.shapes import contiguous
from .. import limits
from ..index.dims import UNIT, Axes
from ..index.duplicates import common
from ..index.maps import (
    AxisIndex,
    BoundsGuard,
    Context,
    Lookup,
    Value,
    guards_of,
    lookups_of,
    pad_guards,
    variables,
)

#: A value to evaluate, and whether it is a load.
Evaluation = tuple[Value, bool]

if TYPE_CHECKING:
    from ..schedule.fuse_stages import Stage, Step
    from ..schedule.materialise import Fusion


class SymbolicStride(NamedTuple):
    """What a stride is for every shape: `step` times the lengths of the axes of the classes
    `inner`, sorted."""

    step: int
    inner: tuple[int, ...]


#: The stride of an access along a loop that is never collapsed with another.
ALONE = SymbolicStride(0, (-1,))


class Access(NamedTuple):
    """Where an array is read or written: ``const + sum(coef * node) + sum(stride * loop)``, and for
    each guard and lookup ``stride * position``."""

    const: int
    terms: tuple[tuple[Node, int], ...]
    strides: tuple[int, ...]  # one per loop axis of the space
    # what these are for every shape, a `SymbolicStride` each; None where the access is invariant
    symbols: tuple[SymbolicStride | None, ...]
    guards: tuple[tuple[BoundsGuard, int, SymbolicStride], ...]
    valid: tuple[BoundsGuard, ...]  # the guards that must hold for the access to be in range
    offset: bool  # whether the constant, less `near`, is one that may be 0 for some shapes only
    near: int = 0  # the part of the constant that is in the kernel's text
    lookups: tuple[tuple[Lookup, int, SymbolicStride], ...] = ()
    # its symbolic stride along each loop axis, one of step 0 where a lookup decides
    moves: tuple[SymbolicStride | None, ...] = ()


class Loop(NamedTuple):
    size: int
    reduced: bool
    axis: int  # the axis of the space; the innermost of those collapsed
    classes: frozenset[int]  # of all axes of the space that it runs over


@dataclass(slots=True, eq=False)
class Nest:
    """The loop nest of one step.

    `values` lists (node, context, depth, is it a load) in the order of evaluation; depth 0 is
    before the loops, 1 once per unit, 2 and up inside the inner loops. `loads` and `stores` give
    each access with one stride per loop."""

    loops: list[Loop] = field(default_factory=list)
    form: str = ""
    outer: int = 1  # how many of the loops are flattened into the units
    values: list[tuple[Node, Context, int, bool]] = field(default_factory=list)
    loads: dict[Value, Access] = field(default_factory=dict)
    stores: dict[Node, Access] = field(default_factory=dict)
    maps: list[Node] = field(default_factory=list)
    reductions: list[Node] = field(default_factory=list)
    unstored: AbstractSet[Node] = frozenset()  # what needs no memory
    # the number of the loop that the scans go along, and whether from its end
    scan: int | None = None
    reverse: bool = False
    # whether the innermost loop is the tile, outside of which are loops of the stage
    column: bool = False
    # the loops that each value depends on
    spread: dict[Value, set[int]] = field(default_factory=dict)
    fixed: frozenset[Value] = frozenset()  # what a column stage computes once per column
    scans: list[Node] = field(default_factory=list)  # of the first pass of a blocked scan

    @property
    def depth(self) -> int:
        """The depth of the innermost loop."""
        return depth_of_loop(self, len(self.loops) - 1)

    @property
    def points(self) -> int:
        """How many points of its loop space the nest visits."""
        return math.prod(loop.size for loop in self.loops)

    @property
    def weight(self) -> int:
        """The cost of a point of the nest in additions, 1 to 8: expensive points make smaller
        chunks."""
        depth = max((at for _, _, at, _ in self.values), default=0)
        flops = sum(
            n.op.cost
            for n, _, at, _ in self.values
            if at == depth and n.op.kind in ("elementwise", "scan")
        )
        return min(8, 1 + flops // 16)


def access(
    axes: Axes,
    node: Node,
    ctx: Sequence[AxisIndex],
    dims: int,
    dropped: Collection[int] = (),
) -> Access:
    """The `Access` to the flat array of `node` read in the context `ctx`; axes of classes in
    `dropped` do not count."""
    return strided([UNIT if c in dropped else c for c in axes.of[node]], node.shape, ctx, dims)


def strided(
    classes: Sequence[int], lengths: Sequence[int], ctx: Sequence[AxisIndex], dims: int
) -> Access:
    """The `Access` in the context `ctx` to an array in C order whose axes have `lengths`; those of
    class UNIT stand still."""
    const, step, guards = 0, [0] * dims, []
    terms: dict[Node, int] = {}
    symbols: list[SymbolicStride | None] = [None] * dims
    offset, near, lookups = False, 0, []
    for axis, (c, stride, index) in enumerate(zip(classes, contiguous(lengths), ctx, strict=True)):
        const += stride * index.const
        if stride == 1 and is_beside(index):
            near += index.const
        else:
            offset = offset or index.step < 0 or bool(index.const)
        for start, coef in index.terms:
            terms[start] = terms.get(start, 0) + stride * coef
        if c == UNIT or index.var is None:
            continue
        symbol = SymbolicStride(
            index.step, tuple(sorted([common(d) for d in classes[axis + 1 :] if d != UNIT]))
        )
        if isinstance(index.var, BoundsGuard):
            guards.append((index.var, stride * index.step, symbol))
        elif isinstance(index.var, Lookup):
            lookups.append((index.var, stride * index.step, symbol))
        else:
            step[index.var], symbols[index.var] = stride * index.step, symbol
    moves = _moves(symbols, lookups)
    return Access(
        const,
        tuple(terms.items()),
        tuple(step),
        tuple(symbols),
        tuple(guards),
        guards_of(ctx),
        offset,
        near,
        tuple(lookups),
        moves,
    )


def _moves(
    symbols: Sequence[SymbolicStride | None], lookups: Sequence[tuple[Lookup, int, SymbolicStride]]
) -> tuple[SymbolicStride | None, ...]:
    """`Access.moves`: where index arrays name places, neighbours in the loop are no neighbours in
    memory, and loops are one if they are one for the index arrays. A loop along which they and the
    access itself move stays alone."""
    out = list(symbols)
    for lookup, _, _ in lookups:
        for axis, index in enumerate(lookup.ctx):
            inner = tuple(sorted([common(c) for c in lookup.classes[axis + 1 :] if c != UNIT]))
            for var in variables(index):
                symbol = SymbolicStride(0, inner)
                out[var] = symbol if out[var] in (None, symbol) and symbols[var] is None else ALONE
    return tuple(out)


def is_beside(index: AxisIndex) -> bool:
    """Whether the offset of an index is part of the kernel: LLVM then sees that the x[i - 1] of a
    stencil is the x[i] of another turn, and which loads are one (Hessian times vector of
    Rosenbrock's function: 533 us, 435 so)."""
    return not index.terms and index.step == 1 and abs(index.const) <= limits.now.baked_offset


def reduction_access(fusion: Fusion, node: Node, dims: int, dropped: Collection[int]) -> Access:
    """Where the result of a reduce is written, from the loops over its operand."""
    kept = [
        index for axis, index in enumerate(fusion.identity(node.src[0])) if axis not in node.arg
    ]
    return access(fusion.axes, node, kept, dims, dropped)


def store_access(fusion: Fusion, node: Node, dims: int, dropped: Collection[int] = ()) -> Access:
    """Where the kept value `node` is written, in the loops that make it."""
    if node.op.kind == "reduce":
        return reduction_access(fusion, node, dims, dropped)
    return access(fusion.axes, node, fusion.identity(node), dims, dropped)


def lower(fusion: Fusion, step: Step) -> Nest:
    """The `Nest` of a loop step."""
    pairs = evaluations(fusion, step)
    pinned = pinned_axes(fusion, pairs)
    dropped: frozenset[int] = frozenset()
    while True:
        nest = _arranged(fusion, step, pairs, pinned, dropped)
        needless = _needless(nest, step, pinned)
        if not needless:
            break
        dropped |= needless
    scan = step.stages[0].scan
    if step.form == "blocks" and scan is not None:
        nest.scan, nest.reverse = 0, scan[1]
    nest.values = depths(fusion, nest, pairs)
    return nest


def lower_totals(fusion: Fusion, step: Step) -> Nest:
    """The `Nest` of the first pass of a scan in blocks: what each block of its `scans` leaves."""
    nest = lower(fusion, step)
    nest.scans, nest.maps, nest.reductions = [n for n in nest.maps if fusion.scan_of(n)], [], []
    pairs, needed = {(node, ctx): is_load for node, ctx, _, is_load in nest.values}, set()
    stack = [pair for n in nest.scans for pair in fusion.reads(n, fusion.identity(n))]
    while stack:
        pair = stack.pop()
        if pair not in needed:
            needed.add(pair)
            stack.extend([] if pairs[pair] else fusion.reads(*pair))
    nest.values = [value for value in nest.values if value[:2] in needed]
    return nest


def _arranged(
    fusion: Fusion,
    step: Step,
    pairs: Sequence[Evaluation],
    pinned: AbstractSet[int],
    dropped: AbstractSet[int],
) -> Nest:
    """The nest without the axes of the classes `dropped`."""
    nest, dims = Nest(), len(step.space)
    arrays = [pair for pair, is_load in pairs if is_load and pair[0].ndim]
    loads = {pair: access(fusion.axes, *pair, dims, dropped) for pair in arrays}
    stores = {n: store_access(fusion, n, dims, dropped) for n in step.nodes}
    axes = [a for a, c in enumerate(step.space) if c not in dropped]
    reduced = _reduced_axes(step, axes)
    nest.reductions = [
        n
        for n in step.nodes
        if n.op.kind == "reduce" and reduced.intersection(fusion.reduced_axes(n))
    ]
    nest.maps = [n for n in step.nodes if n not in nest.reductions]
    nest.unstored = step.stages[0].unstored
    _arrange(
        nest,
        step,
        axes,
        reduced,
        [*loads.values()],
        [stores[n] for n in nest.maps],
        pinned,
        [*stores.values()],
    )
    nest.loads = {pair: on_loops(a, nest.loops) for pair, a in loads.items()}
    nest.stores = {n: on_loops(a, nest.loops) for n, a in stores.items()}
    return nest


def _reduced_axes(step: Step, axes: Sequence[int]) -> set[int]:
    """Those of `axes` that a reduction of the step goes over."""
    return {a for gone in step.stages[0].reduced for a in gone if a in axes}


def _needless(nest: Nest, step: Step, pinned: AbstractSet[int]) -> frozenset[int]:
    """The classes of loops of length 1 that are better left out; none where there is one point, or
    none."""
    if nest.points <= 1:
        return frozenset()
    groups = [nest.loops[-1:]]
    if nest.points > limits.now.grain and len({loop.reduced for loop in nest.loops}) == 2:
        groups += [
            [loop for loop in nest.loops if loop.reduced is which] for which in (False, True)
        ]
    out: frozenset[int] = frozenset()
    guarded = {step.space[a] for a in pinned}  # a class may have more than one loop
    for loops in groups:
        if all(loop.size == 1 and loop.classes.isdisjoint(guarded) for loop in loops):
            out = out.union(*[loop.classes for loop in loops])
    return out


def evaluations(fusion: Fusion, step: Stage | Step) -> list[Evaluation]:
    """((node, context), is it a load) of all the step computes, sources first."""
    made = {(n, fusion.identity(n)) for n in step.nodes if n.op.kind != "reduce"}
    seen: dict[Value, bool] = {}
    stack: list[Value] = []
    for node in reversed(step.nodes):
        if node.op.kind == "reduce":
            stack.extend(fusion.reads(node, None, kept=True))
        else:
            stack.append((node, fusion.identity(node)))
    while stack:
        pair = stack.pop()
        if pair in seen:
            continue
        seen[pair] = pair not in made and fusion.is_load(pair[0])
        if not seen[pair]:
            stack.extend(reversed(fusion.reads(*pair)))
    return _looked_up(fusion, sorted(seen.items(), key=lambda item: fusion.position[item[0][0]]))


def _looked_up(fusion: Fusion, pairs: list[Evaluation]) -> list[Evaluation]:
    """`pairs` with the entries of index arrays before what is read at the places they name."""
    if not any(lookups_of(ctx) for (_, ctx), _ in pairs):
        return pairs
    is_load, out = dict(pairs), {}
    stack = [pair for pair, _ in reversed(pairs)]
    while stack:
        pair = stack[-1]
        needed = [lookup[:2] for lookup in lookups_of(pair[1])] + (
            [] if is_load[pair] else fusion.reads(*pair)
        )
        missing = [p for p in needed if p not in out] if pair not in out else ()
        if missing:
            stack += reversed(missing)
        else:
            out[stack.pop()] = is_load[pair]
    return list(out.items())


def pinned_axes(fusion: Fusion, pairs: Sequence[Evaluation]) -> set[int]:
    """The axes that guards depend on: they keep a loop of their own."""
    out = set()
    for (node, ctx), _ in pairs:
        for guard in guards_of(ctx) + (
            pad_guards(fusion.axes, node, ctx) if node.op.kind == "pad" else ()
        ):
            out |= guard_axes(guard)
    return out


def guard_axes(guard: BoundsGuard) -> set[int]:
    return variables(guard.index)


# ----- loop order


def _arrange(
    nest: Nest,
    step: Step,
    axes: Sequence[int],
    reduced: AbstractSet[int],
    loads: list[Access],
    maps: list[Access],
    pinned: AbstractSet[int],
    stores: list[Access],
) -> None:
    """Choose the order of the loops over `axes`, collapse, and name the form."""
    accesses = loads + stores
    inner = _innermost(axes, loads, maps)

    def ordered(axes: Iterable[int]) -> list[Loop]:
        axes = sorted(axes, key=lambda a: (a == inner, -far(a, accesses)))
        loops = [Loop(step.sizes[a], a in reduced, a, frozenset((step.space[a],))) for a in axes]
        return _collapse(loops, step, accesses, pinned)

    if not reduced or len(reduced) == len(axes):
        nest.loops = ordered(axes)
        nest.outer = max(len(nest.loops) - 1, 1)
        nest.form = "flat" if len(nest.loops) == 1 else "rows"
        return
    kept, summed = ordered(a for a in axes if a not in reduced), ordered(reduced)
    if inner in reduced:
        nest.form, nest.loops, nest.outer = "row", kept + summed, len(kept)
    else:
        nest.form, nest.loops, nest.outer = "column", kept[:-1] + summed + kept[-1:], len(kept) - 1


def is_contiguous(symbol: SymbolicStride | None) -> bool:
    """Whether neighbours in the loop are neighbours in memory."""
    return symbol is not None and not symbol.inner and symbol.step in (1, -1)


def far(axis: int, accesses: Sequence[Access]) -> int:
    """How far apart neighbours along `axis` are, over all accesses: by how many axes they hold."""
    return sum([len(move.inner) for a in accesses if (move := a.moves[axis]) is not None])


def _innermost(axes: Sequence[int], loads: Sequence[Access], maps: Sequence[Access]) -> int:
    """The axis along which most accesses are contiguous; the last one in doubt."""
    return max(axes, key=lambda axis: (contiguity(axis, loads, maps), axis))


def contiguity(axis: int, loads: Sequence[Access], maps: Sequence[Access]) -> tuple[int, ...]:
    """How many accesses are contiguous along `axis`: those that move along most axes, which are the
    long ones, and all.

    ``X.T @ g`` along the axis of g, which is contiguous there, reads X in strides (100 000 x 50:
    7.8 ms, 1.0 else)."""
    rank = max([_rank(a) for a in (*loads, *maps)], default=0)
    weighted = [(a, 1) for a in loads] + [(a, 2) for a in maps]
    near = [(a, weight) for a, weight in weighted if is_contiguous(a.moves[axis])]
    return sum(weight for a, weight in near if _rank(a) == rank), sum(weight for _, weight in near)


def _rank(a: Access) -> int:
    """Along how many axes an access moves."""
    return sum(symbol is not None for symbol in a.moves)


def _collapse(
    loops: list[Loop], step: Step, accesses: Sequence[Access], pinned: AbstractSet[int]
) -> list[Loop]:
    """Merge neighbouring loops that all accesses walk as one."""
    out = loops[:1]
    for loop in loops[1:]:
        last = out[-1]
        joint = all(
            is_joint(a.moves[last.axis], a.moves[loop.axis], step.space[loop.axis])
            for a in accesses
        )
        if joint and last.axis not in pinned and loop.axis not in pinned:
            out[-1] = Loop(
                last.size * loop.size, loop.reduced, loop.axis, last.classes | loop.classes
            )
        else:
            out.append(loop)
    return out


def is_joint(outer: SymbolicStride | None, inner: SymbolicStride | None, c: int) -> bool:
    """Whether the stride `outer` is `inner` times the length of a loop of the class `c`: then both
    are one loop."""
    if outer is None or inner is None:
        return outer is inner
    return outer.step == inner.step and list(outer.inner) == sorted((*inner.inner, common(c)))


def on_loops(a: Access, loops: Sequence[Loop]) -> Access:
    axes = [loop.axis for loop in loops]
    return a._replace(
        strides=tuple([a.strides[k] for k in axes]),
        symbols=tuple([a.symbols[k] for k in axes]),
        moves=tuple([a.moves[k] for k in axes]),
    )


# ----- depths


def depth_of_loop(nest: Nest, k: int) -> int:
    """At which depth loop number `k` is known."""
    if nest.form == "flat" or k < nest.outer:
        return 1
    return 2 + k - nest.outer


def depths(
    fusion: Fusion,
    nest: Nest,
    pairs: Sequence[Evaluation],
) -> list[tuple[Node, Context, int, bool]]:
    """(node, context, depth, is_load) for each evaluation: the innermost loop that it depends on.

    All the loops it depends on go to `nest.spread`.
    """
    number = {loop.axis: k for k, loop in enumerate(nest.loops)}

    def guard_loops(guard: BoundsGuard) -> set[int]:
        return {number[a] for a in guard_axes(guard)}

    spread: dict[Value, set[int]] = {}
    out = []
    for (node, ctx), is_load in pairs:
        at: set[int] = set()
        if is_load and node.ndim:
            a = nest.loads[node, ctx]
            at = {k for k, symbol in enumerate(a.moves) if symbol}.union(
                *[guard_loops(g) for g in a.valid]
            )
        elif not is_load:
            at = set().union(*[spread[s] for s in fusion.reads(node, ctx)])
            if node.op.kind == "pad":
                at = at.union(*[guard_loops(g) for g in pad_guards(fusion.axes, node, ctx)])
            elif node.op.kind == "scan":
                at.update(range(len(nest.loops)))
        spread[node, ctx] = at
        out.append((node, ctx, max([depth_of_loop(nest, k) for k in at], default=0), is_load))
    nest.spread = spread
    return out
