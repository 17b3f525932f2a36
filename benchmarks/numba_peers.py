"""The programs of `numba_gradients` as users of jax and PyTorch write them.

`JAX` and `TORCH` have, by program, a function of the same arguments: loops over time by
`lax.scan` in jax and by Python's `for` in PyTorch, all else as operations of arrays. A sweep in
place (`heat_inplace`) has no form in jax or PyTorch that is not millions of steps of single
numbers, so it is in neither. Start at `gradient_in_jax`, `gradient_in_torch`.
"""

import math

import numpy as np

JAX, TORCH = {}, {}


def in_jax(function):
    JAX[function.__name__] = function
    return function


def in_torch(function):
    TORCH[function.__name__] = function
    return function


def gradient_in_jax(name, args):
    """A step that gives value and gradients, by all floats and arrays of floats."""
    import jax

    jax.config.update("jax_enable_x64", True)
    places = differentiated(args)
    static = [k for k, x in enumerate(args) if isinstance(x, int)]
    run = jax.jit(jax.value_and_grad(JAX[name], places), static_argnums=static)
    given = [jax.numpy.asarray(x) if k not in static else x for k, x in enumerate(args)]

    def step():
        value, grads = run(*given)
        jax.block_until_ready((value, grads))
        return value, grads

    return step


def gradient_in_torch(name, args):
    import torch

    places = differentiated(args)
    given = [torch.tensor(x) if not isinstance(x, int) else x for x in args]
    given = [x.double() if k in places else x for k, x in enumerate(given)]
    for k in places:
        given[k].requires_grad_()

    def step():
        for k in places:
            given[k].grad = None
        value = TORCH[name](*given)
        value.backward()
        return value.detach(), [given[k].grad for k in places]

    return step


def differentiated(args):
    return tuple([k for k, x in enumerate(args) if np.asarray(x).dtype == np.float64])


# ----- loops over time


def lorenz_step(state, p, dt):
    def slope(x, y, z):
        return p[0] * (y - x), x * (p[1] - z) - y, x * y - p[2] * z

    def ahead(by, slopes):
        return [v + by * k for v, k in zip(state, slopes, strict=True)]

    k1 = slope(*state)
    k2 = slope(*ahead(dt / 2, k1))
    k3 = slope(*ahead(dt / 2, k2))
    k4 = slope(*ahead(dt, k3))
    return [
        v + dt / 6 * (a + 2 * b + 2 * c + d)
        for v, a, b, c, d in zip(state, k1, k2, k3, k4, strict=True)
    ]


@in_jax
def lorenz(u0, p, dt, n):
    from jax import lax

    def turn(carry, _):
        state = lorenz_step(carry[0], p, dt)
        return (state, carry[1] + state[0] * state[0] * dt), None

    return lax.scan(turn, ([u0[0], u0[1], u0[2]], 0.0), None, length=n)[0][1]


@in_torch
def lorenz(u0, p, dt, n):  # noqa: F811
    state, s = [u0[0], u0[1], u0[2]], 0.0
    for _ in range(n):
        state = lorenz_step(state, p, dt)
        s = s + state[0] * state[0] * dt
    return s


def laplacian(u):
    return u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:] - 4 * u[1:-1, 1:-1]


def heated(u, c):
    inner = u[1:-1, 1:-1]
    return inner + c[1:-1, 1:-1] * laplacian(u) * (1 + inner * inner)


@in_jax
def heat_swap(u0, c, nt):
    from jax import lax

    def turn(u, _):
        return u.at[1:-1, 1:-1].set(heated(u, c)), None

    u, _ = lax.scan(turn, u0, None, length=nt)
    return (u * u).sum()


@in_torch
def heat_swap(u0, c, nt):  # noqa: F811
    u = u0
    for _ in range(nt):
        new = u.clone()
        new[1:-1, 1:-1] = heated(u, c)
        u = new
    return (u * u).sum()


def waved(a, b, c):
    inner = (slice(1, -1), slice(1, -1))
    return 2 * b[inner] - a[inner] + c[inner] * laplacian(b)


