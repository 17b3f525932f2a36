"""Functions of matrices, and structured matrices, of `scipy.linalg`, as formulas of others.

Start at `cosm`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import fft, linalg
from .. import numpy as jnp
from ..base.errors import ArgumentError, ShapeError
from ..base.surface import surface
from ..frontend.convert import as_operand

__all__ = ["companion", "coshm", "cosm", "expm_frechet", "khatri_rao"]
__all__ += ["matmul_toeplitz", "polar", "sinhm", "sinm", "solve_circulant", "solve_toeplitz"]
__all__ += [
    "cho_solve_banded",
    "cholesky_banded",
    "convolution_matrix",
    "diagsvd",
    "eig_banded",
    "solveh_banded",
    "tanhm",
    "tanm",
]
__all__ += ["eigh_tridiagonal", "eigvals_banded", "eigvalsh_tridiagonal", "fiedler", "leslie"]
__all__ += ["orthogonal_procrustes", "pinvh", "rq", "solve_lyapunov"]


def _numbers(x: Any) -> Any:
    t = as_operand(x)
    return t if t.dtype.kind in "fc" else t.to(np.float64)


@surface
def cosm(A: Any) -> Any:
    """The cosine of matrices."""
    return _by_angle(A)[0]


@surface
def sinm(A: Any) -> Any:
    """The sine of matrices."""
    return _by_angle(A)[1]


@surface
def tanm(A: Any) -> Any:
    """The tangent of matrices."""
    cosine, sine = _by_angle(A)
    return linalg.solve(cosine, sine)


def _by_angle(A: Any) -> tuple[Any, Any]:
    a = _numbers(A)
    forth: Any = linalg.expm(1j * a)
    if a.dtype.kind == "f":
        return forth.real, forth.imag
    back = linalg.expm(-1j * a)
    return 0.5 * (forth + back), -0.5j * (forth - back)


@surface
def coshm(A: Any) -> Any:
    """The hyperbolic cosine of matrices."""
    return 0.5 * (linalg.expm(A) + linalg.expm(-_numbers(A)))


@surface
def sinhm(A: Any) -> Any:
    """The hyperbolic sine of matrices."""
    return 0.5 * (linalg.expm(A) - linalg.expm(-_numbers(A)))


@surface
def tanhm(A: Any) -> Any:
    """The hyperbolic tangent of matrices."""
    return linalg.solve(coshm(A), sinhm(A))


@surface
def expm_frechet(A: Any, E: Any, compute_expm: bool = True) -> Any:
    """The exponential of a matrix, and its derivative along another one: a block of the exponential
    of both, as N. J. Higham, Functions of Matrices (2008), has it."""
    a, e = _numbers(A), _numbers(E)
    if a.shape != e.shape:
        raise ShapeError(f"got matrices of shapes {a.shape} and {e.shape}, expected the same shape")
    n = a.shape[-1]
    both = linalg.expm(jnp.block([[a, e], [jnp.zeros_like(a), a]]))
    along = both[..., :n, n:]
    return (both[..., :n, :n], along) if compute_expm else along


@surface
def polar(a: Any, side: str = "right") -> Any:
    """The factors of a matrix: a unitary one, and one that is positive semidefinite."""
    if side not in ("right", "left"):
        raise ArgumentError(f"got side={side!r}, expected 'right' or 'left'")
    a = _numbers(a)
    tall = a.shape[-2] >= a.shape[-1]
    adjoint = jnp.conj(jnp.swapaxes(a, -1, -2))
    # of the smaller product of a matrix and its adjoint, which has an inverse where a has full rank
    root = linalg.sqrtm(adjoint @ a if tall else a @ adjoint)
    turn = a @ linalg.inv(root) if tall else linalg.inv(root) @ a
    if tall == (side == "right"):
        return turn, root
    back = jnp.conj(jnp.swapaxes(turn, -1, -2))
    return turn, (back @ a if side == "right" else a @ back)


@surface
def companion(a: Any) -> Any:
    """The companion matrix of a polynomial, the highest power first."""
    a = _numbers(a)
    if a.ndim != 1 or a.size < 2:
        raise ShapeError(f"got coefficients of shape {a.shape}, expected (n,), with two at least")
    below = np.eye(a.size - 2, a.size - 1, dtype=a.dtype)
    return jnp.concatenate([-(a[1:] / a[0]).reshape((1, -1)), below])


@surface
def khatri_rao(a: Any, b: Any) -> Any:
    """The products of Kronecker of the columns of two matrices."""
    a, b = as_operand(a), as_operand(b)
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
        raise ShapeError(
            f"got matrices of shapes {a.shape} and {b.shape}, expected as many columns"
        )
    return (a[:, None, :] * b[None, :, :]).reshape((-1, a.shape[1]))


def _column_and_row(c_or_cr: Any) -> tuple[Any, Any]:
    if isinstance(c_or_cr, tuple):
        return _numbers(c_or_cr[0]).reshape((-1,)), _numbers(c_or_cr[1]).reshape((-1,))
    c = _numbers(c_or_cr).reshape((-1,))
    return c, jnp.conj(c)


@surface
def solve_toeplitz(c_or_cr: Any, b: Any, check_finite: bool = True) -> Any:
    """The solutions of a system whose matrix has a column and a row, as `toeplitz`: by its LU
    factors, which are stable where Levinson's recursion need not be."""
    return linalg.solve(linalg.toeplitz(*_column_and_row(c_or_cr)), b)


