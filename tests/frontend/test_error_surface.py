"""Errors as users meet them: of jitgrad's types, without internal errors behind them, and ending at
the user's line."""

import decimal
import fractions
import inspect
import operator
import pathlib
import re
import subprocess
import sys
import traceback

import numpy as np
import pytest

import jitgrad
from jitgrad import numpy as jnp
from jitgrad.ops import REQUIRED

HOME = str(pathlib.Path(jitgrad.__file__).parent)


@pytest.fixture
def t():
    return jitgrad.tensor([[1.0, 2.0], [3.0, 4.0]])


# --- types ----------------------------------------------------------------------------------------

WRONG = {
    "None as the second operand": lambda t: jitgrad.dot(t, None),
    "None in add": lambda t: jitgrad.add(t, None),
    "None in where": lambda t: jitgrad.where(t > 1, t, None),
    "a dict as axis": lambda t: t.sum(axis={}),
    "a set as axis": lambda t: t.max(axis={0}),
    "a slice as axis": lambda t: t.sum(axis=slice(0, 1)),
    "a fraction as axis": lambda t: t.sum(axis=fractions.Fraction(1)),
    "a list of lists as decimals": lambda t: t.round([1]),
    "too many decimals": lambda t: t.round(2**63),
    "an object as an order": lambda t: jitgrad.linalg.vector_norm(t, ord=object()),
    "a tuple as an order": lambda t: jitgrad.linalg.vector_norm(t, ord=(1,)),
    "an object as axes": lambda t: t.transpose(axes=object()),
    "one axis of two": lambda t: jitgrad.transpose(t, 1),
    "axes that are not there": lambda t: jitgrad.tensordot(
        jitgrad.ones(3), jitgrad.ones(3), axes=2
    ),
    "many axes": lambda t: jitgrad.tensordot(t, t, axes=2**63),
    "axes twice": lambda t: jitgrad.tensordot(t, t, axes=((0, 0), (0, 0))),
    "an array as a dtype": lambda t: jitgrad.zeros(2, dtype=np.ones(2)),
    "an array as the dtype of a sum": lambda t: t.sum(dtype=np.ones(2)),
    "a shape as a number": lambda t: jitgrad.linspace(0, 1, (1, 2)),
    "an array as a flag": lambda t: t.requires_grad_(np.ones(2)),
    "an array as requires_grad": lambda t: jitgrad.zeros(2, requires_grad=np.ones(2)),
    "a tensor as requires_grad": lambda t: jitgrad.tensor([1.0], requires_grad=t),
    "65 dimensions by an index": lambda t: jitgrad.ones((1,) * 64)[None],
    "65 dimensions by a shape": lambda t: jitgrad.ones((1,) * 65),
    "70 dimensions by reshape": lambda t: jitgrad.ones(1).reshape((1,) * 70),
    "ragged indices": lambda t: t[[[1], [1, 2]]],
    "ragged places": lambda t: jitgrad.take(t, [[1], [0, 1]]),
    "ragged repeats": lambda t: jitgrad.repeat(t, [[1], [0, 1]]),
    "more repeats than there are numbers": lambda t: jitgrad.repeat(t, np.uint64(2**63)),
    "2**63 lengths": lambda t: jitgrad.zeros(2**63),
    "a uint64 of lengths": lambda t: jitgrad.ones(np.uint64(2**63)),
    "a huge matrix": lambda t: jitgrad.eye(2**62),
    "huge random numbers": lambda t: jitgrad.rand(2**31, 2**31, 2**31),
    "huge normal numbers": lambda t: jitgrad.normal(size=(2**62, 8)),
    "a huge like": lambda t: jitgrad.full((2**61,), 1.0),
    "a 0-d array to join": lambda t: jitgrad.concatenate(np.array(1.0)),
    "a matrix as a seed": lambda t: jitgrad.manual_seed(np.matrix([[1.5]])),
    "ragged seeds": lambda t: jitgrad.manual_seed([[1], [1, 2]]),
}


