"""The primitives that every module of the catalogue builds on: casts, broadcasts, reshapes and
sums, and the functions that make their nodes.

A function here simplifies on the way: a cast to the dtype at hand or a reshape to the shape at hand
is the node itself. Start at `broadcast` and `reduce_sum`.
"""

from __future__ import annotations

import numpy as np

from ..base.dtypes import BOOL, is_float
from ..ir import CONST, Node, Op, const
from ..ir.shapes import MOST, check_ndim, drop_axes, keep_axes


def _cast_vjp(g: Node, node: Node) -> tuple[Node | None, ...]:
    return (cast(g, node.src[0].dtype) if is_float(node.src[0].dtype) else None,)


CAST = Op(
    "cast", "elementwise", lambda x, node: x.astype(node.dtype), code="np.{t}({0})",
    vjp=_cast_vjp, jvp=lambda t, node: cast(t[0], node.dtype) if is_float(node.dtype) else None,
)  # fmt: skip
NONZERO = Op(
    "nonzero",
    "elementwise",
    lambda x, node: x != 0,
    code="({0} != 0)",
    vjp=lambda g, node: (None,),
    jvp=lambda t, node: None,
)


def broadcast_array(x: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """What ``np.broadcast_to`` gives for an array of as many axes, without running NumPy's Python
    code."""
    if not x.flags.c_contiguous or not x.size:
        return np.broadcast_to(x, shape)
    return np.ndarray(
        shape,
        x.dtype,
        x,
        0,
        tuple([0 if n == 1 else s for n, s in zip(x.shape, x.strides, strict=True)]),
    )


def _broadcast_vjp(g: Node, node: Node) -> tuple[Node | None, ...]:
    x = node.src[0]
    axes = tuple(i for i, (n, m) in enumerate(zip(x.shape, node.shape, strict=True)) if n != m)
    return (reshape_to(reduce_sum(g, axes), x.shape),)


BROADCAST = Op(
    "broadcast", "broadcast", lambda x, node: broadcast_array(x, node.shape),
    vjp=_broadcast_vjp, jvp=lambda t, node: broadcast(t[0], node.shape),
)  # fmt: skip
RESHAPE = Op(
    "reshape",
    "reshape",
    lambda x, node: x.reshape(node.shape),
    vjp=lambda g, node: (reshape_to(g, node.src[0].shape),),
    jvp=lambda t, node: reshape_to(t[0], node.shape),
)
SUM = Op(
    "sum",
    "reduce",
    lambda x, node: np.add.reduce(x, axis=node.arg, dtype=node.dtype),
    identity=lambda dtype: 0,
    combine="({0} + {1})",
    scales=True,
    vjp=lambda g, node: (expand(g, node.arg, node.src[0].shape),),
    jvp=lambda t, node: reduce_sum(t[0], node.arg),
)


def cast(x: Node, dtype: np.dtype) -> Node:
    """`x` converted to `dtype`."""
    if x.dtype == dtype:
        return x
    if x.op is CONST:
        return const(x.arg, dtype)
    return Node(NONZERO if dtype == BOOL else CAST, (x,), None, x.shape, dtype)


def reshape_to(x: Node, shape: tuple[int, ...]) -> Node:
    if x.shape == shape:
        return x
    if x.op is RESHAPE:
        x = x.src[0]
        if x.shape == shape:
            return x
    if len(shape) > MOST:
        check_ndim(shape)
    return Node(RESHAPE, (x,), None, shape, x.dtype)


def broadcast(x: Node, shape: tuple[int, ...]) -> Node:
    """`x` broadcast to `shape`."""
    if x.shape == shape:
        return x
    x = reshape_to(x, (1,) * (len(shape) - x.ndim) + x.shape)
    return x if x.shape == shape else Node(BROADCAST, (x,), None, shape, x.dtype)


def zeros(x: Node) -> Node:
    """Zeros of the shape and dtype of `x`."""
    return broadcast(const(0, x.dtype), x.shape)


def reduce_sum(x: Node, axes: tuple[int, ...]) -> Node:
    """Sum over `axes` (sorted), in x's own dtype."""
    if not axes:
        return x
    return Node(SUM, (x,), axes, drop_axes(x.shape, axes), x.dtype)


def expand(g: Node, axes: tuple[int, ...], shape: tuple[int, ...]) -> Node:
    """Undoes a reduction over `axes` of something of `shape`: the value is broadcast to all
    elements that it was reduced from."""
    return broadcast(reshape_to(g, keep_axes(shape, axes)), shape)


def unbroadcast(g: Node, shape: tuple[int, ...]) -> Node:
    """The sum of `g` over the axes along which something of `shape` was broadcast."""
    lead = g.ndim - len(shape)
    axes = tuple(i for i in range(g.ndim) if i < lead or (shape[i - lead] == 1 and g.shape[i] != 1))
    return reshape_to(reduce_sum(g, axes), shape)


def as_node(x: Node | float) -> Node:
    return x if isinstance(x, Node) else const(x)
