"""NumPy's decompositions of matrices, with several results: slogdet, eig, eigh, svd, qr.

Each result is an operation of its own (`eigen`, `singular_values`, `qr_parts` and others in
`jitgrad.ops`); they share one factorisation. Start at `eigh`.
"""

import numpy as np

from ...base.errors import ArgumentError, GradientError
from ...frontend.convert import as_operand
from ...tape.running import needs_grad
from ..fallback import on_arrays
from .composed import op
from .writes import numpys, stands_for


def handled(function):
    """Registers what stands for the function of `numpy.linalg` of the same name."""
    stands_for(numpys(f"linalg.{function.__name__}"), function)
    return function


def _results(function):
    """The class of named tuples that a function of NumPy gives."""
    return type(function(np.eye(1)))


_EIG, _EIGH, _QR = _results(np.linalg.eig), _results(np.linalg.eigh), _results(np.linalg.qr)
_SLOGDET, _SVD = _results(np.linalg.slogdet), _results(np.linalg.svd)


def _upper(name, UPLO):
    if not isinstance(UPLO, str) or UPLO.upper() not in ("L", "U"):
        raise ArgumentError(f"got UPLO={UPLO!r} for {name}, expected 'L' or 'U'")
    return UPLO.upper() == "U"


@handled
def slogdet(a):
    """The sign and the logarithm of the absolute value of determinants.

    Parameters
    ----------
    a : array_like
        Square matrices (..., n, n).

    Returns
    -------
    SlogdetResult
        `sign` and `logabsdet`, tensors of shape (...).

    Notes
    -----
    The gradient of `logabsdet` is ``inv(a).mT``, conjugated for complex matrices; that of `sign` is
    0 for real ones. A singular matrix has the value -inf; its gradient raises
    `numpy.linalg.LinAlgError`.

    Examples
    --------
    >>> a = jitgrad.tensor([[2.0, 1.0], [1.0, 3.0]])
    >>> jitgrad.linalg.slogdet(a).logabsdet
    tensor(1.6094)
    >>> jitgrad.grad(lambda a: jitgrad.linalg.slogdet(a).logabsdet)(a)
    tensor([[ 0.6, -0.2],
            [-0.2,  0.4]])
    """
    a = as_operand(a)
    return _SLOGDET(op.det_sign(a), op.logabsdet(a))


@handled
def eig(a):
    """The eigenvalues and eigenvectors of square matrices: complex numbers always.

    Parameters
    ----------
    a : array_like
        Matrices (..., n, n).

    Returns
    -------
    EigResult
        `eigenvalues` (..., n), in LAPACK's order, and `eigenvectors` (..., n, n), in columns of
        length 1, each with its largest element real.

    Notes
    -----
    NumPy gives real results where all eigenvalues of a real matrix are; a graph has one dtype for
    all values, so results are complex, as in PyTorch, JAX and the array API standard.

    The derivative is that of the vectors as they are scaled, so it is right for any function of
    them. A repeated eigenvalue makes it inf or nan, but for the eigenvalues alone, which have one
    of those that a basis of their eigenvectors gives. Where there is no such basis (a defective
    matrix) all derivatives are nan.

    Examples
    --------
    >>> a = jitgrad.tensor([[0.0, -1.0], [1.0, 0.0]])
    >>> jitgrad.linalg.eig(a).eigenvalues
    tensor([0.+1.j, 0.-1.j], dtype=complex128)
    >>> jitgrad.grad(lambda a: jitgrad.linalg.eig(a).eigenvalues[0].imag)(a)
    tensor([[ 0. , -0.5],
            [ 0.5,  0. ]])
    """
    a = as_operand(a)
    return _EIG(op.eigvals(a), op.eig_vectors(a))


@handled
def eigh(a, UPLO="L"):
    """The eigenvalues and eigenvectors of symmetric matrices, complex ones Hermitian.

    Parameters
    ----------
    a : array_like
        Matrices (..., n, n), of which one half is read.
    UPLO : str, default "L"
        Which half is read: "L", the lower one, or "U", the upper one.

    Returns
    -------
    EighResult
        `eigenvalues` (..., n), in ascending order, and `eigenvectors` (..., n, n), in columns.

    Notes
    -----
    The gradient is that of the symmetric part ``(a + a.mT) / 2``, as in PyTorch and JAX, though one
    half is read. Eigenvectors have a sign each, and no derivative where an eigenvalue is repeated:
    a gradient through them is inf or nan there. One through the eigenvalues alone is finite.
    Eigenvectors of complex matrices have a phase each; a gradient of a result that depends on it
    raises `GradientError` where it is computed, as in PyTorch.

    Examples
    --------
    >>> a = jitgrad.tensor([[2.0, 1.0], [1.0, 2.0]])
    >>> jitgrad.linalg.eigh(a).eigenvalues
    tensor([1., 3.])
    >>> jitgrad.grad(lambda a: jitgrad.linalg.eigh(a).eigenvalues[1])(a)
    tensor([[0.5, 0.5],
            [0.5, 0.5]])
    """
    a, upper = as_operand(a), _upper("eigh", UPLO)
    return _EIGH(op.eigh_values(a, upper), op.eigh_vectors(a, upper))


