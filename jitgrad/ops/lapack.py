"""LAPACK on stacks of matrices: LU and triangular systems, which NumPy does not hand out.

They are SciPy's where SciPy is installed. Without it, and for many small matrices, where a call for
each would cost more than its work, they are array operations of NumPy on all matrices of a stack at
once: a panel of columns at a time, with products of matrices for the rest. Arrays in, arrays out.
Start at `lu`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..base.extras import if_installed

#: What the names of functions for a dtype begin with.
_PREFIXES = {"f": "s", "d": "d", "F": "c", "D": "z"}
LAPACK = "scipy.linalg.lapack"
#: Up to so many rows, stacks of matrices are taken together.
SMALL = 16
#: Columns of a panel of `_lu_of_stack`.
PANEL = 48


def _one_by_one(matrices: np.ndarray) -> Any:
    """SciPy's functions, if it is installed, where these matrices are so large, or so few, that
    each is worth a call."""
    count = matrices.shape[0]
    return if_installed(LAPACK) if matrices.shape[-1] > SMALL or count < 4 else None


def _function(name: str, dtype: np.dtype) -> Any:
    return getattr(if_installed(LAPACK), _PREFIXES[np.dtype(dtype).char] + name)


def singular() -> np.linalg.LinAlgError:
    return np.linalg.LinAlgError("Singular matrix")


def stacked(x: np.ndarray) -> np.ndarray:
    """`x` with one axis in front of its last two."""
    count = 1
    for n in x.shape[:-2]:
        count *= n
    return x.reshape(count, *x.shape[-2:])


# --- LU -------------------------------------------------------------------------------------------


def lu(a: np.ndarray) -> np.ndarray:
    """The LU factors of matrices (..., n, n) with partial pivoting, as (..., n + 1, n): the factors
    transposed, as LAPACK has them in memory, and below them the row that each row was exchanged
    with."""
    n = a.shape[-1]
    out = np.empty((*a.shape[:-2], n + 1, n), a.dtype)
    if not out.size:
        return out
    matrices, results = stacked(a), stacked(out)
    if _one_by_one(matrices) is None:
        factors, pivots = _lu_of_stack(matrices)
        results[:, :n], results[:, n] = factors.swapaxes(-1, -2), pivots
        return out
    getrf = _function("getrf", a.dtype)
    for matrix, result in zip(matrices, results, strict=True):
        factors, pivots, _ = getrf(matrix)
        result[:n], result[n] = factors.T, pivots
    return out


def pivots(a: np.ndarray) -> np.ndarray:
    """The row that each row is exchanged with in the LU decomposition of matrices (..., m, n) with
    as many rows as columns or more, (..., n)."""
    out = np.empty((*a.shape[:-2], a.shape[-1]), np.intp)
    if not out.size:
        return out
    matrices, results = stacked(a), out.reshape(-1, a.shape[-1])
    if _one_by_one(matrices) is None:
        results[:] = _lu_of_stack(matrices)[1]
        return out
    getrf = _function("getrf", a.dtype)
    for matrix, result in zip(matrices, results, strict=True):
        result[:] = getrf(matrix)[1]
    return out


def _lu_of_stack(matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Factors and pivots of matrices (count, m, n), m >= n."""
    lu, n = np.array(matrices), matrices.shape[-1]
    which = np.arange(len(lu))
    pivots = np.empty(lu.shape[:-1], np.intp)
    with np.errstate(all="ignore"):
        for begin in range(0, n, PANEL):
            end = min(begin + PANEL, n)
            for k in range(begin, end):
                pivots[:, k] = p = k + _magnitude(lu[:, k:, k]).argmax(-1)
                lu[which, p], lu[:, k] = lu[:, k].copy(), lu[which, p]
                pivot = lu[:, k, k, None]
                lu[:, k + 1 :, k] /= np.where(pivot == 0, 1, pivot)
                lu[:, k + 1 :, k + 1 : end] -= lu[:, k + 1 :, k, None] * lu[:, None, k, k + 1 : end]
            if end < n:
                corner, right = lu[:, begin:end, begin:end], lu[:, begin:end, end:]
                right[...] = _substituted(corner, right, True, True)
                lu[:, end:, end:] -= lu[:, end:, begin:end] @ right
    return lu, pivots


def _magnitude(x: np.ndarray) -> np.ndarray:
    """What pivots are chosen by: of complex numbers the sum of those of their parts, as in
    LAPACK."""
    return np.abs(x.real) + np.abs(x.imag) if np.iscomplexobj(x) else np.abs(x)


def _pivots(packed: np.ndarray) -> np.ndarray:
    return packed[..., -1, :].real.astype(np.int32)


