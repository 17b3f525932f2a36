"""Order statistics: medians, quantiles and percentiles of every method, with weights, and those
that skip nan.

A quantile is an element in order, or lies between two neighbours; how far, is a matter of their
ranks alone. For the methods beside "linear" NumPy says it, by the quantile of the ranks. Start at
`quantile`.
"""

import math

import numpy as np

from ...base.dtypes import is_complex
from ...base.errors import ArgumentError, ShapeError
from ...frontend.convert import as_operand
from ...ir.shapes import drop_axes, keep_axes, normalize_axes
from ..fallback import arrays, fallback, loses_gradient, refuse_gradient
from ..signature import NOTHING, deliver
from .composed import op
from .writes import handler, stands_for


def _float(x):
    x = as_operand(x)
    return x if x.dtype.kind == "f" else x.double()


def _rows(a, axes):
    """The elements over `axes` on the last axis."""
    rest = tuple(k for k in range(a.ndim) if k not in axes)
    n = math.prod(a.shape[k] for k in axes)
    return (
        a.transpose(rest + axes).reshape((*drop_axes(a.shape, axes), n))
        if a.ndim
        else a.reshape((1,))
    )


def _sorted_rows(a, axis, keepdims, empty=False):
    """The elements over `axis` in order, on the last axis, and the shape of a statistic of them;
    `empty`: which may be one of nothing, and of complex numbers."""
    a = as_operand(a) if empty else _float(a)
    a = a if is_complex(a.dtype) else _float(a)
    axes = normalize_axes(axis, a.ndim)
    kept = drop_axes(a.shape, axes)
    shape = keep_axes(a.shape, axes) if keepdims is not NOTHING and keepdims else kept
    n = math.prod(a.shape[k] for k in axes)
    if n == 0 and not empty:
        raise ShapeError(
            f"got an order statistic over an empty axis of shape {a.shape}; give it elements"
        )
    if n == 0:  # that of nan alone
        return a.sum(axis=axes).reshape((*kept, 1)) + float("nan"), shape
    return op.sort(_rows(a, axes)), shape


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


def _named(function, top, skips):
    """The quantile function of NumPy's whose probabilities go up to `top`; `skips`: that leaves nan
    out."""

    def run(
        a,
        q,
        axis=None,
        out=None,
        overwrite_input=False,
        method="linear",
        keepdims=NOTHING if skips else False,
        *,
        weights=None,
        interpolation=None,
    ):
        method = interpolation or method
        _check_probabilities(q, top)
        x = as_operand(a)
        whole = (
            x.dtype.kind != "f" and np.asarray(arrays(q)).dtype.kind in "iu"
        )  # then NumPy may take elements
        if (
            method == "linear"
            and weights is None
            and not skips
            and not whole
            and x.dtype != np.bool_
        ):
            return deliver(_linear(x, q, axis, keepdims, top), out)
        refuse_gradient(f"the probabilities and weights of numpy.{function.__name__}", (q, weights))
        if x.dtype.kind != "f" or x.size == 0 or not loses_gradient(x):
            given = {"method": method, "keepdims": bool(keepdims is not NOTHING and keepdims)}
            given |= {} if weights is None else {"weights": weights}
            return deliver(fallback(function, (x, q, axis), given), out)
        return deliver(_by_ranks(function, x, q, axis, keepdims, top, method, weights), out)

    stands_for(function, run)


def _check_probabilities(q, top):
    values = np.asarray(arrays(q))
    if not ((values >= 0) & (values <= top)).all():
        raise ArgumentError(f"got quantiles at {values}, expected numbers from 0 to {top:g}")


def _linear(a, q, axis, keepdims, whole):
    rows, shape = _sorted_rows(a, axis, keepdims)
    weak, values = type(q) in (int, float), np.asarray(arrays(q))
    weak, values = weak or (values.dtype.kind in "iu" and whole == 1), values / whole
    n = rows.shape[-1]
    place = values.reshape(-1) * (n - 1)
    low = np.floor(place).astype(np.int64)
    if loses_gradient(q):
        part = as_operand(q).reshape((-1,)) / whole * (n - 1) - low
    else:
        part = as_operand(
            (place - low).astype(rows.dtype if weak else np.result_type(rows.dtype, values.dtype))
        )
    below, above = op.take(rows, low, -1), op.take(rows, np.minimum(low + 1, n - 1), -1)
    result = _between(below, above, part)
    return op.moveaxis(_nan_where_any(rows[..., None, :], result), -1, 0).reshape(
        values.shape + shape
    )


def _between(below, above, part):
    return op.where(
        part < 0.5, below + (above - below) * part, above - (above - below) * (1 - part)
    )


def _by_ranks(function, x, q, axis, keepdims, top, method, weights):
    skips = function.__name__.startswith("nan")
    axes = normalize_axes(axis, x.ndim)
    rows, shape = _sorted_rows(x, axis, keepdims)
    values = _rows(x, axes)._array()
    ranks = np.argsort(np.argsort(values, -1, kind="stable"), -1).astype(float)
    given = {"method": method}
    if weights is not None:
        weights = np.asarray(arrays(weights))
        if weights.shape != x.shape:
            weights = np.broadcast_to(
                weights.reshape([-1 if k in axes else 1 for k in range(x.ndim)]), x.shape
            )
        given["weights"] = _rows(as_operand(weights), axes)._array()
    probabilities = np.asarray(arrays(q)) / top
    if skips:
        ranks[np.isnan(values)] = np.nan
    with np.errstate(invalid="ignore"):
        place = (np.nanquantile if skips else np.quantile)(ranks, probabilities, axis=-1, **given)
    nothing = np.isnan(place)
    place = np.moveaxis(np.where(nothing, 0.0, place).reshape(-1, *ranks.shape[:-1]), 0, -1)
    low = np.floor(place).astype(np.int64)
    dtype = function(
        np.zeros((2, *(1,) * bool(shape)), rows.dtype), arrays(q), axis=0, method=method
    ).dtype
    part = (place - low).astype(dtype)
    above = np.minimum(low + (part > 0), rows.shape[-1] - 1)
    rows = rows.to(dtype)
    below, above = op.take_along_axis(rows, low, -1), op.take_along_axis(rows, above, -1)
    out = op.where(
        part == 0, below, _between(below, above, as_operand(part))
    )  # an infinity stays one
    out = out if skips else _nan_where_any(rows[..., None, :], out)
    return op.moveaxis(out, -1, 0).reshape(probabilities.shape + shape)


_named(np.quantile, 1.0, False)
_named(np.percentile, 100.0, False)
_named(np.nanquantile, 1.0, True)
_named(np.nanpercentile, 100.0, True)
