"""Fifteen programs as users of numba write them, and arguments for them, small and of the size that
is measured. Start at `make`."""

import math

import numpy as np
from numba import njit


# Lorenz by RK4
@njit
def lorenz_rhs(x, y, z, p):
    return p[0] * (y - x), x * (p[1] - z) - y, x * y - p[2] * z


def lorenz(u0, p, dt, n):
    x, y, z = u0[0], u0[1], u0[2]
    s = 0.0
    for k in range(n):
        a1, b1, c1 = lorenz_rhs(x, y, z, p)
        a2, b2, c2 = lorenz_rhs(x + dt / 2 * a1, y + dt / 2 * b1, z + dt / 2 * c1, p)
        a3, b3, c3 = lorenz_rhs(x + dt / 2 * a2, y + dt / 2 * b2, z + dt / 2 * c2, p)
        a4, b4, c4 = lorenz_rhs(x + dt * a3, y + dt * b3, z + dt * c3, p)
        x += dt / 6 * (a1 + 2 * a2 + 2 * a3 + a4)
        y += dt / 6 * (b1 + 2 * b2 + 2 * b3 + b4)
        z += dt / 6 * (c1 + 2 * c2 + 2 * c3 + c4)
        s += x * x * dt
    return s


# nonlinear heat equation, two buffers that change places; the same in place (Gauss-Seidel); linear wave
def heat_swap(u0, c, nt):
    n, m = u0.shape
    u = u0.copy()
    v = u0.copy()
    for t in range(nt):
        for i in range(1, n - 1):
            for j in range(1, m - 1):
                d = u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1] - 4 * u[i, j]
                v[i, j] = u[i, j] + c[i, j] * d * (1 + u[i, j] * u[i, j])
        u, v = v, u
    s = 0.0
    for i in range(n):
        for j in range(m):
            s += u[i, j] ** 2
    return s


def heat_inplace(u, c, nt):
    n, m = u.shape
    for t in range(nt):
        for i in range(1, n - 1):
            for j in range(1, m - 1):
                d = u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1] - 4 * u[i, j]
                u[i, j] = u[i, j] + c[i, j] * d * (1 + u[i, j] * u[i, j])
    return np.sum(u * u)


def wave(u0, c, nt):
    n, m = u0.shape
    u = np.zeros((3, n, m))
    u[0] = u0
    u[1] = u0
    for t in range(1, nt):
        a, b, d = (t - 1) % 3, t % 3, (t + 1) % 3
        for i in range(1, n - 1):
            for j in range(1, m - 1):
                lap = (
                    u[b, i - 1, j]
                    + u[b, i + 1, j]
                    + u[b, i, j - 1]
                    + u[b, i, j + 1]
                    - 4 * u[b, i, j]
                )
                u[d, i, j] = 2 * u[b, i, j] - u[a, i, j] + c[i, j] * lap
    return np.sum(u[nt % 3] ** 2)


# a branchy scalar function: Newton until it converges, Kepler's equation
def kepler(M, e):
    E = M if e < 0.8 else math.pi
    for k in range(100):
        f = E - e * math.sin(E) - M
        if abs(f) < 1e-13:
            break
        E -= f / (1 - e * math.cos(E))
    if E > math.pi:
        return E * E - e
    return math.sin(E) * e


# LSTM as loops (ADBench's objective)
@njit(error_model="numpy")
def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def lstm(main, extra, seq):
    """main (layers, 2, 4 d): weight and bias; extra (3, d): input weight, output weight and bias;
    seq (turns, d)."""
    layers, _, d4 = main.shape
    d = d4 // 4
    turns = seq.shape[0]
    state = np.zeros((layers, 2, d))
    x = np.empty(d)
    y = np.empty(d)
    total = 0.0
    for t in range(turns - 1):
        for j in range(d):
            x[j] = seq[t, j] * extra[0, j]
        for layer in range(layers):
            for j in range(d):
                h, c = state[layer, 0, j], state[layer, 1, j]
                forget = sigmoid(x[j] * main[layer, 0, j] + main[layer, 1, j])
                ingate = sigmoid(h * main[layer, 0, d + j] + main[layer, 1, d + j])
                outgate = sigmoid(x[j] * main[layer, 0, 2 * d + j] + main[layer, 1, 2 * d + j])
                change = math.tanh(h * main[layer, 0, 3 * d + j] + main[layer, 1, 3 * d + j])
                c = c * forget + ingate * change
                h = outgate * math.tanh(c)
                state[layer, 0, j] = h
                state[layer, 1, j] = c
                x[j] = h
        s = 0.0
        for j in range(d):
            y[j] = x[j] * extra[1, j] + extra[2, j]
            s += math.exp(y[j])
        lse = math.log(s)
        for j in range(d):
            total += seq[t + 1, j] * (y[j] - lse)
    return -total / ((turns - 1) * d)


