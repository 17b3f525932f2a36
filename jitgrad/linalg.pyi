# Written by `python -m tools.stubs`: change the functions, or tools, not this file.
"""`jitgrad.linalg`: the functions of `numpy.linalg` that have gradients, and others."""

from typing import Any

from numpy.typing import DTypeLike

from . import Tensor, _ArrayLike, _Ints

__all__ = [
    "matrix_power", "solve", "tensorsolve", "tensorinv", "inv", "cholesky", "eigvals", "eigvalsh",
    "pinv", "slogdet", "det", "svd", "svdvals", "eig", "eigh", "lstsq", "norm", "qr", "cond",
    "matrix_rank", "multi_dot", "trace", "diagonal", "cross", "outer", "tensordot", "matmul",
    "matrix_transpose", "matrix_norm", "vector_norm", "vecdot", "expm", "logm", "solve_sylvester",
    "solve_triangular", "sqrtm", "block_diag", "cho_factor", "cho_solve", "circulant", "hankel",
    "lu", "lu_factor", "lu_solve", "solve_banded", "solve_discrete_lyapunov",
    "solve_continuous_lyapunov", "toeplitz"
]  # fmt: skip

def block_diag(*arrs: Any) -> Tensor:
    """The matrix with matrices along its diagonal, and zeros elsewhere.

    >>> jitgrad.linalg.block_diag([[1.0, 2.0]], 3.0)
    tensor([[1., 2., 0.],
            [0., 0., 3.]])
    """

def cho_factor(a: _ArrayLike, lower: Any = False) -> Any:
    """The Cholesky factors of symmetric positive definite matrices, for `cho_solve`.

    >>> a = jitgrad.tensor([[4.0, 2.0], [2.0, 5.0]])
    >>> jitgrad.linalg.cho_factor(a, lower=True)
    (tensor([[2., 0.],
            [1., 2.]]), True)
    """

def cho_solve(c_and_lower: Any, b: _ArrayLike) -> Tensor:
    """The solutions x of the linear systems a x = b, from Cholesky factors of a.

    >>> a = jitgrad.tensor([[4.0, 2.0], [2.0, 5.0]])
    >>> jitgrad.linalg.cho_solve(jitgrad.linalg.cho_factor(a), [6.0, 7.0])
    tensor([1., 1.])
    """

def circulant(c: Any) -> Tensor:
    """The matrix whose columns are the vector, each moved on by one place.

    >>> jitgrad.linalg.circulant([1.0, 2.0, 3.0])
    tensor([[1., 3., 2.],
            [2., 1., 3.],
            [3., 2., 1.]])
    """

def cond(x: _ArrayLike, p: Any = None) -> Tensor:
    """The condition numbers of matrices: the norm times that of the inverse.

    >>> jitgrad.linalg.cond([[4.0, 0.0], [0.0, 2.0]])
    tensor(2.)
    """

def cross(x1: _ArrayLike, x2: _ArrayLike, /, *, axis: Any = -1) -> Tensor:
    """The cross product of vectors of three elements.

    >>> jitgrad.linalg.cross(jitgrad.tensor([1.0, 0.0, 0.0]), jitgrad.tensor([0.0, 1.0, 0.0]))
    tensor([0., 0., 1.])
    """

def diagonal(x: _ArrayLike, /, *, offset: Any = 0) -> Tensor:
    """Returns specified diagonals of a matrix (or a stack of matrices) ``x``.

    >>> a = np.arange(4).reshape(2, 2); a
    array([[0, 1],
           [2, 3]])
    >>> np.linalg.diagonal(a)
    array([0, 3])
    """

def eig(a: _ArrayLike) -> Tensor:
    """The eigenvalues and eigenvectors of square matrices: complex numbers always.

    >>> a = jitgrad.tensor([[0.0, -1.0], [1.0, 0.0]])
    >>> jitgrad.linalg.eig(a).eigenvalues
    tensor([0.+1.j, 0.-1.j], dtype=complex128)
    >>> jitgrad.grad(lambda a: jitgrad.linalg.eig(a).eigenvalues[0].imag)(a)
    tensor([[ 0. , -0.5],
            [ 0.5,  0. ]])
    """

