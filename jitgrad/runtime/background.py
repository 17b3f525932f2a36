"""The thread that compiles plans in the background, and the child process that helps it.

Plans wait in two queues: those that are worth compiling (`Background.add`), and those that are
compiled if all their kernels exist already (`Background.ask`). The thread is started at the first
plan. Before a fork, and before the process ends, it comes to a stop between two kernels: LLVM must
not be at work then. When a plan is worth it is decided in `plan`. Start at `Background`.
"""

import atexit
import collections
import contextlib
import functools
import os
import sys
import threading
import time

from ..base.config import config
from . import toolchain
from .stats import stats
from .worker import Worker

#: Seconds between switches of threads while a plan is compiled (5 ms by default). Importing numba
#: reads thousands of files and waits for the interpreter after each: beside a busy main thread it
#: took more than 5 s, with this 0.8 s.
SWITCH = 5e-5
#: Kernels that the thread compiles by itself, since starting a child process takes as long as some;
#: one of many lines counts once more for each `LONG`. Seconds without work after which the child
#: ends.
ALONE, LONG, IDLE = 4, 60, 20.0
#: Plans that wait for a look whether their kernels exist; more are compiled when they pay.
ASKED = 64


@contextlib.contextmanager
def _lively(waits=True):
    """Threads switch often within; put back if nobody else changed it. In "always" whoever `waits`
    for a plan leaves the interpreter alone."""
    before = sys.getswitchinterval()
    if before <= SWITCH or (waits and config.compile == "always"):
        yield
        return
    sys.setswitchinterval(SWITCH)
    mine = sys.getswitchinterval()
    try:
        yield
    finally:
        if sys.getswitchinterval() == mine:
            sys.setswitchinterval(before)