@surface
def matmul_toeplitz(c_or_cr: Any, x: Any, check_finite: bool = False, workers: Any = None) -> Any:
    """The product of such a matrix, by Fourier transforms."""
    c, row = _column_and_row(c_or_cr)
    x, whole = _numbers(x), c.size + row.size - 1
    columns = x.reshape((x.shape[0], -1))
    if columns.shape[0] != row.size:
        raise ShapeError(f"got x of shape {x.shape} for a matrix with {row.size} columns")
    around = jnp.concatenate([c, jnp.flip(row[1:])])
    forth = fft.fft(around)[:, None] * fft.fft(columns, whole, axis=0)
    out = fft.ifft(forth, axis=0)[: c.size]
    if "c" not in (c.dtype.kind, row.dtype.kind, x.dtype.kind):
        out = out.real
    return out.reshape((c.size, *x.shape[1:]))


@surface
def solve_circulant(c: Any, b: Any) -> Any:
    """The solutions of a system whose matrix is circulant with first column `c`, by Fourier
    transforms."""
    c, b = _numbers(c), _numbers(b)
    if c.ndim != 1 or not b.ndim or b.shape[0] != c.size:
        raise ShapeError(f"got shapes {c.shape} and {b.shape}, expected (n,) and (n, ...)")
    along = fft.fft(c).reshape((-1, *[1] * (b.ndim - 1)))
    out = fft.ifft(fft.fft(b, axis=0) / along, axis=0)
    return out if "c" in (c.dtype.kind, b.dtype.kind) else out.real


@surface
def solveh_banded(ab: Any, b: Any, lower: bool = False, **options: Any) -> Any:
    """The solutions of a system whose matrix is Hermitian, positive definite and banded, by its
    upper or lower bands."""
    ab = _numbers(ab)
    count, n = ab.shape[0] - 1, ab.shape[1]
    upper = []
    for k in range(count, 0, -1):
        band = jnp.conj(ab[k, : n - k]) if lower else ab[count - k, k:]
        upper.append(jnp.concatenate([jnp.zeros_like(band, shape=(k,)), band]))
    main = ab[0 if lower else count]
    below = [
        jnp.concatenate([jnp.conj(u[count - i :]), jnp.zeros_like(u[: count - i])])
        for i, u in enumerate(upper)
    ]
    return linalg.solve_banded((count, count), jnp.stack([*upper, main, *below[::-1]]), b)


@surface
def cholesky_banded(
    ab: Any, overwrite_ab: bool = False, lower: bool = False, check_finite: bool = True
) -> Any:
    """The bands of the factor of Cholesky of a Hermitian, positive definite, banded matrix, by the
    whole matrix; 0 where a band has no element."""
    factor = linalg.cholesky(_of_bands(ab, lower))
    shape = np.shape(ab)
    k, column = np.indices(shape)
    row = column + (k if lower else k - (shape[0] - 1))
    inside = (row >= 0) & (row < shape[1])
    row = np.where(inside, row, 0)
    held = factor[row, column] if lower else jnp.conj(factor[column, row])
    return jnp.where(inside, held, 0.0)


