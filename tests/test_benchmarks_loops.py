"""Programs that are loops: each way to run one gives what NumPy gives, and the same gradients."""

import sys

import numpy as np
import pytest
from folders import ROOT

import jitgrad

sys.path.insert(0, str(ROOT))
from benchmarks import common
from benchmarks.loops import LOOPS
from benchmarks.tools.loops import WAYS, measure

TURNS = 4
#: The plain loop looks at values.
REFUSED = {("newton", "jit")}


@pytest.fixture(autouse=True)
def warms_as_configured(monkeypatch):
    monkeypatch.setattr(common, "COMPILE", jitgrad.config.compile)


@pytest.mark.parametrize("name", LOOPS)
def test_ways_of_a_loop_agree(name, tier):
    ways = [w for w, (_, needs) in WAYS.items() if not needs and (name, w) not in REFUSED]
    rows = measure(LOOPS[name], TURNS, ways, rounds=1, budget=0.0)
    assert list(rows) == ways
    outs = {way: out for way, (_, _, out) in rows.items()}
    for way, out in outs.items():
        np.testing.assert_allclose(out[0], outs["numpy"][0], rtol=1e-9, err_msg=way)
        for mine, other in zip(out[1:], outs["eager"][1:], strict=False):
            np.testing.assert_allclose(mine, other, rtol=1e-7, atol=1e-9, err_msg=way)


@pytest.mark.parametrize("name", LOOPS)
def test_gradients_of_a_loop_are_those_of_differences(name):
    loop = LOOPS[name]
    inputs = [np.array(x, float) for x in loop.make(TURNS)]
    ((_, _, out),) = measure(loop, TURNS, ["eager"], rounds=1, budget=0.0).values()
    rng = np.random.default_rng(1)
    directions = [rng.normal(size=x.shape) for x in inputs[: loop.wrt]]

    def value(step):
        moved = [x + step * d for x, d in zip(inputs, directions, strict=False)]
        return float(loop.plain(np, *moved, *inputs[loop.wrt :]))

    slope = (value(1e-6) - value(-1e-6)) / 2e-6
    mine = sum(float((g * d).sum()) for g, d in zip(out[1:], directions, strict=True))
    assert mine == pytest.approx(slope, rel=1e-4, abs=1e-6)
