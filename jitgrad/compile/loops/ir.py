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
class Local:
    """`name` is memory of `count` elements that the kernel has of its own: on its stack, where
    `count` is a literal, or else until it is freed."""

    name: str
    dtype: str
    count: str
    on_stack: bool = False


@dataclass(frozen=True, slots=True)
class Free:
    """Memory of the kernel's own is given back."""

    name: str


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
    """A statement for its effect, of the frame of a kernel: no transformation looks into it. It may
    change a name."""

    what: Expr
    changes: str = ""


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
class Leave:
    """The loop around ends if `test` holds."""

    test: Operand


@dataclass(frozen=True, slots=True)
class Block:
    """Statements that belong together: what copies or moves one of them does so with all."""

    body: tuple


Statement = (
    Let
    | Together
    | Select
    | Store
    | Accumulate
    | Local
    | Free
    | Flag
    | Prefetch
    | Do
    | For
    | While
    | If
    | Leave
    | Block
)

#: Class -> its fields that are expressions, and those that are statements.
_EXPRS: dict[type, tuple] = {
    Let: ("value",),
    Together: ("values",),
    Select: ("tests", "value", "other"),
    Store: ("place", "value"),
    Accumulate: ("place", "value", "operand"),
    Local: ("count",),
    Free: ("name",),
    Flag: ("test",),
    Prefetch: ("array", "place", "count"),
    Do: ("what",),
    For: ("start", "stop"),
    While: ("test",),
    If: ("test",),
    Leave: ("test",),
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
        out += function(with_bodies(statement, lambda body: rewrite(body, function)))
    return tuple(out)


def substituted(operand: Any, names: dict) -> Any:
    """An expression, or a tuple of them, with other `names`."""
    if isinstance(operand, str):
        return names.get(operand, operand)
    if isinstance(operand, Expr):
        return Expr(operand.form, tuple([substituted(part, names) for part in operand.operands]))
    return tuple([substituted(part, names) for part in operand])


def exchanged(statement: Statement, operand: Callable[[Any], Any]) -> Any:
    """The statement with ``operand(e)`` in the place of each of its expressions, not of those of
    the statements within it."""
    fields: dict[str, Any] = {f: operand(getattr(statement, f)) for f in _EXPRS[type(statement)]}
    return replace(statement, **fields)


def with_bodies(statement: Statement, function: Callable[[tuple], tuple]) -> Any:
    """The statement with ``function(body)`` in the place of each body."""
    bodies: dict[str, Any] = {
        f: function(getattr(statement, f)) for f in _BODIES.get(type(statement), ())
    }
    return replace(statement, **bodies) if bodies else statement


def names_made(statement: Statement) -> tuple[str, ...]:
    """The names that a statement gives a value, not those within it."""
    if isinstance(statement, Together):
        return statement.names
    if isinstance(statement, For):
        return (statement.var,)
    if isinstance(statement, Accumulate):
        return (statement.place,) if isinstance(statement.place, str) else ()
    if isinstance(statement, Do):
        return (statement.changes,) if statement.changes else ()
    return (statement.name,) if isinstance(statement, (Let, Select, Local)) else ()


def renamed(statements: Iterable[Statement], names: dict) -> tuple:
    """The statements with other `names`, of what they make and of what they read."""

    def operand(e: Any) -> Any:
        return substituted(e, names)

    def one(statement: Statement) -> tuple:
        new = exchanged(statement, operand)
        if isinstance(new, (Let, Select, Local)):
            new = replace(new, name=operand(new.name))
        elif isinstance(new, Together):
            new = replace(new, names=operand(new.names))
        elif isinstance(new, For):
            new = replace(new, var=operand(new.var))
        elif isinstance(new, Do):
            new = replace(new, changes=operand(new.changes))
        return (new,)

    return rewrite(statements, one)
