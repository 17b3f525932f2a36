"""NumPy's statistics that the catalogue has not: averages, covariances, medians and quantiles, and those that skip nan.

Each function has NumPy's name, calling form and meaning. Start at `handler` in `special`.
"""

import math

import numpy as np

from .._dtypes import as_dtype
from .._errors import ArgumentError, ShapeError
from ..convert import as_operand
from ..creation import full
from ..ir.shapes import as_int, drop_axes, keep_axes, normalize_axes
from .calls import NOTHING, as_mask, deliver
from .composed import op
from .plain import arrays, refuse_gradient
from .special import handler


def _float(x):
    x = as_operand(x)
    return x if x.dtype.kind == "f" else x.double()


def _keeping(keepdims):
    return False if keepdims is NOTHING else bool(keepdims)


# --- averages and covariances -----------------------------------------------------------------------------------------


@handler
def average(a, axis=None, weights=None, returned=False, *, keepdims=NOTHING):
    a, keepdims = as_operand(a), _keeping(keepdims)
    if weights is None:
        out = a.mean(axis=axis, keepdims=keepdims)
        scale = full(out.shape, a.size / max(out.size, 1), dtype=out.dtype)
    else:
        a, weights = _float(a), as_operand(weights)
        axes = normalize_axes(axis, a.ndim)
        if weights.shape != a.shape:
            named = () if axis is None else tuple(k % a.ndim for k in np.atleast_1d(axis).tolist())
            if axis is None or weights.shape != tuple(a.shape[k] for k in named):
                raise ShapeError(
                    f"got weights of shape {weights.shape} for shape {a.shape} and axis {axis}, "
                    "expected the same shape, or that of the axes"
                )
            weights = op.transpose(weights, tuple(int(k) for k in np.argsort(named)))  # given as the axes are named
            weights = weights.reshape([n if k in axes else 1 for k, n in enumerate(a.shape)])
        weights = weights.to(np.result_type(a.dtype, weights.dtype)).broadcast_to(a.shape)
        scale = weights.sum(axis=axis, keepdims=keepdims)
        if (scale == 0).any():
            raise ZeroDivisionError(
                "got weights that sum to 0, so that there is no average; give weights of another sum"
            )
        out = (a * weights).sum(axis=axis, keepdims=keepdims) / scale
    return (out, scale) if returned else out


@handler
def cov(m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None, *, dtype=None):
    refuse_gradient("the weights of numpy.cov", (fweights, aweights))
    x = _rows(m, rowvar)
    x = x if y is None else op.concatenate([x, _rows(y, rowvar)])
    x = x.to(np.result_type(x.dtype, np.float64) if dtype is None else as_dtype(dtype))
    if ddof is None:
        ddof = 0 if bias else 1
    ddof = as_int(ddof, "ddof")
    weights = None
    for w in (fweights, aweights):
        w = None if w is None else np.asarray(arrays(w), float)
        if w is not None and (w.shape != (x.shape[1],) or (w < 0).any()):
            raise ArgumentError(f"got weights {w}, expected {x.shape[1]} numbers of at least 0")
        weights = w if weights is None else weights if w is None else weights * w
    if fweights is not None and (np.asarray(arrays(fweights)) % 1).any():
        raise ArgumentError(f"got fweights {fweights}, expected how often each observation is counted: whole numbers")
    total = x.shape[1] if weights is None else weights.sum()
    if weights is None or aweights is None or ddof == 0:
        n = total - ddof
    else:
        n = total - ddof * (weights * np.asarray(arrays(aweights), float)).sum() / total
    mean = x.mean(axis=1, keepdims=True) if weights is None else (x * weights).sum(axis=1, keepdims=True) / float(total)
    d = x - mean
    out = d @ (d if weights is None else d * weights).T / max(float(n), 0.0)
    return out.squeeze()


def _rows(m, rowvar):
    """The observations as rows of variables."""
    m = as_operand(m)
    if m.ndim > 2:
        raise ShapeError(f"got observations of shape {m.shape}, expected one or two axes")
    return m.reshape((1, -1)) if m.ndim < 2 else m if rowvar else m.T


@handler
def corrcoef(x, y=None, rowvar=True, *, dtype=None):
    c = cov(x, y, rowvar, dtype=dtype)
    if c.ndim == 0:
        return c / c
    scale = c.diagonal().sqrt()
    return (c / scale[:, None] / scale).clip(-1, 1)


