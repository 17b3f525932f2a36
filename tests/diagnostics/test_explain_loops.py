"""What `explain` says of loops: turns, what is carried and saved, what is computed again."""

import json

import numpy as np
import pytest

import jitgrad
from jitgrad.base.config import config


def steps(w):
    def turn(c, x):
        return jitgrad.tanh(jitgrad.sin(c) * w) + x, None

    return jitgrad.scan(turn, w * 0.1, jitgrad.ones((1000, 3)))[0].sum()


def loops_of(explanation):
    return [k.loop for k in explanation.kernels if k.loop is not None]


def test_a_loop_and_its_derivative(tier):
    said = jitgrad.explain(jitgrad.jit(jitgrad.value_and_grad(steps)), jitgrad.ones(3))
    forward, backward = loops_of(said)
    assert (forward.turns, forward.most, forward.reverse) == (1000, 1000, False)
    assert (backward.turns, backward.reverse) == (1000, True)
    assert [(v.type, v.bytes) for v in forward.saves] == [("float64[3]", 24)]
    assert "before the turn" in forward.saves[0].name and not backward.saves
    assert {"sin", "tanh"} <= set(forward.operations) and not forward.again
    assert {"sin", "tanh"} <= set(backward.again) < set(backward.operations)
    text = str(said)
    assert "loop of 1000 turns" in text and "the last one first" in text
    assert "per turn, 24.0 kB in all" in text and "not saved by the loop before" in text
    json.dumps(said.to_dict())


def test_checkpoints_are_loops_in_loops(monkeypatch):
    monkeypatch.setattr(config, "checkpoint_mb", 0)
    said = jitgrad.explain(jitgrad.jit(jitgrad.grad(steps)), jitgrad.ones(3))
    outer = [loop for loop in loops_of(said) if loop.loops]
    assert [loop.turns for loop in outer] == [32, 32]
    saving, backward = outer[1].loops
    assert saving.saves and backward.reverse and {"sin", "tanh"} <= set(backward.again)
    assert "in a turn: loop of 31 turns" in str(said)


@pytest.mark.parametrize(("most", "title"), [(None, "any number of turns"), (7, "at most 7 turns")])
def test_turns_that_only_a_call_knows(tier, most, title):
    f = lambda x: jitgrad.while_loop(lambda c: c.sum() < 3, lambda c: c * 2.0, x, most)
    said = jitgrad.explain(jitgrad.jit(f), jitgrad.ones(1))
    assert f"loop of {title}" in str(said)
    (loop,) = loops_of(said)
    assert loop.turns is None and loop.most == most and loop.operations[0] == "multiply"


def test_what_runs_the_turns(monkeypatch):
    """A driver runs large products; inverses are NumPy's, so that Python runs the turns."""
    monkeypatch.setattr(config, "compile", "always")
    f = jitgrad.jit(lambda x: jitgrad.fori_loop(0, 3, lambda i, c: c @ c * 0.5, x))
    (loop,) = loops_of(jitgrad.explain(f, np.eye(200)))
    assert loop.way == "its kernels by a driver"
    f = jitgrad.jit(lambda x: jitgrad.fori_loop(0, 3, lambda i, c: jitgrad.linalg.inv(c), x))
    (loop,) = loops_of(jitgrad.explain(f, np.eye(200)))
    assert loop.way == "run from Python"
