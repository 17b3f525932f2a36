"""Polynomials by their coefficients, the highest first: `numpy.poly`, `polyadd`, `polymul`,
`polyfit` and their kin.

Start at `polyval`, in whose form the coefficients are.
"""

import numpy as np

from ...base.dtypes import complex_of, is_complex, is_inexact
from ...base.errors import ArgumentError, GradientError, ShapeError
from ...frontend.convert import as_operand
from ...ir.shapes import as_int
from ...tape.segment import local
from ..fallback import arrays, fallback, loses_gradient
from .composed import convolve, op
from .writes import handler


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
    if full or cov or not loses_gradient((y,)) or loses_gradient((x, w)):
        return fallback(np.polyfit, (x, y, deg, rcond, full, w, cov), {})
    x, y, w = arrays(x), as_operand(y).double(), arrays(w)
    np.polyfit(x, np.zeros(y.shape), deg, rcond, w=w)  # NumPy's checks
    return op.matmul(as_operand(_fit(np.asarray(x, float), int(deg), rcond, w)), y)


def _fit(x, degree, rcond, weights):
    """The matrix by which values give the coefficients, which are linear in them."""
    left = np.vander(x, degree + 1)
    left = left if weights is None else left * np.asarray(weights, float)[:, None]
    scale = np.sqrt((left * left).sum(axis=0))
    inverse = np.linalg.pinv(left / scale, len(x) * np.finfo(float).eps if rcond is None else rcond)
    inverse = inverse / scale[:, None]
    return inverse if weights is None else inverse * np.asarray(weights, float)
