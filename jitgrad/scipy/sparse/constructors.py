"""Sparse matrices of diagonals, of products and of blocks. Start at `diags_array`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import numpy as jnp
from ...base.errors import ArgumentError, ShapeError
from ...base.surface import surface
from ...frontend.convert import as_operand
from ...frontend.tensor import Tensor
from ...tree import leaves
from .arrays import SparseMatrix, csr_array, of_places
from .combined import gathered, joined

__all__ = ["block_diag", "diags", "diags_array", "eye", "eye_array", "hstack", "kron", "vstack"]


def _formed(out: Any, format: str | None, dtype: Any = None) -> Any:
    if format not in (None, "csr", "coo"):
        raise ArgumentError(f'got format={format!r}, expected None, "csr" or "coo"')
    out = out if dtype is None else out.astype(dtype)
    return out.tocoo() if format == "coo" else out


def _matrix(x: Any) -> SparseMatrix:
    """A matrix of any kind as one of this package; of a tensor, each place is an element."""
    if isinstance(x, SparseMatrix):
        return x
    if not isinstance(x, Tensor):
        return csr_array(x if hasattr(x, "tocsr") else np.atleast_2d(x))
    shape = (*(1, 1)[x.ndim :], *x.shape)
    if len(shape) != 2:
        raise ShapeError(f"got a tensor of shape {x.shape} as a matrix, expected two axes or fewer")
    rows, columns = np.indices(shape).reshape(2, -1)
    return of_places((rows, columns), as_operand(x).reshape((-1,)), shape, True)


def _blocks(mats: Any, down: bool, across: bool) -> csr_array:
    """Matrices one after another: below each other, beside each other, or both."""
    blocks = [_matrix(x) for x in mats]
    if not blocks:
        raise ArgumentError("got no matrices, expected one or more")
    found, shape = [], []
    for axis, moves in enumerate((down, across)):
        sizes = [x.shape[axis] for x in blocks]
        if not moves and len({*sizes}) > 1:
            raise ShapeError(
                f"got matrices of {sizes} {('rows', 'columns')[axis]}, expected the same number"
            )
        starts = np.cumsum([0, *sizes]) * moves
        found.append([x._places()[axis] + starts[k] for k, x in enumerate(blocks)])
        shape.append(sum(sizes) if moves else sizes[0])
    places = [np.concatenate(x) for x in found]
    tensor = any([x._tensor for x in blocks])
    return of_places(places, joined([x._data for x in blocks]), (shape[0], shape[1]), tensor)


def _diagonals(diagonals: Any, offsets: Any) -> tuple[list[Any], list[int]]:
    """The diagonals, 1-d each, and their numbers."""
    numbers = np.atleast_1d(np.asarray(offsets))
    given = [as_operand(x) for x in diagonals]
    if not np.ndim(offsets) and all([not x.ndim for x in given]):
        given = [as_operand(diagonals)]
    given = [x.reshape((-1,)) if not x.ndim else x for x in given]
    if len(given) != numbers.size or any([x.ndim != 1 for x in given]):
        raise ShapeError(
            f"got {len(given)} diagonals and {numbers.size} offsets, expected as many, of one axis"
        )
    if np.unique(numbers).size < numbers.size or not given:
        raise ArgumentError(f"got offsets {numbers.tolist()}, expected one or more, each once")
    return given, [int(k) for k in numbers]


@surface
def diags_array(
    diagonals: Any, /, *, offsets: Any = 0, shape: Any = None, format: Any = None, dtype: Any = None
) -> Any:
    """A sparse matrix of diagonals, as `scipy.sparse.diags_array`.

    Parameters
    ----------
    diagonals : sequence of array_like
        They may require grad. One of a single element is repeated; of longer ones, the first
        elements are taken.
    offsets : int or sequence of int, optional
        The numbers of the diagonals, 0 for the main one, above it positive.
    shape : (int, int), optional
        By default square, and as small as the first diagonal fits.
    format : {None, "csr", "coo"}, optional
        None is "csr".
    dtype : data-type, optional

    References
    ----------
    ``scipy.sparse.diags_array``.

    Examples
    --------
    >>> x = jitgrad.tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> a = diags_array([x, [-1.0]], offsets=[0, 1], shape=(3, 3))
    >>> (a @ np.ones(3)).detach()
    tensor([0., 1., 3.])
    >>> jitgrad.autograd.grad((a @ a).sum(), x)
    (tensor([1., 2., 5.]),)
    """
    given, numbers = _diagonals(diagonals, offsets)
    if shape is None:
        shape = (given[0].size + abs(numbers[0]),) * 2
    (n, m), rows, data = shape, [], []
    for x, k in zip(given, numbers, strict=True):
        length = min(n + min(k, 0), m - max(k, 0))
        if length < 0 or (x.size < length and x.size != 1):
            raise ShapeError(
                f"got {x.size} elements for the diagonal {k} of a matrix of shape {(n, m)}, "
                f"expected {max(length, 0)}, or one"
            )
        rows.append(np.arange(length) + max(-k, 0))
        data.append(gathered(x, np.arange(length) if x.size > 1 else np.zeros(length, np.int64)))
    columns = [r + k for r, k in zip(rows, numbers, strict=True)]
    data = [x if x.dtype.kind == "f" else x.to(np.float64) for x in data]
    places = np.concatenate(rows), np.concatenate(columns)
    tensor = any([isinstance(x, Tensor) for x in leaves(diagonals)])
    return _formed(of_places(places, joined(data), (int(n), int(m)), tensor), format, dtype)


@surface
def diags(
    diagonals: Any, offsets: Any = 0, shape: Any = None, format: Any = None, dtype: Any = None
) -> Any:
    """`diags_array` by the older name, as `scipy.sparse.diags`.

    References
    ----------
    ``scipy.sparse.diags``.

    Examples
    --------
    >>> diags([[1.0, 2.0]], [1]).toarray()
    array([[0., 1., 0.],
           [0., 0., 2.],
           [0., 0., 0.]])
    """
    return diags_array(diagonals, offsets=offsets, shape=shape, format=format, dtype=dtype)


@surface
def eye_array(m: int, n: Any = None, *, k: int = 0, dtype: Any = float, format: Any = None) -> Any:
    """A sparse matrix of ones on a diagonal, as `scipy.sparse.eye_array`.

    Parameters
    ----------
    m, n : int
        Rows and columns; by default as many.
    k : int, optional
        The number of the diagonal.
    dtype : data-type, optional
    format : {None, "csr", "coo"}, optional

    References
    ----------
    ``scipy.sparse.eye_array``.

    Examples
    --------
    >>> eye_array(2, 3, k=1).toarray()
    array([[0., 1., 0.],
           [0., 0., 1.]])
    """
    n = m if n is None else n
    rows = np.arange(max(min(m + min(k, 0), n - max(k, 0)), 0)) + max(-k, 0)
    data = jnp.ones(rows.size)
    return _formed(of_places((rows, rows + k), data, (int(m), int(n)), False), format, dtype)


@surface
def eye(m: int, n: Any = None, k: int = 0, dtype: Any = float, format: Any = None) -> Any:
    """`eye_array` by the older name, as `scipy.sparse.eye`.

    References
    ----------
    ``scipy.sparse.eye``.

    Examples
    --------
    >>> eye(2).toarray()
    array([[1., 0.],
           [0., 1.]])
    """
    return eye_array(m, n, k=k, dtype=dtype, format=format)


@surface
def kron(A: Any, B: Any, format: Any = None) -> Any:
    """The Kronecker product of sparse matrices, as `scipy.sparse.kron`.

    Parameters
    ----------
    A, B : sparse matrices or array_like
        Elements may require grad.
    format : {None, "csr", "coo"}, optional

    References
    ----------
    ``scipy.sparse.kron``.

    Examples
    --------
    >>> kron(eye(2), [[1.0, 2.0]]).toarray()
    array([[1., 2., 0., 0.],
           [0., 0., 1., 2.]])
    """
    a, b = _matrix(A), _matrix(B)
    places = [
        (x[:, None] * size + y).ravel()
        for x, y, size in zip(a._places(), b._places(), b.shape, strict=True)
    ]
    data = (a._data.reshape((-1, 1)) * b._data).reshape((-1,))
    shape = a.shape[0] * b.shape[0], a.shape[1] * b.shape[1]
    return _formed(of_places(places, data, shape, a._tensor or b._tensor), format)


@surface
def block_diag(mats: Any, format: Any = None, dtype: Any = None) -> Any:
    """A sparse matrix of blocks on the diagonal, as `scipy.sparse.block_diag`.

    Parameters
    ----------
    mats : sequence of sparse matrices or array_like
        Elements may require grad.
    format : {None, "csr", "coo"}, optional
    dtype : data-type, optional

    References
    ----------
    ``scipy.sparse.block_diag``.

    Examples
    --------
    >>> block_diag([[[1.0], [2.0]], 3.0]).toarray()
    array([[1., 0.],
           [2., 0.],
           [0., 3.]])
    """
    return _formed(_blocks(mats, True, True), format, dtype)


@surface
def vstack(blocks: Any, format: Any = None, dtype: Any = None) -> Any:
    """Sparse matrices below each other, as `scipy.sparse.vstack`.

    Parameters
    ----------
    blocks : sequence of sparse matrices or array_like
        Elements may require grad.
    format : {None, "csr", "coo"}, optional
    dtype : data-type, optional

    References
    ----------
    ``scipy.sparse.vstack``.

    Examples
    --------
    >>> vstack([eye(2), [[1.0, 2.0]]]).toarray()
    array([[1., 0.],
           [0., 1.],
           [1., 2.]])
    """
    return _formed(_blocks(blocks, True, False), format, dtype)


@surface
def hstack(blocks: Any, format: Any = None, dtype: Any = None) -> Any:
    """Sparse matrices beside each other, as `scipy.sparse.hstack`.

    Parameters
    ----------
    blocks : sequence of sparse matrices or array_like
        Elements may require grad.
    format : {None, "csr", "coo"}, optional
    dtype : data-type, optional

    References
    ----------
    ``scipy.sparse.hstack``.

    Examples
    --------
    >>> hstack([eye(2), [[1.0], [2.0]]]).toarray()
    array([[1., 0., 1.],
           [0., 1., 2.]])
    """
    return _formed(_blocks(blocks, False, True), format, dtype)
