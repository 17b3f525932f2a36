"""The inner loops of NumPy's ufuncs are found, and compute what the ufuncs do."""

import ctypes

import numpy as np
import pytest

from jitgrad.base import inner_loops
from jitgrad.base.inner_loops import inner_loop


def called(loop, arrays, dimensions, steps):
    words = [np.array(w, np.int64) for w in ([a.ctypes.data for a in arrays], dimensions, steps)]
    function = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 4)(loop.function)
    function(*[w.ctypes.data for w in words], loop.data)


@pytest.mark.each("name", ["float64", "float32", "int64", "complex128"])
def test_matmul_of_transposes(name):
    rng, dtype = np.random.default_rng(0), np.dtype(name)
    x, y = (rng.normal(size=n).astype(dtype) for n in ((5, 3), (4, 5)))
    out = np.empty((3, 4), dtype)
    steps = (0, 0, 0, *x.T.strides, *y.T.strides, *out.strides)
    called(inner_loop(np.matmul, dtype), (x, y, out), (1, 3, 5, 4), steps)
    np.testing.assert_array_equal(out, x.T @ y.T)


def test_a_table_that_is_laid_out_in_another_way_is_not_read(monkeypatch):
    class Other:
        nin, nout, nargs, ntypes = 2, 1, 3, 7
        __name__ = "matmul"

    assert inner_loops._table(Other()) is None
    assert inner_loop(np.matmul, np.dtype("datetime64[s]")) is None
