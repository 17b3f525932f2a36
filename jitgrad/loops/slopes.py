"""Derivatives of the functions of numbers, made of the entries of the catalogue.

An entry has its partial derivatives as formulas on nodes. They are run once, on leaves, and here
the formula is translated to the form: multiplied by a cotangent for reverse mode, by a tangent for
forward mode. Choices choose cotangents and multiply nothing, so that what a branch does not take
cannot make a nan. Start at `pulled`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from ..base.dtypes import FLOAT64
from ..ir import CONST, Node, const, leaf
from ..ops import REGISTRY
from ..ops.kinks import SHARE, SIDE
from ..ops.powers import HALVES
from ..ops.primitives import CAST
from ..runtime.numba.inference import types
from .builder import Builder
from .form import Val
from .scalars import SCALARS

#: The operation of an entry -> the function of the form.
_FUNCTIONS = {
    REGISTRY[s.entry].op.name: fn
    for fn, s in SCALARS.items()
    if s.entry is not None and fn != "cast" and REGISTRY[s.entry].op is not None
} | {
    "less": "lt",
    "less_equal": "le",
    "greater": "gt",
    "greater_equal": "ge",
    "equal": "eq",
    "not_equal": "ne",
    "logical_and": "and",
    "logical_or": "or",
    "logical_not": "not",
    "isnan": "isnan",
}
#: Powers that are operations of their own in the catalogue.
_POWERS = {entry.op.name: exponent for exponent, entry in HALVES.items()}


def slope_exists(fn: str) -> bool:
    """Whether a function has a derivative that is not 0 everywhere."""
    if SCALARS[fn].slope is not None:
        return True
    return SCALARS[fn].differentiable and any(p is not None for p in _partials(fn, None))


def level(fn: str) -> bool:
    """Whether a function of numbers is constant between its jumps, so that its derivative is 0."""
    return SCALARS[fn].differentiable and not slope_exists(fn)


@cache
def _partials(fn: str, exponent: Any) -> tuple[Any, ...]:
    """The partial derivatives as nodes, 1, -1 or None, over leaves with the numbers of the
    operands; the result is the one after. `exponent` is that of a power, where it is a constant."""
    if fn == "cast":
        return (1,)
    if fn == "select":
        return (None, "then", "else")
    entry = REGISTRY[SCALARS[fn].entry or ""]
    operands = entry.operands or 1
    xs = [leaf(k, (), FLOAT64) for k in range(operands)]
    if exponent is not None:
        xs[1] = const(float(exponent), FLOAT64)
    assert entry.derivative.partials is not None
    found = entry.derivative.partials(*xs, leaf(operands, (), FLOAT64))
    found = found if isinstance(found, tuple) else (found,)
    return tuple([None if isinstance(p, (int, float)) and p == 0 else p for p in found])


def pulled(fn: str, g: Val, operands: Sequence[Val], out: Val) -> list[Val | None]:
    """`g` times the derivative by each operand; None where there is none."""
    slope = SCALARS[fn].slope
    if slope is not None:
        b = Builder.current
        return [b.pure("mul", g, b.pure(slope, *operands))]
    exponent = None
    if fn == "pow" and operands[1].is_const:
        exponent = operands[1].const
    work = _Translation(Builder.current, [*operands, out], out.type)
    found: list[Val | None] = []
    for x, p in zip(operands, _partials(fn, exponent), strict=True):
        if p is None or not x.is_float:
            found.append(None)
        else:
            found.append(work.choice(g, operands[0], p) if isinstance(p, str) else work.times(g, p))
    return found


class _Translation:
    """Formulas on nodes, with values for their leaves."""

    def __init__(self, b: Builder, values: list[Val], kind: Any) -> None:
        self.b, self.values, self.kind = b, values, kind
        #: Whether a power has an exponent that is a whole number.
        self.whole = isinstance(values[1].type, types.Integer)
        self.known: dict[Node, Val] = {}

    def choice(self, g: Val, condition: Val, side: str) -> Val:
        zero = self.b.const(0, g.type)
        pair = (g, zero) if side == "then" else (zero, g)
        return self.b.pure("select", condition, *pair)

    def times(self, g: Val, p: Any) -> Val | None:
        """g * p; None for 0."""
        b = self.b
        if not isinstance(p, Node):
            return self._scaled(g, p)
        if p.op is CONST:
            return self._scaled(g, p.arg)
        name = p.op.name
        if name == "where":
            return self._select(self.value(p.src[0]), *[self.times(g, s) for s in p.src[1:]])
        if p.op is CAST and p.src[0].dtype.kind == "b":
            return self._select(self.value(p.src[0]), g, None)
        if p.op is SHARE:
            x, y = map(self.value, p.src)
            half = b.pure("mul", g, b.const(0.5, g.type))
            tie = self._select(b.pure("eq", x, y), half, g)
            return self._select(b.pure("lt", x, y), None, tie)
        if name == "negative":
            out = self.times(g, p.src[0])
            return None if out is None else b.pure("neg", out)
        if name == "divide":
            return self.times(b.pure("div", g, self.value(p.src[1])), p.src[0])
        return b.pure("mul", g, self.value(p))

    def _scaled(self, g: Val, factor: float) -> Val | None:
        if factor in (0, 1, -1):
            return None if factor == 0 else g if factor == 1 else self.b.pure("neg", g)
        return self.b.pure("mul", g, self.b.const(factor, g.type))

    def _select(self, condition: Val, x: Val | None, y: Val | None) -> Val | None:
        if x is None and y is None:
            return None
        zero = self.b.const(0, (x or y).type)  # type: ignore[union-attr]
        return self.b.pure("select", condition, x or zero, y or zero)

    def value(self, node: Node) -> Val:
        if node not in self.known:
            self.known[node] = self._value(node)
        return self.known[node]

    def _value(self, node: Node) -> Val:
        b, name = self.b, node.op.name
        if node.op is CONST:
            return b.const(node.arg, self.kind if node.dtype.kind == "f" else None)
        if name == "leaf":
            return self.values[node.arg]
        src = [self.value(s) for s in node.src]
        return self._other(node, src)

    def _other(self, node: Node, src: list[Val]) -> Val:
        b, name = self.b, node.op.name
        if node.op is CAST:
            return b.pure("select", src[0], b.const(1, self.kind), b.const(0, self.kind))
        if node.op is SIDE:
            return b.pure("sign", *src)
        if name == "square":
            return b.pure("mul", src[0], src[0])
        if name == "reciprocal":
            return b.pure("div", b.const(1, self.kind), src[0])
        if name == "positive":
            return src[0]
        if name in _POWERS:
            return b.pure("pow", src[0], b.const(_POWERS[name], self.kind))
        if name == "power2" and self._is_whole(src[1]):
            return b.pure("pow", src[0], b.const(int(src[1].const)))
        if name in _FUNCTIONS:
            return b.pure(_FUNCTIONS[name], *src)
        raise NotImplementedError(f"the operation {name} in a derivative")

    def _is_whole(self, exponent: Val) -> bool:
        """Whether an exponent is a whole number, and was one in the user's function."""
        return exponent.is_const and self.whole and exponent.const == int(exponent.const)
