"""Arithmetic: sums, products, quotients and remainders, signs and magnitudes, squares and roots.

One entry each: the function of NumPy, the partial derivatives as formulas of the operands and the
result ``out``, and what it is in words; `pointwise.elementwise` says what else an entry may have.
`code` is the expression in kernels, where names such as ``quotient`` are the helpers of
`jitgrad.runtime.numba.support`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..base.dtypes import is_complex, is_float
from ..ir import Node, const
from . import complex_parts
from .comparison import equal, where
from .kinks import at_kinks, side, smooth_square
from .marks import revalue
from .pointwise import elementwise
from .primitives import IMAG, REAL, imag_part, real_part
from .promotion import ufunc_dtypes
from .records import Names
from .registry import REGISTRY
from .rounding import trunc
from .sampling import Domain

#: Operands of a quotient with a fraction, so that its floor is constant around them.
FRACTION = (Domain(2.1, 2.9), Domain(0.9, 1.0))

# --- sums, products, quotients --------------------------------------------------------------------


def _smooth(x: Node, out: Node) -> Node:
    """`out`, the square of `x`, with the derivatives of what it is a function of where `x` has a
    kink."""
    smooth = smooth_square(x) if isinstance(x, Node) and is_float(x.dtype) else None
    if smooth is None:
        return out
    # The square of the magnitude of a complex number has no use for the root.
    of_parts = [s.op for s in x.src] == [REAL, IMAG]
    return smooth if of_parts and x.op.name == "modulus" else revalue(out, smooth)


add = elementwise(
    np.add,
    lambda x, y, out: (1, 1),
    "The sum x + y.",
    code="({0} + {1})",
    names=Names("add", in_place="add_"),
    parts=complex_parts.add,
)
subtract = elementwise(
    np.subtract,
    lambda x, y, out: (1, -1),
    "The difference x - y.",
    code="({0} - {1})",
    names=Names("sub", in_place="sub_"),
    parts=complex_parts.subtract,
)
multiply = elementwise(
    np.multiply,
    lambda x, y, out: (y, x),
    "The product x * y.",
    code="({0} * {1})",
    around=lambda product, x, y: _smooth(x, product(x, y)) if x is y else product(x, y),
    scales=True,
    scaled=at_kinks,
    names=Names("mul", in_place="mul_"),
    parts=complex_parts.multiply,
)


def _quotient(g: Node, node: Node) -> Node:
    """`g` times a quotient. Complex numbers are divided last: at a pole the quotient has an
    infinite part, of which NumPy's product is all nan."""
    return g * node.src[0] / node.src[1] if is_complex(node.dtype) else g * node


divide = elementwise(
    np.divide,
    lambda x, y, out: (1 / y, -out / y),
    "The quotient x / y.",
    code="({0} / {1})",
    prepare=("reciprocal({0})", "quotient({0}, {1}, {2})", "({0} * {2})"),
    cost=4,
    scales=True,
    on=(0.5, 2),
    names=Names("truediv", ("true_divide",), in_place="div_"),
    scaled=_quotient,
    parts=complex_parts.divide,
)
floor_divide = elementwise(
    np.floor_divide,
    lambda x, y, out: (0, 0),
    "The largest integer not above x / y.",
    on=FRACTION,
    names=Names("floordiv"),
)
remainder = elementwise(
    np.remainder,
    lambda x, y, out: (1, -floor_divide(x, y)),
    "The remainder x - y * floor(x / y), with the sign of y.",
    on=FRACTION,
    names=Names("mod", ("mod",)),
)
fmod = elementwise(
    np.fmod,
    lambda x, y, out: (1, -trunc(x / y)),
    "The remainder of x / y, with the sign of x.",
    on=FRACTION,
)


def _reciprocal(of_floats: Callable[[Any], Node], x: Node | float) -> Node:
    """Of an integer 0 it is what NumPy has on this machine."""
    out = of_floats(x)
    if not isinstance(x, Node) or x.dtype.kind not in "iu":
        return out
    with np.errstate(all="ignore"):
        of_zero = int(np.reciprocal(np.zeros(1, x.dtype))[0])
    zero = equal(x, 0)
    return where(zero, const(of_zero, x.dtype), of_floats(where(zero, 1, x)))


reciprocal = elementwise(
    np.reciprocal,
    lambda x, out: -out * out,
    "The reciprocal 1 / x.",
    code="(1 / {0})",
    around=_reciprocal,
    on=(0.5, 2),
    parts=complex_parts.reciprocal,
)

# --- signs and magnitudes -------------------------------------------------------------------------

