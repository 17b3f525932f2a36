"""``python -m jitgrad`` as a user runs it: in processes of their own, with a kernel cache of their
own."""

import importlib.metadata
import os
import pathlib
import re
import subprocess
import sys
import time

import numpy as np
import pytest
from folders import ROOT
from processes import begin

import jitgrad
from jitgrad.base.config import SETTINGS, variable
from jitgrad.cli import info
from jitgrad.cli import tour as touring


@pytest.fixture(scope="module")
def cache_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("cache") / "kernels"


def cli(*arguments, cache, code=0, fresh=False, **env):
    """(standard output, standard error); the exit code must be `code`. A `fresh` process is the
    command as a user types it, others begin with numba imported."""
    if not fresh:
        process = begin(COMMAND.format(["jitgrad", *arguments]), cache, **env)
        out, error = process.communicate(timeout=300)
        assert process.returncode == code, error
        return out, error
    env = {**os.environ, "PYTHONPATH": str(ROOT), "JITGRAD_CACHE_DIR": str(cache), **env}
    command = [sys.executable, "-W", "error", "-m", "jitgrad", *arguments]
    out = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)
    assert out.returncode == code, out.stderr
    return out.stdout, out.stderr


COMMAND = """
import runpy, sys, warnings
warnings.simplefilter("error")
sys.argv = {}
runpy.run_module("jitgrad", run_name="__main__", alter_sys=True)
"""


def count(cache):
    return len(
        [path for path in pathlib.Path(cache).rglob("*.py") if not path.name.startswith("driver_")]
    )


@pytest.fixture(scope="module")
def tour(cache_dir):
    out, error = cli("--size", "1e3", cache=cache_dir, fresh=True)
    assert not error
    return out


def test_tour_shows_a_gradient_and_its_kernel(tour):
    value = touring.by_hand(np.random.default_rng(0).standard_normal(1000))[0]
    assert f"y = tensor({value:.4f}" in tour
    differ = float(re.search(r"the gradients differ by (\S+) at most", tour)[1])
    assert differ < 1e-12
    assert "One kernel, one pass" in tour
    assert tour.count("def body(") == 1 and " = sin(" in tour and " = cos(" in tour
    assert tour.index("v0 = x0[...]: float64") < tour.index("v1 = "), (
        "every value of the listing is named"
    )
    assert "x: 1000 values" in tour and "..., " in tour, "the gradient is cut short"
    assert re.search(r"1 kernel compiled and \d+ taken", tour)


def test_tour_measures(tour):
    figures = [line.strip() for line in tour.splitlines() if re.search(r"  \d\S* (s|ms|µs)$", line)]
    threads = [f"every later run: the compiled kernel, {n}" for n in ("1 thread", "2 threads")]
    for row in (
        "first run",
        *threads[: min(2, jitgrad.get_num_threads())],
        "written by hand",
        "import numpy",
        "python start to first gradient",
    ):
        assert sum(line.startswith(row) for line in figures) == 1, row
    assert "NumPy serves (numba not imported)" in tour
    assert "from the disk cache (numba not imported)" in tour


def test_tour_compares_one_thread_and_all():
    assert (
        touring.verdict({1: 1.0}, 4.0, 10**6)
        == "Of the time of NumPy by hand it takes 0.25 with 1 thread."
    )
    both = touring.verdict({1: 2.0, 8: 0.5}, 1.0, 10**6)
    assert (
        both == "Of the time of NumPy by hand it takes 2.00 with 1 thread and 0.50 with 8 threads."
    )


def test_tour_says_when_it_is_slower():
    said = touring.verdict({1: 2.0, 2: 3.0}, 1.0, 10)
    assert "2.00 with 1 thread" in said and "no gain: 10 values" in said.splitlines()[-1]


def test_tour_session_is_right(tour):
    session = tour[tour.index("--- A session") :]
    assert "tensor([ 1., 40., 90.]" in session
    assert "tensor([ 2., 40., 60.])" in session
    assert "tensor([ 6., 12., 18.])" in session
    assert "tensor(512.)" in session


def test_the_hand_written_gradient_is_right():
    x, h = np.array([-1.3, -0.2, 0.4, 2.0]), 1e-6
    numeric = [
        (touring.by_hand(x + h * e)[0] - touring.by_hand(x - h * e)[0]) / (2 * h) for e in np.eye(4)
    ]
    np.testing.assert_allclose(touring.by_hand(x)[1], numeric, rtol=1e-7, atol=1e-8)


