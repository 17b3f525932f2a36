"""Polynomials by their coefficients, the highest first: `numpy.poly`, `polyadd`, `polymul`,
`polyfit` and their kin.

Start at `polyval`, in whose form the coefficients are.
"""

import warnings

import numpy as np

from ...base.dtypes import complex_of, is_complex, is_inexact
from ...base.errors import ArgumentError, GradientError, ShapeError
from ...frontend.convert import as_operand
from ...frontend.tensor import Tensor
from ...ir.shapes import as_int
from ...tape.handles import varies
from ...tape.segment import local
from ..fallback import arrays, fallback, loses_gradient
from .composed import convolve, op
from .matrix_functions import lstsq
from .writes import handler

#: What NumPy warns of where a polynomial is not determined.
RANK_WARNING = np.exceptions.RankWarning


def _coefficients(p):
    """Coefficients on one axis; a `numpy.poly1d` has them as an attribute."""
    p = as_operand(p.coeffs if isinstance(p, np.poly1d) else p)
    if p.ndim > 1:
        raise ShapeError(
            f"got coefficients of shape {p.shape}, expected one axis; the highest power comes first"
        )
    return p.reshape((-1,))


def _zeros(n, dtype):
    return as_operand(np.zeros(n, dtype))


@handler
def polyval(p, x):
    p, x = as_operand(p.coeffs if isinstance(p, np.poly1d) else p), as_operand(x)
    out = as_operand(np.zeros(x.shape, x.dtype))
    for coefficient in p:
        out = out * x + coefficient
    return out


def _aligned(a1, a2):
    a1, a2 = _coefficients(a1), _coefficients(a2)
    n = max(a1.size, a2.size)
    return [op.concatenate([_zeros(n - a.size, a.dtype), a]) if a.size < n else a for a in (a1, a2)]


@handler
def polyadd(a1, a2):
    a1, a2 = _aligned(a1, a2)
    return a1 + a2


@handler
def polysub(a1, a2):
    a1, a2 = _aligned(a1, a2)
    return a1 - a2


@handler
def polymul(a1, a2):
    return convolve(_trimmed(a1), _trimmed(a2))


def _trimmed(p):
    """The coefficients without leading zeros."""
    p = _coefficients(p)
    short = np.trim_zeros(p, "f")
    return short if short.size else p[:1]


@handler
def polydiv(u, v):
    u, v = (_coefficients(p) for p in (u, v))
    u, v = (p if is_inexact(p.dtype) else p + 0.0 for p in (u, v))
    rest, quotient, m = u, [], v.size
    for _ in range(max(u.size - m + 1, 0)):
        quotient.append(rest[0] / v[0])
        rest = op.concatenate([rest[1:m] - quotient[-1] * v[1:], rest[m:]])
    quotient = op.stack(quotient) if quotient else _zeros(1, u.dtype)
    whole = op.concatenate([_zeros(u.size - rest.size, rest.dtype), rest])
    known = np.polydiv(arrays(u), arrays(v))[
        1
    ]  # NumPy drops leading coefficients that are nearly 0
    return quotient, whole[whole.size - known.size :]


@handler
def polyder(p, m=1):
    p, m = _coefficients(p), as_int(m, "m")
    if m < 0:
        raise ArgumentError(f"got m = {m}, expected how often to differentiate: at least 0")
    for _ in range(m):
        p = p[:-1] * np.arange(p.size - 1, 0, -1)
    return p


@handler
def polyint(p, m=1, k=None):
    p, m = _coefficients(p), as_int(m, "m")
    if m < 0:
        raise ArgumentError(f"got m = {m}, expected how often to integrate: at least 0")
    constants = _zeros(m, float) if k is None else as_operand(k).reshape((-1,))
    constants = constants[[0] * m] if constants.size == 1 < m else constants
    if constants.size < m:
        raise ArgumentError(
            f"got {constants.size} constants for {m} integrations, expected one, or one for each"
        )
    for constant in constants[:m]:
        p = op.concatenate([p / np.arange(p.size, 0, -1), constant.reshape((1,))])
    return p


@handler
def poly(seq_of_zeros):
    zeros = as_operand(seq_of_zeros)
    if zeros.ndim == 2:
        zeros = op.eigvals(zeros)
    if zeros.ndim != 1:
        raise ShapeError(
            f"got zeros of shape {zeros.shape}, expected one axis, or a matrix whose eigenvalues "
            "they are"
        )
    zeros = zeros if is_inexact(zeros.dtype) else zeros.double()
    out = as_operand(np.ones(1, zeros.dtype))
    for zero in zeros:
        out = op.concatenate([out, _zeros(1, out.dtype)]) - op.concatenate(
            [_zeros(1, out.dtype), out * zero]
        )
    if not zeros.size:
        return out[0].real
    return out.real if _come_in_pairs(zeros) else out


def _come_in_pairs(zeros):
    """Whether complex zeros are those of a polynomial with real coefficients, as NumPy finds it;
    while `jit` traces nobody knows."""
    if not is_complex(zeros.dtype) or local.seg.tracing is not None:
        return False
    values = zeros._array()
    return np.array_equal(np.sort(values), np.sort(values.conjugate()))


