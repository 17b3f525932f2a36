"""Functions across PyTorch: against its own gradients, in both directions and to several orders."""

import functools

import numpy as np
import pytest

import jitgrad
from jitgrad import DTypeError, ExchangeError, GradientError, JitError

torch = pytest.importorskip("torch")
bridge = jitgrad.interop.torch

RNG = np.random.default_rng(3)


def close(got, want, tolerance=1e-12):
    got, want = (np.asarray(x.detach()) for x in (got, want))
    assert got.dtype == want.dtype and got.shape == want.shape
    np.testing.assert_allclose(got, want, tolerance, tolerance)


#: One text for both: `m` is jitgrad or torch.
FUNCTIONS = {
    "smooth": (lambda m, x, y: m.sin(x) * y + m.exp(x * 0.3) / (y * y + 1.0), [(2, 3), (3,)]),
    "0-d": (lambda m, x, y: m.tanh(x * y) * x, [(), ()]),
    "empty": (lambda m, x, y: m.sin(x) * y, [(0, 3), (3,)]),
    "sum": (lambda m, x, y: (x * x * y).sum(), [(4,), ()]),
    "matrix": (lambda m, x, y: m.matmul(m.cos(x), y), [(2, 3), (3, 2)]),
    "one unused": (lambda m, x, y: m.sin(x), [(3,), (2,)]),
}


@pytest.fixture(autouse=True)
def in_numpy(monkeypatch):
    """What is compiled is not the point."""
    monkeypatch.setattr(jitgrad.config, "compile", "never")


def derivatives(m, f, xs, order, by_grad):
    """The value of a function and gradients of it to an order, of sums of their sines."""
    out = [f(*xs)]
    for _ in range(order):
        total = functools.reduce(
            lambda a, b: a + b, [m.sin(t * 1.3).sum() for t in out[-len(xs) :]]
        )
        out += by_grad(total, xs)
    return out


def by_torch(total, xs):
    found = torch.autograd.grad(total, xs, create_graph=True, allow_unused=True)
    return [x * 0.0 if g is None else g for g, x in zip(found, xs, strict=True)]


def by_jitgrad(total, xs):
    found = jitgrad.autograd.grad(total, xs, create_graph=True, allow_unused=True)
    return [x * 0.0 if g is None else g for g, x in zip(found, xs, strict=True)]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradients_are_those_of_both_sides(name):
    formula, shapes = FUNCTIONS[name]
    for dtype, tolerance, order in ((np.float64, 1e-10, 3), (np.float32, 1e-3, 1)):
        arrays = [np.array(RNG.normal(size=s), dtype) for s in shapes]
        there = [torch.tensor(a, requires_grad=True) for a in arrays]
        here = [jitgrad.tensor(a, requires_grad=True) for a in arrays]
        f, g = (functools.partial(formula, m) for m in (jitgrad, torch))
        want = derivatives(torch, g, there, order, by_torch)
        out = derivatives(torch, bridge.to_torch(f), there, order, by_torch)
        back = derivatives(jitgrad, bridge.from_torch(g), here, order, by_jitgrad)
        for a, b, c in zip(want, out, back, strict=True):
            close(b, a, tolerance)
            close(c, a, tolerance)


