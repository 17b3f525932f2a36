"""NumPy's statistics that the catalogue has not: averages, covariances, means of some elements, and
what skips nan.

Order statistics are in `functions.quantiles`. Each function has NumPy's name, calling form and
meaning. Start at `handler` in `special`.
"""

import functools

import numpy as np

from ...base.dtypes import as_dtype, is_complex, is_inexact, real_of
from ...base.errors import ArgumentError, ShapeError
from ...frontend.convert import as_operand
from ...frontend.creation import full
from ...ir.shapes import as_int, normalize_axes
from ...tape.handles import varies
from ..signature import NOTHING, as_mask, deliver, of_some
from .composed import conjugated, op
from .writes import handler


def _float(x):
    x = as_operand(x)
    return x if is_inexact(x.dtype) else x.double()


def _keeping(keepdims):
    return False if keepdims is NOTHING else bool(keepdims)


# --- averages and covariances ---------------------------------------------------------------------


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
            weights = op.transpose(
                weights, tuple(int(k) for k in np.argsort(named))
            )  # given as the axes are named
            weights = weights.reshape([n if k in axes else 1 for k, n in enumerate(a.shape)])
        weights = weights.to(np.result_type(a.dtype, weights.dtype)).broadcast_to(a.shape)
        scale = weights.sum(axis=axis, keepdims=keepdims)
        if not varies(scale) and (scale == 0).any():
            raise ZeroDivisionError(
                "got weights that sum to 0, so that there is no average; give weights of another "
                "sum"
            )
        out = (a * weights).sum(axis=axis, keepdims=keepdims) / scale
    return (out, scale) if returned else out


@handler
def cov(m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None, *, dtype=None):
    x = _rows(m, rowvar)
    x = x if y is None else op.concatenate([x, _rows(y, rowvar)])
    x = x.to(np.result_type(x.dtype, np.float64) if dtype is None else as_dtype(dtype))
    ddof = as_int((0 if bias else 1) if ddof is None else ddof, "ddof")
    fweights, aweights = (_observation_weights(w, x.shape[1]) for w in (fweights, aweights))
    if fweights is not None and (fweights._array() % 1).any():
        raise ArgumentError(
            f"got fweights {fweights}, expected how often each observation is counted: whole "
            "numbers"
        )
    if fweights is None and aweights is None:
        d = x - x.mean(axis=1, keepdims=True)
        return (d @ conjugated(d).T / max(float(x.shape[1] - ddof), 0.0)).squeeze()
    return _weighted_cov(x, fweights, aweights, ddof).squeeze()


def _observation_weights(weights, n):
    """Weights of `n` observations, or None."""
    weights = None if weights is None else as_operand(weights)
    if weights is not None and (weights.shape != (n,) or (weights < 0).any()):
        raise ArgumentError(f"got weights {weights}, expected {n} numbers of at least 0")
    return weights


def _weighted_cov(x, fweights, aweights, ddof):
    """The covariances of weighted observations; either of the weights may be None."""
    given = [w.to(x.dtype) for w in (fweights, aweights) if w is not None]
    weights = functools.reduce(op.multiply, given)
    total = weights.sum()
    if aweights is None or ddof == 0:
        n = total - ddof
    else:
        n = total - ddof * (weights * aweights).sum() / total
    d = x - (x * weights).sum(axis=1, keepdims=True) / total
    return d @ conjugated(d * weights).T / op.maximum(n, 0.0)


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
    scale = c.diagonal().real.sqrt()
    out = c / scale[:, None] / scale
    if not is_complex(out.dtype):
        return out.clip(-1, 1)
    return out.real.clip(-1, 1) + 1j * out.imag.clip(-1, 1)


# --- without nan ----------------------------------------------------------------------------------


def _without_nan(function, neutral):
    """A reduction or scan in which nan counts as `neutral`."""

    def run(a, *args, **kwargs):
        a = as_operand(a)
        return function(
            op.where(op.isnan(a), neutral, a) if is_inexact(a.dtype) else a, *args, **kwargs
        )

    run.__name__ = f"nan{function.__name__}"
    return handler(run)


for _name, _neutral in (("sum", 0.0), ("prod", 1.0), ("cumsum", 0.0), ("cumprod", 1.0)):
    _without_nan(getattr(np, _name), _neutral)


def _extreme(function, bound):
    def run(a, axis=None, out=None, keepdims=NOTHING, initial=NOTHING, where=NOTHING):
        a, keepdims = as_operand(a), _keeping(keepdims)
        if a.dtype.kind not in "fc":
            return function(a, axis=axis, out=out, keepdims=keepdims, initial=initial, where=where)
        nan, least = op.isnan(a), complex(bound, bound) if a.dtype.kind == "c" else bound
        result = function(
            op.where(nan, least, a), axis=axis, keepdims=keepdims, initial=initial, where=where
        )
        nothing = nan if where is NOTHING else op.logical_or(nan, op.logical_not(as_mask(where)))
        nothing = nothing.all(axis=axis, keepdims=keepdims)
        return deliver(
            result if initial is not NOTHING else op.where(nothing, float("nan"), result), out
        )

    run.__name__ = f"nan{function.__name__}"
    return handler(run)


