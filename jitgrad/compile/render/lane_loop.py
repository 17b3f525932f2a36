"""A loop over many lanes as one kernel: all turns for a few lanes, then for the next.

The body is that of a tile (see `rewrite.lane_axes`), whose arrays are small, and so the statements
of a turn are those of a loop over a small state. What is different is where the arrays from outside
have the lanes of the tile: along the axis of lanes, these are one run of elements for each place on
the axes before. Tiles are the units of the launch.

How many lanes there are is an argument. The last tile ends where the lanes do. Lanes that it shares
with the tile before are computed and written twice; the two tiles are one unit, so no other thread
writes them at the same time. Start at `render_by_lanes`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...base.dtypes import SUPPORTED
from .. import limits
from ..kernel import Units
from ..loops.expressions import element, literal, stored
from ..loops.ir import Expr, For, Let, Local, Prefetch, Statement, Store, rewrite, walk
from ..loops.passes.fold import folded
from .arguments import scratch_of
from .whole_loop import WholeLoop, if_small, stack_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...ir.node import Node
    from ..kernel import Kernel
    from ..loops.ir import Operand
    from ..rewrite.lane_axes import Tile
    from ..schedule.materialise import Fusion

#: The number of a tile, and its first lane.
TILE, LANE = "lanes", "lane"
#: Turns ahead for which elements of sequences are asked for.
AHEAD = 2


def render_by_lanes(node: Node, tile: Tile, outer: Fusion, lowered: Any) -> Kernel | None:
    """The kernel of the loop `node` of the graph of `outer`, by `tile`, of whose turn all kernels
    have statements; None where it were too large."""
    return if_small(LaneLoop(node, tile, outer, lowered).kernel())


class LaneLoop(WholeLoop):
    """Those of a tile of lanes."""

    def __init__(self, node: Node, tile: Tile, outer: Fusion, lowered: Any) -> None:
        super().__init__(node, tile.body, outer, lowered)
        self.tile = tile
        #: The lengths of runs over all lanes, by the number of elements of a lane in a run.
        self.rows: dict[int, str] = {}
        self.counts: dict[int, str] = {}  # lengths of loops as arguments

    def all_turns(self, loop: For) -> tuple[Statement, ...]:
        memory = [s for s in self.before if isinstance(s, Local)]
        begins = [s for s in self.before if not isinstance(s, Local)]
        last = self.args.size(self.tile.lanes - self.tile.width)
        lane = Let(LANE, Expr("min({} * {}, {})", (TILE, str(self.tile.width), last)))
        stop = Expr("stop + max(stop - {}, 0)", (self.args.size(self.whole_units),))
        tiles = For(TILE, "start", stop, (lane, *begins, loop, *self.after))
        statements = folded(rewrite((*memory, tiles), self.sized))
        return rewrite(statements, self.in_vectors)

    def in_vectors(self, s: Statement) -> tuple[Statement, ...]:
        """`s`; if it is a loop of which vectors can be made, with a length that LLVM does not know
        where it would unroll the loop before it looks for vectors."""
        if not isinstance(s, For) or any(isinstance(x, For) for x in walk(s.body)):
            return (s,)
        count = int(s.stop) if isinstance(s.stop, str) and s.stop.isdigit() else 0
        if not limits.now.vector_bytes // 8 <= count < limits.now.lanes:
            return (s,)
        if count not in self.counts:
            self.counts[count] = self.args.size(count)
        return (replace(s, stop=self.counts[count]),)

    def sized(self, s: Statement) -> tuple[Statement, ...]:
        """`s`, with as much memory as a tile needs."""
        if stack_of(s) and isinstance(s, Let):
            dtype = next(d for d in SUPPORTED if scratch_of(s.name, d) == s)
            return (Local(s.name, dtype.name, str(self.tile.points), on_stack=True),)
        return (s,)

    def units(self, kernel: Kernel) -> Units:
        kernel.work *= self.tile.tiles
        units = max(1, self.tile.tiles - 1)
        return Units(units, max(1, limits.now.grain * units // max(1, kernel.work)))

    @property
    def whole_units(self) -> int:
        """How many units have one tile: the last has two, where there are several tiles."""
        return self.tile.tiles - 2 if self.tile.tiles > 1 else 1

    # ------------------------------------------------------------------ arrays from outside

    def turn_size(self, node: Node, k: int, is_result: bool = False) -> Operand:
        axis = self.tile.results[k] if is_result else self.tile.parameters[k]
        if axis is None:
            return super().turn_size(node, k, is_result)
        many = math.prod(node.shape[:axis])
        return Expr("({} * {})", (str(many), self.row(math.prod(node.shape[axis + 1 :]))))

    def row(self, size: int) -> str:
        """The length of a run over all lanes, of which each has `size` elements in it."""
        if size not in self.rows:
            self.rows[size] = self.args.size(self.tile.lanes * size)
        return self.rows[size]

    def taken(self, k: int, to: str, source: str) -> Statement:
        p, axis = self.body.parameters[k], self.tile.parameters[k]
        if axis is None:
            return super().taken(k, to, source)
        return self.runs(
            p.shape, axis, lambda own, place: Store(element(to, own), element(source, place))
        )

    def placed(self, k: int, source: str, statements: list[Statement]) -> str:
        p, axis = self.body.parameters[k], self.tile.parameters[k]
        if axis is None:
            return source
        if k in self.body.moving:
            self.opening.append(self.prefetched(p, k, source))
        if math.prod(p.shape[:axis]) > 1:
            name = self.memory(p.dtype, p.size)
            statements.append(self.taken(k, name, source))
        else:
            name = self.args.fresh("e")
            first = Expr("{} * {}", (LANE, str(math.prod(p.shape[axis + 1 :]))))
            statements.append(Let(name, Expr("offset_by({}, {})", (source, first))))
        return name

    def given_out(self, k: int, to: str, name: str) -> Statement:
        r, axis = self.body.results[k], self.tile.results[k]
        if axis is None:
            return super().given_out(k, to, name)
        return self.runs(
            r.shape, axis, lambda own, place: Store(element(to, place), element(name, own))
        )

    def zeros_from(self, first: str, k: int, begin: str) -> Iterator[Statement]:
        r, axis = self.body.results[k], self.tile.results[k]
        if axis is None:
            yield from super().zeros_from(first, k, begin)
            return
        turn, to = self.args.fresh("k"), self.args.fresh("w")
        size, zero = self.turn_size(r, k, True), stored(literal(0, r.dtype), r.dtype)
        place = Expr("offset_by({}, {} + {} * {})", (self.out(), begin, turn, size))
        zeros = self.runs(r.shape, axis, lambda _, place: Store(element(to, place), zero))
        yield For(turn, first, self.args.size(self.looped.length or 0), (Let(to, place), zeros))

    def prefetched(self, p: Node, k: int, source: str) -> Statement:
        """Asks for what the turns after this one read of a sequence, of which `source` is this
        turn's element: runs of different turns are far apart."""
        axis = self.tile.parameters[k]
        assert axis is not None
        size, q = math.prod(p.shape[axis + 1 :]), self.args.fresh("k")
        run, ahead = str(self.tile.width * size), AHEAD * (-1 if self.body.reverse else 1)
        form = "{} * {} + {} * {} + {} * {}"
        turn = self.turn_size(p, k)
        place = Expr(form, (q, self.row(size), LANE, str(size), str(ahead), turn))
        ask = Prefetch(source, place, run)
        return For(q, "0", str(math.prod(p.shape[:axis])), (ask,))

    def runs(
        self, shape: tuple[int, ...], axis: int, statement: Callable[[Expr, Expr], Statement]
    ) -> Statement:
        """``statement(own, place)`` for each element of an array of `shape`, that of a tile:
        `own` is its place there, and `place` that in the array of all lanes."""
        many, size = math.prod(shape[:axis]), math.prod(shape[axis + 1 :])
        q, k, run = self.args.fresh("k"), self.args.fresh("k"), str(shape[axis] * size)
        own = Expr("{} * {} + {}", (q, run, k))
        place = Expr("{} * {} + {} * {} + {}", (q, self.row(size), LANE, str(size), k))
        return For(q, "0", str(many), (For(k, "0", run, (statement(own, place),)),))
