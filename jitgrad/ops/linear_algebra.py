"""The entries of linear algebra: products (matmul, dot, outer, inner, tensordot...) and norms.

matmul on stacks of matrices is the one primitive, and BLAS's, through NumPy; a dot of two vectors
is a fused multiply and sum, and norms are composites of reductions.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, SupportsIndex

import numpy as np

from ..base.dtypes import BOOL, real_of
from ..base.errors import ArgumentError, AxisError, ShapeError
from ..ir import Node, Op
from ..ir.shapes import Axes, broadcast_shapes, drop_axes, keep_axes, normalize_axes, normalize_axis
from .arithmetic import absolute, multiply, root0, square_size
from .axes import _swapaxes
from .comparison import equal, logical_and, not_equal, where
from .movement import permute
from .powers import power
from .primitives import SUM, broadcast, cast, conj, reduce_sum, reshape_to, unbroadcast
from .promotion import common_dtypes
from .records import Names
from .reduction import ANY, _float, max_, min_, reduce
from .registry import REGISTRY, composite, operation
from .rows import Rows


def _matmul_vjp(g: Node, node: Node) -> tuple[Node | None, ...]:
    x, y = node.src
    return unbroadcast(_product(g, _swapaxes(y, -1, -2)), x.shape), unbroadcast(
        _product(_swapaxes(x, -1, -2), g), y.shape
    )


def _matmul_jvp(t: Sequence[Any], node: Node) -> Node | None:
    x, y = node.src
    left = None if t[0] is None else _product(t[0], y)
    right = None if t[1] is None else _product(x, t[1])
    return right if left is None else left if right is None else left + right


def _matmul_reference(x: np.ndarray, y: np.ndarray, node: Node) -> np.ndarray:
    """The method `dot` takes half the time of the ufunc `matmul` for small matrices."""
    return x.dot(y) if x.ndim == y.ndim == 2 else np.matmul(x, y)


def _matmul_into(x: np.ndarray, y: np.ndarray, node: Node, out: np.ndarray) -> np.ndarray:
    return np.matmul(x, y, out=out)


def _matmul_rows(rows: Rows, node: Node, size: int) -> Node:
    """The rows of one operand with a matrix that all share are one product of matrices; outer
    products of rows are products of elements."""
    x, y = rows
    left, right = node.src
    if y is None and right.ndim == 2:
        assert x is not None
        return _shared_right(x, right)
    if x is None and left.ndim == 2:
        assert y is not None
        return _turned(_shared_right(_turned(y), _turned(left)))
    ndim = max(left.ndim, right.ndim)
    x, y = (_aligned(v, s, ndim) for v, s in zip(rows, node.src, strict=True))
    return multiply(x, y) if x.shape[-1] == 1 and x.dtype != BOOL else _product(x, y)


def _turned(x: Node) -> Node:
    """Transposed matrices; of rows or columns they have the same order in memory."""
    if 1 in x.shape[-2:]:
        return reshape_to(x, (*x.shape[:-2], x.shape[-1], x.shape[-2]))
    return _swapaxes(x, -1, -2)


def _aligned(rows: Node | None, x: Node, ndim: int) -> Node:
    """A stack of `ndim` axes behind that of rows, which has length 1 where all are `x`."""
    given = reshape_to(x, (1, *x.shape)) if rows is None else rows
    return reshape_to(given, (given.shape[0],) + (1,) * (ndim - x.ndim) + x.shape)


def _shared_right(x: Node, y: Node) -> Node:
    """``x @ y`` of a stack of matrices and a matrix."""
    flat = reshape_to(x, (math.prod(x.shape[:-1]), x.shape[-1]))
    return reshape_to(_product(flat, y), (*x.shape[:-1], y.shape[-1]))


MATMUL = Op(
    "matmul",
    "call",
    _matmul_reference,
    into=_matmul_into,
    batch=_matmul_rows,
    vjp=_matmul_vjp,
    jvp=_matmul_jvp,
    flops=lambda node: 2 * node.size * node.src[0].shape[-1],
)


def _product(x: Node, y: Node) -> Node:
    shape = (*broadcast_shapes(x.shape[:-2], y.shape[:-2]), x.shape[-2], y.shape[-1])
    return Node(MATMUL, (x, y), None, shape, x.dtype)


def _typed(x: Any, y: Any) -> tuple[Node, Node]:
    if type(x) is type(y) is Node and x.dtype is y.dtype:
        return x, y
    dtype = common_dtypes((x, y))[1]
    return cast(x, dtype), cast(y, dtype)


def _matmul(x: Any, y: Any) -> Node:
    x, y = _typed(x, y)
    if x.ndim == 0 or y.ndim == 0:
        raise ShapeError(
            "got a 0-d operand of matmul, expected at least one axis; use * for scalars"
        )
    n, m = x.shape[-1], y.shape[-2] if y.ndim > 1 else y.shape[0]
    if n != m:
        raise ShapeError(
            f"got matmul of shapes {x.shape} and {y.shape}: {n} columns on the left, {m} rows on "
            "the right, "
            "expected as many; transpose one of them?"
        )
    if x.ndim == y.ndim == 1:
        return _inner(x, y)
    left = reshape_to(x, (1, n)) if x.ndim == 1 else x
    right = reshape_to(y, (m, 1)) if y.ndim == 1 else y
    out = _product(left, right)
    shape = (
        out.shape[:-2]
        + (out.shape[-2:-1] if x.ndim > 1 else ())
        + (out.shape[-1:] if y.ndim > 1 else ())
    )
    return reshape_to(out, shape)


def _inner(x: Node, y: Node) -> Node:
    if x.dtype == BOOL:
        return reduce(ANY, logical_and(x, y), None, False)
    return reduce_sum(multiply(x, y), (0,))


_BILINEAR = (
    "Bilinear: the gradient of an operand is the product of that of the result and the other."
)
matmul = operation(
    np.matmul,
    _matmul,
    "The matrix product; stacks of matrices (..., n, k) @ (..., k, m) broadcast.",
    operands=2,
    op=MATMUL,
    shapes=((3, 4), (4, 2)),
    names=Names(aliases=("mm", "mv", "bmm"), operator="matmul"),
    slope="The gradient g becomes g @ y.mT for x and x.mT @ g for y.",
    returns="Of shape (..., n, m), for x of shape (..., n, k) and y of shape (..., k, m).",
    complex=True,
)


def _contracted_axes(x: Node, y: Node, axes: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The axes of x and those of y that are summed over."""
    of_x, of_y = _named_axes(x, y, axes)
    left = tuple(normalize_axis(a, x.ndim) for a in of_x)
    right = tuple(normalize_axis(a, y.ndim) for a in of_y)
    if len(set(left)) != len(left) or len(set(right)) != len(right):
        raise AxisError(
            f"got tensordot over axes {left} and {right}, in which an axis is repeated; name each "
            "axis once"
        )
    if [x.shape[a] for a in left] != [y.shape[a] for a in right]:
        raise ShapeError(
            f"got tensordot of shapes {x.shape} and {y.shape} over axes {left} and {right}, "
            "expected equal lengths there"
        )
    return left, right


