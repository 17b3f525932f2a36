"""Shape operations: they move elements and compute nothing.

The primitives are broadcast, permute, reshape, slice and its adjoint pad; everything else is built
of them. Slices with a negative step are how a tensor is flipped. `write_through` is the inverse of
a chain of them: how a write to a view reaches what it views. Start at `slice_node` and
`write_through`.
"""

import builtins

import numpy as np

from ..base.dtypes import BOOL, INT64
from ..base.errors import AliasError, ArgumentError, AxisError, ShapeError
from ..ir import Node, Op, const, leaf, rebuilt
from ..ir.shapes import (
    as_int,
    contiguous,
    drop_axes,
    normalize_axes,
    normalize_axis,
    reduced_axes,
    stretches,
)
from .elementwise import where
from .registry import (
    BROADCAST,
    CAST,
    NONZERO,
    REQUIRED,
    RESHAPE,
    Entry,
    broadcast,
    cast,
    common_dtypes,
    is_float,
    movement,
    reshape_to,
    zeros,
)

# --- primitives -----------------------------------------------------------------------------------


def _region(starts, steps, lengths):
    """The NumPy index of out[start + i * step], i < length, on every axis."""
    out = []
    for start, step, n in zip(starts, steps, lengths, strict=True):
        start = int(start)
        stop = start + step * n
        out.append(slice(start, stop if stop >= 0 else None, step) if n else slice(0, 0))
    return tuple(out)


def _slice_reference(x, *starts, node):
    return x[_region(starts, node.arg, node.shape)]


def _pad_reference(g, *starts, node):
    out = np.zeros(node.shape, node.dtype)
    out[_region(starts, node.arg, g.shape)] = g
    return out


def _update_reference(x, new, *starts, node):
    return update_in_place(np.array(x), new, *starts, node=node)


def update_in_place(x, new, *starts, node):
    """`UPDATE`, in the memory of `x`, which nobody else reads."""
    x[_region(starts, node.arg, new.shape)] = new
    return x


def added(x, g, *starts, node):
    """``x + pad(g)``, where `node` is the pad."""
    return added_in_place(np.array(x), g, *starts, node=node)


def added_in_place(x, g, *starts, node):
    """The same in the memory of `x`, which nobody else reads; a -0.0 beside the region stays
    one."""
    x[_region(starts, node.arg, g.shape)] += g
    return x


PERMUTE = Op(
    "permute", "permute", lambda x, node: x.transpose(node.arg),
    vjp=lambda g, node: (permute(g, tuple(np.argsort(node.arg).tolist())),),
    jvp=lambda t, node: permute(t[0], node.arg),
)  # fmt: skip
SLICE = Op(
    "slice",
    "slice",
    _slice_reference,
    vjp=lambda g, node: (
        pad_node(g, node.src[1:], node.arg, node.src[0].shape),
        *(None,) * len(node.arg),
    ),
    jvp=lambda t, node: slice_node(t[0], node.src[1:], node.arg, node.shape),
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
)
UPDATE = Op(
    "update", "update", _update_reference,
    vjp=lambda g, node: (
        update_node(g, zeros(node.src[1]), node.src[2:], node.arg),
        slice_node(g, node.src[2:], node.arg, node.src[1].shape),
        *(None,) * len(node.arg),
    ),
    jvp=lambda t, node: update_node(
        _tangent(t[0], node.src[0]), _tangent(t[1], node.src[1]), node.src[2:], node.arg
    ),
)  # fmt: skip


def _tangent(t, x):
    return zeros(x) if t is None else t


def permute(x, axes):
    if x.op is PERMUTE:
        x, axes = x.src[0], tuple(x.arg[a] for a in axes)
    if axes == tuple(range(x.ndim)):
        return x
    return Node(PERMUTE, (x,), axes, tuple(x.shape[a] for a in axes), x.dtype)


def _start(value):
    """A slice's start: a constant, or a Python number of the segment, so that a loop over it
    compiles once."""
    return value if isinstance(value, Node) else const(value, INT64)


def slice_node(x, starts, steps, shape):
    """out[i] = x[start + i * step], one start and step per axis."""
    starts = tuple(map(_start, starts))
    if tuple(shape) == x.shape and all(s == 1 for s in steps):
        return x  # whatever the starts are: a slice of everything begins at 0
    return Node(SLICE, (x, *starts), tuple(steps), tuple(shape), x.dtype)


def pad_node(g, starts, steps, shape):
    """Zeros of `shape` with out[start + i * step] = g[i]."""
    starts = tuple(map(_start, starts))
    if g.shape == tuple(shape) and all(s == 1 for s in steps):
        return g
    return Node(PAD, (g, *starts), tuple(steps), tuple(shape), g.dtype)


