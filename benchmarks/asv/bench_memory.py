"""Peak memory of value and gradient, over what must be there at once: the inputs and the gradients.

Linux only: the peak is the kernel's own (VmHWM), in a process of its own, above what the process
held with everything imported and all kernels made. NumPy by hand stands beside.
`benchmarks.tools.memory` measures.
"""

import os

from benchmarks.common import Prepared, child, warm
from benchmarks.libraries import LIBRARIES
from benchmarks.tools.memory import PEAK_FROM_HERE
from benchmarks.workloads import WORKLOADS

#: Arrays of 32 MB: the allocator gives each back to the system when it is freed, and pages of 4 KB
#: do not count.
ELEMENTS = 4 * 10**6


class Peak:
    params = [list(WORKLOADS), ["jitgrad", "numpy"]]
    param_names = ["workload", "library"]
    timeout = 120

    def setup(self, name, library):
        if not os.path.exists(PEAK_FROM_HERE):
            raise NotImplementedError("reads /proc, which only Linux has")

    def track_peak_over_inputs_and_gradients(self, name, library):
        return child("-m", "benchmarks.tools.memory", library, name, str(ELEMENTS))[1]

    track_peak_over_inputs_and_gradients.unit = "ratio"


class Process(Prepared):
    """The whole process, as asv measures it."""

    params = [["chain", "normalised_rows", "logistic"]]
    param_names = ["workload"]

    def prepare(self, name):
        workload = WORKLOADS[name]
        self.step = LIBRARIES["jitgrad"][0](workload, workload.inputs(ELEMENTS))
        warm(self.step)

    def peakmem_value_and_gradient(self, name):
        self.step()
