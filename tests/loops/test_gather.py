"""Adjoints of stencils: what is added to neighbouring places is collected, and sweeps in place are
left alone."""

import os

import numpy as np
import pytest
from derived_functions import loaded, plain, primal
from random_stencils import Stencils, arguments

import jitgrad
from jitgrad.loops import derive
from jitgrad.loops.derive import Gradient, VjpTangent

#: How many random programs.
EXAMPLES = int(os.environ.get("JITGRAD_EXAMPLES", 10))
NAMES = ("carry", "assign", "gather", "relax", "ascend")


def agrees(seed, monkeypatch, text=None, shape=(6, 5), scalar=False):
    """Whether the gradient of a random program is gathered; it has to be what it is without, and
    what differences along a direction are."""
    program = Stencils(seed)
    text = text or program.text()
    f, args = loaded(text)["prog"], arguments(program.dims, seed, shape)
    by = (0, 1, 2) if scalar else (0, 1)
    try:
        derived = Gradient(primal(f, args, by), {})
    except jitgrad.GradientError:
        return False
    value, grads = plain(derived)(*args)
    assert value == pytest.approx(f(*args), rel=1e-13)
    with monkeypatch.context() as patch:
        for name in NAMES:
            patch.setattr(derive, name, lambda form: form)
        expected = plain(Gradient(primal(f, args, by), {}))(*args)[1]
    for g, h in zip(grads, expected, strict=True):
        np.testing.assert_allclose(g, h, rtol=1e-9, atol=1e-10, err_msg=text)
    rng, eps = np.random.default_rng(seed + 1), 1e-6
    d = [rng.normal(size=np.shape(args[k])) for k in by]

    def moved(e):
        return f(*[x + e * y for x, y in zip(args, d, strict=False)], *args[len(by) :])

    slope = (moved(eps) - moved(-eps)) / (2 * eps)
    along = sum([np.sum(g * y) for g, y in zip(grads, d, strict=True)])
    assert along == pytest.approx(slope, rel=1e-5, abs=1e-5), text
    return "_plane" in derived.core_text


def test_random_stencils(monkeypatch):
    """JITGRAD_EXAMPLES says how many."""
    found = [agrees(seed, monkeypatch, scalar=seed % 2 == 0) for seed in range(EXAMPLES)]
    assert sum(found) >= EXAMPLES // 4


@pytest.mark.parametrize("shape", [(0, 0), (1, 4), (2, 2), (3, 1), (2, 6), (4, 3)])
def test_small_arrays(shape, monkeypatch):
    """Where a nest has no turn, the places beside it need not exist."""
    text = """
import numpy as np


def prog(u0, c, a, k):
    n, m = u0.shape
    u = u0.copy()
    v = u0.copy()
    for t in range(3):
        for i in range(1, n - 1):
            for j in range(m - 2, 0, -1):
                v[i, j] = u[i, j] + c[i, j] * (u[i - 1, j] + u[i, j + 1] - a * u[i, j - 1])
        u, v = v, u
    return np.sum(u * u * v)
"""
    seed = next(s for s in range(100) if Stencils(s).dims == 2)
    assert agrees(seed, monkeypatch, text, shape)


def sweep(u0, a, n):
    u = u0.copy()
    for _ in range(n):
        for i in range(1, u.size - 1):
            u[i] = a * u[i] + u[i - 1] * u[i + 1]
    return np.sum(u * u)


def colours(u0, a, n):
    u = u0.copy()
    for t in range(n):
        for i in range(1 + t % 2, u.size - 1, 2):
            u[i] += a * (u[i - 1] + u[i + 1])
    return np.sum(u * u)


def periodic(u0, a, n):
    m = u0.size
    u, v = u0.copy(), u0.copy()
    for _ in range(n):
        for i in range(m):
            v[i] = u[i] + a * (u[(i + 1) % m] - u[i - 1]) * u[i]
        u, v = v, u
    return np.sum(u * u)


def one_buffer(u0, a, n):
    """Two names of what is one array after the first turn."""
    u, v = u0.copy(), u0.copy()
    for _ in range(n):
        for i in range(1, u.size - 1):
            v[i] = u[i] * u[i] + a * (u[i - 1] + u[i + 1])
        u[:] = v
    return np.sum(u * u)


@pytest.mark.parametrize("f", [sweep, colours, periodic])
def test_left_alone(f):
    assert "_plane" not in Gradient(primal(f, (np.ones(5), 0.3, 2)), {}).core_text


def test_tapes_are_read_forwards():
    text = Gradient(primal(one_buffer, (np.ones(5), 0.3, 2), (0,)), {}).core_text
    assert "_plane" in text and "_tape[slot]" in text
    assert "turn += 1" in text and "turn -= 1" not in text


def scaled(u0, a, n):
    """With a sum over all turns, of the cotangent of `a`."""
    u, v = u0.copy(), u0.copy()
    total = 0.0
    for _ in range(n):
        for i in range(1, u.size - 1):
            v[i] = u[i] - a * (u[i - 1] - u[i + 1])
            total += v[i]
        u, v = v, u
    return total


def test_sums_of_cotangents_are_free():
    """Those of the function keep their order."""
    text = Gradient(primal(scaled, (np.ones(6), 0.3, 2)), {}).core_text
    assert "a_b = _accumulate(a_b, " in text and "_plane" in text
    assert "total = _acc" not in text and text.count("_accumulate") == 1


def test_a_sum_in_numba():
    args = (np.arange(7.0), 0.3, 3)
    expected = plain(Gradient(primal(scaled, args), {}))(*args)
    value, grads = jitgrad.value_and_grad(jitgrad.njit(scaled))(*args)
    assert value == expected[0]
    for x, y in zip(grads, expected[1], strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-12)


def test_second_derivatives(monkeypatch):
    """Tangents of the adjoint are gathered as well."""
    args = (np.arange(6.0), 0.3, 2)
    d = [np.ones(6)]
    found = []
    for gathers in (True, False):
        with monkeypatch.context() as patch:
            if not gathers:
                patch.setattr(derive, "gather", lambda form: form)
            derived = VjpTangent(primal(one_buffer, args, (0,)), {})
        assert ("_plane" in derived.core_text) == gathers
        found.append(plain(derived)(*args, 1.0, *d, 0.0))
    for x, y in zip(found[0][1], found[1][1], strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-12)
