"""Fitting a damped oscillation to noisy data by Newton's method, with the exact Hessian from
second-order gradients.

python examples/curve_fit.py
"""

import numpy as np

import jitgrad

TRUE = np.array([2.0, 0.35, 3.1, 0.4])  # amplitude, damping, frequency, phase


def model(p, t):
    return p[0] * jitgrad.exp(-p[1] * t) * jitgrad.cos(p[2] * t + p[3])


def loss(p, t, y):
    """The mean of the squared residuals."""
    residual = model(p, t) - y
    return (residual * residual).mean()


def hessian(gradient, p):
    """The Hessian, a row for each element of a gradient made with create_graph=True."""
    rows = [jitgrad.autograd.grad(g, p, retain_graph=True)[0] for g in gradient]
    return np.array([row.numpy() for row in rows])


def fit(t, y, start, turns=50, tolerance=1e-10):
    """Newton's method, damped where the Hessian is not positive or a full step does not lower the
    loss."""
    p = jitgrad.tensor(start, requires_grad=True)
    damping = 1e-2
    for turn in range(turns):
        value = loss(p, t, y)
        (gradient,) = jitgrad.autograd.grad(value, p, create_graph=True)
        g, h = gradient.detach().numpy(), hessian(gradient, p)
        print(
            f"{turn:3}  loss {value.item():.8f}  |gradient| {np.linalg.norm(g):.1e}  p {p.tolist()}"
        )
        if np.linalg.norm(g) < tolerance:
            break
        while True:
            shift = max(0.0, damping - np.linalg.eigvalsh(h)[0])
            step = np.linalg.solve(h + shift * np.eye(len(g)), g)
            with jitgrad.no_grad():
                lower = loss(p - step, t, y) <= value
            if lower or damping > 1e6:
                break
            damping = 10 * max(damping, shift)
        damping = 0.1 * damping
        with jitgrad.no_grad():
            p -= step
    return p.detach().numpy()


def main():
    rng = np.random.default_rng(1)
    t = np.linspace(0.0, 6.0, 400)
    y = TRUE[0] * np.exp(-TRUE[1] * t) * np.cos(TRUE[2] * t + TRUE[3]) + 0.05 * rng.standard_normal(
        t.size
    )
    found = fit(jitgrad.tensor(t), jitgrad.tensor(y), start=[1.5, 0.2, 2.9, 0.6])
    print("found", found, "true", TRUE)
    assert np.abs(found - TRUE).max() < 0.05


if __name__ == "__main__":
    main()
