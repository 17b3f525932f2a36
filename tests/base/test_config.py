"""Settings: every line of the one table, by attribute and environment variable, and what the
documents say of them."""

import inspect
import os
import re
import subprocess
import sys

import numpy as np
import pytest
from folders import ROOT

import jitgrad
from jitgrad import ArgumentError
from jitgrad.base import config
from jitgrad.base.config import SETTINGS, Config, variable
from jitgrad.runtime.plan import observed_plans

#: setting -> texts of the environment with the value they give.
READ = {
    "compile": {"auto": "auto", "always": "always", "never": "never"},
    "cache_dir": {"/a/b c/é": os.path.abspath("/a/b c/é"), "kernels": os.path.abspath("kernels")},
    "child": {"1": True, "no": False},
    "cache_mb": {"0": 0, "512": 512, " 7 ": 7},
    "num_threads": {"1": 1, "100000": config.SETTINGS["num_threads"].default({})},
    "numba": {"fast": "fast", "public": "public"},
    "pool_mb": {"0": 0, "64": 64},
    "checkpoint_mb": {"0": 0, "64": 64},
    "segment": {"1": 1, "999": 999},
    "verify": {
        **dict.fromkeys(("1", "true", "True", "YES", "on"), True),
        **dict.fromkeys(("0", "false", "False", "no", "OFF"), False),
    },
}
#: setting -> texts of the environment that are refused.
UNREADABLE = {
    "compile": ["foo", "Always", "1"],
    "cache_dir": [],
    "child": ["some"],
    "cache_mb": ["-1", "1.5", "lots", "²"],
    "num_threads": ["abc", "0", "-2", "1.5"],
    "numba": ["Fast", "private", "1"],
    "pool_mb": ["-1", "half"],
    "checkpoint_mb": ["-1", "half"],
    "segment": ["0", "many"],
    "verify": ["2", "maybe"],
}
#: setting -> values that are refused as attributes.
WRONG = {
    "compile": ["foo", None, 1, ["auto"]],
    "cache_dir": [5, None, "", b"/tmp"],
    "child": [0, "no"],
    "cache_mb": [-1, 1.5, "7", True],
    "num_threads": [0, "2", None, 2.0, True],
    "numba": ["auto", None, True, ["fast"]],
    "pool_mb": [-1, None, 0.5],
    "checkpoint_mb": [-1, None, 0.5],
    "segment": [0, True, np.float64(3)],
    "verify": ["no", 1, None],
}


def cases(table):
    return [
        pytest.param(name, value, id=f"{name}-{value}") for name in table for value in table[name]
    ]


def test_every_setting_is_tried():
    assert set(READ) == set(UNREADABLE) == set(WRONG) == set(SETTINGS)


@pytest.mark.parametrize(("name", "text"), cases(READ))
def test_environment(name, text):
    got = getattr(Config({variable(name): text}), name)
    assert got == READ[name][text] and type(got) is type(READ[name][text])


@pytest.mark.parametrize(("name", "text"), cases(UNREADABLE))
def test_environment_that_cannot_be_read(name, text):
    with pytest.raises(ArgumentError) as error:
        Config({variable(name): text})
    assert f"got the environment variable {variable(name)}={text!r}, expected " in str(error.value)


@pytest.mark.parametrize("name", SETTINGS)
def test_an_empty_variable_counts_as_not_set(name):
    assert getattr(Config({variable(name): ""}), name) == getattr(Config({}), name)


@pytest.mark.parametrize(("name", "value"), cases(WRONG))
def test_wrong_values(name, value):
    own, seen = Config({}), []
    own.on_change(name, seen.append)
    with pytest.raises(ArgumentError) as error:
        setattr(own, name, value)
    assert f"got config.{name} = {value!r}, expected " in str(error.value)
    assert getattr(own, name) == getattr(Config({}), name) and not seen


def test_values_are_kept_in_one_form(tmp_path):
    own = Config({})
    own.cache_dir, own.segment = tmp_path, np.int64(5)
    assert own.cache_dir == str(tmp_path) and type(own.segment) is int and own.segment == 5
    own.cache_dir = os.path.join("~", "kernels")
    assert own.cache_dir == os.path.join(os.path.expanduser("~"), "kernels")


def test_unknown_settings():
    own = Config({})
    with pytest.raises(
        AttributeError, match="got config.compiel, expected one of compile, cache_dir"
    ):
        own.compiel = "never"
    with pytest.raises(ArgumentError, match="got on_change"):
        own.on_change("compiel", print)
    with pytest.raises(ArgumentError, match="got on_change"):
        own.on_change("compile", "print")


def test_hooks_are_called_at_changes_only(tmp_path):
    own, seen = Config({}), []
    own.on_change("compile", lambda value: seen.append((value, own.compile)))
    own.on_change("compile", lambda value: seen.append("second"))
    own.on_change("cache_dir", seen.append)
    own.compile = "auto"
    own.segment = 64
    assert seen == []
    own.compile = "never"
    assert seen == [("never", "never"), "second"], "in order, after the value is set"
    own.compile = "never"
    assert len(seen) == 2
    own.cache_dir = tmp_path
    own.cache_dir = str(tmp_path)
    assert seen[2:] == [str(tmp_path)]


def test_an_error_of_a_hook_is_the_assigners():
    own = Config({})

    def hook(value):
        raise KeyError("mine")

    own.on_change("verify", hook)
    with pytest.raises(KeyError, match="mine"):
        own.verify = True
    assert own.verify is True


