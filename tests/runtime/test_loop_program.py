"""Compiled loops give what NumPy gives turn by turn: one kernel does all turns, or a driver runs
the kernels of each."""

from dataclasses import replace

import numpy as np
import pytest

import jitgrad
from jitgrad.compile import Call, limits, lower_graph
from jitgrad.control import TURN, Body, run_loop
from jitgrad.ir import const, leaf
from jitgrad.ops import REGISTRY
from jitgrad.ops.movement import slice_node
from jitgrad.ops.primitives import broadcast, cast, reshape_to
from jitgrad.runtime.assemble import assemble

FLOAT, SINGLE, INT, BOOL = (np.dtype(t) for t in ("float64", "float32", "int64", "bool"))
sin, total, stack, matmul = (REGISTRY[n] for n in ("sin", "sum", "stack", "matmul"))
cumsum, transpose, where = (REGISTRY[n] for n in ("cumsum", "transpose", "where"))
inv = REGISTRY["inv"]


def leaves(*likes):
    return tuple([leaf(k, shape, dtype) for k, (shape, dtype) in enumerate(likes)])


def body(likes, f, carries, invariants=0, **more):
    p = leaves(*likes)
    out = f(*p)
    condition = more.pop("condition", None)
    return Body(p, tuple(out), carries, invariants, condition=condition and condition(*p), **more)


def cut(x, starts, steps, shape):
    return slice_node(x, starts, steps, shape)


def row(x, k):
    return reshape_to(cut(x, (k, 0), (1, 1), (1, x.shape[1])), x.shape[1:])


def damped(x, n):
    return [sin(x) * n, n * 0.9 + total(x) * 1e-7]


def looping(x, v):
    inner = body([V], lambda v: [sin(v)], 1)
    return [sin(matmul(x, x) * 0.01), run_loop(inner, None, 3, [v])[0]]