def update_node(x, new, starts, steps):
    """`x` with out[start + i * step] = new[i]."""
    starts = tuple(map(_start, starts))
    if new.shape == x.shape and all(s == 1 for s in steps):
        return new
    return Node(UPDATE, (x, new, *starts), tuple(steps), x.shape, x.dtype)


def selected(node):
    """An update as a choice for each element, which fuses: where(inside, new, x)."""
    x, new, *starts = node.src
    inside = pad_node(broadcast(const(True, BOOL), new.shape), starts, node.arg, x.shape)
    return where(inside, pad_node(new, starts, node.arg, x.shape), x)


def write_through(base, view_of, new):
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


def _refilled(view, hole, base):
    """The movements `view` of `hole`, on `base`."""
    if view is hole:
        return base
    return rebuilt(view, (_refilled(view.src[0], hole, base), *view.src[1:]))


def _unmove(node, new, refilled):
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
    if node.op in (CAST, NONZERO) or len(node.src) == 1:
        return cast(new, x.dtype)
    raise AliasError(
        f"got a write through {node.op.name}, which is not a view; write to a .clone() of it"
    )


def layout(view, base, strides):
    """Strides of `view`, movements of `base` that has `strides`; None where NumPy would have to
    copy."""
    chain = []
    while view is not base:
        chain.append(view)
        view = view.src[0]
    for node in reversed(chain):
        if strides is not None:
            strides = _moved_strides(node, strides)
    return strides


def _moved_strides(node, strides):
    x = node.src[0]
    if node.op is PERMUTE:
        return tuple(strides[a] for a in node.arg)
    if node.op is SLICE:
        return tuple(s * step for s, step in zip(strides, node.arg, strict=True))
    if node.op is BROADCAST:
        return tuple(
            s if n == m else 0 for s, n, m in zip(strides, x.shape, node.shape, strict=True)
        )
    return _reshaped_strides(x.shape, strides, node.shape) if node.op is RESHAPE else strides


def _reshaped_strides(shape, strides, new):
    """A reshape splits and joins axes; it can join those that follow each other in memory only."""
    if 0 in shape:
        return contiguous(new)
    runs = []
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


# --- entries --------------------------------------------------------------------------------------


def _permutation(axes, ndim):
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
    "transpose",
    np.transpose,
    lambda x, axes: permute(x, _permutation(axes, x.ndim)),
    {"axes": None},
    aliases=("permute_dims",),
    spread="axes",
    methods=("permute", "t"),
    properties=("T",),
    cases=({}, {"axes": (1, 0, 2)}),
    shapes=((3, 2, 4),),
    doc="The axes in another order; reversed by default.",
)


def _swapaxes(x, axis1, axis2):
    axes = list(range(x.ndim))
    i, j = normalize_axis(axis1, x.ndim), normalize_axis(axis2, x.ndim)
    axes[i], axes[j] = axes[j], axes[i]
    return permute(x, tuple(axes))


swapaxes = movement(
    "swapaxes",
    np.swapaxes,
    _swapaxes,
    {"axis1": REQUIRED, "axis2": REQUIRED},
    cases=({"axis1": 0, "axis2": -1},),
    doc="Two axes exchanged.",
)


def _moveaxis(x, source, destination):
    def several(a):
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
    "moveaxis", np.moveaxis, _moveaxis, {"source": REQUIRED, "destination": REQUIRED}, method=False,
    cases=({"source": 0, "destination": -1},), doc="Axes moved to new places, the others in order.",
)  # fmt: skip
matrix_transpose = movement(
    "matrix_transpose",
    getattr(np, "matrix_transpose", None),
    lambda x: _swapaxes(x, -1, -2),
    method=False,
    properties=("mT",),
    shapes=((3, 4),),
    doc="The last two axes exchanged.",
)


def _expand_dims(x, axis):
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    axes = normalize_axes(tuple(axes), x.ndim + len(axes))
    lengths = iter(x.shape)
    return reshape_to(
        x, tuple(1 if i in axes else next(lengths) for i in range(x.ndim + len(axes)))
    )


expand_dims = movement(
    "expand_dims",
    np.expand_dims,
    _expand_dims,
    {"axis": REQUIRED},
    aliases=("unsqueeze",),
    cases=({"axis": 0}, {"axis": (0, -1)}),
    doc="New axes of length 1 at the given places of the result.",
)


def _squeeze(x, axis):
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
    "squeeze",
    np.squeeze,
    _squeeze,
    {"axis": None},
    shapes=((3, 1, 2),),
    cases=({}, {"axis": 1}),
    doc="Without axes of length 1.",
)


