"""Loops and branches for many rows at once, against the same for each row."""

import numpy as np
import pytest

import jitgrad
from jitgrad.base.tree import flatten
from jitgrad.control import LOOP
from jitgrad.ir import toposort
from jitgrad.runtime.plan import observed_plans

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
