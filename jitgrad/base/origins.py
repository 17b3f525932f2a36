"""What `jitgrad.debug_nans` knows of a value: the operation and the user's line that it comes from.

A module of its own, which is imported with the first look for nan: see `anomaly`. Start at
`Origin`.
"""

from __future__ import annotations

import linecache
from typing import Any, NamedTuple


class Line(NamedTuple):
    """A line of the user's."""

    filename: str
    number: int
    function: str

    def __str__(self) -> str:
        text = linecache.getline(self.filename, self.number).strip()
        said = f"{self.filename}:{self.number}, in {self.function}"
        return f"{said}: {text}" if text else said


class Origin(NamedTuple):
    """Where a node comes from.

    Attributes
    ----------
    operation : str
        The operation that was recorded.
    lines : tuple of Line
        Where: several, if equal operations of several lines are one node.
    derivative : bool
        Whether the node is part of the derivative of the operation.
    whole : bool
        Whether the node is a result of the operation, and not a value on the way there, which may
        be nan where nobody takes it.
    """

    operation: str
    lines: tuple[Line, ...] = ()
    derivative: bool = False
    whole: bool = True


class Noted(NamedTuple):
    """What is known of a record while the thread looks for nan: its operation and line, and the
    origins of nodes within it, if it is more than one operation."""

    origin: Origin
    inner: dict[Any, Origin] | None = None
