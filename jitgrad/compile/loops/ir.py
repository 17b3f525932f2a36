"""The loop IR: what a kernel does, as statements in loops.

Between a loop nest (which loops, what is computed at which depth) and the text of a kernel stand
the statements of this module. Loop transformations are functions of statements to statements
(`loops.passes`); one printer writes them as Python (`render.text`).

An expression is a name, a literal, or an `Expr`: a template and what stands in its places. So which
names a statement reads, and which it makes, is data, and a name is exchanged without looking at any
text.

A loop may stand around any statements, those of whole stages too: nothing here knows what a stage
is. Start at `Let` and `For`; then `walk`, `rewrite` and `renamed`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from ...base.code import Expr, Operand, names_in


class Operation(NamedTuple):
    """The operation that a value is the result of: a node of the graph, and the operands in this
    kernel."""

    node: Any
    operands: tuple


# ----- statements


@dataclass(frozen=True, slots=True)
class Let:
    """`name` gets a value. The running value of a scan is a name that gets another one at each
    iteration."""

    name: str
    value: Operand
    operation: Operation | None = None


@dataclass(frozen=True, slots=True)
class Together:
    """Several names get their `values` at once, or one value."""

    names: tuple
    values: tuple


@dataclass(frozen=True, slots=True)
class Select:
    """`name` is `value` where all `tests` hold, names of conditions, and `other` elsewhere."""

    name: str
    tests: tuple
    value: Operand
    other: str


@dataclass(frozen=True, slots=True)
class Store:
    """An element of memory gets a value."""

    place: Expr
    value: Operand


@dataclass(frozen=True, slots=True)
class Accumulate:
    """The reduction `node` takes `operand` in: `place`, a name or an element of memory, becomes
    `value`."""

    place: Operand
    value: Operand
    node: Any = None
    operand: Operand = ""


@dataclass(frozen=True, slots=True)
class Flag:
    """The kernel notes that it met an operand out of range if `test` holds."""

    test: Operand


@dataclass(frozen=True, slots=True)
class Prefetch:
    """Ask for `count` elements of `array` from `place` on, which are read later."""

    array: str
    place: Operand
    count: str


@dataclass(frozen=True, slots=True)
class Do:
    """A statement for its effect, of the frame of a kernel: no transformation looks into it."""

    what: Expr


@dataclass(frozen=True, slots=True)
class For:
    """`body` for each `var` of [start, stop), in steps."""

    var: str
    start: Operand
    stop: Operand
    body: tuple = ()
    step: str = "1"

    def around(self, *statements: Statement) -> For:
        """The loop with `statements` at the end of its body."""
        return replace(self, body=(*self.body, *statements))


@dataclass(frozen=True, slots=True)
class While:
    test: Operand
    body: tuple


@dataclass(frozen=True, slots=True)
class If:
    test: Operand
    body: tuple
    other: tuple = ()


@dataclass(frozen=True, slots=True)
class Block:
    """Statements that belong together: what copies or moves one of them does so with all."""

    body: tuple


Statement = (
    Let | Together | Select | Store | Accumulate | Flag | Prefetch | Do | For | While | If | Block
)

#: Class -> its fields that are expressions, and those that are statements.
_EXPRS: dict[type, tuple] = {
    Let: ("value",),
    Together: ("values",),
    Select: ("tests", "value", "other"),
    Store: ("place", "value"),
    Accumulate: ("place", "value", "operand"),
    Flag: ("test",),
    Prefetch: ("array", "place", "count"),
    Do: ("what",),
    For: ("start", "stop"),
    While: ("test",),
    If: ("test",),
    Block: (),
}
_BODIES: dict[type, tuple] = {
    For: ("body",),
    While: ("body",),
    If: ("body", "other"),
    Block: ("body",),
}


def made(statement: Statement) -> str:
    """The name that a statement makes, or ""."""
    return statement.name if isinstance(statement, (Let, Select)) else ""


def reads(statement: Statement) -> Iterator[str]:
    """The names that a statement reads itself, not those that the statements within it read."""
    for field in _EXPRS[type(statement)]:
        yield from names_in(getattr(statement, field))


def walk(statements: Iterable[Statement]) -> Iterator[Statement]:
    """All statements, each before those within it."""
    for statement in statements:
        yield statement
        for field in _BODIES.get(type(statement), ()):
            yield from walk(getattr(statement, field))


def rewrite(statements: Iterable[Statement], function: Callable[[Statement], tuple]) -> tuple:
    """``function(statement)``, statements, in the place of each, whose body was rewritten
    before."""
    out: list = []
    for statement in statements:
        bodies: dict[str, Any] = {
            f: rewrite(getattr(statement, f), function) for f in _BODIES.get(type(statement), ())
        }
        out += function(replace(statement, **bodies) if bodies else statement)
    return tuple(out)


def renamed(statements: Iterable[Statement], names: dict) -> tuple:
    """The statements with other `names`, of what they make and of what they read."""

    def operand(e: Any) -> Any:
        if isinstance(e, str):
            return names.get(e, e)
        if isinstance(e, Expr):
            return Expr(e.form, tuple([operand(part) for part in e.operands]))
        return tuple([operand(part) for part in e])

    def one(statement: Statement) -> tuple:
        fields: dict[str, Any] = {
            f: operand(getattr(statement, f)) for f in _EXPRS[type(statement)]
        }
        if isinstance(statement, (Let, Select)):
            fields["name"] = operand(statement.name)
        if isinstance(statement, For):
            statement = replace(statement, var=operand(statement.var))
        return (replace(statement, **fields),)

    return rewrite(statements, one)
