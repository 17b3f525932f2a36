"""Digits that do not depend on an offset: softmax, logaddexp and their kin, to second order, in
both tiers."""

import numpy as np
import pytest

import jitgrad
import jitgrad.numpy as jn

DTYPES = [np.float64, np.float32]


def rows(dtype, offset, shape=(5, 7)):
    """Rows that are representable beside the offset, so that an exact result is that of the rows
    without it."""
    unit = max(np.spacing(dtype(offset)), dtype(2.0**-3))
    return (np.random.default_rng(0).integers(-8, 8, shape) * unit).astype(dtype)


def offsets(dtype):
    return [0.0, 100.0, -1e4, 1e6, -1e8, 1e15] if dtype is np.float64 else [0.0, 100.0, -1e4, 1e6]


def softmax(x, axis):
    e = np.exp(x.astype(np.longdouble) - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def value_and_derivatives(f, x, w, v):
    """f(x), the gradient of (w * f(x)).sum(), and the gradient of that gradient times v."""
    x = jitgrad.tensor(x, requires_grad=True)
    out = f(x)
    (g,) = jitgrad.autograd.grad((out * jitgrad.tensor(w)).sum(), [x], create_graph=True)
    (h,) = jitgrad.autograd.grad((g * jitgrad.tensor(v)).sum(), [x])
    return [t.detach().numpy() for t in (out, g, h)]


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["softmax", "log_softmax", "logsumexp"])
def test_an_offset_costs_no_digits(tier, name, dtype, axis):
    rng = np.random.default_rng(1)
    function = getattr(jitgrad, name)
    f = (
        (lambda x: function(x, axis, keepdims=True))
        if name == "logsumexp"
        else (lambda x: function(x, axis))
    )
    for offset in offsets(dtype):
        x = rows(dtype, offset)
        moved = (x + dtype(offset)).astype(dtype)
        assert ((moved - dtype(offset)).astype(dtype) == x).all()
        p, w, v = (
            softmax(x, axis),
            rng.standard_normal(x.shape).astype(dtype),
            rng.standard_normal(x.shape),
        )
        v = v.astype(dtype)
        if name == "logsumexp":
            w = w.sum(axis, keepdims=True)
        out, g, h = value_and_derivatives(f, moved, w, v)

        def total(a):
            return a.sum(axis, keepdims=True)

        mean = total(p * v)  # derivatives of p in the direction v are p * (v - mean)
        want = {
            "softmax": (p, p * (w - total(w * p)), None),
            "log_softmax": (np.log(p), w - total(w) * p, -total(w) * p * (v - mean)),
            "logsumexp": (total(moved * 0) - np.inf, w * p, w * p * (v - mean)),
        }[name]
        if name == "softmax":
            dp = p * (v - mean)
            want = (*want[:2], dp * (w - total(w * p)) - p * total(w * dp))
        rtol = 1e-13 if dtype is np.float64 else 3e-6
        if name != "logsumexp":
            np.testing.assert_allclose(out, want[0], rtol=rtol, atol=rtol)
        np.testing.assert_allclose(g, want[1], rtol=rtol, atol=10 * rtol)
        np.testing.assert_allclose(h, want[2], rtol=rtol, atol=10 * rtol)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("offset", [1e4, 1e6, 1e8])