V, M, N, LARGE = ((3,), FLOAT), ((4, 3), FLOAT), ((), FLOAT), ((40, 40), FLOAT)
#: name -> (body, what runs its turns: True for one kernel, or a driver where there are none)
BODIES = {
    "map": (body([V], lambda x: [sin(x) * 1.1], 1), True),
    "exchange": (body([V, V], lambda x, y: [y, x + y, x], 2), True),
    "three in a ring": (body([V, V, V], lambda x, y, z: [y, z, x, y * z], 3), True),
    "nothing changes": (body([V, N], lambda x, n: [x, n, x * 2.0], 2), True),
    "numbers": (body([N, N, V], lambda a, b, v: [b, a + total(v) * b, a * b, v * a], 2, 1), True),
    "sums of all": (body([V, N], lambda x, n: [x / (total(x * x) + n), total(x) * 0.5], 2), True),
    "float32": (
        body([((3,), SINGLE), ((), SINGLE)], lambda x, n: [x * n, total(x) * 0.3, total(x)], 2),
        True,
    ),
    "integers and bools": (
        body(
            [((3,), INT), ((), BOOL), V],
            lambda k, b, x: [k + 1, REGISTRY["logical_not"](b), where(b, x, -x), k * 2, b],
            3,
        ),
        True,
    ),
    "the turn": (body([V, V], lambda x, u: [x + u * cast(TURN, FLOAT), x], 1), True),
    "reverse": (body([V, V], lambda x, u: [x * 0.5 + u, x + u], 1, reverse=True), True),
    "elements of all kinds": (
        body([N, M, N], lambda c, m, s: [c + s * total(m), total(m, axis=0) * c], 1), True,
    ),
    "rows and columns": (
        body([M, M], lambda x, w: [x / total(x, axis=1, keepdims=True) + w, total(x * w, axis=0)],
             1, 1), True,
    ),
    "slices": (
        body([M], lambda x: [cut(x, (3, 0), (-1, 1), (4, 3)) * 0.5, row(x, 1),
                             cut(x, (1, 0), (1, 2), (2, 2))], 1), True,
    ),
    "parts of others": (
        body([V, ((2,), FLOAT), ((1,), FLOAT)],
             lambda x, y, z: [sin(x), cut(x, (1,), (1,), (2,)), cut(y, (1,), (1,), (1,))], 3), True,
    ),
    "joined": (
        body([V, V], lambda x, y: [row(stack([x, y]), 1) + x, sin(y), stack([y, x])], 2), True,
    ),
    "transposed": (
        body([((3, 3), FLOAT)], lambda x: [transpose(x) * 0.9 + x, transpose(x)], 1), True,
    ),
    "product": (body([M, ((3, 3), FLOAT)], lambda x, w: [sin(matmul(x, w))], 1, 1), True),
    "numbers of a list, and an inverse": (
        body([LARGE, N, LARGE, N], lambda x, n, w, s: [sin(x) + inv(w), n + s, s], 2, 1), "hosted",
    ),
    "integers of a byte, and an inverse": (
        body([LARGE, ((), np.dtype("uint8")), LARGE],
             lambda x, n, w: [sin(x) + inv(w), n, n], 2, 1), "hosted",
    ),
    "large product": (
        body([LARGE] * 2, lambda x, w: [sin(matmul(x, w) * 0.01), total(x)], 1, 1), "driven",
    ),
    "products of transposes": (
        body([((20, 30), FLOAT), ((20, 30), FLOAT), ((30, 30), FLOAT)],
             lambda x, y, w: [
                 sin(matmul(y, transpose(w)) * 0.01), matmul(y, matmul(transpose(x), y)) * 0.001, x,
             ],
             2, 1), "driven",
    ),
    "products and numbers of float32": (
        body([((30, 20), SINGLE), ((30, 30), SINGLE), ((), SINGLE)],
             lambda x, w, n: [
                 sin(matmul(w, x) * 0.01) * n, n * 0.5 + total(x), matmul(transpose(x), w),
             ],
             1, 1), "driven",
    ),
    "products of integers": (
        body([((20, 20), INT), ((20, 20), INT)], lambda x, y: [matmul(x, y) % 7, x], 1), "driven",
    ),
    "products of stacks": (
        body([((2, 3, 30, 30), FLOAT), ((30, 30), FLOAT), ((3, 30, 30), FLOAT)],
             lambda x, w, v: [sin(matmul(x, w) * 0.01), matmul(transpose(w), x), matmul(x, x)],
             1, 1), "driven",
    ),
    "products of stacks by Python": (
        body([((2, 3, 30, 30), FLOAT), ((3, 30, 30), FLOAT)],
             lambda x, w: [sin(matmul(x, w) * 0.01)], 1, 1), "hosted",
    ),
    "pieces of kernels beside a product": (
        body([((50, 900), FLOAT), ((900, 20), FLOAT)],
             lambda x, w: [sin(x) + total(x, axis=0), matmul(x, w), total(x)], 1, 1), "driven",
    ),
    "a loop beside a product": (body([LARGE, V], looping, 2), "driven"),
    "scan": (body([M], lambda x: [cumsum(x, axis=1) * 0.3, cumsum(x)], 1), True),
    "large": (body([((5000,), FLOAT), N], damped, 2), "driven"),
    "larger": (body([((90_000,), FLOAT), N], damped, 2), "hosted"),
    "condition": (body([N], lambda x: [x * 2.0], 1, condition=lambda x: x < 5.0), True),
    "empty": (body([((0,), FLOAT), N], lambda x, n: [x * n, n + total(x)], 2), None),
}  # fmt: skip


def way_in(roots):
    """How the loops of a graph are run."""
    kernels = lower_graph(roots).kernels
    ways = {("hosted", "driven")[k.turn.driven] for k in kernels if isinstance(k, Call)}
    (found,) = ways | {"joined" for k in kernels if k.kind == "loop"}
    return found


@pytest.fixture(params=["joined", "driven"])
def way(request, monkeypatch):
    """How loops over small states are run: by one kernel, as they are, or by a driver."""
    if request.param == "driven":
        monkeypatch.setattr(limits, "now", replace(limits.now, literal_points=0))
    return request.param


def values(sources, rng):
    out = []
    for s in sources:
        x = rng.uniform(0.5, 1.5, s.shape)
        x = (x * 3).astype(s.dtype) if s.dtype.kind != "f" else x.astype(s.dtype)
        out.append(x.reshape(-1) if s.shape else x.item())
    return out


@pytest.mark.parametrize("name", BODIES)
def test_compiled(name, way):
    made, compiled = BODIES[name]
    counts = ((7, 7), (5, 3), (4, 0)) if made.condition is None else ((7, 7), (9, 8))
    for length, turns in counts:
        sources = [
            leaf(k, (length, *p.shape) if k in made.moving else p.shape, p.dtype)
            for k, p in enumerate(made.parameters)
        ]
        count = leaf(len(sources), (), INT)
        roots = list(run_loop(made, length, count, sources).values())
        given = [*values(sources, np.random.default_rng(3)), turns]
        if compiled is not None:
            assert way_in(roots) == (way if compiled is True else compiled)
        run = assemble(lower_graph(roots)).function
        first, again = run(given, ()), run(given, ())
        want = jitgrad.interpret.program.run(roots, given, ())
        rtol = 3e-6 if "float32" in name else 1e-12
        for a, b, c in zip(first, again, want, strict=True):
            np.testing.assert_allclose(a, c, rtol=rtol, atol=1e-14)
            np.testing.assert_array_equal(a, b)


