"""The starts of slices as sums: ``2 * t + 1`` of a 0-d integer `t` is a part of an index, not a
value that something has to compute first. Start at `affine`."""

from __future__ import annotations

from typing import NamedTuple

from ..ir.node import Node
from ..ir.shapes import contiguous
from ..ops import REGISTRY

_ADD, _SUB, _MUL, _NEG = (REGISTRY[name].op for name in ("add", "subtract", "multiply", "negative"))


class Affine(NamedTuple):
    """``const + sum(coef * node)``."""

    const: int
    terms: tuple[tuple[Node, int], ...]

    def __add__(self, other: Affine) -> Affine:  # type: ignore[override]
        terms = dict(self.terms)
        for node, coef in other.terms:
            terms[node] = terms.get(node, 0) + coef
        return Affine(self.const + other.const, tuple((n, c) for n, c in terms.items() if c))

    def times(self, factor: int) -> Affine:
        return Affine(self.const * factor, tuple((n, c * factor) for n, c in self.terms if factor))


def affine(node: Node) -> Affine:
    """The 0-d integer `node` as a sum of what is no sum or multiple itself."""
    if node.op.kind == "const":
        return Affine(int(node.arg), ())
    if node.ndim or node.dtype.name != "int64":
        return Affine(0, ((node, 1),))
    if node.op is _NEG:
        return affine(node.src[0]).times(-1)
    if node.op is _ADD or node.op is _SUB or node.op is _MUL:
        x, y = map(affine, node.src)
        if node.op is _ADD:
            return x + y
        if node.op is _SUB:
            return x + y.times(-1)
        if not x.terms or not y.terms:
            return y.times(x.const) if not x.terms else x.times(y.const)
    return Affine(0, ((node, 1),))


def first_element(node: Node) -> Affine:
    """Where the slice `node` begins in the elements of what it is a slice of."""
    out = Affine(0, ())
    for start, stride in zip(node.src[1:], contiguous(node.src[0].shape), strict=True):
        out += affine(start).times(stride)
    return out
