"""Joint stages: loop fusion of the stages of a row program that have the same long loops.

The distances of pairs of points with their gradient are three stages: loops over pairs and
coordinates, over pairs, and again over pairs and coordinates. Where the loops that differ are so
short that they are unrolled, the stages are fused over the others: what one leaves at a point the
next has in registers, what both compute is computed once, and the points are in vectors.

Start at `joined`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any

from .. import limits
from ..index.dims import UNIT
from ..index.maps import AxisIndex

if TYPE_CHECKING:
    from ...ir.node import Node
    from ..index.dims import Axes
    from ..index.maps import Context


def is_few(n: int) -> bool:
    return 1 < n <= limits.now.unrolled


class Joint:
    """The `drafts` of stages that share loops over the classes `long` within those of a unit,
    `taken`.

    What is `forwarded` from one to another is in registers where it is read; if it is `unstored`,
    nobody needs it in memory."""

    def __init__(self, draft: Any, taken: frozenset[int], sizes: Mapping[int, int]) -> None:
        self.drafts, self.taken, self.sizes = [draft], taken, sizes
        self.forwarded: set[Node] = set()
        self.unstored: frozenset[Node] = frozenset()
        self.long = self._long_of(draft)

    def _long_of(self, draft: Any) -> frozenset[int]:
        return frozenset(
            [c for c in draft.space if c not in self.taken and not is_few(self.sizes[c])]
        )

    def few_of(self, draft: Any) -> list[int]:
        """The classes of the loops of `draft` within those that are shared."""
        return [c for c in draft.space if c not in self.taken and c not in self.long]

    def takes(self, draft: Any, axes: Axes) -> bool:
        """Whether the stage `draft` may share the loops; it is one of them then."""
        if not self._has_alike_loops(draft) or not self._is_unrolled_with(draft):
            return False
        shared = self.taken | self.long
        made = {node for d in self.drafts for node in d.stage.nodes}
        read = [pair for pair in draft.loads if pair[0] in made]
        if not all(_is_at_point(shared, draft, axes.of[node], ctx) for node, ctx in read):
            return False
        self.drafts.append(draft)
        self.forwarded.update(
            n for n, _ in read if shared.issuperset(c for c in axes.of[n] if c != UNIT)
        )
        return True

    def _has_alike_loops(self, draft: Any) -> bool:
        """Whether it has the same long loops, and no scan along them."""
        if any(d.stage.scan is not None for d in (*self.drafts, draft)):
            return False
        return self._long_of(draft) == self.long and all(
            self.sizes[c] > limits.now.joint_length for c in self.long
        )

    def _is_unrolled_with(self, draft: Any) -> bool:
        """Whether the loops that differ are unrolled, and not more values than there are registers
        for."""
        unrolled = [d for d in (*self.drafts, draft) if self.few_of(d)]
        if not unrolled or any(d.stage.points <= limits.now.grain for d in unrolled):
            return False
        return all(
            math.prod(self.sizes[c] for c in self.few_of(d)) <= limits.now.unrolled
            for d in unrolled
        )

    def settle(self, drafts: Sequence[Any], local: AbstractSet[Node]) -> None:
        """Decide what is in memory; `drafts` are all stages."""
        if len(self.drafts) == 1:
            self.long = frozenset(self.drafts[0].space) - self.taken
        elsewhere = {node for d in drafts if d not in self.drafts for node, _ in d.loads}
        self.unstored = frozenset(self.forwarded & local - elsewhere)
        for draft in self.drafts:
            draft.forwarded, draft.unstored = frozenset(self.forwarded), self.unstored


def _is_at_point(
    shared: AbstractSet[int], draft: Any, classes: tuple[int, ...], ctx: Context
) -> bool:
    """Whether what is read in `ctx` was made at the same point of the loops over the classes
    `shared`."""
    found = dict(zip(classes, ctx, strict=True))
    return all(found.get(c) == AxisIndex(0, (), 1, draft.space.index(c)) for c in shared)


def joined(
    drafts: Sequence[Any],
    taken: frozenset[int],
    sizes: Mapping[int, int],
    axes: Axes,
    local: AbstractSet[Node],
) -> list[Joint]:
    """The stages `drafts`, in order, as `Joint` ones; `local` are the nodes that only these stages
    read."""
    out: list[Joint] = []
    for draft in drafts:
        if not out or not out[-1].takes(draft, axes):
            out.append(Joint(draft, taken, sizes))
    for joint in out:
        joint.settle(drafts, local)
    return out
