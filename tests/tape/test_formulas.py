"""Several results of one record: gradients with `create_graph`, and calls of jitted functions.

The oracles are PyTorch, derivatives by hand, and the same program without `jit`.
"""

import collections

import numpy as np
import pytest
from both import LIBRARIES, array, leaf, library, same

import jitgrad

A = np.linspace(0.3, 1.2, 12).reshape(3, 4)


@pytest.fixture(params=LIBRARIES)
def lib(request):
    yield from library(request.param)


def chain(lib, xs):
    """A value to which all of `xs` lead through one another."""
    h = xs[0] * 0.5
    for x in xs:
        h = lib.tanh(h * x + 1.5)
    return (h * h).sum()


def operations(call):
    """How often each operation stands in the kernels of a call."""
    explained = jitgrad.explain(call)
    return collections.Counter(o for k in explained.kernels for o in (*k.operations, *k.again))


# --- create_graph ---------------------------------------------------------------------------------


@pytest.mark.parametrize("edges", [1, 2, 7])
def test_gradients_of_several_edges_and_theirs(lib, edges):
    xs = [leaf(lib, A + k) for k in range(edges)]
    first = lib.autograd.grad(chain(lib, xs), xs, create_graph=True)
    second = lib.autograd.grad(sum((g * g).sum() for g in first), xs, create_graph=True)
    third = lib.autograd.grad(sum(g.sum() for g in second), xs)
    assert all(g.requires_grad for g in (*first, *second))

    def slope(k, steps=1e-6):
        moved = [
            [jitgrad.tensor(A + j + s * (j == k), requires_grad=True) for j in range(edges)]
            for s in (steps, -steps)
        ]
        found = [
            sum(
                (g * g).sum()
                for g in jitgrad.autograd.grad(chain(jitgrad, x), x, create_graph=True)
            )
            for x in moved
        ]
        return (found[0].item() - found[1].item()) / (2 * steps)

    for k in range(edges):
        np.testing.assert_allclose(array(second[k]).sum(), slope(k), rtol=1e-5, atol=1e-8)
    assert all(np.isfinite(array(g)).all() for g in third)


def test_what_gradients_share_is_computed_once():
    """The operations of 8 gradients are not 8 times those of one."""

    def gradients(create):
        xs = [jitgrad.tensor(A + k, requires_grad=True) for k in range(8)]

        def run():
            found = jitgrad.autograd.grad(chain(jitgrad, xs), xs, create_graph=create)
            return [g.detach().numpy() for g in found]

        return operations(run)

    plain, recorded = gradients(False), gradients(True)
    assert plain["tanh"] == 8 and recorded["tanh"] <= 16  # once for the value, once here
    assert recorded["multiply"] <= 2 * plain["multiply"] + 16


def test_a_gradient_requires_grad_where_a_second_derivative_is(lib):
    x, y, z = leaf(lib, A), leaf(lib, A + 1), leaf(lib, A + 2)
    gx, gy, gz = lib.autograd.grad((x * y + 3 * z).sum(), [x, y, z], create_graph=True)
    assert gx.requires_grad and gy.requires_grad
    same(gz, np.full(A.shape, 3.0))
    none, ones = lib.autograd.grad(gx.sum(), [x, y], allow_unused=True)
    assert none is None
    same(ones, np.ones(A.shape))
    with pytest.raises(RuntimeError):
        lib.autograd.grad(gy.sum(), y)


def test_equal_gradients_are_two_tensors():
    x, y = (jitgrad.tensor(A, requires_grad=True) for _ in range(2))
    gx, gy = jitgrad.autograd.grad((jitgrad.sin(x + y)).sum(), [x, y], create_graph=True)
    with jitgrad.no_grad():
        gx *= 2.0
    np.testing.assert_allclose(gy.detach().numpy(), np.cos(2 * A))
    np.testing.assert_allclose(gx.detach().numpy(), 2 * np.cos(2 * A))


def test_gradients_at_writes_hooks_and_intermediates(lib):
    x, y = leaf(lib, A), leaf(lib, A + 1)
    h = x * y
    seen = []
    h.register_hook(lambda g: seen.append(g) or 2 * g)
    out = (lib.sin(h) * y).sum()
    gx, gy, _ = lib.autograd.grad(out, [x, y, h], create_graph=True)
    v = A * (A + 1)
    same(gx, 2 * np.cos(v) * (A + 1) * (A + 1), 1e-12)
    same(gy, 2 * np.cos(v) * (A + 1) * A + np.sin(v), 1e-12)
    same(lib.autograd.grad(gx.sum(), x)[0], -4 * np.sin(v) * (A + 1) ** 3, 1e-12)
    assert len(seen) == 2  # the second derivative goes through it, too


def layers(lib, x, ws):
    h = x
    for w in ws:
        h = lib.tanh(h @ w)
    return h


B = np.linspace(-0.5, 0.7, 16).reshape(4, 4)


