"""Sums, products and parts of sparse matrices: their places are found by NumPy, their elements are
gathered and added up. Start at `assembled` and `CombinedMethods`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ... import numpy as jnp
from ...base.errors import ArgumentError, IndexOutOfRange, MissingError, ShapeError
from ...base.extras import function_of
from ...frontend.tensor import Tensor
from ...ir import const
from ...ops.primitives import broadcast
from ...ops.sparse_products import Pattern, sparse_product
from ...tracing.loop_operations import recorded


def summed(data: Any, sources: Any, targets: Any, size: int) -> Any:
    """A vector of `size` in which elements of `data` at `sources` are added up at `targets`: the
    product with a constant matrix, which is part of the operation, as a pattern is."""
    order = np.argsort(targets, kind="stable")
    indptr = np.concatenate([[0], np.cumsum(np.bincount(targets, minlength=size))])
    pattern = Pattern(np.asarray(sources)[order], indptr, (size, data.size))

    def build(x: Any) -> tuple[list[Any], None]:
        ones = broadcast(const(1.0, x.dtype), (order.size,))
        return [sparse_product(pattern, ones, x)], None

    (out,) = recorded("sparse_places", pattern, build, [data.reshape((-1, 1))], ())
    return out.reshape((-1,))


def gathered(data: Any, sources: Any) -> Any:
    """The elements of `data` at `sources`."""
    return summed(data, sources, np.arange(np.size(sources)), np.size(sources))


def assembled(places: Any, data: Any, shape: tuple[int, int]) -> tuple[Pattern, Any]:
    """The pattern of places (rows, columns), each once and in order, and the sums of elements."""
    rows, columns = (np.asarray(x, np.int64) for x in places)
    keys, where = np.unique(rows * max(shape[1], 1) + columns, return_inverse=True)
    if keys.size < rows.size:
        data = summed(data, np.arange(rows.size), where, keys.size)
    elif not np.array_equal(where, np.arange(keys.size)):
        data = gathered(data, np.argsort(where))
    rows, columns = np.divmod(keys, max(shape[1], 1))
    indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=shape[0]))])
    return Pattern(columns, indptr, shape), data


def pairs(left: np.ndarray, right: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """All (i, j) with ``left[i] == right[j]``, numbers below `size`, in the order of i."""
    order = np.argsort(right, kind="stable")
    counts = np.bincount(right, minlength=size)
    starts = (np.cumsum(counts) - counts)[left]
    many = counts[left]
    i = np.repeat(np.arange(left.size), many)
    within = np.arange(i.size) - np.repeat(np.cumsum(many) - many, many)
    return i, order[np.repeat(starts, many) + within]


def joined(parts: list[Any]) -> Any:
    """Elements of several matrices behind each other, of one dtype."""
    dtype = np.result_type(*[x.dtype for x in parts])
    return jnp.concatenate([x.to(dtype) for x in parts])


def _numbers(index: Any, size: int) -> np.ndarray:
    """The rows or columns that an index is of: a number or 1-d array."""
    if isinstance(index, Tensor):
        index = np.asarray(index.detach())
    given = index if isinstance(index, slice) else np.asarray(index)
    if not isinstance(given, slice) and (given.ndim > 1 or given.dtype.kind not in "iub"):
        raise ArgumentError(
            f"got the index {index!r} of a sparse matrix, expected integers, slices, or one array "
            "of integers or truth values"
        )
    if not isinstance(given, slice) and given.dtype.kind == "b" and given.shape != (size,):
        raise ShapeError(f"got truth values of shape {given.shape}, expected ({size},)")
    try:
        return np.asarray(np.arange(size)[given])
    except IndexError:
        raise IndexOutOfRange(f"got the index {index!r}, expected one below {size}") from None


class CombinedMethods:
    """What a sparse matrix has besides products with dense arrays, of itself and other ones."""

    def _other(self: Any, other: Any) -> Any:
        """A sparse matrix of this package, made of SciPy's where it is one; or None."""
        if isinstance(other, CombinedMethods):
            return other
        return self._constant(other) if function_of("scipy.sparse", "issparse")(other) else None

    def _beside(self: Any, other: Any, what: str) -> None:
        if other.shape != self.shape:
            raise ShapeError(
                f"got {what} of a sparse matrix of shape {self.shape} and one of shape "
                f"{other.shape}, expected the same shape"
            )

    def _plus(self: Any, other: Any, sign: int) -> Any:
        matrix = self._other(other)
        if matrix is not None:
            self._beside(matrix, "a sum")
            places = [np.concatenate(x) for x in zip(self._places(), matrix._places(), strict=True)]
            data = joined([self._data, matrix._data if sign > 0 else -matrix._data])
            return self._placed(places, data, self.shape, self._tensor or matrix._tensor)
        if isinstance(other, (Tensor, np.ndarray)) and other.ndim:
            self._beside(other, "a sum")
            return self.toarray() + sign * other
        if not isinstance(other, Tensor) and np.isscalar(other) and other == 0:
            return self.copy()  # where `sum` starts
        raise ArgumentError(
            f"got {type(other).__name__} to add to a sparse matrix, expected a sparse matrix or an "
            "array of its shape: a number would be an element at each place, use .toarray()"
        )

    def __add__(self: Any, other: Any) -> Any:
        return self._plus(other, 1)

    __radd__ = __add__

    def __sub__(self: Any, other: Any) -> Any:
        return self._plus(other, -1)

    def __rsub__(self: Any, other: Any) -> Any:
        return (-self)._plus(other, 1)

    def _with_sparse(self: Any, other: Any) -> Any:
        """The product with a sparse matrix: of all pairs of elements that meet."""
        if self.shape[1] != other.shape[0]:
            raise ShapeError(
                f"got sparse matrices of shape {self.shape} and {other.shape} to multiply, "
                f"expected ({self.shape[1]}, k) for the second"
            )
        (rows, inner), (outer, columns) = self._places(), other._places()
        left, right = pairs(inner, outer, self.shape[1])
        data = gathered(self._data, left) * gathered(other._data, right)
        shape = self.shape[0], other.shape[1]
        tensor = self._tensor or other._tensor
        return self._placed((rows[left], columns[right]), data, shape, tensor)

    def _by_element(self: Any, other: Any) -> Any:
        """The product of elements at the same places."""
        self._beside(other, "a product by element")
        one, two = self.tocsr(), other.tocsr()
        width = max(self.shape[1], 1)
        first, second = (x._places()[0] * width + x._places()[1] for x in (one, two))
        both, left, right = np.intersect1d(first, second, assume_unique=True, return_indices=True)
        data = gathered(one._data, left) * gathered(two._data, right)
        tensor = self._tensor or other._tensor
        return self._placed(np.divmod(both, width), data, self.shape, tensor)

    def tocsr(self: Any, copy: bool = False) -> Any:
        """The matrix in compressed rows, in order, with the sums of elements at the same place."""
        return self._placed(self._places(), self._data, self.shape, self._tensor)

    def tocsc(self: Any, copy: bool = False) -> Any:
        """Refused: there are no compressed columns."""
        raise MissingError(
            "a sparse matrix has no 'tocsc': there is no csc_array here; use .tocsr(), or "
            ".T.tocsr() for the compressed columns as compressed rows of the transposed matrix",
            name="tocsc",
            obj=self,
        )

    def __getitem__(self: Any, index: Any) -> Any:
        index = index if isinstance(index, tuple) else (index,)
        if len(index) > 2:
            raise ArgumentError(f"got {len(index)} indices of a sparse matrix, expected 1 or 2")
        picked = [
            _numbers(i, size) for i, size in zip((*index, slice(None))[:2], self.shape, strict=True)
        ]
        if len(index) == 2 and all(not isinstance(i, slice) and np.ndim(i) for i in index):
            raise ArgumentError(
                "got two arrays as the index of a sparse matrix, expected one and a slice or an "
                "integer; use .toarray() for elements by their places"
            )
        rows, columns = self._places()
        row, at = pairs(picked[0].ravel(), rows, self.shape[0])
        column, again = pairs(picked[1].ravel(), columns[at], self.shape[1])
        shape, at, row = (picked[0].size, picked[1].size), at[again], row[again]
        dense = tuple([x.size for x in picked if x.ndim])
        if len(dense) == 2:
            return self._placed((row, column), gathered(self._data, at), shape, self._tensor)
        out = summed(self._data, at, row * shape[1] + column, shape[0] * shape[1])
        return self._back(out.reshape(dense))

    def __iter__(self: Any) -> Iterator[Any]:
        return (self[i] for i in range(self.shape[0]))
