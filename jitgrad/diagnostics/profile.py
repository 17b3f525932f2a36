"""`profile`: what runs within a ``with`` block, kernel by kernel.

A `Profile` is a watcher (see `jitgrad.runtime.events`): it is told of every kernel of every plan,
of runs by NumPy, of plans made and of kernels built, and adds them up by the name of the kernel,
which is that of its file. Start at `Profile`.
"""

import threading
import time
from array import array
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any
from weakref import ref

import numpy as np

from ..base.errors import ArgumentError
from ..base.locks import lock
from ..base.units import digits, seconds, table
from ..compile import MOVEMENT
from ..ir.node import toposort
from ..ir.printer import counted, text
from ..runtime import events
from ..runtime.stats import LOADED, stats

if TYPE_CHECKING:
    from ..runtime.plan import Plan

#: Times that are kept of a kernel; of more, every second one is, then every fourth, and so on.
KEPT = 4096
#: Operations in the name of what NumPy ran.
WORDS = 3


@dataclass(frozen=True)
class KernelProfile:
    """What a `Profile` knows of a kernel, or of a plan that NumPy ran.

    Attributes
    ----------
    name : str
        That of the kernel's file; ``numpy_...`` for a step of a plan that is NumPy's, such as a
        matrix product, and ``by_numpy_...`` for a plan without kernels as yet.
    kind : str
        The form of its loops, "scalar" or "scalars" (numbers, alone and beside loops),
        "call" (a step by NumPy) or "numpy" (a plan by NumPy).
    calls : int
        How often it ran.
    numpy_runs : int
        How often NumPy ran a plan that it is part of, before it was compiled.
    seconds, median : float
        Of all calls, and of one.
    share : float
        `seconds` as a part of the time of the profile; the shares of several threads may add up to
        more than 1.
    bytes : int
        Read and written by all calls, each array once per call; 0 for a plan by NumPy.
    flops : int
        Of all calls, roughly.
    gbs : float
        Bytes per second, in units of 1e9.
    parallel : int
        How many of the calls used several threads.
    compile_seconds : float
        What compiling or loading it took within the profile.
    origin : str
        "compiled", "loaded" (from the disk cache), "compiled by a child process", or "" for what is
        no kernel.
    path : str or None
        The file of its source.
    """

    name: str
    kind: str
    calls: int
    numpy_runs: int
    seconds: float
    median: float
    share: float
    bytes: int
    flops: int
    gbs: float
    parallel: int
    compile_seconds: float
    origin: str
    path: str | None


@dataclass
class _Tally:
    """The sums of one row; `times` are those of every so many calls."""

    kind: str = ""
    path: str | None = None
    calls: int = 0
    parallel: int = 0
    bytes: int = 0
    flops: int = 0
    seconds: float = 0.0
    compiled: float = 0.0
    times: array = field(default_factory=lambda: array("d"))
    every: int = 1

    def add(self, seconds: float) -> None:
        if self.calls % self.every == 0:
            self.times.append(seconds)
            if len(self.times) == KEPT:
                self.times, self.every = self.times[::2], self.every * 2
        self.calls += 1
        self.seconds += seconds


@dataclass(frozen=True)
class _ColdPlan:
    """What NumPy ran, and the plan that it was, if that is there still."""

    tally: _Tally
    plan: "ref[Plan] | None"

    def kernels(self) -> tuple[str, ...]:
        """The names of the kernels that the plan has by now."""
        plan = self.plan and self.plan()
        return (plan and plan.names) or ()


