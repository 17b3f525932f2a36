"""Loops that are found in graphs: with their turns written out, the graph is the one there was."""

from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from written_out import written_out

from jitgrad.autodiff import pull_back
from jitgrad.control import LOOP, found, ordered, roll
from jitgrad.control.repeats import Run, repeats
from jitgrad.interpret.program import run
from jitgrad.ir import LEAF, const, leaf, number, toposort, toposort_by
from jitgrad.ops import REGISTRY
from jitgrad.ops.movement import slice_node, update_node
from jitgrad.ops.primitives import reshape_to

FLOAT = np.dtype(float)
sin, total, stack, concatenate = (REGISTRY[n] for n in ("sin", "sum", "stack", "concatenate"))
X, Y, W, XS = [leaf(k, shape, FLOAT) for k, shape in enumerate(((3,), (), (3,), (40, 3)))]
COEFFICIENTS = [number(k, FLOAT) for k in range(40)]
VALUES = {n: 0.3 + 0.1 * np.cos(k) for k, n in enumerate(COEFFICIENTS)}


@pytest.fixture(autouse=True)
def every_graph(monkeypatch):
    """Small graphs are searched as well."""
    monkeypatch.setattr(roll, "SEARCHED", 1)


def element(xs, t):
    return reshape_to(slice_node(xs, (t, 0), (1, 1), (1, 3)), (3,))


def loops(roots):
    return [n for n in toposort(list(roots)) if n.op is LOOP]


def rolled(roots, known=None, recorded=()):
    """The roots with loops, which were compared with those without."""
    order = toposort_by(recorded, list(roots)) if recorded else ()
    out = roll.rolled(roots, known, 4, order=order)
    assert written_out(out.roots, out.lists) == list(roots)
    return out


def with_gradients(y, *leaves):
    y = total(y) if y.shape else y
    grads = pull_back({y: const(1.0)}, list(leaves))
    return [y, *[g for g in grads if g is not None]]


def test_runs_of_equal_blocks_are_found():
    assert repeats([9, 8, *[1, 2, 3, 4, 1, 2, 3, 5] * 10, 7, 7, *[1] * 40]) == [
        Run(2, 82, 8),
        Run(84, 124, 1),
    ]
    assert repeats([*([1, 2] * 20 + [5, 6]) * 10]) == [Run(0, 420, 42)]
    assert repeats([1, 2, 3, 4] * 3) == []
    assert repeats([]) == []


def test_a_carried_value_becomes_a_loop():
    x = X
    for _ in range(20):
        x = sin(x * W) + Y * 0.5
    (loop,) = loops(rolled([x]).roots)
    assert len(toposort(loop.arg.body.results)) < 15


def test_value_and_gradients_become_loops():
    x = X
    for t in range(20):
        x = sin(x * W) + element(XS, t) * 0.5
    out = rolled(with_gradients(x, X, W, XS))
    assert len(toposort(out.roots)) < 120
    assert {n.arg.body.reverse for n in loops(out.roots)} == {True, False}


def test_what_is_collected_is_handed_out():
    for axis in (0, 1):
        x, ys = X, []
        for _ in range(20):
            x = sin(x * W)
            ys.append(x * 2.0 + 1.0)
        out = rolled([stack(ys, axis=axis)])
        assert len(toposort(out.roots)) < 30


def test_numbers_that_differ_are_a_list():
    x = X
    for c in COEFFICIENTS:
        x = sin(x * c)
    for known in (VALUES, None):
        out = rolled([x], known)
        ((made, numbers),) = out.lists.items()
        assert loops(out.roots)
        assert made.shape == (len(numbers),)


@pytest.mark.parametrize("width", [ordered.WIDE + 1, 20])
def test_turns_may_stack_wide_states(width):
    state = concatenate([slice_node(X, (k % 3,), (1,), (1,)) for k in range(width)])
    kept = []
    for _ in range(12):
        parts = [slice_node(state, (k,), (1,), (1,)) for k in range(width)]
        state = concatenate([sin(a) * b for a, b in zip(parts, parts[1:] + parts[:1], strict=True)])
        kept.append(total(state))
    out = rolled(with_gradients(total(concatenate([reshape_to(k, (1,)) for k in kept])), X))
    lengths = [n.arg.length for n in loops(out.roots)]
    assert len(lengths) >= 2
    assert min(lengths) >= 10  # all turns, not the parts of a state


def test_values_of_several_turns_before():
    a, b, c = X, X * 2.0, X * 3.0
    for _ in range(20):
        a, b, c = b, c, sin(a) + c * W + b
    assert loops(rolled([a, b, c]).roots)


def test_first_turns_that_share_with_others_are_in_the_loop():
    x, v = X, W
    early = total(sin(x * 2.0) * W)  # before the loop, as an energy is
    recorded = [early]
    for c in COEFFICIENTS[:20]:
        d = sin(x * 2.0)
        v = v + d * c
        x = x + sin(d * v) * 0.1
        recorded += [d, v, x]
    for order in ((), recorded):
        (loop,) = loops(rolled([early, x, v], VALUES, order).roots)
        assert loop.arg.length == 20


