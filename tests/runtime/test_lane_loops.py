"""Loops whose bodies are elementwise along an axis: one kernel runs all turns for a few places of
that axis, and gives what NumPy gives turn by turn."""

from dataclasses import replace

import numpy as np
import pytest

import jitgrad
from jitgrad.compile import Call, limits, lower_graph
from jitgrad.control import TURN, Body, run_loop
from jitgrad.ir import leaf
from jitgrad.ops import REGISTRY
from jitgrad.ops.movement import slice_node
from jitgrad.ops.primitives import broadcast, cast, reshape_to
from jitgrad.runtime.assemble import assemble

FLOAT, SINGLE, INT, BOOL = (np.dtype(t) for t in ("float64", "float32", "int64", "bool"))
sin, total, concatenate, matmul = (REGISTRY[n] for n in ("sin", "sum", "concatenate", "matmul"))
cumsum, transpose, where, take = (REGISTRY[n] for n in ("cumsum", "transpose", "where", "take"))


def body(likes, f, carries, invariants=0, **more):
    p = tuple([leaf(k, shape, dtype) for k, (shape, dtype) in enumerate(likes)])
    condition = more.pop("condition", None)
    condition = condition and condition(*p)
    return Body(p, tuple(f(*p)), carries, invariants, condition=condition, **more)


def over(x, shape):
    return broadcast(x, shape)


def part(x, axis, start, count):
    shape, starts = list(x.shape), [0] * x.ndim
    shape[axis], starts[axis] = count, start
    return slice_node(x, starts, (1,) * x.ndim, shape)


def flipped(x, axis):
    starts, steps = [0] * x.ndim, [1] * x.ndim
    starts[axis], steps[axis] = x.shape[axis] - 1, -1
    return slice_node(x, starts, steps, x.shape)


def orbit(q, p, k):
    r2 = over(total(q * q, axis=0, keepdims=True), q.shape)
    p = p - q * 0.1 / r2 + k
    q = q + p * 0.1
    return [q, p, q * p, total(q, axis=0)]


def mixed(x, level, gain, t):
    """The axis is between others, along which there are differences, and sums so far."""
    d = part(x, 0, 1, 2) - part(x, 0, 0, 2)
    d = concatenate([d, part(d, 0, 0, 1)], axis=0)
    x = x + cumsum(d, axis=2) * over(reshape_to(gain, (3, 1, 1)), x.shape) * 0.1
    x = x * over(level, x.shape)
    level = level * 0.9 + t
    return [x, level, level, part(where(x > 0.0, x, -x), 0, 0, 1)]


def lookup(x, table, k):
    return [x * 0.5 + take(table, k), k]


N = ((), FLOAT)
#: name -> (function of the number of lanes that makes a body, whether it has lanes)
BODIES = {
    "last axis": (lambda n: body([((2, n), FLOAT)] * 3, orbit, 2), True),
    "first axis": (
        lambda n: body(
            [((n, 3), FLOAT), ((n, 3), FLOAT), ((3,), FLOAT)],
            lambda x, w, t: [x + sin(flipped(x, 1) * w + over(t, x.shape)) * 0.1, total(x, axis=1)],
            1, 1,
        ), True,
    ),
    "axis between": (
        lambda n: body([((3, n, 2), FLOAT), N, ((3,), FLOAT), N], mixed, 2, 1, reverse=True), True,
    ),
    "float32": (
        lambda n: body(
            [((n,), SINGLE), ((n,), SINGLE)], lambda x, u: [x * 0.5 + sin(u), x], 1,
        ), True,
    ),
    "integers and bools": (
        lambda n: body(
            [((n,), INT), ((n,), BOOL), ((n,), FLOAT)],
            lambda k, b, x: [k + 1, x * cast(k, FLOAT) > 2.0, where(b, x, -x), k * 2, b], 3,
        ), True,
    ),
    "exchange": (
        lambda n: body([((n,), FLOAT)] * 3, lambda x, y, z: [y, z, x, y * z + x], 3), True,
    ),
    "the turn": (
        lambda n: body([((n,), FLOAT)], lambda x: [x + over(cast(TURN, FLOAT), (n,))], 1), True,
    ),
    "rows times a small matrix": (
        lambda n: body(
            [((n, 3), FLOAT), ((3, 3), FLOAT)], lambda x, w: [sin(matmul(x, w))], 1, 1
        ), True,
    ),
    "softmax": (
        lambda n: body(
            [((n, 9), FLOAT)], lambda x: [sin(x) / over(total(x, axis=1, keepdims=True), x.shape)],
            1,
        ), True,
    ),
    "places of a table": (
        lambda n: body([((n,), FLOAT), ((5,), FLOAT), ((n,), INT)], lookup, 1, 1), True,
    ),
    "transposed": (
        lambda n: body(
            [((n, 2), FLOAT), ((2, n), FLOAT)],
            lambda x, y: [transpose(y) * 0.5, transpose(x) + y, x], 2,
        ), True,
    ),
    "nobody reads": (
        lambda n: body([((n,), FLOAT)] * 3, lambda x, u, s: [sin(u), u, u * 2.0], 2), True,
    ),
    "two such axes": (
        lambda n: body(
            [((n, 7), FLOAT), ((7,), FLOAT)], lambda x, t: [x * 0.5 + over(t, x.shape)], 1
        ), True,
    ),
    "sum": (
        lambda n: body([((n,), FLOAT)], lambda x: [x - over(total(x), (n,)) * 1e-4], 1), False,
    ),
    "shift": (
        lambda n: body(
            [((n,), FLOAT)],
            lambda x: [concatenate([part(x, 0, 1, n - 1), part(x, 0, 0, 1)], axis=0) * 0.9 + x], 1,
        ), False,
    ),
    "reversed": (
        lambda n: body([((n,), FLOAT)], lambda x: [flipped(x, 0) * 0.9 + x], 1), False,
    ),
    "sums so far": (lambda n: body([((n,), FLOAT)], lambda x: [cumsum(x) * 1e-3], 1), False),
    "another axis each turn": (
        lambda n: body([((n, n), FLOAT)], lambda x: [sin(transpose(x))], 1), False,
    ),
    "too many each": (
        lambda n: body([((n, 40), FLOAT)], lambda x: [x / over(total(x, axis=1, keepdims=True),
                                                             x.shape)], 1), False,
    ),
    "condition": (
        lambda n: body(
            [((n,), FLOAT)], lambda x: [x * 2.0], 1, condition=lambda x: total(x) < 5.0
        ), False,
    ),
}  # fmt: skip


