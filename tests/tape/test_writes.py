"""Views and in-place writes: NumPy's aliasing, PyTorch's rules for leaves, and right gradients in
every case.

Where torch refuses (it overwrites values that a derivative needs) jitgrad gives the gradient, which
is tested against finite differences: those tests do not run on torch.
"""

import numpy as np
import pytest
from both import LIBRARIES, check_slope, leaf, library, same

import jitgrad

V = np.array([1.0, -2.0, 3.0, 0.5, 4.0, -1.5])
M = np.arange(12.0).reshape(3, 4) / 4 - 1


@pytest.fixture(params=LIBRARIES)
def lib(request):
    yield from library(request.param)


# --- values: writes are seen through every view ---------------------------------------------------

VIEWS = {
    "slice": lambda a: a[1:],
    "step": lambda a: a[::2],
    "row": lambda a: a[1],
    "column": lambda a: a[:, 2],
    "element": lambda a: a[2, 1, ...],
    "block": lambda a: a[1:, ::3],
    "ellipsis": lambda a: a[..., 0],
    "new axis": lambda a: a[None, :, 1],
    "transpose": lambda a: a.T,
    "reshape": lambda a: a.reshape(6, 2),
    "flat": lambda a: a.reshape(-1),
    "transposed slice": lambda a: a.T[1:3],
    "slice of slice": lambda a: a[1:][0][1:3],
    "reshaped rows": lambda a: a[1:].reshape(8)[2:5],
    "twice transposed": lambda a: a.T.T,
    "squeezed": lambda a: a[1:2].squeeze(),
}
ONLY_NUMPY = {
    "negative step": lambda a: a[::-1],
    "negative both": lambda a: a[::-2, ::-1],
    "flipped row": lambda a: a[-1, ::-1],
}


@pytest.mark.parametrize("name", VIEWS)
def test_write_to_a_view_reaches_the_base(lib, name):
    a, n = lib.tensor(M), M.copy()
    for view in (VIEWS[name](a), VIEWS[name](n)):
        view *= 10
        view += 1
    same(a, n)
    same(VIEWS[name](a), VIEWS[name](n))


@pytest.mark.parametrize("name", VIEWS | ONLY_NUMPY)
def test_assignment_to_a_view_reaches_the_base(name):
    a, n = jitgrad.tensor(M), M.copy()
    view = (VIEWS | ONLY_NUMPY)[name]
    view(a)[...] = 7.5
    view(n)[...] = 7.5
    same(a, n)


@pytest.mark.parametrize("name", VIEWS)
def test_write_to_the_base_is_seen_by_views(lib, name):
    a, n = lib.tensor(M), M.copy()
    va, vn = VIEWS[name](a), VIEWS[name](n)
    a += 3
    a[1, 2] = 100.0
    n += 3
    n[1, 2] = 100.0
    same(va, vn)


@pytest.mark.parametrize("name", VIEWS | ONLY_NUMPY)
def test_gradient_through_a_write_to_a_view(name):
    view = (VIEWS | ONLY_NUMPY)[name]

    def f(x):
        a = x * x
        v = view(a)
        v *= x.sum()
        v += jitgrad.sin(view(x))
        return (a * jitgrad.tensor(np.cos(M))).sum() + (v * v).sum()

    check_slope(jitgrad, f, M)


def test_slice_written(lib):
    a = lib.arange(5.0)
    b = a[1:]
    b += 1
    same(a, [0, 2, 3, 4, 5])
    b[0] = 9
    same((a, b), ([0, 9, 3, 4, 5], [9, 3, 4, 5]))


def test_views_of_one_base_see_each_other(lib):
    a = lib.zeros(3, 4)
    row, column, flat = a[1], a[:, 2], a.reshape(12)
    row += 1
    column *= 5
    flat[0] = 7
    same(a, [[7, 0, 0, 0], [1, 1, 5, 1], [0, 0, 0, 0]])
    same((row, column, flat[4:8]), ([1, 1, 5, 1], [0, 5, 0], [1, 1, 5, 1]))


