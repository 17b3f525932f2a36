"""Launches: the same bits whatever the threads, and forks at any moment."""

import os

import pytest
from processes import finish, start

#: Programs whose launches have many chunks, and the bits of their values and gradients.
BITS = """
import hashlib
from jitgrad.runtime import launch

PROGRAMS = {
    "chain": lambda x: (
        jitgrad.sin(x) * jitgrad.exp(-x * x) + jitgrad.log1p(jitgrad.abs(x)) * jitgrad.tanh(x)
    ).sum(),
    "rows": lambda x: jitgrad.sin(
        x.reshape(-1, 50) / x.reshape(-1, 50).max(axis=1, keepdims=True)
    ).sum(),
    "columns": lambda x: (
        jitgrad.exp(x.reshape(-1, 7).mean(axis=0)).prod()
        + (x.reshape(7, -1).std(axis=0) ** 2).sum()
    ),
    "many_columns": lambda x: (x.reshape(50, -1).sum(axis=0) ** 2).sum(),
    "shifted": lambda x: ((x[1:] - x[:-1]) ** 2).sum() + (x[::3] * x[::-3]).sum(),
    "scan": lambda x: (jitgrad.cumsum(x.reshape(700, -1), 1) * x.reshape(700, -1)).mean(),
    "norms": lambda x: jitgrad.norm(x) + jitgrad.logsumexp(x) + jitgrad.var(x),
    "float32": lambda x: (x.astype(np.float32) * 1.1).sin().sum(),
    "transposed": lambda x: (x.reshape(350, -1).T * x.reshape(-1, 350)).sum(),
}

def bits():
    out = {}
    data = np.random.default_rng(0).uniform(-1, 1, 350_000)
    for name, f in PROGRAMS.items():
        x = jitgrad.tensor(data, requires_grad=True)
        y = f(x)
        y.backward()
        found = np.asarray(y.detach()).tobytes() + x.grad.numpy().tobytes()
        out[name] = hashlib.sha256(found).hexdigest()[:12]
    return out
"""

THREADS = """
# More threads than cores are never used by themselves.
object.__setattr__(jitgrad.config, "num_threads", {n})
launch.PARALLEL_WORK = 0
first = bits()
import numba
assert {n} == 1 or (launch._state.parallel is not None and numba.get_num_threads() == {n})
assert bits() == first
print(sorted(first.items()))
"""


def test_same_bits_with_any_number_of_threads(tmp_path, monkeypatch):
    """The first process compiles the kernels, the others load them: that must make no difference
    either."""
    found = {}
    for n in (1, 2, 3, 8):
        monkeypatch.setenv("NUMBA_NUM_THREADS", str(n))
        found[n] = finish(start(BITS + THREADS.format(n=n), tmp_path), timeout=300)
    assert len(found[1]) > 200
    assert len(set(found.values())) == 1, found


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_forks_while_kernels_run(tmp_path):
    """Two threads launch, in parallel and serially, while the main one forks; each child computes,
    and so do they."""
    source = """
    import os, threading, time, warnings
    warnings.simplefilter("ignore", DeprecationWarning)
    launch.PARALLEL_WORK = 0
    want, errors, stop, turns = bits(), [], threading.Event(), [0, 0]

    def work(k):
        while not stop.is_set():
            if bits() != want:
                errors.append(k)
            turns[k] += 1

    threads = [threading.Thread(target=work, args=(k,)) for k in range(2)]
    for thread in threads:
        thread.start()
    for turn in range(6):
        time.sleep(0.02 * turn)
        child = os.fork()
        if child == 0:
            os._exit(0 if bits() == want and jitgrad.get_num_threads() == 1 else 1)
        _, status = os.waitpid(child, 0)
        assert status == 0, (turn, status)
    seen = sum(turns)
    end = time.monotonic() + 60
    while sum(turns) < seen + 4 and time.monotonic() < end:
        time.sleep(0.01)
    stop.set()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert not errors and sum(turns) >= seen + 4
    print("done")
    """
    import textwrap

    assert finish(start(BITS + textwrap.dedent(source), tmp_path), timeout=280) == "done\n"
