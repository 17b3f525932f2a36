"""Methods of ufuncs on tensors, NumPy's functions that write into one, sharing: by NumPy and
central differences."""

import warnings

import numpy as np
import pytest
from numpy_oracle import A, B, check_gradient, leaf, rng

import jitgrad
from jitgrad.base.errors import (
    AliasError,
    ArgumentError,
    DTypeError,
    GradientError,
    IndexOutOfRange,
    ShapeError,
)
from jitgrad.numpy.dispatch import counterparts
from jitgrad.numpy.functions import writes
from jitgrad.numpy.ufunc_methods import METHODS, reorderable


@pytest.fixture(autouse=True)
def numpy_tier(monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "never")


def sampled(entry, shape, seed=0):
    low, high, _ = entry.sampling.domains[0]
    return np.random.default_rng(seed).uniform(low, high, shape)


BINARY = [
    pytest.param(f, e, id=f.__name__)
    for f, e in counterparts().items()
    if isinstance(f, np.ufunc) and f.nin == 2 and f.signature is None
]


#: NumPy 2.4 itself gives wrong values along a contiguous axis: its loops write over what they still
#: have to read.
NUMPY_WRONG = [counterparts()[f] for f in (np.power, np.float_power, np.arctan2)]
JUMPY = [counterparts()[f] for f in (np.floor_divide, np.remainder, np.fmod)]


def agrees(f, *xs):
    """Value, dtype and gradient as NumPy's, without gradient too; or an error where NumPy has
    one."""
    try:
        with np.errstate(all="ignore"):
            want = f(*xs)
    except (TypeError, ValueError):
        with pytest.raises((TypeError, ValueError)):
            f(*map(leaf, xs))
        return
    with np.errstate(all="ignore"):
        got = f(*map(jitgrad.tensor, xs))
        assert isinstance(got, jitgrad.Tensor) and got.dtype == np.asarray(want).dtype
        np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-13)
        check_gradient(f, *xs)


# --- reduce, accumulate, reduceat, outer, at ------------------------------------------------------


@pytest.mark.parametrize(("ufunc", "entry"), BINARY)
def test_reduce(ufunc, entry):
    x = sampled(entry, (3, 4, 5))
    if entry in JUMPY:
        x = x[:2]  # of three, the second step stands on a jump
    for form in ({}, {"axis": 1}, {"axis": -1, "keepdims": True}, {"axis": (0, 2)}, {"axis": None}):
        if (entry in JUMPY and form) or (entry in NUMPY_WRONG and form.get("axis") == -1):
            continue
        agrees(lambda t, f=form: ufunc.reduce(t, **f), x)
    agrees(lambda t: ufunc.reduce(t, axis=1, initial=1.5), x[:, :1])
    mask = x > x.mean()
    mask[0] = True
    for form in ({"where": mask}, {"where": mask, "initial": 0.5}):
        if reorderable(ufunc) or not entry.differentiable:
            agrees(lambda t, f=form: ufunc.reduce(t, **f), x)
        else:
            with pytest.raises((ArgumentError, ValueError), match="where"):
                ufunc.reduce(leaf(x), **form)
    agrees(lambda t: ufunc.reduce(t), x[:1])
    agrees(lambda t: ufunc.reduce(t), x[:0])
    for make in (leaf, jitgrad.tensor) if entry.differentiable else ():
        if np.float_power is ufunc:
            with pytest.raises(TypeError):
                ufunc.reduce(make(x), dtype=np.float32)
            continue
        short = ufunc.reduce(make(x[:1]), axis=0, dtype=np.float32)
        assert short.dtype == np.float32
        np.testing.assert_array_equal(short.detach(), ufunc.reduce(x[:1], axis=0, dtype=np.float32))


@pytest.mark.parametrize(("ufunc", "entry"), BINARY)
def test_accumulate_and_reduceat(ufunc, entry):
    x = sampled(entry, (2 if entry in JUMPY else 7, 3))
    agrees(lambda t: ufunc.accumulate(t), x)
    agrees(lambda t: ufunc.accumulate(t, axis=-1), x[:, :2])
    agrees(lambda t: ufunc.accumulate(t), x[:0])
    if len(x) == 7 and entry not in NUMPY_WRONG:
        for indices in ([0], [0, 3, 5], [4, 2, 2, 6], np.array([1, 6])):
            agrees(lambda t, i=indices: ufunc.reduceat(t, i), x)
        agrees(lambda t: ufunc.reduceat(t, [0, 1], axis=1), x)


