"""`vjp`, `jvp` and `linearize`: values, containers, orders, functions that look at values, and
errors.

Oracles are derivatives by hand, differences, torch.func, and each other: forward mode is the
transpose of reverse mode. Start at `PROGRAMS`.
"""

import collections
import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from programs import Dual, Library, execute_all, programs

import jitgrad
import jitgrad.numpy as jn
from jitgrad import ArgumentError, DTypeError, GradientError, ShapeError, jvp, linearize, vjp

Pair = collections.namedtuple("Pair", "first second")


@dataclasses.dataclass
class Model:
    w: object
    b: object
    name: object = None


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
    "reduction": lambda x: (x / x.sum()).prod(),
    "scan": lambda x: jn.cumsum(x) ** 2,
    "product": lambda x: jn.outer(x, x) @ x,
    "looks": looking,
    "writes": written,
    "identity": lambda x: x,
    "constant": lambda x: jn.ones(4),
    "gather": lambda x: x[[0, 2, 2]] * x.max(),
    "sorted": lambda x: jn.sort(x)[::-1] ** 3,
    "empty": lambda x: x[:0],
    "detached": lambda x: x.detach() * x,
}
X, V = np.array([0.7, -1.2, 1.9]), np.array([0.3, 1.0, -0.5])


def numeric(f, x, v, eps=1e-6):
    at = lambda h: np.asarray(f(jitgrad.tensor(x + h * v)))
    return (at(eps) - at(-eps)) / (2 * eps)