def test_loops_within_loops(way):
    inner = body([V, V], lambda x, w: [sin(x) * w, x], 1, 1)
    x, w = leaves(V, V)
    out = run_loop(inner, 3, 3, [x * 0.9, w])
    outer = Body((x, w), (out[0] + total(out[1]) * 0.1, out[1]), 1, 1)
    roots = [*run_loop(outer, 4, 4, [x, w]).values()]
    assert way_in(roots) == way
    given = values([x, w], np.random.default_rng(0))
    got = assemble(lower_graph(roots)).function(given, ())
    for a, b in zip(got, jitgrad.interpret.program.run(roots, given, ()), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-13)


def test_operands_too_large_for_the_code_of_kernels(way):
    """Then the loop is run again by NumPy."""
    made = body([V], lambda x: [sin(x) * 1.0, x], 1)
    x = leaf(0, *V)
    roots = [*run_loop(made, 2, 2, [x]).values()]
    run = assemble(lower_graph(roots)).function
    for value in (1e300, 0.5):
        given = [np.array([value, 1.0, -value])]
        for a, b in zip(run(given, ()), jitgrad.interpret.program.run(roots, given, ()),
                        strict=True):  # fmt: skip
            np.testing.assert_allclose(a, b, rtol=1e-13)


def test_more_turns_than_there_is_room_for(way):
    made = body([V], lambda x: [x, x], 1)
    count = leaf(1, (), INT)
    roots = [*run_loop(made, 2, count, [leaf(0, *V)]).values()]
    run = assemble(lower_graph(roots)).function
    with pytest.raises(jitgrad.ArgumentError, match="3 turns"):
        run([np.ones(3), 3], ())


def test_threads_share_a_loop(way):
    """Each call has memory of its own."""
    from concurrent.futures import ThreadPoolExecutor

    made = body([((200,), FLOAT)], lambda x: [sin(x) * 1.01, total(x)], 1)
    roots = [*run_loop(made, 50, 50, [leaf(0, (200,), FLOAT)]).values()]
    run = assemble(lower_graph(roots)).function
    inputs = [np.full(200, 0.1 * k) for k in range(16)]
    want = [run([x], ()) for x in inputs]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(5):
            for got, known in zip(pool.map(lambda x: run([x], ()), inputs), want, strict=True):
                for a, b in zip(got, known, strict=True):
                    np.testing.assert_array_equal(a, b)


def test_the_number_of_turns_makes_no_kernel(way):
    x = leaf(0, *V)
    made = body([V], lambda x: [sin(x), x], 1)
    sources = {
        tuple(lower_graph([*run_loop(made, n, n, [x * const(1.0)]).values()]).sources)
        for n in (10, 100, 1000)
    }
    assert len({frozenset(s) for s in sources}) == 1


@pytest.mark.parametrize("limit", ["loop_statements", "loop_stack"])
def test_turns_too_large_for_one_kernel_are_driven(limit, monkeypatch):
    made = body([V], lambda x: [sin(x) * 1.1, x], 1)
    roots = [*run_loop(made, 5, 5, [leaf(0, *V)]).values()]
    assert way_in(roots) == "joined"
    monkeypatch.setattr(limits, "now", replace(limits.now, **{limit: 8}))
    assert way_in(roots) == "driven"


def test_sources_that_are_parts_of_others_or_one_constant(way):
    """They are no copies: a loop reads them where they lie."""
    made = body([V, V, N, V], lambda x, w, n, s: [x * w + s * n, x + s], 1, 2)
    whole, rows, k = leaf(0, (12,), FLOAT), leaf(1, (6, 3), FLOAT), leaf(2, (), INT)
    sources = [
        reshape_to(cut(whole, (k,), (1,), (3,)), (3,)),
        broadcast(const(0.5), (3,)),
        total(rows),
        cut(rows, (1, 0), (1, 1), (4, 3)),
    ]
    roots = [*run_loop(made, 4, 4, sources).values()]
    kernels = lower_graph(roots).kernels
    assert not any(k.nodes and k.nodes[0].op.name in ("slice", "broadcast") for k in kernels
                   if not isinstance(k, Call))  # fmt: skip
    given = [*values([whole, rows], np.random.default_rng(1)), 7]
    got = assemble(lower_graph(roots)).function(given, ())
    for a, b in zip(got, jitgrad.interpret.program.run(roots, given, ()), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-13)