def test_info(cache_dir, tour):
    out, error = cli("info", cache=cache_dir, fresh=True, JITGRAD_CACHE_MB="7")
    assert not error
    for package in ("numpy", "numba", "llvmlite"):
        assert re.search(rf"{package} +{re.escape(importlib.metadata.version(package))}", out)
    assert (
        str(cache_dir) in out
        and f"kernels     {count(cache_dir)}, " in out
        and "of at most 7 MiB" in out
    )
    assert re.search(r"threads +\d+ of \d+ cores?", out)
    assert re.search(r"cache_mb +7 +JITGRAD_CACHE_MB", out)
    for name in SETTINGS:
        assert re.search(rf"^  {name} +\S.* {variable(name)}$", out, re.MULTILINE)


def minutes(text):
    return time.mktime(time.strptime(text, "%Y-%m-%d %H:%M"))


def test_cache_list_is_short_unless_all_are_asked_for(tmp_path):
    folder = tmp_path / ("0" * 16)
    folder.mkdir()
    for k in range(25):
        path = folder / f"k{k:024x}.py"
        path.write_text(f'"""kernel number {k}.\n"""\n')
        os.utime(path, (10**9 + k, 10**9 + k))
    out, _ = cli("cache", cache=tmp_path)
    lines = out.splitlines()
    assert [line.split("  ")[-1] for line in lines[1:-1]] == [
        f"kernel number {k}." for k in range(24, 4, -1)
    ]
    assert (
        ": 25 kernels, " in lines[0] and lines[-1].startswith("and 5 more") and "--all" in lines[-1]
    )
    for arguments in (("cache", "--all"), ("cache", "list", "--all")):
        every = cli(*arguments, cache=tmp_path)[
            0
        ].splitlines()  # in the same order: a listing is not a use
        assert len(every) == 26 and every[-1].endswith("kernel number 0.")


def test_cache_list_and_clear(cache_dir, tour):
    kept = cache_dir / "notes.txt"
    kept.write_text("a file of the user's own")
    n = count(cache_dir)
    assert n > 0
    out, _ = cli("cache", cache=cache_dir)
    assert f": {n} kernels, " in out and len(out.splitlines()) == n + 1
    (line,) = [
        line
        for line in out.splitlines()
        if re.search(r"flat kernel, 1 loop, \d\d operations: sum, sin.* log1p", line)
    ]
    when, size, path = re.fullmatch(
        r"  (\d+-\d+-\d+ \d+:\d+) +(\d+\.\d) KiB  (\S+\.py)  flat .*", line
    ).groups()
    assert (
        float(size) > 1 and (cache_dir / path).exists() and abs(time.time() - minutes(when)) < 3600
    )
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
    path, beside = tmp_path / "program.py", tmp_path / "beside.py"
    path.write_text(PROGRAM.format(end=""))
    beside.write_text("SCALE = 0.0")
    out, _ = cli("profile", str(path), cache=blocked, JITGRAD_COMPILE="always")
    assert "flat_sum_multiply_sin_" in out
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
        (("--size", "1e6", "info"), "--size is the size of the tour, and info has none"),
        (("--size", "5", "cache", "clear"), "--size is the size of the tour, and cache has none"),
        (("cache", "clear", "--all"), "--all is for listing"),
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
    out = subprocess.run(
        ["bash", "-c", command], env=env, capture_output=True, text=True, timeout=60
    )
    assert out.stdout.startswith("jitgrad ") and not out.stderr


PROGRAM = """
import sys
import beside
import jitgrad
x = jitgrad.ones(1000, requires_grad=True)
jitgrad.sin(x * beside.SCALE).sum().backward()
print(__name__, sys.argv, x.grad[0].item())
{end}
"""


@pytest.mark.parametrize(
    ("end", "code", "said"), [("", 0, ""), ("sys.exit(3)", 3, ""), ("1 / 0", 1, "in <module>")]
)
def test_profile_of_a_program(tmp_path, end, code, said):
    path = tmp_path / "program.py"
    path.write_text(PROGRAM.format(end=end))
    (tmp_path / "beside.py").write_text("SCALE = 0.0")
    out, error = cli(
        "profile",
        str(path),
        "--size",
        "3",
        cache=tmp_path / "kernels",
        code=code,
        JITGRAD_COMPILE="always",
    )
    assert out.startswith(f"__main__ {[str(path), '--size', '3']} 0.0\n\nprofile of ")
    assert re.search(r"\n +\d+% .* 1 .* flat_sum_multiply_sin_[0-9a-f]{12}\n", out), out
    assert (said in error and "ZeroDivisionError" in error) if said else not error


def test_profile_of_no_program(tmp_path):
    _, error = cli("profile", str(tmp_path / "none.py"), cache=tmp_path, code=1)
    assert (
        error.startswith("python -m jitgrad: ") and "none.py" in error and "Traceback" not in error
    )


def test_the_cpu_has_a_name():
    name, features = info.cpu()
    assert name and set(features) <= set(info.VECTOR)
