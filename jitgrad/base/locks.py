"""Locks that a forked child finds open, whoever held them in its parent; and sections that no
interrupt cuts in two.

Python raises KeyboardInterrupt between any two calls. What must be done as a whole is made such
that it may be done again from the start, and is then: by `whole`, or at the end of a block by two
``finally``, one around the other.
"""

import os
import threading

from .errors import JitgradError


def lock():
    """A reentrant lock for short sections that no user code runs in."""
    out = threading.RLock()
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=out._at_fork_reinit)
    return out


def whole(function, *args):
    """``function(*args)``, which may be done twice: if an exception cuts it, it is, before the
    exception goes on."""
    try:
        return function(*args)
    except JitgradError:
        raise
    except BaseException:
        function(*args)
        raise
