"""What compiling costs: kernels of more and more records, in a process with an empty cache of its
own."""

import json
import sys
import tempfile
import time

from benchmarks.common import child

RECORDS = [50, 100, 200, 400]
#: What is compiled: a value alone, and with its gradient.
WHAT = ["value", "gradient"]


def compile_seconds(records, what):
    """(seconds from the first call to its result, kernels made) of a chain of that many elementwise
    records."""
    import jitgrad
    from jitgrad.runtime.stats import stats

    x = jitgrad.linspace(0.1, 1.0, 1000, requires_grad=what == "gradient")
    before, start = stats.kernels, time.perf_counter()
    y = x
    for k in range(records // 5):
        y = jitgrad.sin(y * (0.9 + k / 1000)) / (x + y) + 0.25
    if what == "gradient":
        y.sum().backward()
        x.grad.tolist()
    else:
        y.tolist()
    return time.perf_counter() - start, stats.kernels - before


def main(sizes):
    """Prints {"records what": [seconds, kernels]} as JSON."""
    import jitgrad

    jitgrad.config.compile, jitgrad.config.child, jitgrad.config.segment = (
        "always",
        False,
        4 * max(sizes),
    )
    compile_seconds(5, "value")  # numba is imported
    print(json.dumps({f"{n} {what}": compile_seconds(n, what) for what in WHAT for n in sizes}))


class Compile:
    params = [RECORDS, WHAT]
    param_names = ["records", "what"]

    def setup_cache(self):
        with tempfile.TemporaryDirectory() as folder:
            arguments = map(str, self.params[0])
            return child(
                "-m",
                "benchmarks.asv.bench_compile",
                *arguments,
                JITGRAD_CACHE_DIR=folder,
                timeout=600,
            )[1]

    setup_cache.timeout = 600

    def track_seconds(self, found, records, what):
        return found[f"{records} {what}"][0]

    def track_kernels(self, found, records, what):
        return found[f"{records} {what}"][1]

    def track_seconds_per_record_over_those_of_the_smallest(self, found, records, what):
        """1 where compiling grows linearly."""
        least = self.params[0][0]
        return found[f"{records} {what}"][0] / records / (found[f"{least} {what}"][0] / least)

    track_seconds.unit = "s"
    track_kernels.unit = "kernels made"
    track_seconds_per_record_over_those_of_the_smallest.unit = "ratio"


if __name__ == "__main__":
    main([int(n) for n in sys.argv[1:]] or RECORDS)
