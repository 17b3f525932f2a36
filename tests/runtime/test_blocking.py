"""Nothing blocks in "auto": what the caller's thread does for a long program grows no faster than
the program, and lowering and asking for kernels is done in the background.

Work is counted, not timed: instructions of Python in the caller's thread, those of comprehensions
among them. Start at `work` and `assert_linear`.
"""

import itertools
import random
import sys
import threading

import numpy as np
import pytest

import jitgrad
from jitgrad import compile as compiler
from jitgrad.compile.rewrite.simplify import simplify
from jitgrad.ir import leaf
from jitgrad.runtime import plan as plans
from jitgrad.runtime.plan import Plan, observed_plans
from jitgrad.tape.boundaries import repeats

F = np.array([[1.0, 1.0], [0.0, 1.0]])
FT = F.T.copy()


@pytest.fixture(autouse=True)
def auto():
    jitgrad.synchronize()
    before, jitgrad.config.compile = jitgrad.config.compile, "auto"
    yield
    jitgrad.synchronize()
    jitgrad.config.compile = before


def work(function, *args):
    """Instructions of Python that `function(*args)` takes in this thread."""
    count = 0

    def trace(frame, event, arg):
        nonlocal count
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        count += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function(*args)
    finally:
        sys.settrace(before)
    return count


def filter_loss(p, y):
    """A Kalman filter's likelihood: some 20 operations per step."""
    m, P, loss = jitgrad.zeros(2), jitgrad.eye(2), 0.0
    for t in range(len(y)):
        m, P = F @ m, F @ P @ FT + jitgrad.eye(2) * p[0]
        v, S = y[t] - m[0], P[0, 0] + p[1]
        K = P[0] / S
        m, P, loss = m + K * v, P - np.outer(K, P[0]), loss + np.log(S) + v * v / S
    return loss


def filtered(n):
    """A call of the gradient by one plan."""
    p, y = jitgrad.tensor([0.1, 0.2]), jitgrad.tensor(np.sin(np.arange(float(n))))
    g = jitgrad.jit(jitgrad.value_and_grad(filter_loss))
    return lambda: g(p, y)[1].numpy()


def assert_linear(counts):
    """For programs of n, 2n and 4n operations."""
    assert all(b < 2.3 * a for a, b in itertools.pairwise(counts)), counts


@pytest.fixture
def lowering_threads(monkeypatch):
    """The threads that lower a plan from now on."""
    threads, lower_graph = [], compiler.lower_graph

    def noted(roots):
        threads.append(threading.current_thread().name)
        return lower_graph(roots)

    monkeypatch.setattr(compiler, "lower_graph", noted)
    return threads


@pytest.mark.parametrize("how", ["jit", "eager"])
def test_no_call_lowers_a_long_program_of_small_arrays(lowering_threads, how):
    """Whether its kernels exist is looked up in the background, too; the plan that they make takes
    over."""
    p, y = jitgrad.tensor([0.3, 0.2]), jitgrad.tensor(np.cos(np.arange(7.0)))
    f = jitgrad.value_and_grad(filter_loss)
    f = jitgrad.jit(f) if how == "jit" else f
    values = []
    for _ in range(4):
        values.append(f(p, y)[1].numpy())
        jitgrad.synchronize()
    assert set(lowering_threads) == {"jitgrad-compile"}
    np.testing.assert_allclose(values, values[:1] * 4, rtol=1e-9)


def test_kernels_that_exist_serve_a_new_shape_from_its_third_run_on(monkeypatch):
    monkeypatch.setattr(plans, "HOT", np.inf)  # it does not pay
    monkeypatch.setattr(plans, "LONG_RUN", np.inf)

    def plan(n):
        x = leaf(0, (n,), np.dtype(float))
        return Plan([x * (x * 1.25) - x])

    plan(5).compile()
    p, x = plan(9), np.arange(9.0)
    for run in range(3):
        assert (p._compiled is not None) == (run == 2)
        np.testing.assert_allclose(p.run([x], [])[0], x * x * 1.25 - x)
        jitgrad.synchronize()


def test_large_arrays_ask_for_kernels_at_once(lowering_threads):
    """There NumPy takes longer than the look."""

    def plan(n):
        x = leaf(0, (n,), np.dtype(float))
        return Plan([x * (x * 1.75) - x])

    plan(5).compile()
    lowering_threads.clear()
    p = plan(plans.DENSE * 10)
    p.run([np.ones(plans.DENSE * 10)], [])
    assert p._compiled is not None and lowering_threads == ["MainThread"]