@pytest.mark.filterwarnings("ignore:the matrix subclass")
@pytest.mark.parametrize("name", WRONG)
def test_errors_are_of_jitgrads_types(t, name):
    with pytest.raises(jitgrad.JitgradError):
        WRONG[name](t)


@pytest.mark.parametrize("wrong", [1.0, 0.5, (1.0,), np.float64(1.0), "1", [0, 1.0], True + 0.0])
@pytest.mark.parametrize(
    "call", [lambda t, a: t.sum(axis=a), lambda t, a: jitgrad.flip(t, a), lambda t, a: t.max(a)]
)
def test_a_float_is_no_axis_before_and_after_its_equal(t, call, wrong):
    for _ in range(2):
        with pytest.raises(jitgrad.JitgradError):
            call(jitgrad.ones(2, 2), wrong)
        call(t, 1), call(t, 0)


@pytest.mark.parametrize(
    "wrong", [fractions.Fraction(1), decimal.Decimal(1), 1 + 0j, np.float16(1), np.complex64(1)]
)
def test_equal_to_an_axis_is_no_axis(t, wrong):
    for call in (
        lambda a: t.sum(axis=a),
        lambda a: t.sum(a),
        lambda a: jitgrad.flip(t, a),
        lambda a: np.max(t, a),
    ):
        call(1)
        with pytest.raises(jitgrad.JitgradError):
            call(wrong)


def test_arguments_may_be_named():
    """Also the only one of a function, and the only one beside `self`."""
    assert jitgrad.from_numpy(a=np.ones(2)).tolist() == [1.0, 1.0]
    assert jitgrad.ones(2).to(dtype=np.float32).dtype == np.float32
    assert jitgrad.ones(2).copy_(value=3.0).tolist() == [3.0, 3.0]


def test_seeds_may_be_arrays():
    for seed in (3, [1, 2], np.array([1, 2]), jitgrad.tensor([1, 2])):
        jitgrad.manual_seed(seed)
        first = jitgrad.rand(3).tolist()
        jitgrad.manual_seed(seed)
        assert jitgrad.rand(3).tolist() == first


def test_parameters_in_numpys_kinds():
    x = np.arange(6.0).reshape(2, 3)
    t = jitgrad.tensor(x)
    np.testing.assert_array_equal(t.sum(np.int64(1)), x.sum(1))
    np.testing.assert_array_equal(t.sum(axis=np.array([0, 1])), x.sum((0, 1)))
    np.testing.assert_array_equal(t.sum(0, keepdims=np.True_), x.sum(0, keepdims=True))
    np.testing.assert_array_equal(t.transpose(range(1, -1, -1)), x.T)
    np.testing.assert_array_equal(
        jnp.linalg.vector_norm(t, ord=np.float64(3.0)), np.linalg.vector_norm(x, ord=3.0)
    )


# --- what a traceback shows -----------------------------------------------------------------------


def check_traceback(error):
    """No internal error behind it, and at its end one frame of jitgrad's at most."""
    assert error.__cause__ is None
    assert error.__context__ is None or error.__suppress_context__, repr(error.__context__)
    ours = [
        f.filename.startswith((HOME, "<jit")) for f in traceback.extract_tb(error.__traceback__)
    ]
    assert sum(ours) <= 1 and not any(ours[:-1]), traceback.format_exception(error)


ODD = {
    "None": None,
    "text": "abc",
    "dict": {},
    "object": object(),
    "nested": [[1], [1, 2]],
    "large": 2**70,
    "minus": -7,
    "float": 1.5,
    "array": np.ones((5, 7)),
    "objects": np.array([object()]),
    "places": [9],
    "shape": (2**40, 2**40),
}


