"""The entries of the QR decomposition, in its parts: reduced, and the rest of a complete basis.

As in `eigen`, the decomposition is one call. R has a real diagonal, which makes the factors
functions of a matrix with linearly independent columns; the columns of a complete Q beyond those
are chosen (`basis_choice`). Start at `_q_pull`; derivatives are those of Walter and Lehmann (2013),
for complex matrices as in PyTorch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..base.dtypes import is_complex
from ..ir import Node
from .basis_choice import refused_basis
from .joining import concatenate
from .matrices import (
    adjoint,
    as_matrices,
    by_factors,
    diagonal_part,
    factorisation,
    lower_part,
    product,
    rows_of,
    turned,
    upper_part,
)
from .primitives import cast, complex_node, conj, imag_part, of_cotangents, real_part, zeros
from .records import Names
from .registry import operation
from .singular_values import full_rank
from .solving import triangular

_A = Names(method=False, args=("a",))


def _qr_reference(a: np.ndarray, node: Node) -> np.ndarray:
    if not node.arg:
        return np.concatenate(np.linalg.qr(a), -2)
    m, n = a.shape[-2:]
    out = np.zeros(node.shape, node.dtype)
    q, r = np.linalg.qr(a, "complete")
    out[..., :m, :], out[..., m:, :n] = q, r[..., :n, :]
    return out


QR = factorisation("qr_factors", _qr_reference, lambda node: 2 * node.size * node.shape[-1])


def _by_r(x: Node, r: Node) -> Node:
    """x r⁻¹."""
    return turned(triangular(r, turned(x), lower=False, transposed=True))


def _pulled(x: Node, r: Node) -> Node:
    """x r⁻ᴴ."""
    return turned(triangular(conj(r), turned(x), lower=False))


def _copied(x: Node) -> Node:
    """The Hermitian matrices with the lower half of `x`, and the real parts of its diagonal."""
    below, middle = lower_part(x, -1), diagonal_part(x)
    return cast(real_part(middle), x.dtype) + below + adjoint(below)


def _q_pull(g: Node, node: Node) -> tuple[Node]:
    inner = _copied(-product(adjoint(g), node))
    return (_pulled(g + product(node, inner), _r_of(*node.src)),)


def _r_pull(g: Node, node: Node) -> tuple[Node]:
    inner = _copied(product(node, adjoint(upper_part(g))))
    return (_pulled(product(_q_of(*node.src), inner), node),)


def _rotation(t: Node, q: Node, r: Node) -> tuple[Node, Node, Node]:
    moved = _by_r(t, r)
    inner = product(adjoint(q), moved)
    below = lower_part(inner, -1)
    turn = below - adjoint(below)
    if is_complex(turn.dtype):
        middle = imag_part(diagonal_part(inner))
        turn = turn + complex_node(zeros(middle), middle)
    return moved, inner, turn


def _q_jvp(t: Sequence[Any], node: Node) -> Node:
    moved, inner, turn = _rotation(t[0], node, _r_of(*node.src))
    return product(node, turn - inner) + moved


def _r_jvp(t: Sequence[Any], node: Node) -> Node:
    _, inner, turn = _rotation(t[0], _q_of(*node.src), node)
    return product(upper_part(inner - turn), node)


def _rest_pull(g: Node, node: Node) -> tuple[Node]:
    out = -product(node, adjoint(g), _pulled(_q_of(*node.src), _r_of(*node.src)))
    turns = product(adjoint(node), g)
    what = "columns of a complete Q beyond those of the matrix"
    return (out + refused_basis(turns - adjoint(turns), g, out, what),)


def _rest_jvp(t: Sequence[Any], node: Node) -> Node:
    q, r = _q_of(*node.src), _r_of(*node.src)
    return -product(_pulled(q, r), adjoint(t[0]), node)


Q_PART = by_factors(
    "qr_q",
    lambda f, node: f[..., : node.shape[-2], : node.shape[-1]],
    of_cotangents(_q_pull),
    _q_jvp,
)
R_PART = by_factors(
    "qr_r",
    lambda f, node: f[..., -node.shape[-1] :, : node.shape[-1]],
    of_cotangents(_r_pull),
    _r_jvp,
)
Q_REST = by_factors(
    "qr_rest",
    lambda f, node: f[..., : node.shape[-2], -node.shape[-1] :],
    of_cotangents(_rest_pull),
    _rest_jvp,
)


def _q_of(a: Node, factors: Node) -> Node:
    return Node(Q_PART, (a, factors), None, a.shape, a.dtype)


def _r_of(a: Node, factors: Node) -> Node:
    *lead, _, n = a.shape
    return Node(R_PART, (a, factors), None, (*lead, n, n), a.dtype)


def _with_qr(a: Node, full: bool) -> tuple[Node, Node]:
    *lead, m, n = a.shape
    full = full and m > n
    return a, Node(QR, (a,), full, (*lead, m + n, m if full else n), a.dtype)


def _qr_q(a: Node, full: bool) -> Node:
    """Of wide matrices it is that of their first square part."""
    (a,) = as_matrices("qr", a)
    *lead, m, n = a.shape
    if m < n:
        return _q_of(*_with_qr(turned(rows_of(turned(a), 0, m)), False))
    a, factors = _with_qr(a, bool(full))
    if not factors.arg:
        return _q_of(a, factors)
    rest = Node(Q_REST, (a, factors), None, (*lead, m, m - n), a.dtype)
    return concatenate([_q_of(a, factors), rest], axis=-1)


def _qr_r(a: Node, full: bool) -> Node:
    """`full` says of which factors: those that a complete Q is read from."""
    (a,) = as_matrices("qr", a)
    m, n = a.shape[-2:]
    if m < n:
        return upper_part(product(adjoint(_qr_q(a, False)), a))
    return _r_of(*_with_qr(a, bool(full)))


qr_q = operation(
    "qr_q",
    _qr_q,
    "The orthogonal factor of the QR decomposition.",
    {"full": False},
    numpy=lambda a: np.linalg.qr(a)[0],
    op=Q_PART,
    shapes=((4, 3),),
    sample=full_rank,
    names=_A,
    public=False,
    complex=True,
)
qr_r = operation(
    "qr_r",
    _qr_r,
    "The triangular factor of the reduced QR decomposition.",
    {"full": False},
    numpy=lambda a: np.linalg.qr(a)[1],
    op=R_PART,
    shapes=((4, 3),),
    sample=full_rank,
    names=_A,
    public=False,
    complex=True,
)
