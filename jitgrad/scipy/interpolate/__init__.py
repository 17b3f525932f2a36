"""`jitgrad.scipy.interpolate`: interpolation with derivatives by values, places and knots, by
SciPy's names.

    >>> spline = CubicSpline([0.0, 1.0, 2.0, 3.0], [0.0, 1.0, 8.0, 27.0])
    >>> spline(1.5), spline(1.5, 1)
    (array(3.375), array(6.75))

Splines are piecewise polynomials (`piecewise_polynomials.PPoly`), whose coefficients are formulas
of values and knots. Start at `CubicSpline`.
"""

import sys as _sys
from typing import Any as _Any

from ...base.missing import missing as _missing
from .b_splines import BSpline, make_interp_spline
from .piecewise_polynomials import PPoly
from .scattered import LinearNDInterpolator, RBFInterpolator, griddata
from .splines import Akima1DInterpolator, CubicHermiteSpline, CubicSpline, PchipInterpolator
from .tabulated import RegularGridInterpolator, interp1d, interpn
from .through_points import (
    BarycentricInterpolator,
    KroghInterpolator,
    barycentric_interpolate,
    krogh_interpolate,
    pchip_interpolate,
)

__all__ = [
    "Akima1DInterpolator",
    "BSpline",
    "BarycentricInterpolator",
    "CubicHermiteSpline",
    "CubicSpline",
    "KroghInterpolator",
    "LinearNDInterpolator",
    "PPoly",
    "PchipInterpolator",
    "RBFInterpolator",
    "RegularGridInterpolator",
    "barycentric_interpolate",
    "griddata",
    "interp1d",
    "interpn",
    "krogh_interpolate",
    "make_interp_spline",
    "pchip_interpolate",
]


def __getattr__(name: str) -> _Any:
    raise _missing("jitgrad.scipy.interpolate", name, _sys.modules[__name__])


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
