# Written by `python -m tools.stubs`: change the functions, or tools, not this file.
# The names of NumPy 2.4.
"""`jitgrad.numpy.linalg`: all names of `numpy.linalg` on tensors, in NumPy's calling forms."""

from typing import Any

from numpy.linalg import LinAlgError as LinAlgError
from numpy.typing import DTypeLike

from .. import Tensor, _ArrayLike

__all__ = [
    "LinAlgError", "cholesky", "cond", "cross", "det", "diagonal", "eig", "eigh", "eigvals",
    "eigvalsh", "inv", "lstsq", "matmul", "matrix_norm", "matrix_power", "matrix_rank",
    "matrix_transpose", "multi_dot", "norm", "outer", "pinv", "qr", "slogdet", "solve", "svd",
    "svdvals", "tensordot", "tensorinv", "tensorsolve", "trace", "vecdot", "vector_norm"
]  # fmt: skip

def cholesky(a: _ArrayLike, /, *, upper: Any = False) -> Tensor:
    """Cholesky decomposition."""

def cond(x: _ArrayLike, p: Any = None) -> Any:
    """Compute the condition number of a matrix."""

def cross(x1: _ArrayLike, x2: _ArrayLike, /, *, axis: Any = -1) -> Any:
    """Returns the cross product of 3-element vectors."""

def det(a: _ArrayLike) -> Tensor:
    """Compute the determinant of an array."""

def diagonal(x: _ArrayLike, /, *, offset: Any = 0) -> Any:
    """Returns specified diagonals of a matrix (or a stack of matrices) ``x``."""

def eig(a: _ArrayLike) -> Any:
    """Compute the eigenvalues and right eigenvectors of a square array."""

def eigh(a: _ArrayLike, UPLO: Any = "L") -> Any:
    """Return the eigenvalues and eigenvectors of a complex Hermitian (conjugate symmetric) or a
    real symmetric matrix.
    """

def eigvals(a: _ArrayLike) -> Tensor:
    """Compute the eigenvalues of a general matrix."""

def eigvalsh(a: _ArrayLike, UPLO: Any = "L") -> Any:
    """Compute the eigenvalues of a complex Hermitian or real symmetric matrix."""

def inv(a: _ArrayLike) -> Tensor:
    """Compute the inverse of a matrix."""

def lstsq(a: _ArrayLike, b: _ArrayLike, rcond: Any = None) -> Any:
    """Return the least-squares solution to a linear matrix equation."""

def matmul(x1: _ArrayLike, x2: _ArrayLike, /) -> Tensor:
    """Computes the matrix product."""

def matrix_norm(x: _ArrayLike, /, *, keepdims: Any = False, ord: Any = "fro") -> Tensor:
    """Computes the matrix norm of a matrix (or a stack of matrices) ``x``."""

def matrix_power(a: _ArrayLike, n: Any) -> Any:
    """Raise a square matrix to the (integer) power `n`."""

def matrix_rank(A: Any, tol: Any = None, hermitian: Any = False, *, rtol: Any = None) -> Any:
    """Return matrix rank of array using SVD method"""

def matrix_transpose(x: _ArrayLike, /) -> Tensor:
    """Transposes a matrix (or a stack of matrices) ``x``."""

def multi_dot(arrays: Any, *, out: Any = None) -> Any:
    """Compute the dot product of two or more arrays in a single function call, while
    automatically selecting the fastest evaluation order.
    """

def norm(x: _ArrayLike, ord: Any = None, axis: Any = None, keepdims: Any = False) -> Tensor:
    """Matrix or vector norm."""

def outer(x1: _ArrayLike, x2: _ArrayLike, /) -> Tensor:
    """Compute the outer product of two vectors."""

def pinv(a: _ArrayLike, rcond: Any = None, hermitian: Any = False, *, rtol: Any = ...) -> Any:
    """Compute the (Moore-Penrose) pseudo-inverse of a matrix."""

def qr(a: _ArrayLike, mode: Any = "reduced") -> Any:
    """Compute the qr factorization of a matrix."""

def slogdet(a: _ArrayLike) -> Any:
    """Compute the sign and (natural) logarithm of the determinant of an array."""

def solve(a: _ArrayLike, b: _ArrayLike) -> Tensor:
    """Solve a linear matrix equation, or system of linear scalar equations."""

def svd(
    a: _ArrayLike, full_matrices: Any = True, compute_uv: Any = True, hermitian: Any = False
) -> Any:
    """Singular Value Decomposition."""

def svdvals(x: _ArrayLike, /) -> Tensor:
    """Returns the singular values of a matrix (or a stack of matrices) ``x``. When x is a stack
    of matrices, the function will compute the singular values for each matrix in the stack.
    """

def tensordot(x1: _ArrayLike, x2: _ArrayLike, /, *, axes: Any = 2) -> Tensor:
    """Compute tensor dot product along specified axes."""

def tensorinv(a: _ArrayLike, ind: Any = 2) -> Any:
    """Compute the 'inverse' of an N-dimensional array."""

def tensorsolve(a: _ArrayLike, b: _ArrayLike, axes: Any = None) -> Any:
    """Solve the tensor equation ``a x = b`` for x."""

def trace(x: _ArrayLike, /, *, offset: Any = 0, dtype: DTypeLike | None = None) -> Any:
    """Returns the sum along the specified diagonals of a matrix (or a stack of matrices) ``x``."""

def vecdot(x1: _ArrayLike, x2: _ArrayLike, /, *, axis: Any = -1) -> Tensor:
    """Computes the vector dot product."""

def vector_norm(
    x: _ArrayLike, /, *, axis: Any = None, keepdims: Any = False, ord: Any = 2
) -> Tensor:
    """Computes the vector norm of a vector (or batch of vectors) ``x``."""
