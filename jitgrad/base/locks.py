"""Locks that a forked child finds open, whoever held them in its parent; and sections that no
interrupt cuts in two.

Python raises KeyboardInterrupt between any two calls. What must be done as a whole is made such
that it may be done again from the start, and is then: by `whole`, or at the end of a block by two
``finally``, one around the other.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from .errors import JitgradError

T = TypeVar("T")


def lock() -> threading.RLock:
    """A reentrant lock for short sections that no user code runs in."""
    out: Any = threading.RLock()
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=out._at_fork_reinit)
    return out


def whole(function: Callable[..., T], *args: Any) -> T:
    """``function(*args)``, which may be done twice: if an exception cuts it, it is, before the
    exception goes on."""
    try:
        return function(*args)
    except JitgradError:
        raise
    except BaseException:
        function(*args)
        raise
