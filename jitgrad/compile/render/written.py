"""The text of an operation's loops as statements of the loop IR, so that a loop over a small state
can have them in its turns.

The text is Python of a few forms: loops over ranges, assignments to names and elements, memory, and
the flag ``far``. Start at `statements_of`.
"""

from __future__ import annotations

import ast
import re
from typing import Any

from ...base.syntax import syntax_tree
from ..loops.expressions import element
from ..loops.ir import Expr, Flag, For, Let, Local, Operand, Statement, Store


def statements_of(text: str) -> tuple[Statement, ...]:
    """The statements that `text` is of."""
    return _each(syntax_tree(text).body)


def _each(body: list[ast.stmt]) -> tuple[Statement, ...]:
    return tuple([_statement(s) for s in body])


def _statement(s: Any) -> Statement:
    if isinstance(s, ast.For):
        bounds = [_operand(e) for e in s.iter.args]  # type: ignore[attr-defined]
        start, stop = bounds if len(bounds) == 2 else ("0", bounds[0])
        return For(s.target.id, start, stop, _each(s.body))  # type: ignore[attr-defined]
    (target,), value = s.targets, s.value
    if isinstance(target, ast.Subscript):
        place = _operand(target)
        assert isinstance(place, Expr)
        return Store(place, _operand(value))
    if target.id == "far":
        return Flag(_operand(value.right))
    made = re.fullmatch(r"fixed_(\w+)\((\d+)\)", ast.unparse(value))
    return Local(target.id, made[1], made[2], True) if made else Let(target.id, _operand(value))


class _Leaves(ast.NodeTransformer):
    """Puts numbered names for what expressions are made of: names, and elements of memory."""

    def __init__(self) -> None:
        self.found: list[Operand] = []

    def visit_Call(self, e: ast.Call) -> ast.Call:
        e.args = [self.visit(a) for a in e.args]
        return e

    def visit_Name(self, e: ast.Name) -> ast.Name:
        return self._left(e.id)

    def visit_Subscript(self, e: ast.Subscript) -> ast.Name:
        return self._left(element(ast.unparse(e.value), _operand(e.slice)))

    def _left(self, operand: Operand) -> ast.Name:
        self.found.append(operand)
        return ast.Name(f"_{len(self.found) - 1}_")


def _operand(e: ast.expr) -> Operand:
    """An expression, as the loop IR has it."""
    leaves = _Leaves()
    text = ast.unparse(leaves.visit(e))
    if isinstance(e, ast.Constant):
        return text
    if re.fullmatch(r"_\d+_", text):
        return leaves.found[0]
    numbers = [int(k) for k in re.findall(r"_(\d+)_", text)]
    form = re.sub(r"_\d+_", "{}", text)
    return Expr(f"({form})", tuple([leaves.found[k] for k in numbers]))
