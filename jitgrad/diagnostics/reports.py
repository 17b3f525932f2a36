"""The figures of an explanation: `KernelReport` and `PlanReport`, made of a lowered plan and its
times by `report`.

What the figures mean stands with the attributes; bytes and flops come from `jitgrad.compile.work`.
"""

from dataclasses import dataclass

import numpy as np

from ..compile import LEAFLIKE, MOVEMENT, flat_base, least, parts_of, work_of
from ..ir import toposort
from ..ir.printer import named, statement, typed
from ..runtime.launch import get_num_threads
from ..runtime.stats import stats
from ..runtime.watch import Piece


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
        The form of its loops, "scalar" for one of numbers, "call" for a step by NumPy.
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

    @property
    def times_of_kernels(self) -> bool:
        """Whether the kernels were timed, each."""
        return any(kernel.seconds is not None for kernel in self.kernels)


class _Values:
    """Names of the values of a plan, and who makes and reads them."""

    def __init__(self, plan, lowered, labels, works):
        self.steps, roots = lowered.steps, lowered.fusion.roots
        steps = self.steps
        self.order, self.costs = toposort(roots), lowered.fusion.cost
        self.names = {**named(self.order), **labels}
        self.names.update((flat_base(node), name) for node, name in labels.items())
        self.made = {node: k for k, step in enumerate(steps) for node in step.nodes}
        self.purposes: dict = {}
        purposes = [what for what, n in plan.parts for _ in range(n)] or ["result"] * len(roots)
        for root, what in zip(roots, purposes, strict=True):
            self.purposes.setdefault(flat_base(root), []).append(what)
        self.readers: dict = {}
        for k, work in enumerate(works):
            dynamic = lowered.kernels[k].dynamic
            numbers = [
                what[0] if kind == "item" else what
                for kind, what in dynamic
                if kind in ("item", "number")
            ]
            for node in dict.fromkeys(
                [*(flat_base(node) for node, _ in work.reads), *map(flat_base, numbers)]
            ):
                self.readers.setdefault(node, []).append(k)
        self.computed: dict = {}
        for k, step in enumerate(steps):
            for node in dict.fromkeys(node for *_, node, _ in step.values):
                self.computed.setdefault(node, []).append(k)

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


def report(plan, lowered, labels, times, calls, compiled, first, whole, problem):
    """The `PlanReport`; `labels` are names of values that the program has, `times` those of kernels
    by their number."""
    works = work_of(lowered)
    values = _Values(plan, lowered, labels, works)
    kernels = [
        _kernel(k, step, kernel, works[k], values, times.get(k, ()))
        for k, (step, kernel) in enumerate(zip(lowered.steps, lowered.kernels, strict=True))
        if kernel.source or kernel.kind == "call"
    ]
    return PlanReport(
        plan.title,
        kernels,
        calls,
        compiled,
        first,
        sum(w.bytes_read + w.bytes_written for w in works),
        least(lowered),
        sum(w.flops for w in works),
        float(np.median(whole)) if whole else None,
        problem,
    )


def _kernel(k, step, kernel, work, values, times):
    piece = Piece(k, kernel, work)
    inside = {node for *_, node, _ in step.values}.union(step.nodes)
    nodes = [node for node in values.order if node in inside and node.op.kind not in LEAFLIKE]
    operations = [node for node in nodes if node.op.kind not in MOVEMENT]
    again = [
        node
        for node in operations
        if node not in values.made and len({values.steps[i] for i in values.computed[node]}) > 1
    ]
    names = values.names
    cost = stats.costs.get(piece.name)
    spent = float(np.median([seconds for seconds, _ in times])) if times else None
    path = None
    if kernel.source:
        from ..runtime.cache import path_of

        path = path_of(kernel.source) if cost else None
    return KernelReport(
        k + 1, piece.name, kernel.kind,
        tuple([node.op.name for node in operations]),
        tuple([node.op.name for node in again]),
        tuple([statement(names[node], node, [names[s] for s in node.src]) for node in nodes]),
        tuple([_array(node, size, values, values.source_of(node)) for node, size in work.reads]),
        tuple(_keeps(k, step, kernel, work, values)),
        tuple(step.sizes),
        work.bytes_read, work.bytes_written, work.flops,
        spent, (work.bytes_read + work.bytes_written) / spent / 1e9 if spent else None,
        kernel.units.chunks if kernel.source and kernel.kind != "scalar" else 0,
        get_num_threads() if any(parallel for _, parallel in times) else 1,
        cost.seconds if cost else 0.0, cost.how if cost else "",
        path, kernel.source,
    )  # fmt: skip


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
