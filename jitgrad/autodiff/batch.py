"""Batching: what a graph computes for many rows at once, from what some of its nodes are in each.

A graph for one row becomes a graph for `size` of them, which have a new axis in front. What depends
on nothing that differs stays as it is, and is stretched only where it meets rows. The rule of an
operation is its own, or that of its kind (`jitgrad.ops.batching`). Start at `batch`.
"""

from __future__ import annotations

from collections.abc import Mapping, Reversible

from ..base import anomaly
from ..base.errors import GradientError
from ..ir import Node, toposort


def batch(outputs: Reversible[Node], batched: Mapping[Node, Node], size: int) -> list[Node | None]:
    """Each of `outputs` for `size` rows, along a new first axis; None for one that is the same in
    all rows, that is which depends on no node of `batched`.

    Parameters
    ----------
    outputs : sequence of Node
    batched : dict of Node to Node
        What differs from row to row, and what it is for all rows, with the new axis in front.
    size : int
        How many rows there are.

    Returns
    -------
    list of (Node or None)
    """
    from ..ops.batching import BY_KIND  # which programs without rows do not wait for

    known: dict[Node, Node] = dict(batched)
    for node in toposort(outputs, lambda n: () if n in batched else n.src):
        rows = [known.get(s) for s in node.src]
        if node in known or all(x is None for x in rows):
            continue
        rule = node.op.batch or BY_KIND.get(node.op.kind)
        if rule is None:
            raise GradientError(
                f"got {node.op.name} of values that differ from row to row, which has no batching "
                "rule; compute it before, and pass it as an argument"
            )
        known[node] = out = rule(rows, node, size)
        if anomaly.threads:
            anomaly.carry(node, out)
    return [known.get(node) for node in outputs]
