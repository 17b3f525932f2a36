"""A picture as SVG, without another program: groups are laid out by themselves first, and are boxes
of the whole then; so are the turns of loops. Start at `svg`."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any, NamedTuple

from .layers import PASSAGE, Centre, Layout, Port, layered
from .picture import Box, KernelGroup, Picture

#: Sizes of a text: its height, and the width of a letter, in a font whose letters are alike.
LINE, LETTER = 15.0, 6.7
#: Space around the texts of a box, and around the boxes of a group.
PADDING, MARGIN, RADIUS = 7.0, 12.0, 5.0
#: What boxes are filled with, by role.
FILLS = {"input": "#eeeeee", "forward": "#dbe9f6", "backward": "#fde3c8"}
#: What is drawn around them, and with results thicker.
LINES = {"input": "#888888", "forward": "#3b75af", "backward": "#c8702a"}
STYLE = (
    "text{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:11px;fill:#222}"
    ".title{font-size:10px;fill:#555}.arrow{fill:none;stroke:#777;stroke-width:1}"
    ".group{fill:#fafafa;stroke:#aaa;stroke-dasharray:4 3}"
)

#: The head of arrows, and the ground.
ARROW = (
    '<defs><marker id="jitgrad-end" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" '
    'markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#777"/></marker></defs>'
    '<rect width="100%" height="100%" fill="white"/>'
)


class Spot(NamedTuple):
    """Where arrows end at a box, and begin: the middle of its upper and its lower side."""

    x: float
    top: float
    bottom: float

    def moved(self, left: float, top: float) -> Spot:
        return Spot(self.x + left, self.top + top, self.bottom + top)


@dataclass
class Drawn:
    """Parts of a picture that are laid out: their size, and what is drawn from (0, 0) on.

    `ways` are those of arrows from or to their edge: (port, box) or (box, port) -> places."""

    width: float = 0.0
    height: float = 0.0
    behind: list[str] = field(default_factory=list)
    front: list[str] = field(default_factory=list)
    spots: dict[Box, Spot] = field(default_factory=dict)
    ways: dict[tuple[Any, ...], list[Centre]] = field(default_factory=dict)


def svg(picture: Picture) -> str:
    """The picture as an SVG document."""
    drawn = _whole(picture)
    notes = picture.notes
    width = max([drawn.width, *[len(n) * LETTER for n in notes]]) + 2 * MARGIN
    height = drawn.height + 2 * MARGIN + LINE * len(notes)
    texts = _texts(notes, MARGIN, drawn.height + 2 * MARGIN + LINE / 2, "title", "start")
    size = f"{width:.0f}", f"{height:.0f}"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[0]}" height="{size[1]}" '
        f'viewBox="0 0 {size[0]} {size[1]}">'
    )
    parts = [head, f"<style>{STYLE}</style>", ARROW, *_moved(drawn.behind, MARGIN, MARGIN)]
    parts += [*_moved(drawn.front, MARGIN, MARGIN), *texts, "</svg>"]
    return "\n".join(parts)


def _whole(picture: Picture) -> Drawn:
    """Boxes and groups, with the arrows between them."""
    of: dict[Any, list[Box]] = {}
    for box in picture.boxes:
        of.setdefault(box.group or box, []).append(box)
    parts = {key: _part(key, boxes, picture.arrows) for key, boxes in of.items()}
    ends = [(a.group or a, b.group or b) for a, b in picture.arrows]
    layout = layered({k: (d.width, d.height) for k, d in parts.items()}, ends)
    out = _put_together(parts, layout)
    for (a, b), (first, last) in zip(picture.arrows, ends, strict=True):
        if first is not last:
            passed = [
                *out.ways.get((a, Port(a, False)), ()),
                *layout.passages.get((first, last), ()),
                *out.ways.get((Port(a, True), b), ()),
            ]
            out.behind.append(_arrow(out.spots, a, b, passed))
    return out


def _part(key: KernelGroup | Box, boxes: Sequence[Box], arrows: Sequence[tuple[Box, Box]]) -> Drawn:
    """A box, or a group with what is in it."""
    if isinstance(key, Box):
        return _box(key)
    within, enter, leave = _ends(set(boxes), arrows)
    parts: dict[Any, Drawn] = {box: _box(box) for box in boxes}
    sizes = {k: (d.width, d.height) for k, d in parts.items()}
    sizes.update(dict.fromkeys([*[p for p, _ in enter], *[p for _, p in leave]], (PASSAGE, 0.0)))
    layout = layered(sizes, [*within, *enter, *leave])
    drawn = _put_together(parts, layout)
    passages = layout.passages
    drawn.ways |= {way: [layout.places[way[0]], *passages.get(way, ())] for way in enter}
    drawn.ways |= {way: [*passages.get(way, ()), layout.places[way[1]]] for way in leave}
    drawn.behind += [_arrow(drawn.spots, a, b, passages.get((a, b), ())) for a, b in within]
    return _framed(drawn, key.title)


def _ends(inside: set[Box], arrows: Sequence[tuple[Box, Box]]) -> tuple[list[Any], ...]:
    """The arrows between some boxes; those from outside, which begin at a port of the box that they
    are from; and those to outside, which end at a port of their own box."""
    within: list[tuple[Box, Box]] = []
    enter: dict[tuple[Port, Box], None] = {}
    leave: dict[tuple[Box, Port], None] = {}
    for a, b in arrows:
        if a in inside and b in inside:
            within.append((a, b))
        elif b in inside:
            enter[Port(a, True), b] = None
        elif a in inside:
            leave[a, Port(a, False)] = None
    return within, [*enter], [*leave]


def _framed(drawn: Drawn, title: str) -> Drawn:
    """A group with its frame and title."""
    width = max(drawn.width, len(title) * LETTER * 0.92) + 2 * MARGIN
    height = drawn.height + 2 * MARGIN + LINE
    left, top = (width - drawn.width) / 2, MARGIN + LINE
    frame = f'<rect class="group" width="{width:.1f}" height="{height:.1f}" rx="{RADIUS}"/>'
    behind = [frame, *_texts([title], MARGIN, LINE, "title", "start")]
    behind += _moved(drawn.behind, left, top)
    spots = {b: spot.moved(left, top) for b, spot in drawn.spots.items()}
    return Drawn(
        width, height, behind, _moved(drawn.front, left, top), spots, _ways(drawn, left, top)
    )


def _put_together(parts: Mapping[Any, Drawn], layout: Layout) -> Drawn:
    out = Drawn(*layout.size)
    for key, part in parts.items():
        x, y = layout.places[key]
        left, top = x - part.width / 2, y - part.height / 2
        out.behind += _moved(part.behind, left, top)
        out.front += _moved(part.front, left, top)
        out.ways |= _ways(part, left, top)
        out.spots |= {b: spot.moved(left, top) for b, spot in part.spots.items()}
    return out


def _ways(drawn: Drawn, left: float, top: float) -> dict[tuple[Any, ...], list[Centre]]:
    return {key: [Centre(p.x + left, p.y + top) for p in way] for key, way in drawn.ways.items()}


def _moved(parts: Sequence[str], left: float, top: float) -> list[str]:
    if not parts:
        return []
    return [f'<g transform="translate({left:.1f},{top:.1f})">', *parts, "</g>"]


def _box(box: Box) -> Drawn:
    """A box with its texts, and the turn of a loop below these."""
    inner = _whole(box.inner) if box.inner is not None else Drawn()
    lines = [*box.lines, *(box.inner.notes if box.inner is not None else ())]
    width = max([len(line) * LETTER for line in lines] + [inner.width]) + 2 * PADDING
    text = LINE * len(lines) + PADDING
    height = text + (inner.height + 2 * PADDING if box.inner is not None else 0)
    title = escape(", ".join(box.lines))
    colours = f'fill="{FILLS[box.role]}" stroke="{LINES[box.role]}"'
    parts = [f'<g class="box {box.role}"><title>{title}</title>']
    parts.append(
        f'<rect width="{width:.1f}" height="{height:.1f}" rx="{RADIUS}" {colours} '
        f'stroke-width="{2.5 if box.is_result else 1}"/>'
    )
    parts += _texts(lines, width / 2, LINE * 0.85, "", "middle")
    left = (width - inner.width) / 2
    parts += [*_moved([*inner.behind, *inner.front], left, text + PADDING), "</g>"]
    return Drawn(width, height, [], parts, {box: Spot(width / 2, 0.0, height)})


def _texts(lines: Sequence[str], x: float, y: float, kind: str, anchor: str) -> list[str]:
    kind = f' class="{kind}"' if kind else ""
    return [
        f'<text{kind} x="{x:.1f}" y="{y + k * LINE:.1f}" text-anchor="{anchor}">{escape(line)}'
        "</text>"
        for k, line in enumerate(lines)
    ]


def _arrow(spots: Mapping[Box, Spot], a: Box, b: Box, passed: Sequence[Centre]) -> str:
    """An arrow from below one box to above another, by the places that it passes."""
    points = [(spots[a].x, spots[a].bottom), *passed, (spots[b].x, spots[b].top)]
    path = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
    for (x, y), (x2, y2) in itertools.pairwise(points):
        middle = (y + y2) / 2
        path += f"C{x:.1f} {middle:.1f} {x2:.1f} {middle:.1f} {x2:.1f} {y2:.1f}"
    return f'<path class="arrow" d="{path}" marker-end="url(#jitgrad-end)"/>'