class Profile(events.Watcher):
    """What ran, by kernel; made by `jitgrad.profile`, and complete when its block is left.

    Attributes
    ----------
    seconds : float
        The time of the block.
    kernels : list of KernelProfile
        The dearest first.
    kernel_seconds, numpy_seconds : float
        Of the thread that entered the block: in kernels, and in runs by NumPy of plans without
        kernels.
    planning_seconds : float
        Of the same thread: making plans. `plans` is how many all threads made.
    compile_seconds : float
        Of the same thread: waiting for the compiler. `background_seconds` is what other threads and
        the child spent.
    other_seconds : float
        Of the same thread, all else: recording, and the program itself.
    """

    def __init__(self) -> None:
        self._lock = lock()
        self._tallies: dict[str, _Tally] = {}
        self._cold: dict[tuple, _ColdPlan] = {}  # by their roots
        self._spent, self._thread = 0.0, 0
        self._begun: float | None = None
        self._sums = dict.fromkeys(
            ("kernel", "numpy", "planned", "built", "own", "background"), 0.0
        )
        self.plans = 0

    def __enter__(self) -> "Profile":
        if self._begun is not None:
            raise ArgumentError(
                "got a profile that runs already, expected one that does not; make another"
            )
        self._begun, self._thread = time.perf_counter(), threading.get_ident()
        events.start(self)
        return self

    def __exit__(self, *_: object) -> None:
        events.stop(self)
        self._spent, self._begun = self.seconds, None

    # --- what it is told --------------------------------------------------------------------------

    def _sum(self, name, value):
        if threading.get_ident() == self._thread:
            self._sums[name] += value

    def _tally(self, name, kind=""):
        out = self._tallies.get(name)
        if out is None:
            out = self._tallies[name] = _Tally(kind)
        out.kind = out.kind or kind
        return out

    def kernel(self, piece, seconds, parallel):
        with self._lock:
            tally = self._tally(piece.name, piece.kind)
            if tally.path is None and piece.source is not None:
                from ..runtime.cache import path_of

                tally.path = path_of(piece.source)
            tally.add(seconds)
            tally.parallel += parallel
            tally.bytes += piece.bytes
            tally.flops += piece.flops
            self._sum("kernel", seconds)

    def numpy(self, plan, roots, seconds):
        with self._lock:
            key = tuple(roots)
            if key not in self._cold:
                self._cold[key] = _ColdPlan(_Tally("numpy"), plan and ref(plan))
            self._cold[key].tally.add(seconds)
            self._sum("numpy", seconds)

    def planned(self, seconds, plans):
        with self._lock:
            self.plans += plans
            self._sum("planned", seconds)

    def built(self, name, cost):
        with self._lock:
            if name is not None:
                self._tally(name).compiled += cost.seconds
            mine = threading.get_ident() == self._thread
            self._sums["built" if mine else "background"] += cost.seconds

    def own(self, seconds):
        with self._lock:
            self._sum("own", seconds)

    # --- what it tells ----------------------------------------------------------------------------

    @property
    def seconds(self) -> float:
        return self._spent + (0.0 if self._begun is None else time.perf_counter() - self._begun)

    @property
    def kernel_seconds(self) -> float:
        return self._sums["kernel"]

    @property
    def numpy_seconds(self) -> float:
        return self._sums["numpy"]

    @property
    def planning_seconds(self) -> float:
        return self._sums["planned"]

    @property
    def compile_seconds(self) -> float:
        return self._sums["built"]

    @property
    def background_seconds(self) -> float:
        return self._sums["background"]

    @property
    def other_seconds(self) -> float:
        known = (
            self.kernel_seconds + self.numpy_seconds + self.planning_seconds + self.compile_seconds
        )
        return max(0.0, self.seconds - known - self._sums["own"])

    @property
    def kernels(self) -> list[KernelProfile]:
        with self._lock:
            rows = {**self._tallies, **{_name(r): cold.tally for r, cold in self._cold.items()}}
            by_numpy = dict.fromkeys(rows, 0)
            for cold in self._cold.values():
                for name in by_numpy.keys() & set(cold.kernels()):
                    by_numpy[name] += cold.tally.calls
            out = [self._row(name, tally, by_numpy[name]) for name, tally in rows.items()]
        return sorted(out, key=lambda row: (-row.seconds, row.name))

    def _row(self, name, tally, numpy_runs):
        cost = stats.costs.get(name)
        return KernelProfile(
            name=name,
            kind=tally.kind,
            calls=tally.calls,
            numpy_runs=numpy_runs,
            seconds=tally.seconds,
            median=float(np.median(tally.times)) if tally.times else 0.0,
            share=tally.seconds / self.seconds if self.seconds else 0.0,
            bytes=tally.bytes,
            flops=tally.flops,
            gbs=tally.bytes / tally.seconds / 1e9 if tally.seconds else 0.0,
            parallel=tally.parallel,
            compile_seconds=tally.compiled,
            origin=cost.how if cost else "",
            path=tally.path,
        )

    def to_dict(self) -> dict[str, Any]:
        """All figures as plain dictionaries, lists, numbers and text, which ``json.dumps`` takes.

        Examples
        --------
        >>> with jitgrad.profile() as p:
        ...     value = float(jitgrad.tensor([1.0, 2.0]).sum())
        >>> [k["calls"] for k in p.to_dict()["kernels"]]
        [1]
        """
        return {
            "seconds": self.seconds,
            "kernel_seconds": self.kernel_seconds,
            "numpy_seconds": self.numpy_seconds,
            "planning_seconds": self.planning_seconds,
            "compile_seconds": self.compile_seconds,
            "background_seconds": self.background_seconds,
            "other_seconds": self.other_seconds,
            "plans": self.plans,
            "kernels": [asdict(row) for row in self.kernels],
        }

    def __str__(self) -> str:
        return "\n".join([*self._times(), "", *self._table()])

    __repr__ = __str__

    def _times(self):
        parts = [
            ("kernels", self.kernel_seconds),
            ("NumPy, for what has no kernels yet", self.numpy_seconds),
            (f"making {counted(self.plans, 'plan')}", self.planning_seconds),
            ("waiting for the compiler", self.compile_seconds),
            ("recording, and all else", self.other_seconds),
        ]
        rows = [
            [f"  {name}", seconds(value), f"{value / (self.seconds or 1):.0%}"]
            for name, value in parts
            if value
        ]
        beside = (
            f"; {seconds(self.background_seconds)} of compiling beside it"
            if self.background_seconds
            else ""
        )
        return [
            f"profile of {seconds(self.seconds)}{beside}",
            *(table(rows, (1, 2)) if rows else ()),
        ]

    def _table(self):
        head = [
            "share",
            "total",
            "calls",
            "median",
            "GB/s",
            "parallel",
            "by NumPy",
            "compile",
            "kernel",
        ]
        rows = [_cells(row) for row in self.kernels]
        return table([head, *rows], range(8)) if rows else ["no kernel ran"]


