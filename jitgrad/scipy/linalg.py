"""`jitgrad.scipy.linalg`: functions of `scipy.linalg` with gradients, in SciPy's calling forms.

    >>> from jitgrad.scipy import linalg
    >>> c = linalg.cholesky([[4.0, 2.0], [2.0, 5.0]])
    >>> c
    tensor([[2., 1.],
            [0., 2.]])

Most are those of `jitgrad.linalg`; here are the calling forms that differ from NumPy's: SciPy's
`cholesky` gives the upper factor, `qr` the complete decomposition, `eigh` takes ``lower=``. Nothing
is overwritten, whatever ``overwrite_a=`` says, and whether numbers are finite (``check_finite=``)
is not asked: where they are not, results are nan. Start at `cholesky`.
"""

import sys as _sys
from typing import Any as _Any

import numpy as _np

from .. import linalg as _linalg
from ..base.errors import ArgumentError as _ArgumentError
from ..base.extras import function_of as _function_of
from ..base.missing import missing as _missing
from ..base.surface import surface as _surface
from . import matrix_signs as _signs
from . import riccati as _riccati
from . import structured as _structured

#: Names of `jitgrad.linalg` that are called as in SciPy.
_SAME = (
    *("block_diag", "circulant", "expm", "hankel", "solve_continuous_lyapunov"),
    *("solve_discrete_lyapunov", "solve_sylvester", "toeplitz"),
)

#: Matrices of whole numbers, and questions that have no derivatives.
_THEIRS = (
    *("bandwidth", "dft", "expm_cond", "find_best_blas_type", "get_blas_funcs"),
    *("get_lapack_funcs", "hadamard", "helmert", "hilbert", "invhilbert", "invpascal"),
    *("ishermitian", "issymmetric", "pascal"),
)


def _plain(name: _Any, options: _Any, allowed: _Any) -> None:
    """Refuses arguments of SciPy's that ask for something else."""
    for key, value in options.items():
        if key in ("overwrite_a", "overwrite_b", "overwrite_ab", "overwrite_c", "check_finite"):
            continue
        if key not in allowed or value not in allowed[key]:
            raise _ArgumentError(
                f"got {key}={value!r} for {name}, which jitgrad does not have; leave it out"
            )


@_surface
def cholesky(a: _Any, lower: bool = False, **options: _Any) -> _Any:
    """The Cholesky factors of symmetric positive definite matrices: upper ones by default."""
    _plain("cholesky", options, {})
    return _linalg.cholesky(a, upper=not lower)


@_surface
def cho_factor(a: _Any, lower: bool = False, **options: _Any) -> _Any:
    """The Cholesky factors, for `cho_solve`; the other half is zeros."""
    _plain("cho_factor", options, {})
    return _linalg.cho_factor(a, lower)


@_surface
def cho_solve(c_and_lower: _Any, b: _Any, **options: _Any) -> _Any:
    """The solutions of linear systems, from what `cho_factor` gives."""
    _plain("cho_solve", options, {})
    return _linalg.cho_solve(c_and_lower, b)


@_surface
def det(a: _Any, **options: _Any) -> _Any:
    """The determinants of square matrices."""
    _plain("det", options, {})
    return _linalg.det(a)


@_surface
def inv(a: _Any, **options: _Any) -> _Any:
    """The inverse matrices."""
    _plain("inv", options, {})
    return _linalg.inv(a)


@_surface
def pinv(a: _Any, *, rtol: _Any = None, **options: _Any) -> _Any:
    """The pseudo-inverses of matrices; singular values up to `rtol` times the largest count as
    0."""
    _plain("pinv", options, {"return_rank": (False,), "atol": (None, 0.0)})
    return _linalg.pinv(a, rtol=rtol)


#: What is read of matrices of a form; of those with bands all is.
_READ: dict[_Any, _Any] = {
    "upper triangular": lambda a: _np.triu(a),
    "lower triangular": lambda a: _np.tril(a),
    "diagonal": lambda a: _np.tril(_np.triu(a)),
    "tridiagonal": lambda a: _np.tril(_np.triu(a, -1), 1),
}


