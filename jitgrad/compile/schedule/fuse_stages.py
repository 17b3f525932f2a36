"""Fusion of stages: which kernel makes each materialised value, and in which loop nest of it.

A *step* is one launch of a kernel, one NumPy call, or one kernel of 0-d values. The kernel of a
loop step is a *row program*: its *stages* follow each other at every point of an *outer* space that
all of them share, so that what a stage reduces, scans or writes is read by the next while it is in
the cache or in registers: a softmax with its gradient, or a product with a vector and the
transposed product after it, is one pass over memory.

In topological order a materialised value joins the first step where that is legal
(`Grouping._legal_place`):

- all it reads is made by earlier steps, or by this one at the same outer point, in an earlier stage
  or at the same point of the same stage. The outer space shrinks to the axes for which this holds,
  and must stay wide enough to be cut into chunks;
- it has the space of one of the stages, or reads what the step makes, or is a scan over the same
  space the other way, as those of gradients are, which read what another stage has brought near
  (then it may open a new stage).

Reductions over outer axes are results of the whole step: each chunk has a partial one. Scans
exclude their axis from the outer space; a scan of a single axis leaves none, and is a step that
runs twice over its blocks.

Start at `Grouping`.
"""

from __future__ import annotations

import math
from bisect import insort
from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from ...ir.node import Node
from .. import limits
from ..index.dims import UNIT, Axes
from ..index.maps import Context, Value

#: The kind of step that makes a node, the classes and lengths of its loop space, the axes of it
#: that are reduced, and its scan, as (axis, whether from the end).
KernelForm = tuple[
    str, tuple[int, ...], tuple[int, ...], tuple[int, ...] | None, tuple[int, bool] | None
]
#: A value, with the loop space at whose points it is computed.
PlacedValue = tuple[tuple[int, ...], Node, Context]


class Fused(Protocol):
    """What grouping asks of the fusion that it is a part of (`fuse.Fusion`)."""

    roots: Sequence[Node]
    order: list[Node]
    kept: set[Node]
    axes: Axes

    def arrays_of(self, root: Node) -> tuple[Node, ...]: ...

    def aligned(self, node: Node, ctx: Any, space: tuple[int, ...]) -> frozenset[int]: ...

    def identity(self, node: Node) -> Context: ...

    def form(self, node: Node) -> KernelForm: ...

    def inline(self, node: Node) -> tuple[set[Value], dict[Value, None]]: ...

    def sources(
        self, node: Node, values: AbstractSet[Value], loads: Mapping[Value, None]
    ) -> list[tuple[Node, Context | None]]: ...


@dataclass(slots=True, eq=False)
class Stage:
    """Loops over `space` (classes of axes, of lengths `sizes`) that make `nodes` at each point.

    `reduced` has the sets of loop axes that its reductions go over; `scan` is None or the (loop
    axis, reverse) of its scans; `unstored` has the nodes that are read only where they are made,
    and need no memory."""

    space: tuple[int, ...]
    sizes: tuple[int, ...]
    nodes: list[Node] = field(default_factory=list)
    reduced: set[tuple[int, ...]] = field(default_factory=set)
    scan: tuple[int, bool] | None = None
    unstored: set[Node] = field(default_factory=set)
    values: set[PlacedValue] = field(default_factory=set)

    @property
    def points(self) -> int:
        return math.prod(self.sizes)

    def accepts(self, candidate: Candidate) -> bool:
        scans = {self.scan, candidate.scan} - {None}
        return self.space == candidate.space and len(scans) < 2

    def is_alike(self, candidate: Candidate) -> bool:
        """Whether with `candidate` all its reductions go over the same axes."""
        same = candidate.reduced is None or not self.reduced or self.reduced == {candidate.reduced}
        return same and (self.scan is None or candidate.scan is None)

    def add(self, candidate: Candidate) -> None:
        self.nodes.append(candidate.node)
        self.values |= candidate.values
        if candidate.reduced is not None:
            self.reduced.add(candidate.reduced)
        self.scan = self.scan or candidate.scan


