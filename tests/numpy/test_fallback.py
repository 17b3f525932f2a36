"""NumPy functions no entry stands for, on tensors: an error where a gradient would be lost, NumPy's
value where not."""

import copy
import operator

import numpy as np
import pytest
from numpy_oracle import A, B, flat, leaf, replaced

import jitgrad
from jitgrad.base.errors import DTypeError, GradientError
from jitgrad.numpy import fallback
from jitgrad.numpy.dispatch import counterparts
from jitgrad.numpy.functions import writes
from jitgrad.tape.segment import local


@pytest.fixture(autouse=True)
def numpy_tier(monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "never")


#: name -> arguments: functions no entry stands for, whose results are arrays of numbers.
UNKNOWN = {
    "spacing": (A,),
    "nextafter": (A, B),
}


def numpy_function(name):
    return operator.attrgetter(name)(np)


@pytest.mark.parametrize("name", UNKNOWN)
def test_unknown_functions(name):
    function, args = numpy_function(name), UNKNOWN[name]
    with pytest.raises(
        GradientError, match=rf"numpy\.{name.replace('.', '[.]')}.*operations jitgrad has"
    ):
        function(*replaced(args, leaf))
    got, want = function(*replaced(args, jitgrad.tensor)), function(*args)
    with jitgrad.no_grad():
        again = function(*replaced(args, leaf))
    for a, b, c in zip(flat(got), flat(want), flat(again), strict=True):
        np.testing.assert_allclose(a, b)
        np.testing.assert_allclose(c, b)
        assert isinstance(a, jitgrad.Tensor) and isinstance(c, jitgrad.Tensor)
        assert not a.requires_grad


def test_unknown_functions_are_unknown():
    stale = [
        n
        for n in UNKNOWN
        if numpy_function(n) in counterparts() or numpy_function(n) in writes.HANDLERS
    ]
    assert not stale, f"have an entry now, take them out: {stale}"


def test_tensors_are_found_wherever_they_are():
    x = leaf(A)
    for f in (
        lambda: np.histogram_bin_edges(a=x[0]),
        lambda: np.histogram2d(A[0], x[0]),
        lambda: np.histogram(A, bins="auto", weights=x),
        lambda: np.copyto(A.copy(), x),
        lambda: np.full_like(A, x),
        lambda: np.asarray(x),
        lambda: np.array([x[0], A[0]]),
        lambda: np.array([[x[0, 0]]]),
    ):
        with pytest.raises(GradientError, match="gradient|grad"):
            f()


#: The functions of `plain`, with arguments.
NO_GRADIENT = {
    "allclose": (A, A),
    "argpartition": (A, 1),
    "argwhere": (A > 0,),
    "array2string": (A,),
    "array_equal": (A, A),
    "array_equiv": (A, A),
    "array_repr": (A,),
    "array_str": (A,),
    "digitize": (A, [0.0, 1.0]),
    "flatnonzero": (A,),
    "isclose": (A, B),
    "iscomplex": (A,),
    "isin": (A, B),
    "isneginf": (A,),
    "isposinf": (A,),
    "isreal": (A,),
    "lexsort": ((A[0], B[0]),),
    "min_scalar_type": (A,),
    "nanargmax": (A,),
    "nanargmin": (A,),
    "nonzero": (A,),
    "unravel_index": (np.array([1, 2]), (2, 3)),
}
BY_SHAPE = {
    "can_cast": (A, np.float32),
    "common_type": (A, B),
    "diag_indices_from": (A[:, :2],),
    "einsum_path": ("ij,kj", A, B),
    "empty_like": (A,),
    "iscomplexobj": (A,),
    "isrealobj": (A,),
    "ndim": (A,),
    "isscalar": (A,),
    "iterable": (A,),
    "ones_like": (A,),
    "result_type": (A, np.float32),
    "shape": (A,),
    "size": (A, 1),
    "tril_indices_from": (A,),
    "triu_indices_from": (A,),
    "zeros_like": (A,),
}


def test_the_lists_are_whole_and_none_is_stale():
    assert {*NO_GRADIENT} == {*fallback.NO_GRADIENT} and set(BY_SHAPE) == fallback.BY_SHAPE
    for name in (*NO_GRADIENT, *BY_SHAPE):
        assert getattr(np, name) not in counterparts(), f"{name} has an entry now"


@pytest.mark.parametrize("name", NO_GRADIENT)
def test_functions_with_no_gradient_to_lose(name):
    function, args = getattr(np, name), NO_GRADIENT[name]
    want = function(*args)
    for make in (leaf, jitgrad.tensor):
        got = function(*replaced(args, make))
        for a, b in zip(flat(got), flat(want), strict=True):
            assert isinstance(a, jitgrad.Tensor) == isinstance(b, np.ndarray | np.generic)
            if isinstance(a, jitgrad.Tensor):
                assert a.dtype.kind in "biu", "a float has a gradient to lose"
                np.testing.assert_array_equal(a, b)
            else:
                assert a == b


@pytest.mark.parametrize("name", BY_SHAPE)
def test_functions_of_shapes_compute_nothing(name):
    function, args = getattr(np, name), BY_SHAPE[name]
    pending = []

    def make(x):
        pending.append(leaf(x) * 1.0)
        return pending[-1]

    got, want = function(*replaced(args, make)), function(*args)
    assert all(p._value is None and p._seg is local.seg for p in pending)
    for a, b in zip(flat(got), flat(want), strict=True):
        if isinstance(b, np.ndarray):
            assert isinstance(a, jitgrad.Tensor) and a.dtype == b.dtype and a.shape == b.shape
            if name != "empty_like":
                np.testing.assert_array_equal(a, b)
        else:
            assert a == b


def test_ufuncs_without_an_entry():
    whole = np.array([4, 6, 9])
    t = jitgrad.tensor(whole)
    np.testing.assert_array_equal(np.gcd(t, 6), np.gcd(whole, 6))
    np.testing.assert_array_equal(np.gcd.reduce(t), np.gcd.reduce(whole))
    np.testing.assert_array_equal(np.gcd.outer(t, t), np.gcd.outer(whole, whole))
    np.gcd.at(t, [0, 0], [8, 2])
    np.testing.assert_array_equal(t, [2, 6, 9])
    out = jitgrad.tensor(whole)
    assert np.gcd(whole, 3, out=out) is out
    np.testing.assert_array_equal(out, [1, 3, 3])
    for got, want in zip(np.modf(jitgrad.tensor(A)), np.modf(A), strict=True):
        np.testing.assert_array_equal(got, want)
    np.testing.assert_array_equal(
        np.signbit(leaf(A)), np.signbit(A)
    )  # truth values: nothing to lose
    for f in (
        lambda: np.spacing(leaf(A)),
        lambda: np.nextafter(A, leaf(A)),
        lambda: np.nextafter.outer(leaf(A), 1.0),
        lambda: np.nextafter.at(leaf(A) * 1.0, slice(None), 1.0),
        lambda: np.nextafter.reduce(leaf(A)),
    ):
        with pytest.raises(GradientError):
            f()
    with pytest.raises(DTypeError):
        np.gcd(jitgrad.tensor(A), leaf(A))


def test_copying_a_tensor_is_not_disturbed():
    """The protocols are on the class: copies, pickles and formats go their own way."""
    t = jitgrad.tensor(A)
    np.testing.assert_array_equal(copy.deepcopy(t), A)
    assert f"{jitgrad.tensor(1.5):.2f}" == "1.50"
