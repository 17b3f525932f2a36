"""What a new process pays: the import beside NumPy's, and the time to a first gradient."""

import atexit
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import jitgrad

IMPORTS = """
import json, time
start = time.perf_counter()
import numpy
middle = time.perf_counter()
import jitgrad
print(json.dumps([middle - start, time.perf_counter() - start]))
"""

GRADIENT = """
import sys, jitgrad
x = jitgrad.linspace(0.0, 1.0, 1000, requires_grad=True)
(jitgrad.sin(x) * jitgrad.exp(-x * x)).sum().backward()
x.grad.tolist()
print("numba" in sys.modules)
"""

RUNS = 5
BYTECODE = os.path.join(tempfile.gettempdir(), f"jitgrad-bench-{os.getpid()}")
atexit.register(shutil.rmtree, BYTECODE, ignore_errors=True)


def child(script, mode):
    """(seconds in all, output) of a new process."""
    package = os.path.dirname(os.path.dirname(jitgrad.__file__))
    path = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
    env = {**os.environ, "PYTHONPATH": path, "JITGRAD_COMPILE": mode}
    if env.pop("PYTHONDONTWRITEBYTECODE", None):
        env["PYTHONPYCACHEPREFIX"] = BYTECODE  # else every import would compile every module
    start = time.perf_counter()
    out = subprocess.run([sys.executable, "-c", script], env=env, check=True, capture_output=True, text=True).stdout
    return time.perf_counter() - start, json.loads(out.lower())


class Import:
    timeout = 120

    def track_import_over_numpy(self):
        """Median of import numpy and jitgrad over import numpy alone, each pair in one process."""
        pairs = [child(IMPORTS, "auto")[1] for _ in range(RUNS)]
        return statistics.median(both / numpy for numpy, both in pairs)

    track_import_over_numpy.unit = "x import numpy"

    def track_first_gradient(self):
        """From the start of Python; NumPy serves it, and numba is not imported."""
        runs = [child(GRADIENT, "auto") for _ in range(RUNS)]
        if any(imported for _, imported in runs):
            raise RuntimeError("a cold gradient imported numba")
        return statistics.median(seconds for seconds, _ in runs)

    track_first_gradient.unit = "s"

    def track_first_gradient_from_the_disk_cache(self):
        """The same by a kernel that is on the disk already."""
        child(GRADIENT, "always")
        return statistics.median(child(GRADIENT, "always")[0] for _ in range(RUNS))

    track_first_gradient_from_the_disk_cache.unit = "s"
