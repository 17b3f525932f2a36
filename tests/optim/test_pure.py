"""Optimisers as pure functions: the paths of the objects, on containers, under `jit`, and through
which gradients go."""

import dataclasses

import numpy as np
import pytest

import jitgrad
from jitgrad import optim

PAIRS = {
    "sgd": (optim.SGD, {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    "adam": (optim.Adam, {"lr": 0.1, "amsgrad": True, "weight_decay": 0.1}),
    "adamw": (optim.AdamW, {"lr": 0.1}),
    "rmsprop": (optim.RMSprop, {"lr": 0.01, "momentum": 0.5, "centered": True}),
    "adagrad": (optim.Adagrad, {"lr": 0.1, "initial_accumulator_value": 0.25}),
}


def loss(w, b):
    return ((jitgrad.sin(w) * 3 + b) ** 2).sum()


def along(cls, kwargs, turns=8):
    w, b = jitgrad.tensor([1.0, 2.0], requires_grad=True), jitgrad.tensor(3.0, requires_grad=True)
    opt = cls([w, b], **kwargs)
    for _ in range(turns):
        opt.zero_grad()
        loss(w, b).backward()
        opt.step()
    return [*w.tolist(), b.item()]


@pytest.mark.parametrize("under_jit", [False, True])
@pytest.mark.parametrize("name", PAIRS)
def test_as_the_object(name, under_jit):
    cls, kwargs = PAIRS[name]
    init, update = getattr(optim, name)(**kwargs)
    gradient = jitgrad.grad(lambda p: loss(p["w"], p["rest"][0]))

    def step(params, state):
        return update(gradient(params), state, params)

    step = jitgrad.jit(step) if under_jit else step
    params = {"w": jitgrad.tensor([1.0, 2.0]), "rest": (jitgrad.tensor(3.0),)}
    state = init(params)
    for _ in range(8):
        params, state = step(params, state)
    assert type(params["rest"]) is tuple and float(state["step"]) == 8
    got = [*params["w"].tolist(), params["rest"][0].item()]
    np.testing.assert_allclose(got, along(cls, kwargs), rtol=1e-12)
    if under_jit:
        assert len(step.plans()) == 1


@dataclasses.dataclass
class Params:
    w: jitgrad.Tensor
    b: float


def test_dataclasses_numbers_and_float32():
    init, update = optim.adam(0.5)
    params = Params(jitgrad.ones(2, dtype=np.float32), 1.0)
    grads = Params(jitgrad.ones(2, dtype=np.float32), 1.0)
    new, state = update(grads, init(params), params)
    assert type(new) is Params and new.w.dtype == np.float32
    np.testing.assert_allclose(new.w.numpy(), 0.5, rtol=1e-6)
    assert abs(float(new.b) - 0.5) < 1e-7
    assert type(state["exp_avg"]) is Params


def test_rates_given_by_a_schedule_or_by_each_call():
    init, update = optim.sgd(lambda step: 1.0 / (1.0 + step))
    params, state = jitgrad.tensor([4.0]), None
    state = init(params)
    for _ in range(3):
        params, state = update(jitgrad.tensor([1.0]), state, params)
    np.testing.assert_allclose(params.item(), 4 - 1 - 1 / 2 - 1 / 3)
    init, update = optim.sgd()

    @jitgrad.jit
    def step(params, state, lr):
        return update(jitgrad.ones(1), state, params, lr=lr)

    params, state = jitgrad.tensor([4.0]), init(params)
    for lr in (1.0, 0.5, 0.25):
        params, state = step(params, state, lr)
    assert params.item() == 2.25 and len(step.plans()) == 1


def test_gradients_go_through_steps():
    """The gradient of a loss after two steps, by the learning rate and by the start."""
    _, update = optim.adam()
    inner = jitgrad.grad(lambda p: (p**4).sum())

    def after(lr, start):
        init, _ = optim.adam()
        params, state = start, init(start)
        for _ in range(2):
            params, state = update(inner(params), state, params, lr=lr)
        return (params**2).sum()

    lr, start = jitgrad.tensor(0.1), jitgrad.tensor([1.0, -2.0])
    g_lr, g_start = jitgrad.grad(after, argnums=(0, 1))(lr, start)
    h = 1e-6
    want = (after(lr + h, start) - after(lr - h, start)) / (2 * h)
    np.testing.assert_allclose(g_lr.item(), want.item(), rtol=1e-6)
    for k in range(2):
        e = np.eye(2)[k] * h
        want = (after(lr, start + e) - after(lr, start - e)) / (2 * h)
        np.testing.assert_allclose(g_start.tolist()[k], want.item(), rtol=1e-6)


def test_what_is_refused():
    init, update = optim.adam()
    params = {"w": jitgrad.ones(2), "b": jitgrad.ones(1)}
    state = init(params)
    with pytest.raises(jitgrad.ShapeError, match="gradients with the leaves"):
        update({"w": jitgrad.ones(2)}, state, params)
    with pytest.raises(jitgrad.ShapeError, match=r"shape \(3,\) for params\['w'\]"):
        update({"w": jitgrad.ones(3), "b": jitgrad.ones(1)}, state, params)
    with pytest.raises(jitgrad.GradientError, match="int64"):
        init([jitgrad.arange(3)])
    # The order of keys is that of the parameters.
    new, _ = update({"b": jitgrad.zeros(1), "w": jitgrad.ones(2)}, state, params)
    assert new["b"].item() == 1.0 and new["w"].tolist()[0] < 1.0


@pytest.mark.parametrize("state", [None, 3.0, {}, {"step": 0.0}, optim.sgd(0.1).init({"w": 1.0})])
def test_a_state_of_another_optimiser_is_refused(state):
    with pytest.raises(jitgrad.ArgumentError, match=r"what init\(params\)"):
        optim.adam(0.1).update({"w": 1.0}, state, {"w": 1.0})


@pytest.mark.parametrize("name", PAIRS)
def test_states_belong_to_parameters_by_name(name):
    """Also where a dict has its keys in another order, as from a file."""
    init, update = getattr(optim, name)(**PAIRS[name][1])
    params = {"a": jitgrad.tensor([1.0, 2.0]), "b": jitgrad.tensor([3.0, 4.0])}
    grads = {"a": jitgrad.tensor([0.1, 0.2]), "b": jitgrad.tensor([30.0, 40.0])}
    params, state = update(grads, init(params), params)
    turned = {k: dict(reversed(x.items())) if isinstance(x, dict) else x for k, x in state.items()}
    want, got = (update(grads, s, params)[0] for s in (state, turned))
    for key in params:
        np.testing.assert_array_equal(got[key].numpy(), want[key].numpy())


def test_a_state_for_other_parameters_is_refused():
    init, update = optim.sgd(0.1, momentum=0.9)
    x = jitgrad.ones(3, 2)
    with pytest.raises(jitgrad.ShapeError, match=r"momentum_buffer of shape \(2,\)"):
        update(x, init(jitgrad.ones(2)), x)
    with pytest.raises(jitgrad.ShapeError, match="momentum_buffer with the leaves"):
        update([x, x], init([x]), [x, x])


@pytest.mark.parametrize("rate", ["0.1", [0.1], lambda step: None])
def test_rates_that_are_no_numbers_are_refused(rate):
    x = jitgrad.ones(2)
    init, update = optim.sgd(0.1)
    with pytest.raises(jitgrad.ArgumentError, match="the learning rate"):
        update(x, init(x), x, lr=rate)
