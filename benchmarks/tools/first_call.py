"""The first call of a program in a new process, beside the same value and gradient by hand in
NumPy.

``python -m benchmarks.tools.first_call --sizes 1e5,1e6 --names chain,norm`` prints the milliseconds
of both and their ratio, the ratio of second calls, and the peak of memory in units of inputs plus
outputs, of both. Medians over `--runs` processes each. Start at `child`, which runs in the new
processes.
"""

import argparse
import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

from benchmarks.programs import PROGRAMS, step

CALLS = 4


def _resident(field):
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith(field))


def child(library, name, n):
    """Prints seconds of the first calls, and the peak of memory in the first one over that of
    inputs and outputs."""
    inputs = PROGRAMS[name].make(n)
    given, made = sum(x.nbytes for x in inputs), inputs[0].nbytes
    if library == "numpy":

        def call():
            return PROGRAMS[name].hand(*inputs)
    else:
        import jitgrad

        tensors = [jitgrad.tensor(x) for x in inputs]
        del inputs
        x = tensors[0].requires_grad_()

        def call():
            y, g = step(jitgrad, jitgrad.autograd.grad, name, tensors, x)
            return y.item(), np.asarray(g.detach())

    gc.freeze()  # else one program or other has Python search all that was imported, for 1 to 5 ms
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")  # the peak is from here on
    before, times = _resident("VmRSS"), []
    for k in range(CALLS):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
        if k == 0:
            peak = _resident("VmHWM") - before
    print(json.dumps([times, (given + peak) / (given + made)]), flush=True)
    os._exit(0)  # not the exit, which may wait for a compiler, is what is measured


def measured(library, name, n, folder, timeout=300):
    """What a new process says, with nothing of ours cached on the disk."""
    env = {**os.environ, "JITGRAD_CACHE_DIR": folder}
    command = [
        sys.executable,
        "-m",
        "benchmarks.tools.first_call",
        "--child",
        library,
        name,
        str(n),
    ]
    out = subprocess.run(
        command, env=env, check=True, capture_output=True, text=True, timeout=timeout
    ).stdout
    return json.loads(out)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--sizes", default="10,1e3,1e5,1e6", help="elements of the inputs; 2e7 is for patience"
    )
    parser.add_argument("--names", default=",".join(PROGRAMS), help="programs, by default all")
    parser.add_argument("--runs", type=int, default=3, help="processes of each kind")
    args = parser.parse_args()
    print(
        f"{'program':22}{'n':>9}{'NumPy ms':>11}{'jitgrad':>11}{'ratio':>7}{'2nd':>7}"
        f"{'peak':>9}{'NumPy':>9}"
    )
    worst: dict = {}
    with tempfile.TemporaryDirectory() as folder:
        for n in [int(float(size)) for size in args.sizes.split(",")]:
            for name in args.names.split(","):
                if n > PROGRAMS[name].most:
                    continue
                runs: dict = {"numpy": [], "jitgrad": []}
                for k in range(args.runs):
                    for library, found in runs.items():
                        found.append(
                            measured(library, name, n, os.path.join(folder, f"{n}{name}{k}"))
                        )
                hand, ours = (
                    [statistics.median(r[0][k] for r in runs[lib]) for k in (0, 1)] for lib in runs
                )
                peaks = [statistics.median(r[1] for r in runs[lib]) for lib in ("jitgrad", "numpy")]
                ratio = ours[0] / hand[0]
                worst.setdefault(n, []).append((ratio, name))
                print(
                    f"{name:22}{n:9}{hand[0] * 1e3:11.3f}{ours[0] * 1e3:11.3f}"
                    f"{ratio:7.2f}{ours[1] / hand[1]:7.2f}{peaks[0]:9.2f}{peaks[1]:9.2f}",
                    flush=True,
                )
    for n, ratios in worst.items():
        ratios.sort()
        above = [f"{name} {ratio:.1f}" for ratio, name in ratios if ratio > 3]
        middle = statistics.median(ratio for ratio, _ in ratios)
        print(f"n = {n}: median ratio {middle:.2f}, above 3: {', '.join(above) or 'none'}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    main()