# --- order statistics -------------------------------------------------------------------------------------------------


def _sorted_rows(a, axis, keepdims, empty=False):
    """The elements over `axis` in order, on the last axis, and the shape of a statistic of them; `empty`: which may
    be one of nothing."""
    a = _float(a)
    axes = normalize_axes(axis, a.ndim)
    rest = tuple(k for k in range(a.ndim) if k not in axes)
    kept = drop_axes(a.shape, axes)
    shape = keep_axes(a.shape, axes) if _keeping(keepdims) else kept
    n = math.prod(a.shape[k] for k in axes)
    if n == 0 and not empty:
        raise ShapeError(f"got an order statistic over an empty axis of shape {a.shape}; give it elements")
    if n == 0:  # that of nan alone
        return a.sum(axis=axes).reshape((*kept, 1)) + float("nan"), shape
    rows = a.transpose(rest + axes).reshape((*kept, n)) if a.ndim else a.reshape((1,))
    return op.sort(rows), shape


def _nan_where_any(rows, out):
    """nan comes last in order; where there is one, so is the statistic."""
    return op.where(op.isnan(rows[..., -1]), rows[..., -1], out)


@handler
def median(a, axis=None, out=None, overwrite_input=False, keepdims=False):
    rows, shape = _sorted_rows(a, axis, keepdims, empty=True)
    n = rows.shape[-1]
    middle = rows[..., n // 2] if n % 2 else (rows[..., n // 2 - 1] + rows[..., n // 2]) * 0.5
    return deliver(_nan_where_any(rows, middle).reshape(shape), out)


@handler
def nanmedian(a, axis=None, out=None, overwrite_input=False, keepdims=NOTHING):
    rows, shape = _sorted_rows(a, axis, keepdims, empty=True)
    n = np.count_nonzero(
        ~np.isnan(rows._array()), axis=-1, keepdims=True
    )  # nan comes last: where there is nothing else, it is taken
    low, high = (op.take_along_axis(rows, np.maximum(k, 0), -1) for k in ((n - 1) // 2, n // 2))
    return deliver(op.where(op.equal(low, high), low, (low + high) * 0.5).reshape(shape), out)


@handler
def quantile(
    a,
    q,
    axis=None,
    out=None,
    overwrite_input=False,
    method="linear",
    keepdims=False,
    *,
    weights=None,
    interpolation=None,
):
    refuse_gradient("the probabilities of numpy.quantile", q)
    if method != "linear" or weights is not None or interpolation is not None:
        refuse_gradient("numpy.quantile with a method other than 'linear', or with weights", (a, weights))
        kwargs = {"weights": arrays(weights), "method": method} if interpolation is None else {"method": interpolation}
        return deliver(as_operand(np.quantile(arrays(a), arrays(q), axis, keepdims=keepdims, **kwargs)), out)
    return deliver(_quantile(a, q, axis, keepdims, 1.0), out)


@handler
def percentile(
    a,
    q,
    axis=None,
    out=None,
    overwrite_input=False,
    method="linear",
    keepdims=False,
    *,
    weights=None,
    interpolation=None,
):
    refuse_gradient("the percentages of numpy.percentile", q)
    if method != "linear" or weights is not None or interpolation is not None:
        q = np.asarray(arrays(q)) / 100.0
        return quantile(a, q, axis, out, False, method, keepdims, weights=weights, interpolation=interpolation)
    return deliver(_quantile(a, q, axis, keepdims, 100.0), out)


def _quantile(a, q, axis, keepdims, whole):
    rows, shape = _sorted_rows(a, axis, keepdims)
    weak, q = type(q) in (int, float), np.asarray(arrays(q)) / whole
    if not ((q >= 0) & (q <= 1)).all():
        raise ArgumentError(f"got quantiles at {q}, expected numbers from 0 to {whole:g}")
    place = q.reshape(-1) * (rows.shape[-1] - 1)
    low = np.floor(place).astype(np.int64)
    part = as_operand((place - low).astype(rows.dtype if weak else np.result_type(rows.dtype, q.dtype)))
    below, above = op.take(rows, low, -1), op.take(rows, np.minimum(low + 1, rows.shape[-1] - 1), -1)
    result = op.where(part < 0.5, below + (above - below) * part, above - (above - below) * (1 - part))
    return op.moveaxis(_nan_where_any(rows[..., None, :], result), -1, 0).reshape(q.shape + shape)


# --- without nan ------------------------------------------------------------------------------------------------------


def _without_nan(function, neutral):
    """A reduction or scan in which nan counts as `neutral`."""

    def run(a, *args, **kwargs):
        a = as_operand(a)
        return function(op.where(op.isnan(a), neutral, a) if a.dtype.kind == "f" else a, *args, **kwargs)

    run.__name__ = f"nan{function.__name__}"
    return handler(run)


for _name, _neutral in (("sum", 0.0), ("prod", 1.0), ("cumsum", 0.0), ("cumprod", 1.0)):
    _without_nan(getattr(np, _name), _neutral)


def _extreme(function, bound):
    def run(a, axis=None, out=None, keepdims=NOTHING, initial=NOTHING, where=NOTHING):
        a, keepdims = as_operand(a), _keeping(keepdims)
        if a.dtype.kind != "f":
            return function(a, axis=axis, out=out, keepdims=keepdims, initial=initial, where=where)
        nan = op.isnan(a)
        result = function(op.where(nan, bound, a), axis=axis, keepdims=keepdims, initial=initial, where=where)
        nothing = nan if where is NOTHING else op.logical_or(nan, op.logical_not(as_mask(where)))
        nothing = nothing.all(axis=axis, keepdims=keepdims)
        return deliver(result if initial is not NOTHING else op.where(nothing, float("nan"), result), out)

    run.__name__ = f"nan{function.__name__}"
    return handler(run)


nanmax, nanmin = _extreme(np.max, -np.inf), _extreme(np.min, np.inf)


def _counted(a, axis, where):
    """The elements with 0 for what does not count, which ones count, and how many, with axes kept."""
    a = _float(a)
    normalize_axes(axis, a.ndim)  # of a 0-d value no axis may be named, unlike in a sum
    counts = op.logical_not(op.isnan(a))
    counts = counts if where is NOTHING else op.logical_and(counts, as_mask(where))
    return op.where(counts, a, 0.0), counts, counts.sum(axis=axis, keepdims=True).to(a.dtype)


def _finished(result, axis, keepdims, dtype, out):
    result = (
        result if _keeping(keepdims) else result.squeeze(normalize_axes(axis, result.ndim)) if result.ndim else result
    )
    return deliver(result if dtype is None else result.to(dtype), out)


def _mean(a, counts, n, axis):
    """nan where nothing counts."""
    return a.sum(axis=axis, keepdims=True) / op.where(op.equal(n, 0), float("nan"), n)


@handler
def nanmean(a, axis=None, dtype=None, out=None, keepdims=NOTHING, *, where=NOTHING):
    a = as_operand(a) if dtype is None else as_operand(a).to(dtype)
    return _finished(_mean(*_counted(a, axis, where), axis), axis, keepdims, dtype, out)


def _nanvar(a, axis, dtype, ddof, where, mean, correction):
    ddof = ddof if correction is NOTHING else correction
    a, counts, n = _counted(a if dtype is None else as_operand(a).to(dtype), axis, where)
    mean = _mean(a, counts, n, axis) if mean is NOTHING else mean
    d = op.where(counts, a - mean, 0.0)
    return (d * d).sum(axis=axis, keepdims=True) / op.where(n > ddof, n - ddof, float("nan"))


@handler
def nanvar(
    a, axis=None, dtype=None, out=None, ddof=0, keepdims=NOTHING, *, where=NOTHING, mean=NOTHING, correction=NOTHING
):
    return _finished(_nanvar(a, axis, dtype, ddof, where, mean, correction), axis, keepdims, dtype, out)


@handler
def nanstd(
    a, axis=None, dtype=None, out=None, ddof=0, keepdims=NOTHING, *, where=NOTHING, mean=NOTHING, correction=NOTHING
):
    variance = _nanvar(a, axis, dtype, ddof, where, mean, correction)
    zero = op.equal(variance, 0)  # there the derivative is 0, as that of std
    return _finished(op.where(zero, 0.0, op.sqrt(op.where(zero, 1.0, variance))), axis, keepdims, dtype, out)
