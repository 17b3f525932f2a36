"""Wrong values and gradients that were found once, each with the value NumPy or PyTorch gives."""

import numpy as np
import pytest

import jitgrad
from jitgrad import ArgumentError
from jitgrad.frontend.functions import FUNCTIONS
from jitgrad.ops import REGISTRY

t = jitgrad.tensor


def leaf(x):
    return t(x, requires_grad=True)


def test_wanted_intermediates_of_segments_that_repeat(tier):
    x = leaf([1.0, 2.0])
    y = x * 2.0
    y.tolist()
    z = y * 2.0
    z.tolist()
    found = jitgrad.autograd.grad((z**2).sum(), [y, z])
    assert [g.tolist() for g in found] == [[16.0, 32.0], [8.0, 16.0]]


def test_second_order_through_equal_records(tier):
    def f(x):
        a, b = jitgrad.sin(x), jitgrad.sin(x)
        return a if a > 100 else a * b

    np.testing.assert_allclose(jitgrad.hvp(f)(1.0, t(1.0)), 2 * np.cos(2.0), rtol=1e-14)
    x = leaf(1.0)
    f(x).backward(create_graph=True)
    np.testing.assert_allclose(x.grad.item(), np.sin(2.0), rtol=1e-14)


def test_second_order_through_records_that_change_nothing(tier):
    def f(x):
        h = x * x
        if h > 1e6:
            return h
        s = h.sum()
        return s if s > 1e6 else s * s + 5.0 * x

    assert jitgrad.hvp(f)(2.0, t(1.0)) == 48.0
    x = leaf(2.0)
    f(x).backward(create_graph=True)
    assert x.grad.item() == 37.0


def test_index_arrays_may_change_afterwards(tier):
    x, i = t([10.0, 20.0, 30.0]), np.array([0, 1])
    z = jitgrad.zeros(3) * 1.0
    y = x[i]
    z[i] = 5.0
    i[0] = 2
    assert (y.tolist(), z.tolist()) == ([10.0, 20.0], [5.0, 5.0, 0.0])


def test_kernels_divide_and_subtract_as_numpy(tier):
    assert (t([49.0, 98.0]) / 49.0).tolist() == [1.0, 2.0]
    np.testing.assert_array_equal(
        (t([0.0, 1e-10]) / 1e-310).numpy(), np.array([0.0, 1e-10]) / 1e-310
    )
    r = np.random.default_rng(0).random(1000)
    a, c = t(r), t(r.copy())
    assert not jitgrad.isnan(jitgrad.sqrt(a * a - c * c)).any()


def test_sums_of_booleans_are_booleans(tier):
    x = t([True, True, False])
    assert (x + x).astype(int).sum().item() == 2
    assert (x + x).numpy().view(np.uint8).max() == 1


