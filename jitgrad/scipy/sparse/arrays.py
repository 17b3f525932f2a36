"""`csr_array` and `coo_array`: a constant pattern, and elements that may be a tensor.

Start at `csr_array`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...base.errors import ArgumentError, ShapeError
from ...base.extras import extra, function_of
from ...base.surface import surfaces
from ...frontend.convert import as_operand
from ...frontend.tensor import Tensor
from ...ops.primitives import cast
from ...ops.sparse_products import Pattern, sparse_product, sparse_solution
from ...tracing.loop_operations import recorded
from .combined import CombinedMethods, assembled, gathered, summed
from .of_elements import SparseMethods, given_back


class SparseMatrix(CombinedMethods, SparseMethods):
    """A sparse matrix: `data` are its elements, in the order of compressed rows of `pattern`."""

    #: NumPy leaves ``x @ a`` to this class.
    __array_ufunc__ = None
    __array_priority__ = 20.0

    def __init__(self, pattern: Pattern, data: Any, transposed: bool, tensor: bool) -> None:
        self.pattern, self._data = pattern, data
        self._transposed, self._tensor = transposed, tensor

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, columns = self.pattern.shape
        return (columns, rows) if self._transposed else (rows, columns)

    @property
    def ndim(self) -> int:
        """2."""
        return 2

    @property
    def nnz(self) -> int:
        """The number of elements."""
        return self.pattern.indices.size

    @property
    def dtype(self) -> np.dtype:
        """That of the elements."""
        return self._data.dtype

    @property
    def requires_grad(self) -> bool:
        """Whether the elements require grad."""
        return self._data.requires_grad

    @property
    def T(self) -> SparseMatrix:
        """The transposed matrix, of the same elements."""
        return self._made(self._data, not self._transposed)

    def transpose(self) -> SparseMatrix:
        """The transposed matrix, of the same elements."""
        return self.T

    def _made(self, data: Any, transposed: bool, tensor: Any = None) -> SparseMatrix:
        """A matrix of the same places: of the same class, where it has one."""
        kind: type[SparseMatrix] = SparseMatrix if transposed else csr_array
        kind = coo_array if isinstance(self, coo_array) else kind
        out = object.__new__(kind)
        tensor = self._tensor if tensor is None else tensor
        SparseMatrix.__init__(out, self.pattern, data, transposed, tensor)
        return out

    def _placed(self, places: Any, data: Any, shape: tuple[int, int], tensor: bool) -> csr_array:
        """A matrix of elements at places, in compressed rows; those at one place are added up."""
        return of_places(places, data, shape, tensor)

    def _constant(self, other: Any) -> csr_array:
        """A matrix of SciPy's."""
        return csr_array(other)

    def tocoo(self, copy: bool = False) -> coo_array:
        """The matrix by the places of its elements."""
        pattern, out = self.pattern, object.__new__(coo_array)
        SparseMatrix.__init__(out, pattern, self._data, self._transposed, self._tensor)
        return out

    @property
    def data(self) -> Any:
        """The elements."""
        return given_back(self._data, self._tensor)

    def __matmul__(self, x: Any) -> Any:
        return self.dot(x)

    def __rmatmul__(self, x: Any) -> Any:
        matrix = self._other(x)
        if matrix is not None:
            return matrix._with_sparse(self)
        t = as_operand(x)
        out = self.T.dot(t if t.ndim < 2 else t.T)
        return given_back(as_operand(out if np.ndim(out) < 2 else out.T), self._is_tensor(x))

    def _is_tensor(self, x: Any) -> bool:
        return self._tensor or isinstance(x, Tensor)

    def dot(self, x: Any) -> Any:
        """The product with a dense vector (n,) or matrix (n, k), or with a sparse matrix."""
        matrix = self._other(x)
        if matrix is not None:
            return self._with_sparse(matrix)
        t = as_operand(x)
        if t.ndim not in (1, 2) or t.shape[0] != self.shape[1]:
            raise ShapeError(
                f"got an array of shape {t.shape} to multiply a sparse matrix of shape "
                f"{self.shape} with, expected ({self.shape[1]},) or ({self.shape[1]}, k)"
            )
        return given_back(self._computed(sparse_product, t), self._is_tensor(x))

    def solve(self, b: Any) -> Any:
        """The solution of a system with this matrix: see `linalg.spsolve`."""
        t = as_operand(b)
        n, m = self.shape
        if n != m or t.ndim not in (1, 2) or t.shape[0] != n:
            raise ShapeError(
                f"got a matrix of shape {self.shape} and a right side of shape {t.shape}, expected "
                "(n, n), and (n,) or (n, k)"
            )
        return given_back(self._computed(sparse_solution, t), self._is_tensor(b))

    def _computed(self, function: Any, x: Any) -> Any:
        """``function(pattern, data, x)``, recorded as one operation."""
        dtype = np.result_type(self._data.dtype, x.dtype)
        dtype = dtype if dtype.kind == "f" else np.dtype(np.float64)
        pattern, transposed = self.pattern, self._transposed

        def build(data: Any, x: Any) -> tuple[list[Any], None]:
            return [function(pattern, cast(data, dtype), cast(x, dtype), transposed)], None

        columns = x.reshape((-1, 1)) if x.ndim == 1 else x
        name = function.__name__
        (out,) = recorded(
            name, (name, pattern, transposed, dtype), build, [self._data, columns], ()
        )
        return out.reshape((-1,)) if x.ndim == 1 else out

    def toarray(self) -> Any:
        """The matrix as a dense array, with the sums of elements at the same place."""
        (n, m), (rows, columns) = self.shape, self._places()
        out = summed(self._data, np.arange(rows.size), rows * m + columns, n * m)
        return given_back(out.reshape((n, m)), self._tensor)

    def __mul__(self, factor: Any) -> SparseMatrix:
        number = factor.detach() if isinstance(factor, Tensor) else factor
        if self._other(factor) is not None or np.ndim(number):
            return self.multiply(factor)
        return self._made(self._data * factor, self._transposed, self._is_tensor(factor))

    __rmul__ = __mul__

    def __neg__(self) -> SparseMatrix:
        return self._made(-self._data, self._transposed)

    def __repr__(self) -> str:
        return f"<sparse matrix of shape {self.shape} with {self.nnz} elements of {self.dtype}>"