@handler
def roots(p):
    """The eigenvalues of the companion matrix; complex numbers always, as those of `eigvals`."""
    p = _coefficients(p)
    # while `jit` traces nobody knows, and a first coefficient of 0 has eigvals raise an error
    places = np.arange(p.size) if local.seg.tracing is not None else _places_of_others(p)
    if places.size and loses_gradient((p,)) and places.size < p.size:
        return _moving_roots(p, places)
    dtype = complex_of(p.dtype if is_inexact(p.dtype) else np.dtype(float))
    if not places.size:
        return _zeros(0, dtype)
    at_zero = p.size - 1 - int(places[-1])
    p = p[int(places[0]) : int(places[-1]) + 1]
    p = p if is_inexact(p.dtype) else p.double()
    if p.size == 1:
        return _zeros(at_zero, dtype)
    return op.concatenate([_all_roots(p), _zeros(at_zero, dtype)])


def _places_of_others(p):
    """The places of coefficients that are not 0."""
    values = arrays(p)
    places = np.nonzero(values)[0]
    with np.errstate(all="ignore"):
        ratios = values[places[0] + 1 : places[-1] + 1] / values[places[0]] if len(places) else 0
    if not np.isfinite(ratios).all():
        raise np.linalg.LinAlgError(
            f"got coefficients {values}, expected finite ones: others have no roots"
        )
    return places


def _all_roots(p):
    """The roots of a polynomial whose first coefficient is not 0."""
    below = as_operand(np.eye(p.size - 2, p.size - 1, dtype=p.dtype))
    return op.eigvals(op.concatenate([-(p[1:] / p[0]).reshape((1, -1)), below]))


def _moving_roots(p, places):
    """`roots` where some coefficients are 0 now, by which the roots have derivatives."""
    if places[0]:
        raise GradientError(
            f"got {int(places[0])} leading coefficients of 0 in roots(), by which a gradient "
            "would be lost; leave them out: roots(p[1:])"
        )
    p = p if is_inexact(p.dtype) else p.double()
    if p.size == 1 or places[-1] == p.size - 1:
        return _all_roots(p)
    out, left, order = _all_roots(p), np.roots(arrays(p)), []
    found = np.array(arrays(out))
    for root in left:  # in the order of NumPy, where those at 0 are the last
        order.append(int(np.argmin(np.abs(found - root))))
        found[order[-1]] = np.inf
    return out[np.array(order, int)]


@handler
def polyfit(x, y, deg, rcond=None, full=False, w=None, cov=False):
    traced = any(isinstance(t, Tensor) and varies(t) for t in (x, y, w))
    if not traced and not loses_gradient((x, y, w)):
        return fallback(np.polyfit, (x, y, deg, rcond, full, w, cov), {})
    if traced or full or cov or loses_gradient((x, w)):
        return _fitted(x, y, as_int(deg, "deg"), rcond, full, w, cov)
    x, y, w = arrays(x), as_operand(y).double(), arrays(w)
    np.polyfit(x, np.zeros(y.shape), deg, rcond, w=w)  # NumPy's checks
    return op.matmul(as_operand(_fit(np.asarray(x, float), int(deg), rcond, w)), y)


def _fitted(x, y, degree, rcond, full, w, cov):
    """The polynomial of least squares by the matrix of powers, whose columns have length 1."""
    x, y = as_operand(x) + 0.0, as_operand(y) + 0.0
    w = None if w is None else as_operand(w) + 0.0
    _check_fit(x, y, degree, w)
    rcond = x.size * np.finfo(x.dtype).eps if rcond is None else rcond
    powers = op.stack([x**k for k in range(degree, -1, -1)], axis=1)
    if w is not None:
        powers, y = powers * w[:, None], y * (w if y.ndim == 1 else w[:, None])
    scale = op.sqrt((powers * powers).sum(axis=0))
    powers = powers / scale
    out, residuals, rank, s = lstsq(powers, y, rcond)
    known = isinstance(rank, int)
    if known and rank <= degree and not full:
        warnings.warn("Polyfit may be poorly conditioned", RANK_WARNING, stacklevel=6)
    out = out / (scale if y.ndim == 1 else scale[:, None])
    if full:
        return out, residuals, rank, s, rcond
    return (out, _covariance(powers, scale, residuals, cov, y)) if cov else out


def _check_fit(x, y, degree, w):
    lengths = {t.shape[:1] for t in (x, y, w) if t is not None}
    if degree < 0 or x.ndim != 1 or y.ndim not in (1, 2) or len(lengths) > 1 or not x.size:
        raise ArgumentError(
            f"got polyfit of degree {degree} of x and y of shapes {x.shape} and {y.shape}"
            + ("" if w is None else f", weights {w.shape}")
            + "; expected a degree from 0 on, x (n,), y (n,) or (n, k), and weights (n,)"
        )


def _covariance(powers, scale, residuals, cov, y):
    """That of the coefficients: of each column of values, on the last axis."""
    out = op.inv(op.matmul(powers.T, powers)) / (scale[:, None] * scale)
    n, order = powers.shape
    if cov == "unscaled":
        return out if y.ndim == 1 else out[:, :, None]
    if n <= order:
        raise ArgumentError(
            f"got {n} points for a polynomial of degree {order - 1}, expected more of them to "
            'scale the covariance by; or give cov="unscaled"'
        )
    return (out if y.ndim == 1 else out[:, :, None]) * (residuals / (n - order))


def _fit(x, degree, rcond, weights):
    """The matrix by which values give the coefficients, which are linear in them."""
    left = np.vander(x, degree + 1)
    left = left if weights is None else left * np.asarray(weights, float)[:, None]
    scale = np.sqrt((left * left).sum(axis=0))
    inverse = np.linalg.pinv(left / scale, len(x) * np.finfo(float).eps if rcond is None else rcond)
    inverse = inverse / scale[:, None]
    return inverse if weights is None else inverse * np.asarray(weights, float)
