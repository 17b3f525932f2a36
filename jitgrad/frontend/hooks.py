"""Hooks on several tensors at once, `autograd.graph.register_multi_grad_hook`.

Each tensor has a hook that notes its gradient for the sweep under way in this thread; when that
ends, the function is called once, with all of them. Start at `multi_grad_hook`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any


class _Sweeps(threading.local):
    """The sweeps under way in this thread: what each has to call when it ends, by what asked."""

    stack: tuple[dict[object, Callable[[], None]], ...] = ()


_sweeps = _Sweeps()
#: Whether there was ever a hook on several tensors: else sweeps need not be noted.
_installed: list[bool] = []


def during(sweep: Callable[..., Any], *args: Any) -> Any:
    """``sweep(*args)``, a sweep with the hooks of its leaves."""
    if not _installed:
        return sweep(*args)
    before = _sweeps.stack
    ends: dict[object, Callable[[], None]] = {}
    _sweeps.stack = (*before, ends)
    try:
        out = sweep(*args)
        for end in ends.values():
            end()
        return out
    finally:
        _sweeps.stack = before


def multi_grad_hook(
    count: int, function: Callable[[Any], None], first: bool
) -> list[Callable[[Any], None]]:
    """A hook for each of `count` tensors: ``function(gradients)`` is called when a sweep ends that
    came to one of them, with None for the others; or, for the `first` one only, at once with its
    gradient."""
    key = object()
    found: dict[int, list[Any]] = {}
    _installed[:] = [True]

    def note(k: int, g: Any) -> None:
        ends = _sweeps.stack[-1]
        here = id(ends)
        if first:
            if key not in ends:
                ends[key] = _nothing
                function(g)
            return
        if key not in ends:
            found[here] = [None] * count
            ends[key] = lambda: function(found.pop(here))
        found[here][k] = g

    return [_noting(note, k) for k in range(count)]


def _noting(note: Callable[[int, Any], None], k: int) -> Callable[[Any], None]:
    return lambda g: note(k, g)


def _nothing() -> None:
    """What ends a sweep that has called the function already."""


class HookHandles:
    """The handles of hooks that belong together: `remove` takes all of them off."""

    def __init__(self, handles: Sequence[Any]) -> None:
        self._handles = tuple(handles)

    def remove(self) -> None:
        """Takes the hooks off; once more does nothing."""
        for handle in self._handles:
            handle.remove()

    def __enter__(self) -> HookHandles:
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()