@surfaces
class csr_array(SparseMatrix):
    """A sparse matrix in compressed rows, as `scipy.sparse.csr_array`.

    Parameters
    ----------
    arg : sparse matrix of SciPy's, dense array, or tuple
        ``(data, indices, indptr)``, or ``(data, (rows, columns))``. Elements at the same place are
        added up.
    shape : (int, int), optional
        By default as small as it can be.

    Notes
    -----
    `data` may be a tensor that requires grad: products, solutions and `toarray` have derivatives by
    it, and by what they are computed with, in both modes and of any order. Indices are constants.
    With SciPy's matrix it is that of its elements: ``csr_array(a)`` where `a` is a constant.

    References
    ----------
    ``scipy.sparse.csr_array``.

    Examples
    --------
    >>> data = jitgrad.tensor([2.0, 1.0, 4.0], requires_grad=True)
    >>> a = csr_array((data, [0, 0, 1], [0, 1, 3]))
    >>> y = a @ np.array([1.0, 2.0])
    >>> y
    tensor([2., 9.], grad_fn=<ReshapeBackward>)
    >>> jitgrad.autograd.grad(y.sum(), data)
    (tensor([1., 1., 2.]),)
    """

    def __init__(self, arg: Any, shape: Any = None) -> None:
        sparse = extra("scipy.sparse", "jitgrad.scipy.sparse")
        if isinstance(arg, tuple) and len(arg) == 2 and isinstance(arg[1], (tuple, list)):
            pattern, data, tensor = _of_places(arg[0], arg[1], shape)
        elif isinstance(arg, tuple) and len(arg) == 3:
            data, indices, indptr = arg
            tensor, data = isinstance(data, Tensor), _elements(data)
            values = np.zeros(data.shape)
            if not data.size == np.size(indices) == np.ravel(indptr)[-1]:
                raise ShapeError(
                    f"got {data.size} elements, {np.size(indices)} columns and compressed rows of "
                    f"{np.ravel(indptr)[-1]} in all, expected the same number"
                )
            try:
                made = sparse.csr_array((values, np.array(indices), np.array(indptr)), shape=shape)
                made.check_format()
            except ValueError as error:
                raise ShapeError(f"got arrays that are no compressed rows: {error}") from None
            pattern = Pattern(made.indices, made.indptr, made.shape)
        else:
            tensor = isinstance(arg, Tensor)
            if tensor:
                raise ArgumentError(
                    "got a tensor as a sparse matrix, which would lose its gradient: give its "
                    "elements and their places, csr_array((x[rows, columns], (rows, columns)))"
                )
            made = sparse.csr_array(arg, shape=shape)
            pattern = Pattern(made.indices.copy(), made.indptr.copy(), made.shape)
            data = _elements(made.data)
        SparseMatrix.__init__(self, pattern, data, False, tensor)

    @property
    def indices(self) -> np.ndarray:
        """The columns of the elements."""
        return self.pattern.indices

    @property
    def indptr(self) -> np.ndarray:
        """Where each row starts and ends among the elements."""
        return self.pattern.indptr


