"""Python integers beside tensors, by the rules of NumPy 2: no value wraps around, and nothing is
said to be too large that a result has room for.

An integer is *weak*: it takes the dtype that the operation computes in, which its entry's `loop`
tells. Into a float any integer goes, in a comparison it counts as what it is, and where its dtype
has no room for it that is an error. Records hold integers of 64 bits; what is larger becomes
another operand here. Start at `settled`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.dtypes import BOOL, FLOAT64, INT64, INTEGERS
from ..base.errors import IntegerOverflow
from ..ops.promotion import asked_by
from ..tape.handles import Handle, from_value

if TYPE_CHECKING:
    from ..ops import Entry

#: The least and the largest number of each dtype of integers; numbers beside bools are int64.
RANGES = {dtype: (int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)) for dtype in INTEGERS}
RANGES[BOOL] = RANGES[INT64]
_LOW, _HIGH = RANGES[INT64]
UINT64 = np.dtype(np.uint64)


def settled(entry: Entry, operands: tuple[Any, ...]) -> tuple[Any, ...]:
    """`operands` of `entry`, of which some are Python integers, as what a record can hold."""
    wide = any([type(x) is int and not _LOW <= x <= _HIGH for x in operands])
    if not wide and not any([isinstance(x, Handle) and x._state.integer for x in operands]):
        return operands
    out, places = list(operands), [k for k, x in enumerate(operands) if x is not None]
    given = [operands[k] for k in places]
    loop, _ = entry.loop(tuple([x.dtype if isinstance(x, Handle) else asked_by(x) for x in given]))
    for k, dtype in zip(places, loop):  # noqa: B905 - strict= takes longer, for each operation
        x = operands[k]
        if type(x) is not int:
            continue
        if dtype.kind in "fc":
            if not _LOW <= x <= _HIGH:
                return _as_floats(operands, dict(zip(places, loop, strict=True)))
            continue
        low, high = RANGES[dtype]  # of a bool, those of int64
        if low <= x <= high:
            out[k] = x if x <= _HIGH else from_value(x, (), dtype, None)
        elif entry.numbers.saturates.get(k) == (x > high):
            out[k] = min(max(x, low), high)
        elif entry.numbers.compares and not _beside_bools(operands, x):
            return _beyond(operands)
        else:
            fitting(x, dtype)
    return tuple(out)


def dtype_of(value: int) -> np.dtype:
    """The dtype of a Python integer by itself."""
    if _LOW <= value <= _HIGH:
        return INT64
    if 0 < value <= RANGES[UINT64][1]:
        return UINT64
    raise IntegerOverflow(
        f"got the integer {_short(value)}, which no dtype has room for; pass a float"
    )


def fitting(value: int, dtype: np.dtype) -> None:
    """Raises for an integer that `dtype` has no room for."""
    low, high = RANGES[dtype]
    if not low <= value <= high:
        raise IntegerOverflow(
            f"got the integer {_short(value)}, which does not fit {dtype}, expected one from "
            f"{low} to {high}; "
            "convert the tensor with .astype first, or pass a float"
        )


def _short(value: int) -> str:
    return str(value) if abs(value) < 10**30 else f"of {value.bit_length()} bits"


def as_float(value: int) -> float:
    """A Python integer as a float."""
    try:
        return float(value)
    except OverflowError:
        raise IntegerOverflow(
            f"got the integer {_short(value)}, which no float has room for; pass one below 2**1024"
        ) from None


def _as_floats(operands: tuple[Any, ...], loop: dict[int, np.dtype]) -> tuple[Any, ...]:
    """Operands of an operation that computes in floats, of which one is an integer of more than 64
    bits."""
    return tuple(
        [
            as_float(x)
            if type(x) is int
            else x.to(loop[k])
            if isinstance(x, Handle) and x._state.integer
            else x
            for k, x in enumerate(operands)
        ]
    )


def _beside_bools(operands: tuple[Any, ...], x: int) -> bool:
    """Whether all operands but the integer `x` are bools."""
    return all([(isinstance(t, Handle) and t.dtype == BOOL) or t is x for t in operands])


def _beyond(operands: tuple[Any, ...]) -> tuple[Any, ...]:
    """Operands of a comparison with an integer beyond the dtype of the tensor: it is as good as
    infinite."""
    return tuple(
        [float("inf" if x > 0 else "-inf") if type(x) is int else x.to(FLOAT64) for x in operands]
    )
