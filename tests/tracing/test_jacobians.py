"""`jacfwd`, `jacrev`, `jacobian`, `hessian`, `value_and_jacobian` and batches of cotangents.

Oracles are differences, torch.func, and each other; a Jacobian is also the rows that `grad` gives
one by one. Start at `PROGRAMS`.
"""

import collections
import dataclasses
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from programs import Library, execute_all, programs

import jitgrad
import jitgrad.numpy as jn
from jitgrad import (
    ArgumentError,
    GradientError,
    ShapeError,
    hessian,
    jacfwd,
    jacobian,
    jacrev,
    value_and_jacobian,
)
from jitgrad.runtime.plan import observed_plans

Pair = collections.namedtuple("Pair", "first second")


@dataclasses.dataclass
class Model:
    w: object
    b: object


def looking(x):
    """Of several segments, with writes and branches on values."""
    y = x * 2.0
    while y.sum() < 20.0:
        y = y * y[::-1] + 1.0
    y[0] = x[1] * y[2]
    if y[0] > y[1]:
        y *= x
    return y


def written(x):
    y = jn.sin(x)
    y[1:] += x[:-1] * y[0]
    return y.sum() * x


#: Functions from three numbers to a tensor.
PROGRAMS = {
    "elementwise": lambda x: jn.exp(jn.sin(x)) * x,
    "number": lambda x: (x**3 / x.sum()).prod(),
    "scan": lambda x: jn.cumsum(x) ** 2,
    "product": lambda x: jn.outer(x, x) @ x,
    "looks": looking,
    "writes": written,
    "identity": lambda x: x,
    "constant": lambda x: jn.ones(4),
    "gather": lambda x: x[[0, 2, 2]] * x.max(),
    "sorted": lambda x: jn.sort(x)[::-1] ** 3,
    "empty": lambda x: x[:0],
    "matrix": lambda x: jn.sin(x[:, None] * x[None, :2]),
    "concatenated": lambda x: jn.concatenate([x[:1] ** 2, x * x[2]]),
}
X = np.array([0.7, -1.2, 1.9])


def numeric(f, x=X, eps=1e-6):
    at = lambda x: np.asarray(f(jitgrad.tensor(x)))
    columns = [(at(x + eps * d) - at(x - eps * d)) / (2 * eps) for d in np.eye(len(x))]
    return np.stack(columns, -1)


