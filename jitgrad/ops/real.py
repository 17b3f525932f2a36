"""What NumPy's functions of complex numbers are of real ones, which are all that jitgrad has.

So code written for both runs, with its gradient: the parts that are constant have the derivative 0.
NumPy's `real`, `imag` and `angle` themselves are found in `jitgrad.numpy.functions.composed`, since
they may be called for complex arrays, too. Start at `real`.
"""

import math

import numpy as np

from ..base.dtypes import is_float
from .elementwise import absolute, copysign, isnan, positive, where
from .registry import cast, composite, movement, ufunc_dtypes, zeros

_floats = ufunc_dtypes(np.arctan2)


def _conjugate(x):
    return positive(x) if x.dtype.kind != "b" else positive(cast(x, np.dtype(np.int8)))


def _imag(x):
    return absolute(copysign(0.0, x)) if is_float(x.dtype) else zeros(x)


def _angle(x, deg):
    x = cast(x, _floats((0, x))[1])
    half = 90.0 if deg else math.pi / 2
    return where(isnan(x), x, half - copysign(half, x))


real = movement(
    "real",
    None,
    lambda x: x,
    method=False,
    properties=("real",),
    doc="The real part: the tensor itself.",
)
imag = composite(
    "imag", None, _imag, method=False, properties=("imag",), doc="The imaginary part: zeros."
)
conjugate = composite(
    "conjugate", np.conjugate, _conjugate, aliases=("conj",), doc="The complex conjugate: x."
)
angle = composite(
    "angle", None, _angle, {"deg": False}, method=False, on=(0.5, 2), cases=({}, {"deg": True}),
    doc="The angle in the complex plane: 0 or pi, as x is positive or negative.",
)  # fmt: skip
