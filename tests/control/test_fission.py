"""Products that need not be done turn by turn are one product of all turns; results stay."""

import numpy as np
import pytest

import jitgrad
from jitgrad.base.config import config
from jitgrad.control import LOOP, TURN, Body, fission, run_loop, tidied
from jitgrad.control.fission import distributed
from jitgrad.interpret import program
from jitgrad.ir import leaf, toposort
from jitgrad.ops import REGISTRY
from jitgrad.ops.movement import slice_node
from jitgrad.ops.primitives import broadcast, cast, reshape_to

FLOAT = np.dtype("float64")
RNG = np.random.default_rng(0)
matmul, tanh, total, where = (REGISTRY[n] for n in ("matmul", "tanh", "sum", "where"))
transpose = REGISTRY["transpose"]
T = 5


def loop(likes, f, carries, invariants=0, **more):
    """(roots, the arrays that their leaves stand for)."""
    parameters = tuple([leaf(k, s, FLOAT) for k, s in enumerate(likes)])
    made = Body(parameters, tuple(f(*parameters)), carries, invariants, **more)
    shapes = [(T, *s) if k in made.moving else s for k, s in enumerate(likes)]
    sources = [leaf(k, s, FLOAT) for k, s in enumerate(shapes)]
    given = [0.3 * RNG.normal(size=s) for s in shapes]
    return [*run_loop(made, T, T, sources).values()], given


def products(roots):
    """How many products the bodies of the loops of a graph have, and how many there are outside."""
    order = toposort(list(roots))
    bodies = {n.arg.body for n in order if n.op is LOOP}
    inner = [n for b in bodies for n in toposort(list(b.results)) if n.op.name == "matmul"]
    return len(inner), sum(n.op.name == "matmul" for n in order)


def values(roots, given):
    flat = [x.reshape(-1) if x.ndim else x.item() for x in given]
    return [np.asarray(x) for x in program.Program(list(roots))(flat, ())]


def checked(roots, given, expected, rtol=1e-12):
    new = tidied(roots)
    assert products(new) == expected
    assert list(distributed(new)) == list(new)  # it is done once
    for a, b in zip(values(new, given), by_turns(roots, given), strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=1e-13)


def by_turns(roots, given):
    """The values, by a walk over the graph as it is."""
    made = {}
    for node in toposort(list(roots)):
        if node.op.kind == "leaf":
            made[node] = given[node.arg]
        else:
            made[node] = node.op.reference(*[made[s] for s in node.src], node=node)
    return [np.reshape(made[r], -1) for r in roots]


B, N, M = (4, 30), (30, 30), (30,)


def cut(x, starts, shape):
    return slice_node(x, starts, (1,) * len(shape), shape)