def _calls(name):
    """Calls of a public function of the catalogue with one odd argument, in each place."""
    function = getattr(jitgrad, name)
    entry = function.entry
    if entry.operands is None:
        operands = [[jitgrad.ones(2, 2), jitgrad.ones(2, 2)]]
    else:
        operands = [jitgrad.ones(2, 2) for _ in range(entry.operands)]
    if entry.indices:
        operands[1] = [0, 1]
    known = {
        p: entry.sampling.cases[-1][p]
        for p, v in entry.params.items()
        if v is REQUIRED and p in entry.sampling.cases[-1]
    }
    for k in range(len(operands)):
        yield lambda odd, k=k: function(*operands[:k], odd, *operands[k + 1 :], **known)
    for p in entry.params:
        yield lambda odd, p=p: function(*operands, **{**known, p: odd})


CATALOGUE = sorted(name for name in jitgrad.__all__ if hasattr(getattr(jitgrad, name), "entry"))


@pytest.mark.each("name", CATALOGUE)
def test_every_function_refuses_in_its_own_words(name):
    for call in _calls(name):
        for odd in ODD.values():
            try:
                call(odd)
            except jitgrad.JitgradError as error:
                check_traceback(error)


OTHERS = {
    "indexing": lambda t: t[7],
    "assignment": lambda t: t.__setitem__(7, 1.0),
    "a value": lambda t: t.__setitem__(0, [1, 2, 3]),
    "an operator": lambda t: t + jitgrad.ones(3),
    "reflected": lambda t: [1.0, 2.0, 3.0] + t,  # noqa: RUF005 - the list is an operand
    "an array first": lambda t: np.ones(3) * t,
    "a matrix product": lambda t: t @ jitgrad.ones(3),
    "in place": lambda t: operator.iadd(t, jitgrad.ones(3)),
    "add_": lambda t: t.add_(jitgrad.ones(3)),
    "copy_": lambda t: t.copy_(jitgrad.ones(3)),
    "a comparison": lambda t: t < jitgrad.ones(3),
    "a method": lambda t: t.sum(axis=5),
    "lengths": lambda t: t.reshape(7),
    "lengths by name": lambda t: t.reshape(shape=7),
    "NumPy's function": lambda t: np.sum(t, axis=5),
    "NumPy's ufunc": lambda t: np.add(t, jitgrad.ones(3)),
    "its method": lambda t: np.add.reduce(t, axis=5),
    "the namespace": lambda t: jnp.sum(t, axis=5),
    "its ufunc": lambda t: jnp.add(t, jitgrad.ones(3)),
    "its linalg": lambda t: jnp.linalg.norm(t, axis=5),
    "a composed function": lambda t: jnp.diff(t, n=-1),
    "NumPy's own checks": lambda t: np.split(t, 7),
    "kth": lambda t: jnp.partition(t, 99),
    "zeros": lambda t: jitgrad.zeros(-1),
    "arange": lambda t: jitgrad.arange("a"),
    "tensor": lambda t: jitgrad.tensor("a"),
    "a ragged list": lambda t: jitgrad.tensor([[1.0], [1.0, 2.0]]),
    "backward": lambda t: t.backward(),
    "autograd.grad": lambda t: jitgrad.autograd.grad(t, t),
    "item": lambda t: t.item(),
    "truth": lambda t: bool(t),
    "float": lambda t: float(t),
    "deepcopy": lambda t: (jitgrad.ones(2, requires_grad=True) * 2).__deepcopy__({}),
    "a setter": lambda t: setattr(t, "grad", 3),
    "grad": lambda t: jitgrad.grad(3),
    "the argument of grad": lambda t: jitgrad.grad(abs)(1),
    "config": lambda t: setattr(jitgrad.config, "compile", "sometimes"),
    "a write to a leaf": lambda t: jitgrad.ones(2, requires_grad=True).zero_(),
}


