"""`break`, `continue` and early returns made into flags and branches.

Afterwards a function body has neither: a loop that may be left early has the attribute `brk`, the
name of its flag; results are bound to `RESULT`. A flag exists only where both sides of a branch may
go on. Start at `lowered`.
"""

from __future__ import annotations

import ast
from typing import Any

RESULT, RETURNED = "_result", "_returned"


def escapes(stmts: list[ast.stmt]) -> set[str]:
    """Which of break, continue, return may leave these statements."""
    out: set[str] = set()
    for s in stmts:
        if isinstance(s, (ast.Break, ast.Continue, ast.Return)):
            out.add(type(s).__name__.lower())
        elif isinstance(s, ast.If):
            out |= escapes(s.body) | escapes(s.orelse)
        elif isinstance(s, (ast.For, ast.While)):
            out |= (escapes(s.body) & {"return"}) | escapes(s.orelse)
    return out


def never_ends(stmts: list[ast.stmt]) -> bool:
    """Whether nothing behind these statements is reached."""
    if not stmts:
        return False
    s = stmts[-1]
    if isinstance(s, (ast.Break, ast.Continue, ast.Return, ast.Raise)):
        return True
    return isinstance(s, ast.If) and never_ends(s.body) and never_ends(s.orelse)


class _LoopFlags:
    def __init__(self, k: int) -> None:
        self.brk, self.cont = f"_stop{k}", f"_next{k}"
        self.uses_brk = self.uses_cont = False


def _set(name: str, value: Any, at: ast.stmt) -> ast.stmt:
    node = value if isinstance(value, ast.AST) else ast.Constant(value)
    return ast.copy_location(ast.Assign([ast.Name(name, ast.Store())], node), at)  # type: ignore[arg-type]


class _Lowering:
    def __init__(self) -> None:
        self.count = 0

    def block(self, stmts: list[ast.stmt], loop: Any) -> list[ast.stmt]:
        """`stmts` without jumps; `loop` has the flags of the loop that they stand in."""
        out: list[ast.stmt] = []
        for k, s in enumerate(stmts):
            rest = stmts[k + 1 :]
            if isinstance(s, (ast.Break, ast.Continue, ast.Return)):
                return [*out, *self.jump(s, loop)]
            if isinstance(s, ast.If):
                new, done = self.branch(s, rest, loop)
            elif isinstance(s, (ast.For, ast.While)):
                new, done = self.loop(s, rest, loop)
            else:
                new, done = [s], False
            out += new
            if done:
                return out
        return out

    def jump(self, s: ast.stmt, loop: Any) -> list[ast.stmt]:
        if isinstance(s, ast.Break):
            loop.uses_brk = True
            return [_set(loop.brk, True, s)]
        if isinstance(s, ast.Continue):
            loop.uses_cont = True
            return [_set(loop.cont, True, s)]
        assert isinstance(s, ast.Return)
        out = [_set(RESULT, s.value or ast.Constant(None), s), _set(RETURNED, True, s)]
        if loop is not None:
            loop.uses_brk = True
            out.append(_set(loop.brk, True, s))
        return out

    def branch(self, s: ast.If, rest: list[ast.stmt], loop: Any) -> tuple[list[ast.stmt], bool]:
        """The statements for a branch, and whether the rest is among them."""
        found = escapes([s])
        if found and (never_ends(s.body) or never_ends(s.orelse)):
            behind = never_ends(s.body)
            then = s.body if behind else [*s.body, *rest]
            other = [*s.orelse, *rest] if behind else s.orelse
            return [self.made(s, then, other, loop)], True
        new = self.made(s, s.body, s.orelse, loop)
        if not found:
            return [new], False
        flags = []
        for kind in ("break", "continue", "return"):
            if kind in found:
                of_loop = {"break": "brk", "continue": "cont"}
                flags.append(getattr(loop, of_loop[kind]) if kind in of_loop else RETURNED)
        out = [_set(flag, False, s) for flag in flags] + [new]
        if rest:
            out.append(self.guard(flags, self.block(rest, loop), s))
        return out, True

    def made(self, s: ast.If, then: list[ast.stmt], other: list[ast.stmt], loop: Any) -> ast.stmt:
        new = ast.If(s.test, self.block(then, loop), self.block(other, loop))
        return ast.copy_location(new, s)

    def loop(self, s: Any, rest: list[ast.stmt], loop: Any) -> tuple[list[ast.stmt], bool]:
        self.count += 1
        inner = _LoopFlags(self.count)
        found = escapes(s.body)
        body = self.block(s.body, inner)
        if inner.uses_cont:
            body = [_set(inner.cont, False, s), *body]
        new: Any = (
            ast.For(s.target, s.iter, body, [])
            if isinstance(s, ast.For)
            else ast.While(s.test, body, [])
        )
        new = ast.copy_location(new, s)
        new.brk = inner.brk if inner.uses_brk else None
        returns = "return" in found
        out = [_set(RETURNED, False, s)] if returns else []
        if inner.uses_brk:
            out.append(_set(inner.brk, False, s))
        out.append(new)
        if s.orelse:
            rest = [self.otherwise(s, inner), *rest]
        if not returns:
            return (out + self.block(rest, loop), True) if s.orelse else (out, False)
        then: list[ast.stmt] = []
        if loop is not None:
            loop.uses_brk = True
            then = [_set(loop.brk, True, s)]
        if then or rest:
            test = ast.Name(RETURNED, ast.Load())
            behind = ast.If(test, then or [ast.Pass()], self.block(rest, loop))
            out.append(ast.copy_location(behind, s))
        return out, True

    def otherwise(self, s: Any, flags: _LoopFlags) -> ast.stmt:
        """The `else` of a loop, as a branch behind it."""
        ended: ast.expr = ast.Constant(True)
        if flags.uses_brk:
            ended = ast.UnaryOp(ast.Not(), ast.Name(flags.brk, ast.Load()))
        return ast.copy_location(ast.If(ended, s.orelse, []), s.orelse[0])

    def guard(self, flags: list[str], body: list[ast.stmt], at: ast.stmt) -> ast.stmt:
        test: ast.expr = ast.Name(flags[0], ast.Load())
        for flag in flags[1:]:
            test = ast.BoolOp(ast.Or(), [test, ast.Name(flag, ast.Load())])
        return ast.copy_location(ast.If(ast.UnaryOp(ast.Not(), test), body, []), at)


def lowered(stmts: list[ast.stmt]) -> list[ast.stmt]:
    """The body of a function without jumps."""
    out = _Lowering().block(stmts, None)
    for s in out:
        ast.fix_missing_locations(s)
    return out
