"""The operation of a loop, and what makes its nodes; `loop` has its derivatives.

Start at `run_loop`.
"""

from collections.abc import Iterable, Sequence

from ..base.dtypes import INT64
from ..ir import Node, Op, const, leaf
from .body import Body, Looped, offsets, part
from .turns import reference

#: It reads arrays in C order, as calls with loops of their own do; these are made by the runtime.
#: Its derivatives, which make nodes of it, are set in `loop`.
LOOP = Op("loop", "call", reference, loops=lambda node, limits: None)


def run_loop(
    body: Body,
    length: int | None,
    turns: int | Node,
    sources: Sequence[Node],
    wanted: Iterable[int] | None = None,
) -> dict[int, Node]:
    """The results of a loop, by number: all of them, or those `wanted`.

    Parameters
    ----------
    body : Body
    length : int or None
        That of sequences and of what is handed out; None where there is neither, and any number of
        turns.
    turns : int or Node
        How many turns there are (at most, with a condition); no more than `length` where there are
        sequences, or something is handed out.
    sources : sequence of Node
        First carried values, invariants, sequences.

    Returns
    -------
    dict of Node
    """
    wanted = range(len(body.results)) if wanted is None else wanted
    for p, x in zip(body.parameters, sources, strict=True):
        shape = x.shape[1:] if p.arg in body.moving else x.shape
        one = not p.shape and shape == (1,)  # a number that became an array
        assert x.dtype == p.dtype and (one or shape == p.shape), f"{x!r} is no source for {p!r}"
    groups: dict = {}
    for k in wanted:
        groups.setdefault(body.results[k].dtype, []).append(k)
    turns = const(turns, INT64) if isinstance(turns, int) else turns
    out: dict[int, Node] = {}
    for dtype, results in groups.items():
        looped = Looped(body, length, tuple(results))
        src = (turns, *sources)
        node = Node(LOOP, src, looped, (offsets(looped)[1],), dtype)
        out.update((k, part(node, looped, k)) for k in results)
    return out


def numbered(nodes: Iterable[Node]) -> tuple[Node, ...]:
    """Parameters of a body, like `nodes`."""
    return tuple([leaf(k, n.shape, n.dtype) for k, n in enumerate(nodes)])
