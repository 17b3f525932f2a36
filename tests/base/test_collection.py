"""Cycles are collected again after each block in which they are not, however it ends."""

import gc
import threading

import pytest

import jitgrad
from jitgrad.base.collection import uncollected


@pytest.fixture(autouse=True)
def on():
    assert gc.isenabled()
    yield
    assert gc.isenabled()


def test_blocks_within_blocks():
    with uncollected():
        assert not gc.isenabled()
        with uncollected():
            assert not gc.isenabled()
        assert not gc.isenabled()


def test_a_block_that_ends_with_an_error():
    with pytest.raises(ValueError, match="it"), uncollected():
        raise ValueError("it")


def test_blocks_of_threads_that_overlap():
    entered, leave = threading.Event(), threading.Event()

    def other():
        with uncollected():
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=other)
    with uncollected():
        thread.start()
        assert entered.wait(10)
    assert not gc.isenabled()
    leave.set()
    thread.join()


def test_whoever_put_it_off_has_it_put_off_afterwards():
    gc.disable()
    try:
        with uncollected():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_a_function_that_is_traced():
    seen = []

    @jitgrad.jit
    def f(x):
        seen.append(gc.isenabled())
        return x * 2

    assert float(f(jitgrad.tensor(2.0))) == 4
    assert seen == [False]

    @jitgrad.jit
    def fails(x):
        raise KeyError(x.shape)

    with pytest.raises(KeyError):
        fails(jitgrad.tensor(2.0))
