"""`vmap`: axes, containers, what it may be nested with, and what it refuses."""

import collections
import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_programs import MATRICES, VECTORS

import jitgrad
import jitgrad.numpy as jn
from jitgrad import ArgumentError, AxisError, JitError, ShapeError, vmap
from jitgrad.runtime.plan import observed_plans


@pytest.fixture(autouse=True)
def numpy_tier(monkeypatch):
    """Nothing is compiled beside these tests, but where they ask for a tier."""
    monkeypatch.setattr(jitgrad.config, "compile", "never")


RNG = np.random.default_rng(1)
X, Y, W, B = (RNG.standard_normal(s) for s in ((5, 3), (5, 4), (3, 4), (4,)))


def close(got, want, rtol=1e-10):
    got = np.asarray(got.detach() if isinstance(got, jitgrad.Tensor) else got)
    want = np.asarray(want)
    assert got.shape == want.shape
    np.testing.assert_allclose(got, want, rtol=rtol, atol=1e-12)


def layer(x):
    return jn.tanh(x @ W + B)


# --- axes and containers --------------------------------------------------------------------------


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("place", [0, 1, -1])
def test_axes(axis, place, tier):
    x = np.moveaxis(X, 0, axis)
    close(vmap(layer, axis, place)(x), np.moveaxis(np.tanh(X @ W + B), 0, place))


def test_what_is_the_same_for_all_rows():
    got = vmap(lambda x, w, b: jn.tanh(x @ w + b), (0, None, None))(X, W, B)
    close(got, np.tanh(X @ W + B))
    calls = []

    def f(x, scale, name):
        calls.append((scale, name))
        return x * scale

    close(vmap(f, (0, None, None))(X, 2.5, "a name"), X * 2.5)
    assert calls == [(2.5, "a name")]
    close(vmap(lambda x: W, 0)(X), np.stack([W] * 5))
    close(vmap(lambda x: W, 0, None)(X), W)
    close(vmap(lambda x: W, out_axes=1)(X), np.stack([W] * 5, 1))
    close(vmap(lambda w: w * 2, None, axis_size=3)(W), np.stack([W * 2] * 3))
    close(vmap(lambda x: 1.5)(X), np.full(5, 1.5))


def test_containers():
    Pair = collections.namedtuple("Pair", "a b")

    @dataclasses.dataclass
    class Point:
        x: object
        y: object

    def f(p, q, *, scale):
        return {"s": p["x"] + q.a * scale, "t": (q.b[0], None)}, Point(p["x"], 3)

    args = {"x": X[:, 0]}, Pair(Y[:, 0], [Y])
    out, point = vmap(f)(*args, scale=X[:, 1])
    close(out["s"], X[:, 0] + Y[:, 0] * X[:, 1])
    close(out["t"][0], Y)
    assert out["t"][1] is None and type(point) is Point
    close(point.x, X[:, 0])
    assert point.y.tolist() == [3] * 5
    # parts of containers, by their outer parts
    axes = ({"x": 0, "w": None}, (1, None))
    got = vmap(lambda p, q: p["x"] @ p["w"] + q[0] + q[1]["k"], axes)(
        {"w": W, "x": X}, (Y.T, {"k": B})
    )
    close(got, X @ W + Y + B)
    got = vmap(lambda x: {"a": x, "b": (x, W)}, out_axes={"b": (1, None), "a": 0})(X)
    close(got["b"][0], X.T)
    close(got["b"][1], W)


def test_integers_and_bools_and_numbers():
    i = np.array([2, 0, 1, 1, 2])
    close(vmap(lambda x, i: x[i])(X, i), X[np.arange(5), i])
    close(vmap(lambda i: X[1] * 0 + jitgrad.tensor(X)[i])(i), X[1] * 0 + X[i])
    close(vmap(lambda m, x: jn.where(m, x, -x))(X > 0, X), np.abs(X))
    assert vmap(lambda i: i + 1)(i).dtype == np.int64
    assert vmap(lambda x: x * 2)(np.float32([1, 2])).dtype == np.float32
    assert vmap(lambda x: x, 0, 0)(X > 0).dtype == np.bool_


