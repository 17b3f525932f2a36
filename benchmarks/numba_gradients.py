"""Gradients of numba functions: the time of value and gradient over that of the function itself.

    python benchmarks/numba_gradients.py             # all fifteen programs, and the geometric mean
    python benchmarks/numba_gradients.py heat_swap dtw

Both are run alternately in one process, and the least processor time of each counts: one thread,
float64. The programs are those of tests/support/numba_workloads.py. Compile times are those of a
first call, with an empty cache folder.
"""

import math
import pathlib
import sys
import time

import numba
import numpy as np

import jitgrad

SECONDS = 1.5
WRITTEN = ("heat_inplace", "thomas_inplace")


def first(f, *args):
    start = time.perf_counter()
    f(*args)
    return time.perf_counter() - start


def least(functions, seconds=SECONDS):
    """The least processor time of each function, called in turn."""
    times = [[] for _ in functions]
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times[0]) < 5:
        for f, seen in zip(functions, times, strict=True):
            start = time.thread_time()
            f()
            seen.append(time.thread_time() - start)
    return [min(seen) for seen in times]


def measured(name, f, args):
    primal = numba.njit(error_model="numpy")(f)
    compiled = jitgrad.njit(error_model="numpy")(f)
    work = jitgrad.value_and_grad(compiled)
    fresh = [x.copy() if isinstance(x, np.ndarray) else x for x in args]

    def value():
        if name in WRITTEN:
            for x, y in zip(fresh, args, strict=True):
                if isinstance(x, np.ndarray):
                    x[...] = y
        return primal(*fresh)

    of_primal, of_gradient = first(value), first(work, *args)
    entry = compiled.gradients.derived("gradient", list(args))
    flat = [y for x in args for y in (x if isinstance(x, tuple) else (x,))]
    value_time, time_ = least([value, lambda: entry(*flat)])
    print(
        f"{name:15s} {value_time * 1e3:9.4f} ms {time_ * 1e3:9.4f} ms "
        f" ratio {time_ / value_time:5.2f}  first calls {of_primal:5.2f} s {of_gradient:5.2f} s",
        flush=True,
    )
    return time_ / value_time


def main():
    chosen = sys.argv[1:]
    print(f"{'program':15s} {'primal':>12s} {'gradient':>12s}")
    sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "tests" / "support"))
    from numba_workloads import make

    programs = make("big").items()
    ratios = [measured(n, f, a) for n, (f, a) in programs if not chosen or n in chosen]
    print(f"geometric mean {math.exp(np.mean(np.log(ratios))):.2f}")


if __name__ == "__main__":
    main()
