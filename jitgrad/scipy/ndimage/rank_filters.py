"""Filters of images that choose elements of windows, by rank: the largest, the smallest, the
median. Start at `rank_filter`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import numpy as jnp
from ...base.errors import ArgumentError
from ...base.surface import surface
from ...ir.shapes import as_int
from .image_filters import windows
from .images import axes_of, for_each, given_back, image


def _candidates(x: Any, size: Any, footprint: Any, mode: Any, cval: Any, origin: Any) -> Any:
    """What is chosen from for each element, on one axis behind those of the image."""
    axes = axes_of(None, x.ndim)
    if footprint is None:
        if size is None:
            raise ArgumentError("got neither size nor footprint, expected one of them")
        sizes = [as_int(n, "size") for n in for_each(size, axes, "size")]
        kept = None
    else:
        kept = np.asarray(footprint, bool)
        sizes = list(kept.shape)
    modes, origins = for_each(mode, axes, "mode"), for_each(origin, axes, "origin")
    views = windows(x, sizes, axes, modes, cval, origins).reshape((*x.shape, -1))
    return views if kept is None else views[..., np.flatnonzero(kept)]


@surface
def maximum_filter(
    input: Any,
    size: Any = None,
    footprint: Any = None,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    origin: Any = 0,
) -> Any:
    """The largest of what is around each element, as `scipy.ndimage.maximum_filter`; gradients go
    to the largest.

    Examples
    --------
    >>> maximum_filter([1.0, 3.0, 2.0, 0.0], 3)
    array([3., 3., 3., 2.])
    """
    x = image(input, output)
    return given_back(_candidates(x, size, footprint, mode, cval, origin).max(axis=-1), input)


@surface
def minimum_filter(
    input: Any,
    size: Any = None,
    footprint: Any = None,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    origin: Any = 0,
) -> Any:
    """The smallest of what is around each element, as `scipy.ndimage.minimum_filter`; gradients go
    to the smallest.

    Examples
    --------
    >>> minimum_filter([1.0, 3.0, 2.0, 0.0], 3)
    array([1., 1., 0., 0.])
    """
    x = image(input, output)
    return given_back(_candidates(x, size, footprint, mode, cval, origin).min(axis=-1), input)


@surface
def rank_filter(
    input: Any,
    rank: int,
    size: Any = None,
    footprint: Any = None,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    origin: Any = 0,
) -> Any:
    """That of what is around each element of which `rank` others are smaller, as
    `scipy.ndimage.rank_filter`.

    Examples
    --------
    >>> rank_filter([1.0, 3.0, 2.0, 0.0], -1, 3)
    array([3., 3., 3., 2.])
    """
    x = image(input, output)
    found = jnp.sort(_candidates(x, size, footprint, mode, cval, origin), axis=-1)
    return given_back(found[..., as_int(rank, "rank")], input)


@surface
def percentile_filter(
    input: Any,
    percentile: float,
    size: Any = None,
    footprint: Any = None,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    origin: Any = 0,
) -> Any:
    """That of what is around each element below which so many percent are, as
    `scipy.ndimage.percentile_filter`.

    Examples
    --------
    >>> percentile_filter([1.0, 3.0, 2.0, 0.0], 100, 3)
    array([3., 3., 3., 2.])
    """
    part = float(percentile) + (100.0 if percentile < 0 else 0.0)
    if not 0 <= part <= 100:
        raise ArgumentError(f"got percentile={percentile}, expected one between -100 and 100")
    x = image(input, output)
    found = jnp.sort(_candidates(x, size, footprint, mode, cval, origin), axis=-1)
    n = found.shape[-1]
    return given_back(found[..., n - 1 if part == 100 else int(n * part / 100)], input)


@surface
def median_filter(
    input: Any,
    size: Any = None,
    footprint: Any = None,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    origin: Any = 0,
) -> Any:
    """The middle of what is around each element, as `scipy.ndimage.median_filter`; of an even
    number the upper one.

    Examples
    --------
    >>> median_filter([1.0, 9.0, 2.0, 3.0], 3)
    array([1., 2., 3., 3.])
    """
    x = image(input, output)
    found = jnp.sort(_candidates(x, size, footprint, mode, cval, origin), axis=-1)
    return given_back(found[..., found.shape[-1] // 2], input)
