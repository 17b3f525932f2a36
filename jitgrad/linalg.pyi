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

    >>> y = jitgrad.matmul(jitgrad.ones((3, 4)), jitgrad.ones((4, 2)))
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

    >>> y = jitgrad.matrix_norm(jitgrad.ones((2, 3, 4)))
    """

def matrix_transpose(x: _ArrayLike, /) -> Tensor:
    """The last two axes exchanged.

    NumPy's is numpy.matrix_transpose.

    >>> y = jitgrad.matrix_transpose(jitgrad.ones((3, 4)))
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

    >>> y = jitgrad.norm(jitgrad.ones((2, 3, 4)))
    """

def outer(x: _ArrayLike, y: _ArrayLike, /) -> Tensor:
    """All products of an element of x and one of y.

    NumPy's is numpy.outer.

    >>> y = jitgrad.outer(jitgrad.ones((3,)), jitgrad.ones((4,)))
    """

def tensordot(
    x: _ArrayLike, y: _ArrayLike, axes: _Ints = 2, *, dims: _Ints = ..., out: Tensor | None = None
) -> Tensor:
    """The product summed over pairs of axes.

    NumPy's is numpy.tensordot.

    >>> y = jitgrad.tensordot(jitgrad.ones((3, 3)), jitgrad.ones((3, 3)), axes=1)
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

    >>> y = jitgrad.vecdot(jitgrad.ones((3, 4)), jitgrad.ones((3, 4)))
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

    >>> y = jitgrad.vector_norm(jitgrad.ones((2, 3, 4)))
    """
