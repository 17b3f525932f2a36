"""Kinks: what the derivative is where a function has two, one on either side, to any order.

The first derivative at a kink is a choice, PyTorch's: 0 for ``abs``, half for each operand of a tie. Differentiated as
a constant it would make the second derivative of ``abs(x) ** 2`` at 0 a 0, where the function is smooth and it is 2:
the choice enters twice, once for each ``abs``, but both mean the same side. So the slopes of a function with a kink are
operations of their own here, and a product of two of them is what it is on either side: the square of a sign is 1, that
of the weight of an operand is the weight, and weights of two operands have the product 0. Derivatives of any order are
so the mean of those of the sides; where these agree, that of the smooth function.

`Op.scaled` of a slope is how derivative rules come here. Start at `at_kink`; `smooth_square` is for functions whose
slope grows beyond all bounds, such as norms, of which only the square is smooth.
"""

import numpy as np

from ..ir import Node, Op, const
from .marks import REVALUE
from .registry import BROADCAST, REGISTRY, RESHAPE, broadcast, reshape_to


def at_kink(g, slope):
    """``g * slope``, where `g` may have the slope, or that of the other operand, as a factor."""
    same, rest = _taken_out(g, slope, {})
    if slope.op is SIDE:
        return _sum(same, _product(rest, slope))
    rest = None if rest is None else _taken_out(rest, _other(slope), {})[1]
    return _product(_sum(same, rest), slope) or broadcast(const(0, slope.dtype), slope.shape)


def _other(slope):
    return Node(slope.op, slope.src[::-1], None, slope.shape, slope.dtype)


def _sum(x, y):
    return y if x is None else x if y is None else x + y


def _product(x, y):
    return None if x is None or y is None else x * y


#: Operations that are linear in some of their operands, and in which.
_LINEAR = {"multiply": (0, 1), "negative": (0,), "divide": (0,), "add": (0, 1), "subtract": (0, 1), "where": (1, 2)}
#: Nodes that a slope is searched in.
MANY = 200


def _taken_out(g, slope, known):
    """(a, b) with ``g = a * slope + b``; None for 0."""
    if g is slope:
        return broadcast(const(1, g.dtype), g.shape), None
    if g not in known:
        known[g] = None, g
        linear = _LINEAR.get(g.op.name, ()) if g.shape == slope.shape and len(known) < MANY else ()
        parts = [_taken_out(s, slope, known) if k in linear else (s, s) for k, s in enumerate(g.src)]
        if any(parts[k][0] is not None for k in linear):
            known[g] = _separated(g, linear, parts)
    return known[g]


def _separated(g, linear, parts):
    if g.op.name == "multiply":
        (a, b), other = (parts[0], g.src[1]) if parts[0][0] is not None else (parts[1], g.src[0])
        return _product(a, other), _product(b, other)
    return tuple([_again(g, linear, [part[k] for part in parts]) for k in (0, 1)])


def _again(g, linear, src):
    """The linear operation `g` on other operands; None for those that are 0."""
    if all(src[k] is None for k in linear):
        return None
    zero = broadcast(const(0, g.dtype), g.shape)
    return REGISTRY[g.op.name](*[zero if x is None else x for x in src])


# --- slopes ----------------------------------------------------------------------------------------------------------


def _slope(name, reference, code, into=None):
    return Op(
        name, "elementwise", reference, into=into, code=code, scaled=at_kink,
        vjp=lambda g, node: (None,) * len(node.src), jvp=lambda t, node: None,
    )  # fmt: skip


def _share(name, compare, symbol):
    """The weight of the first operand: half in a tie. Where both lose, for a nan, both have the whole: it shows."""
    return _slope(
        name, lambda x, y, node: np.where(x == y, node.dtype.type(0.5), ~compare(y, x)).astype(node.dtype),
        f"(np.{{t}}(0.5) if {{0}} == {{1}} else np.{{t}}(0.0) if {{1}} {symbol} {{0}} else np.{{t}}(1.0))",
    )  # fmt: skip


#: The slope of abs: 0 at 0, and of nan nan.
SIDE = _slope("side", lambda x, node: np.sign(x), "sign({0})", lambda x, node, out: np.sign(x, out=out))
SHARE_OF_MAXIMUM = _share("share_of_maximum", np.greater, ">")
SHARE_OF_MINIMUM = _share("share_of_minimum", np.less, "<")


def side(x):
    return Node(SIDE, (x,), None, x.shape, x.dtype)


def shares(op, x, y):
    """The weights of both operands."""
    first = Node(op, (x, y), None, x.shape, x.dtype)
    return first, _other(first)


# --- squares ---------------------------------------------------------------------------------------------------------


def smooth_square(x, deep=5):
    """The square of `x` in terms of its operands, where it is smooth and `x` has a kink (``norm(x) ** 2``); or None."""
    if x.op.squared is not None:
        return x.op.squared(x)
    if x.op is REVALUE:
        return smooth_square(x.src[1], deep)
    moved = {RESHAPE: reshape_to, BROADCAST: broadcast}.get(x.op)
    if moved is not None or x.op is REGISTRY["negative"].op:
        out = smooth_square(x.src[0], deep)
        return out if out is None or moved is None else moved(out, x.shape)
    if not deep or x.op not in (REGISTRY["multiply"].op, REGISTRY["divide"].op):
        return None
    parts = [smooth_square(s, deep - 1) for s in x.src]
    if parts == [None, None]:
        return None
    return REGISTRY[x.op.name](*[s * s if p is None else p for p, s in zip(parts, x.src, strict=True)])