@dataclass(slots=True, eq=False)
class Step:
    """`nodes` are the kept values it makes, in `stages`; `kind` is "loop", "scalar" or "call".

    `outer` has the classes of the axes that all stages may share as their outer space; `local` the
    nodes that only later stages of the step read."""

    kind: str
    outer: frozenset[int]
    stages: list[Stage] = field(default_factory=list)
    local: set[Node] = field(default_factory=set)
    values: set[PlacedValue] = field(default_factory=set)
    arrays: set[Node] = field(default_factory=set)

    @property
    def nodes(self) -> list[Node]:
        return [node for stage in self.stages for node in stage.nodes]

    @property
    def space(self) -> tuple[int, ...]:
        return self.stages[0].space

    @property
    def sizes(self) -> tuple[int, ...]:
        return self.stages[0].sizes

    @property
    def form(self) -> str:
        """How its kernel is built: "program" (of stages), "blocks" (a scan of all there is) or ""
        (one simple nest)."""
        first = self.stages[0]
        if len(self.stages) > 1 or len(first.reduced) > 1:
            return "program"
        return "" if first.scan is None else "program" if self.outer else "blocks"

    def has_room(self, candidate: Candidate) -> bool:
        if self.kind == "loop" and len(self.arrays | candidate.arrays) > limits.now.kernel_arrays:
            return False
        return len(self.values) + len(candidate.values) <= limits.now.kernel_values

    def add(self, candidate: Candidate, number: int, outer: frozenset[int]) -> None:
        if number == len(self.stages):
            self.stages.append(Stage(candidate.space, candidate.sizes))
        self.stages[number].add(candidate)
        self.outer = outer
        self.values |= candidate.values
        self.arrays |= candidate.arrays


class Candidate:
    """What the materialised value `node` needs of a step that makes it."""

    __slots__ = (
        "arrays",
        "gone",
        "kept",
        "kind",
        "node",
        "reduced",
        "scan",
        "sizes",
        "sources",
        "space",
        "values",
    )

    def __init__(self, fusion: Fused, node: Node) -> None:
        self.node = node
        self.kind, self.space, self.sizes, self.reduced, self.scan = fusion.form(node)
        values, loads = fusion.inline(node)
        self.values = {(self.space, *pair) for pair in values}
        self.arrays = {n for n, _ in loads if n.ndim} | {node}
        self.sources = fusion.sources(node, values, loads)
        self.gone = frozenset(self.space[k] for k in self.reduced or ())
        self.kept = frozenset(self.space) - self.gone