def test_a_driver_that_is_missing_is_not_compiled_by_a_look(monkeypatch):
    """The kernels of sums over the first axis exist, what joins the partial results of many rows
    does not."""
    from jitgrad.runtime.numba import build

    def plan(n):
        x = leaf(0, (n, 40), np.dtype(float))
        return Plan([jitgrad.ops.REGISTRY["sum"](x * 0.875, axis=0)])

    plan(3).compile()
    large = plan(40_000)
    monkeypatch.setattr(build, "joins", lambda *pair: False)
    assert not large.is_built()
    monkeypatch.undo()
    large.compile()
    assert plan(50_000).is_built()


def test_lowering_grows_as_the_program_does():
    counts = []
    for n in (8, 16, 32):
        with observed_plans() as plans:
            filtered(n)()
        counts.append(work(compiler.lower_graph, plans[-1].roots))
    assert_linear(counts)


@pytest.mark.parametrize("call", [1, 2, 5])
def test_calls_of_a_recorded_function_grow_as_the_program_does(call):
    """The first plans it, and looks for turns that repeat (in graphs of so many operations that all
    of these are searched); the second looked for kernels once; NumPy plans it for good at the
    fifth."""
    counts = []
    for n in (16, 32, 64):
        f = filtered(n)
        for _ in range(call - 1):
            f()
        counts.append(work(f))
    assert_linear(counts)


def test_simplify_grows_as_the_program_does():
    counts = []
    for n in (100, 200, 400):
        x = leaf(0, (3,), np.dtype(float))
        for k in range(n):
            x = x * 1.5 + x * float(k)
        counts.append(work(simplify, [x]))
    assert_linear(counts)


def sums_of_many(n):
    """One loss of n arrays of different lengths."""
    xs = [jitgrad.ones(k % 17 + 2, requires_grad=True) for k in range(n)]
    return sum([(x * x).sum() for x in xs]), xs


def one_of_many(n):
    xs = [jitgrad.ones(3, requires_grad=True) for _ in range(n)]
    return jitgrad.concatenate([x * 2.0 for x in xs]).sum(), xs


def written_elements(n):
    x = jitgrad.ones(n, requires_grad=True)
    y = x * 1.0
    for k in range(n):
        y[k] = y[k] * 2.0
    return y.sum(), [x]


def products(n):
    x = jitgrad.eye(3).requires_grad_()
    y = x
    for _ in range(n):
        y = y @ x + y.mean(axis=0)
    return y.sum(), [x]


@pytest.mark.parametrize("program", [sums_of_many, one_of_many, written_elements, products])
def test_programs_of_many_parts(monkeypatch, program):
    """As one plan: recording, sweeping, planning and running, and lowering in the background."""
    monkeypatch.setattr(jitgrad.config, "segment", 10**6)
    jitgrad.config.compile = "never"

    def run(n):
        loss, xs = program(n)
        loss.backward()
        return [x.grad.numpy() for x in xs]

    run(12)  # what is imported when first needed does not count
    calls, lowerings = [], []
    for n in (20, 40, 80):
        with observed_plans() as plans:
            calls.append(work(run, n))
        lowerings.append(work(compiler.lower_graph, plans[-1].roots))
    assert_linear(calls)
    assert_linear(lowerings)


def test_turns_of_loops_are_found_in_linear_time():
    """Among records of one kind, of turns, and of turns that end otherwise; as trying all periods
    finds them."""

    def tried(likes):
        n, best = len(likes), (0, 0)
        for period in range(1, n // 2 + 1):
            covered = period
            while covered < n and likes[n - 1 - covered] == likes[n - 1 - covered + period]:
                covered += 1
            best = max(best, (covered, -period)) if covered >= 2 * period else best
        return -best[1], best[0]

    rng = random.Random(0)
    for _ in range(3000):
        kinds = rng.randrange(1, 5)
        likes = ([rng.randrange(kinds) for _ in range(rng.randrange(1, 9))] * 9)[
            : rng.randrange(40)
        ]
        for _ in range(rng.randrange(3) if likes else 0):
            likes[rng.randrange(len(likes))] = rng.randrange(kinds)
        assert repeats(likes) == tried(likes), likes
    for of in (
        lambda n: [0] * n,
        lambda n: [1] + [0] * n,
        lambda n: [0] * n + [1] + [0] * (n // 2),
    ):
        assert_linear([work(repeats, of(n)) for n in (128, 256, 512)])
