"""`jitgrad.scipy.sparse.linalg`: systems of linear equations with sparse matrices.

    >>> from jitgrad.scipy.sparse import csr_array
    >>> spsolve(csr_array([[2.0, 0.0], [1.0, 4.0]]), np.array([2.0, 9.0]))
    array([1., 2.])

Start at `spsolve`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from ...base.missing import missing
from ...base.surface import surface
from .arrays import SparseMatrix, csr_array

__all__ = ["factorized", "spsolve"]


@surface
def spsolve(A: Any, b: Any) -> Any:
    """The solution x of ``A x = b`` with a sparse matrix, as `scipy.sparse.linalg.spsolve`.

    Parameters
    ----------
    A : sparse matrix of shape (n, n)
        One of `jitgrad.scipy.sparse`, whose elements may require grad, or of SciPy's, a constant.
    b : array_like of shape (n,) or (n, k)
        It may require grad.

    Returns
    -------
    array or Tensor
        Of the shape of `b`.

    Raises
    ------
    ShapeError
        Shapes that do not fit.
    numpy.linalg.LinAlgError
        The matrix is singular; it is raised where values are computed.

    Notes
    -----
    The matrix is factorised once for the value and its derivatives, which are solutions of the same
    system or its transpose, by SuperLU.

    References
    ----------
    ``scipy.sparse.linalg.spsolve``.

    Examples
    --------
    >>> from jitgrad.scipy.sparse import csr_array
    >>> data = jitgrad.tensor([2.0, 1.0, 4.0], requires_grad=True)
    >>> x = spsolve(csr_array((data, [0, 0, 1], [0, 1, 3])), [2.0, 9.0])
    >>> jitgrad.autograd.grad(x[1], data)
    (tensor([ 0.125, -0.25 , -0.5  ]),)
    """
    return (A if isinstance(A, SparseMatrix) else csr_array(A)).solve(b)


@surface
def factorized(A: Any) -> Callable[[Any], Any]:
    """A function that solves systems with a sparse matrix, which is factorised once, as
    `scipy.sparse.linalg.factorized`.

    Parameters
    ----------
    A
        As in `spsolve`.

    References
    ----------
    ``scipy.sparse.linalg.factorized``.

    Examples
    --------
    >>> solve = factorized(np.array([[2.0, 0.0], [0.0, 4.0]]))
    >>> solve([2.0, 4.0])
    array([1., 1.])
    """
    return (A if isinstance(A, SparseMatrix) else csr_array(A)).solve


def __getattr__(name: str) -> Any:
    raise missing("jitgrad.scipy.sparse.linalg", name, sys.modules[__name__])


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
