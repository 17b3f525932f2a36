"""Small programs, each for what it is named after, as users of numba write them. Start at `CASES`."""

import math

import numpy as np
from numba import njit

G = np.array([1.5, -2.0, 0.5])
K = 3.0


def make(c):
    def inner(x):
        return c * x * x

    return inner


sq = make(2.5)


@njit
def fill(a, v, scale=0.5):
    for i in range(a.shape[0]):
        a[i] = v * scale + a[i] * i


@njit
def norm2(a):
    s = 0.0
    for v in a:
        s += v * v
    return s


def write_through_name(x):
    b = x
    b[0] = x[1] * x[1]
    return x[0] * b[1] + x.sum()


def views(M):
    r = M[1]
    q = r[1:]
    q[0] = q[1] * r[0]
    return np.sum(M * M) + r[1]


def globals_and_closures(x):
    s = 0.0
    for i in range(3):
        s += G[i] * x[i] ** 2 * K
    return s + sq(x[0])


def calls_that_write(x, v):
    t = np.zeros(3)
    fill(t, v)
    fill(t, x[0], scale=x[1])
    fill(x, v * t[1])
    return norm2(t) * norm2(x)


def early_return_of_nested(M, lim):
    for i in range(M.shape[0]):
        s = 0.0
        for j in range(M.shape[1]):
            s += M[i, j] ** 2
            if s > lim:
                return s * M[i, 0]
    return M[0, 0] * M[1, 1]


def while_true(x):
    k = 0
    s = x[0]
    while True:
        s = s * 0.5 + math.sin(x[k % 3])
        k += 1
        if k > 4 or s > 2.0:
            break
    return s * k


def selections(x, y):
    z = np.where(x > 0, x * y, y * y)
    w = np.clip(z, -0.5, 0.5)
    return np.sum(w * z) + np.mean(np.abs(x)) + np.max(y)


def slices_and_products(M):
    A = M[1:, ::2] * 2.0 + M[:-1, 1::2]
    B = M.T @ M
    return np.sum(A) * np.sum(np.sqrt(B * B + 1.0)) + B[0, 1]


def scalar_logic(x, a):
    a += 1
    a *= a
    lo, hi = min(x[0], a), max(x[0], a)
    return hi - lo * (0 < x[1] < 2) + (a if 0 < a <= 5 else x[2])


def tuples(x):
    p = (x[0], x[1] * 2)
    q = p + (x[2],)
    u, v, w = q
    return u * v * w + len(q)


def tuples_by_number(x, y):
    """`zip` and `enumerate` of tuples, and computed places of them."""
    s = 0.0
    for v, c in zip(x, (1.0, 2.0, 3.0)):
        s += v * v * c
        if s > 100:
            break
    for k, (a, b) in enumerate(zip((x[0], x[1], x[0]), (x[1], x[2], y[1]))):
        s += a * b * k
    p = (x[0], x[1], x[2] * 2)
    for k in range(-3, 3):
        s += p[k] * y[k]
    return s * y[(1, 0)[y.size % 2]]


def slice_updates(x):
    out = np.empty((2, 3))
    out[0] = x * 2
    out[1] = out[0] * x[::-1]
    out[:, 1] *= 3.0
    out[0, :2] += out[1, 1:]
    return out.sum() + np.prod(x)


def functions(x, y):
    h = (
        np.hypot(x[0], y[0])
        + np.arctan2(y[1], x[1])
        + np.log1p(x[2] ** 2)
        + np.expm1(y[2])
        + math.erf(x[0])
        + np.cosh(y[0])
        + x[1] % 0.7
        + y[1] ** 3
        + abs(x[2]) ** y[2]
        + 2.0 ** x[0]
    )
    return h


def continue_and_break(x, n):
    i = 0
    s = 0.0
    for k in range(n):
        if k % 2 == 0:
            continue
        i += 1
        if x[i % 3] < -5:
            break
        s += x[i % 3] * k
    count = i
    return s * s + count


def backwards(x):
    s = 0.0
    for i in range(2, -1, -1):
        for j in range(i):
            s += x[i] * x[j] ** 2
    return s


