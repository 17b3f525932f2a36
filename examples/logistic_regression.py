"""Logistic regression by gradient descent with momentum, written as one would in PyTorch.

After a few turns, which NumPy serves, every turn runs as compiled kernels; the time of both is
printed.

    python examples/logistic_regression.py
"""

import time

import numpy as np

import jitgrad

RATE, MOMENTUM, PENALTY = 0.5, 0.9, 1e-4


def data(n=20_000, features=20, seed=0):
    """(inputs, labels -1 or 1, the weights they were made with)."""
    rng = np.random.default_rng(seed)
    weights, inputs = rng.standard_normal(features), rng.standard_normal((n, features))
    return inputs, np.where(inputs @ weights + rng.logistic(size=n) > 0, 1.0, -1.0), weights


def train(inputs, labels, turns=150):
    """The weights, and the seconds of each turn."""
    x, y = jitgrad.tensor(inputs), jitgrad.tensor(labels)
    w = jitgrad.zeros(inputs.shape[1], requires_grad=True)
    velocity, times = jitgrad.zeros(inputs.shape[1]), []
    for turn in range(turns):
        start = time.perf_counter()
        w.grad = None
        loss = jitgrad.softplus(-y * (x @ w)).mean() + PENALTY * (w * w).sum()
        loss.backward()
        with jitgrad.no_grad():
            velocity *= MOMENTUM
            velocity -= RATE * w.grad
            w += velocity
        times.append(time.perf_counter() - start)
        if turn % 30 == 0:
            print(f"turn {turn:3}  loss {loss.item():.5f}")
    return w.detach().numpy(), times


def main():
    inputs, labels, weights = data()
    found, times = train(inputs, labels)
    accuracy = np.mean(np.sign(inputs @ found) == labels)
    cosine = found @ weights / np.linalg.norm(found) / np.linalg.norm(weights)
    print(f"accuracy {accuracy:.3f}; the angle to the true weights has cosine {cosine:.5f}")
    print(
        f"first turn {1e3 * times[0]:.1f} ms, median of the last fifty "
        f"{1e3 * np.median(times[-50:]):.2f} ms"
    )
    assert accuracy > 0.85 and cosine > 0.995


if __name__ == "__main__":
    main()
