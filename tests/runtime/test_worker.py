"""The child process that compiles: what it makes, and that nothing depends on it."""

import os
import pathlib
import signal
import sys
import time

import pytest
from processes import finish, start

import jitgrad

#: Plans enough that the child is used, with the path of its process told.
BUSY = """
import time
from jitgrad.runtime import background

x = jitgrad.tensor([1.0, 2.0, 3.0], requires_grad=True)

def work(k):
    y = x
    for _ in range(k):
        y = jitgrad.sin(y) * k
    (g,) = jitgrad.autograd.grad((y * y).sum(), x)
    return g

def until_child():
    '''Runs programs until the child process is there.'''
    want = [work(k).numpy() for k in range(1, 13)]
    end = time.monotonic() + 60
    while background.compiler.worker.process is None:
        assert time.monotonic() < end, "everything was compiled without it"
        for k in range(1, 13):
            np.testing.assert_allclose(work(k).numpy(), want[k - 1], rtol=1e-9)
    return background.compiler.worker.process
"""


def gone(pid, seconds=60):
    """Whether a process ends in time; where nobody waits for it, its entry stays."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
            if pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return True
        except ProcessLookupError:
            return True
        except FileNotFoundError:  # gone just now, or a system without /proc
            pass
        time.sleep(0.05)
    return False


def test_worker_builds_into_the_cache(tmp_path, monkeypatch):
    """What the child made is loaded, not compiled, here."""
    import numpy as np

    from jitgrad.ir import leaf
    from jitgrad.ops import REGISTRY
    from jitgrad.runtime import cache
    from jitgrad.runtime.plan import Plan
    from jitgrad.runtime.stats import stats
    from jitgrad.runtime.worker import Worker

    monkeypatch.setattr(jitgrad.config, "cache_dir", str(tmp_path))
    x = leaf(0, (3,), np.dtype("float64"))
    plan = Plan(
        [REGISTRY["multiply"].build(REGISTRY["subtract"].build(x, REGISTRY["exp"].build(x)), x)]
    )
    (kernel,) = plan.kernels
    worker = Worker()
    assert not cache.has(kernel.source)
    try:
        assert (
            len(list(worker.build([("loop", "this is no kernel"), ("loop", kernel.source)]))) == 2
        )
    finally:
        worker.stop()
    assert cache.has(kernel.source)
    compiled = stats.compiled
    plan.compile()
    assert stats.compiled == compiled
    (out,) = plan.run([np.array([1.0, 2.0, 3.0])], [])
    np.testing.assert_allclose(
        out, (np.arange(1, 4.0) - np.exp(np.arange(1, 4.0))) * np.arange(1, 4.0), rtol=1e-15
    )


def test_worker_that_cannot_start(monkeypatch):
    from jitgrad.runtime.worker import Worker

    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    worker = Worker()
    assert list(worker.build([("loop", "x")])) == []
    assert not worker.usable and worker.process is None


def test_program_goes_on_when_the_child_is_killed(tmp_path):
    source = (
        BUSY
        + """
child = until_child()
child.kill()
jitgrad.synchronize()
assert not background.compiler.worker.usable
for k in range(1, 9):
    work(k)
from jitgrad.runtime.stats import stats
assert stats.kernels >= 8, stats
"""
    )
    finish(start(source, tmp_path, "auto"))


def test_child_ends_with_a_program_that_ends(tmp_path):
    out = finish(start(BUSY + "print(until_child().pid)", tmp_path, "auto"))
    assert gone(int(out))


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal here")
def test_child_ends_with_a_program_that_is_killed(tmp_path):
    source = BUSY + "print(until_child().pid, flush=True)\nos.kill(os.getpid(), 9)"
    process = start("import os\n" + source, tmp_path, "auto")
    out, err = process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL, err
    assert gone(int(out))
