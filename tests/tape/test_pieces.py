"""Loops whose turns are unlike one another: soon their programs consist of known pieces."""

import random
from itertools import pairwise

import numpy as np
import pytest
from both import same

import jitgrad
from jitgrad.runtime.plan import observed_plans
from jitgrad.tape import pieces
from jitgrad.tape.places import head_between, place_of_caller

START = np.array([0.1, 0.2, 0.3])


@pytest.fixture(autouse=True)
def _unknown_loops():
    pieces.forget()
    yield
    pieces.forget()


# --- programs: (x, y, the value of y by NumPy, the slope by the rule) -----------------------------


def ragged(seed):
    """A loop with an inner loop of another length in each turn."""
    rng = random.Random(seed)
    x = jitgrad.tensor(START, requires_grad=True)
    y, value, slope = x, START, np.ones(3)
    for _ in range(rng.randint(20, 50)):
        y, value, slope = y * 0.5, value * 0.5, slope * 0.5
        for _ in range(rng.randint(0, 5)):
            y, slope = jitgrad.sin(y) + 0.1, np.cos(value) * slope
            value = np.sin(value) + 0.1
    return x, y, value, slope


def branching(seed):
    """A loop with a branch that is taken now and then."""
    rng = random.Random(seed)
    x = jitgrad.tensor(START, requires_grad=True)
    y, value, slope = x, START, np.ones(3)
    for _ in range(rng.randint(30, 60)):
        if rng.random() < 0.5:
            y, value, slope = y * 0.9 + 0.1, value * 0.9 + 0.1, slope * 0.9
        else:
            y, slope, value = jitgrad.tanh(y), slope * (1 - np.tanh(value) ** 2), np.tanh(value)
    return x, y, value, slope


def checked(program, seed):
    x, y, value, slope = program(seed)
    (g,) = jitgrad.autograd.grad(y.sum(), x)
    same(y, value, rtol=1e-10)
    same(g, slope, rtol=1e-9)


@pytest.mark.parametrize("program", [ragged, branching])
def test_programs_without_order_make_nothing_new_at_last(program):
    jitgrad.config.compile, before = "never", jitgrad.config.compile
    try:
        for seed in range(200):
            checked(program, seed)
        with observed_plans() as plans:
            for seed in range(200, 230):
                checked(program, seed)
    finally:
        jitgrad.config.compile = before
    assert len(plans) < 15, [plan.title for plan in plans]


def test_a_program_that_comes_again_goes_on_whole():
    jitgrad.config.compile, before = "never", jitgrad.config.compile
    try:
        for seed in range(12):  # in pieces from some seed on
            checked(branching, seed)
        lengths = []
        for _ in range(8):
            with observed_plans() as plans:
                checked(branching, 100)
            lengths.append([int(plan.title.split()[2]) for plan in plans])
    finally:
        jitgrad.config.compile = before
    assert max(map(max, filter(None, lengths))) > 30, lengths
    assert lengths[-1] == []


def test_a_long_formula_in_a_loop_is_one_program():
    """Its turns are unlike one another, but it is the same program each time."""

    def formula(n):
        out = x = jitgrad.tensor(np.full(n, 0.3), requires_grad=True)
        rng = random.Random(1)
        for _ in range(30):
            out = out * x if rng.random() < 0.5 else jitgrad.sin(out) + x * x
        out.sum().backward()

    with observed_plans() as plans:
        for n in range(3, 20):
            formula(n)
    assert {plan.title.split()[0] for plan in plans} == {"forward+backward"}


def test_records_of_pieces_that_went_on_in_vain():
    """Programs that begin alike, so that one is taken for another."""

    def program(seed):
        rng = random.Random(seed)
        x = jitgrad.tensor(START, requires_grad=True)
        y, value, slope = x, START, np.ones(3)
        for k in range(60):
            if (k % 5 < 2) if k < 30 else rng.random() < 0.5:
                y, value, slope = y * 0.9 + 0.1, value * 0.9 + 0.1, slope * 0.9
            else:
                y, slope, value = jitgrad.tanh(y), slope * (1 - np.tanh(value) ** 2), np.tanh(value)
        return x, y, value, slope

    for seed in [*range(30), *[7] * 10, *range(30, 40)]:
        checked(program, seed)


# --- places ---------------------------------------------------------------------------------------


def heads(run):
    """Whether a turn begins at each of the places that `run` notes, one after another."""
    places = []
    run(lambda: places.append(place_of_caller()))
    found = [head_between(a, b) for a, b in pairwise(places)]
    return [head is not None for head in found], found


def test_turns_begin_where_control_jumps_back():
    def run(note):
        note()
        note()
        for _ in range(3):
            note()
            note()
        note()

    begins, found = heads(run)
    assert begins == [False, False, False, True, False, True, False, False]
    assert len({head for head in found if head}) == 1


def test_nested_loops_have_heads_of_their_own():
    def run(note):
        for _ in range(2):
            note()
            for _ in range(3):
                note()

    begins, found = heads(run)
    assert begins == [False, True, True, True, False, True, True]
    assert found[1] == found[2] != found[3]


def test_turns_of_a_function_that_is_called_in_a_loop():
    def step(note, deep):
        note()
        if deep:
            step(note, deep - 1)

    def run(note):
        for k in range(3):
            step(note, k)

    begins, _ = heads(run)
    assert begins == [True, False, True, False, False]


def test_comprehensions_are_loops():
    begins, _ = heads(lambda note: [note() for _ in range(4)])
    assert begins == [True] * 3


def test_places_of_other_stacks():
    """A state may be reached by other code than that which made it: no place is ahead of another
    then, but none is too deep to be compared."""

    def deep(levels):
        return deep(levels - 1) if levels else place_of_caller()

    places = [place_of_caller(), deep(3), deep(20), deep(40)]
    assert head_between(None, places[0]) is None
    for a in places:
        for b in places:
            head = head_between(a, b)
            assert head is None or head in b[1]
    assert head_between(places[2], places[2]) == places[2][1][-1]
