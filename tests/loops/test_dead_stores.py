"""Stores that are overwritten before anybody reads are not made."""

import numpy as np
import pytest
from derived_functions import plain, primal

from jitgrad.loops import derive
from jitgrad.loops.derive import Gradient


def cells(x, n):
    """Each cell is read and written in each turn."""
    state = np.zeros((2, x.size))
    for _ in range(n):
        for j in range(x.size):
            h, c = state[0, j], state[1, j]
            state[0, j] = h * x[j] + c
            state[1, j] = c * h + 1
    return np.sum(state[0])


def looked_at(x, n):
    """What is between two stores looks at the first: an element that may be the same, a row, a
    loop."""
    y, total = x.copy(), 0.0
    for k in range(n):
        y[k] = 2 * x[0]
        total += y[x.size - 1 - k]
        y[k] = x[1]
        total += np.sum(y * y)
        y[k] = x[2]
    return total


def left_early(x, n):
    """The loop may end between two stores."""
    y = x.copy()
    for k in range(n):
        y[0] = x[1] * k
        if y[1] > 0 and k > 1:
            break
        y[0] = x[2]
    return y[0] * x[0]


@pytest.mark.parametrize("f", [cells, looked_at, left_early])
def test_gradients_stay(f, monkeypatch):
    args = np.array([0.3, 1.2, -0.7, 0.9]), 3
    derived = Gradient(primal(f, args, (0,)), {})
    value, (grad,) = plain(derived)(*args)
    with monkeypatch.context() as patch:
        patch.setattr(derive, "drop_overwritten", lambda form: form)
        before = Gradient(primal(f, args, (0,)), {})
    assert value == f(*args)
    np.testing.assert_array_equal(grad, plain(before)(*args)[1][0])
    zeros = [text.count(" = 0.0\n") for text in (derived.core_text, before.core_text)]
    assert (zeros[1] > zeros[0]) == (f is cells)
