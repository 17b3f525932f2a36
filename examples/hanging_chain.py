"""Gradient descent that is compiled as a whole: numba code that calls the gradient of numba code.

Within a function of numba, `f.value_and_grad(...)` of a function of `jitgrad.njit` is a call of its
compiled gradient. So an optimiser, or a sampler, runs without a step of Python between two turns.
Here it finds the shape of a hanging chain: the heights that take the least energy.

    python examples/hanging_chain.py
"""

import numba
import numpy as np

import jitgrad

LINKS, LENGTH = 24, 1.4


@jitgrad.njit
def energy(y, weight):
    """That of a chain of springs between two points, one apart; `y` are the inner heights."""
    n = y.size + 1
    rest = LENGTH / n
    total, before = 0.0, 0.0
    for k in range(n):
        here = 0.0
        if k < n - 1:
            here = y[k]
            total += weight / n * here
        stretch = np.sqrt((here - before) ** 2 + 1.0 / n**2) - rest
        if stretch > 0:
            total += 200 * stretch * stretch
        before = here
    return total


@numba.njit
def settled(y, weight, rate, turns):
    """The heights after some turns of gradient descent with momentum, and the last energy."""
    speed = np.zeros_like(y)
    value = 0.0
    for _ in range(turns):
        value, (slope, _) = energy.value_and_grad(y, weight)
        speed = 0.95 * speed - rate * slope
        y = y + speed
    return value, y


def main():
    y = np.zeros(LINKS - 1)
    value, y = settled(y, 1.0, 1e-3, 20_000)
    (slope, _) = jitgrad.grad(energy)(y, 1.0)
    print("heights:", np.round(y[::4], 3))
    assert np.allclose(y, y[::-1], atol=1e-6) and y.min() < -0.3
    print(f"energy {value:.4f}, largest slope {np.abs(slope).max():.0e}")
    assert np.abs(slope).max() < 1e-3


if __name__ == "__main__":
    main()
