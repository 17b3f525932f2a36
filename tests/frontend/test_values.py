"""Values: dtypes as in NumPy 2, printing, what makes tensors Python objects (numbers, iteration,
copies, pickle)."""

import copy
import operator
import pickle

import numpy as np
import pytest
from both import LIBRARIES, array, leaf, library, same

import jitgrad


@pytest.fixture(params=LIBRARIES)
def lib(request):
    yield from library(request.param)


DTYPES = [
    "float64",
    "float32",
    "int64",
    "int32",
    "int16",
    "int8",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "bool",
]
NUMBERS = [2, 2.5, True]


def numpy_answer(f, *operands):
    """(value, dtype) by NumPy; float16 counts as float32, which jitgrad and torch answer instead;
    or the error."""
    with np.errstate(all="ignore"):
        try:
            out = np.asarray(f(*operands))
        except (TypeError, OverflowError) as error:
            return type(error)
    return out, np.dtype(np.float32) if out.dtype == np.float16 else out.dtype


def check_as_numpy(f, *operands):
    want = numpy_answer(f, *operands)
    tensors = [jitgrad.tensor(x) if isinstance(x, np.ndarray) else x for x in operands]
    if isinstance(want, type):
        with pytest.raises((TypeError, ValueError)):
            f(*tensors)
        return
    got = f(*tensors)
    assert got.dtype == want[1], f"{got.dtype}, NumPy has {want[1]}"
    np.testing.assert_allclose(
        array(got).astype(float),
        want[0].astype(float),
        rtol=1e-3 if want[0].dtype == np.float16 else 1e-6,
    )


@pytest.mark.each("name", ["add", "sub", "mul", "truediv", "pow", "lt", "eq", "mod", "floordiv"])
@pytest.mark.each("a", DTYPES)
def test_promotion_of_two_tensors_as_numpy(name, a):
    f = getattr(operator, name)
    for b in DTYPES:
        check_as_numpy(f, np.array([1, 3], a), np.array([2, 1], b))


@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv", "pow", "lt", "mod"])
@pytest.mark.parametrize("a", DTYPES)
def test_python_numbers_are_weak_as_in_numpy(name, a):
    f = getattr(operator, name)
    for number in NUMBERS:
        check_as_numpy(f, np.array([1, 3], a), number)
        check_as_numpy(f, number, np.array([1, 3], a))


@pytest.mark.each("name", ["sum", "prod", "mean", "max", "cumsum", "any", "argmax", "var"])
@pytest.mark.each("a", DTYPES)
def test_dtype_of_reductions_as_numpy(name, a):
    check_as_numpy(
        lambda x: getattr(x, name)(axis=0) if name == "cumsum" else getattr(x, name)(),
        np.array([1, 0, 3], a),
    )


@pytest.mark.each(
    "name", ["exp", "sqrt", "sin", "absolute", "negative", "floor", "sign", "isnan", "logical_not"]
)
@pytest.mark.each("a", DTYPES)
def test_dtype_of_functions_as_numpy(name, a):
    tensor_f, f = getattr(jitgrad, name), getattr(np, name)
    want = numpy_answer(f, np.array([0, 1, 2], a))
    if isinstance(want, type):
        with pytest.raises(TypeError):
            tensor_f(jitgrad.tensor(np.array([0, 1, 2], a)))
        return
    got = tensor_f(jitgrad.tensor(np.array([0, 1, 2], a)))
    assert got.dtype == want[1]
    np.testing.assert_allclose(
        array(got).astype(float),
        want[0].astype(float),
        rtol=1e-2 if want[0].dtype == np.float16 else 1e-6,
    )


def test_integers_wrap_as_in_numpy():
    x = jitgrad.tensor(np.array([250, 5], np.uint8))
    same((x + 10, x - 6), ([4, 15], [244, 255]))
    assert (x * x).dtype == np.uint8
    same(jitgrad.tensor(np.array([127], np.int8)) + np.array([1], np.int8), [-128])


