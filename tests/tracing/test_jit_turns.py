"""Turns that are rolled while a function is traced: values and gradients are those of a trace that
has all turns, and what is recorded does not grow with their number."""

import random

import numpy as np
import pytest

import jitgrad
from jitgrad.ir import toposort
from jitgrad.tape import record, rolled_turns, symbolic, turn_search
from jitgrad.tracing import replay


@pytest.fixture
def rolled(monkeypatch):
    """The numbers of turns of the loops that traces make, which look for short ones."""
    monkeypatch.setattr(symbolic, "FIRST_LOOK", 40)
    monkeypatch.setattr(turn_search, "OPERATIONS", 24)
    monkeypatch.setattr(jitgrad.config, "compile", "never")
    made, close = [], rolled_turns.RolledTurns.close

    def noted(self):
        self.go_on()  # with the turn that has just ended
        made.append(len(self.rows))
        close(self)

    monkeypatch.setattr(rolled_turns.RolledTurns, "close", noted)
    return made


def derivatives(program, arguments, monkeypatch, rolls):
    """Value and gradients through `jit`, with or without turns that are rolled."""
    with monkeypatch.context() as patch:
        patch.setattr(symbolic.Trace, "rolls", rolls)
        both = jitgrad.value_and_grad(program, tuple(range(len(arguments))))
        value, grads = jitgrad.jit(both)(*map(jitgrad.tensor, arguments))
    return [np.asarray(x) for x in (value, *grads)]


def arguments(seed, n):
    rng = np.random.default_rng(seed)
    return [rng.uniform(-1, 1, shape) for shape in (3, 3, 3, n)]


def compare(program, given, monkeypatch):
    with_loops = derivatives(program, given, monkeypatch, True)
    without = derivatives(program, given, monkeypatch, False)
    for ours, theirs in zip(with_loops, without, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-11)


# --- random programs ------------------------------------------------------------------------------

#: What a turn does with two values `x` and `y` and a number `c`; `s` is what it can reach.
STEPS = {
    "add": lambda x, y, c, s: x + y,
    "sub": lambda x, y, c, s: x - y * c,
    "mul": lambda x, y, c, s: x * y * c,
    "number": lambda x, y, c, s: x * s.numbers[s.t] + s.t,
    "slice": lambda x, y, c, s: x * s.xs[s.t],
    "sum": lambda x, y, c, s: x - x.sum() * c,
    "invariant": lambda x, y, c, s: x + jitgrad.cos(s.w) * c,
    "before": lambda x, y, c, s: x * 0.5 + s.before * c,
    "reshape": lambda x, y, c, s: x.reshape(1, 3).reshape(3) * c,
    "view": lambda x, y, c, s: x[1:].sum() + x * c,
    "function": lambda x, y, c, s: jitgrad.reshape(jitgrad.reshape(x, (3, 1)) + y, (9,))[:3] * c,
    "power": lambda x, y, c, s: (x * x + 1.0) ** -1.5 + y**2,
    "helper": lambda x, y, c, s: helped(x, y, c),
    "last": lambda x, y, c, s: x + (s.out[-1] if s.out else s.w),
    "older": lambda x, y, c, s: x + (s.out[-3] if len(s.out) > 3 else s.w),
    "in place": lambda x, y, c, s: added(x * 1.0, y),
    "write": lambda x, y, c, s: written(x * 1.0, y[0] * c),
    "without": lambda x, y, c, s: without_gradient(x) + y,
}


def helped(x, y, c):
    """What a frame still holds when its last operation, and perhaps the turn, ends."""
    first, second = x * c, jitgrad.reshape(y, (1, 3))
    third = first + second[0]
    return third * first - jitgrad.sum(second * third, 0)


def added(x, y):
    x += y
    return x


def written(x, y):
    x[1] = y
    return x


def without_gradient(x):
    with jitgrad.no_grad():
        return x * 0.25


class Reached:
    """What the turns of a random program reach."""


def random_program(rng):
    n, carried = rng.randint(8, 40), rng.randint(1, 2)
    steps = [
        (rng.choice(list(STEPS)), rng.randrange(99), rng.randrange(99), rng.uniform(0.1, 0.9))
        for _ in range(rng.randint(2, 7))
    ]
    inner = rng.choice([0, 0, 0, 9])
    other = rng.choice([None, None, rng.randrange(n)])  # a turn unlike the others
    kept = rng.choice([None, rng.randrange(n)])
    numbers = [rng.uniform(0.1, 0.5) for _ in range(n)]

    def program(x, v, w, xs):
        s = Reached()
        s.w, s.xs, s.numbers, s.out, s.before = w, xs, numbers, [], v
        state, total, held = [x, v][:carried], jitgrad.zeros(()), v
        for s.t in range(n):
            values = list(state)
            for name, a, b, c in steps:
                given = values[a % len(values)], values[b % len(values)]
                values.append(jitgrad.tanh(STEPS[name](*given, c, s)))
            for _ in range(inner):
                values.append(jitgrad.sin(values[-1]) * 0.9)
            s.before, state = state[0], values[-carried:]
            if s.t == other:
                state[0] = state[0] * 2
            if s.t == kept:
                held = state[-1]
            s.out.append(state[0])
            total += state[0].sum() * numbers[s.t % 3]
        rows = jitgrad.stack(s.out)
        return total + (rows * rows).sum() + (held * s.before).sum() + (state[-1] * w).sum()

    return program, n


