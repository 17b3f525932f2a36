"""The threads of large kernels: every chunk runs once, in any number of threads, from any thread,
and at exit."""

import ctypes
import struct
import threading

import numpy as np
import pytest
from processes import finish, start

from jitgrad.runtime import launch, threads
from jitgrad.runtime.llvm import thread_code
from jitgrad.runtime.numba import build

pytestmark = pytest.mark.skipif(not threads.available(), reason="no such pool on this system")

SOURCE = '''"""counts how often each unit is visited, and by which part."""

from jitgrad.runtime.numba.library import *


@body
def body(start, stop, part, seen, parts):
    for i in range(start, stop):
        seen[i] += 1
        parts[i] = part


@entry
def chunk(start, stop, part, args):
    a = slots(args)
    body(start, stop, part, array_int64(a, 0), array_int64(a, 1))
'''


@pytest.fixture(scope="module")
def address():
    launch.prepare()
    return build.loop_kernel(SOURCE)


def visits(run, address, total, step):
    seen, parts = np.zeros(total, np.int64), np.full(total, -1)
    arguments = struct.pack("=qq", id(seen), id(parts))
    run(address, total, step, id(arguments))
    assert (seen == 1).all()
    np.testing.assert_array_equal(parts, np.arange(total) // step)


@pytest.mark.parametrize("most", [1, 2, 3, 5])
def test_every_chunk_runs_once(address, most, monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 5)
    own = build.own_threads()
    try:
        for total, step in [(1, 1), (7, 3), (1000, 1), (5000, 64), (100_000, 1000)] * 20:
            visits(lambda *what: own.run(most, *what), address, total, step)
        assert len(own.started) <= most - 1
    finally:
        own.stop()
    assert not own.started


def test_fewer_threads_and_more_again(address, monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    own = build.own_threads()
    try:
        for most in [4, 1, 2, 4, 3] * 30:
            visits(lambda *what, n=most: own.run(n, *what), address, 3000, 10)
    finally:
        own.stop()


def test_launches_from_many_python_threads(address):
    """The pool is one's at a time; who finds it busy runs its chunks itself."""
    errors = []

    def work():
        try:
            for _ in range(200):
                visits(lambda *what: launch.launch(*what, launch.PARALLEL_WORK), address, 2000, 50)
        except BaseException as error:
            errors.append(error)

    users = [threading.Thread(target=work) for _ in range(4)]
    for t in users:
        t.start()
    for t in users:
        t.join()
    assert not errors


def test_masks_leave_out_one_processor(monkeypatch):
    def bits(mask):
        return {i for i, bit in enumerate(np.unpackbits(mask, bitorder="little")) if bit}

    monkeypatch.setattr("os.sched_getaffinity", lambda pid: {1, 3, 70})
    masks, size, cpus = threads._others()
    assert (size, cpus) == (16, 71) and masks.shape == (71, 16)
    assert bits(masks[3]) == {1, 70} and bits(masks[0]) == {1, 3, 70} and bits(masks[70]) == {1, 3}
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: {2})
    assert bits(threads._others()[0][2]) == {2}


def test_without_the_pool_numba_runs_launches(address, monkeypatch):
    monkeypatch.setattr(threads, "available", lambda: False)
    monkeypatch.setattr(launch, "_state", launch._State())
    launch.prepare()
    visits(lambda *what: launch.launch(*what, launch.PARALLEL_WORK), address, 5000, 100)
    assert launch._state.parallel is not None


def test_a_process_with_waiting_threads_leaves_at_once(tmp_path):
    """Awake and asleep; whatever the threads do when the interpreter ends."""
    for pause in ("", "import time; time.sleep(0.2)"):
        program = f"""
        jitgrad.config.compile = "always"
        x = jitgrad.tensor(np.ones(1_000_000), requires_grad=True)
        (x * x).sum().backward()
        assert x.grad.sum().item() == 2_000_000
        {pause}
        """
        finish(start(program, tmp_path))


def test_after_the_end_launches_run_in_the_calling_thread(address):
    own = build.own_threads()
    own.stop()
    visits(lambda *what: own.run(2, *what), address, 1000, 10)
    assert not own.started


def test_where_no_thread_can_be_started_launches_run_without(address, monkeypatch):
    def refuse(self):
        raise RuntimeError("can't start new thread")

    own = build.own_threads()
    monkeypatch.setattr(threading.Thread, "start", refuse)
    visits(lambda *what: own.run(2, *what), address, 1000, 10)
    assert not own.started


def test_sizes_of_semaphores_fit():
    """A semaphore of the C library has room in its words."""
    assert ctypes.sizeof(ctypes.c_long) * 4 <= 8 * thread_code.LINE
