"""`Plan`: the roots of a graph made runnable, and by which tier.

A plan starts cold: it runs in the NumPy reference, nothing is lowered and numba is not imported.
When it has been seen again and enough time has gone into it, it is compiled on a background thread,
and its `run` attribute is replaced by the compiled function (see `assemble`). That thread also
looks whether the kernels of a plan that is seen again exist already. The caller's own thread lowers
or compiles only what NumPy would take as long for: large arrays (`DENSE`), and runs that would take
longer than compiling (`SLOW`). ``config.compile`` "always" compiles at the first run and waits;
"never" stays with NumPy. Start at `Plan`.
"""

import atexit
import collections
import contextlib
import functools
import importlib
import os
import queue
import sys
import threading
import time
import warnings
from weakref import WeakSet

from ..base.config import config
from ..base.errors import JitgradWarning
from ..base.locks import lock
from ..interpret.blocked import TooSlow
from ..interpret.program import OFTEN, Program, Walk, interpreter
from ..ir import toposort
from ..ir.printer import counted
from . import watch
from .aside import aside
from .stats import COMPILED, Cost, stats
from .worker import Worker

#: What compiling costs is paid when about as much was spent without: a script that ends sooner must
#: pay for neither numba nor kernels. A plan is compiled when the reference has cost it `HOT`
#: seconds (a kernel takes 0.1 s of another core, and for half of that the interpreter), and while
#: numba is not imported (0.4 s, with the interpreter) when the reference has cost the process
#: `HOT_PROCESS` seconds in all. Runs of `LONG_RUN` seconds, which a kernel cuts to a tenth, need
#: not wait: the second one is enough.
HOT, HOT_PROCESS, LONG_RUN = 0.03, 0.3, 0.003
#: Seconds a run by the reference may take until it is stopped and the plan compiled first, with
#: numba imported or not; as much again for each `PART` nodes of the plan, which take longer to
#: compile.
SLOW, SLOW_IMPORT, PART = 0.5, 1.2, 50
#: Seconds between switches of threads while a plan is compiled (5 ms by default). Importing numba
#: reads thousands of files and waits for the interpreter after each: beside a busy main thread it
#: took more than 5 s, with this 0.8 s.
SWITCH = 5e-5
#: Kernels that the thread compiles by itself, since starting a child process takes as long as some;
#: one of many lines counts once more for each `LONG`. Seconds without work after which the child
#: ends.
ALONE, LONG, IDLE = 4, 60, 20.0
#: Kernels that a thread which waits for them ("always") compiles by itself. Later ones are compiled
#: by that child, too: LLVM's passes keep 0.8 MiB of each kernel of 20 operations that they have
#: seen, in whichever process they ran.
APART = 16
#: Elements of work per node from which the caller's thread looks whether all kernels of a plan
#: exist, the first time it is seen: lowering a node takes 0.15 ms, NumPy as long as that for 20 000
#: to 150 000 elements.
DENSE = 20_000
#: Plans that wait for such a look in the background; more are compiled when they pay.
ASKED = 64


