"""Methods of sparse matrices that are sums and functions of their elements. Start at
`SparseMethods.sum`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import numpy as jnp
from ...base.errors import ArgumentError, MissingError, ShapeError
from ...base.extras import function_of
from ...frontend.tensor import Tensor
from ..vectors import known
from .combined import gathered, summed

#: Functions that are 0 at 0, so that places without elements stay so.
BY_ELEMENT = (
    *("arcsin", "arcsinh", "arctan", "arctanh", "ceil", "deg2rad", "expm1", "floor", "log1p"),
    *("rad2deg", "rint", "sign", "sin", "sinh", "sqrt", "tan", "tanh", "trunc"),
)


def given_back(out: Any, tensor: bool) -> Any:
    """A result: a tensor if it is to be one, if it requires grad, or while `jit` traces."""
    values = None if tensor or out.requires_grad else known(out)
    return out if values is None else values


class SparseMethods:
    """What a sparse matrix, with `_data`, `pattern` and `_made`, has besides products."""

    def _places(self: Any) -> tuple[np.ndarray, np.ndarray]:
        """Rows and columns of the elements."""
        counts = np.diff(self.pattern.indptr)
        rows = np.repeat(np.arange(counts.size), counts)
        columns = np.asarray(self.pattern.indices, np.int64)
        return (columns, rows) if self._transposed else (rows, columns)

    def _back(self: Any, out: Any) -> Any:
        """A dense result: an array, where no tensor is in it."""
        return given_back(out, self._tensor)

    def _single(self: Any, what: str) -> Any:
        """The elements, no two of which are at one place."""
        rows, columns = self._places()
        if np.unique(rows * max(self.shape[1], 1) + columns).size < rows.size:
            raise ArgumentError(
                f"got {what} of a sparse matrix with several elements at one place, expected one "
                "each: add them up before, or use .toarray()"
            )
        return self._data

    def sum(self: Any, axis: Any = None) -> Any:
        """The sum of all elements, or along an axis."""
        if axis is None:
            return self._back(self._data.sum())
        if axis not in (0, 1, -1, -2):
            raise ArgumentError(f"got axis={axis!r}, expected None, 0 or 1")
        along = axis in (1, -1)
        targets = self._places()[0 if along else 1]
        out = summed(self._data, np.arange(targets.size), targets, self.shape[0 if along else 1])
        return self._back(out)

    def mean(self: Any, axis: Any = None) -> Any:
        """The mean of all places, or along an axis."""
        count = self.shape[0] * self.shape[1] if axis is None else self.shape[axis]
        return self.sum(axis) / count

    def diagonal(self: Any, k: int = 0) -> Any:
        """The diagonal number `k`."""
        rows, columns = self._places()
        (n, m), here = self.shape, columns - rows == k
        length = max(min(n + min(k, 0), m - max(k, 0)), 0)
        at = rows[here] + min(k, 0)
        return self._back(summed(self._data, np.flatnonzero(here), at, length))

    def trace(self: Any, offset: int = 0) -> Any:
        """The sum of a diagonal."""
        return self.diagonal(offset).sum()

    def multiply(self: Any, other: Any) -> Any:
        """The products of elements with those of a dense array or a sparse matrix, or with a
        number."""
        matrix = self._other(other)
        if matrix is not None:
            return self._by_element(matrix)
        if not np.ndim(other.detach() if isinstance(other, Tensor) else other):
            return self * other
        dense = jnp.asarray(other)
        try:
            fits = np.broadcast_shapes(dense.shape, self.shape) == self.shape
        except ValueError:
            fits = False
        if not fits:
            raise ShapeError(
                f"got an array of shape {dense.shape} for a sparse matrix of shape {self.shape}, "
                "expected one that broadcasts to it"
            )
        rows, columns = self._places()
        whole = jnp.broadcast_to(dense, self.shape).reshape((-1,))
        data = self._data * gathered(whole, rows * self.shape[1] + columns)
        return self._made(data, self._transposed, self._is_tensor(other))

    def power(self: Any, n: Any, dtype: Any = None) -> Any:
        """The powers of elements, of a positive number."""
        if not isinstance(n, (int, float, np.number)) or not float(n) > 0:
            raise ArgumentError(f"got the power {n!r}, expected a positive number")
        out = self._made(self._single("a power") ** n, self._transposed)
        return out if dtype is None else out.astype(dtype)

    def __pow__(self: Any, n: Any) -> Any:
        return self.power(n)

    def __abs__(self: Any) -> Any:
        return self._made(abs(self._single("absolute values")), self._transposed)

    def __truediv__(self: Any, divisor: Any) -> Any:
        number = divisor.detach() if isinstance(divisor, Tensor) else divisor
        if self._other(divisor) is not None or np.ndim(number):
            raise ArgumentError("got an array as a divisor, expected a number; use multiply")
        return self._made(self._data / divisor, self._transposed, self._is_tensor(divisor))

    def astype(self: Any, dtype: Any, casting: str = "unsafe", copy: bool = True) -> Any:
        """The same matrix with elements of another dtype, of floats."""
        if np.dtype(dtype).kind != "f":
            raise ArgumentError(f"got dtype {np.dtype(dtype)}, expected floats")
        return self._made(self._data.to(np.dtype(dtype)), self._transposed)

    def copy(self: Any) -> Any:
        """The same matrix."""
        return self._made(self._data, self._transposed)

    conj = conjugate = copy

    def todense(self: Any) -> Any:
        """The same as `toarray`."""
        return self.toarray()

    def count_nonzero(self: Any) -> int:
        """How many elements are not 0."""
        return int(np.count_nonzero(np.asarray(self._data.detach())))

    def nonzero(self: Any) -> tuple[np.ndarray, np.ndarray]:
        """Rows and columns of the elements that are not 0."""
        here = np.asarray(self._data.detach()) != 0
        rows, columns = self._places()
        return rows[here], columns[here]

    def __getattr__(self, name: str) -> Any:
        if name in BY_ELEMENT:
            matrix: Any = self
            return lambda: matrix._made(
                getattr(jnp, name)(matrix._single(name)), matrix._transposed
            )
        if name.startswith("_"):
            raise AttributeError(name)
        theirs = hasattr(function_of("scipy.sparse", "csr_array"), name)
        raise MissingError(
            f"a sparse matrix has no {name!r}"
            + ("; use .toarray(), or scipy.sparse on values" if theirs else ""),
            name=name,
            obj=self,
        )

    def _refused(self, *args: Any) -> Any:
        raise ArgumentError(
            "got an operation of sparse matrices that there is none of here (comparisons, "
            "lengths, division by it); use .toarray()"
        )

    __len__ = __lt__ = __le__ = __gt__ = __ge__ = __rtruediv__ = _refused
