"""Where is the vehicle? The likelihood of a Kalman filter, and its parameters by gradients.

A vehicle moves in the plane with random accelerations, and its place is measured with noise: a
state of four numbers, 1000 steps. The filter is an ordinary loop over measurements (`jitgrad.scan`
traces a turn once), and value and gradient of the likelihood with respect to both noises are one
compiled loop each. They are checked against the same filter in NumPy, and against the normal
distribution of all measurements at once, whose density is the closed form of what the filter
computes.

    python examples/kalman_filter.py [picture.svg]
"""

import pathlib
import sys

import numpy as np

import jitgrad
import jitgrad.numpy as jnp

linalg = jitgrad.linalg
STEPS, TIME = 1000, 0.1
#: The state is (place, place, velocity, velocity); places are measured.
MOVE, SEE = np.eye(4) + TIME * np.eye(4, k=2), np.eye(2, 4)
PUSH = np.array([[TIME**2 / 2, 0], [0, TIME**2 / 2], [TIME, 0], [0, TIME]])


def negative_log_likelihood(theta, measured):
    """Of the logarithms of the deviations of accelerations and of measurements; and the places."""
    noise, error = jnp.exp(2 * theta)
    pushed, seen = noise * (PUSH @ PUSH.T), error * np.eye(2)

    def step(state, y):
        x, p, total = state
        x, p = MOVE @ x, MOVE @ p @ MOVE.T + pushed
        s, surprise = SEE @ p @ SEE.T + seen, y - SEE @ x
        gain = linalg.solve(s, SEE @ p)
        fit = surprise @ linalg.solve(s, surprise)
        total = total - 0.5 * (fit + linalg.slogdet(s).logabsdet + 2 * np.log(2 * np.pi))
        x, p = x + surprise @ gain, p - gain.T @ (SEE @ p)
        return (x, p, total), x[:2]

    start = jitgrad.zeros(4), jitgrad.asarray(np.eye(4)), jitgrad.asarray(0.0)
    (_, _, total), places = jitgrad.scan(step, start, measured)
    return -total, places


def by_hand(theta, measured):
    """The same filter in NumPy; it takes a hundred times as long, for the value alone."""
    noise, error = np.exp(2 * theta)
    x, p, total = np.zeros(4), np.eye(4), 0.0
    for y in measured:
        x, p = MOVE @ x, MOVE @ p @ MOVE.T + noise * (PUSH @ PUSH.T)
        s, surprise = SEE @ p @ SEE.T + error * np.eye(2), y - SEE @ x
        total += 0.5 * surprise @ np.linalg.solve(s, surprise)
        total += 0.5 * (np.linalg.slogdet(s)[1] + 2 * np.log(2 * np.pi))
        gain = np.linalg.solve(s, SEE @ p)
        x, p = x + surprise @ gain, p - gain.T @ (SEE @ p)
    return total


def of_all_at_once(theta, measured):
    """The same for the normal distribution that all measurements have together."""
    noise, error = np.exp(2 * theta)
    count = len(measured)
    covariance, p = np.zeros((2 * count, 2 * count)), np.eye(4)
    for i in range(count):
        p = MOVE @ p @ MOVE.T + noise * (PUSH @ PUSH.T)
        moved = p
        for j in range(i, count):
            block = SEE @ moved @ SEE.T
            covariance[2 * j : 2 * j + 2, 2 * i : 2 * i + 2] = block
            covariance[2 * i : 2 * i + 2, 2 * j : 2 * j + 2] = block.T
            moved = MOVE @ moved
    covariance += error * np.eye(2 * count)
    y = measured.reshape(-1)
    log_det = np.linalg.slogdet(covariance)[1]
    return 0.5 * (y @ np.linalg.solve(covariance, y) + log_det + y.size * np.log(2 * np.pi))


def drive(rng, noise=0.5, error=0.3):
    """A path, and what is measured of it."""
    x, path = np.zeros(4), np.empty((STEPS, 2))
    for k in range(STEPS):
        x = MOVE @ x + noise * PUSH @ rng.standard_normal(2)
        path[k] = x[:2]
    return path, path + error * rng.standard_normal(path.shape)


def fit(theta, both, steps=8):
    """Newton's method, with the Hessian as differences of gradients: `both` gives value and
    gradient."""
    for _ in range(steps):
        gradient = both(theta)[1]
        slopes = [(both(theta + h)[1] - both(theta - h)[1]) / 2e-4 for h in 1e-4 * np.eye(2)]
        theta = theta - np.clip(np.linalg.solve(np.array(slopes), gradient), -0.5, 0.5)
    return theta


def picture(file, path, measured, places):
    """The path, the measurements and what the filter makes of them, as SVG."""
    low = measured.min(0)
    scale = 600 / np.ptp(measured, 0).max()

    def points(line):
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in 10 + scale * (line - low))

    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="1"/>' for x, y in 10 + scale * (measured - low)
    )
    height = 20 + scale * np.ptp(measured[:, 1])
    file.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 620 {height:.0f}">{dots}'
        f'<polyline points="{points(path)}" fill="none" stroke="#c84" stroke-width="3"/>'
        f'<polyline points="{points(places)}" fill="none" stroke="#236"/></svg>\n'
    )


def main():
    jitgrad.config.compile = "always"  # the loop is worth waiting for its kernels
    path, measured = drive(np.random.default_rng(3))
    run = jitgrad.jit(jitgrad.value_and_grad(negative_log_likelihood, has_aux=True))

    def both(theta, measured=measured):
        (value, places), gradient = run(jitgrad.tensor(theta), jitgrad.tensor(measured))
        return float(value), np.asarray(gradient), np.asarray(places)

    theta = np.log([1.0, 1.0])
    value, gradient, _ = both(theta)
    print(f"at the start: {value:.6f}, by NumPy {by_hand(theta, measured):.6f}")
    np.testing.assert_allclose(value, by_hand(theta, measured), rtol=1e-9)
    h = np.array([1e-5, -1e-5])
    change = by_hand(theta + h, measured) - by_hand(theta - h, measured)
    np.testing.assert_allclose(2 * gradient @ h, change, rtol=1e-6)
    few = measured[:40]
    print(f"of the first 40: {both(theta, few)[0]:.6f}, at once {of_all_at_once(theta, few):.6f}")
    np.testing.assert_allclose(both(theta, few)[0], of_all_at_once(theta, few), rtol=1e-8)

    found = fit(theta, both)
    least, gradient, places = both(found)
    noise, error = np.exp(found)
    print(f"found: noise {noise:.3f} (true 0.5), error {error:.3f} (true 0.3)")
    print(f"negative log likelihood {value:.2f} -> {least:.2f}")
    assert np.abs(gradient).max() < 1e-3 and abs(error - 0.3) < 0.02 and abs(noise - 0.5) < 0.15
    before, after = (np.sqrt(((x - path) ** 2).mean()) for x in (measured, places))
    if len(sys.argv) > 1:
        picture(pathlib.Path(sys.argv[1]), path, measured, places)
    print(f"mean error of the place: {before:.3f} measured, {after:.3f} filtered")
    assert after < 0.6 * before


if __name__ == "__main__":
    main()
