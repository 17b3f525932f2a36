"""The entries of the pseudo-inverse and of least squares, of least norm.

Derivatives are those of Golub and Pereyra, "The differentiation of pseudo-inverses and nonlinear
least squares problems whose variables separate" (1973), of matrices of the same rank. Rules are
given cotangents as they are (`primitives.of_cotangents`). Start at `_pinv_pull`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..ir import Node, Op
from .matrices import adjoint, as_matrices, product, right_sides
from .primitives import of_cotangents, reshape_to
from .records import Names
from .registry import operation
from .rows import each_row
from .singular_values import full_rank

_A = Names(method=False, args=("a",))
_AB = Names(method=False, args=("a", "b"))


def _pinv_pull(g: Node, node: Node) -> tuple[Node | None, ...]:
    a, p = node.src[0], node
    pt, gt = adjoint(p), adjoint(g)
    out = -product(pt, g, pt)
    first = product(gt, p, pt)
    out += first - product(a, p, first)
    second = product(pt, p, gt)
    return (out + second - product(second, p, a),)


def _pinv_jvp(t: Sequence[Any], node: Node) -> Node:
    a, p, da = node.src[0], node, t[0]
    pt, dat = adjoint(p), adjoint(da)
    first = product(p, pt, dat)
    second = product(dat, pt, p)
    out = first - product(first, a, p) - product(p, da, p)
    return out + second - product(p, a, second)


PINV = Op(
    "pseudo_inverse",
    "call",
    lambda a, node: np.linalg.pinv(a, rcond=node.arg[0], hermitian=node.arg[1]),
    vjp=of_cotangents(_pinv_pull),
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
    complex=True,
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


def _least_squares_pull(g: Node, node: Node) -> tuple[Node | None, ...]:
    a, b = node.src
    p, x = _inverse_of(node), node
    w = product(adjoint(p), g)
    residual = b - product(a, x)
    out = product(residual, adjoint(product(p, w))) - product(w, adjoint(x))
    beside = g - product(adjoint(a), w)
    return out + product(adjoint(p), x, adjoint(beside)), w


def _least_squares_jvp(t: Sequence[Any], node: Node) -> Node | None:
    (a, b), (da, db), x = node.src, t, node
    p = _inverse_of(node)
    if da is None:
        return None if db is None else product(p, db)
    change = -product(da, x) if db is None else db - product(da, x)
    residual = product(adjoint(da), b - product(a, x))
    beside = product(adjoint(da), adjoint(p), x)
    out = product(p, change) + product(p, adjoint(p), residual)
    return out + beside - product(p, a, beside)


LEAST_SQUARES = Op(
    "least_squares",
    "call",
    _least_squares_reference,
    vjp=of_cotangents(_least_squares_pull),
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
    complex=True,
)
