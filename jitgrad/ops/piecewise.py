"""Functions made of pieces: the larger and the smaller of two, limits, steps. One entry each.

What their derivative is where pieces meet is PyTorch's choice, and stands in `kink`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.dtypes import is_complex, is_inexact
from ..ir import Node
from . import complex_parts
from .comparison import equal, isnan, logical_and, logical_not, logical_or, where
from .kinks import shares
from .pointwise import elementwise
from .primitives import as_node, cast, complex_node, imag_part, real_part
from .promotion import common_dtypes, ufunc_dtypes
from .records import Names, Numbers
from .registry import composite

if TYPE_CHECKING:
    from .registry import Entry


def _first(compare: Callable[[Node, Node], Node]) -> Callable[..., tuple[Node, Node]]:
    """A tie, or two nan, are the first's, as PyTorch has it."""

    def partials(x: Node, y: Node, out: Node) -> tuple[Node, Node]:
        first = logical_or(compare(x, y), isnan(y))
        return cast(first, out.dtype), cast(logical_not(first), out.dtype)

    return partials


def _weights(x: Node, y: Node) -> tuple[Node, Node]:
    """Those of both operands in their maximum, as `kinks.shares`, which are of floats alone."""
    if not is_complex(x.dtype):
        return shares(x, y)
    tie = equal(x, y)
    weights = [cast(logical_not(less), x.dtype) for less in (y > x, x > y)]
    return where(tie, 0.5, weights[0]), where(tie, 0.5, weights[1])


def _extreme(
    ufunc: np.ufunc, partials: Callable[..., Any], tie: float, doc: str, slope: str
) -> Entry:
    parts = complex_parts.extreme(ufunc.__name__)
    return elementwise(ufunc, partials, doc, kink={"tie": tie}, slope=slope, parts=parts)


_HALVES = "The gradient goes to the {} operand; both have half of it where they are equal."
_FIRST = "The gradient goes to the {} operand, to x where they are equal."
maximum = _extreme(
    np.maximum,
    lambda x, y, out: _weights(x, y),
    0.5,
    "The larger of x and y; nan where either is nan.",
    _HALVES.format("larger"),
)
minimum = _extreme(
    np.minimum,
    lambda x, y, out: _weights(y, x),
    0.5,
    "The smaller of x and y; nan where either is nan.",
    _HALVES.format("smaller"),
)
fmax = _extreme(
    np.fmax,
    _first(lambda x, y: x >= y),
    1.0,
    "The larger of x and y, x where they are equal; ignores nan.",
    _FIRST.format("larger"),
)
fmin = _extreme(
    np.fmin,
    _first(lambda x, y: x <= y),
    1.0,
    "The smaller of x and y, x where they are equal; ignores nan.",
    _FIRST.format("smaller"),
)


def _clip_partials(x: Node, low: Node, high: Node, out: Node) -> tuple[Node, ...]:
    crossed = low > high  # then the value is `high`; of nan nothing is passed on
    inside = logical_and(logical_and(x >= low, x <= high), logical_not(crossed))
    return tuple(
        cast(c, out.dtype)
        for c in (inside, logical_and(x < low, logical_not(crossed)), logical_or(x > high, crossed))
    )


INF = float("inf")


def _clip_parts(x: Any, low: Any, high: Any) -> Any:
    larger, smaller = complex_parts.extreme("maximum"), complex_parts.extreme("minimum")
    return smaller(larger(x, low), high)


_BOUNDED = ((-2, 2), (-1.5, -1.4), (1.4, 1.5))
# A primitive, as its derivative at a bound is 1, unlike that of maximum and minimum.
clip3 = elementwise(
    "clip3",
    _clip_partials,
    "clip with both bounds.",
    numpy=lambda x, low, high: np.minimum(np.maximum(x, low), high),
    operands=3,
    code="minimum(maximum({0}, {1}), {2})",
    dtypes=common_dtypes,
    on=_BOUNDED,
    public=False,
    parts=_clip_parts,
)


def _clip(x: Node, low: Any = None, high: Any = None) -> Node:
    if low is None and high is None:
        return x
    inf: Any = None if not is_inexact(x.dtype) else INF * (1 + 1j) if is_complex(x.dtype) else INF
    if low is None:
        return clip3(x, -inf, high) if inf else minimum(x, high)
    if high is None:
        return clip3(x, low, inf) if inf else maximum(x, low)
    return clip3(x, low, high)


clip = composite(
    np.clip,
    _clip,
    "x limited to [min, max]; a bound may be None, which is no bound.",
    operands=3,
    on=_BOUNDED,
    slope="1 for x between the bounds and at them, else 0; for a bound 1 where x is beyond it.",
    numbers=Numbers(saturates={1: False, 2: True}),
    names=Names(
        aliases=("clamp",), args=("x", "min", "max"), optional={"min": "a_min", "max": "a_max"}
    ),
    complex=True,
)
relu = composite(
    "relu",
    lambda x: where(x <= 0, 0, x),
    "max(x, 0), with derivative 0 at 0; nan stays nan.",
    kink={0.0: 0.0},
    slope="1 for x above 0, else 0.",
    names=Names(in_place="relu_"),
)
_step_dtypes = ufunc_dtypes(np.heaviside)


def _heaviside(x: Node | float, y: Node | float) -> Node:
    (dtype, _), _ = _step_dtypes((x, y))
    x, y = cast(as_node(x), dtype), cast(as_node(y), dtype)
    return where(x > 0, 1.0, where(equal(x, 0), y, where(isnan(x), x, 0.0)))


heaviside = composite(
    np.heaviside,
    _heaviside,
    "The step function: 0 below 0, y at 0, 1 above.",
    operands=2,
    on=(0.5, 2),
    slope="0 for x; for y 1 where x is 0, else 0.",
    names=Names(method=False),
)


def _nan_to_num(x: Node, nan: float, posinf: float | None, neginf: float | None) -> Node:
    if is_complex(x.dtype):
        real, imag = (_nan_to_num(v, nan, posinf, neginf) for v in (real_part(x), imag_part(x)))
        return complex_node(real, imag)
    if not is_inexact(x.dtype):
        return x
    top = float(np.finfo(x.dtype).max)
    high, low = top if posinf is None else posinf, -top if neginf is None else neginf
    return where(isnan(x), nan, where(x > top, high, where(x < -top, low, x)))


nan_to_num = composite(
    np.nan_to_num,
    _nan_to_num,
    "x with numbers in place of nan and of infinities, which become the largest by default.",
    {"nan": 0.0, "posinf": None, "neginf": None},
    cases=({}, {"nan": 1.5, "neginf": -2.0}),
    slope="1 where x is finite, else 0.",
    complex=True,
)
