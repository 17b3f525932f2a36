"""``jit(f, check=True)``: each call is traced, and compared with the trace that would have
served it.

What a trace takes as it is (numbers of clocks, generators, iterators and tables that cannot be
inspected) shows as a difference. To name its line, a `Log` notes with `sys.settrace` which lines of
the user's add operations and numbers. Start at `Kept` and `difference`.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.errors import JitError
from ..base.packages import is_installed, package_of
from ..tape.segment import NEVER, local, operations_to
from ..tape.symbols import SymbolicScalar

if TYPE_CHECKING:
    from types import FrameType

    from .replay import CompiledCall


class Log:
    """What each line of the user's adds to a trace: (file, line, function, nodes, values); a
    context manager."""

    def __init__(self) -> None:
        self.entries: list[tuple[Any, ...]] = []
        self.line: tuple[str, int, str] | None = None
        self.seg: Any = None
        self.numbers: list[Any] = []
        self.leaves: list[Any] = []
        self.known = 0, 0, 0
        self.before: Any = None  # who traced until this one began

    def __enter__(self) -> Log:
        self.before = sys.gettrace()
        sys.settrace(self._event)
        return self

    def __exit__(self, *_: Any) -> None:
        sys.settrace(self.before)
        self._note()

    def _event(self, frame: FrameType, event: str, arg: Any) -> Callable[..., Any] | None:
        self._note()
        if not _is_users(frame):
            return None
        at = frame.f_back if event == "return" else frame
        if at is not None and _is_users(at):
            self.line = at.f_code.co_filename, at.f_lineno, at.f_code.co_name
        return self._event

    def _note(self) -> None:
        """Counts what is new for the line before."""
        if local.seg.tracing is None:
            return
        nodes, values = self._news()
        if self.seg is not local.seg:
            local.seg.tracing.look = NEVER
            self.seg, self.known = local.seg, (0, 0, 0)
            self.numbers, self.leaves = self.seg.numbers, self.seg.leaves
            more, others = self._news()
            nodes, values = nodes + more, values + others
        if self.line is not None and (nodes or values):
            self.entries.append((*self.line, nodes, values))

    def _news(self) -> tuple[list[Any], list[Any]]:
        if self.seg is None:
            return [], []
        state = self.seg.last if self.seg.state.over else self.seg.state
        states, before, now = (
            operations_to(state),
            self.known,
            (state.operations, state.numbers, state.leaves),
        )
        self.known = now
        made = [
            x.known
            for x in self.leaves[before[2] : now[2]]
            if x.known is not None and x.source is None
        ]
        return [s.node for s in states[before[0] :]], [
            *map(_shown, [*self.numbers[before[1] : now[1]], *made])
        ]


def _is_users(frame: FrameType | None) -> bool:
    """Whether the code of a frame is the user's; what Python generates, as for named tuples, is of
    no module."""
    name = frame and frame.f_globals.get("__name__")
    return name in sys.modules and not is_installed(package_of(name))


def _shown(x: Any) -> tuple[str, Any]:
    """A value in words, and what tells it from others."""
    text = x.code if type(x) is SymbolicScalar else f"{x!r:.100}"
    return text, (x.shape, x.dtype, x.tobytes()) if isinstance(x, np.ndarray) else text


class Kept:
    """What is kept of a trace to compare others with."""

    def __init__(self, made: CompiledCall, log: Log) -> None:
        self.plan, self.matches, self.entries = made.plan, made.matcher(), log.entries
        given = [i.value for i in made.trace.inputs if i.value is not None]
        self.contents = [
            ("other operations", [*made.roots, *made.recorded.values()]),
            ("another value", [*map(_shown, [*made.trace.numbers, *given])]),
            ("another result", [*map(_shown, made.constants)]),
        ]


def difference(old: Kept, new: Kept) -> JitError | None:
    """The error for a trace that is not what `old` is, or None."""
    for a, b in itertools.zip_longest(old.entries, new.entries):
        if a != b:
            return _error(_in_line(a, b))
    for (what, was), (_, now) in zip(old.contents, new.contents, strict=True):
        if was != now:
            pairs = [
                f": {b[0]} where it was {a[0]}"
                for a, b in zip(was, now, strict=True)
                if a != b and type(a) is tuple
            ]
            return _error(what + "".join(pairs[:1]))
    return None


def _in_line(a: tuple[Any, ...] | None, b: tuple[Any, ...] | None) -> str:
    """The first difference, in words: entries of the line that is traced now, and then."""
    file, line, name = (b or a or ())[:3]
    where = f'in line {line} of {name} ("{file}")'
    if a is None or b is None or a[:3] != b[:3]:
        return f"other lines, the first {where}"
    values = [
        f"the value {y[0]} where it was {x[0]}" for x, y in zip(a[4], b[4], strict=True) if x != y
    ]
    return f"{values[0] if values else 'other operations'}, {where}"


def _error(what: str) -> JitError:
    return JitError(
        f"got {what}, as the function under jit was traced again for a call that the trace "
        "before would have "
        "served: what changes must be an argument, or stand where the function finds it by a name "
        "(variables, "
        "attributes, elements of containers)"
    )