@surfaces
class coo_array(SparseMatrix):
    """A sparse matrix by the places of its elements, as `scipy.sparse.coo_array`.

    Parameters
    ----------
    arg : sparse matrix of SciPy's, dense array, or ``(data, (rows, columns))``
        As in `csr_array`.
    shape : (int, int), optional

    References
    ----------
    ``scipy.sparse.coo_array``.

    Examples
    --------
    >>> a = coo_array(([1.0, 2.0, 3.0], ([1, 0, 1], [0, 1, 0])))
    >>> a.toarray()
    array([[0., 2.],
           [4., 0.]])
    """

    def __init__(self, arg: Any, shape: Any = None) -> None:
        if not (isinstance(arg, tuple) and len(arg) == 2 and isinstance(arg[1], (tuple, list))):
            if isinstance(arg, Tensor):
                raise ArgumentError(
                    "got a tensor as a sparse matrix, which would lose its gradient: give its "
                    "elements and their places, coo_array((x[rows, columns], (rows, columns)))"
                )
            made = function_of("scipy.sparse", "coo_array")(arg, shape=shape)
            arg, shape = (made.data, made.coords), made.shape
        pattern, data, tensor = _of_places(arg[0], arg[1], shape)
        SparseMatrix.__init__(self, pattern, data, False, tensor)
        self._given = arg[0], tuple([np.array(x) for x in arg[1]])

    #: Elements and their places in the order in which they came, where they did.
    _given: Any = None

    @property
    def data(self) -> Any:
        """The elements, in the order of `coords`."""
        return given_back(self._data, self._tensor) if self._given is None else self._given[0]

    @property
    def coords(self) -> tuple[np.ndarray, np.ndarray]:
        """The rows and columns of the elements."""
        return self._places() if self._given is None else self._given[1]


def of_places(places: Any, data: Any, shape: tuple[int, int], tensor: bool) -> csr_array:
    """A matrix of elements at places (rows, columns), in compressed rows."""
    out = object.__new__(csr_array)
    SparseMatrix.__init__(out, *assembled(places, data, shape), False, tensor)
    return out


def _elements(data: Any) -> Any:
    t = as_operand(data)
    if t.ndim != 1:
        raise ShapeError(f"got elements of shape {t.shape}, expected (elements,)")
    return t if t.dtype.kind == "f" else t.to(np.float64)


def _of_places(data: Any, places: Any, shape: Any) -> tuple[Pattern, Any, bool]:
    """The pattern, the elements in its order, and whether they came as a tensor."""
    elements = _elements(data)
    if len(places) != 2:
        raise ShapeError(f"got {len(places)} arrays of places, expected two: rows and columns")
    rows, columns = map(np.array, places)
    try:
        made = function_of("scipy.sparse", "coo_array")(
            (np.arange(elements.size), (rows, columns)), shape=shape
        )
    except ValueError as error:
        raise ShapeError(f"got arrays that are no places of a matrix: {error}") from None
    order = np.lexsort((columns, rows))
    counts = np.bincount(rows, minlength=made.shape[0])
    indptr = np.concatenate([[0], np.cumsum(counts)])
    if not np.array_equal(order, np.arange(order.size)):
        elements = gathered(elements, order)
    pattern = Pattern(columns[order].astype(np.int64), indptr, made.shape)
    return pattern, elements, isinstance(data, Tensor)
