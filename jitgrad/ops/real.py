"""What NumPy's functions of complex numbers are of real ones, which are all that jitgrad has.

So code written for both runs, with its gradient: the parts that are constant have the derivative 0.
NumPy's `real`, `imag` and `angle` themselves are found in `jitgrad.numpy.functions.composed`, since
they may be called for complex arrays, too. Start at `real`.
"""

from __future__ import annotations

import math

import numpy as np

from ..base.dtypes import is_float
from ..ir import Node
from .arithmetic import absolute, copysign, positive
from .comparison import isnan, where
from .primitives import cast, zeros
from .promotion import ufunc_dtypes
from .records import Names
from .registry import composite, movement

_floats = ufunc_dtypes(np.arctan2)


def _conjugate(x: Node) -> Node:
    return positive(x) if x.dtype.kind != "b" else positive(cast(x, np.dtype(np.int8)))


def _imag(x: Node) -> Node:
    return absolute(copysign(0.0, x)) if is_float(x.dtype) else zeros(x)


def _angle(x: Node, deg: bool) -> Node:
    x = cast(x, _floats((0, x))[1])
    half = 90.0 if deg else math.pi / 2
    return where(isnan(x), x, half - copysign(half, x))


real = movement(
    "real",
    lambda x: x,
    "The real part: the tensor itself.",
    names=Names(method=False, properties=("real",)),
)
imag = composite(
    "imag",
    _imag,
    "The imaginary part: zeros.",
    slope="0 everywhere.",
    names=Names(method=False, properties=("imag",)),
)
conjugate = composite(
    np.conjugate,
    _conjugate,
    "The complex conjugate: the number itself.",
    slope="d/dx = 1.",
    names=Names(aliases=("conj",)),
)
angle = composite(
    "angle",
    _angle,
    "The angle in the complex plane: 0 or pi, as x is positive or negative.",
    {"deg": False},
    on=(0.5, 2),
    cases=({}, {"deg": True}),
    slope="0 everywhere.",
    names=Names(method=False),
)