@_surface
def solve(
    a: _Any, b: _Any, lower: bool = False, *, transposed: bool = False, **options: _Any
) -> _Any:
    """The solutions of linear systems; of symmetric positive definite ones by Cholesky factors."""
    _plain("solve", options, {"assume_a": (None, "gen", "general", "banded", "sym", "symmetric",
                                           "pos", "positive definite", "her", "hermitian",
                                           *_READ)})  # fmt: skip
    if options.get("assume_a") in _READ:
        a = _READ[options["assume_a"]](a)
    if options.get("assume_a") in ("pos", "positive definite"):
        return _linalg.cho_solve(_linalg.cho_factor(a, lower), b)
    if options.get("assume_a") in ("her", "hermitian"):
        a = _whole(a, lower)
    if options.get("assume_a") in ("sym", "symmetric"):
        half = _np.tril(a) if lower else _np.triu(a)
        a = half + _np.swapaxes(_np.tril(a, -1) if lower else _np.triu(a, 1), -1, -2)
    return _linalg.solve(_np.swapaxes(a, -1, -2) if transposed else a, b)


def _whole(a: _Any, lower: _Any) -> _Any:
    """The symmetric matrix of which one half is read."""
    half = _np.tril(a) if lower else _np.triu(a)
    other = _np.conj(_np.tril(a, -1) if lower else _np.triu(a, 1))
    return half + _np.swapaxes(other, -1, -2)


@_surface
def solve_triangular(
    a: _Any,
    b: _Any,
    trans: _Any = 0,
    lower: bool = False,
    unit_diagonal: bool = False,
    **options: _Any,
) -> _Any:
    """The solutions of linear systems with triangular matrices."""
    _plain("solve_triangular", options, {})
    return _linalg.solve_triangular(a, b, trans, lower, unit_diagonal)


@_surface
def solve_banded(l_and_u: _Any, ab: _Any, b: _Any, **options: _Any) -> _Any:
    """The solutions of a linear system with a banded matrix."""
    _plain("solve_banded", options, {})
    return _linalg.solve_banded(tuple(l_and_u), ab, b)


@_surface
def lu(a: _Any, permute_l: bool = False, **options: _Any) -> _Any:
    """The LU decomposition P, L and U of matrices."""
    _plain("lu", options, {"p_indices": (False,)})
    return _linalg.lu(a, permute_l)


@_surface
def lu_factor(a: _Any, **options: _Any) -> _Any:
    """The LU decomposition of matrices as one matrix, and the rows that were exchanged."""
    _plain("lu_factor", options, {})
    return _linalg.lu_factor(a)


@_surface
def lu_solve(lu_and_piv: _Any, b: _Any, trans: _Any = 0, **options: _Any) -> _Any:
    """The solutions of linear systems, from what `lu_factor` gives."""
    _plain("lu_solve", options, {})
    return _linalg.lu_solve(lu_and_piv, b, trans)


@_surface
def eigh(
    a: _Any, b: _Any = None, *, lower: bool = True, eigvals_only: bool = False, **options: _Any
) -> _Any:
    """The eigenvalues and eigenvectors of symmetric matrices, of a x = λ b x where `b`, symmetric
    positive definite, is given."""
    asked = options.pop("subset_by_index", None)
    if asked is not None:
        found = eigh(a, b, lower=lower, eigvals_only=eigvals_only, **options)
        return _subset(
            asked, found if eigvals_only else found[0], None if eigvals_only else found[1]
        )
    _plain("eigh", options, {"type": (1,), "driver": (None,), "subset_by_value": (None,)})
    if b is None:
        return _of_symmetric(a, lower, eigvals_only)
    a = _whole(a, lower)
    c: _Any = _linalg.cholesky(b, upper=not lower)
    c = c if lower else _np.conj(_np.swapaxes(c, -1, -2))
    left = _linalg.solve_triangular(c, a, lower=True)
    inner = _linalg.solve_triangular(c, _np.conj(_np.swapaxes(left, -1, -2)), lower=True)
    found = _of_symmetric(inner, True, eigvals_only)
    if eigvals_only:
        return found
    values, vectors = found
    return values, _linalg.solve_triangular(c, vectors, 2, True)


def _subset(asked: _Any, values: _Any, vectors: _Any) -> _Any:
    """The eigenvalues from number `asked[0]` to number `asked[1]`, and their vectors."""
    n = values.shape[-1]
    first, last = map(int, asked)
    if not 0 <= first <= last < n:
        raise _ArgumentError(
            f"got subset_by_index={asked!r} for {n} eigenvalues, expected (first, last) with "
            f"0 <= first <= last < {n}"
        )
    values = values[..., first : last + 1]
    return values if vectors is None else (values, vectors[..., first : last + 1])


def _of_symmetric(a: _Any, lower: _Any, eigvals_only: _Any) -> _Any:
    half = "L" if lower else "U"
    if eigvals_only:
        return _linalg.eigvalsh(a, half)
    return tuple(_linalg.eigh(a, half))


@_surface
def eigvalsh(a: _Any, b: _Any = None, *, lower: bool = True, **options: _Any) -> _Any:
    """The eigenvalues of symmetric matrices, in ascending order."""
    return eigh(a, b, lower=lower, eigvals_only=True, **options)


