"""Functions of matrices of `scipy.linalg` whose results are real or complex by the values: `logm`,
`sqrtm` and `fractional_matrix_power`; the sign of a matrix, and angles between subspaces.

A real matrix has a complex logarithm or square root where an eigenvalue is negative. Values tell,
but while `jit` or `vmap` traces nobody knows, and a real matrix is expected to have a real result:
it raises `ArgumentError` in the call if it has not. Start at `logm`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import linalg
from .. import numpy as jnp
from ..base.errors import ArgumentError, ShapeError
from ..base.extras import function_of
from ..base.surface import surface
from ..frontend.convert import as_operand
from ..tape.segment import local
from ..tracing.custom import custom_jvp
from .riccati import adjoint, on_values

__all__ = ["fractional_matrix_power", "logm", "signm", "sqrtm", "subspace_angles"]


def _settled(name: str, A: Any) -> tuple[Any, float]:
    """(matrices, angle). Real ones that have a negative eigenvalue become complex, and are turned
    back by an angle, by which no eigenvalue crosses the negative axis: on it, where the functions
    jump, roundings would choose a side for each eigenvalue."""
    a = as_operand(A)
    a = a if a.dtype.kind in "fc" else a.to(np.float64)
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise ShapeError(f"got {name} of shape {a.shape}, expected square matrices (..., n, n)")
    if a.dtype.kind == "c" or local.seg.tracing is not None or not a.size:
        return a, 0.0
    values = np.asarray(a.detach(), np.float64)
    if not np.isfinite(values).all() or _is_positive(values):
        return a, 0.0
    found = np.linalg.eigvals(values)
    if not ((found.imag == 0) & (found.real < 0)).any():
        return a, 0.0
    angle = 0.5 * (np.pi + np.angle(found[found.imag < 0]).min(initial=0.0))
    return a * np.exp(-1j * angle).astype(np.result_type(a.dtype, np.complex64)), float(angle)


def _is_positive(values: np.ndarray) -> bool:
    """Whether all are symmetric and positive definite, which is seen fast."""
    try:
        if np.array_equal(values, values.swapaxes(-1, -2)):
            np.linalg.cholesky(values)
            return True
    except np.linalg.LinAlgError:
        pass
    return False


@surface
def logm(A: Any) -> Any:
    """The principal logarithms of square matrices, as `scipy.linalg.logm`.

    Parameters
    ----------
    A : array_like
        Matrices (..., n, n).

    Returns
    -------
    Tensor
        Of the shape of `A`; complex where `A` is, or has a negative eigenvalue.

    References
    ----------
    ``scipy.linalg.logm``.

    Examples
    --------
    >>> logm([[-1.0, 0.0], [0.0, 1.0]])
    tensor([[0.+3.1416j, 0.+0.j    ],
            [0.+0.j    , 0.+0.j    ]], dtype=complex128)
    """
    a, angle = _settled("logm", A)
    out = linalg.logm(a)
    return out + np.eye(a.shape[-1], dtype=a.dtype) * (1j * angle) if angle else out


@surface
def sqrtm(A: Any) -> Any:
    """The principal square roots of square matrices, as `scipy.linalg.sqrtm`.

    Parameters
    ----------
    A : array_like
        Matrices (..., n, n).

    Returns
    -------
    Tensor
        Of the shape of `A`; complex where `A` is, or has a negative eigenvalue.

    References
    ----------
    ``scipy.linalg.sqrtm``.

    Examples
    --------
    >>> sqrtm([[-4.0]])
    tensor([[0.+2.j]], dtype=complex128)
    """
    a, angle = _settled("sqrtm", A)
    out = linalg.sqrtm(a)
    return out * np.exp(0.5j * angle).astype(a.dtype) if angle else out


@surface
def fractional_matrix_power(A: Any, t: Any) -> Any:
    """The power `t` of matrices, exp(t log(A)); of whole numbers, that by products."""
    if isinstance(t, (int, np.integer)) or (isinstance(t, float) and t.is_integer()):
        return linalg.matrix_power(A, int(t))
    return linalg.expm(t * logm(A))


_signed: Any = custom_jvp(lambda sign, a: sign)
_signed.__name__ = "signm"


@_signed.defjvp
def _rule(given: Any, tangents: Any) -> tuple[Any, Any]:
    sign, a, t = _signed(*given), given[1], tangents[1]
    root = a @ sign  # of a²
    out = linalg.solve_sylvester(root, root, t - sign @ t @ sign)
    regular = jnp.abs(sign @ sign - np.eye(a.shape[0])).max() < 0.5  # no eigenvalue is 0
    return sign, out * jnp.where(regular, 1.0, np.nan)


@surface
def signm(A: Any) -> Any:
    """The sign of a matrix, which has its eigenvectors, and 1 or -1 in the place of eigenvalues
    with a positive or negative real part, as `scipy.linalg.signm`.

    Parameters
    ----------
    A : array_like
        A matrix (n, n).

    Returns
    -------
    Tensor
        (n, n). Its derivative solves an equation of Sylvester; it is nan where an eigenvalue is 0,
        at which there is none.

    References
    ----------
    Higham, "Functions of Matrices" (2008), theorem 5.7.

    Examples
    --------
    >>> signm([[2.0, 1.0], [0.0, -3.0]])
    tensor([[ 1. ,  0.4],
            [ 0. , -1. ]])
    """
    a = as_operand(A)
    a = a if a.dtype.kind in "fc" else a.to(np.float64)
    if a.ndim != 2 or a.shape[0] != a.shape[1]:
        raise ShapeError(f"got signm of shape {a.shape}, expected a square matrix (n, n)")
    real = a.dtype.kind == "f"

    def values(a: np.ndarray) -> np.ndarray:
        out = function_of("scipy.linalg", "signm")(a)
        return out.real if real else out

    return _signed(on_values(values, a, a), a)


@surface
def subspace_angles(A: Any, B: Any) -> Any:
    """The angles between two subspaces, which the columns of matrices span, the largest first, as
    `scipy.linalg.subspace_angles`.

    Parameters
    ----------
    A, B : array_like
        Matrices (m, n) and (m, k) with linearly independent columns.

    Returns
    -------
    Tensor
        min(n, k) angles in radians. An angle of 0 has no derivative: it is taken as 0, or nan
        where angles repeat.

    Raises
    ------
    ArgumentError
        Columns are not linearly independent: leave out those that depend on others. While `jit`
        traces, angles are nan then.

    References
    ----------
    Knyazev and Argentati, "Principal angles between subspaces in an A-based scalar product" (2002).

    Examples
    --------
    >>> subspace_angles([[1.0], [0.0]], jitgrad.tensor([[1.0], [1.0]]))
    tensor([0.7854])
    """
    a, b = as_operand(A), as_operand(B)
    if a.ndim != 2 or b.ndim != 2 or a.shape[0] != b.shape[0]:
        raise ShapeError(f"got shapes {a.shape} and {b.shape}, expected matrices of as many rows")
    if max(a.shape[1], b.shape[1]) > a.shape[0] or not a.size or not b.size:
        raise ArgumentError(
            f"got {a.shape[1]} and {b.shape[1]} columns of {a.shape[0]} rows, expected linearly "
            "independent columns; leave out those that depend on others"
        )
    (p, whole), (q, also) = _basis(a), _basis(b)
    if p.shape[1] < q.shape[1]:
        p, q = q, p
    inner = adjoint(p) @ q
    cosines = jnp.flip(linalg.svdvals(inner))
    sines = linalg.svdvals(q - p @ inner)
    small = cosines * cosines >= 0.5  # of small angles the sines have the digits
    out = jnp.where(
        small,
        jnp.arcsin(jnp.where(small, jnp.minimum(sines, 1.0), 0.0)),
        jnp.arccos(jnp.where(small, 0.0, cosines)),
    )
    return jnp.where(whole & also, out, np.nan)


def _basis(a: Any) -> tuple[Any, Any]:
    """An orthonormal basis of what the columns span, and whether they are independent."""
    q, r = linalg.qr(a)
    size = jnp.abs(jnp.diagonal(r))
    whole = size.min() > size.max() * max(a.shape) * np.finfo(r.dtype).eps
    if local.seg.tracing is None and not bool(whole.detach()):
        raise ArgumentError(
            "got columns that are not linearly independent, expected them to be; leave out those "
            "that depend on others"
        )
    return q, whole
