"""``python -m benchmarks.tools.performance --write``: measures, and writes `docs/performance.md`.

Without ``--write`` the page is printed. It takes some minutes, and wants a machine that does
nothing else: the page says what the load was. Each table has its own command, for more of the same.
All that is compared is measured in one run, in turns. Start at `SECTIONS`.
"""

import argparse
import importlib.metadata
import json
import math
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from jitgrad.base.units import digits, seconds

from .. import common
from ..asv.bench_import import FirstGradient, Import
from ..loops import LOOPS
from . import beside, first_call
from .loops import installed as installed_ways
from .memory import PEAK_FROM_HERE

ROOT = pathlib.Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "performance.md"
#: The load before the first measurement from which the page says that the machine was busy.
IDLE = 0.5
PACKAGES = ("numpy", "numba", "llvmlite", "torch", "jax", "autograd", "numexpr")

INTRODUCTION = """\
Written by `{command}`; do not edit.
A figure is the median of rounds in turns. The [decisions](decisions/README.md) have what single
changes brought, and [how figures are taken](decisions/how-figures-are-taken.md) says why it is done
so.
"""

BUSY = """\
**The machine was busy while this was measured**, so that no figure here can be relied on: libraries
that wait for all their threads lose most by it. Run the command again on a machine that does
nothing else.
"""


@dataclass(frozen=True)
class Sizes:
    """How much is measured; tests take little."""

    workloads: tuple = (
        *("sumsq", "chain", "normalised_rows", "softmax", "cumsum_along", "rosenbrock"),
        *("rosenbrock_hvp", "logistic"),
    )
    elements: tuple = (10**4, 10**6)
    libraries: tuple = ()
    loops: tuple = tuple(LOOPS)
    loop_turns: int | None = None
    threads: tuple = (1, os.cpu_count() or 1)
    calls: tuple = (("sum_of_squares", 1000), ("chain", 100), ("rosenbrock", 1000))
    programs: tuple = ("dot", "chain", "rosenbrock", "logistic", "writes")
    first: tuple = (10, 10**3, 10**5, 10**6)
    processes: int = 3
    records: tuple = (50, 200)
    memory: tuple = ("chain", "normalised_rows", "logistic")
    memory_elements: int = 4 * 10**6


class Table(NamedTuple):
    """A table of the page: what it says, the command that measures it alone, and its rows."""

    text: str
    command: str
    header: tuple
    rows: list

    def lines(self):
        yield from (*textwrap.wrap(self.text, 100), "", f"    {self.command}", "")
        for row in (self.header, ("---",) * len(self.header), *self.rows):
            yield f"| {' | '.join(row)} |"


def beside_others(sizes):
    """Workloads in all libraries, for each number of threads."""
    libraries = list(sizes.libraries or beside.installed())
    others = [name for name in libraries if name != "jitgrad"]
    for threads in dict.fromkeys(sizes.threads):
        cases = [
            beside.Case(name, n, "float64") for n in sizes.elements for name in sizes.workloads
        ]
        found = beside.measure(cases, threads, libraries)
        rows = [
            (case.workload, _count(case.elements), *_compared(times, others))
            for case, times in zip(cases, found, strict=True)
        ]
        yield Table(
            f"Value and gradient in float64, threads: {threads}. The time of jitgrad, and how many "
            "times as long the others take; `numba` are kernels by hand, JAX is compiled, PyTorch "
            "and jitgrad are eager.",
            f"python -m benchmarks.tools.beside --threads {threads}",
            ("workload", "elements", "jitgrad", *others),
            rows,
        )


def _compared(times, others):
    own = times["jitgrad"]
    if isinstance(own, str):
        return ("failed", *["" for _ in others])
    cells = [times.get(name) for name in others]
    return (
        seconds(own),
        *["" if t is None else "failed" if isinstance(t, str) else digits(t / own) for t in cells],
    )


