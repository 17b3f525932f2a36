"""Derivatives for njit code: functions over arguments as users pass them, around the entries, which
take numbers and arrays one by one.

`text_of_gradient` and `text_of_vjp` write them; start there.
"""

from __future__ import annotations

from typing import Any

from .form import Val, leaves


def _given(primal: Any) -> list[str]:
    """The texts of the numbers and arrays of arguments ``a0``, ``a1``..."""
    out: list[str] = []

    def visit(tree: Any, text: str) -> None:
        if isinstance(tree, tuple):
            for k, t in enumerate(tree):
                visit(t, f"{text}[{k}]")
        elif isinstance(tree, Val) and not tree.is_const:
            out.append(text)

    for k, tree in enumerate(primal.form.arg_tree):
        visit(tree, f"a{k}")
    return out


def _arranged(primal: Any) -> str:
    """The text of the gradients ``g``, as the arguments that they belong to."""
    number = iter(range(len(primal.wrt)))

    def visit(tree: Any) -> str:
        if isinstance(tree, tuple):
            return f"({', '.join([visit(t) for t in tree])},)"
        return f"g[{next(number)}]" if tree in primal.wrt else "None"

    active = [
        tree
        for tree in primal.form.arg_tree
        if any(isinstance(v, Val) and v in primal.wrt for v in leaves((tree,)))
    ]
    parts = [visit(tree) for tree in active]
    return parts[0] if len(parts) == 1 else f"({', '.join(parts)})"


def _checks(primal: Any) -> str:
    """The lines that refuse arguments that are written to and share memory with others."""
    args = list(zip(_given(primal), primal.form.args, strict=True))
    return "".join(
        [
            f"    _check_apart({x}, {y})\n"
            for x, v in args
            for y, w in args
            if v in primal.mutated and w.is_array and w is not v
        ]
    )


def _parameters(primal: Any, count: int) -> list[str]:
    return [f"a{k}" for k in range(count)]


def text_of_gradient(primal: Any, count: int) -> str:
    """``derivative(a0, ...)`` -> value, gradients, of `count` arguments; it calls ``entry``."""
    given = [*_given(primal), *primal.form.globals]
    return (
        f"def derivative({', '.join(_parameters(primal, count))}):\n{_checks(primal)}"
        f"    value, g = entry({', '.join(given)})\n"
        f"    return value, {_arranged(primal)}\n"
    )


def text_of_vjp(primal: Any, count: int) -> str:
    """``derivative(c, a0, ...)`` -> result, gradients: `c` is the cotangent of the one result, or a
    tuple of those of all."""
    results = primal.results
    seeds = [
        "c" if len(results) == 1 else f"c[{k}]"
        for k, v in enumerate(results)
        if any(v is s for s in primal.seeded)
    ]
    given = _given(primal)
    written = [
        f"np.zeros({text}.shape, {text}.dtype)"
        for text, v in zip(given, primal.form.args, strict=True)
        if v in primal.mutated and v in primal.wrt
    ]
    call = ", ".join([*given, *seeds, *written, *primal.form.globals])
    return (
        f"def derivative({', '.join(['c', *_parameters(primal, count)])}):\n{_checks(primal)}"
        f"    out, after, g = entry({call})\n"
        f"    return out, {_arranged(primal)}\n"
    )
