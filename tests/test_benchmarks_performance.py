"""The page of figures: the command that writes it works, and the page is the command's."""

import sys

import pytest
from folders import ROOT

sys.path.insert(0, str(ROOT))

from benchmarks import common
from benchmarks.asv import bench_import
from benchmarks.tools import performance

TINY = performance.Sizes(
    workloads=("sumsq", "softmax"),
    elements=(100,),
    libraries=("jitgrad", "numpy"),
    threads=(1,),
    calls=(("sum_of_squares", 1),),
    programs=("dot",),
    first=(10,),
    processes=1,
    records=(5,),
    loops=("newton",),
    loop_turns=3,
    memory=("chain",),
    memory_elements=1000,
)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    for name, value in {"COMPILE": "never", "ROUNDS": 1, "BUDGET": 0.0}.items():
        monkeypatch.setattr(common, name, value)
    monkeypatch.setattr(bench_import, "RUNS", 1)


class Half:
    """What has half a second for a benchmark of new processes."""

    def __getattr__(self, name):
        assert hasattr(bench_import.FirstGradient, name) or hasattr(bench_import.Import, name)
        return lambda: 0.5


def test_the_command_writes_a_page(tmp_path, monkeypatch):
    monkeypatch.setattr(performance, "ROOT", tmp_path)
    monkeypatch.setattr(performance, "IDLE", -1.0)
    monkeypatch.setattr(performance, "PAGE", tmp_path / "performance.md")
    # tests/test_benchmarks.py runs these, in processes of their own
    monkeypatch.setattr(performance, "FirstGradient", Half)
    monkeypatch.setattr(performance, "Import", Half)
    performance.main(["--write"], TINY)
    text = (tmp_path / "performance.md").read_text()
    titles = [line[3:] for line in text.splitlines() if line.startswith("## ")]
    assert titles == list(performance.SECTIONS)
    assert (
        text.count("500 ms") == 3
        and "failed" not in text
        and "**The machine was busy" in text
        and "numpy " in text
    )
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| sumsq")]
    assert len(rows) == 1 and rows[0][1] == "100" and float(rows[0][3].rstrip(" |")) > 0


def test_the_page_that_is_kept_is_of_this_command():
    text = performance.PAGE.read_text()
    titles = [line[3:] for line in text.splitlines() if line.startswith("## ")]
    assert titles == list(performance.SECTIONS) and "python -m benchmarks.tools.performance" in text


def test_a_library_that_fails_is_a_cell():
    assert performance._compared({"jitgrad": 1e-6, "torch": "Error: no"}, ["torch", "jax"]) == (
        "1.00 µs",
        "failed",
        "",
    )
    assert performance._compared({"jitgrad": "Error"}, ["torch"])[0] == "failed"
