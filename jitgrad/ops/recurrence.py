"""The linear recurrence ``out[i] = decay[i] * out[i - 1] + x[i]``: a scan of two operands.

It is a primitive because the derivatives of scans are this: of cumprod, cummax, cummin and
logcumsumexp, and of itself, in both modes and to any order, without a division and without a
difference of large sums. Start at `recur`; `after` and `before` are how derivative rules read a
scan's neighbours.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..base.dtypes import FLOAT64, is_inexact
from ..ir import Node, Op, total
from ..ir.shapes import Axes, broadcast_shapes, normalize_axis
from .movement import pad_node, slice_node, update_node
from .primitives import as_node, broadcast, cast
from .promotion import common_dtypes
from .records import Names
from .registry import operation

# --- neighbours along a scan ----------------------------------------------------------------------


def _starts(x: Node, axis: int, reverse: bool) -> tuple[int, ...]:
    return tuple(0 if a != axis or reverse else 1 for a in range(x.ndim))


def _sized(shape: tuple[int, ...], axis: int, n: int) -> tuple[int, ...]:
    return (*shape[:axis], n, *shape[axis + 1 :])


def rest(x: Node, axis: int, reverse: bool) -> Node:
    """`x` without the element that a scan comes to first."""
    shape = _sized(x.shape, axis, max(x.shape[axis] - 1, 0))
    return slice_node(x, _starts(x, axis, reverse), (1,) * x.ndim, shape)


def behind(x: Node, shape: tuple[int, ...], axis: int, reverse: bool) -> Node:
    """`x`, which has one element less than `shape`, behind a 0 that a scan comes to first."""
    return pad_node(x, _starts(x, axis, reverse), (1,) * x.ndim, shape)


def behind_first(x: Node, new: Node, axis: int, reverse: bool) -> Node:
    """`new`, which has one element less than `x`, behind what `x` has where a scan comes to
    first."""
    return update_node(x, new, _starts(x, axis, reverse), (1,) * x.ndim)


def after(x: Node, axis: int, reverse: bool) -> Node:
    """For each element the one that a scan comes to next; 0 at its end."""
    return behind(rest(x, axis, reverse), x.shape, axis, not reverse)


def before(x: Node, axis: int, reverse: bool) -> Node:
    """For each element the one that a scan came from; 0 at its start."""
    return after(x, axis, not reverse)


def zero_first(x: Node, axis: int, reverse: bool) -> Node:
    """`x` with 0 for the element that a scan comes to first."""
    return behind(rest(x, axis, reverse), x.shape, axis, reverse)


# --- the primitive --------------------------------------------------------------------------------

#: Lanes from which a step of the NumPy tier is worth its calls; fewer are made more by cutting the
#: axis into blocks.
LANES = 256


def _reference(x: np.ndarray, decay: np.ndarray, node: Node) -> np.ndarray:
    axis, reverse = node.arg
    if not x.size:
        return x
    x, decay = (np.flip(v, axis) if reverse else v for v in (x, decay))
    x, decay = (np.moveaxis(v, axis, 0) for v in (x, decay))
    out = _solve(*(np.ascontiguousarray(v).reshape(len(v), -1) for v in (x, decay))).reshape(
        x.shape
    )
    out = np.moveaxis(out, 0, axis)
    return np.flip(out, axis) if reverse else out


def _solve(x: np.ndarray, decay: np.ndarray) -> np.ndarray:
    """The recurrence along the first axis of matrices."""
    n, lanes = x.shape
    if lanes >= LANES or n <= 32:
        return _stepped(x, decay)
    # Blocks side by side are more lanes: each is solved from 0, then what enters it is added,
    # faded.
    length = int(np.sqrt(n))
    blocks = -(-n // length)
    rows, decays = (_side_by_side(v, blocks, length) for v in (x, decay))
    out, fade, cut = _stepped(rows, decays), np.cumprod(decays, axis=0), decays == 0
    cut = np.logical_or.accumulate(cut) if cut.any() else cut
    last, faded, cuts = (v.reshape(blocks, lanes).T for v in (out[-1], fade[-1], cut[-1]))
    ends = [_join(*totals, x) for totals in zip(last, faded, cuts, strict=True)]
    known = [e for e in ends if e is not None]
    if len(known) < len(ends):
        return _one_by_one(x, decay)
    entering = np.concatenate([np.zeros(lanes, x.dtype), np.stack(known, 1).reshape(-1)[:-lanes]])
    if not _enters(out, entering, fade, cut):
        return _one_by_one(x, decay)
    return out.reshape(length, blocks, lanes).transpose(1, 0, 2).reshape(-1, lanes)[:n]


def _enters(out: np.ndarray, entering: np.ndarray, fade: np.ndarray, cut: np.ndarray) -> bool:
    """Add to `out` what enters, times `fade`, where it is not `cut` off; False if products out of
    range do not tell what that is."""
    odd = ~np.isfinite(entering)
    if not np.isfinite(fade[-1]).all():
        unknown = (np.abs(entering) < 1) | np.isnan(out)
        if (np.isinf(fade) & ~cut & (entering != 0) & unknown).any():
            return False
        fade[np.isnan(fade)] = 0  # as `_join`
    if odd.any():
        fade[:, odd] = np.copysign(1, fade[:, odd])
    fade *= entering
    if cut[-1].any():
        fade[cut] = 0  # 0 * inf is nan
    fade[:, entering == 0] = 0
    known = np.isfinite(out[-1]).all() or not (np.isinf(fade) & (fade == -out)).any()
    out += fade
    return known


def _side_by_side(x: np.ndarray, blocks: int, length: int) -> np.ndarray:
    whole = np.zeros((blocks * length, x.shape[1]), x.dtype)
    whole[: len(x)] = x
    return np.ascontiguousarray(whole.reshape(blocks, length, -1).transpose(1, 0, 2)).reshape(
        length, -1
    )


def _stepped(x: np.ndarray, decay: np.ndarray) -> np.ndarray:
    out, cut = np.empty_like(x), decay == 0
    cut = cut if cut.any() else None
    out[0] = 0 * decay[0] + x[0]
    for i in range(1, len(x)):
        np.multiply(out[i - 1], decay[i], out=out[i])
        if cut is not None:
            np.copyto(out[i], 0, where=cut[i])  # 0 * inf would be nan
        np.add(out[i], x[i], out=out[i])
    return out


def _one_by_one(x: np.ndarray, decay: np.ndarray) -> np.ndarray:
    """As `_stepped`, for few lanes: slow, and right whatever the products of decays are."""
    out = np.empty_like(x)
    for lane in range(x.shape[1]):
        last = x.dtype.type(0)
        for i, (new, factor) in enumerate(zip(x[:, lane], decay[:, lane], strict=True)):
            out[i, lane] = last = last * factor + new if factor else new
    return out


def _join(
    last: np.ndarray, faded: np.ndarray, cuts: np.ndarray, node: Node | np.ndarray
) -> np.ndarray | None:
    """The results at the ends of blocks: of each is known the `last` result, from 0, how what
    enters is `faded` in it, and how many decays of 0 keep that out. None where sums or products out
    of range do not tell."""
    out, entering = [], 0.0
    for result, fade, cut in zip(last.tolist(), faded.tolist(), cuts.tolist(), strict=True):
        # 0 stays 0, however large the product of the decays; where that is nan, so is the result,
        # or 0 met inf in it.
        if entering and not cut and not math.isnan(fade):
            # An infinity stays, where the product is 0 because it is so small.
            added = (
                entering * fade if math.isfinite(entering) else entering * math.copysign(1, fade)
            )
            if math.isinf(added) and (result == -added or abs(entering) < 1 or math.isnan(result)):
                return None
            result += added
        out.append(result)
        entering = result
    return np.array(out, node.dtype)


def _vjp(g: Node, node: Node) -> tuple[Node | None, ...]:
    _, decay = node.src
    axis, reverse = node.arg
    g = recur(g, after(decay, axis, reverse), axis, not reverse)
    return g, g * before(node, axis, reverse)


def _jvp(t: Sequence[Any], node: Node) -> Node | None:
    x, decay = t
    if decay is not None:
        decay = decay * before(node, *node.arg)
        x = decay if x is None else x + decay
    return recur(x, node.src[1], *node.arg)


RECURRENCE = Op(
    "linear_recurrence",
    "scan",
    _reference,
    identity=lambda dtype: 0,
    cost=4,
    combine="({0} * {2} + {1} if {2} != 0 else {1})",
    vjp=_vjp,
    jvp=_jvp,
    join=_join,
    totals=(
        total("last", 0, "({0} * {2} + {1} if {2} != 0 else {1})"),
        total("product", 1, "({0} * {2})"),
        total("zeros", 0, "({0} + 1 if {2} == 0 else {0})"),
    ),
)


def recur(x: Node, decay: Node, axis: int, reverse: bool) -> Node:
    """The node of ``out[i] = decay[i] * out[i - 1] + x[i]``, from the end if `reverse`."""
    return Node(RECURRENCE, (x, decay), (axis, reverse), x.shape, x.dtype)


def _linear_recurrence(x: Node | float, decay: Node | float, axis: Axes, reverse: bool) -> Node:
    dtype = common_dtypes((x, decay))[1]
    dtype = dtype if is_inexact(dtype) else FLOAT64
    x, decay = as_node(x), as_node(decay)
    shape = broadcast_shapes(x.shape, decay.shape) or (1,)
    x, decay = (broadcast(cast(v, dtype), shape) for v in (x, decay))
    axis, reverse = normalize_axis(axis, len(shape)), bool(reverse)
    # 0 * inf is not what the first begins with.
    return recur(x, zero_first(decay, axis, reverse), axis, reverse)


linear_recurrence = operation(
    "linear_recurrence",
    _linear_recurrence,
    "out[i] = decay[i] * out[i - 1] + x[i] along `axis`, out[0] = x[0]: moving averages, filters, "
    "discounted sums. A decay of 0 forgets all that came before, inf and nan, too.",
    {"axis": -1, "reverse": False},
    operands=2,
    op=RECURRENCE,
    on=((-2, 2), (-0.9, 0.9)),
    slope="That of x is the recurrence of the gradient from the other end; that of decay the same, "
    "times the result before.",
    cases=({}, {"axis": 0}, {"axis": 1, "reverse": True}),
    names=Names(args=("x", "decay")),
    complex=True,
)