@surface
def cho_solve_banded(
    cb_and_lower: Any, b: Any, overwrite_b: bool = False, check_finite: bool = True
) -> Any:
    """The solutions of a system of real numbers by the factor that `cholesky_banded` gives."""
    bands, lower = cb_and_lower
    bands = _numbers(bands)
    count, n = bands.shape[0] - 1, bands.shape[1]
    turned = []
    for k in range(count + 1):
        band = jnp.conj(bands[k, : n - k] if lower else bands[count - k, k:])
        rest = jnp.zeros_like(band, shape=(k,))
        turned.append(jnp.concatenate([rest, band] if lower else [band, rest]))
    other = jnp.stack(turned[::-1] if lower else turned)
    below, above = (bands, other) if lower else (other, bands)
    return linalg.solve_banded((0, count), above, linalg.solve_banded((count, 0), below, b))


# --- eigenvalues of banded matrices ---------------------------------------------------------------


def _of_bands(ab: Any, lower: bool) -> Any:
    """The Hermitian matrix of its upper or lower bands."""
    ab = _numbers(ab)
    if ab.ndim != 2 or not ab.size:
        raise ShapeError(f"got bands of shape {ab.shape}, expected (bands, n)")
    count, n = ab.shape[0] - 1, ab.shape[1]
    i, j = np.indices((n, n))
    k = abs(i - j)
    row = np.minimum(k, count) if lower else np.maximum(count - k, 0)
    out = jnp.where(k <= count, ab[row, np.minimum(i, j) if lower else np.maximum(i, j)], 0.0)
    return jnp.where((i < j) if lower else (i > j), jnp.conj(out), out)


def _chosen(select: Any, select_range: Any, n: int) -> slice:
    """Which eigenvalues: all, or those of some numbers."""
    if select in ("a", "all", 0):
        return slice(0, n)
    if select in ("i", "index", 2):
        low, high = select_range
        return slice(int(low), int(high) + 1)
    raise ArgumentError(
        f"got select={select!r}, expected 'a' or 'i': how many eigenvalues are in an interval is "
        "known to their values only; choose among all"
    )


@surface
def eig_banded(
    a_band: Any,
    lower: bool = False,
    eigvals_only: bool = False,
    overwrite_a_band: bool = False,
    select: Any = "a",
    select_range: Any = None,
    max_ev: int = 0,
    check_finite: bool = True,
) -> Any:
    """The eigenvalues and eigenvectors of a Hermitian banded matrix, by the whole matrix."""
    return _eigh(_of_bands(a_band, lower), eigvals_only, select, select_range)


def _eigh(a: Any, eigvals_only: bool, select: Any, select_range: Any) -> Any:
    chosen = _chosen(select, select_range, a.shape[0])
    if eigvals_only:
        return linalg.eigvalsh(a)[chosen]
    values, vectors = linalg.eigh(a)
    return values[chosen], vectors[:, chosen]


@surface
def eigvals_banded(
    a_band: Any,
    lower: bool = False,
    overwrite_a_band: bool = False,
    select: Any = "a",
    select_range: Any = None,
    check_finite: bool = True,
) -> Any:
    """The eigenvalues of a Hermitian banded matrix."""
    return _eigh(_of_bands(a_band, lower), True, select, select_range)


@surface
def eigh_tridiagonal(
    d: Any,
    e: Any,
    eigvals_only: bool = False,
    select: Any = "a",
    select_range: Any = None,
    check_finite: bool = True,
    tol: float = 0.0,
    lapack_driver: str = "auto",
) -> Any:
    """The eigenvalues and eigenvectors of a real symmetric matrix with the diagonal `d` and `e`
    beside it, by the whole matrix."""
    d, e = _numbers(d), _numbers(e)
    if d.ndim != 1 or e.shape != (d.size - 1,) or "c" in (d.dtype.kind, e.dtype.kind):
        raise ShapeError(
            f"got d of shape {d.shape} and dtype {d.dtype}, e of {e.shape} and {e.dtype}, expected "
            "real ones, (n,) and (n - 1,)"
        )
    a = jnp.diag(d) + jnp.diag(e, 1) + jnp.diag(e, -1)
    return _eigh(a, eigvals_only, select, select_range)


@surface
def eigvalsh_tridiagonal(
    d: Any,
    e: Any,
    select: Any = "a",
    select_range: Any = None,
    check_finite: bool = True,
    tol: float = 0.0,
    lapack_driver: str = "auto",
) -> Any:
    """The eigenvalues of such a matrix."""
    return eigh_tridiagonal(d, e, True, select, select_range)


# --- others ---------------------------------------------------------------------------------------


@surface
def solve_lyapunov(a: Any, q: Any) -> Any:
    """`solve_continuous_lyapunov`, by SciPy's older name."""
    return linalg.solve_continuous_lyapunov(a, q)


