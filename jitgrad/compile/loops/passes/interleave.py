"""Interleaved scans: several rows of a tile side by side, and what is around the scan in loops of
vectors.

A loop that carries a running value is no loop of vectors: an exp in it is computed for one number
at a time. And in a scan each element waits for the one before. So a stage whose innermost loop is a
scan takes some rows at a time, a piece of each (strip-mining), and its body is distributed over
three loops:

- the operands of the scan are *fed* into memory, row after row;
- the scan is *applied*: at each iteration all rows go one on, which the processor does at once,
  with vectors if the scan is expensive (what is left of a tile is fewer rows, which are taken one
  by one);
- the *rest*, which reads the running values, follows row after row.

Scans of scans take as many turns of the first two as they are deep, and so do the expensive
functions of short rows (see `distribute`). What a row goes on from at its next piece is in memory,
too. Start at `interleaved`; which stages gain by it says `tiles`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import limits
from ..expressions import combination, element, identity_literal, kept_as, plus, read, stored
from ..ir import Block, Expr, For, If, Let, Store, made, reads
from .distribute import applied_to_all, distributed, makers_of, needed, taken

if TYPE_CHECKING:
    from ....ir.node import Node
    from ..ir import Operand, Statement
    from .distribute import Applied


class Memories:
    """Memory of pieces of rows, which the stages of a kernel use one after the other."""

    __slots__ = ("args", "known")

    def __init__(self, args: Any) -> None:
        self.args = args
        self.known: dict[np.dtype, list[str]] = {}

    def of_stage(self) -> Callable[[np.dtype], str]:
        """A function that gives memory of which a stage has made no use yet."""
        used: dict[np.dtype, int] = {}

        def memory(dtype: np.dtype) -> str:
            k = used[dtype] = used.get(dtype, 0) + 1
            known = self.known.setdefault(dtype, [])
            if len(known) < k:
                known.append(self.args.scratch(dtype))
            return known[k - 1]

        return memory


def interleaved(
    rows: For,
    scans: Mapping[str, Node],
    sums: Mapping[str, Node],
    apart: AbstractSet[str],
    reverse: bool,
    varies: Callable[[str], object],
    memory: Callable[[np.dtype], str],
    fresh: Callable[[str], str],
) -> tuple[For, ...]:
    """The loop over `rows`, in which is one along the rows, with some rows at a time.

    `scans` and `sums` have the names that are carried along a row, with their nodes; `apart` are
    the names of what the functions make that are applied to whole pieces; `reverse` is whether the
    scans start at the end of a row. ``varies(name)`` says whether a value is not one for all
    points, ``memory(dtype)`` gives memory for a piece of each row, ``fresh(letter)`` a name."""
    return _Interleaved(rows, scans, sums, reverse, memory, fresh).loops(apart, varies)


class _Interleaved:
    """What is around the loop along a row, and in it, and where a row keeps what it carries."""

    __slots__ = (
        "after",
        "around",
        "carries",
        "ends",
        "fresh",
        "memory",
        "reverse",
        "row",
        "rows",
        "scan",
        "starts",
        "sums",
        "width",
    )

    def __init__(
        self,
        rows: For,
        scans: Mapping[str, Node],
        sums: Mapping[str, Node],
        reverse: bool,
        memory: Callable[[np.dtype], str],
        fresh: Callable[[str], str],
    ) -> None:
        self.rows, self.row, self.reverse, self.memory, self.fresh = (
            rows,
            rows.var,
            reverse,
            memory,
            fresh,
        )
        self.width = str(limits.now.interleaved_rows)
        (at,) = [k for k, s in enumerate(rows.body) if isinstance(s, For)]
        before, after = rows.body[:at], rows.body[at + 1 :]
        self.scan: Any = rows.body[at]
        self.starts = [s for s in before if isinstance(s, Block)]
        self.ends = [s for s in after if isinstance(s, Block)]
        self.around = [
            s for s in before if not isinstance(s, Block) and made(s) not in (*scans, *sums)
        ]
        self.after = [s for s in after if not isinstance(s, Block)]
        # name -> its node, and from `loops` on (its node, its memory)
        self.carries: Mapping[str, Any] = scans
        self.sums: Mapping[str, Any] = sums

    def loops(self, apart: AbstractSet[str], varies: Callable[[str], object]) -> tuple[For, ...]:
        body, place = self.scan.body, plus("here", self.scan.var)
        turns, known = distributed(body, apart, place, self.memory, varies)
        self.carries = {
            name: (node, self.memory(node.dtype)) for name, node in self.carries.items()
        }
        self.sums = {acc: (node, self.memory(kept_as(node))) for acc, node in self.sums.items()}
        starts = [
            Store(element(memory, "row"), stored(identity_literal(node), node.dtype))
            for node, memory in (*self.carries.values(), *self.sums.values())
        ]
        pieces = self.pieces()
        for turn in turns:
            pieces = pieces.around(*self.over_rows(turn.feed), *self.applied(turn.applied))
        ends = [s for s in body if not made(s)]
        rest = taken(body, needed(ends, makers_of(body), known), known)
        pieces = pieces.around(*self.over_rows([*rest, *ends], rest=True))
        rows = Let("rows", Expr("min({}, {} - {})", (self.width, self.rows.stop, "first")))
        start = For("row", "0", self.width, tuple(starts))
        body = (rows, start, pieces, *self.finish())
        return (For("first", self.rows.start, self.rows.stop, body, self.width),)

    def pieces(self) -> For:
        """The loop over pieces of the rows, in the order of the scan; what is in each is in the
        order of memory."""
        size, length = self.scan.stop, str(limits.now.interleaved_piece)
        left: Operand = "piece"
        right = Expr("min({} + {}, {})", ("piece", length, size))
        if self.reverse:
            left = Expr("max({} - {} - {}, 0)", (size, "piece", length))
            right = Expr("{} - {}", (size, "piece"))
        span = Let("span", Expr("{} - {}", ("right", "left")))
        return For("piece", "0", size, (Let("left", left), Let("right", right), span), length)

    def of_row(self, *statements: Statement) -> For:
        """The loop over the rows."""
        return For("row", "0", "rows", (Let(self.row, plus("first", "row")), *statements))

    def taken(self, acc: str) -> Let:
        node, memory = self.sums[acc]
        return Let(acc, read(element(memory, "row"), kept_as(node)))

    def finish(self) -> list[For]:
        """What follows the loop along a row; each sum is read where it is first needed."""
        out: list[Statement] = []
        known: set[str] = set()
        for s in self.after:
            new = [acc for acc in dict.fromkeys(reads(s)) if acc in self.sums and acc not in known]
            known.update(new)
            out += [*map(self.taken, new), s]
        return [self.of_row(*out)] if out else []

    def over_rows(self, statements: Sequence[Statement], rest: bool = False) -> tuple[For, ...]:
        """The loop over the rows with `statements` for each element; in the `rest`, sums are kept.

        There are none where nothing has to be fed: the operands of a scan may be one number for all
        rows."""
        if not statements:
            return ()
        wanted = needed(statements, makers_of(self.around), {})
        around = [s for s in self.around if made(s) in wanted or (rest and not made(s))]
        here = Let("here", Expr("{} * {} - {}", ("row", "span", "left")))
        along = For(self.scan.var, "left", "right", tuple(statements))
        if not rest:
            return (self.of_row(here, *around, along),)
        take = map(self.taken, self.sums)
        put = [
            Store(element(memory, "row"), stored(acc, kept_as(node)))
            for acc, (node, memory) in self.sums.items()
        ]
        return (self.of_row(here, *around, *take, *self.starts, along, *self.ends, *put),)

    def applied(self, applied: Sequence[Applied]) -> list[Statement]:
        """The functions and scans `applied` to what was fed."""
        out: list[Statement] = []
        apart = [a for a in applied if a.name not in self.carries]
        if apart:
            out.append(For("k", "0", Expr("{} * {}", ("rows", "span")), applied_to_all(apart)))
        scans = [a for a in applied if a.name in self.carries]
        return [*out, self.scanned(scans)] if scans else out

    def scanned(self, scans: Sequence[Applied]) -> If:
        """All rows go one on at each iteration; if they are fewer, row after row."""
        places = [element(self.carries[a.name][1], "row") for a in scans]
        take = [
            Let(a.name, read(place, a.node.dtype)) for a, place in zip(scans, places, strict=True)
        ]
        put = [
            Store(place, stored(a.name, a.node.dtype))
            for a, place in zip(scans, places, strict=True)
        ]
        at = Expr("{} - 1 - {}", ("span", "turn")) if self.reverse else "turn"
        step: list[Statement] = [Let("k", Expr("{} * {} + {}", ("row", "span", at)))]
        for a in scans:
            values = [self.fresh("v") for _ in a.operands]
            step += map(
                Let, values, a.operands
            )  # read once: what is read under a condition is a branch
            step.append(Let(a.name, combination(a.node, a.name, *values, reorder=False)))
            step.append(Store(element(a.memory, "k"), stored(a.name, a.node.dtype)))
        together = For("turn", "0", "span", (For("row", "0", self.width, (*take, *step, *put)),))
        one = For("row", "0", "rows", (*take, For("turn", "0", "span", tuple(step)), *put))
        return If(Expr("{} == {}", ("rows", self.width)), (together,), (one,))
