"""Peak memory of a workload over the least there can be: ``python -m
benchmarks.tools.memory jitgrad chain 4e6``.

Linux only. Run in a process of its own, as `bench_memory` does, with ``JITGRAD_COMPILE=always``.
What the process held before, with all imports and kernels, is not counted.
"""

import gc
import sys

from benchmarks.common import medians
from benchmarks.libraries import LIBRARIES
from benchmarks.workloads import WORKLOADS

STATUS, PEAK_FROM_HERE = "/proc/self/status", "/proc/self/clear_refs"


def held(field):
    """Bytes that /proc says this process holds: VmRSS now, VmHWM at the peak."""
    with open(STATUS) as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith(field + ":"))


def peak_over_least(library, name, n):
    """The peak of three calls, without what was there beside the inputs, over the least bytes."""
    workload, make = WORKLOADS[name], LIBRARIES[library][0]
    medians({"warm": make(workload, workload.inputs(10**3))}, budget=0)
    inputs = workload.inputs(n)
    least, given = workload.least_bytes(inputs), sum(a.nbytes for a in inputs)
    step = make(workload, inputs)
    if library == "jitgrad":
        del inputs  # tensors have copies
    gc.collect()
    with open(PEAK_FROM_HERE, "w") as file:
        file.write("5")
    beside = held("VmRSS") - given  # now: what warming up took may have been given back since
    for _ in range(3):
        step()
    return (held("VmHWM") - beside) / least


if __name__ == "__main__":
    library, name, n = sys.argv[1:]
    print(peak_over_least(library, name, int(float(n))))