class Plan:
    """The values of `roots`, as ``plan.run(leaves, numbers)``.

    A value of one dimension or more is a flat array, never written again; a 0-d value is a Python
    number. `parts` says what the roots are for, as (what, how many) pairs in their order, `records`
    how many records the title is of. A plan that is known to be run again (`again`) is compiled
    once it was."""

    def __init__(self, roots, title="", parts=(), again=False, records=None):
        self.roots, self._title, self.parts, self._again, self._records = (
            list(roots),
            title,
            parts,
            again,
            records,
        )
        self.names = ()  # of its kernels, once it is compiled
        if config.verify:
            from ..ir.verify import verify

            verify(*self.roots)
        self.run = self._cold
        self._runs, self._heat, self._size = 0, 0.0, None
        self._queued = None  # the compile queue this plan was put into
        self._lowered = self._program = self._compiled = None
        for made in _observers:
            made.append(self)

    @property
    def title(self):
        """What it is of, in words."""
        return (
            self._title
            if self._records is None
            else f"{self._title} of {counted(self._records, 'record')}"
        )

    # ------------------------------------------------------------------ tiers

    def _interpreter(self):
        program = self._program
        if program is None:
            program = self._program = interpreter(self.roots)
        elif type(program) is Walk and program.runs == OFTEN:
            program = self._program = Program(self.roots)
        return program

    def _reference(self, leaves, numbers, *limit):
        program = self._interpreter()
        if watch.active():
            return watch.by_numpy(self, program, leaves, numbers, *limit)
        return program(leaves, numbers, *limit)

    def _compiled_first(self, leaves, numbers):
        try:
            self.compile()
        except Exception as error:
            self._failed(error)
        return self.run(leaves, numbers)

    def _cold(self, leaves, numbers):
        mode = config.compile
        if mode != "never" and self._compiled is not None:
            self._use(self._compiled)
            return self.run(leaves, numbers)
        if mode == "always":
            if stats.kernels < APART or not _background.make(self):
                self.compile()
            return self.run(leaves, numbers)
        if mode == "never":
            return self._reference(leaves, numbers)
        self._runs += 1
        waiting, imported = (
            self._queued is _background,
            "jitgrad.runtime.numba.build" in sys.modules,
        )
        if self._runs == 1 and not imported and not watch.active():
            program = self._program = interpreter(self.roots)
            if type(program) is Walk:
                return program(
                    leaves, numbers
                )  # most are never seen again, and a look at the clock takes 5 us
        nodes, work = self._sizes()
        if (
            imported
            and not waiting
            and self._runs < 3
            and work > DENSE * nodes
            and self._taken_over()
        ):
            return self.run(leaves, numbers)
        start = time.thread_time()  # beside other jobs the wall clock counts their work, too
        try:
            out = self._reference(
                leaves, numbers, (SLOW if imported else SLOW_IMPORT) * (1 + nodes / PART)
            )
        except TooSlow:
            out = None
        if out is None:  # not in the handler, whose traceback holds what was begun
            return self._compiled_first(leaves, numbers)
        spent = time.thread_time() - start
        self._heat += spent
        _process.heat += spent
        if not waiting and self._runs > 1:
            if self._pays():
                self._queued = _background
                _background.add(self)
            elif self._runs == 2 and imported:
                _background.ask(self)
        return out

    def _pays(self):
        if self._again or self._heat > LONG_RUN * self._runs:
            return True
        return self._heat > HOT and (_imported() or _process.heat > HOT_PROCESS)

    def _sizes(self):
        """(nodes, elements of all arrays) of the graph."""
        if self._size is None:
            order = toposort(self.roots)
            self._size = len(order), sum([node.size for node in order if node.shape])
        return self._size

    def _taken_over(self):
        """Compiles the plan if every kernel exists already (an old program on a new shape); whether
        it did."""
        if not hasattr(sys.modules["jitgrad.runtime.numba.build"], "built"):
            return False  # it is being imported
        try:
            begun = watch.net()
            there = self.is_built()
            watch.tell("planned", watch.net() - begun, 0)
            if there:
                self.compile()
            return there
        except Exception as error:
            self._failed(error)
            return False

    def is_built(self):
        """Whether nothing would have to be compiled for it in this process. Lowers it."""
        from .assemble import joins
        from .numba import build

        lowered = self._lower()
        there = all(map(build.built, lowered.sources)) and all(
            [build.joins(*pair) for pair in joins(lowered)]
        )
        if not there:
            self._lowered = None
        return there

    def _lower(self):
        lowered = self._lowered
        if lowered is None:
            from ..compile import lower_graph

            lowered = self._lowered = lower_graph(self.roots)
        return (
            lowered  # not the attribute: another thread may have compiled meanwhile, and dropped it
        )

    def compile(self):
        """Compile now, in this thread; `run` is the compiled function afterwards."""
        begun = time.perf_counter()
        if not _process.ready:
            imported = _imported()
            aside(_import)
            if not imported:
                watch.built(None, Cost(time.perf_counter() - begun, COMPILED))
        from . import cache
        from .assemble import assemble

        begun = watch.net()
        lowered = self._lower()
        self.names = tuple(map(cache.key, lowered.sources))
        self._use(assemble(lowered))
        self._lowered = self._program = None  # larger than all the rest, and quickly made again
        watch.tell("planned", watch.net() - begun, 0)

    def _use(self, compiled):
        """From now on this function serves, or what stands for it while somebody watches."""
        with _made:
            _plans.add(self)
            self._compiled = compiled
            self.run = watch.watched(self) if watch.active() else compiled

    def _failed(self, error):
        with _made:
            _plans.add(self)
            self.run = self._reference
        warnings.warn(
            f"a plan {self.title!r} could not be compiled and stays with NumPy, which is slower: "
            f"{error}",
            JitgradWarning,
            stacklevel=2,
        )

    # ------------------------------------------------------------------ what it does

    def lowered(self):
        """Its steps and kernels, made anew: pure Python, nothing is compiled or kept."""
        from ..compile import lower_graph

        return lower_graph(self.roots)

    @property
    def kernels(self):
        """The kernels of the plan in order, each with `kind` and `source`; and `path`, the file of
        it."""
        from . import cache

        out = [k for k in self._lower().kernels if k.source]
        for kernel in out:
            kernel.path = cache.path_of(kernel.source)
        return out


_observers: list = []
#: Plans whose `run` may be something else than `_cold`, which asks for its tier each time.
_plans: WeakSet = WeakSet()
_made = lock()


def _start_anew(mode):
    """Every plan asks for its tier again."""
    with _made:
        plans = tuple(_plans)
    for plan in plans:
        plan.run = plan._cold


config.on_change("compile", _start_anew)


def _exchange(watching):
    """Compiled plans run by timed functions while somebody watches, and by their own when nobody
    does."""
    with _made:
        for plan in tuple(_plans):
            if watching and plan._compiled is not None and plan.run is plan._compiled:
                plan.run = watch.watched(plan)
            elif not watching and getattr(plan.run, "watched", False):
                plan.run = plan._compiled


watch.on_switch.append(_exchange)


