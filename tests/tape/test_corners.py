"""What PyTorch and NumPy do in corners that a review went through: generators under no_grad, hooks
on wanted tensors, shifts, nan in extremes, empty tensors, spread arguments. Where `lib` is a
parameter, PyTorch runs the same statements."""

import numpy as np
import pytest
from both import LIBRARIES, leaf, library, same

import jitgrad


@pytest.fixture(params=LIBRARIES)
def lib(request):
    yield from library(request.param)


# --- modes and generators -------------------------------------------------------------------------


def test_no_grad_on_a_generator_holds_in_its_body_only(lib):
    inside, closed = [], []

    @lib.no_grad()
    def numbers(n):
        try:
            for i in range(n):
                inside.append(lib.is_grad_enabled())
                try:
                    got = yield i
                except KeyError:
                    inside.append(lib.is_grad_enabled())
                    got = "thrown"
                inside.append(got)
            return "end"
        finally:
            closed.append(lib.is_grad_enabled())

    g = numbers(3)
    assert next(g) == 0 and lib.is_grad_enabled()
    assert g.send("sent") == 1 and lib.is_grad_enabled()
    assert g.throw(KeyError()) == 2
    with pytest.raises(StopIteration) as end:
        next(g)
    assert end.value.value == "end" and closed == [False]
    assert inside == [False, "sent", False, False, "thrown", False, None] and lib.is_grad_enabled()
    g = numbers(2)
    next(g)
    g.close()
    assert closed == [False, False] and lib.is_grad_enabled()
    assert list(numbers(2)) == [0, 1]
    with pytest.raises(ValueError):
        g = numbers(2)
        next(g)
        g.throw(ValueError())


def test_enable_grad_on_a_generator(lib):
    @lib.enable_grad()
    def squares(x):
        while True:
            x = x * x
            yield x

    with lib.no_grad():
        g = squares(leaf(lib, [2.0]))
        assert next(g).requires_grad and not lib.is_grad_enabled()


# --- hooks on wanted tensors ----------------------------------------------------------------------


def hooked(lib, looked):
    x = leaf(lib, [1.0, 2.0])
    y = x * 2
    y.register_hook(lambda g: g * 10)
    out = (y * 3).sum()
    if looked:
        out.item()
    return x, y, out


@pytest.mark.parametrize("looked", [False, True])
def test_hook_on_a_wanted_tensor(lib, looked):
    x, y, out = hooked(lib, looked)
    same(lib.autograd.grad(out, [y, x]), ([3.0, 3.0], [60.0, 60.0]))
    x, y, out = hooked(lib, looked)
    same(lib.autograd.grad(out, [y]), ([30.0, 30.0],))
    x, y, out = hooked(lib, looked)
    out.backward(inputs=[x, y])
    same((x.grad, y.grad), ([60.0, 60.0], [30.0, 30.0]))


@pytest.mark.parametrize("wanted", ["x", "xy", "other"])
def test_retain_grad_beside_wanted_tensors(lib, wanted):
    for how in ("grad", "backward"):
        x, y, out = hooked(lib, False)
        z = leaf(lib, [1.0, 1.0])
        out = out + (y * z).sum()
        y.retain_grad()
        inputs = {"x": [x], "xy": [y, x], "other": [z]}[wanted]
        lib.autograd.grad(out, inputs) if how == "grad" else out.backward(inputs=inputs)
        if wanted == "other":
            assert y.grad is None
        else:
            same(y.grad, [40.0, 40.0])


# --- extremes with nan ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["max", "min"])
def test_extremes_of_nan_give_their_gradient_to_nan(lib, name):
    x = leaf(lib, [1.0, float("nan"), 3.0, float("nan")])
    getattr(x, name)().backward()
    same(x.grad, [0.0, 0.5, 0.0, 0.5])
    x = leaf(lib, [2.0, 2.0])
    getattr(x, name)().backward()
    same(x.grad, [0.5, 0.5])


def test_extremes_of_nan_along_an_axis(tier):
    x = jitgrad.tensor([[1.0, np.nan, 3.0], [4.0, 2.0, 2.0]], requires_grad=True)
    (x.max(axis=1) + x.min(axis=1)).sum().backward()
    assert x.grad.tolist() == [[0.0, 2.0, 0.0], [1.0, 0.5, 0.5]]


# --- dtypes ---------------------------------------------------------------------------------------

INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]


@pytest.mark.parametrize("dtype", INTEGERS)
def test_shifts_are_numpys(tier, dtype):
    info = np.iinfo(dtype)
    x = np.array([info.min, info.max, 0, 1, 5, 100], dtype)[:, None]
    y = np.array([0, 1, 3, 7, 8, 15, 31, 32, 63, 64, 100], dtype)
    t, u = jitgrad.tensor(x), jitgrad.tensor(y)
    for got, want in (
        (t << u, x << y),
        (t >> u, x >> y),
        (t << 2, x << 2),
        (3 >> u, 3 >> y),
        (1 << u, 1 << y),
    ):
        assert got.dtype == want.dtype
        np.testing.assert_array_equal(got, want)
    if info.min:
        np.testing.assert_array_equal(t << -1, x << np.array(-1, dtype))
        np.testing.assert_array_equal(t >> -1, x >> np.array(-1, dtype))
    t <<= 1
    np.testing.assert_array_equal(t, x << 1)
    np.testing.assert_array_equal(np.left_shift(x, u), x << y)