def eigh(a: _ArrayLike, UPLO: Any = "L") -> Any:
    """The eigenvalues and eigenvectors of symmetric matrices, complex ones Hermitian.

    >>> a = jitgrad.tensor([[2.0, 1.0], [1.0, 2.0]])
    >>> jitgrad.linalg.eigh(a).eigenvalues
    tensor([1., 3.])
    >>> jitgrad.grad(lambda a: jitgrad.linalg.eigh(a).eigenvalues[1])(a)
    tensor([[0.5, 0.5],
            [0.5, 0.5]])
    """

def eigvalsh(a: _ArrayLike, UPLO: Any = "L") -> Tensor:
    """The eigenvalues of symmetric matrices, in ascending order.

    >>> a = jitgrad.tensor([[2.0, 1.0], [1.0, 2.0]])
    >>> jitgrad.linalg.eigvalsh(a)
    tensor([1., 3.])
    """

def hankel(c: Any, r: Any = None) -> Tensor:
    """The matrix that is constant along its anti-diagonals.

    >>> jitgrad.linalg.hankel([1.0, 2.0], [9.0, 3.0, 4.0])
    tensor([[1., 2., 3.],
            [2., 3., 4.]])
    """

def lstsq(a: _ArrayLike, b: _ArrayLike, rcond: Any = None) -> Any:
    """The solution of least squares, of least norm, of a linear system.

    >>> x, residuals, rank, s = jitgrad.linalg.lstsq([[1.0], [1.0]], [1.0, 3.0])
    >>> x, residuals
    (tensor([2.]), tensor([2.]))
    """

def lu(a: _ArrayLike, permute_l: Any = False) -> Tensor:
    """The LU decomposition with exchanges of rows, a = P L U.

    >>> P, L, U = jitgrad.linalg.lu([[1.0, 2.0], [4.0, 4.0]])
    >>> L, U
    (tensor([[1.  , 0.  ],
            [0.25, 1.  ]]), tensor([[4., 4.],
            [0., 1.]]))
    """

def lu_factor(a: _ArrayLike) -> Tensor:
    """The LU decomposition as one matrix, for `lu_solve`.

    >>> a = jitgrad.tensor([[1.0, 2.0], [4.0, 4.0]])
    >>> jitgrad.linalg.lu_solve(jitgrad.linalg.lu_factor(a), [3.0, 8.0])
    tensor([1., 1.])
    """

def lu_solve(lu_and_piv: Any, b: _ArrayLike, trans: Any = 0) -> Tensor:
    """The solutions x of the linear systems a x = b, from what `lu_factor` gives for a.

    >>> a = jitgrad.tensor([[2.0, 0.0], [2.0, 1.0]])
    >>> jitgrad.linalg.lu_solve(jitgrad.linalg.lu_factor(a), [4.0, 2.0], trans=1)
    tensor([1., 2.])
    """

def matrix_power(a: _ArrayLike, n: Any) -> Tensor:
    """The product of square matrices with themselves, `n` times; of their inverses for n < 0.

    >>> jitgrad.linalg.matrix_power([[1.0, 1.0], [0.0, 1.0]], 3)
    tensor([[1., 3.],
            [0., 1.]])
    """

def matrix_rank(A: Any, tol: Any = None, hermitian: Any = False, *, rtol: Any = None) -> Tensor:
    """The rank of matrices: how many singular values count as no zeros. It has no gradient.

    >>> jitgrad.linalg.matrix_rank([[1.0, 2.0], [2.0, 4.0]])
    tensor(1)
    """

def multi_dot(arrays: Any, *, out: Any = None) -> Tensor:
    """The product of two or more matrices, in the order that takes the fewest multiplications.

    >>> jitgrad.linalg.multi_dot([[1.0, 2.0], [[1.0, 0.0], [0.0, 3.0]], [1.0, 1.0]])
    tensor(7.)
    """

