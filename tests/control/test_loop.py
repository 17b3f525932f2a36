"""The loop node: values and derivatives of any order are those of the same turns written out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jitgrad.autodiff import pull_back, push_forward
from jitgrad.base.dtypes import INT64
from jitgrad.control import TURN, Body, run_loop
from jitgrad.control.loop import substitute
from jitgrad.interpret.program import run
from jitgrad.ir import const, leaf
from jitgrad.ops import REGISTRY
from jitgrad.ops.movement import slice_node
from jitgrad.ops.primitives import cast, reshape_to, zeros

FLOAT = np.dtype(float)
SHAPE = (3,)
sin, total, stack = REGISTRY["sin"], REGISTRY["sum"], REGISTRY["stack"]


def element(xs, t):
    shape = xs.shape[1:]
    starts, steps = (t, *[0] * len(shape)), (1,) * xs.ndim
    return reshape_to(slice_node(xs, starts, steps, (1, *shape)), shape)


def unrolled(body, length, turns, sources):
    """What `run_loop` gives, with each turn written out."""
    n, m = body.carries, body.moving.start
    carried, handed = list(sources[:n]), {}
    for t in range(turns - 1, -1, -1) if body.reverse else range(turns):
        given = [*carried, *sources[n:m], *[element(xs, t) for xs in sources[m:]]]
        new = dict(zip(body.parameters, given, strict=True))
        out = substitute(body.results, {**new, TURN: const(t, INT64)})
        carried, handed[t] = out[:n], out[n:]
    like = body.results[n:]
    rows = [[handed[t][j] if t in handed else zeros(y) for t in range(length)] for j, y in
            enumerate(like)]  # fmt: skip
    return dict(enumerate([*carried, *[stack(ys) for ys in rows]]))


#: Two carried values, (3,) and 0-d; an invariant; a sequence; and what each node may be made of.
PARAMETERS = (
    leaf(0, SHAPE, FLOAT), leaf(1, (), FLOAT), leaf(2, SHAPE, FLOAT), leaf(3, SHAPE, FLOAT),
)  # fmt: skip
STEPS = {
    "sin": lambda a, b: sin(a),
    "times": lambda a, b: a * b * 0.5,
    "plus": lambda a, b: a + b * 0.3,
    "mean": lambda a, b: total(a * b) * 0.2 + a * 0.1,
    "turn": lambda a, b: a * (cast(TURN, FLOAT) * 0.1 + 1.0),
    "constant": lambda a, b: zeros(a) + 1.5,
}


@st.composite
def bodies(draw):
    made = [p if p.shape else p + zeros(PARAMETERS[0]) for p in PARAMETERS]
    for _ in range(draw(st.integers(1, 6))):
        name = draw(st.sampled_from(sorted(STEPS)))
        a, b = (made[draw(st.integers(0, len(made) - 1))] for _ in range(2))
        made.append(STEPS[name](a, b))
    pick = [made[draw(st.integers(0, len(made) - 1))] for _ in range(4)]
    results = (pick[0], total(pick[1]) * 0.3, pick[2], total(pick[3]))
    return Body(PARAMETERS, results, 2, 1, draw(st.booleans()))


def data(length):
    rng = np.random.default_rng(5)
    return [rng.uniform(-1, 1, n) if n else 0.7 for n in (3, 0, 3)] + [
        rng.uniform(-1, 1, 3 * length)
    ]


def agree(ours, theirs, values):
    for a, b in zip(run(ours, values, []), run(theirs, values, []), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


def filled(nodes, like):
    """Zeros for None: a loop of no turns has derivatives of 0, its turns written out have none."""
    return [zeros(x) if n is None else n for n, x in zip(nodes, like, strict=True)]


def loss(results):
    return total(results[0] * results[0]) + sin(results[1]) + total(results[2] * 0.3) + total(
        results[3] * results[3]
    )  # fmt: skip


@settings(max_examples=60, derandomize=True, deadline=None)
@given(bodies(), st.sampled_from([(1, 1), (4, 4), (4, 2), (3, 1)]))
def test_a_loop_is_its_turns_written_out(body, counts):
    """Values, gradients, their gradients, tangents, and tangents of gradients."""
    length, turns = counts
    sources = [*PARAMETERS[:3], leaf(3, (length, *SHAPE), FLOAT)]
    one, w = const(1.0), sources[2]
    found = []
    for way in (run_loop, unrolled):
        out = way(body, length, turns, sources)
        grads = filled(pull_back({loss(out): one}, sources), sources)
        second = filled(pull_back({total(sin(g)): one for g in grads}, sources), sources)
        roots = [loss(out), *grads]
        tangents = filled(push_forward(roots, {sources[0]: w, sources[3]: sources[3]}), roots)
        found.append(([*out.values()], grads, second, tangents))
    for ours, theirs in zip(*found, strict=True):
        agree(ours, theirs, data(length))


@pytest.mark.parametrize("dtype", ["int64", "bool", "float32"])
def test_carried_values_of_several_dtypes(dtype):
    """Each dtype has a node of its own, of the same body."""
    dtype = np.dtype(dtype)
    x, k = leaf(0, SHAPE, FLOAT), leaf(1, (), dtype)
    new = REGISTRY["logical_not"](k) if dtype.kind == "b" else k + const(1, dtype)
    body = Body((x, k), (x * 2.0, new), 2, 0)
    out = run_loop(body, 5, 5, [x, k])
    got = run([out[0], out[1]], [np.arange(3.0), dtype.type(0)], [])
    assert got[0].tolist() == [0.0, 32.0, 64.0] and got[1] == (True if dtype.kind == "b" else 5)


def test_the_number_of_turns_may_be_a_value():
    x, n = leaf(0, SHAPE, FLOAT), leaf(1, (), INT64)
    body = Body((leaf(0, SHAPE, FLOAT),), (leaf(0, SHAPE, FLOAT) * 2.0,), 1, 0)
    out = run_loop(body, 6, n, [x])[0]
    (g,) = pull_back({total(out): const(1.0)}, [x])
    for turns in (0, 1, 6):
        value, grad = run([out, g], [np.ones(3), turns], [])
        assert value.tolist() == grad.tolist() == [2.0**turns] * 3


def test_no_turns():
    x, xs = leaf(0, SHAPE, FLOAT), leaf(1, (0, *SHAPE), FLOAT)
    body = Body((x, leaf(1, SHAPE, FLOAT)), (x * 2.0, x), 1, 0)
    out = run_loop(body, 0, 0, [x, xs])
    (g,) = pull_back({total(out[0]): const(1.0)}, [x])
    assert out[1].shape == (0, 3)
    assert [v.tolist() for v in run([out[0], g], [np.arange(3.0), np.empty(0)], [])] == [
        [0.0, 1.0, 2.0],
        [1.0, 1.0, 1.0],
    ]


def test_a_condition_ends_the_loop():
    x = leaf(0, (), FLOAT)
    body = Body((x,), (x * 2.0,), 1, 0, condition=x < 100.0)
    out = run_loop(body, 10, 10, [x])[0]
    (g,) = pull_back({out: const(1.0)}, [x])
    (t,) = push_forward([g], {x: const(1.0)})
    assert run([out, g], [3.0], []) == [192.0, 64.0]
    assert t is None or run([t], [3.0], []) == [0.0]
