"""`jitgrad.scipy.ndimage`: filters and interpolation of images with derivatives, by SciPy's names.

    >>> gaussian_filter1d([0.0, 0.0, 1.0, 0.0, 0.0], 1.0).round(3)
    array([0.058, 0.242, 0.399, 0.242, 0.058])

Derivatives are those by images, weights, widths of Gaussians, coordinates, shifts and angles.
Images are of floats: of integers SciPy rounds the results. Start at `correlate1d` and
`map_coordinates`.
"""

import sys as _sys
from typing import Any as _Any

from ...base.missing import missing as _missing
from .image_filters import (
    convolve,
    convolve1d,
    correlate,
    correlate1d,
    gaussian_filter,
    gaussian_filter1d,
    gaussian_gradient_magnitude,
    gaussian_laplace,
    laplace,
    prewitt,
    sobel,
    uniform_filter,
    uniform_filter1d,
)
from .interpolation import (
    affine_transform,
    map_coordinates,
    rotate,
    shift,
    spline_filter,
    spline_filter1d,
    zoom,
)
from .rank_filters import (
    maximum_filter,
    median_filter,
    minimum_filter,
    percentile_filter,
    rank_filter,
)

__all__ = [
    "affine_transform",
    "convolve",
    "convolve1d",
    "correlate",
    "correlate1d",
    "gaussian_filter",
    "gaussian_filter1d",
    "gaussian_gradient_magnitude",
    "gaussian_laplace",
    "laplace",
    "map_coordinates",
    "maximum_filter",
    "median_filter",
    "minimum_filter",
    "percentile_filter",
    "prewitt",
    "rank_filter",
    "rotate",
    "shift",
    "sobel",
    "spline_filter",
    "spline_filter1d",
    "uniform_filter",
    "uniform_filter1d",
    "zoom",
]


def __getattr__(name: str) -> _Any:
    raise _missing("jitgrad.scipy.ndimage", name, _sys.modules[__name__])


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
