"""No gradient of a function of `njit` is wrong in silence: what is written through shared memory,
cut, read before it is written, out of range or complex is refused, or warned of."""

import numba
import numpy as np
import pytest
from derived_functions import plain, primal

import jitgrad
from jitgrad.loops.derive import Gradient

X = np.array([1.5, 2.5, 0.5])


def update(u, c):
    for i in range(1, u.size):
        u[i] += c[i] * u[i - 1]
    return u[u.size - 1]


def into_whole_numbers(x):
    counts = np.zeros(3, np.int64)
    for i in range(x.size):
        counts[i] = x[i] * 2
    return counts.sum() * x[0]


def partly_written(x):
    y = np.empty(4)
    for i in range(x.size):
        y[i] = x[i] ** 2
    return y.sum()


def beyond(x, k):
    total = 0.0
    for i in range(x.size):
        total += x[i + k] ** 2
    return total


def complex_array(x):
    z = np.zeros(3, np.complex128)
    z[0] = x[0]
    return x[1]


def complex_constant(x):
    return abs(x[0] * 1j)


updated = jitgrad.njit(update)


def test_shared_memory_within_njit_code():
    @numba.njit
    def slope(u, c):
        return updated.value_and_grad(u, c)

    value, (gu, gc) = slope(X, X.copy())
    assert value == update(X.copy(), X) and gu.shape == gc.shape == (3,)
    with pytest.raises(ValueError, match="sharing memory with another one"):
        slope(X, X)


@pytest.mark.parametrize("second", [X, X[::-1], X[1:]], ids=["same", "reversed", "part"])
def test_shared_memory_of_arrays_and_tensors(second):
    with pytest.raises(jitgrad.AliasError):
        jitgrad.grad(updated)(X, second)
    x = jitgrad.tensor(X)
    y = x if second is X else x[::-1] if second.size == 3 else x[1:]
    with pytest.raises(jitgrad.AliasError):
        updated(x, y)


def test_gradients_written_into_plain_arrays_are_warned_of():
    u, c = X.copy(), jitgrad.tensor(X, requires_grad=True)
    with pytest.warns(jitgrad.GradientWarning, match="into argument 0, a plain array"):
        updated(u, c)
    want = X.copy()
    update(want, X)
    np.testing.assert_array_equal(u, want)


def test_floats_written_into_whole_numbers_are_warned_of():
    made = Gradient(primal(into_whole_numbers, (X,)), {})
    ((loc, what),) = made.warnings
    assert "written into counts" in what and "counts[i] = x[i] * 2" in loc[2]


def test_what_is_read_before_it_is_written_is_nan_where_asked():
    checked = plain(Gradient(primal(partly_written, (X,)), {"boundscheck": True}))
    assert np.isnan(checked(X)[0])
    assert "np.empty(4)" in Gradient(primal(partly_written, (X,)), {}).core_text


def test_indices_out_of_range_where_asked():
    f = jitgrad.njit(boundscheck=True)(beyond)
    with pytest.raises(IndexError):
        jitgrad.grad(f)(X, 1)


@pytest.mark.parametrize(
    ("f", "x", "says"),
    [
        (complex_array, X, r"complex128, 1d, C\), expected real numbers; keep real"),
        (complex_constant, X, "the complex number 1j"),
        (complex_constant, X * 1j, "pass real and imaginary parts"),
    ],
)
def test_complex_numbers_are_refused(f, x, says):
    with pytest.raises(jitgrad.NotDifferentiable, match=says):
        Gradient(primal(f, (x,)), {})