def loops(sizes):
    """Programs that are loops over a state."""
    one = dict.fromkeys(beside.VARIABLES, "1")
    turns = [] if sizes.loop_turns is None else ["--turns", str(sizes.loop_turns)]
    rounds = ["--rounds", str(common.ROUNDS), "--seconds", str(common.BUDGET / common.ROUNDS)]
    rows, others = [], ["numpy", *[way for way in ("torch", "jax") if way in installed_ways()]]
    for name in sizes.loops:
        asked = "-m", "benchmarks.tools.loops", "--json", name, *turns, *rounds
        count, found = common.child(*asked, **one)[1][name]
        times = {way: median for way, (_, median) in found.items()}
        ways = ("eager", "jit", "scan")
        own = [seconds(times[way]) if way in times else "" for way in ways]
        cells = [seconds(times[way]) if way in times else "" for way in others]
        rows.append((name, _count(count), *own, *cells))
    yield Table(
        "Value and gradient of loops over a state in float64, one thread: an ordinary loop, eager "
        "and through `jit`, and the same by `scan` in `jit`. NumPy computes the value alone, as "
        "does JAX for `newton`, which looks at values; PyTorch is eager, JAX is compiled.",
        "python -m benchmarks.tools.loops",
        ("program", "turns", "eager", "`jit`", "`scan`", *others),
        rows,
    )


def small_work(sizes):
    """What recording and calls through `jit` take, measured in a process of its own."""
    calls = [f"{name}:{n}" for name, n in sizes.calls]
    found = common.child("-m", "benchmarks.tools.performance", "--small", *calls)[1]
    yield Table(
        "Where the time of one recorded operation goes.",
        "python -m benchmarks.tools.record_parts",
        ("part", "time"),
        [(part, seconds(took)) for part, took in found["parts"].items()],
    )
    yield Table(
        "Calls of value and gradient through `jit`, without it, and by hand in numba, which writes "
        "into arrays made beforehand.",
        "python -m benchmarks.asv.bench_jit",
        ("function", "elements", "`jit`", "eager", "by hand"),
        [(name, _count(n), *map(seconds, times)) for name, n, times in found["calls"]],
    )


def small(calls):
    """Prints what `small_work` asks for, as JSON."""
    from ..asv import bench_jit
    from . import record_parts

    found = {"parts": record_parts.measured(), "calls": []}
    for call in calls:
        name, n = call.split(":")
        *steps, _ = bench_jit.steps(name, int(n))
        rounds = bench_jit.interleaved(steps, rounds=21)
        found["calls"].append([name, int(n), [t / 1e6 for t in rounds]])
    print(json.dumps(found))


def new_processes(sizes):
    """Imports, first gradients and first calls."""
    first = FirstGradient()
    yield Table(
        "From the start of Python to the first gradient, and what importing NumPy and jitgrad "
        "takes over importing NumPy alone.",
        "asv run -E existing --bench bench_import",
        ("what", "figure"),
        [
            ("first gradient, by NumPy", seconds(first.track_by_numpy())),
            ("by kernels from the disk", seconds(first.track_from_the_disk_cache())),
            ("by kernels that are compiled", seconds(first.track_compiled())),
            ("imports, over that of NumPy", digits(Import().track_import_over_numpy())),
        ],
    )
    yield Table(
        "The first call of value and gradient in a new process, over the same by hand in NumPy.",
        "python -m benchmarks.tools.first_call",
        ("program", *[f"{_count(n)} elements" for n in sizes.first]),
        [(name, *_first_calls(name, sizes)) for name in sizes.programs],
    )


def _first_calls(name, sizes):
    for n in sizes.first:
        if n > first_call.PROGRAMS[name].most:
            yield ""
            continue
        runs = {"numpy": [], "jitgrad": []}
        for _ in range(sizes.processes):
            for library, found in runs.items():
                with tempfile.TemporaryDirectory() as folder:
                    found.append(first_call.measured(library, name, n, folder)[0][0])
        hand, own = (statistics.median(found) for found in runs.values())
        yield digits(own / hand)


