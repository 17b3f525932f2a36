"""NumPy's own functions on tensors: every entry with a NumPy counterpart, in one loop; operators;
forms.

NumPy on plain arrays is the oracle of values, dtypes and errors, and central differences of NumPy's
function that of the gradients. What cannot be called so is in an `..._EXEMPT` with its reason; an
exemption that is not needed fails. Ufunc methods and writers are in `test_ufunc_methods`, functions
without an entry in `test_fallback`.
"""

import operator
import warnings

import numpy as np
import pytest
from numpy_oracle import A, B, check_gradient, home, leaf, rng
from registry_cases import operands

import jitgrad
from jitgrad.base.errors import ArgumentError, DTypeError, GradientError, ShapeError
from jitgrad.numpy.dispatch import FORMS, counterparts
from jitgrad.ops import REGISTRY


@pytest.fixture(autouse=True)
def numpy_tier(monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "never")


# --- the loop over the registry -------------------------------------------------------------------

#: Parameters of entries that NumPy's function does not have.
PARAMETER_EXEMPT = {
    ("cumsum", "reverse"): "NumPy has no reverse scan",
    ("cumprod", "reverse"): "NumPy has no reverse scan",
}
#: Entries whose NumPy function is called here in another form.
FORM_EXEMPT = {
    "concatenate": "takes one sequence: see test_sequences",
    "stack": "takes one sequence: see test_sequences",
    "eigvals": "complex also where all values are real: see tests/ops/test_complex_linalg.py",
}
LOOP = [
    pytest.param(function, entry, case, id=f"{home(function)}.{function.__name__}-{k}")
    for function, entry in counterparts().items()
    for k, case in enumerate(entry.sampling.cases)
    if not any((entry.name, p) in PARAMETER_EXEMPT for p in case) and entry.name not in FORM_EXEMPT
]


def called(function, entry, case):
    """NumPy's function in its own form: required parameters by place."""
    case = dict(case)
    placed = [case.pop("shape")] if "shape" in case else []
    if function is np.linalg.outer:
        return lambda *xs: function(*(x.reshape(-1) for x in xs), *placed, **case)
    return lambda *xs: function(*xs, *placed, **case)


@pytest.mark.each(("function", "entry", "case"), LOOP)
def test_every_counterpart(function, entry, case):
    xs = operands(entry)
    f = called(function, entry, case)
    if entry.sampling.symmetric:  # its derivative is that of the symmetric part
        out, grads = check_gradient(lambda x: f((x + x.T) / 2), *xs)
    else:
        out, grads = check_gradient(f, *xs)
    assert out.requires_grad == (entry.differentiable and out.dtype.kind in "fc")
    if grads is not None and home(function) == "numpy":
        ts = [leaf(x) for x in xs]
        ours = getattr(jitgrad, entry.name)(*ts, **case)
        np.testing.assert_array_equal(ours.detach(), out.detach())


def test_sequences():
    for function in (np.concatenate, np.concat, np.stack):
        for axis in (0, -1):
            check_gradient(lambda x, y, f=function, a=axis: f([x, y, x], axis=a), A, B)
            check_gradient(lambda x, f=function, a=axis: f((x, B), axis=a), A)
    check_gradient(lambda x: np.concatenate([x, [[1.0, 2.0, 3.0]]], axis=None), A)
    check_gradient(lambda x: np.concatenate(x), A)
    cube = np.stack([A, B])
    check_gradient(np.concatenate, cube)
    check_gradient(np.stack, cube)


def test_no_exemption_is_stale():
    names = {entry.name for entry in counterparts().values()}
    assert set(FORM_EXEMPT) <= names
    for name, parameter in PARAMETER_EXEMPT:
        assert parameter in REGISTRY[name].params
        assert parameter not in FORMS[REGISTRY[name].numpy].defaults


def test_the_loop_has_every_entry_with_a_numpy_function():
    assert {e.name for e in counterparts().values()} == {
        e.name for e in REGISTRY.values() if e.public and e.numpy
    }
    assert len({e.numpy for e in counterparts().values()}) == len(set(counterparts().values())), (
        "two entries for one"
    )
    assert counterparts()[np.sqrt].name == "sqrt" and counterparts()[np.power].name == "power"


#: (entry, dtype): where jitgrad refuses what NumPy answers in float16.
REFUSED = {("round", "bool"): "rounding truth values is a slip"}


