"""Syntax trees for which several threads ask at once."""

import ast
import gc
import sys
import threading

import pytest
from folders import ROOT

from jitgrad.base.syntax import syntax_tree

TEXT = "\n".join(f"x{k} = (y{k} + z[{k}] * f({k}, y)) ** 2" for k in range(100))


class Ended:
    """A finaliser written in Python lets other threads in."""

    def __del__(self):
        pass


def deep(depth, function):
    return deep(depth - 1, function) if depth else function()


@pytest.fixture
def many_switches():
    interval, threshold = sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(1e-6)
    gc.set_threshold(1)
    yield
    gc.set_threshold(*threshold)
    sys.setswitchinterval(interval)


def test_threads_at_different_depths_get_their_trees(many_switches):
    """`ast.parse` raises SystemError here, in about one of six calls of Python 3.11."""
    right, made = ast.dump(syntax_tree(TEXT)), []

    def ask(depth):
        for _ in range(8):
            cycle = Ended()
            cycle.itself = cycle
            made.append(deep(depth, lambda: ast.dump(syntax_tree(TEXT))) == right)

    threads = [threading.Thread(target=ask, args=(depth,)) for depth in (1, 50, 90)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert made == [True] * 24


def test_errors_and_expressions_are_those_of_ast():
    with pytest.raises(SyntaxError):
        syntax_tree("x = (")
    assert isinstance(syntax_tree("x + 1", mode="eval").body, ast.BinOp)


def test_nothing_else_parses():
    calls = {p.name for p in (ROOT / "jitgrad").rglob("*.py") if "ast.parse(" in p.read_text()}
    assert calls == {"syntax.py"}
