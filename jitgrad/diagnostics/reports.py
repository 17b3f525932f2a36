"""The figures of an explanation: `KernelReport` and `PlanReport`, made of a lowered plan and its
times by `report`.

What the figures mean stands with the attributes; bytes and flops come from `jitgrad.compile.work`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..base.config import config
from ..compile import LEAFLIKE, MOVEMENT, Lowered, flat_base, least, parts_of, work_of
from ..control import LOOP
from ..ir import toposort
from ..ir.printer import named, statement, typed
from ..runtime.launch import get_num_threads
from ..runtime.plan import Plan
from ..runtime.stats import stats
from ..runtime.watch import Piece
from .loop_reports import LoopReport, loop_report


@dataclass(frozen=True)
class ArrayReport:
    """An array that a kernel reads or keeps.

    Attributes
    ----------
    name : str
        The program's, where it has one at module level or as an argument; else that of the listing.
    operation : str
        What made it; "" for an input.
    type : str
        dtype and shape.
    bytes : int
        What is read or written of it.
    why : str
        Where it comes from, or what it is kept for.
    """

    name: str
    operation: str
    type: str
    bytes: int
    why: str


@dataclass(frozen=True)
class KernelReport:
    """A kernel of a plan, or a step of it that NumPy runs.

    Attributes
    ----------
    number : int
        Its place in the plan, from 1.
    name : str
        That of its file; the same in `jitgrad.profile`.
    kind : str
        The form of its loops, "scalar" for one of numbers, "scalars" for one beside
        kernels with loops, "call" for a step by NumPy.
    operations : tuple of str
        What it computes, in order: the names of the operations.
    again : tuple of str
        Those of them that another kernel of the plan computes, too, since that is cheaper than to
        keep the values.
    listing : tuple of str
        The same as statements, with the operations that only rearrange.
    reads, keeps : tuple of ArrayReport
        The arrays it reads, and those it writes.
    loops : tuple of int
        The lengths of the loops.
    bytes_read, bytes_written : int
        Each array once, and of it what is needed.
    flops : int
        Roughly.
    seconds : float or None
        The median of a few runs, or None where it was not timed.
    gbs : float or None
        1e9 bytes per second.
    chunks, threads : int
        How a launch is cut, and the threads that ran it; chunks are 0 for one in one piece.
    compile_seconds : float
        What compiling or loading it took in this process.
    origin : str
        "compiled", "loaded" (from the disk cache), "compiled by a child process", or "" for what is
        no kernel as yet.
    path : str or None
        The file of its source.
    source : str or None
        Its source.
    loop : LoopReport or None
        Of a step that is a loop of turns: how many there are, what each saves.
    """

    number: int
    name: str
    kind: str
    operations: tuple[str, ...]
    again: tuple[str, ...]
    listing: tuple[str, ...]
    reads: tuple[ArrayReport, ...]
    keeps: tuple[ArrayReport, ...]
    loops: tuple[int, ...]
    bytes_read: int
    bytes_written: int
    flops: int
    seconds: float | None
    gbs: float | None
    chunks: int
    threads: int
    compile_seconds: float
    origin: str
    path: str | None
    source: str | None
    loop: LoopReport | None = None


@dataclass(frozen=True)
class PlanReport:
    """What ran as one piece.

    Attributes
    ----------
    title : str
        What it is.
    kernels : list of KernelReport
        Its kernels, and the steps that NumPy runs, in order.
    calls : int
        How often it ran.
    compiled : bool or None
        Whether its first run was by kernels (else by NumPy); None for what ran before.
    first_seconds : float or None
        The time of that run.
    bytes_moved, bytes_least : int
        What its kernels read and write, and what none could do without: what is needed of the
        inputs, and the results.
    flops : int
        Roughly.
    seconds : float or None
        The median of a few runs; by NumPy where kernels are not compiled.
    problem : str
        Why there are no times, if there are none.
    groups : list of tuple of int
        The numbers of the first and the last kernel of those that run in one call from Python,
        which takes longer than a small kernel; clocks around kernels take them apart.
    """

    title: str
    kernels: list[KernelReport]
    calls: int
    compiled: bool | None
    first_seconds: float | None
    bytes_moved: int
    bytes_least: int
    flops: int
    seconds: float | None
    problem: str
    groups: list[tuple[int, int]]

    @property
    def times_of_kernels(self) -> bool:
        """Whether the kernels were timed, each."""
        return any(kernel.seconds is not None for kernel in self.kernels)


@dataclass
class CaughtPlan:
    """A plan that ran, and its first run.

    Attributes
    ----------
    leaves, numbers : list or None
        What that run read; None where that is gone.
    out : list
        Its results.
    compiled : bool or None
        Whether it was by kernels; None where that is not known.
    seconds : float or None
        What it took.
    calls : int
        How often the plan ran.
    """

    plan: Plan
    leaves: Sequence[Any] | None = None
    numbers: Sequence[Any] | None = None
    out: Sequence[Any] = ()
    compiled: bool | None = None
    seconds: float | None = None
    calls: int = 0


@dataclass(frozen=True)
class Times:
    """What runs of a plan took that were made to time it.

    Attributes
    ----------
    whole : list of float
        Seconds of each run.
    kernels : dict of lists of (float, bool)
        Seconds of each run of a kernel, by its number, and whether it was parallel.
    problem : str
        Why there are none, if there are none.
    """

    whole: Sequence[float] = ()
    kernels: Mapping[int, Sequence[tuple[float, bool]]] = field(default_factory=dict)
    problem: str = ""


class _Values:
    """Names of the values of a plan, and who makes and reads them."""

    def __init__(self, plan, lowered, labels, works):
        self.steps, roots = lowered.steps, lowered.fusion.roots
        self.order, self.costs = toposort(roots), lowered.fusion.cost
        self.names = {**named(self.order), **labels}
        self.names.update((flat_base(node), name) for node, name in labels.items())
        self.made = {node: k for k, step in enumerate(self.steps) for node in step.nodes}
        purposes = [what for what, n in plan.parts for _ in range(n)] or ["result"] * len(roots)
        self.purposes = _grouped(zip(map(flat_base, roots), purposes, strict=True))
        self.readers = _grouped(
            (node, k)
            for k, (work, kernel) in enumerate(zip(works, lowered.kernels, strict=True))
            for node in _read_by(work, kernel)
        )
        self.computed = _grouped(
            (node, k)
            for k, step in enumerate(self.steps)
            for node in dict.fromkeys(node for *_, node, _ in step.values)
        )

    def source_of(self, node):
        base = flat_base(node)
        return f"kernel {self.made[base] + 1}" if base in self.made else "input"

    def purpose(self, node):
        """Why a value is kept."""
        readers = [str(k + 1) for k in self.readers.get(node, ()) if k != self.made.get(node)]
        parts = list(dict.fromkeys(self.purposes.get(node, ())))
        called = any(self.steps[int(k) - 1].kind == "call" for k in readers)
        dear = node.op.kind == "elementwise" and not parts and not called
        dear = f", {self.costs[node]} flops to compute again" if dear else ""
        parts += (
            [f"for kernel{'s' * (len(readers) > 1)} {', '.join(readers)}{dear}"] if readers else []
        )
        return ", ".join(parts) or "passed on"


def _grouped(pairs):
    """A dict of the lists of what is paired with each key."""
    out: dict = {}
    for key, value in pairs:
        out.setdefault(key, []).append(value)
    return out


def _read_by(work, kernel):
    """The values that a kernel reads, each once: arrays, and numbers that it is passed."""
    numbers = [
        what[0] if kind in ("item", "part") else what
        for kind, what in kernel.dynamic
        if kind in ("item", "number", "part")
    ]
    return dict.fromkeys(map(flat_base, [*(node for node, _ in work.reads), *numbers]))


def report(caught: CaughtPlan, lowered: Lowered, labels: dict, times: Times) -> PlanReport:
    """The `PlanReport`; `labels` are names of values that the program has."""
    works = work_of(lowered)
    values = _Values(caught.plan, lowered, labels, works)
    kernels = [
        _kernel(k, step, kernel, works[k], values, times.kernels.get(k, ()))
        for k, (step, kernel) in enumerate(zip(lowered.steps, lowered.kernels, strict=True))
        if kernel.source or kernel.kind == "call"
    ]
    return PlanReport(
        title=caught.plan.title,
        kernels=kernels,
        calls=caught.calls,
        compiled=caught.compiled,
        first_seconds=caught.seconds,
        bytes_moved=sum(w.bytes_read + w.bytes_written for w in works),
        bytes_least=least(lowered),
        flops=sum(w.flops for w in works),
        seconds=float(np.median(times.whole)) if times.whole else None,
        problem=times.problem,
        groups=[(start + 1, stop) for start, stop in lowered.groups],
    )


def _kernel(k, step, kernel, work, values, times):
    piece = Piece(k, kernel, work)
    cost = stats.costs.get(piece.name)
    seconds = float(np.median([spent for spent, _ in times])) if times else None
    nodes = _computed_by(step, values)
    names, operations = values.names, [n for n in nodes if n.op.kind not in MOVEMENT]
    return KernelReport(
        number=k + 1,
        name=piece.name,
        kind=kernel.kind,
        operations=tuple([node.op.name for node in operations]),
        again=tuple([node.op.name for node in operations if _is_repeated(node, values)]),
        listing=tuple([statement(names[n], n, [names[s] for s in n.src]) for n in nodes]),
        reads=tuple([_array(n, size, values, values.source_of(n)) for n, size in work.reads]),
        keeps=tuple(_keeps(k, step, kernel, work, values)),
        loops=tuple(step.sizes),
        bytes_read=work.bytes_read,
        bytes_written=work.bytes_written,
        flops=work.flops,
        seconds=seconds,
        gbs=(work.bytes_read + work.bytes_written) / seconds / 1e9 if seconds else None,
        chunks=kernel.units.chunks if kernel.source and kernel.kind != "scalar" else 0,
        threads=get_num_threads() if any(parallel for _, parallel in times) else 1,
        compile_seconds=cost.seconds if cost else 0.0,
        origin=cost.how if cost else "",
        path=_path(kernel.source) if kernel.source and cost else None,
        source=kernel.source,
        loop=_loop(step, kernel, values),
    )


def _loop(step, kernel, values):
    """The `LoopReport` of a step that is a loop, or None."""
    loops = [node for node in step.nodes if node.op is LOOP]
    if not loops:
        return None
    if kernel.source:
        way = "in one kernel"
    elif config.compile == "never":
        way = "by NumPy"
    else:
        way = "its kernels by a driver" if kernel.turn.driven else "run from Python"
    return loop_report(loops[0], values.order, values.names, way)


def _computed_by(step, values):
    """The nodes that a step computes, in the order of the listing."""
    inside = {node for *_, node, _ in step.values}.union(step.nodes)
    return [node for node in values.order if node in inside and node.op.kind not in LEAFLIKE]


def _is_repeated(node, values):
    """Whether several steps compute a value, which is kept nowhere."""
    return node not in values.made and len({values.steps[i] for i in values.computed[node]}) > 1


def _path(source):
    from ..runtime.cache import path_of

    return path_of(source)


def _array(node, size, values, why):
    base = flat_base(node)
    operation = "" if base.op.kind in LEAFLIKE else base.op.name
    return ArrayReport(values.names[base], operation, typed(node), size, why)


def _keeps(k, step, kernel, work, values):
    """What is written, and the numbers that are computed, each with its purpose."""
    sizes = dict(work.writes)
    for part in kernel.totals:
        n, why = (
            parts_of(kernel.units),
            f"totals of its blocks, for kernel {values.made[part.node] + 1}",
        )
        name = values.names[flat_base(part.node)]
        yield ArrayReport(name, part.op.name, f"{part.dtype}[{n}]", n * part.dtype.itemsize, why)
    for node in step.nodes:
        if node in sizes or (not node.ndim and values.made[node] == k):
            yield _array(node, sizes.get(node, node.dtype.itemsize), values, values.purpose(node))
