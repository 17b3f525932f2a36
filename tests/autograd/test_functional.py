"""`jitgrad.autograd.functional` against that of PyTorch, form by form. Start at `FUNCTIONS`."""

import warnings

import numpy as np
import pytest

import jitgrad
from jitgrad import ArgumentError, GradientError, ShapeError
from jitgrad.autograd import functional

X, Y = np.array([1.0, 2.0]), np.array([3.0, -4.0])
#: Functions of two vectors, and whether they give one number.
FUNCTIONS = {
    "two outputs": (lambda x, y: (x * y.sum(), (x * x).sum()), False),
    "one output": (lambda x, y: x**2 * y, False),
    "number": (lambda x, y: (x**3 * y.sum()).sum(), True),
    "constant": (lambda x, y: (x * 0.0).sum() + 1.0, True),
}


def leaves(x):
    return [t for y in x for t in leaves(y)] if isinstance(x, (tuple, list)) else [x]


def alike(got, want):
    assert isinstance(got, tuple) == isinstance(want, tuple)
    if isinstance(want, tuple):
        assert len(got) == len(want)
        for a, b in zip(got, want, strict=True):
            alike(a, b)
        return
    assert isinstance(got, jitgrad.Tensor) and not got.requires_grad
    np.testing.assert_allclose(np.asarray(got), np.asarray(want), rtol=1e-12, atol=1e-14)


def both(name, f, inputs, *vectors):
    """The same call here and in PyTorch."""
    torch = pytest.importorskip("torch")

    def converted(module, a):
        return tuple(map(module.tensor, a)) if isinstance(a, tuple) else module.tensor(a)

    with warnings.catch_warnings():  # of what torch imports
        warnings.simplefilter("ignore")
        theirs = getattr(torch.autograd.functional, name)
        want = theirs(f, *[converted(torch, a) for a in (inputs, *vectors)])
    own = getattr(functional, name)
    return own(f, *[converted(jitgrad, a) for a in (inputs, *vectors)]), want


@pytest.mark.parametrize("name", FUNCTIONS)
def test_jacobian_and_products(name):
    f, _ = FUNCTIONS[name]
    alike(*both("jacobian", f, (X, Y)))
    alike(*both("jvp", f, (X, Y), (Y, X)))
    v = {"two outputs": (X, np.array(2.0)), "one output": X}.get(name, np.array(2.0))
    alike(*both("vjp", f, (X, Y), v))


@pytest.mark.parametrize("name", [n for n, (_, number) in FUNCTIONS.items() if number])
def test_second_derivatives(name):
    f, _ = FUNCTIONS[name]
    alike(*both("hessian", f, (X, Y)))
    alike(*both("hvp", f, (X, Y), (Y, X)))
    alike(*both("vhp", f, (X, Y), (Y, X)))


def test_one_input():
    f = lambda x: (x**3).sum()
    alike(*both("jacobian", lambda x: x**3, X))
    alike(*both("hessian", f, X))
    alike(*both("hvp", f, X, Y))
    alike(*both("vjp", f, X))
    alike(*both("jvp", lambda x: x * X.sum(), np.array([2.0])))


def test_strategies():
    x = jitgrad.tensor(X)
    for strategy in ("reverse-mode", "forward-mode"):
        found = functional.jacobian(lambda x: x**2, x, vectorize=True, strategy=strategy)
        alike(found, np.diag(2 * X))
    with pytest.raises(ArgumentError, match="strategy 'both'"):
        functional.jacobian(lambda x: x, x, strategy="both")


def test_results_stay_in_the_graph_if_asked():
    x = jitgrad.tensor(X, requires_grad=True)
    calls = {
        "jacobian": (lambda **k: functional.jacobian(lambda x: x**3, x, **k), 6 * X),
        "hessian": (lambda **k: functional.hessian(lambda x: (x**4).sum(), x, **k), 24 * X),
        "vjp": (lambda **k: functional.vjp(lambda x: x**3, x, Y, **k)[1], 6 * X * Y),
        "jvp": (lambda **k: functional.jvp(lambda x: x**3, x, Y, **k)[1], 6 * X * Y),
        "hvp": (lambda **k: functional.hvp(lambda x: (x**4).sum(), x, Y, **k)[1], 24 * X * Y),
        "vhp": (lambda **k: functional.vhp(lambda x: (x**4).sum(), x, Y, **k)[1], 24 * X * Y),
    }
    for call, want in calls.values():
        assert not call().requires_grad
        x.grad = None
        call(create_graph=True).sum().backward()
        np.testing.assert_allclose(x.grad.numpy(), want)


@pytest.mark.parametrize("name", functional.__all__)
def test_strict(name):
    x = jitgrad.tensor(X), jitgrad.tensor(Y)
    f = lambda x, y: (x**2).sum()
    more = () if name in ("jacobian", "hessian", "vjp") else (x,)
    with pytest.raises(GradientError, match="output 0.*independent of input 1"):
        getattr(functional, name)(f, x, *more, strict=True)
    getattr(functional, name)(f, x, *more)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda x: functional.jacobian(lambda x: x, [1.0]), ArgumentError, "type float"),
        (lambda x: functional.jacobian(lambda x: 3.0, x), GradientError, "type float.*tensor"),
        (lambda x: functional.hessian(lambda x: x, x), ShapeError, r"\(2,\).*one number"),
        (lambda x: functional.vjp(lambda x: x, x), ArgumentError, "no v for the outputs"),
        (lambda x: functional.jvp(lambda x: x, x), ArgumentError, "no v for the inputs"),
        (lambda x: functional.hvp(lambda x: x.sum(), x, [1.0] * 3), ShapeError, "shapes"),
        (lambda x: functional.vjp(lambda x: x, x, (x, x)), ShapeError, "expected those"),
    ],
)
def test_errors(call, error, text):
    with pytest.raises(error, match=text):
        call(jitgrad.tensor(X))
