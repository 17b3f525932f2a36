"""The pages of benchmarks need no net: scripts of other hosts are put beside them, checked, and
kept."""

import hashlib
import io
import json
import pathlib
import sys
import tarfile

import pytest
from folders import ROOT

sys.path.insert(0, str(ROOT))

from benchmarks.tools import publish

PAGE = """<script src="https://one.example/a/jquery-3.3.1.min.js" integrity="sha256-x"
 crossorigin="anonymous" onerror="js_load_failure()"></script>
<script src="asv.js"></script>
<link rel="stylesheet" href="https://two.example/bootstrap.min.css" integrity="sha256-y"
 crossorigin="anonymous">
<a href="https://three.example/">asv</a>
"""
CONTENTS = {"jquery-3.3.1.min.js": b"the script", "bootstrap.min.css": b"the style"}


@pytest.fixture
def npm(monkeypatch, tmp_path):
    """Packages as npm gives them, with known contents, and how often each was asked for."""
    asked = []
    files = {
        name: publish.File(
            publish.FILES[name].package,
            publish.FILES[name].path,
            hashlib.sha256(content).hexdigest(),
        )
        for name, content in CONTENTS.items()
    }

    def packed(package, folder):
        asked.append(package)
        archive = pathlib.Path(folder) / "package.tgz"
        with tarfile.open(archive, "w:gz") as tar:
            for name, file in files.items():
                if file.package == package:
                    info = tarfile.TarInfo(file.path)
                    info.size = len(CONTENTS[name])
                    tar.addfile(info, io.BytesIO(CONTENTS[name]))
        return archive

    monkeypatch.setattr(publish, "FILES", files)
    monkeypatch.setattr(publish, "packed", packed)
    return asked


@pytest.fixture
def pages(tmp_path):
    folder = tmp_path / "html"
    folder.mkdir()
    (folder / "index.html").write_text(PAGE)
    return folder


def test_scripts_are_put_beside_the_pages(npm, pages, tmp_path):
    assert publish.vendor(pages, tmp_path / "kept") == []
    page = (pages / "index.html").read_text()
    assert '<script src="vendor/jquery-3.3.1.min.js"></script>' in page
    assert '<link rel="stylesheet" href="vendor/bootstrap.min.css">' in page
    assert (
        '<script src="asv.js">' in page and 'href="https://three.example/"' in page
    )  # a link, not a script
    for name, content in CONTENTS.items():
        assert (pages / "vendor" / name).read_bytes() == content
    assert sorted(npm) == ["bootstrap@3.1.1", "jquery@3.3.1"]


def test_they_are_fetched_once(npm, pages, tmp_path):
    publish.vendor(pages, tmp_path / "kept")
    (pages / "index.html").write_text(PAGE)  # published again
    publish.vendor(pages, tmp_path / "kept")
    assert len(npm) == 2
    (tmp_path / "kept" / "bootstrap.min.css").write_bytes(b"damaged")
    (pages / "index.html").write_text(PAGE)
    publish.vendor(pages, tmp_path / "kept")
    assert npm[2:] == ["bootstrap@3.1.1"]
    assert (pages / "vendor" / "bootstrap.min.css").read_bytes() == b"the style"


def test_other_contents_are_refused(npm, pages, tmp_path, monkeypatch):
    monkeypatch.setitem(CONTENTS, "jquery-3.3.1.min.js", b"something else")
    with pytest.raises(publish.PublishError, match="has sha256 .*, expected"):
        publish.vendor(pages, tmp_path / "kept")
    assert (pages / "index.html").read_text() == PAGE  # the page is as asv made it
    assert not (tmp_path / "kept" / "jquery-3.3.1.min.js").exists()


def test_unknown_scripts_are_told(npm, pages, tmp_path):
    more = '<script src="https://one.example/new.js" integrity="sha256-z"></script>'
    (pages / "index.html").write_text(PAGE + more)
    assert publish.vendor(pages, tmp_path / "kept") == ["https://one.example/new.js"]
    assert more in (pages / "index.html").read_text()


def test_benchmarks_without_results_are_left_out(tmp_path):
    (tmp_path / "graphs" / "summary").mkdir(parents=True)
    (tmp_path / "graphs" / "summary" / "bench_ops.Families.time_forward.json").write_text("[]")
    names = "bench_ops.Families.time_forward", "bench_ops.Families.time_gradient"
    (tmp_path / "index.json").write_text(
        json.dumps({"project": "jitgrad", "benchmarks": {name: {} for name in names}})
    )
    publish.leave_out(tmp_path)
    assert json.loads((tmp_path / "index.json").read_text()) == {
        "project": "jitgrad",
        "benchmarks": {names[0]: {}},
    }


def test_without_npm(monkeypatch, tmp_path):
    monkeypatch.setattr(publish.shutil, "which", lambda name: None)
    with pytest.raises(publish.PublishError, match="Install Node.js"):
        publish.packed("jquery@3.3.1", tmp_path)


def test_folders_are_those_of_the_configuration():
    pages, kept = publish.folders(publish.ROOT / "asv.conf.json")
    assert pages == publish.ROOT / ".asv" / "html"
    assert kept.resolve() == publish.ROOT / ".asv" / "vendor"  # git-ignored
    assert publish.folders(publish.ROOT / "asv.conf.json", "elsewhere")[0] == pathlib.Path(
        "elsewhere"
    )


def test_all_scripts_of_asv_are_known():
    asv = pytest.importorskip("asv")
    page = (pathlib.Path(asv.__file__).parent / "www" / "index.html").read_text()
    names = {match["address"].rpartition("/")[2] for match in publish.REMOTE.finditer(page)}
    assert names == set(publish.FILES)
