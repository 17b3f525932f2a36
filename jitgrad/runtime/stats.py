"""What compiling has cost so far: the counters of this process, as `stats`."""

from typing import NamedTuple

from ..base.locks import lock

COMPILED, LOADED, CHILD = "compiled", "loaded", "compiled by a child process"


class Cost(NamedTuple):
    """What a kernel cost this process: `how` it came by it, `COMPILED`, `LOADED` (from the disk
    cache) or `CHILD`."""

    seconds: float
    how: str


class Stats:
    """`compiled` and `loaded` (from the disk cache) kernels, the `seconds` both took, and the
    `costs` by name."""

    def __init__(self):
        self.compiled = self.loaded = 0
        self.seconds = 0.0
        self.costs: dict[str, Cost] = {}
        self.by_child: dict[
            str, float
        ] = {}  # seconds of a child process, until the kernel is loaded
        self._lock = lock()

    @property
    def kernels(self):
        return self.compiled + self.loaded

    def count(self, name, hit, seconds):
        """A kernel was made; its cost."""
        with self._lock:
            self.loaded += bool(hit)
            self.compiled += not hit
            self.seconds += seconds
            child = self.by_child.pop(name, None)
            how = COMPILED if not hit else LOADED if child is None else CHILD
            out = self.costs[name] = Cost(seconds + (child or 0.0), how)
            return out

    def __repr__(self):
        return f"Stats(compiled={self.compiled}, loaded={self.loaded}, seconds={self.seconds:.3f})"


stats = Stats()
