"""The entries of discrete cosine and sine transforms, which are SciPy's.

One primitive, `TRIGONOMETRIC`, is any type of either along one axis. Its matrix is that of another
type transposed, but for weights at the ends of the axis (`_transposed`). An inverse is a transform
in the other direction: that of type 2 is one of type 3. Start at `_cosine`.

Martucci, "Symmetric convolution and the discrete sine and cosine transforms" (1994).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..base.config import config
from ..base.errors import ArgumentError
from ..base.extras import function_of
from ..ir import Node, Op
from ..ir.shapes import normalize_axis
from .fourier import (
    SHARED,
    SWAPPED,
    check_length,
    fitted,
    inexact,
    inexact_dtypes,
    lengths_and_axes,
    norm_named,
    weighted,
)
from .records import Names
from .registry import operation
from .rows import Rows, all_rows, on_rows

#: The type of the inverse transform, which is that of the transposed one.
TURNED = {1: 1, 2: 3, 3: 2, 4: 4}


class Cosines(NamedTuple):
    """The argument of a node: "dct" or "dst", SciPy's `type`, `norm` and `orthogonalize`."""

    name: str
    type: int
    axis: int
    norm: str
    orthogonal: bool

    def turned(self, **changes: Any) -> Cosines:
        return self._replace(type=TURNED[self.type], **changes)


def _reference(x: np.ndarray, node: Node) -> np.ndarray:
    name, kind, axis, norm, orthogonal = node.arg
    workers = config.num_threads if x.size >= max(SHARED, 2 * x.shape[axis]) else None
    transform = function_of("scipy.fft", name)
    return transform(x, kind, axis=axis, norm=norm, workers=workers, orthogonalize=orthogonal)


def _cosine(x: Node, kind: Cosines) -> Node:
    return Node(TRIGONOMETRIC, (x,), kind, x.shape, x.dtype)


def _ends_times(x: Node, axis: int, ends: tuple[int, ...], factor: float) -> Node:
    """`x` times `factor` at some places of an axis."""
    return weighted(x, axis, ends, (factor, 1.0)) if ends else x


#: Transform and type -> the ends of the axis at which cosines (sines) are not doubled: among what
#: is transformed, and, for type 1, where the transposed matrix has them.
ENDS = {("dct", 1): (0, -1), ("dct", 3): (0,), ("dst", 3): (-1,)}


def _transposed(g: Node, node: Node) -> tuple[Node]:
    """By the matrix transposed: what is counted once instead of twice on one side, is on the
    other."""
    kind = node.arg
    if kind.orthogonal:
        return (_cosine(g, kind.turned()),)
    before, after = ENDS.get((kind.name, TURNED[kind.type]), ()), ENDS.get(kind[:2], ())
    out = _cosine(_ends_times(g, kind.axis, before, 2.0), kind.turned())
    return (_ends_times(out, kind.axis, after, 0.5),)


def _rows(rows: Rows, node: Node, size: int) -> Node:
    arg = node.arg._replace(axis=node.arg.axis + 1)
    return on_rows(node, all_rows(rows, node.src, size), arg, size)


TRIGONOMETRIC = Op(
    "trigonometric_transform",
    "call",
    _reference,
    vjp=_transposed,
    jvp=lambda t, node: _cosine(t[0], node.arg),
    batch=_rows,
    flops=lambda node: int(5 * node.size * np.log2(max(node.shape[node.arg.axis], 2))),
)

# --- entries --------------------------------------------------------------------------------------


def _kind(name: str, given: Any, norm: Any, orthogonalize: Any, inverse: bool) -> Cosines:
    if given not in TURNED or isinstance(given, bool):
        raise ArgumentError(f"got type={given!r} in {name}, expected 1, 2, 3 or 4")
    norm = norm_named(name, norm)
    orthogonal = norm == "ortho" if orthogonalize is None else bool(orthogonalize)
    kind = Cosines(name.lstrip("i").rstrip("n"), int(given), 0, norm, orthogonal)
    return kind.turned(norm=SWAPPED[norm]) if inverse else kind


def _transformed(name: str, x: Node, kind: Cosines, axis: int, n: int | None) -> Node:
    length = x.shape[axis] if n is None else n
    least = 2 if kind[:2] == ("dct", 1) else 1
    check_length(name, x, length, least)
    return _cosine(fitted(x, axis, length), kind._replace(axis=axis))


def _along_one(name: str, inverse: bool) -> Callable[..., Node]:
    def build(x: Node, type: Any, n: int | None, axis: int, norm: Any, orthogonalize: Any) -> Node:
        kind = _kind(name, type, norm, orthogonalize, inverse)
        return _transformed(name, inexact(x), kind, normalize_axis(axis, x.ndim), n)

    return build


def _along_several(name: str, inverse: bool) -> Callable[..., Node]:
    def build(x: Node, type: Any, s: Any, axes: Any, norm: Any, orthogonalize: Any) -> Node:
        kind, out = _kind(name, type, norm, orthogonalize, inverse), inexact(x)
        for n, axis in zip(*lengths_and_axes(name, x, s, axes), strict=True):
            out = _transformed(name, out, kind, axis, n)
        return out

    return build


_FORMS = {"norm": None, "orthogonalize": None}
_CASES: tuple[dict[str, Any], ...] = (
    {},
    {"type": 1},
    {"type": 3, "norm": "ortho"},
    {"type": 4, "norm": "forward", "orthogonalize": True},
)


def _entry(name: str, words: str) -> None:
    inverse = name.startswith("i")
    several = name.endswith("n")
    along = {"s": None, "axes": None} if several else {"n": None, "axis": -1}
    longer: tuple = ({"s": (4,), "axes": (0,)},) if several else ({"n": 4, "axis": 0}, {"n": 7})
    operation(
        name,
        (_along_several if several else _along_one)(name, inverse),
        f"The {'inverse ' * inverse}discrete {words} transform along "
        f"{'several axes' if several else 'an axis'}, by SciPy.",
        {"type": 2, **along, **_FORMS},
        loop=inexact_dtypes,
        shapes=((3, 5),),
        cases=(*_CASES, *longer),
        complex=True,
        names=Names(method=False, home="fft"),
        slope="Linear: the gradient is transformed, too.",
        returns="Of the shape of `x`, with the lengths that are asked for.",
    )


for _name, _words in (("dct", "cosine"), ("dst", "sine")):
    for _form in (_name, "i" + _name, _name + "n", f"i{_name}n"):
        _entry(_form, _words)
