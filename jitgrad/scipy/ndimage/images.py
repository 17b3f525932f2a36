"""Images as operands of `jitgrad.scipy.ndimage`, and what is beyond their borders.

Start at `image`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import numpy as jnp
from ...base.errors import ArgumentError, DTypeError, ShapeError
from ...frontend.convert import as_operand
from ...frontend.tensor import Tensor
from ...ir.shapes import as_int, normalize_axis
from ..vectors import known

#: SciPy's names of borders, and those of `pad`.
BORDERS = {
    "reflect": "symmetric", "grid-mirror": "symmetric", "mirror": "reflect", "nearest": "edge",
    "wrap": "wrap", "grid-wrap": "wrap", "constant": "constant", "grid-constant": "constant",
}  # fmt: skip


def image(x: Any, output: Any = None) -> Any:
    """An image as a tensor of floats."""
    if output is not None:
        raise ArgumentError(f"got output={output!r}, expected None; use the result")
    t = as_operand(x)
    if t.dtype.kind not in "fc":
        raise DTypeError(
            f"got an image of dtype {t.dtype}, expected floats: of integers SciPy rounds results; "
            "use input.astype(float)"
        )
    return t


def given_back(out: Any, *given: Any) -> Any:
    """A result: a tensor where one of the arguments is, or while `jit` traces; else an array."""
    if any(isinstance(x, Tensor) for x in given) or out.requires_grad:
        return out
    values = known(out)
    return out if values is None else values


def value_of(x: Any, remedy: str) -> float:
    """The value of a parameter that a shape depends on."""
    value = known(x.detach()) if isinstance(x, Tensor) else x
    if value is None:
        raise ArgumentError(
            f"got a parameter without a value, under jit, which a shape depends on; {remedy}"
        )
    return float(value)


def axes_of(axes: Any, ndim: int) -> tuple[int, ...]:
    """The axes that are named, by default all."""
    if axes is None:
        return tuple(range(ndim))
    named = axes if isinstance(axes, (tuple, list)) else (axes,)
    return tuple(normalize_axis(as_int(a, "axes"), ndim) for a in named)


def for_each(value: Any, axes: Sequence[int], what: str) -> list[Any]:
    """A parameter for each axis, given as one for all, or as a sequence."""
    if not isinstance(value, (tuple, list)) and np.ndim(value) == 0:
        return [value] * len(axes)
    out = list(value)
    if len(out) != len(axes):
        raise ShapeError(f"got {what} for {len(out)} axes, expected {len(axes)}")
    return out


def bordered(x: Any, widths: dict[int, tuple[int, int]], modes: dict[int, str], cval: Any) -> Any:
    """`x` with what is beyond its borders, along some axes."""
    for axis, width in widths.items():
        mode = modes[axis]
        if mode not in BORDERS:
            raise ArgumentError(f"got mode={mode!r}, expected one of {', '.join(BORDERS)}")
        more = {"constant_values": cval} if BORDERS[mode] == "constant" else {}
        pairs = [width if k == axis else (0, 0) for k in range(x.ndim)]
        x = jnp.pad(x, pairs, mode=BORDERS[mode], **more)
    return x
