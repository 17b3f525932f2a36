"""Errors as users meet them: of jitgrad's types, without internal errors behind them, and ending at the user's line."""

import fractions

import numpy as np
import pytest

import jitgrad
from jitgrad import numpy as jnp


@pytest.fixture
def t():
    return jitgrad.tensor([[1.0, 2.0], [3.0, 4.0]])


# --- types ------------------------------------------------------------------------------------------------------------

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
    "axes that are not there": lambda t: jitgrad.tensordot(jitgrad.ones(3), jitgrad.ones(3), axes=2),
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
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:the matrix subclass")
@pytest.mark.parametrize("name", WRONG)
def test_errors_are_of_jitgrads_types(t, name):
    with pytest.raises(jitgrad.JitgradError):
        WRONG[name](t)


@pytest.mark.parametrize("wrong", [1.0, 0.5, (1.0,), np.float64(1.0), "1", [0, 1.0], True + 0.0])
@pytest.mark.parametrize("call", [lambda t, a: t.sum(axis=a), lambda t, a: jitgrad.flip(t, a), lambda t, a: t.max(a)])
def test_a_float_is_no_axis_before_and_after_its_equal(t, call, wrong):
    for _ in range(2):
        with pytest.raises(jitgrad.JitgradError):
            call(jitgrad.ones(2, 2), wrong)
        call(t, 1), call(t, 0)


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
    np.testing.assert_array_equal(jnp.linalg.vector_norm(t, ord=np.float64(3.0)), np.linalg.vector_norm(x, ord=3.0))
