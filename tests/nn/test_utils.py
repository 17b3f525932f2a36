"""`jitgrad.nn.utils` against PyTorch."""

import numpy as np
import pytest

import jitgrad
from jitgrad.nn import utils


def leaves(lib):
    rng = np.random.default_rng(0)
    out = [lib.tensor(rng.standard_normal(s), requires_grad=True) for s in ((2, 3), (4,), ())]
    for p in out[:2]:
        p.grad = lib.tensor(rng.standard_normal(tuple(p.shape)))
    return out


@pytest.mark.parametrize("max_norm", [0.5, 100.0])
@pytest.mark.parametrize("kind", [1.0, 2.0, 3.0, float("inf")])
def test_norms_are_clipped(max_norm, kind):
    torch = pytest.importorskip("torch")
    mine, theirs = leaves(jitgrad), leaves(torch)
    held = mine[0].grad
    got = utils.clip_grad_norm_(mine, max_norm, kind)
    want = torch.nn.utils.clip_grad_norm_(theirs, max_norm, kind)
    np.testing.assert_allclose(got.item(), want.item(), rtol=1e-12)
    for p, q in zip(mine[:2], theirs[:2], strict=True):
        np.testing.assert_allclose(p.grad.numpy(), q.grad.numpy(), rtol=1e-12)
    assert mine[0].grad is held and mine[2].grad is None


def test_values_are_clipped():
    torch = pytest.importorskip("torch")
    mine, theirs = leaves(jitgrad), leaves(torch)
    utils.clip_grad_value_(mine, 0.3), torch.nn.utils.clip_grad_value_(theirs, 0.3)
    for p, q in zip(mine[:2], theirs[:2], strict=True):
        np.testing.assert_array_equal(p.grad.numpy(), q.grad.numpy())


def test_under_jit():
    w = jitgrad.tensor([3.0, 4.0], requires_grad=True)

    @jitgrad.jit
    def step():
        w.grad = None
        (w * w).sum().backward()
        return utils.clip_grad_norm_([w], 1.0)

    for _ in range(3):
        assert step().item() == 10.0
        np.testing.assert_allclose(w.grad.numpy(), [0.6, 0.8], rtol=1e-6)


def test_parameters_as_a_vector():
    a, b = jitgrad.ones(2, 2, requires_grad=True), jitgrad.zeros(1, requires_grad=True)
    vec = utils.parameters_to_vector([a, b])
    (vec * jitgrad.arange(5.0)).sum().backward()
    assert a.grad.tolist() == [[0.0, 1.0], [2.0, 3.0]]
    utils.vector_to_parameters(jitgrad.arange(5.0), [a, b])
    assert a.tolist() == [[0.0, 1.0], [2.0, 3.0]] and b.tolist() == [4.0] and a.is_leaf
    with pytest.raises(jitgrad.ShapeError, match="as many"):
        utils.vector_to_parameters(jitgrad.arange(4.0), [a, b])


def test_norms_that_are_not_finite():
    w = jitgrad.ones(2, requires_grad=True)
    w.grad = jitgrad.tensor([float("nan"), 1.0])
    with pytest.raises(jitgrad.ArgumentError, match="nan or inf"):
        utils.clip_grad_norm_([w], 1.0, error_if_nonfinite=True)
    assert utils.clip_grad_norm_([], 1.0).item() == 0.0


@pytest.mark.parametrize("bound", [-1.0, float("nan"), "1", None])
@pytest.mark.parametrize("clip", [utils.clip_grad_norm_, utils.clip_grad_value_])
def test_bounds_that_cannot_be_are_refused(clip, bound):
    mine = leaves(jitgrad)
    before = mine[0].grad.tolist()
    for parameters in (mine, []):
        with pytest.raises(jitgrad.ArgumentError, match="expected a number of at least 0"):
            clip(parameters, bound)
    assert mine[0].grad.tolist() == before


@pytest.mark.parametrize("kind", [0, -2.0, "2"])
def test_norms_that_cannot_be_are_refused(kind):
    with pytest.raises(jitgrad.ArgumentError, match="norm_type"):
        utils.clip_grad_norm_(leaves(jitgrad), 1.0, kind)


@pytest.mark.parametrize("clip", [utils.clip_grad_norm_, utils.clip_grad_value_])
def test_a_bound_may_be_an_argument_of_a_traced_function(clip):
    p = jitgrad.ones(2, requires_grad=True)

    @jitgrad.jit
    def clipped(bound):
        p.grad = None
        (p * jitgrad.tensor([3.0, 4.0])).sum().backward()
        clip([p], bound)
        return p.grad.clone()

    for bound in (1.0, 0.5, jitgrad.tensor(2.0)):
        p.grad = jitgrad.tensor([3.0, 4.0])
        clip([p], bound)
        np.testing.assert_allclose(clipped(bound).numpy(), p.grad.numpy(), rtol=1e-12)
