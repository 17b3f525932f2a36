"""Comparisons, logic, and the choice between two values by them. One entry each.

None but `where` has a gradient. Start at `where` and `_compare`.
"""

from __future__ import annotations

import operator as python
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.dtypes import BOOL, is_inexact
from ..ir import NUMBER, Node
from . import complex_parts
from .pointwise import elementwise
from .primitives import as_node, cast
from .promotion import by_dtypes, choice_dtypes
from .records import Names, Numbers
from .sampling import BOOLS, Domain

if TYPE_CHECKING:
    from .registry import Entry


def _choice_vjp(g: Node, node: Node) -> tuple[Node | None, ...]:
    # Multiplying by a 0/1 mask would turn an inf cotangent into nan; selecting does not.
    c, zero = node.src[0], 0.0
    return (None, where(c, g, zero), where(c, zero, g)) if is_inexact(node.dtype) else (None,) * 3


def _choice_jvp(t: Sequence[Any], node: Node) -> Node | None:
    zero = as_node(0.0)
    x, y = (cast(zero, node.dtype) if v is None else v for v in t[1:])
    return None if t[1] is None and t[2] is None else where(node.src[0], x, y)


where = elementwise(
    np.where,
    lambda c, x, y, out: (None, cast(c, x.dtype), 1 - cast(c, x.dtype)),
    "The elements of x where the condition holds, else those of y.",
    operands=3,
    code="({1} if {0} else {2})",
    dtypes=choice_dtypes,
    vjp=_choice_vjp,
    jvp=_choice_jvp,
    on=(BOOLS, Domain(-2, 2), Domain(-2, 2)),
    slope="The gradient goes to x where the condition holds, else to y.",
    names=Names(method=False, args=("condition", "x", "y")),
    parts=complex_parts.where,
)

# --- comparison -----------------------------------------------------------------------------------


def _compared(
    alike: Callable[..., Node],
    x: Node | float,
    y: Node | float,
    function: Callable[..., Any],
    dtypes: Callable[..., Any],
) -> Node:
    """NumPy compares int64 with uint64 as what they are, where no dtype has room for both."""
    if (
        not isinstance(x, Node)
        or not isinstance(y, Node)
        or x.dtype is y.dtype
        or NUMBER in (x.op, y.op)
    ):
        return alike(x, y)
    (a, b), _ = dtypes((x.dtype, y.dtype))
    if a is b:
        return alike(x, y)
    x, y = cast(x, a), cast(y, b)
    if a.kind == "i":
        return where(x < 0, function(-1, 0), alike(cast(x, b), y))
    return where(y < 0, function(0, -1), alike(x, cast(y, a)))


def _compare(ufunc: np.ufunc, symbol: str, operator: str, parts: Any) -> Entry:
    function = getattr(python, operator)

    def around(alike: Callable[..., Node], x: Node | float, y: Node | float) -> Node:
        return _compared(alike, x, y, function, entry.loop)

    entry = elementwise(
        ufunc,
        None,
        f"Whether x {symbol} y, for each element.",
        code=f"({{0}} {symbol} {{1}})",
        floats=BOOL,
        around=around,
        numbers=Numbers(compares=True),
        parts=parts,
        names=Names(operator),
    )
    return entry


equal = _compare(np.equal, "==", "eq", complex_parts.equal)
not_equal = _compare(np.not_equal, "!=", "ne", complex_parts.not_equal)
less = _compare(np.less, "<", "lt", complex_parts.ordered("less"))
less_equal = _compare(np.less_equal, "<=", "le", complex_parts.ordered("less_equal"))
greater = _compare(np.greater, ">", "gt", complex_parts.ordered("greater"))
greater_equal = _compare(np.greater_equal, ">=", "ge", complex_parts.ordered("greater_equal"))

# --- logic ----------------------------------------------------------------------------------------


def _logical(ufunc: np.ufunc, code: str, doc: str) -> Entry:
    rule = by_dtypes(lambda asked: ((BOOL,) * ufunc.nin, BOOL))
    return elementwise(ufunc, None, doc, code=code, dtypes=rule, complex=True)


logical_and = _logical(np.logical_and, "({0} and {1})", "Whether both x and y are true, or not 0.")
logical_or = _logical(np.logical_or, "({0} or {1})", "Whether x or y, or both, are true, or not 0.")
logical_xor = _logical(np.logical_xor, "({0} != {1})", "Whether one of x and y is true, or not 0.")
logical_not = _logical(np.logical_not, "(not {0})", "Whether x is false, or 0.")

# --- kinds of floats ------------------------------------------------------------------------------

isnan = elementwise(
    np.isnan, None, "Whether x is nan.", code="({0} != {0})", floats=BOOL, parts=complex_parts.isnan
)
isfinite = elementwise(
    np.isfinite,
    None,
    "Whether x is neither infinite nor nan.",
    floats=BOOL,
    parts=complex_parts.isfinite,
)
isinf = elementwise(
    np.isinf,
    None,
    "Whether x is infinite.",
    code="(abs({0}) == math.inf)",
    floats=BOOL,
    parts=complex_parts.isinf,
)
