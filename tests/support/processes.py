"""Processes of their own for what could hang, die or disturb others: started with a source text,
they must end in time, with exit code 0 and nothing on stderr. Start at `start` and `finish`."""

import os
import signal
import subprocess
import sys
import textwrap

import forked
from folders import ROOT

#: A program with kernels of every kind, whose value and gradient are checked by NumPy.
PROGRAM = """
import numpy as np, jitgrad

def run(n=50, seed=0):
    rng = np.random.default_rng(seed)
    a, b = rng.standard_normal((n, 4)), rng.standard_normal(4)
    x, y = jitgrad.tensor(a, requires_grad=True), jitgrad.tensor(b, requires_grad=True)
    h = jitgrad.tanh(x * y)
    h[0] *= 2.0
    loss = (h * h).sum() + (x @ y).sum() * h.sum().item()
    loss.backward()
    t = np.tanh(a * b)
    scale = np.ones((n, 4)); scale[0] = 2.0
    s = (t * scale).sum()
    g = 2 * t * scale**2 * (1 - t * t)
    np.testing.assert_allclose(loss.item(), ((t * scale) ** 2).sum() + (a @ b).sum() * s, rtol=1e-9)
    np.testing.assert_allclose(x.grad.numpy(), g * b + s * b, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(y.grad.numpy(), (g * a).sum(0) + s * a.sum(0), rtol=1e-9, atol=1e-12)
"""


#: A program with one kernel.
SMALL = """
import jitgrad

def run():
    x = jitgrad.tensor([1.0, 2.0, 3.0], requires_grad=True)
    (x * x * x).sum().backward()
    assert x.grad.tolist() == [3.0, 12.0, 27.0]
"""


#: Compile in the background what runs twice, instead of when it has taken long enough.
SOON = """
from jitgrad.runtime import plan as plans
plans.HOT = plans.HOT_PROCESS = 0.0
"""


def start(source, cache, compiling="always", before=PROGRAM, fresh=False):
    """A process that runs `source` after `before`; with "auto", what runs twice is compiled."""
    before += SOON if compiling == "auto" else ""
    settings = {"JITGRAD_COMPILE": compiling, "JITGRAD_VERIFY": "0"}
    return begin(before + textwrap.dedent(source), cache, fresh, **settings)


def begin(text, cache, fresh=False, **settings):
    """A process that runs `text` with a folder of kernels and settings of its own.

    It is forked from one that has imported NumPy and numba, unless it is to be a `fresh` one, which
    imports numba itself, and whose sets of strings have an order of their own."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "JITGRAD_CACHE_DIR": str(cache), **settings}
    if not fresh and forked.possible(env):
        return forked.Forked(text, env)
    return subprocess.Popen(
        [sys.executable, "-X", "faulthandler", "-c", text],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def stacks(process):
    """Ends a process that hangs and all that it started, children of forks among them, which have
    its pipes open; what it has written, and where each of their threads was."""
    if not hasattr(os, "killpg"):
        process.kill()
        return process.communicate()
    for sign in (signal.SIGABRT, signal.SIGKILL):  # faulthandler writes at the first one
        os.killpg(process.pid, sign)
        try:
            return process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            continue
    raise AssertionError("hangs, and cannot be killed")


def finish(process, timeout=120):
    """The output of a process that must end well."""
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        out, err = stacks(process)
        raise AssertionError(f"hangs: {out}\n{err}") from None
    assert process.returncode == 0, (process.returncode, out, err)
    assert err == ""
    return out
