"""Indexing: ``x[index]``, and the value that ``x[index] = value`` writes, as records.

Basic indices give views, index arrays and masks give copies, as in NumPy. The starts of slices are numbers of the
segment, so a loop over ``x[i]`` is one plan. Start at `get` and `put`.
"""

import numpy as np

from ._errors import IndexOutOfRange, ShapeError
from .ir.shapes import broadcast_shapes
from .ops import indexing
from .ops.registry import broadcast, cast, reshape_to
from .tape.tensors import Handle, from_value, look, make_view, record


class Head:
    """The head of a record's key that is no entry of the catalogue: ``(head, operands..., static...)``."""

    def __init__(self, name, operands, build):
        self.name, self.operands, self.build = name, operands, build


_heads: dict = {}


def _head(name, operands, make):
    """Heads are keys: one object for each form."""
    out = _heads.get((name, operands))
    if out is None:
        out = _heads[name, operands] = Head(name, operands, make)
    return out


def _build_view(x, *rest):
    *starts, static = rest
    return indexing.view(x, starts, indexing.Index(*static, (), ()))


def _build_pick(x, *rest):
    *arrays, static = rest
    return indexing.pick(x, arrays, indexing.Index(*static, (), ()))


def _build_put(x, value, *rest):
    *arrays, static = rest
    return indexing.put(x, arrays, value, indexing.Index(*static, (), ()))


def _build_fit(x, shape, dtype):
    return cast(broadcast(reshape_to(x, _squeezed(x.shape, len(shape))), shape), dtype)


FIT = Head("copy", 1, _build_fit)


def get(x, index):
    """``x[index]``: a view, or a copy where arrays or masks pick."""
    parsed = indexing.parse(x.shape, _values(index))
    part = _view(x, parsed)
    if not parsed.arrays:
        return part
    arrays = _arrays(parsed)
    head = _head("index", 1 + len(arrays), _build_pick)
    return record(lambda: (head, part._state, *(a._state for a in arrays), parsed[:5]), (part, *arrays))


def place(x, index, value):
    """The view of `x` that ``x[index] = value`` writes to, and what it becomes."""
    parsed = indexing.parse(x.shape, _values(index))
    part = _view(x, parsed)
    if not parsed.arrays:
        return part, fit(value, part.shape, part.dtype)
    arrays = _arrays(parsed)
    head = _head("index_put", 2 + len(arrays), _build_put)
    operands = (part, value, *arrays)
    return part, record(lambda: (head, *(t._state for t in operands), parsed[:5]), operands)


def _view(x, parsed):
    return make_view(_slice(x, parsed), x, lambda parent: _slice(parent, parsed))


def _slice(x, parsed):
    head = _head("slice", 1 + len(parsed.starts), _build_view)
    kinds = (int,) * len(parsed.starts)
    return record(lambda: (head, x._state, *kinds, parsed[:5]), (x,), parsed.starts)


def _arrays(parsed):
    return [from_value(a.reshape(-1) if a.ndim else int(a), a.shape, a.dtype, None) for a in parsed.arrays]


def _values(index):
    """Index tensors as arrays: what they select is known only from their values."""
    if isinstance(index, tuple):
        return tuple(_values(i) for i in index)
    if isinstance(index, Handle):
        if index.dtype.kind not in "iub":
            raise IndexOutOfRange(f"got an index tensor of dtype {index.dtype}, expected integers or booleans")
        return index._array() if index.shape or index.dtype == np.bool_ else look(index)
    return index


def _squeezed(shape, ndim):
    """`shape` without leading ones above `ndim` dimensions: a write ignores them, as in NumPy."""
    while len(shape) > ndim and shape[0] == 1:
        shape = shape[1:]
    return shape


def fit(value, shape, dtype):
    """A new record of `value`, broadcast to `shape` and cast to `dtype`."""
    if broadcast_shapes(_squeezed(value.shape, len(shape)), shape) != shape:
        raise ShapeError(
            f"got a value of shape {value.shape} for a place of shape {shape}, expected one that broadcasts to it"
        )
    return record(lambda: (FIT, value._state, shape, dtype), (value,))
