"""Lowering of row programs: a step of several stages becomes one `Nest` per stage, with the outer
loops in common.

The outer space is cut in *tiles*: runs of one of its axes, the one along which most accesses are
contiguous. A unit of the kernel is a tile at a point of the other outer axes, and runs all stages
one after the other. In each stage the tile is the innermost loop where that is the contiguous axis
(a *column* stage, vectorised across the tile), else the loop outside of the inner ones (a *row*
stage). A tile is as long as what the stages touch stays in the cache.

What one stage leaves to later ones alone lies in `local` memory of one tile. Start at
`lower_program`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .. import limits
from ..index.dims import UNIT
from ..index.duplicates import common
from ..schedule.fuse_stages import Step
from ..schedule.joint import is_few, joined
from .expressions import sums_in_blocks
from .nest import (
    Loop,
    Nest,
    access,
    contiguity,
    depths,
    evaluations,
    far,
    is_joint,
    on_loops,
    pinned_axes,
    reduction_access,
    store_access,
    strided,
)

if TYPE_CHECKING:
    from ...ir.node import Node
    from ..index.maps import Context, Value
    from ..schedule.fuse_stages import Stage
    from ..schedule.joint import Joint
    from ..schedule.materialise import Fusion
    from .nest import Access, Evaluation


@dataclass(slots=True, eq=False)
class TileNest(Nest):
    """The nest of one stage of a row program, with the loops of a unit among its own."""

    tile: int = 0  # the number of the loop over the tile
    shared: int = 0  # how many loops it has in common with the stages that share loops with it
    forwarded: AbstractSet[Node] = frozenset()  # what those hand on in registers
    # reduction -> the numbers of the loops that it goes over
    reduced: dict[Node, AbstractSet[int]] = field(default_factory=dict)
    # whether it takes several rows of a scan side by side (see `passes.interleave`)
    interleaved: bool = False

    def level(self, node: Node) -> int:
        """The number of the first of the innermost loops that the reduction goes over."""
        k = len(self.loops)
        while k and k - 1 in self.reduced[node]:
            k -= 1
        return k

    def place_of(self, node: Node) -> str:
        """Where the reduction lives: "register", "memory", "number" or "array" (of the chunk)."""
        gone = self.reduced[node]
        if len(gone) == len(self.loops):
            return "number"
        if gone & {*range(self.outer), self.tile}:
            return "array"
        return "register" if gone == set(range(self.level(node), len(self.loops))) else "memory"

    def is_narrow(self, node: Node) -> bool:
        """Whether what a sum of float32 adds up in unrolled loops is so few values that it stays
        so."""
        return sums_in_blocks(node) and self.level(node) >= self.shared

    def kept(self, node: Node) -> list[int]:
        """The loops within a unit that the reduction does not go over."""
        return [k for k in range(self.outer, len(self.loops)) if k not in self.reduced[node]]


@dataclass(slots=True, eq=False)
class TiledProgram:
    """The nests of the stages of a `step`; `outer` are the loops before the tile, `tile` that over
    the axis cut in tiles.

    `groups` has the nests, those with loops in common together. `local` are the nodes that lie in
    memory of one tile, and `width` is the length of a tile."""

    step: Step
    outer: list[Loop]
    tile: Loop
    is_literal: bool = False  # whether sizes are part of the kernel
    groups: list[list[TileNest]] = field(default_factory=list)
    local: frozenset[Node] = frozenset()
    width: int = 1

    @property
    def stages(self) -> list[TileNest]:
        return [nest for group in self.groups for nest in group]

    @property
    def taken(self) -> frozenset[int]:
        """The classes of the loops of a unit."""
        return self.tile.classes.union(*[loop.classes for loop in self.outer])

    @property
    def reductions(self) -> list[Node]:
        return [node for nest in self.stages for node in nest.reductions]

    @property
    def points(self) -> int:
        return sum(nest.points for nest in self.stages)

    @property
    def weight(self) -> int:
        return max(nest.weight for nest in self.stages)


@dataclass(slots=True, eq=False)
class _Draft:
    """A stage on the way: what it accesses, with one stride per axis of its space."""

    stage: Stage
    space: tuple[int, ...]
    pairs: list[Evaluation]
    pinned: set[int]  # classes of the axes whose loops are not collapsed with others
    loads: dict[Value, Access]
    stores: dict[Node, Access]
    reductions: list[Node]
    maps: list[Node]  # the other nodes of the stage
    gone: dict[Node, frozenset[int]]  # reduction -> the classes of the axes that it goes over
    forwarded: AbstractSet[Node] = frozenset()  # what stages of one nest hand on in registers
    unstored: frozenset[Node] = frozenset()  # those of them that nobody needs in memory

    @property
    def accesses(self) -> list[Access]:
        return [a for _, a in self.touched]

    @property
    def touched(self) -> list[tuple[Node, Access]]:
        """(node, access) of what is read and written in memory."""
        loads = [(node, a) for (node, _), a in self.loads.items() if node not in self.forwarded]
        return [
            *loads,
            *[(node, a) for node, a in self.stores.items() if node not in self.unstored],
        ]

    def near(self, c: int) -> tuple[int, ...]:
        """How many accesses of the innermost loop are contiguous along the class `c`, as
        `contiguity` has it."""
        if c not in self.space:
            return 0, 0
        read = [a for node, a in self.touched if node not in self.stores]
        return contiguity(
            self.space.index(c), read, [a for node, a in self.touched if node in self.maps]
        )

    def far(self, c: int) -> int:
        return far(self.space.index(c), self.accesses) if c in self.space else 0

    def role(self, c: int) -> tuple[tuple[bool, ...], bool]:
        """Which reductions go over `c`, and whether a scan does: loops of different roles are not
        collapsed."""
        scan = self.stage.scan is not None and self.space[self.stage.scan[0]] == c
        return tuple([c in gone for gone in self.gone.values()]), scan

    def joint(self, outer: int, inner: int) -> bool:
        """Whether a loop over `inner` inside one over `outer` is one loop."""
        if (
            outer in self.pinned
            or inner in self.pinned
            or self.role(outer) != self.role(inner)
            or self.role(inner)[1]
        ):
            return False
        o, i = self.space.index(outer), self.space.index(inner)
        return all(is_joint(a.moves[o], a.moves[i], inner) for a in self.accesses)


def _draft(fusion: Fusion, stage: Stage) -> _Draft:
    """The `_Draft` of a stage, which shares no loops as yet."""
    space, dims = stage.space, len(stage.space)
    pairs = evaluations(fusion, stage)
    axes_of = {
        n: fusion.reduced_axes(n)
        for n in stage.nodes
        if n.op.kind == "reduce" and fusion.reduced_axes(n)
    }
    maps = [n for n in stage.nodes if n not in axes_of]
    stores = {n: reduction_access(fusion, n, dims, ()) for n in axes_of}
    stores.update({n: store_access(fusion, n, dims) for n in maps})
    return _Draft(
        stage,
        space,
        pairs,
        pinned={space[a] for a in pinned_axes(fusion, pairs)},
        loads={p: access(fusion.axes, *p, dims) for p, is_load in pairs if is_load and p[0].ndim},
        stores=stores,
        reductions=list(axes_of),
        maps=maps,
        gone={n: frozenset(space[a] for a in axes) for n, axes in axes_of.items()},
    )


def _near(drafts: Sequence[_Draft], c: int) -> list[int]:
    """`_Draft.near` of several."""
    return [sum(counts) for counts in zip(*[d.near(c) for d in drafts], strict=True)]


def lower_program(fusion: Fusion, step: Step) -> TiledProgram:
    """The `TiledProgram` of a step of several stages, or of one whose reductions go over different
    axes."""
    drafts = [_draft(fusion, stage) for stage in step.stages]
    sizes = {c: n for d in drafts for c, n in zip(d.space, d.stage.sizes, strict=True)}
    *outer, tile = _loops(_collapsed(_outer_classes(step, drafts, sizes), drafts), sizes)
    program = TiledProgram(step, outer, tile, fusion.literal, local=frozenset(step.local))
    joints = joined(drafts, program.taken, sizes, fusion.axes, step.local)
    for group in joints:
        program.groups.append([_nest(draft, group, program, sizes) for draft in group.drafts])
    program.local = program.local.difference(*[group.unstored for group in joints])
    _size_tiles(program, drafts)
    for draft, nest in zip(drafts, program.stages, strict=True):
        _localize(fusion, draft, nest, program)
        nest.values = depths(fusion, nest, draft.pairs)
        nest.fixed = _fixed(nest)
    return program


def _outer_classes(step: Step, drafts: Sequence[_Draft], sizes: Mapping[int, int]) -> list[int]:
    """The classes of the loops around the stages, in order; the last is that of the tile: most
    accesses are contiguous along it."""

    def order(c: int) -> tuple[list[int], int, int]:
        first = next(d for d in drafts if c in d.space)
        return _near(drafts, c), -sum(d.far(c) for d in drafts), first.space.index(c)

    tile, shared = max(step.outer, key=order), step.outer
    large = max(d.stage.points for d in drafts) > limits.now.grain
    if sizes[tile] <= limits.now.tile_length and large and len(shared) > 1:
        shared = shared - {tile}  # rather an inner loop in a tile along a longer axis
        tile = max(shared, key=order)
    return [*sorted(shared - {tile}, key=lambda c: (-sum(d.far(c) for d in drafts), c)), tile]


def _fixed(nest: TileNest) -> frozenset[Value]:
    """What a column stage computes once per column: it depends on the tile, and on none of the
    loops around that."""
    inner = set(range(nest.outer, nest.tile)) if nest.column else set()
    return frozenset(
        p for p, at in nest.spread.items() if inner and nest.tile in at and not at & inner
    )


def is_short(step: Step, nest: Nest) -> bool:
    """Whether the simple `nest` of the step has an innermost loop so short that it is better one
    within a tile."""
    if nest.form not in ("rows", "row", "column") or not step.outer - nest.loops[-1].classes:
        return False
    if any(node.op.kind == "pad" for node, *_ in nest.values):
        return False
    if is_few(nest.loops[-1].size) and nest.points > limits.now.grain:
        return True
    row = nest.loops[-1].size * max(
        [node.src[0].dtype.itemsize for node in nest.reductions], default=0
    )
    if (
        nest.form == "row"
        and nest.points > limits.now.grain
        and is_fetched(row)
        and row <= limits.now.jammed_bytes
    ):
        return True
    last = 1 + len(nest.loops) - nest.outer
    return any(
        is_expensive(node, nest) and not is_load and depth == last
        for node, _, depth, is_load in nest.values
    )


def is_fetched(row: int) -> bool:
    """Whether rows of so many bytes are worth asking for ahead."""
    low, high = limits.now.prefetched_row
    return low <= row <= high


def tiny(nest: TileNest) -> list[Loop]:
    """The loops of a large nest whose lengths are part of the kernel: unrolled, so that the tile is
    the innermost."""
    if nest.column or nest.points <= limits.now.grain:
        return []
    return [loop for loop in nest.loops[nest.tile + 1 :] if is_few(loop.size)]


def is_all_tiny(nest: TileNest) -> bool:
    """Whether the tile is the innermost loop, once the others are unrolled."""
    return nest.tile + 1 < len(nest.loops) and len(tiny(nest)) == len(nest.loops) - nest.tile - 1


def is_expensive(node: Node, nest: Nest) -> bool:
    """Whether what the innermost loop leaves after whole vectors is expensive, for the operation
    `node` of a large nest: small ones keep to the kernels they have, whatever their shape."""
    room = nest.loops[-1].size * node.dtype.itemsize
    ragged = (
        room <= limits.now.ragged_bytes
        and room % limits.now.vector_bytes > 0
        and nest.points > limits.now.grain
    )
    return ragged and node.op.kind == "elementwise" and node.op.cost >= limits.now.expensive_flops


def _collapsed(classes: Sequence[int], drafts: Sequence[_Draft]) -> list[list[int]]:
    """`classes` of loops, outermost first, in groups that are one loop each."""
    groups = [[c] for c in classes[:1]]
    for c in classes[1:]:
        if all(d.joint(groups[-1][-1], c) for d in drafts):
            groups[-1].append(c)
        else:
            groups.append([c])
    return groups


def _loops(groups: Sequence[list[int]], sizes: Mapping[int, int]) -> list[Loop]:
    return [
        Loop(math.prod(sizes[c] for c in group), False, group[-1], frozenset(group))
        for group in groups
    ]


def _nest(draft: _Draft, group: Joint, program: TiledProgram, sizes: Mapping[int, int]) -> TileNest:
    """The nest of one stage; its loops have the axes of the stage, those that the `group` of stages
    shares first."""
    nest, alone = TileNest(form="program", outer=len(program.outer)), len(group.drafts) == 1
    axis, reverse = draft.stage.scan or (None, False)
    scan = None if axis is None else draft.space[axis]
    long, few, across = _inner_loops(draft, group, program.tile.axis, scan, sizes)
    loops = [*program.outer, *([*long, program.tile] if across else [program.tile, *long]), *few]
    nest.tile = nest.outer + len(long) * across
    nest.shared = nest.outer + 1 + len(long)
    nest.column = across and alone
    nest.reductions, nest.maps = draft.reductions, draft.maps
    nest.unstored, nest.forwarded = draft.stage.unstored | group.unstored, group.forwarded
    nest.reduced = {
        n: {k for k, loop in enumerate(loops) if loop.axis in draft.gone[n]}
        for n in nest.reductions
    }
    nest.scan = next((k for k, loop in enumerate(loops) if loop.axis == scan), None)
    nest.reverse = nest.scan is not None and reverse
    nest.loops = [loop._replace(axis=draft.space.index(loop.axis)) for loop in loops]
    nest.interleaved = alone and nest.scan == len(loops) - 1 and _takes_rows(nest, draft)
    return nest


def _inner_loops(
    draft: _Draft, group: Joint, tile: int, scan: int | None, sizes: Mapping[int, int]
) -> tuple[list[Loop], list[Loop], bool]:
    """(the loops in a unit that the group shares, those that are unrolled, whether the tile is
    within the first)."""
    drafts = group.drafts
    classes = sorted(group.long, key=lambda c: (c == scan, -sum(d.far(c) for d in drafts), c))
    long = _loops(_collapsed(classes, drafts), sizes)
    few = _loops(
        [[c] for c in sorted(group.few_of(draft), key=lambda c: (-draft.far(c), c))], sizes
    )
    return long, few, bool(long) and _near(drafts, tile) > _near(drafts, long[-1].axis)


def _takes_rows(nest: TileNest, draft: _Draft) -> bool:
    """Whether a stage takes several rows of a scan side by side: what is computed at a point
    outweighs memory then.

    (Sums alone do not: a sum of 10**6 weighted running sums with its gradient takes up to twice as
    long so.)"""
    along = nest.loops[-1]
    if nest.column or along in tiny(nest):
        return False
    made = {
        p[0]: p[0].op
        for p, is_load in draft.pairs
        if not is_load and p[0].op.kind in ("elementwise", "scan")
    }
    if sum(op.cost for op in made.values()) >= limits.now.expensive_flops:
        return True
    slow = any(
        op.kind == "scan" and op.cost >= limits.now.interleaved_flops for op in made.values()
    )
    return slow and nest.points > limits.now.grain and along.size > limits.now.tile_length


def _size_tiles(program: TiledProgram, drafts: Sequence[_Draft]) -> None:
    """The length of a tile: by sizes alone, so that results do not depend on the number of threads.
    Where these are part of the kernel, since they are small, all is one tile."""
    if program.is_literal:
        program.width = max(1, program.tile.size)
        return
    if any(nest.tile > nest.outer for nest in program.stages):
        low, high = limits.now.tile_columns
        width = limits.now.tile_points // max(_inner_points(nest) for nest in program.stages)
    else:
        low, high = limits.now.tile_rows
        if any(nest.interleaved for nest in program.stages):
            low = limits.now.interleaved_rows
        width = limits.now.tile_bytes // max(1, _touched(program, drafts))
    width = max(low, min(high, width))
    outer = max(1, math.prod(loop.size for loop in program.outer))
    if outer < limits.now.outer_points:
        width = min(width, max(low, -(-program.tile.size * outer // limits.now.outer_points)))
    width -= width % 8 if width > 8 else 0
    program.width = max(1, min(program.tile.size, width))


def _touched(program: TiledProgram, drafts: Sequence[_Draft]) -> int:
    """The bytes that the stages touch per point of the tile, each array counted once."""
    taken = program.taken
    found: dict[Node, int] = {}
    for draft in drafts:
        inner = [k for k, c in enumerate(draft.space) if c not in taken]
        moving = draft.space.index(program.tile.axis)
        for node, a in draft.touched:
            if a.moves[moving] is not None:
                points = math.prod(draft.stage.sizes[k] for k in inner if a.moves[k] is not None)
                found[node] = max(found.get(node, 0), points * node.dtype.itemsize)
    return sum(found.values())


def _inner_points(nest: TileNest) -> int:
    """The points of a stage per point of the outer space."""
    return max(
        1,
        math.prod(
            loop.size for k, loop in enumerate(nest.loops) if k >= nest.outer and k != nest.tile
        ),
    )


def _localize(fusion: Fusion, draft: _Draft, nest: TileNest, program: TiledProgram) -> None:
    """The accesses of the stage on its loops; those to local memory are relative to the tile."""
    local = program.local

    def placed(node: Node, ctx: Context, a: Access) -> Access:
        if node in local:
            a = _local_access(fusion, node, ctx, draft, program)
        return on_loops(a, nest.loops)

    nest.loads = {pair: placed(*pair, a) for pair, a in draft.loads.items()}
    nest.stores = {}
    for node, a in draft.stores.items():
        ctx = fusion.identity(node.src[0] if node.op.kind == "reduce" else node)
        if node.op.kind == "reduce":
            ctx = tuple([i for axis, i in enumerate(ctx) if axis not in node.arg])
        nest.stores[node] = placed(node, ctx, a)


def _extents(fusion: Fusion, node: Node, program: TiledProgram) -> list[tuple[int, int]]:
    """For each axis of `node` its length in local memory, and its class there; the tile's has a
    class of its own."""
    out, tile, gone = [], program.tile, program.taken
    for c, n in zip(fusion.axes.of[node], node.shape, strict=True):
        if c == tile.axis:
            out.append((program.width, -1 - common(c)))
        else:
            out.append((1, UNIT) if c in gone or c == UNIT else (n, c))
    return out


def local_size(fusion: Fusion, node: Node, program: TiledProgram) -> int:
    """The elements of the local memory of `node`."""
    return math.prod(n for n, _ in _extents(fusion, node, program))


def _local_access(
    fusion: Fusion, node: Node, ctx: Context, draft: _Draft, program: TiledProgram
) -> Access:
    """Where `node` lies in the memory of a tile, read in `ctx`."""
    extents = _extents(fusion, node, program)
    return strided([c for _, c in extents], [n for n, _ in extents], ctx, len(draft.space))
