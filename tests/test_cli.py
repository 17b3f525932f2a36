"""``python -m jitgrad`` as a user runs it: in processes of their own, with a kernel cache of their own."""

import importlib.metadata
import os
import pathlib
import re
import subprocess
import sys

import numpy as np
import pytest

from jitgrad import _report, _tour

ROOT = pathlib.Path(__file__).parent.parent


@pytest.fixture(scope="module")
def cache_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("cache") / "kernels"


def cli(*arguments, cache, code=0, **env):
    """(standard output, standard error); the exit code must be `code`."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "JITGRAD_CACHE_DIR": str(cache), **env}
    command = [sys.executable, "-W", "error", "-m", "jitgrad", *arguments]
    out = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)
    assert out.returncode == code, out.stderr
    return out.stdout, out.stderr


def count(cache):
    return len(list(pathlib.Path(cache).rglob("k*.py")))


@pytest.fixture(scope="module")
def tour(cache_dir):
    out, error = cli("--size", "1e3", cache=cache_dir)
    assert not error
    return out


def test_tour_shows_a_gradient_and_its_kernel(tour):
    value = _tour.by_hand(np.random.default_rng(0).standard_normal(1000))[0]
    assert f"y = tensor({value:.4f}" in tour
    differ = float(re.search(r"the gradients differ by (\S+) at most", tour)[1])
    assert differ < 1e-12
    assert "One kernel, one pass" in tour
    assert tour.count("def body(") == 1 and " = sin(" in tour and " = cos(" in tour


def test_tour_measures(tour):
    figures = [line.strip() for line in tour.splitlines() if re.search(r"  \d\S* (s|ms|µs)$", line)]
    for row in ("first run", "every later run", "written by hand", "import numpy", "python start to first gradient"):
        assert sum(line.startswith(row) for line in figures) == 1, row
    assert "NumPy serves (numba not imported)" in tour
    assert "from the disk cache (numba imported)" in tour


def test_tour_session_is_right(tour):
    session = tour[tour.index("--- A session") :]
    assert "tensor([ 1., 40., 90.]" in session
    assert "tensor([ 2., 40., 60.])" in session
    assert "tensor([ 6., 12., 18.])" in session
    assert "tensor(512.)" in session


def test_the_hand_written_gradient_is_right():
    x, h = np.array([-1.3, -0.2, 0.4, 2.0]), 1e-6
    numeric = [(_tour.by_hand(x + h * e)[0] - _tour.by_hand(x - h * e)[0]) / (2 * h) for e in np.eye(4)]
    np.testing.assert_allclose(_tour.by_hand(x)[1], numeric, rtol=1e-7, atol=1e-8)


def test_info(cache_dir, tour):
    out, error = cli("info", cache=cache_dir, JITGRAD_CACHE_MB="7")
    assert not error
    for package in ("numpy", "numba", "llvmlite"):
        assert re.search(rf"{package} +{re.escape(importlib.metadata.version(package))}", out)
    assert str(cache_dir) in out and f"kernels     {count(cache_dir)}, " in out and "of at most 7 MiB" in out
    assert "numba       not imported" in out
    assert re.search(r"threads +\d+ of \d+ cores", out)
    assert re.search(r"cache_mb +7 +JITGRAD_CACHE_MB", out)


def test_cache_list_and_clear(cache_dir, tour):
    kept = cache_dir / "notes.txt"
    kept.write_text("a file of the user's own")
    n = count(cache_dir)
    assert n > 0
    out, _ = cli("cache", cache=cache_dir)
    assert f": {n} kernels, " in out and len(out.splitlines()) == n + 1 and "flat kernel, 1 loops" in out
    out, _ = cli("cache", "clear", cache=cache_dir)
    assert out.startswith(f"removed {n} kernels, ") and count(cache_dir) == 0
    assert kept.read_text(), "clear removed what jitgrad did not write"
    out, _ = cli("cache", "list", cache=cache_dir)
    assert "0 kernels, 0.0 MiB" in out


def test_without_a_cache_folder(tmp_path):
    missing = tmp_path / "nothing" / "there"
    assert "not there yet" in cli("info", cache=missing)[0]
    assert "0 kernels" in cli("cache", cache=missing)[0]
    assert cli("cache", "clear", cache=missing)[0].startswith("removed 0 kernels")
    assert not missing.exists()


def test_with_a_cache_that_cannot_be_written(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("a file where the folder should be")
    assert "not a folder: kernels go to a temporary one" in cli("info", cache=blocked)[0]
    assert cli("cache", "clear", cache=blocked)[0].startswith("removed 0 kernels")
    out, _ = cli("--size", "100", cache=blocked)
    assert "One kernel, one pass" in out
    assert blocked.read_text().startswith("a file")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--size", "0"), "expected a whole number"),
        (("--size", "many"), "expected a whole number"),
        (("--size", "1.5"), "expected a whole number"),
        (("nonsense",), "invalid choice"),
        (("cache", "burn"), "invalid choice"),
        (("info", "more"), "unrecognized arguments"),
    ],
)
def test_wrong_arguments(tmp_path, arguments, said):
    out, error = cli(*arguments, cache=tmp_path, code=2)
    assert not out and said in error and "usage: python -m jitgrad" in error


def test_wrong_environment(tmp_path):
    _, error = cli("info", cache=tmp_path, code=1, JITGRAD_CACHE_MB="lots")
    assert "JITGRAD_CACHE_MB='lots', expected a whole number" in error


def test_help_names_the_commands(tmp_path):
    out, _ = cli("--help", cache=tmp_path)
    assert "info" in out and "cache" in out and "--size" in out


def test_a_closed_pipe_is_no_error(tmp_path, cache_dir):
    command = f"'{sys.executable}' -m jitgrad info | head -n 1"
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    out = subprocess.run(["bash", "-c", command], env=env, capture_output=True, text=True, timeout=60)
    assert out.stdout.startswith("jitgrad ") and not out.stderr


def test_the_cpu_has_a_name():
    name, features = _report.cpu()
    assert name and set(features) <= set(_report.VECTOR)
