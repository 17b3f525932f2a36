"""Loop distribution: expensive functions in short rows are applied to whole tiles.

A loop over ten numbers is one vector of eight and two numbers alone, for which a function of sixty
instructions takes as long as for forty in vectors. So where the innermost loop is short, its body
is distributed over several loops: a stage first *feeds* the arguments of such functions into memory
of the tile, runs each function over all of them in one flat loop, and reads the results where it
goes on. Functions of functions take as many turns as they are deep.

Start at `distributed`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, NamedTuple

from ..expressions import element, expression, read, stored
from ..ir import Let, Store, made, reads

if TYPE_CHECKING:
    import numpy as np

    from ....ir.node import Node
    from ..ir import Operand, Statement


class Applied(NamedTuple):
    """The operation `node` that makes `name`: of `operands` at the point ``k``, into `memory`."""

    name: str
    node: Node
    operands: list[Operand]
    memory: str


class FlatTurn(NamedTuple):
    """`feed`: statements of the innermost loop; `applied`: what is done in the flat loop after
    it."""

    feed: tuple[Statement, ...]
    applied: list[Applied]


def distributed(
    body: tuple[Statement, ...],
    apart: AbstractSet[str],
    place: Operand,
    buffer: Callable[[np.dtype], str],
    varies: Callable[[str], object],
) -> tuple[list[FlatTurn], dict[Any, Let]]:
    """(the turns, the statements that read what they have made, by name) for the `body` of an
    innermost loop from which the operations whose results have the names `apart` are taken out.

    `place` is the element of a point; ``buffer(dtype)`` makes memory of a tile; ``varies(name)``
    says whether an operand is not one for all points."""
    calls: dict[str, Any] = {
        s.name: s.operation for s in body if isinstance(s, Let) and s.name in apart
    }
    makers, rank = _ranks(body, calls)
    out: list[FlatTurn] = []
    fed: dict[Operand, str] = {}
    known: dict[Operand, Let] = {}
    for turn in range(max(rank.values()) + 1):
        feed: list[Statement] = []
        applied: list[Applied] = []
        results: dict[Operand, Let] = {}
        for name in (n for n, r in rank.items() if r == turn):
            node, operands = calls[name]
            at_point = []
            for source, operand in zip(node.src, operands, strict=True):
                if operand not in fed and varies(operand):
                    fed[operand] = buffer(source.dtype)
                    at = element(fed[operand], place)
                    results.setdefault(operand, Let(operand, read(at, source.dtype)))
                    feed.append(Store(at, stored(operand, source.dtype)))
                at_point.append(
                    read(element(fed[operand], "k"), source.dtype) if operand in fed else operand
                )
            memory = buffer(node.dtype)
            applied.append(Applied(name, node, at_point, memory))
            results[name] = Let(name, read(element(memory, place), node.dtype))
        out.append(FlatTurn((*taken(body, needed(feed, makers, known), known), *feed), applied))
        known = results | known
    return out, known


def applied_to_all(applied: Sequence[Applied]) -> tuple[Store, ...]:
    """The body of the flat loop: each function at the point ``k``."""
    return tuple(
        [
            Store(element(a.memory, "k"), stored(expression(a.node, a.operands), a.node.dtype))
            for a in applied
        ]
    )


def _ranks(
    body: tuple[Statement, ...], calls: Mapping[str, object]
) -> tuple[dict[str, Statement], dict[str, int]]:
    """What makes each name, and how many of `calls` are on the way to each of them."""
    makers: dict[str, Statement] = {}
    level: dict[str, int] = {}
    rank: dict[str, int] = {}
    for s in body:
        name = made(s)
        if name:
            below = max((level[n] for n in reads(s) if n in level), default=0)
            makers[name], level[name] = s, below + (name in calls)
            if name in calls:
                rank[name] = below
    return makers, rank


def makers_of(body: Sequence[Statement]) -> dict[str, Statement]:
    """The statement that makes each name."""
    return {made(s): s for s in body if made(s)}


def needed(
    statements: Sequence[Statement],
    makers: Mapping[str, Statement],
    known: Mapping[Any, Let | None],
) -> set[str]:
    """The names that `statements` read, or what makes those does; what is `known` is read from
    memory."""
    out, stack = set(), [name for s in statements for name in reads(s)]
    while stack:
        name = stack.pop()
        if name in makers and name not in out:
            out.add(name)
            if name not in known:
                stack.extend(reads(makers[name]))
    return out


def taken(
    body: tuple[Statement, ...], wanted: AbstractSet[str], known: Mapping[Any, Let]
) -> list[Statement]:
    """Those of `body` that make what is `wanted`, from what is `known`."""
    return [known.get(made(s), s) for s in body if made(s) in wanted]
