"""Reverse mode: from cotangents of some nodes to cotangents of others. Start at `pull_back`.

A cotangent of a complex value is that of PyTorch's: of its real and imaginary part, as the parts of
one complex number. Rules are written as transposes, g * p for a partial derivative p, and hold for
real and complex numbers alike: each is asked for the conjugate of the cotangent and what it gives
is conjugated, which of real values is nothing (see docs/design/complex.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from ..base import anomaly
from ..base.dtypes import is_inexact
from ..base.errors import GradientError
from ..ir import Node, toposort
from ..ops.primitives import conj, derivative_in


def pull_back(
    cotangents: Mapping[Node, Node],
    sources: Sequence[Node],
    stop: Iterable[Node] = (),
) -> list[Node | None]:
    """Cotangents of `sources`, from `cotangents` (a dict node -> cotangent node).

    A cotangent has the dtype of its node, whatever a rule's formula gives: a value of it is read as
    that. A cotangent that reaches a node of `stop` is kept there and goes no further. Returns one
    node per source, or None where no cotangent arrives."""
    order = toposort(list(cotangents))
    stop = frozenset(stop)
    wanted = frozenset(sources)
    needed = _reaching(order, wanted, stop)
    total = dict(cotangents)
    for node in reversed(order):
        g = total.get(node)
        if g is None or node in stop or node not in needed or not node.src:
            continue
        if node.op.vjp is None:
            raise GradientError(
                f"got a gradient through {node.op.name}, which has no derivative rule; "
                "use .detach() on its operand if it should count as a constant"
            )
        for s, c in zip(node.src, node.op.vjp(conj(g), node), strict=True):
            if c is not None and s in needed and is_inexact(s.dtype):
                c = conj(c)
                c = c if c.dtype == s.dtype else derivative_in(c, s.dtype)
                if anomaly.threads:
                    anomaly.note_derivative(c, node, s)
                total[s] = total[s] + c if s in total else c
    return [*map(total.get, sources)]


def _reaching(
    order: Iterable[Node], wanted: AbstractSet[Node], stop: AbstractSet[Node]
) -> set[Node]:
    """The nodes of `order` on a way to a wanted one."""
    out: set[Node] = set()
    for node in order:
        if node in wanted or (node not in stop and not out.isdisjoint(node.src)):
            out.add(node)
    return out