@pytest.mark.parametrize(("ufunc", "entry"), BINARY)
def test_outer(ufunc, entry):
    x, y = sampled(entry, (3, 2)), sampled(entry, (4,), 1)
    if len({*entry.sampling.domains}) > 1:
        y = entry.sampling.domains[1].draw(np.random.default_rng(1), 4)
    agrees(ufunc.outer, x, y)
    agrees(lambda t: ufunc.outer(t, y), x)
    agrees(lambda t: ufunc.outer(x, t), y)
    agrees(lambda t: ufunc.outer(t, 1.25), x)


INDICES = [
    0,
    -1,
    [0, 2, 0, 0],
    np.array([[1, 1], [2, 1]]),
    slice(None, None, 2),
    (0, [1, 1]),
    np.array([True, False, True]),
]


@pytest.mark.each("index", INDICES, ids=str)
@pytest.mark.each(("ufunc", "entry"), BINARY)
def test_at(ufunc, entry, index):
    if entry in JUMPY or not entry.differentiable:
        return  # applied twice they stand on a jump; comparisons give no floats to write

    def f(x, y):
        out = x * 1.0
        assert ufunc.at(out, index, y) is None
        return out

    x = sampled(entry, (3, 4))
    low, high, _ = entry.sampling.domains[1]
    y = np.random.default_rng(2).uniform(low, high, x[index].shape)
    check_gradient(f, x, y)
    check_gradient(lambda t: f(t, 1.25), x)
    check_gradient(lambda t: f(x, t) if isinstance(t, np.ndarray) else f(jitgrad.tensor(x), t), y)


def test_at_of_one_operand_and_of_values_only():
    check_gradient(lambda x: (lambda o: (np.square.at(o, [0, 0, 1]), o)[1])(x * 1.0), A)
    t, x = jitgrad.tensor(A), A.copy()
    for place in (t, x):
        np.exp.at(place, (slice(None), [0, 0]))
        np.maximum.at(place, 1, jitgrad.tensor(B[0]) if place is t else B[0])
    np.testing.assert_array_equal(t, x)


def test_at_with_many_turns():
    """A histogram: one element is added to many times, in one record."""
    weights, bins = rng.random(5000), rng.integers(0, 3, 5000)

    def histogram(w):
        out = np.zeros(3) if isinstance(w, np.ndarray) else jitgrad.zeros(3)
        np.add.at(out, bins, w)
        return out

    check_gradient(histogram, weights)


def test_at_errors_change_nothing():
    x, y = leaf(A), leaf(B)
    with pytest.raises(AliasError):
        np.add.at(x, 0, 1.0)
    array = A.copy()
    with pytest.raises(GradientError, match="make the array a Tensor"):
        np.add.at(array, 0, y[0])
    for wrong in (2, [5], (0, 0, 0)):
        t = x * 1.0
        with pytest.raises(IndexError):
            np.add.at(t, wrong, y[0, 0])
        np.testing.assert_array_equal(t.detach(), A)
    np.testing.assert_array_equal(array, A)
    np.testing.assert_array_equal(x.detach(), A)
    np.add.at(array, [0], jitgrad.tensor(B[0]))
    np.testing.assert_array_equal(array[0], A[0] + B[0])


def test_out_of_methods():
    for f in (
        lambda t, o: np.add.reduce(t, axis=1, out=o),
        lambda t, o: np.logaddexp.reduce(t, axis=1, out=o),
        lambda t, o: np.subtract.reduce(t, 1, None, o),
        lambda t, o: np.add.accumulate(t[:, 0], out=o),
        lambda t, o: np.hypot.accumulate(t[:, 0], out=o),
        lambda t, o: np.multiply.reduceat(t[:, 0], [0, 1], out=o),
        lambda t, o: np.multiply.outer(t[:, 0], 2.0, out=o),
    ):
        want = f(A, np.zeros(2))
        for x in (leaf(A), jitgrad.tensor(A)):
            out = jitgrad.zeros(2)
            assert f(x, out) is out and out.requires_grad == x.requires_grad
            np.testing.assert_allclose(out.detach(), want)
        with pytest.raises(GradientError):
            f(leaf(A), np.zeros(2))


