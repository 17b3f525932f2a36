"""The product of complex numbers along axes, as products of their parts.

A reduction of the parts would be two sums that read each other, which kernels have not. So the
first half is multiplied by the second, element by element, until one number is left. Start at
`product_of_parts`.
"""

from __future__ import annotations

from ..base.dtypes import real_of
from ..ir import Node
from .comparison import equal, where
from .complex_parts import multiply
from .movement import slice_node
from .primitives import Parts, broadcast, reshape_to
from .rows import places


def product_of_parts(x: Parts, *, node: Node) -> Parts:
    """The formula of parts of the reduction `node`."""
    dtype = real_of(node.dtype)
    if x.imag is None or not x.real.size:
        return Parts(Node(node.op, (x.real,), node.arg, node.shape, dtype), None)
    for axis in node.arg:
        x = _of_halves(x, axis)
    assert x.imag is not None
    return Parts(reshape_to(x.real, node.shape), reshape_to(x.imag, node.shape))


def _of_halves(x: Parts, axis: int) -> Parts:
    """The product along an axis, which stays with a length of 1."""
    while (n := x.real.shape[axis]) > 1:
        half = n // 2
        out = multiply(_piece(x, axis, 0, half), _piece(x, axis, half, half))
        if n % 2:  # the last one goes to the first product
            first = equal(_along(places(half), axis, out.real.shape), 0)
            rest = _piece(x, axis, n - 1, 1)
            shape = out.real.shape
            real = where(first, broadcast(rest.real, shape), 1.0)
            assert rest.imag is not None
            out = multiply(out, Parts(real, where(first, broadcast(rest.imag, shape), 0.0)))
        x = out
    return x


def _along(x: Node, axis: int, shape: tuple[int, ...]) -> Node:
    """A vector along `axis` of `shape`."""
    length = tuple([x.size if k == axis else 1 for k in range(len(shape))])
    return broadcast(reshape_to(x, length), shape)


def _piece(x: Parts, axis: int, start: int, length: int) -> Parts:
    """`length` elements from `start` on along an axis."""
    assert x.imag is not None
    ndim = x.real.ndim
    starts = tuple([start if k == axis else 0 for k in range(ndim)])
    shape = tuple([length if k == axis else n for k, n in enumerate(x.real.shape)])
    real, imag = [slice_node(part, starts, (1,) * ndim, shape) for part in (x.real, x.imag)]
    return Parts(real, imag)
