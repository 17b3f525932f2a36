"""The list of the quick subset names what there is, and something of every folder of tests."""

import ast

import pytest
from folders import ROOT
from quick import QUICK, is_quick

TESTS = ROOT / "tests"


def functions(path):
    return {
        node.name
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


@pytest.mark.parametrize("file", QUICK)
def test_every_line_of_the_list_is_there(file):
    assert functions(TESTS / file).issuperset(QUICK[file] or ()), (
        f"tests/support/quick.py names tests that {file} does not have (any more)"
    )


def test_every_folder_has_quick_tests():
    folders = {path.relative_to(TESTS).parts[0] for path in TESTS.glob("*/**/test_*.py")}
    assert folders <= {file.split("/")[0] for file in QUICK}, (
        "add a quick test of each folder to tests/support/quick.py"
    )


def test_what_compiles_is_left_out_but_where_it_is_named():
    assert is_quick("tape/test_views.py", "test_any", {"tier": "never"})
    assert not is_quick("tape/test_views.py", "test_any", {"tier": "always"})
    assert not is_quick("tape/test_scale.py", "test_any", {})
    assert is_quick(
        "compile/test_kernel_counts.py", *QUICK["compile/test_kernel_counts.py"], {"tier": "always"}
    )


def test_each_test_is_marked_by_the_list(request):
    """The hook in conftest.py marks this one, too."""
    assert request.node.get_closest_marker("quick")
