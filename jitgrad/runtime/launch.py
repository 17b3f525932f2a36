"""Launches of array kernels, and how many threads they use.

A kernel is a chunk function; a launch runs it over all chunks, in parallel where that pays. The chunks depend on
the sizes alone, so every result has the same bits with any number of threads. numba's thread
pool aborts on concurrent launches: whoever finds it busy runs its chunks itself. A forked child has no
pool any more and runs serially.

Start at `launch`.
"""

import os
import threading

#: points times their weight from which a launch is worth waking the threads (a wake-up costs 5-15 us)
PARALLEL_WORK = 1 << 16

_busy = threading.Lock()


class _State:
    def __init__(self):
        self.threads = self.maximum = _default_threads()
        self.forked = False
        self.kernel = self.chunks = self.parallel = None
        self.applied = None


def _default_threads():
    for name in ("JITGRAD_NUM_THREADS", "NUMBA_NUM_THREADS"):
        if os.environ.get(name, "").isdigit():
            return max(1, int(os.environ[name]))
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


_state = _State()


def _after_fork():
    global _busy
    _busy = threading.Lock()
    _state.forked = True


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def prepare():
    """Load the serial drivers; the entry point that runs a kernel in one piece."""
    if _state.kernel is None:
        from .build import serial_drivers

        _state.kernel, _state.chunks = serial_drivers()
    return _state.kernel


def launch(address, total, step, arguments, work):
    """Run the chunk function at `address` over [0, total), `step` units at a time."""
    if work < PARALLEL_WORK or _state.threads == 1 or _state.forked or not _busy.acquire(blocking=False):
        _state.chunks(address, total, step, arguments)
        return
    try:
        _parallel()(address, total, step, arguments)
    finally:
        _busy.release()


def _parallel():
    if _state.parallel is None:
        from .build import parallel_driver

        _state.parallel = parallel_driver()
    mask = (_state.threads, threading.get_ident())  # numba keeps the number per Python thread
    if _state.applied != mask:
        from .build import limit_threads

        limit_threads(_state.threads)
        _state.applied = mask
    return _state.parallel


def set_num_threads(n: int) -> None:
    """Use up to `n` threads for large kernels; 1 runs everything in the calling thread.

    Examples
    --------
    >>> before = jitgrad.get_num_threads()
    >>> jitgrad.set_num_threads(1)
    >>> jitgrad.get_num_threads()
    1
    >>> jitgrad.set_num_threads(before)
    """
    from .._errors import ArgumentError

    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise ArgumentError(f"got {n!r} threads, expected a whole number of at least 1")
    _state.threads = min(n, _state.maximum)


def get_num_threads() -> int:
    """How many threads large kernels use.

    Examples
    --------
    >>> jitgrad.get_num_threads() >= 1
    True
    """
    return 1 if _state.forked else _state.threads
