"""`docs/behaviours.md`: each behaviour has a test that is there, and its name is that of one."""

import ast
import re

import pytest
from folders import ROOT

PAGE = ROOT / "docs" / "behaviours.md"
ROWS = [line for line in PAGE.read_text().splitlines() if line.startswith("| ") and "::" in line]


def names_in(path):
    return {f.name for f in ast.walk(ast.parse(path.read_text())) if isinstance(f, ast.FunctionDef)}


@pytest.mark.each("row", ROWS, ids=lambda row: row.split("|")[1].strip())
def test_the_test_of_a_behaviour_is_there(row):
    cells = [cell.strip() for cell in row.strip("|").split(" | ")]
    assert len(cells) == 3 and all(cells), "expected a behaviour, what jitgrad does, and a test"
    ((path, name),) = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", cells[2])
    assert name in names_in(ROOT / path)


def test_there_are_both_libraries():
    text = PAGE.read_text()
    torch, jax = text.split("## JAX")
    assert torch.count("::") > 60 and jax.count("::") > 30
