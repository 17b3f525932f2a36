"""Gradients of programs with loops: of numba functions by jitgrad, beside jax and PyTorch.

    python -m benchmarks.tools.numba_peers               # all programs, as a table in Markdown
    python -m benchmarks.tools.numba_peers heat_swap ba

Value and gradients are compared first. Then the libraries are called in turn, with one thread each
as far as they allow it, and the least processor time of the process counts; PyTorch's loops over
thousands of turns take seconds, and are called once. Start at `row`.
"""

import os
import pathlib
import sys
import time

os.environ.setdefault(
    "XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
)

import numba
import numpy as np

import jitgrad

from .. import numba_peers

#: Seconds for which the libraries of a program are called, the least calls of each, and seconds
#: from which one call of PyTorch is enough.
SECONDS, CALLS, SLOW = 3.0, 3, 1.0
WRITTEN = ("heat_inplace", "thomas_inplace")
#: How far gradients of chaotic programs may be off, where roundings differ.
CHAOTIC = {"lorenz": 1e-4, "escape": 1e-3}


def flat(tree):
    if isinstance(tree, (tuple, list)):
        return [x for t in tree for x in flat(t)]
    return [np.asarray(tree, dtype=float)]


def steps_of(name, f, args, libraries):
    """{library: a step that gives value and gradients}; "numba" is the value alone."""
    primal = numba.njit(error_model="numpy")(f)
    given = [x.copy() if name in WRITTEN and isinstance(x, np.ndarray) else x for x in args]

    def value():
        if name in WRITTEN:
            for x, y in zip(given, args, strict=True):
                x[...] = y
        return primal(*given)

    work = jitgrad.value_and_grad(jitgrad.njit(error_model="numpy")(f))
    steps = {"numba": value, "jitgrad": lambda: work(*args)}
    if "jax" in libraries and name in numba_peers.JAX:
        steps["jax"] = numba_peers.gradient_in_jax(name, args)
    if "torch" in libraries and name in numba_peers.TORCH:
        import torch

        torch.set_num_threads(1)
        steps["torch"] = numba_peers.gradient_in_torch(name, args)
    return steps


def check(name, steps):
    """Compares values and gradients with those of jitgrad. Lorenz's equations are chaotic, and so
    are orbits at the edge of Mandelbrot's set."""
    expected = flat(steps["jitgrad"]())
    for library in [k for k in steps if k not in ("numba", "jitgrad")]:
        same(flat(steps[library]()), expected, CHAOTIC.get(name, 1e-6))


def same(got, expected, rtol):
    assert len(got) == len(expected)
    for x, y in zip(got, expected, strict=True):
        np.testing.assert_allclose(x, y, rtol=rtol, atol=rtol / 100 * (1 + np.max(np.abs(y))))


def times(steps, seconds=SECONDS):
    seen, slow = {k: [] for k in steps}, set()
    steps["numba"]()  # which `check` has not compiled
    end = time.perf_counter() + seconds
    while len(slow) < len(steps) and (time.perf_counter() < end or len(seen["jitgrad"]) < CALLS):
        for library, step in steps.items():
            if library in slow:
                continue
            start = time.process_time()
            step()
            seen[library].append(time.process_time() - start)
            if seen[library][-1] > SLOW:
                slow.add(library)
    return {k: min(v) for k, v in seen.items()}


def row(name, f, args, libraries=("jax", "torch"), seconds=SECONDS):
    """The line of the table of one program."""
    steps = steps_of(name, f, args, libraries)
    check(name, steps)
    found = times(steps, seconds)
    cells = [f"{found['numba'] * 1e3:.3g}", f"{found['jitgrad'] * 1e3:.3g}"]
    for library in libraries:
        known = library in found
        cells.append(f"{found[library] / found['jitgrad']:.1f}" if known else "–")
    return f"| {name} | {' | '.join(cells)} |"


def main():
    sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "tests" / "support"))
    from numba_workloads import make

    chosen = sys.argv[1:]
    print(
        "| program | numba, value (ms) | jitgrad, gradient (ms) | jax / jitgrad | torch / jitgrad |"
    )
    print("| --- | --- | --- | --- | --- |")
    for name, (f, args) in make("big").items():
        if not chosen or name in chosen:
            print(row(name, f, args), flush=True)


if __name__ == "__main__":
    main()
