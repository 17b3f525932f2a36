"""The operations of calls of numba functions, with their derivatives of two orders.

The operation is a *call*: it runs the compiled function on copies of what that would write to, and
gives its results and what it leaves in the written arguments, packed in one array, since a node has
one cotangent (see `ops.packing`). What it is differentiated by are calls of derived functions:

    CALL   x -> F(x)                    vjp  PULL         jvp  PUSH
    PULL   g, x -> J(x)ᵀ g              vjp  PUSH, TWICE  jvp  PULL, TWICE
    PUSH   t, x -> J(x) t               vjp  PULL, TWICE  jvp  PUSH, SECOND
    TWICE  t, g, x -> d/dx (J(x)ᵀ g) t  (refused)
    SECOND t, u, x -> d/dx (J(x) t) u   (refused)

TWICE is forward mode over reverse mode; since second derivatives do not depend on the order, it is
the vjp of both first derivatives. Start at `CALL`; `numba_call` has what is run, and
`numba_on_tensors` records it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..base.errors import GradientError
from ..ir import Node, Op
from ..ops.movement import pad_node, slice_node
from ..ops.primitives import broadcast, cast, reduce_sum, reshape_to
from .numba_call import NumbaCall

#: Levels of `vmap`, the outermost first: for each, which sources have an axis for it.
Levels = tuple[tuple[bool, ...], ...]


# --- what a plan runs -----------------------------------------------------------------------------


def _call(call: NumbaCall, arrays: Sequence[np.ndarray]) -> np.ndarray:
    out = call.run(arrays)
    return call.pack([out[k] for k in call.outside.shapes], call.out_dtype)


def _call_other(call: NumbaCall, arrays: Sequence[np.ndarray]) -> np.ndarray:
    out = call.run(arrays)
    return call.pack(
        [out[k] for k, (_, d) in enumerate(call.outputs) if d.kind != "f"], np.dtype(np.int64)
    )


def _pull(call: NumbaCall, arrays: Sequence[np.ndarray]) -> np.ndarray:
    seeds, written = call.seeds(arrays[0])
    grads = call.derived("vjp")(*call.given(arrays[1:]), *seeds, *written)[2]
    return call.pack(grads, call.in_dtype)


def _push(call: NumbaCall, arrays: Sequence[np.ndarray]) -> np.ndarray:
    given = call.given(arrays[1:])
    _, after, tangents, written = call.derived("jvp")(*given, *call.directions(arrays[0]))
    return call.pack(call.pushed(after, tangents, written), call.out_dtype)


def _second(call: NumbaCall, arrays: Sequence[np.ndarray]) -> np.ndarray:
    given = call.given(arrays[2:])
    along = [*call.directions(arrays[0]), *call.directions(arrays[1])]
    tangents, written = call.derived("second")(*given, *along)
    after = [given[k] for k in call.mutated]
    return call.pack(call.pushed(after, tangents, written), call.out_dtype)


def _twice(call: NumbaCall, arrays: Sequence[np.ndarray]) -> np.ndarray:
    seeds, written = call.seeds(arrays[1])
    zeros = [np.zeros_like(x) if np.ndim(x) else type(x)(0) for x in (*seeds, *written)]
    given, along = call.given(arrays[2:]), call.directions(arrays[0])
    _, tangents = call.derived("twice")(*given, *seeds, *written, *along, *zeros)
    return call.pack(tangents, call.in_dtype)


def _mapped(run: Any, call: NumbaCall, levels: Levels, arrays: Sequence[np.ndarray]) -> np.ndarray:
    """A call for all rows of `levels`."""
    if not levels:
        return run(call, arrays)
    mask, *inner = levels
    size = next(x.shape[0] for x, m in zip(arrays, mask, strict=True) if m)
    return np.stack(
        [
            _mapped(
                run,
                call,
                tuple(inner),
                [x[i] if m else x for x, m in zip(arrays, mask, strict=True)],
            )
            for i in range(size)
        ]
    )


def _reference(run: Any) -> Any:
    def reference(*arrays: np.ndarray, node: Node) -> np.ndarray:
        if not node.size:
            return np.zeros(node.shape, node.dtype)
        call, levels = node.arg
        return _mapped(run, call, levels, arrays)

    return reference


def _rows(rows: Sequence[Node | None], node: Node, size: int) -> Node:
    """`vmap`: one more level around those there are."""
    call, levels = node.arg
    mask = tuple([r is not None for r in rows])
    src = tuple([s if r is None else r for r, s in zip(rows, node.src, strict=True)])
    return Node(node.op, src, (call, (mask, *levels)), (size, *node.shape), node.dtype)


# --- derivatives ----------------------------------------------------------------------------------


def _derived(op: Op, node: Node, first: Sequence[Node], xs: Sequence[Node], total: int) -> Node:
    """A call of a derived function: of packed operands `first`, and of the operands `xs` of the
    call, which `node` has as its last sources. All of `first` have all levels of `node`."""
    call, levels = node.arg
    ours = tuple([(*[True] * len(first), *mask[len(mask) - len(xs) :]) for mask in levels])
    dtype = call.out_dtype if op in (PUSH, SECOND) else call.in_dtype
    sizes = node.shape[: len(levels)]
    return Node(op, (*first, *xs), (call, ours), (*sizes, total), dtype)


def _to_source(c: Node, s: Node, node: Node, place: int) -> Node:
    """A cotangent with all levels of `node` as that of its source `s`, which has some."""
    levels = node.arg[1]
    missing = tuple([k for k, mask in enumerate(levels) if not mask[place]])
    return cast(reshape_to(reduce_sum(c, missing), s.shape), s.dtype)


def _parts(flat: Node, node: Node, offset: int) -> list[Node | None]:
    """Packed cotangents of the operands, as those of the sources of `node` from `offset` on."""
    call, levels = node.arg
    n = len(levels)
    sizes = node.shape[:n]
    out: list[Node | None] = [None] * (len(node.src) - offset)
    for k in call.smooth:
        shape = call.inside.shapes[k]
        starts, steps = (*[0] * n, call.inside.begins[k]), (1,) * (n + 1)
        part = slice_node(flat, starts, steps, (*sizes, math.prod(shape)))
        part = reshape_to(part, (*sizes, *shape))
        out[k] = _to_source(part, node.src[offset + k], node, offset + k)
    return out


def _laid(tangents: Sequence[Node | None], node: Node, offset: int) -> Node | None:
    """Tangents of the operands, packed; None where all are zero."""
    call, levels = node.arg
    n = len(levels)
    sizes, total = node.shape[:n], call.inside.total
    out = None
    for k in call.smooth:
        t = tangents[offset + k]
        if t is None:
            continue
        shape = call.inside.shapes[k]
        axes = [m if mask[offset + k] else 1 for m, mask in zip(sizes, levels, strict=True)]
        t = broadcast(reshape_to(t, (*axes, *shape)), (*sizes, *shape))
        t = cast(reshape_to(t, (*sizes, math.prod(shape))), call.in_dtype)
        t = pad_node(t, (*[0] * n, call.inside.begins[k]), (1,) * (n + 1), (*sizes, total))
        out = t if out is None else out + t
    return out


def _call_vjp(g: Node, node: Node) -> list[Node | None]:
    call = node.arg[0]
    if not call.smooth:
        return [None] * len(node.src)
    return _parts(_derived(PULL, node, (g,), node.src, call.inside.total), node, 0)


def _call_jvp(tangents: Sequence[Node | None], node: Node) -> Node | None:
    t = _laid(tangents, node, 0)
    return None if t is None else _derived(PUSH, node, (t,), node.src, node.arg[0].outside.total)


def _pull_vjp(c: Node, node: Node) -> list[Node | None]:
    (g, *xs), call = node.src, node.arg[0]
    of_g = _derived(PUSH, node, (c,), xs, call.outside.total)
    of_xs = _derived(TWICE, node, (c, _full(g, node, 0)), xs, call.inside.total)
    return [_to_source(of_g, g, node, 0), *_parts(of_xs, node, 1)]


def _pull_jvp(tangents: Sequence[Node | None], node: Node) -> Node | None:
    (g, *xs), call, out = node.src, node.arg[0], None
    if tangents[0] is not None:
        out = _derived(PULL, node, (_full(tangents[0], node, 0),), xs, call.inside.total)
    t = _laid(tangents, node, 1)
    if t is not None:
        more = _derived(TWICE, node, (t, _full(g, node, 0)), xs, call.inside.total)
        out = more if out is None else out + more
    return out


def _push_vjp(c: Node, node: Node) -> list[Node | None]:
    (t, *xs), call = node.src, node.arg[0]
    of_t = _derived(PULL, node, (c,), xs, call.inside.total)
    of_xs = _derived(TWICE, node, (_full(t, node, 0), c), xs, call.inside.total)
    return [_to_source(of_t, t, node, 0), *_parts(of_xs, node, 1)]


def _full(x: Node, node: Node, place: int) -> Node:
    """The source at `place`, or a tangent of it, with all levels of `node`."""
    levels = node.arg[1]
    sizes = node.shape[: len(levels)]
    axes = [m if mask[place] else 1 for m, mask in zip(sizes, levels, strict=True)]
    own = x.shape[sum([mask[place] for mask in levels]) :]
    return broadcast(reshape_to(x, (*axes, *own)), (*sizes, *own))


def _push_jvp(tangents: Sequence[Node | None], node: Node) -> Node | None:
    (t, *xs), call, out = node.src, node.arg[0], None
    if tangents[0] is not None:
        out = _derived(PUSH, node, (_full(tangents[0], node, 0),), xs, call.outside.total)
    u = _laid(tangents, node, 1)
    if u is not None:
        more = _derived(SECOND, node, (_full(t, node, 0), u), xs, call.outside.total)
        out = more if out is None else out + more
    return out


def _refused(_: Any, node: Node) -> Any:
    name = node.arg[0].work.name
    raise GradientError(
        f"got a third derivative of {name}, expected first and second ones, which a function of "
        "njit has"
    )


def _op(name: str, run: Any, vjp: Any, jvp: Any) -> Op:
    return Op(name, "call", _reference(run), vjp=vjp, jvp=jvp, batch=_rows)


CALL = _op("numba_call", _call, _call_vjp, _call_jvp)
OTHER = _op(
    "numba_integers", _call_other, lambda g, node: [None] * len(node.src), lambda t, node: None
)
PULL = _op("numba_pull", _pull, _pull_vjp, _pull_jvp)
PUSH = _op("numba_push", _push, _push_vjp, _push_jvp)
SECOND = _op("numba_second", _second, _refused, _refused)
TWICE = _op("numba_twice", _twice, _refused, _refused)
