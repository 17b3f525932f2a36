"""The entries of functions and equations of matrices that are SciPy's: expm, logm, sqrtm and the
Sylvester equation a x + x b = q.

The derivative of a function f of matrices in a direction t is the upper right part of f of the
block matrix [[a, t], [0, a]], to any order; the cotangent is the same of the transposed matrix
(Higham, "Functions of Matrices", 2008, theorem 3.6). Where a is singular, logm and sqrtm have none,
and `GradientError` is raised where it is computed. Start at `_function`.

SciPy is optional; without it these raise an error that names the extra.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..base.errors import ArgumentError, GradientError, ShapeError
from ..base.extras import function_of
from ..ir import Node, Op
from .joining import concatenate
from .lapack import stacked
from .matrices import as_matrices, product, rows_of, turned
from .primitives import zeros
from .records import Names
from .registry import operation
from .rows import each_row
from .solving import positive_definite


def _reference(a: np.ndarray, node: Node) -> np.ndarray:
    function, out = function_of("scipy.linalg", node.op.name), np.empty(a.shape, a.dtype)
    if not a.size:
        return out
    for matrix, result in zip(stacked(a), stacked(out), strict=True):
        if not np.isfinite(matrix).all():
            result[...] = np.nan
            continue
        if node.arg:
            _check_regular(node.op.name, matrix, node.arg)
        # what SciPy loses in float32 it warns of
        value = function(matrix.astype(np.float64 if a.dtype.kind == "f" else np.complex128))
        if a.dtype.kind == "f" and np.iscomplexobj(value):
            if np.abs(value.imag).max() > 1e3 * np.finfo(a.dtype).eps * np.abs(value).max():
                raise ArgumentError(
                    f"got a real matrix whose {node.op.name} is complex, expected one with a real "
                    "result; convert it with .astype(complex)"
                )
            value = value.real
        result[...] = value
    return out


def _check_regular(name: str, block: np.ndarray, order: int) -> None:
    """Raises where a derivative is asked for that there is not: of the block matrix of a derivative
    of that order, the first block is what it is taken at."""
    n = block.shape[-1] >> order
    if name != "expm" and np.linalg.slogdet(block[:n, :n])[0] == 0:
        raise GradientError(
            f"got a singular matrix for a derivative of {name}, which has none there, as sqrt(x) "
            "and log(x) at 0; expected a regular matrix: add a small multiple of the identity, "
            "or use .detach()"
        )


def _direction(node: Node, a: Node, t: Node) -> Node:
    """The derivative of the function of `node` at `a` in the direction `t`."""
    n = a.shape[-1]
    upper = concatenate([a, t], axis=-1)
    lower = concatenate([zeros(a), a], axis=-1)
    block = concatenate([upper, lower], axis=-2)
    out = Node(node.op, (block,), node.arg + 1, block.shape, block.dtype)
    return turned(rows_of(turned(rows_of(out, 0, n)), n, 2 * n))


def _function(name: str, doc: str, **fields: Any) -> Any:
    op = Op(
        name,
        "call",
        _reference,
        vjp=lambda g, node: (_direction(node, turned(node.src[0]), g),),
        jvp=lambda t, node: _direction(node, node.src[0], t[0]),
        batch=each_row,
        flops=lambda node: 20 * node.size * node.shape[-1],
    )

    def build(a: Node) -> Node:
        (a,) = as_matrices(name, a, square=True)
        return Node(op, (a,), 0, a.shape, a.dtype)  # 0: the order of the derivative

    return operation(
        name,
        build,
        doc,
        op=op,
        shapes=((3, 3),),
        names=Names(method=False, args=("a",)),
        slope="The gradient g becomes the derivative of the function at a.mT in the direction g.",
        returns="Of the shape of `a`, (..., n, n).",
        complex=True,
        **fields,
    )


expm = _function("expm", "The exponentials of square matrices, by SciPy.")
logm = _function(
    "logm", "The principal logarithms of square matrices, by SciPy.", sample=positive_definite
)
sqrtm = _function(
    "sqrtm", "The principal square roots of square matrices, by SciPy.", sample=positive_definite
)

# --- Sylvester ------------------------------------------------------------------------------------


def _sylvester_reference(a: np.ndarray, b: np.ndarray, q: np.ndarray, node: Node) -> np.ndarray:
    function, out = function_of("scipy.linalg", "solve_sylvester"), np.empty(q.shape, q.dtype)
    if out.size:
        for *given, result in zip(*map(stacked, (a, b, q, out)), strict=True):
            result[...] = function(*given)
    return out


def _sylvester_vjp(g: Node, node: Node) -> tuple[Node | None, ...]:
    a, b, _ = node.src
    w = _sylvester(turned(a), turned(b), g)
    return -product(w, turned(node)), -product(turned(node), w), w


def _sylvester_jvp(t: Sequence[Node | None], node: Node) -> Node | None:
    (a, b, _), (da, db, change) = node.src, t
    for given in (
        None if da is None else product(da, node),
        None if db is None else product(node, db),
    ):
        if given is not None:
            change = -given if change is None else change - given
    return None if change is None else _sylvester(a, b, change)


SYLVESTER = Op(
    "sylvester",
    "call",
    _sylvester_reference,
    vjp=_sylvester_vjp,
    jvp=_sylvester_jvp,
    batch=each_row,
    flops=lambda node: 25 * node.size * max(node.shape[-2:]),
)


def _sylvester(a: Node, b: Node, q: Node) -> Node:
    return Node(SYLVESTER, (a, b, q), None, q.shape, q.dtype)


def _solve_sylvester(a: Node, b: Node, q: Node) -> Node:
    a, b, q = as_matrices("solve_sylvester", a, b, q, square=True)
    m, n = a.shape[-1], b.shape[-1] if b.ndim else 0
    lead = a.shape[:-2]
    if b.shape != (*lead, n, n) or q.shape != (*lead, m, n):
        raise ShapeError(
            f"got solve_sylvester of shapes {a.shape}, {b.shape} and {q.shape}, expected "
            "(..., m, m), (..., n, n) and (..., m, n)"
        )
    return _sylvester(a, b, q)


def _apart(rng: np.random.Generator, shapes: Sequence[tuple[int, ...]]) -> list:
    """`sample` for equations with one solution: eigenvalues of `a` and of `-b` are apart."""
    a, b, q = [rng.uniform(-0.5, 0.5, shape) for shape in shapes]
    return [a + 2 * np.eye(a.shape[-1]), b + 2 * np.eye(b.shape[-1]), q]


solve_sylvester = operation(
    "solve_sylvester",
    _solve_sylvester,
    "The solutions x of the Sylvester equations a x + x b = q, by SciPy.",
    operands=3,
    op=SYLVESTER,
    shapes=((3, 3), (2, 2), (3, 2)),
    sample=_apart,
    names=Names(method=False, args=("a", "b", "q")),
    slope="The gradient g becomes w = solve_sylvester(a.mT, b.mT, g) for q, -w @ x.mT for a and "
    "-x.mT @ w for b.",
    returns="Of the shape of `q`, (..., m, n).",
    complex=True,
)
