"""`numpy.pad`: modes that move elements do so by their positions, modes that compute their edges do
axis after axis.

Start at `pad`; `EDGES` has the modes that compute.
"""

from math import copysign

import numpy as np

from ...base.dtypes import is_inexact
from ...base.errors import ArgumentError, ShapeError
from ...frontend.convert import as_operand
from ...ir.shapes import as_int, normalize_axis
from ..fallback import arrays, fallback, loses_gradient
from .composed import op
from .rearranged import Elements
from .writes import handler

#: The parameter that a mode has, and its default.
PARAMETERS = {
    "constant": ("constant_values", 0),
    "linear_ramp": ("end_values", 0),
    "maximum": ("stat_length", None),
    "minimum": ("stat_length", None),
    "mean": ("stat_length", None),
    "median": ("stat_length", None),
    "reflect": ("reflect_type", "even"),
    "symmetric": ("reflect_type", "even"),
    "edge": (),
    "wrap": (),
    "empty": (),
}


@handler
def pad(array, pad_width, mode="constant", **kwargs):
    x = as_operand(array)
    widths = _widths(pad_width, x.ndim)
    if not widths:
        return x.clone()
    if callable(mode):
        return _by_function(x, widths, mode, kwargs)
    name, value = _parameter(mode, kwargs)
    if mode in ("edge", "wrap", "reflect", "symmetric") and value != "odd":
        return _moved(x, widths, mode, kwargs)
    if not is_inexact(x.dtype) and not loses_gradient(kwargs):
        return fallback(np.pad, (x, widths, mode), kwargs)
    if mode == "constant" and _is_zero(value):
        return _with_zeros(x, widths)
    if mode not in ("constant", "empty") and any(
        not n and any(w) for n, w in zip(x.shape, widths, strict=True)
    ):
        raise ShapeError(
            f"got shape {x.shape} for mode={mode!r}, expected elements, or mode='constant'"
        )
    per_axis = name in ("constant_values", "end_values", "stat_length")
    return _with_edges(x, widths, mode, _per_axis(value, x.ndim) if per_axis else (value,) * x.ndim)


def _parameter(mode, kwargs):
    """The parameter that a mode has, "" for none, and its value."""
    if mode not in PARAMETERS:
        raise ArgumentError(
            f"got mode={mode!r}, expected a function, or one of {', '.join(PARAMETERS)}"
        )
    name, default = PARAMETERS[mode] or ("", None)
    if not set(kwargs) <= {name}:
        raise ArgumentError(
            f"got {', '.join(kwargs)} for mode={mode!r}, expected {name or 'no other parameter'}"
        )
    return name, kwargs.get(name, default)


def _is_zero(value):
    return type(value) in (int, float) and value == 0 and copysign(1, value) > 0


def _with_zeros(x, widths):
    shape = [n + sum(width) for n, width in zip(x.shape, widths, strict=True)]
    if tuple(shape) == x.shape:
        return x.clone()
    return op.zero_padded(x, tuple(shape), tuple([before for before, _ in widths]))


def _with_edges(x, widths, mode, values):
    """`x` with the edges that `mode` computes, along one axis after the other."""
    for axis, (left, right) in enumerate(widths):
        if left or right:
            rows = op.moveaxis(x, axis, 0)
            before, after = EDGES[mode](rows, left, right, values[axis], mode)
            x = op.moveaxis(op.concatenate([before.to(x.dtype), rows, after.to(x.dtype)]), 0, axis)
    return x if any(map(any, widths)) else x.clone()


def _widths(pad_width, ndim):
    """How many elements are put before and after, for each axis."""
    if isinstance(pad_width, dict):
        out = [(0, 0)] * ndim
        for axis, width in pad_width.items():
            out[normalize_axis(axis, ndim)] = tuple(np.broadcast_to(width, 2).tolist())
    else:
        try:
            out = [
                tuple(pair)
                for pair in np.broadcast_to(np.asarray(arrays(pad_width)), (ndim, 2)).tolist()
            ]
        except ValueError:
            raise ShapeError(
                f"got pad_width={pad_width!r} for {ndim} axes, expected a number, a pair, or a "
                "pair for each axis"
            ) from None
    out = [tuple(as_int(n, "pad_width") for n in pair) for pair in out]
    if any(n < 0 for pair in out for n in pair):
        raise ArgumentError(f"got pad_width={pad_width!r}, expected numbers of at least 0")
    return out


