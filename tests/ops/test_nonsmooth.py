"""Values and gradients where functions are not smooth, or not finite: PyTorch's choices."""

import math

import numpy as np
import pytest
from both import LIBRARIES, array, leaf, library, same

import jitgrad

nan, inf = math.nan, math.inf


@pytest.fixture(params=LIBRARIES)
def lib(request):
    yield from library(request.param)


def gradient(lib, f, values):
    x = leaf(lib, values)
    f(x).sum().backward()
    return x.grad


ELEMENTWISE = [
    ("abs", lambda lib, x: lib.abs(x), [-2.0, 0.0, -0.0, 3.0], [-1.0, 0.0, 0.0, 1.0]),
    ("sign", lambda lib, x: lib.sign(x), [-2.0, 0.0, 3.0], [0.0, 0.0, 0.0]),
    ("relu", lambda lib, x: lib.relu(x), [-1.0, 0.0, 2.0], [0.0, 0.0, 1.0]),
    ("sqrt", lambda lib, x: lib.sqrt(x), [0.0, 4.0], [inf, 0.25]),
    ("sqrt squared", lambda lib, x: lib.sqrt(x * x), [0.0, -4.0], [nan, -1.0]),
    ("log", lambda lib, x: lib.log(x), [0.0, 2.0], [inf, 0.5]),
    ("floor", lambda lib, x: lib.floor(x), [1.0, 1.5], [0.0, 0.0]),
    ("round", lambda lib, x: lib.round(x), [0.5, 1.4], [0.0, 0.0]),
    (
        "clip",
        lambda lib, x: lib.clip(x, 0.0, 1.0),
        [-1.0, 0.0, 0.5, 1.0, 2.0],
        [0.0, 1.0, 1.0, 1.0, 0.0],
    ),
    ("square root of a power", lambda lib, x: x**0.5, [0.0, 4.0], [inf, 0.25]),
    ("power 0", lambda lib, x: x**0, [0.0, 2.0], [0.0, 0.0]),
    ("power 1", lambda lib, x: x**1, [0.0, 2.0], [1.0, 1.0]),
    ("power 2", lambda lib, x: x**2, [0.0, -2.0], [0.0, -4.0]),
    ("power 3 of a negative", lambda lib, x: x**3, [0.0, -2.0], [0.0, 12.0]),
    ("reciprocal", lambda lib, x: 1 / x, [0.0, 2.0], [-inf, -0.25]),
    ("exponential", lambda lib, x: 0.0**x, [0.0, 2.0], [0.0, 0.0]),
    ("tanh far out", lambda lib, x: lib.tanh(x), [-1000.0, 1000.0], [0.0, 0.0]),
    ("sigmoid far out", lambda lib, x: lib.sigmoid(x), [-1000.0, 1000.0], [0.0, 0.0]),
    ("arctan2 of 0", lambda lib, x: lib.arctan2(x, 0 * x + 1), [0.0], [1.0]),
]


@pytest.mark.parametrize("name, f, values, want", ELEMENTWISE, ids=[row[0] for row in ELEMENTWISE])
def test_elementwise(lib, name, f, values, want):
    same(gradient(lib, lambda x: f(lib, x), values), want)


@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_ties_of_two_operands_are_halved(lib, name):
    x, y = leaf(lib, [1.0, 2.0, 3.0]), leaf(lib, [1.0, 3.0, 2.0])
    getattr(lib, name)(x, y).sum().backward()
    larger = [0.5, 0.0, 1.0]
    smaller = [0.5, 1.0, 0.0]
    same((x.grad, y.grad), (larger, smaller) if name == "maximum" else (smaller, larger))


@pytest.mark.parametrize("name", ["amax", "amin"])
def test_ties_of_a_reduction_are_split_evenly(lib, name):
    sign = 1 if name == "amax" else -1
    values = sign * np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])
    for axis, want in (
        (1, [[0, 0.5, 0.5], [1 / 3, 1 / 3, 1 / 3]]),
        ((0, 1), [[0, 0.5, 0.5], [0, 0, 0]]),
    ):
        x = leaf(lib, values)
        getattr(lib, name)(x, axis).sum().backward()
        same(x.grad, want)


def test_max_method_over_everything(lib):
    x = leaf(lib, [1.0, 3.0, 3.0])
    x.max().backward()
    same(x.grad, [0.0, 0.5, 0.5])


def test_norm_at_zero(lib):
    x = leaf(lib, [0.0, 0.0])
    x.norm().backward()
    same(x.grad, [0.0, 0.0])
    x = leaf(lib, [3.0, 4.0])
    x.norm().backward()
    same(x.grad, [0.6, 0.8])


def test_norm_of_rows_one_of_which_is_zero(lib):
    x = leaf(lib, [[0.0, 0.0], [3.0, 4.0]])
    (lib.linalg.norm(x, axis=1) if hasattr(lib, "linalg") else lib.norm(x, axis=1)).sum().backward()
    same(x.grad, [[0.0, 0.0], [0.6, 0.8]])


