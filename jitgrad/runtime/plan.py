"""`Plan`: the roots of a graph made runnable, and by which tier.

A plan starts cold: it runs in the NumPy reference, nothing is lowered and numba is not imported.
When it has been seen again and enough time has gone into it, it is compiled on a background thread
(`background`), and its `run` attribute is replaced by the compiled function (see `assemble`). That
thread also looks whether the kernels of a plan that is seen again exist already. The caller's own
thread lowers or compiles only what NumPy would take as long for: large arrays (`DENSE`), and runs
that would take longer than compiling (`SLOW`). ``config.compile`` "always" compiles at the first
run and waits; "never" stays with NumPy. Start at `Plan`; `Plan._cold` is the policy.
"""

import contextlib
import time
import warnings
from weakref import WeakSet

from ..base import anomaly
from ..base.config import config
from ..base.errors import JitgradWarning
from ..base.locks import lock
from ..interpret.blocked import TooSlow
from ..interpret.program import OFTEN, Program, Walk, interpreter
from ..ir import toposort
from ..ir.printer import counted
from . import background, events, toolchain
from .aside import aside
from .stats import COMPILED, Cost, stats

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
#: Kernels that a thread which waits for them ("always") compiles by itself. Later ones are compiled
#: by that child, too: LLVM's passes keep 0.8 MiB of each kernel of 20 operations that they have
#: seen, in whichever process they ran.
APART = 16
#: Elements of work per node from which the caller's thread looks whether all kernels of a plan
#: exist, the first time it is seen: lowering a node takes 0.15 ms, NumPy as long as that for 20 000
#: to 150 000 elements.
DENSE = 20_000


