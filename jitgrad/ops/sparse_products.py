"""Products and systems of sparse matrices, as calls of SciPy.

A matrix is the elements of a `Pattern`, a constant, in the order of compressed rows; the elements
are an operand. Three operations are each other's derivatives: the product with a dense matrix, the
product of two dense matrices at the places of the pattern alone (`sampled`), and the solution of a
system. They are no entries of the catalogue, since no function takes a pattern:
`jitgrad.scipy.sparse` records them. Start at `sparse_product`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..ir import Node, Op
from ..ir.shapes import broadcast_shapes
from .movement import permute
from .primitives import broadcast, reshape_to
from .rows import Rows, each_row


class Pattern:
    """Where a matrix of `shape` has elements: in the compressed rows `indptr` and `indices`, as
    SciPy has them; `rows` are the numbers of their rows."""

    __slots__ = ("factors", "indices", "indptr", "rows", "shape")

    def __init__(self, indices: np.ndarray, indptr: np.ndarray, shape: tuple[int, int]) -> None:
        self.indices, self.indptr, self.shape = indices, indptr, shape
        self.rows = np.repeat(np.arange(shape[0]), np.diff(indptr))
        #: The elements that were factorised last, and the factors.
        self.factors: tuple[np.ndarray, Any] | None = None

    def matrix(self, data: np.ndarray, transposed: bool = False) -> Any:
        """SciPy's matrix of these elements, or its transpose, without a copy."""
        from scipy import sparse  # type: ignore[import-untyped]

        given = data, self.indices, self.indptr
        if transposed:
            return sparse.csc_array(given, shape=self.shape[::-1])
        return sparse.csr_array(given, shape=self.shape)

    def factorised(self, data: np.ndarray) -> Any:
        """The LU factors; those of the last call, where the elements are the same."""
        from scipy.sparse.linalg import splu  # type: ignore[import-untyped]

        known = self.factors
        if known is not None and np.array_equal(known[0], data):
            return known[1]
        matrix = self.matrix(data).tocsc()
        matrix.sum_duplicates()
        try:
            factors = splu(matrix)
        except RuntimeError as error:
            raise np.linalg.LinAlgError(f"got a singular sparse matrix: {error}") from None
        self.factors = data.copy(), factors
        return factors

    def __repr__(self) -> str:
        return f"{self.shape} with {self.indices.size} elements"


class _Turned(NamedTuple):
    """A pattern, or that of the transposed matrix."""

    pattern: Pattern
    transposed: bool

    @property
    def shape(self) -> tuple[int, ...]:
        shape = self.pattern.shape
        return shape[::-1] if self.transposed else shape


def _each(function: Callable[..., np.ndarray], node: Node, *operands: np.ndarray) -> np.ndarray:
    """`function` on each of a stack of operands, of which some may have fewer leading axes."""
    lead = node.shape[: node.ndim - (1 if node.op is SAMPLED else 2)]
    if not lead:
        return function(*operands)
    out = np.empty(node.shape, node.dtype)
    for place in np.ndindex(*lead):
        out[place] = function(*[x[place] for x in operands])
    return out


def _product_reference(data: np.ndarray, x: np.ndarray, node: Node) -> np.ndarray:
    pattern, transposed = node.arg
    return _each(lambda d, x: pattern.matrix(d, transposed) @ x, node, data, x)


def _product_vjp(g: Node, node: Node) -> tuple[Node, Node]:
    (data, x), (pattern, transposed) = node.src, node.arg
    pair = (x, g) if transposed else (g, x)
    return sampled(pattern, *pair), sparse_product(pattern, data, g, not transposed)


def _product_jvp(t: Sequence[Node | None], node: Node) -> Node | None:
    (data, x), (pattern, transposed) = node.src, node.arg
    by_data = None if t[0] is None else sparse_product(pattern, t[0], x, transposed)
    if t[1] is None:
        return by_data
    by_x = sparse_product(pattern, data, t[1], transposed)
    return by_x if by_data is None else by_data + by_x


def _columns(rows: Rows, node: Node, size: int) -> Node:
    """Many right operands of one matrix are more columns."""
    data, x = rows
    if data is not None or x is None:
        return each_row(rows, node, size)
    *lead, n, k = x.shape
    if len(lead) != 1:
        return each_row(rows, node, size)
    side = reshape_to(permute(x, (1, 0, 2)), (n, size * k))
    made = Node(node.op, (node.src[0], side), node.arg, (node.shape[0], size * k), node.dtype)
    return permute(reshape_to(made, (node.shape[0], size, k)), (1, 0, 2))