def _broadcast_to(x, shape):
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
    "broadcast_to",
    np.broadcast_to,
    _broadcast_to,
    {"shape": REQUIRED},
    aliases=("expand",),
    spread="shape",
    shapes=((3, 1),),
    cases=({"shape": (2, 3, 4)},),
    doc="The tensor stretched to a shape, in which -1 keeps a length; a view that cannot be "
    "written to.",
)


def _flip(x, axis):
    axes = normalize_axes(axis, x.ndim)
    starts = [n - 1 if i in axes else 0 for i, n in enumerate(x.shape)]
    return (
        slice_node(x, starts, [-1 if i in axes else 1 for i in range(x.ndim)], x.shape)
        if x.size
        else x
    )


flip = movement(
    "flip",
    np.flip,
    _flip,
    {"axis": None},
    cases=({}, {"axis": 0}),
    doc="The order along `axis` reversed (all axes by default).",
)
flipud = movement(
    "flipud",
    np.flipud,
    lambda x: _flip(x, 0),
    method=False,
    shapes=((3, 4),),
    doc="Rows in reverse order.",
)
fliplr = movement(
    "fliplr",
    np.fliplr,
    lambda x: _flip(x, 1),
    method=False,
    shapes=((3, 4),),
    doc="Columns in reverse order.",
)


def _roll(x, shift, axis):
    if axis is None:
        return reshape_to(_roll(reshape_to(x, (x.size,)), shift, 0), x.shape)
    shifts = shift if isinstance(shift, (tuple, list)) else (shift,)
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    if len(shifts) != len(axes):
        if 1 not in (len(shifts), len(axes)):
            raise ArgumentError(
                f"got {len(shifts)} shifts for {len(axes)} axes, expected as many, or one"
            )
        shifts, axes = (
            shifts * (len(axes) if len(shifts) == 1 else 1),
            axes * (len(shifts) if len(axes) == 1 else 1),
        )
    for k, a in zip(shifts, axes, strict=True):
        a = normalize_axis(a, x.ndim)
        n = x.shape[a]
        k = as_int(k, "a shift") % n if n else 0
        if k:
            x = _concatenate([_part(x, a, n - k, k), _part(x, a, 0, n - k)], a)
    return x


def _part(x, axis, start, length):
    starts = [start if i == axis else 0 for i in range(x.ndim)]
    return slice_node(
        x, starts, (1,) * x.ndim, tuple(length if i == axis else n for i, n in enumerate(x.shape))
    )


roll = movement(
    "roll", np.roll, _roll, {"shift": REQUIRED, "axis": None}, view=False,
    cases=({"shift": 2}, {"shift": -1, "axis": 0}),
    doc="Elements moved on by `shift`, those that leave at the end entering at the start.",
)  # fmt: skip

# --- joining --------------------------------------------------------------------------------------


def _parts(g, node):
    out, at = [], 0
    for s in node.src:
        n = s.shape[node.arg]
        out.append(_part(g, node.arg, at, n) if is_float(s.dtype) else None)
        at += n
    return tuple(out)


def _join_jvp(t, node):
    parts = [_tangent(v, s) for v, s in zip(t, node.src, strict=True)]
    return Node(CONCATENATE, tuple(parts), node.arg, node.shape, node.dtype)


CONCATENATE = Op(
    "concatenate",
    "call",
    lambda *xs, node: np.concatenate(xs, axis=node.arg),
    vjp=_parts,
    jvp=_join_jvp,
)


def _concatenate(xs, axis):
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
        builtins.sum(x.shape[i] for x in xs) if i == axis else n for i, n in enumerate(first.shape)
    )
    return Node(CONCATENATE, xs, axis, shape, dtype)


def _stack(xs, axis):
    if not xs:
        raise ArgumentError("got nothing to stack; give at least one tensor")
    for x in xs:
        if x.shape != xs[0].shape:
            raise ShapeError(
                f"got shapes {', '.join(str(y.shape) for y in xs)} to stack, expected equal shapes"
            )
    axis = normalize_axis(axis, xs[0].ndim + 1)
    return _concatenate([_expand_dims(x, axis) for x in xs], axis)


concatenate = Entry(
    "concatenate", np.concatenate, _concatenate, None, {"axis": 0}, op=CONCATENATE, method=False,
    aliases=("concat", "cat"), cases=({}, {"axis": 1}), shapes=((3, 4), (3, 4)), args=("arrays",),
    doc="Tensors joined along an axis they have.",
)  # fmt: skip
stack = Entry(
    "stack",
    np.stack,
    _stack,
    None,
    {"axis": 0},
    method=False,
    cases=({}, {"axis": -1}),
    shapes=((3, 4), (3, 4)),
    args=("arrays",),
    doc="Tensors of equal shape joined along a new axis.",
)
