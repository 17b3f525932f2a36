"""Values at places between points that are on no grid: in triangles, and by radial functions.

Which triangle a place is in is found by values, with SciPy, and has no derivative; all else are
formulas of points, values and places. Start at `LinearNDInterpolator`.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from ... import linalg
from ... import numpy as jnp
from ...base.errors import ArgumentError, ShapeError
from ...base.extras import function_of
from ...base.surface import surface, surfaces
from ...frontend.tensor import Tensor
from ..vectors import known
from .piecewise_polynomials import floats, given_back, numbers


def _points(x: Any, what: str) -> Any:
    """Points of shape (n, d), given so, or as d arrays of coordinates."""
    if isinstance(x, tuple):
        x = jnp.stack(jnp.broadcast_arrays(*[jnp.asarray(v) for v in x]), axis=-1)
    out = floats(x)
    if not out.ndim:
        raise ShapeError(f"got a number as {what}, expected (n, d)")
    return out


def _values(x: Any, what: str) -> np.ndarray:
    out = known(x)
    if out is None:
        raise ArgumentError(
            f"got {what} without values, under jit, which triangles are found by; call it outside"
        )
    return out


@surfaces
class LinearNDInterpolator:
    """Linear interpolation in the triangles of points, as
    `scipy.interpolate.LinearNDInterpolator`.

    Parameters
    ----------
    points : array_like of shape (n, d)
        Two coordinates or more; they may require grad, as may values and places.
    values : array_like of shape (n, ...)
    fill_value : float
        What is outside.

    References
    ----------
    ``scipy.interpolate.LinearNDInterpolator``.

    Examples
    --------
    >>> heights = jitgrad.tensor([0.0, 1.0, 2.0], requires_grad=True)
    >>> f = LinearNDInterpolator([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]], heights)
    >>> jitgrad.autograd.grad(f(0.25, 0.5), heights)
    (tensor([0.25, 0.25, 0.5 ]),)
    """

    def __init__(self, points: Any, values: Any, fill_value: Any = np.nan) -> None:
        self.tensors = any(isinstance(v, Tensor) for v in (points, values))
        self.points, self.values, self.fill = _points(points, "points"), numbers(values), fill_value
        if self.points.ndim != 2 or self.values.shape[:1] != self.points.shape[:1]:
            raise ShapeError(
                f"got points of shape {self.points.shape} and values of shape "
                f"{self.values.shape}, expected (n, d) and (n, ...)"
            )
        self.triangles: Any = function_of("scipy.spatial", "Delaunay")(
            _values(self.points, "points")
        )

    def __call__(self, *args: Any) -> Any:
        """The values at places of shape (..., d), or with d arrays of coordinates."""
        given = args if len(args) > 1 else args[0]
        places = _points(given, "places")
        flat = places.reshape((-1, places.shape[-1]))
        found = self.triangles.find_simplex(_values(flat, "places"))
        corners = self.triangles.simplices[np.maximum(found, 0)]
        first, others = self.points[corners[:, 0]], self.points[corners[:, 1:]]
        edges = jnp.swapaxes(others - first[:, None], -1, -2)
        shares = linalg.solve(edges, (flat - first)[..., None])[..., 0]
        shares = jnp.concatenate([1 - shares.sum(axis=-1, keepdims=True), shares], axis=-1)
        lead = [1] * (self.values.ndim - 1)
        out = (self.values[corners] * shares.reshape((*shares.shape, *lead))).sum(axis=1)
        outside = (found < 0).reshape((-1, *lead))
        out = jnp.where(outside, self.fill, out)
        out = out.reshape((*places.shape[:-1], *self.values.shape[1:]))
        parts = given if isinstance(given, tuple) else (given,)
        return given_back(out, self.tensors or any(isinstance(v, Tensor) for v in parts))


@surface
def griddata(
    points: Any, values: Any, xi: Any, method: str = "linear", fill_value: Any = np.nan
) -> Any:
    """Values at places between points, as `scipy.interpolate.griddata` of two coordinates and more:
    "linear", or "nearest".

    Examples
    --------
    >>> griddata([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]], [0.0, 1.0, 2.0], [[0.25, 0.5]])
    array([1.25])
    """
    if method == "linear":
        return LinearNDInterpolator(points, values, fill_value)(xi)
    if method != "nearest":
        raise ArgumentError(f"got method={method!r}, expected 'linear' or 'nearest'")
    p, places, y = _points(points, "points"), _points(xi, "places"), numbers(values)
    tree: Any = function_of("scipy.spatial", "cKDTree")(_values(p, "points"))
    return given_back(y[tree.query(_values(places, "places"))[1]], isinstance(values, Tensor))


# --- radial functions -----------------------------------------------------------------------------


def _root(squares: Any) -> Any:
    """The square root, with derivative 0 at 0."""
    zero = squares == 0
    return jnp.where(zero, 0.0, jnp.sqrt(jnp.where(zero, 1.0, squares)))


#: Functions of squares of distances, and the least degree of the polynomial beside them.
KERNELS: dict[str, tuple[Any, int]] = {
    "linear": (lambda s: -_root(s), 0),
    "thin_plate_spline": (lambda s: 0.5 * s * jnp.log(jnp.where(s == 0, 1.0, s)), 1),
    "cubic": (lambda s: s * _root(s), 1),
    "quintic": (lambda s: -s * s * _root(s), 2),
    "multiquadric": (lambda s: -jnp.sqrt(s + 1), 0),
    "inverse_multiquadric": (lambda s: 1 / jnp.sqrt(s + 1), -1),
    "inverse_quadratic": (lambda s: 1 / (s + 1), -1),
    "gaussian": (lambda s: jnp.exp(-s), -1),
}
#: Those to which lengths are the same.
FREE = ("linear", "thin_plate_spline", "cubic", "quintic")


@surfaces
class RBFInterpolator:
    """Interpolation by radial functions and a polynomial, as `scipy.interpolate.RBFInterpolator`.

    Parameters
    ----------
    y : array_like of shape (n, d)
        Points; they may require grad, as may values, smoothing, epsilon and places.
    d : array_like of shape (n, ...)
        Values.
    smoothing, kernel, epsilon, degree
        As in SciPy. `neighbors` is None.

    References
    ----------
    ``scipy.interpolate.RBFInterpolator``.

    Examples
    --------
    >>> f = RBFInterpolator([[0.0], [1.0], [2.0]], [0.0, 1.0, 4.0])
    >>> f([[1.0], [1.5]]).round(3)
    array([1.   , 2.392])
    """

    def __init__(
        self,
        y: Any,
        d: Any,
        neighbors: Any = None,
        smoothing: Any = 0.0,
        kernel: str = "thin_plate_spline",
        epsilon: Any = None,
        degree: int | None = None,
    ) -> None:
        if kernel not in KERNELS or neighbors is not None:
            raise ArgumentError(
                f"got kernel={kernel!r} and neighbors={neighbors}, expected one of "
                f"{', '.join(KERNELS)}, and None"
            )
        if epsilon is None and kernel not in FREE:
            raise ArgumentError(f"got no epsilon for kernel={kernel!r}, which needs one")
        self.tensors = any(isinstance(v, Tensor) for v in (y, d, smoothing, epsilon))
        self.y, values = _points(y, "y"), numbers(d)
        if self.y.ndim != 2 or values.shape[:1] != self.y.shape[:1]:
            raise ShapeError(
                f"got points of shape {self.y.shape} and values of shape {values.shape}, expected "
                "(n, d) and (n, ...)"
            )
        self.kernel, least = KERNELS[kernel]
        self.epsilon = 1.0 if epsilon is None else epsilon
        most = max(least, 0) if degree is None else degree
        ndim = self.y.shape[1]
        self.powers = [p for p in itertools.product(range(most + 1), repeat=ndim) if sum(p) <= most]
        n, rest = self.y.shape[0], values.shape[1:]
        beside = self._polynomials(self.y)
        m = beside.shape[1]
        top = jnp.concatenate([self._radial(self.y) + smoothing * np.eye(n), beside], axis=1)
        below = jnp.concatenate([jnp.swapaxes(beside, 0, 1), np.zeros((m, m))], axis=1)
        right = jnp.concatenate([values.reshape((n, -1)), np.zeros((m, values.size // n))])
        self.weights, self.rest = linalg.solve(jnp.concatenate([top, below]), right), rest

    def _radial(self, x: Any) -> Any:
        difference = (x[:, None] - self.y) * self.epsilon
        return self.kernel((difference * difference).sum(axis=-1))

    def _polynomials(self, x: Any) -> Any:
        columns = []
        for powers in self.powers:
            column = jnp.ones_like(x[:, 0])
            for k, power in enumerate(powers):
                column = column * x[:, k] ** power if power else column
            columns.append(column)
        return jnp.stack(columns, axis=1) if columns else jnp.zeros((x.shape[0], 0))

    def __call__(self, x: Any) -> Any:
        """The values at places of shape (m, d)."""
        at = _points(x, "places")
        out = jnp.concatenate([self._radial(at), self._polynomials(at)], axis=1) @ self.weights
        out = out.reshape((at.shape[0], *self.rest))
        return given_back(out, self.tensors or isinstance(x, Tensor))
