"""Long programs: no recursion, and nothing compiled anew for other shapes, numbers and numbers of
turns.

``python tests/tape/test_scale.py`` measures time and memory per recorded operation at 1e4, 1e5 and
1e6.
"""

import math
import subprocess
import sys
import weakref

import numpy as np
import pytest
from both import same

import jitgrad
from jitgrad.runtime.stats import stats
from jitgrad.tape import pieces


@pytest.fixture
def compiled():
    jitgrad.synchronize()  # what earlier tests left to the compile thread must not count here
    pieces.forget()  # nor where their loops were cut
    before, jitgrad.config.compile = jitgrad.config.compile, "always"
    yield
    jitgrad.config.compile = before


def kernels_of(function):
    """How many kernels this process got for running `function`."""
    before = stats.kernels
    function()
    return stats.kernels - before


# --- length ---------------------------------------------------------------------------------------


def test_a_hundred_thousand_scalar_operations(tier):
    n = 100_000
    x = jitgrad.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(n // 2):
        y = y * 0.99999 + 1e-5
    y.backward()
    same(y, 1.0, rtol=1e-9)
    same(x.grad, 0.99999 ** (n // 2), rtol=1e-9)


def test_long_chain_with_looks_and_a_nonlinear_step(tier):
    x = jitgrad.tensor(0.5, requires_grad=True)
    y, v, slope = x, 0.5, 1.0
    for k in range(3000):
        y = y + 0.001 * jitgrad.cos(y * 3)
        v, slope = v + 0.001 * math.cos(3 * v), slope * (1 - 0.003 * math.sin(3 * v))
        if k % 700 == 0:
            same(y, v, rtol=1e-9)
    y.backward()
    same(x.grad, slope, rtol=1e-8)


def test_long_chain_of_arrays(tier):
    x = jitgrad.tensor([0.5, 1.0, 2.0], requires_grad=True)
    y = x
    for _ in range(4000):
        y = y * 1.001 - 0.001 * x
    y.sum().backward()
    slope = 1.0
    for _ in range(4000):
        slope = slope * 1.001 - 0.001
    same(x.grad, np.full(3, slope), rtol=1e-9)


def test_wide_sum_of_many_leaves(tier):
    leaves = [jitgrad.tensor(float(k), requires_grad=True) for k in range(2000)]
    total = leaves[0] * 0
    for k, x in enumerate(leaves):
        total = total + x * x * k
    total.backward()
    assert [x.grad.item() for x in leaves] == [2.0 * k * k for k in range(2000)]


def test_many_values_alive_at_once(tier):
    x = jitgrad.tensor(2.0, requires_grad=True)
    kept = [x * float(k) for k in range(3000)]
    total = sum(kept[1:], kept[0])
    total.backward()
    same(x.grad, 3000 * 2999 / 2)
    assert [t.item() for t in kept[:3]] == [0.0, 2.0, 4.0]


def test_second_order_of_a_long_chain(tier):
    x = jitgrad.tensor(1.1, requires_grad=True)
    y = x
    for _ in range(1000):
        y = y * x
    (g,) = jitgrad.autograd.grad(y, x, create_graph=True)
    (h,) = jitgrad.autograd.grad(g, x)
    same((g, h), (1001 * 1.1**1000, 1001 * 1000 * 1.1**999), rtol=1e-9)


def test_deep_chains_of_views(tier):
    n = 3000 if tier == "never" else 200
    x = jitgrad.tensor(np.arange(6.0), requires_grad=True)
    a = x * 1
    v = a
    for k in range(n):
        v = v[::-1] if k % 3 == 0 else v.reshape(2, 3) if k % 3 == 1 else v.reshape(6)
    a *= 2  # every view of the chain goes stale
    assert sorted(v.reshape(6).tolist()) == [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]
    (v * v).sum().backward()
    same(x.grad, 8 * np.arange(6.0))


@pytest.mark.parametrize("tier, n", [("never", 1500), ("always", 6)], indirect=["tier"])
def test_write_through_a_deep_chain_of_views(tier, n):
    x = jitgrad.tensor(np.arange(4.0), requires_grad=True)
    a = x * 1
    v = a
    for _ in range(n):
        v = v[::-1]
    v[0] = 10.0
    v += 1
    same(a, [11.0, 2.0, 3.0, 4.0])
    a.sum().backward()
    same(x.grad, [0.0, 1.0, 1.0, 1.0])


def test_dying_of_a_long_chain_needs_no_recursion(no_gc):
    x = jitgrad.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(40_000):
        y = y * 1.0
    y.item()
    dead = weakref.ref(y)
    del y
    assert dead() is None
    v = jitgrad.zeros(3)
    for _ in range(20_000):
        v = v[...]
    del v


# --- kernels --------------------------------------------------------------------------------------


def train(n, m, weight=0.5):
    """A program with most kinds of kernels."""
    a = jitgrad.tensor(np.linspace(-1, 1, n * m).reshape(n, m), requires_grad=True)
    b = jitgrad.tensor(np.linspace(0, 1, m), requires_grad=True)
    h = jitgrad.tanh(a * b + weight)
    h = h[:, 1:] * h[:, :-1]
    s = jitgrad.exp(h).sum(1)
    loss = (s * s).mean() + a.max() + (a.T @ h).sum()
    loss.backward()
    return loss.item(), a.grad.numpy(), b.grad.numpy()


def check_train(n, m, weight):
    values = train(n, m, weight)
    before, jitgrad.config.compile = jitgrad.config.compile, "never"
    try:
        for got, want in zip(values, train(n, m, weight), strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-12)
    finally:
        jitgrad.config.compile = before


def test_ten_shapes_need_no_further_kernel(compiled):
    """Lengths of 1, and lengths that coincide (a 12 x 12 after a 4 x 20), are other programs: they
    may fuse more."""
    train(3, 5)
    made = kernels_of(
        lambda: [
            check_train(n, m, 0.5)
            for n, m in zip(
                (6, 2, 4, 8, 16, 5, 100, 7, 64, 33),
                (4, 7, 20, 16, 5, 64, 3, 9, 33, 128),
                strict=True,
            )
        ]
    )
    assert made == 0


def test_other_numbers_need_no_further_kernel(compiled):
    train(3, 5, 0.5)
    assert (
        kernels_of(
            lambda: [check_train(3, 5, w) for w in (0.25, -1.0, 3.5, 1e300, 7.0, 2.0, 1.0, 0.0)]
        )
        == 0
    )


def test_loop_over_rows_and_slices_needs_no_further_kernel(compiled):
    x = jitgrad.tensor(np.arange(40.0).reshape(10, 4), requires_grad=True)

    def run(i, j):
        return (x[i] * x[i, j : j + 2].sum()).sum().item()

    run(0, 0), run(1, 1)  # a start of 0 is code, others are numbers
    run(0, 1), run(1, 0)
    values = x.detach().numpy()
    pairs = [(i, j) for i in range(10) for j in range(3)]

    def all_rows():
        for i, j in pairs:
            assert run(i, j) == values[i].sum() * values[i, j : j + 2].sum()

    assert kernels_of(all_rows) == 0


def norm_loop(start):
    """A `while` on a value: its number of turns depends on where it starts."""
    x = jitgrad.tensor([start, start / 2], requires_grad=True)
    y, turns = x, 0
    while (y * y).sum() > 1.0:
        y = y * 0.7
        turns += 1
    y.sum().backward()
    same(x.grad, [0.7**turns] * 2, rtol=1e-9)
    return turns


def test_while_loop_of_any_number_of_turns(compiled):
    """Warm-up: one call whose loop turns three times. A look ends a segment, so every later turn is
    one seen before."""
    assert norm_loop(2.5) == 3
    turns = set()
    made = kernels_of(
        lambda: turns.update(norm_loop(s) for s in (1.0, 1.5, 3.0, 10.0, 1e3, 1e6, 1e12))
    )
    assert made == 0 and len(turns) >= 6


def number_loop(n, scale):
    x = jitgrad.tensor(1.0, requires_grad=True)
    y = x
    for k in range(n):
        y = y * (1 + scale / (k + 1)) + k * 0.001
    y.backward()
    want = math.prod(1 + scale / (k + 1) for k in range(n))
    same(x.grad, want, rtol=1e-9)


def test_loop_with_a_changing_number(compiled):
    """Warm-up: one call. Numbers are arguments: another scale, and other k, are the same kernel."""
    number_loop(50, 0.5)
    assert kernels_of(lambda: [number_loop(50, s) for s in (0.25, 1.0, -0.5, 2.0, 1e-9)]) == 0


def test_loop_of_another_length_without_a_look(compiled):
    """Warm-up: a call of that length modulo the segment. Whole segments are alike; the rest is a
    plan of its own."""
    short, rest = jitgrad.config.segment, 4
    number_loop(3 * short // 2 + rest // 2, 0.5)
    assert short % 2 == 0
    assert (
        kernels_of(lambda: [number_loop(k * short // 2 + rest // 2, 0.1) for k in (4, 5, 6, 9)])
        == 0
    )


def test_gradient_descent_compiles_nothing_after_three_steps(compiled):
    """Warm-up: a step without a grad, one that adds to a grad, one that adds to a grad set to
    zero."""
    data = np.linspace(-1, 1, 12).reshape(4, 3)
    w = jitgrad.tensor([0.1, 0.2, 0.3], requires_grad=True)
    a = jitgrad.tensor(data)

    def step():
        loss = ((jitgrad.tanh(a @ w) - 0.5) ** 2).mean()
        loss.backward()
        with jitgrad.no_grad():
            w.sub_(w.grad * 0.1)
        w.grad.zero_()
        return loss.item()

    step(), step(), step()
    losses = []
    assert kernels_of(lambda: losses.extend(step() for _ in range(20))) == 0
    assert losses == sorted(losses, reverse=True)


# --- measurements ---------------------------------------------------------------------------------

MEASURE = """
import resource, sys, time, jitgrad
n = int(sys.argv[1])
def run(n):
    x = jitgrad.tensor(1.0, requires_grad=True)
    y, start = x, time.perf_counter()
    for _ in range(n // 2):
        y = y * 0.9999999 + 1e-7
    y.item()
    middle, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    y.backward()
    end = time.perf_counter()
    assert abs(x.grad.item() - 0.9999999 ** (n // 2)) < 1e-6
    return middle - start, end - middle, used
run(2000)
run(2000)
jitgrad.synchronize()
base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
forward, backward, used = run(n)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
forward, backward, kept = 1e6 * forward / n, 1e6 * backward / n, (used - base) * 1024 / n
print(f"{n:>9} {forward:10.2f} {backward:10.2f} {kept:12.0f} {peak / 1024:10.0f}")
"""


def measure():
    """Time and memory per recorded scalar operation, each length in a process of its own."""
    print(
        f"{'records':>9} {'us forward':>10} {'us backward':>11} {'bytes/record':>12} "
        f"{'peak MiB':>10}",
        flush=True,
    )
    for n in (10_000, 100_000, 1_000_000):
        subprocess.run([sys.executable, "-c", MEASURE, str(n)], check=True)


if __name__ == "__main__":
    measure()
