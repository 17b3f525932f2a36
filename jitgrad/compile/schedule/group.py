"""Grouping: which step makes each kept value, and in which stage of it.

A *step* is one launch of a kernel, one NumPy call, or one kernel of 0-d values. The kernel of a loop step is a *row
program*: its *stages* follow each other at every point of an *outer* space that all of them share, so that what a
stage reduces, scans or writes is read by the next while it is in the cache or in registers: a softmax with its
gradient, or a product with a vector and the transposed product after it, is one pass over memory.

In topological order a kept value joins the first step that it fits (`Grouping._fit`):

- all it reads is made by earlier steps, or by this one at the same outer point, in an earlier stage or at the same
  point of the same stage. The outer space shrinks to the axes for which this holds, and must stay wide enough to be
  cut into chunks;
- it has the space of one of the stages, or reads what the step makes, or is a scan over the same space the other way,
  as those of gradients are, which read what another stage has brought near (then it may open a new stage).

Reductions over outer axes are results of the whole step: each chunk has a partial one. Scans exclude their axis from
the outer space; a scan of a single axis leaves none, and is a step that runs twice over its blocks.

Start at `Grouping`.
"""

import math
from bisect import insort
from collections import Counter
from typing import NamedTuple

from .. import limits
from ..index.dims import UNIT


class Stage:
    """Loops over `space` (classes of axes, of lengths `sizes`) that make `nodes` at each point.

    `reduced` has the sets of loop axes that its reductions go over; `scan` is None or the (loop axis, reverse) of its
    scans; `passing` has the nodes that are read only where they are made, and need no memory.
    """

    def __init__(self, space, sizes):
        self.space, self.sizes = space, sizes
        self.nodes, self.reduced, self.scan, self.passing = [], set(), None, set()
        self.values = set()

    @property
    def points(self):
        return math.prod(self.sizes)

    def accepts(self, wish):
        return self.space == wish.space and (self.scan is None or wish.scan is None or self.scan == wish.scan)

    def is_alike(self, wish):
        """Whether with `wish` all its reductions go over the same axes."""
        same = wish.reduced is None or not self.reduced or self.reduced == {wish.reduced}
        return same and (self.scan is None or wish.scan is None)

    def add(self, wish):
        self.nodes.append(wish.node)
        self.values |= wish.values
        if wish.reduced is not None:
            self.reduced.add(wish.reduced)
        self.scan = self.scan or wish.scan


class Step:
    """`nodes` are the kept values it makes, in `stages`; `kind` is "loop", "scalar" or "call".

    `outer` has the classes of the axes that all stages may share as their outer space; `local` the nodes that only
    later stages of the step read.
    """

    def __init__(self, wish, outer):
        self.kind, self.outer, self.stages, self.local = wish.kind, outer, [], set()
        self.values, self.arrays = set(), set()

    @property
    def nodes(self):
        return [node for stage in self.stages for node in stage.nodes]

    @property
    def space(self):
        return self.stages[0].space

    @property
    def sizes(self):
        return self.stages[0].sizes

    @property
    def form(self):
        """How its kernel is built: "program" (of stages), "blocks" (a scan of all there is) or "" (one simple nest)."""
        first = self.stages[0]
        if len(self.stages) > 1 or len(first.reduced) > 1:
            return "program"
        return "" if first.scan is None else "program" if self.outer else "blocks"

    def has_room(self, wish):
        if self.kind == "loop" and len(self.arrays | wish.arrays) > limits.now.kernel_arrays:
            return False
        return len(self.values) + len(wish.values) <= limits.now.kernel_values

    def add(self, wish, number, outer):
        if number == len(self.stages):
            self.stages.append(Stage(wish.space, wish.sizes))
        self.stages[number].add(wish)
        self.outer = outer
        self.values |= wish.values
        self.arrays |= wish.arrays


