"""The pool: memory of large results that nobody refers to any more, kept for the next ones.

The system gives pages one by one as they are first written, zeroed: a kernel that writes a large array takes up to
twice as long in them. Smaller arrays need no pool, since the C library keeps their memory. An array of `empty` lies in
a `Block`, which is its ``base`` and that of its views; when the last of them dies, so does the block, and its memory
becomes free here. What is free is bounded by ``config.pool_mb``; the one unused the longest goes first.

There is no lock: a block may die at any point of any thread, also while this thread is in here. The free list changes
by single operations of a deque, and who finds that another took what it wanted asks the system. Start at `empty`.
"""

import collections

import numpy as np

from .._config import config

#: Bytes from which the C library (glibc) asks the system for each array and gives its memory back at once. Below,
#: arrays of the pool were never faster, and one costs 3 us.
LEAST = 1 << 25
#: A cache line, and the longest vector: loads across two of them are slower.
ALIGN = 64
FLOAT64 = np.dtype(np.float64)

_free: collections.deque = collections.deque()


class Memory:
    """Bytes from the system, and where the first aligned one is."""

    __slots__ = ("bytes", "size", "address")

    def __init__(self, size):
        self.bytes, self.size = np.empty(size + ALIGN, np.uint8), size
        self.address = -(-self.bytes.ctypes.data // ALIGN) * ALIGN


class Block:
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


def _trim(limit, free=_free):
    """Gives back what is free beyond `limit` bytes."""
    while sum([memory.size for memory in list(free)]) > limit:
        try:
            free.popleft()
        except IndexError:  # another thread trims, too
            return


def _give(memory, free=_free, config=config, trim=_trim):
    limit = config.pool_mb * 2**20
    if memory.size <= limit:  # else it would push out all the rest, and itself
        free.append(memory)
        trim(limit)


def empty(n, dtype=FLOAT64):
    """``numpy.empty(n, dtype)``, in memory from here; for arrays of at least `LEAST` bytes."""
    size = n * dtype.itemsize
    return np.asarray(Block(_taken(size) or Memory(size), n, dtype))


def _taken(size):
    """Free memory of `size` bytes, or an eighth more at the most."""
    for memory in reversed(list(_free)):  # the last used may still be in the processor's cache
        if size <= memory.size <= size + size // 8:
            try:
                _free.remove(memory)
            except (ValueError, IndexError):  # another thread was faster
                continue
            return memory
    return None


def release_memory() -> None:
    """Give the memory that is kept for new results back to the system.

    Examples
    --------
    >>> jitgrad.release_memory()
    """
    _free.clear()


def held():
    """Bytes that are kept, and used by nobody."""
    return sum([memory.size for memory in list(_free)])


config.on_change("pool_mb", lambda mb: _trim(mb * 2**20))
