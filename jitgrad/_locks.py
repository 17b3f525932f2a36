"""Locks that a forked child finds open, whoever held them in its parent."""

import os
import threading


def lock():
    """A reentrant lock for short sections that no user code runs in."""
    out = threading.RLock()
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=out._at_fork_reinit)
    return out
