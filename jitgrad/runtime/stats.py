"""What compiling has cost so far: the counters of this process, as `stats`."""

import threading


class Stats:
    """`compiled` and `loaded` (from the disk cache) kernels, and the `seconds` both took."""

    def __init__(self):
        self.compiled = self.loaded = 0
        self.seconds = 0.0
        self._lock = threading.Lock()

    @property
    def kernels(self):
        return self.compiled + self.loaded

    def count(self, hit, seconds):
        with self._lock:
            self.loaded += bool(hit)
            self.compiled += not hit
            self.seconds += seconds

    def __repr__(self):
        return f"Stats(compiled={self.compiled}, loaded={self.loaded}, seconds={self.seconds:.3f})"


stats = Stats()
