"""``python -m benchmarks.tools.vmath_table``: nanoseconds an element, and the largest error met,
for each function and dtype.

The time is a quantile of interleaved runs over an array that stays in the cache; the error is that
of `vmath_points`, which needs mpmath.
"""

import argparse
import time

import numpy as np

from benchmarks.asv.bench_vmath import DTYPES, NAMES, N, by_numpy, libm, looped, operands, ours
from benchmarks.vmath_points import errors, points

ROUNDS = 60


def times(steps, arrays):
    """Nanoseconds an element of each step, by turns: of the fastest fifth, which other work
    disturbs least."""
    taken = [[] for _ in steps]
    for _ in range(ROUNDS):
        for step, seconds in zip(steps, taken, strict=True):
            start = time.perf_counter()
            step(*arrays)
            seconds.append(time.perf_counter() - start)
    return [sorted(s)[len(s) // 5] / len(arrays[-1]) * 1e9 for s in taken]


def row(name, dtype, n):
    arrays, numpy = operands(name, dtype), by_numpy(name)
    start = time.process_time()
    kernel = ours(name)
    kernel(*arrays)
    compile_ms = (time.process_time() - start) * 1e3
    steps = [kernel, libm(name), numpy]
    found = iter(times([s for s in steps if s], arrays))
    own, scalar, other = (next(found) if s else None for s in steps)
    tried = points(name, dtype, n, np.random.default_rng(0))
    out = np.empty_like(tried[0])
    with np.errstate(all="ignore"):
        kernel(*tried, out)
        off = [errors(name, out, tried).max()]
        if numpy:
            off.append(errors(name, numpy(*tried), tried).max())
    off = [f"{worst:.2f}" if worst < 1e3 else "many" for worst in off]
    return own, scalar, other, off, compile_ms


def main(argv=None):
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.tools.vmath_table", description=__doc__
    )
    parser.add_argument("--points", type=int, default=20000, help="random points per interval")
    parser.add_argument("names", nargs="*", default=NAMES, help="functions; all if none is given")
    options = parser.parse_args(argv)
    for _ in range(2):  # the first loop of all takes what numba needs to start
        start, copy = time.process_time(), looped("x", two=False)
        copy(*operands("exp", "float64"))
    plain = (time.process_time() - start) * 1e3
    print(
        f"ns an element over {N} elements; errors in ulp; ms to compile the loop; to copy: "
        f"{plain:.0f}"
    )
    print(
        "| function | dtype | jitgrad | NumPy | libm | error | NumPy's error | compile |\n"
        + "| --- " * 8
        + "|"
    )
    for name in options.names or NAMES:
        for dtype in DTYPES:
            own, scalar, numpy, off, ms = row(name, dtype, options.points)
            scalar = "–" if scalar is None else f"{scalar:.2f}"
            beside = ("–", "–") if numpy is None else (f"{numpy:.2f}", off[1])
            print(
                f"| {name} | {dtype} | {own:.2f} | {beside[0]} | {scalar} | {off[0]} | "
                f"{beside[1]} | {ms:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
