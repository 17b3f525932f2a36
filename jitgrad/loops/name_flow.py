"""Which names statements read and bind. Start at `needs`."""

from __future__ import annotations

import ast
from typing import Any


def read(node: ast.AST | None) -> set[str]:
    if node is None:
        return set()
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


def bound(target: ast.AST) -> set[str]:
    if isinstance(target, ast.Name):
        return {target.id}
    if isinstance(target, (ast.Tuple, ast.List)):
        return set().union(*map(bound, target.elts))
    if isinstance(target, ast.Starred):
        return bound(target.value)
    return set()


def assigned(stmts: list[ast.stmt]) -> set[str]:
    """Names that are bound anywhere in `stmts`."""
    out = set()
    for s in stmts:
        for n in ast.walk(s):
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store):
                out.add(n.id)
            if isinstance(n, (ast.For, ast.While)) and getattr(n, "brk", None):
                out.add(n.brk)  # type: ignore[union-attr]
    return out


def needs(stmts: list[ast.stmt]) -> tuple[set[str], set[str]]:
    """(names read before they are surely bound, names surely bound)."""
    used: set[str] = set()
    done: set[str] = set()
    for s in stmts:
        u, d = _OF.get(type(s), _of_any)(s)
        used |= u - done
        done |= d
    return used, done


def _of_assign(s: Any) -> tuple[set[str], set[str]]:
    used, done = read(s.value), set()
    for t in s.targets:
        used |= set() if isinstance(t, ast.Name) else read(t)
        done |= bound(t)
    return used, done


def _of_augmented(s: Any) -> tuple[set[str], set[str]]:
    names = {n.id for n in ast.walk(s.target) if isinstance(n, ast.Name)}
    return read(s.value) | names, bound(s.target)


def _of_annotated(s: Any) -> tuple[set[str], set[str]]:
    return read(s.value), bound(s.target) if s.value is not None else set()


def _of_if(s: Any) -> tuple[set[str], set[str]]:
    (u, d), (v, e) = needs(s.body), needs(s.orelse)
    return read(s.test) | u | v, d & e


def _of_loop(s: Any) -> tuple[set[str], set[str]]:
    target, head = (bound(s.target), s.iter) if isinstance(s, ast.For) else (set(), s.test)
    used, _ = needs(s.body)
    brk = getattr(s, "brk", None)
    return read(head) | (used - target) | ({brk} if brk else set()), set()


def _of_any(s: ast.AST) -> tuple[set[str], set[str]]:
    return read(s), set()


_OF: dict[type, Any] = {
    ast.Assign: _of_assign,
    ast.AugAssign: _of_augmented,
    ast.AnnAssign: _of_annotated,
    ast.If: _of_if,
    ast.For: _of_loop,
    ast.While: _of_loop,
}
