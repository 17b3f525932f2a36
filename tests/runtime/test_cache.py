"""The disk cache where something is wrong with the disk: full, read-only, pruned by others, in odd
places.

Most tests load sources that compile nothing, since what is tried is where files go. See
test_processes.py for processes that share a cache, are killed, or find damaged files.
"""

import errno
import os
import pathlib
import subprocess
import sys

import pytest
from processes import ROOT, SMALL, finish, start

import jitgrad
from jitgrad.runtime import cache, trust

SOURCE = '"""a kernel.\n\nwith a listing\n"""\n\nvalue = 42\n'

SHOW = """
run()
from jitgrad.runtime import cache
from jitgrad.runtime.stats import stats
print(stats.kernels, cache.folder())
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The folder of the cache, in this test."""
    monkeypatch.setattr(jitgrad.config, "cache_dir", str(tmp_path / "cache"))
    return tmp_path / "cache"


def below(folder, pattern="*"):
    return [path for path in pathlib.Path(folder).rglob(pattern) if path.is_file()]


def full(*_, **__):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_source_is_written_once(place):
    assert cache.load(SOURCE).value == 42
    (path,) = below(place)
    stamp = path.stat().st_mtime_ns
    assert path.read_text() == SOURCE and path == pathlib.Path(cache.path_of(SOURCE))
    assert cache.load(SOURCE).value == 42 and path.stat().st_mtime_ns == stamp


def test_a_full_disk(place, monkeypatch):
    """What cannot be written goes to a temporary folder, and so does what comes later; nothing half
    written stays."""
    replace = os.replace

    def replace_where_there_is_space(source, target):
        full() if str(target).startswith(str(place)) else replace(source, target)

    monkeypatch.setattr(os, "replace", replace_where_there_is_space)
    assert cache.load(SOURCE).value == 42
    other = pathlib.Path(cache.folder())
    assert place not in other.parents and [p.read_text() for p in below(other)] == [SOURCE]
    assert cache.load(SOURCE.replace("42", "43")).value == 43 and len(below(other)) == 2
    assert not below(place)


def test_no_space_anywhere(place, monkeypatch):
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        cache.load(SOURCE)
    assert not below(place) and not below(cache.folder())


def test_a_kernel_that_another_process_prunes(place, monkeypatch):
    execute = cache._execute

    def pruned(name, path, source, parse):
        monkeypatch.setattr(cache, "_execute", execute)
        os.remove(path)
        os.stat(path)  # as numba does

    monkeypatch.setattr(cache, "_execute", pruned)
    assert cache.load(SOURCE).value == 42
    assert len(below(place)) == 1, "no temporary folder for that"


def test_the_first_line_is_the_title(place):
    cache.load(SOURCE)
    (entry,) = cache.entries()
    assert (
        entry.title == "a kernel."
        and entry.path == cache.path_of(SOURCE)
        and entry.bytes == len(SOURCE)
    )
    pathlib.Path(entry.path).write_bytes(b"\xff\xfe")
    assert entry.title == "unreadable"
    os.remove(entry.path)
    assert entry.title == "unreadable"


def test_pruning_removes_what_was_used_longest_ago(place):
    sources = [SOURCE.replace("42", str(k)) for k in range(4)]
    for k, source in enumerate(sources):
        cache.load(source)
        os.utime(cache.path_of(source), (1e9 + k, 1e9 + k))
    own = place / "notes.txt"
    own.write_text("x" * 1000)
    cache.prune(2 * len(sources[0]))
    assert {p.name for p in below(place, "*.py")} == {
        os.path.basename(cache.path_of(s)) for s in sources[2:]
    }
    assert own.exists()


def test_a_kernel_is_pruned_as_a_whole_and_using_it_keeps_it(place):
    old, other = SOURCE, SOURCE.replace("42", "43")
    for source, binary in ((old, "k.1.nbc"), (other, "k.1.nbc")):
        cache.load(source)
        path = pathlib.Path(cache.path_of(source))
        (path.parent / "__pycache__").mkdir(exist_ok=True)
        made = path.parent / "__pycache__" / f"{path.stem}.{binary}"
        made.write_bytes(bytes(1000))
        trust.seal(cache._seal(str(path)), [str(made)])
    for path in below(place):
        os.utime(path, (1e9, 1e9))
    stamp = os.stat(cache.path_of(old)).st_mtime_ns
    cache.load(old)
    assert os.stat(cache.path_of(old)).st_mtime_ns == stamp, "older numba ties binaries to it"
    cache.prune(1500)
    stem = pathlib.Path(cache.path_of(old)).stem
    assert {p.name for p in below(place)} == {f"{stem}.py", f"{stem}.k.1.nbc", f"{stem}.sha256"}