@pytest.mark.parametrize("look", [False, True])
def test_products_are_not_computed_again(look, tier):
    """Those of the forward pass are kept, for the first derivative and for the second."""
    ws = [jitgrad.tensor(B + k / 7, requires_grad=True) for k in range(3)]

    def run():
        out = (layers(jitgrad, jitgrad.tensor(B), ws) ** 2).sum()
        if look:
            out.item()
        found = jitgrad.autograd.grad(out, ws, create_graph=True)
        return [g.detach().numpy() for g in found]

    run()
    counts = operations(run)
    assert counts["matmul"] == 3 + 5


@pytest.mark.parametrize("held", [False, True])
@pytest.mark.parametrize("hook", [False, True])
def test_second_derivatives_through_products(lib, held, hook):
    """Equal products, products that are held, and with hooks: against differences."""

    def gradients(arrays, seen):
        ws = [leaf(lib, a) for a in arrays]
        first = lib.tanh(lib.tensor(B) @ ws[0])
        again = lib.tanh(lib.tensor(B) @ ws[0])
        product = first @ ws[1]
        if hook:
            product.register_hook(lambda g: seen.append(1) or 3 * g)
        out = (lib.sin(product) * again).sum() + (product @ ws[2]).sum()
        kept = [first, product] if held else []
        del first, again, product
        found = lib.autograd.grad(out, ws, create_graph=True)
        return ws, found, kept

    arrays, seen = [B, B + 0.3, B - 0.2], []
    ws, found, _ = gradients(arrays, seen)
    second = lib.autograd.grad(sum((g * g).sum() for g in found), ws)
    assert len(seen) == (2 if hook else 0)
    if hook:  # it is no derivative of anything
        return
    rng = np.random.default_rng(0)
    ways = [rng.normal(size=B.shape) for _ in arrays]
    sides = []
    for eps in (1e-6, -1e-6):
        moved = [a + eps * d for a, d in zip(arrays, ways, strict=True)]
        sides.append(sum((array(g) ** 2).sum() for g in gradients(moved, [])[1]))
    got = sum((array(g) * d).sum() for g, d in zip(second, ways, strict=True))
    np.testing.assert_allclose(got, (sides[0] - sides[1]) / 2e-6, rtol=1e-6)


def test_a_graph_may_be_freed_before_the_second_derivative():
    def curvature(freed):
        ws = [jitgrad.tensor(B + k / 7, requires_grad=True) for k in range(2)]
        out = layers(jitgrad, jitgrad.tensor(B), ws).sum()
        first = jitgrad.autograd.grad(out, ws, create_graph=True)
        if freed:
            out.backward()
        return jitgrad.autograd.grad(sum((g * g).sum() for g in first), ws)

    for got, want in zip(curvature(True), curvature(False), strict=True):
        np.testing.assert_allclose(got.numpy(), want.numpy())


# --- calls of jitted functions --------------------------------------------------------------------


def cell(w, h, c, x, rate=1.0):
    z = h @ w + x
    gate = 1 / (1 + jitgrad.exp(-z[:, :4]))
    c = c * gate + rate * jitgrad.tanh(z[:, 4:])
    return jitgrad.tanh(c) * gate, c


W = np.linspace(-1, 1, 32).reshape(4, 8)


def sequence(f, w, x, turns=7, rate=None):
    h = c = 0.0 * x[:, :4]
    for k in range(turns):
        h, c = f(w, h, c, x) if rate is None else f(w, h, c, x, rate + k)
    return (h * h).sum() + c.sum()


def leaves():
    return (
        jitgrad.tensor(W, requires_grad=True),
        jitgrad.tensor(np.linspace(-1, 1, 24).reshape(3, 8), requires_grad=True),
    )


@pytest.mark.parametrize("rate", [None, 0.5])
def test_a_loop_of_calls_with_several_results(tier, rate):
    f = jitgrad.jit(cell)
    for _ in range(2):
        found = []
        for function in (f, cell):
            w, x = leaves()
            out = sequence(function, w, x, rate=rate)
            out.backward()
            found.append((out.item(), w.grad.numpy(), x.grad.numpy()))
        for got, want in zip(*found, strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-11, atol=1e-12)


def test_what_results_share_is_computed_once():
    f = jitgrad.jit(lambda x, s: (jitgrad.exp(s * x) * 2.0, jitgrad.exp(s * x) + 3.0))
    x = jitgrad.tensor(A, requires_grad=True)

    def run():
        a, b = f(x, 0.5)
        return a.detach().numpy(), b.detach().numpy()

    run()
    assert operations(run)["exp"] == 1
    for got, want in zip(run(), (np.exp(A / 2) * 2, np.exp(A / 2) + 3), strict=True):
        np.testing.assert_allclose(got, want)


def test_second_order_through_several_results():
    def penalty(function):
        w, x = leaves()
        out = sequence(function, w, x, turns=3)
        gw, gx = jitgrad.autograd.grad(out, [w, x], create_graph=True)
        ((gw * gw).sum() + (gx * gx).sum()).backward()
        return w.grad.numpy(), x.grad.numpy()

    for got, want in zip(penalty(jitgrad.jit(cell)), penalty(cell), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-11)


