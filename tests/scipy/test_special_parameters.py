"""Derivatives of the incomplete gamma and beta functions in their parameters, beside mpmath's: far
tails, small and large parameters, second derivatives, and edges."""

import math

import numpy as np
import pytest

import jitgrad
from jitgrad import GradientError

mpmath = pytest.importorskip("mpmath")
pytest.importorskip("scipy.special")

from jitgrad.ops.special_functions.taylor import incomplete_beta, incomplete_gamma  # noqa: E402
from jitgrad.scipy import special  # noqa: E402

GAMMA = [(1e-3, 0.5), (0.5, 1e-8), (0.5, 30.0), (20.0, 20.0), (100.0, 60.0), (1000.0, 1000.0)]
BETA = [(0.5, 0.5, 0.3), (2.0, 3.0, 0.9), (0.01, 4.0, 0.01), (300.0, 200.0, 0.7)]


def derivative(f, k, xs, n):
    """Derivative number `n`, 1 or 2, in operand `k`, by differences with many digits."""
    with mpmath.workdps(50):
        h = mpmath.mpf(10) ** -12

        def at(step):
            moved = [mpmath.mpf(x) for x in xs]
            moved[k] += step * h
            return f(*moved)

        if n == 1:
            return float((at(1) - at(-1)) / (2 * h))
        return float((at(1) - 2 * at(0) + at(-1)) / h**2)


def lower(a, x):
    return mpmath.gammainc(a, 0, x, regularized=True)


def beta(a, b, x):
    return mpmath.betainc(a, b, 0, x, regularized=True)


@pytest.mark.parametrize("order", [1, 2])
def test_digits(order):
    a, x = (np.array(v) for v in zip(*GAMMA, strict=True))
    want = [derivative(lower, 0, point, order) for point in GAMMA]
    np.testing.assert_allclose(incomplete_gamma(a, x, order), want, rtol=1e-11, atol=1e-15)
    a, b, x = (np.array(v) for v in zip(*BETA, strict=True))
    for k, which in enumerate(((order, 0), (0, order))):
        want = [derivative(beta, k, point, order) for point in BETA]
        np.testing.assert_allclose(incomplete_beta(a, b, x, which), want, rtol=1e-11)


def test_edges():
    a = jitgrad.tensor([2.0, 2.0, -1.0, math.nan], requires_grad=True)
    special.gammainc(a, [0.0, math.inf, 1.0, 1.0]).sum().backward()
    np.testing.assert_array_equal(a.grad, [0.0, 0.0, math.nan, math.nan])
    b = jitgrad.tensor([3.0, 3.0, -1.0], requires_grad=True)
    special.betainc(2.0, b, [0.0, 1.0, 0.5]).sum().backward()
    np.testing.assert_array_equal(b.grad, [0.0, 0.0, math.nan])
    narrow = jitgrad.tensor(np.float32(2.0), requires_grad=True)
    special.gammaincc(narrow, np.float32(1.5)).backward()
    assert narrow.grad.dtype == np.float32


def test_an_order_is_no_operand_with_a_gradient():
    n = jitgrad.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(GradientError, match="the operand n of expn"):
        special.expn(n, 0.5).sum().backward()
