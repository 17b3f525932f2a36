"""Scans: cumsum and cumprod along an axis, forward or reverse.

They are NumPy's for now (kind "scan"); their derivatives are scans and elementwise formulas again.
"""

import numpy as np

from .._dtypes import as_dtype
from ..ir import Node, Op
from ..ir.shapes import normalize_axis
from .elementwise import equal, where
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


class _Factors:
    """The factors of a running product with those that are 0 kept apart, so that derivatives of any order see them.

    The product up to i without factor k is ``products[i] / safe[k]`` times the zero factors up to i other than k: 1 if
    there are none, that factor if there is one, else 0.
    """

    def __init__(self, node):
        x, (axis, reverse) = node.src[0], node.arg
        self.zero = equal(x, 0)
        self.safe, self.zeros = where(self.zero, 1.0, x), where(self.zero, x, 0.0)
        self.products = _scan(CUMPROD, self.safe, axis, reverse)
        self.sums = _scan(CUMSUM, self.zeros, axis, reverse)
        count = _scan(CUMSUM, cast(self.zero, x.dtype), axis, reverse)
        self.none, self.one, self.two = (equal(count, n) for n in (0, 1, 2))


def _cumprod_vjp(g, node):
    f, (axis, reverse) = _Factors(node), node.arg

    def later(where_, x):
        return _scan(CUMSUM, where(where_, x, 0.0), axis, not reverse)

    gp = g * f.products
    other = later(f.none, gp) + later(f.one, gp * f.sums)
    at_zero = later(f.one, gp) + later(f.two, gp * f.sums) - f.zeros * later(f.two, gp)
    return (where(f.zero, at_zero, other / f.safe),)


def _cumprod_jvp(t, node):
    f, (axis, reverse) = _Factors(node), node.arg

    def earlier(where_, x, y):
        return _scan(CUMSUM, where(where_, x, y), axis, reverse)

    plain = earlier(f.zero, 0.0, t[0] / f.safe)
    at_zero, again = earlier(f.zero, t[0], 0.0), earlier(f.zero, t[0] * f.zeros, 0.0)
    one = where(f.one, f.sums * plain + at_zero, where(f.two, f.sums * at_zero - again, 0.0))
    return f.products * where(f.none, plain, one)


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