class Wish:
    """What the kept value `node` needs of a step that makes it."""

    def __init__(self, fusion, node):
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

    def __init__(self, fusion):
        self.fusion = fusion
        self.steps, self.made_by = [], {}  # node -> (number of its step, number of its stage)
        self._alike = {}  # kind and space of a stage -> numbers of the steps that have one
        # node -> its readers: number of the step, and of the stage where it is read at its own point
        self._readers = {}
        for node in fusion.order:
            if node in fusion.kept:
                self._place(Wish(fusion, node))
        wanted = {base for root in fusion.roots for base in fusion.arrays_of(root)}
        for index, step in enumerate(self.steps):
            for number, stage in enumerate(step.stages if step.kind == "loop" else ()):
                for node in stage.nodes:
                    if node not in wanted and self._is_local(node, index):
                        here = self._readers.get(node, set()) <= {(index, number)}
                        (stage.passing if here else step.local).add(node)

    def _is_local(self, node, index):
        """Whether nobody but its own step reads `node`, which is no sum over chunks."""
        if node.ndim == 0 or not self.steps[index].outer and len(self.steps[index].stages) > 1:
            return False
        readers = self._readers.get(node, ())
        if node.op.kind == "reduce" and not self._is_own(node, self.steps[index]):
            return False
        return bool(readers) and all(i == index for i, _ in readers)

    def _is_own(self, node, step):
        """Whether the reduce `node` is finished within a unit of the step."""
        return step.form == "program" and step.outer.isdisjoint(Wish(self.fusion, node).gone)

    def _place(self, wish):
        first = 0
        for source, ctx in wish.sources:
            if source in self.made_by:
                first = max(first, self.made_by[source][0] + (ctx is None))
        for index in self._candidates(first, wish):
            place = self._fit(index, wish)
            if place is not None:
                break
        else:
            index = len(self.steps)
            place = 0, self._outer(wish, frozenset(wish.space), self._extent(wish, [Stage(wish.space, wish.sizes)]))
            self.steps.append(Step(wish, place[1]))
        self.steps[index].add(wish, *place)
        alike = self._alike.setdefault((wish.kind, wish.space), [])
        if index not in alike[-limits.now.considered_steps :]:
            insort(alike, index)
        self.made_by[wish.node] = index, place[0]
        for source, ctx in wish.sources:
            if source in self.made_by:
                made = self.made_by[source]
                same = made == (index, place[0]) and ctx is not None
                same = same and self._is_pointwise(source, ctx, wish, self.steps[index].stages[place[0]])
                self._readers.setdefault(source, set()).add(
                    (index if ctx is not None else -1, place[0] if same else -1)
                )

    def _candidates(self, first, wish):
        """The steps from number `first` on that may make `wish`: with a stage like it, or those it reads from."""
        alike = self._alike.get((wish.kind, wish.space), ())
        near = {index for index in alike[-limits.now.considered_steps :] if index >= first}
        read = {self.made_by[source][0] for source, _ in wish.sources if source in self.made_by}
        return sorted(near.union(index for index in read if index >= first))

    def _fit(self, index, wish):
        """(number of the stage, outer space) in which the step makes `wish`, or None where that is not legal."""
        step = self.steps[index]
        if step.kind != wish.kind or step.kind == "call" or not step.has_room(wish):
            return None
        if step.kind == "scalar":
            return 0, step.outer
        first, outer, reads = self._after_sources(index, wish)
        number = next((k for k in range(first, len(step.stages)) if step.stages[k].accepts(wish)), None)
        extent = self._extent(wish, [*step.stages, Stage(wish.space, wish.sizes)], step.arrays)
        outer = self._outer(wish, outer, extent)
        if number == 0 and self._joins_nest(step, wish, reads, outer):
            return number, outer
        if number is None and not (reads or _scans_what_is_near(step, wish)):
            return None
        scans = wish.scan is not None or step.stages[0].scan is not None
        if not _is_wide(outer, extent) or not (scans or _is_near(outer, extent)):
            return None
        return len(step.stages) if number is None else number, outer

    def _after_sources(self, index, wish):
        """(the first stage after what `wish` reads, the outer space that both have, whether it reads any)."""
        step = self.steps[index]
        first, outer, reads = 0, step.outer, False
        for source, ctx in wish.sources:
            made = self.made_by.get(source)
            if made is None or made[0] != index:
                continue
            reads = True
            first = max(first, made[1] + (not self._is_pointwise(source, ctx, wish, step.stages[made[1]])))
            outer &= self.fusion.aligned(source, ctx, wish.space)
        return first, outer, reads

    @staticmethod
    def _joins_nest(step, wish, reads, outer):
        """Whether `wish` is made in the one nest of the step, which stays a simple one, or a scan in blocks."""
        if step.form == "blocks":
            return not (reads if wish.scan else _is_dear(wish.values - step.values))
        if len(step.stages) > 1 or not step.stages[0].is_alike(wish):
            return False
        scans = wish.scan is not None or step.stages[0].scan is not None
        return not scans or bool(outer) or not (len(wish.space) > 1 or _is_dear(step.values))

    def _is_pointwise(self, source, ctx, wish, stage):
        """Whether `source` is read at the point of its own stage where it is made."""
        if source.op.kind == "reduce" or stage.space != wish.space:
            return False
        return ctx == self.fusion.identity(source) and stage.accepts(wish)

    def _extent(self, wish, stages, arrays=frozenset()):
        """The `Extent` of a step with `wish`."""
        largest = max(stages, key=lambda stage: stage.points)
        last = Counter(self.fusion.axes.of[n][-1] for n in wish.arrays | arrays if n.ndim == len(largest.space) > 1)
        end = largest.space[-1] if largest.space else UNIT
        near = max(last, key=lambda c: (last[c], c == end, c), default=end)
        return Extent(dict(zip(largest.space, largest.sizes, strict=True)), near)

    def _outer(self, wish, outer, extent):
        """The part of `outer` that a step with `wish` has; a scan or a reduction keeps its axes out of it if it can."""
        outer = outer & frozenset(wish.space)
        if wish.scan is not None:
            outer -= {wish.space[wish.scan[0]]}
        if wish.reduced is not None and wish.kept:
            narrow = outer & wish.kept
            if _is_wide(narrow, extent) and _is_near(narrow, extent):
                return narrow
            if limits.now.grain < math.prod(wish.sizes) < wish.node.size * limits.now.reduced_points:
                return frozenset()
        return outer


