"""Exponentials and logarithms. One entry each."""

from __future__ import annotations

import math

import numpy as np

from . import complex_parts
from .pointwise import elementwise
from .records import Names

LN2, LN10 = math.log(2), math.log(10)

exp = elementwise(
    np.exp,
    lambda x, out: out,
    "The exponential e ** x.",
    cost=10,
    names=Names(in_place="exp_"),
    parts=complex_parts.exp,
)
exp2 = elementwise(
    np.exp2,
    lambda x, out: out * LN2,
    "The power 2 ** x.",
    cost=10,
    names=Names(scipy="exp2"),
    parts=complex_parts.exp2,
)
expm1 = elementwise(
    np.expm1,
    lambda x, out: out + 1,
    "exp(x) - 1, accurate near 0.",
    cost=12,
    names=Names(scipy="expm1"),
    parts=complex_parts.expm1,
)
log = elementwise(
    np.log,
    lambda x, out: 1 / x,
    "The natural logarithm of x.",
    cost=12,
    on=(0.5, 2),
    names=Names(in_place="log_"),
    parts=complex_parts.log,
)
log2 = elementwise(
    np.log2,
    lambda x, out: 1 / (x * LN2),
    "The logarithm to base 2.",
    cost=13,
    on=(0.5, 2),
    parts=complex_parts.log_to(2),
)
log10 = elementwise(
    np.log10,
    lambda x, out: 1 / (x * LN10),
    "The logarithm to base 10.",
    cost=14,
    on=(0.5, 2),
    parts=complex_parts.log_to(10),
)
log1p = elementwise(
    np.log1p,
    lambda x, out: 1 / (1 + x),
    "log(1 + x), accurate near 0.",
    cost=15,
    on=(-0.5, 2),
    names=Names(scipy="log1p"),
    parts=complex_parts.log1p,
)