# bundle adjustment: reprojection residuals (ADBench), summed squares
def ba(cams, points, w, obs, feats):
    total = 0.0
    for k in range(obs.shape[0]):
        ci, pi = obs[k, 0], obs[k, 1]
        r0, r1, r2 = cams[ci, 0], cams[ci, 1], cams[ci, 2]
        x0 = points[pi, 0] - cams[ci, 3]
        x1 = points[pi, 1] - cams[ci, 4]
        x2 = points[pi, 2] - cams[ci, 5]
        sq = r0 * r0 + r1 * r1 + r2 * r2
        if sq != 0:
            theta = math.sqrt(sq)
            cos, sin = math.cos(theta), math.sin(theta)
            a0, a1, a2 = r0 / theta, r1 / theta, r2 / theta
            c0, c1, c2 = a1 * x2 - a2 * x1, a2 * x0 - a0 * x2, a0 * x1 - a1 * x0
            tmp = (a0 * x0 + a1 * x1 + a2 * x2) * (1 - cos)
            y0, y1, y2 = (
                x0 * cos + c0 * sin + a0 * tmp,
                x1 * cos + c1 * sin + a1 * tmp,
                x2 * cos + c2 * sin + a2 * tmp,
            )
        else:
            y0, y1, y2 = x0 + r1 * x2 - r2 * x1, x1 + r2 * x0 - r0 * x2, x2 + r0 * x1 - r1 * x0
        p0, p1 = y0 / y2, y1 / y2
        rsq = p0 * p0 + p1 * p1
        radial = 1 + cams[ci, 9] * rsq + cams[ci, 10] * rsq * rsq
        q0, q1 = p0 * radial * cams[ci, 6] + cams[ci, 7], p1 * radial * cams[ci, 6] + cams[ci, 8]
        e0, e1 = w[k] * (q0 - feats[k, 0]), w[k] * (q1 - feats[k, 1])
        total += e0 * e0 + e1 * e1 + (1 - w[k] * w[k]) ** 2
    return total


# dynamic time warping (min), and the forward algorithm of a hidden Markov model with scaling
def dtw(x, y):
    n, m = x.shape[0], y.shape[0]
    D = np.full((n + 1, m + 1), 1e30)
    D[0, 0] = 0.0
    for i in range(n):
        for j in range(m):
            cost = (x[i] - y[j]) ** 2
            D[i + 1, j + 1] = cost + min(D[i, j + 1], D[i + 1, j], D[i, j])
    return D[n, m]


def hmm(A, B, pi, obs):
    S = pi.shape[0]
    alpha = np.empty(S)
    new = np.empty(S)
    ll = 0.0
    for i in range(S):
        alpha[i] = pi[i] * B[i, obs[0]]
    for t in range(1, obs.shape[0]):
        c = 0.0
        for j in range(S):
            s = 0.0
            for i in range(S):
                s += alpha[i] * A[i, j]
            new[j] = s * B[j, obs[t]]
            c += new[j]
        for j in range(S):
            alpha[j] = new[j] / c
        ll += math.log(c)
    return ll + math.log(np.sum(alpha))


# N-body energy
def nbody(pos, mass):
    n = pos.shape[0]
    e = 0.0
    for i in range(n):
        for j in range(i + 1, n):
            dx = pos[i, 0] - pos[j, 0]
            dy = pos[i, 1] - pos[j, 1]
            dz = pos[i, 2] - pos[j, 2]
            r2 = dx * dx + dy * dy + dz * dz + 1e-3
            e -= mass[i] * mass[j] / math.sqrt(r2)
    return e


# Thomas algorithm, arrays of their own and in place
def thomas(a, b, c, d):
    n = b.shape[0]
    cp = np.empty(n)
    dp = np.empty(n)
    x = np.empty(n)
    cp[0] = c[0] / b[0]
    dp[0] = d[0] / b[0]
    for i in range(1, n):
        m = b[i] - a[i] * cp[i - 1]
        cp[i] = c[i] / m
        dp[i] = (d[i] - a[i] * dp[i - 1]) / m
    x[n - 1] = dp[n - 1]
    for i in range(n - 2, -1, -1):
        x[i] = dp[i] - cp[i] * x[i + 1]
    return np.sum(x * x)


def thomas_inplace(a, b, c, d):
    n = b.shape[0]
    for i in range(1, n):
        w = a[i] / b[i - 1]
        b[i] -= w * c[i - 1]
        d[i] -= w * d[i - 1]
    d[n - 1] /= b[n - 1]
    for i in range(n - 2, -1, -1):
        d[i] = (d[i] - c[i] * d[i + 1]) / b[i]
    return np.sum(d * d)


