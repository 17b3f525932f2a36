"""The printer: statements of the loop IR as Python. Nothing else writes the text of loops. Start at
`lines`."""

from collections.abc import Callable, Iterable

from ..loops.ir import (
    Accumulate,
    Block,
    Do,
    Flag,
    For,
    Free,
    If,
    Leave,
    Let,
    Local,
    Prefetch,
    Select,
    Statement,
    Store,
    Together,
    While,
)

INDENT = "    "


def lines(statements: Iterable[Statement], indent: int = 0) -> list:
    """The lines of `statements`."""
    out: list = []
    _body(statements, INDENT * indent, out)
    return out


def _body(statements: Iterable[Statement], margin: str, out: list) -> None:
    for statement in statements:
        simple = _SIMPLE.get(type(statement))
        if simple:
            out.append(margin + simple(statement))
        else:
            _COMPOUND[type(statement)](statement, margin, out)


def _select(s: Select) -> str:
    test = " & ".join(s.tests)
    return (
        f"{s.name} = {test}"
        if s.value == "True"
        else f"{s.name} = {s.value} if {test} else {s.other}"
    )


def _local(s: Local) -> str:
    return f"{s.name} = {'fixed' if s.on_stack else 'local'}_{s.dtype}({s.count})"


def _together(s: Together) -> str:
    if len(s.values) == 1:
        return f"{' = '.join(s.names)} = {s.values[0]}"
    return f"{', '.join(s.names)} = {', '.join(map(str, s.values))}"


_SIMPLE: dict[type, Callable] = {
    Let: lambda s: f"{s.name} = {s.value}",
    Together: _together,
    Select: _select,
    Store: lambda s: f"{s.place} = {s.value}",
    Accumulate: lambda s: f"{s.place} = {s.value}",
    Local: _local,
    Free: lambda s: f"free({s.name})",
    Flag: lambda s: f"far = far | {s.test}",
    Prefetch: lambda s: f"prefetch({s.array}, {s.place}, {s.count})",
    Do: lambda s: str(s.what),
}


def _inside(statements: Iterable[Statement], margin: str, out: list) -> None:
    before = len(out)
    _body(statements, margin + INDENT, out)
    if len(out) == before:
        out.append(f"{margin}{INDENT}pass")


def _for(s: For, margin: str, out: list) -> None:
    if s.step != "1":
        bounds = f"{s.start}, {s.stop}, {s.step}"
    else:
        bounds = str(s.stop) if s.start == "0" else f"{s.start}, {s.stop}"
    out.append(f"{margin}for {s.var} in range({bounds}):")
    _inside(s.body, margin, out)


def _while(s: While, margin: str, out: list) -> None:
    out.append(f"{margin}while {s.test}:")
    _inside(s.body, margin, out)


def _if(s: If, margin: str, out: list) -> None:
    out.append(f"{margin}if {s.test}:")
    _inside(s.body, margin, out)
    if s.other:
        out.append(f"{margin}else:")
        _inside(s.other, margin, out)


def _leave(s: Leave, margin: str, out: list) -> None:
    out += [f"{margin}if {s.test}:", f"{margin}{INDENT}break"]


def _block(s: Block, margin: str, out: list) -> None:
    _body(s.body, margin, out)


_COMPOUND: dict[type, Callable] = {For: _for, While: _while, If: _if, Leave: _leave, Block: _block}
