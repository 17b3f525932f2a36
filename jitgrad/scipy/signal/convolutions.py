"""Convolution and correlation in any number of dimensions, by the names of `scipy.signal`.

Both are computed directly: windows of the larger array times the smaller one. Start at `convolve`.
"""

from __future__ import annotations

from typing import Any

from ... import numpy as jnp
from ...base.errors import ArgumentError, ShapeError
from ...base.surface import surface
from .signals import given_back, signal

MODES = ("full", "same", "valid")


@surface
def convolve(in1: Any, in2: Any, mode: str = "full", method: str = "auto") -> Any:
    """The convolution of two arrays, as `scipy.signal.convolve`.

    Parameters
    ----------
    in1, in2 : array_like
        Of the same number of dimensions; both may require grad.
    mode : "full", "same" or "valid"
    method : "auto" or "direct"
        Both are the direct sum of products.

    Returns
    -------
    array or Tensor

    Raises
    ------
    ArgumentError
        Another mode or method.
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
    if method not in ("auto", "direct"):
        raise ArgumentError(f"got method={method!r}, expected 'auto' or 'direct'")
    x, y = signal(in1, "in1"), signal(in2, "in2")
    return given_back(_convolved(x, y, mode), in1, in2)


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
    if method not in ("auto", "direct"):
        raise ArgumentError(f"got method={method!r}, expected 'auto' or 'direct'")
    x, y = signal(in1, "in1"), signal(in2, "in2")
    return given_back(_convolved(x, jnp.conj(jnp.flip(y)), mode), in1, in2)


@surface
def fftconvolve(in1: Any, in2: Any, mode: str = "full", axes: Any = None) -> Any:
    """The convolution of two arrays, as `scipy.signal.fftconvolve`; computed directly, as
    `convolve`.

    Parameters
    ----------
    in1, in2, mode
        As in `convolve`.
    axes : None
        All axes.

    References
    ----------
    ``scipy.signal.fftconvolve``.

    Examples
    --------
    >>> fftconvolve([1.0, 2.0, 3.0], [1.0, 1.0])
    array([1., 3., 5., 3.])
    """
    if axes is not None:
        raise ArgumentError(f"got axes={axes!r}, expected None: use jitgrad.vmap for some axes")
    return convolve(in1, in2, mode)


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
    return given_back(_convolved(*_bordered(x, y, mode, boundary, fillvalue)), in1, in2)


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
    return given_back(_convolved(*_bordered(x, y, mode, boundary, fillvalue, True)), in1, in2)


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


def _convolved(x: Any, y: Any, mode: str) -> Any:
    if mode not in (*MODES, "first valid"):
        raise ArgumentError(f"got mode={mode!r}, expected one of {', '.join(MODES)}")
    if x.ndim != y.ndim:
        raise ShapeError(
            f"got arrays of shapes {x.shape} and {y.shape}, expected as many dimensions in both"
        )
    if not x.ndim:
        return x * y
    shape = x.shape
    if mode != "first valid":
        x, y = _larger_first(x, y, mode)
    if not x.size or not y.size:
        raise ShapeError(f"got arrays of shapes {x.shape} and {y.shape}, expected some elements")
    if mode in ("full", "same"):
        x = jnp.pad(x, [(n - 1, n - 1) for n in y.shape])
    out = _valid(x, y)
    if mode == "same":
        starts = [(n - m) // 2 for n, m in zip(out.shape, shape, strict=True)]
        out = out[tuple([slice(s, s + m) for s, m in zip(starts, shape, strict=True)])]
    return out


def _larger_first(x: Any, y: Any, mode: str) -> tuple[Any, Any]:
    pairs = list(zip(x.shape, y.shape, strict=True))
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


def _valid(x: Any, y: Any) -> Any:
    """The sums of products where `y`, turned round, lies within `x`."""
    if x.ndim == 1:
        return jnp.convolve(x, y, "valid")
    axes = tuple(range(x.ndim))
    windows = jnp.lib.stride_tricks.sliding_window_view(x, y.shape)
    behind = tuple([x.ndim + k for k in axes])
    return jnp.tensordot(windows, jnp.flip(y), axes=(behind, axes))