def test_method_errors():
    x = leaf(A)
    with pytest.raises(ArgumentError, match="several axes"):
        np.subtract.reduce(x, axis=(0, 1))
    with pytest.raises(ShapeError, match="axis 0 of shape"):
        np.fmax.reduce(x[:0])
    with pytest.raises(ArgumentError, match="where= without initial="):
        np.fmax.reduce(x, where=A > 0)
    with pytest.raises(IndexOutOfRange, match="index 2"):
        np.add.reduceat(x, [0, 2])
    with pytest.raises(DTypeError, match="1-d integers"):
        np.add.reduceat(x, [0.5])
    for method in METHODS:
        with pytest.raises((ArgumentError, TypeError, RuntimeError, ValueError)):
            getattr(np.matmul, method)(x, x)
    for method in ("reduce", "accumulate", "reduceat", "outer"):
        with pytest.raises((ArgumentError, TypeError, RuntimeError, ValueError)):
            getattr(np.sin, method)(*(x, [0])[: 2 if method in ("reduceat", "outer") else 1])


def test_what_is_reorderable():
    assert all(
        map(reorderable, (np.add, np.maximum, np.fmin, np.logaddexp, np.hypot, np.bitwise_xor))
    )
    assert not any(map(reorderable, (np.subtract, np.divide, np.power, np.arctan2, np.remainder)))


# --- functions that write -------------------------------------------------------------------------

INDEX = np.array([[0, 2], [1, 1]])
#: (writer of a place and values) -> both in NumPy's form
WRITERS = {
    "copyto": lambda f, x, v: f(x, v),
    "copyto-where": lambda f, x, v: f(x, v[0], where=A > 0),
    "copyto-scalar": lambda f, x, v: f(x, 3),
    "put": lambda f, x, v: f(x, [0, -1, 3], v),
    "put-repeated": lambda f, x, v: f(x, [[5, 1], [2, 0]], v[0, :2]),
    "put-wrap": lambda f, x, v: f(x, [7, 10], v[0, :2], mode="wrap"),
    "put-clip": lambda f, x, v: f(x, [-3, 10], v[0, :2], mode="clip"),
    "put-nothing": lambda f, x, v: f(x, [], v),
    "putmask": lambda f, x, v: f(x, A > 0, v),
    "putmask-repeated": lambda f, x, v: f(x, A > 0, v[1]),
    "place": lambda f, x, v: f(x, A > 0, v),
    "place-repeated": lambda f, x, v: f(x, A > 0, v[1, :2]),
    "put_along_axis": lambda f, x, v: f(x, INDEX[:, :1], v[:, :1], 1),
    "put_along_axis-0": lambda f, x, v: f(x, np.array([[0, 1, 0]]), v[0], axis=0),
    "fill_diagonal": lambda f, x, v: f(x, v[0, 0]),
    "fill_diagonal-several": lambda f, x, v: f(x, v[1, :2]),
}


@pytest.mark.parametrize("name", WRITERS)
def test_writers(name):
    function, form = getattr(np, name.split("-")[0]), WRITERS[name]

    def f(x, v):
        out = x * 1.0
        view = out.T
        assert form(function, out, v) is None
        return out + 2 * view.T  # a view sees the write

    check_gradient(f, A, B)
    check_gradient(lambda v: f(jitgrad.tensor(A) if isinstance(v, jitgrad.Tensor) else A, v), B)
    array = A.copy()
    if "scalar" not in name and "nothing" not in name:
        with pytest.raises(GradientError, match="tensor"):
            form(function, array, leaf(B))
        np.testing.assert_array_equal(array, A)
    form(function, array, jitgrad.tensor(B))
    want = A.copy()
    form(function, want, B)
    np.testing.assert_array_equal(array, want)
    with pytest.raises(AliasError):
        x = leaf(A)
        form(function, x, B)
        if name == "put-nothing":
            raise AliasError("nothing is written")
    np.testing.assert_array_equal(x.detach(), A)


def test_writer_errors():
    t = jitgrad.tensor(A)
    for f in (
        lambda: np.put(t, [6], 1.0),
        lambda: np.put(t, [-7], 1.0),
        lambda: np.put(t, [0], 1.0, mode="reflect"),
        lambda: np.place(t, A > 0, []),
        lambda: np.putmask(t, A[0] > 0, 1.0),
        lambda: np.copyto(t, np.ones((3, 2))),
        lambda: np.copyto(jitgrad.tensor([1, 2]), [0.5, 1.5]),
        lambda: np.copyto(t, A, casting="no", where=A),
        lambda: np.fill_diagonal(jitgrad.ones(3), 1.0),
    ):
        with pytest.raises((ValueError, IndexError, TypeError)):
            f()
    np.testing.assert_array_equal(t, A)
    half = jitgrad.zeros(2, dtype=np.float32)
    np.copyto(half, 2.5)  # a Python number takes the dtype of the place
    np.testing.assert_array_equal(half, [2.5, 2.5])


