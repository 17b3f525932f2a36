"""Derivatives that are compiled without numba's front end: texts of all that they are written in
give what Python gives, keep no memory, and raise what numba raises; other texts are numba's."""

import contextlib
import math

import numba
import numpy as np
import pytest
from derived_functions import as_python
from numba.core.runtime import _nrt_python as memory_system
from numba.core.runtime import rtsys

import jitgrad
from jitgrad.runtime.llvm.kernel_types import Unwritten
from jitgrad.runtime.numba import derivatives, user_code

HEAD = user_code.module_text("test kernel.", [""])
MATRIX = 'types.Array(types.float64, 2, "{}"), types.int64,'

SWAPS = """
@entry(({kinds}), error_model='numpy')
def swaps(x, n):
    u = x.copy()
    v = np.zeros_like(x)
    w = np.zeros((2, n), np.float32)
    w_part = w[1]
    flags = np.empty(n, np.bool_)
    u_1 = u
    v_1 = v
    total = 0.0
    tape = _large(np.empty(2))
    turn = 0
    for t in range(n):
        flags[t] = t % 2 == 1
        if turn + 1 > tape.size:
            tape = _grow(tape, turn + 1)
        slot = np.uint64(turn)
        tape[slot] = u_1[-1, 0]
        turn += 1
        for i in range(x.shape[0]):
            for j in range(x.shape[1] - 1, -1, -1):
                v_1[i, j] += u_1[i, j] ** 3 + max(u_1[i, j], 0.5) * t - 2.0 ** -2
                v_1[i, j] -= u_1[i, j] ** -1 if flags[t] and i > 0 else min(t, 1)
        scratch = np.empty(n)
        scratch[t] = math.sin(u_1[0, 0])
        w_part = w[1]
        w_part[t] = scratch[t]
        u_1, v_1 = v_1, u_1
        if u_1[0, 0] > 1e3:
            break
    while turn > 0:
        turn -= 1
        slot = np.uint64(turn)
        total = _accumulate(total, _select(flags[turn], tape[slot], float(w[1, turn])))
    if not (total == total):
        raise ValueError("no number")
    value, g = (total, (u_1, n // 2))
    return value, (v_1, u), g
"""


@pytest.fixture
def written(monkeypatch):
    """What is beyond our own way, which numba would compile in silence."""
    seen = []

    def run(self, state, before=derivatives.WriteDerivative.run_pass):
        try:
            return before(self, state)
        except Unwritten as error:
            seen.append(str(error))
            raise

    monkeypatch.setattr(derivatives.WriteDerivative, "run_pass", run)
    return seen


@pytest.fixture
def counted():
    """Allocations are counted."""
    memory_system.memsys_enable_stats()
    yield rtsys.get_allocation_stats
    memory_system.memsys_disable_stats()


@pytest.mark.parametrize("layout", ["C", "A"])
def test_texts_mean_what_they_mean_in_python(written, counted, layout):
    text = HEAD + SWAPS.format(kinds=MATRIX.format(layout))
    entry, _ = user_code.loaded(text, "swaps")
    expected, _ = as_python(text, "swaps")
    x = np.linspace(0.3, 0.9, 12).reshape(3, 4)[:, :: 1 if layout == "C" else 2]
    before = counted()
    for n in (0, 1, 2, 5):
        out, wanted = entry(x, n), expected(x, n)
        assert out[0] == pytest.approx(wanted[0], rel=1e-6) and out[2][1] == n // 2
        for a, b in zip((*out[1], out[2][0]), (*wanted[1], wanted[2][0]), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12)
    with pytest.raises(ValueError, match="negative dimensions"):
        entry(x, -1)
    with pytest.raises(ValueError, match="no number"):
        entry(x * np.nan, 2)
    del out, a
    after = counted()
    assert not written and after.alloc > before.alloc
    assert after.alloc - before.alloc == after.free - before.free


SOLE_OWNERS = """
@entry((types.Array(types.float64, 1, "C"), types.int64,), error_model='numpy')
def swaps(x, n):
    u = x.copy()
    v = np.zeros_like(x)
    w = np.zeros_like(x)
    for t in range(n):
        for i in range(x.size):
            w[i] = u[i] + t * v[i]
        u, v, w = w, u, v
        scratch = np.empty(x.size)
        scratch[0] = 3.0
        u[0] += scratch[0]
    return u, v, w
"""


def test_arrays_that_change_places_stay_alive(written, counted):
    """Each is owned by one name alone, which gives it back before another one gets it."""
    text = HEAD + SOLE_OWNERS
    x, before = np.linspace(1.0, 2.0, 100), counted()
    entry, expected = [load(text, "swaps")[0] for load in (user_code.loaded, as_python)]
    for n in (0, 1, 2, 3, 7):
        out = entry(x, n)
        for a, b in zip(out, expected(x, n), strict=True):
            np.testing.assert_array_equal(a, b)
    del out, a
    after = counted()
    assert not written and after.alloc - before.alloc == after.free - before.free


BEYOND = {
    "s = np.sum(x)\n    return s": "np.sum",
    "s = x[0]\n    if s > 0:\n        k = 1\n    else:\n        k = 0.5\n    return k * s": None,
    "n = x.size\n    y = n\n    y = 0.5 * x[0]\n    return y": "y is float64",
    "y = x[1:]\n    return y[0]": "1:",
    "return x.copy()": "x.copy()",
    "y = [x]\n    return y[0][0]": "[x]",
}


@pytest.mark.parametrize("body", BEYOND)
def test_what_is_beyond_is_numbas(written, body):
    kinds = 'types.Array(types.float64, 1, "C"),'
    text = f"{HEAD}\n@entry(({kinds}), error_model='numpy')\ndef f(x):\n    {body}\n"
    x = np.array([2.0, 3.0])
    with contextlib.suppress(AttributeError):
        assert user_code.loaded(text, "f")[0](x) == pytest.approx(as_python(text, "f")[0](x))
    assert len(written) == (BEYOND[body] is not None), written
    assert not written or BEYOND[body] in written[0], written


def orbit(x, n):
    v, total = np.zeros(x.size), 0.0
    for t in range(n):
        for i in range(x.size):
            v[i] -= 0.1 * math.sin(x[i]) / (1.0 + x[i - 1] ** 2)
            x[i] += v[i]
        if abs(x[0]) > 3.0:
            break
        total += x[t % x.size] * v[0]
    return total


def test_all_derivatives_of_a_function_are_written(written):
    f, x = jitgrad.njit(orbit), np.array([0.5, -1.0, 2.0])
    value, slope = jitgrad.value_and_grad(f)(x, 4)
    steps = [orbit(x + h, 4) - orbit(x - h, 4) for h in 1e-6 * np.eye(3)]
    np.testing.assert_allclose(slope, np.array(steps) / 2e-6, rtol=1e-6)
    entry = f.gradients.derived("jvp", [x, 4])
    tangent = entry(x, 4, np.ones(3))[2][0]
    assert tangent == pytest.approx(slope.sum()) and value == orbit(x.copy(), 4)
    assert not written


def test_in_njit_code_and_with_checks(written):
    @jitgrad.njit
    def f(x):
        return x[0] * x[1] ** 2

    @numba.njit
    def twice(x):
        return f.value_and_grad(x)[1] * 2

    assert twice(np.array([2.0, 3.0])).tolist() == [18, 24]
    assert user_code.decorator({"boundscheck": True}, []).startswith("@njit(")
    assert user_code.decorator({"fastmath": True}, []).startswith("@njit(")
    assert not written