def _named_axes(x: Node, y: Node, axes: Any) -> tuple[Iterable[int], Iterable[int]]:
    """What the parameter `axes` names of x and of y: a number of axes, or a pair."""
    if isinstance(axes, int):
        if not 0 <= axes <= min(x.ndim, y.ndim):
            raise AxisError(
                f"got tensordot of shapes {x.shape} and {y.shape} over {axes} axes, which they do "
                "not have"
            )
        return range(x.ndim - axes, x.ndim), range(axes)
    if not isinstance(axes, (tuple, list)) or len(axes) != 2:
        raise ArgumentError(
            f"got axes = {axes!r}, expected a number of axes, or a pair: those of x and those of y"
        )
    of_x, of_y = (tuple(a) if isinstance(a, (tuple, list)) else (a,) for a in axes)
    return of_x, of_y


def _tensordot(x: Node, y: Node, axes: Any) -> Node:
    x, y = _typed(x, y)
    left, right = _contracted_axes(x, y, axes)
    rest_x = tuple(a for a in range(x.ndim) if a not in left)
    rest_y = tuple(a for a in range(y.ndim) if a not in right)
    shape = tuple(x.shape[a] for a in rest_x) + tuple(y.shape[a] for a in rest_y)
    n = math.prod(x.shape[a] for a in left)
    rows = math.prod(x.shape[a] for a in rest_x)
    columns = math.prod(y.shape[a] for a in rest_y)
    if not rest_x and not rest_y:
        return _inner(reshape_to(permute(x, left), (n,)), reshape_to(permute(y, right), (n,)))
    product = _product(
        reshape_to(permute(x, rest_x + left), (rows, n)),
        reshape_to(permute(y, right + rest_y), (n, columns)),
    )
    return reshape_to(product, shape)


