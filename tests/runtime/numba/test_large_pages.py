"""Large pages for tapes: the array stays as it is, whatever its size, and what it holds."""

import numba
import numpy as np
import pytest

from jitgrad.runtime.numba.large_pages import LARGE, _large


@numba.njit
def made(n):
    return _large(np.ones(n)), _large(np.zeros((n, 0), np.float32))


@pytest.mark.parametrize("n", [0, 3, LARGE // 8 + 5])
def test_arrays_are_handed_back(n):
    x, y = made(n)
    assert x.shape == (n,) and y.shape == (n, 0) and x.sum() == n and y.dtype == np.float32


def test_without_numba():
    x = np.ones(3)
    assert _large.py_func(x) is x
