"""Gradients of loops over `prange` on one and on two threads: time, share, and bits.

    python -m benchmarks.tools.parallel_loops

Both are run in turns. The gain is of wall-clock times and needs a free core; the share is how much
of the processor time of a gradient the calling thread takes, whatever else the machine does.
"""

import math
import statistics
import time

import numpy as np
from numba import prange

import jitgrad

CALLS = 20


def heat(u0, c, nt):
    n, m = u0.shape
    u, v = u0.copy(), u0.copy()
    for _ in range(nt):
        for i in prange(1, n - 1):
            for j in range(1, m - 1):
                d = u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1] - 4 * u[i, j]
                v[i, j] = u[i, j] + c[i, j] * d * (1 + u[i, j] * u[i, j])
        u, v = v, u
    return np.sum(u * u)


def nbody(pos, mass):
    e = 0.0
    for i in prange(pos.shape[0]):
        for j in range(i + 1, pos.shape[0]):
            r2 = 1e-3
            for k in range(3):
                r2 += (pos[i, k] - pos[j, k]) ** 2
            e -= mass[i] * mass[j] / math.sqrt(r2)
    return e


def paths(s0, sigma, z):
    total = 0.0
    for p in prange(z.shape[0]):
        s, mean = s0, 0.0
        for k in range(z.shape[1]):
            s *= math.exp(0.01 * sigma * z[p, k])
            mean += s
        total += mean * mean
    return total


def programs():
    rng = np.random.default_rng(0)
    field = rng.random((256, 257)), rng.random((256, 257)) * 0.1
    yield heat, (*field, 50)
    yield nbody, (rng.normal(size=(1500, 3)), rng.random(1500) + 0.5)
    yield paths, (1.0, 0.2, rng.normal(size=(4000, 252)))


def measured(f, args):
    """{threads: (wall-clock, processor, calling thread's time)} in seconds, and the bits."""
    work = jitgrad.value_and_grad(jitgrad.njit(parallel=True)(f))
    seen = {1: [], 2: []}
    bits = {}
    for _ in range(CALLS + 1):
        for threads, times in seen.items():
            jitgrad.set_num_threads(threads)
            clocks = time.perf_counter, time.process_time, time.thread_time
            start = [clock() for clock in clocks]
            out = work(*args)
            times.append([clock() - s for clock, s in zip(clocks, start, strict=True)])
            grads = out[1] if isinstance(out[1], tuple) else (out[1],)
            bits[threads] = b"".join([np.asarray(g).tobytes() for g in (out[0], *grads)])
    medians = {
        n: [statistics.median(column) for column in zip(*times[1:], strict=True)]
        for n, times in seen.items()
    }
    return medians, bits[1] == bits[2]


def main():
    before = jitgrad.get_num_threads()
    try:
        for f, args in programs():
            medians, same = measured(f, args)
            (one, _, _), (two, spent, mine) = medians[1], medians[2]
            print(
                f"{f.__name__:6s} {one * 1e3:7.2f} ms on one thread {two * 1e3:7.2f} ms on two "
                f" gain {one / two:4.2f}  share {mine / spent:4.2f}  same bits {same}"
            )
    finally:
        jitgrad.set_num_threads(before)


if __name__ == "__main__":
    main()