@pytest.mark.parametrize("size", [0, 1])
def test_few_rows(size, tier):
    close(vmap(layer)(X[:size]), np.tanh(X[:size] @ W + B))
    g = vmap(jitgrad.grad(lambda x: layer(x).sum()))(X[:size])
    close(g, ((1 - np.tanh(X[:size] @ W + B) ** 2) @ W.T))


def test_results_are_apart_from_arguments():
    x = jitgrad.tensor(X)
    y = vmap(lambda x: x)(x)
    y[0] = 7.0
    close(x, X)
    x[1] = 8.0
    close(y[1], X[1])


# --- nesting --------------------------------------------------------------------------------------


def test_vmap_within_vmap(tier):
    distances = vmap(vmap(lambda a, b: jn.sqrt(((a - b) ** 2).sum()), (None, 0)), (0, None))
    close(distances(X, X[:4]), np.sqrt(((X[:, None] - X[None, :4]) ** 2).sum(-1)))
    f = vmap(vmap(vmap(lambda x, y: x * y + 1, (None, 0)), (0, None), 1), (0, 0))
    close(f(X, Y), np.einsum("ni,nj->nji", X, Y) + 1)


def test_gradients_within_and_around(tier):
    def f(w, x):
        return (jn.tanh(x @ w) ** 2).sum()

    t = 1 - np.tanh(X @ W) ** 2
    each = np.einsum("ni,nj->nij", X, 2 * np.tanh(X @ W) * t)
    close(vmap(jitgrad.grad(f), (None, 0))(W, X), each)
    values, grads = vmap(jitgrad.value_and_grad(f, (0, 1)), (None, 0))(W, X)
    close(values, (np.tanh(X @ W) ** 2).sum(1))
    close(grads[0], each)
    close(jitgrad.grad(lambda w: vmap(f, (None, 0))(w, X).sum())(W), each.sum(0))
    norms = lambda w: (vmap(jitgrad.grad(f), (None, 0))(w, X) ** 2).sum()
    one = lambda w: sum((jitgrad.grad(f)(w, jitgrad.tensor(x)) ** 2).sum() for x in X)
    close(jitgrad.grad(norms)(W), jitgrad.grad(one)(W))


def test_backward_reaches_tensors_outside(tier):
    w = jitgrad.tensor(W, requires_grad=True)
    out = vmap(lambda x: (x @ w).sum())(X)
    assert out.requires_grad
    (out * jitgrad.tensor(X[:, 0])).sum().backward()
    close(w.grad, np.outer(X[:, 0] @ X, np.ones(4)))
    with jitgrad.no_grad():
        assert not vmap(lambda x: (x @ w).sum())(X).requires_grad
    assert not vmap(lambda x: (x @ w.detach()).sum())(X).requires_grad


def test_a_tensor_from_outside_as_a_result():
    for axes, factor in ((0, 5), (None, 1)):
        w = jitgrad.tensor(B, requires_grad=True)
        out = vmap(lambda x, w=w: w, 0, axes)(X)
        assert out.requires_grad and out.shape == ((5, 4) if factor == 5 else (4,))
        (out * 2).sum().backward()
        close(w.grad, np.full(4, 2.0 * factor))
    assert vmap(lambda: 1.0, axis_size=3)().tolist() == [1.0] * 3


def test_results_that_are_equal_are_apart():
    x, y = vmap(lambda x: (x * 2, x * 2))(X)
    x[0] = 0.0
    close(y, X * 2)


def test_average_with_weights_of_a_row():
    f = lambda x: jn.average(x, weights=x * x)
    want = (X**3).sum(1) / (X**2).sum(1)
    close(vmap(f)(X), want)
    close(jitgrad.jit(f)(X[0]), want[0])


