"""Where turns of Python loops begin, as the frames of the caller tell.

When an operation is recorded that was never recorded there, the place in the code that recorded it
is noted. Where it lies before the place of the operation ahead of it, control has jumped back: a
turn of a loop begins. This knows nested loops, and turns that are unlike one another, which the
operations alone would not tell. Start at `head_between`.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import CodeType
    from typing import TypeAlias

#: Frames of a stack that are kept for a place, the innermost ones.
FRAMES = 8

_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


# Tuples, since to make named ones takes the import of jitgrad longer.
if TYPE_CHECKING:
    #: The instruction of a function that a turn begins with, roughly: the first one that recorded
    #: an operation.
    Head: TypeAlias = tuple[CodeType, int]
    #: How many frames the stack has, and the innermost ones, the outer ones first.
    Position: TypeAlias = tuple[int, list[Head]]


def place_of_caller() -> Position:
    """The place that the code of the user has reached."""
    frame = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_OURS):
        frame = frame.f_back  # type: ignore[assignment]
    inner: list[Head] = []
    depth = 0
    while frame is not None:
        if depth < FRAMES:
            inner.append((frame.f_code, frame.f_lasti))
        depth += 1
        frame = frame.f_back  # type: ignore[assignment]
    return depth, inner[::-1]


def head_between(before: Position | None, place: Position) -> Head | None:
    """The head of the turn that begins between two places; None if none does."""
    if before is None:
        return None
    (depth, frames), (deep, last) = place, before
    shift = (deep - len(last)) - (depth - len(frames))
    level = None
    for level in range(max(0, shift), min(len(frames), len(last) + shift)):
        (code, at), (code_then, at_then) = frames[level], last[level - shift]
        if code is not code_then:  # one call that has called different functions
            return frames[max(level - 1, 0)]
        if at != at_then:
            return frames[level] if at < at_then else None
    # One operation, again and again.
    return frames[-1] if level is not None and depth == deep else None
