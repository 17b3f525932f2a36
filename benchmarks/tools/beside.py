"""The workloads in jitgrad, NumPy, numba by hand and the peers that are installed, in turns, in one
run.

    python -m benchmarks.tools.beside     all workloads, 1e4 and 1e6 elements, float64, all threads
    python -m benchmarks.tools.beside chain norms --threads 1 --elements 1e6 --dtypes float32

Prints the median time of a call of value and gradient, and what the others take over it. Every
library's results are checked against NumPy in float64 first. `bench_beside` makes rows of asv from
the same figures.

Each library has a process of its own (`Worker`; `serve` is its other end), which is stopped when it
is not its turn: threads of OpenMP and BLAS spin for a while after their work, and a launch of
another library then waited 8 ms for a core. Start at `measure`.
"""

import argparse
import contextlib
import json
import math
import os
import signal
import statistics
import subprocess
import sys
from typing import NamedTuple

from benchmarks import common
from benchmarks.libraries import LIBRARIES, agree, installed
from benchmarks.workloads import WORKLOADS

ELEMENTS, DTYPES, THREADS = (10**4, 10**6), ("float64", "float32"), (1, 2)
#: Their numbers of threads are read when the libraries are imported.
VARIABLES = (
    "JITGRAD_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMEXPR_MAX_THREADS",
)


class Case(NamedTuple):
    workload: str
    elements: int
    dtype: str

    def prepared(self, library):
        """The library's step, checked and warm; None where the library has no such workload."""
        workload = WORKLOADS[self.workload]
        step = LIBRARIES[library][0](workload, workload.inputs(self.elements, self.dtype))
        if step is not None:
            want = workload.by_hand(*workload.inputs(self.elements, "float64"))
            for _ in range(3):  # the first is cold; kernels and plans are there afterwards
                agree(step(), want, self.dtype)
        return step


def serve(library):
    """A worker's end: reads a line ("case" or "run seconds"), answers with one."""
    out, sys.stdout = sys.stdout, sys.stderr  # what a library prints is no answer
    step = None
    for line in sys.stdin:
        what, *values = json.loads(line)
        try:
            if what == "case":
                step = None  # its arrays are freed first
                step = Case(*values).prepared(library)
                answer = step is not None
            else:
                answer = common.medians({library: step}, *values, rounds=1)[library]
        except Exception as error:  # one library's failure is a row, not the end of the others
            answer = f"{type(error).__name__}: {error}"
        print(json.dumps(answer), file=out, flush=True)


class Worker:
    """A process with one library and its number of threads, running only while it is asked
    something."""

    def __init__(self, library, threads):
        variables = dict.fromkeys(VARIABLES, str(threads))
        cores = (
            sorted(os.sched_getaffinity(0))[-threads:] if hasattr(os, "sched_getaffinity") else None
        )
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.tools.beside", "--serve", library],
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=common.environment(**variables),
            preexec_fn=None if cores is None else lambda: os.sched_setaffinity(0, cores),
        )

    def ask(self, *question):
        """The answer; a text that says so where the process has ended."""
        with contextlib.suppress(ProcessLookupError):
            self._signal("SIGCONT")
        try:
            self.process.stdin.write(json.dumps(question) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            return f"its process ended with {self.process.wait()}"
        self._signal("SIGSTOP")
        return json.loads(line)

    def _signal(self, name):
        if hasattr(signal, name):  # Windows has none; threads spin there
            self.process.send_signal(getattr(signal, name))

    def close(self):
        self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
        self.process.wait()


def measure(cases, threads, libraries=None):
    """[{library: median seconds}] of cases; a text in the place of the seconds where a library
    failed."""
    with contextlib.ExitStack() as stack:
        workers = {}
        for library in libraries or installed():
            workers[library] = Worker(library, threads)
            stack.callback(workers[library].close)
        return [_case(case, workers) for case in cases]


def _case(case, workers):
    ready = {library: worker.ask("case", *case) for library, worker in workers.items()}
    found = {library: [] for library, answer in ready.items() if answer is True}
    for _ in range(common.ROUNDS):
        for library, rounds in found.items():
            rounds.append(workers[library].ask("run", common.BUDGET / common.ROUNDS))
    failed = {library: answer for library, answer in ready.items() if isinstance(answer, str)}
    for library, rounds in found.items():
        texts = [answer for answer in rounds if isinstance(answer, str)]
        failed |= {library: texts[0]} if texts else {}
    times = {
        library: statistics.median(rounds)
        for library, rounds in found.items()
        if library not in failed
    }
    return {library: (times | failed)[library] for library in workers if library in times | failed}


def measure_all(workloads, elements, dtypes, threads):
    """{(workload, elements, dtype, threads): what `measure` gives}."""
    cases = [Case(name, n, dtype) for name in workloads for n in elements for dtype in dtypes]
    return {
        (*case, k): row for k in threads for case, row in zip(cases, measure(cases, k), strict=True)
    }


def table(rows):
    """The rows as text: microseconds of jitgrad, then how many times as long the others take."""
    libraries = list(dict.fromkeys(library for times in rows.values() for library in times))
    others = [library for library in libraries if library != "jitgrad"]
    yield f"{'workload, elements, dtype, threads':44}{'jitgrad':>12}" + "".join(
        f"{name:>10}" for name in others
    )
    for row, times in rows.items():
        own = times["jitgrad"]
        own = math.nan if isinstance(own, str) else own
        cells = [
            ""
            if (t := times.get(other)) is None
            else "failed"
            if isinstance(t, str)
            else f"{t / own:.2f} x"
            for other in others
        ]
        yield f"{' '.join(map(str, row)):44}{own * 1e6:9.1f} us" + "".join(
            f"{cell:>10}" for cell in cells
        )
    for row, times in rows.items():
        yield from (
            f"{row}: {library}: {text}" for library, text in times.items() if isinstance(text, str)
        )


def _whole(text):
    return int(float(text))


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.tools.beside", description=__doc__.split("\n")[0]
    )
    parser.add_argument("workloads", nargs="*", metavar="workload", help=", ".join(WORKLOADS))
    parser.add_argument(
        "--elements", nargs="+", type=_whole, default=ELEMENTS, help="sizes, such as 1e6"
    )
    parser.add_argument("--dtypes", nargs="+", choices=DTYPES, default=DTYPES[:1])
    parser.add_argument("--threads", nargs="+", type=int, default=[os.cpu_count()])
    parser.add_argument("--serve", choices=LIBRARIES, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.serve:
        return serve(options.serve)
    if unknown := set(options.workloads) - set(WORKLOADS):
        parser.error(f"got {', '.join(sorted(unknown))}, expected some of {', '.join(WORKLOADS)}")
    rows = measure_all(
        options.workloads or WORKLOADS, options.elements, options.dtypes, options.threads
    )
    print("\n".join(table(rows)))
    return int(any(isinstance(t, str) for times in rows.values() for t in times.values()))


if __name__ == "__main__":
    sys.exit(main())
