"""Index maps: which element of a source an element of a kernel's loop space reads.

Movement operations are never computed where it can be avoided: reading ``permute(slice(x))`` at a
point of the loop space is reading ``x`` at another point. An index map, the *context* of a node,
has one `AxisIndex` per axis of it: each an affine function of one loop variable, or of a
`BoundsGuard`, the position inside the operand of a `pad` (which may lie outside of it: then the
value is zero), or of a `Lookup`, the place that an index array names.

Start at `source_contexts`: the step from a node in a context to its sources in theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ...control.affine import Affine, affine
from ...ir.node import Node
from .dims import UNIT, Axes, is_whole


class BoundsGuard(NamedTuple):
    """The position ``(index - start) / step`` in the operand of a pad; valid when exact and in [0,
    length)."""

    index: AxisIndex  # type: ignore[assignment]  # takes the place of tuple.index
    step: int
    length: int


class Lookup(NamedTuple):
    """The place that the index array `node` holds in the context `ctx`. What is read there lies in
    memory."""

    node: Node
    ctx: tuple[AxisIndex, ...]
    classes: tuple[int, ...]  # of the axes of `node`


class AxisIndex(NamedTuple):
    """``const + sum(coef * node) + step * var``; `var` is a loop axis, a `BoundsGuard`, a
    `Lookup`, or None."""

    const: int = 0
    terms: tuple[tuple[Node, int], ...] = ()
    step: int = 0
    var: Any = None


#: An index map: which element of a node is meant, at each point of a loop space.
Context = tuple[AxisIndex, ...]
#: A node in the context in which it is computed or read.
Value = tuple[Node, Context]
ZERO = AxisIndex()


def shifted(index: AxisIndex, start: Node, coef: int) -> AxisIndex:
    """`index` + `coef` * `start`, the 0-d integer node of a slice or pad."""
    const, terms = Affine(index.const, index.terms) + affine(start).times(coef)
    return index._replace(const=const, terms=terms)


def scaled(index: AxisIndex, factor: int) -> AxisIndex:
    terms = tuple((n, c * factor) for n, c in index.terms)
    return AxisIndex(index.const * factor, terms, index.step * factor, index.var)


def identity(axes: Axes, node: Node) -> Context:
    """The context that reads `node` at each point of its own loop space."""
    loops = axes.loops(node)
    return tuple(
        [ZERO if c == UNIT else AxisIndex(0, (), 1, loops.index(c)) for c in axes.of[node]]
    )


def _elementwise(axes: Axes, sources: tuple[Node, ...], ctx: Context) -> list[Context]:
    out = []
    for s in sources:
        classes = axes.of[s]
        out.append(
            tuple([ZERO if c == UNIT else i for c, i in zip(classes, ctx, strict=True)])
            if UNIT in classes
            else ctx
        )
    return out


def _broadcast(axes: Axes, node: Node, ctx: Context) -> tuple[Context, ...]:
    (x,) = node.src
    sizes = zip(x.shape, node.shape, axes.of[x], ctx, strict=True)
    return (tuple([ZERO if n != full or c == UNIT else i for n, full, c, i in sizes]),)


def _permute(axes: Axes, node: Node, ctx: Context) -> tuple[Context, ...]:
    out = [ZERO] * len(ctx)
    for axis, index in zip(node.arg, ctx, strict=True):
        out[axis] = index
    return (tuple(out),)


def _reshape(axes: Axes, node: Node, ctx: Context) -> tuple[Context, ...]:
    return (tuple([ZERO if target is None else ctx[target] for target in axes.targets[node]]),)


def _slice(axes: Axes, node: Node, ctx: Context) -> tuple[Context, ...]:
    parts = zip(ctx, node.arg, node.src[1:], axes.of[node.src[0]], strict=True)
    return (
        tuple(
            [
                ZERO if c == UNIT else shifted(scaled(i, step), start, 1)
                for i, step, start, c in parts
            ]
        ),
    )


def pad_axis(index: AxisIndex, start: Node, step: int, length: int, full: int) -> AxisIndex:
    """The index into the operand of a pad along one axis; `index` itself where nothing is added."""
    if is_whole(start, step, length, full):
        return index
    return AxisIndex(0, (), 1, BoundsGuard(shifted(index, start, -1), step, length))


def _pad(axes: Axes, node: Node, ctx: Context) -> tuple[Context, ...]:
    g = node.src[0]
    parts = zip(ctx, node.src[1:], node.arg, g.shape, node.shape, strict=True)
    return (tuple([pad_axis(*part) for part in parts]),)


def _gather(axes: Axes, node: Node, ctx: Context) -> tuple[Context, ...]:
    _x, *index = node.src
    k = index[0].ndim
    if node.arg is None:
        if not k:  # numbers, as the starts of slices
            return (tuple([shifted(ZERO, i, 1) for i in index]) + ctx,)
        read = tuple([_elementwise(axes, (i,), ctx[:k])[0] for i in index])
        picked = [
            AxisIndex(0, (), 1, Lookup(i, c, axes.of[i])) for i, c in zip(index, read, strict=True)
        ]
        return ((*picked, *ctx[k:]), *read)
    stretched = [
        tuple(
            [
                ZERO if n != full or c == UNIT else i
                for n, full, c, i in zip(s.shape, node.shape, axes.of[s], ctx, strict=True)
            ]
        )
        for s in node.src
    ]
    place = AxisIndex(0, (), 1, Lookup(index[0], stretched[1], axes.of[index[0]]))
    return ((*stretched[0][: node.arg], place, *stretched[0][node.arg + 1 :]), stretched[1])


_MOVES = {
    "broadcast": _broadcast,
    "permute": _permute,
    "reshape": _reshape,
    "slice": _slice,
    "pad": _pad,
}
MOVEMENT = frozenset(_MOVES)
_CONTEXTS = {**_MOVES, "gather": _gather}


def source_contexts(axes: Axes, node: Node, ctx: Context) -> Sequence[Context]:
    """The contexts in which the sources of `node` are read to compute `node` in `ctx`.

    The starts of slices and pads are not among them: they are part of the index.
    """
    contexts = _CONTEXTS.get(node.op.kind)
    return contexts(axes, node, ctx) if contexts else _elementwise(axes, node.src, ctx)


def lookups_of(ctx: Context) -> tuple[Lookup, ...]:
    """The lookups of `ctx`, each once."""
    return tuple(dict.fromkeys(index.var for index in ctx if isinstance(index.var, Lookup)))


def variables(index: AxisIndex) -> set[int]:
    """The loop axes that an index depends on."""
    while isinstance(index.var, BoundsGuard):
        index = index.var.index
    if isinstance(index.var, Lookup):
        return set().union(*[variables(i) for i in index.var.ctx])
    return set() if index.var is None else {index.var}


def guards_of(ctx: Sequence[AxisIndex]) -> tuple[BoundsGuard, ...]:
    """All guards that the indexes of `ctx` go through, innermost first, each once."""
    out: dict[BoundsGuard, None] = {}
    for index in ctx:
        chain = []
        while isinstance(index.var, BoundsGuard):
            chain.append(index.var)
            index = index.var.index
        if isinstance(index.var, Lookup):
            out.update(dict.fromkeys(guards_of(index.var.ctx)))
        out.update(dict.fromkeys(reversed(chain)))
    return tuple(out)


def nesting(ctx: Context) -> int:
    """How many guards stand within each other, at most."""
    deepest = 0
    for index in ctx:
        depth = 0
        while isinstance(index.var, BoundsGuard):
            depth, index = depth + 1, index.var.index
        if isinstance(index.var, Lookup):
            depth += nesting(index.var.ctx)
        deepest = max(deepest, depth)
    return deepest


def pad_guards(axes: Axes, node: Node, ctx: Context) -> tuple[BoundsGuard, ...]:
    """The guards that the pad `node` itself adds in `ctx`."""
    (inner,) = _pad(axes, node, ctx)
    return tuple(i.var for i, o in zip(inner, ctx, strict=True) if i != o)


def start_nodes(ctx: Context) -> tuple[Node, ...]:
    """The 0-d nodes that the indexes of `ctx` are computed from."""
    out: dict[Node, None] = {}
    for index in ctx:
        while True:
            out.update(dict.fromkeys(n for n, _ in index.terms))
            if not isinstance(index.var, BoundsGuard):
                break
            index = index.var.index
    return tuple(out)