def test_threads_are_capped():
    most = SETTINGS["num_threads"].default({})
    assert 1 <= most <= config.cores()
    before = jitgrad.get_num_threads()
    try:
        jitgrad.set_num_threads(10**6)
        assert jitgrad.get_num_threads() == jitgrad.config.num_threads == most
        jitgrad.config.num_threads = 1
        assert jitgrad.get_num_threads() == 1
    finally:
        jitgrad.set_num_threads(before)


@pytest.mark.parametrize("text", ["1", "0", "abc", ""])
def test_numbas_own_variable(text):
    """One thread in numba's pool is one here; what it cannot read is numba's to complain of."""
    assert SETTINGS["num_threads"].default({"NUMBA_NUM_THREADS": text}) == (
        1 if text == "1" else config.cores()
    )


def test_the_error_at_import_names_the_variable():
    env = {**os.environ, "PYTHONPATH": str(ROOT), "JITGRAD_COMPILE": "foo"}
    out = subprocess.run(
        [sys.executable, "-c", "import jitgrad"],
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert out.returncode == 1
    last = out.stderr.strip().splitlines()[-1]
    assert last.endswith(
        "ArgumentError: got the environment variable JITGRAD_COMPILE='foo', expected one of auto, "
        "always, never"
    )


# --- what is written about them -------------------------------------------------------------------


def test_attributes_are_annotated():
    assert [name for name in inspect.get_annotations(Config) if name[0] != "_"] == list(SETTINGS)


def test_the_module_documents_all():
    _, _, table, _ = re.split(r"^===[= ]+$", config.__doc__, flags=re.MULTILINE)
    assert re.findall(r"^(\w+) ", table, re.MULTILINE) == list(SETTINGS)


def test_readme_documents_all():
    section = (ROOT / "docs/settings.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \| (.*) \|$", section, re.MULTILINE)
    assert [row[:2] for row in rows] == [(name, variable(name)) for name in SETTINGS]
    own = Config({})
    for name, _, meaning in rows:
        default = getattr(own, name)
        if name not in ("cache_dir", "num_threads", "verify"):  # those of the machine, and off
            assert str(default) in meaning, name


def test_a_change_of_compile_reaches_plans_that_are_warm():
    x = jitgrad.tensor([1.0, 2.0, 49.0])

    def work():
        return (jitgrad.cosh(x / 7.0) * 1.25).tolist()

    before = jitgrad.config.compile
    (
        x + 0.0
    ).tolist()  # ends what an earlier test left pending: the plan must be that of later calls
    try:
        jitgrad.config.compile = "always"
        with observed_plans() as plans:
            work()
        (plan,) = plans
        assert plan.run is plan._compiled
        jitgrad.config.compile = "never"
        assert work() == (np.cosh(np.array([1.0, 2.0, 49.0]) / 7.0) * 1.25).tolist()
        assert plan.run == plan._cold
        for mode in ("auto", "always"):  # it was compiled: nothing to wait for
            jitgrad.config.compile = mode
            work()
            assert plan.run is plan._compiled
    finally:
        jitgrad.config.compile = before


def test_a_change_of_segment_reaches_programs_seen_before():
    def plans():
        with observed_plans() as made:
            y = jitgrad.tensor([1.0, 2.0])
            for _ in range(10):
                y = jitgrad.sin(y)
            y.tolist()
        return len(made)

    before = jitgrad.config.segment
    try:
        plans()
        jitgrad.config.segment = 4
        assert plans() == 2  # of four operations, twice, and of two
        jitgrad.config.segment = 5
        assert plans() == 1
    finally:
        jitgrad.config.segment = before


def test_without_a_home_no_folder_is_named_tilde(monkeypatch):
    """A folder of the user's own where temporary files are; and a path that needs a home is
    refused."""
    import pwd

    def nobody(*_):
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", nobody)
    monkeypatch.delenv("HOME", raising=False)
    cache_dir = Config({}).cache_dir
    assert "~" not in cache_dir and os.path.basename(cache_dir) == f"jitgrad-{os.geteuid()}"
    for text in ("~", "~/kernels"):
        with pytest.raises(ArgumentError, match="JITGRAD_CACHE_DIR"):
            Config({"JITGRAD_CACHE_DIR": text})


def test_threads_of_openmp_are_the_default_for_ours():
    from jitgrad.base.config import cores

    assert Config({"OMP_NUM_THREADS": "1"}).num_threads == 1
    assert Config({"OMP_NUM_THREADS": "1,2"}).num_threads == 1
    for text in ("", "0", "no", "9999"):
        assert Config({"OMP_NUM_THREADS": text}).num_threads == Config({}).num_threads
    assert Config({"OMP_NUM_THREADS": "1", "JITGRAD_NUM_THREADS": "9999"}).num_threads == cores()


def test_threadpoolctl_limits_our_threads():
    threadpoolctl = pytest.importorskip("threadpoolctl", minversion="3.2")
    import jitgrad.runtime.numba.build

    before = jitgrad.config.num_threads
    with threadpoolctl.threadpool_limits(1):
        assert jitgrad.config.num_threads == 1
    assert jitgrad.config.num_threads == before
    with threadpoolctl.threadpool_limits(1, user_api="blas"):
        assert jitgrad.config.num_threads == before
