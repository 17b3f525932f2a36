"""Convolution and correlation in any number of dimensions, by the names of `scipy.signal`.

They are sums of products (`jitgrad.ops.convolving`), or products of Fourier transforms
(`by_transforms`) where these take less time. Start at `convolve`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

from ... import numpy as jnp
from ...base.errors import ArgumentError, ShapeError
from ...base.surface import surface
from ...frontend.functions import FUNCTIONS
from ...ir.shapes import as_int, normalize_axis
from .by_transforms import by_blocks, by_transforms, faster_by_transforms
from .over_axes import over_axes
from .signals import given_back, signal

op = SimpleNamespace(**FUNCTIONS)

MODES = ("full", "same", "valid")


@surface
def convolve(
    in1: Any,
    in2: Any,
    mode: str = "full",
    method: str = "auto",
    *,
    axes: Any = None,
    dot_axes: Any = None,
) -> Any:
    """The convolution of two arrays, as `scipy.signal.convolve`.

    Parameters
    ----------
    in1, in2 : array_like
        Of the same number of dimensions; both may require grad.
    mode : "full", "same" or "valid"
    method : "auto", "direct" or "fft"
        Sums of products, or products of Fourier transforms, whose rounding errors are relative to
        the largest element; by default, what is faster for these shapes. Infinities and nan spread
        to all of a transform.
    axes, dot_axes : pair of sequences of int, optional
        Which axes of both arrays are convolved (all by default), and which are multiplied and
        summed, as in autograd's function of this name; others are those of separate convolutions,
        first those of `in1`, then those of `in2`, before the axes that are convolved.

    Returns
    -------
    array or Tensor

    Raises
    ------
    ArgumentError
        Another mode or method; an axis twice.
    ShapeError
        Other numbers of dimensions; or, with "valid", no array that is at least as large as the
        other one along all axes.

    References
    ----------
    ``scipy.signal.convolve``.

    Examples
    --------
    >>> x = jitgrad.tensor([1.0, 2.0, 3.0])
    >>> convolve(x, [1.0, 1.0])
    tensor([1., 3., 5., 3.])
    >>> jitgrad.grad(lambda k: convolve(x, k, "same").sum())(np.array([0.0, 1.0, 0.5]))
    array([5., 6., 3.])
    """
    x, y = signal(in1, "in1"), signal(in2, "in2")
    if axes is not None or dot_axes is not None:
        if mode not in MODES:
            raise ArgumentError(f"got mode={mode!r}, expected one of {', '.join(MODES)}")
        return given_back(over_axes(x, y, axes, dot_axes, mode), in1, in2)
    return given_back(_convolved(x, y, mode, method), in1, in2)


@surface
def correlate(in1: Any, in2: Any, mode: str = "full", method: str = "auto") -> Any:
    """The correlation of two arrays, as `scipy.signal.correlate`.

    Parameters
    ----------
    in1, in2, mode, method
        As in `convolve`.

    References
    ----------
    ``scipy.signal.correlate``.

    Examples
    --------
    >>> correlate(jitgrad.tensor([1.0, 2.0, 3.0]), [0.0, 1.0, 0.5], "same")
    tensor([2. , 3.5, 3. ])
    """
    x, y = signal(in1, "in1"), signal(in2, "in2")
    return given_back(_convolved(x, jnp.conj(jnp.flip(y)), mode, method), in1, in2)


@surface
def fftconvolve(in1: Any, in2: Any, mode: str = "full", axes: Any = None) -> Any:
    """The convolution of two arrays by Fourier transforms, as `scipy.signal.fftconvolve`.

    Parameters
    ----------
    in1, in2, mode
        As in `convolve`.
    axes : int or sequence of int, optional
        Along these, by default all. Along the others the arrays are broadcast.

    References
    ----------
    ``scipy.signal.fftconvolve``.

    Examples
    --------
    >>> x = jitgrad.tensor([1.0, 2.0, 3.0])
    >>> fftconvolve(x, [1.0, 1.0]).round(12)
    tensor([1., 3., 5., 3.])
    """
    x, y = signal(in1, "in1"), signal(in2, "in2")
    return given_back(_along(x, y, mode, axes, by_transforms), in1, in2)


@surface
def oaconvolve(in1: Any, in2: Any, mode: str = "full", axes: Any = None) -> Any:
    """The convolution of two arrays of very different lengths by Fourier transforms of blocks, as
    `scipy.signal.oaconvolve`.

    Parameters
    ----------
    in1, in2, mode, axes
        As in `fftconvolve`.

    References
    ----------
    ``scipy.signal.oaconvolve``.

    Examples
    --------
    >>> x = jitgrad.arange(1000.0)
    >>> oaconvolve(x, [1.0, -1.0], "valid").shape
    (999,)
    """
    x, y = signal(in1, "in1"), signal(in2, "in2")
    return given_back(_along(x, y, mode, axes, by_blocks), in1, in2)


@surface
def convolve2d(
    in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: float = 0
) -> Any:
    """The convolution of two matrices, as `scipy.signal.convolve2d`.

    Parameters
    ----------
    in1, in2, mode
        As in `convolve`, of two dimensions.
    boundary : "fill", "wrap" or "symm"
    fillvalue : float

    References
    ----------
    ``scipy.signal.convolve2d``.

    Examples
    --------
    >>> convolve2d(np.eye(2), [[1.0, 2.0]])
    array([[1., 2., 0.],
           [0., 1., 2.]])
    """
    x, y = signal(in1, "in1"), signal(in2, "in2")
    return given_back(_convolved(*_bordered(x, y, mode, boundary, fillvalue), "direct"), in1, in2)


@surface
def correlate2d(
    in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: float = 0
) -> Any:
    """The correlation of two matrices, as `scipy.signal.correlate2d`.

    Parameters
    ----------
    in1, in2, mode, boundary, fillvalue
        As in `convolve2d`.

    References
    ----------
    ``scipy.signal.correlate2d``.

    Examples
    --------
    >>> correlate2d(np.eye(2), [[1.0, 2.0]])
    array([[2., 1., 0.],
           [0., 2., 1.]])
    """
    x, y = signal(in1, "in1"), jnp.conj(jnp.flip(signal(in2, "in2")))
    return given_back(
        _convolved(*_bordered(x, y, mode, boundary, fillvalue, True), "direct"), in1, in2
    )


def _bordered(
    x: Any, y: Any, mode: str, boundary: str, fill: float, correlates: bool = False
) -> tuple[Any, Any, str]:
    """The arrays and the mode of a convolution that is one with a border. "same" is where SciPy has
    it, which for kernels of even lengths is another place where it `correlates`."""
    if x.ndim != 2 or y.ndim != 2:
        raise ShapeError(f"got arrays of shapes {x.shape} and {y.shape}, expected matrices")
    names = {"fill": "constant", "wrap": "wrap", "symm": "symmetric"}
    if boundary not in names:
        raise ArgumentError(f"got boundary={boundary!r}, expected one of {', '.join(names)}")
    if mode not in ("full", "same"):
        return x, y, mode
    starts = [0 if mode == "full" else (n - (not correlates)) // 2 for n in y.shape]
    ends = [n - 1 if mode == "full" else k for n, k in zip(y.shape, starts, strict=True)]
    widths = [(n - 1 - k, end) for n, k, end in zip(y.shape, starts, ends, strict=True)]
    more = {"constant_values": fill} if boundary == "fill" else {}
    return jnp.pad(x, widths, mode=names[boundary], **more), y, "first valid"


def _convolved(x: Any, y: Any, mode: str, method: str) -> Any:
    if method not in ("auto", "direct", "fft"):
        raise ArgumentError(f"got method={method!r}, expected 'auto', 'direct' or 'fft'")
    _check(x, y, mode, ("first valid",))
    if not x.ndim:
        return x * y
    first = mode == "first valid"
    shape = x.shape
    if not first:
        x, y = _larger_first(x, y, mode, range(x.ndim))
    if not x.size or not y.size:
        raise ShapeError(f"got arrays of shapes {x.shape} and {y.shape}, expected some elements")
    if method == "fft" or (method == "auto" and faster_by_transforms(x.shape, y.shape, mode)):
        return _part(by_transforms(x, y, range(x.ndim)), x, y, mode, shape, range(x.ndim))
    if mode in ("valid", "first valid"):
        return op.window_products(x, jnp.flip(y))
    return _part(op.convolved(x, y), x, y, mode, shape, range(x.ndim))


def _check(x: Any, y: Any, mode: str, more: tuple[str, ...] = ()) -> None:
    if mode not in (*MODES, *more):
        raise ArgumentError(f"got mode={mode!r}, expected one of {', '.join(MODES)}")
    if x.ndim != y.ndim:
        raise ShapeError(
            f"got arrays of shapes {x.shape} and {y.shape}, expected as many dimensions in both"
        )


def _along(x: Any, y: Any, mode: str, axes: Any, whole: Callable[..., Any]) -> Any:
    """A convolution along some axes, of which `whole` computes the full one."""
    _check(x, y, mode)
    given = range(x.ndim) if axes is None else (axes,) if isinstance(axes, int) else axes
    numbers = sorted({normalize_axis(as_int(a, "axes"), x.ndim) for a in given})
    others = [(x.shape[k], y.shape[k]) for k in range(x.ndim) if k not in numbers]
    if any(n != m and 1 not in (n, m) for n, m in others):
        raise ShapeError(
            f"got arrays of shapes {x.shape} and {y.shape} to convolve along axes {numbers}, "
            "expected shapes that broadcast along the others"
        )
    shape = x.shape
    x, y = _larger_first(x, y, mode, numbers)
    if not x.size or not y.size:
        raise ShapeError(f"got arrays of shapes {x.shape} and {y.shape}, expected some elements")
    # along an axis of length 1 there is nothing to transform
    longer = [k for k in numbers if x.shape[k] != 1 and y.shape[k] != 1]
    out = whole(x, y, longer) if longer else x * y
    return _part(out, x, y, mode, shape, numbers)


def _part(out: Any, x: Any, y: Any, mode: str, shape: tuple[int, ...], axes: Sequence[int]) -> Any:
    """What a mode has of the full convolution along some axes; `shape` is that of the first
    array."""
    if mode == "full":
        return out
    index: list[Any] = [slice(None)] * out.ndim
    for k in axes:
        length = shape[k] if mode == "same" else x.shape[k] - y.shape[k] + 1
        start = (out.shape[k] - length) // 2
        index[k] = slice(start, start + length)
    return out[tuple(index)]


def _larger_first(x: Any, y: Any, mode: str, axes: Sequence[int]) -> tuple[Any, Any]:
    pairs = [(x.shape[k], y.shape[k]) for k in axes]
    if all(a >= b for a, b in pairs):
        return x, y
    if all(a <= b for a, b in pairs):
        return y, x
    if mode == "valid":
        raise ShapeError(
            f"got arrays of shapes {x.shape} and {y.shape} for mode='valid', expected one at least "
            "as large as the other along all axes"
        )
    return x, y
