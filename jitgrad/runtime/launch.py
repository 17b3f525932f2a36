"""Launches of array kernels, and how many threads they use.

A kernel is a chunk function; a launch runs it over all chunks, in parallel where that pays. The
chunks depend on the sizes alone, so every result has the same bits with any number of threads. The
threads (`threads`, or numba's where these are not available) are for one launch at a time: whoever
finds them busy runs its chunks itself. A forked child has none and runs serially.

Start at `launch`.
"""

import os
import threading
from collections.abc import Callable

from ..base.config import config
from . import toolchain

#: Points times their weight from which a launch is worth the threads (``python -m
#: benchmarks.tools.launch_cost``, two cores): at this work x*x takes 5 us on two threads and 10 on
#: one, the cheapest kernel, a sum of x*x, 3.6 and 3.0.
PARALLEL_WORK = 1 << 16

_busy = threading.Lock()


class _State:
    """The entry points of the drivers, once they are loaded (see `build.serial_drivers`);
    `parallel` runs a launch on several threads, `reducers` are for partial results.

    No dataclass: `import jitgrad` would wait for what makes them.
    """

    __slots__ = ("chunks", "forked", "kernel", "parallel", "reducers")

    def __init__(self) -> None:
        self.forked = False
        self.kernel: Callable | None = None
        self.chunks: Callable | None = None
        self.reducers: tuple[Callable, Callable] | None = None
        self.parallel: Callable | None = None


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
        _state.kernel, _state.chunks = toolchain.load().serial_drivers()
    return _state.kernel


def prepare_released():
    """Load the serial drivers; the entry point that runs a kernel in pieces of so many units, while
    other threads of Python go on."""
    prepare()
    return _state.chunks


def reducers():
    """(what rounds a number to float32, what combines partial results)."""
    if _state.reducers is None:
        rounded, combined = toolchain.load().reducers()
        _state.reducers = rounded, combined
    return _state.reducers


def prepare_parallel(work):
    """Load the parallel driver, if a launch of so much work will use it."""
    if work >= PARALLEL_WORK and config.num_threads > 1 and not _state.forked:
        with _busy:
            _parallel()


def prepare_parts():
    """Have threads for loops of njit code that are divided into parts."""
    if not _state.forked:
        with _busy:
            _parallel()


def launch(address, total, step, arguments, work):
    """Run the chunk function at `address` over [0, total), `step` units at a time; whether it was
    done in parallel."""
    if (
        work < PARALLEL_WORK
        or config.num_threads == 1
        or _state.forked
        or not _busy.acquire(blocking=False)
    ):
        _state.chunks(address, total, step, arguments)
        return False
    try:
        _parallel()(address, total, step, arguments)
    finally:
        _busy.release()
    return True


def _parallel():
    """What runs a launch on several threads: our own, or numba's where that is not available."""
    if _state.parallel is None:
        from . import threads

        if threads.available():
            make = toolchain.load()
            own = make.own_threads()
            make.lend_threads(own)
            _state.parallel = lambda *launch: own.run(config.num_threads, *launch)
        else:
            _state.parallel = _with_numba()
    return _state.parallel


def _with_numba():
    make = toolchain.load()
    driver, applied = make.parallel_driver(), None

    def run(*launch):
        nonlocal applied
        # numba keeps the number per Python thread
        mask = config.num_threads, threading.get_ident()
        if applied != mask:
            make.limit_threads(mask[0])
            applied = mask
        driver(*launch)

    return run


def set_num_threads(n: int) -> None:
    """Use up to `n` threads for large kernels; 1 runs everything in the calling thread.

    More than there are cores are not used. The same as assigning to `jitgrad.config.num_threads`.

    Examples
    --------
    >>> before = jitgrad.get_num_threads()
    >>> jitgrad.set_num_threads(1)
    >>> jitgrad.get_num_threads()
    1
    >>> jitgrad.set_num_threads(before)
    """
    config.num_threads = n


def get_num_threads() -> int:
    """How many threads large kernels use; 1 in a forked child.

    Examples
    --------
    >>> jitgrad.get_num_threads() >= 1
    True
    """
    return 1 if _state.forked else config.num_threads
