"""`interp1d`, `interpn` and `RegularGridInterpolator`: linear interpolation, and the nearest value,
in one dimension and on grids.

Start at `RegularGridInterpolator`.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import numpy as jnp
from ...base.errors import ArgumentError, ShapeError
from ...base.surface import surface, surfaces
from ...frontend.convert import as_operand
from ...frontend.tensor import Tensor
from ...ir.shapes import as_int, normalize_axis
from .b_splines import BSpline, make_interp_spline
from .piecewise_polynomials import PPoly, floats, given_back, increasing, numbers
from .splines import CubicSpline

#: Kinds of `interp1d` that have one value on each piece: which end it is that of.
STEPS = ("nearest", "nearest-up", "next", "previous", "zero")
#: Those that are splines of a degree.
DEGREES: dict[Any, int] = {"slinear": 1, "quadratic": 2}
#: How many samples those take that are no splines of a degree, if not one.
LEAST: dict[Any, int] = {"cubic": 4}
#: What there is nothing of beyond the ends.
_BEYOND = {"next": (None, np.nan), "previous": (np.nan, None)}


@surfaces
class interp1d:
    """A function that interpolates values in one dimension, as `scipy.interpolate.interp1d`.

    Parameters
    ----------
    x : array_like of shape (n,)
    y : array_like
        With n elements along `axis`.
    kind : str
        "linear", "cubic", "nearest", "nearest-up", "next", "previous", "zero", "slinear" or
        "quadratic", or the degree of a spline.
    axis, bounds_error, fill_value, assume_sorted
        As in SciPy; `copy` has no effect.

    Notes
    -----
    `x`, `y`, and the places at which it is called may require grad; then results are tensors.

    References
    ----------
    ``scipy.interpolate.interp1d``.

    Examples
    --------
    >>> y = jitgrad.tensor([0.0, 1.0, 4.0], requires_grad=True)
    >>> f = interp1d([0.0, 1.0, 2.0], y)
    >>> jitgrad.autograd.grad(f(1.25), y)
    (tensor([0.  , 0.75, 0.25]),)
    """

    def __init__(
        self,
        x: Any,
        y: Any,
        kind: str | int = "linear",
        axis: int = -1,
        copy: bool = True,
        bounds_error: Any = None,
        fill_value: Any = np.nan,
        assume_sorted: bool = False,
    ) -> None:
        degree = DEGREES.get(kind, kind)
        if not isinstance(degree, (int, np.integer)) and kind not in ("linear", "cubic", *STEPS):
            raise ArgumentError(
                f"got kind={kind!r}, expected linear, cubic, quadratic, slinear, one of "
                f"{', '.join(STEPS)}, or the degree of a spline"
            )
        self.tensors = isinstance(x, Tensor) or isinstance(y, Tensor)
        at = _values(x)
        x, y, self.axis = _samples(x, y, axis)
        if not assume_sorted:
            order = np.argsort(at, kind="mergesort")
            x, y, at = x[order], y[order], at[order]
        if kind not in ("linear", *STEPS) or kind == "zero":  # splines are in double precision
            x, y = x.double(), y.to(np.result_type(y.dtype, np.float64))
        self.x, self.y, self.kind = x, y, kind
        _check_count(x.size, kind, degree)
        self.knots = increasing(at, "x") if x.size > 1 else at
        self.bounds_error, self.fill = _outside(kind, bounds_error, fill_value)
        steps = kind in STEPS
        if x.size == 1 and kind == "linear":  # there is no line
            steps, self.fill = True, [np.nan if f is None else f for f in self.fill]
        self._pieces = None if steps else self._polynomial(degree)

    def _polynomial(self, degree: Any) -> PPoly | BSpline:
        out: PPoly | BSpline
        if isinstance(degree, (int, np.integer)):
            out = make_interp_spline(self.x, self.y, int(degree))
        elif self.kind == "cubic":
            out = CubicSpline(self.x if self.x.requires_grad else self.knots, self.y)
        else:
            h = (self.x[1:] - self.x[:-1]).reshape((-1, *[1] * (self.y.ndim - 1)))
            rows = [(self.y[1:] - self.y[:-1]) / h, self.y[:-1]]
            out = PPoly(jnp.stack(rows), self.knots)
            out._x = self.x  # which may require grad
        out.tensors = True
        return out

    def __call__(self, x: Any) -> Any:
        """The values at places `x`."""
        places = floats(x)
        flat = places.reshape((-1,))
        values = _values(x).reshape(-1)
        low, high = values < self.knots[0], values > self.knots[-1]
        if self.bounds_error and (low | high).any():
            raise ArgumentError(
                f"got places from {values.min()} to {values.max()}, expected them between "
                f"{self.knots[0]} and {self.knots[-1]}; see bounds_error and fill_value"
            )
        if self._pieces is not None:
            out = self._pieces(flat)
        else:
            out = self.y[_step(self.kind, self.knots, values)]
        shape = (-1, *[1] * (self.y.ndim - 1))
        if self.kind == "zero" and np.isnan(values).any():
            out = jnp.where(np.isnan(values).reshape(shape), np.nan, out)
        for outside, fill in zip((low, high), self.fill, strict=True):
            if fill is not None and outside.any():
                out = jnp.where(outside.reshape(shape), fill, out)
        out = out.reshape((*places.shape, *self.y.shape[1:]))
        order = [*range(places.ndim, places.ndim + self.axis), *range(places.ndim)]
        out = jnp.transpose(out, [*order, *range(places.ndim + self.axis, out.ndim)])
        return given_back(out, self.tensors or isinstance(x, Tensor))


def _samples(x: Any, y: Any, axis: int) -> tuple[Any, Any, int]:
    """Places, their values with that axis in front, and the axis."""
    x, y = floats(x), numbers(y)
    if not y.ndim or x.ndim != 1:
        raise ShapeError(
            f"got x of shape {x.shape} and y of shape {y.shape}, expected (n,) "
            "and n values along an axis"
        )
    axis = normalize_axis(as_int(axis, "axis"), y.ndim)
    y = jnp.moveaxis(y, axis, 0)
    if y.shape[0] != x.size:
        raise ShapeError(f"got {y.shape[0]} values for {x.size} places, expected as many")
    return x, y, axis


def _check_count(n: int, kind: Any, degree: Any) -> None:
    least = LEAST.get(degree, degree + 1 if isinstance(degree, (int, np.integer)) else 1)
    if n < least:
        raise ShapeError(f"got {n} places for kind={kind!r}, expected at least {least}")


def _outside(kind: Any, bounds_error: Any, fill_value: Any) -> tuple[bool, Any]:
    """Whether places outside are an error, and what is below and above; None for what the first and
    the last piece say."""
    if isinstance(fill_value, str) and fill_value == "extrapolate":
        if bounds_error:
            raise ArgumentError("got bounds_error=True with fill_value='extrapolate'")
        return False, _BEYOND.get(kind, (None, None))
    pair = isinstance(fill_value, tuple) and len(fill_value) == 2
    if bounds_error is None:
        bounds_error = np.ndim(fill_value) == 0 and _is_nan(fill_value)
    return bool(bounds_error), fill_value if pair else (fill_value, fill_value)


def _values(x: Any) -> np.ndarray:
    return np.asarray(x.detach() if isinstance(x, Tensor) else x, float)


def _is_nan(x: Any) -> bool:
    return bool(np.isnan(np.asarray(x.detach() if isinstance(x, Tensor) else x)))


def _step(kind: Any, knots: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The number of the knot whose value each of `values` has."""
    if kind in ("nearest", "nearest-up"):
        middle = (knots[1:] + knots[:-1]) / 2
        return np.searchsorted(middle, values, "left" if kind == "nearest" else "right")
    if kind == "next":
        return np.clip(np.searchsorted(knots, values, "left"), 0, knots.size - 1)
    return np.clip(np.searchsorted(knots, values, "right") - 1, 0, knots.size - 1)


