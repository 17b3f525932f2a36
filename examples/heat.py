"""What conducts where? A heat equation stepped in place, and the gradient through every write.

A rod is heated at one end. Its conductivity profile is found from its temperatures alone, measured
at every fifth time step: the simulation writes ``u[1:-1] += ...`` turn after turn, and one
`backward` goes through all the writes.

    python examples/heat.py
"""

import numpy as np

import jitgrad

CELLS, STEPS, EVERY = 24, 120, 5
RATE = 0.3  # time step over squared cell size; below 0.5 the scheme is stable


def simulate(conductivity):
    """Temperatures at every fifth step; `conductivity` is that of the borders between cells."""
    u = jitgrad.zeros(CELLS)
    u[0] = 1.0
    seen = []
    for step in range(1, STEPS + 1):
        flow = conductivity * (u[1:] - u[:-1])
        u[1:-1] += RATE * (flow[1:] - flow[:-1])
        if step % EVERY == 0:
            seen.append(u.clone())
    return jitgrad.stack(seen)


def profile():
    """The true conductivity: a rod with a worse conductor inside."""
    place = np.arange(CELLS - 1) / (CELLS - 2)
    return 0.9 - 0.5 * np.exp(-(((place - 0.35) / 0.12) ** 2))


def recover(measured, turns=80):
    """Gauss-Newton would be faster; Adam needs no more than the gradient."""
    raw = jitgrad.zeros(CELLS - 1, requires_grad=True)
    mean, square = np.zeros(CELLS - 1), np.zeros(CELLS - 1)
    for turn in range(1, turns + 1):
        raw.grad = None
        misfit = ((simulate(jitgrad.sigmoid(raw)) - measured) ** 2).sum()
        misfit.backward()
        g = raw.grad.numpy()
        mean, square = 0.9 * mean + 0.1 * g, 0.99 * square + 0.01 * g * g
        step = mean / (1 - 0.9**turn) / (np.sqrt(square / (1 - 0.99**turn)) + 1e-12)
        with jitgrad.no_grad():
            raw -= 0.15 * step
        if turn % 20 == 0:
            print(f"turn {turn:3}  misfit {misfit.item():.3e}")
    return jitgrad.sigmoid(raw.detach()).numpy()


def main():
    true = profile()
    with jitgrad.no_grad():
        measured = simulate(jitgrad.tensor(true))
    found = recover(measured)
    for name, values in (("true", true), ("found", found)):
        print(f"{name:6}", " ".join(f"{v:.2f}" for v in values[:16]))
    error = np.abs(found - true)[:12].max()
    print(f"largest error in the heated half: {error:.3f}")
    assert error < 0.06


if __name__ == "__main__":
    main()
