"""Derivatives of loops over `prange`: divided into parts, which may come in any order, and have the
same bits for any number of threads."""

import math
import os

import numba
import numpy as np
import pytest
import random_stencils
from derived_functions import UNDEFINED, arguments, as_python, inner, loaded, primal
from numba import prange
from random_functions import Generator

import jitgrad
from jitgrad.loops import derive, parts
from jitgrad.loops.derive import Gradient, Jvp, VjpTangent
from jitgrad.runtime.numba import form_support

#: How many random programs.
EXAMPLES = int(os.environ.get("JITGRAD_EXAMPLES", 10))
RNG = np.random.default_rng(4)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    """Loops are divided however small they are."""
    monkeypatch.setattr(parts, "GRAIN", 1)
    monkeypatch.setattr(parts, "PLACE", 0)


def backwards(function):
    """Parts in Python, the last first: none may wait for another."""

    def run(count, work, args):
        for part in reversed(range(count)):
            function(part, *args)

    return run


def plain(derived, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(form_support._in_parts, "py_func", backwards)
        entry, _ = as_python(derived.text, derived.name)
    return lambda *args: entry(*args, *derived.primal.globals)


def parallel(f):
    return numba.njit(parallel=True, error_model="numpy")(f)


def both(f, args, monkeypatch, kind=Gradient):
    """What a derivative gives with its loops divided, and without; how often they are."""
    derived = kind(primal(parallel(f), args), {})
    got = plain(derived, monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(derive, "in_parts", lambda form: form)
        expected = plain(kind(primal(parallel(f), args), {}), monkeypatch)
    return got, expected, derived.core_text.count("@_in_parts")


def nbody(pos, mass):
    n = pos.shape[0]
    e = 0.0
    for i in prange(n):
        for j in range(i + 1, n):
            r2 = (pos[i, 0] - pos[j, 0]) ** 2 + (pos[i, 1] - pos[j, 1]) ** 2 + 1e-3
            e -= mass[i] * mass[j] / math.sqrt(r2)
    return e


def heat(u0, c, nt):
    n, m = u0.shape
    u, v = u0.copy(), u0.copy()
    for _ in range(nt):
        for i in prange(1, n - 1):
            for j in range(1, m - 1):
                d = u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1] - 4 * u[i, j]
                v[i, j] = u[i, j] + c[i, j] * d * (1 + u[i, j] * u[i, j])
        u, v = v, u
    return np.sum(u * u)


def paths(s0, sigma, z):
    total = 0.0
    for p in prange(z.shape[0]):
        s, mean = s0, 0.0
        for k in range(z.shape[1]):
            s *= math.exp(0.1 * sigma * z[p, k])
            mean += s
        if mean > 5 * s0:
            total += mean / z.shape[1]
    return total


def shared_parameters(x, w, y):
    """A loss over rows, with an array of its own in each turn."""
    loss = 0.0
    for i in prange(x.shape[0]):
        h = np.zeros(2)
        for k in range(x.shape[1]):
            h[k % 2] += x[i, k] * w[k]
        loss += (math.tanh(h[0]) * h[1] - y[i]) ** 2
    return loss


def scattered(x, at):
    """Rows that are read by several turns, through views."""
    out = np.empty(at.size)
    for i in prange(at.size):
        row = x[at[i]]
        out[i] = row[0] * row[1] + math.sin(row[2])
    return np.sum(out * out)


def until(x, limit):
    """Turns that end by their values, with tapes that grow."""
    total = 0.0
    for i in prange(x.size):
        a, k = x[i], 0
        while abs(a) < limit and k < 90:
            a = a * 1.1 + 0.05 * math.sin(a)
            k += 1
        total += a * a
    return total


def in_steps(x, n):
    """What each turn of an outer loop needs of the one before is kept."""
    u = x.copy()
    for _ in range(n):
        for i in prange(u.size):
            for _ in range(2):
                u[i] = math.sin(u[i]) * 1.1
    return np.sum(u * u)


def of_helper(x):
    return row_sum(x) * x[0]


@numba.njit(parallel=True)
def row_sum(x):
    s = 0.0
    for i in prange(x.size):
        s += x[i] ** 3
    return s


CASES = {
    nbody: (RNG.normal(size=(6, 2)), RNG.random(6) + 0.5),
    heat: (RNG.normal(size=(6, 5)), RNG.random((6, 5)), 3),
    paths: (1.1, 0.7, RNG.normal(size=(5, 4))),
    shared_parameters: (RNG.normal(size=(7, 3)), RNG.normal(size=3), RNG.normal(size=7)),
    scattered: (RNG.normal(size=(4, 3)), np.array([0, 2, 2, 3, 0, 0])),
    until: (RNG.normal(size=6), 2.0),
    in_steps: (RNG.normal(size=5), 3),
    of_helper: (RNG.normal(size=5),),
}


@pytest.mark.parametrize("f", CASES, ids=lambda f: f.__name__)
def test_parts(f, monkeypatch):
    args = CASES[f]
    got, expected, divided = both(f, args, monkeypatch)
    value, grads = got(*args)
    assert divided and value == pytest.approx(f(*args), rel=1e-13)
    for x, y in zip(grads, expected(*args)[1], strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-12, atol=1e-14)
    directions = [RNG.normal(size=np.shape(g)) for g in grads]
    floats = [k for k, x in enumerate(args) if np.asarray(x).dtype == float][: len(grads)]

    def moved(eps):
        new = list(args)
        for k, d in zip(floats, directions, strict=False):
            new[k] = args[k] + eps * d
        return f(*new)

    slope = (moved(1e-6) - moved(-1e-6)) / 2e-6
    assert inner(grads, directions) == pytest.approx(slope, rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("f", [nbody, heat, shared_parameters])
def test_second_derivatives(f, monkeypatch):
    args = CASES[f]
    given = [x for x in args if isinstance(x, np.ndarray)]
    directions = [RNG.normal(size=np.shape(x)) for x in given]
    got, expected, divided = both(f, args, monkeypatch, VjpTangent)
    assert divided
    for x, y in zip(
        got(*args, 1.0, *directions, 0.0)[1],
        expected(*args, 1.0, *directions, 0.0)[1],
        strict=True,
    ):
        np.testing.assert_allclose(x, y, rtol=1e-11, atol=1e-13)


def test_forward_mode(monkeypatch):
    args = CASES[heat]
    got, expected, divided = both(heat, args, monkeypatch, Jvp)
    assert divided
    np.testing.assert_allclose(got(*args, *args[:2])[2], expected(*args, *args[:2])[2], rtol=1e-13)


def with_prange(text):
    return "from numba import prange\n" + text.replace(" in range(", " in prange(")


@pytest.mark.parametrize("kind", ["functions", "stencils"])
def test_random_programs(kind, monkeypatch):
    """All loops are said to be parallel, whether they are or not: only those are divided that
    are."""
    found = 0
    for seed in range(EXAMPLES):
        if kind == "functions":
            text, (args, _) = Generator(seed).text(), arguments(seed)
        else:
            program = random_stencils.Stencils(seed)
            text, args = program.text(), random_stencils.arguments(program.dims, seed)
        f = loaded(with_prange(text))["prog"]
        try:
            got, expected, divided = both(f, args, monkeypatch)
            want = expected(*args)
        except (jitgrad.GradientError, *UNDEFINED):
            continue
        found += divided
        np.testing.assert_allclose(got(*args)[0], want[0], rtol=1e-12)
        for x, y in zip(got(*args)[1], want[1], strict=True):
            np.testing.assert_allclose(x, y, rtol=1e-9, atol=1e-10, err_msg=text)
    assert found


def recurrence(x):
    y = x.copy()
    for i in prange(1, y.size):
        y[i] += y[i - 1] * 0.5
    return np.sum(y)


def largest(x):
    m = -1e9
    for i in prange(x.size):
        m = max(m, x[i])
    return m


@pytest.mark.parametrize("f", [recurrence, largest])
def test_left_alone(f):
    assert "@_in_parts" not in Gradient(primal(parallel(f), (np.ones(4),)), {}).core_text


def test_without_parallel_prange_is_range():
    assert "@_in_parts" not in Gradient(primal(numba.njit(nbody), CASES[nbody]), {}).core_text


# ----- on threads


@pytest.fixture(scope="module")
def picked():
    """A sum over rows that are chosen, in numba, with bounds checked."""

    @jitgrad.njit(parallel=True, boundscheck=True)
    def rows(x, w, at):
        total = 0.0
        for i in prange(at.size):
            for k in range(w.size):
                total += math.sin(x[at[i], k] * w[k])
        return total

    return rows


def test_bits_do_not_depend_on_threads(picked):
    x, w = RNG.normal(size=(40, 30)), RNG.normal(size=30)
    at = RNG.integers(0, 40, 3000)
    before, found = jitgrad.get_num_threads(), []
    try:
        for n in (1, 2, 1, 2):
            jitgrad.set_num_threads(min(n, os.cpu_count() or 1))
            value, (gx, gw) = jitgrad.value_and_grad(picked)(x, w, at)
            found.append((value, gx.tobytes(), gw.tobytes()))
    finally:
        jitgrad.set_num_threads(before)
    assert len(set(found)) == 1
    factor = np.cos(x[at] * w)
    np.testing.assert_allclose(gw, np.sum(factor * x[at], 0), rtol=1e-10)
    expected = np.zeros_like(x)
    np.add.at(expected, at, factor * w)
    np.testing.assert_allclose(gx, expected, rtol=1e-10, atol=1e-12)


def test_an_exception_in_a_part(picked):
    """It comes to the caller, and the threads go on."""
    x, w, at = np.ones((4, 30)), np.ones(30), np.arange(3000) % 4
    at[2900] = 4
    with pytest.raises(IndexError):
        jitgrad.value_and_grad(picked)(x, w, at)
    at[2900] = 3
    value, _ = jitgrad.value_and_grad(picked)(x, w, at)
    assert value == pytest.approx(3000 * 30 * math.sin(1))
