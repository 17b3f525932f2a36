"""Interrupts while the main thread compiles: see `jitgrad.runtime.aside`."""

import signal

import pytest
from processes import finish, start

COMPILES = """
import signal, sys, time
import numpy as np, jitgrad
jitgrad.config.compile = "always"

class Stop(BaseException):
    pass

def stop(*_):
    raise Stop

signal.signal(signal.SIGALRM, stop)
met = 0
for k, after in enumerate({times}):
    x = jitgrad.tensor(np.linspace(0.1, 1.0, 7))
    signal.setitimer(signal.ITIMER_REAL, after)
    try:
        y = x * 2.0
        for j in range(k + 1):
            y = jitgrad.tanh(y + x)
        y.sum().item()
        signal.setitimer(signal.ITIMER_REAL, 0)
    except Stop:
        met += 1
        assert signal.getitimer(signal.ITIMER_REAL)[0] == 0
x = np.linspace(0.1, 1.0, 7)
got = (jitgrad.cosh(jitgrad.tensor(x)) * 3.0).sum().item()
assert abs(got - (np.cosh(x) * 3.0).sum()) < 1e-12, got
print("met", met)
"""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers here")
@pytest.mark.parametrize("times", [[0.02], [0.1], [0.3, 0.01, 0.04, 0.02, 0.03]])
def test_interrupts_while_the_main_thread_compiles(tmp_path, times):
    """Numba is imported, and compiles, in one piece, whatever comes: afterwards it still can."""
    process = start(COMPILES.format(times=times), tmp_path, before="", fresh=True)
    assert finish(process).startswith("met ")
