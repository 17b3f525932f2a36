"""Factor: what stands still along the summed axes is taken out of a sum.

A derivative rule multiplies each element by what is the same for a whole row, and sums afterwards;
written by hand, it is one product per row. ``sum(x * c)`` becomes ``sum(x) * c``, likewise divisors
and signs. Where a factor stands still along some of the axes only, the sum is split: first along
these. As with any sum, only the order of roundings changes, where all is finite.

What keeps numbers in range stays: of a product whose sides are both divided one division is left,
since ``(x / m) * (x / m)`` is written so that ``x * x`` does not overflow (unless the sum would
have to wait for a reduction that m comes from: then kernels take the sum of squares at once, and
look whether it is in range); divisors known beforehand stay; and a sum of nothing is 0, whatever
its factors are.

Start at `factored` and, for kernels, `squared`: rules of `simplify`. Sums of terms are not split,
though the gradient of what is centred could then take its own mean a pass earlier: ``sum(x - m)``
would cancel as ``sum(x) - n * m``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...ir import Node, const
from ...ops import REGISTRY
from ...ops.marks import RANGED
from ...ops.primitives import broadcast, reshape_to
from .. import limits

if TYPE_CHECKING:
    from ...ir.node import Op


_ADD, _MUL, _DIV, _NEG = (REGISTRY[name].op for name in ("add", "multiply", "divide", "negative"))


def factored(node: Node, x: Node) -> Node | None:
    """The sum `node` of `x` without the factors that stand still, or None."""
    if node.dtype.kind != "f" or not x.size:
        return None
    return _split(node, x) or _whole(node, x)


def _whole(node: Node, x: Node) -> Node | None:
    factors: list[Node | None] = []
    divisors: list[Node] = []
    core = _core(x, node.arg, factors, divisors)
    if core is None or core is x:
        return None
    out = Node(node.op, (core,), node.arg, node.shape, node.dtype)
    for c in factors:
        out = _apply(_NEG, out) if c is None else _apply(_MUL, out, _still(c, node))
    for c in divisors:
        out = _apply(_DIV, out, _still(c, node))
    return out


def _apply(op: Op, x: Node, *others: Node) -> Node:
    return Node(op, (x, *others), None, x.shape, x.dtype)


def _core(
    x: Node, axes: tuple[int, ...], factors: list[Node | None], divisors: list[Node]
) -> Node | None:
    """`x` without its factors and divisors that stand still along `axes`; None if nothing is
    left."""
    if _is_still(x, axes):
        factors.append(x)
        return None
    if x.op is _NEG:
        factors.append(None)
        return _core(x.src[0], axes, factors, divisors)
    if x.op is _ADD and x.src[0] is x.src[1]:
        factors.append(broadcast(const(2, x.dtype), x.shape))
        return _core(x.src[0], axes, factors, divisors)
    if x.op is _MUL:
        a, b = _sides(x, axes, factors, divisors)
        if a is None or b is None:
            return b if a is None else a
        return x if (a, b) == x.src else _apply(_MUL, a, b)
    if x.op is _DIV and _is_still(x.src[1], axes) and not _lessens(x.src[1]):
        divisors.append(x.src[1])
        core = _core(x.src[0], axes, factors, divisors)
        return broadcast(const(1, x.dtype), x.shape) if core is None else core
    return x


def _sides(
    x: Node, axes: tuple[int, ...], factors: list[Node | None], divisors: list[Node]
) -> list[Node | None]:
    """The two cores of a product; the second keeps its innermost divisor if both are divided."""
    cores, divided = [], False
    for s in x.src:
        taken: list = []
        core = _core(s, axes, factors, taken)
        if divided and taken and core is not None:
            core = _apply(_DIV, core, taken.pop())
        divisors += taken
        divided = divided or bool(taken)
        cores.append(core)
    return cores


def _lessens(x: Node) -> bool:
    """Whether the divisor `x` is known beforehand: nothing is gained without it, and it may keep
    the sum in range."""
    while x.op.kind in ("broadcast", "reshape"):
        x = x.src[0]
    return x.op.kind in ("const", "number")


def _is_still(x: Node, axes: tuple[int, ...]) -> bool:
    """Whether `x` is stretched along all `axes`."""
    return x.op.kind == "broadcast" and all(x.src[0].shape[a] == 1 for a in axes)


def _still(x: Node, node: Node) -> Node:
    """A factor of the summed values as one of the sums."""
    shape = x.src[0].shape
    kept = tuple([n for a, n in enumerate(shape) if a not in node.arg])
    return broadcast(reshape_to(x.src[0], kept), node.shape)


def squared(node: Node, x: Node) -> Node | None:
    """The sum `node` of ``x * (x / d)`` as ``sum(x * x) / d``, if it need not wait for the
    reduction that d comes from.

    In range that is as good (`RANGED` looks); only kernels can raise a flag, and not where they
    compute single numbers."""
    if x.op is not _MUL or not node.ndim:
        return None
    for y, other in (x.src, x.src[::-1]):
        if (
            other.op is _DIV
            and other.src[0] is y
            and _is_still(other.src[1], node.arg)
            and _is_reduced(other.src[1])
        ):
            squares = Node(node.op, (_apply(_MUL, y, y),), node.arg, node.shape, node.dtype)
            return _apply(_DIV, _apply(RANGED, squares), _still(other.src[1], node))
    return None


# ----- sums in two steps


def _split(node: Node, x: Node) -> Node | None:
    """The sum along the axes where a factor stands still, then along the others; or None."""
    axes = max((_still_axes(c, node, x) for c in _leaves(x)), key=len, default=())
    if not 0 < len(axes) < len(node.arg):
        return None
    kept = tuple([n for a, n in enumerate(x.shape) if a not in axes])
    inner = _whole(Node(node.op, (x,), axes, kept, node.dtype), x)
    if inner is None:
        return None
    rest = tuple([a - sum(b < a for b in axes) for a in node.arg if a not in axes])
    return Node(node.op, (inner,), rest, node.shape, node.dtype)


def _leaves(x: Node) -> Iterator[Node]:
    """The factors and divisors of a product."""
    stack = [x]
    while stack:
        x = stack.pop()
        if x.op in (_MUL, _DIV, _NEG) or (x.op is _ADD and x.src[0] is x.src[1]):
            stack.extend(dict.fromkeys(x.src))
        elif x.op.kind == "broadcast":
            yield x


def _still_axes(c: Node, node: Node, x: Node) -> tuple[int, ...]:
    """The summed axes along which the factor `c` stands still, if it is worth a sum of its own: the
    last axis is one of them, or they were summed before."""
    axes = tuple([a for a in node.arg if c.src[0].shape[a] == 1 and x.shape[a] > 1])
    last = max((a for a, n in enumerate(x.shape) if n > 1), default=None)
    return axes if c.src[0].ndim and c.src[0].size > 1 and (last in axes or _is_reduced(c)) else ()


def _is_reduced(x: Node) -> bool:
    """Whether `x` comes from a reduction, by elementwise operations."""
    for _ in range(limits.now.factor_depth):
        if x.op.kind == "reduce":
            return True
        if not x.src or x.op.kind not in ("broadcast", "reshape", "elementwise"):
            return False
        x = next((s for s in x.src if s.ndim and s.op.kind != "broadcast"), x.src[0])
    return False