@surface
def pinvh(
    a: Any,
    atol: Any = None,
    rtol: Any = None,
    lower: bool = True,
    return_rank: bool = False,
    check_finite: bool = True,
) -> Any:
    """The pseudo-inverses of Hermitian matrices, of which one half is read."""
    if return_rank or (atol is not None and atol != 0):
        raise ArgumentError(
            f"got atol={atol} and return_rank={return_rank} for pinvh, expected neither; give rtol"
        )
    a = _numbers(a)
    half = jnp.tril(a) if lower else jnp.triu(a)
    other = jnp.tril(a, -1) if lower else jnp.triu(a, 1)
    return linalg.pinv(half + _adjoint(other), rtol=rtol, hermitian=True)


def _adjoint(x: Any) -> Any:
    return jnp.conj(jnp.swapaxes(x, -1, -2))


@surface
def rq(
    a: Any,
    overwrite_a: bool = False,
    lwork: Any = None,
    mode: str = "full",
    check_finite: bool = True,
) -> Any:
    """The RQ decomposition of matrices, an upper triangular one times a unitary one: the QR
    decomposition of the adjoint, rows and columns backwards."""
    names = {"full": "complete", "economic": "reduced", "r": "complete"}
    if mode not in names:
        raise ArgumentError(f"got mode={mode!r} for rq, expected 'full', 'economic' or 'r'")
    a = _numbers(a)
    q, r = linalg.qr(_adjoint(jnp.flip(a, (-2, -1))), names[mode])
    r = jnp.flip(_adjoint(r), (-2, -1))
    return r if mode == "r" else (r, jnp.flip(_adjoint(q), (-2, -1)))


@surface
def orthogonal_procrustes(A: Any, B: Any, check_finite: bool = True) -> Any:
    """The unitary matrix that takes one matrix nearest to another, and the sum of the singular
    values of Aᴴ B."""
    a, b = _numbers(A), _numbers(B)
    if a.ndim != 2 or a.shape != b.shape:
        raise ShapeError(f"got matrices of shapes {a.shape} and {b.shape}, expected the same shape")
    u, s, vt = linalg.svd(_adjoint(a) @ b)
    return u @ vt, s.sum()


@surface
def diagsvd(s: Any, M: int, N: int) -> Any:
    """The matrix (M, N) of singular values: these on its diagonal, and zeros."""
    s = as_operand(s)
    if s.ndim != 1 or s.size not in (M, N) or s.size > min(M, N):
        raise ShapeError(f"got {s.shape} singular values for a matrix ({M}, {N}), expected the "
                         "smaller of these lengths")  # fmt: skip
    return jnp.pad(jnp.diag(s), [(0, M - s.size), (0, N - s.size)])


@surface
def leslie(f: Any, s: Any) -> Any:
    """The Leslie matrix of fecundities `f` and survival rates `s`."""
    f, s = as_operand(f), as_operand(s)
    if f.ndim != 1 or s.shape != (f.size - 1,) or not s.size:
        raise ShapeError(f"got shapes {f.shape} and {s.shape}, expected (n,) and (n - 1,)")
    below = jnp.pad(jnp.diag(s), [(0, 0), (0, 1)])
    return jnp.concatenate([f.reshape((1, -1)), below])


@surface
def fiedler(a: Any) -> Any:
    """The distances of numbers from each other."""
    a = as_operand(a)
    if a.ndim != 1:
        raise ShapeError(f"got numbers of shape {a.shape}, expected (n,)")
    return jnp.abs(a[:, None] - a)


@surface
def convolution_matrix(a: Any, n: int, mode: str = "full") -> Any:
    """The matrix whose product with n numbers is their convolution with `a`."""
    a = as_operand(a)
    if a.ndim != 1 or not a.size or n < 1:
        raise ShapeError(f"got a of shape {a.shape} and n={n}, expected (m,), and both at least 1")
    whole = linalg.toeplitz(
        jnp.pad(a, (0, n - 1)), jnp.concatenate([a[:1], np.zeros(n - 1, a.dtype)])
    )
    longest, shortest = max(n, a.size), min(n, a.size)
    starts = {"full": 0, "same": (shortest - 1) // 2, "valid": shortest - 1}
    if mode not in starts:
        raise ArgumentError(f"got mode={mode!r}, expected 'full', 'same' or 'valid'")
    lengths = {"full": n + a.size - 1, "same": longest, "valid": longest - shortest + 1}
    return whole[starts[mode] : starts[mode] + lengths[mode]]
