"""Watching what runs: the hooks that `jitgrad.profile` and `jitgrad.explain` stand on.

While somebody watches, the function of a compiled plan is exchanged for a *timed* one, made from
the same lowering: the same lines, with a look at the clock around those of each kernel. When the
last watcher leaves, the plans get their own back. So what nobody watches costs nothing: only the
NumPy tier and what is done once per plan or kernel ask whether somebody does. Who keeps the
function of a plan, instead of asking ``plan.run`` each time, is not seen.

Start at `Watcher` and `timed`.
"""

import functools
import threading
from time import perf_counter as clock

from ..base.locks import lock
from ..interpret import program as reference


class Watcher:
    """What is told to who watches, each in the thread that it happens in. The methods must be
    short, and safe there."""

    def kernel(self, piece, seconds, parallel):
        """A step of a compiled plan ran: a `Piece`."""

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


_watchers: tuple = ()
_switching = lock()
#: Called with whether somebody watches, whenever that changes.
on_switch: list = []


def active():
    """Whether somebody watches."""
    return bool(_watchers)


def start(watcher):
    """`watcher` is told what happens from now on, in all threads."""
    _change((*_watchers, watcher))


def stop(watcher):
    """`watcher` is told no more."""
    _change(tuple([w for w in _watchers if w is not watcher]))


def _change(watchers):
    global _watchers
    with _switching:
        before, _watchers = bool(_watchers), watchers
        if bool(watchers) != before:
            for function in on_switch:
                function(bool(watchers))


def tell(event, *args):
    """Calls the method `event` of every watcher."""
    for watcher in _watchers:
        getattr(watcher, event)(*args)


def planning(cls):
    """A decorator of classes that make a plan each: while somebody watches, their ``__init__`` is a
    timed one."""
    make = cls.__init__

    @functools.wraps(make)
    def timed(*args, **kwargs):
        begun = clock()
        make(*args, **kwargs)
        tell("planned", clock() - begun, 1)

    on_switch.append(lambda watching: setattr(cls, "__init__", timed if watching else make))
    return cls


def built(name, cost):
    """Tells that a kernel was built."""
    _here.built += cost.seconds
    tell("built", name, cost)


def spent(seconds):
    """Adds seconds of building that were spent for this thread by another one; those spent so
    far."""
    _here.built += seconds
    return _here.built


def net():
    """A clock that stands still while this thread builds kernels."""
    return clock() - _here.built


# ----- plans while somebody watches


class _Here(threading.local):
    """Whether the launch that this thread made last was parallel; the seconds that it spent
    building kernels."""

    parallel, built = False, 0.0


_here = _Here()


class Piece:
    """A step of a compiled plan, under the name of its kernel's file; a step by NumPy has the name
    of its operation."""

    __slots__ = ("name", "kind", "source", "bytes", "flops", "index")

    def __init__(self, index, kernel, work):
        from .cache import key

        self.index, self.kind, self.source = index, kernel.kind, kernel.source
        self.name = key(kernel.source) if kernel.source else f"numpy_{kernel.node.op.name}"
        self.bytes, self.flops = work.bytes_read + work.bytes_written, work.flops


def timed(lowered, note):
    """The function of a plan that calls ``note(piece, seconds, parallel)`` after each of its
    kernels."""
    from ..compile import work_of
    from . import launch
    from .assemble import assemble

    works = work_of(lowered)

    def around(assembler, k, first):
        """Looks at the clock before and after the lines from number `first` on."""
        kernel, lines = lowered.kernels[k], assembler.lines
        if kernel.source is None and kernel.kind != "call":
            return
        piece, now = Piece(k, kernel, works[k]), assembler.bind("I", clock)

        def noted(seconds):
            parallel, _here.parallel = _here.parallel, False
            note(piece, seconds, parallel)

        lines.insert(first, f"t = {now}()")
        lines.append(f"{assembler.bind('J', noted)}({now}() - t)")

    def launched(*args):
        _here.parallel = launch.launch(*args)

    if any(
        kernel.source and kernel.kind != "scalar" and kernel.units.chunks > 1
        for kernel in lowered.kernels
    ):
        launch.prepare_parallel(max(getattr(kernel, "work", 0) for kernel in lowered.kernels))
    run = assemble(lowered, around)
    run.__globals__.update(
        {name: launched for name, value in run.__globals__.items() if value is launch.launch}
    )
    return run


def watched(plan):
    """The function of a compiled plan while somebody watches."""
    made = []

    def run(leaves, numbers):
        if not made:
            begun = net()
            made.append(timed(plan.lowered(), lambda *args: tell("kernel", *args)))
            tell("own", net() - begun)
        begun = clock()
        out = made[0](leaves, numbers)
        tell("ran", plan, leaves, numbers, out, True, clock() - begun)
        return out

    run.watched = True
    return run


def by_numpy(plan, program, leaves, numbers, *limit):
    """A run of a plan by the NumPy tier while somebody watches; one that is given up (`TooSlow`)
    took its time, too."""
    begun = clock()
    try:
        out = program(leaves, numbers, *limit)
    finally:
        seconds = clock() - begun
        tell("numpy", plan, plan.roots, seconds)
    tell("ran", plan, leaves, numbers, out, False, seconds)
    return out


def again(roots, leaves, numbers):
    """A run by NumPy of what a kernel gave up, since it met an operand too large for its code."""
    begun = clock()
    out = reference.run(roots, leaves, numbers)
    tell("numpy", None, roots, clock() - begun)
    return out
