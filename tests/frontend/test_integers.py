"""Integers by the rules of NumPy 2: every dtype and operator beside Python integers, NumPy's and
other dtypes, with the extremes of each; writes, creation, casts and reductions. NumPy is the
oracle: values, dtypes and kinds of errors."""

import operator
import warnings

import numpy as np
import pytest

import jitgrad
import jitgrad.numpy as jn

INTEGERS = [
    np.dtype(t) for t in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
]
DTYPES = [np.dtype(bool), *INTEGERS, np.dtype(np.float32), np.dtype(np.float64)]
OPERATORS = {
    name: getattr(operator, name)
    for name in (
        "add sub mul truediv floordiv mod pow and_ or_ xor lshift rshift eq ne lt le gt ge"
        " iadd isub imul itruediv ifloordiv imod ipow iand ior ixor ilshift irshift"
    ).split()
}
FUNCTIONS = (
    "add divide floor_divide remainder fmod power float_power maximum fmin arctan2 copysign "
    "heaviside left_shift"
    " right_shift equal less greater_equal logical_and"
).split()
SCALARS = [
    0,
    1,
    -1,
    2,
    -2,
    3,
    127,
    128,
    -128,
    -129,
    255,
    256,
    300,
    2**15,
    2**31 - 1,
    2**31,
    2**53 + 1,
    2**63 - 1,
    2**63,
    -(2**63),
    -(2**63) - 1,
    2**64 - 1,
    2**64,
    10**30,
    -(10**30),
    10**400,
    True,
    False,
    0.5,
    -3.0,
    np.int8(-1),
    np.uint8(200),
    np.int64(-(2**63)),
    np.uint64(2**64 - 1),
    np.float32(0.5),
    np.bool_(True),
    np.array(5, np.int16),
    np.array(-3),
    np.array(2**63, np.uint64),
]


def values(dtype):
    if dtype.kind == "b":
        return np.array([False, True])
    if dtype.kind == "f":
        return np.array([0.0, -0.0, 1, -1, 2.5, -2.5, 1e6, np.inf, np.nan], dtype)
    info = np.iinfo(dtype)
    return np.array(
        [
            0,
            1,
            2,
            3,
            7,
            info.max - 1,
            info.max,
            info.min,
            info.min + 1,
            *([-1, -7] if info.min else []),
        ],
        dtype,
    )


