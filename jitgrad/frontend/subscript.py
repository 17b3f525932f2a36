"""Indexing: ``x[index]``, and the value that ``x[index] = value`` writes, as traced operations.

Basic indices give views, index arrays and masks give copies, as in NumPy; and as there an integer
for each axis gives an element, a value of its own (`element`): ``x[0], x[1] = x[1], x[0]`` swaps.
Integers and the starts of most slices are numbers of the segment, so a loop over ``x[i]`` is one
plan. Start at `get` and `assigned`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.errors import IndexOutOfRange, ShapeError
from ..ir.shapes import stretches
from ..ops import indexing
from ..ops.comparison import where
from ..ops.primitives import broadcast, cast, reshape_to
from ..tape.handles import ELEMENT, Handle, from_value, varies
from ..tape.keys import Opcode
from ..tape.record import concrete_value, enter, record, record_in
from ..tape.segment import active_traces, local
from ..tape.views import ViewStep, make_view, view_of, write, write_part
from . import array_indices
from .basic_indices import (
    INTEGERS,
    BasicIndex,
    basic_index,
    form_of,
    is_element,
    rows,
    slices,
    view_opcode,
)
from .convert import by_value
from .masked_selection import MaskedSelection, is_mask, refusal, selection, widened, written

if TYPE_CHECKING:
    from ..ir import Node


def _build_fit(x: Node, shape: tuple[int, ...], dtype: np.dtype) -> Node:
    return cast(broadcast(reshape_to(x, _squeezed(x.shape, len(shape))), shape), dtype)


def _build_bounds(x: Node, n: int, axis: int, shape: tuple[int, ...]) -> Node:
    return broadcast(indexing.in_bounds(x, n, axis), shape)


def _build_last(arrays: Sequence[Node], lengths: tuple[int, ...]) -> Node:
    return indexing.written_last(arrays, lengths)


FIT, BOUNDS = Opcode("copy", 1, _build_fit), Opcode("in_bounds", 1, _build_bounds)
LAST = Opcode("last_writes", None, _build_last)


def row(x: Handle, index: int) -> Any:
    """``x[index]`` with an integer: a view, or an element of a vector."""
    shape = x._state.shape
    known = rows.get(shape)
    if known is None or not -shape[0] <= index < shape[0]:
        return get(x, index)
    number = index if index >= 0 else index + shape[0]
    if not known.element:
        return view_of(x, known.forms, (number,), known)
    out = _element(x, known.opcode, known.rest, (number,))
    out._state.given = known  # by which machine code finds it the next time
    return out


def get(x: Handle, index: Any) -> Any:
    """``x[index]``: a view, an element, or a copy where arrays or masks pick."""
    if type(index) is slice and (
        (known := slices.get((x._state.shape, form_of(index)))) is not None
    ):
        return view_of(x, known.forms, known.starts)
    known, numbers = _basic(x, index)
    if known is not None:
        if known.element:
            out = _element(x, known.opcode, known.rest, numbers)
            if type(index) is tuple and INTEGERS.issuperset(map(type, index)):
                out._state.given = known
            return out
        return view_of(x, known.forms, numbers)
    if not active_traces and (out := array_indices.picked(x, index)) is not None:
        return out
    return _parsed(x, index)


def _parsed(x: Handle, index: Any) -> Any:
    """``x[index]`` by the long way, for whatever an index may be."""
    if is_mask(index, x.shape) and varies(index):
        return selection(x, index)
    values, unknown = _values(index)
    parsed = indexing.parse(x.shape, values)
    if not parsed.arrays:
        items = values if isinstance(values, tuple) else (values,)
        step = _step(parsed)
        if is_element(items, x.ndim):
            return _element(x, step.opcode, step.rest, step.numbers)
        return step(x) if any(isinstance(i, np.ndarray) for i in items) else make_view(x, step)
    part = _view(x, parsed)
    arrays = _arrays(parsed, unknown, part.shape)
    opcode = array_indices.opcode("index", parsed[:5])
    out = record(lambda *states: (opcode, *states), (part, *arrays))
    return _row(out, parsed.first) if _is_row(parsed, unknown) else out


def _is_row(parsed: indexing.Index, unknown: dict[int, Handle]) -> bool:
    """Whether all index arrays are 0-d tensors, which stand for integers."""
    return len(unknown) == len(parsed.arrays) and not any(t.shape for t in unknown.values())


def _row(t: Handle, axis: int) -> Any:
    """``x[i]`` with integers whose values only a call knows. Outside of a trace it is a view; here
    what is written to it has to be written to `x` as well."""
    out = t.reshape(t.shape[:axis] + t.shape[axis + 1 :])
    out = record(lambda state: (FIT, state, out.shape, out.dtype), (out,))
    local.seg.tracing.rows[id(out)] = out
    out._x = ELEMENT
    return out


def _element(x: Handle, opcode: Opcode, rest: tuple[type, ...], numbers: Sequence[int]) -> Any:
    """``x[i]`` with an integer for each axis: its value. What is written to it would not be in `x`,
    so it is marked."""
    seg = local.seg
    state = x._state if x._seg is seg else enter(x, seg)
    out = None if state is None else record_in(seg, (opcode, state, *rest), numbers, ELEMENT)
    return _element(x, opcode, rest, numbers) if out is None else out


def assign(x: Handle, index: Any, value: Handle) -> None:
    """``x[index] = value``, outside of traces."""
    known, numbers = _basic(x, index)
    if known is None or (
        known.total and x._state.requires_grad and not value._state.requires_grad
    ):  # of a value all over `x` a gradient of 0 is to be kept, which `write` does
        part, value = assigned(x, index, value)
        if part is not None:
            write(part, value)
    elif value._x is None or not _is_part(value, x, known, numbers):
        shape, dtype = known.shape, x._state.dtype
        if value._state.shape != shape or value._state.dtype is not dtype:
            value = fit(value, shape, dtype)
        write_part(x, known.forms[local.seg.state.grad], numbers, value)


def _basic(x: Handle, index: Any) -> tuple[Any, Any]:
    """What a basic index of `x` records, and its numbers; None for another index."""
    shape = x._state.shape
    if type(index) is int:
        known = rows.get(shape)
        if known is not None and -shape[0] <= index < shape[0]:
            return known, (index if index >= 0 else index + shape[0],)
    return basic_index(shape, index)


def assigned(x: Handle, index: Any, value: Any) -> tuple[Any, Any]:
    """The view of `x` that ``x[index] = value`` writes to, and what it becomes; (None, None) if
    that is its value already, as after ``x[index] += y``, which writes to the view."""
    if type(value) is MaskedSelection:
        return _under_mask(x, index, value)
    known, numbers = _basic(x, index)
    if known is not None:
        if _is_part(value, x, known, numbers):
            return None, None
        part = view_of(x, known.forms, numbers)
        part._x.noted = not active_traces  # nobody else gets it
        return part, fit(value, part._state.shape, part._state.dtype)
    if not active_traces and (found := array_indices.put(x, index, value)) is not None:
        return found
    if local.seg.tracing is not None and (found := _under_mask(x, index, value)) is not None:
        return found
    values, unknown = _values(index)
    parsed = indexing.parse(x.shape, values)
    part = _view(x, parsed)
    if not parsed.arrays:
        return part, fit(value, part.shape, part.dtype)
    arrays = _arrays(parsed, unknown, part.shape)
    if unknown:
        local.seg.tracing.written_back(value)
        value = _as_row(value, parsed, part) if _is_row(parsed, unknown) else value
        lengths = tuple([part.shape[a] for a in parsed.axes])
        last = record(lambda *states: (LAST, states, lengths), arrays)
    else:
        last = indexing.last_writes(parsed, part.shape)
    if last is None:
        opcode = array_indices.opcode("index_put", parsed[:5])
    else:
        opcode = array_indices.opcode("index_put_repeated", parsed[:5])
        arrays.append(
            last if unknown else from_value(last.reshape(-1), last.shape, last.dtype, None)
        )
    operands = (part, value, *arrays)
    return part, record(lambda *states: (opcode, *states), operands)


def _is_part(value: Handle, x: Handle, known: BasicIndex, numbers: Any) -> bool:
    """Whether `value` is the view of `x` that an index names."""
    own = value._x
    return (
        own is not None
        and own.parent is x
        and not own.stale
        and not active_traces
        and own.form is known.forms[local.seg.state.grad]
        and tuple(own.numbers) == tuple(numbers)
    )


def _under_mask(x: Handle, index: Any, value: Any) -> Any:
    """What is written, and what it becomes, where only a call knows a mask, and the value is one
    for all elements under it, or what the mask selects; None for another index."""
    selected = type(value) is MaskedSelection
    if not is_mask(index, x.shape):
        if selected:
            raise refusal("a write to an index that is no mask")
        return None
    if selected:
        return get(x, Ellipsis), written(x, index, value)
    rest = x.shape[len(index.shape) :]
    if len(value.shape) > len(rest):
        return None
    mask, value = widened(index, len(rest)), fit(value, rest, x.dtype)
    return get(x, Ellipsis), record(lambda *states: (where, *states), (mask, value, x))


def _step(parsed: indexing.Index) -> ViewStep:
    return ViewStep(view_opcode(parsed[:5], (None,) * len(parsed.starts)), (), parsed.starts)


def _view(x: Handle, parsed: indexing.Index) -> Any:
    return make_view(x, _step(parsed))


def _arrays(
    parsed: indexing.Index, unknown: dict[int, Handle], shape: tuple[int, ...]
) -> list[Any]:
    """The index arrays as tensors; those that are tensors anyway are checked when they are
    computed."""
    out = [
        from_value(a.reshape(-1) if a.ndim else int(a), a.shape, a.dtype, None)
        for a in parsed.arrays
    ]
    for k, t in unknown.items():
        n, axis, whole = shape[parsed.axes[k]], parsed.axes[k], out[k].shape
        out[k] = record(
            lambda state, n=n, axis=axis, whole=whole: (BOUNDS, state, n, axis, whole), (t,)
        )
    return out


def _as_row(value: Handle, parsed: indexing.Index, part: Handle) -> Any:
    """The value for a row, with the axis that its index has in the trace."""
    rest = [n for a, n in enumerate(part.shape) if a not in parsed.axes]
    value = fit(value, tuple(rest), part.dtype)
    return value.reshape((*rest[: parsed.first], 1, *rest[parsed.first :]))


def _values(index: Any) -> tuple[Any, dict[int, Handle]]:
    """The index with arrays in the place of tensors; and, by their number among the arrays, those
    of unknown values.

    What an index tensor selects is known only from its values. In a trace each call checks
    them, and zeros stand for them."""
    items, unknown, count = index if isinstance(index, tuple) else (index,), {}, 0
    out = []
    for item in items:
        if isinstance(item, Handle):
            if item.dtype.kind not in "iub":
                raise IndexOutOfRange(
                    f"got an index tensor of dtype {item.dtype}, expected integers or booleans"
                )
            if varies(item) and item.dtype != np.bool_:
                unknown[count] = item
                item = np.zeros(item.shape or (1,), np.int64)
            else:
                item = (
                    item._array() if item.shape or item.dtype == np.bool_ else concrete_value(item)
                )
        else:
            by_value(item)
        out.append(item)
        count += _count(item)
    return tuple(out) if isinstance(index, tuple) else out[0], unknown


def _count(item: Any) -> int:
    """How many index arrays an item of an index makes."""
    if (
        item is None
        or item is Ellipsis
        or (isinstance(item, (int, slice)) and not isinstance(item, bool))
    ):
        return 0
    array = indexing.as_array(item, "indices")
    ndim, is_mask = array.ndim, array.dtype == np.bool_
    return max(ndim, 1) if is_mask else min(ndim, 1)


def _squeezed(shape: tuple[int, ...], ndim: int) -> tuple[int, ...]:
    """`shape` without leading ones above `ndim` dimensions: a write ignores them, as in NumPy."""
    while len(shape) > ndim and shape[0] == 1:
        shape = shape[1:]
    return shape


def fit(value: Handle, shape: tuple[int, ...], dtype: np.dtype) -> Any:
    """A new record of `value`, broadcast to `shape` and cast to `dtype`."""
    given = value._state.shape
    if given != shape and not stretches(_squeezed(given, len(shape)), shape):
        raise ShapeError(
            f"got a value of shape {value.shape} for a part of shape {shape}, expected one that "
            "broadcasts to it"
        )
    return record(lambda state: (FIT, state, shape, dtype), (value,))
