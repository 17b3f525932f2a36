"""A short script in a new process, beside PyTorch: thirty small programs, a hundred values and
gradients each.

``python -m benchmarks.tools.fresh_script`` prints the seconds from the start of Python to its end,
the library's import included: of PyTorch (where it is installed), and of jitgrad with an empty
folder for kernels and with that of the run before. Start at `script`.
"""

import argparse
import atexit
import os
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

from benchmarks.programs import PROGRAMS, step

NAMES = tuple(PROGRAMS)[:30]


def script(library, n, calls):
    """The script itself; what it prints goes to stderr: seconds of its parts."""
    start = time.perf_counter()
    if library == "torch":
        import torch as xp

        make, grad = xp.from_numpy, xp.autograd.grad
    else:
        import jitgrad as xp

        make, grad = xp.tensor, xp.autograd.grad
    imported = time.perf_counter()
    for name in NAMES:
        tensors = [make(x) for x in PROGRAMS[name].make(n)]
        x = tensors[0].requires_grad_()
        for _ in range(calls):
            y, g = step(xp, grad, name, tensors, x)
            y.item(), np.asarray(g.detach())
    done = time.perf_counter()
    out = f"import {imported - start:.3f} s, programs {done - imported:.3f} s, "
    out += f"numba imported: {'numba' in sys.modules}"
    atexit.register(
        lambda: print(f"{out}, at exit {time.perf_counter() - done:.3f} s", file=sys.stderr)
    )


def seconds(library, n, calls, folder):
    """(seconds of the process, what it says of them)."""
    env = {**os.environ, "JITGRAD_CACHE_DIR": folder}
    command = [
        sys.executable,
        "-m",
        "benchmarks.tools.fresh_script",
        "--script",
        library,
        str(n),
        str(calls),
    ]
    start = time.perf_counter()
    said = subprocess.run(command, env=env, check=True, capture_output=True, text=True).stderr
    return time.perf_counter() - start, said.strip().splitlines()[-1]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", default="10,1000")
    parser.add_argument("--calls", type=int, default=100)
    parser.add_argument("--runs", type=int, default=5)
    args = parser.parse_args()
    for n in map(int, args.sizes.split(",")):
        found: dict = {}
        for _ in range(args.runs):
            with tempfile.TemporaryDirectory() as folder:
                for kind in ("torch", "jitgrad, cold disk", "jitgrad, warm disk"):
                    try:
                        found.setdefault(kind, []).append(
                            seconds(kind.split(",")[0], n, args.calls, folder)
                        )
                    except subprocess.CalledProcessError as error:
                        print(f"{kind}: {error.stderr.strip().splitlines()[-1]}")
        for kind, runs in found.items():
            middle = statistics.median(run[0] for run in runs)
            print(
                f"n = {n:6}  {kind:20} {middle:6.2f} s  ({min(runs)[0]:.2f} to "
                f"{max(runs)[0]:.2f}; {runs[-1][1]})"
            )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--script"]:
        script(sys.argv[2], *map(int, sys.argv[3:]))
    else:
        main()