def test_equal_logits(tier, dtype, offset):
    x = jitgrad.tensor(np.full(4, offset, dtype))
    np.testing.assert_array_equal(jitgrad.softmax(x).numpy(), np.full(4, 0.25, dtype))
    np.testing.assert_allclose(jitgrad.log_softmax(x).numpy(), np.full(4, -np.log(4)), rtol=1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
def test_rows_without_a_finite_maximum_are_as_in_pytorch(tier, dtype):
    torch = pytest.importorskip("torch")
    inf, nan = np.inf, np.nan
    x = np.array(
        [[-inf, -inf, -inf], [inf, 1, 0], [inf, inf, 0], [nan, 1, 0], [-inf, 1, 0], [0, -inf, 2]],
        dtype,
    )
    for name in ("softmax", "log_softmax"):
        want = getattr(torch, name)(torch.tensor(x), -1).numpy()
        np.testing.assert_allclose(
            getattr(jitgrad, name)(jitgrad.tensor(x)).numpy(), want, rtol=1e-6
        )
    want = torch.logsumexp(torch.tensor(x), 1).numpy()
    np.testing.assert_allclose(jitgrad.logsumexp(jitgrad.tensor(x), 1).numpy(), want, rtol=1e-6)
    for name in ("softmax", "log_softmax", "logsumexp"):
        finite = x[-2:]
        t, u = jitgrad.tensor(finite, requires_grad=True), torch.tensor(finite, requires_grad=True)
        getattr(jitgrad, name)(t, 1)[
            :, -1:
        ].sum().backward() if name != "logsumexp" else jitgrad.logsumexp(t, 1).sum().backward()
        getattr(torch, name)(u, 1)[
            :, -1:
        ].sum().backward() if name != "logsumexp" else torch.logsumexp(u, 1).sum().backward()
        np.testing.assert_allclose(t.grad.numpy(), u.grad.numpy(), rtol=1e-6, atol=1e-7)


def test_of_no_elements(tier):
    x = jitgrad.ones((3, 0), requires_grad=True)
    assert jitgrad.softmax(x, 1).shape == jitgrad.log_softmax(x, 1).shape == (3, 0)
    np.testing.assert_array_equal(jitgrad.logsumexp(x, 1).detach().numpy(), np.full(3, -np.inf))
    assert jitgrad.logsumexp(x, 0).shape == (0,)
    jitgrad.softmax(x, 1).sum().backward()
    assert x.grad.shape == (3, 0)
    assert jitgrad.softmax(jitgrad.ones((3, 0)), 0).shape == (3, 0)


# --- logaddexp ------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "scale"), [("logaddexp", 1.0), ("logaddexp2", np.log(2))])
def test_shares_of_logaddexp(tier, name, scale, dtype):
    """Gradients 1 / (1 + exp(y - x)), which add up to 1, and their derivatives, whatever the
    offset."""
    f, rtol = getattr(jitgrad, name), 1e-14 if dtype is np.float64 else 1e-6
    for offset in offsets(dtype):
        apart = rows(dtype, offset)
        y = np.full_like(apart, offset)
        x = (apart + y).astype(dtype)
        d = (x.astype(np.longdouble) - y) * np.longdouble(scale)
        a, b = jitgrad.tensor(x, requires_grad=True), jitgrad.tensor(y, requires_grad=True)
        ga, gb = jitgrad.autograd.grad(f(a, b).sum(), [a, b], create_graph=True)
        share = 1 / (1 + np.exp(-np.abs(d)))
        other = np.exp(-np.abs(d)) * share
        np.testing.assert_allclose(
            ga.detach().numpy(), np.where(d > 0, share, other), rtol=8 * rtol
        )
        np.testing.assert_allclose(
            gb.detach().numpy(), np.where(d > 0, other, share), rtol=8 * rtol
        )
        for g, sign in ((ga, 1), (gb, -1)):
            ha, hb = jitgrad.autograd.grad(g.sum(), [a, b], retain_graph=True)
            np.testing.assert_allclose(ha.numpy(), sign * share * other * scale, rtol=16 * rtol)
            np.testing.assert_allclose(hb.numpy(), -sign * share * other * scale, rtol=16 * rtol)


@pytest.mark.parametrize("name", ["logaddexp", "logaddexp2"])
def test_logaddexp_of_infinities(tier, name):
    inf = np.inf
    x, y = (
        np.array([inf, -inf, inf, -inf, 0, 0, inf]),
        np.array([inf, -inf, -inf, inf, inf, -inf, 0]),
    )
    a, b = jitgrad.tensor(x, requires_grad=True), jitgrad.tensor(y, requires_grad=True)
    out = getattr(jitgrad, name)(a, b)
    out.sum().backward()
    np.testing.assert_array_equal(out.detach().numpy(), getattr(np, name)(x, y))
    np.testing.assert_array_equal(a.grad.numpy(), [0.5, 0.5, 1, 0, 0, 1, 1])
    np.testing.assert_array_equal(b.grad.numpy(), [0.5, 0.5, 0, 1, 1, 0, 0])


def test_softplus_at_large_numbers(tier):
    x = jitgrad.tensor([-800.0, -40.0, 0.0, 40.0, 1e15], requires_grad=True)
    jn.sum(jitgrad.softplus(x)).backward()
    np.testing.assert_allclose(x.grad.numpy(), [0, np.exp(-40.0), 0.5, 1, 1], rtol=1e-14)
