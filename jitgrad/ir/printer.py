"""Graphs in words: `text`, one line per node, and `dot`, a drawing for Graphviz.

Both name values by first appearance (x: leaves, n: Python numbers, v: what is computed), so equal
programs read equal, whatever ran before. The listing at the head of a kernel is not this: it has no
sizes and no static arguments, because kernels are shared by programs that differ in those.

    >>> from jitgrad.ir import leaf
    >>> from jitgrad.ops import REGISTRY
    >>> x = leaf(0, (2, 3), np.dtype(float))
    >>> print(text([REGISTRY["sum"](REGISTRY["sin"](x))]))
    x0 = leaf(0): float64[2, 3]
    v0 = sin(x0): float64[2, 3]
    v1 = sum(v0, axes=(0, 1)): float64[]
    return v1

Start at `text`.
"""

from __future__ import annotations

from collections.abc import Sequence

from .node import CONST, LEAF, NUMBER, Node, const, toposort

_LETTERS = {"leaf": "x", "number": "n"}


def counted(n: int, noun: str) -> str:
    """``1 loop``, ``2 loops``: a count with its noun."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def statement(name: str, node: Node, sources: Sequence[str]) -> str:
    """``name = op(sources, argument): dtype[shape]``; `sources` are the names of the operands."""
    arrays = {"slice": 1, "pad": 1, "update": 2}.get(node.op.kind)
    starts = []
    if arrays:
        sources, starts = sources[:arrays], [f"starts=({', '.join(sources[arrays:])})"]
    inside = ", ".join([*sources, *starts, *_argument(node)])
    return f"{name} = {node.op.name}({inside}): {typed(node)}"


def text(roots: Sequence[Node]) -> str:
    """The graph of `roots` as text: one statement per node, sources first, and what is returned."""
    order = toposort(list(roots))
    names = named(order)
    lines = [statement(names[n], n, [names[s] for s in n.src]) for n in order if n.op is not CONST]
    lines.append("return " + ", ".join(names[r] for r in roots))
    return "\n".join(lines)


def dot(roots: Sequence[Node], title: str = "") -> str:
    """The graph of `roots` in the language of Graphviz: an edge per operand, numbered where there
    are several."""
    order = toposort(list(roots))
    names = named(order)
    ids = {node: f"c{k}" if node.op is CONST else names[node] for k, node in enumerate(order)}
    lines = ["digraph {", "  rankdir=TB;", '  node [shape=box, fontname="monospace"];']
    if title:
        lines.append(f"  label={_quoted(title)};")
    for node in order:
        lines.append(f"  {ids[node]} [{_box(node, names[node], node in roots)}];")
        for k, s in enumerate(node.src):
            label = f" [label={_quoted(str(k))}]" if len(node.src) > 1 else ""
            lines.append(f"  {ids[s]} -> {ids[node]}{label};")
    return "\n".join([*lines, "}"])


def named(order: Sequence[Node]) -> dict[Node, str]:
    """A name for each node of `order`."""
    counts: dict[str, int] = {}
    names: dict[Node, str] = {}
    for node in order:
        if node.op is CONST:
            names[node] = literal(node)
        else:
            letter = _LETTERS.get(node.op.kind, "v")
            names[node] = f"{letter}{counts.get(letter, 0)}"
            counts[letter] = counts.get(letter, 0) + 1
    return names


def literal(node: Node) -> str:
    """A constant as it is written: its dtype is said where it is not that of the Python number."""
    return repr(node.arg) if const(node.arg).dtype == node.dtype else f"{node.arg!r}:{node.dtype}"


def typed(node: Node) -> str:
    """``float64[3, 4]``."""
    return f"{node.dtype}[{', '.join(map(str, node.shape))}]"


def _argument(node: Node) -> list[str]:
    """The static argument of a node, in words."""
    kind, arg = node.op.kind, node.arg
    if kind in ("slice", "pad", "update"):
        return [f"steps={arg}"]
    if kind in ("reduce", "permute"):
        return [f"axes={arg}"]
    if kind == "scan":
        return [f"axis={arg[0]}", f"reverse={arg[1]}"]
    return [] if arg is None else [repr(arg)]


def _box(node: Node, name: str, root: bool) -> str:
    if node.op is CONST:
        return f"label={_quoted(name)}, shape=plaintext"
    label = f"{name} = {' '.join([node.op.name, *_argument(node)])}\n{typed(node)}"
    style = ", style=filled" if node.op in (LEAF, NUMBER) else ""
    return f"label={_quoted(label)}{style}{', peripheries=2' if root else ''}"


def _quoted(label: str) -> str:
    label = label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{label}"'