def recorded(f, *operands):
    """What a function gives, or the error; of several that are recorded before one is looked at,
    the values come from one plan, whose kernels are compiled at once."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return f(*operands)
        except Exception as error:
            return error


def array(out):
    """The array, or the error."""
    if isinstance(out, Exception):
        return out
    return out.detach().numpy() if isinstance(out, jitgrad.Tensor) else np.asarray(out)


def outcome(f, *operands):
    """The array, or the error."""
    return recorded(lambda: array(f(*operands)))


def agree(got, want, about=""):
    """Values and dtypes are NumPy's, but for float32 where it has float16; errors are of its kind,
    and ours."""
    if isinstance(want, Exception):
        kinds = (ZeroDivisionError, OverflowError, ValueError, TypeError)
        kind = next(k for k in kinds if isinstance(want, k))
        assert isinstance(got, jitgrad.JitgradError) and isinstance(got, kind), (about, got, want)
        return
    assert not isinstance(got, Exception), (about, got, want)
    assert got.shape == want.shape, about
    assert got.dtype == (np.float32 if want.dtype == np.float16 else want.dtype), (
        about,
        got.dtype,
        want.dtype,
    )
    if want.dtype == np.float16:
        got = np.where(np.abs(got) > np.finfo(want.dtype).max, want, got)
        np.testing.assert_allclose(got, want, rtol=2e-3, atol=1e-3, err_msg=str(about))
    elif want.dtype.kind == "f":
        np.testing.assert_allclose(
            got, want, rtol=1e-5 if want.dtype.itemsize == 4 else 1e-12, err_msg=str(about)
        )
    else:
        np.testing.assert_array_equal(got, want, err_msg=str(about))


@pytest.fixture
def numpy_tier(monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "never")


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_operators_beside_numbers(dtype, numpy_tier):
    x = values(dtype)
    for s in SCALARS:
        for name, f in OPERATORS.items():
            agree(outcome(f, jitgrad.tensor(x), s), outcome(f, x.copy(), s), (name, s))
            if name[0] != "i" and not isinstance(s, (np.ndarray, np.generic)):
                agree(outcome(f, s, jitgrad.tensor(x)), outcome(f, s, x.copy()), (s, name))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_functions_beside_numbers(dtype, numpy_tier):
    x = values(dtype)
    for s in SCALARS:
        for name in FUNCTIONS:
            ours, theirs = getattr(jn, name), getattr(np, name)
            agree(outcome(ours, jitgrad.tensor(x), s), outcome(theirs, x, s), (name, s))
            agree(outcome(ours, s, jitgrad.tensor(x)), outcome(theirs, s, x), (s, name))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_operators_beside_other_dtypes(dtype, numpy_tier):
    for other in DTYPES:
        x, y = (v.copy() for v in np.broadcast_arrays(values(dtype)[:, None], values(other)[None]))
        whole = np.maximum(y, 0) if other.kind == "i" else y
        for name, f in OPERATORS.items():
            agree(
                outcome(f, jitgrad.tensor(x), jitgrad.tensor(y)),
                outcome(f, x.copy(), y),
                (name, other),
            )
            agree(
                outcome(f, jitgrad.tensor(x), jitgrad.tensor(whole)),
                outcome(f, x.copy(), whole),
                (name, other),
            )


@pytest.mark.parametrize(
    ("dtype", "other"), [("int8", "int8"), ("uint8", "int8"), ("int64", "uint64"), ("bool", "bool")]
)
def test_operators_in_kernels(dtype, other):
    """All results in one kernel; integers beside integers of other signs are compared as what they
    are."""
    x, y = np.broadcast_arrays(values(np.dtype(dtype))[:, None], values(np.dtype(other))[None])
    before, jitgrad.config.compile = jitgrad.config.compile, "always"
    try:
        for a, b in ((x, y), (y, x), (x, np.maximum(y, 0) if other[0] == "i" else y)):
            a, b = jitgrad.tensor(a), jitgrad.tensor(b)
            made = {}
            for name, f in OPERATORS.items():
                if name[0] != "i":
                    made[name] = _recorded(f, a, b)
            made |= {
                name: _recorded(getattr(jitgrad, name), a)
                for name in ("reciprocal", "absolute", "sign", "negative")
            }
            for name, out in made.items():
                theirs = OPERATORS.get(name) or getattr(np, name)
                given = (a.numpy(), b.numpy()) if name in OPERATORS else (a.numpy(),)
                agree(
                    out if isinstance(out, Exception) else out.numpy(),
                    outcome(theirs, *given),
                    name,
                )
    finally:
        jitgrad.config.compile = before


def _recorded(f, *operands):
    try:
        return f(*operands)
    except jitgrad.JitgradError as error:
        return error


def test_numbers_beyond_the_dtype(tier):
    x = jitgrad.tensor(np.array([3, -7], np.int8))
    assert (x == 300).tolist() == [False, False] and (x != 300).tolist() == [True, True]
    assert (x < 300).tolist() == (x <= 300).tolist() == (x > -(10**30)).tolist() == [True, True]
    assert (x < np.int64(300)).tolist() == [True, True]
    np.testing.assert_allclose((x / 300).numpy(), np.array([3, -7]) / 300)
    for wrong in (
        lambda: x + 300,
        lambda: 300 - x,
        lambda: x & 300,
        lambda: jitgrad.maximum(x, 300),
    ):
        with pytest.raises(
            jitgrad.IntegerOverflow,
            match="got the integer 300, which does not fit int8, expected one",
        ):
            wrong()
    with pytest.raises(OverflowError):
        x += 300
    assert x.tolist() == [3, -7]


def test_clip_takes_limits_that_limit_nothing(tier):
    x = np.array([1, 2, 100], np.int8)
    t = jitgrad.tensor(x)
    cases = [(None, 300), (-300, 300), (0, 10**30), (300, None), (None, -300), (300, 400), (2, 50)]
    for limits, out in [(limits, recorded(jn.clip, t, *limits)) for limits in cases]:
        agree(recorded(array, out), outcome(np.clip, x, *limits), limits)


def test_large_integers_beside_floats(tier):
    for dtype in (np.float32, np.float64):
        x = jitgrad.tensor(np.array([1.0, 2.0], dtype), requires_grad=True)
        for n in (2**63, 2**64, -(10**30)):
            out = x * n + n
            assert out.dtype == dtype
            np.testing.assert_allclose(out.detach().numpy(), np.array([2.0, 3.0]) * n, rtol=1e-6)
            (g,) = jitgrad.autograd.grad(out.sum(), [x])
            np.testing.assert_allclose(g.numpy(), np.full(2, float(n)), rtol=1e-6)
        with pytest.raises(jitgrad.IntegerOverflow, match="no float has room"):
            x * 10**400


# --- powers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.dtype(bool), *INTEGERS], ids=str)
def test_powers_keep_the_dtypes_of_numpy(dtype, tier):
    x = values(dtype)
    exponents, t = (0, 1, 2, 3, 4, 5, 0.5, 2.0), jitgrad.tensor(x)
    got = [recorded(operator.pow, t, n) for n in exponents]  # of one tensor: they share kernels
    for n, out in zip(exponents, got, strict=True):
        agree(recorded(array, out), outcome(operator.pow, x, n), n)
    y = jitgrad.tensor(x)
    if dtype.kind != "b":
        y **= 2
        agree(y.numpy(), x**2)


def test_negative_exponents_of_integers_raise_at_the_line(tier):
    exponents = jitgrad.arange(-3, 3)
    for wrong in (
        lambda: 10**exponents,
        lambda: jitgrad.tensor([2, 3]) ** -1,
        lambda: jitgrad.tensor([True]) ** -1,
        lambda: jitgrad.tensor([2, 3]) ** jitgrad.tensor([1, -1]),
        lambda: jitgrad.tensor(2) ** (exponents * 1)[0],
        lambda: np.power(np.array([2]), exponents),
        lambda: jn.power(jitgrad.tensor([2]), np.array([-1])),
        lambda: True**exponents,
    ):
        with pytest.raises(ValueError, match="got the negative exponent -"):
            wrong()
    with pytest.raises(ValueError, match="negative exponent"):
        exponents **= exponents
    assert exponents.tolist() == [-3, -2, -1, 0, 1, 2]
    np.testing.assert_allclose((10.0**exponents).numpy(), 10.0 ** np.arange(-3, 3))
    assert (2 ** jitgrad.arange(4)).tolist() == [1, 2, 4, 8]
    assert (jitgrad.tensor([2, 3]) ** jitgrad.tensor(np.array([3, 2], np.uint8))).tolist() == [8, 9]


def test_powers_of_integers_under_jit(tier):
    f = jitgrad.jit(lambda x, n: x**n)
    for n in (0, 2, 3, 2):
        assert f(jitgrad.tensor([2, 3]), n).tolist() == [2**n, 3**n]
    with pytest.raises(ValueError, match="negative exponent"):
        f(jitgrad.tensor([2, 3]), -1)
    with pytest.raises(jitgrad.JitError):  # whether an exponent is negative is a look at its value
        f(jitgrad.tensor([2, 3]), jitgrad.tensor([1, 2]))
    assert f(jitgrad.tensor([2.0, 3.0]), jitgrad.tensor([-1, 2])).tolist() == [0.5, 9.0]


# --- writes and creation --------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.dtype(bool), *INTEGERS, np.dtype(np.float32)], ids=str)
def test_writes_of_numbers(dtype, tier):
    def item(x, v):
        x[0] = v

    def whole(x, v):
        x[:] = v

    def filled(x, v):
        x.fill(v)

    numbers = [
        300,
        -1,
        -129,
        255,
        2**31,
        2**63,
        2**64,
        10**30,
        1.7,
        -3.5,
        1e30,
        np.nan,
        np.inf,
        True,
        np.int64(300),
    ]
    for v in (*numbers, np.float64(1e10), np.uint64(2**64 - 1)):
        if dtype.kind == "u" and isinstance(v, np.generic):
            continue  # which NumPy lets wrap around, unlike those of signed dtypes
        for write in (item, whole, filled):
            x, y = jitgrad.zeros(3, dtype=dtype), np.zeros(3, dtype)
            got, want = outcome(write, x, v), outcome(write, y, v)
            if isinstance(want, Exception):
                agree(got, want, (write.__name__, v))
                y[:] = 0  # NumPy may have written before it raised
            np.testing.assert_array_equal(x.numpy(), y, err_msg=f"{write.__name__} {v!r}")
    for v in (
        [300, 1, 2],
        [1.5, 2.5, 3.5],
        [np.nan, 0, 0],
        [1, 2, 3],
        [True, False, True],
        [2**63, 0, 1],
    ):
        x, y = jitgrad.zeros(3, dtype=dtype), np.zeros(3, dtype)
        got, want = outcome(whole, x, v), outcome(whole, y, v)
        if isinstance(want, Exception):
            agree(got, want, v)
            y[:] = 0
        np.testing.assert_array_equal(x.numpy(), y, err_msg=repr(v))


@pytest.mark.parametrize(
    "write",
    [
        lambda x, v: x.copy_(v) if isinstance(x, jitgrad.Tensor) else np.copyto(x, v),
        lambda x, v: np.copyto(x, v),
        lambda x, v: np.put(x, [0], v),
        lambda x, v: np.putmask(x, [True, False, True], v),
        lambda x, v: np.place(x, [True, False, True], v),
        lambda x, v: x.__setitem__([0, 2], v),
        lambda x, v: x.__setitem__(np.array([True, False, True]), v),
    ],
    ids=["copy_", "copyto", "put", "putmask", "place", "index", "mask"],
)
def test_other_writes_check_the_range(write, tier):
    for v in (300, -129, 100):
        x, y = jitgrad.zeros(3, dtype=np.int8), np.zeros(3, np.int8)
        got, want = outcome(write, x, v), outcome(write, y, v)
        if isinstance(want, Exception):
            agree(got, want, v)
            y[:] = 0
        np.testing.assert_array_equal(x.numpy(), y)


def test_a_number_that_does_not_fit_under_jit():
    def f(x, n):
        x = x.clone()
        x[0] = n
        return x + 0

    g = jitgrad.jit(f)
    x = jitgrad.tensor(np.array([1, 2], np.int8))
    assert g(x, 100).tolist() == [100, 2]
    with pytest.raises(OverflowError):
        g(x, 300)


def test_creation_checks_the_range():
    for wrong in (
        lambda: jitgrad.full((2,), 300, dtype=np.int8),
        lambda: jitgrad.full_like(jitgrad.zeros(2, dtype=np.uint8), -1),
        lambda: jitgrad.arange(300, dtype=np.int8),
        lambda: jitgrad.arange(0, 300, 100, dtype=np.int8),
        lambda: jitgrad.arange(0, -2, -1, dtype=np.uint64),
        lambda: jitgrad.tensor(300, dtype=np.int8),
        lambda: jitgrad.tensor([1, 300], dtype=np.uint8),
        lambda: jitgrad.tensor(2**64),
        lambda: jitgrad.array([[1, -1]], dtype=np.uint16),
    ):
        with pytest.raises(OverflowError) as caught:
            wrong()
        assert isinstance(caught.value, jitgrad.IntegerOverflow)
    with pytest.raises(ValueError, match="whole numbers"):
        jitgrad.tensor(np.nan, dtype=int)
    assert jitgrad.arange(128, dtype=np.int8).tolist() == list(range(128))
    assert jitgrad.arange(0, 200, 100, dtype=np.int8).tolist() == [0, 100]
    assert jitgrad.tensor(2**63).dtype == np.uint64 and jitgrad.tensor(2**63).item() == 2**63


# --- casts and reductions -------------------------------------------------------------------------


@pytest.mark.parametrize("source", [np.float32, np.float64])
def test_casts_of_floats_that_have_an_integer(source, tier):
    x = np.array([0.0, -0.0, 1.9, -1.9, 100.5, 127.0, -128.0], source)
    for dtype in (np.dtype(bool), *INTEGERS):
        given = x if dtype.kind != "u" else np.abs(x)
        np.testing.assert_array_equal(
            jitgrad.tensor(given).astype(dtype).numpy(), given.astype(dtype), err_msg=str(dtype)
        )


@pytest.mark.parametrize("source", [np.float32, np.float64])
def test_casts_to_narrow_integers_keep_low_bits(source, tier):
    """As NumPy's conversions do, through a wider integer."""
    x = np.array([255.0, -1.0, -128.0, 300.0, -3.7, 65535.0], source)
    for dtype in (np.int8, np.uint8, np.int16, np.uint16):
        with np.errstate(invalid="ignore"):
            want = x.astype(np.int64).astype(dtype)
        computed = (jitgrad.tensor(x) * 1).astype(dtype)
        np.testing.assert_array_equal(computed.numpy(), want, err_msg=str(dtype))


