"""Functions of NumPy as a user would write them with loops: the front executes them in place.

Start at `AS_LOOPS`. Where a function depends on an order, the places are found by numba's own
function, whose results are whole numbers and have no derivative.
"""

import numpy as np

from ..runtime.numba.form_support import _order

__all__ = ["AS_LOOPS"]


def taken_where(x, where):
    """x[where], of a mask."""
    n = 0
    for i in range(where.shape[0]):
        if where[i]:
            n += 1
    out = np.empty(n, x.dtype)
    k = 0
    for i in range(where.shape[0]):
        if where[i]:
            out[k] = x[i]
            k += 1
    return out


def put_where(x, where, value):
    """x[where] = value, of a mask and a number."""
    for i in range(where.shape[0]):
        if where[i]:
            x[i] = value


def put_all_where(x, where, values):
    """x[where] = values, of a mask and an array."""
    n = 0
    for i in range(where.shape[0]):
        if where[i]:
            n += 1
    if n != values.shape[0]:
        raise ValueError("got another number of values than places of a mask")
    k = 0
    for i in range(where.shape[0]):
        if where[i]:
            x[i] = values[k]
            k += 1


def put_at(x, where, value):
    """x[where] = value, of places and a number."""
    for k in range(where.shape[0]):
        x[where[k]] = value


def put_all_at(x, where, values):
    """x[where] = values, of places and an array: the last of equal places counts."""
    if where.shape[0] != values.shape[0]:
        raise ValueError("got another number of values than places")
    for k in range(where.shape[0]):
        x[where[k]] = values[k]


def count_nonzero(a):
    n = 0
    for v in a:
        if v:
            n += 1
    return n


def take(a, indices):
    return a[indices]


def diag(v):
    n = min(v.shape[0], v.shape[1])
    out = np.empty(n, v.dtype)
    for i in range(n):
        out[i] = v[i, i]
    return out


def diag_of_vector(v):
    n = v.shape[0]
    out = np.zeros((n, n), v.dtype)
    for i in range(n):
        out[i, i] = v[i]
    return out


def sort(a):
    order = _order(a)
    out = np.empty(a.shape[0], a.dtype)
    for k in range(a.shape[0]):
        out[k] = a[order[k]]
    return out


def argsort(a):
    return _order(a)


def median(a):
    order = _order(a)
    n = a.shape[0]
    return 0.5 * (a[order[(n - 1) // 2]] + a[order[n // 2]])


def joined(x, y):
    """Two arrays of one axis, one after the other."""
    n, m = x.shape[0], y.shape[0]
    out = np.empty(n + m, x.dtype)
    for i in range(n):
        out[i] = x[i]
    for i in range(m):
        out[n + i] = y[i]
    return out


def joined_rows(x, y):
    """Two matrices, one below the other."""
    n, m, p = x.shape[0], y.shape[0], x.shape[1]
    if p != y.shape[1]:
        raise ValueError("got matrices with different numbers of columns")
    out = np.empty((n + m, p), x.dtype)
    for i in range(n):
        for j in range(p):
            out[i, j] = x[i, j]
    for i in range(m):
        for j in range(p):
            out[n + i, j] = y[i, j]
    return out


def interp(x, xp, fp):
    """Of a number: linear between the points, the last values beyond them."""
    n = xp.shape[0]
    if x <= xp[0]:
        out = fp[0]
    elif x >= xp[n - 1]:
        out = fp[n - 1]
    else:
        k = np.searchsorted(xp, x)
        t = (x - xp[k - 1]) / (xp[k] - xp[k - 1])
        out = fp[k - 1] + t * (fp[k] - fp[k - 1])
    return out


def interp_all(x, xp, fp):
    out = np.empty(x.shape[0])
    for i in range(x.shape[0]):
        out[i] = np.interp(x[i], xp, fp)
    return out


def searchsorted(a, v):
    """How many elements are less than a number."""
    low, high = 0, a.shape[0]
    while low < high:
        middle = (low + high) // 2
        if a[middle] < v:
            low = middle + 1
        else:
            high = middle
    return low


def trapezoid(y, x):
    total = 0.0
    for i in range(1, y.shape[0]):
        total += 0.5 * (y[i] + y[i - 1]) * (x[i] - x[i - 1])
    return total


def roll(a, shift):
    n = a.shape[0]
    out = np.empty(n, a.dtype)
    for i in range(n):
        out[(i + shift) % n] = a[i]
    return out


def trapezoid_of_ones(y):
    total = 0.0
    for i in range(y.shape[0] - 1):
        total += 0.5 * (y[i] + y[i + 1])
    return total


def convolve(a, v):
    n, m = a.shape[0], v.shape[0]
    out = np.zeros(n + m - 1)
    for i in range(n):
        for j in range(m):
            out[i + j] += a[i] * v[j]
    return out


def cross(a, b):
    out = np.empty(3)
    out[0] = a[1] * b[2] - a[2] * b[1]
    out[1] = a[2] * b[0] - a[0] * b[2]
    out[2] = a[0] * b[1] - a[1] * b[0]
    return out


def inv(a):
    return np.linalg.solve(a, np.eye(a.shape[0]))


#: Name in NumPy -> the function that is executed for it, of operands with so many axes.
AS_LOOPS = {
    ("count_nonzero", 1): count_nonzero,
    ("take", 1, 1): take,
    ("diag", 2): diag,
    ("diag", 1): diag_of_vector,
    ("sort", 1): sort,
    ("argsort", 1): argsort,
    ("median", 1): median,
    ("interp", 0, 1, 1): interp,
    ("interp", 1, 1, 1): interp_all,
    ("searchsorted", 1, 0): searchsorted,
    ("trapezoid", 1, 1): trapezoid,
    ("trapz", 1, 1): trapezoid,
    ("trapezoid", 1): trapezoid_of_ones,
    ("trapz", 1): trapezoid_of_ones,
    ("roll", 1, 0): roll,
    ("convolve", 1, 1): convolve,
    ("cross", 1, 1): cross,
    ("inv", 2): inv,
    ("joined", 1, 1): joined,
    ("joined", 2, 2): joined_rows,
}