def _work(sources):
    """How long sources take to compile, in kernels."""
    return sum(1 + source.count("\n") // LONG for source in sources)


class Background:
    """A daemon thread that compiles plans, started at the first one; after `ALONE` kernels a child
    process helps.

    Plans in `asked` are compiled if all their kernels exist, when none is in the `queue`; `chores`
    are done when no plan waits.
    """

    def __init__(self):
        self.worker, self.made = Worker(), 0
        self.queue, self.asked = collections.deque(), collections.deque()
        self.chores = collections.deque()
        # Held by ``with``, which no signal cuts; that of a condition is Python code.
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.thread = self.busy = None
        self.stopping = self.held = False
        self.compiling = threading.Lock()

    def add(self, plan):
        self._put(self.queue, plan)

    def ask(self, plan):
        if len(self.asked) < ASKED:
            self._put(self.asked, plan)

    def later(self, chore):
        """Has the function `chore` called when no plan waits."""
        self._put(self.chores, chore)

    def make(self, plan):
        """Compiles the plan and waits for it; whether it was done. An interrupt ends the waiting
        only."""
        if threading.current_thread() is self.thread or self.stopping or not self.worker.usable:
            return False  # a finaliser may look at a value in this thread, too
        from queue import SimpleQueue  # few programs wait

        outcome: SimpleQueue = SimpleQueue()
        self._put(self.queue, plan, outcome)
        error = outcome.get()
        if error is not None:
            raise error
        return plan.is_compiled

    def _put(self, waiting, plan, outcome=None):
        with self.lock:
            waiting.append((plan, outcome))
            if self.thread is None:
                _guard_forks()
                thread = threading.Thread(target=self.work, name="jitgrad-compile", daemon=True)
                thread.start()
                self.thread = thread
            self.changed.notify_all()

    def work(self):
        with self.compiling:  # a fork must not find modules half imported
            from ..compile import passes
            from . import assemble  # noqa: F401

            passes()
        while True:
            with self.changed:
                while not (waiting := self.queue or self.asked or self.chores):
                    if not self.changed.wait(IDLE) and not self.queue:
                        self.worker.stop()
                function = self._does(waiting)
                plan, outcome = self.busy = waiting.popleft()
            try:
                self._done(function, plan, outcome)
            except Exception:  # a warning that counts as an error here; others wait for this thread
                error = sys.exc_info()
                threading.excepthook(threading.ExceptHookArgs((*error, self.thread)))
                del error
            del plan, outcome
            with self.changed:
                self.busy = None
                self.changed.notify_all()

    def _does(self, waiting):
        """What is done with what waits there."""
        if waiting is self.chores:
            return self._chore
        return self.compile if waiting is self.queue else self.look

    def _chore(self, chore):
        with _lively(waits=False), self.compiling:
            if not self.stopping:
                chore()

    @staticmethod
    def _done(function, plan, outcome):
        """Calls `function` of a plan; whoever waits for the `outcome` gets its error."""
        failed = None
        try:
            function(plan)
        except Exception as error:
            failed = error
        if outcome is not None:
            outcome.put(failed)
        elif failed is not None:
            plan.stay_with_numpy(failed)

    def look(self, plan):
        """Compiles what needs no new kernel."""
        if plan.queue is None and not plan.is_compiled and config.compile == "auto":
            with _lively():
                if plan.is_built() and not self.stopping:
                    self.compile(plan)

    def compile(self, plan):
        """One kernel after the other, so that leaving the process waits for one at most."""
        with _lively():
            lowered = plan.lower()
        kernels = {
            source: "scalar" if kind == "scalar" else "loop"
            for source, kind in lowered.sources.items()
        }
        if self.made + _work(kernels) > ALONE and not toolchain.has_begun():
            self.worker.start()  # numba is imported there and here at the same time
        with _lively(), self.compiling:
            from . import cache

            build = toolchain.load()
        new = [
            (kind, source)
            for source, kind in kernels.items()
            if not build.built(source) and not cache.has(source)
        ]
        self.made += _work(source for _, source in new)
        if self.made > ALONE and not self._built_by_child(new):
            return
        with _lively():
            for source, kind in kernels.items():
                with self.compiling:
                    if self.stopping:
                        return
                    (build.scalar_kernel if kind == "scalar" else build.loop_kernel)(source)
            with self.compiling:
                if not self.stopping:
                    plan.compile()
            if config.compile == "never":  # since then
                plan.start_anew()

    def _built_by_child(self, kernels):
        """Has the child build (kind, source) pairs; whether it was left to the end."""
        from . import cache

        begun = time.perf_counter()
        for (_, source), _ in zip(kernels, self.worker.build(kernels), strict=False):
            now = time.perf_counter()
            stats.by_child[cache.key(source)], begun = now - begun, now
            if self.stopping:
                return False
        return True

    def wait(self):
        with self.changed:
            self.changed.wait_for(
                lambda: not (self.queue or self.asked or self.chores or self.busy)
            )

    def stop(self):
        """At exit: LLVM must not be running while the process is taken down."""
        self.stopping = True
        with contextlib.suppress(KeyboardInterrupt):  # who presses Ctrl-C now wants to leave
            self.worker.stop()
            self.compiling.acquire(timeout=10)


compiler = Background()
atexit.register(lambda: compiler.stop())


def _before_fork():
    # The child must not inherit a compiler at work: its locks would stay locked for ever.
    compiler.held = compiler.compiling.acquire(timeout=10)


def _after_fork_in_parent():
    if compiler.held:
        compiler.compiling.release()


def _after_fork_in_child():
    global compiler
    compiler.worker.abandon()
    compiler = Background()


@functools.cache
def _guard_forks():
    """Done with the first thread, after logging was imported (numba uses it): a fork takes the
    locks in reverse order of registration, and who compiles may need that of logging while holding
    ours."""
    import logging  # noqa: F401

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(
            before=_before_fork,
            after_in_parent=_after_fork_in_parent,
            after_in_child=_after_fork_in_child,
        )
