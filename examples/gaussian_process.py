"""How smooth is the curve? A Gaussian process, its hyperparameters found by their gradients.

Observations of an unknown curve are explained by a Gaussian process with a squared exponential
kernel. The logarithm of the marginal likelihood is a Cholesky factor, a triangular solution and a
sum of logarithms; its gradient reads the same factor. Value, gradient and posterior are checked
against SciPy and the closed form of the derivative.

    python examples/gaussian_process.py [picture.svg]
"""

import pathlib
import sys

import numpy as np

import jitgrad
import jitgrad.numpy as jnp

linalg = jitgrad.linalg


def covariance(x, z, scale, height):
    """The squared exponential kernel of two sets of places."""
    return height**2 * jnp.exp(-0.5 * ((x[:, None] - z[None, :]) / scale) ** 2)


def negative_log_likelihood(theta, x, y):
    """`theta` has the logarithms of length scale, height and noise."""
    scale, height, noise = jnp.exp(theta)
    k = covariance(x, x, scale, height) + (noise**2 + 1e-10) * np.eye(len(x))
    low = linalg.cholesky(k)
    white = linalg.solve_triangular(low, y, lower=True)
    log_det = 2 * jnp.log(jnp.diagonal(low)).sum()
    return 0.5 * (white @ white + log_det + len(x) * np.log(2 * np.pi))


def by_hand(theta, x, y):
    """The same in NumPy and SciPy, with the gradient ½ tr(K⁻¹ dK) - ½ wᵀ dK w
    with w = K⁻¹ y."""
    from scipy.linalg import cho_factor, cho_solve  # type: ignore[import-untyped]

    scale, height, noise = np.exp(theta)
    squares = (x[:, None] - x[None, :]) ** 2
    smooth = height**2 * np.exp(-0.5 * squares / scale**2)
    factor = cho_factor(smooth + (noise**2 + 1e-10) * np.eye(len(x)), lower=True)
    alpha, inverse = cho_solve(factor, y), cho_solve(factor, np.eye(len(x)))
    log_det = 2 * np.log(np.diag(factor[0])).sum()
    value = 0.5 * (y @ alpha + log_det + len(x) * np.log(2 * np.pi))
    changes = (smooth * squares / scale**2, 2 * smooth, 2 * noise**2 * np.eye(len(x)))
    gradient = [0.5 * (inverse * d).sum() - 0.5 * alpha @ d @ alpha for d in changes]
    return value, np.array(gradient)


def fit(theta, x, y):
    """SciPy's L-BFGS, with jitgrad's value and gradient."""
    from scipy.optimize import minimize  # type: ignore[import-untyped]

    both = jitgrad.jit(jitgrad.value_and_grad(lambda theta: negative_log_likelihood(theta, x, y)))

    def step(theta):
        value, gradient = both(jitgrad.tensor(theta))
        return float(value), np.asarray(gradient)

    return minimize(step, theta, jac=True, method="L-BFGS-B")


def posterior(theta, x, y, new):
    """Mean and standard deviation of the curve at places `new`."""
    scale, height, noise = jnp.exp(jitgrad.asarray(theta))
    k = covariance(x, x, scale, height) + (noise**2 + 1e-10) * np.eye(len(x))
    factor, between = linalg.cho_factor(k, lower=True), covariance(x, new, scale, height)
    mean = between.T @ linalg.cho_solve(factor, y)
    variance = height**2 - (between * linalg.cho_solve(factor, between)).sum(0)
    return np.asarray(mean), np.sqrt(np.maximum(np.asarray(variance), 0))


def picture(path, x, y, new, mean, deviation):
    """The observations, the mean, and two standard deviations on each side, as SVG."""

    def points(a, b):
        return " ".join(f"{60 * p + 20:.1f},{110 - 35 * q:.1f}" for p, q in zip(a, b, strict=True))

    band = points(
        np.concatenate([new, new[::-1]]),
        np.concatenate([mean + 2 * deviation, (mean - 2 * deviation)[::-1]]),
    )
    dots = "".join(
        f'<circle cx="{60 * p + 20:.1f}" cy="{110 - 35 * q:.1f}" r="2"/>'
        for p, q in zip(x, y, strict=True)
    )
    path.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 220">'
        f'<polygon points="{band}" fill="#cde"/>'
        f'<polyline points="{points(new, mean)}" fill="none" stroke="#236"/>{dots}</svg>\n'
    )


def main():
    rng = np.random.default_rng(0)
    x = np.sort(rng.uniform(0, 10, 60))
    y = np.sin(x) + 0.3 * x * np.cos(2 * x) / 3 + 0.1 * rng.standard_normal(60)
    start = np.log([1.0, 1.0, 0.3])
    value, gradient = jitgrad.value_and_grad(negative_log_likelihood)(jitgrad.tensor(start), x, y)
    want, slopes = by_hand(start, x, y)
    print(f"at the start: {float(value):.6f} by jitgrad, {want:.6f} by SciPy")
    np.testing.assert_allclose(float(value), want, rtol=1e-9)
    np.testing.assert_allclose(np.asarray(gradient), slopes, rtol=1e-7)

    found = fit(start, x, y)
    scale, height, noise = np.exp(found.x)
    print(f"found: length scale {scale:.3f}, height {height:.3f}, noise {noise:.3f}")
    print(f"negative log likelihood {want:.2f} -> {found.fun:.2f} in {found.nfev} evaluations")
    assert np.abs(by_hand(found.x, x, y)[1]).max() < 1e-2
    assert 0.05 < noise < 0.2

    new = np.linspace(0, 10, 101)
    mean, deviation = posterior(found.x, x, y, new)
    truth = np.sin(new) + 0.1 * new * np.cos(2 * new)
    if len(sys.argv) > 1:
        picture(pathlib.Path(sys.argv[1]), x, y, new, mean, deviation)
    print(f"largest error of the mean: {np.abs(mean - truth).max():.3f}")
    assert np.abs(mean - truth).max() < 0.3


if __name__ == "__main__":
    main()
