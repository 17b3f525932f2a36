"""The polynomial through points: `KroghInterpolator`, `BarycentricInterpolator`, and functions that
interpolate in one call.

It is evaluated in Newton's form, which has derivatives by places at the points, too, where the
barycentric formula is 0 / 0. Start at `KroghInterpolator`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ... import numpy as jnp
from ...base.errors import ArgumentError, ShapeError
from ...base.surface import surface, surfaces
from ...frontend.tensor import Tensor
from ...ir.shapes import as_int, normalize_axis
from ..vectors import known
from .piecewise_polynomials import floats, given_back, numbers
from .splines import PchipInterpolator


@surfaces
class KroghInterpolator:
    """The polynomial through points, as `scipy.interpolate.KroghInterpolator` for points that are
    all different.

    Parameters
    ----------
    xi : array_like of shape (n,)
    yi : array_like
        With n elements along `axis`; both may require grad.
    axis : int

    References
    ----------
    ``scipy.interpolate.KroghInterpolator``.

    Examples
    --------
    >>> p = KroghInterpolator([0.0, 1.0, 2.0], [0.0, 1.0, 4.0])
    >>> p([0.5, 3.0]), p.derivative(3.0)
    (array([0.25, 9.  ]), array(6.))
    """

    def __init__(self, xi: Any, yi: Any, axis: int = 0) -> None:
        self.tensors = isinstance(xi, Tensor) or isinstance(yi, Tensor)
        self.xi, y = floats(xi), numbers(yi)
        if self.xi.ndim != 1 or not y.ndim:
            raise ShapeError(f"got points of shape {self.xi.shape}, expected (n,), with values")
        self.axis = normalize_axis(as_int(axis, "axis"), y.ndim)
        y = jnp.moveaxis(y, self.axis, 0)
        n = self.xi.size
        if y.shape[0] != n or not n:
            raise ShapeError(f"got {y.shape[0]} values for {n} points, expected as many")
        values = known(self.xi)
        if values is not None and np.unique(values).size < n:
            raise ArgumentError(
                "got a point twice, expected different points; derivatives there are not given"
            )
        lead = [1] * (y.ndim - 1)
        coefficients = [y[0]]
        for k in range(1, n):  # divided differences
            y = (y[1:] - y[:-1]) / (self.xi[k:] - self.xi[:-k]).reshape((-1, *lead))
            coefficients.append(y[0])
        self.coefficients = coefficients

    def _all(self, x: Any, most: int) -> list[Any]:
        """Derivatives of order 0 to `most` at places, by Horner's rule of each."""
        at = floats(x)
        shape = self.coefficients[0].shape
        places = at.reshape((-1, *[1] * len(shape)))
        size = places.shape[0]
        last = jnp.broadcast_to(self.coefficients[-1], (size, *shape))
        found = [last, *[jnp.zeros_like(last) for _ in range(most)]]
        for k in range(len(self.coefficients) - 2, -1, -1):
            step = places - self.xi[k]
            for j in range(most, 0, -1):
                found[j] = found[j] * step + found[j - 1]
            found[0] = found[0] * step + self.coefficients[k]
        tensor = self.tensors or isinstance(x, Tensor)
        return [
            given_back(self._placed(v * math.factorial(j), at.shape), tensor)
            for j, v in enumerate(found)
        ]

    def _placed(self, out: Any, shape: tuple[int, ...]) -> Any:
        """Values with the axes of places where that of points was."""
        out = out.reshape((*shape, *out.shape[1:]))
        moved = range(len(shape))
        return jnp.moveaxis(out, tuple(moved), tuple(self.axis + k for k in moved))

    def __call__(self, x: Any) -> Any:
        """The values at places `x`."""
        return self._all(x, 0)[0]

    def derivative(self, x: Any, der: int = 1) -> Any:
        """The derivative of an order at places `x`."""
        return self._all(x, as_int(der, "der"))[-1]

    def derivatives(self, x: Any, der: int | None = None) -> Any:
        """The derivatives of order 0 to `der - 1`, by default all, at places `x`."""
        count = len(self.coefficients) if der is None else as_int(der, "der")
        found = self._all(x, count - 1)
        return (jnp if any(isinstance(v, Tensor) for v in found) else np).stack(found)


@surfaces
class BarycentricInterpolator(KroghInterpolator):
    """The polynomial through points, as `scipy.interpolate.BarycentricInterpolator`.

    Parameters
    ----------
    xi, yi, axis
        As of `KroghInterpolator`.

    References
    ----------
    ``scipy.interpolate.BarycentricInterpolator``.

    Examples
    --------
    >>> BarycentricInterpolator([0.0, 1.0, 2.0], [0.0, 1.0, 4.0])(3.0)
    array(9.)
    """


@surface
def krogh_interpolate(xi: Any, yi: Any, x: Any, der: int = 0, axis: int = 0) -> Any:
    """The polynomial through points at places, or a derivative of it; see `KroghInterpolator`.

    Examples
    --------
    >>> krogh_interpolate([0.0, 1.0, 2.0], [0.0, 1.0, 4.0], 3.0)
    array(9.)
    """
    return KroghInterpolator(xi, yi, axis).derivative(x, der)


@surface
def barycentric_interpolate(xi: Any, yi: Any, x: Any, axis: int = 0, *, der: int = 0) -> Any:
    """The polynomial through points at places, or a derivative of it; see `KroghInterpolator`.

    Examples
    --------
    >>> barycentric_interpolate([0.0, 1.0, 2.0], [0.0, 1.0, 4.0], [3.0])
    array([9.])
    """
    return BarycentricInterpolator(xi, yi, axis).derivative(x, der)


@surface
def pchip_interpolate(xi: Any, yi: Any, x: Any, der: int = 0, axis: int = 0) -> Any:
    """What a `PchipInterpolator` gives at places, or a derivative of it.

    Examples
    --------
    >>> pchip_interpolate([0.0, 1.0, 2.0], [0.0, 1.0, 4.0], 1.5)
    array(2.1875)
    """
    return PchipInterpolator(xi, yi, axis)(x, as_int(der, "der"))
