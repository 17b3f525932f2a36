"""SciPy's functions of matrices that are formulas of operations jitgrad has: lu and lu_solve,
cho_factor and cho_solve, solve_banded, matrices of given entries, and equations of Lyapunov.

They are names of `jitgrad.linalg`, in SciPy's calling forms. Start at `cho_factor`.
"""

import numpy as np

from ...base.errors import ArgumentError, ShapeError
from ...base.surface import surface
from ...frontend.convert import as_operand
from ...ir.shapes import as_int
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
    first = op.solve_triangular(c, as_operand(b), 0 if lower else 2, lower)
    return op.solve_triangular(c, first, 2 if lower else 0, lower)


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
    """The solutions x of the Lyapunov equations a x + x aᴴ = q, by SciPy.

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
    return op.solve_sylvester(a, op.conjugate(op.matrix_transpose(a)), as_operand(q))


solve_lyapunov.__name__ = solve_lyapunov.__qualname__ = "solve_continuous_lyapunov"


@surface
def solve_discrete_lyapunov(a, q, method=None):
    """The solutions x of the discrete Lyapunov equations a x aᴴ - x + q = 0.

    Parameters
    ----------
    a : array_like
        A matrix (n, n).
    q : array_like
        A matrix (n, n).
    method : str, optional
        "direct", one linear system of n² unknowns, the default up to 9 rows, or "bilinear", a
        continuous equation.

    Returns
    -------
    Tensor
        Of shape (n, n).

    Examples
    --------
    >>> jitgrad.linalg.solve_discrete_lyapunov([[0.5]], [[3.0]])
    tensor([[4.]])
    """
    a, q = as_operand(a), as_operand(q)
    if a.ndim != 2 or a.shape != q.shape or a.shape[0] != a.shape[1]:
        raise ShapeError(
            f"got solve_discrete_lyapunov of shapes {a.shape} and {q.shape}, expected (n, n) both"
        )
    if method not in (None, "direct", "bilinear"):
        raise ArgumentError(f"got method={method!r}, expected 'direct' or 'bilinear'")
    n = a.shape[0]
    eye = np.eye(n)
    if method == "direct" or (method is None and n < 10):
        both = (a[:, None, :, None] * op.conjugate(a)[None, :, None, :]).reshape((n * n, n * n))
        return op.solve(np.eye(n * n) - both, q.reshape((n * n,))).reshape((n, n))
    turned = op.conjugate(op.matrix_transpose(a))
    inverse = op.inv(turned + eye)
    b = op.matmul(turned - eye, inverse)
    c = 2 * op.matmul(op.matmul(op.inv(a + eye), q), inverse)
    return op.solve_sylvester(op.conjugate(op.matrix_transpose(b)), b, -c)


# --- LU -------------------------------------------------------------------------------------------


def _square(name, a):
    a = as_operand(a)
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise ShapeError(f"got {name} of shape {a.shape}, expected square matrices (..., n, n)")
    return a


@surface
def lu(a, permute_l=False):
    """The LU decomposition with exchanges of rows, a = P L U.

    Parameters
    ----------
    a : array_like
        Matrices (..., m, n).
    permute_l : bool, default False
        Whether P L is given in the place of P and L.

    Returns
    -------
    tuple
        P (..., m, m), L (..., m, k) with ones on its diagonal, and U (..., k, n), where k is
        min(m, n); or P L and U.

    Notes
    -----
    The gradient is that for the rows as they are exchanged: P has none. A singular matrix has
    factors, and its gradient raises `numpy.linalg.LinAlgError`, as do factors of a matrix with more
    rows than columns whose columns are not linearly independent.

    Examples
    --------
    >>> P, L, U = jitgrad.linalg.lu([[1.0, 2.0], [4.0, 4.0]])
    >>> L, U
    (tensor([[1.  , 0.  ],
            [0.25, 1.  ]]), tensor([[4., 4.],
            [0., 1.]]))
    """
    a = as_operand(a)
    if a.ndim < 2:
        raise ShapeError(f"got lu of shape {a.shape}, expected matrices (..., m, n)")
    exchange, lower, upper = _factors(a)
    return (op.matmul(exchange, lower), upper) if permute_l else (exchange, lower, upper)


def _factors(a):
    """P, L and U. What a square part of the matrix has no room for is solved for."""
    m, n = a.shape[-2:]
    first = a[..., :m]
    exchange = op.row_exchange(first)
    if m <= n:
        lower, upper = op.lu_lower(first), op.lu_upper(first)
        if m < n:
            rest = op.matmul(op.matrix_transpose(exchange), a[..., m:])
            rest = op.solve_triangular(lower, rest, 0, True, True)
            upper = op.concatenate([upper, rest], axis=-1)
        return exchange, lower, upper
    rows = op.matmul(op.matrix_transpose(exchange), a)
    top, below = rows[..., :n, :], rows[..., n:, :]
    again, lower, upper = _factors(top)  # exchanges rows that are alike to the last digit, if any
    left = exchange[..., :n]
    exchange = op.concatenate([op.matmul(left, again), exchange[..., n:]], axis=-1)
    below = op.solve_triangular(upper, op.matrix_transpose(below), 1)
    return exchange, op.concatenate([lower, op.matrix_transpose(below)], axis=-2), upper


@surface
def lu_factor(a):
    """The LU decomposition as one matrix, for `lu_solve`.

    Parameters
    ----------
    a : array_like
        Matrices (..., m, n).

    Returns
    -------
    tuple
        A matrix with U on and above the diagonal and L below, and the rows that rows were
        exchanged with, one after another, integers (..., k), with k = min(m, n).

    Examples
    --------
    >>> a = jitgrad.tensor([[1.0, 2.0], [4.0, 4.0]])
    >>> jitgrad.linalg.lu_solve(jitgrad.linalg.lu_factor(a), [3.0, 8.0])
    tensor([1., 1.])
    """
    a = as_operand(a)
    if a.ndim < 2:
        raise ShapeError(f"got lu_factor of shape {a.shape}, expected matrices (..., m, n)")
    _, lower, upper = _factors(a)
    m, n = a.shape[-2:]
    lower = lower - np.eye(m, lower.shape[-1], dtype=lower.dtype)
    if m > n:
        below = np.zeros((*a.shape[:-2], m - n, n), lower.dtype)
        upper = op.concatenate([upper, below], axis=-2)
    elif m < n:
        beside = np.zeros((*a.shape[:-2], m, n - m), lower.dtype)
        lower = op.concatenate([lower, beside], axis=-1)
    return lower + upper, op.lu_pivots(a[..., :m])


@surface
def lu_solve(lu_and_piv, b, trans=0):
    """The solutions x of the linear systems a x = b, from what `lu_factor` gives for a.

    Parameters
    ----------
    lu_and_piv : tuple
        What `lu_factor` gives.
    b : array_like
        Right sides (..., n, k), or one vector (n,).
    trans : int, default 0
        1 or 2 for the transposed matrix.

    Returns
    -------
    Tensor
        Of the shape of `b`.

    Examples
    --------
    >>> a = jitgrad.tensor([[2.0, 0.0], [2.0, 1.0]])
    >>> jitgrad.linalg.lu_solve(jitgrad.linalg.lu_factor(a), [4.0, 2.0], trans=1)
    tensor([1., 2.])
    """
    if not isinstance(lu_and_piv, tuple) or len(lu_and_piv) != 2:
        raise ArgumentError(
            f"got {type(lu_and_piv).__name__} for lu_solve, expected the pair that lu_factor gives"
        )
    if trans not in (0, 1, 2):
        raise ArgumentError(f"got trans={trans!r} for lu_solve, expected 0, 1 or 2")
    lu, b = as_operand(lu_and_piv[0]), as_operand(b)
    exchange = op.pivot_exchange(as_operand(lu_and_piv[1])).astype(lu.dtype)
    if trans:
        x = op.solve_triangular(lu, op.solve_triangular(lu, b, 1), 1, True, True)
        return op.matmul(exchange, x)
    x = op.matmul(op.matrix_transpose(exchange), b)
    return op.solve_triangular(lu, op.solve_triangular(lu, x, 0, True, True))


@surface
def solve_banded(l_and_u, ab, b):
    """The solutions x of a linear system with a banded matrix, by SciPy.

    Parameters
    ----------
    l_and_u : tuple of int
        The numbers of diagonals below and above the main one.
    ab : array_like
        The diagonals as rows, (l + u + 1, n): ``ab[u + i - j, j] = a[i, j]``.
    b : array_like
        Right sides, (n,) or (n, k).

    Returns
    -------
    Tensor
        Of the shape of `b`.

    Notes
    -----
    The gradient costs one more solution, for the transposed matrix. Elements of `ab` that are
    outside of the matrix have a gradient of 0.

    Examples
    --------
    >>> ab = [[0.0, 1.0, 1.0], [4.0, 4.0, 4.0], [1.0, 1.0, 0.0]]
    >>> jitgrad.linalg.solve_banded((1, 1), ab, [5.0, 6.0, 5.0])
    tensor([1., 1., 1.])
    """
    if not isinstance(l_and_u, tuple) or len(l_and_u) != 2:
        raise ArgumentError(f"got {l_and_u!r} for solve_banded, expected two numbers (l, u)")
    lower, upper = (as_int(n, "l_and_u") for n in l_and_u)
    return op.banded_solution(as_operand(ab), as_operand(b), lower, upper)


# --- matrices of given entries --------------------------------------------------------------------


@surface
def circulant(c):
    """The matrix whose columns are the vector, each moved on by one place.

    Parameters
    ----------
    c : array_like
        The first column, (n,).

    Returns
    -------
    Tensor
        Of shape (n, n).

    Examples
    --------
    >>> jitgrad.linalg.circulant([1.0, 2.0, 3.0])
    tensor([[1., 3., 2.],
            [2., 1., 3.],
            [3., 2., 1.]])
    """
    c = as_operand(c)
    if c.ndim != 1 or not c.size:
        raise ShapeError(f"got circulant of shape {c.shape}, expected one axis, not empty")
    rows, columns = np.arange(c.size)[:, None], np.arange(c.size)
    return op.take(c, (rows - columns) % c.size)


@surface
def hankel(c, r=None):
    """The matrix that is constant along its anti-diagonals.

    Parameters
    ----------
    c : array_like
        The first column, (n,).
    r : array_like, optional
        The last row, (m,), whose first element is not read; zeros by default.

    Returns
    -------
    Tensor
        Of shape (n, m).

    Examples
    --------
    >>> jitgrad.linalg.hankel([1.0, 2.0], [9.0, 3.0, 4.0])
    tensor([[1., 2., 3.],
            [2., 3., 4.]])
    """
    c = as_operand(c)
    r = np.zeros(c.shape, c.dtype) if r is None else as_operand(r)
    if c.ndim != 1 or r.ndim != 1 or not c.size or not r.size:
        raise ShapeError(
            f"got hankel of shapes {c.shape} and {r.shape}, expected one axis each, not empty"
        )
    rows, columns = np.arange(c.size)[:, None], np.arange(r.size)
    return op.take(op.concatenate([c, r[1:]]), rows + columns)


FORMULAS = (
    *(block_diag, cho_factor, cho_solve, circulant, hankel, lu, lu_factor, lu_solve),
    *(solve_banded, solve_discrete_lyapunov, solve_lyapunov, toeplitz),
)