@surfaces
class RegularGridInterpolator:
    """A function that interpolates values on a grid, as
    `scipy.interpolate.RegularGridInterpolator`.

    Parameters
    ----------
    points : sequence of array_like
        The places of the grid along each axis, increasing; they may require grad.
    values : array_like
        On the grid, with further axes behind; they may require grad.
    method : "linear" or "nearest"
    bounds_error, fill_value
        As in SciPy.

    References
    ----------
    ``scipy.interpolate.RegularGridInterpolator``.

    Examples
    --------
    >>> values = jitgrad.tensor([[0.0, 1.0], [2.0, 5.0]], requires_grad=True)
    >>> f = RegularGridInterpolator(([0.0, 1.0], [0.0, 1.0]), values)
    >>> f([[0.5, 0.25]])
    tensor([1.5], grad_fn=<ReshapeBackward>)
    """

    def __init__(
        self,
        points: Sequence[Any],
        values: Any,
        method: str = "linear",
        bounds_error: bool = True,
        fill_value: Any = np.nan,
    ) -> None:
        self.tensors = any(isinstance(x, Tensor) for x in (*points, values))
        self.values, self.points = numbers(values), [floats(p) for p in points]
        if len(self.points) > self.values.ndim:
            raise ShapeError(
                f"got {len(self.points)} axes of a grid for values of shape {self.values.shape}"
            )
        self.knots = [increasing(_values(p), f"points[{k}]") for k, p in enumerate(points)]
        for k, knots in enumerate(self.knots):
            if self.values.shape[k] != knots.size:
                raise ShapeError(
                    f"got {knots.size} points along axis {k} for values of shape "
                    f"{self.values.shape}, expected {self.values.shape[k]}"
                )
        self.method = _method(method)
        self.bounds_error, self.fill_value = bounds_error, fill_value

    def __call__(self, xi: Any, method: Any = None) -> Any:
        """The values at places `xi`, of shape (..., axes)."""
        method = self.method if method is None else _method(method)
        xi, given = _joined(xi)
        places = floats(xi)
        if places.ndim == 0 or places.shape[-1] != len(self.points):
            raise ShapeError(
                f"got places of shape {places.shape}, expected (..., {len(self.points)})"
            )
        flat = places.reshape((-1, len(self.points)))
        at = _values(xi).reshape(-1, len(self.points))
        outside = self._outside(at)
        out = self._linear(flat, at) if method == "linear" else self._nearest(at)
        shape = (-1, *[1] * (out.ndim - 1))
        if self.fill_value is not None and outside.any():
            out = jnp.where(outside.reshape(shape), self.fill_value, out)
        lost = np.isnan(at).any(1)
        if lost.any():
            out = jnp.where(lost.reshape(shape), np.nan, out)
        out = out.reshape((*places.shape[:-1], *out.shape[1:]))
        return given_back(out, self.tensors or given)

    def _outside(self, at: np.ndarray) -> np.ndarray:
        outside = np.zeros(len(at), bool)
        for k, knots in enumerate(self.knots):
            outside |= ~((at[:, k] >= knots[0]) & (at[:, k] <= knots[-1]) | np.isnan(at[:, k]))
        if self.bounds_error and outside.any():
            raise ArgumentError("got places outside of the grid; see bounds_error and fill_value")
        return outside

    def _cells(self, at: np.ndarray) -> list[np.ndarray]:
        return [
            np.clip(np.searchsorted(knots, at[:, k], "right") - 1, 0, knots.size - 2)
            for k, knots in enumerate(self.knots)
        ]

    def _linear(self, flat: Any, at: np.ndarray) -> Any:
        cells = self._cells(at)
        parts = []
        for k, (x, cell) in enumerate(zip(self.points, cells, strict=True)):
            parts.append((flat[:, k] - x[cell]) / (x[cell + 1] - x[cell]))
        shape = (-1, *[1] * (self.values.ndim - len(cells)))
        out = 0.0
        for corner in itertools.product((0, 1), repeat=len(cells)):
            weight: Any = 1.0
            for side, part in zip(corner, parts, strict=True):
                weight = weight * (part if side else 1.0 - part)
            index = tuple([cell + side for cell, side in zip(cells, corner, strict=True)])
            out = out + weight.reshape(shape) * self.values[index]
        return out

    def _nearest(self, at: np.ndarray) -> Any:
        index = []
        for k, (knots, cell) in enumerate(zip(self.knots, self._cells(at), strict=True)):
            part = (at[:, k] - knots[cell]) / (knots[cell + 1] - knots[cell])
            index.append(np.where(part <= 0.5, cell, cell + 1))
        return as_operand(self.values[tuple(index)])


