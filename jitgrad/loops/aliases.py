"""Which arrays of a form may be the same memory.

There is a class for each argument, allocation and result of a call; views, and arrays that change
names in loops, belong to those of what they may be. Start at `Aliases.of`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .form import LOOPS, STORES, Action, Region, Val, walk


class Aliases:
    def __init__(self, form: Any) -> None:
        self.up: dict[Val, Val] = {}
        self.pushed: dict[Any, Val] = {}
        for a in walk(form.body):
            if a.kind == "tape":
                self._tape(a)
            elif a.kind == "view":
                self.join(a.out, a.args[0])
            elif a.kind in LOOPS:
                for first, phi, y, r in zip(
                    a.firsts, a.phis, a.regions[0].yields, a.res, strict=False
                ):
                    self._all(phi, (first, y, r))
            elif a.kind == "if":
                for r, x, y in zip(a.res, a.regions[0].yields, a.regions[1].yields, strict=True):
                    self._all(r, (x, y))

    def _all(self, array: Val, others: Iterable[Val]) -> None:
        if array.is_array:
            for other in others:
                self.join(array, other)

    def _tape(self, a: Action) -> None:
        """What is taken from a tape is what was put there."""
        entry = a.attrs["value"]
        if entry is not None and entry[0].is_array:
            key = a.attrs["tape"], entry
            for v in (*a.args, *a.res):
                if self.pushed.setdefault(key, v) is not v:
                    self.join(v, self.pushed[key])

    def of(self, a: Val) -> Val:
        while a in self.up:
            a = self.up[a]
        return a

    def of_all(self, vals: Iterable[Val]) -> set[Val]:
        """The classes of those of `vals` that are arrays."""
        return {self.of(v) for v in vals if v.is_array}

    def join(self, a: Val, b: Val) -> None:
        a, b = self.of(a), self.of(b)
        if a is not b:
            self.up[a] = b


def stored_classes(region: Region, aliases: Aliases) -> set[Val]:
    """Classes that are written to in `region`."""
    return {aliases.of(a.args[0]) for a in walk(region) if a.kind in STORES}