#: name -> (what makes the loop, products in the body and outside afterwards)
LOOPS = {
    "inputs": (lambda: loop([B, N, N, B], lambda h, W, U, x: [tanh(matmul(h, W) + matmul(x, U)), h],
                            1, 2), (1, 1)),
    "inputs that are computed, twice": (
        lambda: loop([B, N, N, B], lambda h, W, U, x: [
            tanh(h + matmul(tanh(matmul(x * 2.0, W)), U)), matmul(x * 2.0, W)], 1, 2), (0, 2)),
    "columns": (
        lambda: loop([M, N, N, M], lambda h, W, U, x: [tanh(matmul(W, h) + matmul(U, x))], 1, 2),
        (1, 1)),
    "slices by the turn": (
        lambda: loop([B, N, (T, *B)], lambda h, U, xs: [
            tanh(h + matmul(reshape_to(cut(xs, (TURN, 0, 0), (1, *B)), B), U))], 1, 2), (0, 1)),
    "numbers of turns": (
        lambda: loop([B, N, B], lambda h, U, x: [
            h + matmul(x * broadcast(cast(TURN, FLOAT), B), U)], 1, 1), (1, 0)),
    "results": (
        lambda: loop([B, N, N], lambda h, W, V: [tanh(matmul(h, W)), tanh(matmul(h, V) + 1.0)],
                     1, 2), (1, 1)),
    "results and a sum of them": (
        lambda: loop([B, (), N, N, B], lambda h, s, W, V, y: [
            tanh(matmul(h, W)), s + total((matmul(h, V) - y) ** 2) + total(h)], 2, 2), (1, 1)),
    "sums of products": (
        lambda: loop([B, N, N, N, B], lambda g, A, C, W, x: [
            tanh(matmul(g, W)), A + matmul(transpose(x), g), C + transpose(
                matmul(transpose(g), x)) + matmul(transpose(tanh(x)), tanh(g))], 3, 1), (1, 3)),
    "sums of products of rows": (
        lambda: loop([M, N, N, M], lambda g, A, W, x: [
            tanh(matmul(g, W)), A + matmul(reshape_to(x, (30, 1)), reshape_to(g, (1, 30)))], 2, 1),
        (1, 1)),
    "in reverse": (
        lambda: loop([B, N, N, B], lambda h, A, U, x: [
            tanh(h + matmul(x, U)), A + matmul(transpose(x), h), x], 2, 1, reverse=True), (0, 2)),
    "nothing carried": (
        lambda: loop([N, N, B], lambda U, V, x: [tanh(matmul(tanh(matmul(x, U)), V))], 0, 2),
        (0, 2)),
    "masks": (
        lambda: loop([B, N, B, B], lambda h, U, m, x: [
            where(m > 0.0, tanh(h + matmul(where(m > 0.1, x, 0.0), U)), h), matmul(h, U)], 1, 1),
        (0, 2)),
    "sums that turns read": (
        lambda: loop([B, N, B], lambda h, A, x: [
            tanh(matmul(h, A)), A + matmul(transpose(x), h)], 2), (2, 0)),
    "small ones": (
        lambda: loop([(4, 4), (4, 4), (4, 4)], lambda h, U, x: [tanh(h + matmul(x, U))], 1, 1),
        (1, 0)),
    "many rows": (
        lambda: loop([(40, 30), N, (40, 30)], lambda h, U, x: [tanh(h + matmul(x, U))], 1, 1),
        (1, 0)),
    "many rows and a large matrix": (
        lambda: loop([(20, 200), (200, 200), (20, 200)], lambda h, U, x: [
            tanh(h + matmul(x, U))], 1, 1), (0, 1)),
}  # fmt: skip


def test_operands_that_stand_still_are_computed_once():
    roots, given = loop(
        [(40, 30), N, (40, 30), N],
        lambda h, W, x, S: [
            tanh(matmul(h, transpose(W)) + matmul(tanh(x), W * 2.0) + matmul(x, S)),
            matmul(h, W * 2.0),
        ],
        1,
        1,
    )
    checked(roots, given, (4, 0))
    (body,) = {n.arg.body for n in toposort(list(tidied(roots))) if n.op is LOOP}
    products = [n for n in toposort(list(body.results)) if n.op.name == "matmul"]
    assert all(n.src[1].op.kind == "leaf" for n in products)


@pytest.mark.parametrize("name", LOOPS)
def test_products_of_all_turns(name):
    make, expected = LOOPS[name]
    checked(*make(), expected)


def test_memory_bounds_what_all_turns_hand_out(monkeypatch):
    make, _ = LOOPS["inputs"]
    roots, _ = make()
    monkeypatch.setattr(config, "checkpoint_mb", 0)
    assert products(tidied(roots)) == (2, 0)


