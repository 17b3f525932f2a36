"""Sums over all lanes that a loop carries are made after it: gradients by parameters that lanes
share, and losses. Against NumPy, which runs the loops as they were."""

import numpy as np
import pytest

import jitgrad
from jitgrad.compile import Call, lower_graph
from jitgrad.control import Body, run_loop
from jitgrad.ir import leaf
from jitgrad.ops import REGISTRY
from jitgrad.ops.primitives import broadcast
from jitgrad.runtime.assemble import assemble

FLOAT = np.dtype("float64")
sin, total, matmul, permute = (REGISTRY[n] for n in ("sin", "sum", "matmul", "transpose"))


def planets(gm, wind, x, v):
    """Lanes are the last axis; a number and a vector are shared by all, and the loss is carried."""

    def turn(state, _):
        x, v, loss = state
        r2 = (x * x).sum(0)
        v = v - 0.01 * gm * x / (r2 * r2**0.5) + 0.01 * wind[:, None]
        x = x + 0.01 * v
        return (x, v, loss + (x * x).mean()), None

    zero = (x[0, :1] * 0).sum()
    (x, v, loss), _ = jitgrad.scan(turn, (x, v, zero), length=6)
    return loss + (v * v).sum()


def network(w, b, x, us):
    """Lanes are the first axis: rows of a batch, through the same small weights in each turn."""

    def turn(h, u):
        h = jitgrad.tanh(h @ w + b + u[:, None])
        return h, (h * h).sum(1)

    h, ys = jitgrad.scan(turn, x, us)
    return (h * h).sum() + ys.mean()


def arguments(f, n, dtype):
    rng = np.random.default_rng(n)
    normal = lambda *shape: rng.standard_normal(shape).astype(dtype)
    if f is planets:
        return dtype(1.1), normal(2), 2 + normal(2, n) / 9, normal(2, n)
    return normal(3, 3) / 2, normal(3), normal(n, 3), normal(5, n)


def gradients(f, args):
    value, grads = jitgrad.value_and_grad(f, (0, 1, 2, 3))(*args)
    return [np.asarray(value), *[np.asarray(g) for g in grads]]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("n", [257, 1000, 4099])
@pytest.mark.parametrize("f", [planets, network])
def test_gradients_by_what_all_lanes_share(f, n, threads):
    before = jitgrad.config.compile, jitgrad.config.num_threads
    for dtype in (np.float64, np.float32):
        args, results = arguments(f, n, dtype), []
        for way in ("never", "always"):
            jitgrad.config.compile, jitgrad.config.num_threads = way, threads
            try:
                results.append(gradients(f, args))
            finally:
                jitgrad.config.compile, jitgrad.config.num_threads = before
        for ours, want in zip(*results[::-1], strict=True):
            tol = 1e-9 if dtype is np.float64 else 3e-3
            np.testing.assert_allclose(ours, want, rtol=tol, atol=tol * np.abs(want).max())


def body(likes, f, carries, invariants=0):
    p = tuple([leaf(k, shape, FLOAT) for k, shape in enumerate(likes)])
    return Body(p, tuple(f(*p)), carries, invariants)


N = 300
#: name -> (body, whether its sums are made after the loop)
BODIES = {
    "sum of all": (body([(N,), ()], lambda x, s: [sin(x), s + total(x)], 2), True),
    "difference": (body([(N,), ()], lambda x, s: [sin(x), s - total(x) * 2.0], 2), True),
    "scaled by what changes": (
        body([(N,), (), ()], lambda x, s, c: [sin(x), c * total(x) / 3.0 + s, c * 0.5], 3), True,
    ),
    "with what has no lanes": (
        body([(N,), (), ()], lambda x, s, c: [sin(x), s + c + total(x * x), c * 0.5], 3), True,
    ),
    "rows": (
        body(
            [(2, N), (2, 1), (1, 2)],
            lambda x, s, t: [
                sin(x), s - total(x, axis=1, keepdims=True),
                t + permute(total(x, axis=1, keepdims=True)),
            ], 3,
        ), True,
    ),
    "products with lanes": (
        body([(N, 2), (2, 2)], lambda x, w: [sin(x), w + matmul(permute(x), x)], 2), True,
    ),
    "read in the turn": (
        body([(N,), ()], lambda x, s: [sin(x) + broadcast(s, (N,)) * 1e-3, s + total(x)], 2), False,
    ),
    "handed out": (body([(N,), ()], lambda x, s: [sin(x), s + total(x), s], 2), False),
    "squared": (body([(N,), ()], lambda x, s: [sin(x), s + total(x) * total(x)], 2), False),
    "twice": (body([(N,), ()], lambda x, s: [sin(x), s + total(x) + s], 2), False),
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
def test_sums_that_turns_carry(name):
    made, is_after = BODIES[name]
    sources = [leaf(k, p.shape, FLOAT) for k, p in enumerate(made.parameters)]
    rng = np.random.default_rng(0)
    given = [rng.uniform(0.5, 1.5, p.size) if p.shape else rng.uniform() for p in made.parameters]
    count = leaf(len(sources), (), np.dtype("int64"))
    roots = [*run_loop(made, 5, count, sources).values()]
    lowered = lower_graph(roots)
    assert any(k.kind == "loop" for k in lowered.kernels if not isinstance(k, Call)) == is_after
    for turns in (5, 3, 0):
        got = assemble(lower_graph(roots)).function([*given, turns], ())
        want = jitgrad.interpret.program.run(roots, [*given, turns], ())
        for a, b in zip(got, want, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)