def test_mapped_tensors_have_gradients():
    x = jitgrad.tensor(X, requires_grad=True)
    vmap(lambda row: row * row[0])(x).sum().backward()
    want = np.repeat(X[:, :1], 3, 1)
    want[:, 0] += X.sum(1)
    close(x.grad, want)


def test_rows_require_grad_where_arguments_do():
    asked = []
    f = vmap(lambda *xs: asked.append([x.requires_grad for x in xs]) or xs[0])
    x = jitgrad.tensor(X, requires_grad=True)
    f(x, X)
    with jitgrad.no_grad():
        f(x, X)
    assert asked == [[True, False], [False, False]]


def test_backward_within():
    def f(x):
        y = x.detach().requires_grad_()
        (y**3).sum().backward()
        return y.grad

    close(vmap(f)(X), 3 * X**2)


def test_hvp_within_and_around(tier):
    f = lambda x: (x**4).sum() + (x[0] * x[1]) ** 2
    one = [
        jitgrad.hvp(f)(jitgrad.tensor(x), jitgrad.tensor(v)) for x, v in zip(X, X + 1, strict=True)
    ]
    close(vmap(jitgrad.hvp(f))(X, X + 1), np.stack([np.asarray(h) for h in one]))
    total = lambda x: vmap(f)(x).sum()
    close(jitgrad.hvp(total)(X, X + 1), np.stack([np.asarray(h) for h in one]))


def test_hessians_of_rows():
    f = lambda x: (x**3).sum() * x[0]
    eye = np.eye(3)
    hessian = lambda x: vmap(jitgrad.hvp(f), (None, 0))(x, eye)
    got = vmap(hessian)(X)
    for k, x in enumerate(X):
        want = np.diag(6 * x * x[0])
        want[0] += 3 * x**2
        want[:, 0] += 3 * x**2
        close(got[k], want)


@pytest.mark.parametrize("transform", ["jacfwd", "jacrev", "jacobian", "hessian"])
def test_jacobians_of_rows_and_through_rows(transform):
    of = getattr(jitgrad, transform)
    f = lambda x: (jn.sin(x) * x[0]).sum() if transform == "hessian" else jn.sin(x) * x[0]
    rows = np.stack([of(f)(x) for x in X])
    close(vmap(of(f))(X), rows)
    close(jitgrad.jit(vmap(of(f)))(X), rows)
    whole = of(lambda x: vmap(f)(x).sum(0))(X)
    if transform != "hessian":
        close(np.moveaxis(np.asarray(whole), -2, 0), rows)
    else:
        for n in range(5):
            close(whole[n, :, n], rows[n])


def test_products_of_rows_with_tangents_and_cotangents():
    f = lambda x: jn.sin(x) * x.sum()
    jacobians = np.stack([jitgrad.jacrev(f)(x) for x in X])
    out, tangents = vmap(lambda x, t: jitgrad.jvp(f, (x,), (t,)))(X, X + 1)
    close(out, np.sin(X) * X.sum(1, keepdims=True))
    close(tangents, np.einsum("nij,nj->ni", jacobians, X + 1))
    (back,) = vmap(lambda x, g: jitgrad.vjp(f, x)[1](g))(X, X + 1)
    close(back, np.einsum("nij,ni->nj", jacobians, X + 1))
    _, along = jitgrad.jvp(vmap(f), (X,), (X + 1,))
    close(along, tangents.numpy())


def test_under_jit_and_of_jit():
    want = np.tanh(X @ W + B)
    f = jitgrad.jit(vmap(layer))
    for _ in range(2):
        close(f(X), want)
    close(f(X[:2]), want[:2])
    close(vmap(jitgrad.jit(layer))(X), want)
    g = jitgrad.jit(lambda w: jitgrad.grad(lambda w: vmap(lambda x: (x @ w).sum())(X).sum())(w))
    close(g(W), np.repeat(X.sum(0)[:, None], 4, 1))


