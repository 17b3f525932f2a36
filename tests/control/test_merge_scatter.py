"""Loops beside loops become one, and rows that turns add up are handed out: the values stay."""

import numpy as np
import pytest

from jitgrad.autodiff import pull_back
from jitgrad.control import LOOP, roll, tidied
from jitgrad.interpret.program import run
from jitgrad.ir import const, leaf, toposort
from jitgrad.ops import REGISTRY
from jitgrad.ops.movement import pad_node, slice_node
from jitgrad.ops.primitives import reshape_to

FLOAT = np.dtype(float)
sin, total, stack = (REGISTRY[n] for n in ("sin", "sum", "stack"))
X, W, XS = [leaf(k, shape, FLOAT) for k, shape in enumerate(((3,), (3,), (40, 3)))]
GIVEN = [np.array([0.3, -0.5, 0.8]), np.array([0.9, 0.7, -0.6]), np.linspace(-1, 1, 120)]


@pytest.fixture(autouse=True)
def every_graph(monkeypatch):
    """Small graphs are searched as well."""
    monkeypatch.setattr(roll, "SEARCHED", 1)


def element(xs, t, rows=1):
    out = slice_node(xs, (t, 0), (1, 1), (rows, 3))
    return reshape_to(out, (3,)) if rows == 1 else total(out, axis=0)


def loops(roots):
    return [n for n in toposort(list(roots)) if n.op is LOOP]


def bodies(roots):
    return {n.arg.body for n in loops(roots)}


def checked(roots, monkeypatch):
    """The tidy graph of `roots`, whose values are those of the graph without loops."""
    out = tidied(roll.rolled(roots, None, 3).roots)
    assert loops(out)
    monkeypatch.setattr(roll, "SEARCHED", 10**9)
    for a, b in zip(run(out, GIVEN, []), run(roots, GIVEN, []), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)
    return out


def gradient_by_rows(places, rows=1):
    x = X
    for t in places:
        x = sin(x * W) + element(XS, t, rows) * 0.5
    (g,) = pull_back({total(x): const(1.0)}, [XS])
    return [g]


@pytest.mark.parametrize(
    "places",
    [range(20), range(3, 39), range(39, 9, -1), range(1, 39, 2), range(36, 0, -3)],
    ids=str,
)
def test_gradient_of_rows_is_handed_out(places, monkeypatch):
    out = checked(gradient_by_rows(places), monkeypatch)
    for body in bodies(out):
        assert all(n.shape != XS.shape or n.op.kind == "leaf" for n in toposort(body.results))


@pytest.mark.parametrize("step", [1, 2])
def test_rows_of_several_turns_are_summed(step, monkeypatch):
    """Of two rows a turn: they are handed out where turns have none in common."""
    out = checked(gradient_by_rows(range(0, 38, step), rows=2), monkeypatch)
    carried = {p.shape for body in bodies(out) for p in body.parameters[: body.carries] if p.shape}
    assert (XS.shape in carried) == (step == 1)


def test_a_sum_that_turns_read_stays(monkeypatch):
    y, x = XS * 1.0, X
    for t in range(20):
        y = y + pad_node(reshape_to(x, (1, 3)), (t, 0), (1, 1), (40, 3))
        x = sin(x * W) + element(y, 0) * 0.1
    checked([y, x], monkeypatch)


def test_the_same_place_in_all_turns_is_a_sum(monkeypatch):
    y, x = XS * 1.0, X
    for _ in range(20):
        x = sin(x * W)
        y = y + pad_node(reshape_to(x, (1, 3)), (4, 0), (1, 1), (40, 3))
    checked([y, x], monkeypatch)


def test_a_loop_that_sums_what_another_made_is_part_of_it(monkeypatch):
    x, made = X, []
    for _ in range(30):
        x = sin(x * W)
        made.append(x)
    y = W
    for x in made:
        y = y + x * x
    out = checked([y, x], monkeypatch)
    assert len(bodies(out)) == 1


def test_a_loop_that_needs_the_last_turn_of_another_stays(monkeypatch):
    x, made = X, []
    for _ in range(30):
        x = sin(x * W)
        made.append(x)
    y, last = W, x
    for x in made:
        y = y * 0.5 + x * last
    out = checked([y], monkeypatch)
    assert len(bodies(out)) == 2


def test_a_loop_in_the_other_direction_stays(monkeypatch):
    x, made = X, []
    for _ in range(30):
        x = sin(x * W)
        made.append(x)
    y = W
    for x in made[::-1]:
        y = y * 0.5 + x * x
    out = checked([y], monkeypatch)
    assert len(bodies(out)) == 2
