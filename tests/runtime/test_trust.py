"""Whom the disk cache and the compiling child trust: this user alone. What others could have put
there never runs."""

import os
import pathlib
import pickle
import shutil
import stat
import subprocess
import sys

import pytest
from processes import SMALL, finish, start

import jitgrad
from jitgrad.runtime import cache, trust

pytestmark = pytest.mark.skipif(not trust.POSIX, reason="no owners and modes here")
as_root = pytest.mark.skipif(
    trust.POSIX and os.geteuid() != 0, reason="only root can give files away"
)

#: A user that nobody is.
SOMEBODY = 54321

SHOW = """
run()
from jitgrad.runtime import cache
from jitgrad.runtime.stats import stats
print(stats.compiled, stats.loaded, cache.folder())
"""


class Planted:
    """A pickle that makes a folder when it is loaded."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def folders(path):
    return [path, *(p for p in pathlib.Path(path).rglob("*") if p.is_dir())]


def made(path):
    """A cache with a kernel, made by another process."""
    assert finish(start(SHOW, path, before=SMALL)).startswith("1 0 ")
    return pathlib.Path(path)


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    return made(tmp_path_factory.mktemp("template") / "cache")


@pytest.fixture
def place(template, tmp_path):
    """A cache with a kernel."""
    return pathlib.Path(shutil.copytree(template, tmp_path / "cache"))


def test_folders_and_binaries_are_closed_to_others(tmp_path):
    before = os.umask(0)
    try:
        place = made(tmp_path / "new" / "cache")
    finally:
        os.umask(before)
    assert {mode(p) for p in folders(place)} == {0o700}
    files = [p for p in place.rglob("*") if p.suffix in (".o", ".sha256")]
    assert len(files) >= 4 and {mode(p) for p in files} == {0o600}
    assert finish(start(SHOW, place, before=SMALL)).startswith("0 1 ")


def test_a_group_that_may_write_by_umask_keeps_its_cache(tmp_path):
    before = os.umask(0o002)
    try:
        place = made(tmp_path / "cache")
        assert finish(start(SHOW, place, before=SMALL)).startswith("0 1 ")
    finally:
        os.umask(before)


def test_a_folder_that_others_read_is_kept_and_what_is_below_is_closed(place):
    for path in folders(place):
        path.chmod(0o755)
    assert finish(start(SHOW, place, before=SMALL)).startswith("0 1 ")
    assert mode(place) == 0o755 and {mode(p) for p in folders(place)[1:]} == {0o700}


def writable(place):
    place.chmod(0o777)


def foreign(place):
    for path in [place, *place.rglob("*")]:
        os.chown(path, SOMEBODY, SOMEBODY)


def linked(place):
    place.rename(place.with_name("elsewhere"))
    place.symlink_to(place.with_name("elsewhere"))


@pytest.mark.parametrize("change", [writable, pytest.param(foreign, marks=as_root), linked])
def test_a_folder_of_others_is_not_used_and_says_so_once(place, tmp_path, change):
    for path in place.rglob("*.o"):
        path.write_bytes(pickle.dumps(Planted(tmp_path / "executed")))
    change(place)
    source = "import warnings\nwith warnings.catch_warnings(record=True) as got:\n"
    source += "    warnings.simplefilter('always')\n"
    source += "    run()\nprint(len(got), got[0].category.__name__, got[0].message)" + SHOW.replace(
        "run()", ""
    )
    said, counts = finish(start(source, place, before=SMALL)).splitlines()
    assert (
        said.startswith(f"1 JitgradWarning the cache folder {place} is not used")
        and "temporary folder" in said
    )
    assert counts.startswith("1 0 ") and str(tmp_path) not in counts
    assert not (tmp_path / "executed").exists()


def replaced(path):
    text = path.read_bytes()
    path.unlink()
    path.with_name("other").write_bytes(text)
    path.symlink_to(path.with_name("other"))


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.chmod(0o666),
        pytest.param(lambda path: os.chown(path, SOMEBODY, SOMEBODY), marks=as_root),
        replaced,
        lambda path: path.write_bytes(path.read_bytes()[:-1]),
        lambda path: path.unlink(),
    ],
    ids=["writable", "foreign", "linked", "cut", "gone"],
)
@pytest.mark.parametrize("which", ["o", "sha256"])
def test_binaries_of_others_are_made_anew(place, change, which):
    for path in place.rglob(f"flat*.{which}"):
        change(path)
    assert finish(start(SHOW, place, before=SMALL)).startswith("1 0 ")


def test_a_flipped_bit_is_found(place):
    """In machine code nobody else would see it."""
    for path in place.rglob("*.o"):
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 16
        path.write_bytes(content)
    assert finish(start(SHOW, place, before=SMALL)).startswith("1 0 ")
    assert finish(start(SHOW, place, before=SMALL)).startswith("0 1 "), "sealed anew"


def test_the_text_of_a_kernel_is_not_taken_from_its_file(tmp_path, monkeypatch):
    monkeypatch.setattr(jitgrad.config, "cache_dir", str(tmp_path / "cache"))
    put = cache._put

    def put_and_exchange(path, source):
        known = put(path, source)
        pathlib.Path(path).write_text("value = 13\n")
        return known

    monkeypatch.setattr(cache, "_put", put_and_exchange)
    assert cache.load('"""a kernel."""\nvalue = 42\n').value == 42


def test_numba_is_told_where_to_look(tmp_path, monkeypatch):
    monkeypatch.setenv("JITGRAD_NUMBA", "public")
    monkeypatch.setenv("NUMBA_CACHE_LOCATOR_CLASSES", "UserProvidedCacheLocator")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "numba"))
    place = made(tmp_path / "cache")
    assert list(place.rglob("*.nbc")) and not (tmp_path / "numba").exists()


def test_the_child_uses_the_folder_that_its_parent_does(tmp_path, monkeypatch):
    place = tmp_path / "cache"
    place.mkdir()
    place.chmod(0o777)
    monkeypatch.setattr(jitgrad.config, "cache_dir", str(place))
    from jitgrad.runtime.worker import Worker

    source = '"""loop kernel, 1 loop, 1 operation: none."""\nvalue = 42\n'
    with pytest.warns(jitgrad.JitgradWarning, match="can be written to by others"):
        base = pathlib.Path(cache.base())
    worker = Worker()
    try:
        assert len(list(worker.build([("loop", source)]))) == 1
    finally:
        worker.stop()
    assert not list(place.rglob("*")) and list(base.rglob("*.py")), (
        "it was compiled there, as far as it could be"
    )


@pytest.mark.parametrize("options", [[], ["-I"], ["-E"], ["-s"]])
def test_the_child_runs_nothing_of_the_working_directory(tmp_path, options):
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir(), there.mkdir()
    for name in ("json", "signal", "numpy", "numba", "os", "jitgrad"):
        (here / f"{name}.py").write_text(f"open({str(tmp_path / 'executed')!r}, 'w')\n")
    script = there / "script.py"
    script.write_text(
        f"import sys\nsys.path.append({str(pathlib.Path(jitgrad.__file__).parent.parent)!r})\n"
        "import jitgrad\nfrom jitgrad.runtime.worker import Worker\nw = Worker()\n"
        "print(len(list(w.build([('loop', 'x = 1')]))))\nw.stop()\n"
    )
    env = {**os.environ, "JITGRAD_CACHE_DIR": str(tmp_path / "cache")}
    run = subprocess.run(
        [sys.executable, *options, str(script)],
        cwd=here,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "1\n", "")
    assert not (tmp_path / "executed").exists()
