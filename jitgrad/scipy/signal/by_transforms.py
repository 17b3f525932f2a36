"""Convolutions by Fourier transforms: of whole arrays, or of blocks that overlap; and analytic
signals. Start at `by_transforms`.

References: Stockham, "High-speed convolution and correlation" (1966), for both.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import fft
from ... import numpy as jnp
from ...base.errors import ArgumentError, DTypeError
from ...base.extras import function_of
from ...base.surface import surface
from ...ir.shapes import as_int, normalize_axis
from .signals import given_back, signal

#: What products, of one axis and of several, and n log2(n) of the lengths that are transformed
#: take, in ns; and what three transforms take at least.
PRODUCT, PRODUCTS, TRANSFORMED, AT_LEAST = 0.2, 1.0, 4.0, 5e4


def fast_length(n: int, real: bool) -> int:
    """The least length from `n` on that is fast to transform."""
    return function_of("scipy.fft", "next_fast_len")(n, real)


def faster_by_transforms(larger: Sequence[int], smaller: Sequence[int], mode: str) -> bool:
    """Whether transforms take less time than products, for arrays of these shapes."""
    pairs = list(zip(larger, smaller, strict=True))
    places = [n - m + 1 for n, m in pairs] if "valid" in mode else larger
    products = math.prod(smaller) * math.prod(places) * (PRODUCT if len(pairs) == 1 else PRODUCTS)
    size = math.prod([fast_length(n + m - 1, True) for n, m in pairs])
    return products > AT_LEAST + TRANSFORMED * size * math.log2(size)


def _transformed(x: Any, lengths: Sequence[int], axes: Sequence[int], real: bool) -> Any:
    return (fft.rfftn if real else fft.fftn)(x, s=lengths, axes=axes)


def _product(x: Any, y: Any, lengths: Sequence[int], axes: Sequence[int]) -> Any:
    """The circular convolution of some lengths along axes."""
    real = x.dtype.kind == y.dtype.kind == "f"
    spectrum = _transformed(x, lengths, axes, real) * _transformed(y, lengths, axes, real)
    return (fft.irfftn if real else fft.ifftn)(spectrum, s=lengths, axes=axes)


def by_transforms(x: Any, y: Any, axes: Sequence[int]) -> Any:
    """The full convolution along axes."""
    axes, real = list(axes), x.dtype.kind == y.dtype.kind == "f"
    needed = {k: x.shape[k] + y.shape[k] - 1 for k in axes}
    lengths = [fast_length(needed[k], real) for k in axes]
    out = _product(x, y, lengths, axes)
    return out[tuple([slice(0, needed.get(k)) for k in range(out.ndim)])]


# --- blocks ---------------------------------------------------------------------------------------


def _step(n: int, m: int) -> int:
    """How many of `n` places a block has, so that transforms with `m` others take the least."""
    lengths = [1 << k for k in range(m.bit_length(), (n + m).bit_length())]
    cost = lambda length: math.ceil(n / (length - m + 1)) * length * math.log2(length)
    best = min(lengths, key=cost, default=0)
    return best - m + 1 if best and cost(best) < (n + m) * math.log2(n + m) else n


def by_blocks(x: Any, y: Any, axes: Sequence[int]) -> Any:
    """The full convolution along axes, of blocks of the longer array along each: what goes beyond
    the end of a block is added to the next one."""
    axes = list(axes)
    steps = {}
    for k in axes:
        if x.shape[k] < y.shape[k]:
            return by_transforms(x, y, axes)
        steps[k] = _step(x.shape[k], y.shape[k])
    out, lengths = _in_blocks(x, steps), [steps[k] + y.shape[k] - 1 for k in axes]
    places = [k + i + 1 for i, k in enumerate(axes)]
    shape = [n for k, n in enumerate(y.shape) for n in ((1, n) if k in steps else (n,))]
    out = _product(out, y.reshape(shape), lengths, places)
    for i, k in reversed(list(enumerate(axes))):
        out = _overlapped(out, k + i, steps[k], x.shape[k] + y.shape[k] - 1)
    return out


def _in_blocks(x: Any, steps: dict[int, int]) -> Any:
    """`x` with each of some axes as two: the number of the block, the place in it."""
    ends = [(0, -n % steps[k] if k in steps else 0) for k, n in enumerate(x.shape)]
    x = jnp.pad(x, ends)
    split = lambda k, n: (n // steps[k], steps[k]) if k in steps else (n,)
    return x.reshape([part for k, n in enumerate(x.shape) for part in split(k, n)])


def _overlapped(x: Any, axis: int, step: int, length: int) -> Any:
    """One axis of blocks that overlap, of (blocks, places) at `axis`."""
    count, places = x.shape[axis : axis + 2]
    lead, behind = [(0, 0)] * axis, [(0, 0)] * (x.ndim - axis - 2)
    pieces = math.ceil(places / step)
    x = jnp.pad(x, [*lead, (0, 0), (0, pieces * step - places), *behind])
    total: Any = 0.0
    for k in range(pieces):
        index = (*[slice(None)] * (axis + 1), slice(k * step, (k + 1) * step))
        total = total + jnp.pad(x[index], [*lead, (k, pieces - 1 - k), (0, 0), *behind])
    rows = count + pieces - 1
    out = total.reshape((*x.shape[:axis], rows * step, *x.shape[axis + 2 :]))
    return out[(*[slice(None)] * axis, slice(0, length))]


# --- analytic signals -----------------------------------------------------------------------------


@surface
def hilbert(x: Any, N: int | None = None, axis: int = -1) -> Any:
    """The analytic signal of a real one along an axis, as `scipy.signal.hilbert`: the imaginary
    part is its Hilbert transform.

    Parameters
    ----------
    x : array_like
        Real; it may require grad.
    N : int, optional
        How many elements are transformed: `x` is cut, or followed by zeros.
    axis : int

    Returns
    -------
    array or Tensor
        Complex, of the shape of `x`, with N elements along `axis`.

    Raises
    ------
    DTypeError
        Complex numbers.
    ArgumentError
        N is not positive.

    References
    ----------
    ``scipy.signal.hilbert``.

    Examples
    --------
    >>> t = np.linspace(0.0, 1.0, 100, endpoint=False)
    >>> wave = jitgrad.tensor(3.0 * np.cos(2 * np.pi * 5 * t))
    >>> abs(hilbert(wave))[:3]
    tensor([3., 3., 3.])
    """
    t = signal(x, "x")
    if t.dtype.kind != "f":
        raise DTypeError(f"got x of dtype {t.dtype}, expected real numbers")
    axis = normalize_axis(as_int(axis, "axis"), t.ndim)
    n = t.shape[axis] if N is None else as_int(N, "N")
    if n < 1:
        raise ArgumentError(f"got N={n}, expected at least 1")
    weights = np.full(n // 2 + 1, 2.0, t.dtype)
    weights[0] = 1.0
    if n % 2 == 0:
        weights[-1] = 1.0
    shape = [1] * t.ndim
    shape[axis] = weights.size
    spectrum = fft.rfft(t, n=n, axis=axis) * weights.reshape(shape)
    return given_back(fft.ifft(spectrum, n=n, axis=axis), x)
