"""Gradients of functions with loops, on arrays: against differences, dual numbers and one another.

Most run as plain Python, which compiles nothing; `test_compiled` compiles a few of them. The
emitted texts of some are in tests/golden.
"""

import os
import pathlib
import re

import numpy as np
import pytest
from derived_functions import (
    against_duals,
    copies,
    inner,
    of_second_order,
    plain,
    primal,
)
from folders import ROOT
from numba_features import CASES
from numba_workloads import make

import jitgrad
from jitgrad.loops.derive import Gradient, Jvp
from jitgrad.runtime.numba.user_code import njit

WORKLOADS = [(f, *args) for f, args in make("small").values()]
GOLDEN = ("nbody", "thomas", "kepler", "heat_inplace", "heat_swap", "csr")
EXAMPLES = int(os.environ.get("JITGRAD_EXAMPLES", 16))


def flat(args):
    return [y for x in args for y in (x if isinstance(x, tuple) else [x])]


def is_float(x):
    return isinstance(x, float) or (isinstance(x, np.ndarray) and x.dtype.kind == "f")


def directions_of(args):
    rng = np.random.default_rng(3)
    return [rng.normal(size=np.shape(x)) if is_float(x) else None for x in args]


def moved(args, directions, step):
    return [x if d is None else x + step * d for x, d in zip(copies(args), directions, strict=True)]


def python_of(f):
    """A function whose calls of njit functions are compiled: it is one itself."""
    return getattr(f, "py_func", f)


@pytest.mark.parametrize("case", CASES + WORKLOADS, ids=lambda case: case[0].__name__)
def test_against_differences(case):
    """Along a direction, as plain Python; and forward mode gives the same."""
    f, *args = case
    args = flat(args)
    directions = directions_of(args)
    value, grads = plain(Gradient(primal(f, args), {}))(*copies(args))
    assert value == pytest.approx(python_of(f)(*copies(args)), rel=1e-13)
    step = 1e-6
    up, down = (python_of(f)(*moved(args, directions, s)) for s in (step, -step))
    along = inner(grads, [d for d in directions if d is not None])
    assert along == pytest.approx((up - down) / (2 * step), rel=2e-6, abs=2e-7)
    if f.__name__ == "equations":
        return
    given = [d if np.ndim(d) else float(d) for d in directions if d is not None]
    tangent = plain(Jvp(primal(f, args), {}))(*copies(args), *given)[2][0]
    assert tangent == pytest.approx(along, rel=1e-10, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "dtype"), [("lorenz", np.float32), ("kepler", np.float64), ("csr", np.float64)]
)
def test_compiled(name, dtype):
    """numba gives what plain Python gives; float32 arguments have float32 gradients."""
    f, args = make("small")[name]
    args = [x.astype(dtype) if isinstance(x, np.ndarray) and is_float(x) else x for x in flat(args)]
    kept = copies(args)
    value, grads = jitgrad.value_and_grad(njit(f))(*args)
    grads = grads if isinstance(grads, tuple) else (grads,)
    expected, by_hand = plain(Gradient(primal(f, args), {}))(*copies(args))
    tolerance = 1e-11 if dtype == np.float64 else 3e-3
    assert value == pytest.approx(expected, rel=tolerance)
    scale = max([np.max(np.abs(g)) for g in by_hand])
    for g, h, x in zip(grads, by_hand, [x for x in args if is_float(x)], strict=True):
        assert np.shape(g) == np.shape(x)
        assert np.asarray(g).dtype == np.asarray(x).dtype
        np.testing.assert_allclose(g, h, rtol=tolerance, atol=tolerance * scale)
    for x, y in zip(args, kept, strict=True):
        np.testing.assert_array_equal(x, y)


@pytest.mark.parametrize("first", range(0, 10_000, 5000))
def test_random_functions(first):
    """Against dual numbers; JITGRAD_EXAMPLES says how many."""
    found = {}
    for seed in range(first, first + EXAMPLES):
        kind, why = against_duals(seed)
        assert kind != "wrong", (seed, why)
        found[kind] = found.get(kind, 0) + 1
    assert found["right"] > 0.8 * EXAMPLES, found


def test_random_functions_twice():
    """Forward against reverse, and second derivatives against differences of gradients."""
    found = {}
    for seed in range(EXAMPLES // 4):
        kind, why = of_second_order(seed)
        assert kind != "wrong", (seed, why)
        found[kind] = found.get(kind, 0) + 1
    assert found["right"] > EXAMPLES // 8, found


PRODUCTS = """
import numpy as np


def prog(x, y, M, a, p, n):
    P = np.eye(n)
    for t in range(2):
        P = M @ P @ M.T
    return P[0, 1] * a + np.sum(x * y)
"""


def test_second_derivatives_of_products():
    """What a product's reverse adds to has a tangent, also where nothing else gives it one."""
    assert of_second_order(0, PRODUCTS) == ("right", "")


def test_a_random_function_compiled():
    assert against_duals(7, compiled=True)[0] == "right"


@pytest.mark.parametrize("name", GOLDEN)
def test_texts(name):
    """What is emitted; JITGRAD_UPDATE_GOLDEN=1 writes it anew."""
    f, args = make("small")[name]
    text = Gradient(primal(f, flat(args)), {}).core_text
    text = re.sub(r"  # line \d+", "", text)
    path = pathlib.Path(ROOT) / "tests" / "golden" / f"adjoint_{name}.txt"
    if os.environ.get("JITGRAD_UPDATE_GOLDEN"):
        path.write_text(text)
    assert text == path.read_text()


def backwards(x, i, j):
    y = x[i:j:-1]
    z = np.zeros(x.size)
    z[::-2] = x[::-2]
    z[j:i] += x[j:i] * 2.0
    w = x[-2::-1]
    return np.sum(y**2) + np.sum(z[:-9:-3] ** 3) + w[0] * np.sum(w[:1:-2]) + np.trapezoid(x)


@pytest.mark.parametrize("ends", [(4, 1), (-1, 0), (9, -9), (1, 4), (3, -6), (-9, 9)])
def test_slices_from_the_end(ends):
    x = np.array([0.3, -0.8, 1.2, 0.5, 0.9, -0.4])
    value, (slope,) = plain(Gradient(primal(backwards, (x, *ends)), {}))(x, *ends)
    steps = [backwards(x + h, *ends) - backwards(x - h, *ends) for h in 1e-6 * np.eye(x.size)]
    np.testing.assert_allclose(slope, np.array(steps) / 2e-6, atol=1e-8)
    assert value == pytest.approx(backwards(x, *ends))