def test_writes_and_views_within(tier):
    def f(x):
        out = jitgrad.zeros(4)
        out[1:] = x
        part = out[::2]
        part *= 2.0
        x[0] = 9.0
        return out, x

    x = jitgrad.tensor(X)
    out, rows = vmap(f)(x)
    want = np.concatenate([np.zeros((5, 1)), X], 1)
    want[:, ::2] *= 2
    close(out, want)
    close(rows, np.concatenate([np.full((5, 1), 9.0), X[:, 1:]], 1))
    close(x, X)  # writes to arguments are not seen outside


def test_writes_where_a_row_says(tier):
    i = np.array([2, 0, 1, 1, 2])

    def f(x, i):
        y = x * 1.0
        y[i] = x.sum()
        return y

    want = X.copy()
    want[np.arange(5), i] = X.sum(1)
    close(vmap(f)(X, i), want)
    g = vmap(jitgrad.grad(lambda x, i: (f(x, i) ** 2).sum()))(X, i)
    mask = np.ones_like(X)
    mask[np.arange(5), i] = 0
    close(g, 2 * X * mask + 2 * X.sum(1, keepdims=True))


# --- random programs ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", VECTORS)
def test_programs_over_vectors(name):
    f = VECTORS[name]
    x = RNG.uniform(0.5, 1.5, (3, 8))
    close(vmap(f)(x), np.stack([np.asarray(f(jitgrad.tensor(r)).detach()) for r in x]))
    g = jitgrad.grad(lambda v: (f(v) ** 2).sum())
    close(vmap(g)(x), np.stack([np.asarray(g(r)) for r in x]))


def rows_of_gradients(g, x):
    rows = [jitgrad.asarray(g(r)).detach().numpy() for r in np.moveaxis(x, 1, 0)]
    return np.stack(rows, -1)


@pytest.mark.parametrize("name", MATRICES)
def test_programs_over_matrices(name):
    f = MATRICES[name]
    x = RNG.uniform(0.5, 1.5, (3, 8, 8))
    axes = lambda f: vmap(f, 1, -1)
    rows = np.stack([np.asarray(f(jitgrad.tensor(r)).detach()) for r in np.moveaxis(x, 1, 0)], -1)
    close(axes(f)(x), rows)
    g = jitgrad.grad(lambda v: (f(v) ** 2).sum())
    close(axes(g)(x), rows_of_gradients(g, x))


STEPS = [
    lambda x, y: x + y,
    lambda x, y: jn.sin(x) * y,
    lambda x, y: x[::-1] * y.sum(),
    lambda x, y: jn.cumsum(x) - y[1],
    lambda x, y: x @ jitgrad.tensor(np.eye(3) + 0.1) + y,
    lambda x, y: jn.where(x > y, x, y * 2),
    lambda x, y: jn.outer(x, y).sum(0),
    lambda x, y: jn.sort(x) * y.max(),
    lambda x, y: jn.concatenate([x[1:], y[:1]]),
    lambda x, y: x[jn.argsort(y)] + jn.roll(y, 1),
    lambda x, y: jn.outer(x, y) @ x,
]


@settings(max_examples=60, derandomize=True)
@given(
    st.lists(st.sampled_from(range(len(STEPS))), min_size=1, max_size=5),
    st.sampled_from([(0, 0), (0, None), (None, 0), (1, 0)]),
    st.integers(0, 1000),
)
def test_random_programs(steps, axes, seed):
    rng = np.random.default_rng(seed)
    operands = [rng.standard_normal((4, 3)), rng.standard_normal((4, 3))]
    given_ = [
        v[0] if a is None else np.moveaxis(v, 0, a) for v, a in zip(operands, axes, strict=True)
    ]

    def f(x, y):
        for k in steps:
            x, y = jn.arctan(STEPS[k](x, y)), x  # sines of large numbers would show roundings
        return x

    rows = [
        [v[0] if a is None else v[k] for v, a in zip(operands, axes, strict=True)] for k in range(4)
    ]
    g = jitgrad.grad(lambda x, y: (f(x, y) ** 2).sum(), (0, 1))
    want = np.stack([np.asarray(f(*map(jitgrad.tensor, r))) for r in rows])
    close(vmap(f, axes)(*given_), want, rtol=1e-8)
    for got, want in zip(
        vmap(g, axes)(*given_), zip(*[g(*r) for r in rows], strict=True), strict=True
    ):
        close(got, np.stack(want), rtol=1e-7)


