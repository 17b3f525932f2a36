"""Basic indices: what ``x[index]`` records where `index` has integers, slices, new axes and an
ellipsis alone.

What follows from the shape of a tensor and from all of an index but its integers is found once
(`BasicIndex`); integers, and the starts of most slices, are numbers of the segment, so a loop over
``x[i]`` is one plan. Start at `basic_index`.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any

from ..ops import indexing
from ..tape.keys import Opcode
from ..tape.segment import active_traces
from ..tape.views import forms
from .turn_indices import begins_by_turn, in_first_turn

if TYPE_CHECKING:
    from ..ir import Node

#: The class of items of an index that names an element.
INTEGERS = frozenset((int,))
_opcodes: dict = {}
_known: dict = {}
#: Of ``x[i]`` and ``x[a:b]``, which are asked for most: `_known` by the shape alone, and by the
#: shape and the form of the slice.
rows: dict = {}
slices: dict = {}


def without_values(static: Sequence[Any]) -> indexing.Index:
    """An `Index` of what is static in it."""
    return indexing.Index(*static, (), ())  # type: ignore[call-arg]


def view_opcode(static: tuple[Any, ...], starts: tuple[int | None, ...]) -> Opcode:
    """The opcode of a view: what is static of its index is part of it; of `starts`, all that are
    not None."""
    out = _opcodes.get((static, starts))
    if out is None:
        index = without_values(static)

        def build(x: Node, *numbers: Node) -> Node:
            rest = iter(numbers)
            return indexing.view(
                x, [next(rest) if start is None else start for start in starts], index
            )

        out = _opcodes[static, starts] = Opcode("slice", 1 + starts.count(None), build)
    return out


class BasicIndex:
    """What follows from the shape and from all of a basic index but its integers.

    It names an `element`, or a view by one of `forms`; both record `opcode`, with `starts`, of
    which those at `integers`, as (place, length of the axis), come from the index. `shape` is that
    of the view; `total` says that it has all elements."""

    __slots__ = ("opcode", "rest", "forms", "starts", "integers", "element", "shape", "total")

    def __init__(self, shape: tuple[int, ...], items: tuple[Any, ...], index: Any) -> None:
        parsed = indexing.parse(shape, index)
        by_axis = _items_of_axes(items, len(shape))
        static = tuple(
            [
                start if _is_anchored(i) else None
                for start, i in zip(parsed.starts, by_axis, strict=True)
            ]
        )
        numbers = [axis for axis, start in enumerate(static) if start is None]
        self.starts = tuple([parsed.starts[axis] for axis in numbers])
        self.integers = [
            (k, shape[axis]) for k, axis in enumerate(numbers) if type(by_axis[axis]) is int
        ]
        self.opcode = view_opcode(parsed[:5], static)
        self.rest = (int,) * len(numbers)
        self.forms = forms(self.opcode, (), len(numbers))
        self.element = is_element(items, len(shape))
        self.shape, self.total = parsed.shape, prod(parsed.shape) == prod(shape)

    def numbers(self, items: tuple[Any, ...]) -> Sequence[int] | None:
        """The starts for an index of this form; None if an integer is out of bounds."""
        starts, k = list(self.starts), 0
        for i in items:
            if type(i) is int:
                place, n = self.integers[k]
                if not -n <= i < n:
                    return None
                starts[place] = i + n if i < 0 else i
                k += 1
        return tuple(starts)


def form_of(item: Any) -> Any:
    """What of an item of an index is not a number; False for what has no short way."""
    if type(item) is not slice:
        return int if type(item) is int else item if item is None or item is Ellipsis else False
    form = start, stop, step = item.start, item.stop, item.step
    if (
        (start is None or type(start) is int)
        and (stop is None or type(stop) is int)
        and (step is None or type(step) is int)
    ):
        return form
    return False


def basic_index(
    shape: tuple[int, ...], index: Any
) -> tuple[BasicIndex, Sequence[int]] | tuple[None, None]:
    """What a basic index records, and its numbers; None for another index."""
    items: tuple[Any, ...]
    form: tuple[Any, ...]
    if type(index) is not tuple:
        items, form = (index,), (form_of(index),)
    elif len(index) == 2:  # without a loop: most are so
        items, form = index, (form_of(index[0]), form_of(index[1]))
    else:
        items, form = index, tuple([form_of(item) for item in index])
    known = _known.get((shape, form))
    if known is None:
        if False in form:
            return _by_turn(shape, index)
        if len(_known) > 10_000:
            _known.clear()
            rows.clear()
            slices.clear()
            _opcodes.clear()
        known = _known[shape, form] = BasicIndex(shape, items, index)
        if form == (int,):
            rows[shape] = known
        elif type(index) is slice:
            slices[shape, form[0]] = known
    numbers = known.numbers(items) if known.integers else known.starts
    return (None, None) if numbers is None else (known, numbers)


def _by_turn(
    shape: tuple[int, ...], index: Any
) -> tuple[BasicIndex, Sequence[Any]] | tuple[None, None]:
    """What an index by the number of a turn records, as `basic_index` gives it."""
    items = index if type(index) is tuple else (index,)
    first = in_first_turn(items, shape) if active_traces else None
    if first is None:
        return None, None
    plain, symbols = first
    known, moving = BasicIndex(shape, plain, plain), iter(symbols)
    by_axis = zip(_items_of_axes(items, len(shape)), _items_of_axes(plain, len(shape)), strict=True)
    numbered = [item for item, now in by_axis if not _is_anchored(now)]
    starts = zip(numbered, known.starts, strict=True)
    return known, [next(moving) if begins_by_turn(item) else start for item, start in starts]


def is_element(items: Sequence[Any], ndim: int) -> bool:
    """Whether an index has an integer for each axis, and nothing else."""
    return len(items) == ndim and not any(
        i is None or i is Ellipsis or isinstance(i, slice) for i in items
    )


def _items_of_axes(items: Sequence[Any], ndim: int) -> list[Any]:
    """The integer or slice of a basic index that stands for each axis."""
    used = sum(1 for i in items if i is not None and i is not Ellipsis)
    out = []
    for item in items:
        if item is Ellipsis:
            out += [slice(None)] * (ndim - used)
        elif item is not None:
            out.append(item)
    return out + [slice(None)] * (ndim - len(out))


def _is_anchored(item: Any) -> bool:
    """Whether the start of a slice is static, as those of stencils should be, so that equal ones
    are one node.

    Where a slice ends at, or is counted from, the end of the axis, its length (which keys the plan)
    moves with its start: no loop is more plans by it. Starts from behind come from the length of
    the axis, and stay numbers."""
    if type(item) is int:
        return False
    start, stop = item.start or 0, item.stop
    return start >= 0 and item.step in (None, 1) and (stop is None or stop < 0)
