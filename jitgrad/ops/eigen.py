"""The entries of eigenvalues and eigenvectors: of symmetric matrices (eigh) and of any (eig).

A decomposition is one call that packs its parts, and each part is an operation of the matrices and
of these factors (`matrices.by_factors`): eigenvalues without eigenvectors have a derivative of
their own, which repeated ones do not disturb. Rules are given cotangents as they are
(`primitives.of_cotangents`), since conjugates are in them. Start at `_eigenvalues_pull`;
derivatives are those of Giles (2008), for complex matrices as in PyTorch.

Eigenvectors of a repeated value are any basis of a space, and have no derivative: it is inf or nan
there, as in PyTorch and JAX. Those of a Hermitian matrix have phases, which no result may depend on
(`basis_choice`). Those of other matrices have the phase that LAPACK gives them, with the largest
element real, and the derivative of that. Eigenvalues of a matrix whose eigenvectors are no basis
have no derivative, either: it is nan.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..base.dtypes import complex_of, is_complex, real_of
from ..ir import Node, Op
from .arrange import diagonal
from .basis_choice import phases, refused_phases
from .matrices import (
    adjoint,
    as_matrices,
    by_factors,
    factorisation,
    hermitian_part,
    inverse_differences,
    product,
    scaled_columns,
    turned,
)
from .primitives import (
    broadcast,
    cast,
    complex_node,
    conj,
    imag_part,
    of_cotangents,
    real_part,
    reduce_sum,
    reshape_to,
    zeros,
)
from .records import Names
from .registry import operation
from .rows import each_row

_A = Names(method=False, args=("a",))


# --- symmetric matrices ---------------------------------------------------------------------------


def _eigh_reference(a: np.ndarray, node: Node) -> np.ndarray:
    values, vectors = np.linalg.eigh(a, "U" if node.arg else "L")
    return np.concatenate([values[..., None, :], vectors], -2)


EIGH = factorisation("eigh_factors", _eigh_reference, lambda node: 9 * node.size * node.shape[-1])


def _eigenvalues_pull(g: Node, node: Node) -> tuple[Node]:
    vectors = _eigenvectors_of(*node.src)
    return (product(scaled_columns(vectors, g), adjoint(vectors)),)


def _eigenvalues_jvp(t: Sequence[Any], node: Node) -> Node:
    vectors = _eigenvectors_of(*node.src)
    inner = product(adjoint(vectors), hermitian_part(t[0]), vectors)
    return real_part(diagonal(inner, 0, -2, -1))


def _eigenvectors_pull(g: Node, node: Node) -> tuple[Node]:
    gaps = inverse_differences(_eigenvalues_of(*node.src))
    out = hermitian_part(product(node, gaps * product(adjoint(node), g), adjoint(node)))
    if is_complex(g.dtype):
        what = "phases of the eigenvectors of Hermitian matrices"
        out = out + refused_phases(phases(node, g), out, what)
    return (out,)


def _eigenvectors_jvp(t: Sequence[Any], node: Node) -> Node:
    gaps = inverse_differences(_eigenvalues_of(*node.src))
    return product(node, gaps * product(adjoint(node), hermitian_part(t[0]), node))


EIGENVALUES = by_factors(
    "eigenvalues",
    lambda factors, node: factors[..., 0, :].real,
    of_cotangents(_eigenvalues_pull),
    _eigenvalues_jvp,
)
EIGENVECTORS = by_factors(
    "eigenvectors",
    lambda factors, node: factors[..., 1:, :],
    of_cotangents(_eigenvectors_pull),
    _eigenvectors_jvp,
)


def _eigenvalues_of(a: Node, factors: Node) -> Node:
    return Node(EIGENVALUES, (a, factors), None, a.shape[:-1], real_of(a.dtype))


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
    complex=True,
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
    complex=True,
)

# --- matrices of any kind -------------------------------------------------------------------------


def _eig_reference(a: np.ndarray, node: Node) -> np.ndarray:
    values, vectors = np.linalg.eig(a)
    return np.concatenate([values[..., None, :], vectors], -2).astype(node.dtype, copy=False)


EIG = factorisation("eig_factors", _eig_reference, lambda node: 25 * node.size * node.shape[-1])


def _inverse_reference(v: np.ndarray, node: Node) -> np.ndarray:
    """nan for vectors that are no basis, as far as can be told by the digits that there are."""
    if not v.size:
        return np.empty(v.shape, v.dtype)
    sizes = np.linalg.norm(v, -2, (-2, -1))  # columns are of length 1
    usable = sizes > v.shape[-1] * np.finfo(v.dtype).eps
    out = np.full(v.shape, np.nan, v.dtype)
    out[usable] = np.linalg.inv(v[usable])
    return out


INVERSE = Op(
    "inverse_of_basis",
    "call",
    _inverse_reference,
    vjp=lambda g, node: (-product(turned(node), g, turned(node)),),
    jvp=lambda t, node: -product(node, t[0], node),
    batch=each_row,
    flops=lambda node: 12 * node.size * node.shape[-1],
)


def _inverse(vectors: Node) -> Node:
    return Node(INVERSE, (vectors,), None, vectors.shape, vectors.dtype)


def _largest_reference(v: np.ndarray, node: Node) -> np.ndarray:
    """LAPACK makes the imaginary part of that element 0."""
    out = np.zeros(node.shape, node.dtype)
    if v.size:
        place = np.where(v.imag == 0, np.abs(v), -1).argmax(-2)
        np.put_along_axis(out, place[..., None, :], 1, -2)
    return out


#: 1 at the element of each vector that is real, 0 elsewhere.
LARGEST = Op(
    "real_element",
    "call",
    _largest_reference,
    vjp=lambda g, node: (None,),
    jvp=lambda t, node: None,
    batch=each_row,
)


def _values_pull(g: Node, node: Node) -> tuple[Node]:
    vectors = _any_vectors_of(*node.src)
    left = scaled_columns(adjoint(_inverse(vectors)), g)
    return (product(left, adjoint(vectors)),)


def _values_jvp(t: Sequence[Any], node: Node) -> Node:
    vectors = _any_vectors_of(*node.src)
    inner = product(_inverse(vectors), cast(t[0], node.dtype), vectors)
    return diagonal(inner, 0, -2, -1)


def _along(vectors: Node, x: Node) -> Node:
    """The inner products of columns, (..., n)."""
    return reduce_sum(conj(vectors) * x, (x.ndim - 2,))


def _rows(x: Node, like: Node) -> Node:
    """One number for each column, at all of its elements."""
    return broadcast(reshape_to(x, (*x.shape[:-1], 1, x.shape[-1])), like.shape)


def _real_elements(vectors: Node) -> tuple[Node, Node]:
    """`LARGEST`, and these elements, (..., n)."""
    dtype = real_of(vectors.dtype)
    where = Node(LARGEST, (vectors,), None, vectors.shape, dtype)
    return where, reduce_sum(where * real_part(vectors), (vectors.ndim - 2,))


def _vectors_pull(g: Node, node: Node) -> tuple[Node]:
    """The transpose of `_vectors_jvp`."""
    where, element = _real_elements(node)
    along = _along(node, g)
    turn = where * _rows(imag_part(along) / element, node)
    g = g - scaled_columns(node, real_part(along)) - complex_node(zeros(turn), turn)
    gaps = conj(inverse_differences(_any_values_of(*node.src)))
    inner = gaps * product(adjoint(node), g)
    return (product(adjoint(_inverse(node)), inner, adjoint(node)),)


def _vectors_jvp(t: Sequence[Any], node: Node) -> Node:
    """Of vectors in any scale, without what changes their lengths, and what turns the element that
    stays real."""
    gaps = inverse_differences(_any_values_of(*node.src))
    free = product(node, gaps * product(_inverse(node), cast(t[0], node.dtype), node))
    where, element = _real_elements(node)
    turn = reduce_sum(where * imag_part(free), (node.ndim - 2,)) / element
    return free - scaled_columns(node, complex_node(real_part(_along(node, free)), turn))


ANY_VALUES = by_factors(
    "any_eigenvalues",
    lambda factors, node: factors[..., 0, :],
    of_cotangents(_values_pull),
    _values_jvp,
)
ANY_VECTORS = by_factors(
    "any_eigenvectors",
    lambda factors, node: factors[..., 1:, :],
    of_cotangents(_vectors_pull),
    _vectors_jvp,
)


def _any_values_of(a: Node, factors: Node) -> Node:
    return Node(ANY_VALUES, (a, factors), None, a.shape[:-1], factors.dtype)


def _any_vectors_of(a: Node, factors: Node) -> Node:
    return Node(ANY_VECTORS, (a, factors), None, a.shape, factors.dtype)


def _of_any(part: Any) -> Any:
    def build(a: Node) -> Node:
        (a,) = as_matrices("eig", a, square=True)
        n = a.shape[-1]
        shape = (*a.shape[:-2], n + 1, n)
        return part(a, Node(EIG, (a,), None, shape, complex_of(a.dtype)))

    return build


def apart(rng: np.random.Generator, shapes: Sequence[tuple[int, ...]]) -> list:
    """`sample` for a matrix with eigenvalues apart from one another."""
    first = rng.uniform(-0.4, 0.4, shapes[0])
    return [first + np.diag(np.arange(first.shape[-1]) * 2.0)]


eigvals = operation(
    np.linalg.eigvals,
    _of_any(_any_values_of),
    "The eigenvalues of square matrices, complex numbers always, as in PyTorch and JAX.",
    op=ANY_VALUES,
    shapes=((3, 3),),
    sample=apart,
    names=_A,
    slope="The gradient g becomes inv(v).mH @ diag(g) @ v.mH, with the eigenvectors v. That of "
    "repeated values is one of those that a basis of their vectors gives; it is nan where there is "
    "no basis of eigenvectors.",
    returns="Of shape (..., n), complex, for `a` of shape (..., n, n); their order is LAPACK's.",
    complex=True,
)
eig_vectors = operation(
    "eig_vectors",
    _of_any(_any_vectors_of),
    "The eigenvectors of square matrices.",
    numpy=lambda a: np.linalg.eig(a)[1],
    op=ANY_VECTORS,
    shapes=((3, 3),),
    sample=apart,
    names=_A,
    public=False,
    complex=True,
)