M, FIRST, SECOND = (
    RNG.standard_normal((5, 4, 4)),
    np.array([2, 0, 1, 3, 3]),
    np.array([1, 3, 1, 0, 2]),
)
TWICE = RNG.integers(0, 4, (5, 2, 3))


def filled(m, i, j):
    m = m * 1.0
    m[i] = m.sum(0)
    m[:, j] *= 2
    m[i, 0] += 3
    m[1:, j] = m[:-1, i]
    return m


def put(m, i, j):
    m = m * 1.0
    m[i] = m[j] * 2
    m[0, j] += m[i, 1]
    return m


def attention(q, k, v):
    return jitgrad.softmax(q @ k.T / 2.0, axis=-1) @ v


PLACES = {
    "element": lambda m, i, j: m[i, j],
    "row": lambda m, i, j: m[i] * m[j],
    "column": lambda m, i, j: m[:, i] + m[i - 4],
    "part": lambda m, i, j: m[1:, j] * m[i, :-1],
    "take": lambda m, i, j: jn.take(m, i, axis=1) + jn.take(m, j),
    "writes": filled,
}
ARRAYS = {
    "rows": lambda m, i, j: m[i].sum(0) + m[j],
    "columns": lambda m, i, j: m[:, i] * m[0, j],
    "elements": lambda m, i, j: m[i, j],
    "along": lambda m, i, j: jn.take_along_axis(m[:2], i, 1) + jn.take_along_axis(m[:, :3], j, 0),
    "writes": put,
}
PRODUCTS = [
    (lambda a, b: a @ b, (0, None)),
    (lambda a, b: a @ b, (None, 0)),
    (lambda a, b: a @ b, (0, 0)),
    (lambda a, b: a @ b[0], (0, 0)),
    (lambda a, b: a @ b[0], (None, 0)),
    (lambda a, b: a[0] @ b, (0, None)),
    (lambda a, b: (jn.stack([a, a]) @ b)[1], (0, None)),
    (lambda a, b: (jn.stack([a, a]) @ b)[0], (None, 0)),
    (lambda a, b: (a @ jn.stack([b, b * 2]))[1], (0, None)),
    (lambda a, b: (a @ jn.stack([b, b * 2]))[1], (0, 0)),
    (lambda a, b: jn.einsum("ij,jk,k->i", a, a, b[0]), (None, 0)),
    (lambda a, b: attention(a, b, b), (None, 0)),
    (lambda a, b: attention(a, b, b), (0, None)),
]


def same_as_rows(f, axes, *xs):
    """`f` and its gradient for rows against each of them alone."""
    nums = tuple(k for k, x in enumerate(xs) if x.dtype.kind == "f")
    for g in (f, jitgrad.grad(lambda *a: (f(*a) ** 2).sum(), nums)):
        got = vmap(g, axes)(*[x if a is not None else x[0] for x, a in zip(xs, axes, strict=True)])
        rows = [
            g(*[jitgrad.tensor(x[0 if a is None else k]) for x, a in zip(xs, axes, strict=True)])
            for k in range(5)
        ]
        if g is f:
            close(got, np.stack([r.numpy() for r in rows]))
        else:
            for k, part in enumerate(got):
                close(part, np.stack([r[k].numpy() for r in rows]), rtol=1e-9)


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("axes", [(0, 0, 0), (0, 0, None), (None, 0, 0), (0, None, None)])
def test_a_place_for_each_row(name, axes):
    same_as_rows(PLACES[name], axes, M, FIRST, SECOND)


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize("axes", [(0, 0, 0), (0, 0, None), (None, 0, 0), (0, None, None)])
def test_index_arrays_of_rows(name, axes):
    same_as_rows(ARRAYS[name], axes, M, TWICE, TWICE[::-1].copy())


