# Written by `python -m tools.stubs`: change the functions, or tools, not this file.
"""`jitgrad.linalg`: the functions of `numpy.linalg` that have gradients, in jitgrad's own form."""

from . import Tensor, _ArrayLike, _Ints

__all__ = [
    "norm", "outer", "tensordot", "matmul", "matrix_transpose", "matrix_norm", "vector_norm",
    "vecdot"
]  # fmt: skip

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
    """Dot products of vectors along `axis`.

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