class Plan:
    """The values of `roots`, as ``plan.run(leaves, numbers)``.

    A value of one dimension or more is a flat array, never written again; a 0-d value is a Python
    number. `parts` says what the roots are for, as (what, how many) pairs in their order, `records`
    how many records the title is of, and `recorded` up to which state. A plan that is known to be
    run again (`again`) is compiled once it was."""

    def __init__(self, roots, title="", parts=(), again=False, records=None, recorded=None):
        self.roots, self.parts, self.recorded = list(roots), parts, recorded
        self.origins = anomaly.here.origins if anomaly.looks() else None
        self._title, self._again, self._records = title, again, records
        self.names = ()  # of its kernels, once it is compiled
        if config.verify:
            from ..ir.verify import verify

            verify(*self.roots)
        self.run = self._cold
        self._runs, self._heat, self._size = 0, 0.0, None
        self.queue = None  # the `background.Background` that compiles it
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

    def _cold(self, leaves, numbers):
        """A run that asks for the tier: kernels where there are some, or where they are wanted at
        once; else NumPy, which hands over when that pays."""
        mode = config.compile
        if mode == "never" or anomaly.looks():
            return self._reference(leaves, numbers)
        compiled = self._compiled
        if compiled is not None:
            self._use(compiled)
        elif mode == "always":
            self._compile_and_wait()
        else:
            return self._undecided(leaves, numbers)
        return self.run(leaves, numbers)

    def _undecided(self, leaves, numbers):
        """A run in the mode "auto" of a plan that has no kernels.

        In this order: it runs as it stands if it is small and seen for the first time; its kernels
        are taken if they all exist; NumPy runs it, and the time is counted; and it is compiled at
        once where NumPy would take too long."""
        self._runs += 1
        if self._runs == 1 and not toolchain.has_begun() and not events.active():
            program = self._program = interpreter(self.roots)
            if type(program) is Walk:
                # Most are never seen again, and a look at the clock takes 5 us.
                return program(leaves, numbers)
        if self._is_worth_a_look() and self._taken_over():
            return self.run(leaves, numbers)
        out, spent = self._timed_reference(leaves, numbers)
        if out is None:
            return self._compiled_first(leaves, numbers)
        self._hand_over(spent)
        return out

    def _compile_and_wait(self):
        """Compiles the plan, in this thread or, after many kernels, in the background."""
        if stats.kernels < APART or not background.compiler.make(self):
            self.compile()

    def _is_worth_a_look(self):
        """Whether lowering the plan, to see which kernels it needs, takes no longer than a run by
        NumPy; a plan that waits, or that the background was asked for, is looked at there."""
        if self._runs > 2 or self._is_queued() or not toolchain.is_loaded():
            return False
        nodes, work = self._sizes()
        return work > DENSE * nodes

    def _timed_reference(self, leaves, numbers):
        """(the values by NumPy, the seconds of this thread), or (None, 0.0) if it takes so long
        that compiling comes first."""
        nodes, _ = self._sizes()
        limit = SLOW if toolchain.has_begun() else SLOW_IMPORT
        start = time.thread_time()  # beside other jobs the wall clock counts their work, too
        try:
            out = self._reference(leaves, numbers, limit * (1 + nodes / PART))
        except TooSlow:
            return None, 0.0  # what was begun dies with the traceback
        return out, time.thread_time() - start

    def _hand_over(self, spent):
        """Counts the seconds that NumPy took, and has the plan compiled in the background once that
        pays."""
        self._heat += spent
        _process.heat += spent
        if self._runs == 1 or self._is_queued():
            return
        if self._pays():
            self.queue = background.compiler
            background.compiler.add(self)
        elif self._runs == 2 and toolchain.has_begun():
            background.compiler.ask(self)

    def _is_queued(self):
        """Whether it waits to be compiled; not by the thread of a process that was forked."""
        return self.queue is background.compiler

    def _pays(self):
        if self._again or self._heat > LONG_RUN * self._runs:
            return True
        return self._heat > HOT and (toolchain.has_begun() or _process.heat > HOT_PROCESS)

    # ------------------------------------------------------------------ by NumPy

    def _interpreter(self):
        program = self._program
        if program is None:
            program = self._program = interpreter(self.roots)
        elif type(program) is Walk and program.runs == OFTEN:
            program = self._program = Program(self.roots)
        return program

    def _reference(self, leaves, numbers, *limit):
        program = self._interpreter()
        if not events.active():
            return program(leaves, numbers, *limit)
        begun = time.perf_counter()
        try:
            out = program(leaves, numbers, *limit)
        finally:  # one that is given up (`TooSlow`) took its time, too
            seconds = time.perf_counter() - begun
            events.by_numpy(self, self.roots, seconds)
        events.ran(self, leaves, numbers, out, False, seconds)
        return out

    def _sizes(self):
        """(nodes, elements of all arrays) of the graph."""
        if self._size is None:
            order = toposort(self.roots)
            self._size = len(order), sum([node.size for node in order if node.shape])
        return self._size

    # ------------------------------------------------------------------ by kernels

    def _compiled_first(self, leaves, numbers):
        try:
            self.compile()
        except Exception as error:
            self.stay_with_numpy(error)
        return self.run(leaves, numbers)

    def _taken_over(self):
        """Compiles the plan if every kernel exists already (an old program on a new shape); whether
        it did."""
        try:
            begun = events.net()
            there = self.is_built()
            events.planned(events.net() - begun, 0)
            if there:
                self.compile()
            return there
        except Exception as error:
            self.stay_with_numpy(error)
            return False

    def is_built(self):
        """Whether nothing would have to be compiled for it in this process. Lowers it."""
        from .assemble import joins

        build = toolchain.load()
        lowered = self.lower()
        there = all(map(build.built, lowered.sources)) and all(
            [build.joins(*pair) for pair in joins(lowered)]
        )
        if not there:
            self._lowered = None
        return there

    def lower(self):
        """Its steps and kernels, kept until it is compiled."""
        lowered = self._lowered
        if lowered is None:
            lowered = self._lowered = self.lowered()
        # Not the attribute: another thread may have compiled meanwhile, and dropped it.
        return lowered

    def compile(self):
        """Compile now, in this thread; `run` is the compiled function afterwards."""
        begun = time.perf_counter()
        if not toolchain.is_loaded():
            first = not toolchain.has_begun()
            aside(_import)
            if first:
                events.built(None, Cost(time.perf_counter() - begun, COMPILED))
        from . import cache
        from .assemble import assemble

        begun = events.net()
        lowered = self.lower()
        self.names = tuple(map(cache.key, lowered.sources))
        self._use(assemble(lowered).function)
        self._lowered = self._program = None  # larger than all the rest, and quickly made again
        events.planned(events.net() - begun, 0)

    @property
    def is_compiled(self):
        return self._compiled is not None

    def _use(self, compiled):
        """From now on this function serves, or what stands for it while somebody watches."""
        with _made:
            _plans.add(self)
            self._compiled = compiled
            self.run = _watched(self) if events.active() else compiled

    def stay_with_numpy(self, error):
        """It could not be compiled, for this `error`."""
        with _made:
            _plans.add(self)
            self.run = self._reference
        warnings.warn(
            f"a plan {self.title!r} could not be compiled and stays with NumPy, which is slower: "
            f"{error}",
            JitgradWarning,
            stacklevel=2,
        )

    def start_anew(self):
        """Its next run asks for the tier."""
        self.run = self._cold

    def forget(self):
        """It is compiled anew, when its next runs say so."""
        self._compiled = self.queue = None
        self.start_anew()

    def exchange(self, watching):
        """It is compiled: a timed function runs it while somebody watches, and its own when nobody
        does. One that NumPy serves stays with that."""
        if watching and self.run is self._compiled:
            self.run = _watched(self)
        elif not watching and self.run not in (self._cold, self._reference):
            self.run = self._compiled

    # ------------------------------------------------------------------ what it does

    def lowered(self):
        """Its steps and kernels, made anew: pure Python, nothing is compiled or kept."""
        from ..compile import lower_plan

        return lower_plan(self.roots)

    @property
    def kernels(self):
        """The kernels of the plan in order, each with `kind` and `source`."""
        return [k for k in self.lower().kernels if k.source]


_observers: list = []
#: Plans whose `run` may be something else than `_cold`, which asks for its tier each time.
_plans: WeakSet = WeakSet()
_made = lock()


def _start_anew(mode):
    """Every plan asks for its tier again."""
    with _made:
        plans = tuple(_plans)
    for plan in plans:
        plan.start_anew()


def _compile_anew(numba):
    """Every plan forgets what it was compiled to."""
    with _made:
        plans = tuple(_plans)
    for plan in plans:
        plan.forget()


config.on_change("compile", _start_anew)
config.on_change("numba", _compile_anew)


def _exchange(watching):
    with _made:
        for plan in tuple(_plans):
            if plan.is_compiled:
                plan.exchange(watching)


events.on_switch.append(_exchange)


def _watched(plan):
    from .watch import Watched

    return Watched(plan)


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


class _Process:
    """Seconds the reference has cost in this process."""

    __slots__ = ("heat",)

    def __init__(self) -> None:
        self.heat = 0.0


_process = _Process()


def _import():
    """Imports what compiles, in a thread that no signal cuts."""
    from . import assemble, cache  # noqa: F401

    toolchain.load()


def synchronize() -> None:
    """Wait until nothing is being compiled in the background.

    Examples
    --------
    >>> jitgrad.synchronize()
    """
    background.compiler.wait()
