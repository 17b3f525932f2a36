"""Generated functions of Python, as statements that know what they read and what they bind.

What runs often and costs little, each call of a plan (`runtime.assemble`) and of a function under
jit (`tracing.replay`), is a function generated for it. Its statements are records until the last
moment: checks are left out, clocks put between them and values let go after their last use
(`released`) by what the records say, and one printer writes the text.

An expression is a name, a literal, or an `Expr`: a template and what stands in its places. The
statements of kernels are in `compile.loops.ir`; their expressions are these. Start at `Assign` and
`generated`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple


@dataclass(frozen=True, slots=True)
class Expr:
    """The template `form`, with `operands` in its places: names, literals and expressions."""

    form: str
    operands: tuple = ()

    def __str__(self) -> str:
        return self.form.format(*self.operands)


Operand = str | Expr


def expr(form: str, *operands: Any) -> Expr:
    return Expr(form, operands)


def call(function: str, *arguments: Operand) -> Expr:
    """``function(arguments)``."""
    return Expr(f"{{}}({', '.join(['{}'] * len(arguments))})", (function, *arguments))


def joined(separator: str, operands: Iterable[Operand]) -> Operand:
    """The operands with `separator` between them; one alone is itself."""
    operands = tuple(operands)
    if len(operands) == 1:
        return operands[0]
    return Expr(separator.join(["{}"] * len(operands)), operands)


def sequence(operands: Iterable[Operand], ends: str = "()") -> Expr:
    """A tuple or list of the operands."""
    operands = tuple(operands)
    return Expr(f"{ends[0]}{'{}, ' * len(operands)}{ends[1]}", operands)


def names_in(operand: Any) -> Iterator[str]:
    """The names and literals in an expression, or in a tuple of them."""
    if isinstance(operand, str):
        yield operand
        return
    for part in operand.operands if isinstance(operand, Expr) else operand:
        yield from names_in(part)


# ----- statements


class Assign(NamedTuple):
    """The `targets` get `value`, or what it consists of if they are several (or `unpacked`). What
    is `held` lies where addresses that are part of the value point to."""

    targets: tuple[Operand, ...]
    value: Operand
    held: tuple[str, ...] = ()
    unpacked: bool = False


class Effect(NamedTuple):
    """An expression, or a statement of another form, for what it does."""

    what: Operand


class Delete(NamedTuple):
    """The function lets go of what `name` stands for."""

    name: str


class Return(NamedTuple):
    """The end of the function, if `test` holds where there is one."""

    value: Operand
    test: Operand = ""


class Guard(NamedTuple):
    """The function gives up with `value` where `test` holds: what it was made for is no more. A
    function that runs at once, for just that, needs none."""

    test: Operand
    value: Operand


class When(NamedTuple):
    """`body` where `test` holds."""

    test: Operand
    body: tuple


class Within(NamedTuple):
    """`body` in the context of ``with context``."""

    context: Operand
    body: tuple


class Attempt(NamedTuple):
    """`body`; and for each (exceptions, statements) of `otherwise`, what is done where these are
    raised in it."""

    body: tuple
    otherwise: tuple


Statement = Assign | Effect | Delete | Return | Guard | When | Within | Attempt

#: Class -> its fields that are expressions.
_EXPRS: dict[type, tuple] = {
    Assign: ("value",),  # and of its targets those that are no names
    Effect: ("what",),
    Delete: (),
    Return: ("value", "test"),
    Guard: ("test", "value"),
    When: ("test",),
    Within: ("context",),
    Attempt: (),
}


def reads(statement: Statement) -> Iterator[str]:
    """The names that a statement reads, or those within it."""
    for field in _EXPRS[type(statement)]:
        yield from names_in(getattr(statement, field))
    if isinstance(statement, Assign):
        yield from names_in(tuple([t for t in statement.targets if not isinstance(t, str)]))
    for inner in _inner(statement):
        yield from reads(inner)


def _inner(statement: Statement) -> Iterator[Statement]:
    if isinstance(statement, (When, Within, Attempt)):
        yield from statement.body
    if isinstance(statement, Attempt):
        for _, body in statement.otherwise:
            yield from body


def released(statements: Sequence[Statement], names: Iterable[str]) -> list[Statement]:
    """`statements` with a `Delete` of each of `names` behind the last of them that binds or reads
    it, or reads what holds an address of it."""
    last: dict[str, int] = {}
    held: dict[str, tuple] = {}
    for k, statement in enumerate(statements):
        for name in reads(statement):
            last[name] = k
            last.update(dict.fromkeys(held.get(name, ()), k))
        if isinstance(statement, Assign):
            for target in statement.targets:
                if isinstance(target, str):
                    last[target], held[target] = k, statement.held
    gone: dict[int, list] = {}
    for name in names:
        if name in last:
            gone.setdefault(last[name], []).append(Delete(name))
    return [s for k, one in enumerate(statements) for s in (one, *gone.get(k, ()))]


# ----- as text


def lines(statements: Iterable[Statement], indent: int = 0) -> list[str]:
    """The lines of `statements`."""
    out: list[str] = []
    margin = "    " * indent
    for statement in statements:
        simple = _SIMPLE.get(type(statement))
        if simple:
            out.append(margin + simple(statement))
            continue
        for head, body in _COMPOUND[type(statement)](statement):
            out += [margin + head, *lines(body, indent + 1)]
    return out


def _assignment(s: Assign) -> str:
    comma = "," if s.unpacked and len(s.targets) == 1 else ""
    return f"{', '.join(map(str, s.targets))}{comma} = {s.value}"


_SIMPLE: dict[type, Callable] = {
    Assign: _assignment,
    Effect: lambda s: str(s.what),
    Delete: lambda s: f"del {s.name}",
    Return: lambda s: f"if {s.test}: return {s.value}" if s.test else f"return {s.value}",
    Guard: lambda s: f"if {s.test}: return {s.value}",
}

#: Class -> (head, body) of each of its parts.
_COMPOUND: dict[type, Callable] = {
    When: lambda s: [(f"if {s.test}:", s.body)],
    Within: lambda s: [(f"with {s.context}:", s.body)],
    Attempt: lambda s: [
        ("try:", s.body),
        *[(f"except {kinds}:", body) for kinds, body in s.otherwise],
    ],
}


class Generated(NamedTuple):
    """A generated function, and its text."""

    function: Callable
    text: str


def generated(
    name: str, parameters: str, body: Iterable[Statement], scope: dict[str, Any], file: str
) -> Generated:
    """The function ``name(parameters)`` with the statements `body`; `scope` are its globals, and
    `file` stands in tracebacks."""
    text = "\n".join([f"def {name}({parameters}):", *lines(body, 1), ""])
    exec(compile(text, file, "exec"), scope)
    return Generated(scope[name], text)
