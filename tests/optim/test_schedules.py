"""Schedules of learning rates against PyTorch's, step by step."""

import warnings

import numpy as np
import pytest

import jitgrad
from jitgrad import optim

SCHEDULES = {
    "LambdaLR": [{"lr_lambda": lambda k: 1 / (1 + k)}],
    "MultiplicativeLR": [{"lr_lambda": lambda k: 0.5 + 0.5 / (1 + k)}],
    "StepLR": [{"step_size": 3}, {"step_size": 2, "gamma": 0.5}],
    "MultiStepLR": [{"milestones": [2, 5, 5, 11], "gamma": 0.3}],
    "ExponentialLR": [{"gamma": 0.8}],
    "LinearLR": [{}, {"start_factor": 0.1, "end_factor": 0.5, "total_iters": 9}],
    "ConstantLR": [{}, {"factor": 0.5, "total_iters": 7}],
    "PolynomialLR": [{"total_iters": 8}, {"total_iters": 8, "power": 2.5}],
    "CosineAnnealingLR": [{"T_max": 5}, {"T_max": 8, "eta_min": 0.01}],
    "CosineAnnealingWarmRestarts": [{"T_0": 4}, {"T_0": 3, "T_mult": 2, "eta_min": 0.01}],
    "OneCycleLR": [
        {"max_lr": 1.0, "total_steps": 21},
        {"max_lr": 1.0, "epochs": 3, "steps_per_epoch": 7, "anneal_strategy": "linear"},
        {"max_lr": [1.0, 2.0], "total_steps": 21, "three_phase": True},
    ],
}
CASES = [(name, kwargs) for name, all_kwargs in SCHEDULES.items() for kwargs in all_kwargs]


def optimiser(lib, cls="SGD"):
    ps = [lib.tensor([1.0], requires_grad=True) for _ in range(2)]
    kwargs = {"momentum": 0.5} if cls == "SGD" else {}
    groups = [{"params": [ps[0]]}, {"params": [ps[1]], "lr": 0.25}]
    return getattr(lib.optim, cls)(groups, lr=0.5, **kwargs)


def rates(opt):
    return [
        float(x)
        for g in opt.param_groups
        for x in (g["lr"], *([g["momentum"]] if "momentum" in g else g["betas"]))
    ]


def followed(lib, make, turns=20, cls="SGD"):
    opt = optimiser(lib, cls)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        schedule, out = make(lib, opt, lib.optim.lr_scheduler), [rates(opt)]
        for _ in range(turns):
            opt.step()
            schedule.step()
            out.append(rates(opt))
    return np.array(out)


@pytest.mark.parametrize("cls", ["SGD", "Adam"])
@pytest.mark.parametrize("name, kwargs", CASES, ids=[f"{n}-{k}" for k, (n, _) in enumerate(CASES)])
def test_as_pytorch(name, kwargs, cls):
    torch = pytest.importorskip("torch")

    def make(lib, opt, schedulers):
        return getattr(schedulers, name)(opt, **kwargs)

    got, want = followed(jitgrad, make, cls=cls), followed(torch, make, cls=cls)
    np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-15)


def test_one_after_another():
    torch = pytest.importorskip("torch")

    def make(lib, opt, s):
        parts = [s.LinearLR(opt, 0.1, total_iters=4), s.CosineAnnealingLR(opt, 10)]
        parts += [s.StepLR(opt, 2), s.ExponentialLR(opt, 0.5)]
        return s.SequentialLR(opt, parts, milestones=[4, 9, 14])

    np.testing.assert_allclose(followed(jitgrad, make), followed(torch, make), rtol=1e-12)


def test_several_at_once():
    torch = pytest.importorskip("torch")

    def make(lib, opt, s):
        return s.ChainedScheduler([s.ConstantLR(opt, 0.1, 3), s.ExponentialLR(opt, 0.9)])

    np.testing.assert_allclose(followed(jitgrad, make), followed(torch, make), rtol=1e-12)


