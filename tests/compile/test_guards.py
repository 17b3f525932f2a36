"""Loops cut where guards change: pads and slices of all steps, empty pieces and several axes,
against NumPy.

A loop in pieces must visit each point once and read nothing outside, whatever the positions are.
And what rests on it: sums over a part of an array taken in the loop over all of it, and Hessians
times vectors as one plan.
"""

import math

import graphs as g
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs_seen import forget_programs

import jitgrad as jg
import jitgrad.numpy as jn
from jitgrad.base.dtypes import FLOAT64, INT64
from jitgrad.ir.node import leaf, number
from jitgrad.runtime.numba.support import falling, rising
from jitgrad.runtime.plan import Plan, observed_plans


@pytest.fixture(autouse=True)
def _tier_is_put_back():
    before = jg.config.compile
    yield
    jg.config.compile = before


MANY = settings(max_examples=40)


@st.composite
def part(draw, n):
    """(start, length, step) of a slice of an axis of length `n`, empty ones included."""
    length = draw(st.integers(0, n))
    step = draw(st.sampled_from([1, 1, 1, -1, 2, -2, 3]))
    reach = abs(step) * max(length - 1, 0)
    if reach >= n:
        length, reach = 1, 0
    low = draw(st.integers(0, n - 1 - reach))
    return (low if step > 0 else low + reach), length, step


@st.composite
def pads(draw):
    """A graph over arrays of one shape: sums and products of pads and slices of one another, starts
    as numbers."""
    shape = tuple(draw(st.lists(st.integers(1, 12), min_size=1, max_size=3)))
    x, numbers = leaf(0, shape, FLOAT64), []
    whole = x
    for _ in range(draw(st.integers(1, 3))):
        source, parts = draw(st.sampled_from([x, whole])), [draw(part(n)) for n in shape]
        starts, lengths, steps = zip(*parts, strict=True)
        named = draw(st.booleans())
        nodes = [number(len(numbers) + k, INT64) for k in range(len(starts))] if named else starts
        numbers += starts if named else ()
        cut = g.cut(source, nodes, lengths, steps)
        if draw(st.booleans()):
            cut = g.apply(g.MUL, cut, cut)
        parts = [draw(part(n)) for n in shape]
        fits = all(
            abs(s) * (k - 1) < n for (_, _, s), k, n in zip(parts, lengths, shape, strict=True)
        )
        places = (
            [p[0] for p in parts] if fits and [p[1] for p in parts] == list(lengths) else starts
        )
        padded = g.pad(cut, places, shape, [p[2] for p in parts] if places is not starts else steps)
        whole = g.apply(draw(st.sampled_from([g.ADD, g.MUL, g.SUB])), whole, padded)
    return whole, numbers


@MANY
@given(pads(), st.integers(0, 99))
def test_pads_of_slices_are_those_of_numpy(graph, seed):
    whole, numbers = graph
    roots = [whole, g.reduce(g.SUM, whole, tuple(range(whole.ndim)))]
    data = [np.random.RandomState(seed).uniform(-2, 2, whole.size)]
    plan = Plan(roots)
    plan.compile()
    for got, want in zip(plan.run(data, numbers), g.interpret(roots, data, numbers), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-12)


@given(st.integers(-20, 20), st.integers(0, 10))
def test_turns_until_a_position_enters_or_leaves(p, n):
    def inside(k):
        return 0 <= k < n

    for step, turns in ((1, rising(p, n)), (-1, falling(p, n))):
        changes = [k for k in range(1, 60) if inside(p + k * step) != inside(p)]
        assert turns >= 1  # or the loop would stand still
        if changes:
            assert turns <= changes[0]


def differences(f, x, eps=1e-6):
    out = np.zeros_like(x)
    for at in np.ndindex(x.shape):
        e = np.zeros_like(x)
        e[at] = eps
        out[at] = (f(x + e) - f(x - e)) / (2 * eps)
    return out


def written(xp, x):
    out = x * 2.0
    out[1:-1] = x[2:] * x[:-2]
    return out.sum() + (out * x).sum()


