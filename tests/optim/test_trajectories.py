"""The optimisers against those of PyTorch: the same parameters after each of many steps, for every
option; and what `Optimizer` promises: groups, states, parameters that stay what they are."""

import copy
import itertools
import pickle

import numpy as np
import pytest

import jitgrad
from jitgrad import optim
from jitgrad.runtime.plan import observed_plans

RNG = np.random.default_rng(0)
START = [RNG.standard_normal((3, 4)), RNG.standard_normal(4), RNG.standard_normal(())]


def options(**choices):
    return [dict(zip(choices, c, strict=True)) for c in itertools.product(*choices.values())]


SGDS = [
    o
    for o in options(
        lr=(0.05,),
        momentum=(0.0, 0.9),
        dampening=(0.0, 0.3),
        nesterov=(False, True),
        weight_decay=(0.0, 0.1),
        maximize=(False, True),
    )
    if not o["nesterov"] or (o["momentum"] and not o["dampening"])
]
ADAMS = options(
    lr=(0.05,),
    betas=((0.8, 0.95),),
    amsgrad=(False, True),
    weight_decay=(0.0, 0.1),
    maximize=(False, True),
)
CASES = [
    *(("SGD", o) for o in SGDS),
    *((name, o) for name in ("Adam", "AdamW") for o in ADAMS),
    *(
        ("RMSprop", o)
        for o in options(
            lr=(0.01,), momentum=(0.0, 0.9), centered=(False, True), weight_decay=(0.0, 0.1)
        )
    ),
    *(
        ("Adagrad", o)
        for o in options(
            lr=(0.1,),
            lr_decay=(0.0, 0.1),
            weight_decay=(0.0, 0.1),
            initial_accumulator_value=(0.0, 0.5),
        )
    ),
]


def loss(ps, sin):
    a, b, c = ps
    return sin(a * b).sum() + ((a * b + c) ** 2).sum() / 50 + sin(b * c).sum()


def path(lib, cls, kwargs, dtype, turns=20, each=None):
    """The parameters after each step, as arrays."""
    if lib is jitgrad:
        leaves = [jitgrad.tensor(x, dtype=dtype, requires_grad=True) for x in START]
    else:
        leaves = [lib.tensor(x, dtype=getattr(lib, dtype), requires_grad=True) for x in START]
    opt = getattr(lib.optim, cls)(leaves, **kwargs)
    out = []
    for k in range(turns):
        if each is not None:
            each(opt, k)
        opt.zero_grad()
        loss(leaves, lib.sin).backward()
        opt.step()
        out.append(np.concatenate([p.detach().numpy().copy().reshape(-1) for p in leaves]))
    assert all(p.is_leaf and p.requires_grad for p in leaves)
    return np.array(out)


