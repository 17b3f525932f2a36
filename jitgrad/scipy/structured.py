"""Functions of matrices, and structured matrices, of `scipy.linalg`, as formulas of others.

Start at `fractional_matrix_power`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import fft, linalg
from .. import numpy as jnp
from ..base.errors import ArgumentError, ShapeError
from ..base.surface import surface
from ..frontend.convert import as_operand

__all__ = ["companion", "coshm", "cosm", "expm_frechet", "fractional_matrix_power", "khatri_rao"]
__all__ += ["matmul_toeplitz", "polar", "sinhm", "sinm", "solve_circulant", "solve_toeplitz"]
__all__ += ["solveh_banded", "tanhm", "tanm"]


def _numbers(x: Any) -> Any:
    t = as_operand(x)
    return t if t.dtype.kind in "fc" else t.to(np.float64)


@surface
def fractional_matrix_power(A: Any, t: Any) -> Any:
    """The power `t` of matrices, exp(t log(A)); of whole numbers, that by products."""
    if isinstance(t, (int, np.integer)) or (isinstance(t, float) and t.is_integer()):
        return linalg.matrix_power(A, int(t))
    return linalg.expm(t * linalg.logm(A))


@surface
def cosm(A: Any) -> Any:
    """The cosine of matrices."""
    return _by_angle(A)[0]


@surface
def sinm(A: Any) -> Any:
    """The sine of matrices."""
    return _by_angle(A)[1]


@surface
def tanm(A: Any) -> Any:
    """The tangent of matrices."""
    cosine, sine = _by_angle(A)
    return linalg.solve(cosine, sine)


def _by_angle(A: Any) -> tuple[Any, Any]:
    a = _numbers(A)
    forth: Any = linalg.expm(1j * a)
    if a.dtype.kind == "f":
        return forth.real, forth.imag
    back = linalg.expm(-1j * a)
    return 0.5 * (forth + back), -0.5j * (forth - back)


@surface
def coshm(A: Any) -> Any:
    """The hyperbolic cosine of matrices."""
    return 0.5 * (linalg.expm(A) + linalg.expm(-_numbers(A)))


@surface
def sinhm(A: Any) -> Any:
    """The hyperbolic sine of matrices."""
    return 0.5 * (linalg.expm(A) - linalg.expm(-_numbers(A)))


@surface
def tanhm(A: Any) -> Any:
    """The hyperbolic tangent of matrices."""
    return linalg.solve(coshm(A), sinhm(A))


@surface
def expm_frechet(A: Any, E: Any, compute_expm: bool = True) -> Any:
    """The exponential of a matrix, and its derivative along another one: a block of the exponential
    of both, as N. J. Higham, Functions of Matrices (2008), has it."""
    a, e = _numbers(A), _numbers(E)
    if a.shape != e.shape:
        raise ShapeError(f"got matrices of shapes {a.shape} and {e.shape}, expected the same shape")
    n = a.shape[-1]
    both = linalg.expm(jnp.block([[a, e], [jnp.zeros_like(a), a]]))
    along = both[..., :n, n:]
    return (both[..., :n, :n], along) if compute_expm else along


@surface
def polar(a: Any, side: str = "right") -> Any:
    """The factors of a matrix: a unitary one, and one that is positive semidefinite."""
    if side not in ("right", "left"):
        raise ArgumentError(f"got side={side!r}, expected 'right' or 'left'")
    a = _numbers(a)
    tall = a.shape[-2] >= a.shape[-1]
    adjoint = jnp.conj(jnp.swapaxes(a, -1, -2))
    # of the smaller product of a matrix and its adjoint, which has an inverse where a has full rank
    root = linalg.sqrtm(adjoint @ a if tall else a @ adjoint)
    turn = a @ linalg.inv(root) if tall else linalg.inv(root) @ a
    if tall == (side == "right"):
        return turn, root
    back = jnp.conj(jnp.swapaxes(turn, -1, -2))
    return turn, (back @ a if side == "right" else a @ back)


@surface
def companion(a: Any) -> Any:
    """The companion matrix of a polynomial, the highest power first."""
    a = _numbers(a)
    if a.ndim != 1 or a.size < 2:
        raise ShapeError(f"got coefficients of shape {a.shape}, expected (n,), with two at least")
    below = np.eye(a.size - 2, a.size - 1, dtype=a.dtype)
    return jnp.concatenate([-(a[1:] / a[0]).reshape((1, -1)), below])


@surface
def khatri_rao(a: Any, b: Any) -> Any:
    """The products of Kronecker of the columns of two matrices."""
    a, b = as_operand(a), as_operand(b)
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
        raise ShapeError(
            f"got matrices of shapes {a.shape} and {b.shape}, expected as many columns"
        )
    return (a[:, None, :] * b[None, :, :]).reshape((-1, a.shape[1]))


def _column_and_row(c_or_cr: Any) -> tuple[Any, Any]:
    if isinstance(c_or_cr, tuple):
        return _numbers(c_or_cr[0]).reshape((-1,)), _numbers(c_or_cr[1]).reshape((-1,))
    c = _numbers(c_or_cr).reshape((-1,))
    return c, jnp.conj(c)


@surface
def solve_toeplitz(c_or_cr: Any, b: Any, check_finite: bool = True) -> Any:
    """The solutions of a system whose matrix has a column and a row, as `toeplitz`: by its LU
    factors, which are stable where Levinson's recursion need not be."""
    return linalg.solve(linalg.toeplitz(*_column_and_row(c_or_cr)), b)