@pytest.mark.parametrize("name", OTHERS)
def test_tracebacks_end_at_the_users_line(t, name):
    with pytest.raises(jitgrad.JitgradError) as caught:
        OTHERS[name](t)
    check_traceback(caught.value)
    last_of_the_user = [
        f for f in traceback.extract_tb(caught.value.__traceback__) if f.filename == __file__
    ][-1]
    assert last_of_the_user.name == "<lambda>"


def test_frames_of_the_users_functions_stay():
    def inner(x):
        return x.reshape(7)

    def loss(x):
        return inner(x).sum()

    for call in (
        lambda: jitgrad.grad(loss)(np.ones(3)),
        lambda: jitgrad.hvp(loss)(np.ones(3), np.ones(3)),
    ):
        with pytest.raises(jitgrad.ShapeError) as caught:
            call()
        names = [
            f.name
            for f in traceback.extract_tb(caught.value.__traceback__)
            if f.filename == __file__
        ]
        assert names[-2:] == ["loss", "inner"]


def test_errors_the_user_handles_stay_behind_jitgrads():
    with pytest.raises(jitgrad.ShapeError) as caught:
        try:
            {}["key"]
        except KeyError:
            jitgrad.ones(3) + jitgrad.ones(2)
    assert isinstance(caught.value.__context__, KeyError) and caught.value.__context__.args == (
        "key",
    )
    check_traceback_ends_here = traceback.extract_tb(caught.value.__traceback__)
    assert sum(f.filename.startswith(HOME) for f in check_traceback_ends_here) <= 1


def test_errors_of_the_users_own_classes_pass():
    class Broken:
        def __array__(self, dtype=None, copy=None):
            raise ValueError("mine")

    def f(row):
        raise TypeError("mine")

    for call in (
        lambda: jitgrad.add(jitgrad.ones(2), Broken()),
        lambda: np.apply_along_axis(f, 0, jitgrad.ones(2)),
    ):
        with pytest.raises((ValueError, TypeError), match="mine") as caught:
            call()
        assert not isinstance(caught.value, jitgrad.JitgradError)


def test_public_functions_keep_their_signatures():
    assert list(inspect.signature(jitgrad.full).parameters)[:2] == ["shape", "fill_value"]
    assert list(inspect.signature(jitgrad.Tensor.backward).parameters)[:2] == ["self", "gradient"]
    assert jitgrad.Tensor.backward.__doc__ and jitgrad.zeros.__name__ == "zeros"


# --- objects that are no numbers ------------------------------------------------------------------

FOREIGN = {
    "None": None,
    "text": "a",
    "bytes": b"a",
    "dict": {},
    "set": {1.5},
    "fraction": fractions.Fraction(3, 2),
    "decimal": decimal.Decimal("1.5"),
    "type": int,
    "memoryview": memoryview(b"ab"),
    "object": object(),
    "complex": 1.5 + 0j,
}


@pytest.mark.parametrize("op", ["eq", "ne", "lt", "le", "gt", "ge"])
@pytest.mark.parametrize("name", FOREIGN)
def test_comparisons_with_other_objects_are_numpys(name, op):
    compare, other, a = getattr(operator, op), FOREIGN[name], np.array([1.5, 2.0])
    try:
        want = compare(a, other)
    except TypeError:
        with pytest.raises(TypeError):
            compare(jitgrad.tensor(a), other)
        return
    got = compare(jitgrad.tensor(a, requires_grad=True), other)
    assert (
        isinstance(got, jitgrad.Tensor) and got.dtype == np.bool_ and got.tolist() == want.tolist()
    )


def test_comparison_with_none_asks_for_no_value():
    step = jitgrad.jit(lambda x: jitgrad.where(x == None, 0.0, x))  # noqa: E711
    assert step(jitgrad.tensor([1.0, 2.0])).tolist() == [1, 2]


def test_membership_of_other_objects():
    t = jitgrad.tensor([1.5, 2.0])
    assert (
        None not in t
        and "a" not in t
        and {} not in t
        and fractions.Fraction(3, 2) in t
        and 2.0 in t
    )


