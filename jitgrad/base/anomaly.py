"""Whether a thread looks for nan (`jitgrad.debug_nans`), and where what it computes comes from.

While a thread has a `check`, each operation is recorded in a trie of its own and run at once, with
the user's line (`Noted`). What a graph of many operations computes, such as the turn of a loop, is
found by its nodes: `origins` has for each the operation that the user recorded, or whose derivative
it is. Passes from graph to graph carry that on. All of it begins with a look at `threads`, which is
0 while nobody looks for nan; none of these looks is made once per recorded operation.

Start at `Here`.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .surface import is_ours

if TYPE_CHECKING:
    from .origins import Line, Origin


class Here(threading.local):
    """What a thread has to do with nan.

    Attributes
    ----------
    check : object or None
        Who is told what runs, while the thread looks for nan.
    origins : dict of node to Origin
        Of what is traced or differentiated now.
    swept : Origin or None
        Of the operation whose derivative is recorded now.
    turns : tuple of int
        The turns of loops that are run as Python now, the outer one first.
    """

    check: Any = None
    turns: tuple[int, ...] = ()
    swept: Origin | None = None

    def __init__(self) -> None:
        self.origins: dict[Any, Origin] = {}


here = Here()
#: How many threads look for nan.
threads = 0


def looks() -> bool:
    """Whether this thread looks for nan."""
    return threads > 0 and here.check is not None


def in_turn(turn: int, function: Callable[..., Any], *args: Any) -> Any:
    """``function(*args)``, the turn of a loop with this number."""
    outer = here.turns
    here.turns = (*outer, turn)
    try:
        return function(*args)
    finally:
        here.turns = outer


def users_line() -> Line:
    """The line of the user that is run now."""
    frame = sys._getframe(1)
    while frame.f_back is not None and (
        is_ours(frame) or frame.f_globals.get("__name__", "").partition(".")[0] == "numpy"
    ):
        frame = frame.f_back
    from .origins import Line

    code = frame.f_code
    return Line(code.co_filename, frame.f_lineno, getattr(code, "co_qualname", code.co_name))


def carry(old: Any, new: Any) -> None:
    """The node `new` takes the place of `old`."""
    if here.check is not None:
        origin = here.origins.get(old)
        if origin is not None:
            here.origins.setdefault(new, origin)


def note(node: Any, origin: Origin) -> None:
    """The node is a result of an operation."""
    known = here.origins.get(node)
    if known is not None and known.whole and known.derivative == origin.derivative:
        lines = dict.fromkeys((*known.lines, *origin.lines))
        origin = known._replace(lines=tuple(lines))
    here.origins[node] = origin


def note_derivative(new: Any, node: Any, towards: Any) -> None:
    """`new` is the part of the node `node` in the derivative of or by `towards`."""
    if here.check is None or not new.src:
        return
    origins = here.origins
    of, to = origins.get(node), origins.get(towards)
    whole = to is None or to.whole
    if new not in origins:
        from .origins import Origin

        of = of or here.swept or Origin(node.op.name)
        origins[new] = of._replace(derivative=True, whole=whole)
