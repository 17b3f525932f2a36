"""`Drawing`: a picture of a graph that shows itself in notebooks, and is written to files.

Start at `Drawing.render`."""

from __future__ import annotations

import os
from pathlib import Path

from ..base.errors import ArgumentError
from ..ir.printer import counted
from .graphviz import dot, rendered
from .picture import Picture
from .svg import svg

#: Who lays out a picture.
ENGINES = ("auto", "own", "dot")


class Drawing:
    """A picture of a graph; notebooks show it.

    Attributes
    ----------
    picture : Picture
        What is shown: boxes, arrows between them, kernels as groups of boxes.
    engine : str
        Who lays it out: "dot" is Graphviz, "own" jitgrad itself, "auto" Graphviz where it is
        installed.
    """

    def __init__(self, picture: Picture, engine: str = "auto") -> None:
        if engine not in ENGINES:
            raise ArgumentError(f"got engine={engine!r}, expected one of {', '.join(ENGINES)}")
        self.picture, self.engine = picture, engine
        self._svg: str | None = None

    @property
    def dot(self) -> str:
        """The picture in the language of Graphviz."""
        return dot(self.picture)

    @property
    def svg(self) -> str:
        """The picture as an SVG document."""
        if self._svg is None:
            made = None if self.engine == "own" else rendered(self.dot, "svg")
            if made is None and self.engine == "dot":
                raise ArgumentError(_missing("svg"))
            self._svg = svg(self.picture) if made is None else _body(made.decode())
        return self._svg

    def render(self, format: str) -> str | bytes:
        """The picture in a format: "svg", "dot", or, with Graphviz, any other of its own, as
        bytes."""
        if format == "svg":
            return self.svg
        if format in ("dot", "gv"):
            return self.dot
        made = rendered(self.dot, format)
        if made is None:
            raise ArgumentError(_missing(format))
        return made

    def save(self, path: str | os.PathLike[str], format: str | None = None) -> None:
        """Writes the picture to a file, whose ending says the format if that is not given."""
        made = self.render(format or Path(path).suffix[1:] or "svg")
        Path(path).write_bytes(made if isinstance(made, bytes) else made.encode())

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_html_(self) -> str:
        return f'<div style="overflow:auto;max-height:90vh">{self.svg}</div>'

    def __repr__(self) -> str:
        boxes, kernels = len(self.picture.boxes), len(self.picture.groups)
        said = f"{boxes} boxes" if boxes != 1 else "1 box"
        notes = "".join(f"; {note}" for note in self.picture.notes)
        return f"<drawing of {said} in {counted(kernels, 'kernel')}{notes}>"


def _missing(form: str) -> str:
    return (
        f"got format={form!r}, which Graphviz makes, and there is no program 'dot'; install it, or "
        "use format='svg' or 'dot' with engine='own'"
    )


def _body(document: str) -> str:
    """An SVG document of Graphviz without what stands before the picture."""
    return document[document.index("<svg") :]
