"""Checkpoints: a loop as a loop over blocks of turns, so that its reverse mode keeps less.

The reverse mode needs the carried values as each turn found them. Where those of all turns take
more than `config.checkpoint_mb`, the loop is differentiated in another form: as a loop over blocks
of turns, each of which is a loop (`in_blocks`). The derivative rule keeps the carried values as
each block found them, and has in its body the derivative of the inner loop, which runs the turns of
one block again and keeps those of that block. So of T turns the values of about 2 √T are in memory,
and each turn is computed once more. Where that is too much as well, there are blocks of blocks.

A loop that may have any number of turns is of `ANY_LENGTH` turns at most here: each level has a few
blocks, and those that the loop does not reach are not run. Turns that fill no block follow in a
loop of their own. Start at `too_much` and `in_blocks`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from ..base.config import config
from ..base.dtypes import INT64
from ..ir import CONST, Node, const, leaf, substitute, toposort
from ..ops.joining import concatenate
from ..ops.movement import slice_node
from ..ops.primitives import cast, reshape_to
from .body import TURN, Body
from .loop_node import numbered, run_loop
from .turn_slices import with_sequences

#: Turns of a loop that has no blocks: fewer take little memory, and blocks cost something.
FEW = 64
#: More turns than any loop can have, in powers of two: they would take hours.
ANY_LENGTH = 40
#: Of a loop of any number of turns: powers of two that the blocks of a level may be, and bytes of
#: the carried values that a level keeps, unless these are more: it clears what it may fill.
LEVEL = (4, 10)
LEVEL_BYTES = 1 << 15


def too_much(length: int | None, kept: Iterable[Node]) -> bool:
    """Whether a loop is differentiated in blocks if its derivative reads the carried values `kept`
    of all turns."""
    each = _bytes(kept)
    if length is None:
        return each > 0
    return length >= FEW and length * each > config.checkpoint_mb << 20


def lengths(length: int | None, carried: Iterable[Node]) -> tuple[int, ...]:
    """The numbers of blocks of each level, outermost first, and last the turns of the smallest
    blocks."""
    each = max(_bytes(carried), 1)
    if length is None:
        least, most = LEVEL
        bits = min(max(int(math.log2(max(LEVEL_BYTES // each, 1))), least), most)
        return (1 << bits,) * -(-ANY_LENGTH // bits)
    levels, per_level = 2, math.isqrt(length)
    while levels * per_level * each > config.checkpoint_mb << 20 and per_level >= FEW:
        levels += 1
        per_level = int(length ** (1 / levels))
    inner = (per_level,) * (levels - 1)
    return (length // math.prod(inner), *inner)


def _bytes(nodes: Iterable[Node]) -> int:
    return sum(n.size * n.dtype.itemsize for n in nodes)


def in_blocks(
    body: Body,
    length: int | None,
    turns: Node,
    sources: Sequence[Node],
    levels: Sequence[int],
) -> dict[int, Node]:
    """The results of a loop without condition, as `run_loop` gives them, of loops of `levels`."""
    main = math.prod(levels)
    if length is None:
        length = main
    elif TURN in toposort(body.results):
        body, sources = with_sequences(body, length, sources)
    full = turns.op is CONST and turns.arg == length
    pieces = [(0, main), (main, length - main)] if length > main else [(0, main)]
    if body.reverse:
        pieces.reverse()
    n, m = body.carries, body.moving.start
    carried: list[Node] = [*sources[:n]]
    handed: dict[int, list[Node]] = {}
    for begin, count in pieces:
        given = [*carried, *sources[n:m], *[_rows(x, begin, count) for x in sources[m:]]]
        left = const(count, INT64) if full else _within(turns, begin, count)
        if begin:
            out = run_loop(_later(body, const(begin, INT64)), count, left, given)
        else:
            out = _nested(body, levels, left, given)
        carried = [out[k] for k in range(n)]
        for k in range(n, len(body.results)):
            handed.setdefault(k, []).append(out[k])
    order = -1 if body.reverse else 1
    joined = {k: _joined(ys[::order]) for k, ys in handed.items()}
    return {**dict(enumerate(carried)), **joined}


def _nested(
    body: Body, levels: Sequence[int], turns: Node, sources: Sequence[Node]
) -> dict[int, Node]:
    """The results of a loop of as many turns as `levels` multiply to, at most."""
    blocks, each = levels[0], math.prod(levels[1:])
    if len(levels) == 1:
        return run_loop(body, blocks, turns, sources)
    n, m = body.carries, body.moving.start
    still, moving = body.parameters[n:m], body.parameters[m:]
    counted = turns.op is not CONST
    count = [reshape_to(turns, ())] if counted else []
    elements = [leaf(("block", k), (each, *p.shape), p.dtype) for k, p in enumerate(moving)]
    total = [leaf("turns", (), INT64)] if counted else []
    old = [*body.parameters[:n], *still, *total, *elements]
    parameters = numbered(old)
    by = dict(zip(old, parameters, strict=True))

    begin = TURN * const(each, INT64)
    left = _within(by[total[0]], begin, each) if counted else const(each, INT64)
    inner, extra = _counting_on(body, begin)
    given = [*[by[p] for p in (*body.parameters[:n], *still)], *extra, *[by[x] for x in elements]]
    out = _nested(inner, levels[1:], left, given)
    results = tuple([out[k] for k in range(len(body.results))])
    outer = Body(parameters, results, n, len(still) + len(total), body.reverse)

    in_pieces = [reshape_to(x, (blocks, each, *x.shape[1:])) for x in sources[m:]]
    outer_turns = _ceiling(count[0], each) if counted else const(blocks, INT64)
    found = run_loop(outer, blocks, outer_turns, [*sources[:m], *count, *in_pieces])
    for k in range(n, len(body.results)):
        found[k] = reshape_to(found[k], (blocks * each, *body.results[k].shape))
    return found


def _counting_on(body: Body, begin: Node) -> tuple[Body, list[Node]]:
    """`body` where the number of the turn is counted from `begin` on, which is a further invariant
    if the body reads it; and what that is given."""
    if TURN not in toposort(body.results):
        return body, []
    n, m = body.carries, body.moving.start
    first = leaf("begin", (), INT64)
    old = [*body.parameters[:m], first, *body.parameters[m:]]
    parameters = numbered(old)
    by = {**dict(zip(old, parameters, strict=True)), TURN: TURN + parameters[m]}
    results = substitute(body.results, by)
    return Body(parameters, tuple(results), n, m - n + 1, body.reverse), [begin]


def _later(body: Body, begin: Node) -> Body:
    """`body` where the number of the turn is counted from the constant `begin` on."""
    results = substitute(body.results, {TURN: TURN + begin})
    return Body(body.parameters, tuple(results), body.carries, body.invariants, body.reverse)


def _joined(pieces: Sequence[Node]) -> Node:
    return pieces[0] if len(pieces) == 1 else concatenate(pieces)


def _rows(x: Node, begin: int, count: int) -> Node:
    inner = x.shape[1:]
    return slice_node(x, (begin, *[0] * len(inner)), (1,) * x.ndim, (count, *inner))


def _within(turns: Node, begin: Node | int, most: int) -> Node:
    """How many of `turns` are left after `begin`: 0 at least, and `most` at most."""
    begin = const(begin, INT64) if isinstance(begin, int) else begin
    left, limit = reshape_to(turns, ()) - begin, const(most, INT64)
    left = left * cast(left > const(0, INT64), INT64)
    return limit + (left - limit) * cast(left < limit, INT64)


def _ceiling(turns: Node, each: int) -> Node:
    """How many blocks of `each` turns there are, a part of one included."""
    return (turns + const(each - 1, INT64)) // const(each, INT64)
