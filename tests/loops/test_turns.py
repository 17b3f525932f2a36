"""What the emitted text makes of turns: elements that neighbours share are carried, choices are
made without branches, and loops count up where that changes nothing."""

import numpy as np
import pytest
from derived_functions import plain, primal

from jitgrad.loops.derive import Gradient


def smoothed(x, a):
    """Each turn reads what the one before wrote, and what it will write itself."""
    y = x.copy()
    for i in range(1, x.size - 1):
        y[i] = a * y[i - 1] + y[i] * y[i + 1]
    return np.sum(y * y)


def downwards(x, a):
    y = x.copy()
    for i in range(x.size - 2, -1, -1):
        y[i] += a * y[i + 1]
    return np.sum(y * y)


def two_behind(x, a):
    """A gap in the line: what lies between is carried, too."""
    y = x.copy()
    for i in range(2, x.size):
        y[i] = y[i] + a * y[i - 2]
    return np.sum(y * y * y)


def rows(x, a):
    """Two lines of one array."""
    n = x.size
    y = np.zeros((2, n))
    for i in range(n):
        y[0, i] = x[i]
    for i in range(1, n):
        y[1, i] = a * y[1, i - 1] + min(y[0, i], y[0, i - 1])
        y[0, i] = y[0, i] * a + y[0, i - 1]
    return np.sum(y * y)


def of(f, x, a):
    return plain(Gradient(primal(f, (x, a)), {}))(x, a)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 6])
@pytest.mark.parametrize("f", [smoothed, downwards, two_behind, rows])
def test_carried(f, n):
    """Also where a loop has no turn, or fewer than the elements that it carries."""
    x, a, step = np.random.default_rng(n).normal(size=n), 0.7, 1e-6
    value, (gx, ga) = of(f, x, a)
    assert value == f(x, a)
    assert np.isclose(ga, (f(x, a + step) - f(x, a - step)) / (2 * step), atol=1e-7)
    for k, e in enumerate(step * np.eye(n)):
        assert np.isclose(gx[k], (f(x + e, a) - f(x - e, a)) / (2 * step), atol=1e-7)


def test_texts():
    texts = {f: Gradient(primal(f, (np.ones(3), 0.5)), {}).core_text for f in (smoothed, rows)}
    assert "y_near" in texts[smoothed] and "y_b_near" in texts[smoothed]
    assert "y[i - 1]" not in texts[smoothed]
    assert "_select(" in texts[rows] and " if " not in texts[rows].replace("    if ", "")


def test_choices_of_dear_values_stay_branches():
    def f(x):
        s = 0.0
        for i in range(x.size):
            s += np.log(x[i]) if x[i] > 0 else x[i]
        return s

    text = Gradient(primal(f, (np.ones(3),)), {}).core_text
    assert "_select(" not in text or "log" not in text.split("_select(")[1].split("\n")[0]


def test_counts_up():
    """What each turn does at a place of its own may come in any order; what sums up may not."""

    def own(x):
        y = np.empty(x.size)
        for i in range(x.size):
            y[i] = 2 * x[i]
        return np.sum(y)

    def shared(x, k):
        s = 0.0
        for _ in range(3):
            for i in range(x.size):
                s += x[k[i]] * s
        return s

    assert ", -1)" not in Gradient(primal(own, (np.ones(3),)), {}).core_text
    text = Gradient(primal(shared, (np.ones(3), np.arange(3))), {}).core_text
    assert ", -1)" in text