@in_jax
def wave(u0, c, nt):
    """The border of the third level is that of zeros, every third step."""
    from jax import lax
    from jax import numpy as jnp

    def turn(levels, _):
        a, b, d = levels
        return (b, d.at[1:-1, 1:-1].set(waved(a, b, c)), a), None

    levels = u0, u0, jnp.zeros_like(u0)
    levels, _ = lax.scan(turn, levels, None, length=nt - 1)
    return (levels[1] ** 2).sum()


@in_torch
def wave(u0, c, nt):  # noqa: F811
    a, b, d = u0, u0, u0 * 0
    for _ in range(nt - 1):
        new = d.clone()
        new[1:-1, 1:-1] = waved(a, b, c)
        a, b, d = b, new, a
    return (b**2).sum()


@in_jax
def kepler(M, e):
    """All hundred turns, since loops that end by values have no reverse mode."""
    from jax import lax
    from jax import numpy as jnp

    def turn(carry, _):
        E, done = carry
        f = E - e * jnp.sin(E) - M
        done = done | (jnp.abs(f) < 1e-13)
        return (jnp.where(done, E, E - f / (1 - e * jnp.cos(E))), done), None

    first = jnp.where(e < 0.8, M, math.pi)
    (E, _), _ = lax.scan(turn, (first, jnp.array(False)), None, length=100)
    return jnp.where(math.pi < E, E * E - e, jnp.sin(E) * e)


@in_torch
def kepler(M, e):  # noqa: F811
    E = M if e < 0.8 else M * 0 + math.pi
    for _ in range(100):
        f = E - e * E.sin() - M
        if f.abs() < 1e-13:
            break
        E = E - f / (1 - e * E.cos())
    return E * E - e if math.pi < E else E.sin() * e


def lstm_cell(x, h, c, weights, bias, sigmoid, tanh):
    d = x.shape[0]
    w, b = weights.reshape(4, d), bias.reshape(4, d)
    forget, ingate = sigmoid(x * w[0] + b[0]), sigmoid(h * w[1] + b[1])
    outgate, change = sigmoid(x * w[2] + b[2]), tanh(h * w[3] + b[3])
    c = c * forget + ingate * change
    return outgate * tanh(c), c


@in_jax
def lstm(main, extra, seq):
    import jax
    from jax import numpy as jnp

    layers, d, turns = main.shape[0], main.shape[2] // 4, seq.shape[0]

    def turn(state, rows):
        now, after = rows
        x, new = now * extra[0], []
        for k in range(layers):
            x, c = lstm_cell(x, *state[k], *main[k], jax.nn.sigmoid, jnp.tanh)
            new.append(jnp.stack([x, c]))
        y = x * extra[1] + extra[2]
        return jnp.stack(new), (after * (y - jax.nn.logsumexp(y))).sum()

    state = jnp.zeros((layers, 2, d))
    _, found = jax.lax.scan(turn, state, (seq[:-1], seq[1:]))
    return -found.sum() / ((turns - 1) * d)


@in_torch
def lstm(main, extra, seq):  # noqa: F811
    import torch

    layers, d, turns = main.shape[0], main.shape[2] // 4, seq.shape[0]
    h = [torch.zeros(d, dtype=main.dtype) for _ in range(layers)]
    c = list(h)
    total = 0.0
    for t in range(turns - 1):
        x = seq[t] * extra[0]
        for k in range(layers):
            x, c[k] = lstm_cell(x, h[k], c[k], *main[k], torch.sigmoid, torch.tanh)
            h[k] = x
        y = x * extra[1] + extra[2]
        total = total + (seq[t + 1] * (y - y.logsumexp(0))).sum()
    return -total / ((turns - 1) * d)


@in_jax
def hmm(A, B, pi, obs):
    from jax import lax
    from jax import numpy as jnp

    def turn(carry, o):
        new = (carry[0] @ A) * B[:, o]
        c = new.sum()
        return (new / c, carry[1] + jnp.log(c)), None

    (alpha, ll), _ = lax.scan(turn, (pi * B[:, obs[0]], 0.0), obs[1:])
    return ll + jnp.log(alpha.sum())


@in_torch
def hmm(A, B, pi, obs):  # noqa: F811
    alpha, ll = pi * B[:, obs[0]], 0.0
    for o in obs[1:].tolist():
        new = (alpha @ A) * B[:, o]
        c = new.sum()
        alpha, ll = new / c, ll + c.log()
    return ll + alpha.sum().log()