@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize("threshold_mode", ["rel", "abs"])
@pytest.mark.parametrize("cooldown", [0, 2])
def test_on_a_plateau(mode, threshold_mode, cooldown):
    torch = pytest.importorskip("torch")
    measures = np.random.default_rng(0).standard_normal(60).cumsum()
    paths = []
    for lib in (jitgrad, torch):
        opt = optimiser(lib)
        schedule = lib.optim.lr_scheduler.ReduceLROnPlateau(
            opt,
            mode,
            factor=0.7,
            patience=2,
            threshold=0.1,
            threshold_mode=threshold_mode,
            cooldown=cooldown,
            min_lr=[0.1, 0.05],
        )
        out = []
        for m in measures:
            schedule.step(float(m))
            out.append(rates(opt))
        paths.append(out)
    np.testing.assert_allclose(*paths, rtol=1e-12)


def test_a_state_is_saved_and_loaded():
    def made():
        opt = optimiser(jitgrad)
        s = optim.lr_scheduler
        parts = [s.LinearLR(opt, 0.1, total_iters=3), s.CosineAnnealingLR(opt, 10)]
        return opt, s.SequentialLR(opt, parts, milestones=[3])

    opt, schedule = made()
    for _ in range(5):
        schedule.step()
    other, again = made()
    other.load_state_dict(opt.state_dict())
    again.load_state_dict(schedule.state_dict())
    for _ in range(5):
        schedule.step(), again.step()
        assert rates(opt) == rates(other)


def test_a_rate_that_is_a_tensor_is_written_to():
    w, rate = jitgrad.ones(1, requires_grad=True), jitgrad.tensor(1.0)
    opt = optim.SGD([w], lr=rate)
    schedule = optim.lr_scheduler.ExponentialLR(opt, 0.5)
    schedule.step()
    assert rate.item() == 0.5 and opt.param_groups[0]["lr"] is rate


def test_what_is_refused():
    opt = optimiser(jitgrad)
    s = optim.lr_scheduler
    with pytest.raises(jitgrad.ArgumentError, match="an optimiser"):
        s.StepLR([1.0], 3)
    with pytest.raises(jitgrad.ArgumentError, match="total_steps"):
        s.OneCycleLR(opt, 1.0)
    with pytest.raises(jitgrad.ArgumentError, match="milestones"):
        s.SequentialLR(opt, [s.ExponentialLR(opt, 0.5)], [3])
    schedule = s.OneCycleLR(opt, 1.0, total_steps=2)
    schedule.step(), schedule.step()
    with pytest.raises(jitgrad.ArgumentError, match="no more"):
        schedule.step()


@pytest.mark.parametrize(
    "make, named",
    [
        (lambda s, opt: s.StepLR(opt, 0), "step_size=0"),
        (lambda s, opt: s.CosineAnnealingLR(opt, 0), "T_max=0"),
        (lambda s, opt: s.CosineAnnealingLR(opt, "10"), "T_max='10'"),
        (lambda s, opt: s.OneCycleLR(opt, 1.0, total_steps=0), "total_steps=0"),
        (lambda s, opt: s.LambdaLR(opt, 0.5), "lr_lambda of type float"),
        (lambda s, opt: s.LambdaLR(opt, lambda k: "half"), "'half' from lr_lambda"),
    ],
)
def test_numbers_and_functions_that_cannot_be(make, named):
    opt = optimiser(jitgrad)
    before = rates(opt)
    with pytest.raises(jitgrad.ArgumentError, match=named):
        make(optim.lr_scheduler, opt)
    assert rates(opt) == before


def test_a_cycle_whose_first_phase_has_no_length_begins_at_the_top():
    opt = optimiser(jitgrad)
    schedule = optim.lr_scheduler.OneCycleLR(opt, 1.0, total_steps=10, pct_start=0.1)
    assert schedule.get_last_lr() == [1.0] * len(opt.param_groups)
    schedule.step()
    assert all(rate < 1.0 for rate in schedule.get_last_lr())


def test_a_highest_rate_for_each_group():
    opt = optimiser(jitgrad)
    rates_too_many = [1.0] * (len(opt.param_groups) + 1)
    with pytest.raises(jitgrad.ArgumentError, match="rates as max_lr"):
        optim.lr_scheduler.OneCycleLR(opt, rates_too_many, total_steps=5)
