"""Several values as one: one after another in a flat array, each read by a slice.

A node has one value, and its cotangent is one, too. What gives several results (a loop, a function
with a derivative rule of its own) has them packed, so that its rule sees the cotangents of all of
them together. Start at `Packing`.
"""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..ir import CONST, Node
from .arithmetic import add
from .movement import PAD, pad_node, slice_node
from .primitives import CAST, cast, reshape_to

_ADD = add.op


class Packing:
    """The places of values of some `shapes`, by key, and dtypes where they are not that of the
    array.

    Examples
    --------
    >>> from jitgrad.ops.packing import Packing
    >>> Packing({"x": (2, 3), "y": ()}).begins
    {'x': 0, 'y': 6}
    """

    __slots__ = ("begins", "dtypes", "shapes", "total")

    def __init__(
        self,
        shapes: Mapping[Any, tuple[int, ...]],
        dtypes: Mapping[Any, np.dtype] | None = None,
    ) -> None:
        self.shapes, self.dtypes = dict(shapes), dict(dtypes or {})
        self.begins: dict[Any, int] = {}
        self.total = 0
        for key, shape in self.shapes.items():
            self.begins[key] = self.total
            self.total += math.prod(shape)

    def _as_part(self, x: Node, key: Any) -> Node:
        """`x` in the shape and dtype of a value."""
        dtype = self.dtypes.get(key, x.dtype)
        if x.op is CAST and x.src[0].dtype == dtype and np.can_cast(dtype, x.dtype):
            x = x.src[0]  # there and back
        return reshape_to(cast(x, dtype), self.shapes[key])

    def part(self, value: Node, key: Any) -> Node:
        """One value of the packed ones, or its part in their cotangent."""
        size = math.prod(self.shapes[key])
        return self._as_part(slice_node(value, (self.begins[key],), (1,), (size,)), key)

    def cotangent_part(self, g: Node, key: Any) -> Node | None:
        """The part of one value in a cotangent, None for zeros: those of values that are read are
        padded with zeros, and added."""
        if math.prod(self.shapes[key]) == self.total:  # it is all there is
            return self._as_part(g, key)
        if g.op is _ADD:
            parts = [p for x in g.src if (p := self.cotangent_part(x, key)) is not None]
            return functools.reduce(operator.add, parts) if parts else None
        if g.op is not PAD or g.arg != (1,) or g.src[1].op is not CONST:
            return self.part(g, key)
        begin, first = self.begins[key], int(g.src[1].arg)
        end, last = begin + math.prod(self.shapes[key]), first + g.src[0].size
        if (begin, end) == (first, last):
            return self._as_part(g.src[0], key)
        return self.part(g, key) if begin < last and first < end else None

    def packed(self, parts: Mapping[Any, Node], dtype: np.dtype | None = None) -> Node:
        """The array of some of the values, by key; zeros elsewhere."""
        flat = {
            k: reshape_to(x if dtype is None else cast(x, dtype), (x.size,))
            for k, x in parts.items()
        }
        padded = [pad_node(x, (self.begins[k],), (1,), (self.total,)) for k, x in flat.items()]
        return functools.reduce(operator.add, padded)