@in_jax
def thomas(a, b, c, d):
    from jax import lax

    def down(carry, row):
        a, b, c, d = row
        m = b - a * carry[0]
        new = c / m, (d - a * carry[1]) / m
        return new, new

    def up(x, row):
        new = row[1] - row[0] * x
        return new, new

    first = c[0] / b[0], d[0] / b[0]
    _, (cp, dp) = lax.scan(down, first, (a[1:], b[1:], c[1:], d[1:]))
    last = dp[-1]
    _, x = lax.scan(up, last, (cp[:-1], dp[:-1]), reverse=True)
    x0 = first[1] - first[0] * x[0]
    return (x * x).sum() + last * last + x0 * x0


@in_jax
def thomas_inplace(a, b, c, d):
    from jax import lax

    def down(carry, row):
        a, b, c, d = row
        w = a / carry[0]
        new = b - w * carry[1], c, d - w * carry[2]
        return new, (new[0], new[2])

    def up(x, row):
        b, c, d = row
        new = (d - c * x) / b
        return new, new

    first = b[0], c[0], d[0]
    _, (bs, ds) = lax.scan(down, first, (a[1:], b[1:], c[1:], d[1:]))
    last = ds[-1] / bs[-1]
    _, x = lax.scan(up, last, (bs[:-1], c[1:-1], ds[:-1]), reverse=True)
    x0 = (d[0] - c[0] * x[0]) / b[0]
    return (x * x).sum() + last * last + x0 * x0


# ----- operations of arrays


def residuals(np_, cams, points, w, obs, feats):
    """`np_` has the functions; all points are turned, also by nothing."""
    r, x = cams[:, :3], points - cams[:, 3:6]
    theta = np_.sqrt((r * r).sum(1))[:, None]
    a = r / theta
    cos, sin = np_.cos(theta), np_.sin(theta)
    cross = np_.stack(
        [
            a[:, 1] * x[:, 2] - a[:, 2] * x[:, 1],
            a[:, 2] * x[:, 0] - a[:, 0] * x[:, 2],
            a[:, 0] * x[:, 1] - a[:, 1] * x[:, 0],
        ],
        1,
    )
    y = x * cos + cross * sin + a * ((a * x).sum(1)[:, None] * (1 - cos))
    p = y[:, :2] / y[:, 2:]
    rsq = (p * p).sum(1)[:, None]
    radial = 1 + cams[:, 9:10] * rsq + cams[:, 10:11] * rsq * rsq
    q = p * radial * cams[:, 6:7] + cams[:, 7:9]
    e = w[:, None] * (q - feats)
    return (e * e).sum() + ((1 - w * w) ** 2).sum()


@in_jax
def ba(cams, points, w, obs, feats):
    from jax import numpy as jnp

    return residuals(jnp, cams[obs[:, 0]], points[obs[:, 1]], w, obs, feats)


@in_torch
def ba(cams, points, w, obs, feats):  # noqa: F811
    import torch

    return residuals(torch, cams[obs[:, 0]], points[obs[:, 1]], w, obs, feats)


def diagonals(n, m):
    """For each diagonal of the table of `dtw` the columns of its cells, by their rows, and which
    are there."""
    columns = np.arange(n + m - 1)[:, None] - np.arange(n)
    return np.clip(columns, 0, m - 1), (columns >= 0) & (columns < m)


@in_jax
def dtw(x, y):
    from jax import lax
    from jax import numpy as jnp

    n, m = x.shape[0], y.shape[0]
    columns, there = diagonals(n, m)
    far = jnp.full(n + 1, 1e30)

    def turn(carry, row):
        before, last = carry  # of the two diagonals before, by rows, with one above
        j, valid = row
        cost = (x - y[j]) ** 2
        best = jnp.minimum(jnp.minimum(last[1:], last[:-1]), before[:-1])
        new = jnp.where(valid, cost + best, 1e30)
        return (last, jnp.concatenate([far[:1], new])), None

    start = far.at[0].set(0.0)
    (_, last), _ = lax.scan(turn, (start, far), (jnp.asarray(columns), jnp.asarray(there)))
    return last[n]


