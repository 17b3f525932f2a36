"""Ctrl-C ends a compiled loop that would go on for ever."""

import signal
import subprocess
import sys

import pytest

PROGRAM = """
import signal
import jitgrad

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
jitgrad.config.compile = "always"

@jitgrad.jit
def f(x, stop):
    def turn(s):
        return BODY, s[1] + 1.0
    return jitgrad.while_loop(lambda s: s[1] < stop, turn, (x, 0.0))[0]

x = jitgrad.ones(SIZE)
before = f(x, 5.0).numpy()
print("ready", flush=True)
try:
    f(x, float("inf")).numpy()
    print("it returned")
except KeyboardInterrupt:
    print("interrupted", (f(x, 5.0).numpy() == before).all())
"""
#: A loop of one kernel, one that a driver runs, and one within another.
INNER = "jitgrad.while_loop(lambda c: c[1] < stop, lambda c: (c[0] * x, c[1] + 1.0), (s[0], 0.0))"
BODIES = {
    "kernel": ("3", "jitgrad.sin(s[0])"),
    "driver": ("3000", "jitgrad.sin(s[0])"),
    "inner": ("3", f"{INNER}[0]"),
}


@pytest.mark.skipif(sys.platform == "win32", reason="signals between processes")
@pytest.mark.parametrize("name", BODIES)
def test_an_endless_loop_is_interrupted(name):
    size, body = BODIES[name]
    text = PROGRAM.replace("SIZE", size).replace("BODY", body)
    process = subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "ready\n"
        with pytest.raises(subprocess.TimeoutExpired):
            process.communicate(timeout=0.3)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert out == "interrupted True\n"