@pytest.mark.each("dtype", ["float32", "int64", "int32", "uint8", "bool"])
@pytest.mark.each(("function", "entry", "case"), LOOP)
def test_dtypes_are_numpys(function, entry, case, dtype):
    xs = [
        np.asarray(
            x if x.dtype != float else np.abs(np.ceil(x)), dtype if x.dtype == float else x.dtype
        )
        for x in operands(entry)
    ]
    f = called(function, entry, case)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            want = f(*xs)
        except (TypeError, np.linalg.LinAlgError) as error:
            kind = TypeError if isinstance(error, TypeError) else np.linalg.LinAlgError
            with pytest.raises(kind):
                np.asarray(f(*map(jitgrad.tensor, xs)))
            return
        if (entry.name, dtype) in REFUSED:
            assert np.asarray(want).dtype == np.float16
            with pytest.raises(DTypeError):
                f(*map(jitgrad.tensor, xs))
            return
        got = f(*map(jitgrad.tensor, xs))
    if np.asarray(want).dtype == np.float16:  # of int8 and bool: float32 here, as in PyTorch
        assert got.dtype == np.float32
        return
    assert got.dtype == np.asarray(want).dtype
    exact = got.dtype.kind != "f"
    np.testing.assert_allclose(got, want, rtol=0 if exact else 1e-5, atol=0 if exact else 1e-6)


# --- operators ------------------------------------------------------------------------------------

BINARY = [e for e in REGISTRY.values() if e.names.operator and e.operands == 2]
COMPARISONS = {"eq", "ne", "lt", "le", "gt", "ge"}


@pytest.mark.parametrize("entry", BINARY, ids=lambda e: e.name)
def test_operators_with_arrays(entry):
    f = getattr(
        operator,
        f"{entry.names.operator}_"
        if entry.names.operator in ("and", "or")
        else entry.names.operator,
    )
    x, y = operands(entry)
    check_gradient(lambda t: f(x, t), y)
    check_gradient(lambda t: f(t, y), x)
    if entry.names.operator == "matmul":
        return
    for number in (2.0, 2, np.float64(2), np.float32(2), np.int64(2), True, np.array(2.0)):
        if x.dtype == bool:
            number = bool(number)
        elif x.dtype == int and np.asarray(number).dtype.kind == "f":
            continue
        check_gradient(lambda t, n=number: f(n, t), y)
        check_gradient(lambda t, n=number: f(t, n), x)
    check_gradient(lambda t: f(t, y.tolist()), x)


@pytest.mark.parametrize(
    "entry", [e for e in BINARY if e.names.operator not in COMPARISONS], ids=lambda e: e.name
)
def test_in_place_with_arrays(entry):
    inplace = getattr(operator, f"i{entry.names.operator}")
    x, y = operands(entry)
    y = y @ y.T if entry.names.operator == "matmul" else y
    x = rng.random((3, y.shape[0])) if entry.names.operator == "matmul" else x
    want = inplace(x.copy(), y)
    t = jitgrad.tensor(x)
    assert inplace(t, y) is t
    np.testing.assert_allclose(t, want, rtol=1e-12)
    a = x.copy()
    assert inplace(a, jitgrad.tensor(y)) is a  # into the array: no gradient is involved
    np.testing.assert_allclose(a, want, rtol=1e-12)
    if x.dtype == float:
        a = x.copy()
        with pytest.raises(GradientError, match="x = x \\+ y"):
            inplace(a, jitgrad.tensor(y, requires_grad=True))
        np.testing.assert_array_equal(a, x)


def test_arrays_and_scalars_promote_as_in_numpy():
    small = np.float32([1.0, 2.0])
    t = jitgrad.tensor(small)
    for value in (
        2,
        2.0,
        np.float64(2),
        np.float32(2),
        np.int8(2),
        np.ones(2),
        np.ones(2, np.int64),
        np.array(2),
    ):
        assert (t * value).dtype == (value * t).dtype == (small * value).dtype


def test_operands_that_are_none():
    t = jitgrad.tensor(A)
    for wrong in (None, "a", {}, object()):
        for f in (operator.add, operator.matmul, operator.lt):
            with pytest.raises(TypeError):
                f(t, wrong)
            with pytest.raises(TypeError):
                f(wrong, t)
        assert not (t == wrong).any() and (t != wrong).all()
        with pytest.raises(TypeError):
            np.add(t, wrong)
    with pytest.raises(DTypeError, match="got an operand of type dict"):
        t + {}