def test_the_least_integer_over_minus_one_wraps(tier):
    assert (t([-(2**63)]) // -1).tolist() == [-(2**63)]
    assert (t(np.array([2**63 + 5], np.uint64)) // 3).tolist() == [(2**63 + 5) // 3]


def test_power_of_zero_with_exponents_in_an_array(tier):
    x = leaf([0.0, 1.0, 2.0])
    (x[:, None] ** np.arange(3)).sum().backward()
    assert x.grad.tolist() == [1.0, 3.0, 5.0]


def test_gradients_are_tensors_of_their_own(tier):
    a, b, v = leaf([1.0, 2.0]), leaf([1.0, 2.0]), t([1.0, 1.0])
    (a + b).backward(v, create_graph=True)
    a.grad.zero_()
    assert (v.tolist(), b.grad.tolist()) == ([1.0, 1.0], [1.0, 1.0])
    mine = t([3.0, 3.0])
    x = leaf([1.0, 2.0])
    x.register_hook(lambda g: mine)
    x.sum().backward()
    x.grad.zero_()
    assert mine.tolist() == [3.0, 3.0]


def test_clip_with_crossed_bounds_and_nan(tier):
    x, low, high = leaf([5.0, np.nan]), leaf([2.0, 0.0]), leaf([1.0, 1.0])
    jitgrad.clip(x, low, high).sum().backward()
    assert (x.grad.tolist(), low.grad.tolist(), high.grad.tolist()) == (
        [0.0, 0.0],
        [0.0, 0.0],
        [1.0, 0.0],
    )


def test_arctan2_at_the_origin(tier):
    y, x = leaf([0.0, 1.0]), leaf([0.0, 0.0])
    jitgrad.arctan2(y, x).sum().backward()
    assert (y.grad.tolist(), x.grad.tolist()) == ([0.0, 0.0], [0.0, -1.0])


def test_long_sums_of_float32(tier):
    x = jitgrad.full((2, 10**6), 0.1, dtype=np.float32)
    want = np.full((2, 10**6), 0.1, np.float32).sum(axis=1, dtype=np.float64)
    np.testing.assert_allclose(x.sum(axis=1).numpy(), want, rtol=1e-6)
    np.testing.assert_allclose(x.sum().item(), want.sum(), rtol=1e-6)


def test_a_leaf_that_is_none_any_more_gets_no_gradient():
    x = leaf([1.0])
    y = (x * 2).sum()
    x.requires_grad_(False)
    y.backward()
    assert x.grad is None


def test_what_would_fail_later_is_refused_at_once():
    with pytest.raises(ArgumentError, match=r"got Tensor\(\.\.\.\).*jitgrad\.tensor"):
        jitgrad.Tensor([1.0])
    with pytest.raises(ArgumentError, match="got a hook of type int"):
        leaf([1.0]).register_hook(3)


def test_arrays_given_out_cannot_be_made_writable():
    for x in (t([1.0, 2.0]), t([[1.0, 2.0]]), t([1.0, 2.0]) * 2, jitgrad.zeros(3)):
        with pytest.raises(ValueError, match="WRITEABLE"):
            x.numpy().setflags(write=True)


def test_a_plan_that_fails_does_not_take_the_next_one_along(monkeypatch):
    """The operation goes on failing, as an allocation that is too large does, and its result stays
    alive."""

    def broken(*arrays, node):
        raise MemoryError("too large")

    monkeypatch.setattr(jitgrad.config, "compile", "never")
    monkeypatch.setattr(REGISTRY["cosh"].op, "reference", broken)
    x, y = t([1.0, 2.0]), t([3.0])
    pending, z = x * 2.0, jitgrad.cosh(x)
    with pytest.raises(MemoryError):
        z.tolist()
    assert (y + 1.0).tolist() == [4.0]
    assert pending.tolist() == [2.0, 4.0]
    with pytest.raises(MemoryError):
        z.tolist()


@pytest.mark.parametrize(
    "factors",
    [[1.5, 2.0, 3.0, -0.5], [0.0, 2.0, 3.0, 4.0], [2.0, 0.0, 3.0, 0.0], [0.0, 0.0, 0.0, 5.0]],
)
def test_second_derivatives_of_products_with_zeros(tier, factors):
    weights = [0.3, -1.2, 0.7, 2.1]

    def without(end, i, j):
        return (
            float(np.prod([v for k, v in enumerate(factors[:end]) if k not in (i, j)]))
            if i != j
            else 0.0
        )

    pairs = [[(i, j) for j in range(4)] for i in range(4)]
    whole = [[without(4, i, j) for i, j in row] for row in pairs]
    running = [
        [sum(weights[m] * without(m + 1, i, j) for m in range(max(i, j), 4)) for i, j in row]
        for row in pairs
    ]
    for f, want in (
        (lambda x: x.prod(), whole),
        (lambda x: (x.cumprod(0) * t(weights)).sum(), running),
    ):
        rows = [jitgrad.hvp(f)(t(factors), t(np.eye(4)[i])).tolist() for i in range(4)]
        np.testing.assert_allclose(rows, want, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_partials_that_are_numbers_under_a_sum(dtype):
    x = t([0.5, 1.5], dtype=dtype, requires_grad=True)
    (jitgrad.deg2rad(x).sum() + (-x).sum() + jitgrad.where(x > 1.0, x, 3.0).sum()).backward()
    assert x.grad.dtype == np.dtype(dtype)
    np.testing.assert_allclose(x.grad.numpy(), [np.pi / 180 - 1, np.pi / 180], rtol=1e-6)


@pytest.mark.each(
    "name", sorted(name for name, e in REGISTRY.items() if e.differentiable and e.operands == 1)
)
def test_a_sum_of_anything_passes_its_cotangent_on(name):
    """A cotangent of ones may be left out of products: the same as one that is all 1 without the IR
    knowing it."""
    entry = REGISTRY[name]
    low, high, _ = entry.sampling.domains[0]
    values = np.linspace(low, high, 12).reshape(
        entry.sampling.shapes[0] if np.prod(entry.sampling.shapes[0]) == 12 else (3, 4)
    )
    if entry.sampling.sample is not None or entry.sampling.shapes[0] == (3, 3):  # of matrices
        (values,) = entry.sample(np.random.default_rng(1))
    found = []
    for ones in (None, t(np.ones(())) * 1.0):
        x = t(values, requires_grad=True)
        y = FUNCTIONS[name](x, **entry.sampling.cases[0]) if entry.public else None
        if y is None or y.dtype.kind != "f":
            pytest.skip("no public function of floats")
        out = y.sum()
        out.backward() if ones is None else out.backward(ones)
        found.append(x.grad.numpy())
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_inverse_squares_stay_in_range(dtype, tier):
    """x ** -2 and its derivatives are right wherever they are numbers of the dtype, at 0 and at
    infinity."""
    x = np.array([0.0, 1e-11, 1e10, 1e12, np.inf, -3.0], dtype)
    t = jitgrad.tensor(x, requires_grad=True)
    (t**-2).sum().backward(create_graph=True)
    first, t.grad = t.grad, None
    first.sum().backward()
    with np.errstate(all="ignore"):
        wide = x.astype(np.float64)
        want = (wide**-2, -2 * wide**-3, 6 * wide**-4)
        for got, exact in zip((t.detach() ** -2, first.detach(), t.grad), want, strict=True):
            np.testing.assert_allclose(
                got.numpy(), exact.astype(dtype), rtol=1e-6 if dtype == "float32" else 1e-14
            )
