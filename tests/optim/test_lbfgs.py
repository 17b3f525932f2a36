"""L-BFGS against PyTorch's: the same parameters and the same number of evaluations."""

import numpy as np
import pytest

import jitgrad
from jitgrad import optim


def rosenbrock(x):
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def quartic(x):
    return ((x - 3) ** 4).sum() + (x[0] * x[-1]) ** 2


def run(lib, f, start, turns, **kwargs):
    x = lib.tensor(start, requires_grad=True)
    opt = lib.optim.LBFGS([x], **kwargs)

    def closure():
        opt.zero_grad()
        out = f(x)
        out.backward()
        return out

    losses = [float(opt.step(closure).detach()) for _ in range(turns)]
    memory = opt.state[x]
    return np.array(x.tolist()), losses, memory["func_evals"], memory["n_iter"]


@pytest.mark.parametrize("f", [rosenbrock, quartic])
@pytest.mark.parametrize("search", [None, "strong_wolfe"])
@pytest.mark.parametrize("history", [3, 100])
def test_as_pytorch(f, search, history):
    torch = pytest.importorskip("torch")
    start = np.linspace(-1.5, 1.0, 6)
    kwargs = {
        "line_search_fn": search,
        "history_size": history,
        "max_iter": 6,
        "lr": 1.0 if search else 1e-3,
    }
    want, got = run(torch, f, start, 4, **kwargs), run(jitgrad, f, start, 4, **kwargs)
    assert got[2:] == want[2:]
    np.testing.assert_allclose(got[1], want[1], rtol=1e-7)
    np.testing.assert_allclose(got[0], want[0], rtol=1e-6)


def test_the_minimum_is_found():
    x, _, _, _ = run(
        jitgrad, rosenbrock, np.full(5, 0.5), 10, line_search_fn="strong_wolfe", max_iter=50
    )
    np.testing.assert_allclose(x, 1.0, atol=1e-5)


def test_several_parameters_and_a_saved_state():
    def made(values):
        a, b = (jitgrad.tensor(v, requires_grad=True) for v in values)
        opt = optim.LBFGS([a, b], max_iter=3, line_search_fn="strong_wolfe")

        def closure():
            opt.zero_grad()
            out = ((a @ b - 1) ** 2).sum() + 0.1 * (a**2).sum() + 0.1 * (b**2).sum()
            out.backward()
            return out

        return a, b, opt, closure

    rng = np.random.default_rng(0)
    a, b, opt, closure = made([rng.standard_normal((3, 2)), rng.standard_normal(2)])
    opt.step(closure)
    saved = opt.state_dict()
    c, d, other, again = made([a.tolist(), b.tolist()])
    other.load_state_dict(saved)
    first, second = opt.step(closure).item(), other.step(again).item()
    np.testing.assert_allclose(second, first, rtol=1e-12)
    np.testing.assert_allclose(c.tolist(), a.tolist(), rtol=1e-10)
    np.testing.assert_allclose(d.tolist(), b.tolist(), rtol=1e-10)


def test_what_is_refused():
    x = jitgrad.ones(2, requires_grad=True)
    with pytest.raises(jitgrad.ArgumentError, match="line_search_fn"):
        optim.LBFGS([x], line_search_fn="armijo")
    opt = optim.LBFGS([x])
    with pytest.raises(jitgrad.ArgumentError, match="without a closure"):
        opt.step()
    with pytest.raises(jitgrad.ArgumentError, match="second group"):
        opt.add_param_group({"params": [jitgrad.ones(2, requires_grad=True)]})
    with pytest.raises(jitgrad.ArgumentError, match="gives back NoneType"):
        opt.step(lambda: None)