def pinv(a: _ArrayLike, rcond: Any = None, hermitian: Any = False, *, rtol: Any = ...) -> Tensor:
    """The pseudo-inverses of matrices.

    >>> jitgrad.linalg.pinv([[2.0, 0.0], [0.0, 0.0]])
    tensor([[0.5, 0. ],
            [0. , 0. ]])
    """

def qr(a: _ArrayLike, mode: Any = "reduced") -> Any:
    """The QR decomposition of matrices.

    >>> a = jitgrad.tensor([[3.0, 1.0], [4.0, 2.0]])
    >>> jitgrad.linalg.qr(a).R
    tensor([[-5. , -2.2],
            [ 0. ,  0.4]])
    """

def slogdet(a: _ArrayLike) -> Any:
    """The sign and the logarithm of the absolute value of determinants.

    >>> a = jitgrad.tensor([[2.0, 1.0], [1.0, 3.0]])
    >>> jitgrad.linalg.slogdet(a).logabsdet
    tensor(1.6094)
    >>> jitgrad.grad(lambda a: jitgrad.linalg.slogdet(a).logabsdet)(a)
    tensor([[ 0.6, -0.2],
            [-0.2,  0.4]])
    """

def solve_banded(l_and_u: Any, ab: Any, b: _ArrayLike) -> Tensor:
    """The solutions x of a linear system with a banded matrix, by SciPy.

    >>> ab = [[0.0, 1.0, 1.0], [4.0, 4.0, 4.0], [1.0, 1.0, 0.0]]
    >>> jitgrad.linalg.solve_banded((1, 1), ab, [5.0, 6.0, 5.0])
    tensor([1., 1., 1.])
    """

def solve_continuous_lyapunov(a: _ArrayLike, q: Any) -> Tensor:
    """The solutions x of the Lyapunov equations a x + x aᴴ = q, by SciPy.

    >>> jitgrad.linalg.solve_continuous_lyapunov([[-1.0]], [[4.0]])
    tensor([[-2.]])
    """

def solve_discrete_lyapunov(a: _ArrayLike, q: Any, method: Any = None) -> Tensor:
    """The solutions x of the discrete Lyapunov equations a x aᴴ - x + q = 0.

    >>> jitgrad.linalg.solve_discrete_lyapunov([[0.5]], [[3.0]])
    tensor([[4.]])
    """

def svd(
    a: _ArrayLike, full_matrices: Any = True, compute_uv: Any = True, hermitian: Any = False
) -> Any:
    """The singular value decomposition of matrices.

    >>> a = jitgrad.tensor([[3.0, 0.0], [0.0, 4.0], [0.0, 0.0]])
    >>> jitgrad.linalg.svd(a, full_matrices=False).S
    tensor([4., 3.])
    """

def tensorinv(a: _ArrayLike, ind: Any = 2) -> Tensor:
    """The inverse of `a` as an operator from tensors of its last axes to its first `ind` axes.

    >>> jitgrad.linalg.tensorinv(jitgrad.eye(4).reshape(4, 2, 2), ind=1).shape
    (2, 2, 4)
    """

def tensorsolve(a: _ArrayLike, b: _ArrayLike, axes: Any = None) -> Tensor:
    """The tensor x with ``tensordot(a, x, x.ndim) = b``.

    >>> jitgrad.linalg.tensorsolve(jitgrad.eye(4).reshape(2, 2, 4), jitgrad.ones((2, 2)))
    tensor([1., 1., 1., 1.])
    """

def toeplitz(c: Any, r: Any = None) -> Tensor:
    """The matrix that is constant along its diagonals.

    >>> jitgrad.linalg.toeplitz([1.0, 2.0, 3.0], [0.0, 7.0])
    tensor([[1., 7.],
            [2., 1.],
            [3., 2.]])
    """

def trace(x: _ArrayLike, /, *, offset: Any = 0, dtype: DTypeLike | None = None) -> Tensor:
    """Returns the sum along the specified diagonals of a matrix (or a stack of matrices) ``x``.

    >>> np.linalg.trace(np.eye(3))
    3.0
    >>> a = np.arange(8).reshape((2, 2, 2))
    >>> np.linalg.trace(a)
    array([3, 11])
    """

