"""Powers: any exponent, and those that are arithmetic. One entry each. Start at `_power`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..base.dtypes import FLOAT64, is_float
from ..base.errors import ArgumentError
from ..ir import CONST, Node, const
from .arithmetic import positive, reciprocal, sqrt, square
from .comparison import equal, logical_and, where
from .exponential import log
from .pointwise import elementwise
from .primitives import as_node, broadcast, cast
from .promotion import asked_by, ufunc_dtypes
from .records import Names, Numbers
from .registry import composite


def _power_partials(x: Node, y: Node, out: Node) -> tuple[Node, Node | None]:
    if y.op is CONST:
        return y * power(x, y.arg - 1), None
    zero = logical_and(equal(x, 0), y >= 0)
    none = equal(y, 0)
    return where(none, 0.0, y * power(x, where(none, 1.0, y) - 1)), where(
        zero, 0.0, log(where(zero, 1.0, x)) * out
    )


power2 = elementwise(
    "power2",
    _power_partials,
    "power with any exponent; of integers with one of at least 0.",
    numpy=np.power,
    code="power({0}, {1})",
    cost=60,
    on=(0.5, 2),
    public=False,
)
_dtypes = ufunc_dtypes(np.power)


def _power(x: Node | float, y: Node | float) -> Node:
    """Exponents that are code (0, 1, 2, 3, 4, -1, -2, ½, -½) become arithmetic."""
    value = y if not isinstance(y, Node) else y.arg if y.op is CONST else None
    if isinstance(x, Node) and (
        (type(value) is int and value >= 0) or (type(value) in (int, float) and is_float(x.dtype))
    ):
        x = cast(x, _dtypes((x, value))[1])  # bools become integers
        if value == 0:
            return broadcast(const(1, x.dtype), x.shape)
        if value == 1:
            return positive(x)
        if value == 2:
            return square(x)
        if value == 3:
            return square(x) * x
        if value == 4:
            return square(square(x))
        if value == -1:
            return reciprocal(x)
        if value == -2:
            return square(reciprocal(x))  # in range wherever the result is, and so is its gradient
        if value == 0.5:
            return sqrt(x)
        if value == -0.5:
            return 1 / sqrt(x)
    return power2(x, y)


def _guard(x: Any, y: Any) -> None:
    """Refuses negative powers of integers, as NumPy does: the exponent is materialised for
    that."""
    asked = tuple([v.dtype if hasattr(v, "dtype") else asked_by(v) for v in (x, y)])
    if _dtypes.of(asked)[1].kind == "f":
        return
    least = y if isinstance(y, int) else y._array().min(initial=0) if y.dtype.kind == "i" else 0
    if least < 0:
        raise ArgumentError(
            f"got the negative exponent {least} for integers, whose powers would be no integers, "
            "expected one of at least 0; convert the tensor with .double() first"
        )


power = composite(
    np.power,
    _power,
    "The power x ** y.",
    operands=2,
    on=(0.5, 2),
    slope="d/dx = y * x ** (y - 1), d/dy = log(x) * out, and 0 for y where x is 0.",
    numbers=Numbers(
        codes=frozenset((0, 1, 2, 3, 4, -1, -2, 0.5, -0.5)), guard=_guard, instead={2: square}
    ),
    names=Names("pow", ("pow",)),
)


def _float_power(x: Node | float, y: Node | float) -> Node:
    return power(cast(as_node(x), FLOAT64), cast(y, FLOAT64) if isinstance(y, Node) else y)


float_power = composite(
    np.float_power,
    _float_power,
    "The power x ** y, computed in float64.",
    operands=2,
    on=(0.5, 2),
    slope="d/dx = y * x ** (y - 1), d/dy = log(x) * out.",
    names=Names(method=False),
)