def test_view_of_view_of_view(lib):
    a = lib.tensor(np.arange(24.0).reshape(2, 3, 4))
    v = a[1].T[1:, ::2][0]
    same(v, [13.0, 21.0])
    v.zero_()
    want = np.arange(24.0).reshape(2, 3, 4)
    want[1].T[1:, ::2][0] = 0
    same(a, want)
    a[1] = -1.0
    same(v, [-1.0, -1.0])


def test_view_outlives_its_base(lib):
    def make():
        a = lib.zeros(4)
        return a[1:], a[::2]

    b, c = make()
    b += 2
    same((b, c), ([2, 2, 2], [0, 2]))


def test_reshape_of_what_is_not_dense_is_a_copy(lib):
    a = lib.tensor(M)
    for make in (
        lambda a: a.T.reshape(12),
        lambda a: a[:, 1:].reshape(9),
        lambda a: a.T.ravel(),
        lambda a: a[::2].reshape(2, 2, 2),
    ):
        b = make(a)
        inside = np.shares_memory(make(M), M)
        b += 100
        same(a[0], M[0] + 100 if inside else M[0])
        a[...] = lib.tensor(M)


def test_array_given_out_does_not_change():
    a = jitgrad.arange(3.0)
    n = a.numpy()
    a += 1
    assert n.tolist() == [0, 1, 2] and a.tolist() == [1, 2, 3]
    with pytest.raises(ValueError, match="read-only"):
        n[0] = 5
    m = np.arange(3.0)
    b = jitgrad.tensor(m)
    m[0] = 7
    assert b.tolist() == [0, 1, 2]


# --- kinds of writes ------------------------------------------------------------------------------


def test_fill_zero_copy(lib):
    a = lib.ones(2, 3)
    assert a.fill_(3) is a
    same(a, np.full((2, 3), 3.0))
    assert a[0].zero_() is not a
    same(a, [[0, 0, 0], [3, 3, 3]])
    assert a.copy_(lib.tensor([1, 2, 3])) is a and a.dtype == lib.float64
    same(a, [[1, 2, 3], [1, 2, 3]])


def test_in_place_methods_chain(lib):
    a = lib.tensor([1.0, 4.0])
    assert a.add_(1).mul_(2).sub_(1).div_(2) is a
    same(a, [1.5, 4.5])
    same(a.neg_().abs_().sqrt_(), [1.5**0.5, 4.5**0.5])


@pytest.mark.parametrize("op", ["+", "-", "*", "/", "**"])
def test_augmented_operators(lib, op):
    scope = {"a": lib.tensor([1.0, 2.0]), "b": lib.tensor([3.0, 0.5])}
    before = scope["a"]
    exec(f"a {op}= b\na {op}= 2", scope)
    n = {"a": np.array([1.0, 2.0]), "b": np.array([3.0, 0.5])}
    exec(f"a {op}= b\na {op}= 2", n)
    assert scope["a"] is before
    same(before, n["a"])


INDICES = {
    "integer": 2,
    "slice": slice(1, 4),
    "step": slice(None, None, 2),
    "mask": np.array([True, False, False, True, True, False]),
    "list": [4, 0, 2],
    "negative": [-1, 1],
    "all": Ellipsis,
}


@pytest.mark.parametrize("name", INDICES)
def test_assignment_with_gradients_to_both_sides(lib, name):
    index = INDICES[name]
    x = leaf(lib, V)
    part = V[index]
    y = leaf(lib, np.cos(part))
    a = x * 1
    a[index] = y * y
    weight = np.arange(1.0, 7.0)
    (a * lib.tensor(weight)).sum().backward()
    want = V.copy()
    want[index] = np.cos(part) ** 2
    same(a, want)
    untouched = weight.copy()
    untouched[index] = 0
    same(x.grad, untouched)
    same(y.grad, weight[index] * 2 * np.cos(part))


