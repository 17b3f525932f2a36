"""Steps of optimisers in functions under `jit`: what they change is changed in each call."""

import numpy as np
import pytest

import jitgrad
from jitgrad import optim

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((20, 3)), RNG.standard_normal(20)
OPTIMISERS = {
    "SGD": {"lr": 0.1, "momentum": 0.9, "dampening": 0.5},
    "Adam": {"lr": 0.1, "amsgrad": True},
    "AdamW": {"lr": 0.1},
    "RMSprop": {"lr": 0.01, "momentum": 0.5, "centered": True},
    "Adagrad": {"lr": 0.1, "lr_decay": 0.1},
}


def model(cls, kwargs):
    w = jitgrad.zeros(3, requires_grad=True)
    b = jitgrad.zeros((), requires_grad=True)
    opt = getattr(optim, cls)([w, b], **kwargs)

    def step(x, y):
        opt.zero_grad()
        loss = ((x @ w + b - y) ** 2).mean()
        loss.backward()
        opt.step()
        return loss.detach()

    return step, w, b, opt


@pytest.mark.parametrize("cls", OPTIMISERS)
def test_a_training_step(cls):
    ends = []
    for under_jit in (False, True):
        step, w, b, opt = model(cls, OPTIMISERS[cls])
        f = jitgrad.jit(step) if under_jit else step
        losses = []
        for k in range(12):
            opt.param_groups[0]["lr"] = 0.1 / (1 + k)
            losses.append(f(X, Y).item())
        ends.append([*losses, *w.tolist(), b.item(), opt.state[w]["step"].item()])
        assert w.is_leaf and w.requires_grad and w.grad is not None
        if under_jit:
            assert len(f.plans()) == 2  # the first call finds no gradients
    np.testing.assert_allclose(*ends, rtol=1e-13)


def test_another_option_is_another_trace():
    step, w, b, opt = model("SGD", {"lr": 0.5})
    f, (plain, v, c, other) = jitgrad.jit(step), model("SGD", {"lr": 0.5})
    for k in range(6):
        for o in (opt, other):
            o.param_groups[0]["weight_decay"] = 0.1 * (k // 3)
        f(X, Y), plain(X, Y)
    np.testing.assert_allclose(w.tolist(), v.tolist(), rtol=1e-13)
    np.testing.assert_allclose(b.item(), c.item(), rtol=1e-13)


def test_a_function_that_reads_the_rate_itself_sees_it():
    w = jitgrad.ones(2, requires_grad=True)
    opt = optim.SGD([w], lr=0.5)

    @jitgrad.jit
    def step():
        w.grad = jitgrad.ones(2)
        opt.step()
        return w.detach() * opt.param_groups[0]["lr"]

    assert step().tolist() == [0.25, 0.25]
    opt.param_groups[0]["lr"] = 0.25
    assert step().tolist() == [0.0625, 0.0625]


def test_an_optimiser_as_an_attribute_and_as_an_argument():
    class Model:
        def __init__(self):
            self.w = jitgrad.ones(2, requires_grad=True)
            self.opt = optim.Adam([self.w], lr=0.1)

        @jitgrad.jit
        def fit(self):
            self.opt.zero_grad()
            (self.w**2).sum().backward()
            self.opt.step()

    model, plain = Model(), Model()
    other = jitgrad.ones(2, requires_grad=True)
    opt = optim.Adam([other], lr=0.1)

    @jitgrad.jit
    def fit(opt):
        opt.zero_grad()
        (other**2).sum().backward()
        opt.step()

    for _ in range(4):
        model.fit(), fit(opt), Model.fit.__wrapped__(plain)
    for w in (model.w, other):
        np.testing.assert_allclose(w.tolist(), plain.w.tolist(), rtol=1e-13)
    assert plain.opt.state[plain.w]["step"].item() == model.opt.state[model.w]["step"].item() == 4


def test_what_needs_another_state_says_so():
    a, b = (jitgrad.ones(2, requires_grad=True) for _ in range(2))
    opt = optim.Adam([a, b])

    @jitgrad.jit
    def step():
        opt.zero_grad()
        (a * a).sum().backward()
        opt.step()

    with pytest.raises(jitgrad.JitError, match="once outside of jit"):
        step()
    step.__wrapped__()
    step()
    assert opt.state[a]["step"].item() == 2 and opt.state[b]["step"].item() == 0
    lbfgs = optim.LBFGS([a])
    with pytest.raises(jitgrad.JitError, match="LBFGS looks at values"):
        jitgrad.jit(lambda: lbfgs.step(lambda: (a * a).sum()))()
