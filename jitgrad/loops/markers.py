"""Functions that mean something of their own to the front: what loops go over, and `stop`.

Functions of other packages are in a table; jitgrad's own carry the mark as the attribute
`_in_loops`. Start at `marker_of`.
"""

from __future__ import annotations

import enum
from typing import Any

from ..runtime.numba.inference import prange


class Marker(enum.Enum):
    RANGE = "range"
    PRANGE = "prange"
    REVERSED = "reversed"
    ENUMERATE = "enumerate"
    ZIP = "zip"
    CHECKPOINT = "checkpoint"
    STOP = "stop"


_OTHERS: dict[Any, Marker] = {
    range: Marker.RANGE,
    prange: Marker.PRANGE,
    reversed: Marker.REVERSED,
    enumerate: Marker.ENUMERATE,
    zip: Marker.ZIP,
}


def marker_of(called: Any) -> Marker | None:
    """The mark of a function; None where it has none."""
    if not callable(called):
        return None
    try:
        found = _OTHERS.get(called)
    except TypeError:  # it cannot be hashed
        return None
    if found is not None:
        return found
    name = getattr(called, "_in_loops", None)
    return Marker(name) if isinstance(name, str) else None
