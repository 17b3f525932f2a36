"""Value and gradient of the workloads beside NumPy, numba by hand and the peers that are installed,
in one run.

A value is the time of jitgrad over that of the other: 1 is as fast, less is faster. The seconds
behind it come from ``python -m benchmarks.tools.beside``, which prints them, too.
"""

from benchmarks.libraries import OTHERS
from benchmarks.tools.beside import DTYPES, ELEMENTS, THREADS, measure_all
from benchmarks.workloads import WORKLOADS


class Beside:
    """NumPy, value and gradient by hand."""

    params = [list(WORKLOADS), list(ELEMENTS), list(DTYPES), [THREADS[-1]]]
    param_names = ["workload", "elements", "dtype", "threads"]
    timeout = 60

    def setup_cache(self):
        return measure_all(*self.params)

    setup_cache.timeout = 1800

    def track_over_numpy(self, rows, *case):
        return over(rows[case], ["numpy"])

    track_over_numpy.unit = "ratio"


class BesideHand(Beside):
    """A kernel by hand in numba, which writes into arrays made beforehand."""

    track_over_numpy = None

    def setup(self, rows, *case):
        if "numba" not in rows[case]:
            raise NotImplementedError("has no kernel by hand")

    def track_over_numba(self, rows, *case):
        return over(rows[case], ["numba"])

    track_over_numba.unit = "ratio"


class BesidePeers(Beside):
    """The fastest of the peers; ``python -m benchmarks.tools.beside`` shows each of them."""

    track_over_numpy = None

    def setup(self, rows, *case):
        if not any(name in OTHERS for name in rows[case]):
            raise NotImplementedError("no other library is installed")

    def track_over_best_peer(self, rows, *case):
        return over(rows[case], OTHERS)

    track_over_best_peer.unit = "ratio"


def over(times, names):
    """jitgrad's time over the least of the named ones; what went wrong with any of them is an error
    here."""
    texts = {
        name: t for name, t in times.items() if isinstance(t, str) and name in ("jitgrad", *names)
    }
    if texts:
        raise RuntimeError("; ".join(f"{name}: {text}" for name, text in texts.items()))
    return times["jitgrad"] / min(times[name] for name in names if name in times)
