"""The entries of linear systems: solve, inv, det, the parts of slogdet, solve_triangular, cholesky.

Systems and determinants are computed of LU factors, which the derivatives read again: the cotangent
of a solution is one more solution with the same factors. LU is a call of LAPACK: see
`jitgrad.ops.lapack`. Start at `_solve`.

Derivatives are those of Giles, "An extended collection of matrix derivative results for forward and
reverse mode algorithmic differentiation" (2008).
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..base.dtypes import is_complex, real_of
from ..base.errors import ArgumentError
from ..ir import Node, Op, const
from . import lapack
from .matrices import (
    adjoint,
    as_matrices,
    by_factors,
    diagonal_part,
    factorisation,
    hermitian_part,
    identity,
    in_columns,
    lower_part,
    over_matrix,
    product,
    right_sides,
    sum_of_matrix,
    turned,
    upper_part,
)
from .primitives import (
    broadcast,
    complex_node,
    conj,
    imag_part,
    of_cotangents,
    reshape_to,
    zeros,
)
from .records import Names
from .registry import operation
from .rows import each_row
from .sampling import FLOATS
from .small_matrices import (
    cholesky_loops,
    lu_loops,
    of_determinant,
    solution_loops,
    substitution_loops,
)

LU = factorisation(
    "lu_factors",
    lambda a, node: lapack.lu(a),
    lambda node: 2 * node.size * node.shape[-1] // 3,
    loops=lu_loops,
)


def factors(a: Node) -> Node:
    """The LU factors of square matrices."""
    *lead, n, _ = a.shape
    return Node(LU, (a,), None, (*lead, n + 1, n), a.dtype)


# --- systems --------------------------------------------------------------------------------------


def _solution_vjp(g: Node, node: Node) -> tuple[Node | None, ...]:
    a, _, lu = node.src
    w = _solution(a, g, lu, not node.arg)
    return -(product(node, turned(w)) if node.arg else product(w, turned(node))), w


def _solution_jvp(t: Sequence[Node | None], node: Node) -> Node | None:
    (da, db), (a, _, lu) = t, node.src
    if da is not None:
        by_matrix = product(turned(da) if node.arg else da, node)
        db = -by_matrix if db is None else db - by_matrix
    return None if db is None else _solution(a, db, lu, node.arg)


SOLUTION = by_factors(
    "solution",
    lambda b, lu, node: lapack.lu_solve(lu, b, node.arg),
    _solution_vjp,
    _solution_jvp,
    flops=lambda node: 2 * node.size * node.shape[-2],
    loops=solution_loops,
)


def _solution(a: Node, b: Node, lu: Node, transposed: bool) -> Node:
    return Node(SOLUTION, (a, b, lu), transposed, b.shape, b.dtype)


def _solve(a: Node, b: Node) -> Node:
    vector = b.ndim == 1
    a, b = as_matrices("solve", a, b, square=True)
    b, lu = right_sides("solve", a, b, vector), factors(a)

    def solved(a: Node, b: Node) -> Node:
        return _solution(a, b, broadcast(lu, (*a.shape[:-2], *lu.shape[-2:])), False)

    out = in_columns(solved, a, b)
    return reshape_to(out, out.shape[:-1]) if vector else out


def well_conditioned(rng: np.random.Generator, shapes: Sequence[tuple[int, ...]]) -> list:
    """`sample` for a square matrix and other operands."""
    first, *others = [rng.uniform(-1, 1, shape) for shape in shapes]
    return [first + 3 * np.eye(first.shape[-1]), *others]


solve = operation(
    np.linalg.solve,
    _solve,
    "The solutions x of the linear systems a x = b.",
    operands=2,
    op=SOLUTION,
    shapes=((3, 3), (3, 2)),
    sample=well_conditioned,
    names=Names(method=False, args=("a", "b")),
    slope="The gradient g becomes w = solve(a.mT, g) for b and -w @ x.mT for a; a is factorised "
    "once for values and derivatives. A singular matrix raises numpy.linalg.LinAlgError where "
    "values are computed.",
    returns="Of the shape of `b`, for `a` of shape (..., n, n) and `b` of shape (..., n, k), or "
    "one vector (n,); stacks broadcast.",
    complex=True,
)


def _inv(a: Node) -> Node:
    (a,) = as_matrices("inv", a, square=True)
    return _solution(a, broadcast(identity(a.shape[-1], a.dtype), a.shape), factors(a), False)


inv = operation(
    np.linalg.inv,
    _inv,
    "The inverse matrices.",
    op=SOLUTION,
    shapes=((3, 3),),
    sample=well_conditioned,
    names=Names(method=False, args=("a",)),
    slope="The gradient g becomes -out.mT @ g @ out.mT. A singular matrix raises "
    "numpy.linalg.LinAlgError where values are computed.",
    returns="Of the shape of `a`, (..., n, n).",
    complex=True,
)


# --- determinants ---------------------------------------------------------------------------------


def _log_abs_det(lu: np.ndarray, node: Node) -> np.ndarray:
    return np.log(np.abs(lapack.diagonal_of_lu(lu))).sum(-1, dtype=node.dtype)


LOG_ABS_DET = by_factors(
    "log_abs_det",
    _log_abs_det,
    lambda g, node: (over_matrix(g, node.src[0].shape) * turned(_inv(node.src[0])),),
    lambda t, node: sum_of_matrix(turned(_inv(node.src[0])) * t[0]),
    loops=of_determinant("log"),
)


def _sign_vjp(g: Node, node: Node) -> tuple[Node | None, ...]:
    """The sign of a complex determinant is a number of size 1, which turns by the imaginary part
    of the trace of inv(a) @ da."""
    if not is_complex(node.dtype):
        return (None,)
    turn = imag_part(g * node)
    cotangent = over_matrix(complex_node(zeros(turn), turn), node.src[0].shape)
    return (cotangent * turned(_inv(node.src[0])),)


def _sign_jvp(t: Sequence[Any], node: Node) -> Node | None:
    if not is_complex(node.dtype):
        return None
    turn = imag_part(sum_of_matrix(turned(_inv(node.src[0])) * t[0]))
    return complex_node(zeros(turn), turn) * node


SIGN_OF_DET = by_factors(
    "sign_of_det",
    lambda lu, node: lapack.sign_of_lu(lu),
    _sign_vjp,
    _sign_jvp,
    loops=of_determinant("sign"),
)


def _det_reference(lu: np.ndarray, node: Node) -> np.ndarray:
    return lapack.sign_of_lu(lu) * np.abs(lapack.diagonal_of_lu(lu)).prod(-1)


DET = by_factors(
    "det",
    _det_reference,
    lambda g, node: (over_matrix(g, node.src[0].shape) * _cofactors(*node.src),),
    lambda t, node: sum_of_matrix(_cofactors(*node.src) * t[0]),
    loops=of_determinant("det"),
)


def _cofactors_reference(a: np.ndarray, lu: np.ndarray, node: Node) -> np.ndarray:
    """det(a) times the transposed inverse; where that loses its digits by the singular values,
    which have cofactors of any matrix."""
    if not a.size:
        return np.empty(a.shape, a.dtype)
    matrices, lus = lapack.stacked(a), lapack.stacked(lu)
    pivots = np.abs(lapack.diagonal_of_lu(lus))
    small = pivots.min(-1) <= 1e3 * np.finfo(a.dtype).eps * pivots.max(-1)
    out = np.empty(matrices.shape, a.dtype)
    det = _det_reference(lus, node)
    eye = np.broadcast_to(np.eye(a.shape[-1], dtype=a.dtype), matrices[~small].shape)
    out[~small] = lapack.lu_solve(lus[~small], eye, True) * det[~small, None, None]
    if small.any():
        u, s, vt = np.linalg.svd(matrices[small])
        others = np.stack([np.delete(s, k, -1).prod(-1) for k in range(s.shape[-1])], -1)
        sign = np.linalg.det(u @ vt)
        sign = sign if np.iscomplexobj(sign) else np.round(sign)
        out[small] = (u.conj() * (others * sign[:, None])[:, None]) @ vt.conj()
    return out.reshape(a.shape)


def _cofactors_along(a: Node, t: Node, lu: Node) -> Node:
    """The derivative of the cofactors in the direction `t`, which is symmetric: the cotangent is
    the same in the direction of the cotangent."""
    return Node(COFACTORS_ALONG, (a, t, lu), None, a.shape, a.dtype)


def _cofactors_along_reference(
    a: np.ndarray, t: np.ndarray, lu: np.ndarray, node: Node
) -> np.ndarray:
    """By the singular values: for diagonal matrices these are products of all but two of them, of
    any matrix."""
    if not a.size:
        return np.empty(a.shape, a.dtype)
    matrices = lapack.stacked(a)
    known = np.isfinite(matrices).all((-2, -1))
    u, s, vt = np.linalg.svd(np.where(known[:, None, None], matrices, 0.0))
    s[~known] = np.nan
    n = s.shape[-1]
    inner = u.conj().swapaxes(-1, -2) @ lapack.stacked(t) @ vt.conj().swapaxes(-1, -2)
    without = np.zeros((*s.shape, n), s.dtype)  # the products without i and j, 0 for i = j
    for i in range(n):
        others = np.delete(s, i, -1)
        ones = np.ones((*others.shape[:-1], 1), s.dtype)
        before = np.concatenate([ones, others[..., :-1].cumprod(-1)], -1)
        after = np.concatenate([others[..., :0:-1].cumprod(-1)[..., ::-1], ones], -1)
        if n > 1:
            without[..., i, :] = np.insert(before * after, i, 0.0, axis=-1)
    along = (without @ np.diagonal(inner, axis1=-2, axis2=-1)[..., None])[..., 0]
    out = -without * inner.swapaxes(-1, -2)
    out[..., range(n), range(n)] = along
    sign = np.linalg.det(u @ vt)
    sign = sign if np.iscomplexobj(sign) else np.round(sign)
    return (u.conj() @ (out * sign[:, None, None]) @ vt.conj()).reshape(a.shape)


def _cofactors_twice(a: Node, s: Node, t: Node, lu: Node) -> Node:
    """The second derivative of the cofactors, in two directions."""
    inverse, node = turned(_inv(a)), _cofactors(a, lu)
    moved = -product(inverse, turned(s), inverse)
    along = over_matrix(sum_of_matrix(inverse * t), node.shape)
    changed = _cofactors_along(a, s, lu)
    return (
        over_matrix(sum_of_matrix(moved * t), node.shape) * node
        + along * changed
        - product(changed, turned(t), inverse)
        - product(node, turned(t), moved)
    )


def _cofactors_along_jvp(tangents: Sequence[Node | None], node: Node) -> Node | None:
    (a, t, lu), (da, dt) = node.src, tangents[:2]
    parts = [] if da is None else [_cofactors_twice(a, da, t, lu)]
    parts += [] if dt is None else [_cofactors_along(a, dt, lu)]
    return functools.reduce(operator.add, parts) if parts else None


COFACTORS_ALONG = Op(
    "cofactors_along",
    "call",
    _cofactors_along_reference,
    vjp=lambda g, node: (
        _cofactors_twice(node.src[0], node.src[1], g, node.src[2]),
        _cofactors_along(node.src[0], g, node.src[2]),
        None,
    ),
    jvp=_cofactors_along_jvp,
    batch=each_row,
    flops=lambda node: 20 * node.size * node.shape[-1],
)


COFACTORS = Op(
    "cofactors",
    "call",
    _cofactors_reference,
    vjp=lambda g, node: (_cofactors_along(node.src[0], g, node.src[1]), None),
    jvp=lambda t, node: None if t[0] is None else _cofactors_along(node.src[0], t[0], node.src[1]),
    batch=each_row,
    flops=lambda node: 2 * node.size * node.shape[-1],
    loops=of_determinant("cofactors"),
)


def _cofactors(a: Node, lu: Node) -> Node:
    return Node(COFACTORS, (a, lu), None, a.shape, a.dtype)


def _of_determinant(name: str, op: Op) -> Any:
    def build(a: Node) -> Node:
        (a,) = as_matrices(name, a, square=True)
        dtype = real_of(a.dtype) if op is LOG_ABS_DET else a.dtype
        return Node(op, (a, factors(a)), None, a.shape[:-2], dtype)

    return build


det = operation(
    np.linalg.det,
    _of_determinant("det", DET),
    "The determinants of square matrices.",
    op=DET,
    shapes=((3, 3),),
    sample=well_conditioned,
    names=Names(method=False, args=("a",)),
    slope="The gradient g becomes g times the matrix of cofactors, that of a singular matrix, too, "
    "as second derivatives are; third ones of a singular matrix raise numpy.linalg.LinAlgError.",
    returns="Of shape (...), for `a` of shape (..., n, n).",
    complex=True,
)
det_sign = operation(
    "det_sign",
    _of_determinant("slogdet", SIGN_OF_DET),
    "The signs of determinants.",
    numpy=lambda a: np.linalg.slogdet(a)[0],
    op=SIGN_OF_DET,
    shapes=((3, 3),),
    sample=well_conditioned,
    names=Names(method=False, args=("a",)),
    slope="0 everywhere.",
    public=False,
    complex=True,
)
logabsdet = operation(
    "logabsdet",
    _of_determinant("slogdet", LOG_ABS_DET),
    "The logarithms of the absolute values of determinants.",
    numpy=lambda a: np.linalg.slogdet(a)[1],
    op=LOG_ABS_DET,
    shapes=((3, 3),),
    sample=well_conditioned,
    names=Names(method=False, args=("a",)),
    public=False,
    complex=True,
)


# --- triangular systems ---------------------------------------------------------------------------


def _substituted(a: Node, b: Node, lower: bool, transposed: bool, unit: bool) -> Node:
    return Node(SUBSTITUTION, (a, b), (lower, transposed, unit), b.shape, b.dtype)


def _substitution_vjp(g: Node, node: Node) -> tuple[Node | None, ...]:
    lower, transposed, unit = node.arg
    w = _substituted(node.src[0], g, lower, not transposed, unit)
    by_matrix = product(node, turned(w)) if transposed else product(w, turned(node))
    return -_half(by_matrix, lower, unit), w


def _half(x: Node, lower: bool, unit: bool) -> Node:
    """The part of matrices that a triangular system reads."""
    return lower_part(x, -unit) if lower else upper_part(x, int(unit))


def _substitution_jvp(t: Sequence[Node | None], node: Node) -> Node | None:
    lower, transposed, unit = node.arg
    da, db = t
    if da is not None:
        da = _half(da, lower, unit)
        by_matrix = product(turned(da) if transposed else da, node)
        db = -by_matrix if db is None else db - by_matrix
    return None if db is None else _substituted(node.src[0], db, lower, transposed, unit)


SUBSTITUTION = Op(
    "substitution",
    "call",
    lambda a, b, node: lapack.solve_triangular(a, b, *node.arg),
    vjp=_substitution_vjp,
    jvp=_substitution_jvp,
    batch=each_row,
    flops=lambda node: node.size * node.shape[-2],
    loops=substitution_loops,
)


def triangular(a: Node, b: Node, lower: bool, transposed: bool = False, unit: bool = False) -> Node:
    """The solutions of a x = b, or of aᵀ x = b, for triangular `a`, of stacks that broadcast."""
    return in_columns(lambda a, b: _substituted(a, b, lower, transposed, unit), a, b)


def _solve_triangular(a: Node, b: Node, trans: Any, lower: bool, unit_diagonal: bool) -> Node:
    if trans not in (0, 1, 2, "N", "T", "C"):
        raise ArgumentError(f"got trans={trans!r}, expected 0, 1 or 2, or 'N', 'T' or 'C'")
    vector = b.ndim == 1
    a, b = as_matrices("solve_triangular", a, b, square=True)
    b = right_sides("solve_triangular", a, b, vector)
    a = conj(a) if trans in (2, "C") else a
    out = triangular(a, b, bool(lower), trans not in (0, "N"), bool(unit_diagonal))
    return reshape_to(out, out.shape[:-1]) if vector else out


solve_triangular = operation(
    "solve_triangular",
    _solve_triangular,
    "The solutions x of the linear systems a x = b with triangular matrices a, of which one half "
    "is read.",
    {"trans": 0, "lower": False, "unit_diagonal": False},
    operands=2,
    op=SUBSTITUTION,
    shapes=((3, 3), (3, 2)),
    cases=(
        {},
        {"lower": True},
        {"trans": 1},
        {"trans": "T", "lower": True, "unit_diagonal": True},
    ),
    sample=well_conditioned,
    names=Names(method=False, args=("a", "b")),
    slope="As of solve, for the half that is read. A zero on the diagonal raises "
    "numpy.linalg.LinAlgError where values are computed.",
    returns="Of the shape of `b`, for `a` of shape (..., n, n) and `b` of shape (..., n, k), or "
    "one vector (n,); stacks broadcast.",
    complex=True,
)


# --- Cholesky -------------------------------------------------------------------------------------


def _halved(x: Node) -> Node:
    """The lower half of matrices, with half of the diagonal."""
    return lower_part(x) - diagonal_part(x) * const(0.5, x.dtype)


def _cholesky_pull(g: Node, node: Node) -> tuple[Node]:
    inner = _halved(product(adjoint(node), lower_part(g)))
    left = _substituted(conj(node), inner, True, True, False)
    right = _substituted(conj(node), adjoint(left), True, True, False)
    return (hermitian_part(adjoint(right)),)


def _cholesky_jvp(t: Sequence[Any], node: Node) -> Node:
    left = _substituted(node, hermitian_part(t[0]), True, False, False)
    return product(node, _halved(_substituted(node, adjoint(left), True, False, False)))


CHOLESKY = Op(
    "cholesky",
    "call",
    lambda a, node: np.linalg.cholesky(a),
    vjp=of_cotangents(_cholesky_pull),
    jvp=_cholesky_jvp,
    batch=each_row,
    flops=lambda node: node.size * node.shape[-1] // 3,
    loops=cholesky_loops,
)


def _cholesky(a: Node, upper: bool) -> Node:
    (a,) = as_matrices("cholesky", a, square=True)
    a = adjoint(a) if upper else a
    out = Node(CHOLESKY, (a,), None, a.shape, a.dtype)
    return adjoint(out) if upper else out


def positive_definite(rng: np.random.Generator, shapes: Sequence[tuple[int, ...]]) -> list:
    """`sample` for a symmetric positive definite matrix and other operands."""
    first, *others = [FLOATS.draw(rng, shape) for shape in shapes]
    n = first.shape[-1]
    return [first @ first.swapaxes(-1, -2) / n + np.eye(n), *others]


cholesky = operation(
    np.linalg.cholesky,
    _cholesky,
    "The Cholesky factors of symmetric positive definite matrices, complex ones Hermitian, of "
    "which the lower half is read, or the upper one with upper=True.",
    {"upper": False},
    op=CHOLESKY,
    shapes=((3, 3),),
    cases=({}, {"upper": True}),
    sample=positive_definite,
    symmetric=True,
    names=Names(method=False, args=("a",)),
    slope="That of the factor of the symmetric part (a + a.mT) / 2: gradients are symmetric, as in "
    "PyTorch and JAX, though one half of `a` is read. A matrix that is not positive definite "
    "raises numpy.linalg.LinAlgError where values are computed.",
    returns="Lower triangular, or with upper=True upper triangular matrices of the shape of `a`.",
    complex=True,
)
