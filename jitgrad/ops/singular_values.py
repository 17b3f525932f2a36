"""The entries of the singular value decomposition, in its parts.

As in `eigen`, the decomposition is one call, and singular values without vectors have a derivative
of their own, which repeated ones do not disturb. Vectors of a repeated value, or beside a value of
0, have none: it is inf or nan. Vectors beyond the values complete a basis; they, and phases of
complex vectors, are chosen (`basis_choice`): a pair of vectors has one phase, so the cotangents of
both parts meet at the factors, whose rule asks whether they cancel.

Start at `_left_pull`. Derivatives are those of Townsend, "Differentiating the singular value
decomposition" (2016), with phases shared among both vectors of a pair.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..base.dtypes import is_complex, real_of
from ..ir import Node, const
from .arrange import diagonal
from .basis_choice import phases, refused_basis, refused_phases
from .joining import concatenate
from .matrices import (
    adjoint,
    as_matrices,
    by_factors,
    diagonal_matrix,
    factorisation,
    inverse_differences,
    product,
    rows_of,
    scaled_columns,
    turned,
)
from .movement import pad_node
from .primitives import complex_node, imag_part, of_cotangents, real_part, reshape_to, zeros
from .records import Names
from .registry import operation

_A = Names(method=False, args=("a",))


# --- the decomposition ----------------------------------------------------------------------------


def _svd_reference(a: np.ndarray, node: Node) -> np.ndarray:
    """A row of values, and the vectors in columns: left ones, then right ones."""
    m, n = a.shape[-2:]
    u, s, vh = np.linalg.svd(a, full_matrices=node.arg)
    v = vh.conj().swapaxes(-1, -2)
    if not node.arg:
        return np.concatenate([s[..., None, :], u, v], -2)
    out = np.zeros(node.shape, node.dtype)
    out[..., 0, : s.shape[-1]], out[..., 1 : 1 + m, :m], out[..., 1 + m :, :n] = s, u, v
    return out


def _factors_pull(g: Node, node: Node) -> tuple[Node]:
    """What phases of pairs of vectors get is in the first row."""
    row = rows_of(g, 0, 1)
    found = reshape_to(row, (*row.shape[:-2], row.shape[-1]))
    return (refused_phases(found, node.src[0], "phases of singular vectors of complex matrices"),)


SVD = factorisation(
    "svd_factors",
    _svd_reference,
    lambda node: 6 * node.size * node.shape[-1],
    vjp=of_cotangents(_factors_pull),
)


def _to_factors(found: Node, factors: Node) -> Node:
    """A cotangent of the factors: `phases` in their first row."""
    row = reshape_to(found, (*found.shape[:-1], 1, found.shape[-1]))
    return pad_node(row, (0,) * row.ndim, (1,) * row.ndim, factors.shape)


def _factors(a: Node, full: bool) -> tuple[Node, Node]:
    (a,) = as_matrices("svd", a)
    *lead, m, n = a.shape
    full = full and m != n
    width = max(m, n) if full else min(m, n)
    return a, Node(SVD, (a,), full, (*lead, 1 + m + n, width), a.dtype)


# --- values ---------------------------------------------------------------------------------------


def _values_pull(g: Node, node: Node) -> tuple[Node]:
    u, v = _left_of(*node.src), _right_of(*node.src)
    return (product(scaled_columns(u, g), adjoint(v)),)


def _values_jvp(t: Sequence[Any], node: Node) -> Node:
    u, v = _left_of(*node.src), _right_of(*node.src)
    return real_part(diagonal(product(adjoint(u), t[0], v), 0, -2, -1))


VALUES = by_factors(
    "singular_values",
    lambda factors, node: factors[..., 0, : node.shape[-1]].real,
    of_cotangents(_values_pull),
    _values_jvp,
)


def _values_of(a: Node, factors: Node) -> Node:
    shape = (*a.shape[:-2], min(a.shape[-2:]))
    return Node(VALUES, (a, factors), None, shape, real_of(a.dtype))


# --- as many vectors as values --------------------------------------------------------------------


def _parts(node: Node) -> tuple[Node, Node, Node, Node]:
    """The left and the right vectors, the singular values, and the inverse differences of their
    squares."""
    u, v, s = _left_of(*node.src), _right_of(*node.src), _values_of(*node.src)
    return u, v, s, inverse_differences(s * s)


def _beside(x: Node, vectors: Node) -> Node:
    """The part of `x` that is orthogonal to `vectors`."""
    return x - product(vectors, product(adjoint(vectors), x))


def _scaled_rows(x: Node, factors: Node) -> Node:
    return turned(scaled_columns(turned(x), factors))


def _with_phases(inner: Node, diagonals: Node, s: Node, sign: float) -> Node:
    """`inner`, and half of the imaginary parts of diagonals over values: the other vectors have the
    other half."""
    if not is_complex(inner.dtype):
        return inner
    turn = imag_part(diagonal(diagonals, 0, -2, -1)) / s * const(0.5 * sign, s.dtype)
    return inner + diagonal_matrix(complex_node(zeros(turn), turn))


def _given(out: Node, vectors: Node, g: Node, node: Node) -> tuple[Node, Node | None]:
    """Cotangents of the matrices and of the factors."""
    if not is_complex(g.dtype):
        return out, None
    return out, _to_factors(phases(vectors, g), node.src[1])


def _left_pull(g: Node, node: Node) -> tuple[Node | None, ...]:
    u, v, s, gaps = _parts(node)
    seen = product(adjoint(u), g)
    inner = gaps * seen
    inner = _with_phases(scaled_columns(inner + adjoint(inner), s), seen, s, 1.0)
    out = product(u, inner, adjoint(v))
    if u.shape[-2] > u.shape[-1]:
        out += product(scaled_columns(_beside(g, u), 1.0 / s), adjoint(v))
    return _given(out, u, g, node)


def _moved(inner: Node, s: Node, gaps: Node) -> Node:
    """How vectors move in the space that they span, for the derivative seen by them."""
    turned_inner = _scaled_rows(adjoint(inner), s)
    return _with_phases(gaps * (scaled_columns(inner, s) + turned_inner), inner, s, 1.0)


def _left_jvp(t: Sequence[Any], node: Node) -> Node:
    u, v, s, gaps = _parts(node)
    moved = product(t[0], v)
    out = product(u, _moved(product(adjoint(u), moved), s, gaps))
    return out + scaled_columns(_beside(moved, u), 1.0 / s) if u.shape[-2] > u.shape[-1] else out


def _right_pull(g: Node, node: Node) -> tuple[Node | None, ...]:
    u, v, s, gaps = _parts(node)
    seen = product(adjoint(v), g)
    inner = gaps * seen
    inner = _with_phases(_scaled_rows(inner + adjoint(inner), s), seen, s, -1.0)
    out = product(u, inner, adjoint(v))
    if v.shape[-2] > v.shape[-1]:
        out += product(scaled_columns(u, 1.0 / s), adjoint(_beside(g, v)))
    return _given(out, v, g, node)


def _right_jvp(t: Sequence[Any], node: Node) -> Node:
    u, v, s, gaps = _parts(node)
    moved = product(adjoint(t[0]), u)
    out = product(v, _moved(product(adjoint(v), moved), s, gaps))
    return out + scaled_columns(_beside(moved, v), 1.0 / s) if v.shape[-2] > v.shape[-1] else out


LEFT_VECTORS = by_factors(
    "left_vectors",
    lambda factors, node: factors[..., 1 : 1 + node.shape[-2], : node.shape[-1]],
    of_cotangents(_left_pull),
    _left_jvp,
)
RIGHT_VECTORS = by_factors(
    "right_vectors",
    lambda factors, node: factors[..., factors.shape[-2] - node.shape[-2] :, : node.shape[-1]],
    of_cotangents(_right_pull),
    _right_jvp,
)


def _left_of(a: Node, factors: Node) -> Node:
    shape = (*a.shape[:-1], min(a.shape[-2:]))
    return Node(LEFT_VECTORS, (a, factors), None, shape, a.dtype)


def _right_of(a: Node, factors: Node) -> Node:
    *lead, m, n = a.shape
    return Node(RIGHT_VECTORS, (a, factors), None, (*lead, n, min(m, n)), a.dtype)


# --- vectors beyond the values --------------------------------------------------------------------

_BASIS = "singular vectors beyond the singular values"


def _beyond(g: Node, rest: Node, out: Node) -> Node:
    """`out`, if the cotangent of `rest` is the same for any basis."""
    turns = product(adjoint(rest), g)
    return out + refused_basis(turns - adjoint(turns), g, out, _BASIS)


def _left_rest_pull(g: Node, node: Node) -> tuple[Node]:
    u, v, s, _ = _parts(node)
    inner = product(adjoint(g), scaled_columns(u, 1.0 / s))
    return (_beyond(g, node, -product(node, inner, adjoint(v))),)


def _left_rest_jvp(t: Sequence[Any], node: Node) -> Node:
    u, v, s, _ = _parts(node)
    return -product(scaled_columns(u, 1.0 / s), adjoint(product(t[0], v)), node)


def _right_rest_pull(g: Node, node: Node) -> tuple[Node]:
    u, v, s, _ = _parts(node)
    inner = product(adjoint(scaled_columns(v, 1.0 / s)), g)
    return (_beyond(g, node, -product(u, inner, adjoint(node))),)


def _right_rest_jvp(t: Sequence[Any], node: Node) -> Node:
    u, v, s, _ = _parts(node)
    return -product(scaled_columns(v, 1.0 / s), adjoint(u), t[0], node)


def _last(factors: np.ndarray, node: Node, begin: int) -> np.ndarray:
    """The last columns of the vectors that begin in row `begin`."""
    rows, columns = node.shape[-2:]
    return factors[..., begin : begin + rows, rows - columns : rows]


LEFT_REST = by_factors(
    "left_rest",
    lambda factors, node: _last(factors, node, 1),
    of_cotangents(_left_rest_pull),
    _left_rest_jvp,
)
RIGHT_REST = by_factors(
    "right_rest",
    lambda factors, node: _last(factors, node, factors.shape[-2] - node.shape[-2]),
    of_cotangents(_right_rest_pull),
    _right_rest_jvp,
)


def _completed(op: Any, part: Node, a: Node, factors: Node) -> Node:
    """The vectors of `part`, and those that complete the basis."""
    *lead, rows, columns = part.shape
    if not factors.arg or rows == columns:
        return part
    rest = Node(op, (a, factors), None, (*lead, rows, rows - columns), a.dtype)
    return concatenate([part, rest], axis=-1)


# --- entries --------------------------------------------------------------------------------------


def _svdvals(a: Node) -> Node:
    return _values_of(*_factors(a, False))


def _svd_left(a: Node, full: bool) -> Node:
    given = _factors(a, bool(full))
    return _completed(LEFT_REST, _left_of(*given), *given)


def _svd_right(a: Node, full: bool) -> Node:
    given = _factors(a, bool(full))
    return adjoint(_completed(RIGHT_REST, _right_of(*given), *given))


def full_rank(rng: np.random.Generator, shapes: Sequence[tuple[int, ...]]) -> list:
    """`sample` for a matrix with singular values apart from one another and from 0, and other
    operands."""
    first, *others = [rng.uniform(-0.4, 0.4, shape) for shape in shapes]
    m, n = first.shape[-2:]
    return [first + np.eye(m, n) * (1.0 + np.arange(n)), *others]


svdvals = operation(
    np.linalg.svdvals,
    _svdvals,
    "The singular values of matrices, in descending order.",
    op=VALUES,
    shapes=((4, 3),),
    sample=full_rank,
    names=_A,
    slope="The gradient g becomes (u * g) @ vh, with the singular vectors; that of repeated "
    "values, and of 0, is one of those that a basis of their vectors gives.",
    returns="Of shape (..., min(m, n)), for `a` of shape (..., m, n).",
    complex=True,
)
svd_left = operation(
    "svd_left",
    _svd_left,
    "The left singular vectors of matrices.",
    {"full": False},
    unfinished=True,
    numpy=lambda a: np.linalg.svd(a, full_matrices=False)[0],
    op=LEFT_VECTORS,
    shapes=((4, 3),),
    sample=full_rank,
    names=_A,
    public=False,
    complex=True,
)
svd_right = operation(
    "svd_right",
    _svd_right,
    "The right singular vectors of matrices, as rows.",
    {"full": False},
    numpy=lambda a: np.linalg.svd(a, full_matrices=False)[2],
    op=RIGHT_VECTORS,
    shapes=((4, 3),),
    sample=full_rank,
    names=_A,
    public=False,
    complex=True,
)
