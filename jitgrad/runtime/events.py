"""Who watches what runs, and telling them: the hooks that `jitgrad.profile` and `jitgrad.explain`
stand on.

What happens once per plan or kernel, and each run of the NumPy tier, asks `active`. Compiled plans
ask nothing: they are told of a change (`on_switch`) and exchange their function (see `watch`). This
module imports nothing of the runtime, so that every part of it can tell. Start at `Watcher`.
"""

import functools
import threading
from time import perf_counter as clock

from ..base.locks import lock


class Watcher:
    """What is told to who watches, each in the thread that it happens in. The methods must be
    short, and safe there."""

    def kernel(self, piece, seconds, parallel):
        """A step of a compiled plan ran: a `watch.Piece`."""

    def numpy(self, plan, roots, seconds):
        """NumPy served a run of `plan`; or, where `plan` is None, had to do one again that a kernel
        gave up."""

    def ran(self, plan, leaves, numbers, out, compiled, seconds):
        """A plan ran: its inputs and results, and whether it is compiled."""

    def planned(self, seconds, plans):
        """So many plans were made; or, for 0, one was lowered and assembled. Building its kernels
        is not in it."""

    def built(self, name, cost):
        """A kernel was compiled or loaded: see `stats.Cost`. Without a name: a driver was, or numba
        was imported."""

    def own(self, seconds):
        """Watching itself took so long."""


_watchers: tuple[Watcher, ...] = ()
_switching = lock()
#: Called with whether somebody watches, whenever that changes.
on_switch: list = []


def watchers():
    """Who watches."""
    return _watchers


def active():
    """Whether somebody watches."""
    return bool(_watchers)


def start(watcher):
    """`watcher` is told what happens from now on, in all threads."""
    _change((*_watchers, watcher))


def stop(watcher):
    """`watcher` is told no more."""
    _change(tuple([w for w in _watchers if w is not watcher]))


def _change(changed):
    global _watchers
    with _switching:
        before, _watchers = bool(_watchers), changed
        if bool(changed) != before:
            for function in on_switch:
                function(bool(changed))


def planning(make):
    """A decorator of what makes a plan, an ``__init__``: who watches is told how long it took."""

    @functools.wraps(make)
    def timed(*args, **kwargs):
        if not _watchers:
            return make(*args, **kwargs)
        begun = clock()
        make(*args, **kwargs)
        planned(clock() - begun, 1)

    return timed


def planned(seconds, plans):
    """Tells that so many plans were made, or that one was lowered."""
    for watcher in _watchers:
        watcher.planned(seconds, plans)


def by_numpy(plan, roots, seconds):
    """Tells that NumPy served."""
    for watcher in _watchers:
        watcher.numpy(plan, roots, seconds)


def ran(plan, leaves, numbers, out, compiled, seconds):
    """Tells that a plan ran."""
    for watcher in _watchers:
        watcher.ran(plan, leaves, numbers, out, compiled, seconds)


def built(name, cost):
    """Tells that a kernel was built."""
    _here.built += cost.seconds
    for watcher in _watchers:
        watcher.built(name, cost)


# ----- a clock without what kernels took to build


class _Here(threading.local):
    """The seconds that this thread spent building kernels."""

    built = 0.0


_here = _Here()


def spent(seconds):
    """Adds seconds of building that were spent for this thread by another one; those spent so
    far."""
    _here.built += seconds
    return _here.built


def net():
    """A clock that stands still while this thread builds kernels."""
    return clock() - _here.built
