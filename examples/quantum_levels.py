"""An inverse eigenvalue problem: the potential whose lowest energy levels are those wanted.

A particle in one dimension has the Hamiltonian H = T + diag(V(x)) on a grid; its levels are
eigenvalues, found by `jitgrad.linalg.eigvalsh`. Wanted are the levels n + 1/2, equally spaced. The
potential is an even polynomial; its coefficients are found by Gauss-Newton steps, with the
derivatives of all levels from `jitgrad.value_and_jacobian`. The answer is known,
the harmonic oscillator: V = x**2 / 2.

    python examples/quantum_levels.py [picture.svg]

Colbert and Miller, "A novel discrete variable representation for quantum mechanical reactive
scattering" (1992): the matrix of the kinetic energy.
"""

import sys
from typing import Any

import numpy as np

import jitgrad

GRID = np.linspace(-7.5, 7.5, 61)
LEVELS = 6
POWERS = np.array([0, 2, 4, 6])


def kinetic_energy(x: np.ndarray) -> np.ndarray:
    """-1/2 d**2/dx**2 on the grid, exact for functions without shorter waves than it holds."""
    step = x[1] - x[0]
    apart = np.subtract.outer(np.arange(len(x)), np.arange(len(x)))
    with np.errstate(divide="ignore"):
        out = (-1.0) ** apart * 2 / apart**2.0
    np.fill_diagonal(out, np.pi**2 / 3)
    return out / (2 * step**2)


KINETIC = kinetic_energy(GRID)


def potential(coefficients: Any) -> Any:
    return (coefficients * GRID[:, None] ** POWERS).sum(axis=1)


def levels(coefficients: Any) -> Any:
    """The lowest eigenvalues of the Hamiltonian."""
    hamiltonian = KINETIC + np.diag(potential(coefficients))
    return jitgrad.linalg.eigvalsh(hamiltonian)[:LEVELS]


def design(wanted: np.ndarray, coefficients: np.ndarray, steps: int = 30) -> list[np.ndarray]:
    """Gauss-Newton steps, halved until they help; the potentials on the way."""
    levels_and_jacobian = jitgrad.value_and_jacobian(levels)
    path = [coefficients]
    found, jacobian = map(np.asarray, levels_and_jacobian(coefficients))
    for _ in range(steps):
        step = np.linalg.lstsq(jacobian, wanted - found, rcond=None)[0]
        while True:
            tried, derivatives = map(np.asarray, levels_and_jacobian(path[-1] + step))
            if np.linalg.norm(tried - wanted) < np.linalg.norm(found - wanted):
                break
            step = step / 2
            if np.linalg.norm(step) < 1e-13:
                return path
        path.append(path[-1] + step)
        found, jacobian = tried, derivatives
    return path


def slopes_by_hand(coefficients: np.ndarray) -> np.ndarray:
    """Hellmann and Feynman: a level changes by the mean of what the potential changes by."""
    hamiltonian = KINETIC + np.diag((coefficients * GRID[:, None] ** POWERS).sum(axis=1))
    states = np.linalg.eigh(hamiltonian).eigenvectors[:, :LEVELS]
    return states.T**2 @ GRID[:, None] ** POWERS


def draw(path: list[np.ndarray], file: str) -> None:
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 4))
    for k, coefficients in enumerate(path):
        shade = 0.85 * (1 - k / (len(path) - 1))
        axes.plot(GRID, np.asarray(potential(coefficients)), color=(shade, shade, shade))
    axes.hlines(np.asarray(levels(path[-1])), -4, 4, linestyles="dotted")
    axes.set(xlim=(-4, 4), ylim=(-1, 7), xlabel="x", ylabel="V(x) and its levels")
    figure.savefig(file)


def main() -> None:
    wanted = np.arange(LEVELS) + 0.5
    start = np.array([1.0, 0.1, 0.05, 0.001])
    difference = np.abs(np.asarray(jitgrad.jacobian(levels)(start)) - slopes_by_hand(start)).max()
    print(f"derivatives of levels, largest difference from Hellmann and Feynman: {difference:.1e}")
    assert difference < 1e-9
    path = design(wanted, start)
    print("levels at first:", np.asarray(levels(start)).round(4))
    print("levels found:   ", np.asarray(levels(path[-1])).round(4))
    for power, coefficient in zip(POWERS, path[-1], strict=True):
        print(f"coefficient of x**{power}: {coefficient:.8f}")
    assert np.abs(path[-1] - [0, 0.5, 0, 0]).max() < 1e-5
    if len(sys.argv) > 1:
        draw(path, sys.argv[1])


if __name__ == "__main__":
    main()