class Grouping:
    """The `steps` that make the kept nodes of `fusion`, in order."""

    def __init__(self, fusion: Fused) -> None:
        self.fusion = fusion
        self.steps: list[Step] = []
        # node -> (number of its step, number of its stage)
        self.made_by: dict[Node, tuple[int, int]] = {}
        # kind and space of a stage -> numbers of the steps that have one
        self._alike: dict[tuple, list[int]] = {}
        # node -> its readers: number of the step, and of the stage where it is read at its own
        # point
        self._readers: dict[Node, set[tuple[int, int]]] = {}
        for node in fusion.order:
            if node in fusion.kept:
                self._place(Candidate(fusion, node))
        wanted = {base for root in fusion.roots for base in fusion.arrays_of(root)}
        for index, step in enumerate(self.steps):
            for number, stage in enumerate(step.stages if step.kind == "loop" else ()):
                for node in stage.nodes:
                    if node not in wanted and self._is_local(node, index):
                        here = self._readers.get(node, set()) <= {(index, number)}
                        (stage.unstored if here else step.local).add(node)

    def _is_local(self, node: Node, index: int) -> bool:
        """Whether nobody but its own step reads `node`, which is no sum over chunks."""
        if node.ndim == 0 or (not self.steps[index].outer and len(self.steps[index].stages) > 1):
            return False
        readers = self._readers.get(node, ())
        if node.op.kind == "reduce" and not self._is_own(node, self.steps[index]):
            return False
        return bool(readers) and all(i == index for i, _ in readers)

    def _is_own(self, node: Node, step: Step) -> bool:
        """Whether the reduce `node` is finished within a unit of the step."""
        return step.form == "program" and step.outer.isdisjoint(Candidate(self.fusion, node).gone)

    def _place(self, candidate: Candidate) -> None:
        first = 0
        for source, ctx in candidate.sources:
            if source in self.made_by:
                first = max(first, self.made_by[source][0] + (ctx is None))
        for index in self._candidates(first, candidate):
            place = self._legal_place(index, candidate)
            if place is not None:
                break
        else:
            index = len(self.steps)
            place = (
                0,
                self._outer(
                    candidate,
                    frozenset(candidate.space),
                    self._extent(candidate, [Stage(candidate.space, candidate.sizes)]),
                ),
            )
            self.steps.append(Step(candidate.kind, place[1]))
        self.steps[index].add(candidate, *place)
        alike = self._alike.setdefault((candidate.kind, candidate.space), [])
        if index not in alike[-limits.now.considered_steps :]:
            insort(alike, index)
        self.made_by[candidate.node] = index, place[0]
        for source, ctx in candidate.sources:
            if source in self.made_by:
                made = self.made_by[source]
                same = made == (index, place[0]) and ctx is not None
                same = same and self._is_pointwise(
                    source, ctx, candidate, self.steps[index].stages[place[0]]
                )
                self._readers.setdefault(source, set()).add(
                    (index if ctx is not None else -1, place[0] if same else -1)
                )

    def _candidates(self, first: int, candidate: Candidate) -> list[int]:
        """The steps from number `first` on that may make `candidate`: with a stage like it, or
        those it reads from."""
        alike = self._alike.get((candidate.kind, candidate.space), ())
        near = {index for index in alike[-limits.now.considered_steps :] if index >= first}
        read = {
            self.made_by[source][0] for source, _ in candidate.sources if source in self.made_by
        }
        return sorted(near.union(index for index in read if index >= first))

    def _legal_place(self, index: int, candidate: Candidate) -> tuple[int, frozenset[int]] | None:
        """(number of the stage, outer space) in which the step makes `candidate`, or None where
        that is not legal."""
        step = self.steps[index]
        if step.kind != candidate.kind or step.kind == "call" or not step.has_room(candidate):
            return None
        if step.kind == "scalar":
            return 0, step.outer
        first, outer, reads = self._after_sources(index, candidate)
        number = next(
            (k for k in range(first, len(step.stages)) if step.stages[k].accepts(candidate)), None
        )
        extent = self._extent(
            candidate, [*step.stages, Stage(candidate.space, candidate.sizes)], step.arrays
        )
        outer = self._outer(candidate, outer, extent)
        if number == 0 and self._joins_nest(step, candidate, reads, outer):
            return number, outer
        if number is None and not (reads or _scans_what_is_near(step, candidate)):
            return None
        scans = candidate.scan is not None or step.stages[0].scan is not None
        if not _is_wide(outer, extent) or not (scans or _stays_in_cache(outer, extent)):
            return None
        return len(step.stages) if number is None else number, outer

    def _after_sources(self, index: int, candidate: Candidate) -> tuple[int, frozenset[int], bool]:
        """(the first stage after what `candidate` reads, the outer space that both have, whether it
        reads any)."""
        step = self.steps[index]
        first, outer, reads = 0, step.outer, False
        for source, ctx in candidate.sources:
            made = self.made_by.get(source)
            if made is None or made[0] != index:
                continue
            reads = True
            first = max(
                first,
                made[1] + (not self._is_pointwise(source, ctx, candidate, step.stages[made[1]])),
            )
            outer &= self.fusion.aligned(source, ctx, candidate.space)
        return first, outer, reads

    @staticmethod
    def _joins_nest(step: Step, candidate: Candidate, reads: bool, outer: AbstractSet[int]) -> bool:
        """Whether `candidate` is made in the one nest of the step, which stays a simple one, or a
        scan in blocks."""
        if step.form == "blocks":
            return not (reads if candidate.scan else _is_expensive(candidate.values - step.values))
        if len(step.stages) > 1 or not step.stages[0].is_alike(candidate):
            return False
        scans = candidate.scan is not None or step.stages[0].scan is not None
        return (
            not scans or bool(outer) or not (len(candidate.space) > 1 or _is_expensive(step.values))
        )

    def _is_pointwise(
        self, source: Node, ctx: Context | None, candidate: Candidate, stage: Stage
    ) -> bool:
        """Whether `source` is read at the point of its own stage where it is made."""
        if source.op.kind == "reduce" or stage.space != candidate.space:
            return False
        return ctx == self.fusion.identity(source) and stage.accepts(candidate)

    def _extent(
        self, candidate: Candidate, stages: Sequence[Stage], arrays: AbstractSet[Node] = frozenset()
    ) -> Extent:
        """The `Extent` of a step with `candidate`."""
        largest = max(stages, key=lambda stage: stage.points)
        last = Counter(
            self.fusion.axes.of[n][-1]
            for n in candidate.arrays | arrays
            if n.ndim == len(largest.space) > 1
        )
        end = largest.space[-1] if largest.space else UNIT
        near = max(last, key=lambda c: (last[c], c == end, c), default=end)
        return Extent(dict(zip(largest.space, largest.sizes, strict=True)), near)

    def _outer(self, candidate: Candidate, outer: frozenset[int], extent: Extent) -> frozenset[int]:
        """The part of `outer` that a step with `candidate` has; scans and reductions keep their
        axes out of it."""
        outer = outer & frozenset(candidate.space)
        if candidate.scan is not None:
            outer -= {candidate.space[candidate.scan[0]]}
        if candidate.reduced is not None and candidate.kept:
            narrow = outer & candidate.kept
            if _is_wide(narrow, extent) and _stays_in_cache(narrow, extent):
                return narrow
            if (
                limits.now.grain
                < math.prod(candidate.sizes)
                < candidate.node.size * limits.now.reduced_points
            ):
                return frozenset()
        return outer


