"""Index maps: which element of a source an element of a kernel's loop space reads.

Movement operations are never computed where it can be avoided: reading ``permute(slice(x))`` at a
point of the loop space is reading ``x`` at another point. A *context* is a tuple with one `Index` per
axis of a node: each an affine function of one loop variable, or of a `Guard`, the position inside the
operand of a `pad` (which may lie outside of it: then the value is zero).

Start at `source_contexts`: the step from a node in a context to its sources in theirs.
"""

from typing import NamedTuple

from .axes import UNIT, is_whole


class Guard(NamedTuple):
    """The position ``(index - start) / step`` in the operand of a pad; valid when exact and in [0, length)."""

    index: "Index"  # type: ignore[assignment]  # takes the place of tuple.index
    step: int
    length: int


class Index(NamedTuple):
    """``const + sum(coef * node) + step * var``; `var` is a loop axis, a `Guard`, or None."""

    const: int = 0
    terms: tuple = ()
    step: int = 0
    var: object = None


ZERO = Index()


def shifted(index, start, coef):
    """`index` + `coef` * `start`, the 0-d integer node of a slice or pad."""
    if start.op.kind == "const":
        return index._replace(const=index.const + coef * int(start.arg))
    terms = dict(index.terms)
    terms[start] = terms.get(start, 0) + coef
    return index._replace(terms=tuple((n, c) for n, c in terms.items() if c))


def scaled(index, factor):
    terms = tuple((n, c * factor) for n, c in index.terms)
    return Index(index.const * factor, terms, index.step * factor, index.var)


def identity(axes, node):
    """The context that reads `node` at each point of its own loop space."""
    loops = axes.loops(node)
    return tuple([ZERO if c == UNIT else Index(0, (), 1, loops.index(c)) for c in axes.of[node]])


def _elementwise(axes, node, ctx):
    out = []
    for s in node.src:
        classes = axes.of[s]
        out.append(tuple([ZERO if c == UNIT else i for c, i in zip(classes, ctx)]) if UNIT in classes else ctx)
    return out


def _broadcast(axes, node, ctx):
    (x,) = node.src
    sizes = zip(x.shape, node.shape, axes.of[x], ctx, strict=True)
    return (tuple([ZERO if n != full or c == UNIT else i for n, full, c, i in sizes]),)


def _permute(axes, node, ctx):
    out = [None] * len(ctx)
    for axis, index in zip(node.arg, ctx, strict=True):
        out[axis] = index
    return (tuple(out),)


def _reshape(axes, node, ctx):
    return (tuple([ZERO if target is None else ctx[target] for target in axes.targets[node]]),)


def _slice(axes, node, ctx):
    parts = zip(ctx, node.arg, node.src[1:], axes.of[node.src[0]], strict=True)
    return (tuple([ZERO if c == UNIT else shifted(scaled(i, step), start, 1) for i, step, start, c in parts]),)


def pad_axis(index, start, step, length, full):
    """The index into the operand of a pad along one axis; `index` itself where nothing is added."""
    if is_whole(start, step, length, full):
        return index
    return Index(0, (), 1, Guard(shifted(index, start, -1), step, length))


def _pad(axes, node, ctx):
    g = node.src[0]
    parts = zip(ctx, node.src[1:], node.arg, g.shape, node.shape, strict=True)
    return (tuple([pad_axis(*part) for part in parts]),)


_MOVES = {"broadcast": _broadcast, "permute": _permute, "reshape": _reshape, "slice": _slice, "pad": _pad}
MOVEMENT = frozenset(_MOVES)


def source_contexts(axes, node, ctx):
    """The contexts in which the sources of `node` are read to compute `node` in `ctx`.

    The starts of slices and pads are not among them: they are part of the index.
    """
    return _MOVES.get(node.op.kind, _elementwise)(axes, node, ctx)


def guards_of(ctx):
    """All guards that the indexes of `ctx` go through, innermost first, each once."""
    out = {}
    for index in ctx:
        chain = []
        while isinstance(index.var, Guard):
            chain.append(index.var)
            index = index.var.index
        out.update(dict.fromkeys(reversed(chain)))
    return tuple(out)


def nesting(ctx):
    """How many guards stand within each other, at most."""
    deepest = 0
    for index in ctx:
        depth = 0
        while isinstance(index.var, Guard):
            depth, index = depth + 1, index.var.index
        deepest = max(deepest, depth)
    return deepest


def pad_guards(axes, node, ctx):
    """The guards that the pad `node` itself adds in `ctx`."""
    (inner,) = _pad(axes, node, ctx)
    return tuple(i.var for i, o in zip(inner, ctx, strict=True) if i != o)


def start_nodes(ctx):
    """The 0-d nodes that the indexes of `ctx` are computed from."""
    out = {}
    for index in ctx:
        while True:
            out.update(dict.fromkeys(n for n, _ in index.terms))
            if not isinstance(index.var, Guard):
                break
            index = index.var.index
    return tuple(out)
