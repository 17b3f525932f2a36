"""NumPy's functions of matrices that are made of others: pinv, lstsq, matrix_power, multi_dot,
cond, tensorsolve and others; `decompositions` has those with several results. Start at `pinv`.
"""

import math

import numpy as np

from ...base.errors import ArgumentError, JitError, ShapeError
from ...frontend.convert import as_operand
from ...ir.shapes import as_int, broadcast_shapes
from ..fallback import arrays
from ..signature import NOTHING, deliver
from .composed import op
from .decompositions import handled
from .writes import valued

# --- inverses -------------------------------------------------------------------------------------


def _number(name, value):
    if value is None or isinstance(value, (bool, str)):
        raise ArgumentError(f"got {name}={value!r}, expected a number")
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ArgumentError(f"got {name}={value!r}, expected one number for all matrices") from None


@handled
def pinv(a, rcond=None, hermitian=False, *, rtol=NOTHING):
    """The pseudo-inverses of matrices.

    Parameters
    ----------
    a : array_like
        Matrices (..., m, n).
    rcond : float, optional
        Singular values up to this part of the largest one count as 0; 1e-15 by default.
    hermitian : bool, default False
        Whether the matrices are symmetric: the lower half is read, then.
    rtol : float, array_like or None, optional
        The same as `rcond`; None means ``max(m, n)`` times the epsilon of the dtype. Either may be
        one for each matrix, (...).

    Returns
    -------
    Tensor
        Of shape (..., n, m).

    Notes
    -----
    The derivative is that of matrices of the same rank: where the rank changes there is none.

    Examples
    --------
    >>> jitgrad.linalg.pinv([[2.0, 0.0], [0.0, 0.0]])
    tensor([[0.5, 0. ],
            [0. , 0. ]])
    """
    a = as_operand(a)
    if rtol is not NOTHING and rcond is not None:
        raise ArgumentError("got rcond and rtol, expected one of them; they mean the same")
    if rtol is None:
        dtype = a.dtype if a.dtype.kind in "fc" else np.float64
        rcond = max(a.shape[-2:], default=0) * float(np.finfo(dtype).eps)
    elif rtol is not NOTHING:
        rcond = rtol
    if np.ndim(rcond):
        return _pinv_of_each(a, np.asarray(arrays(rcond)), bool(hermitian))
    rcond = None if rcond is None else _number("rcond" if rtol is NOTHING else "rtol", rcond)
    return op.pseudo_inverse(a, rcond, bool(hermitian))


def _pinv_of_each(a, rcond, hermitian):
    """The pseudo-inverses with a number for each matrix."""
    lead = broadcast_shapes(a.shape[:-2], rcond.shape)
    a = a.broadcast_to((*lead, *a.shape[-2:]))
    if not a.size:
        return a.swapaxes(-1, -2)
    numbers = np.broadcast_to(rcond, lead)
    each = [op.pseudo_inverse(a[k], float(numbers[k]), hermitian) for k in np.ndindex(lead)]
    return op.stack(each).reshape((*lead, a.shape[-1], a.shape[-2]))


@handled
def lstsq(a, b, rcond=None):
    """The solution of least squares, of least norm, of a linear system.

    Parameters
    ----------
    a : array_like
        A matrix (m, n).
    b : array_like
        Right sides, (m,) or (m, k).
    rcond : float, optional
        Singular values up to this part of the largest one count as 0; by default ``max(m, n)``
        times the epsilon of the dtype.

    Returns
    -------
    tuple
        The solution, (n,) or (n, k); the sums of squared residuals, (k,), empty where the rank is
        below n or m <= n; the rank; and the singular values.

    Notes
    -----
    The derivative is that of matrices of the same rank. The rank is a number, taken from the
    values; under `jit` it is a tensor, and residuals are nan where it is below n.

    Examples
    --------
    >>> x, residuals, rank, s = jitgrad.linalg.lstsq([[1.0], [1.0]], [1.0, 3.0])
    >>> x, residuals
    (tensor([2.]), tensor([2.]))
    """
    a, b = as_operand(a), as_operand(b)
    if a.ndim != 2 or b.ndim not in (1, 2):
        raise ShapeError(
            f"got lstsq of shapes {a.shape} and {b.shape}, expected one matrix (m, n) and right "
            "sides (m,) or (m, k)"
        )
    rcond = None if rcond is None else _number("rcond", rcond)
    x, s = op.least_squares(a, b, rcond), op.svdvals(a)
    m, n = a.shape
    found = _rank(a, s, rcond)
    if m <= n or (isinstance(found, int) and found < n):
        return x, as_operand(np.zeros(0, x.dtype)), found, s
    gap = b - op.matmul(a, x)
    residuals = op.real(gap * op.conjugate(gap)).sum(0).reshape((-1,))
    if not isinstance(found, int):
        residuals = op.where(found < n, np.nan, residuals)
    return x, residuals, found, s


