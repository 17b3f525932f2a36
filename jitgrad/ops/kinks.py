"""Kinks: what the derivative is where a function has two, one on either side, to any order.

The first derivative at a kink is a choice, PyTorch's: 0 for ``abs``, half for each operand of a
tie. Differentiated as a constant it would make the second derivative of ``abs(x) ** 2`` at 0 a 0,
where the function is smooth and it is 2: the choice enters twice, once for each ``abs``, but both
mean the same side. So the slopes of a function with a kink are operations of their own here, and a
product of two of them is what it is on either side: the square of a sign is 1, that of the weight
of an operand is the weight, and weights of two operands have the product 0. Derivatives of any
order are so the mean of those of the sides; where these agree, that of the smooth function. Two
slopes are those of one kink where their operands are equal; formulas that differ in numbers only
are compared when they run.

`Op.scaled` of a slope is how derivative rules come here. Start at `at_kink`; `smooth_square` is for
functions whose slope grows beyond all bounds, such as norms, of which only the square is smooth.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..ir import CONST, NUMBER, Node, Op, const
from .marks import REVALUE
from .primitives import BROADCAST, RESHAPE, SUM, broadcast, reshape_to
from .registry import REGISTRY

if TYPE_CHECKING:
    from typing import TypeAlias

    #: (a, b) of ``a + b * slope``, each None for 0.
    Parts: TypeAlias = tuple[Node | None, Node | None]


def at_kink(g: Node, slope: Node) -> Node:
    """``g * slope``, where `g` may have slopes as factors."""
    parts = _split(g, slope, {})
    if parts is None:
        return g * slope
    known, rest = parts
    return _sum(known, _product(rest, slope)) or broadcast(const(0, slope.dtype), slope.shape)


def at_kinks(g: Node, product: Node) -> Node:
    """``g * product``, where a factor of the product may be a slope."""
    for slope, other in (product.src, product.src[::-1]):
        if slope.op is SIDE or slope.op is SHARE:
            return at_kink(g * other, slope)
    return g * product


def _sum(x: Node | None, y: Node | None) -> Node | None:
    return y if x is None else x if y is None else x + y


def _product(x: Node | None, y: Node | None) -> Node | None:
    return None if x is None or y is None else x * y


#: Operations that are linear in some of their operands, and in which.
_LINEAR = {
    "multiply": (0, 1),
    "negative": (0,),
    "divide": (0,),
    "add": (0, 1),
    "subtract": (0, 1),
    "where": (1, 2),
    "reshape": (0,),
}
#: Nodes that a slope is searched in.
MANY = 200


def _split(g: Node, slope: Node, known: dict[Node, Parts | None]) -> Parts | None:
    """(a, b) with ``g * slope = a + b * slope``, each None for 0; None where no slope of that kink
    is a factor."""
    if g.op is slope.op and g.shape == slope.shape and (parts := _pair(g, slope)) is not None:
        return parts
    if g not in known:
        known[g] = None
        linear = _LINEAR.get(g.op.name, ()) if g.size == slope.size and len(known) < MANY else ()
        of_operands = {k: _split(g.src[k], slope, known) for k in linear}
        if any(part is not None for part in of_operands.values()):
            known[g] = _separated(g, of_operands)
    return known[g]


def _separated(g: Node, parts: Mapping[int, Any]) -> Parts | None:
    if g.op.name == "multiply":
        (a, b), other = (parts[0], g.src[1]) if parts[0] is not None else (parts[1], g.src[0])
        return _product(a, other), _product(b, other)
    parts = {
        k: (None, _unless_zero(g.src[k])) if part is None else part for k, part in parts.items()
    }
    a, b = ({k: part[i] for k, part in parts.items()} for i in (0, 1))
    return _again(g, a), _again(g, b)


def _unless_zero(x: Node) -> Node | None:
    """None for a constant 0, which times an infinite slope would be nan."""
    value = x
    while value.op is RESHAPE or value.op is BROADCAST:
        value = value.src[0]
    return None if value.op is CONST and value.arg == 0 else x


def _again(g: Node, operands: Mapping[int, Any]) -> Node | None:
    """The linear operation `g` on other operands; None for those that are 0."""
    if all(x is None for x in operands.values()):
        return None
    if g.op is RESHAPE:
        return reshape_to(operands[0], g.shape)
    zero = broadcast(const(0, g.dtype), g.shape)
    return REGISTRY[g.op.name](
        *[s if k not in operands else operands[k] or zero for k, s in enumerate(g.src)]
    )


def _pair(x: Node, slope: Node) -> Parts | None:
    """`_split` of a slope `x`, where both are slopes of one kink; None else."""
    zero, one = (broadcast(const(value, slope.dtype), slope.shape) for value in (0, 1))
    products = (
        ((slope.src, one),) if slope.op is SIDE else ((slope.src, slope), (slope.src[::-1], zero))
    )
    maybe = []
    for src, product in products:
        alike = _alike(x.src, src)
        if alike is True:
            return None if product is zero else product, None
        if alike is not None:
            maybe.append((alike, product))
    out = x * slope
    for alike, product in maybe:
        out = REGISTRY["where"](alike, product, out)
    return (out, None) if maybe else None


def _alike(xs: Sequence[Node], ys: Sequence[Node], deep: int = 8) -> Node | bool | None:
    """Whether all of these nodes are equal: True, None for no, or a node that tells it.

    The same formula with other numbers is another node, whose value is known when it runs.
    """
    out: Node | bool = True
    for x, y in zip(xs, ys, strict=True):
        known = True if x is y else _equal(x, y, deep)
        if known is None:
            return None
        out = (
            known if out is True else out if known is True else REGISTRY["logical_and"](out, known)
        )
    return out


def _equal(x: Node, y: Node, deep: int) -> Node | bool | None:
    if x.op is not y.op or x.dtype != y.dtype or x.shape != y.shape or not deep:
        return None
    if x.op is NUMBER:
        return REGISTRY["equal"](x, y)
    return _alike(x.src, y.src, deep - 1) if x.src and x.arg == y.arg else None


# --- slopes ---------------------------------------------------------------------------------------


def _slope(
    name: str, reference: Callable[..., Any], code: str, into: Callable[..., Any] | None = None
) -> Op:
    return Op(
        name,
        "elementwise",
        reference,
        into=into,
        code=code,
        scaled=at_kink,
        vjp=lambda g, node: (None,) * len(node.src),
        jvp=lambda t, node: None,
    )


#: The slope of abs: 0 at 0, and of nan nan.
SIDE = _slope(
    "side", lambda x, node: np.sign(x), "sign({0})", lambda x, node, out: np.sign(x, out=out)
)
#: The weight of the first of two operands in their maximum, which is that of the second in their
#: minimum: half in a tie. Where both lose, for a nan, both have the whole: it shows.
SHARE = _slope(
    "share",
    lambda x, y, node: np.where(x == y, node.dtype.type(0.5), ~(y > x)).astype(node.dtype),
    "(np.{t}(0.5) if {0} == {1} else np.{t}(0.0) if {1} > {0} else np.{t}(1.0))",
)


def side(x: Node) -> Node:
    return Node(SIDE, (x,), None, x.shape, x.dtype)


def shares(x: Node, y: Node) -> tuple[Node, Node]:
    """The weights of both operands in their maximum."""
    first = Node(SHARE, (x, y), None, x.shape, x.dtype)
    return first, Node(SHARE, (y, x), None, x.shape, x.dtype)


# --- squares --------------------------------------------------------------------------------------


def smooth_square(x: Node, deep: int = 5) -> Node | None:
    """The square of `x` in terms of its operands, where it is smooth and `x` has a kink (``norm(x)
    ** 2``); or None."""
    if x.op.squared is not None:
        return x.op.squared(x)
    if x.op is REVALUE:
        return smooth_square(x.src[1], deep)
    moved = {RESHAPE: reshape_to, BROADCAST: broadcast, SUM: reshape_to}.get(x.op)
    if x.op is SUM and x.size != x.src[0].size:  # of one element a sum is that
        return None
    if moved is not None or x.op is REGISTRY["negative"].op:
        out = smooth_square(x.src[0], deep)
        return out if out is None or moved is None else moved(out, x.shape)
    if not deep or x.op not in (REGISTRY["multiply"].op, REGISTRY["divide"].op):
        return None
    parts = [smooth_square(s, deep - 1) for s in x.src]
    if parts == [None, None]:
        return None
    return REGISTRY[x.op.name](
        *[s * s if p is None else p for p, s in zip(parts, x.src, strict=True)]
    )
