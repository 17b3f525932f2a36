"""NumPy functions that only move elements: NumPy moves positions, and the elements are taken by
what comes out.

So these have NumPy's calling forms and checks, and a gradient, whatever the arrangement. Position 0
stands for what NumPy fills in (zeros). Start at `_arranged`; `DATA` says which parameters hold the
elements.
"""

import inspect

import numpy as np

from ...base.dtypes import as_dtype
from ...base.errors import ArgumentError
from ...frontend.convert import as_operand
from ...frontend.functions import FUNCTIONS
from ...ir.shapes import normalize_axes
from ..fallback import arrays, asked, fallback
from ..sequences import ARRAY, NESTED, SEQUENCE, mapped
from .writes import handler, numpys, stands_for

take, concatenate = FUNCTIONS["take"], FUNCTIONS["concatenate"]

#: Function -> the parameters whose elements are moved, and what each is; the others are taken by
#: value.
DATA = {
    "append": {"arr": ARRAY, "values": ARRAY},
    "block": {"arrays": NESTED},
    "choose": {"choices": SEQUENCE},
    "compress": {"a": ARRAY},
    "delete": {"arr": ARRAY},
    "diag": {"v": ARRAY},
    "diagflat": {"v": ARRAY},
    "extract": {"arr": ARRAY},
    "insert": {"arr": ARRAY, "values": ARRAY},
    "resize": {"a": ARRAY},
    "tril": {"m": ARRAY},
    "triu": {"m": ARRAY},
}


class Elements:
    """The elements of all operands on one axis, after a 0, and the positions that stand for each
    operand."""

    def __init__(self):
        self.parts, self.size = [], 1

    def positions(self, x):
        """`x` as an array of positions."""
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


def _arranged(function, data):
    signature = inspect.signature(function)

    def run(*args, **kwargs):
        given = signature.bind(*args, **kwargs).arguments
        if given.get("out") is not None:
            return fallback(function, args, kwargs)
        elements = Elements()
        taken = {
            k: mapped(data[k], v, as_operand) if k in data else arrays(v) for k, v in given.items()
        }
        placed = {
            k: mapped(data[k], v, elements.positions) if k in data else v for k, v in taken.items()
        }
        positions = asked(function, **placed)
        dtypes = {x.dtype for x in elements.parts}
        if (
            len(dtypes) > 1
        ):  # NumPy says what comes of several; of the values it needs the dtypes only
            blank = {k: mapped(data[k], v, _blank) if k in data else v for k, v in taken.items()}
            dtypes = {as_dtype(function(**blank).dtype)}
        return elements.at(positions, dtypes.pop())

    return run


def _blank(x):
    return np.zeros(x.shape, x.dtype)


for _name, _data in DATA.items():
    stands_for(numpys(_name), _arranged(numpys(_name), _data))


@handler
def trim_zeros(filt, trim="fb", axis=None):
    x, ends = as_operand(filt), trim.lower()
    if ends not in ("fb", "bf", "f", "b"):
        raise ArgumentError(
            f"got trim={trim!r}, expected 'f' for the front, 'b' for the back, or 'fb'"
        )
    axes = normalize_axes(axis, x.ndim)
    places = np.argwhere(x._array())
    kept = [slice(None)] * x.ndim
    for k in axes:
        first, stop = (
            (int(places[:, k].min()), int(places[:, k].max()) + 1) if len(places) else (0, 0)
        )
        kept[k] = slice(
            first if "f" in ends or not len(places) else None,
            stop if "b" in ends or not stop else None,
        )
    return x[tuple(kept)]