tensordot = composite(
    np.tensordot,
    _tensordot,
    "The product summed over pairs of axes.",
    {"axes": 2},
    operands=2,
    cases=({"axes": 1}, {"axes": ((0,), (1,))}),
    shapes=((3, 3), (3, 3)),
    names=Names(method=False),
    slope=_BILINEAR,
    returns="The axes of x and of y that are not summed over.",
    complex=True,
)


def _dot(x: Any, y: Any) -> Node:
    if x.ndim == 0 or y.ndim == 0:
        return multiply(x, y)
    if y.ndim == 1 or (x.ndim <= 2 and y.ndim <= 2):
        return _matmul(x, y)
    return _tensordot(x, y, ((x.ndim - 1,), (y.ndim - 2,)))


dot = composite(
    np.dot,
    _dot,
    "The dot product, by NumPy's rules for more dimensions.",
    operands=2,
    shapes=((4,), (4,)),
    slope=_BILINEAR,
    returns="The axes of x but the last, and of y but the last but one.",
    complex=True,
)


def _inner_product(x: Any, y: Any) -> Node:
    if x.ndim == 0 or y.ndim == 0:
        return multiply(x, y)
    return _tensordot(x, y, ((x.ndim - 1,), (y.ndim - 1,)))


inner = composite(
    np.inner,
    _inner_product,
    "The sum of products over the last axes.",
    operands=2,
    shapes=((3, 4), (2, 4)),
    names=Names(method=False),
    slope=_BILINEAR,
    returns="Of shape (..., n, m), for x of shape (..., n, k) and y of shape (m, k).",
    complex=True,
)


def _outer(x: Node, y: Node) -> Node:
    return multiply(reshape_to(x, (x.size, 1)), reshape_to(y, (1, y.size)))


outer = composite(
    np.outer,
    _outer,
    "All products of an element of x and one of y.",
    operands=2,
    shapes=((3,), (4,)),
    names=Names(method=False),
    slope=_BILINEAR,
    returns="Of shape (n, m), for n elements of x and m of y.",
    complex=True,
)


def _vecdot(x: Any, y: Any, axis: SupportsIndex) -> Node:
    x, y = _typed(x, y)
    n, m = (v.shape[normalize_axis(axis, v.ndim)] for v in (x, y))
    if n != m:
        raise ShapeError(
            f"got vectors of {n} and {m} elements along axis {axis} for vecdot, expected as many"
        )
    shape = broadcast_shapes(x.shape, y.shape)
    x, y = broadcast(x, shape), broadcast(y, shape)
    return reduce_sum(multiply(conj(x), y), (normalize_axis(axis, len(shape)),))


