"""A gradient has the dtype of what it is the gradient of: kernels read it as that."""

import numpy as np
import pytest
from registry_cases import CASES, operands, run

import jitgrad
from jitgrad.autodiff import pull_back, push_forward
from jitgrad.ir import leaf

FLOATS = [np.dtype(np.float32), np.dtype(np.float64)]
DIFFERENTIABLE = [case for case in CASES if case.values[0].differentiable]


def graph(entry, case, dtypes):
    """(float operands, result) with the float operands in turns of `dtypes`."""
    nodes, floats = [], []
    for k, x in enumerate(operands(entry)):
        node = leaf(
            k, x.shape, dtypes[len(floats) % len(dtypes)] if x.dtype.kind == "f" else x.dtype
        )
        nodes.append(node)
        floats += [node] if x.dtype.kind == "f" else []
    return floats, entry(nodes, **case) if entry.operands is None else entry(*nodes, **case)


@pytest.mark.each(
    "dtypes", [FLOATS[:1], FLOATS, FLOATS[::-1]], ids=["single", "mixed", "mixed-other"]
)
@pytest.mark.each(("entry", "case"), DIFFERENTIABLE)
def test_cotangents_and_tangents(entry, case, dtypes):
    floats, out = graph(entry, case, dtypes)
    if out.dtype.kind != "f":
        return
    grads = pull_back({out: leaf(90, out.shape, out.dtype)}, floats)
    assert [g.dtype for g in grads if g is not None] == [
        x.dtype for x, g in zip(floats, grads, strict=True) if g is not None
    ]
    assert [g.shape for g in grads if g is not None] == [
        x.shape for x, g in zip(floats, grads, strict=True) if g is not None
    ]
    (tangent,) = push_forward(
        [out], {x: leaf(91 + k, x.shape, x.dtype) for k, x in enumerate(floats)}
    )
    assert tangent is None or (tangent.dtype, tangent.shape) == (out.dtype, out.shape)


@pytest.mark.each(("entry", "case"), DIFFERENTIABLE)
def test_single_precision_gradients_are_those_of_double_precision(entry, case):
    """First and second order: no step of a formula leaves the digits, or the range, of float32."""
    xs = [x.astype(np.float32) if x.dtype.kind == "f" else x for x in operands(entry)]
    rng = np.random.default_rng(8)
    found = []
    for dtype in FLOATS:
        floats, out = graph(entry, case, [dtype])
        if out.dtype != dtype:
            return  # float_power works in float64 whatever it is given
        g = leaf(90, out.shape, dtype)
        grads = [d for d in pull_back({out: g}, floats) if d is not None]
        cots = [leaf(91 + k, d.shape, dtype) for k, d in enumerate(grads)]
        start = {}
        for d, c in zip(grads, cots, strict=True):
            start[d] = start[d] + c if d in start else c
        seconds = [d for d in pull_back(start, floats) if d is not None] if grads else []
        rng = np.random.default_rng(8)
        values = [x.astype(dtype) if x.dtype.kind == "f" else x for x in xs]
        values += [None] * (90 - len(xs)) + [
            rng.standard_normal(n.shape).astype(dtype) for n in (g, *cots)
        ]
        found.append([np.asarray(v, float) for v in run([*grads, *seconds], values)])
    for single, double in zip(*found, strict=True):
        scale = 1 + np.abs(double).max(initial=0)
        np.testing.assert_allclose(single, double, rtol=2e-4, atol=2e-5 * scale)


@pytest.mark.parametrize("mode", ["never", "always"])
def test_a_single_precision_gradient_used_by_a_kernel(mode, monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", mode)
    x = jitgrad.tensor(np.array([-1.0, 0.0, 2.0], np.float32), requires_grad=True)
    jitgrad.maximum(x, 0).sum().backward()
    with jitgrad.no_grad():
        x -= 0.5 * x.grad
    assert x.dtype == x.grad.dtype == np.float32
    np.testing.assert_array_equal(x.detach().numpy(), np.array([-1.0, -0.25, 1.5], np.float32))


def test_sums_of_scalar_cotangents_are_rounded(monkeypatch):
    monkeypatch.setattr(jitgrad.config, "segment", 1)
    x = jitgrad.tensor(0.1, dtype=np.float32, requires_grad=True)
    a, b = x * 3, x * 7.3
    (a * b + a * 0.1 + b * 0.7).backward()
    assert x.grad.item() == np.float32(x.grad.item())
    np.testing.assert_allclose(x.grad.item(), 2 * 0.1 * 3 * 7.3 + 0.3 + 7.3 * 0.7, rtol=1e-6)