# an escape loop per pixel (smooth Mandelbrot-like), continue and break
def escape(cx, cy, limit):
    total = 0.0
    for p in range(cx.shape[0]):
        x, y = 0.0, 0.0
        k = 0
        while k < limit:
            if x * x + y * y > 4.0:
                break
            x, y = x * x - y * y + cx[p], 2 * x * y + cy[p]
            k += 1
        if k == limit:
            continue
        total += k + 1 - math.log(math.log(x * x + y * y) / 2) / math.log(2.0)
    return total


# Monte Carlo: an arithmetic Asian option on given normal numbers
def asian(S0, sigma, r, K, T, z):
    paths, steps = z.shape
    dt = T / steps
    total = 0.0
    for p in range(paths):
        S = S0
        mean = 0.0
        for k in range(steps):
            S *= math.exp((r - 0.5 * sigma * sigma) * dt + sigma * math.sqrt(dt) * z[p, k])
            mean += S
        mean /= steps
        if mean > K:
            total += mean - K
    return math.exp(-r * T) * total / paths


# sparse matrix times vector (CSR), twice with a nonlinearity
def csr(data, indices, indptr, x):
    n = x.shape[0]
    y = np.empty(n)
    s = 0.0
    for i in range(n):
        acc = 0.0
        for k in range(indptr[i], indptr[i + 1]):
            acc += data[k] * x[indices[k]]
        y[i] = math.tanh(acc)
    for i in range(n):
        for k in range(indptr[i], indptr[i + 1]):
            s += data[k] * y[indices[k]] * x[i]
    return s


def make(size="small"):
    rng = np.random.default_rng(1)
    big = size == "big"

    def of_size(a, b):
        return b if big else a

    out = {}
    out["lorenz"] = (
        lorenz,
        (
            np.array([1.0, 1.0, 20.0]),
            np.array([10.0, 28.0, 8 / 3]),
            0.001 if big else 0.01,
            of_size(50, 10_000),
        ),
    )
    n, nt = of_size(7, 256), of_size(4, 50)
    for name, f in (("heat_swap", heat_swap), ("heat_inplace", heat_inplace), ("wave", wave)):
        out[name] = f, (rng.random((n, n + 1)), rng.random((n, n + 1)) * 0.1, nt)
    out["kepler"] = kepler, (1.3, 0.3)
    d, T = of_size(3, 14), of_size(5, 1024)
    out["lstm"] = (
        lstm,
        (
            rng.normal(size=(2, 2, 4 * d)),
            rng.normal(size=(3, d)),
            (rng.random((T, d)) < 0.3).astype(float),
        ),
    )
    nc, npt, no = of_size(2, 49), of_size(5, 7776), of_size(9, 31843)
    obs = np.stack([rng.integers(0, nc, no), rng.integers(0, npt, no)], 1)
    cams = rng.normal(size=(nc, 11)) * 0.1
    cams[:, 6] += 1
    cams[:, 5] -= 5
    out["ba"] = ba, (cams, rng.normal(size=(npt, 3)), rng.random(no), obs, rng.normal(size=(no, 2)))
    n = of_size(6, 1000)
    out["dtw"] = dtw, (rng.normal(size=n), rng.normal(size=n + 1))
    S, T = of_size(3, 16), of_size(6, 5000)
    A = rng.random((S, S))
    A /= A.sum(1, keepdims=True)
    B = rng.random((S, 5))
    B /= B.sum(1, keepdims=True)
    out["hmm"] = hmm, (A, B, np.full(S, 1 / S), rng.integers(0, 5, T))
    n = of_size(5, 1500)
    out["nbody"] = nbody, (rng.normal(size=(n, 3)), rng.random(n) + 0.5)
    n = of_size(6, 100_000)
    for name, f in (("thomas", thomas), ("thomas_inplace", thomas_inplace)):
        out[name] = (
            f,
            (rng.random(n) * 0.3, rng.random(n) + 2, rng.random(n) * 0.3, rng.normal(size=n)),
        )
    n = of_size(12, 20_000)
    out["escape"] = escape, (rng.uniform(-2, 0.5, n), rng.uniform(-1.2, 1.2, n), of_size(30, 200))
    out["asian"] = (
        asian,
        (100.0, 0.2, 0.03, 100.0, 1.0, rng.normal(size=(of_size(6, 10_000), of_size(5, 252)))),
    )
    n = of_size(6, 50_000)
    per = rng.integers(1, of_size(3, 20), n)
    indptr = np.concatenate([[0], np.cumsum(per)]).astype(np.int64)
    out["csr"] = (
        csr,
        (
            rng.normal(size=indptr[-1]) * 0.3,
            rng.integers(0, n, indptr[-1]),
            indptr,
            rng.normal(size=n),
        ),
    )
    return out