nanmax, nanmin = _extreme(np.max, -np.inf), _extreme(np.min, np.inf)


def _counted(a, axis, where):
    """The elements with 0 for what does not count, which ones count, and how many, with axes
    kept."""
    a = _float(a)
    counts = op.logical_not(op.isnan(a))
    counts = counts if where is NOTHING else op.logical_and(counts, as_mask(where))
    return (
        op.where(counts, a, 0.0),
        counts,
        counts.sum(axis=axis, keepdims=True).to(real_of(a.dtype)),
    )


def _finished(result, axis, keepdims, dtype, out):
    result = (
        result
        if _keeping(keepdims)
        else result.squeeze(normalize_axes(axis, result.ndim))
        if result.ndim
        else result
    )
    return deliver(result if dtype is None else result.to(dtype), out)


def _mean(a, counts, n, axis):
    """nan where nothing counts."""
    return a.sum(axis=axis, keepdims=True) / op.where(op.equal(n, 0), float("nan"), n)


@handler
def nanmean(a, axis=None, dtype=None, out=None, keepdims=NOTHING, *, where=NOTHING):
    a = as_operand(a) if dtype is None else as_operand(a).to(dtype)
    return _finished(_mean(*_counted(a, axis, where), axis), axis, keepdims, dtype, out)


def _squared(d):
    """The squared magnitude of each element, which is real."""
    return d.real * d.real + d.imag * d.imag if is_complex(d.dtype) else d * d


def _nanvar(a, axis, dtype, ddof, where, mean, correction):
    ddof = ddof if correction is NOTHING else correction
    a, counts, n = _counted(a if dtype is None else as_operand(a).to(dtype), axis, where)
    mean = _mean(a, counts, n, axis) if mean is NOTHING else mean
    d = op.where(counts, a - mean, 0.0)
    return _squared(d).sum(axis=axis, keepdims=True) / op.where(n > ddof, n - ddof, float("nan"))


@handler
def nanvar(
    a,
    axis=None,
    dtype=None,
    out=None,
    ddof=0,
    keepdims=NOTHING,
    *,
    where=NOTHING,
    mean=NOTHING,
    correction=NOTHING,
):
    return _finished(
        _nanvar(a, axis, dtype, ddof, where, mean, correction), axis, keepdims, dtype, out
    )


@handler
def nanstd(
    a,
    axis=None,
    dtype=None,
    out=None,
    ddof=0,
    keepdims=NOTHING,
    *,
    where=NOTHING,
    mean=NOTHING,
    correction=NOTHING,
):
    return _finished(
        _root(_nanvar(a, axis, dtype, ddof, where, mean, correction)), axis, keepdims, dtype, out
    )


# --- of some elements -----------------------------------------------------------------------------


def _some_mean(x, where, axis):
    """The mean of what `where` says, with axes kept, and how many there are."""
    n = where.broadcast_to(x.shape).sum(axis=axis, keepdims=True).to(real_of(x.dtype))
    return op.where(where, x, 0.0).sum(axis=axis, keepdims=True) / op.where(
        op.equal(n, 0), float("nan"), n
    ), n


def _some(a, axis, where):
    a = _float(a)
    normalize_axes(axis, a.ndim)
    return a, as_operand(True) if where is True else as_mask(where)


@of_some(np.mean)
def mean(a, axis=None, dtype=None, keepdims=False, where=True):
    a, where = _some(a if dtype is None else as_operand(a).to(dtype), axis, where)
    return _finished(_some_mean(a, where, axis)[0], axis, keepdims, None, None)


def _some_var(a, axis, ddof, where, mean):
    a, where = _some(a, axis, where)
    known, n = _some_mean(a, where, axis)
    d = op.where(where, a - (known if mean is NOTHING else as_operand(mean)), 0.0)
    return _squared(d).sum(axis=axis, keepdims=True) / op.where(n > ddof, n - ddof, float("nan"))


@of_some(np.var)
def var(a, axis=None, ddof=0, keepdims=False, correction=None, where=True, mean=NOTHING):
    out = _some_var(a, axis, ddof if correction is None else correction, where, mean)
    return _finished(out, axis, keepdims, None, None)


@of_some(np.std)
def std(a, axis=None, ddof=0, keepdims=False, correction=None, where=True, mean=NOTHING):
    return _finished(
        _root(_some_var(a, axis, ddof if correction is None else correction, where, mean)),
        axis,
        keepdims,
        None,
        None,
    )


def _root(variance):
    return op.root0(variance)