def test_objects_that_know_tensors_answer_themselves():
    class Matcher:
        def __eq__(self, other):
            return "matched"

        def __gt__(self, other):
            return "compared"

    t = jitgrad.tensor([1.0, 2.0])
    assert (t == Matcher()) == "matched" and (t < Matcher()) == "compared"


@pytest.mark.parametrize(
    "call",
    [
        lambda d: jitgrad.zeros(2, dtype=d),
        lambda d: jitgrad.ones(2).astype(d),
        lambda d: jitgrad.tensor([1.0], dtype=d),
        lambda d: jitgrad.ones(2).sum(dtype=d),
        lambda d: jitgrad.ones(2).to(d),
    ],
)
def test_byte_swapped_dtypes_are_refused(call):
    for dtype in (">f8", np.dtype(">f4"), np.dtype(np.int32).newbyteorder()):
        with pytest.raises(jitgrad.DTypeError, match="native"):
            call(dtype)


def test_byte_swapped_data_is_read():
    x = np.arange(3.0).astype(">f8")
    t = jitgrad.tensor(x)
    assert t.dtype == np.float64 and t.tolist() == [0, 1, 2]
    assert (jitgrad.ones(3) + x).tolist() == [1, 2, 3]


# --- names that there are none of -----------------------------------------------------------------

ELSEWHERE = {
    "jitgrad.relu_": "x.relu_",
    "jitgrad.unsqueeze_": r"x\[...\] = y",
    "jitgrad.tree_map": "jitgrad.tree",
    "jitgrad.median": "numpy.median",
    "jitgrad.eig": "linalg.eig",
    "jitgrad.spacing": "no gradient yet",
    "jitgrad.mul": "multiply",
    "jitgrad.backward": "x.backward",
    "jitgrad.topk": "argsort",
    "jitgrad.cuda": "CPU",
    "jitgrad.numpy.cat": "jitgrad.cat",
    "jitgrad.numpy.unsqueeze": "jitgrad.unsqueeze",
    "jitgrad.numpy.from_numpy": "jitgrad.from_numpy",
    "jitgrad.numpy.elementwise_grad": "jitgrad.elementwise_grad",
    "jitgrad.linalg.sort": "jitgrad.sort",
    "jitgrad.numpy.linalg.logdet": "logdet",
    "jitgrad.autograd.jacobian": "jitgrad.jacobian",
    "jitgrad.autograd.hvp": "jitgrad.hvp",
    "jitgrad.autograd.primitive": "jitgrad.primitive",
    "jitgrad.autograd.graph.saved_tensors_hooks": "jitgrad.checkpoint",
    "x.concatenate": "jitgrad.concatenate",
    "x.median": "numpy.median",
    "x.masked_fill_": r"x\[mask\] = value",
    "x.tan_": r"x\[...\] = y",
    "x.solve": "jitgrad.solve",
    "x.cuda": "CPU",
    "x.itemset": r"x\[i\] = value",
    "x.tobytes": r"x.numpy\(\)",
    "x.split": "NumPy",
    "x.half": "float64 and float32",
    "x.resize": "reshape",
}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_missing_names_say_what_to_do(t, name):
    *home, last = name.split(".")
    owner = t if home == ["x"] else jitgrad
    for part in home[1:]:
        owner = getattr(owner, part)
    assert not hasattr(owner, last) and getattr(owner, last, 5) == 5
    with pytest.raises(jitgrad.MissingError, match=ELSEWHERE[name]) as caught:
        getattr(owner, last)
    assert isinstance(caught.value, AttributeError) and caught.value.name == last
    check_traceback(caught.value)


