"""Operations on the bits of integers and bools, which have no gradient. One entry each."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ..ir import Node, const
from .comparison import logical_and, where
from .pointwise import elementwise
from .primitives import cast
from .promotion import ufunc_dtypes
from .records import Names
from .registry import composite
from .sampling import BOOLS, COUNTS

if TYPE_CHECKING:
    from .registry import Entry


def _bitwise(ufunc: np.ufunc, code: str, operator: str, doc: str, *aliases: str) -> Entry:
    return elementwise(ufunc, None, doc, code=code, on=BOOLS, names=Names(operator, aliases))


bitwise_and = _bitwise(np.bitwise_and, "({0} & {1})", "and", "The bits that x and y have, x & y.")
bitwise_or = _bitwise(np.bitwise_or, "({0} | {1})", "or", "The bits that x or y has, x | y.")
bitwise_xor = _bitwise(
    np.bitwise_xor, "({0} ^ {1})", "xor", "The bits that one of x and y has, x ^ y."
)
invert = _bitwise(
    np.invert, "np.invert({0})", "invert", "The bits that x does not have, ~x.", "bitwise_not"
)


def _shift_within(name: str, ufunc: np.ufunc, code: str) -> Entry:
    doc = f"{ufunc.__name__}, for y within the bits of x."
    return elementwise(name, None, doc, numpy=ufunc, code=code, on=COUNTS, public=False)


_shl = _shift_within("shl", np.left_shift, "({0} << {1})")
_shr = _shift_within("shr", np.right_shift, "({0} >> {1})")
_shifted_dtypes = ufunc_dtypes(np.left_shift)


def _shift(
    ufunc: np.ufunc, shift: Entry, beyond: Callable[[Node], Node | float], operator: str, doc: str
) -> Entry:
    """A shift by any number of bits: machines take those within the bits of x, NumPy goes on to
    what is `beyond`."""

    def build(x: Node | float, y: Node | float) -> Node:
        _, dtype = _shifted_dtypes((x, y))
        x, y = (cast(v, dtype) if isinstance(v, Node) else const(v, dtype) for v in (x, y))
        within = logical_and(y >= 0, y < 8 * dtype.itemsize)
        return where(within, shift(x, where(within, y, 0)), beyond(x))

    names = Names(operator, (f"bitwise_{ufunc.__name__}",))
    return composite(ufunc, build, doc, operands=2, on=COUNTS, differentiable=False, names=names)


def _sign(x: Node) -> Node | float:
    return _shr(x, const(8 * x.dtype.itemsize - 1, x.dtype)) if x.dtype.kind == "i" else 0


left_shift = _shift(np.left_shift, _shl, lambda x: 0, "lshift", "The bits of x moved up by y.")
right_shift = _shift(
    np.right_shift, _shr, _sign, "rshift", "The bits of x moved down by y; the sign stays."
)
