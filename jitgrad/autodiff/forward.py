"""Forward mode: tangents of nodes from tangents of what they are computed from. Start at
`push_forward`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..base import anomaly
from ..base.dtypes import is_inexact
from ..base.errors import GradientError
from ..ir import Node, toposort
from ..ops.marks import differentiable_sources
from ..ops.primitives import derivative_in


def push_forward(outputs: Iterable[Node], tangents: Mapping[Node, Node]) -> list[Node | None]:
    """The tangent of each of `outputs`, from `tangents` (a dict node -> tangent node); None where
    it is zero."""
    known: dict[Node, Node | None] = dict(tangents)
    for node in toposort(list(outputs), differentiable_sources):
        if node in known or not node.src or not is_inexact(node.dtype):
            continue
        incoming = [known.get(s) for s in node.src]
        if any(t is not None for t in incoming):
            if node.op.jvp is None:
                raise GradientError(
                    f"got a tangent through {node.op.name}, which has no derivative rule"
                )
            tangent = node.op.jvp(incoming, node)
            known[node] = out = None if tangent is None else derivative_in(tangent, node.dtype)
            if anomaly.threads and out is not None:
                anomaly.note_derivative(out, node, node)
    return [known.get(node) for node in outputs]
