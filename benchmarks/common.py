"""What the benchmarks share: warm kernels, and medians of interleaved runs."""

import statistics
import time

import jitgrad

#: The way of compiling that is measured: kernels, all of them made before the clock starts.
COMPILE = "always"


def warm(step):
    """Runs `step` until its kernels are there, so that the clock sees none being made."""
    jitgrad.config.compile = COMPILE
    for _ in range(3):
        step()


def seconds(step):
    """Seconds of one call."""
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


def ratio(step, other, budget=0.2):
    """Median time of `step` over that of `other`, called in turns for about `budget` seconds each."""
    times, others, stop = [], [], time.perf_counter() + 2 * budget
    while len(times) < 3 or (time.perf_counter() < stop and len(times) < 1000):
        times.append(seconds(step))
        others.append(seconds(other))
    return statistics.median(times) / statistics.median(others)
