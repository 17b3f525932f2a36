"""Padding, and windows that slide over the last axes of images and sequences: views, of which
convolutions (`convolution`) and pooling (`pooling`) are made. Start at `windows`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...base.errors import ArgumentError, ShapeError
from ...base.surface import surface
from ...ir.shapes import as_int
from ...numpy.functions.padding import pad as numpy_pad
from .shared import floats, op

#: PyTorch's modes of padding -> NumPy's.
MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


@surface
def pad(input: Any, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Any:
    """Pads the last axes.

    Parameters
    ----------
    input : array_like
    pad : sequence of int
        How much is added before and behind, of the last axis first: (left, right, top, bottom...).
        Negative numbers cut off.
    mode : str
        "constant", "reflect", "replicate" or "circular".
    value : float, optional
        What is put there in the mode "constant"; 0 by default.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> jitgrad.nn.functional.pad(jitgrad.tensor([1.0, 2.0]), (1, 2))
    tensor([0., 1., 2., 0., 0.])
    """
    x = floats(input)
    ends = _ends(x, pad)
    if mode not in MODES:
        raise ArgumentError(f"got mode={mode!r}, expected one of {', '.join(MODES)}")
    if mode != "constant" and value is not None:
        raise ArgumentError(f"got value={value} for mode={mode!r}, which has none; leave it out")
    if any(n < 0 for end in ends for n in end):
        cut = [slice(max(-a, 0), n - max(-b, 0)) for (a, b), n in zip(ends, x.shape, strict=True)]
        x = x[tuple(cut)]
        ends = [(max(a, 0), max(b, 0)) for a, b in ends]
    if not any(map(any, ends)):
        return x
    kwargs = {"constant_values": value or 0.0} if mode == "constant" else {}
    return numpy_pad(x, ends, MODES[mode], **kwargs)


def _ends(x: Any, pad: Sequence[int]) -> list[tuple[int, int]]:
    """How much is added before and behind, for each axis in order."""
    widths = [as_int(n, "pad") for n in pad]
    if len(widths) % 2 or len(widths) > 2 * x.ndim:
        raise ShapeError(
            f"got pad={tuple(pad)} for shape {x.shape}, expected two numbers for each of the last "
            "axes"
        )
    ends = [(0, 0)] * (x.ndim - len(widths) // 2)
    return ends + [(widths[k], widths[k + 1]) for k in range(len(widths) - 2, -1, -2)]


def padded(x: Any, padding: Sequence[int], value: float = 0.0) -> Any:
    """`x` with `value` on both sides of its last axes."""
    if not any(padding):
        return x
    ends = [(0, 0)] * (x.ndim - len(padding)) + [(n, n) for n in padding]
    return numpy_pad(x, ends, "constant", constant_values=value)


def windows(x: Any, size: Sequence[int], stride: Sequence[int], dilation: Sequence[int]) -> Any:
    """The windows of `size` over the last axes: shape (..., places, window)."""
    n = len(size)
    spans = tuple([(k - 1) * d + 1 for k, d in zip(size, dilation, strict=True)])
    if any(s > length for s, length in zip(spans, x.shape[-n:], strict=True)):
        raise ShapeError(
            f"got windows of {spans} for lengths {x.shape[-n:]}, with padding, expected windows "
            "that fit"
        )
    out = op.sliding_window_view(x, window_shape=spans, axis=tuple(range(-n, 0)))
    steps = [slice(None, None, s) for s in (*stride, *dilation)]
    return out[(..., *steps)] if any(s.step != 1 for s in steps) else out
