"""What the benchmarks share: warm kernels, medians of runs in turns, and processes of their own.

asv calls `setup` before every single call that it times; `Prepared` makes the inputs and kernels
once.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

#: The way of compiling that is measured, also in children: kernels, all of them made before the
#: clock starts.
COMPILE = "always"
#: Seconds, and runs at least, of what warms up: asv's quick mode times a single call, and a new
#: process runs its first ones slower (Python specialises code that it has seen some times, caches
#: and the processor's clock are cold).
WARM, RUNS = 0.01, 3
#: Turns that `medians` gives each of the things it compares, and seconds for all turns of one.
ROUNDS, BUDGET = 7, 0.1


class Prepared:
    """A benchmark with `prepare(*params)` for a `setup`. The first run of a process warms up, so
    asv need not."""

    warmup_time = 0
    repeat = (5, 100, 0.5)
    rounds = 2
    prepared = None

    def setup(self, *params):
        if self.prepared != params:
            self.prepare(*params)
            self.prepared = params


def warm(step):
    """Runs `step` until its kernels are there, so that the clock sees none being made, and it is as
    fast as it gets."""
    import jitgrad

    jitgrad.config.compile = COMPILE
    runs, stop = 0, time.perf_counter() + WARM
    while runs < RUNS or time.perf_counter() < stop:
        step()
        runs += 1


def seconds(step):
    """Seconds of one call."""
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


def medians(steps, budget=None, rounds=None):
    """{name: median seconds of a call} of {name: step}: rounds in turns, about `budget` seconds
    each in all.

    In its turn a step is called again and again, so that small work finds its own code and data in
    the caches, as in a program that does nothing else; a round counts as its median."""
    rounds = rounds or ROUNDS
    part = (BUDGET if budget is None else budget) / rounds
    found = {name: [] for name in steps}
    for _ in range(rounds):
        for name, step in steps.items():
            times, stop = [seconds(step)], time.perf_counter() + part
            while time.perf_counter() < stop:
                times.append(seconds(step))
            found[name].append(statistics.median(times))
    return {name: statistics.median(times) for name, times in found.items()}


def ratio(step, other):
    """Median time of `step` over that of `other`, from rounds in turns."""
    times = medians({"step": step, "other": other})
    return times["step"] / times["other"]


def environment(**more):
    """The environment of a child that finds the package under test and these benchmarks."""
    import jitgrad

    homes = pathlib.Path(jitgrad.__file__).parent.parent, pathlib.Path(__file__).parent.parent
    path = os.pathsep.join(filter(None, (*map(str, homes), os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path, "JITGRAD_COMPILE": COMPILE, **more}


def child(*arguments, timeout=300, **variables):
    """(seconds in all, what it printed last, from JSON) of a new process ``python arguments``."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *arguments],
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=timeout,
        stdin=subprocess.DEVNULL,
    )
    took = time.perf_counter() - start
    if done.returncode:
        raise RuntimeError(
            f"{' '.join(arguments)[:200]} ended with {done.returncode}:\n{done.stderr[-2000:]}"
        )
    return took, json.loads(done.stdout.strip().rpartition("\n")[2])