def test_booleans_beside_floats(tier):
    """Booleans in front once made the common dtype bool."""
    b, f = jitgrad.tensor([True, False]), jitgrad.tensor([0.5, 2.0])
    for got, want in (
        (jitgrad.concatenate([b, f, b]), [1.0, 0.0, 0.5, 2.0, 1.0, 0.0]),
        (jitgrad.where(b, b, 3.0), [1.0, 3.0]),
        (jitgrad.where(b, b, 3), [1, 3]),
        (jitgrad.stack([b, jitgrad.tensor([5, 6])]), [[1, 0], [5, 6]]),
    ):
        assert got.tolist() == want and got.dtype != bool
    small = jitgrad.tensor(np.array([7, 9], np.int8))
    assert jitgrad.clip(b, 0, small).dtype == np.int8


# --- order and repetition -------------------------------------------------------------------------


def test_sort_and_argsort_are_numpys(tier):
    x = np.array([[3.0, np.nan, -1.0, 3.0], [0.5, 2.0, np.inf, -np.inf]])
    t = jitgrad.tensor(x)
    for axis in (0, 1, -1, None):
        np.testing.assert_array_equal(jitgrad.sort(t, axis), np.sort(x, axis))
        np.testing.assert_array_equal(
            t.argsort(axis=axis, stable=True), np.argsort(x, axis, stable=True)
        )
    np.testing.assert_array_equal(t, x)  # a new tensor, not in place
    order = jitgrad.argsort(t, 1)
    np.testing.assert_array_equal(np.take_along_axis(t, order, 1), np.sort(x, 1))


def test_sorted_views_and_their_gradient(lib):
    x = leaf(lib, [3.0, 1.0, 2.0])
    values = lib.sort(x) if lib is jitgrad else x.sort().values
    (values * lib.tensor([1.0, 10.0, 100.0])).sum().backward()
    same(x.grad, [100.0, 1.0, 10.0])


def test_repeat_is_numpys_and_tile_is_torchs_repeat():
    x = np.arange(6.0).reshape(2, 3)
    t = jitgrad.tensor(x, requires_grad=True)
    for args in ((2,), (2, 0), ([1, 0, 2], 1), (np.array([3, 1]), 0), ([1, 2, 0, 1, 0, 3],)):
        np.testing.assert_array_equal(t.repeat(*args).detach(), np.repeat(x, *args))
        np.testing.assert_array_equal(np.repeat(t, *args).detach(), np.repeat(x, *args))
    t.repeat([1, 0, 2], axis=1).sum().backward()
    assert t.grad.tolist() == [[1.0, 0.0, 2.0]] * 2
    for reps in (2, (2, 1), (2, 1, 3), (0, 1), ()):
        np.testing.assert_array_equal(t.tile(reps).detach(), np.tile(x, reps))
    np.testing.assert_array_equal(t.tile(2, 3).detach(), np.tile(x, (2, 3)))


def test_diagonals_are_views_that_are_written_through(lib):
    x = lib.zeros(3, 4) * 1.0
    d = x.diagonal(1)
    d += 2.0
    same(x, [[0, 2, 0, 0], [0, 0, 2, 0], [0, 0, 0, 2]])
    same(x.T.diagonal(-1), [2.0, 2.0, 2.0])
    same(x.T.diagonal(7), np.zeros(0))


# --- what is seen ---------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(0,), (0, 3), (2, 0)])
def test_empty_tensors_show_their_shape(shape):
    text = repr(jitgrad.zeros(shape))
    assert text == ("tensor([])" if shape == (0,) else f"tensor([], shape={shape})")
    assert repr(jitgrad.zeros(shape, requires_grad=True)).endswith(", requires_grad=True)")


def test_nonzero_is_numpys():
    x = np.array([[0.0, 1.0], [2.0, 0.0]])
    for got, want in zip(jitgrad.tensor(x, requires_grad=True).nonzero(), x.nonzero(), strict=True):
        np.testing.assert_array_equal(got, want)
        assert got.dtype == np.int64 and not got.requires_grad


def test_lengths_one_by_one(lib):
    x = lib.arange(6.0).reshape(2, 3)
    assert tuple(x.reshape(3, 2).shape) == tuple(x.view(3, -1).shape) == (3, 2)
    assert (
        tuple(x.permute(1, 0).shape)
        == tuple(x.permute((1, 0)).shape)
        == tuple(x.t().shape)
        == (3, 2)
    )
    assert (
        tuple(x.expand(4, 2, 3).shape)
        == tuple(x.expand((4, -1, 3)).shape)
        == tuple(x.expand(4, -1, -1).shape)
        == (4, 2, 3)
    )
    assert tuple(lib.ones(2, 1).expand(-1, 5).shape) == (2, 5)
    with pytest.raises((RuntimeError, ValueError)):
        x.expand(-1, 2, 3)
    with pytest.raises((RuntimeError, ValueError)):
        x.expand(2, 4)


def test_in_place_methods():
    x = jitgrad.tensor([1.0, 4.0])
    assert x.sqrt_() is x and x.tolist() == [1.0, 2.0]
    assert x.sub_(3).abs_().tolist() == [2.0, 1.0]
    assert x.div_(2).mul_(4).neg_().tolist() == [-4.0, -2.0]
    assert jitgrad.Tensor.exp_.__name__ == "exp_" and "written into" in jitgrad.Tensor.exp_.__doc__


def test_round_operator():
    assert round(jitgrad.tensor([1.25, -2.5])).tolist() == [1.0, -2.0]
    assert round(jitgrad.tensor(1.26), 1).item() == 1.3