def _rank(a, s, rcond):
    """The rank of the matrix `a` with singular values `s`, as NumPy counts it: a number, or while a
    function is traced a tensor."""
    try:
        return int(np.linalg.lstsq(a._array(), np.zeros((a.shape[0], 1)), rcond)[2])
    except JitError:
        eps = float(np.finfo(s.dtype).eps)
        cut = max(a.shape) * eps if rcond is None else eps if rcond < 0 else rcond
        return (s > cut * s[:1]).sum()


@handled
def matrix_power(a, n):
    """The product of square matrices with themselves, `n` times; of their inverses for n < 0.

    Parameters
    ----------
    a : array_like
        Matrices (..., k, k).
    n : int
        The exponent.

    Returns
    -------
    Tensor
        Of the shape of `a`.

    Examples
    --------
    >>> jitgrad.linalg.matrix_power([[1.0, 1.0], [0.0, 1.0]], 3)
    tensor([[1., 3.],
            [0., 1.]])
    """
    a, n = as_operand(a), as_int(n, "n")
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise ShapeError(
            f"got a matrix power of shape {a.shape}, expected square matrices on the last two axes"
        )
    if n < 0:
        a, n = op.inv(a), -n
    out = as_operand(np.eye(a.shape[-1], dtype=a.dtype)).broadcast_to(a.shape) if n == 0 else None
    while n:
        if n % 2:
            out = a if out is None else out @ a
        n //= 2
        a = a @ a if n else a
    return out.clone()


@handled
def multi_dot(arrays, *, out=None):
    """The product of two or more matrices, in the order that takes the fewest multiplications.

    Parameters
    ----------
    arrays : sequence of array_like
        Matrices; the first and the last may be vectors.
    out : Tensor, optional
        A tensor that the result is written to.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> jitgrad.linalg.multi_dot([[1.0, 2.0], [[1.0, 0.0], [0.0, 3.0]], [1.0, 1.0]])
    tensor(7.)
    """
    matrices = [as_operand(x) for x in arrays]
    if len(matrices) < 2:
        raise ArgumentError(f"got {len(matrices)} matrices for multi_dot, expected two or more")
    ends = {0, len(matrices) - 1}
    for k, x in enumerate(matrices):
        if x.ndim != 2 and not (k in ends and x.ndim == 1):
            raise ShapeError(
                f"got shape {x.shape} in multi_dot, expected matrices, and vectors at the ends only"
            )
    return deliver(_in_order(matrices), out)


def _in_order(matrices):
    """The product, split where that costs least: the cost of each part of the sequence is found
    from those of shorter parts."""
    first, *_, last = matrices
    lengths = [1 if first.ndim == 1 else first.shape[0], *[x.shape[0] for x in matrices[1:]]]
    lengths[1] = matrices[0].shape[-1]
    lengths.append(1 if last.ndim == 1 else last.shape[1])
    count = len(matrices)
    cost, split = {(i, i): 0 for i in range(count)}, {}
    for size in range(1, count):
        for i in range(count - size):
            j = i + size
            costs = {
                k: cost[i, k] + cost[k + 1, j] + lengths[i] * lengths[k + 1] * lengths[j + 1]
                for k in range(i, j)
            }
            split[i, j] = min(costs, key=costs.get)
            cost[i, j] = costs[split[i, j]]

    def product(i, j):
        if i == j:
            return matrices[i]
        return op.matmul(product(i, split[i, j]), product(split[i, j] + 1, j))

    return product(0, count - 1)