def test_random_programs_are_what_they_are_without(rolled, monkeypatch):
    for seed in range(12):
        program, n = random_program(random.Random(seed))
        compare(program, arguments(seed, n), monkeypatch)
    assert len(rolled) >= 6


# --- what ends a loop -----------------------------------------------------------------------------


def decays(turns, look=None):
    def program(x, v, w, xs):
        for t in range(turns):
            x = jitgrad.sin(x * w) + v * 0.1 * t
            if look is not None:
                look(t, x)
        return (x * v).sum()

    return program


def test_what_is_recorded_does_not_grow_with_turns(rolled, monkeypatch):
    made = []
    record_state = record.record_state

    def counted(*args, **kwargs):
        made.append(1)
        return record_state(*args, **kwargs)

    monkeypatch.setattr(record, "record_state", counted)
    counts = []
    for n in (50, 500):
        made.clear()
        derivatives(decays(n), arguments(0, 3), monkeypatch, True)
        counts.append(len(made))
    assert rolled == [50, 500]
    assert counts[0] == counts[1]


def test_numbers_that_do_not_go_on_end_a_loop(rolled, monkeypatch):
    def program(x, v, w, xs):
        for t in [*range(20), *range(20, 0, -2), *[3] * 10]:
            x = jitgrad.sin(x * w) + xs[t]
        return (x * v).sum()

    compare(program, arguments(1, 30), monkeypatch)
    assert rolled[0] == 21


def test_signs_of_zeros_are_numbers_of_their_own(rolled, monkeypatch):
    def program(x, v, w, xs):
        for t in range(30):
            x = x * 0.5 + jitgrad.copysign(w, (-1) ** t * 0.0)
        return (x * v).sum()

    compare(program, arguments(1, 3), monkeypatch)
    assert rolled


def test_what_is_collected_is_handed_out_in_one_piece(rolled, monkeypatch):
    plans, plan = [], replay.Plan

    def noted(roots, *args, **kwargs):
        plans.append(roots)
        return plan(roots, *args, **kwargs)

    monkeypatch.setattr(replay, "Plan", noted)

    def program(x, v, w, xs):
        out = []
        for t in range(60):
            x = jitgrad.sin(x * w) + xs[t]
            out.append(x)
        return (jitgrad.stack(out[::-1]) * v).sum()

    compare(program, arguments(1, 60), monkeypatch)
    assert rolled == [60]
    assert len(toposort(plans[0])) < 100


def test_numbers_among_the_arguments(rolled, monkeypatch):
    def program(x, h):
        for _ in range(30):
            x = x + h * jitgrad.sin(x)
        return x.sum()

    both = jitgrad.jit(jitgrad.value_and_grad(program))
    for h in (0.1, 0.2):
        x = jitgrad.tensor([1.0, 2.0], requires_grad=True)
        value, grad = both(x.detach(), h)
        program(x, h).backward()
        np.testing.assert_allclose(value, program(x, h).detach())
        np.testing.assert_allclose(grad, x.grad)
    assert rolled == [30]


def test_errors_in_a_turn_leave_what_was_written(rolled):
    x = jitgrad.ones(3)

    @jitgrad.jit
    def program(w):
        y = w
        for t in range(40):
            y = jitgrad.sin(y * 0.5) + 0.1
            if t == 30:
                x[:] = y
                raise LookupError("the user's own")

    want = np.ones(3)
    for _ in range(31):
        want = np.sin(want * 0.5) + 0.1
    with pytest.raises(LookupError):
        program(jitgrad.ones(3))
    np.testing.assert_allclose(x, want)
    assert rolled == [31]


def test_tensors_know_what_they_are_while_turns_are_rolled(rolled, monkeypatch):
    """A tensor whose turn is over has shape, dtype and `requires_grad`, and can be asked for its
    gradient as ever."""
    held = []

    def look(t, x):
        if t == 15:
            held.append(x)
        if t == 25:
            x = held.pop()
            assert x.requires_grad
            assert x.shape == (3,)

    compare(decays(40, look), arguments(2, 3), monkeypatch)
    assert rolled[0] > 20


def test_second_order(rolled, monkeypatch):
    program = lambda x: decays(30)(x, x * 0.5, x + 1, None)
    x = jitgrad.tensor([0.3, -0.2, 0.1])
    with_loops = np.asarray(jitgrad.jit(jitgrad.hessian(program))(x))
    monkeypatch.setattr(symbolic.Trace, "rolls", False)
    np.testing.assert_allclose(with_loops, jitgrad.jit(jitgrad.hessian(program))(x), rtol=1e-9)
    assert rolled


def test_tensors_of_one_place_are_not_rolled(rolled, monkeypatch):
    """After ``y[:] = x`` both are one record, which one handle stands for."""

    def program(x, v, w, xs):
        ys = []
        for _ in range(20):
            y = jitgrad.zeros(3) + w
            x = jitgrad.sin(x * 0.9)
            y[:] = x
            ys.append(y)
            y = y * x
            v = v * 0.5 + y
        return (v * x).sum() + jitgrad.stack(ys).sum()

    compare(program, arguments(3, 3), monkeypatch)