def test_prod_with_zeros(lib):
    x = leaf(lib, [[2.0, 0.0, 3.0], [0.0, 0.0, 5.0], [2.0, 3.0, 4.0]])
    x.prod(1).sum().backward()
    same(x.grad, [[0.0, 6.0, 0.0], [0.0, 0.0, 0.0], [12.0, 8.0, 6.0]])


def test_cumprod_with_a_zero(lib):
    x = leaf(lib, [2.0, 0.0, 3.0, 4.0])
    lib.cumprod(x, 0).sum().backward()
    same(x.grad, [1.0, 2.0 + 6.0 + 24.0, 0.0, 0.0])


def test_branch_that_is_not_taken_gives_nan_as_in_torch(lib):
    x = leaf(lib, [0.0, 4.0])
    lib.where(x > 0, lib.sqrt(x), x * 0).sum().backward()
    same(x.grad, [nan, 0.25])


def test_safe_where(lib):
    x = leaf(lib, [0.0, 4.0, -1.0])
    positive = x > 0
    lib.where(positive, lib.sqrt(lib.where(positive, x, x * 0 + 1)), x * 0).sum().backward()
    same(x.grad, [0.0, 0.25, 0.0])


def test_where_takes_the_gradient_of_the_branch(lib):
    x, y = leaf(lib, [1.0, nan, 3.0]), leaf(lib, [nan, 2.0, inf])
    take = lib.tensor([True, False, True])
    out = lib.where(take, x, y)
    same(out, [1.0, 2.0, 3.0])
    out.sum().backward()
    same((x.grad, y.grad), ([1.0, 0.0, 1.0], [0.0, 1.0, 0.0]))


def test_nan_is_seen_and_kept(lib):
    x = lib.tensor([nan, 1.0, inf])
    same(lib.isnan(x), [1, 0, 0])
    same(x != x, [1, 0, 0])
    assert (
        math.isnan(x.sum().item())
        and math.isnan(x.max().item())
        and math.isnan(lib.maximum(x, x * 0)[0].item())
    )
    assert not bool((x == x).all())


def test_division_by_zero_is_silent(lib):
    x = lib.tensor([1.0, -1.0, 0.0])
    same(x / 0, [inf, -inf, nan])
    same(lib.log(x * 0), [-inf, -inf, -inf])


def test_reductions_of_nothing(lib):
    x = leaf(lib, np.zeros((0, 3)))
    (x.sum() + x.prod() + x.sum(0).sum()).backward()
    assert tuple(x.grad.shape) == (0, 3)
    same((x.sum(), x.prod()), (0.0, 1.0))


def test_kinks_of_second_order():
    x = leaf(jitgrad, [-1.0, 0.0, 2.0])
    (g,) = jitgrad.autograd.grad(
        (jitgrad.relu(x) * x + jitgrad.abs(x) * x).sum(), x, create_graph=True
    )
    same(g, [2.0, 0.0, 8.0])
    (h,) = jitgrad.autograd.grad(g.sum(), x)
    same(h, [-2.0, 0.0, 4.0])


def test_gradient_of_a_comparison_chain_is_that_of_the_branch_taken(lib):
    def f(x):
        return x * x if x > 1 else x + 3 if x.item() < 0 else 5 * x

    for value, want in ((2.0, 4.0), (-1.0, 1.0), (0.5, 5.0)):
        x = leaf(lib, value)
        f(x).backward()
        same(x.grad, want)


def test_derivative_that_is_zero_is_not_missing(lib):
    x, y = leaf(lib, [1.5, 2.5]), leaf(lib, 3.0)
    a = lib.floor(x * y)
    same(lib.autograd.grad(a.sum(), [x, y, a], retain_graph=True), ([0.0, 0.0], 0.0, [1.0, 1.0]))
    assert a.tolist() == [4.0, 7.0]
    b = lib.sign(a)
    b.sum().backward()
    same((x.grad, y.grad), ([0.0, 0.0], 0.0))
    (g,) = lib.autograd.grad(lib.floor(x).sum(), x, create_graph=True)
    same(g, [0.0, 0.0])


def test_large_and_small_values_are_not_lost(lib):
    x = leaf(lib, [1e300, 1e-300, 5e-324])
    (x * 2).sum().backward()
    same(x.grad, [2.0, 2.0, 2.0])
    got = array(x * 0.5)
    assert got.tolist() == [5e299, 5e-301, 0.0]


@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_extremes_of_nan_pass_the_cotangent_to_both(lib, name):
    x, y = leaf(lib, [nan, 1.0, nan]), leaf(lib, [1.0, nan, nan])
    getattr(lib, name)(x, y).sum().backward()
    same((x.grad, y.grad), ([1.0, 1.0, 1.0], [1.0, 1.0, 1.0]))


@pytest.mark.parametrize("name", ["fmax", "fmin"])
def test_extremes_without_nan_pass_it_to_the_one_taken(lib, name):
    x, y = leaf(lib, [nan, 1.0, 2.0]), leaf(lib, [1.0, nan, 2.0])
    getattr(lib, name)(x, y).sum().backward()
    same((x.grad[:2], y.grad[:2]), ([0.0, 1.0], [1.0, 0.0]))