def laplacian(xp, x):
    inner = x[1:-1, 1:-1]
    around = x[2:, 1:-1] + x[:-2, 1:-1] + x[1:-1, 2:] + x[1:-1, :-2] - 4.0 * inner
    return (around * around * inner).sum()


STENCILS = {
    "rosenbrock": (
        lambda xp, x: (100 * (x[1:] - x[:-1] * x[:-1]) ** 2 + (1 - x[:-1]) ** 2).sum(),
        1,
    ),
    "diff": (lambda xp, x: (xp.diff(x) ** 3).sum(), 1),
    "second diff": (lambda xp, x: (xp.diff(x, 2) ** 2 * x[1:-1]).sum(), 1),
    "every other": (lambda xp, x: (x[::2][: len(x) // 2] * x[1::2]).sum(), 1),
    "mirrored": (lambda xp, x: (x[1:] * x[:0:-1] * x[:-1]).sum(), 1),
    "joined": (lambda xp, x: (xp.concatenate([x[3:] * 2, x[:2] ** 2, x]) ** 2).sum(), 1),
    "far apart": (lambda xp, x: (x[7:] * x[:-7]).sum() + (x * x).sum(), 1),
    "written": (written, 1),
    "laplacian": (laplacian, 2),
    "along rows": (lambda xp, x: (xp.diff(x, axis=1) ** 2 * x[:, 1:]).sum(), 2),
    "along columns": (lambda xp, x: (xp.diff(x, axis=0) ** 2 * x[1:]).sum(), 2),
    "flipped": (lambda xp, x: (x[::-1, 1:] * x[:, :-1]).sum(), 2),
}


@pytest.mark.parametrize("shape", [(9, 9), (3, 4), (16, 40)])
@pytest.mark.parametrize("name", STENCILS)
def test_gradients_of_stencils(name, shape):
    f, ndim = STENCILS[name]
    shape = (max(shape[0], 9),) if ndim == 1 else shape
    data = np.random.RandomState(1).uniform(0.5, 1.5, shape)
    for _ in range(2):  # by NumPy, and by kernels
        x = jg.tensor(data, requires_grad=True)
        value = f(jn, x)
        value.backward()
        assert value.item() == pytest.approx(f(np, data), rel=1e-12)
        np.testing.assert_allclose(
            x.grad.numpy(), differences(lambda a: f(np, a), data), rtol=2e-6, atol=2e-6
        )
        jg.config.compile = "always"


@pytest.mark.parametrize("n", [70_000, 200_001])
def test_pieces_go_on_over_chunks(n):
    jg.config.compile = "always"
    data = np.random.RandomState(2).standard_normal(n)
    x = jg.tensor(data, requires_grad=True)
    (x[2:] * x[:-2]).sum().backward()
    want = np.zeros(n)
    want[2:] += data[:-2]
    want[:-2] += data[2:]
    np.testing.assert_allclose(x.grad.numpy(), want, rtol=1e-14)


def kernels(f, *shape):
    forget_programs()
    with observed_plans() as plans:
        x = jg.tensor(np.ones(shape), requires_grad=True)
        f(x).backward()
    return [kernel for plan in plans for kernel in plan.kernels]


@pytest.mark.parametrize("name", ["rosenbrock", "diff", "far apart", "along rows"])
def test_a_sum_over_a_part_and_its_gradient_are_one_kernel(name):
    f, ndim = STENCILS[name]
    assert [
        k.kind
        for k in kernels(lambda x: f(jn, x), *(30, 20)[:ndim])
        if not k.kind.startswith("scalar")
    ] == ["rows" if ndim == 2 else "flat"]


def test_a_sum_that_the_gradient_needs_stays_before_it():
    def f(x):
        return jn.sqrt((jn.diff(x) ** 2).sum())

    assert len([k for k in kernels(f, 50) if k.kind == "flat"]) == 2
    data = np.random.RandomState(3).uniform(0.5, 1.5, 50)
    x = jg.tensor(data, requires_grad=True)
    f(x).backward()
    np.testing.assert_allclose(
        x.grad.numpy(),
        differences(lambda a: float(np.sqrt((np.diff(a) ** 2).sum())), data),
        rtol=1e-6,
        atol=1e-6,
    )


def test_a_sum_stays_in_a_loop_that_there_is_anyway():
    """Neighbours of neighbours are kept, by a kernel over the inner points."""
    assert len(kernels(lambda x: laplacian(jn, x), 30, 20)) == 2


def test_a_sum_over_a_small_part_keeps_its_own_loop():
    assert (
        len([k for k in kernels(lambda x: (x[:10] * x[-10:]).sum(), 100_000) if k.kind == "flat"])
        == 2
    )


def test_equal_slices_are_one_load():
    (kernel,) = kernels(lambda x: (x[1:] * x[1:] - x[:-1] * x[:-1]).sum(), 64)
    loads = [line for line in kernel.source.split("if g")[-1].splitlines() if "= x0[" in line]
    assert len(set(loads)) == len(loads) <= 6


# ---------------------------------------------------------------------- sums of float32


@pytest.mark.parametrize("n", [1000, 5000, 300_000])
@pytest.mark.parametrize("data", ["uniform", "constant", "shifted", "lognormal", "alternating"])
def test_sums_of_float32_are_as_exact_as_numpys(n, data):
    jg.config.compile = "always"
    rng = np.random.RandomState(4)
    made = {
        "uniform": rng.random_sample,
        "constant": lambda n: np.full(n, 0.1),
        "shifted": lambda n: 1000 + rng.random_sample(n),
        "lognormal": lambda n: np.exp(3 * rng.standard_normal(n)),
        "alternating": lambda n: (1 - 2 * (np.arange(n) % 2)) * (1 + rng.random_sample(n)),
    }
    values = made[data](n).astype(np.float32)
    exact = math.fsum(values.astype(float))
    bound = 4 * np.finfo(np.float32).eps * math.fsum(np.abs(values).astype(float))
    x = jg.tensor(values)
    slow = jn.arctan(
        jg.tensor(np.tan(values.astype(float) % 1).astype(np.float32))
    )  # a loop that stays scalar
    want = math.fsum(slow.numpy().astype(float))
    for got in (x.sum(), (x * 2.0).sum() / 2.0, jg.tensor(values.reshape(-1, 5)).T.sum()):
        assert abs(got.item() - exact) <= bound
        assert got.item() == np.float32(got.item())
    assert abs(slow.sum().item() - want) <= 8 * bound


def test_products_of_float32_do_not_overflow_between():
    jg.config.compile = "always"
    values = np.tile(np.array([1e30, 1e-30], np.float32), 3).repeat(2)
    assert jg.tensor(values).prod().item() == pytest.approx(1.0, rel=1e-5)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_partial_results_are_joined_as_numpy_joins(dtype):
    jg.config.compile = "always"
    values = np.random.RandomState(5).uniform(0.9999, 1.0001, 300_001).astype(dtype)
    x = jg.tensor(values)
    assert x.max().item() == values.max() and x.min().item() == values.min()
    assert x.prod().item() == pytest.approx(np.prod(values.astype(float)), rel=1e-6)
    values[200_000] = np.nan
    assert all(
        math.isnan(getattr(jg.tensor(values), name)().item())
        for name in ("sum", "max", "min", "prod")
    )


# ---------------------------------------------------------------------- Hessians times vectors


def by_differences(f, x, v, eps=1e-6):
    def gradient(a):
        t = jg.tensor(a, requires_grad=True)
        f(t).backward()
        return t.grad.numpy()

    return (gradient(x + eps * v) - gradient(x - eps * v)) / (2 * eps)


@pytest.mark.parametrize("name", STENCILS)
def test_hessians_of_stencils(name):
    f, ndim = STENCILS[name]
    rng = np.random.RandomState(6)
    x, v = rng.uniform(0.5, 1.5, (12, 11)[:ndim]), rng.standard_normal((12, 11)[:ndim])
    got = jg.hvp(lambda t: f(jn, t))(x, v)
    np.testing.assert_allclose(got, by_differences(lambda t: f(jn, t), x, v), rtol=1e-6, atol=1e-5)


def test_a_hessian_times_a_vector_is_one_kernel():
    forget_programs()
    with observed_plans() as plans:
        jg.hvp(lambda x: STENCILS["rosenbrock"][0](jn, x))(jg.ones(100), jg.ones(100)).numpy()
    assert len([k for plan in plans for k in plan.kernels]) == 1


def test_what_is_held_in_a_hessian_is_computed_and_keeps_its_gradient():
    held, w = [], jg.tensor(3.0, requires_grad=True)

    def f(x):
        held.append((x * w).sum())
        held.append(w * 2.0)
        return (x**3).sum()

    h = jg.hvp(f)(jg.tensor([1.0, 2.0]), jg.tensor([1.0, 1.0]))
    assert h.tolist() == [6.0, 12.0] and not h.requires_grad
    assert held[0].item() == 9.0 and held[1].item() == 6.0
    (held[0] + held[1]).backward()
    assert w.grad.item() == 5.0


@pytest.mark.parametrize("look", [False, True])
def test_a_hessian_beside_parameters_and_looks(look):
    """Another leaf that requires grad, and a value looked at within: these go the general way."""
    w = jg.tensor([2.0, 5.0], requires_grad=True)

    def f(x):
        y = x**3
        if look:
            assert y.sum().item() > 0
        return (y * w).sum()

    h = jg.hvp(f)(jg.tensor([1.0, 2.0]), jg.tensor([1.0, 1.0]))
    assert h.tolist() == [12.0, 60.0]
    h.sum().backward()
    assert w.grad.tolist() == [6.0, 12.0]


@pytest.mark.parametrize(
    "f", [lambda x: (x[0] + 2 * x[1]) * 1.0, lambda x: jg.tensor(4.0) * 2, lambda x: x * x * x]
)
def test_hessians_of_linear_constant_and_several_values(f):
    got = jg.hvp(f)(jg.tensor([1.0, 2.0]), np.array([1, -1]))
    want = [6.0, -12.0] if f(jg.ones(2)).shape else [0.0, 0.0]
    assert got.tolist() == want


# --- parts of longer axes -------------------------------------------------------------------------


def _gates(x):
    n = x.shape[1] // 4
    a, b, c, d = (1 / (1 + jg.exp(-x[:, k * n : (k + 1) * n])) for k in range(4))
    return (a * b + jg.tanh(c * d)).sum()


def _halves(x):
    n = x.shape[0] // 2
    return (jg.tanh(x[:n]) / (1 + jg.exp(-x[n:]))).sum()


@pytest.mark.parametrize("f", [_gates, _halves])
@pytest.mark.parametrize("shape", [(6, 16), (40, 48), (2, 8)])
def test_parts_are_computed_where_they_are(f, shape, tier):
    """The gradient is a sum of pads, of which each is of expensive values."""
    a = np.random.default_rng(0).normal(size=shape)
    direction = np.random.default_rng(1).normal(size=shape)
    x = jg.tensor(a, requires_grad=True)
    f(x).backward()
    sides = [f(jg.tensor(a + eps * direction)).item() for eps in (1e-6, -1e-6)]
    want = (sides[0] - sides[1]) / 2e-6
    np.testing.assert_allclose((x.grad.numpy() * direction).sum(), want, rtol=1e-6)


def test_no_part_is_computed_everywhere():
    """What is computed again is not what is expensive."""
    for f, shape in ((_gates, (40, 48)), (_halves, (40, 48))):
        x = jg.tensor(np.ones(shape), requires_grad=True)
        explained = jg.explain(lambda f=f, x=x: f(x).backward())
        again = [o for k in explained.kernels for o in k.again]
        assert not {"exp", "tanh"}.intersection(again)
