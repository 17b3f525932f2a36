"""Tensors put together: concatenate, stack, and nested sequences of them. Start at `_concatenate`,
the primitive of all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np

from ..base.dtypes import is_inexact
from ..base.errors import ArgumentError, ShapeError
from ..ir import Node, Op
from ..ir.shapes import Axes, normalize_axis
from .axes import _expand_dims
from .movement import _tangent, part
from .primitives import cast, reshape_to
from .promotion import common_dtypes
from .records import Names
from .registry import operation
from .rows import along_rows

#: Of nested sequences: None for an element, a tuple for a sequence, the number of elements for a
#: sequence of nothing else.
Layout: TypeAlias = "int | tuple[Layout, ...] | None"


def _parts(g: Node, node: Node) -> tuple[Node | None, ...]:
    out, at = [], 0
    for s in node.src:
        n = s.shape[node.arg]
        out.append(part(g, node.arg, at, n) if is_inexact(s.dtype) else None)
        at += n
    return tuple(out)


def _join_jvp(t: Sequence[Any], node: Node) -> Node:
    parts = [_tangent(v, s) for v, s in zip(t, node.src, strict=True)]
    return Node(CONCATENATE, tuple(parts), node.arg, node.shape, node.dtype)


CONCATENATE = Op(
    "concatenate",
    "call",
    lambda *xs, node: np.concatenate(xs, axis=node.arg),
    vjp=_parts,
    jvp=_join_jvp,
    batch=along_rows,
)


def _concatenate(xs: Sequence[Any], axis: Axes) -> Node:
    if not xs:
        raise ArgumentError("got nothing to concatenate; give at least one tensor")
    if axis is None:
        xs, axis = [reshape_to(x, (x.size,)) for x in xs], 0
    first = xs[0]
    if first.ndim == 0:
        raise ShapeError("got 0-d tensors to concatenate, expected at least one axis; use stack")
    axis = normalize_axis(axis, first.ndim)
    for x in xs:
        if x.ndim != first.ndim or any(
            n != m for i, (n, m) in enumerate(zip(x.shape, first.shape, strict=True)) if i != axis
        ):
            raise ShapeError(
                f"got shapes {', '.join(str(y.shape) for y in xs)} to concatenate along axis "
                f"{axis}, "
                "expected the same lengths on the other axes"
            )
    dtype = common_dtypes(xs)[1]
    xs = tuple(cast(x, dtype) for x in xs)
    if len(xs) == 1:
        return xs[0]
    shape = tuple(
        sum(x.shape[i] for x in xs) if i == axis else n for i, n in enumerate(first.shape)
    )
    return Node(CONCATENATE, xs, axis, shape, dtype)


def _stack(xs: Sequence[Any], axis: Axes) -> Node:
    if not xs:
        raise ArgumentError("got nothing to stack; give at least one tensor")
    for x in xs:
        if x.shape != xs[0].shape:
            raise ShapeError(
                f"got shapes {', '.join(str(y.shape) for y in xs)} to stack, expected equal shapes"
            )
    axis = normalize_axis(axis, xs[0].ndim + 1)
    return _concatenate([_expand_dims(x, axis) for x in xs], axis)


def nested(xs: Sequence[Node], layout: Layout, dtype: np.dtype | None) -> Node:
    """The array of nested sequences of `xs`, as `layout` says, in the dtype that NumPy finds for
    them or in `dtype`: whatever the depth, the elements one after the other."""
    pieces, shape = _pieces(layout, iter(xs))
    out = reshape_to(_concatenate(pieces, 0), shape)
    return out if dtype is None else cast(out, dtype)


def _pieces(layout: Layout, xs: Iterator[Node]) -> tuple[list[Node], tuple[int, ...]]:
    """The elements of a part of nested sequences as 1-d nodes, and its shape."""
    if layout is None:
        x = next(xs)
        return [reshape_to(x, (x.size,))], x.shape
    parts = (None,) * layout if isinstance(layout, int) else layout
    found = [_pieces(part, xs) for part in parts]
    shapes = [shape for _, shape in found]
    if shapes.count(shapes[0]) < len(shapes):
        raise ShapeError(
            f"got shapes {', '.join(map(str, shapes))} in one sequence, expected equal shapes"
        )
    return [x for pieces, _ in found for x in pieces], (len(parts), *shapes[0])


def _joined(axis: int | None, at_least: Callable[[Node], Node]) -> Callable[..., Node]:
    """The formula that joins tensors along an axis after a change of their shapes; None stands for
    the last but one or, of 1-d tensors, the only one."""

    def build(xs: Sequence[Node]) -> Node:
        xs = [at_least(x) for x in xs]
        return _concatenate(xs, min(xs[0].ndim - 1, 1) if axis is None else axis)

    return build


def _filled(shape_of: Callable[[tuple[int, ...]], tuple[int, ...]]) -> Callable[[Node], Node]:
    return lambda x: reshape_to(x, shape_of(x.shape))


#: NumPy's functions that join tensors along an axis which some of them get first.
JOINED = {
    "vstack": _joined(0, _filled(lambda s: s if len(s) > 1 else (1, *s) if s else (1, 1))),
    "hstack": _joined(None, _filled(lambda s: s or (1,))),
    "dstack": _joined(
        2, _filled(lambda s: s if len(s) > 2 else (*((1, 1, *s)[-2:] if len(s) < 2 else s), 1))
    ),
    "column_stack": _joined(1, _filled(lambda s: s if len(s) > 1 else (*(s or (1,)), 1))),
}


_PARTS = "Each tensor has its part of the gradient."
concatenate = operation(
    np.concatenate,
    _concatenate,
    "Tensors joined along an axis they have.",
    {"axis": 0},
    operands=None,
    op=CONCATENATE,
    cases=({}, {"axis": 1}),
    shapes=((3, 4), (3, 4)),
    names=Names(aliases=("concat", "cat"), method=False, args=("arrays",)),
    slope=_PARTS,
    returns="Of the shape of the first, with the lengths along `axis` added up.",
    complex=True,
)
stack = operation(
    np.stack,
    _stack,
    "Tensors of equal shape joined along a new axis.",
    {"axis": 0},
    operands=None,
    cases=({}, {"axis": -1}),
    shapes=((3, 4), (3, 4)),
    names=Names(method=False, args=("arrays",)),
    slope=_PARTS,
    returns="Of the shape of the first with a new axis, as long as there are tensors.",
    complex=True,
)