def compiling(sizes):
    """What it takes to compile programs of more and more records."""
    with tempfile.TemporaryDirectory() as folder:
        found = common.child(
            "-m", "benchmarks.asv.bench_compile", *map(str, sizes.records), JITGRAD_CACHE_DIR=folder
        )[1]
    yield Table(
        "From the first call of a chain of elementwise records to its result, with an empty cache; "
        "a fifth of the records are sines.",
        "python -m benchmarks.asv.bench_compile",
        ("records, of what", "time", "kernels"),
        [(what, seconds(took), str(kernels)) for what, (took, kernels) in found.items()],
    )


def memory(sizes):
    """Peaks of memory, where the system tells them."""
    if not os.path.exists(PEAK_FROM_HERE):
        return
    rows = []
    for name in sizes.memory:
        peaks = [
            common.child(
                "-m", "benchmarks.tools.memory", library, name, str(sizes.memory_elements)
            )[1]
            for library in ("jitgrad", "numpy")
        ]
        rows.append((name, *map(digits, peaks)))
    yield Table(
        "The peak of memory of value and gradient, over the inputs and the gradients.",
        "python -m benchmarks.tools.memory jitgrad chain 4e6",
        ("workload", "jitgrad", "NumPy by hand"),
        rows,
    )


#: Title -> what measures the tables under it.
SECTIONS: dict[str, Callable] = {
    "Beside other libraries": beside_others,
    "Loops": loops,
    "Small work": small_work,
    "New processes": new_processes,
    "Compiling": compiling,
    "Memory": memory,
}


def _version(package):
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _commit():
    """The commit that is measured, and whether there are changes beside it."""
    try:
        git = ["git", "-C", str(ROOT)]
        name = subprocess.run(
            [*git, "rev-parse", "--short", "HEAD"], check=True, capture_output=True, text=True
        ).stdout.strip()
        changed = subprocess.run([*git, "diff", "--quiet", "HEAD", "--", "jitgrad"]).returncode
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return name + (", with changes" if changed else "")


def _load():
    """How many processes run or wait for a processor, on the average of the last minute."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else math.nan


def _count(n):
    """10 000: an integer with its thousands apart."""
    return f"{n:,}".replace(",", " ")


def machine():
    """Rows of what was measured, and on what."""
    from jitgrad.cli.info import cpu

    name, features = cpu()
    versions = [f"{p} {v}" for p in PACKAGES if (v := _version(p)) is not None]
    yield "date", time.strftime("%Y-%m-%d")
    yield "commit", _commit()
    yield "processor", f"{name} ({', '.join(features)}), {os.cpu_count()} cores"
    yield "system", platform.platform(terse=True)
    yield "versions", f"Python {platform.python_version()}, {', '.join(versions)}"


def page(sizes, command):
    """The page as text, measured now."""
    before, about = _load(), list(machine())  # before others commit, or change files
    sections = {title: list(measure(sizes)) for title, measure in SECTIONS.items()}
    about.append(("load before and after", f"{before:.1f}, {_load():.1f}"))
    lines = ["# Performance", "", INTRODUCTION.format(command=command)]
    lines += [BUSY] if before > IDLE else []
    lines += ["| | |", "| --- | --- |"]
    lines += [f"| {what} | {text} |" for what, text in about]
    for title, tables in sections.items():
        lines += ["", f"## {title}"]
        for k, table in enumerate(tables):
            lines += [*([""] if k else []), *table.lines()]
    return "\n".join(lines) + "\n"


def main(arguments=None, sizes=None):
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.tools.performance", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    parser.add_argument("--small", nargs="*", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.small is not None:
        return small(options.small)
    text = page(sizes or Sizes(), "python -m benchmarks.tools.performance --write")
    if options.write:
        PAGE.write_text(text)
    else:
        sys.stdout.write(text)
    return None


if __name__ == "__main__":
    main()
