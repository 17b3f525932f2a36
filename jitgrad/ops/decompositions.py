"""The entries of decompositions: eigh, svd, qr in their parts, the pseudo-inverse, least squares.

A decomposition is one call that packs its parts, and each part is an operation of the matrices and
of these factors (`matrices.by_factors`): eigenvalues without eigenvectors have a derivative of
their own, which repeated ones do not disturb. Eigenvectors and singular vectors of a repeated value
are any basis of a space, and have no derivative: it is inf or nan there, as in PyTorch and JAX.

Start at `_eigenvalues_vjp`. Derivatives are those of Giles (2008), and of Townsend,
"Differentiating the singular value decomposition" (2016).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..ir import Node, Op, const
from .arrange import diagonal
from .comparison import equal, where
from .matrices import (
    _grid,
    as_matrices,
    by_factors,
    factorisation,
    lower_part,
    product,
    right_sides,
    rows_of,
    scaled_columns,
    symmetric_part,
    turned,
    upper_part,
)
from .primitives import broadcast, reshape_to
from .records import Names
from .registry import operation
from .rows import each_row
from .solving import triangular

_A = Names(method=False, args=("a",))
_AB = Names(method=False, args=("a", "b"))


def _inverse_differences(values: Node) -> Node:
    """1 / (values[j] - values[i]) at [i, j], and 0 on the diagonal."""
    n = values.shape[-1]
    shape = (*values.shape, n)
    columns = broadcast(reshape_to(values, (*values.shape[:-1], 1, n)), shape)
    mask = broadcast(equal(*_grid(n, n)), shape)
    one = const(1.0, values.dtype)
    gaps = where(mask, one, columns - turned(columns))
    return where(mask, const(0.0, values.dtype), one / gaps)


# --- symmetric matrices ---------------------------------------------------------------------------


def _eigh_reference(a: np.ndarray, node: Node) -> np.ndarray:
    values, vectors = np.linalg.eigh(a, "U" if node.arg else "L")
    return np.concatenate([values[..., None, :], vectors], -2)


EIGH = factorisation("eigh_factors", _eigh_reference, lambda node: 9 * node.size * node.shape[-1])


def _eigenvalues_vjp(g: Node, node: Node) -> tuple[Node | None, ...]:
    vectors = _eigenvectors_of(*node.src)
    return (product(scaled_columns(vectors, g), turned(vectors)),)


def _eigenvalues_jvp(t: Sequence[Any], node: Node) -> Node:
    vectors = _eigenvectors_of(*node.src)
    return diagonal(product(turned(vectors), symmetric_part(t[0]), vectors), 0, -2, -1)


def _eigenvectors_vjp(g: Node, node: Node) -> tuple[Node | None, ...]:
    gaps = _inverse_differences(_eigenvalues_of(*node.src))
    return (symmetric_part(product(node, gaps * product(turned(node), g), turned(node))),)


def _eigenvectors_jvp(t: Sequence[Any], node: Node) -> Node:
    gaps = _inverse_differences(_eigenvalues_of(*node.src))
    return product(node, gaps * product(turned(node), symmetric_part(t[0]), node))


EIGENVALUES = by_factors(
    "eigenvalues",
    lambda factors, node: factors[..., 0, :],
    _eigenvalues_vjp,
    _eigenvalues_jvp,
)
EIGENVECTORS = by_factors(
    "eigenvectors",
    lambda factors, node: factors[..., 1:, :],
    _eigenvectors_vjp,
    _eigenvectors_jvp,
)


def _eigenvalues_of(a: Node, factors: Node) -> Node:
    return Node(EIGENVALUES, (a, factors), None, a.shape[:-1], a.dtype)


def _eigenvectors_of(a: Node, factors: Node) -> Node:
    return Node(EIGENVECTORS, (a, factors), None, a.shape, a.dtype)


def _of_symmetric(part: Any) -> Any:
    def build(a: Node, upper: bool) -> Node:
        (a,) = as_matrices("eigh", a, square=True)
        n = a.shape[-1]
        return part(a, Node(EIGH, (a,), bool(upper), (*a.shape[:-2], n + 1, n), a.dtype))

    return build


def symmetric(rng: np.random.Generator, shapes: Sequence[tuple[int, ...]]) -> list:
    """`sample` for a symmetric matrix with eigenvalues apart from one another and from 0."""
    first = rng.uniform(-0.4, 0.4, shapes[0])
    n = first.shape[-1]
    return [first + first.swapaxes(-1, -2) + np.diag(np.arange(n) * 2.0 - n + 0.5)]


eigh_values = operation(
    "eigh_values",
    _of_symmetric(_eigenvalues_of),
    "The eigenvalues of symmetric matrices.",
    {"upper": False},
    numpy=lambda a, upper=False: np.linalg.eigh(a, "U" if upper else "L")[0],
    op=EIGENVALUES,
    shapes=((3, 3),),
    cases=({}, {"upper": True}),
    sample=symmetric,
    symmetric=True,
    names=_A,
    public=False,
)
eigh_vectors = operation(
    "eigh_vectors",
    _of_symmetric(_eigenvectors_of),
    "The eigenvectors of symmetric matrices.",
    {"upper": False},
    numpy=lambda a, upper=False: np.linalg.eigh(a, "U" if upper else "L")[1],
    op=EIGENVECTORS,
    shapes=((3, 3),),
    cases=({}, {"upper": True}),
    sample=symmetric,
    symmetric=True,
    names=_A,
    public=False,
)

# --- singular values ------------------------------------------------------------------------------


def _svd_reference(a: np.ndarray, node: Node) -> np.ndarray:
    u, s, vt = np.linalg.svd(a, full_matrices=False)
    return np.concatenate([s[..., None, :], u, vt.swapaxes(-1, -2)], -2)


SVD = factorisation("svd_factors", _svd_reference, lambda node: 6 * node.size * node.shape[-1])


def _singular_values_vjp(g: Node, node: Node) -> tuple[Node | None, ...]:
    u, v = _left_of(*node.src), _right_of(*node.src)
    return (product(scaled_columns(u, g), turned(v)),)


def _singular_values_jvp(t: Sequence[Any], node: Node) -> Node:
    u, v = _left_of(*node.src), _right_of(*node.src)
    return diagonal(product(turned(u), t[0], v), 0, -2, -1)


def _parts(node: Node) -> tuple[Node, Node, Node, Node]:
    """The left and the right vectors, the singular values, and the inverse differences of their
    squares."""
    u, v, s = _left_of(*node.src), _right_of(*node.src), _singular_values_of(*node.src)
    return u, v, s, _inverse_differences(s * s)


def _beside(x: Node, vectors: Node) -> Node:
    """The part of `x` that is orthogonal to `vectors`."""
    return x - product(vectors, product(turned(vectors), x))


def _scaled_rows(x: Node, factors: Node) -> Node:
    return turned(scaled_columns(turned(x), factors))


def _left_vjp(g: Node, node: Node) -> tuple[Node | None, ...]:
    u, v, s, gaps = _parts(node)
    inner = gaps * product(turned(u), g)
    out = product(u, scaled_columns(inner + turned(inner), s), turned(v))
    if u.shape[-2] > u.shape[-1]:
        out += product(scaled_columns(_beside(g, u), 1.0 / s), turned(v))
    return (out,)


def _left_jvp(t: Sequence[Any], node: Node) -> Node:
    u, v, s, gaps = _parts(node)
    moved = product(t[0], v)
    inner = product(turned(u), moved)
    out = product(u, gaps * (scaled_columns(inner, s) + _scaled_rows(turned(inner), s)))
    return out + scaled_columns(_beside(moved, u), 1.0 / s) if u.shape[-2] > u.shape[-1] else out


def _right_vjp(g: Node, node: Node) -> tuple[Node | None, ...]:
    u, v, s, gaps = _parts(node)
    inner = gaps * product(turned(v), g)
    out = product(u, _scaled_rows(inner + turned(inner), s), turned(v))
    if v.shape[-2] > v.shape[-1]:
        out += product(scaled_columns(u, 1.0 / s), turned(_beside(g, v)))
    return (out,)


def _right_jvp(t: Sequence[Any], node: Node) -> Node:
    u, v, s, gaps = _parts(node)
    moved = product(turned(t[0]), u)
    inner = product(turned(v), moved)
    out = product(v, gaps * (scaled_columns(inner, s) + _scaled_rows(turned(inner), s)))
    return out + scaled_columns(_beside(moved, v), 1.0 / s) if v.shape[-2] > v.shape[-1] else out


SINGULAR_VALUES = by_factors(
    "singular_values",
    lambda factors, node: factors[..., 0, :],
    _singular_values_vjp,
    _singular_values_jvp,
)
LEFT_VECTORS = by_factors(
    "left_vectors",
    lambda factors, node: factors[..., 1 : 1 + node.shape[-2], :],
    _left_vjp,
    _left_jvp,
)
RIGHT_VECTORS = by_factors(
    "right_vectors",
    lambda factors, node: factors[..., factors.shape[-2] - node.shape[-2] :, :],
    _right_vjp,
    _right_jvp,
)


def _singular_values_of(a: Node, factors: Node) -> Node:
    shape = (*a.shape[:-2], min(a.shape[-2:]))
    return Node(SINGULAR_VALUES, (a, factors), None, shape, a.dtype)


def _left_of(a: Node, factors: Node) -> Node:
    shape = (*a.shape[:-1], min(a.shape[-2:]))
    return Node(LEFT_VECTORS, (a, factors), None, shape, a.dtype)


def _right_of(a: Node, factors: Node) -> Node:
    *lead, m, n = a.shape
    return Node(RIGHT_VECTORS, (a, factors), None, (*lead, n, min(m, n)), a.dtype)


def _of_any(part: Any) -> Any:
    def build(a: Node) -> Node:
        (a,) = as_matrices("svd", a)
        *lead, m, n = a.shape
        return part(a, Node(SVD, (a,), None, (*lead, 1 + m + n, min(m, n)), a.dtype))

    return build


def full_rank(rng: np.random.Generator, shapes: Sequence[tuple[int, ...]]) -> list:
    """`sample` for a matrix with singular values apart from one another and from 0, and other
    operands."""
    first, *others = [rng.uniform(-0.4, 0.4, shape) for shape in shapes]
    m, n = first.shape[-2:]
    return [first + np.eye(m, n) * (1.0 + np.arange(n)), *others]


svdvals = operation(
    np.linalg.svdvals,
    _of_any(_singular_values_of),
    "The singular values of matrices, in descending order.",
    op=SINGULAR_VALUES,
    shapes=((4, 3),),
    sample=full_rank,
    names=_A,
    slope="The gradient g becomes (u * g) @ vh, with the singular vectors; that of repeated "
    "values, and of 0, is one of those that a basis of their vectors gives.",
    returns="Of shape (..., min(m, n)), for `a` of shape (..., m, n).",
)
svd_left = operation(
    "svd_left",
    _of_any(_left_of),
    "The left singular vectors of matrices.",
    numpy=lambda a: np.linalg.svd(a, full_matrices=False)[0],
    op=LEFT_VECTORS,
    shapes=((4, 3),),
    sample=full_rank,
    names=_A,
    public=False,
)
svd_right = operation(
    "svd_right",
    lambda a: turned(_of_any(_right_of)(a)),
    "The right singular vectors of matrices, as rows.",
    numpy=lambda a: np.linalg.svd(a, full_matrices=False)[2],
    op=RIGHT_VECTORS,
    shapes=((4, 3),),
    sample=full_rank,
    names=_A,
    public=False,
)

# --- QR -------------------------------------------------------------------------------------------


def _qr_reference(a: np.ndarray, node: Node) -> np.ndarray:
    q, r = np.linalg.qr(a)
    return np.concatenate([q, r], -2)


QR = factorisation("qr_factors", _qr_reference, lambda node: 2 * node.size * node.shape[-1])


def _by_r(x: Node, r: Node) -> Node:
    """x r⁻¹."""
    return turned(triangular(r, turned(x), lower=False, transposed=True))


def _qr_pulled(x: Node, inner: Node, node: Node) -> Node:
    """The cotangent of the matrix: (x + q copyltu(inner)) r⁻ᵀ."""
    q, r = _q_of(*node.src), _r_of(*node.src)
    both = lower_part(inner) + turned(lower_part(inner, -1))
    return turned(triangular(r, turned(x + product(q, both)), lower=False))


def _q_vjp(g: Node, node: Node) -> tuple[Node | None, ...]:
    return (_qr_pulled(g, -product(turned(g), node), node),)


def _r_vjp(g: Node, node: Node) -> tuple[Node | None, ...]:
    q = _q_of(*node.src)
    inner = product(node, turned(upper_part(g)))
    zero = q * const(0.0, q.dtype)
    return (_qr_pulled(zero, inner, node),)


def _rotation(t: Node, q: Node, r: Node) -> tuple[Node, Node, Node]:
    moved = _by_r(t, r)
    inner = product(turned(q), moved)
    below = lower_part(inner, -1)
    return moved, inner, below - turned(below)


def _q_jvp(t: Sequence[Any], node: Node) -> Node:
    moved, inner, turn = _rotation(t[0], node, _r_of(*node.src))
    return product(node, turn - inner) + moved


def _r_jvp(t: Sequence[Any], node: Node) -> Node:
    _, inner, turn = _rotation(t[0], _q_of(*node.src), node)
    return product(upper_part(inner - turn), node)


Q_PART = by_factors("qr_q", lambda f, node: f[..., : node.shape[-2], :], _q_vjp, _q_jvp)
R_PART = by_factors("qr_r", lambda f, node: f[..., -node.shape[-1] :, :], _r_vjp, _r_jvp)


def _q_of(a: Node, factors: Node) -> Node:
    return Node(Q_PART, (a, factors), None, a.shape, a.dtype)


def _r_of(a: Node, factors: Node) -> Node:
    *lead, _, n = a.shape
    return Node(R_PART, (a, factors), None, (*lead, n, n), a.dtype)


def _with_qr(a: Node) -> tuple[Node, Node]:
    *lead, m, n = a.shape
    return a, Node(QR, (a,), None, (*lead, m + n, n), a.dtype)


def _qr_q(a: Node) -> Node:
    """Of wide matrices it is that of their first square part."""
    (a,) = as_matrices("qr", a)
    m, n = a.shape[-2:]
    return _q_of(*_with_qr(turned(rows_of(turned(a), 0, m)) if m < n else a))


def _qr_r(a: Node) -> Node:
    (a,) = as_matrices("qr", a)
    m, n = a.shape[-2:]
    return upper_part(product(turned(_qr_q(a)), a)) if m < n else _r_of(*_with_qr(a))


qr_q = operation(
    "qr_q",
    _qr_q,
    "The orthogonal factor of the reduced QR decomposition.",
    numpy=lambda a: np.linalg.qr(a)[0],
    op=Q_PART,
    shapes=((4, 3),),
    sample=full_rank,
    names=_A,
    public=False,
)
qr_r = operation(
    "qr_r",
    _qr_r,
    "The triangular factor of the reduced QR decomposition.",
    numpy=lambda a: np.linalg.qr(a)[1],
    op=R_PART,
    shapes=((4, 3),),
    sample=full_rank,
    names=_A,
    public=False,
)

# --- pseudo-inverse, least squares ----------------------------------------------------------------


def _pinv_vjp(g: Node, node: Node) -> tuple[Node | None, ...]:
    a, p = node.src[0], node
    pt, gt = turned(p), turned(g)
    out = -product(pt, g, pt)
    first = product(gt, p, pt)
    out += first - product(a, p, first)
    second = product(pt, p, gt)
    return (out + second - product(second, p, a),)


def _pinv_jvp(t: Sequence[Any], node: Node) -> Node:
    a, p, da = node.src[0], node, t[0]
    pt, dat = turned(p), turned(da)
    first = product(p, pt, dat)
    second = product(dat, pt, p)
    out = first - product(first, a, p) - product(p, da, p)
    return out + second - product(p, a, second)


PINV = Op(
    "pseudo_inverse",
    "call",
    lambda a, node: np.linalg.pinv(a, rcond=node.arg[0], hermitian=node.arg[1]),
    vjp=_pinv_vjp,
    jvp=_pinv_jvp,
    batch=each_row,
    flops=lambda node: 12 * node.size * min(node.shape[-2:]),
)


def _pinv(a: Node, rcond: Any, hermitian: bool) -> Node:
    (a,) = as_matrices("pinv", a, square=hermitian)
    arg = (1e-15 if rcond is None else float(rcond), bool(hermitian))
    return Node(PINV, (a,), arg, (*a.shape[:-2], a.shape[-1], a.shape[-2]), a.dtype)


pseudo_inverse = operation(
    "pseudo_inverse",
    _pinv,
    "The pseudo-inverses of matrices.",
    {"rcond": None, "hermitian": False},
    numpy=np.linalg.pinv,
    op=PINV,
    shapes=((4, 3),),
    sample=full_rank,
    names=_A,
    public=False,
)


def _least_squares_reference(a: np.ndarray, b: np.ndarray, node: Node) -> np.ndarray:
    if a.ndim == 2:
        return np.linalg.lstsq(a, b, rcond=node.arg)[0]
    return np.linalg.pinv(a, rcond=_cutoff(node)) @ b


def _cutoff(node: Node) -> float:
    """Up to which part of the largest one singular values count as 0."""
    a, rcond = node.src[0], node.arg
    eps = float(np.finfo(a.dtype).eps)
    return eps * max(a.shape[-2:]) if rcond is None else eps if rcond < 0 else rcond


def _inverse_of(node: Node) -> Node:
    return _pinv(node.src[0], _cutoff(node), False)


def _least_squares_vjp(g: Node, node: Node) -> tuple[Node | None, ...]:
    a, b = node.src
    p, x = _inverse_of(node), node
    w = product(turned(p), g)
    residual = b - product(a, x)
    out = product(residual, turned(product(p, w))) - product(w, turned(x))
    beside = g - product(turned(a), w)
    return out + product(turned(p), x, turned(beside)), w


def _least_squares_jvp(t: Sequence[Any], node: Node) -> Node | None:
    (a, b), (da, db), x = node.src, t, node
    p = _inverse_of(node)
    if da is None:
        return None if db is None else product(p, db)
    change = -product(da, x) if db is None else db - product(da, x)
    residual = product(turned(da), b - product(a, x))
    beside = product(turned(da), turned(p), x)
    out = product(p, change) + product(p, turned(p), residual)
    return out + beside - product(p, a, beside)


LEAST_SQUARES = Op(
    "least_squares",
    "call",
    _least_squares_reference,
    vjp=_least_squares_vjp,
    jvp=_least_squares_jvp,
    batch=each_row,
    flops=lambda node: 4 * node.src[0].size * node.shape[-2],
)


def _least_squares(a: Node, b: Node, rcond: Any) -> Node:
    vector = b.ndim == 1
    a, b = as_matrices("lstsq", a, b)
    b = right_sides("lstsq", a, b, vector)
    shape = (*a.shape[:-2], a.shape[-1], b.shape[-1])
    rcond = None if rcond is None else float(rcond)
    out = Node(LEAST_SQUARES, (a, b), rcond, shape, a.dtype)
    return reshape_to(out, shape[:-1]) if vector else out


least_squares = operation(
    "least_squares",
    _least_squares,
    "The solutions of least squares of linear systems, of least norm.",
    {"rcond": None},
    numpy=lambda a, b, rcond=None: np.linalg.lstsq(a, b, rcond)[0],
    operands=2,
    op=LEAST_SQUARES,
    shapes=((4, 3), (4, 2)),
    sample=full_rank,
    names=_AB,
    public=False,
)
