"""Orbits from sightings: Kepler's equation, solved by Newton's method, as an elementwise operation.

`jitgrad.vectorize` makes the scalar function, with its loop, an operation on tensors. It is fused
with what is around it, and its derivatives, which the loop was never written for, are right to the
last digits.

    python examples/orbits.py
"""

import math

import numpy as np

import jitgrad


@jitgrad.vectorize
def anomaly(mean, eccentricity):
    """The eccentric anomaly: the x with x - e sin(x) = mean."""
    x = mean
    while True:
        step = (x - eccentricity * math.sin(x) - mean) / (1 - eccentricity * math.cos(x))
        x -= step
        if abs(step) < 1e-12:
            break
    return x - (x - eccentricity * math.sin(x) - mean) / (1 - eccentricity * math.cos(x))


def places(elements, times):
    """The coordinates of a planet at some times, from semi-axis, eccentricity and period."""
    axis, eccentricity, period = elements
    x = anomaly(2 * np.pi * times / period, eccentricity)
    return (
        axis * (jitgrad.cos(x) - eccentricity),
        axis * jitgrad.sqrt(1 - eccentricity * eccentricity) * jitgrad.sin(x),
    )


def main():
    rng = np.random.default_rng(0)
    times = rng.uniform(0.0, 2.0, 400)
    truth = np.array([1.5, 0.6, 1.9])
    seen = [p + 0.01 * rng.normal(size=400) for p in places(list(truth), times)]
    elements = np.array([1.3, 0.5, 1.8])

    def misses(elements):
        found = places(elements, times)
        return jitgrad.concatenate([a - b for a, b in zip(found, seen, strict=True)])

    jacobian = jitgrad.jacfwd(misses)
    for _ in range(12):  # Gauss-Newton
        elements = elements - np.linalg.lstsq(jacobian(elements), misses(elements), rcond=None)[0]
    print("axis, eccentricity, period:", np.round(elements, 4))
    print(f"largest error of an element: {np.abs(elements - truth).max():.1e}")
    assert np.abs(elements - truth).max() < 5e-3


if __name__ == "__main__":
    main()
