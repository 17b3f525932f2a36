"""Where a sequence repeats itself: the runs of equal blocks in a sequence of signatures.

A run of period p is a stretch in which each signature equals the one p places before. Words of w
signatures are numbered for w = 1, 2, 4, ... (each from two of half the length); where the nearest
earlier place of the same word is p places back, for consecutive places and w/2 < p <= w, there is
such a run: within it no word of p signatures or more comes again sooner, unless a smaller period is
that of the run. This takes n log n steps. Start at `repeats`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

#: The fewest turns of a loop, and signatures in all of them, that are worth one.
TURNS, NODES = 6, 32


class Run(NamedTuple):
    """The places ``start <= i < stop``, which repeat with `period`."""

    start: int
    stop: int
    period: int

    @property
    def turns(self) -> int:
        return (self.stop - self.start) // self.period


def repeats(signatures: Sequence[int] | NDArray) -> list[Run]:
    """Runs without common places, the longest first served; in their order."""
    words = np.asarray(signatures, np.int64)
    found: list[Run] = []
    w, n = 1, len(words)
    while w * TURNS <= 2 * n:
        found += _runs(words, w)
        words = _doubled(words, w)
        w *= 2
    return _apart(found, n)


def _doubled(words: NDArray, w: int) -> NDArray:
    """The numbers of words of twice the length, where these are of length `w`."""
    pairs = words[:-w] * (words.max(initial=0) + 1) + words[w:]
    return np.unique(pairs, return_inverse=True)[1]


def _runs(words: NDArray, w: int) -> list[Run]:
    """The runs whose period is in w/2 < p <= w."""
    order = np.argsort(words, kind="stable")
    back = np.zeros(len(words), np.int64)
    same = words[order[1:]] == words[order[:-1]]
    back[order[1:]] = np.where(same, order[1:] - order[:-1], 0)
    edges = np.flatnonzero(np.diff(back)) + 1
    starts, stops = np.r_[0, edges], np.r_[edges, len(back)]
    out = []
    for start, stop in zip(starts.tolist(), stops.tolist(), strict=True):
        p = int(back[start])
        if w < 2 * p <= 2 * w:
            run = Run(start - p, stop + w - 1, p)
            if _is_worth_it(run):
                out.append(run)
    return out


def _is_worth_it(run: Run) -> bool:
    return run.turns >= TURNS and run.turns * run.period >= NODES


def _apart(runs: list[Run], n: int) -> list[Run]:
    """Those of `runs` that have no place in common with a longer one, or what is left of them."""
    taken = np.zeros(n, bool)
    out = []
    for run in sorted(runs, key=lambda r: (r.start - r.stop, r.period)):
        free = np.flatnonzero(~taken[run.start : run.stop]) + run.start
        if not len(free):
            continue
        cuts = np.flatnonzero(np.diff(free) > 1) + 1
        piece = max(np.split(free, cuts), key=len)
        left = Run(int(piece[0]), int(piece[-1]) + 1, run.period)
        if _is_worth_it(left):
            taken[left.start : left.stop] = True
            out.append(left)
    return sorted(out)