def index_array(x, idx):
    y = x[idx]
    return np.sum(y * y) + y[1] * x[0]


def copies_and_fills(x):
    w = x.copy()
    w.fill(x[1])
    v = np.full(3, x[0])
    v[:] = v * w
    return np.dot(v, x) + np.linalg.norm(w)


def enumerate_and_zip(x):
    s = 0.0
    for i, v in enumerate(x):
        for a, b in zip(x, x[1:]):
            s += a * b * v + i
    for q in (x[0], x[1] * 2, 0.5):
        s *= q
    return s


def items(x, y):
    """Ranges, numbers from a start, and pairs in pairs."""
    s = 0.0
    for i, (k, v) in zip(range(x.size, 0, -2), enumerate(y, 2)):
        s += i * v * v + k * x[i - 1]
    for k, (a, b) in enumerate(zip(x[1:], y)):
        s += a * b * b * k
    for k, j in enumerate(range(1, x.size), start=x.size):
        s += x[j] * k * s
    return s


def found_or_not(x, limit):
    """`else` of loops that are left, and of one that is not; one that leaves the loop around."""
    s = 0.0
    for j in range(3):
        for i in range(x.size):
            if x[i] > limit + j:
                s += x[i] ** 2
                break
        else:
            s += x[j] * limit
            if j == 2:
                break
            continue
        s *= x[0]
    else:
        s += 1.0
        return s * x[1]
    k = 0
    while k < 2:
        s *= x[k] + 0.5
        k += 1
    else:
        s -= x[2]
    return s


def log_gamma(x, a):
    s = 0.0
    for v in x:
        s += math.lgamma(v * v + a) * v - math.lgamma(-a - 0.05 * v)
    return s


def functional_update(x, W):
    h = np.zeros(3)
    for t in range(4):
        h = np.tanh(W @ h + x)
        h[0] *= 0.5
    return np.sum(h * x)


def running_totals(x):
    c = np.cumsum(x * x)
    d = np.cumprod(x + 2.0)
    return np.sum(c * d) + np.std(x) + np.var(x) * np.ptp(x) + x[np.argmax(x)] ** 2


def rearranged(M):
    A = np.transpose(M) * 2.0
    b = np.ravel(A)
    e = np.eye(3) * M[0, 0] + np.outer(M[0], M[1])
    return np.sum(b * b[::-1]) + np.trace(e) + np.sum(np.diff(M[2])) + np.sum(M.sum() * e[1])


def of_linspace(x, n):
    grid = np.linspace(0.0, x[0], n)
    total = 0.0
    for k in range(n):
        total += math.exp(-grid[k]) * x[1]
    return total + np.sum(np.arange(3) * x)


def conditions(x):
    s = 0.0
    if np.any(x > 0.5) and not np.all(x > 2.0):
        s += np.logaddexp(x[0], x[1]) if False else x[0] ** 0.5
    for v in x:
        s += v**-1 if v > 1 else v**4 + v ** x[1] * 0.1
    return s


def clipped_slices(x, k):
    return np.sum(x[-2:] ** 2) + np.sum(x[:10] * 3.0) + np.sum(x[k:] ** 3) + np.sum(x[1:k])


def equations(A, y):
    x = np.linalg.solve(A, y)
    return np.sum(x * x) + x[0]


def arrays_of_turns(M):
    """A merged loop within another, whose turn makes arrays."""
    total = 0.0
    for i in range(3):
        row = M[i] * 2.0
        z = np.zeros(3)
        for j in range(3):
            z[j] = row[j] ** 2
        for j in range(3):
            total += z[j] * row[j]
            q = z + row
            total += q @ z
    return total


def turned(r, x):
    square = np.sum(r * r)
    if square > 1e-10:
        angle = np.sqrt(square)
        w = r / angle
        return x * np.cos(angle) + np.cross(w, x) * np.sin(angle) + w * (w @ x) * angle
    else:
        return x + np.cross(r, x)