def test_number_that_does_not_fit_is_refused_as_in_numpy():
    x = jitgrad.tensor(np.array([1], np.uint8))
    with pytest.raises((OverflowError, ValueError)):
        x + 300
    with pytest.raises((OverflowError, ValueError)):
        x + (-1)


def test_inferred_dtypes(lib):
    for data, dtype in (
        (1, "int64"),
        (1.0, "float64"),
        ([1, 2], "int64"),
        ([1, 2.0], "float64"),
        ([True], "bool"),
        ([], "float64"),
    ):
        assert lib.tensor(data).dtype == getattr(
            lib,
            "bool" if dtype == "bool" and lib is not jitgrad else dtype + "_" * (dtype == "bool"),
        )
    assert lib.arange(3).dtype == lib.int64 and lib.arange(3.0).dtype == lib.float64
    assert lib.ones(2).dtype == lib.float64 and lib.linspace(0, 1, 3).dtype == lib.float64


def test_float32_stays_float32(lib):
    x = lib.tensor([1.0, 2.0], dtype=lib.float32, requires_grad=True)
    y = ((x * 2 + 1.5) ** 2 / 3 - lib.sin(x)).sum()
    assert y.dtype == lib.float32
    y.backward()
    assert x.grad.dtype == lib.float32
    same(x.grad, 4 * (2 * np.array([1, 2]) + 1.5) / 3 - np.cos([1, 2]), rtol=1e-5)


def test_casts(lib):
    x = lib.tensor([1.7, -2.2, 0.0])
    same(x.long(), [1, -2, 0])
    same(x.int(), [1, -2, 0])
    same(x.bool(), [1, 1, 0])
    assert x.float().dtype == lib.float32 and x.double().dtype == lib.float64 and x.double() is x
    assert lib.tensor([1, 2]).double().dtype == lib.float64
    assert x.to(lib.float32).dtype == lib.float32 and x.to(lib.float64) is x


def test_integer_grad_is_refused(lib):
    for make in (lambda: lib.tensor([1, 2], requires_grad=True),
                 lambda: lib.ones(2, dtype=lib.int64, requires_grad=True),
                 lambda: lib.arange(3).requires_grad_(),
                 lambda: lib.tensor([True]).requires_grad_()):  # fmt: skip
        with pytest.raises((RuntimeError, TypeError), match="float"):
            make()


# --- printing -------------------------------------------------------------------------------------

#: Where NumPy's printing of the numbers is torch's (torch pads fractions to four digits).
ALIKE = [
    lambda lib: lib.tensor([0.1234567, 100.4321]),
    lambda lib: (
        lib.tensor([[0.1234567, -1.5432], [1.0, 2.0]])
        if lib is jitgrad
        else "tensor([[ 0.1235, -1.5432], [ 1. , 2. ]])"
    ),
    lambda lib: lib.tensor([1.0, 2.0, 3.0]),
    lambda lib: lib.tensor([1, 2, 3]),
    lambda lib: lib.tensor([True, False]),
    lambda lib: lib.tensor([[1.0, 2.0], [3.0, 4.0]]),
    lambda lib: lib.tensor(7),
    lambda lib: lib.tensor(True),
    lambda lib: lib.tensor([1.0, 2.0], requires_grad=True),
    lambda lib: lib.tensor(2.0, requires_grad=True),
    lambda lib: (
        lib.tensor([1.0, 2.0], dtype=lib.float32)
        if lib is jitgrad
        else "tensor([1., 2.], dtype=float32)"
    ),
    lambda lib: lib.arange(12).reshape(3, 4),
]


@pytest.mark.parametrize("k", range(len(ALIKE)))
def test_repr_reads_like_torch(k):
    torch = pytest.importorskip("torch")
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        want = ALIKE[k](torch)
    finally:
        torch.set_default_dtype(before)
    want = want if isinstance(want, str) else repr(want).replace(", dtype=torch.float64", "")
    assert " ".join(repr(ALIKE[k](jitgrad)).split()) == " ".join(want.split())