@pytest.mark.parametrize("tier", ["never", "always"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_jacobians(name, tier, monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", tier)
    f = PROGRAMS[name]
    forward, reverse, cheaper = jacfwd(f)(X), jacrev(f)(X), jacobian(f)(X)
    assert type(forward) is type(reverse) is type(cheaper) is np.ndarray
    np.testing.assert_allclose(forward, numeric(f), rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(reverse, forward, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(cheaper, forward, rtol=1e-12, atol=1e-13)
    value, found = value_and_jacobian(f)(X)
    np.testing.assert_array_equal(value, np.asarray(f(jitgrad.tensor(X))))
    np.testing.assert_array_equal(found, cheaper)


@pytest.mark.parametrize("name", PROGRAMS)
def test_second_derivatives(name):
    f = PROGRAMS[name]
    found = hessian(f)(X)
    np.testing.assert_allclose(found, np.swapaxes(found, -1, -2), rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(found, numeric(jacrev(f)), rtol=1e-6, atol=1e-6)
    for outer in (jacfwd, jacrev):
        for inner in (jacfwd, jacrev):
            np.testing.assert_allclose(outer(inner(f))(X), found, rtol=1e-11, atol=1e-12)


def test_third_derivatives():
    f = lambda x: jn.sin(x).prod() * x.sum()
    found = [a(b(c(f)))(X) for a in (jacfwd, jacrev) for b in (jacfwd, jacrev) for c in (jacrev,)]
    for other in (*found, jacfwd(hessian(f))(X), hessian(jitgrad.grad(f))(X)):
        np.testing.assert_allclose(other, found[0], rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(found[0], numeric(hessian(f)), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("segment", [2, 128])
@settings(max_examples=50, deadline=None)
@given(program=programs(length=8, kinds=("call",) * 4 + ("view", "write", "reduce", "gather")))
def test_random_programs(segment, program):
    leaves, statements = program

    def f(*xs):
        machine = Library(jitgrad, leaves, hooks=False)
        machine.vars[:] = [x.clone() for x in xs]
        return execute_all(machine, statements).vars[-1]

    every = tuple(range(len(leaves)))
    jitgrad.config.segment, before = segment, jitgrad.config.segment
    try:
        forward, reverse = jacfwd(f, every)(*leaves), jacrev(f, every)(*leaves)
        for x, a, b in zip(leaves, forward, reverse, strict=True):
            assert a.shape == b.shape and a.shape[a.ndim - x.ndim :] == x.shape
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9)
    finally:
        jitgrad.config.segment = before


def test_rows_are_gradients():
    f = PROGRAMS["product"]
    rows = [jitgrad.grad(lambda x, k=k: f(x)[k])(X) for k in range(3)]
    np.testing.assert_allclose(jacrev(f)(X), rows, rtol=1e-12)


def test_a_jacobian_is_one_plan():
    for transform in (jacfwd, jacrev):
        with observed_plans() as plans:
            transform(lambda x: jn.sin(x * 0.321) * x.sum())(np.ones(100))
        assert len(plans) <= 2, [plan.title for plan in plans]  # with that of unit vectors' shapes


def test_a_hessian_is_one_plan():
    with observed_plans() as plans:
        hessian(lambda x: (jn.sin(x * 0.123) * x[::-1]).sum())(np.ones(30))
    titles = [plan.title for plan in plans if "Hessian" in plan.title]
    assert len(titles) == 1


def test_containers():
    def f(p, q):
        return {"out": Pair(p.w * q[0], None), "list": [p.b["x"] * q[1]]}

    p, q = Model(np.array([1.0, 2.0]), {"x": 3.0}), (np.array([4.0, 5.0]), 6.0)
    for transform in (jacfwd, jacrev, jacobian):
        jp, jq = (transform(f, (0, 1))(p, q)["out"].first, transform(f, (0, 1))(p, q)["list"][0])
        assert type(jp[0]) is Model and isinstance(jp[1], tuple)
        np.testing.assert_array_equal(jp[0].w, np.diag([4.0, 5.0]))
        np.testing.assert_array_equal(jp[0].b["x"], [0.0, 0.0])
        np.testing.assert_array_equal(jp[1][0], np.diag([1.0, 2.0]))
        assert jq[0].b["x"] == 6.0 and jq[1][1] == 3.0 and type(jq[1][1]) is float
        np.testing.assert_array_equal(jq[0].w, [0.0, 0.0])
    second = hessian(f, (0, 1))(p, q)
    h = second["out"].first
    assert h[0].w[0].w.shape == (2, 2, 2)
    np.testing.assert_array_equal(h[0].w[1][0], h[1][0][0].w)
    assert h[0].w[1][0][1, 1, 1] == 1.0 and not h[0].w[0].w.any()
    assert second["list"][0][0].b["x"][1][1] == 1.0


@pytest.mark.filterwarnings("ignore:`torch:DeprecationWarning")
def test_nested_as_torch_nests():
    torch = pytest.importorskip("torch")
    f = lambda m: lambda p: {"y": m.sin(p["w"]) * p["b"], "z": (p["w"].sum() * p["b"],)}
    p = {"w": np.array([0.3, 0.5]), "b": np.array(2.0)}
    theirs = {k: torch.tensor(v) for k, v in p.items()}
    for name in ("jacfwd", "jacrev", "hessian"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            want = getattr(torch.func, name)(f(torch))(theirs)
        got = getattr(jitgrad, name)(f(jn))(p)
        flat = jitgrad.tree.leaves(got)
        assert jitgrad.tree.structure(got) == jitgrad.tree.structure(want)
        for a, b in zip(flat, jitgrad.tree.leaves(want), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12)


def test_arguments_by_number_and_name():
    f = lambda x, w, b=None: x * w + b
    x, w = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    np.testing.assert_array_equal(jacobian(f, 1)(x, w, b=1.0), np.diag(x))
    np.testing.assert_array_equal(jacrev(f, argnames="b")(x, w, b=1.0), [1.0, 1.0])
    by_x, by_b = jacfwd(f, 0, argnames="b")(x, w, b=1.0)
    np.testing.assert_array_equal(by_x, np.diag(w))
    np.testing.assert_array_equal(by_b, [1.0, 1.0])
    twice = jacfwd(f, (0, 0))(x, w, 1.0)
    np.testing.assert_array_equal(twice[0], twice[1])
    (nested,) = hessian(lambda x: (x**3).sum(), (0,))(x)
    np.testing.assert_array_equal(nested[0], np.diag(6 * x))


def test_auxiliary_data():
    f = lambda x: (x**2, {"x": x})
    found, aux = jacrev(f, has_aux=True)(X)
    np.testing.assert_allclose(found, np.diag(2 * X))
    np.testing.assert_array_equal(aux["x"].numpy(), X)
    (value, aux), found = value_and_jacobian(f, has_aux=True)(X)
    np.testing.assert_array_equal(value, X**2)
    found, aux = hessian(lambda x: ((x**3).sum(), 7), has_aux=True)(X)
    np.testing.assert_allclose(found, np.diag(6 * X))
    assert aux == 7


def test_results_are_like_the_arguments():
    assert type(jacobian(lambda x: x**2)(2.0)) is float
    assert type(hessian(lambda x: x**2)(2.0)) is float
    x = jitgrad.tensor(X)
    for transform in (jacfwd, jacrev, hessian):
        found = transform(lambda x: (x**2).sum())(x)
        assert isinstance(found, jitgrad.Tensor) and not found.requires_grad


@pytest.mark.parametrize("transform", [jacfwd, jacrev, hessian])
def test_float32(transform):
    found = transform(lambda x: jn.sin(x).prod())(X.astype(np.float32))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, transform(lambda x: jn.sin(x).prod())(X), rtol=1e-5)


def test_with_backward():
    w = jitgrad.tensor(X, requires_grad=True)
    for transform in (jacfwd, jacrev):
        w.grad = None
        found = transform(lambda x: x**2 * w)(X)
        assert found.requires_grad
        found.sum().backward()
        np.testing.assert_allclose(w.grad.numpy(), 2 * X)
        w.grad = None
        transform(lambda x: x**3)(w * 2.0).sum().backward()
        np.testing.assert_allclose(w.grad.numpy(), 6 * 2 * X * 2)
    w.grad = None
    hessian(lambda x: (x**4).sum())(w).sum().backward()
    np.testing.assert_allclose(w.grad.numpy(), 24 * X)
    with jitgrad.no_grad():
        assert not jacfwd(lambda x: x**2 * w)(w).requires_grad


def test_under_jit():
    for transform in (jacfwd, jacrev, jacobian, hessian):
        f = transform(written)
        compiled = jitgrad.jit(f)
        for x in (X, X * 2):
            np.testing.assert_allclose(compiled(x), f(x), rtol=1e-11, atol=1e-12)
        np.testing.assert_allclose(transform(jitgrad.jit(written))(X), f(X), rtol=1e-11, atol=1e-12)
    both = jitgrad.jit(lambda p: value_and_jacobian(lambda p: {"y": p["a"] * p["b"]})(p))
    value, found = both({"a": X, "b": 2.0})
    np.testing.assert_allclose(value["y"], 2 * X)
    np.testing.assert_allclose(found["y"]["b"], X)


def test_of_shapes_without_elements_or_axes():
    assert jacfwd(lambda x: x * 2)(np.zeros((0, 2))).shape == (0, 2, 0, 2)
    assert jacrev(lambda x: x * 2)(np.zeros((0, 2))).shape == (0, 2, 0, 2)
    assert hessian(lambda x: x.sum())(np.zeros(0)).shape == (0, 0)
    assert jacrev(lambda x: x.reshape((1, 1)))(np.array(2.0)).shape == (1, 1)
    assert hessian(lambda x: x.reshape((1, 1)) ** 2)(np.array(2.0)).tolist() == [[2.0]]


def test_arrays_that_are_not_contiguous():
    a = np.arange(12.0).reshape(3, 4).T
    for transform in (jacfwd, jacrev):
        found = transform(lambda x: x[::2].T.sum(0) * 2.0)(a)
        want = np.zeros((2, 4, 3))
        want[0, 0], want[1, 2] = 2.0, 2.0
        np.testing.assert_array_equal(found, want)


def test_batches_of_cotangents():
    x = jitgrad.tensor(X, requires_grad=True)
    y = jn.exp(x) * x.sum()
    g = np.arange(12.0).reshape(4, 3)
    (found,) = jitgrad.autograd.grad(y, x, g, retain_graph=True, is_grads_batched=True)
    one_by_one = [jitgrad.autograd.grad(y, x, row, retain_graph=True)[0].numpy() for row in g]
    np.testing.assert_allclose(found.numpy(), one_by_one, rtol=1e-13)
    (again,) = jitgrad.autograd.grad(y, x, g, create_graph=True, is_grads_batched=True)
    second = jitgrad.autograd.grad((again**2).sum(), x)[0].numpy()
    at = lambda x: ((g * np.exp(x) * x.sum() + (g * np.exp(x)).sum(1, keepdims=True)) ** 2).sum()
    want = [(at(X + 1e-6 * d) - at(X - 1e-6 * d)) / 2e-6 for d in np.eye(3)]
    np.testing.assert_allclose(second, want, rtol=1e-6)
    middle = x * 2.0
    z = middle * x
    (found,) = jitgrad.autograd.grad(z, middle, g, is_grads_batched=True)
    np.testing.assert_allclose(found.numpy(), g * X)


def test_zeros_for_what_is_not_used():
    x, w = (jitgrad.tensor(X, requires_grad=True) for _ in range(2))
    found = jitgrad.autograd.grad((x * 2).sum(), [x, w], materialize_grads=True)
    assert found[1].tolist() == [0.0, 0.0, 0.0]
    found = jitgrad.autograd.grad(
        x * 2, [x, w], np.eye(3), is_grads_batched=True, materialize_grads=True
    )
    assert found[1].shape == (3, 3)


def test_a_hook_on_the_way():
    def f(x):
        y = x * 2
        y.register_hook(lambda g: g)
        return y * x

    np.testing.assert_allclose(jacfwd(f)(X), np.diag(4 * X))
    with pytest.raises(GradientError, match="hook on the way"):
        jacrev(f)(X)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: jacfwd(X), ArgumentError, "expected a function"),
        (lambda: jacrev(jn.sin, 1)(X), ArgumentError, "argnums 1 for 1"),
        (lambda: jacrev(jn.sin, "x")(X), ArgumentError, "argnums"),
        (lambda: jacrev(jn.sin, argnames=3)(X), ArgumentError, "argnames 3"),
        (lambda: jacrev(jn.sin, argnames="w")(X), ArgumentError, "'w'"),
        (lambda: jacfwd(lambda x: x > 0)(X), GradientError, "dtype bool"),
        (lambda: jacfwd(lambda x: {"a": 1.0})(X), GradientError, r"the result\['a'\].*float"),
        (lambda: hessian(lambda x: x)(np.arange(3)), GradientError, "dtype int64"),
        (lambda: jacrev(lambda x: x, has_aux=True)(X), GradientError, "has_aux"),
    ],
)
def test_errors(call, error, text):
    with pytest.raises(error, match=text):
        call()


def test_errors_of_batches():
    x = jitgrad.tensor(X, requires_grad=True)
    grad = jitgrad.autograd.grad
    with pytest.raises(ShapeError, match="axis for the batch in front"):
        grad(x * 2, x, np.ones(3), is_grads_batched=True)
    with pytest.raises(ShapeError, match="one for each output"):
        grad([x * 2, x * 3], x, [np.ones((2, 3)), np.ones((1, 3))], is_grads_batched=True)
