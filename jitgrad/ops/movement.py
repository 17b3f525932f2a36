"""Shape operations: they move elements and compute nothing.

The primitives are broadcast, permute, reshape, slice and its adjoint pad; everything else is built
of them. Slices with a negative step are how a tensor is flipped. `write_through` is the inverse of
a chain of them: how a write to a view reaches what it views. Start at `slice_node` and
`write_through`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from ..base.dtypes import BOOL, INT64, complex_of, is_complex, is_float, real_of
from ..base.errors import AliasError, DTypeError, ShapeError
from ..ir import Node, Op, const, leaf, rebuilt
from ..ir.shapes import contiguous
from .comparison import where
from .primitives import (
    BROADCAST,
    CAST,
    IMAG,
    NONZERO,
    REAL,
    RESHAPE,
    Parts,
    broadcast,
    cast,
    complex_node,
    conj,
    each_part,
    imag_part,
    real_part,
    reshape_to,
    zeros,
)

# --- primitives -----------------------------------------------------------------------------------


def _region(
    starts: Sequence[Any], steps: Sequence[int], lengths: Sequence[int]
) -> tuple[slice, ...]:
    """The NumPy index of out[start + i * step], i < length, on every axis."""
    out = []
    for start, step, n in zip(starts, steps, lengths, strict=True):
        start = int(start)
        stop = start + step * n
        out.append(slice(start, stop if stop >= 0 else None, step) if n else slice(0, 0))
    return tuple(out)


def _slice_reference(x: np.ndarray, *starts: Any, node: Node) -> np.ndarray:
    return x[_region(starts, node.arg, node.shape)]


def _pad_reference(g: np.ndarray, *starts: Any, node: Node) -> np.ndarray:
    out = np.zeros(node.shape, node.dtype)
    out[_region(starts, node.arg, g.shape)] = g
    return out


def _update_reference(x: np.ndarray, new: np.ndarray, *starts: Any, node: Node) -> np.ndarray:
    return update_in_place(np.array(x), new, *starts, node=node)


def update_in_place(x: np.ndarray, new: np.ndarray, *starts: Any, node: Node) -> np.ndarray:
    """`UPDATE`, in the memory of `x`, which nobody else reads."""
    x[_region(starts, node.arg, new.shape)] = new
    return x


def added(x: np.ndarray, g: np.ndarray, *starts: Any, node: Node) -> np.ndarray:
    """``x + pad(g)``, where `node` is the pad."""
    return added_in_place(np.array(x), g, *starts, node=node)


def added_in_place(x: np.ndarray, g: np.ndarray, *starts: Any, node: Node) -> np.ndarray:
    """The same in the memory of `x`, which nobody else reads; a -0.0 beside the region stays
    one."""
    x[_region(starts, node.arg, g.shape)] += g
    return x


PERMUTE = Op(
    "permute",
    "permute",
    lambda x, node: x.transpose(node.arg),
    vjp=lambda g, node: (permute(g, tuple(np.argsort(node.arg).tolist())),),
    jvp=lambda t, node: permute(t[0], node.arg),
    parts=each_part,
)
SLICE = Op(
    "slice",
    "slice",
    _slice_reference,
    vjp=lambda g, node: (
        pad_node(g, node.src[1:], node.arg, node.src[0].shape),
        *(None,) * len(node.arg),
    ),
    jvp=lambda t, node: slice_node(t[0], node.src[1:], node.arg, node.shape),
    parts=each_part,
)
PAD = Op(
    "pad",
    "pad",
    _pad_reference,
    vjp=lambda g, node: (
        slice_node(g, node.src[1:], node.arg, node.src[0].shape),
        *(None,) * len(node.arg),
    ),
    jvp=lambda t, node: pad_node(t[0], node.src[1:], node.arg, node.shape),
    parts=each_part,
)
UPDATE = Op(
    "update",
    "update",
    _update_reference,
    vjp=lambda g, node: (
        update_node(g, zeros(node.src[1]), node.src[2:], node.arg),
        slice_node(g, node.src[2:], node.arg, node.src[1].shape),
        *(None,) * len(node.arg),
    ),
    jvp=lambda t, node: update_node(
        _tangent(t[0], node.src[0]), _tangent(t[1], node.src[1]), node.src[2:], node.arg
    ),
    parts=each_part,
)


def _tangent(t: Node | None, x: Node) -> Node:
    return zeros(x) if t is None else t


def permute(x: Node, axes: tuple[int, ...]) -> Node:
    if x.op is PERMUTE:
        x, axes = x.src[0], tuple(x.arg[a] for a in axes)
    if axes == tuple(range(x.ndim)):
        return x
    return Node(PERMUTE, (x,), axes, tuple(x.shape[a] for a in axes), x.dtype)


def _start(value: Node | int) -> Node:
    """A slice's start: a constant, or a Python number of the segment, so that a loop over it
    compiles once."""
    return value if isinstance(value, Node) else const(value, INT64)


def slice_node(
    x: Node, starts: Iterable[Node | int], steps: Sequence[int], shape: Sequence[int]
) -> Node:
    """out[i] = x[start + i * step], one start and step per axis."""
    nodes = map(_start, starts)
    if tuple(shape) == x.shape and all(s == 1 for s in steps):
        return x  # whatever the starts are: a slice of everything begins at 0
    return Node(SLICE, (x, *nodes), tuple(steps), tuple(shape), x.dtype)


def pad_node(
    g: Node, starts: Iterable[Node | int], steps: Sequence[int], shape: Sequence[int]
) -> Node:
    """Zeros of `shape` with out[start + i * step] = g[i]."""
    nodes = map(_start, starts)
    if g.shape == tuple(shape) and all(s == 1 for s in steps):
        return g
    return Node(PAD, (g, *nodes), tuple(steps), tuple(shape), g.dtype)


def update_node(x: Node, new: Node, starts: Iterable[Node | int], steps: Sequence[int]) -> Node:
    """`x` with out[start + i * step] = new[i]."""
    nodes = map(_start, starts)
    if new.shape == x.shape and all(s == 1 for s in steps):
        return new
    return Node(UPDATE, (x, new, *nodes), tuple(steps), x.shape, x.dtype)


# --- complex numbers as pairs of real ones --------------------------------------------------------


def _pair_of(x: Any, *, node: Node) -> Node:
    """The parts of `x` beside each other, along a new last axis."""
    column = (*node.shape[:-1], 1)
    both = broadcast(reshape_to(x.real, column), node.shape)
    imag = zeros(reshape_to(x.real, column)) if x.imag is None else reshape_to(x.imag, column)
    return update_node(both, imag, (*(0,) * (node.ndim - 1), 1), (1,) * node.ndim)


def _parts_of(x: Node, *, node: Node) -> Parts:
    real, imag = (reshape_to(part(x, x.ndim - 1, k, 1), node.shape) for k in (0, 1))
    return Parts(real, imag)


#: A primitive, as its inverse is, since writes go through it and NumPy does it without a copy.
VIEW_AS_REAL = Op(
    "view_as_real",
    "call",
    lambda x, node: np.ascontiguousarray(x).reshape(-1).view(node.dtype).reshape(node.shape),
    vjp=lambda g, node: (conj(as_complex(g)),),
    jvp=lambda t, node: as_pairs(t[0]),
    batch=lambda rows, node, size: as_pairs(rows[0]),  # type: ignore[arg-type]  # one source
    parts=_pair_of,
)
VIEW_AS_COMPLEX = Op(
    "view_as_complex",
    "call",
    lambda x, node: np.ascontiguousarray(x).reshape(-1).view(node.dtype).reshape(node.shape),
    vjp=lambda g, node: (as_pairs(conj(g)),),
    jvp=lambda t, node: as_complex(t[0]),
    batch=lambda rows, node, size: as_complex(rows[0]),  # type: ignore[arg-type]  # one source
    parts=_parts_of,
)


def as_pairs(x: Node) -> Node:
    if not is_complex(x.dtype):
        raise DTypeError(
            f"got view_as_real of dtype {x.dtype}, expected a complex dtype; a real tensor has no "
            "imaginary parts beside it"
        )
    return Node(VIEW_AS_REAL, (x,), None, (*x.shape, 2), real_of(x.dtype))


def as_complex(x: Node) -> Node:
    if not is_float(x.dtype):
        raise DTypeError(f"got view_as_complex of dtype {x.dtype}, expected a float dtype")
    if not x.ndim or x.shape[-1] != 2:
        raise ShapeError(
            f"got view_as_complex of shape {x.shape}, expected a last axis of length 2, of real "
            "and imaginary parts"
        )
    return Node(VIEW_AS_COMPLEX, (x,), None, x.shape[:-1], complex_of(x.dtype))


# --- writes ---------------------------------------------------------------------------------------


def selected(node: Node) -> Node:
    """An update as a choice for each element, which fuses: where(inside, new, x)."""
    x, new, *starts = node.src
    inside = pad_node(broadcast(const(True, BOOL), new.shape), starts, node.arg, x.shape)
    return where(inside, pad_node(new, starts, node.arg, x.shape), x)


def write_through(base: Node, view_of: Callable[[Node], Node], new: Node) -> Node:
    """`base` after `new` was written to ``view_of(base)``, which is made of movements.

    Raises `AliasError` for what cannot be written through: a broadcast view has several names for
    one element."""
    hole = leaf(
        -1, base.shape, base.dtype
    )  # movements of `base` itself must not cancel against those of the view
    view = view_of(hole)
    while view is not hole:
        view, new = view.src[0], _unmove(view, new, lambda x: _refilled(x, hole, base))
    return new


def _refilled(view: Node, hole: Node, base: Node) -> Node:
    """The movements `view` of `hole`, on `base`."""
    if view is hole:
        return base
    return rebuilt(view, (_refilled(view.src[0], hole, base), *view.src[1:]))


def _unmove(node: Node, new: Node, refilled: Callable[[Node], Node]) -> Node:
    x = node.src[0]
    if node.op is PERMUTE:
        return permute(new, tuple(np.argsort(node.arg).tolist()))
    if node.op is RESHAPE:
        return reshape_to(new, x.shape)
    if node.op is SLICE:
        return update_node(refilled(x), new, node.src[1:], node.arg)
    if node.op is BROADCAST:
        raise AliasError(
            "got a write to a broadcast view, in which several elements share a place; write to a "
            ".clone() of it"
        )
    if node.op is REAL:
        return complex_node(new, imag_part(refilled(x)))
    if node.op is IMAG:
        return complex_node(real_part(refilled(x)), new)
    if node.op is VIEW_AS_REAL:
        return as_complex(new)
    if node.op is VIEW_AS_COMPLEX:
        return as_pairs(new)
    if node.op in (CAST, NONZERO) or len(node.src) == 1:
        return cast(new, x.dtype)
    raise AliasError(
        f"got a write through {node.op.name}, which is not a view; write to a .clone() of it"
    )


def layout(view: Node, base: Node, strides: tuple[int, ...]) -> tuple[int, ...] | None:
    """Strides of `view`, movements of `base` that has `strides`; None where NumPy would have to
    copy."""
    chain = []
    moved: tuple[int, ...] | None = strides
    while view is not base:
        chain.append(view)
        view = view.src[0]
    for node in reversed(chain):
        if moved is not None:
            moved = _moved_strides(node, moved)
    return moved


def _moved_strides(node: Node, strides: tuple[int, ...]) -> tuple[int, ...] | None:
    x = node.src[0]
    if node.op is PERMUTE:
        return tuple(strides[a] for a in node.arg)
    if node.op is SLICE:
        return tuple(s * step for s, step in zip(strides, node.arg, strict=True))
    if node.op is BROADCAST:
        return tuple(
            s if n == m else 0 for s, n, m in zip(strides, x.shape, node.shape, strict=True)
        )
    if node.op is RESHAPE:
        return _reshaped_strides(x.shape, strides, node.shape)
    return _strides_of_parts(node, strides)


def _strides_of_parts(node: Node, strides: tuple[int, ...]) -> tuple[int, ...]:
    if node.op is REAL or node.op is IMAG:
        return tuple(2 * s for s in strides)
    if node.op is VIEW_AS_REAL:
        return *(2 * s for s in strides), 1
    return tuple(s // 2 for s in strides[:-1]) if node.op is VIEW_AS_COMPLEX else strides


def _reshaped_strides(
    shape: tuple[int, ...], strides: tuple[int, ...], new: tuple[int, ...]
) -> tuple[int, ...] | None:
    """A reshape splits and joins axes; it can join those that follow each other in memory only."""
    if 0 in shape:
        return contiguous(new)
    runs: list[tuple[int, int]] = []
    for n, s in zip(shape, strides, strict=True):
        if n != 1 and runs and runs[-1][1] == n * s:
            runs[-1] = (runs[-1][0] * n, s)
        elif n != 1:
            runs.append((n, s))
    out, size, stride = [], 1, 0
    for n in new:
        if size == 1 and n != 1:
            size, stride = runs.pop(0)
        if size % n:
            return None
        size //= n
        out.append(size * stride)
    return tuple(out)


def part(x: Node, axis: int, start: Node | int, length: int) -> Node:
    """`length` elements of `x` along `axis`, from `start`."""
    starts = [start if i == axis else 0 for i in range(x.ndim)]
    return slice_node(
        x, starts, (1,) * x.ndim, tuple(length if i == axis else n for i, n in enumerate(x.shape))
    )
