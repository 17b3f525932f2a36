"""What NumPy makes of indexing: `r_` and `c_`, which join, and `mgrid` and `ogrid`, with tensors
anywhere in the index.

``numpy.r_[x, 1.0]`` itself asks a tensor for its values; these keep its gradient. Start at
`Joiner`.
"""

import numpy as np

from ...base.dtypes import as_dtype
from ...base.errors import ArgumentError
from ...frontend.convert import as_operand
from ...frontend.creation import linspace
from ...frontend.tensor import Tensor
from ..fallback import arrays, refuse_gradient
from .composed import meshgrid, op
from .rearranged import Elements


def _range(s):
    """The values of a slice: from start to stop by steps, or, with an imaginary step, so many of
    them."""
    ends = (s.start, s.stop, s.step)
    if isinstance(s.step, complex):
        start = 0 if s.start is None else s.start
        return linspace(start + 0.0, s.stop + 0.0, int(abs(s.step)))
    refuse_gradient("a slice with a step in numpy.r_ or numpy.mgrid", list(ends))
    start, stop, step = (None if v is None else np.asarray(arrays(v)).item() for v in ends)
    return as_operand(np.r_[start:stop:step])


class Joiner:
    """`numpy.r_` or `numpy.c_`: NumPy joins the positions of the elements, which are taken by what
    comes out."""

    def __init__(self, name):
        self.name, self.numpy = name, getattr(np, name)

    def __getitem__(self, key):
        key = key if isinstance(key, tuple) else (key,)
        if any(isinstance(k, str) and k.strip() in ("r", "c") for k in key):
            raise ArgumentError(
                f"got {self.name}[{key[0]!r}, ...], which makes a matrix, expected tensors or "
                "arrays only"
            )
        elements = Elements()
        items = [_range(k) if isinstance(k, slice) else k for k in key]
        items = [k if isinstance(k, (str, int, float)) else as_operand(k) for k in items]
        blank = [np.zeros(k.shape, k.dtype) if isinstance(k, Tensor) else k for k in items]
        dtype = as_dtype(self.numpy[tuple(blank)].dtype)
        placed = [k if isinstance(k, str) else elements.positions(k) for k in items]
        return elements.at(np.asarray(self.numpy[tuple(placed)]), dtype)

    def __len__(self):
        return 0


class Grid:
    """`numpy.mgrid` or `numpy.ogrid`."""

    def __init__(self, name):
        self.numpy, self.sparse = getattr(np, name), name == "ogrid"

    def __getitem__(self, key):
        several = isinstance(key, tuple)
        ranges = [_range(s) for s in (key if several else (key,))]
        if not several:
            return ranges[0]
        dtype = np.result_type(*(x.dtype for x in ranges)) if ranges else np.dtype(float)
        grids = meshgrid(*(x.to(dtype) for x in ranges), sparse=self.sparse, indexing="ij")
        return grids if self.sparse else op.stack(grids)


r_, c_, mgrid, ogrid = Joiner("r_"), Joiner("c_"), Grid("mgrid"), Grid("ogrid")
