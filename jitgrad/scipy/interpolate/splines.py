"""Cubic interpolation: `CubicSpline`, `PchipInterpolator`, `Akima1DInterpolator`, and
`CubicHermiteSpline`, which all of them are: they differ in the slopes at the knots.

The slopes of a spline solve a tridiagonal system. It is eliminated by linear recurrences, which are
operations, so that it takes a time in proportion to the number of knots, derivatives included.
Start at `CubicSpline`.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from ... import numpy as jnp
from ...base.errors import ArgumentError, DTypeError, ShapeError
from ...base.surface import surfaces
from ...frontend.convert import as_operand
from ...frontend.functions import FUNCTIONS
from ...frontend.tensor import Tensor
from ...ir.shapes import as_int, normalize_axis
from ...tracing.control_flow import scan
from ..vectors import known
from .piecewise_polynomials import PPoly, floats, increasing, numbers

op = SimpleNamespace(**FUNCTIONS)


class _Samples:
    """Knots and values, as interpolations have them.

    Attributes
    ----------
    x : Tensor
        Of shape (n,).
    h : Tensor
        The distances between knots, of a shape that broadcasts with values.
    y : Tensor
        The values, with the axis of knots in front.
    slopes : Tensor
        Those between neighbours.
    """

    def __init__(self, x: Any, y: Any, axis: int, real: bool = False) -> None:
        self.knots: Any
        self.tensors = isinstance(x, Tensor) or isinstance(y, Tensor)
        self.knots, self.x, y = increasing(x, "x"), floats(x), numbers(y)
        if real and y.dtype.kind == "c":
            raise DTypeError(f"got y of dtype {y.dtype}, expected real numbers, whose order counts")
        if not y.ndim:
            raise ShapeError("got a number as y, expected a value for each knot")
        self.axis = normalize_axis(as_int(axis, "axis"), y.ndim)
        self.y = jnp.moveaxis(y, self.axis, 0)
        self.n = self.x.size
        if self.y.shape[0] != self.n:
            raise ShapeError(f"got {self.y.shape[0]} values for {self.n} knots, expected as many")
        self.h = (self.x[1:] - self.x[:-1]).reshape((-1, *[1] * (self.y.ndim - 1)))
        self.slopes = (self.y[1:] - self.y[:-1]) / self.h


class _Hermite(PPoly):
    """A piecewise cubic through samples, with the derivatives `d` at the knots."""

    def _through(self, samples: _Samples, d: Any, extrapolate: Any) -> None:
        h, slopes = samples.h, samples.slopes
        t = (d[:-1] + d[1:] - 2 * slopes) / h
        c = jnp.stack([t / h, (slopes - d[:-1]) / h - t, d[:-1], samples.y[:-1]])
        PPoly.__init__(self, c, samples.knots, True if extrapolate is None else extrapolate)
        self._x, self.axis, self.tensors = (
            samples.x,
            samples.axis,
            samples.tensors or c.requires_grad,
        )


@surfaces
class CubicHermiteSpline(_Hermite):
    """The piecewise cubic of given values and derivatives, as
    `scipy.interpolate.CubicHermiteSpline`.

    Parameters
    ----------
    x : array_like of shape (n,)
        Increasing.
    y, dydx : array_like
        With n elements along `axis`.
    axis, extrapolate
        As in SciPy.

    References
    ----------
    ``scipy.interpolate.CubicHermiteSpline``.

    Examples
    --------
    >>> CubicHermiteSpline([0.0, 1.0], [0.0, 1.0], [0.0, 0.0])(0.5)
    array(0.5)
    """

    def __init__(self, x: Any, y: Any, dydx: Any, axis: int = 0, extrapolate: Any = None) -> None:
        samples = _Samples(x, y, axis)
        d = jnp.moveaxis(numbers(dydx), samples.axis, 0)
        if d.shape != samples.y.shape:
            raise ShapeError(f"got dydx of shape {np.shape(dydx)}, expected that of y")
        samples.tensors = samples.tensors or isinstance(dydx, Tensor)
        self._through(samples, d, extrapolate)


@surfaces
class CubicSpline(_Hermite):
    """The cubic spline through values, twice continuously differentiable, as
    `scipy.interpolate.CubicSpline`.

    Parameters
    ----------
    x : array_like of shape (n,)
        Increasing.
    y : array_like
        With n elements along `axis`.
    axis, extrapolate
        As in SciPy.
    bc_type : str or pair
        What holds at the ends: "not-a-knot", "periodic", "clamped", "natural", or for each end one
        of these, or ``(order, value)`` of a derivative, whose value may require grad.

    Notes
    -----
    `x`, `y`, values of `bc_type`, and the places at which it is called may require grad.

    References
    ----------
    ``scipy.interpolate.CubicSpline``.

    Examples
    --------
    >>> x = np.linspace(0.0, np.pi, 9)
    >>> y = jitgrad.tensor(np.sin(x), requires_grad=True)
    >>> s = CubicSpline(x, y)
    >>> s(np.pi / 4, 1)
    tensor(0.7073, grad_fn=<ReshapeBackward>)
    >>> jitgrad.autograd.grad(s.integrate(0.0, np.pi), y)[0].sum()
    tensor(3.1416)
    """

    def __init__(
        self, x: Any, y: Any, axis: int = 0, bc_type: Any = "not-a-knot", extrapolate: Any = None
    ) -> None:
        samples = _Samples(x, y, axis)
        periodic = isinstance(bc_type, str) and bc_type == "periodic"
        if extrapolate is None and periodic:
            extrapolate = "periodic"
        if periodic:
            first, last = [known(y_end.detach()) for y_end in (samples.y[0], samples.y[-1])]
            if (
                first is not None
                and last is not None
                and not np.allclose(first, last, 1e-15, 1e-15)
            ):
                raise ArgumentError(
                    f"got values {first} and {last} at the ends of a periodic spline, "
                    "expected the same"
                )
            d = _periodic(samples)
        else:
            d = _slopes(samples, *_conditions(bc_type, samples))
        self._through(samples, d, extrapolate)


def _conditions(bc_type: Any, samples: _Samples) -> list[Any]:
    """For each end, None for "not-a-knot", or the order of a derivative and its value."""
    ends = [bc_type, bc_type] if isinstance(bc_type, str) else list(bc_type)
    if len(ends) != 2:
        raise ArgumentError(f"got bc_type={bc_type!r}, expected a name, or a pair of conditions")
    names: dict[Any, Any] = {"not-a-knot": None, "clamped": (1, 0.0), "natural": (2, 0.0)}
    out = []
    for end in ends:
        if isinstance(end, str):
            if end not in names:
                raise ArgumentError(
                    f"got bc_type {end!r}, expected periodic for both ends, or one of "
                    f"{', '.join(names)}"
                )
            end = names[end]
        if end is not None:
            order, value = end
            if order not in (1, 2):
                raise ArgumentError(f"got a derivative of order {order!r}, expected 1 or 2")
            value = numbers(value)
            if value.ndim and value.shape != samples.y.shape[1:]:
                raise ShapeError(
                    f"got a derivative of shape {value.shape}, expected {samples.y.shape[1:]}"
                )
            end = order, jnp.broadcast_to(value, samples.y.shape[1:])
        out.append(end)
    return out


def _slopes(samples: _Samples, start: Any, stop: Any) -> Any:
    """The derivatives at the knots of a spline with conditions at its ends."""
    n, h, m, y = samples.n, samples.h, samples.slopes, samples.y
    if n == 2:  # as SciPy: a knot that is none says nothing
        start, stop = (c if c is not None else (1, m[0]) for c in (start, stop))
    if n == 3 and start is None and stop is None:  # a parabola
        middle = (h[1] * m[0] + h[0] * m[1]) / (h[0] + h[1])
        return jnp.stack([2 * m[0] - middle, middle, 2 * m[1] - middle])
    one = 0.0 * h[0] + 1.0
    if start is None:
        d = h[0] + h[1]
        first = h[1], d, ((h[0] + 2 * d) * h[1] * m[0] + h[0] ** 2 * m[1]) / d
    elif start[0] == 1:
        first = one, 0.0 * one, start[1]
    else:
        first = 2 * h[0], h[0], 3 * (y[1] - y[0]) - 0.5 * start[1] * h[0] ** 2
    if stop is None:
        d = h[-1] + h[-2]
        last = d, h[-2], (h[-1] ** 2 * m[-2] + (2 * d + h[-1]) * h[-2] * m[-1]) / d
    elif stop[0] == 1:
        last = 0.0 * one, one, stop[1]
    else:
        last = h[-1], 2 * h[-1], 3 * (y[-1] - y[-2]) + 0.5 * stop[1] * h[-1] ** 2
    lower = jnp.concatenate([h[1:], last[0][None]])
    diagonal = jnp.concatenate([first[0][None], 2 * (h[:-1] + h[1:]), last[1][None]])
    upper = jnp.concatenate([first[1][None], h[:-1]])
    right = 3 * (h[1:] * m[:-1] + h[:-1] * m[1:])
    return tridiagonal(
        lower, diagonal, upper, jnp.concatenate([first[2][None], right, last[2][None]])
    )


def _periodic(samples: _Samples) -> Any:
    """Those of a periodic spline: the last of the unknowns, which closes the circle, is taken out
    of the system."""
    n, h, m = samples.n, samples.h, samples.slopes
    if n == 2:
        return 0.0 * samples.y
    if n == 3:
        t = (m / h).sum(0) / (1.0 / h).sum(0)
        return jnp.stack([t, t, t])
    before, slope = jnp.roll(h, 1, 0), jnp.roll(m, 1, 0)
    diagonal, right = 2 * (before + h), 3 * (h * slope + before * m)
    lower, upper = h[1:-1], before[:-2]
    known = tridiagonal(lower, diagonal[:-1], upper, right[:-1])
    edge = jnp.concatenate([-h[:1], jnp.zeros_like(h[1:-2]), -before[-2:-1]])
    if n == 4:
        edge = jnp.concatenate([-h[:1], -before[-2:-1]])
    by_last = tridiagonal(lower, diagonal[:-1], upper, edge)
    rest = right[-1] - before[-1] * known[0] - h[-1] * known[-1]
    last = rest / (diagonal[-1] + before[-1] * by_last[0] + h[-1] * by_last[-1])
    inner = known + last * by_last
    return jnp.concatenate([inner, last[None], inner[:1]])


def tridiagonal(lower: Any, diagonal: Any, upper: Any, right: Any) -> Any:
    """The solution of tridiagonal systems along the first axis, without exchanges of rows."""
    pivots = _pivots(diagonal, lower * upper)
    factor = jnp.concatenate([0.0 * diagonal[:1], -lower / pivots[:-1]])
    forward = op.linear_recurrence(right, factor, axis=0)
    factor = jnp.concatenate([-upper / pivots[:-1], 0.0 * diagonal[:1]])
    return op.linear_recurrence(forward / pivots, factor, axis=0, reverse=True)


def _pivots(diagonal: Any, products: Any) -> Any:
    """The diagonal after elimination: ``p[i] = diagonal[i] - products[i - 1] / p[i - 1]``."""
    values = None if diagonal.requires_grad else known(diagonal)
    if values is None:
        turn = lambda p, given: (given[0] - given[1] / p,) * 2
        _, rest = scan(turn, diagonal[0], (diagonal[1:], products))
        return jnp.concatenate([diagonal[:1], rest])
    out = values.copy()
    for i, product in enumerate(np.asarray(products)):
        out[i + 1] = values[i + 1] - product / out[i]
    return as_operand(out)


@surfaces
class PchipInterpolator(_Hermite):
    """The piecewise cubic that is monotonic where the values are, as
    `scipy.interpolate.PchipInterpolator`.

    Parameters
    ----------
    x, y, axis, extrapolate
        As in `CubicSpline`.

    References
    ----------
    ``scipy.interpolate.PchipInterpolator``; Fritsch and Butland, SIAM J. Sci. Stat. Comput. 5
    (1984).

    Examples
    --------
    >>> PchipInterpolator([0.0, 1.0, 2.0], [0.0, 0.0, 1.0])(0.5)
    array(0.)
    """

    def __init__(self, x: Any, y: Any, axis: int = 0, extrapolate: Any = None) -> None:
        samples = _Samples(x, y, axis, real=True)
        h, m = samples.h, samples.slopes
        if samples.n == 2:
            d = jnp.concatenate([m, m])
        else:
            w0, w1 = 2 * h[1:] + h[:-1], h[1:] + 2 * h[:-1]
            flat = m[1:] * m[:-1] <= 0
            safe = [jnp.where(flat, 1.0, part) for part in (m[:-1], m[1:])]
            inner = jnp.where(flat, 0.0, (w0 + w1) / (w0 / safe[0] + w1 / safe[1]))
            ends = [_end(h[0], h[1], m[0], m[1]), _end(h[-1], h[-2], m[-1], m[-2])]
            d = jnp.concatenate([ends[0][None], inner, ends[1][None]])
        self._through(samples, d, extrapolate)


def _end(h0: Any, h1: Any, m0: Any, m1: Any) -> Any:
    """The derivative at an end, by three points, so that the shape is kept."""
    d = ((2 * h0 + h1) * m0 - h0 * m1) / (h0 + h1)
    other = jnp.sign(d) != jnp.sign(m0)
    steep = (jnp.sign(m0) != jnp.sign(m1)) & (abs(d) > 3.0 * abs(m0))
    return jnp.where(other, 0.0, jnp.where(steep, 3.0 * m0, d))


@surfaces
class Akima1DInterpolator(_Hermite):
    """Akima's piecewise cubic, as `scipy.interpolate.Akima1DInterpolator`.

    Parameters
    ----------
    x, y, axis
        As in `CubicSpline`.
    method : "akima" or "makima"
    extrapolate : bool, optional
        False by default.

    References
    ----------
    ``scipy.interpolate.Akima1DInterpolator``.

    Examples
    --------
    >>> Akima1DInterpolator([0.0, 1.0, 2.0, 3.0], [0.0, 1.0, 4.0, 9.0])(1.5)
    array(2.25)
    """

    def __init__(
        self, x: Any, y: Any, axis: int = 0, *, method: str = "akima", extrapolate: Any = None
    ) -> None:
        if method not in ("akima", "makima"):
            raise ArgumentError(f"got method={method!r}, expected 'akima' or 'makima'")
        samples = _Samples(x, y, axis, real=True)
        m = samples.slopes
        if samples.n == 2:
            d = jnp.concatenate([m, m])
        else:
            left, right = 2 * m[:1] - m[1:2], 2 * m[-1:] - m[-2:-1]
            left = jnp.concatenate([2 * left - m[:1], left])
            right = jnp.concatenate([right, 2 * right - m[-1:]])
            m = jnp.concatenate([left, m, right])
            d = _weighted(m, method)
        self._through(samples, d, False if extrapolate is None else extrapolate)


def _weighted(m: Any, method: str) -> Any:
    change, mean = abs(m[1:] - m[:-1]), 0.5 * abs(m[1:] + m[:-1])
    weights = change + mean if method == "makima" else change
    left, right = weights[2:], weights[:-2]
    total = left + right
    some = total > (0.0 if method == "makima" else 1e-9 * total.max())
    mixed = (left * m[1:-2] + right * m[2:-1]) / jnp.where(some, total, 1.0)
    return jnp.where(some, mixed, 0.0 if method == "makima" else 0.5 * (m[3:] + m[:-3]))
