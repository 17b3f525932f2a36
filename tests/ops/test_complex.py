"""Complex numbers: values against NumPy, gradients against PyTorch."""

import numpy as np
import pytest

import jitgrad

J = jitgrad
RNG = np.random.default_rng(5)
Z, W = (RNG.normal(size=6) + 1j * RNG.normal(size=6) for _ in range(2))
C = RNG.normal(size=6)
MASK = np.array([True, False, True, True, False, False])

#: Programs of a library, two complex arrays and a real one: the loss is a real number.
PROGRAMS = {
    "chain": lambda m, z, w, c: (abs(m.exp(1j * z) * w + z * m.conj(w)) ** 2).sum(),
    "quotients": lambda m, z, w, c: abs(z / w + 2.0 / z - c / w + z / c).sum(),
    "a real operand": lambda m, z, w, c: (z * w * c + c - 1j * c).real.sum(),
    "parts": lambda m, z, w, c: ((z * z).imag * (z + w).real).sum(),
    "roots and logarithms": lambda m, z, w, c: abs(m.sqrt(z) * m.log(w) + m.log1p(z)).sum(),
    "angles": lambda m, z, w, c: abs(m.sin(z) + m.cos(w) + m.tan(z * w)).sum(),
    "hyperbolic": lambda m, z, w, c: abs(m.sinh(z) + m.cosh(w) + m.tanh(z * w)).sum(),
    "powers": lambda m, z, w, c: abs(z**2 + z**3 + w**0.5 + z**w + z**-1).sum(),
    "angle": lambda m, z, w, c: m.angle(z * w).sum(),
    "reductions": lambda m, z, w, c: abs(z.sum() * w.mean() + z.prod() + z.cumsum(0).sum()),
    "products": lambda m, z, w, c: abs(m.outer(z, w) @ w + z.cumprod(0)).sum(),
    "choice": lambda m, z, w, c: abs(m.where(m.asarray(MASK), z * 2, w * c)).sum(),
    "indices": lambda m, z, w, c: (
        abs(z[1:4] * w[:3]).sum() + abs(z[::2] + w[m.asarray(MASK)]).sum()
    ),
}


@pytest.mark.parametrize("mode", ["never", "always"])
def test_gradients_are_those_of_pytorch(mode, monkeypatch):
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(jitgrad.config, "compile", mode)
    for name, f in PROGRAMS.items():
        ours = [J.tensor(v, requires_grad=True) for v in (Z, W, C)]
        theirs = [torch.tensor(v, requires_grad=True) for v in (Z, W, C)]
        got, want = f(J, *ours), f(torch, *theirs)
        got.backward(), want.backward()
        np.testing.assert_allclose(got.item(), want.item(), rtol=1e-12, err_msg=name)
        for x, y in zip(ours, theirs, strict=True):
            if y.grad is not None:
                np.testing.assert_allclose(x.grad, y.grad.numpy(), rtol=1e-10, err_msg=name)


def test_a_chain_is_one_kernel(monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "always")
    z, w, c = (J.tensor(v, requires_grad=True) for v in (Z, W, C))
    loss = PROGRAMS["chain"](J, z, w, c)
    assert len(jitgrad.explain(loss.backward).kernels) == 1


def test_a_complex_loss_needs_a_cotangent():
    z = J.tensor(Z, requires_grad=True)
    with pytest.raises(jitgrad.GradientError, match="expected a real number"):
        z.sum().backward()
    z.sum().backward(J.tensor(2 - 1j))
    np.testing.assert_allclose(z.grad, np.full(6, 2 - 1j))
