"""Indices with arrays, by the short way and by the long one, against NumPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jitgrad
from jitgrad import IndexOutOfRange, ShapeError
from jitgrad.frontend import array_indices


@pytest.fixture(autouse=True)
def _values_by_numpy():
    before, jitgrad.config.compile = jitgrad.config.compile, "never"
    yield
    jitgrad.config.compile = before


@st.composite
def indices(draw):
    """A shape, and an index of it with one to three arrays that broadcast to one shape."""
    shape = draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    common = draw(st.lists(st.integers(0, 3), max_size=2))
    items, arrays = [], 0
    for n in shape[: draw(st.integers(1, len(shape)))]:
        kind = draw(st.sampled_from(("array", "list", "int", "slice", "new", "mask")))
        if kind == "array":
            own = [draw(st.sampled_from((1, m))) for m in common] or [1]
            dtype = draw(st.sampled_from((np.int64, np.int32, np.int8, np.uint8)))
            low = 0 if dtype is np.uint8 else -n
            size = int(np.prod(own))
            drawn = draw(st.lists(st.integers(low, n - 1), min_size=size, max_size=size))
            items.append(np.array(drawn, dtype).reshape(own))
        elif kind == "list":
            items.append([draw(st.integers(-n, n - 1))])
        elif kind == "int":
            items.append(draw(st.integers(-n, n - 1)))
        elif kind == "mask":
            at = draw(st.integers(0, n - 1))
            items.append(np.arange(n) == at)
        else:
            items.append(slice(*sorted((draw(st.integers(0, n)), draw(st.integers(0, n))))))
            if kind == "new":
                items.append(None)
        arrays += kind in ("array", "list", "mask")
    if not arrays:
        items[0] = np.zeros([1], int)
    if draw(st.booleans()) and len([x for x in items if x is not None]) < len(shape):
        items.append(Ellipsis)
    return tuple(shape), tuple(items) if len(items) > 1 else items[0]


@settings(max_examples=150, deadline=None)
@given(indices())
def test_values_writes_and_gradients(drawn):
    shape, index = drawn
    a = np.arange(np.prod(shape), dtype=float).reshape(shape)
    x = jitgrad.tensor(a, requires_grad=True)
    part = a[index]
    out = x[index]
    assert np.array_equal(out.detach(), part)
    weights = np.arange(1.0, 1 + part.size).reshape(part.shape)
    want = np.zeros(shape)
    np.add.at(want, index, weights)
    (out * weights).sum().backward()
    assert np.array_equal(x.grad, want)

    y, b = jitgrad.tensor(a) * 1, a.copy()
    b[index], y[index] = weights, weights
    assert np.array_equal(y, b)
    b[index] += weights
    y[index] += weights
    assert np.array_equal(y, b)

    v = jitgrad.tensor(weights, requires_grad=True)
    z = jitgrad.tensor(a) * 1
    z[index] = v
    (z * a).sum().backward()
    order = np.full(shape, -1)
    order[index] = np.arange(part.size).reshape(part.shape)  # what was written last stays
    want = np.zeros(part.size)
    want[order[order >= 0]] = a[order >= 0]
    assert np.array_equal(np.asarray(v.grad).reshape(-1), want)


@pytest.mark.parametrize("wrong", [3, -4, 2**40, -(2**63)])
@pytest.mark.parametrize("rest", [(), (slice(None),), (0,)])
def test_places_out_of_bounds(wrong, rest):
    x = jitgrad.tensor(np.arange(6.0).reshape(3, 2))
    index = (np.array([0, wrong]), *rest)
    with pytest.raises(IndexOutOfRange, match=f"got index {wrong} for axis 0 of length 3"):
        x[index]
    with pytest.raises(IndexOutOfRange, match=f"got index {wrong} for axis 0 of length 3"):
        x[index] = 1.0
    assert np.array_equal(x, np.arange(6.0).reshape(3, 2))


def test_index_arrays_that_do_not_broadcast():
    """An error of shapes, and of indices, as it is in NumPy."""
    x = jitgrad.zeros(3, 3)
    for index in (([0, 1], [0, 1, 2]), (jitgrad.tensor([0, 1]), [0, 1, 2])):
        for error in (IndexError, ShapeError):
            with pytest.raises(error, match=r"shapes \(2,\) and \(3,\)"):
                x[index]
            with pytest.raises(error, match=r"shapes \(2,\) and \(3,\)"):
                x[index] = 1.0


def test_the_index_may_change_before_it_is_read():
    x, places = jitgrad.tensor([1.0, 2.0, 3.0], requires_grad=True), np.array([0, 2])
    out = x[places] * 2
    places[:] = 1
    assert np.array_equal(out.detach(), [2.0, 6.0])
    places[:] = [-1, 0]
    out.sum().backward()
    assert np.array_equal(x.grad, [2.0, 0.0, 2.0])
    assert np.array_equal(places, [-1, 0])  # ours is a copy


@pytest.mark.parametrize(
    "index",
    [np.array([0, 1], np.uint64), np.array(1), [True, False, True], np.zeros([0]).astype(int), []],
    ids=["uint64", "0-d", "list of booleans", "empty", "empty list"],
)
def test_what_goes_the_long_way(index):
    a = np.arange(6.0).reshape(3, 2)
    assert np.array_equal(jitgrad.tensor(a)[index], a[index])


@pytest.mark.parametrize("shape", [(3,), (3, 2), (4,), (2, 3), (3, 2, 1)])
def test_masks(shape):
    a = np.arange(6.0).reshape(3, 2)
    mask = np.arange(np.prod(shape)).reshape(shape) % 3 != 1
    x, b = jitgrad.tensor(a), a.copy()
    if mask.shape == a.shape[: mask.ndim]:
        b[mask], x[mask] = -1.0, -1.0
        assert np.array_equal(x, b)
        assert np.array_equal(x[mask], b[mask])
    else:
        with pytest.raises(IndexOutOfRange, match=r"mask|indices"):
            x[mask] = -1.0


def test_integers_and_slices_beside_arrays_are_those_of_each_call():
    a, places = np.arange(24.0).reshape(2, 3, 4), [1, 0, 1]
    x, b = jitgrad.tensor(a), a.copy()
    for rest in ((0, 1), (2, 1), (2, 0), (-1, 3), (slice(1, 3), 2), (slice(0, 2), 2), (0, None, 1)):
        index = (places, *rest)
        assert np.array_equal(x[index], a[index])
    for k in range(3):
        b[places, k], x[places, k] = k - 9.0, k - 9.0
        assert np.array_equal(x, b)


def test_one_opcode_for_each_form():
    x = jitgrad.tensor(np.arange(20.0).reshape(4, 5))
    places = [np.array([k, (k + 1) % 4]) for k in range(4)]
    found = {array_indices.array_index((4, 5), (p, 1))[0].gather for p in places}
    assert len(found) == 1
    assert [float(x[p, 1].sum()) for p in places] == [7.0, 17.0, 27.0, 17.0]