negative = elementwise(
    np.negative,
    lambda x, out: -1,
    "The negative -x.",
    code="(-{0})",
    scales=True,
    names=Names("neg", in_place="neg_"),
    parts=complex_parts.negative,
)
positive = elementwise(
    np.positive,
    lambda x, out: 1,
    "The number itself, +x, as a new tensor.",
    code="(+{0})",
    names=Names("pos"),
    parts=complex_parts.positive,
)


def _magnitude(of_reals: Callable[[Any], Node], x: Node | float) -> Node:
    if not isinstance(x, Node) or not is_complex(x.dtype):
        return of_reals(x)
    return REGISTRY["modulus"](real_part(x), imag_part(x))


absolute = elementwise(
    np.absolute,
    lambda x, out: side(x),
    "The magnitude of x; its derivative at 0 is 0, as in PyTorch.",
    code="abs({0})",
    squared=lambda node: square(node.src[0]),
    kink={0.0: 0.0},
    around=_magnitude,
    complex=True,
    names=Names("abs", ("abs",), in_place="abs_"),
)
fabs = elementwise(
    np.fabs,
    lambda x, out: side(x),
    "The magnitude of a float; its derivative at 0 is 0.",
    code="abs({0})",
    squared=lambda node: square(node.src[0]),
    kink={0.0: 0.0},
)


def _sign(of_reals: Callable[[Any], Node], x: Node | float) -> Node:
    """Of a complex number the one of size 1 in its direction, as NumPy 2 has it."""
    if not isinstance(x, Node) or not is_complex(x.dtype):
        return of_reals(x)
    size = absolute(x)
    zero = equal(size, 0)
    return where(zero, 0.0, x / where(zero, 1.0, size))


sign = elementwise(
    np.sign,
    lambda x, out: 0,
    "-1, 0 or 1, as x is negative, 0 or positive; of a complex number x / abs(x).",
    kink={0.0: 0.0},
    level=True,
    around=_sign,
    complex=True,
)
copysign = elementwise(
    np.copysign,
    lambda x, y, out: (copysign(1.0, y) * side(x), 0),
    "The magnitude of x with the sign of y.",
    code="math.copysign({0}, {1})",
    squared=lambda node: square(node.src[0]),
    on=(0.5, 2),
)

# --- squares and roots ----------------------------------------------------------------------------

square = elementwise(
    np.square,
    lambda x, out: 2 * x,
    "The square x * x.",
    code="({0} * {0})",
    around=lambda product, x: _smooth(x, product(x)),
    parts=complex_parts.square,
)


def square_size(x: Node) -> Node:
    """The square of the magnitude of `x`."""
    if not is_complex(x.dtype):
        return square(x)
    return square(real_part(x)) + square(imag_part(x))


sqrt = elementwise(
    np.sqrt,
    lambda x, out: 0.5 / out,
    "The square root of x.",
    code="math.sqrt({0})",
    squared=lambda node: node.src[0],
    cost=4,
    on=(0.5, 2),
    names=Names(in_place="sqrt_"),
    parts=complex_parts.sqrt,
)
cbrt = elementwise(
    np.cbrt,
    lambda x, out: 1 / (3 * out * out),
    "The cube root of x.",
    cost=18,
    on=(0.5, 2),
    names=Names(scipy="cbrt"),
)
# A primitive, as inf - inf is nan: a shift by the largest element must leave 0 there.
excess = elementwise(
    "excess",
    lambda x, y, out: (1, -1),
    "x - y, and 0 where both are equal, infinities as well.",
    numpy=lambda x, y: np.where(x == y, 0, x - y),
    operands=2,
    code="({0} - {1} if {0} != {1} else np.{t}(0))",
    dtypes=ufunc_dtypes(np.subtract),
    reference=lambda x, y, node: np.where(x == y, node.dtype.type(0), x - y),
    public=False,
)
slope0 = elementwise(
    "slope0",
    lambda x, out: where(equal(x, 0), float("nan"), -2 * square(out)),
    "Half of 1 / x, and 0 at 0, but nan its derivative there: there is none to choose.",
    code="(np.{t}(0.5) / {0} if {0} != 0 else {0})",
    cost=4,
    dtypes=ufunc_dtypes(np.sqrt),
    reference=lambda x, node: np.where(x == 0, x, node.dtype.type(0.5) / x),
    on=(0.5, 2),
    public=False,
)
# A primitive because norm and std need its derivative at 0, as in PyTorch.
root0 = elementwise(
    "root0",
    lambda x, out: slope0(out),
    "The square root with derivative 0 at 0; the second derivative there is nan.",
    numpy=np.sqrt,
    code="math.sqrt({0})",
    squared=lambda node: node.src[0],
    cost=4,
    on=(0.5, 2),
    kink={0.0: (0.0, float("nan"))},
    public=False,
)
