"""Views that move, add, drop and stretch axes. One entry each."""

from __future__ import annotations

from typing import Any, SupportsIndex

import numpy as np

from ..base.errors import AxisError, ShapeError
from ..ir import Node
from ..ir.shapes import (
    Axes,
    as_int,
    drop_axes,
    normalize_axes,
    normalize_axis,
    reduced_axes,
    stretches,
)
from .movement import permute
from .primitives import broadcast, reshape_to
from .records import Names
from .registry import REQUIRED, movement


def _permutation(axes: Any, ndim: int) -> tuple[int, ...]:
    if axes is None:
        return tuple(reversed(range(ndim)))
    axes = axes if isinstance(axes, (tuple, list)) else (axes,)
    out = tuple(normalize_axis(a, ndim) for a in axes)
    if sorted(out) != list(range(ndim)):
        raise AxisError(
            f"got axes {tuple(axes)} for a tensor of {ndim} dimensions, expected each axis once"
        )
    return out


transpose = movement(
    np.transpose,
    lambda x, axes: permute(x, _permutation(axes, x.ndim)),
    "The axes in another order; reversed by default.",
    {"axes": None},
    cases=({}, {"axes": (1, 0, 2)}),
    shapes=((3, 2, 4),),
    names=Names(
        aliases=("permute_dims",), methods=("permute", "t"), properties=("T",), spread="axes"
    ),
)


def _swapaxes(x: Node, axis1: SupportsIndex, axis2: SupportsIndex) -> Node:
    axes = list(range(x.ndim))
    i, j = normalize_axis(axis1, x.ndim), normalize_axis(axis2, x.ndim)
    axes[i], axes[j] = axes[j], axes[i]
    return permute(x, tuple(axes))


swapaxes = movement(
    np.swapaxes,
    _swapaxes,
    "Two axes exchanged.",
    {"axis1": REQUIRED, "axis2": REQUIRED},
    cases=({"axis1": 0, "axis2": -1},),
)


def _moveaxis(x: Node, source: Axes, destination: Axes) -> Node:
    def several(a: Axes) -> tuple[int, ...]:
        return tuple(
            normalize_axis(i, x.ndim) for i in (a if isinstance(a, (tuple, list)) else (a,))
        )

    source, destination = several(source), several(destination)
    if (
        len(source) != len(destination)
        or len(set(source)) != len(source)
        or len(set(destination)) != len(destination)
    ):
        raise AxisError(
            f"got moveaxis from {source} to {destination}, expected as many axes in each, none "
            "repeated"
        )
    order = [a for a in range(x.ndim) if a not in source]
    for d, s in sorted(zip(destination, source, strict=True)):
        order.insert(d, s)
    return permute(x, tuple(order))


moveaxis = movement(
    np.moveaxis,
    _moveaxis,
    "Axes moved to new places, the others in order.",
    {"source": REQUIRED, "destination": REQUIRED},
    cases=({"source": 0, "destination": -1},),
    names=Names(method=False),
)
matrix_transpose = movement(
    np.matrix_transpose,
    lambda x: _swapaxes(x, -1, -2),
    "The last two axes exchanged.",
    shapes=((3, 4),),
    names=Names(method=False, properties=("mT",)),
)


def _expand_dims(x: Node, axis: Axes) -> Node:
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    axes = normalize_axes(tuple(axes), x.ndim + len(axes))
    lengths = iter(x.shape)
    return reshape_to(
        x, tuple(1 if i in axes else next(lengths) for i in range(x.ndim + len(axes)))
    )


expand_dims = movement(
    np.expand_dims,
    _expand_dims,
    "New axes of length 1 at the given places of the result.",
    {"axis": REQUIRED},
    cases=({"axis": 0}, {"axis": (0, -1)}),
    names=Names(aliases=("unsqueeze",)),
    returns="A view with an axis of length 1 at each place in `axis`.",
)


def _squeeze(x: Node, axis: Axes) -> Node:
    axes = (
        tuple(i for i, n in enumerate(x.shape) if n == 1)
        if axis is None
        else reduced_axes(axis, x.ndim)
    )
    for a in axes:
        if x.shape[a] != 1:
            raise ShapeError(
                f"got squeeze of axis {a} of shape {x.shape}, expected length 1 there; leave that "
                "axis out"
            )
    return reshape_to(x, drop_axes(x.shape, axes))


squeeze = movement(
    np.squeeze,
    _squeeze,
    "Without axes of length 1.",
    {"axis": None},
    shapes=((3, 1, 2),),
    cases=({}, {"axis": 1}),
    returns="A view without these axes.",
)


def _broadcast_to(x: Node, shape: Any) -> Node:
    shape = tuple(
        as_int(n, "length") for n in (shape if isinstance(shape, (tuple, list)) else (shape,))
    )
    lengths = (None,) * (len(shape) - x.ndim) + x.shape  # -1 keeps one, as in PyTorch
    shape = tuple(
        m if n == -1 and m is not None else n for n, m in zip(shape, lengths, strict=False)
    )
    if not stretches(x.shape, shape):
        raise ShapeError(
            f"got broadcast_to of {x.shape} to {shape}, "
            "expected each length of the tensor to be 1 or equal, counted from the right"
        )
    return broadcast(x, shape)


broadcast_to = movement(
    np.broadcast_to,
    _broadcast_to,
    "The tensor stretched to a shape, in which -1 keeps a length; a view that cannot be written "
    "to.",
    {"shape": REQUIRED},
    shapes=((3, 1),),
    cases=({"shape": (2, 3, 4)},),
    names=Names(aliases=("expand",), spread="shape"),
    returns="A view of shape `shape`.",
    slope="The gradient is summed over the axes that were stretched.",
)
