"""Methods of sparse matrices that are sums and functions of their elements. Start at
`SparseMethods.sum`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import numpy as jnp
from ...base.errors import ArgumentError, MissingError, ShapeError
from ...base.extras import function_of
from ...frontend.tensor import Tensor

#: Functions that are 0 at 0, so that places without elements stay so.
BY_ELEMENT = (
    *("arcsin", "arcsinh", "arctan", "arctanh", "ceil", "deg2rad", "expm1", "floor", "log1p"),
    *("rad2deg", "rint", "sign", "sin", "sinh", "sqrt", "tan", "tanh", "trunc"),
)


class SparseMethods:
    """What a sparse matrix, with `_data`, `pattern` and `_made`, has besides products."""

    def _places(self: Any) -> tuple[np.ndarray, np.ndarray]:
        """Rows and columns of the elements."""
        counts = np.diff(self.pattern.indptr)
        rows = np.repeat(np.arange(counts.size), counts)
        columns = np.asarray(self.pattern.indices)
        return (columns, rows) if self._transposed else (rows, columns)

    def _back(self: Any, out: Any) -> Any:
        """A dense result: an array, where no tensor is in it."""
        return out if self._tensor or out.requires_grad else np.asarray(out)

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
        ones = np.ones(self.shape[axis], self.dtype)
        return (self if axis in (1, -1) else self.T).dot(ones)

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
        out = jnp.bincount(at, self._data[np.flatnonzero(here)], minlength=length)
        return self._back(jnp.asarray(out).astype(self.dtype))

    def trace(self: Any, offset: int = 0) -> Any:
        """The sum of a diagonal."""
        return self.diagonal(offset).sum()

    def multiply(self: Any, other: Any) -> Any:
        """The products of elements with those of a dense array, or with a number."""
        if isinstance(other, SparseMethods) or function_of("scipy.sparse", "issparse")(other):
            raise ArgumentError("got a sparse matrix to multiply by, expected a dense array")
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
        out = self._made(self._data * jnp.broadcast_to(dense, self.shape)[rows, columns],
                         self._transposed)  # fmt: skip
        out._tensor = self._is_tensor(other)
        return out

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
        if np.ndim(divisor.detach() if isinstance(divisor, Tensor) else divisor):
            raise ArgumentError("got an array as a divisor, expected a number; use multiply")
        return self * (1.0 / divisor)

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
            "got an operation of sparse matrices that there is none of here (sums, comparisons, "
            "elements by index); use .toarray(), or @ and multiply"
        )

    __add__ = __radd__ = __sub__ = __rsub__ = __getitem__ = __iter__ = __len__ = _refused
    __lt__ = __le__ = __gt__ = __ge__ = __rtruediv__ = _refused
