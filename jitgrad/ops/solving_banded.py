"""The entry of linear systems with banded matrices, by SciPy.

A matrix with `l` diagonals below the main one and `u` above is given by its diagonals: row r of
``ab`` has that number u - r above the main one, and ``ab[u + i - j, j] = a[i, j]``. The cotangent
of a solution is the solution for the transposed matrix, whose diagonals are those rows in the other
order, each moved along. Start at `_solution_vjp`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..base.errors import ArgumentError, ShapeError
from ..base.extras import function_of
from ..ir import Node, Op
from .joining import concatenate
from .matrices import as_matrices
from .movement import pad_node, slice_node
from .primitives import broadcast, reduce_sum, reshape_to
from .records import Names
from .registry import operation


def _reference(ab: np.ndarray, b: np.ndarray, node: Node) -> np.ndarray:
    if not b.size:
        return np.empty(b.shape, b.dtype)
    return function_of("scipy.linalg", "solve_banded")(node.arg, ab, b, check_finite=False)


def _moved(x: Node, step: int) -> Node:
    """Row i of (n, k) becomes that of number i + step, with zeros where there is none."""
    n, k = x.shape
    if not step:
        return x
    size = max(0, n - abs(step))
    kept = slice_node(x, (max(0, -step), 0), (1, 1), (size, k))
    return pad_node(kept, (min(n, max(0, step)), 0), (1, 1), (n, k))


def _row(ab: Node, r: int) -> Node:
    return slice_node(ab, (r, 0), (1, 1), (1, ab.shape[1]))


def _transposed(ab: Node, lower: int, upper: int) -> Node:
    """The diagonals of the transposed matrix, which has `upper` below the main one."""
    rows = []
    for q in range(lower + upper + 1):
        # Row q is diagonal number lower - q above the main one, so number q - lower of the matrix.
        r = upper - (q - lower)
        row = reshape_to(_row(ab, r), (ab.shape[1], 1))
        rows.append(reshape_to(_moved(row, lower - q), (1, ab.shape[1])))
    return rows[0] if len(rows) == 1 else concatenate(rows, axis=0)


def _diagonals_of(w: Node, x: Node, lower: int, upper: int) -> Node:
    """The diagonals of w xᵀ."""
    rows = []
    for r in range(lower + upper + 1):
        # ab[r, j] is a[j + r - upper, j]
        product = _moved(w, upper - r) * x
        rows.append(reshape_to(reduce_sum(product, (1,)), (1, w.shape[0])))
    return rows[0] if len(rows) == 1 else concatenate(rows, axis=0)


def _solved(ab: Node, b: Node, bands: tuple[int, int]) -> Node:
    return Node(BANDED, (ab, b), bands, b.shape, b.dtype)


def _vjp(g: Node, node: Node) -> tuple[Node, Node]:
    ab, (lower, upper) = node.src[0], node.arg
    w = _solved(_transposed(ab, lower, upper), g, (upper, lower))
    return -_diagonals_of(w, node, lower, upper), w


def _jvp(t: Sequence[Node | None], node: Node) -> Node | None:
    (ab, _), (lower, upper), (dab, db) = node.src, node.arg, t
    if dab is not None:
        moved = None
        for r in range(lower + upper + 1):
            row = reshape_to(_row(dab, r), (ab.shape[1], 1))
            part = _moved(broadcast(row, node.shape) * node, r - upper)
            moved = part if moved is None else moved + part
        assert moved is not None
        db = -moved if db is None else db - moved
    return None if db is None else _solved(ab, db, node.arg)


def _rows(rows: Sequence[Node | None], node: Node, size: int) -> Node:
    """Each row is a system of its own."""
    given = [
        [slice_first(x, k) if x is not None else s for k in range(size)]
        for x, s in zip(rows, node.src, strict=True)
    ]
    made = [_solved(ab, b, node.arg) for ab, b in zip(*given, strict=True)]
    return concatenate([reshape_to(x, (1, *x.shape)) for x in made], axis=0)


def slice_first(x: Node, k: int) -> Node:
    """Element `k` along the first axis."""
    starts = (k, *[0] * (x.ndim - 1))
    return reshape_to(slice_node(x, starts, (1,) * x.ndim, (1, *x.shape[1:])), x.shape[1:])


BANDED = Op(
    "banded_solution",
    "call",
    _reference,
    vjp=_vjp,
    jvp=_jvp,
    batch=_rows,
    flops=lambda node: 4 * node.size * sum(node.arg),
)


def _solve_banded(ab: Node, b: Node, lower: Any, upper: Any) -> Node:
    vector = b.ndim == 1
    ab, b = as_matrices("solve_banded", ab, b if not vector else reshape_to(b, (b.size, 1)))
    if lower < 0 or upper < 0:
        raise ArgumentError(
            f"got ({lower}, {upper}) diagonals for solve_banded, expected 0 or more"
        )
    if ab.ndim != 2 or b.ndim != 2 or ab.shape != (lower + upper + 1, b.shape[0]):
        raise ShapeError(
            f"got solve_banded of diagonals {ab.shape} and right sides {b.shape}, expected "
            f"({lower + upper + 1}, n), for ({lower}, {upper}) diagonals beside the main one, and "
            "(n,) or (n, k)"
        )
    out = _solved(ab, b, (lower, upper))
    return reshape_to(out, (out.shape[0],)) if vector else out


def _dominant(rng: np.random.Generator, shapes: Sequence[tuple[int, ...]]) -> list:
    """`sample` for diagonals of which the main one is the largest, and right sides."""
    ab, b = [rng.uniform(-0.5, 0.5, shape) for shape in shapes]
    ab[1] += 3.0
    return [ab, b]


banded_solution = operation(
    "banded_solution",
    _solve_banded,
    "The solutions x of the linear systems a x = b with a banded matrix, by SciPy.",
    {"lower": 1, "upper": 1},
    numpy=lambda ab, b, lower=1, upper=1: np.linalg.solve(
        sum(
            np.diag(ab[r, max(0, upper - r) : ab.shape[1] + min(0, upper - r)], upper - r)
            for r in range(lower + upper + 1)
        ),
        b,
    ),
    operands=2,
    op=BANDED,
    shapes=((3, 4), (4, 2)),
    sample=_dominant,
    names=Names(method=False, args=("ab", "b")),
    public=False,
)