def _scans_what_is_near(step, wish):
    """Whether it is a scan over the space of a stage, which has brought near what it reads."""
    return wish.scan is not None and any(stage.space == wish.space for stage in step.stages)


def _is_dear(values):
    """Whether they are better computed in a loop of their own, of vectors, than beside a scan of all there is."""
    return sum(node.op.cost for *_, node, _ in values if node.op.kind == "elementwise") >= limits.now.recomputed_flops


class Extent(NamedTuple):
    """The lengths of the largest space of a step, by class, and the class along which most arrays are contiguous."""

    sizes: dict
    near: int

    @property
    def points(self):
        return math.prod(self.sizes.values())


def _is_wide(outer, extent):
    """Whether a step may have the outer space `outer`: enough points, or so few in all that they are one chunk."""
    if not outer:
        return False
    parallel = math.prod(n for c, n in extent.sizes.items() if c in outer)
    return extent.points <= limits.now.grain or parallel >= limits.now.outer_points


def _is_near(outer, extent):
    """Whether what a unit of the outer space `outer` touches stays in the cache from stage to stage."""
    columns = extent.sizes.get(extent.near)
    if extent.points <= limits.now.grain or extent.near not in outer or columns is None:
        return True
    inner = math.prod(n for c, n in extent.sizes.items() if c not in outer)
    return min(limits.now.unit_columns, columns) * inner <= limits.now.unit_points
