"""Work that no signal may cut in two, done in another thread while the caller waits.

Signals are handled in the main thread, between any two steps of Python. An interrupt within numba
leaves its registries half filled, or its modules half imported, and nothing compiles in the process
any more. So what the main thread wants from numba is done by a thread of its own: Ctrl-C ends the
waiting at once, and the work goes on to its end, for whoever asks next. Leaving the process and
forking wait for it. Start at `aside`.
"""

import atexit
import contextvars
import os
import threading

from ..base.locks import lock
from . import events

#: Held by the thread that works.
_working = lock()
#: Seconds that leaving the process or a fork waits.
PATIENCE = 10


def aside(function, *args):
    """``function(*args)``, to its end, whatever signals come meanwhile."""
    if threading.current_thread() is not threading.main_thread():
        return function(*args)
    outcome: list = []
    thread = threading.Thread(
        target=contextvars.copy_context().run,
        args=(_work, outcome, function, args),
        name="jitgrad-build",
        daemon=True,
    )
    thread.start()
    thread.join()
    out, error, seconds = outcome.pop()
    events.spent(seconds)
    if error is not None:
        raise error
    return out


def _work(outcome, function, args):
    out = failed = None
    try:
        with _working:
            out = function(*args)
    except BaseException as error:
        failed = error
    outcome.append((out, failed, events.spent(0.0)))


def _before_fork():
    _held.append(_working.acquire(timeout=PATIENCE))


def _after_fork():
    if _held and _held.pop():
        _working.release()


_held: list = []
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork, after_in_parent=_after_fork, after_in_child=_held.clear
    )
atexit.register(lambda: _working.acquire(timeout=PATIENCE))