def _scans_what_is_near(step: Step, candidate: Candidate) -> bool:
    """Whether it is a scan over the space of a stage, which has brought near what it reads."""
    return candidate.scan is not None and any(
        stage.space == candidate.space for stage in step.stages
    )


def _is_expensive(values: AbstractSet[PlacedValue]) -> bool:
    """Whether they are better computed in a loop of their own, of vectors, than beside a scan of
    all there is."""
    return (
        sum(node.op.cost for *_, node, _ in values if node.op.kind == "elementwise")
        >= limits.now.recomputed_flops
    )


class Extent(NamedTuple):
    """The lengths of the largest space of a step, by class, and the class along which most arrays
    are contiguous."""

    sizes: dict[int, int]
    near: int

    @property
    def points(self) -> int:
        return math.prod(self.sizes.values())


def _is_wide(outer: AbstractSet[int], extent: Extent) -> bool:
    """Whether a step may have the outer space `outer`: enough points, or so few in all that they
    are one chunk."""
    if not outer:
        return False
    parallel = math.prod(n for c, n in extent.sizes.items() if c in outer)
    return extent.points <= limits.now.grain or parallel >= limits.now.outer_points


def _stays_in_cache(outer: AbstractSet[int], extent: Extent) -> bool:
    """Whether what a unit of the outer space `outer` touches stays in the cache from stage to
    stage."""
    columns = extent.sizes.get(extent.near)
    if extent.points <= limits.now.grain or extent.near not in outer or columns is None:
        return True
    inner = math.prod(n for c, n in extent.sizes.items() if c not in outer)
    return min(limits.now.unit_columns, columns) * inner <= limits.now.unit_points
