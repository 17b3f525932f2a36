"""The workloads by hand in numba, value and gradient in one pass where the mathematics allows it:
the practical limit.

Results go into arrays made beforehand. A kernel is compiled once serially and once in parallel, and
runs in parallel where there are threads and enough elements. Quirks of numba that shape the code:
indices such as ``i - 1`` keep loops over `prange` from being vectorised, so neighbours come as
views; and a view that is made inside and only written is dropped. `HAND` has for each workload what
takes its inputs and gives the step.
"""

import math
import types

import numba
import numpy as np
from numba import njit, prange

from .vecmath import cos, exp, log1p, sin, tanh

#: Elements from which the parallel kernel runs.
PARALLEL_FROM = 20_000
OPTIONS = {"fastmath": True, "error_model": "numpy", "cache": True}
HAND = {}


def compiled(f):
    """``choose(size)`` -> the serial or the parallel kernel made of `f`."""
    twin = types.FunctionType(f.__code__, f.__globals__, f.__name__)
    twin.__qualname__ = (
        f.__qualname__ + "_parallel"
    )  # else numba's disk cache takes the one for the other
    serial, parallel = njit(**OPTIONS)(f), njit(parallel=True, **OPTIONS)(twin)

    def choose(size):
        return parallel if numba.get_num_threads() > 1 and size >= PARALLEL_FROM else serial

    return choose


def hand(f):
    """A kernel ``f(*inputs, gradient)`` -> value, with the gradient in its first input."""
    choose = compiled(f)

    def make(x, *rest):
        run, g = choose(max(a.size for a in (x, *rest))), np.empty_like(x)
        return lambda: (run(x, *rest, g), g)

    HAND[f.__name__] = make
    return f


@hand
def sumsq(x, g):
    s = x.dtype.type(0)
    for i in prange(x.size):
        s += x[i] * x[i]
        g[i] = 4 * x[i]
    return 2 * s


@hand
def chain(x, g):
    one, s = x.dtype.type(1), 0.0
    for i in prange(x.size):
        v = x[i]
        a = abs(v)
        e, t, ln, sn = exp(-v * v), tanh(v), log1p(a), sin(v)
        s += sn * e + ln * t
        slope = math.copysign(t / (one + a), t * v) + ln * (one - t * t)
        g[i] = (cos(v) - (v + v) * sn) * e + slope
    return s


@hand
def normalised_rows(a, g):
    total, two = 0.0, a.dtype.type(2)
    for i in prange(a.shape[0]):
        s = q = a.dtype.type(0)
        for j in range(a.shape[1]):
            s += a[i, j]
            q += a[i, j] * a[i, j]
        r = 1 / s
        c = q * r * r
        total += c
        for j in range(a.shape[1]):
            g[i, j] = two * r * (a[i, j] * r - c)
    return total