@handled
def tensorsolve(a, b, axes=None):
    """The tensor x with ``tensordot(a, x, x.ndim) = b``.

    Parameters
    ----------
    a : array_like
        Of shape ``b.shape + Q``, with as many elements in `Q` as in `b`.
    b : array_like
        The right side.
    axes : tuple of int, optional
        Axes of `a` that are moved to the end before.

    Returns
    -------
    Tensor
        Of shape `Q`.

    Examples
    --------
    >>> jitgrad.linalg.tensorsolve(jitgrad.eye(4).reshape(2, 2, 4), jitgrad.ones((2, 2)))
    tensor([1., 1., 1., 1.])
    """
    a, b = as_operand(a), as_operand(b)
    if axes is not None:
        a = op.moveaxis(a, tuple(axes), tuple(range(a.ndim - len(axes), a.ndim)))
    rest = a.shape[b.ndim :]
    if a.shape[: b.ndim] != b.shape or math.prod(rest) != b.size:
        raise ShapeError(
            f"got tensorsolve of shapes {a.shape} and {b.shape}, expected a of shape b.shape + Q "
            "with as many elements in Q as in b"
        )
    return op.solve(a.reshape((b.size, b.size)), b.reshape((b.size,))).reshape(rest)


@handled
def tensorinv(a, ind=2):
    """The inverse of `a` as an operator from tensors of its last axes to its first `ind` axes.

    Parameters
    ----------
    a : array_like
        As many elements along its first `ind` axes as along the others.
    ind : int, default 2
        The number of first axes.

    Returns
    -------
    Tensor
        Of shape ``a.shape[ind:] + a.shape[:ind]``.

    Examples
    --------
    >>> jitgrad.linalg.tensorinv(jitgrad.eye(4).reshape(4, 2, 2), ind=1).shape
    (2, 2, 4)
    """
    a, ind = as_operand(a), as_int(ind, "ind")
    if ind <= 0:
        raise ArgumentError(f"got ind={ind} for tensorinv, expected 1 or more")
    before, after = a.shape[:ind], a.shape[ind:]
    if math.prod(before) != math.prod(after):
        raise ShapeError(
            f"got tensorinv of shape {a.shape} with ind={ind}, expected as many elements along the "
            "axes before as behind"
        )
    return op.inv(a.reshape((math.prod(before),) * 2)).reshape(after + before)


@handled
@valued("integers")
def matrix_rank(A, tol=None, hermitian=False, *, rtol=None):
    """The rank of matrices: how many singular values count as no zeros. It has no gradient.

    Parameters
    ----------
    A : array_like
        Matrices (..., m, n).
    tol : array_like, optional
        Singular values up to this count as 0; (...).
    hermitian : bool, default False
        Taken for NumPy's sake: the singular values are the same.
    rtol : array_like, optional
        The same, as a part of the largest one; ``max(m, n)`` times the epsilon of the dtype by
        default.

    Returns
    -------
    Tensor
        Integers (...).

    Examples
    --------
    >>> jitgrad.linalg.matrix_rank([[1.0, 2.0], [2.0, 4.0]])
    tensor(1)
    """
    if tol is not None and rtol is not None:
        raise ArgumentError("got tol and rtol, expected one of them")
    A = as_operand(A).detach()
    if A.ndim < 2:
        return (A != 0).any().astype(np.int64)
    s = op.svdvals(A)
    if tol is None:
        largest = s.max(-1, keepdims=True) if s.shape[-1] else 0.0
        eps = max(A.shape[-2:]) * float(np.finfo(s.dtype).eps)
        tol = largest * (eps if rtol is None else as_operand(rtol)[..., None])
    else:
        tol = as_operand(tol)[..., None]
    return (s > tol).sum(-1)


@handled
def cond(x, p=None):
    """The condition numbers of matrices: the norm times that of the inverse.

    Parameters
    ----------
    x : array_like
        Matrices (..., m, n).
    p : int, float or str, optional
        Which norm: None and 2 for the ratio of the largest and smallest singular value, -2 for its
        reciprocal, else the `ord` of a norm of square matrices.

    Returns
    -------
    Tensor
        Of shape (...); inf for singular matrices.

    Examples
    --------
    >>> jitgrad.linalg.cond([[4.0, 0.0], [0.0, 2.0]])
    tensor(2.)
    """
    x = as_operand(x)
    if x.ndim < 2 or not x.size:
        raise ShapeError(f"got cond of shape {x.shape}, expected matrices that are not empty")
    if p is None or p in (2, -2):
        s = op.svdvals(x)
        out = s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
        return op.where(op.isnan(out) & ~op.isnan(x).any((-2, -1)), np.inf, out)
    singular = op.det(x) == 0
    inverse = op.inv(op.where(singular[..., None, None], np.eye(x.shape[-1], dtype=x.dtype), x))
    return op.where(singular, np.inf, op.norm(x, p, (-2, -1)) * op.norm(inverse, p, (-2, -1)))