def cholesky(a: _ArrayLike, upper: bool = False, *, out: Tensor | None = None) -> Tensor:
    """The Cholesky factors of symmetric positive definite matrices, complex ones Hermitian, of
    which the lower half is read, or the upper one with upper=True.

    NumPy's is numpy.linalg.cholesky.

    >>> a = jitgrad.tensor([[2.0, 0.8, 0.5], [0.8, 2.2, 0.2], [0.5, 0.2, 2.8]])
    >>> jitgrad.cholesky(a, upper=True)
    tensor([[1.4142e+00, 5.6569e-01, 3.5355e-01],
            [0.0000e+00, 1.3711e+00, 2.0243e-17],
            [0.0000e+00, 0.0000e+00, 1.6355e+00]])
    >>> jitgrad.grad(lambda a: jitgrad.cholesky(a, upper=True).sum())(a)
    tensor([[0.2741, 0.1165, 0.1313],
            [0.1165, 0.3647, 0.3647],
            [0.1313, 0.3647, 0.3057]])
    """

def det(a: _ArrayLike, /) -> Tensor:
    """The determinants of square matrices.

    NumPy's is numpy.linalg.det.

    >>> a = jitgrad.tensor([[2.5, -0.4, 0.6], [-0.8, 3.2, 0.5], [-0.6, -0.9, 2.5]])
    >>> jitgrad.det(a)
    tensor(22.029)
    >>> jitgrad.grad(lambda a: jitgrad.det(a).sum())(a)
    tensor([[ 8.45,  1.7 ,  2.64],
            [ 0.46,  6.61,  2.49],
            [-2.12, -1.73,  7.68]])
    """

def eigvals(a: _ArrayLike, /) -> Tensor:
    """The eigenvalues of square matrices, complex numbers always, as in PyTorch and JAX.

    NumPy's is numpy.linalg.eigvals.

    >>> a = jitgrad.tensor([[-0.2, -0.2, 0.3], [-0.3, 2.1, 0.2], [-0.2, -0.4, 3.8]])
    >>> jitgrad.eigvals(a)
    tensor([-0.2062+0.j,  2.1639+0.j,  3.7423+0.j], dtype=complex128)
    >>> jitgrad.grad(lambda a: jitgrad.abs(jitgrad.eigvals(a)).sum())(a)
    tensor([[-0.9916, -0.2483, -0.1242],
            [-0.1456,  0.9818, -0.0091],
            [ 0.1564,  0.0195,  1.0098]])
    """

def expm(a: _ArrayLike, /) -> Tensor:
    """The exponentials of square matrices, by SciPy.

    >>> a = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9], [-1.2, -1.8, -0.9]])
    >>> jitgrad.expm(a)
    tensor([[ 0.8719, -1.2993,  0.2443],
            [-1.5167,  1.897 ,  0.0725],
            [ 0.4403, -1.1067,  0.0358]])
    >>> jitgrad.grad(lambda a: jitgrad.expm(a).sum())(a)
    tensor([[-0.1099, -0.0395, -0.1229],
            [-0.1177, -0.0068, -0.2023],
            [ 0.2815,  0.5485, -0.2443]])
    """

def inv(a: _ArrayLike, /) -> Tensor:
    """The inverse matrices.

    NumPy's is numpy.linalg.inv.

    >>> a = jitgrad.tensor([[2.5, -0.4, 0.6], [-0.8, 3.2, 0.5], [-0.6, -0.9, 2.5]])
    >>> jitgrad.inv(a)
    tensor([[ 0.3836,  0.0209, -0.0962],
            [ 0.0772,  0.3001, -0.0785],
            [ 0.1198,  0.113 ,  0.3486]])
    >>> jitgrad.grad(lambda a: jitgrad.inv(a).sum())(a)
    tensor([[-0.179 , -0.1734, -0.3376],
            [-0.1338, -0.1296, -0.2524],
            [-0.0536, -0.0519, -0.1011]])
    """