vecdot = composite(
    np.vecdot,
    _vecdot,
    "Dot products of vectors along `axis`; complex numbers of x are conjugated.",
    {"axis": -1},
    operands=2,
    shapes=((3, 4), (3, 4)),
    names=Names(method=False),
    slope=_BILINEAR,
    returns="Of shape (...), for x and y of shape (..., n).",
    complex=True,
)
matvec = composite(
    "matvec",
    lambda x, y: _by_vector(x, y, False),
    "Products of the matrices on the last axes of x with the vectors on y's last axis.",
    numpy=getattr(np, "matvec", None),
    operands=2,
    shapes=((3, 4), (4,)),
    names=Names(method=False),
    slope=_BILINEAR,
    returns="Of shape (..., n), for x of shape (..., n, m) and y of shape (..., m).",
    complex=True,
)
vecmat = composite(
    "vecmat",
    lambda x, y: _by_vector(y, conj(x), True),
    "Products of the vectors on the last axis of x with the matrices on y's last axes; complex "
    "vectors are conjugated.",
    numpy=getattr(np, "vecmat", None),
    operands=2,
    shapes=((3,), (3, 4)),
    names=Names(method=False),
    slope=_BILINEAR,
    returns="Of shape (..., m), for x of shape (..., n) and y of shape (..., n, m).",
    complex=True,
)


def _by_vector(matrices: Node, vectors: Node, left: bool) -> Node:
    if matrices.ndim < 2 or not vectors.ndim:
        raise ShapeError(
            f"got matrices of shape {matrices.shape} and vectors of shape {vectors.shape}, "
            "expected two axes at least, and one"
        )
    lead, n = vectors.shape[:-1], vectors.shape[-1:]
    if left:
        out, axis = _matmul(reshape_to(vectors, (*lead, 1, *n)), matrices), -2
    else:
        out, axis = _matmul(matrices, reshape_to(vectors, (*lead, *n, 1))), -1
    return reshape_to(out, drop_axes(out.shape, (out.ndim + axis,)))


# --- norms ----------------------------------------------------------------------------------------

INF = float("inf")


def _vector_norm(x: Node, ord: Any, axis: Axes, keepdims: bool) -> Node:
    """Over one axis, several as if they were one, or all (None)."""
    x = _float(x)
    if isinstance(ord, str):
        raise ArgumentError(
            f"got ord={ord!r} for a norm of vectors, expected a number; 'fro' is one of matrices"
        )
    if ord in (None, 2):
        return root0(reduce(SUM, square_size(x), axis, keepdims))
    if ord in (INF, -INF) and (x.size or ord < 0):
        return (max_ if ord > 0 else min_)(absolute(x), axis=axis, keepdims=keepdims)
    if ord == 0:
        return reduce(SUM, cast(not_equal(x, 0), real_of(x.dtype)), axis, keepdims)
    if ord in (1, INF):  # of nothing the largest is 0, too
        return reduce(SUM, absolute(x), axis, keepdims)
    total = reduce(SUM, power(absolute(x), float(ord)), axis, keepdims)
    zero = equal(total, 0)  # the root's derivative is infinite there
    return where(zero, root0(where(zero, total, 1.0)), power(where(zero, 1.0, total), 1.0 / ord))


def _matrix_norm(x: Node, ord: Any, axes: tuple[int, int], keepdims: bool) -> Node:
    """Over two axes: rows, columns."""
    x = _float(x)
    rows, columns = axes
    if rows == columns:
        raise AxisError(f"got a matrix norm over axes {axes}, expected two different axes")
    if ord in (None, "fro", "f"):
        return root0(reduce(SUM, square_size(x), axes, keepdims))
    gone = tuple(sorted(axes))
    shape = keep_axes(x.shape, gone) if keepdims else drop_axes(x.shape, gone)
    if ord in (2, -2, "nuc"):
        return reshape_to(_by_singular_values(x, ord, axes), shape)
    if ord not in (1, -1, INF, -INF):
        raise ArgumentError(
            f"got ord={ord!r} for a norm of matrices, expected 'fro', 'nuc', 1, -1, 2, -2, inf or "
            "-inf"
        )
    summed, kept = (rows, columns) if ord in (1, -1) else (columns, rows)
    out = (max_ if ord > 0 else min_)(
        reduce(SUM, absolute(x), summed, True), axis=kept, keepdims=True
    )
    return reshape_to(out, shape)