def chosen(R, x, k):
    """Arrays that branches choose, made in a turn of a merged loop."""
    total = 0.0
    for i in range(R.shape[0]):
        y = turned(R[i] * (i - k), x)
        z = y if x[0] > 0 else x
        total += np.sum(z * y**2)
    return total


def masks(x, idx):
    m = x > 0.5
    y = np.where(m, x * 0.3, -x)
    y[m] *= x[m] ** 2
    z = x.copy()
    z[z > 1] = x[0]
    z[idx] += x[idx] * x[1]
    z[idx] = 2.0 * z[idx] ** 2
    return y.sum() + x[~m].sum() ** 2 + z @ z + np.count_nonzero(m) * x[0]


def reshaped(x, M):
    m = (x * 2.0).reshape((1, 3))
    q = M.reshape(-1)[1:].reshape(2, -1)
    r = M.T.ravel()
    return (
        np.sum(m @ q[:, :3].T)
        + np.sum(q * q)
        + np.sum(r[:3] * x)
        + (M / M.sum(axis=1)[:, None])[0, 1]
    )


def local_functions(x, k):
    def power(v, n=2, scale=1.0):
        return scale * v**n

    total, cube = 0.0, lambda v: k * v**3
    for v in x:
        total += power(v, scale=k) + power(v, 3) + cube(v)
    squares = [v * v for v in x]
    squares[1] = total
    ends = [[x[0], x[1], 1.0], [x[2], k, x[0]]]
    return (
        sum([power(v) for v in squares])
        + np.array(ends)[1] @ x
        + sum(i * v for i, v in enumerate(x))
    )


def added_up(h, x):
    k = 100.0  # not that of the functions it is given
    s = 0.0 * k
    for v in x:
        s += h(v)
    return s


def applied(h, v):
    shift = 10.0  # nor this
    return h(v) + 0.0 * shift


def functions_as_arguments(x, k):
    scale = x[2] * k

    def outer(v):
        shift = v * scale
        return applied(lambda w: w * shift + k * w**2, v)

    return added_up(outer, x) + added_up(lambda v: scale * v, x)


def by_order(x, y):
    s = np.sort(x * y)
    both = np.concatenate((s, x[:2], y))
    grid = np.linspace(-2.0, 2.0, 5)
    return (
        np.sum(s * y)
        + np.median(both)
        + both[2] ** 2
        + np.interp(x[1], grid, both[:5])
        + np.diag(np.outer(x, y)).sum()
    )


X, Y = np.array([0.7, 1.3, 0.4]), np.array([1.1, -0.6, 0.9])
M = np.arange(9.0).reshape(3, 3) * 0.3 - 0.8
M4 = np.sin(np.arange(16.0)).reshape(4, 4)
#: Function and arguments.
CASES = [
    (write_through_name, X),
    (views, M),
    (globals_and_closures, X),
    (calls_that_write, X, 0.3),
    (early_return_of_nested, M, 0.9),
    (early_return_of_nested, M, 90.0),
    (while_true, X),
    (selections, X - 0.8, Y),
    (slices_and_products, M4),
    (scalar_logic, X, 0.6),
    (tuples, X),
    (tuples_by_number, X, Y),
    (slice_updates, X),
    (functions, X, Y),
    (continue_and_break, X, 7),
    (backwards, X),
    (index_array, X, np.array([2, 0, 2, 1])),
    (copies_and_fills, X),
    (enumerate_and_zip, X),
    (items, X, Y),
    (found_or_not, X, 0.4),
    (found_or_not, X, -9.0),
    (log_gamma, X, 0.3),
    (functional_update, X, M),
    (running_totals, X),
    (rearranged, M),
    (of_linspace, X, 5),
    (conditions, X),
    (clipped_slices, X, 1),
    (clipped_slices, X, -1),
    (arrays_of_turns, M),
    (chosen, M, X, 1),
    (masks, X, np.array([2, 0, 2])),
    (reshaped, X, M),
    (local_functions, X, 0.7),
    (functions_as_arguments, X, 0.7),
    (by_order, X, Y),
    (equations, M + 3 * np.eye(3), X),
]
