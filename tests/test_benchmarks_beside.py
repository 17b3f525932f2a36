"""The workloads beside other libraries: what is compared is right, and what fails is told, not left
out."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from folders import ROOT

sys.path.insert(0, str(ROOT))

from benchmarks import common, libraries
from benchmarks.tools import beside
from benchmarks.workloads import WORKLOADS


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    for name, value in {"COMPILE": "never", "ROUNDS": 1, "BUDGET": 0.0}.items():
        monkeypatch.setattr(common, name, value)


def slope(f, x, v, h=1e-6):
    return (f(x + h * v) - f(x - h * v)) / (2 * h)


@pytest.mark.parametrize("name", WORKLOADS)
def test_by_hand_is_the_gradient(name):
    """The oracle of all libraries has an oracle: differences of its own values, or of its own
    gradients."""
    workload = WORKLOADS[name]
    inputs = workload.inputs(64)
    rng = np.random.default_rng(1)
    if workload.step == "hvp":
        x, v = inputs
        want = slope(lambda x: WORKLOADS["rosenbrock"].by_hand(x)[1], x, v)
        np.testing.assert_allclose(workload.by_hand(x, v)[0], want, rtol=1e-4, atol=1e-4)
        return
    _, *gradients = workload.by_hand(*inputs)
    assert len(gradients) == workload.wrt
    for k, g in enumerate(gradients):
        assert g.shape == inputs[k].shape
        v = rng.standard_normal(g.shape)
        value = lambda x, k=k: workload.by_hand(*inputs[:k], x, *inputs[k + 1 :])[0]
        np.testing.assert_allclose(np.sum(g * v), slope(value, inputs[k], v), rtol=1e-5, atol=1e-6)


def test_outputs_are_checked():
    libraries.agree([1.0, np.ones(3)], [1.0, np.ones(3)], "float64")
    with pytest.raises(AssertionError, match="output 1 is off by 5.0e-01"):
        libraries.agree([1.0, np.array([1.0, 0.5])], [1.0, np.ones(2)], "float64")
    with pytest.raises(AssertionError, match="off by nan"):
        libraries.agree([np.nan], [1.0], "float32")
    with pytest.raises(AssertionError, match="got 1 outputs, expected 2"):
        libraries.agree([1.0], [1.0, np.ones(2)], "float64")


def test_a_failing_library_is_a_text(monkeypatch):
    """An error of one, and the end of its process, leave the others' figures alone; the row is an
    error."""
    from benchmarks.asv.bench_beside import over

    worker = beside.Worker("numpy", 1)
    try:
        assert worker.ask("case", "sumsq", 100, "float64") is True
        assert worker.ask("run", 0.0) > 0
        assert (
            worker.ask("case", "no such workload", 100, "float64") == "KeyError: 'no such workload'"
        )
        worker.process.kill()
        assert "its process ended with -9" in worker.ask("run", 0.0)
    finally:
        worker.close()
    assert over({"jitgrad": 1.0, "numpy": 4.0, "torch": "broken"}, ["numpy"]) == 0.25
    with pytest.raises(RuntimeError, match="torch: broken"):
        over({"jitgrad": 1.0, "numpy": 4.0, "torch": "broken"}, ["numpy", "torch"])
    with pytest.raises(RuntimeError, match="jitgrad: lost"):
        over({"jitgrad": "lost", "numpy": 4.0}, ["numpy"])


def test_the_best_peer_counts():
    from benchmarks.asv.bench_beside import BesidePeers

    case = ("chain", 100, "float64", 1)
    rows = {case: {"jitgrad": 1.0, "numpy": 0.5, "torch": 4.0, "jax": 2.0}}
    benchmark = BesidePeers()
    benchmark.setup(rows, *case)
    assert benchmark.track_over_best_peer(rows, *case) == 0.5
    with pytest.raises(NotImplementedError, match="no other library"):
        benchmark.setup({case: {"jitgrad": 1.0, "numpy": 0.5}}, *case)


def test_workers_end_with_the_run():
    worker = beside.Worker("numpy", 1)
    worker.ask("case", "sumsq", 100, "float64")  # it is stopped now
    worker.close()
    assert worker.process.returncode is not None


def test_table(monkeypatch, capsys):
    rows = {
        ("chain", 100, "float64", 1): {"jitgrad": 1e-6, "numpy": 2e-6},
        ("norms", 100, "float64", 1): {"jitgrad": "no"},
    }
    first, *lines = beside.table(rows)
    assert first.split()[-2:] == ["jitgrad", "numpy"]
    assert lines[0].split() == ["chain", "100", "float64", "1", "1.0", "us", "2.00", "x"]
    assert lines[-1].endswith("jitgrad: no")
    monkeypatch.setattr(beside, "installed", lambda: ["jitgrad", "numpy"])
    assert beside.main(["chain", "--elements", "1e2", "--threads", "1"]) == 0
    assert "chain 100 float64 1" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        beside.main(["chains"])
    assert "got chains, expected some of sumsq, chain" in capsys.readouterr().err


@pytest.mark.parametrize("name", libraries.OTHERS)
def test_peers(name):
    """Each that is installed, on every workload; others skip."""
    _make, needs = libraries.LIBRARIES[name]
    for module in needs:
        pytest.importorskip(module)
    script = f"""
from benchmarks.tools.beside import Case
from benchmarks.workloads import WORKLOADS
print([Case(w, 64, "float64").prepared({name!r}) is not None for w in WORKLOADS].count(True))
"""
    env = common.environment()
    out = subprocess.run(
        [sys.executable, "-c", script], env=env, capture_output=True, text=True, timeout=120
    )
    assert out.returncode == 0, out.stderr
    assert json.loads(out.stdout) == (
        len(libraries.EXPRESSIONS) if name == "numexpr" else len(WORKLOADS)
    )


def test_peak_memory_is_above_the_least():
    if not os.path.exists("/proc/self/clear_refs"):
        pytest.skip("reads /proc, which only Linux has")
    ratio = common.child("-m", "benchmarks.tools.memory", "numpy", "sumsq", "4e6")[1]
    assert 0.95 < ratio < 1.3  # the input, its gradient, and a few pages
