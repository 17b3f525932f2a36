"""SciPy's functions of matrices that are formulas of operations jitgrad has: cho_factor, cho_solve,
block_diag, toeplitz, solve_lyapunov.

They are names of `jitgrad.linalg`, in SciPy's calling forms. Start at `cho_factor`.
"""

import numpy as np

from ...base.errors import ArgumentError, ShapeError
from ...base.surface import surface
from ...frontend.convert import as_operand
from .composed import op


@surface
def cho_factor(a, lower=False):
    """The Cholesky factors of symmetric positive definite matrices, for `cho_solve`.

    Parameters
    ----------
    a : array_like
        Matrices (..., n, n), of which one half is read.
    lower : bool, default False
        Which half is read, and which factor is given.

    Returns
    -------
    tuple
        The triangular factors, with zeros in the other half, and `lower`.

    Examples
    --------
    >>> a = jitgrad.tensor([[4.0, 2.0], [2.0, 5.0]])
    >>> jitgrad.linalg.cho_factor(a, lower=True)
    (tensor([[2., 0.],
            [1., 2.]]), True)
    """
    return op.cholesky(as_operand(a), upper=not lower), bool(lower)


@surface
def cho_solve(c_and_lower, b):
    """The solutions x of the linear systems a x = b, from Cholesky factors of a.

    Parameters
    ----------
    c_and_lower : tuple
        What `cho_factor` gives.
    b : array_like
        Right sides (..., n, k), or one vector (n,).

    Returns
    -------
    Tensor
        Of the shape of `b`.

    Examples
    --------
    >>> a = jitgrad.tensor([[4.0, 2.0], [2.0, 5.0]])
    >>> jitgrad.linalg.cho_solve(jitgrad.linalg.cho_factor(a), [6.0, 7.0])
    tensor([1., 1.])
    """
    if not isinstance(c_and_lower, tuple) or len(c_and_lower) != 2:
        raise ArgumentError(
            f"got {type(c_and_lower).__name__} for cho_solve, expected the pair that cho_factor "
            "gives: pass (c, lower)"
        )
    c, lower = c_and_lower
    c, lower = as_operand(c), bool(lower)
    first = op.solve_triangular(c, as_operand(b), 0 if lower else 1, lower)
    return op.solve_triangular(c, first, 1 if lower else 0, lower)


@surface
def block_diag(*arrs):
    """The matrix with matrices along its diagonal, and zeros elsewhere.

    Parameters
    ----------
    *arrs : array_like
        Matrices; a vector or a number counts as one row.

    Returns
    -------
    Tensor
        Of as many rows and columns as the matrices have together.

    Examples
    --------
    >>> jitgrad.linalg.block_diag([[1.0, 2.0]], 3.0)
    tensor([[1., 2., 0.],
            [0., 0., 3.]])
    """
    blocks = [as_operand(x) for x in arrs]
    if any(x.ndim > 2 for x in blocks):
        shapes = ", ".join(str(x.shape) for x in blocks)
        raise ShapeError(f"got shapes {shapes} for block_diag, expected two axes at most")
    blocks = [x.reshape((1, -1)) if x.ndim < 2 else x for x in blocks] or [np.zeros((1, 0))]
    width, left, rows = sum(x.shape[1] for x in blocks), 0, []
    for x in blocks:
        height, n = x.shape
        parts = [(height, left), None, (height, width - left - n)]
        rows.append(
            op.concatenate([x if p is None else np.zeros(p, x.dtype) for p in parts], axis=1)
        )
        left += n
    return op.concatenate(rows, axis=0)


@surface
def toeplitz(c, r=None):
    """The matrix that is constant along its diagonals.

    Parameters
    ----------
    c : array_like
        The first column, (n,).
    r : array_like, optional
        The first row, (m,), whose first element is not read; `c` by default.

    Returns
    -------
    Tensor
        Of shape (n, m).

    Examples
    --------
    >>> jitgrad.linalg.toeplitz([1.0, 2.0, 3.0], [0.0, 7.0])
    tensor([[1., 7.],
            [2., 1.],
            [3., 2.]])
    """
    c = as_operand(c)
    r = c if r is None else as_operand(r)
    if c.ndim != 1 or r.ndim != 1 or not c.size or not r.size:
        raise ShapeError(
            f"got toeplitz of shapes {c.shape} and {r.shape}, expected one axis each, not empty"
        )
    values = op.concatenate([op.flip(c), r[1:]])
    rows, columns = np.arange(c.size)[:, None], np.arange(r.size)
    return op.take(values, c.size - 1 - rows + columns)


@surface
def solve_lyapunov(a, q):
    """The solutions x of the Lyapunov equations a x + x aᵀ = q, by SciPy.

    Parameters
    ----------
    a : array_like
        Matrices (..., n, n).
    q : array_like
        Right sides (..., n, n).

    Returns
    -------
    Tensor
        Of shape (..., n, n).

    Examples
    --------
    >>> jitgrad.linalg.solve_continuous_lyapunov([[-1.0]], [[4.0]])
    tensor([[-2.]])
    """
    a = as_operand(a)
    return op.solve_sylvester(a, op.matrix_transpose(a), as_operand(q))


solve_lyapunov.__name__ = solve_lyapunov.__qualname__ = "solve_continuous_lyapunov"
FORMULAS = (block_diag, cho_factor, cho_solve, solve_lyapunov, toeplitz)
