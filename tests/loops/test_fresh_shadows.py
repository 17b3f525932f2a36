"""Shadows of buffers that change places: what is first added to a place in a turn is assigned,
where the turn before would have left a zero."""

import numpy as np
import pytest
from derived_functions import loaded, plain, primal

from jitgrad.loops import derive
from jitgrad.loops.derive import Gradient, VjpTangent

RNG = np.random.default_rng(6)
TEXT = """
import numpy as np


def prog(u0, c, a, k):
    n, m = u0.shape
    u = u0 * 1.0
    v = u0 * u0
    for t in range(k, 0, -1):
        for i in range(1, n - 1):
            for j in range(m - 2, 0, -1):
                v[i, j] = u[i, j] * u[i, j] + c[i, j] * (u[i - 1, j] + u[i, j + 1])
        u, v = v, u
    return np.sum(u * u) * a
"""
EDGE = """        for i in range(n):
            v[i, 0] = v[i, 1] * u[i, 0]
        u, v"""
CASES = {
    "inside": (TEXT, True),
    "a boundary of the other": (TEXT.replace("        u, v", EDGE), False),
    "both are results": (TEXT.replace("u * u) * a", "u * u * v) * a"), False),
    "added to": (TEXT.replace("] = u[i, j] * u", "] += u[i, j] * u"), False),
    "one is zero already": (TEXT.replace("v = u0 * u0", "v = np.zeros((n, m))"), True),
}


def given(shape=(5, 6), turns=3):
    return [RNG.normal(size=shape) * 0.5, RNG.normal(size=shape) * 0.5, 0.7, turns]


def check(text, args):
    """Compares with the gradient in which every turn leaves zeros; tells whether they differ."""
    f = loaded(text)["prog"]
    derived = Gradient(primal(f, args, (0, 1, 2)), {})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(derive, "assign", lambda form: form)
        before = Gradient(primal(f, args, (0, 1, 2)), {})
    value, grads = plain(derived)(*args)
    assert value == pytest.approx(f(*args), rel=1e-13)
    for g, h in zip(grads, plain(before)(*args)[1], strict=True):
        np.testing.assert_allclose(g, h, rtol=1e-13, atol=1e-15)
    return derived.core_text != before.core_text


@pytest.mark.parametrize("name", CASES)
def test_zeros_are_left_out_where_the_next_turn_assigns(name):
    text, expected = CASES[name]
    assert check(text, given()) == expected


@pytest.mark.parametrize(("shape", "turns"), [((0, 0), 2), ((1, 6), 2), ((5, 2), 1), ((4, 4), 0)])
def test_small_arrays_and_few_turns(shape, turns):
    assert check(TEXT, given(shape, turns))


def test_second_derivatives():
    args = given()
    d = [RNG.normal(size=args[0].shape), RNG.normal(size=args[1].shape), 0.3]
    f = loaded(TEXT)["prog"]
    got = plain(VjpTangent(primal(f, args, (0, 1, 2)), {}))(*args, 1.0, *d, 0.0)[1]
    first, eps = plain(Gradient(primal(f, args, (0, 1, 2)), {})), 1e-6
    ends = [first(*[x + e * y for x, y in zip(args, d, strict=False)], 3)[1] for e in (eps, -eps)]
    for t, high, low in zip(got, *ends, strict=True):
        np.testing.assert_allclose(t, (high - low) / (2 * eps), rtol=1e-4, atol=1e-5)
