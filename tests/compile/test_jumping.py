"""Loads that jump in the innermost loop: transposed matrices and strided vectors, beside dear
functions or not."""

import numpy as np
import pytest

import jitgrad
import jitgrad.numpy as jn

PROGRAMS = {
    "beside its transpose": lambda xp, x, y: x.T * xp.sin(x),
    "dear of both": lambda xp, x, y: xp.exp(-x.T * y) + xp.tanh(y),
    "transposed twice": lambda xp, x, y: xp.sin(x.T) * y + xp.cos(y.T) * x,
    "mask": lambda xp, x, y: xp.where((x > 0.3).T, xp.exp(y), 2 * y),
    "every second": lambda xp, x, y: (
        xp.exp(x[::2, ::3]) * xp.sin(y[1::2, 1::3][: x[::2].shape[0], : x[:, ::3].shape[1]])
    ),
    "cheap": lambda xp, x, y: x.T + y,
}


@pytest.mark.each("dtype", ["float64", "float32"])
@pytest.mark.each(
    ("name", "n"),
    [
        (name, n)
        for name in PROGRAMS
        for n in (1, 2, 7, 64, 65, 130)
        if n > 7 or name != "every second"
    ],
)
def test_values_and_gradients(name, n, dtype, tier):
    rng = np.random.default_rng(n)
    a, b = (rng.uniform(0.1, 1, (n, n)).astype(dtype) for _ in range(2))
    a, b = (a[: n - n % 6], b[: n - n % 6]) if name == "every second" else (a, b)
    a, b = (a[:, : n - n % 6], b[:, : n - n % 6]) if name == "every second" else (a, b)
    x, y = jitgrad.tensor(a, requires_grad=True), jitgrad.tensor(b, requires_grad=True)
    out = PROGRAMS[name](jn, x, y)
    want = PROGRAMS[name](np, a, b)
    rtol = 1e-13 if dtype == "float64" else 1e-5
    np.testing.assert_allclose(out.detach().numpy(), want, rtol=rtol)
    w = rng.uniform(-1, 1, want.shape).astype(dtype)
    (PROGRAMS[name](jn, x, y) * w).sum().backward()
    for t, k in ((x, 0), (y, 1)):
        direction = rng.uniform(-1, 1, a.shape)
        ends = []
        for h in (1e-6, -1e-6):
            moved = [v.astype(np.float64) + h * direction * (j == k) for j, v in enumerate((a, b))]
            ends.append((PROGRAMS[name](np, *moved) * w).sum())
        slope = 0.0 if t.grad is None else (t.grad.numpy() * direction).sum()
        assert abs(slope - (ends[0] - ends[1]) / 2e-6) <= (
            1e-6 if dtype == "float64" else 1e-3
        ) * max(1, n)


def test_strided_vectors_against_numpy(tier):
    a = np.random.default_rng(0).uniform(-2, 2, 5001)
    x = jitgrad.tensor(a)
    for step in (2, 3, -2, -1):
        np.testing.assert_allclose(jn.sin(x[::step]).numpy(), np.sin(a[::step]), rtol=1e-14)
        np.testing.assert_allclose(
            jn.exp(x[::step]).sum().item(), np.exp(a[::step]).sum(), rtol=1e-13
        )


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_same_bits_on_any_number_of_threads(dtype, monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "always")
    a = np.random.default_rng(0).uniform(-2, 2, (700, 700)).astype(dtype)
    before, found = jitgrad.get_num_threads(), []
    for threads in (1, 2):
        jitgrad.set_num_threads(threads)
        x = jitgrad.tensor(a, requires_grad=True)
        y = (x.T * jn.sin(x)).sum()
        y.backward()
        found.append((y.item(), x.grad.numpy().tobytes()))
    jitgrad.set_num_threads(before)
    assert found[0] == found[1]
