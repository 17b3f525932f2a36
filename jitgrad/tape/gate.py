"""Which threads record: the lock of what threads share, and the `Gate` by which whoever records
alone does without it.

Start at `guarded`.
"""

import gc
import sys
import threading
import time

from ..base.locks import lock

#: Held where a tensor's place changes and other threads may see it: see the table in `handles`.
LOCK = lock()


class Gate:
    """Who is `alone` need not take `LOCK` (0.2 us), nor note views at once (`handles.note_views`,
    as `note`); the second thread to record waits while the first is at it, and notes its views.

    `first` has the attributes of `local` in the first thread; `settled` is whether it was seen to
    be at nothing, after which it is not asked again."""

    __slots__ = ("alone", "threads", "unlocked", "first", "note", "settled")

    def __init__(self):
        self.alone, self.threads, self.unlocked, self.first, self.note = True, 0, set(), None, None
        self.settled = False

    def enter(self, attributes):
        """A thread begins to record."""
        with LOCK:
            self.threads += 1
        if self.first is None:
            self.first = attributes
        else:
            self.alone = False
            while not self.settled:
                with LOCK:
                    self.settled = not self.busy()
                time.sleep(1e-5)
            if "seg" in self.first:
                self.note(self.first["seg"])

    def busy(self):
        """Whether another thread is within a function of `unlocked`, and took no lock: asked of its
        stack, since an interrupt may leave a flag behind.

        To make the objects of its frames may start a collection of garbage, whose finalisers let
        that thread go on; CPython 3.11 then follows frames that are none any more, or waits for
        ever. So there is none meanwhile."""
        here = threading.get_ident()
        collects = gc.isenabled()
        gc.disable()
        try:
            stacks = [
                codes_of(frame) for thread, frame in sys._current_frames().items() if thread != here
            ]
        finally:
            if collects:
                gc.enable()
        return any(
            code in self.unlocked and locked.__code__ not in codes[max(k - 1, 0) : k + 2]
            for codes in stacks
            for k, code in enumerate(codes)
        )


def codes_of(frame):
    """Of a stack, the innermost one first."""
    codes = []
    while frame is not None:
        codes.append(frame.f_code)
        frame = frame.f_back
    return codes


gate = Gate()


def locked(function, args):
    with LOCK:
        return function(*args)


def guarded(function):
    """Marks what is to be done while no other thread changes where a tensor is. Its last
    parameter, `safe`, is whether that is so, and it begins by asking for the lock if it is not
    (which takes 20 ns; a call around it, 60)."""
    gate.unlocked.add(function.__code__)
    return function
