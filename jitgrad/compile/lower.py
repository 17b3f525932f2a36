"""Lowering: one step of a `Fusion` becomes a `Nest`: loops, memory accesses, and what is computed at which depth.

The loops are put in the order that makes most accesses contiguous, and neighbours that every access
walks as one are collapsed. Which form the loops take is looked up in `render_forms`:

====== ==================================================================================
flat   one loop, its range split in chunks; may reduce everything
rows   several loops; the outer ones flattened into rows, the inner cut in blocks; may reduce everything
row    reduced loops innermost: accumulators in registers, one row of kept points per unit
column a kept loop innermost: accumulates into a block of the output, vectorised across columns
====== ==================================================================================

Start at `lower`.
"""

from typing import NamedTuple

from .fuse import Fusion
from .fuse_index import Guard, guards_of, identity, pad_guards, strides

#: columns of one block (form "column") and elements of one block of a long inner loop (form "rows")
COLUMNS, INNER = 1024, 16384


class Access(NamedTuple):
    """Where an array is read or written: ``const + sum(coef * node) + sum(stride * loop) + sum(stride * guard)``."""

    const: int
    terms: tuple
    strides: tuple  # one per loop axis of the space
    guards: tuple  # ((guard, stride), ...)
    valid: tuple  # the guards that must hold for the access to be in range


class Loop(NamedTuple):
    size: int
    reduced: bool
    axis: int  # the axis of the space; the innermost of those collapsed


class Nest:
    """The loop nest of one step.

    `values` lists (node, context, depth) in the order of evaluation; depth 0 is before the loops, 1 once per
    unit, 2 and up inside the inner loops. `load` and `store` give each access with one stride per loop.
    """

    form: str
    loops: list
    outer: int  # how many of the loops are flattened into the units
    values: list
    loads: dict
    maps: list
    reductions: list


def access(shape, ctx, dims):
    """The `Access` to a flat array of `shape` read in the context `ctx`."""
    const, terms, step, guards = 0, {}, [0] * dims, {}
    for n, stride, index in zip(shape, strides(shape), ctx, strict=True):
        const += stride * index.const
        for node, coef in index.terms:
            terms[node] = terms.get(node, 0) + stride * coef
        if n == 1:
            continue
        if isinstance(index.var, Guard):
            guards[index.var] = guards.get(index.var, 0) + stride * index.step
        elif index.var is not None:
            step[index.var] += stride * index.step
    return Access(const, tuple(terms.items()), tuple(step), tuple(guards.items()), guards_of(ctx))


def reduction_access(node, dims):
    """Where the result of a reduce is written, from the loops over its operand."""
    kept = [index for axis, index in enumerate(identity(node.src[0].shape)) if axis not in node.arg]
    return access(node.shape, kept, dims)


def lower(fusion, step):
    """The `Nest` of a loop step."""
    nest = Nest()
    dims = len(step.space)
    pairs = evaluations(fusion, step)
    nest.maps = [n for n in step.nodes if not _reduces(n)]
    nest.reductions = [n for n in step.nodes if _reduces(n)]
    loads = {pair: access(pair[0].shape, pair[1], dims) for pair, is_load in pairs if is_load and pair[0].ndim}
    stores = {
        n: reduction_access(n, dims) if n.op.kind == "reduce" else access(n.shape, identity(n.shape), dims)
        for n in step.nodes
    }
    pinned = _pinned(pairs)
    _arrange(nest, step, [*loads.values()], [stores[n] for n in nest.maps], pinned, [*stores.values()])
    nest.loads = {pair: _on_loops(a, nest.loops) for pair, a in loads.items()}
    nest.stores = {n: _on_loops(a, nest.loops) for n, a in stores.items()}
    nest.values = _depths(nest, pairs)
    return nest


def _reduces(node):
    """Whether `node` is a reduction over at least one loop (an axis of length 1 is none)."""
    if node.op.kind != "reduce":
        return False
    shape = node.src[0].shape
    return node.ndim == 0 or any(shape[a] != 1 for a in node.arg)


def evaluations(fusion, step):
    """((node, context), is it a load) of all the step computes, sources first."""
    position = {node: k for k, node in enumerate(fusion.order)}
    made = {(n, identity(n.shape)) for n in step.nodes if n.op.kind not in ("reduce", "scan", "call")}
    seen, stack = {}, []
    for node in reversed(step.nodes):
        if node.op.kind == "reduce":
            stack.extend(fusion.reads(node, None, kept=True))
        else:
            stack.append((node, identity(node.shape)))
    while stack:
        pair = stack.pop()
        if pair in seen:
            continue
        seen[pair] = pair not in made and fusion.is_load(pair[0])
        if not seen[pair]:
            stack.extend(reversed(fusion.reads(*pair)))
    return sorted(seen.items(), key=lambda item: position[item[0][0]])