def test_a_disk_that_has_no_room_for_machine_code(tmp_path):
    source = f"""
    import errno, os
    replace = os.replace

    def replace_where_there_is_space(source, target):
        if target.startswith({str(tmp_path)!r}) and target.endswith(".o"):
            raise OSError(errno.ENOSPC, "No space left on device")
        return replace(source, target)

    os.replace = replace_where_there_is_space
    """
    kernels, folder = finish(
        start(source + SHOW.replace("\n", "\n    "), tmp_path, before=SMALL)
    ).split()
    assert int(kernels) > 0 and not folder.startswith(str(tmp_path))
    assert not below(tmp_path, "*.o") and not below(tmp_path, "*tmp*")


def test_a_disk_that_is_full_when_numba_saves(tmp_path, monkeypatch):
    monkeypatch.setenv("JITGRAD_NUMBA", "public")
    source = f"""
    import errno
    from numba.core import caching
    save = caching.IndexDataCacheFile._save_data

    def save_where_there_is_space(self, name, data):
        if self._cache_path.startswith({str(tmp_path)!r}):
            raise OSError(errno.ENOSPC, "No space left on device")
        return save(self, name, data)

    caching.IndexDataCacheFile._save_data = save_where_there_is_space
    """
    kernels, folder = finish(
        start(source + SHOW.replace("\n", "\n    "), tmp_path, before=SMALL)
    ).split()
    assert int(kernels) > 0 and not folder.startswith(str(tmp_path))
    assert not pathlib.Path(folder).exists(), "temporary folders go with the process"
    assert not below(tmp_path, "*.nbc") and not below(tmp_path, "*tmp*")


def test_folders_with_odd_names(tmp_path, monkeypatch):
    """In a locale that knows ASCII only, too."""
    folder = tmp_path / "a b ünï 日本 [x] {y} %d 'q"
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.setenv("PYTHONUTF8", "0")
    monkeypatch.setenv("PYTHONCOERCECLOCALE", "0")
    show = SHOW.replace("stats.kernels, cache.folder()", "stats.compiled, stats.loaded")
    compiled, loaded = map(int, finish(start(show, folder, before=SMALL)).split())
    assert compiled > 0 and loaded == 0 and below(folder, "*.o")
    assert finish(start(show, folder, before=SMALL)) == f"0 {compiled}\n"
    command = [sys.executable, "-m", "jitgrad", "cache"]
    env = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "JITGRAD_CACHE_DIR": str(folder),
        "PYTHONUTF8": "1",
    }
    out = subprocess.run(
        command, env=env, capture_output=True, text=True, encoding="utf-8", timeout=60
    )
    assert compiled == 1 and below(folder, "d*.py"), "a kernel, and what launches it"
    assert (
        out.returncode == 0
        and out.stdout.startswith(f"{folder}: 1 kernel, ")
        and len(out.stdout.splitlines()) == 2
    )
    subprocess.run([*command, "clear"], env=env, capture_output=True, timeout=60, check=True)
    assert not below(folder), "drivers are removed as well"


def test_binaries_stay_beside_their_source(tmp_path, monkeypatch):
    """Where NUMBA_CACHE_DIR points, nothing of ours could be pruned, cleared, or dropped when
    damaged."""
    monkeypatch.setenv("JITGRAD_NUMBA", "public")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "numba"))
    source = SHOW + "import numba\nprint(numba.config.CACHE_DIR)"
    lines = finish(start(source, tmp_path / "cache", before=SMALL)).splitlines()
    assert lines[1] == str(tmp_path / "numba"), "the user's own functions are cached where he said"
    assert below(tmp_path / "cache", "*.nbc") and not below(tmp_path / "numba")