def _cells(row):
    moved = digits(row.gbs) if row.bytes and row.calls else ""
    compiled = (
        f"{'disk ' * (row.origin == LOADED)}{seconds(row.compile_seconds)}"
        if row.compile_seconds
        else ""
    )
    return [
        f"{row.share:.0%}",
        seconds(row.seconds),
        str(row.calls),
        seconds(row.median),
        moved,
        str(row.parallel or ""),
        str(row.numpy_runs or ""),
        compiled,
        row.name,
    ]


def _name(roots):
    """The name of what NumPy ran: its first operations, and the hash of all."""
    import hashlib  # with OpenSSL, which takes 2 ms to load

    order = toposort(list(roots))
    names = dict.fromkeys(
        node.op.name for node in order if node.src and node.op.kind not in MOVEMENT
    )
    words = [
        *(list(names)[:WORDS] or ["nothing"]),
        hashlib.sha256(text(roots).encode()).hexdigest()[:12],
    ]
    return "_".join(["by_numpy", *words])


def profile() -> Profile:
    """Count and time every kernel that runs within a ``with`` block, in all threads.

    Looking slows a program down a little: about 1 µs per kernel, and the first run of each plan
    within takes some milliseconds more. Once the block is left nothing of it stays. What is
    recorded within and materialised later runs later: print it (or call ``backward()``) within.
    Blocks may be nested, and each counts all.

    Returns
    -------
    Profile
        Its text is a table; its attributes are the figures.

    Examples
    --------
    >>> x = jitgrad.ones(1000, requires_grad=True)
    >>> with jitgrad.profile() as p:
    ...     for _ in range(5):
    ...         (x * x).sum().backward()
    >>> sum(k.calls for k in p.kernels)
    5
    """
    return Profile()
