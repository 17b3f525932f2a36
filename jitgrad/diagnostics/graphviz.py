"""A picture in the language of Graphviz, and what its program `dot` makes of that. Start at
`dot`."""

from __future__ import annotations

import itertools
import shutil
import subprocess
from collections.abc import Iterator

from ..base.errors import ArgumentError
from .picture import Box, Picture
from .svg import FILLS, LINES


def dot(picture: Picture) -> str:
    """The picture as text: a cluster for each kernel, and for each loop."""
    head = ["digraph {", "  rankdir=TB;", "  compound=true;"]
    head.append('  node [shape=box, style="rounded,filled", fontname="monospace", fontsize=11];')
    head.append('  graph [fontname="monospace", fontsize=10, style="rounded,dashed", labeljust=l];')
    if picture.notes:
        head.append(f"  label={_quoted(*picture.notes)};")
    return "\n".join([*head, *_lines(picture, "  ", itertools.count(), {}), "}"])


def rendered(text: str, form: str) -> bytes | None:
    """What `dot` makes of a text; None where the program is not there."""
    program = shutil.which("dot")
    if program is None:
        return None
    try:
        done = subprocess.run([program, f"-T{form}"], input=text.encode(), capture_output=True)
    except OSError:
        return None
    if done.returncode:
        why = done.stderr.decode(errors="replace").strip().partition("\n")[0]
        raise ArgumentError(f"got format={form!r}, which Graphviz refuses: {why}; use 'svg'")
    return done.stdout


def _lines(
    picture: Picture, indent: str, numbers: Iterator[int], names: dict[Box, str]
) -> list[str]:
    out: list[str] = []
    for box in picture.boxes:
        names[box] = f"b{next(numbers)}"
        if box.group is None:
            out += _box(box, indent, numbers, names)
    for group in picture.groups:
        out.append(f"{indent}subgraph cluster_{next(numbers)} {{")
        out.append(f"{indent}  label={_quoted(group.title)};")
        for box in picture.boxes:
            if box.group is group:
                out += _box(box, indent + "  ", numbers, names)
        out.append(f"{indent}}}")
    return out + [f"{indent}{names[a]} -> {names[b]};" for a, b in picture.arrows]


def _box(box: Box, indent: str, numbers: Iterator[int], names: dict[Box, str]) -> list[str]:
    label, width = _quoted(*box.lines), ", penwidth=2.5" if box.is_result else ""
    colours = f'fillcolor="{FILLS[box.role]}", color="{LINES[box.role]}"{width}'
    line = f"{names[box]} [label={label}, {colours}];"
    if box.inner is None:
        return [indent + line]
    head = f"{indent}subgraph cluster_{next(numbers)} {{"
    title = f"{indent}  label={_quoted(*box.inner.notes)};"
    inner = _lines(box.inner, indent + "  ", numbers, names)
    return [head, title, f"{indent}  {line}", *inner, f"{indent}}}"]


def _quoted(*lines: str) -> str:
    escaped = [line.replace("\\", "\\\\").replace('"', '\\"') for line in lines]
    return '"' + "\\n".join(escaped) + '"'