@handled
def eigvalsh(a, UPLO="L"):
    """The eigenvalues of symmetric matrices, in ascending order.

    Parameters
    ----------
    a : array_like
        Matrices (..., n, n), of which one half is read.
    UPLO : str, default "L"
        Which half is read: "L", the lower one, or "U", the upper one.

    Returns
    -------
    Tensor
        Of shape (..., n).

    Notes
    -----
    The gradient is finite where eigenvalues are repeated, too: then it is one of those that a basis
    of their eigenvectors gives. It is right for symmetric functions of them, such as their sum.

    Examples
    --------
    >>> a = jitgrad.tensor([[2.0, 1.0], [1.0, 2.0]])
    >>> jitgrad.linalg.eigvalsh(a)
    tensor([1., 3.])
    """
    return op.eigh_values(as_operand(a), _upper("eigvalsh", UPLO))


@handled
def svd(a, full_matrices=True, compute_uv=True, hermitian=False):
    """The singular value decomposition of matrices.

    Parameters
    ----------
    a : array_like
        Matrices (..., m, n).
    full_matrices : bool, default True
        Whether the singular vectors are complete bases, (..., m, m) and (..., n, n), else as many
        as there are values.
    compute_uv : bool, default True
        Whether the vectors are wanted, too.
    hermitian : bool, default False
        Taken for NumPy's sake: the decomposition is the same.

    Returns
    -------
    SVDResult or Tensor
        `U`, `S` in descending order and `Vh`; `S` alone without ``compute_uv``.

    Notes
    -----
    A gradient through the vectors is inf or nan where a value is repeated, since they are any basis
    then, and through vectors beside a value of 0. One through the values alone is finite.

    Vectors beyond the values (``full_matrices=True``) are any basis of a space, and pairs of
    vectors of complex matrices have a phase. A gradient exists where the result is the same for any
    choice, as of ``u[:, k:] @ u[:, k:].mH``; of other results it raises `GradientError` where it is
    computed.

    Examples
    --------
    >>> a = jitgrad.tensor([[3.0, 0.0], [0.0, 4.0], [0.0, 0.0]])
    >>> jitgrad.linalg.svd(a, full_matrices=False).S
    tensor([4., 3.])
    """
    a = as_operand(a)
    if not compute_uv:
        return op.svdvals(a)
    left, right = op.svd_left(a, bool(full_matrices)), op.svd_right(a, bool(full_matrices))
    return _SVD(left, op.svdvals(a), right)


@handled
def qr(a, mode="reduced"):
    """The QR decomposition of matrices.

    Parameters
    ----------
    a : array_like
        Matrices (..., m, n).
    mode : str, default "reduced"
        "reduced", "complete", "r" for the triangular factor alone, or "raw", which has no gradient.

    Returns
    -------
    QRResult or Tensor
        `Q` (..., m, k) and `R` (..., k, n), with k = min(m, n), or m for "complete"; `R` alone for
        "r".

    Raises
    ------
    GradientError
        Where "raw" would need a gradient.

    Notes
    -----
    The derivative exists where the first k columns are linearly independent; elsewhere it raises
    `numpy.linalg.LinAlgError`. Columns of a complete `Q` beyond n are any basis: a gradient of a
    result that is not the same for each raises `GradientError` where it is computed.

    Examples
    --------
    >>> a = jitgrad.tensor([[3.0, 1.0], [4.0, 2.0]])
    >>> jitgrad.linalg.qr(a).R
    tensor([[-5. , -2.2],
            [ 0. ,  0.4]])
    """
    a = as_operand(a)
    if mode == "r":
        return op.qr_r(a)
    if mode == "reduced":
        return _QR(op.qr_q(a), op.qr_r(a))
    if mode == "complete":
        q, r = op.qr_q(a, True), op.qr_r(a, True)
        below = (*r.shape[:-2], q.shape[-1] - r.shape[-2], r.shape[-1])
        return _QR(q, op.concatenate([r, np.zeros(below, r.dtype)], axis=-2) if below[-2] else r)
    if needs_grad(a):
        raise GradientError(
            f"got qr of shape {a.shape} with mode={mode!r}, which has no gradient, expected "
            "'reduced', 'complete' or 'r'; pass one of these, or use .detach() where no gradient "
            "is wanted"
        )
    return on_arrays(np.linalg.qr, (a, mode), {})
