"""Syntax trees of Python texts, for which several threads may ask at once.

CPython up to 3.12 counts how deep it is in a tree that it hands out in one place for all threads:
where another thread gets its turn meanwhile, both find a wrong count at the end and raise
``SystemError: AST constructor recursion depth mismatch``, though their trees are right
(https://github.com/python/cpython/issues/106905). They are asked for again. Start at `syntax_tree`.
"""

from __future__ import annotations

import ast
from typing import Any

#: How often a tree is asked for.
TIMES = 100


def syntax_tree(text: str, mode: str = "exec") -> Any:
    """The syntax tree of `text`, as by `ast.parse`."""
    for _ in range(TIMES - 1):
        try:
            return ast.parse(text, mode=mode)
        except SystemError:
            continue
    return ast.parse(text, mode=mode)
