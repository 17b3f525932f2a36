"""A fit inside of compiled code: an njit optimiser calls the gradient of an njit simulation.

A damped oscillator is simulated step by step, and its stiffness and damping are fitted to
noisy observations by gradient descent with momentum, in one compiled function.

    python examples/numba_descent.py
"""

import numpy as np

import jitgrad


@jitgrad.njit
def misfit(parameters, times, observed, dt, steps):
    """Half the mean squared distance between the oscillator and what was observed."""
    stiffness, damping = parameters[0], parameters[1]
    x, v, total, k = 1.0, 0.0, 0.0, 0
    for step in range(steps):
        while k < times.size and times[k] <= step * dt:
            total += (x - observed[k]) ** 2
            k += 1
        v += dt * (-stiffness * x - damping * v)
        x += dt * v
    return 0.5 * total / times.size


@jitgrad.njit
def fit(start, times, observed, dt, steps, rate, turns):
    x, momentum = start.copy(), np.zeros_like(start)
    value = 0.0
    for _ in range(turns):
        value, slopes = misfit.value_and_grad(x, times, observed, dt, steps)
        momentum = 0.9 * momentum - rate * slopes[0]
        x = x + momentum
    return value, x


def main():
    rng = np.random.default_rng(0)
    times = np.linspace(0.0, 4.0, 60)
    truth = np.array([4.0, 0.5])
    root = np.sqrt(truth[0] - truth[1] ** 2 / 4)
    clean = np.exp(-truth[1] / 2 * times) * (
        np.cos(root * times) + truth[1] / 2 / root * np.sin(root * times)
    )
    observed = clean + 0.01 * rng.normal(size=times.size)
    value, found = fit(np.array([3.0, 0.2]), times, observed, 2e-3, 2001, 0.5, 400)
    print(f"stiffness {found[0]:.2f}, damping {found[1]:.2f}, misfit {value:.1e}")
    assert np.all(np.abs(found - truth) < 0.2)


if __name__ == "__main__":
    main()