def test_the_order_of_the_program_is_that_of_the_turns():
    x, v, recorded = X, W, []
    for _ in range(20):
        step = v * 0.3
        v = v + sin(x)
        x = x + step
        recorded += [step, v, x]
    (loop,) = loops(rolled([x, v], recorded=recorded).roots)
    assert loop.arg.length == 20
    assert loop.arg.body.carries == 2


def test_loops_in_loops():
    x, y = X, W
    for t in range(12):
        for k in range(15):
            x = sin(x * y) + element(XS, k)
        y = y * x + element(XS, t)
    out = rolled([x, y])
    assert len(toposort(out.roots)) < 200
    assert any(loops(n.arg.body.results) for n in loops(out.roots))


def test_small_graphs_are_left_alone(monkeypatch):
    monkeypatch.undo()
    x = X
    for _ in range(20):
        x = sin(x)
    assert roll.rolled([x]).roots == [x]


STEPS = ("sin", "times", "element", "number", "listed", "constant", "mean", "old", "write", "inner")


@st.composite
def programs(draw):
    """Loops as one writes them: what they give, by name, and what they ran, in order."""
    turns = draw(st.integers(6, 14))
    kinds = draw(st.lists(st.sampled_from(STEPS), min_size=2, max_size=6))
    picks = [draw(st.integers(0, 3)) for _ in kinds]
    end, step = draw(st.integers(4, 14)), draw(st.sampled_from((-1, 1, 2)))
    extra = draw(st.integers(-1, 14))
    x, y, before, ys, zs, ran = X, Y, X * 1.5, [], [], []
    for t in range(turns):
        made = [x, W, before, sin(W)]
        for kind, pick in zip(kinds, picks, strict=True):
            a = made[-1] * 0.5 + made[pick] * 0.3
            made.append(one_step(kind, a, y, before, t, t * step % 40))
        if t == extra:
            made[-1] = made[-1] * 1.25
        before, x = x, made[-1]
        y = y * 0.5 + total(made[-2]) * 0.1
        ys.append(made[-1 - pick])
        zs.append(y)
        ran += [*made, y]
        if t == end:
            break
    values = {"early": total(ran[4 + len(kinds) // 2]), "first": ran[4], "last": x, "number": y,
              "rows": stack(ys), "columns": stack(ys, axis=1), "some": ys[len(ys) // 2] + ys[1],
              "end": concatenate(ys[-3:]), "sum": sum(zs[::2], Y),
              "numbers": stack(zs)}  # fmt: skip
    return values, ran


def one_step(kind, a, y, before, t, at):
    if kind == "inner":
        for k in range(9):
            a = sin(a * y) + element(XS, k)
        return a
    if kind == "write":
        return update_node(a, reshape_to(y, (1,)), (t % 3,), (1,))
    return {
        "sin": lambda: sin(a),
        "times": lambda: a * y,
        "element": lambda: a + element(XS, at),
        "number": lambda: a * COEFFICIENTS[7],
        "listed": lambda: a * COEFFICIENTS[at],
        "constant": lambda: a * (0.1 * t),
        "mean": lambda: a * total(a) * 0.3,
        "old": lambda: sin(before) + a,
    }[kind]()


ORDERS = (ordered.by_depth, ordered.by_chain)
VALUES_OF_LEAVES = [
    np.array([0.3, -0.5, 0.8]), 0.4, np.array([0.9, 0.7, -0.6]),
    np.random.default_rng(3).uniform(-1, 1, 120),
]  # fmt: skip


def given_value(node):
    return VALUES_OF_LEAVES[node.arg] if node.op is LEAF else VALUES.get(node, node.arg)


def value_of(out, roots):
    numbers = [VALUES[n] for n in COEFFICIENTS]
    lists = [np.ravel([given_value(n) for n in ns]) for ns in out.lists.values()]
    ours = run(out.roots, [*VALUES_OF_LEAVES, *lists], numbers)
    theirs = run(roots, VALUES_OF_LEAVES, numbers)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


@given(programs(), st.data())
@settings(max_examples=60)
def test_random_loops(program, data):
    values, ran = program
    names = data.draw(st.lists(st.sampled_from(sorted(values)), min_size=1, unique=True))
    known = data.draw(st.sampled_from((VALUES, None)))
    recorded = ran if data.draw(st.booleans()) else ()
    roots = [values[n] for n in names]
    if data.draw(st.booleans()):
        value = sum([total(r) if r.shape else r for r in roots[1:]], with_gradients(roots[0])[0])
        roots = [*with_gradients(value, X, Y, W, XS), *roots]
    roots = list(dict.fromkeys(roots))
    with mock.patch.object(found, "by_depth", data.draw(st.sampled_from(ORDERS))):
        value_of(rolled(roots, known, recorded), roots)