@pytest.mark.each(
    "cls, kwargs", CASES, ids=lambda x: x if isinstance(x, str) else "-".join(map(str, x.values()))
)
def test_as_pytorch(cls, kwargs):
    torch = pytest.importorskip("torch")
    want, got = path(torch, cls, kwargs, "float64"), path(jitgrad, cls, kwargs, "float64")
    np.testing.assert_allclose(got, want, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("cls", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad"])
def test_float32_and_compiled(cls, monkeypatch):
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(jitgrad.config, "compile", "always")
    kwargs = {"lr": 0.01, "weight_decay": 0.1}
    want, got = path(torch, cls, kwargs, "float32"), path(jitgrad, cls, kwargs, "float32")
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, want, rtol=2e-4, atol=2e-5)
    want, got = path(torch, cls, kwargs, "float64"), path(jitgrad, cls, kwargs, "float64")
    np.testing.assert_allclose(got, want, rtol=1e-11, atol=1e-12)


def test_a_rate_that_changes_is_the_same_program():
    torch = pytest.importorskip("torch")

    def each(opt, k):
        opt.param_groups[0]["lr"] = 0.05 / (1 + k)

    want = path(torch, "Adam", {}, "float64", each=each)
    path(jitgrad, "Adam", {}, "float64", turns=4, each=each)
    with observed_plans() as plans:
        got = path(jitgrad, "Adam", {}, "float64", each=each)
    assert not [p.title for p in plans if "adam" in p.title]
    np.testing.assert_allclose(got, want, rtol=1e-11, atol=1e-12)


def test_a_rate_may_be_a_tensor():
    rate = jitgrad.tensor(0.05)
    got = path(jitgrad, "Adam", {"lr": rate}, "float64")
    want = path(jitgrad, "Adam", {"lr": 0.05}, "float64")
    np.testing.assert_allclose(got, want, rtol=1e-12)


def test_a_step_is_one_plan():
    leaves = [jitgrad.ones(3, k + 1, requires_grad=True) for k in range(5)]
    opt = optim.Adam([{"params": leaves[:3]}, {"params": leaves[3:], "lr": 0.1}])
    for p in leaves:
        p.grad = jitgrad.ones(*p.shape)
    with observed_plans() as plans:
        opt.step()
    assert [p.title for p in plans] == ["adam of 5 parameters"]


def test_parameters_without_a_gradient_stay_and_count_their_own_steps():
    torch = pytest.importorskip("torch")
    paths = []
    for lib in (torch, jitgrad):
        a, b = (lib.tensor([1.0, 2.0], requires_grad=True, dtype=lib.float64) for _ in range(2))
        opt = lib.optim.Adam([a, b], lr=0.1)
        out = []
        for k in range(9):
            opt.zero_grad()
            ((a * a).sum() if k % 3 else (a * b).sum()).backward()
            opt.step()
            out.append([*a.detach().numpy().copy(), *b.detach().numpy().copy()])
        paths.append(out)
        steps = [float(opt.state[p]["step"]) for p in (a, b)]
        assert steps == [9, 3]
    np.testing.assert_allclose(*paths, rtol=1e-12)


def test_groups_have_options_of_their_own():
    torch = pytest.importorskip("torch")
    ends = []
    for lib in (torch, jitgrad):
        ps = [lib.tensor([1.0, -2.0], requires_grad=True, dtype=lib.float64) for _ in range(3)]
        opt = lib.optim.SGD([{"params": [ps[0]], "momentum": 0.9}, {"params": ps[1]}], lr=0.1)
        opt.add_param_group({"params": [ps[2]], "lr": 0.2, "weight_decay": 0.3})
        for _ in range(5):
            opt.zero_grad()
            sum((p**2).sum() for p in ps).backward()
            opt.step()
        ends.append([p.detach().numpy() for p in ps])
    np.testing.assert_allclose(*ends, rtol=1e-13)


@pytest.mark.parametrize("cls", ["SGD", "Adam", "RMSprop", "Adagrad"])
def test_a_state_is_saved_and_loaded(cls):
    """Between steps, into a copy, and from PyTorch's."""
    torch = pytest.importorskip("torch")
    kwargs = {"lr": 0.05}
    if cls == "SGD":
        kwargs["momentum"] = 0.9

    def made(lib, values):
        ps = [lib.tensor(v, requires_grad=True) for v in values]
        return ps, getattr(lib.optim, cls)(ps, **kwargs)

    def go(lib, ps, opt, n):
        for _ in range(n):
            opt.zero_grad()
            loss(ps, lib.sin).backward()
            opt.step()
        return [p.detach().numpy().copy() for p in ps]

    ps, opt = made(jitgrad, START)
    middle = go(jitgrad, ps, opt, 4)
    saved = copy.deepcopy(opt.state_dict())
    end = go(jitgrad, ps, opt, 4)
    qs, other = made(jitgrad, middle)
    other.load_state_dict(saved)
    for got, want in zip(go(jitgrad, qs, other, 4), end, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-12)
    ts, theirs = made(torch, START)
    middle = go(torch, ts, theirs, 4)
    qs, other = made(jitgrad, middle)
    if cls != "SGD":
        other.load_state_dict(theirs.state_dict())
        for got, want in zip(go(jitgrad, qs, other, 4), go(torch, ts, theirs, 4), strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-11)


def test_views_of_parameters_and_older_graphs_follow():
    w = jitgrad.tensor([1.0, 2.0, 3.0], requires_grad=True)
    opt = optim.SGD([w], lr=0.5)
    part, flat = w.detach()[1:], w.detach()
    out = (w**2).sum()  # pending: of the values before the step
    w.grad = jitgrad.tensor([1.0, 1.0, 1.0])
    opt.step()
    assert part.tolist() == [1.5, 2.5] and flat.tolist() == [0.5, 1.5, 2.5]
    assert out.item() == 14.0
    w.grad = None
    out.backward()
    assert w.grad.tolist() == [2.0, 4.0, 6.0]
    part[0] = 7.0
    assert w.tolist() == [0.5, 7.0, 2.5]


def test_parameters_may_be_parts_of_one_array():
    whole = jitgrad.zeros(2, 3)
    parts = [whole[0].detach().requires_grad_(), whole[1, 1:].detach().requires_grad_()]
    opt = optim.SGD(parts, lr=1.0, momentum=0.5)
    for _ in range(2):
        for k, p in enumerate(parts):
            p.grad = jitgrad.full(p.shape, k + 1.0)
        opt.step()
    assert whole.tolist() == [[-2.5] * 3, [0.0, -5.0, -5.0]]
    assert [p.is_leaf for p in parts] == [True, True]
    with pytest.raises(jitgrad.ArgumentError, match="share elements"):
        optim.SGD([*parts, whole[:, 1].detach().requires_grad_()])
    w = jitgrad.ones(2, requires_grad=True)
    with pytest.raises(jitgrad.ArgumentError, match="share elements"):
        optim.SGD([w, w.detach().requires_grad_()])


def test_gradients_are_set_to_none_or_zero():
    w = jitgrad.ones(2, requires_grad=True)
    opt = optim.SGD([w], lr=0.5)
    (3 * w).sum().backward()
    opt.zero_grad(set_to_none=False)
    assert w.grad.tolist() == [0.0, 0.0]
    opt.zero_grad()
    assert w.grad is None
    opt.step()  # nothing to do
    assert w.tolist() == [1.0, 1.0]


def test_a_closure_gives_the_loss():
    w = jitgrad.ones(2, requires_grad=True)
    opt = optim.SGD([w], lr=0.5)

    def closure():
        opt.zero_grad()
        out = (w * w).sum()
        out.backward()
        return out

    with jitgrad.no_grad():
        assert opt.step(closure).item() == 2.0
    assert w.tolist() == [0.0, 0.0]


def test_what_is_refused():
    w = jitgrad.ones(2, requires_grad=True)
    with pytest.raises(jitgrad.ArgumentError, match="pass \\[x\\]"):
        optim.SGD(w)
    with pytest.raises(jitgrad.ArgumentError, match="no parameters"):
        optim.SGD([])
    with pytest.raises(jitgrad.GradientError, match="result of operations"):
        optim.SGD([w * 2])
    with pytest.raises(jitgrad.ArgumentError, match="type list"):
        optim.SGD([[1.0]])
    with pytest.raises(jitgrad.ArgumentError, match="lr=-1"):
        optim.SGD([w], lr=-1)
    for bad in ("0.1", None, jitgrad.ones(2), float("nan")):
        with pytest.raises(jitgrad.ArgumentError, match="got lr="):
            optim.Adam([w], lr=bad)
    for bad in (0.9, ("a", 0.5), (0.5,)):
        with pytest.raises(jitgrad.ArgumentError, match="got betas="):
            optim.Adam([w], betas=bad)
    with pytest.raises(jitgrad.ArgumentError, match="nesterov"):
        optim.SGD([w], nesterov=True)
    with pytest.raises(jitgrad.ArgumentError, match="betas"):
        optim.Adam([w], betas=(1.0, 0.5))
    with pytest.raises(jitgrad.ArgumentError, match="each one once"):
        optim.SGD([w, w])
    with pytest.raises(jitgrad.ArgumentError, match="options \\['rate'\\]"):
        optim.SGD([{"params": [w], "rate": 1}])
    assert w.tolist() == [1.0, 1.0]


def test_an_optimiser_is_pickled_and_copied_with_its_parameters():
    w = jitgrad.ones(2, requires_grad=True)
    opt = optim.Adam([w], lr=0.1)
    w.grad = jitgrad.ones(2)
    opt.step()
    for copied, v in (pickle.loads(pickle.dumps((opt, w))), copy.deepcopy((opt, w))):
        v.grad = jitgrad.ones(2)
        copied.step()
        np.testing.assert_allclose(v.tolist(), 0.8)
        assert copied.state[v]["step"].item() == 2 and copied.state[v] is copied.slots[0]
    np.testing.assert_allclose(w.tolist(), 0.9)


def test_what_is_no_closure_and_no_state_is_refused():
    w = jitgrad.ones(2, requires_grad=True)
    opt = optim.Adam([w], lr=0.1)
    w.sum().backward()
    with pytest.raises(jitgrad.ArgumentError, match="closure of type float"):
        opt.step(0.5)
    for state in ({}, None, {"state": {}}):
        with pytest.raises(jitgrad.ArgumentError, match=r"what state_dict\(\)"):
            opt.load_state_dict(state)
    assert w.tolist() == [1.0, 1.0]
