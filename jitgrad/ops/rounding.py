"""Rounding: piecewise constant, so the derivative is 0 wherever there is one. One entry each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.dtypes import is_complex
from ..base.errors import ArgumentError, DTypeError
from ..ir import Node
from ..ir.shapes import as_int
from .pointwise import elementwise
from .primitives import cast, complex_node, imag_part, real_part
from .records import Names
from .registry import composite

if TYPE_CHECKING:
    from .registry import Entry


def _step(function: np.ufunc, doc: str, code: str, on: Any, **fields: Any) -> Entry:
    return elementwise(function, lambda x, out: 0, doc, code=code, on=on, level=True, **fields)


floor = _step(np.floor, "The largest integer not above x.", "np.floor({0})", (0.1, 0.9))
ceil = _step(np.ceil, "The smallest integer not below x.", "np.ceil({0})", (0.1, 0.9))
trunc = _step(
    np.trunc,
    "The integer part of x: x without its fraction.",
    "np.trunc({0})",
    (0.1, 0.9),
    names=Names(aliases=("fix",)),
)
rint = _step(
    np.rint,
    "The nearest integer, ties to even.",
    "round_even({0})",
    (0.6, 1.4),
    names=Names(scipy="round"),
)


def _round(x: Node, decimals: Any = 0) -> Node:
    if x.dtype.kind == "b":
        raise DTypeError("got round() of dtype bool, expected numbers; convert with .astype first")
    if is_complex(x.dtype):
        return complex_node(_round(real_part(x), decimals), _round(imag_part(x), decimals))
    whole, decimals = x.dtype.kind in "iu", as_int(decimals, "a number of decimals")
    if abs(decimals) > 308:
        raise ArgumentError(f"got a number of decimals = {decimals}, expected one from -308 to 308")
    if decimals >= 0 and whole:
        return x
    scale = 10.0 ** abs(decimals)
    if decimals == 0:
        return rint(x)
    out = rint(x * scale) / scale if decimals > 0 else rint(x / scale) * scale
    return cast(out, x.dtype) if whole else out


round_ = composite(
    np.round,
    _round,
    "The nearest number of so many decimals, ties to even.",
    {"decimals": 0},
    on=(0.6, 1.4),
    level=True,
    names=Names("round", ("around",)),
    complex=True,
)