@pytest.mark.each("seed", range(40))
def test_random_loops(seed, monkeypatch):
    """Some of the products depend on what is carried, and some do not."""
    rng = np.random.default_rng(seed)
    monkeypatch.setattr(fission, "LEAST", 1)
    likes = [(2, 3), (3, 3), (3, 3), (3, 3), (2, 3), (2, 3)]

    def turn(h, A, W, U, x, m):
        values, sums = [h, x, m, h * 0.5 + x], []
        for _ in range(8):
            p, q = (values[k] for k in rng.integers(len(values), size=2))
            what = rng.integers(6)
            if what < 2:
                values.append(tanh(matmul(p, (W, U)[what])))
            elif what == 2:
                sums.append(matmul(transpose(p), q))
            elif what == 3:
                values.append(where(m > 0.0, p, q))
            else:
                values.append(p * q + broadcast(total(p, axis=0), (2, 3)))
        for s in sums:
            A = A + s
        handed = [values[k] for k in rng.integers(len(values), size=2)]
        return [tanh(values[-1]), A, *handed]

    roots, given = loop(likes, turn, 2, 2, reverse=bool(rng.integers(2)))
    for a, b in zip(values(tidied(roots), given), by_turns(roots, given), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


# --- programs -------------------------------------------------------------------------------------


def net(W, U, V, xs, y):
    def turn(h, x):
        h = jitgrad.tanh(h @ W + x @ U)
        return h, h @ V

    _, out = jitgrad.scan(turn, 0.0 * xs[0], xs)
    return ((out - y) ** 2).sum()


def masked(W, U, V, xs, y):
    """Rows whose sequence has ended keep their state."""
    ended = jitgrad.tensor(np.arange(T)[:, None, None] < np.arange(4)[:, None] + 2)

    def turn(h, given):
        x, m = given
        return jitgrad.where(m, jitgrad.tanh(h @ W + x @ U), h), None

    h, _ = jitgrad.scan(turn, 0.0 * xs[0], (xs, ended))
    return ((h @ V - y) ** 2).sum()


def written_out(W, U, V, xs, y):
    h, loss = 0.0 * xs[0], 0.0
    for t in range(T):
        h = jitgrad.tanh(h @ W + xs[t] @ U)
        loss = loss + ((h @ V - y) ** 2).sum()
    return loss


def early(W, U, V, xs, y):
    """Ends when the state is small."""

    def goes_on(state):
        return (state[0] * state[0]).sum() > 0.05

    def turn(state):
        h, n = state
        return jitgrad.tanh(0.7 * (h @ W) + xs[0] @ U * 0.01), n + 1

    h, n = jitgrad.while_loop(goes_on, turn, (xs[1], 0), max_turns=20)
    return ((h @ V - y) ** 2).sum() * n


PROGRAMS = [net, masked, written_out, early]


def inputs(rows=4, n=24):
    W, U, V = (RNG.normal(size=(n, n)) / n for _ in range(3))
    return [W, U, V, RNG.normal(size=(T, rows, n)), RNG.normal(size=(rows, n))]


def slope_of(f, args, k, d, step=1e-5):
    moved = [[x + s * step * d if j == k else x for j, x in enumerate(args)] for s in (1, -1)]
    high, low = (f(*map(jitgrad.tensor, xs)).numpy() for xs in moved)
    return (high - low) / (2 * step)


@pytest.mark.parametrize("checkpoints", [False, True])
@pytest.mark.parametrize("f", PROGRAMS)
def test_derivatives(f, checkpoints, monkeypatch, tier):
    """Of first order, in both modes, and of second order; of two rows at once; with and without
    memory for all turns."""
    if checkpoints:
        monkeypatch.setattr("jitgrad.control.checkpoint.FEW", 3)
        monkeypatch.setattr(config, "checkpoint_mb", 0)
    args = inputs()
    tensors = [jitgrad.tensor(x) for x in args]
    grads = jitgrad.jit(jitgrad.grad(f, argnums=(0, 1, 2, 3)))(*tensors)
    for k, g in enumerate(grads):
        d = RNG.normal(size=args[k].shape)
        slope = slope_of(f, args, k, d)
        assert float((g * d).sum()) == pytest.approx(slope, rel=1e-5, abs=1e-8)
        _, t = jitgrad.jvp(lambda x, k=k: f(*tensors[:k], x, *tensors[k + 1 :]), (tensors[k],),
                           (jitgrad.tensor(d),))  # fmt: skip
        assert float(t) == pytest.approx(slope, rel=1e-5, abs=1e-8)


@pytest.mark.parametrize("f", [net, written_out])
def test_second_order_and_rows(f, tier):
    args = inputs(rows=2, n=23)
    tensors = [jitgrad.tensor(x) for x in args]
    d = RNG.normal(size=args[0].shape)

    def along(W):
        return (jitgrad.grad(f)(W, *tensors[1:]) * d).sum()

    step = 1e-5
    new = [jitgrad.grad(f)(jitgrad.tensor(args[0] + s * step * d), *tensors[1:]) for s in (1, -1)]
    want = (new[0].numpy() - new[1].numpy()) / (2 * step)
    np.testing.assert_allclose(jitgrad.grad(along)(tensors[0]).numpy(), want, rtol=1e-4, atol=1e-7)
    many = jitgrad.tensor(np.stack([args[3], 0.5 * args[3]]))
    rows = jitgrad.vmap(lambda xs: jitgrad.grad(f)(*tensors[:3], xs, tensors[4]))(many)
    for k, row in enumerate(rows.numpy()):
        each = jitgrad.grad(f)(*tensors[:3], jitgrad.tensor(many.numpy()[k]), tensors[4])
        np.testing.assert_allclose(row, each.numpy(), rtol=1e-10, atol=1e-12)