@surface
def matmul_toeplitz(c_or_cr: Any, x: Any, check_finite: bool = False, workers: Any = None) -> Any:
    """The product of such a matrix, by Fourier transforms."""
    c, row = _column_and_row(c_or_cr)
    x, whole = _numbers(x), c.size + row.size - 1
    columns = x.reshape((x.shape[0], -1))
    if columns.shape[0] != row.size:
        raise ShapeError(f"got x of shape {x.shape} for a matrix with {row.size} columns")
    around = jnp.concatenate([c, jnp.flip(row[1:])])
    forth = fft.fft(around)[:, None] * fft.fft(columns, whole, axis=0)
    out = fft.ifft(forth, axis=0)[: c.size]
    if "c" not in (c.dtype.kind, row.dtype.kind, x.dtype.kind):
        out = out.real
    return out.reshape((c.size, *x.shape[1:]))


@surface
def solve_circulant(c: Any, b: Any) -> Any:
    """The solutions of a system whose matrix is circulant with first column `c`, by Fourier
    transforms."""
    c, b = _numbers(c), _numbers(b)
    if c.ndim != 1 or not b.ndim or b.shape[0] != c.size:
        raise ShapeError(f"got shapes {c.shape} and {b.shape}, expected (n,) and (n, ...)")
    along = fft.fft(c).reshape((-1, *[1] * (b.ndim - 1)))
    out = fft.ifft(fft.fft(b, axis=0) / along, axis=0)
    return out if "c" in (c.dtype.kind, b.dtype.kind) else out.real


@surface
def solveh_banded(ab: Any, b: Any, lower: bool = False, **options: Any) -> Any:
    """The solutions of a system whose matrix is Hermitian, positive definite and banded, by its
    upper or lower bands."""
    ab = _numbers(ab)
    count, n = ab.shape[0] - 1, ab.shape[1]
    upper = []
    for k in range(count, 0, -1):
        band = jnp.conj(ab[k, : n - k]) if lower else ab[count - k, k:]
        upper.append(jnp.concatenate([jnp.zeros_like(band, shape=(k,)), band]))
    main = ab[0 if lower else count]
    below = [
        jnp.concatenate([jnp.conj(u[count - i :]), jnp.zeros_like(u[: count - i])])
        for i, u in enumerate(upper)
    ]
    return linalg.solve_banded((count, count), jnp.stack([*upper, main, *below[::-1]]), b)
