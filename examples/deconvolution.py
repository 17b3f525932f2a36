"""Deconvolution by Fourier transforms: the lines of a spectrum that an instrument has blurred.

A measured spectrum is the sharp one convolved with the instrument's response, and noise. With a
penalty on squares the best estimate has a closed form for each frequency (Wiener and Tikhonov),
which the same estimate found by gradients must agree with. Then the penalty is one that has no
closed form: lines are never negative, and few. With it, two lines are told apart that the closed
form shows as one.

    python examples/deconvolution.py [picture.svg]
"""

import sys
from typing import Any

import numpy as np

import jitgrad

POINTS = 256
WIDTH, NOISE = 6.0, 0.002
LINES = {60: 1.0, 72: 0.8, 150: 0.5, 200: 0.7}


def response() -> np.ndarray:
    """The Fourier transform of a Gaussian of area 1 around point 0."""
    apart = np.minimum(np.arange(POINTS), POINTS - np.arange(POINTS))
    blur = np.exp(-0.5 * (apart / WIDTH) ** 2)
    return np.fft.rfft(blur / blur.sum())


def blurred(x: Any) -> Any:
    return jitgrad.fft.irfft(jitgrad.fft.rfft(x) * RESPONSE, POINTS)


RESPONSE = response()


def misfit(x: Any, measured: np.ndarray) -> Any:
    return 0.5 * ((blurred(x) - measured) ** 2).sum()


def smooth(measured: np.ndarray, weight: float) -> np.ndarray:
    """The least of the misfit and `weight` / 2 times the squares, by conjugate gradients: the
    gradient is linear in x, so products with the matrix are differences of gradients."""
    gradient = jitgrad.jit(
        jitgrad.grad(lambda x: misfit(x, measured) + 0.5 * weight * (x * x).sum())
    )
    x = np.zeros(POINTS)
    constant = gradient(x)
    residual = -constant
    direction = residual
    for _ in range(POINTS):
        if np.linalg.norm(residual) < 1e-12:
            break
        product = gradient(direction) - constant
        length = residual @ residual / (direction @ product)
        x = x + length * direction
        new = residual - length * product
        direction = new + (new @ new) / (residual @ residual) * direction
        residual = new
    return x


def closed_form(measured: np.ndarray, weight: float) -> np.ndarray:
    of_measured = np.fft.rfft(measured) * RESPONSE.conj()
    return np.fft.irfft(of_measured / (np.abs(RESPONSE) ** 2 + weight), POINTS)


def sharp(measured: np.ndarray, weight: float, steps: int = 2000) -> np.ndarray:
    """Not negative and sparse: x is a square, and `weight` is put on its sum. By L-BFGS."""
    root = jitgrad.full((POINTS,), 0.1, requires_grad=True)
    optimizer = jitgrad.optim.LBFGS(
        [root], max_iter=steps, history_size=30, tolerance_grad=1e-9, line_search_fn="strong_wolfe"
    )

    def closure() -> Any:
        optimizer.zero_grad()
        x = root * root
        loss = misfit(x, measured) + weight * x.sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    return (root * root).detach().numpy()


def found_lines(x: np.ndarray) -> dict[int, float]:
    """Where x has peaks, and what is under them."""
    at = [k for k in range(1, POINTS - 1) if x[k] > 0.05 and x[k] >= max(x[k - 1], x[k + 1])]
    return {k: x[max(k - 3, 0) : k + 4].sum() for k in at}


def draw(
    truth: dict[int, float], measured: np.ndarray, estimates: dict[str, np.ndarray], file: str
) -> None:
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4))
    axes.plot(measured, color="0.6", label="measured")
    for name, x in estimates.items():
        axes.plot(x, label=name)
    axes.vlines(list(truth), 0, list(truth.values()), color="black", lw=1, ls="dotted")
    axes.legend()
    figure.savefig(file)


def main() -> None:
    truth = np.zeros(POINTS)
    truth[list(LINES)] = list(LINES.values())
    noise = NOISE * np.random.default_rng(0).standard_normal(POINTS)
    measured = np.fft.irfft(np.fft.rfft(truth) * RESPONSE, POINTS) + noise
    by_gradients, by_formula = smooth(measured, 1e-2), closed_form(measured, 1e-2)
    error = np.abs(by_gradients - by_formula).max()
    print(f"largest difference of conjugate gradients from the closed form: {error:.1e}")
    assert error < 1e-8
    x = sharp(measured, 2e-4)
    for place, area in found_lines(x).items():
        print(f"line at {place}: {area:.2f}")
    if len(sys.argv) > 1:
        draw(LINES, measured, {"squares": by_formula, "sparse": x}, sys.argv[1])
    lines = found_lines(x)
    assert len(lines) == len(LINES)
    for place, height in LINES.items():
        assert any(abs(k - place) <= 1 and abs(v - height) < 0.1 for k, v in lines.items())
    print(f"lines found: {len(lines)} of {len(LINES)}")


if __name__ == "__main__":
    main()
