"""The dtypes jitgrad computes in, and the few questions asked about them.

Promotion itself is NumPy's (`ufunc.resolve_dtypes`, weak Python scalars); this module only
says which dtypes exist. Start at `SUPPORTED`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .errors import DTypeError

FLOATS = (np.dtype(np.float64), np.dtype(np.float32))
COMPLEX128, COMPLEX64 = COMPLEXES = (np.dtype(np.complex128), np.dtype(np.complex64))
INTEGERS = tuple(np.dtype(f"{kind}{bits}") for kind in ("int", "uint") for bits in (8, 16, 32, 64))
#: What Python calls the parts of a complex number.
PARTS = ("real", "imag")
BOOL = np.dtype(np.bool_)
INT64 = np.dtype(np.int64)
FLOAT64, FLOAT32 = FLOATS
SUPPORTED: frozenset = frozenset((*FLOATS, *COMPLEXES, *INTEGERS, BOOL))

#: Python number type -> the dtype its value is passed in.
NUMBER_DTYPE = {float: FLOAT64, int: INT64, bool: BOOL, complex: COMPLEX128}


def as_dtype(dtype: Any) -> np.dtype:
    """`dtype` as a supported ``np.dtype``; `DTypeError` for anything jitgrad does not compute
    in."""
    if type(dtype) is np.dtype and dtype in SUPPORTED:
        return dtype
    try:
        out = np.dtype(dtype)
    except TypeError:
        raise DTypeError(
            f"got {dtype!r}, which is not a dtype; pass one such as jitgrad.float64"
        ) from None
    if not out.isnative:
        raise DTypeError(
            f"got dtype {out.str}, whose bytes are swapped, expected one of native order, as "
            f"{out.name}; data of it "
            "is converted when it becomes a tensor"
        )
    if out not in SUPPORTED:
        raise DTypeError(
            f"got dtype {out}, which jitgrad does not compute in; convert it first to one of "
            "float64, float32, complex128, complex64, int8..int64, uint8..uint64 or bool"
        )
    return out


def native(dtype: np.dtype) -> np.dtype:
    """The supported dtype that data of `dtype` is converted to, whatever the order of its bytes."""
    return as_dtype(dtype if dtype.isnative else dtype.newbyteorder("="))


def is_float(dtype: np.dtype) -> bool:
    return dtype.kind == "f"


def is_complex(dtype: np.dtype) -> bool:
    return dtype.kind == "c"


def is_inexact(dtype: np.dtype) -> bool:
    """Whether values of `dtype`, floats or complex numbers, have derivatives."""
    return dtype.kind in "fc"


def real_of(dtype: np.dtype) -> np.dtype:
    """The dtype of the parts of complex numbers of `dtype`; `dtype` itself where it is real."""
    return dtype if dtype.kind != "c" else FLOAT32 if dtype == COMPLEX64 else FLOAT64


def complex_of(dtype: np.dtype) -> np.dtype:
    """The complex dtype whose parts are of `dtype`, or have room for it; `dtype` itself where it
    is complex."""
    return dtype if dtype.kind == "c" else COMPLEX64 if dtype == FLOAT32 else COMPLEX128