def test_repr():
    x = leaf(jitgrad, [1.0, 2.0])
    assert repr(x) == "tensor([1., 2.], requires_grad=True)"
    assert repr(x * 2) == "tensor([2., 4.], grad_fn=<MultiplyBackward>)"
    assert repr(x.detach()) == "tensor([1., 2.])"
    assert repr(jitgrad.zeros(0)) == "tensor([])" or "tensor([]" in repr(jitgrad.zeros(0))
    assert repr(jitgrad.tensor(np.array([1], np.uint8))) == "tensor([1], dtype=uint8)"
    assert str(jitgrad.tensor(2.0)) == "tensor(2.)"


def test_grad_fn_has_the_name_of_the_operation(lib):
    x = leaf(lib, [1.0, 2.0])
    for y, name in ((lib.exp(x), "Exp"), (x.sum(), "Sum"), (lib.tanh(x), "Tanh")):
        assert name in y.grad_fn.name() and "Backward" in repr(y.grad_fn)


def test_long_arrays_are_shortened():
    text = repr(jitgrad.arange(100000.0))
    assert len(text) < 200 and "..." in text


# --- numbers and containers -----------------------------------------------------------------------


def test_numbers(lib):
    x = lib.tensor([2.75])
    assert (float(x), int(x), bool(x), x.item()) == (2.75, 2, True, 2.75)
    y = lib.tensor(3)
    assert (float(y), int(y), bool(y), y.item()) == (3.0, 3, True, 3)
    assert [10, 20, 30, 40][y] == 40 and list(range(y)) == [0, 1, 2]
    assert (
        type(y.item()) is int and type(x.item()) is float and type(lib.tensor(True).item()) is bool
    )
    assert not bool(lib.tensor(0.0)) and complex(lib.tensor(2.0)) == 2 + 0j
    assert (
        lib.tensor([[1, 2], [3, 4]]).tolist() == [[1, 2], [3, 4]]
        and lib.tensor(1.5).tolist() == 1.5
    )


def test_numbers_of_a_float32_are_its_own():
    x = jitgrad.tensor(0.1, dtype=np.float32)
    assert x.item() == float(np.float32(0.1)) and (x + 0).item() == x.item()
    y = jitgrad.tensor([0.1], dtype=np.float32)
    assert (y[0] * 3).item() == float(np.float32(0.1) * np.float32(3))


def test_sizes(lib):
    x = lib.zeros(3, 4, 5)
    assert (len(x), x.ndim, x.dim(), tuple(x.shape), x.numel()) == (3, 3, 3, (3, 4, 5), 60)
    assert (
        lib.tensor(1.0).numel() == 1
        and tuple(lib.tensor(1.0).shape) == ()
        and len(lib.zeros(0, 3)) == 0
    )
    with pytest.raises(TypeError):
        len(lib.tensor(1.0))


def test_iteration_and_unpacking(lib):
    x = leaf(lib, [[1.0, 2.0], [3.0, 4.0]])
    a, b = x
    same((a, b), ([1.0, 2.0], [3.0, 4.0]))
    total = sum(row[0] * row[1] for row in x)
    total.backward()
    same(x.grad, [[2.0, 1.0], [4.0, 3.0]])
    assert [v.item() for v in lib.arange(3)] == [0, 1, 2]
    with pytest.raises(TypeError):
        iter(lib.tensor(1.0)).__next__()


def test_rows_from_iteration_are_views(lib):
    x = lib.zeros(2, 2)
    for k, row in enumerate(x):
        row += k + 1
    same(x, [[1, 1], [2, 2]])


def test_contains(lib):
    x = lib.tensor([1.0, 2.0, 3.0])
    assert 2.0 in x and 5.0 not in x and 2 in lib.tensor([1, 2])


def test_hash_and_equality(lib):
    x, y = lib.tensor([1.0, 2.0]), lib.tensor([1.0, 2.0])
    assert hash(x) == hash(x) and len({x, y, x}) == 2 and {x: 5}[x] == 5
    same(x == y, [1, 1])
    same(x != lib.tensor([1.0, 3.0]), [0, 1])
    if lib is jitgrad:  # for each element, as in NumPy
        assert (x == None).tolist() == [False, False] and (x != None).tolist() == [True, True]  # noqa: E711


