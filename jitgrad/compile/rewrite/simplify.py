"""Simplify: small rules that leave every value as it is, bit for bit (nan, inf and -0 included);
sums alone may be put together in another order (`factor`).

Derivative rules are written without special cases, so they leave factors of 1, double negations and
casts of constants behind. `RULES` is the table: operation -> ``rule(node, *src)``, which gives a
simpler node or None. Each node is tried once, after its sources. Runs before `fuse`, after
differentiation: what only marks where a derivative stops goes, too. Start at `simplify`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ...ir import CONST, Node, const, rebuilt, size, toposort
from ...ops import REGISTRY
from ...ops.linear_algebra import MATMUL
from ...ops.marks import REVALUE, STOP, VARIABLE
from ...ops.movement import UPDATE, selected
from ...ops.primitives import SUM, broadcast
from .contract import contracted, transposed
from .factor import factored, squared

if TYPE_CHECKING:
    from ...ir.node import Op


_ADD, _SUB, _MUL, _DIV, _NEG, _POS, _WHERE = (
    REGISTRY[name].op
    for name in ("add", "subtract", "multiply", "divide", "negative", "positive", "where")
)
#: ``rule(node, *sources)`` -> a simpler node of the same value, or None.
Rule = Callable[..., Node | None]


def simplify(roots: Sequence[Node], fusing: bool = True) -> Sequence[Node]:
    """`roots` with every rule applied, those that help only where operations are fused if `fusing`;
    shapes stay."""
    new: dict[Node, Node] = {}
    for node in toposort(roots):
        src = tuple([new[s] for s in node.src])
        out = rebuilt(node, src)
        rule = RULES.get(node.op) if fusing or node.op not in FOR_FUSION else None
        better = rule(out, *src) if rule is not None else None
        new[node] = out if better is None else better
    simpler = [new[root] for root in roots]
    return transposed(_ordered(simpler)) if fusing else simpler


def _ordered(roots: Sequence[Node]) -> list[Node]:
    """`roots` with x * y and y * x computed once, likewise sums: the first order that occurs stands
    for both. Then what can be seen to be a square is."""
    new: dict[Node, Node] = {}
    made: dict[tuple, tuple[Node, ...]] = {}
    for node in toposort(roots):
        src = tuple([new[s] for s in node.src])
        if node.op in (_ADD, _MUL):
            src = made.setdefault((node.op, frozenset(src)), src)
        out = rebuilt(node, src)
        new[node] = (squared(out, *src) if out.op is SUM else None) or out
    return [new[root] for root in roots]


def constant(node: Node) -> float | None:
    """The number that every element of `node` is, or None."""
    node = _stretched(node)
    return node.arg if node.op is CONST else None


def _stretched(node: Node) -> Node:
    """What `node` is made of by stretching."""
    while node.op.kind in ("broadcast", "reshape", "permute"):
        node = node.src[0]
    return node


def _apply(op: Op, node: Node, *src: Node) -> Node:
    return Node(op, src, None, node.shape, node.dtype)


def _folded(rule: Rule) -> Rule:
    """`rule`, after the case where all sources are constants; what comes from a size stays marked
    as such."""

    def folding(node: Node, *src: Node) -> Node | None:
        known = [_stretched(s) for s in src]
        if all(s.op.kind == "const" for s in known) and node.dtype.kind == "f":
            scalars = [s.dtype.type(s.arg) for s in known]
            with np.errstate(all="ignore"):
                value = float(node.op.reference(*scalars, node=node))
            if math.isfinite(value):
                make = const if all(s.op is CONST for s in known) else size
                return broadcast(make(value, node.dtype), node.shape)
        return rule(node, *src)

    return folding


def _is(node: Node, value: int) -> bool:
    """Whether `node` is the constant `value`; 0.0 and -0.0 are told apart."""
    c = constant(node)
    if c is None or c != value or type(c) is complex:
        return False
    return math.copysign(1.0, c) == math.copysign(1.0, value)


def _add(node: Node, x: Node, y: Node) -> Node | None:
    if y.op is _NEG:
        return _apply(_SUB, node, x, y.src[0])
    if x.op is _NEG:
        return _apply(_SUB, node, y, x.src[0])
    return None


def _subtract(node: Node, x: Node, y: Node) -> Node | None:
    if _is(y, 0):
        return x
    return _apply(_ADD, node, x, y.src[0]) if y.op is _NEG else None


def _multiply(node: Node, x: Node, y: Node) -> Node | None:
    for one, other in ((x, y), (y, x)):
        if _is(one, 1):
            return other
        if _is(one, -1) and node.dtype.kind == "f":
            return _negative(node, other) or _apply(_NEG, node, other)
    return _apply(_MUL, node, x.src[0], y.src[0]) if x.op is _NEG and y.op is _NEG else None


def _divide(node: Node, x: Node, y: Node) -> Node | None:
    if _is(y, 1):
        return x
    c = constant(y)
    if (
        c
        and node.dtype.kind == "f"
        and math.isfinite(c)
        and math.frexp(c)[0] in (0.5, -0.5)
        and 1e-30 < abs(c) < 1e30
    ):
        return _apply(
            _MUL, node, x, broadcast(const(1 / c, node.dtype), node.shape)
        )  # a power of two: exact
    return None


def _negative(node: Node, x: Node) -> Node | None:
    return x.src[0] if x.op is _NEG else None


def _where(node: Node, c: Node, x: Node, y: Node) -> Node | None:
    known = constant(c)
    if known is not None:
        return x if known else y
    return x if x is y else None


def _identity(node: Node, x: Node) -> Node:
    return x


def _value(node: Node, value: Node, x: Node) -> Node:
    return value


def _update(node: Node, *src: Node) -> Node:
    return selected(node)


#: operation -> rule
RULES: dict[Op, Rule] = {
    _ADD: _folded(_add),
    _SUB: _folded(_subtract),
    _MUL: _folded(_multiply),
    _DIV: _folded(_divide),
    _NEG: _folded(_negative),
    _POS: _identity,
    _WHERE: _where,
    SUM: factored,
    MATMUL: contracted,
    UPDATE: _update,
    STOP: _identity,
    VARIABLE: _identity,
    REVALUE: _value,
}
#: Operations that NumPy does best as they are.
FOR_FUSION = frozenset((UPDATE, MATMUL))