#: The widths that kernels compute with, and the narrowest ones; others are cast to these.
COMPILED = ("bool", "int8", "uint8", "int64", "uint64")
REDUCED = [("never", np.dtype(bool)), *(("never", t) for t in INTEGERS)]
REDUCED += [("always", np.dtype(name)) for name in COMPILED]


@pytest.mark.parametrize(("tier", "dtype"), REDUCED, indirect=["tier"], ids=str)
def test_dtypes_of_reductions(tier, dtype):
    x = np.resize(values(dtype)[:4], (3, 4))  # sums of extremes would cancel
    names = ["sum", "prod", "mean", "var", "std", "max", "min", "cumsum", "cumprod"]
    names += ["count_nonzero"] if dtype.kind == "b" else ["count_nonzero", "ptp"]
    cases = [(name, axis) for name in names for axis in (None, 0, 1)]
    t = jitgrad.tensor(x)  # of one, so that kernels are shared
    got = [recorded(getattr(jn, name), t, axis) for name, axis in cases]
    for (name, axis), out in zip(cases, got, strict=True):
        agree(recorded(array, out), outcome(getattr(np, name), x, axis), (name, axis))


def test_sign_of_negative_zero(tier):
    for dtype in (np.float32, np.float64):
        got = jitgrad.sign(jitgrad.tensor(np.array([-0.0, 0.0, -3.0, np.nan], dtype))).numpy()
        np.testing.assert_array_equal(got, np.array([0, 0, -1, np.nan], dtype))
        assert not np.signbit(got[:2]).any()


def test_ties_of_fmax_and_fmin_are_the_first(tier):
    torch = pytest.importorskip("torch")
    values = [1.0, 2.0, np.nan, np.nan, 3.0, 0.0]
    others = [1.0, 3.0, 2.0, np.nan, np.nan, -0.0]
    for name in ("fmax", "fmin"):
        ours = [jitgrad.tensor(v, requires_grad=True) for v in (values, others)]
        theirs = [
            torch.tensor(v, requires_grad=True, dtype=torch.float64) for v in (values, others)
        ]
        getattr(jitgrad, name)(*ours).sum().backward()
        getattr(torch, name)(*theirs).sum().backward()
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(a.grad.numpy(), b.grad.numpy(), err_msg=name)
