"""Programs that are loops over a state: filters, recurrent nets, time stepping, optimisers.

`LOOPS` maps a name to a `Loop`. `plain` is an ordinary Python loop in a library's namespace, with
names that NumPy, jitgrad and PyTorch share; `scanned` is the same by the functions of `jax.lax`,
which jitgrad has, too. Both give a scalar. The first `wrt` inputs get a gradient. `make(turns)`
gives the inputs, `turns` is the usual number of turns.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Loop(NamedTuple):
    """A program, its inputs, and how many of them get a gradient."""

    plain: Callable
    scanned: Callable
    make: Callable
    turns: int
    wrt: int


LOOPS: dict[str, Loop] = {}


def loop(scanned, make, turns, wrt=1):
    """Registers the plain loop it decorates under its own name."""

    def register(plain):
        LOOPS[plain.__name__] = Loop(plain, scanned, make, turns, wrt)
        return plain

    return register


def _rng():
    return np.random.default_rng(0)


# --- filters and time series ----------------------------------------------------------------------


def _kalman_inputs(turns):
    rng = _rng()
    F = np.eye(4) + 0.1 * np.eye(4, k=2)
    H = np.array([1.0, 0.0, 0.0, 0.5])
    return np.array([0.1, 0.2, 0.3, 0.4]), np.array(0.5), F, H, rng.normal(size=turns)


def _kalman_turn(xp, q, r, F, H, eye, state, y):
    m, P, total = state
    m, P = F @ m, F @ P @ F.T + eye * q
    PH = P @ H
    S, e = H @ PH + r, y - H @ m
    K = PH / S
    return m + K * e, P - K[:, None] * PH, total + xp.log(S) + e * e / S


def _kalman_scanned(xp, lax, q, r, F, H, ys):
    def turn(state, y):
        return _kalman_turn(xp, q, r, F, H, np.eye(4), state, y), None

    first = 0.0 * F[0], 1.0 * F, 0.0 * r
    return lax.scan(turn, first, ys)[0][2]


@loop(_kalman_scanned, _kalman_inputs, 200, wrt=2)
def kalman(xp, q, r, F, H, ys):
    """The log-likelihood of a linear Gaussian model by a Kalman filter of four states."""
    eye = xp.eye(4, dtype=F.dtype)
    state = 0.0 * F[0], 1.0 * F, 0.0
    for t in range(ys.shape[0]):
        state = _kalman_turn(xp, q, r, F, H, eye, state, ys[t])
    return state[2]


def _garch_scanned(xp, lax, p, ys):
    def turn(state, y):
        s, total = state
        s = p[0] + p[1] * y * y + p[2] * s
        return (s, total + xp.log(s) + y * y / s), None

    return lax.scan(turn, (p[0] * 1.0, 0.0 * p[0]), ys)[0][1]


@loop(_garch_scanned, lambda turns: (np.array([0.1, 0.2, 0.7]), _rng().normal(size=turns)), 5000)
def garch(xp, p, ys):
    """The likelihood of GARCH(1, 1)."""
    s, total = p[0], 0.0
    for t in range(ys.shape[0]):
        y = ys[t]
        s = p[0] + p[1] * y * y + p[2] * s
        total = total + xp.log(s) + y * y / s
    return total


def _hmm_inputs(turns):
    rng = _rng()
    return rng.normal(size=(16, 16)), rng.normal(size=(turns, 16))


def _logsumexp(xp, x):
    top = xp.amax(x, 0)
    return xp.log(xp.exp(x - top).sum(0)) + top


def _hmm_scanned(xp, lax, A, B):
    def turn(alpha, b):
        return _logsumexp(xp, alpha[:, None] + A) + b, None

    return _logsumexp(xp, lax.scan(turn, B[0], B[1:])[0])


@loop(_hmm_scanned, _hmm_inputs, 500, wrt=2)
def hmm(xp, A, B):
    """The forward algorithm of a hidden Markov model of 16 states, in logarithms."""
    alpha = B[0]
    for t in range(1, B.shape[0]):
        alpha = _logsumexp(xp, alpha[:, None] + A) + B[t]
    return _logsumexp(xp, alpha)


# --- recurrent nets -------------------------------------------------------------------------------


def _rnn_inputs(turns, batch=64, hidden=64):
    rng = _rng()
    W, U = (rng.normal(size=(hidden, hidden)) / hidden**0.5 for _ in range(2))
    return W, U, rng.normal(size=hidden), rng.normal(size=(turns, batch, hidden))


def _rnn_scanned(xp, lax, W, U, b, xs):
    def turn(h, x):
        return xp.tanh(h @ W + x @ U + b), None

    h = lax.scan(turn, 0.0 * xs[0], xs)[0]
    return (h * h).sum()


@loop(_rnn_scanned, _rnn_inputs, 100, wrt=3)
def rnn(xp, W, U, b, xs):
    """A recurrent layer of tanh, 64 units, a batch of 64."""
    h = 0.0 * xs[0]
    for t in range(xs.shape[0]):
        h = xp.tanh(h @ W + xs[t] @ U + b)
    return (h * h).sum()


def _lstm_inputs(turns, n=32):
    rng = _rng()
    W, U = (rng.normal(size=(n, 4 * n)) / n**0.5 for _ in range(2))
    return W, U, rng.normal(size=4 * n), rng.normal(size=(turns, n, n))


def _lstm_turn(xp, W, U, b, h, c, x):
    n = h.shape[1]
    z = h @ W + x @ U + b
    i, f, o = (1 / (1 + xp.exp(-z[:, k * n : (k + 1) * n])) for k in range(3))
    c = f * c + i * xp.tanh(z[:, 3 * n :])
    return o * xp.tanh(c), c


def _lstm_scanned(xp, lax, W, U, b, xs):
    def turn(state, x):
        return _lstm_turn(xp, W, U, b, *state, x), None

    h = lax.scan(turn, (0.0 * xs[0], 0.0 * xs[0]), xs)[0][0]
    return (h * h).sum()


@loop(_lstm_scanned, _lstm_inputs, 100, wrt=3)
def lstm(xp, W, U, b, xs):
    """A layer of long short-term memory, 32 units, a batch of 32."""
    h = c = 0.0 * xs[0]
    for t in range(xs.shape[0]):
        h, c = _lstm_turn(xp, W, U, b, h, c, xs[t])
    return (h * h).sum()


# --- time stepping --------------------------------------------------------------------------------


def _orbits(n):
    def make(turns):
        rng = _rng()
        q = np.array([1.0, 0.0])[:, None] + 0.01 * rng.normal(size=(2, n))
        p = np.array([0.0, 1.0])[:, None] + 0.01 * rng.normal(size=(2, n))
        return q, p, np.zeros(turns)

    return make


def _force(q):
    r2 = (q * q).sum(0)
    return -q / (r2 * r2**0.5)


def _leapfrog_turn(q, p):
    p = p + 0.005 * _force(q)
    q = q + 0.01 * p
    return q, p + 0.005 * _force(q)


def _leapfrog_scanned(xp, lax, q, p, ts):
    def turn(state, _):
        return _leapfrog_turn(*state), None

    q, p = lax.scan(turn, (q, p), ts)[0]
    return (q * q).sum() + (p * p).sum()


@loop(_leapfrog_scanned, _orbits(1), 1000, wrt=2)
def orbit(xp, q, p, ts):
    """A planet by leapfrog steps."""
    for _ in range(ts.shape[0]):
        q, p = _leapfrog_turn(q, p)
    return (q * q).sum() + (p * p).sum()


@loop(_leapfrog_scanned, _orbits(1000), 1000, wrt=2)
def orbits(xp, q, p, ts):
    """A thousand planets by leapfrog steps."""
    for _ in range(ts.shape[0]):
        q, p = _leapfrog_turn(q, p)
    return (q * q).sum() + (p * p).sum()


def _heat_inputs(turns, n=256):
    return _rng().normal(size=(n, n)), np.zeros(turns)


def _laplacian(u):
    return u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4 * u[1:-1, 1:-1]


def _heat_scanned(xp, lax, u, ts):
    def turn(u, _):
        return xp.pad(u[1:-1, 1:-1] + 0.2 * _laplacian(u), 1), None

    u = lax.scan(turn, xp.pad(u, 1), ts)[0][1:-1, 1:-1]
    return (u * u).sum()


@loop(_heat_scanned, _heat_inputs, 200)
def heat(xp, u, ts):
    """The heat equation by explicit steps, written in place between fixed borders."""
    n = u.shape[0]
    v = xp.zeros((n + 2, n + 2), dtype=u.dtype)
    v[1:-1, 1:-1] = u
    for _ in range(ts.shape[0]):
        v[1:-1, 1:-1] += 0.2 * _laplacian(v)
    u = v[1:-1, 1:-1]
    return (u * u).sum()


# --- optimisers -----------------------------------------------------------------------------------


def _ridge_inputs(turns):
    rng = _rng()
    X = rng.normal(size=(50, 5))
    return np.array([0.5, 0.01]), X, X @ np.arange(1.0, 6.0) + rng.normal(size=50), np.zeros(turns)


def _ridge_slope(h, X, y, w):
    return X.T @ (X @ w - y) / X.shape[0] + h[1] * w


def _descent_scanned(xp, lax, h, X, y, ts):
    def turn(w, _):
        return w - h[0] * _ridge_slope(h, X, y, w), None

    w = lax.scan(turn, 0.0 * X[0], ts)[0]
    return ((X @ w - y) ** 2).sum()


@loop(_descent_scanned, _ridge_inputs, 50)
def descent(xp, h, X, y, ts):
    """Steps of gradient descent, differentiated by step size and penalty."""
    w = 0.0 * X[0]
    for _ in range(ts.shape[0]):
        w = w - h[0] * _ridge_slope(h, X, y, w)
    return ((X @ w - y) ** 2).sum()


def _newton_scanned(xp, lax, a, _):
    def wrong(state):
        dx = state[1]
        return (dx * dx).sum() > 1e-20

    def turn(state):
        x, _ = state
        dx = (x * x * x - a) / (3 * x * x)
        return x - dx, dx

    limit = {"max_turns": 100} if lax.__name__ == "jitgrad" else {}
    return lax.while_loop(wrong, turn, (a * 1.0, a * 1.0), **limit)[0].sum()


@loop(_newton_scanned, lambda turns: (np.linspace(1.0, 50.0, 10), np.zeros(turns)), 1)
def newton(xp, a, _):
    """Cube roots by Newton's iteration, which looks at its step."""
    x = a * 1.0
    dx = x
    while (dx * dx).sum() > 1e-20:
        dx = (x * x * x - a) / (3 * x * x)
        x = x - dx
    return x.sum()