@_surface
def eig(a: _Any, b: _Any = None, left: bool = False, right: bool = True, **options: _Any) -> _Any:
    """The eigenvalues and right eigenvectors of square matrices, complex numbers always; of a x = λ
    b x where `b`, not singular, is given. With `left` the left eigenvectors, too, before the right
    ones: of length 1, the largest element of each real and positive."""
    _plain("eig", options, {"homogeneous_eigvals": (False,)})
    a = a if b is None else _linalg.solve(b, a)
    if not left:
        return tuple(_linalg.eig(a)) if right else _linalg.eigvals(a)
    values, vectors = _linalg.eig(a)
    found = _adjoint(_linalg.inv(vectors))
    found = _scaled(found if b is None else _linalg.solve(_adjoint(b), found))
    return (values, found, vectors) if right else (values, found)


def _adjoint(x: _Any) -> _Any:
    return _np.conj(_np.swapaxes(x, -1, -2))


def _scaled(vectors: _Any) -> _Any:
    """Vectors, in columns, as `eig` gives them."""
    sizes = _np.abs(vectors)
    if not sizes.shape[-1]:
        return vectors
    place = _np.expand_dims(_np.argmax(sizes, axis=-2), -2)
    phase = _np.take_along_axis(vectors, place, -2) / _np.take_along_axis(sizes, place, -2)
    return vectors / (phase * _np.sqrt((sizes * sizes).sum(-2, keepdims=True)))


@_surface
def eigvals(a: _Any, b: _Any = None, **options: _Any) -> _Any:
    """The eigenvalues of square matrices, complex numbers always."""
    return eig(a, b, right=False, **options)


@_surface
def svd(a: _Any, full_matrices: bool = True, compute_uv: bool = True, **options: _Any) -> _Any:
    """The singular value decomposition of matrices."""
    _plain("svd", options, {"lapack_driver": ("gesdd",)})
    out = _linalg.svd(a, full_matrices, compute_uv)
    return tuple(out) if compute_uv else out


@_surface
def svdvals(a: _Any, **options: _Any) -> _Any:
    """The singular values of matrices."""
    _plain("svdvals", options, {})
    return _linalg.svdvals(a)


@_surface
def qr(a: _Any, *, mode: _Any = "full", **options: _Any) -> _Any:
    """The QR decomposition of matrices: complete, or with mode="economic" as many columns as there
    can be; R alone with "r"; with "raw" LAPACK's reflections and their factors, and R, which have
    no gradient."""
    _plain("qr", options, {"lwork": (None,), "pivoting": (False,)})
    modes = {"full": "complete", "economic": "reduced"}
    if mode not in (*modes, "r", "raw"):
        raise _ArgumentError(f"got mode={mode!r} for qr, expected 'full', 'economic', 'r' or 'raw'")
    if mode == "raw":
        turned, factors = _linalg.qr(a, "raw")
        raw = _np.swapaxes(turned, -1, -2)
        return (raw, factors), _np.triu(raw[..., : _np.shape(factors)[-1], :])
    if mode == "r":
        shape = _np.shape(a)
        r = _linalg.qr(a, "r")
        rows = shape[-2] - _np.shape(r)[-2]
        width = [(0, 0)] * (len(shape) - 2) + [(0, rows), (0, 0)]
        return (_np.pad(r, width),)
    return tuple(_linalg.qr(a, modes[mode]))


@_surface
def lstsq(a: _Any, b: _Any, cond: _Any = None, **options: _Any) -> _Any:
    """The solution of least squares, of least norm, of a linear system."""
    _plain("lstsq", options, {"lapack_driver": (None, "gelsd")})
    return _linalg.lstsq(a, b, cond)


@_surface
def norm(
    a: _Any, ord: _Any = None, axis: _Any = None, keepdims: bool = False, **options: _Any
) -> _Any:
    """The norms of vectors or matrices."""
    _plain("norm", options, {})
    return _linalg.norm(a, ord, axis, keepdims)


globals().update({name: getattr(_linalg, name) for name in _SAME})
for _module in (_structured, _signs, _riccati):
    globals().update({name: getattr(_module, name) for name in _module.__all__})
__all__ = sorted(
    {*_SAME} | {name for name, f in globals().items() if not name.startswith("_") and callable(f)}
)


def __getattr__(name: _Any) -> _Any:
    if name in _THEIRS:
        return _function_of("scipy.linalg", name)
    raise _missing("jitgrad.scipy.linalg", name, _sys.modules[__name__])


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
