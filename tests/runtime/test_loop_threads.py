"""Other threads run while a compiled loop does."""

import threading

import pytest

import jitgrad
from jitgrad import config


@pytest.mark.parametrize(("size", "turns"), [(3, 1e7), (1000, 2e5)], ids=["kernel", "driver"])
def test_another_thread_runs_beside_a_loop(size, turns, monkeypatch):
    """The loop is far longer than what a thread waits for the interpreter."""
    monkeypatch.setattr(config, "compile", "always")

    @jitgrad.jit
    def f(x, stop):
        def turn(s):
            return jitgrad.tanh(s[0]), s[1] + 1.0

        return jitgrad.while_loop(lambda s: s[1] < stop, turn, (x, 0.0))[0]

    x = jitgrad.ones(size)
    f(x, 5.0).numpy()
    begun, done, beside = threading.Event(), threading.Event(), []

    def other():
        begun.wait()
        while not done.is_set():
            beside.append(None)
            done.wait(0.001)

    thread = threading.Thread(target=other)
    thread.start()
    begun.set()
    f(x, turns).numpy()
    count = len(beside)
    done.set()
    thread.join()
    assert count > 5
