"""The primitives that every module of the catalogue builds on: casts, broadcasts, reshapes and
sums, and the functions that make their nodes; those between complex numbers and their parts.

A function here simplifies on the way: a cast to the dtype at hand or a reshape to the shape at hand
is the node itself. Start at `broadcast` and `reduce_sum`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..base.dtypes import BOOL, complex_of, is_complex, is_inexact, real_of
from ..base.errors import DTypeError
from ..ir import CONST, Node, Op, const
from ..ir.shapes import MOST, check_ndim, drop_axes, keep_axes


def _cast_vjp(g: Node, node: Node) -> tuple[Node | None, ...]:
    return (derivative_in(g, node.src[0].dtype) if is_inexact(node.src[0].dtype) else None,)


def _cast_parts(x: Any, *, node: Node) -> Parts:
    dtype = real_of(node.dtype)
    if not isinstance(x, Parts):
        return Parts(cast(x, dtype), None)
    return Parts(cast(x.real, dtype), None if x.imag is None else cast(x.imag, dtype))


CAST = Op(
    "cast", "elementwise", lambda x, node: x.astype(node.dtype), code="np.{t}({0})",
    vjp=_cast_vjp, jvp=lambda t, node: cast(t[0], node.dtype) if is_inexact(node.dtype) else None,
    parts=_cast_parts,
)  # fmt: skip
NONZERO = Op(
    "nonzero",
    "elementwise",
    lambda x, node: x != 0,
    code="({0} != 0)",
    vjp=lambda g, node: (None,),
    jvp=lambda t, node: None,
    parts=lambda x, *, node: (
        cast(x.real, BOOL) if x.imag is None else cast(x.real, BOOL) | cast(x.imag, BOOL)
    ),
)

# --- complex numbers and their parts --------------------------------------------------------------


class Parts(NamedTuple):
    """The parts of a complex value; `imag` is None where that is known to be real."""

    real: Node
    imag: Node | None


def each_part(*sources: Any, node: Node) -> Parts:
    """The parts of a node that is linear: it, of the parts of its complex sources."""
    dtype, zero = real_of(node.dtype), const(0, real_of(node.dtype))

    def of(part: Callable[[Parts], Node | None]) -> Node:
        src = []
        for x, s in zip(sources, node.src, strict=True):
            value = part(x) if isinstance(x, Parts) else x
            src.append(broadcast(zero, s.shape) if value is None else value)
        return Node(node.op, tuple(src), node.arg, node.shape, dtype)

    real = all([x.imag is None for x in sources if isinstance(x, Parts)])
    return Parts(of(lambda x: x.real), None if real else of(lambda x: x.imag))


#: The parts of a complex value, in memory two neighbours; derivative rules are transposes, as
#: `autodiff.reverse` says.
REAL = Op(
    "real",
    "elementwise",
    lambda x, node: x.real,
    code="{0}.real",
    vjp=lambda g, node: (cast(g, node.src[0].dtype),),
    jvp=lambda t, node: real_part(t[0]),
    parts=lambda x, *, node: x.real,
)
IMAG = Op(
    "imag",
    "elementwise",
    lambda x, node: x.imag,
    code="{0}.imag",
    vjp=lambda g, node: (complex_node(zeros(g), -g),),
    jvp=lambda t, node: imag_part(t[0]),
    parts=lambda x, *, node: zeros(node) if x.imag is None else x.imag,
)


def _complex_reference(x: np.ndarray, y: np.ndarray, node: Node) -> np.ndarray:
    out = np.empty(node.shape, node.dtype)
    out.real, out.imag = x, y
    return out if node.shape else out[()]


def _complex_jvp(t: Sequence[Any], node: Node) -> Node:
    x, y = (zeros(s) if v is None else v for v, s in zip(t, node.src, strict=True))
    return complex_node(x, y)


COMPLEX = Op(
    "complex",
    "elementwise",
    _complex_reference,
    code="complex({0}, {1})",
    vjp=lambda g, node: (real_part(g), -imag_part(g)),
    jvp=_complex_jvp,
    parts=lambda x, y, *, node: Parts(x, y),
)
CONJ = Op(
    "conjugate",
    "elementwise",
    lambda x, node: np.conjugate(x),
    into=lambda x, node, out: np.conjugate(x, out=out),
    code="{0}.conjugate()",
    vjp=lambda g, node: (conj(g),),
    jvp=lambda t, node: conj(t[0]),
    parts=lambda x, *, node: Parts(x.real, None if x.imag is None else -x.imag),
)


def real_part(x: Node) -> Node:
    """The real part of `x`, which is `x` itself where it is real."""
    if not is_complex(x.dtype):
        return x
    if x.op is CONJ:
        return real_part(x.src[0])
    dtype = real_of(x.dtype)
    if x.op is COMPLEX or (x.op is CAST and not is_complex(x.src[0].dtype)):
        return cast(x.src[0], dtype)
    return const(x.arg.real, dtype) if x.op is CONST else Node(REAL, (x,), None, x.shape, dtype)


def imag_part(x: Node) -> Node:
    """The imaginary part of `x`, zeros where it is real."""
    dtype = real_of(x.dtype)
    if not is_complex(x.dtype) or (x.op is CAST and not is_complex(x.src[0].dtype)):
        return broadcast(const(0, dtype), x.shape)
    if x.op is CONJ:
        return -imag_part(x.src[0])
    if x.op is COMPLEX:
        return x.src[1]
    return const(x.arg.imag, dtype) if x.op is CONST else Node(IMAG, (x,), None, x.shape, dtype)


def complex_node(x: Node, y: Node) -> Node:
    """The complex numbers with the parts `x` and `y`, of one shape and float dtype."""
    return Node(COMPLEX, (x, y), None, x.shape, complex_of(x.dtype))


def conj(x: Node) -> Node:
    """The complex conjugate of `x`, which is `x` itself where it is real."""
    if not is_complex(x.dtype) or (x.op is CAST and not is_complex(x.src[0].dtype)):
        return x
    if x.op is CONJ:
        return x.src[0]
    if x.op is COMPLEX:
        return complex_node(x.src[0], -x.src[1])
    if x.op is CONST:
        return const(x.arg.conjugate(), x.dtype)
    return Node(CONJ, (x,), None, x.shape, x.dtype)


def of_cotangents(
    pull: Callable[[Node, Node], Iterable[Node | None]],
) -> Callable[[Node, Node], tuple[Node | None, ...]]:
    """The VJP rule of an operation that `pull` gives cotangents of sources for, from that of its
    value, as they are: by `pull_back` itself, say, or by a function of the user's. Rules that are
    transposes are given conjugates, and give them (see `autodiff.reverse`)."""

    def vjp(g: Node, node: Node) -> tuple[Node | None, ...]:
        return tuple([None if c is None else conj(c) for c in pull(conj(g), node)])

    return vjp


# --- shapes and sums ------------------------------------------------------------------------------


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
    vjp=_broadcast_vjp, jvp=lambda t, node: broadcast(t[0], node.shape), parts=each_part,
)  # fmt: skip
RESHAPE = Op(
    "reshape",
    "reshape",
    lambda x, node: x.reshape(node.shape),
    vjp=lambda g, node: (reshape_to(g, node.src[0].shape),),
    jvp=lambda t, node: reshape_to(t[0], node.shape),
    parts=each_part,
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
    parts=each_part,
)


def cast(x: Node, dtype: np.dtype) -> Node:
    """`x` converted to `dtype`."""
    if x.dtype == dtype:
        return x
    if is_complex(x.dtype) and not is_complex(dtype) and dtype != BOOL:
        raise DTypeError(
            f"got {x.dtype} where {dtype} is expected, which would drop the imaginary part; take "
            ".real, .imag or .abs()"
        )
    if x.op is CONST:
        return const(x.arg, dtype)
    return Node(NONZERO if dtype == BOOL else CAST, (x,), None, x.shape, dtype)


def derivative_in(g: Node, dtype: np.dtype) -> Node:
    """The cotangent or tangent `g` as that of a value of `dtype`: of a real one the real part."""
    return cast(g if is_complex(dtype) else real_part(g), dtype)


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
