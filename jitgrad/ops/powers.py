"""Powers: any exponent, and those that are arithmetic. One entry each. Start at `_power`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..base.dtypes import FLOAT64, complex_of, is_complex, is_inexact
from ..base.errors import ArgumentError
from ..ir import CONST, Node, const
from . import complex_parts
from .arithmetic import positive, reciprocal, sqrt, square
from .comparison import equal, logical_and, where
from .exponential import log
from .pointwise import elementwise
from .primitives import as_node, broadcast, cast
from .promotion import asked_by, ufunc_dtypes
from .records import Names, Numbers
from .registry import Entry, composite


def _power_partials(x: Node, y: Node, out: Node) -> tuple[Node, Node | None]:
    if y.op is CONST:
        return y * power(x, y.arg - 1), None
    if is_complex(out.dtype):  # as in PyTorch
        zero = equal(x, 0)
        return where(zero & equal(y, 0), 0.0, y * power(x, y - 1)), where(
            zero, 0.0, log(where(zero, 1.0, x)) * out
        )
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
    parts=complex_parts.power,
)
_dtypes = ufunc_dtypes(np.power)


def _half(name: str, exponent: float, code: str, reference: Callable[..., Any]) -> Entry:
    """A power by half of an odd number: of products, quotients and a square root, in range wherever
    the result is. A primitive each, so that the derivative is a power, too."""
    return elementwise(
        name,
        lambda x, out: exponent * power(x, exponent - 1),
        f"The power x ** {exponent}.",
        code=code,
        cost=8,
        dtypes=ufunc_dtypes(np.sqrt),
        reference=lambda x, node: reference(x, np.sqrt(x)),
        on=(0.5, 2),
        public=False,
    )


#: Exponent -> operation.
HALVES = {
    1.5: _half("power3h", 1.5, "({0} * math.sqrt({0}))", lambda x, root: x * root),
    2.5: _half("power5h", 2.5, "({0} * {0} * math.sqrt({0}))", lambda x, root: x * x * root),
    -1.5: _half("powerm3h", -1.5, "(1 / math.sqrt({0}) / {0})", lambda x, root: 1 / root / x),
    -2.5: _half(
        "powerm5h", -2.5, "(1 / math.sqrt({0}) / {0} / {0})", lambda x, root: 1 / root / x / x
    ),
}


#: Exponents that are code -> what they become.
EXPONENTS: dict[float, Callable[[Node], Node]] = {
    0: lambda x: broadcast(const(1, x.dtype), x.shape),
    1: lambda x: positive(x),
    2: lambda x: square(x),
    3: lambda x: square(x) * x,
    4: lambda x: square(square(x)),
    -1: lambda x: reciprocal(x),
    -2: lambda x: square(reciprocal(x)),  # in range wherever the result is, and so is its gradient
    0.5: lambda x: sqrt(x),
    -0.5: lambda x: 1 / sqrt(x),
    **HALVES,
}


def _power(x: Node | float, y: Node | float) -> Node:
    """The exponents of `EXPONENTS` become arithmetic."""
    value = y if not isinstance(y, Node) else y.arg if y.op is CONST else None
    if isinstance(x, Node) and (
        (type(value) is int and value >= 0) or (type(value) in (int, float) and is_inexact(x.dtype))
    ):
        x = cast(x, _dtypes((x, value))[1])  # bools become integers
        if value in HALVES and is_complex(x.dtype):
            return power2(x, value)  # a number, which does not widen
        if value in EXPONENTS:
            return EXPONENTS[value](x)
    return power2(x, y)


def _guard(x: Any, y: Any) -> None:
    """Refuses negative powers of integers, as NumPy does: the exponent is materialised for
    that."""
    asked = tuple([v.dtype if hasattr(v, "dtype") else asked_by(v) for v in (x, y)])
    if is_inexact(_dtypes.of(asked)[1]):
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
        codes=frozenset(EXPONENTS),
        guard=_guard,
        instead={2: square},
    ),
    names=Names("pow", ("pow",)),
    complex=True,
)


def _is_complex(x: Node | float) -> bool:
    return isinstance(x, Node) and is_complex(x.dtype)


def _float_power(x: Node | float, y: Node | float) -> Node:
    x, y = as_node(x), as_node(y) if type(y) is complex else y
    dtype = FLOAT64 if not any(_is_complex(v) for v in (x, y)) else complex_of(FLOAT64)
    return power(cast(x, dtype), cast(y, dtype) if isinstance(y, Node) else y)


float_power = composite(
    np.float_power,
    _float_power,
    "The power x ** y, computed in float64.",
    operands=2,
    on=(0.5, 2),
    slope="d/dx = y * x ** (y - 1), d/dy = log(x) * out.",
    names=Names(method=False),
    complex=True,
)