@contextlib.contextmanager
def observed_plans():
    """Collects the plans that are made within, in order; a program seen before makes none.

    Examples
    --------
    >>> from jitgrad.runtime.plan import observed_plans
    >>> with observed_plans() as plans:
    ...     value = float(jitgrad.tensor([1.0, 2.0]).cosh().sum())
    >>> len(plans)
    1
    """
    made: list = []
    _observers.append(made)
    try:
        yield made
    finally:
        _observers.remove(made)


def _imported():
    """Whether numba is there, or is being imported."""
    return "jitgrad.runtime.numba.build" in sys.modules


class _Process:
    """Seconds the reference has cost in this process; whether what compiles is imported."""

    heat, ready = 0.0, False


_process = _Process()


def _import():
    """Imports what compiles: waiting for modules that are being imported is for no thread that gets
    signals, either."""
    for name in ("assemble", "cache", "launch", "numba.build"):
        importlib.import_module(f"jitgrad.runtime.{name}")
    _process.ready = True


@contextlib.contextmanager
def _lively():
    """Threads switch often within; put back if nobody else changed it. In "always" the caller waits
    anyway."""
    before = sys.getswitchinterval()
    if before <= SWITCH or config.compile == "always":
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


class _Background:
    """A daemon thread that compiles plans, started at the first one; after `ALONE` kernels a child
    process helps.

    Plans in `asked` are compiled if all their kernels exist, when none is in the `queue`.
    """

    def __init__(self):
        self.worker, self.made = Worker(), 0
        self.queue, self.asked = collections.deque(), collections.deque()
        self.lock = (
            threading.RLock()
        )  # held by ``with``, which no signal cuts; that of a condition is Python code
        self.changed = threading.Condition(self.lock)
        self.thread = self.busy = None
        self.stopping = self.held = False
        self.compiling = threading.Lock()

    def add(self, plan):
        self._put(self.queue, plan)

    def ask(self, plan):
        if len(self.asked) < ASKED:
            self._put(self.asked, plan)

    def make(self, plan):
        """Compiles the plan and waits for it; whether it was done. An interrupt ends the waiting
        only."""
        if threading.current_thread() is self.thread or self.stopping or not self.worker.usable:
            return False  # a finaliser may look at a value in this thread, too
        outcome = queue.SimpleQueue()
        self._put(self.queue, plan, outcome)
        error = outcome.get()
        if error is not None:
            raise error
        return plan._compiled is not None

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
                while not self.queue and not self.asked:
                    if not self.changed.wait(IDLE) and not self.queue:
                        self.worker.stop()
                function, waiting = (
                    (self.compile, self.queue) if self.queue else (self.look, self.asked)
                )
                plan, outcome = self.busy = waiting.popleft()
            failed = None
            try:
                function(plan)
            except Exception as error:
                failed = error
            if outcome is not None:
                outcome.put(failed)
            elif failed is not None:
                plan._failed(failed)
            del plan, outcome, failed
            with self.changed:
                self.busy = None
                self.changed.notify_all()

    def look(self, plan):
        """Compiles what needs no new kernel."""
        if plan._queued is None and plan._compiled is None and config.compile == "auto":
            with _lively():
                if plan.is_built() and not self.stopping:
                    self.compile(plan)

    def compile(self, plan):
        """One kernel after the other, so that leaving the process waits for one at most."""
        with _lively():
            lowered = plan._lower()
        kernels = {
            k.source: "scalar" if k.kind == "scalar" else "loop"
            for k in lowered.kernels
            if k.source
        }
        if self.made + _work(kernels) > ALONE and not _imported():
            self.worker.start()  # numba is imported there and here at the same time
        with _lively(), self.compiling:
            from . import cache
            from .numba import build
        new = [
            (kind, source)
            for source, kind in kernels.items()
            if not build.built(source) and not cache.has(source)
        ]
        self.made += _work(source for _, source in new)
        if self.made > ALONE:
            begun = time.perf_counter()
            for (_, source), _ in zip(new, self.worker.build(new)):
                now = time.perf_counter()
                stats.by_child[cache.key(source)], begun = now - begun, now
                if self.stopping:
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
                plan.run = plan._cold

    def wait(self):
        with self.changed:
            self.changed.wait_for(lambda: not (self.queue or self.asked or self.busy))

    def stop(self):
        """At exit: LLVM must not be running while the process is taken down."""
        self.stopping = True
        with contextlib.suppress(KeyboardInterrupt):  # who presses Ctrl-C now wants to leave
            self.worker.stop()
            self.compiling.acquire(timeout=10)


_background = _Background()
atexit.register(lambda: _background.stop())


def _before_fork():
    # The child must not inherit a compiler at work: its locks would stay locked for ever.
    _background.held = _background.compiling.acquire(timeout=10)


def _after_fork_in_parent():
    if _background.held:
        _background.compiling.release()


def _after_fork_in_child():
    global _background
    _background.worker.abandon()
    _background = _Background()


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


def synchronize() -> None:
    """Wait until nothing is being compiled in the background.

    Examples
    --------
    >>> jitgrad.synchronize()
    """
    _background.wait()