def _joined(xi: Any) -> tuple[Any, bool]:
    """Places that are one array, and whether they came as tensors."""
    if not isinstance(xi, tuple):
        return xi, isinstance(xi, Tensor)
    if not any(isinstance(x, Tensor) for x in xi):
        return np.stack(np.broadcast_arrays(*xi), axis=-1), False
    return jnp.stack(jnp.broadcast_arrays(*[floats(x) for x in xi]), axis=-1), True


def _method(method: str) -> str:
    if method not in ("linear", "nearest"):
        raise ArgumentError(f"got method={method!r}, expected 'linear' or 'nearest'")
    return method


@surface
def interpn(
    points: Sequence[Any],
    values: Any,
    xi: Any,
    method: str = "linear",
    bounds_error: bool = True,
    fill_value: Any = np.nan,
) -> Any:
    """Values on a grid, interpolated at `xi`, as `scipy.interpolate.interpn`: see
    `RegularGridInterpolator`.

    References
    ----------
    ``scipy.interpolate.interpn``.

    Examples
    --------
    >>> interpn(([0.0, 1.0], [0.0, 1.0]), [[0.0, 1.0], [2.0, 5.0]], [0.5, 0.5])
    array(2.)
    """
    return RegularGridInterpolator(points, values, method, bounds_error, fill_value)(xi)
