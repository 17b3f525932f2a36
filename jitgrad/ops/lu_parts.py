"""The entries of the LU decomposition with exchanges of rows, P L U, of square matrices; and the
order of the rows of those with more rows than columns.

The factors are those that `solve` uses (`solving.factors`), and each part is an operation of the
matrices and of them. The rows that are exchanged are integers, and have no derivative. Start at
`_lower_vjp`, which is derived as those of Giles (2008) are: from dL = L tril(F, -1) and
dU = triu(F) U with F = L⁻¹ Pᵀ dA U⁻¹.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..base.dtypes import FLOAT64, INT64
from ..ir import Node, Op, const
from . import lapack
from .comparison import equal, where
from .matrices import (
    as_matrices,
    by_factors,
    lower_part,
    product,
    turned,
    upper_part,
)
from .primitives import broadcast, cast, reshape_to
from .records import Names
from .registry import operation
from .rows import each_row, places
from .sampling import COUNTS
from .solving import factors, triangular, well_conditioned

_A = Names(method=False, args=("a",))


def _order_of(pivots: np.ndarray, rows: int) -> np.ndarray:
    """The row of the matrix that each row of the product of the factors is, from the rows that were
    exchanged, (..., n)."""
    count = math.prod(pivots.shape[:-1])
    exchanged = pivots.reshape(count, pivots.shape[-1]).astype(np.intp)
    order = np.broadcast_to(np.arange(rows), (count, rows)).copy()
    which = np.arange(count)
    for k in range(exchanged.shape[-1]):
        p = exchanged[:, k]
        order[which, k], order[which, p] = order[which, p], order[which, k].copy()
    return order.reshape(*pivots.shape[:-1], rows).astype(np.int64)


def _no_vjp(g: Node, node: Node) -> tuple[None]:
    return (None,)


def _no_jvp(t: Sequence[Any], node: Node) -> None:
    return None


PIVOTS = by_factors(
    "lu_pivots", lambda f, node: f[..., -1, :].real.astype(np.int64), _no_vjp, _no_jvp
)
ORDER = Op(
    "row_order",
    "call",
    lambda pivots, node: _order_of(pivots, node.shape[-1]),
    vjp=_no_vjp,
    jvp=_no_jvp,
    batch=each_row,
)
TALL_PIVOTS = Op(
    "tall_pivots",
    "call",
    lambda a, node: lapack.pivots(a).astype(np.int64),
    vjp=_no_vjp,
    jvp=_no_jvp,
    batch=each_row,
    flops=lambda node: 2 * node.src[0].size * node.shape[-1],
)


def _pivots_of(a: Node, lu: Node) -> Node:
    return Node(PIVOTS, (a, lu), None, a.shape[:-1], INT64)


def _order(pivots: Node, rows: int) -> Node:
    return Node(ORDER, (cast(pivots, INT64),), None, (*pivots.shape[:-1], rows), INT64)


def _exchange(a: Node, lu: Node) -> Node:
    """The matrix P of a = P L U."""
    return _matrix(_order(_pivots_of(a, lu), a.shape[-2]), a.dtype)


def _matrix(order: Node, dtype: np.dtype) -> Node:
    """The matrices that exchange rows back."""
    shape = (*order.shape, order.shape[-1])
    columns = broadcast(reshape_to(order, (*shape[:-2], 1, shape[-1])), shape)
    rows = broadcast(reshape_to(places(shape[-1]), (shape[-1], 1)), shape)
    ones = broadcast(const(1.0, dtype), shape)
    return where(equal(rows, columns), ones, const(0.0, dtype))


def _pulled(inner: Node, node: Node) -> tuple[Node]:
    """The cotangent of the matrix: P L⁻ᵀ inner U⁻ᵀ."""
    a, lu = node.src
    left = triangular(_lower_of(a, lu), inner, True, True, True)
    out = turned(triangular(_upper_of(a, lu), turned(left), False))
    return (product(_exchange(a, lu), out),)


def _lower_vjp(g: Node, node: Node) -> tuple[Node]:
    return _pulled(lower_part(product(turned(node), g), -1), node)


def _upper_vjp(g: Node, node: Node) -> tuple[Node]:
    return _pulled(upper_part(product(g, turned(node))), node)


def _moved(t: Sequence[Any], node: Node) -> Node:
    """F, for the tangent of the matrix."""
    a, lu = node.src
    exchanged = product(turned(_exchange(a, lu)), t[0])
    left = triangular(_lower_of(a, lu), exchanged, True, False, True)
    return turned(triangular(_upper_of(a, lu), turned(left), False, True))


LOWER = by_factors(
    "lu_lower",
    lambda f, node: (
        np.tril(f[..., :-1, :].swapaxes(-1, -2), -1) + np.eye(f.shape[-1], dtype=f.dtype)
    ),
    _lower_vjp,
    lambda t, node: product(node, lower_part(_moved(t, node), -1)),
)
UPPER = by_factors(
    "lu_upper",
    lambda f, node: np.triu(f[..., :-1, :].swapaxes(-1, -2)),
    _upper_vjp,
    lambda t, node: product(upper_part(_moved(t, node)), node),
)


def _lower_of(a: Node, lu: Node) -> Node:
    return Node(LOWER, (a, lu), None, a.shape, a.dtype)


def _upper_of(a: Node, lu: Node) -> Node:
    return Node(UPPER, (a, lu), None, a.shape, a.dtype)


def _exchange_of(a: Node) -> Node:
    (a,) = as_matrices("lu", a)
    m = a.shape[-2]
    if m == a.shape[-1]:
        return _exchange(a, factors(a))
    return _matrix(_order(_pivots(a), m), a.dtype)


def _pivots(a: Node) -> Node:
    (a,) = as_matrices("lu", a)
    m, n = a.shape[-2:]
    if m == n:
        return _pivots_of(a, factors(a))
    return Node(TALL_PIVOTS, (a,), None, (*a.shape[:-2], n), INT64)


def _part(of: Callable[[Node, Node], Node]) -> Callable[[Node], Node]:
    def build(a: Node) -> Node:
        (a,) = as_matrices("lu", a, square=True)
        return of(a, factors(a))

    return build


def _parts(a: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """P, L and U of one matrix, a row at a time: what the tests compare with."""
    upper = np.array(a, np.float64)
    n = len(upper)
    exchange, lower = np.eye(n), np.eye(n)
    for k in range(n):
        p = k + int(np.abs(upper[k:, k]).argmax())
        rows, others = np.array([k, p]), np.array([p, k])
        upper[rows], exchange[:, rows] = upper[others], exchange[:, others]
        lower[rows, :k] = lower[others, :k]
        for i in range(k + 1, n):
            lower[i, k] = upper[i, k] / upper[k, k]
            upper[i] -= lower[i, k] * upper[k]
    return exchange, lower, np.triu(upper)


lu_lower = operation(
    "lu_lower",
    _part(_lower_of),
    "The lower triangular factor of the LU decomposition.",
    numpy=lambda a: _parts(a)[1],
    op=LOWER,
    shapes=((3, 3),),
    sample=well_conditioned,
    names=_A,
    public=False,
    complex=True,
)
lu_upper = operation(
    "lu_upper",
    _part(_upper_of),
    "The upper triangular factor of the LU decomposition.",
    numpy=lambda a: _parts(a)[2],
    op=UPPER,
    shapes=((3, 3),),
    sample=well_conditioned,
    names=_A,
    public=False,
    complex=True,
)
lu_pivots = operation(
    "lu_pivots",
    _pivots,
    "The rows that rows were exchanged with, one after another, in the LU decomposition, for as "
    "many rows as columns or more.",
    numpy=lambda a: lapack.lu(np.asarray(a, np.float64))[..., -1, :].astype(np.int64),
    op=PIVOTS,
    shapes=((3, 3),),
    sample=well_conditioned,
    names=_A,
    differentiable=False,
    public=False,
    complex=True,
)
row_exchange = operation(
    "row_exchange",
    _exchange_of,
    "The matrices P of a = P L U, for as many rows as columns or more.",
    numpy=lambda a: _parts(a)[0],
    op=TALL_PIVOTS,
    shapes=((3, 3),),
    sample=well_conditioned,
    names=_A,
    differentiable=False,
    public=False,
    complex=True,
)
pivot_exchange = operation(
    "pivot_exchange",
    lambda pivots: _matrix(_order(pivots, pivots.shape[-1]), FLOAT64),
    "The matrices P of a = P L U, from the rows that were exchanged.",
    numpy=lambda pivots: np.eye(pivots.shape[-1])[:, _order_of(pivots, pivots.shape[-1])],
    on=COUNTS,
    shapes=((3,),),
    sample=lambda rng, shapes: [np.zeros(shapes[0], np.int64)],
    differentiable=False,
    names=Names(method=False, args=("pivots",)),
    public=False,
)
