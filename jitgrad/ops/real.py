"""Complex numbers and their parts: `real`, `imag`, `conjugate` and `angle`.

Code written for complex numbers runs with real ones, too, with its gradient: the parts that are
constant have the derivative 0. NumPy's `real`, `imag` and `angle` themselves are found in
`jitgrad.numpy.functions.composed`. The primitives are in `primitives`. Start at `real`.
"""

from __future__ import annotations

import math

import numpy as np

from ..base.dtypes import is_complex, is_float
from ..ir import Node
from .arithmetic import copysign, positive
from .comparison import isnan, where
from .primitives import cast, conj, imag_part, real_part, zeros
from .promotion import ufunc_dtypes
from .records import Names
from .registry import composite, movement
from .trigonometric import arctan2

_floats = ufunc_dtypes(np.arctan2)


def _conjugate(x: Node) -> Node:
    if is_complex(x.dtype):
        return conj(x)
    return positive(x) if x.dtype.kind != "b" else positive(cast(x, np.dtype(np.int8)))


def _imag(x: Node) -> Node:
    """Of a float 0 that depends on it; a last operation of two operands is no view."""
    if is_complex(x.dtype):
        return imag_part(x)
    return copysign(copysign(0.0, x), 1.0) if is_float(x.dtype) else zeros(x)


def _angle(x: Node, deg: bool) -> Node:
    if is_complex(x.dtype):
        out = arctan2(imag_part(x), real_part(x))
        return out * (180 / math.pi) if deg else out
    x = cast(x, _floats((0, x))[1])
    half = 90.0 if deg else math.pi / 2
    return where(isnan(x), x, half - copysign(half, x))


real = movement(
    "real",
    real_part,
    "The real part: of a real tensor the tensor itself. Writes to it change the tensor.",
    slope="The gradient of a complex number is that of its real part, with the imaginary part 0.",
    names=Names(method=False, properties=("real",), assigned=True),
)
imag = movement(
    "imag",
    _imag,
    "The imaginary part: of a real tensor zeros. Writes to it change the tensor, if complex.",
    slope="0 for a real number; for a complex one 1j times the gradient.",
    names=Names(method=False, properties=("imag",), assigned=True),
)
conjugate = composite(
    np.conjugate,
    _conjugate,
    "The complex conjugate: of a real number the number itself.",
    slope="The conjugate of the gradient.",
    complex=True,
    names=Names(aliases=("conj",)),
)
angle = composite(
    "angle",
    _angle,
    "The angle in the complex plane: of a real number 0 or pi, as it is positive or negative.",
    {"deg": False},
    on=(0.5, 2),
    cases=({}, {"deg": True}),
    slope="0 everywhere for real numbers; for complex ones 1j * x / abs(x) ** 2, and 0 at 0.",
    complex=True,
    names=Names(method=False),
)