@pytest.mark.parametrize("name", INDICES)
def test_assigned_number_stops_the_gradient(lib, name):
    x = leaf(lib, V)
    a = x * 3
    a[INDICES[name]] = 5.0
    (a.sum() + x.sum() * 0).backward()
    want = np.full(6, 3.0)
    want[INDICES[name]] = 0
    same(x.grad, want)


def test_assigned_value_is_broadcast_and_cast(lib):
    x, s = leaf(lib, M), leaf(lib, 2.0)
    a = x * 1
    a[1:, 1:] = s
    a[:, 0] = lib.tensor([1, 2, 3])
    row = lib.tensor([5.0, 6.0, 7.0, 8.0], dtype=lib.float32, requires_grad=True)
    a[2] = row
    a.sum().backward()
    same(s.grad, 3.0)
    same(row.grad, np.ones(4))
    assert row.grad.dtype == lib.float32 and s.grad.dtype == lib.float64
    same(x.grad, [[0, 1, 1, 1], [0, 0, 0, 0], [0, 0, 0, 0]])


def test_array_and_list_as_values():
    a = jitgrad.zeros(2, 3)
    a[0] = [1, 2, 3]
    a[1] = np.array([4.0, 5.0, 6.0])
    a[:, 1] = np.float32(9)
    same(a, [[1, 9, 3], [4, 9, 6]])


def test_repeated_index_keeps_the_last_value():
    x = leaf(jitgrad, [1.0, 2.0, 3.0])
    a = jitgrad.zeros(2)
    a[[0, 1, 0]] = x
    same(a, [3.0, 2.0])


def test_repeated_index_gives_the_gradient_to_the_value_that_stayed():
    x = leaf(jitgrad, [1.0, 2.0, 3.0])
    a = jitgrad.zeros(2)
    a[[0, 1, 0]] = x
    (a * jitgrad.tensor([10.0, 100.0])).sum().backward()
    same(x.grad, [0.0, 100.0, 10.0])  # torch: [10, 100, 10]


def test_repeated_index_arrays_with_a_slice_between():
    index = (np.array([0, 2, 0]), slice(1, 3), np.array([1, 0, 1]))

    def f(x):
        a = x.reshape(3, 1, 2) * jitgrad.ones(3, 4, 2)
        a[index] = jitgrad.sin(a[index]) * jitgrad.tensor([[1.0], [2.0], [3.0]])
        return (a * jitgrad.arange(24.0).reshape(3, 4, 2)).sum()

    want = V.reshape(3, 1, 2) * np.ones((3, 4, 2))
    want[index] = np.sin(want[index]) * np.array([[1.0], [2.0], [3.0]])
    same(f(jitgrad.tensor(V)), (want * np.arange(24.0).reshape(3, 4, 2)).sum())
    check_slope(jitgrad, f, V)


def test_added_at_a_repeated_index_counts_once():
    x = leaf(jitgrad, [1.0, 2.0])
    a = x * 1
    a[[0, 0]] += 5.0
    same(a, [6.0, 2.0])
    a.sum().backward()
    same(x.grad, [1.0, 1.0])


def test_mask_computed_from_the_tensor(lib):
    x = leaf(lib, V)
    a = x * 2
    a[a < 0] = 0
    a[x > 2] *= 10
    a.sum().backward()
    same(a, [2, 0, 60, 1, 80, 0])
    same(x.grad, [2, 0, 20, 2, 20, 0])


def test_loop_that_fills(lib):
    x = leaf(lib, [0.5, 1.5, 2.5])
    a = lib.zeros(3)
    for i in range(3):
        a[i] = x[i] * x[2 - i] * (i + 1)
    a.sum().backward()
    same(a, [1.25, 4.5, 3.75])
    same(x.grad, [2.5 + 7.5, 6.0, 0.5 + 1.5])


