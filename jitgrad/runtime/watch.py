"""Plans while somebody watches: their functions are exchanged for *timed* ones.

A timed function is made from the same lowering: the same statements, with a look at the clock
around those of each kernel. When the last watcher leaves, the plans get their own back. So what
nobody watches costs nothing. Who keeps the function of a plan, instead of asking ``plan.run`` each
time, is not seen. Who watches is in `events`.

Start at `timed`.
"""

import threading
from time import perf_counter as clock

from ..compile import work_of
from . import events, launch


class Piece:
    """A step of a compiled plan, under the name of its kernel's file; a step by NumPy has the name
    of its operation."""

    __slots__ = ("name", "kind", "source", "bytes", "flops", "index")

    def __init__(self, index, kernel, work):
        from .cache import key  # with OpenSSL, which takes 2 ms to load

        self.index, self.kind, self.source = index, kernel.kind, kernel.source
        self.name = key(kernel.source) if kernel.source else f"numpy_{kernel.node.op.name}"
        self.bytes, self.flops = work.bytes_read + work.bytes_written, work.flops


class _Launches(threading.local):
    """Whether the launch that this thread made last was parallel."""

    parallel = False


_launches = _Launches()


def _launched(*args):
    _launches.parallel = launch.launch(*args)


def timed(lowered, note):
    """The function of a plan that calls ``note(piece, seconds, parallel)`` after each of its
    kernels."""
    from .assemble import assemble  # by now: what is never compiled does not wait for it

    works = work_of(lowered)

    def noted(k):
        kernel = lowered.kernels[k]
        if kernel.source is None and kernel.kind != "call":
            return None
        piece = Piece(k, kernel, works[k])

        def after(seconds):
            parallel, _launches.parallel = _launches.parallel, False
            note(piece, seconds, parallel)

        return after

    if any(
        kernel.source and kernel.kind != "scalar" and kernel.units.chunks > 1
        for kernel in lowered.kernels
    ):
        launch.prepare_parallel(max(kernel.work for kernel in lowered.kernels))
    return assemble(lowered, noted, _launched).function


class Watched:
    """The function of a compiled plan while somebody watches, ``watched(leaves, numbers)``; made at
    its first run."""

    __slots__ = ("plan", "timed")

    def __init__(self, plan):
        self.plan, self.timed = plan, None

    def __call__(self, leaves, numbers):
        if self.timed is None:
            begun = events.net()
            self.timed = timed(self.plan.lowered(), _tell)
            _own(events.net() - begun)
        begun = clock()
        out = self.timed(leaves, numbers)
        events.ran(self.plan, leaves, numbers, out, True, clock() - begun)
        return out


def _tell(piece, seconds, parallel):
    for watcher in events.watchers():
        watcher.kernel(piece, seconds, parallel)


def _own(seconds):
    for watcher in events.watchers():
        watcher.own(seconds)