def test_torchs_own_checks():
    f = bridge.to_torch(FUNCTIONS["smooth"][0].__get__(jitgrad))
    x = torch.randn(3, 2, dtype=torch.float64).T.requires_grad_()  # not contiguous
    y = torch.randn(3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(f, (x, y)) and torch.autograd.gradgradcheck(f, (x, y))


def test_torchs_transforms():
    f = bridge.to_torch(lambda x: (x**3).sum())
    x = torch.arange(3.0)
    close(torch.func.grad(f)(x), 3 * x * x)
    close(torch.func.jacrev(torch.func.grad(f))(x), torch.diag(6 * x))
    close(torch.func.vmap(torch.func.grad(f))(x.reshape(3, 1)), 3 * (x * x).reshape(3, 1))
    close(torch.autograd.functional.hessian(f, x), torch.diag(6 * x))


def test_our_transforms(tier):
    y = RNG.normal(size=3)
    f = bridge.from_torch(lambda x, n: (torch.sin(x) * torch.from_numpy(y)).sum() ** n)
    here = lambda x: (jitgrad.sin(x) * y).sum() ** 2
    x, t = RNG.normal(size=3), RNG.normal(size=3)
    for transform in (
        jitgrad.grad,
        jitgrad.hessian,
        jitgrad.jacfwd,
        lambda g: lambda x: jitgrad.jvp(g, (x,), (t,)),
        lambda g: lambda x: jitgrad.vmap(jitgrad.grad(g))(np.stack([x, t])),
        lambda g: jitgrad.jit(jitgrad.grad(g)),
        lambda g: jitgrad.grad(jitgrad.jit(lambda x: g(x) * 2.0)),
        lambda g: jitgrad.grad(lambda x: jitgrad.scan(lambda c, _: (g(c * x), c), 1.0, None, 2)[0]),
    ):
        got, want = transform(lambda x: f(x, 2))(x), transform(here)(x)
        for a, b in zip(jitgrad.tree.leaves(got), jitgrad.tree.leaves(want), strict=True):
            np.testing.assert_allclose(a, b, 1e-10)
    power = jitgrad.jit(lambda x, n: f(x, n))
    assert [float(power(x, n)) for n in (2, 3)] == [float(f(x, n)) for n in (2, 3)]


def test_containers_and_what_has_no_gradient():
    def f(m, p, index, mask, scale, name):
        assert name == "name"
        out = p["w"][0][index] * scale
        return {"out": m.where(mask, out, p["w"][1]), "index": index, "mask": mask, "name": name}

    arrays = [RNG.normal(size=4), RNG.normal(size=2)]
    index, mask = np.array([3, 1]), np.array([True, False])
    run = []
    for kind, m in ((torch.tensor, torch), (jitgrad.tensor, jitgrad)):
        other = jitgrad if m is torch else torch
        convert = bridge.to_torch if m is torch else bridge.from_torch
        w = [kind(a, requires_grad=True) for a in arrays]
        call = convert(lambda *args, other=other, **kwargs: f(other, *args, **kwargs))
        out = call({"w": w}, kind(index), kind(mask), 2.0, name="name")
        assert out["name"] == "name" and isinstance(out["out"], type(w[0]))
        assert not out["index"].requires_grad and not out["mask"].requires_grad
        np.testing.assert_array_equal(out["index"], index)
        assert np.asarray(out["mask"]).dtype == np.bool_
        out["out"].sum().backward()
        run.append([out["out"], w[0].grad, w[1].grad])
    for a, b in zip(*run, strict=True):
        close(b, a)


def test_later_writes_change_nothing():
    x = torch.arange(3.0, requires_grad=True)
    out = bridge.to_torch(lambda x: x * x)(x)
    with torch.no_grad():
        x += 1
    out.sum().backward()
    close(x.grad, 2 * torch.arange(3.0))
    given = []
    y = bridge.from_torch(lambda x: given.append(x) or x.detach().add_(1.0))(jitgrad.arange(3.0))
    given[0].zero_()
    np.testing.assert_array_equal(y, [1.0, 2.0, 3.0])


def module():
    torch.manual_seed(1)
    layers = torch.nn.Linear(3, 4), torch.nn.Dropout(0.5), torch.nn.Tanh(), torch.nn.Linear(4, 1)
    return torch.nn.Sequential(*layers).double()


def test_parameters_of_a_module():
    there, x = module(), RNG.normal(size=(5, 3))
    there[3].weight.requires_grad_(False)
    f, parameters = bridge.from_module(there)
    assert [p.requires_grad for p in parameters.values()] == [True, True, False, True]

    def loss(call, x, m):
        torch.manual_seed(2)  # of dropout, which draws once for the value and its derivative
        return (call(x) ** 2).sum()

    value = loss(lambda x: f(parameters, x), x, jitgrad)
    torch.manual_seed(9)
    value.backward()
    want = loss(there, torch.tensor(x), torch)
    want.backward()
    close(value, want)
    for name, p in there.named_parameters():
        if p.requires_grad:
            close(parameters[name].grad, p.grad)
    calls = []
    there.register_forward_hook(lambda *_: calls.append(1))
    f(parameters, x).sum().backward()
    assert len(calls) == 1  # what torch has kept is used
    # A second derivative computes the module again, with the numbers that were drawn.
    g = jitgrad.tensor(x, requires_grad=True)
    torch.manual_seed(2)
    (first,) = jitgrad.autograd.grad((f(parameters, g) ** 2).sum(), (g,), create_graph=True)
    torch.manual_seed(9)
    (second,) = jitgrad.autograd.grad((first**2).sum(), (g,))
    h = torch.tensor(x, requires_grad=True)
    torch.manual_seed(2)
    (first,) = torch.autograd.grad((there(h) ** 2).sum(), h, create_graph=True)
    (want,) = torch.autograd.grad((first**2).sum(), h)
    close(second, want)
    # Under jit there is nothing to keep them in.
    fixed = {k: p.detach() for k, p in parameters.items()}
    with pytest.raises(JitError, match="random numbers"):
        np.asarray(jitgrad.jit(f)(fixed, x))
    got = jitgrad.jit(jitgrad.grad(lambda p, x: f(p, x).sum()))
    there.eval()
    found = got(fixed, jitgrad.tensor(x))
    there.zero_grad()
    there(torch.tensor(x)).sum().backward()
    close(found["0.weight"], there[0].weight.grad)


def test_what_would_lose_a_gradient_is_an_error():
    w, p = torch.ones(2, requires_grad=True), jitgrad.ones(2, requires_grad=True)
    with pytest.raises(GradientError, match="from_module"):
        bridge.from_torch(module())(np.ones((1, 3)))
    with pytest.raises(GradientError, match="from_module"):
        bridge.from_torch(lambda x: x * w)(p)
    with torch.no_grad():
        bridge.from_torch(lambda x: x * w)(np.ones(2))
    with pytest.raises(GradientError, match="beside its arguments"):
        bridge.to_torch(lambda x: x * p)(w)
    with torch.no_grad():
        assert not bridge.to_torch(lambda x: x * p)(w).requires_grad
    with pytest.raises(GradientError, match="jitgrad.interop"):
        jitgrad.asarray(w)


def test_what_cannot_be_converted_is_an_error():
    f = bridge.to_torch(lambda x: x * 2.0)
    with pytest.raises(DTypeError, match="bfloat16"):
        f(torch.ones(2, dtype=torch.bfloat16))
    with pytest.raises(ExchangeError, match="meta"):
        f(torch.ones(2, device="meta"))
    with pytest.raises(DTypeError, match="float16"):
        bridge.from_torch(lambda x: x.half())(np.ones(2))
    for convert in (bridge.to_torch, bridge.from_torch):
        with pytest.raises(jitgrad.ArgumentError, match="function"):
            convert(jitgrad.ones(2))
    with pytest.raises(jitgrad.ArgumentError, match="from_torch"):
        bridge.from_module(torch.sin)
    with pytest.raises(jitgrad.MissingError, match="wrap"):
        bridge.wrap  # noqa: B018


def test_shapes_that_depend_on_values():
    def f(x):
        return x[: int(x.sum())]

    with pytest.raises(JitError, match="result_shape_dtypes"):
        jitgrad.jit(bridge.from_torch(f))(np.ones(3))
    g = bridge.from_torch(f, result_shape_dtypes=np.empty(2))
    np.testing.assert_array_equal(jitgrad.jit(g)(np.array([1.0, 0.5, 0.6])), [1.0, 0.5])
    with pytest.raises(jitgrad.ShapeError):
        np.asarray(jitgrad.jit(g)(np.ones(3)))