def _pinned(pairs):
    """The axes that guards depend on: they keep a loop of their own."""
    out = set()
    for (node, ctx), _ in pairs:
        for guard in guards_of(ctx) + (pad_guards(node, ctx) if node.op.kind == "pad" else ()):
            out |= guard_axes(guard)
    return out


def guard_axes(guard):
    index = guard.index
    while isinstance(index.var, Guard):
        index = index.var.index
    return set() if index.var is None else {index.var}


# ---------------------------------------------------------------------- loop order


def _arrange(nest, step, loads, maps, pinned, stores):
    """Choose the order of the loops, collapse, and name the form."""
    accesses = loads + stores
    reduced = set(step.reduced or ())
    inner = _innermost(step.space, loads, maps)

    def ordered(axes):
        axes = sorted(axes, key=lambda a: (a == inner, -sum(abs(x.strides[a]) for x in accesses)))
        return _collapse([Loop(step.space[a], a in reduced, a) for a in axes], accesses, pinned)

    axes = range(len(step.space))
    if not reduced or len(reduced) == len(step.space):
        nest.loops = ordered(axes)
        nest.outer = max(len(nest.loops) - 1, 1)
        nest.form = "flat" if len(nest.loops) == 1 else "rows"
        return
    kept, summed = ordered(a for a in axes if a not in reduced), ordered(reduced)
    if inner in reduced:
        nest.form, nest.loops, nest.outer = "row", kept + summed, len(kept)
    else:
        nest.form, nest.loops, nest.outer = "column", kept[:-1] + summed + kept[-1:], len(kept) - 1


def _innermost(space, loads, maps):
    """The axis along which most accesses are contiguous; the last one in doubt."""

    def score(axis):
        near = sum(abs(a.strides[axis]) == 1 for a in loads) + 2 * sum(abs(a.strides[axis]) == 1 for a in maps)
        return near, axis

    return max(range(len(space)), key=score)


def _collapse(loops, accesses, pinned):
    """Merge neighbouring loops that all accesses walk as one."""
    out = loops[:1]
    for loop in loops[1:]:
        last = out[-1]
        joint = all(a.strides[last.axis] == a.strides[loop.axis] * loop.size for a in accesses)
        if joint and last.axis not in pinned and loop.axis not in pinned:
            out[-1] = Loop(last.size * loop.size, loop.reduced, loop.axis)
        else:
            out.append(loop)
    return out


def _on_loops(a, loops):
    return a._replace(strides=tuple(a.strides[loop.axis] for loop in loops))


# ---------------------------------------------------------------------- depths


def depth_of_loop(nest, k):
    """At which depth loop number `k` is known."""
    if nest.form == "flat" or k < nest.outer:
        return 1
    return 2 + k - nest.outer


def _depths(nest, pairs):
    """(node, context, depth, is_load) for each evaluation: the innermost loop that it depends on."""
    number = {loop.axis: k for k, loop in enumerate(nest.loops)}

    def guard_depth(guard):
        return max((depth_of_loop(nest, number[a]) for a in guard_axes(guard)), default=0)

    depth, out = {}, []
    for (node, ctx), is_load in pairs:
        at = 0
        if is_load and node.ndim:
            a = nest.loads[node, ctx]
            at = max((depth_of_loop(nest, k) for k, stride in enumerate(a.strides) if stride), default=0)
            at = max([at, *(guard_depth(g) for g in a.valid)])
        elif not is_load:
            at = max((depth[s] for s in Fusion.reads(node, ctx)), default=0)
            if node.op.kind == "pad":
                at = max([at, *(guard_depth(g) for g in pad_guards(node, ctx))])
        depth[node, ctx] = at
        out.append((node, ctx, at, is_load))
    return out


def weight(nest):
    """How much dearer a point of the nest is than an addition, 1 to 8: dear points make smaller chunks."""
    depth = max((at for _, _, at, _ in nest.values), default=0)
    flops = sum(n.op.cost for n, _, at, _ in nest.values if at == depth and n.op.kind == "elementwise")
    return min(8, 1 + flops // 16)


def points(nest):
    """How many points of its loop space the nest visits."""
    total = 1
    for loop in nest.loops:
        total *= loop.size
    return total