def _per_axis(value, ndim):
    """A pair of values for each axis."""
    return (
        ((None, None),) * ndim
        if value is None
        else tuple(as_operand(value).broadcast_to((ndim, 2)))
    )


def _moved(x, widths, mode, kwargs):
    elements = Elements()
    inside = elements.positions(x)
    try:
        return elements.at(np.pad(inside, widths, mode, **kwargs), x.dtype)
    except ValueError as error:  # of an empty axis
        raise ShapeError(f"got shape {x.shape} for mode={mode!r}: {error}") from None


# --- what edges are -------------------------------------------------------------------------------


def _repeated(row, n):
    return row.reshape((1, *row.shape)).broadcast_to((n, *row.shape))


def _constant(rows, left, right, values, mode):
    shape = rows.shape[1:]
    first, last = (0.0, 0.0) if mode == "empty" else values
    return tuple(as_operand(v).broadcast_to((n, *shape)) for v, n in ((first, left), (last, right)))


def _ramp(rows, left, right, values, mode):
    def ramp(row, end, n):
        steps = as_operand((np.arange(n) / max(n, 1)).reshape((n,) + (1,) * row.ndim))
        return end + steps * (row - end)

    return ramp(rows[0], values[0], left), ramp(rows[-1], values[1], right).flip(0)


def _statistic(rows, left, right, lengths, mode):
    n, of = (
        len(rows),
        {"mean": np.mean, "median": np.median, "maximum": np.max, "minimum": np.min}[mode],
    )
    lengths = [n if k is None else min(int(k), n) for k in lengths]
    if 0 in lengths and mode in ("maximum", "minimum"):
        raise ArgumentError(
            "got stat_length=0, expected at least one element for a maximum or minimum"
        )
    first = of(rows[: lengths[0]], axis=0)
    return _repeated(first, left), _repeated(of(rows[n - lengths[1] :], axis=0), right)


def _odd(rows, left, right, kind, mode):
    """What `rows` are reflected to at their ends, turned round: sums of an element and multiples of
    those at the ends, which NumPy tells by what it makes of three rows of whole numbers."""
    n = len(rows)
    ends = np.eye(n, dtype=np.int64)[[0, -1]]
    first, last = (np.pad(e, (left, right), mode, reflect_type="odd") for e in ends)
    last = last if n > 1 else 0 * last
    inner = np.arange(n)
    inner[-1] = 0
    inner = np.pad(inner, (left, right), mode, reflect_type="odd")

    def at(part):
        a, b, c = (
            as_operand(v[part].reshape((-1,) + (1,) * (rows.ndim - 1)))
            for v in (first, last, inner)
        )
        return (
            op.take(rows, np.abs(inner[part]), 0) * op.sign(c).to(rows.dtype)
            + a * rows[0]
            + b * rows[-1]
        )

    return at(slice(left)), at(slice(left + n, None))


EDGES = {
    "constant": _constant,
    "empty": _constant,
    "linear_ramp": _ramp,
    "reflect": _odd,
    "symmetric": _odd,
    **dict.fromkeys(("maximum", "minimum", "mean", "median"), _statistic),
}


def _by_function(x, widths, function, kwargs):
    """The function gets each row with zeros around it, and writes what it puts there."""
    x = pad(x, widths)
    for axis in range(x.ndim):
        rows = op.moveaxis(x, axis, -1)
        shape, rows = rows.shape, rows.reshape((-1, rows.shape[-1]))
        done = []
        for row in rows:
            done.append(row.clone())
            function(done[-1], widths[axis], axis, kwargs)
        x = op.moveaxis(op.stack(done).reshape(shape), -1, axis) if done else x
    return x