def test_loop_that_fills_from_what_it_filled():
    def f(x):
        a = jitgrad.zeros(6)
        a[0] = x[0]
        for i in range(1, 6):
            a[i] = a[i - 1] * x[i] + jitgrad.sin(a[i - 1])
        return (a * a).sum()

    check_slope(jitgrad, f, V / 3)


@pytest.mark.parametrize("looked", [False, True])
def test_values_used_before_the_write_keep_their_gradient(looked):
    def f(x):
        a = x * 1
        b = a * a
        if looked:
            b.tolist()
        a *= 3
        c = jitgrad.exp(a[1:] / 10)
        a[1:] = c
        a.neg_()
        return (b * a).sum() + (c * b[1:]).sum()

    check_slope(jitgrad, f, V)


def test_overlapping_write():
    def f(x):
        a = x * 1
        a[1:] += a[:-1]
        a[:-1] = a[1:] * a[:-1]
        a[::-1][:3] *= a[:3]
        return (a * a).sum()

    a = jitgrad.tensor([1.0, 2.0, 3.0])
    a[1:] += a[:-1]
    same(a, [1.0, 3.0, 5.0])
    check_slope(jitgrad, f, V)


def test_reversed_onto_itself():
    a = jitgrad.arange(4.0)
    a[:] = a[::-1]
    same(a, [3, 2, 1, 0])
    a += a[::-1]
    same(a, [3, 3, 3, 3])


def test_long_chain_of_writes(lib):
    x = leaf(lib, [1.0, 2.0, 3.0])
    a = x * 1
    for k in range(300):
        a[k % 3] += 0.5
        a *= 1.001
    a.sum().backward()
    same(x.grad, np.full(3, 1.001**300), rtol=1e-10)


def test_write_of_a_tensor_to_itself(lib):
    x = leaf(lib, V)
    a = x * 2
    a[...] = a
    a += a
    a[1:3] = a[1:3]
    a.sum().backward()
    same((a, x.grad), (V * 4, np.full(6, 4.0)))


def test_integer_and_bool_tensors_are_written_too(lib):
    a = lib.tensor([1, 2, 3])
    a[1:] *= 5
    a[0] = 7
    same(a, [7, 10, 15])
    b = lib.tensor([True, False, True])
    b[:2] = b[1:].clone()
    b[2] = False
    same(b, [False, True, False])
    assert a.dtype == lib.int64 and b.dtype == lib.tensor([True]).dtype


def test_out_parameter():
    a, x = jitgrad.zeros(3), jitgrad.tensor([1.0, 2.0, 3.0])
    assert jitgrad.sum(x, axis=0, out=a[1, ...]) is not None
    same(a, [0.0, 6.0, 0.0])


def test_a_part_is_not_written_to_itself_again(tier):
    """After ``x[i] += y``, which writes to the view, Python assigns the view to ``x[i]``."""
    p = jitgrad.tensor([1.0, 2.0, 3.0], requires_grad=True)
    x, kept = p * 2.0, []
    rows = x[1:]
    x[1:] *= p[1:]
    kept.append(rows)
    x[1:] = rows  # the same part by another name
    x[0] = x[1]
    x[:2] = x[1:]  # another part of the same length
    (x.sum() + rows.sum()).backward()
    same(x, [8.0, 18.0, 18.0])
    same(rows, [18.0, 18.0])
    same(p.grad, [0.0, 8.0, 48.0])


def test_a_part_of_another_mode_or_tensor_is_written():
    p = jitgrad.tensor([1.0, 2.0], requires_grad=True)
    x = p * 3.0
    with jitgrad.no_grad():
        part = x.detach()[:1]
    y = p * 5.0
    y[:1] = x[:1]
    y[1:] = part
    y.sum().backward()
    same(y, [3.0, 3.0])
    same(p.grad, [3.0, 0.0])
    a = jitgrad.zeros(3)
    old = a[:1]
    a[0] = 4.0
    a[:1] = old  # that follows `a`
    same(a, [4.0, 0.0, 0.0])