def test_new_tensors():
    check_gradient(lambda x: np.copy(x), A)
    check_gradient(lambda x: np.full_like(x, 2.0) * x, A)
    x = leaf(A)
    assert np.copy(x) is not x and not np.shares_memory(np.copy(x), x)
    if hasattr(np, "astype"):
        check_gradient(lambda x: np.astype(x, np.float64), A)
        assert np.astype(x, np.float32).dtype == np.float32
        assert np.astype(x, np.float64, copy=False) is x
    check_gradient(lambda a, b: np.linspace(a, b, 5), A, B)
    check_gradient(lambda a: np.linspace(a, 1.0, 5, endpoint=False, axis=-1), A)
    check_gradient(lambda a: np.linspace(0.0, a, 4, retstep=True)[1], A)
    assert (
        np.linspace(jitgrad.tensor(np.float32(0)), 1.0, 3).dtype
        == np.linspace(np.float32(0), 1.0, 3).dtype
    )
    assert np.full_like(x, 7, dtype=int).dtype == np.int64
    assert np.full_like(x, 7, shape=(2,)).shape == (2,)
    assert isinstance(np.zeros(3, like=x), jitgrad.Tensor)
    assert np.asarray([1.0], like=x).shape == (1,)
    ends = np.array(x, like=x)
    assert ends.requires_grad


def test_handlers_are_functions_of_numpy():
    for function, ours in writes.HANDLERS.items():
        home = {"numpy.linalg": np.linalg, "numpy.fft": np.fft}.get(function.__module__, np)
        assert getattr(home, function.__name__) is function
        assert ours.__name__ in (function.__name__, "asarray"), "tracebacks show it"
    stale = [
        f.__name__ for f in writes.HANDLERS if f in counterparts() and f is not np.searchsorted
    ]
    assert not stale, f"have an entry now: {stale}"


# --- sharing --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "shares"),
    [
        (lambda x: (x, x), True),
        (lambda x: (x[:2], x[2:]), False),
        (lambda x: (x[::2], x[1::2]), False),
        (lambda x: (x[:3].T, x.reshape(-1)[6:8]), True),
        (lambda x: (x, x + 0), False),
        (lambda x: (x[0], x[:, 1][:1]), True),
        (lambda x: (x[1:1], x), False),
    ],
)
def test_memory_is_shared_as_in_numpy(make, shares):
    x = np.arange(12.0).reshape(4, 3)
    assert np.shares_memory(*make(x)) == shares
    assert np.shares_memory(*make(jitgrad.tensor(x))) == shares
    a, b = make(jitgrad.tensor(x))
    assert np.may_share_memory(a, b) or not shares
    assert not np.shares_memory(a, x) and not np.may_share_memory(x, b)
    if a.size and b.size:  # and writing agrees
        before = b.numpy().copy()
        a[...] = -1.0
        assert (not np.array_equal(b, before)) == shares


def test_detach_shares():
    x = leaf(A)
    y = x * 1.0
    assert np.shares_memory(y, y.detach())


def test_dlpack():
    x = jitgrad.tensor(A)
    assert x.__dlpack_device__() == (1, 0)
    got = np.from_dlpack(x)
    np.testing.assert_array_equal(got, A)
    with pytest.raises(GradientError, match=r"x\.detach\(\)"):
        np.from_dlpack(leaf(A))
    np.from_dlpack(leaf(A).detach())
    assert type(x.__dlpack__(copy=False)).__name__ == "PyCapsule"
    with pytest.raises(ArgumentError, match="CPU"):
        x.__dlpack__(stream=1)
    with pytest.raises(BufferError, match="CPU"):
        x.__dlpack__(dl_device=(2, 0))
    back = jitgrad.numpy.from_dlpack(A)
    assert isinstance(back, jitgrad.Tensor) and not np.shares_memory(back, A)
    np.testing.assert_array_equal(jitgrad.numpy.from_dlpack(x), A)
    with pytest.raises(GradientError):
        jitgrad.numpy.from_dlpack(leaf(A))
    for dtype in (np.float32, np.int8, np.bool_):
        assert np.from_dlpack(jitgrad.tensor(A > 0).astype(dtype)).dtype == dtype


def test_dlpack_with_torch():
    torch = pytest.importorskip("torch")
    x = jitgrad.tensor(A) * 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        there = torch.from_dlpack(x)
    there += 1  # PyTorch writes to what it was given: the tensor must not change
    np.testing.assert_array_equal(x, 2 * A)
    np.testing.assert_array_equal(there.numpy(), 2 * A + 1)
    np.testing.assert_array_equal(jitgrad.numpy.from_dlpack(there), 2 * A + 1)


