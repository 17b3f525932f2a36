"""The programs of `benchmarks.tools.linear_algebra`: gradients against differences, on operands as
small as they come."""

import numpy as np
import pytest

import jitgrad
from benchmarks.tools import linear_algebra as tool


@pytest.mark.parametrize(
    "name", ["solve_10", "cholesky_10", "gaussian_process_500", "fft", "gammaln", "digamma"]
)
def test_gradients_are_those_of_differences(name, monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "never")
    program = {"fft": "fft_1000x1024"}.get(name, name)
    loss, operands = tool.PROGRAMS.get(program) or tool.PROGRAMS[f"{name}_1000000"]
    operands = operands if name != "gaussian_process_500" else tool._process_inputs(20)
    operands = [x[:5, ..., :8] if x.size > 10**5 and x.ndim > 1 else x[:500] for x in operands]
    step = tool.of_jitgrad(loss, operands)
    value, gradient = step()
    t = np.random.default_rng(0).standard_normal(operands[0].shape)
    t = t + t.T if name == "cholesky_10" else t
    at = lambda h: tool.of_jitgrad(loss, (operands[0] + h * t, *operands[1:]))()[0]
    want = (at(1e-6) - at(-1e-6)) / 2e-6
    assert np.isfinite(value) and (gradient * t).sum() == pytest.approx(want, rel=1e-5)
