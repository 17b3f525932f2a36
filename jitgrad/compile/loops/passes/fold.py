"""Folding: integers made of literals alone become literals, conditions of such are decided, and
loops of one iteration are what is in them.

Legal for names that get one value only. Worth it where sizes are literals: LLVM would find the
same, but numba takes time to type each statement. Start at `folded`.
"""

from __future__ import annotations

import ast
import operator
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ....base.syntax import syntax_tree
from ..ir import (
    Accumulate,
    Expr,
    For,
    If,
    Let,
    Operand,
    Select,
    Statement,
    exchanged,
    names_made,
    substituted,
    walk,
    with_bodies,
)

ELEMENT = "{}[{}]"
_LITERAL = re.compile(r"\(?-?\d+\)?|True|False")
#: Expressions of integers that are looked into: literals, names, and what may be between them.
_WHOLE = re.compile(r"(?:_?\d+|//|min\(|>=|<=|==|True|False|[\s+\-*()<>&,])+")
_OPERATIONS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.BitAnd: operator.and_,
}
_RELATIONS = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
}


def folded(statements: Iterable[Statement]) -> tuple[Statement, ...]:
    """The statements with all that follows from literals."""
    statements = tuple(statements)
    counts = Counter(name for s in walk(statements) for name in names_made(s))
    once = {name for name, count in counts.items() if count == 1}
    return _Folder(once).each(statements)


class _Folder:
    """`known` has the literals and names that other names stand for, of those that get a value
    `once`."""

    def __init__(self, once: set[str]) -> None:
        self.once = once
        self.known: dict[str, str] = {}

    def each(self, statements: Iterable[Statement]) -> tuple[Statement, ...]:
        return tuple([new for s in statements for new in self.one(s)])

    def one(self, s: Statement) -> tuple[Statement, ...]:
        # What is computed of values keeps its types.
        is_value = isinstance(s, Accumulate) or (isinstance(s, Let) and s.operation is not None)
        s = exchanged(s, self.of_values if is_value else self.operand)
        if isinstance(s, Let):
            return () if self.is_known(s.name, s.value) else (s,)
        if isinstance(s, Select):
            return self.select(s)
        if isinstance(s, If) and s.test in ("True", "False"):
            return self.each(s.body if s.test == "True" else s.other)
        if isinstance(s, For) and s.step == "1":
            count = _count(s)
            if count == 0:
                return ()
            if count == 1 and self.is_known(s.var, s.start):
                return self.each(s.body)
        return (with_bodies(s, self.each),)

    def is_known(self, name: str, value: Operand) -> bool:
        """Whether `name` stands for a literal or another name, which is noted."""
        if (
            name in self.once
            and isinstance(value, str)
            and (value in self.once or _LITERAL.fullmatch(value))
        ):
            self.known[name] = value
            return True
        return False

    def select(self, s: Select) -> tuple[Statement, ...]:
        tests = tuple([test for test in s.tests if test != "True"])
        if "False" in tests:
            return self.one(Let(s.name, s.other))
        if not tests:
            return self.one(Let(s.name, s.value))
        return (replace(s, tests=tests),)

    def of_values(self, e: Any) -> Any:
        return _places(substituted(e, self.known))

    def operand(self, e: Any) -> Any:
        return _simple(substituted(e, self.known))


def _simple(e: Any) -> Any:
    """An expression with the literals that its parts come to, and without what adds 0 or is
    multiplied by 1."""
    if isinstance(e, str):
        return e
    if not isinstance(e, Expr):
        return tuple([_simple(part) for part in e])
    parts = tuple([_simple(part) for part in e.operands])
    if all(isinstance(part, str) for part in parts) or any(map(_is_literal, parts)):
        unknown = dict.fromkeys(part for part in parts if not _is_literal(part))
        names = {part: f"_{k}" for k, part in enumerate(unknown)}
        text = e.form.format(*[names.get(part, part) for part in parts])
        if _WHOLE.fullmatch(text):
            reduced = _reduced(syntax_tree(text, mode="eval").body)
            return _rebuilt(reduced, {name: part for part, name in names.items()})
    return Expr(e.form, parts)


def _places(e: Any) -> Any:
    """An expression of values, with simple places of the elements in it."""
    if isinstance(e, Expr):
        if e.form == ELEMENT:
            array, place = e.operands
            return Expr(ELEMENT, (array, _simple(place)))
        return Expr(e.form, tuple([_places(part) for part in e.operands]))
    return e if isinstance(e, str) else tuple([_places(part) for part in e])


def _is_literal(e: Operand) -> bool:
    return isinstance(e, str) and _LITERAL.fullmatch(e) is not None


def _reduced(e: ast.expr) -> ast.expr:
    """The expression of integers with what its literals come to."""
    for child in ast.iter_fields(e):
        _reduce_field(e, *child)
    rule = _RULES.get(type(e))
    return rule(e) if rule else e


def _reduce_field(e: ast.expr, name: str, value: Any) -> None:
    if isinstance(value, ast.expr):
        setattr(e, name, _reduced(value))
    elif isinstance(value, list):
        new = [_reduced(part) if isinstance(part, ast.expr) else part for part in value]
        setattr(e, name, new)


def _binary(e: Any) -> ast.expr:
    a, b = _number(e.left), _number(e.right)
    if a is not None and b is not None:
        return ast.Constant(_OPERATIONS[type(e.op)](a, b))
    if isinstance(e.op, ast.Sub) and ast.unparse(e.left) == ast.unparse(e.right):
        return ast.Constant(0)
    if isinstance(e.op, ast.Mult) and 0 in (a, b):
        return ast.Constant(0)
    if _NEUTRAL_RIGHT.get(type(e.op)) == b and b is not None:
        return e.left
    return e.right if _NEUTRAL_LEFT.get(type(e.op)) == a and a is not None else e


def _negated(e: Any) -> ast.expr:
    a = _number(e.operand)
    return e if a is None else ast.Constant(-a)


def _compared(e: Any) -> ast.expr:
    a, b = _number(e.left), _number(e.comparators[0])
    return e if a is None or b is None else ast.Constant(_RELATIONS[type(e.ops[0])](a, b))


def _least(e: Any) -> ast.expr:
    numbers = [_number(a) for a in e.args]
    return e if None in numbers else ast.Constant(min(numbers))


_RULES = {
    ast.BinOp: _binary, ast.UnaryOp: _negated, ast.Compare: _compared, ast.Call: _least,
}  # fmt: skip
#: What changes nothing, as the operand of an operation.
_NEUTRAL_RIGHT = {ast.Add: 0, ast.Sub: 0, ast.Mult: 1, ast.FloorDiv: 1}
_NEUTRAL_LEFT = {ast.Add: 0, ast.Mult: 1}


def _number(e: ast.expr) -> Any:
    return e.value if isinstance(e, ast.Constant) else None


def _rebuilt(e: ast.expr, names: dict[str, Operand]) -> Operand:
    """The expression with the operands that `names` stand for."""
    if isinstance(e, ast.Constant):
        text = str(e.value)
        return f"({text})" if text.startswith("-") else text
    text = ast.unparse(e)
    found = re.findall(r"_\d+", text)
    if isinstance(e, ast.Name):
        return names[text]
    return Expr(re.sub(r"_\d+", "{}", f"({text})"), tuple([names[k] for k in found]))


def _count(loop: For) -> int | None:
    """How many iterations a loop between literals has."""
    bounds = loop.start, loop.stop
    if all(isinstance(b, str) and re.fullmatch(r"\d+", b) for b in bounds):
        return max(0, int(str(bounds[1])) - int(str(bounds[0])))
    return None
