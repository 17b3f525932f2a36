"""Bodies of loops, drawn at random, and the same turns written out."""

import numpy as np
from hypothesis import strategies as st

from jitgrad.base.dtypes import INT64
from jitgrad.control import TURN, Body
from jitgrad.interpret.program import run
from jitgrad.ir import const, leaf, substitute
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
