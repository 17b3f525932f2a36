"""Parts and kin of numbers that ufuncs of several results give (`frexp`, `modf`, `divmod`),
`ldexp`, and `unwrap`.

Start at `_ufunc`, which gives NumPy's calling form to functions that stand for a ufunc.
"""

import functools

import numpy as np

from ...base.errors import ArgumentError, DTypeError
from ...frontend.convert import as_operand
from ...frontend.functions import FUNCTIONS
from ...frontend.special_functions import load
from ...ir.shapes import normalize_axis
from ..fallback import arrays, fallback, loses_gradient
from ..signature import deliver
from .composed import op
from .writes import HANDLERS, handler

DEFAULTS = {"casting": "same_kind", "order": "K", "dtype": None, "subok": True, "where": True}


def _ufunc(ufunc):
    """Registers a function of the operands for `ufunc`, with ``out=``; other parameters have their
    defaults."""

    def register(function):
        @functools.wraps(function)
        def run(*args, out=None, **kwargs):
            outs = (*args[ufunc.nin :], *(out if isinstance(out, tuple) else (out,)))
            for name, value in kwargs.items():
                if name not in DEFAULTS or not (
                    value is DEFAULTS[name] or str(value) == DEFAULTS[name]
                ):
                    raise ArgumentError(
                        f"np.{ufunc.__name__}() got {name}={value!r}, which jitgrad does not "
                        "support; leave it out"
                    )
            results = function(*args[: ufunc.nin])
            if ufunc.nout == 1:
                return deliver(results, outs[0], stretch=True)
            outs = (*outs, *(None,) * ufunc.nout)
            return tuple(deliver(r, o, stretch=True) for r, o in zip(results, outs, strict=False))

        HANDLERS[ufunc] = run
        return function

    return register


def _floating(x):
    """`x` in the float dtype that NumPy's ufuncs compute in."""
    x = as_operand(x)
    dtype = (
        np.result_type(x.dtype, np.float16)
        if x.dtype.itemsize < 4
        else np.result_type(x.dtype, np.float32)
    )
    return x.to(np.float32 if dtype == np.float16 else dtype)


@_ufunc(np.ldexp)
def ldexp(x, exponent):
    x, exponent = _floating(x), as_operand(exponent)
    if exponent.dtype.kind not in "biu":
        raise DTypeError(
            f"got exponents of {exponent.dtype}, expected whole numbers; convert them with "
            ".astype first"
        )
    exponent = op.clip(exponent.long(), -2400, 2400).to(x.dtype)
    part = op.trunc(
        exponent / 4
    )  # a power of 2 that is out of range alone may not be so in a product
    power = op.exp2(part)
    return x * power * power * power * op.exp2(exponent - 3 * part)


@_ufunc(np.frexp)
def frexp(x):
    x = _floating(x)
    _, exponent = np.frexp(arrays(x))
    return ldexp(x, -exponent), as_operand(exponent)


@_ufunc(np.modf)
def modf(x):
    x = _floating(x)
    infinite = op.isinf(x)
    part = op.where(infinite, op.copysign(0.0, x), op.fmod(op.where(infinite, 1.0, x), 1.0))
    return part, op.trunc(x)  # what remains of a whole number is a 0 of its sign


@_ufunc(np.divmod)
def divmod(x, y):
    return op.floor_divide(x, y), op.remainder(x, y)


@handler
def unwrap(p, discont=None, axis=-1, *, period=2 * np.pi):
    p = as_operand(p)
    axis = normalize_axis(axis, p.ndim)
    if p.dtype.kind != "f":
        return fallback(np.unwrap, (p, discont, axis), {"period": period})
    rows = op.moveaxis(p, axis, 0)
    steps = rows[1:] - rows[:-1]
    low = -period / 2
    inside = op.remainder(steps - low, period) + low
    inside = op.where(op.logical_and(op.equal(inside, low), steps > 0), -low, inside)
    change = op.where(
        op.absolute(steps) < (-low if discont is None else discont), 0.0, inside - steps
    )
    return op.moveaxis(op.concatenate([rows[:1], rows[1:] + change.cumsum(0)]).to(p.dtype), 0, axis)


@handler
def i0(x):
    if not loses_gradient((x,)):
        return fallback(np.i0, (x,), {})
    load()  # raises where SciPy, which has the derivative, is not installed
    return FUNCTIONS[i0.__name__](x)