@hand
def norms(a, g):
    m, n = a.shape
    sums, squares, absolute, width, one = np.zeros(n, a.dtype), 0.0, 0.0, 256, a.dtype.type(1)
    for b in prange((n + width - 1) // width):
        lo, hi = b * width, min(n, b * width + width)
        for i in range(m):
            for j in range(lo, hi):
                v = a[i, j]
                sums[j] += v
                squares += v * v
                absolute += abs(v)
    norm = math.sqrt(squares)
    r, mean = a.dtype.type(1 / norm), a.dtype.type(2 / (m * m))
    for i in prange(m):
        for j in range(n):
            v = a[i, j]
            g[i, j] = v * r + (one if v > 0 else -one if v < 0 else v) + sums[j] * mean
    means = 0.0
    for j in range(n):
        means += sums[j] * sums[j]
    return norm + absolute + means / (m * m)


@hand
def cumsum_down(a, w, g):
    (m, n), width, total = a.shape, 256, 0.0
    for b in prange((n + width - 1) // width):
        lo, hi = b * width, min(n, b * width + width)
        run = np.zeros(hi - lo, a.dtype)
        for i in range(m - 1, -1, -1):
            for j in range(lo, hi):
                run[j - lo] += w[i, j]
                g[i, j] = run[j - lo]
                total += a[i, j] * run[j - lo]
    return total


@hand
def cumsum_along(a, w, g):
    total = 0.0
    for i in prange(a.shape[0]):
        run = a.dtype.type(0)
        for j in range(a.shape[1] - 1, -1, -1):
            run += w[i, j]
            g[i, j] = run
            total += a[i, j] * run
    return total


@compiled
def _cumsum_long(a, w, parts, g):
    n = a.size
    size, after, total = (n + parts - 1) // parts, np.zeros(parts + 1), 0.0
    for b in prange(parts):
        s = 0.0
        if b > 0:
            for i in range(b * size, min(n, b * size + size)):
                s += w[i]
        after[b] = s
    for b in range(parts - 1, -1, -1):
        after[b] += after[b + 1]
    for b in prange(parts):
        run = after[b + 1]
        for i in range(min(n, b * size + size) - 1, b * size - 1, -1):
            run += w[i]
            g[i] = run
            total += a[i] * run
    return total


def _cumsum_long_step(a, w):
    parts = numba.get_num_threads() if a.size >= PARALLEL_FROM else 1
    run, g = _cumsum_long(a.size), np.empty_like(a)
    return lambda: (run(a, w, parts, g), g)


HAND["cumsum_long"] = _cumsum_long_step


@hand
def softmax(a, w, g):
    total = 0.0
    for i in prange(a.shape[0]):
        top, s, inner = a[i, 0], a.dtype.type(0), a.dtype.type(0)
        for j in range(a.shape[1]):
            top = max(top, a[i, j])
        for j in range(a.shape[1]):
            e = exp(a[i, j] - top)
            g[i, j] = e
            s += e
            inner += e * w[i, j]
        r = 1 / s
        inner *= r
        total += inner
        for j in range(a.shape[1]):
            g[i, j] *= r * (w[i, j] - inner)
    return total


@hand
def logsumexp(a, g):
    total = 0.0
    for i in prange(a.shape[0]):
        top, s = a[i, 0], a.dtype.type(0)
        for j in range(a.shape[1]):
            top = max(top, a[i, j])
        for j in range(a.shape[1]):
            e = exp(a[i, j] - top)
            g[i, j] = e
            s += e
        r = 1 / s
        total += math.log(s) + top
        for j in range(a.shape[1]):
            g[i, j] *= r
    return total


@hand
def variance(a, g):
    n, total = a.shape[1], 0.0
    for i in prange(a.shape[0]):
        s = q = a.dtype.type(0)
        for j in range(n):
            s += a[i, j]
        mean = s / a.dtype.type(n)
        scale = a.dtype.type(2) / a.dtype.type(n)
        for j in range(n):
            d = a[i, j] - mean
            q += d * d
            g[i, j] = scale * d
        total += q / n
    return total


@hand
def logistic(w, x, y, g):
    (n, d), rows, total = x.shape, 512, 0.0
    blocks, one = (n + rows - 1) // rows, x.dtype.type(1)
    parts = np.zeros((blocks, d), x.dtype)
    for b in prange(blocks):
        lo, hi = b * rows, min(n, b * rows + rows)
        z, sums = np.empty(hi - lo, x.dtype), np.zeros(d, x.dtype)
        for i in range(lo, hi):
            dot = x.dtype.type(0)
            for j in range(d):
                dot += x[i, j] * w[j]
            z[i - lo] = -y[i] * dot
        for i in range(lo, hi):
            v = z[i - lo]
            e = exp(-abs(v))
            total += max(v, 0) + log1p(e)
            z[i - lo] = -y[i] * (one if v > 0 else e) / (one + e)
        for i in range(lo, hi):
            for j in range(d):
                sums[j] += z[i - lo] * x[i, j]
        for j in range(d):
            parts[b, j] = sums[j]
    for j in range(d):
        s = x.dtype.type(0)
        for b in range(blocks):
            s += parts[b, j]
        g[j] = s / n
    return total / n


@compiled
def _layer_norm(a, gain, shift, w, g, gains, shifts):
    (m, n), rows, total = a.shape, 16, 0.0
    blocks, one, length = (m + rows - 1) // rows, a.dtype.type(1), a.dtype.type(a.shape[1])
    parts = np.zeros((blocks, 2, n), a.dtype)
    for b in prange(blocks):
        sums = np.zeros((2, n), a.dtype)
        for i in range(b * rows, min(m, b * rows + rows)):
            s = q = inner = mean_g = a.dtype.type(0)
            for j in range(n):
                s += a[i, j]
            mean = s / length
            for j in range(n):
                q += (a[i, j] - mean) * (a[i, j] - mean)
            r = one / math.sqrt(q / length + a.dtype.type(1e-5))
            for j in range(n):
                h, v = (a[i, j] - mean) * r, w[i, j] * gain[j]
                mean_g += v
                inner += v * h
                total += v * h + w[i, j] * shift[j]
                sums[0, j] += w[i, j] * h
                sums[1, j] += w[i, j]
            mean_g, inner = mean_g / length, inner / length
            for j in range(n):
                g[i, j] = r * (w[i, j] * gain[j] - mean_g - (a[i, j] - mean) * r * inner)
        for j in range(n):
            parts[b, 0, j], parts[b, 1, j] = sums[0, j], sums[1, j]
    for j in range(n):
        s = z = a.dtype.type(0)
        for b in range(blocks):
            s += parts[b, 0, j]
            z += parts[b, 1, j]
        gains[j], shifts[j] = s, z
    return total


def _layer_norm_step(a, *rest):
    run, grads = _layer_norm(a.size), [np.empty_like(x) for x in (a, *rest[:2])]
    return lambda: (run(a, *rest, *grads), *grads)


HAND["layer_norm"] = _layer_norm_step


# --- neighbours: views before, at and after each inner element ------------------------------------


def _neighbours(x):
    return x[:-2], x[1:-1], x[2:]


@compiled
def _rosenbrock(x, before, here, after, inner, g):
    s, one = 0.0, x.dtype.type(1)
    for i in prange(here.size):
        v = here[i]
        e = after[i] - v * v
        s += 100 * e * e + (one - v) * (one - v)
        inner[i] = 200 * (v - before[i] * before[i]) - 400 * v * e - 2 * (one - v)
    e = x[1] - x[0] * x[0]
    g[0] = -400 * x[0] * e - 2 * (one - x[0])
    g[-1] = 200 * (x[-1] - x[-2] * x[-2])
    return s + 100 * e * e + (one - x[0]) * (one - x[0])


def _rosenbrock_step(x):
    run, g = _rosenbrock(x.size), np.empty_like(x)
    return lambda: (run(x, *_neighbours(x), g[1:-1], g), g)


@compiled
def _rosenbrock_hvp(x, a, b, c, v, va, vb, vc, inner, h):
    for i in prange(b.size):
        inner[i] = (1200 * b[i] * b[i] - 400 * c[i] + 202) * vb[i] - 400 * (
            b[i] * vc[i] + a[i] * va[i]
        )
    h[0] = (1200 * x[0] * x[0] - 400 * x[1] + 2) * v[0] - 400 * x[0] * v[1]
    h[-1] = 200 * v[-1] - 400 * x[-2] * v[-2]


def _rosenbrock_hvp_step(x, v):
    run, h = _rosenbrock_hvp(x.size), np.empty_like(x)

    def step():
        run(x, *_neighbours(x), v, *_neighbours(v), h[1:-1], h)
        return (h,)

    return step


HAND |= {"rosenbrock": _rosenbrock_step, "rosenbrock_hvp": _rosenbrock_hvp_step}