class Units:
    """A class that knows how to combine itself with tensors."""

    def __radd__(self, other):
        return "radd"

    def __rmatmul__(self, other):
        return "rmatmul"

    def __gt__(self, other):
        return "gt"


class Array(Units):
    """... and has an array."""

    __array_ufunc__ = None

    def __array__(self, dtype=None, copy=None):
        return A


@pytest.mark.parametrize("kind", [Units, Array])
def test_operators_defer(kind):
    t = jitgrad.tensor(A)
    assert t + kind() == "radd"
    assert t @ kind() == "rmatmul"
    assert (t < kind()) == "gt"
    with pytest.raises(TypeError):
        t - kind()
    with pytest.raises(TypeError):
        np.add(t, kind())


def test_things_with_an_array_are_operands():
    class Data:
        def __array__(self, dtype=None, copy=None):
            return B

    np.testing.assert_array_equal(jitgrad.tensor(A) * Data(), A * B)
    np.testing.assert_array_equal(np.multiply(Data(), jitgrad.tensor(A)), A * B)


def test_matrices_and_masks_are_not_flattened():
    """np.matrix has a product of its own, and a masked array would lose its mask: neither is taken
    for an array."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # np.matrix is to go
        t, matrix = jitgrad.tensor(A), np.asmatrix(A.T)
    masked = np.ma.masked_array(A, A > 0)
    for f in (operator.mul, operator.add):
        with pytest.raises(TypeError):
            f(t, matrix)
    for f in (np.add, np.multiply):
        with pytest.raises(TypeError):
            f(t, masked)
    with pytest.raises(TypeError):
        np.dot(t, matrix)
    for wrong in (masked, np.ma.masked):
        for f in (operator.add, operator.matmul, operator.lt):
            with pytest.raises(DTypeError, match="mask"):
                f(t, wrong)
    for f in (operator.add, operator.mul, operator.lt):
        with pytest.raises((GradientError, DTypeError)):
            f(masked, jitgrad.tensor(A, requires_grad=True))


# --- calling forms --------------------------------------------------------------------------------


def same_as_numpy(f, *xs):
    """`f` on tensors without gradient: NumPy's value and dtype, or an error of NumPy's kind."""
    try:
        want = f(*xs)
    except (TypeError, ValueError, IndexError):
        with pytest.raises((TypeError, ValueError, IndexError)):
            f(*map(jitgrad.tensor, xs))
        return
    got = f(*map(jitgrad.tensor, xs))
    assert isinstance(got, jitgrad.Tensor) and got.dtype == np.asarray(want).dtype
    np.testing.assert_allclose(got, want, rtol=1e-6)


DTYPED = [
    np.add,
    np.less,
    np.sum,
    np.mean,
    np.prod,
    np.cumsum,
    np.std,
    np.var,
    np.divide,
    np.exp,
    np.clip,
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, "int64", np.dtype("int8"), bool])
@pytest.mark.parametrize("function", DTYPED, ids=lambda f: f.__name__)
def test_dtype(function, dtype):
    rest = (
        (1,) if function in (np.add, np.less, np.divide) else (-1, 1) if function is np.clip else ()
    )
    with np.errstate(all="ignore"):
        for x in (A, np.arange(6).reshape(2, 3) % 2, A.astype(np.float32)):
            if function in (np.mean, np.std, np.var) and np.dtype(dtype).kind in "bi":
                with pytest.raises(TypeError):  # NumPy truncates on the way
                    function(jitgrad.tensor(A), dtype=dtype)
            else:
                same_as_numpy(lambda t: function(t, *rest, dtype=dtype), x)


def test_dtype_keeps_the_gradient():
    t = leaf(A)
    np.add(t, 1.0, dtype=np.float32).sum().backward()
    assert t.grad.dtype == np.float64
    np.testing.assert_array_equal(t.grad, np.ones_like(A))
    np.concatenate([t, B], dtype=np.float32).sum().backward()
    np.testing.assert_array_equal(t.grad, 2 * np.ones_like(A))


def test_casting():
    whole, half = np.arange(3), np.array([0.5, 1.5, 2.5])
    for casting in ("no", "equiv", "safe", "same_kind", "unsafe"):
        same_as_numpy(lambda x, y, c=casting: np.add(x, y, casting=c), whole, half)
        same_as_numpy(lambda x, y, c=casting: np.add(x, y, casting=c), half, half)
        same_as_numpy(
            lambda x, c=casting: np.concatenate([x, x], dtype=np.float32, casting=c), half
        )
        same_as_numpy(lambda x, c=casting: np.concatenate([x, x], dtype=np.int64, casting=c), half)
        for dtype in (np.float64, np.float32, np.int64):
            want = np.zeros(3, dtype)
            out = jitgrad.tensor(want)
            try:
                np.add(half, half, out=want, casting=casting)
            except TypeError:
                with pytest.raises(DTypeError, match=casting):
                    np.add(jitgrad.tensor(half), half, out=out, casting=casting)
            else:
                np.add(jitgrad.tensor(half), half, out=out, casting=casting)
            np.testing.assert_array_equal(out, want)


MASK = np.array([[True, False, True], [False, True, True]])


@pytest.mark.parametrize("name", ["sum", "prod", "max", "min", "amax", "amin", "any", "all"])
def test_where_and_initial_of_reductions(name):
    function = getattr(np, name)
    for x in (A, A.astype(np.float32), np.arange(6).reshape(2, 3)):
        for axis in (None, 0, 1, (0, 1)):
            for keepdims in (False, True):
                forms = [{"where": MASK}, {"where": MASK[0]}, {"where": True}]
                if name not in ("any", "all"):
                    forms += [{"initial": 2}, {"initial": 2, "where": MASK}]
                for form in forms:
                    same_as_numpy(
                        lambda t, f=form, a=axis, k=keepdims: function(t, axis=a, keepdims=k, **f),
                        x,
                    )
    if name not in ("any", "all"):
        check_gradient(lambda t: function(t, axis=0, initial=0.1, where=MASK), A)
        check_gradient(lambda t, i: function(t, axis=1, initial=i), A, np.array(0.3))
        same_as_numpy(lambda t: function(t, initial=3.0), np.zeros((0, 2)))
        same_as_numpy(lambda t: function(t, axis=1, initial=3.0), np.zeros((2, 0)))


def test_where_of_a_ufunc():
    for base in (np.zeros_like(A), np.ones((2, 2, 3))):
        out = jitgrad.tensor(base)
        assert np.add(jitgrad.tensor(A), B, out=out, where=MASK) is out
        np.testing.assert_array_equal(out, np.add(A, B, out=base.copy(), where=MASK))
    with pytest.raises(ArgumentError, match="out="):
        np.add(jitgrad.tensor(A), B, where=MASK)
    with pytest.raises(DTypeError, match="bool"):
        np.add(jitgrad.tensor(A), B, out=jitgrad.zeros(2, 3), where=MASK.astype(int))
    same = jitgrad.tensor(A)
    np.testing.assert_array_equal(
        np.clip(same, 0, 1, out=jitgrad.tensor(B), where=MASK), np.where(MASK, A.clip(0, 1), B)
    )


def test_masked_elements_have_no_gradient():
    """The derivative of log at 0 is inf: masked, it must give 0 and not nan."""
    x = leaf(np.array([0.0, 2.0, -1.0]))
    out = leaf(np.ones(3)) * 3.0
    np.log(x, out=out, where=np.array([False, True, False]))
    out.sum().backward()
    np.testing.assert_array_equal(x.grad, [0, 0.5, 0])


def test_out():
    x, y = leaf(A), leaf(B)
    out = x * 3.0
    view = out[0]
    assert np.multiply(x, y, out=out) is out
    np.testing.assert_array_equal(view.detach(), A[0] * B[0])
    (out.sum() + view.sum()).backward()
    weight = np.array([[2.0], [1.0]])
    np.testing.assert_array_equal(x.grad, B * weight)
    np.testing.assert_array_equal(y.grad, A * weight)
    total = jitgrad.zeros(3)
    assert np.sum(x, 0, None, total) is total  # by place, as in NumPy
    assert np.add.reduce(x, out=total) is total
    np.testing.assert_array_equal(total.detach(), A.sum(0))
    assert total.requires_grad
    wide = jitgrad.zeros(4, 2, 3)
    np.add(jitgrad.tensor(A), 1, out=wide)  # a ufunc stretches its result to out's shape
    np.testing.assert_array_equal(wide, np.broadcast_to(A + 1, (4, 2, 3)))
    plain_out = np.zeros((2, 3))
    assert np.add(jitgrad.tensor(A), 1, out=plain_out) is plain_out
    np.testing.assert_array_equal(plain_out, A + 1)


def test_out_is_refused_with_nothing_changed():
    x, array = leaf(A), np.zeros((2, 3))
    with pytest.raises(GradientError, match=r"\.detach\(\)"):
        np.add(x, 1, out=array)
    with pytest.raises(GradientError):
        np.sum(x, axis=0, out=array[0])
    assert not array.any()
    with jitgrad.no_grad():
        np.add(x, 1, out=array)  # nothing is recorded here, so nothing is lost
    np.testing.assert_array_equal(array, A + 1)
    out = jitgrad.zeros(3)
    for f in (
        lambda: np.add(x, 1, out=out),
        lambda: np.sum(x, axis=1, out=out),
        lambda: np.sum(x, axis=None, out=out),
    ):
        with pytest.raises(ShapeError, match="out="):
            f()
    with pytest.raises(ArgumentError, match="out= of type list"):
        np.sum(x, out=[0.0])
    with pytest.raises(jitgrad.AliasError):
        np.add(A, 1, out=x)
    assert not np.asarray(out).any()
    np.testing.assert_array_equal(x.detach(), A)


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (lambda t: np.add(t, 1, order="F"), "order='F'"),
        (lambda t: np.take(t, [0], mode="wrapped"), "mode='wrapped'"),
        (lambda t: np.nan_to_num(t, copy=False), "copy=False"),
        (lambda t: np.add(t, 1, signature="dd->d"), "signature="),
        (lambda t: np.matmul(t, t.T, axes=[(0, 1), (0, 1), (0, 1)]), "axes="),
        (lambda t: np.vecdot(t, t, keepdims=True), "keepdims=True"),
        (lambda t: jitgrad.numpy.sum(t, dtypes=float), "'dtypes'"),
        (lambda t: jitgrad.numpy.sum(t, 0, axis=0), "'axis' twice"),
        (lambda t: jitgrad.numpy.clip(t, 0, a_min=1), "'a_min' twice"),
        (lambda t: jitgrad.numpy.clip(t, 0, min=1), "'min'"),
        (lambda t: jitgrad.numpy.add(t), "no operand 'x2'"),
        (lambda t: jitgrad.numpy.add(t, 1, None, 3), "4 positional arguments, expected at most 3"),
    ],
)
def test_parameters_are_never_ignored(call, what):
    with pytest.raises(ArgumentError, match=what):
        call(leaf(A))


def test_parameters_that_say_nothing_are_accepted():
    t = jitgrad.tensor(A)
    for f in (
        lambda x: np.add(x, 1, order="C", subok=False),
        lambda x: np.reshape(x, (3, 2), order="A"),
        lambda x: np.ravel(x, order="K"),
        lambda x: np.broadcast_to(x, (2, 2, 3), subok=True),
        lambda x: np.take(x, [0, 1], mode="raise"),
        lambda x: np.sum(x, where=True),
        lambda x: np.clip(x, a_min=0, a_max=1),
        lambda x: np.clip(x, None, 1),
        lambda x: np.clip(x, 0, None),
        lambda x: np.sum(a=x, axis=0, dtype=None, out=None, keepdims=np._NoValue),
        lambda x: np.std(x, 0, None, None, 1),
        lambda x: np.var(x, axis=0, correction=1),
    ):
        np.testing.assert_allclose(f(t), f(A), rtol=1e-12)
    copied = jitgrad.numpy.reshape(t, (3, 2), order="K")
    copied[0, 0] = 100.0
    assert t[0, 0] == 100.0
    if np.lib.NumpyVersion(np.__version__) >= "2.1.0":
        copied = np.reshape(t, shape=(3, 2), copy=True)
        copied[0, 0] = 200.0
        assert t[0, 0] == 100.0


def test_methods_of_arrays():
    """Methods of arrays call ufuncs, and so reach tensors."""
    check_gradient(lambda t: A.clip(t, 2.3), B)
    check_gradient(lambda t: A.clip(-3.3, max=t), B)
    total = jitgrad.zeros(3)
    assert A.sum(axis=0, out=total) is total
    np.testing.assert_array_equal(total, A.sum(axis=0))
    for f in (A.dot, A.searchsorted, A.__setitem__):
        with pytest.raises(GradientError, match="detach"):
            f(*((slice(None),) if f == A.__setitem__ else ()), leaf(B))