@pytest.mark.parametrize("k", range(len(PRODUCTS)))
def test_products_of_rows(k):
    f, axes = PRODUCTS[k]
    same_as_rows(f, axes, M, M[::-1].copy())


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("n", [0, 1, 2, 7, 8])
def test_searchsorted_in_rows(side, n):
    a = np.sort(RNG.integers(0, 5, (5, n)).astype(float))
    a[0, n // 2 :] = np.nan
    v = np.concatenate([np.arange(-1.0, 6), [np.nan, np.inf]])
    got = vmap(lambda a: jn.searchsorted(a, v, side=side))(a)
    close(got, np.stack([np.searchsorted(row, v, side=side) for row in a]))
    got = vmap(lambda v: jn.searchsorted(a[1], v, side=side))(v)
    close(got, np.searchsorted(a[1], v, side=side))


# --- how it runs ----------------------------------------------------------------------------------


def test_a_second_call_makes_no_plan():
    f = vmap(jitgrad.grad(lambda x, w: (jn.tanh(x * w) ** 2).sum()), (0, None))
    f(X, X[0]).numpy()
    with observed_plans() as plans:
        close(f(X + 1, X[1]), f(X + 1, X[1]))
    assert not plans


def test_numbers_from_outside_are_those_of_the_call():
    scale, k = [2.0], [0]
    f = vmap(lambda x: x[k[0]] * scale[0] + k[0])
    close(f(X), X[:, 0] * 2)
    scale[0], k[0] = 3.0, 2
    close(f(X), X[:, 2] * 3 + 2)


def kernels(f, *args):
    before, jitgrad.config.compile = jitgrad.config.compile, "always"
    try:
        return [k.operations for k in jitgrad.explain(lambda: f(*args).tolist()).kernels]
    finally:
        jitgrad.config.compile = before


@pytest.mark.parametrize(
    ("row", "whole"),
    [
        (lambda x: jn.exp(-x * x).sum(), lambda x: jn.exp(-x * x).sum(1)),
        (lambda x: jn.tanh(x) * x[0], lambda x: jn.tanh(x) * x[:, :1]),
        (
            lambda x: (x - x.mean()) / x.std(),
            lambda x: (x - x.mean(1, keepdims=True)) / x.std(1, keepdims=True),
        ),
    ],
)
def test_kernels_are_those_of_the_form_by_hand(row, whole):
    x = jitgrad.tensor(X)
    of_rows, by_hand = kernels(vmap(row), x), kernels(whole, x)
    assert len(of_rows) == len(by_hand)
    assert {*map(frozenset, of_rows)} == {*map(frozenset, by_hand)}


# --- errors ---------------------------------------------------------------------------------------


def refuses(error, text, f):
    with pytest.raises(error, match=text):
        f()


def test_errors():
    identity = lambda x: x
    refuses(ArgumentError, "expected a callable", lambda: vmap(3))
    refuses(
        ShapeError,
        r"5 of argument 0, 2 of argument 1\['a'\]",
        lambda: vmap(lambda x, y: x)(X, {"a": Y[:2]}),
    )
    refuses(ShapeError, "without axes", lambda: vmap(identity)(1.0))
    refuses(AxisError, r"in_axes 2 for argument 0 of shape \(5, 3\)", lambda: vmap(identity, 2)(X))
    refuses(AxisError, "out_axes 3 for the result", lambda: vmap(identity, 0, 3)(X))
    refuses(ArgumentError, "2 entries for 1 positional", lambda: vmap(identity, (0, 0))(X))
    refuses(ArgumentError, r"same parts: \['a'\]", lambda: vmap(identity, ({"b": 0},))({"a": X}))
    refuses(ArgumentError, "None for all", lambda: vmap(identity, None)(X))
    refuses(ArgumentError, "expected an integer", lambda: vmap(identity, "x")(X))
    refuses(ShapeError, "with axis_size=4", lambda: vmap(identity, axis_size=4)(X))
    refuses(ArgumentError, "at least 0", lambda: vmap(lambda: 1.0, axis_size=-1)())
    refuses(ArgumentError, "out_axes None for the result", lambda: vmap(identity, 0, None)(X))
    refuses(jitgrad.JitgradError, "no tensor", lambda: vmap(lambda x: "text")(X))


def test_refusals_name_rows(tier, capsys):
    vmap(lambda x: print(x) or x)(X)
    assert capsys.readouterr().out == "tensor(<traced by vmap>, shape=(3,), dtype=float64)\n"
    w = jitgrad.tensor(W, requires_grad=True)
    once = "once for all rows"
    refuses(JitError, once, lambda: vmap(lambda x: x if x.sum() > 0 else -x)(X))
    refuses(JitError, once, lambda: vmap(lambda x: float(x[0]))(X))
    refuses(JitError, once, lambda: vmap(lambda x: np.asarray(x))(X))
    refuses(JitError, once, lambda: vmap(lambda x: x[x > 0])(X))
    refuses(JitError, once, lambda: vmap(lambda x: jn.spacing(x))(X))
    leaked = []
    vmap(lambda x: leaked.append(x) or x)(X)
    refuses(JitError, "under vmap let out", lambda: leaked[0] + 1)
    refuses(JitError, "pass them as an argument", lambda: vmap(lambda x: x * jitgrad.randn(3))(X))
    refuses(JitError, "give the new value back", lambda: vmap(lambda x: w.detach().zero_())(X))
    close(w, W)
    close(vmap(layer)(X), np.tanh(X @ W + B))  # nothing is left behind


def test_an_error_names_the_line_of_the_user():
    def f(x):
        return x @ x[None]

    with pytest.raises(ShapeError) as caught:
        vmap(f)(X)
    lines = [entry.frame.code.raw.co_name for entry in caught.traceback]
    assert "f" in lines


# --- PyTorch as oracle ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "in_axes", "out_axes", "shapes"),
    [
        ("mul", (0, 1), 1, ((3, 4), (4, 3))),
        ("matmul", (None, 2), -1, ((2, 3), (3, 4, 5))),
        ("dot", (1, 0), 0, ((3, 4), (4, 3))),
        ("sub", (-1, None), 0, ((3, 4), (3,))),
    ],
)
def test_as_pytorch(name, in_axes, out_axes, shapes):
    torch = pytest.importorskip("torch")
    xs = [RNG.standard_normal(s) for s in shapes]
    ours = {"mul": jn.multiply, "matmul": jn.matmul, "dot": jn.dot, "sub": jn.subtract}[name]
    theirs = getattr(torch, name)
    want = torch.func.vmap(theirs, in_axes, out_axes)(*map(torch.tensor, xs))
    close(vmap(lambda x, y: ours(x, y), in_axes, out_axes)(*xs), want)


@pytest.mark.parametrize("rows", [0, 3])
@pytest.mark.parametrize("nothing", [None, (), {"a": None, "b": []}])
def test_a_function_may_give_nothing(rows, nothing):
    """Such as one that is called for what it checks."""
    assert vmap(lambda row: nothing)(np.ones((rows, 2))) == nothing
    assert jitgrad.jit(vmap(lambda row: nothing))(np.ones((rows, 2))) == nothing
    assert vmap(vmap(lambda x: nothing))(np.ones((rows, 2))) == nothing