NEAR = {
    "jitgrad.sume": r"did you mean 'sum'\?",
    "jitgrad.numpy.summ": r"did you mean 'sum'\?",
    "jitgrad.numpy.fooo": "did you mean '",
    "jitgrad.numpy.linalg.slove": r"did you mean 'solve'\?",
    "jitgrad.linalg.slove": r"did you mean 'solve'\?",
    "jitgrad.linalg.eigvalz": r"did you mean 'eigvals",
    "jitgrad.jacobain": r"did you mean 'jacobian'\?",
    "jitgrad.autograd.gard": r"did you mean 'grad'\?",
    "jitgrad.meddian": r"did you mean 'median': use jitgrad\.numpy\.median\?",
}


@pytest.mark.parametrize("name", NEAR)
def test_near_names_are_given(name):
    *home, last = name.split(".")
    owner = jitgrad
    for part in home[1:]:
        owner = getattr(owner, part)
    assert not hasattr(owner, last)
    with pytest.raises(jitgrad.MissingError, match=NEAR[name]) as caught:
        getattr(owner, last)
    check_traceback(caught.value)


def test_near_names_of_tensors_are_pythons():
    """Python looks through `dir` where an error of its own ends a program."""
    code = "import jitgrad; jitgrad.ones(2).unsqueezee"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "Did you mean: 'unsqueeze'?" in ran.stderr


def test_properties_that_cannot_be_written(t):
    for write, words in (
        (lambda: setattr(t, "shape", (4,)), r"x = x\.reshape\(\(4,\)\)"),
        (lambda: setattr(t, "dtype", np.float32), r"x = x\.astype\(dtype\)"),
    ):
        with pytest.raises(jitgrad.MissingError, match=words):
            write()
    assert t.shape == (2, 2) and t.dtype == np.float64


def test_arrays_of_objects_that_are_numbers():
    with pytest.raises(jitgrad.DTypeError, match=r"array of dtype object, .*astype\(float\)"):
        jitgrad.tensor(np.array([1.0, 2, True], dtype=object))


@pytest.mark.parametrize("skips", ["", "nan"])
@pytest.mark.parametrize("grad", [False, True])
@pytest.mark.parametrize("method", ["linear", "median_unbiased", "lower"])
def test_quantiles_out_of_range_are_told_as_given(skips, grad, method):
    for x in (jitgrad.tensor([1.0, 2.0, 3.0], requires_grad=grad), jitgrad.arange(3)):
        for name, q, words in (
            ("percentile", 150, "at 150, expected numbers from 0 to 100"),
            ("percentile", [50, -4], r"at \[50 -4\], expected numbers from 0 to 100"),
            ("quantile", 1.5, r"at 1\.5, expected numbers from 0 to 1$"),
        ):
            with pytest.raises(jitgrad.ArgumentError, match=words):
                getattr(jnp, skips + name)(x, q, method=method)


def test_unknown_names_are_plain_errors(t):
    for owner in (jitgrad, jnp, jnp.linalg, jitgrad.linalg, jitgrad.autograd, t):
        with pytest.raises(AttributeError, match="xyzzy"):
            owner.xyzzy  # noqa: B018
    with pytest.raises(ImportError):
        from jitgrad import xyzzy  # noqa: F401


def test_hints_hide_nothing(t):
    from jitgrad.base.missing import INSTEAD, Missing

    shown = set(dir(t))
    for name, value in vars(jitgrad.Tensor).items():
        assert (name in shown) != isinstance(value, Missing)
    assert not {"jacobian", "nn", "optim"} & shown and {"sum", "backward", "sort"} <= shown
    assert all(text and text[0].islower() for text in INSTEAD.values())
    for text in INSTEAD.values():  # what is advised exists
        for word in re.findall(r"jitgrad\.[a-z_.0-9]+", text):
            owner = jitgrad
            for part in word.rstrip(".").split(".")[1:]:
                owner = getattr(owner, part)
        for word in re.findall(r"\bx\.([a-z]+)", text):
            assert hasattr(t, word), text
