"""The pool: memory of large results that nobody refers to any more, kept for the next ones.

The system gives pages one by one as they are first written, zeroed: a kernel that writes fresh
memory takes two to ten times as long. Smaller arrays need no pool, since the C library keeps their
memory. An array of `empty` lies in a `PoolBlock`, which is its ``base`` and that of its views; when
the last of them dies, so does the block, and its memory becomes free here, among that of its size.
Sizes are rounded up, by an eighth at most. What is free is bounded by ``config.pool_mb``; the one
unused the longest goes first.

There is no lock: a block may die at any point of any thread, also while this thread is in here.
Free memory changes hands by single operations of a deque, and who finds none asks the system. Start
at `empty`.
"""

import collections
import itertools

import numpy as np

from ..base.config import config

#: Bytes from which the C library (glibc) may ask the system for an array, and give its memory back
#: at once: always from 32 MiB on; below, where a run frees two as large as the largest so far. An
#: array of the pool costs 2 us.
LEAST = 1 << 17
#: A cache line, and the longest vector: loads across two of them are slower.
ALIGN = 64
#: What is free is counted each time memory of more than a share of the limit becomes free, and
#: every few times else.
SHARE, TURNS = 64, 16
FLOAT64 = np.dtype(np.float64)

_free: dict[int, collections.deque] = {}  # size -> memory, the last used at the right
_turns = itertools.count(1)


class Memory:
    """Bytes from the system, and where the first aligned one is; `since` tells how long it is
    free."""

    __slots__ = ("bytes", "size", "address", "since")

    def __init__(self, size):
        self.bytes, self.size, self.since = np.empty(size + ALIGN, np.uint8), size, 0
        self.address = -(-self.bytes.ctypes.data // ALIGN) * ALIGN


class PoolBlock:
    """Memory in use: the base of an array and of its views."""

    __slots__ = ("memory", "__array_interface__")

    def __init__(self, memory, n, dtype):
        self.memory = memory
        self.__array_interface__ = {
            "version": 3,
            "shape": (n,),
            "typestr": dtype.str,
            "data": (memory.address, False),
        }

    def __del__(self):
        _give(self.memory)


def held(free=_free):
    """Bytes that are kept, and used by nobody."""
    return sum([size * len(memory) for size, memory in list(free.items())])


def _trim(limit, free=_free, held=held):
    """Gives back what is free beyond `limit` bytes."""
    while held() > limit:
        oldest = None
        for memory in list(free.values()):
            try:
                if oldest is None or memory[0].since < oldest[0].since:
                    oldest = memory
            except IndexError:  # empty, by now
                continue
        try:
            oldest.popleft()
        except (IndexError, AttributeError):  # another thread trims, or takes what is there
            return


def _give(memory, free=_free, config=config, trim=_trim, turns=_turns, new=collections.deque):
    limit = config.pool_mb * 2**20
    if memory.size > limit:  # it would push out all the rest, and itself
        return
    memory.since = next(turns)
    same = free.get(memory.size)
    (free.setdefault(memory.size, new()) if same is None else same).append(memory)
    if memory.size * SHARE > limit or memory.since % TURNS == 0:
        trim(limit)


def empty(n, dtype=FLOAT64):
    """``numpy.empty(n, dtype)``, in memory from here; for arrays of at least `LEAST` bytes."""
    size = n * dtype.itemsize
    return np.asarray(PoolBlock(_taken(size), n, dtype))


def aligned(array):
    """`array`, a flat one, or a copy of it if it is large and vectors of it would lie across cache
    lines.

    Those that NumPy gets from the system begin 16 bytes into a page: kernels that read them took
    1.2 times as long."""
    if array.nbytes < LEAST or array.ctypes.data % ALIGN == 0:
        return array
    return copied(array)


def copied(array):
    """A copy of `array` in C order and in memory from here."""
    out = empty(array.size, array.dtype.newbyteorder("=")).reshape(array.shape)
    out[...] = array
    return out


def _taken(size):
    """Free memory of `size` bytes, rounded up, or new one."""
    grain = (1 << max(0, size.bit_length() - 4)) - 1
    size = (size + grain) & ~grain
    try:
        return _free[size].pop()  # the last used may still be in the processor's cache
    except (KeyError, IndexError):
        return Memory(size)


def release_memory() -> None:
    """Give the memory that is kept for new results back to the system.

    Examples
    --------
    >>> jitgrad.release_memory()
    """
    _free.clear()


config.on_change("pool_mb", lambda mb: _trim(mb * 2**20))
