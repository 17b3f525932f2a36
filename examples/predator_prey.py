"""Fits a model of predators and prey to noisy counts: SciPy's optimiser, with the gradient of an
ordinary numba function.

The loss runs a differential equation by the classical Runge-Kutta method, in loops over arrays.
`jitgrad.value_and_grad` differentiates the compiled function as it stands, writes and calls
included: arrays go in, arrays come out, and SciPy sees no tensor.

    python examples/predator_prey.py
"""

import numpy as np
from scipy.optimize import minimize  # type: ignore[import-untyped]

import jitgrad

STEP, EVERY, COUNT = 0.05, 10, 40
TRUTH = np.array([1.1, 0.4, 0.4, 0.1])


@jitgrad.njit
def slope(state, rates, out):
    """The rates of change of prey and predators."""
    prey, predators = state
    out[0] = (rates[0] - rates[1] * predators) * prey
    out[1] = (rates[3] * prey - rates[2]) * predators


@jitgrad.njit
def advance(state, rates, step):
    """One step of the classical Runge-Kutta method, in place."""
    a, b, c, d = np.empty(2), np.empty(2), np.empty(2), np.empty(2)
    slope(state, rates, a)
    slope(state + 0.5 * step * a, rates, b)
    slope(state + 0.5 * step * b, rates, c)
    slope(state + step * c, rates, d)
    state += step / 6 * (a + 2 * b + 2 * c + d)


@jitgrad.njit
def simulated(rates, start, count):
    """The logarithms of the numbers, at the times of `count` observations."""
    out = np.empty((count, 2))
    state = start.copy()
    for k in range(count):
        out[k] = np.log(state)
        for _ in range(EVERY):
            advance(state, rates, STEP)
    return out


@jitgrad.njit
def loss(logs, start, seen):
    """The mean squared error of the logarithms, by those of the rates, which stay positive so."""
    return np.mean((simulated(np.exp(logs), start, seen.shape[0]) - seen) ** 2)


def fit(seen, start, first):
    """The rates that explain what was seen, and how often the loss was asked for."""
    both = jitgrad.value_and_grad(loss, argnums=0)
    found = minimize(both, np.log(first), args=(start, seen), jac=True, method="BFGS")
    return np.exp(found.x), found.nfev


def main():
    rng = np.random.default_rng(0)
    start = np.array([10.0, 5.0])
    seen = simulated(TRUTH, start, COUNT) + 0.05 * rng.normal(size=(COUNT, 2))
    rates, calls = fit(seen, start, np.array([1.0, 0.3, 0.5, 0.15]))
    for name, value, true in zip("abcd", rates, TRUTH, strict=True):
        print(f"{name}: {value:.3f}, true {true}")
    assert np.allclose(rates, TRUTH, rtol=0.05)
    _, gradient = jitgrad.value_and_grad(loss, argnums=0)(np.log(rates), start, seen)
    assert np.abs(gradient).max() < 1e-4
    print(f"loss and gradient were computed {calls} times")


if __name__ == "__main__":
    main()
