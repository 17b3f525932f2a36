"""NumPy functions that only move elements: NumPy moves positions, and the elements are taken by what comes out.

So these have NumPy's calling forms and checks, and a gradient, whatever the arrangement. Position 0 stands for what
NumPy fills in (zeros). Start at `_arranged`; `DATA` says which parameters hold the elements.
"""

import inspect

import numpy as np

from .._dtypes import as_dtype
from ..convert import as_operand
from ..functions import FUNCTIONS
from ..tensor import Tensor
from .plain import arrays, fallback, refuse_gradient
from .special import handler, stands_for

take, concatenate, where = FUNCTIONS["take"], FUNCTIONS["concatenate"], FUNCTIONS["where"]

#: Function -> the parameters whose elements are moved; the others are taken by value.
DATA = {
    "append": ("arr", "values"), "block": ("arrays",), "choose": ("choices",), "column_stack": ("tup",),
    "compress": ("a",), "delete": ("arr",), "diag": ("v",), "diagflat": ("v",), "extract": ("arr",),
    "insert": ("arr", "values"), "resize": ("a",), "tril": ("m",), "triu": ("m",),
}  # fmt: skip


class _Elements:
    """The elements of all operands on one axis, after a 0, and the positions that stand for each operand."""

    def __init__(self):
        self.parts, self.size = [], 1

    def positions(self, x):
        """`x`, or each array in nested sequences, as an array of positions."""
        if isinstance(x, (list, tuple)) and any(isinstance(t, Tensor) for t in _leaves(x)):
            return type(x)(map(self.positions, x))
        x = as_operand(x)
        self.parts.append(x)
        self.size += x.size
        return np.arange(self.size - x.size, self.size).reshape(x.shape)

    def at(self, positions, dtype):
        """The elements at positions, in a dtype."""
        flat = [x.reshape((-1,)).to(dtype) for x in self.parts]
        if (positions > 0).all():
            flat, positions = (flat, positions - 1)
        else:
            flat = [as_operand(np.zeros(1, dtype)), *flat]
        return take(concatenate(flat), positions)


def _leaves(x):
    for item in x:
        yield from _leaves(item) if isinstance(item, (list, tuple)) else (item,)


def _arranged(function, data):
    signature = inspect.signature(function)

    def run(*args, **kwargs):
        given = signature.bind(*args, **kwargs).arguments
        if given.get("out") is not None:
            return fallback(function, args, kwargs)
        elements = _Elements()
        placed = {k: elements.positions(v) if k in data else arrays(v) for k, v in given.items()}
        positions = function(**placed)
        dtypes = {x.dtype for x in elements.parts}
        if len(dtypes) > 1:  # NumPy says what comes of several; of the values it needs the dtypes only
            given = {k: _blank(v) if k in data else arrays(v) for k, v in given.items()}
            dtypes = {as_dtype(function(**given).dtype)}
        return elements.at(positions, dtypes.pop())

    return run


def _blank(x):
    if isinstance(x, (list, tuple)) and any(isinstance(t, Tensor) for t in _leaves(x)):
        return type(x)(map(_blank, x))
    return np.zeros(x.shape, x.dtype) if isinstance(x, Tensor) else x


for _name, _data in DATA.items():
    stands_for(getattr(np, _name), _arranged(getattr(np, _name), _data))


@handler
def pad(array, pad_width, mode="constant", **kwargs):
    """``numpy.pad``; modes that compute what they put in have no gradient."""
    if mode not in ("constant", "edge", "reflect", "symmetric", "wrap") or kwargs.get("reflect_type", "even") != "even":
        return fallback(np.pad, (array, pad_width, mode), kwargs)
    refuse_gradient("the constant_values of numpy.pad", kwargs)
    elements, kwargs = _Elements(), arrays(kwargs)
    inside, pad_width = elements.positions(array), arrays(pad_width)
    dtype = elements.parts[0].dtype
    if mode != "constant":
        return elements.at(np.pad(inside, pad_width, mode, **kwargs), dtype)
    around = np.pad(np.zeros(inside.shape, dtype), pad_width, mode, **kwargs)
    positions = np.pad(inside, pad_width)
    return where(positions > 0, elements.at(positions, dtype), around)
