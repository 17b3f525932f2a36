"""The short way of indices with arrays: what ``x[index]`` means but for the elements of the arrays
is found once for each shape of `x` and form of index.

An index with arrays is a basic one, with a whole slice where each array stands, and then a gather
of, or a scatter into, that view. What is left for each call is to copy the arrays (the user's may
change before they are read), to broadcast them and to check their bounds. Start at `array_index`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..ops import indexing
from ..tape.handles import Handle, from_value
from ..tape.keys import Opcode
from ..tape.record import record
from ..tape.views import view_of
from .basic_indices import basic_index, form_of, without_values

if TYPE_CHECKING:
    from ..ir import Node

_known: dict[Any, ArrayIndex] = {}
_opcodes: dict[Any, Opcode] = {}
MOST = 10_000
WHOLE = slice(None)


class ArrayIndex:
    """What follows from the shape of a tensor and from all of an index but its integers and the
    elements of its arrays."""

    __slots__ = (
        "arrays",
        "gather",
        "is_whole",
        "lengths",
        "put",
        "put_repeated",
        "shape",
        "strides",
    )

    def __init__(
        self, shape: tuple[int, ...], items: tuple[Any, ...], arrays: Sequence[int]
    ) -> None:
        self.arrays = arrays
        samples = [np.zeros(x.shape, np.int64) if k in arrays else x for k, x in enumerate(items)]
        parsed = indexing.parse(shape, tuple(samples))
        static = parsed[:5]
        #: Whether the arrays index the tensor itself, not a view of it.
        self.is_whole = all(type(x) is slice and x == WHOLE for x in self._basic(items))
        self.shape = parsed.arrays[0].shape
        self.lengths = tuple([parsed.shape[axis] for axis in parsed.axes])
        self.strides = tuple([int(np.prod(self.lengths[k + 1 :])) for k in range(len(arrays))])
        self.gather = opcode("index", static)
        self.put = opcode("index_put", static)
        self.put_repeated = opcode("index_put_repeated", static)

    def _basic(self, items: Sequence[Any]) -> tuple[Any, ...]:
        """The basic index of the view that the arrays index."""
        return tuple([WHOLE if k in self.arrays else x for k, x in enumerate(items)])

    def part(self, x: Handle, shape: tuple[int, ...], items: Sequence[Any]) -> Any:
        """The view that the arrays index; None where an integer is out of bounds."""
        if self.is_whole:
            return x
        known, numbers = basic_index(shape, self._basic(items))
        return None if known is None else view_of(x, known.forms, numbers)

    def checked(self, items: Sequence[Any]) -> list[np.ndarray] | None:
        """Copies of the arrays, broadcast, without negative elements; None where one is out of
        bounds."""
        out = []
        for k, n in zip(self.arrays, self.lengths, strict=True):
            copy = np.empty(self.shape, np.int64)
            copy[...] = items[k]
            # As natural numbers negative elements are huge: one pass finds all that are not usual.
            if copy.size and np.maximum.reduce(copy.view(np.uint64), axis=None) >= n:
                if copy.min() < -n or copy.max() >= n:
                    return None
                copy[copy < 0] += n
            out.append(copy.reshape(-1))
        return out

    def tensors(self, arrays: Sequence[np.ndarray]) -> list[Any]:
        """The arrays as tensors, which are operands."""
        return [from_value(a, self.shape, a.dtype, None) for a in arrays]

    def last_writes(self, arrays: Sequence[np.ndarray]) -> np.ndarray | None:
        """A mask of the entries that no later one repeats, or None where none is repeated."""
        flat = arrays[0] if len(arrays) == 1 else arrays[0] * self.strides[0]
        for a, stride in zip(arrays[1:], self.strides[1:], strict=True):
            flat = flat + (a if stride == 1 else a * stride)
        if np.logical_and.reduce(flat[1:] > flat[:-1]):
            return None
        last = indexing.last_of(flat)
        return None if last.all() else last


def _build_pick(index: indexing.Index, x: Node, *arrays: Node) -> Node:
    return indexing.pick(x, arrays, index)


def _build_put(index: indexing.Index, x: Node, value: Node, *arrays: Node) -> Node:
    return indexing.put(x, arrays, value, index)


def _build_put_repeated(index: indexing.Index, x: Node, value: Node, *rest: Node) -> Node:
    *arrays, last = rest
    return indexing.put(x, arrays, value, index, last)


#: Name -> operands beside the index arrays, and what makes the node.
_BUILDERS: dict[str, tuple[int, Callable[..., Node]]] = {
    "index": (1, _build_pick),
    "index_put": (2, _build_put),
    "index_put_repeated": (3, _build_put_repeated),
}


def opcode(name: str, static: tuple[Any, ...]) -> Opcode:
    """The opcode for an index, of which `static` is all but the values. Opcodes are parts of keys:
    there is one object for each form."""
    out = _opcodes.get((name, static))
    if out is None:
        index, (others, build) = without_values(static), _BUILDERS[name]
        make = functools.partial(build, index)
        out = _opcodes[name, static] = Opcode(name, others + len(index.axes), make)
    return out


def array_index(shape: tuple[int, ...], index: Any) -> tuple[ArrayIndex, Sequence[Any]] | None:
    """What an index of integers, slices and arrays of integers, or a mask alone, means, and its
    items; None for another one, and for one that is wrong."""
    arrays, form, items = [], [], []
    for k, item in enumerate(_items(shape, index)):
        if type(item) is list and set(map(type, item)) == {int}:
            item = np.asarray(item)
        if type(item) is np.ndarray:
            if item.dtype.kind != "i" or not item.ndim:
                return None
            arrays.append(k)
            form.append(item.shape)
        else:
            form.append(form_of(item))
        items.append(item)
    if not arrays or False in form:
        return None
    key = shape, tuple(arrays), tuple(form)
    known = _known.get(key)
    if known is None:
        known = _made(key, shape, tuple(items), arrays)
    return None if known is None else (known, items)


def _items(shape: tuple[int, ...], index: Any) -> Sequence[Any]:
    """The parts of an index; of a mask that fits, the places where it is true."""
    if type(index) is tuple:
        return index
    if type(index) is np.ndarray and index.dtype == np.bool_ and index.ndim:
        return index.nonzero() if index.shape == shape[: index.ndim] else (index,)
    return (index,)


def _made(
    key: Any, shape: tuple[int, ...], items: tuple[Any, ...], arrays: Sequence[int]
) -> ArrayIndex | None:
    if len(_known) > MOST:
        _known.clear()
        _opcodes.clear()
    try:
        known = _known[key] = ArrayIndex(shape, items, arrays)
    except (IndexError, ValueError):  # it is wrong, which the long way says in full
        return None
    return known


def picked(x: Handle, index: Any) -> Any:
    """``x[index]`` with arrays of integers in `index`, or None where it is something else."""
    found = _part(x, index)
    if found is None:
        return None
    known, part, arrays = found
    return record(lambda *states: (known.gather, *states), (part, *known.tensors(arrays)))


def put(x: Handle, index: Any, value: Handle) -> tuple[Any, Any] | None:
    """The view of `x` that ``x[index] = value`` writes to, with arrays of integers in `index`, and
    what it becomes; or None where it is something else."""
    found = _part(x, index)
    if found is None:
        return None
    known, part, arrays = found
    last, operands = known.last_writes(arrays), known.tensors(arrays)
    opcode = known.put if last is None else known.put_repeated
    if last is not None:
        operands.append(from_value(last, known.shape, last.dtype, None))
    return part, record(lambda *states: (opcode, *states), (part, value, *operands))


def _part(x: Handle, index: Any) -> tuple[ArrayIndex, Any, list[np.ndarray]] | None:
    """What an index means, the view of `x` that its arrays index, and these; None for another index
    and for one that is out of bounds."""
    shape = x._state.shape
    meant = array_index(shape, index)
    if meant is None:
        return None
    known, items = meant
    arrays = known.checked(items)
    if arrays is None:
        return None
    part = known.part(x, shape, items)
    return None if part is None else (known, part, arrays)
