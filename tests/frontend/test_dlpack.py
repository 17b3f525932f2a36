"""DLPack: which memory is shared, in and out, and what is said where it is not."""

import numpy as np
import pytest

import jitgrad
import jitgrad.numpy as jnp
from jitgrad import ArgumentError, DTypeError, ExchangeError, GradientError

A = np.arange(6.0).reshape(2, 3)


class Exporter:
    """An array of a library that NumPy knows nothing of."""

    def __init__(self, array, device=(1, 0), requires_grad=False):
        self.array, self.device, self.requires_grad = array, device, requires_grad

    def __dlpack__(self, **kwargs):
        return self.array.__dlpack__(**kwargs)

    def __dlpack_device__(self):
        return self.device


def read_only(array):
    array = array.copy()
    array.flags.writeable = False
    return array


@pytest.mark.parametrize("make", [jitgrad.from_dlpack, jnp.from_dlpack])
def test_read_only_memory_is_shared(make, tier):
    a = read_only(A)
    for given in (a, a[1], a[:0], a[1, 1:2]):
        for copy in (None, False):
            x = make(given, copy=copy)
            assert x.shape == given.shape and not x.requires_grad
            assert given.size == 0 or np.shares_memory(x.numpy(), a)
        assert not np.shares_memory(make(given, copy=True).numpy(), a)
    x = make(a)
    x[0] = 7.0
    x *= x
    np.testing.assert_array_equal(x, np.where([[True], [False]], 49.0, A * A))
    np.testing.assert_array_equal(a, A)
    x = make(a).requires_grad_()
    (x * x).sum().backward()
    np.testing.assert_array_equal(x.grad, 2 * A)


def test_memory_that_may_be_written_to_is_copied():
    a, below = A.copy(), A.copy()
    view = below[:]
    view.flags.writeable = False  # its memory can be written to by another name
    for given, owner in ((a, a), (view, below), (Exporter(a), a), (Exporter(view), below)):
        x = jitgrad.from_dlpack(given) * 2.0
        kept = owner.copy()
        owner += 1
        np.testing.assert_array_equal(x, 2 * kept)
        with pytest.raises(ExchangeError, match="may be written to.*leave copy out") as caught:
            jitgrad.from_dlpack(given, copy=False)
        assert isinstance(caught.value, (BufferError, ValueError))
    strided = read_only(A).T
    np.testing.assert_array_equal(jitgrad.from_dlpack(strided), A.T)
    with pytest.raises(ExchangeError, match="one after the other"):
        jitgrad.from_dlpack(strided, copy=False)


def test_what_cannot_be_a_tensor():
    with pytest.raises(DTypeError, match="float16"):
        jitgrad.from_dlpack(Exporter(A.astype(np.float16)))
    with pytest.raises(ExchangeError, match="not on the CPU"):
        jitgrad.from_dlpack(Exporter(A, device=(2, 0)))
    with pytest.raises(ExchangeError, match="__dlpack__"):
        jitgrad.from_dlpack([1.0])
    with pytest.raises(ArgumentError, match="cpu"):
        jitgrad.from_dlpack(A, device="cuda")
    with pytest.raises(GradientError, match=r"jitgrad\.interop"):
        jitgrad.from_dlpack(Exporter(A, requires_grad=True))
    with pytest.raises(GradientError, match=r"x\.detach\(\)"):
        jitgrad.from_dlpack(jitgrad.tensor(A, requires_grad=True))


def test_asarray_takes_other_libraries_by_dlpack():
    given = Exporter(A)
    assert jitgrad.asarray(given, np.float32).dtype == jnp.asarray(given, np.float32).dtype
    np.testing.assert_array_equal(jnp.asarray(given), A)
    for data in ([1.0], 1.0, A, given):
        with pytest.raises(ExchangeError):
            jitgrad.asarray(data, copy=False)
    a = read_only(A)
    assert np.shares_memory(jitgrad.asarray(a, copy=False).numpy(), a)


def test_tensors_of_tensors():
    x = jitgrad.tensor(A)
    same, apart = jitgrad.from_dlpack(x, copy=False), jitgrad.from_dlpack(x)
    x += 1
    np.testing.assert_array_equal(same, A + 1)
    np.testing.assert_array_equal(apart, A)


def test_exports_share_memory_where_that_is_asked_for():
    x = jitgrad.tensor(A)
    for given in (x, x[1], x.sum(), x[:0], x.T, x > 2):
        out = np.from_dlpack(given)
        np.testing.assert_array_equal(out, given.numpy())
        assert not np.shares_memory(out, given.numpy())
        shared = np.from_dlpack(given, copy=False)
        np.testing.assert_array_equal(shared, given.numpy())
        assert not shared.flags.writeable
    shared = np.from_dlpack(x, copy=False)
    assert np.shares_memory(shared, x.numpy())
    x += 1  # what was given away stays as it is
    np.testing.assert_array_equal(shared, A)

    class Capsule:  # of before DLPack 1.0, which cannot say that memory is read-only
        __dlpack__ = lambda self, **kwargs: self.tensor.__dlpack__(copy=False)
        __dlpack_device__ = lambda self: (1, 0)

    for given in (x, x[1], x.sum(), x[:0], x.T, x > 2, jitgrad.from_dlpack(read_only(A))):
        capsule = Capsule()
        capsule.tensor = given
        shared = np.from_dlpack(capsule)
        np.testing.assert_array_equal(shared, given.numpy())
        assert given.ndim == 0 or given.size == 0 or np.shares_memory(shared, given.numpy())
    del capsule, given
    np.testing.assert_array_equal(shared, A)  # it keeps the memory
    with pytest.raises(GradientError, match=r"jitgrad\.interop"):
        jitgrad.tensor(A, requires_grad=True).__dlpack__(copy=False, max_version=(1, 0))


def test_torch():
    torch = pytest.importorskip("torch")
    t = torch.arange(3.0)
    x = jitgrad.asarray(t) * 2.0
    t += 1
    np.testing.assert_array_equal(x, [0.0, 2.0, 4.0])
    np.testing.assert_array_equal(jitgrad.tensor(t), [1.0, 2.0, 3.0])
    for call in (jitgrad.tensor, jitgrad.asarray, lambda t: jitgrad.ones(2) * t):
        with pytest.raises(GradientError, match="requires grad"):
            call(torch.ones(2, requires_grad=True))
    with pytest.raises(DTypeError, match="bfloat16"):
        jitgrad.asarray(torch.ones(2, dtype=torch.bfloat16))
    for other in (torch.ones(2, device="meta"), torch.ones(2).to_sparse()):
        with pytest.raises(ExchangeError, match="dense array on the CPU"):
            jitgrad.from_dlpack(other)
    x = jitgrad.arange(3.0)
    assert torch.from_dlpack(x, copy=False).data_ptr() == x.numpy().ctypes.data


def test_jax():
    jax = pytest.importorskip("jax")
    j = jax.numpy.arange(3.0)
    for make in (jitgrad.from_dlpack, jitgrad.asarray, jnp.asarray):
        x = make(j, copy=False)
        assert np.shares_memory(x.numpy(), np.asarray(j))
        x *= 2.0
        np.testing.assert_array_equal(j, [0.0, 1.0, 2.0])
    np.testing.assert_array_equal(
        jax.numpy.from_dlpack(jitgrad.arange(3, dtype=np.int32)), [0, 1, 2]
    )