def _by_singular_values(x: Node, ord: Any, axes: tuple[int, int]) -> Node:
    """The largest or smallest singular value, or their sum."""
    last = permute(x, (*[a for a in range(x.ndim) if a not in axes], *axes))
    values = REGISTRY["svdvals"](last)
    axis = values.ndim - 1
    if ord == "nuc":
        return reduce_sum(values, (axis,))
    return (max_ if ord > 0 else min_)(values, axis=axis)


def _norm(x: Node, ord: Any, axis: Axes, keepdims: bool) -> Node:
    if axis is None and (ord is None or (ord in ("fro", "f") and x.ndim == 2)):
        return _vector_norm(x, None, None, keepdims)
    axes = (
        tuple(range(x.ndim))
        if axis is None
        else axis
        if isinstance(axis, (tuple, list))
        else (axis,)
    )
    axes = tuple(normalize_axis(a, x.ndim) for a in axes)
    if len(axes) == 1:
        return _vector_norm(x, ord, axes, keepdims)
    if len(axes) == 2:
        return _matrix_norm(x, ord, axes, keepdims)
    raise ShapeError(
        f"got norm of shape {x.shape} with ord={ord!r} over {len(axes)} axes, expected 1 "
        "(vectors) or 2 (matrices); "
        "pass axis=, or flatten it with x.reshape(-1)"
    )


norm = composite(
    np.linalg.norm,
    _norm,
    "The norm of vectors (one axis) or matrices (two), by default of all elements; its "
    "derivative at 0 is 0.",
    {"ord": None, "axis": None, "keepdims": False},
    cases=(
        {},
        {"axis": 0},
        {"ord": 1, "axis": -1},
        {"ord": 3.0, "axis": -1},
        {"ord": INF, "axis": 1, "keepdims": True},
        {"ord": 1, "axis": (0, 1)},
        {"ord": -INF, "axis": (2, 0), "keepdims": True},
        {"ord": "fro", "axis": (-1, 0)},
        {"ord": 2, "axis": (2, 0)},
        {"ord": "nuc", "axis": (0, 1), "keepdims": True},
    ),
    slope="d/dx = x / out for the Euclidean norm, and 0 where that is 0.",
    complex=True,
)
vector_norm = composite(
    np.linalg.vector_norm,
    lambda x, axis, keepdims, ord: _vector_norm(x, ord, normalize_axes(axis, x.ndim), keepdims),
    "The norm of the elements along `axis` (all by default) as one vector; derivative 0 at 0.",
    {"axis": None, "keepdims": False, "ord": 2},
    cases=({}, {"axis": (0, 2)}, {"ord": 1}, {"ord": 3.0, "keepdims": True}),
    names=Names(method=False),
    slope="d/dx = x / out for the Euclidean norm, and 0 where that is 0.",
    complex=True,
)
matrix_norm = composite(
    np.linalg.matrix_norm,
    lambda x, keepdims, ord: _matrix_norm(x, ord, (_axis(x, -2), _axis(x, -1)), keepdims),
    "The norm of the matrices on the last two axes; derivative 0 at 0.",
    {"keepdims": False, "ord": "fro"},
    cases=({}, {"ord": 1}, {"ord": INF, "keepdims": True}, {"ord": -2}, {"ord": "nuc"}),
    names=Names(method=False),
    slope="d/dx = x / out for the Frobenius norm, and 0 where that is 0; for 2, -2 and 'nuc' it is "
    "u @ vh of the singular vectors that count.",
    complex=True,
)


def _axis(x: Node, axis: SupportsIndex) -> int:
    if x.ndim < 2:
        raise ShapeError(f"got matrix_norm of shape {x.shape}, expected two axes or more")
    return normalize_axis(axis, x.ndim)