def test_format(lib):
    assert (
        f"{lib.tensor(2.5):.3f}" == "2.500"
        and f"{lib.tensor(3):d}" == "3"
        and f"{leaf(lib, 1.0):5.1f}" == "  1.0"
    )
    assert f"{lib.tensor([1.0, 2.0])}".startswith("tensor([1., 2.]")
    assert f"{lib.tensor(1.0)}" in ("tensor(1.)", "1.0")


def test_numpy_protocol(lib):
    x = lib.tensor([1.0, 2.0])
    assert (
        np.asarray(x).tolist() == [1.0, 2.0] and np.asarray(x, dtype=np.float32).dtype == np.float32
    )
    assert (
        np.asarray(lib.tensor([1, 2])).dtype == np.int64 and np.asarray(lib.tensor(2.0)).shape == ()
    )
    with pytest.raises(RuntimeError, match="requires? grad"):
        leaf(lib, [1.0]).numpy()
    with pytest.raises(RuntimeError, match="requires? grad"):
        np.asarray(leaf(lib, [1.0]))
    with pytest.raises(RuntimeError, match="requires? grad"):
        (leaf(lib, [1.0]) * 2).numpy()


# --- copies ---------------------------------------------------------------------------------------


def test_deepcopy(lib):
    x = leaf(lib, [1.0, 2.0])
    (x * x).sum().backward()
    y = copy.deepcopy(x)
    assert y is not x and y.requires_grad and y.is_leaf
    same((y, y.grad), ([1.0, 2.0], [2.0, 4.0]))
    y.grad.zero_()
    with lib.no_grad():
        y.zero_()
    same((x, x.grad), ([1.0, 2.0], [2.0, 4.0]))
    (y * 3).sum().backward()
    same((x.grad, y.grad), ([2.0, 4.0], [3.0, 3.0]))


def test_deepcopy_keeps_what_is_shared_in_a_container(lib):
    x = lib.tensor([1.0, 2.0])
    a, b = copy.deepcopy([x, x])
    assert a is b and a is not x


def test_deepcopy_of_a_result_is_refused(lib):
    with pytest.raises(RuntimeError, match="(?i)deepcopy"):
        copy.deepcopy(leaf(lib, [1.0]) * 2)


def test_pickle(lib):
    for x in (
        leaf(lib, [1.0, 2.0]),
        lib.tensor(3),
        lib.tensor([True]),
        lib.zeros(0, 3),
        lib.tensor(2.5, dtype=lib.float32),
    ):
        y = pickle.loads(pickle.dumps(x))
        assert y.requires_grad == x.requires_grad and y.dtype == x.dtype and y.is_leaf
        same(y, array(x))


def test_pickle_keeps_the_grad_and_resumes():
    x = leaf(jitgrad, [1.0, 2.0])
    (x * 3).sum().backward()
    y = pickle.loads(pickle.dumps({"w": x}))["w"]
    same(y.grad, [3.0, 3.0])
    (y * 2).sum().backward()
    same((x.grad, y.grad), ([3.0, 3.0], [5.0, 5.0]))


def test_pickle_of_a_result_is_a_leaf(lib):
    x = leaf(lib, [1.0, 2.0])
    y = pickle.loads(pickle.dumps(x * 2))
    assert y.is_leaf and y.requires_grad and y.grad is None
    (y * 3).sum().backward()
    same(y.grad, [3.0, 3.0])
    assert x.grad is None
    with pytest.raises(RuntimeError):
        copy.deepcopy(x * 2)


def test_copies_of_views_have_their_own_values(lib):
    a = lib.arange(4.0)
    for make in (copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x)), lambda x: x.clone()):
        b = make(a[1:])
        b += 10
        same(a, [0, 1, 2, 3])
        same(b, [11, 12, 13])
