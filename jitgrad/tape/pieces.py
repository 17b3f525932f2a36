"""Loops whose turns are unlike one another run in pieces, which other programs have, too.

A loop that has an inner loop of another length in each turn, or a branch that is taken now and
then, is a new program each time. Where that was so several times (`Site`), segments end where a
turn begins, once they have a few operations: there are few such pieces, and soon another program
has none that is new.

To run in small pieces costs more, so a program without order that comes again goes on whole. What
followed a row of pieces is noted by the hash of that row (`Follower`). Where the same piece has
followed each time, the segment does not end there (`goes_on`). The program may turn out to be a new
one then; where it does so again and again, segments end in spite of what followed.

Start at `note_program`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from .boundaries import repeats

if TYPE_CHECKING:
    from .places import Head

#: Operations of the pieces of loops with regular turns, and how many different rows of turns were
#: met before. Their segments end with whole turns, so that few are met where turns are long.
REGULAR, ROWS = 32, 12
#: The same where turns follow one another without order, and the fewest turns that tell.
IRREGULAR, IRREGULAR_ROWS, TURNS = 8, 4, 8
#: So many times a piece has followed before a program goes on, and so often it may have done so in
#: vain; and how often all programs may have, beside twice the times that they were known.
TIMES, TRIES, LOSSES = 3, 2, 16
#: Heads and followers that are known at most.
MOST = 10_000


class Site:
    """A loop: the different rows of turns met, by their hashes, and after how many operations a
    segment ends where a turn begins (`piece`; None for never)."""

    __slots__ = ("regular", "irregular", "piece")

    def __init__(self) -> None:
        self.regular: set[int] = set()
        self.irregular: set[int] = set()
        self.piece: int | None = None

    def note(self, turns: Sequence[int], is_first: bool) -> None:
        """Counts a row of turns, of the `is_first` segment of a program, or of a later one: without
        order, one program may have many."""
        if len(turns) > TURNS and 2 * repeats(turns)[1] < len(turns):
            if is_first:
                self.irregular.add(hash(tuple(turns)))
            if len(self.irregular) > IRREGULAR_ROWS:
                self.piece, self.irregular = IRREGULAR, set()
        elif self.piece is None and not self.irregular:
            self.regular.add(hash(tuple(turns)))
            if len(self.regular) > ROWS:
                self.piece, self.regular = REGULAR, set()


class Follower:
    """What followed a row of pieces: the hash of the row with it, or 0 if different ones did; how
    many times; how many times a program went on, in vain; and whether one did, which was `new`."""

    __slots__ = ("row", "times", "tries", "went", "new")

    def __init__(self, row: int) -> None:
        self.row, self.times, self.tries = row, 1, 0
        self.went = self.new = False


class Luck:
    """How often programs that went on were known, and how often they were new."""

    __slots__ = ("lost", "won")

    def __init__(self) -> None:
        self.won = self.lost = 0


_sites: dict[Head, Site] = {}
_followers: dict[int, Follower] = {}
_luck = Luck()


def forget() -> None:
    """Nothing is known of loops afterwards, as in a new process."""
    _sites.clear()
    _followers.clear()
    _luck.won = _luck.lost = 0


def is_cut(head: Head | None, end: Any) -> bool:
    """Whether a segment ends with the operation `end`, if a turn begins next at `head`; that is
    noted there."""
    site = None if head is None else _sites.get(head)
    if site is None or site.piece is None:
        return False
    if end.operations < site.piece or end.opcode.unfinished:
        return False
    end.pause = True
    if site.piece == IRREGULAR:
        end.cut = True
    else:
        end.full = True
    return True


def note_program(seg: Any, path: Sequence[Any]) -> None:
    """Notes the operations `path` of a segment, which have no plan yet."""
    if seg.tracing is not None:
        return
    if seg.whole is not None and not seg.whole.new:
        seg.whole.new = True
        _luck.lost += 1
    heads: dict[Head, list[int]] = {}
    for k, state in enumerate(path):
        if state.head is not None:
            heads.setdefault(state.head, []).append(k)
    if not heads:
        return
    operations = [hash((state.opcode, state.node.op)) for state in path]
    for head, starts in heads.items():
        turns = [hash(tuple(operations[i:j])) for i, j in pairwise(starts)]
        _site(head).note(turns, not seg.before)
    for end, state in pairwise(path):
        if is_cut(state.head, end):
            return


def _site(head: Head) -> Site:
    site = _sites.get(head)
    if site is None:
        if len(_sites) >= MOST:
            _sites.clear()
        site = _sites.setdefault(head, Site())
    return site


def followed(row: int, state: Any) -> int:
    """Notes that the piece which ends with `state` has followed a row; gives the row with it."""
    out = hash((row, state))
    follower = _followers.get(row)
    if follower is None:
        if len(_followers) >= MOST:
            _followers.clear()
        _followers[row] = Follower(out)
    elif follower.row == out:
        follower.times += 1
    else:
        follower.row = 0
    return out


def goes_on(seg: Any, state: Any) -> bool:
    """Whether the segment goes on at `state`, where it would end, since the program is known."""
    if seg.whole is not None:
        return True
    follower = _followers.get(hash((seg.row, state)))
    if follower is None or not follower.row or follower.times < TIMES:
        return False
    if follower.went:
        follower.tries += follower.new
        _luck.won += not follower.new
        follower.went = follower.new = False
    if follower.tries > TRIES or _luck.lost > LOSSES + 2 * _luck.won:
        return False
    seg.whole, follower.went = follower, True
    return True