def _flops(node: Node) -> int:
    return 2 * node.src[0].size * node.shape[-1]


PRODUCT = Op(
    "sparse_product",
    "call",
    _product_reference,
    vjp=_product_vjp,
    jvp=_product_jvp,
    batch=_columns,
    flops=_flops,
)


def sparse_product(pattern: Pattern, data: Node, x: Node, transposed: bool = False) -> Node:
    """The product of a sparse matrix, or its transpose, with dense ones (n, k)."""
    turned = _Turned(pattern, transposed)
    lead = broadcast_shapes(data.shape[:-1], x.shape[:-2])
    data, x = broadcast(data, (*lead, data.shape[-1])), broadcast(x, (*lead, *x.shape[-2:]))
    return Node(PRODUCT, (data, x), turned, (*lead, turned.shape[0], x.shape[-1]), x.dtype)


def _sampled_reference(u: np.ndarray, v: np.ndarray, node: Node) -> np.ndarray:
    pattern = node.arg
    return _each(
        lambda u, v: np.einsum("ij,ij->i", u[pattern.rows], v[pattern.indices]), node, u, v
    )


def _sampled_vjp(g: Node, node: Node) -> tuple[Node, Node]:
    (u, v), pattern = node.src, node.arg
    return sparse_product(pattern, g, v), sparse_product(pattern, g, u, True)


def _sampled_jvp(t: Sequence[Node | None], node: Node) -> Node | None:
    (u, v), pattern = node.src, node.arg
    parts = [
        *([] if t[0] is None else [sampled(pattern, t[0], v)]),
        *([] if t[1] is None else [sampled(pattern, u, t[1])]),
    ]
    return sum(parts[1:], parts[0]) if parts else None


SAMPLED = Op(
    "sampled_product",
    "call",
    _sampled_reference,
    vjp=_sampled_vjp,
    jvp=_sampled_jvp,
    batch=each_row,
    flops=lambda node: 2 * node.size * node.src[0].shape[-1],
)


def sampled(pattern: Pattern, u: Node, v: Node) -> Node:
    """The elements of ``u @ v.mT`` at the places of a pattern."""
    lead = broadcast_shapes(u.shape[:-2], v.shape[:-2])
    u, v = (broadcast(x, (*lead, *x.shape[-2:])) for x in (u, v))
    return Node(SAMPLED, (u, v), pattern, (*lead, pattern.indices.size), u.dtype)


def _solution_reference(data: np.ndarray, b: np.ndarray, node: Node) -> np.ndarray:
    pattern, transposed = node.arg

    def solved(data: np.ndarray, b: np.ndarray) -> np.ndarray:
        factors = pattern.factorised(np.asarray(data, np.float64))
        out = factors.solve(np.asarray(b, np.float64), "T" if transposed else "N")
        return out.astype(node.dtype, copy=False)

    return _each(solved, node, data, b)


def _solution_vjp(g: Node, node: Node) -> tuple[Node, Node]:
    data, (pattern, transposed) = node.src[0], node.arg
    w = sparse_solution(pattern, data, g, not transposed)
    pair = (node, w) if transposed else (w, node)
    return -sampled(pattern, *pair), w


def _solution_jvp(t: Sequence[Node | None], node: Node) -> Node | None:
    data, (pattern, transposed) = node.src[0], node.arg
    right = t[1]
    if t[0] is not None:
        moved = sparse_product(pattern, t[0], node, transposed)
        right = -moved if right is None else right - moved
    return None if right is None else sparse_solution(pattern, data, right, transposed)


SOLVED = Op(
    "sparse_solution",
    "call",
    _solution_reference,
    vjp=_solution_vjp,
    jvp=_solution_jvp,
    batch=_columns,
    flops=_flops,
)


def sparse_solution(pattern: Pattern, data: Node, b: Node, transposed: bool = False) -> Node:
    """The solutions of systems with a square sparse matrix, or its transpose."""
    lead = broadcast_shapes(data.shape[:-1], b.shape[:-2])
    data, b = broadcast(data, (*lead, data.shape[-1])), broadcast(b, (*lead, *b.shape[-2:]))
    return Node(SOLVED, (data, b), _Turned(pattern, transposed), b.shape, b.dtype)
