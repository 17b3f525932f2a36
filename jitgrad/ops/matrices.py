"""What derivative rules of linear algebra are written with: transposes, products, triangles and
diagonals of stacks of matrices, as nodes; and operations that read a factorisation.

A factorisation is a call of its own, with its factors packed in one array behind the axes of the
stack, and without a derivative. What is computed of it (a solution, a determinant, eigenvectors) is
a call `by_factors` that has the matrix itself as first source, which derivatives go to, and the
factors as last, which the value is computed from. Derivative rules read the same factors: nodes are
interned, so a plan factorises once. Start at `by_factors`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..base.dtypes import FLOAT64, is_inexact
from ..base.errors import ShapeError
from ..ir import Node, Op, const
from ..ir.shapes import broadcast_shapes
from .axes import _swapaxes
from .comparison import equal, less, less_equal, where
from .linear_algebra import _product
from .movement import permute, slice_node
from .primitives import broadcast, cast, conj, reduce_sum, reshape_to
from .promotion import common_dtypes
from .rows import each_row, places


def turned(x: Node) -> Node:
    """The transposed matrices."""
    return _swapaxes(x, -1, -2)


def adjoint(x: Node) -> Node:
    """The conjugates of the transposed matrices; of real ones the transposed."""
    return conj(turned(x))


def product(*matrices: Node) -> Node:
    """The product of stacks of matrices, from the left."""
    out = matrices[0]
    for x in matrices[1:]:
        out = _product(out, x)
    return out


def _grid(n: int, m: int) -> tuple[Node, Node]:
    """The numbers of rows and of columns of (n, m) matrices."""
    rows, columns = reshape_to(places(n), (n, 1)), reshape_to(places(m), (1, m))
    return broadcast(rows, (n, m)), broadcast(columns, (n, m))


def _chosen(mask: Node, x: Node) -> Node:
    return where(broadcast(mask, x.shape), x, const(0.0, x.dtype))


def lower_part(x: Node, offset: int = 0) -> Node:
    """The matrices with zeros above the diagonal number `offset`, 0 or -1."""
    rows, columns = _grid(*x.shape[-2:])
    return _chosen(less(columns, rows) if offset else less_equal(columns, rows), x)


def upper_part(x: Node, offset: int = 0) -> Node:
    """The matrices with zeros below the diagonal number `offset`, 0 or 1."""
    return turned(lower_part(turned(x), -offset))


def diagonal_part(x: Node) -> Node:
    """The matrices with zeros beside the diagonal."""
    return _chosen(equal(*_grid(*x.shape[-2:])), x)


def diagonal_matrix(x: Node) -> Node:
    """The matrices (..., n, n) with vectors (..., n) as diagonals."""
    n = x.shape[-1]
    return diagonal_part(broadcast(reshape_to(x, (*x.shape, 1)), (*x.shape, n)))


def identity(n: int, dtype: np.dtype) -> Node:
    return diagonal_part(broadcast(const(1.0, dtype), (n, n)))


def scaled_columns(x: Node, factors: Node) -> Node:
    """The matrices (..., m, n) with columns multiplied by (..., n)."""
    return x * broadcast(reshape_to(factors, (*factors.shape[:-1], 1, factors.shape[-1])), x.shape)


def hermitian_part(x: Node) -> Node:
    """Of real matrices the symmetric part."""
    return (x + adjoint(x)) * const(0.5, x.dtype)


def inverse_differences(values: Node) -> Node:
    """1 / (values[j] - values[i]) at [i, j], and 0 on the diagonal."""
    n = values.shape[-1]
    shape = (*values.shape, n)
    columns = broadcast(reshape_to(values, (*values.shape[:-1], 1, n)), shape)
    mask = broadcast(equal(*_grid(n, n)), shape)
    one = const(1.0, values.dtype)
    gaps = where(mask, one, columns - turned(columns))
    return where(mask, const(0.0, values.dtype), one / gaps)


def over_matrix(g: Node, shape: tuple[int, ...]) -> Node:
    """One number for each matrix, at all of its elements."""
    return broadcast(reshape_to(g, (*g.shape, 1, 1)), shape)


def sum_of_matrix(x: Node) -> Node:
    return reduce_sum(x, (x.ndim - 2, x.ndim - 1))


def rows_of(x: Node, begin: int, end: int) -> Node:
    """Rows `begin` to `end` of matrices."""
    shape = (*x.shape[:-2], end - begin, x.shape[-1])
    return slice_node(x, (0,) * (x.ndim - 2) + (begin, 0), (1,) * x.ndim, shape)


# --- operands -------------------------------------------------------------------------------------


def as_matrices(name: str, *operands: Any, square: bool = False) -> list[Node]:
    """Operands of one float dtype: integers count as float64, as in NumPy."""
    dtype = common_dtypes(operands)[1]
    out = [cast(x, dtype if is_inexact(dtype) else FLOAT64) for x in operands]
    shape = out[0].shape
    if len(shape) < 2 or (square and shape[-1] != shape[-2]):
        kind = "square matrices (..., n, n)" if square else "matrices (..., m, n)"
        raise ShapeError(f"got {name} of shape {shape}, expected {kind} on the last two axes")
    return out


def right_sides(name: str, a: Node, b: Node, vector: bool) -> Node:
    """The right sides of systems with the matrices `a`, as matrices."""
    if not b.ndim or b.shape[-1 if vector else -2] != a.shape[-2]:
        raise ShapeError(
            f"got {name} of matrices of shape {a.shape} and right sides of shape {b.shape}, "
            f"expected {a.shape[-2]} rows there, too"
        )
    return reshape_to(b, (*b.shape, 1)) if vector else b


def in_columns(solve: Callable[[Node, Node], Node], a: Node, b: Node) -> Node:
    """``solve(a, b)`` for stacks that broadcast. Where all right sides have one matrix, they are
    columns of one right side."""
    if a.ndim == 2 and b.ndim > 2:
        n, k, lead = *b.shape[-2:], b.shape[:-2]
        last = (b.ndim - 2, *range(b.ndim - 2), b.ndim - 1)
        out = solve(a, reshape_to(permute(b, last), (n, math.prod(lead) * k)))
        back = (*range(1, b.ndim - 1), 0, b.ndim - 1)
        return permute(reshape_to(out, (out.shape[0], *lead, k)), back)
    lead = broadcast_shapes(a.shape[:-2], b.shape[:-2])
    return solve(broadcast(a, (*lead, *a.shape[-2:])), broadcast(b, (*lead, *b.shape[-2:])))


# --- factorisations -------------------------------------------------------------------------------


def factorisation(
    name: str, reference: Callable[..., np.ndarray], flops: Callable[[Node], int], **fields: Any
) -> Op:
    """The operation that packs the factors of matrices; its derivatives are those of its parts."""
    rules = {
        "vjp": lambda g, node: (None,) * len(node.src),
        "jvp": lambda t, node: None,
        "batch": each_row,
    }
    return Op(name, "call", reference, flops=flops, **{**rules, **fields})


def by_factors(
    name: str,
    reference: Callable[..., np.ndarray],
    vjp: Callable[[Node, Node], tuple[Node | None, ...]],
    jvp: Callable[..., Node | None],
    **fields: Any,
) -> Op:
    """An operation of matrices, of other operands, and of factors of the matrices.

    ``reference(*others, factors, node)`` computes the value, and never sees the matrices;
    ``vjp(g, node)`` gives a cotangent for each source but the factors, or one more, for these, and
    ``jvp(tangents, node)`` gets a tangent for each source but the factors.
    """

    def for_all(g: Node, node: Node) -> tuple[Node | None, ...]:
        found = vjp(g, node)
        return found if len(found) == len(node.src) else (*found, None)

    return Op(
        name,
        "call",
        lambda a, *given, node: reference(*given, node),
        vjp=for_all,
        jvp=lambda t, node: jvp(t[:-1], node),
        **{"batch": each_row, **fields},
    )
