"""What a decomposition chooses, and what no derivative may depend on.

Vectors of complex matrices have a phase each, and spaces that a decomposition completes a basis for
have that basis: any other does as well, and which one LAPACK gives is no differentiable function of
the matrix. Results that are the same for each of them have derivatives. Of others there is none,
and their cotangent along the choice is not 0: `refused` raises `GradientError` for it where values
are computed, as PyTorch does. Start there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..base.dtypes import real_of
from ..base.errors import GradientError
from ..ir import Node, Op
from .arithmetic import absolute
from .primitives import cast, complex_node, conj, imag_part, real_part, reduce_sum, reshape_to
from .rows import each_row


def _reference(along: np.ndarray, size: np.ndarray, node: Node) -> Any:
    if along.size and size.size:
        share = float(np.finfo(node.dtype).eps) ** 0.25
        if (along.max(-1) > share * size.max(-1)).any():
            raise GradientError(
                f"got a gradient through {node.arg}, which are a choice of LAPACK's where the "
                "result depends on them, expected a result that is the same for any choice, such "
                "as absolute values or products v @ v.conj().mT; or use .detach()"
            )
    return np.zeros(node.shape, node.dtype)


CHOICE = Op(
    "basis_choice",
    "call",
    _reference,
    vjp=lambda g, node: (None, None),
    jvp=lambda t, node: None,
    batch=each_row,
)


def refused(along: Node, size: Node, like: Node, what: str) -> Node:
    """Zeros like `like`; an error where they are computed if numbers `along` a choice, (..., k),
    are no zeros beside the `size` of cotangents, (..., l)."""
    return Node(CHOICE, (along, size), what, like.shape, like.dtype)


def phases(vectors: Node, g: Node) -> Node:
    """How cotangents of vectors, in columns, turn their phases: imaginary parts; and their sizes:
    real parts."""
    rows = (g.ndim - 2,)
    turn = imag_part(reduce_sum(conj(vectors) * g, rows))
    return complex_node(reduce_sum(absolute(g), rows), turn)


def refused_phases(found: Node, like: Node, what: str) -> Node:
    """`refused` for what `phases` gives."""
    return refused(absolute(imag_part(found)), real_part(found), like, what)


def refused_basis(turns: Node, g: Node, like: Node, what: str) -> Node:
    """`refused` for a basis in the columns of vectors with the cotangent `g`, from the products of
    the conjugated vectors and that: what turns the basis is their part that is not Hermitian."""

    def sizes(x: Node) -> Node:
        flat = reshape_to(x, (*x.shape[:-2], x.shape[-2] * x.shape[-1]))
        return cast(absolute(flat), real_of(like.dtype))

    return refused(sizes(turns), sizes(g), like, what)