def diagonal_of_lu(packed: np.ndarray) -> np.ndarray:
    """The diagonal of U, (..., n)."""
    return np.diagonal(packed[..., :-1, :], axis1=-2, axis2=-1)


def sign_of_lu(packed: np.ndarray) -> np.ndarray:
    """The sign of the determinant, (...): 0 if that is 0, and nan if it is nan."""
    exchanged = _pivots(packed) != np.arange(packed.shape[-1])
    parity = 1 - 2 * (exchanged.sum(-1) % 2)
    return (np.sign(diagonal_of_lu(packed)).prod(-1) * parity).astype(packed.dtype)


def lu_solve(packed: np.ndarray, b: np.ndarray, transposed: bool) -> np.ndarray:
    """The solutions of a x = b, or of aᵀ x = b, by the factors of a, for b (..., n, k).

    Raises
    ------
    numpy.linalg.LinAlgError
        A matrix is exactly singular.
    """
    if (diagonal_of_lu(packed) == 0).any():
        raise singular()
    out = np.empty(b.shape, b.dtype)
    if not out.size:
        return out
    matrices, rows, results = stacked(packed), stacked(b), stacked(out)
    if _one_by_one(matrices) is None:
        results[...] = _solved_in_stack(matrices, rows, transposed)
        return out
    getrs = _function("getrs", b.dtype)
    for matrix, pivots, row, result in zip(matrices, _pivots(matrices), rows, results, strict=True):
        result[...] = getrs(matrix[:-1].T, pivots, row, trans=int(transposed))[0]
    return out


def _solved_in_stack(packed: np.ndarray, b: np.ndarray, transposed: bool) -> np.ndarray:
    factors, pivots, x = packed[:, :-1].swapaxes(-1, -2), _pivots(packed), np.array(b)
    which, n = np.arange(len(x)), x.shape[-2]
    if not transposed:
        for k in range(n):
            x[which, pivots[:, k]], x[:, k] = x[:, k].copy(), x[which, pivots[:, k]]
        x = _substituted(factors, x, True, True)
        return _substituted(factors, x, False, False)
    x = _substituted(factors.swapaxes(-1, -2), x, True, False)
    x = _substituted(factors.swapaxes(-1, -2), x, False, True)
    for k in reversed(range(n)):
        x[which, pivots[:, k]], x[:, k] = x[:, k].copy(), x[which, pivots[:, k]]
    return x


# --- triangular systems ---------------------------------------------------------------------------


def solve_triangular(
    a: np.ndarray, b: np.ndarray, lower: bool, transposed: bool, unit: bool
) -> np.ndarray:
    """The solutions of a x = b, or of aᵀ x = b, for triangular a (..., n, n), of which one half is
    read, and b (..., n, k).

    Raises
    ------
    numpy.linalg.LinAlgError
        A diagonal has a zero.
    """
    if not unit and (np.diagonal(a, axis1=-2, axis2=-1) == 0).any():
        raise singular()
    out = np.empty(b.shape, b.dtype)
    if not out.size:
        return out
    matrices, rows, results = stacked(a), stacked(b), stacked(out)
    if _one_by_one(matrices) is None:
        if transposed:
            matrices, lower = matrices.swapaxes(-1, -2), not lower
        results[...] = _substituted(matrices, rows, lower, unit)
        return out
    trtrs = _function("trtrs", b.dtype)
    for matrix, row, result in zip(matrices, rows, results, strict=True):
        # transposed, it is as LAPACK wants it in memory, and not copied
        result[...] = trtrs(matrix.T, row, lower=not lower, trans=not transposed, unitdiag=unit)[0]
    return out


def _substituted(a: np.ndarray, b: np.ndarray, lower: bool, unit: bool) -> np.ndarray:
    """By substitution, on all matrices of a stack at once: a row at a time within a panel, and
    panels by products of matrices."""
    x, n = np.array(b), b.shape[-2]
    panels = [(k, min(k + PANEL, n)) for k in range(0, n, PANEL)]
    with np.errstate(all="ignore"):
        for begin, end in panels if lower else reversed(panels):
            done = slice(0, begin) if lower else slice(end, n)
            if done.start < done.stop:
                x[:, begin:end] -= a[:, begin:end, done] @ x[:, done]
            for k in range(begin, end) if lower else reversed(range(begin, end)):
                row = slice(begin, k) if lower else slice(k + 1, end)
                x[:, k] -= np.einsum("ij,ijk->ik", a[:, k, row], x[:, row])
                if not unit:
                    x[:, k] /= a[:, k, k, None]
    return x
