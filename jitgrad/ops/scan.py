"""Scans: cumsum and cumprod along an axis, forward or reverse.

They are NumPy's for now (kind "scan"); their derivatives are scans and elementwise formulas again.
"""

import numpy as np

from .._dtypes import as_dtype
from ..ir import Node, Op
from ..ir.shapes import normalize_axis
from .elementwise import equal, logical_and, where
from .reduction import _accumulator
from .registry import Entry, cast, reshape_to


def _reference(numpy):
    def reference(x, node):
        axis, reverse = node.arg
        if reverse:
            return np.flip(numpy(np.flip(x, axis), axis=axis, dtype=node.dtype), axis)
        return numpy(x, axis=axis, dtype=node.dtype)

    return reference


def _scan(op, x, axis, reverse):
    return Node(op, (x,), (axis, reverse), x.shape, x.dtype)


def _cumprod_linear(node, apply):
    """Sums ``apply`` of the parts of cumprod's Jacobian; right with zeros in the data.

    Before the first zero of a line the products can be divided by the element; at the first zero the product without
    it is what counts; behind it every product contains that zero.
    """
    x, (axis, reverse) = node.src[0], node.arg
    zero = equal(x, 0)
    seen = _scan(CUMSUM, cast(zero, x.dtype), axis, reverse)
    first = logical_and(zero, equal(seen, 1))
    without = _scan(CUMPROD, where(first, 1.0, x), axis, reverse)
    return apply(node, without, where(zero, 1.0, x), first, equal(seen, 0), axis, reverse)


def _cumprod_vjp(g, node):
    def apply(out, without, safe, first, before, axis, reverse):
        plain = _scan(CUMSUM, g * out, axis, not reverse) / safe
        at = _scan(CUMSUM, g * without, axis, not reverse)
        return where(before, plain, where(first, at, 0.0))

    return (_cumprod_linear(node, apply),)


def _cumprod_jvp(t, node):
    def apply(out, without, safe, first, before, axis, reverse):
        plain = out * _scan(CUMSUM, where(before, t[0] / safe, 0.0), axis, reverse)
        return plain + without * _scan(CUMSUM, where(first, t[0], 0.0), axis, reverse)

    return _cumprod_linear(node, apply)


CUMSUM = Op(
    "cumsum", "scan", _reference(np.cumsum), identity=lambda dtype: 0, combine="({0} + {1})",
    vjp=lambda g, node: (_scan(CUMSUM, g, node.arg[0], not node.arg[1]),),
    jvp=lambda t, node: _scan(CUMSUM, t[0], *node.arg),
)  # fmt: skip
CUMPROD = Op(
    "cumprod",
    "scan",
    _reference(np.cumprod),
    identity=lambda dtype: 1,
    combine="({0} * {1})",
    vjp=_cumprod_vjp,
    jvp=_cumprod_jvp,
)


def _entry(op, numpy, doc):
    def build(x, axis, dtype, reverse):
        x = cast(x, as_dtype(dtype) if dtype is not None else _accumulator(x.dtype))
        if axis is None:
            x, axis = reshape_to(x, (x.size,)), 0
        elif x.ndim == 0:
            normalize_axis(axis, 1)
            return reshape_to(x, (1,))
        return _scan(op, x, normalize_axis(axis, x.ndim), bool(reverse))

    params = {"axis": None, "dtype": None, "reverse": False}
    cases = ({}, {"axis": 0}, {"axis": -1, "reverse": True})
    return Entry(op.name, numpy, build, 1, params, op=op, cases=cases, doc=doc)


cumsum = _entry(
    CUMSUM, np.cumsum, "The running sum along `axis` (of the flat tensor by default), from the end if `reverse`."
)
cumprod = _entry(
    CUMPROD,
    np.cumprod,
    "The running product along `axis` (of the flat tensor by default); its gradient is right with zeros.",
)
