"""What the project says of itself in several files agrees: versions, the matrix of CI, hooks."""

import ast
import importlib.metadata
import re
import sys

import pytest
from folders import ROOT

import jitgrad

PYPROJECT = (ROOT / "pyproject.toml").read_text()


def constant(path, name):
    """The value of a literal at the top level of a module, which is not imported."""
    for node in ast.parse((ROOT / path).read_text()).body:
        if isinstance(node, ast.Assign) and [getattr(t, "id", None) for t in node.targets] == [
            name
        ]:
            return ast.literal_eval(node.value)
    raise AssertionError(f"{path} has no {name}")


def test_no_exception_from_the_length_of_lines_is_stale():
    """Files that need none have none, and the package has none at all."""
    longest = int(re.search(r"^line-length = (\d+)", PYPROJECT, re.M)[1])
    excepted = re.findall(r'^"(.*)" = \[.*"E501".*\]', PYPROJECT, re.M)
    assert excepted and not [path for path in excepted if path.startswith("jitgrad")]
    needless = [
        path
        for path in excepted
        if all(len(line) <= longest for line in (ROOT / path).read_text().splitlines())
    ]
    assert not needless, "take these out of per-file-ignores in pyproject.toml"


def test_the_version_has_one_source():
    assert 'dynamic = ["version"]' in PYPROJECT and "\nversion = {" in PYPROJECT
    assert constant("jitgrad/__init__.py", "__version__") == jitgrad.__version__
    try:
        installed = importlib.metadata.version("jitgrad")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("the package is not installed")
    assert installed == jitgrad.__version__


def test_the_changelog_has_the_version_and_what_is_to_come():
    text = (ROOT / "CHANGELOG.md").read_text()
    headings = re.findall(r"^## \[(.*?)\]", text, re.M)
    assert headings[:2] == ["Unreleased", jitgrad.__version__]
    lines = [line for line in text.split("## [Unreleased]")[1].splitlines() if line]
    assert [line for line in lines if not line.startswith(("- ", "#"))] == ["The first version."], (
        "an entry is one line: the file is merged line by line"
    )


def test_ci_and_nox_have_the_pythons_that_the_package_is_for():
    pythons = re.findall(r"Python :: (3\.\d+)", PYPROJECT)
    assert list(constant("noxfile.py", "LOWEST")) == pythons
    assert f'requires-python = ">={pythons[0]}"' in PYPROJECT
    yaml = pytest.importorskip("yaml")
    matrix = yaml.safe_load((ROOT / ".github/workflows/tests.yml").read_text())
    assert matrix["jobs"]["tests"]["strategy"]["matrix"]["python"] == pythons


def test_nox_begins_at_the_oldest_numba_that_is_allowed():
    oldest = re.search(r'"numba>=([\d.]+)', PYPROJECT)[1]
    numbas = [bounds[0] for bounds in constant("noxfile.py", "LOWEST").values()]
    assert numbas[0] == f"numba=={oldest}.*"


def test_hooks_name_tools_that_the_test_extra_has():
    yaml = pytest.importorskip("yaml")
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    for hook in config["repos"][0]["hooks"]:
        tool = hook["entry"].split()[0]
        assert tool == "python" or re.search(rf'"{tool}[=>]', PYPROJECT), hook["id"]


@pytest.mark.skipif(sys.version_info < (3, 11), reason="tomllib is new in 3.11")
def test_metadata_is_valid():
    import tomllib

    project = tomllib.loads(PYPROJECT)["project"]
    assert project["authors"] and project["keywords"] and "version" not in project


def test_the_map_for_contributors_is_true():
    """Folders in the order of the layers, and places that there are."""
    text = (ROOT / "CONTRIBUTING.md").read_text().split("## Where things are")[1]
    folders, places = text.split("| I want to change")[:2]
    first = [row.split("|")[1] for row in folders.splitlines() if row.startswith("| `")]
    rows = [[name.strip("/") for name in re.findall(r"`([\w/]+)`", cell)] for cell in first]
    layers = constant("tests/test_layers.py", "LAYERS")
    want = [sorted(layer) for layer in layers if layer[0] not in ("__init__", "__main__")]
    assert [sorted(row) for row in rows] == want
    for place in re.findall(r"`([a-z_]+/[\w/]*(?:\.py)?)`", places.split("## ")[0]):
        if not place.startswith("tests/"):
            assert (ROOT / "jitgrad" / place).exists(), place
