"""Indices by the number of a turn: what they are in the first turn, and what moves on.

``x[i]`` and ``x[i:i + 2]`` are views whose start is another in each turn, as long as it is in range
in all of them. Any other index is left to index arrays, whose bounds each call checks. Start at
`in_first_turn`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..tape.handles import Handle
from ..tape.symbols import SymbolicScalar, TurnValue


def _begin(item: Any) -> Any:
    return item.start if type(item) is slice else item


def begins_by_turn(item: Any) -> bool:
    """Whether where an item of an index begins depends on the number of a turn."""
    return isinstance(_begin(item), TurnValue)


def in_first_turn(
    items: Sequence[Any], shape: tuple[int, ...]
) -> tuple[tuple[Any, ...], list[SymbolicScalar]] | None:
    """The index `items` of an array of `shape` as it is in the first turn, and the starts that move
    on, in their order; None where none does, or one may be out of range."""
    if not any(map(begins_by_turn, items)) or any(map(_is_array, items)):
        return None
    lengths = _lengths(items, shape)
    plain, symbols = [], []
    for item in items:
        n = 0 if item is None or item is Ellipsis else next(lengths, -1)
        if begins_by_turn(item):
            known = _sliced(item, n) if type(item) is slice else _picked(item, n)
            if known is None:
                return None
            item, symbol = known
            symbols.append(symbol)
        plain.append(item)
    return tuple(plain), symbols


def _is_array(item: Any) -> bool:
    return isinstance(item, Handle | np.ndarray | list) and not isinstance(item, TurnValue)


def _lengths(items: Sequence[Any], shape: tuple[int, ...]) -> Iterator[int]:
    """The lengths of the axes that integers and slices of an index stand for, in their order."""
    named = [i for i in items if i is not None]
    gap = next((k for k, i in enumerate(named) if i is Ellipsis), None)
    if gap is None:
        return iter(shape)
    behind = len(named) - gap - 1
    return iter([*shape[:gap], *shape[len(shape) - behind :]])


def _picked(item: TurnValue, n: int) -> tuple[int, SymbolicScalar] | None:
    """An integer along an axis of length `n`: its first value, from the front, and its symbol."""
    if item.ends is None:
        return None
    low, high = min(item.ends), max(item.ends)
    if -n <= low and high < 0:
        return _picked(item + n, n)
    return (item.ends[0], item.symbol) if low >= 0 and high < n else None


def _sliced(item: slice, n: int) -> tuple[slice, SymbolicScalar] | None:
    """The same of a slice between two integers that move on together."""
    begin, end = item.start, item.stop
    if not isinstance(end, TurnValue) or item.step not in (None, 1):
        return None
    if begin.ends is None or end.ends is None:
        return None
    (first, last), (stop, last_stop) = begin.ends, end.ends
    inside = min(first, last) >= 0 and max(stop, last_stop) <= n
    if not inside or last_stop - last != stop - first or stop < first:
        return None
    return slice(first, stop), begin.symbol