def logm(a: _ArrayLike, /) -> Tensor:
    """The principal logarithms of square matrices, by SciPy.

    >>> a = jitgrad.tensor([[2.0, 0.8, 0.5], [0.8, 2.2, 0.2], [0.5, 0.2, 2.8]])
    >>> jitgrad.logm(a)
    tensor([[0.588 , 0.3981, 0.2079],
            [0.3981, 0.7117, 0.0445],
            [0.2079, 0.0445, 1.0087]])
    >>> jitgrad.grad(lambda a: jitgrad.logm(a).sum())(a)
    tensor([[0.3029, 0.3095, 0.2924],
            [0.3095, 0.3164, 0.2987],
            [0.2924, 0.2987, 0.2825]])
    """

def matmul(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """The matrix product; stacks of matrices (..., n, k) @ (..., k, m) broadcast.

    NumPy's is numpy.matmul.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3, -1.6],
    ...                     [0.4, 0.9, -1.2, -1.8],
    ...                     [-0.9, 0.6, 0.2, -1.4]])
    >>> y = jitgrad.tensor([[-0.3, 0.7], [-0.3, 0.5], [1.9, 0.7], [-0.4, -1.3]])
    >>> jitgrad.matmul(x, y)
    tensor([[ 3.65,  1.89],
            [-1.95,  2.23],
            [ 1.03,  1.63]])
    >>> jitgrad.grad(lambda x: jitgrad.matmul(x, y).sum())(x)
    tensor([[ 0.4,  0.2,  2.6, -1.7],
            [ 0.4,  0.2,  2.6, -1.7],
            [ 0.4,  0.2,  2.6, -1.7]])
    """

def matrix_norm(
    x: _ArrayLike,
    keepdims: bool = False,
    ord: float | str | None = "fro",
    *,
    keepdim: bool = ...,
    out: Tensor | None = None,
) -> Tensor:
    """The norm of the matrices on the last two axes; derivative 0 at 0.

    NumPy's is numpy.linalg.matrix_norm.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.matrix_norm(x, ord=1)
    tensor(2.6)
    >>> jitgrad.grad(lambda x: jitgrad.matrix_norm(x, ord=1).sum())(x)
    tensor([[-1., -0.,  0.],
            [-1.,  0.,  0.]])
    """

def matrix_transpose(x: _ArrayLike, /) -> Tensor:
    """The last two axes exchanged.

    NumPy's is numpy.matrix_transpose.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3, -1.6],
    ...                     [0.4, 0.9, -1.2, -1.8],
    ...                     [-0.9, 0.6, 0.2, -1.4]])
    >>> jitgrad.matrix_transpose(x)
    tensor([[-1. ,  0.4, -0.9],
            [-0.8,  0.9,  0.6],
            [ 1.3, -1.2,  0.2],
            [-1.6, -1.8, -1.4]])
    >>> jitgrad.grad(lambda x: jitgrad.matrix_transpose(x).sum())(x)
    tensor([[1., 1., 1., 1.],
            [1., 1., 1., 1.],
            [1., 1., 1., 1.]])
    """

def norm(
    x: _ArrayLike,
    ord: float | str | None = None,
    axis: _Ints | None = None,
    keepdims: bool = False,
    *,
    dim: _Ints | None = ...,
    dims: _Ints | None = ...,
    keepdim: bool = ...,
    out: Tensor | None = None,
) -> Tensor:
    """The norm of vectors (one axis) or matrices (two), by default of all elements; its
    derivative at 0 is 0.

    NumPy's is numpy.linalg.norm.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9]])
    >>> jitgrad.norm(x, axis=0)
    tensor([1.8868, 0.8944, 1.5811])
    >>> jitgrad.grad(lambda x: jitgrad.norm(x, axis=0).sum())(x)
    tensor([[-0.53  , -0.8944,  0.8222],
            [-0.848 ,  0.4472,  0.5692]])
    """

def outer(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """All products of an element of x and one of y.

    NumPy's is numpy.outer.

    >>> x = jitgrad.tensor([-1.0, -0.8, 1.3])
    >>> y = jitgrad.tensor([-1.6, 0.4, 0.9, -1.2])
    >>> jitgrad.outer(x, y)
    tensor([[ 1.6 , -0.4 , -0.9 ,  1.2 ],
            [ 1.28, -0.32, -0.72,  0.96],
            [-2.08,  0.52,  1.17, -1.56]])
    >>> jitgrad.grad(lambda x: jitgrad.outer(x, y).sum())(x)
    tensor([-1.5, -1.5, -1.5])
    """

def solve(a: _ArrayLike, b: _ArrayLike, /) -> Tensor:
    """The solutions x of the linear systems a x = b.

    NumPy's is numpy.linalg.solve.

    >>> a = jitgrad.tensor([[2.5, -0.4, 0.6], [-0.8, 3.2, 0.5], [-0.6, -0.9, 2.5]])
    >>> b = jitgrad.tensor([[0.3, 0.1], [-0.7, -0.1], [0.3, -0.2]])
    >>> jitgrad.solve(a, b)
    tensor([[ 0.0716,  0.0555],
            [-0.2104, -0.0066],
            [ 0.0614, -0.069 ]])
    >>> jitgrad.grad(lambda a: jitgrad.solve(a, b).sum())(a)
    tensor([[-0.0738,  0.126 ,  0.0044],
            [-0.0552,  0.0942,  0.0033],
            [-0.0221,  0.0377,  0.0013]])
    """

def solve_sylvester(a: _ArrayLike, b: _ArrayLike, q: _ArrayLike) -> Tensor:
    """The solutions x of the Sylvester equations a x + x b = q, by SciPy.

    >>> a = jitgrad.tensor([[1.8, -0.2, 0.3], [-0.4, 2.1, 0.2], [-0.3, -0.4, 1.8]])
    >>> b = jitgrad.tensor([[2.2, 0.1], [-0.3, 1.9]])
    >>> q = jitgrad.tensor([[0.2, -0.1], [0.1, 0.5], [0.2, -0.1]])
    >>> jitgrad.solve_sylvester(a, b, q)
    tensor([[ 0.046 , -0.0203],
            [ 0.0335,  0.123 ],
            [ 0.0555, -0.0169]])
    >>> jitgrad.grad(lambda a: jitgrad.solve_sylvester(a, b, q).sum())(a)
    tensor([[-0.006 , -0.0521, -0.0099],
            [-0.0056, -0.0469, -0.0091],
            [-0.0047, -0.0368, -0.0076]])
    """

def solve_triangular(
    a: _ArrayLike,
    b: _ArrayLike,
    trans: int | str = 0,
    lower: bool = False,
    unit_diagonal: bool = False,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """The solutions x of the linear systems a x = b with triangular matrices a, of which one
    half is read.

    >>> a = jitgrad.tensor([[2.2, -0.5, 0.6], [0.2, 2.2, -0.1], [0.0, -0.7, 3.5]])
    >>> b = jitgrad.tensor([[-0.8, -0.2], [0.0, -0.1], [0.2, 0.5]])
    >>> jitgrad.solve_triangular(a, b, lower=True)
    tensor([[-0.3636, -0.0909],
            [ 0.0331, -0.0372],
            [ 0.0638,  0.1354]])
    >>> jitgrad.grad(lambda a: jitgrad.solve_triangular(a, b, lower=True).sum())(a)
    tensor([[ 0.1841, -0.    , -0.    ],
            [ 0.2479,  0.0023, -0.    ],
            [ 0.1299,  0.0012, -0.0569]])
    """

def sqrtm(a: _ArrayLike, /) -> Tensor:
    """The principal square roots of square matrices, by SciPy.

    >>> a = jitgrad.tensor([[2.0, 0.8, 0.5], [0.8, 2.2, 0.2], [0.5, 0.2, 2.8]])
    >>> jitgrad.sqrtm(a)
    tensor([[1.3771, 0.2796, 0.1598],
            [0.2796, 1.4558, 0.0498],
            [0.1598, 0.0498, 1.6649]])
    >>> jitgrad.grad(lambda a: jitgrad.sqrtm(a).sum())(a)
    tensor([[0.2753, 0.278 , 0.2706],
            [0.278 , 0.2807, 0.2732],
            [0.2706, 0.2732, 0.2662]])
    """

def svdvals(a: _ArrayLike, /) -> Tensor:
    """The singular values of matrices, in descending order.

    NumPy's is numpy.linalg.svdvals.

    >>> a = jitgrad.tensor([[0.8, -0.2, 0.3],
    ...                     [-0.3, 2.1, 0.2],
    ...                     [-0.2, -0.4, 2.8],
    ...                     [0.1, 0.0, -0.3]])
    >>> jitgrad.svdvals(a)
    tensor([2.8686, 2.1466, 0.7831])
    >>> jitgrad.grad(lambda a: jitgrad.svdvals(a).sum())(a)
    tensor([[ 0.9841,  0.031 ,  0.1502],
            [-0.049 ,  0.991 ,  0.1243],
            [-0.1343, -0.1305,  0.9756],
            [ 0.1058,  0.0047, -0.1011]])
    """

def tensordot(
    x: _ArrayLike, y: _ArrayLike, axes: _Ints = 2, *, dims: _Ints = ..., out: Tensor | None = None
) -> Tensor:
    """The product summed over pairs of axes.

    NumPy's is numpy.tensordot.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3], [-1.6, 0.4, 0.9], [-1.2, -1.8, -0.9]])
    >>> y = jitgrad.tensor([[0.6, 0.2, -1.4], [-0.3, 0.7, -0.3], [0.5, 1.9, 0.7]])
    >>> jitgrad.tensordot(x, y, axes=1)
    tensor([[ 0.29,  1.71,  2.55],
            [-0.63,  1.67,  2.75],
            [-0.63, -3.21,  1.59]])
    >>> jitgrad.grad(lambda x: jitgrad.tensordot(x, y, axes=1).sum())(x)
    tensor([[-0.6,  0.1,  3.1],
            [-0.6,  0.1,  3.1],
            [-0.6,  0.1,  3.1]])
    """

def vecdot(
    x: _ArrayLike,
    y: _ArrayLike,
    axis: _Ints = -1,
    *,
    dim: _Ints = ...,
    dims: _Ints = ...,
    out: Tensor | None = None,
) -> Tensor:
    """Dot products of vectors along `axis`; complex numbers of x are conjugated.

    NumPy's is numpy.vecdot.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3, -1.6],
    ...                     [0.4, 0.9, -1.2, -1.8],
    ...                     [-0.9, 0.6, 0.2, -1.4]])
    >>> y = jitgrad.tensor([[-0.3, 0.7, -0.3, 0.5],
    ...                     [1.9, 0.7, -0.4, -1.3],
    ...                     [-0.6, 0.0, 1.6, 1.1]])
    >>> jitgrad.vecdot(x, y)
    tensor([-1.45,  4.21, -0.68])
    >>> jitgrad.grad(lambda x: jitgrad.vecdot(x, y).sum())(x)
    tensor([[-0.3,  0.7, -0.3,  0.5],
            [ 1.9,  0.7, -0.4, -1.3],
            [-0.6,  0. ,  1.6,  1.1]])
    """

def vector_norm(
    x: _ArrayLike,
    axis: _Ints | None = None,
    keepdims: bool = False,
    ord: float | str | None = 2,
    *,
    dim: _Ints | None = ...,
    dims: _Ints | None = ...,
    keepdim: bool = ...,
    out: Tensor | None = None,
) -> Tensor:
    """The norm of the elements along `axis` (all by default) as one vector; derivative 0 at 0.

    NumPy's is numpy.linalg.vector_norm.

    >>> x = jitgrad.tensor([[[-1.0, -0.8, 1.3, -1.6],
    ...                     [0.4, 0.9, -1.2, -1.8],
    ...                     [-0.9, 0.6, 0.2, -1.4]],
    ...                     [[-0.3, 0.7, -0.3, 0.5],
    ...                     [1.9, 0.7, -0.4, -1.3],
    ...                     [-0.6, 0.0, 1.6, 1.1]]])
    >>> jitgrad.vector_norm(x, axis=(0, 2))
    tensor([2.6096, 3.4059, 2.7019])
    >>> jitgrad.grad(lambda x: jitgrad.vector_norm(x, axis=(0, 2)).sum())(x).shape
    (2, 3, 4)
    """
