"""The threads of large kernels: they sleep, take chunks while a launch is open, and are never
waited for to come.

With OpenMP a launch waits for every thread. Asleep, they took 50 us to come on a virtual machine,
or came to the processor of the thread that waited for them, where they gained nothing; awake, a
launch beside a busy neighbour took 8 ms. Here the calling thread takes chunks until there are none;
who comes in time takes some. A worker waits awake for a moment after a launch, since another may
follow, but never on the processor of the thread it works for.

Linux only (`available`): elsewhere `launch` uses numba's pool. Start at `Threads`.
"""

import atexit
import ctypes
import os
import sys
import threading

import numpy as np

#: Turns of about 20 ns that a worker waits awake after a launch.
SPINS = 5000


def available():
    """Whether this system has what that needs: unnamed semaphores and processors by number."""
    if not sys.platform.startswith("linux"):
        return False
    names = ("sem_init", "sem_wait", "sem_post", "sched_getcpu", "sched_setaffinity", "sched_yield")
    return all(hasattr(ctypes.CDLL(None), name) for name in names)


class Threads:
    """`run` launches a kernel over its chunks on up to `threads` threads; one launch at a time.

    `kernel` and `work` are the compiled parts, `launch` the address of what compiled code calls
    (`part_launch`), `places` says where what is in the memory they share (`thread_code`)."""

    def __init__(self, kernel, work, launch, places):
        self.kernel, self.work, self.launch = kernel, work, launch
        self.stopping = places["STOP"]
        most = os.cpu_count() or 1
        self.memory = np.zeros(places["WORKERS"] + places["STRIDE"] * most + 8, np.int64)
        self.address = -(-self.memory.ctypes.data // 64) * 64  # words on cache lines of their own
        first = self.address + 8 * (places["WORKERS"] + places["SEMAPHORE"])
        self.semaphores = [ctypes.c_void_p(first + 8 * k * places["STRIDE"]) for k in range(most)]
        for semaphore in self.semaphores:
            ctypes.CDLL(None).sem_init(semaphore, 0, 0)
        self.masks, self.size, self.cpus = _others()
        self.started, self.most = [], most
        atexit.register(self.stop)

    def run(self, threads, address, total, step, arguments):
        workers = min(threads, -(-total // step), self.most) - 1
        if workers > len(self.started):
            workers = self.start(workers)
        self.kernel(self.address, workers, address, total, step, arguments)

    def start(self, workers):
        """Have as many as that, or as there can be."""
        while len(self.started) < workers:
            k = len(self.started)
            what = (self.address, k, SPINS, self.masks.ctypes.data, self.size, self.cpus)
            thread = threading.Thread(target=self.work, args=what, name=f"jitgrad-{k}", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # the system has no more, or the interpreter ends
                self.most = 1 + k
                break
            self.started.append(thread)
        return len(self.started)

    def stop(self):
        """At exit: no thread may be in compiled code when that is unloaded. Launches run in the
        calling thread then."""
        self.most = 1
        ctypes.c_int64.from_address(self.address + 8 * self.stopping).value = 1
        for thread, semaphore in zip(self.started, self.semaphores, strict=False):
            ctypes.CDLL(None).sem_post(semaphore)
            thread.join(1)
        self.started = []


def _others():
    """For each processor a mask of those this process may use but that one (all, if it is the only
    one)."""
    allowed = os.sched_getaffinity(0)
    cpus = max(allowed) + 1
    size = -(-cpus // 64) * 8
    masks = np.zeros((cpus, size * 8), np.uint8)
    for cpu in range(cpus):
        masks[cpu, sorted(allowed - {cpu} or allowed)] = 1
    return np.packbits(masks, axis=1, bitorder="little"), size, cpus
