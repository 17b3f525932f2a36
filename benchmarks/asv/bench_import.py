"""What a new process pays: the import beside NumPy's, the first gradient, and a script of many
small computations."""

import atexit
import importlib.util
import os
import shutil
import statistics
import tempfile

from benchmarks import common
from benchmarks.workloads import WORKLOADS

IMPORTS = """
import json, time
start = time.perf_counter()
import numpy
middle = time.perf_counter()
import jitgrad
print(json.dumps([middle - start, time.perf_counter() - start]))
"""

GRADIENT = """
import json, sys, jitgrad
x = jitgrad.linspace(0.0, 1.0, 1000, requires_grad=True)
(jitgrad.sin(x) * jitgrad.exp(-x * x)).sum().backward()
x.grad.tolist()
print(json.dumps("numba" in sys.modules))
"""

#: The first call of each workload in this process, over the first call of NumPy by hand.
FIRST_CALLS = """
import json, sys
from benchmarks.common import seconds
from benchmarks.libraries import LIBRARIES
from benchmarks.workloads import WORKLOADS
found = {}
for name, workload in WORKLOADS.items():
    inputs = workload.inputs(int(sys.argv[1]))
    first, other = (LIBRARIES[library][0](workload, inputs) for library in ("jitgrad", "numpy"))
    found[name] = seconds(first) / seconds(other)
print(json.dumps(found))
"""

#: Small computations, many times each: what the compiler must not spoil.
SCRIPT = """
import json, sys
from benchmarks.libraries import LIBRARIES
from benchmarks.workloads import WORKLOADS
library, size, calls = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
for workload in WORKLOADS.values():
    for dtype in ("float64", "float32"):
        step = LIBRARIES[library][0](workload, workload.inputs(size, dtype))
        for _ in range(calls):
            step()
print(json.dumps(None))
"""

RUNS, CALLS = 5, 100
BYTECODE = os.path.join(tempfile.gettempdir(), f"jitgrad-bench-{os.getpid()}")
atexit.register(shutil.rmtree, BYTECODE, ignore_errors=True)


def child(*arguments, **variables):
    """`common.child`, with compiled modules also where asv forbids to write them."""
    if os.environ.get("PYTHONDONTWRITEBYTECODE"):  # else every import would compile every module
        variables |= {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": BYTECODE}
    return common.child(*arguments, **variables)


def fresh(*arguments, **variables):
    """The same with an empty cache of kernels."""
    with tempfile.TemporaryDirectory() as folder:
        return child(*arguments, JITGRAD_CACHE_DIR=folder, **variables)


class Import:
    timeout = 120

    def track_import_over_numpy(self):
        """Median of import numpy and jitgrad over import numpy alone, each pair in one process."""
        pairs = [child("-c", IMPORTS)[1] for _ in range(RUNS)]
        return statistics.median(both / numpy for numpy, both in pairs)

    track_import_over_numpy.unit = "x import numpy"


class FirstGradient:
    """Seconds from the start of Python: by NumPy, by kernels of the disk cache, and by kernels it
    has to make."""

    timeout = 120

    def track_by_numpy(self):
        runs = [child("-c", GRADIENT, JITGRAD_COMPILE="auto") for _ in range(RUNS)]
        if any(imported for _, imported in runs):
            raise RuntimeError("a cold gradient imported numba")
        return statistics.median(seconds for seconds, _ in runs)

    def track_from_the_disk_cache(self):
        child("-c", GRADIENT, JITGRAD_COMPILE="always")
        return statistics.median(
            child("-c", GRADIENT, JITGRAD_COMPILE="always")[0] for _ in range(RUNS)
        )

    def track_compiled(self):
        return statistics.median(
            fresh("-c", GRADIENT, JITGRAD_COMPILE="always")[0] for _ in range(RUNS)
        )

    track_by_numpy.unit = track_from_the_disk_cache.unit = track_compiled.unit = "s"


class FirstCall:
    """A cold first call, planning included, over NumPy by hand, called for the first time, too."""

    params = [list(WORKLOADS), [10**3, 10**6]]
    param_names = ["workload", "elements"]
    timeout = 60

    def setup_cache(self):
        found = {}
        for n in self.params[1]:
            runs = [
                fresh("-c", FIRST_CALLS, str(n), JITGRAD_COMPILE="auto")[1] for _ in range(RUNS)
            ]
            found |= {(name, n): statistics.median(run[name] for run in runs) for name in WORKLOADS}
        return found

    setup_cache.timeout = 300

    def track_over_numpy(self, rows, *case):
        return rows[case]

    track_over_numpy.unit = "ratio"


def script_seconds(library):
    return fresh("-c", SCRIPT, library, "100", str(CALLS), JITGRAD_COMPILE="auto")[0]


class Script:
    """A fresh script of thirty small computations, a hundred times each, start-up included."""

    timeout = 300

    def setup(self):
        self.peer = importlib.util.find_spec("torch") is not None

    def track_seconds(self):
        return script_seconds("jitgrad")

    def track_over_torch(self):
        return script_seconds("jitgrad") / script_seconds("torch") if self.peer else float("nan")

    track_seconds.unit, track_over_torch.unit = "s", "ratio"
