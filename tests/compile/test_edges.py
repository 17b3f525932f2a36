"""Edges of kernels and of the NumPy tier: stretched values, empty axes beside large ones, scans of
one number."""

import numpy as np
import pytest

import jitgrad

# --- the values of a write without gradients, which are stretched ---------------------------------


@pytest.mark.parametrize(
    ("value", "want"),
    [
        (1.5, np.full((2, 3), 1.5)),
        (np.array([[1.0], [2.0]]), np.array([[1.0] * 3, [2.0] * 3])),
        (np.array([1.0, 2.0, 3.0]), np.array([[1.0, 2.0, 3.0]] * 2)),
    ],
    ids=["number", "column", "row"],
)
@pytest.mark.parametrize("write", ["fill", "copy", "copyto", "whole slice"])
def test_a_stretched_write_to_a_result_that_requires_grad(tier, value, want, write):
    for look in (
        lambda y: y.sum().item(),
        lambda y: y.mean().item(),
        lambda y: y.sum(1).tolist(),
        lambda y: y.tolist(),
        lambda y: (y + 1).tolist(),
        lambda y: y.T.tolist(),
        lambda y: jitgrad.cumsum(y, 1).tolist(),
    ):
        y = jitgrad.ones((2, 3), requires_grad=True) * 2
        with jitgrad.no_grad():
            if write == "fill" and np.ndim(value) == 0:
                y.fill_(value)
            elif write == "copyto":
                np.copyto(y, value)
            elif write == "whole slice":
                y[:] = value
            else:
                y.copy_(jitgrad.tensor(value))
        np.testing.assert_array_equal(look(y), look(jitgrad.tensor(want)))


def test_a_stretched_write_keeps_the_gradient_of_what_was_there(tier):
    x = jitgrad.ones((2, 3), requires_grad=True)
    y = x * 2
    with jitgrad.no_grad():
        y.fill_(1.5)
    (y * y).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), np.full((2, 3), 6.0))


def test_a_stretched_write_of_many_rows(tier):
    x = jitgrad.ones((70_000, 3), requires_grad=True)
    y = x * 2
    with jitgrad.no_grad():
        y.copy_(jitgrad.tensor([1.0, 2.0, 3.0]))
    np.testing.assert_array_equal(y.sum(0).detach().numpy(), [70_000, 140_000, 210_000])


# --- empty axes -----------------------------------------------------------------------------------


@pytest.mark.each("dtype", [np.float64, np.float32, np.int64])
@pytest.mark.each("axis", [0, 1, None])
@pytest.mark.each("shape", [(70_000, 0), (0, 70_000), (70_000, 0, 3), (0, 0)], ids=str)
def test_reductions_of_an_empty_axis_beside_a_large_one(tier, shape, axis, dtype):
    for name in ("sum", "prod", "any"):
        with np.errstate(all="ignore"):
            want = getattr(np, name)(np.zeros(shape, dtype), axis)
            got = getattr(jitgrad, name)(jitgrad.zeros(shape, dtype=dtype) * 2, axis)
        np.testing.assert_array_equal(got.numpy(), want)


def test_the_gradient_of_pairs_with_nothing(tier):
    x = jitgrad.tensor(np.linspace(0, 1, 70_000), requires_grad=True)
    e = jitgrad.tensor(np.zeros(0), requires_grad=True)
    jitgrad.outer(jitgrad.sin(jitgrad.sin(x) * 1.1), jitgrad.sin(jitgrad.erf(e))).sum().backward()
    assert e.grad.shape == (0,)
    np.testing.assert_array_equal(x.grad.numpy(), np.zeros(70_000))


# --- scans of what is the same everywhere ---------------------------------------------------------


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("shape", [(100, 100), (3, 300), (1, 1000), (9, 1), (2, 3, 40)], ids=str)
def test_scans_of_one_computed_number(tier, shape, reverse):
    for start in ((), (1,) * len(shape), (*shape[:-1], 1)):
        s = jitgrad.zeros(start, requires_grad=True)
        x = jitgrad.broadcast_to(jitgrad.exp(s), shape)
        out = jitgrad.cumsum(x, -1, reverse=reverse)
        want = np.broadcast_to(np.arange(1.0, shape[-1] + 1), shape)
        np.testing.assert_array_equal(out.detach().numpy(), want[..., ::-1] if reverse else want)
        out.sum().backward()
        np.testing.assert_allclose(s.grad.sum().item(), want.sum(), rtol=1e-13)
        np.testing.assert_array_equal(jitgrad.cummax(x, -1).detach().numpy(), np.ones(shape))
        np.testing.assert_allclose(
            jitgrad.linear_recurrence(x, 0.0 * x).detach().numpy(), np.ones(shape)
        )
