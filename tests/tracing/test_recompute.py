"""`checkpoint`: the same derivatives, of less memory.

Start at `layer`.
"""

import gc
import tracemalloc
import warnings

import numpy as np
import pytest

import jitgrad
from jitgrad import ArgumentError, JitError, JitgradWarning

W = jitgrad.tensor(np.array([[0.5, -0.3], [0.2, 0.7]]), requires_grad=True)
X = np.array([[1.0, 2.0], [-3.0, 0.5]])


def layer(x):
    for _ in range(3):
        x = jitgrad.tanh(x @ W) + x.sum(0)
    return x


checkpointed = jitgrad.checkpoint(layer)


def gradients(f, count=3):
    W.grad = None
    x = jitgrad.tensor(X, requires_grad=True)
    y = x
    for _ in range(count):
        y = f(y)
    (y * y).sum().backward()
    return x.grad.numpy(), W.grad.numpy()


def test_gradients_are_the_same(tier):
    for got, want in zip(gradients(checkpointed), gradients(layer), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-12)


@pytest.mark.parametrize(
    "transform",
    [jitgrad.grad, lambda f: jitgrad.jit(jitgrad.grad(f)), jitgrad.jit],
    ids=["grad", "jit of grad", "jit"],
)
def test_within_transforms(transform, tier):
    def loss(f):
        return lambda x: (f(f(x)) ** 2).sum()

    results = [transform(loss(f))(X) for f in (checkpointed, layer)]
    results = [r.detach() if isinstance(r, jitgrad.Tensor) else r for r in results]
    np.testing.assert_allclose(*results, rtol=1e-12)


def test_higher_orders(tier):
    def loss(f):
        return lambda x: (f(f(x)) ** 2).sum()

    v = np.ones((2, 2))
    for transform in (lambda f: f, jitgrad.jit):
        products = [transform(jitgrad.hvp(loss(f)))(X, v) for f in (checkpointed, layer)]
        np.testing.assert_allclose(*products, rtol=1e-10)
    tangents = [jitgrad.jvp(f, (X,), (v,))[1] for f in (checkpointed, layer)]
    np.testing.assert_allclose(*tangents, rtol=1e-12)
    rows = [
        jitgrad.vmap(jitgrad.grad(loss(f)))(np.stack([X, 2 * X])) for f in (checkpointed, layer)
    ]
    np.testing.assert_allclose(*rows, rtol=1e-10)


def test_in_loops(tier):
    def loss(f):
        return lambda x: jitgrad.scan(lambda c, _: (f(c), None), x, length=4)[0].sum()

    got, want = [jitgrad.grad(loss(f))(X) for f in (checkpointed, layer)]
    np.testing.assert_allclose(got, want, rtol=1e-12)

    def written(f):
        def function(x):
            for _ in range(8):
                x = f(x)
            return x.sum()

        return jitgrad.jit(jitgrad.grad(function))

    np.testing.assert_allclose(written(checkpointed)(X), written(layer)(X), rtol=1e-12)


def test_containers_and_what_is_no_tensor():
    @jitgrad.checkpoint
    def f(p, n, negative=False):
        out = p["a"] * n
        return {"out": -out if negative else out, "places": p["a"].argsort(), "same": p["b"]}

    x = jitgrad.tensor([3.0, 1.0], requires_grad=True)
    out = f({"a": x, "b": jitgrad.tensor([1, 2])}, 3, negative=True)
    assert out["places"].tolist() == [1, 0] and not out["places"].requires_grad
    assert out["same"].tolist() == [1, 2]
    out["out"].sum().backward()
    assert x.grad.tolist() == [-3.0, -3.0]


def test_the_form_of_pytorch():
    x = jitgrad.tensor([3.0, 1.0], requires_grad=True)
    y = jitgrad.checkpoint(lambda x, n=1: x * n, x, n=4, use_reentrant=False)
    y.sum().backward()
    assert x.grad.tolist() == [4.0, 4.0]
    with pytest.raises(ArgumentError, match="policy"):
        jitgrad.checkpoint(layer, policy=lambda *args: True)


