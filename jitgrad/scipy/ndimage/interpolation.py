"""Images at other places: by the nearest element, linear interpolation, or splines.

Along each axis a value is a sum of elements around a place, with weights that are polynomials of
the place; which elements they are has no derivative. On grids this is done an axis at a time. Start
at `map_coordinates`.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ... import linalg
from ... import numpy as jnp
from ...base.errors import ArgumentError, ShapeError
from ...base.surface import surface
from ...frontend.convert import as_operand
from .images import axes_of, bordered, for_each, given_back, image, value_of

ORDERS = (0, 1, 2, 3, 4, 5)
MODES = (
    *("constant", "nearest", "mirror", "reflect", "grid-mirror", "wrap", "grid-wrap"),
    "grid-constant",
)
#: Modes whose splines have the element at a border twice.
TWICE = ("reflect", "grid-mirror", "nearest")
#: What SciPy puts around an image whose borders a spline does not know, with mode "nearest".
AROUND = 12


class Axis(NamedTuple):
    """How values along an axis are found: places of elements and their weights, and where a value
    is that of the border (None: nowhere)."""

    places: list[Any]
    weights: list[Any]
    outside: Any


def _check(order: int, mode: str) -> None:
    if order not in ORDERS:
        raise ArgumentError(f"got order={order}, expected one of {ORDERS}")
    if mode not in MODES or (mode == "grid-constant" and order > 1):
        raise ArgumentError(
            f"got mode={mode!r} with order={order}, expected one of {', '.join(MODES)}; "
            "'grid-constant' with order 0 or 1 only"
        )


# --- splines --------------------------------------------------------------------------------------


def _coefficients(x: Any, axis: int, order: int, mode: str) -> Any:
    """The coefficients of splines through the elements along an axis: the solutions of a system
    whose rows are the weights of a place at an element. Those beyond the borders are folded back,
    so that its band is no wider, but round about where the ends meet."""
    n = x.shape[axis]
    if n < 2:
        return x
    weights = [float(w) for w in _weights(0.5 if order % 2 == 0 else 0.0, order)]
    half = order // 2
    turned = mode if mode == "grid-wrap" else "reflect" if mode in TWICE else "mirror"
    row = np.arange(n)[:, None]
    column = _folded(row + np.arange(-half, half + 1), n, turned)
    rows = jnp.moveaxis(x, axis, 0)
    flat = rows.reshape((n, -1))
    if mode == "grid-wrap":
        system = np.zeros((n, n), x.real.dtype)
        np.add.at(system, (row, column), weights[: 2 * half + 1])
        found = linalg.solve(system, flat)
    else:
        half = min(half, n - 1)
        bands = np.zeros((2 * half + 1, n), x.real.dtype)
        np.add.at(bands, (half + row - column, column), weights[: 2 * (order // 2) + 1])
        found = linalg.solve_banded((half, half), bands, flat)
    return jnp.moveaxis(jnp.asarray(found).reshape(rows.shape), 0, axis)


def _prepared(x: Any, order: int, mode: str, prefilter: bool) -> tuple[Any, int]:
    """What values are sums of, and how much is around it."""
    if order < 2 or not prefilter:
        return x, 0
    around = AROUND if mode == "nearest" else 0
    if around:
        every = range(x.ndim)
        x = bordered(x, dict.fromkeys(every, (around, around)), dict.fromkeys(every, mode), 0.0)
    for axis in range(x.ndim):
        x = _coefficients(x, axis, order, mode)
    return x, around


@surface
def spline_filter(input: Any, order: int = 3, output: Any = None, mode: str = "mirror") -> Any:
    """The coefficients of splines through the elements of an image, as
    `scipy.ndimage.spline_filter`, for orders to 5; an image of order 0 or 1 is its own.

    Examples
    --------
    >>> spline_filter([1.0, 1.0, 1.0]).round(6)
    array([1., 1., 1.])
    """
    return _filtered(input, order, None, output, mode)


@surface
def spline_filter1d(
    input: Any, order: int = 3, axis: int = -1, output: Any = None, mode: str = "mirror"
) -> Any:
    """The coefficients of splines through the elements along one axis, as
    `scipy.ndimage.spline_filter1d`, for orders to 5; an image of order 0 or 1 is its own.

    Examples
    --------
    >>> spline_filter1d([1.0, 0.0, 1.0], order=2).round(6)
    array([ 1.5, -0.5,  1.5])
    """
    return _filtered(input, order, axis, output, mode)


def _filtered(input: Any, order: int, axes: Any, output: Any, mode: str) -> Any:
    x = image(input, None if output in (None, np.float64) else output)
    if mode not in MODES:
        raise ArgumentError(f"got mode={mode!r}, expected one of {', '.join(MODES)}")
    _check(order, "mirror")
    for axis in axes_of(axes, x.ndim) if order > 1 else ():
        x = _coefficients(x, axis, order, mode)
    return given_back(x, input)


# --- one axis -------------------------------------------------------------------------------------


def _weights(share: Any, order: int) -> list[Any]:
    """Of elements around a place that is `share` behind a knot, by the recursion of B-splines; a
    knot is an element for odd orders, and half between two for even ones."""
    weights: list[Any] = [1.0]
    for degree in range(1, order + 1):
        new: list[Any] = [0.0] * (degree + 1)
        for k, w in enumerate(weights):
            later = (share + (degree - 1 - k)) / degree
            new[k + 1] = new[k + 1] + later * w
            new[k] = new[k] + (1 - later) * w
        weights = new
    return weights


def _folded(k: Any, n: int, mode: str) -> Any:
    """Places of elements, from those beyond the borders, too."""
    if mode in ("reflect", "grid-mirror"):
        k = k % (2 * n)
        return jnp.minimum(k, 2 * n - 1 - k)
    if mode == "grid-wrap":
        return k % n
    if mode == "grid-constant":
        return jnp.clip(k, 0, n - 1)
    k = k % max(2 * (n - 1), 1)
    return jnp.minimum(k, 2 * (n - 1) - k)


def _axis(c: Any, n: int, order: int, mode: str, cval_from: int) -> Axis:
    """An axis of `n` elements at the places `c`; what is around the image has `cval_from`
    elements."""
    outside = None
    if mode == "constant":
        outside = (c < 0) | (c > n - 1)
        c = jnp.where(outside, 0.0, c)
    elif mode == "wrap" and n > 1:
        outer = (c < 0) | (c > n - 1)
        c = jnp.where(outer, c - (n - 1) * jnp.floor(c / (n - 1)), c)
    elif mode == "nearest":
        c = jnp.clip(c + cval_from, 0, n - 1)
    if order == 0:
        k = jnp.floor(c + 0.5).astype(np.int64)
        if mode == "grid-constant":
            outside = (k < 0) | (k > n - 1)
        return Axis([_folded(k, n, mode)], [None], outside)
    behind = c + 0.5 if order % 2 == 0 else c
    first = jnp.floor(behind)
    weights = _weights(behind - first, order)
    start = first.astype(np.int64) - (order // 2)
    places = [start + k for k in range(order + 1)]
    if mode == "grid-constant":
        weights = [_beyond(k, n, w) for k, w in zip(places, weights, strict=True)]
    return Axis([_folded(k, n, mode) for k in places], weights, outside)


def _beyond(k: Any, n: int, weight: Any) -> Any:
    """The weight of an element, 0 beyond the border."""
    return jnp.where((k < 0) | (k > n - 1), 0.0, weight)


# --- values ---------------------------------------------------------------------------------------


@surface
def map_coordinates(
    input: Any,
    coordinates: Any,
    output: Any = None,
    order: int = 3,
    mode: str = "constant",
    cval: Any = 0.0,
    prefilter: bool = True,
) -> Any:
    """The values of an image at places, as `scipy.ndimage.map_coordinates`.

    Parameters
    ----------
    input, coordinates : array_like
        The image, of floats and d axes, and places of shape (d, ...); both may require grad.
    order : int
        0 for the nearest element, 1 for linear interpolation, 2 to 5 for splines of that degree.
    mode, cval, prefilter
        As in SciPy. `output` is None.

    Returns
    -------
    array or Tensor
        Of the shape of one coordinate.

    References
    ----------
    ``scipy.ndimage.map_coordinates``.

    Examples
    --------
    >>> at = jitgrad.tensor([[0.5], [0.25]], requires_grad=True)
    >>> value = map_coordinates([[0.0, 1.0], [2.0, 3.0]], at, order=1)
    >>> jitgrad.autograd.grad(value.sum(), at)
    (tensor([[2.],
            [1.]]),)
    """
    x, c = image(input, output), as_operand(coordinates)
    c = c if c.dtype.kind == "f" else c.to(np.float64)
    if not c.ndim or c.shape[0] != x.ndim:
        raise ShapeError(f"got coordinates of shape {c.shape}, expected ({x.ndim}, ...)")
    return given_back(_at(x, list(c), order, mode, cval, prefilter), input, coordinates)


def _at(x: Any, c: Sequence[Any], order: int, mode: str, cval: Any, prefilter: bool) -> Any:
    """Values at places, one array of a coordinate for each axis."""
    _check(order, mode)
    x = x - cval if mode == "grid-constant" else x
    x, around = _prepared(x, order, mode, prefilter)
    axes = [_axis(v, n, order, mode, around) for v, n in zip(c, x.shape, strict=True)]
    total: Any = 0.0
    for pick in itertools.product(*[range(len(a.places)) for a in axes]):
        pairs = list(zip(axes, pick, strict=True))
        term = x[tuple([a.places[k] for a, k in pairs])]
        for a, k in pairs:
            term = term if a.weights[k] is None else term * a.weights[k].astype(x.real.dtype)
        total = total + term
    if mode == "grid-constant":
        total = total + cval
    for a in axes:
        total = total if a.outside is None else jnp.where(a.outside, cval, total)
    return total


def _on_grid(x: Any, c: Sequence[Any], order: int, mode: str, cval: Any, prefilter: bool) -> Any:
    """Values on a grid, one vector of coordinates for each axis."""
    _check(order, mode)
    x = x - cval if mode == "grid-constant" else x
    x, around = _prepared(x, order, mode, prefilter)
    ndim, outside = x.ndim, []
    for k, v in enumerate(c):
        axis = _axis(v, x.shape[k], order, mode, around)
        shape = [-1 if j == k else 1 for j in range(ndim)]
        total: Any = 0.0
        for places, w in zip(axis.places, axis.weights, strict=True):
            rows = jnp.take(x, places, axis=k)
            total = total + (rows if w is None else rows * w.astype(x.real.dtype).reshape(shape))
        if axis.outside is not None:
            outside.append(axis.outside.reshape(shape))
        x = total
    x = x + cval if mode == "grid-constant" else x
    for mask in outside:
        x = jnp.where(mask, cval, x)
    return x


@surface
def shift(
    input: Any,
    shift: Any,
    output: Any = None,
    order: int = 3,
    mode: str = "constant",
    cval: Any = 0.0,
    prefilter: bool = True,
) -> Any:
    """An image moved along its axes, as `scipy.ndimage.shift`; shifts may require grad.

    Examples
    --------
    >>> shift([1.0, 2.0, 4.0], 0.5, order=1)
    array([0. , 1.5, 3. ])
    """
    x = image(input, output)
    shifts = for_each(shift, axes_of(None, x.ndim), "shift")
    c = [np.arange(float(n)) - jnp.asarray(s) for n, s in zip(x.shape, shifts, strict=True)]
    out = _on_grid(x, [jnp.asarray(v) for v in c], order, mode, cval, prefilter)
    return given_back(out, input, *shifts)


@surface
def zoom(
    input: Any,
    zoom: Any,
    output: Any = None,
    order: int = 3,
    mode: str = "constant",
    cval: Any = 0.0,
    prefilter: bool = True,
    *,
    grid_mode: bool = False,
) -> Any:
    """An image with more or fewer elements, as `scipy.ndimage.zoom`.

    Examples
    --------
    >>> zoom([0.0, 2.0], 2, order=1).round(3)
    array([0.   , 0.667, 1.333, 2.   ])
    """
    x = image(input, output)
    factors = for_each(zoom, axes_of(None, x.ndim), "zoom")
    c = []
    for n, factor in zip(x.shape, factors, strict=True):
        wanted = round(n * float(factor))
        if grid_mode:
            at = (np.arange(wanted) + 0.5) * (n / max(wanted, 1)) - 0.5
        else:
            at = np.arange(wanted) * ((n - 1) / (wanted - 1) if wanted > 1 else 1.0)
            at = np.minimum(at, n - 1.0) if wanted > 1 else at
        c.append(jnp.asarray(at))
    return given_back(_on_grid(x, c, order, mode, cval, prefilter), input)


@surface
def affine_transform(
    input: Any,
    matrix: Any,
    offset: Any = 0.0,
    output_shape: Any = None,
    output: Any = None,
    order: int = 3,
    mode: str = "constant",
    cval: Any = 0.0,
    prefilter: bool = True,
) -> Any:
    """An image whose element at `o` is that of another at ``matrix @ o + offset``, as
    `scipy.ndimage.affine_transform`; matrix and offset may require grad.

    Examples
    --------
    >>> affine_transform([[1.0, 2.0], [3.0, 4.0]], [[0.0, 1.0], [1.0, 0.0]], order=1)
    array([[1., 3.],
           [2., 4.]])
    """
    x, m, move = image(input, output), as_operand(matrix), as_operand(offset)
    d = x.ndim
    if m.shape == (d, d + 1) or m.shape == (d + 1, d + 1):
        m, move = m[:d, :d], m[:d, d]
    if m.shape not in ((d,), (d, d)):
        raise ShapeError(f"got a matrix of shape {m.shape} for an image of {d} axes")
    shape = x.shape if output_shape is None else tuple(output_shape)
    move = jnp.broadcast_to(move, (d,))
    if m.ndim == 1:
        c = [m[k] * np.arange(float(n)) + move[k] for k, n in enumerate(shape)]
        out = _on_grid(x, c, order, mode, cval, prefilter)
        return given_back(out, input, matrix, offset)
    grid = np.stack(np.meshgrid(*[np.arange(float(n)) for n in shape], indexing="ij"))
    at = jnp.tensordot(m, grid, axes=1) + move.reshape((d, *[1] * len(shape)))
    out = _at(x, list(at), order, mode, cval, prefilter)
    return given_back(out, input, matrix, offset)


@surface
def rotate(
    input: Any,
    angle: Any,
    axes: Sequence[int] = (1, 0),
    reshape: bool = True,
    output: Any = None,
    order: int = 3,
    mode: str = "constant",
    cval: Any = 0.0,
    prefilter: bool = True,
) -> Any:
    """An image turned by an angle in degrees, as `scipy.ndimage.rotate`; the angle may require
    grad. With `reshape` its value says the new shape.

    Examples
    --------
    >>> rotate([[1.0, 2.0], [3.0, 4.0]], 90, order=1).round(6)
    array([[2., 4.],
           [1., 3.]])
    """
    x, turn = image(input, output), as_operand(angle)
    plane = sorted(axes_of(tuple(axes), x.ndim))
    if len(set(plane)) != 2:
        raise ArgumentError(f"got axes={axes}, expected two of them")
    radians = turn * (np.pi / 180)
    c, s = jnp.cos(radians), jnp.sin(radians)
    small = jnp.stack([jnp.stack([c, s]), jnp.stack([-s, c])])
    before = np.array([x.shape[a] for a in plane])
    after = before
    if reshape:
        at = np.deg2rad(value_of(angle, "use reshape=False"))
        along, across = abs(np.cos(at)), abs(np.sin(at))
        size = np.array([[along, across], [across, along]]) @ before
        after = (size + 0.5).astype(int)
    shape = list(x.shape)
    for a, n in zip(plane, after, strict=True):
        shape[a] = int(n)
    small_offset = (before - 1) / 2 - small @ ((after - 1) / 2)
    grid: list[Any] = list(np.meshgrid(*[np.arange(float(n)) for n in shape], indexing="ij"))
    rows = [grid[a] for a in plane]
    for k, a in enumerate(plane):
        grid[a] = small[k, 0] * rows[0] + small[k, 1] * rows[1] + small_offset[k]
    out = _at(x, [jnp.asarray(v) for v in grid], order, mode, cval, prefilter)
    return given_back(out, input, angle)