def test_each_result_requires_grad_by_what_it_is_computed_from():
    f = jitgrad.jit(lambda x, y: (x * 2.0, x * y, y.detach() * x, jitgrad.sin(y)))
    x, y = jitgrad.tensor(A), jitgrad.tensor(A + 1, requires_grad=True)
    for _ in range(2):
        assert [t.requires_grad for t in f(x, y)] == [False, True, False, True]
    x = x.requires_grad_()
    a, b, c, d = f(x, y)
    assert all(t.requires_grad for t in (a, b, c, d))
    assert jitgrad.autograd.grad(c.sum(), [x, y], allow_unused=True)[1] is None


@pytest.mark.parametrize("create", [False, True])
def test_results_are_tensors_like_others(create):
    """Writes, views, hooks, and a graph that is kept."""
    f = jitgrad.jit(lambda x: (jitgrad.sin(x), jitgrad.cos(x) * x))
    x = jitgrad.tensor(A, requires_grad=True)
    for _ in range(2):
        a, b = f(x)
        calls = []
        b.register_hook(lambda g, calls=calls: calls.append(1))
        row = a[0]
        row *= 3.0
        b += a.T.T * 2.0
        a[1] = b[1]
        out = (a * a).sum() + b.sum()
        va, vb = np.sin(A), np.cos(A) * A
        da, db = np.cos(A), np.cos(A) - np.sin(A) * A
        va[0], da[0] = 3 * va[0], 3 * da[0]
        vb, db = vb + 2 * va, db + 2 * da
        va[1], da[1] = vb[1], db[1]
        np.testing.assert_allclose(out.item(), (va * va).sum() + vb.sum())
        (g,) = jitgrad.autograd.grad(out, x, retain_graph=True, create_graph=create)
        np.testing.assert_allclose(g.detach().numpy(), 2 * va * da + db, rtol=1e-12)
        (again,) = jitgrad.autograd.grad(out, x)
        np.testing.assert_allclose(again.numpy(), g.detach().numpy())
        assert calls


def test_results_that_are_dropped_cost_nothing():
    f = jitgrad.jit(lambda x: (jitgrad.sin(x), jitgrad.exp(x)))
    x = jitgrad.tensor(A, requires_grad=True)
    f(x)
    assert operations(lambda: f(x)[0].detach().numpy())["exp"] == 0


def test_long_formulas_end_a_segment_after_the_last_result():
    def long(x):
        a, b = x, x
        for k in range(150):
            a, b = jitgrad.sin(a) + k * b, jitgrad.cos(b) * a
        return a, b, a - b

    f = jitgrad.jit(long)
    found = []
    for function in (f, f, long):
        x = jitgrad.tensor(A[0], requires_grad=True)
        a, b, c = function(x)
        (a.sum() + c.sum() * 0.5 + b.mean()).backward()
        found.append(x.grad.numpy())
    np.testing.assert_allclose(found[1], found[2], rtol=1e-7)
    np.testing.assert_allclose(found[0], found[2], rtol=1e-7)


def test_results_without_a_gradient_are_computed_with_the_others():
    """As a metric beside a loss: what both are computed from is computed once, forward and backward
    in one plan."""

    def step(w, x):
        h = jitgrad.exp(x * w)
        return (h * h).sum(), (h > 1.0).sum(), h.detach() * 2.0, x + 1.0

    f, x = jitgrad.jit(step), jitgrad.tensor(A)

    def run(function):
        w = jitgrad.tensor(A + 0.5, requires_grad=True)
        loss, count, twice, other = function(w, x)
        assert [t.requires_grad for t in (loss, count, twice, other)] == [True, False, False, False]
        assert count.dtype == np.int64
        loss.backward()
        return loss.item(), count.item(), twice.tolist(), other.tolist(), w.grad.tolist()

    want = run(step)
    for _ in range(2):
        for a, b in zip(run(f), want, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-14)
    assert operations(lambda: run(f))["exp"] == 1


@pytest.mark.parametrize("length", [1, 2, 5, 128])
def test_segments_of_any_length_hold_records_of_several_results(length):
    """Calls with several results, one after another: a segment ends after the last result."""

    def sequence(f):
        h = w = jitgrad.tensor(np.linspace(0.1, 1.0, 4), requires_grad=True)
        total = 0.0
        for _ in range(6):
            h, g, _ = f(w, h)
            total = total + (h * g).sum()
        return jitgrad.autograd.grad(total, w)[0].numpy()

    def turn(w, h):
        return jitgrad.tanh(w * h) + h, jitgrad.sin(h) + w, (h > 0.5).sum()

    before = jitgrad.config.segment
    try:
        jitgrad.config.segment = length
        np.testing.assert_allclose(sequence(jitgrad.jit(turn)), sequence(turn), rtol=1e-11)
    finally:
        jitgrad.config.segment = before
