"""Loops and branches for many rows at once, against the same for each row."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loop_bodies import FLOAT, PARAMETERS, SHAPE, bodies, filled, loss
from simulated import simulated

import jitgrad
from jitgrad.autodiff import batch, pull_back
from jitgrad.base.dtypes import INT64
from jitgrad.base.tree import flatten
from jitgrad.compile import lower_graph
from jitgrad.control import LOOP, run_loop
from jitgrad.interpret.program import run
from jitgrad.ir import const, leaf, toposort
from jitgrad.ops.rows import same_rows
from jitgrad.runtime.assemble import assemble
from jitgrad.runtime.plan import observed_plans


@pytest.fixture(autouse=True)
def numpy_tier(monkeypatch):
    """Nothing is compiled beside these tests, but where they ask for a tier."""
    jitgrad.synchronize()
    monkeypatch.setattr(jitgrad.config, "compile", "never")


RNG = np.random.default_rng(3)
X, S, A = RNG.normal(size=(5, 3)), RNG.normal(size=(5, 4, 3)), RNG.normal(size=(4, 3))


def step(c, e):
    return jitgrad.tanh(c * 0.5 + e), c.sum()


def newton(a):
    def body(c):
        x = 0.5 * (c[0] + a / c[0])
        return x, x - c[0]

    return jitgrad.while_loop(lambda c: abs(c[1]) > 1e-10, body, (a, a))[0]


def counted(x):
    """The number of turns is part of the result."""
    goes_on, body = lambda c: c[0] < 10 * x[0] ** 2, lambda c: (c[0] + 1, c[1] * x + c[0])
    return jitgrad.while_loop(goes_on, body, (0.0, x))


def indexed(x):
    """Rows that have ended would read beyond the end."""
    goes_on = lambda c: (c[0] < 3) & (c[1] < 1.0)
    body = lambda c: (c[0] + 1, c[1] + abs(x[c[0]]))
    return jitgrad.while_loop(goes_on, body, (0, 0.0))[1]


def shifted(c, e):
    return (c[0] + 1.0, jitgrad.sin(c[1]) * c[0]), c[0]


def chosen(c, e):
    return jitgrad.cond(c[0] > e, lambda v: v * 0.5, lambda v: v + 1, c), c[1]


def inner_while(c, e):
    goes_on = lambda v: (v * v).sum() < 30
    return jitgrad.while_loop(goes_on, lambda v: v * 1.5 + e * e + 0.1, c) * 0.3, c[1]


def inner_scan(x):
    body = lambda v: jitgrad.scan(lambda c, e: (c * 1.1 + e * 0.1, None), v, A[:, 0])[0]
    return jitgrad.while_loop(lambda v: (v * v).sum() < 30, body, x)


BRANCHES = [lambda v: v * 2, jitgrad.sin, lambda v: jitgrad.log(v[1]) * v]
LOOPS = {
    "scan": (lambda x, s: jitgrad.scan(step, x, s), (X, S)),
    "from the end": (lambda x, s: jitgrad.scan(step, x, s, reverse=True), (X, S)),
    "a shared sequence": (lambda x: jitgrad.scan(step, x, A), (X,)),
    "a carried value that is the same": (
        lambda x: jitgrad.scan(shifted, (0.0, x), length=4),
        (X,),
    ),
    "values that differ after some turns": (
        lambda x: jitgrad.scan(
            lambda c, _: ((c[1], c[2], c[2] * x.sum()), c[0]), (1.0, 2.0, 3.0), length=4
        ),
        (X,),
    ),
    "fori_loop": (lambda x: jitgrad.fori_loop(0, 3, lambda i, c: c * x[i] + i, x), (X,)),
    "while_loop": (
        lambda x: jitgrad.while_loop(lambda c: (c * c).sum() < 50, lambda c: c * 1.7, x),
        (X,),
    ),
    "while_loop with a bound": (
        lambda x: jitgrad.while_loop(lambda c: (c * c).sum() < 50, lambda c: c * 1.7, x, 40),
        (X,),
    ),
    "counted": (counted, (X,)),
    "newton": (newton, (np.abs(X[:, 0]) + 0.1,)),
    "indexed": (indexed, (X,)),
    "cond": (
        lambda x: jitgrad.cond(x[0] > 0, lambda v: jitgrad.sqrt(v[0]) * v, jitgrad.exp, x),
        (X,),
    ),
    "switch": (
        lambda x: jitgrad.switch((x[0] > 0).astype(int) + (x[1] > 0), BRANCHES, x),
        (X,),
    ),
    "cond in scan": (lambda x: jitgrad.scan(chosen, x, A[:, 0]), (X,)),
    "while in scan": (lambda x: jitgrad.scan(inner_while, x, A[:, 0]), (X,)),
    "scan in while": (inner_scan, (X,)),
}


def leaves(x):
    return [np.asarray(jitgrad.asarray(v).detach()) for v in flatten(x)[0]]


def squares(f):
    return lambda *xs: sum((v * v).sum() for v in flatten(f(*xs))[0])


def same(got, rows):
    for k, x in enumerate(leaves(got)):
        np.testing.assert_allclose(x, np.stack([leaves(r)[k] for r in rows]), rtol=1e-8, atol=1e-11)


def each(f, xs):
    f = jitgrad.jit(f)  # in which conditions are no looks, so that both are traced alike
    return [f(*[jitgrad.tensor(x[k]) for x in xs]) for k in range(len(xs[0]))]


@pytest.mark.parametrize("name", LOOPS)
def test_rows_of_loops(name, tier):
    f, xs = LOOPS[name]
    same(jitgrad.vmap(f)(*xs), each(f, xs))


@pytest.mark.parametrize("name", LOOPS)
def test_gradients_of_rows_of_loops(name):
    """Of each row, and through all rows."""
    f, xs = LOOPS[name]
    nums = tuple(range(len(xs)))
    g = jitgrad.grad(squares(f), nums)
    rows = each(g, xs)
    same(jitgrad.vmap(g)(*xs), rows)
    same(jitgrad.grad(squares(jitgrad.vmap(f)), nums)(*xs), rows)
    same(jitgrad.jit(jitgrad.vmap(g))(*xs), rows)


@pytest.mark.parametrize("name", ["scan", "while_loop", "cond", "cond in scan"])
def test_second_derivatives_of_rows_of_loops(name):
    f, xs = LOOPS[name]
    g = lambda *xs: (jitgrad.grad(squares(f))(*xs) ** 2).sum()
    rows = each(jitgrad.grad(g), xs)
    same(jitgrad.vmap(jitgrad.grad(g))(*xs), rows)
    total = lambda *xs: jitgrad.vmap(g)(*xs).sum()
    same(jitgrad.grad(total)(*xs), rows)


def test_a_gradient_does_not_lead_through_rows_that_have_ended():
    """At the end of a row a turn has an infinite slope, or is nan."""

    def f(x, n):
        goes_on = lambda c: c[0] < n
        return jitgrad.while_loop(goes_on, lambda c: (c[0] + 1, jitgrad.sqrt(c[1] - 1)), (0, x))[1]

    x, n = np.array([4.0, 1.0, 5.0]), np.array([1, 1, 2])
    np.testing.assert_allclose(jitgrad.vmap(f)(x, n), [np.sqrt(3), 0, 1])
    grads = jitgrad.vmap(jitgrad.grad(f))(x, n).numpy()
    np.testing.assert_allclose(grads[[0, 2]], [0.5 / np.sqrt(3), 0.125])
    assert grads[1] == np.inf
    through = jitgrad.grad(lambda x: jitgrad.vmap(f)(x, n).sum())(x)
    np.testing.assert_allclose(through, grads)


def test_a_branch_is_not_computed_where_no_row_takes_it():
    """A branch in which no row is would raise an error: its index is out of range."""

    def f(x, i):
        return jitgrad.cond(i < 3, lambda v: v[i], lambda v: v[i - 3] * 2, x)

    i = np.array([0, 5, 2, 3, 4])
    want = [x[k] if k < 3 else x[k - 3] * 2 for x, k in zip(X, i, strict=True)]
    np.testing.assert_allclose(jitgrad.vmap(f)(X, i), want)
    np.testing.assert_allclose(jitgrad.vmap(f)(X, i * 0), X[:, 0])


def test_no_rows():
    for f, xs in LOOPS.values():
        for out in flatten(jitgrad.vmap(f)(*[x[:0] for x in xs]))[0]:
            assert out.shape[0] == 0


def test_rows_of_a_loop_are_one_loop():
    with observed_plans() as plans:
        jitgrad.vmap(LOOPS["scan"][0])(X, S)[0].numpy()
    nodes = [n for plan in plans for n in toposort(plan.roots)]
    assert len({n for n in nodes if n.op is LOOP}) == 1


ROWS, LENGTH = 3, 4


@settings(max_examples=80, derandomize=True)
@given(
    bodies(),
    st.lists(st.booleans(), min_size=4, max_size=4),
    st.sampled_from([4, 2, None]),
    st.booleans(),
    st.booleans(),
)
def test_random_loops_in_rows(body, differing, turns, ends_by_value, kernels):
    """Values and gradients, where some sources differ from row to row, and numbers of turns (None),
    and with a condition on a carried value."""
    if ends_by_value:  # within 3 turns
        x, turns = body.parameters[1], LENGTH
        results = (body.results[0], x + 0.5, *body.results[2:])
        body = replace(body, results=results, condition=x < const(0.4), reverse=False)
    sources = [*PARAMETERS[:3], leaf(3, (LENGTH, *SHAPE), FLOAT)]
    count = leaf(4, (), INT64)
    parts = run_loop(body, LENGTH, count if turns is None else turns, sources)
    grads = pull_back({loss(parts): const(1.0)}, sources)
    roots = [*parts.values(), *filled(grads, sources)]
    rng = np.random.default_rng(7)
    values = [rng.uniform(-1, 1, (ROWS, *s.shape)) for s in sources] + [np.array([3, 0, 4])]
    which = [k for k in range(4) if differing[k]] + ([4] if turns is None else [])
    nodes = [*sources, count]
    given_ = [v if k in which else v[0] for k, v in enumerate(values)]
    new = {nodes[k]: leaf(k, v.shape, v.dtype) for k, v in enumerate(given_) if k in which}
    rows = batch(roots, new, ROWS)
    made = [x if x is not None else same_rows(r, ROWS) for x, r in zip(rows, roots, strict=True)]
    flat = [np.reshape(v, -1) if np.ndim(v) else v.item() for v in given_]
    if kernels:
        with simulated():
            got = assemble(lower_graph(made)).function(flat, ())
    else:
        got = run(made, flat, ())
    for k in range(ROWS):
        row = [v[k] if j in which else v for j, v in enumerate(given_)]
        row = [np.reshape(v, -1) if np.ndim(v) else v.item() for v in row]
        for a, b in zip(got, run(roots, row, ()), strict=True):
            mine = np.reshape(a, (ROWS, -1))[k]
            np.testing.assert_allclose(mine, np.reshape(b, -1), rtol=1e-9, atol=1e-12)
