"""Values between two ends: `numpy.geomspace` and `logspace`, with gradients to the ends; `linspace`
is in `special`.

Start at `geomspace`.
"""

import numpy as np

from ...frontend.convert import as_operand
from ...frontend.creation import linspace
from ...frontend.tensor import Tensor
from ...ir.shapes import as_int, broadcast_shapes
from ..fallback import asked, fallback
from .composed import op
from .writes import handler


def _plain(*ends):
    return not any(isinstance(x, Tensor) for x in ends)


@handler
def logspace(start, stop, num=50, endpoint=True, base=10.0, dtype=None, axis=0):
    if _plain(start, stop, base):
        return fallback(np.logspace, (start, stop, num, endpoint, base, dtype, axis), {})
    powers = linspace(as_operand(start), stop, num, endpoint=endpoint, axis=axis)
    if np.ndim(base):  # one for each of the ranges
        base = as_operand(base)
        base = (
            base.reshape((*base.shape[: powers.ndim - 1], 1))
            if axis in (-1, powers.ndim - 1)
            else base
        )
    out = op.power(as_operand(base).to(powers.dtype), powers)
    return out if dtype is None else out.to(dtype)


@handler
def geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0):
    num = as_int(num, "num")
    if _plain(start, stop):
        return fallback(np.geomspace, (start, stop, num, endpoint, dtype, axis), {})
    start, stop = (as_operand(x).double() for x in (start, stop))  # as NumPy computes
    if (
        num < 3
        or (
            op.equal(start, 0) | op.equal(stop, 0) | op.not_equal(op.sign(start), op.sign(stop))
        ).any()
    ):
        asked(np.geomspace, start._array(), stop._array(), num, endpoint)  # NumPy's checks
    shape = broadcast_shapes(start.shape, stop.shape)
    first, last = (x.broadcast_to((1, *shape)) for x in (start, stop))
    parts = [first[:num], last[: 1 if endpoint and num > 1 else 0]]
    between = num - sum(map(len, parts))
    if between:
        powers = linspace(
            *(op.log10(op.absolute(x)) for x in (start, stop)), num, endpoint=endpoint
        )
        sign = op.where(op.equal(op.sign(start), op.sign(stop)), op.sign(start), float("nan"))
        parts.insert(1, sign * op.power(10.0, powers[1 : 1 + between]))
    out = op.moveaxis(op.concatenate(parts), 0, axis)
    return out if dtype is None else out.to(dtype)
