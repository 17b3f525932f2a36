"""Arrays and scalars of NumPy as operands of tensors: values and dtypes are NumPy's."""

import numpy as np
import pytest

import jitgrad


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64, np.int32, np.bool_, ">f8"])
@pytest.mark.parametrize("ours", [np.float64, np.float32, np.int64])
def test_arrays_are_operands_on_either_side(ours, dtype):
    """Of any layout, also those that need a copy, as NumPy has them; what is written to them later
    is not seen."""
    x = (np.arange(12.0).reshape(3, 4) + 1).astype(ours)
    t = jitgrad.tensor(x)
    whole = (np.arange(24.0).reshape(4, 6) % 5 + 1).astype(dtype)
    for y in (
        whole[:3, :4],
        whole[::-1][:3, ::2][:, :1],
        whole[:, :3].T,
        whole[1, 1:5],
        whole[0, 0],
    ):
        y = y if not y.shape else y.copy(order="K")
        for f in (np.add, np.multiply, np.maximum, np.less):
            want, back = f(x, y), f(y, x)
            got, other = f(t, y), f(y, t)
            if y.shape:
                kept = y.copy()
                y[...] = 1
            assert got.dtype == want.dtype and other.dtype == back.dtype
            np.testing.assert_array_equal(got.numpy(), want)
            np.testing.assert_array_equal(other.numpy(), back)
            if y.shape:
                y[...] = kept


def test_scalars_of_numpy_are_numbers_beside_float64():
    x = jitgrad.tensor([1.0, 2.0], requires_grad=True)
    y = (x * np.float64(3.0) + np.int64(2)) ** np.float64(2.0) / np.float64(0.5)
    y.sum().backward()
    np.testing.assert_allclose(y.detach().numpy(), [50.0, 128.0])
    np.testing.assert_allclose(x.grad.numpy(), [60.0, 96.0])
    assert (x / np.float64(0.0)).tolist() == [np.inf, np.inf]
    assert (jitgrad.tensor([1], dtype=np.float32) * np.float64(2.0)).dtype == np.float64
    assert (np.float64(2.0) - x).tolist() == [1.0, 0.0]
    big = np.int64(2**53 + 1)
    assert (x + big).tolist() == (np.array([1.0, 2.0]) + big).tolist()


def test_arrays_in_a_function_under_jit_are_read_in_each_call():
    row = np.array([1.0, 2.0])
    f = jitgrad.jit(lambda x: x * row)
    x = jitgrad.tensor([1.0, 1.0])
    assert f(x).tolist() == [1.0, 2.0]
    row[:] = 5.0
    assert f(x).tolist() == [5.0, 5.0]