def test_against_finite_differences():
    f = jitgrad.checkpoint(lambda x: jitgrad.sin(x) * x)
    jitgrad.check_grads(f, (np.linspace(0.1, 1.0, 5),), order=3)


def test_random_numbers_are_the_same_again(tier):
    jitgrad.manual_seed(0)
    dropped = jitgrad.checkpoint(lambda x: x * x * (jitgrad.rand(50) > 0.5))
    for transform in (lambda f: f, jitgrad.jit):
        f = transform(lambda x: dropped(x))
        seen = []
        for _ in range(2):
            x = jitgrad.tensor(np.arange(1.0, 51.0), requires_grad=True)
            y = f(x)
            y.sum().backward()
            np.testing.assert_allclose(x.grad, 2 * y.detach() / np.arange(1.0, 51.0))
            seen.append(y.tolist())
        assert seen[0] != seen[1]


def test_what_cannot_be_traced_is_run_as_it_is():
    @jitgrad.checkpoint
    def f(x):
        return x * 2 if x.sum() > 0 else x * 3

    x = jitgrad.tensor([1.0, 2.0], requires_grad=True)
    with pytest.warns(JitgradWarning, match="without checkpoint") as caught:
        f(x).sum().backward()
    assert caught[0].filename == __file__
    assert x.grad.tolist() == [2.0, 2.0]
    with pytest.raises(JitError):
        jitgrad.jit(lambda x: f(x))(x)
    with pytest.raises(ArgumentError, match="expected a function"):
        jitgrad.checkpoint(x)
    with warnings.catch_warnings(), jitgrad.no_grad():
        warnings.simplefilter("error")
        assert f(x).tolist() == [2.0, 4.0]


def test_exceptions_leave_everything():
    @jitgrad.checkpoint
    def f(x):
        raise KeyError("inside")

    x = jitgrad.tensor([1.0], requires_grad=True)
    y = x * 2
    with pytest.raises(KeyError):
        f(y)
    y.backward()
    assert x.grad.tolist() == [2.0] and jitgrad.is_grad_enabled()


#: So many blocks of four products each: their compiled plan takes seconds.
BLOCKS = 8


def memory(wrap, transform=None, n=200, count=BLOCKS):
    """Bytes, in arrays of n x n: what is held between the passes, and at most."""
    weights = jitgrad.tensor(np.full((n, n), 1.0 / n), requires_grad=transform is None)

    def block(x):
        for _ in range(4):
            x = jitgrad.sin(x @ weights)
        return x

    f, x = wrap(block), jitgrad.ones((n, n), requires_grad=True)

    def loss(x):
        for _ in range(count):
            x = f(x)
        return x.sum()

    gc.collect()
    jitgrad.release_memory()
    tracemalloc.start()
    try:
        if transform is None:
            y = loss(x)
            y.item()
            held = tracemalloc.get_traced_memory()[0]
            y.backward()
        else:
            held = 0
            transform(loss)(x.detach()).tolist()
        return held / (8 * n * n), tracemalloc.get_traced_memory()[1] / (8 * n * n)
    finally:
        tracemalloc.stop()


def test_less_is_kept(monkeypatch):
    """Without it, each product and each sine is: 4 in each of the blocks."""
    monkeypatch.setattr(jitgrad.config, "compile", "never")
    held, most = memory(lambda f: f)
    assert held > 4 * BLOCKS
    held_less, most_less = memory(jitgrad.checkpoint)
    assert held_less <= BLOCKS + 4
    assert most_less < most / 2


@pytest.mark.parametrize("compile", ["never", "always"])
def test_less_is_kept_within_one_plan(compile, monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", compile)
    transform = lambda f: jitgrad.grad(f)
    _, most = memory(lambda f: f, transform)
    _, most_less = memory(jitgrad.checkpoint, transform)
    assert most > 4 * BLOCKS
    assert most_less < 0.6 * most