@in_torch
def dtw(x, y):  # noqa: F811
    import torch

    n, m = x.shape[0], y.shape[0]
    columns, there = map(torch.tensor, diagonals(n, m))
    far = torch.full((n + 1,), 1e30, dtype=x.dtype)
    before, last = far.clone(), far
    before[0] = 0.0
    for j, valid in zip(columns, there, strict=True):
        cost = (x - y[j]) ** 2
        best = torch.minimum(torch.minimum(last[1:], last[:-1]), before[:-1])
        new = torch.where(valid, cost + best, 1e30)
        before, last = last, torch.cat([far[:1], new])
    return last[n]


def energy(pos, mass, sqrt, upper):
    """Of all pairs, of which `upper` takes each once."""
    d = pos[:, None, :] - pos[None, :, :]
    r2 = (d * d).sum(2) + 1e-3
    return -upper(mass[:, None] * mass[None, :] / sqrt(r2)).sum()


@in_jax
def nbody(pos, mass):
    from jax import numpy as jnp

    return energy(pos, mass, jnp.sqrt, lambda a: jnp.triu(a, 1))


@in_torch
def nbody(pos, mass):  # noqa: F811
    import torch

    return energy(pos, mass, torch.sqrt, lambda a: torch.triu(a, 1))


@in_jax
def escape(cx, cy, limit):
    from jax import lax
    from jax import numpy as jnp

    def turn(carry, _):
        x, y, k = carry
        inside = x * x + y * y <= 4.0
        new = x * x - y * y + cx, 2 * x * y + cy
        return (jnp.where(inside, new[0], x), jnp.where(inside, new[1], y), k + inside), None

    zeros = jnp.zeros_like(cx)
    (x, y, k), _ = lax.scan(turn, (zeros, zeros, zeros), None, length=limit)
    out = k < limit
    r2 = jnp.where(out, x * x + y * y, 5.0)
    return jnp.where(out, k + 1 - jnp.log(jnp.log(r2) / 2) / math.log(2.0), 0.0).sum()


@in_torch
def escape(cx, cy, limit):  # noqa: F811
    import torch

    x, y, k = cx * 0, cy * 0, torch.zeros_like(cx)
    for _ in range(limit):
        inside = x * x + y * y <= 4.0
        new = x * x - y * y + cx, 2 * x * y + cy
        x, y = torch.where(inside, new[0], x), torch.where(inside, new[1], y)
        k = k + inside
    out = k < limit
    r2 = torch.where(out, x * x + y * y, 5.0)
    return torch.where(out, k + 1 - (r2.log() / 2).log() / math.log(2.0), 0.0).sum()


def option(np_, S0, sigma, r, K, T, z, relu):
    paths, steps = z.shape
    dt = T / steps
    logs = ((r - 0.5 * sigma * sigma) * dt + sigma * np_.sqrt(dt) * z).cumsum(1)
    mean = (S0 * np_.exp(logs)).mean(1)
    return np_.exp(-r * T) * relu(mean - K).sum() / paths


@in_jax
def asian(S0, sigma, r, K, T, z):
    import jax
    from jax import numpy as jnp

    return option(jnp, S0, sigma, r, K, T, z, jax.nn.relu)


@in_torch
def asian(S0, sigma, r, K, T, z):  # noqa: F811
    import torch

    return option(torch, S0, sigma, r, K, T, z, torch.relu)


@in_jax
def csr(data, indices, indptr, x):
    import jax
    from jax import numpy as jnp

    n = x.shape[0]
    rows = jnp.repeat(jnp.arange(n), jnp.diff(indptr), total_repeat_length=data.shape[0])

    def product(v):
        return jax.ops.segment_sum(data * v[indices], rows, n, indices_are_sorted=True)

    return (product(jnp.tanh(product(x))) * x).sum()


@in_torch
def csr(data, indices, indptr, x):  # noqa: F811
    import torch

    n = x.shape[0]
    rows = torch.repeat_interleave(torch.arange(n), indptr.diff())

    def product(v):
        zeros = torch.zeros(n, dtype=x.dtype)
        return zeros.index_add(0, rows, data * v[indices])

    return (product(torch.tanh(product(x))) * x).sum()
