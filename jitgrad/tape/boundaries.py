"""Where a segment ends by itself: where an iteration of a loop does, or else where the recording
becomes very long.

A program without loops is best run whole: what its parts share never lies in memory. A long loop
that materialises nothing is cut into segments of `config.segment` operations. Segments of a fixed
length fall out of phase with the iterations of the loop, so that each is a new trace, with kernels
of its own. So where the operations repeat, a segment ends with the last iteration that it has room
for: the next one begins with an iteration, and all of them are one trace (`ends`).

A loop with another number of iterations in each call is a new trace each time. Once `TRIPS` numbers
were met, segments end after a few iterations, and yet another number brings nothing new
(`note_trips`).

Where a function is traced as a whole, its segments never end by themselves: loops are found in the
trace (`control.roll`), and cotangents that are summed by segments would hide them.

Operations repeat if opcodes and static arguments do, whatever the operands. An iteration may be
longer than a segment: what is compared goes back over segments that ended by themselves
(`Segment.before`). Start at `ends`.
"""

from ..base.config import config

#: So many times `config.segment` operations are a segment at most, where none repeat.
LONG = 4
#: Bytes of arrays that may enter a segment once it has `config.segment` operations.
HELD = 2**28
#: Operations of the past that are compared.
HISTORY = 512
#: Numbers of iterations from which a loop is cut into pieces of `UNIT` operations, roughly.
TRIPS, UNIT = 8, 32


def ends(seg, state):
    """Whether the segment ends after the new operation `state`."""
    if seg.tracing is not None:
        return False
    before, most = seg.before, config.segment
    if before and before[-1].unit == state.operations and likeness(before[-1]) == likeness(state):
        state.unit = state.operations  # the loop goes on, in pieces
        return True
    if not before and 2 * state.size < most:
        return False
    if state.size >= LONG * most:
        return True
    likes, sizes = history(seg, state)
    period, covered = repeats(likes)
    if period and 2 * sum(sizes[-covered:]) >= most:  # a loop, not terms of a polynomial
        return covered % period == 0 and state.size + sum(sizes[-period:]) > most
    return state.size >= most and entered_late(state, most) > HELD


def entered_late(state, most):
    """Bytes of the arrays that entered after the first `most` operations: the segment keeps them,
    though the program may have let go of them."""
    total = 0
    while state.operations > most:
        if state.slot < 0 and state.node is not None:
            total += state.node.size * state.node.dtype.itemsize
        state = state.parent
    return total


def history(seg, state):
    """Likenesses and sizes of the last operations up to `state`, over segments that ended by
    themselves."""
    before = state.parent
    while before is not None and before.slot < 0:
        before = before.parent
    if seg.trail is not None and seg.trail[0] is before:
        _, likes, sizes = seg.trail
        seg.trail = None  # while the lists grow
        likes.append(likeness(state))
        sizes.append(state.size - state.parent.size)
        del likes[: -2 * HISTORY], sizes[: -2 * HISTORY]
    else:
        likes, sizes = [], []
        for end in (state, *reversed(seg.before)):
            while end is not None and len(likes) < HISTORY:
                if end.slot >= 0:
                    likes.append(likeness(end))
                    sizes.append(end.size - end.parent.size)
                end = end.parent
        likes.reverse()
        sizes.reverse()
    seg.trail = state, likes, sizes
    return likes, sizes


def likeness(state):
    """What an operation has in common with that of another iteration: all but its operands."""
    if state.like is None:
        state.like = hash((_statics(state.key, type(state)), state.shape, state.dtype))
    return state.like


def _statics(key, operand):
    """A key without its operands."""
    return tuple(
        [
            None if type(k) is operand else _statics(k, operand) if type(k) is tuple else k
            for k in key
        ]
    )


def note_trips(seg, path):
    """Notes how often the longest loop in the operations `path` goes round: a program that was not
    seen before."""
    if len(path) < UNIT // 2 or seg.tracing is not None:  # no such loop is ever cut
        return
    period, start, end = longest([likeness(state) for state in path])
    if not period:
        return
    loop = path[start + 2 * period - 1]
    loop.trips = (loop.trips or frozenset()) | {(end - start) // period}
    unit = period * max(1, UNIT // period)
    piece = path[min(start + unit, end) - 1]
    if len(loop.trips) > TRIPS and start + unit <= end and not piece.opcode.unfinished:
        piece.unit, piece.full, piece.pause = unit, True, True


def longest(likes):
    """(period, start, end) of the longest stretch of iterations in a sequence; 0, 0, 0 if there is
    none."""
    n, best, covered = len(likes), (0, 0, 0), 0
    for period in range(1, n // 2 + 1):
        if 2 * covered - n >= best[0] + period:
            # a longer stretch would overlap the best by so much that both have one period (Fine and
            # Wilf)
            continue
        i = period  # a run that is long enough goes over a multiple of the period
        while i < n:
            end = i + 1
            if likes[i] == likes[i - period]:
                while i > period and likes[i - 1] == likes[i - 1 - period]:
                    i -= 1
                while end < n and likes[end] == likes[end - period]:
                    end += 1
                if end - i >= period and end - i + period > covered:
                    covered, best = end - i + period, (period, i - period, end)
            i = end + -end % period
    return best


def repeats(likes):
    """The period of the longest stretch of iterations at the end of a sequence, and its length; 0,
    0 if there is none."""
    n, best = len(likes), (0, 0)
    backwards, period = likes[::-1], 0
    # place -> how far what begins there is like the beginning; found in linear time (Z algorithm)
    alike: dict = {}
    left = right = 0  # of the stretch like the beginning that reaches farthest
    while best[1] < n:
        try:
            period = backwards.index(backwards[0], period + 1, n // 2 + 1)
        except (IndexError, ValueError):
            break
        end = period + (min(right - period, alike.get(period - left, 0)) if period < right else 0)
        while end < n and backwards[end] == backwards[end - period]:
            end += 1
        if end > right:
            left, right = period, end
        alike[period] = end - period
        if end >= 2 * period and end > best[1]:
            best = period, end
    return best
