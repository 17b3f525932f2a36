"""Counts: `numpy.bincount` and histograms. Which element is counted where are values; what it
counts has a gradient.

Start at `bincount`.
"""

import numpy as np

from ...base.errors import ArgumentError, ShapeError
from ...frontend.convert import as_operand
from ...frontend.creation import linspace
from ..fallback import arrays, asked, fallback, loses_gradient, refuse_gradient, tensors, wrapped
from .composed import diff, op
from .writes import handler


def _summed(places, weights, n):
    return op.add_at(as_operand(np.zeros(n, weights.dtype)), places, weights)


@handler
def bincount(x, /, weights=None, minlength=0):
    if not [*tensors(weights)] or not np.size(x):  # of nothing NumPy's counts are whole numbers
        return wrapped(np.bincount(*arrays((x, weights, minlength))))
    places, weights = np.asarray(arrays(x)), as_operand(weights)
    counts = np.bincount(places, minlength=minlength)  # and NumPy's checks
    if weights.shape != places.shape:
        raise ShapeError(
            f"got weights of shape {weights.shape} for {places.shape} elements, expected as many"
        )
    return _summed(places, weights.double(), len(counts))


@handler
def histogram(a, bins=10, range=None, density=None, weights=None):
    if not ([*tensors(weights)] or loses_gradient((a, bins))):
        return fallback(np.histogram, (a, bins, range, density, weights), {})
    if isinstance(bins, str):
        refuse_gradient("numpy.histogram with bins found by a rule", (a, weights))
    known, x = arrays(a), as_operand(a)
    if weights is not None and np.shape(weights) != x.shape:
        raise ShapeError(
            f"got weights of shape {np.shape(weights)} for a of shape {x.shape}, expected one shape"
        )
    edges = asked(np.histogram_bin_edges, known, arrays(bins), arrays(range))
    counts = _counted([x._array().reshape(-1)], [edges], weights, np.histogram(known, edges)[0])
    if np.ndim(bins):
        edges = as_operand(bins)
    elif loses_gradient(a) and range is None and x.size:  # the ends move with the elements
        low, high = x.min(), x.max()
        apart = 0.0 if edges[0] == float(low.detach()) else 0.5  # where all are one
        edges = linspace(low - apart, high + apart, len(edges))
    else:
        edges = as_operand(edges)
    edges = edges.to(np.result_type(edges.dtype, float)) if density else edges
    return (counts / diff(edges) / counts.sum() if density else counts), edges


def _counted(columns, edges, weights, counts):
    """How much falls between the edges, in each dimension; `counts` is how often."""
    if weights is None:
        return as_operand(counts)
    places = [
        np.searchsorted(e, c, "right") - 1 - (c == e[-1])
        for c, e in zip(columns, edges, strict=True)
    ]
    inside = np.all(
        [(p >= 0) & (p < len(e) - 1) for p, e in zip(places, edges, strict=True)], axis=0
    )
    weights = as_operand(weights).reshape((-1,))
    if weights.size != len(inside):
        raise ShapeError(f"got {weights.size} weights for {len(inside)} elements, expected as many")
    flat = (
        np.ravel_multi_index([p[inside] for p in places], counts.shape)
        if inside.any()
        else np.zeros(0, np.int64)
    )
    return _summed(flat, weights[inside], counts.size).reshape(counts.shape)


@handler
def histogramdd(sample, bins=10, range=None, density=None, weights=None):
    if not ([*tensors(weights)] or loses_gradient((sample, bins))):
        return fallback(np.histogramdd, (sample, bins, range, density, weights), {})
    refuse_gradient("the sample and the bins of numpy.histogramdd", (sample, bins))
    sample = arrays(sample)
    weights = None if weights is None else as_operand(weights).double()  # as NumPy's
    counts, edges = np.histogramdd(sample, arrays(bins), range)
    columns = sample.T if isinstance(sample, np.ndarray) else np.asarray(sample)
    columns = columns.reshape(len(edges), -1)
    out = _counted(columns, edges, weights, counts)
    if density:
        for k, e in enumerate(edges):
            out = out / np.diff(e).reshape([-1 if i == k else 1 for i in np.arange(out.ndim)])
        out = out / _counted(columns, edges, weights, counts).sum()
    return out, tuple(map(as_operand, edges))


@handler
def histogram2d(x, y, bins=10, range=None, density=None, weights=None):
    if len(x) != len(y):
        raise ArgumentError(f"got {len(x)} and {len(y)} places, expected as many")
    several = (
        np.ndim(bins) == 1 and len(bins) not in (1, 2)
        if not isinstance(bins, (list, tuple))
        else len(bins) > 2
    )
    bins = [bins, bins] if several else bins
    refuse_gradient("the places and the bins of numpy.histogram2d", (x, y, bins))
    counts, (first, second) = histogramdd([arrays(x), arrays(y)], bins, range, density, weights)
    return counts, first, second
