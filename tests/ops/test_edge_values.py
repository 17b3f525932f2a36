"""Values at the edges of operations, alike in both tiers."""

import numpy as np
import pytest

import jitgrad
from jitgrad import ArgumentError


def test_sigmoid_keeps_every_digit_of_small_values(tier):
    x = jitgrad.tensor(
        [-1000.0, -40.0, -0.0, 0.0, 40.0, 1000.0, np.inf, -np.inf, np.nan], requires_grad=True
    )
    y = jitgrad.sigmoid(x)
    y.sum().backward()
    tail = np.exp(-40.0)
    want = [0, tail / (1 + tail), 0.5, 0.5, 1 / (1 + tail), 1, 1, 0, np.nan]
    slope = [0, tail, 0.25, 0.25, tail, 0, 0, 0, np.nan]
    np.testing.assert_allclose(y.detach().numpy(), want, rtol=1e-15)
    np.testing.assert_allclose(x.grad.numpy(), slope, rtol=1e-15)


@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.uint8])
def test_integer_powers_wrap_and_truncate(tier, dtype):
    x, y = np.meshgrid(np.array([0, 1, 2, 3, 7], dtype), np.array([0, 1, 2, 5, 9], dtype))
    np.testing.assert_array_equal((jitgrad.tensor(x) ** jitgrad.tensor(y)).numpy(), x**y)


def test_negative_powers_of_integers(tier):
    x = jitgrad.tensor([1, -1, -1, 2, -3, 0])
    for exponent in (-1, -2, jitgrad.tensor([3, 3, 2, 1, 1, -1]), np.array([-2])):
        with pytest.raises(ArgumentError, match="got the negative exponent -[12] for integers"):
            x**exponent
    assert (x**-1.0).tolist() == [1, -1, -1, 0.5, -1 / 3, np.inf]


def test_rounding_operators(tier):
    x = jitgrad.tensor([2.567, -1.25])
    assert round(x, 1).tolist() == [2.6, -1.2]
    assert round(x).tolist() == [3.0, -1.0]
    quotient, rest = divmod(x, 2)
    assert (quotient.tolist(), rest.tolist()) == ([1.0, -1.0], [2.567 - 2, 0.75])
    assert [t.tolist() for t in divmod(5, jitgrad.tensor([2.0, -3.0]))] == [
        [2.0, -2.0],
        [1.0, -1.0],
    ]


@pytest.mark.parametrize(
    ("name", "value"), [("segment", 0), ("segment", 1.5), ("cache_mb", -1), ("compile", "maybe")]
)
def test_settings_are_checked(name, value):
    before = getattr(jitgrad.config, name)
    with pytest.raises(ArgumentError, match=rf"got config\.{name} = .*, expected"):
        setattr(jitgrad.config, name, value)
    assert getattr(jitgrad.config, name) == before
