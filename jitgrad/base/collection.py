"""Python's collection of cycles, put off while many objects are made that stay.

To trace a long program makes hundreds of thousands of nodes, all of which are used. Meanwhile the
collector looks through all there are again and again, and finds nothing: that takes as long as the
tracing itself. Start at `uncollected`.
"""

from __future__ import annotations

import gc
import os
from types import TracebackType

from .locks import lock

_lock = lock()
_under_way: set[uncollected] = set()
_was_on = False


class uncollected:
    """``with uncollected():`` no cycles are collected, in any thread, until the last such block
    ends."""

    __slots__ = ()

    def __enter__(self) -> None:
        global _was_on
        with _lock:
            if not _under_way:
                _was_on = gc.isenabled()
            _under_way.add(self)
            gc.disable()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._end()
        finally:  # an interrupt may have cut the first
            self._end()

    def _end(self) -> None:
        with _lock:
            if self in _under_way:
                _under_way.discard(self)
                if not _under_way and _was_on:
                    gc.enable()


def _after_fork_in_child() -> None:
    """The threads that had begun a block are not in the child."""
    if _under_way and _was_on:
        gc.enable()
    _under_way.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
