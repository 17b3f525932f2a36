"""Scans along an axis, forward or reverse: cumsum, cumprod, cummax, cummin, logcumsumexp.

A scan's `Op` has what a reduction's has (`identity`, `combine`) and is NumPy's `accumulate` in the
NumPy tier. A derivative rule is elementwise formulas around one linear recurrence
(`recurrence.recur`), which goes the other way in reverse mode. Start at `_scan` and `_cumprod_vjp`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.dtypes import as_dtype, is_float
from ..ir import Node, Op, const, total
from ..ir.shapes import Axes, normalize_axis
from .comparison import equal, isinf, isnan, logical_and, logical_or, where
from .marks import anew
from .primitives import broadcast, cast, each_part, reshape_to
from .promotion import ufunc_dtypes
from .recurrence import after, behind, behind_first, recur, rest, zero_first
from .reduction import _accumulator, _identity
from .registry import operation
from .special import sigmoid

if TYPE_CHECKING:
    from .registry import Entry


def _reference(ufunc: np.ufunc) -> Callable[..., np.ndarray]:
    def reference(x: np.ndarray, node: Node) -> np.ndarray:
        axis, reverse = node.arg
        if reverse:
            return np.flip(ufunc.accumulate(np.flip(x, axis), axis, dtype=node.dtype), axis)
        return ufunc.accumulate(x, axis, dtype=node.dtype)

    return reference


def _scan(op: Op, x: Node, axis: int, reverse: bool) -> Node:
    return Node(op, (x,), (axis, reverse), x.shape, x.dtype)


# --- sums and products ----------------------------------------------------------------------------


def _others(node: Node) -> Node:
    """For each element of a running product the product of those before it: 1 at the start."""
    axis, reverse = node.arg
    ones = broadcast(const(1, node.dtype), node.shape)
    return behind_first(ones, rest(node, axis, not reverse), axis, reverse)


def _cumprod_vjp(g: Node, node: Node) -> tuple[Node | None, ...]:
    # d out[i] / d x[k] is what came before k times the factors from k + 1 to i: right with zeros,
    # nothing is divided.
    (x,), (axis, reverse) = node.src, node.arg
    return (_others(node) * recur(g, after(x, axis, reverse), axis, not reverse),)


def _cumprod_jvp(t: Sequence[Any], node: Node) -> Node:
    return recur(t[0] * _others(node), zero_first(node.src[0], *node.arg), *node.arg)


_products = _reference(np.multiply)


def _join_products(products: np.ndarray, zeros: np.ndarray, node: Node) -> np.ndarray | None:
    """The running products at the ends of blocks; None where one left the range on its way from 1,
    but maybe not from what enters it: it is 0 without an element of 0, or is inf or nan while what
    enters is less than 1."""
    out = _products(products, node)
    if is_float(node.dtype):
        entering = np.abs(np.concatenate([[1], out[:-1]]))
        small, large = (products == 0) & (zeros == 0), ~np.isfinite(products)
        if (small & (entering > 1) | large & (entering < 1)).any():
            return None
    return out


CUMSUM = Op(
    "cumsum",
    "scan",
    _reference(np.add),
    identity=lambda dtype: 0,
    combine="({0} + {1})",
    scales=True,
    vjp=lambda g, node: (_scan(CUMSUM, g, node.arg[0], not node.arg[1]),),
    jvp=lambda t, node: _scan(CUMSUM, t[0], *node.arg),
    parts=each_part,
)
CUMPROD = Op(
    "cumprod",
    "scan",
    _products,
    identity=lambda dtype: 1,
    combine="({0} * {1})",
    vjp=_cumprod_vjp,
    jvp=_cumprod_jvp,
    join=_join_products,
    totals=(
        total("product", 1, "({0} * {1})"),
        total("zeros", 0, "({0} + 1 if {1} == 0 else {0})"),
    ),
)


# --- extremes -------------------------------------------------------------------------------------


def _records(node: Node) -> Node:
    """Where a running extreme is the element at the same position: of equal ones the later, and
    each nan."""
    return logical_or(equal(node.src[0], anew(node)), isnan(node.src[0]))


def _extreme_vjp(g: Node, node: Node) -> tuple[Node | None, ...]:
    if not is_float(node.dtype):
        return (None,)
    (axis, reverse), record = node.arg, _records(node)
    held = after(where(record, *_zero_one(node)), axis, reverse)
    return (where(record, recur(g, held, axis, not reverse), 0.0),)


def _extreme_jvp(t: Sequence[Any], node: Node) -> Node:
    record = _records(node)
    return recur(where(record, t[0], 0.0), where(record, *_zero_one(node)), *node.arg)


def _zero_one(node: Node) -> tuple[Node, Node]:
    return const(0, node.dtype), const(1, node.dtype)


def _extreme(name: str, ufunc: np.ufunc, kind: str) -> Op:
    return Op(
        name,
        "scan",
        _reference(ufunc),
        identity=_identity(kind),
        combine=f"{ufunc.__name__}({{0}}, {{1}})",
        cost=4,
        chooses=True,
        vjp=_extreme_vjp,
        jvp=_extreme_jvp,
    )


CUMMAX = _extreme("cummax", np.maximum, "max")
CUMMIN = _extreme("cummin", np.minimum, "min")


# --- logcumsumexp ---------------------------------------------------------------------------------


def _shares(node: Node) -> tuple[Node, Node]:
    """(the share of x in each sum, the share of the sum before): each but the first, where they are
    1 and 0."""
    (x,), (axis, reverse) = node.src, node.arg
    x, sums = rest(x, axis, reverse), rest(node, axis, not reverse)
    # Of the difference, not from the result: they add up to 1 however large the numbers are. Two
    # equal infinities have half each.
    ahead = where(logical_and(equal(x, sums), isinf(x)), 0.0, x - sums)
    return sigmoid(ahead), sigmoid(-ahead)


def _own(node: Node, share: Node) -> Node:
    return behind_first(broadcast(const(1, node.dtype), node.shape), share, *node.arg)


def _logcumsumexp_vjp(g: Node, node: Node) -> tuple[Node | None, ...]:
    (axis, reverse), (own, earlier) = node.arg, _shares(node)
    later = behind(earlier, node.shape, axis, not reverse)
    return (_own(node, own) * recur(g, later, axis, not reverse),)


def _logcumsumexp_jvp(t: Sequence[Any], node: Node) -> Node:
    own, earlier = _shares(node)
    return recur(_own(node, own) * t[0], behind(earlier, node.shape, *node.arg), *node.arg)


LOGCUMSUMEXP = Op(
    "logcumsumexp",
    "scan",
    _reference(np.logaddexp),
    identity=lambda dtype: -np.inf,
    combine="logaddexp({0}, {1})",
    cost=40,
    vjp=_logcumsumexp_vjp,
    jvp=_logcumsumexp_jvp,
)


# --- entries --------------------------------------------------------------------------------------

_summed = ufunc_dtypes(np.logaddexp)
_CASES: tuple = ({}, {"axis": 0}, {"axis": -1, "reverse": True})


def _along(op: Op, x: Node, axis: Axes, reverse: bool) -> Node:
    if axis is None:
        x, axis = reshape_to(x, (x.size,)), 0
    elif x.ndim == 0:
        normalize_axis(axis, 1)
        return reshape_to(x, (1,))
    return _scan(op, x, normalize_axis(axis, x.ndim), bool(reverse))


def _accumulated(function: Callable[..., Any], op: Op, doc: str, slope: str) -> Entry:
    def build(x: Node, axis: Axes, dtype: Any, reverse: bool) -> Node:
        dtype = _accumulator(x.dtype) if dtype is None else as_dtype(dtype)
        return _along(op, cast(x, dtype), axis, reverse)

    params = {"axis": None, "dtype": None, "reverse": False}
    return operation(function, build, doc, params, op=op, cases=_CASES, slope=slope, complex=True)


def _running(op: Op, typed: Callable[[Node], Node], doc: str, slope: str) -> Callable[..., Node]:
    def build(x: Node, axis: Axes, reverse: bool) -> Node:
        return _along(op, typed(x), axis, reverse)

    params = {"axis": None, "reverse": False}
    return operation(op.name, build, doc, params, op=op, cases=_CASES, slope=slope)


cumsum = _accumulated(
    np.cumsum,
    CUMSUM,
    "The running sum along `axis` (of the flat tensor by default), from the end if `reverse`.",
    "The gradient is summed up from the other end.",
)
cumprod = _accumulated(
    np.cumprod,
    CUMPROD,
    "The running product along `axis` (of the flat tensor by default), from the end if `reverse`.",
    "The product of the other factors of each result, right where some are 0, too.",
)
_RUNNING = (
    "The {} element so far along `axis` (of the flat tensor by default), {}.accumulate; "
    "after a nan all is nan."
)
_LAST = (
    "The gradient goes to the element that is the result; of equal ones to the last, as in PyTorch."
)
cummax = _running(CUMMAX, lambda x: x, _RUNNING.format("largest", "np.maximum"), _LAST)
cummin = _running(CUMMIN, lambda x: x, _RUNNING.format("smallest", "np.minimum"), _LAST)
logcumsumexp = _running(
    LOGCUMSUMEXP,
    lambda x: cast(x, _summed((x, x))[1]),
    "log(cumsum(exp(x))) along `axis` (of the flat tensor by default), np.logaddexp.accumulate, "
    "without overflow.",
    "The share of each element in the sums it is in, exp(x - out).",
)