@pytest.mark.parametrize("tier", ["never", "always"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_forward_mode(name, tier, monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", tier)
    f = PROGRAMS[name]
    value, tangent = jvp(f, (X,), (V,))
    np.testing.assert_allclose(value, np.asarray(f(jitgrad.tensor(X))), rtol=1e-14)
    if name != "detached":
        np.testing.assert_allclose(tangent, numeric(f, X, V), rtol=1e-7, atol=1e-8)
    assert tangent.shape == value.shape and tangent.dtype == value.dtype
    again, push = linearize(f, X)
    np.testing.assert_array_equal(again, value)
    for scale in (1.0, -2.0):
        np.testing.assert_allclose(push(scale * V), scale * tangent, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", PROGRAMS)
def test_forward_is_the_transpose_of_reverse(name):
    f = PROGRAMS[name]
    value, tangent = jvp(f, (X,), (V,))
    again, pull = vjp(f, X)
    np.testing.assert_array_equal(again, value)
    g = np.random.default_rng(1).standard_normal(np.shape(value))
    for scale in (1.0, 3.0):
        (cotangent,) = pull(scale * g)
        assert cotangent.shape == X.shape
        np.testing.assert_allclose(
            np.vdot(cotangent, V), scale * np.vdot(g, tangent), rtol=1e-12, atol=1e-14
        )


@pytest.mark.parametrize("segment", [1, 3, 128])
@settings(max_examples=60, deadline=None)
@given(program=programs(kinds=("call",) * 4 + ("view", "write", "reduce", "gather", "look")))
def test_random_programs(segment, program):
    """Against tangents by complex steps, and the transpose against reverse mode."""
    leaves, statements = program
    rng = np.random.default_rng(len(statements))
    directions = [rng.standard_normal(x.shape) for x in leaves]
    want = execute_all(Dual(leaves, directions), statements).vars[-1]

    def f(*xs):
        machine = Library(jitgrad, leaves, hooks=False)
        machine.vars[:] = [x.clone() for x in xs]
        return execute_all(machine, statements).vars[-1]

    with jitgrad.no_grad():
        jitgrad.config.segment, before = segment, jitgrad.config.segment
        try:
            value, tangent = jvp(f, leaves, directions)
            _, pull = vjp(f, *leaves)
            g = rng.standard_normal(np.shape(value))
            cotangents = pull(g)
        finally:
            jitgrad.config.segment = before
    if not np.all(np.abs(want.tangent) < 1e8):
        return
    np.testing.assert_allclose(value, want.value, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(tangent, want.tangent, rtol=1e-7, atol=1e-7)
    forward = np.vdot(g, tangent)
    reverse = sum(np.vdot(c, d) for c, d in zip(cotangents, directions, strict=True))
    np.testing.assert_allclose(reverse, forward, rtol=1e-7, atol=1e-7)


def test_containers_go_in_and_come_out():
    def f(p, q):
        return {"out": Pair(p.w * q[0], None), "list": [p.b["x"] + q[1]]}

    p = Model(np.array([1.0, 2.0]), {"x": 3.0}, None)
    q = (np.array([4.0, 5.0]), 6.0)
    t = Model(np.array([1.0, 0.0]), {"x": 1.0}, None), (np.zeros(2), 2.0)
    value, tangent = jvp(f, (p, q), t)
    assert isinstance(value["out"], Pair) and value["out"].second is None
    np.testing.assert_array_equal(value["out"].first, [4.0, 10.0])
    np.testing.assert_array_equal(tangent["out"].first, [4.0, 0.0])
    assert value["list"] == [9.0] and tangent["list"] == [3.0]
    value, pull = vjp(f, p, q)
    gp, gq = pull({"out": Pair(np.ones(2), None), "list": [2.0]})
    assert type(gp) is Model and gp.name is None and gp.b == {"x": 2.0}
    np.testing.assert_array_equal(gp.w, [4.0, 5.0])
    np.testing.assert_array_equal(gq[0], [1.0, 2.0])
    assert gq[1] == 2.0 and type(gq[1]) is float


def test_results_are_like_the_arguments():
    assert [type(x) for x in jvp(lambda x: x * 2, (1.0,), (1.0,))] == [float, float]
    assert [type(x) for x in jvp(lambda x: x * 2, (np.ones(2),), (np.ones(2),))] == [np.ndarray] * 2
    x = jitgrad.tensor([1.0, 2.0])
    out = jvp(lambda x: x * 2, (x,), (np.ones(2),))
    assert all(isinstance(t, jitgrad.Tensor) and not t.requires_grad for t in out)
    value, pull = vjp(lambda x: x * 2, x)
    (g,) = pull([1.0, 1.0])
    assert not value.requires_grad and not g.requires_grad and g.tolist() == [2.0, 2.0]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dtypes_are_those_of_the_primals(dtype):
    x = X.astype(dtype)
    value, tangent = jvp(lambda x: jn.sin(x) * 2, (x,), ([1, 2, 3],))
    assert value.dtype == tangent.dtype == dtype
    _, pull = vjp(lambda x: jn.sin(x) * 2, x)
    assert pull([1, 2, 3])[0].dtype == dtype
    np.testing.assert_allclose(tangent, 2 * np.cos(x) * [1, 2, 3], rtol=1e-6)


def test_auxiliary_data():
    f = lambda x: ((x**2).sum(), {"x": x * 3, "n": 5})
    _, tangent, aux = jvp(f, (X,), (V,), has_aux=True)
    np.testing.assert_allclose(tangent, 2 * X @ V)
    np.testing.assert_allclose(aux["x"].numpy(), 3 * X)
    assert aux["n"] == 5 and not aux["x"].requires_grad
    _value, pull, aux = vjp(f, X, has_aux=True)
    np.testing.assert_allclose(pull(1.0)[0], 2 * X)
    _, push, aux = linearize(f, X, has_aux=True)
    np.testing.assert_allclose(push(V), 2 * X @ V)


def test_auxiliary_data_keeps_an_outer_gradient():
    w = jitgrad.tensor([2.0, 3.0], requires_grad=True)
    _g, aux = jitgrad.grad(lambda x: ((x * 2).sum(), (w * 2, x * 3, w)), has_aux=True)(np.ones(2))
    assert aux[0].requires_grad and not aux[1].requires_grad and aux[2] is w
    aux[0].sum().backward()
    assert w.grad.tolist() == [2.0, 2.0]


def quartic(x):
    return (x**4).sum() * jn.sin(x).prod()


def test_orders_agree():
    """The third derivative, in each order of the modes."""
    forward = lambda f: lambda x: jvp(f, (x,), (V,))[1]
    reverse = lambda f: lambda x: (vjp(f, x)[1](1.0)[0] * V).sum()
    plain = lambda f: lambda x: (jitgrad.grad(f)(x) * V).sum()
    third = {}
    for a in (forward, reverse, plain):
        for b in (forward, reverse, plain):
            for c in (forward, reverse, plain):
                third[a, b, c] = float(a(b(c(quartic)))(jitgrad.tensor(X)))
    values = list(third.values())
    second = lambda h: float(forward(forward(quartic))(jitgrad.tensor(X + h * V)))
    np.testing.assert_allclose(values, values[0], rtol=1e-11)
    np.testing.assert_allclose(values[0], (second(1e-5) - second(-1e-5)) / 2e-5, rtol=1e-7)


@pytest.mark.parametrize("name", ["looks", "writes", "reduction", "product"])
def test_tangents_have_gradients(name):
    f = PROGRAMS[name]

    def along(x):
        return (jvp(f, (x,), (V,))[1] ** 2).sum()

    got = jitgrad.grad(along)(X)
    want = [numeric(along, X, d) for d in np.eye(3)]
    np.testing.assert_allclose(got, want, rtol=1e-6, atol=1e-7)
    by_v = jitgrad.grad(lambda v: (jvp(f, (X,), (v,))[1] ** 2).sum())(V)
    tangent = jvp(f, (X,), (V,))[1]
    np.testing.assert_allclose(by_v, vjp(f, X)[1](2 * tangent)[0], rtol=1e-11, atol=1e-12)


def test_with_backward():
    w = jitgrad.tensor(X, requires_grad=True)
    value, tangent = jvp(lambda x: x**3 * w, (X,), (V,))
    (value.sum() + tangent.sum()).backward()
    np.testing.assert_allclose(w.grad.numpy(), X**3 + 3 * X**2 * V)
    w.grad = None
    a = w * 2.0
    jvp(lambda x: x**2, (a,), (V,))[1].sum().backward()
    np.testing.assert_allclose(w.grad.numpy(), 4 * V)
    w.grad = None
    vjp(lambda x: x**3, w)[1](V)[0].sum().backward()
    np.testing.assert_allclose(w.grad.numpy(), 6 * X * V)


def test_without_gradients():
    w = jitgrad.tensor(X, requires_grad=True)
    with jitgrad.no_grad():
        out = jvp(lambda x: x**3 * w, (w,), (V,))
        _, pull = vjp(lambda x: x**3 * w, w)
        assert not any(t.requires_grad for t in (*out, *pull(V)))
        np.testing.assert_allclose(out[1].numpy(), 3 * X**3 * V)
    assert w.grad is None


def test_a_tangent_that_is_pending():
    t = jitgrad.tensor(V) * 2.0
    _value, tangent = jvp(lambda x: x**2 + t * 0.0, (X,), (t,))
    np.testing.assert_allclose(np.asarray(tangent), 4 * X * V)


def test_under_jit():
    f = lambda x, v: jvp(written, (x,), (v,))
    for _ in range(2):
        for got, want in zip(jitgrad.jit(f)(X, V), f(X, V), strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-12)
    pulled = lambda x, g: vjp(written, x)[1](g)[0]
    np.testing.assert_allclose(jitgrad.jit(pulled)(X, V), pulled(X, V), rtol=1e-12)
    lin = lambda x, v: linearize(written, x)[1](v)
    np.testing.assert_allclose(jitgrad.jit(lin)(X, V), f(X, V)[1], rtol=1e-12)
    compiled = jitgrad.jit(written)
    np.testing.assert_allclose(jvp(compiled, (X,), (V,))[1], f(X, V)[1], rtol=1e-12)
    outer = jitgrad.jit(lambda x: jitgrad.grad(lambda x: (f(x, V)[1] ** 2).sum())(x))
    want = jitgrad.grad(lambda x: (f(x, V)[1] ** 2).sum())(X)
    np.testing.assert_allclose(outer(X), want, rtol=1e-11)


def test_loops_under_jit():
    def f(x):
        for _ in range(40):
            x = jn.sin(x) * 1.1 + 0.1 * x.sum()
        return x

    np.testing.assert_allclose(
        jitgrad.jit(lambda x: jvp(f, (x,), (V,))[1])(X), jvp(f, (X,), (V,))[1], rtol=1e-11
    )


def test_in_one_plan():
    """Value and tangent of a function that is pending as a whole are one plan."""
    from jitgrad.runtime.plan import observed_plans

    with observed_plans() as plans:
        jvp(lambda x: jn.sin(x) * x + 0.123, (X,), (V,))
    assert len(plans) == 1 and "tangents" in plans[0].title


@pytest.mark.filterwarnings("ignore:`torch:DeprecationWarning")
def test_against_torch():
    torch = pytest.importorskip("torch")
    f = lambda m: lambda x, y: {"a": m.sin(x) * y.sum(), "b": (m.exp(y), x[1:] ** 2)}
    x, y = X, np.array([0.5, 0.25])
    t = V, np.array([1.0, -1.0])
    value, tangent = jvp(f(jn), (x, y), t)
    tensors = lambda xs: tuple(map(torch.tensor, xs))
    theirs = torch.func.jvp(f(torch), tensors((x, y)), tensors(t))
    for got, want in zip((value, tangent), theirs, strict=True):
        np.testing.assert_allclose(got["a"], want["a"], rtol=1e-12)
        np.testing.assert_allclose(got["b"][0], want["b"][0], rtol=1e-12)
        np.testing.assert_allclose(got["b"][1], want["b"][1], rtol=1e-12)


def test_nan_and_infinity_pass():
    x = np.array([np.nan, np.inf, 0.0])
    value, tangent = jvp(lambda x: x * 2.0, (x,), (np.array([1.0, 1.0, np.nan]),))
    np.testing.assert_array_equal(value, x * 2)
    np.testing.assert_array_equal(tangent, [2.0, 2.0, np.nan])


def test_arrays_that_are_not_contiguous():
    a, v = np.arange(12.0).reshape(3, 4), np.arange(12.0)[::-1].reshape(4, 3).T
    _, tangent = jvp(lambda x: jn.sin(x) @ x.T, (a,), (v,))
    want = (np.cos(a) * v) @ a.T + np.sin(a) @ v.T
    np.testing.assert_allclose(tangent, want)
    _, pull = vjp(lambda x: x[::2].T * 2.0, a)
    (g,) = pull(np.arange(8.0).reshape(2, 4).T)
    np.testing.assert_allclose(g[::2], 2 * np.arange(8.0).reshape(2, 4))


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: jvp(jn.sin, X, V), ArgumentError, r"primals of type ndarray.*write \(x,\)"),
        (lambda: jvp(jn.sin, (X,), V), ArgumentError, "tangents of type ndarray"),
        (lambda: jvp(jn.sin, (X,), (V, V)), ArgumentError, "2 tangents for 1 primals"),
        (lambda: jvp(jn.sin, (X,), (V[:2],)), ShapeError, r"shape \(2,\).*argument 0.*\(3,\)"),
        (lambda: jvp(jn.sin, ({"a": 1.0},), ({"b": 1.0},)), ShapeError, r"\['b'\].*\['a'\]"),
        (lambda: jvp(jn.sin, (1,), (1.0,)), GradientError, "pass 1.0 instead of 1"),
        (lambda: jvp(jn.sin, ("a",), (1.0,)), DTypeError, "str"),
        (lambda: jvp(lambda x: 1.0, (X,), (V,)), GradientError, "float.*expected a Tensor"),
        (lambda: jvp(lambda x: x > 0, (X,), (V,)), GradientError, "dtype bool.*has_aux"),
        (lambda: jvp(lambda x: x, (X,), (V,), has_aux=True), GradientError, "has_aux=True"),
        (lambda: jvp(X, (X,), (V,)), ArgumentError, "expected a function"),
        (lambda: vjp(jn.sin), ArgumentError, "no primals"),
        (lambda: vjp(jn.sin, X)[1](V[:2]), ShapeError, r"cotangent of shape \(2,\)"),
        (lambda: vjp(lambda x: (x, x), X)[1](V), ShapeError, r"the result\[0\], the result\[1\]"),
        (lambda: linearize(jn.sin, X)[1](V, V), ArgumentError, "2 tangents for 1 primals"),
        (lambda: jvp(float, (1.0,), (1.0,)), GradientError, "differentiated"),
    ],
)
def test_errors(call, error, text):
    with pytest.raises(error, match=text):
        call()
    assert jitgrad.is_grad_enabled()
    np.testing.assert_allclose(jvp(lambda x: x * x, (X,), (V,))[1], 2 * X * V)


def test_tangents_through_a_graph_that_was_freed():
    def f(x):
        y = x**2
        y.sum().backward()
        return y * x

    with pytest.raises(GradientError, match="freed"):
        jvp(f, (X,), (V,))


def along_rows(transform):
    """A Jacobian, by a function that a transform gave, for the rows of a matrix."""

    def rows(f, x):
        _, product = transform(f, x)
        if transform is vjp:
            return jitgrad.vmap(lambda g: product(g)[0])(np.eye(3))
        return jitgrad.vmap(product)(np.eye(3)).T

    return rows


@pytest.mark.parametrize("transform", [vjp, linearize])
@pytest.mark.parametrize("name", ["looks", "writes", "product"])
def test_functions_that_they_give_under_vmap(transform, name):
    f, rows = PROGRAMS[name], along_rows(transform)
    np.testing.assert_allclose(np.asarray(rows(f, X)), jitgrad.jacrev(f)(X), rtol=1e-11, atol=1e-12)
    if name != "looks":
        whole = jitgrad.jit(lambda x: rows(f, x))
        np.testing.assert_allclose(
            np.asarray(whole(X)), jitgrad.jacrev(f)(X), rtol=1e-11, atol=1e-12
        )
    got = jitgrad.grad(lambda x: (rows(f, x) ** 2).sum())(X)
    want = jitgrad.grad(lambda x: (jitgrad.jacrev(f)(x) ** 2).sum())(X)
    np.testing.assert_allclose(got, want, rtol=1e-10, atol=1e-11)


def test_functions_that_they_give_under_jit():
    """A graph stays what it is, so its values may be part of a trace; another one is another."""
    f = lambda x: (jn.sin(x) * x.sum(), x * 2.0)
    _, pull = vjp(f, X)
    _, push = linearize(f, X)
    pulled = jitgrad.jit(lambda g: pull((g, g))[0])
    pushed = jitgrad.jit(push)
    for _ in range(2):
        np.testing.assert_allclose(pulled(V), pull((V, V))[0], rtol=1e-12)
        np.testing.assert_allclose(pushed(V)[0], push(V)[0], rtol=1e-12)
    _, pull = vjp(f, 2 * X)
    np.testing.assert_allclose(pulled(V), pull((V, V))[0], rtol=1e-12)


def test_a_gradient_that_a_trace_would_lose():
    """What requires grad from the middle of a function on is no constant of a trace."""

    def f(x):
        a = (x * 2.0).detach().requires_grad_()
        return a * x * a

    def rows(x):
        _, pull = vjp(f, x)
        return (jitgrad.vmap(lambda g: pull(g)[0])(np.eye(3)) ** 2).sum()

    with pytest.raises(GradientError, match="differentiate that within the traced function"):
        jitgrad.grad(rows)(X)


def test_segments_that_end_run_with_their_tangents():
    """A function that looks at values computes none of them twice."""
    from jitgrad.runtime.plan import observed_plans

    def f(x):
        for _ in range(3):
            x = jn.arctan(x) - jn.cosh(x * 0.4321) / 3.21
            repr(x)
        return jn.arctan(x) / 3.21

    with observed_plans() as plans:
        _value, tangent = jvp(f, (X,), (V,))
    titles = [plan.title.split(" of ")[0] for plan in plans]
    assert titles.count("values and tangents") == 2 and "tangents" not in titles
    np.testing.assert_allclose(tangent, numeric(f, X, V), rtol=1e-7)


def test_a_forward_sweep_ends_with_its_function():
    """Also where the function raises, differentiates itself, or is called in another thread."""

    class Stop(Exception):
        pass

    def fails(x):
        repr(x * 2.0)
        raise Stop

    for _ in range(2):
        with pytest.raises(Stop):
            jvp(fails, (X,), (V,))

    def nested(x):
        y = x * 2.0
        repr(y)
        inner = jvp(lambda z: (repr(z * 3.0) and z**2) * y, (y,), (jn.ones(3),))[1]
        repr(inner)
        g = jitgrad.grad(lambda z: (repr(z) and z**2 * y).sum())(y)
        w = jitgrad.tensor([1.0, 2.0, 3.0], requires_grad=True)
        (w * w * x.detach()).sum().backward()
        return inner + g + w.grad * x

    # 2 y² + 2 y², and w.grad x, of y = 2 x
    np.testing.assert_allclose(jvp(nested, (X,), (V,))[1], 32 * X * V + 2 * np.arange(1, 4) * X * V)
    np.testing.assert_allclose(jitgrad.jacfwd(nested)(X), np.diag(32 * X + 2 * np.arange(1, 4) * X))