@pytest.mark.parametrize("name", ["add", "subtract", "multiply", "maximum"])
def test_at_under_jit(name):
    ufunc = getattr(np, name)
    places = np.array([0, 1, 1, -1])

    def f(x, weights):
        out = jitgrad.numpy.ones((3, 2))
        ufunc.at(out, places, x[:, None] * weights)
        return (out**2).sum()

    traced = jitgrad.jit(jitgrad.value_and_grad(f))
    for a in (np.array([1.0, 2.0, 3.0, -4.0]), np.array([0.5, 2.5, 1.5, 4.0])):
        weights = np.array([1.0, 0.5])
        value, slope = traced(a, weights)
        want = np.ones((3, 2))
        ufunc.at(want, places, a[:, None] * weights)
        assert np.allclose(value, (want**2).sum(), rtol=1e-13)
        assert np.allclose(slope, jitgrad.grad(f)(a, weights), rtol=1e-13)


def test_at_by_an_index_that_is_an_argument_of_jit():
    def f(x, places):
        out = jitgrad.numpy.zeros(3)
        np.add.at(out, places, x)
        return out

    traced = jitgrad.jit(f)
    for places in ([0, 1, 1], [2, 2, -1]):
        want = np.zeros(3)
        np.add.at(want, places, [1.0, 2.0, 4.0])
        assert np.array_equal(traced(np.array([1.0, 2.0, 4.0]), np.array(places)), want)
    with pytest.raises(IndexOutOfRange):
        traced(np.array([1.0, 2.0, 4.0]), np.array([0, 1, 3]))


def test_other_methods_under_jit():
    a = np.array([1.0, 2.0, 3.0, 4.0])
    traced = jitgrad.jit(
        lambda x: (np.hypot.reduce(x), np.hypot.accumulate(x), np.fmax.reduceat(x, [0, 2]))
    )
    for x in (a, a[::-1].copy()):
        reduced, running, slices = traced(x)
        assert np.allclose(reduced, np.hypot.reduce(x))
        assert np.allclose(running, np.hypot.accumulate(x))
        assert np.allclose(slices, np.fmax.reduceat(x, [0, 2]))


@pytest.mark.parametrize("dtype", ["float64", "int32", "bool"])
def test_reductions_that_vary_between_calls_have_the_dtype_of_numpys(dtype):
    rows = np.array([[0, 2, 0, 3], [1, 1, 0, 2], [3, 0, 0, 0]]).astype(dtype)

    def reductions(x):
        out = []
        for f in (np.logical_and, np.logical_or, np.logical_xor):
            out += [f.accumulate(x), f.reduceat(x, [0, 1, 3, 2]), f.reduce(x[:0]), f.reduce(x)]
        return [*out, np.add.reduceat(x, [3, 2, 1])]

    wanted = [np.stack(parts) for parts in zip(*map(reductions, rows), strict=True)]
    for out, want in zip(jitgrad.vmap(reductions)(jitgrad.tensor(rows)), wanted, strict=True):
        assert out.dtype == want.dtype and np.array_equal(out, want)
    for out, want in zip(jitgrad.jit(reductions)(jitgrad.tensor(rows[0])), wanted, strict=True):
        assert out.dtype == want.dtype and np.array_equal(out, want[0])


def test_a_comparison_of_numbers_accumulates_nothing_under_jit():
    with pytest.raises(DTypeError):
        jitgrad.jit(np.less.accumulate)(jitgrad.tensor([1.0, 2.0]))


@pytest.mark.parametrize("name", ["multiply", "maximum", "negative", "power"])
def test_at_of_any_function_by_an_index_that_is_an_argument_of_jit(name):
    """Element by element, in a loop: places may be repeated."""
    ufunc, n = getattr(np, name), getattr(np, name).nin

    def f(x, places):
        out = x * 1.0
        ufunc.at(out, places, *[2.5][: n - 1])
        return (out * out).sum()

    traced, eager = jitgrad.jit(jitgrad.value_and_grad(f)), jitgrad.value_and_grad(f)
    for places in ([0, 1, 1], [2, 2, -1]):
        x, places = np.array([1.5, 2.0, 4.0]), np.array(places)
        want = x.copy()
        ufunc.at(want, places, *[2.5][: n - 1])
        value, slope = traced(x, places)
        assert np.allclose(value, (want * want).sum())
        assert np.allclose(slope, eager(x, places)[1])
