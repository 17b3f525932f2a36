"""Lengths of results from the shapes of arguments, without running the function.

Start at `length`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .form import Val
from .scalars import SCALARS


def length(array: Val, k: int, given: Mapping[Val, Any]) -> int | None:
    """The length of axis `k` of an array, where `given` has the shapes of array arguments and the
    values of numbers; None where it depends on more."""
    if array in given:
        return given[array][k]
    made = array.action
    if made is None:
        return None
    if made.kind == "alloc":
        return number(made.args[k], given)
    if made.kind == "view" and made.attrs.get("lengths"):
        return number(made.attrs["lengths"][k], given)
    if made.kind == "lib":
        x, y = made.args
        if made.fn == "dot":
            return length((x, y)[k], k, given)
        return length(y, k, given)
    return None


def number(v: Val, given: Mapping[Val, Any]) -> Any:
    """A whole number, or None."""
    if v.is_const:
        return v.const
    if v in given:
        return given[v] if isinstance(given[v], int) else None
    made = v.action
    if made is None:
        return None
    if made.kind == "dim":
        return length(made.args[0], made.attrs["k"], given)
    if made.kind != "pure":
        return None
    operands = [number(x, given) for x in made.args]
    if None in operands:
        return None
    if made.fn == "cast":
        return operands[0]
    if made.fn == "clip_index":
        i, n = operands
        return min(max(i + n if i < 0 else i, 0), n)
    fold = SCALARS[str(made.fn)].fold
    return None if fold is None else fold(*operands)
