"""Where a segment ends by itself: where an iteration of a loop does, or else where the recording
becomes very long.

A program without loops is best run whole: what its parts share never lies in memory. A long loop
that materialises nothing is cut into segments of `config.segment` operations. Segments of a fixed
length fall out of phase with the iterations of the loop, so that each is a new trace, with kernels
of its own. So where the operations repeat, a segment ends with the last iteration that it has room
for: the next one begins with an iteration, and all of them are one trace (`ends`).

Loops whose programs differ from call to call are cut into shorter pieces (see `loop_heads`).

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


def ends(seg, state):
    """Whether the segment ends after the new operation `state`."""
    if seg.tracing is not None:
        return False
    before, most = seg.before, config.segment
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
        state.like = hash((statics(state.key, type(state)), state.shape, state.dtype))
    return state.like


def statics(key, operand):
    """A key without its operands."""
    return tuple(
        [
            None if type(k) is operand else statics(k, operand) if type(k) is tuple else k
            for k in key
        ]
    )


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
