"""The first runs of a plan of small arrays, which walk its graph: bit for bit what the plan made of
it gives later."""

import random

import graphs as g
import numpy as np
import pytest

import jitgrad
from jitgrad.interpret import program as reference
from jitgrad.ir import leaf, number
from jitgrad.ops import REGISTRY
from jitgrad.ops.primitives import broadcast, broadcast_array
from jitgrad.runtime.plan import Plan

F64 = np.dtype(float)


def bits(values):
    return [(np.asarray(v).dtype, np.asarray(v).tobytes()) for v in values]


@pytest.mark.each("seed", range(200))
def test_random_graphs(seed):
    roots, leaves, numbers = g.random_graph(random.Random(seed))
    walk, program = reference.interpreter(roots), reference.Program(roots)
    assert type(walk) is reference.Walk
    before = [np.array(x) for x in leaves]
    want = bits(program(leaves, numbers))
    assert bits(walk(leaves, numbers)) == bits(walk(leaves, numbers)) == want
    for a, b in zip(leaves, before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_what_is_broadcast():
    """As a result, under a reduction, beside a whole operand, beside others that are stretched,
    moved, twice over."""
    row, column = leaf(0, (1, 4), F64), leaf(1, (3, 1), F64)
    wide, tall = broadcast(row, (3, 4)), broadcast(column, (3, 4))
    total, sine = REGISTRY["sum"], REGISTRY["sin"]
    roots = [
        wide,
        total(wide),
        total(tall, axis=0),
        sine(wide),
        wide * tall,
        wide * sine(tall),
        sine(tall) - wide,
    ]
    roots += [
        REGISTRY["transpose"](tall),
        REGISTRY["reshape"](wide, shape=(2, 6)),
        broadcast(row, (5, 4)),
    ]
    x, y = np.arange(4.0).reshape(1, 4), np.arange(3.0).reshape(3, 1)
    a, b = np.broadcast_to(x, (3, 4)), np.broadcast_to(y, (3, 4))
    want = [
        a,
        a.sum(),
        b.sum(0),
        np.sin(a),
        a * b,
        a * np.sin(b),
        np.sin(b) - a,
        b.T,
        a.reshape(2, 6),
    ]
    want += [np.broadcast_to(x, (5, 4))]
    leaves = [x.ravel(), y.ravel()]
    for got, expected in zip(reference.interpreter(roots)(leaves, []), want, strict=True):
        np.testing.assert_array_equal(np.reshape(got, np.shape(expected)), expected)
    assert bits(reference.interpreter(roots)(leaves, [])) == bits(
        reference.Program(roots)(leaves, [])
    )


@pytest.mark.parametrize(
    "x", [np.arange(3.0).reshape(3, 1), np.ones((1, 1)), np.ones((4, 1)).T[:, :1], np.ones((0, 1))]
)
def test_broadcast_array_is_what_numpy_gives(x):
    shape = (x.shape[0], 5)
    got, want = broadcast_array(x, shape), np.broadcast_to(x, shape)
    np.testing.assert_array_equal(got, want)
    assert got.shape == want.shape and got.dtype == want.dtype
    assert not x.size or got.strides == want.strides


def test_a_plan_that_is_run_often_is_planned():
    x = leaf(0, (5,), F64)
    plan, given = Plan([REGISTRY["exp"](x) * x]), [np.linspace(0, 1, 5)]
    before, jitgrad.config.compile = jitgrad.config.compile, "never"
    try:
        kinds, values = [], []
        for _ in range(reference.OFTEN + 2):
            values.append(bits(plan.run(given, [])))
            kinds.append(type(plan._program))
    finally:
        jitgrad.config.compile = before
    assert kinds == [reference.Walk] * reference.OFTEN + [reference.Program] * 2
    assert values == values[:1] * len(values)


def test_large_arrays_are_planned_at_once():
    x = leaf(0, (reference.SMALL + 1,), F64)
    assert type(reference.interpreter([x * x])) is reference.Program
    assert type(reference.interpreter([REGISTRY["sum"](x)])) is reference.Program
    assert type(reference.interpreter([])) is reference.Walk


def test_a_detached_tensor_with_values_is_still_a_view():
    x = jitgrad.tensor([1.0, 2.0, 3.0], requires_grad=True)
    d = x.detach()
    assert not d.requires_grad and d.numpy().tolist() == [1.0, 2.0, 3.0]
    y = (x * d).sum()  # d is a constant there
    y.backward()
    assert x.grad.tolist() == [1.0, 2.0, 3.0]
    d[0] = 5.0
    assert x.tolist() == [5.0, 2.0, 3.0]
    with jitgrad.no_grad():
        x[1] = 7.0
    assert d.tolist() == [5.0, 7.0, 3.0] and x.requires_grad and x.is_leaf


@pytest.mark.parametrize("length", [5, 200_000])
def test_numpy_is_silent_whatever_the_user_has_set(length):
    """Within a run, of small and of large arrays; and nothing of it stays."""
    x = leaf(0, (length,), F64)
    with np.errstate(all="raise"):
        before = np.geterr()
        (got,) = reference.interpreter([REGISTRY["log"](x - x)])([np.ones(length)], [])
        assert np.geterr() == before
    assert (got == -np.inf).all()


def test_dtypes_of_one_float_dtype_are_those_numpy_gives():
    """What is found without asking NumPy: every ufunc, beside Python's numbers and numbers of a
    segment, too."""
    for name, entry in REGISTRY.items():
        if (
            entry.op is None
            or entry.op.kind != "elementwise"
            or not isinstance(entry.numpy, np.ufunc)
        ):
            continue
        for dtype in map(np.dtype, (np.float32, np.float64)):
            x = leaf(0, (2, 3), dtype)
            others = (
                [x, 2, 0.5, number(0, F64), number(0, np.dtype(int))]
                if entry.operands == 2
                else [None]
            )
            for y in others:
                asked = (dtype,)
                if y is not None:
                    kind = (
                        type(y)
                        if isinstance(y, (int, float))
                        else {"f": float, "i": int}[y.dtype.kind]
                    )
                    asked = (dtype, dtype if y is x else kind)
                try:
                    *_, want = entry.numpy.resolve_dtypes((*asked, None))
                except TypeError:
                    with pytest.raises(jitgrad.DTypeError):
                        entry.build(*[x, y][: entry.operands])
                    continue
                node = entry.build(*[x, y][: entry.operands])
                assert (node.shape, node.dtype) == (x.shape, want), name
                if not name.startswith("logical"):
                    assert {s.dtype for s in node.src} == {dtype} and {
                        s.shape for s in node.src
                    } == {x.shape}, name
