"""Filters of images: sums of what is around each element, weighted.

What is around elements is a view of the image with its borders. Start at `correlate1d`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import numpy as jnp
from ...base.errors import ArgumentError, ShapeError
from ...base.surface import surface
from ...frontend.convert import as_operand
from ...frontend.tensor import Tensor
from ...ir.shapes import as_int
from .images import axes_of, bordered, for_each, given_back, image, value_of


def _reach(size: int, origin: int) -> tuple[int, int]:
    """How far a filter reaches to the left and to the right of an element."""
    left = size // 2 + origin
    if not 0 <= left < size:
        raise ArgumentError(f"got origin={origin} for {size} weights, expected it within them")
    return left, size - 1 - left


def _turned(size: int, origin: int) -> int:
    """The origin of a correlation with the weights turned round."""
    return -origin - (size % 2 == 0)


def _along(x: Any, weights: Any, axis: int, mode: str, cval: Any, origin: int) -> Any:
    """The correlation along one axis."""
    n = weights.shape[0]
    x = bordered(x, {axis: _reach(n, origin)}, {axis: mode}, cval)
    return jnp.lib.stride_tricks.sliding_window_view(x, n, axis=axis) @ weights


def _weights(weights: Any, like: Any) -> Any:
    out = image(jnp.asarray(weights) * 1.0)
    if out.dtype.kind == "f" and out.dtype != like.real.dtype:
        out = out.to(like.real.dtype)
    return out


def _one_axis(weights: Any, like: Any) -> Any:
    w = _weights(weights, like)
    if w.ndim != 1 or not w.size:
        raise ShapeError(f"got weights of shape {w.shape}, expected (n,)")
    return w


@surface
def correlate1d(
    input: Any,
    weights: Any,
    axis: int = -1,
    output: Any = None,
    mode: str = "reflect",
    cval: Any = 0.0,
    origin: int = 0,
) -> Any:
    """The sums of what is around each element along an axis, weighted, as
    `scipy.ndimage.correlate1d`.

    Parameters
    ----------
    input, weights : array_like
        The image, of floats, and the weights of shape (n,); both may require grad.
    axis, mode, cval, origin
        As in SciPy. `output` is None.

    Returns
    -------
    array or Tensor
        Of the shape of the image.

    References
    ----------
    ``scipy.ndimage.correlate1d``.

    Examples
    --------
    >>> correlate1d([1.0, 2.0, 4.0], [1.0, 0.0, 1.0])
    array([3., 5., 6.])
    """
    x = image(input, output)
    (axis,) = axes_of(axis, x.ndim)
    out = _along(x, _one_axis(weights, x), axis, mode, cval, as_int(origin, "origin"))
    return given_back(out, input, weights)


@surface
def convolve1d(
    input: Any,
    weights: Any,
    axis: int = -1,
    output: Any = None,
    mode: str = "reflect",
    cval: Any = 0.0,
    origin: int = 0,
) -> Any:
    """The convolution with weights along an axis, as `scipy.ndimage.convolve1d`; see
    `correlate1d`.

    Examples
    --------
    >>> convolve1d([1.0, 2.0, 4.0], [1.0, 0.0, 0.0])
    array([2., 4., 4.])
    """
    x = image(input, output)
    (axis,) = axes_of(axis, x.ndim)
    w = _one_axis(weights, x)
    origin = _turned(w.shape[0], as_int(origin, "origin"))
    return given_back(_along(x, jnp.flip(w), axis, mode, cval, origin), input, weights)


def _over(x: Any, w: Any, axes: Sequence[int], modes: Any, cval: Any, origins: Any) -> Any:
    """The correlation along several axes."""
    views = windows(x, w.shape, axes, modes, cval, origins)
    return jnp.tensordot(views, w, axes=w.ndim)


def windows(x: Any, sizes: Any, axes: Sequence[int], modes: Any, cval: Any, origins: Any) -> Any:
    """What is around each element, on axes behind those of the image."""
    if len(sizes) != len(axes):
        raise ShapeError(f"got a filter of {len(sizes)} axes, expected {len(axes)}")
    reach = [_reach(n, as_int(o, "origin")) for n, o in zip(sizes, origins, strict=True)]
    pairs = dict(zip(axes, reach, strict=True))
    x = bordered(x, pairs, dict(zip(axes, modes, strict=True)), cval)
    return jnp.lib.stride_tricks.sliding_window_view(x, tuple(sizes), axis=tuple(axes))


@surface
def correlate(
    input: Any,
    weights: Any,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    origin: Any = 0,
    *,
    axes: Any = None,
) -> Any:
    """The sums of what is around each element, weighted, as `scipy.ndimage.correlate`; image and
    weights may require grad.

    Examples
    --------
    >>> correlate([[1.0, 2.0], [3.0, 4.0]], [[0.0, 1.0], [0.0, 0.0]])
    array([[1., 2.],
           [1., 2.]])
    """
    x = image(input, output)
    axes, w = axes_of(axes, x.ndim), _weights(weights, x)
    modes, origins = for_each(mode, axes, "mode"), for_each(origin, axes, "origin")
    return given_back(_over(x, w, axes, modes, cval, origins), input, weights)


@surface
def convolve(
    input: Any,
    weights: Any,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    origin: Any = 0,
    *,
    axes: Any = None,
) -> Any:
    """The convolution of an image with weights, as `scipy.ndimage.convolve`; both may require grad.

    Examples
    --------
    >>> convolve([[1.0, 2.0], [3.0, 4.0]], np.ones((1, 3)), mode="constant")
    array([[3., 3.],
           [7., 7.]])
    """
    x = image(input, output)
    axes, w = axes_of(axes, x.ndim), _weights(weights, x)
    modes = for_each(mode, axes, "mode")
    given = zip(w.shape, for_each(origin, axes, "origin"), strict=True)
    origins = [_turned(n, as_int(o, "origin")) for n, o in given]
    return given_back(_over(x, jnp.flip(w), axes, modes, cval, origins), input, weights)


# --- Gaussians ------------------------------------------------------------------------------------


def _gaussian(sigma: Any, order: int, truncate: float, radius: Any, like: Any) -> Any:
    """The weights of a correlation with a derivative of a Gaussian: by Hermite polynomials."""
    if order < 0:
        raise ArgumentError(f"got order={order}, expected 0 or more")
    s = as_operand(sigma)
    if radius is None:
        reach = int(truncate * value_of(sigma, "give radius=") + 0.5)
    else:
        reach = as_int(radius, "radius")
    x = np.arange(-reach, reach + 1) / s
    weights = jnp.exp(-0.5 * x * x)
    weights = weights / weights.sum()
    before, polynomial = jnp.zeros_like(weights), jnp.ones_like(weights)
    for k in range(order):
        before, polynomial = polynomial, x * polynomial - k * before
    return (polynomial * weights / s**order).to(like.real.dtype)


def _smooth(x: Any, sigma: Any, axis: int, order: int, mode: str, cval: Any, **options: Any) -> Any:
    given = options.get("truncate", 4.0), options.get("radius")
    return _along(x, _gaussian(sigma, order, *given, x), axis, mode, cval, 0)


@surface
def gaussian_filter1d(
    input: Any,
    sigma: Any,
    axis: int = -1,
    order: int = 0,
    output: Any = None,
    mode: str = "reflect",
    cval: Any = 0.0,
    truncate: float = 4.0,
    *,
    radius: int | None = None,
) -> Any:
    """An image smoothed along an axis, or derivatives of that, as
    `scipy.ndimage.gaussian_filter1d`; `sigma` may require grad.

    Examples
    --------
    >>> width = jitgrad.tensor(1.0, requires_grad=True)
    >>> peak = gaussian_filter1d([0.0, 0.0, 1.0, 0.0, 0.0], width)[2]
    >>> jitgrad.autograd.grad(peak, width)
    (tensor(-0.3989),)
    """
    x = image(input, output)
    (axis,) = axes_of(axis, x.ndim)
    out = _smooth(x, sigma, axis, order, mode, cval, truncate=truncate, radius=radius)
    return given_back(out, input, sigma)


@surface
def gaussian_filter(
    input: Any,
    sigma: Any,
    order: Any = 0,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    truncate: float = 4.0,
    *,
    radius: Any = None,
    axes: Any = None,
) -> Any:
    """An image smoothed along axes, or derivatives of that, as `scipy.ndimage.gaussian_filter`;
    `sigma` may require grad.

    Examples
    --------
    >>> gaussian_filter(np.eye(3), 0.5)[1].round(3)
    array([0.179, 0.641, 0.179])
    """
    x = image(input, output)
    axes = axes_of(axes, x.ndim)
    sigmas = for_each(sigma, axes, "sigma")
    options = [for_each(v, axes, "a parameter") for v in (order, mode, radius)]
    for axis, s, n, m, r in zip(axes, sigmas, *options, strict=True):
        if isinstance(s, Tensor) or s > 1e-15:
            x = _smooth(x, s, axis, n, m, cval, truncate=truncate, radius=r)
    return given_back(1.0 * x if not axes else x, input, *sigmas)


def _for_axes(input: Any, sigma: Any, order: int, mode: Any, cval: Any, options: Any) -> list[Any]:
    """Derivatives of an order along each axis, of the smoothed image."""
    x = image(input)
    axes = axes_of(options.pop("axes", None), x.ndim)
    orders = [[order if a == axis else 0 for a in axes] for axis in axes]
    more = {"mode": mode, "cval": cval, "axes": axes, **options}
    return [jnp.asarray(gaussian_filter(x, sigma, each, **more)) for each in orders]


@surface
def gaussian_laplace(
    input: Any,
    sigma: Any,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    **options: Any,
) -> Any:
    """The sum of second derivatives of a smoothed image, as `scipy.ndimage.gaussian_laplace`.

    Examples
    --------
    >>> gaussian_laplace([0.0, 0.0, 1.0, 0.0, 0.0], 1.0)[2].round(3)
    np.float64(-0.399)
    """
    image(input, output)
    return given_back(sum(_for_axes(input, sigma, 2, mode, cval, options)), input, sigma)


@surface
def gaussian_gradient_magnitude(
    input: Any,
    sigma: Any,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    **options: Any,
) -> Any:
    """The length of the gradient of a smoothed image, as
    `scipy.ndimage.gaussian_gradient_magnitude`; its derivative where it is 0 is 0.

    Examples
    --------
    >>> gaussian_gradient_magnitude(np.arange(9.0), 1.0)[4].round(3)
    np.float64(1.0)
    """
    image(input, output)
    slopes = _for_axes(input, sigma, 1, mode, cval, options)
    return given_back(jnp.linalg.norm(jnp.stack(slopes), axis=0), input, sigma)


# --- differences and means ------------------------------------------------------------------------


def _edge(input: Any, axis: int, output: Any, mode: str, cval: Any, across: Sequence[float]) -> Any:
    x = image(input, output)
    (axis,) = axes_of(axis, x.ndim)
    kind = x.real.dtype
    out = _along(x, jnp.asarray(np.array([-1.0, 0, 1], kind)), axis, mode, cval, 0)
    for k in range(x.ndim):
        if k != axis:
            out = _along(out, jnp.asarray(np.array(across, kind)), k, mode, cval, 0)
    return given_back(out, input)


@surface
def sobel(
    input: Any, axis: int = -1, output: Any = None, mode: str = "reflect", cval: Any = 0.0
) -> Any:
    """Differences along an axis, and sums of neighbours along others, as `scipy.ndimage.sobel`.

    Examples
    --------
    >>> sobel([[0.0, 1.0, 2.0], [0.0, 1.0, 2.0]])[0]
    array([4., 8., 4.])
    """
    return _edge(input, axis, output, mode, cval, (1.0, 2.0, 1.0))


@surface
def prewitt(
    input: Any, axis: int = -1, output: Any = None, mode: str = "reflect", cval: Any = 0.0
) -> Any:
    """Differences along an axis, and sums of neighbours along others, as `scipy.ndimage.prewitt`.

    Examples
    --------
    >>> prewitt([[0.0, 1.0, 2.0], [0.0, 1.0, 2.0]])[0]
    array([3., 6., 3.])
    """
    return _edge(input, axis, output, mode, cval, (1.0, 1.0, 1.0))


@surface
def laplace(
    input: Any, output: Any = None, mode: Any = "reflect", cval: Any = 0.0, *, axes: Any = None
) -> Any:
    """The sum of second differences, as `scipy.ndimage.laplace`.

    Examples
    --------
    >>> laplace([0.0, 1.0, 4.0, 9.0])
    array([ 1.,  2.,  2., -5.])
    """
    x = image(input, output)
    axes = axes_of(axes, x.ndim)
    w = jnp.asarray(np.array([1.0, -2, 1], x.real.dtype))
    pairs = zip(axes, for_each(mode, axes, "mode"), strict=True)
    out: Any = sum(_along(x, w, axis, m, cval, 0) for axis, m in pairs)
    return given_back(out if axes else 1.0 * x, input)


@surface
def uniform_filter1d(
    input: Any,
    size: int,
    axis: int = -1,
    output: Any = None,
    mode: str = "reflect",
    cval: Any = 0.0,
    origin: int = 0,
) -> Any:
    """The means of what is around each element along an axis, as `scipy.ndimage.uniform_filter1d`.

    Examples
    --------
    >>> uniform_filter1d([3.0, 6.0, 9.0], 3)
    array([4., 6., 8.])
    """
    x, n = image(input, output), as_int(size, "size")
    (axis,) = axes_of(axis, x.ndim)
    w = jnp.asarray(np.full(n, 1.0 / n, x.real.dtype))
    return given_back(_along(x, w, axis, mode, cval, as_int(origin, "origin")), input)


@surface
def uniform_filter(
    input: Any,
    size: Any = 3,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    origin: Any = 0,
    *,
    axes: Any = None,
) -> Any:
    """The means of what is around each element, as `scipy.ndimage.uniform_filter`.

    Examples
    --------
    >>> uniform_filter([[9.0, 0.0], [0.0, 0.0]], 3)
    array([[4., 2.],
           [2., 1.]])
    """
    x = image(input, output)
    axes = axes_of(axes, x.ndim)
    options = [for_each(v, axes, "a parameter") for v in (size, mode, origin)]
    for axis, n, m, o in zip(axes, *options, strict=True):
        if n > 1:
            x = jnp.asarray(uniform_filter1d(x, n, axis, None, m, cval, o))
    return given_back(x, input)