def loop_of(made, length, turns):
    """The roots of a loop, and the sources with its number of turns."""
    sources = [
        leaf(k, (length, *p.shape) if k in made.moving else p.shape, p.dtype)
        for k, p in enumerate(made.parameters)
    ]
    count = leaf(len(sources), (), INT)
    return list(run_loop(made, length, count, sources).values()), sources


def values(sources, turns):
    rng, out = np.random.default_rng(3), []
    for s in sources:
        x = rng.uniform(0.5, 1.5, s.shape)
        x = (x * 3).astype(s.dtype) if s.dtype.kind != "f" else x.astype(s.dtype)
        out.append(x.reshape(-1) if s.shape else x.item())
    return [*out, turns]


def units(roots):
    """The numbers of units of the loops of a graph that are kernels: tiles, of which the last unit
    has two."""
    return [
        k.units.total for k in lower_graph(roots).kernels if not isinstance(k, Call)
        if k.kind == "loop"
    ]  # fmt: skip


def check(made, length, turns, single=False):
    roots, sources = loop_of(made, length, turns)
    given = values(sources, turns)
    run = assemble(lower_graph(roots)).function
    first, again = run(given, ()), run(given, ())
    want = jitgrad.interpret.program.run(roots, given, ())
    for a, b, c in zip(first, again, want, strict=True):
        np.testing.assert_allclose(a, c, rtol=3e-6 if single else 1e-12, atol=1e-14)
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", BODIES)
def test_values(name):
    make, has_lanes = BODIES[name]
    for n in (257, 4099) if name != "another axis each turn" else (70,):
        made = make(n)
        found = units(loop_of(made, 5, 5)[0])
        assert [*dict.fromkeys(found)] == ([-(-n // limits.now.lanes) - 1] if has_lanes else [])
        for length, turns in ((5, 5), (5, 3), (4, 0)):
            if made.condition is None:
                check(made, length, turns, name == "float32")


@pytest.mark.parametrize("n", [64, 90, 128, 129])
@pytest.mark.parametrize("name", ["axis between"])
def test_one_tile_and_two(name, n):
    made = BODIES[name][0](n)
    (found,) = set(units(loop_of(made, 5, 5)[0]))
    assert found == (2 if n > 128 else 1)
    check(made, 5, 5)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", ["last axis", "first axis", "axis between"])
def test_on_threads(name, threads):
    made = BODIES[name][0](4099)
    before = jitgrad.config.num_threads
    jitgrad.set_num_threads(threads)
    try:
        check(made, 40, 40)
    finally:
        jitgrad.set_num_threads(before)


@pytest.mark.parametrize("name", ["last axis", "first axis", "axis between"])
def test_the_number_of_lanes_makes_no_kernel(name):
    texts = [lower_graph(loop_of(BODIES[name][0](n), 9, 9)[0]).sources for n in (300, 1000, 1024)]
    assert texts[0] == texts[1] == texts[2]


def test_few_lanes_are_one_small_state():
    assert units(loop_of(BODIES["exchange"][0](200), 5, 5)[0]) == [1]


@pytest.mark.parametrize("limit", ["loop_statements", "loop_stack", "lane_points"])
def test_what_is_too_large_for_one_kernel_is_driven(limit, monkeypatch):
    roots, _ = loop_of(BODIES["exchange"][0](1000), 5, 5)
    monkeypatch.setattr(limits, "now", replace(limits.now, **{limit: 8}))
    assert units(roots) == []
